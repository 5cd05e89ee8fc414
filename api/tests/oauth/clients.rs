//! Who clients are: registered, with a document, without a person; and who sees and revokes what they were allowed.

use crate::{
    READS,
    api::Api,
    error,
    mcp::Mcp,
    oauth::{Ask, REDIRECT, World, form, http},
};
use rekor_core::limits;
use serde_json::{Value, json};

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
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_do_not_grow_without_end() {
    let world = World::new().await;
    let resource = world.resource("/mcp");
    let (used, oldest) = (world.register().await, world.register().await);
    world.code(&Ask::new(&used, &resource), "ada", READS).await;
    for count in 2..limits::OAUTH_REGISTERED_MAX {
        if count % 20 == 2 {
            world.clock.forward(60_000);
        }
        world.register().await;
    }
    assert_eq!(world.log_in(&Ask::new(&oldest, &resource), "ada").await.status, 200);
    world.clock.forward(60_000);
    let newest = world.register().await;
    assert_eq!(world.log_in(&Ask::new(&oldest, &resource), "ada").await.status, 400);
    for client in [used, newest] {
        assert_eq!(world.log_in(&Ask::new(&client, &resource), "ada").await.status, 200);
    }
}
