//! Endpoints over a real listener: their tools, a session through them, and what a token of one cannot reach.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/api.rs"]
mod api;
#[path = "support/mcp.rs"]
mod mcp;

use api::{Api, OWNER};
use mcp::{LEGACY, MODERN, Mcp};
use rekor_core::schema::Schema;
use serde_json::{Value, json};
use std::path::Path;

/// The endpoint of the product's documents.
fn invoicing() -> Value {
    json!({
        "name": "Invoicing Agent",
        "tools": [{"collection": "invoices", "operations": ["get", "list"]},
                  {"collection": "payments", "operations": ["create", "get", "list"]}],
        "relationships": [{"rel_type": "invoice_payment", "operations": ["create", "list", "delete"]}],
        "batch": {"enabled": true, "operations": {
            "invoices": ["create", "update"], "payments": ["create"], "invoice_payment": ["create"]}},
        "sql_query": true,
    })
}

struct World {
    _directory: tempfile::TempDir,
    api: Api,
    owner: Mcp,
}

impl World {
    /// `shop` with invoices, payments and secrets, and two endpoints, promoted.
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let api = Api::start(directory.path()).await;
        api.ok("POST", "/v1/databases", json!({"id": "shop"})).await;
        api.ok("POST", "/v1/databases/shop/previews", json!({"name": "p"})).await;
        let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/invoices/schemas");
        for name in ["invoices", "payments"] {
            let text = std::fs::read_to_string(schemas.join(format!("{name}.json"))).unwrap();
            let schema: Value = serde_json::from_str(&text).unwrap();
            let path = format!("/v1/shop--p/collections/{name}");
            api.ok("PUT", &path, json!({ "json_schema": schema })).await;
        }
        api.ok("PUT", "/v1/shop--p/collections/secrets", json!({})).await;
        let declared =
            json!({"source_collections": ["payments"], "target_collections": ["invoices"]});
        api.ok("PUT", "/v1/shop--p/relationship-types/invoice_payment", declared).await;
        api.ok("PUT", "/v1/shop--p/endpoints/invoicing-agent", invoicing()).await;
        let all = json!(["create", "get", "list", "update", "delete"]);
        let desk = json!({"tools": [{"collection": "payments", "operations": all}]});
        api.ok("PUT", "/v1/shop--p/endpoints/desk", desk).await;
        api.ok("POST", "/v1/databases/shop/promote", json!({"from": "shop--p"})).await;
        let owner = Mcp::new(api.port, OWNER);
        Self { _directory: directory, api, owner }
    }

    /// A client of an endpoint, with a token of these grants.
    async fn client(&self, slug: &str, scope: Value, permissions: Value) -> Mcp {
        let grants = json!([{"scope": scope, "permissions": permissions}]);
        let made = self.api.ok("POST", "/v1/tokens", json!({"name": "t", "grants": grants})).await;
        let token = made["token"].as_str().unwrap().to_owned();
        Mcp { token, ..self.owner.at(&format!("/e/{slug}/mcp")) }
    }

    async fn agent(&self, slug: &str) -> Mcp {
        let scope = json!({"databases": ["shop"], "environments": ["production"]});
        self.client(slug, scope, json!(["*"])).await
    }
}

