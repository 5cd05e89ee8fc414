//! Every operation of Rekor, one method each, with no transport.

pub mod answer;
pub mod batch;
pub mod browser;
pub mod client;
pub mod collection;
mod config;
pub mod confirmation;
pub mod database;
pub mod describe;
pub mod document;
pub mod endpoint;
pub mod import;
pub mod list;
pub mod oauth;
pub mod promote;
pub mod provider;
pub mod relationship;
pub mod relationship_type;
mod renewal;
pub mod result;
pub mod session;
pub mod sql;
pub mod token;
mod usage;
pub mod user;

use crate::{
    auth::{Principal, Target, authorise, missing_collection, missing_database},
    nearest::with_nearest,
    oauth::{OAuth, OAuthConfig},
    operation::Operation,
    rest::limit::RateLimit,
    results::ResultStore,
};
use rekor_core::{
    Error, Result,
    catalog::{Collection, Database},
    fs::{Fs, OsFs},
    store::{RootLocation, Store},
    time::Sources,
};
use rekor_ingest::{
    AuditReport, CheckReport, Engine, EngineConfig, OpenMode, Origin, Stats, Thresholds,
};
use rekor_query::{Execution, QueryEngine};
use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{Arc, Weak},
};
use tokio::sync::watch;

/// What a service needs.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// The data root.
    pub root: RootLocation,
    /// Directory of the write-ahead log; needed with an S3 root, else inside the root.
    pub wal_dir: Option<PathBuf>,
    /// The standard `AWS_*` variables, for an S3 root.
    pub s3_variables: Vec<(String, String)>,
    /// Opens without a lock and refuses writes.
    pub read_only: bool,
    /// The owner's standing credential (`rks_…`); only with `--dev`.
    pub owner_token: Option<String>,
    /// Text for whoever finds the root locked.
    pub holder: String,
    /// When memory becomes files.
    pub thresholds: Thresholds,
    /// How queries are executed.
    pub execution: Execution,
    /// The address by which people and programs reach the server, if it is not the one it listens on.
    pub public_url: Option<String>,
    /// Requests a second that a credential may send; no limit, if absent.
    pub rate_limit: Option<u32>,
    /// Origins whose pages may call from a browser.
    pub cors_origins: Vec<String>,
    /// OAuth for MCP clients; off, if absent.
    pub oauth: Option<OAuthConfig>,
    /// Time and randomness.
    pub sources: Sources,
    /// Whether old MCP clients may connect at `/sse`, with the token in the URL.
    pub legacy_sse: bool,
}

impl ServiceConfig {
    /// A root in a local directory, written by this process alone.
    pub fn local(root: PathBuf) -> Self {
        Self {
            root: RootLocation::Local(root),
            wal_dir: None,
            s3_variables: Vec::new(),
            read_only: false,
            owner_token: None,
            holder: format!("process {}", std::process::id()),
            thresholds: Thresholds::default(),
            execution: Execution::default(),
            public_url: None,
            rate_limit: None,
            cors_origins: Vec::new(),
            oauth: None,
            sources: Sources::default(),
            legacy_sse: false,
        }
    }
}

/// The service.
#[derive(Debug)]
pub struct Service {
    pub(crate) engine: Arc<Engine>,
    pub(crate) queries: QueryEngine,
    pub(crate) owner_token: Option<String>,
    pub(crate) public_url: Option<String>,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) legacy_sse: bool,
    pub(crate) doors: session::Doors,
    pub(crate) usage: usage::Usage,
    pub(crate) oauth: Option<OAuth>,
    /// Set when the server stops: answers that go on for as long as their clients listen end then.
    pub(crate) leaving: watch::Sender<bool>,
    pub(crate) results: ResultStore,
    /// Wakes the sweep of kept answers.
    results_swept: Arc<tokio::sync::Notify>,
    /// Whether this process writes to the root.
    writes: bool,
    runtime: tokio::runtime::Handle,
}

/// One request: who, through which face, under which id.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who asks.
    pub principal: Principal,
    /// `api`, `cli`, `batch` or `import`.
    pub source: &'static str,
    /// Id of the request.
    pub request_id: String,
    /// Set if the request may be sent again.
    pub request: Option<answer::RequestKey>,
}

