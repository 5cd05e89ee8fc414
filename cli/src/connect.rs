//! Where requests go: to a server, or to the same routes in this process.

use crate::{args::Global, ui::Problem};
use axum::{Router, body::Body};
use futures::Stream;
use http_body_util::BodyExt;
use rekor_api::{Service, ServiceConfig, Thresholds};
use rekor_core::store::RootLocation;
use serde_json::Value;
use tower::ServiceExt;

/// A connection to a Rekor.
#[derive(Debug)]
pub(crate) enum Connection {
    /// A server.
    Remote { client: reqwest::Client, url: String, token: Option<String> },
    /// This process.
    Local(Router),
}

/// A method and whether it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Connection {
    /// Opens the connection the flags ask for. `writes` decides whether a local root is locked.
    pub(crate) fn open(global: &Global, writes: bool) -> Result<Self, Problem> {
        let Some(root) = &global.data_dir else {
            let client =
                reqwest::Client::builder().build().map_err(|e| Problem::other(e.to_string()))?;
            return Ok(Self::Remote {
                client,
                url: global.api_url.trim_end_matches('/').to_owned(),
                token: global.token.clone(),
            });
        };
        let holder =
            format!("`rekor --data-dir {}` (process {})", root.display(), std::process::id());
        let config = ServiceConfig {
            root: RootLocation::Local(root.clone()),
            wal_dir: None,
            s3_variables: Vec::new(),
            read_only: !writes,
            owner_token: None,
            holder,
            thresholds: Thresholds::default(),
        };
        let service = tokio::task::block_in_place(|| Service::open(config))?;
        Ok(Self::Local(rekor_api::local_router(service)))
    }

    /// Sends JSON (or nothing) and reads JSON.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<Value, Problem> {
        let (status, text) =
            self.exchange(method, path, body.map(Body::from), "application/json").await?;
        answer(status, &text)
    }

    /// Sends a stream and reads JSON.
    pub(crate) async fn stream(
        &self,
        path: &str,
        body: impl Stream<Item = std::io::Result<bytes::Bytes>> + Send + 'static,
    ) -> Result<Value, Problem> {
        let (status, text) = self
            .exchange(Method::Post, path, Some(Body::from_stream(body)), "application/x-ndjson")
            .await?;
        answer(status, &text)
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<Body>,
        media: &str,
    ) -> Result<(u16, String), Problem> {
        match self {
            Self::Remote { client, url, token } => {
                let verb = match method {
                    Method::Get => reqwest::Method::GET,
                    Method::Post => reqwest::Method::POST,
                    Method::Put => reqwest::Method::PUT,
                    Method::Patch => reqwest::Method::PATCH,
                    Method::Delete => reqwest::Method::DELETE,
                };
                let mut request = client.request(verb, format!("{url}{path}"));
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                if let Some(body) = body {
                    request = request
                        .header("content-type", media)
                        .body(reqwest::Body::wrap_stream(body.into_data_stream()));
                }
                let lost = |e: reqwest::Error| {
                    Problem::network(format!(
                        "no answer from {url}: {}. Is `rekor serve` running there? Set --api-url or REKOR_API_URL.",
                        root_cause(&e)
                    ))
                };
                let response = request.send().await.map_err(lost)?;
                let status = response.status().as_u16();
                Ok((status, response.text().await.map_err(lost)?))
            }
            Self::Local(router) => {
                let verb = match method {
                    Method::Get => "GET",
                    Method::Post => "POST",
                    Method::Put => "PUT",
                    Method::Patch => "PATCH",
                    Method::Delete => "DELETE",
                };
                let request = axum::http::Request::builder()
                    .method(verb)
                    .uri(path)
                    .header("content-type", media);
                let request = request
                    .body(body.unwrap_or_else(Body::empty))
                    .map_err(|e| Problem::usage(e.to_string()))?;
                let response = match router.clone().oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                };
                let status = response.status().as_u16();
                let bytes = response
                    .into_body()
                    .collect()
                    .await
                    .map_err(|e| Problem::other(e.to_string()))?
                    .to_bytes();
                Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
            }
        }
    }
}

fn answer(status: u16, text: &str) -> Result<Value, Problem> {
    let body: Value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
    if status < 400 { Ok(body) } else { Err(Problem::api(status, body)) }
}

fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// A path segment, escaped.
pub(crate) fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
        .to_string()
        .replace("%2D", "-")
        .replace("%5F", "_")
        .replace("%2E", ".")
}

/// A query string of the parameters that are there.
pub(crate) fn query(parameters: &[(&str, Option<&str>)]) -> String {
    let pairs: Vec<String> = parameters
        .iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", segment((*value)?))))
        .collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// Inline JSON, `@file`, or `-` for stdin; the text is sent as it is.
pub(crate) fn json_input(flag: &str, given: &str) -> Result<String, Problem> {
    let text = match given.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|e| Problem::usage(format!("{flag} {given}: {e}")))?,
        None if given == "-" => std::io::read_to_string(std::io::stdin())
            .map_err(|e| Problem::usage(format!("{flag} -: {e}")))?,
        None => given.to_owned(),
    };
    serde_json::from_str::<&serde_json::value::RawValue>(&text)
        .map_err(|e| Problem::usage(format!("{flag} is not valid JSON: {e}")))?;
    Ok(text)
}
