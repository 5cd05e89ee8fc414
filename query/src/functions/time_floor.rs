//! The beginning and end of the unit of time that holds a time.

use super::{
    args::{array_of, bad, illegal, int, is_integer, is_temporal, text, wrap_nullable},
    calendar::{time, zone_at},
    compare::constant_value,
    dates::{instant, unit_of},
    udf::{Call, Kernel, Nulls, row_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::{ChType, IntervalUnit},
    value::{CALENDAR_SECONDS, Value, instant_at, local, zone_named, zone_of},
};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

/// The functions of this module.
pub(super) const NAMES: &[&str] = &[
    "dateTrunc",
    "date_trunc",
    "timeSlot",
    "timeSlots",
    "toLastDayOfMonth",
    "toLastDayOfWeek",
    "toMonday",
    "toStartOfDay",
    "toStartOfFifteenMinutes",
    "toStartOfFiveMinute",
    "toStartOfFiveMinutes",
    "toStartOfHour",
    "toStartOfISOYear",
    "toStartOfInterval",
    "toStartOfMicrosecond",
    "toStartOfMillisecond",
    "toStartOfMinute",
    "toStartOfMonth",
    "toStartOfNanosecond",
    "toStartOfQuarter",
    "toStartOfSecond",
    "toStartOfTenMinutes",
    "toStartOfWeek",
    "toStartOfYear",
];

pub(super) fn out_of_range() -> SqlError {
    SqlError::new(ChCode::ArgumentOutOfBound, "The date is out of range")
}

/// An instant as a value of a date or time type.
pub(super) fn value_of(time: DateTime<Utc>, zone: Tz, ty: &ChType) -> SqlResult<Value> {
    Ok(match ty.strip_nullable() {
        // Date begins in 1970: the week of its first day begins with that day.
        ChType::Date => {
            Value::Date(super::convert::clamp_days(local(time, zone).date().to_epoch_days()))
        }
        ChType::Date32 => Value::Date(local(time, zone).date().to_epoch_days()),
        ChType::DateTime64(scale, _) => {
            let unit = 10_i64.pow(u32::from((*scale).min(9)));
            let fraction = i64::from(time.timestamp_subsec_nanos()) / (1_000_000_000 / unit);
            let ticks = time.timestamp().checked_mul(unit).and_then(|t| t.checked_add(fraction));
            Value::DateTime64(ticks.ok_or_else(out_of_range)?, *scale)
        }
        _ => Value::DateTime(time.timestamp()),
    })
}

/// A day's beginning in a zone.
fn midnight(date: NaiveDate, zone: Tz) -> DateTime<Utc> {
    instant_at(date.and_time(NaiveTime::MIN), zone)
}

/// The beginning of the month that is a multiple of `count` since 1900.
fn start_of_months(date: NaiveDate, count: i64) -> Option<NaiveDate> {
    const FIRST_YEAR: i64 = 1900;
    let month = (i64::from(date.year()) - FIRST_YEAR) * 12 + i64::from(date.month0());
    let month = month.div_euclid(count) * count + FIRST_YEAR * 12;
    NaiveDate::from_ymd_opt(
        i32::try_from(month.div_euclid(12)).ok()?,
        u32::try_from(month.rem_euclid(12)).ok()? + 1,
        1,
    )
}

/// The beginning of `count` units. Months and longer, days and hours follow the zone's clocks, the rest counts from 1970.
pub(super) fn start_of(
    time: DateTime<Utc>,
    zone: Tz,
    unit: IntervalUnit,
    count: i64,
) -> Option<DateTime<Utc>> {
    let shown = local(time, zone);
    let day = i64::from(shown.date().to_epoch_days());
    let date_of = |day: i64| i32::try_from(day).ok().and_then(NaiveDate::from_epoch_days);
    let multiple = |nanos: i64| {
        let size = nanos.checked_mul(count)?;
        let ticks = time.timestamp_nanos_opt()?;
        Some(DateTime::from_timestamp_nanos(ticks.div_euclid(size).checked_mul(size)?))
    };
    let seconds = |size: i64| {
        let size = size.checked_mul(count)?;
        DateTime::from_timestamp(time.timestamp().div_euclid(size) * size, 0)
    };
    match unit {
        IntervalUnit::Year => {
            let year = i64::from(shown.year()).div_euclid(count) * count;
            let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, 1, 1)?;
            Some(midnight(date, zone))
        }
        IntervalUnit::Quarter => {
            start_of_months(shown.date(), count.checked_mul(3)?).map(|date| midnight(date, zone))
        }
        IntervalUnit::Month => {
            start_of_months(shown.date(), count).map(|date| midnight(date, zone))
        }
        IntervalUnit::Week => {
            // 1970-01-05 was a Monday.
            let size = count.checked_mul(7)?;
            Some(midnight(date_of((day - 4).div_euclid(size) * size + 4)?, zone))
        }
        IntervalUnit::Day => Some(midnight(date_of(day.div_euclid(count) * count)?, zone)),
        IntervalUnit::Hour if !CALENDAR_SECONDS.contains(&time.timestamp()) => seconds(3_600),
        IntervalUnit::Hour => {
            let size = u32::try_from(count.checked_mul(3_600)?).ok()?;
            let second = shown.num_seconds_from_midnight() / size * size;
            let clock = NaiveTime::from_num_seconds_from_midnight_opt(second, 0)?;
            Some(instant_at(shown.date().and_time(clock), zone))
        }
        IntervalUnit::Minute => seconds(60),
        IntervalUnit::Second => seconds(1),
        IntervalUnit::Millisecond => multiple(1_000_000),
        IntervalUnit::Microsecond => multiple(1_000),
        IntervalUnit::Nanosecond => multiple(1),
    }
}

