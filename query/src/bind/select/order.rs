//! ORDER BY and LIMIT BY: keys, positions, and gaps to fill.

use super::{
    super::{
        Binder, fill::Filling, plan_error, query::Env, query::LimitBy, scope::Scope, unsupported,
    },
    items::Item,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{literal, ordinal, scalar, scalar_of},
    typed::Typed,
    types::ChType,
    value::Value,
};
use datafusion::logical_expr::{Expr as Plan, SortExpr, lit, when};
use sqlparser::ast::{self, Expr, OrderByKind, UnaryOperator};

/// What ORDER BY says.
#[derive(Default)]
pub(super) struct Order {
    pub(super) keys: Vec<SortExpr>,
    /// The key whose gaps are filled.
    pub(super) filling: Option<Filling>,
}

impl Binder<'_> {
    /// The keys of ORDER BY. Names and positions mean the answer's columns, then those of FROM.
    pub(super) fn order_by(
        &self,
        order_by: Option<&ast::OrderBy>,
        outputs: &[(String, Typed)],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Order> {
        let Some(ast::OrderBy { kind, interpolate }) = order_by else {
            return Ok(Order::default());
        };
        let mut order = Order::default();
        match kind {
            OrderByKind::All(options) => {
                for (_, typed) in outputs {
                    sort_key(typed.clone(), options, &mut order.keys)?;
                }
            }
            OrderByKind::Expressions(exprs) => {
                for ast::OrderByExpr { expr, options, with_fill } in exprs {
                    let typed = self.order_key(expr, outputs, scope, env)?;
                    if let Some(fill) = with_fill {
                        if order.filling.is_some() {
                            return Err(unsupported("WITH FILL of several keys"));
                        }
                        let asc = options.asc.unwrap_or(true);
                        order.filling = Some(self.filling(fill, &typed.ty, asc, env)?);
                        filled_key(typed, options, &mut order.keys);
                        if let Some(filling) = &mut order.filling {
                            filling.place = order.keys.len().saturating_sub(1);
                        }
                        continue;
                    }
                    sort_key(typed, options, &mut order.keys)?;
                }
            }
        }
        match (interpolate, &mut order.filling) {
            (None, _) => {}
            (Some(interpolate), Some(filling)) => {
                filling.interpolate = Some(interpolate.clone());
            }
            (Some(_), None) => {
                return Err(SqlError::new(
                    ChCode::InvalidWithFillExpression,
                    "INTERPOLATE needs a key WITH FILL in ORDER BY.",
                ));
            }
        }
        Ok(order)
    }

    fn order_key(
        &self,
        expr: &Expr,
        outputs: &[(String, Typed)],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        if let Some(at) = position(expr, outputs.len())? {
            return Ok(outputs.get(at).map_or_else(Typed::null, |(_, typed)| typed.clone()));
        }
        if let Expr::Identifier(ident) = expr
            && scope.aliases.contains_key(&ident.value)
            && let Some((_, typed)) = outputs.iter().find(|(name, _)| *name == ident.value)
        {
            return Ok(typed.clone());
        }
        self.checked(expr, scope, env)
    }

    /// Keys of an ORDER BY inside OVER.
    pub(in crate::bind) fn sort_keys(
        &self,
        exprs: &[ast::OrderByExpr],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Vec<SortExpr>> {
        let mut keys = Vec::new();
        for ast::OrderByExpr { expr, options, with_fill } in exprs {
            if with_fill.is_some() {
                return Err(unsupported("WITH FILL inside OVER"));
            }
            sort_key(self.expr(expr, scope, env)?, options, &mut keys)?;
        }
        Ok(keys)
    }

    /// The keys of LIMIT BY, or of DISTINCT ON, which may be positions.
    pub(super) fn keys_of_rows(
        &self,
        keys: &[Expr],
        items: &[Item],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Vec<Plan>> {
        keys.iter()
            .map(|key| {
                let at = position(key, items.len())?.and_then(|at| items.get(at));
                let expr = at.map_or(key, |item| &item.expr);
                self.checked(expr, scope, env).map(Typed::into_value)
            })
            .collect()
    }

    /// The keys of LIMIT BY; ALL stands for everything that is selected.
    pub(super) fn limit_by_keys(
        &self,
        limit_by: &LimitBy,
        items: &[Item],
        outputs: &[(String, Typed)],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Vec<Plan>> {
        match &limit_by.keys {
            None => Ok(outputs.iter().map(|(_, typed)| typed.clone().into_value()).collect()),
            Some(keys) => self.keys_of_rows(keys, items, scope, env),
        }
    }
}

/// The place among `count` columns that a whole number means, counted from 1, or from the end if it is negative.
pub(super) fn position(expr: &Expr, count: usize) -> SqlResult<Option<usize>> {
    let (number, negative) = match expr {
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => (number(expr), true),
        other => (number(other), false),
    };
    let Some(number) = number else { return Ok(None) };
    let at = match (usize::try_from(number).ok(), negative) {
        (Some(number @ 1..), true) => count.checked_sub(number),
        (Some(number), false) => number.checked_sub(1).filter(|at| *at < count),
        _ => None,
    };
    at.map(Some).ok_or_else(|| {
        SqlError::new(
            ChCode::BadArguments,
            format!("Positional argument number {expr} is out of bounds. Expected in range [1, {count}]."),
        )
    })
}

fn number(expr: &Expr) -> Option<u128> {
    let Expr::Value(value) = expr else { return None };
    let ast::Value::Number(text, _) = &value.value else { return None };
    text.parse().ok()
}

/// Appends a key WITH FILL: the column itself, which is filled, and not what would sort as it does.
fn filled_key(typed: Typed, options: &ast::OrderByOptions, keys: &mut Vec<SortExpr>) {
    let ast::OrderByOptions { asc, nulls_first } = options;
    let (asc, nulls_first) = (asc.unwrap_or(true), nulls_first.unwrap_or(false));
    keys.push(SortExpr { expr: typed.into_value(), asc, nulls_first });
}

/// Appends a key as DataFusion sorts it.
fn sort_key(
    typed: Typed,
    options: &ast::OrderByOptions,
    keys: &mut Vec<SortExpr>,
) -> SqlResult<()> {
    if matches!(typed.ty, ChType::Dynamic | ChType::Variant(_)) {
        return Err(SqlError::new(
            ChCode::IllegalColumn,
            "Data types Variant/Dynamic are not allowed in ORDER BY keys: use a `.:Type` subcolumn or CAST.",
        ));
    }
    if let ChType::Tuple(fields) = typed.ty.strip_nullable() {
        // Element after element, so that the NULLs in them go where NULLs go.
        for position in 1..=fields.len() {
            let position = literal(&Value::Int(position as i128))?;
            sort_key(scalar("tupleElement", vec![typed.clone(), position])?, options, keys)?;
        }
        return Ok(());
    }
    let ast::OrderByOptions { asc, nulls_first } = options;
    let asc = asc.unwrap_or(true);
    let nulls_first = nulls_first.unwrap_or(false);
    let ty = typed.ty.strip_nullable().clone();
    let may_be_nan = matches!(ty, ChType::Float(_)) && !typed.stored;
    let mut expr = ordinal(typed)?.into_value();
    if may_be_nan {
        // NaN comes with the NULLs in both directions; DataFusion takes it for the greatest or, after a division, the least.
        let is_nan = datafusion::functions::math::expr_fn::isnan(expr.clone());
        keys.push(SortExpr { expr: is_nan.clone(), asc: !nulls_first, nulls_first });
        // Some NaN have a sign, by which DataFusion would order them.
        let nan = lit(scalar_of(&Value::Float(f64::NAN), &ty)?);
        expr = when(is_nan, nan).otherwise(expr).map_err(plan_error)?;
    }
    keys.push(SortExpr { expr, asc, nulls_first });
    Ok(())
}
