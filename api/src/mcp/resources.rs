//! Resources: a guide to SQL, and the schemas of collections.

use crate::service::{Caller, Service};
use rmcp::{
    ErrorData,
    model::{ReadResourceResult, Resource, ResourceContents, ResourceTemplate},
};
use serde_json::Value;

/// The guide to SQL.
const GUIDE_URI: &str = "rekor://guide/sql";
const GUIDE: &str = include_str!("sql_guide.md");
/// How long a client may keep a resource: schemas change in previews.
const TTL_MS: u64 = 5_000;

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
    ]
}

/// One resource, as far as the caller reaches it.
///
/// # Errors
/// Resource not found.
pub(super) fn read(
    service: &Service,
    caller: &Caller,
    uri: &str,
) -> Result<ReadResourceResult, ErrorData> {
    let (text, media) = if uri == GUIDE_URI {
        (GUIDE.to_owned(), "text/markdown")
    } else {
        (schema(service, caller, uri)?, "application/schema+json")
    };
    let contents = ResourceContents::text(text, uri).with_mime_type(media);
    Ok(ReadResourceResult::new(vec![contents])
        .with_ttl_ms(TTL_MS)
        .with_cache_scope(rmcp::model::CacheScope::Private))
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
            "There is no resource {uri}; there are {GUIDE_URI} and rekor://schema/{{database_id}}/{{collection}}."
        ))
    })?;
    let view = service.get_collection(caller, database, collection);
    let view = view.map_err(|error| missing(super::speech::for_agents(error).message))?;
    Ok(view.get("json_schema").unwrap_or(&Value::Null).to_string())
}
