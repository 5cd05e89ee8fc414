//! Calls on whole columns, for functions that stand in the inner loop of analytics. Each computes what its row-wise kernel
//! does (`tests` compare them on values made to differ); whatever is not here is computed row by row.

mod number;
mod text;
mod time;

use super::udf::Call;
use crate::types::ChType;
use datafusion::{arrow::array::ArrayRef, common::ScalarValue, logical_expr::ColumnarValue};

/// The values of a call on one column, and constants beside it, if it has a vectorised form for these types and values.
pub(super) fn vectorised(call: &Call, args: &[ColumnarValue]) -> Option<ArrayRef> {
    let (ColumnarValue::Array(column), rest) = args.split_first()? else { return None };
    let constants = rest.iter().map(|arg| match arg {
        ColumnarValue::Scalar(value) if !value.is_null() => Some(value),
        _ => None,
    });
    let constants: Vec<&ScalarValue> = constants.collect::<Option<_>>()?;
    // A NULL makes NULL; where the result cannot be NULL it is computed from a default.
    if column.null_count() > 0 && !call.ret.is_nullable()
        || *call.ret.strip_nullable() == ChType::Nothing
    {
        return None;
    }
    match call.args.first()?.strip_nullable() {
        ChType::String => text::of(call, column.as_ref(), &constants),
        ChType::DateTime(_) | ChType::DateTime64(..) => time::of(call, column, &constants),
        ChType::Int(_) | ChType::UInt(_) | ChType::Float(_) => number::of(call, column, &constants),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
