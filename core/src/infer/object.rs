//! The members of all objects at one place.

use super::{Budget, KEYS_MAX, NODE_BYTES, View, node::Node};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// All objects at one place.
#[derive(Clone, Debug, Default)]
pub(super) struct Objects {
    count: u64,
    members: Members,
}

#[derive(Clone, Debug)]
enum Members {
    /// Each key has a schema of its own.
    Named(Named),
    /// Too many keys: all values share one schema; `None` if a value was left out and may be anything.
    Mapped(Option<Box<Node>>),
}

#[derive(Clone, Debug, Default)]
struct Named {
    members: HashMap<String, Member>,
    /// There was no room for some key. From then on no key is added: what it held before is not known.
    closed: bool,
}

#[derive(Clone, Debug)]
struct Member {
    /// Place among the keys, in the order in which they were first seen.
    order: usize,
    /// Objects that have it.
    count: u64,
    node: Node,
}

impl Default for Members {
    fn default() -> Self {
        Self::Named(Named::default())
    }
}

impl Objects {
    /// Widens the objects by one, whose members' schemas are `depth` levels below the root of the schema.
    pub(super) fn add(&mut self, object: &Map<String, Value>, depth: usize, budget: &mut Budget) {
        self.count += 1;
        for (name, value) in object {
            self.add_member(name, value, depth, budget);
        }
    }

    fn add_member(&mut self, name: &str, value: &Value, depth: usize, budget: &mut Budget) {
        if let Members::Named(named) = &mut self.members {
            if let Some(member) = named.members.get_mut(name) {
                member.count += 1;
                member.node.add(value, depth, budget);
                return;
            }
            if named.members.len() < KEYS_MAX || named.closed {
                named.add_new(name, value, depth, budget);
                return;
            }
            let before = self.bytes();
            self.map();
            budget.give_back(before.saturating_sub(self.bytes()));
        }
        if let Members::Mapped(Some(node)) = &mut self.members {
            node.add(value, depth, budget);
        }
    }

    /// Turns named members into one schema of all values.
    fn map(&mut self) {
        if let Members::Named(named) = &mut self.members {
            self.members = Members::Mapped(std::mem::take(named).into_values());
        }
    }

    /// Widens the objects by those of another place.
    pub(super) fn merge(&mut self, mut other: Self) {
        self.count += other.count;
        if let (Members::Named(named), Members::Named(more)) =
            (&mut self.members, &mut other.members)
        {
            named.merge(std::mem::take(more));
            if named.members.len() > KEYS_MAX {
                self.map();
            }
            return;
        }
        self.map();
        other.map();
        if let Members::Mapped(values) = &mut self.members {
            match (values.as_mut(), other.members) {
                (Some(node), Members::Mapped(Some(more))) => node.merge(*more),
                _ => *values = None,
            }
        }
    }

    /// Bytes of the budget that the members hold.
    pub(super) fn bytes(&self) -> usize {
        match &self.members {
            Members::Named(named) => {
                named.members.iter().map(|(name, member)| name.len() + member.node.bytes()).sum()
            }
            Members::Mapped(node) => node.as_ref().map_or(0, |node| node.bytes()),
        }
    }

    /// Adds the keywords of objects to a schema, with a view of their members.
    pub(super) fn describe(&self, schema: &mut Map<String, Value>, view: View) {
        match &self.members {
            Members::Named(named) => named.describe(schema, self.count, view),
            Members::Mapped(None) => {}
            Members::Mapped(Some(node)) => {
                let values = Value::Object(node.schema(view));
                schema.insert("additionalProperties".to_owned(), values);
            }
        }
    }
}

impl Named {
    fn add_new(&mut self, name: &str, value: &Value, depth: usize, budget: &mut Budget) {
        if self.closed || !budget.take(name.len() + NODE_BYTES, depth) {
            self.closed = true;
            return;
        }
        let mut node = Node::default();
        node.add(value, depth, budget);
        let order = self.members.len();
        self.members.insert(name.to_owned(), Member { order, count: 1, node });
    }

    fn merge(&mut self, mut other: Self) {
        // A side that left out keys may have left out any that only the other one knows.
        if other.closed {
            self.members.retain(|name, _| other.members.contains_key(name));
        }
        if self.closed {
            other.members.retain(|name, _| self.members.contains_key(name));
        }
        self.closed |= other.closed;
        let first_free = self.members.values().map(|member| member.order + 1).max().unwrap_or(0);
        for (name, mut more) in other.members {
            if let Some(member) = self.members.get_mut(&name) {
                member.count += more.count;
                member.node.merge(more.node);
            } else {
                more.order += first_free;
                self.members.insert(name, more);
            }
        }
    }

    /// One node for all values.
    fn into_values(self) -> Option<Box<Node>> {
        if self.closed {
            return None;
        }
        let mut values = Node::default();
        self.members.into_values().for_each(|member| values.merge(member.node));
        Some(Box::new(values))
    }

    fn describe(&self, schema: &mut Map<String, Value>, objects: u64, view: View) {
        let mut members: Vec<_> = self.members.iter().collect();
        members.sort_by_key(|(_, member)| member.order);
        let properties: Map<String, Value> = members
            .iter()
            .map(|(name, member)| ((*name).clone(), Value::Object(member.node.schema(view))))
            .collect();
        if !properties.is_empty() {
            schema.insert("properties".to_owned(), Value::Object(properties));
        }
        let required: Vec<&str> = members
            .iter()
            .filter(|(_, member)| member.count == objects)
            .map(|(name, _)| name.as_str())
            .collect();
        if !required.is_empty() {
            schema.insert("required".to_owned(), Value::from(required));
        }
    }
}
