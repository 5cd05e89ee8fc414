//! What the sequencer publishes and everybody reads.

use crate::{
    log::{Log, LogAt},
    payload::Written,
    table::{Table, TableAt},
};
use rekor_core::{
    catalog::Catalog,
    id::TableId,
    view::{TableView, Unflushed, Version},
};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// The rows of all tables of the shard. Tables are only ever added.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    tables: RwLock<HashMap<TableId, Arc<Table>>>,
    logs: RwLock<HashMap<TableId, Arc<Log>>>,
}

impl Tables {
    pub(crate) fn get(&self, id: TableId) -> Option<Arc<Table>> {
        self.tables.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    fn get_or_create(&self, id: TableId) -> Arc<Table> {
        if let Some(table) = self.get(id) {
            return table;
        }
        Arc::clone(
            self.tables.write().unwrap_or_else(PoisonError::into_inner).entry(id).or_default(),
        )
    }

    fn log(&self, id: TableId) -> Option<Arc<Log>> {
        self.logs.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Puts a frame's rows into their tables and logs. They become visible when their sequence number is published.
    pub(crate) fn apply(&self, catalog: &Catalog, written: &Written) {
        for row in &written.rows {
            self.get_or_create(row.table).append(Arc::clone(&row.row));
        }
        for (table, entry) in crate::log::entries(catalog, written) {
            let known = self.log(table);
            let log = known.unwrap_or_else(|| {
                Arc::clone(
                    self.logs
                        .write()
                        .unwrap_or_else(PoisonError::into_inner)
                        .entry(table)
                        .or_default(),
                )
            });
            log.append(entry);
        }
    }

    /// Bytes and rows of all tables.
    pub(crate) fn totals(&self) -> (usize, usize, usize) {
        let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
        let sum = |value: &dyn Fn(&Table) -> usize| tables.values().map(|table| value(table)).sum();
        (tables.len(), sum(&Table::row_count), sum(&Table::bytes))
    }
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
        let rows: Arc<dyn Unflushed> = match self.tables.get(id) {
            Some(table) => Arc::new(TableAt { table, seq }),
            None => Arc::new(LogAt { log: self.tables.log(id)?, seq }),
        };
        Some(Arc::new(TableView { files: Vec::new(), unflushed: vec![rows] }))
    }
}
