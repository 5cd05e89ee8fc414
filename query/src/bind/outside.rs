//! Names inside a subquery that mean columns of the rows around it: its own tables come first, then those around.

use super::{
    Binder,
    query::Env,
    scope::{Clause, Scope, TableRef},
};
use crate::{dialect::MARK, error::SqlResult, typed::Typed};
use sqlparser::ast::{self, Expr, Ident, Query, SelectItem, SetExpr, VisitMut};
use std::{collections::HashSet, ops::ControlFlow};

/// A subquery in which each name from around is one that only the scope around knows.
pub(super) struct Marked {
    pub(super) query: Query,
    pub(super) outer: HashSet<String>,
}

impl Marked {
    /// Whether an expression holds a name from around.
    pub(super) fn mentions(&self, expr: &Expr) -> bool {
        let found = ast::visit_expressions(expr, |expr| match expr {
            Expr::Identifier(ident) if self.outer.contains(&ident.value) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        });
        found.is_break()
    }
}

impl Binder<'_> {
    /// The subquery with its names from around marked; `None` if it has none, so that its answer is the same for every row.
    pub(super) fn with_outer_names(
        &self,
        query: &Query,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Option<Marked>> {
        let SetExpr::Select(select) = &*query.body else { return Ok(None) };
        if query.with.is_some() || scope.tables.is_empty() || !may_look_outside(query, scope) {
            return Ok(None);
        }
        let tables = self.from(&select.from, env, false)?.tables;
        let mut marks = Marks {
            binder: self,
            scope,
            env,
            own: Own::of(tables, select),
            outer: HashSet::new(),
            depth: 0,
        };
        let mut select = select.clone();
        let _end = VisitMut::visit(&mut select.projection, &mut marks);
        let _end = VisitMut::visit(&mut select.selection, &mut marks);
        let _end = VisitMut::visit(&mut select.group_by, &mut marks);
        let _end = VisitMut::visit(&mut select.having, &mut marks);
        let outer = marks.outer;
        let query = Query { body: Box::new(SetExpr::Select(select)), ..query.clone() };
        Ok((!outer.is_empty()).then_some(Marked { query, outer }))
    }
}

/// Whether any name in a query could be one of the scope's: a cheap look that spares most queries the real one.
fn may_look_outside(query: &Query, scope: &Scope) -> bool {
    let found = ast::visit_expressions(query, |expr| {
        let first = match expr {
            Expr::Identifier(ident) => Some(ident),
            Expr::CompoundIdentifier(parts) => parts.first(),
            _ => None,
        };
        let known = first.is_some_and(|first| {
            scope.aliases.contains_key(&first.value)
                || scope.tables.iter().any(|table| {
                    table.alias.as_deref() == Some(&first.value)
                        || table.columns.iter().any(|column| column.name == first.value)
                })
        });
        if known { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    found.is_break()
}

/// The names that a subquery has by itself.
struct Own {
    tables: Vec<TableRef>,
    /// Aliases of its SELECT list, parameters of its lambdas.
    others: HashSet<String>,
}

impl Own {
    fn of(tables: Vec<TableRef>, select: &ast::Select) -> Self {
        let mut others = HashSet::new();
        for item in &select.projection {
            if let SelectItem::ExprWithAlias { alias, .. } = item {
                others.insert(alias.value.clone());
            }
        }
        let _all: ControlFlow<()> = ast::visit_expressions(select, |expr| {
            if let Expr::Lambda(lambda) = expr {
                others.extend(lambda.params.iter().map(|param| param.name.value.clone()));
            }
            ControlFlow::Continue(())
        });
        Self { tables, others }
    }

    fn has(&self, parts: &[&Ident]) -> bool {
        let Some(first) = parts.first().map(|first| first.value.as_str()) else { return true };
        let whole = parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".");
        let column = |table: &TableRef| {
            table.columns.iter().any(|column| column.name == first || column.name == whole)
        };
        self.others.contains(first)
            || matches!(first, "true" | "false")
            || self.tables.iter().any(|t| t.alias.as_deref() == Some(first) || column(t))
    }
}

/// Marks names while it walks; queries inside have scopes of their own.
struct Marks<'a, 'b> {
    binder: &'a Binder<'b>,
    scope: &'a Scope,
    env: &'a Env,
    own: Own,
    outer: HashSet<String>,
    depth: usize,
}

impl Marks<'_, '_> {
    /// What a name means around the subquery, if it is none of its own.
    fn meaning_around(&self, expr: &Expr) -> Option<Typed> {
        let parts: Vec<&Ident> = match expr {
            Expr::Identifier(ident) => vec![ident],
            Expr::CompoundIdentifier(parts) => parts.iter().collect(),
            Expr::CompoundFieldAccess { root, .. } => match &**root {
                Expr::Identifier(ident) => vec![ident],
                Expr::CompoundIdentifier(parts) => parts.iter().collect(),
                _ => return None,
            },
            _ => return None,
        };
        if self.own.has(&parts) {
            return None;
        }
        let bound = || self.binder.expr(expr, self.scope, self.env).ok();
        self.scope.within(Clause::BeforeAggregation, bound)
    }
}

impl ast::VisitorMut for Marks<'_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth = self.depth.saturating_sub(1);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if self.depth == 0
            && let Some(typed) = self.meaning_around(expr)
        {
            let name = format!("{MARK}{}", self.binder.fresh());
            self.scope.chosen.borrow_mut().insert(name.clone(), typed);
            self.outer.insert(name.clone());
            *expr = Expr::Identifier(Ident::new(name));
        }
        ControlFlow::Continue(())
    }
}
