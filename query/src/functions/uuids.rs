//! UUIDs: from text and to bytes, new ones, and the time in those of version 7.

use super::{
    convert::{cast, default_value},
    ip::sixteen,
    registry::Entry,
    supertype::literal,
    text::{bytes, check, illegal, int, s, strict, text},
    udf::{Nulls, row_call, volatile_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::Value,
};
use uuid::Uuid;

/// All functions here.
pub(super) const NAMES: &[&str] =
    &["UUIDNumToString", "UUIDStringToNum", "UUIDToNum", "UUIDv7ToDateTime"];

/// The names of functions of no fixed shape.
pub(super) const CALLS: &[&str] = &["dateTimeToUUIDv7", "generateUUIDv4", "generateUUIDv7"];

/// A UUID as ClickHouse reads one: 32 digits, with the four hyphens or without.
pub(super) fn parse(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|_| matches!(text.len(), 32 | 36))
}

fn of_text(text: &str) -> Value {
    parse(text).map_or(Value::Null, |uuid| Value::String(uuid.hyphenated().to_string()))
}

/// `toUUID` with what its name ends in. `None` for what any conversion does.
pub(super) fn conversion(suffix: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    let Some(arg) = args.first().cloned() else { return Ok(None) };
    let ty = arg.ty.strip_nullable().clone();
    let dynamic = matches!(ty, ChType::Dynamic | ChType::Variant(_));
    match (&ty, suffix) {
        (ChType::Nothing, _) => return Ok(None),
        (
            ChType::String
            | ChType::FixedString(_)
            | ChType::Uuid
            | ChType::Dynamic
            | ChType::Variant(_),
            _,
        ) => {}
        (other, "") => {
            let message = format!("Conversion from {other} to UUID is not supported");
            return Err(SqlError::new(ChCode::NotImplemented, message));
        }
        (other, _) => return Err(illegal(0, other, "String")),
    }
    let tried = |ret: ChType| {
        row_call("toUUIDOrNull", vec![arg.clone()], ret, Nulls::Propagate, |_, a| {
            Ok(of_text(&text(a, 0)))
        })
    };
    Ok(match suffix {
        "" => None,
        "OrNull" if dynamic => Some(tried(ChType::Dynamic)),
        "OrNull" => Some(tried(ChType::Uuid.nullable())),
        _ => {
            let default = match args.get(1) {
                Some(default) if default.ty == ChType::Uuid => default.clone(),
                Some(other) => {
                    let message = format!("Default value type should be UUID, not {}", other.ty);
                    return Err(SqlError::new(ChCode::BadArguments, message));
                }
                None => cast(literal(&default_value(&ChType::Uuid))?, &ChType::Uuid)?,
            };
            Some(super::conditional::coalesce(vec![tried(ChType::Uuid.nullable()), default])?)
        }
    })
}

/// `UUIDv7ToDateTime` with the name of a zone, which is part of the type. Times are UTC.
fn time_in_zone(args: &[Typed]) -> SqlResult<Option<Typed>> {
    let [uuid, zone] = args else { return Ok(None) };
    let zone =
        super::compare::constant_value(zone).and_then(|zone| Some(zone.as_str()?.to_owned()));
    let ty = of_uuid(&[uuid.ty.strip_nullable().clone()]).map(|_| ChType::DateTime64(3, zone))?;
    let ret = if uuid.ty.is_nullable() { ty.nullable() } else { ty };
    Ok(Some(row_call("UUIDv7ToDateTime", args.to_vec(), ret, Nulls::Propagate, time)))
}

fn time(_: &super::udf::Call, args: &[Value]) -> SqlResult<Value> {
    let uuid = parse(&text(args, 0)).unwrap_or_default();
    let millis = i64::try_from(uuid.as_u128() >> 80).unwrap_or(0);
    Ok(Value::DateTime64(if uuid.get_version_num() == 7 { millis } else { 0 }, 3))
}

