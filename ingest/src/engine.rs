//! The engine: opens a data root, takes writes, gives snapshots.

use crate::{
    audit::{AuditReport, verify},
    check::{CheckReport, check},
    commit::Committer,
    fence::Fence,
    maintain::{Maintenance, Task, garbage, overloaded},
    operation::{Direction, Frame, Receipt, RowKey},
    prepare::prepare,
    recover::Recovery,
    root::{prepare_root, sweep},
    sequencer::{Command, Reply, Request, Sequencer, stopped},
    version::{ShardVersion, Unwritten},
    wal::{self, Replayed, WalWriter},
};
use arc_swap::ArcSwap;
use rekor_core::{
    Error, ErrorKind, Result, Timestamp,
    catalog::Catalog,
    fs::{Fs, LockGuard, create_dir_all_durable},
    id::TableId,
    limits,
    row::Row,
    store::{RootLocation, Store},
    time::Sources,
    view::Version,
};
use serde::Serialize;
use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::{Notify, mpsc, oneshot, watch},
};
use uuid::Uuid;

/// Frames that wait for the sequencer; more make their callers wait.
const QUEUE_FRAMES_MAX: usize = 1_024;
/// How often a frame is prepared again before it is refused.
const PREPARE_TRIES_MAX: usize = 5;
/// Longer than a confirmation of ownership is good for ([`crate::fence`]).
const TAKEOVER_WAIT: Duration = Duration::from_secs(4);
/// How often a read-only open looks again while a server beside it flushes.
const READ_ONLY_TRIES_MAX: usize = 5;

/// What an engine needs.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Where the write-ahead log is.
    pub fs: Arc<dyn Fs>,
    /// Where everything else is.
    pub store: Store,
    /// The data root, for people.
    pub root: RootLocation,
    /// Directory of the write-ahead log.
    pub wal_dir: PathBuf,
    /// Text that a second opener is shown: who holds the root, and where it listens.
    pub holder: String,
    /// Time and randomness.
    pub sources: Sources,
    /// Runs what waits for the store.
    pub runtime: Handle,
    /// When memory becomes files.
    pub thresholds: Thresholds,
}

impl EngineConfig {
    /// Whether other machines can reach the root.
    fn is_shared(&self) -> bool {
        matches!(self.root, RootLocation::S3 { .. })
    }
}

/// When memory becomes files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Memory of a table from which its rows go to files of their own.
    pub small_table_bytes: usize,
    /// Memory of all tables that starts a flush.
    pub memtable_bytes: usize,
    /// Rows of a row group in a file.
    pub row_group_rows: usize,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            small_table_bytes: limits::SMALL_TABLE_BYTES,
            memtable_bytes: limits::MEMTABLE_BYTES_MAX,
            row_group_rows: limits::ROW_GROUP_ROWS_MAX,
        }
    }
}

impl EngineConfig {
    /// A root in a local directory, with its log inside.
    pub fn local(fs: Arc<dyn Fs>, root: PathBuf, holder: String, runtime: Handle) -> Self {
        Self {
            store: Store::local(Arc::clone(&fs), root.clone()),
            wal_dir: root.join("shards/0/wal"),
            root: RootLocation::Local(root),
            fs,
            holder,
            sources: Sources::default(),
            runtime,
            thresholds: Thresholds::default(),
        }
    }
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
    /// Row versions, replaced ones included.
    pub row_count: usize,
    /// Bytes of rows in memory.
    pub memory_bytes: usize,
    /// Data files.
    pub file_count: usize,
    /// Bytes of data files.
    pub file_bytes: u64,
    /// Rows of data files that are dead.
    pub dead_row_count: u64,
}

