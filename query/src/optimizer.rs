//! The rules that logical plans pass: DataFusion's, and ours before those that would go wrong.
//!
//! They run in passes of our own. DataFusion's optimizer applies every rule to every plan, and looks through all expressions for
//! subqueries at each; plans of the binder have none, and most have no join, either. That took more than half of its time.

mod fence;
mod keys;

use datafusion::{
    common::{
        Result,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion, TreeNodeRewriter},
    },
    logical_expr::LogicalPlan,
    optimizer::{ApplyOrder, Optimizer, OptimizerConfig, OptimizerRule},
};
use fence::FenceOneGroup;
use keys::ForgetKeys;
use std::sync::Arc;

type Rule = Arc<dyn OptimizerRule + Send + Sync>;
type ActsOn = fn(&Contents) -> bool;

/// The rules that ask which columns are unique keys.
const ASK_FOR_KEYS: [&str; 3] =
    ["replace_distinct_aggregate", "eliminate_duplicated_expr", "optimize_projections"];

/// The rule that moves conditions towards the tables.
const MOVES_CONDITIONS: &str = "push_down_filter";

/// Rules that are not applied, and why.
const LEFT_OUT: [(&str, &str); 7] = [
    ("rewrite_set_comparison", "about subqueries, of which the binder makes joins or values"),
    ("decorrelate_predicate_subquery", "about subqueries"),
    ("scalar_subquery_to_join", "about subqueries"),
    ("decorrelate_lateral_join", "about subqueries"),
    ("unions_to_filter", "off in DataFusion, too"),
    ("extract_leaf_expressions", "gave wrong answers; no plan of ours has nested fields to push"),
    ("push_down_leaf_projections", "of the same kind"),
];

/// What else rules act on; they have nothing to do in a plan without. All others are always applied.
const ACTS_ON: [(&str, ActsOn); 11] = [
    ("optimize_unions", |has| has.unions),
    ("replace_distinct_aggregate", |has| has.distinct),
    ("eliminate_join", |has| has.joins),
    ("extract_equijoin_predicate", |has| has.joins),
    ("eliminate_cross_join", |has| has.joins),
    ("filter_null_join_keys", |has| has.joins),
    ("eliminate_outer_join", |has| has.joins),
    // Joins give their conditions away.
    ("eliminate_filter", |has| has.conditions || has.joins),
    (MOVES_CONDITIONS, |has| has.conditions || has.joins),
    // DISTINCT becomes groups on the way.
    ("single_distinct_aggregation_to_group_by", |has| has.groups || has.distinct),
    ("eliminate_group_by_constant", |has| has.groups || has.distinct),
];

/// All rules, as one that applies them in order.
pub(crate) fn rules() -> Vec<Rule> {
    vec![Arc::new(Pass { steps: steps() })]
}

/// One rule, and whether a plan has what it acts on.
#[derive(Debug)]
struct Step {
    rule: Rule,
    acts_on: ActsOn,
}

fn steps() -> Vec<Step> {
    let (forget, fence): (Rule, Rule) = (Arc::new(ForgetKeys), Arc::new(FenceOneGroup));
    let all = Optimizer::new().rules.into_iter();
    let applied = all.filter(|rule| LEFT_OUT.iter().all(|(name, _)| *name != rule.name()));
    let steps = applied.flat_map(|rule| {
        let acts_on = acts_on(rule.name());
        let first = match rule.name() {
            MOVES_CONDITIONS => Some(&fence),
            name => ASK_FOR_KEYS.contains(&name).then_some(&forget),
        };
        let first = first.map(|first| Step { rule: Arc::clone(first), acts_on });
        first.into_iter().chain([Step { rule, acts_on }])
    });
    steps.collect()
}

fn acts_on(rule: &str) -> ActsOn {
    ACTS_ON.iter().find(|(name, _)| *name == rule).map_or(|_| true, |(_, acts_on)| *acts_on)
}

