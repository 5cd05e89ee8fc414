//! Values and Arrow arrays.

use super::{Value, decode, encode};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::{ChType, time_unit},
};
use arrow::{
    array::{
        Array, ArrayRef, AsArray, BinaryViewBuilder, BooleanArray, BooleanBuilder, Date32Array,
        Decimal128Array, Decimal256Array, ListArray, NullArray, PrimitiveArray, StringViewBuilder,
        StructArray, TimestampMicrosecondArray, TimestampMillisecondArray,
        TimestampNanosecondArray, TimestampSecondArray, new_null_array,
    },
    buffer::{NullBuffer, OffsetBuffer},
    compute::cast,
    datatypes::{
        ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Decimal256Type, Float32Type,
        Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType,
        TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
        UInt16Type, UInt32Type, UInt64Type, i256,
    },
};
use std::sync::Arc;

/// All values of an array of a ClickHouse type.
pub(crate) fn from_array(array: &ArrayRef, ty: &ChType) -> SqlResult<Vec<Value>> {
    let array = physical(array, ty)?;
    (0..array.len()).map(|row| value_at(&array, row, ty)).collect()
}

/// The array in the physical type of `ty`; DataFusion may hand over another width or string encoding.
fn physical(array: &ArrayRef, ty: &ChType) -> SqlResult<ArrayRef> {
    let wanted = ty.arrow();
    if *array.data_type() == wanted
        || matches!(wanted, DataType::Null)
        || matches!(wanted, DataType::Struct(_))
    {
        return Ok(Arc::clone(array));
    }
    cast(array, &wanted).map_err(|error| {
        SqlError::new(
            ChCode::LogicalError,
            format!("{ty} arrived as {}: {error}", array.data_type()),
        )
    })
}

/// One value of an array that has the physical type of `ty`.
pub(crate) fn value_at(array: &ArrayRef, row: usize, ty: &ChType) -> SqlResult<Value> {
    if array.is_null(row) || matches!(array.data_type(), DataType::Null) {
        return Ok(Value::Null);
    }
    macro_rules! int {
        ($t:ty) => {
            Value::Int(array.as_primitive::<$t>().value(row).into())
        };
    }
    Ok(match ty {
        ChType::Nothing => Value::Null,
        ChType::Nullable(inner) => value_at(array, row, inner)?,
        ChType::Bool => Value::Bool(array.as_boolean().value(row)),
        ChType::Int(8) => int!(Int8Type),
        ChType::Int(16) => int!(Int16Type),
        ChType::Int(32) => int!(Int32Type),
        ChType::Int(_) | ChType::Interval(_) => int!(Int64Type),
        ChType::UInt(8) => int!(UInt8Type),
        ChType::UInt(16) => int!(UInt16Type),
        ChType::UInt(32) => int!(UInt32Type),
        ChType::UInt(_) => int!(UInt64Type),
        ChType::Float(32) => Value::Float(array.as_primitive::<Float32Type>().value(row).into()),
        ChType::Float(_) => Value::Float(array.as_primitive::<Float64Type>().value(row)),
        ChType::Decimal(0..=38, scale) => {
            Value::Decimal(array.as_primitive::<Decimal128Type>().value(row), *scale)
        }
        ChType::Decimal(_, scale) => Value::Decimal(
            array.as_primitive::<Decimal256Type>().value(row).to_i128().unwrap_or(i128::MAX),
            *scale,
        ),
        ChType::String | ChType::FixedString(_) | ChType::Uuid | ChType::Enum(..) => {
            Value::String(array.as_string_view().value(row).to_owned())
        }
        ChType::Json => Value::Json(array.as_string_view().value(row).to_owned()),
        ChType::Date | ChType::Date32 => Value::Date(array.as_primitive::<Date32Type>().value(row)),
        ChType::DateTime(_) => {
            Value::DateTime(array.as_primitive::<TimestampSecondType>().value(row))
        }
        ChType::DateTime64(scale, _) => {
            let (value, held) = match time_unit(*scale) {
                TimeUnit::Second => (array.as_primitive::<TimestampSecondType>().value(row), 0),
                TimeUnit::Millisecond => {
                    (array.as_primitive::<TimestampMillisecondType>().value(row), 3)
                }
                TimeUnit::Microsecond => {
                    (array.as_primitive::<TimestampMicrosecondType>().value(row), 6)
                }
                TimeUnit::Nanosecond => {
                    (array.as_primitive::<TimestampNanosecondType>().value(row), 9)
                }
            };
            Value::DateTime64(value.div_euclid(10_i64.pow(u32::from(held - *scale))), *scale)
        }
        ChType::Dynamic | ChType::Variant(_) => decode(array.as_binary_view().value(row)),
        ChType::Array(item) => Value::Array(from_array(&array.as_list::<i32>().value(row), item)?),
        ChType::Tuple(fields) => {
            Value::Tuple(tuple_at(array, row, fields.iter().map(|(_, ty)| ty))?)
        }
        ChType::Map(key, value) => {
            let entries = array.as_list::<i32>().value(row);
            let mut pairs = Vec::with_capacity(entries.len());
            for i in 0..entries.len() {
                let mut pair = tuple_at(&entries, i, [&**key, &**value].into_iter())?.into_iter();
                pairs
                    .push((pair.next().unwrap_or(Value::Null), pair.next().unwrap_or(Value::Null)));
            }
            Value::Map(pairs)
        }
    })
}

