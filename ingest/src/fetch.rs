//! The rows of data files that a frame may replace, read before the sequencer sees it: the sequencer does no I/O.

use crate::{
    file::{Located, TableFile},
    operation::{End, External, Frame, Operation, RowKey},
    version::{NEWEST, ShardVersion, TableState, holds_key, touches},
};
use rekor_core::{
    Result,
    catalog::{Catalog, TableRole},
    id::TableId,
    key::Key,
    path::ObjectKind,
    row::{Edge, Row},
    store::Store,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// What was read, by table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fetched(HashMap<TableId, FetchedTable>);

#[derive(Clone, Debug)]
struct FetchedTable {
    /// The files that were searched; after a flush or compaction others must be.
    files: Arc<Vec<Arc<TableFile>>>,
    found: HashMap<(ObjectKindTag, Key), Vec<Located>>,
}

/// Which index a key belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ObjectKindTag {
    Id,
    External,
    Endpoint,
}

impl ObjectKindTag {
    fn index(self) -> ObjectKind {
        match self {
            Self::Id => ObjectKind::IdIndex,
            Self::External => ObjectKind::ExternalIndex,
            Self::Endpoint => ObjectKind::EndpointIndex,
        }
    }
}

/// A key, with what proves that a row really has it.
#[derive(Clone, Debug)]
enum Wanted {
    Id(Box<str>),
    External(Box<str>, Box<str>),
    Edge(Box<Edge>),
    Endpoint(TableId, Box<str>),
}

impl Wanted {
    fn key(&self) -> (ObjectKindTag, Key) {
        match self {
            Self::Id(id) => (ObjectKindTag::Id, Key::of_id(id)),
            Self::External(source, id) => (ObjectKindTag::External, Key::of_external(source, id)),
            Self::Edge(edge) => (ObjectKindTag::External, edge_key(edge)),
            Self::Endpoint(table, id) => (ObjectKindTag::Endpoint, Key::of_endpoint(*table, id)),
        }
    }

    fn is(&self, row: &Row) -> bool {
        match self {
            Self::Id(id) => row.id == *id,
            Self::External(source, id) => holds_key(row, source, id),
            Self::Edge(edge) => row.edge.as_deref().is_some_and(|other| same_edge(other, edge)),
            Self::Endpoint(table, id) => touches(row, *table, id) && !row.deleted,
        }
    }

    fn in_memory(&self, state: &TableState) -> bool {
        match self {
            Self::Id(id) => state.in_memory(id, NEWEST).is_some(),
            // A key can have moved to memory while its document's older row is still looked for here.
            Self::External(..) | Self::Edge(_) | Self::Endpoint(..) => false,
        }
    }
}

/// Key of a relationship by type and ends.
pub(crate) fn edge_key(edge: &Edge) -> Key {
    let (source, target) =
        ((edge.source_table, &*edge.source_id), (edge.target_table, &*edge.target_id));
    Key::of_edge(&edge.rel_type, source, target)
}

/// Whether two relationships have the same type and ends.
pub(crate) fn same_edge(a: &Edge, b: &Edge) -> bool {
    a.rel_type == b.rel_type
        && (a.source_table, &a.source_id) == (b.source_table, &b.source_id)
        && (a.target_table, &a.target_id) == (b.target_table, &b.target_id)
}

impl Fetched {
    /// The rows of a key in these files that nothing replaced since; `None` if other files or keys were read.
    pub(crate) fn rows(
        &self,
        table: TableId,
        state: &TableState,
        key: (ObjectKindTag, Key),
    ) -> Option<Vec<Located>> {
        if state.files.is_empty() {
            return Some(Vec::new());
        }
        let fetched = self.0.get(&table).filter(|f| Arc::ptr_eq(&f.files, &state.files))?;
        let alive = |located: &&Located| {
            !located.place.file.deletes.is_dead(located.place.position, NEWEST)
        };
        fetched.found.get(&key).map(|found| found.iter().filter(alive).cloned().collect())
    }
}

