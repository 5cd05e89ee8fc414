//! When credentials were used last. Kept in memory, and now and then in an object of the store: reads never write, and a crash
//! forgets a few minutes.

use rekor_core::{
    Error, Result, Timestamp, path,
    store::{Created, Store},
};
use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// How often what changed is saved.
pub(super) const SAVE_INTERVAL: Duration = Duration::from_secs(300);

/// The last use of each credential, by its id.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    last_uses: Mutex<HashMap<String, Timestamp>>,
    changed: AtomicBool,
}

impl Usage {
    pub(crate) fn note(&self, credential: &str, now: Timestamp) {
        let mut uses = self.last_uses.lock().unwrap_or_else(PoisonError::into_inner);
        uses.insert(credential.to_owned(), now);
        self.changed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn last(&self, credential: &str) -> Option<Timestamp> {
        self.last_uses.lock().unwrap_or_else(PoisonError::into_inner).get(credential).copied()
    }

    /// What was saved last; nothing, if it cannot be read: no more is lost than some times.
    pub(super) async fn load(store: &Store) -> Self {
        let read = async {
            let Some(number) = newest(store).await? else { return Ok(HashMap::new()) };
            let bytes = store.get_existing(&path::usage(number)).await?;
            serde_json::from_slice(&bytes).map_err(|error| Error::corrupt(error.to_string()))
        };
        let last_uses: Result<HashMap<String, Timestamp>> = read.await;
        let last_uses = last_uses.unwrap_or_else(|error| {
            tracing::warn!(%error, "when credentials were used last is not known");
            HashMap::new()
        });
        Self { last_uses: Mutex::new(last_uses), changed: AtomicBool::new(false) }
    }

    /// Saves what changed, of the credentials that there still are.
    ///
    /// # Errors
    /// `Unavailable` if the store fails; it is tried again with the next change.
    pub(super) async fn save(&self, store: &Store, exists: impl Fn(&str) -> bool) -> Result<()> {
        if !self.changed.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let mut uses = self.last_uses.lock().unwrap_or_else(PoisonError::into_inner).clone();
        uses.retain(|credential, _| exists(credential));
        let bytes =
            serde_json::to_vec(&uses).map_err(|error| Error::internal(error.to_string()))?;
        let before = newest(store).await?;
        let created = store.create(&path::usage(before.map_or(1, |n| n + 1)), bytes.into()).await?;
        match (created, before) {
            (Created::Ours, Some(before)) => store.delete(vec![path::usage(before)]).await,
            // Another server was faster; what it saved is as good.
            (Created::Ours, None) | (Created::Theirs, _) => Ok(()),
        }
    }
}

async fn newest(store: &Store) -> Result<Option<u64>> {
    let saved = store.list(&path::usages()).await?;
    Ok(saved.iter().filter_map(|meta| path::usage_number(&meta.location)).max())
}
