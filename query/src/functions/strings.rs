//! Text as a whole: its length, its case, its validity, its order. Lengths count bytes unless the name ends in UTF8; upper and
//! lower touch only ASCII unless it does.

use super::{
    registry::{Entry, extreme},
    supertype::common_type,
    text::{
        b, bad, bytes, characters, check, count_characters, f, float, list, n, room, s, strict,
        text,
    },
    udf::{Call, Kernel, Nulls, row_call},
};
use crate::{
    error::SqlResult,
    typed::Typed,
    types::ChType,
    value::{Value, bytes_of, text_of},
};

/// All functions here.
pub(super) const NAMES: &[&str] = &[
    "ascii",
    "compareSubstrings",
    "endsWith",
    "endsWithCaseInsensitive",
    "endsWithCaseInsensitiveUTF8",
    "endsWithUTF8",
    "format",
    "initcap",
    "initcapUTF8",
    "isValidASCII",
    "isValidUTF8",
    "lengthUTF8",
    "lower",
    "lowerUTF8",
    "ngrams",
    "reverseUTF8",
    "soundex",
    "startsWith",
    "startsWithCaseInsensitive",
    "startsWithCaseInsensitiveUTF8",
    "startsWithUTF8",
    "stringBytesEntropy",
    "stringBytesUniq",
    "toValidUTF8",
    "upper",
    "upperUTF8",
];

fn string(args: &[ChType]) -> SqlResult<ChType> {
    check(args, "s", ChType::String)
}

/// Text of as many bytes as the argument has.
fn as_long(args: &[ChType]) -> SqlResult<ChType> {
    match args {
        [filled @ ChType::FixedString(_)] => Ok(filled.clone()),
        _ => string(args),
    }
}

fn flag(args: &[ChType]) -> SqlResult<ChType> {
    check(args, "s", ChType::UInt(8))
}

/// Functions whose shape depends on their arguments.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    let of_arrays = args.iter().any(|arg| matches!(arg.ty, ChType::Array(_)));
    let of_dynamic = args.iter().any(|arg| matches!(arg.ty, ChType::Dynamic | ChType::Variant(_)));
    Ok(Some(match name {
        "concat" | "concatAssumeInjective"
            if name != "concat"
                || args.is_empty()
                || !args.iter().all(|arg| matches!(arg.ty, ChType::Array(_))) =>
        {
            joined(name, args, |_, a| {
                s(a.iter().flat_map(|v| bytes_of(&text_of(v)).into_owned()).collect::<Vec<u8>>())
            })
        }
        "concatWithSeparator" | "concatWithSeparatorAssumeInjective" => {
            if args.is_empty() {
                return Err(super::uuids::count(name, 0, 1));
            }
            check(
                &args
                    .iter()
                    .map(|arg| arg.ty.strip_nullable().clone())
                    .take(1)
                    .filter(|ty| *ty != ChType::Nothing)
                    .collect::<Vec<_>>(),
                "s",
                ChType::String,
            )?;
            joined(name, args, |_, a| {
                let parts: Vec<Vec<u8>> = (1..a.len()).map(|i| bytes(a, i).into_owned()).collect();
                s(parts.join(&*bytes(a, 0)))
            })
        }
        "greatest" | "least" if !args.is_empty() => {
            let all: Vec<ChType> = args.iter().map(|arg| arg.ty.clone()).collect();
            row_call(name, args.to_vec(), common_type(&all)?, Nulls::Pass, extreme)
        }
        "reverse" if args.len() == 1 && !of_arrays && !of_dynamic => {
            let text = |arg: &&Typed| {
                matches!(arg.ty.strip_nullable(), ChType::String | ChType::FixedString(_))
            };
            let Some(arg) = args.first().filter(text) else {
                return Ok(None);
            };
            let ret = arg.ty.clone();
            row_call(name, args.to_vec(), ret, Nulls::Propagate, |_, a| {
                s(bytes(a, 0).iter().rev().copied().collect::<Vec<u8>>())
            })
        }
        "length" | "empty" | "notEmpty" if args.len() == 1 => {
            let Some(arg) = args.first() else { return Ok(None) };
            match arg.ty.strip_nullable() {
                ChType::String | ChType::FixedString(_) => {}
                ChType::Uuid if name != "length" => {}
                ChType::Array(_) | ChType::Map(..) | ChType::Dynamic | ChType::Variant(_) => {
                    return Ok(None);
                }
                ChType::Nothing => return Ok(Some(Typed::null())),
                other => return Err(super::text::illegal(0, other, "String or Array")),
            }
            let ret = if name == "length" { ChType::UInt(64) } else { ChType::UInt(8) };
            let ret = if arg.ty.is_nullable() { ret.nullable() } else { ret };
            row_call(name, args.to_vec(), ret, Nulls::Propagate, measure)
        }
        "startsWith" | "endsWith" if of_arrays && args.len() == 2 => {
            let all: Vec<ChType> = args.iter().map(|arg| arg.ty.clone()).collect();
            let common = common_type(&all)?;
            let args = args
                .iter()
                .map(|arg| super::convert::cast(arg.clone(), &common))
                .collect::<SqlResult<_>>()?;
            row_call(name, args, ChType::UInt(8), Nulls::Pass, |call, a| {
                match (a.first(), a.get(1)) {
                    (Some(Value::Array(all)), Some(Value::Array(part))) => {
                        b(if call.name == "startsWith" {
                            all.starts_with(part)
                        } else {
                            all.ends_with(part)
                        })
                    }
                    _ => b(false),
                }
            })
        }
        _ => return Ok(None),
    }))
}

