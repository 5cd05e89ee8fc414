//! Parts and numbers of dates and times: years, weeks, days since some beginning.

use super::{
    args::{bad, illegal, int, is_dynamic, is_integer, is_temporal, is_text, strict, text, ty},
    dates::instant,
    registry::Entry,
    udf::Call,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::{Value, local, offset_seconds, zone_named, zone_of},
};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike, Utc};
use chrono_tz::Tz;

/// The functions of this module.
pub(super) const NAMES: &[&str] = &[
    "fromDaysSinceYearZero",
    "fromDaysSinceYearZero32",
    "fromModifiedJulianDay",
    "fromModifiedJulianDayOrNull",
    "timezoneOffset",
    "toDayOfMonth",
    "toDayOfWeek",
    "toDayOfYear",
    "toDaysInMonth",
    "toDaysSinceYearZero",
    "toHour",
    "toISOWeek",
    "toISOYear",
    "toMicrosecond",
    "toMillisecond",
    "toMinute",
    "toModifiedJulianDay",
    "toModifiedJulianDayOrNull",
    "toMonth",
    "toMonthNumSinceEpoch",
    "toNanosecond",
    "toQuarter",
    "toRelativeDayNum",
    "toRelativeHourNum",
    "toRelativeMinuteNum",
    "toRelativeMonthNum",
    "toRelativeQuarterNum",
    "toRelativeSecondNum",
    "toRelativeWeekNum",
    "toRelativeYearNum",
    "toSecond",
    "toUnixTimestamp",
    "toUnixTimestamp64Micro",
    "toUnixTimestamp64Milli",
    "toUnixTimestamp64Nano",
    "toUnixTimestamp64Second",
    "toWeek",
    "toYYYYMM",
    "toYYYYMMDD",
    "toYYYYMMDDhhmmss",
    "toYear",
    "toYearNumSinceEpoch",
    "toYearWeek",
];

/// Days from 0000-01-01 to 1970-01-01.
const YEAR_ZERO_DAYS: i64 = 719_528;
/// Days from 1858-11-17, where modified Julian days begin, to 1970-01-01.
const JULIAN_DAYS: i64 = 40_587;

/// The zone that a call reads times in: an argument's, else that of the first argument's type.
pub(super) fn zone_at(call: &Call, args: &[Value], at: usize) -> SqlResult<Tz> {
    match args.get(at) {
        Some(Value::String(name)) => zone_named(name),
        _ => Ok(call.args.first().map_or(Tz::UTC, zone_of)),
    }
}

/// The first argument as an instant.
pub(super) fn time(args: &[Value]) -> SqlResult<DateTime<Utc>> {
    args.first()
        .and_then(instant)
        .ok_or_else(|| SqlError::new(ChCode::IllegalTypeOfArgument, "A date or time is expected"))
}

/// What the clocks of the call's zone show at the first argument.
fn shown(call: &Call, args: &[Value], zone: usize) -> SqlResult<NaiveDateTime> {
    let zone = match args.first() {
        // A day is the same everywhere.
        Some(Value::Date(_)) => Tz::UTC,
        _ => zone_at(call, args, zone)?,
    };
    Ok(local(time(args)?, zone))
}

/// Seconds that are added to those since 1970 to count hours. Where hours of a zone begin within those of UTC, ClickHouse counts
/// from a day before.
pub(super) fn before_hours(zone: Tz) -> i64 {
    let ahead = i64::from(offset_seconds(DateTime::UNIX_EPOCH, zone));
    if ahead % 3_600 == 0 { 0 } else { 86_400 - ahead }
}

/// Hours, minutes or seconds since 1970, which do not follow clocks.
fn since_1970(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let seconds = time(args)?.timestamp();
    let number = match call.name.as_str() {
        "toRelativeSecondNum" => seconds,
        "toRelativeMinuteNum" => seconds.div_euclid(60),
        _ => {
            let zone = match args.first() {
                Some(Value::Date(_)) => Tz::UTC,
                _ => zone_at(call, args, 1)?,
            };
            (seconds + before_hours(zone)).div_euclid(3_600)
        }
    };
    Ok(Value::Int(number.max(0).into()))
}

/// A date or time, then possibly a zone.
pub(super) fn temporal(types: &[ChType]) -> SqlResult<()> {
    if !is_temporal(ty(types, 0)) {
        return Err(illegal(ty(types, 0)));
    }
    types.get(1).filter(|ty| !is_text(ty)).map_or(Ok(()), |ty| Err(illegal(ty)))
}

