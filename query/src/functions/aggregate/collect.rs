//! The aggregate that keeps its rows and computes at the end: always right, not yet fast.

use super::{AggregateCall, AggregateResult, function::Function, native};
use crate::{
    budget::Budget,
    error::SqlResult,
    functions::scalar_of,
    typed::Typed,
    types::ChType,
    value::{Value, decode, encode, from_array},
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
    borrow::Cow,
    hash::{Hash, Hasher},
    sync::Arc,
};

#[derive(Clone, Debug)]
struct Collect {
    function: Function,
    /// Name in plans, which tells two calls apart.
    label: String,
    /// Types of the columns: the arguments, and the number of the row if the order of rows matters.
    columns: Vec<ChType>,
    budget: Budget,
    signature: Signature,
}

impl PartialEq for Collect {
    fn eq(&self, other: &Self) -> bool {
        self.label == other.label && self.columns == other.columns
    }
}
impl Eq for Collect {}
impl Hash for Collect {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.label.hash(state);
    }
}

/// What tells two functions apart: name, parameters, types.
pub(in crate::functions) fn label(name: &str, function: &Function, parameters: &[Value]) -> String {
    let types: Vec<String> = function.args.iter().map(ToString::to_string).collect();
    format!("{name}({parameters:?})({}) {}", types.join(","), function.ret)
}

/// The call as one that collects rows.
pub(super) fn resolve(
    name: &str,
    call: &AggregateCall,
    args: &[Typed],
) -> SqlResult<AggregateResult> {
    let types: Vec<ChType> = args.iter().map(|arg| arg.ty.clone()).collect();
    let function = Function::resolve(name, &call.parameters, &types)?;
    let ret = function.ret.clone();
    let mut exprs: Vec<_> = args.iter().map(|arg| arg.clone().into_value()).collect();
    let mut columns = types;
    // The number of a row travels as one more argument, and is what rows are sorted by in the end.
    if let Some(order) = &call.order {
        columns.push(order.ty.clone());
        exprs.push(order.clone().into_value());
    }
    if exprs.is_empty() {
        columns.push(ChType::UInt(8));
        exprs.push(datafusion::logical_expr::lit(1_u8));
    }
    let udaf = Collect {
        label: format!("{} {}", label(name, &function, &call.parameters), call.order.is_some()),
        signature: Signature::any(exprs.len(), Volatility::Immutable),
        function,
        columns,
        budget: call.budget.clone(),
    };
    let udaf = Arc::new(AggregateUDF::new_from_impl(udaf));
    let plain = AggregateCall { filter: None, ..call.clone() };
    Ok(native(&plain, udaf, exprs, false, ret, None))
}

impl AggregateUDFImpl for Collect {
    fn name(&self) -> &str {
        &self.label
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(self.function.ret.arrow())
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
        self.bytes += 24 + row.iter().map(bytes_of).sum::<usize>();
        self.rows.push(row);
    }
}

fn bytes_of(value: &Value) -> usize {
    48 + match value {
        Value::String(text) | Value::Json(text) => text.len(),
        Value::Array(items) | Value::Tuple(items) => items.iter().map(bytes_of).sum(),
        Value::Map(pairs) => pairs.iter().map(|(k, v)| bytes_of(k) + bytes_of(v)).sum(),
        _ => 0,
    }
}

impl Accumulator for Rows {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DfResult<()> {
        self.of.budget.check()?;
        let mut columns = values
            .iter()
            .zip(&self.of.columns)
            .map(|(array, ty)| Ok(from_array(array, ty)?.into_iter()))
            .collect::<DfResult<Vec<_>>>()?;
        for _ in 0..values.first().map_or(0, Array::len) {
            let row = columns.iter_mut().filter_map(Iterator::next).collect();
            self.push(row);
        }
        Ok(())
    }

    fn evaluate(&mut self) -> DfResult<ScalarValue> {
        self.of.budget.check()?;
        let width = self.of.function.args.len();
        if self.of.columns.len() > width && width > 0 {
            self.rows.sort_by_key(|row| row.last().and_then(Value::as_int));
        }
        let rows: Vec<_> =
            self.rows.iter().map(|row| Cow::Borrowed(row.get(..width).unwrap_or(row))).collect();
        let value = self.of.function.evaluate(&rows)?;
        Ok(scalar_of(&value, &self.of.function.ret)?)
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
        self.of.budget.check()?;
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
