//! The OpenAPI description, made from the table of operations.

mod answers;
mod bodies;

use super::OPEN_ROUTES;
use crate::operation::{Facts, Needs, OPERATIONS, Operation};
use axum::Json;
use rekor_core::ErrorKind;
use rekor_query::Format;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// `GET /openapi.json`.
pub(super) async fn document() -> Json<Value> {
    Json(describe())
}

/// The description of every route.
pub(crate) fn describe() -> Value {
    let mut schemas = answers::components();
    if let Some(members) = schemas.as_object_mut() {
        members.insert("Error".to_owned(), error_schema());
    }
    let mut paths: Map<String, Value> = Map::new();
    for (route, summary) in OPEN_ROUTES {
        add(&mut paths, route, summary, None);
    }
    for facts in OPERATIONS {
        // What a page sends is for that page alone.
        for route in facts.routes.iter().filter(|route| route.contains(" /v1/")) {
            let human = matches!(facts.needs, Needs::Human(_) | Needs::Owner | Needs::Session);
            let needs = if human { " Needs a person with a session." } else { "" };
            add(&mut paths, route, &format!("{}{needs}", facts.summary), Some(facts));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Rekor", "version": env!("CARGO_PKG_VERSION"), "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
        },
    })
}

fn error_schema() -> Value {
    json!({
        "type": "object", "required": ["error"], "additionalProperties": false,
        "properties": {"error": {
            "type": "object", "required": ["code", "message", "details"], "additionalProperties": false,
            "properties": {
                "code": {"enum": codes()}, "message": {"type": "string"}, "human_required": {"const": true},
                "details": {"type": "array", "items": {"type": "object"}},
            },
        }},
    })
}

fn codes() -> BTreeSet<&'static str> {
    ErrorKind::ALL.iter().map(|kind| kind.facts().code).collect()
}

/// The statuses of errors that a route can answer.
fn error_statuses(route: &str, facts: Option<&Facts>) -> BTreeSet<u16> {
    let takes_body = !route.starts_with("get ") && !route.starts_with("delete ");
    let Some(facts) = facts else {
        return if takes_body {
            BTreeSet::from([400, 401, 403, 404, 409, 413, 415, 429, 500, 503])
        } else {
            BTreeSet::from([429, 500])
        };
    };
    let mut statuses = BTreeSet::from([400, 401, 403, 404, 429, 500, 503]);
    if takes_body {
        statuses.extend([413, 415]);
    }
    if facts.operation.is_read() {
        statuses.insert(408);
    } else {
        statuses.insert(409);
    }
    if facts.operation.takes_key() {
        statuses.insert(422);
    }
    statuses
}

/// Headers that a route takes beside its parameters.
fn header_parameters(facts: Option<&Facts>) -> Vec<Value> {
    let header = |name: &str, schema: Value| json!({"name": name, "in": "header", "required": false, "schema": schema});
    let Some(operation) = facts.map(|facts| facts.operation).filter(|o| o.takes_key()) else {
        return Vec::new();
    };
    let mut headers = vec![header(
        "Idempotency-Key",
        json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}),
    )];
    if !matches!(operation, Operation::Batch | Operation::ProviderImport | Operation::ProviderCall)
    {
        headers.push(header("If-Match", json!({"type": "string", "pattern": "^\"?[0-9]+\"?$"})));
    }
    headers
}

/// Adds a route; two operations of one route share its description.
fn add(paths: &mut Map<String, Value>, route: &str, summary: &str, facts: Option<&Facts>) {
    let Some((method, path)) = route.split_once(' ') else { return };
    let methods = paths.entry(path.to_owned()).or_insert_with(|| json!({}));
    let Some(methods) = methods.as_object_mut() else { return };
    if let Some(known) = methods.get_mut(method).and_then(|known| known.get_mut("summary")) {
        *known = Value::from(format!("{} {summary}", known.as_str().unwrap_or_default()));
        return;
    }
    let parameters = bodies::parameters(route).into_iter().map(|(place, name, schema)| {
        json!({"name": name, "in": place, "required": place == "path", "schema": schema})
    });
    let parameters: Vec<Value> = parameters.chain(header_parameters(facts)).collect();
    let media = if path.contains("/import/") || path.contains("/export/{collection}") {
        "application/x-ndjson"
    } else if path.ends_with("/download") {
        Format::Parquet.media_type()
    } else if path == "/metrics" || matches!(path, "/health/live" | "/health/ready") {
        "text/plain"
    } else {
        "application/json"
    };
    let answer =
        if method == "post" && path.contains("/import/") { "application/json" } else { media };
    let mut operation = json!({
        "summary": summary,
        "operationId": operation_id(method, path),
        "parameters": parameters,
        "responses": responses(route, answer, facts),
    });
    if let Some(members) = operation.as_object_mut() {
        if facts.is_none() {
            members.insert("security".to_owned(), json!([]));
        }
        let body = bodies::of(route);
        // No lines are a body, too.
        let required = body.is_some();
        if body.is_some() || media == "application/x-ndjson" && method == "post" {
            let schema = body.unwrap_or_else(|| json!({}));
            members.insert(
                "requestBody".to_owned(),
                json!({"required": required, "content": {media: {"schema": schema}}}),
            );
        }
    }
    methods.insert(method.to_owned(), operation);
}

