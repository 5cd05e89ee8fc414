//! The handlers.

use super::{
    extract::{
        Answer, Body, By, Failure, MaybeBody, Path, Query, if_match, versioned, whole, written,
    },
    oauth::challenged,
};
use crate::mcp::Server;
use crate::oauth::Resource;
use crate::service::{
    Service,
    batch::Batch,
    collection::{CollectionChange, DiffBody},
    database::{DatabaseChange, NewDatabase, NewPreview},
    document::{Cancelling, DocumentBody, DocumentWrite},
    import::ImportOptions,
    list::{ExportLines, ListBody},
    promote::{Promotion, RollbackBody},
    provider::{ImportTools, ToolCall},
    relationship::{RelationshipBody, Walk},
    relationship_type::TypeChange,
    session::{Confirmation, Enrolment, Login, PasswordChange},
    token::NewToken,
    user::{NewUser, UserChange},
};
use axum::{
    Extension, Json,
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rekor_core::{Error, Result, endpoint::EndpointConfig, id::RowId, limits};
use rekor_ingest::{Direction, RowKey};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

type Shared = State<Arc<Service>>;

fn ok(body: impl serde::Serialize) -> Answer {
    Ok(Json(body).into_response())
}

fn created(body: Value, new: bool) -> Answer {
    Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, Json(body)).into_response())
}

/// Pagination of lists.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    limit: Option<usize>,
    offset: Option<usize>,
}

/// The query of the list of databases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DatabasePage {
    tag: Option<String>,
    limit: Option<usize>,
    offset: Option<usize>,
}

impl Page {
    pub(super) fn list(&self, all: Vec<Value>) -> Answer {
        let limit = self.limit.unwrap_or(limits::PAGE_DEFAULT);
        if limit == 0 || limit > limits::PAGE_MAX {
            return Err(Error::validation(format!("limit is 1 to {}.", limits::PAGE_MAX)).into());
        }
        let (total, offset) = (all.len(), self.offset.unwrap_or(0));
        let data: Vec<Value> = all.into_iter().skip(offset).take(limit).collect();
        ok(json!({"data": data, "meta": {"total": total, "limit": limit, "offset": offset}}))
    }
}

pub(super) async fn live() -> &'static str {
    "ok"
}

