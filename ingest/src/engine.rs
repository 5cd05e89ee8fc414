//! The engine: opens a data root, takes writes, gives snapshots.

use crate::{
    catalog,
    operation::{Direction, Frame, Receipt, RowKey},
    payload::Written,
    prepare::{find, prepare},
    sequencer::{Reply, Request, Sequencer, stopped},
    version::{ShardVersion, Tables},
    wal::{self, Replayed, WalWriter},
};
use arc_swap::ArcSwap;
use rekor_core::{
    Error, ErrorKind, Result, Timestamp,
    catalog::Catalog,
    fs::{Fs, LockGuard, create_dir_all_durable},
    id::TableId,
    row::Row,
    time::Sources,
    view::Version,
};
use serde::Serialize;
use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
};
use tokio::sync::{mpsc, oneshot};

/// Frames that wait for the sequencer; more make their callers wait.
const QUEUE_FRAMES_MAX: usize = 1_024;
/// How often a frame is prepared again before it is refused.
const PREPARE_TRIES_MAX: usize = 5;

/// What an engine needs.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Where files are.
    pub fs: Arc<dyn Fs>,
    /// The data root.
    pub root: PathBuf,
    /// Text that a second opener is shown: who holds the root, and where it listens.
    pub holder: String,
    /// Time and randomness.
    pub sources: Sources,
}

/// How a root is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// With the root's lock.
    ReadWrite,
    /// Without a lock, beside a running server; sees what was durable when it opened.
    ReadOnly,
}

/// Sizes, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Highest visible sequence number.
    pub seq: u64,
    /// Databases and previews.
    pub database_count: usize,
    /// Tables with rows.
    pub table_count: usize,
    /// Row versions in memory, replaced ones included.
    pub row_count: usize,
    /// Bytes they take.
    pub memory_bytes: usize,
}

/// An open data root.
#[derive(Debug)]
pub struct Engine {
    published: Arc<ArcSwap<ShardVersion>>,
    requests: Mutex<Option<mpsc::Sender<Request>>>,
    sequencer: Mutex<Option<JoinHandle<()>>>,
    next_table: AtomicU64,
    sources: Sources,
    _lock: Option<Box<dyn LockGuard>>,
}

impl Engine {
    /// Opens a root: takes the lock, replays the log, starts the sequencer. Blocking.
    ///
    /// # Errors
    /// `Conflict` naming the holder if the root is locked, `Corrupt` if durable bytes are damaged, `Unavailable` if the
    /// root cannot be read or written.
    pub fn open(config: EngineConfig, mode: OpenMode) -> Result<Arc<Self>> {
        let wal_dir = config.root.join("shards/0/wal");
        let lock = match mode {
            OpenMode::ReadWrite => Some(lock_root(&config)?),
            OpenMode::ReadOnly if config.fs.is_dir(&wal_dir) => None,
            OpenMode::ReadOnly => {
                return Err(Error::not_found(format!(
                    "{} holds no Rekor data.",
                    config.root.display()
                )));
            }
        };
        let wal_id = wal::open_identity(&*config.fs, &wal_dir, &*config.sources.entropy)?;
        let mut recovery = Recovery {
            tables: Arc::default(),
            catalog: Arc::default(),
            last_time: Timestamp(0),
            highest_table: 0,
        };
        let repair = mode == OpenMode::ReadWrite;
        let replayed =
            wal::replay(&*config.fs, &wal_dir, wal_id, repair, &mut |header, payload| {
                recovery.apply(header.first_seq, payload)
            })?;
        if replayed.torn_bytes > 0 {
            tracing::warn!(
                bytes = replayed.torn_bytes,
                "cut off an unfinished write at the end of the log; it was never acknowledged"
            );
        }
        let writer = (mode == OpenMode::ReadWrite).then(|| {
            WalWriter::new(
                Arc::clone(&config.fs),
                wal_dir,
                wal_id,
                Arc::clone(&config.sources.entropy),
                &replayed,
            )
        });
        recovery.start(config.sources, &replayed, writer, lock)
    }

    /// The newest consistent snapshot.
    pub fn snapshot(&self) -> Arc<dyn Version> {
        self.published.load_full()
    }

    /// The first of `count` table ids that were never used.
    pub fn allocate_tables(&self, count: u64) -> TableId {
        TableId(self.next_table.fetch_add(count, Ordering::Relaxed))
    }

    /// Time and randomness of the engine.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Writes a frame: when this returns it is durable and visible, all of it.
    ///
    /// # Errors
    /// What is wrong with the first bad operation (nothing is written then), `Unavailable` when the engine is stopping or
    /// read-only, `Unknown` if the log failed.
    pub async fn write(&self, frame: Frame) -> Result<Receipt> {
        for _ in 0..PREPARE_TRIES_MAX {
            let prepared = prepare(&self.published.load(), frame.clone())?;
            let (reply, answer) = oneshot::channel();
            let sender = self
                .requests
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone()
                .ok_or_else(stopped)?;
            sender.send(Request { prepared, reply }).await.map_err(|_| stopped())?;
            match answer.await.map_err(|_| stopped())? {
                Reply::Done(receipt) => return Ok(receipt),
                Reply::Refused(error) => return Err(error),
                Reply::Stale => {}
            }
        }
        Err(Error::new(ErrorKind::Conflict, "The rows this write reads keep changing; try again."))
    }

