//! `arrayReduce` and `arrayReduceInRanges`: an aggregate function over the items of arrays.

use super::{
    aggregate::{AggregateCall, aggregate, is_aggregate},
    args::{illegal, is_integer},
    arrays::item_of,
    compare::constant_value,
    convert::cast,
    time_floor::counted,
    udf::within_limit,
};
use crate::{
    budget::Budget,
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, from_array, to_array},
};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, new_empty_array},
        compute::filter_record_batch,
        datatypes::{DataType, Field, Schema},
    },
    common::{Column, DFSchema, Result as DfResult, ScalarValue, ToDFSchema},
    execution::context::ExecutionProps,
    logical_expr::{
        ColumnarValue, Expr, ExprSchemable, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
        Signature, Volatility, expr::ScalarFunction,
    },
    physical_expr::{
        PhysicalExpr,
        aggregate::{AggregateFunctionExpr, LoweredAggregateBuilder},
    },
};
use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

/// The functions of this module.
pub(super) const NAMES: &[&str] = &["arrayReduce", "arrayReduceInRanges"];

#[derive(Debug)]
struct Reduce {
    label: String,
    aggregate: Expr,
    /// What an aggregate leaves out.
    items: Vec<ChType>,
    ret: DataType,
    /// Whether ranges of the arrays are reduced, each to an item of the answer.
    ranges: Option<ChType>,
    signature: Signature,
}

impl PartialEq for Reduce {
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label && self.aggregate == other.aggregate && self.items == other.items
    }
}
impl Eq for Reduce {}
impl Hash for Reduce {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.label.hash(state);
        self.aggregate.hash(state);
    }
}

/// The name of the column that an array's items stand in.
fn column_name(at: usize) -> String {
    format!("item{at}")
}

fn schema(items: &[ChType]) -> Schema {
    let field = |(at, ty): (usize, &ChType)| Field::new(column_name(at), ty.arrow(), true);
    Schema::new(items.iter().enumerate().map(field).collect::<Vec<_>>())
}

/// `quantile(0.9)`: the name, and the numbers and texts in parentheses.
fn named(text: &str) -> SqlResult<(String, Vec<Value>)> {
    let Some((name, rest)) = text.trim().split_once('(') else {
        return Ok((text.trim().to_owned(), Vec::new()));
    };
    let unclear = || {
        let message = format!("'{text}' is no aggregate function with literals as parameters");
        SqlError::new(ChCode::ParametersToAggregateFunctionsMustBeLiterals, message)
    };
    let inside = rest.strip_suffix(')').ok_or_else(unclear)?;
    let literal = |part: &str| {
        let part = part.trim();
        let quoted = part.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        match (quoted, part.parse::<i128>(), part.parse::<f64>()) {
            (Some(text), ..) => Ok(Value::String(text.to_owned())),
            (_, Ok(number), _) => Ok(Value::Int(number)),
            (_, _, Ok(number)) => Ok(Value::Float(number)),
            _ => Err(unclear()),
        }
    };
    let parameters = inside.split(',').filter(|part| !part.trim().is_empty()).map(literal);
    Ok((name.trim().to_owned(), parameters.collect::<SqlResult<_>>()?))
}

