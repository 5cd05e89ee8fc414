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
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
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
    /// Its rows that are not visible.
    pub deletes: DeleteView,
}

/// The dead rows of a file or memtable in a snapshot: a base bitmap and a prefix of what was deleted since.
#[derive(Clone, Debug, Default)]
pub struct DeleteView {
    base: Arc<RoaringBitmap>,
    overlay: Arc<RwLock<Vec<u32>>>,
    overlay_len: usize,
    merged: OnceLock<Arc<RoaringBitmap>>,
}

impl DeleteView {
    /// `base` and the first `overlay_len` entries of `overlay`, an append-only list that the writer keeps extending.
    pub fn new(
        base: Arc<RoaringBitmap>,
        overlay: Arc<RwLock<Vec<u32>>>,
        overlay_len: usize,
    ) -> Self {
        Self { base, overlay, overlay_len, merged: OnceLock::new() }
    }

    /// The dead rows, by position in the file. Built once per snapshot.
    pub fn rows(&self) -> &Arc<RoaringBitmap> {
        self.merged.get_or_init(|| {
            if self.overlay_len == 0 {
                return Arc::clone(&self.base);
            }
            let mut rows = (*self.base).clone();
            let overlay = self.overlay.read().unwrap_or_else(PoisonError::into_inner);
            rows.extend(overlay.iter().take(self.overlay_len));
            Arc::new(rows)
        })
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
