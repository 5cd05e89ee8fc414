//! 16-byte index keys of ids, external ids and relationship endpoints (`docs/format/keys.md`).
//!
//! A UUID of version 1–7 is its own key; everything else is BLAKE3-128 of a domain-tagged, length-prefixed tuple with
//! version nibble 8, so the two spaces are disjoint. A hit that decides compares the stored string too.

use crate::id::TableId;
use uuid::Uuid;

/// A 16-byte index key, ordered bytewise.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 16]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Key {
    /// Key of a canonical document or relationship id.
    pub fn of_id(id: &str) -> Self {
        match Uuid::try_parse(id) {
            Ok(uuid) if id.len() == 36 && (1..=7).contains(&uuid.get_version_num()) => {
                Self(uuid.into_bytes())
            }
            _ => Self::hashed("id", &[id.as_bytes()]),
        }
    }

    /// Key of an external id; `source` is `""` when absent.
    pub fn of_external(source: &str, external_id: &str) -> Self {
        Self::hashed("external", &[source.as_bytes(), external_id.as_bytes()])
    }

    /// Key of a relationship by its type and two ends.
    pub fn of_edge(rel_type: &str, source: (TableId, &str), target: (TableId, &str)) -> Self {
        let (from, to) = (source.0.0.to_le_bytes(), target.0.0.to_le_bytes());
        Self::hashed(
            "edge",
            &[rel_type.as_bytes(), &from, source.1.as_bytes(), &to, target.1.as_bytes()],
        )
    }

    /// Key of one end of relationships: a document of a collection's table.
    pub fn of_endpoint(table: TableId, id: &str) -> Self {
        Self::hashed("endpoint", &[&table.0.to_le_bytes(), id.as_bytes()])
    }

    fn hashed(tag: &str, parts: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in std::iter::once(&tag.as_bytes()).chain(parts) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        let mut key = [0; 16];
        hasher.finalize_xof().fill(&mut key);
        // Version nibble 8, RFC 9562 variant: no UUID of versions 1–7 has these bits.
        key[6] = (key[6] & 0x0F) | 0x80;
        key[8] = (key[8] & 0x3F) | 0x80;
        Self(key)
    }
}
