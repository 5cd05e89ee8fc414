//! The write-ahead log on a local directory (`docs/format/wal.md`).
//!
//! Numbered segment files of frames; a frame is one atomic batch. A group of frames is written and synced at once. A torn
//! tail is cut at recovery, anything else that does not verify refuses to start.

mod frame;
mod replay;
mod segment;

pub use frame::FrameHeader;
pub use replay::{Replayed, remove_through, replay};

use rekor_core::{
    Error, ErrorKind, Result,
    fs::{File, Fs, create_dir_all_durable},
    time::Entropy,
};
use segment::{SegmentHeader, segment_name};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use uuid::Uuid;

/// A segment is closed when it reaches this size.
const SEGMENT_BYTES_MAX: u64 = 64 << 20;
/// File that holds the log's identity.
const IDENTITY_FILE: &str = "wal.json";

/// The writing end of the log. One owner, blocking calls.
#[derive(Debug)]
pub struct WalWriter {
    fs: Arc<dyn Fs>,
    dir: PathBuf,
    wal_id: Uuid,
    entropy: Arc<dyn Entropy>,
    segment: Option<OpenSegment>,
    next_segment: u64,
    durable_seq: u64,
    poisoned: bool,
}

#[derive(Debug)]
struct OpenSegment {
    file: Arc<dyn File>,
    salt: u32,
    size_bytes: u64,
}

impl WalWriter {
    /// A writer that goes on after what `replayed` found; it never appends to a segment of an earlier run.
    pub fn new(
        fs: Arc<dyn Fs>,
        dir: PathBuf,
        wal_id: Uuid,
        entropy: Arc<dyn Entropy>,
        replayed: &Replayed,
    ) -> Self {
        Self {
            fs,
            dir,
            wal_id,
            entropy,
            segment: None,
            next_segment: replayed.next_segment,
            durable_seq: replayed.last_seq,
            poisoned: false,
        }
    }

    /// Appends frames and makes them durable: when this returns, all of them survive a crash.
    ///
    /// # Errors
    /// `Unavailable` if nothing was written because the disk is full at the start of a segment, `Unknown` if the outcome
    /// is not known; after `Unknown` every further call fails, because a sync that failed once proves nothing later.
    pub fn append(&mut self, frames: &[(FrameHeader, Vec<u8>)]) -> Result<()> {
        if self.poisoned {
            return Err(Error::unavailable(
                "The write-ahead log failed earlier; restart the server to recover.",
            ));
        }
        let outcome = self.try_append(frames);
        if let Err(error) = outcome {
            self.poisoned = true;
            return Err(Error::new(
                ErrorKind::Unknown,
                format!(
                    "The write-ahead log in {} could not be made durable ({error}). The outcome of this write is unknown; \
                     free space or repair the disk and restart the server.",
                    self.dir.display()
                ),
            ));
        }
        Ok(())
    }

    /// Closes the segment; the next append starts another, so that a flush can free this one.
    pub fn roll(&mut self) {
        self.segment = None;
    }

    /// Takes no more frames, because another server writes now.
    pub fn poison(&mut self) {
        self.poisoned = true;
    }

    fn try_append(&mut self, frames: &[(FrameHeader, Vec<u8>)]) -> std::io::Result<()> {
        let durable_seq = self.durable_seq;
        let mut last_seq = durable_seq;
        let segment = self.open_segment(durable_seq + 1)?;
        let mut bytes = Vec::new();
        for (header, payload) in frames {
            let header = FrameHeader { durable_seq, ..*header };
            last_seq = last_seq.max(header.last_seq());
            header.encode(payload, segment.salt, &mut bytes);
        }
        segment.file.append(&bytes)?;
        segment.file.sync("wal group")?;
        segment.size_bytes += bytes.len() as u64;
        let full = segment.size_bytes >= SEGMENT_BYTES_MAX;
        if full {
            self.segment = None;
        }
        self.durable_seq = last_seq;
        Ok(())
    }

    fn open_segment(&mut self, first_seq: u64) -> std::io::Result<&mut OpenSegment> {
        if self.segment.is_none() {
            let mut salt = [0; 4];
            self.entropy.fill(&mut salt);
            let salt = u32::from_le_bytes(salt);
            let number = self.next_segment;
            let file = self.fs.create_new(&self.dir.join(segment_name(number)))?;
            let header = SegmentHeader { wal_id: self.wal_id, number, first_seq, salt }.encode();
            file.append(&header)?;
            self.fs.sync_dir(&self.dir, "wal segment name")?;
            self.next_segment += 1;
            self.segment = Some(OpenSegment { file, salt, size_bytes: header.len() as u64 });
        }
        self.segment.as_mut().ok_or_else(|| std::io::Error::other("no open segment"))
    }
}

/// The identity of the log in `dir`; made on first use.
///
/// # Errors
/// `Unavailable` if the directory cannot be written, `Corrupt` if the identity file is damaged.
pub fn open_identity(fs: &dyn Fs, dir: &Path, entropy: &dyn Entropy) -> Result<Uuid> {
    let failed = |error: std::io::Error| {
        Error::unavailable(format!("The WAL directory {} cannot be used: {error}.", dir.display()))
    };
    create_dir_all_durable(fs, dir).map_err(failed)?;
    let path = dir.join(IDENTITY_FILE);
    match fs.open(&path) {
        Ok(file) => {
            let text = file.read_at(0, 4096).map_err(failed)?;
            let value: Option<serde_json::Value> = serde_json::from_slice(&text).ok();
            let id = value.and_then(|v| Uuid::parse_str(v.get("wal")?.as_str()?).ok());
            id.ok_or_else(|| {
                Error::corrupt(format!(
                    "{} is damaged; restore it from a backup of the WAL directory.",
                    path.display()
                ))
            })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut random = [0; 16];
            entropy.fill(&mut random);
            let id = uuid::Builder::from_random_bytes(random).into_uuid();
            let temporary = dir.join("wal.json.tmp");
            let _stale = fs.remove(&temporary);
            let write = || -> std::io::Result<()> {
                let file = fs.create_new(&temporary)?;
                file.append(serde_json::json!({"format": 1, "wal": id}).to_string().as_bytes())?;
                file.sync("wal identity")?;
                // The name becomes durable with that of the first segment, before anything is acknowledged.
                fs.rename(&temporary, &path)
            };
            write().map_err(failed)?;
            Ok(id)
        }
        Err(error) => Err(failed(error)),
    }
}
