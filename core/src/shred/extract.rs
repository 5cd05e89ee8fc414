//! The extraction kernel.

use super::{
    cell::{Cell, to_array},
    trie::{Elements, Node},
};
use crate::{
    Error, Result,
    dynamic::Dynamic,
    json::{JsonError, Kind, Number, NumberStyle, Reader, write_canonical},
    subcolumn::{LeafType, SubColumn, SubKind},
};
use arrow::{
    array::{Array, ArrayRef, AsArray, ListArray, StringViewArray},
    datatypes::Field,
};
use std::sync::Arc;

/// Cuts columns out of JSON texts, all in one pass over each text. A NULL text gives missing values.
///
/// Types are exact (`.:Type` never converts), members flattening to one path are the same path and the later one wins.
/// The answer has one array per column, of [`SubColumn::arrow`] type and the length of `texts`.
///
/// # Errors
/// [`crate::ErrorKind::Corrupt`] if a text is no JSON: documents are checked when they are written.
pub fn extract(texts: &StringViewArray, columns: &[SubColumn]) -> Result<Vec<ArrayRef>> {
    let root = Node::of(columns);
    let missing: Vec<Cell<'_>> = columns.iter().map(missing_value).collect();
    let mut cells: Vec<Vec<Cell<'_>>> =
        columns.iter().map(|_| Vec::with_capacity(texts.len())).collect();
    for text in texts {
        let mut slots = missing.clone();
        if let Some(text) = text {
            let mut walk = Walk { columns, slots: &mut slots };
            walk.value(&mut Reader::new(text), &root)
                .map_err(|e| Error::corrupt(format!("A stored document is no JSON: {e}.")))?;
        }
        for (column, slot) in cells.iter_mut().zip(slots) {
            column.push(slot);
        }
    }
    columns.iter().zip(&cells).map(|(column, cells)| to_array(&column.arrow(), cells)).collect()
}

/// [`extract`] for the elements of lists of JSON texts: each answer is a list with one value per element.
///
/// # Errors
/// As [`extract`].
pub fn extract_elements(lists: &ListArray, columns: &[SubColumn]) -> Result<Vec<ArrayRef>> {
    let texts = lists
        .values()
        .as_string_view_opt()
        .ok_or_else(|| Error::internal("lists of JSON texts expected"))?;
    extract(texts, columns)?
        .into_iter()
        .map(|values| {
            let item = Arc::new(Field::new("item", values.data_type().clone(), true));
            ListArray::try_new(item, lists.offsets().clone(), values, lists.nulls().cloned())
                .map(|list| Arc::new(list) as ArrayRef)
                .map_err(|error| Error::internal(error.to_string()))
        })
        .collect()
}

fn missing_value<'a>(column: &SubColumn) -> Cell<'a> {
    if column.path.array_depth() > 0 {
        Cell::List(Vec::new())
    } else {
        missing_of_kind(&column.kind)
    }
}

fn missing_of_kind<'a>(kind: &SubKind) -> Cell<'a> {
    match kind {
        SubKind::Typed(_) | SubKind::Dynamic => Cell::Null,
        SubKind::Object => Cell::String("{}".into()),
        SubKind::ObjectArray => Cell::List(Vec::new()),
        SubKind::ObjectArrayLen => Cell::UInt64(0),
    }
}

/// Type of the innermost value of a missing cell within an element, where one `[]` of the path is already consumed.
fn missing_in_element<'a>(column: &SubColumn, depth_left: usize) -> Cell<'a> {
    if depth_left > 0 { Cell::List(Vec::new()) } else { missing_of_kind(&column.kind) }
}

struct Walk<'a, 'b> {
    columns: &'b [SubColumn],
    slots: &'b mut [Cell<'a>],
}

type Read<T> = std::result::Result<T, JsonError>;

