//! A JSON Schema from sample documents: the narrowest one of a simple kind that accepts all of them.
//!
//! Memory is bounded however many documents there are and whatever they hold, and the schema stays within the limits of
//! schemas ([`limits::SCHEMA_BYTES_MAX`], [`limits::SCHEMA_DEPTH_MAX`]). What does not fit is left open.

mod node;
mod object;
mod text;

use crate::limits;
use node::Node;
use serde_json::{Value, json};

/// An object with more distinct keys than this is a map: one schema for all its values.
const KEYS_MAX: usize = 64;
/// Memory for all places of the documents, as estimated by [`NODE_BYTES`].
const MEMORY_BYTES_MAX: usize = 16 * limits::MIB;
/// More than a place takes in memory, but for its name: the node, its share of a hash table, values of an `enum`.
const NODE_BYTES: usize = 1 << 10;
/// Deepest level of a node: two more levels are in its own `type` and `required`.
const NODE_DEPTH_MAX: usize = limits::SCHEMA_DEPTH_MAX - 2;

/// Infers a JSON Schema (2020-12) from documents that are shown to it one after the other.
#[derive(Clone, Debug, Default)]
pub struct Inference {
    root: Node,
    budget: Budget,
}

impl Inference {
    /// Widens the schema so that it accepts `document`.
    pub fn add(&mut self, document: &Value) {
        self.root.add(document, 0, &mut self.budget);
    }

    /// The schema so far; before the first document any object. If all of it is too large, it says nothing of `enum`, nor
    /// of the deepest places.
    pub fn schema(&self) -> Value {
        if self.root.is_unseen() {
            return json!({"type": "object"});
        }
        let render = |view| Value::Object(self.root.schema(view));
        let full = render(View { enums: true, levels: NODE_DEPTH_MAX });
        if fits(&full) {
            return full;
        }
        let mut schema = render(View { enums: false, levels: 0 });
        for levels in 1..=NODE_DEPTH_MAX {
            let deeper = render(View { enums: false, levels });
            if deeper == schema || !fits(&deeper) {
                break;
            }
            schema = deeper;
        }
        schema
    }
}

fn fits(schema: &Value) -> bool {
    schema.to_string().len() <= limits::SCHEMA_BYTES_MAX
}

/// How much of the nodes a schema shows.
#[derive(Clone, Copy, Debug)]
struct View {
    /// Whether it shows `enum`.
    enums: bool,
    /// Levels of nodes below this one.
    levels: usize,
}

impl View {
    /// The view of the nodes below, if they are shown.
    fn below(self) -> Option<Self> {
        Some(Self { levels: self.levels.checked_sub(1)?, ..self })
    }
}

/// Bytes of memory that new nodes may still take.
#[derive(Clone, Debug)]
struct Budget {
    left: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: MEMORY_BYTES_MAX }
    }
}

impl Budget {
    /// Takes `bytes` for a node at `depth`; whether there was room.
    fn take(&mut self, bytes: usize, depth: usize) -> bool {
        let room = depth <= NODE_DEPTH_MAX && bytes <= self.left;
        if room {
            self.left -= bytes;
        }
        room
    }

    fn give_back(&mut self, bytes: usize) {
        self.left += bytes;
    }
}
