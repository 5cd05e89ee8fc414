//! Dates and times, always UTC.

use super::{
    compare::constant_value,
    registry::Entry,
    udf::{Call, Kernel, Nulls, row_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::{ChType, IntervalUnit},
    value::{Value, text_of},
};
use chrono::{
    DateTime, Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc,
};

/// `YYYY-MM-DD`, alone or before a time that a space separates.
pub(super) fn parse_date(text: &str) -> Option<i32> {
    let (date, rest) = text.split_at_checked(10)?;
    let date = NaiveDate::parse_from_str(date, "%Y-%m-%d").ok()?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| date.to_epoch_days())
}

/// `YYYY-MM-DD hh:mm:ss`, ISO with `T` and `Z`, a date alone, or seconds since 1970.
pub(super) fn parse_datetime(text: &str) -> Option<i64> {
    parse_datetime64(text, 0)
}

/// The same with a fraction, in ticks of 10^-scale seconds.
pub(super) fn parse_datetime64(text: &str, scale: u8) -> Option<i64> {
    let unit = 10_i64.checked_pow(u32::from(scale))?;
    if text.len() >= 5 && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse::<i64>().ok()?.checked_mul(unit);
    }
    let instant = moment(text)?;
    let fraction =
        i64::from(instant.timestamp_subsec_nanos()) / 10_i64.pow(9 - u32::from(scale.min(9)));
    instant.timestamp().checked_mul(unit)?.checked_add(fraction)
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    let forms =
        ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
    let known = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    known
        .or_else(|| {
            NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|d| d.and_time(NaiveTime::MIN))
        })
        .map(|t| t.and_utc())
}

/// What people write: ISO with offsets, month names, day first, compact dates, seconds since 1970.
fn best_effort(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Some(time) = moment(text) {
        return Some(time);
    }
    if let Ok(time) = DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f %z")
        .or_else(|_| DateTime::parse_from_rfc2822(text))
    {
        return Some(time.to_utc());
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return match text.len() {
            8 => NaiveDate::parse_from_str(text, "%Y%m%d")
                .ok()
                .map(|d| d.and_time(NaiveTime::MIN).and_utc()),
            14 => NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S").ok().map(|t| t.and_utc()),
            9 | 10 => DateTime::from_timestamp(text.parse().ok()?, 0),
            13 => DateTime::from_timestamp_millis(text.parse().ok()?),
            _ => None,
        };
    }
    const DATES: [&str; 8] = [
        "%b %d, %Y",
        "%B %d, %Y",
        "%d %b %Y",
        "%d %B %Y",
        "%d/%m/%Y",
        "%Y/%m/%d",
        "%d-%m-%Y",
        "%b %d %Y",
    ];
    DATES.iter().find_map(|form| {
        let with_time = ["%H:%M:%S", "%H:%M"]
            .iter()
            .find_map(|time| NaiveDateTime::parse_from_str(text, &format!("{form} {time}")).ok());
        with_time
            .or_else(|| {
                NaiveDate::parse_from_str(text, form).ok().map(|d| d.and_time(NaiveTime::MIN))
            })
            .map(|t| t.and_utc())
    })
}

/// A time as an instant.
pub(super) fn instant(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::Date(days) => DateTime::from_timestamp(i64::from(*days) * 86_400, 0),
        Value::DateTime(seconds) => DateTime::from_timestamp(*seconds, 0),
        Value::DateTime64(ticks, scale) => {
            let unit = 10_i64.pow(u32::from(*scale));
            let nanos = ticks.rem_euclid(unit) * 10_i64.pow(9 - u32::from((*scale).min(9)));
            DateTime::from_timestamp(ticks.div_euclid(unit), u32::try_from(nanos).ok()?)
        }
        Value::String(text) => moment(text),
        Value::Int(seconds) => DateTime::from_timestamp(i64::try_from(*seconds).ok()?, 0),
        _ => None,
    }
}

/// An instant in the kind of another value.
fn like(time: DateTime<Utc>, kind: &Value) -> Value {
    match kind {
        Value::Date(_) => Value::Date(time.date_naive().to_epoch_days()),
        Value::DateTime64(_, scale) => {
            let fraction = i64::from(time.timestamp_subsec_nanos())
                / 10_i64.pow(9 - u32::from((*scale).min(9)));
            Value::DateTime64(time.timestamp() * 10_i64.pow(u32::from(*scale)) + fraction, *scale)
        }
        _ => Value::DateTime(time.timestamp()),
    }
}

