//! Import of NDJSON: frames of up to 1,000 lines, each atomic; the next frame is prepared while one becomes durable.

use super::{Caller, Service};
use crate::operation::Operation as Op;
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use rekor_core::{
    Error, ErrorKind, Result,
    id::{RowId, TableId},
    limits,
};
use rekor_ingest::{External, Frame, Operation, Receipt, WriteMode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{future::Future, pin::Pin};

/// Bytes of one frame; a frame is closed by lines or bytes, whichever is first.
const FRAME_BYTES: usize = 4 << 20;

/// How lines become documents.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportOptions {
    /// Path of the id in a line, such as `id` or `meta.id`.
    pub id_path: Option<String>,
    /// Path of the external id in a line.
    pub external_id_path: Option<String>,
    /// Scope of the external ids.
    pub external_source: Option<String>,
    /// `stop` at the first bad line (default), or `skip` bad lines.
    pub on_error: Option<OnError>,
}

/// What a bad line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// Ends the import; earlier frames stay.
    Stop,
    /// Leaves the line out.
    Skip,
}

/// What an import did.
#[derive(Debug, Default)]
struct Report {
    imported: u64,
    created: u64,
    updated: u64,
    failed: u64,
    errors: Vec<Value>,
    last_line: u64,
}

struct Line {
    number: u64,
    text: Bytes,
}

type Pending<'a> = Pin<Box<dyn Future<Output = (Vec<Line>, Result<Receipt>)> + Send + 'a>>;

impl Service {
    /// Imports lines into a collection.
    ///
    /// # Errors
    /// `NotFound` of the collection, Validation of the options, `Unavailable` if the stream breaks. Bad lines are in the
    /// report.
    pub async fn import<E: std::fmt::Display>(
        &self,
        caller: &Caller,
        (database, collection): (&str, &str),
        options: &ImportOptions,
        body: impl Stream<Item = std::result::Result<Bytes, E>> + Send,
    ) -> Result<Value> {
        let (_, collection) =
            self.reach_collection(caller, Op::DocumentImport, database, collection)?;
        let table = collection.entry.table;
        let caller = caller.clone().through("import");
        let mut report = Report::default();
        let mut pending: Option<Pending<'_>> = None;
        let mut lines = Lines::default();
        let mut body = std::pin::pin!(body);
        loop {
            let chunk = body.next().await;
            let ended = chunk.is_none();
            match chunk {
                Some(Ok(bytes)) => lines.push(&bytes)?,
                Some(Err(error)) => {
                    return Err(Error::unavailable(format!(
                        "The import's stream broke after line {}: {error}. {} documents are durable.",
                        report.last_line, report.imported
                    )));
                }
                None => lines.finish(),
            }
            while let Some(frame) = lines.frame(ended) {
                if let Some(earlier) = pending.take()
                    && !self.settle(&caller, table, options, earlier.await, &mut report).await?
                {
                    return Ok(report.json());
                }
                pending = Some(self.send(&caller, table, options, frame));
            }
            if ended {
                break;
            }
        }
        if let Some(last) = pending {
            self.settle(&caller, table, options, last.await, &mut report).await?;
        }
        Ok(report.json())
    }

