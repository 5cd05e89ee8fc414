//! The operations log: derived from what frames wrote, never written by an operation itself.

use crate::{
    batch::named_batch,
    operation::Origin,
    payload::{Action, Written},
};
use arrow::array::{
    ArrayRef, RecordBatch, StringViewBuilder, TimestampMillisecondArray, UInt64Array,
};
use prost::Message;
use rekor_core::{
    Error, Result, Timestamp,
    catalog::{Catalog, TableRole},
    id::{DatabaseId, TableId},
    row::{Row, column},
    view::{Chunk, Unflushed},
};
use std::sync::{Arc, PoisonError, RwLock};

/// One operation on one row.
#[derive(Clone, Debug)]
struct Entry {
    seq: u64,
    action: Action,
    entity_type: Box<str>,
    entity_id: Box<str>,
    collection: Option<Box<str>>,
    version: u64,
    origin: Arc<Origin>,
    time: Timestamp,
    data_hash: [u8; 32],
}

/// Memory that an entry takes, about.
pub(crate) const ENTRY_BYTES: usize = 200;
/// Entries of one chunk of Arrow arrays.
const CHUNK_ENTRIES: usize = 4_096;

/// Newest entries of the operations log of one database, in order.
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
                entity_type: entity_type.into(),
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
    fn up_to<T>(&self, seq: u64, read: impl FnOnce(&[Entry]) -> T) -> T {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let count = entries.partition_point(|entry| entry.seq <= seq);
        read(entries.get(..count).unwrap_or_default())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Sequence number of the newest entry; 0 if there is none.
    pub(crate) fn last_seq(&self) -> u64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).last().map_or(0, |entry| entry.seq)
    }

    /// The entries up to `seq` as Arrow arrays, a few thousand at a time.
    pub(crate) fn batches(&self, seq: u64) -> Result<Vec<RecordBatch>> {
        self.up_to(seq, |entries| entries.chunks(CHUNK_ENTRIES).map(batch).collect())
    }

    /// The entries up to `seq` as bytes (`docs/format/bundle.md`).
    pub(crate) fn encode(&self, seq: u64) -> (usize, Vec<u8>) {
        self.up_to(seq, |entries| {
            let slice = SliceEntries { entries: entries.iter().map(EntryPayload::of).collect() };
            (entries.len(), slice.encode_to_vec())
        })
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// `Corrupt`.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self> {
        let corrupt = || Error::corrupt("A slice of the operations log cannot be read.");
        let slice = SliceEntries::decode(bytes).map_err(|_| corrupt())?;
        let entries: Option<Vec<Entry>> =
            slice.entries.into_iter().map(EntryPayload::into_entry).collect();
        Ok(Self(RwLock::new(entries.ok_or_else(corrupt)?)))
    }

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
        if deleted {
            return Ok(Vec::new());
        }
        let chunk = |system| Arc::new(Chunk { system, visible: None, cache: Arc::default() });
        Ok(self.log.batches(self.seq)?.into_iter().map(chunk).collect())
    }
}

#[derive(Clone, PartialEq, Message)]
struct SliceEntries {
    #[prost(message, repeated, tag = "1")]
    entries: Vec<EntryPayload>,
}

#[derive(Clone, PartialEq, Message)]
struct EntryPayload {
    #[prost(uint64, tag = "1")]
    seq: u64,
    #[prost(uint32, tag = "2")]
    action: u32,
    #[prost(string, tag = "3")]
    entity_type: String,
    #[prost(string, tag = "4")]
    entity_id: String,
    #[prost(string, optional, tag = "5")]
    collection: Option<String>,
    #[prost(uint64, tag = "6")]
    version: u64,
    #[prost(string, tag = "7")]
    actor_type: String,
    #[prost(string, tag = "8")]
    actor_id: String,
    #[prost(string, tag = "9")]
    source: String,
    #[prost(string, tag = "10")]
    request_id: String,
    #[prost(int64, tag = "11")]
    time_ms: i64,
    #[prost(bytes = "vec", tag = "12")]
    data_hash: Vec<u8>,
}

impl EntryPayload {
    fn of(entry: &Entry) -> Self {
        Self {
            seq: entry.seq,
            action: entry.action.code(),
            entity_type: entry.entity_type.to_string(),
            entity_id: entry.entity_id.to_string(),
            collection: entry.collection.as_deref().map(str::to_owned),
            version: entry.version,
            actor_type: entry.origin.actor_type.clone(),
            actor_id: entry.origin.actor_id.clone(),
            source: entry.origin.source.clone(),
            request_id: entry.origin.request_id.clone(),
            time_ms: entry.time.0,
            data_hash: entry.data_hash.to_vec(),
        }
    }

    fn into_entry(self) -> Option<Entry> {
        Some(Entry {
            seq: self.seq,
            action: Action::from_code(self.action)?,
            entity_type: self.entity_type.into(),
            entity_id: self.entity_id.into(),
            collection: self.collection.map(Into::into),
            version: self.version,
            origin: Arc::new(Origin {
                actor_type: self.actor_type,
                actor_id: self.actor_id,
                source: self.source,
                request_id: self.request_id,
            }),
            time: Timestamp(self.time_ms),
            data_hash: self.data_hash.try_into().ok()?,
        })
    }
}

fn batch(entries: &[Entry]) -> Result<RecordBatch> {
    let text = |value: &dyn Fn(&Entry) -> Option<String>| -> ArrayRef {
        let mut builder = StringViewBuilder::with_capacity(entries.len());
        entries.iter().for_each(|entry| builder.append_option(value(entry)));
        Arc::new(builder.finish())
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        (column::ID, text(&|e| Some(format!("op-{:020}", e.seq)))),
        ("_operation", text(&|e| Some(e.action.name().to_owned()))),
        ("_entity_type", text(&|e| Some(e.entity_type.to_string()))),
        ("_entity_id", text(&|e| Some(e.entity_id.to_string()))),
        ("_collection", text(&|e| e.collection.as_deref().map(str::to_owned))),
        ("_actor_type", text(&|e| Some(e.origin.actor_type.clone()))),
        ("_actor_id", text(&|e| Some(e.origin.actor_id.clone()))),
        (column::SEQ, Arc::new(UInt64Array::from_iter_values(entries.iter().map(|e| e.seq)))),
        (
            column::VERSION,
            Arc::new(UInt64Array::from_iter_values(entries.iter().map(|e| e.version))),
        ),
        ("_source", text(&|e| Some(e.origin.source.clone()))),
        (
            column::DOC,
            text(&|e| {
                Some(format!(
                    r#"{{"data_hash":"{}","request_id":"{}"}}"#,
                    blake3::Hash::from(e.data_hash).to_hex(),
                    e.origin.request_id
                ))
            }),
        ),
        (
            column::CREATED_AT,
            Arc::new(
                TimestampMillisecondArray::from_iter_values(entries.iter().map(|e| e.time.0))
                    .with_timezone("UTC"),
            ),
        ),
    ];
    named_batch(columns)
}
