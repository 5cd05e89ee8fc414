//! Lists and aggregates of documents and relationships, and exports: SQL underneath, on one snapshot.

use super::{Caller, Service, sql::scope};
use crate::operation::Operation as Op;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use rekor_core::{Error, Result, catalog::Database, limits};
use rekor_query::{
    QueryLimits, QueryRequest,
    filter::{AggregateQuery, Aggregation, ListQuery, Sort, Table},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What a list shows; JSON values may come as JSON text, as they do in query strings and from agents.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListBody {
    /// `{"field","op","value"}`, or a group of them.
    pub filter: Option<Value>,
    /// `[{"field","direction"}]`.
    pub sort: Option<Value>,
    /// Fields to show: a list, or text with commas.
    pub fields: Option<Value>,
    /// Rows of the page.
    pub limit: Option<Value>,
    /// Rows before it.
    pub offset: Option<Value>,
    /// Where the page before this one ended (`meta.next_cursor`).
    pub cursor: Option<String>,
    /// Only documents with this external source.
    pub external_source: Option<String>,
    /// Aggregates instead of documents.
    pub aggregations: Option<Value>,
    /// Fields that make groups of the aggregates: a list, or text with commas.
    pub group_by: Option<Value>,
    /// Accepted as in older documents; `aggregations` decide.
    #[serde(default)]
    pub aggregate: Option<Value>,
}

impl ListBody {
    fn limit(&self) -> Result<usize> {
        let limit = number("limit", self.limit.as_ref())?.unwrap_or(limits::PAGE_DEFAULT);
        if limit == 0 || limit > limits::PAGE_MAX {
            return Err(Error::validation(format!("limit is 1 to {}.", limits::PAGE_MAX)));
        }
        Ok(limit)
    }

    fn sort(&self) -> Result<Vec<Sort>> {
        parsed("sort", self.sort.as_ref())?.map_or(Ok(Vec::new()), |sort| Sort::parse(&sort))
    }

    fn list(&self, table: Table) -> Result<ListQuery> {
        Ok(ListQuery {
            table,
            filter: parsed("filter", self.filter.as_ref())?,
            external_source: self.external_source.clone(),
            sort: self.sort()?,
            limit: self.limit()?,
            offset: number("offset", self.offset.as_ref())?.unwrap_or(0),
            cursor: self.cursor.clone(),
        })
    }
}

fn number(name: &str, value: Option<&Value>) -> Result<Option<usize>> {
    let Some(value) = value else { return Ok(None) };
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    let number = number.and_then(|n| usize::try_from(n).ok());
    number.map(Some).ok_or_else(|| Error::validation(format!("{name} {value} is no whole number.")))
}

/// A JSON value, or the one that a text holds.
fn parsed(name: &str, value: Option<&Value>) -> Result<Option<Value>> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => serde_json::from_str(text)
            .map(Some)
            .map_err(|error| Error::validation(format!("{name} is not valid JSON: {error}."))),
        Some(other) => Ok(Some(other.clone())),
    }
}

fn names(name: &str, value: Option<&Value>) -> Result<Vec<String>> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) if !text.trim_start().starts_with('[') => Ok(text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()),
        other => {
            let list = parsed(name, other)?.unwrap_or_default();
            serde_json::from_value(list)
                .map_err(|_| Error::validation(format!("{name} is a list of field names.")))
        }
    }
}

/// How an export's lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportLines {
    /// Documents as `get` shows them.
    #[default]
    Documents,
    /// Only their `data`.
    Data,
}

