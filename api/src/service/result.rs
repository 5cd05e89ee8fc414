//! Kept answers of queries.

use super::{Caller, Service};
use crate::{
    auth::Principal,
    operation::Operation as Op,
    results::{About, Owner},
};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use rekor_core::{Error, Result, limits};
use rekor_query::{
    Format, QueryLimits, QueryRequest, QueryResult, Scope, StreamEncoder, keep_answer,
    kept::unknown_result,
};
use serde_json::{Map, Value, json};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};

/// How often answers whose time is over are removed.
const SWEEP_INTERVAL: Duration = Duration::from_secs(300);

/// A kept answer in a format, as a stream.
pub(crate) struct Download<S> {
    /// Its id.
    pub(crate) id: String,
    /// The format.
    pub(crate) format: Format,
    /// Its bytes.
    pub(crate) body: S,
}

impl Service {
    /// Runs a query and keeps its whole answer.
    ///
    /// # Errors
    /// Those of the query; `Unavailable` if nothing can be kept.
    pub(crate) async fn keep_query(
        &self,
        caller: &Caller,
        request: QueryRequest,
    ) -> Result<QueryResult> {
        self.require_keeping()?;
        let new = self.new_result(caller, &request.scope)?;
        let (mut answer, kept, new) = self.queries.keep(request, new).await?;
        answer.kept = Some(new.finish(kept).await?.to_json());
        Ok(answer)
    }

    /// Keeps an answer that is there already, and complete.
    ///
    /// # Errors
    /// `Unavailable` if nothing can be kept.
    pub(crate) async fn keep_answer(
        &self,
        caller: &Caller,
        scope: Scope,
        answer: &QueryResult,
    ) -> Result<QueryResult> {
        self.require_keeping()?;
        let new = self.new_result(caller, &scope)?;
        let (kept, new) = keep_answer(answer, new).await?;
        Ok(QueryResult { kept: Some(new.finish(kept).await?.to_json()), ..answer.clone() })
    }

    fn require_keeping(&self) -> Result<()> {
        if self.writes {
            return Ok(());
        }
        Err(Error::unavailable("This server only reads, so it keeps no answers. Leave `keep` out."))
    }

    fn new_result(&self, caller: &Caller, scope: &Scope) -> Result<crate::results::NewResult> {
        let database = self.existing(caller, scope.database.as_str())?;
        let incarnation = database.entry.tables.relationships;
        Ok(self.results.create(Owner::of(&caller.principal), scope.clone(), incarnation))
    }

    /// The kept answers of a caller in a database, newest first.
    ///
    /// # Errors
    /// `NotFound` of the database, `Unavailable`.
    pub async fn list_results(&self, caller: &Caller, database: &str) -> Result<Vec<Value>> {
        let usable = self.usable(caller, Op::ResultList, database)?;
        Ok(usable.all().await?.iter().map(About::to_json).collect())
    }

    /// What a kept answer is.
    ///
    /// # Errors
    /// `NotFound`, also of one whose time is over, and of those of others.
    pub async fn get_result(&self, caller: &Caller, database: &str, id: &str) -> Result<Value> {
        let usable = self.usable(caller, Op::ResultGet, database)?;
        Ok(found(usable.about(id).await?, id)?.to_json())
    }

    /// Removes a kept answer before its time.
    ///
    /// # Errors
    /// As [`Self::get_result`].
    pub async fn delete_result(&self, caller: &Caller, database: &str, id: &str) -> Result<Value> {
        let usable = self.usable(caller, Op::ResultDelete, database)?;
        let about = found(usable.about(id).await?, id)?;
        self.require_keeping()?;
        self.results.remove(&about).await?;
        Ok(json!({"id": about.id, "deleted": true}))
    }

    /// The rows of a kept answer in their order, in a format; Parquet, if none is named. Dropping the stream ends it.
    ///
    /// # Errors
    /// As [`Self::get_result`]; validation of formats that must know all rows before the first.
    pub(crate) async fn download_result(
        &self,
        caller: &Caller,
        database: &str,
        id: &str,
        format: Option<&str>,
    ) -> Result<Download<impl Stream<Item = Result<Bytes>> + Send + use<>>> {
        let usable = self.usable(caller, Op::ResultDownload, database)?;
        let about = found(usable.about(id).await?, id)?;
        let format = format.map(Format::parse).transpose()?.unwrap_or(Format::Parquet);
        let mut encoder = StreamEncoder::new(&about.columns, format)?;
        let start = encoder.start()?;
        let request = QueryRequest {
            version: self.engine.snapshot(),
            scope: usable.into_scope(),
            sql: "SELECT * FROM result({id:String})".to_owned(),
            params: Map::from_iter([("id".to_owned(), Value::from(about.id.as_str()))]),
            limits: QueryLimits::default(),
        };
        let batches = Box::pin(self.queries.stream(request).await?);
        let rest = stream::unfold(Some((batches, encoder)), |state| async {
            let (mut batches, mut encoder) = state?;
            match batches.next().await {
                Some(Ok(answer)) => {
                    let piece = encoder.rows(&answer.batches);
                    let next = piece.is_ok().then_some((batches, encoder));
                    Some((piece, next))
                }
                Some(Err(error)) => Some((Err(error), None)),
                None => Some((encoder.end(), None)),
            }
        });
        let body = stream::iter([Ok(start)]).chain(rest).map(|piece| piece.map(Bytes::from));
        Ok(Download { id: about.id, format, body })
    }

    /// Removes what nobody can use any more.
    async fn sweep_results(&self) {
        let snapshot = self.engine.snapshot();
        let catalog = snapshot.catalog();
        let tokens = catalog.tokens.values().map(|token| Owner::token(&token.id));
        let people = catalog.users.values().map(|user| Owner::human(&user.id));
        let standing = [Principal::dev_owner(), Principal::local()].map(|who| Owner::of(&who));
        let owners: Vec<Owner> = tokens.chain(people).chain(standing).collect();
        if let Err(error) = self.results.sweep(&owners).await {
            tracing::warn!(%error, "old answers were not removed");
        }
    }

    /// Removes the answers of credentials that are gone, soon.
    pub(crate) fn forget_results(&self) {
        self.results_swept.notify_one();
    }
}

fn found(about: Option<About>, id: &str) -> Result<About> {
    about.ok_or_else(|| Error::not_found(unknown_result(id).message))
}

/// Removes what nobody can use any more, as long as the service is there: at its start, now and then, and when asked to.
pub(super) async fn sweep(service: Weak<Service>) {
    loop {
        let Some(strong) = service.upgrade() else { return };
        strong.sweep_results().await;
        let asked = Arc::clone(&strong.results_swept);
        drop(strong);
        let _either = tokio::time::timeout(SWEEP_INTERVAL, asked.notified()).await;
    }
}

/// Whether a kept answer is short enough for an MCP resource.
pub(crate) fn fits_resource(about: &Value) -> bool {
    about.get("bytes").and_then(Value::as_u64).unwrap_or(0)
        <= limits::RESULT_RESOURCE_BYTES_MAX as u64
}
