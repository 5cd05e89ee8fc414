//! Times from their parts, from numbers, from the clock, and in other zones.

use super::{
    args::{all, bad, illegal, int, is_integer, is_number, is_text, strict, wrap_nullable},
    compare::constant_value,
    dates::{instant, unit_of},
    registry::{Entry, constant, scalar},
    time_floor::{counted, out_of_range, value_of, zone_name},
    udf::{Call, Kernel, Nulls, row_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::{ChType, IntervalUnit},
    value::{Value, instant_at, local, zone_named, zone_of},
};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

/// The functions of this module.
pub(super) const NAMES: &[&str] = &[
    "UTCTimestamp",
    "YYYYMMDDToDate",
    "YYYYMMDDToDate32",
    "YYYYMMDDhhmmssToDateTime",
    "YYYYMMDDhhmmssToDateTime64",
    "fromUTCTimestamp",
    "fromUnixTimestamp",
    "fromUnixTimestamp64Micro",
    "fromUnixTimestamp64Milli",
    "fromUnixTimestamp64Nano",
    "fromUnixTimestamp64Second",
    "fromUnixTimestampInJodaSyntax",
    "makeDate",
    "makeDate32",
    "makeDateTime",
    "makeDateTime64",
    "now",
    "now64",
    "toInterval",
    "toIntervalDay",
    "toIntervalHour",
    "toIntervalMicrosecond",
    "toIntervalMillisecond",
    "toIntervalMinute",
    "toIntervalMonth",
    "toIntervalNanosecond",
    "toIntervalQuarter",
    "toIntervalSecond",
    "toIntervalWeek",
    "toIntervalYear",
    "toTimeWithFixedDate",
    "toTimeZone",
    "toUTCTimestamp",
    "today",
    "yesterday",
];

/// The years that a Date holds, and the last day of them.
const DATE_YEARS: std::ops::RangeInclusive<i128> = 1970..=2149;
const DATE_LAST: i32 = 65_535;

/// A day of parts; days and months that do not fit carry over where ClickHouse lets them.
fn day_of(year: i128, month: i128, day: i128) -> Option<NaiveDate> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let first = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, u32::try_from(month).ok()?, 1)?;
    first.checked_add_signed(TimeDelta::try_days(i64::try_from(day - 1).ok()?)?)
}

fn day_of_year(year: i128, day: i128) -> Option<NaiveDate> {
    if !(1..=365 + i128::from(year % 4 == 0)).contains(&day) {
        return None;
    }
    NaiveDate::from_yo_opt(i32::try_from(year).ok()?, u32::try_from(day).ok()?)
}

/// A day in the range of its type; others are the first day of all.
fn made(date: Option<NaiveDate>, ty: &ChType) -> Value {
    let days = date.map(|date| date.to_epoch_days());
    let wide = *ty.strip_nullable() == ChType::Date32;
    Value::Date(days.filter(|days| wide || (0..=DATE_LAST).contains(days)).unwrap_or(0))
}

fn make_date(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let year = int(args, 0);
    let wide = *call.ret.strip_nullable() == ChType::Date32;
    let date = match args.len() {
        _ if !wide && !DATE_YEARS.contains(&year) => None,
        2 => day_of_year(year, int(args, 1)),
        _ => day_of(year, int(args, 1), int(args, 2)),
    };
    Ok(made(date, &call.ret))
}

fn date_of_digits(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let digits = int(args, 0);
    Ok(made(day_of(digits / 10_000, digits / 100 % 100, digits % 100), &call.ret))
}

/// A time of what clocks show; hours and minutes that do not fit carry over.
fn clock(date: Option<NaiveDate>, seconds: i128) -> Option<NaiveDateTime> {
    let seconds = TimeDelta::try_seconds(i64::try_from(seconds).ok()?)?;
    date?.and_time(NaiveTime::MIN).checked_add_signed(seconds)
}

