//! The payload of a WAL frame: final values only, nothing is derived again at replay (`docs/format/wal.md`).

use crate::{file::Place, operation::Origin};
use bytes::Bytes;
use prost::Message;
use rekor_core::{
    Error, Result, Timestamp,
    id::TableId,
    row::{Edge, Row},
};
use std::sync::Arc;

/// Kind of a frame that holds rows.
pub(crate) const KIND_ROWS: u8 = 1;

/// What a write did to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Create,
    Update,
    Delete,
}

impl Action {
    /// Number in stored formats.
    pub(crate) fn code(self) -> u32 {
        match self {
            Self::Create => 1,
            Self::Update => 2,
            Self::Delete => 3,
        }
    }

    /// The action of a stored number.
    pub(crate) fn from_code(code: u32) -> Option<Self> {
        [Self::Create, Self::Update, Self::Delete].into_iter().find(|action| action.code() == code)
    }

    /// Name in the operations log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// A row with its table and what happened to it.
#[derive(Clone, Debug)]
pub(crate) struct WrittenRow {
    pub(crate) table: TableId,
    pub(crate) action: Action,
    pub(crate) row: Arc<Row>,
    /// The version before it, if that is in a data file. Never stored: files change.
    pub(crate) replaces: Option<Place>,
}

/// A frame's rows and what they share.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) origin: Arc<Origin>,
    pub(crate) time: Timestamp,
    pub(crate) rows: Vec<WrittenRow>,
}

#[derive(Clone, PartialEq, Message)]
struct FramePayload {
    #[prost(int64, tag = "1")]
    time_ms: i64,
    #[prost(string, tag = "2")]
    actor_type: String,
    #[prost(string, tag = "3")]
    actor_id: String,
    #[prost(string, tag = "4")]
    source: String,
    #[prost(string, tag = "5")]
    request_id: String,
    #[prost(message, repeated, tag = "6")]
    rows: Vec<RowPayload>,
}

#[derive(Clone, PartialEq, Message)]
struct RowPayload {
    #[prost(uint64, tag = "1")]
    table: u64,
    #[prost(uint32, tag = "2")]
    action: u32,
    #[prost(string, tag = "3")]
    id: String,
    #[prost(string, optional, tag = "4")]
    external_id: Option<String>,
    #[prost(string, optional, tag = "5")]
    external_source: Option<String>,
    #[prost(uint64, tag = "6")]
    version: u64,
    #[prost(int64, tag = "7")]
    created_ms: i64,
    #[prost(bytes = "bytes", tag = "8")]
    doc: Bytes,
    #[prost(message, optional, tag = "9")]
    edge: Option<EdgePayload>,
    #[prost(bool, tag = "10")]
    cancelled: bool,
}

#[derive(Clone, PartialEq, Message)]
struct EdgePayload {
    #[prost(string, tag = "1")]
    rel_type: String,
    #[prost(string, tag = "2")]
    source_collection: String,
    #[prost(uint64, tag = "3")]
    source_table: u64,
    #[prost(string, tag = "4")]
    source_id: String,
    #[prost(string, tag = "5")]
    target_collection: String,
    #[prost(uint64, tag = "6")]
    target_table: u64,
    #[prost(string, tag = "7")]
    target_id: String,
}

impl Written {
    /// The bytes of the payload. Sequence numbers are the frame header's.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let rows = self.rows.iter().map(RowPayload::of).collect();
        let origin = &self.origin;
        FramePayload {
            time_ms: self.time.0,
            actor_type: origin.actor_type.clone(),
            actor_id: origin.actor_id.clone(),
            source: origin.source.clone(),
            request_id: origin.request_id.clone(),
            rows,
        }
        .encode_to_vec()
    }

    /// Reads a payload whose first row has sequence number `first_seq`.
    ///
    /// # Errors
    /// `Corrupt` if the bytes are no payload of this format.
    pub(crate) fn decode(bytes: &[u8], first_seq: u64) -> Result<Self> {
        let corrupt = || {
            Error::corrupt(
                "A frame of the write-ahead log verifies but cannot be read; it was written by another version.",
            )
        };
        let payload = FramePayload::decode(bytes).map_err(|_| corrupt())?;
        let time = Timestamp(payload.time_ms);
        let rows = payload
            .rows
            .into_iter()
            .zip(first_seq..)
            .map(|(row, seq)| row.into_row(seq, time).ok_or_else(corrupt))
            .collect::<Result<_>>()?;
        let origin = Origin {
            actor_type: payload.actor_type,
            actor_id: payload.actor_id,
            source: payload.source,
            request_id: payload.request_id,
        };
        Ok(Self { origin: Arc::new(origin), time, rows })
    }
}

