//! What every other package of Rekor shares: names and ids, limits, errors, documents and their paths, the catalog,
//! the on-storage formats and the object store they live in.
//!
//! `core` never spawns a task and never reads the environment, the clock or randomness except through its own traits
//! ([`time::Clock`], [`time::Entropy`]). It does not know DataFusion.

pub mod audit;
pub mod catalog;
pub mod columnar;
pub mod compat;
pub mod data_file;
pub mod dynamic;
pub mod endpoint;
pub mod error;
pub mod fs;
pub mod grant;
pub mod id;
pub mod index;
pub mod infer;
pub mod json;
pub mod key;
pub mod limits;
pub mod manifest;
pub mod path;
pub mod provider;
pub mod row;
pub mod schema;
pub mod sealed;
pub mod settings;
pub mod shred;
pub mod store;
pub mod subcolumn;
pub mod time;
pub mod view;

pub use error::{Error, ErrorKind, Result};
pub use time::Timestamp;
