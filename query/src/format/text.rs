//! Values as text, escaped in the ways of the text formats.

use crate::value::{Value, bytes_of, text_of};

/// What stands for NULL in formats for people.
pub(super) const NULL: &str = "ᴺᵁᴸᴸ";

/// The text of a value, as inside of no format: strings as they are, JSON on one line.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Json(text) => super::json::compact(text),
        other => text_of(other),
    }
}

/// Whether a value's text is made of nothing that would need quotes in CSV or SQL.
pub(super) fn is_bare(value: &Value) -> bool {
    matches!(value, Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Decimal(..))
}

/// Whether a value prints as a text of its own making: its brackets and quotes are not escaped again.
pub(super) fn is_composite(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Tuple(_) | Value::Map(_))
}

/// Appends a text with ClickHouse's escapes: what a tab-separated value and a quoted string cannot hold.
pub(super) fn escape(text: &str, out: &mut Vec<u8>) {
    for &byte in bytes_of(text).iter() {
        let escaped = match byte {
            0 => b'0',
            0x08 => b'b',
            0x0C => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            b'\\' | b'\'' => byte,
            _ => {
                out.push(byte);
                continue;
            }
        };
        out.extend([b'\\', escaped]);
    }
}

/// Appends a value of TSV.
pub(super) fn tab_separated(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend(b"\\N"),
        composite if is_composite(composite) => out.extend(bytes_of(&text_of(composite)).iter()),
        other => escape(&plain(other), out),
    }
}

/// Appends a text between double quotes, doubling those in it.
pub(super) fn quote_csv(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in bytes_of(text).iter() {
        out.push(byte);
        if byte == b'"' {
            out.push(byte);
        }
    }
    out.push(b'"');
}
