//! Relationships and traversal.

use super::{Caller, Service, document::raw};
use crate::auth::{Action, authorise};
use bytes::Bytes;
use rekor_core::{
    Error, Result,
    catalog::Database,
    id::{CollectionId, RelType, RowId, TableId},
    row::{Edge, Row},
};
use rekor_ingest::{Direction, Frame, Operation, RowKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

/// Body of a relationship.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationshipBody {
    /// Its id, if known.
    pub id: Option<String>,
    /// Its type.
    pub rel_type: String,
    /// Collection of the source document.
    pub source_collection: String,
    /// Id of the source document.
    pub source_id: Option<String>,
    /// External id of the source document, instead of its id.
    pub source_external_id: Option<String>,
    /// Scope of that external id.
    pub source_external_source: Option<String>,
    /// Collection of the target document.
    pub target_collection: String,
    /// Id of the target document.
    pub target_id: Option<String>,
    /// External id of the target document, instead of its id.
    pub target_external_id: Option<String>,
    /// Scope of that external id.
    pub target_external_source: Option<String>,
    /// Data of the relationship; `{}` if absent.
    pub data: Option<Box<RawValue>>,
    /// The version it must have; 0 is "does not exist".
    pub expected_version: Option<u64>,
}

/// A relationship as every face shows it.
#[derive(Debug, Serialize)]
pub struct RelationshipView {
    id: String,
    rel_type: String,
    source_collection: String,
    source_id: String,
    target_collection: String,
    target_id: String,
    /// Version.
    pub version: u64,
    data: Box<RawValue>,
    created_at: String,
    updated_at: String,
}

impl RelationshipView {
    pub(crate) fn of(row: &Row) -> Result<Self> {
        let edge =
            row.edge.as_deref().ok_or_else(|| Error::corrupt("A relationship without ends."))?;
        Ok(Self {
            id: row.id.to_string(),
            rel_type: edge.rel_type.to_string(),
            source_collection: edge.source_collection.to_string(),
            source_id: edge.source_id.to_string(),
            target_collection: edge.target_collection.to_string(),
            target_id: edge.target_id.to_string(),
            version: row.version,
            data: raw(&row.doc)?,
            created_at: row.created_at.to_rfc3339(),
            updated_at: row.updated_at.to_rfc3339(),
        })
    }
}

impl Service {
    /// Creates or updates a relationship. Says whether it is new.
    ///
    /// # Errors
    /// Validation, `NotFound` of an external id, `Conflict`.
    pub async fn put_relationship(
        &self,
        caller: &Caller,
        database: &str,
        body: RelationshipBody,
    ) -> Result<(RelationshipView, bool)> {
        authorise(&caller.principal, Action::WriteRelationships)?;
        let database = self.database(database)?;
        let operation = self.relationship_operation(&database, body).await?;
        let receipt = self
            .engine
            .write(Frame { origin: caller.origin(), operations: vec![operation] })
            .await?;
        let outcome = receipt
            .outcomes
            .first()
            .ok_or_else(|| Error::internal("a write without an outcome"))?;
        Ok((RelationshipView::of(&outcome.row)?, outcome.created))
    }

    /// The operation a body means.
    pub(crate) async fn relationship_operation(
        &self,
        database: &Database,
        body: RelationshipBody,
    ) -> Result<Operation> {
        let (source_table, source_collection) = end_table(database, &body.source_collection)?;
        let (target_table, target_collection) = end_table(database, &body.target_collection)?;
        let source = (body.source_id, body.source_external_id, body.source_external_source);
        let target = (body.target_id, body.target_external_id, body.target_external_source);
        let edge = Edge {
            rel_type: RelType::parse(&body.rel_type)?.as_str().into(),
            source_id: self.end_id("source", source_table, source).await?.as_str().into(),
            source_collection: source_collection.as_str().into(),
            source_table,
            target_id: self.end_id("target", target_table, target).await?.as_str().into(),
            target_collection: target_collection.as_str().into(),
            target_table,
        };
        Ok(Operation::UpsertRelationship {
            table: database.entry.tables.relationships,
            id: body.id.as_deref().map(RowId::canonical).transpose()?,
            edge: Box::new(edge),
            data: Bytes::from(
                body.data.map_or_else(|| "{}".to_owned(), |data| data.get().to_owned()),
            ),
            if_version: body.expected_version,
        })
    }

