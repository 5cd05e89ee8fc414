//! The end of a SELECT: projection, DISTINCT, ORDER BY, gaps, LIMIT.

use super::{
    super::{
        Binder, column, plan_error,
        query::{Output, Relation},
    },
    Tail,
    order::Order,
    windows::{rank, row_number, windowed},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
};
use datafusion::{
    common::{
        Column,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    logical_expr::{Expr as Plan, LogicalPlan, LogicalPlanBuilder, SortExpr, lit},
};
use std::collections::BTreeSet;

impl Binder<'_> {
    /// Projection, DISTINCT, ORDER BY and LIMIT.
    pub(super) fn project(
        &self,
        plan: LogicalPlan,
        outputs: Vec<(String, Typed)>,
        order: Order,
        distinct: bool,
        tail: &Tail<'_>,
        totals: Option<LogicalPlan>,
    ) -> SqlResult<Relation> {
        let mut columns = Vec::new();
        let mut exprs = Vec::new();
        for (name, typed) in outputs {
            let id = self.fresh();
            columns.push(Output { name, id: id.clone(), ty: typed.ty.clone() });
            exprs.push(typed.into_value().alias(id));
        }
        let Order { keys, filling } = order;
        let may_wait = tail.limit.is_some() && !keys.is_empty() && !distinct && filling.is_none();
        let late = if may_wait { take_late(&mut exprs, &keys) } else { Vec::new() };
        let sort = self.sort_columns(keys, distinct, &columns, &mut exprs)?;
        let mut builder = LogicalPlanBuilder::from(plan).project(exprs).map_err(plan_error)?;
        if distinct {
            builder = builder.distinct().map_err(plan_error)?;
        }
        let plan = builder.build().map_err(plan_error)?;
        let plan = match filling {
            Some(filling) => {
                let sorted = sorted(plan, &sort, None)?;
                let filled = self.filled(sorted, filling, &sort, &columns)?;
                if tail.with_ties {
                    self.tied(filled, &sort, tail)?
                } else {
                    limited(filled, tail)?
                }
            }
            None if tail.with_ties => sorted(self.tied(plan, &sort, tail)?, &sort, None)?,
            None => limited(sorted(plan, &sort, Some(tail))?, tail)?,
        };
        self.finished(plan, columns, late, sort, tail, totals)
    }

    /// The sort keys as columns of the projection; keys that are not selected are added to it.
    fn sort_columns(
        &self,
        keys: Vec<SortExpr>,
        distinct: bool,
        columns: &[Output],
        exprs: &mut Vec<Plan>,
    ) -> SqlResult<Vec<SortExpr>> {
        let mut sort = Vec::new();
        for key in keys {
            let same = exprs.iter().find(|expr| *plain(expr) == key.expr);
            let id = match same {
                Some(same) => same.qualified_name().1,
                None if distinct => {
                    let expr = of_selected(&key.expr, exprs, columns)?;
                    sort.push(SortExpr { expr, ..key });
                    continue;
                }
                None => {
                    let id = self.fresh();
                    exprs.push(key.expr.clone().alias(&id));
                    id
                }
            };
            sort.push(SortExpr { expr: column(&id), ..key });
        }
        Ok(sort)
    }

    /// Only the answer's columns, the `late` ones computed now, and the number of each row if the query around asks for it.
    fn finished(
        &self,
        plan: LogicalPlan,
        columns: Vec<Output>,
        late: Vec<Plan>,
        sort: Vec<SortExpr>,
        tail: &Tail<'_>,
        totals: Option<LogicalPlan>,
    ) -> SqlResult<Relation> {
        let mut plan = plan;
        let is_of = |expr: &&Plan, id: &str| matches!(expr, Plan::Alias(alias) if alias.name == id);
        let value = |c: &Output| {
            let late = late.iter().find(|expr| is_of(expr, &c.id));
            late.cloned().unwrap_or_else(|| column(&c.id))
        };
        let mut only = columns.iter().map(value).collect::<Vec<_>>();
        let order = (tail.wants_order && !sort.is_empty()).then(|| self.fresh());
        if let Some(id) = &order {
            plan = windowed(plan, &[row_number(id, Vec::new(), sort)])?;
            only.push(column(id));
        }
        let plan = LogicalPlanBuilder::from(plan)
            .project(only)
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_error)?;
        Ok(Relation { plan, columns, totals, order })
    }

    /// The rows of a LIMIT, with those that are equal to its last one.
    fn tied(
        &self,
        plan: LogicalPlan,
        sort: &[SortExpr],
        tail: &Tail<'_>,
    ) -> SqlResult<LogicalPlan> {
        let (number, ranked) = (self.fresh(), self.fresh());
        let numbers =
            [row_number(&number, Vec::new(), sort.to_vec()), rank(&ranked, sort.to_vec())];
        let last = tail.limit.map_or(u64::MAX, |limit| limit.saturating_add(tail.offset) as u64);
        let after = column(&number).gt(lit(tail.offset as u64));
        LogicalPlanBuilder::from(windowed(plan, &numbers)?)
            .filter(after.and(column(&ranked).lt_eq(lit(last))))
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_error)
    }
}

