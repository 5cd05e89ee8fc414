//! Comparisons, IN, and truth. Native wherever DataFusion means the same, so that files, row groups and pages are pruned.

use super::{
    convert::{cast, convert, enum_name},
    ordinal::ordinal,
    supertype::{common_type, scalar_of},
    udf::{Call, Nulls, row_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, compare, value_at},
};
use datafusion::{
    common::ScalarValue,
    logical_expr::{
        BinaryExpr, Expr, Operator,
        expr::{Case, InList},
        lit,
    },
};
use std::cmp::Ordering;

/// The operator of a comparison function.
pub(super) fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        "equals" => Operator::Eq,
        "notEquals" => Operator::NotEq,
        "less" => Operator::Lt,
        "greater" => Operator::Gt,
        "lessOrEquals" => Operator::LtEq,
        "greaterOrEquals" => Operator::GtEq,
        _ => return None,
    })
}

/// The value of a constant expression.
pub(super) fn constant_value(arg: &Typed) -> Option<Value> {
    let array = arg.constant()?.to_array().ok()?;
    value_at(&array, 0, &arg.ty).ok()
}

/// `a op b`.
pub(super) fn comparison(name: &str, op: Operator, a: Typed, b: Typed) -> SqlResult<Typed> {
    if is_null_type(&a.ty) || is_null_type(&b.ty) {
        return Ok(Typed::null());
    }
    let nullable = a.ty.is_nullable() || b.ty.is_nullable();
    if is_null(&a) || is_null(&b) {
        return Ok(Typed::value(lit(ScalarValue::UInt8(None)), ChType::UInt(8).nullable()));
    }
    if dynamic(&a.ty) || dynamic(&b.ty) {
        return Ok(row_call(
            name,
            vec![a, b],
            ChType::UInt(8).nullable(),
            Nulls::Propagate,
            compare_kernel,
        ));
    }
    if holds_nothing(&a.ty) || holds_nothing(&b.ty) {
        return Ok(Typed::value(lit(ScalarValue::UInt8(None)), ChType::UInt(8).nullable()));
    }
    if let Some(known) = with_name(name, op, &a, &b)? {
        return Ok(known);
    }
    let (a, b) = (text_as_literal(a)?, text_as_literal(b)?);
    if is_name_beside_text(&a.ty, &b.ty) && matches!(a.ty.strip_nullable(), ChType::Tuple(_)) {
        return super::tuples::compared(name, a, b);
    }
    let hides_null = may_hold_null(&a.ty) || may_hold_null(&b.ty);
    let (a, b) = align(a, b)?;
    let not_numbers = not_numbers(&[&a, &b]);
    let in_order = !matches!(op, Operator::Eq | Operator::NotEq);
    let is_float = |side: &Typed| matches!(side.ty.strip_nullable(), ChType::Float(_));
    let (a, b) = if in_order || is_float(&a) { (ordinal(a)?, ordinal(b)?) } else { (a, b) };
    if native(a.ty.strip_nullable()) {
        let expr = Expr::BinaryExpr(BinaryExpr::new(
            Box::new(a.into_value()),
            op,
            Box::new(b.into_value()),
        ));
        let unequal = op == Operator::NotEq;
        let guarded = not_numbers.into_iter().fold(expr, |all, nan| {
            if unequal { all.or(nan) } else { all.and(Expr::Not(Box::new(nan))) }
        });
        return Ok(Typed::predicate(guarded, nullable));
    }
    let nullable = nullable || hides_null;
    let ret = if nullable { ChType::UInt(8).nullable() } else { ChType::UInt(8) };
    Ok(row_call(name, vec![a, b], ret, Nulls::Propagate, compare_kernel))
}

/// Whether an Enum is compared with text, also as elements of tuples.
fn is_name_beside_text(a: &ChType, b: &ChType) -> bool {
    match (a.strip_nullable(), b.strip_nullable()) {
        (ChType::Enum(..), text) | (text, ChType::Enum(..)) => is_text(text),
        (ChType::Tuple(x), ChType::Tuple(y)) => {
            x.len() == y.len() && x.iter().zip(y).any(|((_, x), (_, y))| is_name_beside_text(x, y))
        }
        _ => false,
    }
}

fn is_text(ty: &ChType) -> bool {
    matches!(ty, ChType::String | ChType::FixedString(_))
}

