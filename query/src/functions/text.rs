//! What functions of text share: their arguments, their answers, the checks of their types, and their names in any case.

use super::{
    encoding, hashes, ip, key_value_pairs, markup, printf, random, regexp,
    registry::Entry,
    replace, search, similarity, slices, split, strings,
    udf::{Kernel, Nulls},
    urls, uuids,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, bytes_of, text_of, text_of_bytes},
};
use rekor_core::limits;
use std::borrow::Cow;

/// An argument's bytes; other values than text as they print.
pub(super) fn bytes(args: &[Value], i: usize) -> Cow<'_, [u8]> {
    match args.get(i) {
        Some(Value::String(text)) => bytes_of(text),
        Some(other) => Cow::Owned(bytes_of(&text_of(other)).into_owned()),
        None => Cow::Borrowed(&[]),
    }
}

/// An argument as text.
pub(super) fn text(args: &[Value], i: usize) -> Cow<'_, str> {
    match args.get(i) {
        Some(Value::String(text)) => Cow::Borrowed(text),
        Some(other) => Cow::Owned(text_of(other)),
        None => Cow::Borrowed(""),
    }
}

/// An argument as a signed number of 64 bits; unsigned ones wrap, as ClickHouse reads them.
#[expect(clippy::cast_possible_truncation, reason = "the wrapping is ClickHouse's")]
pub(super) fn int(args: &[Value], i: usize) -> i64 {
    args.get(i).and_then(Value::as_int).map_or(0, |value| value as i64)
}

/// An argument that may be left out.
pub(super) fn optional(args: &[Value], i: usize) -> Option<i64> {
    args.get(i).map(|_| int(args, i))
}

/// The items of an array of text.
pub(super) fn items(args: &[Value], i: usize) -> Vec<Cow<'_, [u8]>> {
    match args.get(i) {
        Some(Value::Array(items)) => (0..items.len()).map(|at| bytes(items, at)).collect(),
        _ => Vec::new(),
    }
}

/// Bytes as an answer.
#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
pub(super) fn s(value: impl Into<Vec<u8>>) -> SqlResult<Value> {
    Ok(Value::String(text_of_bytes(value)))
}

/// A number as an answer.
#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
pub(super) fn n(value: impl TryInto<i128>) -> SqlResult<Value> {
    Ok(Value::Int(value.try_into().unwrap_or(i128::MAX)))
}

/// A float as an answer.
#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
pub(super) fn f(value: f64) -> SqlResult<Value> {
    Ok(Value::Float(value))
}

/// Yes or no as an answer.
#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
pub(super) fn b(value: bool) -> SqlResult<Value> {
    Ok(Value::Int(value.into()))
}

/// Texts as an answer.
#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
pub(super) fn list<T: Into<Vec<u8>>>(items: impl IntoIterator<Item = T>) -> SqlResult<Value> {
    Ok(strings(items))
}

/// Texts as a value.
pub(super) fn strings<T: Into<Vec<u8>>>(items: impl IntoIterator<Item = T>) -> Value {
    Value::Array(items.into_iter().map(|item| Value::String(text_of_bytes(item))).collect())
}

/// Fails when an answer would be longer than one call may make.
pub(super) fn room(length: usize, name: &str) -> SqlResult<()> {
    if length > limits::SQL_CALL_BYTES_MAX {
        let message = format!("{name} would make a text of more than 64 MiB");
        return Err(SqlError::new(ChCode::TooLargeStringSize, message));
    }
    Ok(())
}

/// A number of items as a float.
#[expect(clippy::cast_precision_loss, reason = "counts of bytes are far below 2^52")]
pub(super) fn float(count: usize) -> f64 {
    count as f64
}

/// An error about an argument's value.
pub(super) fn bad(message: impl Into<String>) -> SqlError {
    SqlError::new(ChCode::BadArguments, message)
}

/// An error about an argument's type.
pub(super) fn illegal(position: usize, ty: &ChType, expected: &str) -> SqlError {
    let message = format!("Illegal type {ty} of argument {}, expected {expected}", position + 1);
    SqlError::new(ChCode::IllegalTypeOfArgument, message)
}

