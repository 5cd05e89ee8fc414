//! GROUP BY: keys, grouping sets, totals.

use super::{
    super::{
        Binder, column, plan_error,
        query::Env,
        scope::{Computed, Key, Scope},
        unsupported,
    },
    items::Item,
    order::position,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{default_value, is_call_of, is_lambda_call, scalar_of},
    typed::Typed,
    types::ChType,
};
use datafusion::{
    arrow::array::{Array, AsArray},
    common::{
        Column, JoinType, NullEquality,
        tree_node::{Transformed, TreeNode},
    },
    logical_expr::{
        Aggregate, BinaryExpr, Expr as Plan, GroupingSet, LogicalPlan, LogicalPlanBuilder,
        Operator, cast, expr::Case, lit,
    },
};
use sqlparser::ast::{
    self, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, GroupByWithModifier,
    Visit,
};
use std::ops::ControlFlow;

/// Most keys of a CUBE: it makes two sets of each.
const CUBE_KEYS_MAX: usize = 10;

/// How rows are grouped.
#[derive(Debug, Default)]
pub(super) struct Grouping {
    sets: Option<Sets>,
    /// Whether a row over all groups is wanted besides.
    pub(super) totals: bool,
}

/// Several groupings at once.
#[derive(Debug)]
enum Sets {
    Rollup,
    Cube,
    /// Places of keys.
    Listed(Vec<Vec<usize>>),
}

impl Sets {
    /// The places of the keys of each set, the whole ones first.
    fn places(&self, keys: usize) -> Vec<Vec<usize>> {
        match self {
            Self::Rollup => (0..=keys).rev().map(|first| (0..first).collect()).collect(),
            Self::Cube => (0..1_usize << keys)
                .map(|left_out| (0..keys).filter(|at| left_out >> at & 1 == 0).collect())
                .collect(),
            Self::Listed(sets) => sets.clone(),
        }
    }
}

