//! Literals: numbers, text, intervals.

use super::super::{Binder, query::Env, scope::Scope, unsupported};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{cast, literal},
    typed::Typed,
    types::{ChType, IntervalUnit},
    value::Value,
};
use sqlparser::ast;

impl Binder<'_> {
    pub(in crate::bind) fn constant(&self, value: &ast::Value) -> SqlResult<Typed> {
        match value {
            ast::Value::Number(text, false) => {
                literal(&number(text).ok_or_else(|| unsupported(&format!("The number {text}")))?)
            }
            ast::Value::SingleQuotedString(text) | ast::Value::EscapedStringLiteral(text) => {
                literal(&Value::String(text.clone()))
            }
            ast::Value::HexStringLiteral(digits) => {
                match hex::decode(digits).map(String::from_utf8) {
                    Ok(Ok(text)) => literal(&Value::String(text)),
                    _ => Err(SqlError::new(
                        ChCode::CannotParseText,
                        format!(
                            "x'{digits}' is no UTF-8 text; for a number write 0x{digits}, up to 16 digits."
                        ),
                    )),
                }
            }
            ast::Value::Boolean(value) => literal(&Value::Bool(*value)),
            ast::Value::Null => Ok(Typed::null()),
            other => Err(unsupported(&format!("The literal {other}"))),
        }
    }

    pub(super) fn interval(
        &self,
        interval: &ast::Interval,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let ast::Interval {
            value,
            leading_field,
            leading_precision: None,
            last_field: None,
            fractional_seconds_precision: None,
        } = interval
        else {
            return Err(unsupported(
                "A precision or a second unit of an INTERVAL; write a tuple of intervals",
            ));
        };
        let unit = leading_field.as_ref().map(ToString::to_string).unwrap_or_default();
        let unit =
            interval_unit(&unit).ok_or_else(|| unsupported(&format!("INTERVAL … {unit}")))?;
        let value = self.expr(value, scope, env)?;
        if *value.ty.strip_nullable() == ChType::Nothing {
            return Ok(Typed::null());
        }
        let nullable = matches!(value.ty, ChType::Nullable(_));
        let of = |ty: ChType| if nullable { ty.nullable() } else { ty };
        let value = cast(value, &of(ChType::Int(64)))?;
        Ok(Typed::value(value.into_value(), of(ChType::Interval(unit))))
    }
}

fn number(text: &str) -> Option<Value> {
    let text = text.replace('_', "");
    let float = || text.parse().ok().filter(|v: &f64| v.is_finite()).map(Value::Float);
    if text.contains(['.', 'e', 'E']) {
        return float();
    }
    let whole = text.parse().ok().filter(|v| (0..=i128::from(u64::MAX)).contains(v));
    whole.map(Value::Int).or_else(float)
}

#[expect(clippy::cast_precision_loss, reason = "what does not fit an integer is a Float64")]
pub(super) fn negative(value: &ast::Value) -> Option<Value> {
    match value {
        ast::Value::Number(text, _) => match number(text)? {
            Value::Int(v) if -v < i128::from(i64::MIN) => Some(Value::Float(-(v as f64))),
            Value::Int(v) => Some(Value::Int(-v)),
            Value::Float(v) => Some(Value::Float(-v)),
            _ => None,
        },
        _ => None,
    }
}

fn interval_unit(word: &str) -> Option<IntervalUnit> {
    let lower = word.to_ascii_lowercase();
    Some(match lower.strip_suffix('s').unwrap_or(&lower) {
        "year" => IntervalUnit::Year,
        "quarter" => IntervalUnit::Quarter,
        "month" => IntervalUnit::Month,
        "week" => IntervalUnit::Week,
        "day" => IntervalUnit::Day,
        "hour" => IntervalUnit::Hour,
        "minute" => IntervalUnit::Minute,
        "second" => IntervalUnit::Second,
        "millisecond" => IntervalUnit::Millisecond,
        "microsecond" => IntervalUnit::Microsecond,
        "nanosecond" => IntervalUnit::Nanosecond,
        _ => return None,
    })
}
