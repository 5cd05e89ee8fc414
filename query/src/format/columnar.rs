//! Arrow and Parquet: the columns of an answer in types that other programs read.

use super::Format;
use crate::{
    engine::{QueryResult, ResultColumn},
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::{Value, bytes_of, from_array, printable, printed},
};
use arrow::{
    array::{
        Array, ArrayRef, AsArray, FixedSizeBinaryBuilder, ListArray, MapArray, RecordBatch,
        RecordBatchOptions, StringBuilder, StructArray, make_array,
    },
    buffer::NullBuffer,
    compute::cast,
    datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit},
    ipc::writer::{FileWriter, StreamWriter},
};
use std::sync::Arc;

/// The answer as an Arrow file, an Arrow stream or a Parquet file.
pub(super) fn encode(result: &QueryResult, format: Format) -> SqlResult<Vec<u8>> {
    let has_nulls = |at: usize| {
        let in_batch = |batch: &RecordBatch| {
            batch.columns().get(at).is_some_and(|array| array.logical_null_count() > 0)
        };
        result.batches.iter().any(in_batch)
    };
    let schema = schema(&result.columns, format, has_nulls);
    let batches = result.batches.iter().map(|batch| converted(batch, &result.columns, &schema));
    let batches: Vec<RecordBatch> = batches.collect::<SqlResult<_>>()?;
    match format {
        Format::Parquet => rekor_core::columnar::encode_rows(&schema, &batches)
            .map_err(|error| SqlError::new(ChCode::LogicalError, error.message)),
        Format::ArrowStream => stream(&schema, &batches).map_err(failed),
        _ => file(&schema, &batches).map_err(failed),
    }
}

/// The columns of an answer in types that other programs know.
pub(super) fn schema(
    columns: &[ResultColumn],
    format: Format,
    has_nulls: impl Fn(usize) -> bool,
) -> SchemaRef {
    let fields = columns.iter().enumerate().map(|(at, column)| {
        let nullable = column.ty.is_nullable() || has_nulls(at);
        Field::new(&column.name, portable_type(&column.ty, format), nullable)
    });
    Arc::new(Schema::new(fields.collect::<Fields>()))
}

/// Rows in the types of [`schema`].
pub(super) fn converted(
    batch: &RecordBatch,
    columns: &[ResultColumn],
    schema: &SchemaRef,
) -> SqlResult<RecordBatch> {
    let arrays = batch.columns().iter().zip(columns).zip(schema.fields());
    let arrays = arrays
        .map(|((array, column), field)| portable(array, &column.ty, field.data_type()))
        .collect::<SqlResult<_>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options).map_err(failed)
}

pub(super) fn failed(error: arrow::error::ArrowError) -> SqlError {
    SqlError::new(ChCode::LogicalError, error.to_string())
}

fn stream(schema: &Schema, batches: &[RecordBatch]) -> arrow::error::Result<Vec<u8>> {
    let mut writer = StreamWriter::try_new(Vec::new(), schema)?;
    batches.iter().try_for_each(|batch| writer.write(batch))?;
    writer.into_inner()
}

fn file(schema: &Schema, batches: &[RecordBatch]) -> arrow::error::Result<Vec<u8>> {
    let mut writer = FileWriter::try_new(Vec::new(), schema)?;
    batches.iter().try_for_each(|batch| writer.write(batch))?;
    writer.into_inner()
}

/// The Arrow type by which other programs know a type. What has none (JSON, Dynamic, UUID, enums) is text.
fn portable_type(ty: &ChType, format: Format) -> DataType {
    let item =
        |ty: &ChType| Arc::new(Field::new("item", portable_type(ty, format), ty.is_nullable()));
    match ty {
        ChType::Nullable(inner) => portable_type(inner, format),
        ChType::String | ChType::Uuid | ChType::Enum(..) => DataType::Utf8,
        ChType::Json | ChType::Dynamic | ChType::Variant(_) => DataType::Utf8,
        ChType::FixedString(size) => {
            i32::try_from(*size).map_or(DataType::Utf8, DataType::FixedSizeBinary)
        }
        ChType::DateTime(zone) => DataType::Timestamp(
            // Parquet has no seconds.
            if format == Format::Parquet { TimeUnit::Millisecond } else { TimeUnit::Second },
            Some(zone.as_deref().unwrap_or("UTC").into()),
        ),
        ChType::DateTime64(scale, zone) => {
            let unit = match crate::types::time_unit(*scale) {
                TimeUnit::Second if format == Format::Parquet => TimeUnit::Millisecond,
                unit => unit,
            };
            DataType::Timestamp(unit, Some(zone.as_deref().unwrap_or("UTC").into()))
        }
        ChType::Array(element) => DataType::List(item(element)),
        ChType::Tuple(fields) => DataType::Struct(
            fields
                .iter()
                .enumerate()
                .map(|(at, (name, ty))| {
                    let name = name.clone().unwrap_or_else(|| (at + 1).to_string());
                    Field::new(name, portable_type(ty, format), ty.is_nullable())
                })
                .collect(),
        ),
        ChType::Map(key, value) => {
            let fields = vec![
                Field::new("key", portable_type(key, format), false),
                Field::new("value", portable_type(value, format), value.is_nullable()),
            ];
            let entries = Field::new("entries", DataType::Struct(fields.into()), false);
            DataType::Map(Arc::new(entries), false)
        }
        other => other.arrow(),
    }
}

