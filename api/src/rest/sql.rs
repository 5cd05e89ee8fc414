//! SQL: the answer of the API, or an answer in one of ClickHouse's formats.

use super::extract::{Answer, Body as JsonBody, By, Failure, Path};
use crate::service::{Service, sql::SqlBody};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt, stream};
use rekor_query::{Format, QueryResult, format::Encoder};
use serde_json::{Value, json};
use std::sync::Arc;

/// Names the format of an answer, as ClickHouse does. An answer without it has the shape of the API.
const FORMAT: HeaderName = HeaderName::from_static("x-clickhouse-format");

/// What `meta` says of an answer in another format: rows, whether there are more, time, bytes, snapshot, warnings.
const SUMMARY: HeaderName = HeaderName::from_static("x-rekor-summary");

/// Longer answers are sent as they are made.
const WHOLE_BYTES_MAX: usize = 1 << 20;

/// Runs a query. The format is that of the query's FORMAT, else of the body, else of the `Accept` header.
pub(super) async fn sql(
    State(service): State<Arc<Service>>,
    By(caller): By,
    Path(db): Path<String>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SqlBody>,
) -> Answer {
    let result = service.sql(&caller, &db, body).await?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    match result.format.or_else(|| Format::accepted(accept.unwrap_or_default())) {
        Some(format) => formatted(result, format),
        None => {
            let body = body_of(result.encode_answer()?)?;
            Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
        }
    }
}

/// The bytes of an answer: all of a short one, so that its length stands in a header; of a long one what is not read is not made.
/// What can fail (a type that a format does not have) fails before the first.
fn body_of(mut pieces: Encoder) -> Result<Body, Failure> {
    let mut start = Vec::new();
    while start.len() < WHOLE_BYTES_MAX {
        match pieces.next().transpose()? {
            Some(piece) => start.extend(piece),
            None => return Ok(Body::from(start)),
        }
    }
    let rest = stream::iter(pieces).map(|piece| piece.map(Bytes::from));
    Ok(Body::from_stream(stream::iter([Ok(Bytes::from(start))]).chain(rest)))
}

/// An answer in a format of ClickHouse.
fn formatted(result: QueryResult, format: Format) -> Result<Response, Failure> {
    let summary = json!({
        "rows": result.row_count(),
        "has_more": result.has_more,
        "elapsed_ms": result.elapsed.as_secs_f64() * 1e3,
        "planning_ms": result.planning.as_secs_f64() * 1e3,
        "bytes_scanned": result.bytes_scanned,
        "rows_scanned": result.rows_scanned,
        "snapshot_seq": result.snapshot_seq,
        "warnings": result.warnings,
        "result": result.kept.clone().map(brief),
    });
    let summary = HeaderValue::from_bytes(summary.to_string().as_bytes());
    let mut response = body_of(result.encode(format))?.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    headers.insert(FORMAT, HeaderValue::from_static(format.name()));
    if let Ok(summary) = summary {
        headers.insert(SUMMARY, summary);
    }
    Ok(response)
}

/// What is known of a kept answer, without its columns: headers are short.
fn brief(mut kept: Value) -> Value {
    kept.as_object_mut().and_then(|kept| kept.shift_remove("columns"));
    kept
}
