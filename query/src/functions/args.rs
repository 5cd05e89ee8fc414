//! What kernels and result types share: arguments by place and kind, and the shape of an entry.

use super::{
    registry::Entry,
    udf::{Kernel, Nulls},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, text_of},
};
use datafusion::common::ScalarValue;

/// The result type of a function from its argument types.
pub(super) type Ret = fn(&[ChType]) -> SqlResult<ChType>;

/// A function of which a NULL argument makes NULL.
#[expect(clippy::unnecessary_wraps, reason = "the arms of every `entry` answer options")]
pub(super) fn strict(min: usize, max: usize, ret: Ret, kernel: Kernel) -> Option<Entry> {
    Some(Entry { min, max, ret, kernel, nulls: Nulls::Propagate })
}

/// A function that sees NULL arguments.
#[expect(clippy::unnecessary_wraps, reason = "the arms of every `entry` answer options")]
pub(super) fn passing(min: usize, max: usize, ret: Ret, kernel: Kernel) -> Option<Entry> {
    Some(Entry { min, max, ret, kernel, nulls: Nulls::Pass })
}

/// The argument at a place as an integer; 0 if it is none.
pub(super) fn int(args: &[Value], at: usize) -> i128 {
    args.get(at).and_then(Value::as_int).unwrap_or(0)
}

/// The argument at a place as a 64-bit integer; 0 if it is none.
pub(super) fn long(args: &[Value], at: usize) -> i64 {
    i64::try_from(int(args, at)).unwrap_or(0)
}

/// The argument at a place as a float; NaN if it is none.
pub(super) fn float(args: &[Value], at: usize) -> f64 {
    args.get(at).and_then(Value::as_f64).unwrap_or(f64::NAN)
}

/// The argument at a place as text.
pub(super) fn text(args: &[Value], at: usize) -> String {
    args.get(at).map(text_of).unwrap_or_default()
}

/// The type at a place.
pub(super) fn ty(types: &[ChType], at: usize) -> &ChType {
    types.get(at).unwrap_or(&ChType::Nothing)
}

/// The error of an argument of a wrong type.
pub(super) fn illegal(ty: &ChType) -> SqlError {
    SqlError::new(ChCode::IllegalTypeOfArgument, format!("Illegal type {ty} of an argument"))
}

/// The error of a wrong value.
pub(super) fn bad(message: impl Into<String>) -> SqlError {
    SqlError::new(ChCode::BadArguments, message)
}

/// A type that says at run time what it holds.
pub(super) fn is_dynamic(ty: &ChType) -> bool {
    matches!(ty, ChType::Dynamic | ChType::Variant(_))
}

/// Integers and Bool, or a type that may hold one.
pub(super) fn is_integer(ty: &ChType) -> bool {
    matches!(ty, ChType::Int(_) | ChType::UInt(_) | ChType::Bool) || is_dynamic(ty)
}

/// Numbers and Bool, or a type that may hold one.
pub(super) fn is_number(ty: &ChType) -> bool {
    is_integer(ty) || matches!(ty, ChType::Float(_) | ChType::Decimal(..))
}

/// Text, or a type that may hold it.
pub(super) fn is_text(ty: &ChType) -> bool {
    matches!(ty, ChType::String | ChType::FixedString(_)) || is_dynamic(ty)
}

/// Dates and times, or a type that may hold one.
pub(super) fn is_temporal(ty: &ChType) -> bool {
    matches!(ty, ChType::Date | ChType::Date32 | ChType::DateTime(_) | ChType::DateTime64(..))
        || is_dynamic(ty)
}

/// Fails on the first type that does not fit.
pub(super) fn all(types: &[ChType], fits: fn(&ChType) -> bool) -> SqlResult<()> {
    types.iter().find(|ty| !fits(ty)).map_or(Ok(()), |ty| Err(illegal(ty)))
}

/// Bits and sign of an integer type; Bool counts as UInt8.
pub(super) fn width(ty: &ChType) -> Option<(u8, bool)> {
    Some(match ty {
        ChType::Bool => (8, false),
        ChType::Int(bits) => (*bits, true),
        ChType::UInt(bits) => (*bits, false),
        _ => return None,
    })
}

/// An integer type of a width.
pub(super) fn integer(bits: u8, signed: bool) -> ChType {
    if signed { ChType::Int(bits) } else { ChType::UInt(bits) }
}

/// An integer in the width of its type, as it wraps there.
pub(super) fn wrap(value: i128, ty: &ChType) -> i128 {
    let (bits, signed) = width(ty.strip_nullable()).unwrap_or((64, true));
    let modulus = 1_i128 << bits;
    let low = value.rem_euclid(modulus);
    if signed && low >= modulus / 2 { low - modulus } else { low }
}

/// A number with a fixed count of decimals; ties go away from zero.
pub(super) fn fixed_text(value: f64, digits: usize) -> String {
    /// Enough digits to tell a tie from its neighbours.
    const MORE: usize = 25;
    if !value.is_finite() {
        return text_of(&Value::Float(value));
    }
    let long = format!("{value:.*}", digits + MORE);
    let (_, rest) = long.split_at_checked(long.len() - MORE).unwrap_or((&long, ""));
    let tie = rest.starts_with('5') && rest.bytes().skip(1).all(|b| b == b'0');
    let upwards = if value < 0.0 { value.next_down() } else { value.next_up() };
    format!("{:.*}", digits, if tie { upwards } else { value })
}

/// An array type.
pub(super) fn array_of(item: ChType) -> ChType {
    ChType::Array(Box::new(item))
}

/// The items of an array argument; those of a map are pairs.
pub(super) fn items(args: &[Value], at: usize) -> Vec<Value> {
    match args.get(at) {
        Some(Value::Array(items)) => items.clone(),
        Some(Value::Map(pairs)) => {
            pairs.iter().map(|(k, v)| Value::Tuple(vec![k.clone(), v.clone()])).collect()
        }
        _ => Vec::new(),
    }
}

/// The type, Nullable if an argument may be NULL.
pub(super) fn wrap_nullable(args: &[Typed], ty: ChType) -> ChType {
    if args.iter().any(|arg| arg.ty.is_nullable()) { ty.nullable() } else { ty }
}

/// The integer of a scalar of a plan, of any width.
pub(super) fn scalar_int(value: &ScalarValue) -> Option<i128> {
    Some(match value {
        ScalarValue::Int8(Some(n)) => (*n).into(),
        ScalarValue::Int16(Some(n)) => (*n).into(),
        ScalarValue::Int32(Some(n)) => (*n).into(),
        ScalarValue::Int64(Some(n)) => (*n).into(),
        ScalarValue::UInt8(Some(n)) => (*n).into(),
        ScalarValue::UInt16(Some(n)) => (*n).into(),
        ScalarValue::UInt32(Some(n)) => (*n).into(),
        ScalarValue::UInt64(Some(n)) => (*n).into(),
        _ => return None,
    })
}
