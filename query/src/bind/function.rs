//! Function calls: aggregates, windows, lambdas, arrayJoin, and everything else.

mod aggregates;
mod conditional;
mod lambdas;
mod windows;

pub(super) use lambdas::substituted;

use super::{
    Binder, column,
    expr::constant_of,
    query::Env,
    scope::{Scope, Unfold},
    unsupported,
};
use crate::{
    dialect::MARK,
    error::{ChCode, SqlError, SqlResult},
    functions::{explicit_cast, is_aggregate, is_higher_order, is_window_only, literal, scalar},
    typed::Typed,
    types::ChType,
    value::Value,
};
use lambdas::{applied, with_lambda};
use sqlparser::ast::{self, Expr, FunctionArg, FunctionArgExpr, FunctionArguments};

impl Binder<'_> {
    pub(super) fn function(
        &self,
        function: &ast::Function,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let ast::Function {
            name,
            uses_odbc_syntax: _,
            parameters,
            args,
            filter,
            null_treatment,
            over,
            within_group,
        } = function;
        if !within_group.is_empty() {
            return Err(unsupported("WITHIN GROUP; write quantile(0.5)(x)"));
        }
        let respect_nulls = null_treatment
            .as_ref()
            .map(|treatment| matches!(treatment, ast::NullTreatment::RespectNulls));
        let name = match name.0.as_slice() {
            [part] => part.as_ident().map(|ident| ident.value.clone()),
            _ => None,
        }
        .ok_or_else(|| {
            SqlError::new(
                ChCode::UnknownFunction,
                format!("Function with name `{name}` does not exist; functions have no database."),
            )
        })?;
        let (args, distinct, inner_nulls) = arguments(args)?;
        let respect_nulls = respect_nulls.or(inner_nulls);
        let args = self.spread(args, scope, env)?;
        let parts = Parts {
            name: &name,
            parameters,
            args: &args,
            distinct,
            filter: filter.as_deref(),
            respect_nulls,
        };
        if let ([named, _], Some((_, alias))) = (
            args.as_slice(),
            name.starts_with(MARK)
                .then(|| super::select::aliased(&Expr::Function(function.clone())))
                .flatten(),
        ) {
            scope.expanding.borrow_mut().push(alias);
            let value = self.expr(named, scope, env);
            scope.expanding.borrow_mut().pop();
            return value;
        }
        if name.eq_ignore_ascii_case("CAST") && args.len() == 2 {
            return self.cast_call(&args, scope, env);
        }
        if is_aggregate(&name) && over.is_none() {
            return self.aggregate_call(&parts, scope, env);
        }
        if let Some(over) = over {
            return self.window_call(&parts, over, scope, env);
        }
        if is_window_only(&name) {
            return Err(SqlError::new(
                ChCode::BadArguments,
                format!(
                    "The function '{name}' can only be used as a window function, with OVER (…)."
                ),
            ));
        }
        if respect_nulls.is_some() {
            return Err(unsupported(&format!("IGNORE NULLS or RESPECT NULLS on {name}")));
        }
        if filter.is_some() || distinct || !matches!(parameters, FunctionArguments::None) {
            return Err(unsupported(&format!(
                "FILTER, DISTINCT or parameters on the function {name}"
            )));
        }
        match (name.as_str(), args.as_slice()) {
            ("untuple", _) => self.only_element(&Expr::Function(function.clone()), scope, env),
            ("arrayJoin", [array]) => self.array_join(array, scope, env),
            ("if" | "multiIf", args) => self.conditional(&name, args, scope, env),
            ("in" | "notIn" | "globalIn", [value, set]) => {
                let value = self.expr(value, scope, env)?;
                self.in_set(value, set, name == "notIn", scope, env)
            }
            (name, args) if name.eq_ignore_ascii_case("grouping") => {
                self.grouping(args, scope, env)
            }
            (name, _) if name.starts_with(MARK) => {
                let columns = self.column_set(&Expr::Function(function.clone()), scope)?;
                match columns.unwrap_or_default().as_slice() {
                    [(_, only)] => self.expr(only, scope, env),
                    _ => Err(unsupported(
                        "A set of several columns inside an expression; name its columns",
                    )),
                }
            }
            ("length" | "empty" | "notEmpty", [Expr::CompoundIdentifier(idents)])
                if !scope.grouped.get() =>
            {
                let parts: Vec<String> = idents.iter().map(|ident| ident.value.clone()).collect();
                match self.length_of(&parts, scope)? {
                    Some(length) if name == "length" => Ok(length),
                    Some(length) => {
                        let zero = literal(&Value::Int(0))?;
                        scalar(
                            if name == "empty" { "equals" } else { "notEquals" },
                            vec![length, zero],
                        )
                    }
                    None => scalar(&name, self.args(&args, scope, env)?),
                }
            }
            (_, [Expr::Identifier(unit), rest @ ..]) if takes_unit(&name) && rest.len() > 1 => {
                let unit = Value::String(unit.value.to_lowercase());
                let mut typed = vec![literal(&unit)?];
                typed.extend(self.args(rest, scope, env)?);
                scalar(&name, typed)
            }
            (_, [Expr::Lambda(lambda), arrays @ ..]) if is_higher_order(&name) => {
                self.lambda_call(&name, lambda, arrays, scope, env)
            }
            ("isNull" | "isNotNull", [_]) => scalar(&name, self.args(&args, scope, env)?),
            (called, args) if let Some(lambda) = with_lambda(called, env) => {
                self.expr(&applied(called, &lambda, args)?, scope, &env.without(called))
            }
            _ => scalar(&name, self.args(&args, scope, env)?)
                .map_err(|error| super::foreign::foreign(&name, error)),
        }
    }

    fn args(&self, args: &[Expr], scope: &Scope, env: &Env) -> SqlResult<Vec<Typed>> {
        args.iter().map(|arg| self.expr(arg, scope, env)).collect()
    }

    fn length_of(&self, parts: &[String], scope: &Scope) -> SqlResult<Option<Typed>> {
        let Some((first, path)) = parts.split_first() else { return Ok(None) };
        let found = scope
            .tables
            .iter()
            .find_map(|table| table.columns.iter().find(|column| column.name == *first));
        match found {
            Some(base) if !scope.aliases.contains_key(first) => self.array_length(base, path),
            _ => Ok(None),
        }
    }

    /// `CAST(x, 'Type')`; a parameter arrives as `CAST($name, 'Type')`.
    fn cast_call(&self, args: &[Expr], scope: &Scope, env: &Env) -> SqlResult<Typed> {
        let [value, ty] = args else { return Err(unsupported("CAST with that many arguments")) };
        let Some(Value::String(type_name)) = constant_of(&self.expr(ty, scope, env)?)? else {
            return Err(SqlError::new(
                ChCode::IllegalTypeOfArgument,
                "The second argument of CAST is the name of a type, in quotes.",
            ));
        };
        if let Expr::Value(placeholder) = value
            && let ast::Value::Placeholder(name) = &placeholder.value
            && let Some(name) = name.strip_prefix('$')
        {
            return self.parameter(name, &type_name);
        }
        explicit_cast(self.expr(value, scope, env)?, &super::parse_type(&type_name)?)
    }

    fn array_join(&self, array: &Expr, scope: &Scope, env: &Env) -> SqlResult<Typed> {
        let array = self.expr(array, scope, env)?;
        let item = match &array.ty {
            ChType::Array(item) => (**item).clone(),
            ChType::Map(key, value) => {
                ChType::Tuple(vec![(None, (**key).clone()), (None, (**value).clone())])
            }
            other => {
                return Err(SqlError::new(
                    ChCode::TypeMismatch,
                    format!("arrayJoin needs an array, not {other}"),
                ));
            }
        };
        let array = array.into_value();
        let mut unfolds = scope.unfolds.borrow_mut();
        let id = match unfolds.iter().find(|known| known.array == array) {
            Some(known) => known.id.clone(),
            None => {
                let id = self.fresh();
                unfolds.push(Unfold { array, id: id.clone(), item: item.clone() });
                id
            }
        };
        Ok(Typed::value(column(&id), item))
    }
}

