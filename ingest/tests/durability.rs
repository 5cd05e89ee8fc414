//! What was acknowledged survives: power loss on a file system that forgets un-synced data, damaged logs, full disks.

#![expect(clippy::unwrap_used, reason = "a test may")]

use bytes::Bytes;
use proptest::prelude::*;
use rekor_core::{
    ErrorKind,
    catalog::{CollectionEntry, DatabaseEntry, DatabaseTables},
    fs::{Fs, SimFs},
    id::{CollectionId, DatabaseId, RowId, TableId},
    time::Sources,
};
use rekor_ingest::{
    Engine, EngineConfig, External, Frame, OpenMode, Operation, Origin, Receipt, RowKey, WriteMode,
};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

const DOCUMENTS: TableId = TableId(100);

fn open(fs: &SimFs) -> rekor_core::Result<Arc<Engine>> {
    let config = EngineConfig {
        fs: Arc::new(fs.clone()),
        root: PathBuf::from("/data"),
        holder: "test".into(),
        sources: Sources::default(),
    };
    Engine::open(config, OpenMode::ReadWrite)
}

async fn write(engine: &Engine, operations: Vec<Operation>) -> rekor_core::Result<Receipt> {
    engine.write(Frame { origin: Origin::default(), operations }).await
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
    };
    let database = DatabaseEntry {
        id: DatabaseId::parse("d").unwrap(),
        name: "d".into(),
        description: None,
        tags: Vec::new(),
        tables,
        log_key: "00".into(),
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

/// Value and version of a live row.
fn read(engine: &Engine, name: &str) -> Option<(u32, u64)> {
    let row = engine.get(DOCUMENTS, &key(name)).filter(|row| !row.deleted)?;
    let value: serde_json::Value = serde_json::from_slice(&row.doc).unwrap();
    Some((u32::try_from(value["v"].as_u64().unwrap()).unwrap(), row.version))
}

/// Writes, loses power, reopens: is everything acknowledged still there?
fn survives(ignored: Option<&'static str>) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let fs = SimFs::default();
    fs.ignore_site(ignored);
    let engine = open(&fs).unwrap();
    runtime.block_on(async {
        set_up(&engine).await;
        for n in 0..20 {
            write(&engine, vec![upsert(&format!("k{n}"), n), upsert("all", n)]).await.unwrap();
        }
    });
    fs.crash(|_| 0);
    drop(engine);
    fs.ignore_site(None);
    let Ok(engine) = open(&fs) else { return false };
    (0..20).all(|n| read(&engine, &format!("k{n}")) == Some((n, 1)))
        && read(&engine, "all") == Some((19, 20))
}

#[test]
fn acknowledged_writes_survive_power_loss() {
    assert!(survives(None));
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
            && sites.contains("new directory"),
        "{sites:?}"
    );
    for site in sites {
        assert!(!survives(Some(site)), "the test does not notice that {site:?} is missing");
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
    let (fs, path, bytes) = small_log();
    let mut seen = 5;
    for length in (0..=bytes.len()).rev() {
        replace(&fs, &path, &bytes[..length]);
        let engine = open(&fs).unwrap();
        let version = engine.get(DOCUMENTS, &key("k")).map_or(0, |row| row.version);
        assert!(version <= seen, "a shorter log recovered more");
        seen = version;
        drop(engine);
        for entry in fs.read_dir(path.parent().unwrap()).unwrap() {
            if entry.name.ends_with(".wal") {
                fs.remove(&path.parent().unwrap().join(entry.name)).unwrap();
            }
        }
        fs.create_new(&path).unwrap();
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
                let row = engine.get(DOCUMENTS, &key("k"));
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
    Crash,
}

fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let step = prop_oneof![6 => (0_u8..6, any::<u32>()).prop_map(|(k, v)| Step::Upsert(k, v)), 2 => (0_u8..6).prop_map(Step::Delete), 1 => Just(Step::Crash)];
    prop::collection::vec(prop::collection::vec(step, 1..4), 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// The engine equals a map: batches are all or nothing, versions count every write, deletes hide, crashes lose nothing.
    #[test]
    fn the_engine_equals_a_model(batches in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let fs = SimFs::default();
        let mut engine = open(&fs).unwrap();
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
                    Step::Crash => {}
                }
            }
            if !operations.is_empty() {
                let written = runtime.block_on(write(&engine, operations));
                prop_assert_eq!(written.is_ok(), valid, "{:?}", written.err());
                if valid {
                    model = next;
                }
            }
            if batch.iter().any(|step| matches!(step, Step::Crash)) {
                fs.crash(|unsynced| unsynced / 2);
                drop(engine);
                engine = open(&fs).unwrap();
            }
            for (k, (value, version)) in &model {
                let row = engine.get(DOCUMENTS, &key(&k.to_string())).unwrap();
                prop_assert_eq!(row.version, *version);
                prop_assert_eq!(read(&engine, &k.to_string()).map(|(v, _)| v), *value);
            }
            // Scans of the snapshot hold each live row once.
            let view = engine.snapshot().table(DOCUMENTS);
            let live: usize = view.iter().flat_map(|v| &v.unflushed).flat_map(|u| u.chunks(false).unwrap()).map(|c| c.documents().count()).sum();
            prop_assert_eq!(live, model.values().filter(|row| row.0.is_some()).count());
        }
    }
}
