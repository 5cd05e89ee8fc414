//! `simpleJSON…`, once `visitParam…`: look for `"name":` in a text without reading it as JSON.

use super::super::{
    registry::Entry,
    udf::{Call, Kernel, Nulls},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::{Value, text_of},
};
use rekor_core::json::Reader;

pub(in crate::functions) const NAMES: &[&str] = &[
    "simpleJSONExtractBool",
    "simpleJSONExtractFloat",
    "simpleJSONExtractInt",
    "simpleJSONExtractRaw",
    "simpleJSONExtractString",
    "simpleJSONExtractUInt",
    "simpleJSONHas",
    "visitParamExtractBool",
    "visitParamExtractFloat",
    "visitParamExtractInt",
    "visitParamExtractRaw",
    "visitParamExtractString",
    "visitParamExtractUInt",
    "visitParamHas",
];

fn check(args: &[ChType]) -> SqlResult<()> {
    match args.iter().find(|ty| !matches!(ty, ChType::String | ChType::FixedString(_))) {
        None => Ok(()),
        Some(other) => Err(SqlError::new(
            ChCode::IllegalTypeOfArgument,
            format!("Illegal type {other} of argument"),
        )),
    }
}

/// What follows `"name":` in the text, to its end.
fn after<T>(args: &[Value], then: impl FnOnce(&str) -> T) -> Option<T> {
    let (text, name) = (args.first().map(text_of)?, args.get(1).map(text_of)?);
    let needle = format!("\"{name}\":");
    text.find(&needle).and_then(|at| text.get(at + needle.len()..)).map(then)
}

/// The functions of fixed shape.
pub(in crate::functions) fn entry(name: &str) -> Option<Entry> {
    let what = name.strip_prefix("simpleJSON").or_else(|| name.strip_prefix("visitParam"))?;
    let of = |ret: fn(&[ChType]) -> SqlResult<ChType>, kernel: Kernel| {
        Some(Entry { min: 2, max: 2, ret, kernel, nulls: Nulls::Propagate })
    };
    match what {
        "Has" => of(flag, |_, a| Ok(Value::Int(after(a, |_| ()).is_some().into()))),
        "ExtractBool" => of(flag, |_, a| {
            Ok(Value::Int(after(a, |rest| rest.starts_with("true")).unwrap_or(false).into()))
        }),
        "ExtractInt" => of(|a| check(a).map(|()| ChType::Int(64)), |_, a| Ok(whole(a, true))),
        "ExtractUInt" => of(|a| check(a).map(|()| ChType::UInt(64)), |_, a| Ok(whole(a, false))),
        "ExtractFloat" => of(|a| check(a).map(|()| ChType::Float(64)), float),
        "ExtractRaw" => of(string, |_, a| Ok(Value::String(after(a, raw).unwrap_or_default()))),
        "ExtractString" => of(string, |_, a| {
            let text = after(a, |rest| {
                rest.starts_with('"')
                    .then(|| Reader::new(rest).string().map(|text| text.into_owned()).ok())
                    .flatten()
            });
            Ok(Value::String(text.flatten().unwrap_or_default()))
        }),
        _ => None,
    }
}

fn flag(args: &[ChType]) -> SqlResult<ChType> {
    check(args).map(|()| ChType::UInt(8))
}

fn string(args: &[ChType]) -> SqlResult<ChType> {
    check(args).map(|()| ChType::String)
}

/// The digits at the start, inside quotes or not; 0 if there are none or too many.
fn whole(args: &[Value], signed: bool) -> Value {
    let number = after(args, |rest| {
        let rest = rest.strip_prefix('"').unwrap_or(rest);
        let (sign, digits) = match rest.strip_prefix('-') {
            Some(digits) if signed => (-1, digits),
            _ => (1, rest),
        };
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let number = digits.get(..end)?.parse::<i128>().ok()? * sign;
        let fits =
            if signed { i64::try_from(number).is_ok() } else { u64::try_from(number).is_ok() };
        fits.then_some(number)
    });
    Value::Int(number.flatten().unwrap_or(0))
}

#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn float(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let number = after(args, |rest| {
        let rest = rest.strip_prefix('"').unwrap_or(rest);
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '-' | '+' | 'e' | 'E'))
            .unwrap_or(rest.len());
        rest.get(..end)?.parse::<f64>().ok()
    });
    Ok(Value::Float(number.flatten().unwrap_or(0.0)))
}

/// The value at the start, up to the comma or bracket behind it.
fn raw(rest: &str) -> String {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' | '[' => depth += 1,
            '}' | ']' | ',' if depth == 0 => return rest.get(..at).unwrap_or_default().to_owned(),
            '}' | ']' => depth -= 1,
            _ => {}
        }
    }
    rest.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_an_entry() {
        assert_eq!(NAMES.iter().find(|name| entry(name).is_none()), None);
    }
}