impl Caller {
    /// A caller whose requests are done as often as they are sent.
    pub fn new(principal: Principal, source: &'static str, request_id: &str) -> Self {
        Self { principal, source, request_id: request_id.to_owned(), request: None }
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin {
            actor_type: self.principal.actor_type().to_owned(),
            actor_id: self.principal.id.clone(),
            source: self.source.to_owned(),
            request_id: self.request_id.clone(),
        }
    }

    pub(crate) fn through(self, source: &'static str) -> Self {
        Self { source, ..self }
    }
}

impl Service {
    /// Opens a data root. Blocking: replays the log.
    ///
    /// # Errors
    /// `Conflict` if another process holds the root, `Corrupt` if durable bytes are damaged, `Unavailable` otherwise.
    pub fn open(config: ServiceConfig) -> Result<Arc<Self>> {
        let started = config.sources.clock.now();
        let oauth = config.oauth.as_ref().map(|oauth| OAuth::new(oauth, started)).transpose()?;
        let mode = if config.read_only { OpenMode::ReadOnly } else { OpenMode::ReadWrite };
        let engine = Engine::open(engine_config(config.clone())?, mode)?;
        let queries = QueryEngine::new(config.execution, Arc::clone(engine.store().objects()))?;
        let doors = session::Doors::new(&*engine.sources().entropy);
        let runtime = tokio::runtime::Handle::current();
        let usage = runtime.block_on(usage::Usage::load(engine.store()));
        let results = ResultStore::new(engine.store().clone(), engine.sources().clone());
        let service = Arc::new(Self {
            engine,
            results,
            results_swept: Arc::default(),
            queries,
            owner_token: config.owner_token,
            public_url: config.public_url,
            rate_limit: config.rate_limit.map(RateLimit::new),
            cors_origins: config.cors_origins,
            legacy_sse: config.legacy_sse,
            doors,
            usage,
            oauth,
            leaving: watch::Sender::new(false),
            writes: !config.read_only,
            runtime: runtime.clone(),
        });
        if service.writes {
            runtime.spawn(save_usage(Arc::downgrade(&service)));
            runtime.spawn(result::sweep(Arc::downgrade(&service)));
        }
        Ok(service)
    }

    /// Ends answers that would go on for as long as their clients listen.
    pub fn leave(&self) {
        self.leaving.send_replace(true);
    }

    /// Takes no more writes and waits for those under way. Blocking.
    pub fn close(&self) {
        if self.writes {
            self.runtime.block_on(self.save_usage());
        }
        self.engine.close();
    }

    async fn save_usage(&self) {
        let snapshot = self.engine.snapshot();
        let tokens: HashSet<&str> =
            snapshot.catalog().tokens.values().map(|token| token.id.as_str()).collect();
        let saved = self.usage.save(self.engine.store(), |id| tokens.contains(id)).await;
        if let Err(error) = saved {
            tracing::warn!(%error, "when tokens were used last was not saved");
        }
    }

    /// Makes everything written so far durable in files.
    ///
    /// # Errors
    /// `Forbidden` without the right, `Unavailable` if the store fails.
    pub async fn flush(&self, caller: &Caller) -> Result<Stats> {
        authorise(&caller.principal, Operation::AdminFlush, Target::ACCOUNT)?;
        self.engine.flush().await?;
        Ok(self.engine.stats())
    }

    /// Flushes, and merges the files of every table into one.
    ///
    /// # Errors
    /// `Forbidden` without the right, `Unavailable` if the store fails.
    pub async fn compact(&self, caller: &Caller) -> Result<Stats> {
        authorise(&caller.principal, Operation::AdminCompact, Target::ACCOUNT)?;
        self.engine.compact().await?;
        Ok(self.engine.stats())
    }

    /// Looks at everything that is stored: is it there, whole, and every row alive exactly once?
    ///
    /// # Errors
    /// `Forbidden` without the right.
    pub async fn check(&self, caller: &Caller) -> Result<CheckReport> {
        authorise(&caller.principal, Operation::AdminCheck, Target::ACCOUNT)?;
        Ok(self.engine.check().await)
    }

