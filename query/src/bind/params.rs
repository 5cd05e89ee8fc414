//! `{name:Type}` parameters: typed constants, never text.

use super::{Binder, parse_type};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{convert, parse_text, scalar_of},
    typed::Typed,
    types::ChType,
    value::Value,
};
use datafusion::logical_expr::lit;
use serde_json::Value as Json;

impl Binder<'_> {
    /// The constant of a parameter.
    pub(super) fn parameter(&self, name: &str, type_name: &str) -> SqlResult<Typed> {
        let ty = parse_type(type_name)?;
        let given = match self.params.get(name) {
            Some(given) => given,
            None if matches!(ty, ChType::Nullable(_)) => &Json::Null,
            None => {
                return Err(SqlError::new(
                    ChCode::UnknownQueryParameter,
                    format!(
                        "Substitution `{name}` is not set: give it in `params` or with --param {name}=…"
                    ),
                ));
            }
        };
        let bad = |reason: String| {
            SqlError::new(
                ChCode::BadQueryParameter,
                format!(
                    "Value {given} cannot be parsed as {ty} for query parameter '{name}': {reason}"
                ),
            )
        };
        let value = value_of(given, &ty).map_err(|error| match ty.strip_nullable() {
            ChType::Date | ChType::Date32 => SqlError::new(ChCode::CannotParseDate, error.message),
            _ => bad(error.message),
        })?;
        Ok(Typed::value(lit(scalar_of(&value, &ty)?), ty))
    }

    /// The name that `{name:Identifier}` stands for.
    pub(super) fn identifier(&self, name: &str) -> SqlResult<String> {
        match self.params.get(name) {
            Some(Json::String(text)) => Ok(text.clone()),
            _ => Err(SqlError::new(
                ChCode::UnknownQueryParameter,
                format!("Substitution `{name}` is not set to a name."),
            )),
        }
    }
}

fn value_of(given: &Json, ty: &ChType) -> SqlResult<Value> {
    let plain = ty.strip_nullable();
    match (given, plain) {
        (Json::Null, _) if ty.is_nullable() => Ok(Value::Null),
        (Json::String(text), ChType::String) => Ok(Value::String(text.clone())),
        (Json::String(text), ChType::DateTime(_) | ChType::DateTime64(..))
            if text.contains('T') =>
        {
            Err(SqlError::new(
                ChCode::BadQueryParameter,
                "it isn't parsed completely; write YYYY-MM-DD hh:mm:ss",
            ))
        }
        (Json::String(text), ChType::Int(_) | ChType::UInt(_)) => {
            in_range(parse_text(text, plain)?, text.trim().parse().ok(), plain)
        }
        (Json::String(text), _) => parse_text(text, plain),
        (Json::Array(items), ChType::Array(item)) => Ok(Value::Array(
            items.iter().map(|element| value_of(element, item)).collect::<SqlResult<_>>()?,
        )),
        (Json::Bool(value), ChType::Bool) => Ok(Value::Bool(*value)),
        (Json::Number(number), ChType::Int(_) | ChType::UInt(_)) => {
            let text = number.to_string();
            in_range(parse_text(&text, plain)?, text.parse().ok(), plain)
        }
        (Json::Number(number), ChType::String) => Ok(Value::String(number.to_string())),
        (Json::Number(number), _) => parse_text(&number.to_string(), plain),
        (Json::Bool(value), _) => convert(&Value::Bool(*value), &ChType::Bool, plain),
        _ => Err(SqlError::new(ChCode::BadQueryParameter, "the JSON value does not fit the type")),
    }
}

/// Integers of parameters must fit; they do not wrap.
fn in_range(parsed: Value, given: Option<i128>, ty: &ChType) -> SqlResult<Value> {
    if parsed.as_int() == given {
        Ok(parsed)
    } else {
        Err(SqlError::new(ChCode::BadQueryParameter, format!("it is outside the range of {ty}")))
    }
}
