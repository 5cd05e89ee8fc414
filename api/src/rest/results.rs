//! Kept answers.

use super::{
    extract::{Answer, By, Path, Query},
    handlers::Page,
};
use crate::service::Service;
use axum::{Json, body::Body, extract::State, http::header, response::IntoResponse};
use rekor_query::Format;
use serde::Deserialize;
use std::sync::Arc;

type Shared = State<Arc<Service>>;
type ResultPath = Path<(String, String)>;

pub(super) async fn list(
    State(service): Shared,
    By(caller): By,
    Path(db): Path<String>,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.list_results(&caller, &db).await?)
}

pub(super) async fn get(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): ResultPath,
) -> Answer {
    Ok(Json(service.get_result(&caller, &db, &id).await?).into_response())
}

pub(super) async fn delete(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): ResultPath,
) -> Answer {
    Ok(Json(service.delete_result(&caller, &db, &id).await?).into_response())
}

/// The query of a download.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    #[serde(default)]
    format: Option<String>,
}

pub(super) async fn download(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): ResultPath,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let download = service.download_result(&caller, &db, &id, wanted.format.as_deref()).await?;
    let name = format!("attachment; filename=\"{}.{}\"", download.id, suffix(download.format));
    let headers = [
        (header::CONTENT_TYPE, download.format.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, Body::from_stream(download.body)).into_response())
}

/// What names of files in a format end with.
fn suffix(format: Format) -> &'static str {
    match format {
        Format::Parquet => "parquet",
        Format::Arrow | Format::ArrowStream => "arrow",
        Format::Csv | Format::CsvWithNames | Format::CsvWithNamesAndTypes => "csv",
        Format::Json | Format::JsonCompact => "json",
        Format::JsonEachRow | Format::JsonCompactEachRow => "ndjson",
        Format::Tsv | Format::TsvWithNames | Format::TsvWithNamesAndTypes | Format::TsvRaw => "tsv",
        Format::Markdown => "md",
        Format::Pretty
        | Format::PrettyCompact
        | Format::Vertical
        | Format::Values
        | Format::Null => "txt",
    }
}