    /// Computes the hash chains of the operations logs again: was an entry changed, dropped or put in?
    ///
    /// # Errors
    /// `Forbidden` without the right.
    pub async fn verify_audit(&self, caller: &Caller) -> Result<AuditReport> {
        authorise(&caller.principal, Operation::AuditVerify, Target::ACCOUNT)?;
        Ok(self.engine.verify_logs().await)
    }

    /// Sizes, for people.
    ///
    /// # Errors
    /// `Forbidden` without the right.
    pub fn stats(&self, caller: &Caller) -> Result<Stats> {
        authorise(&caller.principal, Operation::AdminStats, Target::ACCOUNT)?;
        Ok(self.engine.stats())
    }

    /// Whether the service answers.
    pub fn is_ready(&self) -> bool {
        self.engine.snapshot().visible_seq() < u64::MAX
    }

    /// A database that the caller may do this in.
    ///
    /// # Errors
    /// `NotFound` if there is none or the caller does not reach it, `Forbidden` without the permission.
    pub(crate) fn reach(
        &self,
        caller: &Caller,
        operation: Operation,
        id: &str,
    ) -> Result<Arc<Database>> {
        let database = self.existing(caller, id)?;
        authorise(&caller.principal, operation, Target::database(&database.entry.id))?;
        Ok(database)
    }

    /// A collection that the caller may do this to, and its database.
    ///
    /// # Errors
    /// As [`Self::reach`].
    pub(crate) fn reach_collection(
        &self,
        caller: &Caller,
        operation: Operation,
        database: &str,
        id: &str,
    ) -> Result<(Arc<Database>, Arc<Collection>)> {
        let database = self.existing(caller, database)?;
        let known = &database.entry.id;
        let found = authorise(&caller.principal, operation, Target::collection(known, id))
            .and_then(|()| {
                let collection = database.collections.get(id).cloned();
                collection.ok_or_else(|| missing_collection(known, id))
            });
        let grants = &caller.principal.grants;
        let reached = database.collections.keys().map(|id| id.as_str());
        let reached = reached.filter(|id| grants.see_collection(known, id));
        let collection = found.map_err(|error| with_nearest(error, id, reached))?;
        Ok((Arc::clone(&database), collection))
    }

    pub(crate) fn existing(&self, caller: &Caller, id: &str) -> Result<Arc<Database>> {
        let snapshot = self.engine.snapshot();
        let found = snapshot.catalog().databases.get(id).cloned();
        let seen = found.filter(|database| caller.principal.grants.see(&database.entry.id));
        seen.ok_or_else(|| {
            let names = snapshot.catalog().databases.keys();
            let reached = names.filter(|id| caller.principal.grants.see(id)).map(|id| id.as_str());
            with_nearest(missing_database(id), id, reached)
        })
    }
}

/// Saves when tokens were used last, as long as the service is there.
async fn save_usage(service: Weak<Service>) {
    loop {
        tokio::time::sleep(usage::SAVE_INTERVAL).await;
        let Some(service) = service.upgrade() else { return };
        service.save_usage().await;
    }
}

fn engine_config(config: ServiceConfig) -> Result<EngineConfig> {
    let runtime = tokio::runtime::Handle::current();
    let fs: Arc<dyn Fs> = Arc::new(OsFs);
    match &config.root {
        RootLocation::Local(root) => {
            let mut engine = EngineConfig::local(fs, root.clone(), config.holder, runtime);
            engine.wal_dir = config.wal_dir.unwrap_or(engine.wal_dir);
            engine.thresholds = config.thresholds;
            engine.sources = config.sources;
            Ok(engine)
        }
        RootLocation::S3 { bucket, prefix } => {
            let wal_dir = config.wal_dir.ok_or_else(|| {
                Error::validation(format!(
                    "A data root on S3 needs --wal DIR (or REKOR_WAL): a directory on a volume that outlives the server, for the writes that are not in {} yet.",
                    config.root
                ))
            })?;
            Ok(EngineConfig {
                store: Store::s3(bucket, prefix, &config.s3_variables)?,
                fs,
                wal_dir,
                root: config.root,
                holder: config.holder,
                sources: config.sources,
                runtime,
                thresholds: config.thresholds,
            })
        }
    }
}
