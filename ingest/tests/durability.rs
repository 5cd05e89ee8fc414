//! What was acknowledged survives: power loss on a file system that forgets un-synced data, damaged logs, full disks.

#![expect(clippy::unwrap_used, reason = "a test may")]

use bytes::Bytes;
use proptest::prelude::*;
use rekor_core::{
    ErrorKind,
    catalog::{CollectionEntry, DatabaseEntry, DatabaseTables},
    fs::{Fs, SimFs},
    id::{CollectionId, DatabaseId, RowId, TableId},
    row::Row,
    settings::Settings,
};
use rekor_ingest::{
    Engine, EngineConfig, External, Frame, OpenMode, Operation, Origin, Receipt, RowKey,
    Thresholds, WriteMode,
};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

const DOCUMENTS: TableId = TableId(100);

/// The threads behind the engine wait for the store on this one.
fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: std::sync::OnceLock<tokio::runtime::Runtime> = std::sync::OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Runtime::new().unwrap())
}

fn open(fs: &SimFs) -> rekor_core::Result<Arc<Engine>> {
    open_with(fs, Thresholds::default())
}

/// Opens with files for every table, however small.
fn open_filing(fs: &SimFs) -> rekor_core::Result<Arc<Engine>> {
    open_with(fs, Thresholds { small_table_bytes: 0, ..Thresholds::default() })
}

fn open_with(fs: &SimFs, thresholds: Thresholds) -> rekor_core::Result<Arc<Engine>> {
    let (root, runtime) = (PathBuf::from("/data"), runtime().handle().clone());
    let fs = Arc::new(fs.machine());
    let config = EngineConfig::local(fs, root, "test".into(), runtime);
    Engine::open(EngineConfig { thresholds, ..config }, OpenMode::ReadWrite)
}

async fn write(engine: &Engine, operations: Vec<Operation>) -> rekor_core::Result<Receipt> {
    engine.write(Frame::new(Origin::default(), operations)).await
}

fn system(table: TableId, id: &str, value: &impl serde::Serialize) -> Operation {
    Operation::PutSystem {
        table,
        id: RowId::parse(id).unwrap(),
        data: Bytes::from(serde_json::to_vec(value).unwrap()),
        if_version: Some(0),
    }
}

/// A database with one collection.
async fn set_up(engine: &Engine) {
    let tables = DatabaseTables {
        collections: TableId(70),
        relationships: TableId(71),
        promotions: TableId(72),
        log: TableId(73),
        types: TableId(74),
        versions: TableId(75),
        receipts: TableId(76),
        endpoints: TableId(78),
    };
    let database = DatabaseEntry {
        id: DatabaseId::parse("d").unwrap(),
        name: "d".into(),
        description: None,
        tags: Vec::new(),
        tables,
        log_key: "00".into(),
        settings: Settings::default(),
        base_versions: BTreeMap::new(),
    };
    let collection = CollectionEntry {
        id: CollectionId::parse("c").unwrap(),
        name: "c".into(),
        description: None,
        json_schema: serde_json::json!({"type": "object"}),
        icon: None,
        color: None,
        table: DOCUMENTS,
    };
    write(engine, vec![system(TableId::DATABASES, "d", &database)]).await.unwrap();
    write(engine, vec![system(tables.collections, "c", &collection)]).await.unwrap();
}

