//! The bodies and query strings that routes take, as JSON Schemas with examples. A test feeds the examples to the types that
//! read them.

use rekor_core::{grant::Permission, limits};
use serde_json::{Value, json};

/// `^[a-z0-9][a-z0-9_-]{0,62}$`: collections, relationship types, previews.
const NAME: &str = "^[a-z0-9][a-z0-9_-]{0,62}$";
/// A database or a preview of one.
const DATABASE: &str = "^[a-z0-9][a-z0-9_-]{0,90}$";
/// A document or relationship; no two dots in a row.
const ROW: &str = "^[A-Za-z0-9_](\\.?[A-Za-z0-9_:-])*\\.?$";

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

/// A member that may be left out, which is the same as null.
fn or_null(schema: Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

fn some_text() -> Value {
    json!({"type": ["string", "null"]})
}

/// Names of formats of SQL answers; their aliases and other cases are known, too.
fn format_name() -> Value {
    let names: Vec<&str> = rekor_query::Format::ALL.iter().map(|format| format.name()).collect();
    json!({"anyOf": [{"type": "string", "examples": names}, {"type": "null"}]})
}

/// Display names, descriptions and hints.
fn label() -> Value {
    json!({"type": ["string", "null"], "maxLength": 4_096})
}

fn pattern(pattern: &str) -> Value {
    json!({"type": "string", "pattern": pattern, "maxLength": 128})
}

fn external() -> Value {
    json!({"type": ["string", "null"], "minLength": 1, "maxLength": 128})
}

fn names() -> Value {
    json!({"type": ["array", "null"], "items": pattern(NAME)})
}

fn tags() -> Value {
    json!({"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 128}, "maxItems": 64})
}

/// How long a database keeps things.
fn settings() -> Value {
    let up_to = |max: u32| json!({"type": ["integer", "null"], "minimum": 1, "maximum": max});
    let retention = json!({
        "operations_log_days": up_to(limits::LOG_DAYS_MAX),
        "deleted_database_days": up_to(limits::DELETED_DAYS_MAX),
        "idempotency_key_hours": up_to(limits::KEY_HOURS_MAX),
    });
    let retention =
        json!({"type": "object", "properties": retention, "additionalProperties": false});
    json!({"type": "object", "properties": {"retention": retention}, "additionalProperties": false})
}

fn flag() -> Value {
    json!({"type": "boolean"})
}

fn version() -> Value {
    json!({"type": ["integer", "null"], "minimum": 0, "maximum": u64::MAX})
}

fn password() -> Value {
    json!({"type": "string", "minLength": 10, "maxLength": 1_024})
}

fn login() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"})
}

fn some_schema() -> Value {
    json!({"type": ["object", "boolean", "null"]})
}

fn permissions() -> Vec<String> {
    std::iter::once("*".to_owned()).chain(Permission::all().map(|p| p.to_string())).collect()
}

fn grants() -> Value {
    let star_or = |of: &str| json!({"type": "array", "minItems": 1, "items": {"anyOf": [{"const": "*"}, pattern(of)]}});
    json!({
        "type": "array", "minItems": 1, "maxItems": 64,
        "items": {"type": "object", "required": ["scope", "permissions"], "additionalProperties": false, "properties": {
            "scope": {"type": "object", "required": ["databases"], "additionalProperties": false, "properties": {
                "databases": star_or(DATABASE), "collections": star_or(NAME),
                "environments": {"type": ["array", "null"], "items": {"enum": ["production", "preview"]}},
            }},
            "permissions": {"type": "array", "minItems": 1, "items": {"enum": permissions()}},
        }},
    })
}

fn document(example: Value) -> Value {
    object(
        json!({
            "data": {"type": "object"}, "id": or_null(pattern(ROW)), "external_id": external(),
            "external_source": {"type": ["string", "null"], "maxLength": 128}, "expected_version": version(),
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
            json!({"code": text(), "login": login(), "name": label(), "password": password()}),
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
        ("post", "/v1/auth/confirm/browser") => object(
            json!({"database": text(), "promote": {"type": ["object", "null"]}, "rollback": {"type": ["object", "null"]}}),
            &["database"],
            json!({"database": "shop", "promote": {"from": "shop--next"}}),
        ),
        ("post", "/v1/auth/password") => object(
            json!({"password": text(), "new_password": password()}),
            &["password", "new_password"],
            json!({"password": "a long password", "new_password": "another password"}),
        ),
        ("post", "/v1/users") => object(
            json!({"login": login(), "name": label(), "password": password(), "role": {"enum": ["owner", "member", null]}, "grants": or_null(grants())}),
            &["login", "password"],
            json!({"login": "bob", "password": "another password", "grants": [{"scope": {"databases": ["shop"]}, "permissions": ["read:documents"]}]}),
        ),
        ("put", "/v1/users/{id}") => object(
            json!({"name": label(), "password": {"type": ["string", "null"], "minLength": 10, "maxLength": 1_024}, "role": {"enum": ["owner", "member", null]}, "grants": or_null(grants())}),
            &[],
            json!({"name": "Bob"}),
        ),
        ("post", "/v1/tokens" | "/v1/clients") => object(
            json!({"name": {"type": "string", "minLength": 1, "maxLength": 256}, "grants": grants(), "expires_at": {"type": ["string", "null"], "format": "date-time"}}),
            &["name", "grants"],
            json!({"name": "reader", "grants": [{"scope": {"databases": ["shop"]}, "permissions": ["read:documents"]}]}),
        ),
        ("post", "/v1/databases") => object(
            json!({"id": pattern("^[a-z0-9][a-z0-9_]{0,46}$"), "name": label(), "description": label(), "tags": tags(), "replace_deleted": flag()}),
            &["id"],
            json!({"id": "shop", "name": "Shop", "tags": ["client:acme"]}),
        ),
        ("put", "/v1/databases/{id}") => object(
            json!({"name": label(), "description": label(), "tags": or_null(tags()), "settings": or_null(settings())}),
            &[],
            json!({"tags": ["client:acme"], "settings": {"retention": {"operations_log_days": 365}}}),
        ),
        ("post", "/v1/databases/{id}/previews") => object(
            json!({"name": pattern("^[a-z0-9][a-z0-9_]{0,38}$"), "description": label()}),
            &["name"],
            json!({"name": "next"}),
        ),
        ("post", "/v1/databases/{id}/promote") => object(
            json!({
                "from": text(), "dry_run": flag(), "request": flag(), "promotion": some_text(), "collections": names(),
                "relationship_types": names(), "triggers": names(), "hooks": names(), "endpoints": names(),
                "prune": flag(), "force_reason": some_text(), "diff_hash": some_text(),
            }),
            &[],
            json!({"from": "shop--next", "dry_run": true}),
        ),
        ("post", "/v1/databases/{id}/rollback") => object(
            json!({"promotion_id": text(), "dry_run": flag(), "force_reason": some_text(), "diff_hash": some_text()}),
            &["promotion_id"],
            json!({"promotion_id": "01926f3a-0000-7000-8000-000000000000", "dry_run": true}),
        ),
        ("put", "/v1/{db}/collections/{id}") => object(
            json!({"name": label(), "description": label(), "json_schema": some_schema(), "schema": some_schema(), "icon": label(), "color": label()}),
            &[],
            json!({"name": "Invoices", "json_schema": {"type": "object"}}),
        ),
        ("post", "/v1/{db}/collections/{id}/diff") => object(
            json!({"json_schema": {"type": ["object", "boolean"]}}),
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
                "filter": {"type": ["object", "string", "null"]}, "sort": {"type": ["array", "object", "string", "null"]},
                "fields": {"type": ["array", "string", "null"]}, "limit": {"type": ["integer", "string", "null"]},
                "offset": {"type": ["integer", "string", "null"]}, "cursor": some_text(), "external_source": some_text(),
                "aggregations": {"type": ["array", "string", "null"]}, "group_by": {"type": ["array", "string", "null"]},
                "aggregate": {},
            }),
            &[],
            json!({"filter": {"field": "data.amount", "op": "gt", "value": 1}, "sort": [{"field": "data.amount", "direction": "desc"}]}),
        ),
        ("post" | "put", "/v1/{db}/relationships") => object(
            json!({
                "id": or_null(pattern(ROW)), "rel_type": pattern(NAME), "source_collection": pattern(NAME),
                "source_id": or_null(pattern(ROW)), "source_external_id": some_text(), "source_external_source": some_text(),
                "target_collection": pattern(NAME), "target_id": or_null(pattern(ROW)), "target_external_id": some_text(),
                "target_external_source": some_text(), "data": {"type": ["object", "null"]}, "expected_version": version(),
            }),
            &["rel_type", "source_collection", "target_collection"],
            json!({"rel_type": "payment_for", "source_collection": "payments", "source_id": "p1", "target_collection": "invoices", "target_id": "i1"}),
        ),
        ("put", "/v1/{db}/relationship-types/{id}") => object(
            json!({"description": label(), "data_schema": some_schema(), "schema": some_schema(), "source_collections": names(), "target_collections": names()}),
            &[],
            json!({"data_schema": {"type": "object"}}),
        ),
        ("post", "/v1/{db}/documents/{collection}/{id}/cancel") => object(
            json!({"cancelled": flag(), "expected_version": version()}),
            &[],
            json!({"cancelled": true}),
        ),
        ("put", "/v1/{db}/endpoints/{id}") => object(
            json!({
                "name": text(), "description": text(), "tools": {"type": "array", "items": {"type": "object"}},
                "relationships": {"type": "array", "items": {"type": "object"}}, "batch": {"type": "object"}, "sql_query": flag(),
                "queries": {"type": "array", "items": {"type": "object"}},
            }),
            &[],
            json!({"name": "Invoicing", "tools": [{"collection": "invoices", "operations": ["get", "list"]}]}),
        ),
        ("post", "/v1/{db}/batch") => object(
            json!({"operations": {"type": "array", "minItems": 1, "maxItems": 1000, "items": {"type": "object", "required": ["type"], "properties": {"type": text()}}}}),
            &["operations"],
            json!({"operations": [{"type": "upsert_document", "collection": "invoices", "data": {}}]}),
        ),
        ("post", "/v1/{db}/sql") => object(
            json!({"query": text(), "params": {"type": "object"}, "format": format_name(), "keep": flag()}),
            &["query"],
            json!({"query": "SELECT count() FROM documents"}),
        ),
        ("post", "/v1/{db}/providers/{provider}/import") => object(
            json!({"tools": {"type": ["array", "object"]}}),
            &["tools"],
            json!({"tools": [{"name": "create_invoice", "input_schema": {"type": "object"}}]}),
        ),
        ("post", "/v1/{db}/providers/{provider}/import-call/{collection}") => object(
            json!({"data": {"type": "object"}, "external_id": external(), "external_source": {"type": ["string", "null"], "maxLength": 128}}),
            &["data"],
            json!({"data": {"arguments": {"customer": "Acme"}}}),
        ),
        _ => return None,
    })
}

/// A parameter of a route: where it is, its name and its schema.
pub(super) fn parameters(route: &str) -> Vec<(&'static str, String, Value)> {
    let (_, path) = route.split_once(' ').unwrap_or_default();
    let in_path = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| ("path", name.to_owned(), path_parameter(path, name)));
    let in_query =
        query(route).iter().map(|name| ("query", (*name).to_owned(), query_parameter(route, name)));
    in_path.chain(in_query).collect()
}

