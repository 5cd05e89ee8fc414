//! Names of types.

use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
};

/// Largest FixedString, as in ClickHouse.
const FIXED_STRING_MAX: usize = 0xFF_FFFF;

/// Parses a type name such as `Array(Nullable(Float64))`.
///
/// # Errors
/// `UNKNOWN_TYPE`.
pub(crate) fn parse_type(text: &str) -> SqlResult<ChType> {
    let text = text.trim();
    let unknown = || SqlError::new(ChCode::UnknownType, unknown_type(text));
    let (name, args) = match text.split_once('(') {
        Some((name, rest)) => (name.trim(), Some(rest.strip_suffix(')').ok_or_else(unknown)?)),
        None => (text, None),
    };
    let list = args.map(split_arguments).unwrap_or_default();
    let number = |i: usize| list.get(i).and_then(|n| n.parse::<u8>().ok());
    let zone = |i: usize| list.get(i).map(|z| z.trim_matches('\'').to_owned());
    let one = || list.first().map(|inner| parse_type(inner)).ok_or_else(unknown)?;
    Ok(match name {
        "Nullable" => one()?.nullable(),
        "LowCardinality" => one()?,
        "Array" => ChType::Array(Box::new(one()?)),
        "Map" => match list.as_slice() {
            [key, value] => ChType::Map(Box::new(parse_type(key)?), Box::new(parse_type(value)?)),
            _ => return Err(unknown()),
        },
        "Tuple" => {
            ChType::Tuple(list.iter().map(|field| tuple_field(field)).collect::<SqlResult<_>>()?)
        }
        "Variant" => {
            let mut members: Vec<ChType> =
                list.iter().map(|ty| parse_type(ty)).collect::<SqlResult<_>>()?;
            members.sort_by_key(ToString::to_string);
            members.dedup();
            ChType::Variant(members)
        }
        "Decimal" | "DECIMAL" | "NUMERIC" | "DEC" => {
            ChType::Decimal(number(0).unwrap_or(10).min(76), number(1).unwrap_or(0))
        }
        "Decimal32" => ChType::Decimal(9, number(0).ok_or_else(unknown)?),
        "Decimal64" => ChType::Decimal(18, number(0).ok_or_else(unknown)?),
        "Decimal128" => ChType::Decimal(38, number(0).ok_or_else(unknown)?),
        "Decimal256" => ChType::Decimal(76, number(0).ok_or_else(unknown)?),
        "FixedString" => {
            let size = list.first().and_then(|n| n.parse().ok()).ok_or_else(unknown)?;
            if !(1..=FIXED_STRING_MAX).contains(&size) {
                return Err(SqlError::new(
                    ChCode::ArgumentOutOfBound,
                    format!("FixedString size must be positive and at most {FIXED_STRING_MAX}"),
                ));
            }
            ChType::FixedString(size)
        }
        "DateTime64" if number(0) == Some(0) && list.len() == 2 => ChType::DateTime(zone(1)),
        "DateTime64" => ChType::DateTime64(number(0).unwrap_or(3).min(9), zone(1)),
        "DateTime" => ChType::DateTime(zone(0)),
        "Enum8" | "Enum16" | "Enum" | "ENUM8" | "ENUM16" | "ENUM" => ChType::Enum(
            if name.ends_with("16") { 16 } else { 8 },
            enum_names(&list).ok_or_else(unknown)?,
        ),
        "JSON" => ChType::Json,
        "Dynamic" => ChType::Dynamic,
        _ if args.is_some()
            && !matches!(name.to_ascii_uppercase().as_str(), "VARCHAR" | "CHAR" | "TEXT") =>
        {
            return Err(unknown());
        }
        _ => return simple(name).ok_or_else(unknown),
    })
}

/// What is wrong with a type that is not known, and what to write instead of one that others know.
fn unknown_type(text: &str) -> String {
    let instead = match text.split('(').next().unwrap_or(text).trim() {
        "Int128" | "UInt128" | "Int256" | "UInt256" => {
            " Integers have up to 64 bits here; write Decimal(38, 0) or Decimal(76, 0)."
        }
        "IPv4" | "IPv6" => {
            " Addresses are strings here; see isIPAddressInRange and IPv4StringToNum."
        }
        "AggregateFunction" | "SimpleAggregateFunction" => {
            " States of aggregate functions are not supported."
        }
        "Object" => " Write JSON.",
        _ => "",
    };
    format!("Unknown data type family: {text}.{instead}")
}

