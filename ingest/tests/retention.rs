//! What is kept for a time: answers to frames that may be sent again, and the operations log where a database says so.

#![expect(clippy::unwrap_used, reason = "a test may")]

use bytes::Bytes;
use rekor_core::{
    Timestamp,
    catalog::{DatabaseEntry, DatabaseTables},
    fs::SimFs,
    id::{DatabaseId, RowId, TableId},
    limits,
    settings::{Retention, Settings},
    time::{Clock, Sources},
};
use rekor_ingest::{
    Engine, EngineConfig, Frame, Once, OpenMode, Operation, Origin, Receipt, RowKey, Thresholds,
};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

const RECEIPTS: TableId = TableId(76);

/// A clock that the test sets.
#[derive(Debug)]
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

fn database(name: &str) -> Operation {
    database_with(name, Retention::default())
}

fn database_with(name: &str, retention: Retention) -> Operation {
    let tables = DatabaseTables {
        collections: TableId(70),
        relationships: TableId(71),
        promotions: TableId(72),
        log: TableId(73),
        types: TableId(74),
        endpoints: TableId(78),
        versions: TableId(75),
        receipts: RECEIPTS,
    };
    let entry = DatabaseEntry {
        id: DatabaseId::parse("d").unwrap(),
        name: name.to_owned(),
        description: None,
        tags: Vec::new(),
        tables,
        log_key: "00".into(),
        settings: Settings { retention },
        base_versions: BTreeMap::new(),
    };
    Operation::PutSystem {
        table: TableId::DATABASES,
        id: RowId::parse("d").unwrap(),
        data: Bytes::from(serde_json::to_vec(&entry).unwrap()),
        if_version: None,
    }
}

/// Sends the same request; its answer is the version that it wrote.
async fn send(engine: &Engine, key: &str) -> Receipt {
    let mut frame = Frame::new(Origin::default(), vec![database("again")]);
    frame.once = Some(Once {
        table: RECEIPTS,
        id: RowId::parse(key).unwrap(),
        answer: Arc::new(|outcomes| Ok(Bytes::from(outcomes[0].row.version.to_string()))),
    });
    engine.write(frame).await.unwrap()
}