fn seconds_of(hour: i128, minute: i128, second: i128) -> i128 {
    hour.saturating_mul(3_600).saturating_add(minute.saturating_mul(60)).saturating_add(second)
}

/// Of parts or of digits, with a fraction that the type says the unit of.
fn make_time(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let zone = zone_of(&call.ret);
    let (date, seconds) = if call.name.starts_with("make") {
        (
            day_of(int(args, 0), int(args, 1), int(args, 2)),
            seconds_of(int(args, 3), int(args, 4), int(args, 5)),
        )
    } else {
        let digits = int(args, 0);
        let (date, time) = (digits / 1_000_000, digits % 1_000_000);
        let seconds = seconds_of(time / 10_000, time / 100 % 100, time % 100);
        (day_of(date / 10_000, date / 100 % 100, date % 100), seconds)
    };
    let shown = clock(date, seconds);
    let time = shown.map(|shown| instant_at(shown, zone));
    let fraction = if call.name == "makeDateTime64" { int(args, 6) } else { 0 };
    match value_of(time.unwrap_or_default(), zone, &call.ret)? {
        Value::DateTime64(ticks, scale) => {
            let fraction = i64::try_from(fraction).unwrap_or(0);
            Ok(Value::DateTime64(ticks.saturating_add(fraction), scale))
        }
        other => Ok(other),
    }
}

/// A constant number of digits of a fraction.
fn scale_at(args: &[Typed], at: usize, otherwise: u8) -> SqlResult<u8> {
    let Some(arg) = args.get(at) else { return Ok(otherwise) };
    let scale = constant_value(arg).and_then(|value| value.as_int());
    let scale = scale.ok_or_else(|| illegal(&arg.ty))?;
    u8::try_from(scale).ok().filter(|scale| *scale <= 9).ok_or_else(|| {
        SqlError::new(
            ChCode::ArgumentOutOfBound,
            format!("A time has 0 to 9 digits of a fraction, not {scale}"),
        )
    })
}

/// The function, after a check that its first arguments are numbers.
fn of_numbers(
    name: &str,
    args: &[Typed],
    numbers: usize,
    ret: ChType,
    kernel: Kernel,
) -> SqlResult<Typed> {
    let types: Vec<ChType> =
        args.iter().take(numbers).map(|arg| arg.ty.strip_nullable().clone()).collect();
    if types.contains(&ChType::Nothing) {
        return Ok(Typed::null());
    }
    all(&types, is_number)?;
    let ret = wrap_nullable(args, ret);
    Ok(row_call(name, args.to_vec(), ret, Nulls::Propagate, kernel))
}

fn interval_unit(name: &str) -> Option<IntervalUnit> {
    name.strip_prefix("toInterval").filter(|word| !word.is_empty()).and_then(unit_of)
}

fn interval(args: &[Typed], unit: IntervalUnit) -> SqlResult<Typed> {
    let Some(amount) = args.first() else { return Err(illegal(&ChType::Nothing)) };
    if *amount.ty.strip_nullable() == ChType::Nothing {
        return Ok(Typed::null());
    }
    let number = super::convert::cast(amount.clone(), &wrap_nullable(args, ChType::Int(64)))?;
    Ok(Typed::value(number.into_value(), wrap_nullable(args, ChType::Interval(unit))))
}

