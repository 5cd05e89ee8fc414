//! JSON Schema 2020-12 validation of documents.

/// A compiled JSON Schema.
#[derive(Debug)]
pub struct Schema {}
