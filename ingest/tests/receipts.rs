//! A frame that may be sent again is written once a day, and what is older than a day is dropped.

#![expect(clippy::unwrap_used, reason = "a test may")]

use bytes::Bytes;
use rekor_core::{
    Timestamp,
    catalog::{DatabaseEntry, DatabaseTables},
    fs::SimFs,
    id::{DatabaseId, RowId, TableId},
    limits,
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
    let tables = DatabaseTables {
        collections: TableId(70),
        relationships: TableId(71),
        promotions: TableId(72),
        log: TableId(73),
        types: TableId(74),
        versions: TableId(75),
        receipts: RECEIPTS,
        endpoints: TableId(78),
    };
    let entry = DatabaseEntry {
        id: DatabaseId::parse("d").unwrap(),
        name: name.to_owned(),
        description: None,
        tags: Vec::new(),
        tables,
        log_key: "00".into(),
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

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_is_written_once_a_day_and_old_receipts_go() {
    let clock = Arc::new(SetClock(AtomicI64::new(1_800_000_000_000)));
    let fs = Arc::new(SimFs::default().machine());
    let runtime = tokio::runtime::Handle::current();
    let config = EngineConfig::local(fs, PathBuf::from("/data"), "test".into(), runtime);
    let config = EngineConfig {
        sources: Sources { clock: Arc::<SetClock>::clone(&clock), ..Sources::default() },
        thresholds: Thresholds { small_table_bytes: 0, ..Thresholds::default() },
        ..config
    };
    let engine = tokio::task::block_in_place(|| Engine::open(config, OpenMode::ReadWrite)).unwrap();
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
