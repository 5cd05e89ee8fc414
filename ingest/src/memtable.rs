//! Rows of one table in memory: append-only, indexed by id, external id, edge and endpoint, readable at any sequence
//! number. Every write marks the one earlier version of its row dead, so a reader sees each row once without comparing.

mod chunk;

use chunk::ChunkData;
use rekor_core::{
    Result,
    id::TableId,
    key::Key,
    row::Row,
    view::{Chunk, Unflushed},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard},
};

/// Rows of one chunk of Arrow arrays.
const CHUNK_ROWS: usize = 4_096;

/// A table's rows in memory. One writer (the sequencer), many readers.
#[derive(Debug, Default)]
pub(crate) struct Memtable {
    inner: RwLock<Inner>,
    /// Arrow arrays of the rows of the last, unfinished chunk, for the row count they were made for.
    tail: Mutex<Option<(usize, Arc<ChunkData>)>>,
}

#[derive(Debug, Default)]
struct Inner {
    rows: Vec<Stored>,
    /// Positions of rows that a later write replaced, with the sequence number of that write, ascending.
    dead: Vec<(u32, u64)>,
    by_id: HashMap<Key, u32>,
    by_external: HashMap<Key, u32>,
    by_edge: HashMap<Key, u32>,
    by_endpoint: HashMap<Key, Vec<u32>>,
    /// Arrow arrays of finished chunks, made on first use.
    chunks: Vec<Arc<OnceLock<Arc<ChunkData>>>>,
    bytes: usize,
}

#[derive(Debug)]
struct Stored {
    row: Arc<Row>,
    /// The version of the same row before this one, if it is in this memtable.
    previous: Option<u32>,
    /// Sequence number of the write that replaced the row.
    dead_by: u64,
}

/// Sequence number of a write that did not happen.
const NEVER: u64 = u64::MAX;

impl Memtable {
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of documents and their surroundings.
    pub(crate) fn bytes(&self) -> usize {
        self.read().bytes
    }

    /// Rows kept, dead ones included.
    pub(crate) fn row_count(&self) -> usize {
        self.read().rows.len()
    }

    /// Appends the newest version of a row; answers whether the one before it is here too.
    pub(crate) fn append(&self, row: Arc<Row>) -> bool {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let position = u32::try_from(inner.rows.len()).unwrap_or(u32::MAX);
        let previous = inner.by_id.insert(Key::of_id(&row.id), position);
        if let Some(previous) = previous {
            inner.kill(previous, row.seq);
            inner.forget_external(previous);
        }
        if let Some(external_id) = &row.external_id {
            let key = Key::of_external(row.external_source.as_deref().unwrap_or(""), external_id);
            inner.by_external.insert(key, position);
        }
        if let Some(edge) = &row.edge {
            let (source, target) =
                ((edge.source_table, &*edge.source_id), (edge.target_table, &*edge.target_id));
            inner.by_edge.insert(Key::of_edge(&edge.rel_type, source, target), position);
            if previous.is_none_or(|p| {
                inner.rows.get(p as usize).is_none_or(|old| old.row.edge != row.edge)
            }) {
                inner
                    .by_endpoint
                    .entry(Key::of_endpoint(source.0, source.1))
                    .or_default()
                    .push(position);
                if source != target {
                    inner
                        .by_endpoint
                        .entry(Key::of_endpoint(target.0, target.1))
                        .or_default()
                        .push(position);
                }
            }
        }
        inner.bytes += row_bytes(&row);
        inner.rows.push(Stored { row, previous, dead_by: NEVER });
        if inner.rows.len().is_multiple_of(CHUNK_ROWS) {
            inner.chunks.push(Arc::default());
        }
        previous.is_some()
    }

    /// Marks the newest version of a row here dead, because a newer one was written elsewhere; answers whether there was
    /// one.
    pub(crate) fn kill(&self, id: &str, seq: u64) -> bool {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let Some(&position) = inner.by_id.get(&Key::of_id(id)) else { return false };
        inner.kill(position, seq);
        true
    }

    /// The rows that are live or tombstones at `seq`, with their positions.
    pub(crate) fn rows_at(&self, seq: u64) -> Vec<(u32, Arc<Row>)> {
        let inner = self.read();
        let count = inner.rows.partition_point(|stored| stored.row.seq <= seq);
        let visible = inner.rows.iter().take(count).zip(0..).filter(|(s, _)| s.dead_by > seq);
        visible.map(|(stored, position)| (position, Arc::clone(&stored.row))).collect()
    }

    /// Id of the row at a position.
    pub(crate) fn id_at(&self, position: u32) -> Option<Box<str>> {
        self.read().rows.get(position as usize).map(|stored| stored.row.id.clone())
    }

    /// Sequence number of the newest row; 0 if there is none.
    pub(crate) fn last_seq(&self) -> u64 {
        self.read().rows.last().map_or(0, |stored| stored.row.seq)
    }

    /// The rows that died after `seq`: position, and sequence number of the write that replaced each.
    pub(crate) fn dead_after(&self, seq: u64) -> Vec<(u32, u64)> {
        let inner = self.read();
        let first = inner.dead.partition_point(|(_, by)| *by <= seq);
        inner.dead.get(first..).unwrap_or_default().to_vec()
    }

    /// The version of a row visible at `seq`.
    pub(crate) fn at(&self, id: &str, seq: u64) -> Option<Arc<Row>> {
        let inner = self.read();
        let position = *inner.by_id.get(&Key::of_id(id))?;
        inner.visible(position, seq).filter(|row| &*row.id == id).cloned()
    }