/// A comparison of an Enum with a constant text: by the number that has this name. What is no name is neither equal to an
/// Enum, nor less or greater.
fn with_name(name: &str, op: Operator, a: &Typed, b: &Typed) -> SqlResult<Option<Typed>> {
    let constant = |side: &Typed, of: &Typed| match of.ty.strip_nullable() {
        ty @ ChType::Enum(_, names) => constant_text(side)
            .map(|text| enum_name(&Value::String(text), names).ok().map(|name| (name, ty.clone()))),
        _ => None,
    };
    let (names, found, first) = match (constant(a, b), constant(b, a)) {
        (Some(found), _) => (b, found, true),
        (_, Some(found)) => (a, found, false),
        _ => return Ok(None),
    };
    if let Some((value, ty)) = found {
        let text = if first { a } else { b };
        let ty = if text.ty.is_nullable() { ty.nullable() } else { ty };
        let constant = Typed::value(lit(scalar_of(&value, &ty)?), ty);
        let (a, b) = if first { (constant, names.clone()) } else { (names.clone(), constant) };
        return comparison(name, op, a, b).map(Some);
    }
    let never = lit(op == Operator::NotEq);
    if !names.ty.is_nullable() {
        let nullable = a.ty.is_nullable() || b.ty.is_nullable();
        return Ok(Some(Typed::predicate(never, nullable)));
    }
    let is_known = names.clone().into_value().is_not_null();
    let expr = Expr::Case(Case::new(None, vec![(Box::new(is_known), Box::new(never))], None));
    Ok(Some(Typed::predicate(expr, true)))
}

/// A text that is the same in every row as a literal, which then is read in the type of the other side.
fn text_as_literal(arg: Typed) -> SqlResult<Typed> {
    match constant_text(&arg) {
        Some(text) if arg.constant().is_none() => {
            let value = scalar_of(&Value::String(text), &arg.ty)?;
            Ok(Typed::value(lit(value), arg.ty))
        }
        _ => Ok(arg),
    }
}

/// The text that an expression is in every row.
fn constant_text(arg: &Typed) -> Option<String> {
    if !arg.is_fixed() || !is_text(arg.ty.strip_nullable()) {
        return None;
    }
    let array = crate::session::evaluate_constant(&arg.expr).ok()?;
    match value_at(&array, 0, &arg.ty).ok()? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// For each side that may be no number whether it is: NaN is neither less nor greater than anything, nor equal to it.
fn not_numbers(sides: &[&Typed]) -> Vec<Expr> {
    let is_number = |side: &Typed| {
        side.stored || constant_value(side).and_then(|v| v.as_f64()).is_some_and(|v| !v.is_nan())
    };
    let computed = sides
        .iter()
        .filter(|side| matches!(side.ty.strip_nullable(), ChType::Float(_)) && !is_number(side));
    let is_nan = |side: &&&Typed| datafusion::functions::math::expr_fn::isnan(side.expr.clone());
    computed.map(|side| is_nan(&side)).collect()
}

/// Whether a bare NULL is in a tuple.
fn holds_nothing(ty: &ChType) -> bool {
    match ty.strip_nullable() {
        ChType::Tuple(fields) => fields.iter().any(|(_, ty)| is_null_type(ty) || holds_nothing(ty)),
        _ => false,
    }
}

/// Whether a tuple may have a NULL in it, which nobody knows to be equal or not. In arrays it is a value like others.
fn may_hold_null(ty: &ChType) -> bool {
    match ty.strip_nullable() {
        ChType::Tuple(fields) => fields.iter().any(|(_, ty)| ty.is_nullable() || may_hold_null(ty)),
        _ => false,
    }
}

/// `a op b` for values with NULLs inside of tuples, in three-valued logic: `None` is unknown.
fn known(name: &str, a: &Value, b: &Value) -> Option<bool> {
    let (Value::Tuple(x), Value::Tuple(y)) = (a, b) else {
        if a.is_null() || b.is_null() {
            return None;
        }
        return Some(holds(name, compare(a, b)));
    };
    let strict = match name {
        "equals" => {
            let all = x.iter().zip(y).map(|(x, y)| known(name, x, y));
            return all.fold(Some(true), both);
        }
        "notEquals" => return known("equals", a, b).map(|equal| !equal),
        "lessOrEquals" => "less",
        "greaterOrEquals" => "greater",
        strict => strict,
    };
    let pairs: Vec<_> = x.iter().zip(y).collect();
    let (last, heads) = pairs.split_last()?;
    heads.iter().rev().fold(known(name, last.0, last.1), |rest, (x, y)| {
        either(known(strict, x, y), both(known("equals", x, y), rest))
    })
}

fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (a, b) => a.zip(b).map(|(a, b)| a && b),
    }
}

