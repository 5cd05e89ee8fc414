//! Mathematical functions.

mod doubles;

pub(super) use doubles::{of_double, of_doubles};

use super::{
    args::{
        all, bad, float, illegal, int, integer, is_dynamic, is_integer, is_number, strict, ty,
        width,
    },
    arithmetic::numeric,
    compare::to_predicate,
    conditional::case,
    convert::cast,
    registry::Entry,
    supertype::common_type,
    udf::Call,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::Value,
};

/// The functions of this module.
pub(super) const NAMES: &[&str] = &[
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "byteSwap",
    "cbrt",
    "cos",
    "cosh",
    "countDigits",
    "degrees",
    "e",
    "erf",
    "erfc",
    "exp",
    "exp10",
    "exp2",
    "factorial",
    "gcd",
    "hypot",
    "ifNotFinite",
    "intExp10",
    "intExp2",
    "isFinite",
    "isInfinite",
    "isNaN",
    "isPrime",
    "lcm",
    "lgamma",
    "ln",
    "log",
    "log10",
    "log1p",
    "log2",
    "max2",
    "min2",
    "negate",
    "pi",
    "pow",
    "power",
    "radians",
    "sigmoid",
    "sign",
    "sin",
    "sinh",
    "sqr",
    "sqrt",
    "tan",
    "tanh",
    "tgamma",
    "widthBucket",
    "width_bucket",
];

fn float64(types: &[ChType]) -> SqlResult<ChType> {
    all(types, is_number).map(|()| ChType::Float(64))
}

/// Predicates on floats do not take Decimals.
fn flag(types: &[ChType]) -> SqlResult<ChType> {
    all(types, |ty| is_integer(ty) || matches!(ty, ChType::Float(_))).map(|()| ChType::UInt(8))
}

fn unsigned(types: &[ChType]) -> SqlResult<ChType> {
    all(types, is_number).map(|()| ChType::UInt(64))
}

fn negated(types: &[ChType]) -> SqlResult<ChType> {
    all(types, is_number)?;
    Ok(match ty(types, 0) {
        ChType::UInt(bits) => ChType::Int((bits * 2).min(64)),
        ChType::Bool => ChType::Int(16),
        other => other.clone(),
    })
}

fn absolute(types: &[ChType]) -> SqlResult<ChType> {
    all(types, is_number)?;
    Ok(match ty(types, 0) {
        ChType::Int(bits) => ChType::UInt(*bits),
        ChType::Bool => ChType::UInt(8),
        other => other.clone(),
    })
}

/// `gcd` and `lcm` have the type of a product.
fn product(types: &[ChType]) -> SqlResult<ChType> {
    all(types, is_integer)?;
    if types.iter().any(is_dynamic) {
        return Ok(ChType::Dynamic);
    }
    numeric("multiply", ty(types, 0), ty(types, 1))
}

fn square(types: &[ChType]) -> SqlResult<ChType> {
    all(types, is_number)?;
    let only = ty(types, 0);
    if is_dynamic(only) { Ok(ChType::Dynamic) } else { numeric("multiply", only, only) }
}

/// `ifNotFinite(x, y)`: y where x is no finite number. A NULL beside does not matter.
pub(super) fn if_not_finite(x: Typed, y: Typed) -> SqlResult<Typed> {
    let types = [x.ty.strip_nullable().clone(), y.ty.strip_nullable().clone()];
    let ret = match &types {
        [first, ChType::Nothing] => first.clone(),
        [ChType::Nothing, _] => return Ok(Typed::null()),
        types => finite_or(types)?,
    };
    let nullable = x.ty.is_nullable() || y.ty.is_nullable();
    let ret = if nullable { ret.nullable() } else { ret };
    let finite = to_predicate(super::registry::scalar("isFinite", vec![x.clone()])?)?;
    case(vec![(finite, cast(x, &ret)?)], Some(cast(y, &ret)?))
}

/// A float keeps its type, whatever replaces it; integers and Decimals are always finite.
fn finite_or(types: &[ChType]) -> SqlResult<ChType> {
    all(types, |ty| is_integer(ty) || matches!(ty, ChType::Float(_)))?;
    if types.iter().any(is_dynamic) {
        return Ok(ChType::Dynamic);
    }
    match (ty(types, 0), ty(types, 1)) {
        (first @ ChType::Float(_), ChType::Float(32) | ChType::Int(_) | ChType::UInt(_)) => {
            Ok(first.clone())
        }
        _ => common_type(types),
    }
}

