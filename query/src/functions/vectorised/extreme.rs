//! `greatest` and `least` of columns and constants of one type.

use super::operand::array_of;
use crate::functions::udf::Call;
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, PrimitiveArray},
        buffer::NullBuffer,
        datatypes::{
            ArrowPrimitiveType, DataType, Date32Type, Float32Type, Float64Type, Int8Type,
            Int16Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
            TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
            UInt16Type, UInt32Type, UInt64Type,
        },
    },
    logical_expr::ColumnarValue,
};
use std::{cmp::Ordering, sync::Arc};

/// The greatest or least value of each row; NULLs do not count.
pub(super) fn of(call: &Call, args: &[ColumnarValue]) -> Option<ArrayRef> {
    if !matches!(call.name.as_str(), "greatest" | "least") {
        return None;
    }
    let ret = call.ret.strip_nullable();
    if call.args.iter().any(|ty| ty.strip_nullable() != ret) {
        return None;
    }
    let wanted = if call.name == "greatest" { Ordering::Greater } else { Ordering::Less };
    match ret.arrow() {
        DataType::Int8 => column::<Int8Type>(args, wanted),
        DataType::Int16 => column::<Int16Type>(args, wanted),
        DataType::Int32 => column::<Int32Type>(args, wanted),
        DataType::Int64 => column::<Int64Type>(args, wanted),
        DataType::UInt8 => column::<UInt8Type>(args, wanted),
        DataType::UInt16 => column::<UInt16Type>(args, wanted),
        DataType::UInt32 => column::<UInt32Type>(args, wanted),
        DataType::UInt64 => column::<UInt64Type>(args, wanted),
        DataType::Float32 => column::<Float32Type>(args, wanted),
        DataType::Float64 => column::<Float64Type>(args, wanted),
        DataType::Date32 => column::<Date32Type>(args, wanted),
        DataType::Timestamp(unit, None) => match unit {
            TimeUnit::Second => column::<TimestampSecondType>(args, wanted),
            TimeUnit::Millisecond => column::<TimestampMillisecondType>(args, wanted),
            TimeUnit::Microsecond => column::<TimestampMicrosecondType>(args, wanted),
            TimeUnit::Nanosecond => column::<TimestampNanosecondType>(args, wanted),
        },
        _ => None,
    }
}

fn column<T: ArrowPrimitiveType>(args: &[ColumnarValue], wanted: Ordering) -> Option<ArrayRef>
where
    T::Native: PartialOrd,
{
    let rows = args.iter().find_map(|arg| match arg {
        ColumnarValue::Array(column) => Some(column.len()),
        ColumnarValue::Scalar(_) => None,
    })?;
    // The first of two stays only if it wins: against NaN nothing does. Of more, NaN is the last choice.
    let several = args.len() > 2;
    let better = |new: T::Native, best: T::Native| {
        !(several && new.partial_cmp(&new).is_none()) && best.partial_cmp(&new) != Some(wanted)
    };
    let mut best: Option<(Vec<T::Native>, Option<NullBuffer>)> = None;
    for arg in args {
        let (array, constant) = array_of(arg)?;
        let values = array.as_primitive_opt::<T>()?;
        let new = if constant {
            (vec![*values.values().first()?; rows], None)
        } else {
            (values.values().to_vec(), values.nulls().cloned())
        };
        best = Some(match best {
            None => new,
            Some(best) => merged(best, new, better),
        });
    }
    let (values, nulls) = best?;
    Some(Arc::new(PrimitiveArray::<T>::new(values.into(), nulls)))
}

/// Values and where they are NULL.
type Column<N> = (Vec<N>, Option<NullBuffer>);

fn merged<N: Copy>(best: Column<N>, new: Column<N>, better: impl Fn(N, N) -> bool) -> Column<N> {
    let ((mut best, best_nulls), (new, new_nulls)) = (best, new);
    let valid = |nulls: &Option<NullBuffer>, row: usize| {
        nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row))
    };
    let plain = best_nulls.is_none() && new_nulls.is_none();
    for (row, (best, new)) in best.iter_mut().zip(new).enumerate() {
        let counts = plain || valid(&new_nulls, row);
        if counts && (better(new, *best) || !plain && !valid(&best_nulls, row)) {
            *best = new;
        }
    }
    let nulls = best_nulls.zip(new_nulls).map(|(a, b)| NullBuffer::new(a.inner() | b.inner()));
    (best, nulls)
}
