//! `rekor sql`.

use crate::{
    args::Global,
    connect::{Connection, Method, segment},
    ui::{self, Problem},
};
use clap::Args;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Run a SQL query
#[derive(Debug, Args)]
pub(crate) struct Sql {
    /// The query; - reads it from stdin
    query: Option<String>,
    /// Value of a {name:Type} parameter, as key=value; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    param: Vec<String>,
    /// File with the query
    #[arg(long, conflicts_with = "query")]
    file: Option<PathBuf>,
}

impl Sql {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let query = match (&self.query, &self.file) {
            (Some(text), _) if text == "-" => std::io::read_to_string(std::io::stdin())
                .map_err(|e| Problem::usage(e.to_string()))?,
            (Some(text), _) => text.clone(),
            (None, Some(path)) => std::fs::read_to_string(path)
                .map_err(|e| Problem::usage(format!("{}: {e}", path.display())))?,
            (None, None) => return Err(Problem::usage("give a query, or --file")),
        };
        let params =
            self.param.iter().map(|pair| parameter(pair)).collect::<Result<Map<_, _>, _>>()?;
        let path = format!("/v1/{}/sql", segment(&global.database()?));
        let body = json!({"query": query, "params": params}).to_string();
        let answer = Connection::open(global, false)?.send(Method::Post, &path, Some(body)).await?;
        global.show(&answer)?;
        for warning in answer
            .pointer("/meta/warnings")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            ui::note(&format!("note: {warning}"));
        }
        Ok(())
    }
}

/// `key=value`; arrays are JSON, everything else is text that the server reads by the parameter's type.
fn parameter(pair: &str) -> Result<(String, Value), Problem> {
    let (key, value) = pair
        .split_once('=')
        .ok_or_else(|| Problem::usage(format!("--param {pair}: write key=value")))?;
    let array = value.starts_with('[').then(|| serde_json::from_str(value).ok()).flatten();
    Ok((key.to_owned(), array.unwrap_or_else(|| Value::from(value))))
}
