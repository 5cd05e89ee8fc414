//! What is particular to Google: declarations in a list inside of a tool, and parameters in the dialect of OpenAPI 3.0,
//! with `"type": "STRING"` and `"nullable": true`.

use super::Problem;
use serde_json::{Map, Value, json};

type Members = Map<String, Value>;

/// The member that holds a real JSON Schema in place of `parameters`.
pub(super) const JSON_SCHEMA: &str = "parametersJsonSchema";

/// Keywords whose value is a schema.
const SCHEMA: [&str; 9] = [
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedProperties",
];
/// Keywords whose value is a list of schemas.
const SCHEMAS: [&str; 4] = ["anyOf", "oneOf", "allOf", "prefixItems"];
/// Keywords whose value is an object of schemas.
const NAMED_SCHEMAS: [&str; 5] =
    ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];

/// The declarations of a tool that holds a list of them, with their paths; `None` if the tool is itself a declaration.
pub(super) fn declarations<'a>(
    tool: &'a Members,
    path: &str,
) -> Option<Vec<Result<(String, &'a Members), Problem>>> {
    let (name, value) = ["functionDeclarations", "function_declarations"]
        .into_iter()
        .find_map(|name| Some((name, tool.get(name)?)))?;
    // Tools of the vendor's own, such as a search, would get lost.
    if let Some(other) = tool.keys().find(|other| *other != name) {
        let what = "is no function declaration and cannot become a collection";
        return Some(vec![Err(Problem::at(format!("{path}.{other}"), what))]);
    }
    let path = format!("{path}.{name}");
    let Some(declarations) = value.as_array() else {
        return Some(vec![Err(Problem::at(path, "must be a list"))]);
    };
    let at = |(i, declaration): (usize, &'a Value)| {
        let path = format!("{path}[{i}]");
        match declaration.as_object() {
            Some(members) => Ok((path, members)),
            None => Err(Problem::at(path, "must be an object")),
        }
    };
    Some(declarations.iter().enumerate().map(at).collect())
}

/// The JSON Schema of parameters.
pub(super) fn read(schema: &Members) -> Members {
    read_keywords(translate(schema, read))
}

/// The parameters of a JSON Schema.
pub(super) fn write(schema: &Members) -> Members {
    write_keywords(translate(schema, write))
}

/// Whether a schema says no more than that there are no parameters. Google refuses an object without properties.
pub(super) fn is_without_parameters(schema: &Members) -> bool {
    schema.iter().all(|(name, value)| match name.as_str() {
        "type" => value == "object",
        "properties" => value.as_object().is_some_and(Map::is_empty),
        "required" => value.as_array().is_some_and(Vec::is_empty),
        "additionalProperties" => value == &Value::Bool(false),
        _ => false,
    })
}

/// The schema with all schemas directly below it translated. Other values, such as a `default`, are no schemas.
fn translate(schema: &Members, each: fn(&Members) -> Members) -> Members {
    let one = |value: &Value| match value {
        Value::Object(schema) => Value::Object(each(schema)),
        other => other.clone(),
    };
    let below = |(name, value): (&String, &Value)| {
        let keyword = name.as_str();
        let translated = match value {
            Value::Object(_) if SCHEMA.contains(&keyword) => one(value),
            Value::Array(schemas) if SCHEMAS.contains(&keyword) => {
                schemas.iter().map(one).collect()
            }
            Value::Object(schemas) if NAMED_SCHEMAS.contains(&keyword) => {
                schemas.iter().map(|(name, schema)| (name.clone(), one(schema))).collect()
            }
            other => other.clone(),
        };
        (name.clone(), translated)
    };
    schema.iter().map(below).collect()
}

fn read_keywords(mut schema: Members) -> Members {
    if let Some(Value::String(kind)) = schema.get_mut("type")
        && let Some(name) = json_type(kind)
    {
        *kind = name;
    }
    if schema.get("nullable") == Some(&Value::Bool(true))
        && let Some(Value::String(kind)) = schema.get("type")
    {
        let types = json!([kind, "null"]);
        schema.insert("type".to_owned(), types);
        schema.shift_remove("nullable");
        if let Some(Value::Array(values)) = schema.get_mut("enum")
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
    }
    schema
}

/// The type of JSON Schema for one in upper case.
fn json_type(kind: &str) -> Option<String> {
    matches!(kind, "STRING" | "NUMBER" | "INTEGER" | "BOOLEAN" | "ARRAY" | "OBJECT" | "NULL")
        .then(|| kind.to_ascii_lowercase())
}

/// Writes a type or null as `nullable`, if reading it gives the schema again: an exported schema must not change when
/// it comes back.
fn write_keywords(schema: Members) -> Members {
    let Some([kind, null]) = schema.get("type").and_then(Value::as_array).map(Vec::as_slice) else {
        return schema;
    };
    if null != "null" {
        return schema;
    }
    let mut written = schema.clone();
    written.insert("type".to_owned(), kind.clone());
    written.insert("nullable".to_owned(), Value::Bool(true));
    if let Some(Value::Array(values)) = written.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if read_keywords(written.clone()) == schema { written } else { schema }
}
