//! What was seen at one place of the documents.

use super::{Budget, NODE_BYTES, View, object::Objects, text::Texts};
use serde_json::{Map, Number, Value};

/// The union of all values at one place.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    null: bool,
    boolean: bool,
    integer: bool,
    float: bool,
    texts: Option<Texts>,
    arrays: Option<Items>,
    objects: Option<Objects>,
}

/// The elements of all arrays at one place.
#[derive(Clone, Debug)]
enum Items {
    /// Only empty arrays were seen.
    Unseen,
    /// The union of the elements.
    One(Box<Node>),
    /// There was no room for them.
    Any,
}

impl Node {
    /// Widens the node by one value, `depth` levels below the root of the schema.
    pub(super) fn add(&mut self, value: &Value, depth: usize, budget: &mut Budget) {
        match value {
            Value::Null => self.null = true,
            Value::Bool(_) => self.boolean = true,
            Value::Number(number) => self.add_number(number),
            Value::String(text) => self.texts.get_or_insert_default().add(text),
            Value::Array(elements) => {
                self.arrays.get_or_insert(Items::Unseen).add(elements, depth + 1, budget);
            }
            Value::Object(members) => {
                self.objects.get_or_insert_default().add(members, depth + 2, budget);
            }
        }
    }

    fn add_number(&mut self, number: &Number) {
        if number.is_f64() {
            self.float = true;
        } else {
            self.integer = true;
        }
    }

    /// Widens the node by all that another one has seen.
    pub(super) fn merge(&mut self, other: Self) {
        self.null |= other.null;
        self.boolean |= other.boolean;
        self.integer |= other.integer;
        self.float |= other.float;
        merge_option(&mut self.texts, other.texts, Texts::merge);
        merge_option(&mut self.arrays, other.arrays, Items::merge);
        merge_option(&mut self.objects, other.objects, Objects::merge);
    }

    /// Bytes of the budget that the node and those below it hold.
    pub(super) fn bytes(&self) -> usize {
        let items = match &self.arrays {
            Some(Items::One(node)) => node.bytes(),
            Some(Items::Unseen | Items::Any) | None => 0,
        };
        NODE_BYTES + items + self.objects.as_ref().map_or(0, Objects::bytes)
    }

    /// Whether no value was added.
    pub(super) fn is_unseen(&self) -> bool {
        self.types().is_empty()
    }

    /// The JSON Schema of the node.
    pub(super) fn schema(&self, view: View) -> Map<String, Value> {
        let mut schema = Map::new();
        let types = self.types();
        match types.as_slice() {
            [] => return schema,
            [one] => schema.insert("type".to_owned(), Value::from(*one)),
            many => schema.insert("type".to_owned(), Value::from(many)),
        };
        if let Some(texts) = &self.texts {
            let only_texts = types.iter().all(|name| matches!(*name, "string" | "null"));
            texts.describe(&mut schema, view.enums && only_texts, self.null);
        }
        if let Some(below) = view.below() {
            if let Some(Items::One(items)) = &self.arrays {
                schema.insert("items".to_owned(), Value::Object(items.schema(below)));
            }
            if let Some(objects) = &self.objects {
                objects.describe(&mut schema, below);
            }
        }
        schema
    }

    fn types(&self) -> Vec<&'static str> {
        let seen = [
            (self.objects.is_some(), "object"),
            (self.arrays.is_some(), "array"),
            (self.texts.is_some(), "string"),
            (self.float, "number"),
            (self.integer && !self.float, "integer"),
            (self.boolean, "boolean"),
            (self.null, "null"),
        ];
        seen.into_iter().filter_map(|(seen, name)| seen.then_some(name)).collect()
    }
}

impl Items {
    fn add(&mut self, elements: &[Value], depth: usize, budget: &mut Budget) {
        if elements.is_empty() {
            return;
        }
        if matches!(self, Self::Unseen) {
            *self =
                if budget.take(NODE_BYTES, depth) { Self::One(Box::default()) } else { Self::Any };
        }
        if let Self::One(node) = self {
            elements.iter().for_each(|element| node.add(element, depth, budget));
        }
    }

    fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Any, _) | (_, Self::Unseen) => {}
            (Self::One(node), Self::One(other)) => node.merge(*other),
            (this, other) => *this = other,
        }
    }
}

fn merge_option<T>(this: &mut Option<T>, other: Option<T>, merge: impl FnOnce(&mut T, T)) {
    match (this, other) {
        (_, None) => {}
        (Some(this), Some(other)) => merge(this, other),
        (this, other) => *this = other,
    }
}
