//! Numbers as arguments: a value per row or one for all, widened to 64 bits so that a function needs one loop and not one for
//! each pair of types.

use crate::types::ChType;
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, PrimitiveArray},
        buffer::NullBuffer,
        datatypes::{
            ArrowPrimitiveType, DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
            Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
        },
    },
    logical_expr::ColumnarValue,
};
use std::{borrow::Cow, sync::Arc};

/// One argument.
#[derive(Debug)]
pub(super) enum Operand<'a, T: Copy> {
    Column(Cow<'a, [T]>),
    Constant(T),
}

impl<T: Copy> Operand<'_, T> {
    /// The value that all rows have, if it is a constant.
    pub(super) fn constant(&self) -> Option<T> {
        match self {
            Self::Constant(value) => Some(*value),
            Self::Column(_) => None,
        }
    }

    /// The function of every value; of a constant there is no column.
    pub(super) fn map<R>(&self, of: impl Fn(T) -> R) -> Option<Vec<R>> {
        match self {
            Self::Column(values) => Some(values.iter().map(|value| of(*value)).collect()),
            Self::Constant(_) => None,
        }
    }

    /// The function of two arguments, of which at least one is a column.
    pub(super) fn with<U: Copy, R>(
        &self,
        other: &Operand<'_, U>,
        of: impl Fn(T, U) -> R,
    ) -> Option<Vec<R>> {
        match (self, other) {
            (Self::Column(a), Operand::Column(b)) => {
                Some(a.iter().zip(b.iter()).map(|(a, b)| of(*a, *b)).collect())
            }
            (Self::Column(a), Operand::Constant(b)) => Some(a.iter().map(|a| of(*a, *b)).collect()),
            (Self::Constant(a), Operand::Column(b)) => Some(b.iter().map(|b| of(*a, *b)).collect()),
            (Self::Constant(_), Operand::Constant(_)) => None,
        }
    }
}

/// The rows in which an argument of a function is NULL.
pub(super) fn nulls(args: &[ColumnarValue]) -> Option<NullBuffer> {
    args.iter().fold(None, |all, arg| match arg {
        ColumnarValue::Array(column) => NullBuffer::union(all.as_ref(), column.nulls()),
        ColumnarValue::Scalar(_) => all,
    })
}

/// The array of an argument: a constant's has one row.
pub(super) fn array_of(arg: &ColumnarValue) -> Option<(Cow<'_, ArrayRef>, bool)> {
    match arg {
        ColumnarValue::Array(column) => Some((Cow::Borrowed(column), false)),
        ColumnarValue::Scalar(value) => Some((Cow::Owned(value.to_array().ok()?), true)),
    }
}

/// An argument of integers of any width; of UInt64 the bits.
pub(super) fn integers(arg: &ColumnarValue) -> Option<Operand<'_, i64>> {
    match arg {
        ColumnarValue::Array(column) => wide(column).map(Operand::Column),
        ColumnarValue::Scalar(value) => {
            wide(&value.to_array().ok()?)?.first().copied().map(Operand::Constant)
        }
    }
}

/// An argument of numbers as doubles.
pub(super) fn floats(arg: &ColumnarValue) -> Option<Operand<'_, f64>> {
    match arg {
        ColumnarValue::Array(column) => doubles(column).map(Operand::Column),
        ColumnarValue::Scalar(value) => {
            doubles(&value.to_array().ok()?)?.first().copied().map(Operand::Constant)
        }
    }
}

fn values<T: ArrowPrimitiveType, R>(array: &ArrayRef, of: impl Fn(T::Native) -> R) -> Vec<R> {
    array.as_primitive::<T>().values().iter().map(|value| of(*value)).collect()
}

fn wide(array: &ArrayRef) -> Option<Cow<'_, [i64]>> {
    Some(Cow::Owned(match array.data_type() {
        DataType::Int64 => return Some(Cow::Borrowed(array.as_primitive::<Int64Type>().values())),
        DataType::Int8 => values::<Int8Type, _>(array, i64::from),
        DataType::Int16 => values::<Int16Type, _>(array, i64::from),
        DataType::Int32 => values::<Int32Type, _>(array, i64::from),
        DataType::UInt8 => values::<UInt8Type, _>(array, i64::from),
        DataType::UInt16 => values::<UInt16Type, _>(array, i64::from),
        DataType::UInt32 => values::<UInt32Type, _>(array, i64::from),
        DataType::UInt64 => values::<UInt64Type, _>(array, u64::cast_signed),
        _ => return None,
    }))
}

#[expect(clippy::cast_precision_loss, reason = "that is what a conversion to Float64 means")]
fn doubles(array: &ArrayRef) -> Option<Cow<'_, [f64]>> {
    Some(Cow::Owned(match array.data_type() {
        DataType::Float64 => {
            return Some(Cow::Borrowed(array.as_primitive::<Float64Type>().values()));
        }
        DataType::Float32 => values::<Float32Type, _>(array, f64::from),
        DataType::UInt64 => values::<UInt64Type, _>(array, |value| value as f64),
        _ => wide(array)?.iter().map(|value| *value as f64).collect(),
    }))
}

/// Integers in the width of a type, where they wrap.
#[expect(clippy::cast_possible_truncation, reason = "ClickHouse's integers wrap")]
#[expect(clippy::cast_sign_loss, reason = "ClickHouse's integers wrap")]
pub(super) fn integer_column(
    values: Vec<i64>,
    nulls: Option<NullBuffer>,
    ty: &ChType,
) -> Option<ArrayRef> {
    fn column<T: ArrowPrimitiveType>(
        values: impl Iterator<Item = T::Native>,
        nulls: Option<NullBuffer>,
    ) -> ArrayRef {
        Arc::new(PrimitiveArray::<T>::new(values.collect::<Vec<_>>().into(), nulls))
    }
    let all = values.iter().copied();
    Some(match ty.strip_nullable() {
        ChType::Int(8) => column::<Int8Type>(all.map(|v| v as i8), nulls),
        ChType::Int(16) => column::<Int16Type>(all.map(|v| v as i16), nulls),
        ChType::Int(32) => column::<Int32Type>(all.map(|v| v as i32), nulls),
        ChType::Int(64) => Arc::new(PrimitiveArray::<Int64Type>::new(values.into(), nulls)),
        ChType::UInt(8) => column::<UInt8Type>(all.map(|v| v as u8), nulls),
        ChType::UInt(16) => column::<UInt16Type>(all.map(|v| v as u16), nulls),
        ChType::UInt(32) => column::<UInt32Type>(all.map(|v| v as u32), nulls),
        ChType::UInt(64) => column::<UInt64Type>(all.map(i64::cast_unsigned), nulls),
        _ => return None,
    })
}

/// Doubles in the width of a type.
#[expect(clippy::cast_possible_truncation, reason = "Float32 holds the nearest value")]
pub(super) fn float_column(
    values: Vec<f64>,
    nulls: Option<NullBuffer>,
    ty: &ChType,
) -> Option<ArrayRef> {
    match ty.strip_nullable() {
        ChType::Float(64) => {
            Some(Arc::new(PrimitiveArray::<Float64Type>::new(values.into(), nulls)))
        }
        ChType::Float(32) => {
            let narrow: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
            Some(Arc::new(PrimitiveArray::<Float32Type>::new(narrow.into(), nulls)))
        }
        _ => None,
    }
}
