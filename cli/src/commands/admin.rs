//! `rekor admin` and `rekor status`.

use super::read;
use crate::{
    args::Global,
    connect::{Connection, Method},
    ui::{self, Problem},
};
use clap::Subcommand;
use serde_json::json;

#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Show sizes of the store
    Stats,
    /// Check that everything stored is whole, and that every row is alive exactly once
    Check,
    /// Make everything written so far durable in data files
    Flush,
    /// Flush, then merge the data files of every table into one
    Compact,
}

impl Admin {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        match self {
            Self::Stats => read(global, "/v1/admin/stats").await,
            Self::Check => check(global).await,
            Self::Flush => post(global, "/v1/admin/flush").await,
            Self::Compact => post(global, "/v1/admin/compact").await,
        }
    }
}

/// Shows the report; problems are a failure.
async fn check(global: &Global) -> Result<(), Problem> {
    let report =
        Connection::open(global, false)?.send(Method::Get, "/v1/admin/check", None).await?;
    ui::show(&report, global.output);
    match report["problems"].as_array().map_or(0, Vec::len) {
        0 => Ok(()),
        count => Err(Problem::other(format!("{count} problems found"))),
    }
}

async fn post(global: &Global, path: &str) -> Result<(), Problem> {
    let answer = Connection::open(global, true)?.send(Method::Post, path, None).await?;
    ui::show(&answer, global.output);
    Ok(())
}

/// Connection, credential and versions.
pub(super) async fn status(global: &Global) -> Result<(), Problem> {
    let connection = Connection::open(global, false)?;
    connection.send(Method::Get, "/health/ready", None).await?;
    let who = connection.send(Method::Get, "/v1/whoami", None).await;
    let body = json!({
        "cli_version": env!("CARGO_PKG_VERSION"),
        "target": global.data_dir.as_ref().map_or_else(|| global.api_url.clone(), |dir| dir.display().to_string()),
        "connected": true,
        "credential": who.as_ref().map_or_else(|problem| problem.message.clone(), ToString::to_string),
    });
    ui::show(&body, global.output);
    who.map(drop)
}