/// Functions whose shape depends on their arguments.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    if let Some(unit) = interval_unit(name) {
        counted(name, args, 1, 1)?;
        return interval(args, unit).map(Some);
    }
    Ok(Some(match name {
        "makeDate" | "makeDate32" => {
            counted(name, args, 2, 3)?;
            let ret = if name == "makeDate" { ChType::Date } else { ChType::Date32 };
            of_numbers(name, args, 3, ret, make_date)?
        }
        "YYYYMMDDToDate" | "YYYYMMDDToDate32" => {
            counted(name, args, 1, 1)?;
            let ret = if name.ends_with("32") { ChType::Date32 } else { ChType::Date };
            of_numbers(name, args, 1, ret, date_of_digits)?
        }
        "makeDateTime" => {
            counted(name, args, 6, 7)?;
            of_numbers(name, args, 6, ChType::DateTime(named_zone(args, 6)?), make_time)?
        }
        "makeDateTime64" => {
            counted(name, args, 6, 9)?;
            let ret = ChType::DateTime64(scale_at(args, 7, 3)?, named_zone(args, 8)?);
            of_numbers(name, args, 7, ret, make_time)?
        }
        "YYYYMMDDhhmmssToDateTime" => {
            counted(name, args, 1, 2)?;
            of_numbers(name, args, 1, ChType::DateTime(named_zone(args, 1)?), make_time)?
        }
        "YYYYMMDDhhmmssToDateTime64" => {
            counted(name, args, 1, 3)?;
            let ret = ChType::DateTime64(scale_at(args, 1, 3)?, named_zone(args, 2)?);
            of_numbers(name, args, 1, ret, make_time)?
        }
        "now" | "UTCTimestamp" => {
            counted(name, args, 0, 1)?;
            let zone = if name == "now" { named_zone(args, 0)? } else { Some("UTC".to_owned()) };
            constant(&Value::DateTime(Utc::now().timestamp()), &ChType::DateTime(zone))?
        }
        "now64" => {
            counted(name, args, 0, 2)?;
            let ty = ChType::DateTime64(scale_at(args, 0, 3)?, named_zone(args, 1)?);
            constant(&value_of(Utc::now(), chrono_tz::Tz::UTC, &ty)?, &ty)?
        }
        "today" | "yesterday" => {
            counted(name, args, 0, 0)?;
            let days = Utc::now().date_naive().to_epoch_days() - i32::from(name == "yesterday");
            constant(&Value::Date(days), &ChType::Date)?
        }
        "toInterval" => {
            counted(name, args, 2, 2)?;
            let word = args.get(1).and_then(constant_value);
            let word = word.as_ref().and_then(Value::as_str).unwrap_or_default();
            interval(
                args,
                unit_of(word).ok_or_else(|| bad(format!("'{word}' is no unit of time")))?,
            )?
        }
        "fromUnixTimestamp" | "fromUnixTimestampInJodaSyntax" => from_seconds(name, args)?,
        "fromUnixTimestamp64Second"
        | "fromUnixTimestamp64Milli"
        | "fromUnixTimestamp64Micro"
        | "fromUnixTimestamp64Nano"
            if args.len() == 2 =>
        {
            let ty = args.first().map_or(&ChType::Nothing, |arg| arg.ty.strip_nullable());
            if !is_integer(ty) {
                return Err(illegal(ty));
            }
            let ret = wrap_nullable(args, ChType::DateTime64(scale_of(name), named_zone(args, 1)?));
            row_call(name, args.to_vec(), ret, Nulls::Propagate, from_ticks)
        }
        "toTimeZone" => in_zone(name, args)?,
        "toUTCTimestamp" | "fromUTCTimestamp" => utc(name, args)?,
        _ => return Ok(None),
    }))
}

/// The zone that an argument names; none without the argument.
fn named_zone(args: &[Typed], at: usize) -> SqlResult<Option<String>> {
    if args.len() > at { zone_name(args, at) } else { Ok(None) }
}

/// `fromUnixTimestamp(n)` is a time, with a format it is text.
fn from_seconds(name: &str, args: &[Typed]) -> SqlResult<Typed> {
    counted(name, args, 1, 3)?;
    let Some(number) = args.first() else { return Ok(Typed::null()) };
    let ty = number.ty.strip_nullable();
    if *ty == ChType::Nothing {
        return Ok(Typed::null());
    }
    if !is_integer(ty) {
        return Err(illegal(ty));
    }
    let ret = wrap_nullable(args, ChType::DateTime(None));
    let time =
        row_call("fromUnixTimestamp", vec![number.clone()], ret, Nulls::Propagate, |_, args| {
            Ok(Value::DateTime(i64::try_from(int(args, 0)).map_err(|_| out_of_range())?))
        });
    let joda = name.ends_with("JodaSyntax");
    let rest = args.get(1..).unwrap_or_default();
    if rest.is_empty() && !joda {
        return Ok(time);
    }
    let format = if joda { "formatDateTimeInJodaSyntax" } else { "formatDateTime" };
    scalar(format, [&[time], rest].concat())
}

