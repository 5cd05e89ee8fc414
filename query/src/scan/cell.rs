//! Where a requested column comes from in one data file.

use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, BinaryViewBuilder, BooleanArray, StringViewArray},
        datatypes::{DataType, Float64Type, Int64Type, UInt64Type},
    },
    common::{Result, ScalarValue},
};
use rekor_core::{
    data_file::{Bound, DataFile, Scalar},
    dynamic::Dynamic,
    subcolumn::{DocPath, LeafType, SubColumn, SubKind},
};

/// The source of a requested column in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    /// A column of the file.
    Column(String),
    /// Values of any type, put together from the typed columns of the path that the file has.
    Compose(Vec<String>),
    /// Cut out of `_doc`.
    Cut(SubColumn),
    /// Nothing in the whole file: what a document without the path gives.
    Missing(SubColumn),
}

/// The source of a subcolumn of documents in a file.
pub(super) fn cell_of(file: &DataFile, column: &SubColumn) -> Cell {
    let path = column.path.as_str();
    let cut = || Cell::Cut(column.clone());
    let missing = || Cell::Missing(column.clone());
    if file.is_overflow(path) {
        return cut();
    }
    let name = column.name();
    let has_elements = |above: &str| file.column(&format!("data.{above}.#len")).is_some();
    // Elements without the value are NULLs in lists that only `_doc` (or `#len`) knows the lengths of.
    let in_elements =
        path.match_indices("[]").any(|(at, _)| has_elements(path.get(..at).unwrap_or("")));
    match &column.kind {
        SubKind::Typed(_) | SubKind::ObjectArrayLen if file.column(&name).is_some() => {
            Cell::Column(name)
        }
        SubKind::Typed(LeafType::Array(_)) if is_untyped_array(file, path) => cut(),
        SubKind::Typed(_) | SubKind::ObjectArrayLen if !in_elements => missing(),
        SubKind::ObjectArray if !has_elements(path) && !in_elements => missing(),
        SubKind::Dynamic if column.path.array_depth() == 0 => {
            if has_elements(path) || is_untyped_array(file, path) || has_typed_arrays(file, path) {
                return cut();
            }
            let scalars = LeafType::SCALARS
                .into_iter()
                .map(|leaf| SubColumn::typed(DocPath::new(path), leaf).name());
            let present: Vec<String> = scalars.filter(|name| file.column(name).is_some()).collect();
            if present.is_empty() { missing() } else { Cell::Compose(present) }
        }
        _ => cut(),
    }
}

fn is_untyped_array(file: &DataFile, path: &str) -> bool {
    file.untyped_array_paths.binary_search_by(|known| known.as_str().cmp(path)).is_ok()
}

fn has_typed_arrays(file: &DataFile, path: &str) -> bool {
    let prefix = format!("data.{path}.:Array(");
    let first = file.columns.partition_point(|column| column.name < prefix);
    file.columns.get(first).is_some_and(|column| column.name.starts_with(&prefix))
}

impl Cell {
    /// The columns of the file that it reads.
    pub(super) fn columns(&self) -> Vec<&str> {
        match self {
            Self::Column(name) => vec![name],
            Self::Compose(names) => names.iter().map(String::as_str).collect(),
            Self::Cut(_) => vec![rekor_core::row::column::DOC],
            Self::Missing(_) => Vec::new(),
        }
    }

    /// The one value of all rows, if `constant` knows it for each column that is read.
    pub(super) fn constant(
        &self,
        ty: &DataType,
        constant: impl Fn(&str) -> Option<ScalarValue>,
    ) -> Option<ScalarValue> {
        match self {
            Self::Column(name) => constant(name),
            Self::Compose(names) => {
                let arrays: Option<Vec<ArrayRef>> =
                    names.iter().map(|name| constant(name)?.to_array().ok()).collect();
                ScalarValue::try_from_array(&compose(&arrays?, 1), 0).ok()
            }
            Self::Cut(_) => None,
            Self::Missing(column) => missing_value(column, ty).ok(),
        }
    }
}

/// What a document without the path gives.
fn missing_value(column: &SubColumn, ty: &DataType) -> Result<ScalarValue> {
    let empty = StringViewArray::from_iter_values(["{}"]);
    let cut = rekor_core::shred::extract(&empty, std::slice::from_ref(column));
    match cut.ok().and_then(|cut| cut.into_iter().next()) {
        Some(values) => ScalarValue::try_from_array(&values, 0),
        None => ScalarValue::try_from(ty),
    }
}

/// One cell per row from typed columns of one path: at most one of them has a value there.
pub(super) fn compose(columns: &[ArrayRef], row_count: usize) -> ArrayRef {
    let mut builder = BinaryViewBuilder::with_capacity(row_count);
    let mut cell = Vec::new();
    for row in 0..row_count {
        match columns.iter().find(|column| column.is_valid(row)) {
            Some(column) => {
                dynamic_value(column, row).encode(&mut cell);
                builder.append_value(&cell);
            }
            None => builder.append_null(),
        }
    }
    std::sync::Arc::new(builder.finish())
}

fn dynamic_value(column: &ArrayRef, row: usize) -> Dynamic<'_> {
    match column.data_type() {
        DataType::Boolean => Dynamic::Bool(column.as_boolean().value(row)),
        DataType::Int64 => Dynamic::Int64(column.as_primitive::<Int64Type>().value(row)),
        DataType::UInt64 => Dynamic::UInt64(column.as_primitive::<UInt64Type>().value(row)),
        DataType::Float64 => Dynamic::Float64(column.as_primitive::<Float64Type>().value(row)),
        _ => Dynamic::String(column.as_string_view().value(row)),
    }
}

/// A value of a segment list.
pub(super) fn scalar_of(bound: &Bound, ty: &DataType) -> Option<ScalarValue> {
    Some(match &bound.value {
        None => ScalarValue::try_from(ty).ok()?,
        Some(Scalar::Bool(value)) => ScalarValue::Boolean(Some(*value)),
        Some(Scalar::Int64(value)) => ScalarValue::Int64(Some(*value)),
        Some(Scalar::UInt64(value)) => ScalarValue::UInt64(Some(*value)),
        Some(Scalar::Float64(value)) => ScalarValue::Float64(Some(*value)),
        Some(Scalar::String(value)) => ScalarValue::Utf8View(Some(value.clone())),
    })
}

/// The rows where a condition is true.
pub(super) fn is_true(values: &BooleanArray) -> BooleanArray {
    values.iter().map(|value| Some(value == Some(true))).collect()
}
