//! What a collection has no place for, in an annotation of its JSON Schema.

use super::Provider;
use serde_json::{Map, Value};

/// The annotation at the root of a JSON Schema that keeps what only the tool's vendor knows:
/// `{"<provider>": {"name", "schema", "members", "outer"}}`, each only if there is something to keep.
pub const ANNOTATION: &str = "x-rekor-provider";

/// What is kept of one tool.
#[derive(Default)]
pub(super) struct Kept {
    /// The tool's name, if the collection's id would give another one.
    pub(super) name: Option<String>,
    /// The members that hold the schema, if writing the schema would give others.
    pub(super) schema: Option<Map<String, Value>>,
    /// Other members of the tool.
    pub(super) members: Map<String, Value>,
    /// Other members of the object around the tool.
    pub(super) outer: Map<String, Value>,
}

impl Kept {
    /// Adds the annotation to a schema, if there is anything to keep.
    pub(super) fn write(self, provider: Provider, schema: &mut Map<String, Value>) {
        let mut entry = Map::new();
        if let Some(name) = self.name {
            entry.insert("name".to_owned(), Value::from(name));
        }
        if let Some(members) = self.schema {
            entry.insert("schema".to_owned(), Value::Object(members));
        }
        for (name, members) in [("members", self.members), ("outer", self.outer)] {
            if !members.is_empty() {
                entry.insert(name.to_owned(), Value::Object(members));
            }
        }
        if !entry.is_empty() {
            let annotation = Map::from_iter([(provider.as_str().to_owned(), Value::Object(entry))]);
            schema.insert(ANNOTATION.to_owned(), Value::Object(annotation));
        }
    }

    /// Takes the annotation out of a schema. Users may write schemas, so that any part may be missing or odd; an odd part
    /// is nothing kept.
    pub(super) fn take(schema: &mut Map<String, Value>) -> Option<(Provider, Self)> {
        let mut annotation = schema.shift_remove(ANNOTATION)?;
        let (name, entry) = annotation.as_object_mut()?.iter_mut().next()?;
        let provider = Provider::parse(name).ok()?;
        let entry = entry.as_object_mut()?;
        let mut object = |name: &str| match entry.get_mut(name).map(Value::take) {
            Some(Value::Object(members)) => Some(members),
            _ => None,
        };
        let schema = object("schema");
        let members = object("members").unwrap_or_default();
        let outer = object("outer").unwrap_or_default();
        let name = entry.get("name").and_then(Value::as_str).map(str::to_owned);
        Some((provider, Self { name, schema, members, outer }))
    }
}