/// The function of a name, if it is one of this module.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    if !NAMES.contains(&name) {
        return Ok(None);
    }
    let in_ranges = name == "arrayReduceInRanges";
    counted(name, args, 2 + usize::from(in_ranges), 8)?;
    let Some(Value::String(text)) = args.first().and_then(constant_value) else {
        return Err(illegal(args.first().map_or(&ChType::Nothing, |arg| &arg.ty)));
    };
    let (aggregate_name, parameters) = named(&text)?;
    if !is_aggregate(&aggregate_name) {
        let message = format!("Unknown aggregate function {aggregate_name}");
        return Err(SqlError::new(ChCode::UnknownAggregateFunction, message));
    }
    let arrays = args.get(1 + usize::from(in_ranges)..).unwrap_or_default();
    let items = arrays
        .iter()
        .map(|array| item_of(array.ty.strip_nullable()))
        .collect::<SqlResult<Vec<_>>>()?;
    let column = |(at, ty): (usize, &ChType)| {
        Typed::value(Expr::Column(Column::new_unqualified(column_name(at))), ty.clone())
    };
    let resolved = aggregate(&AggregateCall {
        name: aggregate_name,
        parameters,
        args: items.iter().enumerate().map(column).collect(),
        distinct: false,
        filter: None,
        respect_nulls: None,
        order: None,
        // One array is small; the rows around it are counted by their own call.
        budget: Budget::default(),
    })?;
    let df_schema = DFSchema::try_from(schema(&items)).map_err(failed)?;
    let answer = resolved.aggregate.get_type(&df_schema).map_err(failed)?;
    let mut inputs = Vec::new();
    if in_ranges {
        let ranges = args.get(1).cloned().unwrap_or_else(Typed::null);
        let pairs = ranges_type(&ranges.ty)?;
        inputs.push(cast(ranges, &pairs)?.into_value());
    }
    for (array, item) in arrays.iter().zip(&items) {
        inputs.push(cast(array.clone(), &ChType::Array(Box::new(item.clone())))?.into_value());
    }
    let ranges = in_ranges.then(|| resolved.ty.clone());
    let ret = if in_ranges { rekor_core::subcolumn::list_of(resolved.ty.arrow()) } else { answer };
    let udf = Reduce {
        label: format!("{name} {text}"),
        aggregate: resolved.aggregate.clone(),
        items,
        ret,
        ranges,
        signature: Signature::any(inputs.len(), Volatility::Immutable),
    };
    let call = ScalarFunction::new_udf(Arc::new(ScalarUDF::new_from_impl(udf)), inputs);
    let call = Expr::ScalarFunction(call);
    if in_ranges {
        return Ok(Some(Typed::value(call, ChType::Array(Box::new(resolved.ty)))));
    }
    resolved.finisher().apply(call, &resolved.ty).map(Some)
}

fn failed(error: datafusion::error::DataFusionError) -> SqlError {
    SqlError::new(ChCode::LogicalError, error.to_string())
}

/// Ranges are pairs of a place and a length.
fn ranges_type(ty: &ChType) -> SqlResult<ChType> {
    let long = || (None, ChType::Int(64));
    match ty {
        ChType::Array(pair) => match &**pair {
            ChType::Tuple(parts)
                if parts.len() == 2 && parts.iter().all(|(_, ty)| is_integer(ty)) =>
            {
                Ok(ChType::Array(Box::new(ChType::Tuple(vec![long(), long()]))))
            }
            other => Err(illegal(other)),
        },
        other => Err(illegal(other)),
    }
}

