//! Compaction: several data files of a table become one, without their dead rows, in the order of the cluster key.

mod merge;
mod unify;

use crate::{
    commit::Committer,
    engine::Thresholds,
    file::TableFile,
    flush::{SharedObject, expires_before, write_indexes},
    rewrite::{Install, Replacement, RowMap},
    version::{ShardVersion, TableState},
};
use merge::Merge;
use rekor_core::{
    Error, Result, Timestamp,
    columnar::{ClusterKey, DataFileSpec, DataFileWriter},
    data_file::DataFile,
    id::TableId,
    index::IndexEntries,
    limits,
    manifest::{FileEntry, encode_deletes},
    path::ObjectKind,
    store::Store,
    subcolumn::DocPath,
    view::Deletes,
};
use roaring::RoaringBitmap;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use tokio::sync::oneshot;
use unify::Unified;

/// Files of one size class that are merged at once, and at least.
const FAN_IN_MAX: usize = 8;
const FAN_IN_MIN: usize = 4;
/// Each size class is this many times the one below.
const TIER_FACTOR: u64 = 8;
/// Files below this are of the lowest class.
const TIER_BYTES: u64 = 32 << 20;
/// A file is rewritten when this share of its rows is dead.
const DEAD_SHARE: f64 = 0.2;

/// What should be merged.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) table: TableId,
    pub(crate) inputs: Vec<Arc<TableFile>>,
    cluster_by: Vec<DocPath>,
    /// All rows of the inputs have outlived their time.
    expired: bool,
}

/// How eager compaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Eagerness {
    /// When it pays.
    Tiered,
    /// Everything that is not one clean file.
    Full,
}

/// The next job of a snapshot, if there is one. `now` is the time of a frame in it.
pub(crate) fn next_job(
    version: &ShardVersion,
    eagerness: Eagerness,
    now: Timestamp,
) -> Option<Job> {
    version.tables.iter().find_map(|(&table, state)| {
        if let Some(oldest) = expires_before(version, table, now) {
            let mut files: Vec<_> = state.files.iter().cloned().collect();
            files.sort_by_key(|file| file.file.seq_min);
            // Oldest first, and no gaps: what is left of a log is one chain.
            let inputs: Vec<_> =
                files.into_iter().take_while(|file| written_before(file, oldest)).collect();
            if !inputs.is_empty() {
                return Some(Job { table, inputs, cluster_by: Vec::new(), expired: true });
            }
        }
        let inputs = pick(state, version.visible_seq, eagerness)?;
        let collection = version.catalog.collection_of(table);
        let cluster_by = collection.map(|c| c.cluster_by.clone()).unwrap_or_default();
        Some(Job { table, inputs, cluster_by, expired: false })
    })
}

/// Whether a file, and so each of its rows, is from before a time.
fn written_before(file: &TableFile, time: Timestamp) -> bool {
    let written_s = file.file.uuid().get_timestamp().map(|at| at.to_unix().0);
    let time_s = u64::try_from(time.0 / 1_000).unwrap_or(0);
    written_s.is_some_and(|written_s| written_s < time_s)
}

impl Job {
    /// The rows of an input that are left out.
    fn dead(&self, file: &TableFile, seq: u64) -> Arc<RoaringBitmap> {
        if !self.expired {
            return file.deletes.at(seq);
        }
        let row_count = u32::try_from(file.file.row_count()).unwrap_or(u32::MAX);
        Arc::new(RoaringBitmap::from_iter(0..row_count))
    }
}

fn dead_share(file: &TableFile, seq: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let share = file.deletes.at(seq).len() as f64 / file.file.row_count().max(1) as f64;
    share
}