fn simple(name: &str) -> Option<ChType> {
    let exact = match name {
        "Bool" => ChType::Bool,
        "Int8" => ChType::Int(8),
        "Int16" => ChType::Int(16),
        "Int32" => ChType::Int(32),
        "Int64" => ChType::Int(64),
        "UInt8" => ChType::UInt(8),
        "UInt16" => ChType::UInt(16),
        "UInt32" => ChType::UInt(32),
        "UInt64" => ChType::UInt(64),
        "Float32" => ChType::Float(32),
        "Float64" => ChType::Float(64),
        "String" => ChType::String,
        "UUID" => ChType::Uuid,
        "Date" => ChType::Date,
        "Date32" => ChType::Date32,
        _ => ChType::Nothing,
    };
    if exact != ChType::Nothing {
        return Some(exact);
    }
    Some(match name.to_ascii_uppercase().as_str() {
        "BOOLEAN" | "BOOL" => ChType::Bool,
        "TINYINT" | "INT1" => ChType::Int(8),
        "SMALLINT" => ChType::Int(16),
        "INT" | "INTEGER" | "MEDIUMINT" => ChType::Int(32),
        "BIGINT" | "SIGNED" => ChType::Int(64),
        "UNSIGNED" => ChType::UInt(64),
        "REAL" | "FLOAT" | "SINGLE" => ChType::Float(32),
        "DOUBLE" | "DOUBLE PRECISION" => ChType::Float(64),
        "TEXT" | "VARCHAR" | "CHAR" | "CHARACTER" | "BLOB" => ChType::String,
        "STRING" => ChType::String,
        "FLOAT64" => ChType::Float(64),
        "FLOAT32" => ChType::Float(32),
        "INT8" => ChType::Int(8),
        "INT16" => ChType::Int(16),
        "INT32" => ChType::Int(32),
        "INT64" => ChType::Int(64),
        "UINT8" => ChType::UInt(8),
        "UINT16" => ChType::UInt(16),
        "UINT32" => ChType::UInt(32),
        "UINT64" => ChType::UInt(64),
        "DATE32" => ChType::Date32,
        "DATE" => ChType::Date,
        "TIMESTAMP" | "DATETIME" => ChType::DateTime(None),
        _ => return None,
    })
}

fn tuple_field(text: &str) -> SqlResult<(Option<String>, ChType)> {
    let text = text.trim();
    if let Some((name, ty)) = text.strip_prefix('`').and_then(|text| text.split_once('`')) {
        return Ok((Some(name.to_owned()), parse_type(ty)?));
    }
    match text.split_once(' ') {
        Some((name, ty)) if !name.contains('(') && !name.ends_with(',') => {
            Ok((Some(name.to_owned()), parse_type(ty)?))
        }
        _ => Ok((None, parse_type(text)?)),
    }
}

/// The names of an Enum by number, as ClickHouse lists them.
fn enum_names(list: &[String]) -> Option<Vec<(String, i16)>> {
    let mut next = 1;
    let mut names: Vec<(String, i16)> = list
        .iter()
        .map(|entry| {
            let (name, number) =
                entry.split_once('=').map_or((entry.as_str(), None), |(n, v)| (n, Some(v)));
            let number = number.map_or(Some(next), |n| n.trim().parse().ok())?;
            next = number + 1;
            Some((name.trim().trim_matches('\'').to_owned(), number))
        })
        .collect::<Option<_>>()?;
    names.sort_by_key(|(_, number)| *number);
    Some(names)
}

/// Splits at the commas outside of parentheses and quotes.
fn split_arguments(text: &str) -> Vec<String> {
    let (mut depth, mut quote, mut out, mut current) = (0_i32, None, Vec::new(), String::new());
    for c in text.chars() {
        match c {
            _ if quote == Some(c) => quote = None,
            '\'' | '`' if quote.is_none() => quote = Some(c),
            '(' if quote.is_none() => depth += 1,
            ')' if quote.is_none() => depth -= 1,
            ',' if quote.is_none() && depth == 0 => {
                out.push(std::mem::take(&mut current).trim().to_owned());
                continue;
            }
            _ => {}
        }
        current.push(c);
    }
    if !current.trim().is_empty() {
        out.push(current.trim().to_owned());
    }
    out
}
