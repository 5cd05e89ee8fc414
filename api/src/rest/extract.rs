//! Requests in, answers out: credentials, JSON bodies with good errors, and the error body.

use crate::{
    auth::Principal,
    service::{Caller, Service},
};
use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use rekor_core::{
    Error, ErrorKind,
    time::{Entropy, System},
};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Header that names a request in logs and in the operations log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

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

/// The authenticated caller.
pub(super) struct By(pub(super) Caller);

impl FromRequestParts<Arc<Service>> for By {
    type Rejection = Failure;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &Arc<Service>,
    ) -> Result<Self, Failure> {
        if parts.headers.contains_key("idempotency-key") {
            return Err(Error::validation("Idempotency-Key is not supported by this version; use external_id for retries that are safe.").into());
        }
        let (principal, source) = match parts.extensions.get::<Principal>() {
            Some(local) => (local.clone(), "cli"),
            None => (service.authenticate(bearer(&parts.headers))?, source(&parts.headers)),
        };
        let request_id = parts
            .headers
            .get(&REQUEST_ID)
            .and_then(|id| id.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        Ok(Self(Caller { principal, source, request_id }))
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

    async fn from_request(request: Request, service: &Arc<Service>) -> Result<Self, Failure> {
        let bytes = Bytes::from_request(request, service).await.map_err(|rejection| {
            let kind = if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                ErrorKind::PayloadTooLarge
            } else {
                ErrorKind::Validation
            };
            Error::new(
                kind,
                format!("The body could not be read: {rejection}. The limit is 11 MiB."),
            )
        })?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let message = if bytes.is_empty() {
                "The body is empty; a JSON object is expected.".to_owned()
            } else {
                format!("The body is not what this route takes: {error}.")
            };
            let detail = rekor_core::error::Detail::at("", error.to_string())
                .with("line", error.line() as u64)
                .with("column", error.column() as u64);
            Failure(Error::validation(message).with_detail(detail))
        })
    }
}

/// The version an `If-Match` header asks for.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Error> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim_matches('"');
    text.parse().map(Some).map_err(|_| {
        Error::validation(format!("If-Match {text:?} is no version; send the number of the ETag."))
    })
}

/// An answer with the version as ETag.
pub(super) fn versioned(status: StatusCode, version: u64, body: impl serde::Serialize) -> Response {
    let mut response = (status, Json(body)).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
