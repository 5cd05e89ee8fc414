//! Times moved by units, what lies between two times, and times as text. All on the clocks of UTC.

use super::{
    civil::{SECONDS_PER_DAY, civil, days, moved_by_months, write_clock, write_date, write_two},
    convert::{ticks_column, ticks_per_second},
    operand::{Operand, integer_column, integers, nulls},
    texts::written,
};
use crate::{
    functions::{dates::unit_of, time_shift::unit_in, udf::Call},
    types::{ChType, IntervalUnit, time_unit},
    value::zone_of,
};
use chrono_tz::Tz;
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, Date32Array, Decimal128Array},
        datatypes::{
            DataType, Date32Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
            TimestampNanosecondType, TimestampSecondType,
        },
    },
    logical_expr::ColumnarValue,
};
use std::{borrow::Cow, sync::Arc};

/// Seconds from 1970 to times that every calendar here holds (year 128,000 and the same before).
const FAR_SECONDS: i64 = 4_000_000_000_000;

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
        ("formatDateTime", [time, format]) => formatted(
            call,
            &Times::of(time, call.args.first()?)?,
            text_of(format)?,
            args,
            row_count,
        ),
        ("CAST", [time]) if *call.ret.strip_nullable() == ChType::String => {
            printed(&Times::of(time, call.args.first()?)?, args, row_count)
        }
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

/// An argument of times: ticks since 1970, and how many of them a second has. A day has the ticks of its beginning.
struct Times<'a> {
    ticks: Operand<'a, i64>,
    per_second: i64,
}

impl<'a> Times<'a> {
    fn of(arg: &'a ColumnarValue, ty: &ChType) -> Option<Self> {
        let per_second = match ty.strip_nullable() {
            ChType::Date | ChType::Date32 | ChType::DateTime(_) => 1,
            ChType::DateTime64(scale, _) => ticks_per_second(time_unit(*scale)),
            _ => return None,
        };
        let ticks = match arg {
            ColumnarValue::Array(column) => Operand::Column(ticks_of(column)?),
            ColumnarValue::Scalar(value) => {
                Operand::Constant(ticks_of(&value.to_array().ok()?)?.first().copied()?)
            }
        };
        let near = FAR_SECONDS.saturating_mul(per_second);
        let far = |ticks: i64| !(-near..=near).contains(&ticks);
        let any_far = match &ticks {
            Operand::Column(ticks) => ticks.iter().any(|ticks| far(*ticks)),
            Operand::Constant(ticks) => far(*ticks),
        };
        (!any_far).then_some(Self { ticks, per_second })
    }

    /// A number of each time, given its seconds since 1970.
    fn of_seconds(&self, of: impl Fn(i64) -> i64) -> Operand<'static, i64> {
        let per_second = self.per_second;
        let number =
            |ticks: i64| of(if per_second == 1 { ticks } else { ticks.div_euclid(per_second) });
        match &self.ticks {
            Operand::Constant(ticks) => Operand::Constant(number(*ticks)),
            Operand::Column(ticks) => {
                Operand::Column(Cow::Owned(ticks.iter().map(|ticks| number(*ticks)).collect()))
            }
        }
    }
}

fn ticks_of(array: &ArrayRef) -> Option<Cow<'_, [i64]>> {
    Some(match array.data_type() {
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().values();
            Cow::Owned(days.iter().map(|days| i64::from(*days) * SECONDS_PER_DAY).collect())
        }
        DataType::Timestamp(unit, None) => Cow::Borrowed(match unit {
            TimeUnit::Second => array.as_primitive::<TimestampSecondType>().values(),
            TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().values(),
            TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().values(),
            TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().values(),
        }),
        _ => return None,
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
    /// Months from 1970 to [`FAR_SECONDS`], and less.
    const FAR_MONTHS: i64 = 1_000_000;
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
    if ticks.iter().any(|ticks| !(-far..=far).contains(ticks)) {
        return None;
    }
    let nulls = nulls(args);
    match ret {
        ChType::Date | ChType::Date32 => {
            let held = |ticks: i64| {
                let days = i32::try_from(days(ticks)).ok()?;
                Some(if *ret == ChType::Date {
                    crate::functions::convert::clamp_days(days)
                } else {
                    days
                })
            };
            let days: Vec<i32> = ticks.into_iter().map(held).collect::<Option<_>>()?;
            Some(Arc::new(Date32Array::new(days.into(), nulls)))
        }
        ChType::DateTime(_) => ticks_column(ticks, nulls, TimeUnit::Second),
        ChType::DateTime64(scale, _) => ticks_column(ticks, nulls, time_unit(*scale)),
        _ => None,
    }
}

