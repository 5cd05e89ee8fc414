//! Do the stored rows fit a new schema? Statistics answer first, then one scan of the typed columns concerned, and only
//! else every document is validated.

use super::plan::{Change, Issue};
use crate::{
    auth::Principal,
    service::{Service, sql::scope},
};
use futures::StreamExt;
use rekor_core::{
    Error, Result,
    catalog::Database,
    compat::{ProbeAt, Verdict},
    id::TableId,
    schema::Schema,
    subcolumn::escape_member,
    view::{TableView, Version},
};
use rekor_query::{QueryLimits, QueryRequest, filter::quoted_path};
use serde_json::{Map, Value};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Ids shown of rows that fail.
const SAMPLES_MAX: usize = 10;
/// How long one scan of columns may take.
const SCAN_TIME_MAX: Duration = Duration::from_secs(60);

/// The rows that are looked at.
const LIVE: &str = "collection = {collection:String} AND deleted = false";

/// What looking at the rows found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Found {
    checked: u64,
    failing: u64,
    samples: Vec<String>,
    how: &'static str,
    rows_per_second: Option<u64>,
}

/// One look at the rows of a table.
pub(super) struct Probe<'a> {
    pub(super) service: &'a Service,
    pub(super) version: &'a Arc<dyn Version>,
    pub(super) database: &'a Database,
    pub(super) collection: &'a str,
    pub(super) table: TableId,
}

