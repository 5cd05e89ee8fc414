//! Conversions: CAST, the toX family, and text to values.

use super::{
    dates::{parse_date, parse_datetime64},
    supertype::{common_type, decimal_class, scalar_of},
    udf::{Call, Nulls, row_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{CALENDAR_SECONDS, Value, instant_at, printable, text_of, zone_of},
};
use datafusion::logical_expr::{cast as df_cast, lit};

/// `CAST(arg, 'to')`.
pub(crate) fn cast(arg: Typed, to: &ChType) -> SqlResult<Typed> {
    if arg.ty == *to {
        return Ok(arg);
    }
    if arg.predicate {
        let ty = arg.ty.clone();
        return cast(Typed::value(arg.into_value(), ty), to);
    }
    let (from, target) = (arg.ty.strip_nullable(), to.strip_nullable());
    // Dropping Nullable checks; adding it, or the same physical value under a wider name, does not.
    let same_value = from == target && (to.is_nullable() || !arg.ty.is_nullable());
    if same_value {
        return Ok(Typed::value(arg.expr, to.clone()));
    }
    if arg.ty == ChType::Nothing && matches!(to, ChType::Nullable(_)) {
        // No value is not NULL: in its place is the default.
        let default = scalar_of(&default_value(target), to)?;
        return Ok(Typed::value(lit(default), to.clone()));
    }
    if *from == ChType::Nothing && to.is_nullable() {
        return Ok(Typed::value(df_cast(arg.expr, to.arrow()), to.clone()));
    }
    if widens(from, target) && (to.is_nullable() || !arg.ty.is_nullable()) {
        return Ok(Typed::value(df_cast(arg.expr, to.arrow()), to.clone()));
    }
    check(from, target)?;
    Ok(row_call("CAST", vec![arg], to.clone(), Nulls::Pass, cast_kernel))
}

/// A CAST that is written: times keep the zone that they have, unless the type names one.
pub(crate) fn explicit_cast(arg: Typed, to: &ChType) -> SqlResult<Typed> {
    let (ChType::DateTime(Some(zone)) | ChType::DateTime64(_, Some(zone))) =
        arg.ty.strip_nullable()
    else {
        return unified(arg, to);
    };
    let zone = Some(zone.clone());
    let kept = match to.strip_nullable() {
        ChType::DateTime(None) => ChType::DateTime(zone),
        ChType::DateTime64(scale, None) => ChType::DateTime64(*scale, zone),
        other => other.clone(),
    };
    let kept = if matches!(to, ChType::Nullable(_)) { kept.nullable() } else { kept };
    cast(arg, &kept)
}

/// A value among others of several types: text in a Variant is what it reads as, if one of the other types takes it.
pub(crate) fn unified(arg: Typed, to: &ChType) -> SqlResult<Typed> {
    let is_text = matches!(arg.ty.strip_nullable(), ChType::String | ChType::FixedString(_));
    if !is_text || !matches!(to, ChType::Variant(_)) {
        return cast(arg, to);
    }
    Ok(row_call("CAST of text", vec![arg], to.clone(), Nulls::Pass, |call, args| {
        let value = args.first().unwrap_or(&Value::Null);
        let (ChType::Variant(members), Some(text)) = (&call.ret, value.as_str()) else {
            return Ok(value.clone());
        };
        let read = members.iter().find_map(|member| read_as(text, member));
        Ok(read.unwrap_or_else(|| value.clone()))
    }))
}

/// A text as a value of a type other than text, if all of it is one.
fn read_as(text: &str, ty: &ChType) -> Option<Value> {
    match ty {
        ChType::String | ChType::FixedString(_) | ChType::Enum(..) | ChType::Json => None,
        _ if text != text.trim() => None,
        ChType::Bool if !matches!(text, "true" | "false") => None,
        ChType::Int(_) | ChType::UInt(_) => {
            let number = Value::Int(text.parse().ok()?);
            let held = convert(&number, &ChType::Dynamic, ty).ok()?;
            (held == number).then_some(held)
        }
        _ => convert(&Value::String(text.to_owned()), &ChType::String, ty).ok(),
    }
}

/// Conversions that DataFusion does exactly: to wider integers and to Float64.
fn widens(from: &ChType, to: &ChType) -> bool {
    match (from, to) {
        (ChType::Int(a), ChType::Int(b)) | (ChType::UInt(a), ChType::UInt(b)) => a <= b,
        (ChType::UInt(a), ChType::Int(b)) => a < b,
        (ChType::Int(_) | ChType::UInt(_) | ChType::Float(_), ChType::Float(64)) => true,
        _ => false,
    }
}

/// Conversions that never make sense are refused before any row is read.
pub(super) fn check(from: &ChType, to: &ChType) -> SqlResult<()> {
    use ChType::{Array, Bool, Date, DateTime, Decimal, Float, Int, Map, Tuple, UInt};
    let scalar_number =
        |ty: &ChType| matches!(ty, Int(_) | UInt(_) | Float(_) | Decimal(..) | Bool);
    let wrong = match (from, to) {
        (number, Array(_) | Tuple(_) | Map(..)) => scalar_number(number),
        (Array(_) | Map(..), other) => scalar_number(other) || matches!(other, Date | DateTime(_)),
        _ => false,
    };
    if wrong {
        Err(SqlError::new(
            ChCode::TypeMismatch,
            format!("Conversion from {from} to {to} is not supported"),
        ))
    } else {
        Ok(())
    }
}

fn cast_kernel(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (Some(value), Some(from)) = (args.first(), call.args.first()) else {
        return Ok(Value::Null);
    };
    convert(value, from, &call.ret)
}

/// A value of one type as another. From Dynamic, NULL becomes the default of a type that is not Nullable.
pub(crate) fn convert(value: &Value, from: &ChType, to: &ChType) -> SqlResult<Value> {
    let from_dynamic = matches!(from, ChType::Dynamic | ChType::Variant(_));
    if value.is_null() {
        return if to.is_nullable() || matches!(to, ChType::Nothing) {
            Ok(Value::Null)
        } else if from_dynamic || !from.is_nullable() {
            Ok(default_value(to))
        } else {
            Err(SqlError::new(
                ChCode::CannotInsertNullInOrdinaryColumn,
                "Cannot convert NULL value to non-Nullable type",
            ))
        };
    }
    let shown;
    let value = match to {
        // Text and days are what the clocks of a zone show.
        ChType::String | ChType::Date | ChType::Date32 => {
            shown = printable(value.clone(), from);
            &shown
        }
        _ => value,
    };
    match to {
        ChType::Nullable(inner) => match convert(value, from, inner) {
            // Text that cannot be parsed gives NULL where there may be one.
            Err(error)
                if (from_dynamic || matches!(value, Value::String(_)))
                    && is_parse_error(error.code) =>
            {
                Ok(Value::Null)
            }
            Ok(_) if is_text_beyond(value, inner) => Ok(Value::Null),
            other => other,
        },
        ChType::Dynamic | ChType::Variant(_) | ChType::Nothing => Ok(value.clone()),
        ChType::String if matches!(from.strip_nullable(), ChType::FixedString(_)) => {
            Ok(Value::String(text_of(value).trim_end_matches('\0').to_owned()))
        }
        ChType::String => Ok(Value::String(text_of(value))),
        ChType::FixedString(size) => filled(&text_of(value), *size),
        ChType::Enum(_, names) => enum_name(value, names),
        ChType::Array(item) => convert_array(value, from, item),
        ChType::Tuple(fields) => match value {
            Value::Tuple(items) | Value::Array(items) => Ok(Value::Tuple(
                items
                    .iter()
                    .zip(fields)
                    .enumerate()
                    .map(|(at, (item, (_, ty)))| convert(item, &field_type(from, at), ty))
                    .collect::<SqlResult<_>>()?,
            )),
            other => Err(mismatch(other, to)),
        },
        ChType::Map(key, inner) => match value {
            Value::Map(pairs) => {
                let (keys, values) = side_types(from);
                let pairs = pairs
                    .iter()
                    .map(|(k, v)| Ok((convert(k, &keys, key)?, convert(v, &values, inner)?)));
                Ok(Value::Map(pairs.collect::<SqlResult<_>>()?))
            }
            Value::Tuple(sides) => match sides.as_slice() {
                [Value::Array(keys), Value::Array(values)] if keys.len() == values.len() => {
                    let pairs = keys.iter().cloned().zip(values.iter().cloned()).collect();
                    convert(&Value::Map(pairs), from, to)
                }
                _ => Err(mismatch(value, to)),
            },
            other => Err(mismatch(other, to)),
        },
        ChType::Json => match value {
            Value::Json(_) => Ok(value.clone()),
            Value::String(text) => Ok(Value::Json(text.clone())),
            other => Err(mismatch(other, to)),
        },
        _ => match value {
            Value::String(name) if enum_number(from, name).is_some() => {
                let number = enum_number(from, name).unwrap_or_default();
                convert(&Value::Int(number.into()), &ChType::Int(16), to)
            }
            Value::String(text) => parse_text(text, to),
            Value::Float(float) if matches!(to, ChType::Int(_) | ChType::UInt(_)) => {
                whole(*float, to).map(Value::Int).ok_or_else(|| mismatch(value, to))
            }
            Value::Date(days) if matches!(to, ChType::DateTime(_) | ChType::DateTime64(..)) => {
                midnight(*days, to).ok_or_else(|| mismatch(value, to))
            }
            other => {
                let converted = convert_number(other, to).ok_or_else(|| mismatch(other, to))?;
                within_precision(converted, to)
            }
        },
    }
}

/// The number of an Enum's name.
fn enum_number(ty: &ChType, name: &str) -> Option<i16> {
    let ChType::Enum(_, names) = ty.strip_nullable() else { return None };
    names.iter().find(|(known, _)| known == name).map(|(_, number)| *number)
}

/// The name of an Enum's element, given by name or number; text that is no name may be a number.
pub(super) fn enum_name(value: &Value, names: &[(String, i16)]) -> SqlResult<Value> {
    let text = text_of(value);
    let of_number = |wanted: i128| names.iter().find(|(_, number)| wanted == i128::from(*number));
    let found = match value {
        Value::Int(wanted) => of_number(*wanted),
        _ => names
            .iter()
            .find(|(name, _)| text == *name)
            .or_else(|| of_number(text.parse::<i16>().ok()?.into())),
    };
    found.map(|(name, _)| Value::String(name.clone())).ok_or_else(|| {
        let message = format!("Unknown element '{}' for enum", text_of(value));
        SqlError::new(ChCode::UnknownElementOfEnum, message)
    })
}

/// Text filled up with zero bytes to the size of a FixedString.
pub(super) fn filled(text: &str, size: usize) -> SqlResult<Value> {
    let missing = size.checked_sub(text.len()).ok_or_else(|| {
        let message =
            format!("The text has {} bytes, more than FixedString({size}) holds", text.len());
        SqlError::new(ChCode::TooLargeStringSize, message)
    })?;
    Ok(Value::String(format!("{text}{}", "\0".repeat(missing))))
}

/// A Decimal, after a check that the bytes of its type hold it: like ClickHouse's, a Decimal(10, 2) takes 18 digits.
fn within_precision(value: Value, ty: &ChType) -> SqlResult<Value> {
    if let (Value::Decimal(number, _), ChType::Decimal(precision @ 0..=38, _)) = (&value, ty)
        && number.unsigned_abs() >= 10_u128.pow(decimal_class(*precision).into())
    {
        let message = format!("{} overflows {ty}", text_of(&value));
        return Err(SqlError::new(ChCode::DecimalOverflow, message));
    }
    Ok(value)
}

/// The whole part of a float as processors convert it: what is out of range gives the smallest number. NaN and infinities
/// give nothing.
fn whole(value: f64, to: &ChType) -> Option<i128> {
    value.is_finite().then(|| wrap(whole_64(value, to).into(), to))
}

/// The whole part of a finite float in 64 bits, of which an integer type takes the lower ones.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
pub(super) fn whole_64(value: f64, to: &ChType) -> i64 {
    const BEYOND_64_BITS: f64 = 18_446_744_073_709_551_616.0;
    const BEYOND_63_BITS: f64 = 9_223_372_036_854_775_808.0;
    const BEYOND_31_BITS: f64 = 2_147_483_648.0;
    let truncated = value.trunc();
    let in_range = |limit: f64| truncated >= -limit && truncated < limit;
    match to {
        ChType::UInt(64) if (0.0..BEYOND_64_BITS).contains(&truncated) => {
            (truncated as u64).cast_signed()
        }
        ChType::UInt(32 | 64) | ChType::Int(64) => {
            if in_range(BEYOND_63_BITS) {
                truncated as i64
            } else {
                i64::MIN
            }
        }
        _ => i64::from(if in_range(BEYOND_31_BITS) { truncated as i32 } else { i32::MIN }),
    }
}

/// The beginning of a day, as the clocks of a time's zone show it.
fn midnight(days: i32, to: &ChType) -> Option<Value> {
    let day = chrono::NaiveDate::from_epoch_days(days)?.and_time(chrono::NaiveTime::MIN);
    let seconds = instant_at(day, zone_of(to)).timestamp();
    Some(match to {
        ChType::DateTime64(scale, _) => {
            Value::DateTime64(seconds.checked_mul(10_i64.pow(u32::from(*scale)))?, *scale)
        }
        _ => Value::DateTime(clamp_seconds(seconds)),
    })
}

/// The seconds that a DateTime holds.
fn clamp_seconds(seconds: i64) -> i64 {
    seconds.clamp(0, u32::MAX.into())
}

/// Whether a text is a whole number that an integer type does not hold; it wraps where there is no NULL.
fn is_text_beyond(value: &Value, to: &ChType) -> bool {
    let (Value::String(text), ChType::Int(_) | ChType::UInt(_)) = (value, to) else { return false };
    text.trim().parse::<i128>().is_ok_and(|number| wrap(number, to) != number)
}

/// Seconds in the 32 bits of a DateTime, where those of a DateTime64 wrap.
pub(super) fn wrapped_seconds(seconds: i64) -> i64 {
    seconds.rem_euclid(1 << 32)
}

/// The days that a Date holds.
pub(super) fn clamp_days(days: i32) -> i32 {
    days.clamp(0, u16::MAX.into())
}

fn is_parse_error(code: ChCode) -> bool {
    matches!(
        code,
        ChCode::CannotParseText
            | ChCode::CannotParseNumber
            | ChCode::CannotParseDate
            | ChCode::CannotParseDatetime
            | ChCode::CannotParseBool
            | ChCode::CannotParseUuid
            | ChCode::CannotReadArrayFromText
            | ChCode::AttemptToReadAfterEof
    )
}

fn mismatch(value: &Value, to: &ChType) -> SqlError {
    SqlError::new(
        ChCode::CannotConvertType,
        format!("Cannot convert the value {} to {to}", text_of(value)),
    )
}

fn item_type(ty: &ChType) -> ChType {
    match ty {
        ChType::Array(item) => (**item).clone(),
        _ => ChType::Dynamic,
    }
}

/// The type of a tuple's element.
fn field_type(from: &ChType, at: usize) -> ChType {
    match from.strip_nullable() {
        ChType::Tuple(fields) => fields.get(at).map_or(ChType::Dynamic, |(_, ty)| ty.clone()),
        _ => item_type(from),
    }
}

/// The types of the keys and values of a map, or of a tuple of both.
fn side_types(from: &ChType) -> (ChType, ChType) {
    match from.strip_nullable() {
        ChType::Map(keys, values) => ((**keys).clone(), (**values).clone()),
        ty @ ChType::Tuple(_) => (item_type(&field_type(ty, 0)), item_type(&field_type(ty, 1))),
        _ => (ChType::Dynamic, ChType::Dynamic),
    }
}

fn convert_array(value: &Value, from: &ChType, item: &ChType) -> SqlResult<Value> {
    let items = match value {
        Value::Array(items) => items.clone(),
        Value::Map(pairs) => {
            pairs.iter().map(|(k, v)| Value::Tuple(vec![k.clone(), v.clone()])).collect()
        }
        Value::String(text) => {
            if !text.trim_start().starts_with('[') {
                return Err(SqlError::new(
                    ChCode::CannotReadArrayFromText,
                    "Array does not start with '[' character",
                ));
            }
            let json = text.replace('\'', "\"");
            match crate::value::json_of(&json) {
                Value::Array(items) => items,
                _ => {
                    return Err(SqlError::new(
                        ChCode::CannotReadArrayFromText,
                        format!("Cannot read an array from {text}"),
                    ));
                }
            }
        }
        other => return Err(mismatch(other, &ChType::Array(Box::new(item.clone())))),
    };
    let from = match from.strip_nullable() {
        ChType::Array(inner) => (**inner).clone(),
        // NULL items of JSON arrays become defaults.
        _ => ChType::Dynamic,
    };
    Ok(Value::Array(
        items.iter().map(|element| convert(element, &from, item)).collect::<SqlResult<_>>()?,
    ))
}

fn convert_number(value: &Value, to: &ChType) -> Option<Value> {
    Some(match to {
        ChType::Bool => Value::Bool(value.truth()?),
        ChType::Int(_) | ChType::UInt(_) | ChType::Interval(_) => {
            Value::Int(wrap(value.as_int()?, to))
        }
        #[expect(clippy::cast_possible_truncation, reason = "Float32 holds the nearest value")]
        ChType::Float(32) => Value::Float(f64::from(value.as_f64()? as f32)),
        ChType::Float(_) => Value::Float(value.as_f64()?),
        ChType::Decimal(_, scale) => to_decimal(value, *scale)?,
        ChType::Date | ChType::Date32 => match value {
            Value::Date(days) => Value::Date(*days),
            Value::DateTime(seconds) => {
                Value::Date(i32::try_from(seconds.div_euclid(86_400)).ok()?)
            }
            Value::DateTime64(ticks, scale) => Value::Date(
                i32::try_from(ticks.div_euclid(86_400 * 10_i64.pow(u32::from(*scale)))).ok()?,
            ),
            other => {
                // Small numbers are days, large ones seconds.
                let number = other.as_int()?;
                let days = if number <= 65_535 { number } else { number.div_euclid(86_400) };
                let days = i32::try_from(days).ok()?;
                Value::Date(if *to == ChType::Date { clamp_days(days) } else { days })
            }
        },
        ChType::DateTime(_) => match value {
            Value::DateTime64(ticks, scale) => {
                let seconds = ticks.div_euclid(10_i64.pow(u32::from(*scale)));
                Value::DateTime(wrapped_seconds(seconds))
            }
            other => {
                let seconds = other.as_int()?.clamp(0, u32::MAX.into());
                Value::DateTime(i64::try_from(seconds).ok()?)
            }
        },
        ChType::DateTime64(scale, _) => {
            let unit = 10_i64.pow(u32::from(*scale));
            match value {
                Value::DateTime64(ticks, from) if from <= scale => Value::DateTime64(
                    ticks.checked_mul(10_i64.pow(u32::from(scale - from)))?,
                    *scale,
                ),
                Value::DateTime64(ticks, from) => {
                    Value::DateTime64(ticks.div_euclid(10_i64.pow(u32::from(from - scale))), *scale)
                }
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_precision_loss,
                    reason = "fractions of a second beyond the scale are dropped"
                )]
                Value::Float(seconds) => {
                    Value::DateTime64(in_calendar((seconds * unit as f64) as i128, unit), *scale)
                }
                other => {
                    let ticks = other.as_int()?.checked_mul(unit.into())?;
                    Value::DateTime64(in_calendar(ticks, unit), *scale)
                }
            }
        }
        _ => return None,
    })
}

