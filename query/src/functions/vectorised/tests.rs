//! Every vectorised form against the kernel that it stands for.

mod numbers;
mod texts;
mod times;

use crate::{
    functions::{scalar, udf::both_ways},
    typed::Typed,
    types::{ChType, IntervalUnit},
};
use datafusion::{
    arrow::array::{
        Array, ArrayRef, Float64Array, Int8Array, Int64Array, StringViewArray,
        TimestampMillisecondArray, TimestampSecondArray, UInt64Array,
    },
    common::ScalarValue,
    logical_expr::{ColumnarValue, col, lit},
};
use std::sync::Arc;

const ROWS: usize = 2_000;

/// Whether the form must exist for the values, may be missing, or must.
fn check(
    name: &str,
    column: &ArrayRef,
    ty: &ChType,
    constants: &[(ScalarValue, ChType)],
    vectorised: bool,
) {
    let mut typed = vec![Typed::value(col("x"), ty.clone())];
    typed.extend(constants.iter().map(|(value, ty)| Typed::value(lit(value.clone()), ty.clone())));
    let bound = scalar(name, typed).unwrap();
    let mut args = vec![ColumnarValue::Array(Arc::clone(column))];
    args.extend(constants.iter().map(|(value, _)| ColumnarValue::Scalar(value.clone())));
    let (by_row, whole) = both_ways(&bound, &args, column.len());
    match whole {
        Some(whole) => assert_eq!(&whole, &by_row.unwrap(), "{name} of {ty}"),
        None => assert!(!vectorised, "{name} of {ty} has no vectorised form"),
    }
}

/// What is known of a call's vectorised form.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    /// There is one for these values.
    Whole,
    /// There may be one.
    Any,
    /// A row is an error, which only the row-wise form answers.
    Fails,
}

/// The forms of a call on columns and constants agree.
fn agree(name: &str, args: &[(ColumnarValue, ChType)], form: Form) {
    let column = |(place, (arg, ty)): (usize, &(ColumnarValue, ChType))| match arg {
        ColumnarValue::Array(_) => Typed::value(col(format!("x{place}")), ty.clone()),
        ColumnarValue::Scalar(value) => Typed::value(lit(value.clone()), ty.clone()),
    };
    let types: Vec<String> = args.iter().map(|(_, ty)| ty.to_string()).collect();
    let call = format!("{name}({})", types.join(", "));
    let bound = scalar(name, args.iter().enumerate().map(column).collect());
    let bound = bound.unwrap_or_else(|error| panic!("{call}: {error}"));
    let rows = args.iter().find_map(|(arg, _)| match arg {
        ColumnarValue::Array(column) => Some(column.len()),
        ColumnarValue::Scalar(_) => None,
    });
    let values: Vec<ColumnarValue> = args.iter().map(|(arg, _)| arg.clone()).collect();
    let (by_row, whole) = both_ways(&bound, &values, rows.unwrap());
    match (by_row, whole) {
        (Ok(by_row), Some(whole)) => {
            assert!(form != Form::Fails, "{call} does not fail");
            assert_eq!(&whole, &by_row, "{call}");
        }
        (Ok(_), None) => assert_eq!(form, Form::Any, "{call} has no vectorised form"),
        (Err(error), Some(_)) => panic!("{call} hides an error: {error}"),
        (Err(error), None) => assert!(form != Form::Whole, "{call}: {error}"),
    }
}

/// Numbers that look random and are the same in every run (a linear congruential generator, Knuth's MMIX constants).
fn numbers() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(7_u64), |n| {
        Some(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
    })
    .map(|n| n >> 20)
}

fn texts(alphabet: &[&str]) -> ArrayRef {
    let mut numbers = numbers();
    let texts = (0..ROWS).map(|row| {
        let length = numbers.next()? % 12;
        let letter = |n: u64| alphabet[usize::try_from(n).unwrap() % alphabet.len()];
        let text: String =
            numbers.by_ref().take(usize::try_from(length).ok()?).map(letter).collect();
        (row % 17 != 3).then_some(text)
    });
    Arc::new(StringViewArray::from_iter(texts))
}

fn text(value: &str) -> (ScalarValue, ChType) {
    (ScalarValue::Utf8View(Some(value.to_owned())), ChType::String)
}

fn number(value: i64) -> (ScalarValue, ChType) {
    (ScalarValue::Int64(Some(value)), ChType::Int(64))
}

