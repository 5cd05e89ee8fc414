//! Numbers: operators with ClickHouse's result types, rounding, bits.

use super::{
    registry::Entry,
    udf::{Call, Nulls, row_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::{ChType, IntervalUnit},
    value::Value,
};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator, cast as df_cast};

fn illegal(name: &str, types: &[&ChType]) -> SqlError {
    let types: Vec<String> = types.iter().map(ToString::to_string).collect();
    SqlError::new(
        ChCode::IllegalTypeOfArgument,
        format!("Illegal types {} of arguments of function {name}", types.join(" and ")),
    )
}

/// Result type of `+ - *` and their like on numbers.
fn numeric(name: &str, a: &ChType, b: &ChType) -> SqlResult<ChType> {
    use ChType::{Bool, Decimal, Float, Int, UInt};
    let width = |ty: &ChType| match ty {
        Bool => Some((8, false)),
        Int(bits) => Some((*bits, true)),
        UInt(bits) => Some((*bits, false)),
        _ => None,
    };
    Ok(match (a, b) {
        (Float(_), Float(_) | Int(_) | UInt(_) | Bool | Decimal(..))
        | (Int(_) | UInt(_) | Bool | Decimal(..), Float(_)) => Float(64),
        (Decimal(p, s), Decimal(q, t)) => {
            let scale = match name {
                "multiply" => s + t,
                "divide" => *s,
                _ => *s.max(t),
            };
            Decimal((*p).max(*q).max(18).max(scale), scale)
        }
        (Decimal(p, s), Int(_) | UInt(_)) | (Int(_) | UInt(_), Decimal(p, s)) => {
            Decimal((*p).max(18), *s)
        }
        _ => {
            let ((x, xs), (y, ys)) =
                width(a).zip(width(b)).ok_or_else(|| illegal(name, &[a, b]))?;
            let wide = (x.max(y) * 2).min(64);
            match name {
                "divide" => Float(64),
                "minus" => Int(wide),
                "intDiv" | "intDivOrZero" => {
                    if xs || ys {
                        Int(x)
                    } else {
                        UInt(x)
                    }
                }
                "modulo" | "moduloOrZero" => {
                    if xs {
                        Int((y * if ys { 1 } else { 2 }).min(64))
                    } else {
                        UInt(y)
                    }
                }
                "positiveModulo" => UInt(y),
                _ => {
                    if xs || ys {
                        Int(wide)
                    } else {
                        UInt(wide)
                    }
                }
            }
        }
    })
}

/// A binary operator on numbers, dates and intervals.
pub(super) fn binary(name: &str, a: Typed, b: Typed) -> SqlResult<Typed> {
    let nullable = a.ty.is_nullable() || b.ty.is_nullable();
    let wrap = |ty: ChType| if nullable { ty.nullable() } else { ty };
    let (x, y) = (a.ty.strip_nullable().clone(), b.ty.strip_nullable().clone());
    if x == ChType::Nothing || y == ChType::Nothing {
        return Ok(Typed::null());
    }
    if matches!(x, ChType::Dynamic | ChType::Variant(_))
        || matches!(y, ChType::Dynamic | ChType::Variant(_))
    {
        return Ok(row_call(name, vec![a, b], ChType::Dynamic, Nulls::Propagate, kernel));
    }
    if let Some(ty) = date_type(name, &x, &y) {
        return Ok(row_call(name, vec![a, b], wrap(ty), Nulls::Propagate, kernel));
    }
    if let (ChType::Tuple(_), ChType::Tuple(_)) = (&x, &y) {
        return Err(illegal(name, &[&x, &y]));
    }
    let ty = numeric(name, &x, &y)?;
    if ty == ChType::Float(64)
        && let Some(op) = float_operator(name)
    {
        let float = |side: Typed| df_cast(side.into_value(), ChType::Float(64).arrow());
        let expr = Expr::BinaryExpr(BinaryExpr::new(Box::new(float(a)), op, Box::new(float(b))));
        return Ok(Typed::value(expr, wrap(ty)));
    }
    Ok(row_call(name, vec![a, b], wrap(ty), Nulls::Propagate, kernel))
}

/// IEEE arithmetic is the same everywhere.
fn float_operator(name: &str) -> Option<Operator> {
    Some(match name {
        "plus" => Operator::Plus,
        "minus" => Operator::Minus,
        "multiply" => Operator::Multiply,
        "divide" => Operator::Divide,
        _ => return None,
    })
}

