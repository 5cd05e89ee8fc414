//! Counts, sums, means, extremes and the any family.

use super::{
    bases::{Base, MANY, NullRule},
    combinator::key_of,
    function::{Function, Row, Signature, cell, nullable_of, number},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::{Value, compare, compare_for},
};
use std::{cmp::Ordering, collections::HashSet};

pub(super) const NAMES: &[&str] = &[
    "any",
    "anyHeavy",
    "anyLast",
    "anyLast_respect_nulls",
    "any_respect_nulls",
    "argAndMax",
    "argAndMin",
    "argMax",
    "argMin",
    "avg",
    "avgWeighted",
    "count",
    "deltaSum",
    "deltaSumTimestamp",
    "groupBitAnd",
    "groupBitOr",
    "groupBitXor",
    "max",
    "min",
    "singleValueOrNull",
    "sum",
    "sumCount",
    "sumKahan",
    "sumWithOverflow",
    "uniq",
    "uniqCombined",
    "uniqCombined64",
    "uniqExact",
    "uniqHLL12",
    "uniqTheta",
    "uniqUpTo",
];

pub(super) fn base(name: &str) -> Option<Base> {
    Some(match name {
        "count" => Base::new(1, |_| Ok(ChType::UInt(64)), |_, rows| counted(rows.len()))
            .args(0, 1)
            .nulls(NullRule::Default),
        "uniq" | "uniqExact" | "uniqHLL12" | "uniqTheta" => unique().parameters(0, 0),
        "uniqCombined" | "uniqCombined64" => unique().parameters(0, 1),
        "uniqUpTo" => Base { ret: up_to, ..unique() }.parameters(0, 1),
        "sum" => Base::new(1, |s| summed(s, 0), |_, rows| Ok(sum(rows))),
        "sumWithOverflow" => Base::new(1, same_number, |_, rows| Ok(sum(rows))),
        "sumKahan" => Base::new(1, kahan_type, kahan),
        "sumCount" => Base::new(1, sum_count_type, |_, rows| {
            Ok(Value::Tuple(vec![sum(rows), counted(rows.len())?]))
        })
        .nulls(NullRule::Default),
        "avg" => Base::new(1, mean_type, mean),
        "avgWeighted" => Base::new(2, weighted_type, weighted_mean),
        "min" | "max" => Base::new(1, comparable_first, |f, rows| {
            Ok(best(rows, 0, wanted(&f.name))
                .map_or_else(|| f.default(), |row| cell(row, 0).clone()))
        }),
        "any" => Base::new(1, first, |f, rows| {
            Ok(rows.first().map_or_else(|| f.default(), |row| cell(row, 0).clone()))
        }),
        "anyLast" => Base::new(1, first, |f, rows| {
            Ok(rows.last().map_or_else(|| f.default(), |row| cell(row, 0).clone()))
        }),
        "any_respect_nulls" => Base {
            compute: |f, rows| {
                Ok(rows.first().map_or_else(|| f.default(), |row| cell(row, 0).clone()))
            },
            ..Base::new(1, first, heavy)
        }
        .nulls(NullRule::Own),
        "anyLast_respect_nulls" => Base {
            compute: |f, rows| {
                Ok(rows.last().map_or_else(|| f.default(), |row| cell(row, 0).clone()))
            },
            ..Base::new(1, first, heavy)
        }
        .nulls(NullRule::Own),
        "anyHeavy" => Base::new(1, first, heavy),
        "singleValueOrNull" => Base::new(1, single_type, single),
        "argMin" | "argMax" => Base::new(
            2,
            |s| comparable(s, 1).map(|_| s.arg(0).clone()),
            |f, rows| {
                Ok(best(rows, 1, wanted(&f.name))
                    .map_or_else(|| f.default(), |row| cell(row, 0).clone()))
            },
        ),
        "argAndMin" | "argAndMax" => Base::new(2, both_type, |f, rows| {
            Ok(best(rows, 1, wanted(&f.name))
                .map_or_else(|| f.default(), |row| Value::Tuple(row.to_vec())))
        }),
        "groupBitAnd" => Base::new(1, bits_type, |_, rows| Ok(bits(rows, -1, |a, b| a & b))),
        "groupBitOr" => Base::new(1, bits_type, |_, rows| Ok(bits(rows, 0, |a, b| a | b))),
        "groupBitXor" => Base::new(1, bits_type, |_, rows| Ok(bits(rows, 0, |a, b| a ^ b))),
        "deltaSum" => Base::new(1, same_number, delta_sum).nulls(NullRule::Default),
        "deltaSumTimestamp" => Base::new(2, delta_type, delta_sum).nulls(NullRule::Default),
        _ => return None,
    })
}

