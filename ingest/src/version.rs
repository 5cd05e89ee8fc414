//! What the sequencer publishes and everybody reads: the rows of every table, in memory and in files.

use crate::{
    file::{Located, TableFile},
    log::{ENTRY_BYTES, Log, LogAt},
    memtable::{Memtable, MemtableAt, row_bytes},
    operation::RowKey,
    payload::Written,
};
use rekor_core::{
    Result,
    catalog::Catalog,
    id::TableId,
    key::Key,
    path::ObjectKind,
    row::Row,
    store::Store,
    view::{TableView, Unflushed, Version},
};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// The sequence number of who sees writes that are not published yet; below that of a write that never happens.
pub(crate) const NEWEST: u64 = u64::MAX - 1;

/// All tables of the shard.
pub(crate) type Tables = HashMap<TableId, Arc<TableState>>;

/// The rows of one table. What is in memory grows under a snapshot, which tells by sequence number what it may see; the
/// lists themselves change only by a new state.
#[derive(Clone, Debug, Default)]
pub(crate) struct TableState {
    pub(crate) files: Arc<Vec<Arc<TableFile>>>,
    /// Memtables, oldest first; the last one takes writes.
    pub(crate) memtables: Vec<Arc<Memtable>>,
    /// The same for a table that is an operations log.
    pub(crate) logs: Vec<Arc<Log>>,
}

impl TableState {
    /// Bytes in memory.
    pub(crate) fn memory_bytes(&self) -> usize {
        let rows: usize = self.memtables.iter().map(|memtable| memtable.bytes()).sum();
        let entries: usize = self.logs.iter().map(|log| log.len() * ENTRY_BYTES).sum();
        rows + entries
    }

    /// Rows in memory and files, dead ones included.
    pub(crate) fn row_count(&self) -> usize {
        let rows: usize = self.memtables.iter().map(|memtable| memtable.row_count()).sum();
        let entries: usize = self.logs.iter().map(|log| log.len()).sum();
        let stored: u64 = self.files.iter().map(|file| file.file.row_count()).sum();
        rows + entries + usize::try_from(stored).unwrap_or(usize::MAX)
    }

    /// The newest version of a row in memory that is visible at `seq`.
    pub(crate) fn in_memory(&self, id: &str, seq: u64) -> Option<Arc<Row>> {
        self.memtables.iter().rev().find_map(|memtable| memtable.at(id, seq))
    }

    /// The row in memory that holds an external key at `seq`.
    pub(crate) fn external_in_memory(
        &self,
        source: &str,
        external_id: &str,
        seq: u64,
    ) -> Option<Arc<Row>> {
        let newest_first = self.memtables.iter().rev();
        newest_first
            .map(|memtable| memtable.by_external(source, external_id, seq))
            .find(Option::is_some)
            .flatten()
    }
}

/// Bytes that writes added since memory was last flushed.
#[derive(Debug, Default)]
pub(crate) struct Unwritten {
    /// Since the last freeze.
    pub(crate) active: AtomicUsize,
    /// Of the flush under way.
    pub(crate) frozen: AtomicUsize,
}

impl Unwritten {
    pub(crate) fn total(&self) -> usize {
        self.active.load(Ordering::Relaxed) + self.frozen.load(Ordering::Relaxed)
    }

    /// What was active is being flushed now.
    pub(crate) fn freeze(&self) {
        self.frozen.fetch_add(self.active.swap(0, Ordering::Relaxed), Ordering::Relaxed);
    }

    /// What was being flushed is durable.
    pub(crate) fn flushed(&self) {
        self.frozen.store(0, Ordering::Relaxed);
    }
}

/// The state of a table, made if it has none.
pub(crate) fn table_mut(tables: &mut Arc<Tables>, id: TableId) -> &mut TableState {
    Arc::make_mut(Arc::make_mut(tables).entry(id).or_default())
}

/// Puts a frame's rows into their tables and logs (by the catalogs before and after it), and marks dead what they replace. They become visible when their
/// sequence number is published.
pub(crate) fn apply(
    tables: &mut Arc<Tables>,
    catalogs: [&Catalog; 2],
    written: &Written,
    unwritten: &Unwritten,
) {
    let mut bytes = 0;
    for row in &written.rows {
        if tables.get(&row.table).is_none_or(|state| state.memtables.is_empty()) {
            table_mut(tables, row.table).memtables.push(Arc::default());
        }
        let Some((active, older)) =
            tables.get(&row.table).and_then(|state| state.memtables.split_last())
        else {
            continue;
        };
        bytes += row_bytes(&row.row);
        let seq = row.row.seq;
        let known = active.append(Arc::clone(&row.row))
            || row.row.version == 1
            || older.iter().rev().any(|memtable| memtable.kill(&row.row.id, seq));
        if let (false, Some(place)) = (known, &row.replaces) {
            place.file.deletes.kill(place.position, seq);
        }
    }
    for (table, entry) in crate::log::entries(catalogs, written) {
        if tables.get(&table).is_none_or(|state| state.logs.is_empty()) {
            table_mut(tables, table).logs.push(Arc::default());
        }
        if let Some(log) = tables.get(&table).and_then(|state| state.logs.last()) {
            bytes += ENTRY_BYTES;
            log.append(entry);
        }
    }
    unwritten.active.fetch_add(bytes, Ordering::Relaxed);
}

