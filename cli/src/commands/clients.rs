//! `rekor clients`: who was allowed to act for a person by OAuth, and clients that work without one.

use super::{confirm, object, read, write};
use crate::{
    args::{Global, Output},
    complete,
    connect::{Connection, Method, json_input, segment},
    ui::{self, Problem},
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
            Self::List if global.output() == Output::Table => {
                let path = "/v1/clients?limit=1000";
                let found = Connection::open(global, false)?.send(Method::Get, path, None).await?;
                global.show(&ui::list(rows(&found)))
            }
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

/// A row for each authorisation, as people read it; a client without one has a row, too.
fn rows(found: &Value) -> Vec<Value> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut out = Vec::new();
    for client in list(&found["data"]) {
        let mut allowed = list(&client["authorisations"]);
        if allowed.is_empty() {
            allowed.push(json!({"grants": client["grants"], "expires_at": client["expires_at"]}));
        }
        out.extend(allowed.iter().map(|allowed| {
            json!({
                "client": client["name"],
                "kind": client["kind"],
                "id": allowed.get("id").unwrap_or(&client["id"]),
                "opens": allowed["resource"],
                "may": words(&list(&allowed["grants"])),
                "last used": allowed["last_used_at"],
                "until": allowed["expires_at"],
            })
        }));
    }
    out
}

/// Grants in words: `read:documents in shop`.
fn words(grants: &[Value]) -> String {
    let joined = |value: &Value, between: &str| {
        let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        texts.collect::<Vec<_>>().join(between)
    };
    let one = |grant: &Value| {
        let scope = &grant["scope"];
        format!("{} in {}", joined(&grant["permissions"], " "), joined(&scope["databases"], " "))
    };
    grants.iter().map(one).collect::<Vec<_>>().join("; ")
}
