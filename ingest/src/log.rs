//! The operations log: derived from what frames wrote, never written by an operation itself.

use crate::{
    operation::Origin,
    payload::{Action, Written},
};
use arrow::{
    array::{ArrayRef, RecordBatch, StringViewBuilder, TimestampMillisecondArray, UInt64Array},
    datatypes::{Field, Schema},
};
use rekor_core::{
    Error, Result, Timestamp,
    catalog::{Catalog, TableRole},
    id::{DatabaseId, TableId},
    row::Row,
    view::{Chunk, Unflushed},
};
use std::sync::{Arc, PoisonError, RwLock};

/// One operation on one row.
#[derive(Clone, Debug)]
struct Entry {
    seq: u64,
    action: Action,
    entity_type: &'static str,
    entity_id: Box<str>,
    collection: Option<Box<str>>,
    version: u64,
    origin: Arc<Origin>,
    time: Timestamp,
    data_hash: [u8; 32],
}

/// The operations log of one database.
#[derive(Debug, Default)]
pub(crate) struct Log(RwLock<Vec<Entry>>);

/// Where the rows of a frame are logged: the database's log table, and the entry.
pub(crate) fn entries(catalog: &Catalog, written: &Written) -> Vec<(TableId, LogEntry)> {
    written
        .rows
        .iter()
        .filter_map(|row| {
            let (database, entity_type, collection) = subject(catalog, row.table, &row.row)?;
            let database = catalog.databases.get(&database)?;
            let entry = Entry {
                seq: row.row.seq,
                action: row.action,
                entity_type,
                entity_id: row.row.id.clone(),
                collection,
                version: row.row.version,
                origin: Arc::clone(&written.origin),
                time: written.time,
                data_hash: keyed_hash(&database.entry.log_key, &row.row.doc),
            };
            Some((database.entry.tables.log, LogEntry(entry)))
        })
        .collect()
}

/// An entry on its way into a log.
#[derive(Debug)]
pub(crate) struct LogEntry(Entry);

fn subject(
    catalog: &Catalog,
    table: TableId,
    row: &Row,
) -> Option<(DatabaseId, &'static str, Option<Box<str>>)> {
    if table == TableId::DATABASES {
        return Some((DatabaseId::parse(&row.id).ok()?, "database", None));
    }
    Some(match catalog.roles.get(&table)? {
        TableRole::Documents(database, collection) => {
            (database.clone(), "document", Some(collection.as_str().into()))
        }
        TableRole::Relationships(database) => (database.clone(), "relationship", None),
        TableRole::Collections(database) => (database.clone(), "collection", Some(row.id.clone())),
        TableRole::Promotions(database) => (database.clone(), "promotion", None),
        TableRole::Databases | TableRole::Tokens => return None,
    })
}

/// A hash that proves equality to who holds the database's key, and tells others nothing about low-entropy values.
fn keyed_hash(log_key: &str, doc: &[u8]) -> [u8; 32] {
    let key = blake3::derive_key("rekor operations log v1", log_key.as_bytes());
    *blake3::keyed_hash(&key, doc).as_bytes()
}

impl Log {
    pub(crate) fn append(&self, entry: LogEntry) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(entry.0);
    }
}

/// A log at one sequence number.
#[derive(Debug)]
pub(crate) struct LogAt {
    pub(crate) log: Arc<Log>,
    pub(crate) seq: u64,
}

impl Unflushed for LogAt {
    fn chunks(&self, deleted: bool) -> Result<Vec<Arc<Chunk>>> {
        let entries = self.log.0.read().unwrap_or_else(PoisonError::into_inner);
        let count = entries.partition_point(|entry| entry.seq <= self.seq);
        if deleted || count == 0 {
            return Ok(Vec::new());
        }
        let system = batch(entries.get(..count).unwrap_or_default())?;
        Ok(vec![Arc::new(Chunk { system, visible: None, cache: Arc::default() })])
    }
}

fn batch(entries: &[Entry]) -> Result<RecordBatch> {
    let text = |value: &dyn Fn(&Entry) -> Option<String>| -> ArrayRef {
        let mut builder = StringViewBuilder::with_capacity(entries.len());
        entries.iter().for_each(|entry| builder.append_option(value(entry)));
        Arc::new(builder.finish())
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("_id", text(&|e| Some(format!("op-{:020}", e.seq)))),
        ("_operation", text(&|e| Some(e.action.name().to_owned()))),
        ("_entity_type", text(&|e| Some(e.entity_type.to_owned()))),
        ("_entity_id", text(&|e| Some(e.entity_id.to_string()))),
        ("_collection", text(&|e| e.collection.as_deref().map(str::to_owned))),
        ("_actor_type", text(&|e| Some(e.origin.actor_type.clone()))),
        ("_actor_id", text(&|e| Some(e.origin.actor_id.clone()))),
        ("_version", Arc::new(UInt64Array::from_iter_values(entries.iter().map(|e| e.version)))),
        ("_source", text(&|e| Some(e.origin.source.clone()))),
        (
            "_doc",
            text(&|e| {
                Some(format!(
                    r#"{{"data_hash":"{}","request_id":"{}"}}"#,
                    blake3::Hash::from(e.data_hash).to_hex(),
                    e.origin.request_id
                ))
            }),
        ),
        (
            "_created_at",
            Arc::new(
                TimestampMillisecondArray::from_iter_values(entries.iter().map(|e| e.time.0))
                    .with_timezone("UTC"),
            ),
        ),
    ];
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    RecordBatch::try_new(
        Arc::new(Schema::new(fields)),
        columns.into_iter().map(|(_, array)| array).collect(),
    )
    .map_err(|error| Error::internal(error.to_string()))
}