fn either(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    both(a.map(|a| !a), b.map(|b| !b)).map(|neither| !neither)
}

/// Whether an expression is NULL of some type.
pub(super) fn is_null(arg: &Typed) -> bool {
    match arg.constant() {
        Some(value) => value.is_null(),
        None if !arg.ty.is_nullable() || !arg.expr.column_refs().is_empty() => false,
        None if arg.expr.is_volatile() => false,
        None => crate::session::evaluate_constant(&arg.expr)
            .is_ok_and(|value| value.len() == 1 && value.is_null(0)),
    }
}

fn is_null_type(ty: &ChType) -> bool {
    *ty.strip_nullable() == ChType::Nothing
}

fn dynamic(ty: &ChType) -> bool {
    matches!(ty, ChType::Dynamic | ChType::Variant(_))
}

/// Types on which DataFusion compares as ClickHouse does. Floats are native too: NaN never comes from JSON, and computed
/// NaN is the one known difference (`docs/reference/sql.md`).
fn native(ty: &ChType) -> bool {
    !matches!(
        ty,
        ChType::Array(_)
            | ChType::Tuple(_)
            | ChType::Map(..)
            | ChType::Json
            | ChType::Dynamic
            | ChType::Variant(_)
    )
}

/// Both sides in one type. A constant takes the type of the other side, so that the column stays bare.
fn align(a: Typed, b: Typed) -> SqlResult<(Typed, Typed)> {
    if a.ty.strip_nullable() == b.ty.strip_nullable() {
        return Ok((a, b));
    }
    if let Some(b) = constant_as(&b, &a.ty)? {
        return Ok((a, b));
    }
    if let Some(a) = constant_as(&a, &b.ty)? {
        return Ok((a, b));
    }
    let wide = compared_type(&a.ty, &b.ty)?;
    let to =
        |side: &Typed| if side.ty.is_nullable() { wide.clone().nullable() } else { wide.clone() };
    let (ta, tb) = (to(&a), to(&b));
    Ok((cast(a, &ta)?, cast(b, &tb)?))
}

/// The type in which values of two types are compared.
pub(crate) fn compared_type(a: &ChType, b: &ChType) -> SqlResult<ChType> {
    Ok(match (a.strip_nullable(), b.strip_nullable()) {
        // No integer holds both.
        (ChType::UInt(64), ChType::Int(_)) | (ChType::Int(_), ChType::UInt(64)) => {
            ChType::Decimal(20, 0)
        }
        // Truth is a number to numbers, and so is an Enum.
        (ChType::Bool, number) | (number, ChType::Bool) if is_number(number) => {
            common_type(&[ChType::UInt(8), number.clone()])?
        }
        (ChType::Enum(..), number) | (number, ChType::Enum(..)) if is_number(number) => {
            common_type(&[ChType::Int(16), number.clone()])?
        }
        // A time counts seconds since 1970.
        (ChType::DateTime(_), ChType::Int(_) | ChType::UInt(_))
        | (ChType::Int(_) | ChType::UInt(_), ChType::DateTime(_)) => ChType::Int(64),
        (ChType::DateTime(_), ChType::Float(_)) | (ChType::Float(_), ChType::DateTime(_)) => {
            ChType::Float(64)
        }
        (ChType::DateTime64(..), number) | (number, ChType::DateTime64(..))
            if is_number(number) =>
        {
            ChType::Float(64)
        }
        (x, y) => match common_type(&[x.clone(), y.clone()])? {
            // An Enum reads a constant's zero bytes as part of the name, but not those of a column.
            _ if is_filled_name(x, y) || is_filled_name(y, x) => return Err(incomparable(x, y)),
            ChType::Variant(_) => return Err(incomparable(x, y)),
            common => common,
        },
    })
}

