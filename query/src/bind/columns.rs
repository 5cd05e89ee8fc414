//! Sets of columns in a SELECT list: `*`, `t.*`, `COLUMNS('re')`, `COLUMNS(a, b)`, and what EXCEPT, REPLACE and APPLY make
//! of them. The token pass writes them as `⌘columns(table, matcher, transformers…)`.

use super::{
    Binder,
    query::Env,
    scope::{Named, Scope},
    unsupported,
};
use crate::{
    dialect::MARK,
    error::{ChCode, SqlError, SqlResult},
};
use sqlparser::ast::{
    self, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName,
};

/// A column of an answer before it is bound: its name, and what it is.
pub(super) type Chosen = (String, Expr);

impl Binder<'_> {
    /// The columns of `*`, or of `table.*`.
    pub(super) fn all_columns(&self, table: Option<&str>, scope: &Scope) -> SqlResult<Vec<Chosen>> {
        let found = columns_of(table, scope)?;
        Ok(self.chosen(&found, scope))
    }

    /// The columns of an expression that is a set of them; `None` if it is another expression.
    pub(super) fn column_set(&self, expr: &Expr, scope: &Scope) -> SqlResult<Option<Vec<Chosen>>> {
        if let Expr::Nested(inner) = expr {
            return self.column_set(inner, scope);
        }
        let Some(("columns", arguments)) = marked_call(expr) else { return Ok(None) };
        let [table, matcher, transformers @ ..] = arguments.as_slice() else {
            return Err(unsupported("That set of columns"));
        };
        let table =
            if let Expr::Identifier(ident) = table { Some(ident.value.as_str()) } else { None };
        let found = columns_of(table, scope)?;
        let found = match marked_call(matcher) {
            Some(("all", _)) => found,
            Some(("like", pattern)) => {
                let pattern = pattern.first().and_then(text).unwrap_or_default();
                let pattern = compiled(&pattern)?;
                found.into_iter().filter(|(_, column)| pattern.is_match(&column.name)).collect()
            }
            Some(("named", names)) => named(&names, &found)?,
            _ => return Err(unsupported("That set of columns")),
        };
        let mut chosen = self.chosen(&found, scope);
        for transformer in transformers {
            chosen = transformed(chosen, transformer)?;
        }
        Ok(Some(chosen))
    }

    /// A list of expressions, with every set of columns spread out.
    pub(super) fn spread(
        &self,
        exprs: Vec<Expr>,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Vec<Expr>> {
        let mut spread = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let set = match self.column_set(&expr, scope)? {
                None => self.elements(&expr, scope, env)?,
                columns => columns,
            };
            match set {
                Some(columns) => spread.extend(columns.into_iter().map(|(_, expr)| expr)),
                None => spread.push(expr),
            }
        }
        Ok(spread)
    }

    /// Columns as expressions under names that only they have, so that no alias can stand in their place.
    fn chosen(&self, found: &[(Option<String>, Named)], scope: &Scope) -> Vec<Chosen> {
        let mut chosen: Vec<Chosen> = Vec::new();
        for (table, column) in found {
            let taken = chosen.iter().any(|(name, _)| *name == column.name);
            let name = match table {
                Some(table) if taken => format!("{table}.{}", column.name),
                _ => column.name.clone(),
            };
            let known = format!("{MARK}{}", self.fresh());
            scope.chosen.borrow_mut().insert(known.clone(), self.named(column));
            chosen.push((name, Expr::Identifier(Ident::new(known))));
        }
        chosen
    }
}

/// The columns of all tables, or of one, with the name of their table.
fn columns_of(table: Option<&str>, scope: &Scope) -> SqlResult<Vec<(Option<String>, Named)>> {
    if let Some(name) = table
        && !scope.tables.iter().any(|known| known.alias.as_deref() == Some(name))
    {
        return Err(SqlError::new(
            ChCode::UnknownIdentifier,
            format!("There is no table {name} in FROM."),
        ));
    }
    let tables =
        scope.tables.iter().filter(|known| table.is_none() || known.alias.as_deref() == table);
    Ok(tables
        .flat_map(|known| {
            let of_one = table.is_some();
            let shown = known.columns.iter().filter(|column| !column.hidden);
            let open = shown.filter(move |c| of_one || !known.merged.contains(&c.name));
            open.map(|column| (known.alias.clone(), column.clone()))
        })
        .collect())
}

/// `COLUMNS(a, b)`: these columns, in this order.
fn named(
    names: &[Expr],
    found: &[(Option<String>, Named)],
) -> SqlResult<Vec<(Option<String>, Named)>> {
    let by_name = |expr: &Expr| {
        let name = name_of(expr)?;
        found.iter().find(|(_, column)| column.name == name).cloned().ok_or_else(|| {
            SqlError::new(ChCode::UnknownIdentifier, format!("There is no column {name} in FROM."))
        })
    };
    names.iter().map(by_name).collect()
}

/// What one of EXCEPT, REPLACE and APPLY makes of columns.
fn transformed(chosen: Vec<Chosen>, transformer: &Expr) -> SqlResult<Vec<Chosen>> {
    let Some((kind, arguments)) = marked_call(transformer) else {
        return Err(unsupported("That set of columns"));
    };
    match kind {
        "except" | "except_strict" => except(chosen, &arguments, kind.ends_with("_strict")),
        "replace" | "replace_strict" => replace(chosen, &arguments, kind.ends_with("_strict")),
        "apply" => apply(chosen, &arguments),
        _ => Err(unsupported("That set of columns")),
    }
}

