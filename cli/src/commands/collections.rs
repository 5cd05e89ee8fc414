//! `rekor collections`.

use super::{object, read, write};
use crate::{
    args::Global,
    connect::{Method, json_input, segment},
    ui::{self, Problem},
};
use clap::Subcommand;
use serde_json::Value;

#[derive(Debug, Subcommand)]
pub(crate) enum Collections {
    /// List collections
    List,
    /// Show a collection
    Get { id: String },
    /// Create or change a collection of a preview
    Upsert {
        id: String,
        #[arg(long)]
        name: Option<String>,
        /// JSON Schema: inline, @file, or - for stdin
        #[arg(long)]
        schema: Option<String>,
        #[arg(long)]
        description: Option<String>,
        #[arg(long)]
        icon: Option<String>,
        #[arg(long)]
        color: Option<String>,
    },
    /// Delete a collection of a preview, with its documents
    Delete { id: String },
}

impl Collections {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let base = format!("/v1/{}/collections", segment(global.database()?));
        let at = |id: &str| format!("{base}/{}", segment(id));
        match self {
            Self::List => read(global, &format!("{base}?limit=1000")).await,
            Self::Get { id } => read(global, &at(&id)).await,
            Self::Upsert { id, name, schema, description, icon, color } => {
                let schema =
                    schema.as_deref().map(|given| json_input("--schema", given)).transpose()?;
                let texts = [
                    ("name", name),
                    ("description", description),
                    ("icon", icon),
                    ("color", color),
                ]
                .map(|(key, value)| (key, value.map(Value::from)));
                write(
                    global,
                    Method::Put,
                    &at(&id),
                    Some(object(&texts, &[("json_schema", schema.as_deref())])),
                )
                .await
            }
            Self::Delete { id } => {
                ui::confirm(&format!("Delete the collection {id} and its documents?"), global.yes)?;
                write(global, Method::Delete, &at(&id), None).await
            }
        }
    }
}
