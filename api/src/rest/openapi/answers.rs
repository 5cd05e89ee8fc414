//! What routes answer, as JSON Schemas. The tests of the REST face hold every answer they get against these.

use serde_json::{Map, Value, json};

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn list(name: &str) -> Value {
    json!({
        "type": "object", "required": ["data", "meta"], "additionalProperties": false,
        "properties": {
            "data": {"type": "array", "items": reference(name)},
            "meta": {
                "type": "object", "required": ["total", "limit", "offset"], "additionalProperties": false,
                "properties": {"total": count(), "limit": count(), "offset": count()},
            },
        },
    })
}

/// An object with these members and no others; those in `optional` may be absent.
fn object(properties: Value, optional: &[&str]) -> Value {
    let names = properties.as_object().map(Map::keys).into_iter().flatten();
    let required: Vec<&String> = names.filter(|name| !optional.contains(&name.as_str())).collect();
    json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false})
}

fn text() -> Value {
    json!({"type": "string"})
}

fn text_or_null() -> Value {
    json!({"type": ["string", "null"]})
}

fn time() -> Value {
    json!({"type": "string", "format": "date-time"})
}

fn time_or_null() -> Value {
    json!({"type": ["string", "null"], "format": "date-time"})
}

fn texts() -> Value {
    json!({"type": "array", "items": {"type": "string"}})
}

fn count() -> Value {
    json!({"type": "integer", "minimum": 0})
}

fn flag() -> Value {
    json!({"type": "boolean"})
}

fn objects() -> Value {
    json!({"type": "array", "items": {"type": "object"}})
}

