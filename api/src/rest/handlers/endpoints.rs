//! Endpoints of the MCP Factory.

use super::{Page, Shared};
use crate::rest::extract::{Answer, Body, By, Path, Query, if_match, versioned, written};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use rekor_core::endpoint::EndpointConfig;
use serde::Deserialize;

pub(in crate::rest) async fn list_endpoints(
    State(service): Shared,
    By(caller): By,
    Path(db): Path<String>,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.list_endpoints(&caller, &db)?)
}

/// The query of an endpoint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct FindEndpoint {
    #[serde(default)]
    resolved: bool,
}

pub(in crate::rest) async fn get_endpoint(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    Query(find): Query<FindEndpoint>,
) -> Answer {
    let view = service.get_endpoint(&caller, &db, &id, find.resolved)?;
    Ok(versioned(StatusCode::OK, view["version"].as_u64().unwrap_or_default(), view))
}

pub(in crate::rest) async fn put_endpoint(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    headers: HeaderMap,
    Body(body): Body<EndpointConfig>,
) -> Answer {
    written(service.put_endpoint(&caller, &db, &id, body, if_match(&headers)?).await?)
}

pub(in crate::rest) async fn delete_endpoint(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    written(service.delete_endpoint(&caller, &db, &id, if_match(&headers)?).await?)
}
