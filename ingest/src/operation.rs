//! What callers ask the engine to write, and what they get back.

use bytes::Bytes;
use rekor_core::{
    Result, Timestamp,
    id::{RowId, TableId},
    row::Row,
};
use std::{fmt, sync::Arc};

/// An atomic batch: all operations or none.
#[derive(Clone, Debug)]
pub struct Frame {
    /// On whose behalf.
    pub origin: Origin,
    /// Executed in order; later ones see earlier ones.
    pub operations: Vec<Operation>,
    /// Set for a request that may be sent again.
    pub once: Option<Once>,
}

impl Frame {
    /// A frame that is written whenever it is sent.
    pub fn new(origin: Origin, operations: Vec<Operation>) -> Self {
        Self { origin, operations, once: None }
    }
}

/// Makes a frame write at most once, however often it is sent: its answer is kept in the frame itself, and whoever sends it
/// again within [`rekor_core::limits::IDEMPOTENCY_KEY_MS`] gets that answer instead.
#[derive(Clone)]
pub struct Once {
    /// The database's table of receipts.
    pub table: TableId,
    /// The receipt's id, made of who asks, for what, and under which key.
    pub id: RowId,
    /// The JSON text to keep, by what the operations did.
    pub answer: Arc<Answer>,
}

/// Makes the JSON text of an answer.
pub type Answer = dyn Fn(&[Outcome]) -> Result<Bytes> + Send + Sync;

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Who writes, and through which face.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// `human`, `token` or `system`.
    pub actor_type: String,
    /// Id of the actor.
    pub actor_id: String,
    /// `api`, `cli`, `batch`, `import`.
    pub source: String,
    /// Id of the request.
    pub request_id: String,
}

/// One operation.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Creates or replaces a document, or merges into one.
    UpsertDocument {
        /// Table of the collection.
        table: TableId,
        /// The document's id, if the caller knows it.
        id: Option<RowId>,
        /// What happens to the external id.
        external: External,
        /// JSON text of `data`.
        data: Bytes,
        /// Replace or merge.
        mode: WriteMode,
        /// The version the row must have now; 0 is "does not exist".
        if_version: Option<u64>,
        /// Whether a missing or deleted document is an error.
        must_exist: bool,
    },
    /// Creates or replaces a relationship; without an id it is found by type, source and target.
    UpsertRelationship {
        /// The database's relationships table.
        table: TableId,
        /// The relationship's id, if the caller knows it.
        id: Option<RowId>,
        /// Type.
        rel_type: Box<str>,
        /// Where it starts.
        source: Box<End>,
        /// Where it leads.
        target: Box<End>,
        /// JSON text of `data`.
        data: Bytes,
        /// The version the row must have now.
        if_version: Option<u64>,
    },
    /// Soft-deletes a document, with its relationships, or a relationship.
    Delete {
        /// Table of the row.
        table: TableId,
        /// Which row.
        key: RowKey,
        /// The version the row must have now.
        if_version: Option<u64>,
    },
    /// Marks a document as cancelled, or takes that back; its data stays.
    Cancel {
        /// Table of the collection.
        table: TableId,
        /// Which document.
        key: RowKey,
        /// Whether it is cancelled from now on.
        cancelled: bool,
        /// The version the row must have now.
        if_version: Option<u64>,
    },
    /// Creates or replaces a system row.
    PutSystem {
        /// A system table.
        table: TableId,
        /// Its id.
        id: RowId,
        /// JSON text.
        data: Bytes,
        /// The version the row must have now; 0 is "does not exist".
        if_version: Option<u64>,
    },
}

impl Operation {
    /// The table the operation writes to.
    pub fn table(&self) -> TableId {
        match self {
            Self::UpsertDocument { table, .. }
            | Self::UpsertRelationship { table, .. }
            | Self::Delete { table, .. }
            | Self::Cancel { table, .. }
            | Self::PutSystem { table, .. } => *table,
        }
    }
}

/// What an upsert does with the external id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum External {
    /// Keeps the stored one.
    #[default]
    Keep,
    /// Removes it; the key is free at once.
    Clear,
    /// Finds the document by it, and sets it.
    Set {
        /// Scope; absent is the empty scope.
        source: Option<String>,
        /// The caller's key.
        id: String,
    },
}

/// How `data` meets a stored document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteMode {
    /// `data` is the whole document.
    Replace,
    /// Members of `data` replace those of the stored document at the top level.
    Merge,
}

/// Names one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowKey {
    /// By id.
    Id(RowId),
    /// By external id.
    External {
        /// Scope; `""` is the empty scope.
        source: String,
        /// The caller's key.
        id: String,
    },
}

/// The document at an end of a relationship. It need not exist, unless its external id names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Its collection.
    pub collection: Box<str>,
    /// The collection's table, 0 if there is no such collection.
    pub table: TableId,
    /// The document, as the operations before this one leave it.
    pub key: RowKey,
}

/// Which end of relationships a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The document is the source.
    Outgoing,
    /// The document is the target.
    Incoming,
    /// Either.
    Both,
}

/// A durable write.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Highest sequence number of the frame.
    pub seq: u64,
    /// The frame's time.
    pub time: Timestamp,
    /// One per operation, in order.
    pub outcomes: Vec<Outcome>,
    /// The answer kept when the same frame was sent before; nothing was written now.
    pub earlier: Option<Bytes>,
}

/// What one operation did.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The row as it is now.
    pub row: Arc<Row>,
    /// Whether it did not exist, or was deleted, before.
    pub created: bool,
}
