//! Aggregates whose answers are arrays or texts of their rows.

use super::{
    bases::Base,
    combinator::key_of,
    function::{Function, Row, Signature, cell},
    simple::{sum_of, summed},
    top::{top, top_type},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{convert, default_value},
    types::ChType,
    value::{Value, compare_null_last, text_of},
};
use rekor_core::limits::SQL_CALL_BYTES_MAX;
use std::{cmp::Ordering, collections::HashSet};

/// Largest position of groupArrayInsertAt, and most elements that a parameter may ask for.
const ELEMENTS_MAX: usize = 0xFF_FFFF;

pub(super) const NAMES: &[&str] = &[
    "approx_top_k",
    "approx_top_sum",
    "groupArray",
    "groupArrayInsertAt",
    "groupArrayIntersect",
    "groupArrayLast",
    "groupArrayMovingAvg",
    "groupArrayMovingSum",
    "groupArraySample",
    "groupArraySorted",
    "groupConcat",
    "groupUniqArray",
    "topK",
    "topKWeighted",
];

pub(super) fn base(name: &str) -> Option<Base> {
    Some(match name {
        "groupArray" | "groupUniqArray" => Base::new(1, limited, collected).parameters(0, 1),
        "groupArrayLast" | "groupArraySorted" | "groupArraySample" => {
            Base::new(1, limit_needed, collected).parameters(0, 2)
        }
        "groupArrayInsertAt" => Base::new(2, inserted_type, inserted).parameters(0, 2),
        "groupArrayIntersect" => Base::new(1, intersected_type, intersected),
        "groupArrayMovingSum" | "groupArrayMovingAvg" => {
            Base::new(1, moving_type, moving).parameters(0, 1)
        }
        "groupConcat" => Base::new(1, concatenated_type, concatenated).args(1, 2).parameters(0, 2),
        "topK" | "topKWeighted" | "approx_top_k" | "approx_top_sum" => {
            let args = if name.contains("eighted") || name.ends_with("sum") { 2 } else { 1 };
            Base::new(args, top_type, top).parameters(0, 3)
        }
        _ => return None,
    })
}

/// The type of arrays of a type.
pub(super) fn array(item: &ChType) -> ChType {
    ChType::Array(Box::new(item.clone()))
}

/// A positive number among the parameters, if there is one.
fn positive(signature: &Signature<'_>, position: usize, what: &str) -> SqlResult<Option<usize>> {
    match signature.parameters.get(position) {
        None => Ok(None),
        Some(Value::Int(value)) if *value > 0 => {
            Ok(Some(usize::try_from(*value).unwrap_or(usize::MAX)))
        }
        Some(_) => Err(signature.bad(&format!("The parameter should be {what}"))),
    }
}

fn limited(signature: &Signature<'_>) -> SqlResult<ChType> {
    positive(signature, 0, "a positive number")?;
    Ok(array(signature.arg(0)))
}

fn limit_needed(signature: &Signature<'_>) -> SqlResult<ChType> {
    let limit = positive(signature, 0, "a positive number")?
        .ok_or_else(|| signature.bad("A limit is needed as parameter"))?;
    if limit > ELEMENTS_MAX {
        return Err(signature.bad("The limit is too large"));
    }
    Ok(array(signature.arg(0)))
}

