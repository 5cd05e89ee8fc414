//! The hash chain of the operations log: each entry's link covers the entry and the link before it, so that nobody can
//! change, drop or insert an entry without changing every link after it. Whoever keeps a link can show that all before it is
//! as it was (`docs/format/audit.md`).

use crate::{Error, Result};

/// A link of the chain.
pub type Link = [u8; 32];

/// The link before the first entry.
pub const START: Link = [0; 32];

/// A link as manifests hold it: nothing is the start.
///
/// # Errors
/// `Corrupt` if it is no link.
pub fn stored_link(bytes: &[u8]) -> Result<Link> {
    if bytes.is_empty() {
        return Ok(START);
    }
    bytes
        .try_into()
        .map_err(|_| Error::corrupt("The manifest holds a link of an operations log that is none."))
}

/// Domain of the hash.
const CONTEXT: &str = "rekor operations log chain v1";

/// What a link covers of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Linked<'a> {
    /// Sequence number.
    pub seq: u64,
    /// What happened: `create`, `update` or `delete`.
    pub operation: &'a str,
    /// To what kind of thing.
    pub entity_type: &'a str,
    /// Its id.
    pub entity_id: &'a str,
    /// Its collection, or empty.
    pub collection: &'a str,
    /// Its version.
    pub version: u64,
    /// `human`, `token` or `system`.
    pub actor_type: &'a str,
    /// Who.
    pub actor_id: &'a str,
    /// Through which face.
    pub source: &'a str,
    /// In which request.
    pub request_id: &'a str,
    /// When, in milliseconds.
    pub time_ms: i64,
    /// Keyed hash of the data.
    pub data_hash: &'a [u8],
}

impl Linked<'_> {
    /// The link of the entry after the link `before`.
    pub fn link(&self, before: &Link) -> Link {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(before);
        for number in [self.seq, self.version, self.time_ms.cast_unsigned()] {
            hasher.update(&number.to_le_bytes());
        }
        let texts = [
            self.operation,
            self.entity_type,
            self.entity_id,
            self.collection,
            self.actor_type,
            self.actor_id,
            self.source,
            self.request_id,
        ];
        for bytes in texts.map(str::as_bytes).into_iter().chain([self.data_hash]) {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        }
        *hasher.finalize().as_bytes()
    }
}