fn responses(route: &str, media: &str, facts: Option<&Facts>) -> Value {
    let mut out = Map::new();
    let mut content = Map::new();
    let schema =
        if media == "application/json" { answers::of(route) } else { json!({"type": "string"}) };
    content.insert(media.to_owned(), json!({"schema": schema}));
    if matches!(route, "post /v1/{db}/sql" | "get /v1/{db}/results/{id}/download") {
        let others = Format::accepted_media_types().chain(["text/plain"]);
        for other in others {
            content.insert(other.to_owned(), json!({"schema": {"type": "string"}}));
        }
    }
    for status in answers::statuses(route) {
        out.insert(status.to_string(), json!({"description": "Done.", "content": content}));
    }
    for status in error_statuses(route, facts) {
        out.insert(
            status.to_string(),
            json!({
                "description": "What is wrong, where, and what to do next.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            }),
        );
    }
    Value::Object(out)
}

fn operation_id(method: &str, path: &str) -> String {
    let words: Vec<&str> =
        path.split(['/', '{', '}', '.']).filter(|word| !word.is_empty() && *word != "v1").collect();
    format!("{method}_{}", words.join("_"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::{
        batch::Batch,
        collection::{CollectionChange, DiffBody},
        database::{DatabaseChange, NewDatabase, NewPreview},
        document::{Cancelling, DocumentBody},
        list::ListBody,
        promote::{Promotion, RollbackBody},
        provider::{ImportTools, ToolCall},
        relationship::RelationshipBody,
        relationship_type::TypeChange,
        session::{Confirmation, Enrolment, Login, PasswordChange},
        sql::SqlBody,
        token::NewToken,
        user::{NewUser, UserChange},
    };

    /// The example of a route's body is read by the type that the handler reads, and is valid by its schema.
    #[test]
    fn examples_are_what_handlers_read() {
        fn reads<T: serde::de::DeserializeOwned>(route: &str) {
            let schema = bodies::of(route).unwrap();
            let example = &schema["examples"][0];
            assert!(serde_json::from_str::<T>(&example.to_string()).is_ok(), "{route}: {example}");
            let compiled = rekor_core::schema::Schema::compile(&schema).unwrap();
            compiled.validate(example).unwrap();
        }
        reads::<Enrolment>("post /v1/auth/enrol");
        reads::<Login>("post /v1/auth/login");
        reads::<crate::service::browser::Exchange>("post /v1/auth/token");
        reads::<Confirmation>("post /v1/auth/confirm");
        reads::<crate::service::confirmation::BrowserConfirmation>("post /v1/auth/confirm/browser");
        reads::<PasswordChange>("post /v1/auth/password");
        reads::<NewUser>("post /v1/users");
        reads::<UserChange>("put /v1/users/{id}");
        reads::<NewToken>("post /v1/tokens");
        reads::<NewToken>("post /v1/clients");
        reads::<NewDatabase>("post /v1/databases");
        reads::<DatabaseChange>("put /v1/databases/{id}");
        reads::<NewPreview>("post /v1/databases/{id}/previews");
        reads::<Promotion>("post /v1/databases/{id}/promote");
        reads::<RollbackBody>("post /v1/databases/{id}/rollback");
        reads::<CollectionChange>("put /v1/{db}/collections/{id}");
        reads::<DiffBody>("post /v1/{db}/collections/{id}/diff");
        reads::<DocumentBody>("post /v1/{db}/documents/{collection}");
        reads::<DocumentBody>("put /v1/{db}/documents/{collection}/{id}");
        reads::<DocumentBody>("patch /v1/{db}/documents/{collection}/{id}");
        reads::<Cancelling>("post /v1/{db}/documents/{collection}/{id}/cancel");
        reads::<ListBody>("post /v1/{db}/documents/{collection}/query");
        reads::<RelationshipBody>("put /v1/{db}/relationships");
        reads::<TypeChange>("put /v1/{db}/relationship-types/{id}");
        reads::<rekor_core::endpoint::EndpointConfig>("put /v1/{db}/endpoints/{id}");
        reads::<Batch>("post /v1/{db}/batch");
        reads::<SqlBody>("post /v1/{db}/sql");
        reads::<ImportTools>("post /v1/{db}/providers/{provider}/import");
        reads::<ToolCall>("post /v1/{db}/providers/{provider}/import-call/{collection}");
    }

    #[test]
    fn every_route_is_described() {
        let described = describe();
        let routes = OPERATIONS.iter().flat_map(|facts| facts.routes).copied();
        let routes = routes.filter(|route| route.contains(" /v1/"));
        for route in routes.chain(OPEN_ROUTES.iter().map(|(route, _)| *route)) {
            let (method, path) = route.split_once(' ').unwrap();
            assert!(described["paths"][path][method]["operationId"].is_string(), "{route}");
        }
    }
}
