//! A consistent snapshot of a shard, as the storage engine publishes it and queries read it.
//!
//! A request takes one `Arc<Version>` before it resolves a name and uses only that: catalog, file lists, deletes and
//! un-flushed rows all belong to the same sequence number. Within it exactly one version of every row is visible.

use crate::{Result, catalog::Catalog, data_file::DataFile, id::TableId, subcolumn::SubColumn};
use arrow::{
    array::{ArrayRef, RecordBatch},
    buffer::BooleanBuffer,
};
use roaring::RoaringBitmap;
use std::{
    collections::HashMap,
    fmt::Debug,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

/// A consistent snapshot of all databases of a shard.
pub trait Version: Debug + Send + Sync {
    /// Highest sequence number that is visible.
    fn visible_seq(&self) -> u64;
    /// The names at that sequence number.
    fn catalog(&self) -> &Arc<Catalog>;
    /// The rows of a table; `None` if nothing was ever written to it.
    fn table(&self, table: TableId) -> Option<Arc<TableView>>;
}

/// The rows of one table in a snapshot.
#[derive(Clone, Debug, Default)]
pub struct TableView {
    /// Data files with the rows that are dead in them.
    pub files: Vec<FileView>,
    /// Rows not in data files yet, and small tables.
    pub unflushed: Vec<Arc<dyn Unflushed>>,
}

/// A data file in a snapshot.
#[derive(Clone, Debug)]
pub struct FileView {
    /// The file.
    pub file: Arc<DataFile>,
    /// Its dead rows.
    pub deletes: Arc<Deletes>,
    /// The snapshot's sequence number.
    pub seq: u64,
}

impl FileView {
    /// The rows that are not visible, by position in the file.
    pub fn dead_rows(&self) -> Arc<RoaringBitmap> {
        self.deletes.at(self.seq)
    }
}

/// The dead rows of a data file: those it was opened with, and those that died since, each with the sequence number of
/// the write that replaced it. One writer adds, readers ask at their own sequence number.
#[derive(Debug, Default)]
pub struct Deletes {
    base: Arc<RoaringBitmap>,
    overlay: RwLock<Overlay>,
}

#[derive(Debug, Default)]
struct Overlay {
    dead_by: HashMap<u32, u64>,
    last_seq: u64,
    /// Base and overlay in one, for a size of the overlay.
    merged: Option<(usize, Arc<RoaringBitmap>)>,
}

impl Deletes {
    /// Nothing died since `base`.
    pub fn new(base: RoaringBitmap) -> Self {
        Self { base: Arc::new(base), overlay: RwLock::default() }
    }

    /// Marks a row dead from `seq` on.
    pub fn kill(&self, row: u32, seq: u64) {
        let mut overlay = self.overlay.write().unwrap_or_else(PoisonError::into_inner);
        overlay.dead_by.entry(row).or_insert(seq);
        overlay.last_seq = overlay.last_seq.max(seq);
    }

    /// Whether a row is dead at `seq`.
    pub fn is_dead(&self, row: u32, seq: u64) -> bool {
        let overlay = self.overlay.read().unwrap_or_else(PoisonError::into_inner);
        self.base.contains(row) || overlay.dead_by.get(&row).is_some_and(|by| *by <= seq)
    }

    /// The dead rows at `seq`.
    pub fn at(&self, seq: u64) -> Arc<RoaringBitmap> {
        let overlay = self.overlay.read().unwrap_or_else(PoisonError::into_inner);
        let size = overlay.dead_by.len();
        if size == 0 {
            return Arc::clone(&self.base);
        }
        let whole = overlay.last_seq <= seq;
        if let Some((_, merged)) = overlay.merged.as_ref().filter(|(of, _)| whole && *of == size) {
            return Arc::clone(merged);
        }
        let mut rows = (*self.base).clone();
        rows.extend(overlay.dead_by.iter().filter(|(_, by)| **by <= seq).map(|(row, _)| *row));
        drop(overlay);
        let rows = Arc::new(rows);
        if whole {
            let mut overlay = self.overlay.write().unwrap_or_else(PoisonError::into_inner);
            overlay.merged = Some((size, Arc::clone(&rows)));
        }
        rows
    }

    /// The rows that died after `seq`, each with the sequence number of the write that replaced it.
    pub fn after(&self, seq: u64) -> Vec<(u32, u64)> {
        let overlay = self.overlay.read().unwrap_or_else(PoisonError::into_inner);
        overlay.dead_by.iter().filter(|(_, by)| **by > seq).map(|(row, by)| (*row, *by)).collect()
    }
}

/// Rows of a table that are in memory. The storage engine implements it; queries read it.
pub trait Unflushed: Debug + Send + Sync {
    /// The visible rows: live ones, or tombstones.
    ///
    /// # Errors
    /// Storage or corruption, when the rows of a small table are read on first use.
    fn chunks(&self, deleted: bool) -> Result<Vec<Arc<Chunk>>>;
}

/// A few thousand rows in memory: the system columns as Arrow arrays, and columns cut out of `_doc` when first asked for.
#[derive(Debug)]
pub struct Chunk {
    /// System columns of [`crate::row::column`], `_doc` among them.
    pub system: RecordBatch,
    /// Rows that are visible; `None` is all.
    pub visible: Option<BooleanBuffer>,
    /// Cut columns of these rows; shared by the snapshots that share the rows.
    pub cache: Arc<SubColumnCache>,
}

/// Columns cut out of the documents of a chunk, made once.
#[derive(Debug, Default)]
pub struct SubColumnCache(Mutex<HashMap<SubColumn, ArrayRef>>);

impl SubColumnCache {
    /// The cached column, if it was made before.
    pub fn get(&self, column: &SubColumn) -> Option<ArrayRef> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(column).cloned()
    }

    /// Keeps a column.
    pub fn put(&self, column: SubColumn, values: ArrayRef) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(column, values);
    }
}

impl Chunk {
    /// The JSON texts of the visible rows that were written after `seq`.
    pub fn documents_after(&self, seq: u64) -> impl Iterator<Item = &str> {
        use arrow::{array::AsArray, datatypes::UInt64Type};
        let column = |name| self.system.column_by_name(name);
        let seqs = column(crate::row::column::SEQ).and_then(|c| c.as_primitive_opt::<UInt64Type>());
        let docs = column(crate::row::column::DOC).and_then(|c| c.as_string_view_opt());
        let later = move |row: &usize| seqs.is_none_or(|seqs| seqs.value(*row) > seq);
        (0..self.system.num_rows())
            .filter(|row| self.visible.as_ref().is_none_or(|bits| bits.value(*row)))
            .filter(later)
            .filter_map(move |row| docs.map(|docs| docs.value(row)))
    }

    /// The JSON texts of the visible rows.
    pub fn documents(&self) -> impl Iterator<Item = &str> {
        use arrow::array::AsArray;
        let docs = self
            .system
            .column_by_name(crate::row::column::DOC)
            .and_then(|column| column.as_string_view_opt());
        let visible = |row: &usize| self.visible.as_ref().is_none_or(|bits| bits.value(*row));
        (0..self.system.num_rows())
            .filter(visible)
            .filter_map(move |row| docs.map(|docs| docs.value(row)))
    }
}
