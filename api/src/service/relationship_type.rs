//! Declared relationship types: optional; what is declared is enforced, other types are free.

use super::{
    Caller, Service,
    config::{Entry, Kind, Put},
};
use crate::operation::Operation as Op;
use rekor_core::{
    Error, Result,
    catalog::{Database, RelationshipType, RelationshipTypeEntry},
    error::Detail,
    id::{CollectionId, RelType},
    row::Edge,
    schema::Schema,
};
use rekor_ingest::Frame;
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
    let entry = &declared.entry;
    json!({
        "id": entry.id,
        "rel_type": entry.id,
        "description": entry.description,
        "data_schema": entry.data_schema,
        "source_collections": entry.source_collections,
        "target_collections": entry.target_collections,
        "version": declared.version,
        "created_at": declared.created_at.to_rfc3339(),
        "updated_at": declared.updated_at.to_rfc3339(),
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

    /// Declares or changes a relationship type of a preview. Says whether it is new.
    ///
    /// # Errors
    /// `Forbidden` in production, Validation of name and schema.
    pub async fn put_relationship_type(
        &self,
        caller: &Caller,
        database: &str,
        id: &str,
        change: TypeChange,
    ) -> Result<(Value, bool)> {
        let database = self.reach(caller, Op::RelationshipTypePut, database)?;
        let id = RelType::parse(id)?;
        let known = database.relationship_types.get(&id);
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
        let operations = self.put_config(&Put {
            database: &database,
            by: &caller.principal,
            kind: Kind::RelationshipType,
            id: id.as_str(),
            if_version: known.map_or(0, |known| known.version),
            entry: Some(&Entry::RelationshipType(entry)),
            keeps_documents: false,
        })?;
        self.engine.write(Frame { origin: caller.origin(), operations }).await?;
        let now = self.existing(caller, database.entry.id.as_str())?;
        let stored = now.relationship_types.get(&id).ok_or_else(|| missing(&now, id.as_str()))?;
        Ok((type_json(stored), known.is_none()))
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
    ) -> Result<Value> {
        let database = self.reach(caller, Op::RelationshipTypeDelete, database)?;
        let known = database.relationship_types.get(id).ok_or_else(|| missing(&database, id))?;
        let operations = self.put_config(&Put {
            database: &database,
            by: &caller.principal,
            kind: Kind::RelationshipType,
            id,
            if_version: known.version,
            entry: None,
            keeps_documents: false,
        })?;
        self.engine.write(Frame { origin: caller.origin(), operations }).await?;
        Ok(json!({"id": id, "deleted": true}))
    }
}

/// Checks a relationship against its declared type, if it has one.
///
/// # Errors
/// Validation, with the place.
pub(crate) fn check_declared(database: &Database, edge: &Edge, data: &str) -> Result<()> {
    let Some(declared) = database.relationship_types.get(&*edge.rel_type) else { return Ok(()) };
    for (end, allowed, collection) in [
        ("source_collection", &declared.entry.source_collections, &edge.source_collection),
        ("target_collection", &declared.entry.target_collections, &edge.target_collection),
    ] {
        if !allowed.is_empty() && !allowed.contains(&**collection) {
            let names: Vec<&str> = allowed.iter().map(CollectionId::as_str).collect();
            let message = format!(
                "The {end} of {} is one of {}, not {collection}",
                edge.rel_type,
                names.join(", ")
            );
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