pub(super) async fn ready(State(service): Shared) -> Response {
    if service.is_ready() {
        "ok".into_response()
    } else {
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}

/// Version and clock, for whoever looks into why something does not work.
pub(super) async fn status(State(service): Shared) -> Answer {
    ok(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION"), "time_ms": service.now()}))
}

pub(super) async fn metrics(State(service): Shared) -> Response {
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

pub(super) async fn unknown_route(uri: Uri) -> Failure {
    Failure(Error::not_found(format!("There is no route {}; see /openapi.json.", uri.path())))
}

pub(super) async fn unknown_method(uri: Uri) -> Response {
    let error =
        Error::validation(format!("{} does not take this method; see /openapi.json.", uri.path()));
    (StatusCode::METHOD_NOT_ALLOWED, Json(error.body())).into_response()
}

/// The MCP server: the request goes on as it is, with its caller.
pub(super) async fn mcp(
    State(service): Shared,
    Extension(server): Extension<Arc<Server>>,
    request: Request,
) -> Answer {
    visit_mcp(&service, &server, None, request).await
}

/// The MCP server of an endpoint.
pub(super) async fn endpoint_mcp(
    State(service): Shared,
    Extension(server): Extension<Arc<Server>>,
    Path(slug): Path<String>,
    request: Request,
) -> Answer {
    visit_mcp(&service, &server, Some(slug), request).await
}

async fn visit_mcp(
    service: &Arc<Service>,
    server: &Server,
    slug: Option<String>,
    request: Request,
) -> Answer {
    let (mut parts, body) = request.into_parts();
    server.guard(&parts.headers)?;
    let face = crate::mcp::face(&parts.uri)?;
    let resource = slug.clone().map_or(Resource::Admin, Resource::Endpoint);
    parts.extensions.insert(resource.clone());
    let By(caller) = match By::from_request_parts(&mut parts, service).await {
        Ok(by) => by,
        Err(failure) => return Ok(challenged(service, &resource, &parts.headers, failure)),
    };
    let body = whole(body).await?;
    Ok(server.answer(caller, (slug, face), parts, body).await?)
}

pub(super) async fn whoami(State(service): Shared, By(caller): By) -> Answer {
    ok(service.whoami(&caller)?)
}

pub(super) async fn stats(State(service): Shared, By(caller): By) -> Answer {
    ok(service.stats(&caller)?)
}

pub(super) async fn check(State(service): Shared, By(caller): By) -> Answer {
    ok(service.check(&caller).await?)
}

pub(super) async fn verify_audit(State(service): Shared, By(caller): By) -> Answer {
    ok(service.verify_audit(&caller).await?)
}

pub(super) async fn flush(State(service): Shared, By(caller): By) -> Answer {
    ok(service.flush(&caller).await?)
}

pub(super) async fn compact(State(service): Shared, By(caller): By) -> Answer {
    ok(service.compact(&caller).await?)
}

pub(super) async fn enrol(State(service): Shared, Body(body): Body<Enrolment>) -> Answer {
    created(service.enrol(body).await?, true)
}

pub(super) async fn login(State(service): Shared, Body(body): Body<Login>) -> Answer {
    ok(service.login(body).await?)
}

pub(super) async fn logout(State(service): Shared, By(caller): By) -> Answer {
    ok(service.logout(&caller).await?)
}

pub(super) async fn confirm(
    State(service): Shared,
    By(caller): By,
    Body(body): Body<Confirmation>,
) -> Answer {
    ok(service.confirm(&caller, body).await?)
}

pub(super) async fn change_password(
    State(service): Shared,
    By(caller): By,
    Body(body): Body<PasswordChange>,
) -> Answer {
    ok(service.change_password(&caller, body).await?)
}

pub(super) async fn list_users(
    State(service): Shared,
    By(caller): By,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.list_users(&caller)?)
}

pub(super) async fn create_user(
    State(service): Shared,
    By(caller): By,
    Body(body): Body<NewUser>,
) -> Answer {
    created(service.create_user(&caller, body).await?, true)
}

pub(super) async fn change_user(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
    Body(body): Body<UserChange>,
) -> Answer {
    ok(service.change_user(&caller, &id, body).await?)
}

pub(super) async fn delete_user(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
) -> Answer {
    ok(service.delete_user(&caller, &id).await?)
}

pub(super) async fn create_token(
    State(service): Shared,
    By(caller): By,
    Body(body): Body<NewToken>,
) -> Answer {
    created(service.create_token(&caller, body).await?, true)
}

pub(super) async fn list_tokens(
    State(service): Shared,
    By(caller): By,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.list_tokens(&caller)?)
}

pub(super) async fn revoke_token(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
) -> Answer {
    ok(service.revoke_token(&caller, &id).await?)
}

pub(super) async fn create_client(
    State(service): Shared,
    By(caller): By,
    Body(body): Body<NewToken>,
) -> Answer {
    created(service.create_client(&caller, body).await?, true)
}

pub(super) async fn list_clients(
    State(service): Shared,
    By(caller): By,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.list_clients(&caller)?)
}

pub(super) async fn revoke_client(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
) -> Answer {
    ok(service.revoke_client(&caller, &id).await?)
}

pub(super) async fn create_database(
    State(service): Shared,
    By(caller): By,
    Body(body): Body<NewDatabase>,
) -> Answer {
    created(service.create_database(&caller, body).await?, true)
}

pub(super) async fn list_databases(
    State(service): Shared,
    By(caller): By,
    Query(query): Query<DatabasePage>,
) -> Answer {
    let page = Page { limit: query.limit, offset: query.offset };
    page.list(service.list_databases(&caller, query.tag.as_deref())?)
}

pub(super) async fn get_database(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
) -> Answer {
    ok(service.get_database(&caller, &id)?)
}

pub(super) async fn change_database(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
    Body(body): Body<DatabaseChange>,
) -> Answer {
    ok(service.change_database(&caller, &id, body).await?)
}

pub(super) async fn delete_database(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
) -> Answer {
    ok(service.delete_database(&caller, &id).await?)
}

pub(super) async fn restore_database(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
) -> Answer {
    ok(service.restore_database(&caller, &id).await?)
}

pub(super) async fn create_preview(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
    Body(body): Body<NewPreview>,
) -> Answer {
    created(service.create_preview(&caller, &id, body).await?, true)
}

pub(super) async fn list_previews(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.list_previews(&caller, &id)?)
}

pub(super) async fn promote(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
    Body(body): Body<Promotion>,
) -> Answer {
    ok(service.promote(&caller, &id, body).await?)
}

pub(super) async fn promotions(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.promotions(&caller, &id)?)
}

