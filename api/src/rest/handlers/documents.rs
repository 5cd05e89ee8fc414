//! Documents, one or many: writes, lists, batches, imports and exports.

use super::{DocumentPath, Shared, ok};
use crate::{
    rest::extract::{Answer, Body, By, MaybeBody, Path, Query, if_match, versioned, written},
    service::{
        Service,
        batch::Batch,
        document::{Cancelling, DocumentBody, DocumentWrite},
        import::ImportOptions,
        list::{ExportLines, ListBody},
    },
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use rekor_core::{Error, Result, id::RowId};
use rekor_ingest::RowKey;
use serde::Deserialize;
use serde_json::Value;

async fn write_document(
    service: &Service,
    caller: &crate::service::Caller,
    at: (&str, &str),
    write: DocumentWrite,
    headers: &HeaderMap,
    mut body: DocumentBody,
) -> Answer {
    body.expected_version = if_match(headers)?.or(body.expected_version);
    written(service.write_document(caller, at.0, at.1, write, body).await?)
}

pub(in crate::rest) async fn put_document(
    State(service): Shared,
    By(caller): By,
    Path((db, collection)): Path<(String, String)>,
    headers: HeaderMap,
    Body(body): Body<DocumentBody>,
) -> Answer {
    write_document(&service, &caller, (&db, &collection), DocumentWrite::Put, &headers, body).await
}

pub(in crate::rest) async fn put_document_by_id(
    State(service): Shared,
    By(caller): By,
    Path((db, collection, id)): DocumentPath,
    headers: HeaderMap,
    Body(body): Body<DocumentBody>,
) -> Answer {
    let body = DocumentBody { id: Some(id), ..body };
    write_document(&service, &caller, (&db, &collection), DocumentWrite::Put, &headers, body).await
}

pub(in crate::rest) async fn patch_document(
    State(service): Shared,
    By(caller): By,
    Path((db, collection, id)): DocumentPath,
    headers: HeaderMap,
    Body(body): Body<DocumentBody>,
) -> Answer {
    let body = DocumentBody { id: Some(id), ..body };
    write_document(&service, &caller, (&db, &collection), DocumentWrite::Patch, &headers, body)
        .await
}

/// What a single document is asked for with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct Find {
    #[serde(default)]
    include_deleted: bool,
}

/// The query of a list; with `external_id` it finds one document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct FindOrList {
    external_id: Option<String>,
    #[serde(default)]
    include_deleted: bool,
    filter: Option<String>,
    sort: Option<String>,
    fields: Option<String>,
    limit: Option<String>,
    offset: Option<String>,
    cursor: Option<String>,
    external_source: Option<String>,
}

impl FindOrList {
    fn asks_for_list(&self) -> bool {
        [&self.filter, &self.sort, &self.fields, &self.limit, &self.offset, &self.cursor]
            .iter()
            .any(|given| given.is_some())
    }

    /// Whether it says something that only a document has.
    pub(super) fn asks_for_document(&self) -> bool {
        self.external_id.is_some() || self.external_source.is_some() || self.include_deleted
    }

    pub(super) fn list(self) -> ListBody {
        ListBody {
            filter: self.filter.map(Value::from),
            sort: self.sort.map(Value::from),
            fields: self.fields.map(Value::from),
            limit: self.limit.map(Value::from),
            offset: self.offset.map(Value::from),
            cursor: self.cursor,
            external_source: self.external_source,
            ..ListBody::default()
        }
    }
}

pub(in crate::rest) async fn find_documents(
    State(service): Shared,
    By(caller): By,
    Path((db, collection)): Path<(String, String)>,
    Query(find): Query<FindOrList>,
) -> Answer {
    let Some(id) = find.external_id.clone() else {
        if find.include_deleted {
            return Err(Error::validation(
                "include_deleted goes with an id or external_id; in SQL deleted documents are there until filtered.",
            )
            .into());
        }
        return ok(service.list_documents(&caller, &db, &collection, &find.list()).await?);
    };
    if find.asks_for_list() {
        return Err(Error::validation(
            "external_id finds one document; leave out filter, sort, fields and pages, or filter by external_id.",
        )
        .into());
    }
    let key = RowKey::External { source: find.external_source.unwrap_or_default(), id };
    let view = service.get_document(&caller, &db, &collection, &key, find.include_deleted).await?;
    Ok(versioned(StatusCode::OK, view.version, view))
}

pub(in crate::rest) async fn query_documents(
    State(service): Shared,
    By(caller): By,
    Path((db, collection)): Path<(String, String)>,
    Body(body): Body<ListBody>,
) -> Answer {
    ok(service.list_documents(&caller, &db, &collection, &body).await?)
}

/// The query of an export.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct Export {
    #[serde(default)]
    lines: ExportLines,
}

pub(in crate::rest) async fn export(
    State(service): Shared,
    By(caller): By,
    Path((db, collection)): Path<(String, String)>,
    Query(export): Query<Export>,
) -> Answer {
    let lines = service.export(&caller, &db, &collection, export.lines).await?;
    let body = axum::body::Body::from_stream(lines);
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

pub(in crate::rest) async fn get_document(
    State(service): Shared,
    By(caller): By,
    Path((db, collection, id)): DocumentPath,
    Query(find): Query<Find>,
) -> Answer {
    let view = service
        .get_document(&caller, &db, &collection, &row_key(&id)?, find.include_deleted)
        .await?;
    Ok(versioned(StatusCode::OK, view.version, view))
}

pub(in crate::rest) async fn delete_document(
    State(service): Shared,
    By(caller): By,
    Path((db, collection, id)): DocumentPath,
    headers: HeaderMap,
) -> Answer {
    let (key, expected) = (row_key(&id)?, if_match(&headers)?);
    written(service.delete_document(&caller, &db, &collection, key, expected).await?)
}

pub(in crate::rest) async fn cancel_document(
    State(service): Shared,
    By(caller): By,
    Path((db, collection, id)): DocumentPath,
    headers: HeaderMap,
    MaybeBody(mut body): MaybeBody<Cancelling>,
) -> Answer {
    body.expected_version = if_match(&headers)?.or(body.expected_version);
    written(service.cancel_document(&caller, &db, &collection, row_key(&id)?, body).await?)
}

fn row_key(id: &str) -> Result<RowKey> {
    RowId::canonical(id).map(RowKey::Id)
}

pub(in crate::rest) async fn batch(
    State(service): Shared,
    By(caller): By,
    Path(db): Path<String>,
    Body(body): Body<Batch>,
) -> Answer {
    written(service.batch(&caller, &db, body).await?)
}

pub(in crate::rest) async fn import(
    State(service): Shared,
    By(caller): By,
    Path((db, collection)): Path<(String, String)>,
    Query(options): Query<ImportOptions>,
    request: Request,
) -> Answer {
    let body = request.into_body().into_data_stream();
    ok(service.import(&caller, (&db, &collection), &options, body).await?)
}
