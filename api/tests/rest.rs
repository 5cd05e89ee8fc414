//! The rules of the API, over a real listener.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "support/api.rs"]
mod api;

use api::Api;
use futures::StreamExt;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

fn code(answer: &Value) -> &str {
    answer["error"]["code"].as_str().unwrap_or("")
}

async fn shop(api: &Api) {
    api.ok("POST", "/v1/databases", json!({"id": "shop", "tags": ["demo"]})).await;
    api.ok("POST", "/v1/databases/shop/previews", json!({"name": "p"})).await;
    let schema = json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}, "color": {"default": "red"}}});
    api.ok("PUT", "/v1/shop--p/collections/items", json!({"json_schema": schema})).await;
    api.ok("POST", "/v1/databases/shop/promote", json!({"from": "shop--p"})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rules_of_the_api() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    shop(&api).await;

    // Configuration changes only in previews, and promotion is a human act.
    let (status, answer) =
        api.call("PUT", "/v1/shop/collections/items", json!({"name": "x"})).await;
    assert!(
        status == 403 && answer["error"]["message"].as_str().unwrap().contains("create-preview"),
        "{answer}"
    );
    let grants = json!([{"scope": {"databases": ["*"]}, "permissions": ["*"]}]);
    let token = api.ok("POST", "/v1/tokens", json!({"name": "agent", "grants": grants})).await;
    let agent = api.with(token["token"].as_str().unwrap());
    let (status, _) =
        agent.call("POST", "/v1/databases/shop/promote", json!({"from": "shop--p"})).await;
    assert_eq!(status, 403);
    agent
        .ok("POST", "/v1/databases/shop/promote", json!({"from": "shop--p", "dry_run": true}))
        .await;
    assert!(!api.ok("GET", "/v1/tokens", Value::Null).await.to_string().contains(&agent.token));

    // Documents: external ids, versions, defaults, exact bytes.
    let base = "/v1/shop/documents/items";
    let (status, head, first) = api.raw("POST", base, "", r#"{"external_id":"a","data":{"n":1,"exact":1.50,"big":123456789012345678901234567890}}"#).await;
    assert!(status == 201 && head.contains("etag: \"1\""), "{head}");
    let id = first["id"].as_str().unwrap().to_owned();
    let again = agent.ok("POST", base, json!({"external_id": "a", "data": {"n": 2}})).await;
    assert_eq!((again["id"].as_str(), again["version"].as_u64()), (Some(id.as_str()), Some(2)));
    assert_eq!(again["data"], json!({"n": 2, "color": "red"}));
    let patched =
        agent.ok("PATCH", &format!("{base}/{id}"), json!({"data": {"color": "blue"}})).await;
    assert_eq!(patched["data"], json!({"n": 2, "color": "blue"}));
    assert_eq!(
        api.raw("PUT", &format!("{base}/{id}"), "If-Match: \"1\"\r\n", r#"{"data":{"n":9}}"#)
            .await
            .0,
        409
    );
    let (status, answer) =
        api.call("POST", base, json!({"id": "other", "external_id": "a", "data": {"n": 1}})).await;
    assert!(status == 409 && code(&answer) == "CONFLICT");

    // Bad input stores nothing.
    for (body, status) in [
        (json!({"data": {"n": "x"}}), 400),
        (json!({"data": {}}), 400),
        (json!({"data": [1]}), 400),
        (json!({"dat": {}}), 400),
        (json!({"id": "../x", "data": {"n": 1}}), 400),
        (json!({"data": {"n": 1, "text": "x".repeat(2 << 20)}}), 413),
    ] {
        assert_eq!(
            api.call("POST", base, body.clone()).await.0,
            status,
            "{:.60}",
            body.to_string()
        );
    }
    let deep = format!("{{\"data\":{{\"n\":1,\"d\":{}{}}}}}", "[".repeat(70), "]".repeat(70));
    assert_eq!(api.raw("POST", base, "", &deep).await.0, 400);
    let (status, _, answer) = api.raw("POST", base, "", "{\"data\": {\"n\": }}").await;
    assert!(status == 400 && answer["error"]["details"][0]["line"] == 1, "{answer}");
    let (status, answer) = api
        .call(
            "POST",
            "/v1/shop/batch",
            json!({"operations": [
                {"type": "upsert_document", "collection": "items", "data": {"n": 5}},
                {"type": "upsert_document", "collection": "items", "data": {"n": "bad"}},
            ]}),
        )
        .await;
    assert!(status == 400 && answer["error"]["details"][0]["index"] == 1, "{answer}");
    let count = api
        .ok("POST", "/v1/shop/sql", json!({"query": "SELECT count() AS n FROM documents"}))
        .await;
    assert_eq!(count["data"], json!([{"n": 1}]));

    // Relationships, traversal, and the cascade of a delete.
    let other = api.ok("POST", base, json!({"external_id": "b", "data": {"n": 3}})).await;
    let link = json!({"rel_type": "next_to", "source_collection": "items", "source_external_id": "a", "target_collection": "items", "target_id": other["id"], "data": {"w": 1}});
    let made = api.ok("PUT", "/v1/shop/relationships", link.clone()).await;
    assert_eq!(api.ok("PUT", "/v1/shop/relationships", link).await["id"], made["id"]);
    let related = api
        .ok("GET", &format!("{base}/{id}/related?type=next_to&direction=outgoing"), Value::Null)
        .await;
    assert_eq!(
        (related["meta"]["total"].as_u64(), &related["data"][0]["document"]["id"]),
        (Some(1), &other["id"])
    );
    api.ok("DELETE", &format!("{base}/{id}"), Value::Null).await;
    assert_eq!(api.call("GET", &format!("{base}/{id}"), Value::Null).await.0, 404);
    assert_eq!(
        api.call(
            "GET",
            &format!("/v1/shop/relationships/{}", made["id"].as_str().unwrap()),
            Value::Null
        )
        .await
        .0,
        404
    );
    let revived = api.ok("POST", base, json!({"external_id": "a", "data": {"n": 7}})).await;
    assert_eq!((revived["id"].as_str(), revived["version"].as_u64()), (Some(id.as_str()), Some(5)));

    // Import: bad lines are named, good ones kept.
    let (status, _, report) = api
        .raw(
            "POST",
            "/v1/shop/import/items?external_id_path=k&on_error=skip",
            "",
            "{\"k\":\"x\",\"n\":1}\n{\"k\":\"y\"}\n\n{\"k\":\"z\",\"n\":2}\n",
        )
        .await;
    assert_eq!(
        (
            status,
            report["imported"].as_u64(),
            report["failed"].as_u64(),
            report["errors"][0]["line"].as_u64()
        ),
        (200, Some(2), Some(1), Some(2)),
        "{report}"
    );

    // SQL: isolation, errors by name, the older vocabulary.
    let (status, answer) = api
        .call(
            "POST",
            "/v1/shop/sql",
            json!({"query": "SELECT 1", "params": {"database_id": "other"}}),
        )
        .await;
    assert!(status == 400, "{answer}");
    for (query, name) in [
        ("DROP TABLE documents", "READONLY"),
        ("SELECT FROM documents", "SYNTAX_ERROR"),
        ("SELECT * FROM url('x')", "UNKNOWN_FUNCTION"),
        ("SELECT {p:String}", "UNKNOWN_QUERY_PARAMETER"),
    ] {
        let (status, answer) = api.call("POST", "/v1/shop/sql", json!({"query": query})).await;
        assert!(
            status == 400 && answer["error"]["details"][0]["clickhouse"] == name,
            "{query}: {answer}"
        );
    }
    assert_eq!(api.ok("GET", "/v1/workspaces/shop", Value::Null).await["id"], "shop");
    api.ok("GET", &format!("/v1/shop/records/items/{id}"), Value::Null).await;

    // An export ends once, and stays at its end: compression asks again.
    let caller =
        rekor_api::service::Caller::new(rekor_api::auth::Principal::dev_owner(), "api", "export");
    let lines = rekor_api::service::list::ExportLines::Data;
    let mut lines =
        std::pin::pin!(api.service.export(&caller, "shop", "items", lines).await.unwrap());
    while let Some(lines) = lines.next().await {
        lines.unwrap();
    }
    assert!(lines.next().await.is_none());

    // What would mean nothing is refused, not ignored.
    for path in [
        "/v1/shop/documents/items?limti=3",
        "/v1/shop/documents/items?include_deleted=true",
        "/v1/shop/documents/items?external_id=a&limit=3",
        "/v1/shop/relationships?external_id=a",
        "/v1/databases?offset=x",
    ] {
        assert_eq!(api.call("GET", path, Value::Null).await.0, 400, "{path}");
    }
    let query = "/v1/shop/documents/items/query";
    assert_eq!(api.call("POST", query, json!({"group_by": ["data.n"]})).await.0, 400);
    let brotli = "Content-Encoding: br\r\n";
    assert_eq!(api.raw("POST", base, brotli, r#"{"data":{"n":1}}"#).await.0, 415);

    // Nobody gets in without a credential, and a revoked one is dead at once.
    let stranger = api.with("rec_nothing");
    assert_eq!(stranger.call("GET", "/v1/whoami", Value::Null).await.0, 401);
    api.ok("DELETE", &format!("/v1/tokens/{}", token["id"].as_str().unwrap()), Value::Null).await;
    assert_eq!(agent.call("GET", "/v1/whoami", Value::Null).await.0, 401);
    assert_eq!(api.call("GET", "/v1/_rekor/collections", Value::Null).await.0, 404);
    assert_eq!(api.call("GET", "/v1/nothing/at/all", Value::Null).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_document_stays_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    shop(&api).await;
    let base = "/v1/shop/documents/items";
    for (id, n) in [("a", 1), ("b", 2)] {
        api.ok("POST", base, json!({"id": id, "data": {"n": n}})).await;
    }
    let cancelled = api.ok("POST", &format!("{base}/a/cancel"), Value::Null).await;
    assert_eq!((&cancelled["cancelled"], &cancelled["version"]), (&json!(true), &json!(2)));
    // A later write changes the data, not the mark; the database keeps it in memory and in files.
    let sum = async || {
        let sql = "SELECT cancelled, sum(data.n.:Int64) AS n FROM documents WHERE deleted = false GROUP BY cancelled ORDER BY cancelled";
        api.ok("POST", "/v1/shop/sql", json!({"query": sql})).await["data"].clone()
    };
    let expected = json!([{"cancelled": false, "n": 2}, {"cancelled": true, "n": 10}]);
    let changed = api.ok("PUT", &format!("{base}/a"), json!({"data": {"n": 10}})).await;
    assert_eq!((&changed["cancelled"], &changed["version"]), (&json!(true), &json!(3)));
    assert_eq!(sum().await, expected);
    api.ok("POST", "/v1/admin/flush", Value::Null).await;
    assert_eq!(sum().await, expected);
    api.ok("POST", "/v1/admin/compact", Value::Null).await;
    assert_eq!(sum().await, expected);
    assert_eq!(api.ok("GET", &format!("{base}/a"), Value::Null).await["cancelled"], true);

    let filter = json!({"filter": {"field": "cancelled", "op": "eq", "value": true}});
    let found = api.ok("POST", &format!("{base}/query"), filter).await;
    assert_eq!(found["data"][0]["id"], "a");
    assert_eq!(
        (&found["data"][0]["cancelled"], &found["meta"]["total"]),
        (&json!(true), &json!(1))
    );
    // `*` is what it was; the column is there for who names it.
    let all = api.ok("POST", "/v1/shop/sql", json!({"query": "SELECT * FROM documents"})).await;
    assert!(all["data"][0].get("cancelled").is_none(), "{all}");

    let stale = json!({"cancelled": false, "expected_version": 1});
    assert_eq!(api.refused("POST", &format!("{base}/a/cancel"), stale).await.0, 409);
    let back = json!({"cancelled": false});
    let back = api.ok("POST", &format!("{base}/a/cancel"), back).await;
    assert_eq!((&back["data"]["n"], back.get("cancelled")), (&json!(10), None));
    assert_eq!(api.refused("POST", &format!("{base}/zz/cancel"), Value::Null).await.0, 404);
    // Who is deleted and comes back, comes back as new.
    api.ok("POST", &format!("{base}/b/cancel"), Value::Null).await;
    api.ok("DELETE", &format!("{base}/b"), Value::Null).await;
    assert_eq!(api.refused("POST", &format!("{base}/b/cancel"), Value::Null).await.0, 404);
    let revived = api.ok("PUT", &format!("{base}/b"), json!({"data": {"n": 3}})).await;
    assert_eq!(revived.get("cancelled"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_learns_it_however_much_they_send() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    shop(&api).await;
    let long = "{\"n\":1}\n".repeat(1 << 21);
    let lines = "Content-Type: application/x-ndjson\r\n";
    let stranger = api.with("rks_of_nobody");
    for (client, path, headers, expected) in [
        (&api, "/v1/shop/import/nowhere", lines, 404),
        (&stranger, "/v1/shop/import/items", lines, 401),
        (&stranger, "/v1/shop/batch", "", 401),
        (&stranger, "/mcp", "", 401),
        (&api, "/v1/shop/batch", "", 413),
        (&api, "/v1/nowhere/at/all", "", 404),
    ] {
        let (status, _, answer) = client.raw("POST", path, headers, &long).await;
        assert_eq!(status, expected, "{path}: {answer}");
    }
}

/// A client sends the head of a request first, and its body when the answer may be on its way: the connection stays theirs.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_before_the_body_keeps_the_connection() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", api.port)).await.unwrap();
    let mut stream = BufReader::new(stream);
    for path in ["/v1/shop/batch", "/mcp", "/v1/shop/batch"] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        stream.write_all(b"{}").await.unwrap();
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") {
            let begins = head.len();
            assert!(
                stream.read_line(&mut head).await.unwrap() > 0,
                "{path}: closed after {head:?}"
            );
            if let Some(("content-length", value)) = head[begins..].trim_end().split_once(": ") {
                length = value.parse().unwrap();
            }
        }
        stream.read_exact(&mut vec![0; length]).await.unwrap();
        assert!(head.starts_with("HTTP/1.1 401"), "{path}: {head}");
    }
}
