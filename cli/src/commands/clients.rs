//! `rekor clients`: who was allowed to act for a person by OAuth, and clients that work without one.

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
pub(crate) enum Clients {
    /// List clients with what they were allowed
    List,
    /// Create a client that works without a person; the secret is shown once
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
    /// Revoke what a client was allowed
    Revoke {
        /// Id of a client, or of one of its authorisations
        #[arg(add = complete::clients())]
        id: String,
    },
}

impl Clients {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        match self {
            Self::List => read(global, "/v1/clients?limit=1000").await,
            Self::Create { name, grants, expires_at } => {
                let grants = json_input("--grants", &grants)?;
                let body = object(
                    &[("name", Some(json!(name))), ("expires_at", expires_at.map(Value::from))],
                    &[("grants", Some(&grants))],
                );
                write(global, Method::Post, "/v1/clients", Some(body)).await
            }
            Self::Revoke { id } => {
                confirm(global, &format!("Revoke what {id} was allowed?"))?;
                write(global, Method::Delete, &format!("/v1/clients/{}", segment(&id)), None).await
            }
        }
    }
}
