//! The protocol beyond tools: sessions and notifications in both eras, prompts, completions, the old transport, and the errors
//! that the specification numbers.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/api.rs"]
mod api;
#[path = "support/events.rs"]
mod events;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/mcp.rs"]
mod mcp;

use api::{Api, OWNER};
use events::Events;
use mcp::{LEGACY, MODERN, Mcp};
use rekor_api::{Service, ServiceConfig};
use rekor_core::limits;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

const SCHEMA_URI: &str = "rekor://schema/shop/invoices";

struct World {
    _directory: tempfile::TempDir,
    api: Api,
    mcp: Mcp,
}

impl World {
    /// `shop` with invoices, payments, and an endpoint with a named query.
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut ServiceConfig)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config = ServiceConfig {
            owner_token: Some(OWNER.into()),
            ..ServiceConfig::local(directory.path().to_owned())
        };
        change(&mut config);
        let api = Api::serve(config).await;
        api.ok("POST", "/v1/databases", json!({"id": "shop"})).await;
        api.ok("POST", "/v1/databases/shop/previews", json!({"name": "p"})).await;
        let world = Self { mcp: Mcp::new(api.port, OWNER), api, _directory: directory };
        world.define("invoices", "void").await;
        world.define("payments", "open").await;
        world.publish(json!(["get", "list"])).await;
        world.promote().await;
        for (customer, status) in [("Acme", "paid"), ("Blum", "draft"), ("Corp", "draft")] {
            let data = json!({"customer": customer, "status": status, "amount": 10});
            let body = json!({"id": customer.to_lowercase(), "data": data});
            world.api.ok("POST", "/v1/shop/documents/invoices", body).await;
        }
        world
    }

    /// Defines a collection with one more state than the documents need.
    async fn define(&self, collection: &str, state: &str) {
        let schema = json!({"type": "object", "properties": {
            "customer": {"type": "string"}, "amount": {"type": "number"}, "status": {"enum": ["draft", "paid", state]}}});
        let path = format!("/v1/shop--p/collections/{collection}");
        self.api.ok("PUT", &path, json!({ "json_schema": schema })).await;
    }

    async fn publish(&self, operations: Value) {
        let config = json!({
            "name": "Desk",
            "tools": [{"collection": "invoices", "operations": operations}],
            "queries": [{
                "name": "in_state",
                "description": "Invoices in a state",
                "query": "SELECT data.customer.:String AS customer FROM documents WHERE collection = 'invoices' AND data.status.:String = {status:String} AND data.amount.:Int64 >= {least:Int64} ORDER BY customer",
                "params": {"status": {"description": "The state", "values_of": "invoices.status"}}}]});
        self.api.ok("PUT", "/v1/shop--p/endpoints/desk", config).await;
    }

    async fn promote(&self) {
        self.api.ok("POST", "/v1/databases/shop/promote", json!({"from": "shop--p"})).await;
    }

    /// A client with a token of these grants, and the token's id.
    async fn token(&self, scope: Value, permissions: Value) -> (Mcp, String) {
        let grants = json!([{"scope": scope, "permissions": permissions}]);
        let made = self.api.ok("POST", "/v1/tokens", json!({"name": "t", "grants": grants})).await;
        let token = made["token"].as_str().unwrap().to_owned();
        (Mcp { token, ..self.mcp.clone() }, made["id"].as_str().unwrap().to_owned())
    }

    /// A client of the endpoint.
    async fn agent(&self) -> (Mcp, String) {
        let scope = json!({"databases": ["shop"], "environments": ["production"]});
        let (mcp, id) = self.token(scope, json!(["*"])).await;
        (mcp.at("/e/desk/mcp"), id)
    }
}

/// A client that has a session.
struct Seated {
    mcp: Mcp,
    header: String,
}

impl Seated {
    async fn new(mcp: &Mcp) -> Self {
        let mcp = Mcp { version: LEGACY, ..mcp.clone() };
        let hello = json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
        let (headers, body) = mcp.request("initialize", hello);
        let (status, head, answer) = mcp.http("POST", &headers, &body).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["result"]["capabilities"]["tools"]["listChanged"], true, "{answer}");
        let id = head.lines().find_map(|line| line.strip_prefix("mcp-session-id: ")).unwrap();
        assert!(id.len() == 64, "{id}");
        Self { header: format!("Mcp-Session-Id: {id}\r\n"), mcp }
    }

    /// Status and answer of a request in the session.
    async fn post(&self, method: &str, params: Value) -> (u16, Value) {
        let (headers, body) = self.mcp.request(method, params);
        let (status, _, answer) =
            self.mcp.http("POST", &format!("{headers}{}", self.header), &body).await;
        (status, answer)
    }

    /// The stream of the session.
    async fn listen(&self) -> Events {
        let head = format!(
            "GET {} HTTP/1.0\r\nAuthorization: Bearer {}\r\nMCP-Protocol-Version: {LEGACY}\r\n{}",
            self.mcp.path, self.mcp.token, self.header
        );
        Events::open(self.mcp.port, &head, "").await
    }
}

