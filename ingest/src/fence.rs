//! Whether this server still owns a root that others can reach: checked before writes are acknowledged.

use rekor_core::{Error, ErrorKind, Result, manifest::Manifest, path, store::Store};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::runtime::Handle;

/// A confirmation is good for this long.
const CONFIRMED_FOR: Duration = Duration::from_secs(2);

/// Looks for the next manifest while writes arrive. A server that was frozen, or cut off, looks before it acknowledges
/// anything again.
#[derive(Debug)]
pub(crate) struct Fence {
    pub(crate) store: Store,
    pub(crate) runtime: Handle,
    /// This server's term.
    pub(crate) epoch: u64,
    /// Number of the newest manifest that this server wrote.
    pub(crate) committed: Arc<AtomicU64>,
    pub(crate) confirmed: Option<Instant>,
}

impl Fence {
    /// Confirms that no other server took over, unless that was done a moment ago.
    ///
    /// # Errors
    /// `Unknown`: the writes are in the log, but may not be in what the next owner serves.
    pub(crate) fn confirm(&mut self) -> Result<()> {
        let started = Instant::now();
        if self.confirmed.is_some_and(|at| started.duration_since(at) < CONFIRMED_FOR) {
            return Ok(());
        }
        let why = match self.runtime.block_on(self.is_owner()) {
            Ok(true) => {
                self.confirmed = Some(started);
                return Ok(());
            }
            Ok(false) => "another server took over this data root".to_owned(),
            Err(error) => format!("the data root does not answer ({error})"),
        };
        Err(Error::new(
            ErrorKind::Unknown,
            format!(
                "The outcome of this write is unknown: {why}. Ask the server that owns the root now."
            ),
        ))
    }

    async fn is_owner(&self) -> Result<bool> {
        let mut number = self.committed.load(Ordering::Acquire) + 1;
        // A commit of our own may be under way.
        while let Some(bytes) = self.store.get(&path::manifest(number)).await? {
            if Manifest::open(&bytes, path::manifest(number).as_ref())?.epoch != self.epoch {
                return Ok(false);
            }
            number += 1;
        }
        Ok(true)
    }
}
