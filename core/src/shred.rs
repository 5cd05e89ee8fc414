//! JSON texts to columns.
//!
//! [`extract`] is the kernel that is always right: it cuts any set of [`SubColumn`]s out of whole documents in one pass.

mod cell;
mod extract;
mod trie;

pub use extract::{extract, extract_elements};