fn scale_of(name: &str) -> u8 {
    match name {
        "fromUnixTimestamp64Milli" => 3,
        "fromUnixTimestamp64Micro" => 6,
        "fromUnixTimestamp64Nano" => 9,
        _ => 0,
    }
}

fn from_ticks(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let ticks = i64::try_from(int(args, 0)).map_err(|_| out_of_range())?;
    Ok(Value::DateTime64(ticks, scale_of(&call.name)))
}

fn time_type(args: &[Typed]) -> SqlResult<&ChType> {
    match args.first().map(|arg| arg.ty.strip_nullable()) {
        Some(time @ (ChType::DateTime(_) | ChType::DateTime64(..))) => Ok(time),
        other => Err(illegal(other.unwrap_or(&ChType::Nothing))),
    }
}

/// The same instant, which prints as the clocks of another zone.
fn in_zone(name: &str, args: &[Typed]) -> SqlResult<Typed> {
    counted(name, args, 2, 2)?;
    let zone = named_zone(args, 1)?;
    let ret = match time_type(args)? {
        ChType::DateTime64(scale, _) => ChType::DateTime64(*scale, zone),
        _ => ChType::DateTime(zone),
    };
    let ret = wrap_nullable(args, ret);
    let Some(time) = args.first() else { return Ok(Typed::null()) };
    Ok(Typed::value(time.clone().into_value(), ret))
}

/// A time that clocks of a zone show as UTC shows it, and the other way round.
fn utc(name: &str, args: &[Typed]) -> SqlResult<Typed> {
    counted(name, args, 2, 2)?;
    let ret = match time_type(args)? {
        ChType::DateTime64(scale, _) => ChType::DateTime64(*scale, None),
        _ => ChType::DateTime(None),
    };
    if let Some(zone) = args.get(1).filter(|arg| !is_text(arg.ty.strip_nullable())) {
        return Err(illegal(&zone.ty));
    }
    let ret = wrap_nullable(args, ret);
    Ok(row_call(name, args.to_vec(), ret, Nulls::Propagate, |call, args| {
        let zone = zone_named(&super::args::text(args, 1))?;
        let time = args.first().and_then(instant).ok_or_else(out_of_range)?;
        let moved = if call.name == "toUTCTimestamp" {
            instant_at(time.naive_utc(), zone)
        } else {
            local(time, zone).and_utc()
        };
        value_of(moved, chrono_tz::Tz::UTC, &call.ret)
    }))
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    macro_rules! ticks {
        ($scale:literal) => {
            strict(
                1,
                1,
                |types| all(types, is_integer).map(|()| ChType::DateTime64($scale, None)),
                from_ticks,
            )
        };
    }
    match name {
        "fromUnixTimestamp64Second" => ticks!(0),
        "fromUnixTimestamp64Milli" => ticks!(3),
        "fromUnixTimestamp64Micro" => ticks!(6),
        "fromUnixTimestamp64Nano" => ticks!(9),
        "toTimeWithFixedDate" => strict(
            1,
            2,
            |types| super::calendar::clock(types).map(|()| ChType::DateTime(None)),
            |call, args| {
                let zone = super::calendar::zone_at(call, args, 1)?;
                let clock = local(super::calendar::time(args)?, zone).time();
                let day = NaiveDate::from_epoch_days(1).unwrap_or_default();
                Ok(Value::DateTime(instant_at(day.and_time(clock), zone).timestamp()))
            },
        ),
        _ => None,
    }
}
