//! Functions of numbers.

use crate::{functions::udf::Call, types::ChType};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, PrimitiveArray, StringViewBuilder, make_array},
        datatypes::{
            ArrowPrimitiveType, DataType, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
            UInt8Type, UInt16Type, UInt32Type, UInt64Type,
        },
    },
    common::ScalarValue,
};
use std::{fmt::Write, sync::Arc};

pub(super) fn of(call: &Call, column: &ArrayRef, constants: &[&ScalarValue]) -> Option<ArrayRef> {
    if !constants.is_empty() {
        return None;
    }
    match call.name.as_str() {
        "fromUnixTimestamp64Milli" | "fromUnixTimestamp64Micro" | "fromUnixTimestamp64Nano" => {
            ticks(column, &call.ret.arrow())
        }
        "floor" => whole(column, f64::floor),
        "ceil" | "ceiling" => whole(column, f64::ceil),
        "trunc" | "truncate" => whole(column, f64::trunc),
        "round" => whole(column, f64::round_ties_even),
        "CAST" if *call.ret.strip_nullable() == ChType::String => printed(column),
        _ => None,
    }
}

/// Integers as times of the same number of ticks.
fn ticks(column: &ArrayRef, to: &DataType) -> Option<ArrayRef> {
    let ticks = column.as_primitive_opt::<Int64Type>()?;
    let data = ticks.to_data().into_builder().data_type(to.clone()).build().ok()?;
    matches!(to, DataType::Timestamp(..)).then(|| make_array(data))
}

/// Whole numbers beside floats.
fn whole(column: &ArrayRef, round: impl Fn(f64) -> f64) -> Option<ArrayRef> {
    let rounded: PrimitiveArray<Float64Type> =
        column.as_primitive_opt::<Float64Type>()?.unary(round);
    Some(Arc::new(rounded))
}

/// Integers as decimal digits.
fn printed(column: &ArrayRef) -> Option<ArrayRef> {
    match column.data_type() {
        DataType::Int8 => digits::<Int8Type>(column),
        DataType::Int16 => digits::<Int16Type>(column),
        DataType::Int32 => digits::<Int32Type>(column),
        DataType::Int64 => digits::<Int64Type>(column),
        DataType::UInt8 => digits::<UInt8Type>(column),
        DataType::UInt16 => digits::<UInt16Type>(column),
        DataType::UInt32 => digits::<UInt32Type>(column),
        DataType::UInt64 => digits::<UInt64Type>(column),
        _ => None,
    }
}

fn digits<T: ArrowPrimitiveType>(column: &ArrayRef) -> Option<ArrayRef>
where
    T::Native: std::fmt::Display,
{
    let numbers = column.as_primitive_opt::<T>()?;
    let mut out = StringViewBuilder::with_capacity(numbers.len());
    let mut text = String::new();
    for number in numbers {
        match number {
            Some(number) => {
                text.clear();
                write!(text, "{number}").ok()?;
                out.append_value(&text);
            }
            None => out.append_null(),
        }
    }
    Some(Arc::new(out.finish()))
}
