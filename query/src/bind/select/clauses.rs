//! The clauses of a SELECT: every one is taken by somebody, or refused here.

use super::super::unsupported;
use crate::error::{ChCode, SqlError, SqlResult};
use sqlparser::ast::{self, Expr, Select, SelectItem};
use std::collections::HashMap;

/// What the clauses say that are not bound as expressions.
pub(in crate::bind) struct Clauses {
    pub(super) distinct: bool,
    pub(super) distinct_on: Vec<Expr>,
    pub(super) windows: HashMap<String, ast::WindowSpec>,
    /// The SELECT list; `*` for a query that begins with FROM and selects nothing.
    pub(super) projection: Vec<SelectItem>,
    /// TOP n, and whether ties come along.
    pub(super) top: Option<(Expr, bool)>,
}

impl Clauses {
    /// Whether equal rows are left out.
    pub(in crate::bind) fn is_distinct(&self) -> bool {
        self.distinct || !self.distinct_on.is_empty() || self.top.is_some()
    }
}

/// Takes every clause of the SELECT apart; what nobody handles is an error.
pub(in crate::bind) fn clauses(select: &Select) -> SqlResult<Clauses> {
    let Select {
        select_token: _,
        optimizer_hints,
        distinct,
        select_modifiers,
        top,
        top_before_distinct: _,
        projection,
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
        flavor,
    } = select;
    let refused = [
        (!optimizer_hints.is_empty(), "A hint in a comment"),
        (select_modifiers.is_some(), "A modifier after SELECT other than DISTINCT"),
        (exclude.is_some(), "EXCLUDE; write `* EXCEPT (column)`"),
        (into.is_some(), "SELECT INTO; SQL only reads"),
        (!lateral_views.is_empty(), "LATERAL VIEW; write ARRAY JOIN"),
        (!connect_by.is_empty(), "CONNECT BY; write WITH RECURSIVE"),
        (!cluster_by.is_empty(), "CLUSTER BY"),
        (!distribute_by.is_empty(), "DISTRIBUTE BY"),
        (!sort_by.is_empty(), "SORT BY; write ORDER BY"),
        (value_table_mode.is_some(), "SELECT AS VALUE or AS STRUCT; write tuple(…)"),
    ];
    if let Some((_, what)) = refused.iter().find(|(given, _)| *given) {
        return Err(unsupported(what));
    }
    let (distinct, distinct_on) = match distinct {
        None | Some(ast::Distinct::All) => (false, Vec::new()),
        Some(ast::Distinct::Distinct) => (true, Vec::new()),
        Some(ast::Distinct::On(exprs)) => (false, exprs.clone()),
    };
    let from_only = matches!(flavor, ast::SelectFlavor::FromFirstNoSelect);
    let projection = if from_only {
        vec![SelectItem::Wildcard(ast::WildcardAdditionalOptions::default())]
    } else {
        projection.clone()
    };
    Ok(Clauses {
        distinct,
        distinct_on,
        windows: windows(named_window)?,
        projection,
        top: top.as_ref().map(top_of).transpose()?,
    })
}

fn windows(named: &[ast::NamedWindowDefinition]) -> SqlResult<HashMap<String, ast::WindowSpec>> {
    let mut windows = HashMap::new();
    for ast::NamedWindowDefinition(name, definition) in named {
        let ast::NamedWindowExpr::WindowSpec(spec) = definition else {
            return Err(unsupported(
                "A window that is only another window's name; write `w2 AS (w1)`",
            ));
        };
        if windows.insert(name.value.clone(), spec.clone()).is_some() {
            return Err(SqlError::new(
                ChCode::BadArguments,
                format!("The window {name} is defined twice."),
            ));
        }
    }
    Ok(windows)
}

fn top_of(top: &ast::Top) -> SqlResult<(Expr, bool)> {
    let ast::Top { with_ties, percent, quantity } = top;
    if *percent {
        return Err(unsupported("TOP … PERCENT"));
    }
    let count = match quantity {
        Some(ast::TopQuantity::Expr(expr)) => expr.clone(),
        Some(ast::TopQuantity::Constant(count)) => {
            Expr::value(ast::Value::Number(count.to_string(), false))
        }
        None => return Err(unsupported("TOP without a number")),
    };
    Ok((count, *with_ties))
}
