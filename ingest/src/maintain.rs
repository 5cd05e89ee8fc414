//! The threads behind the sequencer: one flushes memory to files, one merges files. They talk to the sequencer by its own
//! queue, and commit manifests one at a time.

use crate::{
    commit::Committer,
    compact::{self, Eagerness},
    engine::Thresholds,
    flush::{Flushed, flush},
    rewrite::Freeze,
    sequencer::{Command, stopped},
    version::{ShardVersion, Unwritten},
    wal,
};
use arc_swap::ArcSwap;
use object_store::path::Path;
use rekor_core::{Error, Result, Timestamp, fs::Fs, limits, store::Store};
use std::{
    path::PathBuf,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::{Mutex, Notify, mpsc, oneshot},
};

/// Time after which a failed flush is tried again.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// What the flushing thread is asked to do.
#[derive(Debug)]
pub(crate) enum Task {
    /// Flush because memory fills up.
    Flush,
    /// Flush, and say when it is durable.
    FlushNow(oneshot::Sender<Result<()>>),
    /// Flush what is left and end.
    Stop,
}

/// What both threads need.
#[derive(Debug)]
pub(crate) struct Maintenance {
    pub(crate) store: Store,
    pub(crate) fs: Arc<dyn Fs>,
    pub(crate) wal_dir: PathBuf,
    pub(crate) committer: Arc<Mutex<Committer>>,
    pub(crate) published: Arc<ArcSwap<ShardVersion>>,
    pub(crate) unwritten: Arc<Unwritten>,
    pub(crate) next_table: Arc<AtomicU64>,
    /// Told when a flush freed memory.
    pub(crate) freed: Arc<Notify>,
    /// The sequencer's queue; gone when maintenance has ended.
    pub(crate) commands: RwLock<Option<mpsc::Sender<Command>>>,
    /// Objects that nobody reads any more.
    pub(crate) garbage: Garbage,
    pub(crate) thresholds: Thresholds,
    /// Whether other machines can reach the root.
    pub(crate) shared: bool,
    pub(crate) runtime: Handle,
}

/// A queue of objects to remove.
pub(crate) type Garbage =
    (std::sync::mpsc::Sender<Vec<Path>>, std::sync::Mutex<Receiver<Vec<Path>>>);

/// An empty queue.
pub(crate) fn garbage() -> Garbage {
    let (sender, receiver) = std::sync::mpsc::channel();
    (sender, std::sync::Mutex::new(receiver))
}

