//! Replacing text, and text in other alphabets.

use super::{
    regexp::with_pattern,
    registry::Entry,
    text::{bad, bytes, characters, check, find, room, s, strict, text},
    udf::Call,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::Value,
};
use regex::bytes::{Captures, Regex};
use rekor_core::limits;
use std::collections::HashMap;

/// All functions here.
pub(super) const NAMES: &[&str] = &[
    "replaceAll",
    "replaceOne",
    "replaceRegexpAll",
    "replaceRegexpOne",
    "translate",
    "translateUTF8",
];

fn string(args: &[ChType]) -> SqlResult<ChType> {
    check(args, "sss", ChType::String)
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "replaceAll" | "replaceOne" => strict(3, 3, string, replace),
        "replaceRegexpAll" | "replaceRegexpOne" => strict(3, 3, string, replace_regexp),
        "translate" | "translateUTF8" => {
            strict(3, 3, |a| check(a, "sss~", ChType::String), translate)
        }
        _ => None,
    }
}

fn replace(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (value, old, new) = (bytes(args, 0), bytes(args, 1), bytes(args, 2));
    if old.is_empty() {
        return s(value);
    }
    let (mut out, mut start) = (Vec::with_capacity(value.len()), 0);
    while let Some(at) = find(&value, &old, start) {
        out.extend_from_slice(value.get(start..at).unwrap_or_default());
        out.extend_from_slice(&new);
        room(out.len(), &call.name)?;
        start = at + old.len();
        if call.name == "replaceOne" {
            break;
        }
    }
    out.extend_from_slice(value.get(start..).unwrap_or_default());
    s(out)
}

/// A part of a replacement.
enum Part {
    Text(Vec<u8>),
    Group(usize),
}

/// The parts of a replacement: `\0` to `\9` are groups, `\\` a backslash, and a backslash before anything else is dropped.
fn parts(replacement: &[u8]) -> Vec<Part> {
    let mut out = Vec::new();
    let mut text = Vec::new();
    let mut rest = replacement.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match (byte, rest.peek()) {
            (b'\\', Some(digit @ b'0'..=b'9')) => {
                out.push(Part::Text(std::mem::take(&mut text)));
                out.push(Part::Group(usize::from(digit - b'0')));
                rest.next();
            }
            (b'\\', Some(next)) => {
                text.push(*next);
                rest.next();
            }
            (other, _) => text.push(other),
        }
    }
    out.push(Part::Text(text));
    out
}

fn replace_regexp(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (value, pattern) = (bytes(args, 0), text(args, 1));
    if pattern.is_empty() {
        return s(value);
    }
    let parts = parts(&bytes(args, 2));
    let once = call.name == "replaceRegexpOne";
    let replaced = with_pattern(&pattern, |re| replace_matches(re, &value, &parts, once));
    match replaced {
        Ok(replaced) => s(replaced?),
        Err(error) if error.code == ChCode::CannotCompileRegexp => {
            Err(SqlError { code: ChCode::BadArguments, ..error })
        }
        Err(error) => Err(error),
    }
}

/// As ClickHouse does it, an empty match is replaced and the byte behind it stays; one behind a match counts too.
fn replace_matches(re: &Regex, value: &[u8], parts: &[Part], once: bool) -> SqlResult<Vec<u8>> {
    for part in parts {
        if let Part::Group(group) = part
            && *group >= re.captures_len()
        {
            let groups = re.captures_len() - 1;
            return Err(bad(format!(
                "Substitution '\\{group}' in replacement argument is invalid, regexp has only {groups} capturing groups"
            )));
        }
    }
    let (mut out, mut start) = (Vec::with_capacity(value.len()), 0);
    while let Some(found) = re.captures_at(value, start) {
        let Some(whole) = found.get(0) else { break };
        out.extend_from_slice(value.get(start..whole.start()).unwrap_or_default());
        append(&found, parts, &mut out);
        room(out.len(), "replaceRegexpAll")?;
        start = whole.end();
        if once {
            break;
        }
        if whole.is_empty() {
            out.extend(value.get(start));
            start += 1;
        }
        if start > value.len() {
            break;
        }
    }
    out.extend_from_slice(value.get(start..).unwrap_or_default());
    Ok(out)
}

fn append(found: &Captures<'_>, parts: &[Part], out: &mut Vec<u8>) {
    for part in parts {
        match part {
            Part::Text(text) => out.extend_from_slice(text),
            Part::Group(group) => {
                let bytes = found.get(*group).map_or(b"".as_slice(), |group| group.as_bytes());
                // A group may be repeated; the text is checked after each match, so one match must not make too much.
                let left = limits::SQL_CALL_BYTES_MAX.saturating_sub(out.len()) + 1;
                out.extend_from_slice(bytes.get(..left).unwrap_or(bytes));
            }
        }
    }
}

/// Characters of one list become those of another at the same place, or nothing where that list is shorter.
fn translate(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (value, from, to) = (bytes(args, 0), bytes(args, 1), bytes(args, 2));
    let of_bytes = call.name == "translate";
    if of_bytes && !(from.is_ascii() && to.is_ascii()) {
        let message = "Second and third arguments of function translate must be ASCII strings";
        return Err(bad(message));
    }
    let unit =
        |value| -> Vec<&[u8]> { if of_bytes { value_chunks(value) } else { characters(value) } };
    let (value, from, to) = (unit(&value), unit(&from), unit(&to));
    if to.len() > from.len() {
        return Err(bad(format!(
            "Second argument of function {} must not be shorter than the third argument",
            call.name
        )));
    }
    let map: HashMap<&[u8], &[u8]> = from
        .iter()
        .enumerate()
        .map(|(i, from)| (*from, to.get(i).copied().unwrap_or_default()))
        .collect();
    s(value.iter().map(|c| map.get(c).unwrap_or(c)).copied().collect::<Vec<_>>().concat())
}

fn value_chunks(value: &[u8]) -> Vec<&[u8]> {
    value.chunks(1).collect()
}
