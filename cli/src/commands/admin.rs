//! `rekor admin`, `rekor whoami` and `rekor status`.

use super::{read, write};
use crate::{
    args::{Global, agent},
    config::Config,
    connect::{Connection, Method},
    ui::Problem,
};
use clap::Subcommand;
use rekor_core::time::{Clock, System};
use serde_json::json;

/// Clocks that differ by more make expiry and proofs surprising.
const CLOCK_SKEW_MS_MAX: i64 = 30_000;

#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Show sizes of the store
    Stats,
    /// Check that everything stored is whole, and that every row is alive exactly once
    Check,
    /// Look after the operations log
    #[command(subcommand)]
    Audit(Audit),
    /// Make everything written so far durable in data files
    Flush,
    /// Flush, then merge the data files of every table into one
    Compact,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Compute the hash chains again: was an entry changed, dropped or put in?
    Verify,
}

impl Admin {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        match self {
            Self::Stats => read(global, "/v1/admin/stats").await,
            Self::Check => checked(global, "/v1/admin/check").await,
            Self::Audit(Audit::Verify) => checked(global, "/v1/admin/audit").await,
            Self::Flush => post(global, "/v1/admin/flush").await,
            Self::Compact => post(global, "/v1/admin/compact").await,
        }
    }
}

/// Shows the report; problems are a failure.
async fn checked(global: &Global, path: &str) -> Result<(), Problem> {
    let report = Connection::open(global, false)?.send(Method::Get, path, None).await?;
    global.show(&report)?;
    match report["problems"].as_array().map_or(0, Vec::len) {
        0 => Ok(()),
        count => Err(Problem::other(format!("{count} problems found"))),
    }
}

async fn post(global: &Global, path: &str) -> Result<(), Problem> {
    write(global, Method::Post, path, None).await
}

/// Who the credential is, and where it comes from.
pub(super) async fn whoami(global: &Global) -> Result<(), Problem> {
    let mut who = Connection::open(global, false)?.send(Method::Get, "/v1/whoami", None).await?;
    if let Some(members) = who.as_object_mut() {
        members.insert("credential_from".to_owned(), json!(credential_source(global)?));
    }
    global.show(&who)
}

fn credential_source(global: &Global) -> Result<String, Problem> {
    if global.data_dir.is_some() {
        return Ok("--data-dir: no credential, the rights of a full token".to_owned());
    }
    Ok(match global.token()? {
        Some((_, "profile")) => {
            format!("profile {} in {}", global.profile()?.0, Config::path()?.display())
        }
        Some((_, source)) => source.to_owned(),
        None => "nowhere".to_owned(),
    })
}

/// Connection, credential, versions and clocks: what is wrong, and what to do.
pub(super) async fn status(global: &Global) -> Result<(), Problem> {
    let target = match &global.data_dir {
        Some(dir) => dir.display().to_string(),
        None => {
            let (url, source) = global.api_url()?;
            format!("{url} ({source})")
        }
    };
    let connection = Connection::open(global, false)?;
    let server = connection.send(Method::Get, "/health/status", None).await?;
    let skew_ms = server["time_ms"].as_i64().map(|time| time - System.now().0);
    let who = connection.send(Method::Get, "/v1/whoami", None).await;
    let (cli_version, server_version) = (env!("CARGO_PKG_VERSION"), &server["version"]);
    let mut advice = Vec::new();
    if server_version != cli_version {
        advice.push(format!("the server is {server_version}, this program {cli_version}"));
    }
    if skew_ms.is_some_and(|skew| skew.abs() > CLOCK_SKEW_MS_MAX) {
        advice.push(
            "the clocks differ by more than 30 s: check the time of this machine and of the server"
                .to_owned(),
        );
    }
    if let Err(problem) = &who {
        advice.push(problem.message.clone());
    }
    let body = json!({
        "target": target,
        "connected": true,
        "cli_version": cli_version,
        "server_version": server_version,
        "clock_skew_ms": skew_ms,
        "credential_from": credential_source(global)?,
        "principal": who.as_ref().ok().map(|who| json!({"kind": who["kind"], "id": who["id"], "name": who["name"]})),
        "agent": agent(),
        "advice": advice,
    });
    global.show(&body)?;
    who.map(drop)
}
