//! Parts of text: slices, padding, trimming. Positions count bytes from 1, and characters where the name ends in UTF8.

use super::udf::Call;
use super::{
    registry::Entry,
    text::{
        bad, bytes, characters, check, count_characters, find, int, optional, room, s, strict, text,
    },
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::Value,
};

/// All functions here.
pub(super) const NAMES: &[&str] = &[
    "appendTrailingCharIfAbsent",
    "basename",
    "firstLine",
    "left",
    "leftPad",
    "leftPadUTF8",
    "leftUTF8",
    "overlay",
    "overlayUTF8",
    "repeat",
    "reverseBySeparator",
    "right",
    "rightPad",
    "rightPadUTF8",
    "rightUTF8",
    "space",
    "substring",
    "substringIndex",
    "substringIndexUTF8",
    "substringUTF8",
    "trimBoth",
    "trimLeft",
    "trimRight",
];

/// Longest text of a padding, as in ClickHouse.
const PADDED_MAX: i64 = 1_000_000;

/// Text and numbers of any kind make text.
fn text_numbers(args: &[ChType]) -> SqlResult<ChType> {
    check(args, "sn", ChType::String)
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "substring" | "substringUTF8" => {
            strict(2, 3, text_numbers, |call, a| slice(call, a, int(a, 1), optional(a, 2)))
        }
        "left" | "leftUTF8" => {
            strict(2, 2, text_numbers, |call, a| slice(call, a, 1, Some(int(a, 1))))
        }
        "right" | "rightUTF8" => strict(2, 2, text_numbers, right),
        "leftPad" | "leftPadUTF8" | "rightPad" | "rightPadUTF8" => strict(2, 3, pad_types, pad),
        "trimBoth" | "trimLeft" | "trimRight" => {
            strict(1, 2, |a| check(a, "ss~", ChType::String), trim)
        }
        "repeat" => strict(
            2,
            2,
            |a| check(a, "si", ChType::String),
            |call, a| {
                let (value, times) = (bytes(a, 0), usize::try_from(int(a, 1)).unwrap_or(0));
                room(value.len().saturating_mul(times), &call.name)?;
                s(value.repeat(times))
            },
        ),
        "space" => strict(
            1,
            1,
            |a| check(a, "i", ChType::String),
            |call, a| {
                let count = usize::try_from(int(a, 0)).unwrap_or(0);
                room(count, &call.name)?;
                s(vec![b' '; count])
            },
        ),
        "substringIndex" | "substringIndexUTF8" => {
            strict(3, 3, |a| check(a, "ssi", ChType::String), substring_index)
        }
        "appendTrailingCharIfAbsent" => strict(
            2,
            2,
            |a| check(a, "s", ChType::String),
            |_, a| {
                let (mut value, last) = (bytes(a, 0).into_owned(), bytes(a, 1));
                let [last] = &*last else {
                    return Err(bad(
                        "Second argument of function appendTrailingCharIfAbsent must be a one-character string",
                    ));
                };
                if value.last().is_some_and(|found| found != last) {
                    value.push(*last);
                }
                s(value)
            },
        ),
        "overlay" | "overlayUTF8" => strict(3, 4, |a| check(a, "ssi", ChType::String), overlay),
        "firstLine" => strict(
            1,
            1,
            |a| check(a, "s", ChType::String),
            |_, a| {
                let value = bytes(a, 0);
                s(value.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default())
            },
        ),
        "basename" => strict(
            1,
            1,
            |a| check(a, "s", ChType::String),
            |_, a| {
                let value = bytes(a, 0);
                s(value.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or_default())
            },
        ),
        "reverseBySeparator" => strict(
            1,
            2,
            |a| check(a, "s~", ChType::String),
            |_, a| {
                let separator = if a.len() > 1 { text(a, 1) } else { ".".into() };
                let value = text(a, 0);
                if separator.is_empty() {
                    return s(bytes(a, 0).iter().rev().copied().collect::<Vec<u8>>());
                }
                let mut parts: Vec<&str> = value.split(&*separator).collect();
                parts.reverse();
                s(crate::value::bytes_of(&parts.join(&separator)))
            },
        ),
        _ => None,
    }
}

/// Start and end of a slice by an offset from 1 (negative from the end) and a length (negative: up to there from the end).
/// As in ClickHouse a slice that would begin before the text loses what lies before it.
fn range(size: usize, offset: i64, length: Option<i64>) -> (usize, usize) {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let start = match offset {
        1.. => offset - 1,
        0 => return (0, 0),
        _ => size.saturating_add(offset),
    };
    let end = match length {
        Some(length @ 0..) => start.saturating_add(length),
        Some(length) => size.saturating_add(length),
        None => size,
    };
    let start = start.clamp(0, size);
    let end = end.clamp(start, size);
    (usize::try_from(start).unwrap_or(0), usize::try_from(end).unwrap_or(0))
}