impl Binder<'_> {
    /// Binds the grouping keys, and finds out whether the query is grouped at all: by keys, or by an aggregate among its items
    /// or its other expressions.
    pub(super) fn group_by(
        &self,
        group_by: &GroupByExpr,
        items: &[Item],
        others: Vec<&Expr>,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Grouping> {
        let (exprs, modifiers) = match group_by {
            GroupByExpr::Expressions(exprs, modifiers) => (exprs.clone(), modifiers),
            GroupByExpr::All(modifiers) => {
                let plain = items.iter().filter(|item| !has_aggregate(&item.expr, scope));
                (plain.map(|item| item.expr.clone()).collect(), modifiers)
            }
        };
        let mut grouping = Grouping::default();
        let lists = match exprs.as_slice() {
            [Expr::Rollup(lists)] => {
                grouping.sets = Some(Sets::Rollup);
                vec![lists.concat()]
            }
            [Expr::Cube(lists)] => {
                grouping.sets = Some(Sets::Cube);
                vec![lists.concat()]
            }
            [Expr::GroupingSets(lists)] => lists.clone(),
            _ => vec![exprs.clone()],
        };
        let by_all = matches!(group_by, GroupByExpr::All(_));
        let mut sets = Vec::new();
        for list in lists {
            let mut places = Vec::new();
            for expr in self.spread(list, scope, env)? {
                if !by_all || !self.is_constant(&expr, scope, env)? {
                    places.push(self.key(&expr, items, scope, env)?);
                }
            }
            sets.push(places);
        }
        if matches!(exprs.as_slice(), [Expr::GroupingSets(_)]) {
            grouping.sets = Some(Sets::Listed(sets));
        }
        for modifier in modifiers {
            modify(&mut grouping, modifier)?;
        }
        if grouping.totals && matches!(grouping.sets, Some(Sets::Listed(_))) {
            return Err(unsupported(
                "WITH TOTALS together with GROUPING SETS; add `()` to the sets",
            ));
        }
        let keys = scope.keys.borrow().len();
        if matches!(grouping.sets, Some(Sets::Cube)) && keys > CUBE_KEYS_MAX {
            return Err(SqlError::new(
                ChCode::ArgumentOutOfBound,
                format!("CUBE of more than {CUBE_KEYS_MAX} keys; write GROUPING SETS."),
            ));
        }
        if grouping.sets.is_some() {
            *scope.grouping_id.borrow_mut() = Some(self.fresh());
        }
        let mut all = items.iter().map(|item| &item.expr).chain(others);
        let aggregates = all.any(|expr| has_aggregate(expr, scope));
        // ALL takes no constants: with nothing else, there is one group or none at all.
        scope.grouped.set(aggregates || if by_all { keys > 0 } else { !exprs.is_empty() });
        Ok(grouping)
    }

    /// Whether an expression is the same in every row; where its columns do not matter, it is known without them from now on.
    fn is_constant(&self, expr: &Expr, scope: &Scope, env: &Env) -> SqlResult<bool> {
        let written = self.expr(expr, scope, env)?.expr;
        // CASE is decided for each row, also where its condition is a constant; and so is coalesce, also where it looks at no
        // column because a value before is never NULL.
        if holds_case(expr) && !written.column_refs().is_empty()
            || self.coalesces_columns(expr, scope, env)
        {
            return Ok(false);
        }
        let Some(value) = constant(&written) else { return Ok(false) };
        if value != written {
            scope.constants.borrow_mut().push((written, value));
        }
        Ok(true)
    }

    /// Whether a coalesce in an expression has an argument that differs between rows.
    fn coalesces_columns(&self, expr: &Expr, scope: &Scope, env: &Env) -> bool {
        let varies = |arg: &Expr| {
            self.expr(arg, scope, env).is_ok_and(|bound| constant(&bound.expr).is_none())
        };
        let of_columns = |expr: &Expr| match coalesced(expr).any(varies) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        ast::visit_expressions(expr, of_columns).is_break()
    }

    /// The place of a key among the keys of the query.
    fn key(&self, expr: &Expr, items: &[Item], scope: &Scope, env: &Env) -> SqlResult<usize> {
        let typed = match position(expr, items.len())? {
            Some(at) => {
                let expr = items.get(at).map_or(expr, |item| &item.expr);
                self.expr(expr, scope, env)?
            }
            None => self.expr(expr, scope, env)?,
        };
        if matches!(typed.ty, ChType::Dynamic | ChType::Variant(_)) {
            return Err(SqlError::new(
                ChCode::IllegalColumn,
                "Data types Variant/Dynamic are not allowed in GROUP BY keys: use a `.:Type` subcolumn or CAST.",
            ));
        }
        let predicate = typed.predicate.then(|| typed.expr.clone());
        let key =
            Key { ty: typed.ty.clone(), value: typed.into_value(), predicate, id: self.fresh() };
        let mut keys = scope.keys.borrow_mut();
        let known = keys.iter().position(|known| known.value == key.value);
        Ok(known.unwrap_or_else(|| {
            keys.push(key);
            keys.len() - 1
        }))
    }

    /// `grouping(keys…)`: one bit per key, the first the highest, set where the row's grouping set leaves the key out.
    pub(in crate::bind) fn grouping(
        &self,
        args: &[Expr],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let keys = scope.keys.borrow().len();
        let id = scope.grouping_id.borrow().clone();
        let mut bits = lit(0_u64);
        for arg in args {
            let typed = scope.with_keys_later(false, || self.expr(arg, scope, env))?;
            let at = match &typed.expr {
                Plan::Column(used) => {
                    scope.keys.borrow().iter().position(|key| key.id == used.name)
                }
                _ => None,
            };
            let at = at.ok_or_else(|| {
                SqlError::new(
                    ChCode::BadArguments,
                    format!("grouping takes keys of GROUP BY, and {arg} is none."),
                )
            })?;
            let bit = match &id {
                Some(id) => {
                    let shift = (keys - 1 - at) as u64;
                    let shifted = Plan::BinaryExpr(BinaryExpr::new(
                        Box::new(column(id)),
                        Operator::BitwiseShiftRight,
                        Box::new(lit(shift)),
                    ));
                    Plan::BinaryExpr(BinaryExpr::new(
                        Box::new(shifted),
                        Operator::BitwiseAnd,
                        Box::new(lit(1_u64)),
                    ))
                }
                None => lit(0_u64),
            };
            bits = bits * lit(2_u64) + bit;
        }
        Ok(Typed::value(bits, ChType::UInt(64)))
    }
}

