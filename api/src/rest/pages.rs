//! The pages a person sees in a browser to log a program in: plain HTML forms, no scripts, no cookies.

use super::extract::{Failure, PublicUrl};
use crate::service::{
    Service,
    browser::{Authorize, Exchange},
    session::Login,
};
use axum::{
    Form, Json,
    extract::{Query, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use rekor_core::Error;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

type Shared = State<Arc<Service>>;

const STYLE: &str = "body{font:16px system-ui;max-width:24rem;margin:12vh auto;padding:0 1rem;color:#1b1f24}\
    h1{font-size:1.3rem}label{display:block;margin:.9rem 0 .2rem}\
    input{width:100%;box-sizing:border-box;font:inherit;padding:.5rem;border:1px solid #8a939c;border-radius:6px}\
    button{margin-top:1.2rem;font:inherit;padding:.55rem 1.2rem;border:0;border-radius:6px;background:#1f4f8b;color:#fff}\
    .problem{background:#fdecea;border-radius:6px;padding:.6rem}\
    fieldset{border:1px solid #8a939c;border-radius:6px;margin:1rem 0;padding:.4rem .8rem .7rem}legend{padding:0 .3rem;font-weight:600}\
    .choice{display:flex;align-items:center;gap:.5rem;margin:.3rem 0}.choice input{width:auto;margin:0}\
    dl{display:grid;grid-template-columns:auto 1fr;gap:.2rem .8rem}dt{color:#5b6670}dd{margin:0;overflow-wrap:anywhere;font-weight:600}\
    table{border-collapse:collapse;width:100%}th{font-weight:400;text-align:left;color:#5b6670}td,th{padding:.2rem 0}td+td,th+th{text-align:center;width:4.5rem}td input{width:auto}pre{overflow-x:auto;font-size:.85rem}li{margin:.3rem 0}\
    .caution{background:#fff6dc;color:#1b1f24;border-radius:6px;padding:.6rem}.deny{background:none;color:inherit;border:1px solid #8a939c;margin-left:.6rem}\
    @media(prefers-color-scheme:dark){body{background:#14171a;color:#e6e9ec}.problem{color:#1b1f24}dt,th{color:#a2abb3}}";

/// Nothing runs on these pages, nobody frames them, and their forms go here or to a program on the person's machine.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; \
    form-action 'self' http://127.0.0.1:* http://localhost:*";

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

pub(super) fn page(status: StatusCode, title: &str, problem: Option<&str>, body: &str) -> Response {
    page_with(status, title, problem, body, [POLICY, "no-referrer"])
}

/// A page with a content security policy and a referrer policy of its own.
pub(super) fn page_with(
    status: StatusCode,
    title: &str,
    problem: Option<&str>,
    body: &str,
    [policy, referrer]: [&str; 2],
) -> Response {
    let problem = problem.map(|text| format!("<p class=\"problem\">{}</p>", escape(text)));
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title} – Rekor</title><style>{STYLE}</style><h1>{title}</h1>{}{body}</html>",
        problem.unwrap_or_default()
    );
    let text = |text: &str| {
        HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("default-src 'none'"))
    };
    let headers = [
        (header::CONTENT_SECURITY_POLICY, text(policy)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, text(referrer)),
        (HeaderName::from_static("x-frame-options"), HeaderValue::from_static("DENY")),
    ];
    (status, headers, Html(html)).into_response()
}

pub(super) fn status_of(error: &Error) -> StatusCode {
    StatusCode::from_u16(error.kind.facts().http_status).unwrap_or(StatusCode::BAD_REQUEST)
}

pub(super) const LOGIN_FIELDS: &str = "<label for=\"login\">Login</label><input id=\"login\" name=\"login\" autocomplete=\"username\" required autofocus>\
    <label for=\"password\">Password</label><input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required>";

