//! Atomic batches.

use super::{
    Caller, Service, collection::CollectionChange, document::external,
    relationship::RelationshipBody,
};
use crate::operation::Operation as Op;
use bytes::Bytes;
use rekor_core::{
    Error, ErrorKind, Result,
    catalog::Database,
    grant::{Permission, Subject},
    id::{RowId, TableId},
    limits,
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
    icon: Option<String>,
    color: Option<String>,
}

impl Service {
    /// Runs a batch: all operations or none.
    ///
    /// # Errors
    /// The first bad operation, as `Operation N failed: …` with `details[].index`.
    pub async fn batch(&self, caller: &Caller, database: &str, batch: Batch) -> Result<Value> {
        let database = self.reach(caller, Op::Batch, database)?;
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
        // Where the outcome of each client operation is among those of all.
        let mut places = Vec::with_capacity(count);
        for (index, raw) in batch.operations.iter().enumerate() {
            let (kind, made) = self
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
            places.push(operations.len());
            operations.extend(made);
        }
        let frame = Frame { origin: caller.through("batch").origin(), operations };
        let written = self.engine.write(frame).await;
        let receipt = written.map_err(|error| at_client_operation(error, &places))?;
        let results: Vec<Value> = places
            .iter()
            .zip(kinds)
            .enumerate()
            .filter_map(|(index, (place, kind))| {
                let row = &receipt.outcomes.get(*place)?.row;
                Some(json!({"index": index, "type": kind, "id": &*row.id, "version": row.version}))
            })
            .collect();
        Ok(json!({"results": results}))
    }

    async fn batch_operation(
        &self,
        caller: &Caller,
        database: &Database,
        raw: &RawValue,
    ) -> Result<(String, Vec<Operation>)> {
        let kind: Kind = parse(raw)?;
        let name = kind.name.replace("_record", "_document");
        let operation = match name.as_str() {
            "upsert_document" => {
                let body: UpsertDocument = parse(raw)?;
                Operation::UpsertDocument {
                    table: self.documents(caller, Op::DocumentPut, database, &body.collection)?,
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
                let table = self.documents(caller, Op::DocumentDelete, database, collection)?;
                Operation::Delete { table, if_version: body.expected_version, key: row_key(&body)? }
            }
            "upsert_relationship" => {
                let mut members: serde_json::Map<String, Value> = parse(raw)?;
                members.remove("type");
                let text = Value::Object(members).to_string();
                let body: RelationshipBody = serde_json::from_str(&text)
                    .map_err(|error| Error::validation(error.to_string()))?;
                self.relationship_operation(caller, database, body).await?
            }
            "delete_relationship" => {
                let body: DeleteRow = parse(raw)?;
                let id = body
                    .id
                    .as_deref()
                    .ok_or_else(|| Error::validation("delete_relationship needs `id`."))?;
                let write = Permission::write(Subject::Relationships);
                self.check_reached(caller, database, &RowId::canonical(id)?, write).await?;
                Operation::Delete {
                    table: database.entry.tables.relationships,
                    if_version: body.expected_version,
                    key: row_key(&body)?,
                }
            }
            "upsert_collection" => {
                let body: UpsertCollection = parse(raw)?;
                let change = CollectionChange {
                    name: body.name,
                    description: body.description,
                    json_schema: body.json_schema,
                    icon: body.icon,
                    color: body.color,
                };
                return Ok((kind.name, self.collection_put(caller, database, &body.id, change)?));
            }
            "delete_collection" => {
                let body: DeleteRow = parse(raw)?;
                let id = body.id.as_deref().or(body.collection.as_deref());
                let id = id.ok_or_else(|| Error::validation("delete_collection needs `id`."))?;
                return Ok((kind.name, self.collection_delete(caller, database, id)?));
            }
            other => {
                return Err(Error::validation(format!(
                    "Unknown operation type {other:?}; the types are upsert_document, delete_document, upsert_relationship, delete_relationship, upsert_collection and delete_collection."
                )));
            }
        };
        Ok((kind.name, vec![operation]))
    }

    /// The table of a collection's documents, if the caller may do this to them.
    fn documents(
        &self,
        caller: &Caller,
        operation: Op,
        database: &Database,
        collection: &str,
    ) -> Result<TableId> {
        let (_, collection) =
            self.reach_collection(caller, operation, database.entry.id.as_str(), collection)?;
        Ok(collection.entry.table)
    }
}

/// An error of the engine, which counts all operations, in terms of the client's.
fn at_client_operation(mut error: Error, places: &[usize]) -> Error {
    let place =
        error.details.first().and_then(|detail| detail.get("index")).and_then(Value::as_u64);
    let Some(place) = place.and_then(|place| usize::try_from(place).ok()) else { return error };
    let index = places.partition_point(|first| *first <= place).saturating_sub(1);
    let prefix = format!("Operation {place} failed: ");
    if let Some(rest) = error.message.strip_prefix(&prefix) {
        error.message = format!("Operation {index} failed: {rest}");
    }
    error.details =
        error.details.into_iter().map(|detail| detail.with("index", index as u64)).collect();
    error
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
