//! The most frequent values, and other answers that hold a few values of a column.

use super::{
    combinator::key_of,
    function::{Function, Row, Signature, cell},
    groups::array,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::{Value, from_array, text_of, value_at},
};
use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray},
    compute::cast,
    datatypes::{DataType, Date32Type, Int64Type, UInt64Type},
};
use std::{cmp::Reverse, collections::HashMap, hash::Hash};

/// The type of an answer of the top family.
pub(super) fn top_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    for parameter in signature.parameters.iter().take(2) {
        match parameter.as_int() {
            None => {
                return Err(SqlError::new(
                    ChCode::CannotConvertType,
                    "Cannot convert String to unsigned long",
                ));
            }
            Some(..=0) => {
                return Err(SqlError::new(
                    ChCode::ArgumentOutOfBound,
                    format!(
                        "Parameter {} is illegal for aggregate function '{}'",
                        text_of(parameter),
                        signature.name
                    ),
                ));
            }
            Some(_) => {}
        }
    }
    if !matches!(
        signature.arg(1),
        ChType::Nothing | ChType::Int(_) | ChType::UInt(_) | ChType::Bool
    ) {
        return Err(signature.illegal(1));
    }
    let counts = match signature.parameters.get(2) {
        Some(Value::String(option)) if option == "counts" => true,
        Some(_) => return Err(signature.bad("The third parameter may only be 'counts'")),
        None => signature.name.starts_with("approx"),
    };
    let item = signature.arg(0).clone();
    if !counts {
        return Ok(array(&item));
    }
    let field = |name: &str, ty| (Some(name.to_owned()), ty);
    Ok(array(&ChType::Tuple(vec![
        field("item", item),
        field("count", ChType::UInt(64)),
        field("error", ChType::UInt(64)),
    ])))
}

/// The most frequent values; exact, so the error is always 0.
#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
pub(super) fn top(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let mut places = HashMap::new();
    let mut counts: Vec<(&Value, i128)> = Vec::new();
    for row in rows {
        let value = cell(row, 0);
        let at = *places.entry(key_of(std::slice::from_ref(value))).or_insert_with(|| {
            counts.push((value, 0));
            counts.len() - 1
        });
        if let Some((_, count)) = counts.get_mut(at) {
            *count += row.get(1).map_or(1, |weight| weight.as_int().unwrap_or(0));
        }
    }
    let counts = counts.into_iter().map(|(value, count)| (value.clone(), count)).collect();
    Ok(most_frequent(function, counts))
}

/// The answer of the top family, given how often each value was seen.
fn most_frequent(function: &Function, mut counts: Vec<(Value, i128)>) -> Value {
    counts.sort_by_key(|(_, count)| Reverse(*count));
    counts.truncate(function.count(0).unwrap_or(10));
    let with_counts = matches!(&function.ret, ChType::Array(item) if matches!(&**item, ChType::Tuple(fields) if fields.first().is_some_and(|(name, _)| name.as_deref() == Some("item"))));
    let answer = |(value, count): (Value, i128)| {
        if with_counts {
            Value::Tuple(vec![value, Value::Int(count), Value::Int(0)])
        } else {
            value
        }
    };
    Value::Array(counts.into_iter().map(answer).collect())
}

/// The answer of a function of one column without NULL that keeps few of its values.
pub(super) fn of_column(function: &Function, column: &ArrayRef) -> Option<SqlResult<Value>> {
    let ty = function.args.first()?;
    if *column.data_type() != ty.arrow() {
        return None;
    }
    let limit = function.count(0);
    let values = |places: &[(usize, i128)]| -> SqlResult<Vec<(Value, i128)>> {
        places.iter().map(|(row, count)| Ok((value_at(column, *row, ty)?, *count))).collect()
    };
    match function.name.as_str() {
        "groupArray" => {
            let kept = column.slice(0, limit.unwrap_or(usize::MAX).min(column.len()));
            Some(from_array(&kept, ty).map(Value::Array))
        }
        "groupUniqArray" => {
            let mut places = distinct(column)?;
            places.truncate(limit.unwrap_or(usize::MAX));
            let values = values(&places);
            Some(values.map(|all| Value::Array(all.into_iter().map(|(value, _)| value).collect())))
        }
        "topK" | "approx_top_k" => {
            let counts = values(&distinct(column)?);
            Some(counts.map(|counts| most_frequent(function, counts)))
        }
        _ => None,
    }
}

/// The first row of each value of a column of integers, times or text, and how many rows have that value.
fn distinct(column: &ArrayRef) -> Option<Vec<(usize, i128)>> {
    fn counted<T: Hash + Eq>(values: impl Iterator<Item = T>) -> Vec<(usize, i128)> {
        let mut places = datafusion::common::HashMap::new();
        let mut counts: Vec<(usize, i128)> = Vec::new();
        for (row, value) in values.enumerate() {
            let at = *places.entry(value).or_insert_with(|| {
                counts.push((row, 0));
                counts.len() - 1
            });
            if let Some((_, count)) = counts.get_mut(at) {
                *count += 1;
            }
        }
        counts
    }
    match column.data_type() {
        DataType::Utf8View => {
            let texts = column.as_string_view();
            Some(counted((0..texts.len()).map(|row| texts.value(row))))
        }
        DataType::UInt64 => Some(counted(column.as_primitive::<UInt64Type>().values().iter())),
        DataType::Date32 => Some(counted(column.as_primitive::<Date32Type>().values().iter())),
        kind if kind.is_integer() || matches!(kind, DataType::Timestamp(..)) => {
            let numbers = cast(column, &DataType::Int64).ok()?;
            Some(counted(numbers.as_primitive::<Int64Type>().values().iter()))
        }
        _ => None,
    }
}
