//! Rows as Arrow arrays, and back: the system columns that memory and data files share.

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringViewBuilder,
        TimestampMillisecondArray, UInt64Array,
    },
    datatypes::{Field, Schema, TimestampMillisecondType, UInt64Type},
};
use bytes::Bytes;
use rekor_core::{
    Error, Result, Timestamp,
    id::TableId,
    row::{Edge, Row, column},
};
use std::sync::Arc;

/// The system columns of rows, without `_doc`.
const HEAD: [&str; 15] = [
    column::ID,
    column::EXTERNAL_ID,
    column::EXTERNAL_SOURCE,
    column::VERSION,
    column::SEQ,
    column::CREATED_AT,
    column::UPDATED_AT,
    column::CANCELLED,
    column::REL_TYPE,
    column::SOURCE_COLLECTION,
    column::SOURCE_TABLE,
    column::SOURCE_ID,
    column::TARGET_COLLECTION,
    column::TARGET_TABLE,
    column::TARGET_ID,
];

/// The columns that make a [`Row`]; those of relationships are not in every file.
pub(crate) fn row_columns(with_doc: bool) -> Vec<&'static str> {
    HEAD.into_iter().chain(with_doc.then_some(column::DOC)).collect()
}

/// The system columns of rows, `_doc` last.
pub(crate) fn system_batch(rows: &[&Row]) -> Result<RecordBatch> {
    let text = |value: &dyn Fn(&Row) -> Option<&str>| -> ArrayRef {
        let mut builder = StringViewBuilder::with_capacity(rows.len());
        rows.iter().for_each(|row| builder.append_option(value(row)));
        Arc::new(builder.finish())
    };
    let number = |value: &dyn Fn(&Row) -> u64| -> ArrayRef {
        Arc::new(UInt64Array::from_iter_values(rows.iter().map(|row| value(row))))
    };
    let time = |value: &dyn Fn(&Row) -> i64| -> ArrayRef {
        Arc::new(
            TimestampMillisecondArray::from_iter_values(rows.iter().map(|row| value(row)))
                .with_timezone("UTC"),
        )
    };
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        (column::ID, text(&|row| Some(&row.id))),
        (column::EXTERNAL_ID, text(&|row| row.external_id.as_deref())),
        (column::EXTERNAL_SOURCE, text(&|row| row.external_source.as_deref())),
        (column::VERSION, number(&|row| row.version)),
        (column::SEQ, number(&|row| row.seq)),
        (column::CREATED_AT, time(&|row| row.created_at.0)),
        (column::UPDATED_AT, time(&|row| row.updated_at.0)),
        (
            column::CANCELLED,
            Arc::new(BooleanArray::from_iter(rows.iter().map(|row| Some(row.cancelled)))),
        ),
    ];
    if rows.iter().any(|row| row.edge.is_some()) {
        let edge = |value: &dyn Fn(&Edge) -> &str| text(&|row| row.edge.as_deref().map(value));
        let table =
            |value: &dyn Fn(&Edge) -> u64| number(&|row| row.edge.as_deref().map_or(0, value));
        columns.extend([
            (column::REL_TYPE, edge(&|e| &e.rel_type)),
            (column::SOURCE_COLLECTION, edge(&|e| &e.source_collection)),
            (column::SOURCE_TABLE, table(&|e| e.source_table.0)),
            (column::SOURCE_ID, edge(&|e| &e.source_id)),
            (column::TARGET_COLLECTION, edge(&|e| &e.target_collection)),
            (column::TARGET_TABLE, table(&|e| e.target_table.0)),
            (column::TARGET_ID, edge(&|e| &e.target_id)),
        ]);
    }
    columns.push((column::DOC, text(&|row| std::str::from_utf8(&row.doc).ok())));
    named_batch(columns)
}

/// A batch of nullable columns.
pub(crate) fn named_batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch> {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    RecordBatch::try_new(
        Arc::new(Schema::new(fields)),
        columns.into_iter().map(|(_, array)| array).collect(),
    )
    .map_err(|error| Error::internal(error.to_string()))
}

/// The rows of a batch that [`system_batch`] made; without `_doc` their documents are empty.
///
/// # Errors
/// `Corrupt` if a column is missing or of another type.
pub(crate) fn rows_of(batch: &RecordBatch, deleted: bool) -> Result<Vec<Row>> {
    let columns = Columns(batch);
    (0..batch.num_rows()).map(|row| columns.row(row, deleted)).collect()
}

struct Columns<'a>(&'a RecordBatch);

impl Columns<'_> {
    fn text(&self, name: &str, row: usize) -> Option<&str> {
        let texts = self.0.column_by_name(name)?.as_string_view_opt()?;
        texts.is_valid(row).then(|| texts.value(row))
    }

    fn number(&self, name: &str, row: usize) -> Option<u64> {
        let numbers = self.0.column_by_name(name)?.as_primitive_opt::<UInt64Type>()?;
        numbers.is_valid(row).then(|| numbers.value(row))
    }

    fn time(&self, name: &str, row: usize) -> Option<Timestamp> {
        let times = self.0.column_by_name(name)?.as_primitive_opt::<TimestampMillisecondType>()?;
        times.is_valid(row).then(|| Timestamp(times.value(row)))
    }

    fn flag(&self, name: &str, row: usize) -> Option<bool> {
        let flags = self.0.column_by_name(name)?.as_boolean_opt()?;
        flags.is_valid(row).then(|| flags.value(row))
    }

    fn row(&self, row: usize, deleted: bool) -> Result<Row> {
        let read = || {
            Some(Row {
                id: self.text(column::ID, row)?.into(),
                external_id: self.text(column::EXTERNAL_ID, row).map(Into::into),
                external_source: self.text(column::EXTERNAL_SOURCE, row).map(Into::into),
                version: self.number(column::VERSION, row)?,
                seq: self.number(column::SEQ, row)?,
                created_at: self.time(column::CREATED_AT, row)?,
                updated_at: self.time(column::UPDATED_AT, row)?,
                deleted,
                cancelled: self.flag(column::CANCELLED, row)?,
                doc: self
                    .text(column::DOC, row)
                    .map_or_else(Bytes::new, |doc| Bytes::copy_from_slice(doc.as_bytes())),
                edge: self.edge(row).map(Box::new),
            })
        };
        read().ok_or_else(|| Error::corrupt("A row of a data file lacks a system column."))
    }

    fn edge(&self, row: usize) -> Option<Edge> {
        let text = |name: &str| self.text(name, row).map(Into::into);
        let table = |name: &str| self.number(name, row).map(TableId);
        Some(Edge {
            rel_type: text(column::REL_TYPE)?,
            source_collection: text(column::SOURCE_COLLECTION)?,
            source_table: table(column::SOURCE_TABLE)?,
            source_id: text(column::SOURCE_ID)?,
            target_collection: text(column::TARGET_COLLECTION)?,
            target_table: table(column::TARGET_TABLE)?,
            target_id: text(column::TARGET_ID)?,
        })
    }
}
