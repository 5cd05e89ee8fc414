//! Databases and previews.

use super::{Caller, Service};
use crate::auth::{Action, authorise};
use bytes::Bytes;
use rekor_core::{
    Error, Result, Timestamp,
    catalog::{CollectionEntry, Database, DatabaseEntry, DatabaseTables},
    id::{DatabaseId, RowId, TableId},
};
use rekor_ingest::{Frame, Operation, RowKey};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Tables of a database: collections, relationships, promotions, log.
const TABLES_PER_DATABASE: u64 = 4;
/// Longest display name and description, in bytes.
const TEXT_BYTES_MAX: usize = 4_096;

/// Body of a new database.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDatabase {
    /// Its id, for ever.
    pub id: String,
    /// Display name; the id if absent.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Tags such as `client:acme`.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// Body of a change; what is absent stays.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseChange {
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Replaces all tags.
    pub tags: Option<Vec<String>>,
}

/// Body of a new preview.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPreview {
    /// The slug behind `--`.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
}

/// A database as every face shows it.
pub(crate) fn database_json(database: &Database) -> Value {
    let entry = &database.entry;
    let mut out = json!({
        "id": entry.id,
        "name": entry.name,
        "description": entry.description,
        "tags": entry.tags,
        "environment": if entry.id.is_preview() { "preview" } else { "production" },
        "version": database.version,
        "created_at": database.created_at.to_rfc3339(),
        "updated_at": database.updated_at.to_rfc3339(),
    });
    if let (Some((parent, _)), Some(members)) = (entry.id.preview_parts(), out.as_object_mut()) {
        members.insert("preview_of".to_owned(), json!(parent));
    }
    out
}

impl Service {
    /// Creates a production database.
    ///
    /// # Errors
    /// Validation of the id, `Conflict` if it exists.
    pub async fn create_database(&self, caller: &Caller, new: NewDatabase) -> Result<Value> {
        authorise(&caller.principal, Action::WriteDatabases)?;
        let id = DatabaseId::parse(&new.id)?;
        if id.is_preview() {
            return Err(Error::validation(format!(
                "{id} names a preview; create it with `rekor databases create-preview`."
            )));
        }
        check_texts(&[new.name.as_deref(), new.description.as_deref()], &new.tags)?;
        let entry = DatabaseEntry {
            name: new.name.unwrap_or_else(|| id.to_string()),
            id: id.clone(),
            description: new.description,
            tags: new.tags,
            tables: self.new_tables(),
            log_key: self.new_key(),
            base_versions: BTreeMap::new(),
        };
        let operation = put_database(&entry, Some(0))?;
        self.engine.write(Frame { origin: caller.origin(), operations: vec![operation] }).await?;
        Ok(database_json(&*self.database(id.as_str())?))
    }

    /// Creates a preview with the collections of its production database.
    ///
    /// # Errors
    /// Validation of the slug, `NotFound`, `Conflict` if it exists.
    pub async fn create_preview(
        &self,
        caller: &Caller,
        production: &str,
        new: NewPreview,
    ) -> Result<Value> {
        authorise(&caller.principal, Action::WriteDatabases)?;
        let production = self.database(production)?;
        let id = production.entry.id.preview(&new.name)?;
        check_texts(&[new.description.as_deref()], &[])?;
        let entry = DatabaseEntry {
            name: new.name,
            id: id.clone(),
            description: new.description,
            tags: production.entry.tags.clone(),
            tables: self.new_tables(),
            log_key: self.new_key(),
            base_versions: production
                .collections
                .iter()
                .map(|(id, c)| (id.clone(), c.version))
                .collect(),
        };
        let mut operations = vec![put_database(&entry, Some(0))?];
        for collection in production.collections.values() {
            let copy = CollectionEntry {
                table: self.engine.allocate_tables(1),
                ..collection.entry.clone()
            };
            operations.push(super::collection::put_collection(
                entry.tables.collections,
                &copy,
                Some(0),
            )?);
        }
        self.engine.write(Frame { origin: caller.origin(), operations }).await?;
        Ok(database_json(&*self.database(id.as_str())?))
    }

    /// Databases and previews, by id; with `tag`, those that carry it.
    ///
    /// # Errors
    /// `Forbidden` without the right.
    pub fn list_databases(&self, caller: &Caller, tag: Option<&str>) -> Result<Vec<Value>> {
        authorise(&caller.principal, Action::ReadDatabases)?;
        let snapshot = self.engine.snapshot();
        let databases = snapshot.catalog().databases.values();
        let tagged = databases
            .filter(|d| tag.is_none_or(|tag| d.entry.tags.iter().any(|known| known == tag)));
        Ok(tagged.map(|d| database_json(d)).collect())
    }

