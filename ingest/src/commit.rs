//! Committing manifests: the dirty buckets, then the next root under a number that nobody else has.

use rekor_core::{
    Error, ErrorKind, Result, Timestamp,
    id::TableId,
    manifest::{Bucket, BucketRef, Manifest, TableEntry, bucket_of},
    path::{self, ObjectKind},
    store::{Created, Store},
    time::{Sources, uuid_v7},
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use uuid::Uuid;

/// Manifests that are kept besides the newest one.
const MANIFESTS_KEPT: usize = 10;

/// The newest manifest and what it refers to. One owner.
#[derive(Debug)]
pub(crate) struct Committer {
    store: Store,
    sources: Sources,
    manifest: Manifest,
    buckets: BTreeMap<u32, BTreeMap<u64, TableEntry>>,
    /// Objects that only manifests up to a number refer to.
    superseded: VecDeque<Vec<object_store::path::Path>>,
    fenced: bool,
    /// Number of the newest manifest, for the fence.
    committed: Arc<AtomicU64>,
}

/// What a commit changes besides tables.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress {
    pub(crate) flushed_seq: u64,
    pub(crate) last_time: Timestamp,
    pub(crate) next_table: u64,
}

impl Committer {
    /// The newest commit of a root; an empty one if there is none.
    ///
    /// # Errors
    /// `Corrupt` if the newest manifest or a bucket is damaged, `Unavailable` if the store cannot be read.
    pub(crate) async fn load(store: Store, sources: Sources) -> Result<Self> {
        let found = store.list(&path::manifests()).await?;
        let newest = found.iter().filter_map(|meta| path::manifest_number(&meta.location)).max();
        let mut committer = Self {
            store,
            sources,
            manifest: Manifest::default(),
            buckets: BTreeMap::new(),
            superseded: VecDeque::new(),
            fenced: false,
            committed: Arc::default(),
        };
        let Some(number) = newest else { return Ok(committer) };
        let name = path::manifest(number);
        let bytes = committer.store.get_existing(&name).await?;
        committer.manifest = Manifest::open(&bytes, name.as_ref())?;
        committer.committed.store(number, Ordering::Release);
        for bucket in &committer.manifest.buckets {
            let name = path::object(ObjectKind::Bucket, uuid_of(&bucket.id));
            let bytes = committer.store.get_existing(&name).await?;
            let tables = Bucket::open(&bytes, name.as_ref())?.tables;
            let tables = tables.into_iter().map(|entry| (entry.table, entry)).collect();
            committer.buckets.insert(bucket.bucket, tables);
        }
        Ok(committer)
    }

