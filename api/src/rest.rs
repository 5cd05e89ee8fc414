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

use crate::service::Service;
use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue},
    routing::{any, delete, get, patch, post, put},
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
    let mcp = Arc::new(crate::mcp::Server::new(Arc::clone(&service), BODY_BYTES_MAX));
    let mut router = Router::new()
        .route("/mcp", any(handlers::mcp).layer(Extension(Arc::clone(&mcp))))
        .route("/e/{slug}/mcp", any(handlers::endpoint_mcp).layer(Extension(Arc::clone(&mcp))))
        .route("/sse", get(sse::open).layer(Extension(Arc::clone(&mcp))))
        .route("/sse/messages", post(sse::message).layer(Extension(mcp)))
        .route("/health/live", get(handlers::live))
        .route("/health/ready", get(handlers::ready))
        .route("/health/status", get(handlers::status))
        .route("/metrics", get(handlers::metrics))
        .route("/openapi.json", get(openapi::document))
        .route("/v1/whoami", get(handlers::whoami))
        .route("/v1/admin/stats", get(handlers::stats))
        .route("/v1/admin/check", get(handlers::check))
        .route("/v1/admin/audit", get(handlers::verify_audit))
        .route("/v1/admin/flush", post(handlers::flush))
        .route("/v1/admin/compact", post(handlers::compact))
        .route("/auth/authorize", get(pages::authorize_page).post(pages::authorize))
        .route("/auth/device", get(pages::device_page).post(pages::approve_device))
        .route("/v1/auth/enrol", post(handlers::enrol))
        .route("/v1/auth/login", post(handlers::login))
        .route("/v1/auth/logout", post(handlers::logout))
        .route("/auth/confirm", get(confirm::show).post(confirm::confirm))
        .route("/v1/auth/confirm", post(handlers::confirm))
        .route("/v1/auth/confirm/browser", post(confirm::ask))
        .route("/v1/auth/password", post(handlers::change_password))
        .route("/v1/auth/device", post(pages::start_device))
        .route("/v1/auth/token", post(pages::exchange))
        .route("/oauth/authorize", get(consent::authorize_page).post(consent::log_in))
        .route("/oauth/consent", post(consent::decide))
        .route("/oauth/token", post(oauth::token))
        .route("/oauth/register", post(oauth::register))
        .route("/oauth/revoke", post(oauth::revoke))
        .route("/v1/clients", post(handlers::create_client).get(handlers::list_clients))
        .route("/v1/clients/{id}", delete(handlers::revoke_client))
        .route("/v1/users", post(handlers::create_user).get(handlers::list_users))
        .route("/v1/users/{id}", put(handlers::change_user).delete(handlers::delete_user))
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
            post(handlers::put_relationship)
                .put(handlers::put_relationship)
                .get(handlers::list_relationships),
        )
        .route(
            "/v1/{db}/relationships/{id}",
            get(handlers::get_relationship).delete(handlers::delete_relationship),
        )
        .route("/v1/{db}/collections/{id}/history", get(handlers::collection_history))
        .route("/v1/{db}/collections/{id}/describe", get(handlers::describe_collection))
        .route("/v1/{db}/collections/{id}/diff", post(handlers::collection_diff))
        .route("/v1/{db}/export/{collection}", get(handlers::export))
        .route("/v1/{db}/relationship-types", get(handlers::list_relationship_types))
        .route(
            "/v1/{db}/relationship-types/{id}",
            get(handlers::get_relationship_type)
                .put(handlers::put_relationship_type)
                .delete(handlers::delete_relationship_type),
        )
        .route("/v1/{db}/endpoints", get(handlers::list_endpoints))
        .route(
            "/v1/{db}/endpoints/{id}",
            get(handlers::get_endpoint)
                .put(handlers::put_endpoint)
                .delete(handlers::delete_endpoint),
        )
        .route("/v1/{db}/providers/{provider}/import", post(handlers::import_tools))
        .route("/v1/{db}/providers/{provider}/export", get(handlers::export_tools))
        .route(
            "/v1/{db}/providers/{provider}/import-call/{collection}",
            post(handlers::import_call),
        )
        .route("/v1/{db}/batch", post(handlers::batch))
        .route("/v1/{db}/sql", post(sql::sql))
        .route("/v1/{db}/results", get(results::list))
        .route("/v1/{db}/results/{id}", get(results::get).delete(results::delete))
        .route("/v1/{db}/results/{id}/download", get(results::download))
        .route(
            "/v1/{db}/import/{collection}",
            post(handlers::import).layer(DefaultBodyLimit::disable()),
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
                post(handlers::create_database).get(handlers::list_databases),
            )
            .route(
                &format!("/v1/{databases}/{{id}}"),
                get(handlers::get_database)
                    .put(handlers::change_database)
                    .delete(handlers::delete_database),
            )
            .route(&format!("/v1/{databases}/{{id}}/restore"), post(handlers::restore_database))
            .route(
                &format!("/v1/{databases}/{{id}}/previews"),
                post(handlers::create_preview).get(handlers::list_previews),
            )
            .route(&format!("/v1/{databases}/{{id}}/promote"), post(handlers::promote))
            .route(&format!("/v1/{databases}/{{id}}/promotions"), get(handlers::promotions))
            .route(
                &format!("/v1/{databases}/{{id}}/promotions/{{promotion}}"),
                get(handlers::promotion),
            )
            .route(&format!("/v1/{databases}/{{id}}/rollback"), post(handlers::rollback));
    }
    for documents in ["documents", "records"] {
        let base = format!("/v1/{{db}}/{documents}/{{collection}}");
        router = router
            .route(
                &base,
                post(handlers::put_document)
                    .put(handlers::put_document)
                    .get(handlers::find_documents),
            )
            .route(
                &format!("{base}/{{id}}"),
                put(handlers::put_document_by_id)
                    .merge(patch(handlers::patch_document))
                    .get(handlers::get_document)
                    .delete(handlers::delete_document),
            )
            .route(&format!("{base}/query"), post(handlers::query_documents))
            .route(&format!("{base}/{{id}}/cancel"), post(handlers::cancel_document))
            .route(&format!("{base}/{{id}}/related"), get(handlers::related));
    }
    router
        .fallback(handlers::unknown_route)
        .method_not_allowed_fallback(handlers::unknown_method)
        .layer(axum::middleware::from_fn(extract::request_key))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&service), limit::limit))
        .layer(RequestDecompressionLayer::new())
        .layer(axum::middleware::from_fn(extract::known_encoding))
        .layer(cors(&service))
        .layer(axum::middleware::from_fn(access::log))
        .layer(axum::middleware::from_fn(extract::request_id))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::new())
        .with_state(service)
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
