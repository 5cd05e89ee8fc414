//! The transport before streamable HTTP: a stream of server-sent events that says where messages are to be posted, and carries
//! the answers. Off unless the server is told otherwise, because its clients put the token into the address.

use super::{
    Face, Visit,
    outlook::Place,
    server::{Envelope, Server},
    session::{self, Session, Stream, event_stream},
    step_up::Lacked,
};
use crate::service::Caller;
use axum::{
    body::Body,
    http::{Request, header},
    response::Response,
};
use bytes::Bytes;
use http_body_util::BodyExt;
use rekor_core::{Error, ErrorKind, Result, limits};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::{Semaphore, mpsc};

/// Messages of one client that are worked on, and answers that wait for it.
const MESSAGES_MAX: usize = 64;

/// The clients that are connected, by session.
#[derive(Debug, Default)]
pub(super) struct Connections(Mutex<HashMap<String, Arc<Connection>>>);

/// A client that is connected.
#[derive(Debug)]
struct Connection {
    caller: Caller,
    place: Place,
    session: Arc<Session>,
    answers: mpsc::Sender<String>,
    working: Arc<Semaphore>,
    /// The version of the protocol that was settled.
    version: Mutex<Option<String>>,
}

/// What a client gets.
struct Events {
    server: Server,
    id: String,
    opening: Option<String>,
    answers: mpsc::Receiver<String>,
    news: Stream,
}

impl Drop for Events {
    fn drop(&mut self) {
        let mut all = self.server.old.0.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = all.remove(&self.id);
        drop(all);
        if let Some(gone) = gone {
            self.server.sessions.end(&gone.session);
        }
    }
}

impl Events {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(opening) = self.opening.take() {
            return Some(opening.into());
        }
        tokio::select! {
            answer = self.answers.recv() => Some(message(&answer?).into()),
            news = self.news.next() => news,
        }
    }
}

fn message(text: &str) -> String {
    format!("event: message\ndata: {text}\n\n")
}

impl Server {
    /// Connects a client: the first event says where its messages go.
    ///
    /// # Errors
    /// `RateLimited`, if too many are connected.
    pub(crate) fn connect(&self, caller: Caller, face: Face) -> Result<Response> {
        let caller = caller.through("mcp");
        let place = Place { slug: None, face };
        let session = self.sessions.open(&self.service, &caller, place.clone());
        let session = session.ok_or_else(|| {
            let full = format!("{} clients are connected already.", limits::MCP_SESSIONS_MAX);
            Error::new(ErrorKind::RateLimited, full)
        })?;
        let news =
            session::follow(&self.service, &self.slots, caller.clone(), Arc::clone(&session))
                .inspect_err(|_| self.sessions.end(&session))?;
        let (sender, answers) = mpsc::channel(MESSAGES_MAX);
        let connection = Connection {
            caller,
            place,
            session: Arc::clone(&session),
            answers: sender,
            working: Arc::new(Semaphore::new(MESSAGES_MAX)),
            version: Mutex::default(),
        };
        let id = session.id().to_owned();
        let mut all = self.old.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(id.clone(), Arc::new(connection));
        drop(all);
        let opening = format!("event: endpoint\ndata: /sse/messages?session={id}\n\n");
        let events = Events { server: self.clone(), id, opening: Some(opening), answers, news };
        let events = futures::stream::unfold(events, |mut events| async move {
            let event = events.next().await?;
            Some((Ok::<_, std::convert::Infallible>(event), events))
        });
        Ok(event_stream(Body::from_stream(events)))
    }

    /// Takes a message of a connected client; its answer goes to the client's stream.
    ///
    /// # Errors
    /// `NotFound` for a client that is not connected, `RateLimited` if it does not wait for answers, `Unauthorized` once its
    /// credential is worth nothing.
    pub(crate) fn deliver(&self, id: &str, request_id: String, body: Bytes) -> Result<()> {
        let all = self.old.0.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = all.get(id).cloned();
        drop(all);
        let connection = connection.ok_or_else(|| {
            Error::not_found("There is no such connection; open /sse again and use the address of its first event.")
        })?;
        let principal = self.service.renewed(&connection.caller.principal)?;
        let caller = Caller { principal, request_id, ..connection.caller.clone() };
        let permit = Arc::clone(&connection.working).try_acquire_owned().map_err(|_| {
            let waiting = format!("{MESSAGES_MAX} messages are worked on; wait for their answers.");
            Error::new(ErrorKind::RateLimited, waiting)
        })?;
        let server = self.clone();
        tokio::spawn(async move {
            tokio::select! {
                // The client went away; dropping the work ends its query.
                () = connection.answers.closed() => {}
                () = server.send_answer(&connection, caller, body) => {}
            }
            drop(permit);
        });
        Ok(())
    }

    async fn send_answer(&self, connection: &Connection, caller: Caller, body: Bytes) {
        let message: Value = serde_json::from_slice(&body).unwrap_or_default();
        let answered = self.answer_older(connection, caller, body).await;
        let id = message.get("id").filter(|_| message.get("method").is_some());
        let answer = match answered {
            Ok(answer) if answer.get("jsonrpc").is_some() => answer,
            // What was called off has no answer, and notifications have none; a message without a meaning has one.
            Ok(Value::String(nothing)) if nothing.is_empty() => return,
            _ if id.is_none() && message.get("method").is_some() => return,
            Ok(other) => refusal(id, &other.to_string()),
            Err(error) => refusal(id, &error.message),
        };
        if message["method"] == "initialize" {
            let version = answer["result"]["protocolVersion"].as_str().map(str::to_owned);
            *connection.version.lock().unwrap_or_else(PoisonError::into_inner) = version;
        }
        drop(connection.answers.send(answer.to_string()).await);
    }

    async fn answer_older(
        &self,
        connection: &Connection,
        caller: Caller,
        body: Bytes,
    ) -> Result<Value> {
        let broken = |error: &dyn std::fmt::Display| Error::internal(error.to_string());
        let mut request = Request::post("/sse")
            .header(header::HOST, "localhost")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header(header::CONTENT_TYPE, "application/json");
        let version = connection.version.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(version) = version {
            request = request.header("mcp-protocol-version", version);
        }
        let (parts, ()) = request.body(()).map_err(|error| broken(&error))?.into_parts();
        let mut envelope = Envelope::of(&body);
        let visit = Visit {
            caller,
            place: connection.place.clone(),
            session: Some(Arc::clone(&connection.session)),
            arguments: envelope.take_arguments(),
            lacked: Lacked::default(),
            span: tracing::Span::none(),
        };
        let answer = self.work(&envelope, visit, parts, body).await;
        let body = answer.into_body().collect().await.map_err(|error| broken(&error))?.to_bytes();
        Ok(serde_json::from_slice(&body)
            .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&body))))
    }
}

fn refusal(id: Option<&Value>, said: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32_600, "message": said}})
}
