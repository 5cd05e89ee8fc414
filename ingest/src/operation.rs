//! What callers ask the engine to write, and what they get back.

use bytes::Bytes;
use rekor_core::{
    Timestamp,
    id::{RowId, TableId},
    row::{Edge, Row},
};
use std::sync::Arc;

/// An atomic batch: all operations or none.
#[derive(Clone, Debug)]
pub struct Frame {
    /// On whose behalf.
    pub origin: Origin,
    /// Executed in order; later ones see earlier ones.
    pub operations: Vec<Operation>,
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
        /// Type and ends.
        edge: Box<Edge>,
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
}

/// What one operation did.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The row as it is now.
    pub row: Arc<Row>,
    /// Whether it did not exist, or was deleted, before.
    pub created: bool,
}
