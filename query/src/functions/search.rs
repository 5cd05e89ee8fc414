//! Finding text in text. Positions count from 1, in bytes or, where the name ends in UTF8, in characters; 0 is not found.

use super::{
    registry::Entry,
    text::{b, bad, bytes, characters, check, count_characters, find, n, optional, strict, text},
    udf::{Call, Nulls},
};
use crate::{
    error::SqlResult,
    types::ChType,
    value::{Value, bytes_of},
};
use std::borrow::Cow;

/// All functions here.
pub(super) const NAMES: &[&str] = &[
    "countSubstrings",
    "countSubstringsCaseInsensitive",
    "countSubstringsCaseInsensitiveUTF8",
    "hasSubsequence",
    "hasSubsequenceCaseInsensitive",
    "hasSubsequenceCaseInsensitiveUTF8",
    "hasSubsequenceUTF8",
    "hasToken",
    "hasTokenCaseInsensitive",
    "hasTokenCaseInsensitiveOrNull",
    "hasTokenOrNull",
    "locate",
    "multiSearchAllPositions",
    "multiSearchAllPositionsCaseInsensitive",
    "multiSearchAllPositionsCaseInsensitiveUTF8",
    "multiSearchAllPositionsUTF8",
    "multiSearchAny",
    "multiSearchAnyCaseInsensitive",
    "multiSearchAnyCaseInsensitiveUTF8",
    "multiSearchAnyUTF8",
    "multiSearchFirstIndex",
    "multiSearchFirstIndexCaseInsensitive",
    "multiSearchFirstIndexCaseInsensitiveUTF8",
    "multiSearchFirstIndexUTF8",
    "multiSearchFirstPosition",
    "multiSearchFirstPositionCaseInsensitive",
    "multiSearchFirstPositionCaseInsensitiveUTF8",
    "multiSearchFirstPositionUTF8",
    "position",
    "positionCaseInsensitive",
    "positionCaseInsensitiveUTF8",
    "positionUTF8",
];

/// The text with each character in lower case, if that is one character.
pub(super) fn folded(text: &str) -> String {
    text.chars()
        .map(|c| {
            let mut lower = c.to_lowercase();
            lower.next().filter(|_| lower.next().is_none()).unwrap_or(c)
        })
        .collect()
}

/// Text as a call compares it, by the end of its name.
fn prepared<'a>(call: &Call, args: &'a [Value], i: usize) -> Cow<'a, [u8]> {
    if !call.name.contains("CaseInsensitive") {
        return bytes(args, i);
    }
    if call.name.ends_with("UTF8") {
        return Cow::Owned(bytes_of(&folded(&text(args, i))).into_owned());
    }
    Cow::Owned(bytes(args, i).to_ascii_lowercase())
}

/// A name without what says how text is compared.
fn stem(name: &str) -> &str {
    let name = name.strip_suffix("UTF8").unwrap_or(name);
    name.strip_suffix("CaseInsensitive").unwrap_or(name)
}

/// Where a position from 1 begins, as an index of bytes.
fn start_of(call: &Call, haystack: &[u8], position: Option<i64>) -> usize {
    let skipped = usize::try_from(position.unwrap_or(1) - 1).unwrap_or(0);
    if !call.name.ends_with("UTF8") {
        return skipped;
    }
    let chars = characters(haystack);
    match chars.get(..skipped) {
        Some(before) => before.iter().map(|c| c.len()).sum(),
        None => haystack.len() + 1,
    }
}

/// The position, from 1, of an index of bytes.
fn position_of(call: &Call, haystack: &[u8], at: usize) -> usize {
    if call.name.ends_with("UTF8") {
        count_characters(haystack.get(..at).unwrap_or_default()) + 1
    } else {
        at + 1
    }
}