fn tuple_at<'a>(
    array: &ArrayRef,
    row: usize,
    types: impl Iterator<Item = &'a ChType>,
) -> SqlResult<Vec<Value>> {
    let columns = array.as_struct().columns();
    columns
        .iter()
        .zip(types)
        .map(|(column, ty)| value_at(&physical(&column.slice(row, 1), ty)?, 0, ty))
        .collect()
}

/// The array of values of a ClickHouse type. A value that does not fit the type is NULL; conversions come before.
pub(crate) fn to_array(values: &[Value], ty: &ChType) -> SqlResult<ArrayRef> {
    Ok(match ty {
        ChType::Nothing => Arc::new(NullArray::new(values.len())),
        ChType::Nullable(inner) => to_array(values, inner)?,
        ChType::Bool => {
            let array: BooleanArray = values.iter().map(Value::truth).collect();
            Arc::new(array)
        }
        ChType::Int(8) => ints::<Int8Type>(values),
        ChType::Int(16) => ints::<Int16Type>(values),
        ChType::Int(32) => ints::<Int32Type>(values),
        ChType::Int(_) | ChType::Interval(_) => ints::<Int64Type>(values),
        ChType::UInt(8) => ints::<UInt8Type>(values),
        ChType::UInt(16) => ints::<UInt16Type>(values),
        ChType::UInt(32) => ints::<UInt32Type>(values),
        ChType::UInt(_) => ints::<UInt64Type>(values),
        #[expect(clippy::cast_possible_truncation, reason = "Float32 holds the nearest value")]
        ChType::Float(32) => Arc::new(
            values
                .iter()
                .map(|v| v.as_f64().map(|f| f as f32))
                .collect::<PrimitiveArray<Float32Type>>(),
        ),
        ChType::Float(_) => {
            Arc::new(values.iter().map(Value::as_f64).collect::<PrimitiveArray<Float64Type>>())
        }
        ChType::Decimal(precision, scale) => decimals(values, *precision, *scale)?,
        ChType::String
        | ChType::FixedString(_)
        | ChType::Uuid
        | ChType::Enum(..)
        | ChType::Json => {
            let mut builder = StringViewBuilder::with_capacity(values.len());
            for value in values {
                match value {
                    Value::String(text) | Value::Json(text) => builder.append_value(text),
                    _ => builder.append_null(),
                }
            }
            Arc::new(builder.finish())
        }
        ChType::Date | ChType::Date32 => Arc::new(
            values
                .iter()
                .map(|v| if let Value::Date(days) = v { Some(*days) } else { None })
                .collect::<Date32Array>(),
        ),
        ChType::DateTime(_) => Arc::new(
            values
                .iter()
                .map(|v| if let Value::DateTime(seconds) = v { Some(*seconds) } else { None })
                .collect::<TimestampSecondArray>(),
        ),
        ChType::DateTime64(scale, _) => datetimes(values, *scale),
        ChType::Dynamic | ChType::Variant(_) => {
            let mut builder = BinaryViewBuilder::with_capacity(values.len());
            let mut cell = Vec::new();
            for value in values {
                encode(value, &mut cell);
                if value.is_null() { builder.append_null() } else { builder.append_value(&cell) }
            }
            Arc::new(builder.finish())
        }
        ChType::Array(item) => {
            let empty = Vec::new();
            let rows: Vec<&Vec<Value>> = values
                .iter()
                .map(|v| if let Value::Array(items) = v { items } else { &empty })
                .collect();
            lists(
                values,
                &rows.iter().map(|items| items.len()).collect::<Vec<_>>(),
                to_array(&rows.concat_values(), item)?,
                &item.arrow(),
            )?
        }
        ChType::Tuple(fields) => tuples(values, fields.iter().map(|(_, ty)| ty), &ty.arrow())?,
        ChType::Map(key, value) => {
            let entry = ChType::Tuple(vec![(None, (**key).clone()), (None, (**value).clone())]);
            let rows: Vec<Vec<Value>> = values
                .iter()
                .map(|v| match v {
                    Value::Map(pairs) => pairs
                        .iter()
                        .map(|(k, v)| Value::Tuple(vec![k.clone(), v.clone()]))
                        .collect(),
                    _ => Vec::new(),
                })
                .collect();
            let lengths: Vec<usize> = rows.iter().map(Vec::len).collect();
            lists(values, &lengths, to_array(&rows.concat(), &entry)?, &entry.arrow())?
        }
    })
}

trait ConcatValues {
    fn concat_values(&self) -> Vec<Value>;
}

impl ConcatValues for Vec<&Vec<Value>> {
    fn concat_values(&self) -> Vec<Value> {
        self.iter().flat_map(|items| items.iter().cloned()).collect()
    }
}

