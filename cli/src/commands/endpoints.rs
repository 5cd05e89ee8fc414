//! `rekor endpoints`.

use super::{confirm, read, write};
use crate::{
    args::{Global, Output},
    connect::{Connection, Method, json_input, segment},
    ui::{self, Problem},
};
use clap::Subcommand;
use serde_json::{Map, Value, json};

/// MCP servers over the collections of a database
#[derive(Debug, Subcommand)]
pub(crate) enum Endpoints {
    /// List endpoints
    List,
    /// Show an endpoint
    Get {
        slug: String,
        /// With its tools as agents see them
        #[arg(long)]
        resolved: bool,
        /// With what each tool costs an agent, in tokens
        #[arg(long)]
        cost: bool,
    },
    /// Create or replace an endpoint of a preview
    Upsert {
        slug: String,
        /// Display name
        #[arg(long)]
        name: Option<String>,
        /// What the server says about itself
        #[arg(long)]
        description: Option<String>,
        /// Tools of a collection, such as invoices:get,list; repeatable
        #[arg(long = "tool", value_name = "COLLECTION:OPS")]
        tools: Vec<String>,
        /// Tools of a relationship type, such as invoice_payment:list; repeatable
        #[arg(long = "relationship", value_name = "TYPE:OPS")]
        relationships: Vec<String>,
        /// What the batch tool may do, such as invoices:create,update; repeatable
        #[arg(long = "batch", value_name = "NAME:OPS")]
        batch: Vec<String>,
        /// A tool for SQL over the collections of the endpoint
        #[arg(long)]
        sql_query: bool,
        /// The whole configuration as JSON: inline, @file, or - for stdin
        #[arg(long, conflicts_with_all = ["tools", "relationships", "batch", "sql_query"])]
        config: Option<String>,
    },
    /// Delete an endpoint of a preview
    Delete { slug: String },
    /// Print the address of an endpoint, for clients
    Url { slug: String },
}

impl Endpoints {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        if let Self::Url { slug } = &self {
            // The address is the same in every database: the token says which is meant.
            ui::text(&format!("{}/e/{}/mcp\n", global.api_url()?.0, segment(slug)));
            return Ok(());
        }
        let base = format!("/v1/{}/endpoints", segment(&global.database()?));
        let at = |slug: &str| format!("{base}/{}", segment(slug));
        match self {
            Self::List => list(global, &format!("{base}?limit=1000")).await,
            Self::Get { slug, cost: true, .. } => cost(global, &at(&slug)).await,
            Self::Get { slug, resolved, .. } => {
                let query = if resolved { "?resolved=true" } else { "" };
                read(global, &format!("{}{query}", at(&slug))).await
            }
            Self::Upsert {
                slug,
                name,
                description,
                tools,
                relationships,
                batch,
                sql_query,
                config,
            } => {
                let mut body = match config {
                    Some(given) => {
                        let text = json_input("--config", &given)?;
                        serde_json::from_str::<Map<String, Value>>(&text)
                            .map_err(|e| Problem::usage(format!("--config is no object: {e}")))?
                    }
                    None => shorthand(&tools, &relationships, &batch, sql_query)?,
                };
                for (key, value) in [("name", name), ("description", description)] {
                    if let Some(value) = value {
                        body.insert(key.to_owned(), Value::from(value));
                    }
                }
                let body = Value::Object(body).to_string();
                write(global, Method::Put, &at(&slug), Some(body)).await
            }
            Self::Delete { slug } => {
                confirm(global, &format!("Delete the endpoint {slug}?"))?;
                write(global, Method::Delete, &at(&slug), None).await
            }
            Self::Url { .. } => Ok(()),
        }
    }
}

/// A configuration from the short form of flags.
fn shorthand(
    tools: &[String],
    relationships: &[String],
    batch: &[String],
    sql_query: bool,
) -> Result<Map<String, Value>, Problem> {
    let parts = |flag: &str, member: &str, given: &[String]| -> Result<Vec<Value>, Problem> {
        let one = |text: &String| {
            let (name, operations) = split(flag, text)?;
            Ok(json!({ member: name, "operations": operations }))
        };
        given.iter().map(one).collect()
    };
    let mut operations = Map::new();
    for text in batch {
        let (name, list) = split("--batch", text)?;
        operations.insert(name.to_owned(), list);
    }
    let body = json!({
        "tools": parts("--tool", "collection", tools)?,
        "relationships": parts("--relationship", "rel_type", relationships)?,
        "batch": {"enabled": !batch.is_empty(), "operations": operations},
        "sql_query": sql_query,
    });
    Ok(if let Value::Object(members) = body { members } else { Map::new() })
}

fn split<'a>(flag: &str, text: &'a str) -> Result<(&'a str, Value), Problem> {
    let (name, operations) = text.split_once(':').ok_or_else(|| {
        Problem::usage(format!("{flag} {text}: write NAME:OPERATIONS, such as invoices:get,list"))
    })?;
    Ok((name, super::list(operations)))
}

/// Endpoints; for people a row each, with what its tools are about.
async fn list(global: &Global, path: &str) -> Result<(), Problem> {
    let found = Connection::open(global, false)?.send(Method::Get, path, None).await?;
    if global.output() != Output::Table {
        return global.show(&found);
    }
    let row = |endpoint: &Value| {
        let tools = endpoint["tools"].as_array().into_iter().flatten();
        let collections: Vec<&str> =
            tools.filter_map(|tools| tools["collection"].as_str()).collect();
        json!({
            "slug": endpoint["id"],
            "name": endpoint["name"],
            "collections": collections.join(", "),
            "version": endpoint["version"],
        })
    };
    let rows: Vec<Value> = found["data"].as_array().into_iter().flatten().map(row).collect();
    ui::show(&ui::list(rows), Output::Table);
    Ok(())
}

/// What the tools of an endpoint cost an agent.
async fn cost(global: &Global, path: &str) -> Result<(), Problem> {
    let connection = Connection::open(global, false)?;
    let found = connection.send(Method::Get, &format!("{path}?resolved=true"), None).await?;
    let resolved = &found["resolved"];
    let rows: Vec<Value> = resolved["tools"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|tool| {
            let bytes = |value: &Value| value.to_string().len();
            let (all, data) = (bytes(tool), bytes(&tool["inputSchema"]["properties"]["data"]));
            let data = if tool["inputSchema"]["properties"]["data"].is_null() { 0 } else { data };
            // JSON takes about four bytes a token.
            json!({"tool": tool["name"], "tokens": (all - data).div_ceil(4), "schema_tokens": data.div_ceil(4)})
        })
        .collect();
    let total = |name: &str| rows.iter().filter_map(|row| row[name].as_u64()).sum::<u64>();
    let all = total("tokens") + total("schema_tokens");
    global.show(&ui::list(rows))?;
    ui::note(&format!("about {all} tokens together, at four bytes a token"));
    Ok(())
}
