//! Endpoints: MCP servers over some collections of a database. Configuration like any other: changed in previews, promoted.

use super::{
    Caller, Service,
    answer::{Answer, only},
    config::{Entry, Kind, Put, check_version},
    database::check_texts,
    document::deleted,
    sql::scope,
};
use crate::{mcp, operation::Operation as Op};
use rekor_core::{
    Error, Result, Timestamp,
    catalog::{Database, Endpoint, EndpointEntry},
    endpoint::EndpointConfig,
    error::Detail,
    id::EndpointId,
};
use rekor_ingest::Outcome;
use rekor_query::{QueryLimits, QueryRequest};
use serde_json::{Map, Value, json};

fn endpoint_json(endpoint: &Endpoint) -> Value {
    let Endpoint { entry, version, created_at, updated_at } = endpoint;
    entry_json(entry, *version, [*created_at, *updated_at])
}

fn entry_json(
    entry: &EndpointEntry,
    version: u64,
    [created_at, updated_at]: [Timestamp; 2],
) -> Value {
    let config = &entry.config;
    json!({
        "id": entry.id,
        "name": config.name,
        "description": config.description,
        "tools": config.tools,
        "relationships": config.relationships,
        "batch": config.batch,
        "sql_query": config.sql_query,
        "queries": config.queries,
        "version": version,
        "created_at": created_at.to_rfc3339(),
        "updated_at": updated_at.to_rfc3339(),
    })
}

fn missing(database: &Database, id: &str) -> Error {
    Error::not_found(format!(
        "{} has no endpoint {id}. `rekor endpoints list --database {}` shows those it has.",
        database.entry.id, database.entry.id
    ))
}

/// Refuses a configuration whose tools could not be made: names that collide, collections that are not there.
fn check(database: &Database, config: &EndpointConfig) -> Result<()> {
    config.named_tools()?;
    match broken(config, |collection| database.collections.contains_key(collection)).first() {
        Some(collection) => Err(Error::validation(format!(
            "{} has no collection {collection}; make it first.",
            database.entry.id
        ))
        .with_detail(Detail::at("/tools", format!("no collection {collection}")))),
        None => Ok(()),
    }
}

/// A value of a type, to see whether a query runs.
fn sample(kind: &str) -> Value {
    let inner = |outer: &str| kind.strip_prefix(outer)?.strip_suffix(')').map(str::trim);
    if let Some(kind) = inner("Nullable(").or_else(|| inner("LowCardinality(")) {
        return sample(kind);
    }
    match kind {
        "Bool" => Value::Bool(true),
        "UUID" => Value::from("00000000-0000-0000-0000-000000000000"),
        kind if kind.starts_with("Array(") => json!([]),
        kind if kind.starts_with("DateTime") => Value::from("2026-01-31 00:00:00"),
        kind if kind.starts_with("Date") => Value::from("2026-01-31"),
        kind if ["Int", "UInt", "Float", "Decimal"].iter().any(|name| kind.starts_with(name)) => {
            json!(1)
        }
        _ => Value::from("text"),
    }
}

/// The parameters with those that the server binds.
fn with_database(mut params: Map<String, Value>, database: &Database) -> Map<String, Value> {
    for name in ["database_id", "workspace_id"] {
        params.insert(name.to_owned(), Value::from(database.entry.id.as_str()));
    }
    params.insert("org_id".to_owned(), Value::from("default"));
    params
}

/// The collections that an endpoint is about and that are not there.
pub(crate) fn broken(config: &EndpointConfig, is_there: impl Fn(&str) -> bool) -> Vec<String> {
    let collections = config.collections();
    let gone = collections.iter().filter(|collection| !is_there(collection.as_str()));
    gone.map(ToString::to_string).collect()
}

impl Service {
    /// The endpoints of a database.
    ///
    /// # Errors
    /// `NotFound` of the database.
    pub fn list_endpoints(&self, caller: &Caller, database: &str) -> Result<Vec<Value>> {
        let database = self.reach(caller, Op::EndpointList, database)?;
        Ok(database.endpoints.values().map(|endpoint| endpoint_json(endpoint)).collect())
    }

