//! Kept answers: Parquet objects that queries write, each for the one who made it, for a time. Nothing else writes `results/`.
//!
//! An answer is two objects, its rows and what it is, the second written last. Nothing about them is kept in memory: they are
//! there after a restart, and for a second process on the same root. Who may use one is decided by [`crate::auth::has_result`].

mod writer;

pub(crate) use writer::NewResult;

use crate::auth::{Principal, has_result};
use futures::future::BoxFuture;
use rekor_core::{
    Error, Result, Timestamp,
    id::TableId,
    limits,
    path::{self, ResultName, ResultPart},
    store::Store,
    time::Sources,
};
use rekor_query::{Cut, ResultColumn, Results, Scope, StoredResult};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

/// What ids of kept answers begin with.
const PREFIX: &str = "r_";
/// Hexadecimal digits of an id: 128 bits.
const ID_DIGITS: usize = 32;

/// Who made an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// `human` or `token`.
    kind: String,
    id: String,
}

impl Owner {
    /// The owner that a principal is.
    pub fn of(principal: &Principal) -> Self {
        Self { kind: principal.actor_type().to_owned(), id: principal.id.clone() }
    }

    /// The owner that a token is.
    pub(crate) fn token(id: &str) -> Self {
        Self { kind: "token".to_owned(), id: id.to_owned() }
    }

    /// The owner that a person is.
    pub(crate) fn human(id: &str) -> Self {
        Self { kind: "human".to_owned(), id: id.to_owned() }
    }

    /// The folder of their answers.
    pub(crate) fn folder(&self) -> String {
        let mut digest = hex::encode(Sha256::digest(format!("{}:{}", self.kind, self.id)));
        digest.truncate(32);
        digest
    }
}

/// What a kept answer is, as its second object says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct About {
    /// `r_` and 32 hexadecimal digits.
    pub id: String,
    /// Who made it.
    pub owner: Owner,
    /// What its query could see.
    pub scope: Scope,
    /// A table of the database that it is of: a database made anew under the same id has another.
    pub(crate) incarnation: TableId,
    /// Its columns.
    pub(crate) columns: Vec<ResultColumn>,
    /// Its rows.
    pub(crate) row_count: u64,
    /// Size of its Parquet object.
    pub(crate) size_bytes: u64,
    /// Why rows were left out, if some were.
    pub(crate) cut: Option<Cut>,
    /// A column each, as [`rekor_query::Kept`] has them.
    pub(crate) statistics: Vec<Value>,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// When it ends.
    pub(crate) expires_at: Timestamp,
}

impl About {
    fn name(&self) -> ResultName {
        ResultName {
            owner: self.owner.folder(),
            expires_at_ms: self.expires_at.0,
            id: self.id.trim_start_matches(PREFIX).to_owned(),
        }
    }

    /// What every face says of it.
    pub(crate) fn to_json(&self) -> Value {
        let mut out = json!({
            "id": self.id,
            "rows": self.row_count,
            "bytes": self.size_bytes,
            "truncated": self.cut.is_some(),
            "created_at": self.created_at.to_rfc3339(),
            "expires_at": self.expires_at.to_rfc3339(),
            "columns": self.statistics,
        });
        if let (Some(cut), Some(members)) = (self.cut, out.as_object_mut()) {
            members.insert("truncated_by".to_owned(), json!(cut));
        }
        out
    }

    /// As scans read it.
    pub(crate) fn stored(&self) -> StoredResult {
        StoredResult {
            path: self.name().path(ResultPart::Rows),
            size_bytes: self.size_bytes,
            row_count: self.row_count,
            columns: self.columns.clone(),
        }
    }
}

/// The kept answers of a data root.
#[derive(Clone, Debug)]
pub(crate) struct ResultStore {
    store: Store,
    sources: Sources,
}

impl ResultStore {
    pub(crate) fn new(store: Store, sources: Sources) -> Self {
        Self { store, sources }
    }

    fn now(&self) -> Timestamp {
        self.sources.clock.now()
    }

    /// An answer of an owner by its id, if its time is not over.
    ///
    /// # Errors
    /// `Unavailable` if the store fails, `Corrupt`.
    pub(crate) async fn find(&self, owner: &Owner, id: &str) -> Result<Option<About>> {
        let digits = id.strip_prefix(PREFIX).unwrap_or_default();
        if digits.len() != ID_DIGITS || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let names = self.names(owner).await?;
        let Some(name) = names.into_keys().find(|name| name.id == digits) else { return Ok(None) };
        self.about(&name).await
    }

