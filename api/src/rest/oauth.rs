//! OAuth as programs see it: metadata at the well-known paths, and the endpoints for tokens, registration and revocation.

use super::extract::{Failure, whole};
use crate::{
    oauth::{
        Resource,
        client::Metadata,
        refusal::{Reason, Refusal},
    },
    service::{
        Service,
        oauth::token::{Revocation, TokenRequest},
    },
};
use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use rekor_core::{Error, ErrorKind};
use serde::de::DeserializeOwned;
use std::sync::Arc;

type Shared = State<Arc<Service>>;

/// How long clients may keep metadata, in seconds.
const METADATA_S: &str = "public, max-age=300";

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (_, status) = self.reason.facts();
        let status = if self.retry_after_s.is_some() { 429 } else { status };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, unkept(), Json(self.body())).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.reason == Reason::InvalidClient {
            response.headers_mut().insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"rekor\""),
            );
        }
        response
    }
}

/// No cache keeps what holds a secret.
fn unkept() -> [(header::HeaderName, HeaderValue); 2] {
    [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::PRAGMA, HeaderValue::from_static("no-cache")),
    ]
}

/// What stands behind the well-known part of a path.
fn suffix<'a>(uri: &'a Uri, name: &str) -> &'a str {
    uri.path().strip_prefix("/.well-known/").and_then(|rest| rest.strip_prefix(name)).unwrap_or("")
}

fn unknown(uri: &Uri) -> Failure {
    Failure(Error::not_found(format!("There is no MCP server behind {}.", uri.path())))
}

/// `GET /.well-known/oauth-protected-resource`, and behind it the path of an MCP server.
pub(super) async fn protected_resource(
    State(service): Shared,
    uri: Uri,
) -> Result<Response, Failure> {
    let issuer = &service.oauth()?.issuer;
    let resource = issuer.described(suffix(&uri, "oauth-protected-resource"));
    let resource = resource.ok_or_else(|| unknown(&uri))?;
    Ok(([(header::CACHE_CONTROL, METADATA_S)], Json(issuer.resource_metadata(&resource)))
        .into_response())
}

/// `GET /.well-known/oauth-authorization-server`, and the path by which clients of OpenID Connect look for the same.
pub(super) async fn authorization_server(
    State(service): Shared,
    uri: Uri,
) -> Result<Response, Failure> {
    let issuer = &service.oauth()?.issuer;
    let names = ["oauth-authorization-server", "openid-configuration"];
    if !names.iter().all(|name| issuer.is_described(suffix(&uri, name))) {
        return Err(unknown(&uri));
    }
    Ok(([(header::CACHE_CONTROL, METADATA_S)], Json(issuer.server_metadata())).into_response())
}

/// A form; every parameter at most once.
async fn form<T: DeserializeOwned>(request: Request) -> Result<(HeaderMap, T), Refusal> {
    let headers = request.headers().clone();
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !media.unwrap_or_default().starts_with("application/x-www-form-urlencoded") {
        return Err(Refusal::invalid_request(
            "Send the parameters as application/x-www-form-urlencoded.",
        ));
    }
    let bytes = whole(request.into_body()).await?;
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(&bytes).into_owned().collect();
    let mut members = serde_json::Map::new();
    for (name, value) in pairs {
        if members.insert(name.clone(), value.into()).is_some() {
            return Err(Refusal::invalid_request(format!("{name} is there twice.")));
        }
    }
    let form = serde_json::from_value(members.into());
    form.map(|form| (headers, form)).map_err(|error| Refusal::invalid_request(error.to_string()))
}

/// Id and secret of `Authorization: Basic`.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    let decoded =
        STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(decoded).ok()?;
    let (id, secret) = text.split_once(':')?;
    let plain = |text: &str| {
        let pair = format!("x={text}");
        let decoded = url::form_urlencoded::parse(pair.as_bytes()).next();
        decoded.map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    Some((plain(id), plain(secret)))
}

/// Puts the credentials of the header into the form; a client says who it is in one way only.
fn identify(headers: &HeaderMap, id: &mut String, secret: &mut String) -> Result<(), Refusal> {
    if !headers.contains_key(header::AUTHORIZATION) {
        return Ok(());
    }
    let (given_id, given_secret) = basic(headers).ok_or_else(|| {
        Refusal::invalid_client("Authorization must be Basic, with id and secret.")
    })?;
    let differs = !id.is_empty() && *id != given_id;
    if differs || !secret.is_empty() {
        return Err(Refusal::invalid_request("Send id and secret in one way only."));
    }
    (*id, *secret) = (given_id, given_secret);
    Ok(())
}

/// `POST /oauth/token`.
pub(super) async fn token(State(service): Shared, request: Request) -> Result<Response, Response> {
    service.oauth().map_err(|error| Failure(error).into_response())?;
    let answered = async {
        let (headers, mut form) = form::<TokenRequest>(request).await?;
        identify(&headers, &mut form.client_id, &mut form.client_secret)?;
        service.exchange_oauth(&form).await
    };
    let answer = answered.await.map_err(IntoResponse::into_response)?;
    Ok((unkept(), Json(answer)).into_response())
}

/// `POST /oauth/revoke`.
pub(super) async fn revoke(State(service): Shared, request: Request) -> Result<Response, Response> {
    service.oauth().map_err(|error| Failure(error).into_response())?;
    let answered = async {
        let (headers, mut form) = form::<Revocation>(request).await?;
        identify(&headers, &mut form.client_id, &mut form.client_secret)?;
        service.revoke_oauth(&form).await
    };
    answered.await.map_err(IntoResponse::into_response)?;
    Ok((StatusCode::OK, unkept()).into_response())
}

/// `POST /oauth/register`.
pub(super) async fn register(
    State(service): Shared,
    request: Request,
) -> Result<Response, Response> {
    service.oauth().map_err(|error| Failure(error).into_response())?;
    let registered = async {
        let bytes = whole(request.into_body()).await?;
        let metadata: Metadata = serde_json::from_slice(&bytes).map_err(|error| {
            Refusal::new(
                Reason::InvalidClientMetadata,
                format!("The body is no client metadata in JSON: {error}."),
            )
        })?;
        service.register_client(&metadata).await
    };
    let answer = registered.await.map_err(|refusal: Refusal| refusal.into_response())?;
    Ok((StatusCode::CREATED, unkept(), Json(answer)).into_response())
}

/// A refusal at an MCP server: a client that may get a token by OAuth is told where.
pub(super) fn challenged(
    service: &Service,
    resource: &Resource,
    headers: &HeaderMap,
    failure: Failure,
) -> Response {
    let unauthorized = failure.0.kind == ErrorKind::Unauthorized;
    let mut response = failure.into_response();
    if let Some(oauth) = service.oauth.as_ref().filter(|_| unauthorized) {
        let given = headers.contains_key(header::AUTHORIZATION);
        let error = given.then_some("invalid_token");
        let challenge = oauth.issuer.challenge(resource, error, resource.suggested());
        if let Ok(value) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
    }
    response
}
