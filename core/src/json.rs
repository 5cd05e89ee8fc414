//! Strict JSON over bytes, without building a tree: a pull reader, the checks a document must pass, canonical text, and
//! the top-level merge of PATCH. Numbers keep their exact kind: an integer literal is never read as a float.

mod canonical;
mod document;
mod exact;
mod reader;

pub use canonical::{NumberStyle, canonical_text, write_canonical};
pub use document::{check_document, merge_top_level};
pub use exact::{exact_text, exact_value};
pub use reader::{JsonError, Kind, Number, Reader};
