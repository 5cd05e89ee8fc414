//! Databases and previews.

use super::{
    Caller, Service,
    config::{Entry, Put, entities},
};
use crate::{
    auth::{Target, authorise, missing_database},
    operation::Operation as Op,
};
use bytes::Bytes;
use rekor_core::{
    Error, Result, Timestamp,
    catalog::{CollectionEntry, Database, DatabaseEntry, DatabaseTables},
    id::{DatabaseId, RowId, TableId},
    settings::Settings,
};
use rekor_ingest::{Frame, Operation, RowKey};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// Tables of a database: collections, relationships, promotions, log, relationship types, versions, receipts, endpoints.
const TABLES_PER_DATABASE: u64 = 8;
/// Longest display name, description and display hint.
const TEXT_CHARS_MAX: usize = 4_096;

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
    /// Whether a deleted database of this id, which could be restored, is given up for an empty one.
    #[serde(default)]
    pub replace_deleted: bool,
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
    /// Replaces all settings; a human act.
    #[serde(default, deserialize_with = "settings")]
    pub settings: Option<Settings>,
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

/// Settings as an object, or null.
fn settings<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Settings>, D::Error> {
    let members = Option::<serde_json::Map<String, Value>>::deserialize(from)?;
    let read = |members| rekor_core::settings::object(Value::Object(members));
    members.map(read).transpose().map_err(serde::de::Error::custom)
}

