//! Calls with a lambda, and lambdas that WITH gives a name.

use super::super::{
    Binder,
    query::Env,
    scope::{Place, Scope},
    unsupported,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{Lambda, fold, has_limit, higher_order, scalar},
    typed::Typed,
    types::ChType,
};
use sqlparser::ast::{self, Expr};
use std::collections::BTreeSet;

impl Binder<'_> {
    pub(super) fn lambda_call(
        &self,
        name: &str,
        lambda: &ast::LambdaFunction,
        arrays: &[Expr],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let (arrays, first) = self.lambda_subjects(name, arrays, scope, env)?;
        let names = lambda_names(lambda)?;
        // Equal lambdas have equal parameters: a grouping key is found by its expression.
        let depth = scope.lambdas.borrow().len();
        let parameter = |position: usize| format!("lambda_{depth}_{position}");
        let mut params = Vec::new();
        for (place, name) in names.iter().enumerate() {
            let position = match (&first, place.checked_sub(1)) {
                (Some(first), None) => {
                    params.push((name.clone(), parameter(place), first.ty.clone()));
                    continue;
                }
                (Some(_), Some(position)) => position,
                (None, _) => place,
            };
            let item = match arrays.get(position).map(|a| a.ty.strip_nullable().clone()) {
                Some(ChType::Array(item)) => *item,
                Some(ChType::Dynamic) => ChType::Dynamic,
                Some(other) => {
                    return Err(SqlError::new(
                        ChCode::IllegalTypeOfArgument,
                        format!("A lambda works on arrays, not {other}"),
                    ));
                }
                None => {
                    return Err(SqlError::new(
                        ChCode::NumberOfArgumentsDoesntMatch,
                        "The lambda has more parameters than there are arrays.",
                    ));
                }
            };
            params.push((name.clone(), parameter(place), item));
        }
        scope.lambdas.borrow_mut().push(params.clone());
        let later = scope.keys_later.get() && !scope.keys_in_lambdas.get();
        let body = scope.with_keys_later(later, || self.expr(&lambda.body, scope, env));
        scope.lambdas.borrow_mut().pop();
        let body = body?;
        let mut captures = Vec::new();
        // In an order that does not change: equal lambdas must be equal expressions.
        let value = body.clone().into_value();
        let used: BTreeSet<_> = value.column_refs().into_iter().collect();
        for used in used {
            if !params.iter().any(|(_, id, _)| *id == used.name) {
                captures.push((used.name.clone(), self.type_of(&used.name, scope)?));
            }
        }
        let params = params.into_iter().map(|(_, id, ty)| (id, ty)).collect();
        let lambda = Lambda { params, body, captures };
        match first {
            Some(first) => fold(lambda, arrays, first),
            None => higher_order(name, lambda, arrays),
        }
    }

    /// What stands after a lambda: arrays, and the accumulator's first value of `arrayFold`. Maps are arrays of their keys and
    /// values; a partial sort's limit is dropped, because everything is sorted.
    fn lambda_subjects(
        &self,
        name: &str,
        args: &[Expr],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<(Vec<Typed>, Option<Typed>)> {
        let mut args = self.args(args, scope, env)?;
        if has_limit(name) && args.len() > 1 {
            args.remove(0);
        }
        let first = if name == "arrayFold" { args.pop() } else { None };
        if args.is_empty() {
            return Err(SqlError::new(
                ChCode::NumberOfArgumentsDoesntMatch,
                format!("Function {name} takes an array after its lambda."),
            ));
        }
        if name.starts_with("map") {
            let [map] = args.as_slice() else {
                return Err(SqlError::new(
                    ChCode::NumberOfArgumentsDoesntMatch,
                    format!("Function {name} takes one map after its lambda."),
                ));
            };
            let part = |part: &str| scalar(part, vec![map.clone()]);
            args = vec![part("mapKeys")?, part("mapValues")?];
        }
        Ok((args, first))
    }

    /// The type of a column of the plan.
    fn type_of(&self, id: &str, scope: &Scope) -> SqlResult<ChType> {
        let lambdas = scope.lambdas.borrow();
        if let Some((.., ty)) = lambdas.iter().flatten().find(|(_, known, _)| known == id) {
            return Ok(ty.clone());
        }
        for named in scope.tables.iter().flat_map(|table| &table.columns) {
            match &named.place {
                Place::Plan(known) if known == id => return Ok(named.ty.clone()),
                Place::Scan(scan) => {
                    if let Some((_, ty)) =
                        scan.columns.borrow().iter().find(|(request, _)| request.output == id)
                    {
                        return Ok(ty.clone());
                    }
                }
                Place::Plan(_) => {}
            }
        }
        let lookups = scope.lookups.borrow();
        let looked_up = |value: &Typed| value.expr.column_refs().iter().any(|c| c.name == id);
        if let Some(lookup) = lookups.iter().find(|lookup| looked_up(&lookup.value)) {
            return Ok(lookup.value.ty.clone().nullable());
        }
        let computed = scope
            .aggregates
            .borrow()
            .iter()
            .chain(scope.windows.borrow().iter())
            .find(|c| c.id == id)
            .map(|c| c.ty.clone());
        let key = || scope.keys.borrow().iter().find(|key| key.id == id).map(|key| key.ty.clone());
        let unfold = || {
            scope
                .unfolds
                .borrow()
                .iter()
                .find(|unfold| unfold.id == id)
                .map(|unfold| unfold.item.clone())
        };
        computed
            .or_else(key)
            .or_else(unfold)
            .ok_or_else(|| SqlError::new(ChCode::LogicalError, format!("no column {id}")))
    }
}

/// A lambda named by WITH.
pub(super) fn with_lambda(name: &str, env: &Env) -> Option<ast::LambdaFunction> {
    match &*env.expression(name)? {
        Expr::Lambda(lambda) => Some(lambda.clone()),
        _ => None,
    }
}

/// What a lambda's body is for some arguments.
pub(super) fn applied(name: &str, lambda: &ast::LambdaFunction, args: &[Expr]) -> SqlResult<Expr> {
    let names = lambda_names(lambda)?;
    if names.len() != args.len() {
        return Err(SqlError::new(
            ChCode::NumberOfArgumentsDoesntMatch,
            format!("{name} takes {} arguments.", names.len()),
        ));
    }
    let by_name: Vec<_> = names.into_iter().zip(args.iter().cloned()).collect();
    Ok(substituted(&lambda.body, &by_name))
}

/// An expression with others in the place of some names.
pub(in crate::bind) fn substituted(body: &Expr, by_name: &[(String, Expr)]) -> Expr {
    let mut body = body.clone();
    let _walked = ast::visit_expressions_mut(&mut body, |expr: &mut Expr| {
        if let Expr::Identifier(ident) = expr
            && let Some((_, by)) = by_name.iter().find(|(name, _)| *name == ident.value)
        {
            *expr = Expr::Nested(Box::new(by.clone()));
        }
        std::ops::ControlFlow::<()>::Continue(())
    });
    body
}

fn lambda_names(lambda: &ast::LambdaFunction) -> SqlResult<Vec<String>> {
    let names = lambda.params.iter().map(|param| match &param.data_type {
        None => Ok(param.name.value.clone()),
        Some(_) => Err(unsupported("A type behind a lambda's parameter")),
    });
    names.collect()
}
