//! SQL.

use super::{Caller, Service};
use crate::{auth::Principal, operation::Operation as Op};
use rekor_core::{
    Error, Result,
    grant::{Permission, Subject},
    id::DatabaseId,
};
use rekor_query::{Format, QueryLimits, QueryRequest, QueryResult, Scope};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Body of a query.
#[derive(Debug, Deserialize)]
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
        let database = self.reach(caller, Op::Sql, database)?.entry.id.clone();
        let format = body.format.as_deref().map(Format::parse).transpose()?;
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
        let request = QueryRequest {
            version: self.engine.snapshot(),
            scope: scope(&caller.principal, database),
            sql: body.query,
            params,
            limits,
        };
        let mut result = self.queries.execute(request).await?;
        result.format = result.format.or(format);
        Ok(result)
    }
}
