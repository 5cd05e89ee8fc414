//! The key indexes of data files: sorted 16-byte keys, each with the position of its row (`docs/format/index.md`).

use crate::{Error, Result, key::Key, path::ObjectKind};
use bytes::Bytes;

const MAGIC: &[u8; 8] = b"REKORKIX";
const FORMAT: u32 = 1;
const HEADER_BYTES: usize = 20;
const KEY_BYTES: usize = 16;
const ROW_BYTES: usize = 4;

/// The three indexes of a data file, as entries to be sorted and written.
#[derive(Clone, Debug, Default)]
pub struct IndexEntries {
    /// By id: every row.
    pub ids: Vec<(Key, u32)>,
    /// By external id, or by type and ends of a relationship.
    pub external: Vec<(Key, u32)>,
    /// By the ends of relationships; a key may have many rows.
    pub endpoints: Vec<(Key, u32)>,
}

impl IndexEntries {
    /// The indexes that are not empty, encoded.
    pub fn encode(self) -> Vec<(ObjectKind, Bytes)> {
        [
            (ObjectKind::IdIndex, self.ids),
            (ObjectKind::ExternalIndex, self.external),
            (ObjectKind::EndpointIndex, self.endpoints),
        ]
        .into_iter()
        .filter(|(_, entries)| !entries.is_empty())
        .map(|(kind, entries)| (kind, encode(entries)))
        .collect()
    }
}

/// `magic 8 | format u32 | count u64 | keys | rows u32 | crc32c u32`, little endian, sorted by key and row.
fn encode(mut entries: Vec<(Key, u32)>) -> Bytes {
    entries.sort_unstable();
    let mut out =
        Vec::with_capacity(HEADER_BYTES + entries.len() * (KEY_BYTES + ROW_BYTES) + ROW_BYTES);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&FORMAT.to_le_bytes());
    out.extend_from_slice(&(entries.len() as u64).to_le_bytes());
    entries.iter().for_each(|(key, _)| out.extend_from_slice(&key.0));
    entries.iter().for_each(|(_, row)| out.extend_from_slice(&row.to_le_bytes()));
    out.extend_from_slice(&crc32c::crc32c(&out).to_le_bytes());
    out.into()
}

/// A loaded index.
#[derive(Clone, Debug)]
pub struct KeyIndex {
    bytes: Bytes,
    count: usize,
}

impl KeyIndex {
    /// Reads an index.
    ///
    /// # Errors
    /// `Corrupt` if the bytes are damaged or of another format.
    pub fn decode(bytes: Bytes, what: &str) -> Result<Self> {
        let corrupt = || Error::corrupt(format!("The key index {what} is damaged."));
        let (body, crc) = bytes.split_last_chunk::<4>().ok_or_else(corrupt)?;
        let count_bytes = body.get(12..HEADER_BYTES).and_then(|b| b.first_chunk::<8>());
        let count = count_bytes.map(|b| u64::from_le_bytes(*b)).ok_or_else(corrupt)?;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let sound = crc32c::crc32c(body) == u32::from_le_bytes(*crc)
            && body.starts_with(MAGIC)
            && body.get(8..12) == Some(&FORMAT.to_le_bytes())
            && count.checked_mul(KEY_BYTES + ROW_BYTES) == body.len().checked_sub(HEADER_BYTES);
        if !sound {
            return Err(corrupt());
        }
        Ok(Self { bytes, count })
    }

    /// Bytes in memory.
    pub fn size_bytes(&self) -> usize {
        self.bytes.len()
    }

    fn key(&self, i: usize) -> &[u8] {
        let start = HEADER_BYTES + i * KEY_BYTES;
        self.bytes.get(start..start + KEY_BYTES).unwrap_or_default()
    }

    fn row(&self, i: usize) -> Option<u32> {
        let start = HEADER_BYTES + self.count * KEY_BYTES + i * ROW_BYTES;
        self.bytes.get(start..)?.first_chunk::<4>().map(|b| u32::from_le_bytes(*b))
    }

    /// All entries, by key.
    pub fn entries(&self) -> impl Iterator<Item = (Key, u32)> {
        (0..self.count).filter_map(|i| {
            let key = self.key(i).first_chunk::<KEY_BYTES>()?;
            Some((Key(*key), self.row(i)?))
        })
    }

    /// The rows of a key, in order.
    pub fn rows(&self, key: Key) -> impl Iterator<Item = u32> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.key(middle) < key.0.as_slice() {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        (low..self.count)
            .take_while(move |&i| self.key(i) == key.0.as_slice())
            .filter_map(|i| self.row(i))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_row_of_a_key_and_refuses_damage() {
        let key = |n: u8| Key([n; 16]);
        let bytes = encode(vec![(key(3), 7), (key(1), 2), (key(3), 4), (key(9), 0)]);
        let index = KeyIndex::decode(bytes.clone(), "test").expect("sound");
        assert_eq!(index.rows(key(3)).collect::<Vec<_>>(), [4, 7]);
        assert_eq!(index.rows(key(1)).collect::<Vec<_>>(), [2]);
        assert_eq!(index.rows(key(4)).count(), 0);
        for position in 0..bytes.len() {
            let mut damaged = bytes.to_vec();
            damaged[position] ^= 1;
            assert!(KeyIndex::decode(damaged.into(), "test").is_err(), "byte {position}");
        }
    }
}
