//! Scoped tokens: none leaks, none makes a stronger one.

use crate::{api::Api, database, move_to_files, open_schema, rows, sql, token};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_scoped_token_sees_nothing_else_by_any_door() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    let both = [("public", open_schema()), ("secrets", open_schema())];
    database(&api, "acme", &both).await;
    database(&api, "other", &both).await;
    for (db, collection, id, text) in [
        ("acme", "public", "p1", "fine"),
        ("acme", "secrets", "s1", "hidden-in-acme"),
        ("other", "public", "o1", "hidden-in-other"),
    ] {
        let path = format!("/v1/{db}/documents/{collection}");
        api.ok("POST", &path, json!({"id": id, "data": {"text": text, "password": text}})).await;
    }
    for (source, target) in [("p1", "s1"), ("p1", "p1")] {
        let target_collection = if target == "s1" { "secrets" } else { "public" };
        api.ok("PUT", "/v1/acme/relationships", json!({"rel_type": "near", "source_collection": "public", "source_id": source, "target_collection": target_collection, "target_id": target, "data": {"why": if target == "s1" { "hidden-in-link" } else { "fine" }}})).await;
    }
    let scope =
        json!({"databases": ["acme"], "collections": ["public"], "environments": ["production"]});
    let reader = token(&api, json!([{"scope": scope, "permissions": ["read:documents", "read:relationships", "read:collections", "read:databases"]}])).await;

    // By REST: what is out of reach is answered like what does not exist.
    for (path, like) in [
        ("/v1/acme/documents/secrets/s1", "/v1/acme/documents/nothing/s1"),
        ("/v1/acme/collections/secrets", "/v1/acme/collections/nothing"),
        ("/v1/acme/export/secrets", "/v1/acme/export/nothing"),
        ("/v1/other/documents/public/o1", "/v1/missing/documents/public/o1"),
        ("/v1/databases/other", "/v1/databases/missing"),
        ("/v1/databases/acme--p", "/v1/databases/acme--q"),
        ("/v1/acme--p/collections", "/v1/acme--q/collections"),
    ] {
        let (there, missing) = (
            reader.refused("GET", path, Value::Null).await,
            reader.refused("GET", like, Value::Null).await,
        );
        let as_missing = missing
            .1
            .to_string()
            .replace("nothing", "secrets")
            .replace("missing", "other")
            .replace("acme--q", "acme--p");
        assert_eq!((there.0, there.1.to_string()), (missing.0, as_missing), "{path}");
        assert_eq!(there.0, 404, "{path}");
    }
    // By SQL: joins, subqueries, aliases, CTEs, the log, the plan and the errors.
    for query in [
        "SELECT * FROM documents",
        "SELECT toString(data) FROM documents AS secrets",
        "WITH d AS (SELECT * FROM documents) SELECT a.data, b.data FROM d AS a CROSS JOIN documents AS b",
        "SELECT d.data, r.data, r.target_id FROM documents AS d JOIN relationships AS r ON r.source_id = d.id",
        "SELECT * FROM relationships",
        "SELECT * FROM collections",
        "SELECT * FROM databases",
        "SELECT * FROM workspaces",
        "SELECT * FROM operations_log",
        "SELECT data.password FROM documents WHERE collection = 'secrets' OR 1 = 1",
        "SELECT count(), groupArray(id), min(data.text.:String), max(data.text.:String) FROM documents",
        "SELECT * FROM documents WHERE id IN (SELECT target_id FROM relationships)",
        "EXPLAIN SELECT * FROM documents WHERE collection = 'secrets'",
        "EXPLAIN ANALYZE SELECT count() FROM relationships",
        "SELECT CAST(data.password, 'Int64') FROM documents",
        "SELECT data.passwrod.nothing, nosuchcolumn FROM documents",
        "SELECT * FROM secrets",
    ] {
        let (_, answer) = sql(&reader, "acme", query).await;
        let text = answer.to_string();
        for leak in ["hidden", "s1", "o1", "other"] {
            assert!(
                !text.contains(&format!("\"{leak}")) && !text.contains("hidden-in"),
                "{query} leaks {leak}: {text}"
            );
        }
        let asked_for_it = query.contains("secrets");
        assert!(asked_for_it || !text.contains("secrets"), "{query} leaks: {text}");
    }
    assert_eq!(
        rows(&reader, "acme", "SELECT count() AS n FROM documents").await,
        json!([{"n": 1}])
    );
    assert_eq!(
        rows(&reader, "acme", "SELECT target_id FROM relationships").await,
        json!([{"target_id": "p1"}])
    );
    assert_eq!(
        rows(
            &reader,
            "acme",
            "SELECT DISTINCT entity_id FROM operations_log WHERE entity_type = 'document'"
        )
        .await,
        json!([{"entity_id": "p1"}])
    );
    // By traversal and batch.
    let related = reader.ok("GET", "/v1/acme/documents/public/p1/related", Value::Null).await;
    assert_eq!(related["meta"]["total"], 1, "{related}");
    let upsert =
        json!({"operations": [{"type": "upsert_document", "collection": "public", "data": {}}]});
    assert_eq!(reader.refused("POST", "/v1/acme/batch", upsert).await.0, 403);
    let elsewhere =
        json!({"operations": [{"type": "upsert_document", "collection": "secrets", "data": {}}]});
    assert_eq!(reader.refused("POST", "/v1/acme/batch", elsewhere).await.0, 404);
    // The id of a relationship out of reach cannot be taken over or deleted.
    let hidden = rows(&api, "acme", "SELECT id FROM relationships WHERE target_id = 's1'").await[0]
        ["id"]
        .clone();
    let writer = token(&api, json!([{"scope": {"databases": ["acme"], "collections": ["public"]}, "permissions": ["read:relationships", "write:relationships"]}])).await;
    let takeover = json!({"id": hidden, "rel_type": "near", "source_collection": "public", "source_id": "p1", "target_collection": "public", "target_id": "p9"});
    assert_eq!(writer.refused("PUT", "/v1/acme/relationships", takeover).await.0, 404);
    assert_eq!(
        writer
            .refused(
                "DELETE",
                &format!("/v1/acme/relationships/{}", hidden.as_str().unwrap()),
                Value::Null
            )
            .await
            .0,
        404
    );
    let in_batch = json!({"operations": [{"type": "delete_relationship", "id": hidden}]});
    assert_eq!(writer.refused("POST", "/v1/acme/batch", in_batch).await.0, 404);
    // Promotions show every collection, so they are for who reaches all of them; nor does such a token end a database.
    let half = json!([{"scope": {"databases": ["acme"], "collections": ["public"]}, "permissions": ["read:databases", "write:databases"]}]);
    let half = token(&api, half).await;
    for body in [
        json!({"from": "acme--p", "dry_run": true, "prune": true}),
        json!({"from": "acme--p", "request": true}),
    ] {
        let (status, answer) = half.refused("POST", "/v1/databases/acme/promote", body).await;
        assert!(status == 403 && !answer.to_string().contains("secrets"), "{answer}");
    }
    assert_eq!(half.refused("GET", "/v1/databases/acme/promotions", Value::Null).await.0, 403);
    assert_eq!(half.refused("DELETE", "/v1/databases/acme", Value::Null).await.0, 403);
    // Asking for a promotion writes, so reading is not enough.
    let looks =
        token(&api, json!([{"scope": {"databases": ["acme"]}, "permissions": ["read:databases"]}]))
            .await;
    looks
        .ok("POST", "/v1/databases/acme/promote", json!({"from": "acme--p", "dry_run": true}))
        .await;
    assert_eq!(
        looks
            .refused(
                "POST",
                "/v1/databases/acme/promote",
                json!({"from": "acme--p", "request": true})
            )
            .await
            .0,
        403
    );
    // A table without any permission is refused by name.
    let only_links = token(
        &api,
        json!([{"scope": {"databases": ["acme"]}, "permissions": ["read:relationships"]}]),
    )
    .await;
    let (status, answer) = sql(&only_links, "acme", "SELECT 1 FROM documents").await;
    assert_eq!(
        (status, answer["error"]["details"][0]["clickhouse"].as_str()),
        (403, Some("ACCESS_DENIED")),
        "{answer}"
    );
    // Lists show what is reached.
    let listed = reader.ok("GET", "/v1/databases", Value::Null).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1, "{listed}");
    let listed = reader.ok("GET", "/v1/acme/collections", Value::Null).await;
    assert_eq!(listed["data"][0]["id"], "public");
    assert_eq!(listed["meta"]["total"], 1);
    // Files are cut to the scope like memory.
    move_to_files(&api).await;
    assert_eq!(
        rows(&reader, "acme", "SELECT target_id FROM relationships").await,
        json!([{"target_id": "p1"}])
    );
    assert_eq!(reader.refused("POST", "/v1/admin/compact", Value::Null).await.0, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_stay_below_their_makers() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    database(&api, "acme", &[("c", open_schema())]).await;
    let scope = json!({"databases": ["acme"], "environments": ["preview"]});
    let maker = token(&api, json!([{"scope": scope, "permissions": ["write:tokens", "read:documents", "write:collections", "write:databases", "read:databases"]}])).await;
    for too_much in [
        json!([{"scope": {"databases": ["*"]}, "permissions": ["read:documents"]}]),
        json!([{"scope": {"databases": ["acme"]}, "permissions": ["read:documents"]}]),
        json!([{"scope": scope, "permissions": ["*"]}]),
        json!([{"scope": scope, "permissions": ["write:documents"]}]),
    ] {
        let (status, _) =
            maker.refused("POST", "/v1/tokens", json!({"name": "x", "grants": too_much})).await;
        assert_eq!(status, 403, "{too_much}");
    }
    let child = json!([{"scope": {"databases": ["acme--p"]}, "permissions": ["read:documents"]}]);
    let made = maker.ok("POST", "/v1/tokens", json!({"name": "child", "grants": child})).await;
    let child = api.with(made["token"].as_str().unwrap());
    child.ok("GET", "/v1/whoami", Value::Null).await;
    // An agent for previews makes one, changes it, asks for promotion; production is out of its reach.
    maker.ok("POST", "/v1/databases/acme/previews", json!({"name": "agent"})).await;
    maker
        .ok("PUT", "/v1/acme--agent/collections/new", json!({"json_schema": {"type": "object"}}))
        .await;
    assert_eq!(maker.refused("GET", "/v1/databases/acme", Value::Null).await.0, 404);
    let asked = maker
        .ok("POST", "/v1/databases/acme/promote", json!({"from": "acme--agent", "request": true}))
        .await;
    assert_eq!(asked["status"], "open");
    let (status, answer) =
        maker.refused("POST", "/v1/databases/acme/promote", json!({"from": "acme--agent"})).await;
    assert_eq!((status, answer["error"]["human_required"].as_bool()), (404, None), "{answer}");
    let applied =
        api.ok("POST", "/v1/databases/acme/promote", json!({"promotion": asked["id"]})).await;
    assert_eq!((applied["status"].as_str(), &applied["id"]), (Some("applied"), &asked["id"]));
    // Two people apply one open promotion at once: it is applied once, and its record stays whole.
    let apply =
        |id: &Value| api.call("POST", "/v1/databases/acme/promote", json!({"promotion": id}));
    for round in 0..8 {
        let schema = json!({"type": "object", "description": format!("round {round}")});
        let body = json!({"json_schema": schema});
        maker.ok("PUT", "/v1/acme--agent/collections/new", body).await;
        let request = json!({"from": "acme--agent", "request": true});
        let asked = maker.ok("POST", "/v1/databases/acme/promote", request).await;
        let id = &asked["id"];
        let ((one, _), (two, _)) = tokio::join!(apply(id), apply(id));
        assert!(matches!((one, two), (200, 409) | (409, 200)), "{one} {two}");
        let path = format!("/v1/databases/acme/promotions/{}", id.as_str().unwrap());
        let record = api.ok("GET", &path, Value::Null).await;
        assert_eq!((&record["status"], &record["changes"]), (&json!("applied"), &asked["changes"]));
    }
    // Revoking the maker revokes the child; each is dead at once.
    let listed = api.ok("GET", "/v1/tokens", Value::Null).await;
    let of_maker = listed["data"].as_array().unwrap().iter().find(|t| t["name"] == "t").unwrap();
    assert!(of_maker["last_used_at"].is_string(), "{of_maker}");
    let revoked = api
        .ok("DELETE", &format!("/v1/tokens/{}", of_maker["id"].as_str().unwrap()), Value::Null)
        .await;
    assert_eq!(revoked["revoked_children"], json!([made["id"]]));
    for dead in [&maker, &child] {
        assert_eq!(dead.refused("GET", "/v1/whoami", Value::Null).await.0, 401);
    }
}
