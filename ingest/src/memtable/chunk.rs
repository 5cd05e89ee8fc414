//! Rows as Arrow arrays.

use crate::batch::system_batch;
use arrow::{array::RecordBatch, buffer::BooleanBuffer};
use rekor_core::{
    Result,
    row::Row,
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
        let system = system_batch(&rows)?;
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