fn modify(grouping: &mut Grouping, modifier: &GroupByWithModifier) -> SqlResult<()> {
    let sets = match modifier {
        GroupByWithModifier::Rollup => Sets::Rollup,
        GroupByWithModifier::Cube => Sets::Cube,
        GroupByWithModifier::Totals => {
            grouping.totals = true;
            return Ok(());
        }
        GroupByWithModifier::GroupingSets(_) => {
            return Err(unsupported(
                "GROUPING SETS behind keys; write `GROUP BY GROUPING SETS ((a), (b))`",
            ));
        }
    };
    if grouping.sets.replace(sets).is_some() {
        return Err(SqlError::new(
            ChCode::SyntaxError,
            "Syntax error: GROUP BY takes one of ROLLUP, CUBE and GROUPING SETS.",
        ));
    }
    Ok(())
}

fn holds_case(expr: &Expr) -> bool {
    let is_case = |expr: &Expr| match expr {
        Expr::Case { .. } => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    ast::visit_expressions(expr, is_case).is_break()
}

/// The arguments of a coalesce; none of another expression.
fn coalesced(expr: &Expr) -> impl Iterator<Item = &Expr> {
    let list = match expr {
        Expr::Function(call) if is_coalesce_name(&call.name.to_string()) => match &call.args {
            FunctionArguments::List(list) => list.args.as_slice(),
            _ => &[],
        },
        _ => &[],
    };
    list.iter().filter_map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(arg)) => Some(arg),
        _ => None,
    })
}

fn is_coalesce_name(name: &str) -> bool {
    ["coalesce", "ifnull"].contains(&name.to_ascii_lowercase().as_str())
}

/// What an expression is in every row, if that is the same.
fn constant(expr: &Plan) -> Option<Plan> {
    let folded = expr.clone().transform_up(|node| Ok(decided(node))).ok()?.data;
    (!varies(&folded)).then_some(folded)
}

/// The functions without a lambda that ClickHouse does not compute in advance.
const PER_ROW: &[&str] = &["leftPad", "leftPadUTF8", "rightPad", "rightPadUTF8"];

/// Whether ClickHouse computes an expression for each row.
fn varies(expr: &Plan) -> bool {
    let is_late = |node: &Plan| is_lambda_call(node) || is_call_of(node, PER_ROW);
    let late = expr.exists(|node| Ok(is_late(node))).unwrap_or(true);
    late || expr.is_volatile() || !expr.column_refs().is_empty()
}

/// An `if` whose condition is a constant is the branch that it takes; `x AND false` and `x OR true` do not depend on x.
fn decided(expr: Plan) -> Transformed<Plan> {
    match &expr {
        Plan::Case(Case { expr: None, when_then_expr, else_expr: Some(otherwise) }) => {
            let [(condition, value)] = when_then_expr.as_slice() else {
                return Transformed::no(expr);
            };
            match constant_truth(condition) {
                Some(true) => Transformed::yes((**value).clone()),
                Some(false) => Transformed::yes((**otherwise).clone()),
                None => Transformed::no(expr),
            }
        }
        Plan::BinaryExpr(BinaryExpr { left, op: op @ (Operator::And | Operator::Or), right }) => {
            let decisive = *op == Operator::Or;
            let decides = |side: &Plan| constant_truth(side) == Some(decisive);
            if decides(left) || decides(right) {
                Transformed::yes(lit(decisive))
            } else {
                Transformed::no(expr)
            }
        }
        _ => Transformed::no(expr),
    }
}

/// The truth of a condition that is a constant.
fn constant_truth(condition: &Plan) -> Option<bool> {
    if varies(condition) {
        return None;
    }
    let value = crate::session::evaluate_constant(condition).ok()?;
    value.as_boolean_opt().filter(|truth| truth.is_valid(0)).map(|truth| truth.value(0))
}

/// The column of an aggregate in the physical type that its ClickHouse type has: DataFusion's counts are signed.
fn answer_of(computed: &Computed) -> Plan {
    match computed.ty {
        ChType::UInt(64) => cast(column(&computed.id), computed.ty.arrow()).alias(&computed.id),
        _ => column(&computed.id),
    }
}

/// The number of rows of a group, where the plan must know it.
const GROUP_ROWS: &str = "__group_rows";

