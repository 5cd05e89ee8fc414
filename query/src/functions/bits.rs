//! Bits of integers and of text.

use super::{
    args::{
        all, array_of, illegal, int, integer, is_dynamic, is_integer, is_text, strict, text, ty,
        width, wrap,
    },
    convert::whole_64,
    registry::Entry,
    udf::Call,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::Value,
};

/// The functions of this module.
pub(super) const NAMES: &[&str] = &[
    "bitAnd",
    "bitCount",
    "bitHammingDistance",
    "bitNot",
    "bitOr",
    "bitPositionsToArray",
    "bitRotateLeft",
    "bitRotateRight",
    "bitShiftLeft",
    "bitShiftRight",
    "bitSlice",
    "bitTest",
    "bitTestAll",
    "bitTestAny",
    "bitXor",
    "bitmaskToArray",
    "bitmaskToList",
];

/// The wider of the integer types, signed if one is.
fn widest(types: &[ChType]) -> SqlResult<ChType> {
    all(types, is_integer)?;
    let mut wide = (8, false);
    for ty in types {
        match width(ty) {
            Some((bits, signed)) => wide = (wide.0.max(bits), wide.1 || signed),
            None => return Ok(ChType::Dynamic),
        }
    }
    Ok(integer(wide.0, wide.1))
}

fn flag(types: &[ChType]) -> SqlResult<ChType> {
    if types.len() < 2 {
        let message = "At least a number and one position are needed";
        return Err(SqlError::new(ChCode::TooFewArgumentsForFunction, message));
    }
    all(types, is_integer).map(|()| ChType::UInt(8))
}

fn bits_of(ty: &ChType) -> u8 {
    width(ty.strip_nullable()).map_or(64, |(bits, _)| bits)
}

/// The bits of an integer in the width of its type, without sign.
fn raw(value: i128, bits: u8) -> u128 {
    value.cast_unsigned() & ((1_u128 << bits) - 1)
}

/// The integer that a float is cut to, in the width of the float: beyond that it is the smallest one.
fn inverted_type(types: &[ChType]) -> SqlResult<ChType> {
    match ty(types, 0) {
        ChType::Float(bits) => Ok(ChType::Int(*bits)),
        _ => widest(types),
    }
}

fn inverted(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let value = match args.first() {
        Some(Value::Float(value)) => whole_64(*value, call.ret.strip_nullable()).into(),
        _ => int(args, 0),
    };
    Ok(Value::Int(wrap(!value, &call.ret)))
}

/// What leaves the bits of the first argument is gone.
fn shifted(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let bits = call.args.first().map_or(64, bits_of);
    let count = int(args, 1);
    if count < 0 {
        let message = format!("The number of shift positions must not be negative: {count}");
        return Err(SqlError::new(ChCode::ArgumentOutOfBound, message));
    }
    Ok(Value::Int(match u8::try_from(count) {
        Ok(count) if count < bits => match call.name.as_str() {
            "bitShiftLeft" => wrap(int(args, 0) << count, &call.ret),
            _ => int(args, 0) >> count,
        },
        _ => 0,
    }))
}

fn rotated(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let bits = bits_of(&call.ret);
    let count = int(args, 1).rem_euclid(i128::from(bits));
    let count = if call.name == "bitRotateLeft" {
        count
    } else {
        (i128::from(bits) - count) % i128::from(bits)
    };
    let value = raw(int(args, 0), bits);
    let turned = (value << count) | (value >> (i128::from(bits) - count));
    Ok(Value::Int(wrap((turned & ((1_u128 << bits) - 1)).cast_signed(), &call.ret)))
}

/// One bit, after a check that the type has it.
fn bit(call: &Call, args: &[Value], at: usize) -> SqlResult<bool> {
    let bits = call.args.first().map_or(64, bits_of);
    match u8::try_from(int(args, at)) {
        Ok(position) if position < bits => Ok(int(args, 0) >> position & 1 == 1),
        _ => Err(SqlError::new(
            ChCode::ParameterOutOfBound,
            format!("The bit number {} is out of bounds for {bits} bits", int(args, at)),
        )),
    }
}

fn tested(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let wanted = (1..args.len()).map(|at| bit(call, args, at)).collect::<SqlResult<Vec<_>>>()?;
    let found = match call.name.as_str() {
        "bitTestAny" => wanted.contains(&true),
        _ => !wanted.contains(&false),
    };
    Ok(Value::Int(found.into()))
}

fn counted_type(types: &[ChType]) -> SqlResult<ChType> {
    Ok(match ty(types, 0) {
        ChType::String => ChType::UInt(64),
        ChType::FixedString(_) => ChType::UInt(16),
        ChType::Float(_) => ChType::UInt(8),
        other if is_integer(other) => ChType::UInt(8),
        other => return Err(illegal(other)),
    })
}

fn counted(call: &Call, args: &[Value]) -> SqlResult<Value> {
    Ok(Value::Int(match args.first() {
        Some(Value::String(text)) => text.bytes().map(|b| i128::from(b.count_ones())).sum(),
        #[expect(clippy::cast_possible_truncation, reason = "the value is a Float32")]
        Some(Value::Float(value)) if call.args.first() == Some(&ChType::Float(32)) => {
            (*value as f32).to_bits().count_ones().into()
        }
        Some(Value::Float(value)) => value.to_bits().count_ones().into(),
        _ => raw(int(args, 0), call.args.first().map_or(64, bits_of)).count_ones().into(),
    }))
}

