//! `rekor relationships` and `rekor query-relationships`.

use super::{object, read, write};
use crate::{
    args::Global,
    connect::{Method, json_input, query, segment},
    ui::{self, Problem},
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(crate) enum Relationships {
    /// Create or update a relationship
    Upsert {
        /// Source document, as collection/id
        #[arg(long)]
        source: String,
        /// Target document, as collection/id
        #[arg(long)]
        target: String,
        /// Type of the relationship
        #[arg(long = "type", value_name = "TYPE")]
        rel_type: String,
        #[arg(long)]
        id: Option<String>,
        /// JSON: inline, @file, or - for stdin
        #[arg(long)]
        data: Option<String>,
    },
    /// Show a relationship
    Get { id: String },
    /// Soft-delete a relationship
    Delete { id: String },
}

/// Traverse the relationships of a document
#[derive(Debug, Args)]
pub(crate) struct QueryRelationships {
    collection: String,
    id: String,
    /// Only this type
    #[arg(long = "type", value_name = "TYPE")]
    rel_type: Option<String>,
    /// outgoing, incoming or both
    #[arg(long)]
    direction: Option<String>,
    #[arg(long)]
    limit: Option<String>,
    #[arg(long)]
    offset: Option<String>,
}

impl Relationships {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let base = format!("/v1/{}/relationships", segment(global.database()?));
        match self {
            Self::Upsert { source, target, rel_type, id, data } => {
                let (source_collection, source_id) = end("--source", &source)?;
                let (target_collection, target_id) = end("--target", &target)?;
                let data = data.as_deref().map(|given| json_input("--data", given)).transpose()?;
                let fields = [
                    ("rel_type", Some(json!(rel_type))),
                    ("source_collection", Some(json!(source_collection))),
                    ("source_id", Some(json!(source_id))),
                    ("target_collection", Some(json!(target_collection))),
                    ("target_id", Some(json!(target_id))),
                    ("id", id.map(Value::from)),
                ];
                write(
                    global,
                    Method::Put,
                    &base,
                    Some(object(&fields, &[("data", data.as_deref())])),
                )
                .await
            }
            Self::Get { id } => read(global, &format!("{base}/{}", segment(&id))).await,
            Self::Delete { id } => {
                ui::confirm(&format!("Delete the relationship {id}?"), global.yes)?;
                write(global, Method::Delete, &format!("{base}/{}", segment(&id)), None).await
            }
        }
    }
}

fn end<'a>(flag: &str, text: &'a str) -> Result<(&'a str, &'a str), Problem> {
    text.split_once('/')
        .ok_or_else(|| Problem::usage(format!("{flag} {text}: write collection/id")))
}

impl QueryRelationships {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let options = [
            ("type", self.rel_type.as_deref()),
            ("direction", self.direction.as_deref()),
            ("limit", self.limit.as_deref()),
            ("offset", self.offset.as_deref()),
        ];
        let path = format!(
            "/v1/{}/documents/{}/{}/related{}",
            segment(global.database()?),
            segment(&self.collection),
            segment(&self.id),
            query(&options)
        );
        read(global, &path).await
    }
}
