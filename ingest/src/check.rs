//! Looking at everything that is stored: is it there, is it whole, and is every row alive exactly once?

use crate::{
    file::TableFile,
    version::{ShardVersion, TableState},
};
use rekor_core::{Result, id::TableId, key::Key, path::ObjectKind, store::Store};
use serde::Serialize;
use std::{collections::HashMap, sync::Arc};

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Tables looked at.
    pub table_count: usize,
    /// Data files looked at.
    pub file_count: usize,
    /// Rows that are alive, tombstones included.
    pub row_count: u64,
    /// What is wrong, one sentence each; empty if all is well.
    pub problems: Vec<String>,
}

/// Reads every footer, index and id of a snapshot.
pub(crate) async fn check(store: &Store, version: &ShardVersion) -> CheckReport {
    let mut report = CheckReport::default();
    for (&table, state) in version.tables.iter() {
        report.table_count += 1;
        let mut alive: HashMap<Key, u32> = HashMap::new();
        for file in state.files.iter() {
            report.file_count += 1;
            if let Err(error) =
                check_file(store, file, version.visible_seq, &mut alive, &mut report).await
            {
                report.problems.push(format!("table {}: {}: {error}", table.0, file.file.path()));
            }
        }
        check_memory(table, state, version.visible_seq, &mut alive, &mut report);
    }
    report
}

async fn check_file(
    store: &Store,
    file: &Arc<TableFile>,
    seq: u64,
    alive: &mut HashMap<Key, u32>,
    report: &mut CheckReport,
) -> Result<()> {
    let path = file.file.path();
    let rows = file.open(store).await?.row_count();
    if rows != file.file.row_count() {
        let entry = file.file.row_count();
        report.problems.push(format!("{path} has {rows} rows, its entry says {entry}"));
    }
    let dead = file.deletes.at(seq);
    report.row_count += file.file.row_count() - dead.len();
    for kind in [ObjectKind::IdIndex, ObjectKind::ExternalIndex, ObjectKind::EndpointIndex] {
        let Some(index) = file.read_index(store, kind).await? else { continue };
        let mut count = 0;
        for (key, row) in index.entries() {
            count += 1;
            if u64::from(row) >= rows {
                report.problems.push(format!("an index of {path} points behind its end"));
            }
            if kind == ObjectKind::IdIndex && !dead.contains(row) {
                note_alive(alive, key, &path, report);
            }
        }
        if kind == ObjectKind::IdIndex && count != rows {
            report.problems.push(format!("the index of {path} has {count} rows of {rows}"));
        }
    }
    Ok(())
}

fn note_alive(
    alive: &mut HashMap<Key, u32>,
    key: Key,
    place: &impl std::fmt::Display,
    report: &mut CheckReport,
) {
    let count = alive.entry(key).or_default();
    *count += 1;
    if *count == 2 {
        report.problems.push(format!("a row of {place} is alive twice (key {key:?})"));
    }
}

fn check_memory(
    table: TableId,
    state: &TableState,
    seq: u64,
    alive: &mut HashMap<Key, u32>,
    report: &mut CheckReport,
) {
    for memtable in &state.memtables {
        for (_, row) in memtable.rows_at(seq) {
            report.row_count += 1;
            let place = format!("table {} in memory", table.0);
            note_alive(alive, Key::of_id(&row.id), &place, report);
        }
    }
}
