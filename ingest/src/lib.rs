//! The storage engine: the write-ahead log, the sequencer, and the rows of every table.
//!
//! A write is *prepared* in parallel on a snapshot (parse, limits, schema, PATCH), then *committed* by the one sequencer
//! of the shard: keys are re-checked, sequence numbers, versions, times and ids assigned, the frames appended to the log,
//! the log synced, the result published. A write is acknowledged only then.

pub mod engine;
pub mod operation;
pub mod wal;

mod catalog;
mod log;
mod payload;
mod prepare;
mod sequencer;
mod table;
mod version;

pub use engine::{Engine, EngineConfig, OpenMode, Stats};
pub use operation::{
    Direction, External, Frame, Operation, Origin, Outcome, Receipt, RowKey, WriteMode,
};