/// A database as every face shows it.
pub(crate) fn database_json(database: &Database) -> Value {
    let entry = &database.entry;
    let mut out = json!({
        "id": entry.id,
        "name": entry.name,
        "description": entry.description,
        "tags": entry.tags,
        "settings": entry.settings,
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
        let id = DatabaseId::parse(&new.id)?;
        authorise(&caller.principal, Op::DatabaseCreate, Target::database(&id))?;
        if id.is_preview() {
            return Err(Error::validation(format!(
                "{id} names a preview; create it with `rekor databases create-preview`."
            )));
        }
        check_texts(&[new.name.as_deref(), new.description.as_deref()], &new.tags)?;
        let dropped = self.engine.snapshot().catalog().dropped.get(&id).cloned();
        if let Some(dropped) = dropped.filter(|_| !new.replace_deleted) {
            return Err(Error::conflict(format!(
                "A database {id} was deleted at {}. Bring it back with `rekor databases restore {id}`, or start an empty one with replace_deleted (`--replace-deleted`).",
                dropped.updated_at.to_rfc3339()
            )));
        }
        let entry = DatabaseEntry {
            name: new.name.unwrap_or_else(|| id.to_string()),
            id: id.clone(),
            description: new.description,
            tags: new.tags,
            tables: self.new_tables(),
            settings: Settings::default(),
            log_key: self.new_key(),
            base_versions: BTreeMap::new(),
        };
        let operation = put_database(&entry, Some(0))?;
        self.engine.write(Frame::new(caller.origin(), vec![operation])).await?;
        Ok(database_json(&*self.existing(caller, id.as_str())?))
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
        let production = self.production(caller, production, &new.name)?;
        let id = production.entry.id.preview(&new.name)?;
        authorise(&caller.principal, Op::PreviewCreate, Target::database(&id))?;
        check_texts(&[new.description.as_deref()], &[])?;
        let entry = DatabaseEntry {
            name: new.name,
            id: id.clone(),
            description: new.description,
            tags: production.entry.tags.clone(),
            tables: self.new_tables(),
            settings: Settings::default(),
            log_key: self.new_key(),
            base_versions: entities(&production)
                .iter()
                .map(|((kind, id), entity)| (kind.key(id), entity.version))
                .collect(),
        };
        let mut operations = vec![put_database(&entry, Some(0))?];
        let empty = Database {
            entry,
            version: 0,
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
            collections: BTreeMap::new(),
            relationship_types: BTreeMap::new(),
            endpoints: BTreeMap::new(),
        };
        for ((kind, id), entity) in entities(&production) {
            let entry = match entity.entry {
                Entry::Collection(entry) => Entry::Collection(CollectionEntry {
                    table: self.engine.allocate_tables(1),
                    ..entry
                }),
                other => other,
            };
            let (put, _) = self.put_config(&Put {
                database: &empty,
                by: &caller.principal,
                kind,
                id: &id,
                if_version: 0,
                written: 0,
                entry: Some(&entry),
                keeps_documents: false,
            })?;
            operations.extend(put);
        }
        self.engine.write(Frame::new(caller.origin(), operations)).await?;
        Ok(database_json(&*self.existing(caller, id.as_str())?))
    }

    /// Databases and previews, by id; with `tag`, those that carry it.
    ///
    /// # Errors
    /// `Forbidden` without the right.
    pub fn list_databases(&self, caller: &Caller, tag: Option<&str>) -> Result<Vec<Value>> {
        authorise(&caller.principal, Op::DatabaseList, Target::ACCOUNT)?;
        let snapshot = self.engine.snapshot();
        let databases = snapshot.catalog().databases.values().filter(|d| reads(caller, d));
        let tagged = databases
            .filter(|d| tag.is_none_or(|tag| d.entry.tags.iter().any(|known| known == tag)));
        Ok(tagged.map(|d| database_json(d)).collect())
    }

    /// The previews of a production database.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn list_previews(&self, caller: &Caller, production: &str) -> Result<Vec<Value>> {
        let snapshot = self.engine.snapshot();
        let of = |d: &Database| {
            d.entry.id.preview_parts().is_some_and(|(parent, _)| parent == production)
        };
        let databases = &snapshot.catalog().databases;
        let listed: Vec<Value> = databases
            .values()
            .filter(|d| of(d) && reads(caller, d))
            .map(|d| database_json(d))
            .collect();
        if listed.is_empty() {
            // Nothing to show may mean that there is no such database for the caller.
            self.reach(caller, Op::PreviewList, production)?;
        }
        Ok(listed)
    }

    /// One database.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_database(&self, caller: &Caller, id: &str) -> Result<Value> {
        Ok(database_json(&*self.reach(caller, Op::DatabaseGet, id)?))
    }

    /// Changes name, description, tags or settings.
    ///
    /// # Errors
    /// `NotFound`, Validation; `HumanRequired` for settings: they say how long traces are kept.
    pub async fn change_database(
        &self,
        caller: &Caller,
        id: &str,
        change: DatabaseChange,
    ) -> Result<Value> {
        let known = self.reach(caller, Op::DatabaseChange, id)?;
        if let Some(settings) = &change.settings {
            self.reach(caller, Op::DatabaseSettings, id)?;
            settings.check()?;
        }
        check_texts(
            &[change.name.as_deref(), change.description.as_deref()],
            change.tags.as_deref().unwrap_or_default(),
        )?;
        let mut entry = known.entry.clone();
        entry.name = change.name.unwrap_or(entry.name);
        entry.description = change.description.or(entry.description);
        entry.tags = change.tags.unwrap_or(entry.tags);
        entry.settings = change.settings.unwrap_or(entry.settings);
        let operation = put_database(&entry, Some(known.version))?;
        self.engine.write(Frame::new(caller.origin(), vec![operation])).await?;
        Ok(database_json(&*self.existing(caller, id)?))
    }

    /// Deletes a database or preview; a production database with its previews.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_database(&self, caller: &Caller, id: &str) -> Result<Value> {
        let known = self.reach(caller, Op::DatabaseDelete, id)?;
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
        self.engine.write(Frame::new(caller.origin(), operations)).await?;
        let kept_ms = known.entry.settings.retention.deleted_database_ms();
        let until = Timestamp(self.now().0 + kept_ms);
        Ok(json!({"id": known.entry.id, "deleted": true, "restorable_until": until.to_rfc3339()}))
    }

    /// Brings a deleted database back, with its previews that were deleted with it and everything in them.
    ///
    /// # Errors
    /// `NotFound` if no such database was deleted within its retention.
    pub async fn restore_database(&self, caller: &Caller, id: &str) -> Result<Value> {
        let snapshot = self.engine.snapshot();
        let now = self.now();
        let restorable = |d: &&Arc<Database>| {
            now.0 - d.updated_at.0 <= d.entry.settings.retention.deleted_database_ms()
        };
        let dropped = &snapshot.catalog().dropped;
        let wanted = dropped.get(id).filter(restorable).ok_or_else(|| missing_database(id))?;
        let target = Target::database(&wanted.entry.id);
        authorise(&caller.principal, Op::DatabaseRestore, target)?;
        let with_it = |d: &&Arc<Database>| {
            d.entry.id == wanted.entry.id
                || d.updated_at == wanted.updated_at
                    && d.entry.id.preview_parts().is_some_and(|(parent, _)| parent == id)
        };
        let operations = dropped
            .values()
            .filter(with_it)
            .map(|d| put_database(&d.entry, Some(0)))
            .collect::<Result<Vec<_>>>()?;
        self.engine.write(Frame::new(caller.origin(), operations)).await?;
        Ok(database_json(&*self.existing(caller, id)?))
    }

    /// The production database of a preview that the caller may make: a credential for previews only need not reach it.
    fn production(&self, caller: &Caller, id: &str, slug: &str) -> Result<Arc<Database>> {
        let snapshot = self.engine.snapshot();
        let found = snapshot.catalog().databases.get(id).cloned();
        let reached = |d: &Arc<Database>| {
            let grants = &caller.principal.grants;
            grants.see(&d.entry.id) || d.entry.id.preview(slug).is_ok_and(|id| grants.see(&id))
        };
        found.filter(reached).ok_or_else(|| missing_database(id))
    }

    fn new_tables(&self) -> DatabaseTables {
        let first = self.engine.allocate_tables(TABLES_PER_DATABASE).0;
        DatabaseTables {
            collections: TableId(first),
            relationships: TableId(first + 1),
            promotions: TableId(first + 2),
            log: TableId(first + 3),
            types: TableId(first + 4),
            versions: TableId(first + 5),
            receipts: TableId(first + 6),
            endpoints: TableId(first + 7),
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

/// Whether a caller reads the directory entry of a database.
fn reads(caller: &Caller, database: &Database) -> bool {
    let target = Target::database(&database.entry.id);
    authorise(&caller.principal, Op::DatabaseGet, target).is_ok()
}

pub(crate) fn put_database(entry: &DatabaseEntry, if_version: Option<u64>) -> Result<Operation> {
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

/// Refuses names, descriptions and tags that are too long.
///
/// # Errors
/// Validation.
pub(crate) fn check_texts(texts: &[Option<&str>], tags: &[String]) -> Result<()> {
    let long = texts.iter().flatten().any(|text| text.chars().count() > TEXT_CHARS_MAX)
        || tags.len() > 64
        || tags.iter().any(|tag| tag.is_empty() || tag.len() > 128);
    if long {
        Err(Error::validation(
            "Names, descriptions and hints have at most 4,096 characters; there are at most 64 tags of 1 to 128 bytes.",
        ))
    } else {
        Ok(())
    }
}
