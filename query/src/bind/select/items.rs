//! The SELECT list: sets of columns spread out, aliases noted, and the names of the answer.

use super::super::{
    Binder,
    columns::{Chosen, marked_call},
    query::Env,
    scope::Scope,
    unsupported,
    untuple::star_of,
};
use crate::{
    dialect::MARK,
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
};
use sqlparser::ast::{self, Expr, SelectItem};
use std::ops::ControlFlow;

/// An item of the SELECT list before it is bound.
pub(super) struct Item {
    pub(super) name: String,
    pub(super) expr: Expr,
    /// Whether the name is an alias of this expression: inside of it, the name means something else.
    aliased: bool,
}

impl Binder<'_> {
    /// The SELECT list: sets of columns spread out, aliases noted.
    pub(super) fn items(
        &self,
        projection: &[SelectItem],
        scope: &mut Scope,
    ) -> SqlResult<Vec<Item>> {
        let mut items = Vec::new();
        for item in projection {
            match item {
                SelectItem::UnnamedExpr(expr) => {
                    if let Some(columns) = self.column_set(expr, scope)? {
                        items.extend(spread(columns));
                        continue;
                    }
                    let name = match expr {
                        Expr::Identifier(ident) => self.part(ident)?,
                        other => output_name(other, &items),
                    };
                    items.push(Item { name, expr: expr.clone(), aliased: false });
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    if self.column_set(expr, scope)?.is_some() {
                        return Err(unsupported("An alias of a set of columns"));
                    }
                    if alias.quote_style == Some('\'') {
                        return Err(SqlError::new(
                            ChCode::SyntaxError,
                            format!(
                                "Syntax error: the text {alias} is no alias; connect texts with ||, and quote names with `…`."
                            ),
                        ));
                    }
                    let name = self.part(alias)?;
                    let known = scope.aliases.insert(name.clone(), expr.clone());
                    if known.is_some_and(|known| known != *expr) {
                        return Err(SqlError::new(
                            ChCode::MultipleExpressionsForAlias,
                            format!("Multiple expressions for alias {name}."),
                        ));
                    }
                    items.push(Item { name, expr: expr.clone(), aliased: true });
                }
                SelectItem::Wildcard(options) => {
                    plain(options)?;
                    items.extend(spread(self.all_columns(None, scope)?));
                }
                SelectItem::QualifiedWildcard(
                    ast::SelectItemQualifiedWildcardKind::ObjectName(name),
                    options,
                ) => {
                    plain(options)?;
                    let table = name.to_string();
                    let table = table.trim_matches(['`', '"']);
                    match self.all_columns(Some(table), scope) {
                        Ok(columns) => items.extend(spread(columns)),
                        // No table: a tuple then.
                        Err(error) => items.push(tuple(name).ok_or(error)?),
                    }
                }
                other => return Err(unsupported(&format!("`{other}` in SELECT"))),
            }
        }
        Ok(items)
    }

    /// The items with the elements of every `untuple` spread out; all aliases are known.
    pub(super) fn untupled(
        &self,
        items: Vec<Item>,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Vec<Item>> {
        let mut spread = Vec::with_capacity(items.len());
        for item in items {
            let Some(elements) = self.elements(&item.expr, scope, env)? else {
                spread.push(item);
                continue;
            };
            let named = |(element, expr): Chosen| {
                let name = match item.aliased {
                    true => format!("{}.{element}", item.name),
                    false => output_name(&expr, &[]),
                };
                Item { name, expr, aliased: false }
            };
            spread.extend(elements.into_iter().map(named));
        }
        Ok(spread)
    }

    /// Notes the names that stand inside of expressions.
    pub(super) fn inner_aliases<'e>(
        &self,
        exprs: impl Iterator<Item = &'e Expr>,
        scope: &mut Scope,
    ) -> SqlResult<()> {
        let mut found = InnerAliases { depth: 0, found: Vec::new() };
        for expr in exprs {
            let _visited = ast::Visit::visit(expr, &mut found);
        }
        for (name, expr) in found.found {
            let known = scope.aliases.insert(name.clone(), expr.clone());
            if known.is_some_and(|known| known != expr) {
                return Err(SqlError::new(
                    ChCode::MultipleExpressionsForAlias,
                    format!("Multiple expressions for alias {name}."),
                ));
            }
        }
        Ok(())
    }

    /// The values of the items.
    pub(super) fn outputs(
        &self,
        items: &[Item],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Vec<(String, Typed)>> {
        let mut outputs = Vec::new();
        for Item { name, expr, aliased } in items {
            let own_alias = aliased.then(|| name.clone());
            scope.expanding.borrow_mut().extend(own_alias);
            let typed = self.expr(expr, scope, env);
            if *aliased {
                scope.expanding.borrow_mut().pop();
            }
            let typed = typed?;
            if typed.ty == ChType::Nothing {
                return Err(no_value(name));
            }
            outputs.push((name.clone(), typed));
        }
        Ok(outputs)
    }
}