/// An open data root.
#[derive(Debug)]
pub struct Engine {
    published: Arc<ArcSwap<ShardVersion>>,
    names: watch::Sender<Arc<Catalog>>,
    store: Store,
    writer: Mutex<Option<Writer>>,
    maintenance: Option<Arc<Maintenance>>,
    unwritten: Arc<Unwritten>,
    freed: Arc<Notify>,
    next_table: Arc<AtomicU64>,
    sources: Sources,
    /// Writes pass side by side; who must be alone closes it.
    gate: tokio::sync::RwLock<()>,
    _lock: Option<Box<dyn LockGuard>>,
}

/// The queues and threads of an engine that writes.
#[derive(Debug)]
struct Writer {
    commands: mpsc::Sender<Command>,
    tasks: std::sync::mpsc::Sender<Task>,
    threads: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Opens a root: takes the lock, reads the newest manifest, replays the log after it, starts the sequencer and the
    /// threads that flush and compact. Blocking; not to be called on a thread of the runtime's own.
    ///
    /// # Errors
    /// `Conflict` naming the holder if the root is locked, `Corrupt` if durable bytes are damaged, `Unavailable` if the
    /// root cannot be read or written.
    pub fn open(config: EngineConfig, mode: OpenMode) -> Result<Arc<Self>> {
        let lock = match mode {
            OpenMode::ReadWrite => Some(lock_root(&config)?),
            OpenMode::ReadOnly if config.fs.is_dir(&config.wal_dir) => None,
            OpenMode::ReadOnly => {
                return Err(Error::not_found(format!("{} holds no Rekor data.", config.root)));
            }
        };
        let mut tries = 0;
        loop {
            let opened = Self::recover(&config, mode);
            tries += 1;
            match opened {
                Ok(recovered) => return Self::start(config, mode, recovered, lock),
                // A server beside us may have flushed between our looks at the manifest and the log.
                Err(_) if mode == OpenMode::ReadOnly && tries < READ_ONLY_TRIES_MAX => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn recover(config: &EngineConfig, mode: OpenMode) -> Result<Recovered> {
        let (fs, wal_dir, runtime) = (&*config.fs, &config.wal_dir, &config.runtime);
        let load = || Committer::load(config.store.clone(), config.sources.clone());
        if mode == OpenMode::ReadWrite {
            runtime.block_on(prepare_root(&config.store, &config.sources))?;
        }
        let mut committer = runtime.block_on(load())?;
        let wal_id = wal::open_identity(fs, wal_dir, &*config.sources.entropy)?;
        let named = &committer.manifest().wal_id;
        if !named.is_empty() && named != wal_id.as_bytes() {
            return Err(Error::conflict(format!(
                "The log in {} is not the one that continues {}: writes that were acknowledged and not flushed are in another log. \
                 Start with --wal on the directory that the last server used.",
                wal_dir.display(),
                config.root
            )));
        }
        if mode == OpenMode::ReadWrite {
            take_over(config, &mut committer, wal_id)?;
        }
        let mut recovery = runtime.block_on(Recovery::load(&config.store, &committer))?;
        let (flushed_seq, repair) = (committer.manifest().flushed_seq, mode == OpenMode::ReadWrite);
        let mut apply = |header: &wal::FrameHeader, payload: &[u8]| {
            runtime.block_on(recovery.apply(header.first_seq, payload))
        };
        let replayed = wal::replay(fs, wal_dir, wal_id, flushed_seq, repair, &mut apply)?;
        if replayed.torn_bytes > 0 {
            tracing::warn!(
                bytes = replayed.torn_bytes,
                "cut off an unfinished write at the end of the log; it was never acknowledged"
            );
        }
        Ok(Recovered {
            version: ShardVersion {
                visible_seq: replayed.last_seq,
                catalog: Arc::clone(&recovery.catalog),
                tables: Arc::clone(&recovery.tables),
            },
            last_time: recovery.last_time,
            next_table: recovery.next_table(),
            unwritten: recovery.unwritten,
            committer,
            wal_id,
            replayed,
        })
    }

    fn start(
        config: EngineConfig,
        mode: OpenMode,
        recovered: Recovered,
        lock: Option<Box<dyn LockGuard>>,
    ) -> Result<Arc<Self>> {
        let published = Arc::new(ArcSwap::from_pointee(recovered.version.clone()));
        let names = watch::Sender::new(Arc::clone(&recovered.version.catalog));
        let unwritten = Arc::new(recovered.unwritten);
        let freed = Arc::new(Notify::new());
        let next_table = Arc::new(AtomicU64::new(recovered.next_table));
        let mut engine = Self {
            published: Arc::clone(&published),
            names: names.clone(),
            store: config.store.clone(),
            writer: Mutex::new(None),
            maintenance: None,
            unwritten: Arc::clone(&unwritten),
            freed: Arc::clone(&freed),
            next_table: Arc::clone(&next_table),
            sources: config.sources.clone(),
            gate: tokio::sync::RwLock::new(()),
            _lock: lock,
        };
        if mode == OpenMode::ReadOnly {
            return Ok(Arc::new(engine));
        }
        let (committer, on_s3) = (recovered.committer, config.is_shared());
        let now_s = config.sources.clock.now().0 / 1_000;
        config.runtime.block_on(sweep(&config.store, &committer, on_s3, now_s))?;
        let fence = Fence {
            store: config.store.clone(),
            runtime: config.runtime.clone(),
            epoch: committer.manifest().epoch,
            committed: committer.committed(),
            confirmed: None,
        };
        let committer = Arc::new(tokio::sync::Mutex::new(committer));
        let (commands, receiver) = mpsc::channel(QUEUE_FRAMES_MAX);
        let wal = WalWriter::new(
            Arc::clone(&config.fs),
            config.wal_dir.clone(),
            recovered.wal_id,
            Arc::clone(&config.sources.entropy),
            &recovered.replayed,
        );
        let (tasks, task_queue) = std::sync::mpsc::channel();
        let sequencer = Sequencer {
            tables: recovered.version.tables,
            catalog: recovered.version.catalog,
            unwritten: Arc::clone(&unwritten),
            tasks: tasks.clone(),
            flush_asked: false,
            thresholds: config.thresholds,
            last_seq: recovered.version.visible_seq,
            last_time: recovered.last_time,
            wal,
            fence: on_s3.then_some(fence),
            sources: config.sources,
            published: Arc::clone(&published),
            names,
        };
        let maintenance = Arc::new(Maintenance {
            store: config.store,
            fs: config.fs,
            wal_dir: config.wal_dir,
            committer,
            published,
            unwritten,
            next_table,
            freed,
            commands: RwLock::new(Some(commands.clone())),
            garbage: garbage(),
            thresholds: config.thresholds,
            shared: on_s3,
            runtime: config.runtime,
        });
        let (wake, wakes) = std::sync::mpsc::channel();
        let (flusher, compactor) = (Arc::clone(&maintenance), Arc::clone(&maintenance));
        let threads = vec![
            spawn("sequencer", move || sequencer.run(receiver))?,
            spawn("flush", move || flusher.run_flushes(&task_queue, &wake))?,
            spawn("compaction", move || compactor.run_compactions(&wakes))?,
        ];
        engine.maintenance = Some(maintenance);
        engine.writer = Mutex::new(Some(Writer { commands, tasks, threads }));
        Ok(Arc::new(engine))
    }

    /// The newest consistent snapshot.
    pub fn snapshot(&self) -> Arc<dyn Version> {
        self.published.load_full()
    }

    /// Tells when names change: databases, collections, endpoints, credentials. A change is told once it is published, and
    /// several at once as one.
    pub fn names(&self) -> watch::Receiver<Arc<Catalog>> {
        self.names.subscribe()
    }

    /// The first of `count` table ids that were never used.
    pub fn allocate_tables(&self, count: u64) -> TableId {
        TableId(self.next_table.fetch_add(count, Ordering::Relaxed))
    }

    /// Time and randomness of the engine.
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Where the data files are.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Writes a frame: when this returns it is durable and visible, all of it.
    ///
    /// # Errors
    /// What is wrong with the first bad operation (nothing is written then), `RateLimited` when memory stays full,
    /// `Unavailable` when the engine is stopping or read-only, `Unknown` if the log failed.
    pub async fn write(&self, frame: Frame) -> Result<Receipt> {
        self.wait_for_memory().await?;
        let _among_others = self.gate.read().await;
        self.write_now(frame).await
    }

    /// Holds all other writes until the answer is dropped: what it reads stays true until it has written.
    pub async fn exclusive(&self) -> Exclusive<'_> {
        Exclusive { engine: self, _alone: self.gate.write().await }
    }

    async fn write_now(&self, frame: Frame) -> Result<Receipt> {
        for _ in 0..PREPARE_TRIES_MAX {
            let version = self.published.load_full();
            let prepared = prepare(&version, &self.store, frame.clone()).await?;
            let (reply, answer) = oneshot::channel();
            let request = Command::Write(Box::new(Request { prepared, reply }));
            self.commands()?.send(request).await.map_err(|_| stopped())?;
            match answer.await.map_err(|_| stopped())? {
                Reply::Done(receipt) => return Ok(receipt),
                Reply::Refused(error) => return Err(error),
                Reply::Stale => {}
            }
        }
        Err(Error::new(ErrorKind::Conflict, "The rows this write reads keep changing; try again."))
    }

    fn commands(&self) -> Result<mpsc::Sender<Command>> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.as_ref().map(|writer| writer.commands.clone()).ok_or_else(stopped)
    }

    /// Slows writers down to what the store takes.
    async fn wait_for_memory(&self) -> Result<()> {
        let wait = async {
            loop {
                let freed = self.freed.notified();
                if self.unwritten.total() < limits::MEMTABLES_BYTES_MAX {
                    return;
                }
                freed.await;
            }
        };
        if self.unwritten.total() < limits::MEMTABLES_BYTES_MAX {
            return Ok(());
        }
        tokio::time::timeout(limits::WRITE_WAIT_MAX, wait).await.map_err(|_| overloaded())
    }

    /// The current version of a row, tombstones included; by index, no scan.
    ///
    /// # Errors
    /// `Unavailable` or `Corrupt`, if a data file cannot be read.
    pub async fn get(&self, table: TableId, key: &RowKey) -> Result<Option<Arc<Row>>> {
        self.published.load_full().find(&self.store, table, key).await
    }

    /// Live relationships at one document, oldest first; by index, no scan.
    ///
    /// # Errors
    /// `Unavailable` or `Corrupt`, if a data file cannot be read.
    pub async fn related(
        &self,
        relationships: TableId,
        endpoint: (TableId, &str),
        direction: Direction,
        rel_type: Option<&str>,
    ) -> Result<Vec<Arc<Row>>> {
        let version = self.published.load_full();
        let mut rows = version.related(&self.store, relationships, endpoint).await?;
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
        Ok(rows)
    }

    /// Makes everything written so far durable in files.
    ///
    /// # Errors
    /// `Unavailable` if the store fails.
    pub async fn flush(&self) -> Result<()> {
        let (reply, flushed) = oneshot::channel();
        let tasks = {
            let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
            writer.as_ref().map(|writer| writer.tasks.clone()).ok_or_else(stopped)?
        };
        tasks.send(Task::FlushNow(reply)).map_err(|_| stopped())?;
        flushed.await.map_err(|_| stopped())?
    }

    /// Flushes, then merges the files of every table into one; answers the number of merges.
    ///
    /// # Errors
    /// `Unavailable` if the store fails.
    pub async fn compact(&self) -> Result<usize> {
        self.flush().await?;
        let maintenance = self.maintenance.clone().ok_or_else(stopped)?;
        let runtime = maintenance.runtime.clone();
        // Merging is long work on the CPU.
        runtime
            .clone()
            .spawn_blocking(move || runtime.block_on(maintenance.compact_all()))
            .await
            .map_err(|error| Error::internal(error.to_string()))?
    }

    /// Looks at everything that is stored.
    pub async fn check(&self) -> CheckReport {
        check(&self.store, &self.published.load_full()).await
    }

    /// Computes the hash chains of the operations logs again.
    pub async fn verify_logs(&self) -> AuditReport {
        verify(&self.store, &self.published.load_full()).await
    }

    /// Sizes, for people.
    pub fn stats(&self) -> Stats {
        let version = self.published.load();
        let tables = version.tables.values();
        let files = || version.tables.values().flat_map(|state| state.files.iter());
        Stats {
            seq: version.visible_seq,
            database_count: version.catalog.databases.len(),
            table_count: version.tables.len(),
            row_count: tables.clone().map(|state| state.row_count()).sum(),
            memory_bytes: tables.map(|state| state.memory_bytes()).sum(),
            file_count: files().count(),
            file_bytes: files().map(|file| file.file.size_bytes).sum(),
            dead_row_count: files().map(|file| file.deletes.at(version.visible_seq).len()).sum(),
        }
    }

    /// Takes no more writes, waits until those that were taken are answered, and flushes. Blocking.
    pub fn close(&self) {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Writer { commands, tasks, threads }) = writer else { return };
        drop(commands);
        // Its thread can only be gone if it panicked, which joining it reports.
        let _gone = tasks.send(Task::Stop);
        drop(tasks);
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the engine panicked");
            }
        }
    }
}

