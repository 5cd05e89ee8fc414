//! The pages on which a person allows an OAuth client something: who asks, a login, and what to allow. Plain HTML forms, no
//! scripts, no cookies: the second form holds a ticket that was made for this person and works once.

use super::pages::{LOGIN_FIELDS, escape, page_with, status_of};
use crate::service::{
    Service,
    oauth::{Asker, AuthorizationRequest, Decision, OFFERED_MAX, Question, Stopped},
    session::Login,
};
use axum::{
    Form,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use rekor_core::{Error, ErrorKind, Result, grant::Permission};
use std::sync::Arc;

type Shared = State<Arc<Service>>;

const LOGIN_TITLE: &str = "Connect a client";
const STOPPED_TITLE: &str = "This connection cannot go on";

/// Forms go to the server itself, and from there to the client.
fn policy(source: &str) -> String {
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self' {source}"
    )
}

/// A page of this kind. Its referrer policy lets the browser say which page a form comes from.
fn shown(
    status: StatusCode,
    title: &str,
    problem: Option<&str>,
    body: &str,
    source: &str,
) -> Response {
    page_with(status, title, problem, body, [&policy(source), "same-origin"])
}

fn stopped(stopped: &Stopped) -> Response {
    let back = stopped.back.as_ref().map(|url| {
        let url = escape(url);
        format!("<p><a rel=\"noreferrer\" href=\"{url}\">Back to the client</a></p>")
    });
    let body = back.unwrap_or_default();
    shown(status_of(&stopped.error), STOPPED_TITLE, Some(&stopped.error.message), &body, "")
}

/// Refuses a form that another page sent.
fn check_origin(service: &Service, headers: &HeaderMap) -> Result<()> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let own = service.oauth()?.issuer.origin();
    let elsewhere = match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        (Some(site), _) if site != "same-origin" => true,
        (_, Some(origin)) => origin != own,
        _ => false,
    };
    if elsewhere {
        return Err(Error::forbidden(format!(
            "This form was sent by another page than one of {own}; nothing was done. Behind a proxy, --public-url must be the address in the browser."
        )));
    }
    Ok(())
}

fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value))
}

/// Who asks, as a list.
fn who(asker: &Asker) -> String {
    let name =
        asker.name.as_deref().map(|name| format!("<dt>Client</dt><dd>{}</dd>", escape(name)));
    let host = match &asker.host {
        Some(host) => format!("<dt>Vouched for by</dt><dd>{}</dd>", escape(host)),
        None => "<dt>Vouched for by</dt><dd>nobody: it registered itself</dd>".to_owned(),
    };
    let place = if asker.is_local { " (a program on your computer)" } else { "" };
    let target = format!("<dt>Answer goes to</dt><dd>{}{place}</dd>", escape(&asker.redirect_host));
    let caution = if asker.is_local {
        "<p class=\"caution\">Any program on your computer could ask under this name. Go on only if you started this connection just now.</p>"
    } else {
        ""
    };
    format!("<dl>{}{host}{target}</dl>{caution}", name.unwrap_or_default())
}

fn login_form(
    status: StatusCode,
    asker: &Asker,
    given: &AuthorizationRequest,
    problem: Option<&str>,
) -> Response {
    let fields: String = [
        ("response_type", given.response_type.as_str()),
        ("client_id", &given.client_id),
        ("redirect_uri", &given.redirect_uri),
        ("scope", &given.scope),
        ("code_challenge", &given.code_challenge),
        ("code_challenge_method", &given.code_challenge_method),
        ("resource", &given.resource),
    ]
    .iter()
    .map(|(name, value)| hidden(name, value))
    .collect();
    let state = given.state.as_deref().map(|state| hidden("state", state)).unwrap_or_default();
    let body = format!(
        "<p>A client asks to use your data. Log in to see what for, and to decide.</p>{}\
         <form method=\"post\" action=\"authorize\">{fields}{state}{LOGIN_FIELDS}<button>Log in</button></form>",
        who(asker)
    );
    shown(status, LOGIN_TITLE, problem, &body, "")
}

fn databases(question: &Question) -> String {
    let kind = if question.is_one_database { "radio" } else { "checkbox" };
    let choice = |id: &str, text: &str, checked: bool| {
        let checked = if checked { " checked" } else { "" };
        format!(
            "<label class=\"choice\"><input type=\"{kind}\" name=\"database\" value=\"{}\"{checked}>{}</label>",
            escape(id),
            escape(text)
        )
    };
    let only = question.databases.len() == 1;
    let mut choices: String = question.databases.iter().map(|id| choice(id, id, only)).collect();
    if question.may_all {
        choices.push_str(&choice("*", "all databases, also those to come", false));
    }
    if question.databases.is_empty() {
        choices.push_str("<p>There is none that you reach for this.</p>");
    } else if question.databases.len() >= OFFERED_MAX {
        choices.push_str("<p>Not all are shown.</p>");
    }
    format!("<fieldset><legend>Databases</legend>{choices}</fieldset>")
}