fn upsert(key: &str, value: u32) -> Operation {
    Operation::UpsertDocument {
        table: DOCUMENTS,
        id: None,
        external: External::Set { source: None, id: key.to_owned() },
        data: Bytes::from(format!(r#"{{"v":{value}}}"#)),
        mode: WriteMode::Replace,
        if_version: None,
        must_exist: false,
    }
}

fn key(name: &str) -> RowKey {
    RowKey::External { source: String::new(), id: name.to_owned() }
}

fn get(engine: &Engine, name: &str) -> Option<Arc<Row>> {
    futures::executor::block_on(engine.get(DOCUMENTS, &key(name))).unwrap()
}

/// Value and version of a live row.
fn read(engine: &Engine, name: &str) -> Option<(u32, u64)> {
    let row = get(engine, name).filter(|row| !row.deleted)?;
    let value: serde_json::Value = serde_json::from_slice(&row.doc).unwrap();
    Some((u32::try_from(value["v"].as_u64().unwrap()).unwrap(), row.version))
}

/// Writes, flushes and merges files half-way, loses power, reopens: is everything acknowledged still there?
fn survives(ignored: Option<&'static str>, flushes: bool) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fs = SimFs::default();
    fs.ignore_site(ignored);
    let engine = open_filing(&fs).unwrap();
    runtime.block_on(async {
        set_up(&engine).await;
        for n in 0..20 {
            write(&engine, vec![upsert(&format!("k{n}"), n), upsert("all", n)]).await.unwrap();
            if flushes && n % 5 == 0 {
                engine.compact().await.unwrap();
            }
        }
    });
    fs.crash(|_| 0);
    drop(engine);
    fs.ignore_site(None);
    let Ok(engine) = open_filing(&fs) else { return false };
    (0..20).all(|n| read(&engine, &format!("k{n}")) == Some((n, 1)))
        && read(&engine, "all") == Some((19, 20))
}

#[test]
fn acknowledged_writes_survive_power_loss() {
    assert!(survives(None, false));
    assert!(survives(None, true));
}

#[test]
fn without_any_one_sync_power_loss_is_noticed() {
    let fs = SimFs::default();
    let engine = open(&fs).unwrap();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(set_up(&engine));
    drop(engine);
    let sites = fs.sites();
    assert!(
        sites.contains("wal group")
            && sites.contains("wal segment name")
            && sites.contains("new directory")
            && sites.contains("object")
            && sites.contains("object name"),
        "{sites:?}"
    );
    for site in sites {
        let noticed = !survives(Some(site), false) || !survives(Some(site), true);
        assert!(noticed, "the test does not notice that {site:?} is missing");
    }
}

#[test]
fn a_failed_sync_refuses_all_further_writes() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fs = SimFs::default();
    let engine = open(&fs).unwrap();
    runtime.block_on(async {
        set_up(&engine).await;
        write(&engine, vec![upsert("before", 1)]).await.unwrap();
        fs.fail_syncs(true);
        assert_eq!(
            write(&engine, vec![upsert("lost", 1)]).await.unwrap_err().kind,
            ErrorKind::Unknown
        );
        fs.fail_syncs(false);
        assert_eq!(
            write(&engine, vec![upsert("after", 1)]).await.unwrap_err().kind,
            ErrorKind::Unavailable
        );
        assert_eq!(read(&engine, "before"), Some((1, 1)));
        assert_eq!(read(&engine, "lost"), None);
    });
}

#[test]
fn a_full_disk_loses_nothing_acknowledged() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fs = SimFs::default();
    let engine = open(&fs).unwrap();
    let mut acknowledged = 0;
    runtime.block_on(async {
        set_up(&engine).await;
        fs.set_free_bytes(Some(3_000));
        for n in 0..200 {
            match write(&engine, vec![upsert(&format!("k{n}"), n)]).await {
                Ok(_) => acknowledged = n + 1,
                Err(error) => {
                    assert!(
                        error.message.contains("free space")
                            || error.kind == ErrorKind::Unavailable,
                        "{error}"
                    );
                    break;
                }
            }
        }
    });
    assert!(acknowledged > 0 && acknowledged < 200);
    drop(engine);
    fs.set_free_bytes(None);
    let engine = open(&fs).unwrap();
    for n in 0..acknowledged {
        assert_eq!(read(&engine, &format!("k{n}")), Some((n, 1)));
    }
}

#[test]
fn a_locked_root_names_its_holder_and_a_closed_one_opens() {
    let fs = SimFs::default();
    let engine = open(&fs).unwrap();
    assert_eq!(open(&fs).unwrap_err().kind, ErrorKind::Conflict);
    drop(engine);
    assert!(open(&fs).is_ok());
}

/// The bytes of a small log, and what each of its frames wrote.
fn small_log() -> (SimFs, PathBuf, Vec<u8>) {
    let fs = SimFs::default();
    let engine = open(&fs).unwrap();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
        set_up(&engine).await;
        for n in 0..4 {
            write(&engine, vec![upsert("k", n)]).await.unwrap();
        }
    });
    // A machine that stops has no time to flush: the log is all there is.
    fs.crash(|_| 0);
    drop(engine);
    let path = PathBuf::from("/data/shards/0/wal/00000000000000000001.wal");
    let file = fs.open(&path).unwrap();
    let bytes = file.read_at(0, usize::try_from(file.size().unwrap()).unwrap()).unwrap();
    (fs, path, bytes)
}

fn replace(fs: &SimFs, path: &std::path::Path, bytes: &[u8]) {
    fs.remove(path).unwrap();
    fs.create_new(path).unwrap().append(bytes).unwrap();
}