/// The entities, by the names under which answers refer to them.
pub(super) fn components() -> Value {
    let changes = ["collections", "relationship_types", "triggers", "hooks", "endpoints"]
        .map(|kind| (kind.to_owned(), json!({"type": "array", "items": reference("Change")})));
    json!({
        "Document": object(
            json!({
                "id": text(), "collection": text(), "external_id": text(), "external_source": text(), "version": count(),
                "data": {}, "deleted": flag(), "cancelled": flag(), "created_at": time(), "updated_at": time(), "defaults_filled": texts(),
            }),
            &["external_id", "external_source", "deleted", "cancelled", "defaults_filled"],
        ),
        "ListedDocument": object(
            json!({
                "id": text(), "collection": text(), "external_id": text(), "external_source": text(), "version": count(),
                "data": {}, "cancelled": flag(), "created_at": time(), "updated_at": time(),
            }),
            &["collection", "cancelled", "external_id", "external_source", "version", "data", "created_at", "updated_at"],
        ),
        "Relationship": object(
            json!({
                "id": text(), "rel_type": text(), "source_collection": text(), "source_id": text(), "target_collection": text(),
                "target_id": text(), "version": count(), "data": {}, "created_at": time(), "updated_at": time(),
            }),
            &["rel_type", "source_collection", "source_id", "target_collection", "target_id", "version", "data", "created_at", "updated_at"],
        ),
        "Related": object(
            json!({
                "direction": {"enum": ["outgoing", "incoming"]}, "depth": count(), "relationship": reference("Relationship"),
                "document": {"type": ["object", "null"]},
            }),
            &[],
        ),
        "Deleted": object(json!({"id": text(), "deleted": {"const": true}, "version": count()}), &[]),
        "Database": object(
            json!({
                "id": text(), "name": text(), "description": text_or_null(), "tags": texts(), "settings": {"type": "object"},
                "environment": {"enum": ["production", "preview"]}, "preview_of": text(), "version": count(),
                "created_at": time(), "updated_at": time(),
            }),
            &["preview_of"],
        ),
        "Collection": object(
            json!({
                "id": text(), "name": text(), "description": text_or_null(), "json_schema": {}, "icon": text_or_null(),
                "color": text_or_null(), "version": count(), "created_at": time(), "updated_at": time(),
            }),
            &[],
        ),
        "CollectionVersion": object(
            json!({"version": count(), "at": time(), "by": text(), "deleted": flag(), "config": {"type": ["object", "null"]}}),
            &[],
        ),
        "Result": object(
            json!({
                "id": text(), "rows": count(), "bytes": count(), "truncated": flag(), "truncated_by": {"enum": ["rows", "bytes", "time"]},
                "created_at": time(), "expires_at": time(),
                "columns": {"type": "array", "items": object(
                    json!({"name": text(), "type": text(), "nulls": count(), "min": {}, "max": {}}), &["min", "max"],
                )},
            }),
            &["truncated_by"],
        ),
        "Endpoint": object(
            json!({
                "id": text(), "name": text(), "description": text_or_null(), "tools": objects(), "relationships": objects(),
                "batch": {"type": "object"}, "sql_query": flag(), "queries": objects(), "version": count(), "created_at": time(), "updated_at": time(),
                "resolved": object(json!({"path": text(), "tools": objects()}), &[]),
            }),
            &["resolved"],
        ),
        "RelationshipType": object(
            json!({
                "id": text(), "rel_type": text(), "description": text_or_null(), "data_schema": {},
                "source_collections": texts(), "target_collections": texts(), "version": count(), "created_at": time(),
                "updated_at": time(),
            }),
            &[],
        ),
        "Issue": object(
            json!({
                "rule": text(), "category": text(), "path": text(), "old": {}, "new": {},
                "verdict": {"enum": ["pass", "warn", "probe", "block"]}, "rows_checked": count(), "rows_failing": count(),
                "sample_ids": texts(), "probed": {"enum": ["statistics", "column", "documents"]}, "rows_per_second": count(),
                "kind": text(), "id": text(), "message": text(),
            }),
            &["rows_checked", "rows_failing", "sample_ids", "probed", "rows_per_second", "kind", "id", "message"],
        ),
        "Change": object(
            json!({
                "id": text(), "action": {"enum": ["add", "update", "remove"]}, "diff": objects(),
                "issues": {"type": "array", "items": reference("Issue")},
                "three_way": object(json!({"production": objects(), "preview": objects(), "conflicts": texts()}), &[]),
            }),
            &["three_way"],
        ),
        "Changes": object(Value::Object(changes.into_iter().collect()), &[]),
        "DryRun": object(
            json!({
                "dry_run": {"const": true}, "from": text_or_null(), "to": text(), "diff_hash": text(),
                "changes": reference("Changes"), "blocking": {"type": "array", "items": reference("Issue")},
            }),
            &[],
        ),
        "Promotion": object(
            json!({
                "id": text(), "from": text_or_null(), "to": text(),
                "status": {"enum": ["open", "applied", "reverted", "superseded"]}, "requested_at": time_or_null(),
                "requested_by": text(), "applied_at": time_or_null(), "applied_by": text_or_null(), "reverts": text_or_null(),
                "reverted_by": text_or_null(), "force_reason": text_or_null(), "changes": reference("Changes"),
            }),
            &[],
        ),
        "User": object(
            json!({
                "id": text(), "login": text(), "name": text(), "role": {"enum": ["owner", "member"]}, "grants": objects(),
                "created_at": time(),
            }),
            &[],
        ),
        "Token": object(
            json!({
                "id": text(), "name": text(), "last4": text(), "grants": objects(), "status": {"enum": ["active", "expired"]},
                "expires_at": time_or_null(), "last_used_at": time_or_null(), "created_by": text(), "created_at": time(),
                "token": text(), "oauth": object(json!({"client_id": text(), "resource": text()}), &["resource"]),
            }),
            &["token", "oauth"],
        ),
        "Client": object(
            json!({
                "id": text(), "name": text(), "kind": {"enum": ["document", "registered", "credentials"]},
                "grants": {"type": ["array", "null"], "items": {"type": "object"}}, "expires_at": time_or_null(),
                "authorisations": {"type": "array", "items": object(
                    json!({
                        "id": text(), "resource": text(), "grants": objects(), "created_by": text(), "created_at": time(),
                        "expires_at": time_or_null(), "last_used_at": time_or_null(),
                    }),
                    &[],
                )},
            }),
            &[],
        ),
        "Session": object(
            json!({
                "token": text(), "expires_at": time(),
                "user": object(json!({"id": text(), "login": text(), "name": text(), "role": text()}), &[]),
            }),
            &[],
        ),
        "Stats": object(
            json!({
                "seq": count(), "database_count": count(), "table_count": count(), "row_count": count(),
                "memory_bytes": count(), "file_count": count(), "file_bytes": count(), "dead_row_count": count(),
            }),
            &[],
        ),
    })
}

fn page_of_rows() -> Value {
    json!({
        "type": "object", "required": ["data", "meta"], "additionalProperties": false,
        "properties": {"data": objects(), "meta": object(json!({"rows": count(), "has_more": flag()}), &[])},
    })
}

fn page_with_cursor(name: &str) -> Value {
    json!({
        "type": "object", "required": ["data", "meta"], "additionalProperties": false,
        "properties": {
            "data": {"type": "array", "items": reference(name)},
            "meta": object(
                json!({"total": count(), "limit": count(), "offset": count(), "has_more": flag(), "next_cursor": text_or_null()}),
                &[],
            ),
        },
    })
}

