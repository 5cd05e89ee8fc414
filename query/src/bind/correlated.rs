//! A scalar subquery that looks at the row around it, `(SELECT max(x) FROM t WHERE t.key = row.key)`, becomes a table of one
//! row per key that is joined to the rows; NULL where it has none, as in ClickHouse.

use super::{
    Binder, column,
    join::aligned,
    join::conjuncts,
    outside::Marked,
    plan_error,
    query::Env,
    relation::keys_as_columns,
    scope::{Clause, Lookup, Scope},
    select::clauses,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{default_value, scalar, scalar_of},
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
        let known = scope.lookups.borrow().iter().find(|known| known.query == *query).cloned();
        if let Some(known) = known.filter(|_| !of_groups(scope)) {
            return Ok(Some(known.value));
        }
        let Some(marked) = self.with_outer_names(query, scope, env)? else {
            return if self.looks_outside(query, scope) {
                Err(refused("does so in a query inside of it, or has WITH or UNION"))
            } else {
                Ok(None)
            };
        };
        let (inner, outer_keys) = per_key(&marked)?;
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
            if of_groups(scope) {
                // Rows of a group have one value if what it depends on is one.
                scope.with_keys_later(false, || self.checked(outer, scope, env))?;
            }
            let outer = scope.within(Clause::BeforeAggregation, || self.expr(outer, scope, env))?;
            if names_parameter(&outer, scope) {
                return Err(refused("names a parameter of a lambda, too"));
            }
            pairs.push(aligned(outer, Typed::value(column(&key.id), key.ty.clone()))?);
        }
        scope.lookups.borrow_mut().push(Lookup {
            query: query.clone(),
            plan: relation.plan,
            keys: pairs,
            value: value.clone(),
        });
        if of_groups(scope) { self.of_group(value, scope).map(Some) } else { Ok(Some(value)) }
    }

    /// `EXISTS` that looks at the rows around it: whether they find a key. `None` if it does not look at them.
    pub(super) fn correlated_exists(
        &self,
        query: &Query,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Option<Typed>> {
        let Some(query) = with_one(query)? else { return Ok(None) };
        let Some(found) = self.correlated(&query, scope, env)? else { return Ok(None) };
        scalar("isNotNull", vec![found]).map(Some)
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

/// Whether what is bound is computed of groups.
fn of_groups(scope: &Scope) -> bool {
    scope.grouped.get() && scope.clause.get() == Clause::Output
}

fn names_parameter(value: &Typed, scope: &Scope) -> bool {
    let lambdas = scope.lambdas.borrow();
    let is_parameter = |name: &str| lambdas.iter().flatten().any(|(_, id, _)| id == name);
    value.expr.column_refs().iter().any(|column| is_parameter(&column.name))
}

/// The rows with the value that a subquery has for each.
pub(super) fn joined(
    plan: LogicalPlan,
    lookup: Lookup,
    fresh: impl Fn() -> String + Copy,
) -> SqlResult<LogicalPlan> {
    let (outer, inner) = lookup.keys.into_iter().unzip();
    let (plan, outer) = keys_as_columns(plan, outer, fresh)?;
    let (table, inner) = keys_as_columns(lookup.plan, inner, fresh)?;
    LogicalPlanBuilder::from(plan)
        .join_with_expr_keys(table, JoinType::Left, (outer, inner), None)
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

/// The LIMIT of a query, without one that leaves a row where there is one.
fn limit_of_rows(query: &Query) -> Option<ast::LimitClause> {
    let some = match &query.limit_clause {
        Some(ast::LimitClause::LimitOffset {
            limit: Some(Expr::Value(count)),
            offset: None,
            limit_by,
        }) => {
            limit_by.is_empty()
                && matches!(&count.value, ast::Value::Number(n, _) if n.parse().is_ok_and(|n: u64| n > 0))
        }
        _ => false,
    };
    query.limit_clause.clone().filter(|_| !some)
}

/// A query that has rows where this one has: `SELECT 1`, in no order. `None` if it is none of rows.
fn with_one(query: &Query) -> SqlResult<Option<Query>> {
    let unordered = Query { order_by: None, limit_clause: limit_of_rows(query), ..query.clone() };
    let SetExpr::Select(select) = &*query.body else { return Ok(None) };
    let mut select = select.clone();
    // There is a group where there is a row, if there are keys.
    if matches!(&select.group_by, ast::GroupByExpr::Expressions(keys, with) if !keys.is_empty() && with.is_empty())
    {
        select.group_by = ast::GroupByExpr::Expressions(Vec::new(), Vec::new());
    }
    let unordered = Query { body: Box::new(SetExpr::Select(select.clone())), ..unordered };
    if !super::exists::has_row_for_row(&unordered)? {
        return Ok(None);
    }
    let one = Expr::value(ast::Value::Number("1".to_owned(), false));
    select.projection = vec![SelectItem::UnnamedExpr(one)];
    Ok(Some(Query { body: Box::new(SetExpr::Select(select)), ..unordered }))
}

/// The subquery for all keys at once, `SELECT value, keys… GROUP BY keys`, and the expressions of the rows that the keys equal.
fn per_key(marked: &Marked) -> SqlResult<(Query, Vec<Expr>)> {
    let query = &marked.query;
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
            if !marked.mentions(value) =>
        {
            value
        }
        _ => return Err(refused("selects not exactly one value of its own tables")),
    };
    let (mut keys, mut outer_keys) = (Vec::new(), Vec::new());
    let mut rest: Option<Expr> = None;
    for condition in select.selection.iter().flat_map(conjuncts) {
        if !marked.mentions(condition) {
            rest = Some(and(rest, condition.clone()));
            continue;
        }
        match condition {
            Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
                let (own, other) =
                    if marked.mentions(left) { (right, left) } else { (left, right) };
                if marked.mentions(own) {
                    return Err(refused("compares two columns of it"));
                }
                keys.push((**own).clone());
                outer_keys.push((**other).clone());
            }
            // A condition on the row around alone: it is true where the subquery has its rows.
            other if only_outer(other, marked) => {
                keys.push(Expr::value(ast::Value::Boolean(true)));
                outer_keys.push(not(not(Expr::Nested(Box::new(other.clone())))));
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

/// Whether all names in an expression are from around, and it asks nothing else.
fn only_outer(expr: &Expr, marked: &Marked) -> bool {
    let found = ast::visit_expressions(expr, |expr| match expr {
        Expr::Identifier(ident) if !marked.outer.contains(&ident.value) => ControlFlow::Break(()),
        Expr::CompoundIdentifier(_)
        | Expr::CompoundFieldAccess { .. }
        | Expr::Subquery(_)
        | Expr::InSubquery { .. }
        | Expr::Exists { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    found.is_continue()
}

fn not(expr: Expr) -> Expr {
    Expr::UnaryOp { op: ast::UnaryOperator::Not, expr: Box::new(expr) }
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
