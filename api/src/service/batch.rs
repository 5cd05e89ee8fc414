//! Atomic batches.

use super::{
    Caller, Service, collection::put_collection, document::external,
    relationship::RelationshipBody, require_preview,
};
use crate::auth::{Action, authorise};
use bytes::Bytes;
use rekor_core::{
    Error, ErrorKind, Result,
    catalog::{CollectionEntry, Database},
    id::{CollectionId, RowId},
    limits,
    schema::Schema,
};
use rekor_ingest::{Frame, Operation, RowKey, WriteMode};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

/// Body of a batch.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// Executed in order, all or none.
    pub operations: Vec<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UpsertDocument {
    #[serde(rename = "type")]
    _type: String,
    collection: String,
    data: Box<RawValue>,
    id: Option<String>,
    external_id: Option<String>,
    external_source: Option<String>,
    expected_version: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteRow {
    #[serde(rename = "type")]
    _type: String,
    collection: Option<String>,
    id: Option<String>,
    external_id: Option<String>,
    external_source: Option<String>,
    expected_version: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UpsertCollection {
    #[serde(rename = "type")]
    _type: String,
    id: String,
    name: Option<String>,
    description: Option<String>,
    #[serde(alias = "schema")]
    json_schema: Option<Value>,
}

impl Service {
    /// Runs a batch: all operations or none.
    ///
    /// # Errors
    /// The first bad operation, as `Operation N failed: …` with `details[].index`.
    pub async fn batch(&self, caller: &Caller, database: &str, batch: Batch) -> Result<Value> {
        authorise(&caller.principal, Action::WriteDocuments)?;
        authorise(&caller.principal, Action::WriteRelationships)?;
        let database = self.database(database)?;
        let count = batch.operations.len();
        if count == 0 || count > limits::BATCH_OPERATIONS_MAX {
            return Err(Error::validation(format!(
                "A batch holds 1 to {} operations, this one {count}.",
                limits::BATCH_OPERATIONS_MAX
            )));
        }
        let bytes: usize = batch.operations.iter().map(|operation| operation.get().len()).sum();
        if bytes > limits::BATCH_BYTES_MAX {
            return Err(Error::new(
                ErrorKind::PayloadTooLarge,
                format!("The batch is {bytes} bytes; the limit is 10 MiB. Split it."),
            ));
        }
        let (mut operations, mut kinds) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for (index, raw) in batch.operations.iter().enumerate() {
            let (kind, operation) = self
                .batch_operation(&caller.through("batch"), &database, raw)
                .await
                .map_err(|mut error| {
                    error.message = format!("Operation {index} failed: {}", error.message);
                    let reason = error.message.clone();
                    error.with_detail(
                        rekor_core::error::Detail::default()
                            .with("index", index as u64)
                            .with("reason", reason),
                    )
                })?;
            kinds.push(kind);
            operations.push(operation);
        }
        let receipt = self
            .engine
            .write(Frame { origin: caller.through("batch").origin(), operations })
            .await?;
        let results: Vec<Value> = receipt
            .outcomes
            .iter()
            .zip(kinds)
            .enumerate()
            .map(|(index, (outcome, kind))| json!({"index": index, "type": kind, "id": &*outcome.row.id, "version": outcome.row.version}))
            .collect();
        Ok(json!({"results": results}))
    }

    async fn batch_operation(
        &self,
        caller: &Caller,
        database: &Database,
        raw: &RawValue,
    ) -> Result<(String, Operation)> {
        let kind: Kind = parse(raw)?;
        let name = kind.name.replace("_record", "_document");
        let operation = match name.as_str() {
            "upsert_document" => {
                let body: UpsertDocument = parse(raw)?;
                Operation::UpsertDocument {
                    table: self
                        .collection(database.entry.id.as_str(), &body.collection)?
                        .entry
                        .table,
                    id: body.id.as_deref().map(RowId::canonical).transpose()?,
                    external: external(body.external_id.map(Some), body.external_source)?,
                    data: Bytes::from(body.data.get().to_owned()),
                    mode: WriteMode::Replace,
                    if_version: body.expected_version,
                    must_exist: false,
                }
            }
            "delete_document" => {
                let body: DeleteRow = parse(raw)?;
                let collection = body
                    .collection
                    .as_deref()
                    .ok_or_else(|| Error::validation("delete_document needs `collection`."))?;
                let table = self.collection(database.entry.id.as_str(), collection)?.entry.table;
                Operation::Delete { table, if_version: body.expected_version, key: row_key(&body)? }
            }
            "upsert_relationship" => {
                let mut members: serde_json::Map<String, Value> = parse(raw)?;
                members.remove("type");
                let text = Value::Object(members).to_string();
                let body: RelationshipBody = serde_json::from_str(&text)
                    .map_err(|error| Error::validation(error.to_string()))?;
                self.relationship_operation(database, body).await?
            }
            "delete_relationship" => {
                let body: DeleteRow = parse(raw)?;
                Operation::Delete {
                    table: database.entry.tables.relationships,
                    if_version: body.expected_version,
                    key: row_key(&body)?,
                }
            }
            "upsert_collection" => {
                authorise(&caller.principal, Action::WriteCollections)?;
                require_preview(&database.entry.id)?;
                let body: UpsertCollection = parse(raw)?;
                let id = CollectionId::parse(&body.id)?;
                let known = database.collections.get(&id);
                let schema = body
                    .json_schema
                    .or_else(|| known.map(|k| k.entry.json_schema.clone()))
                    .unwrap_or_else(|| json!({"type": "object"}));
                Schema::compile(&schema)?;
                let entry = CollectionEntry {
                    name: body.name.unwrap_or_else(|| {
                        known.map_or_else(|| id.to_string(), |k| k.entry.name.clone())
                    }),
                    description: body.description,
                    json_schema: schema,
                    icon: known.and_then(|k| k.entry.icon.clone()),
                    color: known.and_then(|k| k.entry.color.clone()),
                    table: known.map_or_else(|| self.engine.allocate_tables(1), |k| k.entry.table),
                    id,
                };
                put_collection(
                    database.entry.tables.collections,
                    &entry,
                    Some(known.map_or(0, |k| k.version)),
                )?
            }
            "delete_collection" => {
                authorise(&caller.principal, Action::WriteCollections)?;
                require_preview(&database.entry.id)?;
                let body: DeleteRow = parse(raw)?;
                Operation::Delete {
                    table: database.entry.tables.collections,
                    if_version: None,
                    key: row_key(&body)?,
                }
            }
            other => {
                return Err(Error::validation(format!(
                    "Unknown operation type {other:?}; the types are upsert_document, delete_document, upsert_relationship, delete_relationship, upsert_collection and delete_collection."
                )));
            }
        };
        Ok((kind.name, operation))
    }
}

fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T> {
    serde_json::from_str(raw.get()).map_err(|error| Error::validation(error.to_string()))
}

fn row_key(body: &DeleteRow) -> Result<RowKey> {
    match (&body.id, &body.external_id) {
        (Some(id), None) => Ok(RowKey::Id(RowId::canonical(id)?)),
        (None, Some(id)) => Ok(RowKey::External {
            source: body.external_source.clone().unwrap_or_default(),
            id: id.clone(),
        }),
        _ => Err(Error::validation("Give either `id` or `external_id`.")),
    }
}