/// The schema of what a route (`method path`) answers with JSON when all is well.
pub(super) fn of(route: &str) -> Value {
    let (method, path) = route.split_once(' ').unwrap_or_default();
    match (method, path) {
        ("get", "/health/status") => {
            object(json!({"status": text(), "version": text(), "time_ms": {}}), &[])
        }
        ("get", "/openapi.json") => json!({"type": "object"}),
        ("get", "/v1/whoami") => object(
            json!({
                "kind": {"enum": ["human", "token"]}, "id": text(), "name": text_or_null(), "role": text_or_null(),
                "grants": objects(), "expires_at": time_or_null(),
            }),
            &[],
        ),
        ("post", "/v1/auth/enrol" | "/v1/auth/login") => reference("Session"),
        ("post", "/v1/auth/token") => {
            json!({"anyOf": [reference("Session"), object(json!({"status": text()}), &[])]})
        }
        ("post", "/v1/auth/device") => object(
            json!({
                "device_code": text(), "user_code": text(), "verification_uri": text(), "verification_uri_complete": text(),
                "expires_in": count(), "interval": count(),
            }),
            &[],
        ),
        ("post", "/v1/auth/logout") => object(json!({"logged_out": flag()}), &[]),
        ("post", "/v1/auth/confirm") => object(json!({"confirmed": text(), "until": time()}), &[]),
        ("post", "/v1/auth/confirm/browser") => object(
            json!({"confirm": text(), "verification_uri": text(), "expires_in": count()}),
            &[],
        ),
        ("post", "/v1/auth/password") => {
            object(json!({"changed": flag(), "sessions_ended": count()}), &[])
        }
        (_, "/v1/admin/stats" | "/v1/admin/flush" | "/v1/admin/compact") => reference("Stats"),
        ("get", "/v1/admin/check") => object(
            json!({"table_count": count(), "file_count": count(), "row_count": count(), "problems": texts()}),
            &[],
        ),
        ("get", "/v1/admin/audit") => object(
            json!({
                "logs": {"type": "array", "items": object(json!({"database": text(), "entry_count": count(), "first_seq": count(), "first_link": text(), "last_seq": count(), "link": text()}), &[])},
                "problems": texts(),
            }),
            &[],
        ),
        ("get", "/v1/users") => list("User"),
        ("post", "/v1/users") | ("put", "/v1/users/{id}") => reference("User"),
        ("delete", "/v1/users/{id}") => {
            object(json!({"id": text(), "deleted": {"const": true}}), &[])
        }
        ("get", "/v1/tokens") => list("Token"),
        ("post", "/v1/tokens") => reference("Token"),
        ("delete", "/v1/tokens/{id}") => object(
            json!({"id": text(), "revoked": {"const": true}, "revoked_children": texts()}),
            &[],
        ),
        ("get", "/v1/clients") => list("Client"),
        ("post", "/v1/clients") => object(
            json!({
                "client_id": text(), "client_secret": text(), "name": text(), "grants": objects(), "expires_at": time_or_null(),
                "token_endpoint": text_or_null(),
            }),
            &[],
        ),
        ("delete", "/v1/clients/{id}") => object(
            json!({"id": text(), "revoked": {"const": true}, "revoked_tokens": texts()}),
            &[],
        ),
        ("get", "/v1/databases" | "/v1/databases/{id}/previews") => list("Database"),
        ("delete", "/v1/databases/{id}") => object(
            json!({"id": text(), "deleted": {"const": true}, "restorable_until": time()}),
            &[],
        ),
        ("post" | "get" | "put", "/v1/databases" | "/v1/databases/{id}")
        | ("post", "/v1/databases/{id}/restore" | "/v1/databases/{id}/previews") => {
            reference("Database")
        }
        ("post", "/v1/databases/{id}/promote" | "/v1/databases/{id}/rollback") => {
            json!({"anyOf": [reference("DryRun"), reference("Promotion")]})
        }
        ("get", "/v1/databases/{id}/promotions") => list("Promotion"),
        ("get", "/v1/databases/{id}/promotions/{promotion}") => reference("Promotion"),
        ("get", "/v1/{db}/collections") => list("Collection"),
        ("get" | "put", "/v1/{db}/collections/{id}") => reference("Collection"),
        ("get", "/v1/{db}/collections/{id}/describe") => object(
            json!({
                "collection": text(), "documents": count(), "looked_at": count(), "more_paths": count(),
                "paths": {"type": "array", "items": object(
                    json!({"path": text(), "type": text(), "sql": text(), "count": count(), "distinct": {"type": ["integer", "null"]}, "values": {"type": "array"}}),
                    &[],
                )},
            }),
            &[],
        ),
        ("get", "/v1/{db}/collections/{id}/history") => list("CollectionVersion"),
        ("post", "/v1/{db}/collections/{id}/diff") => object(
            json!({"mode": text(), "verdict": text(), "diff": objects(), "issues": {"type": "array", "items": reference("Issue")}}),
            &[],
        ),
        ("get", "/v1/{db}/documents/{collection}") => json!({
            "anyOf": [page_with_cursor("ListedDocument"), reference("Document")]
        }),
        ("post", "/v1/{db}/documents/{collection}/query") => json!({
            "anyOf": [page_with_cursor("ListedDocument"), page_of_rows()]
        }),
        ("get", "/v1/{db}/documents/{collection}/{id}/related") => list("Related"),
        ("get", "/v1/{db}/relationships") => page_with_cursor("Relationship"),
        ("get", "/v1/{db}/relationship-types") => list("RelationshipType"),
        ("get" | "put", "/v1/{db}/relationship-types/{id}") => reference("RelationshipType"),
        ("get", "/v1/{db}/endpoints") => list("Endpoint"),
        ("get" | "put", "/v1/{db}/endpoints/{id}") => reference("Endpoint"),
        ("delete", "/v1/{db}/results/{id}") => {
            object(json!({"id": text(), "deleted": {"const": true}}), &[])
        }
        ("delete", _) => reference("Deleted"),
        ("get" | "post" | "put", "/v1/{db}/relationships" | "/v1/{db}/relationships/{id}") => {
            reference("Relationship")
        }
        ("get" | "post" | "put" | "patch", path) if path.starts_with("/v1/{db}/documents/") => {
            reference("Document")
        }
        ("post", "/v1/{db}/providers/{provider}/import-call/{collection}") => reference("Document"),
        ("post", "/v1/{db}/providers/{provider}/import") => object(
            json!({"provider": text(), "collections": {"type": "array", "items": object(json!({"id": text(), "action": text()}), &[])}}),
            &[],
        ),
        ("get", "/v1/{db}/providers/{provider}/export") => {
            object(json!({"provider": text(), "tools": {"type": "array"}}), &[])
        }
        ("post", "/v1/{db}/batch") => object(
            json!({"results": {"type": "array", "items": object(json!({"index": count(), "type": text(), "id": text(), "version": count()}), &[])}}),
            &[],
        ),
        ("post", "/v1/{db}/import/{collection}") => object(
            json!({
                "imported": count(), "created": count(), "updated": count(), "failed": count(), "errors": objects(),
                "last_line": count(),
            }),
            &[],
        ),
        ("get", "/v1/{db}/results") => list("Result"),
        ("get", "/v1/{db}/results/{id}") => reference("Result"),
        ("post", "/v1/{db}/sql") => {
            json!({"anyOf": [sql_answer(), clickhouse_answer()]})
        }
        _ => json!({}),
    }
}

