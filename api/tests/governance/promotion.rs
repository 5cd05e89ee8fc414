//! Promotion with probes, drift, and the way back.

use crate::{api::Api, database, move_to_files, token};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn promotion_probes_rows_knows_drift_and_is_undone() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    let schema = |properties: Value, required: Value| json!({"type": "object", "properties": properties, "required": required});
    let first = schema(
        json!({"amount": {"type": "number"}, "status": {"type": "string"}}),
        json!(["amount"]),
    );
    database(&api, "shop", &[("invoices", first.clone())]).await;
    for n in 0..40 {
        let data = if n < 3 {
            json!({"amount": n as f64 + 0.5, "status": "odd"})
        } else {
            json!({"amount": n, "status": "paid", "note": n})
        };
        api.ok("POST", "/v1/shop/documents/invoices", json!({"id": format!("i{n}"), "data": data}))
            .await;
    }
    let put = async |schema: Value| {
        api.ok("PUT", "/v1/shop--p/collections/invoices", json!({"json_schema": schema})).await;
    };
    let dry = async || {
        api.ok("POST", "/v1/databases/shop/promote", json!({"from": "shop--p", "dry_run": true}))
            .await
    };
    // Ids of documents are for who may read them.
    let blind = token(&api, json!([{"scope": {"databases": ["shop"]}, "permissions": ["read:databases", "write:databases"]}])).await;
    put(schema(
        json!({"amount": {"type": "integer"}, "status": {"type": "string"}}),
        json!(["amount"]),
    ))
    .await;
    for body in
        [json!({"from": "shop--p", "dry_run": true}), json!({"from": "shop--p", "request": true})]
    {
        let answer = blind.ok("POST", "/v1/databases/shop/promote", body).await.to_string();
        assert!(answer.contains("rows_failing") && !answer.contains("sample_ids"), "{answer}");
    }
    // In memory and in files alike, each way of looking at the rows.
    for in_files in [false, true] {
        if in_files {
            move_to_files(&api).await;
        }
        // Narrowed: one typed column answers.
        put(schema(
            json!({"amount": {"type": "integer"}, "status": {"type": "string"}}),
            json!(["amount"]),
        ))
        .await;
        let shown = dry().await;
        let issue = &shown["blocking"][0];
        assert_eq!(
            (
                issue["rows_failing"].as_u64(),
                issue["rows_checked"].as_u64(),
                issue["probed"].as_str()
            ),
            (Some(3), Some(40), Some("column")),
            "{shown}"
        );
        assert_eq!(issue["sample_ids"].as_array().unwrap().len(), 3);
        assert!(issue["message"].as_str().unwrap().contains("3 of 40 documents"), "{issue}");
        let (status, answer) =
            api.refused("POST", "/v1/databases/shop/promote", json!({"from": "shop--p"})).await;
        assert_eq!(status, 409, "{answer}");
        // An optional property that nobody has.
        put(schema(json!({"amount": {"type": "number"}, "status": {"type": "string"}, "new": {"type": "string"}}), json!(["amount"]))).await;
        let shown = dry().await;
        assert_eq!(shown["blocking"], json!([]), "{shown}");
        assert_eq!(
            shown["changes"]["collections"][0]["issues"][0]["probed"], "statistics",
            "{shown}"
        );
        // One that some have with another type.
        put(schema(json!({"amount": {"type": "number"}, "status": {"type": "string"}, "note": {"type": "string"}}), json!(["amount"]))).await;
        assert_eq!(dry().await["blocking"][0]["rows_failing"], 37);
        // What columns cannot say is answered by the documents.
        put(schema(
            json!({"amount": {"type": "number"}, "status": {"type": "string", "pattern": "^p"}}),
            json!(["amount"]),
        ))
        .await;
        let shown = dry().await;
        assert_eq!(
            (&shown["blocking"][0]["rows_failing"], &shown["blocking"][0]["probed"]),
            (&json!(3), &json!("documents")),
            "{shown}"
        );
    }
    // A required property without a default blocks by logic alone, and is forced only with a reason.
    put(schema(json!({"amount": {"type": "number"}, "status": {"type": "string"}, "owner": {"type": "string"}}), json!(["amount", "owner"]))).await;
    api.refused("POST", "/v1/databases/shop/promote", json!({"from": "shop--p"})).await;
    api.refused(
        "POST",
        "/v1/databases/shop/promote",
        json!({"from": "shop--p", "force_reason": " "}),
    )
    .await;
    let forced = api
        .ok(
            "POST",
            "/v1/databases/shop/promote",
            json!({"from": "shop--p", "force_reason": "agreed with all writers"}),
        )
        .await;
    assert_eq!(forced["force_reason"], "agreed with all writers");
    assert_eq!(
        api.refused("POST", "/v1/shop/documents/invoices", json!({"data": {"amount": 1}})).await.0,
        400
    );
    // A token neither promotes nor rolls back, whatever its grants; looking is allowed.
    let agent = token(&api, json!([{"scope": {"databases": ["*"]}, "permissions": ["*"]}])).await;
    let undo = json!({"promotion_id": forced["id"]});
    let (status, answer) = agent.refused("POST", "/v1/databases/shop/rollback", undo.clone()).await;
    assert_eq!((status, &answer["error"]["human_required"]), (403, &json!(true)));
    agent
        .ok(
            "POST",
            "/v1/databases/shop/rollback",
            json!({"promotion_id": forced["id"], "dry_run": true}),
        )
        .await;
    // Rollback restores the configuration, keeps documents, and is itself recorded.
    api.ok(
        "POST",
        "/v1/shop/documents/invoices",
        json!({"id": "after", "data": {"amount": 1, "owner": "x"}}),
    )
    .await;
    let undone = api.ok("POST", "/v1/databases/shop/rollback", undo.clone()).await;
    assert_eq!(undone["reverts"], forced["id"]);
    assert_eq!(
        api.ok("GET", "/v1/shop/collections/invoices", Value::Null).await["json_schema"],
        first
    );
    api.ok("GET", "/v1/shop/documents/invoices/after", Value::Null).await;
    assert_eq!(api.refused("POST", "/v1/databases/shop/rollback", undo).await.0, 409);
    let listed = api.ok("GET", "/v1/databases/shop/promotions", Value::Null).await;
    let statuses: Vec<&str> =
        listed["data"].as_array().unwrap().iter().map(|p| p["status"].as_str().unwrap()).collect();
    // The one that was asked for went stale when another from the same preview was applied.
    assert_eq!(statuses, ["applied", "reverted", "superseded", "applied"]);
    // The preview was made before production changed: that is a conflict, not a silent overwrite.
    let shown = dry().await;
    let rules: Vec<&Value> =
        shown["blocking"].as_array().unwrap().iter().map(|b| &b["rule"]).collect();
    assert!(rules.contains(&&json!("REKOR_DRIFT")), "{shown}");
    // Both sides are shown, and where they collide.
    let both = &shown["changes"]["collections"][0]["three_way"];
    let paths = |side: &str| -> Vec<Value> {
        both[side].as_array().unwrap().iter().map(|step| step["path"].clone()).collect()
    };
    let path = json!("/json_schema/required");
    assert!(paths("production").contains(&path) && paths("preview").is_empty(), "{shown}");
    let mut other = first.clone();
    other["required"] = json!([]);
    api.ok("PUT", "/v1/shop--p/collections/invoices", json!({"json_schema": other})).await;
    let shown = dry().await;
    let both = &shown["changes"]["collections"][0]["three_way"];
    assert_eq!(both["conflicts"], json!([path]), "{shown}");

    // An added collection is rolled back with its documents kept, and is there again with them.
    database(&api, "kept", &[]).await;
    api.ok("PUT", "/v1/kept--p/collections/notes", json!({"json_schema": {"type": "object"}}))
        .await;
    let added = api.ok("POST", "/v1/databases/kept/promote", json!({"from": "kept--p"})).await;
    api.ok("POST", "/v1/kept/documents/notes", json!({"id": "n1", "data": {"a": 1}})).await;
    api.ok("POST", "/v1/databases/kept/rollback", json!({"promotion_id": added["id"]})).await;
    assert_eq!(api.refused("GET", "/v1/kept/documents/notes/n1", Value::Null).await.0, 404);
    api.ok("POST", "/v1/databases/kept/previews", json!({"name": "again"})).await;
    api.ok("PUT", "/v1/kept--again/collections/notes", json!({"json_schema": {"type": "object"}}))
        .await;
    api.ok("POST", "/v1/databases/kept/promote", json!({"from": "kept--again"})).await;
    assert_eq!(api.ok("GET", "/v1/kept/documents/notes/n1", Value::Null).await["data"]["a"], 1);
    // Removing is asked for, and shows what goes with it.
    api.ok("DELETE", "/v1/kept--again/collections/notes", Value::Null).await;
    let pruned = api
        .ok(
            "POST",
            "/v1/databases/kept/promote",
            json!({"from": "kept--again", "prune": true, "dry_run": true}),
        )
        .await;
    assert_eq!(
        (&pruned["changes"]["collections"][0]["action"], &pruned["blocking"][0]["rows_failing"]),
        (&json!("remove"), &json!(1)),
        "{pruned}"
    );
    // Every version of a collection is kept.
    let history = api.ok("GET", "/v1/shop/collections/invoices/history", Value::Null).await;
    let versions: Vec<u64> = history["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["version"].as_u64().unwrap())
        .collect();
    assert_eq!(versions, [3, 2, 1]);
    let known = api.ok("GET", "/v1/shop/collections/invoices", Value::Null).await;
    assert_eq!(known["version"], 3);
}
