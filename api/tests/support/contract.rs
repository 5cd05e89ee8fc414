//! Holds answers against the OpenAPI description: every answer that a test gets is of a status and a shape that is described.

use rekor_core::schema::Schema;
use serde_json::{Value, json};

/// Fails unless the description knows this answer. Routes that are not described (pages, unknown paths) are left alone.
pub(crate) fn check(description: &Value, method: &str, path: &str, status: u16, answer: &Value) {
    let path = path.split('?').next().unwrap_or_default();
    let Some((route, operation)) = operation(description, method, path) else { return };
    let responses = &operation["responses"];
    let response = &responses[status.to_string()];
    assert!(response.is_object(), "{method} {route} is not described to answer {status}: {answer}");
    let schema = &response["content"]["application/json"]["schema"];
    // What is no JSON came as text.
    if schema.is_null() || answer.is_string() {
        return;
    }
    let schema = json!({"allOf": [schema], "components": description["components"]});
    let schema = Schema::compile(&schema).unwrap_or_else(|error| panic!("{route}: {error}"));
    if let Err(error) = schema.validate(answer) {
        panic!(
            "{method} {route} answers {status} with another shape: {:?}\n{answer}",
            error.details
        );
    }
}

/// The described operation of a request, and its path.
fn operation<'a>(description: &'a Value, method: &str, path: &str) -> Option<(&'a str, &'a Value)> {
    let path = path.replace("/v1/workspaces", "/v1/databases").replace("/records/", "/documents/");
    let parts: Vec<&str> = path.split('/').collect();
    let matches = |template: &str| {
        let wanted: Vec<&str> = template.split('/').collect();
        let fits = |(part, wanted): (&&str, &&str)| part == wanted || wanted.starts_with('{');
        parts.len() == wanted.len() && parts.iter().zip(&wanted).all(fits)
    };
    let paths = description["paths"].as_object()?.iter();
    // The one with the fewest parameters is meant.
    let (route, methods) = paths
        .filter(|(template, methods)| {
            matches(template) && methods.get(method.to_ascii_lowercase()).is_some()
        })
        .min_by_key(|(template, _)| template.matches('{').count())?;
    Some((route, &methods[method.to_ascii_lowercase()]))
}
