//! Batches: all or nothing under many clients, operations that refer to each other, and requests that are sent again.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/api.rs"]
mod api;

use api::Api;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const CLIENTS: usize = 64;
const BATCH: usize = 1_000;
/// Documents that every batch writes.
const SHARED: usize = 100;

async fn shop(api: &Api) {
    api.ok("POST", "/v1/databases", json!({"id": "shop"})).await;
    api.ok("POST", "/v1/databases/shop/previews", json!({"name": "p"})).await;
    let schema = json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}, "color": {"default": "red"}}});
    api.ok("PUT", "/v1/shop--p/collections/items", json!({"json_schema": schema})).await;
    api.ok("POST", "/v1/databases/shop/promote", json!({"from": "shop--p"})).await;
}

async fn count(api: &Api, condition: &str) -> Value {
    let query = format!("SELECT count() AS n FROM documents WHERE deleted = false AND {condition}");
    api.ok("POST", "/v1/shop/sql", json!({"query": query})).await["data"][0]["n"].clone()
}

fn upsert(key: &str, data: Value) -> Value {
    json!({"type": "upsert_document", "collection": "items", "external_id": key, "data": data})
}

/// A batch of a client: the shared documents, then its own; a bad one fails at its very end.
fn batch(client: usize, bad: bool) -> Value {
    let marker = if bad { "bad" } else { "good" };
    let mut operations: Vec<Value> = (0..BATCH)
        .map(|n| {
            let key =
                if n < SHARED { format!("shared-{n}") } else { format!("{marker}-{client}-{n}") };
            upsert(&key, json!({"n": n, "client": client, "marker": marker}))
        })
        .collect();
    if bad {
        operations[BATCH - 1] = upsert("never", json!({"n": "no number"}));
    }
    json!({"operations": operations})
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_of_many_clients_are_all_or_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    shop(&api).await;
    let clients = (0..CLIENTS).map(|client| {
        let api = api.clone();
        tokio::spawn(async move {
            let (status, answer) = api.call("POST", "/v1/shop/batch", batch(client, true)).await;
            assert_eq!((status, &answer["error"]["details"][0]["index"]), (400, &json!(BATCH - 1)));
            let done = api.ok("POST", "/v1/shop/batch", batch(client, false)).await;
            let results = done["results"].as_array().unwrap().clone();
            // Each face reads what was just acknowledged.
            let key = format!("good-{client}-{}", BATCH - 1);
            let find = format!("/v1/shop/documents/items?external_id={key}");
            let found = api.ok("GET", &find, Value::Null).await;
            assert_eq!(found["id"], results[BATCH - 1]["id"]);
            let own = format!("data.client = {client} AND external_id LIKE 'good-%'");
            assert_eq!(count(&api, &own).await, json!(BATCH - SHARED));
            results
        })
    });
    let clients: Vec<_> = clients.collect();
    let mut versions: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for client in clients {
        for result in &client.await.unwrap()[..SHARED] {
            let id = result["id"].as_str().unwrap().to_owned();
            versions.entry(id).or_default().push(result["version"].as_u64().unwrap());
        }
    }
    // One document per shared key, its versions without a gap and none twice.
    assert_eq!(versions.len(), SHARED);
    for (id, mut seen) in versions {
        seen.sort_unstable();
        assert_eq!(seen, (1..=CLIENTS as u64).collect::<Vec<_>>(), "{id}");
    }
    assert_eq!(count(&api, "external_id LIKE 'bad-%' OR data.marker = 'bad'").await, json!(0));
    let all = SHARED + CLIENTS * (BATCH - SHARED);
    assert_eq!(count(&api, "1").await, json!(all));
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_of_a_batch_refer_to_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    shop(&api).await;
    let related = |from: &str, to: &str| json!({"type": "upsert_relationship", "rel_type": "next", "source_collection": "items", "source_external_id": from, "target_collection": "items", "target_external_id": to});
    let send = async |operations: Value| {
        api.call("POST", "/v1/shop/batch", json!({"operations": operations})).await
    };
    let id = |answer: &Value, n: usize| answer["results"][n]["id"].as_str().unwrap().to_owned();

    // To documents that it makes, to one that is stored, and again: the same relationships.
    api.ok("PUT", "/v1/shop/documents/items", json!({"external_id": "old", "data": {"n": 0}}))
        .await;
    let operations = json!([
        upsert("a", json!({"n": 1})),
        upsert("b", json!({"n": 2})),
        related("a", "b"),
        related("b", "old"),
    ]);
    let mut links = Vec::new();
    for round in 1..=3 {
        let (status, answer) = send(operations.clone()).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["results"][2]["version"], json!(round));
        links.push((id(&answer, 2), id(&answer, 3)));
        let link =
            api.ok("GET", &format!("/v1/shop/relationships/{}", id(&answer, 2)), Value::Null).await;
        let ends = (id(&answer, 0), id(&answer, 1));
        assert_eq!((&link["source_id"], &link["target_id"]), (&json!(ends.0), &json!(ends.1)));
        // The next round finds everything in files.
        api.ok("POST", "/v1/admin/flush", Value::Null).await;
    }
    assert!(links.iter().all(|link| *link == links[0]), "{links:?}");

    // To what it deletes, or makes later, or nobody makes: refused whole, with the place.
    let delete = json!({"type": "delete_document", "collection": "items", "external_id": "a"});
    for (operations, index) in [
        (json!([delete, related("a", "b")]), 1),
        (json!([related("late", "a"), upsert("late", json!({"n": 1}))]), 0),
        (json!([upsert("fine", json!({"n": 1})), related("fine", "nobody")]), 1),
    ] {
        let (status, answer) = send(operations).await;
        assert_eq!((status, &answer["error"]["details"][0]["index"]), (404, &json!(index)));
    }
    assert_eq!(count(&api, "external_id IN ('late', 'fine')").await, json!(0));

    // A document that a batch makes, links and deletes again takes the link with it.
    let brief = json!([upsert("brief", json!({"n": 1})), related("brief", "old"), {"type": "delete_document", "collection": "items", "external_id": "brief"}]);
    let (status, answer) = send(brief).await;
    assert_eq!(status, 200, "{answer}");
    let gone = format!("/v1/shop/relationships/{}", id(&answer, 1));
    assert_eq!(api.call("GET", &gone, Value::Null).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_fills_the_collection_that_it_makes() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    shop(&api).await;
    let collection = |required: &str| json!({"type": "upsert_collection", "id": "notes", "json_schema": {"type": "object", "required": [required]}});
    let note = |data: Value| json!({"type": "upsert_document", "collection": "notes", "external_id": "n", "data": data});
    let send = async |operations: Value| {
        api.call("POST", "/v1/shop--p/batch", json!({"operations": operations})).await
    };
    let (status, answer) = send(json!([note(json!({"text": "x"})), collection("text")])).await;
    assert_eq!((status, &answer["error"]["details"][0]["index"]), (404, &json!(0)), "{answer}");
    // The new schema counts from where it is made.
    let (status, answer) = send(json!([collection("text"), note(json!({"title": "x"}))])).await;
    assert_eq!((status, &answer["error"]["details"][0]["index"]), (400, &json!(1)), "{answer}");
    let (status, answer) = send(json!([
        collection("text"),
        note(json!({"text": "x"})),
        collection("title"),
        {"type": "upsert_document", "collection": "notes", "data": {"title": "y"}},
        {"type": "delete_document", "collection": "notes", "external_id": "n"},
    ]))
    .await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["results"][2]["version"], json!(2));
    let list = api.ok("GET", "/v1/shop--p/documents/notes", Value::Null).await;
    assert_eq!(
        (&list["meta"]["total"], &list["data"][0]["data"]),
        (&json!(1), &json!({"title": "y"}))
    );
    // Deleted and made anew in one batch, it starts empty, and its versions go on.
    let (status, answer) = send(json!([
        {"type": "delete_collection", "id": "notes"},
        collection("body"),
        note(json!({"body": "z"})),
    ]))
    .await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["results"][1]["version"], json!(4));
    let list = api.ok("GET", "/v1/shop--p/documents/notes", Value::Null).await;
    assert_eq!(list["meta"]["total"], json!(1));
    let history = api.ok("GET", "/v1/shop--p/collections/notes/history", Value::Null).await;
    let versions: Vec<&Value> =
        history["data"].as_array().unwrap().iter().map(|version| &version["version"]).collect();
    assert_eq!(json!(versions), json!([4, 3, 2, 1]));
    // Production takes documents, and no collections.
    let production = json!({"operations": [collection("text")]});
    assert_eq!(api.call("POST", "/v1/shop/batch", production).await.0, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_a_key_is_done_once() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    shop(&api).await;
    let base = "/v1/shop/documents/items";
    let keyed = async |api: &Api, method: &str, path: &str, key: &str, body: &str| {
        api.raw(method, path, &format!("Idempotency-Key: {key}\r\n"), body).await
    };
    let first = keyed(&api, "POST", base, "k1", r#"{"data":{"n":1}}"#).await;
    assert_eq!(first.0, 201);
    assert!(!first.1.contains("idempotency-replayed"));
    // Sent again: the same answer, word for word, and no second document; from memory and from files.
    for _ in 0..2 {
        let again = keyed(&api, "POST", base, "k1", r#"{"data":{"n":1}}"#).await;
        assert_eq!((again.0, &again.2), (201, &first.2));
        assert!(again.1.contains("idempotency-replayed: true") && again.1.contains("etag: \"1\""));
        api.ok("POST", "/v1/admin/compact", Value::Null).await;
    }
    assert_eq!(count(&api, "1").await, json!(1));
    // Another request under the same key is refused; somebody else's key is another one, and so is another route's.
    let other = keyed(&api, "POST", base, "k1", r#"{"data":{"n":2}}"#).await;
    assert_eq!((other.0, other.2["error"]["code"].as_str()), (422, Some("IDEMPOTENCY_KEY_REUSED")));
    let grants = json!([{"scope": {"databases": ["*"]}, "permissions": ["*"]}]);
    let token = api.ok("POST", "/v1/tokens", json!({"name": "agent", "grants": grants})).await;
    let agent = api.with(token["token"].as_str().unwrap());
    assert_eq!(keyed(&agent, "POST", base, "k1", r#"{"data":{"n":2}}"#).await.0, 201);
    let preview = base.replace("shop", "shop--p");
    assert_eq!(keyed(&api, "POST", &preview, "k1", r#"{"data":{"n":2}}"#).await.0, 201);
    // What failed left no answer.
    assert_eq!(keyed(&api, "POST", base, "k2", r#"{"data":{"n":"x"}}"#).await.0, 400);
    assert_eq!(keyed(&api, "POST", base, "k2", r#"{"data":{"n":3}}"#).await.0, 201);
    // A deletion, a patch of what was deleted meanwhile, a batch.
    let path = format!("{base}/{}", first.2["id"].as_str().unwrap());
    let patch = keyed(&api, "PATCH", &path, "k3", r#"{"data":{"n":4}}"#).await;
    let deleted = keyed(&api, "DELETE", &path, "k4", "").await;
    assert_eq!((patch.0, deleted.0), (200, 200));
    assert_eq!(keyed(&api, "DELETE", &path, "k4", "").await.2, deleted.2);
    assert_eq!(keyed(&api, "PATCH", &path, "k3", r#"{"data":{"n":4}}"#).await.2, patch.2);
    let operations = json!({"operations": [{"type": "upsert_document", "collection": "items", "data": {"n": 7}}]}).to_string();
    let before = count(&api, "1").await;
    let many = (0..16).map(|_| {
        let (api, operations) = (api.clone(), operations.clone());
        tokio::spawn(async move {
            let key = "Idempotency-Key: k5\r\n";
            let (status, _, answer) = api.raw("POST", "/v1/shop/batch", key, &operations).await;
            assert_eq!(status, 200, "{answer}");
            answer["results"][0]["id"].clone()
        })
    });
    let many: Vec<_> = many.collect();
    let mut ids = Vec::new();
    for one in many {
        ids.push(one.await.unwrap());
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(json!(before.as_u64().unwrap() + 1), count(&api, "1").await);
    // Nobody sees receipts, and the operations log tells only of the work.
    let log =
        "SELECT groupUniqArray(entity_type) AS types FROM operations_log WHERE source != 'import'";
    let seen = api.ok("POST", "/v1/shop/sql", json!({"query": log})).await;
    let known = ["collection", "database", "document", "promotion", "token"];
    let types = seen["data"][0]["types"].as_array().unwrap();
    assert!(types.iter().all(|ty| known.contains(&ty.as_str().unwrap())), "{seen}");
    // Where a key would mean nothing it is refused, not ignored; a read is safe anyway.
    let import = keyed(&api, "POST", "/v1/shop/import/items", "k6", "{\"n\":1}\n").await;
    assert_eq!((import.0, keyed(&api, "POST", "/v1/tokens", "k6", "{}").await.0), (400, 400));
    assert_eq!(keyed(&api, "POST", "/v1/shop/sql", "k6", r#"{"query":"SELECT 1"}"#).await.0, 200);
    assert_eq!(keyed(&api, "POST", base, "", r#"{"data":{"n":1}}"#).await.0, 400);
    // What is no gzip is a bad request, what is too long is too long.
    let broken = "Idempotency-Key: k7\r\nContent-Encoding: gzip\r\n";
    assert_eq!(api.raw("POST", base, broken, r#"{"data":{"n":1}}"#).await.0, 400);
    let long = format!("{{\"data\":{{\"n\":1}},\"x\":\"{}\"}}", "x".repeat(12 << 20));
    assert_eq!(keyed(&api, "POST", base, "k8", &long).await.0, 413);
}
