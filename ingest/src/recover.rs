//! Opening a shard: the newest manifest, then the log after it.

use crate::{
    catalog,
    commit::Committer,
    file::{Place, TableFile},
    flush::read_slice,
    log::Log,
    memtable::Memtable,
    payload::{Written, decode_slice},
    version::{NEWEST, Tables, Unwritten, apply, in_files, table_mut},
};
use rekor_core::{
    Error, Result, Timestamp,
    catalog::Catalog,
    id::TableId,
    key::Key,
    manifest::{TableEntry, decode_deletes},
    path::ObjectKind,
    row::Row,
    store::Store,
    view::Deletes,
};
use std::{collections::HashSet, sync::Arc};

/// The state of a shard while it is being recovered.
#[derive(Debug)]
pub(crate) struct Recovery<'a> {
    pub(crate) store: &'a Store,
    pub(crate) tables: Arc<Tables>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) last_time: Timestamp,
    pub(crate) unwritten: Unwritten,
    highest_table: u64,
}

impl<'a> Recovery<'a> {
    /// What the newest manifest holds.
    pub(crate) async fn load(store: &'a Store, committer: &Committer) -> Result<Self> {
        let manifest = committer.manifest();
        let mut recovery = Self {
            store,
            tables: Arc::default(),
            catalog: Arc::default(),
            last_time: Timestamp(manifest.last_time_ms),
            unwritten: Unwritten::default(),
            highest_table: manifest.next_table.saturating_sub(1),
        };
        let entries: Vec<&TableEntry> = committer.entries().collect();
        // Configuration first: what the other tables are follows from it.
        let root = TableId::ACCOUNT;
        for entry in entries.iter().filter(|e| root.contains(&TableId(e.table))) {
            recovery.load_table(entry).await?;
        }
        for entry in entries.iter().filter(|e| !root.contains(&TableId(e.table))) {
            recovery.load_table(entry).await?;
        }
        Ok(recovery)
    }

    async fn load_table(&mut self, entry: &TableEntry) -> Result<()> {
        let table = TableId(entry.table);
        self.highest_table = self.highest_table.max(table.0);
        let mut files = Vec::new();
        for stored in &entry.files {
            let file = stored.file.clone().unwrap_or_default();
            let dead = match &stored.deletes_ref {
                Some(slice) => {
                    decode_deletes(&read_slice(self.store, ObjectKind::Deletes, slice).await?)?
                }
                None => decode_deletes(&stored.deletes)?,
            };
            if file.row_count().checked_sub(dead.len()) != Some(stored.live_rows) {
                return Err(Error::corrupt(format!(
                    "The manifest contradicts itself about the live rows of {}.",
                    file.path()
                )));
            }
            files.push(Arc::new(TableFile::new(file, Deletes::new(dead))));
        }
        let (mut memtables, mut logs) = (Vec::new(), Vec::new());
        if let Some(slice) = &entry.slice
            && let Some(at) = &slice.at
        {
            let packed = read_slice(self.store, ObjectKind::Bundle, at).await?;
            let bytes = zstd::stream::decode_all(&*packed)
                .map_err(|_| Error::corrupt("A slice of a bundle cannot be unpacked."))?;
            if slice.is_log {
                logs.push(Arc::new(Log::decode(&bytes, entry.log_link()?)?));
            } else {
                let memtable = Memtable::default();
                for row in decode_slice(&bytes)? {
                    self.note(table, &row)?;
                    memtable.append(row);
                }
                memtables.push(Arc::new(memtable));
            }
        }
        if logs.is_empty() && !entry.log_link.is_empty() {
            logs.push(Arc::new(Log::after(entry.log_link()?)));
        }
        let state = table_mut(&mut self.tables, table);
        state.files = Arc::new(files);
        state.memtables = memtables;
        state.logs = logs;
        Ok(())
    }

    /// The tables that are operations logs.
    fn logs(&self) -> HashSet<TableId> {
        let databases = self.catalog.databases.values().chain(self.catalog.dropped.values());
        databases.map(|database| database.entry.tables.log).collect()
    }

    fn note(&mut self, table: TableId, row: &Row) -> Result<()> {
        self.highest_table = self.highest_table.max(table.0);
        catalog::apply(&mut self.catalog, table, row)
    }

    /// Applies a frame of the log.
    pub(crate) async fn apply(&mut self, first_seq: u64, payload: &[u8]) -> Result<()> {
        let mut written = Written::decode(payload, first_seq)?;
        let before = Arc::clone(&self.catalog);
        for row in &mut written.rows {
            self.note(row.table, &row.row)?;
            row.replaces = self.place(row.table, &row.row).await?;
        }
        apply(&mut self.tables, [&before, &self.catalog], &written, &self.unwritten);
        self.last_time = written.time;
        Ok(())
    }

    /// The file that holds the version before a row, if one does.
    async fn place(&self, table: TableId, row: &Row) -> Result<Option<Place>> {
        let Some(state) = self.tables.get(&table).filter(|state| !state.files.is_empty()) else {
            return Ok(None);
        };
        if row.version == 1 || state.in_memory(&row.id, NEWEST).is_some() {
            return Ok(None);
        }
        let key = (Key::of_id(&row.id), ObjectKind::IdIndex);
        let found = in_files(&state.files, self.store, key, NEWEST).await?;
        Ok(found.into_iter().find(|located| located.row.id == row.id).map(|located| located.place))
    }

    /// The first table id that was never used.
    pub(crate) fn next_table(&self) -> u64 {
        let in_catalog = self.catalog.roles.keys().map(|table| table.0);
        let logs = self.logs().into_iter().map(|table| table.0);
        let known = in_catalog.chain(logs).chain([self.highest_table, TableId::FIRST_FREE.0]);
        known.max().unwrap_or_default() + 1
    }
}
