//! One version of a document or relationship, as the WAL, the memtable and the data files hold it.

use crate::{Timestamp, id::TableId};
use bytes::Bytes;

/// One version of a document or relationship.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Canonical id, unique in its table.
    pub id: Box<str>,
    /// The caller's own key, unique per source in its table.
    pub external_id: Option<Box<str>>,
    /// Scope of the external id; absent is the empty scope.
    pub external_source: Option<Box<str>>,
    /// 1 for the first version, +1 with every write.
    pub version: u64,
    /// Sequence number of the write.
    pub seq: u64,
    /// When version 1 was written.
    pub created_at: Timestamp,
    /// When this version was written.
    pub updated_at: Timestamp,
    /// Whether the row is a tombstone; it keeps its data.
    pub deleted: bool,
    /// Whether the document was cancelled: it stays what it is, and says that it no longer counts.
    pub cancelled: bool,
    /// The JSON text of `data`, exactly as accepted.
    pub doc: Bytes,
    /// The ends, if the row is a relationship.
    pub edge: Option<Box<Edge>>,
}

/// Type and ends of a relationship. Names are kept beside table ids, so that a recreated collection does not inherit links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Relationship type.
    pub rel_type: Box<str>,
    /// Collection of the source document.
    pub source_collection: Box<str>,
    /// Table of that collection when the relationship was written; 0 if it did not exist.
    pub source_table: TableId,
    /// Id of the source document.
    pub source_id: Box<str>,
    /// Collection of the target document.
    pub target_collection: Box<str>,
    /// Table of that collection when the relationship was written; 0 if it did not exist.
    pub target_table: TableId,
    /// Id of the target document.
    pub target_id: Box<str>,
}

/// Names of the columns that are not cut out of `data`, in data files and in memory alike.
pub mod column {
    /// Canonical id (Utf8View).
    pub const ID: &str = "_id";
    /// External id (Utf8View, nullable).
    pub const EXTERNAL_ID: &str = "_external_id";
    /// External source (Utf8View, nullable).
    pub const EXTERNAL_SOURCE: &str = "_external_source";
    /// Version (UInt64).
    pub const VERSION: &str = "_version";
    /// Sequence number (UInt64).
    pub const SEQ: &str = "_seq";
    /// Creation time (Timestamp(ms, "UTC")).
    pub const CREATED_AT: &str = "_created_at";
    /// Time of the last write (Timestamp(ms, "UTC")).
    pub const UPDATED_AT: &str = "_updated_at";
    /// Whether the row is cancelled (Boolean).
    pub const CANCELLED: &str = "_cancelled";
    /// The whole document as JSON text (Utf8View), last column.
    pub const DOC: &str = "_doc";
    /// Relationship type (Utf8View); relationships only, like the next six.
    pub const REL_TYPE: &str = "_rel_type";
    /// Source collection (Utf8View).
    pub const SOURCE_COLLECTION: &str = "_source_collection";
    /// Table of the source collection (UInt64).
    pub const SOURCE_TABLE: &str = "_source_table";
    /// Source document (Utf8View).
    pub const SOURCE_ID: &str = "_source_id";
    /// Target collection (Utf8View).
    pub const TARGET_COLLECTION: &str = "_target_collection";
    /// Table of the target collection (UInt64).
    pub const TARGET_TABLE: &str = "_target_table";
    /// Target document (Utf8View).
    pub const TARGET_ID: &str = "_target_id";
}
