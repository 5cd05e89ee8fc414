//! Sessions of clients that start with `initialize`. A session holds nothing that answers a request: only what its client
//! was last shown, so that it can be told of changes, on a stream of its own or when it comes back; and which requests it can
//! call off.

use super::{
    follow::{Follower, Slots, Turn, owner},
    outlook::{News, Outlook, Place},
    running::Running,
};
use crate::service::{Caller, Service};
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use rekor_core::{
    Error, Result, limits,
    time::{Entropy, System},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// Header that names a session.
pub(super) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    id: String,
    owner: String,
    place: Place,
    /// Who opened it, as they were.
    opener: Caller,
    state: Mutex<State>,
    /// Number of its newest stream: the one that gets news. Others end.
    newest: watch::Sender<u64>,
    /// Its requests that are worked on.
    pub(super) running: Running,
}

#[derive(Debug)]
struct State {
    /// What the client knows; not looked at yet where that depends on its opener alone.
    outlook: Option<Outlook>,
    /// When it was heard of last.
    used: Instant,
}

impl Session {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn touch(&self) {
        self.with(|state| state.used = Instant::now());
    }

    /// Touches it, unless it is over; whether it was not.
    fn is_touched(&self) -> bool {
        let now = Instant::now();
        self.with(|state| {
            let goes_on = !is_long_ago(state.used, now) || self.is_listening();
            if goes_on {
                state.used = now;
            }
            goes_on
        })
    }

    fn is_listening(&self) -> bool {
        self.newest.receiver_count() > 0
    }

    fn used(&self) -> Instant {
        self.with(|state| state.used)
    }

    fn is_over(&self, now: Instant) -> bool {
        is_long_ago(self.used(), now) && !self.is_listening()
    }

    /// What the client knows.
    fn known<'a>(&self, state: &'a mut State, service: &Service) -> &'a mut Outlook {
        let at_first = || Outlook::now(service, &self.opener, &self.place, &[]);
        state.outlook.get_or_insert_with(at_first)
    }

    /// Tells the client of changes of a resource from now on.
    ///
    /// # Errors
    /// Validation, if it listens to too many.
    pub(super) fn subscribe(&self, service: &Service, caller: &Caller, uri: &str) -> Result<()> {
        let uris = [uri.to_owned()];
        let now = Outlook::now(service, caller, &self.place, &uris);
        self.with(|state| {
            let known = self.known(state, service);
            let watched = known.watched();
            let is_new = !watched.iter().any(|known| known == uri);
            if is_new && watched.len() >= limits::MCP_SUBSCRIPTIONS_MAX {
                return Err(Error::validation(format!(
                    "A session listens to {} resources at most; unsubscribe from one first.",
                    limits::MCP_SUBSCRIPTIONS_MAX
                )));
            }
            known.watch(now);
            Ok(())
        })
    }

    /// Tells the client no more of a resource.
    pub(super) fn unsubscribe(&self, uri: &str) {
        self.with(|state| state.outlook.as_mut().is_some_and(|known| known.forget(uri)));
    }
}

fn is_long_ago(used: Instant, now: Instant) -> bool {
    now.saturating_duration_since(used) > limits::MCP_SESSION_IDLE
}

/// How often sessions that are over are looked for, unless there is no room.
const SWEEP: Duration = Duration::from_secs(60);

/// All sessions.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<All>);

#[derive(Debug, Default)]
struct All {
    /// By their credential and their name.
    of: HashMap<String, HashMap<String, Arc<Session>>>,
    /// When those that were over went.
    swept: Option<Instant>,
}

impl All {
    fn len(&self) -> usize {
        self.of.values().map(HashMap::len).sum()
    }

    fn own(&self, owner: &str) -> usize {
        self.of.get(owner).map_or(0, HashMap::len)
    }

    /// Whether there is no room for one more.
    fn is_full(&self, owner: &str) -> bool {
        self.own(owner) >= limits::MCP_SESSIONS_PER_CREDENTIAL_MAX
            || self.len() >= limits::MCP_SESSIONS_MAX
    }

    /// Forgets those that are over.
    fn sweep(&mut self) {
        let now = Instant::now();
        self.of.retain(|_, own| {
            own.retain(|_, session| !session.is_over(now));
            !own.is_empty()
        });
        self.swept = Some(now);
    }

