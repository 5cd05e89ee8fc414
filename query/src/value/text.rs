//! Values as text, exactly as ClickHouse prints them, and as JSON of a result.

use super::{Value, zone::CALENDAR_SECONDS};
use chrono::{DateTime, Utc};
use rekor_core::json::{Kind, Number, NumberStyle, Reader, canonical_text, write_canonical};
use std::io::Write;

/// A float as ClickHouse prints it: shortest round trip, no `.0`.
pub(crate) fn float_text(value: f64) -> String {
    let mut text = Vec::new();
    write_float(value, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// Writes a float as it prints, which is in ASCII.
pub(crate) fn write_float(value: f64, out: &mut Vec<u8>) {
    let magnitude = value.abs();
    if value.is_nan() {
        out.extend_from_slice(b"nan");
    } else if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { "inf" } else { "-inf" }.as_bytes());
    } else if (1e-5..1e16).contains(&magnitude) {
        // Within these Ryū writes no exponent.
        let mut digits = ryu::Buffer::new();
        let text = digits.format_finite(value);
        out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
    } else if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        // Writing to a vector does not fail.
        write!(out, "{value:e}").ok();
    } else {
        write!(out, "{value}").ok();
    }
}

/// An instant of the calendar: the nearest one.
fn in_calendar(seconds: i64) -> DateTime<Utc> {
    let within = seconds.clamp(*CALENDAR_SECONDS.start(), *CALENDAR_SECONDS.end());
    DateTime::from_timestamp(within, 0).unwrap_or_default()
}

/// `YYYY-MM-DD`.
pub(crate) fn date_text(days: i32) -> String {
    in_calendar(i64::from(days) * 86_400).format("%Y-%m-%d").to_string()
}

/// `YYYY-MM-DD hh:mm:ss`.
pub(crate) fn datetime_text(seconds: i64) -> String {
    in_calendar(seconds).format("%Y-%m-%d %H:%M:%S").to_string()
}

/// `YYYY-MM-DD hh:mm:ss.fff`, with `scale` digits.
pub(crate) fn datetime64_text(ticks: i64, scale: u8) -> String {
    let unit = 10_i64.pow(u32::from(scale.min(18)));
    let text = datetime_text(ticks.div_euclid(unit));
    if scale == 0 {
        text
    } else {
        format!("{text}.{:0width$}", ticks.rem_euclid(unit), width = usize::from(scale))
    }
}

/// The number without trailing zeros of the fraction.
pub(crate) fn decimal_text(value: i128, scale: u8) -> String {
    let unit = 10_u128.pow(u32::from(scale.min(38)));
    let (whole, fraction) = (value.unsigned_abs() / unit, value.unsigned_abs() % unit);
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{fraction:0width$}", width = usize::from(scale));
    let digits = digits.trim_end_matches('0');
    if scale == 0 || digits.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{digits}")
    }
}

/// toString of a value; NULL is empty.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(v) => v.to_string(),
        Value::Int(v) => v.to_string(),
        Value::Float(v) => float_text(*v),
        Value::Decimal(v, scale) => decimal_text(*v, *scale),
        Value::String(v) => v.clone(),
        Value::Date(v) => date_text(*v),
        Value::DateTime(v) => datetime_text(*v),
        Value::DateTime64(v, scale) => datetime64_text(*v, *scale),
        // ClickHouse escapes `/`, which in JSON is only inside of strings.
        Value::Json(v) => {
            canonical_text(v, NumberStyle::Printed).unwrap_or_default().replace('/', "\\/")
        }
        Value::Array(items) => bracketed(items, '[', ']'),
        Value::Tuple(items) => bracketed(items, '(', ')'),
        Value::Map(pairs) => {
            let pairs: Vec<String> =
                pairs.iter().map(|(k, v)| format!("{}:{}", quoted(k), quoted(v))).collect();
            format!("{{{}}}", pairs.join(","))
        }
    }
}

fn bracketed(items: &[Value], open: char, close: char) -> String {
    let items: Vec<String> = items.iter().map(quoted).collect();
    format!("{open}{}{close}", items.join(","))
}

/// A value inside the text of an array, tuple or map.
fn quoted(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(_)
        | Value::Date(_)
        | Value::DateTime(_)
        | Value::DateTime64(..)
        | Value::Json(_) => {
            format!("'{}'", escaped(&text_of(value)))
        }
        other => text_of(other),
    }
}

/// A text with ClickHouse's escapes, as it stands between single quotes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let letter = match c {
            '\0' => '0',
            '\u{8}' => 'b',
            '\u{C}' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\\' | '\'' => c,
            other => {
                out.push(other);
                continue;
            }
        };
        out.extend(['\\', letter]);
    }
    out
}

/// The value of a JSON text: arrays as arrays, objects as JSON.
pub(crate) fn json_of(text: &str) -> Value {
    read(&mut Reader::new(text)).unwrap_or(Value::Null)
}

fn read(reader: &mut Reader<'_>) -> Option<Value> {
    Some(match reader.peek().ok()? {
        Kind::Null => {
            reader.null().ok()?;
            Value::Null
        }
        Kind::Bool => Value::Bool(reader.boolean().ok()?),
        Kind::Number => match reader.number().ok()? {
            Number::Int64(v) => Value::Int(v.into()),
            Number::UInt64(v) => Value::Int(v.into()),
            Number::Float64(v) => Value::Float(v),
            Number::Big(text) => Value::String(text.to_owned()),
        },
        Kind::String => Value::String(reader.string().ok()?.into_owned()),
        Kind::Array => {
            reader.begin_array().ok()?;
            let mut items = Vec::new();
            while reader.next_element(items.is_empty()).ok()? {
                items.push(read(reader)?);
            }
            Value::Array(items)
        }
        Kind::Object => {
            let mut text = String::new();
            write_canonical(reader, NumberStyle::Source, &mut text).ok()?;
            Value::Json(text)
        }
    })
}