fn flag(args: &[ChType]) -> SqlResult<ChType> {
    check(args, "ss", ChType::UInt(8))
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match stem(name) {
        "position" => {
            strict(2, 3, |a| check(a, "ssu", ChType::UInt(64)), |call, a| position(call, a, 0, 1))
        }
        "locate" => {
            strict(2, 3, |a| check(a, "ssu", ChType::UInt(64)), |call, a| position(call, a, 1, 0))
        }
        "countSubstrings" => strict(2, 3, |a| check(a, "ssu", ChType::UInt(64)), count),
        "hasSubsequence" => strict(2, 2, |a| check(a, "ss~", ChType::UInt(8)), has_subsequence),
        "hasToken" => strict(2, 2, flag, |call, a| match token_is_in(call, a) {
            Some(found) => b(found),
            None => Err(bad("Needle must not contain whitespace or separator characters")),
        }),
        "hasTokenOrNull" | "hasTokenCaseInsensitiveOrNull" => Some(Entry {
            min: 2,
            max: 2,
            ret: |a| check(a, "ss", ChType::UInt(8).nullable()),
            kernel: |call, a| token_is_in(call, a).map_or(Ok(Value::Null), b),
            nulls: Nulls::Propagate,
        }),
        "multiSearchAllPositions" => strict(
            2,
            2,
            |a| check(a, "sa", ChType::Array(Box::new(ChType::UInt(64)))),
            |call, a| {
                let positions = positions(call, a).into_iter();
                Ok(Value::Array(positions.map(|at| Value::Int(at as i128)).collect()))
            },
        ),
        "multiSearchFirstPosition" => strict(
            2,
            2,
            |a| check(a, "sa~", ChType::UInt(64)),
            |call, a| n(positions(call, a).into_iter().filter(|at| *at > 0).min().unwrap_or(0)),
        ),
        "multiSearchFirstIndex" => strict(
            2,
            2,
            |a| check(a, "sa~", ChType::UInt(64)),
            |call, a| {
                n(positions(call, a).iter().position(|at| *at > 0).map_or(0, |index| index + 1))
            },
        ),
        "multiSearchAny" => strict(
            2,
            2,
            |a| check(a, "sa~", ChType::UInt(8)),
            |call, a| b(positions(call, a).iter().any(|at| *at > 0)),
        ),
        _ => None,
    }
}

fn position(call: &Call, args: &[Value], haystack: usize, needle: usize) -> SqlResult<Value> {
    let (haystack, needle) = (prepared(call, args, haystack), prepared(call, args, needle));
    let start = start_of(call, &haystack, optional(args, 2));
    n(find(&haystack, &needle, start).map_or(0, |at| position_of(call, &haystack, at)))
}

/// Places that do not overlap.
fn count(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (haystack, needle) = (prepared(call, args, 0), prepared(call, args, 1));
    let mut start = start_of(call, &haystack, optional(args, 2));
    let mut count = 0;
    while let Some(at) = find(&haystack, &needle, start).filter(|_| !needle.is_empty()) {
        count += 1;
        start = at + needle.len();
    }
    n(count)
}

/// The positions of all needles.
fn positions(call: &Call, args: &[Value]) -> Vec<usize> {
    let haystack = prepared(call, args, 0);
    let Some(Value::Array(needles)) = args.get(1) else { return Vec::new() };
    (0..needles.len())
        .map(|i| {
            let needle = prepared(call, needles, i);
            // Nothing is not in nothing, though it is in anything else.
            let found = find(&haystack, &needle, 0).filter(|at| *at < haystack.len());
            found.map_or(0, |at| position_of(call, &haystack, at))
        })
        .collect()
}

/// Whether the characters of one text stand in another in that order.
fn has_subsequence(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (haystack, needle) = (prepared(call, args, 0), prepared(call, args, 1));
    let unit = |value| -> Vec<&[u8]> {
        if call.name.ends_with("UTF8") { characters(value) } else { value.chunks(1).collect() }
    };
    let mut rest = unit(&haystack).into_iter();
    b(unit(&needle).into_iter().all(|wanted| rest.any(|found| found == wanted)))
}

/// Whether a byte stands between tokens: ASCII that is no letter and no digit.
pub(super) fn separates(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphanumeric()
}

/// Whether a token is in a text; `None` if it is no token.
fn token_is_in(call: &Call, args: &[Value]) -> Option<bool> {
    let (haystack, needle) = (prepared(call, args, 0), prepared(call, args, 1));
    if needle.iter().copied().any(separates) {
        return None;
    }
    let mut tokens = haystack.split(|byte| separates(*byte));
    Some(!needle.is_empty() && tokens.any(|token| token == &*needle))
}
