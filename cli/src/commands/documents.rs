//! `rekor documents`.

use super::{confirm, object, read, write};
use crate::{
    args::Global,
    complete,
    connect::{Connection, Method, json_input, query, request_json, segment},
    ui::{self, Problem},
};
use clap::{Args, Subcommand, ValueEnum};
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use std::io::{IsTerminal, Write};
use tokio_util::io::ReaderStream;

#[derive(Debug, Subcommand)]
pub(crate) enum Documents {
    /// Create or replace a document
    Upsert {
        #[arg(add = complete::collections())]
        collection: String,
        /// JSON: inline, @file, or - for stdin
        #[arg(long)]
        data: String,
        #[arg(long)]
        id: Option<String>,
        #[arg(long)]
        external_id: Option<String>,
        #[arg(long, alias = "source")]
        external_source: Option<String>,
        /// The version the document must have; 0 is "does not exist"
        #[arg(long)]
        expected_version: Option<u64>,
    },
    /// Merge members into a document
    Patch {
        #[arg(add = complete::collections())]
        collection: String,
        #[arg(add = complete::documents())]
        id: String,
        /// JSON: inline, @file, or - for stdin
        #[arg(long)]
        data: String,
    },
    /// Show a document
    Get {
        #[arg(add = complete::collections())]
        collection: String,
        #[arg(add = complete::documents())]
        id: String,
    },
    /// Mark a document as cancelled: its data stays, and it says that it no longer counts
    Cancel {
        #[arg(add = complete::collections())]
        collection: String,
        #[arg(add = complete::documents())]
        id: String,
        /// Take a cancellation back
        #[arg(long)]
        undo: bool,
    },
    /// Soft-delete a document and its relationships
    Delete {
        #[arg(add = complete::collections())]
        collection: String,
        #[arg(add = complete::documents())]
        id: String,
    },
    /// Query documents with a filter, or aggregate them
    Query(Query),
    /// Export documents as NDJSON
    Export {
        #[arg(add = complete::collections())]
        collection: String,
        /// File to write, instead of stdout
        #[arg(long, value_name = "FILE")]
        file: Option<String>,
        /// Only the `data` of each document
        #[arg(long)]
        data_only: bool,
    },
    /// Import NDJSON from a file, or - for stdin
    Import {
        #[arg(add = complete::collections())]
        collection: String,
        file: String,
        /// Path of the id in a line
        #[arg(long)]
        id_path: Option<String>,
        /// Path of the external id in a line
        #[arg(long)]
        external_id_path: Option<String>,
        #[arg(long, alias = "source")]
        external_source: Option<String>,
        /// What a bad line does
        #[arg(long, value_enum)]
        on_error: Option<OnError>,
    },
}

/// Query the documents of a collection
#[derive(Debug, Args)]
pub(crate) struct Query {
    #[arg(add = complete::collections())]
    collection: String,
    /// Condition: {"field":"data.status","op":"eq","value":"paid"}, inline, @file, or -
    #[arg(long)]
    filter: Option<String>,
    /// Order: [{"field":"data.amount","direction":"desc"}]
    #[arg(long)]
    sort: Option<String>,
    /// Comma list of fields to show
    #[arg(long)]
    fields: Option<String>,
    #[arg(long)]
    limit: Option<usize>,
    #[arg(long)]
    offset: Option<usize>,
    /// Where the page before this one ended (`meta.next_cursor`)
    #[arg(long)]
    cursor: Option<String>,
    #[arg(long, alias = "source")]
    external_source: Option<String>,
    /// Aggregate; `--aggregations` say what
    #[arg(long, requires = "aggregations")]
    aggregate: bool,
    /// Aggregates: [{"fn":"sum","field":"data.amount","alias":"total"}]
    #[arg(long)]
    aggregations: Option<String>,
    /// Comma list of fields that make groups
    #[arg(long)]
    group_by: Option<String>,
}

impl Query {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let json = |flag: &str, given: &Option<String>| {
            given.as_deref().map(|text| json_input(flag, text)).transpose()
        };
        let (filter, sort) = (json("--filter", &self.filter)?, json("--sort", &self.sort)?);
        let aggregations = json("--aggregations", &self.aggregations)?;
        let fields = [
            ("fields", self.fields.map(Value::from)),
            ("limit", self.limit.map(Value::from)),
            ("offset", self.offset.map(Value::from)),
            ("cursor", self.cursor.map(Value::from)),
            ("external_source", self.external_source.map(Value::from)),
            ("group_by", self.group_by.map(Value::from)),
        ];
        let raw = [
            ("filter", filter.as_deref()),
            ("sort", sort.as_deref()),
            ("aggregations", aggregations.as_deref()),
        ];
        let path = format!(
            "/v1/{}/documents/{}/query",
            segment(&global.database()?),
            segment(&self.collection)
        );
        let body = Some(object(&fields, &raw));
        let answer = Connection::open(global, false)?.send(Method::Post, &path, body).await?;
        global.show(&answer)
    }
}

