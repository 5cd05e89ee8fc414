//! Times as text: `formatDateTime` with MySQL's letters, `formatDateTimeInJodaSyntax`, names of parts.

use super::{
    args::{bad, illegal, is_temporal, is_text, strict, text, ty},
    calendar::{time, zone_at},
    registry::Entry,
    udf::Call,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::{Value, local, offset_seconds, zone_named, zone_of},
};
use chrono::{Datelike, NaiveDateTime, Timelike};
use chrono_tz::Tz;
use std::fmt::Write;

/// The functions of this module.
pub(super) const NAMES: &[&str] =
    &["dateName", "formatDateTime", "formatDateTimeInJodaSyntax", "monthName"];

/// What a format may print.
struct Moment {
    shown: NaiveDateTime,
    zone: Tz,
    /// Seconds that the zone is ahead of UTC.
    ahead: i32,
}

fn not_implemented(what: &str) -> SqlError {
    SqlError::new(ChCode::NotImplemented, format!("The format {what} is not supported"))
}

fn twelve(hour: u32) -> u32 {
    if hour.is_multiple_of(12) { 12 } else { hour % 12 }
}

/// One letter of MySQL's formats.
fn mysql(moment: &Moment, letter: char, out: &mut String) -> SqlResult<()> {
    let t = moment.shown;
    let pattern = match letter {
        'a' => "%a",
        'b' => "%b",
        'c' | 'm' => "%m",
        'C' => "%C",
        'd' => "%d",
        'D' => "%m/%d/%y",
        'f' => "%6f",
        'F' => "%Y-%m-%d",
        'g' => "%g",
        'G' => "%G",
        'h' | 'I' | 'l' => "%I",
        'H' | 'k' => "%H",
        'i' => "%M",
        'j' => "%j",
        'M' => "%B",
        'n' => "\n",
        'p' => "%p",
        'r' => "%I:%M %p",
        'R' => "%H:%M",
        's' | 'S' => "%S",
        't' => "\t",
        'T' => "%H:%M:%S",
        'u' => "%u",
        'V' => "%V",
        'w' => "%w",
        'W' => "%A",
        'y' => "%y",
        'Y' => "%Y",
        '%' => "%%",
        'e' | 'Q' => {
            let number = if letter == 'e' { t.day() } else { t.quarter() };
            out.push_str(&number.to_string());
            return Ok(());
        }
        'z' => {
            let minutes = moment.ahead.abs() / 60;
            let sign = if moment.ahead < 0 { '-' } else { '+' };
            out.push_str(&format!("{sign}{:02}{:02}", minutes / 60, minutes % 60));
            return Ok(());
        }
        'U' | 'v' | 'x' | 'X' => return Err(not_implemented(&format!("%{letter}"))),
        other => return Err(bad(format!("Wrong format: '%{other}' means nothing"))),
    };
    let _ = write!(out, "{}", t.format(pattern));
    Ok(())
}

fn formatted(moment: &Moment, pattern: &str) -> SqlResult<String> {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c == '%' {
            let letter = chars.next().ok_or_else(|| bad("A format must not end in '%'"))?;
            mysql(moment, letter, &mut out)?;
        } else {
            out.push(c);
        }
    }
    Ok(out)
}

/// A run of one letter of Joda's formats.
fn joda(moment: &Moment, letter: char, count: usize, out: &mut String) -> SqlResult<()> {
    /// Longer runs of a letter are surely a mistake, and wider than numbers can be padded to.
    const COUNT_MAX: usize = 1_000;
    if count > COUNT_MAX {
        return Err(bad(format!("A format repeats '{letter}' more than {COUNT_MAX} times")));
    }
    let t = moment.shown;
    let padded = |number: i64| format!("{number:0count$}");
    let year = i64::from(t.year());
    let text = match letter {
        'G' => if count < 4 { "AD" } else { "Anno Domini" }.to_owned(),
        'C' => padded(year / 100),
        'Y' | 'y' if count == 2 => format!("{:02}", year % 100),
        'Y' | 'y' => padded(year),
        'x' => padded(t.iso_week().year().into()),
        'w' => padded(t.iso_week().week().into()),
        'e' => padded(t.weekday().number_from_monday().into()),
        'E' => t.format(if count < 4 { "%a" } else { "%A" }).to_string(),
        'D' => padded(t.ordinal().into()),
        'M' if count < 3 => padded(t.month().into()),
        'M' => t.format(if count == 3 { "%b" } else { "%B" }).to_string(),
        'd' => padded(t.day().into()),
        'a' => t.format("%p").to_string(),
        'K' => padded((t.hour() % 12).into()),
        'h' => padded(twelve(t.hour()).into()),
        'H' => padded(t.hour().into()),
        'k' => padded(if t.hour() == 0 { 24 } else { t.hour() }.into()),
        'm' => padded(t.minute().into()),
        's' => padded(t.second().into()),
        'S' => {
            let nanos = format!("{:09}", t.nanosecond());
            format!("{nanos:0<count$}").chars().take(count).collect()
        }
        'z' if count > 3 => moment.zone.name().to_owned(),
        other => return Err(not_implemented(&other.to_string())),
    };
    out.push_str(&text);
    Ok(())
}

