//! The envelope of small binary objects: magic, format version, zstd payload, CRC32C (`docs/format/layout.md`).

use crate::{Error, Result};
use bytes::Bytes;

/// Compression level of metadata.
const LEVEL: i32 = 3;
/// Largest payload that is ever unpacked.
const PAYLOAD_BYTES_MAX: usize = 1 << 30;

/// Wraps a payload: `magic 8 | format u32 | size u64 | zstd(payload) | crc32c u32`, little endian.
pub fn seal(magic: [u8; 8], format: u32, payload: &[u8]) -> Result<Bytes> {
    let packed = zstd::bulk::compress(payload, LEVEL)
        .map_err(|error| Error::internal(format!("zstd: {error}")))?;
    let mut out = Vec::with_capacity(packed.len() + 24);
    out.extend_from_slice(&magic);
    out.extend_from_slice(&format.to_le_bytes());
    out.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    out.extend_from_slice(&packed);
    out.extend_from_slice(&crc32c::crc32c(&out).to_le_bytes());
    Ok(out.into())
}

/// Unwraps what [`seal`] made; `what` names the object in errors.
///
/// # Errors
/// `Corrupt` if the bytes are damaged or of another format.
pub fn open(magic: [u8; 8], format: u32, bytes: &[u8], what: &str) -> Result<Vec<u8>> {
    let corrupt = |why: &str| {
        Error::corrupt(format!("{what} {why}. Restore the data root from a backup or a copy."))
    };
    let checked = bytes.split_last_chunk::<4>().filter(|(body, _)| body.len() >= 20);
    let (body, crc) = checked.ok_or_else(|| corrupt("is cut off"))?;
    if crc32c::crc32c(body) != u32::from_le_bytes(*crc) {
        return Err(corrupt("is damaged: its checksum does not match"));
    }
    let (header, packed) = body.split_at(20);
    if !header.starts_with(&magic) {
        return Err(corrupt("is not what its name says"));
    }
    let number = |range: std::ops::Range<usize>| {
        header
            .get(range)
            .unwrap_or_default()
            .iter()
            .rev()
            .fold(0_u64, |n, &b| n << 8 | u64::from(b))
    };
    if number(8..12) != u64::from(format) {
        return Err(corrupt("was written by another version of Rekor"));
    }
    let size = usize::try_from(number(12..20)).unwrap_or(usize::MAX);
    if size > PAYLOAD_BYTES_MAX {
        return Err(corrupt("claims an impossible size"));
    }
    zstd::bulk::decompress(packed, size).map_err(|_| corrupt("cannot be unpacked"))
}
