//! Resources: a guide to SQL, the schemas of collections, and kept answers.

use crate::service::{Caller, Service, result::fits_resource};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::TryStreamExt;
use rekor_core::{Error, ErrorKind, limits};
use rekor_query::Format;
use rmcp::{
    ErrorData,
    model::{CacheScope, ReadResourceResult, Resource, ResourceContents, ResourceTemplate},
};
use serde_json::Value;

/// The guide to SQL.
const GUIDE_URI: &str = "rekor://guide/sql";
const GUIDE: &str = include_str!("sql_guide.md");
/// How long a client may keep a resource: schemas change in previews.
const TTL_MS: u64 = 5_000;

/// What URIs of kept answers begin with; database and id follow.
const RESULT_URI: &str = "rekor://result/";
/// How long a client may keep the rows of a kept answer: they never change.
const RESULT_TTL_MS: u64 = 3_600_000;

/// The URI of a kept answer.
pub(super) fn result_uri(database: &str, id: &str) -> String {
    format!("{RESULT_URI}{database}/{id}")
}

/// Resources that are always there.
pub(super) fn list() -> Vec<Resource> {
    let size = u64::try_from(GUIDE.len()).unwrap_or_default();
    vec![
        Resource::new(GUIDE_URI, "sql-guide")
            .with_title("SQL for agents")
            .with_description("Tables, paths, joins and errors, with examples")
            .with_mime_type("text/markdown")
            .with_size(size),
    ]
}

/// Resources with names in them.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new("rekor://schema/{database_id}/{collection}", "schema")
            .with_title("Schema of a collection")
            .with_description("The JSON Schema of a collection's documents")
            .with_mime_type("application/schema+json"),
        ResourceTemplate::new("rekor://result/{database_id}/{id}", "result")
            .with_title("A kept answer of sql_query")
            .with_description("All rows as Parquet; the answer of sql_query links it")
            .with_mime_type(Format::Parquet.media_type()),
    ]
}

/// One resource, as far as the caller reaches it.
///
/// # Errors
/// Resource not found.
pub(super) async fn read(
    service: &Service,
    caller: &Caller,
    uri: &str,
) -> Result<ReadResourceResult, ErrorData> {
    if let Some((database, id)) =
        uri.strip_prefix(RESULT_URI).and_then(|names| names.split_once('/'))
    {
        return kept(service, caller, database, id, uri).await;
    }
    let (text, media) = if uri == GUIDE_URI {
        (GUIDE.to_owned(), "text/markdown")
    } else {
        (schema(service, caller, uri)?, "application/schema+json")
    };
    let contents = ResourceContents::text(text, uri).with_mime_type(media);
    Ok(ReadResourceResult::new(vec![contents])
        .with_ttl_ms(TTL_MS)
        .with_cache_scope(CacheScope::Private))
}

/// A kept answer as Parquet, if it is not too long for a resource.
///
/// # Errors
/// Resource not found; invalid parameters, if it is too long.
pub(super) async fn kept(
    service: &Service,
    caller: &Caller,
    database: &str,
    id: &str,
    uri: &str,
) -> Result<ReadResourceResult, ErrorData> {
    let read = async {
        let about = service.get_result(caller, database, id).await?;
        if !fits_resource(&about) {
            return Err(Error::new(
                ErrorKind::PayloadTooLarge,
                format!(
                    "The answer has {} bytes, a resource at most {}. Ask result('{id}') for a part of it, or download it over HTTP.",
                    about.get("bytes").unwrap_or(&Value::Null),
                    limits::RESULT_RESOURCE_BYTES_MAX
                ),
            ));
        }
        let download = service.download_result(caller, database, id, None).await?;
        let pieces: Vec<Bytes> = download.body.try_collect().await?;
        Ok(pieces.concat())
    };
    let bytes = read.await.map_err(|error| match error.kind {
        ErrorKind::PayloadTooLarge => ErrorData::invalid_params(error.message, None),
        _ => ErrorData::resource_not_found(super::speech::for_agents(error).message, None),
    })?;
    let contents = ResourceContents::blob(STANDARD.encode(bytes), uri)
        .with_mime_type(Format::Parquet.media_type());
    Ok(ReadResourceResult::new(vec![contents])
        .with_ttl_ms(RESULT_TTL_MS)
        .with_cache_scope(CacheScope::Private))
}

/// The schema that a URI names.
///
/// # Errors
/// Resource not found.
pub(super) fn schema(service: &Service, caller: &Caller, uri: &str) -> Result<String, ErrorData> {
    let missing = |reason: String| ErrorData::resource_not_found(reason, None);
    let names = uri.strip_prefix("rekor://schema/").and_then(|names| names.split_once('/'));
    let (database, collection) = names.ok_or_else(|| {
        missing(format!(
            "There is no resource {uri}; there are {GUIDE_URI}, rekor://schema/{{database_id}}/{{collection}} and {RESULT_URI}{{database_id}}/{{id}}."
        ))
    })?;
    let view = service.get_collection(caller, database, collection);
    let view = view.map_err(|error| missing(super::speech::for_agents(error).message))?;
    Ok(view.get("json_schema").unwrap_or(&Value::Null).to_string())
}
