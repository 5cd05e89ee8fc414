//! Collections.

use super::{Caller, Service, database::system_json, require_preview};
use crate::auth::{Action, authorise};
use rekor_core::{
    Result,
    catalog::{Collection, CollectionEntry},
    id::{CollectionId, RowId, TableId},
    schema::Schema,
};
use rekor_ingest::{Frame, Operation, RowKey};
use serde::Deserialize;
use serde_json::{Value, json};

/// Body of a collection; what is absent stays, or has its default.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionChange {
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// The JSON Schema of `data`.
    #[serde(alias = "schema")]
    pub json_schema: Option<Value>,
    /// Display hint.
    pub icon: Option<String>,
    /// Display hint.
    pub color: Option<String>,
}

/// A collection as every face shows it.
pub(crate) fn collection_json(collection: &Collection) -> Value {
    let entry = &collection.entry;
    json!({
        "id": entry.id,
        "name": entry.name,
        "description": entry.description,
        "json_schema": entry.json_schema,
        "icon": entry.icon,
        "color": entry.color,
        "version": collection.version,
        "created_at": collection.created_at.to_rfc3339(),
        "updated_at": collection.updated_at.to_rfc3339(),
    })
}

/// The operation that stores a collection.
pub(crate) fn put_collection(
    table: TableId,
    entry: &CollectionEntry,
    if_version: Option<u64>,
) -> Result<Operation> {
    Ok(Operation::PutSystem {
        table,
        id: RowId::parse(entry.id.as_str())?,
        data: system_json(entry)?,
        if_version,
    })
}

impl Service {
    /// The collections of a database, by id.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn list_collections(&self, caller: &Caller, database: &str) -> Result<Vec<Value>> {
        authorise(&caller.principal, Action::ReadCollections)?;
        Ok(self.database(database)?.collections.values().map(|c| collection_json(c)).collect())
    }

    /// One collection.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_collection(&self, caller: &Caller, database: &str, id: &str) -> Result<Value> {
        authorise(&caller.principal, Action::ReadCollections)?;
        Ok(collection_json(&*self.collection(database, id)?))
    }

    /// Creates or changes a collection of a preview. Says whether it is new.
    ///
    /// # Errors
    /// `Forbidden` in production, Validation of the schema.
    pub async fn put_collection(
        &self,
        caller: &Caller,
        database: &str,
        id: &str,
        change: CollectionChange,
    ) -> Result<(Value, bool)> {
        authorise(&caller.principal, Action::WriteCollections)?;
        let database = self.database(database)?;
        require_preview(&database.entry.id)?;
        let id = CollectionId::parse(id)?;
        let known = database.collections.get(&id);
        let entry = match known {
            Some(known) => CollectionEntry {
                name: change.name.unwrap_or_else(|| known.entry.name.clone()),
                description: change.description.or_else(|| known.entry.description.clone()),
                json_schema: change.json_schema.unwrap_or_else(|| known.entry.json_schema.clone()),
                icon: change.icon.or_else(|| known.entry.icon.clone()),
                color: change.color.or_else(|| known.entry.color.clone()),
                ..known.entry.clone()
            },
            None => CollectionEntry {
                name: change.name.unwrap_or_else(|| id.to_string()),
                description: change.description,
                json_schema: change.json_schema.unwrap_or_else(|| json!({"type": "object"})),
                icon: change.icon,
                color: change.color,
                table: self.engine.allocate_tables(1),
                id: id.clone(),
            },
        };
        Schema::compile(&entry.json_schema)?;
        let operation = put_collection(
            database.entry.tables.collections,
            &entry,
            Some(known.map_or(0, |k| k.version)),
        )?;
        self.engine.write(Frame { origin: caller.origin(), operations: vec![operation] }).await?;
        Ok((self.get_collection(caller, database.entry.id.as_str(), id.as_str())?, known.is_none()))
    }

    /// Deletes a collection of a preview, with its documents and the relationships at them.
    ///
    /// # Errors
    /// `Forbidden` in production, `NotFound`.
    pub async fn delete_collection(
        &self,
        caller: &Caller,
        database: &str,
        id: &str,
    ) -> Result<Value> {
        authorise(&caller.principal, Action::WriteCollections)?;
        let database = self.database(database)?;
        require_preview(&database.entry.id)?;
        let known = self.collection(database.entry.id.as_str(), id)?;
        let key = RowKey::Id(RowId::parse(known.entry.id.as_str())?);
        let operation = Operation::Delete {
            table: database.entry.tables.collections,
            key,
            if_version: Some(known.version),
        };
        self.engine.write(Frame { origin: caller.origin(), operations: vec![operation] }).await?;
        Ok(json!({"id": known.entry.id, "deleted": true}))
    }
}
