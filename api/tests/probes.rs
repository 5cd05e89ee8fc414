//! What a probe of typed columns finds, against validating each document.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/api.rs"]
mod api;

use api::Api;
use rekor_core::schema::Schema;
use serde_json::{Value, json};

/// Scalars of every kind and around every bound of [`schemas`]; one document lacks the member.
fn documents() -> Vec<Value> {
    let values = json!([
        "",
        "a",
        "ab",
        "äö",
        "it's",
        "back\\slash",
        "1",
        0,
        1,
        2,
        3,
        -1,
        1.0,
        1.5,
        2.5,
        -0.5,
        3e2,
        1e300,
        9_007_199_254_740_993_i64,
        i64::MIN,
        u64::MAX,
        true,
        false
    ]);
    let with_value = values.as_array().unwrap().iter().map(|value| json!({"v": value}));
    with_value.chain([json!({"other": 1})]).collect()
}

/// Schemas of `v`, one keyword each.
fn schemas() -> Vec<Value> {
    vec![
        json!({"type": "integer"}),
        json!({"type": "number"}),
        json!({"type": "string"}),
        json!({"type": "boolean"}),
        json!({"type": ["string", "integer"]}),
        json!({"type": ["number", "boolean", "null"]}),
        json!({"type": "object"}),
        json!({"minimum": 1}),
        json!({"maximum": 2.5}),
        json!({"exclusiveMinimum": 1}),
        json!({"exclusiveMaximum": 1.5}),
        json!({"minLength": 2}),
        json!({"maxLength": 1}),
        json!({"enum": ["a", 1, true]}),
        json!({"enum": ["it's", "back\\slash", null]}),
        json!({"enum": [1.5, -1]}),
        json!({"const": 1}),
        json!({"const": "ab"}),
        json!({"const": false}),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn typed_columns_say_what_the_validator_says() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    let of = |v: &Value| json!({"type": "object", "properties": {"v": v}});
    api.ok("POST", "/v1/databases", json!({"id": "d"})).await;
    api.ok("POST", "/v1/databases/d/previews", json!({"name": "p"})).await;
    let put = async |schema: &Value| {
        api.ok("PUT", "/v1/d--p/collections/c", json!({"json_schema": schema})).await;
    };
    put(&of(&json!({}))).await;
    api.ok("POST", "/v1/databases/d/promote", json!({"from": "d--p"})).await;
    let documents = documents();
    for data in &documents {
        api.ok("POST", "/v1/d/documents/c", json!({"data": data})).await;
    }
    for where_rows_are in ["memory", "files"] {
        if where_rows_are == "files" {
            let stats = api.ok("POST", "/v1/admin/compact", Value::Null).await;
            assert!(stats["file_count"].as_u64().unwrap() > 0, "{stats}");
        }
        for v in schemas() {
            let schema = of(&v);
            put(&schema).await;
            let compiled = Schema::compile(&schema).unwrap();
            let failing = documents.iter().filter(|data| compiled.validate(data).is_err()).count();
            let body = json!({"from": "d--p", "dry_run": true});
            let run = api.ok("POST", "/v1/databases/d/promote", body).await;
            let issues = run["changes"]["collections"][0]["issues"].as_array().unwrap();
            let probed: Vec<&Value> = issues.iter().filter(|i| !i["probed"].is_null()).collect();
            assert!(!probed.is_empty(), "{v}: {issues:?}");
            for issue in probed {
                assert_eq!(issue["probed"], "column", "{v}: {issue}");
                assert_eq!(issue["rows_failing"], failing, "{v} in {where_rows_are}: {issue}");
                assert_eq!(issue["rows_checked"], documents.len(), "{v}: {issue}");
                let shown = issue["sample_ids"].as_array().map_or(0, Vec::len);
                assert_eq!(shown, failing.min(10), "{v}: {issue}");
            }
        }
    }
}
