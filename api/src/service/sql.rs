//! SQL.

use super::{Caller, Service};
use crate::{auth::Principal, operation::Operation as Op, results::Usable};
use rekor_core::{
    Error, Result,
    grant::{Permission, Subject},
    id::DatabaseId,
};
use rekor_query::{Format, QueryLimits, QueryRequest, QueryResult, Scope};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Body of a query.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlBody {
    /// The text.
    pub query: String,
    /// Values of `{name:Type}`.
    #[serde(default)]
    pub params: Map<String, Value>,
    /// A format of ClickHouse for the answer, unless the query names one itself.
    #[serde(default)]
    pub format: Option<String>,
    /// Whether the whole answer is kept, for `result('r_…')` in further queries and to be downloaded.
    #[serde(default)]
    pub keep: bool,
}

/// What a principal may see of a database, computed once per request.
pub(crate) fn scope(principal: &Principal, database: DatabaseId) -> Scope {
    let read = |subject| principal.collections(Permission::read(subject), &database);
    Scope {
        documents: read(Subject::Documents),
        relationships: read(Subject::Relationships),
        collections: read(Subject::Collections),
        databases: !read(Subject::Databases).is_empty(),
        account: principal.grants.allow_everywhere(Permission::read(Subject::Audit)),
        database,
        results: None,
    }
}

impl Service {
    /// Runs a query on the newest snapshot of a database. Dropping the future cancels it.
    ///
    /// # Errors
    /// Validation with ClickHouse's error in `details[].clickhouse`, `Timeout`, `MemoryLimit`, `RateLimited`.
    pub async fn sql(&self, caller: &Caller, database: &str, body: SqlBody) -> Result<QueryResult> {
        self.sql_within(caller, database, body, QueryLimits::default()).await
    }

    /// [`Self::sql`] within other limits than the default ones.
    ///
    /// # Errors
    /// As [`Self::sql`].
    pub async fn sql_within(
        &self,
        caller: &Caller,
        database: &str,
        body: SqlBody,
        limits: QueryLimits,
    ) -> Result<QueryResult> {
        let (keep, format) = (body.keep, body.format.as_deref().map(Format::parse).transpose()?);
        let request = self.request(caller, database, body, limits)?;
        let mut answer = if keep {
            Box::pin(self.keep_query(caller, request)).await?
        } else {
            self.queries.execute(request).await?
        };
        answer.format = answer.format.or(format);
        Ok(answer)
    }

    /// [`Self::sql`], whose whole answer is kept unless it is complete and `fits`. That it cannot be kept is a warning.
    ///
    /// # Errors
    /// As [`Self::sql`], and those of `fits`.
    pub async fn sql_or_keep(
        &self,
        caller: &Caller,
        database: &str,
        body: SqlBody,
        fits: impl FnOnce(&QueryResult) -> Result<bool>,
    ) -> Result<QueryResult> {
        let mut answer = self.sql(caller, database, body.clone()).await?;
        if fits(&answer)? && !answer.has_more || !self.writes {
            return Ok(answer);
        }
        let default = QueryLimits::default();
        let limits = QueryLimits { time: default.time.saturating_sub(answer.elapsed), ..default };
        let request = self.request(caller, database, body, limits)?;
        let kept = if answer.has_more {
            Box::pin(self.keep_query(caller, request)).await
        } else {
            Box::pin(self.keep_answer(caller, request.scope, &answer)).await
        };
        match kept {
            Ok(kept) => return Ok(kept),
            Err(error) => answer
                .warnings
                .push(format!("The whole answer could not be kept: {}", error.message)),
        }
        Ok(answer)
    }

    /// A query as the engine takes it, on the newest snapshot.
    fn request(
        &self,
        caller: &Caller,
        database: &str,
        body: SqlBody,
        limits: QueryLimits,
    ) -> Result<QueryRequest> {
        let scope = self.usable(caller, Op::Sql, database)?.into_scope();
        let database = scope.database.clone();
        let mut params = body.params;
        for (name, value) in [
            ("database_id", database.as_str()),
            ("workspace_id", database.as_str()),
            ("org_id", "default"),
        ] {
            match params.get(name) {
                None => drop(params.insert(name.to_owned(), Value::from(value))),
                Some(given) if given == value => {}
                Some(given) => {
                    return Err(Error::validation(format!(
                        "The parameter {name} is bound to the database of the request ({value}); {given} is another one. Leave it out."
                    )));
                }
            }
        }
        Ok(QueryRequest { version: self.engine.snapshot(), scope, sql: body.query, params, limits })
    }

    /// What a caller may see of a database for an operation, and the kept answers that are there for them.
    ///
    /// # Errors
    /// Those of [`Self::reach`].
    pub(crate) fn usable(&self, caller: &Caller, operation: Op, database: &str) -> Result<Usable> {
        let database = self.reach(caller, operation, database)?;
        Ok(Usable {
            store: self.results.clone(),
            principal: caller.principal.clone(),
            scope: scope(&caller.principal, database.entry.id.clone()),
            // Of another database that had the id before there is nothing here.
            incarnation: database.entry.tables.relationships,
        })
    }
}
