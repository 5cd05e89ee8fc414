//! Escapes in texts and quoted names, as ClickHouse reads them: an escape that it does not know stays as written, so that
//! `'\d'` is a digit of a pattern. The tokenizer leaves them alone. A text between `$$` has none.

use super::{syntax, tokens::position};
use crate::error::SqlResult;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Replaces the escapes in all texts and quoted names.
///
/// # Errors
/// `SYNTAX_ERROR` for `\x` without two digits, and for bytes that are no UTF-8.
pub(super) fn unescape(tokens: &mut [TokenWithSpan]) -> SqlResult<()> {
    for TokenWithSpan { token, span } in tokens {
        let wrong = |what: &str| syntax(what, position(*span));
        match token {
            Token::SingleQuotedString(text) => {
                *text = unescaped(text, '\'').map_err(wrong)?;
            }
            Token::DollarQuotedString(text) => {
                let plain = std::mem::take(&mut text.value);
                *token = Token::SingleQuotedString(plain);
            }
            Token::Word(word) => {
                if let Some(quote) = word.quote_style {
                    word.value = unescaped(&word.value, quote).map_err(wrong)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The text between two quotes.
fn unescaped(raw: &str, quote: char) -> Result<String, &'static str> {
    if !raw.contains(['\\', quote]) {
        return Ok(raw.to_owned());
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c == quote {
            // The other one of two.
            chars.next();
            push(&mut bytes, c);
        } else if c == '\\' {
            escape(&mut chars, &mut bytes)?;
        } else {
            push(&mut bytes, c);
        }
    }
    String::from_utf8(bytes).map_err(|_| "The bytes of this text are no UTF-8.")
}

/// What stands behind a backslash.
fn escape(chars: &mut std::str::Chars<'_>, bytes: &mut Vec<u8>) -> Result<(), &'static str> {
    match chars.next() {
        Some('a') => bytes.push(7),
        Some('b') => bytes.push(8),
        Some('e') => bytes.push(27),
        Some('f') => bytes.push(12),
        Some('n') => bytes.push(b'\n'),
        Some('r') => bytes.push(b'\r'),
        Some('t') => bytes.push(b'\t'),
        Some('v') => bytes.push(11),
        Some('0') => bytes.push(0),
        Some('N') => {}
        Some('x') => {
            let mut digit = || chars.next().and_then(|c| c.to_digit(16));
            let (Some(high), Some(low)) = (digit(), digit()) else {
                return Err("\\x needs two hexadecimal digits.");
            };
            bytes.extend(u8::try_from(high * 16 + low));
        }
        Some(c @ ('\\' | '\'' | '"' | '`' | '/' | '=')) => push(bytes, c),
        Some(other) => {
            bytes.push(b'\\');
            push(bytes, other);
        }
        None => bytes.push(b'\\'),
    }
    Ok(())
}

fn push(bytes: &mut Vec<u8>, c: char) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}
