//! Flags that every command has, and where their values come from.

use crate::{
    commands::Command,
    complete,
    config::{Config, Profile},
    ui::{self, Problem},
};
use clap::{Args, Parser};
use serde_json::Value;
use std::path::PathBuf;

/// Where a server listens unless somebody says otherwise.
const API_URL: &str = "http://127.0.0.1:7373";
/// Variables that coding agents set: who calls is a program, so the output is JSON.
const AGENT_VARIABLES: [&str; 8] = [
    "CLAUDECODE",
    "CLAUDE_CODE_ENTRYPOINT",
    "CURSOR_AGENT",
    "CODEX_SANDBOX",
    "CODEX_THREAD_ID",
    "GEMINI_CLI",
    "OPENCODE",
    "CLINE_ACTIVE",
];

/// The data layer that AI agents share.
#[derive(Debug, Parser)]
#[command(
    name = "rekor",
    version,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "Data goes to stdout, everything else to stderr. `rekor help exit-codes` lists the exit codes."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command has.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Database the command works on [env: REKOR_DATABASE]
    #[arg(long, global = true, value_name = "ID", add = complete::databases())]
    pub database: Option<String>,
    /// The same, in the older vocabulary [env: REKOR_WORKSPACE]
    #[arg(long, global = true, value_name = "ID", hide = true)]
    pub workspace: Option<String>,
    /// Server to talk to [env: REKOR_API_URL] [default: http://127.0.0.1:7373]
    #[arg(long, global = true, value_name = "URL")]
    pub api_url: Option<String>,
    /// Profile of the configuration file [env: REKOR_PROFILE]
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Run in this process on a data directory, without a server
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// table, json, ndjson or csv; json if a coding agent calls, else table
    #[arg(long, global = true, value_name = "FORMAT")]
    pub output: Option<String>,
    /// JSON; with `=id,data.name` only these fields of each row
    #[arg(long, global = true, value_name = "FIELDS", num_args = 0..=1, require_equals = true, default_missing_value = "", conflicts_with = "output")]
    pub json: Option<String>,
    /// Print what a jq filter makes of the JSON
    #[arg(long, global = true, value_name = "FILTER", conflicts_with = "output")]
    pub jq: Option<String>,
    /// Do not ask before deleting
    #[arg(long, short, global = true)]
    pub yes: bool,
    /// Show what would be sent, or would change, without doing it
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Make a write safe to send again: the same key gets the first answer, and nothing is done twice
    #[arg(long, global = true, value_name = "KEY")]
    pub idempotency_key: Option<String>,
}

/// Forms of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Tables for people.
    Table,
    /// The JSON of the API.
    Json,
    /// A JSON object per line.
    Ndjson,
    /// Comma-separated values with a header.
    Csv,
}

impl Output {
    /// The form of a name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "table" => Self::Table,
            "json" => Self::Json,
            "ndjson" => Self::Ndjson,
            "csv" => Self::Csv,
            _ => return None,
        })
    }

    /// The form that is used when nobody says.
    pub(crate) fn usual() -> Self {
        if agent().is_some() { Self::Json } else { Self::Table }
    }
}

/// The variable by which a coding agent gives itself away.
pub(crate) fn agent() -> Option<&'static str> {
    AGENT_VARIABLES.into_iter().find(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()))
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

impl Global {
    /// The form of output.
    pub(crate) fn output(&self) -> Output {
        if self.json.is_some() || self.jq.is_some() {
            return Output::Json;
        }
        self.output.as_deref().and_then(Output::parse).unwrap_or_else(Output::usual)
    }

    /// Prints an answer, or what the flags make of it.
    pub(crate) fn show(&self, body: &Value) -> Result<(), Problem> {
        let names = self.json.as_deref().unwrap_or_default();
        let names: Vec<&str> = names.split(',').map(str::trim).filter(|n| !n.is_empty()).collect();
        let shaped = (!names.is_empty()).then(|| ui::shape::fields(body, &names));
        let body = shaped.as_ref().unwrap_or(body);
        match &self.jq {
            Some(filter) => ui::shape::filtered(body, filter),
            None => {
                ui::show(body, self.output());
                Ok(())
            }
        }
    }

    /// Refuses a form of output that there is not.
    pub(crate) fn check_output(&self) -> Result<(), Problem> {
        if let Some(filter) = &self.jq {
            ui::shape::check(filter)?;
        }
        match &self.output {
            Some(name) if Output::parse(name).is_none() => Err(Problem::usage(format!(
                "--output {name}: the forms are table, json, ndjson and csv"
            ))),
            _ => Ok(()),
        }
    }

    /// The profile in use, and its name.
    pub(crate) fn profile(&self) -> Result<(String, Profile), Problem> {
        let config = Config::load()?;
        let named = self.profile.clone().or_else(|| variable("REKOR_PROFILE"));
        let name = named.clone().unwrap_or_else(|| config.current.clone());
        match config.profiles.get(&name) {
            Some(profile) => Ok((name, profile.clone())),
            None if named.is_some() => Err(Problem::usage(format!(
                "there is no profile {name} in {}; `rekor login --profile {name}` makes it",
                Config::path()?.display()
            ))),
            None => Ok((name, Profile::default())),
        }
    }

    /// The server to talk to, and what said so.
    pub(crate) fn api_url(&self) -> Result<(String, &'static str), Problem> {
        if let Some(url) = &self.api_url {
            return Ok((url.trim_end_matches('/').to_owned(), "--api-url"));
        }
        if let Some(url) = variable("REKOR_API_URL") {
            return Ok((url.trim_end_matches('/').to_owned(), "REKOR_API_URL"));
        }
        match self.profile()?.1.api_url {
            Some(url) => Ok((url, "profile")),
            None => Ok((API_URL.to_owned(), "default")),
        }
    }

    /// The credential, and what said so. There is no flag for it: command lines are seen by others.
    pub(crate) fn token(&self) -> Result<Option<(String, &'static str)>, Problem> {
        if let Some(token) = variable("REKOR_TOKEN") {
            return Ok(Some((token, "REKOR_TOKEN")));
        }
        Ok(self.profile()?.1.token.map(|token| (token, "profile")))
    }

    /// The database of the command.
    pub(crate) fn database(&self) -> Result<String, Problem> {
        let flag = both("--database and --workspace", &self.database, &self.workspace)?;
        if let Some(id) = flag {
            return Ok(id);
        }
        let from_environment = both(
            "REKOR_DATABASE and REKOR_WORKSPACE",
            &variable("REKOR_DATABASE"),
            &variable("REKOR_WORKSPACE"),
        )?;
        let found = match from_environment {
            Some(id) => Some(id),
            None => self.profile()?.1.database,
        };
        found.ok_or_else(|| {
            Problem::usage("name a database with --database or REKOR_DATABASE; `rekor databases list` shows them")
        })
    }
}

fn both(
    names: &str,
    new: &Option<String>,
    old: &Option<String>,
) -> Result<Option<String>, Problem> {
    match (new, old) {
        (Some(a), Some(b)) if a != b => {
            Err(Problem::usage(format!("{names} name different databases")))
        }
        (a, b) => Ok(a.clone().or_else(|| b.clone())),
    }
}