    async fn end_id(
        &self,
        end: &str,
        table: TableId,
        (id, external_id, source): (Option<String>, Option<String>, Option<String>),
    ) -> Result<RowId> {
        match (id, external_id) {
            (Some(id), None) => RowId::canonical(&id),
            (None, Some(external_id)) => {
                let key = RowKey::External {
                    source: source.unwrap_or_default(),
                    id: external_id.clone(),
                };
                let row = self.engine.get(table, &key).await?.filter(|row| !row.deleted);
                RowId::parse(
                    &row.ok_or_else(|| {
                        Error::not_found(format!(
                            "No document has the {end}_external_id {external_id:?}."
                        ))
                    })?
                    .id,
                )
            }
            _ => Err(Error::validation(format!("Give either {end}_id or {end}_external_id."))),
        }
    }

    /// One relationship.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_relationship(
        &self,
        caller: &Caller,
        database: &str,
        id: &str,
    ) -> Result<RelationshipView> {
        authorise(&caller.principal, Action::ReadRelationships)?;
        let table = self.database(database)?.entry.tables.relationships;
        let row = self
            .engine
            .get(table, &RowKey::Id(RowId::canonical(id)?))
            .await?
            .filter(|row| !row.deleted && self.both_ends_visible(row));
        RelationshipView::of(
            &*row.ok_or_else(|| {
                Error::not_found(format!("The relationship {id} does not exist."))
            })?,
        )
    }

    /// Soft-deletes a relationship.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_relationship(
        &self,
        caller: &Caller,
        database: &str,
        id: &str,
    ) -> Result<Value> {
        authorise(&caller.principal, Action::WriteRelationships)?;
        let table = self.database(database)?.entry.tables.relationships;
        let key = RowKey::Id(RowId::canonical(id)?);
        self.engine
            .write(Frame {
                origin: caller.origin(),
                operations: vec![Operation::Delete { table, key, if_version: None }],
            })
            .await?;
        Ok(json!({"id": id, "deleted": true}))
    }

    /// The relationships at a document with the documents at their other ends, oldest first; by index, no scan.
    ///
    /// # Errors
    /// `NotFound` of the collection.
    pub async fn related(
        &self,
        caller: &Caller,
        database: &str,
        collection: &str,
        id: &str,
        direction: Direction,
        rel_type: Option<&str>,
    ) -> Result<Vec<Value>> {
        authorise(&caller.principal, Action::ReadRelationships)?;
        authorise(&caller.principal, Action::ReadDocuments)?;
        let database = self.database(database)?;
        let table = self.collection(database.entry.id.as_str(), collection)?.entry.table;
        let id = RowId::canonical(id)?;
        let rows = self
            .engine
            .related(database.entry.tables.relationships, (table, id.as_str()), direction, rel_type)
            .await?;
        let mut out = Vec::new();
        for row in rows.iter().filter(|row| self.both_ends_visible(row)) {
            let Some(edge) = row.edge.as_deref() else { continue };
            let outgoing = edge.source_table == table && &*edge.source_id == id.as_str();
            let (other_table, other_collection, other_id) = if outgoing {
                (edge.target_table, &edge.target_collection, &edge.target_id)
            } else {
                (edge.source_table, &edge.source_collection, &edge.source_id)
            };
            let document = self
                .engine
                .get(other_table, &RowKey::Id(RowId::parse(other_id)?))
                .await?
                .filter(|row| !row.deleted);
            let document = document.map(|row| Ok::<_, Error>(json!({"id": &*row.id, "collection": other_collection, "external_id": row.external_id, "version": row.version, "data": raw(&row.doc)?}))).transpose()?;
            out.push(json!({
                "direction": if outgoing { "outgoing" } else { "incoming" },
                "relationship": RelationshipView::of(row)?,
                "document": document,
            }));
        }
        Ok(out)
    }

    fn both_ends_visible(&self, row: &Row) -> bool {
        let snapshot = self.engine.snapshot();
        let visible =
            |table: TableId| table.0 == 0 || snapshot.catalog().roles.contains_key(&table);
        row.edge
            .as_deref()
            .is_some_and(|edge| visible(edge.source_table) && visible(edge.target_table))
    }
}

/// The table of a collection, or 0 if there is none: an end need not exist yet.
fn end_table(database: &Database, collection: &str) -> Result<(TableId, CollectionId)> {
    let id = CollectionId::parse(collection)?;
    Ok((database.collections.get(&id).map_or(TableId(0), |c| c.entry.table), id))
}
