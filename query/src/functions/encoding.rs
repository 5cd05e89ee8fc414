//! Text and numbers written in other alphabets, and back.

use super::{
    registry::Entry,
    text::{bad, bytes, check, illegal, int, room, s, strict},
    udf::Call,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::Value,
};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use data_encoding::BASE32;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, percent_encode};

/// All functions here.
pub(super) const NAMES: &[&str] = &[
    "base32Decode",
    "base32Encode",
    "base58Decode",
    "base58Encode",
    "base64Decode",
    "base64Encode",
    "base64URLDecode",
    "base64URLEncode",
    "bin",
    "bitPositionsToArray",
    "bitmaskToArray",
    "bitmaskToList",
    "char",
    "decodeURLComponent",
    "decodeURLFormComponent",
    "encodeURLComponent",
    "encodeURLFormComponent",
    "hex",
    "tryBase32Decode",
    "tryBase58Decode",
    "tryBase64Decode",
    "tryBase64URLDecode",
    "unbin",
    "unhex",
];

const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
const PADDED: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const UNPADDED: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    LENIENT.with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Bytes that URLs have as they are.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The digits of base 58, as Bitcoin writes them.
const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Longest text in base 58, which takes time by the square of its length.
const BASE58_BYTES_MAX: usize = 1 << 12;

fn string(args: &[ChType]) -> SqlResult<ChType> {
    check(args, "s", ChType::String)
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "hex" => strict(1, 1, shown, |call, a| {
            s(raw(call, a).iter().map(|byte| format!("{byte:02X}")).collect::<String>())
        }),
        "bin" => strict(1, 1, shown, |call, a| {
            let raw = raw(call, a);
            room(raw.len().saturating_mul(8), "bin")?;
            s(raw.iter().map(|byte| format!("{byte:08b}")).collect::<String>())
        }),
        "unhex" => strict(1, 1, string, |_, a| s(unshown::<2>(&bytes(a, 0), 4))),
        "unbin" => strict(1, 1, string, |_, a| s(unshown::<8>(&bytes(a, 0), 1))),
        "base32Encode" => strict(1, 1, string, |_, a| s(BASE32.encode(&bytes(a, 0)))),
        "base58Encode" => strict(1, 1, string, |_, a| {
            let value = bytes(a, 0);
            let digits: Vec<u8> = rebase(short(&value)?, 256, 58);
            s(digits
                .iter()
                .filter_map(|digit| BASE58.get(usize::from(*digit)).copied())
                .collect::<Vec<u8>>())
        }),
        "base64Encode" => strict(1, 1, string, |_, a| s(PADDED.encode(bytes(a, 0)))),
        "base64URLEncode" => strict(1, 1, string, |_, a| {
            s(UNPADDED.encode(bytes(a, 0)).replace('+', "-").replace('/', "_"))
        }),
        "base32Decode" | "base58Decode" | "base64Decode" | "base64URLDecode" => {
            strict(1, 1, string, |call, a| {
                let decoded = decoded(&call.name, &bytes(a, 0))?;
                s(decoded.ok_or_else(|| {
                    SqlError::new(
                        ChCode::IncorrectData,
                        format!("Invalid value for {}, cannot be decoded", call.name),
                    )
                })?)
            })
        }
        "tryBase32Decode" | "tryBase58Decode" | "tryBase64Decode" | "tryBase64URLDecode" => strict(
            1,
            1,
            string,
            |call, a| s(decoded(&call.name, &bytes(a, 0))?.unwrap_or_default()),
        ),
        "char" => strict(
            1,
            1024,
            |a| check(a, "n", ChType::String),
            |_, a| s((0..a.len()).map(|i| int(a, i).to_le_bytes()[0]).collect::<Vec<u8>>()),
        ),
        "bitmaskToList" => strict(
            1,
            1,
            |a| check(a, "i", ChType::String),
            |call, a| {
                let powers: Vec<String> =
                    bits(call, a).into_iter().map(|bit| power(call, bit).to_string()).collect();
                s(powers.join(","))
            },
        ),
        "bitmaskToArray" => strict(1, 1, same_items, |call, a| {
            let powers = bits(call, a).into_iter().map(|bit| Value::Int(power(call, bit)));
            Ok(Value::Array(powers.collect()))
        }),
        "bitPositionsToArray" => strict(
            1,
            1,
            |a| check(a, "i", ChType::Array(Box::new(ChType::UInt(64)))),
            |call, a| {
                Ok(Value::Array(
                    bits(call, a).into_iter().map(|bit| Value::Int(bit.into())).collect(),
                ))
            },
        ),
        "encodeURLComponent" => {
            strict(1, 1, string, |_, a| s(percent_encode(&bytes(a, 0), PLAIN).to_string()))
        }
        "encodeURLFormComponent" => strict(1, 1, string, |_, a| {
            s(percent_encode(&bytes(a, 0), PLAIN).to_string().replace("%20", "+"))
        }),
        "decodeURLComponent" => {
            strict(1, 1, string, |_, a| s(percent_decode(&bytes(a, 0)).collect::<Vec<u8>>()))
        }
        "decodeURLFormComponent" => strict(1, 1, string, |_, a| {
            let spaced: Vec<u8> =
                bytes(a, 0).iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
            s(percent_decode(&spaced).collect::<Vec<u8>>())
        }),
        _ => None,
    }
}

