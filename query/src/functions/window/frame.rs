//! Functions of the rows of a frame: aggregates that collect, and window functions that DataFusion lacks or that mean
//! something else in ClickHouse.

use super::super::{
    aggregate::{Function, Row},
    supertype::scalar_of,
};
use crate::{
    budget::Budget,
    error::{ChCode, SqlError, SqlResult},
    functions::default_value,
    types::ChType,
    value::{Value, from_array},
};
use datafusion::{
    arrow::{
        array::ArrayRef,
        datatypes::{Field, FieldRef},
    },
    common::{Result as DfResult, ScalarValue},
    logical_expr::{
        PartitionEvaluator, Signature, Volatility, WindowFunctionDefinition, WindowUDF,
        WindowUDFImpl,
        function::{PartitionEvaluatorArgs, WindowUDFFieldArgs},
    },
};
use std::{
    borrow::Cow,
    hash::{Hash, Hasher},
    ops::Range,
    sync::Arc,
};

/// Rows that one partition's frames may hold together: frames that only grow cost the square of the partition.
const FRAME_ROWS_MAX: usize = 50_000_000;

/// What is computed for a row from its frame.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Aggregate(Box<Function>),
    /// The first or last value, or the first or last that is not NULL.
    Edge {
        last: bool,
        respect_nulls: bool,
    },
    /// The value some rows before or after, within the frame.
    Shift {
        forward: bool,
    },
    /// The n-th value of the frame.
    Nth,
    /// Growth per time since the row before, never below 0.
    Derivative {
        seconds: f64,
    },
    /// A sum over the frame in which older rows weigh less.
    Decayed {
        name: String,
        decay: f64,
    },
}

/// A function of a frame.
#[derive(Clone, Debug)]
struct Framed {
    kind: Kind,
    label: String,
    args: Vec<ChType>,
    ret: ChType,
    budget: Budget,
    signature: Signature,
}

impl PartialEq for Framed {
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label && self.args == other.args
    }
}
impl Eq for Framed {}
impl Hash for Framed {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.label.hash(state);
    }
}

/// The function under a label that tells it apart from all others.
pub(super) fn framed(
    kind: Kind,
    label: String,
    args: Vec<ChType>,
    ret: ChType,
    budget: Budget,
) -> WindowFunctionDefinition {
    let signature = Signature::any(args.len(), Volatility::Immutable);
    let udwf = WindowUDF::new_from_impl(Framed { kind, label, args, ret, budget, signature });
    WindowFunctionDefinition::WindowUDF(Arc::new(udwf))
}

impl WindowUDFImpl for Framed {
    fn name(&self) -> &str {
        &self.label
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn partition_evaluator(
        &self,
        _: PartitionEvaluatorArgs<'_>,
    ) -> DfResult<Box<dyn PartitionEvaluator>> {
        Ok(Box::new(Frames { of: self.clone(), rows: None, current: 0, visited: 0, last: None }))
    }

    fn field(&self, args: WindowUDFFieldArgs<'_>) -> DfResult<FieldRef> {
        Ok(Arc::new(Field::new(args.name(), self.ret.arrow(), true)))
    }
}

/// The frames of one partition, row after row.
#[derive(Debug)]
struct Frames {
    of: Framed,
    rows: Option<Vec<Vec<Value>>>,
    current: usize,
    visited: usize,
    last: Option<(Range<usize>, ScalarValue)>,
}

impl PartitionEvaluator for Frames {
    fn evaluate(&mut self, values: &[ArrayRef], range: &Range<usize>) -> DfResult<ScalarValue> {
        if self.rows.is_none() {
            self.rows = Some(rows_of(values, &self.of.args)?);
        }
        let current = self.current;
        self.current += 1;
        let aggregate = matches!(self.of.kind, Kind::Aggregate(_));
        if let Some((_, known)) = self.last.as_ref().filter(|(last, _)| aggregate && last == range)
        {
            return Ok(known.clone());
        }
        self.of.budget.check()?;
        let rows = self.rows.as_deref().unwrap_or_default();
        if matches!(self.of.kind, Kind::Aggregate(_) | Kind::Decayed { .. }) {
            self.visited = self.visited.saturating_add(range.len());
            if self.visited > FRAME_ROWS_MAX {
                let message = "The frames of this window hold more than 50 million rows together. Use a frame with bounds on both sides, or partition more finely.";
                return Err(SqlError::new(ChCode::TooManyRows, message).into());
            }
        }
        let value = self.of.value(rows, range, current)?;
        let answer = scalar_of(&value, &self.of.ret)?;
        if aggregate {
            self.last = Some((range.clone(), answer.clone()));
        }
        Ok(answer)
    }