/// The only writer for a while.
#[derive(Debug)]
pub struct Exclusive<'a> {
    engine: &'a Engine,
    _alone: tokio::sync::RwLockWriteGuard<'a, ()>,
}

impl Exclusive<'_> {
    /// As [`Engine::write`].
    ///
    /// # Errors
    /// As [`Engine::write`].
    pub async fn write(&self, frame: Frame) -> Result<Receipt> {
        self.engine.write_now(frame).await
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.close();
    }
}

/// Begins a term as the only writer. On a shared store the writer before may not know yet: it looks at the manifest at
/// least every two seconds before it acknowledges, so its log is complete a moment after this one's term began.
fn take_over(config: &EngineConfig, committer: &mut Committer, wal_id: Uuid) -> Result<()> {
    let before = committer.manifest();
    let (first, released) = (before.wal_id.is_empty(), before.released);
    if !first && !config.is_shared() {
        return Ok(());
    }
    config.runtime.block_on(committer.take_over(wal_id))?;
    if !first && !released {
        tracing::info!(
            "waiting {} s until the server before this one has noticed",
            TAKEOVER_WAIT.as_secs()
        );
        std::thread::sleep(TAKEOVER_WAIT);
    }
    Ok(())
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(|error| Error::unavailable(format!("A thread did not start: {error}.")))
}

/// What opening a root found.
struct Recovered {
    version: ShardVersion,
    last_time: Timestamp,
    next_table: u64,
    unwritten: Unwritten,
    committer: Committer,
    wal_id: Uuid,
    replayed: Replayed,
}

fn lock_root(config: &EngineConfig) -> Result<Box<dyn LockGuard>> {
    // The log's directory is local whatever the root is, so one lock there keeps two servers on this machine apart.
    let dir = match &config.root {
        RootLocation::Local(root) => root,
        RootLocation::S3 { .. } => &config.wal_dir,
    };
    let failed = |error: std::io::Error| {
        Error::unavailable(format!("{} cannot be used: {error}.", dir.display()))
    };
    create_dir_all_durable(&*config.fs, dir).map_err(failed)?;
    let path = dir.join("LOCK");
    config.fs.lock(&path, &config.holder).map_err(|error| {
        if error.kind() != std::io::ErrorKind::WouldBlock {
            return failed(error);
        }
        let holder = config.fs.lock_holder(&path).unwrap_or_else(|| "another process".to_owned());
        Error::conflict(format!("The data root {} is in use by {holder}. Talk to that server with --api-url, or stop it first.", config.root))
    })
}
