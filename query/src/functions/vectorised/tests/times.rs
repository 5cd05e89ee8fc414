//! Times moved, counted, printed and read.

use super::{Form, agree, numbers, text};
use crate::{
    types::{ChType, IntervalUnit},
    value::{Value, to_array},
};
use datafusion::{
    arrow::array::{ArrayRef, StringViewArray},
    common::ScalarValue,
    logical_expr::ColumnarValue,
};
use std::sync::Arc;

const ROWS: usize = 400;
const UNITS: [(&str, IntervalUnit); 8] = [
    ("second", IntervalUnit::Second),
    ("minute", IntervalUnit::Minute),
    ("hour", IntervalUnit::Hour),
    ("day", IntervalUnit::Day),
    ("week", IntervalUnit::Week),
    ("month", IntervalUnit::Month),
    ("quarter", IntervalUnit::Quarter),
    ("year", IntervalUnit::Year),
];

fn types() -> Vec<ChType> {
    vec![
        ChType::Date,
        ChType::Date32,
        ChType::DateTime(Some("UTC".to_owned())),
        ChType::DateTime64(3, None),
        ChType::DateTime64(6, Some("UTC".to_owned())),
    ]
}

/// Times of a type between two days since 1970, some of them NULL.
fn column(ty: &ChType, days: std::ops::Range<i64>, turn: usize) -> (ColumnarValue, ChType) {
    let ends = [0, 86_399, 86_400, 58 * 86_400, 59 * 86_400, 789 * 86_400 + 5];
    let span = (days.end - days.start) * 86_400;
    let random = numbers().skip(turn).map(|n| i64::try_from(n).unwrap() % span);
    let seconds = ends.into_iter().chain(random).take(ROWS).map(|s| s + days.start * 86_400);
    let value = |(row, seconds): (usize, i64)| {
        if row % 13 == turn % 13 {
            return Value::Null;
        }
        match ty.strip_nullable() {
            ChType::DateTime(_) => Value::DateTime(seconds),
            ChType::DateTime64(scale, _) => {
                let unit = 10_i64.pow(u32::from(*scale));
                Value::DateTime64(seconds * unit + i64::try_from(row).unwrap() % unit, *scale)
            }
            _ => Value::Date(i32::try_from(seconds.div_euclid(86_400)).unwrap()),
        }
    };
    let values: Vec<Value> = seconds.enumerate().map(value).collect();
    let ty = ty.clone().nullable();
    (ColumnarValue::Array(to_array(&values, &ty).unwrap()), ty)
}

fn amount(value: i64, ty: ChType) -> (ColumnarValue, ChType) {
    (ColumnarValue::Scalar(ScalarValue::Int64(Some(value))), ty)
}

fn constant(value: &str) -> (ColumnarValue, ChType) {
    let (value, ty) = text(value);
    (ColumnarValue::Scalar(value), ty)
}

#[test]
fn moved_by_units() {
    for ty in types() {
        let date = matches!(ty, ChType::Date | ChType::Date32);
        for (word, unit) in UNITS {
            let form = if date && unit < IntervalUnit::Day { Form::Any } else { Form::Whole };
            for by in [0, 1, -1, 7, -13, 400] {
                for days in [0..40_000, 20..900] {
                    let times = column(&ty, days, 1);
                    let interval = amount(by, ChType::Interval(unit));
                    agree("plus", &[times.clone(), interval.clone()], form);
                    agree("plus", &[interval.clone(), times.clone()], form);
                    agree("minus", &[times.clone(), interval], form);
                    let name = format!("{}{}s", word.get(..1).unwrap().to_uppercase(), &word[1..]);
                    let number = amount(by, ChType::Int(64));
                    agree(&format!("add{name}"), &[times.clone(), number.clone()], form);
                    agree(&format!("subtract{name}"), &[times, number], form);
                }
            }
            let far = amount(i64::MAX, ChType::Interval(unit));
            agree("plus", &[column(&ty, 0..900, 1), far], Form::Any);
            let early = column(&ty, -40_000..-10, 1);
            agree("plus", &[early, amount(5, ChType::Interval(unit))], Form::Any);
        }
        agree("plus", &[column(&ty, 0..900, 2), amount(3, ChType::Int(64))], Form::Whole);
        let fine = amount(1_500, ChType::Interval(IntervalUnit::Millisecond));
        if !date {
            agree("plus", &[column(&ty, 0..900, 2), fine], Form::Any);
        }
    }
    let zoned = ChType::DateTime(Some("Europe/Berlin".to_owned()));
    let day = amount(1, ChType::Interval(IntervalUnit::Day));
    agree("plus", &[column(&zoned, 0..20_000, 1), day], Form::Any);
}

