//! if, multiIf, CASE, coalesce and their like: native CASE, so that a branch is computed only for its rows.

use super::{compare::to_predicate, convert::cast, supertype::common_type};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
};
use datafusion::logical_expr::{Expr, expr::Case};

/// The first branch whose condition holds, else `otherwise`; all in their common type.
pub(crate) fn case(branches: Vec<(Expr, Typed)>, otherwise: Option<Typed>) -> SqlResult<Typed> {
    let otherwise = otherwise.unwrap_or_else(Typed::null);
    let types: Vec<ChType> =
        branches.iter().map(|(_, value)| &value.ty).chain([&otherwise.ty]).cloned().collect();
    let ty = common_type(&types)?;
    let filled = branches.len() == 1 && keeps_filling(&types);
    let in_common = |value: Typed| {
        if filled && *value.ty.strip_nullable() != ChType::Nothing {
            return Ok(value.into_value());
        }
        cast(value, &ty).map(Typed::into_value)
    };
    let whens = branches
        .into_iter()
        .map(|(when, then)| Ok((Box::new(when), Box::new(in_common(then)?))))
        .collect::<SqlResult<Vec<_>>>()?;
    let otherwise = in_common(otherwise)?;
    Ok(Typed::value(Expr::Case(Case::new(None, whens, Some(Box::new(otherwise)))), ty))
}

/// Whether the values are text of which some have a fixed size: of two of them, ClickHouse leaves the zero bytes where they
/// are, which conversions to String cut off.
fn keeps_filling(types: &[ChType]) -> bool {
    let is = |wanted: fn(&ChType) -> bool| move |ty: &ChType| wanted(ty.strip_nullable());
    let text = is(|ty| matches!(ty, ChType::String | ChType::FixedString(_) | ChType::Nothing));
    let filled = is(|ty| matches!(ty, ChType::FixedString(_)));
    types.iter().all(text) && types.iter().any(filled)
}

/// `if(c, a, b)` and `multiIf(c1, a1, …, z)`.
pub(super) fn multi_if(args: Vec<Typed>) -> SqlResult<Typed> {
    if args.len() < 3 || args.len().is_multiple_of(2) {
        return Err(SqlError::new(
            ChCode::NumberOfArgumentsDoesntMatch,
            "if and multiIf take conditions with values and one value for the rest.",
        ));
    }
    let mut args = args.into_iter();
    let mut branches = Vec::new();
    let mut otherwise = None;
    while let Some(first) = args.next() {
        match args.next() {
            Some(value) => branches.push((condition(first)?, value)),
            None => otherwise = Some(first),
        }
    }
    case(branches, otherwise)
}

/// A condition inside an expression; a wrong type is an argument's, not a filter's.
fn condition(arg: Typed) -> SqlResult<Expr> {
    to_predicate(arg).map_err(|error| SqlError { code: ChCode::IllegalTypeOfArgument, ..error })
}

/// The first argument that is not NULL. Nullable only if the last one is.
pub(super) fn coalesce(args: Vec<Typed>) -> SqlResult<Typed> {
    let mut branches = Vec::new();
    let mut last = None;
    for arg in args {
        if *arg.ty.strip_nullable() == ChType::Nothing {
            continue;
        }
        let never_null = !arg.ty.is_nullable();
        last = Some(arg);
        if never_null {
            break;
        }
        branches.extend(last.clone());
    }
    let Some(last) = last else { return Ok(Typed::null()) };
    let ends_with_last = last.ty.is_nullable();
    if ends_with_last {
        branches.pop();
    }
    let whens = branches
        .into_iter()
        .map(|arg| {
            let when = arg.clone().into_value().is_not_null();
            let plain = arg.ty.strip_nullable().clone();
            let value = if ends_with_last { arg } else { Typed::value(arg.into_value(), plain) };
            (when, value)
        })
        .collect::<Vec<_>>();
    if whens.is_empty() { Ok(last) } else { case(whens, Some(last)) }
}

/// NULL where the arguments are equal, else the first.
pub(super) fn null_if(a: Typed, b: Typed) -> SqlResult<Typed> {
    let equal = super::registry::scalar("equals", vec![a.clone(), b])?;
    if *equal.ty.strip_nullable() == ChType::Nothing {
        return Ok(a);
    }
    case(vec![(to_predicate(equal)?, Typed::null())], Some(a))
}
