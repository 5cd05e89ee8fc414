//! Text cut into parts, and parts put together.

use super::{
    convert::convert,
    registry::Entry,
    search::separates,
    text::{bad, bytes, check, find, illegal, int, items, list, optional, room, s, strict, text},
    udf::Call,
};
use crate::{
    error::SqlResult,
    types::ChType,
    value::{Value, bytes_of, text_of},
};

/// All functions here.
pub(super) const NAMES: &[&str] = &[
    "alphaTokens",
    "arrayStringConcat",
    "splitByChar",
    "splitByNonAlpha",
    "splitByString",
    "splitByWhitespace",
    "tokens",
];

fn strings(args: &[ChType], kinds: &str) -> SqlResult<ChType> {
    check(args, kinds, ChType::Array(Box::new(ChType::String)))
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "splitByChar" | "splitByString" => strict(2, 3, |a| strings(a, "ssi"), split_by),
        "splitByWhitespace" => strict(
            1,
            2,
            |a| strings(a, "si"),
            |_, a| words(a, |byte| byte.is_ascii_whitespace() || byte == 0x0B),
        ),
        "splitByNonAlpha" => strict(
            1,
            2,
            |a| strings(a, "si"),
            |_, a| {
                words(a, |byte| {
                    byte.is_ascii_whitespace() || byte == 0x0B || byte.is_ascii_punctuation()
                })
            },
        ),
        "alphaTokens" => {
            strict(1, 2, |a| strings(a, "si"), |_, a| words(a, |byte| !byte.is_ascii_alphabetic()))
        }
        "tokens" => strict(1, 3, |a| strings(a, "ssx"), tokens),
        "arrayStringConcat" => strict(1, 2, joined_type, |call, a| {
            let Some(Value::Array(items)) = a.first() else { return s("") };
            let item = match call.args.first() {
                Some(ChType::Array(item)) => &**item,
                _ => &ChType::Dynamic,
            };
            let parts = items.iter().filter(|value| !value.is_null()).map(|value| {
                let text = convert(value, item, &ChType::String)?;
                Ok(bytes_of(&text_of(&text)).into_owned())
            });
            let parts = parts.collect::<SqlResult<Vec<Vec<u8>>>>()?;
            let separator = bytes(a, 1);
            room(separator.len().saturating_mul(parts.len()), "arrayStringConcat")?;
            s(parts.join(&*separator))
        }),
        _ => None,
    }
}

/// Items of any type print; only text goes between them.
fn joined_type(args: &[ChType]) -> SqlResult<ChType> {
    match args.first() {
        Some(ChType::Array(_) | ChType::Dynamic | ChType::Variant(_)) => {
            check(args, "xs", ChType::String)
        }
        other => Err(illegal(0, other.unwrap_or(&ChType::Nothing), "Array")),
    }
}

/// The first `max` items, all of them if it is 0.
pub(super) fn limited<T>(items: impl Iterator<Item = T>, max: usize) -> impl Iterator<Item = T> {
    items.take(if max == 0 { usize::MAX } else { max })
}

fn most(args: &[Value], i: usize) -> usize {
    usize::try_from(optional(args, i).unwrap_or(0)).unwrap_or(0)
}

fn split_by(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (separator, value, max) = (bytes(args, 0), bytes(args, 1), most(args, 2));
    if call.name == "splitByChar" && separator.len() != 1 {
        return Err(bad("Illegal separator for function splitByChar. Must be exactly one byte."));
    }
    if separator.is_empty() {
        return list(limited(value.chunks(1), max));
    }
    list(limited(pieces(&value, &separator), max))
}

/// What stands between a separator.
pub(super) fn pieces<'a>(value: &'a [u8], separator: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut start = Some(0);
    std::iter::from_fn(move || {
        let from = start?;
        let end = find(value, separator, from);
        start = end.map(|end| end + separator.len());
        value.get(from..end.unwrap_or(value.len()))
    })
}

/// What stands between bytes of a kind.
fn words(args: &[Value], between: fn(u8) -> bool) -> SqlResult<Value> {
    let value = bytes(args, 0);
    let words = value.split(|byte| between(*byte)).filter(|word| !word.is_empty());
    list(limited(words, most(args, 1)))
}

/// The tokens of a text index.
fn tokens(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let value = bytes(args, 0);
    match &*text(args, 1) {
        "" | "splitByNonAlpha" | "default" => {
            list(value.split(|byte| separates(*byte)).filter(|token| !token.is_empty()))
        }
        "ngrams" => {
            let size = if args.len() > 2 { int(args, 2) } else { 3 };
            let size = usize::try_from(size).ok().filter(|size| (1..=8).contains(size));
            let size = size.ok_or_else(|| bad("The size of ngrams is between 1 and 8"))?;
            list(super::text::characters(&value).windows(size).map(<[&[u8]]>::concat))
        }
        "array" => list([value]),
        "splitByString" => {
            let mut separators = items(args, 2);
            if args.len() < 3 {
                separators.push(b" ".as_slice().into());
            }
            list(tokens_between(&value, &separators))
        }
        other => Err(bad(format!("Function tokens does not know the tokenizer {other}"))),
    }
}

/// What stands between the first separators that match at each place.
fn tokens_between<'a>(value: &'a [u8], separators: &[std::borrow::Cow<'_, [u8]>]) -> Vec<&'a [u8]> {
    let (mut out, mut start, mut at) = (Vec::new(), 0, 0);
    while let Some(rest) = value.get(at..).filter(|rest| !rest.is_empty()) {
        let found = separators
            .iter()
            .find(|separator| !separator.is_empty() && rest.starts_with(separator));
        match found {
            Some(separator) => {
                out.extend(value.get(start..at));
                at += separator.len();
                start = at;
            }
            None => at += 1,
        }
    }
    out.extend(value.get(start..));
    out.retain(|token| !token.is_empty());
    out
}
