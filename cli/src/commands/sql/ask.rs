//! One query: sent, and its answer printed as it comes.

use super::Params;
use crate::{
    args::Global,
    connect::{Connection, segment},
    ui::{self, Problem},
};
use futures::StreamExt;
use serde_json::{Value, json};
use std::{io::IsTerminal, sync::Arc};

/// Formats that a terminal cannot show.
const BINARY: [&str; 3] = ["Arrow", "ArrowStream", "Parquet"];

/// Where queries go, and how their answers come.
#[derive(Clone, Debug)]
pub(super) struct Session {
    connection: Arc<Connection>,
    global: Global,
    database: String,
    params: Params,
    /// Whether whole answers are kept.
    keep: bool,
    /// A format of ClickHouse for all answers.
    pub(super) format: Option<String>,
}

/// What the server says of an answer.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    summary: Value,
}

impl Outcome {
    /// `3 rows in 12.3 ms (planning 1.0 ms), 2048 bytes read`.
    pub(super) fn words(&self) -> String {
        let number = |name: &str| self.summary.get(name).and_then(Value::as_f64).unwrap_or(0.0);
        let rows = number("rows");
        format!(
            "{rows} row{} in {:.1} ms (planning {:.1} ms), {} bytes read",
            if (rows - 1.0).abs() < f64::EPSILON { "" } else { "s" },
            number("elapsed_ms"),
            number("planning_ms"),
            number("bytes_scanned"),
        )
    }
}

impl Session {
    pub(super) fn open(
        global: &Global,
        params: Params,
        format: Option<String>,
        keep: bool,
    ) -> Result<Self, Problem> {
        let database = global.database()?;
        if format.is_some() && shapes_answers(global) {
            return Err(Problem::usage("--json and --jq shape the API's own answer, not --format"));
        }
        // What is kept is written.
        let connection = Arc::new(Connection::open(global, keep)?);
        Ok(Self { connection, global: global.clone(), database, params, keep, format })
    }

    /// The same, whose answers are tables whatever the flags say.
    pub(super) fn for_people(mut self) -> Self {
        let output = Some("table".to_owned());
        self.global = Global { output, json: None, jq: None, ..self.global };
        self
    }

    /// The database that is asked.
    pub(super) fn database(&self) -> &str {
        &self.database
    }

    /// Gives a parameter its value.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.params.insert(name.to_owned(), Value::from(value));
    }

    fn path(&self) -> String {
        format!("/v1/{}/sql", segment(&self.database))
    }

    /// Runs a query and prints its answer: in the format that the query names, else in `format`, else in that of the session,
    /// else as the flags say. Dropping the future cancels the query on the server.
    pub(super) async fn ask(&self, query: &str, format: Option<&str>) -> Result<Outcome, Problem> {
        let format = format.or(self.format.as_deref());
        let body =
            json!({"query": query, "params": self.params, "format": format, "keep": self.keep});
        let body = body.to_string();
        let mut reply = self.connection.post(&self.path(), body).await?;
        let Some(format) = reply.header("x-clickhouse-format") else {
            let answer = reply.json().await?;
            self.global.show(&answer)?;
            warn(answer.pointer("/meta/warnings"));
            kept(answer.pointer("/meta/result"));
            return Ok(Outcome { summary: answer.get("meta").cloned().unwrap_or_default() });
        };
        if shapes_answers(&self.global) {
            let message =
                format!("--json and --jq shape the API's own answer; leave FORMAT {format} out");
            return Err(Problem::usage(message));
        }
        if BINARY.contains(&format.as_str()) && std::io::stdout().is_terminal() {
            return Err(Problem::usage(format!(
                "{format} is not for a terminal; send it to a file with > or to a program with |"
            )));
        }
        let summary = reply.header("x-rekor-summary").unwrap_or_default();
        while let Some(chunk) = reply.body.next().await {
            ui::bytes(&chunk?).map_err(|error| Problem::unwritten(&error))?;
        }
        ui::flush();
        let summary: Value = serde_json::from_str(&summary).unwrap_or_default();
        if summary.get("has_more") == Some(&Value::Bool(true)) {
            ui::note("note: more rows were left out; add LIMIT, filters or aggregation");
        }
        warn(summary.get("warnings"));
        kept(summary.get("result"));
        Ok(Outcome { summary })
    }

    /// The rows of a query, for the shell itself.
    pub(super) async fn rows(&self, query: &str) -> Result<Vec<Value>, Problem> {
        let body = json!({"query": query, "params": self.params}).to_string();
        let answer = self.connection.post(&self.path(), body).await?.json().await?;
        let rows = answer.get("data").and_then(Value::as_array);
        Ok(rows.cloned().unwrap_or_default())
    }
}

/// Whether flags make something else of an answer.
fn shapes_answers(global: &Global) -> bool {
    global.json.is_some() || global.jq.is_some()
}

/// Says what the reader of an answer should know.
fn warn(warnings: Option<&Value>) {
    let warnings = warnings.and_then(Value::as_array).into_iter().flatten();
    for warning in warnings.filter_map(Value::as_str) {
        ui::note(&format!("note: {warning}"));
    }
}

/// Says where the whole answer is, if it was kept.
fn kept(result: Option<&Value>) {
    let Some(result) = result.filter(|result| result.is_object()) else { return };
    let text = |name: &str| result.get(name).and_then(Value::as_str).unwrap_or_default();
    let rows = result.get("rows").and_then(Value::as_u64).unwrap_or(0);
    let cut = match text("truncated_by") {
        "" => String::new(),
        by => format!(", cut by the limit of {by}"),
    };
    let (id, until) = (text("id"), text("expires_at"));
    ui::note(&format!(
        "kept {rows} rows{cut} until {until}: FROM result('{id}'), or rekor results download {id}"
    ));
}

/// The problem with the line of the query that it is in, and a caret below the place; `skipped` characters at the start of the
/// query are not the user's.
pub(super) fn pointed(mut problem: Problem, query: &str, skipped: u64) -> Problem {
    let place = problem.body.as_ref().and_then(|body| {
        let details = body.pointer("/error/details")?.as_array()?;
        details.iter().find_map(|d| Some((d.get("line")?.as_u64()?, d.get("column")?.as_u64()?)))
    });
    let place = place
        .map(|(line, column)| (line, column.saturating_sub(if line == 1 { skipped } else { 0 })));
    if let Some(lines) = place.and_then(|(line, column)| caret(query, line, column)) {
        problem.message = format!("{}\n{lines}", problem.message);
    }
    problem
}

/// A line of a query, and a caret below one of its columns; both counted from 1.
fn caret(query: &str, line: u64, column: u64) -> Option<String> {
    let text = query.lines().nth(usize::try_from(line.checked_sub(1)?).ok()?)?;
    let before = usize::try_from(column.checked_sub(1)?).ok()?;
    // Tabs stay tabs, so that the caret stands below its place.
    let space: String =
        text.chars().take(before).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    Some(format!("  {text}\n  {space}^"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caret_stands_below_its_place() {
        assert_eq!(caret("SELECT 1\n\tFORM x", 2, 2).unwrap(), "  \tFORM x\n  \t^");
        assert_eq!(caret("SELECT", 3, 1), None);
    }
}
