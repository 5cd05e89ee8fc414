//! OAuth for MCP clients over a real listener: what clients find, the whole flow with a person at the browser's forms, every
//! refusal, what a token opens and what it does not, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "support/api.rs"]
mod api;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/mcp.rs"]
mod mcp;
#[path = "support/oauth.rs"]
mod oauth;

#[path = "oauth/clients.rs"]
mod clients;
#[path = "oauth/refusals.rs"]
mod refusals;

use api::Api;
use mcp::Mcp;
use oauth::{Answer, Ask, World, form, http};
use serde_json::{Value, json};

/// What reads `shop`, as a person chooses it.
const READS: &[(&str, &str)] = &[
    ("database", "shop"),
    ("environment", "production"),
    ("permission", "read:documents"),
    ("permission", "read:databases"),
    ("permission", "read:collections"),
];

fn error(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["error"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_find_out_where_to_go() {
    let world = World::new().await;
    let issuer = &world.issuer;
    for (path, suffix) in [("/mcp", "/mcp"), ("/e/desk/mcp", "/e/desk/mcp")] {
        let answer = world.knock(path, None).await;
        let metadata = format!("{issuer}/.well-known/oauth-protected-resource{suffix}");
        let scopes = if path == "/mcp" {
            "read:documents read:collections read:relationships read:databases"
        } else {
            "read:documents read:relationships"
        };
        let challenge = format!("Bearer resource_metadata=\"{metadata}\", scope=\"{scopes}\"");
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some(challenge)));
        let wrong = world.knock(path, Some("rec_nobody")).await;
        assert!(wrong.header("www-authenticate").unwrap().contains("error=\"invalid_token\""));
        let found = world.get(&metadata[issuer.len()..]).await.json();
        let scopes: Vec<&str> = scopes.split(' ').collect();
        assert_eq!(
            found,
            json!({"resource": world.resource(path), "authorization_servers": [issuer], "scopes_supported": scopes, "bearer_methods_supported": ["header"]})
        );
    }
    let bare = world.get("/.well-known/oauth-protected-resource").await.json();
    assert_eq!(bare["resource"], world.resource("/mcp"));
    let metadata = world.get("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(metadata["issuer"], *issuer);
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    for endpoint in ["authorization", "token", "registration", "revocation"] {
        let url = metadata[format!("{endpoint}_endpoint")].as_str().unwrap();
        assert!(url.starts_with(&format!("{issuer}/oauth/")), "{url}");
    }
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/mcp"]
    {
        assert_eq!(world.get(path).await.json(), metadata, "{path}");
    }
    for path in ["oauth-protected-resource/v1", "oauth-authorization-server/other"] {
        let answer = world.get(&format!("/.well-known/{path}")).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!("NOT_FOUND")));
    }
    // Other routes say what they always said.
    let rest = http(world.api.port, "GET", "/v1/whoami", "", "").await;
    assert_eq!((rest.status, rest.header("www-authenticate").as_deref()), (401, Some("Bearer")));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_oauth_the_paths_answer_cleanly() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
        "/.well-known/oauth-protected-resource/e/desk/mcp",
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/.well-known/openid-configuration/mcp",
        "/mcp/.well-known/openid-configuration",
    ] {
        let answer = http(api.port, "GET", path, "", "").await;
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (404, &json!("NOT_FOUND")),
            "{path}"
        );
    }
    for path in ["/oauth/register", "/oauth/token", "/oauth/revoke"] {
        assert_eq!(http(api.port, "POST", path, "", "").await.status, 404, "{path}");
    }
    assert_eq!(http(api.port, "GET", "/oauth/authorize", "", "").await.status, 404);
    let answer = http(api.port, "POST", "/mcp", "", "").await;
    assert_eq!(answer.header("www-authenticate").as_deref(), Some("Bearer"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_lets_a_client_in() {
    let world = World::new().await;
    let client = world.register().await;
    let ask = Ask::new(&client, &world.resource("/mcp"));
    let pairs = ask.pairs();
    let query: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let first = world.get(&format!("/oauth/authorize?{}", form(&query))).await;
    assert!(
        first.status == 200 && first.text.contains("A client") && first.text.contains("127.0.0.1")
    );
    assert!(first.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
    assert_eq!(first.field("resource"), world.resource("/mcp"));

    let page = world.log_in(&ask, "ada").await;
    assert!(page.text.contains("nobody: it registered itself"), "{}", page.text);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' http://127.0.0.1:43210"), "{policy}");
    // Reading is suggested, and nothing else.
    let suggested = page.checked("permission");
    assert!(
        suggested.len() == 4 && suggested.iter().all(|p| p.starts_with("read:")),
        "{suggested:?}"
    );
    for (permission, offered) in [
        ("write:documents", true),
        ("write:databases", true),
        // No tool uses these.
        ("write:tokens", false),
        ("read:endpoints", false),
        ("read:audit", false),
    ] {
        let value = format!("value=\"{permission}\"");
        assert_eq!(page.text.contains(&value), offered, "{permission}");
    }

    let code = world.code(&ask, "ada", READS).await;
    let answer = world.redeem(&ask, &code).await;
    assert_eq!((answer.status, answer.header("cache-control").as_deref()), (200, Some("no-store")));
    let given = answer.json();
    assert_eq!((&given["token_type"], &given["expires_in"]), (&json!("Bearer"), &json!(3_600)));
    assert_eq!(given["scope"], "read:documents read:collections read:databases");
    let token = given["access_token"].as_str().unwrap();

    // It is a token like others: listed, named after its client, and what it may do is what was chosen.
    let mcp = Mcp::new(world.api.port, token);
    let who = mcp.ok("manage_database", json!({"action": "whoami"})).await;
    assert_eq!((&who["kind"], &who["name"]), (&json!("token"), &json!("A client")));
    let seen = mcp.ok("manage_database", json!({"action": "list"})).await;
    assert_eq!(seen["data"].as_array().unwrap().len(), 1, "{seen}");
    let listed = world.api.ok("GET", "/v1/tokens", Value::Null).await;
    let row = listed["data"].as_array().unwrap().iter().find(|row| row["id"] == who["id"]).unwrap();
    assert_eq!((&row["name"], &row["oauth"]["client_id"]), (&json!("A client"), &json!(client)));
    assert!(
        row["last_used_at"].is_string()
            && row["created_by"].as_str().unwrap().starts_with("human:u-")
    );

    // Renewed, it has other secrets; the ones before open nothing.
    let refresh = given["refresh_token"].as_str().unwrap();
    let renewed = world.refresh(&ask, refresh).await.json();
    let (token2, refresh2) =
        (renewed["access_token"].as_str().unwrap(), renewed["refresh_token"].as_str().unwrap());
    assert!(token2 != token && refresh2 != refresh && renewed["scope"] == given["scope"]);
    assert_eq!(world.knock("/mcp", Some(token)).await.status, 401);
    // It is the same token still, whose kept answers are its own.
    let renewed = Mcp::new(world.api.port, token2);
    assert_eq!(renewed.ok("manage_database", json!({"action": "whoami"})).await["id"], who["id"]);
    let listed = world.api.ok("GET", "/v1/clients", Value::Null).await;
    let known = &listed["data"][0];
    assert_eq!((&known["id"], &known["kind"]), (&json!(client), &json!("registered")));
    assert_eq!(known["authorisations"].as_array().unwrap().len(), 1, "{known}");
    assert_eq!(known["authorisations"][0]["resource"], world.resource("/mcp"));

    // What is stored holds no secret, and is there after a restart.
    let stored = world.api.ok("GET", "/v1/tokens", Value::Null).await.to_string();
    assert!(!stored.contains(&token2[4..]) && !stored.contains(&refresh2[4..]), "{stored}");
    let world = world.restart().await;
    assert_eq!(world.knock("/mcp", Some(token)).await.status, 401);
    assert_eq!(world.knock("/mcp", Some(token2)).await.status, 200);
    assert_eq!(world.refresh(&ask, refresh2).await.status, 200);
    assert_eq!(world.log_in(&ask, "ada").await.status, 200, "the client is known still");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_what_it_was_asked_for_and_nothing_else() {
    let world = World::new().await;
    let client = world.register().await;
    let mut tokens = Vec::new();
    for path in ["/mcp", "/e/desk/mcp"] {
        let ask = Ask::new(&client, &world.resource(path));
        let page = world.log_in(&ask, "ada").await;
        let one = page.text.contains("type=\"radio\" name=\"database\" value=\"shop\"");
        assert_eq!(one, path != "/mcp", "{}", page.text);
        let choice = [
            ("database", "shop"),
            ("permission", "read:documents"),
            ("permission", "write:documents"),
        ];
        let code = world.code(&ask, "ada", &choice).await;
        tokens.push((
            path,
            world.redeem(&ask, &code).await.json()["access_token"].as_str().unwrap().to_owned(),
        ));
    }
    for (path, token) in &tokens {
        for other in ["/mcp", "/e/desk/mcp", "/e/till/mcp"] {
            let answer = world.knock(other, Some(token)).await;
            let expected = if other == *path { 200 } else { 401 };
            assert_eq!(answer.status, expected, "{path} at {other}: {}", answer.text);
        }
        for path in ["/v1/whoami", "/v1/databases", "/v1/shop/documents/things"] {
            let (status, answer) = world.api.with(token).call("GET", path, Value::Null).await;
            assert_eq!(status, 401, "{path}: {answer}");
        }
    }
    let desk = Mcp::new(world.api.port, &tokens[1].1).at("/e/desk/mcp");
    let made = desk.ok("create_thing", json!({"data": {"a": 1}})).await;
    assert!(made["id"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_call_says_what_to_ask_for() {
    let world = World::new().await;
    let client = world.register().await;
    let call = async |path: &str, token: &str, tool: &str, arguments: Value| {
        let mcp = Mcp::new(world.api.port, token).at(path);
        let (headers, body) =
            mcp.request("tools/call", json!({"name": tool, "arguments": arguments}));
        mcp.http("POST", &headers, &body).await
    };
    let write =
        json!({"action": "upsert", "database_id": "shop", "collection": "things", "data": {}});
    let given = async |path: &str, person: &str, choice: &[(&str, &str)]| {
        let ask = Ask::new(&client, &world.resource(path));
        let code = world.code(&ask, person, choice).await;
        world.redeem(&ask, &code).await.json()["access_token"].as_str().unwrap().to_owned()
    };
    let reader = given("/mcp", "ada", READS).await;
    let (status, head, body) = call("/mcp", &reader, "manage_document", write.clone()).await;
    assert_eq!(status, 403, "{body}");
    let line = head.lines().find(|line| line.starts_with("www-authenticate")).unwrap();
    // With what it has: some clients ask for no more than the last challenge names.
    let scope = "scope=\"read:documents read:collections read:databases write:documents\"";
    for part in ["error=\"insufficient_scope\"", scope, "resource_metadata="] {
        assert!(line.contains(part), "{line}");
    }
    // The body says to the model what it always said.
    assert_eq!((&body["id"], &body["result"]["isError"]), (&json!(1), &json!(true)), "{body}");
    let (status, head, _) =
        call("/mcp", &reader, "batch_operations", json!({"database_id": "shop", "operations": []}))
            .await;
    assert!(status == 403 && head.contains("write:documents"), "{head}");
    // Where more would not help, or nobody can give more, it is the tool's error alone.
    for (path, token, tool, arguments) in [
        (
            "/mcp",
            &reader,
            "manage_document",
            json!({"action": "get", "database_id": "bank", "collection": "things", "document_id": "x"}),
        ),
        ("/mcp?read_only=true", &reader, "manage_document", write.clone()),
        ("/mcp", &given("/mcp", "bob", READS).await, "manage_document", write.clone()),
    ] {
        let (status, head, body) = call(path, token, tool, arguments).await;
        assert!(status == 200 && !head.contains("www-authenticate"), "{path} {head} {body}");
    }
    let grants = json!([{"scope": {"databases": ["shop"]}, "permissions": ["read:documents"]}]);
    let plain = world.api.ok("POST", "/v1/tokens", json!({"name": "t", "grants": grants})).await;
    let plain = plain["token"].as_str().unwrap();
    let (status, head, body) = call("/mcp", plain, "manage_document", write.clone()).await;
    assert!(
        status == 200 && !head.contains("www-authenticate") && body["result"]["isError"] == true
    );
    let (status, _, body) = call("/e/desk/mcp", plain, "create_thing", json!({"data": {}})).await;
    assert!(status != 403, "{body}");
    // An endpoint asks for what its tool needs.
    let choice = [("database", "shop"), ("permission", "read:documents")];
    let desk = given("/e/desk/mcp", "ada", &choice).await;
    let (status, head, body) =
        call("/e/desk/mcp", &desk, "create_thing", json!({"data": {}})).await;
    assert!(
        status == 403 && head.contains("scope=\"read:documents write:documents\""),
        "{head} {body}"
    );
    // With more, it goes.
    let both =
        [("database", "shop"), ("permission", "read:documents"), ("permission", "write:documents")];
    let writer = given("/mcp", "ada", &both).await;
    let (status, _, body) = call("/mcp", &writer, "manage_document", write).await;
    assert!(status == 200 && body["result"]["isError"] != true, "{body}");
    // A person's acts stay a person's.
    let all = [
        ("database", "*"),
        ("environment", "both"),
        ("permission", "read:databases"),
        ("permission", "write:databases"),
    ];
    let admin = given("/mcp", "ada", &all).await;
    let (_, _, body) = call("/mcp", &admin, "manage_database", json!({"action": "promote"})).await;
    assert!(body["result"]["isError"] == true, "{body}");
}
