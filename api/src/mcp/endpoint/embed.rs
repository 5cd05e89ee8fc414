//! The schema of a collection as part of a tool's schema: references lead to where it stands, and one that is long is sent
//! shallow.

use serde_json::{Map, Value, json};

/// Length of a schema, as JSON text, above which only its top level is sent: about 1,500 tokens.
pub(super) const SCHEMA_BYTES_MAX: usize = 6_000;
/// Longest text of a shallow schema that says what a member is.
const ABOUT_CHARS_MAX: usize = 80;

/// The schema for `data` of a tool that writes whole documents.
pub(super) fn whole(schema: &Value) -> Value {
    embedded(schema.clone())
}

/// The schema for `data` of a tool that changes some members: none is required.
pub(super) fn partial(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(members) = schema.as_object_mut() {
        for keyword in [
            "required",
            "dependentRequired",
            "minProperties",
            "if",
            "then",
            "else",
            "allOf",
            "anyOf",
            "oneOf",
            "not",
        ] {
            members.remove(keyword);
        }
    }
    embedded(schema)
}

fn embedded(mut schema: Value) -> Value {
    let Some(members) = schema.as_object_mut() else { return json!({"type": "object"}) };
    for keyword in ["$schema", "$id", "$anchor", "title"] {
        members.remove(keyword);
    }
    members.retain(|name, _| !name.starts_with("x-rekor"));
    members.entry("type").or_insert_with(|| json!("object"));
    if schema.to_string().len() > SCHEMA_BYTES_MAX {
        return shallow(&schema);
    }
    refer(&mut schema);
    schema
}

/// Makes references within the schema lead below `/properties/data`.
fn refer(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(target) if name == "$ref" || name == "$dynamicRef" => {
                        if let Some(rest) = target.strip_prefix('#') {
                            *target = format!("#/properties/data{rest}");
                        }
                    }
                    other => refer(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(refer),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The top level: names with types, and the start of what is said about them.
fn shallow(schema: &Value) -> Value {
    let members = schema.get("properties").and_then(Value::as_object);
    let brief = |rule: &Value| {
        let mut out = Map::new();
        if let Some(kind) = rule.get("type") {
            out.insert("type".to_owned(), kind.clone());
        }
        if let Some(about) = rule.get("description").and_then(Value::as_str) {
            let short: String = about.chars().take(ABOUT_CHARS_MAX).collect();
            out.insert("description".to_owned(), Value::from(short));
        }
        Value::Object(out)
    };
    let properties: Map<String, Value> =
        members.into_iter().flatten().map(|(name, rule)| (name.clone(), brief(rule))).collect();
    let mut out = json!({
        "type": "object",
        "description": "Only the top level; what is wrong below it is said when it is written.",
        "properties": properties,
    });
    if let (Some(required), Some(members)) = (schema.get("required"), out.as_object_mut()) {
        members.insert("required".to_owned(), required.clone());
    }
    // Thousands of members are too many even so.
    if out.to_string().len() > SCHEMA_BYTES_MAX {
        return json!({"type": "object", "description": "What is wrong is said when it is written."});
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lead_to_where_the_schema_stands() {
        let schema = json!({"$id": "https://x/y", "type": "object", "required": ["a"],
            "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"type": "string"}}});
        let tool = |data: Value| json!({"type": "object", "properties": {"data": data}});
        for data in [whole(&schema), partial(&schema)] {
            let compiled = rekor_core::schema::Schema::compile(&tool(data)).unwrap();
            assert!(compiled.validate(&json!({"data": {"a": "x"}})).is_ok());
            assert!(compiled.validate(&json!({"data": {"a": 1}})).is_err());
        }
        assert!(partial(&schema).get("required").is_none());
    }

    #[test]
    fn long_schemas_are_shallow() {
        let member = |n: usize| {
            (
                format!("m{n}"),
                json!({"type": "string", "description": "d".repeat(200), "enum": ["a"]}),
            )
        };
        let schema = json!({"type": "object", "required": ["m1"], "properties": (0..40).map(member).collect::<Map<_, _>>()});
        let sent = whole(&schema);
        assert!(sent.to_string().len() <= SCHEMA_BYTES_MAX);
        assert_eq!(sent["properties"]["m1"]["type"], "string");
        let wide = json!({"properties": (0..4_000).map(member).collect::<Map<_, _>>()});
        assert!(whole(&wide).to_string().len() < 200);
    }
}