    /// The previews of a production database.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn list_previews(&self, caller: &Caller, production: &str) -> Result<Vec<Value>> {
        authorise(&caller.principal, Action::ReadDatabases)?;
        let production = self.database(production)?;
        let snapshot = self.engine.snapshot();
        let of = |d: &Database| {
            d.entry
                .id
                .preview_parts()
                .is_some_and(|(parent, _)| parent == production.entry.id.as_str())
        };
        Ok(snapshot
            .catalog()
            .databases
            .values()
            .filter(|d| of(d))
            .map(|d| database_json(d))
            .collect())
    }

    /// One database.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_database(&self, caller: &Caller, id: &str) -> Result<Value> {
        authorise(&caller.principal, Action::ReadDatabases)?;
        Ok(database_json(&*self.database(id)?))
    }

    /// Changes name, description or tags.
    ///
    /// # Errors
    /// `NotFound`, Validation.
    pub async fn change_database(
        &self,
        caller: &Caller,
        id: &str,
        change: DatabaseChange,
    ) -> Result<Value> {
        authorise(&caller.principal, Action::WriteDatabases)?;
        check_texts(
            &[change.name.as_deref(), change.description.as_deref()],
            change.tags.as_deref().unwrap_or_default(),
        )?;
        let known = self.database(id)?;
        let mut entry = known.entry.clone();
        entry.name = change.name.unwrap_or(entry.name);
        entry.description = change.description.or(entry.description);
        entry.tags = change.tags.unwrap_or(entry.tags);
        let operation = put_database(&entry, Some(known.version))?;
        self.engine.write(Frame { origin: caller.origin(), operations: vec![operation] }).await?;
        self.get_database(caller, id)
    }

    /// Deletes a database or preview; a production database with its previews.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_database(&self, caller: &Caller, id: &str) -> Result<Value> {
        authorise(&caller.principal, Action::WriteDatabases)?;
        let known = self.database(id)?;
        let snapshot = self.engine.snapshot();
        let inside = |d: &Database| {
            d.entry.id == known.entry.id
                || d.entry
                    .id
                    .preview_parts()
                    .is_some_and(|(parent, _)| parent == known.entry.id.as_str())
        };
        let doomed = snapshot.catalog().databases.values().filter(|d| inside(d));
        let operations = doomed
            .map(|d| {
                Ok(Operation::Delete {
                    table: TableId::DATABASES,
                    key: RowKey::Id(RowId::parse(d.entry.id.as_str())?),
                    if_version: Some(d.version),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        self.engine.write(Frame { origin: caller.origin(), operations }).await?;
        Ok(json!({"id": known.entry.id, "deleted": true}))
    }

    fn new_tables(&self) -> DatabaseTables {
        let first = self.engine.allocate_tables(TABLES_PER_DATABASE).0;
        DatabaseTables {
            collections: TableId(first),
            relationships: TableId(first + 1),
            promotions: TableId(first + 2),
            log: TableId(first + 3),
        }
    }

    fn new_key(&self) -> String {
        let mut key = [0; 32];
        self.engine.sources().entropy.fill(&mut key);
        hex::encode(key)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.engine.sources().clock.now()
    }
}

fn put_database(entry: &DatabaseEntry, if_version: Option<u64>) -> Result<Operation> {
    Ok(Operation::PutSystem {
        table: TableId::DATABASES,
        id: RowId::parse(entry.id.as_str())?,
        data: system_json(entry)?,
        if_version,
    })
}

/// A system row's JSON.
pub(crate) fn system_json(value: &impl serde::Serialize) -> Result<Bytes> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|error| Error::internal(error.to_string()))
}

fn check_texts(texts: &[Option<&str>], tags: &[String]) -> Result<()> {
    let long = texts.iter().flatten().any(|text| text.len() > TEXT_BYTES_MAX)
        || tags.len() > 64
        || tags.iter().any(|tag| tag.is_empty() || tag.len() > 128);
    if long {
        Err(Error::validation(
            "Names and descriptions are at most 4 KiB; at most 64 tags of 1 to 128 bytes.",
        ))
    } else {
        Ok(())
    }
}
