//! IP addresses as text, as numbers, as 16 bytes, and ranges of them.

use super::{
    registry::Entry,
    text::{b, bytes, check, illegal, int, n, s, strict, text},
    udf::{Call, Nulls},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::Value,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// All functions here.
pub(super) const NAMES: &[&str] = &[
    "IPv4NumToString",
    "IPv4NumToStringClassC",
    "IPv4StringToNum",
    "IPv4StringToNumOrDefault",
    "IPv4StringToNumOrNull",
    "IPv6NumToString",
    "IPv6StringToNum",
    "IPv6StringToNumOrDefault",
    "IPv6StringToNumOrNull",
    "isIPAddressInRange",
    "isIPv4String",
    "isIPv6String",
];

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "IPv4NumToString" => strict(1, 1, number, |_, a| s(address(a).to_string())),
        "IPv4NumToStringClassC" => strict(1, 1, number, |_, a| {
            let [a, b, c, _] = address(a).octets();
            s(format!("{a}.{b}.{c}.xxx"))
        }),
        "IPv4StringToNum" => strict(
            1,
            1,
            |a| check(a, "s", ChType::UInt(32)),
            |_, a| {
                n(v4(&text(a, 0))
                    .ok_or_else(|| invalid(ChCode::CannotParseIpv4, &text(a, 0)))?
                    .to_bits())
            },
        ),
        "IPv4StringToNumOrDefault" => strict(
            1,
            1,
            |a| check(a, "s", ChType::UInt(32)),
            |_, a| n(v4(&text(a, 0)).map_or(0, Ipv4Addr::to_bits)),
        ),
        "IPv4StringToNumOrNull" => strict(
            1,
            1,
            |a| check(a, "s", ChType::UInt(32).nullable()),
            |_, a| v4(&text(a, 0)).map_or(Ok(Value::Null), |address| n(address.to_bits())),
        ),
        "IPv6StringToNum" => strict(
            1,
            1,
            |a| check(a, "s", ChType::FixedString(16)),
            |_, a| {
                s(mapped(&text(a, 0))
                    .ok_or_else(|| invalid(ChCode::CannotParseIpv6, &text(a, 0)))?
                    .octets())
            },
        ),
        "IPv6StringToNumOrDefault" => strict(
            1,
            1,
            |a| check(a, "s", ChType::FixedString(16)),
            |_, a| s(mapped(&text(a, 0)).unwrap_or(Ipv6Addr::UNSPECIFIED).octets()),
        ),
        "IPv6StringToNumOrNull" => strict(
            1,
            1,
            |a| check(a, "s", ChType::FixedString(16).nullable()),
            |_, a| mapped(&text(a, 0)).map_or(Ok(Value::Null), |address| s(address.octets())),
        ),
        "IPv6NumToString" => strict(1, 1, sixteen, |_, a| {
            let bytes = bytes(a, 0);
            s(v6_text(bytes.first_chunk().copied().map_or(Ipv6Addr::UNSPECIFIED, Ipv6Addr::from)))
        }),
        "isIPv4String" => {
            strict(1, 1, |a| check(a, "s~", ChType::UInt(8)), |_, a| b(v4(&text(a, 0)).is_some()))
        }
        "isIPv6String" => {
            strict(1, 1, |a| check(a, "s", ChType::UInt(8)), |_, a| b(v6(&text(a, 0)).is_some()))
        }
        "isIPAddressInRange" => Some(Entry {
            min: 2,
            max: 2,
            ret: |a| check(a, "ss", ChType::UInt(8)),
            kernel: in_range,
            nulls: Nulls::Pass,
        }),
        _ => None,
    }
}

fn number(args: &[ChType]) -> SqlResult<ChType> {
    match args.first() {
        Some(ChType::UInt(8 | 16 | 32) | ChType::Dynamic | ChType::Variant(_)) => {
            Ok(ChType::String)
        }
        other => Err(illegal(0, other.unwrap_or(&ChType::Nothing), "UInt8, UInt16 or UInt32")),
    }
}

/// Sixteen bytes.
pub(super) fn sixteen(args: &[ChType]) -> SqlResult<ChType> {
    match args.first() {
        Some(ChType::FixedString(16) | ChType::Dynamic | ChType::Variant(_)) => Ok(ChType::String),
        other => Err(illegal(0, other.unwrap_or(&ChType::Nothing), "FixedString(16)")),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "an address is the low 32 bits")]
fn address(args: &[Value]) -> Ipv4Addr {
    Ipv4Addr::from_bits(int(args, 0) as u32)
}

fn invalid(code: ChCode, text: &str) -> SqlError {
    SqlError::new(code, format!("Invalid IP address: {text:?}"))
}

fn v4(text: &str) -> Option<Ipv4Addr> {
    text.parse().ok()
}

fn v6(text: &str) -> Option<Ipv6Addr> {
    text.parse().ok()
}

/// An address of version 6, or one of version 4 as such.
fn mapped(text: &str) -> Option<Ipv6Addr> {
    v6(text).or_else(|| v4(text).map(|address| address.to_ipv6_mapped()))
}

/// The text of an address, with a version 4 address in the last four bytes as such if nothing is before it.
fn v6_text(address: Ipv6Addr) -> String {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, high, low] if high > 0 => {
            format!("::{}", Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        _ => address.to_string(),
    }
}

/// Whether an address is in a range such as `10.0.0.0/8`; NULL is in none.
fn in_range(_: &Call, args: &[Value]) -> SqlResult<Value> {
    if args.iter().any(Value::is_null) {
        return b(false);
    }
    let wrong = |text: &str| {
        SqlError::new(ChCode::CannotParseText, format!("Neither IPv4 nor IPv6 address: '{text}'"))
    };
    let (value, range) = (text(args, 0), text(args, 1));
    let address: IpAddr = value.parse().map_err(|_| wrong(&value))?;
    let (base, prefix) = range.split_once('/').ok_or_else(|| wrong(&range))?;
    let base: IpAddr = base.parse().map_err(|_| wrong(&range))?;
    let most = if base.is_ipv4() { 32 } else { 128 };
    let prefix =
        prefix.parse::<u32>().ok().filter(|prefix| *prefix <= most).ok_or_else(|| wrong(&range))?;
    let differing = match (address, base) {
        (IpAddr::V4(address), IpAddr::V4(base)) => {
            (address.to_bits() ^ base.to_bits()).leading_zeros()
        }
        (IpAddr::V6(address), IpAddr::V6(base)) => {
            (address.to_bits() ^ base.to_bits()).leading_zeros()
        }
        _ => return b(false),
    };
    b(differing >= prefix)
}