#[test]
fn every_truncation_recovers_a_prefix() {
    let (original, path, bytes) = small_log();
    let mut seen = 5;
    for length in (0..=bytes.len()).rev() {
        let fs = original.fork();
        replace(&fs, &path, &bytes[..length]);
        let engine = open(&fs).unwrap();
        let version = get(&engine, "k").map_or(0, |row| row.version);
        assert!(version <= seen, "a shorter log recovered more");
        seen = version;
    }
    assert_eq!(seen, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// A flipped bit is a refusal, or costs at most the last frame; it never panics and never changes a value.
    #[test]
    fn a_flipped_bit_never_changes_what_is_read(position in 0_usize..2_000, bit in 0_u8..8) {
        let (fs, path, mut bytes) = small_log();
        let position = position % bytes.len();
        bytes[position] ^= 1 << bit;
        replace(&fs, &path, &bytes);
        match open(&fs) {
            Err(error) => {
                prop_assert_eq!(error.kind, ErrorKind::Corrupt);
                prop_assert!(error.message.contains("wal") && error.message.contains("byte"), "{}", error);
            }
            Ok(engine) => {
                let row = get(&engine, "k");
                let version = row.as_ref().map_or(0, |row| row.version);
                // Only the last frame has no later one that proves it was durable.
                prop_assert_eq!(version, 3, "a damaged log recovered {} versions", version);
                prop_assert_eq!(read(&engine, "k"), Some((2, 3)));
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Upsert(u8, u32),
    Delete(u8),
    Flush,
    Compact,
    Close,
    Crash,
}

fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let step = prop_oneof![6 => (0_u8..6, any::<u32>()).prop_map(|(k, v)| Step::Upsert(k, v)), 2 => (0_u8..6).prop_map(Step::Delete), 2 => Just(Step::Flush), 1 => Just(Step::Compact), 1 => Just(Step::Close), 1 => Just(Step::Crash)];
    prop::collection::vec(prop::collection::vec(step, 1..4), 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// The engine equals a map: batches are all or nothing, versions count every write, deletes hide, crashes lose nothing.
    #[test]
    fn the_engine_equals_a_model(batches in steps(), small_table_bytes in prop_oneof![Just(0), Just(800), Just(1 << 20)]) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let fs = SimFs::default();
        let thresholds = Thresholds { small_table_bytes, row_group_rows: 2, ..Thresholds::default() };
        let mut engine = open_with(&fs, thresholds).unwrap();
        runtime.block_on(set_up(&engine));
        let mut model: BTreeMap<u8, (Option<u32>, u64)> = BTreeMap::new();
        for batch in batches {
            let mut next = model.clone();
            let mut valid = true;
            let mut operations = Vec::new();
            for step in &batch {
                match step {
                    Step::Upsert(k, v) => {
                        let version = next.get(k).map_or(0, |row| row.1);
                        next.insert(*k, (Some(*v), version + 1));
                        operations.push(upsert(&k.to_string(), *v));
                    }
                    Step::Delete(k) => {
                        match next.get(k) {
                            Some((Some(_), version)) => drop(next.insert(*k, (None, version + 1))),
                            _ => valid = false,
                        }
                        operations.push(Operation::Delete { table: DOCUMENTS, key: key(&k.to_string()), if_version: None });
                    }
                    Step::Flush | Step::Compact | Step::Close | Step::Crash => {}
                }
            }
            if !operations.is_empty() {
                let written = runtime.block_on(write(&engine, operations));
                prop_assert_eq!(written.is_ok(), valid, "{:?}", written.err());
                if valid {
                    model = next;
                }
            }
            for step in &batch {
                match step {
                    Step::Flush => runtime.block_on(engine.flush()).unwrap(),
                    Step::Compact => drop(runtime.block_on(engine.compact()).unwrap()),
                    Step::Close | Step::Crash => {
                        if matches!(step, Step::Crash) {
                            fs.crash(|unsynced| unsynced / 2);
                        }
                        drop(engine);
                        engine = open_with(&fs, thresholds).unwrap();
                    }
                    Step::Upsert(..) | Step::Delete(_) => {}
                }
            }
            for (k, (value, version)) in &model {
                let row = get(&engine, &k.to_string()).unwrap();
                prop_assert_eq!(row.version, *version);
                prop_assert_eq!(read(&engine, &k.to_string()).map(|(v, _)| v), *value);
            }
            // A scan of the snapshot holds each live row once.
            let live = model.values().filter(|row| row.0.is_some()).count();
            prop_assert_eq!(scanned(&engine), live as u64);
            let report = runtime.block_on(engine.check());
            prop_assert_eq!(report.problems, Vec::<String>::new());
        }
    }
}

/// Live rows in memory and files, as a scan sees them.
fn scanned(engine: &Engine) -> u64 {
    let snapshot = engine.snapshot();
    let Some(view) = snapshot.table(DOCUMENTS) else { return 0 };
    let chunks = view.unflushed.iter().flat_map(|unflushed| unflushed.chunks(false).unwrap());
    let memory: usize = chunks.map(|chunk| chunk.documents().count()).sum();
    let files = view.files.iter().filter(|file| !file.file.deleted);
    let stored: u64 = files.map(|file| file.file.row_count() - file.dead_rows().len()).sum();
    memory as u64 + stored
}
