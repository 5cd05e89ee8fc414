//! A file system in memory that forgets, at a crash, what was not synced.

use super::{DirEntry, File, Fs, LockGuard};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

/// A file system in memory with power loss, a full disk, and syncs that can be made to do nothing.
#[derive(Clone, Debug, Default)]
pub struct SimFs {
    state: Arc<Mutex<State>>,
    /// The machine that uses it: after a crash it can do nothing any more.
    life: Option<u64>,
}

#[derive(Clone, Debug, Default)]
struct State {
    /// Names now.
    names: BTreeMap<PathBuf, Node>,
    /// Names that a crash leaves.
    durable_names: BTreeMap<PathBuf, Node>,
    /// Contents by inode: now, and what a crash leaves.
    contents: BTreeMap<u64, Content>,
    next_inode: u64,
    ignored_site: Option<&'static str>,
    sites: BTreeSet<&'static str>,
    locks: BTreeSet<PathBuf>,
    free_bytes: Option<usize>,
    fail_syncs: bool,
    /// Crashes so far; a handle of an earlier life is dead.
    life: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Node {
    File(u64),
    Dir,
}

#[derive(Clone, Debug, Default)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
}

impl SimFs {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file system as a process sees it until the next crash.
    #[must_use]
    pub fn machine(&self) -> Self {
        Self { state: Arc::clone(&self.state), life: Some(self.state().life) }
    }

    /// An independent copy of everything there is now.
    #[must_use]
    pub fn fork(&self) -> Self {
        let mut state = self.state().clone();
        state.locks.clear();
        Self { state: Arc::new(Mutex::new(state)), life: None }
    }

    fn running(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.state();
        match self.life {
            Some(life) if life != state.life => Err(io::Error::other("the machine crashed")),
            _ => Ok(state),
        }
    }

    /// Power loss: names and contents go back to what was synced, plus `keep(n)` of each file's n un-synced bytes.
    pub fn crash(&self, mut keep: impl FnMut(usize) -> usize) {
        let mut state = self.state();
        // A durable name in a directory whose own name was lost is unreachable.
        let durable = state.durable_names.clone();
        let reachable = |name: &Path| {
            name.ancestors()
                .skip(1)
                .all(|dir| dir == Path::new("/") || durable.get(dir) == Some(&Node::Dir))
        };
        state.names = durable
            .iter()
            .filter(|(name, _)| reachable(name))
            .map(|(name, node)| (name.clone(), *node))
            .collect();
        state.durable_names = state.names.clone();
        for content in state.contents.values_mut() {
            if content.now.len() > content.durable.len()
                && content.now.starts_with(&content.durable)
            {
                let tail = content.now.len() - content.durable.len();
                let kept = keep(tail).min(tail);
                content.now.truncate(content.durable.len() + kept);
            } else {
                content.now = content.durable.clone();
            }
            content.durable = content.now.clone();
        }
        state.locks.clear();
        state.life += 1;
    }

    /// Makes every sync of one site do nothing from now on.
    pub fn ignore_site(&self, site: Option<&'static str>) {
        self.state().ignored_site = site;
    }

    /// The sync sites that were called so far.
    pub fn sites(&self) -> BTreeSet<&'static str> {
        self.state().sites.clone()
    }

    /// Lets only so many more bytes be written before the disk is full.
    pub fn set_free_bytes(&self, free: Option<usize>) {
        self.state().free_bytes = free;
    }

    /// Makes every sync fail.
    pub fn fail_syncs(&self, fail: bool) {
        self.state().fail_syncs = fail;
    }
}

impl State {
    fn note_sync(&mut self, site: &'static str) -> io::Result<bool> {
        self.sites.insert(site);
        if self.fail_syncs {
            return Err(io::Error::other("injected sync failure"));
        }
        Ok(self.ignored_site != Some(site))
    }

    fn file(&self, path: &Path) -> io::Result<u64> {
        match self.names.get(path) {
            Some(Node::File(inode)) => Ok(*inode),
            Some(Node::Dir) => Err(io::Error::other("is a directory")),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn check_parent(&self, path: &Path) -> io::Result<()> {
        match path.parent() {
            Some(parent)
                if !parent.as_os_str().is_empty()
                    && parent != Path::new("/")
                    && self.names.get(parent) != Some(&Node::Dir) =>
            {
                Err(io::ErrorKind::NotFound.into())
            }
            _ => Ok(()),
        }
    }
}

#[derive(Debug)]
struct SimFile {
    fs: SimFs,
    inode: u64,
    life: u64,
}

impl SimFile {
    fn alive(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.fs.state();
        if state.life == self.life {
            Ok(state)
        } else {
            Err(io::Error::other("the machine crashed"))
        }
    }
}

#[derive(Debug)]
struct SimLock {
    fs: SimFs,
    path: PathBuf,
    life: u64,
}

impl LockGuard for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        let mut state = self.fs.state();
        if state.life == self.life {
            state.locks.remove(&self.path);
        }
    }
}

