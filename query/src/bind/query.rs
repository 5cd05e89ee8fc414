//! Queries: CTEs, set operations, and what stands after a SELECT.

mod limit;

pub(super) use limit::LimitBy;

use super::{
    Binder, column,
    columns::marked_call,
    from::column_names,
    plan_error,
    select::{Tail, row_number, windowed},
    unsupported,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{common_type, unified},
    typed::Typed,
    types::ChType,
};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use limit::Limits;
use sqlparser::ast::{self, Query, SetExpr, SetOperator, SetQuantifier};
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

/// A query with a name.
#[derive(Debug)]
pub(super) struct Cte {
    pub(super) query: Query,
    /// Names of its columns, if it gives them.
    pub(super) columns: Vec<String>,
}

/// The names in sight that are no columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Env {
    ctes: HashMap<String, Rc<(Cte, Env)>>,
    /// `WITH expr AS name`.
    expressions: HashMap<String, Rc<ast::Expr>>,
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
    pub(super) fn cte(&self, name: &str) -> Option<(&Cte, Self)> {
        self.ctes.get(name).map(|cte| (&cte.0, cte.1.clone()))
    }

    /// An expression by name.
    pub(super) fn expression(&self, name: &str) -> Option<Rc<ast::Expr>> {
        self.expressions.get(name).cloned()
    }

    /// The same without an expression's name: inside of itself, the name means something else, or nothing.
    pub(super) fn without(&self, name: &str) -> Self {
        let mut env = self.clone();
        env.expressions.remove(name);
        env
    }

    /// Takes the names of a WITH.
    fn take(&mut self, with: &ast::With) -> SqlResult<()> {
        let ast::With { with_token: _, recursive, cte_tables } = with;
        let mut queries = Vec::new();
        for cte in cte_tables {
            let ast::Cte { alias, query, from, materialized, closing_paren_token: _ } = cte;
            let ast::TableAlias { explicit: _, name, columns, at } = alias;
            if from.is_some() || materialized.is_some() || at.is_some() {
                return Err(unsupported("MATERIALIZED or FROM behind a query in WITH"));
            }
            let name = name.value.clone();
            match named_expression(query) {
                Some(expr) => drop(self.expressions.insert(name, Rc::new(expr))),
                None => queries.push((name, &**query, column_names(columns)?)),
            }
        }
        if let Some(twice) = queries.iter().enumerate().find_map(|(at, (name, ..))| {
            queries.iter().take(at).any(|(before, ..)| before == name).then_some(name)
        }) {
            return Err(SqlError::new(
                ChCode::MultipleExpressionsForAlias,
                format!("CTE with name {twice} already exists."),
            ));
        }
        for (name, query, columns) in in_order(queries) {
            if *recursive && refers_to(query, &name) {
                self.recursive.insert(name.clone());
            } else {
                self.recursive.remove(&name);
            }
            let outer = self.clone();
            let cte = Cte { query: query.clone(), columns };
            self.ctes.insert(name, Rc::new((cte, outer)));
        }
        Ok(())
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
        if let Some(with) = with {
            env.take(with)?;
        }
        if limit_clause.is_some() || fetch.is_some() {
            return Err(unsupported("LIMIT, OFFSET or FETCH in this place"));
        }
        let limits = self.settings(settings.as_deref().unwrap_or_default(), &mut env)?;
        let Limits { limit, offset, with_ties, by: limit_by } = limits;
        let order_by = order_by.as_ref();
        if with_ties && order_by.is_none() {
            return Err(ties_without_order());
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
                let none = Tail::default();
                let firsts = branches(left, *op, *set_quantifier);
                let firsts = firsts.into_iter().map(|branch| self.set_expr(branch, &none, env));
                let mut sides = firsts.collect::<SqlResult<Vec<_>>>()?;
                sides.push(self.set_expr(right, tail, env)?);
                self.combine(sides, *op, *set_quantifier)
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
        let plain = query.with.is_none()
            && query.order_by.is_none()
            && query.limit_clause.is_none()
            && query.fetch.is_none()
            && query.settings.is_none()
            && query.format_clause.is_none()
            && query.for_clause.is_none()
            && query.locks.is_empty()
            && query.pipe_operators.is_empty();
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
        if !plain {
            return Err(wrong());
        }
        let none = Tail::default();
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
            let value = unified(Typed::value(column(&from.id), from.ty.clone()), &to.ty)?;
            Ok(value.into_value().alias(&to.id))
        });
        LogicalPlanBuilder::from(side.plan)
            .project(exprs.collect::<SqlResult<Vec<_>>>()?)
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_error)
    }

    /// The relations of a set operation as one: two, or all of a chain of UNIONs.
    fn combine(
        &self,
        sides: Vec<Relation>,
        op: SetOperator,
        quantifier: SetQuantifier,
    ) -> SqlResult<Relation> {
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
        let columns = self.common_columns(&sides)?;
        let of_copies = !distinct && op != SetOperator::Union;
        let number = of_copies.then(|| self.fresh());
        let aligned = |side: Relation| {
            let plan = self.as_columns(side, &columns)?;
            let plan = match &number {
                // Each copy of a row is a row of its own: the first meets the first of the other side.
                Some(id) => numbered_copies(plan, &columns, id)?,
                None => plan,
            };
            Ok::<_, SqlError>(LogicalPlanBuilder::from(plan))
        };
        let built = |builder: LogicalPlanBuilder| builder.build().map_err(plan_error);
        let mut sides = sides.into_iter().map(aligned);
        let first = sides.next().ok_or_else(|| unsupported("A set operation of nothing"))??;
        let mut all = sides.try_fold(first, |left, right| {
            let (left, right) = (built(left)?, built(right?)?);
            let joined = match op {
                SetOperator::Union => {
                    return LogicalPlanBuilder::from(left).union(right).map_err(plan_error);
                }
                SetOperator::Intersect => LogicalPlanBuilder::intersect(left, right, !distinct),
                _ => LogicalPlanBuilder::except(left, right, !distinct),
            };
            joined.map(LogicalPlanBuilder::from).map_err(plan_error)
        })?;
        if distinct && op == SetOperator::Union {
            all = all.distinct().map_err(plan_error)?;
        }
        let plan = built(all)?;
        let plan = if number.is_some() {
            let only = columns.iter().map(|c| column(&c.id));
            built(LogicalPlanBuilder::from(plan).project(only).map_err(plan_error)?)?
        } else {
            plan
        };
        Ok(Relation { plan, columns, totals: None, order: None })
    }

    /// The columns of relations in the types that those of all have in common.
    fn common_columns(&self, sides: &[Relation]) -> SqlResult<Vec<Output>> {
        let first = sides.first().map(|side| side.columns.as_slice()).unwrap_or_default();
        if let Some(other) = sides.iter().find(|side| side.columns.len() != first.len()) {
            return Err(SqlError::new(
                ChCode::UnionAllResultStructuresMismatch,
                format!("The sides have {} and {} columns.", first.len(), other.columns.len()),
            ));
        }
        let column = |(at, named): (usize, &Output)| {
            let types = sides.iter().filter_map(|side| side.columns.get(at));
            let types: Vec<ChType> = types.map(|column| column.ty.clone()).collect();
            Ok(Output { name: named.name.clone(), id: self.fresh(), ty: common_type(&types)? })
        };
        first.iter().enumerate().map(column).collect()
    }

    pub(super) fn use_nulls(env: &Env) -> bool {
        env.use_nulls
    }
}

