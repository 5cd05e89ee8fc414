//! `ORDER BY … WITH FILL … INTERPOLATE`: constants checked as ClickHouse does, and the plan of the filled rows.

use super::{
    Binder,
    expr::constant_of,
    plan_error,
    query::{Env, Output},
    scope::{Named, Place, Scope, TableRef},
    unsupported,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    fill::{Filled, FilledTable, Made, Step, Steps},
    functions::{cast, convert, default_value, scalar_of},
    types::{ChType, IntervalUnit},
    value::{Value, compare},
};
use datafusion::{
    common::{Column, ScalarValue},
    datasource::provider_as_source,
    logical_expr::{Expr as Plan, LogicalPlan, LogicalPlanBuilder, SortExpr},
};
use sqlparser::ast;
use std::{cmp::Ordering, sync::Arc};

/// A key of ORDER BY whose gaps are filled.
pub(super) struct Filling {
    steps: Steps,
    /// Its place among the sort keys.
    pub(super) place: usize,
    /// What made rows have in other columns.
    pub(super) interpolate: Option<ast::Interpolate>,
}

fn wrong(message: impl Into<String>) -> SqlError {
    SqlError::new(ChCode::InvalidWithFillExpression, message)
}

impl Binder<'_> {
    /// The steps of a key WITH FILL.
    pub(super) fn filling(
        &self,
        fill: &ast::WithFill,
        ty: &ChType,
        asc: bool,
        env: &Env,
    ) -> SqlResult<Filling> {
        let ast::WithFill { from, to, step } = fill;
        let ty = ty.strip_nullable().clone();
        if !matches!(
            ty,
            ChType::Int(_)
                | ChType::UInt(_)
                | ChType::Float(_)
                | ChType::Date
                | ChType::Date32
                | ChType::DateTime(_)
                | ChType::DateTime64(..)
        ) {
            return Err(wrong(format!("WITH FILL fills numbers, dates and times, not {ty}.")));
        }
        let bound = |word: &str, expr: &Option<ast::Expr>| {
            expr.as_ref().map(|expr| self.bound(word, expr, &ty, env)).transpose()
        };
        let (from, to) = (bound("FROM", from)?, bound("TO", to)?);
        let step = match step {
            Some(step) => self.step(step, &ty, env)?,
            None => Step::Whole(if asc { 1 } else { -1 }),
        };
        let negative = match step {
            Step::Whole(by) | Step::Interval(by, _) => by.cmp(&0),
            Step::Float(by) => by.partial_cmp(&0.0).unwrap_or(Ordering::Equal),
        };
        match (negative, asc) {
            (Ordering::Equal, _) => return Err(wrong("WITH FILL STEP value cannot be zero.")),
            (Ordering::Less, true) => {
                return Err(wrong(
                    "WITH FILL STEP is negative, and the order is ascending: turn one of them.",
                ));
            }
            (Ordering::Greater, false) => {
                return Err(wrong(
                    "WITH FILL STEP is positive, and the order is descending: turn one of them.",
                ));
            }
            _ => {}
        }
        if let (Some(from), Some(to)) = (&from, &to) {
            let against = if asc { Ordering::Greater } else { Ordering::Less };
            if compare(from, to) == Some(against) {
                return Err(wrong("WITH FILL TO lies before FROM in the direction of the order."));
            }
        }
        let steps = Steps { from, to, step, descending: !asc, ty };
        Ok(Filling { steps, place: 0, interpolate: None })
    }

    fn constant_number(
        &self,
        word: &str,
        expr: &ast::Expr,
        env: &Env,
    ) -> SqlResult<(Value, ChType)> {
        let wrong = || {
            wrong(format!(
                "WITH FILL {word} must be a constant number, date or interval, not {expr}."
            ))
        };
        let typed = self.expr(expr, &Scope::new(Vec::new()), env).map_err(|error| {
            if error.code == ChCode::UnknownIdentifier { wrong() } else { error }
        })?;
        let value = constant_of(&typed)?.filter(|value| !value.is_null()).ok_or_else(wrong)?;
        Ok((value, typed.ty.strip_nullable().clone()))
    }

    /// FROM or TO as a value of the column's type.
    fn bound(&self, word: &str, expr: &ast::Expr, ty: &ChType, env: &Env) -> SqlResult<Value> {
        let (value, given) = self.constant_number(word, expr, env)?;
        let number = matches!(given, ChType::Int(_) | ChType::UInt(_));
        let fits = match ty {
            ChType::Int(_) | ChType::UInt(_) => number,
            ChType::Float(_) => number || matches!(given, ChType::Float(_)),
            ChType::Date | ChType::Date32 => {
                number || matches!(given, ChType::Date | ChType::Date32)
            }
            ChType::DateTime(_) => number || matches!(given, ChType::DateTime(_)),
            ChType::DateTime64(..) => {
                number || matches!(given, ChType::DateTime(_) | ChType::DateTime64(..))
            }
            _ => false,
        };
        if !fits {
            return Err(wrong(format!(
                "WITH FILL {word} is {given}, and the column is {ty}: convert it."
            )));
        }
        if let (ChType::UInt(_), Some(..0)) = (ty, value.as_int()) {
            return Err(wrong(format!(
                "WITH FILL bound values cannot be negative for unsigned type {ty}: convert the column to Int64."
            )));
        }
        match (ty, &value) {
            (ChType::Int(_) | ChType::UInt(_), _) => Ok(value),
            (ChType::Date | ChType::Date32, Value::Int(days)) => {
                i32::try_from(*days).map(Value::Date).map_err(|_| wrong("The day is out of range."))
            }
            _ => convert(&value, &given, ty),
        }
    }

    fn step(&self, expr: &ast::Expr, ty: &ChType, env: &Env) -> SqlResult<Step> {
        let (value, given) = self.constant_number("STEP", expr, env)?;
        let time = matches!(ty, ChType::DateTime(_) | ChType::DateTime64(..));
        let date = matches!(ty, ChType::Date | ChType::Date32);
        match (value, given) {
            (Value::Int(by), ChType::Interval(unit))
                if time || (date && unit >= IntervalUnit::Day) =>
            {
                Ok(Step::Interval(by, unit))
            }
            (_, ChType::Interval(_)) if date => {
                Err(wrong("The STEP of a date is a day at least; convert the column to DateTime."))
            }
            (_, ChType::Interval(_)) => Err(wrong(format!("An interval is no STEP of {ty}."))),
            (Value::Int(by), _) => Ok(Step::Whole(by)),
            (Value::Float(by), _) if matches!(ty, ChType::Float(_)) => Ok(Step::Float(by)),
            (_, given) => Err(wrong(format!("A STEP of type {given} does not fit {ty}."))),
        }
    }

    /// The rows of a sorted plan and those that are missing between them.
    pub(super) fn filled(
        &self,
        plan: LogicalPlan,
        filling: Filling,
        sort: &[SortExpr],
        columns: &[Output],
    ) -> SqlResult<LogicalPlan> {
        let Filling { steps, place, interpolate } = filling;
        let ids: Vec<String> =
            plan.schema().columns().into_iter().map(|column| column.name).collect();
        let keys = sort.iter().map(|key| match &key.expr {
            Plan::Column(column) => ids.iter().position(|id| *id == column.name),
            _ => None,
        });
        let keys: Vec<usize> = keys.collect::<Option<_>>().ok_or_else(|| {
            unsupported("WITH FILL of an expression of SELECT DISTINCT; select it")
        })?;
        let column = *keys.get(place).ok_or_else(|| unsupported("That WITH FILL"))?;
        let groups = keys.get(..place).unwrap_or_default().to_vec();
        let mut made = Vec::new();
        for (at, field) in plan.schema().fields().iter().enumerate() {
            made.push(match columns.get(at) {
                _ if at == column => Made::Missing,
                _ if groups.contains(&at) => Made::OfGroup,
                Some(output) => Made::Constant(default_of(&output.ty)?),
                None => {
                    Made::Constant(ScalarValue::try_from(field.data_type()).map_err(plan_error)?)
                }
            });
        }
        if let Some(interpolate) = &interpolate {
            self.interpolated(interpolate, columns, &keys, &mut made)?;
        }
        let table = FilledTable::new(Filled { plan, steps, column, groups, made });
        let name = self.fresh();
        let unqualified = ids
            .iter()
            .map(|id| Plan::Column(Column::new(Some(name.as_str()), id)).alias(id))
            .collect::<Vec<_>>();
        LogicalPlanBuilder::scan(name.as_str(), provider_as_source(Arc::new(table)), None)
            .and_then(|scan| scan.project(unqualified))
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_error)
    }

    /// What INTERPOLATE says of made rows.
    fn interpolated(
        &self,
        interpolate: &ast::Interpolate,
        columns: &[Output],
        keys: &[usize],
        made: &mut [Made],
    ) -> SqlResult<()> {
        let ast::Interpolate { exprs } = interpolate;
        let Some(exprs) = exprs else {
            for (at, output) in columns.iter().enumerate().filter(|(at, _)| !keys.contains(at)) {
                if let Some(made) = made.get_mut(at) {
                    *made = Made::Before(default_of(&output.ty)?);
                }
            }
            return Ok(());
        };
        let named = |output: &Output| Named {
            name: output.name.clone(),
            ty: output.ty.clone(),
            place: Place::Plan(output.id.clone()),
            hidden: false,
        };
        let table = TableRef::new(None, columns.iter().map(named).collect());
        let scope = Scope::new(vec![table]);
        for ast::InterpolateExpr { column: name, expr } in exprs {
            let at = columns.iter().position(|output| output.name == name.value);
            let Some((at, output)) = at.and_then(|at| Some((at, columns.get(at)?))) else {
                return Err(SqlError::new(
                    ChCode::UnknownIdentifier,
                    format!("INTERPOLATE: there is no column {name} in SELECT."),
                ));
            };
            if keys.contains(&at) {
                return Err(wrong(format!(
                    "Column '{name}' is participating in ORDER BY expression and can't be INTERPOLATE output."
                )));
            }
            let default = default_of(&output.ty)?;
            let value = match expr {
                Some(expr) => {
                    let value = self.expr(expr, &scope, &Env::default())?;
                    Made::Computed(cast(value, &output.ty)?.into_value(), default)
                }
                None => Made::Before(default),
            };
            if let Some(made) = made.get_mut(at) {
                *made = value;
            }
        }
        Ok(())
    }
}

fn default_of(ty: &ChType) -> SqlResult<ScalarValue> {
    scalar_of(&default_value(ty), ty)
}
