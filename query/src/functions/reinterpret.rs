//! Bytes of values read as values of other types, least significant byte first.

use super::{
    args::{illegal, wrap_nullable},
    compare::constant_value,
    time_floor::counted,
    udf::{Call, Nulls, row_call},
};
use crate::{
    bind::parse_type,
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::Value,
};

/// The functions of this module.
pub(super) const NAMES: &[&str] = &[
    "reinterpret",
    "reinterpretAsDate",
    "reinterpretAsDateTime",
    "reinterpretAsFixedString",
    "reinterpretAsFloat32",
    "reinterpretAsFloat64",
    "reinterpretAsInt16",
    "reinterpretAsInt32",
    "reinterpretAsInt64",
    "reinterpretAsInt8",
    "reinterpretAsString",
    "reinterpretAsUInt16",
    "reinterpretAsUInt32",
    "reinterpretAsUInt64",
    "reinterpretAsUInt8",
];

/// How many bytes a type takes; text as many as it has.
fn size_of(ty: &ChType) -> Option<usize> {
    Some(match ty {
        ChType::Bool => 1,
        ChType::Int(bits) | ChType::UInt(bits) | ChType::Float(bits) => usize::from(bits / 8),
        ChType::Date => 2,
        ChType::Date32 | ChType::DateTime(_) => 4,
        ChType::DateTime64(..) => 8,
        ChType::FixedString(size) => *size,
        _ => return None,
    })
}

/// The function of a name, if it is one of this family.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    let Some(word) = name.strip_prefix("reinterpret") else { return Ok(None) };
    counted(name, args, 1, if word.is_empty() { 2 } else { 1 })?;
    let from = args.first().map_or(&ChType::Nothing, |arg| arg.ty.strip_nullable());
    if *from == ChType::Nothing {
        return Ok(Some(Typed::null()));
    }
    if *from != ChType::String && size_of(from).is_none() {
        return Err(illegal(from));
    }
    let to = match word.strip_prefix("As") {
        Some("String") => ChType::String,
        Some("FixedString") => ChType::FixedString(size_of(from).ok_or_else(|| illegal(from))?),
        Some(ty) => parse_type(ty)?,
        None => match args.get(1).and_then(constant_value) {
            Some(Value::String(ty)) => parse_type(&ty)?,
            _ => return Err(illegal(from)),
        },
    };
    if to != ChType::String && size_of(&to).is_none() {
        return Err(illegal(&to));
    }
    let ret = wrap_nullable(args, to);
    let first = args.first().cloned().into_iter().collect();
    Ok(Some(row_call("reinterpret", first, ret, Nulls::Propagate, kernel)))
}

#[expect(clippy::cast_possible_truncation, reason = "the value is a Float32")]
fn bytes_of(value: &Value, ty: &ChType) -> Vec<u8> {
    let mut bytes = match (value, ty) {
        (Value::String(text), _) => return text.clone().into_bytes(),
        (Value::Float(float), ChType::Float(32)) => (*float as f32).to_le_bytes().to_vec(),
        (Value::Float(float), _) => float.to_le_bytes().to_vec(),
        (Value::DateTime64(ticks, _), _) => ticks.to_le_bytes().to_vec(),
        (other, _) => other.as_int().unwrap_or(0).to_le_bytes().to_vec(),
    };
    bytes.truncate(size_of(ty).unwrap_or(8));
    bytes
}

fn kernel(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (Some(value), Some(from)) = (args.first(), call.args.first()) else {
        return Ok(Value::Null);
    };
    let mut bytes = bytes_of(value, from.strip_nullable());
    let to = call.ret.strip_nullable();
    if matches!(to, ChType::String | ChType::FixedString(_)) {
        if *to == ChType::String && !matches!(value, Value::String(_)) {
            // Text has no zero bytes at its end.
            while bytes.last() == Some(&0) {
                bytes.pop();
            }
        }
        return String::from_utf8(bytes).map(Value::String).map_err(|_| {
            let message = "The bytes are no UTF-8 text, which a String has to be";
            SqlError::new(ChCode::IllegalColumn, message)
        });
    }
    bytes.resize(16, 0);
    let mut raw = [0; 16];
    raw.copy_from_slice(bytes.get(..16).unwrap_or(&[0; 16]));
    let whole = i128::from_le_bytes(raw);
    let bits = |size: usize| whole & ((1_i128 << (8 * size)) - 1);
    let narrow = |size: usize| i64::try_from(bits(size)).unwrap_or(0);
    Ok(match to {
        ChType::Bool => Value::Bool(bits(1) != 0),
        ChType::Float(32) => {
            Value::Float(f32::from_bits(u32::try_from(bits(4)).unwrap_or(0)).into())
        }
        ChType::Float(_) => Value::Float(f64::from_bits(u64::try_from(bits(8)).unwrap_or(0))),
        ChType::Date => Value::Date(i32::try_from(narrow(2)).unwrap_or(0)),
        ChType::Date32 => {
            let days = super::args::wrap(bits(4), &ChType::Int(32));
            Value::Date(i32::try_from(days).unwrap_or(0))
        }
        ChType::DateTime(_) => Value::DateTime(narrow(4)),
        ChType::DateTime64(scale, _) => {
            let ticks = super::args::wrap(bits(8), &ChType::Int(64));
            Value::DateTime64(i64::try_from(ticks).unwrap_or(0), *scale)
        }
        integer => Value::Int(super::args::wrap(whole, integer)),
    })
}
