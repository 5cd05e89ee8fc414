//! `rekor serve`.

use crate::{
    args::Global,
    ui::{self, Problem},
};
use clap::{Args, ValueEnum};
use rekor_api::{OAuthConfig, Service, ServiceConfig, Thresholds};
use rekor_core::{
    store::RootLocation,
    time::{Entropy, Sources, System},
};
use std::{io::IsTerminal, net::SocketAddr, path::PathBuf};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

/// Run the server
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Data root: a directory, or s3://bucket/prefix with the AWS_* variables
    #[arg(long, env = "REKOR_DATA", default_value = "./rekor-data", value_name = "ROOT")]
    data: String,
    /// Directory of the write-ahead log; required with an S3 root, default inside a local one
    #[arg(long, env = "REKOR_WAL", value_name = "DIR")]
    wal: Option<PathBuf>,
    /// Address to listen on
    #[arg(long, env = "REKOR_LISTEN", default_value = "127.0.0.1:7373", value_name = "HOST:PORT")]
    listen: SocketAddr,
    /// Address by which people and programs reach the server, for links
    #[arg(long, env = "REKOR_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,
    /// OAuth for MCP clients; auto: on with a public URL that has https or is of this machine, and with --dev
    #[arg(long, env = "REKOR_OAUTH", value_enum, default_value = "auto")]
    oauth: OAuthSwitch,
    /// Accept metadata documents of OAuth clients from http addresses of this machine; for development
    #[arg(long, env = "REKOR_OAUTH_LOCAL_CLIENTS")]
    oauth_local_clients: bool,
    /// Requests a second that one credential may send; no limit by default
    #[arg(long, env = "REKOR_RATE_LIMIT", value_name = "N")]
    rate_limit: Option<u32>,
    /// Origin whose pages may call from a browser; repeatable
    #[arg(
        long = "cors-origin",
        env = "REKOR_CORS_ORIGINS",
        value_delimiter = ',',
        value_name = "URL"
    )]
    cors_origins: Vec<String>,
    /// Let old MCP clients connect at /sse, which takes the token in the URL; prefer /mcp with a header
    #[arg(long, env = "REKOR_LEGACY_SSE")]
    legacy_sse: bool,
    /// Memory of unwritten rows that starts a flush; for tests
    #[arg(long, env = "REKOR_MEMTABLE_BYTES", hide = true)]
    memtable_bytes: Option<usize>,
    /// Memory of a table from which its rows get files of their own; for tests
    #[arg(long, env = "REKOR_SMALL_TABLE_BYTES", hide = true)]
    small_table_bytes: Option<usize>,
    /// Accept REKOR_OWNER_TOKEN (or a generated one) as a standing human credential; not for production
    #[arg(long)]
    dev: bool,
    /// How the log on stderr is written
    #[arg(long, env = "REKOR_LOG_FORMAT", value_enum, default_value = "text")]
    log_format: LogFormat,
    /// The owner's credential (rks_…), with --dev
    #[arg(long, env = "REKOR_OWNER_TOKEN", hide_env_values = true, hide = true)]
    owner_token: Option<String>,
}

/// Whether the server is an OAuth authorization server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OAuthSwitch {
    /// On where its address is known and safe.
    Auto,
    /// On, or the server does not start.
    On,
    /// Off: bearer tokens only.
    Off,
}

/// What is logged unless `REKOR_LOG` says otherwise. The MCP library notes each of its services, of which every request has one,
/// and takes a client that goes away for an error.
const LOGGED: &str = "info,rmcp=warn,rmcp::service=off";

/// How the server writes its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// Lines for people.
    Text,
    /// A JSON object per line.
    Json,
}

impl LogFormat {
    /// Writes to stderr from now on what `REKOR_LOG` lets through.
    fn start(self) {
        let filter = tracing_subscriber::EnvFilter::try_from_env("REKOR_LOG")
            .unwrap_or_else(|_| LOGGED.into());
        let log = tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
            .with_env_filter(filter);
        match self {
            Self::Text => log.init(),
            Self::Json => log.json().init(),
        }
    }
}