/// `time + amount units`; a month's end stays within the month.
pub(super) fn add(time: &Value, amount: i64, unit: IntervalUnit) -> SqlResult<Value> {
    let out_of_range = || SqlError::new(ChCode::ArgumentOutOfBound, "The date is out of range");
    let from = instant(time).ok_or_else(out_of_range)?;
    let months = |n: i64| {
        let count = Months::new(u32::try_from(n.unsigned_abs()).unwrap_or(u32::MAX));
        if n < 0 { from.checked_sub_months(count) } else { from.checked_add_months(count) }
    };
    let seconds = |n: i64| {
        amount
            .checked_mul(n)
            .and_then(TimeDelta::try_seconds)
            .and_then(|delta| from.checked_add_signed(delta))
    };
    let result = match unit {
        IntervalUnit::Year => months(amount * 12),
        IntervalUnit::Quarter => months(amount * 3),
        IntervalUnit::Month => months(amount),
        IntervalUnit::Week => seconds(604_800),
        IntervalUnit::Day => seconds(86_400),
        IntervalUnit::Hour => seconds(3_600),
        IntervalUnit::Minute => seconds(60),
        IntervalUnit::Second => seconds(1),
        IntervalUnit::Millisecond => {
            TimeDelta::try_milliseconds(amount).and_then(|d| from.checked_add_signed(d))
        }
        IntervalUnit::Microsecond => from.checked_add_signed(TimeDelta::microseconds(amount)),
        IntervalUnit::Nanosecond => from.checked_add_signed(TimeDelta::nanoseconds(amount)),
    }
    .ok_or_else(out_of_range)?;
    let kind = if unit < IntervalUnit::Day && matches!(time, Value::Date(_)) {
        Value::DateTime(0)
    } else {
        time.clone()
    };
    Ok(like(result, &kind))
}

/// The unit a word names, singular or plural.
pub(super) fn unit_of(word: &str) -> Option<IntervalUnit> {
    let lower = word.to_ascii_lowercase();
    Some(match lower.strip_suffix('s').unwrap_or(&lower) {
        "year" | "yyyy" | "yy" => IntervalUnit::Year,
        "quarter" | "qq" | "q" => IntervalUnit::Quarter,
        "month" | "mm" | "m" => IntervalUnit::Month,
        "week" | "wk" | "ww" => IntervalUnit::Week,
        "day" | "dd" | "d" => IntervalUnit::Day,
        "hour" | "hh" | "h" => IntervalUnit::Hour,
        "minute" | "mi" | "n" => IntervalUnit::Minute,
        "second" | "ss" | "" => IntervalUnit::Second,
        "millisecond" | "m_s" => IntervalUnit::Millisecond,
        "microsecond" | "u" => IntervalUnit::Microsecond,
        "nanosecond" => IntervalUnit::Nanosecond,
        _ => return None,
    })
}

/// The start of the unit that holds a time. Weeks start on Monday if `monday`, else on Sunday.
fn start_of(time: DateTime<Utc>, unit: IntervalUnit, monday: bool) -> Option<DateTime<Utc>> {
    let date = time.date_naive();
    let day = match unit {
        IntervalUnit::Year => NaiveDate::from_ymd_opt(date.year(), 1, 1)?,
        IntervalUnit::Quarter => {
            NaiveDate::from_ymd_opt(date.year(), date.month0() / 3 * 3 + 1, 1)?
        }
        IntervalUnit::Month => date.with_day(1)?,
        IntervalUnit::Week => {
            let back = if monday {
                date.weekday().num_days_from_monday()
            } else {
                date.weekday().num_days_from_sunday()
            };
            date - TimeDelta::days(back.into())
        }
        _ => date,
    };
    let seconds = time.num_seconds_from_midnight();
    let within = match unit {
        IntervalUnit::Hour => seconds / 3_600 * 3_600,
        IntervalUnit::Minute => seconds / 60 * 60,
        IntervalUnit::Second => seconds,
        _ => 0,
    };
    Some(day.and_time(NaiveTime::from_num_seconds_from_midnight_opt(within, 0)?).and_utc())
}

