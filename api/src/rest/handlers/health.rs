//! Whether the server is there, its figures, and what is no route.

use super::{Shared, ok};
use crate::rest::extract::{Answer, Failure};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rekor_core::Error;
use serde_json::json;

pub(in crate::rest) async fn live() -> &'static str {
    "ok"
}

pub(in crate::rest) async fn ready(State(service): Shared) -> Response {
    if service.is_ready() {
        "ok".into_response()
    } else {
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}

/// Version and clock, for whoever looks into why something does not work.
pub(in crate::rest) async fn status(State(service): Shared) -> Answer {
    ok(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION"), "time_ms": service.now()}))
}

pub(in crate::rest) async fn metrics(State(service): Shared) -> Response {
    let stats = service.engine.stats();
    let lines = [
        ("rekor_visible_seq", "Highest visible sequence number.", stats.seq),
        ("rekor_databases", "Databases and previews.", stats.database_count as u64),
        ("rekor_tables", "Tables with rows.", stats.table_count as u64),
        ("rekor_rows", "Row versions, replaced ones included.", stats.row_count as u64),
        ("rekor_dead_rows", "Rows of data files that are dead.", stats.dead_row_count),
        ("rekor_data_files", "Data files.", stats.file_count as u64),
        ("rekor_data_file_bytes", "Bytes of data files.", stats.file_bytes),
        ("rekor_memory_bytes", "Bytes of row versions in memory.", stats.memory_bytes as u64),
    ];
    let text: String = lines
        .iter()
        .map(|(name, help, value)| {
            format!("# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n")
        })
        .collect();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

pub(in crate::rest) async fn unknown_route(uri: Uri) -> Failure {
    Failure(Error::not_found(format!("There is no route {}; see /openapi.json.", uri.path())))
}

pub(in crate::rest) async fn unknown_method(uri: Uri) -> Response {
    let error =
        Error::validation(format!("{} does not take this method; see /openapi.json.", uri.path()));
    (StatusCode::METHOD_NOT_ALLOWED, Json(error.body())).into_response()
}