/// The first arguments of all rows.
fn values(rows: &[Row<'_>]) -> Vec<Value> {
    rows.iter().map(|row| cell(row, 0).clone()).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn collected(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let limit = function.count(0).unwrap_or(usize::MAX);
    let first = rows.get(..limit.min(rows.len())).unwrap_or_default();
    Ok(Value::Array(match function.name.as_str() {
        "groupUniqArray" => {
            let mut seen = HashSet::new();
            let mut kept = Vec::new();
            for row in rows {
                if kept.len() >= limit {
                    break;
                }
                if seen.insert(key_of(row)) {
                    kept.push(cell(row, 0).clone());
                }
            }
            kept
        }
        "groupArrayLast" => {
            // A ring: a row beyond the limit takes the place of the oldest.
            let mut ring = values(first);
            for (at, row) in rows.iter().enumerate().skip(limit) {
                if let Some(place) = ring.get_mut(at % limit) {
                    *place = cell(row, 0).clone();
                }
            }
            ring
        }
        "groupArraySorted" => {
            let mut sorted = values(rows);
            sorted.sort_by(|a, b| compare_null_last(a, b).unwrap_or(Ordering::Equal));
            sorted.truncate(limit);
            sorted
        }
        _ => values(first),
    }))
}

fn inserted_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    if !matches!(signature.arg(1), ChType::UInt(_)) {
        return Err(signature.illegal(1));
    }
    if positive(signature, 1, "a positive number")?.is_some_and(|length| length > ELEMENTS_MAX) {
        return Err(signature.bad("The length is too large"));
    }
    Ok(array(signature.arg(0)))
}

fn inserted(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let item = function.args.first().unwrap_or(&ChType::Nothing).strip_nullable();
    let filler = match function.parameters.first() {
        Some(given) => convert(given, &ChType::Dynamic, item)?,
        None => default_value(item),
    };
    let length = function.count(1);
    let mut places: Vec<Option<Value>> = vec![None; length.unwrap_or(0)];
    for row in rows {
        let at =
            cell(row, 1).as_int().and_then(|at| usize::try_from(at).ok()).unwrap_or(usize::MAX);
        if at >= ELEMENTS_MAX {
            return Err(SqlError::new(
                ChCode::TooLargeArraySize,
                format!(
                    "Too large array size: position argument ({at}) is greater or equals to limit ({ELEMENTS_MAX})"
                ),
            ));
        }
        if length.is_none() && at >= places.len() {
            places.resize(at + 1, None);
        }
        if let Some(place @ None) = places.get_mut(at) {
            *place = Some(cell(row, 0).clone());
        }
    }
    let filled = places.into_iter().map(|place| place.unwrap_or_else(|| filler.clone()));
    Ok(Value::Array(filled.collect()))
}

fn intersected_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    match signature.arg(0) {
        given @ ChType::Array(_) => Ok(given.clone()),
        _ => Err(signature.illegal(0)),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn intersected(_: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let items = |row: &Row<'_>| match cell(row, 0) {
        Value::Array(items) => items.clone(),
        _ => Vec::new(),
    };
    let keys = |row: &Row<'_>| -> HashSet<Vec<u8>> {
        items(row).iter().map(|item| key_of(std::slice::from_ref(item))).collect()
    };
    let Some((first, rest)) = rows.split_first() else { return Ok(Value::Array(Vec::new())) };
    let mut common = keys(first);
    for row in rest {
        let other = keys(row);
        common.retain(|key| other.contains(key));
    }
    let mut kept = items(first);
    kept.retain(|item| common.remove(&key_of(std::slice::from_ref(item))));
    // As in ClickHouse NULL comes last, and the rest in no promised order.
    kept.sort_by_key(Value::is_null);
    Ok(Value::Array(kept))
}

fn moving_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    positive(signature, 0, "a positive integer")?;
    let sum = summed(signature, 0)?;
    Ok(array(&match sum {
        ChType::Int(_) | ChType::UInt(_) if signature.name.ends_with("Avg") => ChType::Float(64),
        other => other,
    }))
}

/// Sums over the last rows; means divide by the whole window even where it is not full yet.
#[expect(clippy::cast_precision_loss, clippy::unnecessary_wraps, reason = "means are doubles")]
fn moving(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let window = function.count(0).unwrap_or(rows.len()).max(1);
    let mean = function.name.ends_with("Avg");
    let mut out = Vec::with_capacity(rows.len());
    let mut total: Option<Value> = None;
    for (at, row) in rows.iter().enumerate() {
        let leaving =
            at.checked_sub(window).and_then(|old| rows.get(old)).map(|row| negated(cell(row, 0)));
        let sum = sum_of(total.iter().chain([cell(row, 0)]).chain(&leaving));
        total = Some(sum.clone());
        out.push(match (&sum, mean) {
            (Value::Decimal(units, scale), true) => {
                Value::Decimal(units / i128::try_from(window).unwrap_or(i128::MAX), *scale)
            }
            (sum, true) => Value::Float(sum.as_f64().unwrap_or(f64::NAN) / window as f64),
            (sum, false) => sum.clone(),
        });
    }
    Ok(Value::Array(out))
}

fn negated(value: &Value) -> Value {
    match value {
        Value::Float(value) => Value::Float(-value),
        Value::Decimal(units, scale) => Value::Decimal(units.wrapping_neg(), *scale),
        other => Value::Int(other.as_int().unwrap_or(0).wrapping_neg()),
    }
}

fn concatenated_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    if signature.parameters.first().is_some_and(|separator| separator.as_str().is_none()) {
        return Err(SqlError::new(
            ChCode::IllegalTypeOfArgument,
            "First parameter for aggregate function groupConcat should be string",
        ));
    }
    positive(signature, 1, "a positive number")?;
    Ok(ChType::String)
}

fn concatenated(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let argument = rows.first().and_then(|row| row.get(1)).map(text_of);
    let separator =
        argument.or_else(|| function.parameters.first().map(text_of)).unwrap_or_default();
    let limit = function.count(1).unwrap_or(usize::MAX);
    let mut out = String::new();
    for (at, row) in rows.iter().take(limit).enumerate() {
        if at > 0 {
            out.push_str(&separator);
        }
        match cell(row, 0) {
            Value::Null => out.push_str("ᴺᵁᴸᴸ"),
            value => {
                let ty = function.args.first().unwrap_or(&ChType::Dynamic);
                out.push_str(&text_of(&convert(value, ty, &ChType::String)?));
            }
        }
        if out.len() > SQL_CALL_BYTES_MAX {
            return Err(SqlError::new(
                ChCode::TooLargeStringSize,
                "groupConcat would make a text of more than 64 MiB",
            ));
        }
    }
    Ok(Value::String(out))
}