    fn send<'a>(
        &'a self,
        caller: &Caller,
        table: TableId,
        options: &ImportOptions,
        frame: Vec<Line>,
    ) -> Pending<'a> {
        let operations: Result<Vec<Operation>> =
            frame.iter().map(|line| operation(table, options, line)).collect();
        let origin = caller.origin();
        Box::pin(async move {
            let outcome = match operations {
                Ok(operations) => self.engine.write(Frame::new(origin, operations)).await,
                Err(error) => Err(error),
            };
            (frame, outcome)
        })
    }

    /// Notes what a frame did; a frame with bad lines is tried again without them. Answers whether to go on.
    async fn settle(
        &self,
        caller: &Caller,
        table: TableId,
        options: &ImportOptions,
        (frame, outcome): (Vec<Line>, Result<Receipt>),
        report: &mut Report,
    ) -> Result<bool> {
        match outcome {
            Ok(receipt) => {
                report.add(&receipt, frame.last().map_or(report.last_line, |line| line.number));
                return Ok(true);
            }
            Err(error)
                if !matches!(
                    error.kind,
                    ErrorKind::Validation | ErrorKind::Conflict | ErrorKind::PayloadTooLarge
                ) =>
            {
                return Err(error);
            }
            Err(_) => {}
        }
        // Some line is bad: go line by line, so that every good one before it is kept and every bad one is named.
        let stop = options.on_error != Some(OnError::Skip);
        for line in &frame {
            let written = match operation(table, options, line) {
                Ok(operation) => {
                    self.engine.write(Frame::new(caller.origin(), vec![operation])).await
                }
                Err(error) => Err(error),
            };
            match written {
                Ok(receipt) => report.add(&receipt, line.number),
                Err(error) => {
                    report.fail(line.number, &error);
                    if stop {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }
}

impl Report {
    fn add(&mut self, receipt: &Receipt, last_line: u64) {
        let created = receipt.outcomes.iter().filter(|outcome| outcome.created).count() as u64;
        self.imported += receipt.outcomes.len() as u64;
        self.created += created;
        self.updated += receipt.outcomes.len() as u64 - created;
        self.last_line = last_line;
    }

    fn fail(&mut self, line: u64, error: &Error) {
        self.failed += 1;
        self.last_line = line;
        if self.errors.len() < limits::IMPORT_ERRORS_MAX {
            self.errors.push(json!({"line": line, "code": error.kind.facts().code, "message": error.message, "details": error.details}));
        }
    }

    fn json(&self) -> Value {
        json!({"imported": self.imported, "created": self.created, "updated": self.updated, "failed": self.failed, "errors": self.errors, "last_line": self.last_line})
    }
}

/// Cuts a stream of bytes into lines and frames.
#[derive(Default)]
struct Lines {
    partial: BytesMut,
    ready: Vec<Line>,
    ready_bytes: usize,
    count: u64,
}

impl Lines {
    fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.partial.extend_from_slice(bytes);
        while let Some(end) = self.partial.iter().position(|&byte| byte == b'\n') {
            let line = self.partial.split_to(end + 1);
            self.add(line.freeze().slice(..end));
        }
        if self.partial.len() > limits::IMPORT_LINE_BYTES_MAX {
            return Err(Error::new(
                ErrorKind::PayloadTooLarge,
                format!("Line {} is longer than 1 MiB.", self.count + 1),
            ));
        }
        Ok(())
    }

    fn finish(&mut self) {
        let rest = self.partial.split().freeze();
        self.add(rest);
    }

    fn add(&mut self, text: Bytes) {
        if text.iter().all(u8::is_ascii_whitespace) {
            self.count += u64::from(!text.is_empty());
            return;
        }
        self.count += 1;
        self.ready_bytes += text.len();
        self.ready.push(Line { number: self.count, text });
    }

    fn frame(&mut self, ended: bool) -> Option<Vec<Line>> {
        let full =
            self.ready.len() >= limits::IMPORT_FRAME_LINES_MAX || self.ready_bytes >= FRAME_BYTES;
        if self.ready.is_empty() || !(full || ended) {
            return None;
        }
        let count = self.ready.len().min(limits::IMPORT_FRAME_LINES_MAX);
        let frame: Vec<Line> = self.ready.drain(..count).collect();
        self.ready_bytes = self.ready.iter().map(|line| line.text.len()).sum();
        Some(frame)
    }
}

fn operation(table: TableId, options: &ImportOptions, line: &Line) -> Result<Operation> {
    let mut id = None;
    let mut external = External::Keep;
    if options.id_path.is_some() || options.external_id_path.is_some() {
        let value: Value = serde_json::from_slice(&line.text).map_err(|error| {
            Error::validation(format!("Line {} is not valid JSON: {error}.", line.number))
        })?;
        id = options
            .id_path
            .as_deref()
            .map(|path| key(&value, path, line.number).and_then(|text| RowId::canonical(&text)))
            .transpose()?;
        if let Some(path) = options.external_id_path.as_deref() {
            external = External::Set {
                source: options.external_source.clone(),
                id: key(&value, path, line.number)?,
            };
        }
    }
    Ok(Operation::UpsertDocument {
        table,
        id,
        external,
        data: line.text.clone(),
        mode: WriteMode::Replace,
        if_version: None,
        must_exist: false,
    })
}

fn key(line: &Value, path: &str, number: u64) -> Result<String> {
    let found = path.split('.').try_fold(line, |value, name| value.get(name));
    match found {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(value)) => Ok(value.to_string()),
        _ => Err(Error::validation(format!("Line {number} has no text or number at `{path}`."))),
    }
}
