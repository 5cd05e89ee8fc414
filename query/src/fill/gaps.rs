//! Which rows are missing between the rows of a sorted table.

use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::shift,
    types::{ChType, IntervalUnit},
    value::{Value, compare, to_array, value_at},
};
use datafusion::arrow::array::{Array, ArrayRef, RecordBatch};
use std::cmp::Ordering;

/// Most rows that one query may make.
const MADE_ROWS_MAX: usize = 1_000_000;

/// The values that a filled column ought to have.
#[derive(Clone, Debug)]
pub(crate) struct Steps {
    /// The first value; that of the first row, if nothing is given.
    pub(crate) from: Option<Value>,
    /// The value before which filling ends; that of the last row, if nothing is given.
    pub(crate) to: Option<Value>,
    /// From one value to the next.
    pub(crate) step: Step,
    /// Whether values go down.
    pub(crate) descending: bool,
    /// The column's type, without Nullable.
    pub(crate) ty: ChType,
}

/// What lies between two values; negative where values go down.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Whole numbers, days or seconds.
    Whole(i128),
    /// Floating-point numbers.
    Float(f64),
    /// Units of time.
    Interval(i128, IntervalUnit),
}

/// A row of the answer.
#[derive(Debug)]
pub(super) struct Slot {
    /// The row of the plan; `None` for one that is made.
    pub(super) row: Option<usize>,
    /// The value that a made row stands for.
    value: Option<Value>,
    /// The last row of the plan before it in its group.
    pub(super) before: Option<usize>,
    /// Whether the row before it is a made one of its group.
    pub(super) after_made: bool,
    /// Some row of its group.
    pub(super) group: Option<usize>,
}

impl Steps {
    /// The rows of the answer in order: those of the table, and the missing ones of each group of equal `groups`.
    pub(super) fn slots(
        &self,
        rows: &RecordBatch,
        column: usize,
        groups: &[usize],
    ) -> SqlResult<Vec<Slot>> {
        let values = rows.column(column);
        let mut slots = Slots { steps: self, slots: Vec::new(), made: 0 };
        let mut start = 0;
        while start < rows.num_rows() {
            let mut end = start + 1;
            while end < rows.num_rows() && same_group(rows, groups, start, end) {
                end += 1;
            }
            slots.group(values, start..end)?;
            start = end;
        }
        if rows.num_rows() == 0 && groups.is_empty() {
            slots.group(values, 0..0)?;
        }
        Ok(slots.slots)
    }

    /// The values of the made rows.
    pub(super) fn array(&self, slots: &[Slot]) -> SqlResult<ArrayRef> {
        let values: Vec<Value> = slots.iter().filter_map(|slot| slot.value.clone()).collect();
        to_array(&values, &self.ty)
    }

    /// The value of one made row.
    pub(super) fn one(&self, slot: &Slot) -> SqlResult<ArrayRef> {
        to_array(&[slot.value.clone().unwrap_or(Value::Null)], &self.ty)
    }

    /// Whether a value comes before another one in the direction of the order.
    fn before(&self, a: &Value, b: &Value) -> bool {
        let wanted = if self.descending { Ordering::Greater } else { Ordering::Less };
        compare(a, b) == Some(wanted)
    }

    /// The value after a value; `None` beyond what the type holds.
    fn next(&self, value: &Value) -> Option<Value> {
        let next = match (&self.step, value) {
            (Step::Whole(by), Value::Int(v)) => Value::Int(v.checked_add(*by)?),
            #[expect(clippy::cast_precision_loss, reason = "the column is floating-point")]
            (Step::Whole(by), Value::Float(v)) => Value::Float(v + *by as f64),
            (Step::Float(by), Value::Float(v)) => Value::Float(v + by),
            (Step::Whole(by), Value::Date(v)) => {
                Value::Date(i32::try_from(i128::from(*v).checked_add(*by)?).ok()?)
            }
            (Step::Whole(by), Value::DateTime(v)) => {
                Value::DateTime(i64::try_from(i128::from(*v).checked_add(*by)?).ok()?)
            }
            (Step::Whole(by), Value::DateTime64(v, scale)) => {
                let ticks = by.checked_mul(10_i128.pow(u32::from(*scale)))?;
                Value::DateTime64(i64::try_from(i128::from(*v).checked_add(ticks)?).ok()?, *scale)
            }
            (Step::Interval(by, unit), time) => shift(time, *by, *unit, &self.ty).ok()?,
            _ => return None,
        };
        (self.before(value, &next) && holds(&self.ty, &next)).then_some(next)
    }
}

/// Whether an integer type holds a value.
fn holds(ty: &ChType, value: &Value) -> bool {
    let Value::Int(value) = value else { return true };
    match ty {
        ChType::UInt(bits) => (0..1_i128 << bits).contains(value),
        ChType::Int(bits) => {
            let half = 1_i128 << (bits - 1);
            (-half..half).contains(value)
        }
        _ => true,
    }
}

fn same_group(rows: &RecordBatch, groups: &[usize], a: usize, b: usize) -> bool {
    groups.iter().all(|column| {
        let column = rows.column(*column);
        column.slice(a, 1).to_data() == column.slice(b, 1).to_data()
    })
}

/// The rows of the answer while they are made.
struct Slots<'a> {
    steps: &'a Steps,
    slots: Vec<Slot>,
    made: usize,
}

impl Slots<'_> {
    fn group(&mut self, values: &ArrayRef, rows: std::ops::Range<usize>) -> SqlResult<()> {
        let first = rows.clone().next();
        let mut next = self.steps.from.clone();
        let mut before = None;
        // Where NULLs come first, ClickHouse fills nothing.
        let mut ended = first.is_some_and(|row| values.is_null(row));
        for row in rows {
            let value = value_at(values, row, &self.steps.ty)?;
            if value.is_null() {
                if !ended {
                    next = self.until(next, self.steps.to.clone(), before, first)?;
                    ended = true;
                }
            } else if !ended {
                let reached =
                    self.until(next.or(Some(value.clone())), Some(value.clone()), before, first)?;
                let met = reached.as_ref().and_then(|next| compare(next, &value))
                    == Some(Ordering::Equal);
                next = if met { self.steps.next(&value) } else { reached };
            }
            self.slots.push(Slot {
                row: Some(row),
                value: None,
                before: None,
                after_made: false,
                group: None,
            });
            before = Some(row);
        }
        if !ended && (self.steps.to.is_some()) {
            let _reached = self.until(next, self.steps.to.clone(), before, first)?;
        }
        Ok(())
    }

    /// Makes rows from `next` on that come before `end` and before the end of all; answers the value after them.
    fn until(
        &mut self,
        next: Option<Value>,
        end: Option<Value>,
        before: Option<usize>,
        group: Option<usize>,
    ) -> SqlResult<Option<Value>> {
        let (mut next, Some(end)) = (next, end) else { return Ok(None) };
        let mut after_made = false;
        while let Some(value) = next.take() {
            let ended = self.steps.to.as_ref().is_some_and(|to| !self.steps.before(&value, to));
            if ended || !self.steps.before(&value, &end) {
                return Ok(Some(value));
            }
            self.made += 1;
            if self.made > MADE_ROWS_MAX {
                return Err(SqlError::new(
                    ChCode::TooManyRows,
                    format!(
                        "WITH FILL makes more than {MADE_ROWS_MAX} rows; give a larger STEP or a nearer TO."
                    ),
                ));
            }
            next = self.steps.next(&value);
            self.slots.push(Slot { row: None, value: Some(value), before, after_made, group });
            after_made = true;
        }
        Ok(None)
    }
}