fn swapped(types: &[ChType]) -> SqlResult<ChType> {
    match ty(types, 0) {
        ChType::Float(_) | ChType::Decimal(..) => {
            Err(SqlError::new(ChCode::NotImplemented, "byteSwap() is not implemented for floats"))
        }
        ChType::Bool => Ok(ChType::UInt(8)),
        other if width(other).is_some() => Ok(other.clone()),
        other => Err(illegal(other)),
    }
}

fn bucket_type(types: &[ChType]) -> SqlResult<ChType> {
    let bounds = types.get(..3).unwrap_or_default();
    all(bounds, |ty| is_integer(ty) || matches!(ty, ChType::Float(_)))?;
    match ty(types, 3) {
        ChType::UInt(bits) => Ok(ChType::UInt((bits * 2).min(64))),
        other => Err(illegal(other)),
    }
}

fn bucket(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let (value, low, high, count) = (float(args, 0), float(args, 1), float(args, 2), int(args, 3));
    if count == 0 || !low.is_finite() || !high.is_finite() || value.is_nan() {
        return Err(bad("widthBucket needs finite bounds and at least one bucket"));
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a bucket is found with floats"
    )]
    let within = ((value - low) * count as f64 / (high - low)) as i128 + 1;
    Ok(Value::Int(if value < low || low >= high {
        0
    } else if value >= high {
        count + 1
    } else {
        within
    }))
}

fn greatest_common(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.abs(), b.abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// `gcd` and `lcm`; ClickHouse refuses zero.
fn common_divisor(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (a, b) = (int(args, 0), int(args, 1));
    if a == 0 || b == 0 {
        return Err(SqlError::new(ChCode::IllegalDivision, "Division by zero"));
    }
    let divisor = greatest_common(a, b);
    Ok(Value::Int(if call.name == "gcd" { divisor } else { (a / divisor).wrapping_mul(b).abs() }))
}

fn factorial(_: &Call, args: &[Value]) -> SqlResult<Value> {
    match int(args, 0) {
        n if n > 20 => Err(bad("The maximum argument of factorial is 20")),
        n => Ok(Value::Int((1..=n).product())),
    }
}

/// Powers of a base that fit 64 bits, saturated.
fn integer_power(base: i128, exponent: i128) -> i128 {
    let max = i128::from(u64::MAX);
    match u32::try_from(exponent) {
        Ok(exponent) if exponent < 64 => base.checked_pow(exponent).unwrap_or(max).min(max),
        Ok(_) => max,
        Err(_) => {
            if exponent > 0 {
                max
            } else {
                0
            }
        }
    }
}

fn is_prime(n: i128) -> bool {
    // Trial division needs at most 2^32 steps for 64 bits, too many for a row.
    const BASES: [u128; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    let Ok(n) = u64::try_from(n).map(u128::from) else { return false };
    if n < 2 {
        return false;
    }
    if BASES.iter().any(|base| n % base == 0) {
        return BASES.contains(&n);
    }
    let power = |mut base: u128, mut exponent: u128| {
        let mut result = 1;
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = result * base % n;
            }
            base = base * base % n;
            exponent >>= 1;
        }
        result
    };
    let twos = (n - 1).trailing_zeros();
    // Miller-Rabin with these bases is exact below 2^64.
    BASES.iter().all(|base| {
        let mut x = power(*base, (n - 1) >> twos);
        x == 1
            || x == n - 1
            || (1..twos).any(|_| {
                x = x * x % n;
                x == n - 1
            })
    })
}

fn swap_bytes(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (bits, _) = width(call.ret.strip_nullable()).unwrap_or((64, false));
    // The bytes of the narrow value are the first ones of the wide one when swapped.
    Ok(Value::Int(int(args, 0).swap_bytes() >> (128 - u32::from(bits))))
}

fn finite(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let kept = args.first().filter(|value| value.as_f64().is_some_and(f64::is_finite));
    Ok(kept.or(args.get(1)).cloned().unwrap_or(Value::Null))
}

