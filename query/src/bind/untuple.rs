//! `untuple(t)`, and `t.*` of a tuple: the elements as columns.

use super::{
    Binder,
    columns::{Chosen, call_of},
    query::Env,
    scope::{Clause, Scope},
};
use crate::{
    dialect::MARK,
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
};
use sqlparser::ast::{
    self, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
};

const UNTUPLE: &str = "untuple";

/// `t.*` of something that is no table: a call of `untuple` under a name that no query can write.
pub(super) fn star_of(tuple: Expr) -> Expr {
    call_of(&Ident::new(format!("{MARK}{UNTUPLE}")), FunctionArguments::None, tuple)
}

impl Binder<'_> {
    /// The elements of the tuple of an `untuple(…)`, each with its name; `None` if the expression is another.
    ///
    /// # Errors
    /// ClickHouse's, if there is not one argument or it is no tuple.
    pub(super) fn elements(
        &self,
        expr: &Expr,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Option<Vec<Chosen>>> {
        if let Expr::Nested(inner) = expr {
            return self.elements(inner, scope, env);
        }
        let Expr::Function(function) = expr else { return Ok(None) };
        let [name] = function.name.0.as_slice() else { return Ok(None) };
        let name = name.as_ident().map_or("", |name| name.value.as_str());
        let is_star = name.strip_prefix(MARK) == Some(UNTUPLE);
        if !is_star && name != UNTUPLE {
            return Ok(None);
        }
        let tuple = argument(function)?;
        let ty = self.traceless_type(tuple, scope, env).map_err(|error| {
            let is_unknown = is_star && error.code == ChCode::UnknownIdentifier;
            if is_unknown { no_table(tuple) } else { error }
        })?;
        let ChType::Tuple(fields) = ty.strip_nullable() else {
            return Err(refused(if is_star {
                format!("`{tuple}.*` needs a table of FROM or a tuple; {tuple} is of type {ty}.")
            } else {
                format!("The argument of untuple must be a tuple, not {ty}.")
            }));
        };
        let names = fields.iter().enumerate().map(|(at, (name, _))| match name {
            Some(name) => name.clone(),
            None => (at + 1).to_string(),
        });
        Ok(Some(names.map(|name| (name.clone(), element(tuple, name))).collect()))
    }

    /// The value of an `untuple(…)` among other things, which must be of one column.
    ///
    /// # Errors
    /// ClickHouse's, if the tuple has not one element.
    pub(super) fn only_element(&self, expr: &Expr, scope: &Scope, env: &Env) -> SqlResult<Typed> {
        let elements = self.elements(expr, scope, env)?.unwrap_or_default();
        match elements.as_slice() {
            [(_, only)] => self.expr(only, scope, env),
            several => Err(refused(format!(
                "untuple gives {} columns where one value is wanted; name one, such as `t.1`.",
                several.len()
            ))),
        }
    }

    /// The type of an expression, which leaves no trace: it is bound again where it counts.
    fn traceless_type(&self, expr: &Expr, scope: &Scope, env: &Env) -> SqlResult<ChType> {
        let lengths = (
            scope.aggregates.borrow().len(),
            scope.windows.borrow().len(),
            scope.lookups.borrow().len(),
        );
        let clause = match scope.clause.get() {
            Clause::InAggregate => Clause::InAggregate,
            Clause::BeforeAggregation | Clause::Output => Clause::Output,
        };
        let typed = scope.within(clause, || self.expr(expr, scope, env));
        scope.aggregates.borrow_mut().truncate(lengths.0);
        scope.windows.borrow_mut().truncate(lengths.1);
        scope.lookups.borrow_mut().truncate(lengths.2);
        Ok(typed?.ty)
    }
}

/// The element of a tuple that has a name, or a place in digits.
fn element(tuple: &Expr, name: String) -> Expr {
    let mut call = call_of(&Ident::new("tupleElement"), FunctionArguments::None, tuple.clone());
    if let Expr::Function(Function { args: FunctionArguments::List(list), .. }) = &mut call {
        let name = Expr::value(ast::Value::SingleQuotedString(name));
        list.args.push(FunctionArg::Unnamed(FunctionArgExpr::Expr(name)));
    }
    call
}

/// The one argument of a call.
fn argument(function: &Function) -> SqlResult<&Expr> {
    match &function.args {
        FunctionArguments::List(list)
            if let [FunctionArg::Unnamed(FunctionArgExpr::Expr(tuple))] = list.args.as_slice() =>
        {
            Ok(tuple)
        }
        _ => Err(refused("Function untuple must have one argument.".to_owned())),
    }
}

fn no_table(name: &Expr) -> SqlError {
    let message = format!("There is no table {name} in FROM, and no tuple of that name.");
    SqlError::new(ChCode::UnknownIdentifier, message)
}

fn refused(message: String) -> SqlError {
    SqlError::new(ChCode::UnsupportedMethod, message)
}
