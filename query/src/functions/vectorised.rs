//! Calls on whole columns, for functions that stand in the inner loop of analytics. Each computes what its row-wise kernel
//! does (`tests` compare them); whatever is not here is computed row by row.

use super::udf::Call;
use crate::{types::ChType, value::zone_of};
use chrono_tz::Tz;
use datafusion::arrow::{
    array::{Array, ArrayRef, AsArray, PrimitiveArray, make_array},
    datatypes::{
        ArrowPrimitiveType, DataType, Int64Type, TimeUnit, TimestampMicrosecondType,
        TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
        UInt16Type, UInt32Type,
    },
};
use std::sync::Arc;

const SECONDS_PER_DAY: i64 = 86_400;

/// The values of a call, if it has a vectorised form for these types.
pub(super) fn vectorised(call: &Call, args: &[ArrayRef]) -> Option<ArrayRef> {
    let [column] = args else { return None };
    if call.ret.strip_nullable() == &ChType::Nothing {
        return None;
    }
    // Other clocks than those of UTC need their zone.
    let zone = call.args.first().map_or(Tz::UTC, zone_of);
    if zone != Tz::UTC {
        return None;
    }
    match call.name.as_str() {
        "fromUnixTimestamp64Milli" | "fromUnixTimestamp64Micro" | "fromUnixTimestamp64Nano" => {
            ticks(column, &call.ret.arrow())
        }
        "toHour" => time_part::<UInt8Type>(column, |s| s.rem_euclid(SECONDS_PER_DAY) / 3_600),
        "toMinute" => time_part::<UInt8Type>(column, |s| s.rem_euclid(3_600) / 60),
        "toSecond" => time_part::<UInt8Type>(column, |s| s.rem_euclid(60)),
        "toDayOfWeek" => time_part::<UInt8Type>(column, |s| (days(s) + 3).rem_euclid(7) + 1),
        "toYear" => time_part::<UInt16Type>(column, |s| civil(days(s)).0),
        "toMonth" => time_part::<UInt8Type>(column, |s| civil(days(s)).1),
        "toDayOfMonth" => time_part::<UInt8Type>(column, |s| civil(days(s)).2),
        "toYYYYMM" => time_part::<UInt32Type>(column, |s| {
            let (year, month, _) = civil(days(s));
            year * 100 + month
        }),
        "toYYYYMMDD" => time_part::<UInt32Type>(column, |s| {
            let (year, month, day) = civil(days(s));
            (year * 100 + month) * 100 + day
        }),
        _ => None,
    }
}

/// Integers as times of the same number of ticks.
fn ticks(column: &ArrayRef, to: &DataType) -> Option<ArrayRef> {
    let ticks = column.as_primitive_opt::<Int64Type>()?;
    let data = ticks.to_data().into_builder().data_type(to.clone()).build().ok()?;
    matches!(to, DataType::Timestamp(..)).then(|| make_array(data))
}

/// A part of times, from seconds since 1970.
fn time_part<T>(column: &ArrayRef, part: impl Fn(i64) -> i64) -> Option<ArrayRef>
where
    T: ArrowPrimitiveType,
    T::Native: TryFrom<i64> + Default,
{
    let DataType::Timestamp(unit, None) = column.data_type() else { return None };
    let of = |ticks: i64, per_second: i64| {
        T::Native::try_from(part(ticks.div_euclid(per_second))).unwrap_or_default()
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

fn days(seconds: i64) -> i64 {
    seconds.div_euclid(SECONDS_PER_DAY)
}

/// Year, month and day of days since 1970-01-01 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        functions::{calendar, time_make},
        value::{from_array, to_array},
    };
    use datafusion::arrow::array::{Int64Array, TimestampMicrosecondArray};

    #[test]
    fn vectorised_calls_equal_their_kernels() {
        let mut instants: Vec<Option<i64>> =
            vec![None, Some(0), Some(-1), Some(951_782_399_999_999)];
        instants.extend((0..4_000).map(|i| Some(i * 1_234_567_890_123 - 900_000_000_000_000)));
        let times: ArrayRef = Arc::new(TimestampMicrosecondArray::from(instants.clone()));
        let ticks: ArrayRef = Arc::new(Int64Array::from(instants));
        let time = ChType::DateTime64(6, Some("UTC".to_owned()));
        let cases = [
            ("toHour", &times, &time),
            ("toMinute", &times, &time),
            ("toSecond", &times, &time),
            ("toDayOfWeek", &times, &time),
            ("toYear", &times, &time),
            ("toMonth", &times, &time),
            ("toDayOfMonth", &times, &time),
            ("toYYYYMM", &times, &time),
            ("toYYYYMMDD", &times, &time),
            ("fromUnixTimestamp64Micro", &ticks, &ChType::Int(64)),
        ];
        for (name, column, ty) in cases {
            let entry = calendar::entry(name).or_else(|| time_make::entry(name)).unwrap();
            let args = vec![ty.clone()];
            let ret = (entry.ret)(&args).unwrap().nullable();
            let call = Call { name: name.to_owned(), args, ret: ret.clone() };
            let rows = from_array(column, ty).unwrap();
            let by_row: Vec<_> = rows
                .into_iter()
                .map(
                    |value| {
                        if value.is_null() { Ok(value) } else { (entry.kernel)(&call, &[value]) }
                    },
                )
                .collect::<Result<_, _>>()
                .unwrap();
            let whole = vectorised(&call, std::slice::from_ref(column)).unwrap();
            assert_eq!(&whole, &to_array(&by_row, &ret).unwrap(), "{name}");
        }
    }
}