#[test]
fn functions_of_text() {
    let ascii = texts(&["a", "B", "c", " ", "ab", "%", "_", "\\", "\n"]);
    let mixed = texts(&["a", "B", " ", "ä", "😀", "ß", "\u{10FFC3}"]);
    let ty = ChType::String.nullable();
    let cases: Vec<(&str, Vec<(ScalarValue, ChType)>)> = vec![
        ("length", vec![]),
        ("lengthUTF8", vec![]),
        ("empty", vec![]),
        ("notEmpty", vec![]),
        ("lower", vec![]),
        ("upper", vec![]),
        ("lowerUTF8", vec![]),
        ("upperUTF8", vec![]),
        ("reverse", vec![]),
        ("reverseUTF8", vec![]),
        ("trimBoth", vec![]),
        ("trimLeft", vec![]),
        ("trimRight", vec![]),
        ("startsWith", vec![text("a")]),
        ("endsWith", vec![text("ab")]),
        ("position", vec![text("ab")]),
        ("replaceAll", vec![text("ab"), text("x")]),
        ("substring", vec![number(2)]),
        ("substring", vec![number(3), number(4)]),
        ("substring", vec![number(1), number(0)]),
        ("left", vec![number(5)]),
        ("like", vec![text("%ab%")]),
        ("like", vec![text("a%_b")]),
        ("like", vec![text("%")]),
        ("notLike", vec![text("%ab%")]),
        ("ilike", vec![text("%AB%")]),
        ("notILike", vec![text("a%")]),
        ("match", vec![text("a[bc]+")]),
    ];
    for (name, constants) in cases {
        check(name, &ascii, &ty, &constants, true);
        check(name, &mixed, &ty, &constants, false);
    }
    // What a constant may be that has no short way.
    for constants in [
        vec![number(0)],
        vec![number(-2)],
        vec![number(-3), number(2)],
        vec![number(2), number(-1)],
    ] {
        check("substring", &ascii, &ty, &constants, false);
    }
    check("position", &ascii, &ty, &[text("")], false);
    check("left", &ascii, &ty, &[number(-2)], false);
}

#[test]
fn functions_of_times() {
    let mut random = numbers();
    let mut milliseconds = |from: i64, days: u64| -> Vec<Option<i64>> {
        let span = days * 86_400_000;
        let at = |n: u64| from + i64::try_from(n % span).unwrap();
        random
            .by_ref()
            .take(ROWS)
            .enumerate()
            .map(|(row, n)| (row % 19 != 5).then(|| at(n)))
            .collect()
    };
    // Units of several years begin in 1970 at the earliest.
    let plain = milliseconds(2_000 * 86_400_000, 40_000);
    let early = milliseconds(-9_000_000_000_000, 120_000);
    for (times, vectorised) in [(plain, true), (early, false)] {
        let fine: ArrayRef = Arc::new(TimestampMillisecondArray::from(times.clone()));
        let coarse = times.iter().map(|t| t.map(|t| t.div_euclid(1_000)));
        let coarse: ArrayRef = Arc::new(TimestampSecondArray::from(coarse.collect::<Vec<_>>()));
        let utc = || Some("UTC".to_owned());
        let columns = [
            (fine, ChType::DateTime64(3, utc()).nullable()),
            (coarse, ChType::DateTime(utc()).nullable()),
        ];
        for (column, ty) in columns {
            if !vectorised && matches!(ty.strip_nullable(), ChType::DateTime(_)) {
                continue;
            }
            for name in [
                "toHour",
                "toMinute",
                "toSecond",
                "toDayOfWeek",
                "toYear",
                "toMonth",
                "toDayOfMonth",
                "toYYYYMM",
                "toYYYYMMDD",
            ] {
                check(name, &column, &ty, &[], true);
            }
            for name in [
                "toDate",
                "toUnixTimestamp",
                "toStartOfMinute",
                "toStartOfFiveMinutes",
                "toStartOfFifteenMinutes",
                "toStartOfHour",
                "toStartOfDay",
                "toStartOfWeek",
                "toMonday",
                "toStartOfMonth",
                "toStartOfQuarter",
                "toStartOfYear",
            ] {
                check(name, &column, &ty, &[], vectorised);
            }
            for (unit, count) in [
                (IntervalUnit::Second, 45),
                (IntervalUnit::Minute, 15),
                (IntervalUnit::Hour, 7),
                (IntervalUnit::Day, 3),
                (IntervalUnit::Week, 2),
                (IntervalUnit::Month, 5),
                (IntervalUnit::Quarter, 1),
                (IntervalUnit::Year, 3),
            ] {
                let interval = (ScalarValue::Int64(Some(count)), ChType::Interval(unit));
                check("toStartOfInterval", &column, &ty, &[interval], vectorised);
            }
        }
    }
}

#[test]
fn functions_of_numbers() {
    let floats = numbers().take(ROWS).map(|n| n as f64 / 1e9 - 4_000.0);
    let odd = [0.5, -0.5, 2.5, -0.0, f64::INFINITY, f64::NEG_INFINITY, 1e300];
    let floats = floats.chain(odd).enumerate().map(|(row, x)| (row % 13 != 2).then_some(x));
    let floats: ArrayRef = Arc::new(Float64Array::from_iter(floats));
    for name in ["floor", "ceil", "trunc", "round"] {
        check(name, &floats, &ChType::Float(64).nullable(), &[], true);
    }
    let signed = numbers().take(ROWS).map(|n| Some(n.cast_signed() - (1 << 43)));
    let signed: ArrayRef = Arc::new(Int64Array::from_iter(signed.chain([None, Some(i64::MIN)])));
    let small: ArrayRef = Arc::new(Int8Array::from_iter((-128..=127).map(Some).chain([None])));
    let unsigned: ArrayRef =
        Arc::new(UInt64Array::from_iter(numbers().take(9).chain([u64::MAX]).map(Some)));
    check("toString", &signed, &ChType::Int(64).nullable(), &[], true);
    check("toString", &small, &ChType::Int(8).nullable(), &[], true);
    check("toString", &unsigned, &ChType::UInt(64), &[], true);
    check("fromUnixTimestamp64Milli", &signed, &ChType::Int(64).nullable(), &[], true);
}
