//! Operations to rows: which row each one means, and its new version. Pure over the tables and the frame so far.

use crate::{
    operation::{External, Operation, Outcome, RowKey, WriteMode},
    payload::{Action, WrittenRow},
    prepare::{Prepared, at_operation},
    version::Tables,
};
use bytes::Bytes;
use rekor_core::{
    Error, ErrorKind, Result, Timestamp,
    catalog::{Catalog, TableRole},
    error::Detail,
    id::{RowId, TableId},
    key::Key,
    limits,
    row::{Edge, Row},
    time::{Sources, uuid_v7},
};
use std::{collections::HashMap, sync::Arc};

/// The rows of one frame while it is being decided.
pub(super) struct FrameBuilder<'a> {
    tables: &'a Tables,
    catalog: &'a Catalog,
    sources: &'a Sources,
    time: Timestamp,
    last_seq: u64,
    rows: Vec<WrittenRow>,
    by_id: HashMap<(TableId, Key), usize>,
    by_external: HashMap<(TableId, Key), usize>,
    bytes: usize,
}

/// The new content of a row.
struct Content {
    external: Option<(Option<Box<str>>, Box<str>)>,
    doc: Bytes,
    edge: Option<Box<Edge>>,
    deleted: bool,
}

impl<'a> FrameBuilder<'a> {
    pub(super) fn new(
        tables: &'a Tables,
        catalog: &'a Catalog,
        sources: &'a Sources,
        time: Timestamp,
        last_seq: u64,
    ) -> Self {
        Self {
            tables,
            catalog,
            sources,
            time,
            last_seq,
            rows: Vec::new(),
            by_id: HashMap::new(),
            by_external: HashMap::new(),
            bytes: 0,
        }
    }

    pub(super) fn into_rows(self) -> Vec<WrittenRow> {
        self.rows
    }

    /// Decides all operations in order. `None` if a merged document changed since it was read.
    pub(super) fn resolve(&mut self, prepared: &Prepared) -> Result<Option<Vec<Outcome>>> {
        let count = prepared.frame.operations.len();
        let mut outcomes = Vec::with_capacity(count);
        for (index, operation) in prepared.frame.operations.iter().enumerate() {
            let merged = prepared
                .read_set
                .merged
                .iter()
                .find(|(i, _)| *i == index)
                .map(|(_, version)| *version);
            match self
                .operation(operation, merged)
                .map_err(|error| at_operation(error, index, count))?
            {
                Some(outcome) => outcomes.push(outcome),
                None => return Ok(None),
            }
        }
        Ok(Some(outcomes))
    }

    fn operation(&mut self, operation: &Operation, merged: Option<u64>) -> Result<Option<Outcome>> {
        match operation {
            Operation::UpsertDocument {
                table,
                id,
                external,
                data,
                mode,
                if_version,
                must_exist,
            } => {
                let current = self.target(*table, id.as_ref(), external)?;
                if *mode == WriteMode::Merge && current.as_ref().map(|row| row.version) != merged {
                    return Ok(None);
                }
                if *must_exist && current.as_ref().is_none_or(|row| row.deleted) {
                    return Err(Error::not_found("The document does not exist."));
                }
                let id = id.clone().map_or_else(|| self.id_of(current.as_deref()), Ok)?;
                let external = match external {
                    External::Clear => None,
                    External::Set { source, id } => Some((
                        source.as_deref().filter(|s| !s.is_empty()).map(Into::into),
                        id.as_str().into(),
                    )),
                    External::Keep => current.as_deref().and_then(|row| {
                        Some((row.external_source.clone(), row.external_id.clone()?))
                    }),
                };
                let content = Content { external, doc: data.clone(), edge: None, deleted: false };
                self.put(*table, &id, current, *if_version, content).map(Some)
            }
            Operation::UpsertRelationship { table, id, edge, data, if_version } => {
                let (source, target) =
                    ((edge.source_table, &*edge.source_id), (edge.target_table, &*edge.target_id));
                let same = self.edge(*table, edge, source, target);
                let current = match id {
                    Some(id) => {
                        if let Some(other) =
                            same.filter(|row| &*row.id != id.as_str() && !row.deleted)
                        {
                            return Err(Error::conflict(format!(
                                "The relationship {} already links these documents with this type; update that one or delete it first.",
                                other.id
                            )));
                        }
                        self.current(*table, id.as_str())
                    }
                    None => same,
                };
                let id = id.clone().map_or_else(|| self.id_of(current.as_deref()), Ok)?;
                let content = Content {
                    external: None,
                    doc: data.clone(),
                    edge: Some(edge.clone()),
                    deleted: false,
                };
                self.put(*table, &id, current, *if_version, content).map(Some)
            }
            Operation::PutSystem { table, id, data, if_version } => {
                let current = self.current(*table, id.as_str());
                let content =
                    Content { external: None, doc: data.clone(), edge: None, deleted: false };
                self.put(*table, id, current, *if_version, content).map(Some)
            }
            Operation::Delete { table, key, if_version } => {
                self.delete(*table, key, *if_version).map(Some)
            }
        }
    }