/// The plan grouped by the keys, with one column per key and aggregate.
pub(super) fn aggregated(
    plan: LogicalPlan,
    scope: &Scope,
    grouping: &Grouping,
) -> SqlResult<LogicalPlan> {
    let (keys, aggregates) = (scope.keys.borrow(), scope.aggregates.borrow());
    let mut computed: Vec<Plan> = aggregates.iter().map(|a| a.expr.clone()).collect();
    let mut arguments = Vec::new();
    if grouping.sets.is_some() {
        computed.iter_mut().for_each(|aggregate| over_columns(aggregate, &mut arguments));
    }
    let mut computed: Vec<Plan> =
        computed.into_iter().zip(aggregates.iter()).map(|(expr, a)| expr.alias(&a.id)).collect();
    let builder = LogicalPlanBuilder::from(with_keys(plan, &keys, arguments)?);
    let named: Vec<Plan> = keys.iter().map(|key| column(&key.id)).collect();
    let groups = match &grouping.sets {
        None => named,
        // Spelled out: the optimizer loses the grouping id of a CUBE whose only key is a constant.
        Some(sets) => {
            let keys_of =
                |set: Vec<usize>| set.iter().filter_map(|at| named.get(*at).cloned()).collect();
            let sets = sets.places(named.len()).into_iter().map(keys_of).collect();
            vec![Plan::GroupingSet(GroupingSet::GroupingSets(sets))]
        }
    };
    let sums = matches!(grouping.sets, Some(Sets::Rollup | Sets::Cube)) && !keys.is_empty();
    if sums || (groups.is_empty() && computed.is_empty()) {
        // No `count()` that a query could have: equal aggregates beside grouping sets confuse the optimizer.
        let count = datafusion::functions_aggregate::expr_fn::count(lit(GROUP_ROWS));
        computed.push(count.alias(GROUP_ROWS));
    }
    let mut builder = builder.aggregate(groups, computed).map_err(plan_error)?;
    if sums {
        // Of no rows there is no sum of sums either.
        builder = builder.filter(column(GROUP_ROWS).gt(lit(0_i64))).map_err(plan_error)?;
    }
    let mut exprs = Vec::new();
    for key in keys.iter() {
        // Rows of sets that leave a key out show its default, unless it is a constant.
        if grouping.sets.is_some()
            && let Some(value) = constant(&key.value)
        {
            exprs.push(value.alias(&key.id));
            continue;
        }
        let default = default_value(&key.ty);
        let padded = grouping.sets.is_some() && !default.is_null();
        let value = if padded {
            let default = lit(scalar_of(&default, &key.ty)?);
            datafusion::logical_expr::when(column(&key.id).is_null(), default)
                .otherwise(column(&key.id))
                .map_err(plan_error)?
        } else {
            column(&key.id)
        };
        exprs.push(value.alias(&key.id));
    }
    exprs.extend(aggregates.iter().map(answer_of));
    if let Some(id) = &*scope.grouping_id.borrow() {
        let set = Plan::Column(Column::new_unqualified(Aggregate::INTERNAL_GROUPING_ID));
        exprs.push(cast(set, arrow::datatypes::DataType::UInt64).alias(id));
    }
    let builder =
        if exprs.is_empty() { builder } else { builder.project(exprs).map_err(plan_error)? };
    builder.build().map_err(plan_error)
}

/// The plan with one more column per key, and these. Names that DataFusion derives from expressions are not unique.
fn with_keys(plan: LogicalPlan, keys: &[Key], others: Vec<Plan>) -> SqlResult<LogicalPlan> {
    let kept: Vec<Plan> = plan.schema().columns().into_iter().map(Plan::Column).collect();
    let keys = keys.iter().map(|key| key.value.clone().alias(&key.id));
    LogicalPlanBuilder::from(plan)
        .project(kept.into_iter().chain(keys).chain(others))
        .and_then(LogicalPlanBuilder::build)
        .map_err(plan_error)
}

/// Puts columns that are made before in the place of an aggregate's arguments and condition: aggregates that become equal
/// when the optimizer simplifies them confuse it beside grouping sets.
fn over_columns(aggregate: &mut Plan, made: &mut Vec<Plan>) {
    let Plan::AggregateFunction(function) = aggregate else { return };
    let filter = function.params.filter.iter_mut().map(|filter| &mut **filter);
    for expr in function.params.args.iter_mut().chain(filter) {
        if !matches!(expr, Plan::Column(_) | Plan::Literal(..)) {
            let name = format!("__argument_{}", made.len());
            made.push(std::mem::replace(expr, column(&name)).alias(name));
        }
    }
}

