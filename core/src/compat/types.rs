//! Sets of JSON types. Whole numbers and fractions are two types here, so that `integer` lies within `number`.

use super::{
    place::{Node, Object},
    value,
    walk::Walk,
};
use serde_json::Value;

/// How deep combinations of schemas are looked into for types.
const LEVEL_MAX: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Types(u8);

impl Types {
    pub(super) const NONE: Self = Self(0);
    pub(super) const NULL: Self = Self(1);
    pub(super) const BOOLEAN: Self = Self(2);
    pub(super) const OBJECT: Self = Self(4);
    pub(super) const ARRAY: Self = Self(8);
    pub(super) const STRING: Self = Self(16);
    pub(super) const INTEGER: Self = Self(32);
    pub(super) const FRACTION: Self = Self(64);
    pub(super) const NUMBER: Self = Self(96);
    pub(super) const ALL: Self = Self(127);

    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::NULL,
            "boolean" => Self::BOOLEAN,
            "object" => Self::OBJECT,
            "array" => Self::ARRAY,
            "string" => Self::STRING,
            "integer" => Self::INTEGER,
            "number" => Self::NUMBER,
            _ => return None,
        })
    }

    /// What the keyword `type` says; `None` if it is malformed.
    pub(super) fn declared(keyword: &Value) -> Option<Self> {
        match keyword {
            Value::String(name) => Self::named(name),
            Value::Array(names) => names.iter().try_fold(Self::NONE, |types, name| {
                Some(types.union(Self::named(name.as_str()?)?))
            }),
            _ => None,
        }
    }

    /// Types that a value may be said to have: numbers beyond exact floating point may be said to have a fraction.
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::NULL,
            Value::Bool(_) => Self::BOOLEAN,
            Value::Object(_) => Self::OBJECT,
            Value::Array(_) => Self::ARRAY,
            Value::String(_) => Self::STRING,
            Value::Number(number) if value::integer(number).is_some() => Self::INTEGER,
            Value::Number(number) => {
                let has_fraction = number.as_f64().is_some_and(|float| float.fract() != 0.0);
                if has_fraction { Self::FRACTION } else { Self::NUMBER }
            }
        }
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn meet(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn is_within(self, other: Self) -> bool {
        self.without(other).is_empty()
    }
}

impl<'s> Object<'s> {
    /// What the keyword `type` allows.
    pub(super) fn declared_types(self) -> Types {
        self.get("type").and_then(Types::declared).unwrap_or(Types::ALL)
    }

    /// The only values that `enum`, `const` and `type` leave, or more; `None` if they are not listed.
    pub(super) fn values(self) -> Option<Vec<&'s Value>> {
        let constant = self.get("const");
        let listed = match self.get("enum").and_then(Value::as_array) {
            Some(listed) => listed.iter().collect(),
            None => vec![constant?],
        };
        let types = self.declared_types();
        let may_be = |value: &&Value| {
            !Types::of(value).meet(types).is_empty()
                && constant.is_none_or(|only| value::equal(value, only) != Some(false))
        };
        Some(listed.into_iter().filter(may_be).collect())
    }

    /// Whether `enum` and `const` surely allow a value.
    pub(super) fn lists(self, value: &Value) -> bool {
        let is = |other: &Value| value::equal(value, other) == Some(true);
        self.get("enum").and_then(Value::as_array).is_none_or(|listed| listed.iter().any(is))
            && self.get("const").is_none_or(is)
    }
}

impl<'s> Walk<'s> {
    /// All types of the values that match a schema, or more.
    pub(super) fn types(&mut self, node: Node<'s>) -> Types {
        self.types_at(node, 0)
    }

    fn types_at(&mut self, node: Node<'s>, level: usize) -> Types {
        if node.is_nothing() {
            return Types::NONE;
        }
        if let Some(types) = self.types.get(&node.address()) {
            return *types;
        }
        if level > LEVEL_MAX || !self.spend(1) {
            return Types::ALL;
        }
        let Some(object) = node.object() else { return Types::ALL };
        let types = self.types_of_object(object, level + 1);
        self.types.insert(node.address(), types);
        types
    }

    fn types_of_object(&mut self, object: Object<'s>, level: usize) -> Types {
        let mut types = object.declared_types();
        if let Some(values) = object.values() {
            let listed = values.into_iter().map(Types::of).fold(Types::NONE, Types::union);
            types = types.meet(listed);
        }
        if let Some((target, _)) = object.text("$ref").and_then(|r| self.target(object, r)) {
            types = types.meet(self.types_at(target, level));
        }
        for branch in object.list("allOf") {
            types = types.meet(self.types_at(branch, level));
        }
        for keyword in ["anyOf", "oneOf"] {
            let branches = object.list(keyword);
            if !branches.is_empty() {
                let each = branches.into_iter().map(|branch| self.types_at(branch, level));
                types = types.meet(each.fold(Types::NONE, Types::union));
            }
        }
        types
    }
}
