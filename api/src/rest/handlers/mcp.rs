//! The MCP face, reached over the same port.

use super::Shared;
use crate::{
    mcp::Server,
    oauth::Resource,
    rest::{
        extract::{Answer, By, Path, whole},
        oauth::challenged,
    },
    service::Service,
};
use axum::{
    Extension,
    extract::{FromRequestParts, Request, State},
};
use std::sync::Arc;

/// The MCP server: the request goes on as it is, with its caller.
pub(in crate::rest) async fn mcp(
    State(service): Shared,
    Extension(server): Extension<Arc<Server>>,
    request: Request,
) -> Answer {
    visit_mcp(&service, &server, None, request).await
}

/// The MCP server of an endpoint.
pub(in crate::rest) async fn endpoint_mcp(
    State(service): Shared,
    Extension(server): Extension<Arc<Server>>,
    Path(slug): Path<String>,
    request: Request,
) -> Answer {
    visit_mcp(&service, &server, Some(slug), request).await
}

async fn visit_mcp(
    service: &Arc<Service>,
    server: &Server,
    slug: Option<String>,
    request: Request,
) -> Answer {
    let (mut parts, body) = request.into_parts();
    server.guard(&parts.headers)?;
    let face = crate::mcp::face(&parts.uri)?;
    let resource = slug.clone().map_or(Resource::Admin, Resource::Endpoint);
    parts.extensions.insert(resource.clone());
    let By(caller) = match By::from_request_parts(&mut parts, service).await {
        Ok(by) => by,
        Err(failure) => return Ok(challenged(service, &resource, &parts.headers, failure)),
    };
    let body = whole(body).await?;
    Ok(server.answer(caller, (slug, face), parts, body).await?)
}
