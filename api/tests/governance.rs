//! Who may see and do what, over a real socket: scoped tokens that try to leak, people at the door, promotion with probes,
//! rollback, lists, and the log that nobody can change.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "support/api.rs"]
mod api;

use api::Api;
use rekor_api::ServiceConfig;
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

#[tokio::test(flavor = "multi_thread")]
async fn people_enrol_log_in_and_prove_that_they_are_there() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::serve(ServiceConfig::local(directory.path().to_owned())).await;
    let code = api.service.enrolment_code().unwrap().to_owned();
    let enrol = |code: &str, password: &str| json!({"code": code, "login": "Ada@example.com", "password": password});
    assert_eq!(
        api.refused("POST", "/v1/auth/enrol", enrol("wrong", "a long password")).await.0,
        401
    );
    assert_eq!(api.refused("POST", "/v1/auth/enrol", enrol(&code, "short")).await.0, 400);
    let session = api.ok("POST", "/v1/auth/enrol", enrol(&code, "a long password")).await;
    assert_eq!(api.refused("POST", "/v1/auth/enrol", enrol(&code, "a long password")).await.0, 401);
    assert_eq!(api.service.enrolment_code(), None);
    let ada = api.with(session["token"].as_str().unwrap());
    assert_eq!(ada.ok("GET", "/v1/whoami", Value::Null).await["role"], "owner");

    // Promotion needs the password for this very diff.
    ada.ok("POST", "/v1/databases", json!({"id": "d"})).await;
    ada.ok("POST", "/v1/databases/d/previews", json!({"name": "p"})).await;
    ada.ok("PUT", "/v1/d--p/collections/c", json!({"json_schema": {"type": "object"}})).await;
    let promote = json!({"from": "d--p"});
    let dry =
        ada.ok("POST", "/v1/databases/d/promote", json!({"from": "d--p", "dry_run": true})).await;
    let (status, answer) = ada.refused("POST", "/v1/databases/d/promote", promote.clone()).await;
    assert_eq!(
        (status, &answer["error"]["details"][0]["confirm"]),
        (403, &dry["diff_hash"]),
        "{answer}"
    );
    assert_eq!(answer["error"]["human_required"], true);
    let confirm =
        |password: &str, subject: &Value| json!({"password": password, "subject": subject});
    assert_eq!(
        ada.refused("POST", "/v1/auth/confirm", confirm("wrong password", &dry["diff_hash"]))
            .await
            .0,
        401
    );
    ada.ok("POST", "/v1/auth/confirm", confirm("a long password", &json!("another diff"))).await;
    ada.refused("POST", "/v1/databases/d/promote", promote.clone()).await;
    ada.ok("POST", "/v1/auth/confirm", confirm("a long password", &dry["diff_hash"])).await;
    ada.ok("POST", "/v1/databases/d/promote", promote).await;

    // Members have their grants and nothing more; administration needs the owner's password anew.
    let member = json!({"login": "bob", "password": "another password", "grants": [{"scope": {"databases": ["d"]}, "permissions": ["read:documents", "read:databases", "write:tokens"]}]});
    ada.refused("POST", "/v1/users", member.clone()).await;
    ada.ok("POST", "/v1/auth/confirm", confirm("a long password", &json!("users"))).await;
    ada.ok("POST", "/v1/users", member.clone()).await;
    assert_eq!(ada.refused("POST", "/v1/users", member).await.0, 409);
    let login = |password: &str| json!({"login": "BOB", "password": password});
    let session = api.ok("POST", "/v1/auth/login", login("another password")).await;
    let bob = api.with(session["token"].as_str().unwrap());
    bob.ok("GET", "/v1/d/documents/c", Value::Null).await;
    assert_eq!(bob.refused("POST", "/v1/d/documents/c", json!({"data": {}})).await.0, 403);
    assert_eq!(bob.refused("GET", "/v1/users", Value::Null).await.0, 403);
    let agent =
        token(&bob, json!([{"scope": {"databases": ["d"]}, "permissions": ["read:documents"]}]))
            .await;
    agent.ok("GET", "/v1/d/documents/c", Value::Null).await;
    // Everybody changes their own password, knowing it; other sessions end, this one stays.
    let elsewhere = api.ok("POST", "/v1/auth/login", login("another password")).await;
    let change = |known: &str| json!({"password": known, "new_password": "a third password"});
    assert_eq!(bob.refused("POST", "/v1/auth/password", change("wrong")).await.0, 401);
    let short = json!({"password": "another password", "new_password": "short"});
    assert_eq!(bob.refused("POST", "/v1/auth/password", short).await.0, 400);
    assert_eq!(agent.refused("POST", "/v1/auth/password", change("another password")).await.0, 403);
    let changed = bob.ok("POST", "/v1/auth/password", change("another password")).await;
    assert_eq!(changed, json!({"changed": true, "sessions_ended": 1}));
    bob.ok("GET", "/v1/whoami", Value::Null).await;
    let elsewhere = api.with(elsewhere["token"].as_str().unwrap());
    assert_eq!(elsewhere.refused("GET", "/v1/whoami", Value::Null).await.0, 401);
    assert_eq!(api.refused("POST", "/v1/auth/login", login("another password")).await.0, 401);
    api.ok("POST", "/v1/auth/login", login("a third password")).await;

    // Who goes takes sessions and tokens along; the last owner stays.
    ada.ok("DELETE", "/v1/users/bob", Value::Null).await;
    for dead in [&bob, &agent] {
        assert_eq!(dead.refused("GET", "/v1/whoami", Value::Null).await.0, 401);
    }
    assert_eq!(ada.refused("DELETE", "/v1/users/ada@example.com", Value::Null).await.0, 409);
    // Guessing is slowed down.
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(
            api.refused(
                "POST",
                "/v1/auth/login",
                json!({"login": "ada@example.com", "password": "guess"}),
            )
            .await
            .0,
        );
    }
    assert_eq!((statuses[0], *statuses.last().unwrap()), (401, 429), "{statuses:?}");
    // Neither password nor secret is in anything that is stored in the clear or shown.
    let users = ada.ok("GET", "/v1/users", Value::Null).await.to_string();
    assert!(!users.contains("argon2") && !users.contains("password"), "{users}");
    ada.ok("POST", "/v1/auth/logout", json!({})).await;
    assert_eq!(ada.refused("GET", "/v1/whoami", Value::Null).await.0, 401);
}

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

