//! The k-way merge of sorted files.

use super::unify::Unified;
use crate::file::TableFile;
use arrow::{
    array::RecordBatch,
    compute::{concat_batches, interleave_record_batch},
    row::Rows,
};
use futures::{Stream, StreamExt, TryStreamExt};
use rekor_core::{
    Error, Result,
    columnar::{ClusterKey, sort_by_cluster_key},
    store::Store,
};
use roaring::RoaringBitmap;
use std::{pin::Pin, sync::Arc};

/// Rows read from an input, and given to the writer, at once.
const BATCH_ROWS: usize = 4_096;

type Batches = Pin<Box<dyn Stream<Item = Result<RecordBatch>> + Send>>;

/// An input, at one of its rows.
struct Cursor {
    batches: Batches,
    dead: Arc<RoaringBitmap>,
    /// For a file that was in another order and is sorted here: where its rows come from.
    order: Option<Vec<u32>>,
    /// Number in the merge's list of the current batch.
    batch: usize,
    keys: Option<Rows>,
    row: usize,
    /// Position in the file of the current batch's first row.
    start: u32,
    row_count: usize,
    /// Position in the file of the current row.
    position: u32,
}

/// All rows of a file, in the key's order, and where they come from.
async fn sort_whole(
    batches: Batches,
    unified: &Unified,
    key: &ClusterKey,
) -> Result<(RecordBatch, Vec<u32>)> {
    let batches: Vec<RecordBatch> = batches.try_collect().await?;
    let batches: Vec<RecordBatch> =
        batches.iter().map(|batch| unified.conform(batch)).collect::<Result<_>>()?;
    let whole = concat_batches(unified.schema(), &batches)
        .map_err(|error| Error::internal(error.to_string()))?;
    sort_by_cluster_key(&whole, key)
}

/// Merges live rows of files in the order of the key.
pub(super) struct Merge<'a> {
    unified: &'a Unified,
    key: &'a ClusterKey,
    cursors: Vec<Cursor>,
    /// The batches that the rows of the next output come from.
    held: Vec<RecordBatch>,
}

impl<'a> Merge<'a> {
    pub(super) async fn new(
        store: &Store,
        inputs: &[Arc<TableFile>],
        dead: &[Arc<RoaringBitmap>],
        unified: &'a Unified,
        key: &'a ClusterKey,
    ) -> Result<Self> {
        let mut merge = Self { unified, key, cursors: Vec::new(), held: Vec::new() };
        for (file, dead) in inputs.iter().zip(dead) {
            let open = file.open(store).await?;
            let has = |name: &str| open.schema().index_of(name).is_ok();
            let mut batches: Batches = Box::pin(open.batches(BATCH_ROWS));
            let mut order = None;
            if !key.is_order_of(&file.file.sorted_by, has) {
                // The cluster key changed since the file was written.
                let (sorted, from) = sort_whole(batches, unified, key).await?;
                order = Some(from);
                batches = Box::pin(futures::stream::iter([Ok(sorted)]));
            }
            merge.cursors.push(Cursor {
                batches,
                order,
                dead: Arc::clone(dead),
                batch: 0,
                keys: None,
                row: 0,
                start: 0,
                row_count: 0,
                position: 0,
            });
        }
        for index in 0..merge.cursors.len() {
            merge.settle(index).await?;
        }
        Ok(merge)
    }

    /// Moves a cursor to its next live row, from where it is.
    async fn settle(&mut self, index: usize) -> Result<()> {
        let Some(cursor) = self.cursors.get_mut(index) else { return Ok(()) };
        loop {
            while cursor.row < cursor.row_count {
                let at = cursor.start + u32::try_from(cursor.row).unwrap_or(u32::MAX);
                let from = cursor.order.as_ref().and_then(|order| order.get(at as usize));
                cursor.position = from.copied().unwrap_or(at);
                if !cursor.dead.contains(cursor.position) {
                    return Ok(());
                }
                cursor.row += 1;
            }
            cursor.start += u32::try_from(cursor.row_count).unwrap_or(u32::MAX);
            cursor.keys = None;
            let Some(batch) = cursor.batches.next().await else {
                cursor.row_count = 0;
                return Ok(());
            };
            let batch = self.unified.conform(&batch?)?;
            cursor.keys = Some(self.key.rows(&batch)?);
            cursor.row_count = batch.num_rows();
            cursor.row = 0;
            cursor.batch = self.held.len();
            self.held.push(batch);
        }
    }

    /// The next rows in order, each with its input and position there; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<(RecordBatch, Vec<(usize, u32)>)>> {
        let mut picks: Vec<(usize, usize)> = Vec::with_capacity(BATCH_ROWS);
        let mut origins = Vec::with_capacity(BATCH_ROWS);
        while picks.len() < BATCH_ROWS {
            let smallest = self
                .cursors
                .iter()
                .enumerate()
                .filter_map(|(i, cursor)| Some((i, cursor.keys.as_ref()?.row(cursor.row))))
                .min_by(|a, b| a.1.cmp(&b.1))
                .map(|(i, _)| i);
            let Some((index, cursor)) =
                smallest.and_then(|i| self.cursors.get_mut(i).map(|cursor| (i, cursor)))
            else {
                break;
            };
            picks.push((cursor.batch, cursor.row));
            origins.push((index, cursor.position));
            cursor.row += 1;
            self.settle(index).await?;
        }
        if picks.is_empty() {
            return Ok(None);
        }
        let batches: Vec<&RecordBatch> = self.held.iter().collect();
        let merged = interleave_record_batch(&batches, &picks)
            .map_err(|error| Error::internal(error.to_string()))?;
        self.release();
        Ok(Some((merged, origins)))
    }

    /// Keeps only the batches that cursors are in.
    fn release(&mut self) {
        let mut kept = Vec::new();
        for cursor in self.cursors.iter_mut().filter(|cursor| cursor.keys.is_some()) {
            if let Some(batch) = self.held.get(cursor.batch) {
                kept.push(batch.clone());
                cursor.batch = kept.len() - 1;
            }
        }
        self.held = kept;
    }
}