/// A call that takes values of any type and makes text.
fn joined(name: &str, args: &[Typed], kernel: Kernel) -> Typed {
    if args.iter().any(|arg| *arg.ty.strip_nullable() == ChType::Nothing) {
        return Typed::null();
    }
    let nullable = args.iter().any(|arg| arg.ty.is_nullable());
    let ret = if nullable { ChType::String.nullable() } else { ChType::String };
    row_call(name, args.to_vec(), ret, Nulls::Propagate, kernel)
}

fn measure(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let value = bytes(args, 0);
    if call.name == "length" {
        return n(value.len());
    }
    let empty = match call.args.first().map(ChType::strip_nullable) {
        Some(ChType::Uuid) => value.iter().all(|byte| matches!(byte, b'0' | b'-')),
        Some(ChType::FixedString(_)) => value.iter().all(|byte| *byte == 0),
        _ => value.is_empty(),
    };
    b(empty == (call.name == "empty"))
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "upper" => strict(1, 1, as_long, |_, a| s(bytes(a, 0).to_ascii_uppercase())),
        "lower" => strict(1, 1, as_long, |_, a| s(bytes(a, 0).to_ascii_lowercase())),
        "upperUTF8" => strict(1, 1, string, |_, a| s(bytes_of(&text(a, 0).to_uppercase()))),
        "lowerUTF8" => strict(1, 1, string, |_, a| s(bytes_of(&text(a, 0).to_lowercase()))),
        "initcap" => strict(1, 1, string, |_, a| s(capitalised(&bytes(a, 0)))),
        "initcapUTF8" => {
            strict(1, 1, string, |_, a| s(bytes_of(&capitalised_characters(&text(a, 0)))))
        }
        "lengthUTF8" => strict(
            1,
            1,
            |a| check(a, "s", ChType::UInt(64)),
            |_, a| n(count_characters(&bytes(a, 0))),
        ),
        "reverseUTF8" => strict(1, 1, string, |_, a| {
            s(characters(&bytes(a, 0)).into_iter().rev().collect::<Vec<_>>().concat())
        }),
        "startsWith"
        | "endsWith"
        | "startsWithUTF8"
        | "endsWithUTF8"
        | "startsWithCaseInsensitive"
        | "endsWithCaseInsensitive"
        | "startsWithCaseInsensitiveUTF8"
        | "endsWithCaseInsensitiveUTF8" => strict(2, 2, flag, begins_or_ends),
        "isValidUTF8" => strict(1, 1, flag, |_, a| b(std::str::from_utf8(&bytes(a, 0)).is_ok())),
        "isValidASCII" => {
            strict(1, 1, |a| check(a, "s~", ChType::UInt(8)), |_, a| b(bytes(a, 0).is_ascii()))
        }
        "toValidUTF8" => {
            strict(1, 1, string, |_, a| s(crate::value::printed(&text(a, 0)).into_owned()))
        }
        "ascii" => strict(
            1,
            1,
            |a| check(a, "s", ChType::Int(32)),
            |_, a| n(bytes(a, 0).first().copied().unwrap_or(0)),
        ),
        "soundex" => strict(1, 1, string, |_, a| s(soundex(&bytes(a, 0)))),
        "ngrams" => strict(
            2,
            2,
            |a| check(a, "su", ChType::Array(Box::new(ChType::String))),
            |_, a| {
                let size = usize::try_from(super::text::int(a, 1)).unwrap_or(0);
                if size == 0 {
                    return Err(bad(
                        "Second argument of function ngrams should be greater than zero",
                    ));
                }
                let value = bytes(a, 0);
                let chars = characters(&value);
                let grams = chars.windows(size);
                room(grams.len().saturating_mul(size), "ngrams")?;
                list(grams.map(<[&[u8]]>::concat))
            },
        ),
        "format" => strict(
            2,
            1024,
            |a| check(a, "sx", ChType::String),
            |_, a| s(formatted(&bytes(a, 0), a.get(1..).unwrap_or_default())?),
        ),
        "compareSubstrings" => strict(5, 5, |a| check(a, "ssi", ChType::Int(8)), compare_parts),
        "stringBytesUniq" => strict(
            1,
            1,
            |a| check(a, "s~", ChType::UInt(16)),
            |_, a| n(byte_counts(&bytes(a, 0)).iter().filter(|count| **count > 0).count()),
        ),
        "stringBytesEntropy" => strict(
            1,
            1,
            |a| check(a, "s~", ChType::Float(64)),
            |_, a| {
                let value = bytes(a, 0);
                let counts = byte_counts(&value);
                let shares = counts
                    .iter()
                    .filter(|count| **count > 0)
                    .map(|count| float(*count) / float(value.len()));
                f(shares.fold(0.0, |sum, share| share.mul_add(-share.log2(), sum)))
            },
        ),
        _ => None,
    }
}

