//! Values as cells of Dynamic and Variant columns, and as keys of sets: [`rekor_core::dynamic`] with more type bytes.

use super::{Value, json_of};
use rekor_core::dynamic::Dynamic;

/// Type bytes of values that JSON cannot hold.
mod tag {
    pub(super) const DATE: u8 = 0x40;
    pub(super) const DATETIME: u8 = 0x41;
    pub(super) const DATETIME64: u8 = 0x42;
    pub(super) const DECIMAL: u8 = 0x43;
    pub(super) const INT128: u8 = 0x44;
    pub(super) const LIST: u8 = 0x45;
    pub(super) const TUPLE: u8 = 0x46;
    pub(super) const MAP: u8 = 0x47;
}

/// The cell of a value; NULL has none.
pub(crate) fn encode(value: &Value, out: &mut Vec<u8>) {
    out.clear();
    let tagged = |out: &mut Vec<u8>, tag: u8, payload: &[u8]| {
        out.push(tag);
        out.extend_from_slice(payload);
    };
    match value {
        Value::Null => {}
        Value::Bool(v) => Dynamic::Bool(*v).encode(out),
        Value::Int(v) => match (i64::try_from(*v), u64::try_from(*v)) {
            (Ok(v), _) => Dynamic::Int64(v).encode(out),
            (_, Ok(v)) => Dynamic::UInt64(v).encode(out),
            _ => tagged(out, tag::INT128, &v.to_le_bytes()),
        },
        Value::Float(v) => Dynamic::Float64(*v).encode(out),
        Value::String(v) => Dynamic::String(v).encode(out),
        Value::Json(v) => Dynamic::Object(v).encode(out),
        Value::Date(v) => tagged(out, tag::DATE, &v.to_le_bytes()),
        Value::DateTime(v) => tagged(out, tag::DATETIME, &v.to_le_bytes()),
        Value::DateTime64(v, scale) => {
            tagged(out, tag::DATETIME64, &v.to_le_bytes());
            out.push(*scale);
        }
        Value::Decimal(v, scale) => {
            tagged(out, tag::DECIMAL, &v.to_le_bytes());
            out.push(*scale);
        }
        Value::Array(items) => encode_list(tag::LIST, items.iter(), out),
        Value::Tuple(items) => encode_list(tag::TUPLE, items.iter(), out),
        Value::Map(pairs) => encode_list(tag::MAP, pairs.iter().flat_map(|(k, v)| [k, v]), out),
    }
}

fn encode_list<'a>(tag: u8, items: impl Iterator<Item = &'a Value>, out: &mut Vec<u8>) {
    out.push(tag);
    let mut cell = Vec::new();
    for item in items {
        encode(item, &mut cell);
        out.extend_from_slice(&u32::try_from(cell.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(&cell);
    }
}

/// The value of a cell; anything that is no cell is NULL.
pub(crate) fn decode(cell: &[u8]) -> Value {
    match Dynamic::decode(cell) {
        None => Value::Null,
        Some(Dynamic::Bool(v)) => Value::Bool(v),
        Some(Dynamic::Int64(v)) => Value::Int(v.into()),
        Some(Dynamic::UInt64(v)) => Value::Int(v.into()),
        Some(Dynamic::Float64(v)) => Value::Float(v),
        Some(Dynamic::String(v)) => Value::String(v.to_owned()),
        Some(Dynamic::Object(v)) => Value::Json(v.to_owned()),
        Some(Dynamic::Array(v)) => json_of(v),
        Some(Dynamic::Other(tag, payload)) => decode_other(tag, payload).unwrap_or(Value::Null),
    }
}

fn decode_other(tag: u8, payload: &[u8]) -> Option<Value> {
    Some(match tag {
        tag::DATE => Value::Date(i32::from_le_bytes(payload.try_into().ok()?)),
        tag::DATETIME => Value::DateTime(i64::from_le_bytes(payload.try_into().ok()?)),
        tag::DATETIME64 => Value::DateTime64(
            i64::from_le_bytes(payload.get(..8)?.try_into().ok()?),
            *payload.get(8)?,
        ),
        tag::DECIMAL => Value::Decimal(
            i128::from_le_bytes(payload.get(..16)?.try_into().ok()?),
            *payload.get(16)?,
        ),
        tag::INT128 => Value::Int(i128::from_le_bytes(payload.try_into().ok()?)),
        tag::LIST => Value::Array(decode_list(payload)?),
        tag::TUPLE => Value::Tuple(decode_list(payload)?),
        tag::MAP => {
            let items = decode_list(payload)?;
            Value::Map(
                items
                    .chunks_exact(2)
                    .filter_map(|pair| Some((pair.first()?.clone(), pair.get(1)?.clone())))
                    .collect(),
            )
        }
        _ => return None,
    })
}

fn decode_list(mut payload: &[u8]) -> Option<Vec<Value>> {
    let mut items = Vec::new();
    while !payload.is_empty() {
        let length = u32::from_le_bytes(payload.get(..4)?.try_into().ok()?) as usize;
        items.push(decode(payload.get(4..4 + length)?));
        payload = payload.get(4 + length..)?;
    }
    Some(items)
}
