//! `rekor results`.

use super::{confirm, read, write};
use crate::{
    args::Global,
    complete,
    connect::{Connection, Method, query, segment},
    ui::{self, Problem},
};
use clap::Subcommand;
use std::io::{IsTerminal, Write};

/// Formats that a terminal cannot show.
const BINARY: [&str; 3] = ["arrow", "arrowstream", "parquet"];

/// Answers that `rekor sql --keep` and agents keep, for an hour
#[derive(Debug, Subcommand)]
pub(crate) enum Results {
    /// List the answers that this credential kept
    List,
    /// Show what a kept answer is: rows, columns, least and greatest values, expiry
    Get {
        #[arg(add = complete::results())]
        id: String,
    },
    /// Write the rows of a kept answer to a file, or to stdout
    Download {
        #[arg(add = complete::results())]
        id: String,
        /// File to write, instead of stdout
        #[arg(long, value_name = "FILE")]
        file: Option<String>,
        /// Parquet, Arrow, CSVWithNames, JSONEachRow, TSV, …
        #[arg(long, value_name = "NAME", default_value = "Parquet")]
        format: String,
    },
    /// Remove a kept answer before its time
    Delete {
        #[arg(add = complete::results())]
        id: String,
    },
}

impl Results {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let base = format!("/v1/{}/results", segment(&global.database()?));
        let at = |id: &str| format!("{base}/{}", segment(id));
        match self {
            Self::List => read(global, &format!("{base}?limit=1000")).await,
            Self::Get { id } => read(global, &at(&id)).await,
            Self::Download { id, file, format } => {
                let wanted = query(&[("format", Some(format.as_str()))]);
                let path = format!("{}/download{wanted}", at(&id));
                download(global, &path, file.as_deref(), &format).await
            }
            Self::Delete { id } => {
                confirm(global, &format!("Delete the kept answer {id}?"))?;
                write(global, Method::Delete, &at(&id), None).await
            }
        }
    }
}

async fn download(
    global: &Global,
    path: &str,
    file: Option<&str>,
    format: &str,
) -> Result<(), Problem> {
    let Some(file) = file else {
        let is_binary = BINARY.contains(&format.to_ascii_lowercase().as_str());
        if is_binary && std::io::stdout().is_terminal() {
            return Err(Problem::usage(format!(
                "{format} is not for a terminal; write it with --file, or take --format CSVWithNames"
            )));
        }
        Connection::open(global, false)?.download(path, ui::bytes).await?;
        ui::flush();
        return Ok(());
    };
    let connection = Connection::open(global, false)?;
    let failed = |error: std::io::Error| Problem::usage(format!("{file}: {error}"));
    // The file is made once there is something for it.
    let mut out: Option<std::io::BufWriter<std::fs::File>> = None;
    connection
        .download(path, |bytes| {
            let out = match &mut out {
                Some(out) => out,
                None => out.insert(std::io::BufWriter::new(std::fs::File::create(file)?)),
            };
            out.write_all(bytes)
        })
        .await?;
    out.as_mut().map_or(Ok(()), Write::flush).map_err(failed)
}