/// What can be shown byte by byte.
fn shown(args: &[ChType]) -> SqlResult<ChType> {
    use ChType::{
        Date, DateTime, Decimal, Dynamic, FixedString, Float, Int, String, UInt, Uuid, Variant,
    };
    match args.first() {
        Some(
            String
            | FixedString(_)
            | Int(_)
            | UInt(_)
            | Float(_)
            | ChType::Bool
            | Uuid
            | Date
            | DateTime(_)
            | Dynamic
            | Variant(_)
            | Decimal(1..=38, _),
        ) => Ok(String),
        other => Err(illegal(
            0,
            other.unwrap_or(&ChType::Nothing),
            "String, a number, UUID, Date or DateTime",
        )),
    }
}

fn same_items(args: &[ChType]) -> SqlResult<ChType> {
    check(args, "i", ChType::Array(Box::new(args.first().cloned().unwrap_or(ChType::UInt(64)))))
}

/// Bits of the type of an integer; of Dynamic those that its values have.
fn width(call: &Call) -> usize {
    match call.args.first().map(ChType::strip_nullable) {
        Some(ChType::Int(bits) | ChType::UInt(bits)) => usize::from(*bits),
        Some(ChType::Bool) => 8,
        _ => 64,
    }
}

/// The bytes of a value that `hex` shows: numbers and times from the highest byte, without zeros in front; floats and decimals
/// as they lie in memory.
fn raw(call: &Call, args: &[Value]) -> Vec<u8> {
    let ty = call.args.first().map(ChType::strip_nullable);
    let high_first = |value: i128, bits: usize| {
        let all = value.to_be_bytes();
        let kept = all.get(all.len() - bits / 8..).unwrap_or_default();
        let zeros =
            kept.iter().take_while(|byte| **byte == 0).count().min(kept.len().saturating_sub(1));
        kept.get(zeros..).unwrap_or_default().to_vec()
    };
    match args.first() {
        Some(Value::Bool(value)) => vec![u8::from(*value)],
        Some(Value::Int(value)) => high_first(*value, width(call)),
        Some(Value::Date(days)) => high_first((*days).into(), 16),
        Some(Value::DateTime(seconds)) => high_first((*seconds).into(), 32),
        #[expect(clippy::cast_possible_truncation, reason = "it was a Float32")]
        Some(Value::Float(value)) if ty == Some(&ChType::Float(32)) => {
            (*value as f32).to_le_bytes().to_vec()
        }
        Some(Value::Float(value)) => value.to_le_bytes().to_vec(),
        Some(Value::Decimal(value, _)) => {
            let size = match ty {
                Some(ChType::Decimal(1..=9, _)) => 4,
                Some(ChType::Decimal(10..=18, _)) => 8,
                _ => 16,
            };
            value.to_le_bytes().get(..size).unwrap_or_default().to_vec()
        }
        Some(Value::String(text)) if ty == Some(&ChType::Uuid) => {
            uuid::Uuid::try_parse(text).unwrap_or_default().as_bytes().to_vec()
        }
        _ => bytes(args, 0).into_owned(),
    }
}

