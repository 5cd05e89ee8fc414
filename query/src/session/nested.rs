//! LIMIT above an order by arrays, tuples or maps. DataFusion's sort that keeps only the first rows leaves out what is not less
//! than the last of them, and its comparison takes a NULL inside of a value for the least one, its order for the greatest.

use datafusion::{
    common::{
        Result as DfResult,
        config::ConfigOptions,
        tree_node::{Transformed, TransformedResult, TreeNode},
    },
    physical_optimizer::PhysicalOptimizerRule,
    physical_plan::{ExecutionPlan, limit::LocalLimitExec, sorts::sort::SortExec},
};
use std::sync::Arc;

/// Sorts all rows where the order is by nested values.
#[derive(Debug)]
pub(super) struct NestedOrders;

impl PhysicalOptimizerRule for NestedOrders {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> DfResult<Arc<dyn ExecutionPlan>> {
        plan.transform_up(sorted_whole).data()
    }

    fn name(&self) -> &'static str {
        "nested_orders"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

fn sorted_whole(plan: Arc<dyn ExecutionPlan>) -> DfResult<Transformed<Arc<dyn ExecutionPlan>>> {
    let Some((sort, limit)) =
        plan.downcast_ref::<SortExec>().and_then(|sort| Some((sort, sort.fetch()?)))
    else {
        return Ok(Transformed::no(plan));
    };
    let schema = sort.schema();
    let types = sort.expr().iter().map(|key| key.expr.data_type(&schema));
    if !types.collect::<DfResult<Vec<_>>>()?.iter().any(|ty| ty.is_nested()) {
        return Ok(Transformed::no(plan));
    }
    let whole = Arc::new(sort.with_fetch(None));
    Ok(Transformed::yes(Arc::new(LocalLimitExec::new(whole, limit))))
}
