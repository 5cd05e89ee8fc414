//! Where a comparison is: nodes of the two schemas, a pointer into the new one, and the value of stored rows it is about.

use serde_json::{Map, Value};
use std::sync::LazyLock;

/// What an absent schema means.
pub(super) static ANY: LazyLock<Value> = LazyLock::new(|| Value::Object(Map::new()));
/// The schema that nothing matches.
pub(super) static NOTHING: Value = Value::Bool(false);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Old,
    New,
}

/// A subschema, and in which of the two schemas its references are looked up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'s> {
    pub(super) value: &'s Value,
    pub(super) side: Side,
}

impl<'s> Node<'s> {
    /// Identity of the node: both schemas are borrowed for as long as they are compared.
    pub(super) fn address(self) -> usize {
        address(self.value)
    }

    /// Whether it is written as a schema that everything matches.
    pub(super) fn is_any(self) -> bool {
        match self.value {
            Value::Bool(any) => *any,
            Value::Object(members) => members.keys().all(|name| super::keyword::is_passive(name)),
            _ => false,
        }
    }

    pub(super) fn is_nothing(self) -> bool {
        *self.value == NOTHING
    }

    /// The node as a set of keywords; `None` for `false` and for what is no schema.
    pub(super) fn object(self) -> Option<Object<'s>> {
        match self.value {
            Value::Bool(true) => Some(Object { node: self, members: ANY.as_object()? }),
            Value::Object(members) => Some(Object { node: self, members }),
            _ => None,
        }
    }
}

/// Address of a node within its schema.
pub(super) fn address(value: &Value) -> usize {
    std::ptr::from_ref(value).addr()
}

/// A schema object. Malformed keywords read as absent; `keyword` reports them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object<'s> {
    pub(super) node: Node<'s>,
    pub(super) members: &'s Map<String, Value>,
}

impl<'s> Object<'s> {
    pub(super) fn get(self, keyword: &str) -> Option<&'s Value> {
        self.members.get(keyword)
    }

    pub(super) fn has(self, keyword: &str) -> bool {
        self.members.contains_key(keyword)
    }

    pub(super) fn node(self, value: &'s Value) -> Node<'s> {
        Node { value, side: self.node.side }
    }

    /// The schema that everything matches, on this side.
    pub(super) fn any(self) -> Node<'s> {
        self.node(&ANY)
    }

    pub(super) fn schema(self, keyword: &str) -> Option<Node<'s>> {
        self.get(keyword).filter(|v| v.is_object() || v.is_boolean()).map(|v| self.node(v))
    }

    pub(super) fn schema_or_any(self, keyword: &str) -> Node<'s> {
        self.schema(keyword).unwrap_or_else(|| self.any())
    }

    pub(super) fn map(self, keyword: &str) -> &'s Map<String, Value> {
        static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        self.get(keyword).and_then(Value::as_object).unwrap_or(&EMPTY)
    }

    /// The member schema `name` of a keyword that holds several by name.
    pub(super) fn entry(self, keyword: &str, name: &str) -> Option<Node<'s>> {
        self.map(keyword).get(name).map(|value| self.node(value))
    }

    pub(super) fn list(self, keyword: &str) -> Vec<Node<'s>> {
        let elements = self.get(keyword).and_then(Value::as_array);
        elements.into_iter().flatten().map(|value| self.node(value)).collect()
    }

    pub(super) fn text(self, keyword: &str) -> Option<&'s str> {
        self.get(keyword).and_then(Value::as_str)
    }

    /// Names that `required` lists.
    pub(super) fn required(self) -> Vec<&'s str> {
        strings(self.get("required"))
    }
}

/// The strings of a list.
pub(super) fn strings(value: Option<&Value>) -> Vec<&str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The value of stored rows that a probe checks.
#[derive(Clone, Debug)]
pub(super) struct Anchor<'s> {
    pub(super) path: Vec<String>,
    pub(super) schema: &'s Value,
    pub(super) required: bool,
}

/// Where a comparison is.
#[derive(Clone, Debug)]
pub(super) struct Place<'s> {
    /// JSON pointer to the new schema's node.
    pub(super) pointer: String,
    pub(super) anchor: Anchor<'s>,
    /// Whether the server fills members that this object lacks.
    pub(super) is_filled: bool,
    /// How deep in the document: only a reference that comes back deeper is well-founded.
    pub(super) depth: usize,
    is_fixed: bool,
}

impl<'s> Place<'s> {
    pub(super) fn root(schema: &'s Value) -> Self {
        Self {
            pointer: String::new(),
            anchor: Anchor { path: Vec::new(), schema, required: true },
            is_filled: true,
            depth: 0,
            is_fixed: false,
        }
    }

    /// Where nothing is shown, so that only the depth counts.
    pub(super) fn asked(schema: &'s Value, depth: usize) -> Self {
        Self { depth, ..Self::root(schema) }
    }

    /// The same value, at the target of a reference.
    pub(super) fn moved(&self, pointer: Option<String>) -> Self {
        let Some(pointer) = pointer else { return self.clone() };
        Self { pointer, is_filled: false, ..self.clone() }
    }

    /// The same value, held to one more schema.
    pub(super) fn conjunct(&self, steps: &[&str]) -> Self {
        Self { pointer: join(&self.pointer, steps), is_filled: false, ..self.clone() }
    }

    /// The same value, if it is one of those that the schema at `steps` is meant for.
    pub(super) fn branch(&self, steps: &[&str]) -> Self {
        Self { is_fixed: true, ..self.conjunct(steps) }
    }

    /// A value within this one that has no name of its own: probes check the surrounding one.
    pub(super) fn within(&self, steps: &[&str]) -> Self {
        Self { depth: self.depth + 1, ..self.branch(steps) }
    }

    /// The member `name`.
    pub(super) fn member(&self, name: &str, schema: &'s Value, required: bool) -> Self {
        let anchor = self.anchor_of(name, schema, required);
        let inner = self.within(&["properties", name]);
        Self { anchor, is_fixed: self.is_fixed, ..inner }
    }

    /// What a probe of the member `name` checks.
    pub(super) fn anchor_of(&self, name: &str, schema: &'s Value, required: bool) -> Anchor<'s> {
        if self.is_fixed {
            return self.anchor.clone();
        }
        let path = self.anchor.path.iter().cloned().chain([name.to_owned()]).collect();
        Anchor { path, schema, required }
    }
}

/// A JSON pointer with more steps.
pub(super) fn join(pointer: &str, steps: &[&str]) -> String {
    steps.iter().fold(pointer.to_owned(), |mut pointer, step| {
        pointer.push('/');
        pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
        pointer
    })
}

/// Two schema objects that the same value is held to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'s> {
    pub(super) old: Object<'s>,
    pub(super) new: Object<'s>,
}

impl<'s> Pair<'s> {
    /// A keyword before and after.
    pub(super) fn get(self, keyword: &str) -> (Option<&'s Value>, Option<&'s Value>) {
        (self.old.get(keyword), self.new.get(keyword))
    }

    /// Names of the members of both, those of the new one first.
    pub(super) fn names(self, keyword: &str) -> Vec<&'s String> {
        union(self.old.map(keyword), self.new.map(keyword))
    }
}

/// Names of the members of both, those of the new one first.
pub(super) fn union<'s>(
    old: &'s Map<String, Value>,
    new: &'s Map<String, Value>,
) -> Vec<&'s String> {
    new.keys().chain(old.keys().filter(|name| !new.contains_key(*name))).collect()
}
