//! The commands.

mod admin;
mod batch;
mod collections;
mod databases;
mod documents;
mod relationships;
mod serve;
mod sql;
mod tokens;

use crate::{
    args::{Cli, Global},
    connect::{Connection, Method},
    ui::{self, Problem},
};
use clap::{CommandFactory, Subcommand};
use serde_json::Value;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    Serve(serve::Serve),
    /// Databases, previews and promotion
    #[command(alias = "workspaces", subcommand)]
    Databases(databases::Databases),
    /// Collections: the schemas of documents
    #[command(subcommand)]
    Collections(collections::Collections),
    /// Documents
    #[command(alias = "records", subcommand)]
    Documents(documents::Documents),
    /// Run a SQL query
    Sql(sql::Sql),
    /// Relationships between documents
    #[command(subcommand)]
    Relationships(relationships::Relationships),
    /// Traverse the relationships of a document
    QueryRelationships(relationships::QueryRelationships),
    /// Run up to 1,000 operations, all or none
    Batch(batch::Batch),
    /// API tokens
    #[command(subcommand)]
    Tokens(tokens::Tokens),
    /// Show who the credential is
    Whoami,
    /// Check connection and credential
    Status,
    /// Look after a data root
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Runs a command.
pub(crate) async fn run(cli: Cli) -> Result<(), Problem> {
    let Cli { global, command } = cli;
    match command {
        Command::Serve(serve) => serve.run(&global).await,
        Command::Databases(command) => command.run(&global).await,
        Command::Collections(command) => command.run(&global).await,
        Command::Documents(command) => command.run(&global).await,
        Command::Sql(command) => command.run(&global).await,
        Command::Relationships(command) => command.run(&global).await,
        Command::QueryRelationships(command) => command.run(&global).await,
        Command::Batch(command) => command.run(&global).await,
        Command::Tokens(command) => command.run(&global).await,
        Command::Whoami => read(&global, "/v1/whoami").await,
        Command::Status => admin::status(&global).await,
        Command::Admin(command) => command.run(&global).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "rekor", &mut script);
            ui::text(&String::from_utf8_lossy(&script));
            Ok(())
        }
    }
}

/// Shows the answer of a GET.
async fn read(global: &Global, path: &str) -> Result<(), Problem> {
    let body = Connection::open(global, false)?.send(Method::Get, path, None).await?;
    ui::show(&body, global.output);
    Ok(())
}

/// Sends a change and shows the answer.
async fn write(
    global: &Global,
    method: Method,
    path: &str,
    body: Option<String>,
) -> Result<(), Problem> {
    let answer = Connection::open(global, true)?.send(method, path, body).await?;
    ui::show(&answer, global.output);
    Ok(())
}

/// `name: value` of an optional text, as the start of a JSON object's members.
fn members(fields: &[(&str, Option<Value>)]) -> serde_json::Map<String, Value> {
    fields.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?))).collect()
}

/// A JSON object of members, and of raw JSON texts that keep their bytes.
fn object(fields: &[(&str, Option<Value>)], raw: &[(&str, Option<&str>)]) -> String {
    let mut parts: Vec<String> = members(fields)
        .into_iter()
        .map(|(name, value)| format!("{}:{value}", Value::from(name)))
        .collect();
    parts.extend(
        raw.iter().filter_map(|(name, text)| Some(format!("{}:{}", Value::from(*name), (*text)?))),
    );
    format!("{{{}}}", parts.join(","))
}

/// A comma list.
fn list(text: &str) -> Value {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
}