pub(super) fn dynamic(ty: &ChType) -> bool {
    matches!(ty, ChType::Dynamic | ChType::Variant(_))
}

/// The type of an answer after a check of the arguments. `kinds` has a letter for each argument, the last one for all that
/// follow: `s` text, `i` integer, `u` unsigned integer, `n` number, `a` array of text, `x` anything. `~` at the end: a Dynamic
/// argument makes a Dynamic answer, and not a Nullable one; arrays and tuples are always so.
pub(super) fn check(args: &[ChType], kinds: &str, ret: ChType) -> SqlResult<ChType> {
    let (kinds, floats) = match kinds.strip_suffix('~') {
        Some(kinds) => (kinds, true),
        None => (kinds, ret.clone().nullable() == ret),
    };
    for (position, ty) in args.iter().enumerate() {
        let kind = kinds.as_bytes().get(position).or(kinds.as_bytes().last()).copied();
        let (fits, expected) = match kind {
            Some(b's') => {
                (matches!(ty, ChType::String | ChType::FixedString(_) | ChType::Enum(..)), "String")
            }
            Some(b'i') => {
                (matches!(ty, ChType::Int(_) | ChType::UInt(_) | ChType::Bool), "an integer")
            }
            Some(b'u') => (matches!(ty, ChType::UInt(_) | ChType::Bool), "UInt*"),
            Some(b'n') => (is_number(ty), "a number"),
            Some(b'a') => (is_text_array(ty), "Array(String)"),
            _ => (true, ""),
        };
        if !fits && !dynamic(ty) {
            return Err(illegal(position, ty, expected));
        }
    }
    Ok(if floats && args.iter().any(dynamic) { ChType::Dynamic } else { ret })
}

pub(super) fn is_number(ty: &ChType) -> bool {
    use ChType::{Bool, Float, Int, UInt};
    matches!(ty, Int(_) | UInt(_) | Float(_) | Bool)
}

fn is_text_array(ty: &ChType) -> bool {
    matches!(ty, ChType::Array(item) if matches!(item.strip_nullable(), ChType::String | ChType::FixedString(_)))
}

/// An entry whose NULL arguments make NULL.
#[expect(clippy::unnecessary_wraps, reason = "tables of names answer options")]
pub(super) fn strict(
    min: usize,
    max: usize,
    ret: fn(&[ChType]) -> SqlResult<ChType>,
    kernel: Kernel,
) -> Option<Entry> {
    Some(Entry { min, max, ret, kernel, nulls: Nulls::Propagate })
}

/// Length in bytes of the character that begins with a byte.
pub(super) fn char_length(first: u8) -> usize {
    match first {
        0xC0..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF7 => 4,
        _ => 1,
    }
}

/// The characters of a text; a byte that belongs to none stands for itself.
pub(super) fn characters(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut out = Vec::with_capacity(bytes.len());
    while let Some(first) = bytes.first() {
        let (head, rest) = bytes.split_at(char_length(*first).min(bytes.len()));
        out.push(head);
        bytes = rest;
    }
    out
}

/// Bytes that begin a character, which is how ClickHouse counts characters.
pub(super) fn count_characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// Where a needle is, from `start`.
pub(super) fn find(haystack: &[u8], needle: &[u8], start: usize) -> Option<usize> {
    memchr::memmem::find(haystack.get(start..)?, needle).map(|at| at + start)
}

/// Names and what finds their entries.
type Module = (&'static [&'static str], fn(&str) -> Option<Entry>);

/// The functions of text, by subject.
const MODULES: &[Module] = &[
    (strings::NAMES, strings::entry),
    (printf::NAMES, printf::entry),
    (key_value_pairs::NAMES, key_value_pairs::entry),
    (slices::NAMES, slices::entry),
    (search::NAMES, search::entry),
    (regexp::NAMES, regexp::entry),
    (replace::NAMES, replace::entry),
    (split::NAMES, split::entry),
    (similarity::NAMES, similarity::entry),
    (markup::NAMES, markup::entry),
    (encoding::NAMES, encoding::entry),
    (hashes::NAMES, hashes::entry),
    (urls::NAMES, urls::entry),
    (ip::NAMES, ip::entry),
    (uuids::NAMES, uuids::entry),
];

