//! `[NOT] EXISTS (SELECT …)` that looks at the row around it becomes a SEMI or ANTI join.

use super::{join::conjuncts, select::clauses};
use crate::error::SqlResult;
use sqlparser::ast::{
    self, Expr, Ident, JoinConstraint, JoinOperator, Query, Select, SetExpr, TableFactor,
    TableWithJoins,
};
use std::ops::ControlFlow;

/// The SELECT with every such condition of its WHERE moved to FROM; `None` if there is none.
pub(super) fn decorrelated(select: &Select) -> SqlResult<Option<Select>> {
    let [from] = select.from.as_slice() else { return Ok(None) };
    let Some(selection) = &select.selection else { return Ok(None) };
    let outer: Vec<String> = tables_of(from).into_iter().flatten().collect();
    let mut rest: Option<Expr> = None;
    let mut joins = Vec::new();
    for condition in conjuncts(selection) {
        match as_join(condition, &outer)? {
            Some(join) => joins.push(join),
            None => {
                let condition = Box::new(condition.clone());
                rest = Some(match rest {
                    Some(all) => Expr::BinaryOp {
                        left: Box::new(all),
                        op: ast::BinaryOperator::And,
                        right: condition,
                    },
                    None => *condition,
                });
            }
        }
    }
    if joins.is_empty() {
        return Ok(None);
    }
    let mut out = select.clone();
    out.selection = rest;
    for from in out.from.iter_mut().take(1) {
        from.joins.append(&mut joins);
    }
    Ok(Some(out))
}

/// The names of the tables of a FROM, if all are tables with names or aliases that joins can be added to.
fn tables_of(from: &TableWithJoins) -> Option<Vec<String>> {
    let joined = from.joins.iter().map(|join| match join.join_operator {
        JoinOperator::ArrayJoin | JoinOperator::InnerArrayJoin | JoinOperator::LeftArrayJoin => {
            None
        }
        _ => name_of(&join.relation),
    });
    std::iter::once(name_of(&from.relation)).chain(joined).collect()
}

fn name_of(factor: &TableFactor) -> Option<String> {
    match factor {
        TableFactor::Table { alias: Some(alias), .. }
        | TableFactor::Derived { alias: Some(alias), .. } => Some(alias.name.value.clone()),
        TableFactor::Table { name, alias: None, args: None, .. } => match name.0.as_slice() {
            [part] => part.as_ident().map(|ident| ident.value.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// The join that a condition means, if it is an EXISTS over one table whose WHERE names a table around it.
fn as_join(condition: &Expr, outer: &[String]) -> SqlResult<Option<ast::Join>> {
    let (subquery, negated) = match condition {
        Expr::Exists { subquery, negated } => (subquery, *negated),
        Expr::UnaryOp { op: ast::UnaryOperator::Not, expr } => match &**expr {
            Expr::Exists { subquery, negated } => (subquery, !negated),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    let Some(inner) = plain_select(subquery)? else { return Ok(None) };
    let [TableWithJoins { relation, joins }] = inner.from.as_slice() else { return Ok(None) };
    let Some(name) = name_of(relation).filter(|_| joins.is_empty()) else { return Ok(None) };
    let Some(mut condition) = inner.selection.clone() else { return Ok(None) };
    if outer.contains(&name) || qualify(&mut condition, &name, outer) != Some(true) {
        return Ok(None);
    }
    let on = JoinConstraint::On(condition);
    let join_operator =
        if negated { JoinOperator::LeftAnti(on) } else { JoinOperator::LeftSemi(on) };
    // GLOBAL tells a SEMI join of ours from one that was written: its table has no name outside.
    Ok(Some(ast::Join { relation: relation.clone(), global: true, join_operator }))
}

/// Whether a query has one row for each row of its tables that its WHERE lets through.
pub(super) fn has_row_for_row(query: &Query) -> SqlResult<bool> {
    plain_select(query).map(|select| select.is_some())
}

/// The SELECT of a query that is nothing but FROM and WHERE: what it selects does not matter to EXISTS.
fn plain_select(query: &Query) -> SqlResult<Option<&Select>> {
    let Query {
        with: None,
        body,
        order_by: _,
        limit_clause: None,
        fetch: None,
        locks,
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators,
    } = query
    else {
        return Ok(None);
    };
    let SetExpr::Select(select) = &**body else { return Ok(None) };
    let parts = clauses(select)?;
    let ungrouped = matches!(&select.group_by, ast::GroupByExpr::Expressions(keys, with) if keys.is_empty() && with.is_empty());
    let rows_only = select.having.is_none()
        && select.qualify.is_none()
        && select.prewhere.is_none()
        && !parts.is_distinct();
    let plain_items = select.projection.iter().all(|item| {
        matches!(
            item,
            ast::SelectItem::Wildcard(_)
                | ast::SelectItem::UnnamedExpr(
                    Expr::Value(_) | Expr::Identifier(_) | Expr::CompoundIdentifier(_)
                )
        )
    });
    let plain =
        locks.is_empty() && pipe_operators.is_empty() && ungrouped && rows_only && plain_items;
    Ok(plain.then_some(&**select))
}

/// Puts the inner table's name before every name that is not a table's: those mean its columns. Answers whether a table
/// around is named; `None` if a name inside cannot be told.
fn qualify(condition: &mut Expr, inner: &str, outer: &[String]) -> Option<bool> {
    let mut correlated = false;
    let walked = ast::visit_expressions_mut(condition, |expr| {
        match expr {
            Expr::Identifier(ident) => {
                *expr = Expr::CompoundIdentifier(vec![Ident::new(inner), ident.clone()]);
            }
            Expr::CompoundIdentifier(parts) => match parts.first().map(|part| part.value.clone()) {
                Some(first) if outer.contains(&first) => correlated = true,
                Some(first) if first == inner => {}
                _ => parts.insert(0, Ident::new(inner)),
            },
            // Names of lambdas and of queries inside are not columns of the table.
            Expr::Lambda(_) | Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } => {
                return ControlFlow::Break(());
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    walked.is_continue().then_some(correlated)
}
