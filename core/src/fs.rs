//! The file system as the write-ahead log and the local object store see it: every call that makes something durable is
//! explicit and named, so that a test file system can drop what was not synced, or ignore one sync.

mod os;
#[cfg(any(test, feature = "test-util"))]
mod sim;

pub use os::OsFs;
#[cfg(any(test, feature = "test-util"))]
pub use sim::SimFs;

use std::{
    fmt::Debug,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A file system. All paths are absolute or relative to the process, as the implementation likes.
pub trait Fs: Debug + Send + Sync {
    /// Creates a file that must not exist, for writing.
    ///
    /// # Errors
    /// `AlreadyExists`, or what the system says.
    fn create_new(&self, path: &Path) -> io::Result<Arc<dyn File>>;
    /// Opens an existing file for reading.
    ///
    /// # Errors
    /// `NotFound`, or what the system says.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>>;
    /// Gives a file a second name that must not exist yet: the atomic publish of a finished temporary file.
    ///
    /// # Errors
    /// `AlreadyExists`, or what the system says.
    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Renames, replacing the target.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    ///
    /// # Errors
    /// `NotFound`, or what the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Names and kinds in a directory, sorted.
    ///
    /// # Errors
    /// `NotFound`, or what the system says.
    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>>;
    /// Creates one directory; fine if it exists.
    ///
    /// # Errors
    /// What the system says.
    fn create_dir(&self, path: &Path) -> io::Result<()>;
    /// Whether the path is a directory.
    fn is_dir(&self, path: &Path) -> bool;
    /// Makes the names in a directory durable. `site` names the call for tests.
    ///
    /// # Errors
    /// What the system says; the state of the directory is then unknown.
    fn sync_dir(&self, path: &Path, site: &'static str) -> io::Result<()>;
    /// Takes an exclusive lock on a file, created if absent, and writes `holder` into it. The lock ends with the guard.
    ///
    /// # Errors
    /// `WouldBlock` if another process holds it.
    fn lock(&self, path: &Path, holder: &str) -> io::Result<Box<dyn LockGuard>>;
    /// What a lock's holder wrote.
    fn lock_holder(&self, path: &Path) -> Option<String>;
}

/// An open file.
pub trait File: Debug + Send + Sync {
    /// Appends at the end.
    ///
    /// # Errors
    /// What the system says; some bytes may have been written.
    fn append(&self, bytes: &[u8]) -> io::Result<()>;
    /// Reads up to `length` bytes at an offset; fewer at the end of the file.
    ///
    /// # Errors
    /// What the system says.
    fn read_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>>;
    /// Size in bytes.
    ///
    /// # Errors
    /// What the system says.
    fn size(&self) -> io::Result<u64>;
    /// When the content changed last.
    fn modified(&self) -> std::time::SystemTime;
    /// Makes the content durable. `site` names the call for tests.
    ///
    /// # Errors
    /// What the system says; what was written since the last sync is then lost for good, whatever a later sync says.
    fn sync(&self, site: &'static str) -> io::Result<()>;
    /// Cuts the file.
    ///
    /// # Errors
    /// What the system says.
    fn truncate(&self, size: u64) -> io::Result<()>;
}

/// An exclusive lock, held until dropped.
pub trait LockGuard: Debug + Send + Sync {}

/// A name in a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DirEntry {
    /// The name.
    pub name: String,
    /// Whether it is a directory.
    pub is_dir: bool,
}

/// Creates a directory and its missing parents, and makes each new name durable.
///
/// # Errors
/// What the system says.
pub fn create_dir_all_durable(fs: &dyn Fs, path: &Path) -> io::Result<()> {
    let mut missing: Vec<PathBuf> = Vec::new();
    let mut at = path.to_path_buf();
    while !at.as_os_str().is_empty() && !fs.is_dir(&at) {
        missing.push(at.clone());
        if !at.pop() {
            break;
        }
    }
    for dir in missing.iter().rev() {
        fs.create_dir(dir)?;
        let parent =
            dir.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        fs.sync_dir(parent, "new directory")?;
    }
    Ok(())
}
