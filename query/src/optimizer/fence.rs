//! Conditions above a group of all rows.

use datafusion::{
    common::{
        Result,
        tree_node::{Transformed, TreeNode},
    },
    logical_expr::{Aggregate, Expr, LogicalPlan, LogicalPlanBuilder},
    optimizer::{OptimizerConfig, OptimizerRule},
};

/// Keeps conditions above a group of all rows. DataFusion 54 moves one that names no column, once what stands for a name has
/// taken its place, beneath the group: `SELECT * FROM (SELECT 5 AS a, count() FROM t) WHERE a = 6` would count no rows and show
/// that. It moves none beneath a LIMIT.
#[derive(Debug)]
pub(super) struct FenceOneGroup;

impl OptimizerRule for FenceOneGroup {
    fn name(&self) -> &str {
        "fence_one_group"
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        _: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        let of_all_rows = |node: &LogicalPlan| matches!(node, LogicalPlan::Aggregate(aggregate) if groups_of_all_rows(aggregate).is_some());
        if !plan.exists(|node| Ok(of_all_rows(node)))? {
            return Ok(Transformed::no(plan));
        }
        plan.transform_up(|node| {
            let below =
                if let LogicalPlan::Filter(filter) = &node { fenced(&filter.input)? } else { None };
            Ok(match below {
                Some(input) => {
                    Transformed::yes(node.with_new_exprs(node.expressions(), vec![input])?)
                }
                None => Transformed::no(node),
            })
        })
    }
}

/// More groups than any memory holds.
const GROUPS_MAX: usize = u32::MAX as usize;

/// How many groups there are at most, if one of them may be of all rows.
fn groups_of_all_rows(aggregate: &Aggregate) -> Option<usize> {
    match aggregate.group_expr.as_slice() {
        [] => Some(1),
        [Expr::GroupingSet(_)] => Some(GROUPS_MAX),
        _ => None,
    }
}

/// The plan with a LIMIT above its groups, if one of them may be of all rows, and if that is all there is but names.
fn fenced(plan: &LogicalPlan) -> Result<Option<LogicalPlan>> {
    match plan {
        LogicalPlan::Aggregate(aggregate) => {
            let Some(most) = groups_of_all_rows(aggregate) else { return Ok(None) };
            LogicalPlanBuilder::from(plan.clone()).limit(0, Some(most))?.build().map(Some)
        }
        LogicalPlan::Projection(_) | LogicalPlan::SubqueryAlias(_) | LogicalPlan::Filter(_) => {
            let [input] = plan.inputs()[..] else { return Ok(None) };
            let input = fenced(input)?;
            input.map(|input| plan.with_new_exprs(plan.expressions(), vec![input])).transpose()
        }
        _ => Ok(None),
    }
}
