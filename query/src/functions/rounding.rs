//! Rounding of numbers: to digits, to powers of two, and down to steps.

use super::{
    args::{all, float, illegal, int, is_integer, is_number, items, strict, ty},
    arrays::item_of,
    registry::Entry,
    supertype::common_type,
    udf::Call,
};
use crate::{
    error::SqlResult,
    types::ChType,
    value::{Value, compare},
};
use std::cmp::Ordering;

/// The functions of this module.
pub(super) const NAMES: &[&str] = &[
    "ceil",
    "ceiling",
    "floor",
    "round",
    "roundAge",
    "roundBankers",
    "roundDown",
    "roundDuration",
    "roundToExp2",
    "trunc",
    "truncate",
];

/// Doubles have no digits further than these from the point.
pub(super) const DIGITS_MAX: i128 = 330;

fn same(types: &[ChType]) -> SqlResult<ChType> {
    if !is_number(ty(types, 0)) {
        return Err(illegal(ty(types, 0)));
    }
    all(types.get(1..).unwrap_or_default(), is_integer).map(|()| ty(types, 0).clone())
}

/// round, floor, ceil, trunc with an optional number of digits.
fn rounded(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let digits = i32::try_from(int(args, 1).clamp(-DIGITS_MAX, DIGITS_MAX)).unwrap_or(0);
    Ok(match args.first() {
        Some(Value::Float(value)) if call.args.first() == Some(&ChType::Float(32)) => {
            Value::Float(round_float32(&call.name, *value, digits))
        }
        Some(Value::Float(value)) => Value::Float(round_float(&call.name, *value, digits)),
        Some(Value::Decimal(value, scale)) => {
            Value::Decimal(round_integer(&call.name, *value, digits - i32::from(*scale)), *scale)
        }
        Some(other) => Value::Int(round_integer(&call.name, other.as_int().unwrap_or(0), digits)),
        None => Value::Null,
    })
}

/// The whole number beside a double.
pub(super) fn whole_of(name: &str) -> fn(f64) -> f64 {
    match name {
        "floor" => f64::floor,
        "ceil" | "ceiling" => f64::ceil,
        "trunc" | "truncate" => f64::trunc,
        _ => f64::round_ties_even,
    }
}

fn whole(name: &str, value: f64) -> f64 {
    whole_of(name)(value)
}

fn round_float(name: &str, value: f64, digits: i32) -> f64 {
    to_digits(value, digits, 10_f64.powi(digits.abs()), whole_of(name))
}

/// A double rounded to digits behind the point (or before it, if there are less than none), where `unit` is 10 to the power of
/// their number.
pub(super) fn to_digits(value: f64, digits: i32, unit: f64, whole: impl Fn(f64) -> f64) -> f64 {
    if digits == 0 {
        whole(value)
    } else if digits > 0 {
        let scaled = value * unit;
        if scaled.is_finite() && unit.is_finite() { whole(scaled) / unit } else { value }
    } else if unit.is_finite() {
        whole(value / unit) * unit
    } else {
        0.0
    }
}

/// Scaling has to happen in single precision to round as ClickHouse does.
#[expect(clippy::cast_possible_truncation, reason = "the value is a Float32")]
fn round_float32(name: &str, value: f64, digits: i32) -> f64 {
    let unit = 10_f32.powi(digits.abs());
    let value = value as f32;
    let scaled = if digits >= 0 { value * unit } else { value / unit };
    if !scaled.is_finite() || !unit.is_finite() {
        return f64::from(if digits > 0 { value } else { 0.0 });
    }
    let scaled = whole(name, f64::from(scaled)) as f32;
    f64::from(if digits >= 0 { scaled / unit } else { scaled * unit })
}

/// Rounds an integer to a power of ten; half away from zero.
fn round_integer(name: &str, value: i128, digits: i32) -> i128 {
    if digits >= 0 {
        return value;
    }
    let Some(unit) = 10_i128.checked_pow(digits.unsigned_abs()) else { return 0 };
    let (whole, rest) = (value.div_euclid(unit), value.rem_euclid(unit));
    let up = match name {
        "floor" => false,
        "ceil" | "ceiling" => rest > 0,
        "trunc" | "truncate" => value < 0 && rest > 0,
        "roundBankers" => rest > unit / 2 || (rest == unit / 2 && whole % 2 != 0),
        _ => rest > unit / 2 || (rest * 2 == unit && value > 0),
    };
    (whole + i128::from(up)).saturating_mul(unit)
}

fn power_of_two(_: &Call, args: &[Value]) -> SqlResult<Value> {
    /// Sign and exponent of a double.
    const NO_MANTISSA: u64 = 0xFFF0_0000_0000_0000;
    Ok(match args.first() {
        Some(Value::Float(value)) => Value::Float(f64::from_bits(value.to_bits() & NO_MANTISSA)),
        _ => Value::Int(match int(args, 0) {
            value if value > 0 => 1 << value.ilog2(),
            _ => 0,
        }),
    })
}

/// The last step that is not above the value, else the first.
fn down_to_step(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let value = args.first().cloned().unwrap_or(Value::Null);
    let mut steps = items(args, 1);
    steps.sort_by(|a, b| compare(a, b).unwrap_or(Ordering::Equal));
    let below = steps.iter().rev().find(|step| compare(step, &value) != Some(Ordering::Greater));
    let step = below.or(steps.first()).cloned().unwrap_or(value);
    super::convert::convert(&step, &ChType::Dynamic, &call.ret)
}

fn step_type(types: &[ChType]) -> SqlResult<ChType> {
    let ChType::Array(item) = ty(types, 1) else { return Err(illegal(ty(types, 1))) };
    if !is_number(ty(types, 0)) || !is_number(item) {
        return Err(illegal(item));
    }
    common_type(&[ty(types, 0).clone(), item_of(ty(types, 1))?])
}

fn step(steps: &[i32], value: f64) -> i128 {
    let below = steps.iter().rev().find(|step| f64::from(**step) <= value);
    i128::from(below.copied().unwrap_or(0))
}

/// The functions of this module.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "round" | "floor" | "ceil" | "ceiling" | "trunc" | "truncate" | "roundBankers" => {
            strict(1, 2, same, rounded)
        }
        "roundToExp2" => strict(
            1,
            1,
            |types| {
                all(types, |ty| is_integer(ty) || matches!(ty, ChType::Float(_)))
                    .map(|()| ty(types, 0).clone())
            },
            power_of_two,
        ),
        "roundDown" => strict(2, 2, step_type, down_to_step),
        "roundDuration" => strict(
            1,
            1,
            |types| all(types, is_number).map(|()| ChType::UInt(16)),
            |_, a| {
                const STEPS: [i32; 15] = [
                    1, 10, 30, 60, 120, 180, 240, 300, 600, 1_200, 1_800, 3_600, 7_200, 18_000,
                    36_000,
                ];
                Ok(Value::Int(step(&STEPS, float(a, 0))))
            },
        ),
        "roundAge" => strict(
            1,
            1,
            |types| all(types, is_number).map(|()| ChType::UInt(8)),
            |_, a| {
                let age = float(a, 0);
                let youngest = if age >= 1.0 { 17 } else { 0 };
                Ok(Value::Int(step(&[18, 25, 35, 45, 55], age).max(youngest)))
            },
        ),
        _ => None,
    }
}
