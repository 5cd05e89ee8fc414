//! The order of rows in a file: by cluster key, then by sequence number.

use super::arrow_error;
use crate::{
    Result,
    data_file::{Bound, Scalar, Segment, Segments},
    limits,
    row::column,
    subcolumn::{DocPath, LeafType, SubColumn},
};
use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array},
    compute::{SortOptions, take_record_batch},
    datatypes::{DataType, Int64Type, Schema, UInt64Type},
    row::{RowConverter, Rows, SortField},
};

/// A prefix column joins the segment list only while runs keep this many rows on average.
const SEGMENT_ROWS_MIN: usize = 512;

/// The columns that rows are sorted by: for each path of `x-rekor-cluster-by` the typed columns there are, then `_seq`.
#[derive(Clone, Debug)]
pub struct ClusterKey {
    columns: Vec<String>,
}

impl ClusterKey {
    /// The key of files with these columns.
    pub fn new(cluster_by: &[DocPath], schema: &Schema) -> Self {
        let names = cluster_by.iter().flat_map(|path| {
            LeafType::SCALARS.into_iter().map(|leaf| SubColumn::typed(path.clone(), leaf).name())
        });
        let columns: Vec<String> = names.filter(|name| schema.index_of(name).is_ok()).collect();
        Self { columns }
    }

    /// Whether rows sorted by `sorted_by`, in a file with only those columns that `has` knows, are in this order.
    pub fn is_order_of(&self, sorted_by: &[String], has: impl Fn(&str) -> bool) -> bool {
        let present = self.columns.iter().filter(|name| has(name));
        let mut given = sorted_by.iter();
        present.into_iter().all(|name| given.next() == Some(name))
    }

    /// The columns of documents in it; empty when rows are in order of arrival.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Comparable rows of the key's columns, `_seq` last.
    ///
    /// # Errors
    /// `Internal`, never expected.
    pub fn rows(&self, batch: &RecordBatch) -> Result<Rows> {
        let names = self.columns.iter().map(String::as_str).chain([column::SEQ]);
        let arrays: Vec<ArrayRef> =
            names.filter_map(|name| batch.column_by_name(name).cloned()).collect();
        let options = SortOptions { descending: false, nulls_first: true };
        let fields = arrays
            .iter()
            .map(|array| SortField::new_with_options(array.data_type().clone(), options))
            .collect();
        RowConverter::new(fields)
            .and_then(|converter| converter.convert_columns(&arrays))
            .map_err(arrow_error)
    }

    /// The segment list of sorted rows: the longest prefix of the key with few distinct tuples. Call with all rows of a
    /// file, in order.
    pub(super) fn prefix(&self, runs_by_depth: &[usize], row_count: usize) -> usize {
        let fits = |runs: usize| {
            runs <= limits::SEGMENTS_MAX && (runs <= 1 || row_count / runs >= SEGMENT_ROWS_MIN)
        };
        runs_by_depth.iter().take_while(|&&runs| fits(runs)).count()
    }
}

/// The rows in the key's order, and for each the position it came from.
///
/// # Errors
/// `Internal`, never expected.
pub fn sort_by_cluster_key(
    batch: &RecordBatch,
    key: &ClusterKey,
) -> Result<(RecordBatch, Vec<u32>)> {
    let rows = key.rows(batch)?;
    let count = u32::try_from(batch.num_rows()).unwrap_or(u32::MAX);
    let mut order: Vec<u32> = (0..count).collect();
    if key.columns.is_empty() {
        return Ok((batch.clone(), order));
    }
    order.sort_unstable_by(|&a, &b| rows.row(a as usize).cmp(&rows.row(b as usize)));
    let sorted =
        take_record_batch(batch, &UInt32Array::from(order.clone())).map_err(arrow_error)?;
    Ok((sorted, order))
}

/// Collects the runs of equal key prefixes while rows pass by in order.
#[derive(Debug)]
pub(super) struct SegmentCollector {
    key: ClusterKey,
    /// Runs of the first `n + 1` columns, as (values, rows), while they are few.
    runs: Vec<Vec<Segment>>,
    row_count: usize,
}

impl SegmentCollector {
    pub(super) fn new(key: ClusterKey) -> Self {
        let depth = key.columns.len();
        Self { key, runs: vec![Vec::new(); depth], row_count: 0 }
    }

    pub(super) fn push(&mut self, batch: &RecordBatch) {
        let arrays: Vec<&ArrayRef> =
            self.key.columns.iter().filter_map(|name| batch.column_by_name(name)).collect();
        self.row_count += batch.num_rows();
        for (depth, runs) in self.runs.iter_mut().enumerate() {
            // One more than allowed proves that there are too many.
            if runs.len() > limits::SEGMENTS_MAX {
                return;
            }
            let arrays = arrays.get(..=depth).unwrap_or_default();
            let boundaries = run_lengths(arrays, batch.num_rows(), limits::SEGMENTS_MAX + 1);
            let mut row = 0;
            for length in boundaries {
                let values: Vec<Bound> = arrays.iter().map(|array| bound(array, row)).collect();
                let row_count = u32::try_from(length).unwrap_or(u32::MAX);
                match runs.last_mut() {
                    Some(last) if last.values == values => last.row_count += row_count,
                    _ => runs.push(Segment { values, row_count }),
                }
                row += length;
            }
        }
    }

    pub(super) fn finish(mut self) -> Option<Segments> {
        let counts: Vec<usize> = self.runs.iter().map(Vec::len).collect();
        let depth = self.key.prefix(&counts, self.row_count);
        let runs = self.runs.get_mut(depth.checked_sub(1)?).map(std::mem::take)?;
        let columns = self.key.columns.get(..depth)?.to_vec();
        Some(Segments { columns, runs })
    }
}

/// Lengths of the runs of equal values; stops looking after `most` runs.
fn run_lengths(arrays: &[&ArrayRef], row_count: usize, most: usize) -> Vec<usize> {
    let mut lengths = Vec::new();
    let mut start = 0;
    for row in 1..=row_count {
        let ends = row == row_count || !arrays.iter().all(|array| equal(array, row - 1, row));
        if ends && (lengths.len() < most || row == row_count) {
            lengths.push(row - start);
            start = row;
        }
    }
    lengths
}

fn equal(array: &ArrayRef, a: usize, b: usize) -> bool {
    if array.is_null(a) || array.is_null(b) {
        return array.is_null(a) == array.is_null(b);
    }
    match array.data_type() {
        DataType::Boolean => array.as_boolean().value(a) == array.as_boolean().value(b),
        DataType::Int64 => {
            let values = array.as_primitive::<Int64Type>();
            values.value(a) == values.value(b)
        }
        DataType::UInt64 => {
            let values = array.as_primitive::<UInt64Type>();
            values.value(a) == values.value(b)
        }
        DataType::Utf8View => array.as_string_view().value(a) == array.as_string_view().value(b),
        // Floats make no segments.
        _ => false,
    }
}

fn bound(array: &ArrayRef, row: usize) -> Bound {
    if array.is_null(row) {
        return Bound { value: None };
    }
    let value = match array.data_type() {
        DataType::Boolean => Some(Scalar::Bool(array.as_boolean().value(row))),
        DataType::Int64 => Some(Scalar::Int64(array.as_primitive::<Int64Type>().value(row))),
        DataType::UInt64 => Some(Scalar::UInt64(array.as_primitive::<UInt64Type>().value(row))),
        DataType::Utf8View => Some(Scalar::String(array.as_string_view().value(row).to_owned())),
        _ => None,
    };
    Bound { value }
}
