//! Times moved by units, and what lies between two times.

use super::{
    args::{
        bad, illegal, int, is_dynamic, is_number, is_temporal, is_text, strict, text, ty,
        wrap_nullable,
    },
    calendar::before_hours,
    compare::constant_value,
    dates::{boundaries, full_units, instant, unit_of},
    registry::Entry,
    time_floor::{counted, out_of_range, value_of},
    udf::{Call, Nulls, row_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::{ChType, IntervalUnit},
    value::{CALENDAR_SECONDS, Value, instant_at, local, zone_named, zone_of},
};
use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

/// The functions of this module.
pub(super) const NAMES: &[&str] = &[
    "addDate",
    "addDays",
    "addHours",
    "addMicroseconds",
    "addMilliseconds",
    "addMinutes",
    "addMonths",
    "addNanoseconds",
    "addQuarters",
    "addSeconds",
    "addWeeks",
    "addYears",
    "age",
    "changeDay",
    "changeHour",
    "changeMinute",
    "changeMonth",
    "changeSecond",
    "changeYear",
    "dateAdd",
    "dateDiff",
    "dateSub",
    "date_add",
    "date_sub",
    "subDate",
    "subtractDays",
    "subtractHours",
    "subtractMicroseconds",
    "subtractMilliseconds",
    "subtractMinutes",
    "subtractMonths",
    "subtractNanoseconds",
    "subtractQuarters",
    "subtractSeconds",
    "subtractWeeks",
    "subtractYears",
    "timeDiff",
    "timestamp_add",
    "timestamp_sub",
];

/// Type of a time moved by units, which may need more digits.
pub(super) fn shifted_type(first: &ChType, unit: IntervalUnit) -> SqlResult<ChType> {
    let scale = match unit {
        IntervalUnit::Nanosecond => 9,
        IntervalUnit::Microsecond => 6,
        IntervalUnit::Millisecond => 3,
        _ => 0,
    };
    Ok(match first {
        ChType::Date | ChType::Date32 if scale > 0 => return Err(illegal(first)),
        ChType::Date if unit < IntervalUnit::Day => ChType::DateTime(None),
        ChType::Date32 if unit < IntervalUnit::Day => ChType::DateTime64(3, None),
        ChType::DateTime(zone) if scale > 0 => ChType::DateTime64(scale, zone.clone()),
        ChType::DateTime64(held, zone) => ChType::DateTime64(scale.max(*held), zone.clone()),
        ChType::String => ChType::DateTime64(scale.max(3), None),
        ChType::Dynamic | ChType::Variant(_) => ChType::Dynamic,
        other if is_temporal(other) => other.clone(),
        other => return Err(illegal(other)),
    })
}

/// The first and the last second of the calendar, in which what is moved beyond stays.
fn calendar_end(forward: bool) -> NaiveDateTime {
    let (first, last) = (CALENDAR_SECONDS.start(), CALENDAR_SECONDS.end());
    let end = DateTime::from_timestamp(if forward { *last } else { *first }, 0);
    end.unwrap_or_default().naive_utc()
}

/// A time moved by years, within the years of the calendar.
fn moved_by_years(time: NaiveDateTime, years: i64) -> Option<NaiveDateTime> {
    let year = i64::from(time.year()).saturating_add(years).clamp(0, 9_999);
    let year = i32::try_from(year).ok()?;
    // The 29th of February is the 28th in other years.
    time.with_year(year).or_else(|| time.with_day(28)?.with_year(year))
}

/// A time moved by months, to the end of the calendar at most.
fn moved_by_months(time: NaiveDateTime, months: i64) -> Option<NaiveDateTime> {
    let by = u32::try_from(months.unsigned_abs()).ok().map(Months::new);
    let moved = by.and_then(|by| {
        if months < 0 { time.checked_sub_months(by) } else { time.checked_add_months(by) }
    });
    let end = calendar_end(months > 0).with_nanosecond(time.nanosecond());
    moved.filter(|time| (0..=9_999).contains(&time.year())).or(end)
}

/// A time moved by days: its clock shows the same, also at the end of the calendar.
fn moved_by_days(time: NaiveDateTime, days: i64) -> NaiveDateTime {
    let by = TimeDelta::try_days(days);
    let moved = by.and_then(|by| time.date().checked_add_signed(by));
    let moved = moved.filter(|date| (0..=9_999).contains(&date.year()));
    moved.unwrap_or_else(|| calendar_end(days > 0).date()).and_time(time.time())
}

/// An instant moved by units. Days and longer move what the zone's clocks show; a month's end stays within the month.
fn moved(from: DateTime<Utc>, zone: Tz, amount: i64, unit: IntervalUnit) -> Option<DateTime<Utc>> {
    let shown = || local(from, zone);
    let months = |each: i64| {
        moved_by_months(shown(), amount.saturating_mul(each)).map(|time| instant_at(time, zone))
    };
    let days =
        |each: i64| Some(instant_at(moved_by_days(shown(), amount.saturating_mul(each)), zone));
    let seconds =
        |each: i64| from.checked_add_signed(TimeDelta::try_seconds(amount.checked_mul(each)?)?);
    match unit {
        IntervalUnit::Year => moved_by_years(shown(), amount).map(|time| instant_at(time, zone)),
        IntervalUnit::Quarter => months(3),
        IntervalUnit::Month => months(1),
        IntervalUnit::Week => days(7),
        IntervalUnit::Day => days(1),
        IntervalUnit::Hour => seconds(3_600),
        IntervalUnit::Minute => seconds(60),
        IntervalUnit::Second => seconds(1),
        IntervalUnit::Millisecond => from.checked_add_signed(TimeDelta::try_milliseconds(amount)?),
        IntervalUnit::Microsecond => from.checked_add_signed(TimeDelta::microseconds(amount)),
        IntervalUnit::Nanosecond => from.checked_add_signed(TimeDelta::nanoseconds(amount)),
    }
}

/// A time of so many digits moved by a unit shorter than days: by counting ticks, as far as those go.
fn moved_by_ticks(
    from: &Value,
    amount: i64,
    unit: IntervalUnit,
    scale: u8,
) -> Option<SqlResult<Value>> {
    let each: i128 = match unit {
        IntervalUnit::Hour => 3_600_000_000_000,
        IntervalUnit::Minute => 60_000_000_000,
        IntervalUnit::Second => 1_000_000_000,
        IntervalUnit::Millisecond => 1_000_000,
        IntervalUnit::Microsecond => 1_000,
        IntervalUnit::Nanosecond => 1,
        _ => return None,
    };
    let Value::DateTime64(ticks, held) = from else { return None };
    let finer = 10_i128.pow(u32::from(scale.checked_sub(*held)?));
    let nanos_per_tick = 10_i128.pow(9 - u32::from(scale.min(9)));
    let moved = i128::from(*ticks) * finer + i128::from(amount) * each / nanos_per_tick;
    let ticks = i64::try_from(moved).map_err(|_| {
        SqlError::new(ChCode::DecimalOverflow, "The time has more ticks than 64 bits count")
    });
    Some(ticks.map(|ticks| Value::DateTime64(ticks, scale)))
}

/// `value + amount units` as a value of `ret`.
pub(crate) fn shift(
    value: &Value,
    amount: i128,
    unit: IntervalUnit,
    ret: &ChType,
) -> SqlResult<Value> {
    let from = match value {
        Value::String(text) => instant(value).ok_or_else(|| {
            SqlError::new(ChCode::CannotParseDatetime, format!("'{text}' is no date or time"))
        })?,
        other => instant(other).ok_or_else(out_of_range)?,
    };
    let zone = if matches!(value, Value::Date(_)) { Tz::UTC } else { zone_of(ret) };
    let amount = i64::try_from(amount).map_err(|_| out_of_range())?;
    if let ChType::DateTime64(scale, _) = ret.strip_nullable() {
        let held = value_of(from, zone, ret);
        let start = if matches!(value, Value::DateTime64(..)) { Ok(value.clone()) } else { held };
        if let Some(moved) = moved_by_ticks(&start?, amount, unit, *scale) {
            return moved;
        }
    }
    let moved = moved(from, zone, amount, unit).ok_or_else(out_of_range)?;
    if is_dynamic(ret.strip_nullable()) {
        let like = match value {
            Value::Date(_) if unit >= IntervalUnit::Day => ChType::Date,
            Value::DateTime64(_, scale) => ChType::DateTime64(*scale, None),
            Value::String(_) => ChType::DateTime64(3, None),
            _ => ChType::DateTime(None),
        };
        return value_of(moved, zone, &like);
    }
    value_of(moved, zone, ret)
}

/// The unit in a name such as `addDays`, and whether it subtracts.
pub(super) fn unit_in(name: &str) -> Option<(IntervalUnit, bool)> {
    let word = name.strip_prefix("add").map(|word| (word, false));
    let (word, negative) = word.or_else(|| Some((name.strip_prefix("subtract")?, true)))?;
    word.strip_suffix('s').and_then(unit_of).map(|unit| (unit, negative))
}

fn move_by_name(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (unit, negative) = unit_in(&call.name).unwrap_or((IntervalUnit::Day, false));
    let amount = int(args, 1);
    let from = args.first().unwrap_or(&Value::Null);
    shift(from, if negative { -amount } else { amount }, unit, &call.ret)
}

/// Functions whose shape depends on their arguments.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    if let Some((unit, _)) = unit_in(name) {
        counted(name, args, 2, 2)?;
        let types: Vec<&ChType> = args.iter().map(|arg| arg.ty.strip_nullable()).collect();
        let [first, amount] = types.as_slice() else { return Ok(None) };
        if **first == ChType::Nothing || **amount == ChType::Nothing {
            return Ok(Some(Typed::null()));
        }
        if !is_number(amount) || matches!(amount, ChType::Decimal(..)) {
            return Err(illegal(amount));
        }
        let ret = wrap_nullable(args, shifted_type(first, unit)?);
        return Ok(Some(row_call(name, args.to_vec(), ret, Nulls::Propagate, move_by_name)));
    }
    match name {
        "date_add" | "dateAdd" | "timestamp_add" | "addDate" | "date_sub" | "dateSub"
        | "timestamp_sub" | "subDate" => moved_by_interval(name, args).map(Some),
        "changeYear" | "changeMonth" | "changeDay" | "changeHour" | "changeMinute"
        | "changeSecond" => changed(name, args).map(Some),
        _ => Ok(None),
    }
}

