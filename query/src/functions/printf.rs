//! `printf`: values in the places of `%d`, `%s` and their like. Each place takes one kind of value, as in ClickHouse (and
//! C, but for lengths such as `ll`, which say nothing: integers have 64 bits).

use super::{
    registry::Entry,
    text::{bad, bytes, dynamic, illegal, is_number, room, s, strict},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::{Value, bytes_of},
};

/// All functions here.
pub(super) const NAMES: &[&str] = &["printf"];

/// Most arguments of a call.
const ARGS_MAX: usize = 1024;
/// Most digits behind the point of a float: no double has more.
const PRECISION_MAX: usize = 1_100;
/// Hexadecimal digits behind the point of a double.
const HEX_DIGITS: usize = 13;

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    if name != "printf" {
        return None;
    }
    strict(1, ARGS_MAX, types, |_, args| {
        s(printed(&bytes(args, 0), args.get(1..).unwrap_or_default())?)
    })
}

fn types(args: &[ChType]) -> SqlResult<ChType> {
    for (position, ty) in args.iter().enumerate() {
        let is_text = matches!(ty, ChType::String | ChType::FixedString(_));
        let (fits, expected) = match position {
            0 => (is_text, "String"),
            _ => (is_text || is_number(ty), "a number or String"),
        };
        if !fits && !dynamic(ty) {
            return Err(illegal(position, ty, expected));
        }
    }
    Ok(ChType::String)
}

/// The format with a value in each place.
fn printed(format: &[u8], values: &[Value]) -> SqlResult<Vec<u8>> {
    let mut out = Vec::with_capacity(format.len());
    let (mut rest, mut values_left) = (format, values.iter());
    while let Some(start) = memchr::memchr(b'%', rest) {
        let (before, place) = rest.split_at(start);
        out.extend_from_slice(before);
        if place.get(1) == Some(&b'%') {
            out.push(b'%');
            rest = place.get(2..).unwrap_or_default();
            continue;
        }
        let (place, behind) = Place::parse(place)?;
        let value = values_left.next().ok_or_else(|| miscounted(format, values))?;
        room(out.len().saturating_add(place.width), "printf")?;
        place.print(value, &mut out)?;
        rest = behind;
    }
    if values_left.next().is_some() {
        return Err(miscounted(format, values));
    }
    out.extend_from_slice(rest);
    Ok(out)
}

fn miscounted(format: &[u8], values: &[Value]) -> SqlError {
    let message = format!(
        "Number of arguments for function printf doesn't match: {} values for the format {}",
        values.len(),
        String::from_utf8_lossy(format)
    );
    SqlError::new(ChCode::NumberOfArgumentsDoesntMatch, message)
}

/// `%[flags][width][.precision][length]conversion`.
#[derive(Debug, Default)]
struct Place {
    /// As it is written.
    text: String,
    left: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zeros: bool,
    width: usize,
    precision: Option<usize>,
    conversion: u8,
}

/// A value before it is padded.
struct Printed {
    /// Sign or prefix, which stands before zeros.
    head: String,
    body: Vec<u8>,
    /// Whether zeros may fill it up.
    takes_zeros: bool,
}

impl Place {
    /// The place at the beginning of a text, and what stands behind it.
    fn parse(text: &[u8]) -> SqlResult<(Self, &[u8])> {
        let mut place = Self::default();
        let mut at = 1;
        while let Some(flag) = text.get(at) {
            match flag {
                b'-' => place.left = true,
                b'+' => place.plus = true,
                b' ' => place.space = true,
                b'#' => place.alternate = true,
                b'0' => place.zeros = true,
                _ => break,
            }
            at += 1;
        }
        place.width = number(text, &mut at);
        if text.get(at) == Some(&b'.') {
            at += 1;
            place.precision = Some(number(text, &mut at));
        }
        while text.get(at).is_some_and(|byte| b"hljztL".contains(byte)) {
            at += 1;
        }
        place.text = String::from_utf8_lossy(text.get(..=at).unwrap_or(text)).into_owned();
        place.conversion = text.get(at).copied().ok_or_else(|| place.refused("nothing"))?;
        Ok((place, text.get(at + 1..).unwrap_or_default()))
    }

