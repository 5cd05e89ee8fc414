//! What plans say of unique keys.

use datafusion::{
    common::{
        DFSchema, FunctionalDependencies, Result,
        tree_node::{Transformed, TreeNode},
    },
    logical_expr::LogicalPlan,
    optimizer::{OptimizerConfig, OptimizerRule},
};
use std::sync::Arc;

/// Takes from grouped and numbered rows what they say of their unique keys. DataFusion 54 counts a projection's columns
/// wrongly where something computed stands before a key (apache/datafusion#23027), takes the wrong column for the key, and then
/// leaves keys out of ORDER BY, GROUP BY and DISTINCT.
#[derive(Debug)]
pub(super) struct ForgetKeys;

impl OptimizerRule for ForgetKeys {
    fn name(&self) -> &str {
        "forget_keys"
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        _: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        if !plan.exists(|node| Ok(has_keys(node.schema())))? {
            return Ok(Transformed::no(plan));
        }
        plan.transform_up(forgotten)
    }
}

fn has_keys(schema: &DFSchema) -> bool {
    !schema.functional_dependencies().is_empty()
}

/// A node that knows no unique keys, above nodes that know none.
fn forgotten(node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    if !has_keys(node.schema()) {
        return Ok(Transformed::no(node));
    }
    let without = |schema: &DFSchema| {
        schema.clone().with_functional_dependencies(FunctionalDependencies::empty()).map(Arc::new)
    };
    let node = match node {
        // Their constructors would find the keys again.
        LogicalPlan::Aggregate(mut aggregate) => {
            aggregate.schema = without(&aggregate.schema)?;
            LogicalPlan::Aggregate(aggregate)
        }
        LogicalPlan::Window(mut window) => {
            window.schema = without(&window.schema)?;
            LogicalPlan::Window(window)
        }
        other => other.recompute_schema()?,
    };
    Ok(Transformed::yes(node))
}