pub(super) async fn promotion(
    State(service): Shared,
    By(caller): By,
    Path((id, promotion)): Path<(String, String)>,
) -> Answer {
    ok(service.promotion(&caller, &id, &promotion)?)
}

pub(super) async fn rollback(
    State(service): Shared,
    By(caller): By,
    Path(id): Path<String>,
    Body(body): Body<RollbackBody>,
) -> Answer {
    ok(service.rollback(&caller, &id, body).await?)
}

pub(super) async fn collection_history(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.collection_history(&caller, &db, &id)?)
}

pub(super) async fn describe_collection(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
) -> Answer {
    ok(service.describe_collection(&caller, &db, &id).await?)
}

pub(super) async fn collection_diff(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    Body(body): Body<DiffBody>,
) -> Answer {
    ok(service.collection_diff(&caller, &db, &id, &body)?)
}

pub(super) async fn list_collections(
    State(service): Shared,
    By(caller): By,
    Path(db): Path<String>,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.list_collections(&caller, &db)?)
}

pub(super) async fn get_collection(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
) -> Answer {
    let view = service.get_collection(&caller, &db, &id)?;
    Ok(versioned(StatusCode::OK, view["version"].as_u64().unwrap_or_default(), view))
}

pub(super) async fn put_collection(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    headers: HeaderMap,
    Body(body): Body<CollectionChange>,
) -> Answer {
    written(service.put_collection(&caller, &db, &id, body, if_match(&headers)?).await?)
}

pub(super) async fn delete_collection(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    written(service.delete_collection(&caller, &db, &id, if_match(&headers)?).await?)
}

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

pub(super) async fn put_document(
    State(service): Shared,
    By(caller): By,
    Path((db, collection)): Path<(String, String)>,
    headers: HeaderMap,
    Body(body): Body<DocumentBody>,
) -> Answer {
    write_document(&service, &caller, (&db, &collection), DocumentWrite::Put, &headers, body).await
}

type DocumentPath = Path<(String, String, String)>;

pub(super) async fn put_document_by_id(
    State(service): Shared,
    By(caller): By,
    Path((db, collection, id)): DocumentPath,
    headers: HeaderMap,
    Body(body): Body<DocumentBody>,
) -> Answer {
    let body = DocumentBody { id: Some(id), ..body };
    write_document(&service, &caller, (&db, &collection), DocumentWrite::Put, &headers, body).await
}