/// Reads all rows of data files that the frame's operations may mean, each file once. `catalog` is the version's, with the
/// collections that the frame makes.
pub(crate) async fn fetch(
    version: &ShardVersion,
    catalog: &Catalog,
    store: &Store,
    frame: &Frame,
) -> Result<Fetched> {
    let mut fetched = Fetched::default();
    let mut wanted: BTreeMap<TableId, (Vec<Wanted>, bool)> = BTreeMap::new();
    for operation in &frame.operations {
        let (keys, with_doc) = wanted.entry(operation.table()).or_default();
        keys.extend(keys_of(operation));
        *with_doc |= matches!(operation, Operation::Delete { .. } | Operation::Cancel { .. });
        for end in ends_of(operation) {
            if let RowKey::External { source, id } = &end.key {
                let key = Wanted::External(source.as_str().into(), id.as_str().into());
                wanted.entry(end.table).or_default().0.push(key);
            }
        }
    }
    if let Some(once) = &frame.once {
        let (keys, with_doc) = wanted.entry(once.table).or_default();
        keys.push(Wanted::Id(once.id.as_str().into()));
        *with_doc = true;
    }
    for (table, (keys, with_doc)) in &wanted {
        fetch_table(&mut fetched, version, store, *table, keys, *with_doc).await?;
    }
    // What the rows just read lead to.
    let mut linked: BTreeMap<TableId, Vec<Wanted>> = BTreeMap::new();
    for (index, operation) in frame.operations.iter().enumerate() {
        let before = frame.operations.get(..index).unwrap_or_default();
        match operation {
            Operation::Delete { table, key, .. } => {
                let Some(TableRole::Documents(database, _)) = catalog.roles.get(table) else {
                    continue;
                };
                let Some(database) = catalog.databases.get(database) else { continue };
                let relationships = database.entry.tables.relationships;
                let ids = fetched.candidates(version, before, *table, key);
                let keys = ids.into_iter().map(|id| Wanted::Endpoint(*table, id));
                linked.entry(relationships).or_default().extend(keys);
            }
            Operation::UpsertRelationship { table, rel_type, source, target, .. } => {
                let targets = fetched.candidates(version, before, target.table, &target.key);
                for source_id in fetched.candidates(version, before, source.table, &source.key) {
                    let edges = targets.iter().map(|target_id| {
                        let ids = (source_id.clone(), target_id.clone());
                        Wanted::Edge(Box::new(edge_between(rel_type, source, target, ids)))
                    });
                    linked.entry(*table).or_default().extend(edges);
                }
            }
            Operation::UpsertDocument { .. }
            | Operation::Cancel { .. }
            | Operation::PutSystem { .. } => {}
        }
    }
    for (table, keys) in linked {
        fetch_table(&mut fetched, version, store, table, &keys, true).await?;
    }
    Ok(fetched)
}

fn ends_of(operation: &Operation) -> impl Iterator<Item = &End> {
    let ends = match operation {
        Operation::UpsertRelationship { source, target, .. } => [Some(&**source), Some(&**target)],
        _ => [None, None],
    };
    ends.into_iter().flatten()
}

/// The relationship between two documents.
pub(crate) fn edge_between(
    rel_type: &str,
    source: &End,
    target: &End,
    (source_id, target_id): (Box<str>, Box<str>),
) -> Edge {
    Edge {
        rel_type: rel_type.into(),
        source_id,
        source_collection: source.collection.clone(),
        source_table: source.table,
        target_id,
        target_collection: target.collection.clone(),
        target_table: target.table,
    }
}

impl Fetched {
    /// The ids that a document with this key can have once the operations before are done; one that they make anew has no
    /// relationships yet.
    fn candidates(
        &self,
        version: &ShardVersion,
        before: &[Operation],
        table: TableId,
        key: &RowKey,
    ) -> Vec<Box<str>> {
        let mut ids: Vec<Box<str>> = self.id_of(version, table, key).into_iter().collect();
        let RowKey::External { source: wanted, id: wanted_id } = key else { return ids };
        for operation in before {
            let Operation::UpsertDocument { table: other, id: Some(id), external, .. } = operation
            else {
                continue;
            };
            let External::Set { source, id: external_id } = external else { continue };
            let same = source.as_deref().unwrap_or("") == wanted && external_id == wanted_id;
            if *other == table && same {
                ids.push(id.as_str().into());
            }
        }
        ids
    }

