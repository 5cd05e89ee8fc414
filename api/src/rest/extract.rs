//! Requests in, answers out: credentials, JSON bodies with good errors, and the error body.

use crate::{
    auth::Principal,
    oauth::Resource,
    operation::Operation,
    rest::{BODY_BYTES_MAX, OPEN_ROUTES},
    service::{
        Caller, Service,
        answer::{self, RequestKey},
    },
};
use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::LengthLimitError;
use rekor_core::{
    Error, ErrorKind, limits,
    time::{Entropy, System},
};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Header that names a request in logs and in the operations log.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Header that makes a request safe to send again.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Says that an answer was given before, to the same request.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Header by which the command line names itself in the operations log.
const SOURCE: HeaderName = HeaderName::from_static("x-rekor-source");

/// An error as a response.
#[derive(Debug)]
pub(super) struct Failure(pub(super) Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Self(error) = self;
        let facts = error.kind.facts();
        if facts.http_status >= 500 {
            tracing::error!(code = facts.code, message = %error.message, "request failed");
        }
        let status =
            StatusCode::from_u16(facts.http_status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(error.body())).into_response();
        if let Some(seconds) = error.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if error.kind == ErrorKind::Unauthorized {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The answer of a handler.
pub(super) type Answer = Result<Response, Failure>;

/// Gives every request an id, taken from the client if it sent a short plain one.
pub(super) async fn request_id(mut request: Request, next: Next) -> Response {
    let given = request
        .headers()
        .get(&REQUEST_ID)
        .filter(|id| id.len() <= 64 && id.as_bytes().iter().all(u8::is_ascii_graphic))
        .cloned();
    let id = given.unwrap_or_else(|| {
        let mut random = [0; 12];
        System.fill(&mut random);
        HeaderValue::from_str(&hex::encode(random)).unwrap_or(HeaderValue::from_static("none"))
    });
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let mut response = next.run(request).await;
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Refuses bodies whose compression is not understood, where the decompressing layer would answer without a word.
pub(super) async fn known_encoding(request: Request, next: Next) -> Response {
    let given = request.headers().get(header::CONTENT_ENCODING);
    let known = |name: &str| matches!(name, "" | "identity" | "gzip" | "zstd");
    match given.map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase()) {
        Some(name) if !known(&name) => Failure(Error::new(
            ErrorKind::UnsupportedEncoding,
            format!("Content-Encoding {name:?} is not known; send gzip, zstd, or no compression."),
        ))
        .into_response(),
        _ => next.run(request).await,
    }
}

/// Recognises a request that may be sent again: one with an `Idempotency-Key`.
pub(super) async fn request_key(request: Request, next: Next) -> Response {
    match keyed(request).await {
        Ok(request) => next.run(request).await,
        Err(error) => Failure(error).into_response(),
    }
}

async fn keyed(request: Request) -> Result<Request, Error> {
    let Some(value) = request.headers().get(&IDEMPOTENCY_KEY) else { return Ok(request) };
    let key = value.to_str().unwrap_or_default().to_owned();
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let operation = Operation::of_route(request.method().as_str(), path);
    if operation.is_some_and(Operation::is_read) {
        return Ok(request);
    }
    let route = format!("{} {path}", request.method().as_str().to_ascii_lowercase());
    let is_route = operation.is_some() || OPEN_ROUTES.iter().any(|(open, _)| *open == route);
    if !is_route {
        return Ok(request);
    }
    if !operation.is_some_and(Operation::takes_key) {
        return Err(Error::validation(
            "This route takes no Idempotency-Key; those that write documents, relationships, collections and batches do.",
        ));
    }
    if key.is_empty() || key.len() > limits::IDEMPOTENCY_KEY_BYTES_MAX {
        return Err(Error::validation(format!(
            "An Idempotency-Key has 1 to {} printable ASCII characters.",
            limits::IDEMPOTENCY_KEY_BYTES_MAX
        )));
    }
    let (mut parts, body) = request.into_parts();
    let body = whole(body).await?;
    let mut hash = Sha256::new();
    let condition = parts.headers.get(header::IF_MATCH).map_or(&b""[..], HeaderValue::as_bytes);
    for part in [parts.uri.query().unwrap_or_default().as_bytes(), condition, &body] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    parts.extensions.insert(RequestKey {
        route: format!("{} {}", parts.method, parts.uri.path()),
        key,
        request_sha256: hex::encode(hash.finalize()),
    });
    Ok(Request::from_parts(parts, body.into()))
}

/// The authenticated caller.
pub(super) struct By(pub(super) Caller);

impl By {
    /// Who sent a request, by the credential that it shows for a resource.
    ///
    /// # Errors
    /// `Unauthorized`.
    pub(super) fn of(
        parts: &Parts,
        service: &Service,
        shown_for: &Resource,
    ) -> Result<Self, Failure> {
        let (principal, source) = match parts.extensions.get::<Principal>() {
            Some(local) => (local.clone(), "cli"),
            None => {
                let principal = service.authenticate(bearer(&parts.headers), shown_for)?;
                (principal, source(&parts.headers))
            }
        };
        let request_id = parts
            .headers
            .get(&REQUEST_ID)
            .and_then(|id| id.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let request = parts.extensions.get::<RequestKey>().cloned();
        Ok(Self(Caller { principal, source, request_id, request }))
    }
}

impl FromRequestParts<Arc<Service>> for By {
    type Rejection = Failure;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Failure> {
        Self::of(parts, service, &Resource::Rest)
    }
}

/// The parameters in the path.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        let path = path.map_err(|rejection| {
            Error::validation(format!("The path cannot be read: {}.", rejection.body_text()))
        })?;
        Ok(Self(path.0))
    }
}

