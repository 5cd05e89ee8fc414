//! `rekor databases`.

use super::{
    confirm, database_settings::DatabaseSettings, list, members, object, promote, read, write,
};
use crate::{
    args::Global,
    complete,
    connect::{Method, query, segment},
    ui::Problem,
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
    Get {
        #[arg(add = complete::databases())]
        id: String,
    },
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
        /// Give up a deleted database of this id, which could be restored
        #[arg(long)]
        replace_deleted: bool,
    },
    /// Replace the tags of a database
    Tag {
        #[arg(add = complete::databases())]
        id: String,
        /// Comma list
        #[arg(long)]
        tags: String,
    },
    /// Change the display name
    Rename {
        #[arg(add = complete::databases())]
        id: String,
        #[arg(long)]
        name: String,
    },
    Settings(DatabaseSettings),
    /// Delete a database and its previews
    Delete {
        #[arg(add = complete::databases())]
        id: String,
    },
    /// Create a preview, <id>--<slug>
    CreatePreview {
        #[arg(add = complete::databases())]
        id: String,
        /// The slug
        #[arg(long)]
        name: String,
        #[arg(long)]
        description: Option<String>,
    },
    /// List the previews of a database
    ListPreviews {
        #[arg(add = complete::databases())]
        id: String,
    },
    /// Restore a deleted database
    Restore {
        id: String,
    },
    /// Promote a preview's configuration: a human act, confirmed with your password
    Promote(promote::Promote),
    /// Undo a promotion: a human act, confirmed with your password
    Rollback(promote::Rollback),
    /// Show a promotion
    Promotion {
        /// The production database
        #[arg(add = complete::databases())]
        id: String,
        /// The promotion
        #[arg(add = complete::promotions())]
        promotion: String,
    },
    /// List the promotions into a database
    Promotions {
        #[arg(add = complete::databases())]
        id: String,
    },
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
            Self::Create { id, name, description, tags, replace_deleted } => {
                let tags = tags.as_deref().map(list);
                let body = object(
                    &[
                        ("id", Some(json!(id))),
                        ("name", name.map(Value::from)),
                        ("description", description.map(Value::from)),
                        ("tags", tags),
                        ("replace_deleted", replace_deleted.then(|| json!(true))),
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
            Self::Settings(settings) => settings.run(global).await,
            Self::Delete { id } => {
                confirm(
                    global,
                    &format!("Delete the database {id}, its previews and all their documents?"),
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
            Self::Restore { id } => {
                write(global, Method::Post, &format!("{}/restore", at(&id)), Some("{}".to_owned()))
                    .await
            }
            Self::Promote(promote) => promote.run(global).await,
            Self::Rollback(rollback) => rollback.run(global).await,
            Self::Promotion { id, promotion } => {
                read(global, &format!("{}/promotions/{}", at(&id), segment(&promotion))).await
            }
            Self::Promotions { id } => {
                read(global, &format!("{}/promotions?limit=1000", at(&id))).await
            }
        }
    }
}