#[tokio::test(flavor = "multi_thread")]
async fn lists_answer_what_a_filter_says() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    database(&api, "d", &[("c", open_schema())]).await;
    let documents = [
        json!({"n": 1, "s": "a", "tags": ["x", "y"], "o": {"k": 1}}),
        json!({"n": 2.5, "s": "b", "tags": ["x", 3]}),
        json!({"n": "3", "s": null, "tags": []}),
        json!({"n": 10, "s": "A", "o": {}, "b": true}),
        json!({"s": "ab", "tags": "x", "b": false, "we.ird": {"`q`": 1}}),
        json!({"n": 9_007_199_254_740_993_i64, "items": [{"k": 1}], "s": "it's"}),
    ];
    for (i, data) in documents.iter().enumerate() {
        api.ok("POST", "/v1/d/documents/c", json!({"id": format!("d{i}"), "external_id": format!("e{i}"), "external_source": if i < 3 { "one" } else { "two" }, "data": data})).await;
    }
    let query = async |body: Value| api.ok("POST", "/v1/d/documents/c/query", body).await;
    let ids = |answer: &Value| -> Vec<String> {
        answer["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| d["id"].as_str().unwrap()[1..].to_owned())
            .collect()
    };
    let cond =
        |field: &str, op: &str, value: Value| json!({"field": field, "op": op, "value": value});
    let cases = [
        (cond("data.n", "eq", json!(1)), "0"),
        (cond("data.n", "eq", json!(2.5)), "1"),
        (cond("data.n", "eq", json!("3")), "2"),
        (cond("data.n", "eq", json!(9_007_199_254_740_993_i64)), "5"),
        (cond("data.n", "neq", json!(1)), "1235"),
        (cond("data.n", "gt", json!(1)), "135"),
        (cond("data.n", "gte", json!(2.5)), "135"),
        (cond("data.n", "lt", json!(10)), "01"),
        (cond("data.n", "lte", json!(10)), "013"),
        (cond("data.n", "in", json!([1, 10, "3"])), "023"),
        (cond("data.n", "not_in", json!([1, 10, "3"])), "15"),
        (cond("data.s", "gte", json!("ab")), "145"),
        (cond("data.s", "like", json!("a%")), "04"),
        (cond("data.s", "ilike", json!("A%")), "034"),
        (cond("data.s", "eq", json!("it's")), "5"),
        (cond("data.b", "eq", json!(true)), "3"),
        (cond("data.b", "neq", json!(true)), "4"),
        (json!({"field": "data.s", "op": "is_null"}), "2"),
        (json!({"field": "data.n", "op": "is_null"}), "4"),
        (json!({"field": "data.o", "op": "is_not_null"}), "0"),
        (json!({"field": "data.o.k", "op": "is_not_null"}), "0"),
        (json!({"field": "data.items", "op": "is_not_null"}), "5"),
        (json!({"field": "data.tags", "op": "is_not_null"}), "0124"),
        (cond("data.tags", "has", json!("x")), "01"),
        (cond("data.tags", "has", json!(3)), "1"),
        (cond("data.we.ird.`q`", "eq", json!(1)), "4"),
        (cond("id", "in", json!(["d1", "d2"])), "12"),
        (cond("external_id", "like", json!("e%")), "012345"),
        (cond("version", "eq", json!(1)), "012345"),
        (cond("created_at", "gt", json!("2020-01-01T00:00:00Z")), "012345"),
        (
            json!({"or": [cond("data.n", "eq", json!(1)), {"and": [cond("data.s", "eq", json!("A")), cond("data.b", "eq", json!(true))]}]}),
            "03",
        ),
    ];
    for in_files in [false, true] {
        if in_files {
            move_to_files(&api).await;
        }
        for (filter, wanted) in &cases {
            let answer = query(json!({"filter": filter})).await;
            assert_eq!(ids(&answer).concat(), *wanted, "{filter} in files: {in_files}");
            assert_eq!(answer["meta"]["total"], wanted.len(), "{filter}");
        }
        // Order, pages and cursors: numbers before texts, missing values last.
        let sorted = json!([{"field": "data.n", "direction": "desc"}]);
        assert_eq!(ids(&query(json!({"sort": sorted})).await).concat(), "531024");
        let (mut cursor, mut seen) = (Value::Null, String::new());
        loop {
            let page = query(json!({"sort": sorted, "limit": 2, "cursor": cursor})).await;
            seen += &ids(&page).concat();
            cursor = page["meta"]["next_cursor"].clone();
            if cursor.is_null() {
                break;
            }
        }
        assert_eq!(seen, "531024");
        let page = query(json!({"limit": 2, "offset": 2, "fields": ["data.o.k", "data.s"]})).await;
        assert_eq!(
            page["data"],
            json!([{"id": "d2", "data": {"s": null}}, {"id": "d3", "data": {"s": "A"}}])
        );
        assert_eq!(query(json!({"external_source": "one"})).await["meta"]["total"], 3);
        // Aggregates.
        let sums = query(json!({"aggregations": [{"fn": "count", "alias": "n"}, {"fn": "sum", "field": "data.n", "alias": "sum"}, {"fn": "max", "field": "data.s", "alias": "last"}], "filter": cond("data.n", "lt", json!(100))})).await;
        assert_eq!(sums["data"], json!([{"n": 3, "sum": 13.5, "last": "b"}]));
        let whole = query(json!({"aggregations": [{"fn": "sum", "field": "data.n", "alias": "sum"}, {"fn": "min", "field": "data.n", "alias": "min"}], "filter": cond("data.n", "gt", json!(5))})).await;
        assert_eq!(whole["data"], json!([{"sum": 9_007_199_254_741_003_i64, "min": 10}]));
        let groups = query(json!({"aggregations": [{"fn": "count", "alias": "n"}], "group_by": "external_source", "sort": [{"field": "external_source"}]})).await;
        assert_eq!(
            groups["data"],
            json!([{"external_source": "one", "n": 3}, {"external_source": "two", "n": 3}])
        );
        let groups = query(json!({"aggregations": [{"fn": "count", "alias": "n"}], "group_by": ["data.b"], "sort": {"field": "n", "order": "desc"}})).await;
        assert_eq!(groups["data"][0], json!({"data.b": null, "n": 4}));
    }
    // As a query string; what is wrong says where.
    let path = "/v1/d/documents/c?limit=1&filter=%7B%22field%22%3A%22data.n%22%2C%22op%22%3A%22eq%22%2C%22value%22%3A10%7D";
    assert_eq!(ids(&api.ok("GET", path, Value::Null).await), ["3"]);
    for (body, at) in [
        (json!({"filter": {"data.n": {"$gt": 1}}}), "MongoDB"),
        (json!({"filter": {"$and": []}}), "MongoDB"),
        (json!({"filter": cond("n", "eq", json!(1))}), "/filter/field"),
        (json!({"filter": cond("data.n", "like", json!(1))}), "/filter/value"),
        (json!({"filter": cond("data.n", "matches", json!(1))}), "/filter/op"),
        (json!({"filter": {"or": [cond("data.n", "eq", Value::Null)]}}), "/filter/or/0/value"),
        (json!({"sort": [{"field": "data.n", "direction": "down"}]}), "/sort/0"),
        (json!({"limit": 0}), "limit"),
        (json!({"limit": 5000}), "limit"),
        (json!({"cursor": "x"}), "cursor"),
        (json!({"aggregations": [{"fn": "median", "alias": "m"}]}), "/aggregations/0"),
        (
            json!({"filter": (0..12).fold(cond("data.n", "eq", json!(1)), |inner, _| json!({"and": [inner]}))}),
            "nest",
        ),
        (json!({"filter": cond("data.n", "in", json!(vec![1; 101]))}), "at most 100"),
    ] {
        let (status, answer) = api.refused("POST", "/v1/d/documents/c/query", body.clone()).await;
        assert!(status == 400 && answer.to_string().contains(at), "{body}: {answer}");
    }
    // Nothing of a filter becomes part of the query.
    let sly = cond("data.s`) OR 1=1 --", "eq", json!("' OR 1=1 --"));
    assert_eq!(query(json!({"filter": sly})).await["meta"]["total"], 0);
    // Relationships are listed in the same way, and exports hold every document.
    api.ok("PUT", "/v1/d/relationships", json!({"rel_type": "r", "source_collection": "c", "source_id": "d0", "target_collection": "c", "target_id": "d1", "data": {"w": 5}})).await;
    let listed = api.ok("GET", "/v1/d/relationships?filter=%7B%22field%22%3A%22data.w%22%2C%22op%22%3A%22gt%22%2C%22value%22%3A4%7D", Value::Null).await;
    assert_eq!(
        (&listed["meta"]["total"], &listed["data"][0]["target_id"]),
        (&json!(1), &json!("d1"))
    );
    let (status, _, export) = api.raw("GET", "/v1/d/export/c?lines=data", "", "").await;
    let mut lines: Vec<Value> =
        export.as_str().unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut wanted = documents.to_vec();
    lines.sort_by_key(Value::to_string);
    wanted.sort_by_key(Value::to_string);
    assert_eq!((status, lines), (200, wanted));
}

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