/// Functions that answer differently each time. One argument only tells calls apart.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    let (most, kernel): (usize, super::udf::Kernel) = match name {
        "UUIDv7ToDateTime" => return time_in_zone(args),
        "generateUUIDv4" => (1, |_, _| s(random().hyphenated().to_string())),
        "generateUUIDv7" => (1, |_, _| s(Uuid::now_v7().hyphenated().to_string())),
        "dateTimeToUUIDv7" => (1, |_, a| {
            let millis = match a.first() {
                Some(Value::DateTime(seconds)) => seconds.saturating_mul(1000),
                Some(Value::DateTime64(ticks, scale)) => {
                    i64::try_from(i128::from(*ticks) * 1000 / 10_i128.pow(u32::from(*scale)))
                        .unwrap_or(0)
                }
                _ => return Ok(Value::Null),
            };
            let millis = u64::try_from(millis).unwrap_or(0);
            let random = random().into_bytes();
            let random = random.first_chunk::<10>().copied().unwrap_or_default();
            s(uuid::Builder::from_unix_timestamp_millis(millis, &random)
                .into_uuid()
                .hyphenated()
                .to_string())
        }),
        _ => return Ok(None),
    };
    let mut ret = ChType::Uuid;
    if name == "dateTimeToUUIDv7" {
        match args {
            [time] => match time.ty.strip_nullable() {
                ChType::DateTime(_) | ChType::DateTime64(..) => {
                    ret = if time.ty.is_nullable() { ret.nullable() } else { ret };
                }
                other => return Err(illegal(0, other, "DateTime or DateTime64")),
            },
            _ => return Err(count(name, args.len(), 1)),
        }
    }
    if args.len() > most {
        return Err(count(name, args.len(), most));
    }
    Ok(Some(volatile_call(name, args.to_vec(), ret, kernel)))
}

/// The error of a wrong number of arguments.
pub(super) fn count(name: &str, passed: usize, wanted: usize) -> SqlError {
    let message = format!(
        "Number of arguments for function {name} doesn't match: passed {passed}, should be {wanted}"
    );
    SqlError::new(ChCode::NumberOfArgumentsDoesntMatch, message)
}

fn random() -> Uuid {
    uuid::Builder::from_random_bytes(fastrand::u128(..).to_be_bytes()).into_uuid()
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "UUIDStringToNum" => strict(
            1,
            2,
            |a| check(a, "si", ChType::FixedString(16)),
            |_, a| s(laid_out(parse(&text(a, 0)).unwrap_or_default().into_bytes(), a)?),
        ),
        "UUIDNumToString" => strict(
            1,
            2,
            |a| sixteen(a.get(..1).unwrap_or_default()),
            |_, a| {
                let bytes = bytes(a, 0).first_chunk().copied().unwrap_or_default();
                s(Uuid::from_bytes(laid_out(bytes, a)?).hyphenated().to_string())
            },
        ),
        "UUIDToNum" => strict(1, 2, of_uuid, |_, a| {
            s(laid_out(parse(&text(a, 0)).unwrap_or_default().into_bytes(), a)?)
        }),
        "UUIDv7ToDateTime" => {
            strict(1, 1, |a| of_uuid(a).map(|_| ChType::DateTime64(3, None)), time)
        }
        _ => None,
    }
}

fn of_uuid(args: &[ChType]) -> SqlResult<ChType> {
    match args.first() {
        Some(ChType::Uuid) => Ok(ChType::FixedString(16)),
        other => Err(illegal(0, other.unwrap_or(&ChType::Nothing), "UUID")),
    }
}

/// The bytes in the order of a variant: 1 is that of the text, 2 that of Microsoft, which turns the first three groups.
fn laid_out(mut bytes: [u8; 16], args: &[Value]) -> SqlResult<[u8; 16]> {
    match if args.len() > 1 { int(args, 1) } else { 1 } {
        1 => {}
        2 => {
            let (first, rest) = bytes.split_at_mut(4);
            let (second, rest) = rest.split_at_mut(2);
            let (third, _) = rest.split_at_mut(2);
            first.reverse();
            second.reverse();
            third.reverse();
        }
        other => {
            return Err(SqlError::new(
                ChCode::ArgumentOutOfBound,
                format!("There is no variant {other} of UUID"),
            ));
        }
    }
    Ok(bytes)
}
