//! Reading the log back: every frame that was acknowledged, or a refusal to start.

use super::{
    FrameHeader,
    frame::{decode, decode_header},
    segment::{SEGMENT_HEADER_BYTES, SegmentHeader, segment_name, segment_number},
};
use rekor_core::{Error, Result, fs::Fs};
use std::path::Path;
use uuid::Uuid;

/// What a replay found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Highest sequence number in the log; 0 for an empty one.
    pub last_seq: u64,
    /// Number for the next segment.
    pub next_segment: u64,
    /// Bytes of a torn tail that were (or, read-only, would be) cut off.
    pub torn_bytes: u64,
}

/// Reads all frames in order and hands those after `flushed_seq` to `apply`. With `repair`, a torn tail is cut off for good.
///
/// # Errors
/// `Corrupt` with file, offset and remedy, if bytes that were durable do not verify; `Unavailable` if reading fails; and
/// what `apply` says.
pub fn replay(
    fs: &dyn Fs,
    dir: &Path,
    wal_id: Uuid,
    flushed_seq: u64,
    repair: bool,
    apply: &mut dyn FnMut(&FrameHeader, &[u8]) -> Result<()>,
) -> Result<Replayed> {
    let failed = |error: std::io::Error| {
        Error::unavailable(format!("The WAL in {} cannot be read: {error}.", dir.display()))
    };
    let names = fs.read_dir(dir).map_err(failed)?;
    let mut numbers: Vec<u64> =
        names.iter().filter(|e| !e.is_dir).filter_map(|e| segment_number(&e.name)).collect();
    numbers.sort_unstable();
    let mut replayed = Replayed {
        next_segment: numbers.last().map_or(1, |last| last + 1),
        last_seq: flushed_seq,
        torn_bytes: 0,
    };
    for (i, &number) in numbers.iter().enumerate() {
        let path = dir.join(segment_name(number));
        let file = fs.open(&path).map_err(failed)?;
        let size = usize::try_from(file.size().map_err(failed)?).unwrap_or(usize::MAX);
        let bytes = file.read_at(0, size).map_err(failed)?;
        let segment = Segment { path: &path, bytes: &bytes, is_last: i + 1 == numbers.len() };
        let kept = segment.replay(wal_id, number, &mut replayed.last_seq, apply)?;
        if kept < bytes.len() {
            replayed.torn_bytes += (bytes.len() - kept) as u64;
            if repair {
                file.truncate(kept as u64)
                    .and_then(|()| file.sync("wal torn tail"))
                    .map_err(failed)?;
            }
        }
    }
    Ok(replayed)
}

/// Removes the segments that hold nothing after `flushed_seq`. A crash may bring them back, which does no harm.
///
/// # Errors
/// `Unavailable` if the directory cannot be read or changed.
pub fn remove_through(fs: &dyn Fs, dir: &Path, flushed_seq: u64) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::unavailable(format!("The WAL in {} cannot be trimmed: {error}.", dir.display()))
    };
    let names = fs.read_dir(dir).map_err(failed)?;
    let mut numbers: Vec<u64> =
        names.iter().filter(|e| !e.is_dir).filter_map(|e| segment_number(&e.name)).collect();
    numbers.sort_unstable();
    for pair in numbers.windows(2) {
        let &[number, next] = pair else { continue };
        let file = fs.open(&dir.join(segment_name(next))).map_err(failed)?;
        let header = file.read_at(0, SEGMENT_HEADER_BYTES).map_err(failed)?;
        let Some(header) = SegmentHeader::decode(&header) else { break };
        if header.first_seq > flushed_seq + 1 {
            break;
        }
        fs.remove(&dir.join(segment_name(number))).map_err(failed)?;
    }
    Ok(())
}

struct Segment<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    is_last: bool,
}

impl Segment<'_> {
    /// Applies the frames; answers how many bytes of the segment are sound.
    fn replay(
        &self,
        wal_id: Uuid,
        number: u64,
        last_seq: &mut u64,
        apply: &mut dyn FnMut(&FrameHeader, &[u8]) -> Result<()>,
    ) -> Result<usize> {
        if self.bytes.is_empty() {
            return Ok(0);
        }
        let Some(header) = SegmentHeader::decode(self.bytes) else {
            // A crash between the segment's name and its first sync leaves no header; nothing in it was acknowledged.
            return if self.is_last && self.nothing_verifies() {
                Ok(0)
            } else {
                Err(self.corrupt(0))
            };
        };
        if header.wal_id != wal_id || header.number != number {
            return Err(self.corrupt(0));
        }
        let mut offset = SEGMENT_HEADER_BYTES;
        while offset < self.bytes.len() {
            let rest = self.bytes.get(offset..).unwrap_or_default();
            let Some(frame) = decode(rest, header.salt) else {
                return if self.is_torn(offset, header.salt, *last_seq + 1) {
                    Ok(offset)
                } else {
                    Err(self.corrupt(offset))
                };
            };
            // What a flush made durable may be gone from the log, or be here again after a crash.
            if frame.header.first_seq > *last_seq + 1 {
                return Err(self.corrupt(offset));
            }
            if frame.header.last_seq() > *last_seq {
                apply(&frame.header, frame.payload)?;
                *last_seq = frame.header.last_seq();
            }
            offset += frame.size_bytes;
        }
        Ok(offset)
    }

    /// A segment without a sound header holds no synced frame if it is empty, short, or zeros.
    fn nothing_verifies(&self) -> bool {
        self.bytes.len() <= SEGMENT_HEADER_BYTES || self.bytes.iter().all(|&byte| byte == 0)
    }

    /// Whether the bad bytes at `offset` can be the tail of a group that was never synced: it is the last segment, and no
    /// later frame proves that sequence number `bad_seq` was durable.
    fn is_torn(&self, offset: usize, salt: u32, bad_seq: u64) -> bool {
        self.is_last
            && !(offset + 1..self.bytes.len()).any(|at| {
                let rest = self.bytes.get(at..).unwrap_or_default();
                decode_header(rest, salt).is_some_and(|(header, _)| header.durable_seq >= bad_seq)
            })
    }

    fn corrupt(&self, offset: usize) -> Error {
        Error::corrupt(format!(
            "The write-ahead log is damaged: {} does not verify at byte {offset}, and what follows shows that it was durable once. \
             Rekor does not start, because acknowledged writes would be lost. Restore the file from a copy of the disk, \
             or restore the data root from a backup.",
            self.path.display()
        ))
    }
}
