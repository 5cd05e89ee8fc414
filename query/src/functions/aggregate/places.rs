//! Functions that answer the value of one row: which row that is, found in columns.

use super::function::Function;
use crate::{
    error::SqlResult,
    value::{Value, value_at},
};
use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray},
    compute::cast,
    datatypes::{DataType, Float64Type, Int64Type, UInt64Type},
};
use std::cmp::Ordering;

/// The answer of `argMin`, `argMax` and the first or last value over columns without NULL, if it is found without values of
/// single rows.
pub(super) fn of_columns(function: &Function, columns: &[ArrayRef]) -> Option<SqlResult<Value>> {
    let (name, value, ty) = (function.name.as_str(), columns.first()?, function.args.first()?);
    if *value.data_type() != ty.arrow() {
        return None;
    }
    let place = match (name, columns) {
        ("argMin", [_, by]) => best(by, Ordering::Less)?,
        ("argMax", [_, by]) => best(by, Ordering::Greater)?,
        ("any", [_]) => 0,
        ("anyLast", [_]) => value.len().saturating_sub(1),
        _ => return None,
    };
    Some(if value.is_empty() { Ok(function.default()) } else { value_at(value, place, ty) })
}

/// The first row whose value is the least or greatest; NaN only if there is nothing else.
fn best(column: &ArrayRef, wanted: Ordering) -> Option<usize> {
    match column.data_type() {
        DataType::Utf8View => {
            let texts = column.as_string_view();
            Some(first((0..texts.len()).map(|row| texts.value(row)), |a, b| a.cmp(b) == wanted))
        }
        DataType::UInt64 => {
            let numbers = column.as_primitive::<UInt64Type>().values();
            Some(first(numbers.iter(), |a, b| a.cmp(b) == wanted))
        }
        DataType::Float32 | DataType::Float64 => {
            let numbers = cast(column, &DataType::Float64).ok()?;
            let better =
                |a: &f64, b: &f64| b.is_nan() && !a.is_nan() || a.partial_cmp(b) == Some(wanted);
            Some(first(numbers.as_primitive::<Float64Type>().values().iter(), |a, b| better(a, b)))
        }
        DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::Timestamp(..) => {
            let numbers = cast(column, &DataType::Int64).ok()?;
            let numbers = numbers.as_primitive::<Int64Type>().values();
            Some(first(numbers.iter(), |a, b| a.cmp(b) == wanted))
        }
        DataType::Date32 => {
            let days = cast(&cast(column, &DataType::Int32).ok()?, &DataType::Int64).ok()?;
            let days = days.as_primitive::<Int64Type>().values();
            Some(first(days.iter(), |a, b| a.cmp(b) == wanted))
        }
        _ => None,
    }
}

/// The place of the first item that none is better than.
fn first<T: Copy>(items: impl Iterator<Item = T>, better: impl Fn(&T, &T) -> bool) -> usize {
    let mut best: Option<(usize, T)> = None;
    for (place, item) in items.enumerate() {
        if best.as_ref().is_none_or(|(_, known)| better(&item, known)) {
            best = Some((place, item));
        }
    }
    best.map_or(0, |(place, _)| place)
}