fn authorize_form(status: StatusCode, authorize: &Authorize, problem: Option<&str>) -> Response {
    let hidden: String = [
        ("redirect_uri", &authorize.redirect_uri),
        ("state", &authorize.state),
        ("code_challenge", &authorize.code_challenge),
        ("code_challenge_method", &authorize.code_challenge_method),
    ]
    .iter()
    .map(|(name, value)| {
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value))
    })
    .collect();
    let body = format!(
        "<p>A program on this computer asks to act as you.</p>\
         <form method=\"post\" action=\"/auth/authorize\">{hidden}{LOGIN_FIELDS}<button>Log in</button></form>"
    );
    page(status, "Log in to Rekor", problem, &body)
}

/// `GET /auth/authorize`.
pub(super) async fn authorize_page(
    State(service): Shared,
    Query(authorize): Query<Authorize>,
) -> Response {
    match service.check_authorize(&authorize) {
        Ok(()) => authorize_form(StatusCode::OK, &authorize, None),
        Err(error) => page(status_of(&error), "This login cannot go on", Some(&error.message), ""),
    }
}

/// The filled form of the login page.
#[derive(Debug, Deserialize)]
pub(super) struct AuthorizeForm {
    redirect_uri: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    code_challenge: String,
    #[serde(default)]
    code_challenge_method: String,
    login: String,
    password: String,
}

/// `POST /auth/authorize`.
pub(super) async fn authorize(State(service): Shared, Form(form): Form<AuthorizeForm>) -> Response {
    let authorize = Authorize {
        redirect_uri: form.redirect_uri,
        state: form.state,
        code_challenge: form.code_challenge,
        code_challenge_method: form.code_challenge_method,
    };
    let login = Login { login: form.login, password: form.password };
    match service.authorize(&authorize, login).await {
        Ok(url) => Redirect::to(url.as_str()).into_response(),
        Err(error) => authorize_form(status_of(&error), &authorize, Some(&error.message)),
    }
}

/// The query of the page of a device.
#[derive(Debug, Deserialize)]
pub(super) struct DevicePage {
    #[serde(default)]
    user_code: String,
}

fn device_form(status: StatusCode, user_code: &str, problem: Option<&str>) -> Response {
    let body = format!(
        "<p>Enter the code that your terminal shows. Whoever shows it will act as you: do this only if you started the login.</p>\
         <form method=\"post\" action=\"/auth/device\"><label for=\"code\">Code</label>\
         <input id=\"code\" name=\"user_code\" value=\"{}\" autocomplete=\"off\" required>{LOGIN_FIELDS}<button>Let it in</button></form>",
        escape(user_code)
    );
    page(status, "Log in a device", problem, &body)
}

/// `GET /auth/device`.
pub(super) async fn device_page(Query(query): Query<DevicePage>) -> Response {
    device_form(StatusCode::OK, &query.user_code, None)
}

/// The filled form of the page of a device.
#[derive(Debug, Deserialize)]
pub(super) struct DeviceForm {
    user_code: String,
    login: String,
    password: String,
}

/// `POST /auth/device`.
pub(super) async fn approve_device(
    State(service): Shared,
    Form(form): Form<DeviceForm>,
) -> Response {
    let login = Login { login: form.login, password: form.password };
    match service.approve_device(&form.user_code, login).await {
        Ok(()) => page(
            StatusCode::OK,
            "Done",
            None,
            "<p>Your terminal goes on by itself. You can close this page.</p>",
        ),
        Err(error) => device_form(status_of(&error), &form.user_code, Some(&error.message)),
    }
}

/// `POST /v1/auth/device`.
pub(super) async fn start_device(
    State(service): Shared,
    PublicUrl(url): PublicUrl,
) -> Result<Response, Failure> {
    Ok(Json(service.start_device(&url)?).into_response())
}

/// `POST /v1/auth/token`: a session for a code, or 202 while a device still waits.
pub(super) async fn exchange(
    State(service): Shared,
    super::extract::Body(body): super::extract::Body<Exchange>,
) -> Result<Response, Failure> {
    Ok(match service.exchange(body).await? {
        Some(session) => Json(session).into_response(),
        None => {
            (StatusCode::ACCEPTED, Json(json!({"status": "authorization_pending"}))).into_response()
        }
    })
}
