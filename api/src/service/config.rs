//! Configuration of databases: entities that change in previews, are promoted, and keep every version.

use super::{Service, database::system_json};
use crate::auth::Principal;
use rekor_core::{
    Error, Result, Timestamp,
    catalog::{CollectionEntry, Database, DatabaseTables, EndpointEntry, RelationshipTypeEntry},
    error::Detail,
    id::{RowId, TableId},
    view::Version,
};
use rekor_ingest::{Operation, RowKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Kinds of configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Collection,
    RelationshipType,
    Endpoint,
}

/// Endpoints have no rows, and so no schema: everything is valid.
static NO_SCHEMA: Value = Value::Bool(true);

impl Kind {
    /// Every kind, in the order they are promoted.
    pub(crate) const ALL: [Self; 3] = [Self::Collection, Self::RelationshipType, Self::Endpoint];

    /// Name of the list of its entities.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::Collection => "collections",
            Self::RelationshipType => "relationship_types",
            Self::Endpoint => "endpoints",
        }
    }

    fn table(self, tables: &DatabaseTables) -> TableId {
        match self {
            Self::Collection => tables.collections,
            Self::RelationshipType => tables.types,
            Self::Endpoint => tables.endpoints,
        }
    }

    /// Key of an entity where all kinds stand in one map: collections by their id.
    pub(crate) fn key(self, id: &str) -> String {
        match self {
            Self::Collection => id.to_owned(),
            Self::RelationshipType => format!("type:{id}"),
            Self::Endpoint => format!("endpoint:{id}"),
        }
    }
}

/// What an entity stores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Entry {
    Collection(CollectionEntry),
    RelationshipType(RelationshipTypeEntry),
    Endpoint(EndpointEntry),
}

impl Entry {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Collection(_) => Kind::Collection,
            Self::RelationshipType(_) => Kind::RelationshipType,
            Self::Endpoint(_) => Kind::Endpoint,
        }
    }

    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Collection(entry) => entry.id.as_str(),
            Self::RelationshipType(entry) => entry.id.as_str(),
            Self::Endpoint(entry) => entry.id.as_str(),
        }
    }

    /// What people configured: everything but where the documents are.
    pub(crate) fn config(&self) -> Value {
        match self {
            Self::Collection(entry) => json!({
                "name": entry.name,
                "description": entry.description,
                "json_schema": entry.json_schema,
                "icon": entry.icon,
                "color": entry.color,
            }),
            Self::RelationshipType(entry) => json!({
                "description": entry.description,
                "data_schema": entry.data_schema,
                "source_collections": entry.source_collections,
                "target_collections": entry.target_collections,
            }),
            Self::Endpoint(entry) => json!(entry.config),
        }
    }

    /// The JSON Schema that rows must match.
    pub(crate) fn schema(&self) -> &Value {
        match self {
            Self::Collection(entry) => &entry.json_schema,
            Self::RelationshipType(entry) => &entry.data_schema,
            Self::Endpoint(_) => &NO_SCHEMA,
        }
    }
}

/// An entity at its version.
#[derive(Clone, Debug)]
pub(crate) struct Versioned {
    pub(crate) entry: Entry,
    pub(crate) version: u64,
}

/// The entities of a database, by kind and id.
pub(crate) fn entities(database: &Database) -> BTreeMap<(Kind, String), Versioned> {
    let collections = database.collections.values().map(|collection| Versioned {
        entry: Entry::Collection(collection.entry.clone()),
        version: collection.version,
    });
    let types = database.relationship_types.values().map(|declared| Versioned {
        entry: Entry::RelationshipType(declared.entry.clone()),
        version: declared.version,
    });
    let endpoints = database.endpoints.values().map(|endpoint| Versioned {
        entry: Entry::Endpoint(endpoint.entry.clone()),
        version: endpoint.version,
    });
    let keyed = |entity: Versioned| ((entity.entry.kind(), entity.entry.id().to_owned()), entity);
    collections.chain(types).chain(endpoints).map(keyed).collect()
}

