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
    common::tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    logical_expr::{Expr as Plan, LogicalPlan, LogicalPlanBuilder, SortExpr, lit},
};

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
        self.finished(plan, columns, sort, tail, totals)
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
            let same = exprs
                .iter()
                .zip(columns)
                .find(|(expr, _)| matches!(expr, Plan::Alias(alias) if *alias.expr == key.expr))
                .map(|(_, c)| c.id.clone());
            let id = match same {
                Some(id) => id,
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

    /// Only the answer's columns, and the number of each row if the query around asks for it.
    fn finished(
        &self,
        plan: LogicalPlan,
        columns: Vec<Output>,
        sort: Vec<SortExpr>,
        tail: &Tail<'_>,
        totals: Option<LogicalPlan>,
    ) -> SqlResult<Relation> {
        let mut plan = plan;
        let mut only = columns.iter().map(|c| column(&c.id)).collect::<Vec<_>>();
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
