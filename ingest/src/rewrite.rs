//! The one primitive behind flush and compaction: new files take the place of what they were made from, and rows that died
//! meanwhile die in the new files too.

use crate::{
    file::TableFile,
    log::Log,
    memtable::Memtable,
    version::{ShardVersion, TableState, Tables, table_mut},
};
use rekor_core::{
    Timestamp,
    catalog::{Catalog, TableRole},
    id::TableId,
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use tokio::sync::oneshot;

/// Where the rows of a source went: by position, the output and the row in it.
pub(crate) type RowMap = Vec<Option<(usize, u32)>>;

/// Asks for a snapshot whose large memtables take no more writes.
pub(crate) struct Freeze {
    pub(crate) reply: oneshot::Sender<Frozen>,
}

/// A snapshot to flush.
pub(crate) struct Frozen {
    pub(crate) version: ShardVersion,
    /// Tables whose memory, but for a new last memtable, takes no more writes.
    pub(crate) set_aside: HashSet<TableId>,
    /// Time of the last frame.
    pub(crate) last_time: Timestamp,
}

impl Freeze {
    /// Gives every table with much in memory a new memtable to write to; answers which.
    pub(crate) fn set_aside(
        &self,
        tables: &mut Arc<Tables>,
        catalog: &Catalog,
        small_table_bytes: usize,
    ) -> HashSet<TableId> {
        let large: HashSet<TableId> = tables
            .iter()
            .filter(|(id, state)| {
                let bytes = state.memory_bytes();
                bytes > 0 && bytes >= small_table_bytes && !is_system(catalog, **id)
            })
            .map(|(id, _)| *id)
            .collect();
        for &id in &large {
            let state = table_mut(tables, id);
            if !state.memtables.is_empty() {
                state.memtables.push(Arc::default());
            }
            if let Some(log) = state.logs.last() {
                state.logs.push(Arc::new(Log::after(log.head())));
            }
        }
        large
    }

    pub(crate) fn answer(self, frozen: Frozen) {
        drop(self.reply.send(frozen));
    }
}

/// Whether a table is configuration: always in memory, as the catalog is made of it.
pub(crate) fn is_system(catalog: &Catalog, table: TableId) -> bool {
    TableId::ACCOUNT.contains(&table)
        || matches!(
            catalog.roles.get(&table),
            Some(
                TableRole::Collections(_)
                    | TableRole::Promotions(_)
                    | TableRole::RelationshipTypes(_)
                    | TableRole::Endpoints(_)
                    | TableRole::Versions(_)
            )
        )
}

/// New files and what they replace, for the sequencer to swap in.
#[derive(Debug)]
pub(crate) struct Install {
    /// What the new files hold is true up to this sequence number.
    pub(crate) seq: u64,
    pub(crate) tables: HashMap<TableId, Replacement>,
    /// Tables that are no more.
    pub(crate) purged: Vec<TableId>,
    pub(crate) reply: oneshot::Sender<()>,
}

/// The replacement of some sources of one table.
#[derive(Debug, Default)]
pub(crate) struct Replacement {
    pub(crate) memtables: Vec<(Arc<Memtable>, RowMap)>,
    pub(crate) logs: Vec<Arc<Log>>,
    pub(crate) files: Vec<(Arc<TableFile>, RowMap)>,
    /// The new files, as the maps count them.
    pub(crate) outputs: Vec<Arc<TableFile>>,
    /// The rows of `memtables`, if they are too few for a file.
    pub(crate) rebuilt: Option<Arc<Memtable>>,
}

impl Install {
    /// Swaps the sources for the outputs.
    pub(crate) fn swap(&self, tables: &mut Arc<Tables>) {
        for (table, replacement) in &self.tables {
            replacement.remap_deletes(self.seq);
            replacement.swap(table_mut(tables, *table));
        }
        for table in &self.purged {
            Arc::make_mut(tables).remove(table);
        }
    }

    pub(crate) fn answer(self) {
        let _gone = self.reply.send(());
    }
}

impl Replacement {
    /// Rows that died after `seq` in a source die in the output.
    fn remap_deletes(&self, seq: u64) {
        let kill = |map: &RowMap, position: u32, by: u64| {
            let moved = map.get(position as usize).copied().flatten();
            if let Some((output, row)) = moved
                && let Some(file) = self.outputs.get(output)
            {
                file.deletes.kill(row, by);
            }
        };
        for (file, map) in &self.files {
            file.deletes.after(seq).into_iter().for_each(|(row, by)| kill(map, row, by));
        }
        for (memtable, map) in &self.memtables {
            for (position, by) in memtable.dead_after(seq) {
                match &self.rebuilt {
                    Some(rebuilt) => {
                        memtable.id_at(position).map(|id| rebuilt.kill(&id, by));
                    }
                    None => kill(map, position, by),
                }
            }
        }
    }

    fn swap(&self, state: &mut TableState) {
        let replaced =
            |file: &&Arc<TableFile>| self.files.iter().any(|(old, _)| Arc::ptr_eq(old, file));
        let kept = state.files.iter().filter(|file| !replaced(file));
        state.files = Arc::new(kept.chain(&self.outputs).cloned().collect());
        state.memtables.retain(|m| !self.memtables.iter().any(|(old, _)| Arc::ptr_eq(old, m)));
        if let Some(rebuilt) = &self.rebuilt {
            state.memtables.insert(0, Arc::clone(rebuilt));
        }
        state.logs.retain(|log| !self.logs.iter().any(|old| Arc::ptr_eq(old, log)));
    }
}