impl ScalarUDFImpl for Reduce {
    fn name(&self) -> &str {
        &self.label
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(self.ret.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let columns = args
            .args
            .iter()
            .map(|arg| arg.to_array(args.number_rows))
            .collect::<DfResult<Vec<_>>>()?;
        let plan = Plan::new(self)?;
        let budget = Budget::of(&args.config_options);
        let (ranges, lists) = columns.split_at(usize::from(self.ranges.is_some()));
        let mut answers = Vec::with_capacity(args.number_rows);
        let mut spent = 0;
        for row in 0..args.number_rows {
            budget.check()?;
            let items = self.row(lists, row)?;
            match (&self.ranges, ranges.first()) {
                (Some(ty), Some(ranges)) => {
                    let value = plan.in_ranges(ty, &bounds(ranges, row)?, &items)?;
                    within_limit("arrayReduceInRanges", &value, &mut spent)?;
                    answers.push(ScalarValue::try_from_array(
                        &to_array(&[value], &ChType::Array(Box::new(ty.clone())))?,
                        0,
                    )?);
                }
                _ => answers.push(plan.reduce(&items)?),
            }
        }
        if answers.is_empty() {
            return Ok(ColumnarValue::Array(new_empty_array(&self.ret)));
        }
        Ok(ColumnarValue::Array(ScalarValue::iter_to_array(answers)?))
    }
}

/// The pairs of a row.
fn bounds(ranges: &ArrayRef, row: usize) -> SqlResult<Vec<(i64, i64)>> {
    let long = || (None, ChType::Int(64));
    let ty = ChType::Array(Box::new(ChType::Tuple(vec![long(), long()])));
    let value = from_array(&ranges.slice(row, 1), &ty)?.pop();
    let Some(Value::Array(pairs)) = value else { return Ok(Vec::new()) };
    let pair = |pair: &Value| match pair {
        Value::Tuple(parts) => {
            let part = |at: usize| super::args::long(parts, at);
            (part(0), part(1))
        }
        _ => (0, 0),
    };
    Ok(pairs.iter().map(pair).collect())
}

impl Reduce {
    /// The items of every array of a row.
    fn row(&self, lists: &[ArrayRef], row: usize) -> SqlResult<Vec<ArrayRef>> {
        let of = |(list, ty): (&ArrayRef, &ChType)| {
            let list = list.as_list::<i32>();
            if list.is_null(row) { new_empty_array(&ty.arrow()) } else { list.value(row) }
        };
        let items: Vec<ArrayRef> = lists.iter().zip(&self.items).map(of).collect();
        let size = items.first().map_or(0, |items| items.len());
        if items.iter().any(|items| items.len() != size) {
            let message = "Arrays passed to arrayReduce must have equal size";
            return Err(SqlError::new(ChCode::SizesOfArraysDontMatch, message));
        }
        Ok(items)
    }
}

/// The aggregate over columns of items.
struct Plan {
    schema: Arc<Schema>,
    aggregate: Arc<AggregateFunctionExpr>,
    filter: Option<Arc<dyn PhysicalExpr>>,
}

impl Plan {
    fn new(reduce: &Reduce) -> DfResult<Self> {
        let schema = Arc::new(schema(&reduce.items));
        let df_schema = Arc::clone(&schema).to_dfschema()?;
        let props = ExecutionProps::new();
        let lowered =
            LoweredAggregateBuilder::new(&reduce.aggregate, &df_schema, &schema, &props).build()?;
        let (aggregate, filter) = (lowered.aggregate, lowered.filter);
        Ok(Self { schema, aggregate, filter })
    }

    /// One answer for the items, those that the aggregate's own filter keeps.
    fn reduce(&self, items: &[ArrayRef]) -> DfResult<ScalarValue> {
        let rows = items.first().map_or(0, |items| items.len());
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let mut batch =
            RecordBatch::try_new_with_options(Arc::clone(&self.schema), items.to_vec(), &options)?;
        if let Some(filter) = &self.filter {
            let kept = filter.evaluate(&batch)?.into_array(rows)?;
            batch = filter_record_batch(&batch, kept.as_boolean())?;
        }
        let rows = batch.num_rows();
        let inputs = self
            .aggregate
            .expressions()
            .iter()
            .map(|input| input.evaluate(&batch)?.into_array(rows))
            .collect::<DfResult<Vec<_>>>()?;
        let mut accumulator = self.aggregate.create_accumulator()?;
        accumulator.update_batch(&inputs)?;
        accumulator.evaluate()
    }

    /// An answer for each range: a place from 1, or from the end if negative, and a length.
    fn in_ranges(&self, ty: &ChType, ranges: &[(i64, i64)], items: &[ArrayRef]) -> DfResult<Value> {
        let size = i64::try_from(items.first().map_or(0, |items| items.len())).unwrap_or(0);
        let mut answers = Vec::new();
        for (place, length) in ranges {
            let start = if *place > 0 { place - 1 } else { size.saturating_add(*place) };
            let end = start.saturating_add((*length).max(0)).clamp(0, size);
            let start = start.clamp(0, end);
            let (from, count) =
                (usize::try_from(start).unwrap_or(0), usize::try_from(end - start).unwrap_or(0));
            let part: Vec<ArrayRef> = items.iter().map(|items| items.slice(from, count)).collect();
            let answer = self.reduce(&part)?.to_array_of_size(1)?;
            answers.push(from_array(&answer, ty)?.pop().unwrap_or(Value::Null));
        }
        let empty = super::convert::default_value(ty);
        let filled =
            answers.into_iter().map(|value| if value.is_null() { empty.clone() } else { value });
        Ok(Value::Array(filled.collect()))
    }
}