fn distance_type(types: &[ChType]) -> SqlResult<ChType> {
    match (ty(types, 0), ty(types, 1)) {
        (ChType::String, ChType::String) => Ok(ChType::UInt(64)),
        (ChType::FixedString(_), ChType::FixedString(_)) => Ok(ChType::UInt(16)),
        _ => all(types, |ty| is_integer(ty) || matches!(ty, ChType::Float(_)))
            .map(|()| ChType::UInt(8)),
    }
}

/// Numbers are compared in 64 bits; the rest of the longer text counts its own bits.
fn distance(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let (Some(Value::String(a)), Some(Value::String(b))) = (args.first(), args.get(1)) else {
        let whole = |at: usize| match args.get(at) {
            Some(Value::Float(value)) => whole_64(*value, &ChType::UInt(64)).into(),
            _ => int(args, at),
        };
        let bits = raw(whole(0), 64) ^ raw(whole(1), 64);
        return Ok(Value::Int(bits.count_ones().into()));
    };
    let byte = |text: &str, at: usize| text.as_bytes().get(at).copied().unwrap_or(0);
    let bits = (0..a.len().max(b.len())).map(|at| (byte(a, at) ^ byte(b, at)).count_ones());
    Ok(Value::Int(bits.map(i128::from).sum()))
}

/// Bits of text, filled up with zeros to whole bytes on the left of the slice's own.
fn sliced(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let source = text(args, 0);
    let size = i128::try_from(source.len() * 8).unwrap_or(0);
    let offset = int(args, 1);
    let start = if offset > 0 { offset - 1 } else { size + offset };
    let end = match args.get(2) {
        Some(_) if int(args, 2) >= 0 => start.saturating_add(int(args, 2)),
        Some(_) => size + int(args, 2),
        None => size,
    };
    let (start, end) = (start.max(0), end.min(size));
    if offset == 0 || start >= end {
        return Ok(Value::String(String::new()));
    }
    let mut bytes = Vec::new();
    let bit = |at: i128| {
        let byte = usize::try_from(at / 8).ok().and_then(|i| source.as_bytes().get(i).copied());
        byte.unwrap_or(0) >> (7 - at % 8) & 1
    };
    // The last byte takes what is left over, aligned to its high end.
    let mut at = start;
    while at < end {
        let byte =
            (0..8).fold(0, |byte, i| (byte << 1) | if at + i < end { bit(at + i) } else { 0 });
        bytes.push(byte);
        at += 8;
    }
    String::from_utf8(bytes).map(Value::String).map_err(|_| {
        SqlError::new(
            ChCode::IllegalColumn,
            "The slice of bits is no UTF-8 text, which a String has to be",
        )
    })
}

/// The powers of two that a number is the sum of.
fn powers(call: &Call, args: &[Value]) -> Vec<u32> {
    let bits = call.args.first().map_or(64, bits_of);
    let value = raw(int(args, 0), bits);
    (0..u32::from(bits)).filter(|at| value >> at & 1 == 1).collect()
}

/// The functions of this module.
pub(super) fn entry(name: &str) -> Option<Entry> {
    macro_rules! binary {
        ($op:tt) => {
            strict(2, 2, widest, |_, a| Ok(Value::Int(int(a, 0) $op int(a, 1))))
        };
    }
    match name {
        "bitAnd" => binary!(&),
        "bitOr" => binary!(|),
        "bitXor" => binary!(^),
        "bitNot" => strict(1, 1, inverted_type, inverted),
        "bitShiftLeft" | "bitShiftRight" => strict(2, 2, widest, shifted),
        "bitRotateLeft" | "bitRotateRight" => strict(2, 2, widest, rotated),
        "bitTest" => strict(2, 2, flag, tested),
        "bitTestAll" | "bitTestAny" => strict(0, 65, flag, tested),
        "bitCount" => strict(1, 1, counted_type, counted),
        "bitHammingDistance" => strict(2, 2, distance_type, distance),
        "bitSlice" => strict(
            2,
            3,
            |types| {
                if !is_text(ty(types, 0)) {
                    return Err(illegal(ty(types, 0)));
                }
                all(types.get(1..).unwrap_or_default(), is_integer).map(|()| ChType::String)
            },
            sliced,
        ),
        "bitPositionsToArray" => strict(
            1,
            1,
            |types| all(types, is_integer).map(|()| array_of(ChType::UInt(64))),
            |call, a| {
                let positions = powers(call, a).into_iter().map(|at| Value::Int(at.into()));
                Ok(Value::Array(positions.collect()))
            },
        ),
        "bitmaskToArray" => strict(
            1,
            1,
            |types| {
                all(types, |ty| is_integer(ty) && !is_dynamic(ty))
                    .map(|()| array_of(ty(types, 0).clone()))
            },
            |call, a| {
                let powers = powers(call, a).into_iter();
                Ok(Value::Array(powers.map(|at| Value::Int(1 << at)).collect()))
            },
        ),
        "bitmaskToList" => strict(
            1,
            1,
            |types| all(types, is_integer).map(|()| ChType::String),
            |call, a| {
                let powers = powers(call, a).into_iter();
                let list: Vec<String> = powers.map(|at| (1_u128 << at).to_string()).collect();
                Ok(Value::String(list.join(",")))
            },
        ),
        _ => None,
    }
}
