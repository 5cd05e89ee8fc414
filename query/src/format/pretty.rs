//! Pretty and PrettyCompact: tables in boxes.

use super::{
    Row, Summary, Writer, is_right_aligned,
    json::{self, Layout},
    text,
    vertical::Vertical,
};
use crate::{
    engine::ResultColumn,
    functions::readable_quantity,
    types::ChType,
    value::{Value, printed},
};

/// Rows from which the names stand below the table, too.
const FOOTER_ROWS_MIN: usize = 50;
/// A wide table of more columns than this, and of few rows, is printed as Vertical.
const VERTICAL_COLUMNS_MIN: usize = 5;
/// Sum of the columns' widths from which it is.
const VERTICAL_WIDTH_MIN: usize = 250;
/// Most rows for it.
const VERTICAL_ROWS_MAX: usize = 10;
/// Cells are not filled with spaces beyond this.
const PAD_MAX: usize = 250;
/// A number above this is also told in words.
const TIP_MIN: f64 = 1e6;
/// Numbers between these are more likely hashes, and are not.
const HASHES: (f64, f64) = (1e17, 18_446_744_073_709_551_615.0);

/// The columns that a text takes on a terminal, where it begins at a column.
pub(super) fn width(text: &str, start: usize) -> usize {
    let mut at = start;
    for c in text.chars() {
        at += match c {
            '\t' => 8 - at % 8,
            '\u{300}'..='\u{36F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{FE0F}' => 0,
            control if control.is_control() => 0,
            '\u{1100}'..='\u{115F}'
            | '\u{2E80}'..='\u{303E}'
            | '\u{3041}'..='\u{33FF}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{4E00}'..='\u{9FFF}'
            | '\u{A000}'..='\u{A4CF}'
            | '\u{AC00}'..='\u{D7A3}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{FE30}'..='\u{FE6F}'
            | '\u{FF00}'..='\u{FF60}'
            | '\u{FFE0}'..='\u{FFE6}'
            | '\u{20000}'..='\u{3FFFD}' => 2,
            _ => 1,
        };
    }
    at - start
}

/// ` -- 1.23 million` after a large number.
pub(super) fn tip(value: &Value) -> Option<String> {
    let number = match value {
        Value::Int(_) | Value::Float(_) | Value::Decimal(..) => value.as_f64()?,
        _ => return None,
    };
    let (size, (hashes_from, hashes_to)) = (number.abs(), HASHES);
    let is_hash = size > hashes_from && size <= hashes_to;
    (number.is_finite() && size > TIP_MIN && !is_hash)
        .then(|| format!(" -- {}", readable_quantity(number)))
}

/// A value as it stands in a box: named tuples as JSON of several lines.
fn boxed(value: &Value, ty: &ChType) -> String {
    match value {
        Value::Null => text::NULL.to_owned(),
        other if holds_named_tuple(ty) => printed(&with_named_tuples(other, ty)).into_owned(),
        other => printed(&text::plain(other)).into_owned(),
    }
}

/// A value of a table that was too wide for boxes.
fn unboxed(value: &Value, ty: &ChType) -> String {
    match value {
        Value::Json(text) => json::laid_out(text, Layout::Indented { unit: " ", level: 0 }),
        other => boxed(other, ty),
    }
}

fn is_named(fields: &[(Option<String>, ChType)]) -> bool {
    !fields.is_empty() && fields.iter().all(|(name, _)| name.is_some())
}

fn holds_named_tuple(ty: &ChType) -> bool {
    match ty.strip_nullable() {
        ChType::Tuple(fields) => {
            is_named(fields) || fields.iter().any(|(_, ty)| holds_named_tuple(ty))
        }
        ChType::Array(item) | ChType::Map(_, item) => holds_named_tuple(item),
        _ => false,
    }
}

fn with_named_tuples(value: &Value, ty: &ChType) -> String {
    let joined = |parts: Vec<String>| parts.join(",");
    match (value, ty.strip_nullable()) {
        (Value::Tuple(items), ChType::Tuple(fields)) if is_named(fields) => {
            named_tuple(items, fields, 0)
        }
        (Value::Tuple(items), ChType::Tuple(fields)) => {
            let parts = items.iter().zip(fields).map(|(v, (_, ty))| with_named_tuples(v, ty));
            format!("({})", joined(parts.collect()))
        }
        (Value::Array(items), ChType::Array(item)) => {
            format!("[{}]", joined(items.iter().map(|v| with_named_tuples(v, item)).collect()))
        }
        (Value::Map(pairs), ChType::Map(_, item)) => {
            let parts = pairs
                .iter()
                .map(|(key, value)| format!("{}:{}", inside(key), with_named_tuples(value, item)));
            format!("{{{}}}", joined(parts.collect()))
        }
        (other, _) => inside(other),
    }
}