/// Times of four digits of a year, which all text here has.
const FOUR_DIGITS: std::ops::RangeInclusive<i64> = 0..=253_402_300_799;

/// The letters of MySQL's formats that are known here, with what stands between them.
fn pieces(format: &str) -> Option<Vec<Result<char, char>>> {
    const LETTERS: &str = "YymcdFDHkisSTR";
    let mut out = Vec::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '%' => match chars.next()? {
                '%' => Err('%'),
                letter if LETTERS.contains(letter) => Ok(letter),
                _ => return None,
            },
            other => Err(other),
        });
    }
    Some(out)
}

fn write_letter(letter: char, seconds: i64, out: &mut String) {
    let date = || civil(days(seconds));
    let second = seconds.rem_euclid(SECONDS_PER_DAY);
    match letter {
        'Y' => {
            write_two(date().0 / 100, out);
            write_two(date().0, out);
        }
        'y' => write_two(date().0, out),
        'm' | 'c' => write_two(date().1, out),
        'd' => write_two(date().2, out),
        'F' => write_date(days(seconds), out),
        'D' => {
            let (year, month, day) = date();
            for (at, part) in [month, day, year].into_iter().enumerate() {
                if at > 0 {
                    out.push('/');
                }
                write_two(part, out);
            }
        }
        'H' | 'k' => write_two(second / 3_600, out),
        'i' => write_two(second / 60 % 60, out),
        's' | 'S' => write_two(second % 60, out),
        'T' => write_clock(seconds, out),
        'R' => {
            write_two(second / 3_600, out);
            out.push(':');
            write_two(second / 60 % 60, out);
        }
        _ => {}
    }
}

/// The seconds of a column of times with years of four digits.
fn seconds_of(times: &Times<'_>) -> Option<Vec<i64>> {
    let Operand::Column(seconds) = times.of_seconds(|s| s) else { return None };
    seconds.iter().all(|s| FOUR_DIGITS.contains(s)).then(|| seconds.into_owned())
}

fn formatted(
    call: &Call,
    times: &Times<'_>,
    format: &str,
    args: &[ColumnarValue],
    row_count: usize,
) -> Option<ArrayRef> {
    if *call.ret.strip_nullable() != ChType::String {
        return None;
    }
    let (pieces, seconds) = (pieces(format)?, seconds_of(times)?);
    written(row_count, nulls(args), |row, out| {
        let seconds = seconds.get(row).copied().unwrap_or(0);
        for piece in &pieces {
            match piece {
                Ok(letter) => write_letter(*letter, seconds, out),
                Err(between) => out.push(*between),
            }
        }
    })
}

/// `toString` of times of whole seconds, and of dates.
fn printed(times: &Times<'_>, args: &[ColumnarValue], row_count: usize) -> Option<ArrayRef> {
    let ColumnarValue::Array(column) = args.first()? else { return None };
    let date = matches!(column.data_type(), DataType::Date32);
    if times.per_second != 1 {
        return None;
    }
    let seconds = seconds_of(times)?;
    written(row_count, nulls(args), |row, out| {
        let seconds = seconds.get(row).copied().unwrap_or(0);
        write_date(days(seconds), out);
        if !date {
            out.push(' ');
            write_clock(seconds, out);
        }
    })
}
