//! Flush: what is in memory becomes durable without the log. Large tables become data files, small ones slices of a
//! shared bundle, dead rows deletion vectors; then one manifest says so.

use crate::{
    batch::{named_batch, system_batch},
    commit::{Committer, Progress, uuid_of},
    engine::Thresholds,
    fetch::edge_key,
    file::TableFile,
    memtable::{Memtable, row_bytes},
    payload::encode_slice,
    rewrite::{Frozen, Install, Replacement, RowMap},
    version::{ShardVersion, TableState},
};
use arrow::array::{ArrayRef, RecordBatch};
use rekor_core::{
    Error, Result, Timestamp,
    catalog::{Database, TableRole},
    columnar::{ClusterKey, DataFileSpec, DataFileWriter, sort_by_cluster_key},
    data_file::DataFile,
    id::TableId,
    index::IndexEntries,
    key::Key,
    manifest::{
        BundleSlice, FileEntry, INLINE_DELETES_BYTES_MAX, Slice, TableEntry, encode_deletes,
    },
    path::{self, ObjectKind},
    row::{Row, column},
    shred::Shredder,
    store::Store,
    subcolumn::DocPath,
    view::Deletes,
};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::oneshot;

/// A deleted database is kept so much longer than it can be restored, so that no restore meets its end: a day.
const PURGE_MARGIN_MS: i64 = 24 * 60 * 60 * 1_000;
/// Compression of slices in bundles.
const SLICE_LEVEL: i32 = 1;

/// A flush that is committed, with what the sequencer must swap.
pub(crate) struct Flushed {
    pub(crate) install: Install,
    pub(crate) installed: oneshot::Receiver<()>,
}

/// Writes everything up to the snapshot and commits it.
///
/// # Errors
/// `Unavailable` if the store fails; nothing changed then.
pub(crate) async fn flush(
    store: &Store,
    committer: &mut Committer,
    frozen: &Frozen,
    next_table: u64,
    thresholds: Thresholds,
) -> Result<Flushed> {
    let version = &frozen.version;
    let seq = version.visible_seq;
    let mut flush = Flush {
        store,
        frozen,
        thresholds,
        seq,
        flushed_before: committer.manifest().flushed_seq,
        bundle: SharedObject::new(ObjectKind::Bundle, committer.new_id()),
        deletes: SharedObject::new(ObjectKind::Deletes, committer.new_id()),
        replacements: HashMap::new(),
    };
    let mut entries = Vec::new();
    let purged = purged_tables(version, frozen.last_time);
    for (&table, state) in version.tables.iter() {
        if purged.contains(&table) {
            entries.push(TableEntry { table: table.0, ..TableEntry::default() });
            continue;
        }
        let known = committer.entry(table).cloned().unwrap_or_default();
        entries.extend(flush.table(committer, table, state, known).await?);
    }
    flush.bundle.write(store).await?;
    flush.deletes.write(store).await?;
    let progress = Progress { flushed_seq: seq, last_time: frozen.last_time, next_table };
    committer.commit(entries, Some(progress)).await?;
    let (reply, installed) = oneshot::channel();
    let install = Install { seq, tables: flush.replacements, purged, reply };
    Ok(Flushed { install, installed })
}

struct Flush<'a> {
    store: &'a Store,
    frozen: &'a Frozen,
    thresholds: Thresholds,
    seq: u64,
    flushed_before: u64,
    bundle: SharedObject,
    deletes: SharedObject,
    replacements: HashMap<TableId, Replacement>,
}