    /// The row that holds an external key at `seq`.
    pub(crate) fn by_external(
        &self,
        source: &str,
        external_id: &str,
        seq: u64,
    ) -> Option<Arc<Row>> {
        let inner = self.read();
        let position = *inner.by_external.get(&Key::of_external(source, external_id))?;
        let row = inner.visible_alive(position, seq)?;
        let same = row.external_id.as_deref() == Some(external_id)
            && row.external_source.as_deref().unwrap_or("") == source;
        same.then(|| Arc::clone(row))
    }

    /// The relationship of a type between two ends at `seq`.
    pub(crate) fn by_edge(
        &self,
        rel_type: &str,
        source: (TableId, &str),
        target: (TableId, &str),
        seq: u64,
    ) -> Option<Arc<Row>> {
        let inner = self.read();
        let position = *inner.by_edge.get(&Key::of_edge(rel_type, source, target))?;
        inner.visible_alive(position, seq).cloned()
    }

    /// Live relationships at one end at `seq`, oldest first.
    pub(crate) fn by_endpoint(&self, table: TableId, id: &str, seq: u64) -> Vec<Arc<Row>> {
        let inner = self.read();
        let positions = inner.by_endpoint.get(&Key::of_endpoint(table, id));
        let mut rows: Vec<Arc<Row>> = Vec::new();
        for &position in positions.into_iter().flatten() {
            let Some(found) = inner.rows.get(position as usize) else { continue };
            let current = inner.by_id.get(&Key::of_id(&found.row.id));
            let Some(row) = current.and_then(|&p| inner.visible_alive(p, seq)) else { continue };
            let touches = row.edge.as_deref().is_some_and(|edge| {
                (edge.source_table == table && &*edge.source_id == id)
                    || (edge.target_table == table && &*edge.target_id == id)
            });
            if touches && !row.deleted && !rows.iter().any(|known| known.id == row.id) {
                rows.push(Arc::clone(row));
            }
        }
        rows
    }

    fn chunks_at(&self, seq: u64, deleted: bool) -> Result<Vec<Arc<Chunk>>> {
        let inner = self.read();
        let row_count = inner.rows.partition_point(|stored| stored.row.seq <= seq);
        let dead_count = inner.dead.partition_point(|(_, by)| *by <= seq);
        let mut dead: Vec<u32> = inner.dead.iter().take(dead_count).map(|(row, _)| *row).collect();
        dead.sort_unstable();
        let mut chunks = Vec::new();
        for start in (0..row_count).step_by(CHUNK_ROWS) {
            let data = self.chunk_data(&inner, start, row_count)?;
            let from = dead.partition_point(|&row| (row as usize) < start);
            let to = dead.partition_point(|&row| (row as usize) < start + CHUNK_ROWS);
            chunks.extend(data.visible(
                row_count - start,
                dead.get(from..to).unwrap_or_default(),
                start,
                deleted,
            ));
        }
        Ok(chunks)
    }

    fn chunk_data(&self, inner: &Inner, start: usize, row_count: usize) -> Result<Arc<ChunkData>> {
        let rows = |end: usize| {
            inner.rows.get(start..end).unwrap_or_default().iter().map(|stored| &stored.row)
        };
        if let Some(cell) = inner.chunks.get(start / CHUNK_ROWS) {
            if let Some(data) = cell.get() {
                return Ok(Arc::clone(data));
            }
            let data = Arc::new(ChunkData::new(rows(start + CHUNK_ROWS))?);
            return Ok(Arc::clone(cell.get_or_init(|| data)));
        }
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        match &*tail {
            Some((count, data)) if *count == row_count => Ok(Arc::clone(data)),
            _ => {
                let data = Arc::new(ChunkData::new(rows(row_count))?);
                *tail = Some((row_count, Arc::clone(&data)));
                Ok(data)
            }
        }
    }
}

impl Inner {
    fn visible(&self, position: u32, seq: u64) -> Option<&Arc<Row>> {
        let mut at = Some(position);
        while let Some(stored) = at.and_then(|p| self.rows.get(p as usize)) {
            if stored.row.seq <= seq {
                return Some(&stored.row);
            }
            at = stored.previous;
        }
        None
    }

    /// [`Self::visible`], unless a write elsewhere replaced the row by then.
    fn visible_alive(&self, position: u32, seq: u64) -> Option<&Arc<Row>> {
        let newest = self.rows.get(position as usize)?;
        if newest.dead_by <= seq { None } else { self.visible(position, seq) }
    }

    fn kill(&mut self, position: u32, seq: u64) {
        if let Some(stored) = self.rows.get_mut(position as usize).filter(|s| s.dead_by == NEVER) {
            stored.dead_by = seq;
            self.dead.push((position, seq));
        }
    }

    fn forget_external(&mut self, position: u32) {
        let Some(old) = self.rows.get(position as usize) else { return };
        if let Some(external_id) = &old.row.external_id {
            let key =
                Key::of_external(old.row.external_source.as_deref().unwrap_or(""), external_id);
            if self.by_external.get(&key) == Some(&position) {
                self.by_external.remove(&key);
            }
        }
    }
}

/// Memory that a row takes, about.
pub(crate) fn row_bytes(row: &Row) -> usize {
    row.doc.len() + row.id.len() + 160
}

/// A memtable at one sequence number.
#[derive(Clone, Debug)]
pub(crate) struct MemtableAt {
    pub(crate) memtable: Arc<Memtable>,
    pub(crate) seq: u64,
}

impl Unflushed for MemtableAt {
    fn chunks(&self, deleted: bool) -> Result<Vec<Arc<Chunk>>> {
        self.memtable.chunks_at(self.seq, deleted)
    }
}
