//! Numbers as people read them, and back: sizes, quantities, spans of time, fixed decimals.

use super::{
    args::{
        bad, fixed_text, float, illegal, int, is_integer, is_number, is_text, strict, text, ty,
    },
    registry::Entry,
    udf::Call,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::Value,
};

/// The functions of this module.
pub(super) const NAMES: &[&str] = &[
    "formatReadableDecimalSize",
    "formatReadableQuantity",
    "formatReadableSize",
    "formatReadableTimeDelta",
    "parseReadableSize",
    "parseReadableSizeOrNull",
    "parseReadableSizeOrZero",
    "parseTimeDelta",
    "toDecimalString",
];

const BINARY_UNITS: [&str; 9] =
    [" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB", " ZiB", " YiB"];
const DECIMAL_UNITS: [&str; 9] = [" B", " KB", " MB", " GB", " TB", " PB", " EB", " ZB", " YB"];
const QUANTITIES: [&str; 22] = [
    "",
    " thousand",
    " million",
    " billion",
    " trillion",
    " quadrillion",
    " quintillion",
    " sextillion",
    " septillion",
    " octillion",
    " nonillion",
    " decillion",
    " undecillion",
    " duodecillion",
    " tredecillion",
    " quattuordecillion",
    " quindecillion",
    " sexdecillion",
    " septendecillion",
    " octodecillion",
    " novemdecillion",
    " vigintillion",
];

/// Units of time, longest first, in seconds: a year has 365 days, a month 30.5.
const SPANS: [(&str, f64); 9] = [
    ("year", 31_536_000.0),
    ("month", 2_635_200.0),
    ("day", 86_400.0),
    ("hour", 3_600.0),
    ("minute", 60.0),
    ("second", 1.0),
    ("millisecond", 1e-3),
    ("microsecond", 1e-6),
    ("nanosecond", 1e-9),
];
/// The place of seconds in [`SPANS`].
const SECOND: usize = 5;

fn number_to_text(types: &[ChType]) -> SqlResult<ChType> {
    if !is_number(ty(types, 0)) {
        return Err(illegal(ty(types, 0)));
    }
    match types.get(1..).unwrap_or_default().iter().find(|ty| !is_text(ty)) {
        Some(other) => Err(illegal(other)),
        None => Ok(ChType::String),
    }
}

/// A quantity in words: `12.35 million`.
pub(super) fn quantity(value: f64) -> String {
    match scaled(value, 1e3, &QUANTITIES) {
        Value::String(text) => text,
        other => crate::value::text_of(&other),
    }
}

/// The value in the largest unit that it fills.
fn scaled(value: f64, base: f64, units: &[&str]) -> Value {
    let mut value = value;
    let mut at = 0;
    while at + 1 < units.len() && value.abs() >= base {
        value /= base;
        at += 1;
    }
    // Longer numbers are not written out.
    let number = if value.abs() < 1e60 {
        fixed_text(value, 2)
    } else {
        crate::value::text_of(&Value::Float(value))
    };
    Value::String(number + units.get(at).unwrap_or(&""))
}

fn span_named(word: &str) -> SqlResult<usize> {
    let found = SPANS.iter().position(|(name, _)| word.strip_suffix('s') == Some(*name));
    found.ok_or_else(|| {
        bad(format!("Unexpected unit '{word}' of a time span; use 'seconds', 'days' and the like"))
    })
}

fn time_delta(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let largest = if args.len() > 1 { span_named(&text(args, 1))? } else { 0 };
    let smallest = match args.len() {
        3.. => span_named(&text(args, 2))?,
        _ if largest > SECOND => SPANS.len() - 1,
        _ => SECOND,
    };
    if smallest < largest {
        return Err(bad("The smallest unit of a time span is larger than the largest"));
    }
    let value = float(args, 0);
    if !value.is_finite() {
        return Ok(Value::String(crate::value::text_of(&Value::Float(value))));
    }
    let sign = if value < 0.0 { "-" } else { "" };
    Ok(Value::String(format!("{sign}{}", joined(&spans(value.abs(), largest, smallest)))))
}