/// Takes the columns that ORDER BY does not need from a projection, and leaves in it what they are computed from: behind a
/// LIMIT they are computed for few rows, and, as in ClickHouse, without the errors of all others. Where nothing is computed,
/// nothing is taken.
fn take_late(exprs: &mut Vec<Plan>, keys: &[SortExpr]) -> Vec<Plan> {
    let is_late = |expr: &Plan| match plain(expr) {
        Plan::Column(_) => true,
        value => !value.is_volatile() && keys.iter().all(|key| key.expr != *value),
    };
    let computes = |expr: &Plan| !matches!(plain(expr), Plan::Column(_) | Plan::Literal(..));
    if !exprs.iter().any(|expr| is_late(expr) && computes(expr)) {
        return Vec::new();
    }
    let (late, early): (Vec<_>, Vec<_>) = std::mem::take(exprs).into_iter().partition(is_late);
    let needed: BTreeSet<Column> =
        late.iter().flat_map(|expr| expr.column_refs()).cloned().collect();
    *exprs = early;
    exprs.extend(needed.into_iter().map(Plan::Column));
    late
}

/// A column of a projection without the name that it has there.
fn plain(expr: &Plan) -> &Plan {
    match expr {
        Plan::Alias(alias) => &alias.expr,
        other => other,
    }
}

/// The rows in order; only the first ones, if a LIMIT right behind says how many are needed.
fn sorted(plan: LogicalPlan, sort: &[SortExpr], tail: Option<&Tail<'_>>) -> SqlResult<LogicalPlan> {
    if sort.is_empty() {
        return Ok(plan);
    }
    let fetch = tail.and_then(|tail| Some(tail.limit?.saturating_add(tail.offset)));
    LogicalPlanBuilder::from(plan)
        .sort_with_limit(sort.to_vec(), fetch)
        .and_then(LogicalPlanBuilder::build)
        .map_err(plan_error)
}

fn limited(plan: LogicalPlan, tail: &Tail<'_>) -> SqlResult<LogicalPlan> {
    if tail.limit.is_none() && tail.offset == 0 {
        return Ok(plan);
    }
    LogicalPlanBuilder::from(plan)
        .limit(tail.offset, tail.limit)
        .and_then(LogicalPlanBuilder::build)
        .map_err(plan_error)
}

/// A sort key of a SELECT DISTINCT, computed from what is selected.
fn of_selected(key: &Plan, selected: &[Plan], columns: &[Output]) -> SqlResult<Plan> {
    let by_output = |expr: &Plan| {
        let same = |plan: &&Plan| matches!(plan, Plan::Alias(alias) if *alias.expr == *expr);
        let at = selected.iter().position(|plan| same(&plan))?;
        columns.get(at).map(|output| column(&output.id))
    };
    let replaced = key.clone().transform_down(|expr| {
        Ok(match by_output(&expr) {
            Some(output) => Transformed::new(output, true, TreeNodeRecursion::Jump),
            None => Transformed::no(expr),
        })
    });
    let replaced = replaced.map_err(plan_error)?.data;
    let known = |name: &str| columns.iter().any(|output| output.id == name);
    if replaced.column_refs().iter().all(|column| known(&column.name)) {
        return Ok(replaced);
    }
    Err(SqlError::new(
        ChCode::UnknownIdentifier,
        "ORDER BY of SELECT DISTINCT may use only selected expressions.",
    ))
}
