//! Functions of several texts in a row: put together, cut into lists, hashed.

use super::{
    operand::{integers, nulls},
    texts::{Parts, Text, all_of, text_at, written},
};
use crate::{
    functions::{
        hashes::{self, Hash},
        split::pieces,
        udf::Call,
    },
    types::ChType,
};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, ListArray, PrimitiveArray},
        buffer::OffsetBuffer,
        datatypes::{DataType, UInt32Type, UInt64Type},
    },
    logical_expr::ColumnarValue,
};
use std::sync::Arc;

pub(super) fn of(call: &Call, args: &[ColumnarValue], row_count: usize) -> Option<ArrayRef> {
    match (call.name.as_str(), args) {
        ("concat" | "concatAssumeInjective", _) => {
            let parts = all_of(call, args)?;
            written(row_count, nulls(args), |row, out| {
                parts.iter().for_each(|part| out.extend_from_slice(part.at(row).as_bytes()));
            })
        }
        ("concatWithSeparator" | "concatWithSeparatorAssumeInjective", [_, _, ..]) => {
            let texts = all_of(call, args)?;
            let ([separator], parts) = texts.split_at_checked(1)? else { return None };
            written(row_count, nulls(args), |row, out| {
                for (at, part) in parts.iter().enumerate() {
                    if at > 0 {
                        out.extend_from_slice(separator.at(row).as_bytes());
                    }
                    out.extend_from_slice(part.at(row).as_bytes());
                }
            })
        }
        ("splitByChar" | "splitByString", [_, _]) => split(call, args),
        _ => hashed(call, args, row_count),
    }
}

/// Lists of what stands between a separator. A NULL is split as an empty text, for a list cannot be NULL.
fn split(call: &Call, args: &[ColumnarValue]) -> Option<ArrayRef> {
    let texts = all_of(call, args)?;
    let [Text::Constant(separator), Text::Column(texts)] = texts.as_slice() else { return None };
    if separator.is_empty() || call.name == "splitByChar" && separator.len() != 1 {
        return None;
    }
    let mut parts = Parts::of(texts, 4 * texts.len());
    let mut ends = Vec::with_capacity(texts.len() + 1);
    ends.push(0_i32);
    for row in 0..texts.len() {
        for piece in pieces(text_at(texts, row).as_bytes(), separator.as_bytes()) {
            parts.push(row, piece)?;
        }
        ends.push(i32::try_from(parts.len()).ok()?);
    }
    let DataType::List(field) = call.ret.arrow() else { return None };
    let lists =
        ListArray::try_new(field, OffsetBuffer::new(ends.into()), parts.finish(None)?, None);
    Some(Arc::new(lists.ok()?))
}

/// The hash of each row.
fn hashed(call: &Call, args: &[ColumnarValue], row_count: usize) -> Option<ArrayRef> {
    let hash = hashes::hash(&call.name)?;
    let mut whole: Option<Vec<u64>> = None;
    for (arg, ty) in args.iter().zip(&call.args) {
        let part = hashes_of(&hash, arg, ty.strip_nullable(), row_count)?;
        whole = Some(match whole {
            None => part,
            Some(whole) => {
                whole.into_iter().zip(part).map(|(whole, part)| hash.join(whole, part)).collect()
            }
        });
    }
    let nulls = nulls(args);
    match call.ret.strip_nullable() {
        ChType::UInt(64) => Some(Arc::new(PrimitiveArray::<UInt64Type>::new(whole?.into(), nulls))),
        #[expect(clippy::cast_possible_truncation, reason = "these hashes have 32 bits")]
        ChType::UInt(32) => {
            let short: Vec<u32> = whole?.into_iter().map(|hash| hash as u32).collect();
            Some(Arc::new(PrimitiveArray::<UInt32Type>::new(short.into(), nulls)))
        }
        _ => None,
    }
}

fn hashes_of(hash: &Hash, arg: &ColumnarValue, ty: &ChType, row_count: usize) -> Option<Vec<u64>> {
    match ty {
        ChType::String => {
            let texts = Text::of(arg)?;
            (0..row_count).map(|row| hash.of_text(texts.at(row).as_bytes())).collect()
        }
        ChType::Int(bits) | ChType::UInt(bits) => {
            // As in memory: only the bytes of the type.
            let held = u64::MAX >> (64 - u32::from(*bits));
            let values = integers(arg)?;
            let size_bytes = usize::from(bits / 8);
            let of = |value: i64| hash.of_integer(value.cast_unsigned() & held, size_bytes);
            values.constant().map(|value| vec![of(value); row_count]).or_else(|| values.map(of))
        }
        _ => None,
    }
}
