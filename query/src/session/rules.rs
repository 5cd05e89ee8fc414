//! The rules that make a physical plan a better one: DataFusion's, with ours among them.

use super::{late::LateProjections, nested::NestedOrders, single::SinglePartitions};
use datafusion::physical_optimizer::{PhysicalOptimizerRule, optimizer::PhysicalOptimizer};
use std::sync::Arc;

type Rule = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

/// DataFusion's check, which is the last to see a plan.
const CHECK: &str = "SanityCheckPlan";
/// DataFusion's rule that brings projections closer to the tables.
const PROJECTIONS: &str = "ProjectionPushdown";

/// DataFusion's rules, where the one for projections leaves those behind a LIMIT there, and before its check those that mend
/// orders by nested values and partitions.
pub(super) fn rules() -> Vec<Rule> {
    let all = PhysicalOptimizer::new().rules.into_iter();
    all.flat_map(|rule| -> Vec<Rule> {
        match rule.name() {
            PROJECTIONS => vec![Arc::new(LateProjections::new(rule))],
            CHECK => vec![Arc::new(NestedOrders), Arc::new(SinglePartitions), rule],
            _ => vec![rule],
        }
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rule that goes by another name in the next release would give wrong plans again.
    #[test]
    fn our_rules_have_their_places() {
        let names: Vec<String> = rules().iter().map(|rule| rule.name().to_owned()).collect();
        let at = names.iter().position(|name| name == CHECK).unwrap();
        assert_eq!(names[at - 1], "single_partitions");
        assert!(names.iter().any(|name| name == "late_projections"));
        assert!(!names.iter().any(|name| name == PROJECTIONS));
    }
}