/// The text of a value inside of another one.
fn inside(value: &Value) -> String {
    let list = text::plain(&Value::Array(vec![value.clone()]));
    list.get(1..list.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

/// A named tuple as ClickHouse indents it: members of the outermost by two, of those inside by one more each.
fn named_tuple(items: &[Value], fields: &[(Option<String>, ChType)], level: usize) -> String {
    let mut out = "{".to_owned();
    for (at, (item, (name, ty))) in items.iter().zip(fields).enumerate() {
        out.push_str(if at > 0 { ",\n" } else { "\n" });
        out.push_str(&" ".repeat(level + 2));
        json::string(name.as_deref().unwrap_or_default(), &mut out);
        out.push_str(": ");
        match (item, ty.strip_nullable()) {
            (Value::Tuple(items), ChType::Tuple(fields)) if is_named(fields) => {
                out.push_str(&named_tuple(items, fields, level + 1));
            }
            _ => json::value(item, ty, Layout::Indented { unit: " ", level: level + 2 }, &mut out),
        }
    }
    out.push('\n');
    out.push_str(&" ".repeat(if level == 0 { 0 } else { level + 1 }));
    out.push('}');
    out
}

/// Writes all rows in one box.
pub(super) struct Boxes {
    columns: Vec<ResultColumn>,
    rows: Vec<Row>,
    compact: bool,
}

impl Boxes {
    pub(super) fn new(columns: &[ResultColumn], compact: bool) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new(), compact }
    }

    fn table(&self, rows: &[Row], out: &mut Vec<u8>) {
        let table = Table::new(&self.columns, rows, self.compact);
        let wide = table.widths.iter().sum::<usize>() >= VERTICAL_WIDTH_MIN;
        let few = rows.len() <= VERTICAL_ROWS_MAX && self.columns.len() >= VERTICAL_COLUMNS_MIN;
        if (wide || table.has_lines) && few {
            Vertical::with_text(&self.columns, unboxed).rows(rows.to_vec(), out);
        } else {
            out.extend(table.draw().into_bytes());
        }
    }
}

impl Writer for Boxes {
    fn rows(&mut self, rows: Vec<Row>, _: &mut Vec<u8>) {
        self.rows.extend(rows);
    }

    fn end(&mut self, totals: Option<Row>, _: &Summary, out: &mut Vec<u8>) {
        let rows = std::mem::take(&mut self.rows);
        if !rows.is_empty() {
            self.table(&rows, out);
        }
        if let Some(totals) = totals {
            out.extend(b"\nTotals:\n");
            self.table(&[totals], out);
        }
    }
}

/// The corners and lines of a box.
struct Border {
    left: char,
    line: char,
    cross: char,
    right: char,
}

const fn border(left: char, line: char, cross: char, right: char) -> Border {
    Border { left, line, cross, right }
}

/// A table with its texts and widths.
struct Table<'a> {
    columns: &'a [ResultColumn],
    /// By row, then column.
    cells: Vec<Vec<String>>,
    widths: Vec<usize>,
    /// Digits of the highest row number.
    digits: usize,
    /// Whether a value has several lines.
    has_lines: bool,
    /// What stands behind each row: its last value in words.
    tips: Vec<Option<String>>,
    compact: bool,
}

