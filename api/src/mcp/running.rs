//! Requests of a session that are worked on, so that its client can call them off: in the older era a client says so in a
//! message, and keeps the connection.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What is worked on, by the request's id as it was written. It is seldom more than one.
#[derive(Debug, Default)]
pub(super) struct Running(Mutex<Vec<(Box<str>, Arc<Notify>)>>);

/// A request that is worked on; forgotten when dropped.
#[derive(Debug)]
pub(super) struct Work<'a> {
    running: &'a Running,
    stop: Arc<Notify>,
}

impl Running {
    /// Begins to work on a request.
    pub(super) fn begin(&self, id: &str) -> Work<'_> {
        let work = Work { running: self, stop: Arc::default() };
        self.lock().push((id.into(), Arc::clone(&work.stop)));
        work
    }

    /// Calls a request off, if it is worked on; of two with one id the later.
    pub(super) fn cancel(&self, id: &str) {
        if let Some((_, stop)) = self.lock().iter().rfind(|(known, _)| **known == *id) {
            stop.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Box<str>, Arc<Notify>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Work<'_> {
    /// Resolves when the request is called off.
    pub(super) async fn is_called_off(&self) {
        self.stop.notified().await;
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        self.running.lock().retain(|(_, stop)| !Arc::ptr_eq(stop, &self.stop));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_is_called_off_by_its_id() {
        let running = Running::default();
        let (number, text) = (running.begin("1"), running.begin("\"1\""));
        running.cancel("\"2\"");
        running.cancel("\"1\"");
        text.is_called_off().await;
        let waits =
            tokio::time::timeout(std::time::Duration::from_millis(20), number.is_called_off());
        assert!(waits.await.is_err());
        let again = running.begin("1");
        drop(number);
        running.cancel("1");
        again.is_called_off().await;
        drop((again, text));
        assert!(running.lock().is_empty());
    }
}
