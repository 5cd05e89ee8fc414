//! The MCP face, reached over the same port.

use crate::{
    mcp::Server,
    oauth::Resource,
    rest::{
        extract::{Answer, By, Path, whole},
        oauth::challenged,
    },
};
use axum::extract::{Request, State};
use std::sync::Arc;

/// The MCP server: the request goes on as it is, with its caller.
pub(in crate::rest) async fn mcp(State(server): State<Arc<Server>>, request: Request) -> Answer {
    visit_mcp(&server, None, request).await
}

/// The MCP server of an endpoint.
pub(in crate::rest) async fn endpoint_mcp(
    State(server): State<Arc<Server>>,
    Path(slug): Path<String>,
    request: Request,
) -> Answer {
    visit_mcp(&server, Some(slug), request).await
}

async fn visit_mcp(server: &Server, slug: Option<String>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    server.guard(&parts.headers)?;
    let face = crate::mcp::face(&parts.uri)?;
    let resource = slug.clone().map_or(Resource::Admin, Resource::Endpoint);
    let By(caller) = match By::of(&parts, &server.service, &resource) {
        Ok(by) => by,
        Err(failure) => {
            return Ok(challenged(&server.service, &resource, &parts.headers, failure));
        }
    };
    let body = whole(body).await?;
    Ok(server.answer(caller, (slug, face), parts, body).await?)
}
