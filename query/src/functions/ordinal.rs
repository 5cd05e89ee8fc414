//! What values are ordered by, where that is not what they print as: names of an Enum go by their numbers, a UUID by its second
//! half first, also inside of arrays, tuples and maps.

use super::{
    convert::cast,
    udf::{Nulls, row_call},
};
use crate::{error::SqlResult, typed::Typed, types::ChType, value::Value};
use datafusion::{
    common::ScalarValue,
    logical_expr::{Expr, lit},
};

/// A value by which an expression is ordered.
pub(crate) fn ordinal(arg: Typed) -> SqlResult<Typed> {
    let ty = ordinal_type(&arg.ty);
    match (arg.ty.strip_nullable(), ty) {
        (ChType::Enum(..), Some(number)) => cast(arg, &number),
        // The two zeros are one number.
        (ChType::Float(_), _) if !matches!(arg.expr, Expr::Column(_) | Expr::Literal(..)) => {
            Ok(Typed { expr: one_zero(arg.expr.clone(), &arg.ty), ..arg })
        }
        (_, Some(ty)) => Ok(row_call("ordinal", vec![arg], ty, Nulls::Propagate, |call, args| {
            let value = args.first().unwrap_or(&Value::Null);
            Ok(call.args.first().map_or(Value::Null, |ty| ordinal_value(value, ty)))
        })),
        _ => Ok(arg),
    }
}

/// The type of what values of a type are ordered by; `None` if that is themselves.
pub(super) fn ordinal_type(ty: &ChType) -> Option<ChType> {
    let boxed = |ty: &ChType| Box::new(ordinal_type(ty).unwrap_or_else(|| ty.clone()));
    let any = |types: &[&ChType]| types.iter().any(|ty| ordinal_type(ty).is_some());
    match ty {
        ChType::Enum(..) => Some(ChType::Int(16)),
        ChType::Uuid => Some(ChType::String),
        ChType::Nullable(inner) => ordinal_type(inner).map(ChType::nullable),
        ChType::Array(item) if any(&[item]) => Some(ChType::Array(boxed(item))),
        ChType::Map(key, value) if any(&[key, value]) => {
            Some(ChType::Map(boxed(key), boxed(value)))
        }
        ChType::Tuple(fields) if fields.iter().any(|(_, ty)| any(&[ty])) => {
            let fields = fields.iter().map(|(name, ty)| (name.clone(), *boxed(ty)));
            Some(ChType::Tuple(fields.collect()))
        }
        _ => None,
    }
}

/// What a value of a type is ordered by.
pub(super) fn ordinal_value(value: &Value, ty: &ChType) -> Value {
    match (value, ty.strip_nullable()) {
        (Value::String(name), ChType::Enum(_, names)) => {
            let number = names.iter().find(|(known, _)| known == name).map(|(_, number)| *number);
            number.map_or(Value::Null, |number| Value::Int(number.into()))
        }
        (Value::String(text), ChType::Uuid) => {
            let (second, first) = by_halves(text);
            Value::String(format!("{second}{first}"))
        }
        (Value::Array(items), ChType::Array(item)) => {
            Value::Array(items.iter().map(|value| ordinal_value(value, item)).collect())
        }
        (Value::Tuple(items), ChType::Tuple(fields)) => {
            let pairs = items.iter().zip(fields);
            Value::Tuple(pairs.map(|(value, (_, ty))| ordinal_value(value, ty)).collect())
        }
        (Value::Map(pairs), ChType::Map(key, item)) => {
            let pair = |(k, v): &(Value, Value)| (ordinal_value(k, key), ordinal_value(v, item));
            Value::Map(pairs.iter().map(pair).collect())
        }
        (other, _) => other.clone(),
    }
}

/// Where the second half of a UUID's text begins, by which ClickHouse orders first.
const UUID_HALF: usize = 19;

/// The halves of a UUID's text, the more significant one first.
pub(super) fn by_halves(text: &str) -> (&str, &str) {
    let (first, second) = text.split_at_checked(UUID_HALF).unwrap_or((text, ""));
    (second, first)
}

/// A computed float with 0 in the place of -0.
fn one_zero(expr: Expr, ty: &ChType) -> Expr {
    let zero = match ty.strip_nullable() {
        ChType::Float(32) => ScalarValue::Float32(Some(0.0)),
        _ => ScalarValue::Float64(Some(0.0)),
    };
    expr + lit(zero)
}
