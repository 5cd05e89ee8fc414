//! The aggregate that keeps its rows and computes at the end: always right, not yet fast.

use super::{AggregateCall, AggregateResult, arguments, illegal, native};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{arrays_sum, convert, default_value},
    typed::Typed,
    types::ChType,
    value::{Value, compare, compare_null_last, decode, encode, from_array, text_of},
};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray},
        datatypes::{DataType, Field, FieldRef},
    },
    common::{Result as DfResult, ScalarValue},
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
};
use std::{
    cmp::Ordering,
    hash::{Hash, Hasher},
    sync::Arc,
};

#[derive(Clone, Debug)]
struct Collect {
    base: String,
    /// Name in plans, which tells two calls apart.
    name: String,
    parameters: Vec<Value>,
    args: Vec<ChType>,
    arrays: bool,
    ordered: bool,
    distinct: bool,
    ret: ChType,
    signature: Signature,
}

impl PartialEq for Collect {
    fn eq(&self, other: &Self) -> bool {
        self.base == other.base
            && self.parameters == other.parameters
            && self.args == other.args
            && self.arrays == other.arrays
            && self.distinct == other.distinct
    }
}
impl Eq for Collect {}
impl Hash for Collect {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.base.hash(state);
        self.args.hash(state);
    }
}

/// Resolves an aggregate that collects. With `arrays`, the arguments are arrays whose elements count as rows.
pub(super) fn resolve(
    base: &str,
    call: &AggregateCall,
    arrays: bool,
) -> SqlResult<AggregateResult> {
    let element = |ty: &ChType| match ty.strip_nullable() {
        ChType::Array(item) if arrays => (**item).clone(),
        _ => ty.clone(),
    };
    let types: Vec<ChType> = call.args.iter().map(|arg| element(&arg.ty)).collect();
    let first = types.first().cloned().ok_or_else(|| arguments(&call.name))?;
    let plain = first.strip_nullable().clone();
    let numeric = |ty: ChType| -> SqlResult<ChType> {
        let fits = matches!(
            plain,
            ChType::Int(_)
                | ChType::UInt(_)
                | ChType::Float(_)
                | ChType::Decimal(..)
                | ChType::Bool
                | ChType::Date
                | ChType::DateTime(_)
                | ChType::DateTime64(..)
        );
        if fits {
            Ok(if first.is_nullable() { ty.nullable() } else { ty })
        } else {
            Err(illegal(&call.name, &plain))
        }
    };
    let ret = match base {
        "groupArray" | "groupUniqArray" | "topK" | "topKWeighted" => {
            ChType::Array(Box::new(plain.clone()))
        }
        "groupConcat" => ChType::String,
        "argMin" | "argMax" | "min" | "max" | "any" | "anyLast" => first.clone(),
        "quantile"
        | "median"
        | "quantileTDigest"
        | "quantileTiming"
        | "quantileExactInclusive"
        | "quantileExactExclusive" => numeric(ChType::Float(64))?,
        "quantiles" => ChType::Array(Box::new(ChType::Float(64))),
        "quantileExact" | "medianExact" | "quantileExactLow" | "quantileExactHigh" => {
            numeric(plain.clone())?
        }
        "entropy" | "corr" | "covarPop" | "covarSamp" => ChType::Float(64),
        "sum" => super::super::arrays::sum_type(&plain),
        "avg" => ChType::Float(64),
        "count" | "uniq" | "uniqExact" => ChType::UInt(64),
        "sumMap" => {
            return Err(SqlError::new(
                ChCode::NotImplemented,
                "sumMap is not supported yet; use ARRAY JOIN with sum.",
            ));
        }
        other => {
            return Err(SqlError::new(
                ChCode::UnknownAggregateFunction,
                format!("Aggregate function {other} is not supported here"),
            ));
        }
    };
    if matches!(base, "argMin" | "argMax" | "topKWeighted" | "corr" | "covarPop" | "covarSamp")
        && types.len() != 2
    {
        return Err(arguments(&call.name));
    }
    let empty = (!ret.is_nullable()).then(|| {
        if matches!(base, "quantile" | "median" | "avg" | "entropy") {
            Value::Float(f64::NAN)
        } else {
            default_value(&ret)
        }
    });
    // The number of a row travels as one more argument, and is what rows are sorted by in the end.
    let order = call
        .order
        .clone()
        .filter(|_| matches!(base, "groupArray" | "groupUniqArray" | "groupConcat"));
    let mut arg_types: Vec<ChType> = call.args.iter().map(|arg| arg.ty.clone()).collect();
    arg_types.extend(order.iter().map(|order| order.ty.clone()));
    let ordered = order.is_some();
    let name = format!("{base}({:?}){arrays}{} {ordered} {ret}", call.parameters, call.distinct);
    let udaf = Collect {
        base: base.to_owned(),
        name,
        parameters: call.parameters.clone(),
        signature: Signature::any(arg_types.len(), Volatility::Immutable),
        args: arg_types,
        ordered,
        arrays,
        distinct: call.distinct,
        ret: ret.clone(),
    };
    let mut args: Vec<_> = call.args.iter().map(|arg| arg.clone().into_value()).collect();
    args.extend(order.map(Typed::into_value));
    Ok(native(call, Arc::new(AggregateUDF::new_from_impl(udaf)), args, false, ret, empty))
}

