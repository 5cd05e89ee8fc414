//! The values of one column while a file is built: only those that are there, with their positions.

use crate::{Error, Result, subcolumn::LeafType};
use arrow::{
    array::{
        Array, ArrayRef, BooleanArray, BooleanBufferBuilder, Float64Array, Int64Array, ListArray,
        StringArray, UInt64Array,
    },
    buffer::{NullBuffer, OffsetBuffer},
    compute::cast,
    datatypes::{DataType, Field},
};
use std::{borrow::Cow, sync::Arc};

/// A scalar of a document.
#[derive(Clone, Debug)]
pub(super) enum Leaf<'a> {
    Null,
    Bool(bool),
    Int64(i64),
    UInt64(u64),
    Float64(f64),
    String(Cow<'a, str>),
}

/// Values of one type.
#[derive(Debug)]
enum Values {
    Bool(Vec<bool>),
    Int64(Vec<i64>),
    UInt64(Vec<u64>),
    Float64(Vec<f64>),
    String { text: String, ends: Vec<usize> },
}

impl Values {
    fn of(leaf: &LeafType) -> Self {
        match leaf {
            LeafType::Bool => Self::Bool(Vec::new()),
            LeafType::Int64 => Self::Int64(Vec::new()),
            LeafType::UInt64 => Self::UInt64(Vec::new()),
            LeafType::Float64 => Self::Float64(Vec::new()),
            LeafType::String | LeafType::Array(_) => {
                Self::String { text: String::new(), ends: Vec::new() }
            }
        }
    }

    fn leaf_type(&self) -> LeafType {
        match self {
            Self::Bool(_) => LeafType::Bool,
            Self::Int64(_) => LeafType::Int64,
            Self::UInt64(_) => LeafType::UInt64,
            Self::Float64(_) => LeafType::Float64,
            Self::String { .. } => LeafType::String,
        }
    }

    /// Appends a value of the type; NULL and others append a default.
    fn push(&mut self, leaf: &Leaf<'_>) {
        match (self, leaf) {
            (Self::Bool(values), Leaf::Bool(value)) => values.push(*value),
            (Self::Int64(values), Leaf::Int64(value)) => values.push(*value),
            (Self::UInt64(values), Leaf::UInt64(value)) => values.push(*value),
            (Self::Float64(values), Leaf::Float64(value)) => values.push(*value),
            #[expect(
                clippy::cast_precision_loss,
                reason = "ClickHouse's common type of integers and floats in one array"
            )]
            (Self::Float64(values), Leaf::Int64(value)) => values.push(*value as f64),
            (Self::String { text, ends }, Leaf::String(value)) => {
                text.push_str(value);
                ends.push(text.len());
            }
            (Self::Bool(values), _) => values.push(false),
            (Self::Int64(values), _) => values.push(0),
            (Self::UInt64(values), _) => values.push(0),
            (Self::Float64(values), _) => values.push(0.0),
            (Self::String { text, ends }, _) => ends.push(text.len()),
        }
    }

    /// The values at ascending `positions` of `count`; the rest is NULL.
    fn to_array(&self, positions: &[u32], count: usize) -> Result<ArrayRef> {
        let dense = positions.len() == count;
        let nulls = (!dense).then(|| null_buffer(positions, count));
        Ok(match self {
            Self::Bool(values) => {
                let values = spread(values, positions, count);
                Arc::new(BooleanArray::new(values.into(), nulls))
            }
            Self::Int64(values) => {
                Arc::new(Int64Array::new(spread(values, positions, count).into(), nulls))
            }
            Self::UInt64(values) => {
                Arc::new(UInt64Array::new(spread(values, positions, count).into(), nulls))
            }
            Self::Float64(values) => {
                Arc::new(Float64Array::new(spread(values, positions, count).into(), nulls))
            }
            Self::String { text, ends } => {
                let mut lengths = vec![0; count];
                let mut start = 0;
                for (&position, &end) in positions.iter().zip(ends) {
                    if let Some(slot) = lengths.get_mut(position as usize) {
                        *slot = end - start;
                    }
                    start = end;
                }
                let offsets = OffsetBuffer::from_lengths(lengths);
                let texts = StringArray::try_new(offsets, text.as_bytes().to_vec().into(), nulls)
                    .map_err(internal)?;
                cast(&texts, &DataType::Utf8View).map_err(internal)?
            }
        })
    }
}

fn internal(error: arrow::error::ArrowError) -> Error {
    Error::internal(error.to_string())
}

fn spread<T: Copy + Default>(values: &[T], positions: &[u32], count: usize) -> Vec<T> {
    if positions.len() == count {
        return values.to_vec();
    }
    let mut out = vec![T::default(); count];
    for (&position, &value) in positions.iter().zip(values) {
        if let Some(slot) = out.get_mut(position as usize) {
            *slot = value;
        }
    }
    out
}

fn null_buffer(positions: &[u32], count: usize) -> NullBuffer {
    let mut bits = BooleanBufferBuilder::new(count);
    bits.append_n(count, false);
    for &position in positions {
        bits.set_bit(position as usize, true);
    }
    NullBuffer::new(bits.finish())
}

/// Scalars of one type at one path.
#[derive(Debug)]
pub(super) struct ScalarColumn {
    positions: Vec<u32>,
    values: Values,
}