/// One version of an entity, as `versions` keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct VersionRow {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    pub(crate) version: u64,
    pub(crate) at: Timestamp,
    pub(crate) by: String,
    /// Absent in the version that deleted it.
    pub(crate) entry: Option<Entry>,
    /// Whether a rollback deleted it: its documents are kept, and are there again when it is.
    #[serde(default)]
    pub(crate) keeps_documents: bool,
}

/// The documents of a system table, oldest first.
///
/// # Errors
/// `Corrupt` if a row is not what the table holds.
pub(crate) fn system_rows<T: serde::de::DeserializeOwned>(
    snapshot: &dyn Version,
    table: TableId,
) -> Result<Vec<T>> {
    let Some(view) = snapshot.table(table) else { return Ok(Vec::new()) };
    let mut out = Vec::new();
    for rows in &view.unflushed {
        for chunk in rows.chunks(false)? {
            for doc in chunk.documents() {
                let row = serde_json::from_str(doc).map_err(|error| {
                    Error::corrupt(format!("A system row cannot be read: {error}."))
                })?;
                out.push(row);
            }
        }
    }
    Ok(out)
}

/// A change of one entity: what it is now, and what it is to be.
pub(crate) struct Put<'a> {
    pub(crate) database: &'a Database,
    pub(crate) by: &'a Principal,
    pub(crate) kind: Kind,
    pub(crate) id: &'a str,
    /// The version it must have now; 0 is "does not exist".
    pub(crate) if_version: u64,
    /// The version that an earlier operation of the same frame made, deletions included; 0 if there is none.
    pub(crate) written: u64,
    /// `None` deletes it.
    pub(crate) entry: Option<&'a Entry>,
    /// Whether documents outlive the deletion.
    pub(crate) keeps_documents: bool,
}

/// Refuses to change what is not at the version that the client expects; 0 is "does not exist".
///
/// # Errors
/// `Conflict`.
pub(crate) fn check_version(id: &str, expected: Option<u64>, version: u64) -> Result<()> {
    match expected {
        Some(expected) if expected != version => {
            let detail =
                Detail::at("version", "precondition failed").with("current_version", version);
            Err(Error::conflict(format!(
                "{id} is at version {version}, not {expected}; read it again and retry."
            ))
            .with_detail(detail))
        }
        _ => Ok(()),
    }
}

impl Service {
    /// The versions of an entity, oldest first.
    ///
    /// # Errors
    /// `Corrupt`.
    pub(crate) fn versions(
        &self,
        database: &Database,
        kind: Kind,
        id: &str,
    ) -> Result<Vec<VersionRow>> {
        let snapshot = self.engine.snapshot();
        let mut rows: Vec<VersionRow> = system_rows(&*snapshot, database.entry.tables.versions)?;
        rows.retain(|row| row.kind == kind && row.id == id);
        rows.sort_by_key(|row| row.version);
        Ok(rows)
    }

    /// The operations that change an entity and keep the version, and that version.
    ///
    /// # Errors
    /// `Corrupt`.
    pub(crate) fn put_config(&self, put: &Put<'_>) -> Result<(Vec<Operation>, u64)> {
        let tables = &put.database.entry.tables;
        let id = RowId::parse(put.id)?;
        let change = match put.entry {
            Some(entry) => Operation::PutSystem {
                table: put.kind.table(tables),
                id,
                data: system_json(entry)?,
                if_version: Some(put.if_version),
            },
            None => Operation::Delete {
                table: put.kind.table(tables),
                key: RowKey::Id(id),
                if_version: Some(put.if_version),
            },
        };
        // The row's own version goes on over deletions, as these do.
        let known = self.versions(put.database, put.kind, put.id)?;
        let last = known.last().map_or(0, |row| row.version);
        let version = last.max(put.if_version).max(put.written) + 1;
        let kept = VersionRow {
            kind: put.kind,
            id: put.id.to_owned(),
            version,
            at: self.now(),
            by: format!("{}:{}", put.by.actor_type(), put.by.id),
            entry: put.entry.cloned(),
            keeps_documents: put.keeps_documents && put.entry.is_none(),
        };
        let keep = Operation::PutSystem {
            table: tables.versions,
            id: RowId::parse(&format!("{}:{version}", put.kind.key(put.id)))?,
            data: system_json(&kept)?,
            if_version: Some(0),
        };
        Ok((vec![change, keep], version))
    }
}