/// Ticks of a number of them: from the first to the last of the calendar, as far as 64 bits count.
fn in_calendar(ticks: i128, per_second: i64) -> i64 {
    let each = i128::from(per_second);
    let first = i128::from(*CALENDAR_SECONDS.start()) * each;
    let last = (i128::from(*CALENDAR_SECONDS.end()) + 1) * each - 1;
    let end = if ticks < 0 { i64::MIN } else { i64::MAX };
    i64::try_from(ticks.clamp(first, last)).unwrap_or(end)
}

#[expect(clippy::cast_possible_truncation, reason = "scaled doubles become integers")]
fn to_decimal(value: &Value, scale: u8) -> Option<Value> {
    let power = |n: u8| 10_i128.checked_pow(u32::from(n));
    Some(Value::Decimal(
        match value {
            Value::Decimal(v, from) if *from <= scale => v.checked_mul(power(scale - from)?)?,
            Value::Decimal(v, from) => v / power(from - scale)?,
            Value::Float(v) => (v * 10_f64.powi(i32::from(scale))) as i128,
            other => other.as_int()?.checked_mul(power(scale)?)?,
        },
        scale,
    ))
}

/// An integer in the width of its type.
fn wrap(value: i128, ty: &ChType) -> i128 {
    let (bits, signed) = match ty {
        ChType::Int(bits) => (*bits, true),
        ChType::UInt(bits) => (*bits, false),
        _ => (64, true),
    };
    let modulus = 1_i128 << bits;
    let low = value.rem_euclid(modulus);
    if signed && low >= modulus / 2 { low - modulus } else { low }
}

