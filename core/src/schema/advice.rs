//! What would be right in place of what a schema refused: which rule it is, what was given, and an example that is valid.

use crate::error::Detail;
use jsonschema::{ValidationError, error::ValidationErrorKind};
use serde_json::{Map, Number, Value, json};

/// How much of a wrong value is shown.
const GIVEN_CHARS_MAX: usize = 120;
/// Most allowed values and names that are shown.
const CHOICES_MAX: usize = 50;
/// Longest rule that is shown, as JSON text.
const RULE_BYTES_MAX: usize = 2_000;
/// Deepest example.
const EXAMPLE_DEPTH_MAX: usize = 4;

/// Adds `expected`, `given` and `example` to what is said about a problem, as far as they are known.
pub(super) fn advise(detail: Detail, problem: &ValidationError<'_>, schema: &Value) -> Detail {
    let location = problem.schema_path().as_str();
    let (place, keyword) = location.rsplit_once('/').unwrap_or_default();
    let rule = schema.pointer(place).unwrap_or(&Value::Null);
    match problem.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let member = rule.get("properties").and_then(|members| members.get(name));
            let expected = short(&json!({ "property": name, "schema": member }));
            with_example(with(detail, "expected", expected), member, schema)
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let known = rule.get("properties").and_then(Value::as_object);
            let names: Vec<&String> =
                known.into_iter().flat_map(Map::keys).take(CHOICES_MAX).collect();
            detail.with("expected", json!({ "properties": names })).with("given", json!(unexpected))
        }
        ValidationErrorKind::Enum { options } => {
            let options: Vec<&Value> =
                options.as_array().into_iter().flatten().take(CHOICES_MAX).collect();
            let example = options.first().map(|first| (*first).clone());
            let detail = with(detail, "expected", short(&json!({ "enum": options })));
            with(given(detail, problem), "example", example)
        }
        _ => {
            let wanted = schema.pointer(location).map(|value| json!({ keyword: value }));
            let detail = with(detail, "expected", wanted.as_ref().and_then(short));
            with_example(given(detail, problem), Some(rule), schema)
        }
    }
}

fn with(detail: Detail, name: &str, value: Option<Value>) -> Detail {
    match value {
        Some(value) => detail.with(name, value),
        None => detail,
    }
}

fn short(value: &Value) -> Option<Value> {
    (value.to_string().len() <= RULE_BYTES_MAX).then(|| value.clone())
}

fn given(detail: Detail, problem: &ValidationError<'_>) -> Detail {
    let text = problem.instance().to_string();
    let short = text.chars().nth(GIVEN_CHARS_MAX).is_none();
    let given = if short {
        problem.instance().clone().into_owned()
    } else {
        Value::from(format!("{}…", text.chars().take(GIVEN_CHARS_MAX).collect::<String>()))
    };
    detail.with("given", given)
}

fn with_example(detail: Detail, rule: Option<&Value>, schema: &Value) -> Detail {
    with(detail, "example", rule.and_then(|rule| example(rule, schema, 0)))
}

/// A value that is valid under a rule; none if the rule says more than is understood here.
fn example(rule: &Value, schema: &Value, depth: usize) -> Option<Value> {
    let members = rule.as_object().filter(|_| depth <= EXAMPLE_DEPTH_MAX)?;
    if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
        let target = schema.pointer(reference.strip_prefix('#')?)?;
        return (members.len() == 1).then(|| example(target, schema, depth + 1))?;
    }
    let listed = |name: &str| members.get(name).and_then(Value::as_array)?.first();
    let chosen = listed("examples").or_else(|| members.get("const")).or_else(|| listed("enum"));
    if let Some(value) = chosen.or_else(|| members.get("default")) {
        return Some(value.clone());
    }
    if members.keys().any(|name| !is_understood(name)) {
        return None;
    }
    let kind = match members.get("type")? {
        Value::String(kind) => kind.as_str(),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|k| *k != "null")?,
        _ => return None,
    };
    let bound = |name: &str| members.get(name).and_then(Value::as_u64);
    match kind {
        "string" => text(members),
        "number" | "integer" => number(members),
        "boolean" => Some(Value::Bool(true)),
        "array" => {
            let item = || example(members.get("items")?, schema, depth + 1);
            match bound("minItems").unwrap_or(0) {
                0 => Some(item().map_or_else(|| json!([]), |item| json!([item]))),
                1 => item().map(|item| json!([item])),
                _ => None,
            }
        }
        "object" => object(members, schema, depth),
        _ => None,
    }
}

fn is_understood(keyword: &str) -> bool {
    matches!(
        keyword,
        "type"
            | "title"
            | "description"
            | "format"
            | "minLength"
            | "maxLength"
            | "minimum"
            | "maximum"
            | "exclusiveMinimum"
            | "exclusiveMaximum"
            | "items"
            | "minItems"
            | "properties"
            | "required"
            | "additionalProperties"
            | "$schema"
            | "$id"
            | "$comment"
            | "$defs"
    ) || keyword.starts_with("x-")
}

