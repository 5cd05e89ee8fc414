//! Local references, and which parts of the two schemas are the same with everything they refer to.

use super::{
    keyword::is_passive,
    place::{Node, Object, Pair, Side, address, join},
    walk::Walk,
};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Most references that lead to each other without a schema in between.
const CHAIN_MAX: usize = 32;
/// Rounds in which a changed target spreads to what refers to it; after that, all references count as changed.
const ROUNDS_MAX: usize = 64;

/// The two schemas, for looking up references.
#[derive(Debug)]
pub(super) struct Roots<'s> {
    old: &'s Value,
    new: &'s Value,
    /// Without embedded resources, in which a local reference means something else.
    is_plain: bool,
    /// Nodes of the new schema that refer, at any depth, to something that changed or cannot be looked up.
    shifted: HashSet<usize>,
}

impl<'s> Roots<'s> {
    pub(super) fn new(old: &'s Value, new: &'s Value) -> Self {
        let is_plain = is_plain(old) && is_plain(new);
        let mut roots = Self { old, new, is_plain, shifted: HashSet::new() };
        roots.spread();
        roots
    }

    pub(super) fn root(&self, side: Side) -> &'s Value {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }

    /// Target of a reference and its pointer; only those into the schema itself are followed.
    pub(super) fn target(&self, side: Side, reference: &str) -> Option<(&'s Value, String)> {
        if !self.is_plain {
            return None;
        }
        let pointer = decode(reference.strip_prefix('#')?)?;
        let target = self.root(side).pointer(&pointer)?;
        Some((target, pointer))
    }

    fn is_shifted(&self, value: &Value) -> bool {
        self.shifted.contains(&address(value))
    }

    /// Marks what refers to something changed, then what refers to that, until there is no more.
    fn spread(&mut self) {
        let mut references = HashMap::new();
        collect(self.new, &mut references);
        for (reference, is_changed) in &mut references {
            let old = self.target(Side::Old, reference).map(|(value, _)| value);
            let new = self.target(Side::New, reference).map(|(value, _)| value);
            *is_changed = old.is_none() || old != new;
        }
        for round in 0.. {
            self.mark(self.new, &references);
            let mut has_spread = false;
            for (reference, is_changed) in references.iter_mut().filter(|(_, changed)| !**changed) {
                let target = self.target(Side::New, reference);
                *is_changed = round > ROUNDS_MAX || target.is_none_or(|(v, _)| self.is_shifted(v));
                has_spread |= *is_changed;
            }
            if !has_spread {
                return;
            }
        }
    }

    /// Marks the nodes that hold a changed reference; answers whether this one does.
    fn mark(&mut self, value: &'s Value, references: &HashMap<&'s str, bool>) -> bool {
        let mut is_shifted = false;
        match value {
            Value::Array(elements) => {
                for element in elements {
                    is_shifted |= self.mark(element, references);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    is_shifted |= self.mark(member, references)
                        || matches!(name.as_str(), "$dynamicRef" | "$recursiveRef")
                        || (name == "$ref"
                            && member.as_str().is_some_and(|r| references.get(r) != Some(&false)));
                }
            }
            _ => {}
        }
        if is_shifted {
            self.shifted.insert(address(value));
        }
        is_shifted
    }
}

/// Whether no part of a schema has an identifier of its own.
fn is_plain(root: &Value) -> bool {
    fn has_id(value: &Value) -> bool {
        match value {
            Value::Array(elements) => elements.iter().any(has_id),
            Value::Object(members) => {
                members.get("$id").is_some_and(Value::is_string) || members.values().any(has_id)
            }
            _ => false,
        }
    }
    match root {
        Value::Object(members) => !members.values().any(has_id),
        _ => true,
    }
}

fn collect<'s>(value: &'s Value, references: &mut HashMap<&'s str, bool>) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|v| collect(v, references)),
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                references.insert(reference, false);
            }
            members.values().for_each(|v| collect(v, references));
        }
        _ => {}
    }
}

/// The pointer of a fragment; `None` for an anchor and for broken escapes.
pub(super) fn decode(fragment: &str) -> Option<String> {
    if !fragment.is_empty() && !fragment.starts_with('/') {
        return None;
    }
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let text = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(text, 16).ok().filter(|_| !text.starts_with('+'))?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

impl<'s> Walk<'s> {
    /// Target of a reference in a schema object, and its pointer.
    pub(super) fn target(&self, object: Object<'s>, reference: &str) -> Option<(Node<'s>, String)> {
        let side = object.node.side;
        let (value, pointer) = self.roots.target(side, reference)?;
        Some((Node { value, side }, pointer))
    }

    /// The schema that a node stands for, and its pointer if that is somewhere else; `None` if a reference leads nowhere.
    pub(super) fn resolve(&self, node: Node<'s>) -> Option<(Node<'s>, Option<String>)> {
        let (mut node, mut pointer) = (node, None);
        for _ in 0..CHAIN_MAX {
            let Some(object) = node.object() else { return Some((node, pointer)) };
            let Some(reference) = object.text("$ref") else { return Some((node, pointer)) };
            if object.members.keys().any(|name| name != "$ref" && !is_passive(name)) {
                return Some((node, pointer));
            }
            let (target, at) = self.target(object, reference)?;
            (node, pointer) = (target, Some(at));
        }
        None
    }

    /// Whether two nodes are written in the same way, with everything they refer to.
    pub(super) fn is_same(&self, old: Node<'s>, new: Node<'s>) -> bool {
        old.side != new.side && self.is_same_value(old.value, new.value)
    }

    fn is_same_value(&self, old: &Value, new: &Value) -> bool {
        !self.roots.is_shifted(new) && old == new
    }

    /// Whether a keyword is absent from both or the same.
    pub(super) fn is_same_keyword(&self, pair: &Pair<'s>, keyword: &str) -> bool {
        match pair.get(keyword) {
            (None, None) => true,
            // A reference is looked up, not read.
            (Some(old), Some(new)) if keyword == "$ref" => {
                old == new && !self.roots.is_shifted(pair.new.node.value)
            }
            (Some(old), Some(new)) => self.is_same_value(old, new),
            _ => false,
        }
    }

    /// All schemas that a value of `object` is held to besides its keywords: `$ref` and `allOf`, each with its pointer.
    pub(super) fn conjuncts(
        &self,
        object: Object<'s>,
        pointer: &str,
    ) -> Option<Vec<(Node<'s>, String)>> {
        let listed = object.list("allOf").into_iter().enumerate();
        let mut all: Vec<_> =
            listed.map(|(i, node)| (node, join(pointer, &["allOf", &i.to_string()]))).collect();
        if let Some(reference) = object.text("$ref") {
            all.push(self.target(object, reference)?);
        }
        Some(all)
    }
}
