//! The bodies and query strings that routes take, as JSON Schemas with examples. A test feeds the examples to the types that
//! read them.

use serde_json::{Value, json};

fn object(properties: Value, required: &[&str], example: Value) -> Value {
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "examples": [example],
    })
}

fn text() -> Value {
    json!({"type": "string"})
}

fn texts() -> Value {
    json!({"type": "array", "items": {"type": "string"}})
}

fn flag() -> Value {
    json!({"type": "boolean"})
}

fn version() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn grants() -> Value {
    json!({
        "type": "array", "minItems": 1, "maxItems": 64,
        "items": {"type": "object", "required": ["scope", "permissions"], "properties": {
            "scope": {"type": "object", "required": ["databases"], "properties": {
                "databases": texts(), "collections": texts(),
                "environments": {"type": "array", "items": {"enum": ["production", "preview"]}},
            }},
            "permissions": texts(),
        }},
    })
}

fn document(example: Value) -> Value {
    object(
        json!({
            "data": {"type": "object"}, "id": text(), "external_id": {"type": ["string", "null"]},
            "external_source": text(), "expected_version": version(),
        }),
        &["data"],
        example,
    )
}

/// The body of a route (`method path`), if it takes one.
pub(super) fn of(route: &str) -> Option<Value> {
    let (method, path) = route.split_once(' ')?;
    Some(match (method, path) {
        ("post", "/v1/auth/enrol") => object(
            json!({"code": text(), "login": text(), "name": text(), "password": text()}),
            &["code", "login", "password"],
            json!({"code": "00ff", "login": "ada@example.com", "password": "a long password"}),
        ),
        ("post", "/v1/auth/login") => object(
            json!({"login": text(), "password": text()}),
            &["login", "password"],
            json!({"login": "ada@example.com", "password": "a long password"}),
        ),
        ("post", "/v1/auth/token") => json!({
            "type": "object", "required": ["grant_type"],
            "properties": {"grant_type": text(), "code": text(), "code_verifier": text(), "redirect_uri": text(), "device_code": text()},
            "examples": [{"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "x"}],
        }),
        ("post", "/v1/auth/confirm") => object(
            json!({"password": text(), "subject": text()}),
            &["password", "subject"],
            json!({"password": "a long password", "subject": "users"}),
        ),
        ("post", "/v1/users") => object(
            json!({"login": text(), "name": text(), "password": text(), "role": {"enum": ["owner", "member"]}, "grants": grants()}),
            &["login", "password"],
            json!({"login": "bob", "password": "another password", "grants": [{"scope": {"databases": ["shop"]}, "permissions": ["read:documents"]}]}),
        ),
        ("put", "/v1/users/{id}") => object(
            json!({"name": text(), "password": text(), "role": {"enum": ["owner", "member"]}, "grants": grants()}),
            &[],
            json!({"name": "Bob"}),
        ),
        ("post", "/v1/tokens") => object(
            json!({"name": text(), "grants": grants(), "expires_at": {"type": "string", "format": "date-time"}}),
            &["name", "grants"],
            json!({"name": "reader", "grants": [{"scope": {"databases": ["shop"]}, "permissions": ["read:documents"]}]}),
        ),
        ("post", "/v1/databases") => object(
            json!({"id": text(), "name": text(), "description": text(), "tags": texts(), "replace_deleted": flag()}),
            &["id"],
            json!({"id": "shop", "name": "Shop", "tags": ["client:acme"]}),
        ),
        ("put", "/v1/databases/{id}") => object(
            json!({"name": text(), "description": text(), "tags": texts()}),
            &[],
            json!({"tags": ["client:acme"]}),
        ),
        ("post", "/v1/databases/{id}/previews") => object(
            json!({"name": text(), "description": text()}),
            &["name"],
            json!({"name": "next"}),
        ),
        ("post", "/v1/databases/{id}/promote") => object(
            json!({
                "from": text(), "dry_run": flag(), "request": flag(), "promotion": text(), "collections": texts(),
                "relationship_types": texts(), "triggers": texts(), "hooks": texts(), "endpoints": texts(),
                "prune": flag(), "force_reason": text(), "diff_hash": text(),
            }),
            &[],
            json!({"from": "shop--next", "dry_run": true}),
        ),
        ("post", "/v1/databases/{id}/rollback") => object(
            json!({"promotion_id": text(), "dry_run": flag(), "force_reason": text(), "diff_hash": text()}),
            &["promotion_id"],
            json!({"promotion_id": "01926f3a-0000-7000-8000-000000000000", "dry_run": true}),
        ),
        ("put", "/v1/{db}/collections/{id}") => object(
            json!({"name": text(), "description": text(), "json_schema": {"type": "object"}, "icon": text(), "color": text()}),
            &[],
            json!({"name": "Invoices", "json_schema": {"type": "object"}}),
        ),
        ("post", "/v1/{db}/collections/{id}/diff") => object(
            json!({"json_schema": {"type": "object"}}),
            &["json_schema"],
            json!({"json_schema": {"type": "object"}}),
        ),
        ("post" | "put", "/v1/{db}/documents/{collection}") => {
            document(json!({"external_id": "INV-1", "data": {"amount": 5}}))
        }
        ("put", "/v1/{db}/documents/{collection}/{id}") => document(json!({"data": {"amount": 5}})),
        ("patch", "/v1/{db}/documents/{collection}/{id}") => {
            document(json!({"data": {"status": "paid"}}))
        }
        ("post", "/v1/{db}/documents/{collection}/query") => object(
            json!({
                "filter": {"type": ["object", "string"]}, "sort": {"type": ["array", "object", "string"]},
                "fields": {"type": ["array", "string"]}, "limit": {"type": ["integer", "string"]},
                "offset": {"type": ["integer", "string"]}, "cursor": text(), "external_source": text(),
                "aggregations": {"type": ["array", "string"]}, "group_by": {"type": ["array", "string"]},
                "aggregate": {},
            }),
            &[],
            json!({"filter": {"field": "data.amount", "op": "gt", "value": 1}, "sort": [{"field": "data.amount", "direction": "desc"}]}),
        ),
        ("post" | "put", "/v1/{db}/relationships") => object(
            json!({
                "id": text(), "rel_type": text(), "source_collection": text(), "source_id": text(), "source_external_id": text(),
                "source_external_source": text(), "target_collection": text(), "target_id": text(), "target_external_id": text(),
                "target_external_source": text(), "data": {"type": "object"}, "expected_version": version(),
            }),
            &["rel_type", "source_collection", "target_collection"],
            json!({"rel_type": "payment_for", "source_collection": "payments", "source_id": "p1", "target_collection": "invoices", "target_id": "i1"}),
        ),
        ("put", "/v1/{db}/relationship-types/{id}") => object(
            json!({"description": text(), "data_schema": {"type": "object"}, "source_collections": texts(), "target_collections": texts()}),
            &[],
            json!({"data_schema": {"type": "object"}}),
        ),
        ("post", "/v1/{db}/batch") => object(
            json!({"operations": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"type": "object", "required": ["type"], "properties": {"type": text()}}}}),
            &["operations"],
            json!({"operations": [{"type": "upsert_document", "collection": "invoices", "data": {}}]}),
        ),
        ("post", "/v1/{db}/sql") => object(
            json!({"query": text(), "params": {"type": "object"}}),
            &["query"],
            json!({"query": "SELECT count() FROM documents"}),
        ),
        ("post", "/v1/{db}/providers/{provider}/import") => object(
            json!({"tools": {"type": ["array", "object"]}}),
            &["tools"],
            json!({"tools": [{"name": "create_invoice", "input_schema": {"type": "object"}}]}),
        ),
        ("post", "/v1/{db}/providers/{provider}/import-call/{collection}") => object(
            json!({"data": {"type": "object"}, "external_id": text(), "external_source": text()}),
            &["data"],
            json!({"data": {"arguments": {"customer": "Acme"}}}),
        ),
        _ => return None,
    })
}

