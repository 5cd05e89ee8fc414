//! What is in a collection: paths with types, counts, and values that exist. Whoever reads it can write SQL without
//! fetching documents to see what they look like.
//!
//! Paths come from the columns of data files, from documents in memory, and, for what files hold in whole documents only,
//! from a few of those; the numbers from one query over those columns of the first documents.

use super::{Caller, Service, sql::scope};
use crate::operation::Operation as Op;
use rekor_core::{
    Result,
    id::TableId,
    subcolumn::{LeafType, escape_member},
    view::Version,
};
use rekor_query::{QueryLimits, QueryRequest};
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, sync::Arc};

/// Documents whose values are looked at.
const DOCUMENTS_MAX: usize = 20_000;
/// Documents in memory that are asked for their paths.
const MEMORY_DOCUMENTS_MAX: usize = 1_000;
/// Documents of any place that are asked for their paths.
const SAMPLE_DOCUMENTS: usize = 50;
/// Columns that are described.
const COLUMNS_MAX: usize = 60;
/// Values of a column that are shown.
const VALUES_MAX: usize = 5;
/// Longest text that is shown.
const VALUE_CHARS_MAX: usize = 60;
/// Deepest path that is described.
const DEPTH_MAX: usize = 16;

impl Service {
    /// Describes a collection: `{"collection","documents","looked_at","paths":[{"path","type","sql","count","distinct",
    /// "values"}],"more_paths"}`. `count` and `distinct` are those of the documents looked at, of the values of exactly this
    /// type; `values` are the most frequent ones.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden` without read:documents, the limits of queries.
    pub async fn describe_collection(
        &self,
        caller: &Caller,
        database: &str,
        id: &str,
    ) -> Result<Value> {
        let (database, collection) =
            self.reach_collection(caller, Op::CollectionDescribe, database, id)?;
        let version: Arc<dyn Version> = self.engine.snapshot();
        let ask = |sql: String| QueryRequest {
            version: Arc::clone(&version),
            scope: scope(&caller.principal, database.entry.id.clone()),
            sql,
            params: Map::from_iter([("collection".to_owned(), Value::from(id))]),
            limits: QueryLimits::default(),
        };
        let all = "FROM documents WHERE collection = {collection:String} AND deleted = false";
        let sample = format!("SELECT data {all} LIMIT {SAMPLE_DOCUMENTS}");
        let sample = self.queries.execute(ask(sample)).await?.to_rows()?;
        let mut columns = columns(&*version, collection.entry.table, &sample)?;
        let more_paths = columns.len().saturating_sub(COLUMNS_MAX);
        columns.truncate(COLUMNS_MAX);
        let counted = self.queries.execute(ask(format!("SELECT count() AS n {all}"))).await?;
        let documents = counted.to_rows()?.first().and_then(|row| row.first()?.as_u64());
        let documents = documents.unwrap_or(0);
        let numbers = match columns.as_slice() {
            [] => Vec::new(),
            columns => {
                let answer = self.queries.execute(ask(numbers_sql(columns, all))).await?;
                answer.to_rows()?.into_iter().next().unwrap_or_default()
            }
        };
        let paths: Vec<Value> = columns
            .iter()
            .zip(numbers.chunks(3))
            .filter_map(|(column, numbers)| column.show(numbers))
            .collect();
        Ok(json!({
            "collection": id,
            "documents": documents,
            "looked_at": documents.min(DOCUMENTS_MAX as u64),
            "paths": paths,
            "more_paths": more_paths,
        }))
    }
}

/// A typed column of documents.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Column {
    path: String,
    leaf: LeafType,
}

impl Column {
    /// The column as SQL writes it. Arrays of documents are of type Nullable in ClickHouse.
    fn sql(&self) -> String {
        match &self.leaf {
            LeafType::Array(_) => format!("data.{}.:`{}`", self.path, array_type(&self.leaf)),
            leaf => format!("data.{}.:{leaf}", self.path),
        }
    }

    /// How many arrays its values are nested in.
    fn depth(&self) -> usize {
        self.path.matches("[]").count() + usize::from(matches!(self.leaf, LeafType::Array(_)))
    }

