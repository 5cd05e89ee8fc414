//! Functions of text. ASCII only: there bytes, characters and what stands for bytes are one, and letters have one case.

use crate::functions::{
    regexp::{like_pattern, with_pattern},
    udf::Call,
};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, PrimitiveArray, StringViewArray, StringViewBuilder},
        datatypes::{ArrowPrimitiveType, UInt8Type, UInt64Type},
    },
    common::ScalarValue,
};
use rekor_core::limits;
use std::sync::Arc;

pub(super) fn of(call: &Call, column: &dyn Array, constants: &[&ScalarValue]) -> Option<ArrayRef> {
    let texts = column.as_string_view_opt().filter(|texts| texts.is_ascii())?;
    let text = |i: usize| constants.get(i)?.try_as_str().flatten().filter(|text| text.is_ascii());
    match (call.name.as_str(), constants.len()) {
        ("length" | "lengthUTF8", 0) => numbers::<UInt64Type>(texts, |t| t.len() as u64),
        ("empty", 0) => flags(texts, str::is_empty),
        ("notEmpty", 0) => flags(texts, |t| !t.is_empty()),
        ("lower" | "lowerUTF8", 0) => changed(texts, |t, out| {
            out.push_str(t);
            out.make_ascii_lowercase();
        }),
        ("upper" | "upperUTF8", 0) => changed(texts, |t, out| {
            out.push_str(t);
            out.make_ascii_uppercase();
        }),
        ("reverse" | "reverseUTF8", 0) => changed(texts, |t, out| out.extend(t.chars().rev())),
        ("trimBoth", 0) => cut(texts, |t| t.trim_matches(' ')),
        ("trimLeft", 0) => cut(texts, |t| t.trim_start_matches(' ')),
        ("trimRight", 0) => cut(texts, |t| t.trim_end_matches(' ')),
        ("startsWith", 1) => text(0).and_then(|part| flags(texts, |t| t.starts_with(part))),
        ("endsWith", 1) => text(0).and_then(|part| flags(texts, |t| t.ends_with(part))),
        ("position", 1) => {
            let needle = text(0).filter(|needle| !needle.is_empty())?;
            let finder = memchr::memmem::Finder::new(needle.as_bytes());
            numbers::<UInt64Type>(texts, |t| {
                finder.find(t.as_bytes()).map_or(0, |at| at as u64 + 1)
            })
        }
        ("replaceAll", 2) => {
            let (old, new) = (text(0).filter(|old| !old.is_empty())?, text(1)?);
            let finder = memchr::memmem::Finder::new(old.as_bytes());
            changed(texts, |t, out| replaced(t, &finder, new, out))
        }
        ("substring" | "substringUTF8", 1 | 2) => {
            let from = usize::try_from(whole(constants.first()?)?).ok()?.checked_sub(1)?;
            let length = match constants.get(1) {
                Some(length) => usize::try_from(whole(length)?).ok()?,
                None => usize::MAX,
            };
            cut(texts, |t| slice(t, from, length))
        }
        ("left" | "leftUTF8", 1) => {
            let length = usize::try_from(whole(constants.first()?)?).ok()?;
            cut(texts, |t| slice(t, 0, length))
        }
        ("like" | "ilike" | "notLike" | "notILike", 1) => like(call, texts, text(0)?),
        ("match", 1) => {
            let found = |t: &str, re: &regex::bytes::Regex| re.is_match(t.as_bytes());
            with_pattern(text(0)?, |re| flags(texts, |t| found(t, re))).ok()?
        }
        _ => None,
    }
}

/// LIKE; a pattern that only looks for one piece of text needs no regular expression.
fn like(call: &Call, texts: &StringViewArray, pattern: &str) -> Option<ArrayRef> {
    let ignore_case = call.name.to_ascii_lowercase().ends_with("ilike");
    let wanted = !call.name.starts_with("not");
    let piece = pattern.strip_prefix('%').and_then(|rest| rest.strip_suffix('%'));
    let piece = piece.filter(|piece| !piece.contains(['%', '_', '\\']) && !ignore_case);
    if let Some(piece) = piece {
        let finder = memchr::memmem::Finder::new(piece.as_bytes());
        return flags(texts, |t| finder.find(t.as_bytes()).is_some() == wanted);
    }
    let pattern = like_pattern(pattern, ignore_case).ok()?;
    with_pattern(&pattern, |re| flags(texts, |t| re.is_match(t.as_bytes()) == wanted)).ok()?
}

fn whole(value: &ScalarValue) -> Option<i64> {
    i64::try_from(crate::functions::args::scalar_int(value)?).ok()
}

/// At most `length` bytes behind the first `from`.
fn slice(text: &str, from: usize, length: usize) -> &str {
    let rest = text.get(from..).unwrap_or_default();
    rest.get(..length).unwrap_or(rest)
}

fn replaced(text: &str, old: &memchr::memmem::Finder<'_>, new: &str, out: &mut String) {
    let mut start = 0;
    for at in old.find_iter(text.as_bytes()) {
        out.push_str(text.get(start..at).unwrap_or_default());
        out.push_str(new);
        start = at + old.needle().len();
    }
    out.push_str(text.get(start..).unwrap_or_default());
}

fn numbers<T: ArrowPrimitiveType>(
    texts: &StringViewArray,
    number: impl Fn(&str) -> T::Native,
) -> Option<ArrayRef>
where
    T::Native: Default,
{
    let values = (0..texts.len()).map(|row| number(text_at(texts, row)));
    let values: Vec<T::Native> = values.collect();
    Some(Arc::new(PrimitiveArray::<T>::new(values.into(), texts.nulls().cloned())))
}

fn flags(texts: &StringViewArray, flag: impl Fn(&str) -> bool) -> Option<ArrayRef> {
    numbers::<UInt8Type>(texts, |t| u8::from(flag(t)))
}

/// What stands in the array, also under a NULL.
fn text_at(texts: &StringViewArray, row: usize) -> &str {
    if texts.is_null(row) { "" } else { texts.value(row) }
}

/// New texts; nothing, if they are more than a call may make.
fn changed(texts: &StringViewArray, change: impl Fn(&str, &mut String)) -> Option<ArrayRef> {
    let mut out = StringViewBuilder::with_capacity(texts.len());
    let (mut made, mut bytes) = (String::new(), 0);
    for text in texts {
        let Some(text) = text else {
            out.append_null();
            continue;
        };
        made.clear();
        change(text, &mut made);
        bytes += made.len();
        if bytes > limits::SQL_CALL_BYTES_MAX {
            return None;
        }
        out.append_value(&made);
    }
    Some(Arc::new(out.finish()))
}

/// Parts of the texts.
fn cut(texts: &StringViewArray, part: impl Fn(&str) -> &str) -> Option<ArrayRef> {
    let mut out = StringViewBuilder::with_capacity(texts.len());
    texts.iter().for_each(|text| out.append_option(text.map(&part)));
    Some(Arc::new(out.finish()))
}
