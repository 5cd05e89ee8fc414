//! Functions of times on the clocks of UTC; other zones need their history.

use super::civil::{SECONDS_PER_DAY, civil, day_of, days};
use crate::{
    functions::{time_floor::unit_and_count, udf::Call},
    types::{ChType, IntervalUnit},
    value::{CALENDAR_SECONDS, zone_of},
};
use chrono_tz::Tz;
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, PrimitiveArray},
        datatypes::{
            ArrowPrimitiveType, DataType, Date32Type, TimeUnit, TimestampMicrosecondType,
            TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
            UInt16Type, UInt32Type,
        },
    },
    common::ScalarValue,
};
use std::sync::Arc;

/// Times whose units all begin within DateTime: from ten days after 1970 to the end of 32 bits.
const PLAIN_SECONDS: std::ops::RangeInclusive<i64> = 10 * SECONDS_PER_DAY..=0xFFFF_FFFF;
/// What stands for a NULL, far from both ends.
const UNDER_NULL: i64 = 1_000_000_000;

pub(super) fn of(call: &Call, column: &ArrayRef, constants: &[&ScalarValue]) -> Option<ArrayRef> {
    if zone_of(call.args.first()?) != Tz::UTC || zone_of(&call.ret) != Tz::UTC {
        return None;
    }
    match (call.name.as_str(), constants) {
        ("toHour", []) => time_part::<UInt8Type>(column, |s| s.rem_euclid(SECONDS_PER_DAY) / 3_600),
        ("toMinute", []) => time_part::<UInt8Type>(column, |s| s.rem_euclid(3_600) / 60),
        ("toSecond", []) => time_part::<UInt8Type>(column, |s| s.rem_euclid(60)),
        ("toDayOfWeek", []) => time_part::<UInt8Type>(column, |s| (days(s) + 3).rem_euclid(7) + 1),
        ("toYear", []) => time_part::<UInt16Type>(column, |s| civil(days(s)).0),
        ("toMonth", []) => time_part::<UInt8Type>(column, |s| civil(days(s)).1),
        ("toDayOfMonth", []) => time_part::<UInt8Type>(column, |s| civil(days(s)).2),
        ("toYYYYMM", []) => time_part::<UInt32Type>(column, |s| {
            let (year, month, _) = civil(days(s));
            year * 100 + month
        }),
        ("toYYYYMMDD", []) => time_part::<UInt32Type>(column, |s| {
            let (year, month, day) = civil(days(s));
            (year * 100 + month) * 100 + day
        }),
        ("CAST", []) if *call.ret.strip_nullable() == ChType::Date => floored(call, column, |s| s),
        ("toUnixTimestamp", []) => {
            plain_seconds(column).map(|_| ())?;
            time_part::<UInt32Type>(column, |s| s)
        }
        // Weeks of this function begin on Sunday.
        ("toStartOfWeek", []) => {
            floored(call, column, |s| (days(s) - (days(s) + 4).rem_euclid(7)) * SECONDS_PER_DAY)
        }
        ("toStartOfInterval", [count]) => {
            let ChType::Interval(unit) = call.args.get(1)?.strip_nullable() else { return None };
            let count = i64::try_from(crate::functions::args::scalar_int(count)?).ok()?;
            floored_to(call, column, *unit, count)
        }
        (name, []) => {
            let (unit, count) = unit_and_count(name)?;
            floored_to(call, column, unit, count)
        }
        _ => None,
    }
}

/// The beginning of `count` units, as `time_floor` finds it.
fn floored_to(call: &Call, column: &ArrayRef, unit: IntervalUnit, count: i64) -> Option<ArrayRef> {
    if !(1..=10_000).contains(&count) {
        return None;
    }
    let of_seconds = |s: i64, size: i64| s.div_euclid(size) * size;
    match unit {
        IntervalUnit::Second => floored(call, column, |s| of_seconds(s, count)),
        IntervalUnit::Minute => floored(call, column, |s| of_seconds(s, 60 * count)),
        // Hours count from midnight.
        IntervalUnit::Hour => floored(call, column, |s| {
            let midnight = of_seconds(s, SECONDS_PER_DAY);
            midnight + of_seconds(s - midnight, 3_600 * count)
        }),
        IntervalUnit::Day => floored(call, column, |s| of_seconds(s, SECONDS_PER_DAY * count)),
        // 1970-01-05 was a Monday.
        IntervalUnit::Week => floored(call, column, |s| {
            ((days(s) - 4).div_euclid(7 * count) * 7 * count + 4) * SECONDS_PER_DAY
        }),
        IntervalUnit::Month => floored(call, column, |s| start_of_months(s, count)),
        IntervalUnit::Quarter => floored(call, column, |s| start_of_months(s, 3 * count)),
        IntervalUnit::Year => floored(call, column, |s| {
            day_of(civil(days(s)).0.div_euclid(count) * count, 1) * SECONDS_PER_DAY
        }),
        IntervalUnit::Millisecond | IntervalUnit::Microsecond | IntervalUnit::Nanosecond => None,
    }
}

