//! `extractKeyValuePairs`: the pairs in a text such as `name:neymar, age:31`, whatever else is in it.

use super::{
    registry::Entry,
    text::{bad, bytes, check, strict},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::{Value, text_of_bytes},
};

/// All functions here.
pub(super) const NAMES: &[&str] = &["extractKeyValuePairs", "extractKeyValuePairsWithEscaping"];

/// Most characters that end a pair; ClickHouse's.
const PAIR_DELIMITERS_MAX: usize = 8;
/// Most pairs of a text: ClickHouse's `extract_key_value_pairs_max_pairs_per_row`.
const PAIRS_MAX: usize = 1_000;

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "extractKeyValuePairs" => strict(1, 5, map, |_, args| extracted(args, None)),
        "extractKeyValuePairsWithEscaping" => {
            strict(1, 5, map, |_, args| extracted(args, Some(b'\\')))
        }
        _ => None,
    }
}

fn map(args: &[ChType]) -> SqlResult<ChType> {
    check(args, "s~", ChType::Map(Box::new(ChType::String), Box::new(ChType::String)))
}

/// What a quote means inside of a text that does not begin with one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StrayQuote {
    /// What holds it is no pair.
    Invalid,
    /// It is a character like others.
    Accept,
    /// What was before it is nothing, and it begins a text in quotes.
    Promote,
}

/// The characters that say where pairs, keys and values end.
#[derive(Debug)]
struct Syntax {
    between: u8,
    pair_ends: Vec<u8>,
    quote: u8,
    stray_quote: StrayQuote,
    escape: Option<u8>,
}

impl Syntax {
    fn of(args: &[Value], escape: Option<u8>) -> SqlResult<Self> {
        let between = control(args, 1, b':')?;
        let quote = control(args, 3, b'"')?;
        let pair_ends = match bytes(args, 2) {
            ends if ends.is_empty() => b" ,;".to_vec(),
            ends => ends.into_owned(),
        };
        let stray_quote = match args.get(4) {
            None => StrayQuote::Promote,
            Some(_) => match bytes(args, 4).to_ascii_lowercase().as_slice() {
                b"invalid" => StrayQuote::Invalid,
                b"accept" => StrayQuote::Accept,
                b"promote" => StrayQuote::Promote,
                _ => {
                    return Err(bad(
                        "Invalid unexpected_quoting_character_strategy argument: it is invalid, accept or promote",
                    ));
                }
            },
        };
        if pair_ends.len() > PAIR_DELIMITERS_MAX {
            return Err(bad(format!(
                "Invalid arguments, pair delimiters can contain at most {PAIR_DELIMITERS_MAX} characters"
            )));
        }
        let is_taken = |byte| byte == between || byte == quote || pair_ends.contains(&byte);
        if escape.is_some_and(is_taken) {
            return Err(bad("Invalid arguments, \\ is reserved for the escaping character"));
        }
        if between == quote || pair_ends.contains(&between) || pair_ends.contains(&quote) {
            return Err(bad(
                "Invalid arguments: the key-value delimiter, the pair delimiters and the quoting character must differ",
            ));
        }
        Ok(Self { between, pair_ends, quote, stray_quote, escape })
    }

    fn ends_pair(&self, byte: u8) -> bool {
        self.pair_ends.contains(&byte)
    }

    fn is_stray_quote(&self, byte: u8) -> bool {
        byte == self.quote && self.stray_quote != StrayQuote::Accept
    }
}

/// A character that an argument names; the usual one if it is empty.
fn control(args: &[Value], at: usize, usual: u8) -> SqlResult<u8> {
    match *bytes(args, at) {
        [] => Ok(usual),
        [byte] => Ok(byte),
        _ => Err(bad(
            "Control character argument must either be empty or contain exactly 1 character",
        )),
    }
}

fn extracted(args: &[Value], escape: Option<u8>) -> SqlResult<Value> {
    let (text, syntax) = (bytes(args, 0), Syntax::of(args, escape)?);
    let mut pairs = Vec::new();
    let mut reader = Reader { syntax: &syntax, rest: &text };
    while let Some((key, value)) = reader.pair() {
        if pairs.len() == PAIRS_MAX {
            let message = format!("More than {PAIRS_MAX} key value pairs in one text");
            return Err(SqlError::new(ChCode::LimitExceeded, message));
        }
        pairs.push((Value::String(text_of_bytes(key)), Value::String(text_of_bytes(value))));
    }
    Ok(Value::Map(pairs))
}