/// The same for parts of a day, which a date has not.
pub(super) fn clock(types: &[ChType]) -> SqlResult<()> {
    match ty(types, 0) {
        date @ (ChType::Date | ChType::Date32) => Err(illegal(date)),
        _ => temporal(types),
    }
}

/// Weeks: a time or its text, a mode, a zone.
fn weekly(types: &[ChType]) -> SqlResult<()> {
    if !is_temporal(ty(types, 0)) && !is_text(ty(types, 0)) {
        return Err(illegal(ty(types, 0)));
    }
    match types.get(1) {
        Some(mode) if !is_integer(mode) => Err(illegal(mode)),
        _ => types.get(2).filter(|ty| !is_text(ty)).map_or(Ok(()), |ty| Err(illegal(ty))),
    }
}

/// Flags of a week's mode, as in MySQL.
mod mode {
    pub(super) const MONDAY: i128 = 1;
    pub(super) const YEAR: i128 = 2;
    pub(super) const FIRST_WEEKDAY: i128 = 4;
    pub(super) const NEW_YEAR: i128 = 8;
}

fn new_year(year: i32) -> i64 {
    NaiveDate::from_ymd_opt(year, 1, 1).map_or(0, |date| i64::from(date.to_epoch_days()))
}

/// Days since the week began.
fn weekday(day: i64, monday: bool) -> i64 {
    (day + if monday { 3 } else { 4 }).rem_euclid(7)
}

/// Year and number of the week of a day.
fn week_of(date: NaiveDate, mode: i128) -> (i32, i64) {
    let monday = mode & mode::MONDAY != 0;
    let day = i64::from(date.to_epoch_days());
    if mode & mode::NEW_YEAR != 0 {
        let start = day - weekday(day, monday);
        let last = i32::try_from(start + 6).ok().and_then(NaiveDate::from_epoch_days);
        let year = last.unwrap_or(date).year();
        let first = new_year(year);
        return (year, (start - (first - weekday(first, monday))) / 7 + 1);
    }
    let first_weekday = (mode & mode::FIRST_WEEKDAY != 0) == monday;
    numbered_week(date, monday, mode & mode::YEAR != 0, first_weekday)
}

/// MySQL's numbering: the first week is the first full one (`first_weekday`), or the first with four days of the year.
fn numbered_week(
    date: NaiveDate,
    monday: bool,
    mut of_year: bool,
    first_weekday: bool,
) -> (i32, i64) {
    let late = |begins: i64| if first_weekday { begins != 0 } else { begins >= 4 };
    let length = |year: i32| new_year(year + 1) - new_year(year);
    let day = i64::from(date.to_epoch_days());
    let mut year = date.year();
    let mut first = new_year(year);
    let mut begins = weekday(first, monday);
    if date.month() == 1 && i64::from(date.day()) <= 7 - begins {
        if !of_year && late(begins) {
            return (year, 0);
        }
        of_year = true;
        year -= 1;
        first = new_year(year);
        begins = weekday(first, monday);
    }
    let days = if late(begins) { day - (first + 7 - begins) } else { day - (first - begins) };
    if of_year && days >= 52 * 7 && !late((begins + length(year)) % 7) {
        return (year + 1, 1);
    }
    (year, days / 7 + 1)
}

fn week(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let date = shown(call, args, 2)?.date();
    let (year, week) = match call.name.as_str() {
        "toYearWeek" => week_of(date, int(args, 1) | mode::YEAR),
        _ => week_of(date, int(args, 1)),
    };
    let number = if call.name == "toWeek" { week } else { i64::from(year) * 100 + week };
    Ok(Value::Int(number.into()))
}

/// The day of the week: 1 for Monday, or as the mode says.
fn day_of_week(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let weekday = shown(call, args, 2)?.weekday();
    Ok(Value::Int(
        match int(args, 1) & 3 {
            0 => weekday.number_from_monday(),
            1 => weekday.num_days_from_monday(),
            2 => weekday.num_days_from_sunday(),
            _ => weekday.number_from_sunday(),
        }
        .into(),
    ))
}

/// Times as text are read in the zone of the call.
fn unix_timestamp(call: &Call, args: &[Value]) -> SqlResult<Value> {
    if let Some(Value::String(text)) = args.first() {
        let zone = zone_at(call, args, 1)?;
        let ty = ChType::DateTime(Some(zone.name().to_owned()));
        let parsed = super::convert::parse_text(text, &ty)?;
        return Ok(Value::Int(parsed.as_int().unwrap_or(0)));
    }
    Ok(Value::Int(time(args)?.timestamp().into()))
}

