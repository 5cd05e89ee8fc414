//! Queries: CTEs, set operations, and what stands after a SELECT.

use super::{
    Binder, column, expr::constant_of, plan_error, scope::Scope, select::Tail, unsupported,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{cast, common_type},
    typed::Typed,
    types::ChType,
};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use sqlparser::ast::{self, LimitClause, Query, SetExpr, SetOperator, SetQuantifier};
use std::{
    collections::{HashMap, HashSet},
    ops::ControlFlow,
    rc::Rc,
};

/// A column of a relation.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) ty: ChType,
}

/// A bound query: a plan whose columns are `columns`, in that order.
#[derive(Debug)]
pub(super) struct Relation {
    pub(super) plan: LogicalPlan,
    pub(super) columns: Vec<Output>,
    pub(super) totals: Option<LogicalPlan>,
    /// A further column of the plan that numbers the rows in the query's own ORDER BY, where a query around it asked for it.
    pub(super) order: Option<String>,
}

/// How often the types of a recursive CTE may widen: each integer type once, then Float64, then Nullable.
const WIDENINGS_MAX: usize = 8;

/// What a recursive CTE found in its last step.
#[derive(Clone, Debug)]
pub(super) struct Working {
    /// Name of the table that the steps share.
    pub(super) table: String,
    pub(super) columns: Vec<Output>,
}

/// What the token pass carries in SETTINGS, as sqlparser knows no place for it.
#[derive(Debug, Default)]
struct Carried {
    /// LIMIT n, offset BY keys.
    limit_by: Option<(Vec<ast::Expr>, Vec<ast::Expr>)>,
    /// LIMIT n WITH TIES.
    with_ties: bool,
}

/// The CTEs in sight.
#[derive(Clone, Debug, Default)]
pub(super) struct Env {
    ctes: HashMap<String, Rc<(Query, Env)>>,
    /// The CTEs that refer to themselves.
    recursive: HashSet<String>,
    /// The rows that such a CTE found in its last step, where its own next step is bound.
    working: HashMap<String, Rc<Working>>,
    use_nulls: bool,
    /// Whether the query around wants to know the order of rows.
    wants_order: bool,
}

impl Env {
    /// The same, for a query in FROM.
    pub(super) fn for_derived(&self) -> Self {
        Self { wants_order: true, ..self.clone() }
    }

    /// The last step of the CTE whose step is being bound.
    pub(super) fn working(&self, name: &str) -> Option<Rc<Working>> {
        self.working.get(name).cloned()
    }

    /// Whether a CTE may refer to itself.
    pub(super) fn is_recursive(&self, name: &str) -> bool {
        self.recursive.contains(name)
    }

    /// A CTE by name, with what was in sight where it was written.
    pub(super) fn cte(&self, name: &str) -> Option<(Query, Self)> {
        self.ctes.get(name).map(|cte| (cte.0.clone(), cte.1.clone()))
    }
}

