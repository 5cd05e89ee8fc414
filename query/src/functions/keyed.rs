//! Functions on the items of an array by keys: what a lambda makes of each item, or the items themselves without one.

use super::{
    args::{array_of, illegal, passing},
    arithmetic::numeric,
    arrays::{equal, extreme, item_of, sum, sum_type},
    convert::default_value,
    ordinal::{ordinal_type, ordinal_value},
    registry::Entry,
    udf::Call,
};
use crate::{
    error::SqlResult,
    types::ChType,
    value::{Value, compare_null_last},
};
use std::cmp::Ordering;

/// The functions of this module that do without a lambda.
pub(super) const NAMES: &[&str] = &[
    "arrayAll",
    "arrayAvg",
    "arrayCompact",
    "arrayCount",
    "arrayCumSum",
    "arrayCumSumNonNegative",
    "arrayDifference",
    "arrayExists",
    "arrayMax",
    "arrayMin",
    "arrayPartialReverseSort",
    "arrayPartialSort",
    "arrayProduct",
    "arrayReverseSort",
    "arraySort",
    "arraySum",
];

/// The functions that need a lambda.
pub(super) const WITH_LAMBDA: &[&str] = &[
    "arrayFill",
    "arrayFilter",
    "arrayFirst",
    "arrayFirstIndex",
    "arrayFirstOrNull",
    "arrayFold",
    "arrayLast",
    "arrayLastIndex",
    "arrayLastOrNull",
    "arrayMap",
    "arrayReverseFill",
    "arrayReverseSplit",
    "arraySplit",
    "mapAll",
    "mapApply",
    "mapExists",
    "mapFilter",
];

/// Whether the limit of a partial sort stands before the arrays.
pub(super) fn has_limit(name: &str) -> bool {
    matches!(
        name,
        "arrayPartialSort" | "arrayPartialReverseSort" | "mapPartialSort" | "mapPartialReverseSort"
    )
}

/// Conditions are UInt8 or Bool, or NULL.
fn condition(key: &ChType) -> SqlResult<()> {
    match key.strip_nullable() {
        ChType::UInt(8) | ChType::Bool | ChType::Dynamic => Ok(()),
        ChType::Nothing => Ok(()),
        other => Err(illegal(other)),
    }
}

/// Sums need plain numbers.
fn summable(key: &ChType) -> SqlResult<ChType> {
    match key {
        ChType::Int(_)
        | ChType::UInt(_)
        | ChType::Float(_)
        | ChType::Decimal(..)
        | ChType::Bool => Ok(sum_type(key)),
        other => Err(illegal(other)),
    }
}

fn difference_type(key: &ChType) -> SqlResult<ChType> {
    match key {
        ChType::Date | ChType::Date32 | ChType::DateTime(_) => Ok(ChType::Int(32)),
        ChType::Decimal(..) => Ok(key.clone()),
        _ => summable(key).and_then(|_| numeric("minus", key, key)),
    }
}

/// The type of a function's answer for items and keys.
pub(super) fn keyed_type(name: &str, item: &ChType, key: &ChType) -> SqlResult<ChType> {
    let same = array_of(item.clone());
    Ok(match name {
        "arrayMap" => array_of(key.clone()),
        "arrayFilter" | "arrayFill" | "arrayReverseFill" => condition(key).map(|()| same)?,
        "arraySplit" | "arrayReverseSplit" => condition(key).map(|()| array_of(same))?,
        "arrayExists" | "arrayAll" => condition(key).map(|()| ChType::UInt(8))?,
        "arrayCount" | "arrayFirstIndex" | "arrayLastIndex" => {
            condition(key).map(|()| ChType::UInt(32))?
        }
        "arrayFirst" | "arrayLast" => condition(key).map(|()| item.clone())?,
        "arrayFirstOrNull" | "arrayLastOrNull" => {
            condition(key).map(|()| item.clone().nullable())?
        }
        "arraySum" => summable(key)?,
        "arrayAvg" | "arrayProduct" => summable(key).map(|_| ChType::Float(64))?,
        "arrayCumSum" | "arrayCumSumNonNegative" => array_of(summable(key)?),
        "arrayDifference" => array_of(difference_type(key)?),
        "arrayMin" | "arrayMax" => match key {
            ChType::Dynamic | ChType::Variant(_) | ChType::Json => return Err(illegal(key)),
            other => other.clone(),
        },
        _ => same,
    })
}

/// Ascending or descending; NULL and NaN stay last.
fn order(a: &Value, b: &Value, descending: bool) -> Ordering {
    let last = |value: &Value| value.is_null() || matches!(value, Value::Float(f) if f.is_nan());
    let order = compare_null_last(a, b).unwrap_or(Ordering::Equal);
    if descending && !last(a) && !last(b) { order.reverse() } else { order }
}

