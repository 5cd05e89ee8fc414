//! The MCP server over HTTP: messages go to the handler of their place, with who sent them; sessions are opened, listened to
//! and ended.

use super::{
    Face, Handler, Visit, endpoint,
    follow::Slots,
    guard,
    outlook::Place,
    plain::{Ask, Plain},
    session::{self, SESSION_ID, Session, Sessions},
    sse::Connections,
    step_up::{self, Lacked},
};
use crate::{
    service::{Caller, Service},
    trace,
};
use axum::{
    Json,
    body::Body,
    http::{
        HeaderMap, Method, Request, StatusCode,
        header::{ALLOW, CONTENT_TYPE},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::future::BoxFuture;
use http_body_util::{BodyExt, Full};
use rekor_core::{Error, Result};
use rmcp::{
    ErrorData, ServerHandler,
    model::DiscoverResult,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json, value::RawValue};
use std::sync::Arc;

/// The part of a request that is kept as text.
#[derive(Default, Deserialize)]
pub(super) struct Envelope {
    method: Option<String>,
    id: Option<Box<RawValue>>,
    params: Option<EnvelopeParams>,
}

#[derive(Default, Deserialize)]
struct EnvelopeParams {
    arguments: Option<Box<RawValue>>,
    /// The request that a client calls off.
    #[serde(rename = "requestId")]
    request_id: Option<Box<RawValue>>,
    #[serde(rename = "_meta")]
    meta: Option<Meta>,
}

#[derive(Default, Deserialize)]
struct Meta {
    /// Set by requests of the era without sessions.
    #[serde(rename = "io.modelcontextprotocol/protocolVersion")]
    version: Option<Value>,
    /// The trace that the request belongs to.
    traceparent: Option<Value>,
}

impl Envelope {
    /// The envelope of a message; empty for what is none.
    pub(super) fn of(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    fn is(&self, method: &str) -> bool {
        self.method.as_deref() == Some(method)
    }

    fn meta(&self) -> Option<&Meta> {
        self.params.as_ref()?.meta.as_ref()
    }

    /// The arguments of a call, as they came.
    pub(super) fn take_arguments(&mut self) -> Option<Arc<RawValue>> {
        self.params.as_mut()?.arguments.take().map(Arc::from)
    }
}

/// The MCP server over HTTP.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) service: Arc<Service>,
    plain: Handler,
    plain_endpoints: endpoint::Handler,
    admin: StreamableHttpService<Handler, NeverSessionManager>,
    endpoints: StreamableHttpService<endpoint::Handler, NeverSessionManager>,
    pub(super) sessions: Arc<Sessions>,
    pub(super) slots: Arc<Slots>,
    pub(super) old: Arc<Connections>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl Server {
    /// The server; requests may be so long.
    pub(crate) fn new(service: Arc<Service>, body_bytes_max: usize) -> Self {
        // Host and Origin are checked by `guard`, which knows the server's public name.
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .disable_allowed_hosts()
            .with_max_request_body_bytes(body_bytes_max);
        let never = Arc::new(NeverSessionManager::default());
        let slots = Arc::new(Slots::default());
        let admin = Handler { service: Arc::clone(&service), slots: Arc::clone(&slots) };
        let endpoint =
            endpoint::Handler { service: Arc::clone(&service), slots: Arc::clone(&slots) };
        Self {
            service,
            plain: admin.clone(),
            plain_endpoints: endpoint.clone(),
            admin: StreamableHttpService::new(
                move || Ok(admin.clone()),
                Arc::clone(&never),
                config.clone(),
            ),
            endpoints: StreamableHttpService::new(move || Ok(endpoint.clone()), never, config),
            sessions: Arc::default(),
            slots,
            old: Arc::default(),
        }
    }

    /// Refuses names and pages that are not the server's own, before anything else is looked at.
    ///
    /// # Errors
    /// `Forbidden`.
    pub(crate) fn guard(&self, headers: &HeaderMap) -> Result<()> {
        let service = &self.service;
        guard::check(headers, service.public_url.as_deref(), &service.cors_origins)
    }

    /// Answers a request of an authenticated caller, to an endpoint if it names one.
    ///
    /// # Errors
    /// `NotFound` for a session that is not there, `RateLimited` if too many listen.
    pub(crate) async fn answer(
        &self,
        caller: Caller,
        (slug, face): (Option<String>, Face),
        parts: Parts,
        body: Bytes,
    ) -> Result<Response> {
        let (caller, place) = (caller.through("mcp"), Place { slug, face });
        if parts.method == Method::POST
            && let Some(plain) = Plain::of(&parts.headers, &body)
        {
            return Box::pin(self.at_once(plain, caller, place, &parts.headers)).await;
        }
        Box::pin(self.the_long_way(caller, place, parts, body)).await
    }

    /// Answers a request of any sort.
    ///
    /// # Errors
    /// `NotFound` for a session that is not there, `RateLimited` if too many listen.
    async fn the_long_way(
        &self,
        caller: Caller,
        place: Place,
        parts: Parts,
        body: Bytes,
    ) -> Result<Response> {
        let mut envelope = Envelope::of(&body);
        trace::note(envelope.meta().and_then(|meta| meta.traceparent.as_ref()));
        let opens = envelope.is("initialize");
        let is_older = !opens && envelope.meta().is_none_or(|meta| meta.version.is_none());
        let session = if is_older { self.session(&parts.headers, &caller, &place)? } else { None };
        match (&parts.method, &session) {
            (&Method::GET, Some(session)) => {
                let session = Arc::clone(session);
                return session::stream(&self.service, &self.slots, caller, session);
            }
            (&Method::DELETE, Some(session)) => {
                self.sessions.end(session);
                return Ok(StatusCode::NO_CONTENT.into_response());
            }
            _ => {}
        }
        let arguments = envelope.take_arguments();
        let span = tracing::Span::current();
        let lacked = Lacked::default();
        let visit = Visit { caller, place, session, lacked, arguments, span };
        if opens {
            let (caller, place) = (visit.caller.clone(), visit.place.clone());
            let answer = self.carry(visit, parts, body).await;
            return self.with_session(&caller, place, answer).await;
        }
        let answer = self.work(&envelope, visit.clone(), parts, body).await;
        Ok(self.stepping_up(answer, &visit))
    }

    /// The session that a request names.
    ///
    /// # Errors
    /// `NotFound`, if it is not there.
    fn session(
        &self,
        headers: &HeaderMap,
        caller: &Caller,
        place: &Place,
    ) -> Result<Option<Arc<Session>>> {
        let id = headers.get(&SESSION_ID).map(|id| id.to_str().unwrap_or_default());
        id.map(|id| self.sessions.find(id, caller, place)).transpose()
    }

    /// Answers a plain request.
    ///
    /// # Errors
    /// `NotFound` for a session that is not there.
    async fn at_once(
        &self,
        plain: Plain<'_>,
        caller: Caller,
        place: Place,
        headers: &HeaderMap,
    ) -> Result<Response> {
        let session = match &plain.ask {
            Ask::Call { .. } if !plain.is_modern => self.session(headers, &caller, &place)?,
            _ => None,
        };
        let (span, lacked) = (tracing::Span::current(), Lacked::default());
        let visit = Visit { caller, place, session, lacked, arguments: None, span };
        let at_endpoint = visit.place.slug.is_some();
        match &plain.ask {
            Ask::Initialize(request) => {
                let greeting = if at_endpoint {
                    self.plain_endpoints.greet(request, &visit)
                } else {
                    self.plain.negotiate_initialize(request)
                };
                let session = greeting.is_ok().then_some((&visit.caller, visit.place.clone()));
                let answer = plain.answer(greeting);
                Ok(match session {
                    Some((caller, place)) => self.in_session(answer, caller, place),
                    None => answer,
                })
            }
            Ask::Discover => Ok(plain.answer(if at_endpoint {
                self.plain_endpoints.introduce(&visit)
            } else {
                let versions = self.plain.supported_protocol_versions().into_owned();
                Ok(DiscoverResult::from_server_info(versions, self.plain.get_info()))
            })),
            Ask::Call { name, arguments } => {
                let called: BoxFuture<'_, _> = if at_endpoint {
                    Box::pin(self.plain_endpoints.answer(name, *arguments, &visit))
                } else {
                    Box::pin(self.plain.answer(name, *arguments, &visit))
                };
                let session = visit.session.as_deref();
                let outcome = unless_called_off(session, plain.id(), called).await;
                Ok(match outcome {
                    Some(outcome) => self.stepping_up(plain.answer_call(outcome), &visit),
                    None => called_off(),
                })
            }
        }
    }

    /// The answer, as a challenge if something was refused for want of a permission that the client can ask for.
    fn stepping_up(&self, answer: Response, visit: &Visit) -> Response {
        let (principal, resource) = (&visit.caller.principal, visit.place.resource());
        match self.service.step_up(principal, &resource, visit.lacked.permissions()) {
            Some(challenge) => step_up::challenged(answer, &challenge),
            None => answer,
        }
    }

    /// The answer to `initialize`, with a session if there is room for one.
    fn in_session(&self, mut answer: Response, caller: &Caller, place: Place) -> Response {
        if let Some(session) = self.sessions.open(&self.service, caller, place) {
            answer.headers_mut().insert(SESSION_ID, session.header());
        }
        answer
    }

    /// Answers a message, unless its session calls it off.
    pub(super) async fn work(
        &self,
        envelope: &Envelope,
        visit: Visit,
        parts: Parts,
        body: Bytes,
    ) -> Response {
        let (session, id) = (visit.session.clone(), envelope.id.as_ref());
        let cancelled = envelope.params.as_ref().and_then(|params| params.request_id.as_ref());
        if let (true, Some(session), Some(id)) =
            (envelope.is("notifications/cancelled"), &session, cancelled)
        {
            session.running.cancel(id.get());
        }
        let session = session.as_deref().filter(|_| id.is_some());
        let id = id.map_or("", |id| id.get());
        let answer = unless_called_off(session, id, self.carry(visit, parts, body)).await;
        answer.unwrap_or_else(called_off)
    }

    /// Answers a message.
    async fn carry(&self, visit: Visit, mut parts: Parts, body: Bytes) -> Response {
        let at_endpoint = visit.place.slug.is_some();
        parts.extensions.insert(visit);
        let request = Request::from_parts(parts, Full::new(body.clone()));
        let answer = if at_endpoint {
            self.endpoints.handle(request).await
        } else {
            self.admin.handle(request).await
        };
        in_protocol(answer.map(Body::new), &body).await
    }

    /// The answer to `initialize`, with a session if it went well.
    async fn with_session(
        &self,
        caller: &Caller,
        place: Place,
        answer: Response,
    ) -> Result<Response> {
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map_err(|error| Error::internal(error.to_string()))?;
        let body = body.to_bytes();
        let message: Value = serde_json::from_slice(&body).unwrap_or_default();
        let went_well = message.get("result").is_some();
        let answer = Response::from_parts(parts, Body::from(body));
        Ok(if went_well { self.in_session(answer, caller, place) } else { answer })
    }
}

/// What comes of some work, unless the session calls the request off.
async fn unless_called_off<T>(
    session: Option<&Session>,
    id: &str,
    work: impl Future<Output = T>,
) -> Option<T> {
    let Some(session) = session else { return Some(work.await) };
    let request = session.running.begin(id);
    tokio::select! {
        // What is done at once is not waited for.
        biased;
        done = work => Some(done),
        // Dropping the work ends its query.
        () = request.is_called_off() => None,
    }
}

/// There is no answer to what was called off.
fn called_off() -> Response {
    StatusCode::ACCEPTED.into_response()
}

/// What the library's transport begins its answer with to a body that it cannot read.
const UNREADABLE: &str = "fail to deserialize request body";

/// An answer, as an error of JSON-RPC if the transport refused the request with bare text.
async fn in_protocol(answer: Response, request: &[u8]) -> Response {
    let refused = answer.status().is_client_error();
    if !refused
        || answer.headers().contains_key(CONTENT_TYPE)
        || answer.headers().contains_key(ALLOW)
    {
        return answer;
    }
    let (parts, body) = answer.into_parts();
    let text = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let unreadable = text.starts_with(UNREADABLE);
    let status = if unreadable { StatusCode::BAD_REQUEST } else { parts.status };
    let error = match (unreadable, serde_json::from_slice::<IgnoredAny>(request)) {
        (true, Err(error)) => {
            ErrorData::parse_error(format!("The body is no JSON: {error}."), None)
        }
        (true, Ok(_)) => ErrorData::invalid_request(
            "The body is no message of JSON-RPC: one object with \"jsonrpc\": \"2.0\", \"id\", \"method\" and \"params\".",
            None,
        ),
        (false, _) => ErrorData::invalid_request(text.into_owned(), None),
    };
    (status, Json(json!({"jsonrpc": "2.0", "id": null, "error": error}))).into_response()
}
