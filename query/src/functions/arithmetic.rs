//! Numbers: operators with ClickHouse's result types, rounding, bits.

use super::{
    args::{width, wrap},
    compare::is_null,
    convert::cast,
    supertype::variant_of,
    time_shift::shifted_type,
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

/// The precision of the storage that holds a Decimal.
fn decimal_class(precision: u8) -> u8 {
    match precision {
        0..=9 => 9,
        10..=18 => 18,
        19..=38 => 38,
        _ => 76,
    }
}

/// The integer that takes as many bytes as a Decimal, up to 64 bits.
fn whole_part(precision: u8) -> ChType {
    ChType::Int(if precision <= 9 { 32 } else { 64 })
}

/// Result type of `+ - *` and their like on numbers.
pub(super) fn numeric(name: &str, a: &ChType, b: &ChType) -> SqlResult<ChType> {
    use ChType::{Bool, Decimal, Float, Int, UInt};
    let width = |ty: &ChType| match ty {
        Bool => Some((8, false)),
        Int(bits) => Some((*bits, true)),
        UInt(bits) => Some((*bits, false)),
        _ => None,
    };
    Ok(match (a, b) {
        (Float(bits), Float(_) | Int(_) | UInt(_) | Bool | Decimal(..))
            if name.starts_with("intDiv") =>
        {
            Int(*bits)
        }
        (Decimal(p, _), Float(_)) if name.starts_with("intDiv") => whole_part(*p),
        (Int(bits) | UInt(bits), Float(_) | Decimal(..)) if name.starts_with("intDiv") => {
            Int(*bits)
        }
        (Float(_), Float(_) | Int(_) | UInt(_) | Bool | Decimal(..))
        | (Int(_) | UInt(_) | Bool | Decimal(..), Float(_)) => Float(64),
        (Decimal(p, s), Decimal(q, t)) => {
            let scale = match name {
                "multiply" => s + t,
                "divide" => *s,
                _ => *s.max(t),
            };
            let whole = name.starts_with("intDiv");
            if (whole || name == "divide") && s < t {
                let message = "The scale of a Decimal must not be less than that of its divisor";
                return Err(SqlError::new(ChCode::ArgumentOutOfBound, message));
            }
            if whole {
                return Ok(whole_part((*p).max(*q)));
            }
            let precision = decimal_class((*p).max(*q));
            if scale > precision {
                let message = format!(
                    "The result of {name} has {scale} digits behind the point, more than Decimal({precision}) has"
                );
                return Err(SqlError::new(ChCode::ArgumentOutOfBound, message));
            }
            Decimal(precision, scale)
        }
        (Decimal(p, _), Int(_) | UInt(_)) if name.starts_with("intDiv") => whole_part(*p),
        (Decimal(p, s), Int(_) | UInt(_) | Bool) | (Int(_) | UInt(_) | Bool, Decimal(p, s)) => {
            Decimal(*p, *s)
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
                        Int((y * 2).min(64))
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
    if let Some(ty) = type_at_run_time(name, &x, &y) {
        return Ok(row_call(name, vec![a, b], ty, Nulls::Propagate, kernel));
    }
    if let Some(ty) = date_type(name, &x, &y) {
        return Ok(row_call(name, vec![a, b], wrap(ty), Nulls::Propagate, kernel));
    }
    match (&x, &y) {
        (ChType::Tuple(_), ChType::Tuple(_)) if matches!(name, "plus" | "minus") => {
            return super::tuples::by_element(name, &[a, b], true);
        }
        (ChType::Tuple(_), _) if matches!(name, "multiply" | "divide") => {
            return super::tuples::by_element(name, &[a, b], false);
        }
        (_, ChType::Tuple(_)) if name == "multiply" => {
            return super::tuples::by_element(name, &[b, a], false);
        }
        _ => {}
    }
    if let Some(ty) = array_type(name, &x, &y)? {
        return Ok(row_call(name, vec![a, b], wrap(ty), Nulls::Propagate, array_kernel));
    }
    if let Some(plain) = name.strip_suffix("OrNull") {
        let ty = numeric(plain, &x, &y)?.nullable();
        return Ok(row_call(name, vec![a, b], ty, Nulls::Propagate, or_null));
    }
    if let (ChType::Decimal(p, s), ChType::Decimal(q, t)) = (&x, &y)
        && s < t
        && is_null(&a)
    {
        // Of a constant NULL nothing is computed, so that the scale does not matter.
        let precision = decimal_class((*p).max(*q));
        match name {
            "divide" => {
                return cast(Typed::null(), &ChType::Decimal(precision, *s).nullable());
            }
            "intDiv" | "intDivOrZero" => {
                return cast(Typed::null(), &whole_part(precision).nullable());
            }
            _ => {}
        }
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

/// The type of an operator on values that say themselves what they are: of a Variant the types that its members give, and
/// anything where they are not known before. `None` for other operands.
fn type_at_run_time(name: &str, a: &ChType, b: &ChType) -> Option<ChType> {
    let members = |ty: &ChType| match ty {
        ChType::Variant(members) => members.clone(),
        other => vec![other.clone()],
    };
    match (a, b) {
        (ChType::Dynamic, _) | (_, ChType::Dynamic) => return Some(ChType::Dynamic),
        (ChType::Variant(_), _) | (_, ChType::Variant(_)) => {}
        _ => return None,
    }
    let (left, right) = (members(a), members(b));
    let pairs = left.iter().flat_map(|x| right.iter().map(move |y| (x, y)));
    let result =
        |(x, y): (&ChType, &ChType)| date_type(name, x, y).or_else(|| numeric(name, x, y).ok());
    let results = pairs.map(result).collect::<Option<Vec<_>>>();
    Some(results.map_or(ChType::Dynamic, |types| variant_of(&types)))
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
        ("minus", DateTime64(x, _), DateTime64(y, _)) => ChType::Decimal(18, *x.max(y)),
        ("minus", DateTime64(x, _), DateTime(_)) | ("minus", DateTime(_), DateTime64(x, _)) => {
            ChType::Decimal(18, *x)
        }
        ("plus" | "minus", Interval(a), Interval(b)) => Interval((a == b).then_some(*a)?),
        ("plus" | "minus", date, Interval(unit)) => shifted_type(date, *unit).ok()?,
        ("plus", Interval(unit), date) => shifted_type(date, *unit).ok()?,
        (
            "plus" | "minus",
            date @ (Date | Date32 | DateTime(_) | DateTime64(..)),
            Int(_) | UInt(_) | ChType::Float(_),
        )
        | (
            "plus",
            Int(_) | UInt(_) | ChType::Float(_),
            date @ (Date | Date32 | DateTime(_) | DateTime64(..)),
        ) => date.clone(),
        ("multiply", Interval(unit), Int(_) | UInt(_))
        | ("multiply", Int(_) | UInt(_), Interval(unit)) => Interval(*unit),
        _ => return None,
    })
}

/// The type of an operator on arrays, item by item: two are added and subtracted, and each item is multiplied with and
/// divided by a number. `None` for other operands.
fn array_type(name: &str, a: &ChType, b: &ChType) -> SqlResult<Option<ChType>> {
    let items = match (name, a, b) {
        ("plus" | "minus", ChType::Array(x), ChType::Array(y)) => (&**x, &**y),
        ("multiply" | "divide", ChType::Array(x), number)
            if !matches!(number, ChType::Array(_)) =>
        {
            (&**x, number)
        }
        ("multiply", number, ChType::Array(y)) if !matches!(number, ChType::Array(_)) => {
            (number, &**y)
        }
        _ => return Ok(None),
    };
    let (x, y) = items;
    let item = match array_type(name, x, y)? {
        Some(list) => list,
        None if [x, y].contains(&&ChType::Nothing) => ChType::Nothing,
        None => numeric(name, x, y)?,
    };
    Ok(Some(ChType::Array(Box::new(item))))
}

fn array_kernel(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let [a, b] = args else { return Ok(Value::Null) };
    if !matches!((a, b), (Value::Array(_), _) | (_, Value::Array(_))) {
        return kernel(call, args);
    }
    let item_type = |ty: &ChType| match ty.strip_nullable() {
        ChType::Array(item) => (**item).clone(),
        other => other.clone(),
    };
    let args = call.args.iter().map(item_type).collect();
    let of_items = Call { name: call.name.clone(), args, ret: item_type(&call.ret) };
    let pair = |a: &Value, b: &Value| array_kernel(&of_items, &[a.clone(), b.clone()]);
    let items: SqlResult<Vec<Value>> = match (a, b) {
        (Value::Array(x), Value::Array(y)) if x.len() != y.len() => {
            let message = format!("{} takes arrays of one size", call.name);
            return Err(SqlError::new(ChCode::SizesOfArraysDontMatch, message));
        }
        (Value::Array(x), Value::Array(y)) => x.iter().zip(y).map(|(a, b)| pair(a, b)).collect(),
        (Value::Array(x), number) => x.iter().map(|item| pair(item, number)).collect(),
        (number, Value::Array(y)) => y.iter().map(|item| pair(number, item)).collect(),
        _ => Ok(Vec::new()),
    };
    items.map(Value::Array)
}

/// NULL instead of a division by zero.
fn or_null(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let plain = call.name.strip_suffix("OrNull").unwrap_or(&call.name);
    if args.get(1).and_then(Value::as_f64) == Some(0.0) {
        return Ok(Value::Null);
    }
    let ret = call.ret.strip_nullable().clone();
    match kernel(&Call { name: plain.to_owned(), args: call.args.clone(), ret }, args) {
        Err(error) if error.code == ChCode::IllegalDivision => Ok(Value::Null),
        other => other,
    }
}

fn kernel(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let [a, b] = args else { return Ok(Value::Null) };
    let interval = call.args.iter().find_map(|ty| {
        if let ChType::Interval(unit) = ty.strip_nullable() { Some(*unit) } else { None }
    });
    let timed = |value: &Value| {
        matches!(value, Value::Date(_) | Value::DateTime(_) | Value::DateTime64(..))
    };
    match (timed(a), timed(b)) {
        (true, true) => difference(call, a, b),
        (true, false) => shifted(call, a, b, interval),
        (false, true) => shifted(call, b, a, interval),
        (false, false) => arithmetic(call, a, b),
    }
}

fn difference(call: &Call, a: &Value, b: &Value) -> SqlResult<Value> {
    let whole = || Value::Int(a.as_int().unwrap_or(0) - b.as_int().unwrap_or(0));
    let ticks = |time: &Value| match time {
        Value::DateTime64(ticks, scale) => Some(Value::Decimal((*ticks).into(), *scale)),
        Value::DateTime(seconds) => Some(Value::Decimal((*seconds).into(), 0)),
        _ => None,
    };
    match (ticks(a), ticks(b)) {
        (Some(x), Some(y)) if matches!(call.ret.strip_nullable(), ChType::Decimal(..)) => {
            decimal(call, &x, &y)
        }
        _ => Ok(whole()),
    }
}

fn shifted(
    call: &Call,
    time: &Value,
    amount: &Value,
    interval: Option<IntervalUnit>,
) -> SqlResult<Value> {
    let amount = amount.as_int().unwrap_or(0);
    let amount = if call.name == "minus" { -amount } else { amount };
    let unit = interval.unwrap_or(if matches!(time, Value::Date(_)) {
        IntervalUnit::Day
    } else {
        IntervalUnit::Second
    });
    super::time_shift::shift(time, amount, unit, &call.ret)
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
            let (mut x, mut y) = (a.as_int().unwrap_or(0), b.as_int().unwrap_or(0));
            if call.name.starts_with("intDiv") {
                (x, y) = of_one_sign(call, x, y);
            }
            if y == -1 && call.args.first().is_some_and(|ty| is_smallest(x, ty)) {
                match call.name.as_str() {
                    "intDiv" => return Err(division()),
                    "intDivOrZero" => return Ok(Value::Int(0)),
                    _ => {}
                }
            }
            integers(&call.name, x, y)
        }
        _ => floats(&call.name, a.as_f64().ok_or_else(bad)?, b.as_f64().ok_or_else(bad)?),
    }
}

/// Where one operand of a whole division is signed and the other is not, ClickHouse takes the bits of both as signed ones, those
/// of the divisor in the wider type of both.
fn of_one_sign(call: &Call, x: i128, y: i128) -> (i128, i128) {
    let operand = |at: usize| call.args.get(at).and_then(|ty| width(ty.strip_nullable()));
    match (operand(0), operand(1)) {
        (Some((left, a)), Some((right, b))) if a != b => {
            (wrap(x, &ChType::Int(left)), wrap(y, &ChType::Int(left.max(right))))
        }
        _ => (x, y),
    }
}

/// The product of a number with itself.
pub(super) fn multiply(call: &Call, value: &Value) -> SqlResult<Value> {
    let call = Call { name: "multiply".to_owned(), ..call.clone() };
    arithmetic(&call, value, value)
}

/// The smallest number of a signed type, which has no counterpart of the other sign.
fn is_smallest(value: i128, ty: &ChType) -> bool {
    matches!(ty.strip_nullable(), ChType::Int(bits) if value == -(1_i128 << (bits - 1)))
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
        "moduloOrZero" => {
            if b == 0.0 {
                0.0
            } else {
                a % b
            }
        }
        "positiveModulo" => a.rem_euclid(b),
        "intDivOrZero" if b == 0.0 || !(a / b).is_finite() => return Ok(Value::Int(0)),
        "intDiv" if b == 0.0 || !(a / b).is_finite() => return Err(division()),
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
    let held = |whole: i128| {
        let fits = wrap(whole, &call.ret) == whole;
        fits.then_some(Value::Int(whole)).ok_or_else(overflow)
    };
    Ok(match call.name.as_str() {
        "plus" => Value::Decimal(up(x, s)?.checked_add(up(y, t)?).ok_or_else(overflow)?, scale),
        "minus" => Value::Decimal(up(x, s)?.checked_sub(up(y, t)?).ok_or_else(overflow)?, scale),
        "intDiv" => held(up(x, s)?.checked_div(up(y, t)?).ok_or_else(division)?)?,
        "intDivOrZero" => held(up(x, s)?.checked_div(up(y, t)?).unwrap_or(0))?,
        "moduloOrZero" => Value::Decimal(up(x, s)?.checked_rem(up(y, t)?).unwrap_or(0), scale),
        "positiveModulo" => {
            Value::Decimal(up(x, s)?.checked_rem_euclid(up(y, t)?).ok_or_else(division)?, scale)
        }
        "multiply" => Value::Decimal(x.checked_mul(y).ok_or_else(overflow)?, s + t),
        "divide" => {
            // A whole number takes the scale of the Decimal that divides it.
            let kept = if matches!(a, Value::Decimal(..)) { s } else { t };
            let up = x.checked_mul(power(t)).and_then(|x| x.checked_mul(power(kept - s)));
            let quotient = up.ok_or_else(overflow)?.checked_div(y).ok_or_else(division)?;
            Value::Decimal(quotient, kept)
        }
        "modulo" => Value::Decimal(up(x, s)?.checked_rem(up(y, t)?).ok_or_else(division)?, scale),
        _ => return Err(illegal(&call.name, &call.args.iter().collect::<Vec<_>>())),
    })
}