/// The queries before the last one of a chain of equal UNIONs, which have their types in common all at once.
fn branches(left: &SetExpr, op: SetOperator, quantifier: SetQuantifier) -> Vec<&SetExpr> {
    let (mut rest, mut found) = (left, Vec::new());
    while let SetExpr::SetOperation { left, op: inner, set_quantifier, right } = rest
        && op == SetOperator::Union
        && *inner == op
        && *set_quantifier == quantifier
    {
        found.push(&**right);
        rest = left;
    }
    found.push(rest);
    found.reverse();
    found
}

/// The plan with the number of each row among those equal to it.
fn numbered_copies(plan: LogicalPlan, columns: &[Output], id: &str) -> SqlResult<LogicalPlan> {
    let keys = columns.iter().map(|c| column(&c.id)).collect();
    windowed(plan, &[row_number(id, keys, Vec::new())])
}

/// The error of ties that nothing defines.
pub(super) fn ties_without_order() -> SqlError {
    SqlError::new(
        ChCode::LogicalError,
        "LIMIT WITH TIES without ORDER BY: nothing says which rows are tied.",
    )
}

/// The expression of a `WITH expr AS name`, which the token pass writes as `name AS (SELECT ⌘with(expr))`.
fn named_expression(query: &Query) -> Option<ast::Expr> {
    let SetExpr::Select(select) = &*query.body else { return None };
    let [ast::SelectItem::UnnamedExpr(item)] = select.projection.as_slice() else { return None };
    match marked_call(item)? {
        ("with", arguments) => arguments.into_iter().next(),
        _ => None,
    }
}

/// Most queries of a WITH that may stand in any order.
const SORTED_MAX: usize = 50;

/// A query of a WITH: its name, itself, and the names of its columns.
type Named<'a> = (String, &'a Query, Vec<String>);

/// Queries in an order in which each stands behind those that it names; as written where they name each other.
fn in_order(queries: Vec<Named<'_>>) -> Vec<Named<'_>> {
    if queries.len() > SORTED_MAX {
        return queries;
    }
    let (mut left, mut ordered) = (queries, Vec::new());
    while !left.is_empty() {
        let free = left.iter().position(|(name, query, _)| {
            left.iter().all(|(other, ..)| other == name || !refers_to(query, other))
        });
        ordered.push(left.remove(free.unwrap_or(0)));
    }
    ordered
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