impl Probe<'_> {
    /// Turns every probe of a change into a block or a warning.
    ///
    /// # Errors
    /// Those of the queries; `Validation` if the new schema does not compile.
    pub(super) async fn settle(&self, change: &mut Change) -> Result<()> {
        let Some(entry) = &change.after else { return Ok(()) };
        let schema = entry.schema().clone();
        let mut by_documents: Option<Found> = None;
        for issue in change.issues.iter_mut().filter(|issue| issue.verdict == Verdict::Probe) {
            let found = match self.by_columns(issue.probe.as_ref()).await? {
                Some(found) => found,
                None => match &by_documents {
                    Some(found) => found.clone(),
                    None => by_documents.insert(self.by_documents(&schema).await?).clone(),
                },
            };
            note(issue, found);
        }
        Ok(())
    }

    fn view(&self) -> Arc<TableView> {
        self.version.table(self.table).unwrap_or_default()
    }

    /// The answer of statistics or of one scan of typed columns, if they can give one.
    async fn by_columns(&self, at: Option<&ProbeAt>) -> Result<Option<Found>> {
        let Some(at) = at else { return Ok(None) };
        if at.instance_path.iter().any(|name| name.contains('.')) {
            return Ok(None);
        }
        let path = at.instance_path.iter().map(|name| escape_member(name).into_owned());
        let path = path.collect::<Vec<_>>().join(".");
        let Some(condition) = scalar_condition(&at.schema, &quoted_path(&at.instance_path)) else {
            return Ok(None);
        };
        if path.is_empty() || !self.is_scalar(&path, &at.instance_path)? {
            return Ok(None);
        }
        let typed = ["String", "Int64", "UInt64", "Float64", "Bool"];
        let column = quoted_path(&at.instance_path);
        let any: Vec<String> =
            typed.iter().map(|ty| format!("{column}.:{ty} IS NOT NULL")).collect();
        let any = format!("({})", any.join(" OR "));
        let failing = if at.required {
            format!("NOT ({any} AND ifNull({condition}, false))")
        } else {
            format!("({any} AND NOT ifNull({condition}, false))")
        };
        if !at.required && !self.has_values(&path, &at.instance_path)? {
            let checked = self.count().await?;
            return Ok(Some(Found { checked, how: "statistics", ..Found::default() }));
        }
        let (checked, failing_count) = self.count_failing(&failing).await?;
        let samples = if failing_count > 0 { self.samples(&failing).await? } else { Vec::new() };
        let found = Found { checked, failing: failing_count, samples, ..Found::default() };
        Ok(Some(Found { how: "column", ..found }))
    }

    /// Whether the path holds nothing but scalars and missing members, by what files say of their columns and by a look at
    /// the rows in memory.
    fn is_scalar(&self, path: &str, members: &[String]) -> Result<bool> {
        let view = self.view();
        let nested = |name: &str| {
            let below = name.strip_prefix("data.").and_then(|name| name.strip_prefix(path));
            below.is_some_and(|rest| {
                rest.starts_with('[')
                    || rest.starts_with(".:Array")
                    || rest.starts_with('.') && !rest.starts_with(".:")
            })
        };
        for file in view.files.iter().map(|view| &view.file).filter(|file| !file.deleted) {
            let arrays = file.untyped_array_paths.iter().any(|known| known == path);
            if file.is_overflow(path) || arrays || file.columns.iter().any(|c| nested(&c.name)) {
                return Ok(false);
            }
        }
        let pointer = pointer_of(members);
        self.all_in_memory(&view, |document| {
            document
                .pointer(&pointer)
                .is_none_or(|v| v.is_string() || v.is_number() || v.is_boolean())
        })
    }

    fn has_values(&self, path: &str, members: &[String]) -> Result<bool> {
        let view = self.view();
        let start = format!("data.{path}.");
        let in_files = view.files.iter().any(|view| {
            !view.file.deleted && view.file.columns.iter().any(|c| c.name.starts_with(&start))
        });
        let pointer = pointer_of(members);
        Ok(in_files
            || !self.all_in_memory(&view, |document| document.pointer(&pointer).is_none())?)
    }

    fn all_in_memory(&self, view: &TableView, holds: impl Fn(&Value) -> bool) -> Result<bool> {
        for rows in &view.unflushed {
            for chunk in rows.chunks(false)? {
                for document in chunk.documents() {
                    let document = serde_json::from_str(document).map_err(|error| {
                        Error::corrupt(format!("A document is no JSON: {error}."))
                    })?;
                    if !holds(&document) {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    /// Validates every live document.
    async fn by_documents(&self, schema: &Value) -> Result<Found> {
        let schema = Arc::new(Schema::compile(schema)?);
        let request = self.request(&format!("SELECT id, data FROM documents WHERE {LIVE}"));
        let mut answers = std::pin::pin!(self.service.queries.stream(request).await?);
        let mut found = Found { how: "documents", ..Found::default() };
        let began = Instant::now();
        while let Some(answer) = answers.next().await {
            let (answer, schema) = (answer?, Arc::clone(&schema));
            // Validating is work for a core, not for a thread that answers requests.
            let failing =
                tokio::task::spawn_blocking(move || failing_rows(&answer.to_json()?, &schema));
            let (checked, failing) =
                failing.await.map_err(|error| Error::internal(error.to_string()))??;
            found.checked += checked;
            found.failing += failing.len() as u64;
            let room = SAMPLES_MAX - found.samples.len();
            found.samples.extend(failing.into_iter().take(room));
        }
        let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        found.rows_per_second = Some(found.checked.saturating_mul(1_000) / milliseconds);
        Ok(found)
    }

    async fn count(&self) -> Result<u64> {
        let sql = format!("SELECT count() AS checked FROM documents WHERE {LIVE}");
        Ok(first_number(&self.query(&sql).await?, "checked"))
    }

    /// The live rows and those of them that fail, by one scan.
    async fn count_failing(&self, failing: &str) -> Result<(u64, u64)> {
        let sql = format!(
            "SELECT count() AS checked, countIf({failing}) AS failing FROM documents WHERE {LIVE}"
        );
        let answer = self.query(&sql).await?;
        Ok((first_number(&answer, "checked"), first_number(&answer, "failing")))
    }

    async fn samples(&self, condition: &str) -> Result<Vec<String>> {
        let sql =
            format!("SELECT id FROM documents WHERE {LIVE} AND {condition} LIMIT {SAMPLES_MAX}");
        let answer = self.query(&sql).await?;
        let rows = answer.get("data").and_then(Value::as_array);
        Ok(rows
            .into_iter()
            .flatten()
            .filter_map(|row| row.get("id")?.as_str().map(str::to_owned))
            .collect())
    }

    async fn query(&self, sql: &str) -> Result<Value> {
        self.service.queries.execute(self.request(sql)).await?.to_json()
    }

    fn request(&self, sql: &str) -> QueryRequest {
        let mut params = Map::new();
        params.insert("collection".to_owned(), Value::from(self.collection));
        QueryRequest {
            version: Arc::clone(self.version),
            // Whoever promotes may not read documents; what they learn is cut where the answer is made.
            scope: scope(&Principal::local(), self.database.entry.id.clone()),
            sql: sql.to_owned(),
            params,
            limits: QueryLimits { time: SCAN_TIME_MAX, ..QueryLimits::default() },
        }
    }

    /// How many live rows the table has, and ids of some.
    pub(super) async fn live_rows(&self) -> Result<(u64, Vec<String>)> {
        let count = self.count().await?;
        let samples = if count > 0 { self.samples("true").await? } else { Vec::new() };
        Ok((count, samples))
    }
}

/// A number in the first row of an answer.
fn first_number(answer: &Value, column: &str) -> u64 {
    answer.pointer(&format!("/data/0/{column}")).and_then(Value::as_u64).unwrap_or_default()
}

fn note(issue: &mut Issue, found: Found) {
    issue.verdict = if found.failing > 0 { Verdict::Block } else { Verdict::Warn };
    issue.rows_checked = Some(found.checked);
    issue.rows_failing = Some(found.failing);
    issue.sample_ids = found.samples;
    issue.probed = Some(found.how);
    issue.rows_per_second = found.rows_per_second;
}

/// The ids of rows of an answer that do not match, and how many rows there are.
fn failing_rows(answer: &Value, schema: &Schema) -> Result<(u64, Vec<String>)> {
    let rows = answer.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let failing =
        rows.iter().filter(|row| row.get("data").is_none_or(|document| !fits(document, schema)));
    let ids = failing.filter_map(|row| row.get("id")?.as_str().map(str::to_owned)).collect();
    Ok((rows.len() as u64, ids))
}

/// Whether a document is valid, with the defaults that the server would fill at its next write.
fn fits(document: &Value, schema: &Schema) -> bool {
    let mut document = document.clone();
    schema.fill_defaults(&mut document);
    schema.validate(&document).is_ok()
}

/// Whether documents that came after a snapshot fit, looking only at rows in memory; `None` if some went to files since.
///
/// # Errors
/// `Corrupt`, Validation of the schema.
pub(super) fn later_rows_fit(
    version: &dyn Version,
    table: TableId,
    after_seq: u64,
    schema: &Value,
) -> Result<Option<bool>> {
    let Some(view) = version.table(table) else { return Ok(Some(true)) };
    if view.files.iter().any(|view| !view.file.deleted && view.file.seq_max > after_seq) {
        return Ok(None);
    }
    let schema = Schema::compile(schema)?;
    for rows in &view.unflushed {
        for chunk in rows.chunks(false)? {
            for document in chunk.documents_after(after_seq) {
                let document: Value = serde_json::from_str(document)
                    .map_err(|error| Error::corrupt(format!("A document is no JSON: {error}.")))?;
                if !fits(&document, &schema) {
                    return Ok(Some(false));
                }
            }
        }
    }
    Ok(Some(true))
}

/// A JSON pointer of members.
fn pointer_of(members: &[String]) -> String {
    members.iter().map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))).collect()
}

/// The condition that a scalar at `column` matches a schema, if SQL can say it exactly; only keywords of scalars are known.
fn scalar_condition(schema: &Value, column: &str) -> Option<String> {
    let members = match schema {
        Value::Bool(true) => return Some("true".to_owned()),
        Value::Object(members) => members,
        _ => return None,
    };
    let mut types: Option<Vec<&str>> = None;
    let (mut of_text, mut of_number, mut of_any) = (Vec::new(), Vec::new(), Vec::new());
    let number = format!(
        "coalesce(toFloat64({column}.:Int64), toFloat64({column}.:UInt64), {column}.:Float64)"
    );
    let length = format!("lengthUTF8({column}.:String)");
    for (keyword, value) in members {
        match keyword.as_str() {
            "type" => types = Some(type_names(value)?),
            "minimum" => of_number.push(format!("{number} >= {}", exact(value)?)),
            "maximum" => of_number.push(format!("{number} <= {}", exact(value)?)),
            "exclusiveMinimum" => of_number.push(format!("{number} > {}", exact(value)?)),
            "exclusiveMaximum" => of_number.push(format!("{number} < {}", exact(value)?)),
            "minLength" => of_text.push(format!("{length} >= {}", value.as_u64()?)),
            "maxLength" => of_text.push(format!("{length} <= {}", value.as_u64()?)),
            "enum" => of_any.push(one_of(value.as_array()?, column)?),
            "const" => of_any.push(one_of(std::slice::from_ref(value), column)?),
            "title" | "description" | "default" | "examples" | "$comment" | "deprecated" => {}
            other if other.starts_with("x-") => {}
            _ => return None,
        }
    }
    let allows = |name: &str| types.as_ref().is_none_or(|types| types.contains(&name));
    let both = |is: String, rules: &[String]| {
        let rules: Vec<&str> =
            std::iter::once(is.as_str()).chain(rules.iter().map(String::as_str)).collect();
        format!("ifNull({}, false)", rules.join(" AND "))
    };
    let mut kinds = Vec::new();
    if allows("string") {
        kinds.push(both(format!("{column}.:String IS NOT NULL"), &of_text));
    }
    if allows("number") {
        kinds.push(both(format!("{number} IS NOT NULL"), &of_number));
    } else if allows("integer") {
        let whole = format!(
            "({column}.:Int64 IS NOT NULL OR {column}.:UInt64 IS NOT NULL OR {column}.:Float64 = floor({column}.:Float64))"
        );
        kinds.push(both(whole, &of_number));
    }
    if allows("boolean") {
        kinds.push(format!("{column}.:Bool IS NOT NULL"));
    }
    let kinds =
        if kinds.is_empty() { "false".to_owned() } else { format!("({})", kinds.join(" OR ")) };
    of_any.insert(0, kinds);
    Some(of_any.join(" AND "))
}

fn type_names(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(name) => Some(vec![name]),
        Value::Array(names) => names.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// A bound that doubles hold exactly, as text.
fn exact(value: &Value) -> Option<String> {
    let number = value.as_f64().filter(|n| n.is_finite() && n.abs() < 9_007_199_254_740_992.0)?;
    Some(format!("{number:?}"))
}

/// Whether a scalar is one of some texts, numbers and booleans.
fn one_of(values: &[Value], column: &str) -> Option<String> {
    let conditions: Option<Vec<String>> = values
        .iter()
        .map(|value| match value {
            Value::String(text) => {
                let text = text.replace('\\', "\\\\").replace('\'', "\\'");
                Some(format!("ifNull({column}.:String = '{text}', false)"))
            }
            Value::Bool(flag) => Some(format!("ifNull({column}.:Bool = {flag}, false)")),
            Value::Number(_) => {
                let number = exact(value)?;
                Some(format!("(ifNull(toFloat64({column}.:Int64) = {number}, false) OR ifNull({column}.:Float64 = {number}, false))"))
            }
            // A null, an object or an array is not among scalars.
            Value::Null | Value::Object(_) | Value::Array(_) => Some("false".to_owned()),
        })
        .collect();
    Some(format!("({})", conditions?.join(" OR ")))
}