impl Flush<'_> {
    /// The new entry of a table, if it changed.
    async fn table(
        &mut self,
        committer: &Committer,
        table: TableId,
        state: &TableState,
        known: TableEntry,
    ) -> Result<Option<TableEntry>> {
        let mut entry = TableEntry { table: table.0, ..known.clone() };
        self.file_deletes(&mut entry, state);
        let newest_row = state.memtables.iter().map(|m| m.last_seq()).max().unwrap_or(0);
        let newest_entry = state.logs.iter().map(|log| log.last_seq()).max().unwrap_or(0);
        // Small tables keep their memtable while it is copied to a bundle; larger ones were given a new one.
        if self.frozen.set_aside.contains(&table) {
            entry.slice = None;
            if state.logs.is_empty() {
                self.rows_to_files(committer, table, state, &mut entry).await?;
            } else {
                self.log_to_file(committer, table, state, &mut entry).await?;
            }
        } else if newest_row > self.flushed_before {
            let rows: Vec<Arc<Row>> = state
                .memtables
                .iter()
                .flat_map(|memtable| memtable.rows_at(self.seq))
                .map(|(_, row)| row)
                .collect();
            entry.slice = self.slice(false, rows.len(), &encode_slice(table, &rows))?;
        } else if newest_entry > self.flushed_before {
            // A log has one memory at a time unless it was set aside.
            if let Some(log) = state.logs.last() {
                let (count, bytes) = log.encode(self.seq);
                entry.slice = self.slice(true, count, &bytes)?;
            }
        }
        Ok((entry != known).then_some(entry))
    }

    fn slice(
        &mut self,
        is_log: bool,
        row_count: usize,
        bytes: &[u8],
    ) -> Result<Option<BundleSlice>> {
        if row_count == 0 {
            return Ok(None);
        }
        let packed = zstd::bulk::compress(bytes, SLICE_LEVEL)
            .map_err(|error| Error::internal(format!("zstd: {error}")))?;
        let at = Some(self.bundle.add(&packed));
        Ok(Some(BundleSlice { at, row_count: row_count as u64, is_log }))
    }

    /// Writes down what died in the table's files.
    fn file_deletes(&mut self, entry: &mut TableEntry, state: &TableState) {
        for file in state.files.iter() {
            let dead = file.deletes.at(self.seq);
            let live_rows = file.file.row_count() - dead.len();
            let stored = entry
                .files
                .iter_mut()
                .find(|known| known.file.as_ref().is_some_and(|f| f.id == file.file.id));
            let Some(stored) = stored.filter(|stored| stored.live_rows != live_rows) else {
                continue;
            };
            stored.live_rows = live_rows;
            self.deletes.place(stored, &encode_deletes(&dead));
        }
    }

    async fn rows_to_files(
        &mut self,
        committer: &Committer,
        table: TableId,
        state: &TableState,
        entry: &mut TableEntry,
    ) -> Result<()> {
        let frozen = state.memtables.split_last().map(|(_, frozen)| frozen).unwrap_or_default();
        let expired = expires_before(&self.frozen.version, table, self.frozen.last_time);
        let mut maps: Vec<RowMap> =
            frozen.iter().map(|memtable| vec![None; memtable.row_count()]).collect();
        let rows: Vec<(usize, u32, Arc<Row>)> = frozen
            .iter()
            .enumerate()
            .flat_map(|(source, memtable)| {
                memtable.rows_at(self.seq).into_iter().map(move |(p, row)| (source, p, row))
            })
            .filter(|(_, _, row)| expired.is_none_or(|oldest| row.updated_at >= oldest))
            .collect();
        let mut replacement = Replacement::default();
        let live_bytes: usize = rows.iter().map(|(_, _, row)| row_bytes(row)).sum();
        if live_bytes < self.thresholds.small_table_bytes {
            // Most of it was versions that are dead now.
            let rebuilt = Memtable::default();
            let rows: Vec<Arc<Row>> = rows.into_iter().map(|(_, _, row)| row).collect();
            for row in &rows {
                rebuilt.append(Arc::clone(row));
            }
            entry.slice = self.slice(false, rows.len(), &encode_slice(table, &rows))?;
            replacement.rebuilt = Some(Arc::new(rebuilt));
        } else {
            let cluster_by = self.frozen.version.catalog.collection_of(table);
            let cluster_by = cluster_by.map(|c| c.cluster_by.as_slice()).unwrap_or_default();
            for deleted in [false, true] {
                let part: Vec<&(usize, u32, Arc<Row>)> =
                    rows.iter().filter(|(_, _, row)| row.deleted == deleted).collect();
                if part.is_empty() {
                    continue;
                }
                let only_rows: Vec<&Row> = part.iter().map(|(_, _, row)| &**row).collect();
                let target = Target {
                    id: committer.new_id(),
                    table,
                    deleted,
                    cluster_by,
                    row_group_rows: self.thresholds.row_group_rows,
                };
                let (file, order) = write_rows(self.store, target, &only_rows).await?;
                let output = replacement.outputs.len();
                for (&from, row) in order.iter().zip(0..) {
                    let source = part.get(from as usize);
                    let slot = source.and_then(|(s, p, _)| maps.get_mut(*s)?.get_mut(*p as usize));
                    if let Some(slot) = slot {
                        *slot = Some((output, row));
                    }
                }
                add_file(entry, &mut replacement, file);
            }
        }
        replacement.memtables = frozen.iter().cloned().zip(maps).collect();
        self.replacements.insert(table, replacement);
        Ok(())
    }

    async fn log_to_file(
        &mut self,
        committer: &Committer,
        table: TableId,
        state: &TableState,
        entry: &mut TableEntry,
    ) -> Result<()> {
        let frozen = state.logs.split_last().map(|(_, frozen)| frozen).unwrap_or_default();
        let mut batches = Vec::new();
        for log in frozen {
            batches.extend(log.batches(self.seq)?);
        }
        let mut replacement = Replacement { logs: frozen.to_vec(), ..Replacement::default() };
        if let Some(first) = batches.first() {
            let spec = DataFileSpec {
                id: committer.new_id(),
                table,
                deleted: false,
                schema: first.schema(),
                key: ClusterKey::new(&[], first.schema_ref()),
                overflow_paths: vec![String::new()],
                untyped_array_paths: Vec::new(),
                dictionary: DataFileSpec::dictionary_columns(first),
                row_group_rows: self.thresholds.row_group_rows,
            };
            let mut writer = DataFileWriter::create(self.store, spec).await?;
            for batch in &batches {
                writer.write(batch).await?;
            }
            let mut file = writer.finish().await?;
            file.log_before = frozen.first().map(|log| log.before().to_vec()).unwrap_or_default();
            add_file(entry, &mut replacement, file);
            entry.log_link = frozen.last().map(|log| log.head().to_vec()).unwrap_or_default();
        }
        self.replacements.insert(table, replacement);
        Ok(())
    }
}

