//! The storage engine: the write-ahead log, the sequencer, memtables, data files, flush and compaction.
//!
//! A write is *prepared* in parallel on a snapshot (parse, limits, schema, PATCH), then *committed* by the one sequencer
//! of the shard: keys are re-checked, sequence numbers, versions, times and ids assigned, the frames appended to the log,
//! the log synced, the result published. A write is acknowledged only then.
//!
//! Every row has one live location: a memtable or a data file. A write finds the one before it and marks it dead there, so
//! reading never compares versions. Flush turns memtables into data files, compaction merges files; both are a rewrite that
//! the sequencer swaps in.

pub mod engine;
pub mod operation;
pub mod wal;

mod audit;
mod batch;
mod catalog;
mod check;
mod commit;
mod compact;
mod fence;
mod fetch;
mod file;
mod flush;
mod log;
mod maintain;
mod memtable;
mod payload;
mod prepare;
mod recover;
mod rewrite;
mod root;
mod sequencer;
mod version;

pub use audit::{AuditReport, LogReport};
pub use check::CheckReport;
pub use engine::{Engine, EngineConfig, Exclusive, OpenMode, Stats, Thresholds};
pub use operation::{
    Direction, End, External, Frame, Once, Operation, Origin, Outcome, Receipt, RowKey, WriteMode,
};
