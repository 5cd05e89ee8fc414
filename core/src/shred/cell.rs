//! One value of a column while it is being cut out, and the Arrow array of many.

use crate::{Error, Result};
use arrow::{
    array::{
        ArrayRef, BinaryViewBuilder, BooleanBuilder, Float64Builder, Int64Builder, ListArray,
        StringViewBuilder, UInt64Builder,
    },
    buffer::{NullBuffer, OffsetBuffer},
    datatypes::{DataType, Field},
};
use std::{borrow::Cow, sync::Arc};

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    Bool(bool),
    Int64(i64),
    UInt64(u64),
    Float64(f64),
    String(Cow<'a, str>),
    Dynamic(Vec<u8>),
    List(Vec<Self>),
}

macro_rules! build {
    ($builder:expr, $cells:expr, $variant:ident) => {{
        let mut builder = $builder;
        for cell in $cells {
            match cell {
                Cell::$variant(value) => builder.append_value(value),
                _ => builder.append_null(),
            }
        }
        Arc::new(builder.finish()) as ArrayRef
    }};
}

/// The Arrow array of the cells; a cell of another type than `data_type` is NULL.
pub(super) fn to_array(data_type: &DataType, cells: &[Cell<'_>]) -> Result<ArrayRef> {
    Ok(match data_type {
        DataType::Boolean => {
            let mut builder = BooleanBuilder::with_capacity(cells.len());
            for cell in cells {
                builder.append_option(if let Cell::Bool(value) = cell {
                    Some(*value)
                } else {
                    None
                });
            }
            Arc::new(builder.finish())
        }
        DataType::Int64 => {
            let mut builder = Int64Builder::with_capacity(cells.len());
            for cell in cells {
                builder.append_option(if let Cell::Int64(value) = cell {
                    Some(*value)
                } else {
                    None
                });
            }
            Arc::new(builder.finish())
        }
        DataType::UInt64 => {
            let mut builder = UInt64Builder::with_capacity(cells.len());
            for cell in cells {
                builder.append_option(if let Cell::UInt64(value) = cell {
                    Some(*value)
                } else {
                    None
                });
            }
            Arc::new(builder.finish())
        }
        DataType::Float64 => {
            let mut builder = Float64Builder::with_capacity(cells.len());
            for cell in cells {
                builder.append_option(if let Cell::Float64(value) = cell {
                    Some(*value)
                } else {
                    None
                });
            }
            Arc::new(builder.finish())
        }
        DataType::Utf8View => build!(StringViewBuilder::with_capacity(cells.len()), cells, String),
        DataType::BinaryView => {
            build!(BinaryViewBuilder::with_capacity(cells.len()), cells, Dynamic)
        }
        DataType::List(item) => list_array(item, cells)?,
        other => {
            return Err(Error::internal(format!(
                "no column of type {other} is cut out of documents"
            )));
        }
    })
}

fn list_array(item: &Arc<Field>, cells: &[Cell<'_>]) -> Result<ArrayRef> {
    let lengths =
        cells.iter().map(|cell| if let Cell::List(elements) = cell { elements.len() } else { 0 });
    let offsets = OffsetBuffer::from_lengths(lengths);
    let nulls: NullBuffer = cells.iter().map(|cell| matches!(cell, Cell::List(_))).collect();
    let mut elements = Vec::new();
    for cell in cells {
        if let Cell::List(inner) = cell {
            elements.extend(inner.iter().cloned());
        }
    }
    let values = to_array(item.data_type(), &elements)?;
    let nulls = (nulls.null_count() > 0).then_some(nulls);
    ListArray::try_new(Arc::clone(item), offsets, values, nulls)
        .map(|array| Arc::new(array) as ArrayRef)
        .map_err(|error| Error::internal(error.to_string()))
}