fn names(tools: &[Value]) -> Vec<&str> {
    tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tools_are_what_the_documents_promise() {
    let world = World::new().await;
    let agent = world.agent("invoicing-agent").await;
    let tools = agent.tools().await;
    assert_eq!(
        names(&tools),
        [
            "get_invoice",
            "list_invoices",
            "create_payment",
            "get_payment",
            "list_payments",
            "link_invoice_payment",
            "list_invoice_payment",
            "unlink_invoice_payment",
            "batch_operations",
            "sql_query",
        ]
    );
    for tool in &tools {
        Schema::compile(&tool["inputSchema"]).unwrap();
        Schema::compile(&tool["outputSchema"]).unwrap();
        assert!(!tool.to_string().to_lowercase().contains("rekor"), "{tool}");
    }
    insta::assert_json_snapshot!("invoicing_agent", tools);
    let resolved =
        world.api.ok("GET", "/v1/shop/endpoints/invoicing-agent?resolved=true", Value::Null).await;
    assert_eq!(resolved["resolved"]["tools"], json!(tools));
    let opened = agent.result("server/discover", json!({})).await;
    assert!(!opened.to_string().to_lowercase().contains("rekor"), "{opened}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_through_an_endpoint() {
    let world = World::new().await;
    let invoice = json!({"data": {"invoice_number": "INV-1", "customer": "C-1", "amount": 120, "status": "issued"}, "external_id": "INV-1"});
    let invoice = world.api.ok("POST", "/v1/shop/documents/invoices", invoice).await;
    for version in [MODERN, LEGACY] {
        let agent = Mcp { version, ..world.agent("invoicing-agent").await };
        let found = agent.ok("get_invoice", json!({"external_id": "INV-1"})).await;
        assert_eq!((&found["id"], found.get("collection")), (&invoice["id"], None));
        let filter = json!({"field": "data.amount", "op": "gt", "value": 100}).to_string();
        let page =
            agent.ok("list_invoices", json!({"filter": filter, "fields": "data.amount"})).await;
        assert_eq!(page["data"][0]["data"], json!({"amount": 120}));
        let key = format!("PAY-{version}");
        let refused = agent.refused("create_payment", json!({"data": {"amount": "much"}})).await;
        assert!(!refused.to_string().to_lowercase().contains("rekor"), "{refused}");
        let paid = agent.ok("create_payment", json!({"data": "{\"payment_number\":\"P-1\",\"invoice_number\":\"INV-1\",\"amount\":120,\"method\":\"card\",\"paid_at\":\"2026-01-31\"}", "external_id": key})).await;
        let link = agent
            .ok(
                "link_invoice_payment",
                json!({"source_id": paid["id"], "target_external_id": "INV-1"}),
            )
            .await;
        let links = agent.ok("list_invoice_payment", json!({"source_id": paid["id"]})).await;
        assert_eq!(links["meta"]["total"], 1);
        let sum = agent.ok("sql_query", json!({"query": "SELECT count() AS n FROM documents WHERE collection = 'payments' AND external_id = {key:String}", "params": {"key": key}})).await;
        assert_eq!(sum["rows"], json!([[1]]));
        agent.ok("unlink_invoice_payment", json!({"id": link["id"]})).await;
        let number = format!("INV-{version}");
        let batch = json!({"operations": [
            {"op": "create", "type": "invoices", "external_id": number, "data": {"invoice_number": number, "customer": "C-1", "amount": 5, "status": "draft"}},
            {"op": "create", "type": "payments", "external_id": format!("B-{version}"), "data": {"payment_number": "P-2", "invoice_number": number, "amount": 5, "method": "card", "paid_at": "2026-01-31"}},
            {"op": "create", "type": "invoice_payment", "source_external_id": format!("B-{version}"), "target_external_id": number}]});
        assert_eq!(
            agent.ok("batch_operations", batch).await["results"].as_array().unwrap().len(),
            3
        );
    }
    let desk = world.agent("desk").await;
    let paid = desk.ok("get_payment", json!({"external_id": "PAY-2026-07-28"})).await;
    let changed = desk
        .ok("update_payment", json!({"external_id": "PAY-2026-07-28", "data": {"amount": 121}}))
        .await;
    assert_eq!(
        (&changed["id"], &changed["data"]["amount"], &changed["data"]["method"]),
        (&paid["id"], &json!(121), &paid["data"]["method"])
    );
    assert_eq!(desk.ok("delete_payment", json!({"id": paid["id"]})).await["deleted"], true);
    let wrong = desk.refused("get_payment", json!({"externl_id": "x"})).await;
    assert_eq!(wrong["details"][0]["did_you_mean"], "external_id");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_an_endpoint_reaches_nothing_else() {
    let world = World::new().await;
    world
        .api
        .ok(
            "POST",
            "/v1/shop/documents/secrets",
            json!({"id": "s1", "external_id": "S", "data": {"text": "hidden"}}),
        )
        .await;
    let agent = world.agent("invoicing-agent").await;
    // Tools of others, of the admin server, and what the batch was not given.
    for tool in
        ["manage_document", "create_invoice", "delete_payment", "get_secret", "update_payment"]
    {
        assert_eq!(
            agent.rpc("tools/call", json!({"name": tool, "arguments": {}})).await["error"]["code"],
            -32602,
            "{tool}"
        );
    }
    for operation in [
        json!({"op": "create", "type": "secrets", "data": {}}),
        json!({"op": "delete", "type": "invoices", "id": "x"}),
        json!({"op": "update", "type": "payments", "id": "x", "data": {}}),
        json!({"op": "create", "type": "payments", "collection": "secrets", "data": {}}),
        json!({"op": "create", "type": "invoice_payment", "source_collection": "secrets", "source_external_id": "S", "target_external_id": "S"}),
        json!({"op": "create", "type": "invoices", "id": "chosen", "data": {}}),
    ] {
        agent.refused("batch_operations", json!({"operations": [operation]})).await;
    }
    // SQL sees the collections of the endpoint only, whatever it says.
    for query in [
        "SELECT toString(data) FROM documents",
        "SELECT * FROM documents WHERE collection = 'secrets' OR 1 = 1",
        "SELECT * FROM collections",
        "SELECT * FROM databases",
        "SELECT * FROM operations_log",
        "SELECT * FROM relationships",
    ] {
        let answer = agent.call("sql_query", json!({"query": query})).await.to_string();
        assert!(
            !answer.contains("hidden") && !answer.contains("secrets\"") && !answer.contains("s1"),
            "{query}: {answer}"
        );
    }
    assert_eq!(agent.refused("get_payment", json!({"id": "s1"})).await["code"], "NOT_FOUND");
    // The resources of an endpoint are kept answers, and those that an agent is told of; schemas are none.
    assert_eq!(agent.result("resources/list", json!({})).await["resources"], json!([]));
    let schema = json!({"uri": "rekor://schema/shop/invoices"});
    assert!(agent.rpc("resources/read", schema).await.get("error").is_some());
    let desk = world.agent("desk").await;
    assert!(desk.rpc("resources/list", json!({})).await.get("error").is_some());
    // What the token lacks is not listed, and the URL narrows further.
    let scope = json!({"databases": ["shop"]});
    let reader = world.client("desk", scope.clone(), json!(["read:documents"])).await;
    assert_eq!(names(&reader.tools().await), ["get_payment", "list_payments"]);
    assert_eq!(
        reader.rpc("tools/call", json!({"name": "delete_payment", "arguments": {"id": "x"}})).await
            ["error"]["code"],
        -32602
    );
    let narrow = world.agent("desk").await.at("/e/desk/mcp?read_only=true");
    assert_eq!(names(&narrow.tools().await), ["get_payment", "list_payments"]);
    let other = json!({"databases": ["shop"], "collections": ["invoices"]});
    let blind = world.client("desk", other, json!(["*"])).await;
    assert!(
        blind.rpc("tools/list", json!({})).await["error"]["message"]
            .as_str()
            .unwrap()
            .contains("none of the tools")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_resolved_is_an_error_in_both_eras() {
    let world = World::new().await;
    let many = world.client("desk", json!({"databases": ["*"]}), json!(["*"])).await;
    let wrong = world.agent("dsk").await;
    let hello = json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    for (client, said) in [(many, "exactly one database"), (wrong, "no endpoint dsk")] {
        let old = Mcp { version: LEGACY, ..client.clone() };
        for answer in [
            old.rpc("initialize", hello.clone()).await,
            old.rpc("tools/list", json!({})).await,
            client.rpc("server/discover", json!({})).await,
            client.rpc("tools/list", json!({})).await,
            client
                .rpc("tools/call", json!({"name": "get_payment", "arguments": {"id": "x"}}))
                .await,
        ] {
            assert!(answer["error"]["message"].as_str().unwrap_or("").contains(said), "{answer}");
        }
    }
    let nobody = Mcp { token: "rec_wrong".into(), ..world.agent("desk").await };
    assert_eq!(nobody.http("POST", "", "{}").await.0, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_are_tools() {
    let world = World::new().await;
    let query = "SELECT sum(CAST(data.amount, 'Float64')) AS revenue FROM documents WHERE collection = 'invoices' AND data.status.:String = {status:String} AND data.amount.:Int64 >= {least:Int64}";
    let config = |query: &str, params: Value| {
        json!({"tools": [{"collection": "invoices", "operations": ["get"]}],
        "queries": [{"name": "revenue", "description": "Revenue by status", "query": query, "params": params}]})
    };
    let params = json!({"status": {"values_of": "invoices.status"}, "least": {"description": "Smallest amount"}});
    world.api.ok("PUT", "/v1/shop--p/endpoints/numbers", config(query, params)).await;
    for (n, status) in ["paid", "paid", "draft"].iter().enumerate() {
        let data = json!({"data": {"invoice_number": format!("I{n}"), "customer": "C", "amount": 10 + n, "status": status}});
        world.api.ok("POST", "/v1/shop--p/documents/invoices", data).await;
    }
    let agent =
        world.client("numbers", json!({"databases": ["shop--p"]}), json!(["read:documents"])).await;
    let tools = agent.tools().await;
    assert_eq!(names(&tools), ["get_invoice", "revenue"]);
    let arguments = &tools[1]["inputSchema"];
    assert_eq!(arguments["properties"]["status"]["enum"], json!(["paid", "draft"]));
    assert_eq!(
        arguments["properties"]["least"],
        json!({"type": "integer", "description": "Smallest amount"})
    );
    assert_eq!(arguments["required"], json!(["status", "least"]));
    assert_eq!(tools[1]["annotations"]["readOnlyHint"], true);
    let sum = agent.ok("revenue", json!({"status": "paid", "least": 11})).await;
    assert_eq!((&sum["columns"], &sum["rows"]), (&json!(["revenue"]), &json!([[11]])));
    assert!(
        agent.refused("revenue", json!({"status": "paid"})).await["message"]
            .as_str()
            .unwrap()
            .contains("least is missing")
    );
    agent.refused("revenue", json!({"status": "paid", "least": "' OR 1 = 1"})).await;
    assert_eq!(
        agent.ok("revenue", json!({"status": "' OR 1 = 1 --", "least": 0})).await["rows"],
        json!([[0]])
    );
    // What would not run is refused when it is written, and so are parameters that are nowhere.
    for (query, params, said) in [
        ("SELECT nosuchcolumn FROM documents", json!({}), "nosuchcolumn"),
        ("SELECT {a:String}", json!({"b": {}}), "no parameter"),
        ("SELECT {a:String}", json!({"a": {"values_of": "secrets.text"}}), "values_of"),
        (
            "SELECT {a:String}",
            json!({"a": {"values_of": "invoices.status) FROM documents --"}}),
            "values_of",
        ),
        ("DROP TABLE documents", json!({}), "does not run"),
    ] {
        let (status, error) =
            world.api.refused("PUT", "/v1/shop--p/endpoints/numbers", config(query, params)).await;
        assert!(status == 400 && error.to_string().contains(said), "{error}");
    }
    let chosen = json!({"status": {"enum": ["paid"]}});
    world.api.ok("PUT", "/v1/shop--p/endpoints/numbers", config(query, chosen)).await;
    let refused = agent.refused("revenue", json!({"status": "draft", "least": 0})).await;
    assert_eq!(refused["details"][0]["expected"]["enum"], json!(["paid"]));
    // The query sees the collections of the endpoint only.
    world
        .api
        .ok("POST", "/v1/shop--p/documents/secrets", json!({"data": {"text": "hidden"}}))
        .await;
    world
        .api
        .ok(
            "PUT",
            "/v1/shop--p/endpoints/numbers",
            config("SELECT count() AS n FROM documents WHERE collection = 'secrets'", json!({})),
        )
        .await;
    assert_eq!(agent.ok("revenue", json!({})).await["rows"], json!([[0]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_are_configuration() {
    let world = World::new().await;
    let api = &world.api;
    // Only in previews; the preview's version is what a preview's token sees.
    let changed = json!({"tools": [{"collection": "payments", "operations": ["list"], "name_override": "search_payments"}]});
    assert_eq!(api.refused("PUT", "/v1/shop/endpoints/desk", changed.clone()).await.0, 403);
    api.ok("PUT", "/v1/shop--p/endpoints/desk", changed).await;
    let preview = world.client("desk", json!({"databases": ["shop--p"]}), json!(["*"])).await;
    assert_eq!(names(&preview.tools().await), ["search_payments"]);
    let agent = world.agent("desk").await;
    assert_eq!(agent.tools().await.len(), 5);
    let plan = api
        .ok("POST", "/v1/databases/shop/promote", json!({"from": "shop--p", "dry_run": true}))
        .await;
    assert_eq!(plan["changes"]["endpoints"][0]["id"], "desk", "{plan}");
    api.ok("POST", "/v1/databases/shop/promote", json!({"from": "shop--p", "endpoints": ["desk"]}))
        .await;
    assert_eq!(names(&agent.tools().await), ["search_payments"]);
    // A promotion that takes a collection from under a published endpoint is blocked.
    api.ok("DELETE", "/v1/shop--p/collections/payments", Value::Null).await;
    let blocked = json!({"from": "shop--p", "prune": true});
    let (status, error) = api.refused("POST", "/v1/databases/shop/promote", blocked).await;
    assert_eq!(
        (status, error.to_string().contains("REKOR_ENDPOINT_BROKEN")),
        (409, true),
        "{error}"
    );
    // Collisions and collections that are not there are refused when they are written.
    for (config, said) in [
        (json!({"tools": []}), "at least one tool"),
        (
            json!({"tools": [{"collection": "nothing", "operations": ["get"]}]}),
            "no collection nothing",
        ),
        (
            json!({"tools": [{"collection": "invoices", "operations": ["get"], "name": "x"}, {"collection": "secrets", "operations": ["get"], "name": "x"}]}),
            "the name x",
        ),
        (json!({"tools": [{"collection": "invoices", "operations": ["fetch"]}]}), "fetch"),
    ] {
        let (status, error) = api.refused("PUT", "/v1/shop--p/endpoints/new", config).await;
        assert!(status == 400 && error.to_string().contains(said), "{error}");
    }
    // Configuration of endpoints needs its own permission.
    let made = api.ok("POST", "/v1/tokens", json!({"name": "t", "grants": [{"scope": {"databases": ["shop"]}, "permissions": ["read:endpoints", "read:documents"]}]})).await;
    let reader = api.with(made["token"].as_str().unwrap());
    assert_eq!(reader.ok("GET", "/v1/shop/endpoints", Value::Null).await["meta"]["total"], 2);
    assert_eq!(
        reader
            .refused(
                "PUT",
                "/v1/shop--p/endpoints/desk",
                json!({"tools": [{"collection": "invoices", "operations": ["get"]}]})
            )
            .await
            .0,
        403
    );
    api.ok("DELETE", "/v1/shop--p/endpoints/desk", Value::Null).await;
    assert_eq!(api.refused("GET", "/v1/shop--p/endpoints/desk", Value::Null).await.0, 404);
    let log = api.ok("POST", "/v1/shop--p/sql", json!({"query": "SELECT count() AS n FROM operations_log WHERE entity_type = 'endpoint'"})).await;
    assert!(log["data"][0]["n"].as_u64().unwrap() >= 4, "{log}");
}
