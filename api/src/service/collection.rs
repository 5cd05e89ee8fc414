//! Collections.

use super::{
    Caller, Service,
    answer::{Answer, only},
    config::{Entry, Kind, Put, VersionRow, check_version},
    database::check_texts,
    document::deleted,
    promote::compare_schemas,
};
use crate::{
    auth::{Target, authorise, missing_collection},
    operation::Operation as Op,
};
use rekor_core::{
    Result, Timestamp,
    catalog::{Collection, CollectionEntry, Database},
    grant::{Permission, Subject},
    id::CollectionId,
    schema::Schema,
};
use rekor_ingest::{Operation, Outcome};
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

/// Body of a comparison.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiffBody {
    /// The other schema.
    #[serde(alias = "schema")]
    pub json_schema: Value,
}

/// A collection as every face shows it.
pub(crate) fn collection_json(collection: &Collection) -> Value {
    let Collection { entry, version, created_at, updated_at, .. } = collection;
    entry_json(entry, *version, [*created_at, *updated_at])
}

fn entry_json(
    entry: &CollectionEntry,
    version: u64,
    [created_at, updated_at]: [Timestamp; 2],
) -> Value {
    json!({
        "id": entry.id,
        "name": entry.name,
        "description": entry.description,
        "json_schema": entry.json_schema,
        "icon": entry.icon,
        "color": entry.color,
        "version": version,
        "created_at": created_at.to_rfc3339(),
        "updated_at": updated_at.to_rfc3339(),
    })
}