fn truth(key: &Value) -> bool {
    key.truth() == Some(true)
}

fn sorted(items: &[Value], keys: &[Value], descending: bool) -> Value {
    let mut pairs: Vec<(&Value, &Value)> = keys.iter().zip(items).collect();
    pairs.sort_by(|(a, _), (b, _)| order(a, b, descending));
    Value::Array(pairs.into_iter().map(|(_, item)| item.clone()).collect())
}

/// Items whose condition fails take the item before them.
fn filled<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    for (item, key) in pairs {
        let kept = if truth(key) { None } else { out.last().cloned() };
        out.push(kept.unwrap_or_else(|| item.clone()));
    }
    out
}

/// Parts that begin (or end) at items whose condition holds.
fn split(items: &[Value], keys: &[Value], ends: bool) -> Value {
    let mut parts = Vec::new();
    let mut part = Vec::new();
    for (item, key) in items.iter().zip(keys) {
        if !ends && truth(key) && !part.is_empty() {
            parts.push(Value::Array(std::mem::take(&mut part)));
        }
        part.push(item.clone());
        if ends && truth(key) {
            parts.push(Value::Array(std::mem::take(&mut part)));
        }
    }
    if !part.is_empty() {
        parts.push(Value::Array(part));
    }
    Value::Array(parts)
}

/// Sums so far; those below zero begin again.
fn running(keys: &[Value], from_zero: bool) -> Value {
    let mut total: Option<Value> = None;
    let mut out = Vec::with_capacity(keys.len());
    for key in keys {
        let mut next = match total.take() {
            Some(total) => sum(&[total, key.clone()]),
            None => sum(std::slice::from_ref(key)),
        };
        if from_zero && next.as_f64().is_some_and(|value| value < 0.0) {
            next = match next {
                Value::Float(_) => Value::Float(0.0),
                Value::Decimal(_, scale) => Value::Decimal(0, scale),
                _ => Value::Int(0),
            };
        }
        out.push(next.clone());
        total = Some(next);
    }
    Value::Array(out)
}

fn minus(a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::Decimal(a, scale), Value::Decimal(b, _)) => {
            Value::Decimal(a.wrapping_sub(*b), *scale)
        }
        (Value::Float(a), Value::Float(b)) => Value::Float(a - b),
        _ => Value::Int(a.as_int().unwrap_or(0) - b.as_int().unwrap_or(0)),
    }
}

fn differences(keys: &[Value]) -> Value {
    let first = keys.first().map(|key| match key {
        // Of an infinity, too, which taken from itself is no number.
        Value::Float(_) => Value::Float(0.0),
        key => minus(key, key),
    });
    let rest = keys.iter().zip(keys.iter().skip(1)).map(|(before, key)| minus(key, before));
    Value::Array(first.into_iter().chain(rest).collect())
}

fn compacted(items: &[Value], keys: &[Value]) -> Value {
    let mut last: Option<&Value> = None;
    let mut out = Vec::new();
    for (item, key) in items.iter().zip(keys) {
        if last.is_none_or(|last| !equal(last, key)) {
            out.push(item.clone());
        }
        last = Some(key);
    }
    Value::Array(out)
}

#[expect(clippy::cast_precision_loss, reason = "a mean is a double")]
fn mean(keys: &[Value]) -> f64 {
    // The mean of nothing is no number in SQL's sum over count, but ClickHouse answers 0.
    let sum = keys.iter().filter_map(Value::as_f64).fold(0.0, |sum: f64, value| sum + value);
    sum / keys.len().max(1) as f64
}

/// The answer for one row. Sorting and searching for a least or greatest item go by what keys of their type are ordered by.
pub(super) fn keyed(
    name: &str,
    items: &[Value],
    keys: &[Value],
    key_type: &ChType,
    ret: &ChType,
) -> Value {
    if ordinal_type(key_type).is_none() {
        return of_keys(name, items, keys, ret);
    }
    let ordinals: Vec<Value> = keys.iter().map(|key| ordinal_value(key, key_type)).collect();
    match name {
        "arrayMin" | "arrayMax" => {
            let wanted = if name == "arrayMin" { Ordering::Less } else { Ordering::Greater };
            let best = extreme(&ordinals, wanted);
            let at = best.and_then(|best| ordinals.iter().position(|ordinal| *ordinal == best));
            at.and_then(|at| keys.get(at)).cloned().unwrap_or_else(|| default_value(ret))
        }
        _ if name.ends_with("Sort") => of_keys(name, items, &ordinals, ret),
        _ => of_keys(name, items, keys, ret),
    }
}