const fn unique() -> Base {
    Base {
        args: (1, MANY),
        parameters: (0, 0),
        ret: |_| Ok(ChType::UInt(64)),
        compute: distinct,
        nulls: NullRule::Default,
    }
}

fn wanted(name: &str) -> Ordering {
    if name.ends_with("in") { Ordering::Less } else { Ordering::Greater }
}

#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn counted(count: usize) -> SqlResult<Value> {
    Ok(Value::Int(count as i128))
}

fn first(signature: &Signature<'_>) -> SqlResult<ChType> {
    Ok(signature.arg(0).clone())
}

fn comparable(signature: &Signature<'_>, position: usize) -> SqlResult<()> {
    match signature.arg(position) {
        ChType::Dynamic | ChType::Variant(_) | ChType::Json => Err(signature.illegal(position)),
        _ => Ok(()),
    }
}

fn comparable_first(signature: &Signature<'_>) -> SqlResult<ChType> {
    comparable(signature, 0)?;
    first(signature)
}

fn both_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    comparable(signature, 1)?;
    Ok(ChType::Tuple(signature.args.iter().map(|ty| (None, ty.clone())).collect()))
}

/// The type of a sum of numbers.
pub(super) fn summed(signature: &Signature<'_>, position: usize) -> SqlResult<ChType> {
    Ok(match signature.arg(position) {
        ChType::Int(_) => ChType::Int(64),
        ChType::UInt(_) | ChType::Bool => ChType::UInt(64),
        ChType::Float(_) => ChType::Float(64),
        ChType::Decimal(precision, scale) => {
            ChType::Decimal(if *precision > 38 { 76 } else { 38 }, *scale)
        }
        _ => return Err(signature.illegal(position)),
    })
}

fn same_number(signature: &Signature<'_>) -> SqlResult<ChType> {
    summed(signature, 0)?;
    Ok(if *signature.arg(0) == ChType::Bool { ChType::UInt(8) } else { signature.arg(0).clone() })
}

fn kahan_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    Ok(match summed(signature, 0)? {
        decimal @ ChType::Decimal(..) => decimal,
        _ => ChType::Float(64),
    })
}

fn sum_count_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    Ok(ChType::Tuple(vec![(None, summed(signature, 0)?), (None, ChType::UInt(64))]))
}

fn single_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    match nullable_of(signature.arg(0)) {
        nullable @ ChType::Nullable(_) => Ok(nullable),
        _ => Err(signature.illegal(0)),
    }
}

fn bits_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    match signature.arg(0) {
        integer @ (ChType::Int(_) | ChType::UInt(_)) => Ok(integer.clone()),
        ChType::Bool => Ok(ChType::UInt(8)),
        _ => Err(signature.illegal(0)),
    }
}

fn weighted_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    let plain = |ty: &ChType| {
        matches!(ty, ChType::Int(_) | ChType::UInt(_) | ChType::Float(_) | ChType::Bool)
    };
    if signature.args.iter().all(plain) {
        return Ok(ChType::Float(64));
    }
    Err(SqlError::new(
        ChCode::IllegalTypeOfArgument,
        format!(
            "Types {} and {} are non-conforming as arguments for aggregate function avgWeighted",
            signature.arg(0),
            signature.arg(1)
        ),
    ))
}