/// Bytes of digits, `N` of them in a byte; the first byte may have fewer. What is no digit counts as ClickHouse counts it.
fn unshown<const N: usize>(digits: &[u8], bits: u32) -> Vec<u8> {
    let value = |digit: &u8| match (bits, char::from(*digit).to_digit(16)) {
        (4, Some(value)) => value,
        (4, None) => 0xFF,
        _ => u32::from(*digit != b'0'),
    };
    let byte = |group: &[u8]| {
        let all = group.iter().fold(0_u32, |all, digit| (all << bits).wrapping_add(value(digit)));
        all.to_le_bytes()[0]
    };
    let (first, rest) = digits.split_at(digits.len() % N);
    let head = (!first.is_empty()).then(|| byte(first));
    head.into_iter().chain(rest.chunks(N).map(byte)).collect()
}

fn short(value: &[u8]) -> SqlResult<&[u8]> {
    if value.len() > BASE58_BYTES_MAX {
        return Err(bad("Base 58 takes texts of up to 4 KiB"));
    }
    Ok(value)
}

fn decoded(name: &str, value: &[u8]) -> SqlResult<Option<Vec<u8>>> {
    let name = name.strip_prefix("try").unwrap_or(name).to_ascii_lowercase();
    Ok(match name.as_str() {
        "base32decode" => BASE32.decode(&value.to_ascii_uppercase()).ok(),
        "base58decode" => {
            let digit = |byte: &u8| {
                BASE58.iter().position(|known| known == byte).and_then(|at| u8::try_from(at).ok())
            };
            let digits: Option<Vec<u8>> = short(value)?.iter().map(digit).collect();
            digits.map(|digits| rebase(&digits, 58, 256))
        }
        url => {
            let url = url == "base64urldecode";
            let plain = |byte: u8| match byte {
                b'-' if url => b'+',
                b'_' if url => b'/',
                other => other,
            };
            let kept: Vec<u8> = value
                .iter()
                .filter(|byte| !byte.is_ascii_whitespace())
                .map(|byte| plain(*byte))
                .collect();
            if url { UNPADDED.decode(kept).ok() } else { PADDED.decode(kept).ok() }
        }
    })
}

/// Digits of one base in another; zeros in front stay.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a digit is below the base, which is at most 256"
)]
fn rebase(digits: &[u8], from: u32, to: u32) -> Vec<u8> {
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    let mut out: Vec<u8> = Vec::new();
    for digit in digits.iter().skip(zeros) {
        let mut carry = u32::from(*digit);
        for low in &mut out {
            carry += u32::from(*low) * from;
            *low = (carry % to) as u8;
            carry /= to;
        }
        while carry > 0 {
            out.push((carry % to) as u8);
            carry /= to;
        }
    }
    out.resize(out.len() + zeros, 0);
    out.reverse();
    out
}

/// The bits that are set, from the lowest.
fn bits(call: &Call, args: &[Value]) -> Vec<u8> {
    let value = args.first().and_then(Value::as_int).unwrap_or(0);
    (0..width(call))
        .filter(|bit| value >> bit & 1 == 1)
        .filter_map(|bit| u8::try_from(bit).ok())
        .collect()
}

/// A bit as a number of the type: the highest of a signed one is negative.
fn power(call: &Call, bit: u8) -> i128 {
    let signed = matches!(call.args.first().map(ChType::strip_nullable), Some(ChType::Int(_)));
    let power = 1_i128 << bit;
    if signed && usize::from(bit) + 1 == width(call) { -power } else { power }
}