    /// The newest manifest.
    pub(crate) fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Number of the newest manifest, as it grows.
    pub(crate) fn committed(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.committed)
    }

    /// The durable state of a table.
    pub(crate) fn entry(&self, table: TableId) -> Option<&TableEntry> {
        self.buckets.get(&bucket_of(table))?.get(&table.0)
    }

    /// The durable states of all tables.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &TableEntry> {
        self.buckets.values().flat_map(BTreeMap::values)
    }

    /// Commits new states of tables, and how far the log is in them.
    ///
    /// # Errors
    /// `Unavailable` if the store fails; the state is then as before. `Conflict` if another writer committed: this one
    /// must stop.
    pub(crate) async fn commit(
        &mut self,
        entries: Vec<TableEntry>,
        progress: Option<Progress>,
    ) -> Result<()> {
        let referred_before = self.references();
        let dirty: BTreeSet<u32> =
            entries.iter().map(|entry| bucket_of(TableId(entry.table))).collect();
        let mut changed: BTreeMap<u32, BTreeMap<u64, TableEntry>> = BTreeMap::new();
        for &bucket in &dirty {
            changed.insert(bucket, self.buckets.get(&bucket).cloned().unwrap_or_default());
        }
        for entry in entries {
            let bucket = changed.entry(bucket_of(TableId(entry.table))).or_default();
            if entry.files.is_empty() && entry.slice.is_none() {
                bucket.remove(&entry.table);
            } else {
                bucket.insert(entry.table, entry);
            }
        }
        let (kept, replaced): (Vec<BucketRef>, Vec<BucketRef>) =
            self.manifest.buckets.iter().cloned().partition(|b| !dirty.contains(&b.bucket));
        let mut superseded: Vec<_> = replaced
            .iter()
            .map(|bucket| path::object(ObjectKind::Bucket, uuid_of(&bucket.id)))
            .collect();
        let mut buckets = kept;
        for (&number, tables) in &changed {
            let id = self.new_id();
            let bucket = Bucket { tables: tables.values().cloned().collect() };
            self.store.put(&path::object(ObjectKind::Bucket, id), bucket.seal()?).await?;
            buckets.push(BucketRef { bucket: number, id: id.as_bytes().to_vec() });
        }
        let mut next = Manifest { buckets, ..self.manifest.clone() };
        if let Some(progress) = progress {
            next.flushed_seq = progress.flushed_seq;
            next.last_time_ms = progress.last_time.0;
            next.next_table = progress.next_table;
        }
        self.create(next).await?;
        self.buckets.extend(changed);
        let referred = self.references();
        superseded.extend(
            referred_before.difference(&referred).map(|(kind, id)| path::object(*kind, *id)),
        );
        self.retire(superseded).await
    }

    /// The bundles and deletion vectors that tables refer to.
    pub(crate) fn references(&self) -> BTreeSet<(ObjectKind, Uuid)> {
        let slices = self.entries().filter_map(|entry| entry.slice.as_ref()?.at.as_ref());
        let deletes = self
            .entries()
            .flat_map(|entry| entry.files.iter().filter_map(|file| file.deletes_ref.as_ref()));
        let bundles = slices.map(|at| (ObjectKind::Bundle, uuid_of(&at.object)));
        bundles.chain(deletes.map(|at| (ObjectKind::Deletes, uuid_of(&at.object)))).collect()
    }

    /// Takes the root over: a commit with a higher term and the identity of the log that continues it.
    ///
    /// # Errors
    /// As [`Self::commit`].
    pub(crate) async fn take_over(&mut self, wal_id: Uuid) -> Result<()> {
        let next = Manifest {
            epoch: self.manifest.epoch + 1,
            epoch_began: self.manifest.number + 1,
            wal_id: wal_id.as_bytes().to_vec(),
            released: false,
            ..self.manifest.clone()
        };
        self.create(next).await
    }

    /// Says that this writer has ended, so that the next one need not wait.
    ///
    /// # Errors
    /// As [`Self::commit`].
    pub(crate) async fn release(&mut self) -> Result<()> {
        self.create(Manifest { released: true, ..self.manifest.clone() }).await
    }

    async fn create(&mut self, next: Manifest) -> Result<()> {
        if self.fenced {
            return Err(fenced());
        }
        let next = Manifest {
            number: self.manifest.number + 1,
            nonce: self.new_id().as_bytes().to_vec(),
            parent_nonce: self.manifest.nonce.clone(),
            ..next
        };
        match self.store.create(&path::manifest(next.number), next.seal()?).await? {
            Created::Ours => {
                self.committed.store(next.number, Ordering::Release);
                self.manifest = next;
                Ok(())
            }
            Created::Theirs => {
                self.fenced = true;
                Err(fenced())
            }
        }
    }

    /// Removes the manifest that falls out of those kept, and what only it and older ones needed.
    async fn retire(&mut self, superseded: Vec<object_store::path::Path>) -> Result<()> {
        self.superseded.push_back(superseded);
        if self.superseded.len() <= MANIFESTS_KEPT {
            return Ok(());
        }
        let mut paths = self.superseded.pop_front().unwrap_or_default();
        let oldest = self.manifest.number.saturating_sub(MANIFESTS_KEPT as u64 + 1);
        if oldest > self.manifest.epoch_began {
            paths.push(path::manifest(oldest));
        }
        self.store.delete(paths).await
    }

    /// A fresh name.
    pub(crate) fn new_id(&self) -> Uuid {
        uuid_v7(self.sources.clock.now(), &*self.sources.entropy)
    }
}

/// The id of 16 stored bytes.
pub(crate) fn uuid_of(bytes: &[u8]) -> Uuid {
    Uuid::from_slice(bytes).unwrap_or_default()
}

fn fenced() -> Error {
    Error::new(
        ErrorKind::Conflict,
        "Another server took over this data root. This one takes no more writes; stop it.",
    )
}
