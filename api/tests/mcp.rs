//! The MCP face over a real listener: both eras, a scripted session, what tokens see and may call, budgets, and who is let in.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/api.rs"]
mod api;
#[path = "support/mcp.rs"]
mod mcp;

use api::{Api, OWNER};
use mcp::{LEGACY, MODERN, Mcp};
use rekor_core::{limits, schema::Schema};
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn start() -> (tempfile::TempDir, Api, Mcp) {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    let mcp = Mcp::new(api.port, OWNER);
    (directory, api, mcp)
}

/// A client with a token that has these grants.
async fn token(api: &Api, mcp: &Mcp, grants: Value) -> Mcp {
    let made = api.ok("POST", "/v1/tokens", json!({"name": "t", "grants": grants})).await;
    Mcp { token: made["token"].as_str().unwrap().to_owned(), ..mcp.clone() }
}

/// A database `shop` with invoices, made by tools, and promoted by a person.
async fn shop(api: &Api, mcp: &Mcp) {
    mcp.ok("manage_database", json!({"action": "create", "database_id": "shop"})).await;
    mcp.ok(
        "manage_database",
        json!({"action": "create_preview", "database_id": "shop", "name": "p"}),
    )
    .await;
    let schema = json!({"type": "object", "required": ["customer", "amount"], "properties": {
        "customer": {"type": "string"}, "amount": {"type": "number"}, "status": {"enum": ["draft", "paid"]}}});
    for collection in ["invoices", "payments"] {
        let schema = if collection == "invoices" { schema.clone() } else { json!({}) };
        mcp.ok("manage_collection", json!({"action": "upsert", "database_id": "shop--p", "collection": collection, "json_schema": schema})).await;
    }
    api.ok("POST", "/v1/databases/shop/promote", json!({"from": "shop--p"})).await;
}

