//! Text in XML and HTML, and the normal forms of Unicode.

use super::{
    registry::Entry,
    text::{bytes, check, find, s, strict, text},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::{Value, bytes_of},
};
use unicode_normalization::UnicodeNormalization as _;

/// All functions here.
pub(super) const NAMES: &[&str] = &[
    "decodeHTMLComponent",
    "decodeXMLComponent",
    "encodeXMLComponent",
    "extractTextFromHTML",
    "normalizeUTF8NFC",
    "normalizeUTF8NFD",
    "normalizeUTF8NFKC",
    "normalizeUTF8NFKD",
];

fn string(args: &[ChType]) -> SqlResult<ChType> {
    check(args, "s", ChType::String)
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "encodeXMLComponent" => strict(1, 1, string, |_, a| {
            let mut out = Vec::new();
            for byte in bytes(a, 0).iter() {
                match byte {
                    b'&' => out.extend_from_slice(b"&amp;"),
                    b'<' => out.extend_from_slice(b"&lt;"),
                    b'>' => out.extend_from_slice(b"&gt;"),
                    b'"' => out.extend_from_slice(b"&quot;"),
                    b'\'' => out.extend_from_slice(b"&apos;"),
                    other => out.push(*other),
                }
            }
            s(out)
        }),
        "decodeXMLComponent" => strict(1, 1, string, |_, a| s(decoded(&bytes(a, 0), xml_entity))),
        "decodeHTMLComponent" => strict(1, 1, string, |_, a| s(decoded(&bytes(a, 0), html_entity))),
        "extractTextFromHTML" => {
            strict(1, 1, |a| check(a, "s~", ChType::String), |_, a| s(text_of_html(&bytes(a, 0))))
        }
        "normalizeUTF8NFC" => {
            strict(1, 1, string, |_, a| Ok(Value::String(characters(a)?.nfc().collect())))
        }
        "normalizeUTF8NFD" => {
            strict(1, 1, string, |_, a| Ok(Value::String(characters(a)?.nfd().collect())))
        }
        "normalizeUTF8NFKC" => {
            strict(1, 1, string, |_, a| Ok(Value::String(characters(a)?.nfkc().collect())))
        }
        "normalizeUTF8NFKD" => {
            strict(1, 1, string, |_, a| Ok(Value::String(characters(a)?.nfkd().collect())))
        }
        _ => None,
    }
}

/// The text, all of which must be characters.
fn characters(args: &[Value]) -> SqlResult<String> {
    String::from_utf8(bytes_of(&text(args, 0)).into_owned()).map_err(|_| {
        SqlError::new(ChCode::CannotNormalizeString, "Normalization failed: the text is no UTF-8")
    })
}

/// Most digits of a character's number, after which ClickHouse leaves an entity as it is.
const DIGITS_MAX: usize = 7;

/// Replaces the entities that `named` knows, and numbers of characters.
fn decoded(value: &[u8], named: fn(&str) -> Option<String>) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(start) = memchr::memchr(b'&', rest) {
        let (before, entity) = rest.split_at(start);
        out.extend_from_slice(before);
        let end =
            entity.iter().skip(1).position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'#');
        let end = end.map(|end| end + 1).filter(|end| entity.get(*end) == Some(&b';'));
        let name = end.and_then(|end| std::str::from_utf8(entity.get(1..end)?).ok());
        let character = name.and_then(|name| match name.strip_prefix('#') {
            Some(number) => numbered(number),
            None => named(name).map(String::into_bytes),
        });
        match (character, end) {
            (Some(character), Some(end)) => {
                out.extend_from_slice(&character);
                rest = entity.get(end + 1..).unwrap_or_default();
            }
            _ => {
                out.push(b'&');
                rest = entity.get(1..).unwrap_or_default();
            }
        }
    }
    out.extend_from_slice(rest);
    out
}

/// The character of a number, decimal or, after `x`, hexadecimal. A half of a pair is encoded like any other.
fn numbered(number: &str) -> Option<Vec<u8>> {
    let hexadecimal = number.strip_prefix(['x', 'X']);
    let radix = if hexadecimal.is_some() { 16 } else { 10 };
    let digits = hexadecimal.unwrap_or(number);
    if digits.is_empty()
        || number.len() > DIGITS_MAX
        || !digits.chars().all(|digit| digit.is_digit(radix))
    {
        return None;
    }
    let code = u32::from_str_radix(digits, radix).ok()?;
    if let Some(c) = char::from_u32(code) {
        return Some(c.to_string().into_bytes());
    }
    let low = |shift: u32| u8::try_from(0x80 | (code >> shift & 0x3F)).unwrap_or(0x80);
    (0xD800..0xE000).contains(&code).then(|| vec![0xED, low(6), low(0)])
}

fn xml_entity(name: &str) -> Option<String> {
    Some(
        match name {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "apos" => "'",
            _ => return None,
        }
        .to_owned(),
    )
}

fn html_entity(name: &str) -> Option<String> {
    let entity = format!("&{name};");
    let decoded = html_escape::decode_html_entities(&entity);
    (decoded != entity).then(|| decoded.into_owned())
}

/// Elements whose contents are no text.
const HIDDEN: [&[u8]; 2] = [b"script", b"style"];

/// Words between tags, with one space between them.
struct Words {
    out: Vec<u8>,
    /// Whether something stands between the last word and what comes.
    apart: bool,
}

impl Words {
    fn space(&mut self) {
        if self.out.last().is_some_and(|last| !last.is_ascii_whitespace()) {
            self.out.push(b' ');
        }
    }

    fn text(&mut self, text: &[u8]) {
        for word in text.split(|byte| byte.is_ascii_whitespace() || *byte == 0x0B) {
            if !word.is_empty() {
                self.space();
                self.out.extend_from_slice(word);
                self.apart = true;
            }
        }
    }

    /// Text that stays as it is.
    fn verbatim(&mut self, text: &[u8]) {
        if self.apart && text.first().is_some_and(|first| !first.is_ascii_whitespace()) {
            self.space();
        }
        self.out.extend_from_slice(text);
        self.apart = false;
    }
}

fn text_of_html(html: &[u8]) -> Vec<u8> {
    let mut words = Words { out: Vec::new(), apart: false };
    let mut rest = html;
    while let Some(start) = memchr::memchr(b'<', rest) {
        let (before, tag) = rest.split_at(start);
        words.text(before);
        let from = |at: usize| tag.get(at..).unwrap_or_default();
        rest = if tag.starts_with(b"<!--") {
            find(tag, b"-->", 4).map_or_else(|| from(4), |end| from(end + 3))
        } else if let Some(content) = tag.strip_prefix(b"<![CDATA[") {
            let end = find(content, b"]]>", 0);
            words.verbatim(content.get(..end.unwrap_or(content.len())).unwrap_or_default());
            end.map_or(b"".as_slice(), |end| content.get(end + 3..).unwrap_or_default())
        } else {
            let hidden = HIDDEN.iter().find(|name| {
                tag.get(1..).and_then(|tag| tag.strip_prefix(**name)).is_some_and(|tail| {
                    tail.first().is_some_and(|byte| *byte == b'>' || byte.is_ascii_whitespace())
                })
            });
            let close = match hidden {
                Some(name) => find(tag, &[b"</", *name].concat(), 1),
                None => Some(0),
            };
            let end = close.and_then(|close| find(tag, b">", close));
            end.map_or(b"".as_slice(), |end| from(end + 1))
        };
    }
    words.text(rest);
    words.out
}