/// The entry of a name.
pub(super) fn entry(name: &str) -> Option<Entry> {
    MODULES.iter().find_map(|(_, entry)| entry(name))
}

/// Calls of functions that have no fixed shape, or answer differently each time.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    if name == "char" && args.is_empty() {
        let message = "Function char needs at least one argument";
        return Err(SqlError::new(ChCode::TooFewArgumentsForFunction, message));
    }
    Ok(match uuids::call(name, args)? {
        Some(call) => Some(call),
        None => random::call(name, args)?,
    })
}

/// The name of a function that is also known by another, or in any case; `lower` is the name in lower case.
pub(super) fn canonical<'a>(name: &'a str, lower: &'a str) -> &'a str {
    match lower {
        "ascii" | "bin" | "char" | "concat" | "hex" | "initcap" | "left" | "locate" | "lower"
        | "overlay" | "position" | "rand" | "repeat" | "right" | "soundex" | "space"
        | "substring" | "unbin" | "unhex" | "upper" | "format" => lower,
        "array_to_string" => "arrayStringConcat",
        "byteslice" | "substr" | "mid" => "substring",
        "str_to_map" => "extractKeyValuePairs",
        "char_length" | "character_length" => "lengthUTF8",
        "concat_ws" => "concatWithSeparator",
        "countsubstrings" => "countSubstrings",
        "crc32" => "CRC32",
        "crc32ieee" => "CRC32IEEE",
        "crc64" => "CRC64",
        "from_base64" => "base64Decode",
        "hassubsequence" => "hasSubsequence",
        "hassubsequencecaseinsensitive" => "hasSubsequenceCaseInsensitive",
        "hassubsequencecaseinsensitiveutf8" => "hasSubsequenceCaseInsensitiveUTF8",
        "hassubsequenceutf8" => "hasSubsequenceUTF8",
        "hastokencaseinsensitive" => "hasTokenCaseInsensitive",
        "hastokencaseinsensitiveornull" => "hasTokenCaseInsensitiveOrNull",
        "inet_aton" => "IPv4StringToNum",
        "inet_ntoa" => "IPv4NumToString",
        "instr" => "positionCaseInsensitive",
        "lcase" => "lower",
        "lpad" => "leftPad",
        "md5" => "MD5",
        "octet_length" => "length",
        "regexp_extract" | "regexp_substr" => "regexpExtract",
        "regexp_instr" | "regexpinstr" => "regexpPosition",
        "regexp_matches" => "match",
        "inet6_aton" => "IPv6StringToNum",
        "inet6_ntoa" => "IPv6NumToString",
        "regexp_replace" => "replaceRegexpAll",
        "replace" => "replaceAll",
        "rpad" => "rightPad",
        "sha256" => "SHA256",
        "substring_index" => "substringIndex",
        "to_base64" => "base64Encode",
        "trim" => "trimBoth",
        "ucase" => "upper",
        "ltrim" => "trimLeft",
        "rtrim" => "trimRight",
        _ => match name {
            "extractAllGroups" => "extractAllGroupsVertical",
            "isASCII" => "isValidASCII",
            "levenshteinDistance" => "editDistance",
            "levenshteinDistanceUTF8" => "editDistanceUTF8",
            "mapFromString" => "extractKeyValuePairs",
            "mismatches" => "byteHammingDistance",
            "rand32" => "rand",
            "splitByAlpha" => "alphaTokens",
            _ => name,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_an_entry() {
        for (names, entry) in MODULES {
            for name in *names {
                assert!(entry(name).is_some(), "{name}");
                assert_eq!(canonical(name, &name.to_ascii_lowercase()), *name);
            }
        }
    }
}