fn pick(state: &TableState, seq: u64, eagerness: Eagerness) -> Option<Vec<Arc<TableFile>>> {
    [false, true].into_iter().find_map(|deleted| {
        let files = || state.files.iter().filter(|file| file.file.deleted == deleted);
        let rows = |files: &[Arc<TableFile>]| files.iter().map(|f| f.file.row_count()).sum::<u64>();
        if eagerness == Eagerness::Full {
            let mut all: Vec<_> = files().cloned().collect();
            all.sort_by_key(|file| file.file.row_count());
            while rows(&all) > limits::FILE_ROWS_MAX && all.len() > 1 {
                all.pop();
            }
            let dirty = all.iter().any(|file| dead_share(file, seq) > 0.0);
            return (all.len() > 1 || (all.len() == 1 && dirty)).then_some(all);
        }
        if let Some(file) = files().find(|file| dead_share(file, seq) >= DEAD_SHARE) {
            return Some(vec![Arc::clone(file)]);
        }
        let mut tiers: BTreeMap<u32, Vec<Arc<TableFile>>> = BTreeMap::new();
        for file in files() {
            let tier = (file.file.size_bytes / TIER_BYTES).max(1).ilog(TIER_FACTOR);
            tiers.entry(tier).or_default().push(Arc::clone(file));
        }
        tiers.into_values().find_map(|mut tier| {
            tier.sort_by_key(|file| file.file.seq_min);
            tier.truncate(FAN_IN_MAX);
            (tier.len() >= FAN_IN_MIN && rows(&tier) <= limits::FILE_ROWS_MAX).then_some(tier)
        })
    })
}

/// A merged file that is not committed yet.
#[derive(Debug)]
pub(crate) struct Merged {
    job: Job,
    /// The rows of each input that were left out, as dead.
    dead: Vec<Arc<RoaringBitmap>>,
    maps: Vec<RowMap>,
    /// `None` if no row was alive.
    file: Option<DataFile>,
}

/// Reads the inputs and writes the output. `seq` is what a manifest made durable: only rows dead by then are dropped.
///
/// # Errors
/// `Unavailable` or `Corrupt` from the store; nothing changed then.
pub(crate) async fn merge(
    store: &Store,
    id: uuid::Uuid,
    job: Job,
    seq: u64,
    thresholds: Thresholds,
) -> Result<Merged> {
    let dead: Vec<Arc<RoaringBitmap>> = job.inputs.iter().map(|file| job.dead(file, seq)).collect();
    let unified = Unified::of(store, &job.inputs).await?;
    let key = ClusterKey::new(&job.cluster_by, unified.schema());
    let deleted = job.inputs.first().is_some_and(|file| file.file.deleted);
    let spec = DataFileSpec {
        id,
        table: job.table,
        deleted,
        schema: Arc::clone(unified.schema()),
        key: key.clone(),
        overflow_paths: unified.overflow_paths().to_vec(),
        untyped_array_paths: unified.untyped_array_paths().to_vec(),
        dictionary: dictionary_columns(&job.inputs),
        row_group_rows: thresholds.row_group_rows,
    };
    let mut merge = Merge::new(store, &job.inputs, &dead, &unified, &key).await?;
    let mut writer: Option<DataFileWriter> = None;
    let mut maps: Vec<RowMap> = job
        .inputs
        .iter()
        .map(|file| vec![None; usize::try_from(file.file.row_count()).unwrap_or(usize::MAX)])
        .collect();
    let mut written = 0;
    while let Some((batch, origins)) = merge.next().await? {
        let writer = match &mut writer {
            Some(writer) => writer,
            None => writer.insert(DataFileWriter::create(store, spec.clone()).await?),
        };
        for (source, position) in origins {
            if let Some(slot) = maps.get_mut(source).and_then(|m| m.get_mut(position as usize)) {
                *slot = Some((0, written));
            }
            written += 1;
        }
        writer.write(&batch).await?;
    }
    drop(merge);
    let file = match writer {
        Some(writer) => {
            let mut file = writer.finish().await?;
            let first = job.inputs.iter().min_by_key(|input| input.file.seq_min);
            file.log_before = first.map(|input| input.file.log_before.clone()).unwrap_or_default();
            let indexes = merge_indexes(store, &job.inputs, &maps).await?;
            write_indexes(store, &mut file, indexes).await?;
            Some(file)
        }
        None => None,
    };
    Ok(Merged { job, dead, maps, file })
}

