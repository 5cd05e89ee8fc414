//! The page on which a person confirms a promotion or rollback: what would change, as the server found it out, and a login.

use super::{
    extract::{Body, By, Failure, PublicUrl},
    pages::{LOGIN_FIELDS, escape, page, status_of},
};
use crate::service::{Service, confirmation::BrowserConfirmation, session::Login};
use axum::{
    Form, Json,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

type Shared = State<Arc<Service>>;

const TITLE: &str = "Confirm a change";
/// Steps of one entity's difference that are shown; the rest is counted.
const STEPS_MAX: usize = 100;

/// `POST /v1/auth/confirm/browser`.
pub(super) async fn ask(
    State(service): Shared,
    By(caller): By,
    PublicUrl(url): PublicUrl,
    Body(body): Body<BrowserConfirmation>,
) -> Result<Response, Failure> {
    Ok(Json(service.ask_confirmation(&caller, body, &url).await?).into_response())
}

/// The query of the page.
#[derive(Debug, Deserialize)]
pub(super) struct Ticket {
    #[serde(default)]
    ticket: String,
}

/// One entity: what happens to it, the steps of its difference, and what is wrong with that.
fn change(kind: &str, entry: &Value) -> String {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
    let steps = entry.get("diff").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let left_out = steps.len().saturating_sub(STEPS_MAX);
    let mut lines: Vec<String> = steps.iter().take(STEPS_MAX).map(Value::to_string).collect();
    lines.extend((left_out > 0).then(|| format!("… and {left_out} more")));
    let shown = if text("action") == "update" { lines.join("\n") } else { String::new() };
    let shown = if shown.is_empty() { shown } else { format!("<pre>{}</pre>", escape(&shown)) };
    let issues = entry.get("issues").and_then(Value::as_array).map(Vec::as_slice);
    let issues: String = issues.unwrap_or_default().iter().map(issue).collect();
    format!(
        "<li>{} {} <strong>{}</strong>{shown}{issues}</li>",
        escape(text("action")),
        escape(&kind.trim_end_matches('s').replace('_', " ")),
        escape(text("id"))
    )
}

/// What is wrong with a change, unless nothing is.
fn issue(issue: &Value) -> String {
    let text = |name: &str| issue.get(name).and_then(Value::as_str).unwrap_or_default();
    if !matches!(text("verdict"), "warn" | "block") {
        return String::new();
    }
    let said = [text("verdict"), text("rule"), text("path"), text("message")];
    let said: Vec<&str> = said.into_iter().filter(|part| !part.is_empty()).collect();
    format!("<p class=\"caution\">{}</p>", escape(&said.join(" · ")))
}

fn form(
    status: StatusCode,
    ticket: &str,
    shown: &Value,
    person: &str,
    problem: Option<&str>,
) -> Response {
    let text = |name: &str| shown.get(name).and_then(Value::as_str).map(escape);
    let target = text("from").map_or_else(
        || "to what it was before".to_owned(),
        |from| format!("to what is in <strong>{from}</strong>"),
    );
    let changes = shown.get("changes").and_then(Value::as_object).into_iter().flatten();
    let entries = changes.flat_map(|(kind, entries)| {
        let entries = entries.as_array().map(Vec::as_slice).unwrap_or_default();
        entries.iter().map(move |entry| change(kind, entry))
    });
    let entries: String = entries.collect();
    let entries = if entries.is_empty() { "<li>nothing</li>".to_owned() } else { entries };
    let body = format!(
        "<p>{}, a program that has your session wants to change <strong>{}</strong> {target}. This would change:</p>\
         <ul>{entries}</ul><p>Confirm only if you want just this.</p>\
         <form method=\"post\" action=\"confirm\"><input type=\"hidden\" name=\"ticket\" value=\"{}\">{LOGIN_FIELDS}<button>Confirm</button></form>",
        escape(person),
        text("to").unwrap_or_default(),
        escape(ticket),
    );
    page(status, TITLE, problem, &body)
}

/// `GET /auth/confirm`.
pub(super) async fn show(State(service): Shared, Query(query): Query<Ticket>) -> Response {
    match service.asked_to_confirm(&query.ticket) {
        Ok((shown, person)) => form(StatusCode::OK, &query.ticket, &shown, &person, None),
        Err(error) => page(status_of(&error), TITLE, Some(&error.message), ""),
    }
}

/// The filled form of the page.
#[derive(Debug, Deserialize)]
pub(super) struct Confirmed {
    ticket: String,
    login: String,
    password: String,
}

/// `POST /auth/confirm`.
pub(super) async fn confirm(State(service): Shared, Form(filled): Form<Confirmed>) -> Response {
    let login = Login { login: filled.login, password: filled.password };
    match service.confirm_in_browser(&filled.ticket, login).await {
        Ok(()) => page(
            StatusCode::OK,
            "Confirmed",
            None,
            "<p>The program can go on now, for ten minutes, with this change and no other. You can close this page.</p>",
        ),
        Err(error) => match service.asked_to_confirm(&filled.ticket) {
            Ok((shown, person)) => {
                form(status_of(&error), &filled.ticket, &shown, &person, Some(&error.message))
            }
            Err(_) => page(status_of(&error), TITLE, Some(&error.message), ""),
        },
    }
}