/// An array in its portable type.
fn portable(array: &ArrayRef, ty: &ChType, wanted: &DataType) -> SqlResult<ArrayRef> {
    match (ty, wanted) {
        (ChType::Nullable(inner), _) => portable(array, inner, wanted),
        (_, DataType::Utf8) => text(array, ty),
        (_, DataType::FixedSizeBinary(size)) => fixed(array, ty, *size),
        (ChType::Array(item), DataType::List(field)) => {
            let lists = cast(array, &ty.arrow()).map_err(failed)?;
            let lists = lists.as_list::<i32>();
            let values = portable(lists.values(), item, field.data_type())?;
            let field = with_nulls(field, &values);
            let offsets = lists.offsets().clone();
            let list = ListArray::try_new(field, offsets, values, lists.nulls().cloned());
            as_declared(Arc::new(list.map_err(failed)?), wanted)
        }
        (ChType::Tuple(types), DataType::Struct(fields)) => {
            let types = types.iter().map(|(_, ty)| ty);
            Ok(Arc::new(structure(array.as_struct(), types, fields)?))
        }
        (ChType::Map(key, value), DataType::Map(entries, _)) => {
            let lists = array.as_list::<i32>();
            let DataType::Struct(fields) = entries.data_type() else {
                return Err(SqlError::new(ChCode::LogicalError, "a map without entries"));
            };
            let types = [&**key, &**value].into_iter();
            let pairs = structure(lists.values().as_struct(), types, fields)?;
            let (offsets, nulls) = (lists.offsets().clone(), lists.nulls().cloned());
            let map = MapArray::try_new(Arc::clone(entries), offsets, pairs, nulls, false);
            Ok(Arc::new(map.map_err(failed)?))
        }
        (_, DataType::Timestamp(unit, Some(_))) => {
            // Instants are UTC already: a cast would take them for what clocks of the zone show.
            let instants = cast(array, &DataType::Timestamp(*unit, None)).map_err(failed)?;
            let data = instants.to_data().into_builder().data_type(wanted.clone());
            data.build().map(make_array).map_err(failed)
        }
        _ => {
            let plain = cast(array, &ty.arrow()).map_err(failed)?;
            cast(&plain, wanted).map_err(failed)
        }
    }
}

/// A field that allows the NULLs of its values.
fn with_nulls(field: &FieldRef, values: &ArrayRef) -> FieldRef {
    let nullable = field.is_nullable() || values.logical_null_count() > 0;
    Arc::new(field.as_ref().clone().with_nullable(nullable))
}

fn as_declared(array: ArrayRef, wanted: &DataType) -> SqlResult<ArrayRef> {
    if array.data_type() == wanted { Ok(array) } else { cast(&array, wanted).map_err(failed) }
}

fn structure<'a>(
    array: &StructArray,
    types: impl Iterator<Item = &'a ChType>,
    fields: &Fields,
) -> SqlResult<StructArray> {
    let columns = array.columns().iter().zip(types).zip(fields);
    let columns = columns
        .map(|((column, ty), field)| portable(column, ty, field.data_type()))
        .collect::<SqlResult<Vec<_>>>()?;
    let nulls: Option<NullBuffer> = array.nulls().cloned();
    StructArray::try_new_with_length(fields.clone(), columns, nulls, array.len()).map_err(failed)
}

fn text(array: &ArrayRef, ty: &ChType) -> SqlResult<ArrayRef> {
    let mut builder = StringBuilder::new();
    for value in from_array(array, ty)? {
        match printable(value, ty) {
            Value::Null => builder.append_null(),
            value => builder.append_value(printed(&super::text::plain(&value))),
        }
    }
    Ok(Arc::new(builder.finish()))
}

fn fixed(array: &ArrayRef, ty: &ChType, size: i32) -> SqlResult<ArrayRef> {
    let mut builder = FixedSizeBinaryBuilder::new(size);
    for value in from_array(array, ty)? {
        match value.as_str() {
            Some(text) => {
                let mut bytes = bytes_of(text).into_owned();
                bytes.resize(usize::try_from(size).unwrap_or_default(), 0);
                builder.append_value(bytes).map_err(failed)?;
            }
            None => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}