    /// The id of the document that a key means.
    fn id_of(&self, version: &ShardVersion, table: TableId, key: &RowKey) -> Option<Box<str>> {
        match key {
            RowKey::Id(id) => Some(id.as_str().into()),
            RowKey::External { source, id } => {
                let state = version.tables.get(&table)?;
                if let Some(row) = state.external_in_memory(source, id, NEWEST) {
                    return Some(row.id.clone());
                }
                let key = (ObjectKindTag::External, Key::of_external(source, id));
                let rows = self.rows(table, state, key)?;
                rows.first().map(|located| located.row.id.clone())
            }
        }
    }
}

fn keys_of(operation: &Operation) -> Vec<Wanted> {
    let of_id =
        |id: &Option<rekor_core::id::RowId>| id.as_ref().map(|id| Wanted::Id(id.as_str().into()));
    match operation {
        Operation::UpsertDocument { id, external, .. } => {
            let external = match external {
                External::Set { source, id } => Some(Wanted::External(
                    source.as_deref().unwrap_or("").into(),
                    id.as_str().into(),
                )),
                External::Keep | External::Clear => None,
            };
            of_id(id).into_iter().chain(external).collect()
        }
        Operation::UpsertRelationship { id, .. } => of_id(id).into_iter().collect(),
        Operation::Delete { key, .. } | Operation::Cancel { key, .. } => match key {
            RowKey::Id(id) => vec![Wanted::Id(id.as_str().into())],
            RowKey::External { source, id } => {
                vec![Wanted::External(source.as_str().into(), id.as_str().into())]
            }
        },
        Operation::PutSystem { id, .. } => vec![Wanted::Id(id.as_str().into())],
    }
}

async fn fetch_table(
    fetched: &mut Fetched,
    version: &ShardVersion,
    store: &Store,
    table: TableId,
    keys: &[Wanted],
    with_doc: bool,
) -> Result<()> {
    let Some(state) = version.tables.get(&table).filter(|state| !state.files.is_empty()) else {
        return Ok(());
    };
    let entry = fetched
        .0
        .entry(table)
        .or_insert_with(|| FetchedTable { files: Arc::clone(&state.files), found: HashMap::new() });
    let missing: Vec<&Wanted> = keys.iter().filter(|key| !key.in_memory(state)).collect();
    for wanted in keys {
        entry.found.entry(wanted.key()).or_default();
    }
    for file in state.files.iter() {
        let mut hits: Vec<(u32, &Wanted)> = Vec::new();
        for wanted in &missing {
            let (tag, key) = wanted.key();
            let positions = file.positions(store, tag.index(), key, NEWEST).await?;
            hits.extend(positions.into_iter().map(|position| (position, *wanted)));
        }
        hits.sort_by_key(|(position, _)| *position);
        let mut positions: Vec<u32> = hits.iter().map(|(position, _)| *position).collect();
        positions.dedup();
        let rows: HashMap<u32, Located> = file
            .rows(store, &positions, with_doc)
            .await?
            .into_iter()
            .map(|located| (located.place.position, located))
            .collect();
        for (position, wanted) in hits {
            let Some(located) = rows.get(&position).filter(|l| wanted.is(&l.row)) else { continue };
            let mut keep = |key: (ObjectKindTag, Key)| {
                let found = entry.found.entry(key).or_default();
                if !found.iter().any(|known| known.row.id == located.row.id) {
                    found.push(located.clone());
                }
            };
            keep(wanted.key());
            // Who was found by another key is asked for by id next.
            keep((ObjectKindTag::Id, Key::of_id(&located.row.id)));
        }
    }
    Ok(())
}