fn date_type(name: &str, a: &ChType, b: &ChType) -> Option<ChType> {
    use ChType::{Date, Date32, DateTime, DateTime64, Int, Interval, UInt};
    Some(match (name, a, b) {
        ("minus", Date | Date32, Date | Date32) => Int(32),
        ("minus", DateTime(_), DateTime(_)) => Int(32),
        ("minus", DateTime64(..), DateTime64(..)) => Int(64),
        ("plus" | "minus", Date | Date32, Interval(unit)) if *unit < DAY => DateTime(None),
        (
            "plus" | "minus",
            date @ (Date | Date32 | DateTime(_) | DateTime64(..)),
            Interval(_) | Int(_) | UInt(_),
        ) => date.clone(),
        ("plus", Interval(unit), Date | Date32) if *unit < DAY => DateTime(None),
        (
            "plus",
            Interval(_) | Int(_) | UInt(_),
            date @ (Date | Date32 | DateTime(_) | DateTime64(..)),
        ) => date.clone(),
        ("multiply", Interval(unit), Int(_) | UInt(_))
        | ("multiply", Int(_) | UInt(_), Interval(unit)) => Interval(*unit),
        _ => return None,
    })
}

const DAY: IntervalUnit = IntervalUnit::Day;

fn kernel(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let [a, b] = args else { return Ok(Value::Null) };
    let interval = call.args.iter().find_map(|ty| {
        if let ChType::Interval(unit) = ty.strip_nullable() { Some(*unit) } else { None }
    });
    let timed = |value: &Value| {
        matches!(value, Value::Date(_) | Value::DateTime(_) | Value::DateTime64(..))
    };
    match (timed(a), timed(b)) {
        (true, true) => Ok(Value::Int(a.as_int().unwrap_or(0) - b.as_int().unwrap_or(0))),
        (true, false) => shifted(&call.name, a, b, interval),
        (false, true) => shifted(&call.name, b, a, interval),
        (false, false) => arithmetic(call, a, b),
    }
}

fn shifted(
    name: &str,
    time: &Value,
    amount: &Value,
    interval: Option<IntervalUnit>,
) -> SqlResult<Value> {
    let amount = amount.as_int().unwrap_or(0);
    let amount = i64::try_from(if name == "minus" { -amount } else { amount }).unwrap_or(0);
    let unit = interval.unwrap_or(if matches!(time, Value::Date(_)) {
        IntervalUnit::Day
    } else {
        IntervalUnit::Second
    });
    super::dates::add(time, amount, unit)
}

fn arithmetic(call: &Call, a: &Value, b: &Value) -> SqlResult<Value> {
    let bad = || illegal(&call.name, &call.args.iter().collect::<Vec<_>>());
    if let (Value::Decimal(..), _) | (_, Value::Decimal(..)) = (a, b)
        && !matches!(a, Value::Float(_))
        && !matches!(b, Value::Float(_))
    {
        return decimal(call, a, b);
    }
    match (a, b) {
        (Value::Int(_) | Value::Bool(_), Value::Int(_) | Value::Bool(_)) => {
            integers(&call.name, a.as_int().unwrap_or(0), b.as_int().unwrap_or(0))
        }
        _ => floats(&call.name, a.as_f64().ok_or_else(bad)?, b.as_f64().ok_or_else(bad)?),
    }
}

fn division() -> SqlError {
    SqlError::new(ChCode::IllegalDivision, "Division by zero")
}

#[expect(clippy::cast_precision_loss, reason = "division is of doubles")]
fn integers(name: &str, a: i128, b: i128) -> SqlResult<Value> {
    Ok(Value::Int(match name {
        "plus" => a.wrapping_add(b),
        "minus" => a.wrapping_sub(b),
        "multiply" => a.wrapping_mul(b),
        "divide" => return Ok(Value::Float(a as f64 / b as f64)),
        "intDivOrZero" | "moduloOrZero" if b == 0 => 0,
        "intDiv" | "intDivOrZero" => a.checked_div(b).ok_or_else(division)?,
        "modulo" | "moduloOrZero" => a.checked_rem(b).ok_or_else(division)?,
        "positiveModulo" => a.checked_rem_euclid(b).ok_or_else(division)?,
        _ => return Err(SqlError::new(ChCode::LogicalError, name)),
    }))
}

#[expect(clippy::cast_possible_truncation, reason = "intDiv truncates")]
fn floats(name: &str, a: f64, b: f64) -> SqlResult<Value> {
    Ok(Value::Float(match name {
        "plus" => a + b,
        "minus" => a - b,
        "multiply" => a * b,
        "divide" => a / b,
        "modulo" => a % b,
        "positiveModulo" => a.rem_euclid(b),
        "intDiv" | "intDivOrZero" if b == 0.0 => return Err(division()),
        "intDiv" | "intDivOrZero" => return Ok(Value::Int((a / b).trunc() as i128)),
        _ => return Err(SqlError::new(ChCode::LogicalError, name)),
    }))
}

