//! One SQL value outside of Arrow: what row-wise functions compute with, and how values enter and leave arrays.

mod array;
mod bytes;
mod cell;
mod text;
mod zone;

pub(crate) use array::{from_array, to_array, value_at};
pub(crate) use bytes::{bytes_of, printed, text_of_bytes};
pub(crate) use cell::{decode, encode};
pub(crate) use text::{json_of, text_of, write_float};
pub(crate) use zone::{
    CALENDAR_SECONDS, instant_at, local, offset_seconds, printable, zone_named, zone_of,
};

/// A value. Integers of all widths are one variant; the ClickHouse type beside it says which.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    /// Unscaled number and scale.
    Decimal(i128, u8),
    String(String),
    /// Days since 1970.
    Date(i32),
    /// Seconds since 1970.
    DateTime(i64),
    /// Ticks and scale.
    DateTime64(i64, u8),
    Array(Vec<Self>),
    Tuple(Vec<Self>),
    Map(Vec<(Self, Self)>),
    /// Text of a JSON object.
    Json(String),
}

impl Value {
    /// Whether this is NULL.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, if it is a string.
    pub(crate) fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The number as a float, if it is a number, Bool or time.
    #[expect(clippy::cast_precision_loss, reason = "that is what a conversion to Float64 means")]
    pub(crate) fn as_f64(&self) -> Option<f64> {
        Some(match self {
            Self::Bool(value) => f64::from(u8::from(*value)),
            Self::Int(value) => *value as f64,
            Self::Float(value) => *value,
            Self::Decimal(value, scale) => *value as f64 / 10_f64.powi(i32::from(*scale)),
            Self::Date(days) => f64::from(*days),
            Self::DateTime(seconds) => *seconds as f64,
            Self::DateTime64(ticks, scale) => *ticks as f64 / 10_f64.powi(i32::from(*scale)),
            _ => return None,
        })
    }

    /// The number as an integer, truncated, if it is a number, Bool or time.
    #[expect(clippy::cast_possible_truncation, reason = "saturating truncation is the conversion")]
    pub(crate) fn as_int(&self) -> Option<i128> {
        Some(match self {
            Self::Bool(value) => i128::from(*value),
            Self::Int(value) => *value,
            Self::Float(value) => value.trunc() as i128,
            Self::Decimal(value, scale) => value / 10_i128.pow(u32::from(*scale)),
            Self::Date(days) => i128::from(*days),
            Self::DateTime(seconds) => i128::from(*seconds),
            Self::DateTime64(ticks, scale) => i128::from(*ticks) / 10_i128.pow(u32::from(*scale)),
            _ => return None,
        })
    }

    /// ClickHouse's truth of a value; `None` for NULL.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self {
            Self::Null => None,
            Self::Float(value) => Some(*value != 0.0),
            other => Some(other.as_int().is_some_and(|value| value != 0)),
        }
    }
}

/// Order of two values of one comparable kind; numbers of all kinds compare by value. NULL and NaN inside of arrays and
/// tuples come last. `None` when they do not compare.
pub(crate) fn compare(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    compare_with(a, b, std::cmp::Ordering::Greater)
}

/// Order of two values for the search of a least or a greatest one: NULL and NaN inside of them are never it.
pub(crate) fn compare_for(
    wanted: std::cmp::Ordering,
    a: &Value,
    b: &Value,
) -> Option<std::cmp::Ordering> {
    compare_with(a, b, wanted.reverse())
}

/// Order of two values, where NULL and NaN inside of them are `nulls` than others.
fn compare_with(a: &Value, b: &Value, nulls: std::cmp::Ordering) -> Option<std::cmp::Ordering> {
    use Value::{Array, Bool, DateTime64, Decimal, Float, Int, Json, Map, String, Tuple};
    match (a, b) {
        (String(a) | Json(a), String(b) | Json(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Array(a) | Tuple(a), Array(b) | Tuple(b)) => {
            for (x, y) in a.iter().zip(b) {
                match compare_nulls(x, y, nulls)? {
                    std::cmp::Ordering::Equal => {}
                    other => return Some(other),
                }
            }
            Some(a.len().cmp(&b.len()))
        }
        // Pair after pair, by keys first.
        (Map(a), Map(b)) => {
            for ((key, value), (other_key, other)) in a.iter().zip(b) {
                for (x, y) in [(key, other_key), (value, other)] {
                    match compare_nulls(x, y, nulls)? {
                        std::cmp::Ordering::Equal => {}
                        other => return Some(other),
                    }
                }
            }
            Some(a.len().cmp(&b.len()))
        }
        (Int(a), Int(b)) => Some(a.cmp(b)),
        (Bool(a), Bool(b)) => Some(a.cmp(b)),
        (Value::Date(d), Value::DateTime(s)) => Some((i64::from(*d) * 86_400).cmp(s)),
        (Value::DateTime(s), Value::Date(d)) => Some(s.cmp(&(i64::from(*d) * 86_400))),
        (DateTime64(..), Value::Date(_) | Value::DateTime(_) | DateTime64(..))
        | (Value::Date(_) | Value::DateTime(_), DateTime64(..)) => Some(nanos(a)?.cmp(&nanos(b)?)),
        (Decimal(x, s), Decimal(y, t)) if s == t => Some(x.cmp(y)),
        (Decimal(x, s), Int(y)) => Some(x.cmp(&(y * 10_i128.pow(u32::from(*s))))),
        (Int(x), Decimal(y, s)) => Some((x * 10_i128.pow(u32::from(*s))).cmp(y)),
        (Float(x), Float(y)) => x.partial_cmp(y),
        _ => a.as_f64()?.partial_cmp(&b.as_f64()?),
    }
}

/// Like [`compare`], with NULL and NaN after everything else.
pub(crate) fn compare_null_last(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    compare_nulls(a, b, std::cmp::Ordering::Greater)
}

fn compare_nulls(a: &Value, b: &Value, nulls: std::cmp::Ordering) -> Option<std::cmp::Ordering> {
    let last = |value: &Value| {
        matches!(value, Value::Null) || matches!(value, Value::Float(f) if f.is_nan())
    };
    match (last(a), last(b)) {
        (true, true) => Some(std::cmp::Ordering::Equal),
        (true, false) => Some(nulls),
        (false, true) => Some(nulls.reverse()),
        (false, false) => compare_with(a, b, nulls),
    }
}

fn nanos(value: &Value) -> Option<i128> {
    Some(match value {
        Value::Date(days) => i128::from(*days) * 86_400_000_000_000,
        Value::DateTime(seconds) => i128::from(*seconds) * 1_000_000_000,
        Value::DateTime64(ticks, scale) => {
            i128::from(*ticks) * 10_i128.pow(9_u32.saturating_sub(u32::from(*scale)))
        }
        _ => return None,
    })
}