/// Integers wrap to their width, as ClickHouse's conversions do.
fn ints<T: ArrowPrimitiveType>(values: &[Value]) -> ArrayRef
where
    T::Native: Wrap,
{
    Arc::new(
        values
            .iter()
            .map(|value| value.as_int().map(T::Native::wrap))
            .collect::<PrimitiveArray<T>>(),
    )
}

trait Wrap {
    fn wrap(value: i128) -> Self;
}

macro_rules! wrap {
    ($($t:ty),*) => { $(impl Wrap for $t {
        fn wrap(value: i128) -> Self { value as $t }
    })* };
}
wrap!(i8, i16, i32, i64, u8, u16, u32, u64);

fn decimals(values: &[Value], precision: u8, scale: u8) -> SqlResult<ArrayRef> {
    let rescale = |value: &Value| match value {
        Value::Decimal(v, from) if *from <= scale => {
            v.checked_mul(10_i128.checked_pow(u32::from(scale - from))?)
        }
        Value::Decimal(v, from) => Some(v / 10_i128.pow(u32::from(from - scale))),
        Value::Int(v) => v.checked_mul(10_i128.checked_pow(u32::from(scale))?),
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        Value::Float(v) => Some((v * 10_f64.powi(i32::from(scale))) as i128),
        _ => None,
    };
    let failed =
        |error: arrow::error::ArrowError| SqlError::new(ChCode::DecimalOverflow, error.to_string());
    if precision <= 38 {
        let array: Decimal128Array = values.iter().map(rescale).collect();
        return Ok(Arc::new(
            array.with_precision_and_scale(precision, scale.cast_signed()).map_err(failed)?,
        ));
    }
    let array: Decimal256Array = values.iter().map(|v| rescale(v).map(i256::from_i128)).collect();
    Ok(Arc::new(array.with_precision_and_scale(precision, scale.cast_signed()).map_err(failed)?))
}

fn datetimes(values: &[Value], scale: u8) -> ArrayRef {
    let ticks = |held: u8| {
        values.iter().map(move |value| match value {
            Value::DateTime64(v, from) if *from <= held => {
                v.checked_mul(10_i64.pow(u32::from(held - from)))
            }
            Value::DateTime64(v, from) => Some(v.div_euclid(10_i64.pow(u32::from(from - held)))),
            Value::DateTime(v) => v.checked_mul(10_i64.pow(u32::from(held))),
            Value::Date(v) => (i64::from(*v) * 86_400).checked_mul(10_i64.pow(u32::from(held))),
            _ => None,
        })
    };
    match time_unit(scale) {
        TimeUnit::Second => Arc::new(ticks(0).collect::<TimestampSecondArray>()),
        TimeUnit::Millisecond => Arc::new(ticks(3).collect::<TimestampMillisecondArray>()),
        TimeUnit::Microsecond => Arc::new(ticks(6).collect::<TimestampMicrosecondArray>()),
        TimeUnit::Nanosecond => Arc::new(ticks(9).collect::<TimestampNanosecondArray>()),
    }
}

fn lists(
    values: &[Value],
    lengths: &[usize],
    items: ArrayRef,
    item: &DataType,
) -> SqlResult<ArrayRef> {
    let DataType::List(field) = rekor_core::subcolumn::list_of(item.clone()) else {
        return Err(SqlError::new(ChCode::LogicalError, "a list type is expected"));
    };
    let nulls: NullBuffer = values.iter().map(|value| !value.is_null()).collect();
    ListArray::try_new(
        field,
        OffsetBuffer::from_lengths(lengths.iter().copied()),
        items,
        (nulls.null_count() > 0).then_some(nulls),
    )
    .map(|list| Arc::new(list) as ArrayRef)
    .map_err(|error| SqlError::new(ChCode::LogicalError, error.to_string()))
}

fn tuples<'a>(
    values: &[Value],
    types: impl Iterator<Item = &'a ChType>,
    physical: &DataType,
) -> SqlResult<ArrayRef> {
    let DataType::Struct(fields) = physical else {
        return Ok(new_null_array(physical, values.len()));
    };
    let mut columns = Vec::new();
    for (position, ty) in types.enumerate() {
        let column: Vec<Value> = values
            .iter()
            .map(|value| {
                if let Value::Tuple(items) = value {
                    items.get(position).cloned().unwrap_or(Value::Null)
                } else {
                    Value::Null
                }
            })
            .collect();
        columns.push(to_array(&column, ty)?);
    }
    let mut valid = BooleanBuilder::with_capacity(values.len());
    values.iter().for_each(|value| valid.append_value(!value.is_null()));
    let nulls = NullBuffer::new(valid.finish().values().clone());
    StructArray::try_new_with_length(
        fields.clone(),
        columns,
        (nulls.null_count() > 0).then_some(nulls),
        values.len(),
    )
    .map(|array| Arc::new(array) as ArrayRef)
    .map_err(|error| SqlError::new(ChCode::LogicalError, error.to_string()))
}
