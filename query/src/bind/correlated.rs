//! A scalar subquery that looks at the row around it, `(SELECT max(x) FROM t WHERE t.key = row.key)`, becomes a table of one
//! row per key that is joined to the rows; NULL where it has none, as in ClickHouse.

use super::{
    Binder, column,
    join::aligned,
    join::conjuncts,
    plan_error,
    query::Env,
    scope::{Clause, Lookup, Scope},
    select::clauses,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{default_value, scalar_of},
    typed::Typed,
};
use datafusion::{
    common::JoinType,
    logical_expr::{LogicalPlan, LogicalPlanBuilder, lit, when},
};
use sqlparser::ast::{self, BinaryOperator, Expr, Ident, Query, SelectItem, SetExpr, TableFactor};
use std::ops::ControlFlow;

impl Binder<'_> {
    /// The value of a scalar subquery for each row; `None` if it does not look at the rows around it.
    pub(super) fn correlated(
        &self,
        query: &Query,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Option<Typed>> {
        if !self.looks_outside(query, scope) {
            return Ok(None);
        }
        if let Some(known) = scope.lookups.borrow().iter().find(|known| known.query == *query) {
            return Ok(Some(known.value.clone()));
        }
        let (inner, outer_keys) = per_key(query, &outer_names(query, scope))?;
        let relation = self.query(&inner, env)?;
        let [value, keys @ ..] = relation.columns.as_slice() else {
            return Err(refused("it selects nothing"));
        };
        let ty = value.ty.clone().nullable();
        let value = Typed::value(column(&value.id), ty.clone());
        let value = if ty.is_nullable() {
            value
        } else {
            let default = lit(scalar_of(&default_value(&ty), &ty)?);
            let expr = when(value.expr.clone().is_null(), default).otherwise(value.expr);
            Typed::value(expr.map_err(plan_error)?, ty)
        };
        let mut pairs = Vec::new();
        for (outer, key) in outer_keys.iter().zip(keys) {
            let outer = scope.within(Clause::BeforeAggregation, || self.expr(outer, scope, env))?;
            pairs.push(aligned(outer, Typed::value(column(&key.id), key.ty.clone()))?);
        }
        scope.lookups.borrow_mut().push(Lookup {
            query: query.clone(),
            plan: relation.plan,
            keys: pairs,
            value: value.clone(),
        });
        Ok(Some(value))
    }

    /// Whether a query names a table around it.
    pub(super) fn looks_outside(&self, query: &Query, scope: &Scope) -> bool {
        let outer = outer_names(query, scope);
        let found = ast::visit_expressions(query, |expr| {
            if names(expr, &outer) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        found.is_break()
    }
}

/// The rows with the value that a subquery has for each.
pub(super) fn joined(plan: LogicalPlan, lookup: Lookup) -> SqlResult<LogicalPlan> {
    let keys = lookup.keys.into_iter().unzip();
    LogicalPlanBuilder::from(plan)
        .join_with_expr_keys(lookup.plan, JoinType::Left, keys, None)
        .and_then(LogicalPlanBuilder::build)
        .map_err(plan_error)
}

/// An error for a subquery that cannot be made a table of keys.
pub(super) fn refused(why: &str) -> SqlError {
    SqlError::new(
        ChCode::NotImplemented,
        format!(
            "This subquery names a table around it, and {why}. Supported are `(SELECT value FROM … WHERE inner = outer AND …)` and `EXISTS (SELECT 1 FROM table WHERE …)`; write a JOIN."
        ),
    )
}

/// The names of the tables around a query that no table inside of it has.
fn outer_names(query: &Query, scope: &Scope) -> Vec<String> {
    let mut inner = Vec::new();
    let mut visitor = Tables(&mut inner);
    let _walked = ast::Visit::visit(query, &mut visitor);
    let outer = scope.tables.iter().filter_map(|table| table.alias.clone());
    outer.filter(|name| !inner.contains(name)).collect()
}

/// Collects the names that tables have.
struct Tables<'a>(&'a mut Vec<String>);

impl ast::Visitor for Tables<'_> {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { alias: Some(alias), .. }
            | TableFactor::Derived { alias: Some(alias), .. } => {
                self.0.push(alias.name.value.clone())
            }
            TableFactor::Table { name, .. } => {
                let name = name.0.last().and_then(|part| part.as_ident());
                self.0.extend(name.map(|ident| ident.value.clone()));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

fn names(expr: &Expr, outer: &[String]) -> bool {
    let first = match expr {
        Expr::CompoundIdentifier(parts) => parts.first(),
        Expr::CompoundFieldAccess { root, .. } => match &**root {
            Expr::Identifier(ident) => Some(ident),
            _ => None,
        },
        _ => None,
    };
    first.is_some_and(|ident| outer.contains(&ident.value))
}

/// Whether an expression names a table around it.
fn mentions(expr: &Expr, outer: &[String]) -> bool {
    let found = ast::visit_expressions(expr, |expr| {
        if names(expr, outer) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    found.is_break()
}

/// The subquery for all keys at once, `SELECT value, keys… GROUP BY keys`, and the expressions of the rows that the keys equal.
fn per_key(query: &Query, outer: &[String]) -> SqlResult<(Query, Vec<Expr>)> {
    let Query {
        with: None,
        body,
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: _,
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: _,
    } = query
    else {
        return Err(refused("has WITH, ORDER BY, LIMIT or SETTINGS"));
    };
    let SetExpr::Select(select) = &**body else {
        return Err(refused("is no plain SELECT"));
    };
    let parts = clauses(select)?;
    let grouped = !matches!(&select.group_by, ast::GroupByExpr::Expressions(keys, with) if keys.is_empty() && with.is_empty());
    let plain = !parts.is_distinct() && select.having.is_none() && select.qualify.is_none();
    if grouped || !plain {
        return Err(refused("has DISTINCT, GROUP BY, HAVING or QUALIFY"));
    }
    let value = match select.projection.as_slice() {
        [SelectItem::UnnamedExpr(value) | SelectItem::ExprWithAlias { expr: value, .. }]
            if !mentions(value, outer) =>
        {
            value
        }
        _ => return Err(refused("selects not exactly one value of its own tables")),
    };
    let (mut keys, mut outer_keys) = (Vec::new(), Vec::new());
    let mut rest: Option<Expr> = None;
    for condition in select.selection.iter().flat_map(conjuncts) {
        if !mentions(condition, outer) {
            rest = Some(and(rest, condition.clone()));
            continue;
        }
        match condition {
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
                let (own, other) =
                    if mentions(left, outer) { (right, left) } else { (left, right) };
                if mentions(own, outer) {
                    return Err(refused("compares two columns of it"));
                }
                keys.push((**own).clone());
                outer_keys.push((**other).clone());
            }
            _ => return Err(refused("compares with it by something else than `=`")),
        }
    }
    if keys.is_empty() {
        return Err(refused("has no equality with it in its WHERE"));
    }
    let mut select = (**select).clone();
    select.selection = rest;
    select.projection = std::iter::once(one_value(value))
        .chain(keys.iter().map(|key| SelectItem::UnnamedExpr(key.clone())))
        .collect();
    select.group_by = ast::GroupByExpr::Expressions(keys, Vec::new());
    let query = Query { body: Box::new(SetExpr::Select(Box::new(select))), ..query.clone() };
    Ok((query, outer_keys))
}

fn and(all: Option<Expr>, condition: Expr) -> Expr {
    match all {
        Some(all) => Expr::BinaryOp {
            left: Box::new(all),
            op: BinaryOperator::And,
            right: Box::new(condition),
        },
        None => condition,
    }
}

/// The value as it is if it is an aggregate, else that of some row.
fn one_value(value: &Expr) -> SelectItem {
    let aggregates = ast::visit_expressions(value, |expr| match expr {
        Expr::Function(call)
            if crate::functions::is_aggregate(call.name.to_string().trim_matches('`')) =>
        {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    });
    if aggregates.is_break() {
        return SelectItem::UnnamedExpr(value.clone());
    }
    SelectItem::UnnamedExpr(super::columns::call_of(
        &Ident::new("any"),
        ast::FunctionArguments::None,
        value.clone(),
    ))
}
