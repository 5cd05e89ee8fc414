//! Calls with OVER: partitions, orders and frames.

use super::{
    super::{
        Binder, column,
        expr::constant_of,
        query::Env,
        scope::{Clause, Computed, Scope},
    },
    Parts,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{Over, window},
    typed::Typed,
    types::ChType,
    value::Value,
};
use arrow::datatypes::IntervalMonthDayNano;
use datafusion::{
    common::ScalarValue,
    logical_expr::{WindowFrame, WindowFrameBound, WindowFrameUnits, cast as df_cast},
};
use sqlparser::ast::{self, Expr};
use std::cmp::Ordering;

impl Binder<'_> {
    pub(super) fn window_call(
        &self,
        parts: &Parts<'_>,
        over: &ast::WindowType,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let name = parts.name;
        if scope.clause.get() != Clause::Output {
            return Err(SqlError::new(
                ChCode::IllegalAggregation,
                format!("Window function {name} is only allowed in SELECT and ORDER BY."),
            ));
        }
        // A window is computed of groups, and not itself a part of a key.
        scope.with_keys_later(false, || self.window_of_groups(parts, over, scope, env))
    }

    fn window_of_groups(
        &self,
        parts: &Parts<'_>,
        over: &ast::WindowType,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let name = parts.name;
        let call = self.parts_of_call(parts, scope, env)?;
        let spec = match over {
            ast::WindowType::WindowSpec(spec) => spec.clone(),
            ast::WindowType::NamedWindow(ident) => named_window(scope, &ident.value)?,
        };
        let spec = match &spec.window_name {
            Some(base) => {
                let base = named_window(scope, &base.value)?;
                ast::WindowSpec {
                    window_name: None,
                    partition_by: if spec.partition_by.is_empty() {
                        base.partition_by
                    } else {
                        spec.partition_by
                    },
                    order_by: if spec.order_by.is_empty() { base.order_by } else { spec.order_by },
                    window_frame: spec.window_frame.or(base.window_frame),
                }
            }
            None => spec,
        };
        let partition_by = spec
            .partition_by
            .iter()
            .map(|e| self.expr(e, scope, env).map(Typed::into_value))
            .collect::<SqlResult<Vec<_>>>()?;
        let mut order_by = self.sort_keys(&spec.order_by, scope, env)?;
        let frame = self.frame(name, &spec, scope, env)?;
        if spec.window_frame.is_some()
            && let [_, key] = order_by.as_slice()
            && spec.order_by.len() == 1
            && frame.units == WindowFrameUnits::Range
        {
            // Distances need a single key; NaN, which a second one sorts last, is at no distance anyway.
            order_by = vec![key.clone()];
        }
        if spec.window_frame.is_some()
            && frame.units == WindowFrameUnits::Range
            && let [key] = order_by.as_mut_slice()
            && let [given] = spec.order_by.as_slice()
            && let Some(signed) = signed(&self.expr(&given.expr, scope, env)?.ty)
        {
            // Zero minus a distance must stay below zero.
            key.expr = df_cast(key.expr.clone(), signed.arrow());
        }
        let explicit_frame = spec.window_frame.is_some();
        let (expr, ty, finish) =
            window(&call, Over { partition_by, order_by, frame, explicit_frame })?;
        let mut windows = scope.windows.borrow_mut();
        let id = match windows.iter().find(|known| known.expr == expr) {
            Some(known) => known.id.clone(),
            None => {
                let id = self.fresh();
                windows.push(Computed { expr, id: id.clone(), ty: ty.clone() });
                id
            }
        };
        finish.apply(column(&id), &ty)
    }

    fn frame(
        &self,
        name: &str,
        spec: &ast::WindowSpec,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<WindowFrame> {
        let Some(given) = &spec.window_frame else {
            // lag and lead look at the whole partition.
            let whole = matches!(name.to_ascii_lowercase().as_str(), "lag" | "lead");
            let ordered = !whole && !spec.order_by.is_empty();
            return Ok(WindowFrame::new(ordered.then_some(false)));
        };
        let units = match given.units {
            ast::WindowFrameUnits::Rows => WindowFrameUnits::Rows,
            ast::WindowFrameUnits::Range => WindowFrameUnits::Range,
            ast::WindowFrameUnits::Groups => WindowFrameUnits::Groups,
        };
        let key = match (units, spec.order_by.first()) {
            (WindowFrameUnits::Range, Some(key)) => Some(self.expr(&key.expr, scope, env)?.ty),
            _ => None,
        };
        let bound = |bound: &ast::WindowFrameBound| -> SqlResult<WindowFrameBound> {
            let amount = |e: &Option<Box<Expr>>| match e {
                None => Ok(ScalarValue::UInt64(None)),
                Some(e) => {
                    let offset = self.expr(e, scope, env)?;
                    let integer = matches!(offset.ty, ChType::Int(_) | ChType::UInt(_));
                    distance(constant_of(&offset)?.filter(|_| integer), key.as_ref())
                }
            };
            Ok(match bound {
                ast::WindowFrameBound::CurrentRow => WindowFrameBound::CurrentRow,
                ast::WindowFrameBound::Preceding(n) => WindowFrameBound::Preceding(amount(n)?),
                ast::WindowFrameBound::Following(n) => WindowFrameBound::Following(amount(n)?),
            })
        };
        let start = bound(&given.start_bound)?;
        let end = given.end_bound.as_ref().map_or(Ok(WindowFrameBound::CurrentRow), bound)?;
        let rank = |bound: &WindowFrameBound| match bound {
            WindowFrameBound::Preceding(_) => 0,
            WindowFrameBound::CurrentRow => 1,
            WindowFrameBound::Following(_) => 2,
        };
        let order = |a: &ScalarValue, b: &ScalarValue| match (a, b) {
            (ScalarValue::Utf8(Some(a)), ScalarValue::Utf8(Some(b))) => {
                a.parse::<f64>().ok().partial_cmp(&b.parse::<f64>().ok())
            }
            _ => a.partial_cmp(b),
        };
        let backwards = match (&start, &end) {
            (WindowFrameBound::Preceding(a), WindowFrameBound::Preceding(b)) => {
                order(a, b) == Some(Ordering::Less)
            }
            (WindowFrameBound::Following(a), WindowFrameBound::Following(b)) => {
                order(a, b) == Some(Ordering::Greater)
            }
            _ => rank(&start) > rank(&end),
        };
        if backwards && !start.is_unbounded() && !end.is_unbounded() {
            return Err(SqlError::new(
                ChCode::BadArguments,
                format!("Frame start {start} does not precede the frame end {end}."),
            ));
        }
        Ok(WindowFrame::new_bounds(units, start, end))
    }
}