fn ticks_type(types: &[ChType]) -> SqlResult<ChType> {
    match ty(types, 0) {
        ChType::DateTime64(..) => Ok(ChType::Int(64)),
        other if is_dynamic(other) => Ok(ChType::Int(64)),
        other => Err(illegal(other)),
    }
}

fn ticks(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let nanos = i128::from(time(args)?.timestamp()) * 1_000_000_000
        + i128::from(time(args)?.timestamp_subsec_nanos());
    let unit = match call.name.as_str() {
        "toUnixTimestamp64Nano" => 1,
        "toUnixTimestamp64Micro" => 1_000,
        "toUnixTimestamp64Milli" => 1_000_000,
        _ => 1_000_000_000,
    };
    // Before 1970 as well, what is finer is cut off.
    Ok(Value::Int(nanos / unit))
}

fn to_julian(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let text = text(args, 0);
    match NaiveDate::parse_from_str(&text, "%Y-%m-%d") {
        Ok(date) if text.len() == 10 => {
            Ok(Value::Int((i64::from(date.to_epoch_days()) + JULIAN_DAYS).into()))
        }
        _ if call.name.ends_with("OrNull") => Ok(Value::Null),
        _ => Err(SqlError::new(
            ChCode::CannotParseInputAssertionFailed,
            format!("'{text}' is no date of the form YYYY-MM-DD"),
        )),
    }
}

fn from_julian(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let days = i32::try_from(int(args, 0) - i128::from(JULIAN_DAYS));
    let date = days.ok().and_then(NaiveDate::from_epoch_days);
    match date.filter(|date| (0..=9_999).contains(&date.year())) {
        Some(date) => Ok(Value::String(date.format("%Y-%m-%d").to_string())),
        None if call.name.ends_with("OrNull") => Ok(Value::Null),
        None => Err(SqlError::new(
            ChCode::CannotFormatDatetime,
            format!("The day {} has no year of four digits", int(args, 0)),
        )),
    }
}

fn from_year_zero(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let days = int(args, 0);
    if days < 0 {
        let message = format!("Days since year zero must not be negative: {days}");
        return Err(SqlError::new(ChCode::ArgumentOutOfBound, message));
    }
    let days = i32::try_from(days - i128::from(YEAR_ZERO_DAYS));
    days.map(Value::Date).map_err(|_| bad("The day is out of range"))
}

fn integers(types: &[ChType]) -> SqlResult<()> {
    if is_integer(ty(types, 0)) { Ok(()) } else { Err(illegal(ty(types, 0))) }
}

fn textual(types: &[ChType]) -> SqlResult<()> {
    if is_text(ty(types, 0)) { Ok(()) } else { Err(illegal(ty(types, 0))) }
}

