//! A point get reads pages, not files: what the file system is asked for is counted.

#![expect(clippy::unwrap_used, reason = "a test may")]

use bytes::Bytes;
use rekor_core::{
    catalog::{CollectionEntry, DatabaseEntry, DatabaseTables},
    fs::{DirEntry, File, Fs, LockGuard, OsFs},
    id::{CollectionId, DatabaseId, RowId, TableId},
    settings::Settings,
};
use rekor_ingest::{
    Engine, EngineConfig, External, Frame, OpenMode, Operation, Origin, RowKey, Thresholds,
    WriteMode,
};
use std::{
    collections::BTreeMap,
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::SystemTime,
};

const DOCUMENTS: TableId = TableId(100);
const ROWS: usize = 60_000;

/// The operating system's files, with a count of reads.
#[derive(Debug, Default)]
struct CountingFs {
    requests: Arc<AtomicUsize>,
    bytes: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct CountingFile {
    file: Arc<dyn File>,
    requests: Arc<AtomicUsize>,
    bytes: Arc<AtomicUsize>,
}

impl File for CountingFile {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        self.file.append(bytes)
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let read = self.file.read_at(offset, length)?;
        self.requests.fetch_add(1, Ordering::SeqCst);
        self.bytes.fetch_add(read.len(), Ordering::SeqCst);
        Ok(read)
    }

    fn size(&self) -> io::Result<u64> {
        self.file.size()
    }

    fn modified(&self) -> SystemTime {
        self.file.modified()
    }

    fn sync(&self, site: &'static str) -> io::Result<()> {
        self.file.sync(site)
    }

    fn truncate(&self, size: u64) -> io::Result<()> {
        self.file.truncate(size)
    }
}

impl Fs for CountingFs {
    fn create_new(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        OsFs.create_new(path)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let (requests, bytes) = (Arc::clone(&self.requests), Arc::clone(&self.bytes));
        Ok(Arc::new(CountingFile { file: OsFs.open(path)?, requests, bytes }))
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        OsFs.hard_link(from, to)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        OsFs.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        OsFs.remove(path)
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        OsFs.read_dir(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        OsFs.create_dir(path)
    }

    fn is_dir(&self, path: &Path) -> bool {
        OsFs.is_dir(path)
    }

    fn sync_dir(&self, path: &Path, site: &'static str) -> io::Result<()> {
        OsFs.sync_dir(path, site)
    }

    fn lock(&self, path: &Path, holder: &str) -> io::Result<Box<dyn LockGuard>> {
        OsFs.lock(path, holder)
    }

    fn lock_holder(&self, path: &Path) -> Option<String> {
        OsFs.lock_holder(path)
    }
}

async fn write(engine: &Engine, operations: Vec<Operation>) {
    engine.write(Frame::new(Origin::default(), operations)).await.unwrap();
}

fn system(table: TableId, id: &str, value: &impl serde::Serialize) -> Operation {
    let data = Bytes::from(serde_json::to_vec(value).unwrap());
    Operation::PutSystem { table, id: RowId::parse(id).unwrap(), data, if_version: Some(0) }
}

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
    write(engine, vec![system(TableId::DATABASES, "d", &database)]).await;
    write(engine, vec![system(tables.collections, "c", &collection)]).await;
}

fn upsert(n: usize, value: usize) -> Operation {
    let filler = "x".repeat(300);
    Operation::UpsertDocument {
        table: DOCUMENTS,
        id: None,
        external: External::Set { source: None, id: format!("k{n}") },
        data: Bytes::from(format!(r#"{{"n":{n},"value":{value},"filler":"{n}{filler}"}}"#)),
        mode: WriteMode::Replace,
        if_version: None,
        must_exist: false,
    }
}

fn key(n: usize) -> RowKey {
    RowKey::External { source: String::new(), id: format!("k{n}") }
}

#[test]
fn a_point_get_reads_a_few_pages_and_its_own_write() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let fs = CountingFs::default();
    let (requests, bytes) = (Arc::clone(&fs.requests), Arc::clone(&fs.bytes));
    let root = directory.path().to_path_buf();
    let handle = runtime.handle().clone();
    let config = EngineConfig::local(Arc::new(fs), root, "test".into(), handle);
    let thresholds = Thresholds { small_table_bytes: 0, ..Thresholds::default() };
    let engine = Engine::open(EngineConfig { thresholds, ..config }, OpenMode::ReadWrite).unwrap();
    runtime.block_on(async {
        set_up(&engine).await;
        for start in (0..ROWS).step_by(1_000) {
            write(&engine, (start..start + 1_000).map(|n| upsert(n, 0)).collect()).await;
        }
        engine.compact().await.unwrap();
        let stored = engine.stats().file_bytes;

        // The first get reads the footer and the index of external ids; the next ones only pages.
        let row = engine.get(DOCUMENTS, &key(7)).await.unwrap().unwrap();
        let id = RowKey::Id(RowId::parse(&row.id).unwrap());
        engine.get(DOCUMENTS, &id).await.unwrap().unwrap();
        let before = (requests.load(Ordering::SeqCst), bytes.load(Ordering::SeqCst));
        let row = engine.get(DOCUMENTS, &key(31_234)).await.unwrap().unwrap();
        assert!(row.doc.starts_with(br#"{"n":31234,"#));
        let read =
            (requests.load(Ordering::SeqCst) - before.0, bytes.load(Ordering::SeqCst) - before.1);
        assert!(read.0 <= 10, "{read:?} requests and bytes");
        assert!((read.1 as u64) < stored / 4, "{read:?} of {stored} bytes");

        // A write is seen by the next get, by both keys, without a look at the file.
        write(&engine, vec![upsert(31_234, 1)]).await;
        let before = requests.load(Ordering::SeqCst);
        let changed = engine.get(DOCUMENTS, &key(31_234)).await.unwrap().unwrap();
        let id = RowKey::Id(RowId::parse(&changed.id).unwrap());
        assert_eq!((changed.version, &changed.id), (2, &row.id));
        assert_eq!(engine.get(DOCUMENTS, &id).await.unwrap().unwrap().version, 2);
        assert_eq!(requests.load(Ordering::SeqCst), before);
    });
}