/// The unit of a function, how many of it, and where its zone stands.
pub(super) fn unit_and_count(name: &str) -> Option<(IntervalUnit, i64)> {
    Some(match name {
        "toStartOfYear" => (IntervalUnit::Year, 1),
        "toStartOfQuarter" => (IntervalUnit::Quarter, 1),
        "toStartOfMonth" => (IntervalUnit::Month, 1),
        "toMonday" => (IntervalUnit::Week, 1),
        "toStartOfDay" => (IntervalUnit::Day, 1),
        "toStartOfHour" => (IntervalUnit::Hour, 1),
        "toStartOfMinute" => (IntervalUnit::Minute, 1),
        "toStartOfFiveMinute" | "toStartOfFiveMinutes" => (IntervalUnit::Minute, 5),
        "toStartOfTenMinutes" => (IntervalUnit::Minute, 10),
        "toStartOfFifteenMinutes" => (IntervalUnit::Minute, 15),
        "timeSlot" => (IntervalUnit::Minute, 30),
        "toStartOfSecond" => (IntervalUnit::Second, 1),
        "toStartOfMillisecond" => (IntervalUnit::Millisecond, 1),
        "toStartOfMicrosecond" => (IntervalUnit::Microsecond, 1),
        "toStartOfNanosecond" => (IntervalUnit::Nanosecond, 1),
        _ => return None,
    })
}

/// The zone that a result's type names: a constant argument, else that of the first argument's type.
pub(super) fn zone_name(args: &[Typed], at: usize) -> SqlResult<Option<String>> {
    if let Some(arg) = args.get(at) {
        let Some(Value::String(name)) = constant_value(arg) else {
            return Err(match arg.ty.strip_nullable() {
                ChType::String => {
                    SqlError::new(ChCode::IllegalColumn, "The time zone has to be a constant")
                }
                other => illegal(other),
            });
        };
        return zone_named(&name).map(|_| Some(name));
    }
    Ok(match args.first().map(|arg| arg.ty.strip_nullable()) {
        Some(ChType::DateTime(zone) | ChType::DateTime64(_, zone)) => zone.clone(),
        _ => None,
    })
}

/// How many digits a unit below a second needs.
const fn digits(unit: IntervalUnit) -> u8 {
    match unit {
        IntervalUnit::Nanosecond => 9,
        IntervalUnit::Microsecond => 6,
        IntervalUnit::Millisecond => 3,
        _ => 0,
    }
}

