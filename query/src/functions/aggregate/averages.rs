//! `avg` of 64-bit integers: the sum is exact. As doubles, large numbers would take the small ones with them.

use datafusion::{
    arrow::{
        array::{
            Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, PrimitiveArray,
            UInt64Array,
        },
        datatypes::{
            ArrowPrimitiveType, DataType, Decimal128Type, Field, FieldRef, Int64Type, UInt64Type,
        },
    },
    common::{Result as DfResult, ScalarValue, internal_err},
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature,
        Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
};
use std::sync::Arc;

/// Digits of the type of sums: it holds that of 2⁶³ integers.
const DIGITS: u8 = 38;

const SUM: DataType = DataType::Decimal128(DIGITS, 0);

pub(super) fn udaf() -> AggregateUDF {
    AggregateUDF::new_from_impl(Average { signature: Signature::any(1, Volatility::Immutable) })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Average {
    signature: Signature,
}

impl AggregateUDFImpl for Average {
    fn name(&self) -> &'static str {
        "avg of integers"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(DataType::Float64)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> DfResult<Vec<FieldRef>> {
        let part =
            |part: &str, ty| Arc::new(Field::new(format!("{}[{part}]", args.name), ty, true));
        Ok(vec![part("sum", SUM), part("count", DataType::UInt64)])
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> DfResult<Box<dyn Accumulator>> {
        Ok(Box::<Total>::default())
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        _: AccumulatorArgs<'_>,
    ) -> DfResult<Box<dyn GroupsAccumulator>> {
        Ok(Box::<Totals>::default())
    }
}

/// The sum of some integers, and how many they are.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    sum: i128,
    count: u64,
}

impl Total {
    fn add(&mut self, sum: i128, count: u64) {
        self.sum = self.sum.wrapping_add(sum);
        self.count = self.count.wrapping_add(count);
    }

    #[expect(clippy::cast_precision_loss, reason = "a mean of numbers is a double")]
    fn mean(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }
}

/// The columns of states.
fn states(columns: &[ArrayRef]) -> Option<(&Decimal128Array, &UInt64Array)> {
    let [sums, counts] = columns else { return None };
    Some((sums.as_primitive::<Decimal128Type>(), counts.as_primitive::<UInt64Type>()))
}

/// The total of the integers of a column.
fn added(columns: &[ArrayRef]) -> DfResult<Total> {
    match columns {
        [column] if *column.data_type() == DataType::Int64 => {
            Ok(total(column.as_primitive::<Int64Type>()))
        }
        [column] if *column.data_type() == DataType::UInt64 => {
            Ok(total(column.as_primitive::<UInt64Type>()))
        }
        _ => internal_err!("avg of integers takes a column of 64-bit integers"),
    }
}

fn total<T: ArrowPrimitiveType<Native: Into<i128>>>(values: &PrimitiveArray<T>) -> Total {
    let sum = match values.null_count() {
        0 => values.values().iter().fold(0, |sum: i128, value| sum.wrapping_add((*value).into())),
        _ => values.iter().flatten().fold(0, |sum: i128, value| sum.wrapping_add(value.into())),
    };
    Total { sum, count: (values.len() - values.null_count()) as u64 }
}

impl Accumulator for Total {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DfResult<()> {
        let Total { sum, count } = added(values)?;
        self.add(sum, count);
        Ok(())
    }

    fn evaluate(&mut self) -> DfResult<ScalarValue> {
        Ok(ScalarValue::Float64(self.mean()))
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }

    fn state(&mut self) -> DfResult<Vec<ScalarValue>> {
        Ok(vec![
            ScalarValue::Decimal128(Some(self.sum), DIGITS, 0),
            ScalarValue::UInt64(Some(self.count)),
        ])
    }

    fn merge_batch(&mut self, columns: &[ArrayRef]) -> DfResult<()> {
        if let Some((sums, counts)) = states(columns) {
            sums.values()
                .iter()
                .zip(counts.values())
                .for_each(|(sum, count)| self.add(*sum, *count));
        }
        Ok(())
    }

    /// A frame of a window leaves rows behind.
    fn retract_batch(&mut self, values: &[ArrayRef]) -> DfResult<()> {
        let Total { sum, count } = added(values)?;
        self.sum = self.sum.wrapping_sub(sum);
        self.count = self.count.wrapping_sub(count);
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }
}

/// The totals of groups.
#[derive(Debug, Default)]
struct Totals(Vec<Total>);

impl Totals {
    /// Adds the integers of a column to their groups.
    fn add<T: ArrowPrimitiveType<Native: Into<i128>>>(
        &mut self,
        values: &PrimitiveArray<T>,
        groups: &[usize],
        filter: Option<&BooleanArray>,
    ) {
        let kept = |row: usize| {
            values.is_valid(row)
                && filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
        };
        for (row, (group, value)) in groups.iter().zip(values.values()).enumerate() {
            if kept(row)
                && let Some(total) = self.0.get_mut(*group)
            {
                total.add((*value).into(), 1);
            }
        }
    }
}

impl GroupsAccumulator for Totals {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> DfResult<()> {
        self.0.resize(total_num_groups, Total::default());
        match values {
            [column] if *column.data_type() == DataType::Int64 => {
                self.add(column.as_primitive::<Int64Type>(), group_indices, filter);
            }
            [column] if *column.data_type() == DataType::UInt64 => {
                self.add(column.as_primitive::<UInt64Type>(), group_indices, filter);
            }
            _ => return internal_err!("avg of integers takes a column of 64-bit integers"),
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> DfResult<ArrayRef> {
        let totals = emit_to.take_needed(&mut self.0);
        Ok(Arc::new(totals.into_iter().map(Total::mean).collect::<Float64Array>()))
    }

    fn state(&mut self, emit_to: EmitTo) -> DfResult<Vec<ArrayRef>> {
        let totals = emit_to.take_needed(&mut self.0);
        let sums = Decimal128Array::from_iter_values(totals.iter().map(|total| total.sum));
        let counts = UInt64Array::from_iter_values(totals.iter().map(|total| total.count));
        Ok(vec![Arc::new(sums.with_data_type(SUM)), Arc::new(counts)])
    }

    fn merge_batch(
        &mut self,
        columns: &[ArrayRef],
        group_indices: &[usize],
        _: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> DfResult<()> {
        self.0.resize(total_num_groups, Total::default());
        let Some((sums, counts)) = states(columns) else { return Ok(()) };
        for (group, (sum, count)) in
            group_indices.iter().zip(sums.values().iter().zip(counts.values()))
        {
            if let Some(total) = self.0.get_mut(*group) {
                total.add(*sum, *count);
            }
        }
        Ok(())
    }

    fn size(&self) -> usize {
        self.0.capacity() * size_of::<Total>()
    }
}