fn environments(question: &Question) -> String {
    if question.is_one_database {
        return String::new();
    }
    let choice = |value: &str, text: &str, checked: &str| {
        format!(
            "<label class=\"choice\"><input type=\"radio\" name=\"environment\" value=\"{value}\"{checked}>{text}</label>"
        )
    };
    format!(
        "<fieldset><legend>Environment</legend>{}{}{}</fieldset>",
        choice("production", "production", " checked"),
        choice("preview", "previews: where schemas may be changed", ""),
        choice("both", "both", "")
    )
}

/// A row per subject, with boxes for reading and writing.
fn permissions(question: &Question) -> String {
    let cell = |permission: Permission| {
        let known = question.permissions.iter().find(|(known, _)| *known == permission);
        let Some((_, suggested)) = known else { return "<td></td>".to_owned() };
        let checked = if *suggested { " checked" } else { "" };
        format!(
            "<td><input type=\"checkbox\" name=\"permission\" value=\"{permission}\" aria-label=\"{permission}\"{checked}></td>"
        )
    };
    let mut rows = String::new();
    let mut before = None;
    for (permission, _) in &question.permissions {
        if before.replace(permission.subject) == Some(permission.subject) {
            continue;
        }
        let [read, write] =
            [Permission::read(permission.subject), Permission::write(permission.subject)];
        let name = read.to_string();
        let name = name.split(':').next_back().unwrap_or_default();
        rows.push_str(&format!("<tr><td>{name}</td>{}{}</tr>", cell(read), cell(write)));
    }
    format!(
        "<fieldset><legend>Permissions</legend><table><tr><th></th><th>read</th><th>write</th></tr>{rows}</table></fieldset>"
    )
}

fn consent_form(status: StatusCode, question: &Question, problem: Option<&str>) -> Response {
    let body = format!(
        "<p>{}, this client asks to act for you at <strong>{}</strong>.</p>{}\
         <form method=\"post\" action=\"consent\">{}{}{}{}\
         <p>It can never do more than you, it never promotes, and you can take this back: <code>rekor clients list</code>.</p>\
         <button name=\"decision\" value=\"allow\">Allow</button>\
         <button class=\"deny\" name=\"decision\" value=\"deny\">Deny</button></form>",
        escape(&question.person),
        escape(&question.resource),
        who(&question.asker),
        hidden("ticket", &question.ticket),
        databases(question),
        environments(question),
        permissions(question),
    );
    shown(status, "Allow this client?", problem, &body, &question.source)
}

/// `GET /oauth/authorize`.
pub(super) async fn authorize_page(
    State(service): Shared,
    query: Result<Query<AuthorizationRequest>, QueryRejection>,
) -> Response {
    let given = match query {
        Ok(Query(given)) => given,
        Err(rejection) => {
            let message = format!("The request cannot be read: {}.", rejection.body_text());
            return stopped(&Error::validation(message).into());
        }
    };
    match service.begin_authorization(&given) {
        Ok(asker) => login_form(StatusCode::OK, &asker, &given, None),
        Err(why) => stopped(&why),
    }
}

/// The pairs of a form; a page sends some names several times.
type Pairs = Form<Vec<(String, String)>>;

/// `POST /oauth/authorize`: the login of whoever decides.
pub(super) async fn log_in(
    State(service): Shared,
    headers: HeaderMap,
    Form(pairs): Pairs,
) -> Response {
    if let Err(error) = check_origin(&service, &headers) {
        return stopped(&error.into());
    }
    let value = |name: &str| pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    let text = |name: &str| value(name).unwrap_or_default();
    let given = AuthorizationRequest {
        response_type: text("response_type"),
        client_id: text("client_id"),
        redirect_uri: text("redirect_uri"),
        state: value("state"),
        scope: text("scope"),
        code_challenge: text("code_challenge"),
        code_challenge_method: text("code_challenge_method"),
        resource: text("resource"),
    };
    let login = Login { login: text("login"), password: text("password") };
    match service.ask_person(&given, login).await {
        Ok(question) => consent_form(StatusCode::OK, &question, None),
        Err(why) => match (why.error.kind, service.begin_authorization(&given)) {
            // The login was wrong, or has to wait.
            (ErrorKind::Unauthorized | ErrorKind::RateLimited, Ok(asker)) => {
                login_form(status_of(&why.error), &asker, &given, Some(&why.error.message))
            }
            _ => stopped(&why),
        },
    }
}

/// `POST /oauth/consent`: the decision.
pub(super) async fn decide(
    State(service): Shared,
    headers: HeaderMap,
    Form(pairs): Pairs,
) -> Response {
    if let Err(error) = check_origin(&service, &headers) {
        return stopped(&error.into());
    }
    let mut decision = Decision::default();
    for (name, value) in pairs {
        match name.as_str() {
            "ticket" => decision.ticket = value,
            "decision" => decision.is_allowed = value == "allow",
            "database" => decision.databases.push(value),
            "environment" => decision.environment = value,
            "permission" => decision.permissions.push(value),
            _ => {}
        }
    }
    match service.decide(&decision).await {
        Ok(url) => Redirect::to(url.as_str()).into_response(),
        Err(error) => match service.question(&decision.ticket) {
            Ok(question) => consent_form(status_of(&error), &question, Some(&error.message)),
            Err(_) => stopped(&error.into()),
        },
    }
}
