//! `rekor databases`.

use super::{list, members, object, read, write};
use crate::{
    args::Global,
    connect::{Method, query, segment},
    ui::{self, Problem},
};
use clap::Subcommand;
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(crate) enum Databases {
    /// List databases
    List {
        /// Only those with this tag
        #[arg(long)]
        tag: Option<String>,
    },
    /// Show a database
    Get { id: String },
    /// Create a database
    Create {
        id: String,
        #[arg(long)]
        name: Option<String>,
        #[arg(long)]
        description: Option<String>,
        /// Comma list
        #[arg(long)]
        tags: Option<String>,
    },
    /// Replace the tags of a database
    Tag {
        id: String,
        /// Comma list
        #[arg(long)]
        tags: String,
    },
    /// Change the display name
    Rename {
        id: String,
        #[arg(long)]
        name: String,
    },
    /// Delete a database and its previews
    Delete { id: String },
    /// Create a preview, <id>--<slug>
    CreatePreview {
        id: String,
        /// The slug
        #[arg(long)]
        name: String,
        #[arg(long)]
        description: Option<String>,
    },
    /// List the previews of a database
    ListPreviews { id: String },
    /// Promote a preview's collections (humans only)
    Promote {
        id: String,
        /// The preview
        #[arg(long)]
        from: String,
        /// Only show what would change
        #[arg(long)]
        dry_run: bool,
        /// Comma list; all if absent
        #[arg(long)]
        collections: Option<String>,
    },
    /// List the promotions into a database
    Promotions { id: String },
}

impl Databases {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let at = |id: &str| format!("/v1/databases/{}", segment(id));
        match self {
            Self::List { tag } => {
                read(
                    global,
                    &format!(
                        "/v1/databases{}",
                        query(&[("tag", tag.as_deref()), ("limit", Some("1000"))])
                    ),
                )
                .await
            }
            Self::Get { id } => read(global, &at(&id)).await,
            Self::Create { id, name, description, tags } => {
                let tags = tags.as_deref().map(list);
                let body = object(
                    &[
                        ("id", Some(json!(id))),
                        ("name", name.map(Value::from)),
                        ("description", description.map(Value::from)),
                        ("tags", tags),
                    ],
                    &[],
                );
                write(global, Method::Post, "/v1/databases", Some(body)).await
            }
            Self::Tag { id, tags } => {
                write(global, Method::Put, &at(&id), Some(json!({"tags": list(&tags)}).to_string()))
                    .await
            }
            Self::Rename { id, name } => {
                write(global, Method::Put, &at(&id), Some(json!({"name": name}).to_string())).await
            }
            Self::Delete { id } => {
                ui::confirm(
                    &format!("Delete the database {id}, its previews and all their documents?"),
                    global.yes,
                )?;
                write(global, Method::Delete, &at(&id), None).await
            }
            Self::CreatePreview { id, name, description } => {
                let body = members(&[
                    ("name", Some(json!(name))),
                    ("description", description.map(Value::from)),
                ]);
                write(
                    global,
                    Method::Post,
                    &format!("{}/previews", at(&id)),
                    Some(Value::Object(body).to_string()),
                )
                .await
            }
            Self::ListPreviews { id } => {
                read(global, &format!("{}/previews?limit=1000", at(&id))).await
            }
            Self::Promote { id, from, dry_run, collections } => {
                let collections = collections.as_deref().map(list);
                let body = members(&[
                    ("from", Some(json!(from))),
                    ("dry_run", Some(json!(dry_run))),
                    ("collections", collections),
                ]);
                write(
                    global,
                    Method::Post,
                    &format!("{}/promote", at(&id)),
                    Some(Value::Object(body).to_string()),
                )
                .await
            }
            Self::Promotions { id } => {
                read(global, &format!("{}/promotions?limit=1000", at(&id))).await
            }
        }
    }
}