impl ScalarColumn {
    /// An empty column of a value's type.
    pub(super) fn of(leaf: &Leaf<'_>) -> Self {
        let leaf_type = match leaf {
            Leaf::Bool(_) => LeafType::Bool,
            Leaf::Int64(_) => LeafType::Int64,
            Leaf::UInt64(_) => LeafType::UInt64,
            Leaf::Float64(_) => LeafType::Float64,
            Leaf::String(_) | Leaf::Null => LeafType::String,
        };
        Self { positions: Vec::new(), values: Values::of(&leaf_type) }
    }

    /// Whether a value is of the column's type.
    pub(super) fn accepts(&self, leaf: &Leaf<'_>) -> bool {
        matches!(
            (&self.values, leaf),
            (Values::Bool(_), Leaf::Bool(_))
                | (Values::Int64(_), Leaf::Int64(_))
                | (Values::UInt64(_), Leaf::UInt64(_))
                | (Values::Float64(_), Leaf::Float64(_))
                | (Values::String { .. }, Leaf::String(_))
        )
    }

    #[expect(clippy::needless_pass_by_value, reason = "a value belongs to one column")]
    pub(super) fn push(&mut self, position: u32, leaf: Leaf<'_>) {
        self.positions.push(position);
        self.values.push(&leaf);
    }

    pub(super) fn leaf_type(&self) -> LeafType {
        self.values.leaf_type()
    }

    pub(super) fn to_array(&self, count: usize) -> Result<ArrayRef> {
        self.values.to_array(&self.positions, count)
    }
}

/// Arrays of scalars of one type at one path.
#[derive(Debug)]
pub(super) struct ArrayColumn {
    item: LeafType,
    /// Row and length.
    arrays: Vec<(u32, u32)>,
    values: Values,
    /// Positions of values that are not null.
    present: Vec<u32>,
    value_count: u32,
}

impl ArrayColumn {
    pub(super) fn of(item: LeafType) -> Self {
        let values = Values::of(&item);
        Self { item, arrays: Vec::new(), values, present: Vec::new(), value_count: 0 }
    }

    pub(super) fn item(&self) -> &LeafType {
        &self.item
    }

    /// The one type whose arrays the elements are; `None` if they are mixed. Integers among floats are floats.
    pub(super) fn item_type(elements: &[Leaf<'_>]) -> Option<LeafType> {
        let mut item = None;
        for leaf in elements {
            let leaf_type = match leaf {
                Leaf::Null => continue,
                Leaf::Bool(_) => LeafType::Bool,
                Leaf::Int64(_) => LeafType::Int64,
                Leaf::UInt64(_) => LeafType::UInt64,
                Leaf::Float64(_) => LeafType::Float64,
                Leaf::String(_) => LeafType::String,
            };
            item = Some(match (item, leaf_type) {
                (None, new) => new,
                (Some(old), new) if old == new => new,
                (Some(LeafType::Int64), LeafType::Float64)
                | (Some(LeafType::Float64), LeafType::Int64) => LeafType::Float64,
                _ => return None,
            });
        }
        item
    }

    pub(super) fn push(&mut self, row: u32, elements: Vec<Leaf<'_>>) {
        self.arrays.push((row, u32::try_from(elements.len()).unwrap_or(u32::MAX)));
        for leaf in elements {
            if !matches!(leaf, Leaf::Null) {
                self.present.push(self.value_count);
                self.values.push(&leaf);
            }
            self.value_count += 1;
        }
    }

    /// The column, with the arrays that have no type of their own among the others.
    pub(super) fn to_array(&self, count: usize, untyped: &[(u32, u32)]) -> Result<ArrayRef> {
        let mut merged: Vec<(u32, u32, Option<u32>)> = Vec::new();
        let mut start = 0;
        for &(row, length) in &self.arrays {
            merged.push((row, length, Some(start)));
            start += length;
        }
        merged.extend(untyped.iter().map(|&(row, length)| (row, length, None)));
        merged.sort_unstable_by_key(|&(row, ..)| row);
        let values = self.values.to_array(&self.present, self.value_count as usize)?;
        // Untyped arrays are of nulls: their elements are taken from nowhere.
        let nulls_inside = untyped.iter().any(|&(_, length)| length > 0);
        let values = if nulls_inside {
            let indices: arrow::array::UInt32Array = merged
                .iter()
                .flat_map(|&(_, length, start)| (0..length).map(move |i| start.map(|s| s + i)))
                .collect();
            arrow::compute::take(&values, &indices, None).map_err(internal)?
        } else {
            values
        };
        let mut lengths = vec![0; count];
        let mut rows = Vec::with_capacity(merged.len());
        for (row, length, _) in merged {
            rows.push(row);
            if let Some(slot) = lengths.get_mut(row as usize) {
                *slot = length as usize;
            }
        }
        let nulls = (rows.len() < count).then(|| null_buffer(&rows, count));
        list_of_values(lengths, values, nulls)
    }
}

/// Values of elements as one list per row; rows without such an array have an empty list.
pub(super) fn list_array(
    lengths_by_row: &[(u32, u32)],
    row_count: usize,
    values: ArrayRef,
) -> Result<ArrayRef> {
    let mut lengths = vec![0; row_count];
    for &(row, length) in lengths_by_row {
        if let Some(slot) = lengths.get_mut(row as usize) {
            *slot = length as usize;
        }
    }
    list_of_values(lengths, values, None)
}

fn list_of_values(
    lengths: Vec<usize>,
    values: ArrayRef,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef> {
    let item = Arc::new(Field::new("item", values.data_type().clone(), true));
    ListArray::try_new(item, OffsetBuffer::from_lengths(lengths), values, nulls)
        .map(|array| Arc::new(array) as ArrayRef)
        .map_err(internal)
}
