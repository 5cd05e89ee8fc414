//! `sum` and `avg` of floats over frames that leave rows behind. Taking a float from a sum does not undo adding it: what was
//! small beside it is gone, and an infinity stays. So nothing is taken back; sums are made of what is in the frame.

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray},
        datatypes::{DataType, Field, FieldRef, Float64Type},
    },
    common::{Result as DfResult, ScalarValue, not_impl_err},
    logical_expr::{
        Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility,
        function::{AccumulatorArgs, StateFieldsArgs},
    },
};
use std::{collections::VecDeque, sync::Arc};

/// Frames up to this many rows are added from their first row to the last, as ClickHouse adds them.
const SHORT_FRAME: usize = 32;

/// `sum` or `avg` of a column of Float64.
pub(super) fn udaf(name: &str) -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::new_from_impl(Sliding {
        name: format!("{name} of a frame"),
        mean: name == "avg",
        signature: Signature::any(1, Volatility::Immutable),
    }))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Sliding {
    /// Name in plans.
    name: String,
    mean: bool,
    signature: Signature,
}

impl AggregateUDFImpl for Sliding {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(DataType::Float64)
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> DfResult<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}[sum]", args.name), DataType::Float64, true))])
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> DfResult<Box<dyn Accumulator>> {
        Ok(Box::new(Frame { mean: self.mean, ..Frame::default() }))
    }
}

/// The values of a frame, and sums of its parts: each value is added to two of them, however long the frame is.
#[derive(Debug, Default)]
struct Frame {
    mean: bool,
    values: VecDeque<f64>,
    /// Sums from each of the first values to the last of these; that from the first value is the last one.
    from: Vec<f64>,
    /// The sum of the values behind those.
    behind: f64,
}

impl Frame {
    fn push(&mut self, value: f64) {
        self.values.push_back(value);
        self.behind += value;
    }

    fn pop(&mut self) {
        if self.from.is_empty() {
            let mut sum = 0.0;
            self.from.extend(self.values.iter().rev().map(|value| {
                sum += value;
                sum
            }));
            self.behind = 0.0;
        }
        self.from.pop();
        self.values.pop_front();
    }

    fn sum(&self) -> f64 {
        if self.values.len() <= SHORT_FRAME {
            return self.values.iter().fold(0.0, |sum, value| sum + value);
        }
        self.from.last().copied().unwrap_or(0.0) + self.behind
    }
}

impl Accumulator for Frame {
    fn update_batch(&mut self, values: &[ArrayRef]) -> DfResult<()> {
        if let Some(values) = values.first() {
            values.as_primitive::<Float64Type>().iter().flatten().for_each(|v| self.push(v));
        }
        Ok(())
    }

    fn retract_batch(&mut self, values: &[ArrayRef]) -> DfResult<()> {
        if let Some(values) = values.first() {
            (values.null_count()..values.len()).for_each(|_| self.pop());
        }
        Ok(())
    }

    fn supports_retract_batch(&self) -> bool {
        true
    }

    #[expect(clippy::cast_precision_loss, reason = "a mean is a double")]
    fn evaluate(&mut self) -> DfResult<ScalarValue> {
        if self.values.is_empty() {
            return Ok(ScalarValue::Float64(None));
        }
        let sum = self.sum();
        let value = if self.mean { sum / self.values.len() as f64 } else { sum };
        Ok(ScalarValue::Float64(Some(value)))
    }

    fn size(&self) -> usize {
        size_of_val(self) + (self.values.capacity() + self.from.capacity()) * size_of::<f64>()
    }

    fn state(&mut self) -> DfResult<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, _: &[ArrayRef]) -> DfResult<()> {
        not_impl_err!("frames are not merged")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::array::Float64Array;

    fn column(values: &[Option<f64>]) -> [ArrayRef; 1] {
        [Arc::new(Float64Array::from(values.to_vec()))]
    }

    fn sum_of(frame: &mut Frame) -> Option<f64> {
        match frame.evaluate() {
            Ok(ScalarValue::Float64(sum)) => sum,
            other => panic!("{other:?} is no sum"),
        }
    }

    #[test]
    fn what_left_the_frame_leaves_no_trace() -> DfResult<()> {
        let mut frame = Frame::default();
        frame.update_batch(&column(&[Some(1e20), None, Some(f64::INFINITY), Some(1.0)]))?;
        assert_eq!(sum_of(&mut frame), Some(f64::INFINITY));
        frame.retract_batch(&column(&[Some(1e20), None, Some(f64::INFINITY)]))?;
        assert_eq!(sum_of(&mut frame), Some(1.0));
        frame.retract_batch(&column(&[Some(1.0)]))?;
        assert_eq!(sum_of(&mut frame), None);
        Ok(())
    }

    #[test]
    fn long_frames_have_the_sums_of_their_values() -> DfResult<()> {
        let mut frame = Frame::default();
        for first in 0..500_u32 {
            frame.update_batch(&column(&[Some(f64::from(first))]))?;
            if first >= 100 {
                frame.retract_batch(&column(&[Some(f64::from(first - 100))]))?;
                let wanted: u32 = (first - 99..=first).sum();
                assert_eq!(sum_of(&mut frame), Some(f64::from(wanted)));
            }
        }
        Ok(())
    }
}