/// The tables of databases that were deleted so long ago that nobody can restore them.
fn purged_tables(version: &ShardVersion, now: Timestamp) -> Vec<TableId> {
    let gone = |database: &&Arc<Database>| {
        let kept_ms = database.entry.settings.retention.deleted_database_ms();
        now.0 - database.updated_at.0 > kept_ms + PURGE_MARGIN_MS
    };
    let tables = version.catalog.dropped.values().filter(gone).flat_map(|database| {
        let documents = database.collections.values().map(|collection| collection.entry.table);
        documents.chain(database.entry.tables.all())
    });
    tables.filter(|table| version.tables.contains_key(table)).collect()
}

/// The time before which rows of a table are not kept, if they are kept for a time.
pub(crate) fn expires_before(
    version: &ShardVersion,
    table: TableId,
    now: Timestamp,
) -> Option<Timestamp> {
    let kept_ms = match version.catalog.roles.get(&table)? {
        TableRole::Receipts(database) => version.catalog.retention(database).idempotency_key_ms(),
        TableRole::Log(database) => version.catalog.retention(database).operations_log_ms()?,
        _ => return None,
    };
    Some(Timestamp(now.0 - kept_ms))
}

fn add_file(entry: &mut TableEntry, replacement: &mut Replacement, file: DataFile) {
    entry.files.push(FileEntry {
        live_rows: file.row_count(),
        file: Some(file.clone()),
        ..FileEntry::default()
    });
    replacement.outputs.push(Arc::new(TableFile::new(file, Deletes::default())));
}

/// The file that rows go to.
struct Target<'a> {
    id: uuid::Uuid,
    table: TableId,
    deleted: bool,
    cluster_by: &'a [DocPath],
    row_group_rows: usize,
}

/// Writes rows as a data file with its indexes, in the order of the cluster key; answers which row went where.
async fn write_rows(
    store: &Store,
    target: Target<'_>,
    rows: &[&Row],
) -> Result<(DataFile, Vec<u32>)> {
    let (batch, overflow_paths, untyped_array_paths) = shred_rows(rows)?;
    let key = ClusterKey::new(target.cluster_by, batch.schema_ref());
    let (sorted, order) = sort_by_cluster_key(&batch, &key)?;
    drop(batch);
    let spec = DataFileSpec {
        id: target.id,
        table: target.table,
        deleted: target.deleted,
        schema: sorted.schema(),
        key,
        overflow_paths,
        untyped_array_paths,
        dictionary: DataFileSpec::dictionary_columns(&sorted),
        row_group_rows: target.row_group_rows,
    };
    let mut writer = DataFileWriter::create(store, spec).await?;
    writer.write(&sorted).await?;
    let mut file = writer.finish().await?;
    let mut indexes = IndexEntries::default();
    for (&from, position) in order.iter().zip(0..) {
        if let Some(row) = rows.get(from as usize) {
            index_row(&mut indexes, row, position);
        }
    }
    write_indexes(store, &mut file, indexes).await?;
    Ok((file, order))
}