#[test]
fn between_times() {
    for a in types() {
        for b in types() {
            let (x, y) = (column(&a, 0..40_000, 1), column(&b, 300..20_000, 5));
            for (word, _) in UNITS {
                agree("dateDiff", &[constant(word), x.clone(), y.clone()], Form::Whole);
            }
            agree("dateDiff", &[constant("millisecond"), x.clone(), y.clone()], Form::Any);
            let early = column(&b, -40_000..-10, 2);
            agree("dateDiff", &[constant("month"), early, x.clone()], Form::Whole);
            let kinds =
                (matches!(a, ChType::Date | ChType::Date32), matches!(a, ChType::DateTime64(..)));
            let same =
                a == b || kinds == (true, false) && matches!(b, ChType::Date | ChType::Date32);
            if same {
                agree("minus", &[x, y], Form::Whole);
            }
        }
    }
}

#[test]
fn printed() {
    for ty in types() {
        let times = column(&ty, 0..40_000, 1);
        for format in ["%Y-%m-%d", "%F %T", "%D", "%H:%i:%s", "%R", "at %k%%", "%y%c%S", ""] {
            agree("formatDateTime", &[times.clone(), constant(format)], Form::Whole);
        }
        for format in ["%e", "%f", "%M %W", "%j"] {
            agree("formatDateTime", &[times.clone(), constant(format)], Form::Any);
        }
        agree("formatDateTime", &[times.clone(), constant("%")], Form::Fails);
        agree("formatDateTime", &[column(&ty, -40_000..9, 1), constant("%Y")], Form::Any);
        let form = if matches!(ty, ChType::DateTime64(..)) { Form::Any } else { Form::Whole };
        agree("toString", &[times], form);
    }
}

#[test]
fn times_of_other_types() {
    for ty in types() {
        for days in [0..40_000, -9_000..9_000] {
            if days.start < 0 && matches!(ty, ChType::Date | ChType::DateTime(_)) {
                continue;
            }
            let times = column(&ty, days, 3);
            if !matches!(ty, ChType::DateTime(_)) {
                agree("toDateTime", std::slice::from_ref(&times), Form::Whole);
            }
            for name in ["toDate", "toDate32", "toInt64", "toUnixTimestamp"] {
                if ty.to_string() != name.trim_start_matches("to") {
                    agree(name, std::slice::from_ref(&times), Form::Any);
                }
            }
        }
    }
}

fn texts(forms: &[&str]) -> (ColumnarValue, ChType) {
    let mut texts: Vec<Option<String>> = Vec::new();
    for (row, n) in numbers().take(ROWS).enumerate() {
        let n = i64::try_from(n).unwrap();
        let (day, second) = (n % 40_000 + 400, n % 86_400);
        let date = crate::value::text_of(&Value::Date(i32::try_from(day).unwrap()));
        let clock = crate::value::text_of(&Value::DateTime(second)).split_off(11);
        let form = forms[row % forms.len()];
        let made = form.replace("DATE", &date).replace("CLOCK", &clock);
        texts.push((row % 17 != 4).then_some(made));
    }
    let texts: ArrayRef = Arc::new(StringViewArray::from(texts));
    (ColumnarValue::Array(texts), ChType::String.nullable())
}

#[test]
fn read_from_text() {
    let plain = ["DATE CLOCK", "DATETCLOCK", "DATE CLOCK.5", "DATETCLOCK.123456789"];
    let iso = ["DATETCLOCKZ", "DATETCLOCK.250Z", "DATE CLOCK"];
    let odd = [
        "DATE",
        "DATE CLOCKZ",
        "DATETCLOCK+02:00",
        "1700000000",
        "x",
        "",
        "2021-02-29 00:00:00",
        "2020-01-01 23:59:60",
        "2020-01-01 24:00:00",
        "1969-12-31 23:59:59",
        "2300-01-01 00:00:00",
        "2020-13-01",
        "0000-00-00 00:00:00",
        "2020-01-01 00:00:00.",
        " DATE CLOCK",
        "2020-1-1",
        "2020/01/01 10:00:00",
        "2106-02-07 06:28:16",
    ];
    for name in [
        "toDateTime",
        "toDateTimeOrNull",
        "parseDateTimeBestEffortOrNull",
        "toDateOrNull",
        "toDate",
        "parseDateTime64BestEffortOrNull",
        "parseDateTimeBestEffortOrZero",
        "parseDateTimeBestEffortUSOrNull",
    ] {
        for forms in [&plain[..], &iso[..], &["DATE"], &odd[..]] {
            agree(name, &[texts(forms)], Form::Whole);
        }
    }
    agree("parseDateTimeBestEffort", &[texts(&plain)], Form::Whole);
    agree("parseDateTimeBestEffort", &[texts(&odd)], Form::Fails);
}