fn byte_counts(value: &[u8]) -> Vec<usize> {
    let mut counts = vec![0; 256];
    for byte in value {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    counts
}

/// Words of ASCII letters and digits begin with a capital.
fn capitalised(value: &[u8]) -> Vec<u8> {
    let mut in_word = false;
    value
        .iter()
        .map(|byte| {
            let cased = if in_word { byte.to_ascii_lowercase() } else { byte.to_ascii_uppercase() };
            in_word = byte.is_ascii_alphanumeric();
            cased
        })
        .collect()
}

fn capitalised_characters(value: &str) -> String {
    let mut in_word = false;
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        // One character stays one: ß has no capital of its own.
        let mut cased: Box<dyn Iterator<Item = char>> =
            if in_word { Box::new(c.to_lowercase()) } else { Box::new(c.to_uppercase()) };
        match (cased.next(), cased.next()) {
            (Some(single), None) => out.push(single),
            _ => out.push(c),
        }
        in_word = c.is_alphanumeric();
    }
    out
}

fn begins_or_ends(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (mut value, mut part) = (bytes(args, 0), bytes(args, 1));
    if call.name.contains("CaseInsensitive") {
        let lower = |text: &[u8], i: usize| {
            if call.name.ends_with("UTF8") {
                bytes_of(&super::search::folded(&self::text(args, i))).into_owned()
            } else {
                text.to_ascii_lowercase()
            }
        };
        (value, part) = (lower(&value, 0).into(), lower(&part, 1).into());
    }
    let at_start = call.name.starts_with("starts");
    let found = if at_start { value.starts_with(&part) } else { value.ends_with(&part) };
    // A part that cuts a character in two is no part of the text.
    let border = if at_start { value.get(part.len()) } else { part.first() };
    let cut = call.name.ends_with("UTF8") && border.is_some_and(|byte| *byte & 0xC0 == 0x80);
    b(found && !cut)
}

