//! Functions of numbers.

use super::{
    arithmetic, convert,
    operand::{float_column, floats, integer_column, integers, nulls},
};
use crate::{
    functions::{
        math::{of_double, of_doubles},
        rounding::{DIGITS_MAX, to_digits, whole_of},
        udf::Call,
    },
    types::ChType,
};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, make_array},
        datatypes::{DataType, Int64Type},
    },
    logical_expr::ColumnarValue,
};

pub(super) fn of(call: &Call, args: &[ColumnarValue]) -> Option<ArrayRef> {
    match (call.name.as_str(), args) {
        (
            "fromUnixTimestamp64Milli" | "fromUnixTimestamp64Micro" | "fromUnixTimestamp64Nano",
            [ColumnarValue::Array(column)],
        ) => ticks(column, &call.ret.arrow()),
        ("CAST", [arg]) => convert::of(call, arg),
        ("isNaN", [a]) => flags(call, a, f64::is_nan),
        ("isInfinite", [a]) => flags(call, a, f64::is_infinite),
        ("isFinite", [a]) => flags(call, a, f64::is_finite),
        ("floor" | "ceil" | "ceiling" | "trunc" | "truncate" | "round", [_] | [_, _]) => {
            rounded(call, args)
        }
        (name, [a]) if let Some(of) = of_double(name) => {
            float_column(floats(a)?.map(of)?, nulls(args), &call.ret)
        }
        (name, [a, b]) if let Some(of) = of_doubles(name) => {
            float_column(floats(a)?.with(&floats(b)?, of)?, nulls(args), &call.ret)
        }
        _ => arithmetic::of(call, args),
    }
}

/// Integers as times of the same number of ticks.
fn ticks(column: &ArrayRef, to: &DataType) -> Option<ArrayRef> {
    let ticks = column.as_primitive_opt::<Int64Type>()?;
    let data = ticks.to_data().into_builder().data_type(to.clone()).build().ok()?;
    matches!(to, DataType::Timestamp(..)).then(|| make_array(data))
}

fn flags(call: &Call, arg: &ColumnarValue, flag: fn(f64) -> bool) -> Option<ArrayRef> {
    let flags = floats(arg)?.map(|value| i64::from(flag(value)))?;
    integer_column(flags, nulls(std::slice::from_ref(arg)), &call.ret)
}

/// Doubles rounded to a constant number of digits.
fn rounded(call: &Call, args: &[ColumnarValue]) -> Option<ArrayRef> {
    let (value, digits) = args.split_first()?;
    if *call.ret.strip_nullable() != ChType::Float(64) {
        return None;
    }
    let values = floats(value)?;
    let rounded = match digits.first() {
        // Functions that a processor has are not called through a pointer.
        None => match call.name.as_str() {
            "floor" => values.map(f64::floor),
            "ceil" | "ceiling" => values.map(f64::ceil),
            "trunc" | "truncate" => values.map(f64::trunc),
            _ => values.map(f64::round_ties_even),
        },
        Some(digits) => {
            let digits = i128::from(integers(digits)?.constant()?).clamp(-DIGITS_MAX, DIGITS_MAX);
            let digits = i32::try_from(digits).ok()?;
            let (unit, whole) = (10_f64.powi(digits.abs()), whole_of(&call.name));
            values.map(|value| to_digits(value, digits, unit, whole))
        }
    };
    float_column(rounded?, nulls(args), &call.ret)
}
