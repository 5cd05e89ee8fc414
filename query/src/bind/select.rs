//! One SELECT: clauses in the order in which they act.

use super::{
    Binder, column, exists,
    expr::check_grouped,
    from::Source,
    plan_error,
    query::{Env, Output, Relation},
    relation::unfold,
    scope::{Clause, Computed, Key, Scope},
    unsupported,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{default_value, scalar_of, to_predicate},
    typed::Typed,
    types::ChType,
};
use datafusion::{
    common::tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    functions_window::{rank::rank_udwf, row_number::row_number_udwf},
    logical_expr::{
        Expr as Plan, GroupingSet, LogicalPlan, LogicalPlanBuilder, SortExpr, WindowFrame,
        WindowFunctionDefinition, WindowUDF,
        expr::{WindowFunction, WindowFunctionParams},
        lit,
    },
};
use sqlparser::ast::{
    self, Expr, GroupByExpr, GroupByWithModifier, OrderByKind, Select, SelectItem, Visit,
};
use std::{collections::HashMap, ops::ControlFlow, sync::Arc};

/// What stands after the SELECT and sees its names.
pub(super) struct Tail<'a> {
    pub(super) order_by: Option<&'a ast::OrderBy>,
    pub(super) limit: Option<usize>,
    pub(super) offset: usize,
    /// Whether rows that are equal to the last one by the order come along.
    pub(super) with_ties: bool,
    /// LIMIT n, offset BY keys.
    pub(super) limit_by: Option<(Vec<Expr>, Vec<Expr>)>,
    /// Whether the query around wants to know the order of rows.
    pub(super) wants_order: bool,
}

impl Tail<'_> {
    /// Nothing.
    pub(super) fn none() -> Self {
        Self {
            order_by: None,
            limit: None,
            offset: 0,
            with_ties: false,
            limit_by: None,
            wants_order: false,
        }
    }

    /// Whether nothing follows.
    pub(super) fn is_empty(&self) -> bool {
        self.order_by.is_none()
            && self.limit.is_none()
            && self.offset == 0
            && self.limit_by.is_none()
    }
}

/// An item of the SELECT list, before and after binding.
struct Item {
    name: String,
    expr: ItemExpr,
}

enum ItemExpr {
    Ast(Expr),
    Bound(Typed),
}

/// GROUP BY's modifier.
#[derive(Clone, Copy, PartialEq)]
enum Grouping {
    Plain,
    Rollup,
    Cube,
    Totals,
}