impl AggregateUDFImpl for Collect {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(self.ret.arrow())
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> DfResult<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}[rows]", args.name), DataType::Binary, true))])
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> DfResult<Box<dyn Accumulator>> {
        Ok(Box::new(Rows { of: self.clone(), rows: Vec::new(), bytes: 0 }))
    }
}

/// The rows of one group.
#[derive(Debug)]
struct Rows {
    of: Collect,
    rows: Vec<Vec<Value>>,
    bytes: usize,
}

impl Rows {
    fn push(&mut self, row: Vec<Value>) {
        // NULLs do not count; argMin and argMax skip only rows whose order is NULL.
        let keep = match self.of.base.as_str() {
            "argMin" | "argMax" => row.get(1).is_some_and(|v| !v.is_null()),
            "groupArray" if self.of.args.first() == Some(&ChType::Dynamic) => true,
            _ => row.iter().all(|v| !v.is_null()),
        };
        if keep {
            self.bytes += 48 * row.len() + row.iter().map(text_of_len).sum::<usize>();
            self.rows.push(row);
        }
    }
}

fn text_of_len(value: &Value) -> usize {
    match value {
        Value::String(text) | Value::Json(text) => text.len(),
        Value::Array(items) | Value::Tuple(items) => {
            items.iter().map(|item| 32 + text_of_len(item)).sum()
        }
        _ => 0,
    }
}

