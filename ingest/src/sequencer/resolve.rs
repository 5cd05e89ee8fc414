//! Operations to rows: which row each one means, and its new version. Pure over memory, what preparation fetched, and the
//! frame so far.

use crate::{
    catalog,
    fetch::{Fetched, ObjectKindTag, edge_between, edge_key},
    file::{Located, Place},
    operation::{End, External, Once, Operation, Outcome, RowKey, WriteMode},
    payload::{Action, WrittenRow},
    prepare::{Prepared, at_operation},
    version::{NEWEST, Tables, holds_key, touches},
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
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Why a frame is not written.
#[derive(Debug)]
pub(super) enum Refusal {
    /// What preparation read is no longer all there is; prepare again.
    Stale,
    /// An operation is wrong.
    Error(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

type Decided<T> = std::result::Result<T, Refusal>;

/// The current version of a row, and where it is if in a data file.
#[derive(Clone, Debug)]
struct Found {
    row: Arc<Row>,
    place: Option<Place>,
}

impl Found {
    fn in_memory(row: Arc<Row>) -> Self {
        Self { row, place: None }
    }

    fn in_file(located: Located) -> Self {
        Self { row: located.row, place: Some(located.place) }
    }
}

/// The rows of one frame while it is being decided.
pub(super) struct FrameBuilder<'a> {
    tables: &'a Tables,
    /// As the frame so far leaves it.
    catalog: Arc<Catalog>,
    fetched: &'a Fetched,
    sources: &'a Sources,
    time: Timestamp,
    last_seq: u64,
    rows: Vec<WrittenRow>,
    /// Documents whose ids were made up here: nothing stored can mean them.
    fresh: HashSet<(TableId, Box<str>)>,
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
    cancelled: bool,
}

impl<'a> FrameBuilder<'a> {
    pub(super) fn new(
        tables: &'a Tables,
        catalog: Arc<Catalog>,
        fetched: &'a Fetched,
        sources: &'a Sources,
        time: Timestamp,
        last_seq: u64,
    ) -> Self {
        Self {
            tables,
            catalog,
            fetched,
            sources,
            time,
            last_seq,
            rows: Vec::new(),
            fresh: HashSet::new(),
            by_id: HashMap::new(),
            by_external: HashMap::new(),
            bytes: 0,
        }
    }

    /// What is to be written, and the catalog after it.
    pub(super) fn finish(self) -> (Vec<WrittenRow>, Arc<Catalog>) {
        (self.rows, self.catalog)
    }

    /// The receipt of a frame that was written before, unless that is too long ago.
    pub(super) fn earlier(&self, once: &Once) -> Decided<Option<Arc<Row>>> {
        let found = self.current(once.table, once.id.as_str())?;
        let row = found.map(|found| found.row);
        let kept_ms = match self.catalog.roles.get(&once.table) {
            Some(TableRole::Receipts(database)) => {
                self.catalog.retention(database).idempotency_key_ms()
            }
            _ => limits::IDEMPOTENCY_KEY_MS,
        };
        Ok(row.filter(|row| self.time.0 - row.updated_at.0 < kept_ms))
    }

    /// Keeps the answer of the frame with what it writes.
    pub(super) fn keep(&mut self, once: &Once, outcomes: &[Outcome]) -> Decided<()> {
        let doc = (once.answer)(outcomes)?;
        let current = self.current(once.table, once.id.as_str())?;
        let content = Content::live(doc);
        self.put(once.table, &once.id, current, None, content)?;
        Ok(())
    }

    /// Decides all operations in order.
    pub(super) fn resolve(&mut self, prepared: &Prepared) -> Decided<Vec<Outcome>> {
        let count = prepared.frame.operations.len();
        let mut outcomes = Vec::with_capacity(count);
        for (index, operation) in prepared.frame.operations.iter().enumerate() {
            let merged = prepared
                .read_set
                .merged
                .iter()
                .find(|(i, _)| *i == index)
                .map(|(_, version)| *version);
            let outcome = self.operation(operation, merged).map_err(|refusal| match refusal {
                Refusal::Stale => Refusal::Stale,
                Refusal::Error(error) => Refusal::Error(at_operation(error, index, count)),
            })?;
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    fn operation(&mut self, operation: &Operation, merged: Option<u64>) -> Decided<Outcome> {
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
                let row = current.as_ref().map(|found| &found.row);
                if *mode == WriteMode::Merge && row.map(|row| row.version) != merged {
                    return Err(Refusal::Stale);
                }
                if *must_exist && row.is_none_or(|row| row.deleted) {
                    return Err(Error::not_found("The document does not exist.").into());
                }
                let id = id.clone().map_or_else(|| self.id_of(*table, current.as_ref()), Ok)?;
                let external = match external {
                    External::Clear => None,
                    External::Set { source, id } => Some((
                        source.as_deref().filter(|s| !s.is_empty()).map(Into::into),
                        id.as_str().into(),
                    )),
                    External::Keep => row.and_then(|row| {
                        Some((row.external_source.clone(), row.external_id.clone()?))
                    }),
                };
                // What is cancelled stays so until somebody says otherwise; a revived document is a new one.
                let cancelled = row.is_some_and(|row| row.cancelled && !row.deleted);
                let content = Content { external, cancelled, ..Content::live(data.clone()) };
                Ok(self.put(*table, &id, current, *if_version, content)?)
            }
            Operation::UpsertRelationship {
                table,
                id,
                rel_type,
                source,
                target,
                data,
                if_version,
            } => {
                let ids = (self.end_id(source, "source")?, self.end_id(target, "target")?);
                let edge = edge_between(rel_type, source, target, ids);
                let same = self.edge(*table, &edge)?;
                let current = match id {
                    Some(id) => {
                        let other = same.map(|found| found.row);
                        if let Some(other) =
                            other.filter(|row| &*row.id != id.as_str() && !row.deleted)
                        {
                            return Err(Error::conflict(format!(
                                "The relationship {} already links these documents with this type; update that one or delete it first.",
                                other.id
                            ))
                            .into());
                        }
                        self.current(*table, id.as_str())?
                    }
                    None => same,
                };
                let id = id.clone().map_or_else(|| self.id_of(*table, current.as_ref()), Ok)?;
                let content = Content { edge: Some(Box::new(edge)), ..Content::live(data.clone()) };
                Ok(self.put(*table, &id, current, *if_version, content)?)
            }
            Operation::PutSystem { table, id, data, if_version } => {
                let current = self.current(*table, id.as_str())?;
                let content = Content::live(data.clone());
                Ok(self.put(*table, id, current, *if_version, content)?)
            }
            Operation::Cancel { table, key, cancelled, if_version } => {
                let current = self.live(*table, key)?.ok_or_else(|| {
                    Error::not_found("There is nothing to cancel: the document does not exist.")
                })?;
                let id = RowId::parse(&current.row.id)?;
                let content = Content { cancelled: *cancelled, ..Content::of(&current.row) };
                Ok(self.put(*table, &id, Some(current), *if_version, content)?)
            }
            Operation::Delete { table, key, if_version } => self.delete(*table, key, *if_version),
        }
    }

    /// The row an upsert means, deleted ones included.
    fn target(
        &self,
        table: TableId,
        id: Option<&RowId>,
        external: &External,
    ) -> Decided<Option<Found>> {
        let by_id = match id {
            Some(id) => self.current(table, id.as_str())?,
            None => None,
        };
        let External::Set { source, id: external_id } = external else { return Ok(by_id) };
        let owner = self.external(table, source.as_deref().unwrap_or(""), external_id)?;
        match (id, owner) {
            (Some(id), Some(owner)) if &*owner.row.id != id.as_str() => Err(Error::conflict(format!(
                "external_id {external_id:?} belongs to document {}; leave out the id, or use another external_id.",
                owner.row.id
            ))
            .with_detail(Detail::at("external_id", "already used by another document").with("id", &*owner.row.id))
            .into()),
            (Some(_), _) => Ok(by_id),
            (None, owner) => Ok(owner),
        }
    }

    /// The row of a key, unless it is deleted.
    fn live(&self, table: TableId, key: &RowKey) -> Decided<Option<Found>> {
        let found = match key {
            RowKey::Id(id) => self.current(table, id.as_str())?,
            RowKey::External { source, id } => self.external(table, source, id)?,
        };
        Ok(found.filter(|found| !found.row.deleted))
    }

    fn delete(
        &mut self,
        table: TableId,
        key: &RowKey,
        if_version: Option<u64>,
    ) -> Decided<Outcome> {
        let current = self.live(table, key)?.ok_or_else(|| {
            Error::not_found("There is nothing to delete: the id is unknown or already deleted.")
        })?;
        let id = RowId::parse(&current.row.id)?;
        for edge in self.edges_of(table, &current.row.id)? {
            let edge_id = RowId::parse(&edge.row.id)?;
            self.bytes += edge.row.doc.len();
            if self.bytes > limits::FRAME_BYTES_MAX {
                return Err(Error::new(
                    ErrorKind::CascadeTooLarge,
                    format!(
                        "Document {} has more relationships than one delete may remove; delete its relationships first.",
                        current.row.id
                    ),
                )
                .into());
            }
            let relationships = self.relationships_of(table).unwrap_or(table);
            let content = Content::deleted(&edge.row);
            self.put(relationships, &edge_id, Some(edge), None, content)?;
        }
        let content = Content::deleted(&current.row);
        Ok(self.put(table, &id, Some(current), if_version, content)?)
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
    fn edges_of(&self, table: TableId, id: &str) -> Decided<Vec<Found>> {
        let Some(relationships) = self.relationships_of(table) else { return Ok(Vec::new()) };
        let mut edges: HashMap<Box<str>, Found> = HashMap::new();
        let fresh = self.fresh.contains(&(table, Box::from(id)));
        if let Some(state) = self.tables.get(&relationships).filter(|_| !fresh) {
            let key = (ObjectKindTag::Endpoint, Key::of_endpoint(table, id));
            let stored = self.fetched.rows(relationships, state, key).ok_or(Refusal::Stale)?;
            let memory = state.memtables.iter().flat_map(|m| m.by_endpoint(table, id, NEWEST));
            let found = stored.into_iter().map(Found::in_file).chain(memory.map(Found::in_memory));
            edges.extend(found.map(|found| (found.row.id.clone(), found)));
        }
        for written in self.rows.iter().filter(|written| written.table == relationships) {
            if touches(&written.row, table, id) && !written.row.deleted {
                let found = Found::in_memory(Arc::clone(&written.row));
                edges.insert(written.row.id.clone(), found);
            } else {
                edges.remove(&written.row.id);
            }
        }
        let mut edges: Vec<_> = edges.into_values().collect();
        edges.sort_by_key(|found| found.row.seq);
        Ok(edges)
    }

    /// The current version of a row: of this frame, of memory, or of a file.
    fn current(&self, table: TableId, id: &str) -> Decided<Option<Found>> {
        let key = Key::of_id(id);
        if let Some(&position) = self.by_id.get(&(table, key)) {
            let written = self.rows.get(position);
            return Ok(written.map(|written| Found::in_memory(Arc::clone(&written.row))));
        }
        let Some(state) = self.tables.get(&table) else { return Ok(None) };
        if let Some(row) = state.in_memory(id, NEWEST) {
            return Ok(Some(Found::in_memory(row)));
        }
        let stored = self.fetched.rows(table, state, (ObjectKindTag::Id, key));
        let stored = stored.ok_or(Refusal::Stale)?;
        Ok(stored.into_iter().find(|located| &*located.row.id == id).map(Found::in_file))
    }

    fn external(&self, table: TableId, source: &str, external_id: &str) -> Decided<Option<Found>> {
        let key = Key::of_external(source, external_id);
        let Some(id) = self.external_id_owner(table, source, external_id, key)? else {
            return Ok(None);
        };
        // An earlier operation of the frame may have taken the key away from the row.
        let now = self.current(table, &id)?;
        Ok(now.filter(|found| holds_key(&found.row, source, external_id)))
    }

    fn external_id_owner(
        &self,
        table: TableId,
        source: &str,
        external_id: &str,
        key: Key,
    ) -> Decided<Option<Box<str>>> {
        if let Some(&position) = self.by_external.get(&(table, key)) {
            return Ok(self.rows.get(position).map(|written| written.row.id.clone()));
        }
        let Some(state) = self.tables.get(&table) else { return Ok(None) };
        if let Some(row) = state.external_in_memory(source, external_id, NEWEST) {
            return Ok(Some(row.id.clone()));
        }
        let stored = self.fetched.rows(table, state, (ObjectKindTag::External, key));
        Ok(stored.ok_or(Refusal::Stale)?.first().map(|located| located.row.id.clone()))
    }

    /// The relationship with this type and these ends, deleted ones included.
    fn edge(&self, table: TableId, edge: &Edge) -> Decided<Option<Found>> {
        let pending =
            self.rows.iter().rev().find(|written| {
                written.table == table && written.row.edge.as_deref() == Some(edge)
            });
        if let Some(written) = pending {
            return self.current(table, &written.row.id);
        }
        let Some(state) = self.tables.get(&table) else { return Ok(None) };
        let (source, target) =
            ((edge.source_table, &*edge.source_id), (edge.target_table, &*edge.target_id));
        if [source, target].iter().any(|(table, id)| self.fresh.contains(&(*table, (*id).into()))) {
            return Ok(None);
        }
        let memory = state
            .memtables
            .iter()
            .rev()
            .find_map(|memtable| memtable.by_edge(&edge.rel_type, source, target, NEWEST));
        if let Some(row) = memory {
            return self.current(table, &row.id);
        }
        let key = (ObjectKindTag::External, edge_key(edge));
        let stored = self.fetched.rows(table, state, key).ok_or(Refusal::Stale)?;
        match stored.first() {
            Some(located) => self.current(table, &located.row.id),
            None => Ok(None),
        }
    }

    /// The id of a document at an end.
    fn end_id(&self, end: &End, name: &str) -> Decided<Box<str>> {
        let (source, id) = match &end.key {
            RowKey::Id(id) => return Ok(id.as_str().into()),
            RowKey::External { source, id } => (source, id),
        };
        let found = self.external(end.table, source, id)?.filter(|found| !found.row.deleted);
        let found = found.ok_or_else(|| {
            Error::not_found(format!(
                "No document of {} has the {name}_external_id {id:?}.",
                end.collection
            ))
        })?;
        Ok(found.row.id.clone())
    }

    fn id_of(&mut self, table: TableId, current: Option<&Found>) -> Result<RowId> {
        if let Some(found) = current {
            return RowId::parse(&found.row.id);
        }
        let id = RowId::parse(&uuid_v7(self.time, &*self.sources.entropy).to_string())?;
        self.fresh.insert((table, id.as_str().into()));
        Ok(id)
    }

    fn put(
        &mut self,
        table: TableId,
        id: &RowId,
        current: Option<Found>,
        if_version: Option<u64>,
        content: Content,
    ) -> Result<Outcome> {
        let (current, replaces) = match current {
            Some(Found { row, place }) => (Some(row), place),
            None => (None, None),
        };
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
            cancelled: content.cancelled,
            doc: content.doc,
            edge: content.edge,
        });
        let position = self.rows.len();
        self.by_id.insert((table, Key::of_id(id.as_str())), position);
        if let Some(external_id) = &row.external_id {
            let key = Key::of_external(row.external_source.as_deref().unwrap_or(""), external_id);
            self.by_external.insert((table, key), position);
        }
        catalog::apply(&mut self.catalog, table, &row)?;
        self.rows.push(WrittenRow { table, action, row: Arc::clone(&row), replaces });
        Ok(Outcome { row, created: action == Action::Create })
    }
}

impl Content {
    /// A row that is there, with nothing but its text.
    fn live(doc: Bytes) -> Self {
        Self { external: None, doc, edge: None, deleted: false, cancelled: false }
    }

    /// What a row holds.
    fn of(row: &Row) -> Self {
        let external = row.external_id.clone().map(|id| (row.external_source.clone(), id));
        Self {
            external,
            doc: row.doc.clone(),
            edge: row.edge.clone(),
            deleted: row.deleted,
            cancelled: row.cancelled,
        }
    }

    /// A tombstone keeps what the row held.
    fn deleted(row: &Row) -> Self {
        Self { deleted: true, ..Self::of(row) }
    }
}