    /// The row an upsert means, deleted ones included.
    fn target(
        &self,
        table: TableId,
        id: Option<&RowId>,
        external: &External,
    ) -> Result<Option<Arc<Row>>> {
        let by_id = id.and_then(|id| self.current(table, id.as_str()));
        let External::Set { source, id: external_id } = external else { return Ok(by_id) };
        let owner = self.external(table, source.as_deref().unwrap_or(""), external_id);
        match (id, owner) {
            (Some(id), Some(owner)) if &*owner.id != id.as_str() => Err(Error::conflict(format!(
                "external_id {external_id:?} belongs to document {}; leave out the id, or use another external_id.",
                owner.id
            ))
            .with_detail(Detail::at("external_id", "already used by another document").with("id", &*owner.id))),
            (Some(_), _) => Ok(by_id),
            (None, owner) => Ok(owner),
        }
    }

    fn delete(&mut self, table: TableId, key: &RowKey, if_version: Option<u64>) -> Result<Outcome> {
        let current = match key {
            RowKey::Id(id) => self.current(table, id.as_str()),
            RowKey::External { source, id } => self.external(table, source, id),
        };
        let current = current.filter(|row| !row.deleted).ok_or_else(|| {
            Error::not_found("There is nothing to delete: the id is unknown or already deleted.")
        })?;
        let id = RowId::parse(&current.id)?;
        for edge in self.edges_of(table, &current.id) {
            let id = RowId::parse(&edge.id)?;
            self.bytes += edge.doc.len();
            if self.bytes > limits::FRAME_BYTES_MAX {
                return Err(Error::new(
                    ErrorKind::CascadeTooLarge,
                    format!(
                        "Document {} has more relationships than one delete may remove; delete its relationships first.",
                        current.id
                    ),
                ));
            }
            let relationships = self.relationships_of(table).unwrap_or(table);
            let content = Content::deleted(&edge);
            self.put(relationships, &id, Some(edge), None, content)?;
        }
        let content = Content::deleted(&current);
        self.put(table, &id, Some(current), if_version, content)
    }

    fn relationships_of(&self, table: TableId) -> Option<TableId> {
        match self.catalog.roles.get(&table)? {
            TableRole::Documents(database, _) => {
                Some(self.catalog.databases.get(database)?.entry.tables.relationships)
            }
            _ => None,
        }
    }

    /// Live relationships at a document, as this frame leaves them.
    fn edges_of(&self, table: TableId, id: &str) -> Vec<Arc<Row>> {
        let Some(relationships) = self.relationships_of(table) else { return Vec::new() };
        let stored = self
            .tables
            .get(relationships)
            .map(|rows| rows.by_endpoint(table, id, u64::MAX))
            .unwrap_or_default();
        let touches = |row: &Row| {
            row.edge.as_deref().is_some_and(|edge| {
                (edge.source_table == table && &*edge.source_id == id)
                    || (edge.target_table == table && &*edge.target_id == id)
            })
        };
        let mut edges: HashMap<Box<str>, Arc<Row>> =
            stored.into_iter().map(|row| (row.id.clone(), row)).collect();
        for written in self.rows.iter().filter(|written| written.table == relationships) {
            if touches(&written.row) && !written.row.deleted {
                edges.insert(written.row.id.clone(), Arc::clone(&written.row));
            } else {
                edges.remove(&written.row.id);
            }
        }
        let mut edges: Vec<_> = edges.into_values().collect();
        edges.sort_by_key(|row| row.seq);
        edges
    }

