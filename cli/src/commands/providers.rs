//! `rekor providers`.

use super::{object, read, write};
use crate::{
    args::{Global, Output},
    connect::{Connection, Method, json_input, query, segment},
    ui::{self, Problem},
};
use clap::Subcommand;
use serde_json::Value;

#[derive(Debug, Subcommand)]
pub(crate) enum Providers {
    /// Make collections of tool definitions, in a preview
    Import {
        /// openai, anthropic, google or mcp
        provider: String,
        /// Tool definitions: inline JSON, @file, or - for stdin
        #[arg(long)]
        tools: String,
    },
    /// Print collections as tool definitions; `--output FILE` writes them there
    Export {
        /// openai, anthropic, google or mcp
        provider: String,
        /// Comma list of collections; all if absent
        #[arg(long)]
        collections: Option<String>,
    },
    /// Store a tool call as a document
    ImportCall {
        /// openai, anthropic, google or mcp
        provider: String,
        collection: String,
        /// The call: inline JSON, @file, or - for stdin
        #[arg(long)]
        data: String,
        #[arg(long)]
        external_id: Option<String>,
        #[arg(long, alias = "source")]
        external_source: Option<String>,
    },
}

impl Providers {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let base = format!("/v1/{}/providers", segment(&global.database()?));
        match self {
            Self::Import { provider, tools } => {
                let tools = json_input("--tools", &tools)?;
                let body = object(&[], &[("tools", Some(&tools))]);
                let path = format!("{base}/{}/import", segment(&provider));
                write(global, Method::Post, &path, Some(body)).await
            }
            Self::Export { provider, collections } => {
                let path = format!(
                    "{base}/{}/export{}",
                    segment(&provider),
                    query(&[("collections", collections.as_deref())])
                );
                match &global.output {
                    Some(file) if Output::parse(file).is_none() => {
                        export(global, &path, file).await
                    }
                    _ => read(global, &path).await,
                }
            }
            Self::ImportCall { provider, collection, data, external_id, external_source } => {
                let data = json_input("--data", &data)?;
                let fields = [
                    ("external_id", external_id.map(Value::from)),
                    ("external_source", external_source.map(Value::from)),
                ];
                let body = object(&fields, &[("data", Some(&data))]);
                let path =
                    format!("{base}/{}/import-call/{}", segment(&provider), segment(&collection));
                write(global, Method::Post, &path, Some(body)).await
            }
        }
    }
}

async fn export(global: &Global, path: &str, file: &str) -> Result<(), Problem> {
    let answer = Connection::open(global, false)?.send(Method::Get, path, None).await?;
    let tools = answer.get("tools").cloned().unwrap_or_default();
    let text = serde_json::to_string_pretty(&tools).map_err(|e| Problem::other(e.to_string()))?;
    std::fs::write(file, text + "\n").map_err(|e| Problem::usage(format!("{file}: {e}")))?;
    ui::note(&format!("{} tools written to {file}", tools.as_array().map_or(0, Vec::len)));
    Ok(())
}
