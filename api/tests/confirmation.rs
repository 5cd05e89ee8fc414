//! A promotion that a person confirms in the browser: over a real listener, with the page's own form.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/api.rs"]
mod api;

use api::{Api, OWNER};
use rekor_api::ServiceConfig;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_confirms_what_the_page_shows() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::serve(ServiceConfig::local(directory.path().to_owned())).await;
    let code = api.service.enrolment_code().unwrap().to_owned();
    let ada = json!({"code": code, "login": "ada", "password": "a long password"});
    let session = api.ok("POST", "/v1/auth/enrol", ada).await;
    let ada = api.with(session["token"].as_str().unwrap());
    ada.ok("POST", "/v1/auth/confirm", json!({"password": "a long password", "subject": "users"}))
        .await;
    let grants = json!([{"scope": {"databases": ["d"]}, "permissions": ["*"]}]);
    let bob = json!({"login": "bob", "password": "another password", "grants": grants});
    ada.ok("POST", "/v1/users", bob).await;
    ada.ok("POST", "/v1/databases", json!({"id": "d"})).await;
    ada.ok("POST", "/v1/databases/d/previews", json!({"name": "p"})).await;
    ada.ok("PUT", "/v1/d--p/collections/things", json!({"json_schema": {"type": "object"}})).await;

    let promote = json!({"from": "d--p"});
    let question = json!({"database": "d", "promote": promote});
    let refused = async || {
        let (status, answer) =
            ada.refused("POST", "/v1/databases/d/promote", promote.clone()).await;
        assert_eq!((status, &answer["error"]["human_required"]), (403, &json!(true)), "{answer}");
    };
    refused().await;
    // Only a session asks, and only for one act.
    let token = json!({"name": "t", "grants": grants});
    let token = ada.ok("POST", "/v1/tokens", token).await["token"].as_str().unwrap().to_owned();
    assert_eq!(
        api.with(&token).refused("POST", "/v1/auth/confirm/browser", question.clone()).await.0,
        403
    );
    ada.refused("POST", "/v1/auth/confirm/browser", json!({"database": "d"})).await;
    ada.refused(
        "POST",
        "/v1/auth/confirm/browser",
        json!({"database": "other", "promote": promote}),
    )
    .await;

    let ask = async || {
        let asked = ada.ok("POST", "/v1/auth/confirm/browser", question.clone()).await;
        let page = asked["verification_uri"].as_str().unwrap();
        page.split_once("/auth/confirm?ticket=").unwrap().1.to_owned()
    };
    let nobody = api.with("");
    let show = async |ticket: &str| {
        nobody.raw("GET", &format!("/auth/confirm?ticket={ticket}"), "", "").await
    };
    let answer = async |ticket: &str, login: &str, password: &str| {
        let headers = "Content-Type: application/x-www-form-urlencoded\r\n";
        let form = format!("ticket={ticket}&login={login}&password={}", password.replace(' ', "+"));
        nobody.raw("POST", "/auth/confirm", headers, &form).await.0
    };
    let ticket = ask().await;
    let (status, head, page) = show(&ticket).await;
    let page = page.as_str().unwrap();
    assert_eq!(status, 200);
    assert!(
        page.contains("add collection <strong>things</strong>") && page.contains("d--p"),
        "{page}"
    );
    assert!(head.contains("frame-ancestors 'none'"), "{head}");
    assert_eq!(show("made-up").await.0, 401);
    assert_eq!(answer(&ticket, "ada", "wrong").await, 401);
    assert_eq!(answer(&ticket, "bob", "another password").await, 401, "asked of ada");
    refused().await;
    // What changed since was not on the page.
    assert_eq!(answer(&ticket, "ada", "a long password").await, 200);
    assert_eq!(answer(&ticket, "ada", "a long password").await, 401, "once");
    ada.ok("PUT", "/v1/d--p/collections/more", json!({"json_schema": {"type": "object"}})).await;
    refused().await;
    let ticket = ask().await;
    assert!(show(&ticket).await.2.as_str().unwrap().contains("more"));
    assert_eq!(answer(&ticket, "ada", "a long password").await, 200);
    // The proof is for the session that asked.
    let login = json!({"login": "ada", "password": "a long password"});
    let other = api.ok("POST", "/v1/auth/login", login).await;
    api.with(other["token"].as_str().unwrap())
        .refused("POST", "/v1/databases/d/promote", promote.clone())
        .await;
    let done = ada.ok("POST", "/v1/databases/d/promote", promote.clone()).await;
    // A rollback goes the same way.
    let rollback = json!({"promotion_id": done["id"]});
    ada.refused("POST", "/v1/databases/d/rollback", rollback.clone()).await;
    let asked = json!({"database": "d", "rollback": rollback});
    let asked = ada.ok("POST", "/v1/auth/confirm/browser", asked).await;
    let ticket =
        asked["verification_uri"].as_str().unwrap().split_once("ticket=").unwrap().1.to_owned();
    let page = show(&ticket).await.2;
    for part in ["remove collection", "to what it was before"] {
        assert!(page.as_str().unwrap().contains(part), "{page}");
    }
    assert_eq!(answer(&ticket, "ada", "a long password").await, 200);
    ada.ok("POST", "/v1/databases/d/rollback", rollback).await;
    assert_eq!(api.with(OWNER).refused("GET", "/v1/whoami", Value::Null).await.0, 401);
}
