//! The toX family: `toInt64`, `toFloat64OrNull`, `toDateOrZero`, `toDecimal64OrDefault(x, s, d)`, `accurateCast` and their like.

use super::{
    args::{bad, illegal, is_dynamic, is_integer, is_text, strict, text, ty, wrap_nullable},
    compare::constant_value,
    convert::{cast, check, convert, default_value, parse_text},
    registry::Entry,
    time_floor::{counted, zone_name},
    udf::{Call, Nulls, row_call},
};
use crate::{
    bind::parse_type,
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, compare},
};
use std::cmp::Ordering;

/// The functions of this module; those to numbers, dates and times also as `…OrNull`, `…OrZero` and `…OrDefault`.
pub(super) const NAMES: &[&str] = &[
    "accurateCast",
    "accurateCastOrDefault",
    "accurateCastOrNull",
    "toBool",
    "toDate",
    "toDate32",
    "toDateTime",
    "toDateTime32",
    "toDateTime64",
    "toDecimal128",
    "toDecimal32",
    "toDecimal64",
    "toFixedString",
    "toFloat32",
    "toFloat64",
    "toInt16",
    "toInt32",
    "toInt64",
    "toInt8",
    "toString",
    "toStringCutToZero",
    "toUInt16",
    "toUInt32",
    "toUInt64",
    "toUInt8",
    "toUUID",
];

/// What a function does with what it cannot convert.
#[derive(Clone, Copy, PartialEq)]
enum Otherwise {
    Fail,
    Null,
    Zero,
    Default,
}

fn split(name: &str) -> (&str, Otherwise) {
    for (ending, otherwise) in [
        ("OrNull", Otherwise::Null),
        ("OrZero", Otherwise::Zero),
        ("OrDefault", Otherwise::Default),
    ] {
        if let Some(base) = name.strip_suffix(ending) {
            return (base, otherwise);
        }
    }
    (name, Otherwise::Fail)
}

fn plain_type(base: &str) -> Option<ChType> {
    Some(match base {
        "toBool" => ChType::Bool,
        "toString" => ChType::String,
        "toInt8" => ChType::Int(8),
        "toInt16" => ChType::Int(16),
        "toInt32" => ChType::Int(32),
        "toInt64" => ChType::Int(64),
        "toUInt8" => ChType::UInt(8),
        "toUInt16" => ChType::UInt(16),
        "toUInt32" => ChType::UInt(32),
        "toUInt64" => ChType::UInt(64),
        "toFloat32" => ChType::Float(32),
        "toFloat64" => ChType::Float(64),
        "toDate" => ChType::Date,
        "toDate32" => ChType::Date32,
        "toDateTime" | "toDateTime32" => ChType::DateTime(None),
        "toDateTime64" => ChType::DateTime64(3, None),
        "toDecimal32" => ChType::Decimal(9, 0),
        "toDecimal64" => ChType::Decimal(18, 0),
        "toDecimal128" => ChType::Decimal(38, 0),
        "toUUID" => ChType::Uuid,
        _ => return None,
    })
}

/// A constant scale of at most `most` digits.
fn scale(arg: &Typed, most: u8) -> SqlResult<u8> {
    let scale = constant_value(arg).and_then(|value| value.as_int());
    let scale = scale.ok_or_else(|| illegal(&arg.ty))?;
    u8::try_from(scale).ok().filter(|scale| *scale <= most).ok_or_else(|| {
        let message = format!("A scale of {scale} is out of bounds: 0 to {most} digits");
        SqlError::new(ChCode::ArgumentOutOfBound, message)
    })
}

/// The type that a call names, and how many arguments say so.
fn target(
    name: &str,
    plain: ChType,
    args: &[Typed],
    otherwise: Otherwise,
) -> SqlResult<(ChType, usize)> {
    let zoned = |at: usize| -> SqlResult<(Option<String>, usize)> {
        let zone = args.get(at).filter(|arg| *arg.ty.strip_nullable() == ChType::String);
        Ok(if zone.is_some() { (zone_name(args, at)?, at + 1) } else { (None, at) })
    };
    Ok(match plain {
        ChType::Decimal(precision, _) => {
            counted(name, args, 2, 2 + usize::from(otherwise == Otherwise::Default))?;
            let arg = args.get(1).ok_or_else(|| bad(name))?;
            (ChType::Decimal(precision, scale(arg, precision)?), 2)
        }
        ChType::DateTime64(..) => {
            let least = if otherwise == Otherwise::Fail { 2 } else { 1 };
            counted(name, args, least, 3 + usize::from(otherwise == Otherwise::Default))?;
            let digits = args.get(1).map_or(Ok(3), |arg| scale(arg, 9))?;
            let (zone, used) = zoned(args.len().min(2))?;
            (ChType::DateTime64(digits, zone.or_else(|| own_zone(args))), used)
        }
        ChType::DateTime(_) => {
            let (zone, used) = zoned(1)?;
            (ChType::DateTime(zone.or_else(|| own_zone(args))), used)
        }
        ChType::Date | ChType::Date32 if args.len() > 1 && otherwise != Otherwise::Default => {
            (plain, zoned(1)?.1)
        }
        other => (other, 1),
    })
}