/// The row of WITH TOTALS: the aggregates over all rows of the groups that HAVING keeps, keys at their defaults.
pub(super) fn totals(
    input: LogicalPlan,
    grouped: Option<LogicalPlan>,
    scope: &Scope,
    grouping: &Grouping,
    outputs: &[(String, Typed)],
) -> SqlResult<LogicalPlan> {
    let input = match grouped {
        Some(_) if grouping.sets.is_some() => {
            return Err(unsupported("HAVING together with TOTALS and grouping sets"));
        }
        Some(grouped) => of_groups(input, grouped, &scope.keys.borrow())?,
        None => input,
    };
    let aggregates = scope.aggregates.borrow();
    let computed: Vec<Plan> = aggregates.iter().map(|a| a.expr.clone().alias(&a.id)).collect();
    let computed = if computed.is_empty() {
        vec![datafusion::functions_aggregate::expr_fn::count(lit(1_i64))]
    } else {
        computed
    };
    let mut exprs = Vec::new();
    for key in scope.keys.borrow().iter() {
        let value = match constant(&key.value) {
            Some(value) => value,
            None => lit(scalar_of(&default_value(&key.ty), &key.ty)?),
        };
        exprs.push(value.alias(&key.id));
    }
    exprs.extend(aggregates.iter().map(answer_of));
    if let Some(id) = &*scope.grouping_id.borrow() {
        exprs.push(lit(0_u64).alias(id));
    }
    let answers = outputs
        .iter()
        .enumerate()
        .map(|(i, (_, typed))| typed.clone().into_value().alias(format!("t{i}")));
    LogicalPlanBuilder::from(input)
        .aggregate(Vec::<Plan>::new(), computed)
        .and_then(|b| b.project(exprs))
        .and_then(|b| b.project(answers))
        .and_then(LogicalPlanBuilder::build)
        .map_err(plan_error)
}

/// The rows whose keys are among those of `grouped`.
fn of_groups(input: LogicalPlan, grouped: LogicalPlan, keys: &[Key]) -> SqlResult<LogicalPlan> {
    let there = |key: &Key| format!("{}_kept", key.id);
    let renamed = keys.iter().map(|key| column(&key.id).alias(there(key)));
    let grouped = LogicalPlanBuilder::from(grouped)
        .project(renamed)
        .and_then(LogicalPlanBuilder::build)
        .map_err(plan_error)?;
    let on = (
        keys.iter().map(|key| Column::new_unqualified(&key.id)).collect::<Vec<_>>(),
        keys.iter().map(|key| Column::new_unqualified(there(key))).collect::<Vec<_>>(),
    );
    LogicalPlanBuilder::from(with_keys(input, keys, Vec::new())?)
        .join_detailed(grouped, JoinType::LeftSemi, on, None, NullEquality::NullEqualsNull)
        .and_then(LogicalPlanBuilder::build)
        .map_err(plan_error)
}

/// Whether an expression, or an alias it uses, holds an aggregate that is not windowed. Subqueries are their own.
pub(super) fn has_aggregate(expr: &Expr, scope: &Scope) -> bool {
    let mut search = AggregateSearch { scope, depth: 0, seen: Vec::new(), found: false };
    let _visited = expr.visit(&mut search);
    search.found
}

struct AggregateSearch<'a> {
    scope: &'a Scope,
    depth: usize,
    seen: Vec<String>,
    found: bool,
}

impl ast::Visitor for AggregateSearch<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &ast::Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &ast::Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if self.depth > 0 {
            return ControlFlow::Continue(());
        }
        match expr {
            Expr::Function(call) if call.over.is_none() => {
                self.found |=
                    crate::functions::is_aggregate(call.name.to_string().trim_matches('`'));
            }
            Expr::Identifier(ident) if !self.seen.contains(&ident.value) => {
                if let Some(inner) = self.scope.aliases.get(&ident.value) {
                    self.seen.push(ident.value.clone());
                    let _visited = inner.visit(self);
                }
            }
            _ => {}
        }
        if self.found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