    /// The current version of a row, tombstones included; by index, no scan.
    pub fn get(&self, table: TableId, key: &RowKey) -> Option<Arc<Row>> {
        find(&self.published.load(), table, key)
    }

    /// Live relationships at one document, oldest first; by index, no scan.
    pub fn related(
        &self,
        relationships: TableId,
        endpoint: (TableId, &str),
        direction: Direction,
        rel_type: Option<&str>,
    ) -> Vec<Arc<Row>> {
        let version = self.published.load();
        let Some(table) = version.tables.get(relationships) else { return Vec::new() };
        let mut rows = table.by_endpoint(endpoint.0, endpoint.1, version.visible_seq);
        rows.retain(|row| {
            row.edge.as_deref().is_some_and(|edge| {
                let outgoing = edge.source_table == endpoint.0 && &*edge.source_id == endpoint.1;
                let incoming = edge.target_table == endpoint.0 && &*edge.target_id == endpoint.1;
                let direction = match direction {
                    Direction::Outgoing => outgoing,
                    Direction::Incoming => incoming,
                    Direction::Both => outgoing || incoming,
                };
                direction && rel_type.is_none_or(|wanted| &*edge.rel_type == wanted)
            })
        });
        rows
    }

    /// Sizes, for people.
    pub fn stats(&self) -> Stats {
        let version = self.published.load();
        let (table_count, row_count, memory_bytes) = version.tables.totals();
        Stats {
            seq: version.visible_seq,
            database_count: version.catalog.databases.len(),
            table_count,
            row_count,
            memory_bytes,
        }
    }

    /// Takes no more writes and waits until those that were taken are answered. Blocking.
    pub fn close(&self) {
        drop(self.requests.lock().unwrap_or_else(PoisonError::into_inner).take());
        let sequencer = self.sequencer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if sequencer.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the sequencer panicked");
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.close();
    }
}

fn lock_root(config: &EngineConfig) -> Result<Box<dyn LockGuard>> {
    let failed = |error: std::io::Error| {
        Error::unavailable(format!(
            "The data root {} cannot be used: {error}.",
            config.root.display()
        ))
    };
    create_dir_all_durable(&*config.fs, &config.root).map_err(failed)?;
    let path = config.root.join("LOCK");
    config.fs.lock(&path, &config.holder).map_err(|error| {
        if error.kind() != std::io::ErrorKind::WouldBlock {
            return failed(error);
        }
        let holder = config.fs.lock_holder(&path).unwrap_or_else(|| "another process".to_owned());
        Error::conflict(format!("The data root {} is in use by {holder}. Talk to that server with --api-url, or stop it first.", config.root.display()))
    })
}

struct Recovery {
    tables: Arc<Tables>,
    catalog: Arc<Catalog>,
    last_time: Timestamp,
    highest_table: u64,
}

impl Recovery {
    fn apply(&mut self, first_seq: u64, payload: &[u8]) -> Result<()> {
        let written = Written::decode(payload, first_seq)?;
        let before = Arc::clone(&self.catalog);
        for row in &written.rows {
            self.highest_table = self.highest_table.max(row.table.0);
            catalog::apply(&mut self.catalog, row.table, &row.row)?;
        }
        let known =
            if self.catalog.roles.len() < before.roles.len() { &before } else { &self.catalog };
        self.tables.apply(known, &written);
        self.last_time = written.time;
        Ok(())
    }

    fn start(
        self,
        sources: Sources,
        replayed: &Replayed,
        writer: Option<WalWriter>,
        lock: Option<Box<dyn LockGuard>>,
    ) -> Result<Arc<Engine>> {
        let in_catalog = self.catalog.roles.keys().map(|table| table.0);
        let logs = self.catalog.databases.values().map(|database| database.entry.tables.log.0);
        let highest = in_catalog
            .chain(logs)
            .chain([self.highest_table, TableId::FIRST_FREE.0])
            .max()
            .unwrap_or_default();
        let version = ShardVersion {
            visible_seq: replayed.last_seq,
            catalog: Arc::clone(&self.catalog),
            tables: Arc::clone(&self.tables),
        };
        let published = Arc::new(ArcSwap::from_pointee(version));
        let mut requests = None;
        let mut thread = None;
        if let Some(wal) = writer {
            let (sender, receiver) = mpsc::channel(QUEUE_FRAMES_MAX);
            let sequencer = Sequencer {
                tables: self.tables,
                catalog: self.catalog,
                last_seq: replayed.last_seq,
                last_time: self.last_time,
                wal,
                sources: sources.clone(),
                published: Arc::clone(&published),
            };
            let spawned = std::thread::Builder::new()
                .name("sequencer".to_owned())
                .spawn(move || sequencer.run(receiver));
            thread = Some(spawned.map_err(|error| {
                Error::unavailable(format!("The sequencer thread did not start: {error}."))
            })?);
            requests = Some(sender);
        }
        Ok(Arc::new(Engine {
            published,
            requests: Mutex::new(requests),
            sequencer: Mutex::new(thread),
            next_table: AtomicU64::new(highest + 1),
            sources,
            _lock: lock,
        }))
    }
}
