//! The only place that prints: data on stdout, everything else on stderr.

use crate::args::Output;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Map, Value};
use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Problem {
    /// For people.
    pub message: String,
    /// The error body of the API, if it came from there.
    pub body: Option<Value>,
    /// Exit code.
    pub exit_code: u8,
}

impl Problem {
    /// A wrong command line.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), body: None, exit_code: 2 }
    }

    /// No connection, or a broken one.
    pub(crate) fn network(message: impl Into<String>) -> Self {
        Self { message: message.into(), body: None, exit_code: 6 }
    }

    /// Anything else.
    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self { message: message.into(), body: None, exit_code: 1 }
    }

    /// An error of the API, with its exit code of the error table.
    pub(crate) fn api(status: u16, body: Value) -> Self {
        let error = body.get("error");
        let text = |name: &str| {
            error.and_then(|e| e.get(name)).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let (code, message) = (text("code"), text("message"));
        let human = message.contains("human act");
        let facts = rekor_core::ErrorKind::ALL
            .iter()
            .map(|kind| kind.facts())
            .find(|facts| facts.code == code && (facts.exit_code == 7) == human);
        let message = if message.is_empty() {
            format!("the server answered with status {status}")
        } else {
            message
        };
        Self { message, body: Some(body), exit_code: facts.map_or(1, |facts| facts.exit_code) }
    }
}

impl From<rekor_core::Error> for Problem {
    fn from(error: rekor_core::Error) -> Self {
        Self {
            message: error.message.clone(),
            exit_code: error.kind.facts().exit_code,
            body: Some(error.body()),
        }
    }
}

/// Says why a command failed.
pub(crate) fn fail(problem: &Problem, output: Output) -> ExitCode {
    let mut err = std::io::stderr().lock();
    let written = match (&problem.body, output) {
        (Some(body), Output::Json) => writeln!(err, "{body}"),
        (body, _) => {
            let details =
                body.as_ref().and_then(|b| b.pointer("/error/details")).and_then(Value::as_array);
            let lines: String = details
                .into_iter()
                .flatten()
                .filter_map(detail)
                .map(|line| format!("\n  {line}"))
                .collect();
            writeln!(err, "error: {}{lines}", problem.message)
        }
    };
    drop(written);
    ExitCode::from(problem.exit_code)
}

fn detail(detail: &Value) -> Option<String> {
    let members = detail.as_object()?;
    let parts: Vec<String> =
        members.iter().map(|(name, value)| format!("{name}: {}", cell(value))).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// A line for people, beside the data.
pub(crate) fn note(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}

/// Prints text as it is.
pub(crate) fn text(text: &str) {
    drop(write!(std::io::stdout().lock(), "{text}"));
}

/// Prints an answer of the API.
pub(crate) fn show(body: &Value, output: Output) {
    let out = match output {
        Output::Json => serde_json::to_string_pretty(body).unwrap_or_default(),
        Output::Table => table(body),
    };
    drop(writeln!(std::io::stdout().lock(), "{out}"));
}

/// Asks before something is lost; only on a terminal.
pub(crate) fn confirm(question: &str, yes: bool) -> Result<(), Problem> {
    if yes || !std::io::stdin().is_terminal() || std::env::var_os("CI").is_some() {
        return Ok(());
    }
    drop(write!(std::io::stderr().lock(), "{question} [y/N] "));
    let mut answer = String::new();
    drop(std::io::stdin().read_line(&mut answer));
    if answer.trim().eq_ignore_ascii_case("y") {
        Ok(())
    } else {
        Err(Problem { message: "cancelled".to_owned(), body: None, exit_code: 130 })
    }
}

fn table(body: &Value) -> String {
    match (body.get("data").and_then(Value::as_array), body.get("meta")) {
        (Some(rows), Some(meta)) => {
            let columns = meta.get("columns").and_then(Value::as_array).map(|c| {
                c.iter()
                    .filter_map(|c| c.get("name")?.as_str().map(str::to_owned))
                    .collect::<Vec<_>>()
            });
            let mut out = rows_table(rows, columns);
            let total = meta.get("totals").map(|totals| format!("\ntotals: {}", cell(totals)));
            out.push_str(&total.unwrap_or_default());
            if meta.get("has_more") == Some(&Value::Bool(true)) {
                out.push_str("\n(more rows were left out; add LIMIT, filters or aggregation)");
            }
            out
        }
        _ => match body.get("results").and_then(Value::as_array) {
            Some(results) => rows_table(results, None),
            None => object_table(body),
        },
    }
}

fn rows_table(rows: &[Value], columns: Option<Vec<String>>) -> String {
    let columns = columns.unwrap_or_else(|| {
        let mut names: Vec<String> = Vec::new();
        for name in rows.iter().filter_map(Value::as_object).flat_map(Map::keys) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    });
    let mut table = plain();
    table.set_header(&columns);
    for row in rows {
        table.add_row(columns.iter().map(|name| row.get(name).map(cell).unwrap_or_default()));
    }
    let count = if rows.len() == 1 { "1 row".to_owned() } else { format!("{} rows", rows.len()) };
    if rows.is_empty() { format!("({count})") } else { format!("{table}\n({count})") }
}

fn object_table(body: &Value) -> String {
    let Some(members) = body.as_object() else { return cell(body) };
    let mut table = plain();
    for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
        table.add_row([name.clone(), cell(value)]);
    }
    table.to_string()
}

fn plain() -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_BORDERS_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic);
    if !std::io::stdout().is_terminal() {
        table.set_width(120);
    }
    table
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