/// What is in a plan.
#[derive(Debug, Default)]
struct Contents {
    joins: bool,
    unions: bool,
    distinct: bool,
    groups: bool,
    conditions: bool,
}

impl Contents {
    fn of(plan: &LogicalPlan) -> Result<Self> {
        let mut has = Self::default();
        plan.apply(|node| {
            match node {
                LogicalPlan::Join(_) => has.joins = true,
                LogicalPlan::Union(_) => has.unions = true,
                LogicalPlan::Distinct(_) => has.distinct = true,
                LogicalPlan::Aggregate(_) => has.groups = true,
                LogicalPlan::Filter(_) => has.conditions = true,
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(has)
    }
}

/// Applies all rules that have something to act on once.
#[derive(Debug)]
struct Pass {
    steps: Vec<Step>,
}

impl OptimizerRule for Pass {
    fn name(&self) -> &str {
        "pass"
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        config: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        debug_assert!(!has_subqueries(&plan), "a subquery that no rule takes away: {plan}");
        let has = Contents::of(&plan)?;
        let mut steps = self.steps.iter().filter(|step| (step.acts_on)(&has));
        steps.try_fold(Transformed::no(plan), |plan, step| {
            plan.transform_data(|plan| apply(&*step.rule, plan, config))
        })
    }
}

fn has_subqueries(plan: &LogicalPlan) -> bool {
    let within = |node: &LogicalPlan| {
        let mut found = false;
        node.apply_subqueries(|_| {
            found = true;
            Ok(TreeNodeRecursion::Stop)
        })?;
        Ok(found)
    };
    plan.exists(within).unwrap_or(false)
}

fn apply(
    rule: &(dyn OptimizerRule + Send + Sync),
    plan: LogicalPlan,
    config: &dyn OptimizerConfig,
) -> Result<Transformed<LogicalPlan>> {
    let out = match rule.apply_order() {
        Some(order) => plan.rewrite(&mut Walk { order, rule, config }),
        None => rule.rewrite(plan, config),
    };
    out.map_err(|error| error.context(format!("Optimizer rule '{}' failed", rule.name())))
}

/// Applies a rule to each node of a plan.
struct Walk<'a> {
    order: ApplyOrder,
    rule: &'a (dyn OptimizerRule + Send + Sync),
    config: &'a dyn OptimizerConfig,
}

impl Walk<'_> {
    fn visit(&self, node: LogicalPlan, order: ApplyOrder) -> Result<Transformed<LogicalPlan>> {
        if self.order == order {
            self.rule.rewrite(node, self.config)
        } else {
            Ok(Transformed::no(node))
        }
    }
}

impl TreeNodeRewriter for Walk<'_> {
    type Node = LogicalPlan;

    fn f_down(&mut self, node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
        self.visit(node, ApplyOrder::TopDown)
    }

    fn f_up(&mut self, node: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
        self.visit(node, ApplyOrder::BottomUp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A rule that goes by another name in the next release would go wrong again unnoticed, or be applied to all plans.
    #[test]
    fn rules_go_by_the_names_they_are_known_by() {
        let all: Vec<String> =
            Optimizer::new().rules.iter().map(|rule| rule.name().to_owned()).collect();
        let known = LEFT_OUT.iter().map(|(name, _)| name);
        for name in known.chain(ACTS_ON.iter().map(|(name, _)| name)).chain(&ASK_FOR_KEYS) {
            assert!(all.iter().any(|rule| rule == name), "{name}");
        }
        let names: Vec<String> = steps().iter().map(|step| step.rule.name().to_owned()).collect();
        assert!(LEFT_OUT.iter().all(|(name, _)| names.iter().all(|applied| applied != name)));
        for asking in ASK_FOR_KEYS {
            let at = names.iter().position(|name| name == asking).unwrap();
            assert_eq!(names[at - 1], "forget_keys", "{asking}");
        }
        let at = names.iter().position(|name| name == MOVES_CONDITIONS).unwrap();
        assert_eq!(names[at - 1], "fence_one_group");
    }
}
