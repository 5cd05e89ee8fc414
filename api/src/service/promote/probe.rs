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
        let column = quoted_path(&at.instance_path);
        let Some(failing) = failing_condition(&at.schema, &column, at.required) else {
            return Ok(None);
        };
        if path.is_empty() || !self.is_scalar(&path, &at.instance_path)? {
            return Ok(None);
        }
        let checked = self.count().await?;
        if !at.required && !self.has_values(&path, &at.instance_path)? {
            return Ok(Some(Found { checked, how: "statistics", ..Found::default() }));
        }
        // Few rows that fail are counted by the scan that finds them; of many, the first come at once.
        let mut samples = self.samples(&failing, SAMPLES_MAX + 1).await?;
        let failing = if samples.len() > SAMPLES_MAX {
            self.count_where(&failing).await?
        } else {
            samples.len() as u64
        };
        samples.truncate(SAMPLES_MAX);
        Ok(Some(Found { checked, failing, samples, how: "column", rows_per_second: None }))
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
        self.count_where("true").await
    }

    async fn count_where(&self, condition: &str) -> Result<u64> {
        let sql = format!("SELECT count() AS n FROM documents WHERE {LIVE} AND ({condition})");
        let answer = self.query(&sql).await?;
        Ok(answer.pointer("/data/0/n").and_then(Value::as_u64).unwrap_or_default())
    }

    async fn samples(&self, condition: &str, count: usize) -> Result<Vec<String>> {
        let sql = format!("SELECT id FROM documents WHERE {LIVE} AND ({condition}) LIMIT {count}");
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
        let samples = if count > 0 { self.samples("true", SAMPLES_MAX).await? } else { Vec::new() };
        Ok((count, samples))
    }
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

/// Types of scalars, each a column of its own where rows have it.
const SCALARS: [&str; 5] = ["String", "Int64", "UInt64", "Float64", "Bool"];

/// The condition that the scalar at `column` is against a schema, if SQL can say it exactly; only keywords of scalars are
/// known. Each part looks at one typed column; a NULL there decides nothing.
fn failing_condition(schema: &Value, column: &str, required: bool) -> Option<String> {
    let rules = Rules::of(schema)?;
    let mut parts: Vec<String> =
        SCALARS.iter().filter_map(|ty| rules.failing(ty, &format!("{column}.:{ty}"))).collect();
    if required {
        let present: Vec<String> =
            SCALARS.iter().map(|ty| format!("{column}.:{ty} IS NOT NULL")).collect();
        parts.push(format!("NOT ({})", present.join(" OR ")));
    }
    // Nothing that a scalar can be is against the schema.
    Some(if parts.is_empty() { "false".to_owned() } else { parts.join(" OR ") })
}

/// What a schema says of scalars.
#[derive(Default)]
struct Rules {
    /// All, if absent.
    types: Option<Vec<String>>,
    /// Comparisons that numbers must not meet, such as `< 5.0`.
    wrong_numbers: Vec<String>,
    /// The same for the number of characters.
    wrong_lengths: Vec<String>,
    /// Lists of values of which it must be one.
    one_of: Vec<Vec<Value>>,
    /// Nothing is right.
    never: bool,
}

impl Rules {
    fn of(schema: &Value) -> Option<Self> {
        let members = match schema {
            Value::Bool(always) => return Some(Self { never: !always, ..Self::default() }),
            Value::Object(members) => members,
            _ => return None,
        };
        let mut rules = Self::default();
        for (keyword, value) in members {
            let wrong = |operator: &str| Some(format!("{operator} {}", exact(value)?));
            match keyword.as_str() {
                "type" => rules.types = Some(type_names(value)?),
                "minimum" => rules.wrong_numbers.push(wrong("<")?),
                "maximum" => rules.wrong_numbers.push(wrong(">")?),
                "exclusiveMinimum" => rules.wrong_numbers.push(wrong("<=")?),
                "exclusiveMaximum" => rules.wrong_numbers.push(wrong(">=")?),
                "minLength" => rules.wrong_lengths.push(format!("< {}", value.as_u64()?)),
                "maxLength" => rules.wrong_lengths.push(format!("> {}", value.as_u64()?)),
                "enum" => rules.one_of.push(value.as_array()?.clone()),
                "const" => rules.one_of.push(vec![value.clone()]),
                "title" | "description" | "default" | "examples" | "$comment" | "deprecated" => {}
                other if other.starts_with("x-") => {}
                _ => return None,
            }
        }
        let listed = rules.one_of.iter().flatten().filter(|value| value.is_number());
        listed.map(exact).collect::<Option<Vec<_>>>()?;
        Some(rules)
    }

    fn allows(&self, name: &str) -> bool {
        !self.never && self.types.as_ref().is_none_or(|types| types.iter().any(|ty| ty == name))
    }

    /// The condition that a value of a type is wrong; nothing, if none is.
    fn failing(&self, ty: &str, value: &str) -> Option<String> {
        let (allowed, mut wrong) = match ty {
            "String" => {
                let length = |rule: &String| format!("lengthUTF8({value}) {rule}");
                (self.allows("string"), self.wrong_lengths.iter().map(length).collect())
            }
            "Bool" => (self.allows("boolean"), Vec::new()),
            _ => {
                let number = |rule: &String| format!("{value} {rule}");
                let wrong = self.wrong_numbers.iter().map(number).collect();
                (self.allows("number") || self.allows("integer"), wrong)
            }
        };
        if !allowed {
            return Some(format!("{value} IS NOT NULL"));
        }
        if ty == "Float64" && !self.allows("number") {
            wrong.push(format!("{value} != floor({value})"));
        }
        wrong.extend(self.one_of.iter().map(|values| none_of(ty, value, values)));
        (!wrong.is_empty()).then(|| wrong.join(" OR "))
    }
}

fn type_names(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(name) => Some(vec![name.clone()]),
        Value::Array(names) => names.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// A bound that doubles hold exactly, as text.
fn exact(value: &Value) -> Option<String> {
    let number = value.as_f64().filter(|n| n.is_finite() && n.abs() < 9_007_199_254_740_992.0)?;
    Some(format!("{number:?}"))
}

/// The condition that a value of a type is none of these.
fn none_of(ty: &str, value: &str, values: &[Value]) -> String {
    let same: Vec<String> = values
        .iter()
        .filter_map(|listed| match (ty, listed) {
            ("String", Value::String(text)) => {
                Some(format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")))
            }
            ("Bool", Value::Bool(flag)) => Some(flag.to_string()),
            ("Int64" | "UInt64" | "Float64", Value::Number(_)) => exact(listed),
            // A null, an object or an array is not among scalars.
            _ => None,
        })
        .collect();
    if same.is_empty() {
        return format!("{value} IS NOT NULL");
    }
    let different: Vec<String> = same.iter().map(|same| format!("{value} != {same}")).collect();
    format!("({})", different.join(" AND "))
}
