//! Atomic batches.

use super::{
    Caller, Service, answer::Answer, collection::CollectionChange, document::external,
    relationship::RelationshipBody,
};
use crate::{
    auth::{Target, authorise, missing_collection},
    operation::Operation as Op,
};
use bytes::Bytes;
use rekor_core::{
    Error, ErrorKind, Result,
    catalog::{Collection, Database},
    error::Detail,
    grant::{Permission, Subject},
    id::{CollectionId, RowId, TableId},
    limits,
    schema::Schema,
};
use rekor_ingest::{Operation, Outcome, RowKey, WriteMode};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use std::{collections::HashMap, sync::Arc};

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

/// The database as the operations so far leave it, and what they make.
struct Draft {
    database: Database,
    /// The last version of each collection that an operation wrote.
    written: HashMap<CollectionId, u64>,
    operations: Vec<Operation>,
}

impl Draft {
    /// The table of a collection's documents.
    fn documents(&self, caller: &Caller, operation: Op, collection: &str) -> Result<TableId> {
        let database = &self.database.entry.id;
        authorise(&caller.principal, operation, Target::collection(database, collection))?;
        let known = self.database.collections.get(collection);
        let known = known.ok_or_else(|| missing_collection(database, collection))?;
        Ok(known.entry.table)
    }

    fn written(&self, collection: &str) -> u64 {
        self.written.get(collection).copied().unwrap_or(0)
    }
}

impl Service {
    /// Runs a batch: all operations or none.
    ///
    /// # Errors
    /// The first bad operation, as `Operation N failed: …` with `details[].index`.
    pub async fn batch(&self, caller: &Caller, database: &str, batch: Batch) -> Result<Answer> {
        let database = self.reach(caller, Op::Batch, database)?;
        if let Some(answer) = self.answered(caller, &database).await? {
            return Ok(answer);
        }
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
        let caller = caller.clone().through("batch");
        let mut draft = Draft {
            database: Database::clone(&database),
            written: HashMap::new(),
            operations: Vec::with_capacity(count),
        };
        // The type of each client operation, and where its outcome is among those of all.
        let mut kinds: Vec<(String, usize)> = Vec::with_capacity(count);
        for (index, raw) in batch.operations.iter().enumerate() {
            let place = draft.operations.len();
            let kind = self
                .batch_operation(&caller, &mut draft, raw)
                .await
                .map_err(|error| at_index(error, index))?;
            kinds.push((kind, place));
        }
        let places: Vec<usize> = kinds.iter().map(|(_, place)| *place).collect();
        let answer = move |outcomes: &[Outcome]| results(&kinds, outcomes);
        self.write(&caller, &database, draft.operations, answer)
            .await
            .map_err(|error| at_client_operation(error, &places))
    }

    /// Adds an operation to the draft; answers its type, as the client wrote it.
    async fn batch_operation(
        &self,
        caller: &Caller,
        draft: &mut Draft,
        raw: &RawValue,
    ) -> Result<String> {
        let kind: Kind = parse(raw)?;
        let operation = match kind.name.replace("_record", "_document").as_str() {
            "upsert_document" => {
                let body: UpsertDocument = parse(raw)?;
                Operation::UpsertDocument {
                    table: draft.documents(caller, Op::DocumentPut, &body.collection)?,
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
                let table = draft.documents(caller, Op::DocumentDelete, collection)?;
                Operation::Delete { table, if_version: body.expected_version, key: row_key(&body)? }
            }
            "upsert_relationship" => {
                let mut members: serde_json::Map<String, Value> = parse(raw)?;
                members.remove("type");
                let text = Value::Object(members).to_string();
                let body: RelationshipBody = serde_json::from_str(&text)
                    .map_err(|error| Error::validation(error.to_string()))?;
                self.relationship_operation(caller, &draft.database, body).await?
            }
            "delete_relationship" => {
                let body: DeleteRow = parse(raw)?;
                let id = body
                    .id
                    .as_deref()
                    .ok_or_else(|| Error::validation("delete_relationship needs `id`."))?;
                let write = Permission::write(Subject::Relationships);
                self.check_reached(caller, &draft.database, &RowId::canonical(id)?, write).await?;
                Operation::Delete {
                    table: draft.database.entry.tables.relationships,
                    if_version: body.expected_version,
                    key: row_key(&body)?,
                }
            }
            "upsert_collection" => {
                self.batch_collection(caller, draft, parse(raw)?)?;
                return Ok(kind.name);
            }
            "delete_collection" => {
                self.batch_collection_delete(caller, draft, &parse(raw)?)?;
                return Ok(kind.name);
            }
            other => {
                return Err(Error::validation(format!(
                    "Unknown operation type {other:?}; the types are upsert_document, delete_document, upsert_relationship, delete_relationship, upsert_collection and delete_collection."
                )));
            }
        };
        draft.operations.push(operation);
        Ok(kind.name)
    }

    fn batch_collection(
        &self,
        caller: &Caller,
        draft: &mut Draft,
        body: UpsertCollection,
    ) -> Result<()> {
        let target = Target::collection(&draft.database.entry.id, &body.id);
        authorise(&caller.principal, Op::CollectionPut, target)?;
        let change = CollectionChange {
            name: body.name,
            description: body.description,
            json_schema: body.json_schema,
            icon: body.icon,
            color: body.color,
        };
        let entry = self.changed_collection(&draft.database, &body.id, change)?;
        let (operations, version) =
            self.collection_put(caller, &draft.database, &entry, draft.written(&body.id))?;
        let schema = Schema::compile(&entry.json_schema)?;
        let collection = Collection {
            version,
            created_at: self.now(),
            updated_at: self.now(),
            cluster_by: schema.cluster_by().to_vec(),
            schema: Arc::new(schema),
            entry,
        };
        let id = collection.entry.id.clone();
        draft.written.insert(id.clone(), version);
        draft.database.collections.insert(id, Arc::new(collection));
        draft.operations.extend(operations);
        Ok(())
    }

    fn batch_collection_delete(
        &self,
        caller: &Caller,
        draft: &mut Draft,
        body: &DeleteRow,
    ) -> Result<()> {
        let id = body.id.as_deref().or(body.collection.as_deref());
        let id = id.ok_or_else(|| Error::validation("delete_collection needs `id`."))?;
        let target = Target::collection(&draft.database.entry.id, id);
        authorise(&caller.principal, Op::CollectionDelete, target)?;
        let (operations, version) =
            self.collection_delete(caller, &draft.database, id, draft.written(id))?;
        draft.written.insert(CollectionId::parse(id)?, version);
        draft.database.collections.remove(id);
        draft.operations.extend(operations);
        Ok(())
    }
}

/// The answer to a batch: what each client operation did.
fn results(kinds: &[(String, usize)], outcomes: &[Outcome]) -> Result<Answer> {
    let results: Vec<Value> = kinds
        .iter()
        .enumerate()
        .filter_map(|(index, (kind, place))| {
            let row = &outcomes.get(*place)?.row;
            Some(json!({"index": index, "type": kind, "id": &*row.id, "version": row.version}))
        })
        .collect();
    Answer::of(&json!({"results": results}))
}

/// The error of a client operation.
fn at_index(mut error: Error, index: usize) -> Error {
    error.message = format!("Operation {index} failed: {}", error.message);
    let reason = error.message.clone();
    let detail = Detail::default().with("index", index as u64).with("reason", reason);
    error.with_detail(detail)
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
