//! Functions of text that has constants beside it. Where bytes, characters and what stands for bytes are not one, a function
//! is here only for ASCII.

use super::{
    pattern,
    texts::{changed, cut, is_ascii, is_plain, numbers, recased},
};
use crate::functions::{udf::Call, urls};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, StringViewArray},
        datatypes::{UInt8Type, UInt64Type},
    },
    common::ScalarValue,
};
use memchr::memmem::Finder;

pub(super) fn of(call: &Call, column: &dyn Array, constants: &[&ScalarValue]) -> Option<ArrayRef> {
    let texts = column.as_string_view_opt()?;
    let ascii = is_ascii(texts);
    if !ascii && !texts.iter().flatten().all(is_plain) {
        return None;
    }
    let column = Column { texts, ascii };
    let text = |i: usize| constants.get(i)?.try_as_str().flatten().filter(|text| is_plain(text));
    match constants.len() {
        0 => alone(call, column),
        1 => with_text(call, column, text(0)).or_else(|| slices(call, column, constants)),
        2 if call.name == "replaceAll" => {
            let (old, new) = (text(0).filter(|old| !old.is_empty())?, text(1)?);
            let finder = Finder::new(old.as_bytes());
            changed(texts, |t, out| replaced(t, &finder, new.as_bytes(), out))
        }
        2 => slices(call, column, constants),
        _ => None,
    }
}

/// A column of plain text.
#[derive(Clone, Copy)]
struct Column<'a> {
    texts: &'a StringViewArray,
    ascii: bool,
}

fn alone(call: &Call, Column { texts, ascii }: Column<'_>) -> Option<ArrayRef> {
    match call.name.as_str() {
        "length" => numbers::<UInt64Type>(texts, |t| t.len() as u64),
        "lengthUTF8" if ascii => numbers::<UInt64Type>(texts, |t| t.len() as u64),
        "lengthUTF8" => numbers::<UInt64Type>(texts, |t| t.chars().count() as u64),
        "empty" => flags(texts, str::is_empty),
        "notEmpty" => flags(texts, |t| !t.is_empty()),
        "lower" => recased(texts, <[u8]>::make_ascii_lowercase),
        "upper" => recased(texts, <[u8]>::make_ascii_uppercase),
        "lowerUTF8" if ascii => recased(texts, <[u8]>::make_ascii_lowercase),
        "upperUTF8" if ascii => recased(texts, <[u8]>::make_ascii_uppercase),
        "reverse" | "reverseUTF8" if ascii => changed(texts, |t, out| out.extend(t.iter().rev())),
        "reverseUTF8" => changed(texts, |t, out| {
            for character in std::str::from_utf8(t).unwrap_or_default().chars().rev() {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }),
        "trimBoth" => cut(texts, |t| trimmed(t, true, true)),
        "trimLeft" => cut(texts, |t| trimmed(t, true, false)),
        "trimRight" => cut(texts, |t| trimmed(t, false, true)),
        name => {
            let part = urls::part(name)?;
            cut(texts, part)
        }
    }
}

fn with_text(call: &Call, column: Column<'_>, text: Option<&str>) -> Option<ArrayRef> {
    let (texts, text) = (column.texts, text?);
    match call.name.as_str() {
        "startsWith" => flags(texts, |t| t.starts_with(text)),
        "endsWith" => flags(texts, |t| t.ends_with(text)),
        "position" if !text.is_empty() => {
            let finder = Finder::new(text.as_bytes());
            numbers::<UInt64Type>(texts, |t| {
                finder.find(t.as_bytes()).map_or(0, |at| at as u64 + 1)
            })
        }
        "like" | "ilike" | "notLike" | "notILike" => pattern::like(call, texts, text, column.ascii),
        "match" => pattern::matches(texts, text),
        "extract" | "regexpExtract" => pattern::extract(texts, text),
        "extractURLParameter" => {
            let parameter = urls::Parameter::named(text.as_bytes());
            cut(texts, |url| parameter.value(url))
        }
        _ => None,
    }
}

/// Parts by place. Places count bytes; of UTF8 only where characters are bytes.
fn slices(
    call: &Call,
    Column { texts, ascii }: Column<'_>,
    constants: &[&ScalarValue],
) -> Option<ArrayRef> {
    let count = |i: usize| usize::try_from(whole(constants.get(i)?)?).ok();
    match (call.name.as_str(), constants.len()) {
        ("substringUTF8" | "leftUTF8", _) if !ascii => None,
        ("substring" | "substringUTF8", 1 | 2) => {
            let from = count(0)?.checked_sub(1)?;
            let length = if constants.len() == 2 { count(1)? } else { usize::MAX };
            cut(texts, |t| slice(t, from, length))
        }
        ("left" | "leftUTF8", 1) => {
            let length = count(0)?;
            cut(texts, |t| slice(t, 0, length))
        }
        _ => None,
    }
}

fn whole(value: &ScalarValue) -> Option<i64> {
    i64::try_from(crate::functions::args::scalar_int(value)?).ok()
}

/// At most `length` bytes behind the first `from`.
fn slice(text: &[u8], from: usize, length: usize) -> &[u8] {
    let rest = text.get(from..).unwrap_or_default();
    rest.get(..length).unwrap_or(rest)
}

fn trimmed(text: &[u8], left: bool, right: bool) -> &[u8] {
    let kept = |byte: &u8| *byte != b' ';
    let start = if left { text.iter().position(kept).unwrap_or(text.len()) } else { 0 };
    let end =
        if right { text.iter().rposition(kept).map_or(0, |last| last + 1) } else { text.len() };
    text.get(start..end).unwrap_or_default()
}

fn replaced(text: &[u8], old: &Finder<'_>, new: &[u8], out: &mut Vec<u8>) {
    let mut start = 0;
    for at in old.find_iter(text) {
        out.extend_from_slice(text.get(start..at).unwrap_or_default());
        out.extend_from_slice(new);
        start = at + old.needle().len();
    }
    out.extend_from_slice(text.get(start..).unwrap_or_default());
}

/// Yes or no for each text.
pub(super) fn flags(
    texts: &StringViewArray,
    mut flag: impl FnMut(&str) -> bool,
) -> Option<ArrayRef> {
    numbers::<UInt8Type>(texts, |t| u8::from(flag(t)))
}
