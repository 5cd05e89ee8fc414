//! Answers in the formats of ClickHouse: one writer a format, byte for byte as ClickHouse prints them.
//!
//! An [`Encoder`] gives an answer piece by piece: what comes first, each batch, what comes last. Only formats that must know
//! every row before the first (the boxes of Pretty, Parquet) hold an answer back until its end.

mod columnar;
mod delimited;
mod json;
mod pretty;
mod stream;
mod text;
mod vertical;

pub use stream::StreamEncoder;

use crate::{
    engine::{QueryResult, ResultColumn, value_bytes},
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::{Value, from_array, printable},
};
use datafusion::arrow::array::RecordBatch;
use rekor_core::Result;

macro_rules! formats {
    ($($variant:ident = $name:literal $aliases:tt $media:literal),* $(,)?) => {
        /// A format of answers, by ClickHouse's name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Format { $(#[doc = $name] $variant),* }

        impl Format {
            /// All formats, in the order in which they are listed.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// ClickHouse's name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// Other names that ClickHouse knows it by.
            pub const fn aliases(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &$aliases),* }
            }

            /// The media type of its bytes.
            pub const fn media_type(self) -> &'static str {
                match self { $(Self::$variant => $media),* }
            }
        }
    };
}

formats! {
    Json = "JSON" [] "application/json; charset=utf-8",
    JsonCompact = "JSONCompact" [] "application/json; charset=utf-8",
    JsonEachRow = "JSONEachRow" ["JSONLines", "NDJSON"] "application/x-ndjson; charset=utf-8",
    JsonCompactEachRow = "JSONCompactEachRow" [] "application/x-ndjson; charset=utf-8",
    Csv = "CSV" [] "text/csv; charset=utf-8; header=absent",
    CsvWithNames = "CSVWithNames" [] "text/csv; charset=utf-8; header=present",
    CsvWithNamesAndTypes = "CSVWithNamesAndTypes" [] "text/csv; charset=utf-8; header=present",
    Tsv = "TSV" ["TabSeparated"] "text/tab-separated-values; charset=utf-8",
    TsvWithNames = "TSVWithNames" ["TabSeparatedWithNames"] "text/tab-separated-values; charset=utf-8",
    TsvWithNamesAndTypes = "TSVWithNamesAndTypes" ["TabSeparatedWithNamesAndTypes"] "text/tab-separated-values; charset=utf-8",
    TsvRaw = "TSVRaw" ["TabSeparatedRaw"] "text/tab-separated-values; charset=utf-8",
    Pretty = "Pretty" ["PrettyNoEscapes", "PrettyMonoBlock"] "text/plain; charset=utf-8",
    PrettyCompact = "PrettyCompact" ["PrettyCompactNoEscapes", "PrettyCompactMonoBlock"] "text/plain; charset=utf-8",
    Vertical = "Vertical" [] "text/plain; charset=utf-8",
    Markdown = "Markdown" [] "text/markdown; charset=utf-8",
    Values = "Values" [] "text/plain; charset=utf-8",
    Arrow = "Arrow" [] "application/vnd.apache.arrow.file",
    ArrowStream = "ArrowStream" [] "application/vnd.apache.arrow.stream",
    Parquet = "Parquet" [] "application/vnd.apache.parquet",
    Null = "Null" [] "text/plain; charset=utf-8",
}

/// Media types of an `Accept` header, with the format that is meant by each.
const ACCEPTED: &[(&str, Format)] = &[
    ("text/csv", Format::CsvWithNames),
    ("application/x-ndjson", Format::JsonEachRow),
    ("application/ndjson", Format::JsonEachRow),
    ("text/tab-separated-values", Format::TsvWithNames),
    ("text/markdown", Format::Markdown),
    ("application/vnd.apache.arrow.stream", Format::ArrowStream),
    ("application/vnd.apache.arrow.file", Format::Arrow),
    ("application/vnd.apache.parquet", Format::Parquet),
];

