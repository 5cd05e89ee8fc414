//! `rekor relationship-types`.

use super::{confirm, list, object, read, write};
use crate::{
    args::Global,
    connect::{Method, json_input, segment},
    ui::Problem,
};
use clap::Subcommand;
use serde_json::Value;

#[derive(Debug, Subcommand)]
pub(crate) enum RelationshipTypes {
    /// List declared relationship types
    List,
    /// Show a relationship type
    Get { id: String },
    /// Declare or change a relationship type of a preview
    Upsert {
        id: String,
        #[arg(long)]
        description: Option<String>,
        /// JSON Schema of the data: inline, @file, or - for stdin
        #[arg(long)]
        schema: Option<String>,
        /// Comma list of collections a source may be in
        #[arg(long)]
        source_collections: Option<String>,
        /// Comma list of collections a target may be in
        #[arg(long)]
        target_collections: Option<String>,
    },
    /// Take the declaration in a preview back; relationships stay
    Delete { id: String },
}

impl RelationshipTypes {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let base = format!("/v1/{}/relationship-types", segment(&global.database()?));
        let at = |id: &str| format!("{base}/{}", segment(id));
        match self {
            Self::List => read(global, &format!("{base}?limit=1000")).await,
            Self::Get { id } => read(global, &at(&id)).await,
            Self::Upsert { id, description, schema, source_collections, target_collections } => {
                let schema =
                    schema.as_deref().map(|given| json_input("--schema", given)).transpose()?;
                let fields = [
                    ("description", description.map(Value::from)),
                    ("source_collections", source_collections.as_deref().map(list)),
                    ("target_collections", target_collections.as_deref().map(list)),
                ];
                let body = object(&fields, &[("data_schema", schema.as_deref())]);
                write(global, Method::Put, &at(&id), Some(body)).await
            }
            Self::Delete { id } => {
                confirm(global, &format!("Take back the declaration of {id}?"))?;
                write(global, Method::Delete, &at(&id), None).await
            }
        }
    }
}