impl Service {
    /// The documents of a collection that match, a page of them; or aggregates of them.
    ///
    /// # Errors
    /// Validation of filter, sort and page; `NotFound`.
    pub async fn list_documents(
        &self,
        caller: &Caller,
        database: &str,
        collection: &str,
        body: &ListBody,
    ) -> Result<Value> {
        let (database, collection) =
            self.reach_collection(caller, Op::DocumentQuery, database, collection)?;
        let table = Table::Documents(collection.entry.id.to_string());
        if body.aggregations.is_some() {
            return self.aggregate(caller, &database, table, body).await;
        }
        if body.group_by.as_ref().is_some_and(|given| !given.is_null()) {
            return Err(Error::validation(
                "group_by without aggregations means nothing; say what to compute, such as [{\"fn\":\"count\",\"alias\":\"n\"}].",
            ));
        }
        let fields = names("fields", body.fields.as_ref())?;
        let show = |row| project(document_json(row), &fields);
        self.list(caller, &database, body.list(table)?, show).await
    }

    /// The relationships that match, a page of them.
    ///
    /// # Errors
    /// As [`Self::list_documents`].
    pub async fn list_relationships(
        &self,
        caller: &Caller,
        database: &str,
        body: &ListBody,
    ) -> Result<Value> {
        let database = self.reach(caller, Op::RelationshipList, database)?;
        let fields = names("fields", body.fields.as_ref())?;
        let show = |row| project(times_as_rfc3339(row), &fields);
        self.list(caller, &database, body.list(Table::Relationships)?, show).await
    }

    async fn list(
        &self,
        caller: &Caller,
        database: &Database,
        list: ListQuery,
        show: impl Fn(Map<String, Value>) -> Value,
    ) -> Result<Value> {
        let sql = list.to_sql()?;
        let version = self.engine.snapshot();
        let request = |text: &str, rows| QueryRequest {
            version: Arc::clone(&version),
            scope: scope(&caller.principal, database.entry.id.clone()),
            sql: text.to_owned(),
            params: sql.params.clone(),
            limits: QueryLimits { rows, ..QueryLimits::default() },
        };
        let counted = self.queries.execute(request(&sql.count_sql, 1)).await?.to_json()?;
        let page = self.queries.execute(request(&sql.rows_sql, list.limit + 1)).await?;
        let mut rows = objects(page.to_json()?);
        let has_more = rows.len() > list.limit;
        rows.truncate(list.limit);
        let cursor = rows.last().filter(|_| has_more).map(|row| sql.cursor_after(row));
        let data: Vec<Value> = rows
            .into_iter()
            .map(|mut row| {
                sql.strip(&mut row);
                show(row)
            })
            .collect();
        Ok(json!({
            "data": data,
            "meta": {
                "total": counted.pointer("/data/0/total").cloned().unwrap_or_default(),
                "limit": list.limit,
                "offset": list.offset,
                "has_more": has_more,
                "next_cursor": cursor,
            },
        }))
    }

    async fn aggregate(
        &self,
        caller: &Caller,
        database: &Database,
        table: Table,
        body: &ListBody,
    ) -> Result<Value> {
        let aggregations = parsed("aggregations", body.aggregations.as_ref())?.unwrap_or_default();
        let limit = match &body.limit {
            Some(_) => body.limit()?,
            None => limits::PAGE_MAX,
        };
        let query = AggregateQuery {
            table,
            filter: parsed("filter", body.filter.as_ref())?,
            aggregations: Aggregation::parse(&aggregations)?,
            group_by: names("group_by", body.group_by.as_ref())?,
            sort: body.sort()?,
            limit: limit + 1,
            offset: number("offset", body.offset.as_ref())?.unwrap_or(0),
        };
        let sql = query.to_sql()?;
        let request = QueryRequest {
            version: self.engine.snapshot(),
            scope: scope(&caller.principal, database.entry.id.clone()),
            sql: sql.sql.clone(),
            params: sql.params.clone(),
            limits: QueryLimits { rows: limit + 1, ..QueryLimits::default() },
        };
        let answer = self.queries.execute(request).await?;
        let mut rows: Vec<Value> =
            objects(answer.to_json()?).iter().map(|row| Value::Object(sql.row(row))).collect();
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        Ok(json!({"data": rows, "meta": {"rows": rows.len(), "has_more": has_more}}))
    }

