//! Carries actions out: arguments become the body that REST takes, one method of the service is called, and its answer
//! becomes a reply.

use super::{arguments::Arguments, result::Reply};
use crate::{
    operation::Operation as Op,
    service::{
        Caller, Service,
        answer::Answer,
        collection::{CollectionChange, DiffBody},
        database::{DatabaseChange, NewDatabase, NewPreview},
        document::{Cancelling, DocumentBody, DocumentWrite},
        list::ListBody,
        promote::{Promotion, RollbackBody},
        provider::{ImportTools, ToolCall},
        relationship::{RelationshipBody, Walk},
        relationship_type::TypeChange,
        sql::SqlBody,
    },
};
use futures::future::{BoxFuture, ready};
use rekor_core::{Error, Result, id::RowId, limits};
use rekor_ingest::{Direction, RowKey};
use serde_json::{Value, json};

/// One call, checked against its action.
pub(super) struct Call<'a> {
    pub service: &'a Service,
    pub caller: &'a Caller,
    pub arguments: &'a Arguments<'a>,
}

impl Call<'_> {
    /// Carries out the operation of an action.
    ///
    /// # Errors
    /// Those of the service's method.
    pub(super) fn run(&self, operation: Op) -> BoxFuture<'_, Result<Reply>> {
        // Boxed one by one: a read of a document has not the size of a promotion.
        match operation {
            Op::Whoami
            | Op::DatabaseCreate
            | Op::DatabaseList
            | Op::DatabaseGet
            | Op::DatabaseChange
            | Op::DatabaseDelete
            | Op::DatabaseRestore
            | Op::PreviewCreate
            | Op::PreviewList => Box::pin(self.database(operation)),
            Op::PromoteDryRun
            | Op::PromoteRequest
            | Op::PromotionList
            | Op::PromotionGet
            | Op::RollbackDryRun => Box::pin(self.promotion(operation)),
            Op::CollectionList
            | Op::CollectionGet
            | Op::CollectionHistory
            | Op::CollectionDescribe
            | Op::CollectionPut
            | Op::CollectionDelete
            | Op::CollectionDiff => Box::pin(self.collection(operation)),
            Op::DocumentGet
            | Op::DocumentQuery
            | Op::DocumentPut
            | Op::DocumentPatch
            | Op::DocumentCancel
            | Op::DocumentDelete => Box::pin(self.document(operation)),
            Op::RelationshipGet
            | Op::RelationshipList
            | Op::RelationshipPut
            | Op::RelationshipDelete
            | Op::Traverse => Box::pin(self.relationship(operation)),
            Op::RelationshipTypeList
            | Op::RelationshipTypeGet
            | Op::RelationshipTypePut
            | Op::RelationshipTypeDelete => Box::pin(self.relationship_type(operation)),
            Op::Batch => Box::pin(self.batch()),
            Op::Sql => Box::pin(self.sql()),
            Op::ProviderImport | Op::ProviderExport | Op::ProviderCall => {
                Box::pin(self.provider(operation))
            }
            other => Box::pin(ready(Err(Error::internal(format!("no tool does {other:?}"))))),
        }
    }

    fn db(&self) -> String {
        self.arguments.text("database_id")
    }

    fn collection_id(&self) -> String {
        self.arguments.text("collection")
    }

    fn expected(&self) -> Option<u64> {
        self.arguments.get("expected_version")
    }

    async fn database(&self, operation: Op) -> Result<Reply> {
        let (service, caller, db) = (self.service, self.caller, &self.db());
        let texts = [
            ("name", "name"),
            ("description", "description"),
            ("tags", "tags"),
            ("database_id", "id"),
        ];
        match operation {
            Op::Whoami => Reply::object(&without_nulls(service.whoami(caller)?)),
            Op::DatabaseList => {
                let tag: Option<String> = self.arguments.get("tag");
                self.page(service.list_databases(caller, tag.as_deref())?)
            }
            Op::DatabaseGet => Reply::object(&service.get_database(caller, db)?),
            Op::DatabaseCreate => {
                let body: NewDatabase = self.arguments.body(&texts)?;
                Reply::object(&service.create_database(caller, body).await?)
            }
            Op::DatabaseChange => {
                let body: DatabaseChange = self.arguments.body(&texts[..3])?;
                Reply::object(&service.change_database(caller, db, body).await?)
            }
            Op::DatabaseDelete => Reply::object(&service.delete_database(caller, db).await?),
            Op::DatabaseRestore => Reply::object(&service.restore_database(caller, db).await?),
            Op::PreviewCreate => {
                let body: NewPreview = self.arguments.body(&texts[..2])?;
                Reply::object(&service.create_preview(caller, db, body).await?)
            }
            _ => self.page(service.list_previews(caller, db)?),
        }
    }

    async fn promotion(&self, operation: Op) -> Result<Reply> {
        let (service, caller, db) = (self.service, self.caller, &self.db());
        match operation {
            Op::PromoteDryRun | Op::PromoteRequest => {
                let body = Promotion {
                    dry_run: operation == Op::PromoteDryRun,
                    request: operation == Op::PromoteRequest,
                    ..self.arguments.body(&[("from", "from"), ("prune", "prune")])?
                };
                Reply::object(&service.promote(caller, db, body).await?)
            }
            Op::RollbackDryRun => {
                let named: RollbackBody =
                    self.arguments.body(&[("promotion_id", "promotion_id")])?;
                let body = RollbackBody { dry_run: true, ..named };
                Reply::object(&service.rollback(caller, db, body).await?)
            }
            Op::PromotionList => self.page(service.promotions(caller, db)?),
            _ => {
                let promotion = self.arguments.text("promotion_id");
                Reply::object(&service.promotion(caller, db, &promotion)?)
            }
        }
    }

    async fn collection(&self, operation: Op) -> Result<Reply> {
        let (service, caller, db) = (self.service, self.caller, &self.db());
        let (id, arguments) = (&self.collection_id(), self.arguments);
        match operation {
            Op::CollectionList => {
                let all = service.list_collections(caller, db)?;
                self.page(all.into_iter().map(without_schema).collect())
            }
            Op::CollectionGet => Reply::object(&service.get_collection(caller, db, id)?),
            Op::CollectionDescribe => {
                Reply::object(&service.describe_collection(caller, db, id).await?)
            }
            Op::CollectionHistory => self.page(service.collection_history(caller, db, id)?),
            Op::CollectionPut => {
                let names = ["name", "description", "json_schema", "icon", "color"];
                let body: CollectionChange = arguments.body(&names.map(|name| (name, name)))?;
                written(service.put_collection(caller, db, id, body, self.expected()).await?)
            }
            Op::CollectionDelete => {
                written(service.delete_collection(caller, db, id, self.expected()).await?)
            }
            _ => {
                let body: DiffBody = arguments.body(&[("json_schema", "json_schema")])?;
                Reply::object(&service.collection_diff(caller, db, id, &body)?)
            }
        }
    }

    async fn document(&self, operation: Op) -> Result<Reply> {
        let (service, caller, db) = (self.service, self.caller, &self.db());
        let (collection, arguments) = (&self.collection_id(), self.arguments);
        match operation {
            Op::DocumentGet => {
                let deleted = arguments.get("include_deleted").unwrap_or(false);
                let key = self.row_key()?;
                Reply::object(&service.get_document(caller, db, collection, &key, deleted).await?)
            }
            Op::DocumentQuery => {
                let names =
                    ["filter", "sort", "fields", "limit", "offset", "cursor", "external_source"];
                let body: ListBody = arguments.body(&names.map(|name| (name, name)))?;
                let listed = Box::pin(service.list_documents(caller, db, collection, &body));
                Ok(Reply::list(listed.await?))
            }
            Op::DocumentPut | Op::DocumentPatch => {
                let body: DocumentBody = arguments.body(&[
                    ("data", "data"),
                    ("document_id", "id"),
                    ("external_id", "external_id"),
                    ("external_source", "external_source"),
                    ("expected_version", "expected_version"),
                ])?;
                let patch = operation == Op::DocumentPatch;
                let write = if patch { DocumentWrite::Patch } else { DocumentWrite::Put };
                let writing = service.write_document(caller, db, collection, write, body);
                written(Box::pin(writing).await?)
            }
            Op::DocumentCancel => {
                let cancelling = Cancelling {
                    cancelled: arguments.get("cancelled").unwrap_or(true),
                    expected_version: self.expected(),
                };
                let key = self.row_key()?;
                let writing = service.cancel_document(caller, db, collection, key, cancelling);
                written(Box::pin(writing).await?)
            }
            _ => {
                let (key, expected) = (self.row_key()?, self.expected());
                let writing = service.delete_document(caller, db, collection, key, expected);
                written(Box::pin(writing).await?)
            }
        }
    }

    /// The document a call is about.
    fn row_key(&self) -> Result<RowKey> {
        let (id, external) =
            (self.arguments.text("document_id"), self.arguments.text("external_id"));
        match (id.is_empty(), external.is_empty()) {
            (false, true) => RowId::canonical(&id).map(RowKey::Id),
            (true, false) => Ok(RowKey::External {
                source: self.arguments.text("external_source"),
                id: external,
            }),
            _ => Err(Error::validation(
                "Give either document_id, or external_id with external_source if it has one.",
            )),
        }
    }

    async fn relationship(&self, operation: Op) -> Result<Reply> {
        let (service, caller, db) = (self.service, self.caller, &self.db());
        let (id, arguments) = (&self.arguments.text("relationship_id"), self.arguments);
        match operation {
            Op::RelationshipGet => Reply::object(&service.get_relationship(caller, db, id).await?),
            Op::RelationshipList => {
                let names = ["filter", "sort", "fields", "limit", "offset", "cursor"];
                let body: ListBody = arguments.body(&names.map(|name| (name, name)))?;
                Ok(Reply::list(service.list_relationships(caller, db, &body).await?))
            }
            Op::RelationshipPut => {
                let body: RelationshipBody = arguments.body(&[
                    ("relationship_id", "id"),
                    ("rel_type", "rel_type"),
                    ("source_collection", "source_collection"),
                    ("source_id", "source_id"),
                    ("source_external_id", "source_external_id"),
                    ("target_collection", "target_collection"),
                    ("target_id", "target_id"),
                    ("target_external_id", "target_external_id"),
                    ("data", "data"),
                    ("expected_version", "expected_version"),
                ])?;
                written(service.put_relationship(caller, db, body).await?)
            }
            Op::RelationshipDelete => {
                written(service.delete_relationship(caller, db, id, self.expected()).await?)
            }
            _ => {
                let walk = Walk {
                    direction: direction(&arguments.text("direction"))?,
                    rel_type: arguments.get("rel_type"),
                    depth: arguments.get("depth").unwrap_or(1),
                };
                let (collection, id) = (self.collection_id(), arguments.text("document_id"));
                self.page(service.related(caller, db, &collection, &id, &walk).await?)
            }
        }
    }

    async fn relationship_type(&self, operation: Op) -> Result<Reply> {
        let (service, caller, db) = (self.service, self.caller, &self.db());
        let id = &self.arguments.text("rel_type");
        match operation {
            Op::RelationshipTypeList => self.page(service.list_relationship_types(caller, db)?),
            Op::RelationshipTypeGet => {
                Reply::object(&service.get_relationship_type(caller, db, id)?)
            }
            Op::RelationshipTypePut => {
                let names =
                    ["description", "data_schema", "source_collections", "target_collections"];
                let body: TypeChange = self.arguments.body(&names.map(|name| (name, name)))?;
                written(service.put_relationship_type(caller, db, id, body, self.expected()).await?)
            }
            _ => written(service.delete_relationship_type(caller, db, id, self.expected()).await?),
        }
    }

    async fn batch(&self) -> Result<Reply> {
        let batch = self.arguments.body(&[("operations", "operations")])?;
        written(self.service.batch(self.caller, &self.db(), batch).await?)
    }

    async fn sql(&self) -> Result<Reply> {
        let body: SqlBody = self.arguments.body(&[("query", "query"), ("params", "params")])?;
        let (database, fits) = (self.db(), |answer: &_| Ok(Reply::table(answer)?.is_whole()));
        let answer = self.service.sql_or_keep(self.caller, &database, body, fits).await?;
        let uri = |id: &str| super::resources::result_uri(&database, id);
        Ok(Reply::table(&answer)?.kept(&answer, true, uri))
    }

    async fn provider(&self, operation: Op) -> Result<Reply> {
        let (service, caller, db) = (self.service, self.caller, &self.db());
        let (provider, arguments) = (&self.arguments.text("provider"), self.arguments);
        match operation {
            Op::ProviderImport => {
                let body: ImportTools = arguments.body(&[("tools", "tools")])?;
                written(service.import_tools(caller, db, provider, &body).await?)
            }
            Op::ProviderExport => {
                let ids: Option<Vec<String>> = arguments.get("collection_ids");
                let ids = ids.map(|ids| ids.join(","));
                Reply::object(&service.export_tools(caller, db, provider, ids.as_deref())?)
            }
            _ => {
                let body: ToolCall = arguments.body(&[
                    ("call_data", "data"),
                    ("external_id", "external_id"),
                    ("external_source", "external_source"),
                ])?;
                let collection = self.collection_id();
                written(service.import_call(caller, db, provider, &collection, body).await?)
            }
        }
    }

    /// A page of a whole list.
    fn page(&self, all: Vec<Value>) -> Result<Reply> {
        let limit = self.arguments.get("limit").unwrap_or(limits::PAGE_DEFAULT);
        if limit == 0 || limit > limits::PAGE_MAX {
            return Err(Error::validation(format!("limit is 1 to {}.", limits::PAGE_MAX)));
        }
        let (total, offset) = (all.len(), self.arguments.get("offset").unwrap_or(0));
        let data = all.into_iter().skip(offset).take(limit).collect();
        Ok(Reply::List { data, meta: json!({"total": total, "limit": limit, "offset": offset}) })
    }
}

fn written(answer: Answer) -> Result<Reply> {
    Ok(Reply::Object(answer.body))
}

/// A collection of a list: its top-level fields instead of the schema.
pub(super) fn without_schema(mut collection: Value) -> Value {
    let Some(members) = collection.as_object_mut() else { return collection };
    let schema = members.remove("json_schema").unwrap_or_default();
    let fields = schema.get("properties").and_then(Value::as_object);
    let names: Vec<&String> = fields.map(|fields| fields.keys().collect()).unwrap_or_default();
    members.insert("fields".to_owned(), json!(names));
    members.retain(|_, value| !value.is_null());
    collection
}

/// What is not known is left out.
fn without_nulls(mut body: Value) -> Value {
    if let Some(members) = body.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    body
}

fn direction(name: &str) -> Result<Direction> {
    match name {
        "" | "both" => Ok(Direction::Both),
        "outgoing" => Ok(Direction::Outgoing),
        "incoming" => Ok(Direction::Incoming),
        other => Err(Error::validation(format!(
            "direction {other:?} is none of outgoing, incoming and both."
        ))),
    }
}
