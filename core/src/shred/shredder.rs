//! Documents to typed columns: one column per path and type, arrays of objects as parallel lists (`docs/format/paths.md`).
//!
//! What a column cannot hold exactly is *overflow*: the path gets no column, and only `_doc` answers for it and for
//! everything below it. So the shredder may give up on anything unusual; it must never be wrong. Its columns equal what
//! [`super::extract`] cuts out of the texts.

use super::leaf::{ArrayColumn, Leaf, ScalarColumn, list_array};
use crate::{
    Error, Result,
    json::{JsonError, Kind, Number, Reader},
    limits,
    subcolumn::{DocPath, LeafType, SubColumn, SubKind, escape_member},
};
use arrow::array::{ArrayRef, UInt8Array, UInt64Array};
use std::{borrow::Cow, collections::HashMap, sync::Arc};

/// Kinds of a path's value in `<path>.#kind`, where the typed columns do not tell. Absent is NULL.
mod kind {
    pub(super) const NULL: u8 = 1;
    pub(super) const EMPTY_OBJECT: u8 = 8;
    pub(super) const EMPTY_ARRAY: u8 = 10;
}

type NodeId = usize;
type ScopeId = usize;

/// The rows themselves: the scope of every path that goes through no array.
const ROWS: ScopeId = 0;
const ROOT: NodeId = 0;

/// Builds the typed columns of one file from its documents, in order.
#[derive(Debug)]
pub struct Shredder {
    nodes: Vec<Node>,
    scopes: Vec<Scope>,
    column_count: usize,
    /// Number of the document or array element being read; each has its own.
    visit: u64,
    last_visit: u64,
}

/// The typed columns of a file.
#[derive(Debug)]
pub struct Shredded {
    /// Name, as [`SubColumn::name`] writes it, and values; sorted by name.
    pub columns: Vec<(String, ArrayRef)>,
    /// Paths that only `_doc` answers for, with everything below them; sorted.
    pub overflow_paths: Vec<String>,
    /// Paths with arrays that have no type (`[]`, `[null]`): they belong to every array type, also to those without a
    /// column; sorted.
    pub untyped_array_paths: Vec<String>,
}

/// Values that share positions: the rows, or the elements of one array of objects over all rows.
#[derive(Debug, Default)]
struct Scope {
    count: u32,
    /// For elements: rows with such an array, and its length.
    lengths: Vec<(u32, u32)>,
}

/// A path.
#[derive(Debug)]
struct Node {
    path: String,
    scope: ScopeId,
    /// Members by name as written.
    members: HashMap<Box<str>, NodeId>,
    /// Distinct direct members.
    member_count: usize,
    /// Root of the elements of arrays of objects here, and their scope.
    elements: Option<(NodeId, ScopeId)>,
    last_visit: u64,
    overflow: bool,
    scalars: Vec<ScalarColumn>,
    arrays: Vec<ArrayColumn>,
    /// Position and length of arrays without a type.
    untyped_arrays: Vec<(u32, u32)>,
    kinds: Vec<(u32, u8)>,
}

impl Node {
    fn new(path: String, scope: ScopeId) -> Self {
        Self {
            path,
            scope,
            members: HashMap::new(),
            member_count: 0,
            elements: None,
            last_visit: 0,
            overflow: false,
            scalars: Vec::new(),
            arrays: Vec::new(),
            untyped_arrays: Vec::new(),
            kinds: Vec::new(),
        }
    }
}

impl Default for Shredder {
    fn default() -> Self {
        Self {
            nodes: vec![Node::new(String::new(), ROWS)],
            scopes: vec![Scope::default()],
            column_count: 0,
            visit: 0,
            last_visit: 0,
        }
    }
}

type Read<T> = std::result::Result<T, JsonError>;