/// A consistent snapshot: everything up to one sequence number.
#[derive(Clone, Debug)]
pub(crate) struct ShardVersion {
    pub(crate) visible_seq: u64,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) tables: Arc<Tables>,
}

impl Version for ShardVersion {
    fn visible_seq(&self) -> u64 {
        self.visible_seq
    }

    fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    fn table(&self, id: TableId) -> Option<Arc<TableView>> {
        let seq = self.visible_seq;
        let state = self.tables.get(&id)?;
        let rows = state.memtables.iter().map(|memtable| -> Arc<dyn Unflushed> {
            Arc::new(MemtableAt { memtable: Arc::clone(memtable), seq })
        });
        let logs = state
            .logs
            .iter()
            .map(|log| -> Arc<dyn Unflushed> { Arc::new(LogAt { log: Arc::clone(log), seq }) });
        let files = state.files.iter().map(|file| file.view(seq)).collect();
        Some(Arc::new(TableView { files, unflushed: rows.chain(logs).collect() }))
    }
}

/// Rows of a snapshot by key: memory first, then files by their indexes. Never a scan.
impl ShardVersion {
    /// A row, tombstones included.
    pub(crate) async fn find(
        &self,
        store: &Store,
        table: TableId,
        key: &RowKey,
    ) -> Result<Option<Arc<Row>>> {
        let Some(state) = self.tables.get(&table) else { return Ok(None) };
        let seq = self.visible_seq;
        match key {
            RowKey::Id(id) => {
                if let Some(row) = state.in_memory(id.as_str(), seq) {
                    return Ok(Some(row));
                }
                let index_key = (Key::of_id(id.as_str()), ObjectKind::IdIndex);
                let found = in_files(&state.files, store, index_key, seq).await?;
                Ok(found.into_iter().map(|l| l.row).find(|row| *row.id == *id.as_str()))
            }
            RowKey::External { source, id } => {
                if let Some(row) = state.external_in_memory(source, id, seq) {
                    return Ok(Some(row));
                }
                let index_key = (Key::of_external(source, id), ObjectKind::ExternalIndex);
                let found = in_files(&state.files, store, index_key, seq).await?;
                Ok(found.into_iter().map(|l| l.row).find(|row| holds_key(row, source, id)))
            }
        }
    }

    /// Live relationships at one document, oldest first.
    pub(crate) async fn related(
        &self,
        store: &Store,
        relationships: TableId,
        endpoint: (TableId, &str),
    ) -> Result<Vec<Arc<Row>>> {
        let Some(state) = self.tables.get(&relationships) else { return Ok(Vec::new()) };
        let (seq, (table, id)) = (self.visible_seq, endpoint);
        let index_key = (Key::of_endpoint(table, id), ObjectKind::EndpointIndex);
        let stored = in_files(&state.files, store, index_key, seq).await?;
        let stored = stored.into_iter().map(|l| l.row).filter(|row| !row.deleted);
        let memory = state.memtables.iter().flat_map(|m| m.by_endpoint(table, id, seq));
        let mut rows: Vec<Arc<Row>> =
            stored.chain(memory).filter(|row| touches(row, table, id)).collect();
        rows.sort_by_key(|row| row.seq);
        Ok(rows)
    }
}

/// The rows of an index key in files that are not dead at `seq`, with their documents.
pub(crate) async fn in_files(
    files: &[Arc<TableFile>],
    store: &Store,
    (key, kind): (Key, ObjectKind),
    seq: u64,
) -> Result<Vec<Located>> {
    let mut located = Vec::new();
    for file in files {
        let positions = file.positions(store, kind, key, seq).await?;
        located.extend(file.rows(store, &positions, true).await?);
    }
    Ok(located)
}

/// Whether a row holds an external key.
pub(crate) fn holds_key(row: &Row, source: &str, external_id: &str) -> bool {
    row.external_id.as_deref() == Some(external_id)
        && row.external_source.as_deref().unwrap_or("") == source
}

/// Whether a relationship has a document at one of its ends.
pub(crate) fn touches(row: &Row, table: TableId, id: &str) -> bool {
    row.edge.as_deref().is_some_and(|edge| {
        (edge.source_table == table && &*edge.source_id == id)
            || (edge.target_table == table && &*edge.target_id == id)
    })
}