impl<'a> Walk<'a, '_> {
    fn set(&mut self, index: usize, cell: Cell<'a>) {
        if let Some(slot) = self.slots.get_mut(index) {
            *slot = cell;
        }
    }

    fn value(&mut self, reader: &mut Reader<'a>, node: &Node) -> Read<()> {
        if node.is_idle() {
            return reader.skip();
        }
        match reader.peek()? {
            Kind::Object => self.object(reader, node),
            Kind::Array => self.array(reader, node),
            Kind::Null => {
                reader.null()?;
                self.leaf(node, &Leaf::Null);
                Ok(())
            }
            Kind::Bool => {
                let value = reader.boolean()?;
                self.leaf(node, &Leaf::Bool(value));
                Ok(())
            }
            Kind::Number => {
                let leaf = match reader.number()? {
                    Number::Int64(value) => Leaf::Int64(value),
                    Number::UInt64(value) => Leaf::UInt64(value),
                    Number::Float64(value) => Leaf::Float64(value),
                    Number::Big(text) => Leaf::String(text.into()),
                };
                self.leaf(node, &leaf);
                Ok(())
            }
            Kind::String => {
                let leaf = Leaf::String(reader.string()?);
                self.leaf(node, &leaf);
                Ok(())
            }
        }
    }

    fn leaf(&mut self, node: &Node, leaf: &Leaf<'a>) {
        for (index, kind) in &node.wants {
            let cell = match kind {
                SubKind::Typed(want) => leaf.typed(want),
                SubKind::Dynamic => leaf.dynamic(),
                SubKind::Object | SubKind::ObjectArray | SubKind::ObjectArrayLen => {
                    missing_of_kind(kind)
                }
            };
            self.set(*index, cell);
        }
    }

    fn object(&mut self, reader: &mut Reader<'a>, node: &Node) -> Read<()> {
        for (index, kind) in &node.wants {
            let cell = if *kind == SubKind::Object {
                let mut text = String::new();
                write_canonical(&mut reader.clone(), NumberStyle::Source, &mut text)?;
                Cell::String(text.into())
            } else {
                missing_of_kind(kind)
            };
            self.set(*index, cell);
        }
        reader.begin_object()?;
        let mut first = true;
        while let Some(name) = reader.next_member(first)? {
            first = false;
            match node.member(&name) {
                Some(child) => self.value(reader, child)?,
                None => reader.skip()?,
            }
        }
        Ok(())
    }

    fn array(&mut self, reader: &mut Reader<'a>, node: &Node) -> Read<()> {
        let start = reader.clone();
        let mut reading = start.clone();
        let (mut all_objects, mut first) = (true, true);
        reading.begin_array()?;
        while reading.next_element(first)? {
            first = false;
            all_objects &= reading.peek()? == Kind::Object;
            reading.skip()?;
        }
        let objects = all_objects && !first;
        for (index, kind) in &node.wants {
            let cell = match kind {
                SubKind::Typed(LeafType::Array(item)) => typed_array(&mut start.clone(), item)?,
                SubKind::Typed(_) => Cell::Null,
                SubKind::Dynamic => {
                    let mut text = String::new();
                    write_canonical(&mut start.clone(), NumberStyle::Source, &mut text)?;
                    dynamic_cell(&Dynamic::Array(&text))
                }
                SubKind::ObjectArray if objects => object_texts(&mut start.clone())?,
                SubKind::ObjectArrayLen if objects => {
                    Cell::UInt64(count_elements(&mut start.clone())?)
                }
                SubKind::Object | SubKind::ObjectArray | SubKind::ObjectArrayLen => {
                    missing_of_kind(kind)
                }
            };
            self.set(*index, cell);
        }
        if let Some(elements) = &node.elements {
            self.elements(&mut start.clone(), elements, objects)?;
        }
        *reader = reading;
        Ok(())
    }

    /// One inner request per element of an array of objects; the answers become lists.
    fn elements(
        &mut self,
        reader: &mut Reader<'a>,
        elements: &Elements,
        objects: bool,
    ) -> Read<()> {
        let inner_columns: Vec<SubColumn> =
            elements.columns.iter().filter_map(|&index| self.columns.get(index).cloned()).collect();
        let mut lists: Vec<Vec<Cell<'a>>> = elements.columns.iter().map(|_| Vec::new()).collect();
        if objects {
            reader.begin_array()?;
            let mut first = true;
            while reader.next_element(first)? {
                first = false;
                let mut slots: Vec<Cell<'a>> = inner_columns
                    .iter()
                    .map(|column| {
                        missing_in_element(
                            column,
                            depth_below(&elements.node, column, &inner_columns),
                        )
                    })
                    .collect();
                Walk { columns: &inner_columns, slots: &mut slots }
                    .value(reader, &elements.node)?;
                for (list, slot) in lists.iter_mut().zip(slots) {
                    list.push(slot);
                }
            }
        }
        for (&index, list) in elements.columns.iter().zip(lists) {
            self.set(index, Cell::List(list));
        }
        Ok(())
    }
}

