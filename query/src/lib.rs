//! ClickHouse SQL over one snapshot of documents: text → tokens → AST → typed expressions → DataFusion plan → scan of
//! Parquet files and memory.
//!
//! Only this package names `datafusion` and `sqlparser`. It never writes an object and never sees the storage engine: a
//! query gets a [`rekor_core::view::Version`] and reads nothing else.

pub mod engine;
pub mod error;
pub mod filter;
pub mod format;
pub mod kept;
pub mod result;
pub mod types;

mod bind;
mod budget;
mod dialect;
mod fill;
mod functions;
mod optimizer;
mod scan;
mod session;
mod typed;
mod value;

pub use engine::{
    Execution, Patience, Pushdown, QueryEngine, QueryLimits, QueryRequest, QueryResult,
    ResultColumn, Scope, keep_answer,
};
pub use format::{Format, StreamEncoder};
pub use functions::{FunctionInfo, FunctionKind, functions};
pub use kept::{Cut, Kept, Results, Sink, StoredResult};