/// `date_add(unit, n, time)` and `date_add(time, INTERVAL n unit)`.
fn moved_by_interval(name: &str, args: &[Typed]) -> SqlResult<Typed> {
    counted(name, args, 2, 3)?;
    let operator = if name.to_ascii_lowercase().contains("sub") { "subtract" } else { "add" };
    if let [unit, amount, time] = args {
        let word = constant_value(unit);
        let word = word.as_ref().and_then(Value::as_str).unwrap_or_default();
        let unit =
            unit_of(word).ok_or_else(|| bad(format!("{name}: '{word}' is no unit of time")))?;
        return super::registry::scalar(
            &format!("{operator}{unit:?}s"),
            vec![time.clone(), amount.clone()],
        );
    }
    let [time, interval] = args else { return Ok(Typed::null()) };
    let ChType::Interval(unit) = interval.ty.strip_nullable() else {
        return Err(illegal(&interval.ty));
    };
    let of = wrap_nullable(std::slice::from_ref(interval), ChType::Int(64));
    let amount = Typed::value(interval.clone().into_value(), of);
    super::registry::scalar(&format!("{operator}{unit:?}s"), vec![time.clone(), amount])
}

/// A time with one of its parts replaced; what does not fit carries over, as in ClickHouse.
fn changed(name: &str, args: &[Typed]) -> SqlResult<Typed> {
    counted(name, args, 2, 2)?;
    let first = args.first().map_or(&ChType::Nothing, |arg| arg.ty.strip_nullable());
    let part = args.get(1).map_or(&ChType::Nothing, |arg| arg.ty.strip_nullable());
    if !super::args::is_integer(part) {
        return Err(illegal(part));
    }
    let within_day = matches!(name, "changeHour" | "changeMinute" | "changeSecond");
    let ret = match first {
        ChType::Date if within_day => ChType::DateTime(None),
        ChType::Date32 if within_day => ChType::DateTime64(3, None),
        other if is_temporal(other) && !is_dynamic(other) => other.clone(),
        other => return Err(illegal(other)),
    };
    let ret = wrap_nullable(args, ret);
    Ok(row_call(name, args.to_vec(), ret, Nulls::Propagate, |call, args| {
        let zone = zone_of(&call.ret);
        let from = args.first().and_then(instant).ok_or_else(out_of_range)?;
        let time =
            replaced(&call.name, local(from, zone), int(args, 1)).ok_or_else(out_of_range)?;
        value_of(instant_at(time, zone), zone, &call.ret)
    }))
}

