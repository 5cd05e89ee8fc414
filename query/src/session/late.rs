//! Expressions behind a LIMIT. DataFusion brings a projection that has fewer columns than its input beneath a sort, where it is
//! computed for all rows instead of those of the LIMIT, and fails for any of them.

use super::rules::Rule;
use datafusion::{
    common::{
        Result as DfResult,
        config::ConfigOptions,
        tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion},
    },
    physical_expr::expressions::Column,
    physical_optimizer::{PhysicalOptimizerRule, output_requirements::OutputRequirementExec},
    physical_plan::{
        ExecutionPlan,
        projection::{ProjectionExec, remove_unnecessary_projections},
        sorts::{sort::SortExec, sort_preserving_merge::SortPreservingMergeExec},
    },
};
use std::sync::Arc;

/// DataFusion's rule for projections, except for those that compute something of the rows that a sort with a LIMIT leaves.
#[derive(Debug)]
pub(super) struct LateProjections {
    all: Rule,
}

impl LateProjections {
    pub(super) fn new(all: Rule) -> Self {
        Self { all }
    }
}

impl PhysicalOptimizerRule for LateProjections {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        if !plan.exists(|node| Ok(is_late(node)))? {
            return self.all.optimize(plan, config);
        }
        let around = |node: Arc<dyn ExecutionPlan>| {
            if !is_late(&node) {
                return remove_unnecessary_projections(node);
            }
            let beneath = node.children().into_iter().cloned();
            let beneath =
                beneath.map(|sort| self.beneath(sort, config)).collect::<DfResult<_>>()?;
            let node = node.with_new_children(beneath)?;
            Ok(Transformed::new(node, true, TreeNodeRecursion::Jump))
        };
        plan.transform_down(around).data()
    }

    fn name(&self) -> &'static str {
        "late_projections"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

impl LateProjections {
    /// The sort with better inputs.
    fn beneath(
        &self,
        sort: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        let inputs = sort.children().into_iter().cloned();
        let inputs =
            inputs.map(|input| self.optimize(input, config)).collect::<DfResult<Vec<_>>>()?;
        sort.with_new_children(inputs)
    }
}

/// Whether a plan is a projection right behind a sort with a LIMIT, and computes something.
fn is_late(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let Some(projection) = plan.downcast_ref::<ProjectionExec>() else { return false };
    is_limited_sort(projection.input())
        && projection.expr().iter().any(|column| !column.expr.is::<Column>())
}

/// Whether a plan is a sort with a LIMIT; until DataFusion has made the rest, a note of its order may stand above it.
fn is_limited_sort(plan: &Arc<dyn ExecutionPlan>) -> bool {
    if plan.is::<OutputRequirementExec>() {
        return plan.children().into_iter().all(is_limited_sort);
    }
    plan.fetch().is_some() && (plan.is::<SortExec>() || plan.is::<SortPreservingMergeExec>())
}
