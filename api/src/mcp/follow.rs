//! Clients that listen for changes: how many may, and what wakes them. Nothing is looked at again and again; the engine says
//! when names have changed, and each listener compares what it sees then with what it saw.

use super::{
    Visit,
    outlook::{News, Outlook, Place},
};
use crate::service::{Caller, Service};
use rekor_core::{Error, ErrorKind, Result, catalog::Catalog, limits};
use rmcp::{ErrorData, service::SubscriptionContext};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// After so long without news a listener is shown to be alive, and its credential is looked at: a token may expire.
const QUIET: Duration = Duration::from_secs(15);
/// When a refused listener may come again, in seconds.
const RETRY_S: u32 = 30;

/// How many listen, by credential.
#[derive(Debug, Default)]
pub(super) struct Slots(Mutex<HashMap<String, usize>>);

/// The right to listen; given back when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    owner: String,
}

impl Slots {
    /// A slot of a credential.
    ///
    /// # Errors
    /// `RateLimited`, if too many listen.
    pub(super) fn take(self: &Arc<Self>, owner: String) -> Result<Slot> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let total: usize = taken.values().sum();
        let own = taken.entry(owner.clone()).or_default();
        let (what, most) = if *own >= limits::MCP_LISTENERS_PER_CREDENTIAL_MAX {
            ("this credential", limits::MCP_LISTENERS_PER_CREDENTIAL_MAX)
        } else if total >= limits::MCP_LISTENERS_MAX {
            ("this server", limits::MCP_LISTENERS_MAX)
        } else {
            *own += 1;
            return Ok(Slot { slots: Arc::clone(self), owner });
        };
        let message = format!(
            "{most} clients of {what} listen for changes already; close one, or ask without listening."
        );
        let mut error = Error::new(ErrorKind::RateLimited, message);
        error.retry_after_s = Some(RETRY_S);
        Err(error)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = taken.get_mut(&self.owner).map(|own| {
            *own -= 1;
            *own
        });
        if left == Some(0) {
            taken.remove(&self.owner);
        }
    }
}

/// Who a credential is, for what is kept by credential.
pub(super) fn owner(caller: &Caller) -> String {
    [caller.principal.actor_type(), ":", &caller.principal.id].concat()
}

/// What a wait for news ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Names have changed.
    Changed,
    /// Nothing happened for a while.
    Quiet,
    /// The server stops.
    Over,
}

/// A client that listens.
#[derive(Debug)]
pub(super) struct Follower {
    service: Arc<Service>,
    caller: Caller,
    place: Place,
    names: watch::Receiver<Arc<Catalog>>,
    leaving: watch::Receiver<bool>,
    _slot: Slot,
}

impl Follower {
    pub(super) fn new(service: &Arc<Service>, caller: Caller, place: Place, slot: Slot) -> Self {
        Self {
            service: Arc::clone(service),
            caller,
            place,
            names: service.engine.names(),
            leaving: service.leaving.subscribe(),
            _slot: slot,
        }
    }

    /// What it listens to.
    pub(super) fn service(&self) -> Arc<Service> {
        Arc::clone(&self.service)
    }

    /// What the client sees now; `None` once its credential is worth nothing.
    pub(super) fn outlook(&mut self, uris: &[String]) -> Option<Outlook> {
        drop(self.names.borrow_and_update());
        self.caller.principal = self.service.renewed(&self.caller.principal).ok()?;
        Some(Outlook::now(&self.service, &self.caller, &self.place, uris))
    }

    /// Waits for something to look at.
    pub(super) async fn turn(&mut self) -> Turn {
        tokio::select! {
            changed = self.names.changed() => {
                if changed.is_ok() { Turn::Changed } else { Turn::Over }
            }
            _ = self.leaving.wait_for(|leaving| *leaving) => Turn::Over,
            () = tokio::time::sleep(QUIET) => Turn::Quiet,
        }
    }
}

/// Serves `subscriptions/listen` until the client goes away, its credential is worth nothing, or the server stops.
///
/// # Errors
/// Invalid request, if too many listen.
pub(super) async fn listen(
    (service, slots): (&Arc<Service>, &Arc<Slots>),
    visit: Visit,
    context: SubscriptionContext,
) -> Result<(), ErrorData> {
    let slot = slots
        .take(owner(&visit.caller))
        .map_err(|error| ErrorData::invalid_request(error.message.clone(), Some(error.body())))?;
    let mut follower = Follower::new(service, visit.caller, visit.place, slot);
    let accepted = context.accepted();
    let uris = accepted.resource_subscriptions.clone().unwrap_or_default();
    let (tools, prompts) = (accepted.tools_list_changed, accepted.prompts_list_changed);
    let Some(mut seen) = follower.outlook(&uris) else { return Ok(()) };
    loop {
        tokio::select! {
            () = context.cancelled() => return Ok(()),
            turn = follower.turn() => if turn == Turn::Over { return Ok(()) },
        }
        let Some(now) = follower.outlook(&uris) else { return Ok(()) };
        for news in seen.learn(now) {
            let sink = context.sink();
            let sent = match news {
                News::Tools if tools == Some(true) => sink.notify_tool_list_changed().await,
                News::Prompts if prompts == Some(true) => sink.notify_prompt_list_changed().await,
                News::Resource(uri) => sink.notify_resource_updated(uri).await,
                News::Tools | News::Prompts => Ok(()),
            };
            if sent.is_err() {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_bounded_and_given_back() {
        let slots = Arc::new(Slots::default());
        let most = limits::MCP_LISTENERS_PER_CREDENTIAL_MAX;
        let mut held: Vec<Slot> =
            (0..most).map(|_| slots.take("token:a".to_owned()).unwrap()).collect();
        let refused = slots.take("token:a".to_owned()).unwrap_err();
        assert_eq!((refused.kind, refused.retry_after_s), (ErrorKind::RateLimited, Some(RETRY_S)));
        drop(slots.take("token:b".to_owned()).unwrap());
        held.pop();
        drop(slots.take("token:a".to_owned()).unwrap());
        drop(held);
        assert!(slots.0.lock().unwrap().is_empty());
    }
}