impl Shredder {
    /// Adds the next document.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Corrupt`] if the text is no JSON object: documents are checked when they are written.
    pub fn push(&mut self, text: &str) -> Result<()> {
        self.last_visit += 1;
        self.visit = self.last_visit;
        self.value(&mut Reader::new(text), ROOT)
            .map_err(|e| Error::corrupt(format!("A stored document is no JSON: {e}.")))?;
        if let Some(rows) = self.scopes.get_mut(ROWS) {
            rows.count += 1;
        }
        Ok(())
    }

    fn node(&mut self, id: NodeId) -> &mut Node {
        // Ids are positions that this type made itself.
        #[expect(clippy::indexing_slicing, reason = "nodes are never removed")]
        &mut self.nodes[id]
    }

    fn position(&mut self, id: NodeId) -> u32 {
        let scope = self.node(id).scope;
        self.scopes.get(scope).map_or(0, |scope| scope.count)
    }

    fn value(&mut self, reader: &mut Reader<'_>, id: NodeId) -> Read<()> {
        let visit = self.visit;
        let node = self.node(id);
        if node.overflow {
            return reader.skip();
        }
        if node.last_visit == visit && id != ROOT {
            // Two members of one document with one path: the later one wins, which columns cannot take back.
            self.overflow(id);
            return reader.skip();
        }
        node.last_visit = visit;
        match reader.peek()? {
            Kind::Object => self.object(reader, id),
            Kind::Array => self.array(reader, id),
            Kind::Null => {
                reader.null()?;
                self.note_kind(id, kind::NULL);
                Ok(())
            }
            Kind::Bool => {
                let value = reader.boolean()?;
                self.scalar(id, Leaf::Bool(value));
                Ok(())
            }
            Kind::Number => {
                let number = reader.number()?;
                self.scalar(id, Leaf::of_number(number));
                Ok(())
            }
            Kind::String => {
                let text = reader.string()?;
                self.scalar(id, Leaf::String(text));
                Ok(())
            }
        }
    }

    fn object(&mut self, reader: &mut Reader<'_>, id: NodeId) -> Read<()> {
        reader.begin_object()?;
        let mut first = true;
        while let Some(name) = reader.next_member(first)? {
            first = false;
            match self.member(id, &name) {
                Some(child) => self.value(reader, child)?,
                None => reader.skip()?,
            }
        }
        if first && id != ROOT {
            self.note_kind(id, kind::EMPTY_OBJECT);
        }
        Ok(())
    }

    /// The node of a member; `None` if the object overflows.
    fn member(&mut self, id: NodeId, name: &str) -> Option<NodeId> {
        let node = self.node(id);
        if node.overflow {
            return None;
        }
        if let Some(&child) = node.members.get(name) {
            return Some(child);
        }
        // A dot in a name separates members, as in ClickHouse; each part is a node of its own.
        let mut at = id;
        for part in name.split('.') {
            at = self.child(at, &escape_member(part))?;
        }
        if name.contains('.') {
            self.node(id).members.insert(name.into(), at);
        }
        Some(at)
    }

    fn child(&mut self, id: NodeId, part: &str) -> Option<NodeId> {
        let next = self.nodes.len();
        let node = self.node(id);
        if node.overflow {
            return None;
        }
        if let Some(&known) = node.members.get(part) {
            return Some(known);
        }
        if node.member_count >= limits::OBJECT_KEYS_MAX {
            self.overflow(id);
            return None;
        }
        let separator = if node.path.is_empty() { "" } else { "." };
        let child = Node::new(format!("{}{separator}{part}", node.path), node.scope);
        node.members.insert(part.into(), next);
        node.member_count += 1;
        self.nodes.push(child);
        Some(next)
    }

    fn scalar(&mut self, id: NodeId, leaf: Leaf<'_>) {
        let position = self.position(id);
        let node = self.node(id);
        if let Some(column) = node.scalars.iter_mut().find(|column| column.accepts(&leaf)) {
            column.push(position, leaf);
            return;
        }
        if self.has_room(id) {
            let mut column = ScalarColumn::of(&leaf);
            column.push(position, leaf);
            self.node(id).scalars.push(column);
        }
    }

