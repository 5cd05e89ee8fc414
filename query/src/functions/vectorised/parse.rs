//! Times read from text. What nearly all text looks like is read here; what does not goes through the function's kernel.

use super::{
    civil::{SECONDS_PER_DAY, day_of},
    convert::{ticks_column, ticks_per_second},
    texts::text_at,
};
use crate::{
    functions::udf::{Call, Kernel},
    types::{ChType, time_unit},
    value::{Value, zone_of},
};
use chrono_tz::Tz;
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, Date32Array},
        buffer::NullBuffer,
        datatypes::TimeUnit,
    },
    logical_expr::ColumnarValue,
};
use std::sync::Arc;

/// Years that every type of times holds.
const YEARS: std::ops::RangeInclusive<i64> = 1971..=2104;

/// A time in `YYYY-MM-DD hh:mm:ss`, also with `T` and a fraction of a second.
struct Parsed {
    /// Days since 1970.
    day: i64,
    /// Second of the day.
    second: i64,
    nanosecond: i64,
    /// Whether the text ends in `Z`.
    utc: bool,
    /// Whether the text is a date alone.
    date_only: bool,
}

/// The number of digits at a place.
fn number(text: &[u8], at: usize, count: usize) -> Option<i64> {
    text.get(at..at + count)?.iter().try_fold(0, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        Some(number * 10 + i64::from(digit))
    })
}

fn date(text: &[u8]) -> Option<i64> {
    let (year, month, day) = (number(text, 0, 4)?, number(text, 5, 2)?, number(text, 8, 2)?);
    let dashes = text.get(4) == Some(&b'-') && text.get(7) == Some(&b'-');
    if !dashes || !YEARS.contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let first = day_of(year, month);
    let next = if month == 12 { day_of(year + 1, 1) } else { day_of(year, month + 1) };
    (1..=next - first).contains(&day).then(|| first + day - 1)
}

fn parsed(text: &[u8]) -> Option<Parsed> {
    let day = date(text)?;
    if text.len() == 10 {
        return Some(Parsed { day, second: 0, nanosecond: 0, utc: false, date_only: true });
    }
    let separator = *text.get(10)?;
    let (hour, minute, second) = (number(text, 11, 2)?, number(text, 14, 2)?, number(text, 17, 2)?);
    let colons = text.get(13) == Some(&b':') && text.get(16) == Some(&b':');
    if !b" T".contains(&separator) || !colons || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let rest = text.get(19..)?;
    let (rest, utc) = match rest.strip_suffix(b"Z") {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    // Only ISO's form has a zone.
    if utc && separator != b'T' {
        return None;
    }
    let nanosecond = match rest {
        [] => 0,
        [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => {
            let missing = u32::try_from(9 - digits.len()).ok()?;
            number(digits, 0, digits.len())? * 10_i64.pow(missing)
        }
        _ => return None,
    };
    let second = (hour * 60 + minute) * 60 + second;
    Some(Parsed { day, second, nanosecond, utc, date_only: false })
}

/// What a function reads from text.
struct Reading<'a> {
    call: &'a Call,
    kernel: Kernel,
    /// Whether a `Z` is understood.
    zoned: bool,
}

impl Reading<'_> {
    /// The value of a text in ticks of the answer's type; none inside, if it is NULL.
    fn read(&self, text: &str) -> Option<Option<i64>> {
        let ret = self.call.ret.strip_nullable();
        // Fractions of a second are none of a DateTime for those that answer NULL.
        let whole = self.call.name == "toBasicOrNull" && matches!(ret, ChType::DateTime(_));
        let known = parsed(text.as_bytes())
            .filter(|time| self.zoned || !time.utc)
            .filter(|_| !whole || !text.contains('.'));
        match (ret, known) {
            (ChType::Date | ChType::Date32, Some(time)) if time.date_only => Some(Some(time.day)),
            (ChType::DateTime(_), Some(time)) => {
                Some(Some(time.day * SECONDS_PER_DAY + time.second))
            }
            (ChType::DateTime64(scale, _), Some(time)) => {
                let held = ticks_per_second(time_unit(*scale));
                // Digits beyond the scale are cut off, also where the array holds more.
                let finest = 10_i64.pow(9_u32.checked_sub(u32::from(*scale))?);
                let fraction = time.nanosecond / finest * finest / (1_000_000_000 / held);
                Some(Some((time.day * SECONDS_PER_DAY + time.second) * held + fraction))
            }
            _ => self.by_kernel(text),
        }
    }

    fn by_kernel(&self, text: &str) -> Option<Option<i64>> {
        match (self.kernel)(self.call, &[Value::String(text.to_owned())]).ok()? {
            Value::Null => Some(None),
            Value::Date(days) => Some(Some(days.into())),
            Value::DateTime(seconds) => Some(Some(seconds)),
            Value::DateTime64(ticks, scale) => {
                let held = ticks_per_second(time_unit(scale));
                Some(Some(ticks.checked_mul(held / 10_i64.pow(scale.into()))?))
            }
            _ => None,
        }
    }
}

/// Conversions of text, and the readers of what people write.
pub(super) fn of(call: &Call, kernel: Kernel, args: &[ColumnarValue]) -> Option<ArrayRef> {
    let [ColumnarValue::Array(column)] = args else { return None };
    let zoned = match call.name.as_str() {
        "CAST" | "toOrNull" => true,
        "toBasicOrNull" => false,
        name => {
            let rest = name.strip_prefix("parseDateTime64").or(name.strip_prefix("parseDateTime"));
            rest?.starts_with("BestEffort")
        }
    };
    if *call.args.first()?.strip_nullable() != ChType::String || zone_of(&call.ret) != Tz::UTC {
        return None;
    }
    let texts = column.as_string_view_opt()?;
    let reading = Reading { call, kernel, zoned };
    let mut values = Vec::with_capacity(texts.len());
    let mut valid = Vec::with_capacity(texts.len());
    for row in 0..texts.len() {
        let value = if texts.is_null(row) { None } else { reading.read(text_at(texts, row))? };
        valid.push(value.is_some());
        values.push(value.unwrap_or(0));
    }
    let nulls = valid.contains(&false).then(|| NullBuffer::from(valid));
    if nulls.is_some() && !call.ret.is_nullable() {
        return None;
    }
    match call.ret.strip_nullable() {
        ChType::Date | ChType::Date32 => {
            let days = values.into_iter().map(|days| i32::try_from(days).ok());
            let days: Vec<i32> = days.collect::<Option<_>>()?;
            Some(Arc::new(Date32Array::new(days.into(), nulls)))
        }
        ChType::DateTime(_) => ticks_column(values, nulls, TimeUnit::Second),
        ChType::DateTime64(scale, _) => ticks_column(values, nulls, time_unit(*scale)),
        _ => None,
    }
}