/// Result type of the beginning of a unit.
fn start_type(first: &ChType, unit: IntervalUnit, zone: Option<String>) -> SqlResult<ChType> {
    let date = matches!(first, ChType::Date | ChType::Date32);
    let fine = matches!(first, ChType::DateTime64(..) | ChType::Dynamic | ChType::Variant(_));
    if !is_temporal(first)
        || date && unit < IntervalUnit::Day
        || !fine && unit < IntervalUnit::Second
    {
        return Err(illegal(first));
    }
    Ok(match unit {
        IntervalUnit::Year | IntervalUnit::Quarter | IntervalUnit::Month | IntervalUnit::Week => {
            ChType::Date
        }
        IntervalUnit::Day | IntervalUnit::Hour | IntervalUnit::Minute | IntervalUnit::Second => {
            ChType::DateTime(zone)
        }
        _ => ChType::DateTime64(digits(unit), zone),
    })
}

/// Functions whose shape depends on their arguments.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    if !NAMES.contains(&name) {
        return Ok(None);
    }
    let (ret, kernel): (ChType, Kernel) = match name {
        "toStartOfInterval" => (interval_type(args)?, interval_start),
        "date_trunc" | "dateTrunc" => (trunc_type(args)?, truncated),
        "timeSlots" => (slots_type(args)?, slots),
        "toStartOfWeek" | "toLastDayOfWeek" => (week_type(args)?, week_end),
        _ => (fixed_type(name, args)?, fixed),
    };
    let ret = wrap_nullable(args, ret);
    Ok(Some(row_call(name, args.to_vec(), ret, Nulls::Propagate, kernel)))
}

/// Checks the count of arguments.
pub(super) fn counted(name: &str, args: &[Typed], min: usize, max: usize) -> SqlResult<()> {
    if (min..=max).contains(&args.len()) {
        return Ok(());
    }
    let message = format!("Function {name} takes {min} to {max} arguments, not {}", args.len());
    Err(SqlError::new(ChCode::NumberOfArgumentsDoesntMatch, message))
}

fn first_type(args: &[Typed]) -> &ChType {
    args.first().map_or(&ChType::Nothing, |arg| arg.ty.strip_nullable())
}

fn fixed_type(name: &str, args: &[Typed]) -> SqlResult<ChType> {
    counted(name, args, 1, 2)?;
    let first = first_type(args);
    let zone = zone_name(args, 1)?;
    match (unit_and_count(name), first) {
        (Some((IntervalUnit::Second, _)), ChType::DateTime64(scale, _)) => {
            Ok(ChType::DateTime64(*scale, zone))
        }
        (Some((IntervalUnit::Second, _)), other) => Err(illegal(other)),
        (Some((unit, _)), ChType::DateTime64(scale, _)) if unit < IntervalUnit::Second => {
            Ok(ChType::DateTime64(digits(unit).max(*scale), zone))
        }
        (Some((unit, _)), first) => start_type(first, unit, zone),
        (None, first) if is_temporal(first) => Ok(ChType::Date),
        (None, first) => Err(illegal(first)),
    }
}

fn fixed(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let date = matches!(args.first(), Some(Value::Date(_)));
    let named = zone_at(call, args, 1)?;
    let zone = if date && !matches!(call.ret.strip_nullable(), ChType::DateTime(_)) {
        Tz::UTC
    } else {
        named
    };
    let mut from = time(args)?;
    if date {
        from = instant_at(from.naive_utc(), zone);
    }
    let start = match unit_and_count(&call.name) {
        Some((unit, count)) => start_of(from, zone, unit, count),
        None => {
            let shown = local(from, zone).date();
            let day = if call.name == "toLastDayOfMonth" {
                let first =
                    shown.with_day(1).and_then(|day| day.checked_add_months(Months::new(1)));
                first.and_then(|day| day.pred_opt())
            } else {
                NaiveDate::from_isoywd_opt(shown.iso_week().year(), 1, chrono::Weekday::Mon)
            };
            day.map(|day| midnight(day, zone))
        }
    };
    // A DateTime begins in 1970.
    Ok(match value_of(start.ok_or_else(out_of_range)?, zone, &call.ret)? {
        Value::DateTime(seconds) => Value::DateTime(seconds.max(0)),
        other => other,
    })
}

fn week_type(args: &[Typed]) -> SqlResult<ChType> {
    counted("toStartOfWeek", args, 1, 3)?;
    let first = first_type(args);
    if !is_temporal(first) {
        return Err(illegal(first));
    }
    match args.get(1).map(|arg| arg.ty.strip_nullable()) {
        Some(mode) if !is_integer(mode) => Err(illegal(mode)),
        _ => zone_name(args, 2).map(|_| ChType::Date),
    }
}