fn of_keys(name: &str, items: &[Value], keys: &[Value], ret: &ChType) -> Value {
    let first = || keys.iter().position(truth);
    let last = || keys.iter().rposition(truth);
    let picked = |at: Option<usize>| {
        at.and_then(|at| items.get(at)).cloned().unwrap_or_else(|| default_value(ret))
    };
    let place = |at: Option<usize>| Value::Int(at.map_or(0, |at| at as i128 + 1));
    let extreme = |wanted| extreme(keys, wanted).unwrap_or_else(|| default_value(ret));
    match name {
        "arrayMap" => Value::Array(keys.to_vec()),
        "arrayFilter" => {
            let kept = items.iter().zip(keys).filter(|(_, key)| truth(key));
            Value::Array(kept.map(|(item, _)| item.clone()).collect())
        }
        "arrayExists" => Value::Int(keys.iter().any(truth).into()),
        "arrayAll" => Value::Int(keys.iter().all(truth).into()),
        "arrayCount" => Value::Int(keys.iter().filter(|key| truth(key)).count() as i128),
        "arrayFirst" | "arrayFirstOrNull" => picked(first()),
        "arrayLast" | "arrayLastOrNull" => picked(last()),
        "arrayFirstIndex" => place(first()),
        "arrayLastIndex" => place(last()),
        "arrayFill" => Value::Array(filled(items.iter().zip(keys))),
        "arrayReverseFill" => {
            let mut out = filled(items.iter().zip(keys).rev());
            out.reverse();
            Value::Array(out)
        }
        "arraySplit" => split(items, keys, false),
        "arrayReverseSplit" => split(items, keys, true),
        "arraySum" if keys.is_empty() => default_value(ret),
        "arraySum" => sum(keys),
        "arrayAvg" => Value::Float(mean(keys)),
        "arrayProduct" if keys.is_empty() => Value::Float(0.0),
        "arrayProduct" if keys.iter().all(|key| matches!(key, Value::Int(_))) => {
            // Integers have no -0.
            Value::Float(keys.iter().filter_map(Value::as_f64).product::<f64>() + 0.0)
        }
        "arrayProduct" => Value::Float(keys.iter().filter_map(Value::as_f64).product()),
        "arrayMin" => extreme(Ordering::Less),
        "arrayMax" => extreme(Ordering::Greater),
        "arrayCumSum" => running(keys, false),
        "arrayCumSumNonNegative" => running(keys, true),
        "arrayDifference" => differences(keys),
        "arrayCompact" => compacted(items, keys),
        "arrayReverseSort" | "arrayPartialReverseSort" => sorted(items, keys, true),
        _ => sorted(items, keys, false),
    }
}

/// The forms without a lambda: the items are their own keys.
pub(super) fn entry(name: &str) -> Option<Entry> {
    /// Result types see no name, so there is one for every function.
    macro_rules! plain {
        ($name:literal) => {
            passing(
                1,
                1,
                |types| {
                    let item = item_of(super::args::ty(types, 0))?;
                    if item == ChType::Nothing
                        && matches!($name, "arrayExists" | "arrayAll" | "arrayCount")
                    {
                        return Err(illegal(&item));
                    }
                    keyed_type($name, &item, &item)
                },
                kernel,
            )
        };
    }
    match name {
        "arraySum" => plain!("arraySum"),
        "arrayAvg" => plain!("arrayAvg"),
        "arrayProduct" => plain!("arrayProduct"),
        "arrayMin" => plain!("arrayMin"),
        "arrayMax" => plain!("arrayMax"),
        "arrayCumSum" => plain!("arrayCumSum"),
        "arrayCumSumNonNegative" => plain!("arrayCumSumNonNegative"),
        "arrayDifference" => plain!("arrayDifference"),
        "arrayExists" => plain!("arrayExists"),
        "arrayAll" => plain!("arrayAll"),
        "arrayCount" => plain!("arrayCount"),
        "arrayCompact" => plain!("arrayCompact"),
        "arraySort" => plain!("arraySort"),
        "arrayReverseSort" => plain!("arrayReverseSort"),
        "arrayPartialSort" | "arrayPartialReverseSort" => passing(
            2,
            2,
            |types| {
                if !super::args::is_integer(super::args::ty(types, 0)) {
                    return Err(illegal(super::args::ty(types, 0)));
                }
                item_of(super::args::ty(types, 1)).map(array_of)
            },
            kernel,
        ),
        _ => None,
    }
}

fn kernel(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let at = usize::from(has_limit(&call.name));
    let items = super::args::items(args, at);
    let item = item_of(super::args::ty(&call.args, at))?;
    Ok(keyed(&call.name, &items, &items, &item, &call.ret))
}
