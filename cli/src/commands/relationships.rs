//! `rekor relationships` and `rekor query-relationships`.

use super::{confirm, object, read, write};
use crate::{
    args::{Global, Output},
    complete,
    connect::{Connection, Method, json_input, query, segment},
    ui::Problem,
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
        #[arg(long = "type", value_name = "TYPE", add = complete::relationship_types())]
        rel_type: String,
        #[arg(long)]
        id: Option<String>,
        /// JSON: inline, @file, or - for stdin
        #[arg(long)]
        data: Option<String>,
    },
    /// Query relationships with a filter
    List {
        /// Condition: {"field":"rel_type","op":"eq","value":"payment_for"}, inline, @file, or -
        #[arg(long)]
        filter: Option<String>,
        /// Order: [{"field":"created_at","direction":"desc"}]
        #[arg(long)]
        sort: Option<String>,
        #[arg(long)]
        limit: Option<String>,
        #[arg(long)]
        offset: Option<String>,
        /// Where the page before this one ended (`meta.next_cursor`)
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Show a relationship
    Get { id: String },
    /// Soft-delete a relationship
    Delete { id: String },
}

/// Traverse the relationships of a document
#[derive(Debug, Args)]
pub(crate) struct QueryRelationships {
    #[arg(add = complete::collections())]
    collection: String,
    #[arg(add = complete::documents())]
    id: String,
    /// Only this type
    #[arg(long = "type", value_name = "TYPE", add = complete::relationship_types())]
    rel_type: Option<String>,
    /// outgoing, incoming or both
    #[arg(long)]
    direction: Option<String>,
    /// Steps to go, 1 to 5
    #[arg(long)]
    depth: Option<String>,
    #[arg(long)]
    limit: Option<String>,
    #[arg(long)]
    offset: Option<String>,
}

impl Relationships {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let base = format!("/v1/{}/relationships", segment(&global.database()?));
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
            Self::List { filter, sort, limit, offset, cursor } => {
                let json = |flag: &str, given: &Option<String>| {
                    given.as_deref().map(|text| json_input(flag, text)).transpose()
                };
                let (filter, sort) = (json("--filter", &filter)?, json("--sort", &sort)?);
                let options = [
                    ("filter", filter.as_deref()),
                    ("sort", sort.as_deref()),
                    ("limit", limit.as_deref()),
                    ("offset", offset.as_deref()),
                    ("cursor", cursor.as_deref()),
                ];
                read(global, &format!("{base}{}", query(&options))).await
            }
            Self::Get { id } => read(global, &format!("{base}/{}", segment(&id))).await,
            Self::Delete { id } => {
                confirm(global, &format!("Delete the relationship {id}?"))?;
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
            ("depth", self.depth.as_deref()),
            ("limit", self.limit.as_deref()),
            ("offset", self.offset.as_deref()),
        ];
        let path = format!(
            "/v1/{}/documents/{}/{}/related{}",
            segment(&global.database()?),
            segment(&self.collection),
            segment(&self.id),
            query(&options)
        );
        let mut found = Connection::open(global, false)?.send(Method::Get, &path, None).await?;
        if global.output() == Output::Table {
            for step in found["data"].as_array_mut().into_iter().flatten() {
                *step = flattened(step);
            }
        }
        global.show(&found)
    }
}

/// A step of a traversal, for people.
fn flattened(step: &Value) -> Value {
    let link = &step["relationship"];
    let end = |end: &str| {
        let part =
            |name: &str| link[format!("{end}_{name}")].as_str().unwrap_or_default().to_owned();
        format!("{}/{}", part("collection"), part("id"))
    };
    json!({
        "direction": step["direction"],
        "depth": step["depth"],
        "type": link["rel_type"],
        "source": end("source"),
        "target": end("target"),
        "data": link["data"],
        "document": step["document"]["data"],
    })
}
