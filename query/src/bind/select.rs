//! One SELECT: clauses in the order in which they act.

mod clauses;
mod grouping;
mod items;
mod order;
mod project;
mod windows;

pub(super) use clauses::clauses;
pub(super) use items::aliased;
pub(super) use windows::{row_number, windowed};

use super::{
    Binder, correlated, exists,
    expr::check_grouped,
    from::Source,
    plan_error,
    query::{Env, LimitBy, Relation},
    relation::unfold,
    scope::{Clause, Scope},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::to_predicate,
    typed::Typed,
};
use datafusion::logical_expr::{Expr as Plan, LogicalPlan, LogicalPlanBuilder};
use sqlparser::ast::{self, Expr, Select};

/// What stands after the SELECT and sees its names.
#[derive(Clone, Default)]
pub(super) struct Tail<'a> {
    pub(super) order_by: Option<&'a ast::OrderBy>,
    pub(super) limit: Option<usize>,
    pub(super) offset: usize,
    /// Whether rows that are equal to the last one by the order come along.
    pub(super) with_ties: bool,
    pub(super) limit_by: Option<LimitBy>,
    /// Whether the query around wants to know the order of rows.
    pub(super) wants_order: bool,
}

impl Tail<'_> {
    /// Whether nothing follows.
    pub(super) fn is_empty(&self) -> bool {
        self.order_by.is_none()
            && self.limit.is_none()
            && self.offset == 0
            && !self.with_ties
            && self.limit_by.is_none()
    }
}

