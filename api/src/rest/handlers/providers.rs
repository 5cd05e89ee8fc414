//! Tools and calls in the forms of providers.

use super::{Shared, ok};
use crate::{
    rest::extract::{Answer, Body, By, Path, Query, written},
    service::provider::{ImportTools, ToolCall},
};
use axum::extract::State;
use serde::Deserialize;

pub(in crate::rest) async fn import_tools(
    State(service): Shared,
    By(caller): By,
    Path((db, provider)): Path<(String, String)>,
    Body(body): Body<ImportTools>,
) -> Answer {
    written(service.import_tools(&caller, &db, &provider, &body).await?)
}

/// The query of an export of tools.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct ExportTools {
    collections: Option<String>,
}

pub(in crate::rest) async fn export_tools(
    State(service): Shared,
    By(caller): By,
    Path((db, provider)): Path<(String, String)>,
    Query(query): Query<ExportTools>,
) -> Answer {
    ok(service.export_tools(&caller, &db, &provider, query.collections.as_deref())?)
}

pub(in crate::rest) async fn import_call(
    State(service): Shared,
    By(caller): By,
    Path((db, provider, collection)): Path<(String, String, String)>,
    Body(body): Body<ToolCall>,
) -> Answer {
    written(service.import_call(&caller, &db, &provider, &collection, body).await?)
}