fn named_window(scope: &Scope, name: &str) -> SqlResult<ast::WindowSpec> {
    scope.named_windows.get(name).cloned().ok_or_else(|| {
        SqlError::new(ChCode::BadArguments, format!("There is no window named {name}."))
    })
}

/// The type that also holds what is less than zero, for an unsigned one.
fn signed(ty: &ChType) -> Option<ChType> {
    match ty.strip_nullable() {
        ChType::UInt(64) => Some(ChType::Decimal(20, 0)),
        ChType::UInt(_) => Some(ChType::Int(64)),
        _ => None,
    }
}

/// The distance of a frame's bound from the current row: in rows, or in the unit of the ORDER BY key. Numbers go as text,
/// which DataFusion reads in the type of the key.
fn distance(value: Option<Value>, key: Option<&ChType>) -> SqlResult<ScalarValue> {
    let wrong = || {
        SqlError::new(ChCode::BadArguments, "Frame offset must be a nonnegative 32-bit integer.")
    };
    let offset = value
        .and_then(|v| v.as_int())
        .and_then(|v| i32::try_from(v).ok())
        .filter(|v| *v >= 0)
        .ok_or_else(wrong)?;
    let interval = |days, nanoseconds| {
        Ok(ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(0, days, nanoseconds))))
    };
    let Some(key) = key else {
        return Ok(ScalarValue::UInt64(Some(u64::from(offset.unsigned_abs()))));
    };
    match key.strip_nullable() {
        ChType::Date | ChType::Date32 => interval(offset, 0),
        ChType::DateTime(_) => interval(0, i64::from(offset) * 1_000_000_000),
        ChType::Float(_) => Ok(ScalarValue::Utf8(Some(offset.to_string()))),
        ChType::Int(bits) | ChType::UInt(bits) => {
            let signed = matches!(key.strip_nullable(), ChType::Int(_));
            if i128::from(offset) >= 1_i128 << (bits - u8::from(signed)) {
                return Err(SqlError::new(
                    ChCode::ArgumentOutOfBound,
                    format!("The frame offset {offset} is out of the range of the ORDER BY key."),
                ));
            }
            Ok(ScalarValue::Utf8(Some(offset.to_string())))
        }
        other => Err(SqlError::new(
            ChCode::NotImplemented,
            format!(
                "The RANGE OFFSET frame for an ORDER BY key of type {other} is not implemented."
            ),
        )),
    }
}