fn delta_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    for position in 0..2 {
        match signature.arg(position) {
            ChType::Int(32 | 64)
            | ChType::UInt(32 | 64)
            | ChType::Float(_)
            | ChType::Date
            | ChType::DateTime(_) => {}
            _ => return Err(signature.illegal(position)),
        }
    }
    first(signature)
}

fn up_to(signature: &Signature<'_>) -> SqlResult<ChType> {
    match signature.parameters.first().map(Value::as_int) {
        Some(None) => Err(signature.bad("The threshold must be a number")),
        Some(Some(threshold)) if threshold > 100 => Err(SqlError::new(
            ChCode::ArgumentOutOfBound,
            "Too large parameter for aggregate function uniqUpTo. Maximum: 100",
        )),
        _ => Ok(ChType::UInt(64)),
    }
}

fn distinct(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let seen: HashSet<Vec<u8>> = rows.iter().map(|row| key_of(row)).collect();
    if function.name != "uniqUpTo" {
        return counted(seen.len());
    }
    let threshold = function.count(0).unwrap_or(10);
    counted(seen.len().min(threshold.saturating_add(1)))
}

/// The sum of the first argument: exact for integers and decimals, which wrap to their type in the end.
pub(super) fn sum(rows: &[Row<'_>]) -> Value {
    sum_of(rows.iter().map(|row| cell(row, 0)))
}

/// The sum of numbers of one type.
pub(super) fn sum_of<'a>(values: impl Iterator<Item = &'a Value>) -> Value {
    let (mut whole, mut real, mut scale, mut is_real) = (0_i128, 0.0, None, false);
    for value in values {
        match value {
            Value::Float(value) => {
                is_real = true;
                real += value;
            }
            Value::Decimal(value, of) => {
                scale = Some(*of);
                whole = whole.wrapping_add(*value);
            }
            other => whole = whole.wrapping_add(other.as_int().unwrap_or(0)),
        }
    }
    match scale {
        _ if is_real => Value::Float(real),
        Some(scale) => Value::Decimal(whole, scale),
        None => Value::Int(whole),
    }
}

/// Kahan's compensated summation.
#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn kahan(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    if matches!(function.ret, ChType::Decimal(..)) {
        return Ok(sum(rows));
    }
    let (mut total, mut lost) = (0.0, 0.0);
    for row in rows {
        let value = number(row, 0) - lost;
        let next = total + value;
        lost = (next - total) - value;
        total = next;
    }
    Ok(Value::Float(total))
}

