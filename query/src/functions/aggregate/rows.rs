//! Rows kept as columns until they are asked for: of one group, or of many with the group of each row beside them.

use crate::{
    error::SqlResult,
    types::ChType,
    value::{Value, from_array},
};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, BooleanArray, ListArray, UInt32Array, new_empty_array},
        buffer::{BooleanBuffer, OffsetBuffer},
        compute::{concat, take},
        datatypes::DataType,
        error::ArrowError,
    },
    common::Result as DfResult,
};
use rekor_core::subcolumn::list_of;
use std::{ops::Range, sync::Arc};

/// The rows that a filter keeps: NULL keeps none.
pub(super) fn kept(filter: &BooleanArray) -> BooleanBuffer {
    match filter.nulls() {
        Some(nulls) => filter.values() & nulls.inner(),
        None => filter.values().clone(),
    }
}

/// Columns of equal length, in the parts in which they arrived.
#[derive(Debug, Default)]
pub(super) struct Parts {
    columns: Vec<Vec<ArrayRef>>,
    bytes: usize,
}

impl Parts {
    /// Adds rows; of text only what is theirs, for a view holds all of its buffers.
    pub(super) fn push(&mut self, arrays: &[ArrayRef]) {
        self.columns.resize(arrays.len(), Vec::new());
        for (column, array) in self.columns.iter_mut().zip(arrays) {
            let array = compact(array);
            self.bytes += bytes_of(&array);
            column.push(array);
        }
    }

    /// Bytes of memory that the rows take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// All rows, which are kept no longer. `types` are those of the columns, needed where there are no rows.
    pub(super) fn take(&mut self, types: &[DataType]) -> DfResult<Vec<ArrayRef>> {
        self.bytes = 0;
        let columns = std::mem::take(&mut self.columns);
        if columns.is_empty() {
            return Ok(types.iter().map(new_empty_array).collect());
        }
        let whole = |parts: &Vec<ArrayRef>| {
            concat(&parts.iter().map(|part| &**part as &dyn Array).collect::<Vec<_>>())
        };
        Ok(columns.iter().map(whole).collect::<Result<_, _>>()?)
    }
}

fn compact(array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Utf8View => Arc::new(array.as_string_view().gc()),
        DataType::BinaryView => Arc::new(array.as_binary_view().gc()),
        _ => Arc::clone(array),
    }
}

fn bytes_of(array: &ArrayRef) -> usize {
    match array.data_type() {
        DataType::Utf8View | DataType::BinaryView => array.get_array_memory_size(),
        _ => array
            .to_data()
            .get_slice_memory_size()
            .unwrap_or_else(|_| array.get_array_memory_size()),
    }
}

/// The lists of a state: for each column one list a group.
pub(super) fn lists(columns: Vec<ArrayRef>, ends: &[usize]) -> DfResult<Vec<ArrayRef>> {
    let lengths = std::iter::once(&0).chain(ends).zip(ends).map(|(start, end)| end - start);
    let offsets = OffsetBuffer::from_lengths(lengths);
    let list = |column: ArrayRef| -> Result<ArrayRef, ArrowError> {
        let DataType::List(field) = list_of(column.data_type().clone()) else {
            return Err(ArrowError::SchemaError("a list of rows".to_owned()));
        };
        Ok(Arc::new(ListArray::try_new(field, offsets.clone(), column, None)?))
    };
    Ok(columns.into_iter().map(list).collect::<Result<_, _>>()?)
}

/// The rows of the lists of a state, and how many each list has.
pub(super) fn rows_of(states: &[ArrayRef]) -> (Vec<ArrayRef>, Vec<usize>) {
    let items = |state: &ArrayRef| {
        let list = state.as_list::<i32>();
        let start = list.value_offsets().first().map_or(0, |start| *start as usize);
        let end = list.value_offsets().last().map_or(0, |end| *end as usize);
        list.values().slice(start, end - start)
    };
    let lengths = states.first().map_or_else(Vec::new, |state| {
        let list = state.as_list::<i32>();
        (0..list.len()).map(|row| list.value_length(row) as usize).collect()
    });
    (states.iter().map(items).collect(), lengths)
}

/// Rows sorted by their groups, each group in the order of its rows.
pub(super) struct Grouped {
    pub(super) columns: Vec<ArrayRef>,
    /// Where each group ends.
    pub(super) ends: Vec<usize>,
}

impl Grouped {
    /// Rows by the number of their group. Those of groups from `group_count` on are left over.
    pub(super) fn of(
        columns: &[ArrayRef],
        groups: &[u32],
        group_count: usize,
    ) -> Result<Self, ArrowError> {
        let mut ends = vec![0_usize; group_count];
        for group in groups {
            if let Some(count) = ends.get_mut(*group as usize) {
                *count += 1;
            }
        }
        let mut next = Vec::with_capacity(group_count);
        let mut sum = 0;
        for end in &mut ends {
            next.push(sum);
            sum += *end;
            *end = sum;
        }
        let mut places = vec![0_u32; sum];
        for (row, group) in groups.iter().enumerate() {
            if let Some(at) = next.get_mut(*group as usize) {
                if let Some(place) = places.get_mut(*at) {
                    *place = u32::try_from(row).unwrap_or(u32::MAX);
                }
                *at += 1;
            }
        }
        let places = UInt32Array::from(places);
        let columns = columns.iter().map(|column| take(column, &places, None));
        Ok(Self { columns: columns.collect::<Result<_, _>>()?, ends })
    }

    /// The places of the rows of each group.
    pub(super) fn ranges(&self) -> impl Iterator<Item = Range<usize>> {
        std::iter::once(&0).chain(&self.ends).zip(&self.ends).map(|(start, end)| *start..*end)
    }
}

/// The values of columns, row behind row.
pub(super) fn values(columns: &[ArrayRef], types: &[ChType]) -> SqlResult<Vec<Value>> {
    let mut columns = columns
        .iter()
        .zip(types)
        .map(|(array, ty)| Ok(from_array(array, ty)?.into_iter()))
        .collect::<SqlResult<Vec<_>>>()?;
    if let [only] = columns.as_mut_slice() {
        return Ok(only.collect());
    }
    let count = columns.first().map_or(0, ExactSizeIterator::len);
    let mut values = Vec::with_capacity(count * columns.len());
    for _ in 0..count {
        values.extend(columns.iter_mut().filter_map(Iterator::next));
    }
    Ok(values)
}