/// The error of a column without any value, as of an item of `[]`; inside of an expression such a value may stand.
fn no_value(name: &str) -> SqlError {
    SqlError::new(
        ChCode::IllegalTypeOfArgument,
        format!("Invalid projection column with type Nothing: `{name}` has no value"),
    )
}

/// Collects `⌘as(expr, name)` outside of subqueries, which have names of their own.
struct InnerAliases {
    depth: usize,
    found: Vec<(String, Expr)>,
}

impl ast::Visitor for InnerAliases {
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
        if self.depth == 0
            && let Some((expr, name)) = aliased(expr)
        {
            self.found.push((name, expr));
        }
        ControlFlow::Continue(())
    }
}

/// The expression and the name of an `⌘as(expr, name)`.
pub(in crate::bind) fn aliased(expr: &Expr) -> Option<(Expr, String)> {
    let ("as", arguments) = marked_call(expr)? else { return None };
    match arguments.as_slice() {
        [expr, Expr::Identifier(name)] => Some((expr.clone(), name.value.clone())),
        _ => None,
    }
}

/// A set of columns as items.
fn spread(columns: Vec<Chosen>) -> impl Iterator<Item = Item> {
    columns.into_iter().map(|(name, expr)| Item { name, expr, aliased: false })
}

/// `t.*` of a tuple: its elements under the name before the star.
fn tuple(name: &ast::ObjectName) -> Option<Item> {
    let idents: Vec<_> =
        name.0.iter().map(|part| part.as_ident().cloned()).collect::<Option<_>>()?;
    let names: Vec<&str> = idents.iter().map(|ident| ident.value.as_str()).collect();
    let name = names.join(".");
    let tuple = match idents.as_slice() {
        [ident] => Expr::Identifier(ident.clone()),
        _ => Expr::CompoundIdentifier(idents),
    };
    Some(Item { name, expr: star_of(tuple), aliased: true })
}

/// What other databases write behind `*` is refused; EXCEPT, REPLACE and APPLY are taken by the token pass.
fn plain(options: &ast::WildcardAdditionalOptions) -> SqlResult<()> {
    let ast::WildcardAdditionalOptions {
        wildcard_token: _,
        opt_ilike,
        opt_exclude,
        opt_except,
        opt_replace,
        opt_rename,
        opt_alias,
    } = options;
    if opt_except.is_some() || opt_replace.is_some() {
        return Err(unsupported("EXCEPT or REPLACE of a `*` that is not an item of its own"));
    }
    if opt_ilike.is_some() || opt_exclude.is_some() || opt_rename.is_some() || opt_alias.is_some() {
        return Err(unsupported(
            "ILIKE, EXCLUDE, RENAME or AS after `*`; write EXCEPT, REPLACE or COLUMNS('re')",
        ));
    }
    Ok(())
}

/// The name of a column without alias: a plain column's own name, else the text.
fn output_name(expr: &Expr, before: &[Item]) -> String {
    let text = |parts: &[String]| parts.join(".");
    match expr {
        Expr::Nested(inner) if aliased(inner).is_some() => {
            aliased(inner).map_or_else(String::new, |(_, name)| name)
        }
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
        // The text of a query is no name, least of all with what the token pass wrote into it.
        Expr::Subquery(_) => {
            let queries = before.iter().filter(|item| matches!(item.expr, Expr::Subquery(_)));
            format!("_subquery_{}", queries.count() + 1)
        }
        other => other.to_string().replace(MARK, ""),
    }
}
