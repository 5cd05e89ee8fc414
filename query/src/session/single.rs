//! Inputs of one partition for operators that need one. DataFusion 54 takes the operator that joins partitions from beneath a
//! join that collects its left side, when it moves a sort; its own check then refuses the plan.

use datafusion::{
    common::{
        Result as DfResult,
        config::ConfigOptions,
        tree_node::{Transformed, TransformedResult, TreeNode},
    },
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::{
        Distribution, ExecutionPlan, ExecutionPlanProperties,
        coalesce_partitions::CoalescePartitionsExec,
    },
};
use std::sync::Arc;

/// Collects the partitions of an input of which one is asked for.
#[derive(Debug)]
pub(super) struct SinglePartitions;

impl PhysicalOptimizerRule for SinglePartitions {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        plan.transform_up(collected).data()
    }

    fn name(&self) -> &'static str {
        "single_partitions"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The operator with one partition wherever it needs that, and no order.
fn collected(plan: Arc<dyn ExecutionPlan>) -> DfResult<Transformed<Arc<dyn ExecutionPlan>>> {
    let (distributions, orders) =
        (plan.required_input_distribution(), plan.required_input_ordering());
    let needs = distributions.iter().zip(&orders).map(|(distribution, order)| {
        matches!(distribution, Distribution::SinglePartition) && order.is_none()
    });
    let mut changed = false;
    let children: Vec<Arc<dyn ExecutionPlan>> = plan
        .children()
        .into_iter()
        .zip(needs)
        .map(|(child, needs)| {
            let child = Arc::clone(child);
            if needs && child.output_partitioning().partition_count() > 1 {
                changed = true;
                return Arc::new(CoalescePartitionsExec::new(child)) as Arc<dyn ExecutionPlan>;
            }
            child
        })
        .collect();
    if !changed || children.len() != plan.children().len() {
        return Ok(Transformed::no(plan));
    }
    plan.with_new_children(children).map(Transformed::yes)
}
