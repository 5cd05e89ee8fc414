//! The sequencer: one thread that orders all writes of the shard.
//!
//! It takes whatever is waiting, commits each frame against the rows in memory (which include the frames before it),
//! appends the group to the log, syncs once, publishes, and answers. Nothing waits for a timer; a lone write pays one sync.

mod resolve;

use crate::{
    catalog,
    operation::{Outcome, Receipt},
    payload::{KIND_ROWS, Written},
    prepare::Prepared,
    version::{ShardVersion, Tables},
    wal::{FrameHeader, WalWriter},
};
use arc_swap::ArcSwap;
use rekor_core::{Error, ErrorKind, Result, Timestamp, catalog::Catalog, time::Sources};
use resolve::FrameBuilder;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

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

/// A frame on its way to the sequencer.
pub(crate) struct Request {
    pub(crate) prepared: Prepared,
    pub(crate) reply: oneshot::Sender<Reply>,
}

/// The state only the sequencer changes.
pub(crate) struct Sequencer {
    pub(crate) tables: Arc<Tables>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) last_seq: u64,
    pub(crate) last_time: Timestamp,
    pub(crate) wal: WalWriter,
    pub(crate) sources: Sources,
    pub(crate) published: Arc<ArcSwap<ShardVersion>>,
}

struct Group {
    frames: Vec<(FrameHeader, Vec<u8>)>,
    done: Vec<(oneshot::Sender<Reply>, Receipt)>,
    bytes: usize,
}

impl Sequencer {
    /// Runs until every sender is gone.
    pub(crate) fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        while let Some(request) = requests.blocking_recv() {
            let mut group = Group { frames: Vec::new(), done: Vec::new(), bytes: 0 };
            self.commit(request, &mut group);
            while group.frames.len() < GROUP_FRAMES_MAX && group.bytes < GROUP_BYTES_MAX {
                let Ok(request) = requests.try_recv() else { break };
                self.commit(request, &mut group);
            }
            self.finish(group);
        }
    }

    fn commit(&mut self, request: Request, group: &mut Group) {
        let Request { prepared, reply } = request;
        match self.commit_frame(&prepared) {
            Ok(Some((written, outcomes))) => {
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
                group
                    .done
                    .push((reply, Receipt { seq: self.last_seq, time: written.time, outcomes }));
            }
            Ok(None) => answer(reply, Reply::Stale),
            Err(error) => answer(reply, Reply::Refused(error)),
        }
    }

    /// Decides a frame and applies it in memory, invisible until published. `None` if it must be prepared again.
    fn commit_frame(&mut self, prepared: &Prepared) -> Result<Option<(Written, Vec<Outcome>)>> {
        let fresh = |(table, version): &(_, u64)| {
            self.catalog.collection_of(*table).is_some_and(|c| c.version == *version)
        };
        if !prepared.read_set.collections.iter().all(fresh) {
            return Ok(None);
        }
        let time = Timestamp(self.sources.clock.now().0.max(self.last_time.0));
        let mut builder =
            FrameBuilder::new(&self.tables, &self.catalog, &self.sources, time, self.last_seq);
        let Some(outcomes) = builder.resolve(prepared)? else { return Ok(None) };
        let written = Written {
            origin: Arc::new(prepared.frame.origin.clone()),
            time,
            rows: builder.into_rows(),
        };
        let mut catalog = Arc::clone(&self.catalog);
        for row in &written.rows {
            catalog::apply(&mut catalog, row.table, &row.row)?;
        }
        // A deleted database or collection is logged under the catalog that still knows it.
        let known =
            if catalog.roles.len() < self.catalog.roles.len() { &self.catalog } else { &catalog };
        self.tables.apply(known, &written);
        self.catalog = catalog;
        self.last_time = time;
        Ok(Some((written, outcomes)))
    }

    /// Makes the group durable, publishes it and answers.
    fn finish(&mut self, group: Group) {
        if group.frames.is_empty() {
            return;
        }
        if let Err(error) = self.wal.append(&group.frames) {
            tracing::error!(%error, "the write-ahead log failed; this server takes no more writes");
            for (reply, _) in group.done {
                answer(reply, Reply::Refused(error.clone()));
            }
            return;
        }
        self.published.store(Arc::new(ShardVersion {
            visible_seq: self.last_seq,
            catalog: Arc::clone(&self.catalog),
            tables: Arc::clone(&self.tables),
        }));
        for (reply, receipt) in group.done {
            answer(reply, Reply::Done(receipt));
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