impl Serve {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        if let Some(directory) = &global.data_dir {
            return Err(Problem::usage(format!(
                "a server's data root is --data: write rekor serve --data {}; --data-dir is for commands without a server",
                directory.display()
            )));
        }
        self.log_format.start();
        let root = RootLocation::parse(&self.data)?;
        let owner_token = self.credential()?;
        let listener = TcpListener::bind(self.listen)
            .await
            .map_err(|e| Problem::other(format!("cannot listen on {}: {e}", self.listen)))?;
        let address = listener.local_addr().map_err(|e| Problem::other(e.to_string()))?;
        let holder = format!("the server at http://{address} (process {})", std::process::id());
        let config = ServiceConfig {
            root: root.clone(),
            wal_dir: self.wal.clone(),
            s3_variables: s3_variables(),
            read_only: false,
            owner_token: owner_token.clone(),
            holder,
            thresholds: self.thresholds(),
            execution: rekor_api::Execution::default(),
            public_url: self.public_url.clone(),
            rate_limit: self.rate_limit,
            cors_origins: self.cors_origins.clone(),
            oauth: self.oauth(address)?,
            sources: Sources::default(),
            legacy_sse: self.legacy_sse,
        };
        let service = tokio::task::block_in_place(|| Service::open(config))?;
        if let Some(token) = owner_token.filter(|_| self.owner_token.is_none()) {
            ui::note(&format!("export REKOR_TOKEN={token}"));
        }
        if self.dev {
            ui::note("--dev: the owner's credential stands for a human; not for production");
        } else {
            if let Some(code) = service.enrolment_code() {
                ui::note(&format!(
                    "nobody is enrolled yet. On a terminal: rekor login --enrol --api-url http://{address}\nenrolment code (works once, for the first person): {code}"
                ));
            }
        }
        ui::note(&format!("rekor listening on http://{address} (data in {root})"));
        rekor_api::serve(service, listener, stopped()).await?;
        ui::note("rekor stopped");
        Ok(())
    }

    /// OAuth as it is to be; the address that clients use is never guessed from their requests.
    fn oauth(&self, listening: SocketAddr) -> Result<Option<OAuthConfig>, Problem> {
        let here = self.dev.then(|| format!("http://{listening}"));
        let config = self
            .public_url
            .clone()
            .or(here)
            .map(|public_url| OAuthConfig { public_url, local_clients: self.oauth_local_clients });
        match (self.oauth, config) {
            (OAuthSwitch::Off, _) | (OAuthSwitch::Auto, None) => Ok(None),
            (OAuthSwitch::On, None) => Err(Problem::usage(
                "--oauth on needs --public-url: the address by which clients reach the server",
            )),
            (OAuthSwitch::On, Some(config)) => {
                config.check().map(|()| Some(config)).map_err(Into::into)
            }
            (OAuthSwitch::Auto, Some(config)) => match config.check() {
                Ok(()) => Ok(Some(config)),
                Err(_) => {
                    ui::note("OAuth for MCP clients is off: the public URL has no https");
                    Ok(None)
                }
            },
        }
    }

    fn thresholds(&self) -> Thresholds {
        let usual = Thresholds::default();
        Thresholds {
            memtable_bytes: self.memtable_bytes.unwrap_or(usual.memtable_bytes),
            small_table_bytes: self.small_table_bytes.unwrap_or(usual.small_table_bytes),
            ..usual
        }
    }

    fn credential(&self) -> Result<Option<String>, Problem> {
        if !self.dev {
            return if self.owner_token.is_some() {
                Err(Problem::usage("REKOR_OWNER_TOKEN is only accepted with --dev"))
            } else {
                Ok(None)
            };
        }
        if !self.listen.ip().is_loopback() {
            return Err(Problem::usage(format!(
                "--dev listens on loopback addresses only, not on {}",
                self.listen
            )));
        }
        match &self.owner_token {
            Some(token) if token.starts_with("rks_") && token.len() >= 20 => {
                Ok(Some(token.clone()))
            }
            Some(_) => Err(Problem::usage(
                "REKOR_OWNER_TOKEN must start with rks_ and have at least 20 characters",
            )),
            None => {
                let mut random = [0; 24];
                System.fill(&mut random);
                let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
                Ok(Some(format!("rks_{digits}")))
            }
        }
    }
}

/// The standard variables of S3 clients.
pub(crate) fn s3_variables() -> Vec<(String, String)> {
    std::env::vars().filter(|(name, _)| name.starts_with("AWS_")).collect()
}

/// Resolves at SIGINT or SIGTERM.
async fn stopped() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
