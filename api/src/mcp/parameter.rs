//! The parameters of tools: their JSON types, what tools say about them, and an example for whoever gets one wrong.

use serde_json::{Map, Value, json, value::RawValue};

/// The JSON type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A string.
    Text,
    /// A whole number that is not negative.
    Count,
    /// A boolean.
    Flag,
    /// An object; also as JSON text, as some agents send it.
    Object,
    /// An array of objects; also as JSON text.
    Objects,
    /// An array of strings; also as JSON text.
    Texts,
}

impl Kind {
    /// The kind for people, as in "expected …".
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Count => "a whole number of at least 0",
            Self::Flag => "true or false",
            Self::Object => "an object",
            Self::Objects => "an array of objects",
            Self::Texts => "an array of strings",
        }
    }

    /// Whether a value, as JSON text, is of the kind.
    pub(super) fn holds(self, json: &str) -> bool {
        let all = |opening: char| {
            let items: Option<Vec<&RawValue>> = serde_json::from_str(json).ok();
            items.is_some_and(|items| items.iter().all(|item| item.get().starts_with(opening)))
        };
        match self {
            Self::Text => json.starts_with('"'),
            Self::Count => json.parse::<u64>().is_ok(),
            Self::Flag => matches!(json, "true" | "false"),
            Self::Object => json.starts_with('{'),
            Self::Objects => all('{'),
            Self::Texts => all('"'),
        }
    }

    /// Whether a string in its place is read as JSON text.
    pub(super) fn may_be_text(self) -> bool {
        self != Self::Text
    }

    fn schema(self) -> Map<String, Value> {
        let schema = match self {
            Self::Text => json!({"type": "string"}),
            Self::Count => json!({"type": "integer"}),
            Self::Flag => json!({"type": "boolean"}),
            Self::Object => json!({"type": "object"}),
            Self::Objects => json!({"type": "array", "items": {"type": "object"}}),
            Self::Texts => json!({"type": "array", "items": {"type": "string"}}),
        };
        if let Value::Object(members) = schema { members } else { Map::new() }
    }
}

/// A parameter of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    /// Its name in arguments.
    pub name: &'static str,
    /// Its JSON type.
    pub kind: Kind,
    /// What the tool says about it; empty where the name says it.
    pub about: &'static str,
    /// A valid value, as JSON text.
    pub example: &'static str,
}

impl Parameter {
    /// Its JSON Schema.
    pub(super) fn schema(&self) -> Value {
        let mut schema = self.kind.schema();
        if !self.about.is_empty() {
            schema.insert("description".to_owned(), Value::from(self.about));
        }
        Value::Object(schema)
    }
}

const fn parameter(
    name: &'static str,
    kind: Kind,
    about: &'static str,
    example: &'static str,
) -> Parameter {
    Parameter { name, kind, about, example }
}

pub(super) const DATABASE: Parameter = parameter("database_id", Kind::Text, "", "\"shop\"");
pub(super) const NAME: Parameter = parameter("name", Kind::Text, "", "\"Shop\"");
pub(super) const SLUG: Parameter =
    parameter("name", Kind::Text, "Display name; for create_preview the slug", "\"draft\"");
pub(super) const DESCRIPTION: Parameter =
    parameter("description", Kind::Text, "", "\"Orders of the shop\"");
pub(super) const TAGS: Parameter = parameter("tags", Kind::Texts, "", "[\"client:acme\"]");
pub(super) const TAG: Parameter = parameter("tag", Kind::Text, "", "\"client:acme\"");
pub(super) const FROM: Parameter = parameter("from", Kind::Text, "The preview", "\"shop--draft\"");
pub(super) const PRUNE: Parameter =
    parameter("prune", Kind::Flag, "Also remove what the preview lacks", "false");
pub(super) const PROMOTION: Parameter = parameter("promotion_id", Kind::Text, "", "\"0199…\"");
pub(super) const LIMIT: Parameter = parameter("limit", Kind::Count, "", "50");
pub(super) const OFFSET: Parameter = parameter("offset", Kind::Count, "", "0");
pub(super) const EXPECTED: Parameter = parameter(
    "expected_version",
    Kind::Count,
    "Fail unless this is the version now; 0: must not exist",
    "3",
);
pub(super) const COLLECTION: Parameter = parameter("collection", Kind::Text, "", "\"invoices\"");
pub(super) const SCHEMA: Parameter = parameter(
    "json_schema",
    Kind::Object,
    "JSON Schema of data",
    "{\"type\":\"object\",\"properties\":{\"amount\":{\"type\":\"number\"}}}",
);
pub(super) const ICON: Parameter = parameter("icon", Kind::Text, "", "\"receipt\"");
pub(super) const COLOR: Parameter = parameter("color", Kind::Text, "", "\"#336699\"");
pub(super) const DOCUMENT: Parameter = parameter("document_id", Kind::Text, "", "\"0199…\"");
pub(super) const EXTERNAL_ID: Parameter =
    parameter("external_id", Kind::Text, "Your own key, instead of document_id", "\"INV-1\"");
