//! Calls on whole columns, for functions that stand in the inner loop of analytics. Each computes what its row-wise kernel
//! does (`tests` compare them on values made to differ); whatever is not here is computed row by row, and so is every batch in
//! which a row is an error.

mod arithmetic;
mod civil;
mod convert;
mod extreme;
mod join;
mod lists;
mod number;
mod operand;
mod parse;
mod pattern;
mod print;
mod shift;
mod text;
mod texts;
mod time;
mod times;

use super::udf::{Call, Kernel};
use crate::types::ChType;
use datafusion::{
    arrow::array::{Array, ArrayRef},
    common::ScalarValue,
    logical_expr::ColumnarValue,
};

/// The values of a call, of which at least one argument is a column, if it has a vectorised form for these types and values.
pub(super) fn vectorised(call: &Call, kernel: Kernel, args: &[ColumnarValue]) -> Option<ArrayRef> {
    let row_count = args.iter().find_map(|arg| match arg {
        ColumnarValue::Array(column) => Some(column.len()),
        ColumnarValue::Scalar(_) => None,
    })?;
    let null = |arg: &ColumnarValue| matches!(arg, ColumnarValue::Scalar(value) if value.is_null());
    if args.iter().any(null) || *call.ret.strip_nullable() == ChType::Nothing {
        return None;
    }
    // A NULL makes NULL; where the result cannot be NULL it is computed from a default. Lists know that by themselves.
    let has_nulls = args
        .iter()
        .any(|arg| matches!(arg, ColumnarValue::Array(column) if column.null_count() > 0));
    if has_nulls && !call.ret.is_nullable() && !matches!(call.ret, ChType::Array(_)) {
        return None;
    }
    beside_constants(call, args).or_else(|| of_types(call, kernel, args, row_count))
}

/// Functions of one column, and constants beside it.
fn beside_constants(call: &Call, args: &[ColumnarValue]) -> Option<ArrayRef> {
    let (ColumnarValue::Array(column), rest) = args.split_first()? else { return None };
    let constants = rest.iter().map(|arg| match arg {
        ColumnarValue::Scalar(value) => Some(value),
        ColumnarValue::Array(_) => None,
    });
    let constants: Vec<&ScalarValue> = constants.collect::<Option<_>>()?;
    match call.args.first()?.strip_nullable() {
        ChType::String => text::of(call, column.as_ref(), &constants),
        ChType::DateTime(_) | ChType::DateTime64(..) => time::of(call, column, &constants),
        _ => None,
    }
}

/// Functions of columns and constants in any order, where all of them arrive in the arrays of their types.
fn of_types(
    call: &Call,
    kernel: Kernel,
    args: &[ColumnarValue],
    row_count: usize,
) -> Option<ArrayRef> {
    let as_typed = |(arg, ty): (&ColumnarValue, &ChType)| arg.data_type() == ty.arrow();
    if args.len() != call.args.len() || !args.iter().zip(&call.args).all(as_typed) {
        return None;
    }
    let numeric = |ty: &ChType| {
        matches!(ty.strip_nullable(), ChType::Int(_) | ChType::UInt(_) | ChType::Float(_))
    };
    let of_numbers = call.args.iter().all(numeric).then(|| number::of(call, args)).flatten();
    of_numbers
        .or_else(|| extreme::of(call, args))
        .or_else(|| shift::of(call, args, row_count))
        .or_else(|| parse::of(call, kernel, args))
        .or_else(|| lists::of(call, args))
        .or_else(|| join::of(call, args, row_count))
}

#[cfg(test)]
mod tests;