fn except(chosen: Vec<Chosen>, arguments: &[Expr], strict: bool) -> SqlResult<Vec<Chosen>> {
    if let [pattern] = arguments
        && let Some(pattern) = text(pattern)
    {
        let pattern = compiled(&pattern)?;
        return Ok(chosen.into_iter().filter(|(name, _)| !pattern.is_match(name)).collect());
    }
    let names = arguments.iter().map(name_of).collect::<SqlResult<Vec<_>>>()?;
    if let Some(unknown) = unknown_name(&names, &chosen).filter(|_| strict) {
        return Err(SqlError::new(
            ChCode::BadArguments,
            format!("EXCEPT STRICT: there is no column {unknown}."),
        ));
    }
    Ok(chosen.into_iter().filter(|(name, _)| !names.contains(name)).collect())
}

fn replace(chosen: Vec<Chosen>, arguments: &[Expr], strict: bool) -> SqlResult<Vec<Chosen>> {
    let mut by_name = Vec::new();
    for pair in arguments.chunks(2) {
        let [expr, name] = pair else { return Err(unsupported("That REPLACE")) };
        by_name.push((name_of(name)?, expr));
    }
    let names: Vec<String> = by_name.iter().map(|(name, _)| name.clone()).collect();
    if let Some(unknown) = unknown_name(&names, &chosen).filter(|_| strict) {
        return Err(SqlError::new(
            ChCode::BadArguments,
            format!("REPLACE STRICT: there is no column {unknown}."),
        ));
    }
    let replaced = |(name, expr): Chosen| match by_name.iter().find(|(known, _)| *known == name) {
        Some((_, by)) => (name, (*by).clone()),
        None => (name, expr),
    };
    Ok(chosen.into_iter().map(replaced).collect())
}

fn unknown_name<'n>(names: &'n [String], chosen: &[Chosen]) -> Option<&'n String> {
    names.iter().find(|name| !chosen.iter().any(|(known, _)| known == *name))
}

/// APPLY of a function, a function with parameters, or a lambda, and a prefix of the names.
fn apply(chosen: Vec<Chosen>, arguments: &[Expr]) -> SqlResult<Vec<Chosen>> {
    let (applied, prefix) = match arguments {
        [applied] => (applied, None),
        [applied, prefix] => match text(prefix) {
            Some(prefix) => (applied, Some(prefix)),
            None => return Err(unsupported("A prefix of APPLY that is no text")),
        },
        _ => {
            return Err(unsupported(
                "APPLY of several functions; write one APPLY behind the other",
            ));
        }
    };
    chosen
        .into_iter()
        .map(|(name, expr)| {
            let (called, shown) = match applied {
                Expr::Identifier(function) => (
                    call_of(function, FunctionArguments::None, expr),
                    format!("{function}({name})"),
                ),
                Expr::Function(Function { name: function, args, over: None, .. }) => {
                    let Some(ident) = function.0.last().and_then(|part| part.as_ident()) else {
                        return Err(unsupported("That APPLY"));
                    };
                    let shown = format!("{applied}({name})");
                    (call_of(ident, args.clone(), expr), shown)
                }
                Expr::Lambda(lambda) => {
                    let shown = with_argument(lambda, Expr::Identifier(Ident::new(&name)))?;
                    (with_argument(lambda, expr)?, shown.to_string())
                }
                other => return Err(unsupported(&format!("APPLY of `{other}`"))),
            };
            let shown = prefix.as_ref().map_or(shown, |prefix| format!("{prefix}{name}"));
            Ok((shown, called))
        })
        .collect()
}

pub(super) fn call_of(function: &Ident, parameters: FunctionArguments, argument: Expr) -> Expr {
    let list = ast::FunctionArgumentList {
        duplicate_treatment: None,
        args: vec![FunctionArg::Unnamed(FunctionArgExpr::Expr(argument))],
        clauses: Vec::new(),
    };
    Expr::Function(Function {
        name: ObjectName::from(vec![function.clone()]),
        uses_odbc_syntax: false,
        parameters,
        args: FunctionArguments::List(list),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

/// The body of a lambda of one parameter, with an expression in its place.
fn with_argument(lambda: &ast::LambdaFunction, argument: Expr) -> SqlResult<Expr> {
    let names: Vec<String> = lambda.params.iter().map(|param| param.name.value.clone()).collect();
    let [name] = names.as_slice() else {
        return Err(SqlError::new(
            ChCode::BadArguments,
            "The lambda of APPLY takes one argument, the column.",
        ));
    };
    Ok(super::function::substituted(&lambda.body, &[(name.clone(), argument)]))
}

/// The name and the arguments of a call that the token pass wrote.
pub(super) fn marked_call(expr: &Expr) -> Option<(&str, Vec<Expr>)> {
    let Expr::Function(function) = expr else { return None };
    let [name] = function.name.0.as_slice() else { return None };
    let name = name.as_ident()?.value.strip_prefix(MARK)?;
    let FunctionArguments::List(list) = &function.args else { return None };
    if list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
        return None;
    }
    let arguments = list.args.iter().map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
        _ => None,
    });
    Some((name, arguments.collect::<Option<_>>()?))
}

fn name_of(expr: &Expr) -> SqlResult<String> {
    match expr {
        Expr::Identifier(ident) => Ok(ident.value.clone()),
        Expr::CompoundIdentifier(idents) => {
            Ok(idents.iter().map(|ident| ident.value.clone()).collect::<Vec<_>>().join("."))
        }
        other => Err(unsupported(&format!("`{other}` in the place of a column's name"))),
    }
}

fn text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Value(value) => match &value.value {
            ast::Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}

fn compiled(pattern: &str) -> SqlResult<regex::Regex> {
    regex::Regex::new(pattern)
        .map_err(|e| SqlError::new(ChCode::CannotCompileRegexp, e.to_string()))
}
