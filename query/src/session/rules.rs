//! The rules that make a physical plan a better one: DataFusion's, with ours among them.

use super::{
    late::LateProjections, nested::NestedOrders, single::SinglePartitions,
    statistics::UnfilteredStatistics,
};
use datafusion::physical_optimizer::{PhysicalOptimizerRule, optimizer::PhysicalOptimizer};
use std::sync::Arc;

pub(super) type Rule = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

/// DataFusion's check, which is the last to see a plan.
const CHECK: &str = "SanityCheckPlan";
/// DataFusion's rule that answers aggregates from statistics.
const STATISTICS: &str = "aggregate_statistics";
/// DataFusion's rule that brings projections closer to the tables.
const PROJECTIONS: &str = "ProjectionPushdown";

/// DataFusion's rules, two of them kept from where they go wrong, and before its check those that mend orders by nested values
/// and partitions.
pub(super) fn rules() -> Vec<Rule> {
    let all = PhysicalOptimizer::new().rules.into_iter();
    all.flat_map(|rule| -> Vec<Rule> {
        match rule.name() {
            STATISTICS => vec![Arc::new(UnfilteredStatistics::new(rule))],
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
        for (ours, theirs) in
            [("unfiltered_statistics", STATISTICS), ("late_projections", PROJECTIONS)]
        {
            assert!(
                names.iter().any(|name| name == ours) && !names.iter().any(|name| name == theirs)
            );
        }
    }
}