/// A column keeps its dictionary if it has one in most rows.
fn dictionary_columns(inputs: &[Arc<TableFile>]) -> BTreeSet<String> {
    let mut votes: BTreeMap<&str, i64> = BTreeMap::new();
    for file in inputs {
        let rows = i64::try_from(file.file.row_count()).unwrap_or(i64::MAX);
        for column in &file.file.columns {
            *votes.entry(&column.name).or_default() += if column.dictionary { rows } else { -rows };
        }
    }
    votes.into_iter().filter(|(_, vote)| *vote > 0).map(|(name, _)| name.to_owned()).collect()
}

/// The indexes of the inputs with the rows where they are now.
async fn merge_indexes(
    store: &Store,
    inputs: &[Arc<TableFile>],
    maps: &[RowMap],
) -> Result<IndexEntries> {
    let mut merged = IndexEntries::default();
    for (file, map) in inputs.iter().zip(maps) {
        for (kind, entries) in [
            (ObjectKind::IdIndex, &mut merged.ids),
            (ObjectKind::ExternalIndex, &mut merged.external),
            (ObjectKind::EndpointIndex, &mut merged.endpoints),
        ] {
            let Some(index) = file.read_index(store, kind).await? else { continue };
            entries.extend(index.entries().filter_map(|(key, row)| {
                map.get(row as usize).copied().flatten().map(|(_, row)| (key, row))
            }));
        }
    }
    Ok(merged)
}

/// Commits a merged file in the place of its inputs; `None` if they are not all there any more. Rows that died since it
/// was read are dead in the new file, too.
///
/// # Errors
/// `Unavailable` if the store fails, `Internal` if rows were lost on the way.
pub(crate) async fn commit(
    store: &Store,
    committer: &mut Committer,
    merged: Merged,
) -> Result<Option<(Install, oneshot::Receiver<()>)>> {
    let seq = committer.manifest().flushed_seq;
    let Some(known) = committer.entry(merged.job.table) else { return Ok(None) };
    let is_input = |entry: &FileEntry| {
        entry
            .file
            .as_ref()
            .is_some_and(|file| merged.job.inputs.iter().any(|input| input.file.id == file.id))
    };
    let mut entry = known.clone();
    let (inputs, kept): (Vec<_>, Vec<_>) = entry.files.into_iter().partition(is_input);
    if inputs.len() != merged.job.inputs.len() {
        return Ok(None);
    }
    entry.files = kept;
    let mut died = RoaringBitmap::new();
    let mut live_now = 0;
    for ((file, map), dead) in merged.job.inputs.iter().zip(&merged.maps).zip(&merged.dead) {
        let now = merged.job.dead(file, seq);
        live_now += file.file.row_count() - now.len();
        let since = now.iter().filter(|row| !dead.contains(*row));
        died.extend(since.filter_map(|row| Some(map.get(row as usize).copied().flatten()?.1)));
    }
    let row_count = merged.file.as_ref().map_or(0, DataFile::row_count);
    // Catches any row that a rewrite lost or doubled, before anybody can see it.
    if row_count - died.len() != live_now {
        return Err(Error::internal(format!(
            "compaction of table {} would change {live_now} live rows to {}",
            merged.job.table.0,
            row_count - died.len()
        )));
    }
    let mut replacement = Replacement::default();
    let mut shared = SharedObject::new(ObjectKind::Deletes, committer.new_id());
    if let Some(file) = merged.file {
        let mut stored =
            FileEntry { live_rows: live_now, file: Some(file.clone()), ..FileEntry::default() };
        if !died.is_empty() {
            shared.place(&mut stored, &encode_deletes(&died));
        }
        entry.files.push(stored);
        replacement.outputs.push(Arc::new(TableFile::new(file, Deletes::new(died))));
    }
    shared.write(store).await?;
    let table = merged.job.table;
    committer.commit(vec![entry], None).await?;
    replacement.files = merged.job.inputs.into_iter().zip(merged.maps).collect();
    let (reply, installed) = oneshot::channel();
    let tables = HashMap::from([(table, replacement)]);
    Ok(Some((Install { seq, tables, purged: Vec::new(), reply }, installed)))
}
