//! Names and headers of segment files.

use uuid::Uuid;

const MAGIC: &[u8; 8] = b"REKORWAL";
const FORMAT: u32 = 1;
/// Size of a segment header.
pub(super) const SEGMENT_HEADER_BYTES: usize = 64;

/// The first 64 bytes of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub(super) wal_id: Uuid,
    pub(super) number: u64,
    pub(super) first_seq: u64,
    /// Seeds the checksums of the segment's frames, so that bytes of a recycled block never verify.
    pub(super) salt: u32,
}

impl SegmentHeader {
    pub(super) fn encode(&self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut out = Vec::with_capacity(SEGMENT_HEADER_BYTES);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT.to_le_bytes());
        out.extend_from_slice(self.wal_id.as_bytes());
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.first_seq.to_le_bytes());
        out.extend_from_slice(&self.salt.to_le_bytes());
        out.resize(SEGMENT_HEADER_BYTES - 4, 0);
        out.extend_from_slice(&crc32c::crc32c(&out).to_le_bytes());
        out.try_into().unwrap_or([0; SEGMENT_HEADER_BYTES])
    }

    /// The header, or `None` if the bytes are none of this format.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..SEGMENT_HEADER_BYTES)?;
        let (body, crc) = bytes.split_at(SEGMENT_HEADER_BYTES - 4);
        let sound = crc32c::crc32c(body) == u32::from_le_bytes(crc.try_into().ok()?)
            && body.starts_with(MAGIC)
            && u32::from_le_bytes(body.get(8..12)?.try_into().ok()?) == FORMAT;
        sound.then_some(Self {
            wal_id: Uuid::from_slice(body.get(12..28)?).ok()?,
            number: u64::from_le_bytes(body.get(28..36)?.try_into().ok()?),
            first_seq: u64::from_le_bytes(body.get(36..44)?.try_into().ok()?),
            salt: u32::from_le_bytes(body.get(44..48)?.try_into().ok()?),
        })
    }
}

/// File name of a segment.
pub(super) fn segment_name(number: u64) -> String {
    format!("{number:020}.wal")
}

/// Number in a segment's file name.
pub(super) fn segment_number(name: &str) -> Option<u64> {
    name.strip_suffix(".wal").filter(|digits| digits.len() == 20)?.parse().ok()
}
