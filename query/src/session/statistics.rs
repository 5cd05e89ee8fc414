//! Aggregates that statistics answer. DataFusion 54 looks for one beneath an aggregate with a FILTER, finds the aggregate of a
//! subquery, and puts its value in the place of the outer one.

use super::rules::Rule;
use datafusion::{
    common::{Result as DfResult, config::ConfigOptions, tree_node::TreeNode},
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::{ExecutionPlan, aggregates::AggregateExec},
};
use std::sync::Arc;

/// DataFusion's rule, for plans without a FILTER.
#[derive(Debug)]
pub(super) struct UnfilteredStatistics {
    all: Rule,
}

impl UnfilteredStatistics {
    pub(super) fn new(all: Rule) -> Self {
        Self { all }
    }
}

impl PhysicalOptimizerRule for UnfilteredStatistics {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        config: &ConfigOptions,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        if plan.exists(|node| Ok(has_filter(node)))? {
            return Ok(plan);
        }
        self.all.optimize(plan, config)
    }

    fn name(&self) -> &'static str {
        "unfiltered_statistics"
    }

    fn schema_check(&self) -> bool {
        self.all.schema_check()
    }
}

fn has_filter(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let aggregate = plan.downcast_ref::<AggregateExec>();
    aggregate.is_some_and(|aggregate| aggregate.filter_expr().iter().any(Option::is_some))
}
