//! Time zones. Instants are UTC inside; the zone of a type says how they are read and printed.

use super::Value;
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
};
use chrono::{DateTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use std::ops::RangeInclusive;

/// The zone of a name.
///
/// # Errors
/// `BAD_ARGUMENTS`, if there is none.
pub(crate) fn zone_named(name: &str) -> SqlResult<Tz> {
    name.parse().map_err(|_| {
        SqlError::new(
            ChCode::BadArguments,
            format!("The time zone '{name}' is unknown; use a name such as 'Europe/Berlin'"),
        )
    })
}

/// The zone of a type's times; UTC without one.
pub(crate) fn zone_of(ty: &ChType) -> Tz {
    match ty.strip_nullable() {
        ChType::DateTime(Some(zone)) | ChType::DateTime64(_, Some(zone)) => {
            zone.parse().unwrap_or(Tz::UTC)
        }
        _ => Tz::UTC,
    }
}

/// Seconds since 1970 of the years that calendars have: 0 to 9999.
pub(crate) const CALENDAR_SECONDS: RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

/// What clocks of the zone show. Before and after the years of calendars they stand still, but for fractions.
pub(crate) fn local(time: DateTime<Utc>, zone: Tz) -> NaiveDateTime {
    let utc = time.naive_utc();
    // At the very ends of what a time can be, clocks show UTC.
    let shown = utc.checked_add_offset(zone.offset_from_utc_datetime(&utc).fix()).unwrap_or(utc);
    let seconds = shown.and_utc().timestamp();
    let within = seconds.clamp(*CALENDAR_SECONDS.start(), *CALENDAR_SECONDS.end());
    if within == seconds {
        return shown;
    }
    DateTime::from_timestamp(within, shown.nanosecond()).map_or(shown, |end| end.naive_utc())
}

/// Seconds that clocks of the zone are ahead of UTC.
pub(crate) fn offset_seconds(time: DateTime<Utc>, zone: Tz) -> i32 {
    zone.offset_from_utc_datetime(&time.naive_utc()).fix().local_minus_utc()
}

/// The instant at which clocks of the zone show a time: the first of two, and in a gap as before it.
pub(crate) fn instant_at(local: NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let found = zone.from_local_datetime(&local).earliest().map(|time| time.to_utc());
    found.unwrap_or_else(|| {
        let before = local.checked_sub_signed(TimeDelta::hours(3)).unwrap_or(local);
        let ahead = zone.offset_from_utc_datetime(&before).fix().local_minus_utc();
        let shifted = local.checked_sub_signed(TimeDelta::seconds(ahead.into()));
        shifted.unwrap_or(local).and_utc()
    })
}

/// Whether values of a type print otherwise than they are.
fn is_special(ty: &ChType) -> bool {
    match ty {
        ChType::Float(32) => true,
        ChType::DateTime(Some(_)) | ChType::DateTime64(_, Some(_)) => zone_of(ty) != Tz::UTC,
        ChType::Nullable(inner) | ChType::Array(inner) => is_special(inner),
        ChType::Tuple(fields) => fields.iter().any(|(_, ty)| is_special(ty)),
        ChType::Map(key, value) => is_special(key) || is_special(value),
        _ => false,
    }
}

/// The value as it prints: times as the clocks of their zones show them, and Float32 with the digits that it needs.
pub(crate) fn printable(value: Value, ty: &ChType) -> Value {
    if is_special(ty) { shifted(value, ty) } else { value }
}

fn shifted(value: Value, ty: &ChType) -> Value {
    let ahead = |seconds: i64| {
        let time = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        i64::from(offset_seconds(time, zone_of(ty)))
    };
    match (value, ty.strip_nullable()) {
        #[expect(clippy::cast_possible_truncation, reason = "the value is a Float32")]
        (Value::Float(float), ChType::Float(32)) => {
            Value::Float((float as f32).to_string().parse().unwrap_or(float))
        }
        (Value::DateTime(seconds), _) => Value::DateTime(seconds.saturating_add(ahead(seconds))),
        (Value::DateTime64(ticks, scale), _) => {
            let unit = 10_i64.pow(u32::from(scale.min(9)));
            let ahead = ahead(ticks.div_euclid(unit)).saturating_mul(unit);
            Value::DateTime64(ticks.saturating_add(ahead), scale)
        }
        (Value::Array(items), ChType::Array(item)) => {
            Value::Array(items.into_iter().map(|value| shifted(value, item)).collect())
        }
        (Value::Tuple(items), ChType::Tuple(fields)) => {
            let fields = fields.iter().map(|(_, ty)| ty);
            Value::Tuple(items.into_iter().zip(fields).map(|(v, ty)| shifted(v, ty)).collect())
        }
        (Value::Map(pairs), ChType::Map(key, item)) => Value::Map(
            pairs.into_iter().map(|(k, v)| (shifted(k, key), shifted(v, item))).collect(),
        ),
        (other, _) => other,
    }
}
