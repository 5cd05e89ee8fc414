//! Equality and order of JSON values as JSON Schema sees them: `1` is `1.0`. `None` where binary fractions or very large
//! numbers make the answer depend on who computes it.

use serde_json::{Number, Value};
use std::cmp::Ordering;

/// Integers up to here are exact in binary floating point.
const EXACT_MAX: i128 = 1 << 53;

/// A number as an integer, if it is exactly one.
pub(super) fn integer(number: &Number) -> Option<i128> {
    let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    whole.or_else(|| {
        let float = number.as_f64()?;
        #[expect(clippy::cast_possible_truncation, reason = "a whole number of at most 54 bits")]
        let whole = float as i128;
        (float.fract() == 0.0 && whole.unsigned_abs() < EXACT_MAX.unsigned_abs()).then_some(whole)
    })
}

pub(super) fn compare(a: &Number, b: &Number) -> Option<Ordering> {
    match (integer(a), integer(b)) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        (Some(whole), None) | (None, Some(whole)) if whole.abs() > EXACT_MAX => None,
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

pub(super) fn equal(a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => compare(a, b).map(Ordering::is_eq),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            all(a.iter().zip(b).map(|(a, b)| equal(a, b)))
        }
        (Value::Object(a), Value::Object(b)) if a.len() == b.len() => {
            all(a.iter().map(|(name, a)| b.get(name).map_or(Some(false), |b| equal(a, b))))
        }
        (Value::Array(_) | Value::Object(_), _) => Some(false),
        _ => Some(a == b),
    }
}

/// Three-valued conjunction.
fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let parts: Vec<_> = parts.collect();
    if parts.contains(&Some(false)) {
        Some(false)
    } else {
        parts.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
    }
}

/// How many values a value is made of.
pub(super) fn size(value: &Value) -> usize {
    match value {
        Value::Array(elements) => elements.iter().map(size).sum::<usize>() + 1,
        Value::Object(members) => members.values().map(size).sum::<usize>() + 1,
        _ => 1,
    }
}
