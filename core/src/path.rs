//! Names of the objects below a data root (`docs/format/layout.md`). Nothing else formats or parses them.

use object_store::path::Path;
use uuid::Uuid;

/// What the root is: format and the result of the probe.
pub const ROOT_FILE: &str = "rekor.json";

/// The one shard of this version.
const SHARD: &str = "shards/0";

/// Kinds of objects that are named by a UUIDv7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// Parquet file of live rows.
    Data,
    /// Parquet file of tombstones.
    Tomb,
    /// Index of a data file by row id.
    IdIndex,
    /// Index of a data file by external id, or by type and ends of a relationship.
    ExternalIndex,
    /// Index of a data file by the ends of relationships.
    EndpointIndex,
    /// Deletion vectors.
    Deletes,
    /// Rows of small tables.
    Bundle,
    /// File lists of the tables of one bucket.
    Bucket,
}

impl ObjectKind {
    fn folder_and_suffix(self) -> (&'static str, &'static str) {
        match self {
            Self::Data => ("data", "parquet"),
            Self::Tomb => ("tomb", "parquet"),
            Self::IdIndex => ("data", "pki"),
            Self::ExternalIndex => ("data", "xki"),
            Self::EndpointIndex => ("data", "aki"),
            Self::Deletes => ("dv", "dv"),
            Self::Bundle => ("bundles", "bun"),
            Self::Bucket => ("tables", "tb"),
        }
    }
}

/// The path of an object.
pub fn object(kind: ObjectKind, id: Uuid) -> Path {
    let (folder, suffix) = kind.folder_and_suffix();
    Path::from(format!("{SHARD}/{folder}/{}.{suffix}", id.simple()))
}

/// The path of a manifest.
pub fn manifest(number: u64) -> Path {
    Path::from(format!("{SHARD}/manifest/{number:020}.mf"))
}

/// The folder of the manifests.
pub fn manifests() -> Path {
    Path::from(format!("{SHARD}/manifest"))
}

/// The number of a manifest.
pub fn manifest_number(path: &Path) -> Option<u64> {
    number_of(path, ".mf")
}

/// The path of a list of when credentials were used last; the highest number counts.
pub fn usage(number: u64) -> Path {
    Path::from(format!("usage/{number:020}.json"))
}

/// The folder of these lists.
pub fn usages() -> Path {
    Path::from("usage")
}

/// The number of such a list.
pub fn usage_number(path: &Path) -> Option<u64> {
    number_of(path, ".json")
}

fn number_of(path: &Path, suffix: &str) -> Option<u64> {
    let digits = path.filename()?.strip_suffix(suffix)?;
    if digits.len() == 20 { digits.parse().ok() } else { None }
}

/// The folders whose objects a manifest leads to, without that of the manifests.
pub fn swept_folders() -> Vec<Path> {
    let folders = ["data", "tomb", "dv", "bundles", "tables"];
    folders.into_iter().map(|folder| Path::from(format!("{SHARD}/{folder}"))).collect()
}

/// What of a kept answer an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultPart {
    /// Its rows.
    Rows,
    /// What it is, written after its rows.
    About,
}

/// A kept answer, by what its objects are called. An object says when it may go without being opened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResultName {
    /// Who made it, as 32 hex digits.
    pub owner: String,
    /// When it ends, in milliseconds since 1970.
    pub expires_at_ms: i64,
    /// Its id, 32 hex digits.
    pub id: String,
}

impl ResultName {
    /// The path of one of its objects.
    pub fn path(&self, part: ResultPart) -> Path {
        let suffix = match part {
            ResultPart::Rows => "parquet",
            ResultPart::About => "json",
        };
        let Self { owner, expires_at_ms, id } = self;
        Path::from(format!("results/{owner}/{expires_at_ms:014}-{id}.{suffix}"))
    }

    /// What an object below [`results`] is called.
    pub fn parse(path: &Path) -> Option<(Self, ResultPart)> {
        let text = path.as_ref().strip_prefix("results/")?;
        let (owner, file) = text.split_once('/')?;
        let (stem, suffix) = file.split_once('.')?;
        let part = match suffix {
            "parquet" => ResultPart::Rows,
            "json" => ResultPart::About,
            _ => return None,
        };
        let (expires, id) = stem.split_once('-')?;
        let expires_at_ms = if expires.len() == 14 { expires.parse().ok()? } else { return None };
        Some((Self { owner: owner.to_owned(), expires_at_ms, id: id.to_owned() }, part))
    }
}

/// The folder of kept answers.
pub fn results() -> Path {
    Path::from("results")
}

/// The folder of the kept answers of one owner.
pub fn results_of(owner: &str) -> Path {
    Path::from(format!("results/{owner}"))
}

/// A name in the root that the probe at start races for.
pub fn probe(nonce: Uuid, round: u32) -> Path {
    Path::from(format!("probe/{}-{round}", nonce.simple()))
}
