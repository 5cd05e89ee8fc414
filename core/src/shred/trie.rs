//! The requested columns as a tree of path segments, walked together with a document.

use crate::subcolumn::{SubColumn, SubKind, escape_member};
use std::collections::HashMap;

/// A place in documents.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Columns that end here: position in the request and kind.
    pub(super) wants: Vec<(usize, SubKind)>,
    /// Members.
    pub(super) members: HashMap<Box<str>, Self>,
    /// The elements of an array of objects here.
    pub(super) elements: Option<Box<Elements>>,
}

/// What is wanted of the elements of an array of objects: a request of its own.
#[derive(Debug, Default)]
pub(super) struct Elements {
    /// Position in the outer request, by position in the inner one.
    pub(super) columns: Vec<usize>,
    /// What is wanted of one element.
    pub(super) node: Node,
}

impl Node {
    /// The tree of a request.
    pub(super) fn of(columns: &[SubColumn]) -> Self {
        let mut root = Self::default();
        for (index, column) in columns.iter().enumerate() {
            root.add(column.path.as_str(), index, &column.kind);
        }
        root
    }

    fn add(&mut self, path: &str, index: usize, kind: &SubKind) {
        if let Some(rest) = path.strip_prefix("[]") {
            let elements = self.elements.get_or_insert_default();
            let inner = elements.columns.len();
            elements.columns.push(index);
            elements.node.add(rest.strip_prefix('.').unwrap_or(rest), inner, kind);
            return;
        }
        if path.is_empty() {
            self.wants.push((index, kind.clone()));
            return;
        }
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (name, rest) = path.split_at(end);
        self.members.entry(name.into()).or_default().add(
            rest.strip_prefix('.').unwrap_or(rest),
            index,
            kind,
        );
    }

    /// Whether nothing is wanted at or below this place.
    pub(super) fn is_idle(&self) -> bool {
        self.wants.is_empty() && self.members.is_empty() && self.elements.is_none()
    }

    /// The place of a member; a dot in its name separates members, as in ClickHouse.
    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        let mut node = self;
        for part in name.split('.') {
            node = node.members.get(&*escape_member(part))?;
        }
        Some(node)
    }
}
