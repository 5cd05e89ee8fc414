//! Conversions from numbers: to other numbers, to times, to text.

use super::{
    operand::{float_column, floats, integer_column, integers},
    texts::written,
};
use crate::{
    functions::{convert::whole_64, udf::Call},
    types::{ChType, time_unit},
    value::{CALENDAR_SECONDS, write_float},
};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, PrimitiveArray},
        buffer::NullBuffer,
        datatypes::{
            ArrowPrimitiveType, DataType, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
            TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
            TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
        },
    },
    logical_expr::ColumnarValue,
};
use std::{io::Write, sync::Arc};

/// `CAST` of a column of numbers.
pub(super) fn of(call: &Call, arg: &ColumnarValue) -> Option<ArrayRef> {
    let ColumnarValue::Array(column) = arg else { return None };
    let from_float = matches!(call.args.first()?.strip_nullable(), ChType::Float(_));
    let nulls = column.nulls().cloned();
    match call.ret.strip_nullable() {
        ChType::String => printed(column),
        ChType::Float(_) => float_column(floats(arg)?.map(|value| value)?, nulls, &call.ret),
        ChType::Int(_) | ChType::UInt(_) if from_float => {
            let values = floats(arg)?;
            let finite = values.map(f64::is_finite)?;
            let fails = |(row, finite): (usize, &bool)| !finite && column.is_valid(row);
            if finite.iter().enumerate().any(fails) {
                return None;
            }
            let to = call.ret.strip_nullable();
            integer_column(values.map(|value| whole_64(value, to))?, nulls, to)
        }
        ChType::Int(_) | ChType::UInt(_) => {
            integer_column(integers(arg)?.map(|value| value)?, nulls, &call.ret)
        }
        ChType::DateTime(_) | ChType::DateTime64(..) if !from_float => {
            let seconds = integers(arg)?.map(|value| value)?;
            let unsigned = *call.args.first()?.strip_nullable() == ChType::UInt(64);
            if unsigned && seconds.iter().any(|seconds| *seconds < 0) {
                return None;
            }
            time_column(seconds, nulls, &call.ret)
        }
        _ => None,
    }
}

/// Seconds since 1970 as times; none, if one is too far away.
fn time_column(seconds: Vec<i64>, nulls: Option<NullBuffer>, ty: &ChType) -> Option<ArrayRef> {
    match ty.strip_nullable() {
        ChType::DateTime(_) => {
            let held = seconds.into_iter().map(|s| s.clamp(0, u32::MAX.into())).collect();
            ticks_column(held, nulls, TimeUnit::Second)
        }
        ChType::DateTime64(scale, _) => {
            let unit = time_unit(*scale);
            let ticks = seconds.into_iter().map(|s| {
                let near = CALENDAR_SECONDS.contains(&s);
                near.then(|| s.checked_mul(ticks_per_second(unit))).flatten()
            });
            ticks_column(ticks.collect::<Option<_>>()?, nulls, unit)
        }
        _ => None,
    }
}

/// Ticks of a unit in a second.
pub(super) const fn ticks_per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

/// Ticks of a unit since 1970 as times.
pub(super) fn ticks_column(
    ticks: Vec<i64>,
    nulls: Option<NullBuffer>,
    unit: TimeUnit,
) -> Option<ArrayRef> {
    fn column<T: ArrowPrimitiveType<Native = i64>>(
        ticks: Vec<i64>,
        nulls: Option<NullBuffer>,
    ) -> ArrayRef {
        Arc::new(PrimitiveArray::<T>::new(ticks.into(), nulls))
    }
    Some(match unit {
        TimeUnit::Second => column::<TimestampSecondType>(ticks, nulls),
        TimeUnit::Millisecond => column::<TimestampMillisecondType>(ticks, nulls),
        TimeUnit::Microsecond => column::<TimestampMicrosecondType>(ticks, nulls),
        TimeUnit::Nanosecond => column::<TimestampNanosecondType>(ticks, nulls),
    })
}

/// Integers as decimal digits.
fn printed(column: &ArrayRef) -> Option<ArrayRef> {
    match column.data_type() {
        DataType::Int8 => text_of::<Int8Type>(column, digits),
        DataType::Int16 => text_of::<Int16Type>(column, digits),
        DataType::Int32 => text_of::<Int32Type>(column, digits),
        DataType::Int64 => text_of::<Int64Type>(column, digits),
        DataType::UInt8 => text_of::<UInt8Type>(column, digits),
        DataType::UInt16 => text_of::<UInt16Type>(column, digits),
        DataType::UInt32 => text_of::<UInt32Type>(column, digits),
        DataType::UInt64 => text_of::<UInt64Type>(column, digits),
        DataType::Float64 => text_of::<Float64Type>(column, write_float),
        _ => None,
    }
}

fn digits(number: impl std::fmt::Display, out: &mut Vec<u8>) {
    // Writing to a vector does not fail.
    write!(out, "{number}").ok();
}

fn text_of<T: ArrowPrimitiveType>(
    column: &ArrayRef,
    write: impl Fn(T::Native, &mut Vec<u8>),
) -> Option<ArrayRef> {
    let numbers = column.as_primitive_opt::<T>()?;
    written(numbers.len(), numbers.nulls().cloned(), |row, out| write(numbers.value(row), out))
}