/// The functions of this module.
#[expect(clippy::too_many_lines, reason = "a table of names")]
pub(super) fn entry(name: &str) -> Option<Entry> {
    macro_rules! part {
        ($check:ident, $ty:expr, $f:expr) => {{
            fn kernel(call: &Call, args: &[Value]) -> SqlResult<Value> {
                let part: fn(NaiveDateTime) -> i64 = $f;
                Ok(Value::Int(part(shown(call, args, 1)?).into()))
            }
            strict(1, 2, |types| $check(types).map(|()| $ty), kernel)
        }};
    }
    match name {
        "toYear" => part!(temporal, ChType::UInt(16), |t| t.year().into()),
        "toQuarter" => part!(temporal, ChType::UInt(8), |t| t.quarter().into()),
        "toMonth" => part!(temporal, ChType::UInt(8), |t| t.month().into()),
        "toDayOfMonth" => part!(temporal, ChType::UInt(8), |t| t.day().into()),
        "toDayOfYear" => part!(temporal, ChType::UInt(16), |t| t.ordinal().into()),
        "toHour" => part!(clock, ChType::UInt(8), |t| t.hour().into()),
        "toMinute" => part!(clock, ChType::UInt(8), |t| t.minute().into()),
        "toSecond" => part!(clock, ChType::UInt(8), |t| t.second().into()),
        "toMillisecond" => part!(clock, ChType::UInt(16), |t| (t.nanosecond() / 1_000_000).into()),
        "toMicrosecond" => part!(clock, ChType::UInt(32), |t| (t.nanosecond() / 1_000).into()),
        "toNanosecond" => part!(clock, ChType::UInt(32), |t| t.nanosecond().into()),
        "toISOWeek" => part!(temporal, ChType::UInt(8), |t| t.iso_week().week().into()),
        "toISOYear" => part!(temporal, ChType::UInt(16), |t| t.iso_week().year().into()),
        "toDaysInMonth" => part!(temporal, ChType::UInt(8), |t| t.num_days_in_month().into()),
        "toYYYYMM" => part!(temporal, ChType::UInt(32), |t| {
            i64::from(t.year()) * 100 + i64::from(t.month())
        }),
        "toYYYYMMDD" => part!(temporal, ChType::UInt(32), |t| {
            (i64::from(t.year()) * 100 + i64::from(t.month())) * 100 + i64::from(t.day())
        }),
        "toYYYYMMDDhhmmss" => part!(temporal, ChType::UInt(64), |t| {
            let date =
                (i64::from(t.year()) * 100 + i64::from(t.month())) * 100 + i64::from(t.day());
            ((date * 100 + i64::from(t.hour())) * 100 + i64::from(t.minute())) * 100
                + i64::from(t.second())
        }),
        "toRelativeYearNum" => part!(temporal, ChType::UInt(16), |t| t.year().into()),
        "toYearNumSinceEpoch" => {
            part!(temporal, ChType::UInt(16), |t| i64::from(t.year() - 1970).max(0))
        }
        "toRelativeQuarterNum" => {
            part!(temporal, ChType::UInt(32), |t| i64::from(t.year()) * 4
                + i64::from(t.month0() / 3))
        }
        "toRelativeMonthNum" => {
            part!(temporal, ChType::UInt(32), |t| i64::from(t.year()) * 12 + i64::from(t.month()))
        }
        "toMonthNumSinceEpoch" => part!(temporal, ChType::UInt(32), |t| {
            (i64::from(t.year() - 1970) * 12 + i64::from(t.month0())).max(0)
        }),
        "toRelativeWeekNum" => part!(temporal, ChType::UInt(32), |t| {
            ((i64::from(t.date().to_epoch_days()) + 3).div_euclid(7)).max(0)
        }),
        "toRelativeDayNum" => {
            part!(temporal, ChType::UInt(32), |t| i64::from(t.date().to_epoch_days()).max(0))
        }
        "toRelativeHourNum" | "toRelativeMinuteNum" | "toRelativeSecondNum" => {
            strict(1, 2, |types| temporal(types).map(|()| ChType::UInt(32)), since_1970)
        }
        "toDaysSinceYearZero" => part!(temporal, ChType::UInt(32), |t| {
            i64::from(t.date().to_epoch_days()) + YEAR_ZERO_DAYS
        }),
        "toDayOfWeek" => strict(1, 3, |types| weekly(types).map(|()| ChType::UInt(8)), day_of_week),
        "toWeek" => strict(1, 3, |types| weekly(types).map(|()| ChType::UInt(8)), week),
        "toYearWeek" => strict(1, 3, |types| weekly(types).map(|()| ChType::UInt(32)), week),
        "toUnixTimestamp" => strict(
            1,
            2,
            |types| match ty(types, 0) {
                ChType::String => Ok(ChType::UInt(32)),
                _ => temporal(types).map(|()| ChType::UInt(32)),
            },
            unix_timestamp,
        ),
        "toUnixTimestamp64Second"
        | "toUnixTimestamp64Milli"
        | "toUnixTimestamp64Micro"
        | "toUnixTimestamp64Nano" => strict(1, 1, ticks_type, ticks),
        "timezoneOffset" => strict(
            1,
            1,
            |types| clock(types).map(|()| ChType::Int(32)),
            |call, a| {
                let zone = zone_at(call, a, 1)?;
                Ok(Value::Int(offset_seconds(time(a)?, zone).into()))
            },
        ),
        "toModifiedJulianDay" => {
            strict(1, 1, |types| textual(types).map(|()| ChType::Int(32)), to_julian)
        }
        "toModifiedJulianDayOrNull" => {
            strict(1, 1, |types| textual(types).map(|()| ChType::Int(32).nullable()), to_julian)
        }
        "fromModifiedJulianDay" => {
            strict(1, 1, |types| integers(types).map(|()| ChType::String), from_julian)
        }
        "fromModifiedJulianDayOrNull" => {
            strict(1, 1, |types| integers(types).map(|()| ChType::String.nullable()), from_julian)
        }
        "fromDaysSinceYearZero" => {
            strict(1, 1, |types| integers(types).map(|()| ChType::Date), from_year_zero)
        }
        "fromDaysSinceYearZero32" => {
            strict(1, 1, |types| integers(types).map(|()| ChType::Date32), from_year_zero)
        }
        _ => None,
    }
}
