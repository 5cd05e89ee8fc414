//! The REST face: every handler translates a request, calls one service method, and translates the answer.

mod access;
mod confirm;
mod consent;
mod extract;
mod handlers;
pub(crate) mod limit;
mod oauth;
mod openapi;
mod pages;
mod results;
mod sql;
mod sse;
mod unread;

use crate::service::Service;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue},
    routing::{delete, get, patch, post, put},
};
use handlers::{
    accounts, collections, databases, documents, endpoints, health, mcp, providers, relationships,
    upkeep,
};
use rekor_core::limits;
use std::sync::Arc;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    cors::{AllowHeaders, AllowMethods, CorsLayer},
    decompression::RequestDecompressionLayer,
};

/// Room for the members around the data of a batch.
const BODY_BYTES_MAX: usize = limits::BATCH_BYTES_MAX + limits::MIB;

/// Routes that need no credential, as `method path`, with a line about each.
pub const OPEN_ROUTES: &[(&str, &str)] = &[
    ("get /health/live", "The process runs."),
    ("get /health/ready", "The service answers."),
    ("get /health/status", "Version and clock of the server."),
    ("get /metrics", "Prometheus metrics."),
    ("get /openapi.json", "This description."),
    ("post /v1/auth/enrol", "Add the first person, with the code that the server printed."),
    ("post /v1/auth/login", "Open a session with login and password."),
    ("post /v1/auth/device", "Start the login of a device without a browser."),
    ("post /v1/auth/token", "Exchange a code for a session."),
];