/// The parts of a span. Whole seconds and the nine digits behind them are taken apart first, so that neither disturbs the other.
fn spans(value: f64, largest: usize, smallest: usize) -> Vec<String> {
    let (mut whole, mut nanos) = (value.trunc(), (value.fract() * 1e9).round());
    if largest > SECOND {
        nanos += whole * 1e9;
        whole = 0.0;
    }
    let mut parts: Vec<String> = Vec::new();
    for (at, (name, seconds)) in SPANS.iter().enumerate().take(smallest + 1).skip(largest) {
        let enormous = whole + 1.0 == whole;
        let (rest, size) = if at <= SECOND {
            (&mut whole, *seconds)
        } else {
            (&mut nanos, (seconds * 1e9).round())
        };
        let count = (*rest / size).floor();
        *rest -= count * size;
        if count > 0.0 || (at == SECOND && parts.is_empty()) {
            let plural = if count == 1.0 { "" } else { "s" };
            parts.push(format!("{count} {name}{plural}"));
        }
        // Beyond 2^53 seconds what is left over is noise.
        if enormous {
            break;
        }
    }
    parts
}

fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [front @ .., last] => format!("{} and {last}", front.join(", ")),
    }
}

fn parsed_size(source: &str) -> SqlResult<u64> {
    let rest = source.trim_start();
    let end = rest.find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+')).unwrap_or(rest.len());
    let (number, unit) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let number: f64 = number.parse().map_err(|_| {
        SqlError::new(
            ChCode::CannotParseNumber,
            format!("Cannot read a number at the start of '{source}'"),
        )
    })?;
    if number < 0.0 {
        return Err(bad(format!("Negative sizes such as '{source}' are no sizes")));
    }
    let unit = unit.trim_start();
    let end = unit.find(|c: char| !c.is_alphabetic()).unwrap_or(unit.len());
    let (unit, after) = unit.split_at_checked(end).unwrap_or((unit, ""));
    // ClickHouse knows units up to exabytes here.
    let power = |units: &[&str], base: f64| {
        let at = units.iter().take(7).position(|known| known.trim().eq_ignore_ascii_case(unit));
        at.map(|at| base.powi(i32::try_from(at).unwrap_or(0)))
    };
    let factor = power(&BINARY_UNITS, 1024.0).or_else(|| power(&DECIMAL_UNITS, 1000.0));
    let factor = factor.ok_or_else(|| {
        SqlError::new(ChCode::CannotParseText, format!("'{unit}' in '{source}' is no unit of size"))
    })?;
    if !after.is_empty() {
        let message = format!("'{after}' follows the size in '{source}'");
        return Err(SqlError::new(ChCode::UnexpectedDataAfterParsedValue, message));
    }
    let bytes = (number * factor).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "the range was checked"
    )]
    if bytes < u64::MAX as f64 {
        Ok(bytes as u64)
    } else {
        Err(bad(format!("'{source}' is more than 64 bits can count")))
    }
}

fn read_size(call: &Call, args: &[Value]) -> SqlResult<Value> {
    match parsed_size(&text(args, 0)) {
        Ok(bytes) => Ok(Value::Int(bytes.into())),
        Err(_) if call.name.ends_with("OrNull") => Ok(Value::Null),
        Err(_) if call.name.ends_with("OrZero") => Ok(Value::Int(0)),
        Err(error) => Err(error),
    }
}

fn size_type(types: &[ChType]) -> SqlResult<ChType> {
    if is_text(ty(types, 0)) { Ok(ChType::UInt(64)) } else { Err(illegal(ty(types, 0))) }
}

fn seconds_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "years" | "year" | "yr" | "y" => 31_536_000.0,
        "months" | "month" | "mo" => 2_635_200.0,
        "weeks" | "week" | "w" => 604_800.0,
        "days" | "day" | "d" => 86_400.0,
        "hours" | "hour" | "hr" | "h" => 3_600.0,
        "minutes" | "minute" | "min" | "m" => 60.0,
        "seconds" | "second" | "sec" | "s" => 1.0,
        "milliseconds" | "millisecond" | "millisec" | "ms" => 1e-3,
        "microseconds" | "microsecond" | "microsec" | "μs" | "µs" | "us" => 1e-6,
        "nanoseconds" | "nanosecond" | "nanosec" | "ns" => 1e-9,
        _ => return None,
    })
}

