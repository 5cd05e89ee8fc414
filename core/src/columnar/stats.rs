//! Column statistics of a file, from those of its row groups.

use crate::data_file::{Bound, ColumnStats, Scalar};
use parquet::{
    file::{metadata::ParquetMetaData, statistics::Statistics},
    schema::types::ColumnDescriptor,
};
use std::collections::BTreeMap;

/// Bounds and NULL counts of the top-level scalar columns, sorted by name; list columns have neither.
pub(super) fn column_stats(
    metadata: &ParquetMetaData,
    has_dictionary: impl Fn(&str) -> bool,
) -> Vec<ColumnStats> {
    let mut columns: BTreeMap<String, Option<ColumnStats>> = BTreeMap::new();
    for group in metadata.row_groups() {
        for chunk in group.columns() {
            let column = chunk.column_descr();
            let Some(name) = column.path().parts().first() else { continue };
            let merged = columns.entry(name.clone()).or_default();
            let scalar = column.max_rep_level() == 0;
            let next = chunk.statistics().filter(|_| scalar).map_or_else(
                || Group { null_count: 0, has_values: true, min: None, max: None },
                |stats| Group::of(stats, column, group.num_rows()),
            );
            *merged = Some(next.merge(merged.take(), name));
        }
    }
    let named = columns.into_iter().filter_map(|(name, stats)| {
        let dictionary = has_dictionary(&name);
        stats.map(|stats| ColumnStats { dictionary, ..stats })
    });
    named.collect()
}

/// One row group's statistics of a column.
struct Group {
    null_count: u64,
    has_values: bool,
    min: Option<Scalar>,
    max: Option<Scalar>,
}

impl Group {
    fn of(stats: &Statistics, column: &ColumnDescriptor, row_count: i64) -> Self {
        let null_count = stats.null_count_opt().unwrap_or(0);
        let (min, max) = bounds(stats, column);
        let has_values = i64::try_from(null_count).unwrap_or(0) < row_count;
        Self { null_count, has_values, min, max }
    }

    fn merge(self, before: Option<ColumnStats>, name: &str) -> ColumnStats {
        let Some(before) = before else {
            let bound = |value: Option<Scalar>| {
                (self.has_values && value.is_some()).then_some(Bound { value })
            };
            return ColumnStats {
                name: name.to_owned(),
                null_count: self.null_count,
                min: bound(self.min.clone()),
                max: bound(self.max.clone()),
                dictionary: false,
            };
        };
        let null_count = before.null_count + self.null_count;
        if !self.has_values {
            return ColumnStats { null_count, ..before };
        }
        // A column without bounds so far has them only if it had no values either.
        let before_empty = before.min.is_none() && before.max.is_none() && before.null_count > 0;
        let pick = |old: Option<Bound>, new: Option<Scalar>, want: std::cmp::Ordering| {
            let old = old.and_then(|bound| bound.value);
            let value = match (old, new) {
                (Some(old), Some(new)) => {
                    Some(if compare(&new, &old) == Some(want) { new } else { old })
                }
                (None, new) if before_empty => new,
                _ => None,
            };
            value.map(|value| Bound { value: Some(value) })
        };
        ColumnStats {
            null_count,
            min: pick(before.min, self.min, std::cmp::Ordering::Less),
            max: pick(before.max, self.max, std::cmp::Ordering::Greater),
            ..ColumnStats { name: name.to_owned(), ..ColumnStats::default() }
        }
    }
}

fn compare(a: &Scalar, b: &Scalar) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Scalar::Bool(a), Scalar::Bool(b)) => a.partial_cmp(b),
        (Scalar::Int64(a), Scalar::Int64(b)) => a.partial_cmp(b),
        (Scalar::UInt64(a), Scalar::UInt64(b)) => a.partial_cmp(b),
        (Scalar::Float64(a), Scalar::Float64(b)) => a.partial_cmp(b),
        (Scalar::String(a), Scalar::String(b)) => a.partial_cmp(b),
        _ => None,
    }
}

fn bounds(stats: &Statistics, column: &ColumnDescriptor) -> (Option<Scalar>, Option<Scalar>) {
    use parquet::basic::LogicalType;
    match stats {
        Statistics::Boolean(s) => {
            (s.min_opt().map(|v| Scalar::Bool(*v)), s.max_opt().map(|v| Scalar::Bool(*v)))
        }
        Statistics::Int64(s) => {
            let unsigned = matches!(
                column.logical_type_ref(),
                Some(LogicalType::Integer { is_signed: false, .. })
            );
            let scalar = |v: &i64| {
                if unsigned { Scalar::UInt64(v.cast_unsigned()) } else { Scalar::Int64(*v) }
            };
            (s.min_opt().map(scalar), s.max_opt().map(scalar))
        }
        Statistics::Double(s) => {
            let finite = |v: Option<&f64>| v.filter(|v| v.is_finite()).map(|v| Scalar::Float64(*v));
            (finite(s.min_opt()), finite(s.max_opt()))
        }
        Statistics::ByteArray(s) => {
            // Truncated bounds are still bounds: the writer widens the upper one.
            let text = |v: Option<&parquet::data_type::ByteArray>| {
                v.and_then(|v| v.as_utf8().ok()).map(|v| Scalar::String(v.to_owned()))
            };
            (text(s.min_opt()), text(s.max_opt()))
        }
        _ => (None, None),
    }
}