fn temporal(args: &[ChType]) -> SqlResult<()> {
    match args.first() {
        Some(
            ChType::Date
            | ChType::Date32
            | ChType::DateTime(_)
            | ChType::DateTime64(..)
            | ChType::Dynamic,
        ) => Ok(()),
        other => Err(SqlError::new(
            ChCode::IllegalTypeOfArgument,
            format!(
                "Illegal type {}, expected Date or DateTime",
                other.unwrap_or(&ChType::Nothing)
            ),
        )),
    }
}

macro_rules! ret {
    ($ty:expr) => {
        |args| temporal(args).map(|()| $ty)
    };
}

fn at(args: &[Value]) -> SqlResult<DateTime<Utc>> {
    args.first()
        .and_then(instant)
        .ok_or_else(|| SqlError::new(ChCode::IllegalTypeOfArgument, "a date or time is expected"))
}

fn started(args: &[Value], unit: IntervalUnit, as_date: bool) -> SqlResult<Value> {
    let monday = args.get(1).and_then(Value::as_int).is_some_and(|mode| mode % 2 == 1);
    let start = start_of(at(args)?, unit, monday || unit != IntervalUnit::Week);
    let start = start
        .ok_or_else(|| SqlError::new(ChCode::ArgumentOutOfBound, "The date is out of range"))?;
    Ok(like(start, if as_date { &Value::Date(0) } else { &Value::DateTime(0) }))
}

/// Boundaries of a unit between two times.
pub(super) fn boundaries(unit: IntervalUnit, a: DateTime<Utc>, b: DateTime<Utc>) -> i64 {
    let months = |t: DateTime<Utc>| i64::from(t.year()) * 12 + i64::from(t.month0());
    let days = |t: DateTime<Utc>| i64::from(t.date_naive().to_epoch_days());
    match unit {
        IntervalUnit::Year => i64::from(b.year()) - i64::from(a.year()),
        IntervalUnit::Quarter => months(b).div_euclid(3) - months(a).div_euclid(3),
        IntervalUnit::Month => months(b) - months(a),
        IntervalUnit::Week => (days(b) + 3).div_euclid(7) - (days(a) + 3).div_euclid(7),
        IntervalUnit::Day => days(b) - days(a),
        IntervalUnit::Hour => b.timestamp().div_euclid(3_600) - a.timestamp().div_euclid(3_600),
        IntervalUnit::Minute => b.timestamp().div_euclid(60) - a.timestamp().div_euclid(60),
        IntervalUnit::Second => b.timestamp() - a.timestamp(),
        IntervalUnit::Millisecond => b.timestamp_millis() - a.timestamp_millis(),
        IntervalUnit::Microsecond => b.timestamp_micros() - a.timestamp_micros(),
        IntervalUnit::Nanosecond => {
            b.timestamp_nanos_opt().unwrap_or(0) - a.timestamp_nanos_opt().unwrap_or(0)
        }
    }
}

/// Full units between two times.
pub(super) fn full_units(unit: IntervalUnit, a: DateTime<Utc>, b: DateTime<Utc>) -> i64 {
    if b < a {
        return -full_units(unit, b, a);
    }
    let whole_months = || {
        let count = boundaries(IntervalUnit::Month, a, b);
        let reached = a
            .checked_add_months(Months::new(u32::try_from(count).unwrap_or(0)))
            .is_some_and(|t| t <= b && b.day() >= a.day().min(b.day()));
        let exact = a
            .checked_add_months(Months::new(u32::try_from(count).unwrap_or(0)))
            .is_some_and(|t| t <= b)
            && (b.day(), b.time()) >= (a.day(), a.time());
        if reached && exact { count } else { count - 1 }
    };
    let seconds = (b - a).num_seconds();
    match unit {
        IntervalUnit::Year => whole_months() / 12,
        IntervalUnit::Quarter => whole_months() / 3,
        IntervalUnit::Month => whole_months(),
        IntervalUnit::Week => seconds / 604_800,
        IntervalUnit::Day => seconds / 86_400,
        IntervalUnit::Hour => seconds / 3_600,
        IntervalUnit::Minute => seconds / 60,
        IntervalUnit::Second => seconds,
        _ => boundaries(unit, a, b),
    }
}

fn difference(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let word = args.first().and_then(Value::as_str).unwrap_or_default();
    let unit = unit_of(word).ok_or_else(|| {
        SqlError::new(ChCode::BadArguments, format!("{}: unknown unit '{word}'", call.name))
    })?;
    let (Some(a), Some(b)) = (args.get(1).and_then(instant), args.get(2).and_then(instant)) else {
        return Ok(Value::Null);
    };
    Ok(Value::Int(
        if call.name == "age" { full_units(unit, a, b) } else { boundaries(unit, a, b) }.into(),
    ))
}

