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
    audit::{self, Link, Linked},
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
    link: Link,
}

impl Entry {
    fn linked(&self) -> Linked<'_> {
        Linked {
            seq: self.seq,
            operation: self.action.name(),
            entity_type: &self.entity_type,
            entity_id: &self.entity_id,
            collection: self.collection.as_deref().unwrap_or_default(),
            version: self.version,
            actor_type: &self.origin.actor_type,
            actor_id: &self.origin.actor_id,
            source: &self.origin.source,
            request_id: &self.origin.request_id,
            time_ms: self.time.0,
            data_hash: &self.data_hash,
        }
    }
}

/// Memory that an entry takes, about.
pub(crate) const ENTRY_BYTES: usize = 200;
/// Entries of one chunk of Arrow arrays.
const CHUNK_ENTRIES: usize = 4_096;

/// Newest entries of the operations log of one database, in order.
#[derive(Debug, Default)]
pub(crate) struct Log(RwLock<Entries>);

#[derive(Debug)]
struct Entries {
    entries: Vec<Entry>,
    /// The link of the entry before the first one here.
    before: Link,
}

impl Default for Entries {
    fn default() -> Self {
        Self { entries: Vec::new(), before: audit::START }
    }
}

impl Entries {
    fn head(&self) -> Link {
        self.entries.last().map_or(self.before, |entry| entry.link)
    }
}

/// Where the rows of a frame are logged, and the entries. A frame that drops a database or collection is logged by the
/// catalog before it, which still knows them.
pub(crate) fn entries(
    [before, after]: [&Catalog; 2],
    written: &Written,
) -> Vec<(TableId, LogEntry)> {
    written
        .rows
        .iter()
        .filter_map(|row| {
            let (log, key, subject) = subject(after, row.table, &row.row)
                .or_else(|| subject(before, row.table, &row.row))?;
            let entry = Entry {
                seq: row.row.seq,
                action: row.action,
                entity_type: subject.entity_type.into(),
                entity_id: row.row.id.clone(),
                collection: subject.collection,
                version: row.row.version,
                origin: Arc::clone(&written.origin),
                time: written.time,
                data_hash: keyed_hash(key, &row.row.doc),
                link: audit::START,
            };
            Some((log, LogEntry(entry)))
        })
        .collect()
}

/// An entry on its way into a log.
#[derive(Debug)]
pub(crate) struct LogEntry(Entry);

/// What an entry is about.
struct Subject {
    entity_type: &'static str,
    collection: Option<Box<str>>,
}

/// The log of a row, the key of its hashes, and what it is.
fn subject<'a>(
    catalog: &'a Catalog,
    table: TableId,
    row: &Row,
) -> Option<(TableId, &'a str, Subject)> {
    let plain = |entity_type| Subject { entity_type, collection: None };
    // Rows of the account hold secrets only as hashes of 256 random bits; their hashes need no key.
    let of_account = |entity_type| Some((TableId::ACCOUNT_LOG, "", plain(entity_type)));
    match table {
        TableId::TOKENS => return of_account("token"),
        TableId::USERS => return of_account("user"),
        TableId::SESSIONS => return of_account("session"),
        // Anybody may register; what such a client is allowed is a token, and logged.
        TableId::CLIENTS => return None,
        _ => {}
    }
    let (database, subject) = if table == TableId::DATABASES {
        (DatabaseId::parse(&row.id).ok()?, plain("database"))
    } else {
        match catalog.roles.get(&table)? {
            TableRole::Documents(database, collection) => {
                let collection = Some(collection.as_str().into());
                (database.clone(), Subject { entity_type: "document", collection })
            }
            TableRole::Relationships(database) => (database.clone(), plain("relationship")),
            TableRole::Collections(database) => {
                let collection = Some(row.id.clone());
                (database.clone(), Subject { entity_type: "collection", collection })
            }
            TableRole::Promotions(database) => (database.clone(), plain("promotion")),
            TableRole::RelationshipTypes(database) => {
                (database.clone(), plain("relationship_type"))
            }
            TableRole::Endpoints(database) => (database.clone(), plain("endpoint")),
            // Says again what the entry of the collection says.
            TableRole::Versions(_) | TableRole::Receipts(_) | TableRole::Log(_) => return None,
        }
    };
    let database = catalog.databases.get(&database)?;
    Some((database.entry.tables.log, &database.entry.log_key, subject))
}

/// A hash that proves equality to who holds the database's key, and tells others nothing about low-entropy values.
fn keyed_hash(log_key: &str, doc: &[u8]) -> [u8; 32] {
    let key = blake3::derive_key("rekor operations log v1", log_key.as_bytes());
    *blake3::keyed_hash(&key, doc).as_bytes()
}

impl Log {
    /// An empty log whose first entry follows the link `before`.
    pub(crate) fn after(before: Link) -> Self {
        Self(RwLock::new(Entries { entries: Vec::new(), before }))
    }

    fn up_to<T>(&self, seq: u64, read: impl FnOnce(&[Entry]) -> T) -> T {
        let log = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let count = log.entries.partition_point(|entry| entry.seq <= seq);
        read(log.entries.get(..count).unwrap_or_default())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).entries.len()
    }

    /// Sequence number of the newest entry; 0 if there is none.
    pub(crate) fn last_seq(&self) -> u64 {
        let log = self.0.read().unwrap_or_else(PoisonError::into_inner);
        log.entries.last().map_or(0, |entry| entry.seq)
    }

    /// The link that the oldest entry follows.
    pub(crate) fn before(&self) -> Link {
        self.0.read().unwrap_or_else(PoisonError::into_inner).before
    }

    /// The link of the newest entry.
    pub(crate) fn head(&self) -> Link {
        self.0.read().unwrap_or_else(PoisonError::into_inner).head()
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

    /// Reads what [`Self::encode`] wrote, after the link `before`.
    ///
    /// # Errors
    /// `Corrupt`.
    pub(crate) fn decode(bytes: &[u8], before: Link) -> Result<Self> {
        let corrupt = || Error::corrupt("A slice of the operations log cannot be read.");
        let slice = SliceEntries::decode(bytes).map_err(|_| corrupt())?;
        let entries: Option<Vec<Entry>> =
            slice.entries.into_iter().map(EntryPayload::into_entry).collect();
        Ok(Self(RwLock::new(Entries { entries: entries.ok_or_else(corrupt)?, before })))
    }

    pub(crate) fn append(&self, LogEntry(mut entry): LogEntry) {
        let mut log = self.0.write().unwrap_or_else(PoisonError::into_inner);
        entry.link = entry.linked().link(&log.head());
        log.entries.push(entry);
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
    #[prost(bytes = "vec", tag = "13")]
    link: Vec<u8>,
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
            link: entry.link.to_vec(),
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
            link: self.link.try_into().ok()?,
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
                    r#"{{"data_hash":"{}","request_id":{},"link":"{}"}}"#,
                    blake3::Hash::from(e.data_hash).to_hex(),
                    serde_json::Value::from(e.origin.request_id.as_str()),
                    blake3::Hash::from(e.link).to_hex()
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
