//! Functions of arrays that need no items.

use crate::{functions::udf::Call, types::ChType};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, PrimitiveArray},
        datatypes::{UInt8Type, UInt64Type},
    },
    logical_expr::ColumnarValue,
};
use std::sync::Arc;

/// `length`, `empty` and `notEmpty` of a column of arrays.
pub(super) fn of(call: &Call, args: &[ColumnarValue]) -> Option<ArrayRef> {
    let ([ColumnarValue::Array(column)], [ChType::Array(_)]) = (args, call.args.as_slice()) else {
        return None;
    };
    let lists = column.as_list_opt::<i32>().filter(|lists| lists.null_count() == 0)?;
    let ends = lists.value_offsets().windows(2);
    let lengths = ends.map(|ends| match ends {
        [start, end] => u64::try_from(end - start).unwrap_or(0),
        _ => 0,
    });
    let flags = |flag: fn(u64) -> bool| -> ArrayRef {
        let flags: Vec<u8> = lengths.clone().map(|length| u8::from(flag(length))).collect();
        Arc::new(PrimitiveArray::<UInt8Type>::new(flags.into(), None))
    };
    match call.name.as_str() {
        "length" => {
            let lengths: Vec<u64> = lengths.collect();
            Some(Arc::new(PrimitiveArray::<UInt64Type>::new(lengths.into(), None)))
        }
        "empty" => Some(flags(|length| length == 0)),
        "notEmpty" => Some(flags(|length| length > 0)),
        _ => None,
    }
}