/// ClickHouse's format letters: `%i` is the minute, `%M` the month's name.
fn formatted(time: DateTime<Utc>, pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let form = match chars.next() {
            Some('i') => "%M",
            Some('M') => "%B",
            Some('s') => "%S",
            Some('W') => "%A",
            Some('h') => "%I",
            Some('r') => "%I:%M %p",
            Some('T') => "%H:%M:%S",
            Some('R') => "%H:%M",
            Some('F') => "%Y-%m-%d",
            Some('D') => "%m/%d/%y",
            Some('Y') => "%Y",
            Some('y') => "%y",
            Some('m') => "%m",
            Some('c') => "%m",
            Some('d') => "%d",
            Some('e') => "%e",
            Some('H' | 'k') => "%H",
            Some('I' | 'l') => "%I",
            Some('S') => "%S",
            Some('p') => "%p",
            Some('b') => "%b",
            Some('a') => "%a",
            Some('j') => "%j",
            Some('u') => "%u",
            Some('w') => "%w",
            Some('V') => "%V",
            Some('G') => "%G",
            Some('f') => "%6f",
            Some('z') => "+0000",
            Some('Q') => {
                out.push_str(&(time.month0() / 3 + 1).to_string());
                continue;
            }
            Some('n') => "\n",
            Some('t') => "\t",
            Some('%') => "%%",
            Some(other) => {
                out.push('%');
                out.push(other);
                continue;
            }
            None => break,
        };
        out.push_str(&time.format(form).to_string());
    }
    out
}

/// Functions whose shape depends on their arguments.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    let wrap =
        |ty: ChType| if args.iter().any(|a| a.ty.is_nullable()) { ty.nullable() } else { ty };
    let unit_in =
        |prefix: &str| name.strip_prefix(prefix).and_then(unit_of).filter(|_| args.len() == 2);
    if let Some(unit) = unit_in("add").or_else(|| unit_in("subtract")) {
        let first = args.first().map(|a| a.ty.strip_nullable().clone()).unwrap_or(ChType::Nothing);
        let first = if first == ChType::String { ChType::DateTime64(3, None) } else { first };
        let ty = if unit < IntervalUnit::Day && matches!(first, ChType::Date | ChType::Date32) {
            ChType::DateTime(None)
        } else {
            first
        };
        return Ok(Some(row_call(
            name,
            args.to_vec(),
            wrap(ty),
            Nulls::Propagate,
            |call, args| {
                let (word, sign) = call.name.strip_prefix("add").map_or_else(
                    || (call.name.strip_prefix("subtract").unwrap_or(""), -1),
                    |word| (word, 1),
                );
                let amount = args
                    .get(1)
                    .and_then(Value::as_int)
                    .and_then(|v| i64::try_from(v).ok())
                    .unwrap_or(0);
                let time = args.first().cloned().unwrap_or(Value::Null);
                add(&time, sign * amount, unit_of(word).unwrap_or(IntervalUnit::Day))
            },
        )));
    }
    match name {
        "toStartOfInterval" if args.len() == 2 => {
            let Some(ChType::Interval(unit)) = args.get(1).map(|a| a.ty.strip_nullable().clone())
            else {
                return Err(SqlError::new(
                    ChCode::IllegalTypeOfArgument,
                    "toStartOfInterval takes a time and an INTERVAL",
                ));
            };
            let ty = if unit > IntervalUnit::Day { ChType::Date } else { ChType::DateTime(None) };
            Ok(Some(row_call(name, args.to_vec(), wrap(ty), Nulls::Propagate, interval_start)))
        }
        "date_trunc" | "dateTrunc" if args.len() >= 2 => {
            let unit =
                args.first().and_then(constant_value).and_then(|v| v.as_str().and_then(unit_of));
            let unit = unit.ok_or_else(|| {
                SqlError::new(ChCode::BadArguments, "date_trunc takes the name of a unit")
            })?;
            let ty = if unit >= IntervalUnit::Day
                && args.get(1).is_some_and(|a| matches!(a.ty.strip_nullable(), ChType::Date))
                || unit > IntervalUnit::Day
            {
                ChType::Date
            } else {
                ChType::DateTime(None)
            };
            Ok(Some(row_call(name, args.to_vec(), wrap(ty), Nulls::Propagate, |call, args| {
                let unit = args
                    .first()
                    .and_then(Value::as_str)
                    .and_then(unit_of)
                    .unwrap_or(IntervalUnit::Day);
                started(
                    args.get(1..2).unwrap_or_default(),
                    unit,
                    *call.ret.strip_nullable() == ChType::Date,
                )
            })))
        }
        "now" if args.len() <= 1 => super::registry::constant(
            &Value::DateTime(Utc::now().timestamp()),
            &ChType::DateTime(None),
        )
        .map(Some),
        "today" | "yesterday" if args.is_empty() => {
            let days = Utc::now().date_naive().to_epoch_days() - i32::from(name == "yesterday");
            super::registry::constant(&Value::Date(days), &ChType::Date).map(Some)
        }
        "toTimeZone" if args.len() == 2 => {
            let zone = args
                .get(1)
                .and_then(constant_value)
                .and_then(|v| v.as_str().map(str::to_owned))
                .unwrap_or_default();
            if zone != "UTC" {
                return Err(SqlError::new(
                    ChCode::NotImplemented,
                    "Times are UTC; only the time zone 'UTC' is supported.",
                ));
            }
            Ok(args.first().cloned())
        }
        _ => parse_family(name, args),
    }
}