/// `1.5 hours, 3min`: numbers with units, apart by spaces and at most one of `;-+,:`.
fn parsed_span(source: &str) -> Option<f64> {
    let mut rest = source.trim();
    let mut total = 0.0;
    loop {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(end)?;
        if !number.starts_with(|c: char| c.is_ascii_digit()) || number.ends_with('.') {
            return None;
        }
        let tail = tail.trim_start();
        let end = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
        let (unit, after) = tail.split_at_checked(end)?;
        total += number.parse::<f64>().ok()? * seconds_of(unit)?;
        rest = after.trim_start();
        if rest.is_empty() {
            return Some(total);
        }
        rest = rest.strip_prefix([';', '-', '+', ',', ':']).unwrap_or(rest).trim_start();
    }
}

/// A Decimal with another number of digits; halves go away from zero.
fn decimal_digits(value: i128, scale: u8, digits: usize) -> String {
    let scale = usize::from(scale);
    let sign = if value < 0 { "-" } else { "" };
    let magnitude = value.unsigned_abs();
    let (kept, zeros) = if digits < scale {
        let unit = u32::try_from(scale - digits).ok().and_then(|n| 10_u128.checked_pow(n));
        (unit.map_or(0, |unit| (magnitude + unit / 2) / unit), 0)
    } else {
        (magnitude, digits - scale)
    };
    let places = digits - zeros;
    let text = format!("{kept:0>width$}", width = places + 1);
    let (whole, fraction) = text.split_at_checked(text.len() - places).unwrap_or((&text, ""));
    // The point stays even without digits, as in ClickHouse.
    format!("{sign}{whole}.{fraction}{}", "0".repeat(zeros))
}

fn decimal_string(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let refused = |most: usize| {
        let message = format!("Cannot print more than {most} fractional digits");
        SqlError::new(ChCode::CannotPrintFloatOrDoubleNumber, message)
    };
    let digits = |most: usize| {
        usize::try_from(int(args, 1))
            .ok()
            .filter(|digits| *digits <= most)
            .ok_or_else(|| refused(most))
    };
    Ok(Value::String(match args.first() {
        Some(Value::Float(value)) => fixed_text(*value, digits(60)?),
        Some(Value::Decimal(value, scale)) => decimal_digits(*value, *scale, digits(77)?),
        other => {
            let (whole, digits) = (other.and_then(Value::as_int).unwrap_or(0), digits(77)?);
            if digits == 0 { whole.to_string() } else { format!("{whole}.{}", "0".repeat(digits)) }
        }
    }))
}

/// The functions of this module.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "formatReadableSize" => {
            strict(1, 1, number_to_text, |_, a| Ok(scaled(float(a, 0), 1024.0, &BINARY_UNITS)))
        }
        "formatReadableDecimalSize" => {
            strict(1, 1, number_to_text, |_, a| Ok(scaled(float(a, 0), 1000.0, &DECIMAL_UNITS)))
        }
        "formatReadableQuantity" => {
            strict(1, 1, number_to_text, |_, a| Ok(scaled(float(a, 0), 1000.0, &QUANTITIES)))
        }
        "formatReadableTimeDelta" => strict(1, 3, number_to_text, time_delta),
        "parseReadableSize" | "parseReadableSizeOrZero" => strict(1, 1, size_type, read_size),
        "parseReadableSizeOrNull" => {
            strict(1, 1, |types| size_type(types).map(ChType::nullable), read_size)
        }
        "parseTimeDelta" => strict(
            1,
            1,
            |types| size_type(types).map(|_| ChType::Float(64)),
            |_, a| {
                let source = text(a, 0);
                let seconds = parsed_span(&source);
                seconds.map(Value::Float).ok_or_else(|| {
                    bad(format!("'{source}' is no span of time; write '1h 30min' and the like"))
                })
            },
        ),
        "toDecimalString" => strict(
            2,
            2,
            |types| {
                if !is_number(ty(types, 0)) {
                    return Err(illegal(ty(types, 0)));
                }
                if is_integer(ty(types, 1)) {
                    Ok(ChType::String)
                } else {
                    Err(illegal(ty(types, 1)))
                }
            },
            decimal_string,
        ),
        _ => None,
    }
}