/// An engine with this clock that makes files of everything.
fn open(fs: &SimFs, clock: &Arc<SetClock>) -> Arc<Engine> {
    let runtime = tokio::runtime::Handle::current();
    let machine = Arc::new(fs.machine());
    let config = EngineConfig::local(machine, PathBuf::from("/data"), "test".into(), runtime);
    let config = EngineConfig {
        sources: Sources { clock: Arc::<SetClock>::clone(clock), ..Sources::default() },
        thresholds: Thresholds { small_table_bytes: 0, ..Thresholds::default() },
        ..config
    };
    tokio::task::block_in_place(|| Engine::open(config, OpenMode::ReadWrite)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_is_written_once_a_day_and_old_receipts_go() {
    let clock = Arc::new(SetClock(AtomicI64::new(1_800_000_000_000)));
    let engine = open(&SimFs::default(), &clock);
    engine.write(Frame::new(Origin::default(), vec![database("d")])).await.unwrap();
    let stored = async |key: &str| {
        let key = RowKey::Id(RowId::parse(key).unwrap());
        engine.get(RECEIPTS, &key).await.unwrap().is_some()
    };

    assert!(send(&engine, "k").await.earlier.is_none());
    for _ in 0..2 {
        assert_eq!(send(&engine, "k").await.earlier.as_deref(), Some(b"2".as_slice()));
        engine.compact().await.unwrap();
    }
    clock.0.fetch_add(limits::IDEMPOTENCY_KEY_MS - 1, Ordering::SeqCst);
    assert!(send(&engine, "k").await.earlier.is_some(), "a day has not passed");
    clock.0.fetch_add(1, Ordering::SeqCst);
    assert!(send(&engine, "k").await.earlier.is_none(), "a day has passed");
    assert_eq!(send(&engine, "k").await.earlier.as_deref(), Some(b"3".as_slice()));

    // One in a file, one in memory: both go once they are too old, and others stay.
    send(&engine, "filed").await;
    engine.compact().await.unwrap();
    send(&engine, "unfiled").await;
    assert!(stored("filed").await && stored("unfiled").await);
    clock.0.fetch_add(limits::IDEMPOTENCY_KEY_MS + 5_000, Ordering::SeqCst);
    send(&engine, "new").await;
    engine.compact().await.unwrap();
    assert!(!stored("filed").await && !stored("unfiled").await && !stored("k").await);
    assert!(stored("new").await && send(&engine, "new").await.earlier.is_some());
    assert_eq!(engine.check().await.problems, Vec::<String>::new());
    tokio::task::block_in_place(|| engine.close());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_database_goes_when_nobody_can_restore_it() {
    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
    let clock = Arc::new(SetClock(AtomicI64::new(1_800_000_000_000)));
    let fs = SimFs::default();
    let engine = open(&fs, &clock);
    let week = Retention { deleted_database_days: Some(7), ..Retention::default() };
    let write = async |engine: &Engine, operation: Operation| {
        engine.write(Frame::new(Origin::default(), vec![operation])).await.unwrap();
        engine.compact().await.unwrap();
    };
    let session = || Operation::PutSystem {
        table: TableId::SESSIONS,
        id: RowId::parse("s").unwrap(),
        data: Bytes::from(
            r#"{"id":"s","user":"u","secret_sha256":"00","created_at":0,"expires_at":0}"#,
        ),
        if_version: None,
    };
    write(&engine, database_with("d", week)).await;
    let key = RowKey::Id(RowId::parse("d").unwrap());
    let delete = Operation::Delete { table: TableId::DATABASES, key, if_version: None };
    write(&engine, delete).await;
    let kept = engine.check().await;

    // Seven days to restore it, and one more.
    clock.0.fetch_add(8 * DAY_MS, Ordering::SeqCst);
    write(&engine, session()).await;
    let with_session = engine.check().await;
    assert!(with_session.table_count > kept.table_count, "{with_session:?}");
    clock.0.fetch_add(1, Ordering::SeqCst);
    write(&engine, session()).await;
    let purged = engine.check().await;
    assert!(purged.table_count < with_session.table_count, "{purged:?}");
    assert_eq!(purged.problems, Vec::<String>::new());
    tokio::task::block_in_place(|| engine.close());

    drop(engine);

    // What is gone stays gone, and the rest is whole.
    let engine = open(&fs, &clock);
    let report = engine.check().await;
    assert_eq!((report.table_count, report.problems), (purged.table_count, Vec::new()));
    tokio::task::block_in_place(|| engine.close());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_loses_its_oldest_files_and_what_is_left_is_verified() {
    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
    let clock = Arc::new(SetClock(AtomicI64::new(1_800_000_000_000)));
    let fs = SimFs::default();
    let engine = open(&fs, &clock);
    let write = async |engine: &Engine, count: u32, retention: &Retention| {
        for _ in 0..count {
            let operation = database_with("d", retention.clone());
            engine.write(Frame::new(Origin::default(), vec![operation])).await.unwrap();
        }
    };
    let log = async |engine: &Engine| {
        let report = engine.verify_logs().await;
        assert_eq!(report.problems, Vec::<String>::new());
        report.logs.into_iter().find(|log| log.database == "d").unwrap()
    };
    let for_ever = Retention::default();
    write(&engine, 3, &for_ever).await;
    engine.compact().await.unwrap();
    let third = log(&engine).await;
    clock.0.fetch_add(10 * DAY_MS, Ordering::SeqCst);
    write(&engine, 2, &for_ever).await;
    engine.compact().await.unwrap();
    let whole = log(&engine).await;
    assert_eq!((whole.entry_count, whole.first_link.as_str()), (5, &*"0".repeat(64)));

    // A file each; merging them would make one that is as young as the merge.
    let five_days = Retention { operations_log_days: Some(5), ..Retention::default() };
    write(&engine, 1, &five_days).await;
    engine.flush().await.unwrap();
    clock.0.fetch_add(6 * DAY_MS, Ordering::SeqCst);
    write(&engine, 2, &five_days).await;
    engine.compact().await.unwrap();
    let rest = log(&engine).await;
    assert_eq!(rest.entry_count, 2, "what is older than five days is gone");
    assert!(rest.first_seq > third.last_seq && rest.first_link != "0".repeat(64));
    let newest = rest.link.clone();

    // The chain goes on over a restart, and nothing of it may be missing.
    tokio::task::block_in_place(|| engine.close());
    drop(engine);
    let engine = open(&fs, &clock);
    assert_eq!(log(&engine).await.link, newest);
    write(&engine, 1, &five_days).await;
    let report = log(&engine).await;
    assert_eq!((report.entry_count, report.first_link), (3, rest.first_link));
    tokio::task::block_in_place(|| engine.close());
}