fn parse_family(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    let (base, suffix) = ["OrNull", "OrZero"]
        .iter()
        .find_map(|s| Some((name.strip_suffix(s)?, *s)))
        .unwrap_or((name, ""));
    let scale = args
        .get(1)
        .and_then(constant_value)
        .and_then(|v| v.as_int())
        .and_then(|v| u8::try_from(v).ok())
        .unwrap_or(3)
        .min(9);
    let ty = match base {
        "parseDateTimeBestEffort" => ChType::DateTime(None),
        "parseDateTime64BestEffort" => ChType::DateTime64(scale, None),
        _ => return Ok(None),
    };
    let nullable = suffix == "OrNull" || args.iter().any(|a| a.ty.is_nullable());
    let ret = if nullable { ty.nullable() } else { ty };
    Ok(Some(row_call(name, args.to_vec(), ret, Nulls::Propagate, |call, args| {
        let kind = match call.ret.strip_nullable() {
            ChType::DateTime64(scale, _) => Value::DateTime64(0, *scale),
            _ => Value::DateTime(0),
        };
        let text = args.first().map(text_of).unwrap_or_default();
        match best_effort(&text) {
            Some(time) => Ok(like(time, &kind)),
            None if call.name.ends_with("OrNull") => Ok(Value::Null),
            None if call.name.ends_with("OrZero") => Ok(kind),
            None => Err(SqlError::new(
                ChCode::CannotParseDatetime,
                format!(
                    "Cannot read DateTime: '{text}' is no date or time; use {}OrNull to get NULL",
                    call.name
                ),
            )),
        }
    })))
}

fn interval_start(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let Some(ChType::Interval(unit)) = call.args.get(1).map(ChType::strip_nullable) else {
        return Ok(Value::Null);
    };
    let count =
        args.get(1).and_then(Value::as_int).and_then(|v| i64::try_from(v).ok()).unwrap_or(1).max(1);
    let time = at(args)?;
    let as_date = *call.ret.strip_nullable() == ChType::Date;
    let months = match unit {
        IntervalUnit::Year => 12 * count,
        IntervalUnit::Quarter => 3 * count,
        IntervalUnit::Month => count,
        _ => 0,
    };
    let start = if months > 0 {
        let month =
            (i64::from(time.year()) * 12 + i64::from(time.month0())).div_euclid(months) * months;
        let date = NaiveDate::from_ymd_opt(
            i32::try_from(month.div_euclid(12)).unwrap_or(1970),
            u32::try_from(month.rem_euclid(12)).unwrap_or(0) + 1,
            1,
        );
        date.map(|d| d.and_time(NaiveTime::MIN).and_utc())
    } else {
        let (seconds, shift) = match unit {
            IntervalUnit::Week => (604_800 * count, -3 * 86_400),
            IntervalUnit::Day => (86_400 * count, 0),
            IntervalUnit::Hour => (3_600 * count, 0),
            IntervalUnit::Minute => (60 * count, 0),
            _ => (count, 0),
        };
        DateTime::from_timestamp(
            (time.timestamp() - shift).div_euclid(seconds) * seconds + shift,
            0,
        )
    };
    let start = start
        .ok_or_else(|| SqlError::new(ChCode::ArgumentOutOfBound, "The date is out of range"))?;
    Ok(like(start, if as_date { &Value::Date(0) } else { &Value::DateTime(0) }))
}