/// The pieces of a Joda format: runs of letters, and text between.
pub(super) enum Piece {
    Letters(char, usize),
    Text(String),
}

/// Takes a Joda format apart; quotes mark text, and two of them are one.
pub(super) fn pieces(pattern: &str) -> SqlResult<Vec<Piece>> {
    let mut out = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' {
            if chars.next_if_eq(&'\'').is_some() {
                out.push(Piece::Text("'".to_owned()));
                continue;
            }
            let mut quoted = String::new();
            loop {
                match chars.next() {
                    Some('\'') if chars.next_if_eq(&'\'').is_some() => quoted.push('\''),
                    Some('\'') => break,
                    Some(other) => quoted.push(other),
                    None => return Err(bad("No closing single quote for literal")),
                }
            }
            out.push(Piece::Text(quoted));
        } else if c.is_ascii_alphabetic() {
            let mut count = 1;
            while chars.next_if_eq(&c).is_some() {
                count += 1;
            }
            out.push(Piece::Letters(c, count));
        } else {
            out.push(Piece::Text(c.to_string()));
        }
    }
    Ok(out)
}

fn moment(call: &Call, args: &[Value], zone: usize) -> SqlResult<Moment> {
    let instant = time(args)?;
    let zone = match args.first() {
        Some(Value::Date(_)) => Tz::UTC,
        _ => zone_at(call, args, zone)?,
    };
    Ok(Moment { shown: local(instant, zone), zone, ahead: offset_seconds(instant, zone) })
}

fn format_type(types: &[ChType]) -> SqlResult<ChType> {
    if !is_temporal(ty(types, 0)) {
        return Err(illegal(ty(types, 0)));
    }
    match types.iter().skip(1).find(|ty| !is_text(ty)) {
        Some(other) => Err(illegal(other)),
        None => Ok(ChType::String),
    }
}

fn name_type(types: &[ChType]) -> SqlResult<ChType> {
    match (ty(types, 0), ty(types, 1)) {
        (part, time) if is_text(part) && is_temporal(time) => Ok(ChType::String),
        (_, other) => Err(illegal(other)),
    }
}

fn date_name(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let rest = args.get(1..).unwrap_or_default();
    let zone = match rest.get(1) {
        Some(Value::String(name)) => zone_named(name)?,
        _ => call.args.get(1).map_or(Tz::UTC, zone_of),
    };
    let t = local(time(rest)?, zone);
    Ok(Value::String(match text(args, 0).to_ascii_lowercase().as_str() {
        "weekday" => t.format("%A").to_string(),
        "month" => t.format("%B").to_string(),
        "quarter" => t.quarter().to_string(),
        "year" => t.year().to_string(),
        "week" => t.iso_week().week().to_string(),
        "day" => t.day().to_string(),
        "dayofyear" => t.ordinal().to_string(),
        "hour" => t.hour().to_string(),
        "minute" => t.minute().to_string(),
        "second" => t.second().to_string(),
        other => return Err(bad(format!("dateName: '{other}' is no part of a time"))),
    }))
}

/// The functions of this module.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "formatDateTime" => strict(2, 3, format_type, |call, a| {
            formatted(&moment(call, a, 2)?, &text(a, 1)).map(Value::String)
        }),
        "formatDateTimeInJodaSyntax" => strict(2, 3, format_type, |call, a| {
            let moment = moment(call, a, 2)?;
            let mut out = String::new();
            for piece in pieces(&text(a, 1))? {
                match piece {
                    Piece::Letters(letter, count) => joda(&moment, letter, count, &mut out)?,
                    Piece::Text(text) => out.push_str(&text),
                }
            }
            Ok(Value::String(out))
        }),
        "dateName" => strict(2, 3, name_type, date_name),
        "monthName" => strict(
            1,
            1,
            |types| format_type(types.get(..1).unwrap_or_default()),
            |call, a| Ok(Value::String(moment(call, a, 1)?.shown.format("%B").to_string())),
        ),
        _ => None,
    }
}