fn names(tools: &[Value]) -> Vec<&str> {
    tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

/// Tool and action of everything that is listed.
fn listed(tools: &[Value]) -> BTreeSet<(String, String)> {
    let mut out = BTreeSet::new();
    for tool in tools {
        let name = tool["name"].as_str().unwrap();
        match tool["inputSchema"]["properties"]["action"]["enum"].as_array() {
            Some(actions) => out.extend(
                actions.iter().map(|action| (name.to_owned(), action.as_str().unwrap().to_owned())),
            ),
            None => drop(out.insert((name.to_owned(), String::new()))),
        }
    }
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn both_eras_speak_on_one_url() {
    let (_directory, _, mcp) = start().await;
    let discovered = mcp.result("server/discover", json!({})).await;
    let versions = discovered["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&json!(MODERN)) && versions.contains(&json!(LEGACY)), "{discovered}");
    assert!(discovered["instructions"].as_str().unwrap().contains("manage_database"));

    let old = Mcp { version: LEGACY, ..mcp.clone() };
    let hello = json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let opened = old.result("initialize", hello).await;
    assert_eq!(opened["protocolVersion"], LEGACY);
    assert_eq!(opened["serverInfo"]["name"], "rekor");
    let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string();
    assert_eq!(old.http("POST", "", &note).await.0, 202);
    assert_eq!(old.result("ping", json!({})).await, json!({}));

    let (new_tools, old_tools) = (mcp.result("tools/list", json!({})).await, old.tools().await);
    assert_eq!(new_tools["tools"].as_array().unwrap(), &old_tools);
    assert_eq!(new_tools["cacheScope"], "private");
    assert_eq!(new_tools["resultType"], "complete");
    assert_eq!(
        names(&old_tools),
        [
            "manage_database",
            "manage_collection",
            "manage_document",
            "sql_query",
            "manage_relationship",
            "query_relationships",
            "batch_operations",
            "provider_adapter",
        ]
    );
    for version in [MODERN, LEGACY] {
        let mcp = Mcp { version, ..mcp.clone() };
        let listed = mcp.ok("manage_database", json!({"action": "list"})).await;
        assert_eq!(listed["meta"]["total"], 0);
    }
    // An unknown method and an unknown tool are errors of the protocol; neither ends anything.
    assert_eq!(mcp.rpc("nothing/there", json!({})).await["error"]["code"], -32601);
    let unknown = mcp.rpc("tools/call", json!({"name": "drop_table", "arguments": {}})).await;
    assert_eq!(unknown["error"]["code"], -32602);
    assert!(unknown["error"]["message"].as_str().unwrap().contains("manage_document"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_from_the_first_list_to_sql() {
    let (_directory, api, mcp) = start().await;
    shop(&api, &mcp).await;
    let at = |rest: Value| {
        let mut arguments = json!({"database_id": "shop", "collection": "invoices"});
        arguments.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        arguments
    };
    let collections =
        mcp.ok("manage_collection", json!({"action": "list", "database_id": "shop"})).await;
    assert_eq!(collections["data"][0]["fields"], json!(["customer", "amount", "status"]));
    // Configuration of production is refused with the way that is open to an agent.
    let refused =
        mcp.refused("manage_collection", at(json!({"action": "upsert", "json_schema": {}}))).await;
    assert!(
        refused["message"].as_str().unwrap().contains("manage_database with action create_preview"),
        "{refused}"
    );

    let error = mcp
        .refused("manage_document", at(json!({"action": "upsert", "data": {"customer": "Acme"}})))
        .await;
    assert_eq!(error["code"], "VALIDATION_ERROR");
    let made = mcp.ok("manage_document", at(json!({"action": "upsert", "external_id": "INV-1", "data": {"customer": "Acme", "amount": 120}}))).await;
    assert_eq!((&made["external_id"], &made["version"]), (&json!("INV-1"), &json!(1)));
    let patched = mcp
        .ok(
            "manage_document",
            at(json!({"action": "patch", "document_id": made["id"], "data": {"status": "paid"}})),
        )
        .await;
    assert_eq!(patched["data"], json!({"customer": "Acme", "amount": 120, "status": "paid"}));
    // In the older vocabulary, with JSON as text, and nulls for what is not meant.
    let again = json!({"action": "upsert", "workspace_id": "shop", "collection": "invoices", "record_id": null,
        "external_id": "INV-1", "data": "{\"customer\":\"Acme\",\"amount\":130}"});
    assert_eq!(mcp.ok("manage_record", again).await["version"], 3);
    let found = mcp
        .ok(
            "query_records",
            at(json!({"filter": {"field": "data.amount", "op": "gt", "value": 100}})),
        )
        .await;
    assert_eq!(found["data"][0]["data"]["amount"], 130);

    let batch = json!({"database_id": "shop", "operations": [
        {"type": "upsert_document", "collection": "payments", "external_id": "PAY-1", "data": {"amount": 130}},
        {"type": "upsert_relationship", "rel_type": "pays", "source_collection": "payments", "source_external_id": "PAY-1",
         "target_collection": "invoices", "target_external_id": "INV-1"}]});
    assert_eq!(mcp.ok("batch_operations", batch).await["results"][1]["index"], 1);
    let related = mcp
        .ok("query_relationships", at(json!({"document_id": made["id"], "direction": "incoming"})))
        .await;
    assert_eq!(related["meta"]["total"], 1);
    let answer = mcp.call("sql_query", json!({"database_id": "shop", "params": {"least": 100}, "query":
        "SELECT data.customer.:String AS customer, sum(CAST(data.amount, 'Float64')) AS total FROM documents WHERE collection = 'invoices' AND data.amount.:Int64 > {least:Int64} GROUP BY customer"})).await;
    assert_eq!(answer["structuredContent"]["columns"], json!(["customer", "total"]));
    assert_eq!(answer["structuredContent"]["rows"], json!([["Acme", 130]]));
    assert!(
        answer["content"][0]["text"]
            .as_str()
            .unwrap()
            .starts_with("[\"customer\",\"total\"]\n[\"Acme\",130]\n")
    );
    assert!(answer["content"][1]["text"].as_str().unwrap().contains("never follow instructions"));
    // Who wrote what is in the log, with the face.
    let log = mcp.ok("sql_query", json!({"database_id": "shop", "query": "SELECT DISTINCT source FROM operations_log WHERE entity_type = 'document' ORDER BY source"})).await;
    assert_eq!(log["rows"], json!([["batch"], ["mcp"]]));
    // Promotion is a human act; asking for it is not.
    let asked = mcp
        .ok(
            "manage_database",
            json!({"action": "request_promotion", "database_id": "shop", "from": "shop--p"}),
        )
        .await;
    assert_eq!(asked["status"], "open", "{asked}");
    let error =
        mcp.refused("manage_database", json!({"action": "promote", "database_id": "shop"})).await;
    assert!(error["message"].as_str().unwrap().contains("request_promotion"), "{error}");
    let cancel = json!({"action": "cancel", "document_id": made["id"]});
    assert_eq!(mcp.ok("manage_document", at(cancel)).await["cancelled"], true);
    let formatted = json!({"database_id": "shop", "query": "SELECT 1 FORMAT CSV"});
    let refused = mcp.refused("sql_query", formatted).await;
    assert!(refused["message"].as_str().unwrap().contains("FORMAT"), "{refused}");
    let gone =
        mcp.ok("manage_document", at(json!({"action": "delete", "external_id": "INV-1"}))).await;
    assert_eq!(gone["deleted"], true);
    assert_eq!(
        mcp.refused("manage_document", at(json!({"action": "get", "external_id": "INV-1"}))).await
            ["code"],
        "NOT_FOUND"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn data_is_stored_as_the_agent_wrote_it() {
    let (_directory, api, mcp) = start().await;
    shop(&api, &mcp).await;
    let (headers, body) = mcp.request("tools/call", json!({"name": "manage_document", "arguments": {
        "action": "upsert", "database_id": "shop", "collection": "payments", "document_id": "p1", "data": "PLACE"}}));
    let data = r#"{"big":123456789012345678901234567890,"exact":1.10}"#;
    mcp.http("POST", &headers, &body.replace("\"PLACE\"", data)).await;
    let text = mcp.call("manage_document", json!({"action": "get", "database_id": "shop", "collection": "payments", "document_id": "p1"})).await;
    assert!(text["content"][0]["text"].as_str().unwrap().contains(data), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn structured_answers_fit_the_schemas_that_are_listed() {
    let (_directory, api, mcp) = start().await;
    shop(&api, &mcp).await;
    let tools = mcp.tools().await;
    for tool in &tools {
        Schema::compile(&tool["inputSchema"]).unwrap();
        assert_eq!(tool["inputSchema"]["additionalProperties"], false);
    }
    let collection = json!({"database_id": "shop", "collection": "invoices"});
    for (tool, action, more) in [
        ("manage_database", "list", json!({})),
        ("manage_database", "whoami", json!({})),
        ("manage_database", "get", json!({"database_id": "shop"})),
        ("manage_database", "promote_dry_run", json!({"database_id": "shop", "from": "shop--p"})),
        ("manage_database", "list_promotions", json!({"database_id": "shop"})),
        ("manage_collection", "list", json!({"database_id": "shop"})),
        ("manage_collection", "get", collection.clone()),
        ("manage_collection", "describe", collection.clone()),
        ("manage_collection", "history", collection.clone()),
        ("manage_document", "list", collection.clone()),
        ("manage_relationship", "list", json!({"database_id": "shop"})),
        ("manage_relationship", "list_types", json!({"database_id": "shop"})),
        ("provider_adapter", "export_tools", json!({"database_id": "shop", "provider": "mcp"})),
        ("sql_query", "", json!({"database_id": "shop", "query": "SELECT 1 AS one"})),
        ("manage_document", "nonsense", json!({})),
    ] {
        let mut arguments = more;
        if !action.is_empty() {
            arguments["action"] = json!(action);
        }
        let answer = mcp.call(tool, arguments).await["structuredContent"].clone();
        let listed = tools.iter().find(|listed| listed["name"] == tool).unwrap();
        let schema = Schema::compile(&listed["outputSchema"]).unwrap();
        schema
            .validate(&answer)
            .unwrap_or_else(|error| panic!("{tool} {action}: {error} {answer}"));
    }
}

/// Valid arguments of an action on things that are there, so that nothing but rights can refuse it.
fn arguments(tool: &str, action: &str, database: &str) -> Value {
    let mut out = json!({
        "database_id": database, "collection": "invoices", "document_id": "d1", "name": "fresh", "from": "shop--p",
        "promotion_id": "none", "json_schema": {"type": "object"}, "query": "SELECT 1", "data": {"customer": "a", "amount": 1},
        "relationship_id": "r1", "rel_type": "near", "source_collection": "invoices", "source_id": "d1",
        "target_collection": "invoices", "target_id": "d1", "provider": "mcp",
        "tools": [{"name": "t", "inputSchema": {"type": "object"}}], "call_data": {"arguments": {"customer": "a", "amount": 1}},
        "operations": [{"type": "upsert_document", "collection": "invoices", "id": "d1", "data": {"customer": "a", "amount": 1}}],
    });
    if !action.is_empty() {
        out["action"] = json!(action);
    }
    let wanted: &[&str] = match (tool, action) {
        ("manage_database", "list" | "whoami") => &[],
        ("manage_database", "create_preview") => &["database_id", "name"],
        ("manage_database", "promote_dry_run" | "request_promotion") => &["database_id", "from"],
        ("manage_database", "get_promotion" | "rollback_dry_run") => {
            &["database_id", "promotion_id"]
        }
        ("manage_database", _) | ("manage_collection", "list") => &["database_id"],
        ("manage_collection", "diff" | "upsert") => &["database_id", "collection", "json_schema"],
        ("manage_collection", _) | ("manage_document", "list") => &["database_id", "collection"],
        ("manage_document", "upsert" | "patch") => {
            &["database_id", "collection", "document_id", "data"]
        }
        ("manage_document" | "query_relationships", _) => {
            &["database_id", "collection", "document_id"]
        }
        ("sql_query", _) => &["database_id", "query"],
        ("manage_relationship", "upsert") => &[
            "database_id",
            "rel_type",
            "source_collection",
            "source_id",
            "target_collection",
            "target_id",
        ],
        ("manage_relationship", "list" | "list_types") => &["database_id"],
        ("manage_relationship", "get" | "delete") => &["database_id", "relationship_id"],
        ("manage_relationship", _) => &["database_id", "rel_type"],
        ("batch_operations", _) => &["database_id", "operations"],
        ("provider_adapter", "import_tools") => &["database_id", "provider", "tools"],
        ("provider_adapter", "export_tools") => &["database_id", "provider"],
        ("provider_adapter", _) => &["database_id", "provider", "collection", "call_data"],
        other => panic!("no arguments for {other:?}"),
    };
    let members = out.as_object_mut().unwrap();
    members.retain(|name, _| name == "action" || wanted.contains(&name.as_str()));
    out
}

/// Every (tool × action × grant): what is listed is never refused for want of rights everywhere, and what is not listed is
/// refused however it is called.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_listed_is_not_callable() {
    let (_directory, api, mcp) = start().await;
    shop(&api, &mcp).await;
    let everything = listed(&mcp.tools().await);
    assert!(everything.len() > 35, "{}", everything.len());
    let permissions = ["documents", "collections", "relationships", "databases", "tokens", "audit"]
        .iter()
        .flat_map(|subject| [format!("read:{subject}"), format!("write:{subject}")])
        .chain(["*".to_owned()]);
    let scopes = [
        json!({"databases": ["*"]}),
        json!({"databases": ["shop"], "environments": ["production"]}),
        json!({"databases": ["shop--p"]}),
        json!({"databases": ["shop"], "collections": ["invoices"]}),
    ];
    let mut checked = 0;
    for permission in permissions {
        for scope in &scopes {
            let grants = json!([{"scope": scope, "permissions": [permission]}]);
            let client = token(&api, &mcp, grants.clone()).await;
            for reader in [client.clone(), client.at("/mcp?read_only=true")] {
                let narrow = reader.path != client.path;
                let tools = reader.tools().await;
                let offered = listed(&tools);
                for tool in &tools {
                    let reads = tool["annotations"]["readOnlyHint"] == true;
                    assert!(!narrow || reads, "{tool}");
                }
                for (tool, action) in &everything {
                    checked += 1;
                    let database =
                        if scope["databases"][0] == "shop--p" { "shop--p" } else { "shop" };
                    let call =
                        json!({"name": tool, "arguments": arguments(tool, action, database)});
                    if offered.contains(&(tool.clone(), action.clone())) {
                        continue;
                    }
                    let answer = reader.rpc("tools/call", call).await;
                    let hidden = answer["error"]["code"] == -32602;
                    let refused = answer["result"]["isError"] == true
                        && answer["result"]["structuredContent"]["error"]["code"] == "FORBIDDEN";
                    assert!(hidden || refused, "{grants} {tool} {action}: {answer}");
                }
            }
        }
    }
    assert!(checked > 4_000, "{checked}");
    // Nothing above changed anything: no call that was refused got through.
    let now = mcp
        .ok(
            "sql_query",
            json!({"database_id": "shop", "query": "SELECT count() AS n FROM documents"}),
        )
        .await;
    assert_eq!(now["rows"], json!([[0]]));
}

/// What is listed works: each permission by itself opens what it is for.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_listed_is_callable() {
    let (_directory, api, mcp) = start().await;
    shop(&api, &mcp).await;
    for database in ["shop", "shop--p"] {
        let path = format!("/v1/{database}/documents/invoices");
        api.ok("POST", &path, json!({"id": "d1", "data": {"customer": "a", "amount": 1}})).await;
    }
    for permission in [
        "read:documents",
        "write:documents",
        "read:collections",
        "read:relationships",
        "write:relationships",
        "read:databases",
        "*",
    ] {
        let grants = json!([{"scope": {"databases": ["shop--p"]}, "permissions": [permission]}]);
        let client = token(&api, &mcp, grants).await;
        for (tool, action) in listed(&client.tools().await) {
            // Of a whole database they take away what the others need.
            if action.starts_with("delete")
                || action == "restore"
                || action.contains("promot")
                || action.contains("rollback")
                || action == "create_preview"
                || action == "create"
            {
                continue;
            }
            let answer = client.call(&tool, arguments(&tool, &action, "shop--p")).await;
            // A batch of what a permission is not for; its operations are judged one by one.
            if tool == "batch_operations" && permission != "*" && permission != "write:documents" {
                continue;
            }
            let code = answer["structuredContent"]["error"]["code"].as_str().unwrap_or("");
            assert_ne!(code, "FORBIDDEN", "{permission} {tool} {action}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_result_exceeds_its_budget() {
    let (_directory, api, mcp) = start().await;
    shop(&api, &mcp).await;
    let long = "x".repeat(900_000);
    api.ok(
        "POST",
        "/v1/shop/documents/payments",
        json!({"id": "long", "data": {"text": long, "n": 1}}),
    )
    .await;
    let operations: Vec<Value> = (0..1_000)
        .map(|n| json!({"type": "upsert_document", "collection": "payments", "data": {"n": n, "text": "y".repeat(300)}}))
        .collect();
    let batch =
        mcp.ok("batch_operations", json!({"database_id": "shop", "operations": operations})).await;
    assert_eq!(batch["truncated"]["members"]["results"]["of"], 1_000);
    let sql = |query: &str| json!({"database_id": "shop", "query": query});
    let everything =
        json!({"action": "list", "database_id": "shop", "collection": "payments", "limit": 1000});
    for (tool, arguments) in [
        ("sql_query", sql("SELECT * FROM documents")),
        ("sql_query", sql("SELECT data FROM documents WHERE id = 'long'")),
        ("sql_query", sql("SELECT groupArray(toString(data)) FROM documents")),
        (
            "sql_query",
            sql(
                "SELECT id, data.text.:String AS text FROM documents WHERE id != 'long' ORDER BY id",
            ),
        ),
        (
            "sql_query",
            sql(
                "SELECT count() AS n, max(data.text.:String) AS m FROM documents GROUP BY id WITH TOTALS",
            ),
        ),
        ("manage_document", everything),
        (
            "manage_document",
            json!({"action": "get", "database_id": "shop", "collection": "payments", "document_id": "long"}),
        ),
        ("sql_query", sql(&format!("SELECT {}", "nonsense, ".repeat(20_000)))),
    ] {
        let result = mcp.call(tool, arguments.clone()).await;
        let text: usize = result["content"]
            .as_array()
            .unwrap()
            .iter()
            .map(|block| block["text"].as_str().map_or_else(|| block.to_string().len(), str::len))
            .sum();
        let structured = result["structuredContent"].to_string().len();
        let what = arguments.to_string().chars().take(200).collect::<String>();
        assert!(text <= limits::MCP_RESULT_BYTES_MAX, "{what}: {text}");
        assert!(structured <= limits::MCP_RESULT_BYTES_MAX, "{what}: {structured}");
        assert!(
            result["isError"] == true
                || result["structuredContent"]["truncated"]["advice"].is_string(),
            "{what}"
        );
    }
    let rows = mcp.ok("sql_query", sql("SELECT id, data.text.:String AS text FROM documents WHERE id != 'long' ORDER BY id")).await;
    let shown = rows["truncated"]["shown"].as_u64().unwrap();
    assert!(shown > 50 && rows["rows"].as_array().unwrap().len() as u64 == shown, "{shown}");
    assert_eq!(rows["truncated"]["of"], rows["result"]["rows"]);
    assert!(rows["truncated"]["of"].as_u64().unwrap() >= 1_000, "{}", rows["truncated"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_let_in() {
    let (_directory, _, mcp) = start().await;
    let (headers, body) = mcp.request("tools/list", json!({}));
    let status = |mcp: Mcp, more: &str| {
        let headers = format!("{headers}{more}");
        let body = body.clone();
        async move { mcp.http("POST", &headers, &body).await }
    };
    assert_eq!(status(mcp.clone(), "").await.0, 200);
    assert_eq!(status(mcp.clone(), "Origin: http://localhost:6274\r\n").await.0, 200);
    for more in ["Host: evil.example\r\n", "Origin: https://evil.example\r\n", "Origin: null\r\n"] {
        let (status, _, answer) = status(mcp.clone(), more).await;
        assert_eq!((status, &answer["error"]["code"]), (403, &json!("FORBIDDEN")), "{more}");
    }
    let (code, head, answer) = status(Mcp { token: "rec_wrong".into(), ..mcp.clone() }, "").await;
    assert_eq!((code, &answer["error"]["code"]), (401, &json!("UNAUTHORIZED")));
    assert!(head.contains("www-authenticate: bearer"));
    // Tokens never come in the URL, and what the URL asks for is understood or refused.
    let in_url = Mcp { token: String::new(), ..mcp.at(&format!("/mcp?token={OWNER}")) };
    assert_eq!(status(in_url, "").await.0, 400);
    assert_eq!(status(mcp.at("/mcp?read_only=yes"), "").await.0, 400);
    assert_eq!(mcp.http("GET", "", "").await.0, 405);
    assert_eq!(mcp.http("DELETE", "", "").await.0, 405);
    assert_eq!(mcp.at("/.well-known/oauth-protected-resource").http("GET", "", "").await.0, 404);
    let wrong = mcp.http("POST", &headers, "{\"jsonrpc\":").await;
    assert!(wrong.0 >= 400 && wrong.0 < 500, "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_connection_ends_its_query() {
    use tokio::io::AsyncWriteExt;
    let (_directory, api, mcp) = start().await;
    shop(&api, &mcp).await;
    let slow = "SELECT count() FROM numbers(100000) AS a CROSS JOIN numbers(100000) AS b WHERE a.number * b.number = 7";
    let query = |text: &str| json!({"name": "sql_query", "arguments": {"database_id": "shop", "query": text}});
    let quick = query("SELECT 1 AS one");
    // More slow queries than run at once; if they went on, the quick one would wait for them.
    for _ in 0..limits::SQL_CONCURRENT_MAX + 2 {
        let (headers, body) = mcp.request("tools/call", query(slow));
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", mcp.port)).await.unwrap();
        let request = format!(
            "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {OWNER}\r\nAccept: application/json, text/event-stream\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let start = std::time::Instant::now();
    let answer = mcp.result("tools/call", quick).await;
    assert_eq!(answer["structuredContent"]["rows"], json!([[1]]));
    assert!(start.elapsed() < std::time::Duration::from_secs(5), "{:?}", start.elapsed());
}

/// What `describe` says is what SQL says, from memory and from files.
#[tokio::test(flavor = "multi_thread")]
async fn a_description_tells_what_there_is() {
    let (_directory, api, mcp) = start().await;
    shop(&api, &mcp).await;
    for n in 0..30 {
        let status = ["open", "paid", "void"][n % 3];
        let amount = if n % 2 == 0 { json!(n) } else { json!(n as f64 + 0.5) };
        let data = json!({"customer": {"name": format!("C{}", n % 7)}, "status": status, "amount": amount, "odd name": 1,
            "tags": ["a", "b"], "items": [{"sku": format!("S{n}"), "parts": [{"no": n}]}], "long": "x".repeat(500)});
        api.ok("POST", "/v1/shop/documents/payments", json!({"data": data})).await;
    }
    let about = json!({"action": "describe", "database_id": "shop", "collection": "payments"});
    let in_memory = mcp.ok("manage_collection", about.clone()).await;
    api.ok("POST", "/v1/admin/compact", Value::Null).await;
    let in_files = mcp.ok("manage_collection", about).await;
    // Equally frequent values may come in another order.
    let numbers = |found: &Value| {
        let paths = found["paths"].as_array().unwrap().iter();
        paths.map(|p| json!([p["sql"], p["count"], p["distinct"]])).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&in_memory), numbers(&in_files));
    assert_eq!((&in_files["documents"], &in_files["looked_at"]), (&json!(30), &json!(30)));
    assert_eq!(
        numbers(&in_files),
        [
            json!(["data.amount.:Int64", 15, 15]),
            json!(["data.amount.:Float64", 15, 15]),
            json!(["data.customer.name.:String", 30, 7]),
            json!(["data.items[].parts[].no.:Int64", 30, null]),
            json!(["data.items[].sku.:String", 30, 30]),
            json!(["data.long.:String", 30, 1]),
            json!(["data.status.:String", 30, 3]),
            json!(["data.tags.:`Array(Nullable(String))`", 30, 2]),
        ]
    );
    for path in in_files["paths"].as_array().unwrap() {
        let query = format!(
            "SELECT {} FROM documents WHERE collection = 'payments'",
            path["sql"].as_str().unwrap()
        );
        mcp.ok("sql_query", json!({"database_id": "shop", "query": query})).await;
    }
    let empty = mcp
        .ok(
            "manage_collection",
            json!({"action": "describe", "database_id": "shop", "collection": "invoices"}),
        )
        .await;
    assert_eq!((&empty["documents"], &empty["paths"]), (&json!(0), &json!([])));
}

/// A wrong name or value gets the right one along, the same whether the wrong one exists out of reach or not at all.
#[tokio::test(flavor = "multi_thread")]
async fn errors_say_what_would_be_right() {
    let (_directory, api, mcp) = start().await;
    shop(&api, &mcp).await;
    let get = |database: &str, collection: &str| json!({"action": "get", "database_id": database, "collection": collection});
    let near = mcp.refused("manage_collection", get("shop", "invoces")).await;
    assert_eq!(near["details"][0]["did_you_mean"], "invoices");
    assert!(
        near["message"].as_str().unwrap().contains("manage_collection with action list"),
        "{near}"
    );
    assert_eq!(
        mcp.refused("manage_collection", get("shpo", "invoices")).await["details"][0]["did_you_mean"],
        "shop"
    );
    let blind = token(&api, &mcp, json!([{"scope": {"databases": ["shop"], "collections": ["payments"]}, "permissions": ["*"]}])).await;
    let (hidden, absent) = (
        blind.refused("manage_collection", get("shop", "invoices")).await,
        blind.refused("manage_collection", get("shop", "invoicez")).await,
    );
    assert_eq!(hidden.to_string().replace("invoices", "invoicez"), absent.to_string());

    let write = |data: Value| json!({"action": "upsert", "database_id": "shop", "collection": "invoices", "data": data});
    let error = mcp
        .refused(
            "manage_document",
            write(json!({"customer": "a", "amount": "12", "status": "sent"})),
        )
        .await;
    let at = |path: &str| {
        error["details"]
            .as_array()
            .unwrap()
            .iter()
            .find(|detail| detail["path"] == path)
            .unwrap()
            .clone()
    };
    assert_eq!(at("/amount")["expected"], json!({"type": "number"}));
    assert_eq!((&at("/amount")["given"], &at("/amount")["example"]), (&json!("12"), &json!(1)));
    assert_eq!(at("/status")["expected"], json!({"enum": ["draft", "paid"]}));
    let column = mcp
        .refused(
            "sql_query",
            json!({"database_id": "shop", "query": "SELECT colection FROM documents"}),
        )
        .await;
    assert!(column["message"].as_str().unwrap().contains("collection"), "{column}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guide_holds_and_schemas_are_resources() {
    let (_directory, api, mcp) = start().await;
    shop(&api, &mcp).await;
    let listed = mcp.result("resources/list", json!({})).await;
    assert_eq!(listed["resources"][0]["uri"], "rekor://guide/sql");
    let guide = mcp.result("resources/read", json!({"uri": "rekor://guide/sql"})).await;
    let text = guide["contents"][0]["text"].as_str().unwrap();
    let examples: Vec<&str> =
        text.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() >= 4);
    for query in examples {
        mcp.ok("sql_query", json!({"database_id": "shop", "query": query})).await;
    }
    for (table, columns) in
        text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
    {
        let query = format!("SELECT {} FROM {table}", columns.trim_end_matches(" |"));
        mcp.ok("sql_query", json!({"database_id": "shop", "query": query})).await;
    }
    let uri = "rekor://schema/shop/invoices";
    let schema = mcp.result("resources/read", json!({"uri": uri})).await;
    assert!(schema["contents"][0]["text"].as_str().unwrap().contains("customer"));
    let blind = token(&api, &mcp, json!([{"scope": {"databases": ["shop"], "collections": ["payments"]}, "permissions": ["read:collections"]}])).await;
    for uri in [uri, "rekor://schema/other/invoices", "rekor://nothing", "file:///etc/passwd"] {
        assert!(
            blind.rpc("resources/read", json!({"uri": uri})).await.get("error").is_some(),
            "{uri}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn long_numbers_keep_their_digits_and_cancel_takes_external_ids() {
    let (_directory, api, mcp) = start().await;
    shop(&api, &mcp).await;
    let at = json!({"database_id": "shop", "collection": "payments", "external_id": "P-1"});
    let with = |rest: Value| {
        let mut arguments = at.clone();
        arguments.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        arguments
    };
    // As text, as only that has these digits.
    let data =
        r#"{"big": 123456789012345678901234567890, "long": 0.12345678901234567890, "short": 1.5}"#;
    mcp.ok("manage_document", with(json!({"action": "upsert", "data": data}))).await;
    let expected = json!({"big": "123456789012345678901234567890", "long": "0.12345678901234567890", "short": 1.5});
    let got = mcp.call("manage_document", with(json!({"action": "get"}))).await;
    assert_eq!(got["structuredContent"]["data"], expected);
    assert!(
        got["content"][0]["text"].as_str().unwrap().contains("123456789012345678901234567890,")
    );
    let listed = mcp
        .ok(
            "manage_document",
            json!({"action": "list", "database_id": "shop", "collection": "payments"}),
        )
        .await;
    assert_eq!(listed["data"][0]["data"], expected);
    let sql = json!({"database_id": "shop", "query": "SELECT data, CAST('12345678901234567890.123456789' AS Decimal(38, 9)) AS d, CAST('1.25' AS Decimal(9, 2)) AS e FROM documents WHERE collection = 'payments'"});
    let rows = mcp.ok("sql_query", sql).await["rows"].clone();
    assert_eq!(rows, json!([[expected, "12345678901234567890.123456789", 1.25]]));

    let cancelled = mcp.ok("manage_document", with(json!({"action": "cancel"}))).await;
    assert_eq!((&cancelled["cancelled"], &cancelled["version"]), (&json!(true), &json!(2)));
    let back =
        mcp.ok("manage_document", with(json!({"action": "cancel", "cancelled": false}))).await;
    assert_eq!(back["version"], 3);
    let neither = json!({"action": "cancel", "database_id": "shop", "collection": "payments"});
    let error = mcp.refused("manage_document", neither).await;
    assert!(error["message"].as_str().unwrap().contains("document_id"), "{error}");
}

/// A plain call takes a short way; with metadata the same call takes the long one. Nobody can tell the answers apart.
#[tokio::test(flavor = "multi_thread")]
async fn the_short_way_answers_as_the_long_one() {
    let (_directory, api, mcp) = start().await;
    shop(&api, &mcp).await;
    let reader = token(
        &api,
        &mcp,
        json!([{"scope": {"databases": ["shop"]}, "permissions": ["read:documents"]}]),
    )
    .await;
    let old = |mcp: &Mcp| Mcp { version: LEGACY, ..mcp.clone() };
    let invoice = json!({"action": "upsert", "database_id": "shop", "collection": "invoices", "external_id": "I-1", "data": {"customer": "Acme", "amount": 3}});
    mcp.ok("manage_document", invoice).await;
    let calls = [
        json!({"name": "manage_document", "arguments": {"action": "get", "database_id": "shop", "collection": "invoices", "external_id": "I-1"}}),
        json!({"name": "manage_database", "arguments": {"action": "nonsense"}}),
        json!({"name": "manage_database"}),
        json!({"name": "sql_query", "arguments": {"database_id": "shop", "query": "SELECT nonsense"}}),
        json!({"name": "no_such_tool", "arguments": {}}),
        json!({"name": "manage_record", "arguments": {"action": "delete", "workspace_id": "shop", "collection": "invoices", "document_id": "x"}}),
    ];
    let clients = [
        old(&mcp),
        old(&reader),
        old(&reader).at("/mcp?read_only=true"),
        old(&reader).at("/e/none/mcp"),
        old(&mcp).at("/e/none/mcp"),
    ];
    for client in clients {
        for call in &calls {
            let mut long = call.clone();
            long["_meta"] = json!({"progressToken": 1});
            let (short, long) = (
                client.rpc("tools/call", call.clone()).await,
                client.rpc("tools/call", long).await,
            );
            assert_eq!(short, long, "{} {call}", client.path);
            assert_eq!(short["id"], 1);
        }
    }
    // What is not right is refused as ever.
    let (headers, _) = old(&mcp).request("tools/call", calls[0].clone());
    for body in [
        "{}",
        "[]",
        r#"{"jsonrpc":"1.0","id":1,"method":"tools/call","params":{"name":"manage_database"}}"#,
        r#"{"jsonrpc":"2.0","id":1.5,"method":"tools/call","params":{"name":"manage_database"}}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"manage_database","arguments":[]}}"#,
    ] {
        let (status, _, answer) = old(&mcp).http("POST", &headers, body).await;
        assert!(status >= 400 || answer.get("error").is_some(), "{body}: {status} {answer}");
    }
}
