//! Times moved by units, and what lies between two times. All on the clocks of UTC.

use super::{
    civil::{SECONDS_PER_DAY, civil, days, moved_by_months},
    convert::ticks_column,
    operand::{integer_column, integers, nulls},
    print,
    times::{Times, date_column, recast},
};
use crate::{
    functions::{dates::unit_of, time_shift::unit_in, udf::Call},
    types::{ChType, IntervalUnit, time_unit},
    value::{CALENDAR_SECONDS, zone_of},
};
use chrono_tz::Tz;
use datafusion::{
    arrow::{
        array::{ArrayRef, Decimal128Array},
        datatypes::TimeUnit,
    },
    logical_expr::ColumnarValue,
};
use std::sync::Arc;

pub(super) fn of(call: &Call, args: &[ColumnarValue], row_count: usize) -> Option<ArrayRef> {
    let local = |ty: &ChType| zone_of(ty) != Tz::UTC;
    if call.args.iter().chain([&call.ret]).any(local) {
        return None;
    }
    match (call.name.as_str(), args) {
        ("dateDiff", [unit, a, b]) => {
            let (a, b) = (Times::of(a, call.args.get(1)?)?, Times::of(b, call.args.get(2)?)?);
            between(call, args, text_of(unit)?, &a, &b)
        }
        ("minus", [a, b]) if is_time(call.args.get(1)?) => {
            let (a, b) = (Times::of(a, call.args.first()?)?, Times::of(b, call.args.get(1)?)?);
            difference(call, args, &a, &b)
        }
        ("plus", [amount, time]) if is_time(call.args.get(1)?) => {
            let unit = unit_beside(call.args.get(1)?, call.args.first()?)?;
            moved(call, args, time, (call.args.get(1)?, unit), integers(amount)?.constant()?)
        }
        ("plus" | "minus", [time, amount]) => {
            let unit = unit_beside(call.args.first()?, call.args.get(1)?)?;
            let amount = integers(amount)?.constant()?;
            let amount = if call.name == "minus" { amount.checked_neg()? } else { amount };
            moved(call, args, time, (call.args.first()?, unit), amount)
        }
        ("formatDateTime", [time, format]) => {
            let times = Times::of(time, call.args.first()?)?;
            print::formatted(call, &times, text_of(format)?, args, row_count)
        }
        ("CAST", [time]) if *call.ret.strip_nullable() == ChType::String => {
            print::printed(&Times::of(time, call.args.first()?)?, args, row_count)
        }
        ("CAST", [time]) => recast(call, time),
        (name, [time, amount]) => {
            let (unit, negative) = unit_in(name)?;
            let amount = integers(amount)?.constant()?;
            let amount = if negative { amount.checked_neg()? } else { amount };
            moved(call, args, time, (call.args.first()?, unit), amount)
        }
        _ => None,
    }
}

fn text_of(arg: &ColumnarValue) -> Option<&str> {
    match arg {
        ColumnarValue::Scalar(value) => value.try_as_str().flatten(),
        ColumnarValue::Array(_) => None,
    }
}

fn is_time(ty: &ChType) -> bool {
    let plain = ty.strip_nullable();
    matches!(plain, ChType::Date | ChType::Date32 | ChType::DateTime(_) | ChType::DateTime64(..))
}

/// The unit of an amount that is added to a time.
fn unit_beside(time: &ChType, amount: &ChType) -> Option<IntervalUnit> {
    Some(match (time.strip_nullable(), amount.strip_nullable()) {
        (_, ChType::Interval(unit)) => *unit,
        (ChType::Date | ChType::Date32, _) => IntervalUnit::Day,
        _ => IntervalUnit::Second,
    })
}

/// How many units begin between two times.
fn between(
    call: &Call,
    args: &[ColumnarValue],
    unit: &str,
    a: &Times<'_>,
    b: &Times<'_>,
) -> Option<ArrayRef> {
    fn count(a: &Times<'_>, b: &Times<'_>, place: impl Fn(i64) -> i64 + Copy) -> Option<Vec<i64>> {
        a.of_seconds(place).with(&b.of_seconds(place), |a, b| b - a)
    }
    let month = |seconds: i64| {
        let (year, month, _) = civil(days(seconds));
        year * 12 + month - 1
    };
    let counts = match unit_of(unit)? {
        IntervalUnit::Year => count(a, b, |s| civil(days(s)).0),
        IntervalUnit::Quarter => count(a, b, |s| month(s).div_euclid(3)),
        IntervalUnit::Month => count(a, b, month),
        IntervalUnit::Week => count(a, b, |s| (days(s) + 3).div_euclid(7)),
        IntervalUnit::Day => count(a, b, days),
        IntervalUnit::Hour => count(a, b, |s| s.div_euclid(3_600)),
        IntervalUnit::Minute => count(a, b, |s| s.div_euclid(60)),
        IntervalUnit::Second => count(a, b, |s| s),
        IntervalUnit::Millisecond | IntervalUnit::Microsecond | IntervalUnit::Nanosecond => None,
    };
    integer_column(counts?, nulls(args), &call.ret)
}

