//! A file as pieces: row ranges with equal values of the cluster-key prefix, without their dead rows.

use super::cell::scalar_of;
use datafusion::{
    arrow::datatypes::DataType,
    common::ScalarValue,
    datasource::physical_plan::parquet::{ParquetAccessPlan, RowGroupAccess},
};
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};
use rekor_core::data_file::{DataFile, Segments};
use roaring::RoaringBitmap;
use std::{collections::BTreeMap, ops::Range, sync::Arc};

/// Rows of a file that one partition reads in one go.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) file: Arc<DataFile>,
    pub(super) dead: Arc<RoaringBitmap>,
    pub(super) rows: Range<u32>,
    /// Columns whose value is the same in all of the rows.
    pub(super) constants: Arc<BTreeMap<String, ScalarValue>>,
}

impl Piece {
    /// Live rows.
    pub(super) fn live_rows(&self) -> u64 {
        let dead = self.dead.range_cardinality(self.rows.clone());
        u64::from(self.rows.end - self.rows.start) - dead
    }

    /// The row groups in which rows are read, by number.
    pub(super) fn row_groups(&self) -> impl Iterator<Item = usize> + '_ {
        let mut start = 0;
        self.file.row_group_rows.iter().enumerate().filter_map(move |(number, &count)| {
            let group = start..start + count;
            start = group.end;
            let rows = group.start.max(self.rows.start)..group.end.min(self.rows.end);
            let live = rows.len() as u64 > self.dead.range_cardinality(rows);
            live.then_some(number)
        })
    }

    /// The first `count` rows, and the rest.
    pub(super) fn split(&self, count: u32) -> (Self, Self) {
        let middle = self.rows.start.saturating_add(count).min(self.rows.end);
        let first = Self { rows: self.rows.start..middle, ..self.clone() };
        let rest = Self { rows: middle..self.rows.end, ..self.clone() };
        (first, rest)
    }

    /// Which rows of which row groups are read: those of the range that are not dead.
    pub(super) fn access_plan(&self) -> ParquetAccessPlan {
        let mut start = 0;
        let groups = self.file.row_group_rows.iter().map(|&count| {
            let group = start..start + count;
            start = group.end;
            self.group_access(group)
        });
        ParquetAccessPlan::new(groups.collect())
    }

    fn group_access(&self, group: Range<u32>) -> RowGroupAccess {
        let rows = group.start.max(self.rows.start)..group.end.min(self.rows.end);
        if rows.is_empty() {
            return RowGroupAccess::Skip;
        }
        let dead_count = self.dead.range_cardinality(rows.clone());
        if dead_count == u64::from(rows.end - rows.start) {
            return RowGroupAccess::Skip;
        }
        if dead_count == 0 && rows == group {
            return RowGroupAccess::Scan;
        }
        let mut selectors = Vec::new();
        let mut add = |skip: bool, count: u32| {
            if count > 0 {
                let row_count = count as usize;
                selectors.push(RowSelector { row_count, skip });
            }
        };
        add(true, rows.start - group.start);
        let mut at = rows.start;
        for dead in self.dead.range(rows.clone()) {
            add(false, dead - at);
            add(true, 1);
            at = dead + 1;
        }
        add(false, rows.end - at);
        add(true, group.end - rows.end);
        RowGroupAccess::Selection(RowSelection::from(selectors))
    }
}

/// The pieces of a file, one per distinct tuple of those prefix columns that `used` asks for, in file order.
pub(super) fn pieces(
    file: &Arc<DataFile>,
    dead: &Arc<RoaringBitmap>,
    used: &BTreeMap<String, DataType>,
) -> Vec<Piece> {
    let piece = |rows: Range<u32>, constants: BTreeMap<String, ScalarValue>| Piece {
        file: Arc::clone(file),
        dead: Arc::clone(dead),
        rows,
        constants: Arc::new(constants),
    };
    let whole = || {
        let count = u32::try_from(file.row_count()).unwrap_or(u32::MAX);
        vec![piece(0..count, BTreeMap::new())]
    };
    let Some(Segments { columns, runs }) = &file.segments else { return whole() };
    if !columns.iter().any(|name| used.contains_key(name)) {
        return whole();
    }
    let mut pieces: Vec<Piece> = Vec::new();
    let mut start = 0;
    for run in runs {
        let named = columns.iter().zip(&run.values);
        let constants: BTreeMap<String, ScalarValue> = named
            .filter_map(|(name, bound)| Some((name.clone(), scalar_of(bound, used.get(name)?)?)))
            .collect();
        let rows = start..start + run.row_count;
        start = rows.end;
        match pieces.last_mut() {
            Some(last) if *last.constants == constants => last.rows.end = rows.end,
            _ => pieces.push(piece(rows, constants)),
        }
    }
    pieces
}

/// Deals pieces to partitions so that each has about the same number of rows; long pieces are cut.
pub(super) fn deal(pieces: Vec<Piece>, partition_count: usize) -> Vec<Vec<Piece>> {
    let total: u64 = pieces.iter().map(Piece::live_rows).sum();
    let share = total.div_ceil(partition_count.max(1) as u64).max(ROWS_PER_PARTITION_MIN);
    let mut partitions: Vec<Vec<Piece>> = vec![Vec::new()];
    let mut room = share;
    for mut piece in pieces {
        loop {
            let rows = piece.live_rows();
            if rows == 0 {
                break;
            }
            if room == 0 {
                partitions.push(Vec::new());
                room = share;
            }
            let Some(partition) = partitions.last_mut() else { break };
            if rows <= room {
                room -= rows;
                partition.push(piece);
                break;
            }
            // Dead rows make the cut uneven, never wrong.
            let (first, rest) = piece.split(u32::try_from(room).unwrap_or(u32::MAX));
            room = 0;
            partition.push(first);
            piece = rest;
        }
    }
    partitions
}

/// Fewer rows are not worth a partition.
const ROWS_PER_PARTITION_MIN: u64 = 2_048;