/// Letter and three digits, as SQL Server and ClickHouse compute it: a letter without a code ends a run of equal ones.
fn soundex(value: &[u8]) -> String {
    let code = |letter: u8| match letter.to_ascii_uppercase() {
        b'B' | b'F' | b'P' | b'V' => b'1',
        b'C' | b'G' | b'J' | b'K' | b'Q' | b'S' | b'X' | b'Z' => b'2',
        b'D' | b'T' => b'3',
        b'L' => b'4',
        b'M' | b'N' => b'5',
        b'R' => b'6',
        _ => b'0',
    };
    let mut letters = value.iter().copied().filter(u8::is_ascii_alphabetic);
    let mut out = Vec::with_capacity(4);
    if let Some(first) = letters.next() {
        out.push(first.to_ascii_uppercase());
        let mut last = code(first);
        for letter in letters {
            let digit = code(letter);
            if digit != b'0' && digit != last && out.len() < 4 {
                out.push(digit);
            }
            last = digit;
        }
    }
    out.resize(4, b'0');
    out.iter().map(|byte| char::from(*byte)).collect()
}

/// Bytes of two texts compared from offsets that count from 0.
fn compare_parts(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let part = |text: usize, offset: usize| {
        let value = bytes(args, text);
        let size = |at: usize| usize::try_from(super::text::int(args, at)).unwrap_or(0);
        let start = size(offset).min(value.len());
        let end = start.saturating_add(size(4)).min(value.len());
        value.get(start..end).unwrap_or_default().to_vec()
    };
    n(part(0, 2).cmp(&part(1, 3)) as i8)
}

/// `{}` and `{n}` replaced by arguments; `{{` and `}}` are braces.
fn formatted(template: &[u8], args: &[Value]) -> SqlResult<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = template;
    let (mut next, mut numbered) = (0, None);
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match (first, tail.first()) {
            (b'{', Some(b'{')) | (b'}', Some(b'}')) => {
                out.push(*first);
                rest = tail.get(1..).unwrap_or_default();
            }
            (b'{', _) => {
                let end = tail
                    .iter()
                    .position(|byte| *byte == b'}')
                    .ok_or_else(|| bad("Last open curly brace is not closed"))?;
                let digits = tail.get(..end).unwrap_or_default();
                rest = tail.get(end + 1..).unwrap_or_default();
                if *numbered.get_or_insert(!digits.is_empty()) == digits.is_empty() {
                    return Err(bad("Cannot switch between automatic and manual field numbering"));
                }
                let position = if digits.is_empty() { next } else { field_number(digits)? };
                next += 1;
                if position >= args.len() {
                    return Err(bad("Argument is too big for formatting"));
                }
                out.extend_from_slice(&bytes(args, position));
                room(out.len(), "format")?;
            }
            (b'}', _) => return Err(bad("Closed curly brace without open one")),
            (other, _) => out.push(*other),
        }
    }
    Ok(out)
}

fn field_number(digits: &[u8]) -> SqlResult<usize> {
    std::str::from_utf8(digits)
        .ok()
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| bad("Not a number in curly braces"))
}