    /// Ends the session that was idle for longest among those that may go; whether there was one.
    fn make_room(&mut self, owner: &str) -> bool {
        let only = self.own(owner) >= limits::MCP_SESSIONS_PER_CREDENTIAL_MAX;
        let may_go = self.of.iter().filter(|(whose, _)| !only || *whose == owner);
        let mut longest_idle: Option<(Instant, &Arc<Session>)> = None;
        for session in may_go.flat_map(|(_, own)| own.values()) {
            let used = session.used();
            // Few are asked whether they listen: this may be done for a thousand, and all others wait.
            if longest_idle.is_none_or(|(least, _)| used < least) && !session.is_listening() {
                longest_idle = Some((used, session));
            }
        }
        let longest_idle = longest_idle.map(|(_, session)| Arc::clone(session));
        longest_idle.is_some_and(|session| self.remove(&session))
    }

    fn remove(&mut self, session: &Session) -> bool {
        self.of.get_mut(&session.owner).is_some_and(|own| own.remove(&session.id).is_some())
    }
}

impl Sessions {
    /// Opens a session; `None` if there are too many and all of them listen: its client does without notifications then.
    pub(super) fn open(
        &self,
        service: &Service,
        caller: &Caller,
        place: Place,
    ) -> Option<Arc<Session>> {
        // What an endpoint offers may change at any time.
        let opener = caller.clone();
        let outlook = place.slug.is_some().then(|| Outlook::now(service, &opener, &place, &[]));
        let mut random = [0; 32];
        System.fill(&mut random);
        let session = Arc::new(Session {
            id: hex::encode(random),
            owner: owner(caller),
            place,
            opener,
            state: Mutex::new(State { outlook, used: Instant::now() }),
            newest: watch::Sender::new(0),
            running: Running::default(),
        });
        self.keep(Arc::clone(&session)).then_some(session)
    }

    fn keep(&self, session: Arc<Session>) -> bool {
        let mut all = self.lock();
        if all.swept.is_none_or(|swept| swept.elapsed() >= SWEEP) {
            all.sweep();
        }
        if all.is_full(&session.owner) && !all.make_room(&session.owner) {
            return false;
        }
        let own = all.of.entry(session.owner.clone()).or_default();
        own.insert(session.id.clone(), session);
        true
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A caller's session. That of another caller, or of another place, does not exist for it.
    ///
    /// # Errors
    /// `NotFound`.
    pub(super) fn find(&self, id: &str, caller: &Caller, place: &Place) -> Result<Arc<Session>> {
        let own = self.lock().of.get(&owner(caller)).and_then(|own| own.get(id)).cloned();
        let own = own.filter(|own| own.place == *place && own.is_touched());
        own.ok_or_else(|| {
            Error::not_found("There is no such session: it has ended, was idle for an hour, or the server was started anew. Send initialize again.")
        })
    }

    /// Ends a session and its stream.
    pub(super) fn end(&self, session: &Session) {
        self.lock().remove(session);
        session.newest.send_replace(u64::MAX);
    }
}

impl Session {
    /// Its name: a secret of its client.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Its name, for the header.
    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.id).unwrap_or(HeaderValue::from_static("none"))
    }
}

/// A stream of a session's news.
pub(super) struct Stream {
    session: Arc<Session>,
    follower: Follower,
    newest: watch::Receiver<u64>,
    number: u64,
    is_open: bool,
}

/// The answer to `GET`: server-sent events of what changes for a session, until a newer stream takes its place, the
/// session ends, its credential is worth nothing, or the server stops.
///
/// # Errors
/// `RateLimited`, if too many listen.
pub(super) fn stream(
    service: &Arc<Service>,
    slots: &Arc<Slots>,
    caller: Caller,
    session: Arc<Session>,
) -> Result<Response> {
    let stream = follow(service, slots, caller, session)?;
    let events = futures::stream::unfold(stream, |mut stream| async move {
        let event = stream.next().await?;
        Some((Ok::<_, std::convert::Infallible>(event), stream))
    });
    Ok(event_stream(Body::from_stream(events)))
}

