//! `rekor sql`: a query, a file of queries, or a shell.

mod ask;
mod complete;
mod describe;
mod functions;
mod shell;
mod split;

use crate::{args::Global, ui::Problem};
use ask::{Session, pointed};
use clap::Args;
use serde_json::{Map, Value};
use split::Statement;
use std::{io::IsTerminal, path::PathBuf};

/// What `--explain` puts before a query.
const EXPLAIN: &str = "EXPLAIN ANALYZE ";

/// Values of parameters by name.
type Params = Map<String, Value>;

/// Run a SQL query, or open a shell
///
/// Without a query, a terminal gets a shell, where \? helps; what comes through a pipe is read as queries.
#[derive(Debug, Args)]
pub(crate) struct Sql {
    /// The query; - reads queries from stdin
    query: Option<String>,
    /// Value of a {name:Type} parameter, as key=value; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    param: Vec<String>,
    /// File with queries, separated by semicolons; - is stdin
    #[arg(long, conflicts_with = "query")]
    file: Option<PathBuf>,
    /// Format of the answer: JSON, JSONEachRow, CSVWithNames, TSV, Pretty, Vertical, Markdown, Arrow, Parquet, …
    #[arg(long, value_name = "NAME")]
    format: Option<String>,
    /// Keep the whole answer for an hour: `FROM result('r_…')` goes on from it, `rekor results download` fetches it
    #[arg(long, conflicts_with = "explain")]
    keep: bool,
    /// Run the query and say what it read: files, row groups, pages, bytes
    #[arg(long)]
    explain: bool,
    /// List the functions whose name or family holds PATTERN, or all
    #[arg(
        long,
        value_name = "PATTERN",
        num_args = 0..=1,
        default_missing_value = "",
        conflicts_with_all = ["query", "file", "explain", "format", "keep"]
    )]
    functions: Option<String>,
}

/// Where the text of queries comes from.
enum Text {
    /// One query, as it is.
    Query(String),
    /// Queries with semicolons between them.
    Queries(String),
    /// A person types it.
    Shell,
}

impl Sql {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        if let Some(pattern) = &self.functions {
            return global.show(&functions::list(pattern));
        }
        let params =
            self.param.iter().map(|pair| parameter(pair)).collect::<Result<Params, _>>()?;
        let text = self.text()?;
        let session = Session::open(global, params, self.format, self.keep)?;
        match text {
            Text::Shell => shell::run(session.for_people()).await,
            Text::Query(text) => {
                ask(&session, Statement { text: &text, vertical: false }, self.explain).await
            }
            Text::Queries(text) => {
                for statement in split::statements(&text) {
                    ask(&session, statement, self.explain).await?;
                }
                Ok(())
            }
        }
    }

    fn text(&self) -> Result<Text, Problem> {
        let stdin = || match std::io::read_to_string(std::io::stdin()) {
            Ok(text) => Ok(Text::Queries(text)),
            Err(error) => Err(Problem::usage(format!("stdin: {error}"))),
        };
        match (&self.query, &self.file) {
            (Some(text), _) if text == "-" => stdin(),
            (Some(text), _) => Ok(Text::Query(text.clone())),
            (None, Some(path)) if path.as_os_str() == "-" => stdin(),
            (None, Some(path)) => match std::fs::read_to_string(path) {
                Ok(text) => Ok(Text::Queries(text)),
                Err(error) => Err(Problem::usage(format!("{}: {error}", path.display()))),
            },
            (None, None) if !std::io::stdin().is_terminal() => stdin(),
            (None, None) if std::io::stdout().is_terminal() && !self.explain => Ok(Text::Shell),
            (None, None) => Err(Problem::usage("give a query, or --file")),
        }
    }
}

async fn ask(session: &Session, statement: Statement<'_>, explain: bool) -> Result<(), Problem> {
    let (prefix, format) =
        (if explain { EXPLAIN } else { "" }, statement.vertical.then_some("Vertical"));
    let asked = session.ask(&format!("{prefix}{}", statement.text), format).await;
    asked.map(drop).map_err(|problem| pointed(problem, statement.text, prefix.len() as u64))
}

/// `key=value`; arrays are JSON, everything else is text that the server reads by the parameter's type.
fn parameter(pair: &str) -> Result<(String, Value), Problem> {
    let (key, value) = pair
        .split_once('=')
        .ok_or_else(|| Problem::usage(format!("--param {pair}: write key=value")))?;
    let array = value.starts_with('[').then(|| serde_json::from_str(value).ok()).flatten();
    Ok((key.to_owned(), array.unwrap_or_else(|| Value::from(value))))
}