/// The function of a name, if it is one of this family.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    match name {
        "accurateCast" | "accurateCastOrNull" | "accurateCastOrDefault" => {
            return accurate_cast(name, args).map(Some);
        }
        "toFixedString" => return fixed_string(args).map(Some),
        "toString" if args.len() == 2 => return zoned_text(args).map(Some),
        _ => {}
    }
    let (base, otherwise) = split(name);
    let Some(plain) = plain_type(base) else { return Ok(None) };
    if matches!(plain, ChType::String) && otherwise != Otherwise::Fail {
        return Ok(None);
    }
    counted(name, args, 1, 4)?;
    let Some(arg) = args.first().cloned() else { return Ok(None) };
    let (to, used) = target(name, plain, args, otherwise)?;
    counted(name, args, 1, used + usize::from(otherwise == Otherwise::Default))?;
    let from = arg.ty.strip_nullable().clone();
    if from == ChType::Nothing && otherwise != Otherwise::Default {
        if to == ChType::Bool && arg.ty.is_nullable() {
            return cast(arg, &ChType::Bool.nullable()).map(Some);
        }
        return Ok(Some(Typed::null()));
    }
    check(&from, &to)?;
    Ok(Some(match otherwise {
        Otherwise::Fail => {
            let tries = matches!(&arg.ty, ChType::Nullable(inner) if **inner == ChType::String);
            if tries && to != ChType::String {
                row_call("toOrNull", vec![arg], to.nullable(), Nulls::Pass, or_null)
            } else {
                let to = if matches!(arg.ty, ChType::Nullable(_)) { to.nullable() } else { to };
                cast(arg, &to)?
            }
        }
        Otherwise::Null | Otherwise::Zero => {
            let number_to_date = matches!(to, ChType::Date | ChType::Date32) && !is_text(&from);
            let number_to_time = otherwise == Otherwise::Null && is_time(&to) && is_integer(&from);
            if !is_text(&from) && !number_to_date && !number_to_time {
                return Err(illegal(&from));
            }
            let known = arg.ty.is_nullable().then(|| arg.clone().into_value().is_not_null());
            let name = if is_time(&to) { "toBasicOrNull" } else { "toOrNull" };
            let tried = row_call(name, vec![arg], to.clone().nullable(), Nulls::Pass, or_null);
            match (otherwise, known) {
                (Otherwise::Null, _) => tried,
                // NULL stays NULL; text that says nothing is zero.
                (_, Some(known)) => {
                    let value = cast(filled(tried, zero(&to), &to)?, &to.nullable())?;
                    super::conditional::case(vec![(known, value)], None)?
                }
                (_, None) => filled(tried, zero(&to), &to)?,
            }
        }
        Otherwise::Default => {
            let default = match args.get(used) {
                Some(given) if !fits(&given.ty, &to) => {
                    return Err(bad(format!(
                        "The default of {name} has to be of type {to}, not {}",
                        given.ty
                    )));
                }
                Some(given) => Typed::value(given.clone().into_value(), to.clone()),
                None => constant(zero(&to), &to)?,
            };
            accurate_or(arg, &to, default)?
        }
    }))
}

/// Whether a default is of a type, whatever its zone.
fn fits(given: &ChType, to: &ChType) -> bool {
    match (given, to) {
        (ChType::DateTime(_), ChType::DateTime(_)) => true,
        (ChType::DateTime64(a, _), ChType::DateTime64(b, _)) => a == b,
        (given, to) => given == to,
    }
}

