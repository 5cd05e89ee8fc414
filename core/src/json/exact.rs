//! JSON text as a tree that keeps every digit: what a number of the tree cannot hold is a string there.

use serde_json::{Result, Value};
use std::borrow::Cow;

/// The value of a JSON text, as [`exact_text`] has it.
///
/// # Errors
/// If the text is no JSON.
pub fn exact_value(text: &str) -> Result<Value> {
    serde_json::from_str(&exact_text(text))
}

/// A JSON text for readers that take numbers for doubles. Integers beyond 64 bits, and decimals of more digits than a double has,
/// become strings of the number as it was written; all others stay numbers.
pub fn exact_text(text: &str) -> Cow<'_, str> {
    let mut quoted = String::new();
    let (mut copied, mut at) = (0, 0);
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        match byte {
            b'"' => at = end_of_string(bytes, at),
            b'-' | b'0'..=b'9' => {
                at += bytes.iter().skip(at).take_while(|b| is_of_number(**b)).count();
                let number = text.get(start..at).unwrap_or_default();
                if !is_held(number) {
                    quoted.push_str(text.get(copied..start).unwrap_or_default());
                    quoted.push('"');
                    quoted.push_str(number);
                    quoted.push('"');
                    copied = at;
                }
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    quoted.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(quoted)
}

/// Where the string that begins at a quote ends.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    at
}

fn is_of_number(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')
}

/// Whether a number of a tree is this one, digit by digit.
fn is_held(number: &str) -> bool {
    if number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() {
        return true;
    }
    let Ok(float) = number.parse::<f64>() else { return true };
    float.is_finite() && digits(&format!("{float:e}")) == digits(number)
}

/// A number's significant digits, and the power of ten of the last; `None` of zero.
fn digits(number: &str) -> Option<(String, i64)> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let mut power: i64 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    power -= i64::try_from(fraction.len()).ok()?;
    let all = format!("{}{fraction}", whole.trim_start_matches('-'));
    let significant = all.trim_end_matches('0');
    power += i64::try_from(all.len() - significant.len()).ok()?;
    let significant = significant.trim_start_matches('0');
    (!significant.is_empty()).then(|| (significant.to_owned(), power))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_keep_their_digits() {
        let same = [
            "0",
            "-0",
            "1",
            "-1.50",
            "1e3",
            "0.1",
            "1E-7",
            "18446744073709551615",
            "1.5e300",
            "0.000",
            "0e5",
        ];
        for text in same {
            let value = exact_value(text).unwrap();
            assert!(value.is_number(), "{text}");
            assert_eq!(value, serde_json::from_str::<Value>(text).unwrap());
        }
        let strings = [
            "18446744073709551617",
            "-123456789012345678901234567890",
            "0.12345678901234567890",
            "1e400",
            "1.00000000000000000001",
        ];
        for text in strings {
            assert_eq!(exact_value(text).unwrap(), json!(text));
        }
        let text = r#"{"a":[1,123456789012345678901234567890,"9\"9999999999999999999999"],"123456789012345678901":{"b":0.10}}"#;
        let value = exact_value(text).unwrap();
        assert_eq!(
            value["a"],
            json!([1, "123456789012345678901234567890", "9\"9999999999999999999999"])
        );
        assert_eq!(value["123456789012345678901"], json!({"b": 0.1}));
        for wrong in ["", "{", "\"abc", "\"a\\", "-", "1-2", "[1,]"] {
            assert!(exact_value(wrong).is_err(), "{wrong}");
        }
    }
}
