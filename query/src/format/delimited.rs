//! Formats of lines: CSV, TSV, Markdown, and the tuples of Values.

use super::{Format, Row, Summary, Writer, is_right_aligned, text};
use crate::{
    engine::ResultColumn,
    types::ChType,
    value::{Value, bytes_of, text_of},
};

/// How the cells of a line are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cells {
    Csv,
    Tsv,
    TsvRaw,
}

impl Cells {
    fn separator(self) -> u8 {
        if self == Self::Csv { b',' } else { b'\t' }
    }

    fn value(self, value: &Value, ty: &ChType, out: &mut Vec<u8>) {
        match self {
            Self::Csv => csv(value, ty, out),
            Self::Tsv => text::tab_separated(value, out),
            Self::TsvRaw if value.is_null() => out.extend(b"\\N"),
            Self::TsvRaw => out.extend(bytes_of(&text::plain(value)).iter()),
        }
    }

    /// A name of the header.
    fn name(self, name: &str, out: &mut Vec<u8>) {
        match self {
            Self::Csv => text::quote_csv(name, out),
            Self::Tsv => text::escape(name, out),
            Self::TsvRaw => out.extend(name.as_bytes()),
        }
    }
}

/// Appends a value of CSV. A tuple that may not be NULL is as many values as it has elements.
fn csv(value: &Value, ty: &ChType, out: &mut Vec<u8>) {
    match (value, ty) {
        (Value::Null, _) => out.extend(b"\\N"),
        (Value::Tuple(items), ChType::Tuple(fields)) => {
            for (i, (item, (_, ty))) in items.iter().zip(fields).enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                csv(item, ty, out);
            }
        }
        (bare, _) if text::is_bare(bare) => out.extend(text_of(bare).into_bytes()),
        (other, _) => text::quote_csv(&text::plain(other), out),
    }
}

/// CSV and TSV.
pub(super) struct Lines {
    cells: Cells,
    types: Vec<ChType>,
    /// The lines above the rows: names, types.
    header: Vec<Vec<String>>,
}

impl Lines {
    pub(super) fn new(columns: &[ResultColumn], format: Format) -> Self {
        let cells = match format {
            Format::Csv | Format::CsvWithNames | Format::CsvWithNamesAndTypes => Cells::Csv,
            Format::TsvRaw => Cells::TsvRaw,
            _ => Cells::Tsv,
        };
        let with_types =
            matches!(format, Format::CsvWithNamesAndTypes | Format::TsvWithNamesAndTypes);
        let with_names =
            with_types || matches!(format, Format::CsvWithNames | Format::TsvWithNames);
        let mut fields = Vec::new();
        for column in columns {
            flatten(column.name.clone(), &column.ty, cells == Cells::Csv, &mut fields);
        }
        let (names, types) = fields.into_iter().unzip();
        let header = [(with_names, names), (with_types, types)];
        let header = header.into_iter().filter_map(|(wanted, line)| wanted.then_some(line));
        let types = columns.iter().map(|column| column.ty.clone()).collect();
        Self { cells, types, header: header.collect() }
    }

    fn row(&self, row: &Row, out: &mut Vec<u8>) {
        for (i, (value, ty)) in row.iter().zip(&self.types).enumerate() {
            if i > 0 {
                out.push(self.cells.separator());
            }
            self.cells.value(value, ty, out);
        }
        out.push(b'\n');
    }
}

/// The names and types that a column takes in a header: several for a tuple of CSV.
fn flatten(name: String, ty: &ChType, tuples: bool, out: &mut Vec<(String, String)>) {
    match ty {
        ChType::Tuple(fields) if tuples && !fields.is_empty() => {
            for (i, (field, ty)) in fields.iter().enumerate() {
                let field = field.clone().unwrap_or_else(|| (i + 1).to_string());
                flatten(format!("{name}.{field}"), ty, tuples, out);
            }
        }
        _ => out.push((name, ty.to_string())),
    }
}

impl Writer for Lines {
    fn begin(&mut self, out: &mut Vec<u8>) {
        for line in &self.header {
            for (i, name) in line.iter().enumerate() {
                if i > 0 {
                    out.push(self.cells.separator());
                }
                self.cells.name(name, out);
            }
            out.push(b'\n');
        }
    }

    fn rows(&mut self, rows: Vec<Row>, out: &mut Vec<u8>) {
        rows.iter().for_each(|row| self.row(row, out));
    }

    fn end(&mut self, totals: Option<Row>, _: &Summary, out: &mut Vec<u8>) {
        if let Some(totals) = totals {
            out.push(b'\n');
            self.row(&totals, out);
        }
    }
}

/// Values: tuples of SQL literals.
#[derive(Default)]
pub(super) struct Tuples {
    row_count: usize,
}

impl Writer for Tuples {
    fn rows(&mut self, rows: Vec<Row>, out: &mut Vec<u8>) {
        for row in rows {
            out.extend(if self.row_count > 0 { b",(".as_slice() } else { b"(" });
            self.row_count += 1;
            for (i, value) in row.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                literal(value, out);
            }
            out.push(b')');
        }
    }

    fn end(&mut self, _: Option<Row>, _: &Summary, _: &mut Vec<u8>) {}
}

/// Appends a value as SQL writes it.
fn literal(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend(b"NULL"),
        plain if text::is_bare(plain) || text::is_composite(plain) => {
            out.extend(bytes_of(&text_of(plain)).iter());
        }
        other => {
            out.push(b'\'');
            text::escape(&text::plain(other), out);
            out.push(b'\'');
        }
    }
}

/// Markdown: a table of cells that are written as in TSV.
pub(super) struct Markdown {
    names: Vec<String>,
    right: Vec<bool>,
}

impl Markdown {
    pub(super) fn new(columns: &[ResultColumn]) -> Self {
        Self {
            names: columns.iter().map(|column| column.name.clone()).collect(),
            right: columns.iter().map(|column| is_right_aligned(&column.ty)).collect(),
        }
    }
}

impl Writer for Markdown {
    fn begin(&mut self, out: &mut Vec<u8>) {
        out.push(b'|');
        for name in &self.names {
            out.push(b' ');
            text::escape(name, out);
            out.extend(b" |");
        }
        out.extend(b"\n|");
        for right in &self.right {
            out.extend(if *right { b"-:|" } else { b":-|" });
        }
        out.push(b'\n');
    }

    fn rows(&mut self, rows: Vec<Row>, out: &mut Vec<u8>) {
        for row in rows {
            out.push(b'|');
            for value in &row {
                out.push(b' ');
                text::tab_separated(value, out);
                out.extend(b" |");
            }
            out.push(b'\n');
        }
    }

    fn end(&mut self, _: Option<Row>, _: &Summary, _: &mut Vec<u8>) {}
}
