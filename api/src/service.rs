//! Every operation of Rekor, one method each, with no transport.

pub mod batch;
pub mod collection;
pub mod database;
pub mod document;
pub mod import;
pub mod promote;
pub mod relationship;
pub mod sql;
pub mod token;

use crate::auth::Principal;
use rekor_core::{
    Error, Result,
    catalog::{Collection, Database},
    fs::{Fs, OsFs},
    id::{CollectionId, DatabaseId},
    store::{RootLocation, Store},
    time::Sources,
};
use rekor_ingest::{CheckReport, Engine, EngineConfig, OpenMode, Origin, Stats, Thresholds};
use rekor_query::QueryEngine;
use std::{path::PathBuf, sync::Arc};

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
}

/// The service.
#[derive(Debug)]
pub struct Service {
    pub(crate) engine: Arc<Engine>,
    pub(crate) queries: QueryEngine,
    pub(crate) owner_token: Option<String>,
}

/// One request: who, through which face, under which id.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who asks.
    pub principal: Principal,
    /// `api`, `cli`, `batch`, `import`.
    pub source: &'static str,
    /// Id of the request.
    pub request_id: String,
}

impl Caller {
    pub(crate) fn origin(&self) -> Origin {
        Origin {
            actor_type: self.principal.kind().to_owned(),
            actor_id: self.principal.id().to_owned(),
            source: self.source.to_owned(),
            request_id: self.request_id.clone(),
        }
    }

    pub(crate) fn through(&self, source: &'static str) -> Self {
        Self { source, ..self.clone() }
    }
}

impl Service {
    /// Opens a data root. Blocking: replays the log.
    ///
    /// # Errors
    /// `Conflict` if another process holds the root, `Corrupt` if durable bytes are damaged, `Unavailable` otherwise.
    pub fn open(config: ServiceConfig) -> Result<Arc<Self>> {
        let mode = if config.read_only { OpenMode::ReadOnly } else { OpenMode::ReadWrite };
        let engine = Engine::open(engine_config(config.clone())?, mode)?;
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let queries = QueryEngine::new(threads, Arc::clone(engine.store().objects()))?;
        Ok(Arc::new(Self { engine, queries, owner_token: config.owner_token }))
    }

    /// Takes no more writes and waits for those under way. Blocking.
    pub fn close(&self) {
        self.engine.close();
    }

    /// Makes everything written so far durable in files.
    ///
    /// # Errors
    /// `Forbidden` without the right, `Unavailable` if the store fails.
    pub async fn flush(&self, caller: &Caller) -> Result<Stats> {
        crate::auth::authorise(&caller.principal, crate::auth::Action::Administer)?;
        self.engine.flush().await?;
        Ok(self.engine.stats())
    }

    /// Flushes, and merges the files of every table into one.
    ///
    /// # Errors
    /// `Forbidden` without the right, `Unavailable` if the store fails.
    pub async fn compact(&self, caller: &Caller) -> Result<Stats> {
        crate::auth::authorise(&caller.principal, crate::auth::Action::Administer)?;
        self.engine.compact().await?;
        Ok(self.engine.stats())
    }

    /// Looks at everything that is stored: is it there, whole, and every row alive exactly once?
    ///
    /// # Errors
    /// `Forbidden` without the right.
    pub async fn check(&self, caller: &Caller) -> Result<CheckReport> {
        crate::auth::authorise(&caller.principal, crate::auth::Action::Administer)?;
        Ok(self.engine.check().await)
    }

    /// Sizes, for people.
    ///
    /// # Errors
    /// `Forbidden` without the right.
    pub fn stats(&self, caller: &Caller) -> Result<Stats> {
        crate::auth::authorise(&caller.principal, crate::auth::Action::Administer)?;
        Ok(self.engine.stats())
    }

    /// Whether the service answers.
    pub fn is_ready(&self) -> bool {
        self.engine.snapshot().visible_seq() < u64::MAX
    }

    pub(crate) fn database(&self, id: &str) -> Result<Arc<Database>> {
        let snapshot = self.engine.snapshot();
        let found = snapshot.catalog().databases.get(id).cloned();
        found.ok_or_else(|| {
            Error::not_found(format!(
                "The database {id} does not exist. Create it with `rekor databases create {id}`."
            ))
        })
    }

    pub(crate) fn collection(&self, database: &str, id: &str) -> Result<Arc<Collection>> {
        let database = self.database(database)?;
        database.collections.get(id).cloned().ok_or_else(|| {
            let known: Vec<&str> = database.collections.keys().map(CollectionId::as_str).collect();
            let hint = if known.is_empty() {
                "It has no collections yet.".to_owned()
            } else {
                format!("It has: {}.", known.join(", "))
            };
            Error::not_found(format!(
                "The collection {id} does not exist in {}. {hint}",
                database.entry.id
            ))
        })
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
                sources: Sources::default(),
                runtime,
                thresholds: config.thresholds,
            })
        }
    }
}

/// Changing configuration is refused in production databases.
pub(crate) fn require_preview(database: &DatabaseId) -> Result<()> {
    if database.is_preview() {
        return Ok(());
    }
    Err(Error::forbidden(format!(
        "{database} is a production database: its collections change only by promotion. \
         Make a preview with `rekor databases create-preview {database} --name <slug>` and work in {database}--<slug>."
    )))
}
