//! The OpenAPI description, made from the route table.

use super::ROUTES;
use axum::Json;
use serde_json::{Map, Value, json};

/// `GET /openapi.json`.
pub(super) async fn document() -> Json<Value> {
    Json(describe())
}

fn describe() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in ROUTES {
        let parameters: Vec<Value> = route
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
            .collect();
        let error = json!({"description": "What is wrong, where, and what to do next.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}});
        let mut operation = json!({
            "summary": route.summary,
            "operationId": operation_id(route.method, route.path),
            "parameters": parameters,
            "responses": {"200": {"description": "Done."}, "default": error},
        });
        let open = route.path.starts_with("/health")
            || route.path == "/metrics"
            || route.path == "/openapi.json";
        if let Some(members) = operation.as_object_mut() {
            if open {
                members.insert("security".to_owned(), json!([]));
            }
            if matches!(route.method, "post" | "put" | "patch") {
                let media = if route.path.contains("/import/") {
                    "application/x-ndjson"
                } else {
                    "application/json"
                };
                members.insert(
                    "requestBody".to_owned(),
                    json!({"required": true, "content": {media: {"schema": {}}}}),
                );
            }
        }
        let path = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        if let Some(methods) = path.as_object_mut() {
            methods.insert(route.method.to_owned(), operation);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Rekor", "version": env!("CARGO_PKG_VERSION"), "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Error": {
                "type": "object", "required": ["error"],
                "properties": {"error": {"type": "object", "required": ["code", "message", "details"], "properties": {
                    "code": {"type": "string"}, "message": {"type": "string"}, "details": {"type": "array", "items": {"type": "object"}},
                }}},
            }},
        },
    })
}

fn operation_id(method: &str, path: &str) -> String {
    let words: Vec<&str> =
        path.split(['/', '{', '}', '.']).filter(|word| !word.is_empty() && *word != "v1").collect();
    format!("{method}_{}", words.join("_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_described_once() {
        let described = describe();
        let count: usize = described["paths"]
            .as_object()
            .unwrap()
            .values()
            .map(|methods| methods.as_object().unwrap().len())
            .sum();
        assert_eq!(count, ROUTES.len());
    }
}
