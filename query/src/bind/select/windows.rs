//! Columns that number or rank rows, and what window functions compute.

use super::super::{Binder, column, plan_error, scope::Computed};
use crate::{error::SqlResult, types::ChType};
use datafusion::{
    functions_window::{rank::rank_udwf, row_number::row_number_udwf},
    logical_expr::{
        Expr as Plan, LogicalPlan, LogicalPlanBuilder, SortExpr, WindowFrame,
        WindowFunctionDefinition, WindowUDF, cast,
        expr::{WindowFunction, WindowFunctionParams},
        lit,
    },
};
use std::sync::Arc;

impl Binder<'_> {
    /// Keeps `count` rows per key, after `offset`, in the given order.
    pub(in crate::bind) fn numbered(
        &self,
        plan: LogicalPlan,
        keys: Vec<Plan>,
        order_by: Vec<SortExpr>,
        count: usize,
        offset: usize,
    ) -> SqlResult<LogicalPlan> {
        let id = self.fresh();
        let computed = row_number(&id, keys, order_by);
        let plan = windowed(plan, std::slice::from_ref(&computed))?;
        let row = || column(&id);
        let last = offset.saturating_add(count) as u64;
        let keep = row().gt(lit(offset as u64)).and(row().lt_eq(lit(last)));
        LogicalPlanBuilder::from(plan)
            .filter(keep)
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_error)
    }
}

/// The number of a row within its partition.
pub(in crate::bind) fn row_number(
    id: &str,
    partition_by: Vec<Plan>,
    order_by: Vec<SortExpr>,
) -> Computed {
    numbering(id, row_number_udwf(), partition_by, order_by)
}

/// The number of the first row that is equal to a row by the order.
pub(super) fn rank(id: &str, order_by: Vec<SortExpr>) -> Computed {
    numbering(id, rank_udwf(), Vec::new(), order_by)
}

fn numbering(
    id: &str,
    function: Arc<WindowUDF>,
    partition_by: Vec<Plan>,
    order_by: Vec<SortExpr>,
) -> Computed {
    let params = WindowFunctionParams {
        args: Vec::new(),
        partition_by,
        order_by,
        window_frame: WindowFrame::new(None),
        filter: None,
        null_treatment: None,
        distinct: false,
    };
    let fun = WindowFunctionDefinition::WindowUDF(function);
    let expr = Plan::WindowFunction(Box::new(WindowFunction { fun, params }));
    Computed { expr, id: id.to_owned(), ty: ChType::UInt(64) }
}

/// A window over columns: what it is partitioned and ordered by is computed before. DataFusion folds constants inside such
/// expressions in one place and not in another, and then misses the order it asked for.
fn over_columns(expr: Plan, computed: &mut Vec<Plan>) -> Plan {
    let Plan::WindowFunction(mut window) = expr else { return expr };
    let mut as_column = |expr: &mut Plan| {
        if matches!(expr, Plan::Column(_) | Plan::Literal(..)) {
            return;
        }
        let same = |known: &Plan| matches!(known, Plan::Alias(alias) if *alias.expr == *expr);
        let at = computed.iter().position(same).unwrap_or_else(|| {
            computed.push(expr.clone().alias(format!("__over_{}", computed.len())));
            computed.len() - 1
        });
        *expr = column(&format!("__over_{at}"));
    };
    window.params.partition_by.iter_mut().for_each(&mut as_column);
    window.params.order_by.iter_mut().for_each(|key| as_column(&mut key.expr));
    Plan::WindowFunction(window)
}

/// The plan with one more column per window function.
pub(in crate::bind) fn windowed(plan: LogicalPlan, windows: &[Computed]) -> SqlResult<LogicalPlan> {
    if windows.is_empty() {
        return Ok(plan);
    }
    let kept: Vec<Plan> = plan.schema().columns().into_iter().map(Plan::Column).collect();
    let mut computed = Vec::new();
    let exprs: Vec<Plan> =
        windows.iter().map(|w| over_columns(w.expr.clone(), &mut computed)).collect();
    let with_keys = kept.iter().cloned().chain(computed);
    let plan = LogicalPlanBuilder::from(plan)
        .project(with_keys)
        .and_then(LogicalPlanBuilder::build)
        .map_err(plan_error)?;
    let named = windows.iter().zip(&exprs).map(|(w, expr)| {
        let name = expr.schema_name().to_string();
        let made = Plan::Column(datafusion::common::Column::new_unqualified(name));
        // DataFusion's counts are signed.
        let made = if w.ty == ChType::UInt(64) { cast(made, w.ty.arrow()) } else { made };
        made.alias(&w.id)
    });
    let named: Vec<Plan> = named.collect();
    let plan = LogicalPlanBuilder::window_plan(plan, exprs).map_err(plan_error)?;
    LogicalPlanBuilder::from(plan)
        .project(kept.into_iter().chain(named))
        .and_then(LogicalPlanBuilder::build)
        .map_err(plan_error)
}
