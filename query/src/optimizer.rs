//! The rules that logical plans pass: DataFusion's, and ours before those that would go wrong.

use datafusion::{
    common::{
        DFSchema, FunctionalDependencies, Result,
        tree_node::{Transformed, TreeNodeRecursion},
    },
    logical_expr::{Aggregate, Expr, LogicalPlan, LogicalPlanBuilder},
    optimizer::{Optimizer, OptimizerConfig, OptimizerRule},
};
use std::sync::Arc;

type Rule = Arc<dyn OptimizerRule + Send + Sync>;

/// The rules that ask which columns are unique keys.
const ASK_FOR_KEYS: [&str; 3] =
    ["replace_distinct_aggregate", "eliminate_duplicated_expr", "optimize_projections"];

/// The rule that moves conditions towards the tables.
const MOVES_CONDITIONS: &str = "push_down_filter";

/// All rules, in order.
pub(crate) fn rules() -> Vec<Rule> {
    let (forget, fence): (Rule, Rule) = (Arc::new(ForgetKeys), Arc::new(FenceOneGroup));
    let all = Optimizer::new().rules.into_iter();
    all.flat_map(|rule| {
        let first = match rule.name() {
            MOVES_CONDITIONS => Some(Arc::clone(&fence)),
            name => ASK_FOR_KEYS.contains(&name).then(|| Arc::clone(&forget)),
        };
        first.into_iter().chain([rule])
    })
    .collect()
}

/// Keeps conditions above a group of all rows. DataFusion 54 moves one that names no column, once what stands for a name has
/// taken its place, beneath the group: `SELECT * FROM (SELECT 5 AS a, count() FROM t) WHERE a = 6` would count no rows and show
/// that. It moves none beneath a LIMIT.
#[derive(Debug)]
struct FenceOneGroup;

impl OptimizerRule for FenceOneGroup {
    fn name(&self) -> &str {
        "fence_one_group"
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        _: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        let found = any(
            &plan,
            |node| matches!(node, LogicalPlan::Aggregate(aggregate) if groups_of_all_rows(aggregate).is_some()),
        )?;
        if !found {
            return Ok(Transformed::no(plan));
        }
        plan.transform_up_with_subqueries(|node| {
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

/// Whether a plan has such a node.
fn any(plan: &LogicalPlan, is_it: impl Fn(&LogicalPlan) -> bool) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        found |= is_it(node);
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
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

/// Takes from grouped and numbered rows what they say of their unique keys. DataFusion 54 counts a projection's columns
/// wrongly where something computed stands before a key (apache/datafusion#23027), takes the wrong column for the key, and then
/// leaves keys out of ORDER BY, GROUP BY and DISTINCT.
#[derive(Debug)]
struct ForgetKeys;

impl OptimizerRule for ForgetKeys {
    fn name(&self) -> &str {
        "forget_keys"
    }

    fn rewrite(
        &self,
        plan: LogicalPlan,
        _: &dyn OptimizerConfig,
    ) -> Result<Transformed<LogicalPlan>> {
        if !any(&plan, |node| has_keys(node.schema()))? {
            return Ok(Transformed::no(plan));
        }
        plan.transform_up_with_subqueries(forgotten)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A rule that goes by another name in the next release would go wrong again unnoticed.
    #[test]
    fn the_rules_that_would_go_wrong_are_there() {
        let names: Vec<String> = rules().iter().map(|rule| rule.name().to_owned()).collect();
        for asking in ASK_FOR_KEYS {
            let at = names.iter().position(|name| name == asking).unwrap();
            assert_eq!(names[at - 1], "forget_keys", "{asking}");
        }
        let at = names.iter().position(|name| name == MOVES_CONDITIONS).unwrap();
        assert_eq!(names[at - 1], "fence_one_group");
    }
}
