//! `min` and `max` of computed floats: NaN is neither, unless there is nothing else.

use crate::types::ChType;
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray},
        buffer::NullBuffer,
        compute::nullif,
        datatypes::{ArrowPrimitiveType, DataType, Field, FieldRef, Float32Type, Float64Type},
    },
    common::{Result as DfResult, ScalarValue},
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature,
        Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
};
use std::sync::Arc;

/// The aggregate of a base function for floats.
pub(super) fn udaf(base: &str, ty: &ChType) -> AggregateUDF {
    AggregateUDF::new_from_impl(Extreme {
        name: format!("{base} of numbers"),
        greatest: base == "max",
        ty: ty.arrow(),
        signature: Signature::any(1, Volatility::Immutable),
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Extreme {
    /// Name in plans.
    name: String,
    greatest: bool,
    ty: DataType,
    signature: Signature,
}

impl AggregateUDFImpl for Extreme {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(self.ty.clone())
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> DfResult<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}[best]", args.name), self.ty.clone(), true))])
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> DfResult<Box<dyn Accumulator>> {
        Ok(match self.ty {
            DataType::Float32 => Box::new(Best::<Float32Type>::of(self.greatest)),
            _ => Box::new(Best::<Float64Type>::of(self.greatest)),
        })
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        _: AccumulatorArgs<'_>,
    ) -> DfResult<Box<dyn GroupsAccumulator>> {
        Ok(match self.ty {
            DataType::Float32 => Box::new(Bests::<Float32Type>::of(self.greatest)),
            _ => Box::new(Bests::<Float64Type>::of(self.greatest)),
        })
    }
}

/// Floats of a width.
trait Float: ArrowPrimitiveType + std::fmt::Debug {
    const NAN: Self::Native;
    /// The greater or less of two, of which one may be NaN.
    fn better(greatest: bool) -> fn(Self::Native, Self::Native) -> Self::Native;
    /// The greatest or least of many; NaN, if there is nothing else.
    fn best(values: &[Self::Native], greatest: bool) -> Self::Native;
}

/// The best of many values, found in lanes that a processor goes through side by side.
fn in_lanes<N: Copy>(values: &[N], start: N, better: impl Fn(N, N) -> N) -> N {
    const LANES: usize = 8;
    let mut best = [start; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for (best, value) in best.iter_mut().zip(chunk) {
            *best = better(*best, *value);
        }
    }
    best.into_iter().chain(rest.iter().copied()).fold(start, better)
}

impl Float for Float32Type {
    const NAN: f32 = f32::NAN;
    fn better(greatest: bool) -> fn(f32, f32) -> f32 {
        if greatest { f32::max } else { f32::min }
    }
    fn best(values: &[f32], greatest: bool) -> f32 {
        if greatest {
            in_lanes(values, Self::NAN, f32::max)
        } else {
            in_lanes(values, Self::NAN, f32::min)
        }
    }
}

impl Float for Float64Type {
    const NAN: f64 = f64::NAN;
    fn better(greatest: bool) -> fn(f64, f64) -> f64 {
        if greatest { f64::max } else { f64::min }
    }
    fn best(values: &[f64], greatest: bool) -> f64 {
        if greatest {
            in_lanes(values, Self::NAN, f64::max)
        } else {
            in_lanes(values, Self::NAN, f64::min)
        }
    }
}

/// The best value of all rows.
#[derive(Debug)]
struct Best<T: Float> {
    best: Option<T::Native>,
    greatest: bool,
    better: fn(T::Native, T::Native) -> T::Native,
}

impl<T: Float> Best<T> {
    fn of(greatest: bool) -> Self {
        Self { best: None, greatest, better: T::better(greatest) }
    }

    fn scalar(&self) -> DfResult<ScalarValue> {
        ScalarValue::try_from_array(&PrimitiveArray::<T>::from_iter([self.best]), 0)
    }
}

impl<T: Float> Accumulator for Best<T> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DfResult<()> {
        let Some(values) = values.first().map(|values| values.as_primitive::<T>()) else {
            return Ok(());
        };
        if values.null_count() < values.len() {
            let start = self.best.unwrap_or(T::NAN);
            self.best = Some(if values.null_count() == 0 {
                let best = T::best(values.values(), self.greatest);
                (self.better)(start, best)
            } else {
                values.iter().flatten().fold(start, self.better)
            });
        }
        Ok(())
    }

    fn evaluate(&mut self) -> DfResult<ScalarValue> {
        self.scalar()
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }

    fn state(&mut self) -> DfResult<Vec<ScalarValue>> {
        Ok(vec![self.scalar()?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> DfResult<()> {
        self.update_batch(states)
    }
}

/// The best values of groups.
#[derive(Debug)]
struct Bests<T: Float> {
    best: Vec<T::Native>,
    /// Whether a group has any value.
    seen: Vec<bool>,
    better: fn(T::Native, T::Native) -> T::Native,
}

impl<T: Float> Bests<T> {
    fn of(greatest: bool) -> Self {
        Self { best: Vec::new(), seen: Vec::new(), better: T::better(greatest) }
    }
}

impl<T: Float> GroupsAccumulator for Bests<T> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> DfResult<()> {
        self.best.resize(total_num_groups, T::NAN);
        self.seen.resize(total_num_groups, false);
        let Some(values) = values.first().map(|values| values.as_primitive::<T>()) else {
            return Ok(());
        };
        for (row, (group, value)) in group_indices.iter().zip(values.values()).enumerate() {
            let kept = filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
            if kept
                && values.is_valid(row)
                && let (Some(best), Some(seen)) =
                    (self.best.get_mut(*group), self.seen.get_mut(*group))
            {
                *best = (self.better)(*best, *value);
                *seen = true;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> DfResult<ArrayRef> {
        let best = emit_to.take_needed(&mut self.best);
        let seen = emit_to.take_needed(&mut self.seen);
        Ok(Arc::new(PrimitiveArray::<T>::new(best.into(), Some(NullBuffer::from(seen)))))
    }

    fn state(&mut self, emit_to: EmitTo) -> DfResult<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit_to)?])
    }

    fn merge_batch(
        &mut self,
        states: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> DfResult<()> {
        self.update_batch(states, group_indices, filter, total_num_groups)
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> DfResult<Vec<ArrayRef>> {
        let masked = |values: &ArrayRef| match filter {
            None => Ok(Arc::clone(values)),
            Some(filter) => nullif(values, &BooleanArray::new(!&super::rows::kept(filter), None)),
        };
        Ok(values.iter().map(masked).collect::<Result<_, _>>()?)
    }

    fn supports_convert_to_state(&self) -> bool {
        true
    }

    fn size(&self) -> usize {
        self.best.capacity() * size_of::<T::Native>() + self.seen.capacity()
    }
}