impl Format {
    /// The format of a name, in any case.
    ///
    /// # Errors
    /// `UNKNOWN_FORMAT`, with the list.
    pub fn parse(name: &str) -> SqlResult<Self> {
        let is_it = |known: &&str| known.eq_ignore_ascii_case(name);
        let found = Self::ALL
            .iter()
            .find(|format| is_it(&format.name()) || format.aliases().iter().any(is_it));
        found.copied().ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|format| format.name()).collect();
            let message = format!("Unknown format {name}. The formats are {}.", names.join(", "));
            SqlError::new(ChCode::UnknownFormat, message)
        })
    }

    /// The format that an `Accept` header asks for; `None` for the answer of the API, which is JSON of its own shape.
    pub fn accepted(accept: &str) -> Option<Self> {
        let ranges = accept.split(',').map(|range| range.split(';').next().unwrap_or_default());
        ranges.map(str::trim).find_map(|media| {
            if ["application/json", "application/*", "*/*"].contains(&media) {
                return Some(None);
            }
            let found = ACCEPTED.iter().find(|(known, _)| known.eq_ignore_ascii_case(media));
            found.map(|(_, format)| Some(*format))
        })?
    }

    /// The media types by which [`Self::accepted`] knows a format.
    pub fn accepted_media_types() -> impl Iterator<Item = &'static str> {
        ACCEPTED.iter().map(|(media, _)| *media)
    }
}

/// Bytes of values that one piece of an answer is made of, unless a single row has more: between pieces a client that went away
/// is noticed.
const PIECE_BYTES: usize = 256 << 10;

/// A row of values that print as they are: [`printable`] was applied.
pub(crate) type Row = Vec<Value>;

/// What writes the rows of one answer. All bytes are appended to `out`.
pub(crate) trait Writer: Send {
    /// What stands before the rows.
    fn begin(&mut self, _out: &mut Vec<u8>) {}
    /// Some rows.
    fn rows(&mut self, rows: Vec<Row>, out: &mut Vec<u8>);
    /// What stands after them.
    fn end(&mut self, totals: Option<Row>, summary: &Summary, out: &mut Vec<u8>);
}

/// What is known when an answer is complete.
pub(crate) struct Summary {
    row_count: usize,
    elapsed_s: f64,
    rows_read: u64,
    bytes_read: u64,
}

/// The bytes of an answer, piece by piece.
pub struct Encoder {
    result: QueryResult,
    kind: Kind,
    step: usize,
}

enum Kind {
    Rows(Box<dyn Writer>),
    Columns(Format),
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").field("step", &self.step).finish_non_exhaustive()
    }
}

impl QueryResult {
    /// The answer in a format: an iterator over the pieces of its bytes. Pieces may be empty.
    pub fn encode(self, format: Format) -> Encoder {
        let kind = match writer(&self.columns, format) {
            Some(writer) => Kind::Rows(writer),
            None => Kind::Columns(format),
        };
        Encoder::new(self, kind)
    }

    /// The answer in the shape of the API, as [`Self::to_json`] gives it.
    ///
    /// # Errors
    /// Internal, if a column is not of its type.
    pub fn encode_answer(self) -> Result<Encoder> {
        let writer = crate::result::Answer::new(&self)?;
        Ok(Encoder::new(self, Kind::Rows(Box::new(writer))))
    }
}

/// What writes the rows of a format; `None` for those that write columns.
fn writer(columns: &[ResultColumn], format: Format) -> Option<Box<dyn Writer>> {
    Some(match format {
        Format::Json => Box::new(json::Whole::new(columns, false)),
        Format::JsonCompact => Box::new(json::Whole::new(columns, true)),
        Format::JsonEachRow => Box::new(json::Lines::new(columns, false)),
        Format::JsonCompactEachRow => Box::new(json::Lines::new(columns, true)),
        Format::Csv
        | Format::CsvWithNames
        | Format::CsvWithNamesAndTypes
        | Format::Tsv
        | Format::TsvWithNames
        | Format::TsvWithNamesAndTypes
        | Format::TsvRaw => Box::new(delimited::Lines::new(columns, format)),
        Format::Values => Box::new(delimited::Tuples::default()),
        Format::Markdown => Box::new(delimited::Markdown::new(columns)),
        Format::Pretty => Box::new(pretty::Boxes::new(columns, false)),
        Format::PrettyCompact => Box::new(pretty::Boxes::new(columns, true)),
        Format::Vertical => Box::new(vertical::Vertical::new(columns)),
        Format::Null => Box::new(Nothing),
        Format::Arrow | Format::ArrowStream | Format::Parquet => return None,
    })
}