    fn array(&mut self, reader: &mut Reader<'_>, id: NodeId) -> Read<()> {
        let start = reader.clone();
        reader.begin_array()?;
        let mut elements: Vec<Leaf<'_>> = Vec::new();
        let mut first = true;
        while reader.next_element(first)? {
            let leaf = match reader.peek()? {
                Kind::Object if first => {
                    *reader = start;
                    return self.objects(reader, id);
                }
                Kind::Object | Kind::Array => {
                    // Mixed or nested arrays.
                    self.overflow(id);
                    *reader = start;
                    return reader.skip();
                }
                Kind::Null => {
                    reader.null()?;
                    Leaf::Null
                }
                Kind::Bool => Leaf::Bool(reader.boolean()?),
                Kind::Number => Leaf::of_number(reader.number()?),
                Kind::String => Leaf::String(reader.string()?),
            };
            first = false;
            elements.push(leaf);
        }
        self.scalars(id, elements);
        Ok(())
    }

    /// An array of scalars and nulls.
    fn scalars(&mut self, id: NodeId, elements: Vec<Leaf<'_>>) {
        if self.node(id).scope != ROWS {
            return self.overflow(id);
        }
        let position = self.position(id);
        if elements.is_empty() {
            self.note_kind(id, kind::EMPTY_ARRAY);
        }
        if elements.iter().all(|leaf| matches!(leaf, Leaf::Null)) {
            let length = u32::try_from(elements.len()).unwrap_or(u32::MAX);
            self.node(id).untyped_arrays.push((position, length));
            return;
        }
        let Some(item) = ArrayColumn::item_type(&elements) else { return self.overflow(id) };
        let node = self.node(id);
        if let Some(column) = node.arrays.iter_mut().find(|column| *column.item() == item) {
            column.push(position, elements);
        } else if self.has_room(id) {
            let mut column = ArrayColumn::of(item);
            column.push(position, elements);
            self.node(id).arrays.push(column);
        }
    }

    /// An array whose first element is an object.
    fn objects(&mut self, reader: &mut Reader<'_>, id: NodeId) -> Read<()> {
        if self.node(id).scope != ROWS {
            self.overflow(id);
            return reader.skip();
        }
        let row = self.position(id);
        let (root, scope) = self.elements_of(id);
        let start = reader.clone();
        let outer = self.visit;
        let mut length = 0;
        reader.begin_array()?;
        while reader.next_element(length == 0)? {
            if reader.peek()? != Kind::Object {
                self.visit = outer;
                self.overflow(id);
                *reader = start;
                return reader.skip();
            }
            self.last_visit += 1;
            self.visit = self.last_visit;
            self.value(reader, root)?;
            length += 1;
            if let Some(scope) = self.scopes.get_mut(scope) {
                scope.count += 1;
            }
        }
        self.visit = outer;
        if let Some(scope) = self.scopes.get_mut(scope) {
            scope.lengths.push((row, length));
        }
        Ok(())
    }

    fn elements_of(&mut self, id: NodeId) -> (NodeId, ScopeId) {
        if let Some(known) = self.node(id).elements {
            return known;
        }
        let made = (self.nodes.len(), self.scopes.len());
        let path = format!("{}[]", self.node(id).path);
        self.nodes.push(Node::new(path, made.1));
        self.scopes.push(Scope::default());
        self.node(id).elements = Some(made);
        self.column_count += 1;
        made
    }

    fn note_kind(&mut self, id: NodeId, kind: u8) {
        let position = self.position(id);
        let node = self.node(id);
        if node.scope == ROWS && !node.overflow {
            node.kinds.push((position, kind));
        }
    }

    /// Counts one more column, or lets the path overflow when there are too many.
    fn has_room(&mut self, id: NodeId) -> bool {
        let room = self.column_count < limits::LEAF_COLUMNS_MAX;
        if room {
            self.column_count += 1;
        } else {
            self.overflow(id);
        }
        room
    }

