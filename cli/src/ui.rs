//! The only place that prints: data on stdout, everything else on stderr.

pub(crate) mod shape;

use crate::args::Output;
use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Map, Value, json};
use std::{
    io::{BufRead, IsTerminal, Write},
    process::ExitCode,
};

/// Width of tables that no terminal limits.
const TABLE_WIDTH: u16 = 120;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Problem {
    /// For people.
    pub message: String,
    /// The error body of the API, if it came from there.
    pub body: Option<Box<Value>>,
    /// What to do about it, in a few words.
    pub fix: Option<String>,
    /// Exit code.
    pub exit_code: u8,
}

impl Problem {
    fn new(exit_code: u8, message: impl Into<String>, fix: Option<&str>) -> Self {
        Self { message: message.into(), body: None, fix: fix.map(str::to_owned), exit_code }
    }

    /// A wrong command line.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(2, message, Some("see `rekor <command> --help`"))
    }

    /// No connection, or a broken one.
    pub(crate) fn network(message: impl Into<String>) -> Self {
        Self::new(6, message, Some("check that the server runs and where, then try again"))
    }

    /// Only a person can do this.
    pub(crate) fn human(message: impl Into<String>) -> Self {
        Self::new(7, message, Some("ask a person to run the command on a terminal"))
    }

    /// The person said no.
    pub(crate) fn cancelled() -> Self {
        Self::new(130, "cancelled", None)
    }

    /// The answer cannot be written; who reads no further, as `head`, is told nothing.
    pub(crate) fn unwritten(error: &std::io::Error) -> Self {
        let ended = error.kind() == std::io::ErrorKind::BrokenPipe;
        let message = format!("the output cannot be written: {error}");
        Self::other(if ended { String::new() } else { message })
    }

    /// Anything else.
    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self::new(1, message, None)
    }

    /// An error of the API, with its exit code of the error table.
    pub(crate) fn api(status: u16, body: Value) -> Self {
        let text = |name: &str| {
            body.pointer(&format!("/error/{name}"))
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (code, message) = (text("code"), text("message"));
        let human = body.pointer("/error/human_required") == Some(&Value::Bool(true));
        let facts = rekor_core::ErrorKind::ALL
            .iter()
            .map(|kind| kind.facts())
            .find(|facts| facts.code == code && (facts.exit_code == 7) == human);
        let exit_code = facts.map_or(1, |facts| facts.exit_code);
        let fix = match exit_code {
            4 if status == 401 => Some("run `rekor login`, or set REKOR_TOKEN"),
            4 => Some(
                "use a credential with this permission; `rekor whoami` shows what this one has",
            ),
            5 => Some(
                "the data is in another state: change what the message names, or read again and retry",
            ),
            6 => Some("wait and try again"),
            7 => Some("ask a person to run this on a terminal"),
            _ => None,
        };
        let message = if message.is_empty() {
            format!("the server answered with status {status}")
        } else {
            message
        };
        Self { message, body: Some(Box::new(body)), fix: fix.map(str::to_owned), exit_code }
    }

    /// The error as programs read it.
    pub(crate) fn to_json(&self) -> Value {
        let mut body = self.body.as_deref().cloned().unwrap_or_else(|| {
            let code = match self.exit_code {
                2 => "USAGE",
                6 => "UNREACHABLE",
                7 => "FORBIDDEN",
                130 => "CANCELLED",
                _ => "ERROR",
            };
            json!({"error": {"code": code, "message": self.message, "details": []}})
        });
        if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
            error.insert("fix".to_owned(), json!(self.fix));
            error.insert("exit_code".to_owned(), json!(self.exit_code));
        }
        body
    }
}

impl From<rekor_core::Error> for Problem {
    fn from(error: rekor_core::Error) -> Self {
        Self { fix: None, ..Self::api(error.kind.facts().http_status, error.body()) }
    }
}

/// Says why a command failed.
pub(crate) fn fail(problem: &Problem, output: Output) -> ExitCode {
    if problem.message.is_empty() {
        return ExitCode::from(problem.exit_code);
    }
    let mut err = std::io::stderr().lock();
    let written = if output == Output::Table {
        let details = problem.body.as_ref().and_then(|b| b.pointer("/error/details"));
        let lines: String = details
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(detail)
            .map(|line| format!("\n  {line}"))
            .collect();
        let fix = problem.fix.as_ref().filter(|_| problem.exit_code != 130);
        let fix = fix.map(|fix| format!("\nfix: {fix}")).unwrap_or_default();
        writeln!(err, "error: {}{lines}{fix}", problem.message)
    } else {
        writeln!(err, "{}", problem.to_json())
    };
    drop(written);
    ExitCode::from(problem.exit_code)
}

