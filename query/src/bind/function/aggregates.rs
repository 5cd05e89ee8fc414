//! Calls of aggregate functions.

use super::{
    super::{
        Binder, column,
        expr::constant_of,
        query::Env,
        scope::{Clause, Computed, Scope},
        unsupported,
    },
    Parts, arguments,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{AggregateCall, aggregate},
    typed::Typed,
    types::ChType,
    value::Value,
};
use sqlparser::ast::{Expr, FunctionArguments};

impl Binder<'_> {
    pub(super) fn aggregate_call(
        &self,
        parts: &Parts<'_>,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let name = parts.name;
        if scope.clause.get() != Clause::Output {
            let place = if scope.clause.get() == Clause::InAggregate {
                "inside another aggregate function"
            } else {
                "in WHERE, GROUP BY or ON"
            };
            return Err(SqlError::new(
                ChCode::IllegalAggregation,
                format!("Aggregate function {name} is found {place}; use a subquery or HAVING."),
            ));
        }
        let mut call =
            scope.within(Clause::InAggregate, || self.parts_of_call(parts, scope, env))?;
        if let [only] = scope.tables.as_slice() {
            call.order = only.order.as_deref().map(|id| Typed::value(column(id), ChType::UInt(64)));
        }
        self.computed(&call, scope)
    }

    /// The value of an aggregate for each group, which is computed once.
    fn computed(&self, call: &AggregateCall, scope: &Scope) -> SqlResult<Typed> {
        let resolved = aggregate(call)?;
        let finish = resolved.finisher();
        let mut aggregates = scope.aggregates.borrow_mut();
        let id = match aggregates.iter().find(|known| known.expr == resolved.aggregate) {
            Some(known) => known.id.clone(),
            None => {
                let id = self.fresh();
                aggregates.push(Computed {
                    expr: resolved.aggregate,
                    id: id.clone(),
                    ty: resolved.ty.clone(),
                });
                id
            }
        };
        finish.apply(column(&id), &resolved.ty)
    }

    /// What all rows of a group have, for each group.
    pub(in crate::bind) fn of_group(&self, value: Typed, scope: &Scope) -> SqlResult<Typed> {
        let call = AggregateCall {
            name: "any".to_owned(),
            parameters: Vec::new(),
            args: vec![value],
            distinct: false,
            filter: None,
            respect_nulls: None,
            order: None,
            budget: self.tables.budget(),
        };
        self.computed(&call, scope)
    }

    pub(super) fn parts_of_call(
        &self,
        parts: &Parts<'_>,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<AggregateCall> {
        let args = parts.args.iter().filter(|arg| !matches!(arg, Expr::Wildcard(_)));
        Ok(AggregateCall {
            name: parts.name.to_owned(),
            parameters: self.parameters(parts.parameters, scope, env)?,
            args: args.map(|arg| self.expr(arg, scope, env)).collect::<SqlResult<_>>()?,
            distinct: parts.distinct,
            filter: parts.filter.map(|f| self.condition(f, scope, env)).transpose()?,
            respect_nulls: parts.respect_nulls,
            order: None,
            budget: self.tables.budget(),
        })
    }

    fn parameters(
        &self,
        parameters: &FunctionArguments,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Vec<Value>> {
        let literals = || {
            SqlError::new(
                ChCode::ParametersToAggregateFunctionsMustBeLiterals,
                "Parameters of aggregate functions must be literals.",
            )
        };
        let (args, distinct, nulls) = arguments(parameters)?;
        if distinct || nulls.is_some() {
            return Err(unsupported(
                "DISTINCT or NULLS among the parameters of an aggregate function",
            ));
        }
        args.iter()
            .map(|arg| constant_of(&self.expr(arg, scope, env)?)?.ok_or_else(literals))
            .collect()
    }
}