fn decimal(call: &Call, a: &Value, b: &Value) -> SqlResult<Value> {
    let parts = |value: &Value| match value {
        Value::Decimal(v, scale) => (*v, *scale),
        other => (other.as_int().unwrap_or(0), 0),
    };
    let ((x, s), (y, t)) = (parts(a), parts(b));
    let power = |n: u8| 10_i128.pow(u32::from(n));
    let overflow = || SqlError::new(ChCode::DecimalOverflow, "Decimal math overflow");
    let scale = s.max(t);
    let up = |v: i128, from: u8| v.checked_mul(power(scale - from)).ok_or_else(overflow);
    Ok(match call.name.as_str() {
        "plus" => Value::Decimal(up(x, s)? + up(y, t)?, scale),
        "minus" => Value::Decimal(up(x, s)? - up(y, t)?, scale),
        "multiply" => Value::Decimal(x.checked_mul(y).ok_or_else(overflow)?, s + t),
        "divide" => Value::Decimal(
            x.checked_mul(power(t)).ok_or_else(overflow)?.checked_div(y).ok_or_else(division)?,
            s,
        ),
        "modulo" => Value::Decimal(up(x, s)?.checked_rem(up(y, t)?).ok_or_else(division)?, scale),
        _ => return Err(illegal(&call.name, &call.args.iter().collect::<Vec<_>>())),
    })
}

fn same(args: &[ChType]) -> SqlResult<ChType> {
    number(args).map(|()| args.first().cloned().unwrap_or(ChType::Nothing))
}

fn number(args: &[ChType]) -> SqlResult<()> {
    match args.first() {
        Some(
            ChType::Int(_)
            | ChType::UInt(_)
            | ChType::Float(_)
            | ChType::Decimal(..)
            | ChType::Bool
            | ChType::Dynamic
            | ChType::Variant(_),
        ) => Ok(()),
        other => Err(SqlError::new(
            ChCode::IllegalTypeOfArgument,
            format!("A number is expected, not {}", other.unwrap_or(&ChType::Nothing)),
        )),
    }
}

fn float(args: &[ChType]) -> SqlResult<ChType> {
    number(args).map(|()| ChType::Float(64))
}

fn flag(args: &[ChType]) -> SqlResult<ChType> {
    number(args).map(|()| ChType::UInt(8))
}

fn widest(args: &[ChType]) -> SqlResult<ChType> {
    number(args)?;
    super::supertype::common_type(args)
}

fn negated(args: &[ChType]) -> SqlResult<ChType> {
    number(args)?;
    Ok(match args.first() {
        Some(ChType::UInt(bits)) => ChType::Int((bits * 2).min(64)),
        Some(ChType::Bool) => ChType::Int(16),
        Some(other) => other.clone(),
        None => ChType::Nothing,
    })
}

fn absolute(args: &[ChType]) -> SqlResult<ChType> {
    number(args)?;
    Ok(match args.first() {
        Some(ChType::Int(bits)) => ChType::UInt(*bits),
        Some(other) => other.clone(),
        None => ChType::Nothing,
    })
}

fn f(args: &[Value]) -> f64 {
    args.first().and_then(Value::as_f64).unwrap_or(f64::NAN)
}

fn int(args: &[Value], i: usize) -> i128 {
    args.get(i).and_then(Value::as_int).unwrap_or(0)
}

/// round, floor, ceil, trunc with an optional number of digits.
fn rounded(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let digits = i32::try_from(int(args, 1)).unwrap_or(0).clamp(-38, 38);
    Ok(match args.first() {
        Some(Value::Float(value)) => Value::Float(round_float(&call.name, *value, digits)),
        Some(Value::Decimal(value, scale)) => {
            Value::Decimal(round_integer(&call.name, *value, digits - i32::from(*scale)), *scale)
        }
        Some(other) => Value::Int(round_integer(&call.name, other.as_int().unwrap_or(0), digits)),
        None => Value::Null,
    })
}

fn round_float(name: &str, value: f64, digits: i32) -> f64 {
    let apply = |x: f64| match name {
        "floor" => x.floor(),
        "ceil" | "ceiling" => x.ceil(),
        "trunc" | "truncate" => x.trunc(),
        _ => x.round_ties_even(),
    };
    if digits == 0 {
        apply(value)
    } else if digits > 0 {
        let unit = 10_f64.powi(digits);
        let scaled = value * unit;
        if scaled.is_finite() { apply(scaled) / unit } else { value }
    } else {
        let unit = 10_f64.powi(-digits);
        apply(value / unit) * unit
    }
}

