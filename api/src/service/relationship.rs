//! Relationships and traversal.

use super::{
    Caller, Service,
    answer::{Answer, only},
    document::{deleted, raw},
    relationship_type::check_declared,
};
use crate::{auth::Target, auth::authorise, operation::Operation as Op};
use bytes::Bytes;
use rekor_core::{
    Error, Result,
    catalog::Database,
    grant::{Permission, Set, Subject},
    id::{CollectionId, RelType, RowId, TableId},
    limits,
    row::Row,
};
use rekor_ingest::{Direction, End, Operation, Outcome, RowKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use std::collections::HashSet;

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

/// Where a traversal goes.
#[derive(Clone, Debug)]
pub struct Walk {
    /// Which ends of relationships count.
    pub direction: Direction,
    /// Only relationships of this type.
    pub rel_type: Option<String>,
    /// Steps from the first document.
    pub depth: usize,
}

impl RelationshipView {
    /// Whether it is of a type.
    pub(crate) fn is_of(&self, rel_type: &RelType) -> bool {
        self.rel_type == rel_type.as_str()
    }

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
    /// Creates or updates a relationship.
    ///
    /// # Errors
    /// Validation, `NotFound` of an external id, `Conflict`.
    pub async fn put_relationship(
        &self,
        caller: &Caller,
        database: &str,
        body: RelationshipBody,
    ) -> Result<Answer> {
        let database = self.reach(caller, Op::RelationshipPut, database)?;
        if let Some(answer) = self.answered(caller, &database).await? {
            return Ok(answer);
        }
        let operation = self.relationship_operation(caller, &database, body).await?;
        let answer = |outcomes: &[Outcome]| {
            let outcome = only(outcomes)?;
            Answer::about(outcome, &RelationshipView::of(&outcome.row)?)
        };
        self.write(caller, &database, vec![operation], answer).await
    }

    /// The operation a body means.
    pub(crate) async fn relationship_operation(
        &self,
        caller: &Caller,
        database: &Database,
        body: RelationshipBody,
    ) -> Result<Operation> {
        for end in [&body.source_collection, &body.target_collection] {
            let target = Target::collection(&database.entry.id, end);
            authorise(&caller.principal, Op::RelationshipPut, target)?;
        }
        let rel_type = RelType::parse(&body.rel_type)?;
        let key = (body.source_id, body.source_external_id, body.source_external_source);
        let source = end(database, "source", &body.source_collection, key)?;
        let key = (body.target_id, body.target_external_id, body.target_external_source);
        let target = end(database, "target", &body.target_collection, key)?;
        let id = body.id.as_deref().map(RowId::canonical).transpose()?;
        if let Some(id) = &id {
            let write = Permission::write(Subject::Relationships);
            self.check_reached(caller, database, id, write).await?;
        }
        let data = body.data.map_or_else(|| "{}".to_owned(), |data| data.get().to_owned());
        check_declared(database, &rel_type, [&source.collection, &target.collection], &data)?;
        Ok(Operation::UpsertRelationship {
            table: database.entry.tables.relationships,
            id,
            rel_type: rel_type.as_str().into(),
            source: Box::new(source),
            target: Box::new(target),
            data: Bytes::from(data),
            if_version: body.expected_version,
        })
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
        let database = self.reach(caller, Op::RelationshipGet, database)?;
        let read = Permission::read(Subject::Relationships);
        RelationshipView::of(&*self.relationship(caller, &database, id, read).await?)
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
        expected: Option<u64>,
    ) -> Result<Answer> {
        let database = self.reach(caller, Op::RelationshipDelete, database)?;
        if let Some(answer) = self.answered(caller, &database).await? {
            return Ok(answer);
        }
        let write = Permission::write(Subject::Relationships);
        self.relationship(caller, &database, id, write).await?;
        let (table, key) = (database.entry.tables.relationships, RowKey::Id(RowId::canonical(id)?));
        let operation = Operation::Delete { table, key, if_version: expected };
        self.write(caller, &database, vec![operation], |outcomes| deleted(only(outcomes)?)).await
    }

    /// A live relationship whose both ends a permission covers; any other does not exist for the caller.
    pub(crate) async fn relationship(
        &self,
        caller: &Caller,
        database: &Database,
        id: &str,
        permission: Permission,
    ) -> Result<std::sync::Arc<Row>> {
        let key = RowKey::Id(RowId::canonical(id)?);
        let reached = Ends::of(caller, database, permission);
        let row = self.engine.get(database.entry.tables.relationships, &key).await?;
        row.filter(|row| !row.deleted && self.both_ends_visible(row) && reached.hold(row))
            .ok_or_else(|| missing(id))
    }

    /// Refuses an id that a relationship has which the caller does not reach; an id that none has is fine.
    pub(crate) async fn check_reached(
        &self,
        caller: &Caller,
        database: &Database,
        id: &RowId,
        permission: Permission,
    ) -> Result<()> {
        let key = RowKey::Id(id.clone());
        match self.engine.get(database.entry.tables.relationships, &key).await? {
            Some(row) if !Ends::of(caller, database, permission).hold(&row) => {
                Err(missing(id.as_str()))
            }
            _ => Ok(()),
        }
    }

    /// The relationships at a document, and at the documents they lead to, `depth` steps far, with the documents at their
    /// other ends; nearest first, then oldest first; by index, no scan. Each relationship comes once, so cycles end.
    ///
    /// # Errors
    /// `NotFound` of the collection, Validation of the depth or of a walk that reaches too much.
    pub async fn related(
        &self,
        caller: &Caller,
        database: &str,
        collection: &str,
        id: &str,
        walk: &Walk,
    ) -> Result<Vec<Value>> {
        let (database, collection) =
            self.reach_collection(caller, Op::Traverse, database, collection)?;
        if walk.depth == 0 || walk.depth > limits::TRAVERSE_DEPTH_MAX {
            return Err(Error::validation(format!(
                "depth is 1 to {}.",
                limits::TRAVERSE_DEPTH_MAX
            )));
        }
        walk.rel_type.as_deref().map(RelType::parse).transpose()?;
        let reached = Ends::of(caller, &database, Permission::read(Subject::Relationships));
        let documents =
            caller.principal.collections(Permission::read(Subject::Documents), &database.entry.id);
        let start = (collection.entry.table, RowId::canonical(id)?.as_str().to_owned());
        let (mut seen, mut walked) = (HashSet::from([start.clone()]), HashSet::new());
        let (mut out, mut front) = (Vec::new(), vec![start]);
        for depth in 1..=walk.depth {
            let mut next = Vec::new();
            for (table, id) in &front {
                for row in self.edges_at(&database, (*table, id), walk).await? {
                    let visible = self.both_ends_visible(&row) && reached.hold(&row);
                    let Some(edge) = row.edge.as_deref().filter(|_| visible) else { continue };
                    if !walked.insert(row.id.clone()) {
                        continue;
                    }
                    if walked.len() > limits::TRAVERSE_RELATIONSHIPS_MAX {
                        return Err(Error::validation(format!(
                            "The walk reaches more than {} relationships; give a type, a direction or a smaller depth.",
                            limits::TRAVERSE_RELATIONSHIPS_MAX
                        )));
                    }
                    let outgoing = edge.source_table == *table && &*edge.source_id == id.as_str();
                    let (other_table, other_collection, other_id) = if outgoing {
                        (edge.target_table, &edge.target_collection, &edge.target_id)
                    } else {
                        (edge.source_table, &edge.source_collection, &edge.source_id)
                    };
                    let document = if documents.contains(&**other_collection) {
                        self.end_of(other_table, other_collection, other_id).await?
                    } else {
                        None
                    };
                    out.push(json!({
                        "direction": if outgoing { "outgoing" } else { "incoming" },
                        "depth": depth,
                        "relationship": RelationshipView::of(&row)?,
                        "document": document,
                    }));
                    let end = (other_table, other_id.to_string());
                    if other_table.0 != 0 && seen.insert(end.clone()) {
                        next.push(end);
                    }
                }
            }
            front = next;
        }
        Ok(out)
    }

    async fn edges_at(
        &self,
        database: &Database,
        (table, id): (TableId, &str),
        walk: &Walk,
    ) -> Result<Vec<std::sync::Arc<Row>>> {
        let relationships = database.entry.tables.relationships;
        let rel_type = walk.rel_type.as_deref();
        self.engine.related(relationships, (table, id), walk.direction, rel_type).await
    }

    /// The document at an end, if it is alive.
    async fn end_of(&self, table: TableId, collection: &str, id: &str) -> Result<Option<Value>> {
        let row = self.engine.get(table, &RowKey::Id(RowId::parse(id)?)).await?;
        let Some(row) = row.filter(|row| !row.deleted) else { return Ok(None) };
        Ok(Some(json!({
            "id": &*row.id,
            "collection": collection,
            "external_id": row.external_id,
            "version": row.version,
            "data": raw(&row.doc)?,
        })))
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

fn missing(id: &str) -> Error {
    Error::not_found(format!(
        "The relationship {id} does not exist, or the credential does not reach it."
    ))
}

/// The collections whose relationships a caller reaches: both ends must be in them.
pub(crate) struct Ends(Set<CollectionId>);

impl Ends {
    pub(crate) fn of(caller: &Caller, database: &Database, permission: Permission) -> Self {
        Self(caller.principal.collections(permission, &database.entry.id))
    }

    fn hold(&self, row: &Row) -> bool {
        row.edge.as_deref().is_some_and(|edge| {
            self.0.contains(&*edge.source_collection) && self.0.contains(&*edge.target_collection)
        })
    }
}

/// The end that a body names. Neither the collection nor a document named by its id need exist yet.
fn end(
    database: &Database,
    name: &str,
    collection: &str,
    (id, external_id, source): (Option<String>, Option<String>, Option<String>),
) -> Result<End> {
    let collection = CollectionId::parse(collection)?;
    let key = match (id, external_id) {
        (Some(id), None) => RowKey::Id(RowId::canonical(&id)?),
        (None, Some(id)) => RowKey::External { source: source.unwrap_or_default(), id },
        _ => {
            return Err(Error::validation(format!("Give either {name}_id or {name}_external_id.")));
        }
    };
    let known = database.collections.get(&collection);
    let table = known.map_or(TableId(0), |known| known.entry.table);
    Ok(End { collection: collection.as_str().into(), table, key })
}
