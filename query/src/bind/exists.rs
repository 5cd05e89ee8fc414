//! `[NOT] EXISTS (SELECT …)` that looks at the row around it becomes a SEMI or ANTI join.

use sqlparser::ast::{
    self, Expr, Ident, JoinConstraint, JoinOperator, Query, Select, SetExpr, TableFactor,
    TableWithJoins,
};
use std::ops::ControlFlow;

/// The SELECT with every such condition of its WHERE moved to FROM; `None` if there is none.
pub(super) fn decorrelated(select: &Select) -> Option<Select> {
    let [from] = select.from.as_slice() else { return None };
    let outer: Vec<String> = tables_of(from).into_iter().flatten().collect();
    let mut rest: Option<Expr> = None;
    let mut joins = Vec::new();
    for condition in conjuncts(select.selection.as_ref()?) {
        match as_join(condition, &outer) {
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
        return None;
    }
    let mut out = select.clone();
    out.selection = rest;
    out.from.first_mut()?.joins.extend(joins);
    Some(out)
}

fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::BinaryOp { left, op: ast::BinaryOperator::And, right } => {
            [conjuncts(left), conjuncts(right)].concat()
        }
        other => vec![other],
    }
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
fn as_join(condition: &Expr, outer: &[String]) -> Option<ast::Join> {
    let (subquery, negated) = match condition {
        Expr::Exists { subquery, negated } => (subquery, *negated),
        Expr::UnaryOp { op: ast::UnaryOperator::Not, expr } => match &**expr {
            Expr::Exists { subquery, negated } => (subquery, !negated),
            _ => return None,
        },
        _ => return None,
    };
    let inner = plain_select(subquery)?;
    let [TableWithJoins { relation, joins }] = inner.from.as_slice() else { return None };
    let name = name_of(relation).filter(|_| joins.is_empty())?;
    let mut condition = inner.selection.clone()?;
    if outer.contains(&name) || !qualify(&mut condition, &name, outer)? {
        return None;
    }
    let on = JoinConstraint::On(condition);
    let join_operator =
        if negated { JoinOperator::LeftAnti(on) } else { JoinOperator::LeftSemi(on) };
    Some(ast::Join { relation: relation.clone(), global: false, join_operator })
}

/// The SELECT of a query that is nothing but FROM and WHERE: what it selects does not matter to EXISTS.
fn plain_select(query: &Query) -> Option<&Select> {
    let plain = query.with.is_none() && query.limit_clause.is_none() && query.fetch.is_none();
    let SetExpr::Select(select) = &*query.body else { return None };
    let ungrouped = matches!(&select.group_by, ast::GroupByExpr::Expressions(keys, with) if keys.is_empty() && with.is_empty());
    let rows_only =
        select.having.is_none() && select.qualify.is_none() && select.prewhere.is_none();
    let mut aggregates = false;
    for item in &select.projection {
        aggregates |= !matches!(
            item,
            ast::SelectItem::Wildcard(_)
                | ast::SelectItem::UnnamedExpr(
                    Expr::Value(_) | Expr::Identifier(_) | Expr::CompoundIdentifier(_)
                )
        );
    }
    (plain && ungrouped && rows_only && !aggregates).then_some(select)
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