/// Batches in slices of about [`PIECE_BYTES`].
pub(crate) fn sliced(batches: Vec<RecordBatch>) -> Vec<RecordBatch> {
    let mut slices = Vec::new();
    for batch in batches {
        let bytes: usize = batch.columns().iter().map(value_bytes).sum();
        let rows = (PIECE_BYTES * batch.num_rows() / bytes.max(1)).max(1);
        let starts = (0..batch.num_rows()).step_by(rows);
        slices.extend(starts.map(|start| batch.slice(start, rows.min(batch.num_rows() - start))));
    }
    slices
}

impl Encoder {
    fn new(mut result: QueryResult, kind: Kind) -> Self {
        if matches!(kind, Kind::Rows(_)) {
            result.batches = sliced(result.batches);
        }
        Self { result, kind, step: 0 }
    }

    /// All bytes at once.
    ///
    /// # Errors
    /// As the pieces.
    pub fn bytes(self) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        for piece in self {
            out.extend(piece?);
        }
        Ok(out)
    }

    /// The piece of a step; `None` after the last.
    fn piece(&mut self) -> SqlResult<Option<Vec<u8>>> {
        let (step, result) = (self.step, &self.result);
        self.step += 1;
        let writer = match &mut self.kind {
            Kind::Columns(_) if step > 0 => return Ok(None),
            Kind::Columns(format) => return columnar::encode(result, *format).map(Some),
            Kind::Rows(writer) => writer,
        };
        let mut out = Vec::new();
        if step == 0 {
            writer.begin(&mut out);
        } else if let Some(batch) = result.batches.get(step - 1) {
            writer.rows(rows_of(batch, &result.columns)?, &mut out);
        } else if step == result.batches.len() + 1 {
            let totals = result.totals.as_ref().map(|batch| rows_of(batch, &result.columns));
            let totals = totals.transpose()?.and_then(|rows| rows.into_iter().next());
            writer.end(totals, &summary(result), &mut out);
        } else {
            return Ok(None);
        }
        Ok(Some(out))
    }
}

impl Iterator for Encoder {
    type Item = Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.piece().map_err(Into::into).transpose()
    }
}

fn summary(result: &QueryResult) -> Summary {
    Summary {
        row_count: result.row_count(),
        elapsed_s: result.elapsed.as_secs_f64(),
        rows_read: result.rows_scanned,
        bytes_read: result.bytes_scanned,
    }
}

/// The rows of a batch.
pub(crate) fn rows_of(batch: &RecordBatch, columns: &[ResultColumn]) -> SqlResult<Vec<Row>> {
    let mut values = Vec::new();
    for (array, column) in batch.columns().iter().zip(columns) {
        let column_values = from_array(array, &column.ty)?.into_iter();
        values.push(column_values.map(|value| printable(value, &column.ty)));
    }
    let row_count = batch.num_rows();
    Ok((0..row_count).map(|_| values.iter_mut().filter_map(Iterator::next).collect()).collect())
}

/// The format that prints nothing.
struct Nothing;

impl Writer for Nothing {
    fn rows(&mut self, _: Vec<Row>, _: &mut Vec<u8>) {}
    fn end(&mut self, _: Option<Row>, _: &Summary, _: &mut Vec<u8>) {}
}

/// Whether values of a type stand on the right of a column, as numbers and times do.
fn is_right_aligned(ty: &ChType) -> bool {
    matches!(
        ty.strip_nullable(),
        ChType::Int(_)
            | ChType::UInt(_)
            | ChType::Float(_)
            | ChType::Decimal(..)
            | ChType::Date
            | ChType::Date32
            | ChType::DateTime(_)
            | ChType::DateTime64(..)
            | ChType::Interval(_)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_any_case_and_by_their_aliases() {
        for format in Format::ALL {
            for name in format.aliases().iter().chain([&format.name()]) {
                assert_eq!(Format::parse(&name.to_uppercase()).unwrap(), *format);
            }
        }
        let error = Format::parse("XML").unwrap_err();
        assert!(error.code == ChCode::UnknownFormat && error.message.contains("Parquet"));
    }

    #[test]
    fn accept_headers_name_formats() {
        assert_eq!(Format::accepted("text/csv;q=0.9, */*"), Some(Format::CsvWithNames));
        assert_eq!(Format::accepted("application/json, text/csv"), None);
        assert_eq!(Format::accepted("image/png"), None);
    }
}
