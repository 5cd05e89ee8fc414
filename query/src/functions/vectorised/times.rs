//! Times as arguments: ticks since 1970.

use super::{
    civil::SECONDS_PER_DAY,
    convert::{ticks_column, ticks_per_second},
    operand::Operand,
};
use crate::{
    functions::{
        convert::{clamp_days, wrapped_seconds},
        udf::Call,
    },
    types::{ChType, time_unit},
    value::{CALENDAR_SECONDS, zone_of},
};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, Date32Array},
        buffer::NullBuffer,
        datatypes::{
            DataType, Date32Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
            TimestampNanosecondType, TimestampSecondType,
        },
    },
    logical_expr::ColumnarValue,
};
use std::{borrow::Cow, sync::Arc};

/// An argument of times: ticks since 1970, and how many of them a second has. A day has the ticks of its beginning.
pub(super) struct Times<'a> {
    pub(super) ticks: Operand<'a, i64>,
    pub(super) per_second: i64,
}

impl<'a> Times<'a> {
    pub(super) fn of(arg: &'a ColumnarValue, ty: &ChType) -> Option<Self> {
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
        let far = |ticks: i64| !CALENDAR_SECONDS.contains(&ticks.div_euclid(per_second));
        let any_far = match &ticks {
            Operand::Column(ticks) => ticks.iter().any(|ticks| far(*ticks)),
            Operand::Constant(ticks) => far(*ticks),
        };
        (!any_far).then_some(Self { ticks, per_second })
    }

    /// A number of each time, given its seconds since 1970.
    pub(super) fn of_seconds(&self, of: impl Fn(i64) -> i64) -> Operand<'static, i64> {
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

/// Days since 1970 as a Date or Date32; none, if they are too many.
pub(super) fn date_column(
    days: impl Iterator<Item = i64>,
    nulls: Option<NullBuffer>,
    ty: &ChType,
) -> Option<ArrayRef> {
    let held = |days: i64| {
        let days = i32::try_from(days).ok()?;
        Some(if *ty == ChType::Date { clamp_days(days) } else { days })
    };
    let days: Vec<i32> = days.map(held).collect::<Option<_>>()?;
    Some(Arc::new(Date32Array::new(days.into(), nulls)))
}

/// `CAST` of times to other times.
pub(super) fn recast(call: &Call, arg: &ColumnarValue) -> Option<ArrayRef> {
    let ColumnarValue::Array(column) = arg else { return None };
    let nulls = column.nulls().cloned();
    let from = call.args.first()?.strip_nullable();
    let days = matches!(from, ChType::Date | ChType::Date32);
    // A day begins when the clocks of the zone say so.
    if days && zone_of(&call.ret) != chrono_tz::Tz::UTC {
        return None;
    }
    let times = Times::of(arg, call.args.first()?)?;
    match call.ret.strip_nullable() {
        ChType::DateTime(_) => {
            let fine = matches!(from, ChType::DateTime64(..));
            let held = |s: i64| match (fine, days) {
                (true, _) => wrapped_seconds(s),
                (_, true) => s.clamp(0, u32::MAX.into()),
                _ => s,
            };
            let Operand::Column(seconds) = times.of_seconds(held) else { return None };
            ticks_column(seconds.into_owned(), nulls, TimeUnit::Second)
        }
        // A scale between the units of the arrays would have to cut digits off.
        ChType::DateTime64(scale, _) if scale.is_multiple_of(3) => {
            let unit = time_unit(*scale);
            let per_second = ticks_per_second(unit);
            let ticks = if per_second >= times.per_second {
                let factor = per_second / times.per_second;
                let ticks = times.ticks.map(|ticks| ticks.checked_mul(factor))?;
                ticks.into_iter().collect::<Option<Vec<i64>>>()?
            } else {
                let factor = times.per_second / per_second;
                times.ticks.map(|ticks| ticks.div_euclid(factor))?
            };
            ticks_column(ticks, nulls, unit)
        }
        _ => None,
    }
}
