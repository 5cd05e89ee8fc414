//! The objects of a data root: a local directory, or a prefix of an S3-compatible bucket.
//!
//! Objects are immutable. The only commit primitive is *create if absent*; nothing is overwritten, and an outcome that is
//! not known is resolved by reading the object back.

mod local;
mod probe;
mod s3;

pub use local::DurableLocalStore;
pub use probe::{ProbeDepth, probe};

use crate::{Error, Result, fs::Fs};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use object_store::{
    MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, path::Path,
};
use std::{ops::Range, path::PathBuf, sync::Arc};

/// Parts of an upload have this size, but the last: above what every S3 server asks for.
const PART_BYTES: usize = 8 << 20;
/// How often an unclear outcome is looked at again.
const READ_BACK_TRIES: usize = 5;

/// Where a data root is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootLocation {
    /// A directory.
    Local(PathBuf),
    /// A bucket and a prefix.
    S3 {
        /// The bucket.
        bucket: String,
        /// Prefix without slashes at its ends; may be empty.
        prefix: String,
    },
}

impl RootLocation {
    /// Parses `DIR` or `s3://bucket/prefix`.
    ///
    /// # Errors
    /// Validation, for any other scheme or an empty bucket.
    pub fn parse(text: &str) -> Result<Self> {
        if let Some(rest) = text.strip_prefix("s3://") {
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            if bucket.is_empty() {
                return Err(Error::validation(format!(
                    "{text} names no bucket; write s3://bucket/prefix."
                )));
            }
            return Ok(Self::S3 {
                bucket: bucket.to_owned(),
                prefix: prefix.trim_matches('/').to_owned(),
            });
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(Error::validation(format!(
                "A data root is a directory or s3://bucket/prefix; {scheme}:// is not supported."
            )));
        }
        Ok(Self::Local(PathBuf::from(text)))
    }
}

impl std::fmt::Display for RootLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Local(path) => path.display().fmt(f),
            Self::S3 { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

/// What creating an object came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// The object is ours.
    Ours,
    /// Another object has the name.
    Theirs,
}

/// The objects of a data root.
#[derive(Clone, Debug)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    /// For creates that decide: its requests are never repeated by the client, so every ambiguity comes back to us.
    commits: Arc<dyn ObjectStore>,
}

impl Store {
    /// A directory on a file system.
    pub fn local(fs: Arc<dyn Fs>, root: PathBuf) -> Self {
        let objects: Arc<dyn ObjectStore> = Arc::new(DurableLocalStore::new(fs, root));
        Self { commits: Arc::clone(&objects), objects }
    }

    /// A prefix of a bucket, with credentials and endpoint from the standard `AWS_*` variables given as pairs.
    ///
    /// # Errors
    /// Validation, if a variable is missing or wrong.
    pub fn s3(bucket: &str, prefix: &str, variables: &[(String, String)]) -> Result<Self> {
        Ok(Self {
            objects: s3::open(bucket, prefix, variables, s3::Retries::Many)?,
            commits: s3::open(bucket, prefix, variables, s3::Retries::None)?,
        })
    }

    /// The store as scans use it.
    pub fn objects(&self) -> &Arc<dyn ObjectStore> {
        &self.objects
    }

