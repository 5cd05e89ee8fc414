//! What names mean: aliases, columns, paths in documents, parameters of lambdas.

use super::super::{Binder, query::Env, scope::Scope, unsupported};
use crate::{
    dialect::MARK,
    error::{ChCode, SqlError, SqlResult},
    functions::{literal, scalar},
    typed::Typed,
    value::Value,
};
use sqlparser::ast::{self, Expr};

impl Binder<'_> {
    /// An identifier's text; a marked one in quotes stands for an Identifier parameter.
    pub(in crate::bind) fn part(&self, ident: &ast::Ident) -> SqlResult<String> {
        match ident.value.strip_prefix(MARK) {
            Some(param) if ident.quote_style == Some('`') => self.identifier(param),
            _ => Ok(ident.value.clone()),
        }
    }

    /// What a dotted name means. An alias wins over a column, except inside its own expression.
    pub(in crate::bind) fn name(
        &self,
        parts: &[String],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let Some((first, rest)) = parts.split_first() else {
            return Err(unsupported("An empty name"));
        };
        if let Some(chosen) = scope.chosen.borrow().get(first) {
            return Ok(chosen.clone());
        }
        let parameter = scope
            .lambdas
            .borrow()
            .iter()
            .rev()
            .find_map(|params| params.iter().find(|(name, ..)| name == first).cloned());
        if let Some((_, id, ty)) = parameter {
            return self.value_path(Typed::value(crate::bind::column(&id), ty), rest);
        }
        if rest.is_empty()
            && (first == "true" || first == "false")
            && !scope.aliases.contains_key(first)
        {
            return literal(&Value::Bool(first == "true"));
        }
        if rest.is_empty() && !scope.aliases.contains_key(first) {
            match first.as_str() {
                "nan" | "NaN" => return literal(&Value::Float(f64::NAN)),
                "inf" | "Inf" => return literal(&Value::Float(f64::INFINITY)),
                _ => {}
            }
        }
        if let Some(typed) = self.alias(first, rest, scope, env)? {
            return Ok(typed);
        }
        if let Some(typed) = self.named_by_with(first, rest, scope, env)? {
            return Ok(typed);
        }
        if let Some((second, path)) = rest.split_first()
            && let Some(table) =
                scope.tables.iter().find(|table| table.alias.as_deref() == Some(first))
            && let Some(found) = table.columns.iter().find(|column| column.name == *second)
        {
            return self.column_path(found, path);
        }
        for taken in (1..=parts.len()).rev() {
            let (head, path) = parts.split_at(taken);
            let name = head.join(".");
            let mut tables = scope.tables.iter();
            if let Some(found) =
                tables.find_map(|table| table.open_columns().find(|column| column.name == name))
            {
                return self.column_path(found, path);
            }
        }
        let near = scope.near(first);
        let hint = match (near.is_empty(), scope.tables.is_empty()) {
            (false, _) => format!(" Maybe you meant: {near:?}."),
            (true, true) => " The query has no FROM; a text needs single quotes.".to_owned(),
            (true, false) => String::new(),
        };
        Err(SqlError::new(
            ChCode::UnknownIdentifier,
            format!("Unknown expression identifier `{}`.{hint}", parts.join(".")),
        ))
    }

    /// What `WITH expr AS name` says that a name is; inside of the expression, the name is a column's.
    fn named_by_with(
        &self,
        first: &str,
        rest: &[String],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Option<Typed>> {
        let Some(expr) = env.expression(first) else { return Ok(None) };
        let is_table = scope.tables.iter().any(|table| table.alias.as_deref() == Some(first));
        if !rest.is_empty() && is_table {
            return Ok(None);
        }
        let value = self.expr_inner(&expr, scope, &env.without(first))?;
        self.value_path(value, rest).map(Some)
    }

    fn alias(
        &self,
        first: &str,
        rest: &[String],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Option<Typed>> {
        let Some(expr) = scope.aliases.get(first) else { return Ok(None) };
        // `inv.total` means the table, and `item.amount` the ARRAY JOIN alias, even where a SELECT alias has that name.
        let is_relation = scope.tables.iter().any(|table| {
            table.alias.as_deref() == Some(first) || table.columns.iter().any(|c| c.name == first)
        });
        if scope.expanding.borrow().iter().any(|name| name == first)
            || (!rest.is_empty() && is_relation)
        {
            return Ok(None);
        }
        scope.expanding.borrow_mut().push(first.to_owned());
        let value = self.aliased_value(expr, scope, env);
        scope.expanding.borrow_mut().pop();
        self.value_path(value?, rest).map(Some)
    }

    /// What an alias stands for. Inside of a lambda whose parameters it does not use it is the same expression as outside, so
    /// that grouping keys and aggregates are found in it.
    fn aliased_value(&self, expr: &Expr, scope: &Scope, env: &Env) -> SqlResult<Typed> {
        let value = self.expr_inner(expr, scope, env)?;
        if !scope.grouped.get() || scope.lambdas.borrow().is_empty() {
            return Ok(value);
        }
        let uses_parameters =
            value.expr.column_refs().into_iter().any(|used| {
                scope.lambdas.borrow().iter().flatten().any(|(_, id, _)| *id == used.name)
            });
        if uses_parameters {
            return Ok(value);
        }
        let around = scope.lambdas.take();
        let outside = self.expr_inner(expr, scope, env);
        scope.lambdas.replace(around);
        outside
    }

    pub(super) fn access(
        &self,
        root: &Expr,
        chain: &[ast::AccessExpr],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let (mut value, chain) = self.access_base(root, chain, scope, env)?;
        for step in chain {
            value = match step {
                ast::AccessExpr::Subscript(ast::Subscript::Index { index }) => {
                    scalar("arrayElement", vec![value, self.expr(index, scope, env)?])?
                }
                ast::AccessExpr::Dot(Expr::Identifier(ident)) => {
                    self.value_path(value, std::slice::from_ref(&self.part(ident)?))?
                }
                ast::AccessExpr::Dot(Expr::Value(number)) => {
                    self.value_path(value, std::slice::from_ref(&number.value.to_string()))?
                }
                other => return Err(unsupported(&format!("The access `{other}`"))),
            };
        }
        Ok(value)
    }

    /// What a chain starts from: the longest dotted name, so that `data.a.b[1]` looks up `data.a.b` as one path.
    fn access_base<'c>(
        &self,
        root: &Expr,
        chain: &'c [ast::AccessExpr],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<(Typed, &'c [ast::AccessExpr])> {
        let mut parts = match root {
            Expr::Identifier(ident) => vec![self.part(ident)?],
            Expr::CompoundIdentifier(idents) => {
                idents.iter().map(|ident| self.part(ident)).collect::<SqlResult<Vec<_>>>()?
            }
            other => return Ok((self.expr(other, scope, env)?, chain)),
        };
        let mut rest = chain;
        while let [ast::AccessExpr::Dot(Expr::Identifier(ident)), tail @ ..] = rest {
            parts.push(self.part(ident)?);
            rest = tail;
        }
        Ok((self.name(&parts, scope, env)?, rest))
    }
}
