//! People at the door.

use crate::{api::Api, token};
use rekor_api::ServiceConfig;
use serde_json::{Value, json};

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
