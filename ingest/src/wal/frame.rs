//! Frames: header, payload and their checksums.

use rekor_core::limits;

/// Size of a frame's header with its checksum.
pub(super) const FRAME_HEADER_BYTES: usize = 32;
/// Size of the checksum behind the payload.
pub(super) const PAYLOAD_CRC_BYTES: usize = 4;

/// What stands before a payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameHeader {
    /// What the payload is; the log does not look at it.
    pub kind: u8,
    /// Rows in the payload. Each has its own sequence number.
    pub row_count: u32,
    /// Sequence number of the first row.
    pub first_seq: u64,
    /// Highest sequence number that was durable when the frame was written: a later frame that says so proves an earlier
    /// damaged one was synced once.
    pub durable_seq: u64,
}

impl FrameHeader {
    /// Sequence number of the last row.
    pub fn last_seq(&self) -> u64 {
        self.first_seq + u64::from(self.row_count.max(1)) - 1
    }

    /// Appends the frame: `len u32 | kind u8 | 0 u8×3 | rows u32 | first_seq u64 | durable_seq u64 | crc u32`, payload, crc.
    pub(super) fn encode(&self, payload: &[u8], salt: u32, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(&[self.kind, 0, 0, 0]);
        out.extend_from_slice(&self.row_count.to_le_bytes());
        out.extend_from_slice(&self.first_seq.to_le_bytes());
        out.extend_from_slice(&self.durable_seq.to_le_bytes());
        let crc = checksum(salt, out.get(start..).unwrap_or_default());
        out.extend_from_slice(&crc.to_le_bytes());
        out.extend_from_slice(payload);
        out.extend_from_slice(&checksum(salt, payload).to_le_bytes());
    }
}

/// A frame that verifies, cut out of a segment.
pub(super) struct Decoded<'a> {
    pub(super) header: FrameHeader,
    pub(super) payload: &'a [u8],
    pub(super) size_bytes: usize,
}

/// The frame at the start of `bytes`, if it verifies.
pub(super) fn decode(bytes: &[u8], salt: u32) -> Option<Decoded<'_>> {
    let (header, payload_len) = decode_header(bytes, salt)?;
    let end = FRAME_HEADER_BYTES + payload_len;
    let payload = bytes.get(FRAME_HEADER_BYTES..end)?;
    let crc = bytes.get(end..end + PAYLOAD_CRC_BYTES)?.try_into().ok()?;
    (u32::from_le_bytes(crc) == checksum(salt, payload)).then_some(Decoded {
        header,
        payload,
        size_bytes: end + PAYLOAD_CRC_BYTES,
    })
}

/// The header at the start of `bytes` and the size of its payload, if the header verifies.
pub(super) fn decode_header(bytes: &[u8], salt: u32) -> Option<(FrameHeader, usize)> {
    let bytes = bytes.get(..FRAME_HEADER_BYTES)?;
    let (body, crc) = bytes.split_at(FRAME_HEADER_BYTES - 4);
    let payload_len = usize::try_from(u32::from_le_bytes(body.get(..4)?.try_into().ok()?)).ok()?;
    // Zero is invalid, so that zero-filled blocks never verify; the limit leaves room for the protocol around documents.
    let sound = payload_len > 0
        && payload_len <= 2 * limits::FRAME_BYTES_MAX
        && u32::from_le_bytes(crc.try_into().ok()?) == checksum(salt, body);
    let header = FrameHeader {
        kind: *body.get(4)?,
        row_count: u32::from_le_bytes(body.get(8..12)?.try_into().ok()?),
        first_seq: u64::from_le_bytes(body.get(12..20)?.try_into().ok()?),
        durable_seq: u64::from_le_bytes(body.get(20..28)?.try_into().ok()?),
    };
    sound.then_some((header, payload_len))
}

fn checksum(salt: u32, bytes: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&salt.to_le_bytes()), bytes)
}