/// What follows what was read of a text.
struct Reader<'a> {
    syntax: &'a Syntax,
    rest: &'a [u8],
}

impl Reader<'_> {
    /// The next pair. What is none is passed over.
    fn pair(&mut self) -> Option<(Vec<u8>, Vec<u8>)> {
        loop {
            self.skip_to_key();
            if self.rest.is_empty() {
                return None;
            }
            let Some(key) = self.key()? else { continue };
            if let Some(value) = self.value()? {
                return Some((key, value));
            }
        }
    }

    fn skip_to_key(&mut self) {
        let Syntax { between, escape, .. } = *self.syntax;
        let passes =
            |byte: u8| byte == between || Some(byte) == escape || self.syntax.ends_pair(byte);
        let start = self.rest.iter().position(|byte| !passes(*byte));
        self.skip(start.unwrap_or(self.rest.len()));
    }

    /// The key that begins here, with what stands between it and its value; an inner `None` is no key, and an outer one the end.
    #[expect(clippy::option_option, reason = "the end, nothing, or a key")]
    fn key(&mut self) -> Option<Option<Vec<u8>>> {
        let Syntax { between, quote, stray_quote, .. } = *self.syntax;
        if *self.rest.first()? != quote {
            let syntax = self.syntax;
            let key = self.until(|byte| {
                byte == between || syntax.ends_pair(byte) || syntax.is_stray_quote(byte)
            });
            let end = *self.rest.first()?;
            self.skip(1);
            if end == between {
                return Some(Some(key));
            }
            if end != quote || stray_quote != StrayQuote::Promote {
                return Some(None);
            }
        } else {
            self.skip(1);
        }
        let key = self.until(|byte| byte == quote);
        self.rest.first()?;
        self.skip(1);
        if key.is_empty() || *self.rest.first()? != between {
            return Some(None);
        }
        self.skip(1);
        Some(Some(key))
    }

    /// The value that begins here; an inner `None` is none, and an outer one the end.
    #[expect(clippy::option_option, reason = "the end, nothing, or a value")]
    fn value(&mut self) -> Option<Option<Vec<u8>>> {
        let Syntax { quote, escape, stray_quote, .. } = *self.syntax;
        if self.rest.first() != Some(&quote) {
            if escape.is_some() && self.rest.first() == escape.as_ref() {
                return Some(None);
            }
            let syntax = self.syntax;
            let value = self.until(|byte| syntax.ends_pair(byte) || syntax.is_stray_quote(byte));
            if self.rest.first() != Some(&quote) {
                return Some(Some(value));
            }
            if stray_quote == StrayQuote::Invalid {
                self.skip(1);
                return Some(None);
            }
        }
        self.skip(1);
        let value = self.until(|byte| byte == quote);
        self.rest.first()?;
        // What stands between the quote and the end of the pair says nothing.
        let end = self.rest.iter().position(|byte| self.syntax.ends_pair(*byte));
        self.skip(end.unwrap_or(self.rest.len()));
        Some(Some(value))
    }

    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    /// The text before a character, without its escapes. One that the end cuts off ends everything.
    fn until(&mut self, ends: impl Fn(u8) -> bool) -> Vec<u8> {
        let mut text = Vec::new();
        while let Some(byte) = self.rest.first().copied().filter(|byte| !ends(*byte)) {
            self.skip(1);
            if Some(byte) == self.syntax.escape {
                self.unescape(&mut text);
            } else {
                text.push(byte);
            }
        }
        text
    }

    /// What stands behind a backslash; one before anything else stays.
    fn unescape(&mut self, text: &mut Vec<u8>) {
        let Some(byte) = self.rest.first().copied() else { return };
        self.skip(1);
        match byte {
            b'x' => {
                if let [high, low, ..] = *self.rest {
                    text.push(hex_digit(high).wrapping_mul(16).wrapping_add(hex_digit(low)));
                }
                self.skip(2);
            }
            b'N' => {}
            b'a' => text.push(7),
            b'b' => text.push(8),
            b'e' => text.push(27),
            b'f' => text.push(12),
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'v' => text.push(11),
            b'0' => text.push(0),
            b'\\' | b'`' | b'"' | b'\'' | b'/' | b'=' => text.push(byte),
            other if other.is_ascii_control() => text.push(other),
            other => text.extend([b'\\', other]),
        }
    }
}

/// The value of a hexadecimal digit; of anything else, what ClickHouse takes it for.
fn hex_digit(byte: u8) -> u8 {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0xff)
}
