//! A line per request in the log, at the level `debug`, and the span around what a request does.

use super::extract::REQUEST_ID;
use axum::{extract::Request, http::Uri, middleware::Next, response::Response};
use std::time::Instant;
use tracing::Instrument;

/// Notes what was asked and how it ended. A token in the address is left out.
pub(super) async fn log(request: Request, next: Next) -> Response {
    let id = request.headers().get(&REQUEST_ID).and_then(|id| id.to_str().ok());
    let span = crate::trace::span(id.unwrap_or_default(), request.headers());
    let (method, address) = (request.method().clone(), shown(request.uri()));
    let start = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let milliseconds = start.elapsed().as_millis();
    span.in_scope(|| {
        tracing::debug!(%method, address, status = response.status().as_u16(), milliseconds, "answered");
    });
    response
}

/// Path and query, without secrets: only parameters that hold none are shown with their values.
fn shown(uri: &Uri) -> String {
    let Some(query) = uri.query() else { return uri.path().to_owned() };
    let parameters = query.split('&').map(|parameter| match parameter.split_once('=') {
        Some((name, _)) if holds_secret(name) => format!("{name}=[redacted]"),
        _ => parameter.to_owned(),
    });
    format!("{}?{}", uri.path(), parameters.collect::<Vec<_>>().join("&"))
}

/// Names are compared as the server reads them: percent-encoded letters are those letters.
fn holds_secret(name: &str) -> bool {
    let name = url::form_urlencoded::parse(name.as_bytes()).next();
    let name = name.map(|(name, _)| name.into_owned()).unwrap_or_default();
    ["token", "session", "code", "state", "code_challenge"].contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn secrets_are_left_out() {
        let shown = |uri: &str| shown(&uri.parse().unwrap());
        assert_eq!(shown("/mcp?read_only=true"), "/mcp?read_only=true");
        assert_eq!(
            shown("/sse?token=rec_x&read_only=true"),
            "/sse?token=[redacted]&read_only=true"
        );
        assert_eq!(shown("/sse?to%6ben=rec_x"), "/sse?to%6ben=[redacted]");
        assert_eq!(shown("/sse/messages?session=abc"), "/sse/messages?session=[redacted]");
        assert_eq!(shown("/v1/whoami"), "/v1/whoami");
    }
}