/// Weeks begin on Monday in odd modes, else on Sunday.
fn week_end(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let zone = match args.first() {
        Some(Value::Date(_)) => Tz::UTC,
        _ => zone_at(call, args, 2)?,
    };
    let day = local(time(args)?, zone).date();
    let monday = int(args, 1) % 2 == 1;
    let weekday = day.weekday();
    let since =
        if monday { weekday.num_days_from_monday() } else { weekday.num_days_from_sunday() };
    let first = day.checked_sub_days(Days::new(since.into()));
    let end = if call.name == "toStartOfWeek" {
        first
    } else {
        first.and_then(|first| first.checked_add_days(Days::new(6)))
    };
    let days = end.ok_or_else(out_of_range)?.to_epoch_days();
    Ok(Value::Date(super::convert::clamp_days(days)))
}

fn interval_unit(args: &[Typed]) -> SqlResult<IntervalUnit> {
    match args.get(1).map(|arg| arg.ty.strip_nullable()) {
        Some(ChType::Interval(unit)) => Ok(*unit),
        other => Err(illegal(other.unwrap_or(&ChType::Nothing))),
    }
}

/// Whether the third argument is an origin, not a zone.
fn has_origin(args: &[Typed]) -> bool {
    args.get(2).is_some_and(|arg| *arg.ty.strip_nullable() != ChType::String)
}

fn interval_type(args: &[Typed]) -> SqlResult<ChType> {
    counted("toStartOfInterval", args, 2, 4)?;
    let (first, unit) = (first_type(args), interval_unit(args)?);
    if !has_origin(args) {
        return start_type(first, unit, zone_name(args, 2)?);
    }
    let zone = zone_name(args, 3)?;
    let origin = args.get(2).map_or(&ChType::Nothing, |arg| arg.ty.strip_nullable());
    match (first, origin) {
        (ChType::Date, ChType::Date) | (ChType::Date32, ChType::Date32) => Ok(first.clone()),
        (ChType::DateTime(_), ChType::DateTime(_)) => Ok(ChType::DateTime(zone)),
        (ChType::DateTime64(scale, _), ChType::DateTime64(..)) => {
            Ok(ChType::DateTime64(digits(unit).max(*scale), zone))
        }
        (_, other) => Err(illegal(other)),
    }
}

fn interval_start(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let Some(ChType::Interval(unit)) = call.args.get(1).map(ChType::strip_nullable) else {
        return Ok(Value::Null);
    };
    let count = i64::try_from(int(args, 1)).unwrap_or(0);
    if count <= 0 {
        let message = "The count of an INTERVAL to start at has to be positive";
        return Err(SqlError::new(ChCode::ArgumentOutOfBound, message));
    }
    let origin = args.get(2).filter(|value| !matches!(value, Value::String(_)));
    let zone = zone_at(call, args, if origin.is_some() { 3 } else { 2 })?;
    let from = time(args)?;
    let start = match origin {
        None => start_of(from, zone, *unit, count).ok_or_else(out_of_range)?,
        Some(origin) => {
            since_origin(from, instant(origin).ok_or_else(out_of_range)?, *unit, count)?
        }
    };
    value_of(start, zone, &call.ret)
}

/// The last beginning of `count` units counted from an origin.
fn since_origin(
    from: DateTime<Utc>,
    origin: DateTime<Utc>,
    unit: IntervalUnit,
    count: i64,
) -> SqlResult<DateTime<Utc>> {
    if origin > from {
        return Err(bad("The origin has to be before the time"));
    }
    let months = |each: i64| {
        let passed = super::dates::full_units(IntervalUnit::Month, origin, from);
        let size = each.checked_mul(count)?;
        let whole = u32::try_from(passed.div_euclid(size).checked_mul(size)?).ok()?;
        origin.checked_add_months(Months::new(whole))
    };
    let span = |nanos: i64| {
        let size = nanos.checked_mul(count)?;
        let passed = (from - origin).num_nanoseconds()?;
        origin.checked_add_signed(TimeDelta::nanoseconds(passed.div_euclid(size) * size))
    };
    const SECOND: i64 = 1_000_000_000;
    match unit {
        IntervalUnit::Year => months(12),
        IntervalUnit::Quarter => months(3),
        IntervalUnit::Month => months(1),
        IntervalUnit::Week => span(604_800 * SECOND),
        IntervalUnit::Day => span(86_400 * SECOND),
        IntervalUnit::Hour => span(3_600 * SECOND),
        IntervalUnit::Minute => span(60 * SECOND),
        IntervalUnit::Second => span(SECOND),
        IntervalUnit::Millisecond => span(1_000_000),
        IntervalUnit::Microsecond => span(1_000),
        IntervalUnit::Nanosecond => span(1),
    }
    .ok_or_else(out_of_range)
}

