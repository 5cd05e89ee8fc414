//! JSON, JSONCompact, JSONEachRow and JSONCompactEachRow.

use super::{Row, Summary, Writer};
use crate::{
    engine::ResultColumn,
    types::ChType,
    value::{Value, printed, text_of},
};
use rekor_core::json::{Kind, NumberStyle, Reader, canonical_text};

/// How nested values are laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// On one line.
    Compact,
    /// Members on lines of their own.
    Indented {
        /// What a level is indented by.
        unit: &'static str,
        /// The level of the value itself.
        level: usize,
    },
}

impl Layout {
    fn deeper(self) -> Self {
        match self {
            Self::Compact => self,
            Self::Indented { unit, level } => Self::Indented { unit, level: level + 1 },
        }
    }

    fn line(self, out: &mut String) {
        if let Self::Indented { unit, level } = self {
            out.push('\n');
            (0..level).for_each(|_| out.push_str(unit));
        }
    }

    fn colon(self) -> &'static str {
        if self == Self::Compact { ":" } else { ": " }
    }
}

/// Appends a text as a JSON string, as ClickHouse escapes it. Bytes that are no characters are U+FFFD.
pub(super) fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in printed(text).chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' => out.push_str("\\/"),
            '\u{8}' => out.push_str("\\b"),
            '\u{C}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            control if u32::from(control) < 0x20 => {
                out.push_str(&format!("\\u{:04X}", u32::from(control)));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Appends a value. NaN and infinities are null, tuples are arrays, or objects if their elements have names.
pub(super) fn value(value: &Value, ty: &ChType, layout: Layout, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Float(number) if !number.is_finite() => out.push_str("null"),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Decimal(..) => {
            out.push_str(&text_of(value));
        }
        Value::String(_) | Value::Date(_) | Value::DateTime(_) | Value::DateTime64(..) => {
            string(&text_of(value), out);
        }
        Value::Array(items) => array(items, ty, layout, out),
        Value::Tuple(items) => tuple(items, ty, layout, out),
        Value::Map(pairs) => {
            let item = if let ChType::Map(_, item) = ty { item } else { &ChType::Dynamic };
            let members: Vec<_> =
                pairs.iter().map(|(key, value)| (text_of(key), value, item)).collect();
            object(&members, layout, out);
        }
        Value::Json(text) => {
            let canonical = canonical_text(text, NumberStyle::Printed).unwrap_or_default();
            if document(&mut Reader::new(&canonical), layout, out).is_none() {
                out.push_str("null");
            }
        }
    }
}

fn tuple(items: &[Value], ty: &ChType, layout: Layout, out: &mut String) {
    let fields =
        if let ChType::Tuple(fields) = ty.strip_nullable() { fields.as_slice() } else { &[] };
    let ty_at = |at: usize| fields.get(at).map_or(&ChType::Dynamic, |(_, ty)| ty);
    let names: Option<Vec<&String>> = fields.iter().map(|(name, _)| name.as_ref()).collect();
    match names {
        Some(names) if !names.is_empty() => {
            let members = names.iter().zip(items).enumerate();
            let members: Vec<_> =
                members.map(|(at, (name, value))| ((*name).clone(), value, ty_at(at))).collect();
            object(&members, layout, out);
        }
        _ => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                layout.deeper().line(out);
                value(item, ty_at(at), layout.deeper(), out);
            }
            // ClickHouse leaves an empty line in an empty tuple.
            if items.is_empty() && layout != Layout::Compact {
                out.push('\n');
            }
            layout.line(out);
            out.push(']');
        }
    }
}

fn object(members: &[(String, &Value, &ChType)], layout: Layout, out: &mut String) {
    out.push('{');
    for (at, (name, item, ty)) in members.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        layout.deeper().line(out);
        string(name, out);
        out.push_str(layout.colon());
        value(item, ty, layout.deeper(), out);
    }
    if !members.is_empty() {
        layout.line(out);
    }
    out.push('}');
}

fn array(items: &[Value], ty: &ChType, layout: Layout, out: &mut String) {
    let item = if let ChType::Array(item) = ty { item } else { &ChType::Dynamic };
    let nested = matches!(
        item.strip_nullable(),
        ChType::Array(_) | ChType::Tuple(_) | ChType::Map(..) | ChType::Json
    );
    out.push('[');
    for (at, element) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        if nested {
            layout.deeper().line(out);
        }
        value(element, item, layout.deeper(), out);
    }
    if nested && !items.is_empty() {
        layout.line(out);
    }
    out.push(']');
}

/// The text of a JSON value on one line.
pub(super) fn compact(text: &str) -> String {
    laid_out(text, Layout::Compact)
}

/// The text of a JSON value in a layout.
pub(super) fn laid_out(text: &str, layout: Layout) -> String {
    let mut out = String::new();
    value(&Value::Json(text.to_owned()), &ChType::Json, layout, &mut out);
    out
}

/// Copies a JSON value into a layout: arrays of objects or of arrays have an element a line, others are on one.
fn document(reader: &mut Reader<'_>, layout: Layout, out: &mut String) -> Option<()> {
    match reader.peek().ok()? {
        Kind::Null => {
            reader.null().ok()?;
            out.push_str("null");
        }
        Kind::Bool => out.push_str(if reader.boolean().ok()? { "true" } else { "false" }),
        Kind::Number => out.push_str(reader.number_text().ok()?),
        Kind::String => string(&reader.string().ok()?, out),
        Kind::Object => {
            out.push('{');
            reader.begin_object().ok()?;
            let mut first = true;
            while let Some(name) = reader.next_member(first).ok()? {
                if !first {
                    out.push(',');
                }
                first = false;
                layout.deeper().line(out);
                string(&name, out);
                out.push_str(layout.colon());
                document(reader, layout.deeper(), out)?;
            }
            if !first {
                layout.line(out);
            }
            out.push('}');
        }
        Kind::Array => {
            let start = reader.position();
            reader.skip().ok()?;
            elements(reader.since(start), layout, out)?;
        }
    }
    Some(())
}