/// The beginning of the month that is a multiple of `count` since 1900.
fn start_of_months(seconds: i64, count: i64) -> i64 {
    let (year, month, _) = civil(days(seconds));
    let months = ((year - 1_900) * 12 + month - 1).div_euclid(count) * count;
    day_of(1_900 + months.div_euclid(12), months.rem_euclid(12) + 1) * SECONDS_PER_DAY
}

/// Seconds made of seconds, as the DateTime or Date of the call's result.
fn floored(call: &Call, column: &ArrayRef, floor: impl Fn(i64) -> i64) -> Option<ArrayRef> {
    let starts: Vec<i64> = plain_seconds(column)?.into_iter().map(floor).collect();
    if starts.iter().any(|start| *start < 0) {
        return None;
    }
    let nulls = column.nulls().cloned();
    match call.ret.arrow() {
        DataType::Date32 => {
            let days = starts.into_iter().map(|s| i32::try_from(days(s)).unwrap_or_default());
            let days: Vec<i32> = days.collect();
            Some(Arc::new(PrimitiveArray::<Date32Type>::new(days.into(), nulls)))
        }
        DataType::Timestamp(TimeUnit::Second, None) => {
            Some(Arc::new(PrimitiveArray::<TimestampSecondType>::new(starts.into(), nulls)))
        }
        _ => None,
    }
}

/// Whole seconds since 1970, anything for NULL; nothing, if one is out of the plain range.
pub(super) fn plain_seconds(column: &ArrayRef) -> Option<Vec<i64>> {
    let DataType::Timestamp(unit, None) = column.data_type() else { return None };
    let of = |ticks: &[i64], per_second: i64| -> Option<Vec<i64>> {
        let plain = |(row, ticks): (usize, &i64)| {
            if column.is_null(row) {
                return Some(UNDER_NULL);
            }
            Some(ticks.div_euclid(per_second)).filter(|s| PLAIN_SECONDS.contains(s))
        };
        ticks.iter().enumerate().map(plain).collect()
    };
    match unit {
        TimeUnit::Second => of(column.as_primitive::<TimestampSecondType>().values(), 1),
        TimeUnit::Millisecond => {
            of(column.as_primitive::<TimestampMillisecondType>().values(), 1_000)
        }
        TimeUnit::Microsecond => {
            of(column.as_primitive::<TimestampMicrosecondType>().values(), 1_000_000)
        }
        TimeUnit::Nanosecond => {
            of(column.as_primitive::<TimestampNanosecondType>().values(), 1_000_000_000)
        }
    }
}

/// A part of times, from seconds since 1970.
fn time_part<T>(column: &ArrayRef, part: impl Fn(i64) -> i64) -> Option<ArrayRef>
where
    T: ArrowPrimitiveType,
    T::Native: TryFrom<i64> + Default,
{
    let DataType::Timestamp(unit, None) = column.data_type() else { return None };
    let of = |ticks: i64, per_second: i64| {
        // Beyond their years calendars stand still.
        let seconds = ticks.div_euclid(per_second);
        let seconds = seconds.clamp(*CALENDAR_SECONDS.start(), *CALENDAR_SECONDS.end());
        T::Native::try_from(part(seconds)).unwrap_or_default()
    };
    let parts: PrimitiveArray<T> = match unit {
        TimeUnit::Second => column.as_primitive::<TimestampSecondType>().unary(|t| of(t, 1)),
        TimeUnit::Millisecond => {
            column.as_primitive::<TimestampMillisecondType>().unary(|t| of(t, 1_000))
        }
        TimeUnit::Microsecond => {
            column.as_primitive::<TimestampMicrosecondType>().unary(|t| of(t, 1_000_000))
        }
        TimeUnit::Nanosecond => {
            column.as_primitive::<TimestampNanosecondType>().unary(|t| of(t, 1_000_000_000))
        }
    };
    Some(Arc::new(parts))
}
