//! `rekor documents`.

use super::{object, read, write};
use crate::{
    args::Global,
    connect::{Connection, Method, json_input, query, segment},
    ui::{self, Problem},
};
use clap::{Subcommand, ValueEnum};
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use std::io::IsTerminal;
use tokio_util::io::ReaderStream;

#[derive(Debug, Subcommand)]
pub(crate) enum Documents {
    /// Create or replace a document
    Upsert {
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
    },
    /// Merge members into a document
    Patch {
        collection: String,
        id: String,
        /// JSON: inline, @file, or - for stdin
        #[arg(long)]
        data: String,
    },
    /// Show a document
    Get { collection: String, id: String },
    /// Soft-delete a document and its relationships
    Delete { collection: String, id: String },
    /// Import NDJSON from a file, or - for stdin
    Import {
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

/// What a bad line does.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum OnError {
    Stop,
    Skip,
}

impl Documents {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let database = segment(global.database()?);
        let base = |collection: &str| format!("/v1/{database}/documents/{}", segment(collection));
        match self {
            Self::Upsert { collection, data, id, external_id, external_source } => {
                let data = json_input("--data", &data)?;
                let texts = [
                    ("id", id),
                    ("external_id", external_id),
                    ("external_source", external_source),
                ]
                .map(|(key, value)| (key, value.map(Value::from)));
                write(
                    global,
                    Method::Post,
                    &base(&collection),
                    Some(object(&texts, &[("data", Some(&data))])),
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
            Self::Delete { collection, id } => {
                ui::confirm(&format!("Delete the document {id}?"), global.yes)?;
                write(
                    global,
                    Method::Delete,
                    &format!("{}/{}", base(&collection), segment(&id)),
                    None,
                )
                .await
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

async fn import(global: &Global, path: &str, file: &str) -> Result<(), Problem> {
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
    ui::show(&body, global.output);
    let failed = body.get("failed").and_then(Value::as_u64).unwrap_or(0);
    if failed > 0 {
        Err(Problem::other(format!("{failed} lines were not imported; `errors` names them")))
    } else {
        Ok(())
    }
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