fn slice(call: &Call, args: &[Value], offset: i64, length: Option<i64>) -> SqlResult<Value> {
    let value = bytes(args, 0);
    if call.name.ends_with("UTF8") {
        let chars = characters(&value);
        let (start, end) = range(chars.len(), offset, length);
        return s(chars.get(start..end).unwrap_or_default().concat());
    }
    let (start, end) = range(value.len(), offset, length);
    s(value.get(start..end).unwrap_or_default())
}

/// The last `n`, or without the first `-n`.
fn right(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let value = bytes(args, 0);
    let size = if call.name.ends_with("UTF8") { characters(&value).len() } else { value.len() };
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    match int(args, 1) {
        0 => s(""),
        count @ 1.. => slice(call, args, -count.min(size), None),
        skipped => slice(call, args, 1_i64.saturating_sub(skipped), None),
    }
}

fn pad_types(args: &[ChType]) -> SqlResult<ChType> {
    check(args, "sis", ChType::String)
}

fn pad(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let wanted = int(args, 1);
    if wanted < 0 {
        let message = format!("The length of {} must not be negative", call.name);
        return Err(SqlError::new(ChCode::IndexOfPositionalArgumentIsOutOfRange, message));
    }
    if wanted > PADDED_MAX {
        let message = format!("New padded length ({wanted}) is too big, maximum is: {PADDED_MAX}");
        return Err(SqlError::new(ChCode::TooLargeStringSize, message));
    }
    let wanted = usize::try_from(wanted).unwrap_or(0);
    let (value, mut filler) = (bytes(args, 0), bytes(args, 2));
    if filler.is_empty() {
        filler = b" ".as_slice().into();
    }
    let of_characters = call.name.ends_with("UTF8");
    // A byte that continues a character counts for nothing, even where no character begins before it.
    let counts = |byte: &u8| !of_characters || count_characters(&[*byte]) == 1;
    let counted = value.iter().enumerate().filter(|(_, byte)| counts(byte));
    let places: Vec<usize> = counted.map(|(at, _)| at).collect();
    if let Some(end) = places.get(wanted) {
        return s(value.get(..*end).unwrap_or_default());
    }
    let missing = wanted - places.len();
    let filler = if of_characters { characters(&filler) } else { filler.chunks(1).collect() };
    let filling = filler.into_iter().cycle().take(missing).collect::<Vec<_>>().concat();
    s(if call.name.starts_with("left") {
        [&*filling, &*value].concat()
    } else {
        [&*value, &*filling].concat()
    })
}

fn trim(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let value = bytes(args, 0);
    let set = if args.len() > 1 { bytes(args, 1) } else { b" ".as_slice().into() };
    let kept = |byte: &u8| !set.contains(byte);
    let start = if call.name == "trimRight" { Some(0) } else { value.iter().position(kept) };
    let end = if call.name == "trimLeft" {
        Some(value.len())
    } else {
        value.iter().rposition(kept).map(|last| last + 1)
    };
    s(start.zip(end).and_then(|(start, end)| value.get(start..end)).unwrap_or_default())
}

/// Everything before the n-th delimiter, from the end if negative.
fn substring_index(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (value, delimiter, count) = (bytes(args, 0), bytes(args, 1), int(args, 2));
    let single =
        if call.name.ends_with("UTF8") { characters(&delimiter).len() } else { delimiter.len() };
    if single != 1 {
        let message = format!("Second argument to {} must be a single character", call.name);
        return Err(bad(message));
    }
    let mut places = Vec::new();
    let mut from = 0;
    while let Some(at) = find(&value, &delimiter, from) {
        places.push(at);
        from = at + delimiter.len();
    }
    let nth = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let part = match count {
        0 => Some(Default::default()),
        1.. => places.get(nth - 1).and_then(|at| value.get(..*at)),
        _ => places
            .len()
            .checked_sub(nth)
            .and_then(|i| places.get(i))
            .and_then(|at| value.get(at + delimiter.len()..)),
    };
    s(part.unwrap_or(&value))
}

/// `replacement` in the place of a slice, which is as long as the replacement unless a length is given.
fn overlay(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (value, new) = (bytes(args, 0), bytes(args, 1));
    let unit = |text| {
        if call.name.ends_with("UTF8") { characters(text) } else { text.chunks(1).collect() }
    };
    let (value, new): (Vec<&[u8]>, Vec<&[u8]>) = (unit(&value), unit(&new));
    let size = i64::try_from(value.len()).unwrap_or(i64::MAX);
    let replaced =
        optional(args, 3).and_then(|length| usize::try_from(length).ok()).unwrap_or(new.len());
    let start = match int(args, 2) {
        offset @ 1.. => (offset - 1).min(size),
        0 => size,
        offset => size.saturating_add(offset).max(0),
    };
    let start = usize::try_from(start).unwrap_or(0);
    let end = start.saturating_add(replaced).min(value.len());
    let part = |from: usize, to: usize| value.get(from..to).unwrap_or_default().concat();
    s([part(0, start), new.concat(), part(end, value.len())].concat())
}
