//! `rekor tokens`.

use super::{confirm, object, read, write};
use crate::{
    args::Global,
    complete,
    connect::{Method, json_input, segment},
    ui::Problem,
};
use clap::Subcommand;
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(crate) enum Tokens {
    /// Create a token; the secret is shown once
    Create {
        #[arg(long)]
        name: String,
        /// JSON: inline, @file, or - for stdin
        #[arg(long)]
        grants: String,
        /// RFC 3339 time
        #[arg(long)]
        expires_at: Option<String>,
    },
    /// List tokens
    List,
    /// Revoke a token
    Revoke {
        #[arg(add = complete::tokens())]
        id: String,
    },
}

impl Tokens {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        match self {
            Self::Create { name, grants, expires_at } => {
                let grants = json_input("--grants", &grants)?;
                let body = object(
                    &[("name", Some(json!(name))), ("expires_at", expires_at.map(Value::from))],
                    &[("grants", Some(&grants))],
                );
                write(global, Method::Post, "/v1/tokens", Some(body)).await
            }
            Self::List => read(global, "/v1/tokens?limit=1000").await,
            Self::Revoke { id } => {
                confirm(global, &format!("Revoke the token {id}?"))?;
                write(global, Method::Delete, &format!("/v1/tokens/{}", segment(&id)), None).await
            }
        }
    }
}
