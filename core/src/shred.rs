//! JSON texts to columns.
//!
//! [`extract`] is the kernel that is always right: it cuts any set of [`SubColumn`](crate::subcolumn::SubColumn)s out of
//! whole documents in one pass. [`Shredder`] makes all typed columns of a data file at once; its columns equal what
//! `extract` cuts.

mod cell;
mod extract;
mod leaf;
mod shredder;
mod trie;

pub use extract::{extract, extract_elements};
pub use shredder::{Shredded, Shredder};