fn shred_rows(rows: &[&Row]) -> Result<(RecordBatch, Vec<String>, Vec<String>)> {
    let system = system_batch(rows)?;
    let mut shredder = Shredder::default();
    for row in rows {
        let text = std::str::from_utf8(&row.doc)
            .map_err(|_| Error::corrupt(format!("The document {} is not UTF-8.", row.id)))?;
        shredder.push(text)?;
    }
    let shredded = shredder.finish()?;
    let fields = system.schema();
    let mut columns: Vec<(&str, ArrayRef)> = fields
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .zip(system.columns().iter().cloned())
        .collect();
    let doc = columns.pop();
    columns.extend(
        shredded.columns.iter().map(|(name, values)| (name.as_str(), ArrayRef::clone(values))),
    );
    columns.extend(doc.filter(|(name, _)| *name == column::DOC));
    Ok((named_batch(columns)?, shredded.overflow_paths, shredded.untyped_array_paths))
}

fn index_row(indexes: &mut IndexEntries, row: &Row, position: u32) {
    indexes.ids.push((Key::of_id(&row.id), position));
    if let Some(external_id) = &row.external_id {
        let source = row.external_source.as_deref().unwrap_or("");
        indexes.external.push((Key::of_external(source, external_id), position));
    }
    if let Some(edge) = &row.edge {
        indexes.external.push((edge_key(edge), position));
        let source = Key::of_endpoint(edge.source_table, &edge.source_id);
        let target = Key::of_endpoint(edge.target_table, &edge.target_id);
        indexes.endpoints.push((source, position));
        if source != target {
            indexes.endpoints.push((target, position));
        }
    }
}

/// Writes the indexes of a file and notes their sizes in it.
pub(crate) async fn write_indexes(
    store: &Store,
    file: &mut DataFile,
    indexes: IndexEntries,
) -> Result<()> {
    for (kind, bytes) in indexes.encode() {
        let size = bytes.len() as u64;
        store.put(&path::object(kind, file.uuid()), bytes).await?;
        match kind {
            ObjectKind::ExternalIndex => file.external_index_bytes = size,
            ObjectKind::EndpointIndex => file.endpoint_index_bytes = size,
            _ => file.key_index_bytes = size,
        }
    }
    Ok(())
}

/// An object that many tables' parts go to.
pub(crate) struct SharedObject {
    kind: ObjectKind,
    id: uuid::Uuid,
    bytes: Vec<u8>,
}

impl SharedObject {
    pub(crate) fn new(kind: ObjectKind, id: uuid::Uuid) -> Self {
        Self { kind, id, bytes: Vec::new() }
    }

    fn add(&mut self, part: &[u8]) -> Slice {
        let offset = self.bytes.len() as u64;
        self.bytes.extend_from_slice(part);
        Slice {
            object: self.id.as_bytes().to_vec(),
            offset,
            length: part.len() as u64,
            crc: crc32c::crc32c(part),
        }
    }

    /// Puts a deletion vector into its file's entry, or here if it is long.
    pub(crate) fn place(&mut self, entry: &mut FileEntry, deletes: &[u8]) {
        if deletes.len() <= INLINE_DELETES_BYTES_MAX {
            entry.deletes = deletes.to_vec();
            entry.deletes_ref = None;
        } else {
            entry.deletes = Vec::new();
            entry.deletes_ref = Some(self.add(deletes));
        }
    }

    pub(crate) async fn write(&mut self, store: &Store) -> Result<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.bytes);
        store.put(&path::object(self.kind, self.id), bytes.into()).await
    }
}

/// The bytes of a checked range.
///
/// # Errors
/// `Corrupt` if they are damaged.
pub(crate) async fn read_slice(
    store: &Store,
    kind: ObjectKind,
    slice: &Slice,
) -> Result<bytes::Bytes> {
    let name = path::object(kind, uuid_of(&slice.object));
    let bytes = store.get_range(&name, slice.range()).await?;
    slice.check(&bytes, name.as_ref())?;
    Ok(bytes)
}
