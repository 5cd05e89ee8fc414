//! JSON Schema 2020-12 validation of documents.

mod advice;

use crate::{Error, Result, error::Detail, limits, subcolumn::DocPath};
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value};

/// Most errors a validation reports.
const DETAILS_MAX: usize = 20;
/// Largest compiled size of one `pattern`.
const PATTERN_COMPILED_BYTES_MAX: usize = 1 << 20;

/// A compiled JSON Schema. References outside the schema itself are refused, patterns run in linear time.
#[derive(Debug)]
pub struct Schema {
    validator: Validator,
    /// The schema itself, to say what would be right.
    source: Value,
    trivial: bool,
    cluster_by: Vec<DocPath>,
    defaults: Vec<(String, Value)>,
}

impl Schema {
    /// Compiles a schema.
    ///
    /// # Errors
    /// Validation: too large, too deep, no valid JSON Schema, a remote reference, or a bad `x-rekor-cluster-by`.
    pub fn compile(schema: &Value) -> Result<Self> {
        check_limits(schema)?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_COMPILED_BYTES_MAX))
            .build(schema)
            .map_err(|error| {
                let path = error.instance_path().to_string();
                Error::validation(format!("The JSON Schema is not valid: {error}."))
                    .with_detail(Detail::at(path, error.to_string()))
            })?;
        Ok(Self {
            validator,
            source: schema.clone(),
            trivial: is_trivial(schema),
            cluster_by: cluster_by(schema)?,
            defaults: defaults(schema),
        })
    }

    /// Whether every JSON object is valid, so that a document need not be parsed to know.
    pub fn is_trivial(&self) -> bool {
        self.trivial
    }

    /// Paths of `x-rekor-cluster-by`, below the root of the document.
    pub fn cluster_by(&self) -> &[DocPath] {
        &self.cluster_by
    }

    /// Adds top-level members that the schema gives a `default` and the document lacks; answers what it added.
    pub fn fill_defaults(&self, document: &mut Value) -> Map<String, Value> {
        let mut added = Map::new();
        let Some(members) = document.as_object_mut() else { return added };
        for (name, value) in
            self.defaults.iter().filter(|(name, _)| !members.contains_key(name)).collect::<Vec<_>>()
        {
            members.insert(name.clone(), value.clone());
            added.insert(name.clone(), value.clone());
        }
        added
    }

    /// Checks a document.
    ///
    /// # Errors
    /// Validation with details `[{path,message,expected,given,example}]`, the first 20.
    pub fn validate(&self, document: &Value) -> Result<()> {
        if self.trivial || self.validator.is_valid(document) {
            return Ok(());
        }
        let mut count = 0_usize;
        let mut error = Error::validation(String::new());
        for problem in self.validator.iter_errors(document) {
            count += 1;
            if count <= DETAILS_MAX {
                let path = problem.instance_path().to_string();
                let detail = Detail::at(path, problem.to_string());
                error = error.with_detail(advice::advise(detail, &problem, &self.source));
            }
        }
        let first = error
            .details
            .first()
            .and_then(|d| d.get("message"))
            .and_then(Value::as_str)
            .unwrap_or("");
        error.message = format!(
            "The document does not match the collection's schema: {first}{}.",
            if count > 1 { format!(" (and {} more problems)", count - 1) } else { String::new() }
        );
        Err(error)
    }
}

fn check_limits(schema: &Value) -> Result<()> {
    if !schema.is_object() {
        return Err(Error::validation("The JSON Schema must be a JSON object."));
    }
    let bytes = schema.to_string().len();
    if bytes > limits::SCHEMA_BYTES_MAX {
        return Err(Error::validation(format!(
            "The JSON Schema is {bytes} bytes; the limit is 256 KiB."
        )));
    }
    check_node(schema, 0)
}

fn check_node(node: &Value, depth: usize) -> Result<()> {
    if depth > limits::SCHEMA_DEPTH_MAX {
        return Err(Error::validation("The JSON Schema is nested deeper than 32 levels."));
    }
    match node {
        Value::Object(members) => {
            if let Some(Value::String(pattern)) = members.get("pattern")
                && pattern.len() > limits::SCHEMA_PATTERN_BYTES_MAX
            {
                return Err(Error::validation(
                    "A `pattern` of the JSON Schema is longer than 1 KiB.",
                ));
            }
            members.values().try_for_each(|value| check_node(value, depth + 1))
        }
        Value::Array(elements) => {
            elements.iter().try_for_each(|value| check_node(value, depth + 1))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// Only annotations, and at most `"type": "object"`: what [`crate::json::check_document`] already checks.
fn is_trivial(schema: &Value) -> bool {
    schema.as_object().is_some_and(|members| {
        members.iter().all(|(name, value)| match name.as_str() {
            "type" => value == "object",
            "title" | "description" | "$schema" | "$id" | "$comment" | "examples" => true,
            other => other.starts_with("x-"),
        })
    })
}

fn cluster_by(schema: &Value) -> Result<Vec<DocPath>> {
    let Some(given) = schema.get("x-rekor-cluster-by") else { return Ok(Vec::new()) };
    let wrong = || {
        Error::validation(
            "`x-rekor-cluster-by` must be a list of paths such as \"data.kind\", at most 8.",
        )
    };
    let paths = given.as_array().filter(|paths| paths.len() <= 8).ok_or_else(wrong)?;
    paths.iter().map(|value| cluster_path(value).ok_or_else(wrong)).collect()
}

fn cluster_path(value: &Value) -> Option<DocPath> {
    value
        .as_str()?
        .strip_prefix("data.")
        .filter(|p| !p.is_empty() && !p.contains('['))
        .map(DocPath::new)
}

fn defaults(schema: &Value) -> Vec<(String, Value)> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .filter_map(|(name, property)| Some((name.clone(), property.get("default")?.clone())))
        .collect()
}
