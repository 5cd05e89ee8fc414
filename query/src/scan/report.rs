//! What a query reads: counted while it is planned and runs, and told in words by EXPLAIN.

use super::pieces::Piece;
use datafusion::physical_plan::{ExecutionPlan, metrics::MetricValue};
use std::{
    collections::BTreeSet,
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

/// Parts of tables that EXPLAIN lists one by one.
const PARTS_LISTED_MAX: usize = 20;
/// Columns that it names.
const COLUMNS_LISTED_MAX: usize = 20;

/// What all scans of a query read.
#[derive(Debug, Default)]
pub(crate) struct Report(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    parts: Vec<PartReading>,
    /// Parts that the filters rule out.
    skipped: usize,
}

/// What is read of one part of a table: the rows of one collection that are alive, or deleted.
#[derive(Debug, Default)]
pub(super) struct PartReading {
    /// `documents of invoices`.
    pub(super) name: String,
    /// Rows that are not in files yet, after the filters that the scan decides.
    pub(super) memory_rows: usize,
    /// Bytes of their columns.
    pub(super) memory_bytes: usize,
    pub(super) files: Vec<FilesReading>,
}

/// What is read of files that hold the wanted columns in the same way.
#[derive(Debug, Default)]
pub(super) struct FilesReading {
    file_count: usize,
    file_bytes: u64,
    group_count: usize,
    dead_rows: u64,
    /// Files with rows that may be wanted.
    files_left: usize,
    /// Row groups with rows that may be wanted.
    groups_left: usize,
    /// The same, where a row group that is read in two ranges counts twice.
    ranges_left: usize,
    pub(super) columns: Vec<String>,
    pub(super) predicate: Option<String>,
    /// The scan, which counts what it reads.
    pub(super) plan: Option<Arc<dyn ExecutionPlan>>,
}

impl FilesReading {
    /// Files before anything of them is ruled out.
    pub(super) fn all(files: &[&rekor_core::view::FileView]) -> Self {
        Self {
            file_count: files.len(),
            file_bytes: files.iter().map(|view| view.file.size_bytes).sum(),
            group_count: files.iter().map(|view| view.file.row_group_rows.len()).sum(),
            dead_rows: files.iter().map(|view| view.dead_rows().len()).sum(),
            ..Self::default()
        }
    }

    /// A file of which everything is read.
    pub(super) fn whole(size_bytes: u64, plan: Arc<dyn ExecutionPlan>) -> Self {
        Self {
            file_count: 1,
            files_left: 1,
            file_bytes: size_bytes,
            plan: Some(plan),
            ..Self::default()
        }
    }

    /// The pieces of files that are left, as they are read.
    pub(super) fn keep<'a>(&mut self, pieces: impl Iterator<Item = &'a Piece>) {
        let (mut files, mut groups) = (BTreeSet::<Uuid>::new(), BTreeSet::new());
        for piece in pieces {
            let file = piece.file.uuid();
            files.insert(file);
            for group in piece.row_groups() {
                groups.insert((file, group));
                self.ranges_left += 1;
            }
        }
        (self.files_left, self.groups_left) = (files.len(), groups.len());
    }

    fn count(&self, name: &str) -> u64 {
        let metrics = self.plan.as_ref().and_then(|plan| plan.metrics());
        metrics.and_then(|m| m.sum_by_name(name)).map_or(0, |value| value.as_usize() as u64)
    }

    /// How many of a kind the statistics ruled out, and how many they left.
    fn pruned(&self, name: &str) -> (usize, usize) {
        let metrics = self.plan.as_ref().and_then(|plan| plan.metrics());
        let (mut pruned, mut matched) = (0, 0);
        for metric in metrics.iter().flat_map(|metrics| metrics.iter()) {
            if let MetricValue::PruningMetrics { name: known, pruning_metrics } = metric.value()
                && known == name
            {
                pruned += pruning_metrics.pruned();
                matched += pruning_metrics.matched();
            }
        }
        (pruned, matched)
    }
}

/// Sums of what was read.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    files: usize,
    files_left: usize,
    groups: usize,
    groups_read: usize,
    pages: usize,
    pages_read: usize,
    file_bytes: u64,
    bytes: u64,
    dead_rows: u64,
    memory_rows: usize,
    memory_bytes: u64,
    rows: u64,
}

impl PartReading {
    fn sums(&self) -> Sums {
        let mut sums = Sums {
            memory_rows: self.memory_rows,
            memory_bytes: self.memory_bytes as u64,
            rows: self.memory_rows as u64,
            ..Sums::default()
        };
        for files in &self.files {
            let ((ruled_out, _), (pages_out, pages_in)) = (
                files.pruned("row_groups_pruned_statistics"),
                files.pruned("page_index_pages_pruned"),
            );
            // A row group that is read in two ranges was ruled out twice, and so were its pages.
            let once =
                |count: usize| (count * files.groups_left).div_ceil(files.ranges_left.max(1));
            let (ruled_out, pages_out, pages_in) =
                (once(ruled_out), once(pages_out), once(pages_in));
            sums.files += files.file_count;
            sums.files_left += files.files_left;
            sums.groups += files.group_count;
            sums.groups_read += files.groups_left.saturating_sub(ruled_out);
            sums.pages += pages_out + pages_in;
            sums.pages_read += pages_in;
            sums.file_bytes += files.file_bytes;
            sums.bytes += files.count("bytes_scanned");
            sums.dead_rows += files.dead_rows;
            sums.rows += files.count("output_rows");
        }
        sums
    }