fn is_filled_name(a: &ChType, b: &ChType) -> bool {
    matches!((a, b), (ChType::Enum(..), ChType::FixedString(_)))
}

fn incomparable(a: &ChType, b: &ChType) -> SqlError {
    let message = format!(
        "There is no supertype for types {a}, {b}: they cannot be compared. Convert one with toString, CAST or a `.:Type` subcolumn."
    );
    SqlError::new(ChCode::NoCommonType, message)
}

/// A constant in the type of a column, if that loses nothing. Text that cannot be the type is an error, as in ClickHouse.
fn constant_as(constant: &Typed, column: &ChType) -> SqlResult<Option<Typed>> {
    let Some(value) = constant_value(constant).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let (from, to) = (constant.ty.strip_nullable(), column.strip_nullable());
    if dynamic(to)
        || matches!(to, ChType::Array(_) | ChType::Tuple(_) | ChType::Map(..) | ChType::Json)
    {
        return Ok(None);
    }
    let text_to_other = matches!(from, ChType::String)
        && !matches!(to, ChType::String | ChType::FixedString(_) | ChType::Enum(..) | ChType::Uuid);
    if !text_to_other && matches!(to, ChType::String) {
        return Ok(None);
    }
    let lossless =
        |converted: &Value| text_to_other || compare(converted, &value) == Some(Ordering::Equal);
    match convert(&value, from, to) {
        Ok(converted) if lossless(&converted) => {
            Ok(Some(Typed::value(lit(scalar_of(&converted, to)?), to.clone())))
        }
        Ok(_) => Ok(None),
        Err(_) if text_to_other => {
            let text = value.as_str().unwrap_or_default();
            Err(SqlError::new(
                ChCode::TypeMismatch,
                format!("Cannot convert string '{text}' to type {to}"),
            ))
        }
        Err(_) => Ok(None),
    }
}

fn compare_kernel(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let [a, b] = args else { return Ok(Value::Null) };
    if call.args.iter().any(may_hold_null) {
        return Ok(known(&call.name, a, b).map_or(Value::Null, |holds| Value::Int(holds.into())));
    }
    Ok(Value::Int(holds(&call.name, order(call, a, b)?).into()))
}

/// Whether a comparison holds for values of this order.
fn holds(name: &str, ordering: Option<Ordering>) -> bool {
    match name {
        "equals" => ordering == Some(Ordering::Equal),
        "notEquals" => ordering != Some(Ordering::Equal),
        "less" => ordering == Some(Ordering::Less),
        "greater" => ordering == Some(Ordering::Greater),
        "lessOrEquals" => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
        _ => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
    }
}

/// Values of a Dynamic side and the other: text meets other types by conversion, other mixes have no order.
fn order(call: &Call, a: &Value, b: &Value) -> SqlResult<Option<Ordering>> {
    let converted = |text: &str, like: &Value| -> SqlResult<Value> {
        super::convert::text_like(text, like).ok_or_else(|| {
            SqlError::new(
                ChCode::TypeMismatch,
                format!(
                    "Cannot convert string '{text}' to the type of the value {}",
                    crate::value::text_of(like)
                ),
            )
        })
    };
    let is_text = |value: &Value| matches!(value, Value::String(_));
    let (first_constant, second_constant) =
        (call.args.first() == Some(&ChType::String), call.args.get(1) == Some(&ChType::String));
    Ok(match (a, b) {
        (Value::String(text), other) if !is_text(other) && first_constant => {
            compare(&converted(text, other)?, other)
        }
        (other, Value::String(text)) if !is_text(other) && second_constant => {
            compare(other, &converted(text, other)?)
        }
        (x, y) if is_text(x) != is_text(y) => {
            let message = "There is no supertype for a String and a number in one comparison: the path holds values of different types. Use a `.:Type` subcolumn or CAST.";
            return Err(SqlError::new(ChCode::NoCommonType, message));
        }
        (x, y) => compare(x, y),
    })
}

