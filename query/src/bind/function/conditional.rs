//! `if` and `multiIf`: branches that no row takes may be anything, even wrong.

use super::super::{Binder, expr::constant_of, query::Env, scope::Scope};
use crate::{
    error::{ChCode, SqlResult},
    functions::{is_lambda_call, scalar},
    typed::Typed,
    types::ChType,
};
use datafusion::common::tree_node::TreeNode;
use sqlparser::ast::{self, Expr};

impl Binder<'_> {
    /// `if` and `multiIf`. A branch that no row takes because a condition is a constant may be anything, even wrong.
    pub(in crate::bind) fn conditional(
        &self,
        name: &str,
        args: &[Expr],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let args = match self.args(args, scope, env) {
            Ok(bound) if fails_aside(&bound) => {
                self.live_branches(args, scope, env)?.unwrap_or(bound)
            }
            Ok(bound) => bound,
            Err(error) => self.live_branches(args, scope, env)?.ok_or(error)?,
        };
        match args.as_slice() {
            [only] => Ok(only.clone()),
            [condition, then, otherwise] => {
                let taken = match truth_of(condition) {
                    Some(true) => Some(then.clone()),
                    Some(false) => Some(otherwise.clone()),
                    None => None,
                };
                let whole = scalar(name, args)?;
                // To ClickHouse Bool is a UInt8 with a name: the branch that is taken keeps the one it has.
                let alike = |branch: &Typed| {
                    branch.ty != whole.ty && without_bool(&branch.ty) == without_bool(&whole.ty)
                };
                Ok(taken.filter(alike).filter(|branch| !is_constant(branch)).unwrap_or(whole))
            }
            _ => scalar(name, args),
        }
    }

    /// Conditions and values up to the first condition that is always true, without those that are always false;
    /// `None` if nothing is left out.
    fn live_branches(
        &self,
        args: &[Expr],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Option<Vec<Typed>>> {
        let mut live = Vec::new();
        for branch in args.chunks(2) {
            let [condition, value] = branch else {
                let left_out = live.len() + 1 < args.len();
                live.push(self.expr(
                    branch.first().unwrap_or(&Expr::value(ast::Value::Null)),
                    scope,
                    env,
                )?);
                return Ok(left_out.then_some(live));
            };
            let condition = self.expr(condition, scope, env)?;
            match constant_of(&condition)?.map(|value| value.truth().unwrap_or(false)) {
                Some(true) => {
                    live.push(self.expr(value, scope, env)?);
                    return Ok(Some(live));
                }
                Some(false) => {}
                None => live.extend([condition, self.expr(value, scope, env)?]),
            }
        }
        Ok(None)
    }
}

/// Whether ClickHouse computes an argument in advance, which it does not with what has a lambda in it.
fn is_constant(arg: &Typed) -> bool {
    let holds_lambda = arg.expr.exists(|node| Ok(is_lambda_call(node))).unwrap_or(true);
    arg.is_fixed() && !holds_lambda
}

/// Whether a condition is a constant, and computing a branch that is one fails. What fails on purpose is not computed in
/// advance.
fn fails_aside(args: &[Typed]) -> bool {
    let (mut conditions, mut values) = (Vec::new(), Vec::new());
    for branch in args.chunks(2) {
        match branch {
            [condition, value] => {
                conditions.push(condition);
                values.push(value);
            }
            rest => values.extend(rest),
        }
    }
    conditions.into_iter().any(is_constant)
        && values.into_iter().filter(|value| is_constant(value)).any(|value| {
            constant_of(value)
                .is_err_and(|error| error.code != ChCode::FunctionThrowIfValueIsNonZero)
        })
}

/// The truth of a condition that is the same in every row.
fn truth_of(condition: &Typed) -> Option<bool> {
    if !condition.is_fixed() {
        return None;
    }
    constant_of(condition).ok().flatten()?.truth()
}

/// A type with UInt8 in the place of Bool.
fn without_bool(ty: &ChType) -> ChType {
    match ty {
        ChType::Bool => ChType::UInt(8),
        ChType::Nullable(inner) => without_bool(inner).nullable(),
        other => other.clone(),
    }
}