/// A stream of the era without sessions.
async fn listen(mcp: &Mcp, filter: Value) -> Events {
    let (headers, body) = mcp.request("subscriptions/listen", json!({ "notifications": filter }));
    let head =
        format!("POST {} HTTP/1.0\r\nAuthorization: Bearer {}\r\n{headers}", mcp.path, mcp.token);
    Events::open(mcp.port, &head, &body).await
}

const TOOLS: &str = "notifications/tools/list_changed";
const UPDATED: &str = "notifications/resources/updated";

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_told_of_a_promotion() {
    let world = World::new().await;
    let (agent, _) = world.agent().await;
    let client = Seated::new(&agent).await;
    let mut stream = client.listen().await;
    assert_eq!(stream.status(), 200, "{}", stream.head);
    assert!(stream.head.contains("content-type: text/event-stream"), "{}", stream.head);
    assert!(stream.head.contains("x-accel-buffering: no"), "{}", stream.head);
    // What is not promoted, and what an endpoint does not show, is no news.
    world.publish(json!(["get", "list", "create"])).await;
    assert!(stream.is_silent().await);
    world.promote().await;
    assert_eq!(stream.method().await, TOOLS);
    let (_, tools) = client.post("tools/list", json!({})).await;
    let tools = tools["result"]["tools"].as_array().unwrap();
    assert_eq!(tools.len(), 4, "{tools:?}");
    world.define("payments", "done").await;
    world.promote().await;
    assert!(stream.is_silent().await);
    // A schema that is in a tool is.
    world.define("invoices", "sent").await;
    world.promote().await;
    assert_eq!(stream.method().await, TOOLS);
    // What happens while nobody listens is told to whoever comes back, once.
    drop(stream);
    world.publish(json!(["get"])).await;
    world.promote().await;
    let mut stream = client.listen().await;
    assert_eq!(stream.method().await, TOOLS);
    assert!(stream.is_silent().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_belong_to_one_client_and_end() {
    let world = World::new().await;
    let client = Seated::new(&world.mcp).await;
    assert_eq!(client.post("tools/list", json!({})).await.0, 200);
    let mut first = client.listen().await;
    let mut second = client.listen().await;
    assert_eq!(first.next().await, None, "a newer stream takes its place");
    // Another credential, and another place, have no such session.
    let (other, _) = world.token(json!({"databases": ["*"]}), json!(["*"])).await;
    for mcp in [other, client.mcp.at("/mcp?read_only=true")] {
        let stranger =
            Seated { mcp: Mcp { version: LEGACY, ..mcp }, header: client.header.clone() };
        let (status, answer) = stranger.post("tools/list", json!({})).await;
        assert_eq!((status, &answer["error"]["code"]), (404, &json!("NOT_FOUND")), "{answer}");
        assert_eq!(stranger.listen().await.status(), 404);
        let ended = stranger.mcp.http("DELETE", &stranger.header, "").await;
        assert_eq!(ended.0, 404);
    }
    assert!(second.is_silent().await);
    assert_eq!(client.mcp.http("DELETE", &client.header, "").await.0, 204);
    assert_eq!(second.next().await, None, "the session ended");
    assert_eq!(client.post("tools/list", json!({})).await.0, 404);
    assert_eq!(client.listen().await.status(), 404);
    // Without a session everything but notifications works, and there is no stream.
    let old = Mcp { version: LEGACY, ..world.mcp.clone() };
    assert!(!old.tools().await.is_empty());
    let refused = old.rpc("resources/subscribe", json!({"uri": SCHEMA_URI})).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("initialize"), "{refused}");
    assert_eq!(old.http("GET", "", "").await.0, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_told_of_the_schemas_it_asked_for() {
    let world = World::new().await;
    let client = Seated::new(&world.mcp).await;
    let mut stream = client.listen().await;
    let (status, answer) = client.post("resources/subscribe", json!({"uri": SCHEMA_URI})).await;
    assert_eq!((status, &answer["result"]), (200, &json!({})), "{answer}");
    world.define("payments", "a").await;
    world.promote().await;
    assert!(stream.is_silent().await);
    world.define("invoices", "a").await;
    world.promote().await;
    let told = stream.next().await.unwrap();
    assert_eq!((&told["method"], &told["params"]["uri"]), (&json!(UPDATED), &json!(SCHEMA_URI)));
    let (_, answer) = client.post("resources/unsubscribe", json!({"uri": SCHEMA_URI})).await;
    assert_eq!(answer["result"], json!({}));
    world.define("invoices", "b").await;
    world.promote().await;
    assert!(stream.is_silent().await);
    for uri in ["rekor://schema/shop/nothing", "rekor://schema/other/x", "file:///etc/passwd"] {
        let (_, answer) = client.post("resources/subscribe", json!({ "uri": uri })).await;
        assert_eq!(answer["error"]["data"]["uri"], uri, "{answer}");
    }
    // A session listens to so many.
    for n in 0..=limits::MCP_SUBSCRIPTIONS_MAX {
        let collection = format!("c{n}");
        let path = format!("/v1/shop--p/collections/{collection}");
        world.api.ok("PUT", &path, json!({})).await;
        let uri = format!("rekor://schema/shop--p/{collection}");
        let (_, answer) = client.post("resources/subscribe", json!({ "uri": uri })).await;
        let refused = answer.get("error").is_some();
        assert_eq!(refused, n >= limits::MCP_SUBSCRIPTIONS_MAX, "{n} {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_gets_what_it_asked_for() {
    let world = World::new().await;
    let filter = json!({"toolsListChanged": true, "resourceSubscriptions": [SCHEMA_URI]});
    let mut stream = listen(&world.mcp, filter.clone()).await;
    assert_eq!(stream.status(), 200, "{}", stream.head);
    let first = stream.next().await.unwrap();
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged", "{first}");
    assert_eq!(first["params"]["notifications"], filter, "{first}");
    let of = |message: &Value| {
        message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"].clone()
    };
    assert_eq!(of(&first), 1, "{first}");
    world.define("invoices", "z").await;
    world.promote().await;
    let told = stream.next().await.unwrap();
    assert_eq!((&told["method"], &told["params"]["uri"]), (&json!(UPDATED), &json!(SCHEMA_URI)));
    assert_eq!(of(&told), 1, "{told}");
    assert!(stream.is_silent().await);

    // An endpoint has no resources; its tools change with a promotion.
    let (agent, id) = world.agent().await;
    let mut tools = listen(&agent, filter).await;
    let first = tools.next().await.unwrap();
    assert_eq!(first["params"]["notifications"], json!({"toolsListChanged": true}), "{first}");
    let mut nothing = listen(&agent, json!({"promptsListChanged": true})).await;
    nothing.next().await.unwrap();
    world.publish(json!(["list"])).await;
    world.promote().await;
    assert_eq!(tools.method().await, TOOLS);
    assert!(nothing.is_silent().await);
    // The stream of a credential that is worth nothing ends, with the result of the request.
    world.api.ok("DELETE", &format!("/v1/tokens/{id}"), Value::Null).await;
    let last = tools.next().await.unwrap();
    assert!(last["id"] == 1 && last.get("result").is_some(), "{last}");
    assert_eq!(tools.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_rights_are_news_and_lost_ones_the_end() {
    let world = World::new().await;
    let grants = |permissions: Value| json!([{"scope": {"databases": ["shop"]}, "permissions": permissions}]);
    let person = json!({"login": "ada", "password": "correct horse battery", "role": "member", "grants": grants(json!(["read:documents"]))});
    let user = world.api.ok("POST", "/v1/users", person).await;
    let login = json!({"login": "ada", "password": "correct horse battery"});
    let opened = world.api.ok("POST", "/v1/auth/login", login).await;
    let ada = Mcp { token: opened["token"].as_str().unwrap().to_owned(), ..world.mcp.clone() };
    let client = Seated::new(&ada).await;
    let mut stream = client.listen().await;
    let mut modern =
        listen(&ada, json!({"toolsListChanged": true, "promptsListChanged": true})).await;
    modern.next().await.unwrap();
    let before = ada.tools().await.len();
    let path = format!("/v1/users/{}", user["id"].as_str().unwrap());
    world.api.ok("PUT", &path, json!({"grants": grants(json!(["*"]))})).await;
    assert_eq!(stream.method().await, TOOLS);
    assert_eq!(stream.method().await, "notifications/prompts/list_changed");
    assert_eq!(modern.method().await, TOOLS);
    assert_eq!(modern.method().await, "notifications/prompts/list_changed");
    assert!(ada.tools().await.len() > before);
    world.api.ok("DELETE", &path, Value::Null).await;
    assert_eq!(stream.next().await, None);
    let last = modern.next().await.unwrap();
    assert!(last.get("result").is_some(), "{last}");
}

/// Streams would keep a server that is to stop; it ends them.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_ends_its_streams() {
    let directory = tempfile::tempdir().unwrap();
    let config = ServiceConfig {
        owner_token: Some(OWNER.into()),
        ..ServiceConfig::local(directory.path().to_owned())
    };
    let service = tokio::task::block_in_place(|| Service::open(config)).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mcp = Mcp::new(listener.local_addr().unwrap().port(), OWNER);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async move { drop(stopped.await) };
    let server = tokio::spawn(rekor_api::serve(Arc::clone(&service), listener, shutdown));
    let client = Seated::new(&mcp).await;
    let mut old = client.listen().await;
    let mut new = listen(&mcp, json!({"toolsListChanged": true})).await;
    new.next().await.unwrap();
    stop.send(()).unwrap();
    assert_eq!(old.next().await, None);
    assert!(new.next().await.unwrap().get("result").is_some());
    let ended = tokio::time::timeout(Duration::from_secs(10), server).await;
    ended.unwrap().unwrap().unwrap();
}

/// A client of the older era calls a request off in a message, and keeps its connection.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_calls_off_ends() {
    let world = World::new().await;
    let client = Arc::new(Seated::new(&world.mcp).await);
    let slow = "SELECT count() FROM numbers(100000) AS a CROSS JOIN numbers(100000) AS b WHERE a.number * b.number = 7";
    let query = |text: &str| json!({"name": "sql_query", "arguments": {"database_id": "shop", "query": text}});
    // More than run at once: if they went on, others would wait for them.
    for _ in 0..limits::SQL_CONCURRENT_MAX + 2 {
        let (asking, call) = (Arc::clone(&client), query(slow));
        let asked = tokio::spawn(async move { asking.post("tools/call", call).await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        let stranger = Seated::new(&world.mcp).await;
        let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
        let send = |by: &Seated| {
            let (mcp, header) = (by.mcp.clone(), by.header.clone());
            let body = cancel.to_string();
            async move { mcp.http("POST", &header, &body).await.0 }
        };
        assert_eq!(send(&stranger).await, 202);
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!asked.is_finished(), "another session calls nothing off");
        assert_eq!(send(&client).await, 202);
        let (status, answer) =
            tokio::time::timeout(Duration::from_secs(5), asked).await.unwrap().unwrap();
        assert_eq!((status, answer), (202, json!("")));
    }
    let start = std::time::Instant::now();
    let (_, answer) = client.post("tools/call", query("SELECT 1 AS one")).await;
    assert_eq!(answer["result"]["structuredContent"]["rows"], json!([[1]]), "{answer}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

/// Two hundred sessions that ask twenty times each, and all of them are told of one promotion.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_clients_at_once() {
    let world = World::new().await;
    let (agent, _) = world.agent().await;
    let clients = (0..200).map(|_| {
        let agent = agent.clone();
        tokio::spawn(async move {
            let client = Seated::new(&agent).await;
            let stream = client.listen().await;
            assert_eq!(stream.status(), 200, "{}", stream.head);
            for _ in 0..20 {
                let call = json!({"name": "get_invoice", "arguments": {"id": "acme"}});
                let (status, answer) = client.post("tools/call", call).await;
                assert_eq!(status, 200, "{answer}");
                let data = &answer["result"]["structuredContent"]["data"];
                assert_eq!(data["customer"], "Acme", "{answer}");
            }
            (client, stream)
        })
    });
    let clients: Vec<_> = clients.collect();
    let mut seated = Vec::new();
    for client in clients {
        seated.push(client.await.unwrap());
    }
    world.publish(json!(["list"])).await;
    world.promote().await;
    for (client, stream) in &mut seated {
        assert_eq!(stream.method().await, TOOLS);
        assert_eq!(client.mcp.http("DELETE", &client.header, "").await.0, 204);
        assert_eq!(stream.next().await, None);
    }
}

/// The texts of a prompt.
fn texts(got: &Value) -> Vec<&str> {
    let messages = got["messages"].as_array().unwrap().iter();
    messages
        .map(|message| {
            assert_eq!(
                (&message["role"], &message["content"]["type"]),
                (&json!("user"), &json!("text"))
            );
            message["content"]["text"].as_str().unwrap()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_say_what_there_is() {
    let world = World::new().await;
    let listed = world.mcp.result("prompts/list", json!({})).await;
    assert_eq!((&listed["cacheScope"], &listed["ttlMs"]), (&json!("private"), &json!(60_000)));
    let names = |listed: &Value| -> Vec<String> {
        let prompts = listed["prompts"].as_array().unwrap().iter();
        prompts.map(|prompt| prompt["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        names(&listed),
        ["explore_database", "design_collection", "review_preview", "load_documents"]
    );
    let values = json!({"database_id": "shop", "question": "Who owes most?", "purpose": "Offers to customers",
        "from": "shop--p", "collection": "invoices"});
    let tools = world.mcp.tools().await;
    for prompt in listed["prompts"].as_array().unwrap() {
        let wanted: Vec<&str> = prompt["arguments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|a| a["name"].as_str().unwrap())
            .collect();
        let mut arguments = values.clone();
        arguments.as_object_mut().unwrap().retain(|name, _| wanted.contains(&name.as_str()));
        let got = world
            .mcp
            .result("prompts/get", json!({"name": prompt["name"], "arguments": arguments}))
            .await;
        let said = texts(&got);
        assert!(said[0].contains("shop") && !said[0].contains(['$', '@']), "{}", said[0]);
        assert!(said.last().unwrap().contains("never follow instructions"), "{said:?}");
        // Every tool and action that it names is one that is listed.
        let mut named = 0;
        for (at, _) in said[0].match_indices('(') {
            let tool = said[0][..at].rsplit([' ', '\n']).next().unwrap();
            let Some(listed) = tools.iter().find(|listed| listed["name"] == tool) else { continue };
            let action = said[0][at + 1..].split(')').next().unwrap();
            let actions = listed["inputSchema"]["properties"]["action"]["enum"].as_array().unwrap();
            assert!(actions.contains(&json!(action)), "{tool}({action})");
            named += 1;
        }
        assert!(named >= 1, "{}", said[0]);
    }
    // What is there comes along.
    let get = |name: &str, arguments: Value| {
        let mcp = world.mcp.clone();
        let request = json!({"name": name, "arguments": arguments});
        async move { mcp.rpc("prompts/get", request).await }
    };
    let got = get("explore_database", json!({"database_id": "shop"})).await;
    let said = texts(&got["result"]).join("\n");
    assert!(said.contains("\"invoices\"") && said.contains("\"amount\""), "{said}");
    assert!(!said.contains("answer this question"), "{said}");
    world.define("invoices", "other").await;
    let got = get("review_preview", json!({"database_id": "shop", "from": "shop--p"})).await;
    assert!(texts(&got["result"]).join("\n").contains("diff_hash"), "{got}");
    // What an argument says stays what it says.
    let odd = "a $purpose of @Sql, manage_document";
    let got = get("design_collection", json!({"database_id": "shop", "purpose": odd})).await;
    assert!(texts(&got["result"])[0].contains(odd), "{got}");
    // Wrong names and arguments.
    for (name, arguments, hint) in [
        ("explore_databse", json!({}), "Did you mean explore_database"),
        ("explore_database", json!({}), "database_id is missing"),
        ("explore_database", json!({"database_id": "shop", "limit": "3"}), "no argument limit"),
        ("explore_database", json!({"database_id": "shpo"}), "Did you mean shop?"),
        ("review_preview", json!({"database_id": "shop", "from": "shop--q"}), "shop--q"),
        ("load_documents", json!({"database_id": "shop", "collection": "invoces"}), "invoices"),
    ] {
        let refused = get(name, arguments).await;
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
        assert!(refused["error"]["message"].as_str().unwrap().contains(hint), "{refused}");
    }
    // The older vocabulary, and who has which prompts.
    let old = world.mcp.at("/mcp?vocab=workspaces");
    let listed = old.result("prompts/list", json!({})).await;
    assert!(names(&listed).contains(&"load_records".to_owned()), "{listed}");
    assert!(!listed.to_string().contains("database"), "{listed}");
    let request = json!({"name": "explore_workspace", "arguments": {"workspace_id": "shop"}});
    let got = old.result("prompts/get", request).await;
    assert!(texts(&got)[0].contains("manage_collection(describe)"), "{got}");
    let reader = world.mcp.at("/mcp?read_only=true");
    let listed = reader.result("prompts/list", json!({})).await;
    assert_eq!(names(&listed), ["explore_database", "review_preview"]);
    let scope = json!({"databases": ["shop"], "collections": ["payments"]});
    let (blind, _) = world.token(scope, json!(["read:documents", "read:collections"])).await;
    assert_eq!(names(&blind.result("prompts/list", json!({})).await), ["explore_database"]);
    let request = json!({"name": "explore_database", "arguments": {"database_id": "shop"}});
    let got = blind.result("prompts/get", request).await;
    assert!(!got.to_string().contains("invoices"), "{got}");
    let request = json!({"name": "load_documents", "arguments": {"database_id": "shop", "collection": "payments"}});
    assert_eq!(blind.rpc("prompts/get", request).await["error"]["code"], -32602);
}

#[tokio::test(flavor = "multi_thread")]
async fn completions_stay_within_reach() {
    let world = World::new().await;
    let scope = json!({"databases": ["shop", "shop--p"], "collections": ["payments"]});
    let (blind, _) = world.token(scope, json!(["*"])).await;
    world.api.ok("POST", "/v1/databases", json!({"id": "bank"})).await;
    let prompt = |name: &str| json!({"type": "ref/prompt", "name": name});
    let schema =
        json!({"type": "ref/resource", "uri": "rekor://schema/{database_id}/{collection}"});
    let complete = |mcp: &Mcp, of: Value, argument: &str, typed: &str, context: Value| {
        let mcp = mcp.clone();
        let request = json!({"ref": of, "argument": {"name": argument, "value": typed}, "context": {"arguments": context}});
        async move { mcp.result("completion/complete", request).await["completion"].clone() }
    };
    let owner = &world.mcp;
    let load = prompt("load_documents");
    let found = complete(owner, load.clone(), "database_id", "", json!({})).await;
    assert_eq!(found, json!({"values": ["bank", "shop", "shop--p"], "total": 3, "hasMore": false}));
    let found = complete(owner, load.clone(), "database_id", "sh", json!({})).await;
    assert_eq!(found["values"], json!(["shop", "shop--p"]));
    let shop = json!({"database_id": "shop"});
    let found = complete(owner, load.clone(), "collection", "", shop.clone()).await;
    assert_eq!(found["values"], json!(["invoices", "payments"]));
    let found = complete(owner, load.clone(), "collection", "", json!({})).await;
    assert_eq!(found["values"], json!([]));
    let found = complete(owner, prompt("review_preview"), "from", "", shop.clone()).await;
    assert_eq!(found["values"], json!(["shop--p"]));
    let found = complete(owner, schema.clone(), "collection", "in", shop.clone()).await;
    assert_eq!(found["values"], json!(["invoices"]));
    let found = complete(owner, prompt("explore_database"), "question", "x", shop.clone()).await;
    assert_eq!(found["values"], json!([]));
    // Only what the token reaches.
    let found = complete(&blind, schema.clone(), "database_id", "", json!({})).await;
    assert_eq!(found["values"], json!(["shop", "shop--p"]));
    for database in ["shop", "bank", "nothing"] {
        let context = json!({ "database_id": database });
        let found = complete(&blind, schema.clone(), "collection", "", context).await;
        let wanted = if database == "shop" { json!(["payments"]) } else { json!([]) };
        assert_eq!(found["values"], wanted, "{database}");
    }
    for (of, argument) in [
        (prompt("nothing"), "database_id"),
        (load, "nothing"),
        (json!({"type": "ref/resource", "uri": "rekor://other/{database_id}"}), "database_id"),
    ] {
        let request = json!({"ref": of, "argument": {"name": argument, "value": ""}});
        let refused = owner.rpc("completion/complete", request).await;
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn named_queries_are_prompts_of_their_endpoint() {
    let world = World::new().await;
    let (agent, _) = world.agent().await;
    for version in [MODERN, LEGACY] {
        let agent = Mcp { version, ..agent.clone() };
        let listed = agent.result("prompts/list", json!({})).await;
        let prompt = &listed["prompts"][0];
        assert_eq!(
            (&prompt["name"], &prompt["description"]),
            (&json!("in_state"), &json!("Invoices in a state"))
        );
        assert_eq!(
            prompt["arguments"][0],
            json!({"name": "status", "description": "The state", "required": true})
        );
        let request = json!({"name": "in_state", "arguments": {"status": "draft", "least": "5"}});
        let got = agent.result("prompts/get", request).await;
        let said = texts(&got);
        assert!(said[1].starts_with("[\"customer\"]\n[\"Blum\"]\n[\"Corp\"]"), "{said:?}");
        let request = json!({"ref": {"type": "ref/prompt", "name": "in_state"}, "argument": {"name": "status", "value": "dr"}});
        let found = agent.result("completion/complete", request).await;
        assert_eq!(found["completion"], json!({"values": ["draft"], "total": 1, "hasMore": false}));
        for request in [
            json!({"name": "in_stat", "arguments": {"status": "draft", "least": "5"}}),
            json!({"name": "in_state", "arguments": {"status": "draft"}}),
            json!({"name": "in_state", "arguments": {"status": "draft", "least": "five"}}),
            json!({"name": "explore_database", "arguments": {"database_id": "shop"}}),
        ] {
            let refused = agent.rpc("prompts/get", request.clone()).await;
            assert_eq!(refused["error"]["code"], -32602, "{request} {refused}");
            assert!(!refused.to_string().to_lowercase().contains("rekor"), "{refused}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_have_the_numbers_of_the_specification() {
    let world = World::new().await;
    let mcp = &world.mcp;
    let (headers, body) = mcp.request("tools/list", json!({}));
    // The version in the header is not that of the message: -32020.
    let other = headers.replace(MODERN, LEGACY);
    let (status, _, answer) = mcp.http("POST", &other, &body).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(-32020)), "{answer}");
    let other = headers.replace("Mcp-Method: tools/list", "Mcp-Method: tools/call");
    let (status, _, answer) = mcp.http("POST", &other, &body).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(-32020)), "{answer}");
    let (call, text) = mcp.request("tools/call", json!({"name": "sql_query", "arguments": {}}));
    let other = call.replace("Mcp-Name: sql_query", "Mcp-Name: manage_document");
    let (status, _, answer) = mcp.http("POST", &other, &text).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(-32020)), "{answer}");
    // What is no JSON, and no message: errors of the protocol, too.
    for (sent, code) in [("not json", -32700), ("{}", -32600), ("[1]", -32600)] {
        let (status, _, answer) = mcp.http("POST", "", sent).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(code)), "{sent} {answer}");
    }
    // A version that nobody speaks: -32022, with those that are spoken; at endpoints, too.
    let (agent, _) = world.agent().await;
    for mcp in [mcp, &agent] {
        let (other, text) =
            (headers.replace(MODERN, "2031-01-01"), body.replace(MODERN, "2031-01-01"));
        let (status, _, answer) = mcp.http("POST", &other, &text).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(-32022)), "{answer}");
        assert_eq!(answer["error"]["data"]["requested"], "2031-01-01", "{answer}");
        let spoken = answer["error"]["data"]["supported"].as_array().unwrap();
        assert!(spoken.contains(&json!(MODERN)) && spoken.contains(&json!(LEGACY)), "{answer}");
    }
    // A resource that is not there: -32602 with its address; the older era has -32002.
    let nowhere = json!({"uri": "rekor://nothing"});
    let answer = mcp.rpc("resources/read", nowhere.clone()).await;
    assert_eq!(
        (&answer["error"]["code"], &answer["error"]["data"]["uri"]),
        (&json!(-32602), &json!("rekor://nothing"))
    );
    let old = Mcp { version: LEGACY, ..mcp.clone() };
    assert_eq!(old.rpc("resources/read", nowhere).await["error"]["code"], -32002);
    // Methods of one era are not those of the other.
    let filter = json!({"notifications": {"toolsListChanged": true}});
    assert_eq!(old.rpc("subscriptions/listen", filter).await["error"]["code"], -32601);
    assert_eq!(
        mcp.rpc("resources/subscribe", json!({"uri": SCHEMA_URI})).await["error"]["code"],
        -32601
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_always_the_same_and_private() {
    let world = World::new().await;
    let (agent, _) = world.agent().await;
    for (mcp, lists) in [
        (
            &world.mcp,
            &["tools/list", "prompts/list", "resources/list", "resources/templates/list"][..],
        ),
        (&agent, &["tools/list", "prompts/list"]),
    ] {
        for method in lists {
            let first = mcp.result(method, json!({})).await;
            assert!(first["ttlMs"].as_u64().unwrap() > 0, "{method}");
            assert_eq!(first["cacheScope"], "private", "{method}");
            for _ in 0..3 {
                assert_eq!(mcp.result(method, json!({})).await.to_string(), first.to_string());
            }
        }
    }
    let read = world.mcp.result("resources/read", json!({"uri": SCHEMA_URI})).await;
    assert!(read["ttlMs"].as_u64().unwrap() > 0 && read["cacheScope"] == "private", "{read}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_transport_is_there_when_it_is_wanted() {
    let world = World::new().await;
    let path = format!("GET /sse?token={OWNER} HTTP/1.0\r\n");
    let closed = Events::open(world.api.port, &path, "").await;
    assert_eq!(closed.status(), 404);
    assert!(closed.rest().await.contains("--legacy-sse"));

    let world = World::with(|config| config.legacy_sse = true).await;
    let port = world.api.port;
    for wrong in ["token=rec_wrong", "tokn=x", ""] {
        let refused = Events::open(port, &format!("GET /sse?{wrong} HTTP/1.0\r\n"), "").await;
        assert!([400, 401].contains(&refused.status()), "{wrong} {}", refused.head);
    }
    let strange = format!("{path}Origin: https://evil.example\r\n");
    assert_eq!(Events::open(port, &strange, "").await.status(), 403);
    let (member, id) = world.token(json!({"databases": ["shop"]}), json!(["*"])).await;
    for (query, tool) in [("", "manage_record"), ("&vocab=databases", "manage_document")] {
        let head = format!("GET /sse?token={}{query} HTTP/1.0\r\n", member.token);
        let mut stream = Events::open(port, &head, "").await;
        let (event, place) = stream.event().await.unwrap();
        assert_eq!(event, "endpoint");
        let send = |message: Value| {
            let head = format!("POST {place} HTTP/1.0\r\n");
            async move { Events::open(port, &head, &message.to_string()).await.status() }
        };
        let hello = json!({"protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
        let initialize =
            json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello});
        assert_eq!(send(initialize).await, 202);
        let opened = stream.next().await.unwrap();
        assert_eq!(
            (&opened["id"], &opened["result"]["protocolVersion"]),
            (&json!(1), &json!("2024-11-05"))
        );
        assert_eq!(
            send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await,
            202
        );
        assert_eq!(send(json!({"jsonrpc": "2.0", "id": "a", "method": "tools/list"})).await, 202);
        let listed = stream.next().await.unwrap();
        assert_eq!(listed["id"], "a");
        let names: Vec<&str> = listed["result"]["tools"]
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| tool["name"].as_str().unwrap())
            .collect();
        assert!(names.contains(&tool), "{names:?}");
        let call = json!({"name": "sql_query", "arguments": {"database_id": "shop", "query": "SELECT count() AS n FROM documents"}});
        assert_eq!(
            send(json!({"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": call})).await,
            202
        );
        assert_eq!(
            stream.next().await.unwrap()["result"]["structuredContent"]["rows"],
            json!([[3]])
        );
        // News come on the same stream.
        let subscribe = json!({"jsonrpc": "2.0", "id": 4, "method": "resources/subscribe", "params": {"uri": SCHEMA_URI}});
        assert_eq!(send(subscribe).await, 202);
        assert_eq!(stream.next().await.unwrap()["result"], json!({}));
        world.define("invoices", tool).await;
        world.promote().await;
        assert_eq!(stream.method().await, UPDATED);
        if tool == "manage_document" {
            world.api.ok("DELETE", &format!("/v1/tokens/{id}"), Value::Null).await;
            assert_eq!(stream.next().await, None);
        }
        drop(stream);
        // The connection goes with its stream.
        let mut status = 0;
        for _ in 0..50 {
            status = send(json!({"jsonrpc": "2.0", "id": 5, "method": "ping"})).await;
            if status == 404 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(status, 404);
    }
}

/// What is answered at once is answered as if it had gone the long way, which a header that says the same in other words makes
/// it go.
#[tokio::test(flavor = "multi_thread")]
async fn plain_requests_are_answered_as_all_others() {
    let world = World::new().await;
    let (agent, _) = world.agent().await;
    let hello = json!({"protocolVersion": LEGACY, "capabilities": {"roots": {"listChanged": true}}, "clientInfo": {"name": "t", "version": "1"}});
    let sql = |query: &str| json!({"name": "sql_query", "arguments": {"database_id": "shop", "query": query}});
    let asked = [
        ("initialize", hello),
        ("server/discover", json!({})),
        ("tools/call", sql("SELECT 1 AS a, 'é\"' AS b, 18446744073709551615 AS c")),
        ("tools/call", sql("SELECT nothing")),
        (
            "tools/call",
            json!({"name": "manage_collection", "arguments": {"action": "list", "database_id": "shop"}}),
        ),
        (
            "tools/call",
            json!({"name": "manage_database", "arguments": {"action": "get", "database_id": "shop"}}),
        ),
        ("tools/call", json!({"name": "no_such_tool", "arguments": {}})),
    ];
    let mut sorts = Vec::new();
    for (mcp, version) in
        [(&world.mcp, MODERN), (&world.mcp, LEGACY), (&agent, MODERN), (&agent, LEGACY)]
    {
        let mcp = &Mcp { version, ..mcp.clone() };
        for (method, params) in &asked {
            let (headers, body) = match (*method, version) {
                ("initialize", MODERN) | ("server/discover", LEGACY) => continue,
                ("initialize", _) => (
                    String::new(),
                    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
                        .to_string(),
                ),
                _ => mcp.request(method, params.clone()),
            };
            let same = format!("Content-Type: application/json; charset=utf-8\r\n{headers}");
            let (at_once, other) =
                (mcp.http("POST", &headers, &body).await, mcp.http("POST", &same, &body).await);
            assert_eq!((at_once.0, &at_once.2), (other.0, &other.2), "{method} {body}");
            let named = |head: &str| {
                head.lines()
                    .filter_map(|line| line.split_once(':'))
                    .map(|(name, _)| name.to_owned())
                    .collect::<std::collections::BTreeSet<_>>()
            };
            assert_eq!(named(&at_once.1), named(&other.1), "{method} {body}");
            sorts.push((at_once.2["result"].is_object(), at_once.2["result"]["isError"].clone()));
        }
    }
    for sort in
        [(true, json!(false)), (true, json!(true)), (true, Value::Null), (false, Value::Null)]
    {
        assert!(sorts.contains(&sort), "{sort:?}");
    }
}