    /// A whole object; `None` if there is none.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn get(&self, path: &Path) -> Result<Option<Bytes>> {
        match self.objects.get(path).await {
            Ok(found) => found.bytes().await.map(Some).map_err(|e| failed("read", path, &e)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failed("read", path, &error)),
        }
    }

    /// A whole object that must exist.
    ///
    /// # Errors
    /// `Corrupt` if it is missing, `Unavailable`.
    pub async fn get_existing(&self, path: &Path) -> Result<Bytes> {
        self.get(path).await?.ok_or_else(|| {
            Error::corrupt(format!("The object {path} is missing from the data root. Restore it."))
        })
    }

    /// A range of an object.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn get_range(&self, path: &Path, range: Range<u64>) -> Result<Bytes> {
        self.objects.get_range(path, range).await.map_err(|e| failed("read", path, &e))
    }

    /// Creates an object if its name is free; an unclear outcome is resolved by reading it back.
    ///
    /// # Errors
    /// `Unknown` if the outcome stays unclear.
    pub async fn create(&self, path: &Path, bytes: Bytes) -> Result<Created> {
        let mut last = None;
        for _ in 0..READ_BACK_TRIES {
            let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
            let outcome = self.commits.put_opts(path, bytes.clone().into(), options).await;
            let Err(error) = outcome else { return Ok(Created::Ours) };
            match self.get(path).await {
                Ok(Some(found)) if found == bytes => return Ok(Created::Ours),
                Ok(Some(_)) => return Ok(Created::Theirs),
                // A refusal without an object is a conflict that both lost, or a request that never arrived: again.
                Ok(None) | Err(_) => last = Some(error),
            }
        }
        let why = last.map(|error| error.to_string()).unwrap_or_default();
        Err(Error::new(
            crate::ErrorKind::Unknown,
            format!("Whether {path} was written is unknown: {why}."),
        ))
    }

    /// Creates an object whose name nobody else can have chosen.
    ///
    /// # Errors
    /// `Unknown` or `Unavailable`.
    pub async fn put(&self, path: &Path, bytes: Bytes) -> Result<()> {
        match self.create(path, bytes).await? {
            Created::Ours => Ok(()),
            Created::Theirs => {
                Err(Error::internal(format!("the object {path} exists with other content")))
            }
        }
    }

    /// Starts an upload of unknown length under a name that nobody else can have chosen.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn upload(&self, path: Path) -> Result<Upload> {
        let parts =
            self.objects.put_multipart(&path).await.map_err(|e| failed("write", &path, &e))?;
        Ok(Upload { path, parts, buffer: Vec::new(), size_bytes: 0 })
    }

    /// Objects below a folder.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn list(&self, folder: &Path) -> Result<Vec<ObjectMeta>> {
        let found: Vec<ObjectMeta> = self
            .objects
            .list(Some(folder))
            .try_collect()
            .await
            .map_err(|e| failed("list", folder, &e))?;
        Ok(found)
    }

    /// Removes objects; those that are gone already are fine.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn delete(&self, paths: Vec<Path>) -> Result<()> {
        let stream = futures::stream::iter(paths.into_iter().map(Ok)).boxed();
        let mut outcomes = self.objects.delete_stream(stream);
        while let Some(outcome) = outcomes.next().await {
            match outcome {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => {
                    return Err(Error::unavailable(format!("Objects cannot be removed: {error}.")));
                }
            }
        }
        Ok(())
    }
}

/// An upload under way. Nothing exists under the name until [`Upload::finish`] returns.
#[derive(Debug)]
pub struct Upload {
    path: Path,
    parts: Box<dyn MultipartUpload>,
    buffer: Vec<u8>,
    size_bytes: u64,
}

impl Upload {
    /// Appends bytes.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.size_bytes += bytes.len() as u64;
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PART_BYTES { self.send().await } else { Ok(()) }
    }

    async fn send(&mut self) -> Result<()> {
        let part = std::mem::take(&mut self.buffer);
        self.parts.put_part(part.into()).await.map_err(|e| failed("write", &self.path, &e))
    }

    /// Gives the upload up: what was sent is removed.
    ///
    /// # Errors
    /// `Unavailable`; a store that expires unfinished uploads removes it later.
    pub async fn abort(mut self) -> Result<()> {
        self.parts.abort().await.map_err(|e| failed("give up", &self.path, &e))
    }

    /// Makes the object durable; answers its size.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn finish(mut self) -> Result<u64> {
        if !self.buffer.is_empty() || self.size_bytes == 0 {
            self.send().await?;
        }
        self.parts.complete().await.map_err(|e| failed("write", &self.path, &e))?;
        Ok(self.size_bytes)
    }
}

fn failed(what: &str, path: &Path, error: &object_store::Error) -> Error {
    let full = std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<std::io::Error>())
        .is_some_and(|io| io.kind() == std::io::ErrorKind::StorageFull);
    if matches!(
        error,
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. }
    ) {
        return Error::unavailable(format!(
            "The data root does not accept the credentials. Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that \
             they may read, write and list it ({error})."
        ));
    }
    let hint = if full { " The disk is full; free some space." } else { "" };
    Error::unavailable(format!("Cannot {what} {path}: {error}.{hint}"))
}