fn on_number(args: &[Value], float: fn(f64) -> f64, integer: fn(i128) -> i128) -> Value {
    match args.first() {
        Some(Value::Float(v)) => Value::Float(float(*v)),
        Some(Value::Decimal(v, scale)) => Value::Decimal(integer(*v), *scale),
        Some(other) => Value::Int(integer(other.as_int().unwrap_or(0))),
        None => Value::Null,
    }
}

/// ClickHouse counts NaN as positive.
fn sign_of(value: f64) -> i128 {
    if value < 0.0 { -1 } else { i128::from(value != 0.0) }
}

fn double(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let of = of_double(&call.name).ok_or_else(|| without_function(call))?;
    Ok(Value::Float(of(float(args, 0))))
}

fn doubles(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let of = of_doubles(&call.name).ok_or_else(|| without_function(call))?;
    Ok(Value::Float(of(float(args, 0), float(args, 1))))
}

fn without_function(call: &Call) -> SqlError {
    SqlError::new(ChCode::LogicalError, format!("{} has no function of doubles", call.name))
}

/// The functions of this module.
pub(super) fn entry(name: &str) -> Option<Entry> {
    macro_rules! test {
        ($f:expr) => {{
            fn kernel(_: &Call, args: &[Value]) -> SqlResult<Value> {
                let f: fn(f64) -> bool = $f;
                Ok(Value::Int(f(float(args, 0)).into()))
            }
            strict(1, 1, flag, kernel)
        }};
    }
    if of_double(name).is_some() {
        return strict(1, 1, float64, double);
    }
    if of_doubles(name).is_some() {
        return strict(2, 2, float64, doubles);
    }
    match name {
        "isNaN" => test!(f64::is_nan),
        "isInfinite" => test!(f64::is_infinite),
        "isFinite" => test!(f64::is_finite),
        "pi" => strict(0, 0, float64, |_, _| Ok(Value::Float(std::f64::consts::PI))),
        "e" => strict(0, 0, float64, |_, _| Ok(Value::Float(std::f64::consts::E))),
        "negate" => strict(1, 1, negated, |_, a| Ok(on_number(a, |v| -v, i128::wrapping_neg))),
        "abs" => strict(1, 1, absolute, |_, a| Ok(on_number(a, f64::abs, i128::wrapping_abs))),
        "sqr" => strict(1, 1, square, |call, a| {
            let only = a.first().cloned().unwrap_or(Value::Null);
            super::arithmetic::multiply(call, &only)
        }),
        "sign" => strict(
            1,
            1,
            |types| float64(types).map(|_| ChType::Int(8)),
            |_, a| Ok(Value::Int(sign_of(float(a, 0)))),
        ),
        "ifNotFinite" => strict(2, 2, finite_or, finite),
        "gcd" | "lcm" => strict(2, 2, product, common_divisor),
        "factorial" => {
            strict(1, 1, |types| all(types, is_integer).map(|()| ChType::UInt(64)), factorial)
        }
        "intExp2" => strict(1, 1, unsigned, |_, a| Ok(Value::Int(integer_power(2, int(a, 0))))),
        "intExp10" => strict(1, 1, unsigned, |_, a| Ok(Value::Int(integer_power(10, int(a, 0))))),
        "isPrime" => strict(
            1,
            1,
            |types| all(types, is_integer).map(|()| ChType::UInt(8)),
            |_, a| Ok(Value::Int(is_prime(int(a, 0)).into())),
        ),
        "countDigits" => strict(
            1,
            1,
            |types| {
                all(types, |ty| is_integer(ty) || matches!(ty, ChType::Decimal(..)))
                    .map(|()| integer(8, false))
            },
            |_, a| {
                let whole = match a.first() {
                    Some(Value::Decimal(unscaled, _)) => *unscaled,
                    _ => int(a, 0),
                };
                Ok(Value::Int(whole.unsigned_abs().to_string().len() as i128))
            },
        ),
        "byteSwap" => strict(1, 1, swapped, swap_bytes),
        "widthBucket" | "width_bucket" => strict(4, 4, bucket_type, bucket),
        _ => None,
    }
}