impl<'a> Table<'a> {
    fn new(columns: &'a [ResultColumn], rows: &[Row], compact: bool) -> Self {
        let cells: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().zip(columns).map(|(v, column)| boxed(v, &column.ty)).collect())
            .collect();
        let digits = rows.len().to_string().len();
        let (mut widths, mut start) = (Vec::new(), digits + ". │ ".chars().count());
        for (at, column) in columns.iter().enumerate() {
            let texts = cells.iter().filter_map(|row| row.get(at));
            let lines = texts.flat_map(|text| text.split('\n'));
            let widest = lines.map(|line| width(line, start)).max().unwrap_or(0).min(PAD_MAX);
            let widest = widest.max(width(&column.name, start));
            widths.push(widest);
            start += widest + 3;
        }
        let tips = rows.iter().map(|row| row.last().and_then(tip)).collect();
        let has_lines = cells.iter().flatten().any(|cell| cell.contains('\n'));
        Self { columns, cells, widths, digits, has_lines, tips, compact }
    }

    fn draw(&self) -> String {
        let mut out = String::new();
        let footer = self.cells.len() >= FOOTER_ROWS_MIN;
        if self.compact {
            self.named_line(&border('┌', '─', '┬', '┐'), &mut out);
        } else {
            self.line(&border('┏', '━', '┳', '┓'), &mut out);
            self.header('┃', &mut out);
            self.line(&border('┡', '━', '╇', '┩'), &mut out);
        }
        for (number, row) in self.cells.iter().enumerate() {
            if number > 0 && !self.compact {
                self.line(&border('├', '─', '┼', '┤'), &mut out);
            }
            self.row(number + 1, row, &mut out);
        }
        match (self.compact, footer) {
            (true, true) => self.named_line(&border('└', '─', '┴', '┘'), &mut out),
            (false, true) => {
                self.line(&border('┢', '━', '╈', '┪'), &mut out);
                self.header('┃', &mut out);
                self.line(&border('┗', '━', '┻', '┛'), &mut out);
            }
            (_, false) => self.line(&border('└', '─', '┴', '┘'), &mut out),
        }
        out
    }

    fn indent(&self, out: &mut String) {
        out.push_str(&" ".repeat(self.digits + 2));
    }

    fn line(&self, border: &Border, out: &mut String) {
        self.indent(out);
        for (at, width) in self.widths.iter().enumerate() {
            out.push(if at == 0 { border.left } else { border.cross });
            (0..width + 2).for_each(|_| out.push(border.line));
        }
        out.push(border.right);
        out.push('\n');
    }

    /// A line with the names in it.
    fn named_line(&self, border: &Border, out: &mut String) {
        self.indent(out);
        for (at, (column, width)) in self.columns.iter().zip(&self.widths).enumerate() {
            out.push(if at == 0 { border.left } else { border.cross });
            out.push(border.line);
            self.aligned(column, &column.name, at, *width, border.line, out);
            out.push(border.line);
        }
        out.push(border.right);
        out.push('\n');
    }

    fn header(&self, bar: char, out: &mut String) {
        self.indent(out);
        for (at, (column, width)) in self.columns.iter().zip(&self.widths).enumerate() {
            out.push(bar);
            out.push(' ');
            self.aligned(column, &column.name, at, *width, ' ', out);
            out.push(' ');
        }
        out.push(bar);
        out.push('\n');
    }

    /// A text filled to a width on the side that the column's type leaves free.
    fn aligned(
        &self,
        column: &ResultColumn,
        text: &str,
        at: usize,
        wanted: usize,
        fill: char,
        out: &mut String,
    ) {
        let space = wanted.saturating_sub(width(text, self.start(at)));
        let right = is_right_aligned(&column.ty);
        (0..if right { space } else { 0 }).for_each(|_| out.push(fill));
        out.push_str(text);
        (0..if right { 0 } else { space }).for_each(|_| out.push(fill));
    }

    /// The column of the terminal at which the cells of a column begin.
    fn start(&self, column: usize) -> usize {
        let before = self.widths.iter().take(column).map(|width| width + 3).sum::<usize>();
        self.digits + ". │ ".chars().count() + before
    }

    fn row(&self, number: usize, row: &[String], out: &mut String) {
        let cells: Vec<Vec<&str>> = row.iter().map(|cell| cell.split('\n').collect()).collect();
        let height = cells.iter().map(Vec::len).max().unwrap_or(1);
        let tip = self.tips.get(number - 1).and_then(Option::as_deref).unwrap_or_default();
        for line in 0..height {
            if line == 0 {
                out.push_str(&format!("{number:>width$}. ", width = self.digits));
            } else {
                self.indent(out);
            }
            for (at, (column, cell)) in self.columns.iter().zip(&cells).enumerate() {
                out.push('│');
                let text = cell.get(line).copied();
                out.push(if line > 0 && text.is_some() { '↳' } else { ' ' });
                let wanted = self.widths.get(at).copied().unwrap_or(0);
                self.aligned(column, text.unwrap_or_default(), at, wanted, ' ', out);
                out.push(if line + 1 < cell.len() { '↴' } else { ' ' });
            }
            out.push('│');
            out.push_str(tip);
            out.push('\n');
        }
    }
}
