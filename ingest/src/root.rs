//! The root itself: its format, and whether its store can be trusted.

use crate::commit::{Committer, uuid_of};
use object_store::path::Path;
use rekor_core::{
    Error, Result,
    path::{self, ObjectKind},
    store::{Created, ProbeDepth, Store, probe},
    time::Sources,
};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Version of everything below a root.
const FORMAT: u32 = 1;
/// Objects of a shared store that nobody refers to are removed when they are older: an upload may be under way.
const ORPHAN_AGE_S: i64 = 24 * 3600;

#[derive(Debug, Serialize, Deserialize)]
struct RootFile {
    format: u32,
    /// Clean rounds of the probe when the root was made.
    probe_rounds: usize,
    created_ms: i64,
}

/// Checks a root before it is used, and makes it if it is new: a full probe then, a short one at every later start.
///
/// # Errors
/// `Unavailable` if the store cannot be used or does not create atomically, `Corrupt` if the root is of another format.
pub(crate) async fn prepare_root(store: &Store, sources: &Sources) -> Result<()> {
    let name = Path::from(path::ROOT_FILE);
    if let Some(bytes) = store.get(&name).await? {
        let root: Option<RootFile> = serde_json::from_slice(&bytes).ok();
        if root.is_none_or(|root| root.format != FORMAT) {
            return Err(Error::corrupt(format!(
                "{name} is not of format {FORMAT}: another version of Rekor made this data root."
            )));
        }
        return probe(store, ProbeDepth::Short, &*sources.entropy).await.map(drop);
    }
    let probe_rounds = probe(store, ProbeDepth::Full, &*sources.entropy).await?;
    let root = RootFile { format: FORMAT, probe_rounds, created_ms: sources.clock.now().0 };
    let text = serde_json::to_vec(&root).map_err(|error| Error::internal(error.to_string()))?;
    match store.create(&name, text.into()).await? {
        Created::Ours => Ok(()),
        Created::Theirs => Err(Error::conflict(
            "Another server made this data root at the same time; start again.",
        )),
    }
}

/// Removes what earlier runs left behind: objects that the newest manifest does not lead to, and manifests before it.
/// `shared` stores keep what is young, because another process may be writing it, and all manifests, because a server that
/// was frozen must find the one that ended its term.
///
/// # Errors
/// `Unavailable` if the store fails.
pub(crate) async fn sweep(
    store: &Store,
    committer: &Committer,
    shared: bool,
    now_s: i64,
) -> Result<usize> {
    let mut needed: HashSet<Path> = HashSet::new();
    needed.insert(path::manifest(committer.manifest().number));
    for bucket in &committer.manifest().buckets {
        needed.insert(path::object(ObjectKind::Bucket, uuid_of(&bucket.id)));
    }
    for (kind, id) in committer.references() {
        needed.insert(path::object(kind, id));
    }
    let files = committer.entries().flat_map(|entry| &entry.files);
    for file in files.filter_map(|stored| stored.file.as_ref()) {
        needed.insert(file.path());
        for kind in [ObjectKind::IdIndex, ObjectKind::ExternalIndex, ObjectKind::EndpointIndex] {
            needed.insert(path::object(kind, file.uuid()));
        }
    }
    let mut orphans = Vec::new();
    let manifests = (!shared).then(path::manifests);
    for folder in path::swept_folders().into_iter().chain(manifests) {
        let found = store.list(&folder).await?;
        let old = |meta: &object_store::ObjectMeta| {
            !shared || now_s - meta.last_modified.timestamp() > ORPHAN_AGE_S
        };
        let unneeded = found.into_iter().filter(|meta| !needed.contains(&meta.location));
        orphans.extend(unneeded.filter(old).map(|meta| meta.location));
    }
    let count = orphans.len();
    store.delete(orphans).await?;
    Ok(count)
}
