//! What a manifest says about one data file: enough to prune it, plan its scan and open it, without reading it.

use crate::{
    id::TableId,
    path::{self, ObjectKind},
};
use object_store::path::Path;
use prost::Message;
use uuid::Uuid;

/// One immutable Parquet file of a table. Live rows and tombstones are never mixed in a file.
#[derive(Clone, PartialEq, Message)]
pub struct DataFile {
    /// UUIDv7 that names the file and its indexes, 16 bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub id: Vec<u8>,
    /// Table the rows belong to.
    #[prost(uint64, tag = "2")]
    pub table: u64,
    /// Whether the rows are tombstones (`tomb/`).
    #[prost(bool, tag = "3")]
    pub deleted: bool,
    /// Size of the Parquet file.
    #[prost(uint64, tag = "4")]
    pub size_bytes: u64,
    /// Rows per row group, in order.
    #[prost(uint32, repeated, tag = "5")]
    pub row_group_rows: Vec<u32>,
    /// Size of the Parquet footer with its 8 trailing bytes.
    #[prost(uint32, tag = "6")]
    pub footer_bytes: u32,
    /// Lowest and highest sequence number of a row.
    #[prost(uint64, tag = "7")]
    pub seq_min: u64,
    /// Highest sequence number of a row.
    #[prost(uint64, tag = "8")]
    pub seq_max: u64,
    /// The columns cut out of documents, and the system columns worth pruning by.
    #[prost(message, repeated, tag = "9")]
    pub columns: Vec<ColumnStats>,
    /// Paths with values that no typed column holds (mixed arrays, objects of too many keys, columns over the cap): only
    /// `_doc` answers for them and for everything below them.
    #[prost(string, repeated, tag = "10")]
    pub overflow_paths: Vec<String>,
    /// Rows sorted by a cluster key, cut where its low-cardinality prefix changes.
    #[prost(message, optional, tag = "11")]
    pub segments: Option<Segments>,
    /// Names of the columns the rows are sorted by, if any.
    #[prost(string, repeated, tag = "12")]
    pub sorted_by: Vec<String>,
    /// Size of the key index.
    #[prost(uint64, tag = "13")]
    pub key_index_bytes: u64,
    /// Size of the external-key index, 0 if the file holds no external key.
    #[prost(uint64, tag = "14")]
    pub external_index_bytes: u64,
    /// Size of the endpoint index, 0 unless the rows are relationships.
    #[prost(uint64, tag = "15")]
    pub endpoint_index_bytes: u64,
    /// JSON bytes of all documents.
    #[prost(uint64, tag = "16")]
    pub doc_bytes: u64,
    /// Paths with arrays that have no type of their own (`[]`, `[null]`) and so belong to every array type.
    #[prost(string, repeated, tag = "17")]
    pub untyped_array_paths: Vec<String>,
    /// For entries of an operations log: the link that the first one follows, 32 bytes; empty for the start of the log.
    #[prost(bytes = "vec", tag = "18")]
    pub log_before: Vec<u8>,
}

impl DataFile {
    /// The file's id.
    pub fn uuid(&self) -> Uuid {
        Uuid::from_slice(&self.id).unwrap_or_default()
    }

    /// The file's table.
    pub fn table_id(&self) -> TableId {
        TableId(self.table)
    }

    /// Rows in the file, dead ones included.
    pub fn row_count(&self) -> u64 {
        self.row_group_rows.iter().map(|&rows| u64::from(rows)).sum()
    }

    /// Where the file is.
    pub fn path(&self) -> Path {
        let kind = if self.deleted { ObjectKind::Tomb } else { ObjectKind::Data };
        path::object(kind, self.uuid())
    }

    /// Whether only `_doc` answers for a path.
    pub fn is_overflow(&self, path: &str) -> bool {
        self.overflow_paths.iter().any(|above| is_at_or_below(path, above))
    }

    /// The statistics of a column, if the file has it.
    pub fn column(&self, name: &str) -> Option<&ColumnStats> {
        self.columns
            .binary_search_by(|c| c.name.as_str().cmp(name))
            .ok()
            .and_then(|i| self.columns.get(i))
    }
}

/// Whether a document path is `above` or lies below it.
pub fn is_at_or_below(path: &str, above: &str) -> bool {
    above.is_empty()
        || path
            .strip_prefix(above)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Statistics of one column of a file; `columns` is sorted by name.
#[derive(Clone, PartialEq, Message)]
pub struct ColumnStats {
    /// Column name, as [`crate::subcolumn::SubColumn::name`] writes it.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Rows without a value.
    #[prost(uint64, tag = "2")]
    pub null_count: u64,
    /// A lower bound of the values; absent when unknown.
    #[prost(message, optional, tag = "3")]
    pub min: Option<Bound>,
    /// An upper bound of the values; absent when unknown, widened when truncated, never given for floats with a NaN.
    #[prost(message, optional, tag = "4")]
    pub max: Option<Bound>,
    /// Whether the values are dictionary-encoded.
    #[prost(bool, tag = "5")]
    pub dictionary: bool,
}

/// A scalar of statistics and segment lists.
#[derive(Clone, PartialEq, Message)]
pub struct Bound {
    /// The value; absent is NULL.
    #[prost(oneof = "Scalar", tags = "1, 2, 3, 4, 5")]
    pub value: Option<Scalar>,
}

/// The types a [`Bound`] can hold.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Scalar {
    /// Boolean.
    #[prost(bool, tag = "1")]
    Bool(bool),
    /// Signed integer; also timestamps in milliseconds.
    #[prost(sint64, tag = "2")]
    Int64(i64),
    /// Unsigned integer.
    #[prost(uint64, tag = "3")]
    UInt64(u64),
    /// Float.
    #[prost(double, tag = "4")]
    Float64(f64),
    /// Text.
    #[prost(string, tag = "5")]
    String(String),
}

/// The segment list: distinct tuples of the low-cardinality prefix of the cluster key, each with its run of rows.
/// Runs are adjacent, start at row 0 and cover the file.
#[derive(Clone, PartialEq, Message)]
pub struct Segments {
    /// The prefix columns, by name.
    #[prost(string, repeated, tag = "1")]
    pub columns: Vec<String>,
    /// The runs, in file order.
    #[prost(message, repeated, tag = "2")]
    pub runs: Vec<Segment>,
}

/// One run of rows with equal prefix values.
#[derive(Clone, PartialEq, Message)]
pub struct Segment {
    /// The values, one per prefix column.
    #[prost(message, repeated, tag = "1")]
    pub values: Vec<Bound>,
    /// Number of rows.
    #[prost(uint32, tag = "2")]
    pub row_count: u32,
}