    /// One endpoint; with `resolved` also its tools as agents see them, and what each costs.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn get_endpoint(
        &self,
        caller: &Caller,
        database: &str,
        id: &str,
        resolved: bool,
    ) -> Result<Value> {
        let database = self.reach(caller, Op::EndpointGet, database)?;
        let endpoint = database.endpoints.get(id).ok_or_else(|| missing(&database, id))?;
        let mut out = endpoint_json(endpoint);
        if let (true, Some(members)) = (resolved, out.as_object_mut()) {
            members.insert("resolved".to_owned(), mcp::resolved(&database, endpoint)?);
        }
        Ok(out)
    }

    /// Creates or replaces an endpoint of a preview.
    ///
    /// # Errors
    /// `Forbidden` in production, Validation of the configuration.
    pub async fn put_endpoint(
        &self,
        caller: &Caller,
        database: &str,
        id: &str,
        config: EndpointConfig,
        expected: Option<u64>,
    ) -> Result<Answer> {
        let database = self.reach(caller, Op::EndpointPut, database)?;
        if let Some(answer) = self.answered(caller, &database).await? {
            return Ok(answer);
        }
        let id = EndpointId::parse(id)?;
        check_texts(&[Some(config.name.as_str()), config.description.as_deref()], &[])?;
        check(&database, &config)?;
        self.check_queries(caller, &database, &config).await?;
        let known = database.endpoints.get(&id).map_or(0, |known| known.version);
        check_version(id.as_str(), expected, known)?;
        let entry = EndpointEntry { id: id.clone(), config };
        let (operations, _) = self.put_config(&Put {
            database: &database,
            by: &caller.principal,
            kind: Kind::Endpoint,
            id: id.as_str(),
            if_version: known,
            written: 0,
            entry: Some(&Entry::Endpoint(entry.clone())),
            keeps_documents: false,
        })?;
        let answer = move |outcomes: &[Outcome]| {
            let outcome = only(outcomes)?;
            let row = &outcome.row;
            let times = [row.created_at, row.updated_at];
            Answer::about(outcome, &entry_json(&entry, row.version, times))
        };
        self.write(caller, &database, operations, answer).await
    }

    /// Refuses queries that would not run, and parameters whose values are nowhere.
    async fn check_queries(
        &self,
        caller: &Caller,
        database: &Database,
        config: &EndpointConfig,
    ) -> Result<()> {
        let collections = config.collections();
        for query in &config.queries {
            for (name, known) in &query.params {
                let Some(place) = &known.values_of else { continue };
                let plain = |path: &str| {
                    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
                    path.split('.').all(|part| !part.is_empty() && part.chars().all(fits))
                };
                let known = known.place().is_some_and(|(collection, path)| {
                    collections.iter().any(|known| known.as_str() == collection) && plain(path)
                });
                if !known {
                    return Err(Error::validation(format!(
                        "values_of of {name} is {place:?}; write a collection of the endpoint and a path, such as invoices.status."
                    )));
                }
            }
            let placeholders = query.placeholders()?.into_iter();
            let params = placeholders.map(|(name, kind)| (name, sample(&kind))).collect();
            let request = QueryRequest {
                version: self.engine.snapshot(),
                scope: scope(&caller.principal, database.entry.id.clone()),
                sql: format!("EXPLAIN {}", query.query),
                params: with_database(params, database),
                limits: QueryLimits::default(),
            };
            self.queries.execute(request).await.map_err(|error| {
                let message = format!("The query {} does not run: {}", query.name, error.message);
                Error { message, ..error }
            })?;
        }
        Ok(())
    }

    /// Deletes an endpoint of a preview.
    ///
    /// # Errors
    /// `Forbidden` in production, `NotFound`.
    pub async fn delete_endpoint(
        &self,
        caller: &Caller,
        database: &str,
        id: &str,
        expected: Option<u64>,
    ) -> Result<Answer> {
        let database = self.reach(caller, Op::EndpointDelete, database)?;
        if let Some(answer) = self.answered(caller, &database).await? {
            return Ok(answer);
        }
        let known = database.endpoints.get(id).ok_or_else(|| missing(&database, id))?;
        check_version(id, expected, known.version)?;
        let (operations, _) = self.put_config(&Put {
            database: &database,
            by: &caller.principal,
            kind: Kind::Endpoint,
            id,
            if_version: known.version,
            written: 0,
            entry: None,
            keeps_documents: false,
        })?;
        self.write(caller, &database, operations, |outcomes| deleted(only(outcomes)?)).await
    }
}
