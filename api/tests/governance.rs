//! Who may see and do what, over a real socket: scoped tokens that try to leak, people at the door, promotion with probes,
//! rollback, lists, and the log that nobody can change.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "support/api.rs"]
mod api;

#[path = "governance/lists.rs"]
mod lists;
#[path = "governance/log.rs"]
mod log;
#[path = "governance/people.rs"]
mod people;
#[path = "governance/promotion.rs"]
mod promotion;
#[path = "governance/settings.rs"]
mod settings;
#[path = "governance/tokens.rs"]
mod tokens;

use api::Api;
use serde_json::{Value, json};

async fn token(api: &Api, grants: Value) -> Api {
    let made = api.ok("POST", "/v1/tokens", json!({"name": "t", "grants": grants})).await;
    api.with(made["token"].as_str().unwrap())
}

async fn sql(api: &Api, database: &str, query: &str) -> (u16, Value) {
    api.call("POST", &format!("/v1/{database}/sql"), json!({"query": query})).await
}

async fn rows(api: &Api, database: &str, query: &str) -> Value {
    let (status, answer) = sql(api, database, query).await;
    assert_eq!(status, 200, "{query}: {answer}");
    answer["data"].clone()
}

/// A database with collections from schemas, promoted from its preview `p`.
async fn database(api: &Api, id: &str, collections: &[(&str, Value)]) {
    api.ok("POST", "/v1/databases", json!({"id": id})).await;
    api.ok("POST", &format!("/v1/databases/{id}/previews"), json!({"name": "p"})).await;
    for (name, schema) in collections {
        let path = format!("/v1/{id}--p/collections/{name}");
        api.ok("PUT", &path, json!({"json_schema": schema})).await;
    }
    api.ok("POST", &format!("/v1/databases/{id}/promote"), json!({"from": format!("{id}--p")}))
        .await;
}

/// Moves every row to data files, and makes sure that there are some.
async fn move_to_files(api: &Api) {
    let stats = api.ok("POST", "/v1/admin/compact", Value::Null).await;
    assert!(stats["file_count"].as_u64().unwrap() > 2, "{stats}");
}

fn open_schema() -> Value {
    json!({"type": "object"})
}
