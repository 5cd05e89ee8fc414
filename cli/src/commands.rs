//! The commands.

mod admin;
mod agent;
mod batch;
mod capabilities;
mod clients;
mod collections;
mod configuration;
mod database_settings;
mod databases;
mod documents;
mod endpoints;
mod login;
mod mcp;
mod promote;
mod providers;
mod relationship_types;
mod relationships;
mod results;
mod serve;
mod sql;
mod tokens;
mod update;
mod users;

use crate::{
    args::{Cli, Global},
    complete,
    connect::{Connection, Method, request_json},
    ui::{self, Problem},
};
use clap::{CommandFactory, Subcommand};
use serde_json::Value;

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    Serve(serve::Serve),
    /// Serve MCP on stdin and stdout, for agents that start their servers
    Mcp(mcp::Mcp),
    /// Set up coding agents
    #[command(subcommand)]
    Agent(agent::Agent),
    /// Print a skill document for coding agents, made of these commands
    Skill,
    /// Log in as a person, or keep a token
    Login(login::Login),
    /// End the session and forget the credential
    Logout,
    /// Databases, previews and promotion
    #[command(alias = "workspaces", subcommand)]
    Databases(databases::Databases),
    /// Collections: the schemas of documents
    #[command(subcommand)]
    Collections(collections::Collections),
    /// Documents
    #[command(alias = "records", subcommand)]
    Documents(documents::Documents),
    /// Query the documents of a collection, as `documents query`
    Query(documents::Query),
    /// Run a SQL query
    Sql(sql::Sql),
    /// Answers that `rekor sql --keep` and agents keep, for an hour
    #[command(subcommand)]
    Results(results::Results),
    /// Relationships between documents
    #[command(subcommand)]
    Relationships(relationships::Relationships),
    /// Traverse the relationships of a document
    QueryRelationships(relationships::QueryRelationships),
    /// Declared relationship types
    #[command(subcommand)]
    RelationshipTypes(relationship_types::RelationshipTypes),
    /// MCP servers over the collections of a database
    #[command(subcommand)]
    Endpoints(endpoints::Endpoints),
    /// Run up to 1,000 operations, all or none
    Batch(batch::Batch),
    /// Tool definitions of AI vendors as collections, and back
    #[command(subcommand)]
    Providers(providers::Providers),
    /// API tokens
    #[command(subcommand)]
    Tokens(tokens::Tokens),
    /// OAuth clients and what they were allowed
    #[command(subcommand)]
    Clients(clients::Clients),
    /// People
    #[command(subcommand)]
    Users(users::Users),
    /// Show what `apply` would change: a directory of schemas against a database
    Plan(configuration::Plan),
    /// Write a directory of schemas to a preview
    Apply(configuration::Apply),
    /// Show who the credential is, and where it comes from
    Whoami,
    /// Check connection, credential, versions and clocks
    Status,
    /// Update this program from the release URL that was configured
    Update,
    /// Look after a data root
    #[command(subcommand)]
    Admin(admin::Admin),
    /// Describe every command for programs
    Capabilities,
    /// Help on a topic: exit-codes, environment, output
    Help {
        /// The topic
        topic: Option<String>,
    },
    /// Print a completion script for a shell: commands, flags and the ids of your server
    Completions {
        /// bash, elvish, fish, powershell or zsh
        shell: String,
    },
    /// Print the manual page
    Man,
}

/// Runs a command, and says if there is a newer program.
pub(crate) async fn run(cli: Cli) -> Result<(), Problem> {
    let quiet = matches!(cli.command, Command::Serve(_) | Command::Mcp(_) | Command::Update);
    let notice = if quiet { None } else { update::Notice::start() };
    let outcome = dispatch(cli).await;
    if let Some(notice) = notice {
        notice.finish().await;
    }
    outcome
}

async fn dispatch(cli: Cli) -> Result<(), Problem> {
    let Cli { global, command } = cli;
    if !matches!(command, Command::Providers(providers::Providers::Export { .. })) {
        global.check_output()?;
    }
    match command {
        Command::Serve(serve) => serve.run(&global).await,
        Command::Mcp(mcp) => mcp.run(&global).await,
        Command::Agent(command) => command.run(&global).await,
        Command::Skill => {
            agent::print_skill();
            Ok(())
        }
        Command::Login(login) => login.run(&global).await,
        Command::Logout => login::logout(&global).await,
        Command::Databases(command) => command.run(&global).await,
        Command::Collections(command) => command.run(&global).await,
        Command::Documents(command) => command.run(&global).await,
        Command::Query(query) => query.run(&global).await,
        Command::Sql(command) => command.run(&global).await,
        Command::Results(command) => command.run(&global).await,
        Command::Relationships(command) => command.run(&global).await,
        Command::QueryRelationships(command) => command.run(&global).await,
        Command::RelationshipTypes(command) => command.run(&global).await,
        Command::Endpoints(command) => command.run(&global).await,
        Command::Batch(command) => command.run(&global).await,
        Command::Providers(command) => command.run(&global).await,
        Command::Tokens(command) => command.run(&global).await,
        Command::Clients(command) => command.run(&global).await,
        Command::Users(command) => command.run(&global).await,
        Command::Plan(plan) => plan.run(&global).await,
        Command::Apply(apply) => apply.run(&global).await,
        Command::Whoami => admin::whoami(&global).await,
        Command::Status => admin::status(&global).await,
        Command::Update => update::run().await,
        Command::Admin(command) => command.run(&global).await,
        Command::Capabilities => capabilities::show(&global),
        Command::Help { topic } => capabilities::help(topic.as_deref()),
        Command::Completions { shell } => {
            let script = complete::script(&shell).ok_or_else(|| {
                Problem::usage(format!(
                    "{shell}: there are scripts for bash, elvish, fish, powershell and zsh"
                ))
            })?;
            ui::text(&script);
            Ok(())
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command())
                .render(&mut page)
                .map_err(|error| Problem::other(error.to_string()))?;
            ui::text(&String::from_utf8_lossy(&page));
            Ok(())
        }
    }
}

/// Shows the answer of a GET.
async fn read(global: &Global, path: &str) -> Result<(), Problem> {
    let body = Connection::open(global, false)?.send(Method::Get, path, None).await?;
    global.show(&body)
}

/// Sends a change and shows the answer; with `--dry-run` shows what would be sent.
async fn write(
    global: &Global,
    method: Method,
    path: &str,
    body: Option<String>,
) -> Result<(), Problem> {
    let answer = change(global, method, path, body).await?;
    global.show(&answer)
}

/// Sends a change; with `--dry-run` the answer is what would be sent.
async fn change(
    global: &Global,
    method: Method,
    path: &str,
    body: Option<String>,
) -> Result<Value, Problem> {
    if global.dry_run {
        return Ok(request_json(method, path, body.as_deref()));
    }
    Connection::open(global, true)?.send(method, path, body).await
}

/// Asks before something is lost, unless nothing is.
fn confirm(global: &Global, question: &str) -> Result<(), Problem> {
    ui::confirm(question, global.yes || global.dry_run)
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
