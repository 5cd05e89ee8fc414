//! Declared relationship types: optional; what is declared is enforced, other types are free.

use super::{
    Caller, Service,
    answer::{Answer, only},
    config::{Entry, Kind, Put, check_version},
    database::check_texts,
    document::deleted,
};
use crate::operation::Operation as Op;
use rekor_core::{
    Error, Result, Timestamp,
    catalog::{Database, RelationshipType, RelationshipTypeEntry},
    error::Detail,
    id::{CollectionId, RelType},
    schema::Schema,
};
use rekor_ingest::Outcome;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Body of a relationship type; what is absent stays, or has its default.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeChange {
    /// Free text.
    pub description: Option<String>,
    /// The JSON Schema of `data`.
    #[serde(alias = "schema")]
    pub data_schema: Option<Value>,
    /// Collections a source may be in; any, if empty.
    pub source_collections: Option<BTreeSet<CollectionId>>,
    /// Collections a target may be in; any, if empty.
    pub target_collections: Option<BTreeSet<CollectionId>>,
}

fn type_json(declared: &RelationshipType) -> Value {
    let RelationshipType { entry, version, created_at, updated_at, .. } = declared;
    entry_json(entry, *version, [*created_at, *updated_at])
}

fn entry_json(
    entry: &RelationshipTypeEntry,
    version: u64,
    [created_at, updated_at]: [Timestamp; 2],
) -> Value {
    json!({
        "id": entry.id,
        "rel_type": entry.id,
        "description": entry.description,
        "data_schema": entry.data_schema,
        "source_collections": entry.source_collections,
        "target_collections": entry.target_collections,
        "version": version,
        "created_at": created_at.to_rfc3339(),
        "updated_at": updated_at.to_rfc3339(),
    })
}

fn missing(database: &Database, id: &str) -> Error {
    Error::not_found(format!("{} declares no relationship type {id}.", database.entry.id))
}

impl Service {
    /// The declared relationship types of a database.
    ///
    /// # Errors
    /// `NotFound` of the database.
    pub fn list_relationship_types(&self, caller: &Caller, database: &str) -> Result<Vec<Value>> {
        let database = self.reach(caller, Op::RelationshipTypeList, database)?;
        Ok(database.relationship_types.values().map(|declared| type_json(declared)).collect())
    }

    /// One declared relationship type.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_relationship_type(
        &self,
        caller: &Caller,
        database: &str,
        id: &str,
    ) -> Result<Value> {
        let database = self.reach(caller, Op::RelationshipTypeGet, database)?;
        let declared = database.relationship_types.get(id);
        Ok(type_json(&**declared.ok_or_else(|| missing(&database, id))?))
    }

    /// Declares or changes a relationship type of a preview.
    ///
    /// # Errors
    /// `Forbidden` in production, Validation of name and schema.
    pub async fn put_relationship_type(
        &self,
        caller: &Caller,
        database: &str,
        id: &str,
        change: TypeChange,
        expected: Option<u64>,
    ) -> Result<Answer> {
        let database = self.reach(caller, Op::RelationshipTypePut, database)?;
        if let Some(answer) = self.answered(caller, &database).await? {
            return Ok(answer);
        }
        let id = RelType::parse(id)?;
        check_texts(&[change.description.as_deref()], &[])?;
        let known = database.relationship_types.get(&id);
        check_version(id.as_str(), expected, known.map_or(0, |known| known.version))?;
        let old = known.map(|known| &known.entry);
        let entry = RelationshipTypeEntry {
            description: change.description.or_else(|| old?.description.clone()),
            data_schema: change
                .data_schema
                .or_else(|| old.map(|old| old.data_schema.clone()))
                .unwrap_or_else(|| json!({"type": "object"})),
            source_collections: change
                .source_collections
                .or_else(|| old.map(|old| old.source_collections.clone()))
                .unwrap_or_default(),
            target_collections: change
                .target_collections
                .or_else(|| old.map(|old| old.target_collections.clone()))
                .unwrap_or_default(),
            id: id.clone(),
        };
        Schema::compile(&entry.data_schema)?;
        let (operations, _) = self.put_config(&Put {
            database: &database,
            by: &caller.principal,
            kind: Kind::RelationshipType,
            id: id.as_str(),
            if_version: known.map_or(0, |known| known.version),
            written: 0,
            entry: Some(&Entry::RelationshipType(entry.clone())),
            keeps_documents: false,
        })?;
        let answer = move |outcomes: &[Outcome]| {
            let outcome = only(outcomes)?;
            let row = &outcome.row;
            let times = [row.created_at, row.updated_at];
            Answer::about(outcome, &entry_json(&entry, row.version, times))
        };
        self.write(caller, &database, operations, answer).await
    }

    /// Takes the declaration of a relationship type in a preview back; relationships stay.
    ///
    /// # Errors
    /// `Forbidden` in production, `NotFound`.
    pub async fn delete_relationship_type(
        &self,
        caller: &Caller,
        database: &str,
        id: &str,
        expected: Option<u64>,
    ) -> Result<Answer> {
        let database = self.reach(caller, Op::RelationshipTypeDelete, database)?;
        if let Some(answer) = self.answered(caller, &database).await? {
            return Ok(answer);
        }
        let known = database.relationship_types.get(id).ok_or_else(|| missing(&database, id))?;
        check_version(id, expected, known.version)?;
        let (operations, _) = self.put_config(&Put {
            database: &database,
            by: &caller.principal,
            kind: Kind::RelationshipType,
            id,
            if_version: known.version,
            written: 0,
            entry: None,
            keeps_documents: false,
        })?;
        self.write(caller, &database, operations, |outcomes| deleted(only(outcomes)?)).await
    }
}

/// Checks a relationship against its declared type, if it has one.
///
/// # Errors
/// Validation, with the place.
pub(crate) fn check_declared(
    database: &Database,
    rel_type: &RelType,
    [source, target]: [&str; 2],
    data: &str,
) -> Result<()> {
    let Some(declared) = database.relationship_types.get(rel_type) else { return Ok(()) };
    for (end, allowed, collection) in [
        ("source_collection", &declared.entry.source_collections, source),
        ("target_collection", &declared.entry.target_collections, target),
    ] {
        if !allowed.is_empty() && !allowed.contains(collection) {
            let names: Vec<&str> = allowed.iter().map(CollectionId::as_str).collect();
            let message =
                format!("The {end} of {rel_type} is one of {}, not {collection}", names.join(", "));
            return Err(
                Error::validation(format!("{message}.")).with_detail(Detail::at(end, message))
            );
        }
    }
    let data: Value = serde_json::from_str(data)
        .map_err(|error| Error::validation(format!("The data is not valid JSON: {error}.")))?;
    declared.schema.validate(&data).map_err(|mut error| {
        error.message = error
            .message
            .replace("The document", "The relationship's data")
            .replace("collection's", "type's");
        error
    })
}
