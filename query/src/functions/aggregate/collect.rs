//! The aggregate that keeps its rows, as columns, and computes at the end.

use super::{
    AggregateCall, AggregateResult,
    function::{Function, Row},
    native,
    rows::{Grouped, Parts, lists, rows_of, values},
};
use crate::{
    budget::Budget,
    error::SqlResult,
    functions::scalar_of,
    typed::Typed,
    types::ChType,
    value::{Value, to_array},
};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, BooleanArray, UInt32Array},
        compute::{filter, take},
        datatypes::{DataType, Field, FieldRef},
    },
    common::{Result as DfResult, ScalarValue},
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature,
        Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
};
use rekor_core::subcolumn::list_of;
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
        let field = |(place, input): (usize, &FieldRef)| {
            let lists = list_of(input.data_type().clone());
            Arc::new(Field::new(format!("{}[{place}]", args.name), lists, true))
        };
        Ok(args.input_fields.iter().enumerate().map(field).collect())
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> DfResult<Box<dyn Accumulator>> {
        Ok(Box::new(One { of: self.clone(), types: types_of(&args), rows: Parts::default() }))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        args: AccumulatorArgs<'_>,
    ) -> DfResult<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Groups {
            of: self.clone(),
            types: types_of(&args),
            rows: Parts::default(),
            groups: Vec::new(),
            group_count: 0,
        }))
    }
}

/// Physical types of the arguments.
fn types_of(args: &AccumulatorArgs<'_>) -> Vec<DataType> {
    args.expr_fields.iter().map(|field| field.data_type().clone()).collect()
}

impl Collect {
    /// The answer of a group.
    fn answer(&self, columns: &[ArrayRef]) -> SqlResult<Value> {
        self.budget.check()?;
        let width = self.function.args.len();
        let ordered = self.columns.len() > width && width > 0;
        if !ordered && let Some(answer) = self.function.evaluate_columns(columns) {
            return answer;
        }
        let values = values(columns, &self.columns)?;
        let mut rows: Vec<&[Value]> = values.chunks(self.columns.len().max(1)).collect();
        if ordered {
            rows.sort_by_key(|row| row.last().and_then(Value::as_int));
        }
        let rows: Vec<Row<'_>> =
            rows.into_iter().filter_map(|row| row.get(..width)).map(Cow::Borrowed).collect();
        self.function.evaluate(&rows)
    }
}

/// The rows of one group.
#[derive(Debug)]
struct One {
    of: Collect,
    types: Vec<DataType>,
    rows: Parts,
}

impl Accumulator for One {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DfResult<()> {
        self.of.budget.check()?;
        self.rows.push(values);
        Ok(())
    }

    fn evaluate(&mut self) -> DfResult<ScalarValue> {
        let columns = self.rows.take(&self.types)?;
        Ok(scalar_of(&self.of.answer(&columns)?, &self.of.function.ret)?)
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.rows.bytes()
    }

    fn state(&mut self) -> DfResult<Vec<ScalarValue>> {
        let columns = self.rows.take(&self.types)?;
        let count = columns.first().map_or(0, Array::len);
        let states = lists(columns, &[count])?;
        states.iter().map(|state| ScalarValue::try_from_array(state, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DfResult<()> {
        self.of.budget.check()?;
        self.rows.push(&rows_of(states).0);
        Ok(())
    }
}

/// The rows of many groups.
#[derive(Debug)]
struct Groups {
    of: Collect,
    types: Vec<DataType>,
    rows: Parts,
    /// The group of each row.
    groups: Vec<u32>,
    group_count: usize,
}

impl Groups {
    fn push(&mut self, arrays: &[ArrayRef], groups: impl Iterator<Item = usize>, total: usize) {
        self.group_count = total;
        self.groups.extend(groups.map(|group| u32::try_from(group).unwrap_or(u32::MAX)));
        self.rows.push(arrays);
    }

    /// The rows of the groups that are asked for; the others are kept.
    fn take(&mut self, emit_to: EmitTo) -> DfResult<Grouped> {
        let columns = self.rows.take(&self.types)?;
        let groups = std::mem::take(&mut self.groups);
        let EmitTo::First(count) = emit_to else {
            let group_count = std::mem::take(&mut self.group_count);
            return Ok(Grouped::of(&columns, &groups, group_count)?);
        };
        let grouped = Grouped::of(&columns, &groups, count)?;
        let left = |(row, group): (usize, &u32)| {
            let group = (*group as usize).checked_sub(count)?;
            Some((u32::try_from(row).ok()?, group))
        };
        let (places, later): (Vec<u32>, Vec<usize>) =
            groups.iter().enumerate().filter_map(left).unzip();
        let places = UInt32Array::from(places);
        let kept = columns.iter().map(|column| take(column, &places, None));
        let kept: Vec<ArrayRef> = kept.collect::<Result<_, _>>()?;
        let total = self.group_count.saturating_sub(count);
        self.push(&kept, later.into_iter(), total);
        Ok(grouped)
    }
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        kept: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> DfResult<()> {
        self.of.budget.check()?;
        let Some(kept) = kept else {
            self.push(values, group_indices.iter().copied(), total_num_groups);
            return Ok(());
        };
        let kept = BooleanArray::new(super::rows::kept(kept), None);
        let values = values.iter().map(|array| filter(array, &kept));
        let values: Vec<ArrayRef> = values.collect::<Result<_, _>>()?;
        let groups = group_indices.iter().zip(kept.values()).filter(|(_, kept)| *kept);
        self.push(&values, groups.map(|(group, _)| *group), total_num_groups);
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> DfResult<ArrayRef> {
        let grouped = self.take(emit_to)?;
        let mut answers = Vec::with_capacity(grouped.ends.len());
        for range in grouped.ranges() {
            let rows = grouped.columns.iter().map(|column| column.slice(range.start, range.len()));
            answers.push(self.of.answer(&rows.collect::<Vec<_>>())?);
        }
        Ok(to_array(&answers, &self.of.function.ret)?)
    }

    fn state(&mut self, emit_to: EmitTo) -> DfResult<Vec<ArrayRef>> {
        let grouped = self.take(emit_to)?;
        lists(grouped.columns, &grouped.ends)
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        group_indices: &[usize],
        _: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> DfResult<()> {
        self.of.budget.check()?;
        let (rows, lengths) = rows_of(states);
        let groups = group_indices.iter().zip(lengths);
        let groups = groups.flat_map(|(group, length)| std::iter::repeat_n(*group, length));
        self.push(&rows, groups, total_num_groups);
        Ok(())
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.rows.bytes() + self.groups.capacity() * size_of::<u32>()
    }
}
