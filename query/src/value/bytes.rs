//! ClickHouse's String is bytes, ours is UTF-8. A byte that belongs to no character (of a digest, of a character cut in two) is
//! held as a character of private use, U+10FF80 to U+10FFFF for 0x80 to 0xFF: nothing is lost between functions, and equal
//! bytes are equal text. Such a byte prints as U+FFFD, as in ClickHouse's JSON.

use std::borrow::Cow;

/// The character of the byte 0x80.
const FIRST: u32 = 0x10_FF80;

/// The byte of a character that holds one.
fn byte_of(c: char) -> Option<u8> {
    u32::from(c).checked_sub(FIRST).and_then(|low| u8::try_from(low + 0x80).ok())
}

/// Whether any character holds a byte. All of them begin with F4 8F, which nearly no text has.
fn holds_bytes(text: &str) -> bool {
    text.as_bytes().contains(&0xF4) && text.chars().any(|c| byte_of(c).is_some())
}

/// The bytes that a text stands for.
pub(crate) fn bytes_of(text: &str) -> Cow<'_, [u8]> {
    if !holds_bytes(text) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match byte_of(c) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(bytes)
}

/// The text that stands for bytes.
pub(crate) fn text_of_bytes(bytes: impl Into<Vec<u8>>) -> String {
    let bytes = match String::from_utf8(bytes.into()) {
        Ok(text) => return text,
        Err(error) => error.into_bytes(),
    };
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(
            chunk
                .invalid()
                .iter()
                .filter_map(|byte| char::from_u32(FIRST + u32::from(byte.checked_sub(0x80)?))),
        );
    }
    text
}

/// The text as it prints: U+FFFD for each run of bytes that are no characters.
pub(crate) fn printed(text: &str) -> Cow<'_, str> {
    if !holds_bytes(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut in_run = false;
    for c in text.chars() {
        let is_byte = byte_of(c).is_some();
        if !is_byte {
            out.push(c);
        } else if !in_run {
            out.push(char::REPLACEMENT_CHARACTER);
        }
        in_run = is_byte;
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_bytes_survive() {
        let bytes: Vec<u8> = (0..=255).chain("ä€😀".bytes()).chain([0xC3, 0xE2, 0x82]).collect();
        let text = text_of_bytes(bytes.clone());
        assert_eq!(bytes_of(&text), bytes);
        assert_eq!(text_of_bytes(bytes_of(&text)), text);
    }

    #[test]
    fn plain_text_stays() {
        assert!(matches!(bytes_of("ä\u{10FF00}"), Cow::Borrowed(_)));
        assert_eq!(text_of_bytes("ä€"), "ä€");
        assert_eq!(printed(&text_of_bytes([0x41, 0xFF, 0xFE, 0x42])), "A\u{FFFD}B");
    }
}
