//! OAuth for MCP clients over a real listener: what clients find, the whole flow with a person at the browser's forms, every
//! refusal, what a token opens and what it does not, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/api.rs"]
mod api;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/mcp.rs"]
mod mcp;
#[path = "support/oauth.rs"]
mod oauth;

use api::Api;
use mcp::Mcp;
use oauth::{Answer, Ask, REDIRECT, VERIFIER, World, challenge, form, http, parameter};
use rekor_core::limits;
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
    assert!(page.text.contains("value=\"write:documents\"") && !page.text.contains("write:tokens"));

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
    assert_eq!(world.knock("/mcp", Some(token2)).await.status, 200);
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
async fn the_first_page_refuses() {
    let world = World::new().await;
    let client = world.register().await;
    let ask = Ask::new(&client, &world.resource("/mcp"));
    let with = |name: &str, value: &str| {
        let mut pairs = ask.pairs();
        pairs.retain(|(n, _)| *n != name);
        pairs.push((if value.is_empty() { "x" } else { name }, value.to_owned()));
        let pairs: Vec<(String, String)> =
            pairs.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
        pairs
    };
    for (name, value, said, goes_back) in [
        ("client_id", "", "not registered", false),
        ("client_id", "0193e0a4-0000-7000-8000-000000000000", "not registered", false),
        ("client_id", "https://10.0.0.1/client.json", "private network", false),
        ("client_id", "http://app.example.com/client.json", "https", false),
        ("redirect_uri", "", "redirect URI", false),
        ("redirect_uri", "http://127.0.0.1:43210/other", "nothing is sent there", false),
        ("redirect_uri", "https://evil.example/callback", "nothing is sent there", false),
        ("redirect_uri", "javascript:alert(1)", "redirect URI", false),
        ("response_type", "token", "response_type", true),
        ("code_challenge", "", "PKCE", true),
        ("code_challenge", "short", "PKCE", true),
        ("code_challenge_method", "plain", "PKCE", true),
        ("resource", "", "resource", true),
        ("resource", "https://other.example/mcp", "resource", true),
        ("resource", "http://127.0.0.1/mcp", "resource", true),
    ] {
        let pairs = with(name, value);
        let pairs: Vec<(&str, &str)> =
            pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let page = world.get(&format!("/oauth/authorize?{}", form(&pairs))).await;
        assert_eq!(page.status, 400, "{name}={value}: {}", page.text);
        assert!(page.text.contains(said), "{name}={value}: {}", page.text);
        assert!(!page.text.contains("name=\"password\"") && page.header("location").is_none());
        let link = page.text.split_once("href=\"").map(|(_, rest)| rest.split('"').next().unwrap());
        assert_eq!(link.is_some(), goes_back, "{name}={value}: {}", page.text);
        if let Some(link) = link {
            let link = link.replace("&amp;", "&");
            assert!(
                parameter(&link, "error").is_some() && parameter(&link, "iss").is_some(),
                "{link}"
            );
        }
        // The form refuses the same, whoever logs in.
        let mut posted = pairs.clone();
        posted.extend([("login", "ada"), ("password", "ada has a password")]);
        assert_eq!(world.post("/oauth/authorize", "", &posted).await.status, 400, "{name}={value}");
    }
    // A program on the person's machine listens where it can.
    let other_port = Ask { redirect: REDIRECT.replace("43210", "50505"), ..ask.clone() };
    let code = world.code(&other_port, "ada", READS).await;
    assert_eq!(world.redeem(&other_port, &code).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_person_decides_and_nobody_else() {
    let world = World::new().await;
    let client = world.register().await;
    let ask = Ask {
        scope: "write:documents openid".into(),
        ..Ask::new(&client, &world.resource("/mcp"))
    };
    let pairs = ask.pairs();
    let login = |password: &'static str| {
        let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
        pairs.extend([("login", "bob"), ("password", password)]);
        pairs
    };
    let wrong = world.post("/oauth/authorize", "", &login("wrong")).await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.text.contains("name=\"password\"") && !wrong.text.contains("name=\"ticket\""));
    let right = login("bob has a password");
    for headers in [
        "Origin: https://evil.example\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
    ] {
        assert_eq!(world.post("/oauth/authorize", headers, &right).await.status, 403, "{headers}");
    }
    let own = format!("Origin: {}\r\nSec-Fetch-Site: same-origin\r\n", world.issuer);
    let page = world.post("/oauth/authorize", &own, &right).await;
    // Bob sees what bob has: one database, and no writing, although it is asked for.
    assert!(page.status == 200 && page.text.contains("value=\"shop\""), "{}", page.text);
    for hidden in ["value=\"bank\"", "value=\"*\"", "write:documents", "read:relationships"] {
        assert!(!page.text.contains(hidden), "{hidden}: {}", page.text);
    }
    let ticket = page.field("ticket");
    let decide = |more: &[(&'static str, &'static str)]| {
        let mut pairs = vec![("ticket", ticket.as_str()), ("decision", "allow")];
        pairs.extend(more);
        pairs
    };
    for headers in ["Origin: https://evil.example\r\n", "Sec-Fetch-Site: cross-site\r\n"] {
        let answer = world.post("/oauth/consent", headers, &decide(READS)).await;
        assert_eq!(answer.status, 403, "{headers}");
    }
    for ticket in ["", "made-up"] {
        let answer =
            world.post("/oauth/consent", &own, &[("ticket", ticket), ("decision", "allow")]).await;
        assert!(answer.status == 401 && answer.header("location").is_none(), "{ticket}");
    }
    let reads = ("permission", "read:documents");
    for (choice, status) in [
        (vec![("database", "shop")], 400),
        (vec![reads], 400),
        (vec![("database", "shop"), reads, ("permission", "write:documents")], 403),
        (vec![("database", "shop"), reads, ("permission", "write:tokens")], 403),
        (vec![("database", "shop"), reads, ("permission", "everything")], 400),
        (vec![("database", "bank"), reads], 403),
        (vec![("database", "shop--p"), reads], 403),
        (vec![("database", "*"), reads], 403),
        (vec![("database", "shop"), ("environment", "preview"), reads], 400),
    ] {
        let answer = world.post("/oauth/consent", &own, &decide(&choice)).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (status, None),
            "{choice:?}: {}",
            answer.text
        );
        // The question is asked again.
        assert_eq!(answer.field("ticket"), ticket);
    }
    let answer = world.post("/oauth/consent", &own, &decide(READS)).await;
    let location = answer.header("location").unwrap();
    assert_eq!(answer.status, 303, "{}", answer.text);
    let again = world.post("/oauth/consent", &own, &decide(READS)).await;
    assert_eq!(again.status, 401, "a ticket works once");
    let given = world.redeem(&ask, &parameter(&location, "code").unwrap()).await.json();
    // Cut to the collections that bob reaches.
    let mcp = Mcp::new(world.api.port, given["access_token"].as_str().unwrap());
    let who = mcp.ok("manage_database", json!({"action": "whoami"})).await;
    assert_eq!(
        who["grants"][0]["scope"],
        json!({"databases": ["shop"], "collections": ["things"], "environments": ["production"]})
    );

    let page = world.log_in(&ask, "ada").await;
    assert_eq!(page.checked("permission"), ["write:documents"], "what was asked for");
    let ticket = page.field("ticket");
    let denied =
        world.post("/oauth/consent", &own, &[("ticket", &ticket), ("decision", "deny")]).await;
    let location = denied.header("location").unwrap();
    assert_eq!(parameter(&location, "error").as_deref(), Some("access_denied"));
    assert_eq!(parameter(&location, "iss"), Some(world.issuer.clone()));
    assert!(parameter(&location, "code").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_for_one_client_once() {
    let world = World::new().await;
    let (client, other) = (world.register().await, world.register().await);
    let ask = Ask::new(&client, &world.resource("/mcp"));
    let right = |code: &str| {
        [
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("code_verifier", VERIFIER.to_owned()),
            ("redirect_uri", REDIRECT.to_owned()),
            ("client_id", client.clone()),
            ("resource", world.resource("/mcp")),
        ]
    };
    for (name, value, expected) in [
        ("grant_type", "", "invalid_request"),
        ("grant_type", "password", "unsupported_grant_type"),
        ("code", "made-up", "invalid_grant"),
        ("code_verifier", "another-verifier-that-is-43-characters-or-more", "invalid_grant"),
        ("code_verifier", "", "invalid_grant"),
        ("redirect_uri", "http://127.0.0.1:43211/callback", "invalid_grant"),
        ("redirect_uri", "", "invalid_grant"),
        ("client_id", other.as_str(), "invalid_grant"),
        ("client_id", "", "invalid_grant"),
        ("resource", "", "invalid_target"),
        ("resource", "https://other.example/mcp", "invalid_target"),
        ("resource", &world.resource("/e/desk/mcp"), "invalid_target"),
    ] {
        let code = world.code(&ask, "ada", READS).await;
        let mut pairs = right(&code);
        pairs.iter_mut().filter(|(n, _)| *n == name).for_each(|pair| pair.1 = value.to_owned());
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(error(&world.token(&pairs).await), (400, expected.to_owned()), "{name}={value}");
    }
    let twice =
        world.token(&[("grant_type", "refresh_token"), ("grant_type", "refresh_token")]).await;
    assert_eq!(error(&twice), (400, "invalid_request".to_owned()));
    // A code is good for a minute.
    let code = world.code(&ask, "ada", READS).await;
    world.clock.forward(60_000);
    assert_eq!(error(&world.redeem(&ask, &code).await), (400, "invalid_grant".to_owned()));
    // Used again, it ends what it gave.
    let code = world.code(&ask, "ada", READS).await;
    let given = world.redeem(&ask, &code).await.json();
    let token = given["access_token"].as_str().unwrap();
    assert_eq!(world.knock("/mcp", Some(token)).await.status, 200);
    assert_eq!(error(&world.redeem(&ask, &code).await), (400, "invalid_grant".to_owned()));
    assert_eq!(world.knock("/mcp", Some(token)).await.status, 401);
    let refresh = world.refresh(&ask, given["refresh_token"].as_str().unwrap()).await;
    assert_eq!(error(&refresh), (400, "invalid_grant".to_owned()));
    // A code of the command line's login is worth nothing here, nor one of here there.
    let code = world.code(&ask, "ada", READS).await;
    let body = json!({"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, "redirect_uri": REDIRECT});
    world.api.refused("POST", "/v1/auth/token", body).await;
    // What the person lost since is not given.
    let ask = Ask::new(&client, &world.resource("/mcp"));
    let code = world.code(&ask, "bob", READS).await;
    let less =
        json!({"grants": [{"scope": {"databases": ["bank"]}, "permissions": ["read:documents"]}]});
    world.api.ok("PUT", "/v1/users/bob", less).await;
    assert_eq!(error(&world.redeem(&ask, &code).await), (400, "invalid_grant".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_tokens_work_once_and_everything_ends() {
    let world = World::new().await;
    let client = world.register().await;
    let ask = Ask::new(&client, &world.resource("/mcp"));
    let given = async || {
        let code = world.code(&ask, "ada", READS).await;
        world.redeem(&ask, &code).await.json()
    };
    let texts = |given: &Value| {
        ["access_token", "refresh_token"].map(|name| given[name].as_str().unwrap().to_owned())
    };
    let refused = (400, "invalid_grant".to_owned());
    // Another client, another resource, half of it.
    let [_, refresh] = texts(&given().await);
    let stranger = Ask::new(&world.register().await, &ask.resource);
    assert_eq!(error(&world.refresh(&stranger, &refresh).await), refused);
    let elsewhere = Ask { resource: world.resource("/e/desk/mcp"), ..ask.clone() };
    assert_eq!(error(&world.refresh(&elsewhere, &refresh).await).1, "invalid_target");
    for wrong in ["", "rer_", &refresh[..50], &format!("{refresh}x"), "rer_ä"] {
        assert_eq!(error(&world.refresh(&ask, wrong).await), refused, "{wrong}");
    }
    // Used twice, the whole family ends.
    let [access2, refresh2] = texts(&world.refresh(&ask, &refresh).await.json());
    let [access3, refresh3] = texts(&world.refresh(&ask, &refresh2).await.json());
    assert_eq!(world.knock("/mcp", Some(&access2)).await.status, 401);
    assert_eq!(world.knock("/mcp", Some(&access3)).await.status, 200);
    assert_eq!(error(&world.refresh(&ask, &refresh).await), refused);
    assert_eq!(world.knock("/mcp", Some(&access3)).await.status, 401);
    assert_eq!(error(&world.refresh(&ask, &refresh3).await), refused);
    // An hour, then it is renewed; thirty days without use, then it is over.
    let [access, refresh] = texts(&given().await);
    world.clock.forward(limits::OAUTH_ACCESS_MS - 5_000);
    assert_eq!(world.knock("/mcp", Some(&access)).await.status, 200);
    world.clock.forward(5_000);
    let expired = world.knock("/mcp", Some(&access)).await;
    assert!(expired.status == 401 && expired.text.contains("expired"), "{}", expired.text);
    let [_, refresh] = texts(&world.refresh(&ask, &refresh).await.json());
    world.clock.forward(limits::OAUTH_IDLE_MS);
    assert_eq!(error(&world.refresh(&ask, &refresh).await), refused);
    // Renewed all the time, it ends after a year: the person is asked again.
    let [_, mut refresh] = texts(&given().await);
    for _ in 0..12 {
        world.clock.forward(limits::OAUTH_IDLE_MS - 60_000);
        [_, refresh] = texts(&world.refresh(&ask, &refresh).await.json());
    }
    world.clock.forward(limits::OAUTH_IDLE_MS - 60_000);
    assert_eq!(error(&world.refresh(&ask, &refresh).await), refused);
    // The client gives it back, and only it may.
    let client = &world.register().await;
    let ask = Ask::new(client, &ask.resource);
    let code = world.code(&ask, "ada", READS).await;
    let [access, refresh] = texts(&world.redeem(&ask, &code).await.json());
    let revoke = async |token: &str, client: &str| {
        world.post("/oauth/revoke", "", &[("token", token), ("client_id", client)]).await
    };
    assert_eq!(error(&revoke(&refresh, "another").await), (401, "invalid_client".to_owned()));
    assert_eq!(world.knock("/mcp", Some(&access)).await.status, 200);
    assert_eq!(revoke("rec_unknown", client).await.status, 200);
    assert_eq!(revoke(&refresh, client).await.status, 200);
    assert_eq!(world.knock("/mcp", Some(&access)).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_and_revoke_what_they_allowed() {
    let world = World::new().await;
    let client = world.register().await;
    let ask = Ask::new(&client, &world.resource("/mcp"));
    let mut tokens = Vec::new();
    for person in ["ada", "bob"] {
        let code = world.code(&ask, person, READS).await;
        tokens.push(
            world.redeem(&ask, &code).await.json()["access_token"].as_str().unwrap().to_owned(),
        );
    }
    let session = async |login: &str| {
        let body = json!({"login": login, "password": format!("{login} has a password")});
        let opened = world.api.ok("POST", "/v1/auth/login", body).await;
        world.api.with(opened["token"].as_str().unwrap())
    };
    let (ada, bob) = (session("ada").await, session("bob").await);
    let seen = async |who: &Api| who.ok("GET", "/v1/clients", Value::Null).await["data"].clone();
    assert_eq!(seen(&ada).await[0]["authorisations"].as_array().unwrap().len(), 2);
    // Bob, who may make no tokens, sees his own and ends it; ada's goes on.
    let own = seen(&bob).await;
    assert_eq!(own[0]["authorisations"].as_array().unwrap().len(), 1, "{own}");
    bob.refused("GET", "/v1/tokens", Value::Null).await;
    let of_ada = seen(&ada).await[0]["authorisations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["id"].clone())
        .find(|id| *id != own[0]["authorisations"][0]["id"])
        .unwrap();
    bob.refused("DELETE", &format!("/v1/clients/{}", of_ada.as_str().unwrap()), Value::Null).await;
    bob.ok("DELETE", &format!("/v1/clients/{client}"), Value::Null).await;
    assert_eq!(world.knock("/mcp", Some(&tokens[1])).await.status, 401);
    assert_eq!(world.knock("/mcp", Some(&tokens[0])).await.status, 200);
    assert_eq!(seen(&bob).await, json!([]));
    bob.refused("DELETE", &format!("/v1/clients/{client}"), Value::Null).await;
    ada.ok("DELETE", &format!("/v1/clients/{}", of_ada.as_str().unwrap()), Value::Null).await;
    assert_eq!(world.knock("/mcp", Some(&tokens[0])).await.status, 401);
    // The registration is there still: the person can be asked again.
    let code = world.code(&ask, "bob", READS).await;
    let token = world.redeem(&ask, &code).await.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(world.knock("/mcp", Some(&token)).await.status, 200);
    // Who is removed, or has less, is not acted for any more.
    let less =
        json!({"grants": [{"scope": {"databases": ["bank"]}, "permissions": ["read:documents"]}]});
    world.api.ok("PUT", "/v1/users/bob", less).await;
    assert_eq!(world.knock("/mcp", Some(&token)).await.status, 401);
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

#[tokio::test(flavor = "multi_thread")]
async fn registrations_are_checked_counted_and_end() {
    let world = World::new().await;
    let register = async |body: &str| {
        let json = "Content-Type: application/json\r\n";
        http(world.api.port, "POST", "/oauth/register", json, body).await
    };
    let many: Vec<String> = (0..11).map(|n| format!("https://a.b/{n}")).collect();
    for (body, expected) in [
        ("not json".to_owned(), "invalid_client_metadata"),
        (json!({"redirect_uris": []}).to_string(), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["http://example.com/"]}).to_string(), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["https://a.b/#x"]}).to_string(), "invalid_redirect_uri"),
        (json!({"redirect_uris": ["cursor://callback"]}).to_string(), "invalid_redirect_uri"),
        (json!({"redirect_uris": many}).to_string(), "invalid_redirect_uri"),
        (
            json!({"redirect_uris": [REDIRECT], "grant_types": ["implicit"]}).to_string(),
            "invalid_client_metadata",
        ),
    ] {
        assert_eq!(error(&register(&body).await), (400, expected.to_owned()), "{body}");
    }
    let body = json!({"redirect_uris": [REDIRECT], "client_name": "x<script>\u{202e}", "token_endpoint_auth_method": "client_secret_post"}).to_string();
    let made = register(&body).await.json();
    // It gets no secret: what anybody can have proves nothing.
    assert_eq!(
        (&made["token_endpoint_auth_method"], made.get("client_secret")),
        (&json!("none"), None)
    );
    let ask = Ask::new(made["client_id"].as_str().unwrap(), &world.resource("/mcp"));
    let page = world.log_in(&ask, "ada").await;
    assert!(
        page.text.contains("x&lt;script&gt;<") && !page.text.contains("<script"),
        "{}",
        page.text
    );
    // Unused, it is gone after a day; used, it stays.
    let used = world.register().await;
    world.code(&Ask::new(&used, &ask.resource), "ada", READS).await;
    world.clock.forward(limits::OAUTH_UNUSED_CLIENT_MS);
    assert_eq!(world.log_in(&ask, "ada").await.status, 400);
    assert_eq!(world.log_in(&Ask::new(&used, &ask.resource), "ada").await.status, 200);
    // Twenty a minute, of everybody together.
    let body = json!({"redirect_uris": [REDIRECT]}).to_string();
    let mut last = register(&body).await;
    for _ in 0..20 {
        last = register(&body).await;
    }
    assert_eq!(
        (last.status, last.header("retry-after").as_deref()),
        (429, Some("3")),
        "{}",
        last.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_person_has_its_own_credentials() {
    let world = World::new().await;
    let grants = json!([{"scope": {"databases": ["shop"], "environments": ["production"]}, "permissions": ["read:documents", "write:documents"]}]);
    let made =
        world.api.ok("POST", "/v1/clients", json!({"name": "nightly", "grants": grants})).await;
    let (id, secret) =
        (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
    let resource = world.resource("/e/desk/mcp");
    let ask = [
        ("grant_type", "client_credentials"),
        ("resource", resource.as_str()),
        ("scope", "read:documents"),
    ];
    let basic = |id: &str, secret: &str| {
        use base64::{Engine, engine::general_purpose::STANDARD};
        format!("Authorization: Basic {}\r\n", STANDARD.encode(format!("{id}:{secret}")))
    };
    let posted = |id: &'static str| [ask[0], ask[1], ask[2], ("client_id", id)];
    for (headers, pairs) in [
        (basic(id, "rcs_wrong"), ask.to_vec()),
        (basic("another", secret), ask.to_vec()),
        ("Authorization: Bearer x\r\n".to_owned(), ask.to_vec()),
        (String::new(), posted("another").to_vec()),
        (String::new(), ask.to_vec()),
    ] {
        let answer = world.post("/oauth/token", &headers, &pairs).await;
        assert_eq!(error(&answer), (401, "invalid_client".to_owned()), "{headers}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Basic"));
    }
    let answer = world.post("/oauth/token", &basic(id, secret), &ask).await.json();
    assert_eq!(
        (&answer["scope"], answer.get("refresh_token")),
        (&json!("read:documents write:documents"), None)
    );
    let token = answer["access_token"].as_str().unwrap();
    let desk = Mcp::new(world.api.port, token).at("/e/desk/mcp");
    desk.ok("create_thing", json!({"data": {"a": 1}})).await;
    assert_eq!(world.knock("/mcp", Some(token)).await.status, 401);
    // In the body, too; without a resource not at all; the secret itself opens nothing.
    let in_body = [ask[0], ask[1], ("client_id", id), ("client_secret", secret)];
    assert_eq!(world.token(&in_body).await.status, 200);
    assert_eq!(
        error(&world.token(&[in_body[0], in_body[2], in_body[3]]).await).1,
        "invalid_target"
    );
    assert_eq!(world.knock("/e/desk/mcp", Some(secret)).await.status, 401);
    world.api.with(secret).refused("GET", "/v1/whoami", Value::Null).await;
    // Listed as one client with its tokens, and revoked with them.
    let listed = world.api.ok("GET", "/v1/clients", Value::Null).await;
    let known = &listed["data"][0];
    assert_eq!(
        (&known["id"], &known["kind"], &known["grants"]),
        (&json!(id), &json!("credentials"), &grants)
    );
    assert_eq!(known["authorisations"].as_array().unwrap().len(), 2);
    world.clock.forward(limits::OAUTH_ACCESS_MS);
    assert_eq!(world.knock("/e/desk/mcp", Some(token)).await.status, 401);
    let token = world.token(&in_body).await.json()["access_token"].as_str().unwrap().to_owned();
    let listed = world.api.ok("GET", "/v1/clients", Value::Null).await;
    assert_eq!(
        listed["data"][0]["authorisations"].as_array().unwrap().len(),
        1,
        "those that are over are gone"
    );
    world.api.ok("DELETE", &format!("/v1/clients/{id}"), Value::Null).await;
    assert_eq!(world.knock("/e/desk/mcp", Some(&token)).await.status, 401);
    assert_eq!(error(&world.token(&in_body).await), (401, "invalid_client".to_owned()));
    // Nobody makes a client that may more than themselves.
    let reader = json!([{"scope": {"databases": ["shop"]}, "permissions": ["read:documents", "write:tokens"]}]);
    let made = world.api.ok("POST", "/v1/tokens", json!({"name": "r", "grants": reader})).await;
    let reader = world.api.with(made["token"].as_str().unwrap());
    reader.refused("POST", "/v1/clients", json!({"name": "x", "grants": grants})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_who_its_document_says() {
    let world = World::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let fetched = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let (counted, own) = (std::sync::Arc::clone(&fetched), base.clone());
    let document = move |name: &str| {
        let id = format!("{own}/{name}");
        let good =
            json!({"client_id": id, "client_name": "Documented", "redirect_uris": [REDIRECT]});
        match name {
            "good" | "typed" | "moved" => good,
            "other" => {
                json!({"client_id": "https://a.b/c", "client_name": "x", "redirect_uris": [REDIRECT]})
            }
            "nameless" => json!({"client_id": id, "redirect_uris": [REDIRECT]}),
            "secret" => {
                json!({"client_id": id, "client_name": "x", "redirect_uris": [REDIRECT], "client_secret": "s"})
            }
            "keyed" => {
                json!({"client_id": id, "client_name": "x", "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "private_key_jwt"})
            }
            "elsewhere" => {
                json!({"client_id": id, "client_name": "x", "redirect_uris": ["https://a.b/cb"]})
            }
            "long" => {
                json!({"client_id": id, "client_name": "x".repeat(20_000), "redirect_uris": [REDIRECT]})
            }
            _ => json!([]),
        }
    };
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4_096];
            let length = stream.read(&mut request).await.unwrap();
            let text = String::from_utf8_lossy(&request[..length]).into_owned();
            let name = text.split(' ').nth(1).unwrap().trim_start_matches('/').to_owned();
            counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let body = document(&name).to_string();
            let status = match name.as_str() {
                "missing" => "404 Not Found",
                "moved" => "302 Found\r\nLocation: /good",
                _ => "200 OK",
            };
            let media = if name == "typed" { "text/html" } else { "application/json" };
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let ask = |name: &str| Ask::new(&format!("{base}/{name}"), &world.resource("/mcp"));
    for (name, said) in [
        ("other", "another client_id"),
        ("nameless", "no client_name"),
        ("secret", "client_secret"),
        ("keyed", "private_key_jwt"),
        ("elsewhere", "nothing is sent there"),
        ("long", "bytes"),
        ("missing", "404"),
        ("moved", "302"),
        ("typed", "application/json"),
        ("broken", "not valid"),
    ] {
        let page = world.log_in(&ask(name), "ada").await;
        assert!(page.status == 400 && page.text.contains(said), "{name}: {}", page.text);
    }
    // Nothing is fetched for who has not logged in.
    let before = fetched.load(std::sync::atomic::Ordering::SeqCst);
    let ask = ask("good");
    let pairs = ask.pairs();
    let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let first = world.get(&format!("/oauth/authorize?{}", form(&pairs))).await;
    assert!(first.status == 200 && first.text.contains("127.0.0.1"));
    pairs.extend([("login", "ada"), ("password", "wrong")]);
    assert_eq!(world.post("/oauth/authorize", "", &pairs).await.status, 401);
    assert_eq!(fetched.load(std::sync::atomic::Ordering::SeqCst), before);
    let page = world.log_in(&ask, "ada").await;
    assert!(
        page.text.contains("Documented") && page.text.contains("Any program on your computer"),
        "{}",
        page.text
    );
    let code = world.code(&ask, "ada", READS).await;
    assert_eq!(fetched.load(std::sync::atomic::Ordering::SeqCst), before + 1, "it is remembered");
    let given = world.redeem(&ask, &code).await.json();
    assert_eq!(world.knock("/mcp", given["access_token"].as_str()).await.status, 200);
    assert_eq!(world.refresh(&ask, given["refresh_token"].as_str().unwrap()).await.status, 200);
    let listed = world.api.ok("GET", "/v1/clients", Value::Null).await;
    assert_eq!(
        (&listed["data"][0]["kind"], &listed["data"][0]["id"]),
        (&json!("document"), &json!(ask.client))
    );
    let path = format!("/v1/clients/{}", form(&[("", &ask.client)]).trim_start_matches('='));
    world.api.ok("DELETE", &path, Value::Null).await;
    assert_eq!(world.api.ok("GET", "/v1/clients", Value::Null).await["data"], json!([]));
    assert_eq!(challenge("x").len(), 43);
}
