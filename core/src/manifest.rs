//! The manifest tree: a numbered root, bucket objects with the file lists of their tables, deletion vectors and bundles
//! (`docs/format/manifest.md`). All are immutable; a commit creates the next root.

use crate::{Error, Result, audit, data_file::DataFile, id::TableId, sealed};
use bytes::Bytes;
use prost::Message;
use roaring::RoaringBitmap;

const ROOT_MAGIC: [u8; 8] = *b"REKORMAN";
const BUCKET_MAGIC: [u8; 8] = *b"REKORTAB";
const FORMAT: u32 = 1;

/// Most buckets, and so most references of a root.
pub const BUCKETS: u64 = 256;
/// Adjacent table ids share a bucket, as the tables of one database change together.
const TABLES_PER_BUCKET_RUN: u64 = 16;
/// A deletion vector up to this size stands in the file list itself.
pub const INLINE_DELETES_BYTES_MAX: usize = 512;

/// The bucket of a table.
pub fn bucket_of(table: TableId) -> u32 {
    u32::try_from((table.0 / TABLES_PER_BUCKET_RUN) % BUCKETS).unwrap_or_default()
}

/// The root of one commit.
#[derive(Clone, PartialEq, Message)]
pub struct Manifest {
    /// Number of the commit; also its object's name.
    #[prost(uint64, tag = "1")]
    pub number: u64,
    /// Random identity of this commit, 16 bytes: who finds another one under the number lost the race.
    #[prost(bytes = "vec", tag = "2")]
    pub nonce: Vec<u8>,
    /// Nonce of the commit before it.
    #[prost(bytes = "vec", tag = "3")]
    pub parent_nonce: Vec<u8>,
    /// Term of the writer; a higher one fences lower ones.
    #[prost(uint64, tag = "4")]
    pub epoch: u64,
    /// Identity of the write-ahead log that continues this commit, 16 bytes.
    #[prost(bytes = "vec", tag = "5")]
    pub wal_id: Vec<u8>,
    /// Everything up to this sequence number is in the files below; the log holds the rest.
    #[prost(uint64, tag = "6")]
    pub flushed_seq: u64,
    /// Time of the last frame up to there, milliseconds.
    #[prost(int64, tag = "7")]
    pub last_time_ms: i64,
    /// The first table id that was never used.
    #[prost(uint64, tag = "8")]
    pub next_table: u64,
    /// The buckets that hold tables.
    #[prost(message, repeated, tag = "9")]
    pub buckets: Vec<BucketRef>,
    /// Number of the manifest that began the term. On a shared store it is never removed: a server that was frozen before
    /// it finds it under the next number.
    #[prost(uint64, tag = "10")]
    pub epoch_began: u64,
    /// Whether the writer of the term has ended and acknowledges nothing any more.
    #[prost(bool, tag = "11")]
    pub released: bool,
}

/// A root's reference to a bucket object.
#[derive(Clone, PartialEq, Message)]
pub struct BucketRef {
    /// Number of the bucket.
    #[prost(uint32, tag = "1")]
    pub bucket: u32,
    /// UUIDv7 that names the object, 16 bytes.
    #[prost(bytes = "vec", tag = "2")]
    pub id: Vec<u8>,
}

/// A bucket: the tables whose ids map to it.
#[derive(Clone, PartialEq, Message)]
pub struct Bucket {
    /// The tables, by id.
    #[prost(message, repeated, tag = "1")]
    pub tables: Vec<TableEntry>,
}

/// The durable state of a table: files, and rows too few for one.
#[derive(Clone, PartialEq, Message)]
pub struct TableEntry {
    /// Table id.
    #[prost(uint64, tag = "1")]
    pub table: u64,
    /// Its data files.
    #[prost(message, repeated, tag = "2")]
    pub files: Vec<FileEntry>,
    /// Its rows in a bundle, newer than those of the files.
    #[prost(message, optional, tag = "3")]
    pub slice: Option<BundleSlice>,
    /// For an operations log: the link of the last entry in its files, 32 bytes; empty if there is none.
    #[prost(bytes = "vec", tag = "4")]
    pub log_link: Vec<u8>,
}

impl TableEntry {
    /// The link that the first entry outside the files follows.
    ///
    /// # Errors
    /// `Corrupt` if it is no link.
    pub fn log_link(&self) -> Result<audit::Link> {
        audit::stored_link(&self.log_link)
    }
}

