//! One schema for files whose documents have different paths.

use crate::file::TableFile;
use arrow::{
    array::{ArrayRef, AsArray, ListArray, RecordBatch, UInt64Array, new_null_array},
    buffer::OffsetBuffer,
    datatypes::{DataType, Field, FieldRef, Schema, SchemaRef, UInt64Type},
};
use rekor_core::{Error, Result, data_file::is_at_or_below, limits, row::column, store::Store};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The columns of a merged file.
#[derive(Debug)]
pub(super) struct Unified {
    schema: SchemaRef,
    overflow_paths: Vec<String>,
    untyped_array_paths: Vec<String>,
}

/// The document path of a typed column, `None` for a system column.
fn path_of(name: &str) -> Option<&str> {
    let path = name.strip_prefix("data.")?;
    let special = [".#len", ".#kind"].into_iter().find_map(|suffix| path.strip_suffix(suffix));
    special.or_else(|| path.rsplit_once(".:").map(|(path, _)| path))
}

impl Unified {
    pub(super) async fn of(store: &Store, inputs: &[Arc<TableFile>]) -> Result<Self> {
        let mut system: Vec<FieldRef> = Vec::new();
        let mut typed: BTreeMap<String, FieldRef> = BTreeMap::new();
        let mut overflow: BTreeSet<String> = BTreeSet::new();
        let mut untyped: BTreeSet<String> = BTreeSet::new();
        for file in inputs {
            overflow.extend(file.file.overflow_paths.iter().cloned());
            untyped.extend(file.file.untyped_array_paths.iter().cloned());
            for field in file.open(store).await?.schema().fields() {
                if path_of(field.name()).is_some() {
                    typed.insert(field.name().clone(), Arc::clone(field));
                } else if !system.iter().any(|known| known.name() == field.name()) {
                    system.push(Arc::clone(field));
                }
            }
        }
        // An array without a type belongs to every array type; a file without the column cannot say so in the new one.
        for file in inputs {
            let columns = file.open(store).await?.schema();
            for path in &file.file.untyped_array_paths {
                let prefix = format!("data.{path}.:Array(");
                let mut arrays = typed.keys().filter(|name| name.starts_with(&prefix));
                if arrays.any(|name| columns.index_of(name).is_err()) {
                    overflow.insert(path.clone());
                }
            }
        }
        let over_cap: Vec<String> = typed
            .keys()
            .skip(limits::LEAF_COLUMNS_MAX)
            .filter_map(|name| path_of(name).map(str::to_owned))
            .collect();
        overflow.extend(over_cap);
        let is_overflow = |path: &str| overflow.iter().any(|above| is_at_or_below(path, above));
        typed.retain(|name, _| path_of(name).is_none_or(|path| !is_overflow(path)));
        untyped.retain(|path| !is_overflow(path));
        let (mut fields, doc): (Vec<_>, Vec<_>) =
            system.into_iter().partition(|field| field.name() != column::DOC);
        fields.extend(typed.into_values());
        fields.extend(doc);
        Ok(Self {
            schema: Arc::new(Schema::new(fields)),
            overflow_paths: overflow.into_iter().collect(),
            untyped_array_paths: untyped.into_iter().collect(),
        })
    }

    pub(super) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(super) fn overflow_paths(&self) -> &[String] {
        &self.overflow_paths
    }

    pub(super) fn untyped_array_paths(&self) -> &[String] {
        &self.untyped_array_paths
    }

    /// A batch of an input with the columns of the merged file.
    pub(super) fn conform(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let columns =
            self.schema.fields().iter().map(|field| match batch.column_by_name(field.name()) {
                Some(values) => Ok(Arc::clone(values)),
                None => missing(field, batch),
            });
        let columns: Vec<ArrayRef> = columns.collect::<Result<_>>()?;
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(|error| Error::internal(error.to_string()))
    }
}

/// What a column holds in a file that does not have it.
fn missing(field: &Field, batch: &RecordBatch) -> Result<ArrayRef> {
    let name = field.name();
    let row_count = batch.num_rows();
    if name.ends_with(".#len") {
        return Ok(Arc::new(UInt64Array::from_value(0, row_count)));
    }
    let elements = path_of(name).and_then(|path| path.split_once("[]"));
    let (Some((above, _)), DataType::List(item)) = (elements, field.data_type()) else {
        return Ok(new_null_array(field.data_type(), row_count));
    };
    // One NULL per element of the array of objects that the path goes through.
    let lengths = batch.column_by_name(&format!("data.{above}.#len"));
    let lengths: Vec<usize> = match lengths.and_then(|l| l.as_primitive_opt::<UInt64Type>()) {
        Some(lengths) => {
            lengths.values().iter().map(|&n| usize::try_from(n).unwrap_or(0)).collect()
        }
        None => vec![0; row_count],
    };
    let values = new_null_array(item.data_type(), lengths.iter().sum());
    ListArray::try_new(Arc::clone(item), OffsetBuffer::from_lengths(lengths), values, None)
        .map(|list| Arc::new(list) as ArrayRef)
        .map_err(|error| Error::internal(error.to_string()))
}