    fn uses_window_frame(&self) -> bool {
        true
    }
}

fn rows_of(values: &[ArrayRef], types: &[ChType]) -> SqlResult<Vec<Vec<Value>>> {
    let count = values.first().map_or(0, |array| array.len());
    let mut columns = values
        .iter()
        .zip(types)
        .map(|(array, ty)| Ok(from_array(array, ty)?.into_iter()))
        .collect::<SqlResult<Vec<_>>>()?;
    Ok((0..count).map(|_| columns.iter_mut().filter_map(Iterator::next).collect()).collect())
}

impl Framed {
    fn value(&self, rows: &[Vec<Value>], range: &Range<usize>, current: usize) -> SqlResult<Value> {
        let frame = rows.get(range.clone()).unwrap_or_default();
        let cell = |row: usize, column: usize| rows.get(row).and_then(|row| row.get(column));
        let missing = || default_value(&self.ret);
        Ok(match &self.kind {
            Kind::Aggregate(function) => {
                let width = function.args.len();
                let rows: Vec<Row<'_>> = frame
                    .iter()
                    .map(|row| Cow::Borrowed(row.get(..width).unwrap_or(row)))
                    .collect();
                function.evaluate(&rows)?
            }
            Kind::Edge { last, respect_nulls } => {
                let counts = |value: &&Value| *respect_nulls || !value.is_null();
                let mut values = frame.iter().filter_map(|row| row.first());
                let found = if *last { values.rev().find(counts) } else { values.find(counts) };
                found.cloned().unwrap_or_else(missing)
            }
            Kind::Shift { forward } => {
                let offset = cell(current, 1).map_or(Some(1), Value::as_int).unwrap_or(0);
                let offset = usize::try_from(offset).map_err(|_| {
                    SqlError::new(
                        ChCode::BadArguments,
                        format!("The offset must not be negative, {offset} given"),
                    )
                })?;
                let at = if *forward {
                    current.checked_add(offset)
                } else {
                    current.checked_sub(offset)
                };
                let inside = at.filter(|at| range.contains(at)).and_then(|at| cell(at, 0));
                inside.or_else(|| cell(current, 2)).cloned().unwrap_or_else(missing)
            }
            Kind::Nth => {
                let n = cell(current, 1).and_then(Value::as_int).unwrap_or(0);
                let n =
                    usize::try_from(n).ok().and_then(|n| n.checked_sub(1)).ok_or_else(|| {
                        SqlError::new(
                            ChCode::BadArguments,
                            format!(
                                "The offset for function nth_value must be positive, {n} given"
                            ),
                        )
                    })?;
                frame.get(n).and_then(|row| row.first()).cloned().unwrap_or_else(missing)
            }
            Kind::Derivative { seconds } => {
                let number = |row: usize, column: usize| cell(row, column).and_then(Value::as_f64);
                let growth = current.checked_sub(1).and_then(|before| {
                    let grown = number(current, 0)? - number(before, 0)?;
                    let passed = number(current, 1)? - number(before, 1)?;
                    (grown >= 0.0 && passed > 0.0).then(|| grown / passed * seconds)
                });
                Value::Float(growth.unwrap_or(0.0))
            }
            Kind::Decayed { name, decay } => {
                let value_at = usize::from(!name.ends_with("Count"));
                let now = cell(current, value_at).and_then(Value::as_f64).unwrap_or(f64::NAN);
                Value::Float(decayed(name, frame, value_at, |time| ((time - now) / decay).exp()))
            }
        })
    }
}

fn decayed(name: &str, frame: &[Vec<Value>], time_at: usize, weight: impl Fn(f64) -> f64) -> f64 {
    let number =
        |row: &Vec<Value>, at: usize| row.get(at).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let weights = frame.iter().map(|row| weight(number(row, time_at)));
    if name.ends_with("Count") {
        return weights.sum();
    }
    let weighted = frame.iter().map(|row| number(row, 0) * weight(number(row, time_at)));
    if name.ends_with("Max") {
        return weighted.fold(f64::NEG_INFINITY, f64::max);
    }
    let sum: f64 = weighted.sum();
    if name.ends_with("Avg") { sum / weights.sum::<f64>() } else { sum }
}