impl Service {
    /// The collections of a database, by id.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn list_collections(&self, caller: &Caller, database: &str) -> Result<Vec<Value>> {
        let database = self.reach(caller, Op::CollectionList, database)?;
        let reached = caller
            .principal
            .collections(Permission::read(Subject::Collections), &database.entry.id);
        let listed = database.collections.values().filter(|c| reached.contains(&c.entry.id));
        Ok(listed.map(|c| collection_json(c)).collect())
    }

    /// One collection.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_collection(&self, caller: &Caller, database: &str, id: &str) -> Result<Value> {
        let (_, collection) = self.reach_collection(caller, Op::CollectionGet, database, id)?;
        Ok(collection_json(&collection))
    }

    /// Creates or changes a collection of a preview.
    ///
    /// # Errors
    /// `Forbidden` in production, Validation of the schema.
    pub async fn put_collection(
        &self,
        caller: &Caller,
        database: &str,
        id: &str,
        change: CollectionChange,
        expected: Option<u64>,
    ) -> Result<Answer> {
        let database = self.existing(caller, database)?;
        let target = Target::collection(&database.entry.id, id);
        authorise(&caller.principal, Op::CollectionPut, target)?;
        if let Some(answer) = self.answered(caller, &database).await? {
            return Ok(answer);
        }
        let known = database.collections.get(id).map_or(0, |known| known.version);
        check_version(id, expected, known)?;
        let entry = self.changed_collection(&database, id, change)?;
        let (operations, _) = self.collection_put(caller, &database, &entry, 0)?;
        let answer = move |outcomes: &[Outcome]| {
            let outcome = only(outcomes)?;
            let row = &outcome.row;
            let times = [row.created_at, row.updated_at];
            Answer::about(outcome, &entry_json(&entry, row.version, times))
        };
        self.write(caller, &database, operations, answer).await
    }

    /// What a collection is after a change.
    ///
    /// # Errors
    /// Validation of the id and the schema.
    pub(crate) fn changed_collection(
        &self,
        database: &Database,
        id: &str,
        change: CollectionChange,
    ) -> Result<CollectionEntry> {
        let id = CollectionId::parse(id)?;
        let CollectionChange { name, description, icon, color, .. } = &change;
        check_texts(&[name, description, icon, color].map(Option::as_deref), &[])?;
        let old = database.collections.get(&id).map(|known| &known.entry);
        let entry = CollectionEntry {
            name: change
                .name
                .or_else(|| old.map(|old| old.name.clone()))
                .unwrap_or_else(|| id.to_string()),
            description: change.description.or_else(|| old?.description.clone()),
            json_schema: change
                .json_schema
                .or_else(|| old.map(|old| old.json_schema.clone()))
                .unwrap_or_else(|| json!({"type": "object"})),
            icon: change.icon.or_else(|| old?.icon.clone()),
            color: change.color.or_else(|| old?.color.clone()),
            table: old.map_or_else(|| self.engine.allocate_tables(1), |old| old.table),
            id,
        };
        Schema::compile(&entry.json_schema)?;
        Ok(entry)
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
        expected: Option<u64>,
    ) -> Result<Answer> {
        let database = self.existing(caller, database)?;
        let target = Target::collection(&database.entry.id, id);
        authorise(&caller.principal, Op::CollectionDelete, target)?;
        if let Some(answer) = self.answered(caller, &database).await? {
            return Ok(answer);
        }
        let known = database.collections.get(id).map_or(0, |known| known.version);
        check_version(id, expected.filter(|_| known > 0), known)?;
        let (operations, _) = self.collection_delete(caller, &database, id, 0)?;
        self.write(caller, &database, operations, |outcomes| deleted(only(outcomes)?)).await
    }

    /// The operations that store a collection, and its version then; `written` is as in [`Put`].
    ///
    /// # Errors
    /// `Corrupt`.
    pub(crate) fn collection_put(
        &self,
        caller: &Caller,
        database: &Database,
        entry: &CollectionEntry,
        written: u64,
    ) -> Result<(Vec<Operation>, u64)> {
        self.put_config(&Put {
            database,
            by: &caller.principal,
            kind: Kind::Collection,
            id: entry.id.as_str(),
            if_version: database.collections.get(&entry.id).map_or(0, |known| known.version),
            written,
            entry: Some(&Entry::Collection(entry.clone())),
            keeps_documents: false,
        })
    }

    /// The operations that delete a collection, and the version of its deletion.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) fn collection_delete(
        &self,
        caller: &Caller,
        database: &Database,
        id: &str,
        written: u64,
    ) -> Result<(Vec<Operation>, u64)> {
        let known = database.collections.get(id);
        let known = known.ok_or_else(|| missing_collection(&database.entry.id, id))?;
        self.put_config(&Put {
            database,
            by: &caller.principal,
            kind: Kind::Collection,
            id,
            if_version: known.version,
            written,
            entry: None,
            keeps_documents: false,
        })
    }

    /// The versions of a collection, newest first, deletions among them.
    ///
    /// # Errors
    /// `NotFound` if there never was one.
    pub fn collection_history(
        &self,
        caller: &Caller,
        database: &str,
        id: &str,
    ) -> Result<Vec<Value>> {
        let database = self.existing(caller, database)?;
        let target = Target::collection(&database.entry.id, id);
        authorise(&caller.principal, Op::CollectionHistory, target)?;
        let mut versions = self.versions(&database, Kind::Collection, id)?;
        if versions.is_empty() {
            return Err(missing_collection(&database.entry.id, id));
        }
        versions.reverse();
        let show = |row: &VersionRow| {
            json!({
                "version": row.version,
                "at": row.at.to_rfc3339(),
                "by": row.by,
                "deleted": row.entry.is_none(),
                "config": row.entry.as_ref().map(Entry::config),
            })
        };
        Ok(versions.iter().map(show).collect())
    }

    /// Compares a collection with another schema: JSON Patch, and a verdict per change, without looking at documents.
    ///
    /// # Errors
    /// `NotFound`, Validation of the schema.
    pub fn collection_diff(
        &self,
        caller: &Caller,
        database: &str,
        id: &str,
        body: &DiffBody,
    ) -> Result<Value> {
        let (_, known) = self.reach_collection(caller, Op::CollectionDiff, database, id)?;
        Schema::compile(&body.json_schema)?;
        Ok(compare_schemas(&known.entry.json_schema, &body.json_schema))
    }
}
