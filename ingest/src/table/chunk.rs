//! Rows as Arrow arrays.

use arrow::{
    array::{ArrayRef, RecordBatch, StringViewBuilder, TimestampMillisecondArray, UInt64Array},
    buffer::BooleanBuffer,
    datatypes::{Field, Schema},
};
use rekor_core::{
    Error, Result,
    row::{Edge, Row, column},
    view::{Chunk, SubColumnCache},
};
use std::sync::Arc;

/// The Arrow arrays of some rows, live and deleted alike.
#[derive(Debug)]
pub(super) struct ChunkData {
    system: RecordBatch,
    deleted: BooleanBuffer,
    cache: Arc<SubColumnCache>,
}

impl ChunkData {
    pub(super) fn new<'a>(rows: impl Iterator<Item = &'a Arc<Row>>) -> Result<Self> {
        let rows: Vec<&Row> = rows.map(|row| &**row).collect();
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
        let fields: Vec<Field> = columns
            .iter()
            .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
            .collect();
        let system = RecordBatch::try_new(
            Arc::new(Schema::new(fields)),
            columns.into_iter().map(|(_, array)| array).collect(),
        )
        .map_err(|error| Error::internal(error.to_string()))?;
        Ok(Self {
            system,
            deleted: rows.iter().map(|row| row.deleted).collect(),
            cache: Arc::default(),
        })
    }

    /// The first `row_count` rows that are live (or deleted) and not in `dead`; `dead` holds table positions, `start` is the
    /// chunk's first one. `None` if there are none.
    pub(super) fn visible(
        &self,
        row_count: usize,
        dead: &[u32],
        start: usize,
        deleted: bool,
    ) -> Option<Arc<Chunk>> {
        let mut visible: Vec<bool> =
            self.deleted.iter().enumerate().map(|(i, is)| is == deleted && i < row_count).collect();
        for &row in dead {
            if let Some(slot) = visible.get_mut(row as usize - start) {
                *slot = false;
            }
        }
        let count = visible.iter().filter(|&&v| v).count();
        let all = count == visible.len();
        (count > 0).then(|| {
            Arc::new(Chunk {
                system: self.system.clone(),
                visible: (!all).then(|| BooleanBuffer::from(visible)),
                cache: Arc::clone(&self.cache),
            })
        })
    }
}