fn elements(text: &str, layout: Layout, out: &mut String) -> Option<()> {
    let lines = layout != Layout::Compact && {
        let kinds = element_kinds(text)?;
        let all = |wanted: Kind| kinds.iter().all(|kind| *kind == wanted);
        !kinds.is_empty() && (all(Kind::Object) || all(Kind::Array))
    };
    let mut reader = Reader::new(text);
    reader.begin_array().ok()?;
    out.push('[');
    let mut first = true;
    while reader.next_element(first).ok()? {
        if !first {
            out.push(',');
        }
        first = false;
        if lines {
            layout.deeper().line(out);
        }
        document(&mut reader, layout.deeper(), out)?;
    }
    if lines {
        layout.line(out);
    }
    out.push(']');
    Some(())
}

fn element_kinds(text: &str) -> Option<Vec<Kind>> {
    let mut reader = Reader::new(text);
    reader.begin_array().ok()?;
    let mut kinds = Vec::new();
    while reader.next_element(kinds.is_empty()).ok()? {
        kinds.push(reader.peek().ok()?);
        reader.skip().ok()?;
    }
    Some(kinds)
}

/// A line of an object, or an array, for each row.
pub(super) struct Lines {
    columns: Vec<ResultColumn>,
    arrays: bool,
}

impl Lines {
    pub(super) fn new(columns: &[ResultColumn], arrays: bool) -> Self {
        Self { columns: columns.to_vec(), arrays }
    }
}

impl Writer for Lines {
    fn rows(&mut self, rows: Vec<Row>, out: &mut Vec<u8>) {
        let mut line = String::new();
        for row in rows {
            line.clear();
            if self.arrays {
                row_array(&self.columns, &row, &mut line);
            } else {
                row_object(&self.columns, &row, Layout::Compact, &mut line);
            }
            line.push('\n');
            out.extend(line.as_bytes());
        }
    }

    fn end(&mut self, _: Option<Row>, _: &Summary, _: &mut Vec<u8>) {}
}

fn row_object(columns: &[ResultColumn], row: &Row, layout: Layout, out: &mut String) {
    let members = columns.iter().zip(row);
    let members: Vec<_> =
        members.map(|(column, value)| (column.name.clone(), value, &column.ty)).collect();
    object(&members, layout, out);
}

fn row_array(columns: &[ResultColumn], row: &Row, out: &mut String) {
    out.push('[');
    for (at, (column, item)) in columns.iter().zip(row).enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        value(item, &column.ty, Layout::Compact, out);
    }
    out.push(']');
}

/// One document of meta, data, totals and statistics.
pub(super) struct Whole {
    columns: Vec<ResultColumn>,
    compact: bool,
    has_rows: bool,
}

impl Whole {
    pub(super) fn new(columns: &[ResultColumn], compact: bool) -> Self {
        Self { columns: columns.to_vec(), compact, has_rows: false }
    }

    fn row(&self, row: &Row, level: usize, out: &mut String) {
        if self.compact {
            row_array(&self.columns, row, out);
        } else {
            row_object(&self.columns, row, Layout::Indented { unit: "\t", level }, out);
        }
    }
}

impl Writer for Whole {
    fn begin(&mut self, out: &mut Vec<u8>) {
        let mut text = "{\n\t\"meta\":\n\t[\n".to_owned();
        for (at, column) in self.columns.iter().enumerate() {
            text.push_str(if at > 0 {
                ",\n\t\t{\n\t\t\t\"name\": "
            } else {
                "\t\t{\n\t\t\t\"name\": "
            });
            string(&column.name, &mut text);
            text.push_str(",\n\t\t\t\"type\": ");
            string(&column.ty.to_string(), &mut text);
            text.push_str("\n\t\t}");
        }
        text.push_str("\n\t],\n\n\t\"data\":\n\t[\n");
        out.extend(text.into_bytes());
    }

    fn rows(&mut self, rows: Vec<Row>, out: &mut Vec<u8>) {
        for row in rows {
            let mut text = if self.has_rows { ",\n\t\t" } else { "\t\t" }.to_owned();
            self.has_rows = true;
            self.row(&row, 2, &mut text);
            out.extend(text.into_bytes());
        }
    }

    fn end(&mut self, totals: Option<Row>, summary: &Summary, out: &mut Vec<u8>) {
        let mut text = "\n\t],\n".to_owned();
        if let Some(totals) = totals {
            text.push_str(if self.compact { "\n\t\"totals\": " } else { "\n\t\"totals\":\n\t" });
            self.row(&totals, 1, &mut text);
            text.push_str(",\n");
        }
        let Summary { row_count, elapsed_s, rows_read, bytes_read } = summary;
        text.push_str(&format!(
            "\n\t\"rows\": {row_count},\n\n\t\"statistics\":\n\t{{\n\t\t\"elapsed\": {elapsed_s},\n\t\t\"rows_read\": {rows_read},\n\t\t\"bytes_read\": {bytes_read}\n\t}}\n}}\n"
        ));
        out.extend(text.into_bytes());
    }
}