/// The parameters in the query string of a route.
pub(super) fn query(route: &str) -> &'static [&'static str] {
    match route {
        "get /v1/databases" => &["tag", "limit", "offset"],
        "get /v1/tokens"
        | "get /v1/users"
        | "get /v1/databases/{id}/previews"
        | "get /v1/databases/{id}/promotions"
        | "get /v1/{db}/collections"
        | "get /v1/{db}/collections/{id}/history"
        | "get /v1/{db}/relationship-types" => &["limit", "offset"],
        "get /v1/{db}/documents/{collection}" => &[
            "external_id",
            "external_source",
            "include_deleted",
            "filter",
            "sort",
            "fields",
            "limit",
            "offset",
            "cursor",
        ],
        "get /v1/{db}/documents/{collection}/{id}" => &["include_deleted"],
        "get /v1/{db}/documents/{collection}/{id}/related" => {
            &["type", "direction", "depth", "limit", "offset"]
        }
        "get /v1/{db}/relationships" => &["filter", "sort", "fields", "limit", "offset", "cursor"],
        "get /v1/{db}/export/{collection}" => &["lines"],
        "get /v1/{db}/providers/{provider}/export" => &["collections"],
        "post /v1/{db}/import/{collection}" => {
            &["id_path", "external_id_path", "external_source", "on_error"]
        }
        _ => &[],
    }
}