    fn describe(&self, ran: bool, out: &mut String) {
        let sums = self.sums();
        let _written = writeln!(out, "{}: {}", self.name, sums.words(ran));
        let columns: BTreeSet<&str> =
            self.files.iter().flat_map(|files| &files.columns).map(String::as_str).collect();
        if !columns.is_empty() {
            let more = columns.len().saturating_sub(COLUMNS_LISTED_MAX);
            let listed: Vec<&str> = columns.into_iter().take(COLUMNS_LISTED_MAX).collect();
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let _written = writeln!(out, "  columns: {}{more}", listed.join(", "));
        }
        let predicates: BTreeSet<&String> =
            self.files.iter().filter_map(|files| files.predicate.as_ref()).collect();
        for predicate in predicates {
            let _written = writeln!(out, "  row groups and pages are chosen by {predicate}");
        }
        if sums.dead_rows > 0 {
            let _written =
                writeln!(out, "  {} dead rows of files are left out", grouped(sums.dead_rows));
        }
    }
}

impl Sums {
    fn add(&mut self, other: Self) {
        self.files += other.files;
        self.files_left += other.files_left;
        self.groups += other.groups;
        self.groups_read += other.groups_read;
        self.pages += other.pages;
        self.pages_read += other.pages_read;
        self.file_bytes += other.file_bytes;
        self.bytes += other.bytes;
        self.dead_rows += other.dead_rows;
        self.memory_rows += other.memory_rows;
        self.memory_bytes += other.memory_bytes;
        self.rows += other.rows;
    }

    /// `1 of 3 files, 2 of 12 row groups, 8 of 40 pages, 1.2 MiB of 80.0 MiB; 20 rows (1.0 KiB) from memory`.
    fn words(&self, ran: bool) -> String {
        let mut parts = Vec::new();
        if self.files > 0 {
            let mut files = format!(
                "{} of {} files, {} of {} row groups",
                self.files_left, self.files, self.groups_read, self.groups
            );
            if self.pages > 0 {
                let _written = write!(files, ", {} of {} pages", self.pages_read, self.pages);
            }
            let total = size(self.file_bytes);
            let _written = if ran {
                write!(files, ", {} of {total}", size(self.bytes))
            } else {
                write!(files, " at most, of {total}")
            };
            parts.push(files);
        }
        if self.memory_rows > 0 || self.files == 0 {
            let bytes = size(self.memory_bytes);
            parts.push(format!("{} rows ({bytes}) from memory", grouped(self.memory_rows as u64)));
        }
        parts.join("; ")
    }
}

impl Report {
    pub(super) fn add(&self, part: PartReading) {
        self.state(|state| state.parts.push(part));
    }

    pub(super) fn skip(&self) {
        self.state(|state| state.skipped += 1);
    }

    fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn sums(&self) -> Sums {
        self.state(|state| {
            let mut sums = Sums::default();
            state.parts.iter().for_each(|part| sums.add(part.sums()));
            sums
        })
    }

    /// Bytes of the columns read so far.
    pub(crate) fn bytes(&self) -> u64 {
        let sums = self.sums();
        sums.bytes + sums.memory_bytes
    }

    /// Rows read so far, before filters that scans do not decide.
    pub(crate) fn rows(&self) -> u64 {
        self.sums().rows
    }

    /// What is read, in words: the sum, then part by part. `ran` says whether the query ran, so that pages and bytes are known.
    pub(crate) fn describe(&self, ran: bool) -> String {
        let (sums, mut out) = (self.sums(), String::new());
        self.state(|state| {
            let (read, skipped) = (state.parts.len(), state.skipped);
            if read + skipped == 0 {
                out.push_str("reads no rows of tables");
                return;
            }
            let verb = if ran { "read" } else { "would read" };
            let _written = writeln!(
                out,
                "{verb} {read} of {} parts of tables: {}",
                read + skipped,
                sums.words(ran)
            );
            let mut parts: Vec<&PartReading> = state.parts.iter().collect();
            parts.sort_by_key(|part| std::cmp::Reverse(part.sums().file_bytes));
            for part in parts.iter().take(PARTS_LISTED_MAX) {
                part.describe(ran, &mut out);
            }
            if read > PARTS_LISTED_MAX {
                let _written = writeln!(out, "and {} more parts", read - PARTS_LISTED_MAX);
            }
            if !ran {
                out.push_str("EXPLAIN ANALYZE runs the query and says which pages and how many bytes it read");
            }
        });
        out.trim_end().to_owned()
    }
}

/// A size in bytes, KiB, MiB or GiB.
#[expect(clippy::cast_precision_loss, reason = "it is printed with one digit")]
fn size(bytes: u64) -> String {
    const UNITS: [&str; 3] = ["KiB", "MiB", "GiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = "KiB";
    for next in UNITS.into_iter().skip(1) {
        if value >= 1024.0 {
            value /= 1024.0;
            unit = next;
        }
    }
    format!("{value:.1} {unit}")
}

/// A number with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(12), "12");
        assert_eq!(
            (size(1023), size(1536), size(5 << 30)),
            ("1023 B".into(), "1.5 KiB".into(), "5.0 GiB".into())
        );
    }
}