/// The parameters in the query string.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        let query = query.map_err(|rejection| {
            Error::validation(format!(
                "The query string cannot be read: {}.",
                rejection.body_text()
            ))
        })?;
        Ok(Self(query.0))
    }
}

/// The address by which the client reached the server, for links it is to open.
pub(super) struct PublicUrl(pub(super) String);

impl FromRequestParts<Arc<Service>> for PublicUrl {
    type Rejection = Failure;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Failure> {
        if let Some(url) = &service.public_url {
            return Ok(Self(url.clone()));
        }
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        Ok(Self(format!("http://{}", host.unwrap_or("127.0.0.1:7373"))))
    }
}

/// The face a request says it comes through; only the command line says so.
fn source(headers: &HeaderMap) -> &'static str {
    if headers.get(&SOURCE).is_some_and(|value| value == "cli") { "cli" } else { "api" }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}

/// A JSON body; what is wrong with it comes with line and column.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Arc<Service>> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &Arc<Service>) -> Result<Self, Failure> {
        Ok(Self(read(&whole(request.into_body()).await?)?))
    }
}

/// A body that may be left out: the default then.
pub(super) struct MaybeBody<T>(pub(super) T);

impl<T: DeserializeOwned + Default> FromRequest<Arc<Service>> for MaybeBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &Arc<Service>) -> Result<Self, Failure> {
        let bytes = whole(request.into_body()).await?;
        Ok(Self(if bytes.is_empty() { T::default() } else { read(&bytes)? }))
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| {
        let message = if bytes.is_empty() {
            "The body is empty; a JSON object is expected.".to_owned()
        } else {
            format!("The body is not what this route takes: {error}.")
        };
        let detail = rekor_core::error::Detail::at("", error.to_string())
            .with("line", error.line() as u64)
            .with("column", error.column() as u64);
        Error::validation(message).with_detail(detail)
    })
}

/// The bytes of a body.
pub(super) async fn whole(body: axum::body::Body) -> Result<Bytes, Error> {
    axum::body::to_bytes(body, BODY_BYTES_MAX).await.map_err(|error| {
        let cause = std::error::Error::source(&error);
        let kind = if cause.is_some_and(|cause| cause.is::<LengthLimitError>()) {
            ErrorKind::PayloadTooLarge
        } else {
            ErrorKind::Validation
        };
        Error::new(kind, format!("The body could not be read: {error}. The limit is 11 MiB."))
    })
}

/// The version an `If-Match` header asks for.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Error> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim_matches('"');
    text.parse().map(Some).map_err(|_| {
        Error::validation(format!("If-Match {text:?} is no version; send the number of the ETag."))
    })
}

/// The answer to a write.
pub(super) fn written(answer: answer::Answer) -> Answer {
    let status = if answer.created { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = match answer.version {
        Some(version) => versioned(status, version, answer.body),
        None => (status, Json(answer.body)).into_response(),
    };
    if answer.replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// An answer with the version as ETag.
pub(super) fn versioned(status: StatusCode, version: u64, body: impl serde::Serialize) -> Response {
    let mut response = (status, Json(body)).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
