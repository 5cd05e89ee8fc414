//! Every refusal: of the first page, of the decision, of codes and of refresh tokens.

use crate::{
    READS, error,
    mcp::Mcp,
    oauth::{Ask, REDIRECT, VERIFIER, World, form, parameter},
};
use rekor_core::limits;
use serde_json::{Value, json};

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