/// ClickHouse names text that is no date at all apart from text with something behind the date.
fn date_error(text: &str, otherwise: ChCode) -> ChCode {
    if text.get(..10).is_some_and(|head| parse_date(head).is_some()) {
        ChCode::CannotParseText
    } else {
        otherwise
    }
}

/// Text as a value of a scalar type; all of it must be understood.
pub(crate) fn parse_text(text: &str, to: &ChType) -> SqlResult<Value> {
    let number = |what: &str| {
        SqlError::new(
            ChCode::CannotParseNumber,
            format!("Cannot read {what} value here: {text}: Cannot parse {to} from String"),
        )
    };
    let trimmed = text.trim();
    match to {
        ChType::Nullable(inner) if trimmed == "\\N" || trimmed == "NULL" => {
            let _ = inner;
            Ok(Value::Null)
        }
        ChType::Nullable(inner) => parse_text(text, inner),
        ChType::String => Ok(Value::String(text.to_owned())),
        ChType::FixedString(size) => filled(text, *size),
        ChType::Enum(_, names) => enum_name(&Value::String(text.to_owned()), names),
        ChType::Bool => match trimmed.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(Value::Bool(true)),
            "false" | "0" | "no" | "off" => Ok(Value::Bool(false)),
            _ => Err(SqlError::new(
                ChCode::CannotParseBool,
                format!("Cannot parse boolean value here: '{text}'"),
            )),
        },
        ChType::Int(_) | ChType::UInt(_) if text.is_empty() => Err(SqlError::new(
            ChCode::AttemptToReadAfterEof,
            format!("Cannot parse {to} from an empty text"),
        )),
        ChType::Int(_) | ChType::UInt(_) => match trimmed.parse::<i128>() {
            Ok(value) => Ok(Value::Int(wrap(value, to))),
            Err(_) => Err(SqlError::new(
                ChCode::CannotParseText,
                format!(
                    "Cannot parse string '{text}' as {to}: use {to}OrNull or {to}OrZero functions (to{to}OrNull) to get NULL or zero instead"
                ),
            )),
        },
        ChType::Float(_) => match trimmed.to_ascii_lowercase().as_str() {
            "nan" => Ok(Value::Float(f64::NAN)),
            "inf" | "+inf" | "infinity" => Ok(Value::Float(f64::INFINITY)),
            "-inf" | "-infinity" => Ok(Value::Float(f64::NEG_INFINITY)),
            _ => trimmed.parse().map(Value::Float).map_err(|_| {
                let begins = trimmed.starts_with(|c: char| c.is_ascii_digit());
                let error = number("floating point");
                if begins { SqlError { code: ChCode::CannotParseText, ..error } } else { error }
            }),
        },
        ChType::Decimal(_, scale) => {
            let value = decimal_of_text(trimmed, *scale)
                .ok_or_else(|| SqlError { code: ChCode::CannotParseText, ..number("decimal") })?;
            within_precision(value, to)
                .map_err(|error| SqlError { code: ChCode::ArgumentOutOfBound, ..error })
        }
        ChType::Date | ChType::Date32 => parse_date(trimmed)
            .map(|days| Value::Date(if *to == ChType::Date { clamp_days(days) } else { days }))
            .ok_or_else(|| {
                SqlError::new(
                    date_error(trimmed, ChCode::CannotParseDate),
                    format!("Cannot parse string '{text}' as {to}: expected YYYY-MM-DD"),
                )
            }),
        ChType::DateTime(_) => parse_datetime64(trimmed, 0, zone_of(to))
            .map(|seconds| Value::DateTime(clamp_seconds(seconds)))
            .ok_or_else(|| {
                SqlError::new(
                    date_error(trimmed, ChCode::CannotParseDatetime),
                    format!("Cannot parse string '{text}' as {to}: expected YYYY-MM-DD hh:mm:ss"),
                )
            }),
        ChType::DateTime64(scale, _) => parse_datetime64(trimmed, *scale, zone_of(to))
            .map(|ticks| Value::DateTime64(ticks, *scale))
            .ok_or_else(|| {
                SqlError::new(
                    date_error(trimmed, ChCode::CannotParseDatetime),
                    format!(
                        "Cannot parse string '{text}' as {to}: expected YYYY-MM-DD hh:mm:ss.fff"
                    ),
                )
            }),
        ChType::Uuid => match super::uuids::parse(trimmed) {
            Some(uuid) => Ok(Value::String(uuid.hyphenated().to_string())),
            None => Err(SqlError::new(
                ChCode::CannotParseUuid,
                format!("Cannot parse UUID from {text}"),
            )),
        },
        ChType::Array(item) => {
            convert_array(&Value::String(text.to_owned()), &ChType::String, item)
        }
        other => Err(SqlError::new(
            ChCode::CannotConvertType,
            format!("Cannot convert a String to {other}"),
        )),
    }
}