/// `a - b` of times of one type.
fn difference(
    call: &Call,
    args: &[ColumnarValue],
    a: &Times<'_>,
    b: &Times<'_>,
) -> Option<ArrayRef> {
    let [first, second] = call.args.as_slice() else { return None };
    let nulls = nulls(args);
    match (first.strip_nullable(), second.strip_nullable(), call.ret.strip_nullable()) {
        (ChType::Date | ChType::Date32, _, ret @ ChType::Int(_)) => {
            integer_column(a.ticks.with(&b.ticks, |a, b| (a - b) / SECONDS_PER_DAY)?, nulls, ret)
        }
        (ChType::DateTime(_), _, ret @ ChType::Int(_)) => {
            integer_column(a.ticks.with(&b.ticks, |a, b| a - b)?, nulls, ret)
        }
        (ChType::DateTime64(s, _), ChType::DateTime64(t, _), ChType::Decimal(precision, scale))
            if s == t && scale == s && s.is_multiple_of(3) =>
        {
            let ticks = a.ticks.with(&b.ticks, |a, b| i128::from(a) - i128::from(b))?;
            let held = Decimal128Array::new(ticks.into(), nulls);
            let held = held.with_precision_and_scale(*precision, scale.cast_signed()).ok()?;
            Some(Arc::new(held))
        }
        _ => None,
    }
}

/// How a unit moves a time.
enum Step {
    /// By ticks.
    Ticks(i64),
    /// By what calendars call months.
    Months(i64),
}

impl Step {
    fn of(unit: IntervalUnit, per_second: i64, amount: i64) -> Option<Self> {
        let seconds = |each: i64| amount.checked_mul(each)?.checked_mul(per_second);
        let parts = |of_second: i64| {
            let each = per_second / of_second;
            (each > 0).then(|| amount.checked_mul(each)).flatten()
        };
        Some(match unit {
            IntervalUnit::Year => Self::Months(amount.checked_mul(12)?),
            IntervalUnit::Quarter => Self::Months(amount.checked_mul(3)?),
            IntervalUnit::Month => Self::Months(amount),
            IntervalUnit::Week => Self::Ticks(seconds(7 * SECONDS_PER_DAY)?),
            IntervalUnit::Day => Self::Ticks(seconds(SECONDS_PER_DAY)?),
            IntervalUnit::Hour => Self::Ticks(seconds(3_600)?),
            IntervalUnit::Minute => Self::Ticks(seconds(60)?),
            IntervalUnit::Second => Self::Ticks(seconds(1)?),
            IntervalUnit::Millisecond => Self::Ticks(parts(1_000)?),
            IntervalUnit::Microsecond => Self::Ticks(parts(1_000_000)?),
            IntervalUnit::Nanosecond => Self::Ticks(parts(1_000_000_000)?),
        })
    }
}

/// Times moved by a constant amount of units, where that does not change their type.
fn moved(
    call: &Call,
    args: &[ColumnarValue],
    time: &ColumnarValue,
    (ty, unit): (&ChType, IntervalUnit),
    amount: i64,
) -> Option<ArrayRef> {
    /// More months than calendars have.
    const FAR_MONTHS: i64 = 120_000;
    /// The same in seconds.
    const FAR_SECONDS: i64 = 320_000_000_000;
    let ret = call.ret.strip_nullable();
    let date = matches!(ret, ChType::Date | ChType::Date32);
    if ty.strip_nullable() != ret || date && unit < IntervalUnit::Day {
        return None;
    }
    let times = Times::of(time, ty)?;
    let per_second = times.per_second;
    let far = FAR_SECONDS.saturating_mul(per_second);
    let moved = match Step::of(unit, per_second, amount)? {
        Step::Ticks(by) if (-far..=far).contains(&by) => times.ticks.map(|t| t.checked_add(by))?,
        Step::Months(by) if (-FAR_MONTHS..=FAR_MONTHS).contains(&by) => {
            let per_day = SECONDS_PER_DAY * per_second;
            times.ticks.map(|t| {
                let day = moved_by_months(t.div_euclid(per_day), by);
                day.checked_mul(per_day)?.checked_add(t.rem_euclid(per_day))
            })?
        }
        Step::Ticks(_) | Step::Months(_) => return None,
    };
    let ticks: Vec<i64> = moved.into_iter().collect::<Option<_>>()?;
    if ticks.iter().any(|ticks| !CALENDAR_SECONDS.contains(&ticks.div_euclid(per_second))) {
        return None;
    }
    let nulls = nulls(args);
    match ret {
        ChType::Date | ChType::Date32 => date_column(ticks.into_iter().map(days), nulls, ret),
        ChType::DateTime(_) => ticks_column(ticks, nulls, TimeUnit::Second),
        ChType::DateTime64(scale, _) => ticks_column(ticks, nulls, time_unit(*scale)),
        _ => None,
    }
}