/// Days and times have a mean that is one of them, and numbers one with a fraction.
fn mean_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    match signature.arg(0) {
        time @ (ChType::Date | ChType::Date32 | ChType::DateTime(_) | ChType::DateTime64(..)) => {
            Ok(time.clone())
        }
        _ => summed(signature, 0).map(|_| ChType::Float(64)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a mean of numbers is a double")]
fn mean(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    if function.ret != ChType::Float(64) {
        return mean_of_times(function, rows);
    }
    let total = sum(rows).as_f64().unwrap_or(f64::NAN);
    Ok(Value::Float(total / rows.len() as f64))
}

/// The mean of days, seconds or ticks. In the middle of two it is the even one.
fn mean_of_times(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let count = i128::try_from(rows.len()).unwrap_or(i128::MAX);
    if count == 0 {
        return Ok(function.default());
    }
    let total: i128 = rows.iter().map(|row| units(cell(row, 0))).sum();
    let (below, rest) = (total.div_euclid(count), total.rem_euclid(count));
    let up = match (rest * 2).cmp(&count) {
        Ordering::Less => 0,
        Ordering::Equal => below & 1,
        Ordering::Greater => 1,
    };
    of_units(below + up, &function.ret)
}

/// What a day or time counts since 1970.
fn units(value: &Value) -> i128 {
    match value {
        Value::DateTime64(ticks, _) => i128::from(*ticks),
        other => other.as_int().unwrap_or(0),
    }
}

/// The day or time of a type that counts so much since 1970.
fn of_units(units: i128, ty: &ChType) -> SqlResult<Value> {
    let beyond = |_| SqlError::new(ChCode::DecimalOverflow, format!("{units} is no {ty}"));
    Ok(match ty {
        ChType::DateTime64(_, _) | ChType::DateTime(_) => {
            let count = i64::try_from(units).map_err(beyond)?;
            match ty {
                ChType::DateTime64(scale, _) => Value::DateTime64(count, *scale),
                _ => Value::DateTime(count),
            }
        }
        _ => Value::Date(i32::try_from(units).map_err(beyond)?),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn weighted_mean(_: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let total: f64 = rows.iter().map(|row| number(row, 0) * number(row, 1)).sum();
    let weights: f64 = rows.iter().map(|row| number(row, 1)).sum();
    Ok(Value::Float(total / weights))
}

/// The first row whose argument is smallest or largest. NaN is never better than a number.
pub(super) fn best<'r, 'v>(
    rows: &'r [Row<'v>],
    by: usize,
    wanted: Ordering,
) -> Option<&'r Row<'v>> {
    let nan = |row: &Row<'_>| matches!(cell(row, by), Value::Float(value) if value.is_nan());
    let mut best: Option<&Row<'_>> = None;
    for row in rows {
        let better = best.is_none_or(|known| {
            (nan(known) && !nan(row))
                || compare_for(wanted, cell(row, by), cell(known, by)) == Some(wanted)
        });
        if better {
            best = Some(row);
        }
    }
    best
}

/// The majority vote of Boyer and Moore.
#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn heavy(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let (mut leader, mut lead) = (None, 0_u64);
    for row in rows {
        let value = cell(row, 0);
        if leader == Some(value) {
            lead += 1;
        } else if lead == 0 {
            (leader, lead) = (Some(value), 1);
        } else {
            lead -= 1;
        }
    }
    Ok(leader.cloned().unwrap_or_else(|| function.default()))
}

#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn single(_: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let Some(first) = rows.first().map(|row| cell(row, 0)) else { return Ok(Value::Null) };
    let same = rows.iter().all(|row| cell(row, 0) == first);
    Ok(if same { first.clone() } else { Value::Null })
}

fn bits(rows: &[Row<'_>], start: i128, join: fn(i128, i128) -> i128) -> Value {
    Value::Int(rows.iter().filter_map(|row| cell(row, 0).as_int()).fold(start, join))
}

/// The sum of all rises from one row to the next.
#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn delta_sum(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let pairs = rows.iter().zip(rows.iter().skip(1)).map(|(a, b)| (cell(a, 0), cell(b, 0)));
    let rises = pairs.filter(|(a, b)| compare(a, b) == Some(Ordering::Less));
    Ok(match &function.ret {
        ChType::Float(_) => {
            Value::Float(rises.filter_map(|(a, b)| Some(b.as_f64()? - a.as_f64()?)).sum())
        }
        ChType::Decimal(_, scale) => {
            let units = rises.filter_map(|(a, b)| match (a, b) {
                (Value::Decimal(a, _), Value::Decimal(b, _)) => Some(b.wrapping_sub(*a)),
                _ => None,
            });
            Value::Decimal(units.fold(0, i128::wrapping_add), *scale)
        }
        ret => {
            let total = rises.filter_map(|(a, b)| Some(b.as_int()? - a.as_int()?)).sum::<i128>();
            match ret {
                ChType::Date => Value::Date(i32::try_from(total).unwrap_or(0)),
                ChType::DateTime(_) => Value::DateTime(i64::try_from(total).unwrap_or(0)),
                _ => Value::Int(total),
            }
        }
    })
}
