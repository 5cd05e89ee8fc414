//! IN: lists, arrays, and the rows of a subquery.

use super::{
    super::{Binder, query::Env, scope::Scope, unsupported},
    constant_of,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{in_values, literal, reads_as, scalar},
    typed::Typed,
    types::ChType,
    value::Value,
};
use sqlparser::ast::{self, Expr};

impl Binder<'_> {
    pub(super) fn in_list(
        &self,
        expr: &Expr,
        list: &[Expr],
        negated: bool,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let value = self.expr(expr, scope, env)?;
        let mut values = Vec::new();
        for item in list {
            let item = self.expr(item, scope, env)?;
            match constant_of(&item)? {
                Some(found) => values.extend(set_members(found, &item.ty, &value.ty)),
                None => return self.in_expressions(&value, list, negated, scope, env),
            }
        }
        in_values(value, values, negated)
    }

    /// IN with members that depend on the row.
    fn in_expressions(
        &self,
        value: &Typed,
        list: &[Expr],
        negated: bool,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let mut any = literal(&Value::Int(0))?;
        for item in list {
            any = scalar(
                "or",
                vec![any, scalar("equals", vec![value.clone(), self.expr(item, scope, env)?])?],
            )?;
        }
        if negated { scalar("not", vec![any]) } else { Ok(any) }
    }

    /// `in(value, [array])` and `in(value, {p:Array(T)})`: sets that are expressions.
    pub(in crate::bind) fn in_set(
        &self,
        value: Typed,
        set: &Expr,
        negated: bool,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let set = self.expr(set, scope, env)?;
        match constant_of(&set)? {
            Some(found) => {
                in_values(value.clone(), set_members(found, &set.ty, &value.ty), negated)
            }
            None if matches!(set.ty, ChType::Array(_)) => {
                let has = scalar("has", vec![set, value])?;
                if negated { scalar("not", vec![has]) } else { Ok(has) }
            }
            None => {
                Err(unsupported("IN with a set that is neither a list, an array nor a subquery"))
            }
        }
    }

    pub(super) fn in_query(
        &self,
        expr: &Expr,
        query: &ast::Query,
        negated: bool,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let value = self.expr(expr, scope, env)?;
        let (rows, columns) = self.rows(query, env)?;
        let types: Vec<ChType> = columns.into_iter().map(|(_, ty)| ty).collect();
        check_columns(&value.ty, &types)?;
        let values = rows
            .into_iter()
            .map(|mut row| {
                if row.len() == 1 {
                    (row.remove(0), types.first().cloned().unwrap_or(ChType::Nothing))
                } else {
                    (
                        Value::Tuple(row),
                        ChType::Tuple(types.iter().map(|ty| (None, ty.clone())).collect()),
                    )
                }
            })
            .filter(|(member, ty)| reads_as(member, ty, &value.ty))
            .collect();
        in_values(value, values, negated)
    }
}

/// Refuses a subquery that has not the columns for a value: as many as a tuple has elements, or one.
fn check_columns(value: &ChType, columns: &[ChType]) -> SqlResult<()> {
    let elements = |ty: &ChType| match ty.strip_nullable() {
        ChType::Tuple(fields) => fields.len(),
        _ => 1,
    };
    let (left, right) = (elements(value), columns.len());
    let is_tuple =
        |ty: &ChType| matches!(ty.strip_nullable(), ChType::Tuple(_)) && elements(ty) == left;
    if left == right || matches!(columns, [only] if is_tuple(only)) {
        return Ok(());
    }
    Err(SqlError::new(
        ChCode::NumberOfColumnsDoesntMatch,
        format!(
            "Number of columns in section IN doesn't match: {left} at left, {right} at right; give the subquery as many columns as the value has."
        ),
    ))
}

/// The members a constant stands for in a set: an array or tuple its elements, unless the left side is one itself.
fn set_members(found: Value, ty: &ChType, left: &ChType) -> Vec<(Value, ChType)> {
    match (found, ty) {
        (Value::Array(items), ChType::Array(item))
            if !matches!(left.strip_nullable(), ChType::Array(_)) =>
        {
            items.into_iter().map(|v| (v, (**item).clone())).collect()
        }
        (Value::Tuple(items), ChType::Tuple(fields))
            if !matches!(left.strip_nullable(), ChType::Tuple(_)) =>
        {
            items.into_iter().zip(fields.iter().map(|(_, ty)| ty.clone())).collect()
        }
        (value, ty) => vec![(value, ty.clone())],
    }
}