/// The rows of a small table in a bundle (`docs/format/bundle.md`).
#[derive(Clone, PartialEq, Message)]
struct SlicePayload {
    #[prost(message, repeated, tag = "1")]
    rows: Vec<SliceRow>,
}

#[derive(Clone, PartialEq, Message)]
struct SliceRow {
    #[prost(message, required, tag = "1")]
    row: RowPayload,
    #[prost(uint64, tag = "2")]
    seq: u64,
    #[prost(int64, tag = "3")]
    updated_ms: i64,
}

/// The bytes of a small table's rows.
pub(crate) fn encode_slice(table: TableId, rows: &[Arc<Row>]) -> Vec<u8> {
    let slice_row = |row: &Arc<Row>| {
        let action = if row.deleted { Action::Delete } else { Action::Create };
        let written = WrittenRow { table, action, row: Arc::clone(row), replaces: None };
        SliceRow { row: RowPayload::of(&written), seq: row.seq, updated_ms: row.updated_at.0 }
    };
    SlicePayload { rows: rows.iter().map(slice_row).collect() }.encode_to_vec()
}

/// Reads what [`encode_slice`] wrote.
///
/// # Errors
/// `Corrupt` if the bytes are no slice of this format.
pub(crate) fn decode_slice(bytes: &[u8]) -> Result<Vec<Arc<Row>>> {
    let corrupt = || Error::corrupt("The rows of a small table verify but cannot be read.");
    let slice = SlicePayload::decode(bytes).map_err(|_| corrupt())?;
    let rows = slice.rows.into_iter().map(|row| {
        let written = row.row.into_row(row.seq, Timestamp(row.updated_ms))?;
        Some(written.row)
    });
    rows.collect::<Option<_>>().ok_or_else(corrupt)
}

impl RowPayload {
    fn of(written: &WrittenRow) -> Self {
        let row = &written.row;
        Self {
            table: written.table.0,
            action: written.action.code(),
            id: row.id.to_string(),
            external_id: row.external_id.as_deref().map(str::to_owned),
            external_source: row.external_source.as_deref().map(str::to_owned),
            version: row.version,
            created_ms: row.created_at.0,
            doc: row.doc.clone(),
            edge: row.edge.as_deref().map(EdgePayload::of),
            cancelled: row.cancelled,
        }
    }

    fn into_row(self, seq: u64, time: Timestamp) -> Option<WrittenRow> {
        let action = Action::from_code(self.action)?;
        let row = Row {
            id: self.id.into(),
            external_id: self.external_id.map(Into::into),
            external_source: self.external_source.map(Into::into),
            version: self.version,
            seq,
            created_at: Timestamp(self.created_ms),
            updated_at: time,
            deleted: action == Action::Delete,
            cancelled: self.cancelled,
            doc: self.doc,
            edge: self.edge.map(|edge| Box::new(edge.into_edge())),
        };
        Some(WrittenRow { table: TableId(self.table), action, row: Arc::new(row), replaces: None })
    }
}

impl EdgePayload {
    fn of(edge: &Edge) -> Self {
        Self {
            rel_type: edge.rel_type.to_string(),
            source_collection: edge.source_collection.to_string(),
            source_table: edge.source_table.0,
            source_id: edge.source_id.to_string(),
            target_collection: edge.target_collection.to_string(),
            target_table: edge.target_table.0,
            target_id: edge.target_id.to_string(),
        }
    }

    fn into_edge(self) -> Edge {
        Edge {
            rel_type: self.rel_type.into(),
            source_collection: self.source_collection.into(),
            source_table: TableId(self.source_table),
            source_id: self.source_id.into(),
            target_collection: self.target_collection.into(),
            target_table: TableId(self.target_table),
            target_id: self.target_id.into(),
        }
    }
}