/// Functions whose first argument may be the bare name of a unit of time: `date_add(DAY, 1, d)`.
fn takes_unit(name: &str) -> bool {
    matches!(
        name.to_ascii_lowercase().as_str(),
        "date_add"
            | "dateadd"
            | "date_sub"
            | "datesub"
            | "timestamp_add"
            | "timestamp_sub"
            | "date_diff"
            | "datediff"
            | "timestamp_diff"
            | "timestampdiff"
    )
}

/// The parts of a call of an aggregate or window function.
struct Parts<'a> {
    name: &'a str,
    parameters: &'a FunctionArguments,
    args: &'a [Expr],
    distinct: bool,
    filter: Option<&'a Expr>,
    respect_nulls: Option<bool>,
}

/// The plain arguments of a call, whether DISTINCT stands before them, and what stands behind them on NULLs.
fn arguments(args: &FunctionArguments) -> SqlResult<(Vec<Expr>, bool, Option<bool>)> {
    let list = match args {
        FunctionArguments::None => return Ok((Vec::new(), false, None)),
        FunctionArguments::Subquery(query) => {
            return Ok((vec![Expr::Subquery(query.clone())], false, None));
        }
        FunctionArguments::List(list) => list,
    };
    let mut respect_nulls = None;
    for clause in &list.clauses {
        match clause {
            ast::FunctionArgumentClause::IgnoreOrRespectNulls(treatment) => {
                respect_nulls = Some(matches!(treatment, ast::NullTreatment::RespectNulls));
            }
            other => return Err(unsupported(&format!("`{other}` inside a call"))),
        }
    }
    let distinct = matches!(list.duplicate_treatment, Some(ast::DuplicateTreatment::Distinct));
    let args = list.args.iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr.clone()),
        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => {
            Ok(Expr::Wildcard(ast::helpers::attached_token::AttachedToken::empty()))
        }
        other => Err(unsupported(&format!("The argument `{other}`"))),
    });
    Ok((args.collect::<SqlResult<_>>()?, distinct, respect_nulls))
}