/// The zone in the type of a time, which stays when it is converted.
fn own_zone(args: &[Typed]) -> Option<String> {
    match args.first()?.ty.strip_nullable() {
        ChType::DateTime(zone) | ChType::DateTime64(_, zone) => zone.clone(),
        _ => None,
    }
}

fn is_time(ty: &ChType) -> bool {
    matches!(ty, ChType::DateTime(_) | ChType::DateTime64(..))
}

/// Where a Date32 begins when nothing is said.
const DATE32_FIRST: i32 = -25_567;

/// The value of a type when there is none; a Date32 then is 1900-01-01.
fn zero(ty: &ChType) -> Value {
    match ty {
        ChType::Date32 => Value::Date(DATE32_FIRST),
        other => default_value(other),
    }
}

fn constant(value: Value, ty: &ChType) -> SqlResult<Typed> {
    super::registry::constant(&value, ty)
}

fn filled(tried: Typed, value: Value, to: &ChType) -> SqlResult<Typed> {
    super::conditional::coalesce(vec![tried, constant(value, to)?])
}

fn or_null(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (Some(value), Some(from)) = (args.first(), call.args.first()) else {
        return Ok(Value::Null);
    };
    let to = call.ret.strip_nullable();
    let converted = match value {
        Value::Null => return Ok(Value::Null),
        // These two take no zone behind a time.
        Value::String(text) if call.name == "toBasicOrNull" && text.ends_with('Z') => None,
        Value::String(text)
            if call.name == "toBasicOrNull"
                && matches!(to, ChType::DateTime(_))
                && text.contains('.') =>
        {
            None
        }
        Value::String(text) if matches!(from.strip_nullable(), ChType::FixedString(_)) => {
            unfilled(text, to)
        }
        Value::String(text) => exact_text(text, to),
        other => convert(other, from, to).ok(),
    };
    Ok(converted.unwrap_or(Value::Null))
}

/// A FixedString as a value: the zero bytes at its end are none of it, and alone are the integer 0.
fn unfilled(text: &str, to: &ChType) -> Option<Value> {
    match (text.trim_end_matches('\0'), to) {
        ("", ChType::Int(_) | ChType::UInt(_)) if !text.is_empty() => Some(Value::Int(0)),
        (rest, to) => exact_text(rest, to),
    }
}

/// Text as a value that it names without rest, space or overflow.
fn exact_text(text: &str, to: &ChType) -> Option<Value> {
    if text.trim() != text {
        return None;
    }
    match to {
        ChType::Int(_) | ChType::UInt(_) => {
            let value: i128 = text.parse().ok()?;
            (super::args::wrap(value, to) == value).then_some(Value::Int(value))
        }
        _ => parse_text(text, to).ok(),
    }
}

/// A value in a type that holds it exactly.
fn exact(value: &Value, from: &ChType, to: &ChType) -> SqlResult<Value> {
    if let Value::String(text) = value {
        // A failure names what is wrong with the text.
        return match exact_text(text, to) {
            Some(value) => Ok(value),
            None => parse_text(text, to).and_then(|_| Err(inexact(value, to))),
        };
    }
    let converted = convert(value, from, to)?;
    let numbers = matches!(to, ChType::Int(_) | ChType::UInt(_) | ChType::Float(_) | ChType::Bool)
        && matches!(value, Value::Int(_) | Value::Float(_) | Value::Decimal(..));
    let same = match (&converted, value) {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole floats are compared as integers"
        )]
        (Value::Float(float), Value::Int(int)) => *float as i128 == *int,
        (Value::Bool(_), _) => true,
        (converted, value) => compare(converted, value) == Some(Ordering::Equal),
    };
    if numbers && !same { Err(inexact(value, to)) } else { Ok(converted) }
}

fn inexact(value: &Value, to: &ChType) -> SqlError {
    let text = crate::value::text_of(value);
    SqlError::new(ChCode::CannotConvertType, format!("{to} cannot hold the value {text} exactly"))
}

/// The type that a constant names.
fn named_type(args: &[Typed]) -> SqlResult<ChType> {
    match args.get(1).and_then(constant_value) {
        Some(Value::String(name)) => parse_type(&name),
        _ => Err(illegal(args.get(1).map_or(&ChType::Nothing, |arg| &arg.ty))),
    }
}