pub(super) const EXTERNAL_SOURCE: Parameter =
    parameter("external_source", Kind::Text, "Scope of external_id", "\"stripe\"");
pub(super) const DATA: Parameter = parameter("data", Kind::Object, "", "{\"amount\":120}");
pub(super) const CANCELLED: Parameter =
    parameter("cancelled", Kind::Flag, "false takes a cancellation back", "false");
pub(super) const DELETED: Parameter = parameter("include_deleted", Kind::Flag, "", "true");
pub(super) const FILTER: Parameter = parameter(
    "filter",
    Kind::Object,
    "{field,op,value}, or {and:[…]}, {or:[…]}. field: data.<path> or id, external_id, version, created_at, updated_at. op: eq neq gt gte lt lte in not_in like ilike is_null is_not_null has",
    "{\"field\":\"data.amount\",\"op\":\"gt\",\"value\":100}",
);
pub(super) const SORT: Parameter = parameter(
    "sort",
    Kind::Objects,
    "[{field,direction}]",
    "[{\"field\":\"data.amount\",\"direction\":\"desc\"}]",
);
pub(super) const FIELDS: Parameter =
    parameter("fields", Kind::Texts, "Show only these", "[\"data.amount\"]");
pub(super) const CURSOR: Parameter =
    parameter("cursor", Kind::Text, "meta.next_cursor of the page before", "\"…\"");
pub(super) const QUERY: Parameter = parameter(
    "query",
    Kind::Text,
    "",
    "\"SELECT data.status.:String AS status, count() AS n FROM documents WHERE collection = 'invoices' AND deleted = false GROUP BY status\"",
);
pub(super) const PARAMS: Parameter =
    parameter("params", Kind::Object, "Values of {name:Type} in the query", "{\"min\":100}");
pub(super) const RELATIONSHIP: Parameter =
    parameter("relationship_id", Kind::Text, "", "\"0199…\"");
pub(super) const REL_TYPE: Parameter = parameter("rel_type", Kind::Text, "", "\"pays\"");
pub(super) const SOURCE_COLLECTION: Parameter =
    parameter("source_collection", Kind::Text, "", "\"payments\"");
pub(super) const SOURCE_ID: Parameter =
    parameter("source_id", Kind::Text, "Or source_external_id", "\"0199…\"");
pub(super) const SOURCE_EXTERNAL_ID: Parameter =
    parameter("source_external_id", Kind::Text, "", "\"PAY-1\"");
pub(super) const TARGET_COLLECTION: Parameter =
    parameter("target_collection", Kind::Text, "", "\"invoices\"");
pub(super) const TARGET_ID: Parameter =
    parameter("target_id", Kind::Text, "Or target_external_id", "\"0199…\"");
pub(super) const TARGET_EXTERNAL_ID: Parameter =
    parameter("target_external_id", Kind::Text, "", "\"INV-1\"");
pub(super) const DATA_SCHEMA: Parameter = parameter(
    "data_schema",
    Kind::Object,
    "upsert_type: JSON Schema of data",
    "{\"type\":\"object\"}",
);
pub(super) const SOURCE_COLLECTIONS: Parameter =
    parameter("source_collections", Kind::Texts, "upsert_type: allowed ends", "[\"payments\"]");
pub(super) const TARGET_COLLECTIONS: Parameter =
    parameter("target_collections", Kind::Texts, "", "[\"invoices\"]");
pub(super) const DIRECTION: Parameter =
    parameter("direction", Kind::Text, "outgoing, incoming or both", "\"outgoing\"");
pub(super) const DEPTH: Parameter = parameter("depth", Kind::Count, "Steps, 1 to 5", "1");
pub(super) const OPERATIONS: Parameter = parameter(
    "operations",
    Kind::Objects,
    "{type:upsert_document,collection,data,id?,external_id?,external_source?}, {type:delete_document,collection,id|external_id}, {type:upsert_relationship,rel_type,source_collection,source_id|source_external_id,target_collection,target_id|target_external_id,data?}, {type:delete_relationship,id}; in previews {type:upsert_collection,id,json_schema}, {type:delete_collection,id}",
    "[{\"type\":\"upsert_document\",\"collection\":\"invoices\",\"data\":{\"amount\":120},\"external_id\":\"INV-1\"}]",
);
pub(super) const PROVIDER: Parameter =
    parameter("provider", Kind::Text, "openai, anthropic, google or mcp", "\"openai\"");
pub(super) const TOOLS: Parameter = parameter(
    "tools",
    Kind::Objects,
    "",
    "[{\"name\":\"create_invoice\",\"input_schema\":{\"type\":\"object\"}}]",
);
pub(super) const COLLECTION_IDS: Parameter =
    parameter("collection_ids", Kind::Texts, "All, if absent", "[\"invoices\"]");
pub(super) const CALL_DATA: Parameter = parameter(
    "call_data",
    Kind::Object,
    "The call, as the vendor writes it",
    "{\"arguments\":{\"amount\":120}}",
);