impl Fs for SimFs {
    fn create_new(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let mut state = self.running()?;
        state.check_parent(path)?;
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.next_inode += 1;
        let inode = state.next_inode;
        state.contents.insert(inode, Content::default());
        state.names.insert(path.to_path_buf(), Node::File(inode));
        Ok(Arc::new(SimFile { fs: self.clone(), inode, life: state.life }))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn File>> {
        let state = self.running()?;
        let inode = state.file(path)?;
        Ok(Arc::new(SimFile { fs: self.clone(), inode, life: state.life }))
    }

    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.running()?;
        let inode = state.file(from)?;
        state.check_parent(to)?;
        if state.names.contains_key(to) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.names.insert(to.to_path_buf(), Node::File(inode));
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.running()?;
        let inode = state.file(from)?;
        state.names.remove(from);
        state.names.insert(to.to_path_buf(), Node::File(inode));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.running()?;
        state.file(path)?;
        state.names.remove(path);
        Ok(())
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let state = self.running()?;
        let entries =
            state.names.iter().filter(|(name, _)| name.parent() == Some(path)).filter_map(
                |(name, node)| {
                    Some(DirEntry {
                        name: name.file_name()?.to_str()?.to_owned(),
                        is_dir: *node == Node::Dir,
                    })
                },
            );
        Ok(entries.collect())
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.running()?;
        state.check_parent(path)?;
        state.names.entry(path.to_path_buf()).or_insert(Node::Dir);
        Ok(())
    }

    fn is_dir(&self, path: &Path) -> bool {
        path == Path::new("/") || self.state().names.get(path) == Some(&Node::Dir)
    }

    fn sync_dir(&self, path: &Path, site: &'static str) -> io::Result<()> {
        let mut state = self.running()?;
        if state.note_sync(site)? {
            let inside = |name: &PathBuf| name.parent() == Some(path);
            state.durable_names.retain(|name, _| !inside(name));
            let now: Vec<_> = state
                .names
                .iter()
                .filter(|(name, _)| inside(name))
                .map(|(n, k)| (n.clone(), *k))
                .collect();
            state.durable_names.extend(now);
        }
        Ok(())
    }

    fn lock(&self, path: &Path, _holder: &str) -> io::Result<Box<dyn LockGuard>> {
        let mut state = self.running()?;
        if !state.locks.insert(path.to_path_buf()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(SimLock { fs: self.clone(), path: path.to_path_buf(), life: state.life }))
    }

    fn lock_holder(&self, _path: &Path) -> Option<String> {
        None
    }
}

impl File for SimFile {
    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.alive()?;
        let fits = state.free_bytes.is_none_or(|free| free >= bytes.len());
        let written = if fits { bytes.len() } else { state.free_bytes.unwrap_or(0) };
        if let Some(free) = state.free_bytes.as_mut() {
            *free -= written;
        }
        if let Some(content) = state.contents.get_mut(&self.inode) {
            content.now.extend(bytes.iter().take(written));
        }
        if fits { Ok(()) } else { Err(io::ErrorKind::StorageFull.into()) }
    }

    fn read_at(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let state = self.alive()?;
        let content = state.contents.get(&self.inode).map(|c| c.now.as_slice()).unwrap_or_default();
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(content.len());
        let end = start.saturating_add(length).min(content.len());
        Ok(content.get(start..end).unwrap_or_default().to_vec())
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.alive()?.contents.get(&self.inode).map_or(0, |c| c.now.len() as u64))
    }

    fn modified(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn sync(&self, site: &'static str) -> io::Result<()> {
        let mut state = self.alive()?;
        if state.note_sync(site)?
            && let Some(content) = state.contents.get_mut(&self.inode)
        {
            content.durable = content.now.clone();
        }
        Ok(())
    }

    fn truncate(&self, size: u64) -> io::Result<()> {
        if let Some(content) = self.alive()?.contents.get_mut(&self.inode) {
            content.now.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        }
        Ok(())
    }
}
