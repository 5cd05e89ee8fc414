//! Vertical: a line for each value.

use super::{
    Row, Summary, Writer,
    json::{self, Layout},
    pretty, text,
};
use crate::{
    engine::ResultColumn,
    types::ChType,
    value::{Value, bytes_of},
};

/// Writes rows one below the other.
pub(super) struct Vertical {
    columns: Vec<ResultColumn>,
    /// Width of the longest name.
    width: usize,
    row_count: usize,
    /// How values are printed.
    text: fn(&Value, &ChType) -> String,
}

impl Vertical {
    pub(super) fn new(columns: &[ResultColumn]) -> Self {
        Self::with_text(columns, |value, _| match value {
            Value::Json(text) => json::laid_out(text, Layout::Indented { unit: "    ", level: 0 }),
            other => text::plain(other),
        })
    }

    pub(super) fn with_text(columns: &[ResultColumn], text: fn(&Value, &ChType) -> String) -> Self {
        let width = columns.iter().map(|column| pretty::width(&column.name, 0)).max();
        Self { columns: columns.to_vec(), width: width.unwrap_or(0), row_count: 0, text }
    }

    fn row(&self, title: &str, line: usize, row: &Row, out: &mut Vec<u8>) {
        out.extend(format!("{title}:\n{}\n", "─".repeat(line)).into_bytes());
        for (column, value) in self.columns.iter().zip(row) {
            let space = self.width - pretty::width(&column.name, 0).min(self.width);
            out.extend(format!("{}:{} ", column.name, " ".repeat(space)).into_bytes());
            if value.is_null() {
                out.extend(text::NULL.as_bytes());
            } else {
                out.extend(bytes_of(&(self.text)(value, &column.ty)).iter());
            }
            out.extend(pretty::tip(value).unwrap_or_default().into_bytes());
            out.push(b'\n');
        }
    }
}

impl Writer for Vertical {
    fn rows(&mut self, rows: Vec<Row>, out: &mut Vec<u8>) {
        for row in rows {
            self.row_count += 1;
            if self.row_count > 1 {
                out.push(b'\n');
            }
            // ClickHouse measures the number of the next row.
            let line = "Row :".len() + (self.row_count + 1).to_string().len();
            self.row(&format!("Row {}", self.row_count), line, &row, out);
        }
    }

    fn end(&mut self, totals: Option<Row>, _: &Summary, out: &mut Vec<u8>) {
        if let Some(totals) = totals {
            out.extend(b"\n\n");
            self.row("Totals", "Totals:".len(), &totals, out);
        }
    }
}