pub(super) async fn patch_document(
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
pub(super) struct Find {
    #[serde(default)]
    include_deleted: bool,
}

/// The query of a list; with `external_id` it finds one document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FindOrList {
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

    fn list(self) -> ListBody {
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

pub(super) async fn find_documents(
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

pub(super) async fn query_documents(
    State(service): Shared,
    By(caller): By,
    Path((db, collection)): Path<(String, String)>,
    Body(body): Body<ListBody>,
) -> Answer {
    ok(service.list_documents(&caller, &db, &collection, &body).await?)
}

pub(super) async fn list_relationships(
    State(service): Shared,
    By(caller): By,
    Path(db): Path<String>,
    Query(find): Query<FindOrList>,
) -> Answer {
    if find.external_id.is_some() || find.external_source.is_some() || find.include_deleted {
        return Err(Error::validation(
            "Relationships have no external ids, and deleted ones are not listed; leave these parameters out.",
        )
        .into());
    }
    ok(service.list_relationships(&caller, &db, &find.list()).await?)
}

/// The query of an export.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Export {
    #[serde(default)]
    lines: ExportLines,
}

pub(super) async fn export(
    State(service): Shared,
    By(caller): By,
    Path((db, collection)): Path<(String, String)>,
    Query(export): Query<Export>,
) -> Answer {
    let lines = service.export(&caller, &db, &collection, export.lines).await?;
    let body = axum::body::Body::from_stream(lines);
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

pub(super) async fn get_document(
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

pub(super) async fn delete_document(
    State(service): Shared,
    By(caller): By,
    Path((db, collection, id)): DocumentPath,
    headers: HeaderMap,
) -> Answer {
    let (key, expected) = (row_key(&id)?, if_match(&headers)?);
    written(service.delete_document(&caller, &db, &collection, key, expected).await?)
}

pub(super) async fn cancel_document(
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Traverse {
    #[serde(rename = "type")]
    rel_type: Option<String>,
    direction: Option<String>,
    depth: Option<usize>,
    limit: Option<usize>,
    offset: Option<usize>,
}

pub(super) async fn related(
    State(service): Shared,
    By(caller): By,
    Path((db, collection, id)): DocumentPath,
    Query(query): Query<Traverse>,
) -> Answer {
    let direction = match query.direction.as_deref() {
        None | Some("both") => Direction::Both,
        Some("outgoing") => Direction::Outgoing,
        Some("incoming") => Direction::Incoming,
        Some(other) => {
            return Err(Error::validation(format!(
                "direction {other:?} is none of outgoing, incoming and both."
            ))
            .into());
        }
    };
    let walk = Walk { direction, rel_type: query.rel_type, depth: query.depth.unwrap_or(1) };
    let all = service.related(&caller, &db, &collection, &id, &walk).await?;
    Page { limit: query.limit, offset: query.offset }.list(all)
}

pub(super) async fn put_relationship(
    State(service): Shared,
    By(caller): By,
    Path(db): Path<String>,
    headers: HeaderMap,
    Body(mut body): Body<RelationshipBody>,
) -> Answer {
    body.expected_version = if_match(&headers)?.or(body.expected_version);
    written(service.put_relationship(&caller, &db, body).await?)
}

pub(super) async fn get_relationship(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
) -> Answer {
    let view = service.get_relationship(&caller, &db, &id).await?;
    Ok(versioned(StatusCode::OK, view.version, view))
}

pub(super) async fn delete_relationship(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    written(service.delete_relationship(&caller, &db, &id, if_match(&headers)?).await?)
}

pub(super) async fn list_relationship_types(
    State(service): Shared,
    By(caller): By,
    Path(db): Path<String>,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.list_relationship_types(&caller, &db)?)
}

pub(super) async fn get_relationship_type(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
) -> Answer {
    let view = service.get_relationship_type(&caller, &db, &id)?;
    Ok(versioned(StatusCode::OK, view["version"].as_u64().unwrap_or_default(), view))
}

pub(super) async fn put_relationship_type(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    headers: HeaderMap,
    Body(body): Body<TypeChange>,
) -> Answer {
    let expected = if_match(&headers)?;
    written(service.put_relationship_type(&caller, &db, &id, body, expected).await?)
}

pub(super) async fn delete_relationship_type(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    written(service.delete_relationship_type(&caller, &db, &id, if_match(&headers)?).await?)
}

pub(super) async fn list_endpoints(
    State(service): Shared,
    By(caller): By,
    Path(db): Path<String>,
    Query(page): Query<Page>,
) -> Answer {
    page.list(service.list_endpoints(&caller, &db)?)
}

/// The query of an endpoint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FindEndpoint {
    #[serde(default)]
    resolved: bool,
}

pub(super) async fn get_endpoint(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    Query(find): Query<FindEndpoint>,
) -> Answer {
    let view = service.get_endpoint(&caller, &db, &id, find.resolved)?;
    Ok(versioned(StatusCode::OK, view["version"].as_u64().unwrap_or_default(), view))
}

pub(super) async fn put_endpoint(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    headers: HeaderMap,
    Body(body): Body<EndpointConfig>,
) -> Answer {
    written(service.put_endpoint(&caller, &db, &id, body, if_match(&headers)?).await?)
}

pub(super) async fn delete_endpoint(
    State(service): Shared,
    By(caller): By,
    Path((db, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    written(service.delete_endpoint(&caller, &db, &id, if_match(&headers)?).await?)
}

pub(super) async fn import_tools(
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
pub(super) struct ExportTools {
    collections: Option<String>,
}

pub(super) async fn export_tools(
    State(service): Shared,
    By(caller): By,
    Path((db, provider)): Path<(String, String)>,
    Query(query): Query<ExportTools>,
) -> Answer {
    ok(service.export_tools(&caller, &db, &provider, query.collections.as_deref())?)
}

pub(super) async fn import_call(
    State(service): Shared,
    By(caller): By,
    Path((db, provider, collection)): Path<(String, String, String)>,
    Body(body): Body<ToolCall>,
) -> Answer {
    written(service.import_call(&caller, &db, &provider, &collection, body).await?)
}

pub(super) async fn batch(
    State(service): Shared,
    By(caller): By,
    Path(db): Path<String>,
    Body(body): Body<Batch>,
) -> Answer {
    written(service.batch(&caller, &db, body).await?)
}

pub(super) async fn import(
    State(service): Shared,
    By(caller): By,
    Path((db, collection)): Path<(String, String)>,
    Query(options): Query<ImportOptions>,
    request: Request,
) -> Answer {
    let body = request.into_body().into_data_stream();
    ok(service.import(&caller, (&db, &collection), &options, body).await?)
}