/// The router of all routes.
pub(crate) fn routes(service: Arc<Service>) -> Router {
    let mut router = Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/health/status", get(health::status))
        .route("/metrics", get(health::metrics))
        .route("/openapi.json", get(openapi::document))
        .route("/v1/whoami", get(accounts::whoami))
        .route("/v1/admin/stats", get(upkeep::stats))
        .route("/v1/admin/check", get(upkeep::check))
        .route("/v1/admin/audit", get(upkeep::verify_audit))
        .route("/v1/admin/flush", post(upkeep::flush))
        .route("/v1/admin/compact", post(upkeep::compact))
        .route("/auth/authorize", get(pages::authorize_page).post(pages::authorize))
        .route("/auth/device", get(pages::device_page).post(pages::approve_device))
        .route("/v1/auth/enrol", post(accounts::enrol))
        .route("/v1/auth/login", post(accounts::login))
        .route("/v1/auth/logout", post(accounts::logout))
        .route("/auth/confirm", get(confirm::show).post(confirm::confirm))
        .route("/v1/auth/confirm", post(accounts::confirm))
        .route("/v1/auth/confirm/browser", post(confirm::ask))
        .route("/v1/auth/password", post(accounts::change_password))
        .route("/v1/auth/device", post(pages::start_device))
        .route("/v1/auth/token", post(pages::exchange))
        .route("/oauth/authorize", get(consent::authorize_page).post(consent::log_in))
        .route("/oauth/consent", post(consent::decide))
        .route("/oauth/token", post(oauth::token))
        .route("/oauth/register", post(oauth::register))
        .route("/oauth/revoke", post(oauth::revoke))
        .route("/v1/clients", post(accounts::create_client).get(accounts::list_clients))
        .route("/v1/clients/{id}", delete(accounts::revoke_client))
        .route("/v1/users", post(accounts::create_user).get(accounts::list_users))
        .route("/v1/users/{id}", put(accounts::change_user).delete(accounts::delete_user))
        .route("/v1/tokens", post(accounts::create_token).get(accounts::list_tokens))
        .route("/v1/tokens/{id}", delete(accounts::revoke_token))
        .route("/v1/{db}/collections", get(collections::list_collections))
        .route(
            "/v1/{db}/collections/{id}",
            get(collections::get_collection)
                .put(collections::put_collection)
                .delete(collections::delete_collection),
        )
        .route(
            "/v1/{db}/relationships",
            post(relationships::put_relationship)
                .put(relationships::put_relationship)
                .get(relationships::list_relationships),
        )
        .route(
            "/v1/{db}/relationships/{id}",
            get(relationships::get_relationship).delete(relationships::delete_relationship),
        )
        .route("/v1/{db}/collections/{id}/history", get(collections::collection_history))
        .route("/v1/{db}/collections/{id}/describe", get(collections::describe_collection))
        .route("/v1/{db}/collections/{id}/diff", post(collections::collection_diff))
        .route("/v1/{db}/export/{collection}", get(documents::export))
        .route("/v1/{db}/relationship-types", get(relationships::list_relationship_types))
        .route(
            "/v1/{db}/relationship-types/{id}",
            get(relationships::get_relationship_type)
                .put(relationships::put_relationship_type)
                .delete(relationships::delete_relationship_type),
        )
        .route("/v1/{db}/endpoints", get(endpoints::list_endpoints))
        .route(
            "/v1/{db}/endpoints/{id}",
            get(endpoints::get_endpoint)
                .put(endpoints::put_endpoint)
                .delete(endpoints::delete_endpoint),
        )
        .route("/v1/{db}/providers/{provider}/import", post(providers::import_tools))
        .route("/v1/{db}/providers/{provider}/export", get(providers::export_tools))
        .route(
            "/v1/{db}/providers/{provider}/import-call/{collection}",
            post(providers::import_call),
        )
        .route("/v1/{db}/batch", post(documents::batch))
        .route("/v1/{db}/sql", post(sql::sql))
        .route("/v1/{db}/results", get(results::list))
        .route("/v1/{db}/results/{id}", get(results::get).delete(results::delete))
        .route("/v1/{db}/results/{id}/download", get(results::download))
        .route(
            "/v1/{db}/import/{collection}",
            post(documents::import).layer(DefaultBodyLimit::disable()),
        );
    for suffix in ["", "/{*path}"] {
        let at = |name: &str| format!("/.well-known/{name}{suffix}");
        router = router
            .route(&at("oauth-protected-resource"), get(oauth::protected_resource))
            .route(&at("oauth-authorization-server"), get(oauth::authorization_server))
            .route(&at("openid-configuration"), get(oauth::authorization_server));
    }
    for databases in ["databases", "workspaces"] {
        router = router
            .route(
                &format!("/v1/{databases}"),
                post(databases::create_database).get(databases::list_databases),
            )
            .route(
                &format!("/v1/{databases}/{{id}}"),
                get(databases::get_database)
                    .put(databases::change_database)
                    .delete(databases::delete_database),
            )
            .route(&format!("/v1/{databases}/{{id}}/restore"), post(databases::restore_database))
            .route(
                &format!("/v1/{databases}/{{id}}/previews"),
                post(databases::create_preview).get(databases::list_previews),
            )
            .route(&format!("/v1/{databases}/{{id}}/promote"), post(databases::promote))
            .route(&format!("/v1/{databases}/{{id}}/promotions"), get(databases::promotions))
            .route(
                &format!("/v1/{databases}/{{id}}/promotions/{{promotion}}"),
                get(databases::promotion),
            )
            .route(&format!("/v1/{databases}/{{id}}/rollback"), post(databases::rollback));
    }
    for documents in ["documents", "records"] {
        let base = format!("/v1/{{db}}/{documents}/{{collection}}");
        router = router
            .route(
                &base,
                post(documents::put_document)
                    .put(documents::put_document)
                    .get(documents::find_documents),
            )
            .route(
                &format!("{base}/{{id}}"),
                put(documents::put_document_by_id)
                    .merge(patch(documents::patch_document))
                    .get(documents::get_document)
                    .delete(documents::delete_document),
            )
            .route(&format!("{base}/query"), post(documents::query_documents))
            .route(&format!("{base}/{{id}}/cancel"), post(documents::cancel_document))
            .route(&format!("{base}/{{id}}/related"), get(relationships::related));
    }
    router
        .fallback(health::unknown_route)
        .layer(axum::middleware::from_fn(extract::request_key))
        .merge(mcp_routes(&service))
        .method_not_allowed_fallback(health::unknown_method)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&service), limit::limit))
        .layer(RequestDecompressionLayer::new())
        .layer(axum::middleware::from_fn(extract::known_encoding))
        .layer(cors(&service))
        .layer(axum::middleware::from_fn(access::log))
        .layer(axum::middleware::from_fn(extract::request_id))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(axum::middleware::from_fn(unread::read_on))
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::new())
        .with_state(service)
}

/// The routes of MCP. None of them takes an `Idempotency-Key`, and their server is their state: a layer around them would be
/// paid for by each call.
fn mcp_routes(service: &Arc<Service>) -> Router<Arc<Service>> {
    let server = Arc::new(crate::mcp::Server::new(Arc::clone(service), BODY_BYTES_MAX));
    // POST by its name: `any` alone would make a handler anew for each call.
    Router::new()
        .route("/mcp", post(mcp::mcp).fallback(mcp::mcp))
        .route("/e/{slug}/mcp", post(mcp::endpoint_mcp).fallback(mcp::endpoint_mcp))
        .route("/sse", get(sse::open))
        .route("/sse/messages", post(sse::message))
        .with_state(server)
}

/// Which pages of other origins may call from a browser: none, unless the server was told some.
fn cors(service: &Service) -> CorsLayer {
    let origins =
        service.cors_origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    let origins: Vec<HeaderValue> = origins.collect();
    if origins.is_empty() {
        return CorsLayer::new();
    }
    let exposed =
        ["etag", "idempotency-replayed", "retry-after", "www-authenticate", "x-request-id"]
            .map(HeaderName::from_static);
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(exposed)
}