/// How many `[]` of a column's path are still ahead below `node`.
fn depth_below(node: &Node, column: &SubColumn, columns: &[SubColumn]) -> usize {
    fn find(node: &Node, index: usize) -> Option<usize> {
        if node.wants.iter().any(|(i, _)| *i == index) {
            return Some(0);
        }
        if let Some(elements) = &node.elements
            && let Some(inner) = elements.columns.iter().position(|&i| i == index)
        {
            return find(&elements.node, inner).map(|depth| depth + 1);
        }
        node.members.values().find_map(|child| find(child, index))
    }
    let index = columns.iter().position(|c| c == column);
    index.and_then(|index| find(node, index)).unwrap_or(0)
}

enum Leaf<'a> {
    Null,
    Bool(bool),
    Int64(i64),
    UInt64(u64),
    Float64(f64),
    String(std::borrow::Cow<'a, str>),
}

impl<'a> Leaf<'a> {
    fn typed(&self, want: &LeafType) -> Cell<'a> {
        match (self, want) {
            (Self::Bool(value), LeafType::Bool) => Cell::Bool(*value),
            (Self::Int64(value), LeafType::Int64) => Cell::Int64(*value),
            (Self::UInt64(value), LeafType::UInt64) => Cell::UInt64(*value),
            (Self::Float64(value), LeafType::Float64) => Cell::Float64(*value),
            (Self::String(value), LeafType::String) => Cell::String(value.clone()),
            _ => Cell::Null,
        }
    }

    fn dynamic(&self) -> Cell<'a> {
        match self {
            Self::Null => Cell::Null,
            Self::Bool(value) => dynamic_cell(&Dynamic::Bool(*value)),
            Self::Int64(value) => dynamic_cell(&Dynamic::Int64(*value)),
            Self::UInt64(value) => dynamic_cell(&Dynamic::UInt64(*value)),
            Self::Float64(value) => dynamic_cell(&Dynamic::Float64(*value)),
            Self::String(value) => dynamic_cell(&Dynamic::String(value)),
        }
    }
}

fn dynamic_cell<'a>(value: &Dynamic<'_>) -> Cell<'a> {
    let mut cell = Vec::new();
    value.encode(&mut cell);
    Cell::Dynamic(cell)
}

/// The array as a list of `item`s, or NULL if an element is neither of the type nor null. Integers among floats are floats,
/// as ClickHouse infers them.
fn typed_array<'a>(reader: &mut Reader<'a>, item: &LeafType) -> Read<Cell<'a>> {
    reader.begin_array()?;
    let mut elements = Vec::new();
    let (mut any_float, mut any_integer) = (false, false);
    while reader.next_element(elements.is_empty())? {
        let element = match (reader.peek()?, item) {
            (Kind::Null, _) => {
                reader.null()?;
                Cell::Null
            }
            (Kind::Bool, LeafType::Bool) => Cell::Bool(reader.boolean()?),
            (Kind::String, LeafType::String) => Cell::String(reader.string()?),
            (Kind::Number, _) => match (reader.number()?, item) {
                (Number::Int64(value), LeafType::Int64) => Cell::Int64(value),
                (Number::UInt64(value), LeafType::UInt64) => Cell::UInt64(value),
                (Number::Float64(value), LeafType::Float64) => {
                    any_float = true;
                    Cell::Float64(value)
                }
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "ClickHouse's common type of integers and floats"
                )]
                (Number::Int64(value), LeafType::Float64) => {
                    any_integer = true;
                    Cell::Float64(value as f64)
                }
                (Number::Big(text), LeafType::String) => Cell::String(text.into()),
                _ => return Ok(Cell::Null),
            },
            (Kind::Array, LeafType::Array(inner)) => match typed_array(reader, inner)? {
                Cell::Null => return Ok(Cell::Null),
                list => list,
            },
            _ => return Ok(Cell::Null),
        };
        elements.push(element);
    }
    Ok(if any_integer && !any_float { Cell::Null } else { Cell::List(elements) })
}

fn object_texts<'a>(reader: &mut Reader<'a>) -> Read<Cell<'a>> {
    reader.begin_array()?;
    let mut elements = Vec::new();
    while reader.next_element(elements.is_empty())? {
        let mut text = String::new();
        write_canonical(reader, NumberStyle::Source, &mut text)?;
        elements.push(Cell::String(text.into()));
    }
    Ok(Cell::List(elements))
}

fn count_elements(reader: &mut Reader<'_>) -> Read<u64> {
    reader.begin_array()?;
    let mut count = 0;
    while reader.next_element(count == 0)? {
        reader.skip()?;
        count += 1;
    }
    Ok(count)
}