/// Rounds an integer to a power of ten; half away from zero.
fn round_integer(name: &str, value: i128, digits: i32) -> i128 {
    if digits >= 0 {
        return value;
    }
    let unit = 10_i128.checked_pow(digits.unsigned_abs()).unwrap_or(i128::MAX);
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

/// The functions of this module.
pub(super) fn entry(name: &str) -> Option<Entry> {
    let entry = |min, max, ret: fn(&[ChType]) -> SqlResult<ChType>, kernel: super::udf::Kernel| {
        Some(Entry { min, max, ret, kernel, nulls: Nulls::Propagate })
    };
    macro_rules! math {
        ($e:expr) => {{
            fn kernel(_: &Call, args: &[Value]) -> SqlResult<Value> {
                let g: fn(f64) -> f64 = $e;
                Ok(Value::Float(g(f(args))))
            }
            entry(1, 1, float, kernel)
        }};
    }
    match name {
        "round" | "floor" | "ceil" | "ceiling" | "trunc" | "truncate" | "roundBankers" => {
            entry(1, 2, same, rounded)
        }
        "negate" => entry(1, 1, negated, |_, args| {
            Ok(match args.first() {
                Some(Value::Float(v)) => Value::Float(-v),
                Some(Value::Decimal(v, s)) => Value::Decimal(-v, *s),
                _ => Value::Int(-int(args, 0)),
            })
        }),
        "abs" => entry(1, 1, absolute, |_, args| {
            Ok(match args.first() {
                Some(Value::Float(v)) => Value::Float(v.abs()),
                Some(Value::Decimal(v, s)) => Value::Decimal(v.abs(), *s),
                _ => Value::Int(int(args, 0).abs()),
            })
        }),
        "sign" => entry(
            1,
            1,
            |args| number(args).map(|()| ChType::Int(8)),
            |_, args| {
                let value = f(args);
                Ok(Value::Int(i128::from(value > 0.0) - i128::from(value < 0.0)))
            },
        ),
        "sqrt" => math!(f64::sqrt),
        "cbrt" => math!(f64::cbrt),
        "exp" => math!(f64::exp),
        "exp2" => math!(f64::exp2),
        "log" | "ln" => math!(f64::ln),
        "log2" => math!(f64::log2),
        "log10" => math!(f64::log10),
        "sin" => math!(f64::sin),
        "cos" => math!(f64::cos),
        "tan" => math!(f64::tan),
        "asin" => math!(f64::asin),
        "acos" => math!(f64::acos),
        "atan" => math!(f64::atan),
        "pow" | "power" => entry(2, 2, float, |_, args| {
            Ok(Value::Float(f(args).powf(args.get(1).and_then(Value::as_f64).unwrap_or(f64::NAN))))
        }),
        "pi" => {
            entry(0, 0, |_| Ok(ChType::Float(64)), |_, _| Ok(Value::Float(std::f64::consts::PI)))
        }
        "e" => entry(0, 0, |_| Ok(ChType::Float(64)), |_, _| Ok(Value::Float(std::f64::consts::E))),
        "isNaN" => entry(1, 1, flag, |_, args| Ok(Value::Int(f(args).is_nan().into()))),
        "isInfinite" => entry(1, 1, flag, |_, args| Ok(Value::Int(f(args).is_infinite().into()))),
        "isFinite" => entry(1, 1, flag, |_, args| Ok(Value::Int(f(args).is_finite().into()))),
        "ifNotFinite" => entry(2, 2, widest, |_, args| {
            Ok(if f(args).is_finite() { args.first() } else { args.get(1) }
                .cloned()
                .unwrap_or(Value::Null))
        }),
        "bitAnd" => entry(2, 2, widest, |_, args| Ok(Value::Int(int(args, 0) & int(args, 1)))),
        "bitOr" => entry(2, 2, widest, |_, args| Ok(Value::Int(int(args, 0) | int(args, 1)))),
        "bitXor" => entry(2, 2, widest, |_, args| Ok(Value::Int(int(args, 0) ^ int(args, 1)))),
        "bitNot" => entry(1, 1, same, |_, args| Ok(Value::Int(!int(args, 0)))),
        "bitShiftLeft" => entry(2, 2, same, |_, args| {
            Ok(Value::Int(int(args, 0).wrapping_shl(u32::try_from(int(args, 1)).unwrap_or(0))))
        }),
        "bitShiftRight" => entry(2, 2, same, |_, args| {
            Ok(Value::Int(int(args, 0).wrapping_shr(u32::try_from(int(args, 1)).unwrap_or(0))))
        }),
        "bitTest" => entry(2, 2, flag, |_, args| {
            Ok(Value::Int((int(args, 0) >> int(args, 1).clamp(0, 127)) & 1))
        }),
        "bitCount" => entry(1, 1, flag, |_, args| Ok(Value::Int(int(args, 0).count_ones().into()))),
        "gcd" => entry(2, 2, widest, |_, args| {
            let (mut a, mut b) = (int(args, 0).abs(), int(args, 1).abs());
            while b != 0 {
                (a, b) = (b, a % b);
            }
            Ok(Value::Int(a))
        }),
        _ => None,
    }
}
