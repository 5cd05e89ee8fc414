//! Operators of numbers. Whole numbers are computed in 64 bits and wrap into the width of the result.

use super::operand::{Operand, float_column, floats, integer_column, integers, nulls};
use crate::{functions::udf::Call, types::ChType};
use datafusion::{
    arrow::{array::ArrayRef, buffer::NullBuffer},
    logical_expr::ColumnarValue,
};

pub(super) fn of(call: &Call, args: &[ColumnarValue]) -> Option<ArrayRef> {
    match call.ret.strip_nullable() {
        ChType::Int(_) | ChType::UInt(_) => whole(call, args),
        ChType::Float(_) => real(call, args),
        _ => None,
    }
}

fn whole(call: &Call, args: &[ColumnarValue]) -> Option<ArrayRef> {
    let values = match args {
        [a] => one(call, &integers(a)?)?,
        [a, b] => two(call, args, &integers(a)?, &integers(b)?)?,
        _ => return None,
    };
    integer_column(values, nulls(args), &call.ret)
}

fn one(call: &Call, a: &Operand<'_, i64>) -> Option<Vec<i64>> {
    let signed = matches!(call.args.first()?.strip_nullable(), ChType::Int(_));
    match call.name.as_str() {
        "negate" => a.map(i64::wrapping_neg),
        "bitNot" => a.map(|a| !a),
        "abs" if signed => a.map(i64::wrapping_abs),
        "abs" => a.map(|a| a),
        _ => None,
    }
}

fn two(
    call: &Call,
    args: &[ColumnarValue],
    a: &Operand<'_, i64>,
    b: &Operand<'_, i64>,
) -> Option<Vec<i64>> {
    match call.name.as_str() {
        "plus" => a.with(b, i64::wrapping_add),
        "minus" => a.with(b, i64::wrapping_sub),
        "multiply" => a.with(b, i64::wrapping_mul),
        "bitAnd" => a.with(b, |a, b| a & b),
        "bitOr" => a.with(b, |a, b| a | b),
        "bitXor" => a.with(b, |a, b| a ^ b),
        "bitShiftLeft" | "bitShiftRight" => shifted(call, a, b),
        "intDiv" | "intDivOrZero" | "modulo" | "moduloOrZero" | "positiveModulo" => {
            divided(call, args, a, b)
        }
        _ => None,
    }
}

/// Shifts by a constant that leaves some of the bits.
fn shifted(call: &Call, a: &Operand<'_, i64>, by: &Operand<'_, i64>) -> Option<Vec<i64>> {
    let (bits, signed) = crate::functions::args::width(call.args.first()?.strip_nullable())?;
    let by = u32::try_from(by.constant()?).ok().filter(|by| *by < u32::from(bits))?;
    match call.name.as_str() {
        "bitShiftLeft" => a.map(|a| a << by),
        _ if signed => a.map(|a| a >> by),
        _ => a.map(|a| (a.cast_unsigned() >> by).cast_signed()),
    }
}

/// What a division needs to know of the types of its sides.
struct Division {
    /// Whether both sides are read as numbers without sign.
    unsigned: bool,
    /// The least number of the dividend's type, which has no counterpart of the other sign.
    least: Option<i64>,
}

impl Division {
    fn of(call: &Call) -> Option<Self> {
        let [a, b] = call.args.as_slice() else { return None };
        let is_unsigned = |ty: &ChType| matches!(ty.strip_nullable(), ChType::UInt(_));
        let is_long = |ty: &ChType| *ty.strip_nullable() == ChType::UInt(64);
        let unsigned = is_unsigned(a) && is_unsigned(b);
        // No type of 64 bits holds the numbers of both.
        if !unsigned && (is_long(a) || is_long(b)) {
            return None;
        }
        let least = match a.strip_nullable() {
            ChType::Int(bits) => Some(i64::MIN >> (64 - u32::from(*bits))),
            _ => None,
        };
        Some(Self { unsigned, least })
    }
}

/// Quotients and remainders; none where a row divides by zero, which is an error.
fn divided(
    call: &Call,
    args: &[ColumnarValue],
    a: &Operand<'_, i64>,
    b: &Operand<'_, i64>,
) -> Option<Vec<i64>> {
    let division = Division::of(call)?;
    let or_zero = call.name.ends_with("OrZero");
    let quotient = call.name.starts_with("intDiv");
    // Operands of both signs are divided in the answer's bits, which changes no small divisor of a signed number.
    let signed = |at: usize| {
        call.args.get(at).is_some_and(|ty| matches!(ty.strip_nullable(), ChType::Int(_)))
    };
    let small = b.constant().is_some_and(|b| (0..=i8::MAX.into()).contains(&b));
    if quotient && signed(0) != signed(1) && !(signed(0) && small) {
        return None;
    }
    let overflows = |a: i64, b: i64| quotient && b == -1 && Some(a) == division.least;
    let fails = |a: i64, b: i64| !or_zero && (b == 0 || overflows(a, b));
    if may_fail(b) && any(a.with(b, fails)?, nulls(args).as_ref()) {
        return None;
    }
    if division.unsigned {
        let unsigned = |of: fn(u64, u64) -> u64| {
            a.with(b, |a, b| match (a.cast_unsigned(), b.cast_unsigned()) {
                (_, 0) => 0,
                (a, b) => of(a, b).cast_signed(),
            })
        };
        return if quotient { unsigned(|a, b| a / b) } else { unsigned(|a, b| a % b) };
    }
    match call.name.as_str() {
        "positiveModulo" => a.with(b, |a, b| if b == 0 { 0 } else { a.wrapping_rem_euclid(b) }),
        _ if quotient => {
            a.with(b, |a, b| if b == 0 || overflows(a, b) { 0 } else { a.wrapping_div(b) })
        }
        _ => a.with(b, |a, b| if b == 0 { 0 } else { a.wrapping_rem(b) }),
    }
}

/// Whether a divisor is one that has no answer for some number.
fn may_fail(divisor: &Operand<'_, i64>) -> bool {
    divisor.constant().is_none_or(|divisor| divisor == 0 || divisor == -1)
}

/// Whether a flag is set in a row that is not NULL.
fn any(flags: Vec<bool>, nulls: Option<&NullBuffer>) -> bool {
    flags.into_iter().enumerate().any(|(row, set)| set && nulls.is_none_or(|n| n.is_valid(row)))
}

fn real(call: &Call, args: &[ColumnarValue]) -> Option<ArrayRef> {
    let values = match args {
        [a] => match call.name.as_str() {
            "negate" => floats(a)?.map(|a| -a)?,
            "abs" => floats(a)?.map(f64::abs)?,
            _ => return None,
        },
        [a, b] => {
            let (a, b) = (floats(a)?, floats(b)?);
            match call.name.as_str() {
                "modulo" => a.with(&b, |a, b| a % b)?,
                "moduloOrZero" => a.with(&b, |a, b| if b == 0.0 { 0.0 } else { a % b })?,
                "positiveModulo" => a.with(&b, f64::rem_euclid)?,
                _ => return None,
            }
        }
        _ => return None,
    };
    float_column(values, nulls(args), &call.ret)
}