/// A condition: Boolean, where NULL counts as false.
pub(crate) fn to_predicate(arg: Typed) -> SqlResult<Expr> {
    if arg.predicate {
        return Ok(arg.expr);
    }
    match arg.ty.strip_nullable() {
        ChType::Bool => Ok(arg.expr),
        ChType::Nothing => Ok(lit(ScalarValue::Boolean(None))),
        ChType::Int(_) | ChType::UInt(_) | ChType::Float(_) | ChType::Decimal(..) => {
            let zero = scalar_of(&Value::Int(0), arg.ty.strip_nullable())?;
            Ok(arg.into_value().not_eq(lit(zero)))
        }
        other => Err(SqlError::new(
            ChCode::IllegalTypeOfColumnForFilter,
            format!(
                "Invalid type for a condition: {other}. Compare it with something, or use a `.:Bool` subcolumn."
            ),
        )),
    }
}

/// Whether a value that a query found can be in a column: text that does not read as the column's type is not.
pub(crate) fn reads_as(value: &Value, ty: &ChType, column: &ChType) -> bool {
    let ty = ty.strip_nullable();
    *ty != ChType::String || convert(value, ty, column.strip_nullable()).is_ok()
}

/// `arg IN values`, where the values are known. NULLs among them, and tuples with one, match nothing.
pub(crate) fn in_values(
    arg: Typed,
    values: Vec<(Value, ChType)>,
    negated: bool,
) -> SqlResult<Typed> {
    if is_null_type(&arg.ty) {
        return Ok(Typed::null());
    }
    if dynamic(&arg.ty) {
        let name = if negated { "notIn" } else { "in" };
        return Err(SqlError::new(
            ChCode::IllegalTypeOfArgument,
            format!(
                "Illegal type {} of argument of function {name}; use a `.:Type` subcolumn or CAST.",
                arg.ty
            ),
        ));
    }
    let nullable = arg.ty.is_nullable();
    let column = arg.ty.strip_nullable().clone();
    let mut list = Vec::new();
    let values = values.into_iter().filter(|(value, _)| !holds_null(value) && !is_unknown(&column));
    for (value, ty) in values {
        match convert(&value, ty.strip_nullable(), &column) {
            Ok(converted)
                if matches!(ty.strip_nullable(), ChType::String)
                    // A day is compared as its beginning.
                    || matches!((&value, &converted), (Value::Date(_), Value::DateTime(_) | Value::DateTime64(..)))
                    || equal_anyhow(&converted, &value) =>
            {
                list.push(lit(scalar_of(&converted, &column)?));
            }
            Ok(_) => {}
            // No value of the type has that name.
            Err(error) if error.code == ChCode::UnknownElementOfEnum => {}
            Err(error) if matches!(ty.strip_nullable(), ChType::String) => {
                return Err(SqlError::new(ChCode::TypeMismatch, error.message));
            }
            // A number that the column cannot hold is not in it.
            Err(_) if is_number(ty.strip_nullable()) && is_number(&column) => {}
            Err(error) => return Err(SqlError::new(ChCode::TypeMismatch, error.message)),
        }
    }
    if native(&column) || matches!(column, ChType::Tuple(_) | ChType::Array(_)) {
        let expr = if list.is_empty() {
            let never = lit(negated);
            if nullable {
                Expr::Case(Case::new(
                    None,
                    vec![(Box::new(arg.into_value().is_not_null()), Box::new(never))],
                    None,
                ))
            } else {
                never
            }
        } else {
            Expr::InList(InList::new(Box::new(arg.into_value()), list, negated))
        };
        return Ok(Typed::predicate(expr, nullable));
    }
    Err(SqlError::new(
        ChCode::IllegalTypeOfArgument,
        format!("Illegal type {column} of the left side of IN"),
    ))
}

/// Whether a value is NULL, or a tuple with one.
fn holds_null(value: &Value) -> bool {
    match value {
        Value::Tuple(items) => items.iter().any(holds_null),
        other => other.is_null(),
    }
}

/// Whether every tuple of a type has a NULL.
fn is_unknown(ty: &ChType) -> bool {
    match ty.strip_nullable() {
        ChType::Tuple(fields) => fields.iter().any(|(_, ty)| is_unknown(ty)),
        other => *other == ChType::Nothing,
    }
}

fn is_number(ty: &ChType) -> bool {
    matches!(ty, ChType::Int(_) | ChType::UInt(_) | ChType::Float(_) | ChType::Decimal(..))
}

fn equal_anyhow(a: &Value, b: &Value) -> bool {
    !matches!(compare(a, b), Some(Ordering::Less | Ordering::Greater))
}