impl Maintenance {
    /// The flushing thread: ends after a last flush when told to stop.
    pub(crate) fn run_flushes(
        &self,
        tasks: &Receiver<Task>,
        wake_compaction: &std::sync::mpsc::Sender<()>,
    ) {
        let mut interval = limits::FLUSH_INTERVAL;
        loop {
            let task = tasks.recv_timeout(interval);
            let outcome = self.flush_if_dirty();
            if let Err(error) = &outcome {
                tracing::error!(%error, "flushing failed; the write-ahead log keeps what is not flushed");
            }
            interval = if outcome.is_ok() { limits::FLUSH_INTERVAL } else { RETRY_INTERVAL };
            if let Err(error) = self.remove_garbage() {
                tracing::warn!(%error, "old objects could not be removed");
            }
            let _stopped = wake_compaction.send(());
            match task {
                Ok(Task::FlushNow(reply)) => drop(reply.send(outcome)),
                Ok(Task::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(Task::Flush) | Err(RecvTimeoutError::Timeout) => {}
            }
        }
        self.commands.write().unwrap_or_else(PoisonError::into_inner).take();
        if self.shared {
            let released =
                self.runtime.block_on(async { self.committer.lock().await.release().await });
            if let Err(error) = released {
                tracing::warn!(%error, "the root could not be released; the next server will wait");
            }
        }
    }

    /// The compacting thread: looks for work whenever a flush ended.
    pub(crate) fn run_compactions(&self, wakes: &Receiver<()>) {
        while wakes.recv().is_ok() {
            loop {
                match self.runtime.block_on(self.compact_once(Eagerness::Tiered)) {
                    Ok(true) if self.command_queue().is_ok() => {}
                    Ok(_) => break,
                    Err(error) => {
                        if self.command_queue().is_ok() {
                            tracing::error!(%error, "compaction failed; the files stay as they are");
                        }
                        break;
                    }
                }
            }
        }
    }

    fn command_queue(&self) -> Result<mpsc::Sender<Command>> {
        let queue = self.commands.read().unwrap_or_else(PoisonError::into_inner).clone();
        queue.ok_or_else(stopped)
    }

    fn flush_if_dirty(&self) -> Result<()> {
        self.runtime.block_on(async {
            let mut committer = self.committer.lock().await;
            if self.published.load().visible_seq <= committer.manifest().flushed_seq {
                return Ok(());
            }
            self.flush(&mut committer).await
        })
    }

    async fn flush(&self, committer: &mut Committer) -> Result<()> {
        let commands = self.command_queue()?;
        let (reply, frozen) = oneshot::channel();
        commands.send(Command::Freeze(Freeze { reply })).await.map_err(|_| stopped())?;
        let frozen = frozen.await.map_err(|_| stopped())?;
        let next_table = self.next_table.load(Ordering::Relaxed);
        let Flushed { install, installed } =
            flush(&self.store, committer, &frozen, next_table, self.thresholds).await?;
        let tables = &frozen.version.tables;
        let purged: Vec<_> =
            install.purged.iter().filter_map(|table| tables.get(table)).cloned().collect();
        commands.send(Command::Install(Box::new(install))).await.map_err(|_| stopped())?;
        installed.await.map_err(|_| stopped())?;
        for file in purged.iter().flat_map(|table| table.files.iter()) {
            file.retire(self.garbage.0.clone());
        }
        self.unwritten.flushed();
        self.freed.notify_waiters();
        wal::remove_through(&*self.fs, &self.wal_dir, frozen.version.visible_seq)
    }

    /// Merges files everywhere until each table has one clean file per kind.
    ///
    /// # Errors
    /// As the store says; what was merged before stays merged.
    pub(crate) async fn compact_all(&self) -> Result<usize> {
        let mut count = 0;
        while self.compact_once(Eagerness::Full).await? {
            count += 1;
        }
        Ok(count)
    }

    /// Runs one job; answers whether there was one.
    async fn compact_once(&self, eagerness: Eagerness) -> Result<bool> {
        let version = self.published.load_full();
        let (id, seq, time) = {
            let committer = self.committer.lock().await;
            let manifest = committer.manifest();
            (committer.new_id(), manifest.flushed_seq, Timestamp(manifest.last_time_ms))
        };
        let Some(job) = compact::next_job(&version, eagerness, time) else { return Ok(false) };
        let inputs = job.inputs.clone();
        let merged = compact::merge(&self.store, id, job, seq, self.thresholds).await?;
        let mut committer = self.committer.lock().await;
        let committed = compact::commit(&self.store, &mut committer, merged).await?;
        let Some((install, installed)) = committed else { return Ok(true) };
        let commands = self.command_queue()?;
        commands.send(Command::Install(Box::new(install))).await.map_err(|_| stopped())?;
        installed.await.map_err(|_| stopped())?;
        inputs.iter().for_each(|file| file.retire(self.garbage.0.clone()));
        Ok(true)
    }

    /// Removes the objects of files that no snapshot reads any more.
    fn remove_garbage(&self) -> Result<()> {
        let queue = self.garbage.1.lock().unwrap_or_else(PoisonError::into_inner);
        let paths: Vec<Path> = queue.try_iter().flatten().collect();
        drop(queue);
        self.runtime.block_on(self.store.delete(paths))
    }
}

/// The error of a writer that waited too long for memory.
pub(crate) fn overloaded() -> Error {
    let mut error = Error::new(
        rekor_core::ErrorKind::RateLimited,
        "Writes come faster than they can be stored; try again in a few seconds.",
    );
    error.retry_after_s = Some(2);
    error
}