fn path_parameter(path: &str, name: &str) -> Value {
    match name {
        "db" => pattern(DATABASE),
        "collection" => pattern(NAME),
        "provider" => json!({"enum": ["openai", "anthropic", "google", "mcp"]}),
        "id" if path.starts_with("/v1/databases/") => pattern(DATABASE),
        "id" if ["/collections/", "/relationship-types/", "/endpoints/"]
            .iter()
            .any(|part| path.contains(part)) =>
        {
            pattern(NAME)
        }
        "id" if path.contains("/documents/") || path.contains("/relationships/") => pattern(ROW),
        _ => json!({"type": "string", "minLength": 1}),
    }
}

fn query_parameter(route: &str, name: &str) -> Value {
    match name {
        "limit" => json!({"type": "integer", "minimum": 1, "maximum": 1_000}),
        "offset" => json!({"type": "integer", "minimum": 0}),
        "include_deleted" | "resolved" => flag(),
        "depth" => json!({"type": "integer", "minimum": 1, "maximum": 5}),
        "direction" => json!({"enum": ["outgoing", "incoming", "both"]}),
        "lines" => json!({"enum": ["documents", "data"]}),
        "on_error" => json!({"enum": ["stop", "skip"]}),
        "type" if route.ends_with("/related") => pattern(NAME),
        _ => text(),
    }
}

/// The parameters in the query string of a route.
fn query(route: &str) -> &'static [&'static str] {
    match route {
        "get /v1/databases" => &["tag", "limit", "offset"],
        "get /v1/{db}/results/{id}/download" => &["format"],
        "get /v1/tokens"
        | "get /v1/clients"
        | "get /v1/users"
        | "get /v1/databases/{id}/previews"
        | "get /v1/databases/{id}/promotions"
        | "get /v1/{db}/collections"
        | "get /v1/{db}/collections/{id}/history"
        | "get /v1/{db}/endpoints"
        | "get /v1/{db}/results"
        | "get /v1/{db}/relationship-types" => &["limit", "offset"],
        "get /v1/{db}/endpoints/{id}" => &["resolved"],
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
