//! `x = ANY (SELECT …)`, `x > ALL (SELECT …)`: IN, or a comparison with the least, the greatest or the only value, as ClickHouse
//! reads them.

use super::super::{Binder, query::Env, scope::Scope, unsupported};
use crate::{dialect, error::SqlResult, typed::Typed};
use sqlparser::ast::{BinaryOperator, Expr, Query, SetExpr, TableFactor};

impl Binder<'_> {
    /// A comparison with any or all rows of a subquery.
    pub(super) fn quantified(
        &self,
        (left, op, right): (&Expr, &BinaryOperator, &Expr),
        all: bool,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
        if let Expr::Nested(inner) = right {
            return self.quantified((left, op, inner), all, scope, env);
        }
        let Expr::Subquery(query) = right else {
            return Err(unsupported("ANY or ALL of anything but a subquery"));
        };
        let left = Box::new(left.clone());
        let is_in = |subquery| Expr::InSubquery {
            expr: left.clone(),
            subquery: Box::new(subquery),
            negated: *op == NotEq,
        };
        let compared = |subquery| Expr::BinaryOp {
            left: left.clone(),
            op: op.clone(),
            right: Box::new(Expr::Subquery(Box::new(subquery))),
        };
        let expr = match (op, all) {
            (Eq, false) | (NotEq, true) => is_in((**query).clone()),
            (Eq, true) | (NotEq, false) => is_in(of_rows("singleValueOrNull", query)?),
            (Gt | GtEq, false) | (Lt | LtEq, true) => compared(of_rows("min", query)?),
            (Lt | LtEq, false) | (Gt | GtEq, true) => compared(of_rows("max", query)?),
            _ => return Err(unsupported(&format!("The operator {op} before ANY and ALL"))),
        };
        self.expr(&expr, scope, env)
    }
}

/// An aggregate of the rows of a query.
fn of_rows(aggregate: &str, rows: &Query) -> SqlResult<Query> {
    let mut query = *dialect::parse(&format!("SELECT {aggregate}(*) FROM (SELECT 1)"))?.query;
    if let SetExpr::Select(select) = &mut *query.body
        && let Some(from) = select.from.first_mut()
        && let TableFactor::Derived { subquery, .. } = &mut from.relation
    {
        **subquery = rows.clone();
    }
    Ok(query)
}
