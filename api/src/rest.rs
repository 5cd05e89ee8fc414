//! The REST face: every handler translates a request, calls one service method, and translates the answer.

mod extract;
mod handlers;
mod openapi;

use crate::service::Service;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{delete, get, patch, post, put},
};
use rekor_core::limits;
use std::sync::Arc;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

/// Room for the members around the data of a batch.
const BODY_BYTES_MAX: usize = limits::BATCH_BYTES_MAX + limits::MIB;

/// A route, for OpenAPI and its test.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// HTTP method in lower case.
    pub method: &'static str,
    /// Path with `{parameters}`.
    pub path: &'static str,
    /// One line about it.
    pub summary: &'static str,
}

const fn route(method: &'static str, path: &'static str, summary: &'static str) -> Route {
    Route { method, path, summary }
}

/// Every route of the API. `/v1/workspaces` and `/v1/{db}/records/…` are the same routes in the older vocabulary.
pub const ROUTES: &[Route] = &[
    route("get", "/health/live", "The process runs."),
    route("get", "/health/ready", "The service answers."),
    route("get", "/metrics", "Prometheus metrics."),
    route("get", "/openapi.json", "This description."),
    route("get", "/v1/whoami", "Who the caller is."),
    route("get", "/v1/admin/stats", "Sizes of the store."),
    route(
        "get",
        "/v1/admin/check",
        "Whether everything stored is whole, and every row alive once.",
    ),
    route("post", "/v1/admin/flush", "Make everything durable in data files."),
    route("post", "/v1/admin/compact", "Merge the data files of every table."),
    route("post", "/v1/databases", "Create a database."),
    route("get", "/v1/databases", "List databases, by tag if given."),
    route("get", "/v1/databases/{id}", "Get a database."),
    route("put", "/v1/databases/{id}", "Change name, description or tags."),
    route("delete", "/v1/databases/{id}", "Delete a database and its previews."),
    route("post", "/v1/databases/{id}/previews", "Create a preview."),
    route("get", "/v1/databases/{id}/previews", "List previews."),
    route(
        "post",
        "/v1/databases/{id}/promote",
        "Promote a preview's collections (humans only), or show what would change.",
    ),
    route("get", "/v1/databases/{id}/promotions", "List promotions, newest first."),
    route("post", "/v1/tokens", "Create a token."),
    route("get", "/v1/tokens", "List tokens."),
    route("delete", "/v1/tokens/{id}", "Revoke a token."),
    route("get", "/v1/{db}/collections", "List collections."),
    route("get", "/v1/{db}/collections/{id}", "Get a collection."),
    route("put", "/v1/{db}/collections/{id}", "Create or change a collection of a preview."),
    route("delete", "/v1/{db}/collections/{id}", "Delete a collection of a preview."),
    route("post", "/v1/{db}/documents/{collection}", "Create or replace a document."),
    route("put", "/v1/{db}/documents/{collection}", "Create or replace a document."),
    route("get", "/v1/{db}/documents/{collection}", "Get a document by external_id."),
    route("put", "/v1/{db}/documents/{collection}/{id}", "Create or replace a document by id."),
    route("patch", "/v1/{db}/documents/{collection}/{id}", "Merge members into a document."),
    route("get", "/v1/{db}/documents/{collection}/{id}", "Get a document."),
    route(
        "delete",
        "/v1/{db}/documents/{collection}/{id}",
        "Soft-delete a document and its relationships.",
    ),
    route("get", "/v1/{db}/documents/{collection}/{id}/related", "Traverse relationships."),
    route("post", "/v1/{db}/relationships", "Create or update a relationship."),
    route("put", "/v1/{db}/relationships", "Create or update a relationship."),
    route("get", "/v1/{db}/relationships/{id}", "Get a relationship."),
    route("delete", "/v1/{db}/relationships/{id}", "Soft-delete a relationship."),
    route("post", "/v1/{db}/batch", "Run up to 1,000 operations, all or none."),
    route("post", "/v1/{db}/import/{collection}", "Import NDJSON as a stream."),
    route("post", "/v1/{db}/sql", "Run a SQL query."),
];

/// The router of all routes.
pub(crate) fn routes(service: Arc<Service>) -> Router {
    let mut router = Router::new()
        .route("/health/live", get(handlers::live))
        .route("/health/ready", get(handlers::ready))
        .route("/metrics", get(handlers::metrics))
        .route("/openapi.json", get(openapi::document))
        .route("/v1/whoami", get(handlers::whoami))
        .route("/v1/admin/stats", get(handlers::stats))
        .route("/v1/admin/check", get(handlers::check))
        .route("/v1/admin/flush", post(handlers::flush))
        .route("/v1/admin/compact", post(handlers::compact))
        .route("/v1/tokens", post(handlers::create_token).get(handlers::list_tokens))
        .route("/v1/tokens/{id}", delete(handlers::revoke_token))
        .route("/v1/{db}/collections", get(handlers::list_collections))
        .route(
            "/v1/{db}/collections/{id}",
            get(handlers::get_collection)
                .put(handlers::put_collection)
                .delete(handlers::delete_collection),
        )
        .route(
            "/v1/{db}/relationships",
            post(handlers::put_relationship).put(handlers::put_relationship),
        )
        .route(
            "/v1/{db}/relationships/{id}",
            get(handlers::get_relationship).delete(handlers::delete_relationship),
        )
        .route("/v1/{db}/batch", post(handlers::batch))
        .route("/v1/{db}/sql", post(handlers::sql))
        .route(
            "/v1/{db}/import/{collection}",
            post(handlers::import).layer(DefaultBodyLimit::disable()),
        );
    for databases in ["databases", "workspaces"] {
        router = router
            .route(
                &format!("/v1/{databases}"),
                post(handlers::create_database).get(handlers::list_databases),
            )
            .route(
                &format!("/v1/{databases}/{{id}}"),
                get(handlers::get_database)
                    .put(handlers::change_database)
                    .delete(handlers::delete_database),
            )
            .route(
                &format!("/v1/{databases}/{{id}}/previews"),
                post(handlers::create_preview).get(handlers::list_previews),
            )
            .route(&format!("/v1/{databases}/{{id}}/promote"), post(handlers::promote))
            .route(&format!("/v1/{databases}/{{id}}/promotions"), get(handlers::promotions));
    }
    for documents in ["documents", "records"] {
        let base = format!("/v1/{{db}}/{documents}/{{collection}}");
        router = router
            .route(
                &base,
                post(handlers::put_document)
                    .put(handlers::put_document)
                    .get(handlers::find_document),
            )
            .route(
                &format!("{base}/{{id}}"),
                put(handlers::put_document_by_id)
                    .merge(patch(handlers::patch_document))
                    .get(handlers::get_document)
                    .delete(handlers::delete_document),
            )
            .route(&format!("{base}/{{id}}/related"), get(handlers::related));
    }
    router
        .fallback(handlers::unknown_route)
        .method_not_allowed_fallback(handlers::unknown_method)
        .layer(axum::middleware::from_fn(extract::request_id))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::new())
        .with_state(service)
}