fn replaced(name: &str, time: NaiveDateTime, part: i128) -> Option<NaiveDateTime> {
    let part = i64::try_from(part).ok()?;
    let date = time.date();
    let carried = |year: i32, month: u32, day: i64| {
        let first = NaiveDate::from_ymd_opt(year, month, 1)?;
        Some(first.checked_add_signed(TimeDelta::try_days(day - 1)?)?.and_time(time.time()))
    };
    let clock = |now: u32, each: i64| {
        time.checked_add_signed(TimeDelta::try_seconds((part - i64::from(now)).checked_mul(each)?)?)
    };
    match name {
        "changeYear" => carried(i32::try_from(part).ok()?, date.month(), date.day().into()),
        "changeMonth" if (1..=12).contains(&part) => {
            carried(date.year(), u32::try_from(part).ok()?, date.day().into())
        }
        "changeDay" if (1..=31).contains(&part) => carried(date.year(), date.month(), part),
        "changeHour" if (0..24).contains(&part) => clock(time.hour(), 3_600),
        "changeMinute" if (0..60).contains(&part) => clock(time.minute(), 60),
        "changeSecond" if (0..60).contains(&part) => clock(time.second(), 1),
        _ => None,
    }
}

fn between_type(types: &[ChType]) -> SqlResult<ChType> {
    if !is_text(ty(types, 0)) {
        return Err(illegal(ty(types, 0)));
    }
    let times = types.get(1..3).unwrap_or_default();
    match times.iter().find(|ty| !is_temporal(ty)).or(types.get(3).filter(|ty| !is_text(ty))) {
        Some(other) => Err(illegal(other)),
        None => Ok(ChType::Int(64)),
    }
}