impl Binder<'_> {
    /// Binds a query.
    pub(super) fn query(&self, query: &Query, env: &Env) -> SqlResult<Relation> {
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        if !locks.is_empty() || for_clause.is_some() || !pipe_operators.is_empty() {
            return Err(unsupported("FOR and pipe operators"));
        }
        if format_clause.is_some() {
            return Err(SqlError::new(
                ChCode::SyntaxError,
                "FORMAT stands at the end of a whole query, not in a subquery.",
            ));
        }
        let wants_order = env.wants_order;
        let mut env = Env { wants_order: false, ..env.clone() };
        if let Some(ast::With { with_token: _, recursive, cte_tables }) = with {
            for cte in cte_tables {
                let name = cte.alias.name.value.clone();
                if *recursive && refers_to(&cte.query, &name) {
                    env.recursive.insert(name);
                } else {
                    env.recursive.remove(&name);
                }
                if !cte.alias.columns.is_empty() {
                    return Err(unsupported("Column names after a CTE's name"));
                }
                let outer = env.clone();
                env.ctes
                    .insert(cte.alias.name.value.clone(), Rc::new(((*cte.query).clone(), outer)));
            }
        }
        let carried = self.settings(settings.as_deref().unwrap_or_default(), &mut env)?;
        let (limit, offset) = self.limit(limit_clause.as_ref(), fetch.as_ref(), &env)?;
        let Carried { limit_by, with_ties } = carried;
        let order_by = order_by.as_ref();
        if with_ties && order_by.is_none() {
            return Err(SqlError::new(
                ChCode::LogicalError,
                "LIMIT WITH TIES without ORDER BY: nothing says which rows are tied.",
            ));
        }
        let tail = Tail { order_by, limit, offset, with_ties, limit_by, wants_order };
        match &**body {
            SetExpr::Select(select) => self.select(select, &tail, &env),
            SetExpr::SetOperation { .. } => {
                // ClickHouse binds a trailing ORDER BY and LIMIT to the last branch.
                self.set_expr(body, &tail, &env)
            }
            SetExpr::Query(inner) => {
                let relation = self.query(inner, &env)?;
                if tail.is_empty() {
                    Ok(relation)
                } else {
                    Err(unsupported(
                        "ORDER BY or LIMIT after a query in parentheses; wrap it in SELECT * FROM (…)",
                    ))
                }
            }
            other => Err(unsupported(&format!("`{other}`"))),
        }
    }

    fn set_expr(&self, body: &SetExpr, tail: &Tail<'_>, env: &Env) -> SqlResult<Relation> {
        match body {
            SetExpr::Select(select) => self.select(select, tail, env),
            SetExpr::Query(query) if tail.is_empty() => self.query(query, env),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let none = Tail::none();
                let left = self.set_expr(left, &none, env)?;
                let right = self.set_expr(right, tail, env)?;
                self.combine(left, right, *op, *set_quantifier)
            }
            other => Err(unsupported(&format!("`{other}`"))),
        }
    }

    /// A CTE that refers to itself: its first side, and its second side over what the step before found, until that is
    /// nothing. Types widen until a step keeps them.
    pub(super) fn recursive(&self, name: &str, query: &Query, env: &Env) -> SqlResult<Relation> {
        let wrong = || {
            SqlError::new(
                ChCode::UnsupportedMethod,
                format!(
                    "The recursive CTE {name} is to be `first rows UNION ALL next rows from {name}`, without ORDER BY and LIMIT."
                ),
            )
        };
        let plain = query.order_by.is_none() && query.limit_clause.is_none();
        let SetExpr::SetOperation { left, op: SetOperator::Union, set_quantifier, right } =
            &*query.body
        else {
            return Err(wrong());
        };
        let distinct = match set_quantifier {
            SetQuantifier::All => false,
            SetQuantifier::Distinct => true,
            _ => return Err(wrong()),
        };
        if !plain || query.with.is_some() {
            return Err(wrong());
        }
        let none = Tail::none();
        let first = self.set_expr(left, &none, env)?;
        let table = self.fresh();
        let mut types: Vec<ChType> = first.columns.iter().map(|c| c.ty.clone()).collect();
        for _ in 0..WIDENINGS_MAX {
            let columns: Vec<Output> = first
                .columns
                .iter()
                .zip(&types)
                .map(|(c, ty)| Output { name: c.name.clone(), id: self.fresh(), ty: ty.clone() })
                .collect();
            let working = Working { table: table.clone(), columns };
            let mut inner = env.clone();
            inner.working.insert(name.to_owned(), Rc::new(working.clone()));
            let next = self.set_expr(right, &none, &inner)?;
            if next.columns.len() != types.len() {
                return Err(SqlError::new(
                    ChCode::UnionAllResultStructuresMismatch,
                    format!(
                        "The sides of {name} have {} and {} columns.",
                        types.len(),
                        next.columns.len()
                    ),
                ));
            }
            let wider = types
                .iter()
                .zip(&next.columns)
                .map(|(a, b)| common_type(&[a.clone(), b.ty.clone()]));
            let wider = wider.collect::<SqlResult<Vec<_>>>()?;
            if wider == types {
                let side = |side: Relation| self.as_columns(side, &working.columns);
                let (first, next) = (side(first)?, side(next)?);
                let plan = LogicalPlanBuilder::from(first)
                    .to_recursive_query(table, next, distinct)
                    .and_then(LogicalPlanBuilder::build)
                    .map_err(plan_error)?;
                return Ok(Relation { plan, columns: working.columns, totals: None, order: None });
            }
            types = wider;
        }
        Err(wrong())
    }

    /// A relation with the ids and types of these columns.
    fn as_columns(&self, side: Relation, columns: &[Output]) -> SqlResult<LogicalPlan> {
        let exprs = side.columns.iter().zip(columns).map(|(from, to)| {
            let value = cast(Typed::value(column(&from.id), from.ty.clone()), &to.ty)?;
            Ok(value.into_value().alias(&to.id))
        });
        LogicalPlanBuilder::from(side.plan)
            .project(exprs.collect::<SqlResult<Vec<_>>>()?)
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_error)
    }

    fn combine(
        &self,
        left: Relation,
        right: Relation,
        op: SetOperator,
        quantifier: SetQuantifier,
    ) -> SqlResult<Relation> {
        if left.columns.len() != right.columns.len() {
            return Err(SqlError::new(
                ChCode::UnionAllResultStructuresMismatch,
                format!(
                    "The sides have {} and {} columns.",
                    left.columns.len(),
                    right.columns.len()
                ),
            ));
        }
        let distinct = match (op, quantifier) {
            (SetOperator::Union, SetQuantifier::All) => false,
            (SetOperator::Union, SetQuantifier::Distinct) => true,
            (SetOperator::Union, _) => {
                return Err(SqlError::new(
                    ChCode::ExpectedAllOrDistinct,
                    "Expected ALL or DISTINCT after UNION. Write `UNION ALL` to keep duplicate rows or `UNION DISTINCT` to remove them.",
                ));
            }
            (SetOperator::Intersect | SetOperator::Except, SetQuantifier::Distinct) => true,
            (
                SetOperator::Intersect | SetOperator::Except,
                SetQuantifier::None | SetQuantifier::All,
            ) => false,
            _ => return Err(unsupported(&format!("{op} {quantifier}"))),
        };
        let mut columns = Vec::new();
        for (a, b) in left.columns.iter().zip(&right.columns) {
            columns.push(Output {
                name: a.name.clone(),
                id: self.fresh(),
                ty: common_type(&[a.ty.clone(), b.ty.clone()])?,
            });
        }
        let aligned =
            |side: Relation| self.as_columns(side, &columns).map(LogicalPlanBuilder::from);
        let (left, right) = (aligned(left)?, aligned(right)?);
        let built = |builder: LogicalPlanBuilder| builder.build().map_err(plan_error);
        let plan = match op {
            SetOperator::Union => {
                let all = left.union(built(right)?).map_err(plan_error)?;
                built(if distinct { all.distinct().map_err(plan_error)? } else { all })?
            }
            SetOperator::Intersect => {
                LogicalPlanBuilder::intersect(built(left)?, built(right)?, !distinct)
                    .map_err(plan_error)?
            }
            _ => LogicalPlanBuilder::except(built(left)?, built(right)?, !distinct)
                .map_err(plan_error)?,
        };
        Ok(Relation { plan, columns, totals: None, order: None })
    }

    /// SETTINGS: the ones with a meaning here are taken, all others are errors.
    fn settings(&self, settings: &[ast::Setting], env: &mut Env) -> SqlResult<Carried> {
        let mut carried = Carried::default();
        for ast::Setting { key, value } in settings {
            match key.value.as_str() {
                "__limit_by" => {
                    let parts = limit_by_parts(value);
                    carried.limit_by = Some(parts.ok_or_else(|| unsupported("That LIMIT BY"))?);
                }
                "__with_ties" => carried.with_ties = true,
                // Changes how an answer is computed, never the answer.
                "max_threads" => {}
                "join_use_nulls" => env.use_nulls = value.to_string() == "1",
                "use_variant_as_common_type"
                | "allow_experimental_json_type"
                | "enable_json_type"
                | "final"
                    if value.to_string() == "1" => {}
                "max_execution_time" | "max_memory_usage" => {
                    return Err(SqlError::new(
                        ChCode::UnknownSetting,
                        format!("{} is set by the server, not by the query.", key.value),
                    ));
                }
                other => {
                    return Err(SqlError::new(
                        ChCode::UnknownSetting,
                        format!("Unknown setting {other}."),
                    ));
                }
            }
        }
        Ok(carried)
    }

    pub(super) fn use_nulls(env: &Env) -> bool {
        env.use_nulls
    }

    fn limit(
        &self,
        clause: Option<&LimitClause>,
        fetch: Option<&ast::Fetch>,
        env: &Env,
    ) -> SqlResult<(Option<usize>, usize)> {
        let (limit, offset) = match clause {
            None => (None, None),
            Some(LimitClause::LimitOffset { limit, offset, limit_by }) if limit_by.is_empty() => {
                (limit.as_ref(), offset.as_ref().map(|o| &o.value))
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => (Some(limit), Some(offset)),
            Some(LimitClause::LimitOffset { .. }) => return Err(unsupported("That LIMIT BY")),
        };
        let fetched = match fetch {
            Some(ast::Fetch { with_ties: false, percent: false, quantity }) => quantity.as_ref(),
            Some(_) => return Err(unsupported("FETCH … WITH TIES or PERCENT")),
            None => None,
        };
        let number = |expr: &ast::Expr| self.row_count(expr, env);
        Ok((
            limit.or(fetched).map(number).transpose()?,
            offset.map(number).transpose()?.unwrap_or(0),
        ))
    }

    /// A constant number of rows.
    pub(super) fn row_count(&self, expr: &ast::Expr, env: &Env) -> SqlResult<usize> {
        let scope = Scope::new(Vec::new());
        let value = constant_of(&self.expr(expr, &scope, env)?)?
            .and_then(|v| v.as_int())
            .and_then(|v| usize::try_from(v).ok());
        value.ok_or_else(|| {
            SqlError::new(
                ChCode::InvalidLimitExpression,
                format!("LIMIT and OFFSET need a number that is not negative, not {expr}."),
            )
        })
    }
}

/// Whether a query names a table.
fn refers_to(query: &Query, name: &str) -> bool {
    let found = ast::visit_relations(query, |relation| {
        if relation.to_string() == name {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    found.is_break()
}

/// `tuple(tuple(n, offset), keys…)` as the token pass writes it.
fn limit_by_parts(value: &ast::Expr) -> Option<(Vec<ast::Expr>, Vec<ast::Expr>)> {
    let mut outer = call_args(value)?.into_iter();
    let head = call_args(&outer.next()?)?;
    Some((head, outer.collect()))
}

fn call_args(expr: &ast::Expr) -> Option<Vec<ast::Expr>> {
    let ast::Expr::Function(function) = expr else { return None };
    let ast::FunctionArguments::List(list) = &function.args else { return None };
    list.args
        .iter()
        .map(|arg| {
            if let ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) = arg {
                Some(expr.clone())
            } else {
                None
            }
        })
        .collect()
}