/// A decimal number, possibly with an exponent; digits beyond the scale are cut off.
fn decimal_of_text(text: &str, scale: u8) -> Option<Value> {
    let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().ok().filter(|e: &i32| e.unsigned_abs() < 100)?;
    let (sign, number) = match number.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Where the point stands after the exponent and the scale have moved it.
    let point = i32::try_from(whole.len()).ok()? + exponent + i32::from(scale);
    let point = usize::try_from(point).unwrap_or(0);
    let kept: String = digits.chars().chain(std::iter::repeat('0')).take(point).collect();
    let kept = if kept.is_empty() { "0" } else { &kept };
    format!("{sign}{kept}").parse().ok().map(|value| Value::Decimal(value, scale))
}

/// Text as the kind of another value, for comparisons of a Dynamic with a literal.
pub(super) fn text_like(text: &str, like: &Value) -> Option<Value> {
    convert(&Value::String(text.to_owned()), &ChType::String, &type_like(like)?).ok()
}

/// A type that holds a value and others of its kind.
fn type_like(value: &Value) -> Option<ChType> {
    let common = |items: &mut dyn Iterator<Item = &Value>| {
        let types = items.map(type_like).collect::<Option<Vec<_>>>()?;
        common_type(&types).ok().map(Box::new)
    };
    Some(match value {
        Value::Null => ChType::Nothing.nullable(),
        Value::Bool(_) => ChType::Bool,
        Value::Int(_) => ChType::Int(64),
        Value::Float(_) => ChType::Float(64),
        Value::Decimal(_, scale) => ChType::Decimal(38, *scale),
        Value::Date(_) => ChType::Date,
        Value::DateTime(_) => ChType::DateTime(None),
        Value::DateTime64(_, scale) => ChType::DateTime64(*scale, None),
        Value::String(_) => ChType::String,
        Value::Array(items) => ChType::Array(common(&mut items.iter())?),
        Value::Tuple(items) => {
            let fields = items.iter().map(|item| Some((None, type_like(item)?)));
            ChType::Tuple(fields.collect::<Option<_>>()?)
        }
        Value::Map(pairs) => ChType::Map(
            common(&mut pairs.iter().map(|(key, _)| key))?,
            common(&mut pairs.iter().map(|(_, value)| value))?,
        ),
        Value::Json(_) => return None,
    })
}