fn text(members: &Map<String, Value>) -> Option<Value> {
    let bound = |name: &str| members.get(name).and_then(Value::as_u64);
    let word = match members.get("format").and_then(Value::as_str) {
        Some("date") => "2026-01-31".to_owned(),
        Some("date-time") => "2026-01-31T12:00:00Z".to_owned(),
        Some("email") => "a@example.com".to_owned(),
        Some("uri") => "https://example.com".to_owned(),
        Some(_) => return None,
        None => "text"
            .repeat(usize::try_from(bound("minLength").unwrap_or(1)).ok()?.min(64).div_ceil(4)),
    };
    let count = word.chars().count() as u64;
    let fits = bound("minLength").is_none_or(|least| count >= least)
        && bound("maxLength").is_none_or(|most| count <= most);
    fits.then(|| Value::from(word))
}

fn number(members: &Map<String, Value>) -> Option<Value> {
    let bound = |name: &str| members.get(name).and_then(Value::as_f64);
    let least = bound("minimum").unwrap_or(f64::NEG_INFINITY);
    let above = bound("exclusiveMinimum").unwrap_or(f64::NEG_INFINITY);
    let most = bound("maximum").unwrap_or(f64::INFINITY);
    let below = bound("exclusiveMaximum").unwrap_or(f64::INFINITY);
    let fits = |n: &f64| *n >= least && *n > above && *n <= most && *n < below;
    let found =
        [1.0, least.ceil(), above.floor() + 1.0, most.floor(), below.ceil() - 1.0, least, most]
            .into_iter()
            .find(|n| n.is_finite() && fits(n))?;
    #[expect(clippy::cast_possible_truncation, reason = "whole, and below 2^53")]
    if found.fract() == 0.0 && found.abs() < 9_007_199_254_740_992.0 {
        return Some(Value::from(found as i64));
    }
    let whole = members.get("type").is_some_and(|kind| kind == "integer");
    if whole { None } else { Number::from_f64(found).map(Value::Number) }
}

/// The required members, each with an example.
fn object(members: &Map<String, Value>, schema: &Value, depth: usize) -> Option<Value> {
    let required = members.get("required").and_then(Value::as_array);
    let pairs = required.into_iter().flatten().map(|name| {
        let name = name.as_str()?;
        let rule = members.get("properties").and_then(|rules| rules.get(name));
        let value = rule.map_or(Some(Value::from("text")), |rule| example(rule, schema, depth + 1));
        Some((name.to_owned(), value?))
    });
    pairs.collect::<Option<Map<String, Value>>>().map(Value::Object)
}

#[cfg(test)]
mod tests {
    use super::{super::Schema, *};

    #[test]
    fn examples_are_valid_under_their_rules() {
        for rule in [
            json!({"type": "string", "minLength": 9}),
            json!({"type": "string", "format": "date"}),
            json!({"type": "integer", "minimum": 10.5}),
            json!({"type": "number", "exclusiveMinimum": 0, "maximum": 0.5}),
            json!({"type": ["null", "integer"], "exclusiveMaximum": -3}),
            json!({"enum": ["draft", "paid"]}),
            json!({"type": "array", "items": {"type": "boolean"}, "minItems": 1}),
            json!({"type": "object", "required": ["a", "b", "c"], "properties": {
                "a": {"type": "object", "required": ["x"], "properties": {"x": {"const": 7}}}, "b": {"$ref": "#/$defs/b"}},
                "$defs": {"b": {"type": "number", "default": 2}}}),
        ] {
            let value = example(&rule, &rule, 0).unwrap_or_else(|| panic!("no example of {rule}"));
            let schema = Schema::compile(&rule).unwrap();
            assert!(schema.validate(&value).is_ok(), "{rule}: {value}");
        }
        for rule in [
            json!({"type": "string", "pattern": "^[A-Z]{3}$"}),
            json!({"anyOf": [{"type": "string"}]}),
            json!({"type": "string", "format": "ipv4"}),
            json!(true),
        ] {
            assert_eq!(example(&rule, &rule, 0), None, "{rule}");
        }
    }

    #[test]
    fn every_problem_says_what_would_be_right() {
        let schema = Schema::compile(&json!({
            "type": "object", "required": ["customer"], "additionalProperties": false,
            "properties": {"customer": {"type": "string"}, "amount": {"type": "number", "minimum": 0},
                "status": {"enum": ["draft", "paid"]}},
        }))
        .unwrap();
        let document = json!({"amount": -5, "status": "sent", "stauts": 1});
        let error = schema.validate(&document).unwrap_err();
        let find = |name: &str, value: Value| {
            error.details.iter().any(|detail| detail.get(name) == Some(&value))
        };
        assert!(find("expected", json!({"property": "customer", "schema": {"type": "string"}})));
        assert!(find("example", json!("text")));
        assert!(find("expected", json!({"minimum": 0})) && find("given", json!(-5)));
        assert!(find("example", json!(1)));
        assert!(
            find("expected", json!({"enum": ["draft", "paid"]})) && find("given", json!("sent"))
        );
        assert!(find("expected", json!({"properties": ["customer", "amount", "status"]})));
    }
}