/// The news of a session, as server-sent events. The streams that it had end.
///
/// # Errors
/// `RateLimited`, if too many listen.
pub(super) fn follow(
    service: &Arc<Service>,
    slots: &Arc<Slots>,
    caller: Caller,
    session: Arc<Session>,
) -> Result<Stream> {
    let slot = slots.take(owner(&caller))?;
    let follower = Follower::new(service, caller, session.place.clone(), slot);
    let mut newest = session.newest.subscribe();
    session.newest.send_modify(|number| *number = number.saturating_add(1));
    let number = *newest.borrow_and_update();
    Ok(Stream { session, follower, newest, number, is_open: false })
}

/// An answer of server-sent events, which nobody in between keeps or holds back.
pub(super) fn event_stream(body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-cache"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, body).into_response()
}

/// A comment, which clients leave out: it opens a stream, or shows that the server is there.
pub(super) const SIGN_OF_LIFE: Bytes = Bytes::from_static(b": rekor\n\n");

impl Stream {
    /// The next event; none once it is over. It may be dropped while it waits: nothing gets lost.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        if !self.is_open {
            self.is_open = true;
            return Some(SIGN_OF_LIFE);
        }
        loop {
            if *self.newest.borrow_and_update() != self.number {
                return None;
            }
            self.session.touch();
            let (session, service) = (&self.session, self.follower.service());
            let watched = session.with(|state| session.known(state, &service).watched());
            let now = self.follower.outlook(&watched)?;
            let news = session.with(|state| session.known(state, &service).learn(now));
            if !news.is_empty() {
                return Some(news.iter().map(event).collect::<String>().into());
            }
            let turn = tokio::select! {
                turn = self.follower.turn() => turn,
                changed = self.newest.changed() => {
                    if changed.is_ok() { Turn::Changed } else { Turn::Over }
                }
            };
            match turn {
                Turn::Changed => {}
                Turn::Quiet => return Some(SIGN_OF_LIFE),
                Turn::Over => return None,
            }
        }
    }
}

fn event(news: &News) -> String {
    format!("event: message\ndata: {}\n\n", news.notification())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(owner: &str, number: usize, idle: Duration) -> Arc<Session> {
        let used = Instant::now().checked_sub(idle).unwrap();
        Arc::new(Session {
            id: format!("{owner}{number}"),
            owner: owner.to_owned(),
            place: Place { slug: None, face: crate::mcp::Face::default() },
            opener: Caller::new(crate::auth::Principal::local(), "mcp", ""),
            state: Mutex::new(State { outlook: None, used }),
            newest: watch::Sender::new(0),
            running: Running::default(),
        })
    }

    fn ids(sessions: &Sessions) -> Vec<String> {
        let all = sessions.lock();
        let mut ids: Vec<String> = all.of.values().flat_map(HashMap::keys).cloned().collect();
        ids.sort();
        ids
    }

    #[test]
    fn idle_sessions_are_forgotten_and_listening_ones_are_not() {
        let (sessions, long) = (Sessions::default(), limits::MCP_SESSION_IDLE * 2);
        let listening = session("a", 1, long);
        let _stream = listening.newest.subscribe();
        assert!(sessions.keep(listening));
        assert!(sessions.keep(session("a", 2, long)));
        sessions.lock().swept = None;
        assert!(sessions.keep(session("b", 3, long / 4)));
        assert_eq!(ids(&sessions), ["a1", "b3"]);
    }

    #[test]
    fn a_credential_that_opens_many_loses_its_own() {
        let (sessions, most) = (Sessions::default(), limits::MCP_SESSIONS_PER_CREDENTIAL_MAX);
        let second = Duration::from_secs(1);
        assert!(sessions.keep(session("b", 0, second * 1_800)));
        for number in 0..most {
            assert!(sessions.keep(session("a", number, second * 900)));
        }
        assert!(sessions.keep(session("a", most, second)));
        let all = ids(&sessions);
        assert_eq!(all.len(), most + 1, "one went");
        assert!(all.contains(&"b0".to_owned()), "not that of another");
        // If all of them listen there is no room.
        let all: Vec<Arc<Session>> =
            sessions.lock().of.values().flat_map(HashMap::values).cloned().collect();
        let _streams: Vec<_> = all.iter().map(|session| session.newest.subscribe()).collect();
        assert!(!sessions.keep(session("a", most + 1, second)));
        assert!(sessions.keep(session("c", 0, second)));
    }
}