impl Binder<'_> {
    pub(super) fn select(
        &self,
        select: &Select,
        tail: &Tail<'_>,
        env: &Env,
    ) -> SqlResult<Relation> {
        match exists::decorrelated(select)? {
            Some(joined) => match self.plain_select(&joined, tail, env) {
                // Names without a table's name were taken for the inner table's, and one of them is none of it.
                Err(error) if error.code == ChCode::UnknownIdentifier => {
                    self.plain_select(select, tail, env)
                }
                bound => bound,
            },
            None => self.plain_select(select, tail, env),
        }
    }

    fn plain_select(&self, select: &Select, tail: &Tail<'_>, env: &Env) -> SqlResult<Relation> {
        let parts = clauses(select)?;
        let tail = &self.with_top(tail, parts.top, env)?;
        let Source { rel, tables } = self.from(&select.from, env, Self::use_nulls(env))?;
        let mut scope = Scope::new(tables);
        scope.named_windows = parts.windows;
        let items = self.items(&parts.projection, &mut scope)?;
        let keys = match &select.group_by {
            ast::GroupByExpr::Expressions(keys, _) => keys.as_slice(),
            ast::GroupByExpr::All(_) => &[],
        };
        let others = [&select.prewhere, &select.selection, &select.having, &select.qualify];
        let others = others.into_iter().flatten().chain(keys).chain(order_exprs(tail.order_by));
        self.inner_aliases(items.iter().map(|item| &item.expr).chain(others), &mut scope)?;
        let items = self.untupled(items, &scope, env)?;
        if items.is_empty() {
            return Err(SqlError::new(
                ChCode::EmptyListOfColumnsQueried,
                "Empty list of columns in SELECT: no column matches.",
            ));
        }
        let mut conditions = Vec::new();
        for condition in [&select.prewhere, &select.selection].into_iter().flatten() {
            conditions.push(self.condition(condition, &scope, env)?);
        }
        let others = select.having.iter().chain(&select.qualify).chain(order_exprs(tail.order_by));
        let grouping = self.group_by(&select.group_by, &items, others.collect(), &scope, env)?;
        scope.clause.set(Clause::Output);
        let outputs = self.outputs(&items, &scope, env)?;
        let having = self.filter_of(select.having.as_ref(), &scope, env)?;
        let qualify = self.filter_of(select.qualify.as_ref(), &scope, env)?;
        let order = self.order_by(tail.order_by, &outputs, &scope, env)?;
        let limit_by = match &tail.limit_by {
            Some(by) => Some((by, self.limit_by_keys(by, &items, &outputs, &scope, env)?)),
            None => None,
        };
        let distinct_on = self.keys_of_rows(&parts.distinct_on, &items, &scope, env)?;
        for (_, typed) in &outputs {
            check_grouped(typed, &scope)?;
        }
        let input = self.input(rel, &scope, conditions)?;
        let mut plan = input.clone();
        if scope.grouped.get() {
            plan = grouping::aggregated(plan, &scope, &grouping)?;
        }
        let kept = having.is_some();
        plan = filtered(plan, having)?;
        let totals = if grouping.totals {
            let grouped = kept.then(|| plan.clone());
            Some(grouping::totals(input, grouped, &scope, &grouping, &outputs)?)
        } else {
            None
        };
        plan = windowed(plan, &scope.windows.borrow())?;
        plan = filtered(plan, qualify)?;
        if !distinct_on.is_empty() {
            plan = self.numbered(plan, distinct_on, order.keys.clone(), 1, 0)?;
        }
        if let Some((by, keys)) = limit_by {
            plan = self.numbered(plan, keys, order.keys.clone(), by.count, by.offset)?;
        }
        self.project(plan, outputs, order, parts.distinct, tail, totals)
    }

    /// TOP n is LIMIT n.
    fn with_top<'a>(
        &self,
        tail: &Tail<'a>,
        top: Option<(Expr, bool)>,
        env: &Env,
    ) -> SqlResult<Tail<'a>> {
        let Some((count, with_ties)) = top else { return Ok(tail.clone()) };
        if tail.limit.is_some() {
            return Err(SqlError::new(
                ChCode::SyntaxError,
                "Syntax error: TOP and LIMIT say the same; write one of them.",
            ));
        }
        if with_ties && tail.order_by.is_none() {
            return Err(super::query::ties_without_order());
        }
        Ok(Tail { limit: Some(self.row_count(&count, env)?), with_ties, ..tail.clone() })
    }

    fn filter_of(
        &self,
        condition: Option<&Expr>,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Option<Plan>> {
        condition.map(|e| self.checked(e, scope, env).and_then(to_predicate)).transpose()
    }

    /// The rows before grouping: FROM, what subqueries look up for each, arrays unfolded, conditions.
    fn input(
        &self,
        rel: super::relation::Rel,
        scope: &Scope,
        conditions: Vec<Plan>,
    ) -> SqlResult<LogicalPlan> {
        let (mut plan, _) = self.plan(rel)?;
        for lookup in scope.lookups.take() {
            plan = correlated::joined(plan, lookup, || self.fresh())?;
        }
        let unfolds: Vec<_> =
            scope.unfolds.borrow().iter().map(|u| (u.array.clone(), u.id.clone())).collect();
        for (array, id) in unfolds {
            plan = unfold(plan, vec![(array, id)])?;
        }
        for condition in conditions {
            plan = filtered(plan, Some(condition))?;
        }
        Ok(plan)
    }

    /// The value of an expression that may use only what grouping leaves.
    pub(super) fn checked(&self, expr: &Expr, scope: &Scope, env: &Env) -> SqlResult<Typed> {
        let typed = self.expr(expr, scope, env)?;
        check_grouped(&typed, scope)?;
        Ok(typed)
    }
}

/// The expressions of an ORDER BY.
fn order_exprs(order_by: Option<&ast::OrderBy>) -> impl Iterator<Item = &Expr> {
    let exprs = order_by.and_then(|order_by| match &order_by.kind {
        ast::OrderByKind::Expressions(exprs) => Some(exprs),
        ast::OrderByKind::All(_) => None,
    });
    exprs.into_iter().flatten().map(|key| &key.expr)
}

fn filtered(plan: LogicalPlan, condition: Option<Plan>) -> SqlResult<LogicalPlan> {
    match condition {
        Some(condition) => LogicalPlanBuilder::from(plan)
            .filter(condition)
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_error),
        None => Ok(plan),
    }
}
