//! A data file of a table in use: its entry, its dead rows, and its footer and indexes once somebody needed them.

use crate::batch::{row_columns, rows_of};
use object_store::path::Path;
use rekor_core::{
    Result,
    columnar::OpenDataFile,
    data_file::DataFile,
    index::KeyIndex,
    key::Key,
    path::{self, ObjectKind},
    row::Row,
    store::Store,
    view::{Deletes, FileView},
};
use std::sync::{Arc, OnceLock, mpsc::Sender};
use tokio::sync::OnceCell;

/// A data file of a table.
#[derive(Debug)]
pub(crate) struct TableFile {
    pub(crate) file: Arc<DataFile>,
    pub(crate) deletes: Arc<Deletes>,
    open: OnceCell<OpenDataFile>,
    ids: OnceCell<KeyIndex>,
    external: OnceCell<KeyIndex>,
    endpoints: OnceCell<KeyIndex>,
    /// Where the file's objects go when nobody reads it any more.
    garbage: OnceLock<Sender<Vec<Path>>>,
}

impl Drop for TableFile {
    fn drop(&mut self) {
        if let Some(garbage) = self.garbage.get() {
            drop(garbage.send(self.paths()));
        }
    }
}

/// Where a stored row is.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) file: Arc<TableFile>,
    pub(crate) position: u32,
}

/// A row of a data file.
#[derive(Clone, Debug)]
pub(crate) struct Located {
    pub(crate) row: Arc<Row>,
    pub(crate) place: Place,
}

impl TableFile {
    pub(crate) fn new(file: DataFile, deletes: Deletes) -> Self {
        Self {
            file: Arc::new(file),
            deletes: Arc::new(deletes),
            open: OnceCell::new(),
            ids: OnceCell::new(),
            external: OnceCell::new(),
            endpoints: OnceCell::new(),
            garbage: OnceLock::new(),
        }
    }

    /// No manifest needs the file: its objects are removed after its last reader.
    pub(crate) fn retire(&self, garbage: Sender<Vec<Path>>) {
        drop(self.garbage.set(garbage));
    }

    pub(crate) fn view(&self, seq: u64) -> FileView {
        FileView { file: Arc::clone(&self.file), deletes: Arc::clone(&self.deletes), seq }
    }

    /// The objects that make the file.
    pub(crate) fn paths(&self) -> Vec<Path> {
        let file = &self.file;
        let indexes = [ObjectKind::IdIndex, ObjectKind::ExternalIndex, ObjectKind::EndpointIndex];
        let existing = indexes.into_iter().filter(|kind| self.index_bytes(*kind) > 0);
        let mut paths = vec![file.path()];
        paths.extend(existing.map(|kind| path::object(kind, file.uuid())));
        paths
    }

    pub(crate) async fn open(&self, store: &Store) -> Result<&OpenDataFile> {
        self.open.get_or_try_init(|| OpenDataFile::open(store, &self.file)).await
    }

    /// The positions of an index key that are not dead at `seq`.
    pub(crate) async fn positions(
        &self,
        store: &Store,
        kind: ObjectKind,
        key: Key,
        seq: u64,
    ) -> Result<Vec<u32>> {
        let Some(index) = self.index(store, kind).await? else { return Ok(Vec::new()) };
        Ok(index.rows(key).filter(|&row| !self.deletes.is_dead(row, seq)).collect())
    }

    async fn index(&self, store: &Store, kind: ObjectKind) -> Result<Option<&KeyIndex>> {
        let cell = match kind {
            ObjectKind::ExternalIndex => &self.external,
            ObjectKind::EndpointIndex => &self.endpoints,
            _ => &self.ids,
        };
        if let Some(known) = cell.get() {
            return Ok(Some(known));
        }
        let Some(index) = self.read_index(store, kind).await? else { return Ok(None) };
        Ok(Some(cell.get_or_init(|| async { index }).await))
    }

    /// An index, read for once only.
    pub(crate) async fn read_index(
        &self,
        store: &Store,
        kind: ObjectKind,
    ) -> Result<Option<KeyIndex>> {
        if self.index_bytes(kind) == 0 {
            return Ok(None);
        }
        let path = path::object(kind, self.file.uuid());
        KeyIndex::decode(store.get_existing(&path).await?, path.as_ref()).map(Some)
    }

    fn index_bytes(&self, kind: ObjectKind) -> u64 {
        match kind {
            ObjectKind::ExternalIndex => self.file.external_index_bytes,
            ObjectKind::EndpointIndex => self.file.endpoint_index_bytes,
            _ => self.file.key_index_bytes,
        }
    }

    /// The rows at ascending positions.
    pub(crate) async fn rows(
        self: &Arc<Self>,
        store: &Store,
        positions: &[u32],
        with_doc: bool,
    ) -> Result<Vec<Located>> {
        if positions.is_empty() {
            return Ok(Vec::new());
        }
        let columns = row_columns(with_doc);
        let batch = self.open(store).await?.rows(positions, &columns).await?;
        let located = |(row, &position): (Row, &u32)| Located {
            row: Arc::new(row),
            place: Place { file: Arc::clone(self), position },
        };
        Ok(rows_of(&batch, self.file.deleted)?.into_iter().zip(positions).map(located).collect())
    }
}