/// What a bad line does.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum OnError {
    Stop,
    Skip,
}

impl Documents {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let database = segment(&global.database()?);
        let base = |collection: &str| format!("/v1/{database}/documents/{}", segment(collection));
        match self {
            Self::Upsert {
                collection,
                data,
                id,
                external_id,
                external_source,
                expected_version,
            } => {
                let data = json_input("--data", &data)?;
                let fields = [
                    ("id", id.map(Value::from)),
                    ("external_id", external_id.map(Value::from)),
                    ("external_source", external_source.map(Value::from)),
                    ("expected_version", expected_version.map(Value::from)),
                ];
                write(
                    global,
                    Method::Post,
                    &base(&collection),
                    Some(object(&fields, &[("data", Some(&data))])),
                )
                .await
            }
            Self::Patch { collection, id, data } => {
                let data = json_input("--data", &data)?;
                write(
                    global,
                    Method::Patch,
                    &format!("{}/{}", base(&collection), segment(&id)),
                    Some(object(&[], &[("data", Some(&data))])),
                )
                .await
            }
            Self::Get { collection, id } => {
                read(global, &format!("{}/{}", base(&collection), segment(&id))).await
            }
            Self::Cancel { collection, id, undo } => {
                let path = format!("{}/{}/cancel", base(&collection), segment(&id));
                let body = object(&[("cancelled", Some(Value::from(!undo)))], &[]);
                write(global, Method::Post, &path, Some(body)).await
            }
            Self::Delete { collection, id } => {
                confirm(global, &format!("Delete the document {id}?"))?;
                write(
                    global,
                    Method::Delete,
                    &format!("{}/{}", base(&collection), segment(&id)),
                    None,
                )
                .await
            }
            Self::Query(query) => query.run(global).await,
            Self::Export { collection, file, data_only } => {
                let lines = if data_only { "data" } else { "documents" };
                let path = format!("/v1/{database}/export/{}?lines={lines}", segment(&collection));
                export(global, &path, file.as_deref()).await
            }
            Self::Import {
                collection,
                file,
                id_path,
                external_id_path,
                external_source,
                on_error,
            } => {
                let on_error = on_error.map(|mode| match mode {
                    OnError::Stop => "stop",
                    OnError::Skip => "skip",
                });
                let options = [
                    ("id_path", id_path.as_deref()),
                    ("external_id_path", external_id_path.as_deref()),
                    ("external_source", external_source.as_deref()),
                    ("on_error", on_error),
                ];
                import(
                    global,
                    &format!("/v1/{database}/import/{}{}", segment(&collection), query(&options)),
                    &file,
                )
                .await
            }
        }
    }
}

async fn export(global: &Global, path: &str, file: Option<&str>) -> Result<(), Problem> {
    let connection = Connection::open(global, false)?;
    let Some(file) = file else { return connection.download(path, ui::bytes).await };
    let failed = |e: std::io::Error| Problem::usage(format!("{file}: {e}"));
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).map_err(failed)?);
    connection.download(path, |bytes| out.write_all(bytes)).await?;
    out.flush().map_err(failed)
}

async fn import(global: &Global, path: &str, file: &str) -> Result<(), Problem> {
    if global.dry_run {
        return global.show(&request_json(Method::Post, path, Some(file)));
    }
    let connection = Connection::open(global, true)?;
    let unreadable = |e: std::io::Error| Problem::usage(format!("{file}: {e}"));
    let (reader, size): (Box<dyn tokio::io::AsyncRead + Send + Unpin>, Option<u64>) = if file == "-"
    {
        (Box::new(tokio::io::stdin()), None)
    } else {
        let opened = tokio::fs::File::open(file).await.map_err(unreadable)?;
        let size = opened.metadata().await.map_err(unreadable)?.len();
        (Box::new(opened), Some(size))
    };
    let bar = progress(size);
    let counted = bar.clone();
    let stream = ReaderStream::with_capacity(reader, 256 << 10).inspect(move |chunk| {
        if let Ok(bytes) = chunk {
            counted.inc(bytes.len() as u64);
        }
    });
    let answer = connection.stream(path, stream).await;
    bar.finish_and_clear();
    let body = answer?;
    global.show(&body)?;
    let failed = body.get("failed").and_then(Value::as_u64).unwrap_or(0);
    if failed == 0 {
        return Ok(());
    }
    let first = body.pointer("/errors/0");
    let at = |name: &str| first.and_then(|error| error.get(name)).cloned().unwrap_or_default();
    let (line, message) = (at("line"), at("message"));
    Err(Problem::other(format!(
        "line {line}: {} ({failed} lines were not imported; `errors` names them)",
        message.as_str().unwrap_or_default()
    )))
}

/// A bar with rate, bytes and time left; nothing when stderr is no terminal.
fn progress(size: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(size, ProgressDrawTarget::hidden());
    }
    let bar = size.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let style =
        ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} eta {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style)
}