    fn current(&self, table: TableId, id: &str) -> Option<Arc<Row>> {
        match self.by_id.get(&(table, Key::of_id(id))) {
            Some(&position) => self.rows.get(position).map(|written| Arc::clone(&written.row)),
            None => self.tables.get(table)?.current(id),
        }
    }

    fn external(&self, table: TableId, source: &str, external_id: &str) -> Option<Arc<Row>> {
        let found = match self.by_external.get(&(table, Key::of_external(source, external_id))) {
            Some(&position) => self.rows.get(position).map(|written| Arc::clone(&written.row)),
            None => self.tables.get(table)?.by_external(source, external_id, u64::MAX),
        }?;
        // An earlier operation of the frame may have taken the key away from the row.
        let now = self.current(table, &found.id)?;
        let holds = now.external_id.as_deref() == Some(external_id)
            && now.external_source.as_deref().unwrap_or("") == source;
        holds.then_some(now)
    }

    fn edge(
        &self,
        table: TableId,
        edge: &Edge,
        source: (TableId, &str),
        target: (TableId, &str),
    ) -> Option<Arc<Row>> {
        let pending =
            self.rows.iter().rev().find(|written| {
                written.table == table && written.row.edge.as_deref() == Some(edge)
            });
        if let Some(written) = pending {
            return self.current(table, &written.row.id);
        }
        let found = self.tables.get(table)?.by_edge(&edge.rel_type, source, target, u64::MAX)?;
        self.current(table, &found.id)
    }

    fn id_of(&self, current: Option<&Row>) -> Result<RowId> {
        match current {
            Some(row) => RowId::parse(&row.id),
            None => RowId::parse(&uuid_v7(self.time, &*self.sources.entropy).to_string()),
        }
    }

    fn put(
        &mut self,
        table: TableId,
        id: &RowId,
        current: Option<Arc<Row>>,
        if_version: Option<u64>,
        content: Content,
    ) -> Result<Outcome> {
        let live_version =
            current.as_deref().filter(|row| !row.deleted).map_or(0, |row| row.version);
        if let Some(expected) = if_version
            && expected != live_version
        {
            let message = if expected == 0 {
                format!("{id} already exists (version {live_version}).")
            } else {
                format!(
                    "{id} is at version {live_version}, not {expected}; read it again and retry."
                )
            };
            return Err(Error::conflict(message).with_detail(
                Detail::at("version", "precondition failed").with("current_version", live_version),
            ));
        }
        if current.as_deref().is_some_and(|row| &*row.id != id.as_str()) {
            return Err(Error::internal("two ids share one index key"));
        }
        let action = match (&current, content.deleted) {
            (_, true) => Action::Delete,
            (Some(row), false) if !row.deleted => Action::Update,
            _ => Action::Create,
        };
        let (external_source, external_id) =
            content.external.map_or((None, None), |(source, id)| (source, Some(id)));
        let row = Arc::new(Row {
            id: id.as_str().into(),
            external_id,
            external_source,
            version: current.as_deref().map_or(1, |row| row.version + 1),
            seq: self.last_seq + 1 + self.rows.len() as u64,
            created_at: current.as_deref().map_or(self.time, |row| row.created_at),
            updated_at: self.time,
            deleted: content.deleted,
            doc: content.doc,
            edge: content.edge,
        });
        let position = self.rows.len();
        self.by_id.insert((table, Key::of_id(id.as_str())), position);
        if let Some(external_id) = &row.external_id {
            let key = Key::of_external(row.external_source.as_deref().unwrap_or(""), external_id);
            self.by_external.insert((table, key), position);
        }
        self.rows.push(WrittenRow { table, action, row: Arc::clone(&row) });
        Ok(Outcome { row, created: action == Action::Create })
    }
}

impl Content {
    /// A tombstone keeps what the row held.
    fn deleted(row: &Row) -> Self {
        let external = row.external_id.clone().map(|id| (row.external_source.clone(), id));
        Self { external, doc: row.doc.clone(), edge: row.edge.clone(), deleted: true }
    }
}