    /// All answers of an owner whose time is not over, oldest first.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub(crate) async fn all(&self, owner: &Owner) -> Result<Vec<About>> {
        let mut found = Vec::new();
        for name in self.names(owner).await?.into_keys() {
            found.extend(self.about(&name).await?);
        }
        Ok(found)
    }

    /// What an answer is; nothing, if it went or was never finished.
    async fn about(&self, name: &ResultName) -> Result<Option<About>> {
        if name.expires_at_ms <= self.now().0 {
            return Ok(None);
        }
        let Some(bytes) = self.store.get(&name.path(ResultPart::About)).await? else {
            return Ok(None);
        };
        let about = serde_json::from_slice(&bytes)
            .map_err(|error| Error::corrupt(format!("A kept answer cannot be read: {error}.")))?;
        Ok(Some(about))
    }

    /// The answers of an owner with the sizes of their objects, oldest first.
    async fn names(&self, owner: &Owner) -> Result<BTreeMap<ResultName, u64>> {
        let mut names = BTreeMap::new();
        for meta in self.store.list(&path::results_of(&owner.folder())).await? {
            if let Some((name, _)) = ResultName::parse(&meta.location) {
                *names.entry(name).or_default() += meta.size;
            }
        }
        Ok(names)
    }

    /// Removes an answer.
    ///
    /// # Errors
    /// `Unavailable` if the store fails.
    pub(crate) async fn remove(&self, about: &About) -> Result<()> {
        self.remove_named(&about.name()).await
    }

    async fn remove_named(&self, name: &ResultName) -> Result<()> {
        // What it is goes first: rows alone are nothing.
        self.store.delete(vec![name.path(ResultPart::About)]).await?;
        self.store.delete(vec![name.path(ResultPart::Rows)]).await
    }

    /// Removes the oldest answers of an owner until what is left is within their quota; `newest` stays in any case.
    async fn make_room(&self, owner: &Owner, newest: &ResultName) -> Result<()> {
        let names = self.names(owner).await?;
        let (mut count, mut bytes) = (names.len(), names.values().sum::<u64>());
        let bytes_max = limits::RESULTS_BYTES_PER_CREDENTIAL_MAX as u64;
        for (name, size) in names.iter().filter(|(name, _)| *name != newest) {
            if count <= limits::RESULTS_PER_CREDENTIAL_MAX && bytes <= bytes_max {
                break;
            }
            self.remove_named(name).await?;
            (count, bytes) = (count - 1, bytes - size);
        }
        Ok(())
    }

    /// Removes what nobody can use any more: answers whose time is over, and those of owners that are gone.
    ///
    /// # Errors
    /// `Unavailable` if the store fails.
    pub(crate) async fn sweep(&self, owners: &[Owner]) -> Result<()> {
        let (now, folders) = (self.now(), owners.iter().map(Owner::folder));
        let folders: HashSet<String> = folders.collect();
        let found = self.store.list(&path::results()).await?.into_iter().map(|meta| meta.location);
        let gone = found.filter(|location| {
            ResultName::parse(location).is_some_and(|(name, _)| {
                name.expires_at_ms <= now.0 || !folders.contains(&name.owner)
            })
        });
        let gone: Vec<_> = gone.collect();
        if gone.is_empty() { Ok(()) } else { self.store.delete(gone).await }
    }

    /// An answer to be written.
    pub(crate) fn create(&self, owner: Owner, scope: Scope, incarnation: TableId) -> NewResult {
        let mut random = [0; ID_DIGITS / 2];
        self.sources.entropy.fill(&mut random);
        let created_at = self.now();
        NewResult::new(
            self.clone(),
            About {
                id: format!("{PREFIX}{}", hex::encode(random)),
                owner,
                scope,
                incarnation,
                columns: Vec::new(),
                row_count: 0,
                size_bytes: 0,
                cut: None,
                statistics: Vec::new(),
                created_at,
                expires_at: Timestamp(created_at.0 + limits::RESULT_TTL_MS),
            },
        )
    }
}

/// The kept answers that one request may use.
#[derive(Clone, Debug)]
pub(crate) struct Usable {
    pub(crate) store: ResultStore,
    pub(crate) principal: Principal,
    pub(crate) scope: Scope,
    pub(crate) incarnation: TableId,
}

impl Usable {
    /// The scope of a query that may name these answers.
    pub(crate) fn into_scope(self) -> Scope {
        Scope { results: Some(Arc::new(self.clone())), ..self.scope }
    }

    fn may_use(&self, about: &About) -> bool {
        about.incarnation == self.incarnation && has_result(&self.principal, &self.scope, about)
    }

    /// The answer of an id.
    ///
    /// # Errors
    /// As [`ResultStore::find`].
    pub(crate) async fn about(&self, id: &str) -> Result<Option<About>> {
        let found = self.store.find(&Owner::of(&self.principal), id).await?;
        Ok(found.filter(|about| self.may_use(about)))
    }

    /// All of them, newest first.
    ///
    /// # Errors
    /// As [`ResultStore::find`].
    pub(crate) async fn all(&self) -> Result<Vec<About>> {
        let mut found = self.store.all(&Owner::of(&self.principal)).await?;
        found.retain(|about| self.may_use(about));
        found.reverse();
        Ok(found)
    }
}

impl Results for Usable {
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<StoredResult>>> {
        Box::pin(async move { Ok(self.about(id).await?.map(|about| about.stored())) })
    }
}