impl Binder<'_> {
    pub(super) fn select(
        &self,
        select: &Select,
        tail: &Tail<'_>,
        env: &Env,
    ) -> SqlResult<Relation> {
        let joined = exists::decorrelated(select);
        let select = joined.as_ref().unwrap_or(select);
        let parts = clauses(select)?;
        let Source { rel, tables } = self.from(&select.from, env, Self::use_nulls(env))?;
        let mut scope = Scope::new(tables);
        scope.named_windows = parts.windows.clone();
        let items = self.items(&select.projection, &mut scope, env)?;
        let mut conditions = Vec::new();
        for condition in [&select.prewhere, &select.selection].into_iter().flatten() {
            conditions.push(self.condition(condition, &scope, env)?);
        }
        let grouping = self.group_by(&select.group_by, &items, &scope, env)?;
        scope.clause.set(Clause::Output);
        let mut outputs = self.outputs(items, &scope, env)?;
        let having = select
            .having
            .as_ref()
            .map(|e| self.checked(e, &scope, env).and_then(to_predicate))
            .transpose()?;
        let qualify = select
            .qualify
            .as_ref()
            .map(|e| self.checked(e, &scope, env).and_then(to_predicate))
            .transpose()?;
        let order = self.order_by(tail.order_by, &outputs, &scope, env)?;
        let limit_by = tail
            .limit_by
            .as_ref()
            .map(|(head, keys)| self.limit_by(head, keys, &scope, env))
            .transpose()?;
        let distinct_on = parts
            .distinct_on
            .iter()
            .map(|e| self.checked(e, &scope, env))
            .collect::<SqlResult<Vec<_>>>()?;
        if scope.grouped.get() {
            for (_, typed) in &outputs {
                check_grouped(typed, &scope)?;
            }
        }
        let (mut plan, _) = self.plan(rel)?;
        let unfolds = scope
            .unfolds
            .borrow()
            .iter()
            .map(|u| (u.array.clone(), u.id.clone()))
            .collect::<Vec<_>>();
        for (array, id) in unfolds {
            plan = unfold(plan, vec![(array, id)])?;
        }
        for condition in conditions {
            plan = LogicalPlanBuilder::from(plan)
                .filter(condition)
                .and_then(LogicalPlanBuilder::build)
                .map_err(plan_error)?;
        }
        let input = plan.clone();
        if scope.grouped.get() {
            plan = aggregated(plan, &scope, grouping)?;
        }
        if let Some(having) = having {
            plan = LogicalPlanBuilder::from(plan)
                .filter(having)
                .and_then(LogicalPlanBuilder::build)
                .map_err(plan_error)?;
        }
        plan = windowed(plan, &scope.windows.borrow())?;
        if let Some(qualify) = qualify {
            plan = LogicalPlanBuilder::from(plan)
                .filter(qualify)
                .and_then(LogicalPlanBuilder::build)
                .map_err(plan_error)?;
        }
        let totals = if grouping == Grouping::Totals {
            Some(totals(input, &scope, &outputs)?)
        } else {
            None
        };
        if !distinct_on.is_empty() {
            let keys = distinct_on.into_iter().map(Typed::into_value).collect();
            plan = self.numbered(plan, keys, order.clone(), 1, 0)?;
        }
        if let Some((count, offset, keys)) = limit_by {
            plan = self.numbered(plan, keys, order.clone(), count, offset)?;
        }
        self.project(plan, &mut outputs, order, parts.distinct, tail, totals)
    }

    /// Projection, DISTINCT, ORDER BY and LIMIT.
    fn project(
        &self,
        plan: LogicalPlan,
        outputs: &mut Vec<(String, Typed)>,
        order: Vec<SortExpr>,
        distinct: bool,
        tail: &Tail<'_>,
        totals: Option<LogicalPlan>,
    ) -> SqlResult<Relation> {
        let mut columns = Vec::new();
        let mut exprs = Vec::new();
        for (name, typed) in outputs.drain(..) {
            let id = self.fresh();
            columns.push(Output { name, id: id.clone(), ty: typed.ty.clone() });
            exprs.push(typed.into_value().alias(id));
        }
        let mut sort = Vec::new();
        for key in order {
            let same = exprs
                .iter()
                .zip(&columns)
                .find(|(expr, _)| matches!(expr, Plan::Alias(alias) if *alias.expr == key.expr))
                .map(|(_, c)| c.id.clone());
            let id = match same {
                Some(id) => id,
                None if distinct => {
                    let expr = of_selected(&key.expr, &exprs, &columns)?;
                    sort.push(SortExpr { expr, ..key });
                    continue;
                }
                None => {
                    let id = self.fresh();
                    exprs.push(key.expr.clone().alias(&id));
                    id
                }
            };
            sort.push(SortExpr { expr: column(&id), ..key });
        }
        let mut builder = LogicalPlanBuilder::from(plan).project(exprs).map_err(plan_error)?;
        if distinct {
            builder = builder.distinct().map_err(plan_error)?;
        }
        let fetch = tail.limit.map(|limit| limit.saturating_add(tail.offset));
        if tail.with_ties {
            let plan = builder.build().map_err(plan_error)?;
            builder = LogicalPlanBuilder::from(self.tied(plan, &sort, tail)?)
                .sort(sort.clone())
                .map_err(plan_error)?;
        } else {
            if !sort.is_empty() {
                builder = builder.sort_with_limit(sort.clone(), fetch).map_err(plan_error)?;
            }
            if tail.limit.is_some() || tail.offset > 0 {
                builder = builder.limit(tail.offset, tail.limit).map_err(plan_error)?;
            }
        }
        let mut plan = builder.build().map_err(plan_error)?;
        let mut only = columns.iter().map(|c| column(&c.id)).collect::<Vec<_>>();
        let order = (tail.wants_order && !sort.is_empty()).then(|| self.fresh());
        if let Some(id) = &order {
            plan = windowed(plan, &[row_number(id, Vec::new(), sort)])?;
            only.push(column(id));
        }
        let plan = LogicalPlanBuilder::from(plan)
            .project(only)
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_error)?;
        Ok(Relation { plan, columns, totals, order })
    }

    /// The rows of a LIMIT, with those that are equal to its last one.
    fn tied(
        &self,
        plan: LogicalPlan,
        sort: &[SortExpr],
        tail: &Tail<'_>,
    ) -> SqlResult<LogicalPlan> {
        let (number, rank) = (self.fresh(), self.fresh());
        let numbers = [
            numbering(&number, row_number_udwf(), Vec::new(), sort.to_vec()),
            numbering(&rank, rank_udwf(), Vec::new(), sort.to_vec()),
        ];
        let last = tail.limit.map_or(u64::MAX, |limit| limit.saturating_add(tail.offset) as u64);
        let after = column(&number).gt(lit(tail.offset as u64));
        LogicalPlanBuilder::from(windowed(plan, &numbers)?)
            .filter(after.and(column(&rank).lt_eq(lit(last))))
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_error)
    }

    fn checked(&self, expr: &Expr, scope: &Scope, env: &Env) -> SqlResult<Typed> {
        let typed = self.expr(expr, scope, env)?;
        check_grouped(&typed, scope)?;
        Ok(typed)
    }

    /// The SELECT list: wildcards expanded, aliases noted.
    fn items(
        &self,
        projection: &[SelectItem],
        scope: &mut Scope,
        env: &Env,
    ) -> SqlResult<Vec<Item>> {
        let mut items = Vec::new();
        for item in projection {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    if let Some(pattern) = columns_pattern(expr) {
                        items.extend(self.matching(&pattern, scope)?);
                        continue;
                    }
                    items.push(Item {
                        name: output_name(expr, &items),
                        expr: ItemExpr::Ast(expr.clone()),
                    });
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    let known = scope.aliases.insert(alias.value.clone(), expr.clone());
                    if known.is_some_and(|known| known != *expr) {
                        return Err(SqlError::new(
                            ChCode::MultipleExpressionsForAlias,
                            format!("Multiple expressions for alias {}.", alias.value),
                        ));
                    }
                    items.push(Item {
                        name: alias.value.clone(),
                        expr: ItemExpr::Ast(expr.clone()),
                    });
                }
                SelectItem::Wildcard(options) => {
                    items.extend(self.wildcard(None, options, scope, env)?)
                }
                SelectItem::QualifiedWildcard(
                    ast::SelectItemQualifiedWildcardKind::ObjectName(name),
                    options,
                ) => {
                    items.extend(self.wildcard(
                        Some(name.to_string().trim_matches('`').to_owned()),
                        options,
                        scope,
                        env,
                    )?);
                }
                other => return Err(unsupported(&format!("`{other}` in SELECT"))),
            }
        }
        Ok(items)
    }

    fn wildcard(
        &self,
        table: Option<String>,
        options: &ast::WildcardAdditionalOptions,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Vec<Item>> {
        let ast::WildcardAdditionalOptions {
            wildcard_token: _,
            opt_ilike,
            opt_exclude,
            opt_except,
            opt_replace,
            opt_rename,
            opt_alias,
        } = options;
        if opt_ilike.is_some()
            || opt_exclude.is_some()
            || opt_rename.is_some()
            || opt_alias.is_some()
        {
            return Err(unsupported("ILIKE, EXCLUDE, RENAME or AS after `*`"));
        }
        let except: Vec<String> = opt_except
            .iter()
            .flat_map(|e| std::iter::once(&e.first_element).chain(&e.additional_elements))
            .map(|i| i.value.clone())
            .collect();
        let replaced: HashMap<String, Expr> = opt_replace
            .iter()
            .flat_map(|r| &r.items)
            .map(|item| (item.column_name.value.clone(), item.expr.clone()))
            .collect();
        if let Some(name) = &table
            && !scope.tables.iter().any(|t| t.alias.as_ref() == Some(name))
        {
            return Err(SqlError::new(
                ChCode::UnknownIdentifier,
                format!("There is no table {name} in FROM."),
            ));
        }
        let mut items: Vec<Item> = Vec::new();
        for source in scope.tables.iter().filter(|t| table.is_none() || t.alias == table) {
            let shown = source.columns.iter().filter(|c| !c.hidden && !except.contains(&c.name));
            for named in shown {
                let taken = items.iter().any(|item| item.name == named.name);
                let name = match &source.alias {
                    Some(alias) if taken => format!("{alias}.{}", named.name),
                    _ => named.name.clone(),
                };
                let expr = match replaced.get(&named.name) {
                    Some(expr) => ItemExpr::Bound(self.expr(expr, scope, env)?),
                    None => ItemExpr::Bound(self.named(named)),
                };
                items.push(Item { name, expr });
            }
        }
        Ok(items)
    }

    /// `COLUMNS('pattern')`.
    fn matching(&self, pattern: &str, scope: &Scope) -> SqlResult<Vec<Item>> {
        let pattern = regex::Regex::new(pattern)
            .map_err(|e| SqlError::new(ChCode::CannotCompileRegexp, e.to_string()))?;
        let columns = scope.tables.iter().flat_map(|t| &t.columns).filter(|c| !c.hidden);
        Ok(columns
            .filter(|c| pattern.is_match(&c.name))
            .map(|c| Item { name: c.name.clone(), expr: ItemExpr::Bound(self.named(c)) })
            .collect())
    }

    fn outputs(
        &self,
        items: Vec<Item>,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Vec<(String, Typed)>> {
        let mut outputs = Vec::new();
        for item in items {
            let own_alias = scope.aliases.contains_key(&item.name).then(|| item.name.clone());
            let typed = match item.expr {
                ItemExpr::Bound(typed) => typed,
                ItemExpr::Ast(expr) => {
                    scope.expanding.borrow_mut().extend(own_alias.clone());
                    let typed = self.expr(&expr, scope, env);
                    if own_alias.is_some() {
                        scope.expanding.borrow_mut().pop();
                    }
                    typed?
                }
            };
            outputs.push((item.name, typed));
        }
        Ok(outputs)
    }

    /// Binds the grouping keys, and finds out whether the query is grouped at all.
    fn group_by(
        &self,
        group_by: &GroupByExpr,
        items: &[Item],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Grouping> {
        let (exprs, modifiers) = match group_by {
            GroupByExpr::Expressions(exprs, modifiers) => (exprs.clone(), modifiers),
            GroupByExpr::All(modifiers) => {
                let plain = items.iter().filter_map(|item| match &item.expr {
                    ItemExpr::Ast(expr) if !has_aggregate(expr, scope) => Some(expr.clone()),
                    _ => None,
                });
                (plain.collect(), modifiers)
            }
        };
        let mut grouping = Grouping::Plain;
        for modifier in modifiers {
            grouping = match modifier {
                GroupByWithModifier::Rollup => Grouping::Rollup,
                GroupByWithModifier::Cube => Grouping::Cube,
                GroupByWithModifier::Totals => Grouping::Totals,
                GroupByWithModifier::GroupingSets(_) => return Err(unsupported("GROUPING SETS")),
            };
        }
        let exprs = match exprs.as_slice() {
            [Expr::Rollup(sets)] => {
                grouping = Grouping::Rollup;
                sets.concat()
            }
            [Expr::Cube(sets)] => {
                grouping = Grouping::Cube;
                sets.concat()
            }
            [Expr::GroupingSets(_)] => return Err(unsupported("GROUPING SETS")),
            _ => exprs,
        };
        for expr in &exprs {
            let positional =
                position(expr).and_then(|n| items.get(n - 1)).map(|item| match &item.expr {
                    ItemExpr::Ast(expr) => self.expr(expr, scope, env),
                    ItemExpr::Bound(typed) => Ok(typed.clone()),
                });
            let typed = positional.unwrap_or_else(|| self.expr(expr, scope, env))?;
            if matches!(typed.ty, ChType::Dynamic | ChType::Variant(_)) {
                return Err(SqlError::new(
                    ChCode::IllegalColumn,
                    "Data types Variant/Dynamic are not allowed in GROUP BY keys: use a `.:Type` subcolumn or CAST.",
                ));
            }
            let predicate = typed.predicate.then(|| typed.expr.clone());
            let key = Key {
                ty: typed.ty.clone(),
                value: typed.into_value(),
                predicate,
                id: self.fresh(),
            };
            if !scope.keys.borrow().iter().any(|known| known.value == key.value) {
                scope.keys.borrow_mut().push(key);
            }
        }
        let aggregates = items
            .iter()
            .any(|item| matches!(&item.expr, ItemExpr::Ast(expr) if has_aggregate(expr, scope)));
        scope
            .grouped
            .set(aggregates || !exprs.is_empty() || matches!(group_by, GroupByExpr::All(_)));
        Ok(grouping)
    }

    fn order_by(
        &self,
        order_by: Option<&ast::OrderBy>,
        outputs: &[(String, Typed)],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Vec<SortExpr>> {
        let Some(ast::OrderBy { kind, interpolate }) = order_by else { return Ok(Vec::new()) };
        if interpolate.is_some() {
            return Err(unsupported("INTERPOLATE"));
        }
        match kind {
            OrderByKind::All(options) => {
                let mut keys = Vec::new();
                for (_, typed) in outputs {
                    sort_key(typed.clone(), options, &mut keys)?;
                }
                Ok(keys)
            }
            OrderByKind::Expressions(exprs) => {
                let mut keys = Vec::new();
                for ast::OrderByExpr { expr, options, with_fill } in exprs {
                    if with_fill.is_some() {
                        return Err(unsupported("WITH FILL"));
                    }
                    let output =
                        position(expr).and_then(|n| outputs.get(n - 1)).or_else(|| match expr {
                            Expr::Identifier(ident)
                                if !scope.aliases.contains_key(&ident.value) =>
                            {
                                None
                            }
                            Expr::Identifier(ident) => {
                                outputs.iter().find(|(name, _)| *name == ident.value)
                            }
                            _ => None,
                        });
                    let typed = match output {
                        Some((_, typed)) => typed.clone(),
                        None => self.checked(expr, scope, env)?,
                    };
                    sort_key(typed, options, &mut keys)?;
                }
                Ok(keys)
            }
        }
    }

    /// Keys of an ORDER BY inside OVER.
    pub(super) fn sort_keys(
        &self,
        exprs: &[ast::OrderByExpr],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Vec<SortExpr>> {
        let mut keys = Vec::new();
        for key in exprs {
            sort_key(self.expr(&key.expr, scope, env)?, &key.options, &mut keys)?;
        }
        Ok(keys)
    }

    fn limit_by(
        &self,
        head: &[Expr],
        keys: &[Expr],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<(usize, usize, Vec<Plan>)> {
        let numbers = head.iter().map(|e| self.row_count(e, env)).collect::<SqlResult<Vec<_>>>()?;
        let (count, offset) = match numbers.as_slice() {
            [count] => (*count, 0),
            [count, offset] => (*count, *offset),
            _ => return Err(unsupported("That LIMIT BY")),
        };
        let keys = keys
            .iter()
            .map(|e| self.checked(e, scope, env).map(Typed::into_value))
            .collect::<SqlResult<_>>()?;
        Ok((count, offset, keys))
    }

    /// Keeps `count` rows per key, after `offset`, in the given order.
    pub(super) fn numbered(
        &self,
        plan: LogicalPlan,
        keys: Vec<Plan>,
        order_by: Vec<SortExpr>,
        count: usize,
        offset: usize,
    ) -> SqlResult<LogicalPlan> {
        let id = self.fresh();
        let computed = row_number(&id, keys, order_by);
        let plan = windowed(plan, std::slice::from_ref(&computed))?;
        let row = || column(&id);
        let keep = row().gt(lit(offset as u64)).and(row().lt_eq(lit((offset + count) as u64)));
        LogicalPlanBuilder::from(plan)
            .filter(keep)
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_error)
    }
}

/// A sort key of a SELECT DISTINCT, computed from what is selected.
fn of_selected(key: &Plan, selected: &[Plan], columns: &[Output]) -> SqlResult<Plan> {
    let by_output = |expr: &Plan| {
        let same = |plan: &&Plan| matches!(plan, Plan::Alias(alias) if *alias.expr == *expr);
        let at = selected.iter().position(|plan| same(&plan))?;
        columns.get(at).map(|output| column(&output.id))
    };
    let replaced = key.clone().transform_down(|expr| {
        Ok(match by_output(&expr) {
            Some(output) => Transformed::new(output, true, TreeNodeRecursion::Jump),
            None => Transformed::no(expr),
        })
    });
    let replaced = replaced.map_err(plan_error)?.data;
    let known = |name: &str| columns.iter().any(|output| output.id == name);
    if replaced.column_refs().iter().all(|column| known(&column.name)) {
        return Ok(replaced);
    }
    Err(SqlError::new(
        ChCode::UnknownIdentifier,
        "ORDER BY of SELECT DISTINCT may use only selected expressions.",
    ))
}

/// The number of a row within its partition.
fn row_number(id: &str, partition_by: Vec<Plan>, order_by: Vec<SortExpr>) -> Computed {
    numbering(id, row_number_udwf(), partition_by, order_by)
}

fn numbering(
    id: &str,
    function: Arc<WindowUDF>,
    partition_by: Vec<Plan>,
    order_by: Vec<SortExpr>,
) -> Computed {
    let params = WindowFunctionParams {
        args: Vec::new(),
        partition_by,
        order_by,
        window_frame: WindowFrame::new(None),
        filter: None,
        null_treatment: None,
        distinct: false,
    };
    let fun = WindowFunctionDefinition::WindowUDF(function);
    let expr = Plan::WindowFunction(Box::new(WindowFunction { fun, params }));
    Computed { expr, id: id.to_owned(), ty: ChType::UInt(64) }
}

struct Clauses {
    distinct: bool,
    distinct_on: Vec<Expr>,
    windows: HashMap<String, ast::WindowSpec>,
}

/// Takes every clause of the SELECT apart; what nobody handles is an error.
fn clauses(select: &Select) -> SqlResult<Clauses> {
    let Select {
        select_token: _,
        optimizer_hints,
        distinct,
        select_modifiers,
        top,
        top_before_distinct: _,
        projection: _,
        exclude,
        into,
        from: _,
        lateral_views,
        prewhere: _,
        selection: _,
        connect_by,
        group_by: _,
        cluster_by,
        distribute_by,
        sort_by,
        having: _,
        named_window,
        qualify: _,
        window_before_qualify: _,
        value_table_mode,
        flavor: _,
    } = select;
    let extra = !optimizer_hints.is_empty()
        || select_modifiers.is_some()
        || exclude.is_some()
        || into.is_some()
        || !lateral_views.is_empty()
        || !connect_by.is_empty()
        || !cluster_by.is_empty()
        || !distribute_by.is_empty()
        || !sort_by.is_empty()
        || value_table_mode.is_some();
    if extra || top.is_some() {
        return Err(unsupported(
            "A clause of this SELECT (TOP, INTO, LATERAL VIEW, CONNECT BY, CLUSTER BY, DISTRIBUTE BY, SORT BY)",
        ));
    }
    let mut windows = HashMap::new();
    for ast::NamedWindowDefinition(name, definition) in named_window {
        match definition {
            ast::NamedWindowExpr::WindowSpec(spec) => {
                drop(windows.insert(name.value.clone(), spec.clone()))
            }
            ast::NamedWindowExpr::NamedWindow(_) => {
                return Err(unsupported("A window named by another window"));
            }
        }
    }
    let (distinct, distinct_on) = match distinct {
        None | Some(ast::Distinct::All) => (false, Vec::new()),
        Some(ast::Distinct::Distinct) => (true, Vec::new()),
        Some(ast::Distinct::On(exprs)) => (false, exprs.clone()),
    };
    Ok(Clauses { distinct, distinct_on, windows })
}

fn position(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Value(value) => {
            if let ast::Value::Number(text, _) = &value.value {
                text.parse().ok().filter(|n| *n > 0)
            } else {
                None
            }
        }
        _ => None,
    }
}

fn columns_pattern(expr: &Expr) -> Option<String> {
    let Expr::Function(function) = expr else { return None };
    if !function.name.to_string().eq_ignore_ascii_case("COLUMNS") {
        return None;
    }
    let ast::FunctionArguments::List(list) = &function.args else { return None };
    match list.args.as_slice() {
        [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(Expr::Value(value)))] => {
            match &value.value {
                ast::Value::SingleQuotedString(pattern) => Some(pattern.clone()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether an expression, or an alias it uses, holds an aggregate that is not windowed. Subqueries are their own.
fn has_aggregate(expr: &Expr, scope: &Scope) -> bool {
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

/// The name of a column without alias: a plain column's own name, else the text.
fn output_name(expr: &Expr, before: &[Item]) -> String {
    let text = |parts: &[String]| parts.join(".");
    match expr {
        Expr::Identifier(ident) => ident.value.clone(),
        Expr::CompoundIdentifier(idents) => {
            let parts: Vec<String> = idents.iter().map(|i| i.value.clone()).collect();
            let short = parts.last().cloned().unwrap_or_default();
            let is_path =
                parts.len() != 2 || parts.first().is_some_and(|p| p == "data" || p == "schema");
            if is_path || before.iter().any(|item| item.name == short) {
                text(&parts)
            } else {
                short
            }
        }
        other => other.to_string(),
    }
}

fn sort_key(
    typed: Typed,
    options: &ast::OrderByOptions,
    keys: &mut Vec<SortExpr>,
) -> SqlResult<()> {
    if matches!(typed.ty, ChType::Dynamic | ChType::Variant(_)) {
        return Err(SqlError::new(
            ChCode::IllegalColumn,
            "Data types Variant/Dynamic are not allowed in ORDER BY keys: use a `.:Type` subcolumn or CAST.",
        ));
    }
    let asc = options.asc.unwrap_or(true);
    let nulls_first = options.nulls_first.unwrap_or(false);
    let is_float = matches!(typed.ty.strip_nullable(), ChType::Float(_));
    let expr = typed.into_value();
    if is_float && !asc {
        // NaN comes last in both directions; DataFusion takes it for the greatest number.
        let is_nan = datafusion::functions::math::expr_fn::isnan(expr.clone());
        keys.push(SortExpr { expr: is_nan, asc: true, nulls_first });
    }
    keys.push(SortExpr { expr, asc, nulls_first });
    Ok(())
}

/// The plan grouped by the keys, with one column per key and aggregate.
fn aggregated(plan: LogicalPlan, scope: &Scope, grouping: Grouping) -> SqlResult<LogicalPlan> {
    let (keys, aggregates) = (scope.keys.borrow(), scope.aggregates.borrow());
    // Keys become columns of their own first: names that DataFusion derives from expressions are not unique.
    let kept = plan.schema().columns().into_iter().map(Plan::Column).collect::<Vec<_>>();
    let with_keys = kept.into_iter().chain(keys.iter().map(|key| key.value.clone().alias(&key.id)));
    let builder = LogicalPlanBuilder::from(plan).project(with_keys).map_err(plan_error)?;
    let named: Vec<Plan> = keys.iter().map(|key| column(&key.id)).collect();
    let groups = match grouping {
        Grouping::Rollup => vec![Plan::GroupingSet(GroupingSet::Rollup(named))],
        Grouping::Cube => vec![Plan::GroupingSet(GroupingSet::Cube(named))],
        Grouping::Plain | Grouping::Totals => named,
    };
    let mut computed: Vec<Plan> = aggregates.iter().map(|a| a.expr.clone().alias(&a.id)).collect();
    if groups.is_empty() && computed.is_empty() {
        computed.push(datafusion::functions_aggregate::expr_fn::count(lit(1_i64)));
    }
    let builder = builder.aggregate(groups, computed).map_err(plan_error)?;
    let mut exprs = Vec::new();
    for key in keys.iter() {
        // Rows of ROLLUP and CUBE that leave a key out show its default.
        let default = default_value(&key.ty);
        let padded = matches!(grouping, Grouping::Rollup | Grouping::Cube) && !default.is_null();
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
    exprs.extend(aggregates.iter().map(|computed| column(&computed.id)));
    let builder =
        if exprs.is_empty() { builder } else { builder.project(exprs).map_err(plan_error)? };
    builder.build().map_err(plan_error)
}

/// The plan with one more column per window function.
fn windowed(plan: LogicalPlan, windows: &[Computed]) -> SqlResult<LogicalPlan> {
    if windows.is_empty() {
        return Ok(plan);
    }
    let kept: Vec<Plan> = plan.schema().columns().into_iter().map(Plan::Column).collect();
    let exprs: Vec<Plan> = windows.iter().map(|w| w.expr.clone()).collect();
    let named = windows.iter().map(|w| {
        Plan::Column(datafusion::common::Column::new_unqualified(w.expr.schema_name().to_string()))
            .alias(&w.id)
    });
    let plan = LogicalPlanBuilder::window_plan(plan, exprs).map_err(plan_error)?;
    LogicalPlanBuilder::from(plan)
        .project(kept.into_iter().chain(named))
        .and_then(LogicalPlanBuilder::build)
        .map_err(plan_error)
}

/// The row of WITH TOTALS: the aggregates over everything, keys at their defaults.
fn totals(
    input: LogicalPlan,
    scope: &Scope,
    outputs: &[(String, Typed)],
) -> SqlResult<LogicalPlan> {
    let aggregates = scope.aggregates.borrow();
    let computed: Vec<Plan> = aggregates.iter().map(|a| a.expr.clone().alias(&a.id)).collect();
    let computed = if computed.is_empty() {
        vec![datafusion::functions_aggregate::expr_fn::count(lit(1_i64))]
    } else {
        computed
    };
    let mut exprs = Vec::new();
    for key in scope.keys.borrow().iter() {
        exprs.push(lit(scalar_of(&default_value(&key.ty), &key.ty)?).alias(&key.id));
    }
    for one in aggregates.iter() {
        exprs.push(column(&one.id));
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