    /// Drops the columns at and below a path for the whole file.
    fn overflow(&mut self, id: NodeId) {
        let mut below = vec![id];
        while let Some(id) = below.pop() {
            let node = self.node(id);
            let dropped = node.scalars.len() + node.arrays.len();
            below.extend(node.members.values().copied());
            below.extend(node.elements.map(|(root, _)| root));
            let mut empty = Node::new(std::mem::take(&mut node.path), node.scope);
            empty.overflow = true;
            *node = empty;
            self.column_count = self.column_count.saturating_sub(dropped);
        }
    }

    /// The columns of all documents so far.
    ///
    /// # Errors
    /// `Internal`, never expected.
    pub fn finish(self) -> Result<Shredded> {
        let mut shredded = Shredded {
            columns: Vec::new(),
            overflow_paths: Vec::new(),
            untyped_array_paths: Vec::new(),
        };
        let mut pending = vec![ROOT];
        while let Some(node) = pending.pop().and_then(|id| self.nodes.get(id)) {
            if node.overflow {
                shredded.overflow_paths.push(node.path.clone());
                continue;
            }
            // Names with dots are second ways to nodes that their first part leads to.
            pending
                .extend(node.members.iter().filter(|(n, _)| !n.contains('.')).map(|(_, &id)| id));
            pending.extend(node.elements.map(|(root, _)| root));
            self.finish_node(node, &mut shredded)?;
        }
        shredded.columns.sort_by(|a, b| a.0.cmp(&b.0));
        shredded.overflow_paths.sort();
        shredded.untyped_array_paths.sort();
        Ok(shredded)
    }

    fn finish_node(&self, node: &Node, shredded: &mut Shredded) -> Result<()> {
        let path = DocPath::new(node.path.as_str());
        let scope = self.scopes.get(node.scope);
        let count = scope.map_or(0, |scope| scope.count) as usize;
        let row_count = self.scopes.get(ROWS).map_or(0, |rows| rows.count) as usize;
        let mut add = |kind: SubKind, values: ArrayRef| -> Result<()> {
            let column = SubColumn { path: path.clone(), kind };
            let values = match scope.filter(|_| node.scope != ROWS) {
                Some(scope) => list_array(&scope.lengths, row_count, values)?,
                None => values,
            };
            shredded.columns.push((column.name(), values));
            Ok(())
        };
        for column in &node.scalars {
            add(SubKind::Typed(column.leaf_type()), column.to_array(count)?)?;
        }
        for column in &node.arrays {
            let leaf = LeafType::Array(Box::new(column.item().clone()));
            add(SubKind::Typed(leaf), column.to_array(count, &node.untyped_arrays)?)?;
        }
        if let Some(elements) = node.elements.and_then(|(_, scope)| self.scopes.get(scope)) {
            let mut lengths = vec![0; count];
            for &(row, length) in &elements.lengths {
                if let Some(slot) = lengths.get_mut(row as usize) {
                    *slot = u64::from(length);
                }
            }
            add(SubKind::ObjectArrayLen, Arc::new(UInt64Array::from(lengths)))?;
        }
        if !node.untyped_arrays.is_empty() {
            shredded.untyped_array_paths.push(node.path.clone());
        }
        if !node.kinds.is_empty() {
            let mut kinds = vec![None; count];
            for &(position, kind) in &node.kinds {
                if let Some(slot) = kinds.get_mut(position as usize) {
                    *slot = Some(kind);
                }
            }
            let name = format!("data.{}.#kind", node.path);
            shredded.columns.push((name, Arc::new(UInt8Array::from(kinds))));
        }
        Ok(())
    }
}

impl<'a> Leaf<'a> {
    fn of_number(number: Number<'a>) -> Self {
        match number {
            Number::Int64(value) => Self::Int64(value),
            Number::UInt64(value) => Self::UInt64(value),
            Number::Float64(value) => Self::Float64(value),
            Number::Big(text) => Self::String(Cow::Borrowed(text)),
        }
    }
}