/// A data file and its dead rows.
#[derive(Clone, PartialEq, Message)]
pub struct FileEntry {
    /// The file.
    #[prost(message, optional, tag = "1")]
    pub file: Option<DataFile>,
    /// Rows of it that are not dead.
    #[prost(uint64, tag = "2")]
    pub live_rows: u64,
    /// Dead rows as a portable roaring bitmap, if short.
    #[prost(bytes = "vec", tag = "3")]
    pub deletes: Vec<u8>,
    /// Where they are otherwise.
    #[prost(message, optional, tag = "4")]
    pub deletes_ref: Option<Slice>,
}

/// A checked range of an object.
#[derive(Clone, PartialEq, Message)]
pub struct Slice {
    /// UUIDv7 that names the object, 16 bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub object: Vec<u8>,
    /// First byte.
    #[prost(uint64, tag = "2")]
    pub offset: u64,
    /// Number of bytes.
    #[prost(uint64, tag = "3")]
    pub length: u64,
    /// CRC32C of them.
    #[prost(fixed32, tag = "4")]
    pub crc: u32,
}

impl Slice {
    /// The range.
    pub fn range(&self) -> std::ops::Range<u64> {
        self.offset..self.offset.saturating_add(self.length)
    }

    /// The bytes that were read, if they are those that were written.
    ///
    /// # Errors
    /// `Corrupt`.
    pub fn check<'a>(&self, bytes: &'a [u8], what: &str) -> Result<&'a [u8]> {
        if bytes.len() as u64 == self.length && crc32c::crc32c(bytes) == self.crc {
            Ok(bytes)
        } else {
            Err(Error::corrupt(format!(
                "{what} does not verify. Restore the data root from a backup or a copy."
            )))
        }
    }
}

/// The rows of a small table in a bundle.
#[derive(Clone, PartialEq, Message)]
pub struct BundleSlice {
    /// Where.
    #[prost(message, optional, tag = "1")]
    pub at: Option<Slice>,
    /// How many rows.
    #[prost(uint64, tag = "2")]
    pub row_count: u64,
    /// Whether they are entries of an operations log.
    #[prost(bool, tag = "3")]
    pub is_log: bool,
}

impl Manifest {
    /// The object's bytes.
    ///
    /// # Errors
    /// `Internal`, never expected.
    pub fn seal(&self) -> Result<Bytes> {
        sealed::seal(ROOT_MAGIC, FORMAT, &self.encode_to_vec())
    }

    /// Reads a root.
    ///
    /// # Errors
    /// `Corrupt`.
    pub fn open(bytes: &[u8], what: &str) -> Result<Self> {
        Self::decode(&*sealed::open(ROOT_MAGIC, FORMAT, bytes, what)?)
            .map_err(|_| Error::corrupt(format!("{what} verifies but cannot be read.")))
    }
}

impl Bucket {
    /// The object's bytes.
    ///
    /// # Errors
    /// `Internal`, never expected.
    pub fn seal(&self) -> Result<Bytes> {
        sealed::seal(BUCKET_MAGIC, FORMAT, &self.encode_to_vec())
    }

    /// Reads a bucket.
    ///
    /// # Errors
    /// `Corrupt`.
    pub fn open(bytes: &[u8], what: &str) -> Result<Self> {
        Self::decode(&*sealed::open(BUCKET_MAGIC, FORMAT, bytes, what)?)
            .map_err(|_| Error::corrupt(format!("{what} verifies but cannot be read.")))
    }
}

/// The bytes of a deletion vector.
pub fn encode_deletes(rows: &RoaringBitmap) -> Vec<u8> {
    let mut rows = rows.clone();
    rows.optimize();
    let mut out = Vec::with_capacity(rows.serialized_size());
    // Writing to a vector cannot fail.
    let _infallible = rows.serialize_into(&mut out);
    out
}

/// Reads a deletion vector.
///
/// # Errors
/// `Corrupt`.
pub fn decode_deletes(bytes: &[u8]) -> Result<RoaringBitmap> {
    if bytes.is_empty() {
        return Ok(RoaringBitmap::new());
    }
    RoaringBitmap::deserialize_from(bytes)
        .map_err(|error| Error::corrupt(format!("A deletion vector cannot be read: {error}.")))
}