    fn refused(&self, value: &str) -> SqlError {
        bad(format!(
            "Bad format {} in function printf for {value}: integers take %d, %i, %u, %o, %x, %X or %c, floats %f, %e, %g or %a, and text %s",
            self.text
        ))
    }

    fn print(&self, value: &Value, out: &mut Vec<u8>) -> SqlResult<()> {
        let printed = match (value, self.conversion) {
            (Value::String(text), b's') => self.text(&bytes_of(text)),
            (Value::Float(value), b'f' | b'F' | b'e' | b'E' | b'g' | b'G' | b'a' | b'A') => {
                self.float(*value)?
            }
            (Value::Int(_) | Value::Bool(_), b'd' | b'i' | b'u' | b'o' | b'x' | b'X' | b'c') => {
                self.integer(value.as_int().unwrap_or_default())?
            }
            (Value::String(_), _) => return Err(self.refused("text")),
            (Value::Float(_), _) => return Err(self.refused("a float")),
            _ => return Err(self.refused("an integer")),
        };
        self.pad(&printed, out);
        Ok(())
    }

    fn pad(&self, printed: &Printed, out: &mut Vec<u8>) {
        let Printed { head, body, takes_zeros } = printed;
        let missing = self.width.saturating_sub(head.len() + characters(body).count());
        let fill = |out: &mut Vec<u8>, with: u8| out.resize(out.len() + missing, with);
        let zeros = *takes_zeros && self.zeros && !self.left;
        if !self.left && !zeros {
            fill(out, b' ');
        }
        out.extend_from_slice(head.as_bytes());
        if zeros {
            fill(out, b'0');
        }
        out.extend_from_slice(body);
        if self.left {
            fill(out, b' ');
        }
    }

    fn text(&self, text: &[u8]) -> Printed {
        let end = self.precision.and_then(|shown| characters(text).nth(shown));
        let shown = end.and_then(|end| text.get(..end)).unwrap_or(text);
        Printed { head: String::new(), body: shown.to_vec(), takes_zeros: false }
    }

    fn sign(&self, is_negative: bool) -> &'static str {
        match (is_negative, self.plus, self.space) {
            (true, ..) => "-",
            (false, true, _) => "+",
            (false, false, true) => " ",
            (false, false, false) => "",
        }
    }

    /// An integer of 64 bits; unsigned ones wrap, as ClickHouse hands them on.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the wrapping is ClickHouse's"
    )]
    fn integer(&self, value: i128) -> SqlResult<Printed> {
        let value = value as i64;
        let (prefix, digits) = match self.conversion {
            b'c' => {
                let body = vec![value as u8];
                return Ok(Printed { head: String::new(), body, takes_zeros: false });
            }
            b'd' | b'i' => ("", value.unsigned_abs().to_string()),
            b'u' => ("", (value as u64).to_string()),
            b'o' => ("0", format!("{value:o}")),
            b'x' => ("0x", format!("{value:x}")),
            _ => ("0X", format!("{value:X}")),
        };
        let wanted = self.precision.unwrap_or(0);
        room(wanted, "printf")?;
        let is_signed = matches!(self.conversion, b'd' | b'i');
        // The zero of an octal number may be one that the precision asks for.
        let has_zero = self.conversion == b'o' && wanted > digits.len();
        let prefix = if self.alternate && value != 0 && !has_zero { prefix } else { "" };
        let head = self.sign(is_signed && value < 0).to_owned() + prefix;
        let mut body = vec![b'0'; wanted.saturating_sub(digits.len())];
        body.extend_from_slice(digits.as_bytes());
        Ok(Printed { head, body, takes_zeros: self.precision.is_none() })
    }

    fn float(&self, value: f64) -> SqlResult<Printed> {
        let precision = self.precision.unwrap_or(6);
        if precision > PRECISION_MAX {
            return Err(bad(format!(
                "The precision of {} in function printf is more than {PRECISION_MAX}",
                self.text
            )));
        }
        let head = self.sign(value.is_sign_negative() && !value.is_nan()).to_owned();
        let size = value.abs();
        let is_upper = self.conversion.is_ascii_uppercase();
        if !size.is_finite() {
            let name = if size.is_nan() { "nan" } else { "inf" };
            let name = if is_upper { name.to_uppercase() } else { name.to_owned() };
            return Ok(Printed { head, body: name.into_bytes(), takes_zeros: false });
        }
        let body = match self.conversion.to_ascii_lowercase() {
            b'f' => pointed(format!("{size:.precision$}"), self.alternate),
            b'e' => scientific(size, precision, self.alternate),
            b'g' => general(size, precision.max(1), self.alternate),
            // Zeros come before the prefix, in ClickHouse.
            _ => hexadecimal(size, self.precision, self.alternate),
        };
        let body = if is_upper { body.to_uppercase() } else { body };
        Ok(Printed { head, body: body.into_bytes(), takes_zeros: true })
    }
}

