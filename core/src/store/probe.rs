//! Whether a store keeps its promise: of several creates of one name exactly one wins, a late one loses, and what was
//! created can be listed and read. A store that does not is refused; there is no override.

use super::{Created, Store};
use crate::{Error, Result, path, time::Entropy};
use bytes::Bytes;
use futures::future::join_all;
use object_store::{ObjectStoreExt, PutMode, PutOptions};
use uuid::Uuid;

/// How much is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeDepth {
    /// At every start: one round of two writers.
    Short,
    /// When a root is made, and by `rekor admin probe`: rounds of 2, 4 and 8 writers.
    Full,
}

impl ProbeDepth {
    fn writers_per_round(self) -> &'static [usize] {
        match self {
            Self::Short => &[2],
            Self::Full => &[2, 2, 2, 2, 4, 4, 4, 2, 2, 8],
        }
    }
}

/// Races creates in the store; answers the number of clean rounds.
///
/// # Errors
/// `Unavailable` if the store cannot be written, or does not create atomically.
pub async fn probe(store: &Store, depth: ProbeDepth, entropy: &dyn Entropy) -> Result<usize> {
    let mut random = [0; 16];
    entropy.fill(&mut random);
    let nonce = uuid::Builder::from_random_bytes(random).into_uuid();
    let rounds = depth.writers_per_round();
    for (round, &writers) in rounds.iter().enumerate() {
        let name = path::probe(nonce, u32::try_from(round).unwrap_or(u32::MAX));
        let outcome = race(store, &name, writers, nonce).await;
        // A leftover name is harmless; what the race showed is not.
        let _leftover = store.delete(vec![name]).await;
        outcome?;
    }
    Ok(rounds.len())
}

async fn race(
    store: &Store,
    name: &object_store::path::Path,
    writers: usize,
    nonce: Uuid,
) -> Result<()> {
    let body = |writer: usize| Bytes::from(format!("{nonce} writer {writer}"));
    let creates = (0..writers).map(|writer| {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        store.commits.put_opts(name, body(writer).into(), options)
    });
    let outcomes = join_all(creates).await;
    let winners: Vec<usize> =
        outcomes.iter().enumerate().filter(|(_, o)| o.is_ok()).map(|(writer, _)| writer).collect();
    let [winner] = winners.as_slice() else {
        let first = outcomes.iter().find_map(|o| o.as_ref().err());
        return Err(match (winners.len(), first) {
            (0, Some(error)) => Error::unavailable(format!(
                "The data root cannot be written: {error}. Check the endpoint, the credentials and that the bucket exists."
            )),
            (count, _) => {
                refused(&format!("{count} of {writers} concurrent creates of one name succeeded"))
            }
        });
    };
    if store.create(name, body(writers)).await? == Created::Ours {
        return Err(refused("a create of an existing name succeeded"));
    }
    let kept = store.objects.get(name).await.map_err(|e| refused(&e.to_string()))?;
    let kept = kept.bytes().await.map_err(|e| refused(&e.to_string()))?;
    if kept != body(*winner) {
        return Err(refused("a refused create replaced the object"));
    }
    let folder = object_store::path::Path::from("probe");
    if !store.list(&folder).await?.iter().any(|meta| meta.location == *name) {
        return Err(refused("a created object is missing from the list"));
    }
    Ok(())
}

fn refused(why: &str) -> Error {
    Error::unavailable(format!(
        "This store does not create objects atomically ({why}), so two writers could overwrite each other's commits. \
         Rekor does not start on it. Use AWS S3, MinIO, Cloudflare R2, Ceph, SeaweedFS 4.30 or later, or a local directory."
    ))
}