/// `dateDiff` counts the beginnings of units between two times, `age` the full units.
fn between(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let word = text(args, 0);
    let unit =
        unit_of(&word).ok_or_else(|| bad(format!("{}: '{word}' is no unit of time", call.name)))?;
    let wanted = match args.get(3) {
        Some(Value::String(name)) => Some(zone_named(name)?),
        _ => None,
    };
    let at = |place: usize| {
        let value = args.get(place)?;
        let time = instant(value)?;
        let zone = wanted.unwrap_or_else(|| call.args.get(place).map_or(Tz::UTC, zone_of));
        // Clocks decide where days of the zone begin; hours pass however they are set.
        match unit {
            _ if matches!(value, Value::Date(_)) => Some(time),
            IntervalUnit::Hour => {
                time.checked_add_signed(TimeDelta::try_seconds(before_hours(zone))?)
            }
            _ if unit < IntervalUnit::Day => Some(time),
            _ => Some(local(time, zone).and_utc()),
        }
    };
    let (a, b) = at(1).zip(at(2)).ok_or_else(|| {
        SqlError::new(ChCode::IllegalTypeOfArgument, format!("{} takes dates or times", call.name))
    })?;
    let count = match (call.name.as_str(), unit) {
        ("age", IntervalUnit::Week) => full_weeks(a, b),
        ("age", _) => full_units(unit, a, b),
        _ => boundaries(unit, a, b),
    };
    Ok(Value::Int(count.into()))
}

/// Weeks of an age. A week that is not full does not count; ClickHouse finds that out by the weekdays in the order of the
/// arguments and by the clock in the order of time, also where they go back, and in one hour by the clock alone.
fn full_weeks(a: DateTime<Utc>, b: DateTime<Utc>) -> i64 {
    let (earlier, later) = if a <= b { (a, b) } else { (b, a) };
    let day = |t: DateTime<Utc>| t.weekday().num_days_from_monday();
    let in_one_hour = earlier.hour() == later.hour();
    let incomplete =
        day(a) > day(b) || ((day(a) == day(b) || in_one_hour) && earlier.time() > later.time());
    let towards_zero = if a <= b { -1 } else { 1 };
    boundaries(IntervalUnit::Week, a, b) + towards_zero * i64::from(incomplete)
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "dateDiff" | "age" => strict(3, 4, between_type, between),
        "timeDiff" => strict(
            2,
            2,
            |types| match types.iter().find(|ty| !is_temporal(ty)) {
                Some(other) => Err(illegal(other)),
                None => Ok(ChType::Int(64)),
            },
            |_, args| {
                let seconds =
                    |place: usize| args.get(place).and_then(instant).map(|t| t.timestamp());
                let (a, b) = seconds(0).zip(seconds(1)).ok_or_else(out_of_range)?;
                Ok(Value::Int((b - a).into()))
            },
        ),
        _ => None,
    }
}