/// Where characters begin.
fn characters(text: &[u8]) -> impl Iterator<Item = usize> {
    let begins = |(_, byte): &(usize, &u8)| *byte & 0xc0 != 0x80;
    text.iter().enumerate().filter(begins).map(|(at, _)| at)
}

/// The digits at a place; more than fit are as many as possible.
fn number(text: &[u8], at: &mut usize) -> usize {
    let mut number: usize = 0;
    while let Some(digit) = text.get(*at).filter(|byte| byte.is_ascii_digit()) {
        number = number.saturating_mul(10).saturating_add(usize::from(digit - b'0'));
        *at += 1;
    }
    number
}

/// A number without a point gets one, if that is wanted.
fn pointed(digits: String, always: bool) -> String {
    if always && !digits.contains('.') { digits + "." } else { digits }
}

/// `1.500000e+00`: two digits of the exponent, or three.
fn scientific(size: f64, precision: usize, point: bool) -> String {
    let text = format!("{size:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{}e{sign}{exponent:0>2}", pointed(digits.to_owned(), point))
}

/// The shorter of both forms, with so many digits; without `#`, zeros at the end go.
fn general(size: f64, digits: usize, point: bool) -> String {
    let rounded = format!("{size:.0$e}", digits - 1);
    let exponent: i64 = rounded.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let is_fixed = exponent >= -4 && usize::try_from(exponent).map_or(true, |e| e < digits);
    let (number, rest) = if is_fixed {
        let decimals = usize::try_from(i64::try_from(digits).unwrap_or(i64::MAX) - 1 - exponent);
        (pointed(format!("{size:.0$}", decimals.unwrap_or(0)), point), String::new())
    } else {
        let text = scientific(size, digits - 1, point);
        let (number, exponent) = text.split_once('e').unwrap_or((&text, ""));
        (number.to_owned(), format!("e{exponent}"))
    };
    if point || !number.contains('.') {
        return number + &rest;
    }
    number.trim_end_matches('0').trim_end_matches('.').to_owned() + &rest
}

/// `0x1.8p+0` of 1.5: the bits of a double as they are, also of zero, or rounded to so many digits, halves to even.
fn hexadecimal(size: f64, precision: Option<usize>, point: bool) -> String {
    const FRACTION_BITS: u32 = 52;
    let bits = size.to_bits();
    let (fraction, biased) = (bits & ((1 << FRACTION_BITS) - 1), bits >> FRACTION_BITS);
    let (whole, exponent) = match biased {
        0 => (0, -1022),
        biased => (1, i64::try_from(biased).unwrap_or(0) - 1023),
    };
    let mut mantissa = whole << FRACTION_BITS | fraction;
    let shown = precision.unwrap_or(HEX_DIGITS);
    if let Some(cut) = HEX_DIGITS.checked_sub(shown).filter(|cut| *cut > 0) {
        let unit = 1_u64 << (4 * cut);
        let (rest, half) = (mantissa & (unit - 1), unit / 2);
        mantissa -= rest;
        if rest > half || rest == half && mantissa & unit != 0 {
            mantissa += unit;
        }
    }
    let digits = format!("{:013x}", mantissa & ((1 << FRACTION_BITS) - 1));
    let digits = match precision {
        Some(precision) => format!("{digits:0<precision$}").chars().take(precision).collect(),
        None => digits.trim_end_matches('0').to_owned(),
    };
    let dot = if digits.is_empty() && !point { "" } else { "." };
    format!("0x{}{dot}{digits}p{exponent:+}", mantissa >> FRACTION_BITS)
}
