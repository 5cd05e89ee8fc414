//! Providers, types, restores, and the log that nobody can change.

use crate::{api::Api, database, move_to_files, open_schema, rows, token};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn providers_types_restores_and_the_log() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    database(&api, "d", &[("c", open_schema())]).await;
    // Tools of vendors become collections and come back as they were.
    let tools = json!([{"type": "function", "function": {"name": "create_invoice", "description": "Makes one.", "parameters": {"type": "object", "properties": {"customer": {"type": "string"}}, "required": ["customer"]}, "strict": true}}]);
    assert_eq!(
        api.refused("POST", "/v1/d/providers/openai/import", json!({"tools": tools})).await.0,
        403
    );
    api.ok("POST", "/v1/d--p/providers/openai/import", json!({"tools": tools})).await;
    let back = api
        .ok("GET", "/v1/d--p/providers/openai/export?collections=create_invoice", Value::Null)
        .await;
    assert_eq!(back["tools"], tools);
    let call = json!({"data": {"arguments": "{\"customer\":\"Acme\"}"}, "external_id": "call_1", "external_source": "openai"});
    let (status, made) = api
        .call("POST", "/v1/d--p/providers/openai/import-call/create_invoice", call.clone())
        .await;
    assert_eq!((status, &made["data"]["customer"]), (201, &json!("Acme")));
    assert_eq!(
        api.ok("POST", "/v1/d--p/providers/openai/import-call/create_invoice", call).await["version"],
        2
    );
    assert_eq!(
        api.refused("POST", "/v1/d--p/providers/acme/import", json!({"tools": []})).await.0,
        400
    );

    // A declared relationship type is enforced, an undeclared one is free.
    let declared = json!({"data_schema": {"type": "object", "required": ["since"]}, "source_collections": ["c"]});
    assert_eq!(api.refused("PUT", "/v1/d/relationship-types/owns", declared.clone()).await.0, 403);
    api.ok("PUT", "/v1/d--p/relationship-types/owns", declared).await;
    let promoted = api
        .ok(
            "POST",
            "/v1/databases/d/promote",
            json!({"from": "d--p", "relationship_types": ["owns"]}),
        )
        .await;
    assert_eq!(
        (
            promoted["changes"]["relationship_types"][0]["id"].as_str(),
            promoted["changes"]["collections"].as_array().unwrap().len()
        ),
        (Some("owns"), 0)
    );
    let link = |rel_type: &str, source: &str, data: Value| json!({"rel_type": rel_type, "source_collection": source, "source_id": "a", "target_collection": "c", "target_id": "b", "data": data});
    assert_eq!(
        api.refused("PUT", "/v1/d/relationships", link("owns", "c", json!({}))).await.0,
        400
    );
    assert_eq!(
        api.refused("PUT", "/v1/d/relationships", link("owns", "x", json!({"since": 1}))).await.0,
        400
    );
    api.ok("PUT", "/v1/d/relationships", link("owns", "c", json!({"since": 1}))).await;
    api.ok("PUT", "/v1/d/relationships", link("free", "x", json!({}))).await;
    // Traversal goes several steps, and ends in a cycle.
    for (source, target) in [("t1", "t2"), ("t2", "t3"), ("t3", "t1"), ("t3", "t4")] {
        api.ok("PUT", "/v1/d/relationships", json!({"rel_type": "next", "source_collection": "c", "source_id": source, "target_collection": "c", "target_id": target})).await;
    }
    let walk = async |query: &str| {
        let found = api
            .ok("GET", &format!("/v1/d/documents/c/t1/related?type=next&{query}"), Value::Null)
            .await;
        let step = |s: &Value| {
            (
                s["depth"].as_u64().unwrap(),
                s["relationship"]["target_id"].as_str().unwrap().to_owned(),
            )
        };
        found["data"].as_array().unwrap().iter().map(step).collect::<Vec<_>>()
    };
    let named = |steps: &[(u64, &str)]| {
        steps.iter().map(|(d, t)| (*d, (*t).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(walk("direction=outgoing").await, named(&[(1, "t2")]));
    assert_eq!(
        walk("direction=outgoing&depth=5").await,
        named(&[(1, "t2"), (2, "t3"), (3, "t1"), (3, "t4")])
    );
    assert_eq!(
        api.refused("GET", "/v1/d/documents/c/t1/related?depth=6", Value::Null).await.0,
        400
    );

    // A deleted database comes back whole; its id is not reused by accident.
    api.ok("POST", "/v1/d/documents/c", json!({"id": "x", "data": {"n": 1}})).await;
    api.ok("DELETE", "/v1/databases/d", Value::Null).await;
    assert_eq!(api.refused("GET", "/v1/d/documents/c/x", Value::Null).await.0, 404);
    assert_eq!(api.refused("POST", "/v1/databases", json!({"id": "d"})).await.0, 409);
    api.ok("POST", "/v1/admin/flush", Value::Null).await;
    api.ok("POST", "/v1/databases/d/restore", json!({})).await;
    assert_eq!(api.ok("GET", "/v1/d/documents/c/x", Value::Null).await["data"]["n"], 1);
    api.ok("GET", "/v1/d--p/collections/create_invoice", Value::Null).await;
    api.ok("DELETE", "/v1/databases/d--p", Value::Null).await;
    api.ok("POST", "/v1/databases/d/previews", json!({"name": "q"})).await;
    database(&api, "gone", &[("c", open_schema())]).await;
    api.ok("DELETE", "/v1/databases/gone", Value::Null).await;
    let anew =
        api.ok("POST", "/v1/databases", json!({"id": "gone", "replace_deleted": true})).await;
    assert_eq!(anew["id"], "gone");
    assert_eq!(api.ok("GET", "/v1/gone/collections", Value::Null).await["meta"]["total"], 0);

    // The log is a chain, in memory and in files, over a restart; the account's part is for who may audit.
    let reader = token(&api, json!([{"scope": {"databases": ["d"]}, "permissions": ["*"]}])).await;
    let audit = "SELECT DISTINCT entity_type FROM operations_log WHERE entity_type = 'token'";
    assert_eq!(rows(&api, "d", audit).await, json!([{"entity_type": "token"}]));
    assert_eq!(rows(&reader, "d", audit).await, json!([]));
    let before = api.ok("GET", "/v1/admin/audit", Value::Null).await;
    assert_eq!(before["problems"], json!([]), "{before}");
    let of_d = |report: &Value| {
        report["logs"]
            .as_array()
            .unwrap()
            .iter()
            .find(|log| log["database"] == "d")
            .unwrap()
            .clone()
    };
    assert!(of_d(&before)["entry_count"].as_u64().unwrap() > 5);
    move_to_files(&api).await;
    assert_eq!(of_d(&api.ok("GET", "/v1/admin/audit", Value::Null).await), of_d(&before));
    let used = token(&api, json!([{"scope": {"databases": ["*"]}, "permissions": ["*"]}])).await;
    used.ok("GET", "/v1/whoami", Value::Null).await;
    let service = std::sync::Arc::clone(&api.service);
    tokio::task::spawn_blocking(move || service.close()).await.unwrap();
    drop(api);
    let again = reopened(directory.path()).await;
    let after = again.ok("GET", "/v1/admin/audit", Value::Null).await;
    assert_eq!((of_d(&after), &after["problems"]), (of_d(&before), &json!([])));
    let tokens = again.ok("GET", "/v1/tokens", Value::Null).await;
    assert!(tokens["data"][0]["last_used_at"].is_string(), "{tokens}");
}

/// The same root in a new server, once the old one let go of it.
async fn reopened(directory: &std::path::Path) -> Api {
    // The old service still holds the lock; the data is what counts, so a copy is opened.
    let copy = tempfile::tempdir().unwrap();
    copy_all(directory, copy.path());
    let api = Api::start(copy.path()).await;
    // The directory lives as long as the test.
    let _kept = copy.keep();
    api
}

fn copy_all(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