fn trunc_type(args: &[Typed]) -> SqlResult<ChType> {
    counted("date_trunc", args, 2, 3)?;
    let word = args.first().and_then(constant_value);
    let word = word.as_ref().and_then(Value::as_str).unwrap_or_default();
    let unit = unit_of(word).filter(|_| !word.ends_with('s')).ok_or_else(|| {
        bad(format!("date_trunc: '{word}' is no unit; use 'day', 'month' and the like"))
    })?;
    let time = args.get(1..).unwrap_or_default();
    let first = first_type(time);
    let zone = zone_name(time, 1)?;
    let plain = start_type(first, unit, zone.clone())?;
    Ok(match (first, plain) {
        (ChType::Date32 | ChType::DateTime64(..), ChType::Date) => ChType::Date32,
        (ChType::Date32 | ChType::DateTime64(..), ChType::DateTime(_)) => {
            ChType::DateTime64(0, zone)
        }
        (_, plain) => plain,
    })
}

fn truncated(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let word = text(args, 0);
    let unit = unit_of(&word).ok_or_else(|| bad(format!("date_trunc: '{word}' is no unit")))?;
    let zone = match args.get(2) {
        Some(Value::String(name)) => zone_named(name)?,
        _ => call.args.get(1).map_or(Tz::UTC, zone_of),
    };
    let from = time(args.get(1..).unwrap_or_default())?;
    value_of(start_of(from, zone, unit, 1).ok_or_else(out_of_range)?, zone, &call.ret)
}

fn slots_type(args: &[Typed]) -> SqlResult<ChType> {
    counted("timeSlots", args, 2, 3)?;
    let others = |at: usize| args.get(at).map(|arg| arg.ty.strip_nullable());
    match (first_type(args), others(1), others(2)) {
        (first @ ChType::DateTime(_), Some(ChType::UInt(32)), None | Some(ChType::UInt(_)))
        | (
            first @ ChType::DateTime64(..),
            Some(ChType::Decimal(18, _)),
            None | Some(ChType::Decimal(18, _)),
        ) => Ok(array_of(first.clone())),
        (ChType::DateTime(_) | ChType::DateTime64(..), other, _) => {
            Err(illegal(other.unwrap_or(&ChType::Nothing)))
        }
        (other, ..) => Err(illegal(other)),
    }
}

fn slots(call: &Call, args: &[Value]) -> SqlResult<Value> {
    const SLOTS_MAX: i64 = 1 << 20;
    let seconds = |at: usize| args.get(at).and_then(Value::as_f64);
    let ChType::Array(item) = call.ret.strip_nullable() else { return Ok(Value::Null) };
    let size = seconds(2).unwrap_or(1800.0);
    #[expect(clippy::cast_possible_truncation, reason = "slots are whole seconds")]
    let (size, duration) = (size as i64, seconds(1).unwrap_or(0.0));
    if size <= 0 {
        return Err(bad("The size of time slots has to be positive"));
    }
    let from = time(args)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "slots are whole seconds"
    )]
    let end = (from.timestamp() as f64 + f64::from(from.timestamp_subsec_millis()) / 1e3 + duration)
        as i64;
    let (first, last) = (from.timestamp().div_euclid(size), end.div_euclid(size));
    if last - first > SLOTS_MAX {
        return Err(SqlError::new(
            ChCode::MemoryLimitExceeded,
            "timeSlots would make more than a million slots",
        ));
    }
    let slot = |at: i64| {
        let start = DateTime::from_timestamp(at * size, 0).ok_or_else(out_of_range)?;
        value_of(start, Tz::UTC, item)
    };
    (first..=last).map(slot).collect::<SqlResult<Vec<_>>>().map(Value::Array)
}
