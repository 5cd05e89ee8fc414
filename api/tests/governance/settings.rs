//! Settings of databases.

use crate::{api::Api, database, open_schema, token};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn settings_say_how_long_things_are_kept_and_are_for_people() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    database(&api, "acme", &[("c", open_schema())]).await;
    let path = "/v1/databases/acme";
    let settings = |retention: Value| json!({"settings": {"retention": retention}});
    let changed = api.ok("PUT", path, settings(json!({"operations_log_days": 90}))).await;
    assert_eq!(changed["settings"], json!({"retention": {"operations_log_days": 90}}));
    // What is left out of a change stays; settings are replaced as a whole.
    assert_eq!(api.ok("PUT", path, json!({"name": "Acme"})).await["settings"], changed["settings"]);
    let changed = api.ok("PUT", path, settings(json!({"deleted_database_days": 2}))).await;
    assert_eq!(changed["settings"], json!({"retention": {"deleted_database_days": 2}}));
    for wrong in [
        json!({"operations_log_days": 0}),
        json!({"deleted_database_days": 1_000}),
        json!({"forever": true}),
        json!([90, null, null]),
    ] {
        assert_eq!(api.refused("PUT", path, settings(wrong)).await.0, 400);
    }
    // Who could forget the log could cover traces: no token may.
    let agent = token(&api, json!([{"scope": {"databases": ["*"]}, "permissions": ["*"]}])).await;
    agent.ok("PUT", path, json!({"name": "by an agent"})).await;
    let (status, answer) = agent.refused("PUT", path, settings(json!({}))).await;
    assert_eq!((status, &answer["error"]["human_required"]), (403, &json!(true)));
    // The time that a deleted database can be restored is its own.
    let deleted = api.ok("DELETE", path, Value::Null).await;
    let until = rekor_core::Timestamp::parse_rfc3339(deleted["restorable_until"].as_str().unwrap());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let days = (until.unwrap().0 - i64::try_from(now.as_millis()).unwrap()) as f64 / 86_400_000.0;
    assert!((1.99..=2.0).contains(&days), "{days}");
    let restored = api.ok("POST", "/v1/databases/acme/restore", Value::Null).await;
    assert_eq!(restored["settings"], changed["settings"]);
}
