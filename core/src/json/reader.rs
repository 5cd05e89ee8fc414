//! The pull reader.

use crate::limits;
use std::borrow::Cow;

/// What is wrong with a JSON text, and at which byte.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at byte {offset}")]
pub struct JsonError {
    /// What was found or expected.
    pub message: &'static str,
    /// Offset from the start of the text.
    pub offset: usize,
}

/// The kind of the next value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A number as written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number<'a> {
    /// An integer literal in the range of i64.
    Int64(i64),
    /// An integer literal above it, in the range of u64.
    UInt64(u64),
    /// A literal with `.` or `e`.
    Float64(f64),
    /// An integer literal outside both ranges, as text.
    Big(&'a str),
}

/// Reads one JSON text from front to back. After an error the reader is of no use.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    text: &'a str,
    position: usize,
    depth: usize,
}

type Read<T> = Result<T, JsonError>;

impl<'a> Reader<'a> {
    /// A reader at the start of a text.
    pub fn new(text: &'a str) -> Self {
        Self { text, position: 0, depth: 0 }
    }

    /// Offset of the next byte.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The text between an earlier position and now.
    pub fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.position).unwrap_or("").trim_start()
    }

    fn fail<T>(&self, message: &'static str) -> Read<T> {
        Err(JsonError { message, offset: self.position })
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.position += 1;
        }
    }

    fn expect(&mut self, literal: &'static str) -> Read<()> {
        if self.text.get(self.position..).is_some_and(|rest| rest.starts_with(literal)) {
            self.position += literal.len();
            Ok(())
        } else {
            self.fail("expected a JSON value")
        }
    }

    /// The kind of the next value, not read yet.
    pub fn peek(&mut self) -> Read<Kind> {
        self.skip_space();
        Ok(match self.byte() {
            Some(b'n') => Kind::Null,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'-' | b'0'..=b'9') => Kind::Number,
            Some(b'"') => Kind::String,
            Some(b'[') => Kind::Array,
            Some(b'{') => Kind::Object,
            Some(_) => return self.fail("expected a JSON value"),
            None => return self.fail("unexpected end of JSON"),
        })
    }

    /// Reads `null`.
    pub fn null(&mut self) -> Read<()> {
        self.skip_space();
        self.expect("null")
    }

    /// Reads a boolean.
    pub fn boolean(&mut self) -> Read<bool> {
        self.skip_space();
        if self.byte() == Some(b't') {
            self.expect("true").map(|()| true)
        } else {
            self.expect("false").map(|()| false)
        }
    }

    /// Reads a number.
    pub fn number(&mut self) -> Read<Number<'a>> {
        let text = self.number_text()?;
        if text.contains(['.', 'e', 'E']) {
            return match text.parse() {
                Ok(value) if f64::is_finite(value) => Ok(Number::Float64(value)),
                _ => self.fail("the number is outside the range of a double"),
            };
        }
        if let Ok(value) = text.parse() {
            return Ok(Number::Int64(value));
        }
        Ok(text.parse().map_or(Number::Big(text), Number::UInt64))
    }

    /// Reads a number as it is written.
    pub fn number_text(&mut self) -> Read<&'a str> {
        self.skip_space();
        let start = self.position;
        if self.byte() == Some(b'-') {
            self.position += 1;
        }
        match self.byte() {
            Some(b'0') => self.position += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return self.fail("expected a digit"),
        }
        if self.byte() == Some(b'.') {
            self.position += 1;
            self.some_digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.position += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.position += 1;
            }
            self.some_digits()?;
        }
        Ok(self.text.get(start..self.position).unwrap_or(""))
    }

    fn digits(&mut self) {
        while self.byte().is_some_and(|b| b.is_ascii_digit()) {
            self.position += 1;
        }
    }

    fn some_digits(&mut self) -> Read<()> {
        if !self.byte().is_some_and(|b| b.is_ascii_digit()) {
            return self.fail("expected a digit");
        }
        self.digits();
        Ok(())
    }

    /// Reads a string; borrowed when it has no escapes.
    pub fn string(&mut self) -> Read<Cow<'a, str>> {
        self.skip_space();
        if self.byte() != Some(b'"') {
            return self.fail("expected a string");
        }
        self.position += 1;
        let start = self.position;
        loop {
            match self.byte() {
                Some(b'"') => {
                    let text = self.text.get(start..self.position).unwrap_or("");
                    self.position += 1;
                    return Ok(Cow::Borrowed(text));
                }
                Some(b'\\') => return self.escaped_string(start).map(Cow::Owned),
                Some(0..0x20) => {
                    return self.fail("a control character in a string must be escaped");
                }
                Some(_) => self.position += 1,
                None => return self.fail("unexpected end of JSON in a string"),
            }
        }
    }

    fn escaped_string(&mut self, start: usize) -> Read<String> {
        let mut out = self.text.get(start..self.position).unwrap_or("").to_owned();
        loop {
            let run = self.position;
            while self.byte().is_some_and(|b| b >= 0x20 && b != b'"' && b != b'\\') {
                self.position += 1;
            }
            out.push_str(self.text.get(run..self.position).unwrap_or(""));
            match self.byte() {
                Some(b'"') => {
                    self.position += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.position += 1;
                    out.push(self.escape()?);
                }
                Some(_) => return self.fail("a control character in a string must be escaped"),
                None => return self.fail("unexpected end of JSON in a string"),
            }
        }
    }

    fn escape(&mut self) -> Read<char> {
        let escape = self.byte();
        self.position += 1;
        Ok(match escape {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return self.fail("unknown escape in a string"),
        })
    }

    fn unicode_escape(&mut self) -> Read<char> {
        let high = self.hex4()?;
        if !(0xD800..0xE000).contains(&high) {
            return char::from_u32(high).map_or_else(|| self.fail("not a character"), Ok);
        }
        if self.text.get(self.position..self.position + 2) != Some("\\u") {
            return self.fail("a lone surrogate in a string");
        }
        self.position += 2;
        let low = self.hex4()?;
        let code = (0xDC00..0xE000)
            .contains(&low)
            .then(|| 0x1_0000 + ((high & 0x3FF) << 10) + (low & 0x3FF));
        code.and_then(char::from_u32).map_or_else(|| self.fail("a lone surrogate in a string"), Ok)
    }

    fn hex4(&mut self) -> Read<u32> {
        let digits = self
            .text
            .get(self.position..self.position + 4)
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|d| u32::from_str_radix(d, 16).ok()) {
            Some(code) => {
                self.position += 4;
                Ok(code)
            }
            None => self.fail("expected four hexadecimal digits"),
        }
    }

    fn open(&mut self, bracket: u8, message: &'static str) -> Read<()> {
        self.skip_space();
        if self.byte() != Some(bracket) {
            return self.fail(message);
        }
        self.depth += 1;
        if self.depth > limits::DOCUMENT_DEPTH_MAX {
            return self.fail("the JSON is nested deeper than 64 levels");
        }
        self.position += 1;
        Ok(())
    }

    /// Whether another element or member follows; reads the comma or the closing bracket. `first` must be true at once
    /// after [`Self::begin_array`] or [`Self::begin_object`].
    fn more(&mut self, close: u8, first: bool) -> Read<bool> {
        self.skip_space();
        match self.byte() {
            Some(b) if b == close => {
                self.position += 1;
                self.depth -= 1;
                Ok(false)
            }
            Some(b',') if !first => {
                self.position += 1;
                Ok(true)
            }
            Some(_) if first => Ok(true),
            Some(_) => self.fail("expected ',' or the closing bracket"),
            None => self.fail("unexpected end of JSON"),
        }
    }

    /// Reads `[`.
    pub fn begin_array(&mut self) -> Read<()> {
        self.open(b'[', "expected an array")
    }

    /// Whether an element follows; `first` right after [`Self::begin_array`].
    pub fn next_element(&mut self, first: bool) -> Read<bool> {
        self.more(b']', first)
    }

    /// Reads `{`.
    pub fn begin_object(&mut self) -> Read<()> {
        self.open(b'{', "expected an object")
    }

    /// The name of the next member, or the end; `first` right after [`Self::begin_object`].
    pub fn next_member(&mut self, first: bool) -> Read<Option<Cow<'a, str>>> {
        if !self.more(b'}', first)? {
            return Ok(None);
        }
        let name = self.string()?;
        self.skip_space();
        if self.byte() != Some(b':') {
            return self.fail("expected ':'");
        }
        self.position += 1;
        Ok(Some(name))
    }

    /// Reads and drops one value.
    pub fn skip(&mut self) -> Read<()> {
        match self.peek()? {
            Kind::Null => self.null(),
            Kind::Bool => self.boolean().map(drop),
            Kind::Number => self.number_text().map(drop),
            Kind::String => self.string().map(drop),
            Kind::Array => {
                self.begin_array()?;
                let mut first = true;
                while self.next_element(first)? {
                    first = false;
                    self.skip()?;
                }
                Ok(())
            }
            Kind::Object => {
                self.begin_object()?;
                let mut first = true;
                while self.next_member(first)?.is_some() {
                    first = false;
                    self.skip()?;
                }
                Ok(())
            }
        }
    }

    /// Checks that only white space is left.
    pub fn end(&mut self) -> Read<()> {
        self.skip_space();
        if self.position == self.text.len() {
            Ok(())
        } else {
            self.fail("unexpected text after the JSON value")
        }
    }
}
