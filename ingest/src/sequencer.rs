//! The sequencer: one thread that orders all writes of the shard.
//!
//! It takes whatever is waiting, commits each frame against the rows in memory (which include the frames before it),
//! appends the group to the log, syncs once, publishes, and answers. Nothing waits for a timer; a lone write pays one sync.
//! Flush and compaction hand it new files to put in the place of what they were made from; it alone changes what is read.

mod resolve;

use crate::{
    engine::Thresholds,
    fence::Fence,
    maintain::Task,
    operation::{Outcome, Receipt},
    payload::{KIND_ROWS, Written},
    prepare::Prepared,
    rewrite::{Freeze, Frozen, Install},
    version::{ShardVersion, Tables, Unwritten, apply},
    wal::{FrameHeader, WalWriter},
};
use arc_swap::ArcSwap;
use rekor_core::{Error, ErrorKind, Result, Timestamp, catalog::Catalog, row::Row, time::Sources};
use resolve::{FrameBuilder, Refusal};
use std::sync::{Arc, atomic::Ordering};
use tokio::sync::{mpsc, oneshot, watch};

/// Most frames and bytes of one group.
const GROUP_FRAMES_MAX: usize = 256;
const GROUP_BYTES_MAX: usize = 16 << 20;

/// The answer to a frame.
pub(crate) enum Reply {
    /// Durable and visible.
    Done(Receipt),
    /// What preparation read is no longer true; prepare again.
    Stale,
    /// Refused; nothing was written.
    Refused(Error),
}

/// What the sequencer is asked to do.
pub(crate) enum Command {
    /// Write a frame.
    Write(Box<Request>),
    /// Set memory aside for a flush.
    Freeze(Freeze),
    /// Put new files in the place of what they were made from.
    Install(Box<Install>),
}

/// A frame on its way to the sequencer.
pub(crate) struct Request {
    pub(crate) prepared: Prepared,
    pub(crate) reply: oneshot::Sender<Reply>,
}

/// The state only the sequencer changes.
pub(crate) struct Sequencer {
    pub(crate) tables: Arc<Tables>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) unwritten: Arc<Unwritten>,
    pub(crate) last_seq: u64,
    pub(crate) last_time: Timestamp,
    /// Where a flush is asked for.
    pub(crate) tasks: std::sync::mpsc::Sender<Task>,
    pub(crate) flush_asked: bool,
    pub(crate) thresholds: Thresholds,
    /// Whether this is still the only writer; on a shared store only.
    pub(crate) fence: Option<Fence>,
    pub(crate) wal: WalWriter,
    pub(crate) sources: Sources,
    pub(crate) published: Arc<ArcSwap<ShardVersion>>,
    /// The names as published last, for whoever waits for a change of them.
    pub(crate) names: watch::Sender<Arc<Catalog>>,
}

/// What became of a frame.
enum Committed {
    /// It is decided.
    Rows(Written, Vec<Outcome>),
    /// It was written before; its receipt.
    Earlier(Arc<Row>),
}

struct Group {
    frames: Vec<(FrameHeader, Vec<u8>)>,
    done: Vec<(oneshot::Sender<Reply>, Receipt)>,
    bytes: usize,
}

