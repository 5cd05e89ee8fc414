//! Verifying the hash chains of the operations logs: every entry's link is computed again from what is stored.

use crate::version::{ShardVersion, TableState};
use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::{TimestampMillisecondType, UInt64Type},
};
use futures::StreamExt;
use rekor_core::{
    Error, Result,
    audit::{self, Link, Linked},
    columnar::OpenDataFile,
    id::TableId,
    row::column,
    store::Store,
    view::Version,
};
use serde::Serialize;

/// Rows that are read at once.
const BATCH_ROWS: usize = 8_192;

/// What verifying found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// One per log.
    pub logs: Vec<LogReport>,
    /// What is wrong, one sentence each; empty if all is well.
    pub problems: Vec<String>,
}

/// The state of one log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogReport {
    /// Whose it is; empty for the account's.
    pub database: String,
    /// Entries.
    pub entry_count: u64,
    /// Sequence number of the oldest entry; later ones follow it without a gap.
    pub first_seq: u64,
    /// The link that the oldest entry follows, lower-case hex: zeros, unless older entries outlived the log's retention.
    pub first_link: String,
    /// Sequence number of the newest entry.
    pub last_seq: u64,
    /// Its link, lower-case hex: keep it, and compare it later.
    pub link: String,
}

/// Reads every entry of every log of a snapshot.
pub(crate) async fn verify(store: &Store, version: &ShardVersion) -> AuditReport {
    let mut report = AuditReport::default();
    let databases = version.catalog.databases.values();
    let logs = databases.map(|d| (d.entry.id.to_string(), d.entry.tables.log));
    for (database, table) in logs.chain([(String::new(), TableId::ACCOUNT_LOG)]) {
        let Some(state) = version.tables.get(&table) else { continue };
        let mut chain = Chain::default();
        if let Err(error) = walk(store, version, state, &mut chain).await {
            let name = if database.is_empty() { "the account" } else { &database };
            report.problems.push(format!("The operations log of {name}: {error}"));
        }
        report.logs.push(LogReport {
            database,
            entry_count: chain.count,
            first_seq: chain.first.map_or(0, |(seq, _)| seq),
            first_link: hex(&chain.first.map_or(audit::START, |(_, before)| before)),
            last_seq: chain.last_seq,
            link: hex(&chain.link),
        });
    }
    report
}

fn hex(link: &Link) -> String {
    blake3::Hash::from(*link).to_hex().to_string()
}

/// How far a chain was walked.
#[derive(Default)]
struct Chain {
    /// The link of the last entry.
    link: Link,
    /// The oldest entry, and the link before it.
    first: Option<(u64, Link)>,
    last_seq: u64,
    count: u64,
}

async fn walk(
    store: &Store,
    version: &ShardVersion,
    state: &TableState,
    chain: &mut Chain,
) -> Result<()> {
    let mut files = Vec::new();
    for file in state.files.iter() {
        let open = OpenDataFile::open(store, &file.file).await?;
        let first = open.rows(&[0], &[column::SEQ]).await?;
        let first = numbers(&first, column::SEQ)?.first().copied().unwrap_or(0);
        files.push((first, file.file.log_before.clone(), open));
    }
    files.sort_by_key(|(first, _, _)| *first);
    for (_, before, file) in files {
        chain.continue_after(audit::stored_link(&before)?)?;
        let mut batches = std::pin::pin!(file.batches(BATCH_ROWS));
        while let Some(batch) = batches.next().await {
            chain.add(&batch?)?;
        }
    }
    for log in &state.logs {
        chain.continue_after(log.before())?;
        for batch in log.batches(version.visible_seq())? {
            chain.add(&batch)?;
        }
    }
    Ok(())
}

/// The text columns of a log, in the order that [`Chain::add`] takes them.
const TEXTS: [&str; 8] = [
    "_operation",
    "_entity_type",
    "_entity_id",
    "_collection",
    "_actor_type",
    "_actor_id",
    "_source",
    column::DOC,
];

impl Chain {
    /// What comes next must follow `before`; the oldest part may follow anything.
    fn continue_after(&mut self, before: Link) -> Result<()> {
        if self.count == 0 {
            self.link = before;
        } else if self.link != before {
            return Err(Error::corrupt(format!("entries after {} are missing.", self.last_seq)));
        }
        Ok(())
    }

    fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        let (seqs, versions) = (numbers(batch, column::SEQ)?, numbers(batch, column::VERSION)?);
        let times = batch
            .column_by_name(column::CREATED_AT)
            .and_then(|c| c.as_primitive_opt::<TimestampMillisecondType>())
            .ok_or_else(|| missing(column::CREATED_AT))?;
        let columns = TEXTS.iter().map(|name| texts(batch, name)).collect::<Result<Vec<_>>>()?;
        let numbers = seqs.into_iter().zip(versions).zip(times.values().iter().copied());
        for (row, ((seq, version), time_ms)) in numbers.enumerate() {
            let text = |column: usize| {
                columns.get(column).and_then(|values| values.get(row)).copied().unwrap_or_default()
            };
            let stored = Stored::parse(text(7))?;
            let linked = Linked {
                seq,
                operation: text(0),
                entity_type: text(1),
                entity_id: text(2),
                collection: text(3),
                version,
                actor_type: text(4),
                actor_id: text(5),
                source: text(6),
                request_id: &stored.request_id,
                time_ms,
                data_hash: &stored.data_hash,
            };
            let link = linked.link(&self.link);
            if seq <= self.last_seq || hex(&link) != stored.link {
                return Err(Error::corrupt(format!(
                    "entry {seq} is not the one that was written after {}: an entry was changed, dropped or put in.",
                    self.last_seq
                )));
            }
            let first = self.first.or(Some((seq, self.link)));
            *self = Self { link, first, last_seq: seq, count: self.count + 1 };
        }
        Ok(())
    }
}

/// The `data` of an entry.
struct Stored {
    request_id: String,
    data_hash: [u8; 32],
    link: String,
}

impl Stored {
    fn parse(doc: &str) -> Result<Self> {
        let unreadable = || Error::corrupt("an entry's data cannot be read.");
        let data: serde_json::Value = serde_json::from_str(doc).map_err(|_| unreadable())?;
        let text = |name: &str| data.get(name).and_then(|v| v.as_str()).ok_or_else(unreadable);
        let hash = blake3::Hash::from_hex(text("data_hash")?).map_err(|_| unreadable())?;
        Ok(Self {
            request_id: text("request_id")?.to_owned(),
            data_hash: *hash.as_bytes(),
            link: text("link")?.to_owned(),
        })
    }
}

fn missing(name: &str) -> Error {
    Error::corrupt(format!("the log has no column {name}."))
}

fn numbers(batch: &RecordBatch, name: &str) -> Result<Vec<u64>> {
    let column = batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<UInt64Type>());
    column.map(|c| c.values().to_vec()).ok_or_else(|| missing(name))
}

fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Result<Vec<&'a str>> {
    let column = batch.column_by_name(name).and_then(|c| c.as_string_view_opt());
    let column = column.ok_or_else(|| missing(name))?;
    let value = |row| if column.is_null(row) { "" } else { column.value(row) };
    Ok((0..column.len()).map(value).collect())
}