fn accurate_cast(name: &str, args: &[Typed]) -> SqlResult<Typed> {
    counted(name, args, 2, 2 + usize::from(name.ends_with("OrDefault")))?;
    let to = named_type(args)?;
    let Some(arg) = args.first().cloned() else { return Ok(Typed::null()) };
    check(arg.ty.strip_nullable(), &to)?;
    match name {
        "accurateCastOrNull" => {
            Ok(row_call(name, vec![arg], to.nullable(), Nulls::Pass, exact_or_null))
        }
        "accurateCastOrDefault" => {
            let default = match args.get(2) {
                Some(given) => match cast(given.clone(), &to) {
                    Ok(given)
                        if *given.ty.strip_nullable() != ChType::String || to == ChType::String =>
                    {
                        if matches!(args.get(2).map(|arg| &arg.ty), Some(ChType::String))
                            && to != ChType::String
                        {
                            return Err(bad(format!(
                                "The default of {name} has to be of type {to}"
                            )));
                        }
                        given
                    }
                    _ => return Err(bad(format!("The default of {name} has to be of type {to}"))),
                },
                None => constant(zero(&to), &to)?,
            };
            accurate_or(arg, &to, default)
        }
        _ => {
            let to = if matches!(arg.ty, ChType::Nullable(_)) { to.nullable() } else { to };
            Ok(row_call(name, vec![arg], to, Nulls::Propagate, |call, args| {
                let from = call.args.first().unwrap_or(&ChType::Nothing);
                let value = args.first().unwrap_or(&Value::Null);
                exact(value, from.strip_nullable(), call.ret.strip_nullable())
            }))
        }
    }
}

fn accurate_or(arg: Typed, to: &ChType, default: Typed) -> SqlResult<Typed> {
    let arg = match arg.ty.strip_nullable() {
        ChType::Enum(..) if !is_text(to) => super::ordinal::ordinal(arg)?,
        _ => arg,
    };
    let to = to.strip_nullable().clone().nullable();
    let tried = row_call("accurateCastOrNull", vec![arg], to, Nulls::Pass, exact_or_null);
    super::conditional::coalesce(vec![tried, default])
}

fn exact_or_null(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (Some(value), Some(from)) = (args.first(), call.args.first()) else {
        return Ok(Value::Null);
    };
    if value.is_null() {
        return Ok(Value::Null);
    }
    let to = call.ret.strip_nullable();
    if let (Value::String(text), ChType::FixedString(size)) = (value, to) {
        return Ok(super::convert::filled(text, *size).unwrap_or(Value::Null));
    }
    Ok(exact(value, from.strip_nullable(), to).unwrap_or(Value::Null))
}

/// Text filled up with zero bytes.
fn fixed_string(args: &[Typed]) -> SqlResult<Typed> {
    /// Longer texts of a fixed size are surely a mistake.
    const SIZE_MAX: i128 = 1 << 20;
    counted("toFixedString", args, 2, 2)?;
    let [value, size] = args else { return Ok(Typed::null()) };
    let from = value.ty.strip_nullable();
    if !is_text(from) {
        return Err(SqlError::new(
            ChCode::NotImplemented,
            format!("toFixedString takes text, not {from}"),
        ));
    }
    let size = constant_value(size)
        .and_then(|size| size.as_int())
        .filter(|size| (1..=SIZE_MAX).contains(size));
    let size = size.and_then(|size| usize::try_from(size).ok());
    let size = size.ok_or_else(|| bad("toFixedString takes a constant size of at least 1"))?;
    let ret = wrap_nullable(args, ChType::FixedString(size));
    Ok(row_call("toFixedString", vec![value.clone()], ret, Nulls::Propagate, |call, args| {
        let ChType::FixedString(size) = call.ret.strip_nullable() else { return Ok(Value::Null) };
        super::convert::filled(&text(args, 0), *size)
    }))
}

/// `toString(time, zone)`.
fn zoned_text(args: &[Typed]) -> SqlResult<Typed> {
    let time = super::registry::scalar("toTimeZone", args.to_vec())?;
    let to = wrap_nullable(args, ChType::String);
    cast(time, &to)
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "toStringCutToZero" => strict(
            1,
            1,
            |types| match ty(types, 0) {
                ChType::String | ChType::FixedString(_) => Ok(ChType::String),
                other if is_dynamic(other) => Ok(ChType::String),
                other => Err(illegal(other)),
            },
            |_, args| {
                let text = text(args, 0);
                Ok(Value::String(text.split('\0').next().unwrap_or_default().to_owned()))
            },
        ),
        _ => None,
    }
}