    /// The documents of a collection as NDJSON, all of one snapshot, in no particular order. Dropping the stream ends it.
    ///
    /// # Errors
    /// `NotFound`; what fails later ends the stream with an error.
    pub async fn export(
        &self,
        caller: &Caller,
        database: &str,
        collection: &str,
        lines: ExportLines,
    ) -> Result<impl Stream<Item = Result<Bytes>> + Send + use<>> {
        let (database, collection) =
            self.reach_collection(caller, Op::DocumentExport, database, collection)?;
        let mut params = Map::new();
        params.insert("collection".to_owned(), Value::from(collection.entry.id.as_str()));
        let request = QueryRequest {
            version: self.engine.snapshot(),
            scope: scope(&caller.principal, database.entry.id.clone()),
            sql: "SELECT id, collection, external_id, external_source, version, data, created_at, updated_at \
                  FROM documents WHERE collection = {collection:String} AND deleted = false"
                .to_owned(),
            params,
            limits: QueryLimits::default(),
        };
        let batches = self.queries.stream(request).await?;
        Ok(batches.map(move |batch| {
            let mut out = Vec::new();
            for row in objects(batch?.to_json()?) {
                let document = document_json(row);
                let line = match lines {
                    ExportLines::Documents => Value::Object(document),
                    ExportLines::Data => document.get("data").cloned().unwrap_or_default(),
                };
                out.extend(line.to_string().into_bytes());
                out.push(b'\n');
            }
            Ok(Bytes::from(out))
        }))
    }
}

fn objects(answer: Value) -> Vec<Map<String, Value>> {
    let Value::Object(mut members) = answer else { return Vec::new() };
    let Some(Value::Array(rows)) = members.remove("data") else { return Vec::new() };
    rows.into_iter()
        .filter_map(|row| if let Value::Object(row) = row { Some(row) } else { None })
        .collect()
}

/// A row of SQL as a document of REST.
fn document_json(row: Map<String, Value>) -> Map<String, Value> {
    let mut row = times_as_rfc3339(row);
    if row.get("cancelled") == Some(&Value::Bool(false)) {
        row.remove("cancelled");
    }
    let mut out = Map::new();
    for name in [
        "id",
        "collection",
        "external_id",
        "external_source",
        "version",
        "data",
        "cancelled",
        "created_at",
        "updated_at",
    ] {
        match row.remove(name) {
            None | Some(Value::Null) => {}
            Some(value) => drop(out.insert(name.to_owned(), value)),
        }
    }
    out
}

fn times_as_rfc3339(mut row: Map<String, Value>) -> Map<String, Value> {
    for name in ["created_at", "updated_at"] {
        if let Some(Value::String(time)) = row.get_mut(name) {
            *time = format!("{}Z", time.replacen(' ', "T", 1));
        }
    }
    row
}

/// The document with only these fields, and its id.
fn project(document: Map<String, Value>, fields: &[String]) -> Value {
    if fields.is_empty() {
        return Value::Object(document);
    }
    let mut out = Map::new();
    for (name, value) in document {
        if name == "id" || fields.contains(&name) {
            out.insert(name, value);
        } else if name == "data" {
            let paths: Vec<&str> = fields.iter().filter_map(|f| f.strip_prefix("data.")).collect();
            if !paths.is_empty() {
                out.insert(name, only(&value, &paths));
            }
        }
    }
    Value::Object(out)
}

/// The members of a value on these paths.
fn only(value: &Value, paths: &[&str]) -> Value {
    let Value::Object(members) = value else { return Value::Null };
    let mut out = Map::new();
    for (name, member) in members {
        if paths.contains(&name.as_str()) {
            out.insert(name.clone(), member.clone());
            continue;
        }
        let below: Vec<&str> = paths
            .iter()
            .filter_map(|path| path.strip_prefix(name.as_str())?.strip_prefix('.'))
            .collect();
        let part = only(member, &below);
        if part.as_object().is_some_and(|part| !part.is_empty()) {
            out.insert(name.clone(), part);
        }
    }
    Value::Object(out)
}
