//! ClickHouse SQL over one snapshot of documents: text → tokens → AST → checks → typed expressions → DataFusion plan →
//! scan of Parquet files and memory.
//!
//! Only this package names `datafusion` and `sqlparser`. It never writes an object and never sees the storage engine: a
//! query gets a [`rekor_core::view::Version`] and reads nothing else.

pub mod error;
pub mod typed;
pub mod types;
