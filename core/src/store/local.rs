//! An object store on a file system that is durable when a call returns: write a temporary file, sync it, give it its name
//! without replacing, sync the directory. (`object_store`'s own local store never syncs.)

use crate::fs::{Fs, create_dir_all_durable};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use object_store::{
    Attributes, CopyOptions, GetOptions, GetRange, GetResult, GetResultPayload, ListResult,
    MultipartUpload, ObjectMeta, ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result, UploadPart, path::Path,
};
use std::{
    io,
    ops::Range,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Prefix of names that are not objects yet.
const TEMPORARY: &str = ".writing-";

/// The store. Calls block the thread for as long as the disk takes.
#[derive(Debug)]
pub struct DurableLocalStore {
    fs: Arc<dyn Fs>,
    root: PathBuf,
    next_temporary: AtomicU64,
}

impl DurableLocalStore {
    /// A store below a directory.
    pub fn new(fs: Arc<dyn Fs>, root: PathBuf) -> Self {
        Self { fs, root, next_temporary: AtomicU64::new(0) }
    }

    fn file_path(&self, path: &Path) -> PathBuf {
        path.parts().fold(self.root.clone(), |at, part| at.join(part.as_ref()))
    }

    fn meta(&self, location: &Path) -> io::Result<ObjectMeta> {
        let file = self.fs.open(&self.file_path(location))?;
        Ok(ObjectMeta {
            location: location.clone(),
            // Objects never change, so their age says nothing; a constant keeps caches of metadata warm.
            last_modified: chrono::DateTime::UNIX_EPOCH,
            size: file.size()?,
            e_tag: None,
            version: None,
        })
    }

    /// Opens a temporary file beside the final name, whose directory is made durable first.
    fn begin(&self, location: &Path) -> io::Result<LocalUpload> {
        let target = self.file_path(location);
        let folder = target.parent().unwrap_or(&self.root).to_path_buf();
        create_dir_all_durable(&*self.fs, &folder)?;
        let number = self.next_temporary.fetch_add(1, Ordering::Relaxed);
        let name = format!("{TEMPORARY}{}-{number}", std::process::id());
        let temporary = folder.join(name);
        // A leftover of a dead process with our number is nobody's.
        let _stale = self.fs.remove(&temporary);
        let file = self.fs.create_new(&temporary)?;
        Ok(LocalUpload { fs: Arc::clone(&self.fs), file, temporary, folder, target, done: false })
    }

    fn list_below(&self, folder: &Path, found: &mut Vec<ObjectMeta>) -> io::Result<()> {
        let entries = match self.fs.read_dir(&self.file_path(folder)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        for entry in entries.into_iter().filter(|entry| !entry.name.starts_with(TEMPORARY)) {
            let child = folder.clone().join(entry.name.as_str());
            if entry.is_dir {
                self.list_below(&child, found)?;
            } else {
                match self.meta(&child) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    meta => found.push(meta?),
                }
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
struct LocalUpload {
    fs: Arc<dyn Fs>,
    file: Arc<dyn crate::fs::File>,
    temporary: PathBuf,
    folder: PathBuf,
    target: PathBuf,
    done: bool,
}

impl LocalUpload {
    /// Syncs before the name appears, so that no crash shows an empty object.
    fn publish(&mut self) -> io::Result<()> {
        self.file.sync("object")?;
        self.fs.hard_link(&self.temporary, &self.target)?;
        self.done = true;
        self.fs.remove(&self.temporary)?;
        self.fs.sync_dir(&self.folder, "object name")
    }
}

impl Drop for LocalUpload {
    fn drop(&mut self) {
        if !self.done {
            let _unfinished = self.fs.remove(&self.temporary);
        }
    }
}

#[async_trait]
impl MultipartUpload for LocalUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        // Appended at once: parts have an order only while the caller is inside this call.
        let outcome = data.iter().try_for_each(|bytes| self.file.append(bytes));
        let path = self.target.display().to_string();
        Box::pin(async move { outcome.map_err(|error| failed(&path, error)) })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        self.publish().map_err(|error| failed(&self.target.display().to_string(), error))?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn abort(&mut self) -> Result<()> {
        Ok(())
    }
}

fn failed(path: &str, error: io::Error) -> object_store::Error {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::NotFound => object_store::Error::NotFound { path, source: error.into() },
        io::ErrorKind::AlreadyExists => {
            object_store::Error::AlreadyExists { path, source: error.into() }
        }
        _ => object_store::Error::Generic { store: "local directory", source: error.into() },
    }
}

impl std::fmt::Display for DurableLocalStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.root.display())
    }
}

#[async_trait]
impl ObjectStore for DurableLocalStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> Result<PutResult> {
        if opts.mode != PutMode::Create {
            return Err(object_store::Error::NotSupported {
                source: "objects are created, never overwritten".into(),
            });
        }
        let write = || -> io::Result<()> {
            let mut upload = self.begin(location)?;
            payload.iter().try_for_each(|bytes| upload.file.append(bytes))?;
            upload.publish()
        };
        write().map_err(|error| failed(location.as_ref(), error))?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        _opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let upload = self.begin(location).map_err(|error| failed(location.as_ref(), error))?;
        Ok(Box::new(upload))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let meta = self.meta(location).map_err(|error| failed(location.as_ref(), error))?;
        options.check_preconditions(&meta)?;
        let range = match &options.range {
            None => 0..meta.size,
            Some(GetRange::Bounded(range)) => range.start.min(meta.size)..range.end.min(meta.size),
            Some(GetRange::Offset(start)) => (*start).min(meta.size)..meta.size,
            Some(GetRange::Suffix(length)) => meta.size.saturating_sub(*length)..meta.size,
        };
        let bytes = if options.head {
            Bytes::new()
        } else {
            self.get_ranges(location, std::slice::from_ref(&range)).await?.pop().unwrap_or_default()
        };
        let payload = GetResultPayload::Stream(futures::stream::iter([Ok(bytes)]).boxed());
        Ok(GetResult { payload, meta, range, attributes: Attributes::default() })
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        let read = || -> io::Result<Vec<Bytes>> {
            let file = self.fs.open(&self.file_path(location))?;
            let one = |range: &Range<u64>| -> io::Result<Bytes> {
                let length =
                    usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
                let bytes = file.read_at(range.start, length)?;
                if bytes.len() < length {
                    return Err(io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        format!("{location} is shorter than it was written"),
                    ));
                }
                Ok(bytes.into())
            };
            ranges.iter().map(one).collect()
        };
        read().map_err(|error| failed(location.as_ref(), error))
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let (fs, root) = (Arc::clone(&self.fs), self.root.clone());
        let store = Self::new(fs, root);
        locations
            .map(move |location| {
                let location = location?;
                let path = store.file_path(&location);
                store.fs.remove(&path).map_err(|error| failed(location.as_ref(), error))?;
                Ok(location)
            })
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let mut found = Vec::new();
        let folder = prefix.cloned().unwrap_or_default();
        let outcome = self.list_below(&folder, &mut found);
        let items: Vec<Result<ObjectMeta>> = match outcome {
            Ok(()) => found.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(failed(folder.as_ref(), error))],
        };
        futures::stream::iter(items).boxed()
    }

    async fn list_with_delimiter(&self, _prefix: Option<&Path>) -> Result<ListResult> {
        Err(object_store::Error::NotSupported { source: "list by prefix instead".into() })
    }

    async fn copy_opts(&self, _from: &Path, _to: &Path, _options: CopyOptions) -> Result<()> {
        Err(object_store::Error::NotSupported { source: "objects are never copied".into() })
    }
}