impl Accumulator for Rows {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DfResult<()> {
        let columns = values
            .iter()
            .zip(&self.of.args.clone())
            .map(|(array, ty)| Ok(from_array(array, ty)?))
            .collect::<DfResult<Vec<_>>>()?;
        for row in 0..columns.first().map_or(0, Vec::len) {
            let cells: Vec<Value> =
                columns.iter().filter_map(|column| column.get(row).cloned()).collect();
            match cells.first() {
                Some(Value::Array(items)) if self.of.arrays => {
                    items.clone().into_iter().for_each(|item| self.push(vec![item]))
                }
                _ => self.push(cells),
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> DfResult<ScalarValue> {
        let value = finish(&self.of, std::mem::take(&mut self.rows))?;
        Ok(crate::functions::scalar_of(&value, &self.of.ret)?)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.bytes
    }

    fn state(&mut self) -> DfResult<Vec<ScalarValue>> {
        let rows = std::mem::take(&mut self.rows).into_iter().map(Value::Tuple).collect();
        let mut cell = Vec::new();
        encode(&Value::Array(rows), &mut cell);
        Ok(vec![ScalarValue::Binary(Some(cell))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DfResult<()> {
        let Some(state) = states.first() else { return Ok(()) };
        let cells = state.as_binary::<i32>();
        for i in (0..cells.len()).filter(|i| cells.is_valid(*i)) {
            if let Value::Array(rows) = decode(cells.value(i)) {
                for row in rows {
                    if let Value::Tuple(row) = row {
                        self.push(row);
                    }
                }
            }
        }
        Ok(())
    }
}

fn finish(of: &Collect, mut rows: Vec<Vec<Value>>) -> SqlResult<Value> {
    if of.ordered {
        rows.sort_by_key(|row| row.last().and_then(Value::as_int));
    }
    if of.distinct {
        let mut seen = std::collections::HashSet::new();
        rows.retain(|row| {
            let mut cell = Vec::new();
            encode(&Value::Tuple(row.clone()), &mut cell);
            seen.insert(cell)
        });
    }
    let parameter = |i: usize| of.parameters.get(i).and_then(Value::as_f64);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small count")]
    let limit = parameter(0).map(|n| n.max(0.0) as usize);
    let firsts = || rows.iter().filter_map(|row| row.first().cloned()).collect::<Vec<Value>>();
    if rows.is_empty() && !matches!(of.ret, ChType::Array(_)) {
        return Ok(Value::Null);
    }
    Ok(match of.base.as_str() {
        "groupArray" => {
            Value::Array(firsts().into_iter().take(limit.unwrap_or(usize::MAX)).collect())
        }
        "groupUniqArray" => Value::Array(
            counted(firsts())
                .into_iter()
                .map(|(v, _)| v)
                .take(limit.unwrap_or(usize::MAX))
                .collect(),
        ),
        "groupConcat" => {
            let separator = of.parameters.first().map(text_of).unwrap_or_default();
            Value::String(firsts().iter().map(text_of).collect::<Vec<_>>().join(&separator))
        }
        "uniq" | "uniqExact" => Value::Int(counted(firsts()).len() as i128),
        "count" => Value::Int(rows.len() as i128),
        "sum" => arrays_sum(&firsts()),
        #[expect(clippy::cast_precision_loss, reason = "a mean is a double")]
        "avg" => {
            Value::Float(firsts().iter().filter_map(Value::as_f64).sum::<f64>() / rows.len() as f64)
        }
        "min" => best(&rows, 0, 0, Ordering::Less),
        "max" => best(&rows, 0, 0, Ordering::Greater),
        "argMin" => best(&rows, 1, 0, Ordering::Less),
        "argMax" => best(&rows, 1, 0, Ordering::Greater),
        "any" => firsts().into_iter().next().unwrap_or(Value::Null),
        "anyLast" => firsts().into_iter().next_back().unwrap_or(Value::Null),
        "topK" | "topKWeighted" => {
            let mut counts = if of.base == "topK" { counted(firsts()) } else { weighted(&rows) };
            counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            Value::Array(counts.into_iter().take(limit.unwrap_or(10)).map(|(v, _)| v).collect())
        }
        "entropy" => {
            #[expect(clippy::cast_precision_loss, reason = "shares are doubles")]
            let share = |count: i128| count as f64 / rows.len() as f64;
            Value::Float(
                -counted(firsts())
                    .into_iter()
                    .map(|(_, count)| share(count) * share(count).log2())
                    .sum::<f64>(),
            )
        }
        "corr" | "covarPop" | "covarSamp" => covariance(&of.base, &rows),
        _ => quantiles(of, firsts())?,
    })
}

fn best(rows: &[Vec<Value>], by: usize, answer: usize, wanted: Ordering) -> Value {
    let mut best: Option<&Vec<Value>> = None;
    for row in rows {
        let better = best.is_none_or(|b| {
            row.get(by).zip(b.get(by)).and_then(|(x, y)| compare(x, y)) == Some(wanted)
        });
        if better {
            best = Some(row);
        }
    }
    best.and_then(|row| row.get(answer)).cloned().unwrap_or(Value::Null)
}

/// Distinct values in first-seen order with their counts.
fn counted(values: Vec<Value>) -> Vec<(Value, i128)> {
    weighted(&values.into_iter().map(|value| vec![value, Value::Int(1)]).collect::<Vec<_>>())
}

fn weighted(rows: &[Vec<Value>]) -> Vec<(Value, i128)> {
    let mut positions = std::collections::HashMap::new();
    let mut out: Vec<(Value, i128)> = Vec::new();
    for row in rows {
        let (Some(value), weight) = (row.first(), row.get(1).and_then(Value::as_int).unwrap_or(1))
        else {
            continue;
        };
        let mut cell = Vec::new();
        encode(value, &mut cell);
        let at = *positions.entry(cell).or_insert_with(|| {
            out.push((value.clone(), 0));
            out.len() - 1
        });
        if let Some(entry) = out.get_mut(at) {
            entry.1 += weight;
        }
    }
    out
}

#[expect(clippy::cast_precision_loss, reason = "statistics are doubles")]
fn covariance(name: &str, rows: &[Vec<Value>]) -> Value {
    let pairs: Vec<(f64, f64)> = rows
        .iter()
        .filter_map(|row| Some((row.first()?.as_f64()?, row.get(1)?.as_f64()?)))
        .collect();
    let n = pairs.len() as f64;
    let (mx, my) =
        (pairs.iter().map(|p| p.0).sum::<f64>() / n, pairs.iter().map(|p| p.1).sum::<f64>() / n);
    let co: f64 = pairs.iter().map(|(x, y)| (x - mx) * (y - my)).sum();
    Value::Float(match name {
        "covarPop" => co / n,
        "covarSamp" => co / (n - 1.0),
        _ => {
            co / (pairs.iter().map(|(x, _)| (x - mx).powi(2)).sum::<f64>()
                * pairs.iter().map(|(_, y)| (y - my).powi(2)).sum::<f64>())
            .sqrt()
        }
    })
}

fn quantiles(of: &Collect, mut values: Vec<Value>) -> SqlResult<Value> {
    values.sort_by(|a, b| compare_null_last(a, b).unwrap_or(Ordering::Equal));
    let levels: Vec<f64> = of.parameters.iter().filter_map(Value::as_f64).collect();
    let level = levels.first().copied().unwrap_or(0.5);
    if of.base == "quantiles" {
        return Ok(Value::Array(
            levels.iter().map(|level| interpolated(&values, *level, 0.0)).collect(),
        ));
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a position in a list"
    )]
    let exact = || {
        values
            .get(((values.len() as f64 * level) as usize).min(values.len().saturating_sub(1)))
            .cloned()
            .unwrap_or(Value::Null)
    };
    let value = match of.base.as_str() {
        "quantileExact" | "medianExact" | "quantileExactHigh" => exact(),
        "quantileExactLow" => {
            values.get((values.len().saturating_sub(1)) / 2).cloned().unwrap_or(Value::Null)
        }
        "quantileExactExclusive" => interpolated(&values, level, 1.0),
        _ => interpolated(&values, level, 0.0),
    };
    convert(&value, &ChType::Dynamic, &of.ret)
}

/// Linear interpolation between neighbours; `exclusive` is 1 for the (n+1) rule.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions in a list"
)]
fn interpolated(values: &[Value], level: f64, exclusive: f64) -> Value {
    if values.is_empty() {
        return Value::Float(f64::NAN);
    }
    let h = if exclusive > 0.0 {
        level * (values.len() as f64 + 1.0) - 1.0
    } else {
        level * (values.len() as f64 - 1.0)
    };
    let h = h.clamp(0.0, values.len() as f64 - 1.0);
    let at =
        |i: usize| values.get(i.min(values.len() - 1)).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let low = h.floor();
    Value::Float(at(low as usize) + (h - low) * (at(low as usize + 1) - at(low as usize)))
}
