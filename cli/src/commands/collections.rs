//! `rekor collections`.

use super::{confirm, object, read, write};
use crate::{
    args::{Global, Output},
    complete,
    connect::{Connection, Method, json_input, segment},
    ui::{self, Problem},
};
use clap::Subcommand;
use rekor_core::infer::Inference;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};

#[derive(Debug, Subcommand)]
pub(crate) enum Collections {
    /// List collections
    List,
    /// Show a collection
    Get {
        #[arg(add = complete::collections())]
        id: String,
    },
    /// Create or change a collection of a preview
    Upsert {
        #[arg(add = complete::collections())]
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
    Delete {
        #[arg(add = complete::collections())]
        id: String,
    },
    /// Show what is in a collection: paths with types, counts and values
    Describe {
        #[arg(add = complete::collections())]
        id: String,
    },
    /// Show the versions of a collection
    History {
        #[arg(add = complete::collections())]
        id: String,
    },
    /// Compare a collection with another schema: what changes, and whether that breaks anyone
    Diff {
        #[arg(add = complete::collections())]
        id: String,
        /// JSON Schema: inline, @file, or - for stdin
        #[arg(long, required_unless_present = "with")]
        schema: Option<String>,
        /// Compare with the same collection of another database
        #[arg(long, value_name = "DATABASE", conflicts_with = "schema")]
        with: Option<String>,
    },
    /// Print a JSON Schema made from sample documents, one per line
    Infer {
        /// NDJSON file, or - for stdin
        file: String,
        /// Look at so many documents at most
        #[arg(long, default_value_t = 100_000)]
        limit: usize,
    },
}

impl Collections {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        if let Self::Infer { file, limit } = &self {
            return infer(global, file, *limit);
        }
        let base = format!("/v1/{}/collections", segment(&global.database()?));
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
                confirm(global, &format!("Delete the collection {id} and its documents?"))?;
                write(global, Method::Delete, &at(&id), None).await
            }
            Self::Describe { id } => describe(global, &format!("{}/describe", at(&id))).await,
            Self::History { id } => read(global, &format!("{}/history?limit=1000", at(&id))).await,
            Self::Diff { id, schema, with } => {
                let schema = match (schema, with) {
                    (Some(schema), _) => json_input("--schema", &schema)?,
                    (None, Some(other)) => {
                        let path = format!("/v1/{}/collections/{}", segment(&other), segment(&id));
                        let connection = Connection::open(global, false)?;
                        let found = connection.send(Method::Get, &path, None).await?;
                        found["json_schema"].to_string()
                    }
                    (None, None) => return Err(Problem::usage("give --schema or --with")),
                };
                let body = object(&[], &[("json_schema", Some(&schema))]);
                let path = format!("{}/diff", at(&id));
                let connection = Connection::open(global, false)?;
                let found = connection.send(Method::Post, &path, Some(body)).await?;
                show_diff(&found, global.output());
                Ok(())
            }
            Self::Infer { .. } => Ok(()),
        }
    }
}

/// A description: for people a row per path, for programs as it is.
async fn describe(global: &Global, path: &str) -> Result<(), Problem> {
    let found = Connection::open(global, false)?.send(Method::Get, path, None).await?;
    if global.output() != Output::Table {
        return global.show(&found);
    }
    let paths = found["paths"].as_array().cloned().unwrap_or_default();
    ui::show(&ui::list(paths), Output::Table);
    let (documents, looked_at) = (&found["documents"], &found["looked_at"]);
    ui::note(&format!("documents: {documents}, looked at: {looked_at}"));
    Ok(())
}

/// The schema of a file of documents.
fn infer(global: &Global, file: &str, limit: usize) -> Result<(), Problem> {
    let unreadable = |e: std::io::Error| Problem::usage(format!("{file}: {e}"));
    let input: Box<dyn Read> = if file == "-" {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(file).map_err(unreadable)?)
    };
    let mut inference = Inference::default();
    for (number, line) in BufReader::new(input).lines().take(limit).enumerate() {
        let line = line.map_err(unreadable)?;
        if line.trim().is_empty() {
            continue;
        }
        let document: Value = serde_json::from_str(&line).map_err(|e| {
            Problem::usage(format!("{file}: line {} is not valid JSON: {e}", number + 1))
        })?;
        if !document.is_object() {
            return Err(Problem::usage(format!("{file}: line {} is no JSON object", number + 1)));
        }
        inference.add(&document);
    }
    // A schema is JSON in every form of output: it is what `--schema @file` takes.
    let output = match global.output() {
        Output::Table => Output::Json,
        other => other,
    };
    ui::show(&inference.schema(), output);
    Ok(())
}

/// A comparison of schemas for people, or as it is.
pub(super) fn show_diff(found: &Value, output: Output) {
    if output != Output::Table {
        return ui::show(found, output);
    }
    let text = super::promote::describe_issues(&found["issues"]);
    let lines = super::promote::describe_patch(&found["diff"]);
    let verdict = found["verdict"].as_str().unwrap_or_default();
    ui::text(&format!("{lines}{text}verdict: {verdict}\n"));
}