/// The value a type has when there is none: 0, '', [], 1970-01-01; NULL where NULL fits.
pub(crate) fn default_value(ty: &ChType) -> Value {
    match ty {
        ChType::Nothing | ChType::Nullable(_) | ChType::Dynamic | ChType::Variant(_) => Value::Null,
        ChType::Bool => Value::Bool(false),
        ChType::Int(_) | ChType::UInt(_) | ChType::Interval(_) => Value::Int(0),
        ChType::Float(_) => Value::Float(0.0),
        ChType::Decimal(_, scale) => Value::Decimal(0, *scale),
        ChType::String => Value::String(String::new()),
        ChType::FixedString(size) => Value::String("\0".repeat(*size)),
        ChType::Enum(_, names) => {
            Value::String(names.first().map_or_else(String::new, |(name, _)| name.clone()))
        }
        ChType::Uuid => Value::String(uuid::Uuid::nil().to_string()),
        ChType::Date | ChType::Date32 => Value::Date(0),
        ChType::DateTime(_) => Value::DateTime(0),
        ChType::DateTime64(scale, _) => Value::DateTime64(0, *scale),
        ChType::Array(_) => Value::Array(Vec::new()),
        ChType::Tuple(fields) => {
            Value::Tuple(fields.iter().map(|(_, ty)| default_value(ty)).collect())
        }
        ChType::Map(..) => Value::Map(Vec::new()),
        ChType::Json => Value::Json("{}".to_owned()),
    }
}
