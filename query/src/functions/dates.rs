//! Dates and times as text and as instants, and what lies between two of them.

use crate::{
    types::IntervalUnit,
    value::{Value, instant_at},
};
use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::Tz;

/// `YYYY-MM-DD` (also with other signs between, or none), alone or before a time that a space separates.
pub(super) fn parse_date(text: &str) -> Option<i32> {
    let (date, time) = text.split_once(' ').map_or((text, None), |(date, time)| (date, Some(time)));
    if time.is_some_and(|time| !time.starts_with(|c: char| c.is_ascii_digit())) {
        return None;
    }
    let compact = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = if compact {
        vec![date.get(..4)?, date.get(4..6)?, date.get(6..)?]
    } else {
        date.split(['-', '/', '.']).collect()
    };
    let [year, month, day] = parts.as_slice() else { return None };
    let sized = year.len() == 4 && (1..=2).contains(&month.len()) && (1..=2).contains(&day.len());
    let digits = parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    (sized && digits).then(|| date.to_epoch_days())
}

/// `YYYY-MM-DD hh:mm:ss` with a fraction, ISO with `T` and `Z`, a date alone, or seconds since 1970, in ticks of 10^-scale
/// seconds. Without an offset it is what the clocks of the zone show.
pub(super) fn parse_datetime64(text: &str, scale: u8, zone: Tz) -> Option<i64> {
    let unit = 10_i64.checked_pow(u32::from(scale))?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.len() >= 5 && is_digits(whole) && is_digits(fraction) {
        let fraction: String =
            fraction.chars().chain(std::iter::repeat('0')).take(usize::from(scale)).collect();
        let fraction: i64 = if scale == 0 { 0 } else { fraction.parse().ok()? };
        return whole.parse::<i64>().ok()?.checked_mul(unit)?.checked_add(fraction);
    }
    let instant = moment(text, zone)?;
    let fraction =
        i64::from(instant.timestamp_subsec_nanos()) / 10_i64.pow(9 - u32::from(scale.min(9)));
    instant.timestamp().checked_mul(unit)?.checked_add(fraction)
}

fn moment(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
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
        .map(|shown| instant_at(shown, zone))
}

/// A time as an instant.
pub(super) fn instant(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::Date(days) => DateTime::from_timestamp(i64::from(*days) * 86_400, 0),
        Value::DateTime(seconds) => DateTime::from_timestamp(*seconds, 0),
        Value::DateTime64(ticks, scale) => {
            let unit = 10_i64.pow(u32::from(*scale));
            let nanos = ticks.rem_euclid(unit) * 10_i64.pow(9 - u32::from((*scale).min(9)));
            let time = DateTime::from_timestamp(ticks.div_euclid(unit), u32::try_from(nanos).ok()?);
            // What no calendar holds is its end.
            let end = || {
                if *ticks < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC }
            };
            Some(time.unwrap_or_else(end))
        }
        Value::String(text) => moment(text, Tz::UTC),
        Value::Int(seconds) => DateTime::from_timestamp(i64::try_from(*seconds).ok()?, 0),
        _ => None,
    }
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
