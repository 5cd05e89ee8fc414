//! Routes of the MCP transport before streamable HTTP; there only where the server was told to have them.

use super::extract::{Answer, By, Failure, Query, REQUEST_ID, whole};
use crate::{
    mcp::{OldFace, Server},
    oauth::Resource,
    service::{Caller, Service},
};
use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, StatusCode, Uri},
    response::IntoResponse,
};
use serde::Deserialize;
use std::sync::Arc;

/// How a client opens its stream.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Opening {
    /// The credential, if it is not in the header.
    token: Option<String>,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    vocab: OldFace,
}

/// Where a message comes from.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sender {
    session: String,
}

fn check(service: &Service, uri: &Uri) -> Result<(), Failure> {
    if service.legacy_sse {
        return Ok(());
    }
    Err(Failure(rekor_core::Error::not_found(format!(
        "There is no route {}: this server takes no tokens in addresses. Connect to /mcp with the token in a header; or start the server with --legacy-sse for clients that cannot.",
        uri.path()
    ))))
}

fn request_id(headers: &HeaderMap) -> &str {
    headers.get(&REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default()
}

/// Opens the stream of a client.
pub(super) async fn open(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let (mut parts, _) = request.into_parts();
    let service = &server.service;
    check(service, &parts.uri)?;
    server.guard(&parts.headers)?;
    let Query(opening) = Query::<Opening>::from_request_parts(&mut parts, service).await?;
    let caller = match &opening.token {
        Some(token) => {
            let principal = service.authenticate(Some(token), &Resource::Rest)?;
            Caller::new(principal, "mcp", request_id(&parts.headers))
        }
        None => By::of(&parts, service, &Resource::Rest)?.0,
    };
    Ok(server.connect(caller, opening.vocab.face(opening.read_only))?)
}

/// Takes a message of a client; the answer goes to its stream.
pub(super) async fn message(State(server): State<Arc<Server>>, request: Request) -> Answer {
    let (mut parts, body) = request.into_parts();
    check(&server.service, &parts.uri)?;
    server.guard(&parts.headers)?;
    let Query(sender) = Query::<Sender>::from_request_parts(&mut parts, &server).await?;
    let request_id = request_id(&parts.headers).to_owned();
    let body = whole(body).await?;
    server.deliver(&sender.session, request_id, body)?;
    Ok(StatusCode::ACCEPTED.into_response())
}