impl Sequencer {
    /// Runs until every sender is gone.
    pub(crate) fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        while let Some(mut command) = commands.blocking_recv() {
            let mut group = Group { frames: Vec::new(), done: Vec::new(), bytes: 0 };
            let other = loop {
                match command {
                    Command::Write(request) => self.commit(*request, &mut group),
                    other => break Some(other),
                }
                if group.frames.len() >= GROUP_FRAMES_MAX || group.bytes >= GROUP_BYTES_MAX {
                    break None;
                }
                let Ok(next) = commands.try_recv() else { break None };
                command = next;
            };
            self.finish(group);
            match other {
                Some(Command::Freeze(freeze)) => self.freeze(freeze),
                Some(Command::Install(install)) => self.install(*install),
                Some(Command::Write(_)) | None => {}
            }
        }
    }

    /// Starts new memtables where they are large. Everything before is durable and published.
    fn freeze(&mut self, freeze: Freeze) {
        self.flush_asked = false;
        let set_aside =
            freeze.set_aside(&mut self.tables, &self.catalog, self.thresholds.small_table_bytes);
        self.unwritten.freeze();
        self.wal.roll();
        self.publish();
        freeze.answer(Frozen { version: self.version(), set_aside, last_time: self.last_time });
    }

    fn install(&mut self, install: Install) {
        install.swap(&mut self.tables);
        self.publish();
        install.answer();
    }

    fn publish(&self) {
        self.published.store(Arc::new(self.version()));
        self.names.send_if_modified(|known| {
            let changed = !Arc::ptr_eq(known, &self.catalog);
            if changed {
                *known = Arc::clone(&self.catalog);
            }
            changed
        });
    }

    fn version(&self) -> ShardVersion {
        ShardVersion {
            visible_seq: self.last_seq,
            catalog: Arc::clone(&self.catalog),
            tables: Arc::clone(&self.tables),
        }
    }

    fn commit(&mut self, request: Request, group: &mut Group) {
        let Request { prepared, reply } = request;
        match self.commit_frame(&prepared) {
            Ok(Committed::Rows(written, outcomes)) => {
                let first_seq = self.last_seq + 1;
                self.last_seq += written.rows.len() as u64;
                let header = FrameHeader {
                    kind: KIND_ROWS,
                    row_count: u32::try_from(written.rows.len()).unwrap_or(u32::MAX),
                    first_seq,
                    durable_seq: 0,
                };
                let payload = written.encode();
                group.bytes += payload.len();
                group.frames.push((header, payload));
                let (seq, time) = (self.last_seq, written.time);
                group.done.push((reply, Receipt { seq, time, outcomes, earlier: None }));
            }
            // It may have been written in this very group, so it waits for the group.
            Ok(Committed::Earlier(row)) => {
                let (seq, time, earlier) = (row.seq, row.updated_at, Some(row.doc.clone()));
                group.done.push((reply, Receipt { seq, time, outcomes: Vec::new(), earlier }));
            }
            Err(Refusal::Stale) => answer(reply, Reply::Stale),
            Err(Refusal::Error(error)) => answer(reply, Reply::Refused(error)),
        }
    }

    /// Decides a frame and applies it in memory, invisible until published.
    fn commit_frame(&mut self, prepared: &Prepared) -> Result<Committed, Refusal> {
        let time = Timestamp(self.sources.clock.now().0.max(self.last_time.0));
        let (catalog, fetched) = (Arc::clone(&self.catalog), &prepared.fetched);
        let mut builder =
            FrameBuilder::new(&self.tables, catalog, fetched, &self.sources, time, self.last_seq);
        let once = prepared.frame.once.as_ref();
        if let Some(earlier) = once.map(|once| builder.earlier(once)).transpose()?.flatten() {
            return Ok(Committed::Earlier(earlier));
        }
        let fresh = |(table, version): &(_, u64)| {
            self.catalog.collection_of(*table).is_some_and(|c| c.version == *version)
        };
        if !prepared.read_set.collections.iter().all(fresh) {
            return Err(Refusal::Stale);
        }
        let outcomes = builder.resolve(prepared)?;
        if let Some(once) = once {
            builder.keep(once, &outcomes)?;
        }
        let (rows, catalog) = builder.finish();
        let written = Written { origin: Arc::new(prepared.frame.origin.clone()), time, rows };
        apply(&mut self.tables, [&self.catalog, &catalog], &written, &self.unwritten);
        self.catalog = catalog;
        self.last_time = time;
        Ok(Committed::Rows(written, outcomes))
    }

    /// Makes the group durable, publishes it and answers.
    fn finish(&mut self, group: Group) {
        if group.done.is_empty() {
            return;
        }
        if let Err(error) = self.make_durable(&group.frames) {
            for (reply, _) in group.done {
                answer(reply, Reply::Refused(error.clone()));
            }
            return;
        }
        self.publish();
        for (reply, receipt) in group.done {
            answer(reply, Reply::Done(receipt));
        }
        self.ask_for_flush();
    }

    fn make_durable(&mut self, frames: &[(FrameHeader, Vec<u8>)]) -> Result<()> {
        if frames.is_empty() {
            return Ok(());
        }
        self.wal.append(frames).inspect_err(|error| {
            tracing::error!(%error, "the write-ahead log failed; this server takes no more writes");
        })?;
        let confirmed = self.fence.as_mut().map_or(Ok(()), Fence::confirm);
        confirmed.inspect_err(|error| {
            tracing::error!(%error, "this server does not own its data root any more");
            self.wal.poison();
        })
    }

    /// Memory that is worth a flush is flushed, one flush at a time.
    fn ask_for_flush(&mut self) {
        let active = self.unwritten.active.load(Ordering::Relaxed);
        if active >= self.thresholds.memtable_bytes && !self.flush_asked {
            self.flush_asked = true;
            drop(self.tasks.send(Task::Flush));
        }
    }
}

/// A caller that went away does not need its answer.
fn answer(reply: oneshot::Sender<Reply>, with: Reply) {
    drop(reply.send(with));
}

/// The error of a caller whose frame never reached the sequencer.
pub(crate) fn stopped() -> Error {
    Error::new(ErrorKind::Unavailable, "The server is stopping; try again when it is back.")
}
