//! Flags that every command has.

use crate::commands::Command;
use clap::{Args, Parser, ValueEnum};
use std::path::PathBuf;

/// The data layer that AI agents share.
#[derive(Debug, Parser)]
#[command(name = "rekor", version, propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command has.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// Database the command works on
    #[arg(long, global = true, env = "REKOR_DATABASE", value_name = "ID")]
    pub database: Option<String>,
    /// The same, in the older vocabulary
    #[arg(long, global = true, env = "REKOR_WORKSPACE", value_name = "ID", hide = true)]
    pub workspace: Option<String>,
    /// Server to talk to
    #[arg(
        long,
        global = true,
        env = "REKOR_API_URL",
        default_value = "http://127.0.0.1:7373",
        value_name = "URL"
    )]
    pub api_url: String,
    /// Credential (rec_… or rks_…)
    #[arg(long, global = true, env = "REKOR_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub token: Option<String>,
    /// Run in this process on a data directory, without a server
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Output for people or for machines
    #[arg(long, global = true, value_enum, default_value = "table")]
    pub output: Output,
    /// Do not ask before deleting
    #[arg(long, short, global = true)]
    pub yes: bool,
}

/// Forms of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Tables for people
    Table,
    /// The JSON of the API
    Json,
}

impl Global {
    /// The database of the command.
    pub(crate) fn database(&self) -> Result<&str, crate::ui::Problem> {
        match (&self.database, &self.workspace) {
            (Some(a), Some(b)) if a != b => Err(crate::ui::Problem::usage(
                "--database and --workspace name different databases",
            )),
            (Some(id), _) | (None, Some(id)) => Ok(id),
            (None, None) => {
                Err(crate::ui::Problem::usage("name a database with --database or REKOR_DATABASE"))
            }
        }
    }
}