    /// Whether SQL can write the path without quotes.
    fn is_plain(&self) -> bool {
        let plain = |part: &str| {
            let name = part.trim_end_matches("[]");
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        self.path.split('.').all(plain)
    }

    /// Count, number of distinct values, and the most frequent values of a column named `name`.
    fn aggregates(&self, name: &str) -> [String; 3] {
        match self.depth() {
            0 => [
                format!("count({name})"),
                format!("uniq({name})"),
                format!("topK({VALUES_MAX})({name})"),
            ],
            1 => [
                format!("countIf(notEmpty({name}))"),
                format!("uniqArray({name})"),
                format!("topKArray({VALUES_MAX})({name})"),
            ],
            _ => [format!("countIf(notEmpty({name}))"), "NULL".to_owned(), "[]".to_owned()],
        }
    }

    /// What is known of it; nothing, if no document that was looked at has it.
    fn show(&self, numbers: &[Value]) -> Option<Value> {
        let [count, distinct, values] = numbers else { return None };
        if count.as_u64() == Some(0) {
            return None;
        }
        let values: Vec<Value> = values
            .as_array()
            .into_iter()
            .flatten()
            .filter(|value| !value.is_null())
            .map(|value| match value.as_str() {
                Some(text) if text.chars().count() > VALUE_CHARS_MAX => Value::from(format!(
                    "{}…",
                    text.chars().take(VALUE_CHARS_MAX).collect::<String>()
                )),
                _ => value.clone(),
            })
            .collect();
        Some(json!({
            "path": self.path,
            "type": if let LeafType::Array(_) = self.leaf { array_type(&self.leaf) } else { self.leaf.to_string() },
            "sql": self.sql(),
            "count": count,
            "distinct": distinct,
            "values": values,
        }))
    }
}

/// The name that ClickHouse gives the type of an array.
fn array_type(leaf: &LeafType) -> String {
    match leaf {
        LeafType::Array(inner) => format!("Array({})", array_type(inner)),
        scalar => format!("Nullable({scalar})"),
    }
}

/// One row with three numbers for each column.
fn numbers_sql(columns: &[Column], all: &str) -> String {
    let (mut outer, mut inner) = (Vec::new(), Vec::new());
    for (at, column) in columns.iter().enumerate() {
        inner.push(format!("{} AS c{at}", column.sql()));
        let aggregates = column.aggregates(&format!("c{at}"));
        outer.extend(
            aggregates.iter().enumerate().map(|(n, aggregate)| format!("{aggregate} AS a{at}_{n}")),
        );
    }
    format!(
        "SELECT {} FROM (SELECT {} {all} LIMIT {DOCUMENTS_MAX})",
        outer.join(", "),
        inner.join(", ")
    )
}

/// The typed columns that the documents of a table have.
fn columns(version: &dyn Version, table: TableId, sample: &[Vec<Value>]) -> Result<Vec<Column>> {
    let mut found = BTreeSet::new();
    for document in sample.iter().flatten() {
        members(document, &mut found);
    }
    let view = version.table(table).unwrap_or_default();
    for file in view.files.iter().filter(|file| !file.file.deleted) {
        for stats in &file.file.columns {
            let parts = stats.name.strip_prefix("data.").and_then(|name| name.rsplit_once(".:"));
            let Some((path, leaf)) = parts else { continue };
            if let Some(leaf) = LeafType::parse(leaf) {
                found.insert(Column { path: path.to_owned(), leaf });
            }
        }
    }
    let mut left = MEMORY_DOCUMENTS_MAX;
    for rows in &view.unflushed {
        for chunk in rows.chunks(false)? {
            for text in chunk.documents().take(left) {
                members(&serde_json::from_str(text).unwrap_or_default(), &mut found);
            }
            left = left.saturating_sub(chunk.system.num_rows());
        }
    }
    Ok(found.into_iter().filter(Column::is_plain).collect())
}

/// The columns of a document.
fn members(document: &Value, found: &mut BTreeSet<Column>) {
    for (name, value) in document.as_object().into_iter().flatten() {
        walk(&escape_member(name), value, found, 0);
    }
}

/// The columns of a value at a path.
fn walk(path: &str, value: &Value, found: &mut BTreeSet<Column>, depth: usize) {
    if depth > DEPTH_MAX {
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                walk(&format!("{path}.{}", escape_member(name)), member, found, depth + 1);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            for (name, member) in items.iter().filter_map(Value::as_object).flatten() {
                walk(&format!("{path}[].{}", escape_member(name)), member, found, depth + 1);
            }
        }
        Value::Array(items) => {
            let leaves: BTreeSet<LeafType> = items.iter().filter_map(leaf).collect();
            if let (Some(leaf), 1) = (leaves.first(), leaves.len()) {
                let leaf = LeafType::Array(Box::new(leaf.clone()));
                found.insert(Column { path: path.to_owned(), leaf });
            }
        }
        scalar => {
            let column = leaf(scalar).map(|leaf| Column { path: path.to_owned(), leaf });
            found.extend(column);
        }
    }
}

fn leaf(value: &Value) -> Option<LeafType> {
    match value {
        Value::Bool(_) => Some(LeafType::Bool),
        Value::Number(number) if number.is_i64() => Some(LeafType::Int64),
        Value::Number(number) if number.is_u64() => Some(LeafType::UInt64),
        Value::Number(_) => Some(LeafType::Float64),
        Value::String(_) => Some(LeafType::String),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