fn detail(detail: &Value) -> Option<String> {
    let members = detail.as_object()?;
    // The message says it; programs read these.
    let for_programs = |name: &str| matches!(name, "expected" | "given" | "example");
    let parts: Vec<String> = members
        .iter()
        .filter(|(name, _)| !for_programs(name))
        .map(|(name, value)| format!("{name}: {}", cell(value)))
        .collect();
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

/// Prints bytes as they are.
pub(crate) fn bytes(bytes: &[u8]) -> std::io::Result<()> {
    std::io::stdout().lock().write_all(bytes)
}

/// Makes what was printed visible.
pub(crate) fn flush() {
    drop(std::io::stdout().lock().flush());
}

/// Prints an answer of the API.
pub(crate) fn show(body: &Value, output: Output) {
    let out = match output {
        Output::Json => serde_json::to_string_pretty(body).unwrap_or_default() + "\n",
        Output::Table => table(body) + "\n",
        Output::Ndjson => rows(body).iter().map(|row| format!("{row}\n")).collect(),
        Output::Csv => csv(body),
    };
    text(&out);
}

/// Rows that a command made itself, in the shape of a list of the API.
pub(crate) fn list(rows: Vec<Value>) -> Value {
    json!({"meta": {"total": rows.len()}, "data": rows})
}

/// The rows of an answer: those of a list, or the answer itself.
fn rows(body: &Value) -> Vec<Value> {
    let list =
        body.get("data").filter(|_| body.get("meta").is_some()).or_else(|| body.get("results"));
    match list.and_then(Value::as_array) {
        Some(rows) => rows.clone(),
        None => vec![body.clone()],
    }
}

/// The columns of a query, in its order; else the members of the rows.
fn columns_of(body: &Value, rows: &[Value]) -> Vec<String> {
    let named = body.pointer("/meta/columns").and_then(Value::as_array).map(|columns| {
        columns.iter().filter_map(|c| c.get("name")?.as_str().map(str::to_owned)).collect()
    });
    named.unwrap_or_else(|| {
        let mut names: Vec<String> = Vec::new();
        for name in rows.iter().filter_map(Value::as_object).flat_map(Map::keys) {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    })
}

fn csv(body: &Value) -> String {
    let rows = rows(body);
    let columns = columns_of(body, &rows);
    let quoted = |text: String| {
        if text.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text
        }
    };
    let line =
        |cells: Vec<String>| cells.into_iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n";
    let mut out = line(columns.clone());
    for row in &rows {
        out +=
            &line(columns.iter().map(|name| row.get(name).map(cell).unwrap_or_default()).collect());
    }
    out
}

/// Asks before something is lost; only on a terminal.
pub(crate) fn confirm(question: &str, yes: bool) -> Result<(), Problem> {
    if yes || !std::io::stdin().is_terminal() || std::env::var_os("CI").is_some() {
        return Ok(());
    }
    drop(write!(std::io::stderr().lock(), "{question} [y/N] "));
    let mut answer = String::new();
    drop(std::io::stdin().lock().read_line(&mut answer));
    if answer.trim().eq_ignore_ascii_case("y") { Ok(()) } else { Err(Problem::cancelled()) }
}

/// Asks for a line on the terminal.
pub(crate) fn ask(question: &str) -> Result<String, Problem> {
    drop(write!(std::io::stderr().lock(), "{question}: "));
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    read.map_err(|error| Problem::other(error.to_string()))?;
    Ok(answer.trim().to_owned())
}

/// Asks for a secret on the terminal itself, so that no flag, pipe or variable can answer.
pub(crate) fn secret(question: &str) -> Result<String, Problem> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(Problem::human(format!("{question} is asked for on a terminal only")));
    }
    rpassword::prompt_password(format!("{question}: "))
        .map_err(|error| Problem::human(format!("{question} could not be read: {error}")))
}

/// Whether a person may be at the terminal.
pub(crate) fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

fn table(body: &Value) -> String {
    let is_list = body.get("data").is_some_and(Value::is_array) && body.get("meta").is_some();
    if is_list {
        let meta = body.get("meta").cloned().unwrap_or_default();
        let rows = rows(body);
        let mut out = rows_table(&rows, columns_of(body, &rows));
        let total = meta.get("totals").map(|totals| format!("\ntotals: {}", cell(totals)));
        out.push_str(&total.unwrap_or_default());
        if meta.get("has_more") == Some(&Value::Bool(true)) {
            out.push_str(match meta.get("next_cursor").and_then(Value::as_str) {
                Some(_) => "\n(there are more; use --limit and --offset, or --cursor)",
                None => "\n(more rows were left out; add LIMIT, filters or aggregation)",
            });
        }
        return out;
    }
    match body.get("results").and_then(Value::as_array) {
        Some(results) => rows_table(results, columns_of(body, results)),
        None => object_table(body),
    }
}

fn rows_table(rows: &[Value], columns: Vec<String>) -> String {
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
        table.set_width(TABLE_WIDTH);
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