/// An answer of SQL in the shape of the API.
fn sql_answer() -> Value {
    object(
        json!({
            "data": objects(),
            "meta": {
                "type": "object", "required": ["rows", "has_more", "columns"], "additionalProperties": false,
                "properties": {
                    "rows": count(), "has_more": flag(), "elapsed_ms": {"type": "number"}, "snapshot_seq": text(),
                    "bytes_scanned": count(), "planning_ms": {"type": "number"},
                    "columns": {"type": "array", "items": object(json!({"name": text(), "type": text()}), &[])},
                    "warnings": texts(), "totals": {"type": "object"}, "result": reference("Result"),
                },
            },
        }),
        &[],
    )
}

/// An answer of SQL in ClickHouse's formats JSON and JSONCompact.
fn clickhouse_answer() -> Value {
    let columns =
        json!({"type": "array", "items": object(json!({"name": text(), "type": text()}), &[])});
    let members = json!({"meta": columns, "data": {"type": "array"}, "rows": count(), "totals": {}, "statistics": {"type": "object"}});
    object(members, &["totals"])
}

/// The statuses of a route when all is well.
pub(super) fn statuses(route: &str) -> &'static [u16] {
    match route {
        "post /v1/auth/token" => &[200, 202],
        "post /v1/auth/enrol"
        | "post /v1/users"
        | "post /v1/tokens"
        | "post /v1/clients"
        | "post /v1/databases"
        | "post /v1/databases/{id}/previews" => &[201],
        "put /v1/{db}/collections/{id}"
        | "put /v1/{db}/relationship-types/{id}"
        | "put /v1/{db}/endpoints/{id}"
        | "post /v1/{db}/documents/{collection}"
        | "put /v1/{db}/documents/{collection}"
        | "put /v1/{db}/documents/{collection}/{id}"
        | "post /v1/{db}/relationships"
        | "put /v1/{db}/relationships"
        | "post /v1/{db}/providers/{provider}/import-call/{collection}" => &[200, 201],
        _ => &[200],
    }
}