/// The functions of fixed shape.
#[expect(clippy::too_many_lines, reason = "a table of names")]
pub(super) fn entry(name: &str) -> Option<Entry> {
    let entry = |min, max, ret: fn(&[ChType]) -> SqlResult<ChType>, kernel: Kernel| {
        Some(Entry { min, max, ret, kernel, nulls: Nulls::Propagate })
    };
    macro_rules! part {
        ($ty:expr, $f:expr) => {{
            fn kernel(_: &Call, args: &[Value]) -> SqlResult<Value> {
                let part: fn(DateTime<Utc>) -> i64 = $f;
                Ok(Value::Int(part(at(args)?).into()))
            }
            entry(1, 2, ret!($ty), kernel)
        }};
    }
    match name {
        "toYear" => part!(ChType::UInt(16), |t| t.year().into()),
        "toQuarter" => part!(ChType::UInt(8), |t| (t.month0() / 3 + 1).into()),
        "toMonth" => part!(ChType::UInt(8), |t| t.month().into()),
        "toDayOfMonth" => part!(ChType::UInt(8), |t| t.day().into()),
        "toDayOfYear" => part!(ChType::UInt(16), |t| t.ordinal().into()),
        "toDayOfWeek" => part!(ChType::UInt(8), |t| t.weekday().number_from_monday().into()),
        "toHour" => part!(ChType::UInt(8), |t| t.hour().into()),
        "toMinute" => part!(ChType::UInt(8), |t| t.minute().into()),
        "toSecond" => part!(ChType::UInt(8), |t| t.second().into()),
        "toISOWeek" => part!(ChType::UInt(8), |t| t.iso_week().week().into()),
        "toISOYear" => part!(ChType::UInt(16), |t| t.iso_week().year().into()),
        "toYYYYMM" => part!(ChType::UInt(32), |t| i64::from(t.year()) * 100 + i64::from(t.month())),
        "toYYYYMMDD" => {
            part!(ChType::UInt(32), |t| (i64::from(t.year()) * 100 + i64::from(t.month())) * 100
                + i64::from(t.day()))
        }
        "toUnixTimestamp" => part!(ChType::UInt(32), |t| t.timestamp()),
        "toUnixTimestamp64Milli" => part!(ChType::Int(64), |t| t.timestamp_millis()),
        "toUnixTimestamp64Micro" => part!(ChType::Int(64), |t| t.timestamp_micros()),
        "toStartOfYear" => entry(1, 2, ret!(ChType::Date), |_, a| {
            started(a.get(..1).unwrap_or_default(), IntervalUnit::Year, true)
        }),
        "toStartOfQuarter" => entry(1, 2, ret!(ChType::Date), |_, a| {
            started(a.get(..1).unwrap_or_default(), IntervalUnit::Quarter, true)
        }),
        "toStartOfMonth" => entry(1, 2, ret!(ChType::Date), |_, a| {
            started(a.get(..1).unwrap_or_default(), IntervalUnit::Month, true)
        }),
        "toStartOfWeek" => entry(1, 3, ret!(ChType::Date), |_, a| {
            let monday = a.get(1).and_then(Value::as_int).is_some_and(|mode| mode % 2 == 1);
            let start = start_of(at(a)?, IntervalUnit::Week, monday).unwrap_or_default();
            Ok(like(start, &Value::Date(0)))
        }),
        "toMonday" => entry(1, 1, ret!(ChType::Date), |_, a| {
            started(a, IntervalUnit::Week, true).and_then(|_| {
                Ok(like(
                    start_of(at(a)?, IntervalUnit::Week, true).unwrap_or_default(),
                    &Value::Date(0),
                ))
            })
        }),
        "toStartOfDay" => entry(1, 2, ret!(ChType::DateTime(None)), |_, a| {
            started(a.get(..1).unwrap_or_default(), IntervalUnit::Day, false)
        }),
        "toStartOfHour" => entry(1, 2, ret!(ChType::DateTime(None)), |_, a| {
            started(a.get(..1).unwrap_or_default(), IntervalUnit::Hour, false)
        }),
        "toStartOfMinute" => entry(1, 2, ret!(ChType::DateTime(None)), |_, a| {
            started(a.get(..1).unwrap_or_default(), IntervalUnit::Minute, false)
        }),
        "toLastDayOfMonth" => entry(1, 1, ret!(ChType::Date), |_, a| {
            let next = start_of(at(a)?, IntervalUnit::Month, true)
                .and_then(|t| t.checked_add_months(Months::new(1)))
                .unwrap_or_default();
            Ok(Value::Date(next.date_naive().to_epoch_days() - 1))
        }),
        "monthName" => entry(1, 1, ret!(ChType::String), |_, a| {
            Ok(Value::String(at(a)?.format("%B").to_string()))
        }),
        "formatDateTime" => entry(2, 3, ret!(ChType::String), |_, a| {
            Ok(Value::String(formatted(at(a)?, &a.get(1).map(text_of).unwrap_or_default())))
        }),
        "dateName" => entry(
            2,
            3,
            |_| Ok(ChType::String),
            |_, a| {
                let time = a.get(1).and_then(instant).unwrap_or_default();
                Ok(Value::String(match a.first().map(text_of).unwrap_or_default().as_str() {
                    "weekday" => time.format("%A").to_string(),
                    "month" => time.format("%B").to_string(),
                    "quarter" => (time.month0() / 3 + 1).to_string(),
                    "year" => time.year().to_string(),
                    "day" => time.day().to_string(),
                    "dayofyear" => time.ordinal().to_string(),
                    "hour" => time.hour().to_string(),
                    "minute" => time.minute().to_string(),
                    "second" => time.second().to_string(),
                    other => {
                        return Err(SqlError::new(
                            ChCode::BadArguments,
                            format!("dateName: unknown part '{other}'"),
                        ));
                    }
                }))
            },
        ),
        "dateDiff" | "age" => entry(3, 4, |_| Ok(ChType::Int(64)), difference),
        "fromUnixTimestamp" => entry(
            1,
            1,
            |_| Ok(ChType::DateTime(None)),
            |_, a| {
                Ok(Value::DateTime(
                    a.first()
                        .and_then(Value::as_int)
                        .and_then(|v| i64::try_from(v).ok())
                        .unwrap_or(0),
                ))
            },
        ),
        "fromUnixTimestamp64Milli" => {
            entry(1, 2, |_| Ok(ChType::DateTime64(3, None)), |_, a| ticks(a, 3))
        }
        "fromUnixTimestamp64Micro" => {
            entry(1, 2, |_| Ok(ChType::DateTime64(6, None)), |_, a| ticks(a, 6))
        }
        "fromUnixTimestamp64Nano" => {
            entry(1, 2, |_| Ok(ChType::DateTime64(9, None)), |_, a| ticks(a, 9))
        }
        "makeDate" => entry(
            3,
            3,
            |_| Ok(ChType::Date),
            |_, a| {
                let part = |i: usize| {
                    a.get(i)
                        .and_then(Value::as_int)
                        .and_then(|v| u32::try_from(v).ok())
                        .unwrap_or(0)
                };
                let date =
                    NaiveDate::from_ymd_opt(i32::try_from(part(0)).unwrap_or(0), part(1), part(2))
                        .map_or(0, |d| d.to_epoch_days());
                Ok(Value::Date(date))
            },
        ),
        "parseDateTime" => entry(
            2,
            3,
            |_| Ok(ChType::DateTime(None)),
            |_, a| {
                let (text, form) = (
                    a.first().map(text_of).unwrap_or_default(),
                    a.get(1).map(text_of).unwrap_or_default(),
                );
                let form = form.replace("%M", "%B").replace("%i", "%M").replace("%s", "%S");
                let time = NaiveDateTime::parse_from_str(&text, &form).ok().or_else(|| {
                    NaiveDate::parse_from_str(&text, &form).ok().map(|d| d.and_time(NaiveTime::MIN))
                });
                time.map(|t| Value::DateTime(t.and_utc().timestamp())).ok_or_else(|| {
                    SqlError::new(
                        ChCode::CannotParseDatetime,
                        format!("Cannot parse '{text}' with that format"),
                    )
                })
            },
        ),
        _ => None,
    }
}

fn ticks(args: &[Value], scale: u8) -> SqlResult<Value> {
    Ok(Value::DateTime64(
        args.first().and_then(Value::as_int).and_then(|v| i64::try_from(v).ok()).unwrap_or(0),
        scale,
    ))
}
