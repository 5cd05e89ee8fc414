//! Where requests go: to a server, or to the same routes in this process.

use crate::{args::Global, ui::Problem};
use axum::{Router, body::Body};
use futures::{Stream, StreamExt, TryStreamExt, stream::BoxStream};
use http_body_util::BodyExt;
use rekor_api::{Service, ServiceConfig};
use serde_json::{Value, json};
use tower::ServiceExt;

/// A connection to a Rekor.
#[derive(Debug)]
pub(crate) enum Connection {
    /// A server.
    Remote { client: reqwest::Client, url: String, token: Option<String> },
    /// This process.
    Local { router: Router, key: Option<String> },
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

impl Method {
    fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl Connection {
    /// Opens the connection the flags ask for. `writes` decides whether a local root is locked.
    pub(crate) fn open(global: &Global, writes: bool) -> Result<Self, Problem> {
        let Some(root) = &global.data_dir else {
            let token = global.token()?.map(|(token, _)| token);
            return Self::remote(global.api_url()?.0, token, global.idempotency_key.as_deref());
        };
        let holder =
            format!("`rekor --data-dir {}` (process {})", root.display(), std::process::id());
        let config =
            ServiceConfig { read_only: !writes, holder, ..ServiceConfig::local(root.clone()) };
        let service = tokio::task::block_in_place(|| Service::open(config))?;
        let key = global.idempotency_key.clone();
        Ok(Self::Local { router: rekor_api::local_router(service), key })
    }

    /// A connection to a server, with a credential or without; writes carry the idempotency key.
    pub(crate) fn remote(
        url: String,
        token: Option<String>,
        key: Option<&str>,
    ) -> Result<Self, Problem> {
        let mut headers = reqwest::header::HeaderMap::new();
        headers.insert("x-rekor-source", reqwest::header::HeaderValue::from_static("cli"));
        if let Some(key) = key {
            let key = reqwest::header::HeaderValue::from_str(key)
                .map_err(|_| Problem::usage("--idempotency-key: use printable ASCII characters"))?;
            headers.insert("idempotency-key", key);
        }
        let client = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(concat!("rekor-cli/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| Problem::other(e.to_string()))?;
        Ok(Self::Remote { client, url, token })
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

    /// Sends JSON (or nothing) and reads the status with the JSON.
    pub(crate) async fn send_raw(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<(u16, Value), Problem> {
        let (status, text) =
            self.exchange(method, path, body.map(Body::from), "application/json").await?;
        Ok((status, answer(status, &text)?))
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

    /// Reads an answer chunk by chunk.
    pub(crate) async fn download(
        &self,
        path: &str,
        mut sink: impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<(), Problem> {
        let mut write = |bytes: &[u8]| sink(bytes).map_err(|error| Problem::unwritten(&error));
        match self {
            Self::Remote { client, url, token } => {
                let mut request = client.get(format!("{url}{path}"));
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                let mut response = request.send().await.map_err(|e| lost(url, &e))?;
                let status = response.status().as_u16();
                if status >= 400 {
                    let text = response.text().await.map_err(|e| lost(url, &e))?;
                    return answer(status, &text).map(drop);
                }
                while let Some(chunk) = response.chunk().await.map_err(|e| broken_off(&e))? {
                    write(&chunk)?;
                }
                Ok(())
            }
            Self::Local { router, .. } => {
                let response =
                    local(router, Method::Get, path, Body::empty(), ("application/json", None))
                        .await?;
                let status = response.status().as_u16();
                let mut body = response.into_body();
                let mut refusal = Vec::new();
                while let Some(frame) = body.frame().await {
                    let frame = frame.map_err(|e| broken_off(&e))?;
                    let Some(bytes) = frame.data_ref() else { continue };
                    if status >= 400 {
                        refusal.extend_from_slice(bytes);
                    } else {
                        write(bytes)?;
                    }
                }
                if status >= 400 {
                    return answer(status, &String::from_utf8_lossy(&refusal)).map(drop);
                }
                Ok(())
            }
        }
    }

    /// Sends JSON and hands the answer on as it comes, unless it is an error. Dropping the answer, or the future, closes the
    /// request.
    pub(crate) async fn post(&self, path: &str, body: String) -> Result<Reply, Problem> {
        let (status, reply) = match self {
            Self::Remote { client, url, token } => {
                let mut request = client
                    .post(format!("{url}{path}"))
                    .header("content-type", "application/json")
                    .body(body);
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                let response = request.send().await.map_err(|e| lost(url, &e))?;
                (response.status().as_u16(), Reply::remote(response))
            }
            Self::Local { router, .. } => {
                let media = ("application/json", None);
                let response = local(router, Method::Post, path, Body::from(body), media).await?;
                (response.status().as_u16(), Reply::local(response))
            }
        };
        if status >= 400 {
            return Err(Problem::api(status, reply.json().await?));
        }
        Ok(reply)
    }

    /// Sends a request with headers of its own, and hands the answer on as it comes, with its status. Dropping the answer, or
    /// the future, closes the request.
    pub(crate) async fn relay(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, String)],
        body: String,
    ) -> Result<(u16, Reply), Problem> {
        match self {
            Self::Remote { client, url, token } => {
                let verb = reqwest::Method::from_bytes(method.name().as_bytes())
                    .map_err(|e| Problem::other(e.to_string()))?;
                let mut request = client
                    .request(verb, format!("{url}{path}"))
                    .header("content-type", "application/json")
                    .body(body);
                for (name, value) in headers {
                    request = request.header(*name, value);
                }
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                let response = request.send().await.map_err(|e| lost(url, &e))?;
                Ok((response.status().as_u16(), Reply::remote(response)))
            }
            Self::Local { router, .. } => {
                let mut request = axum::http::Request::builder().method(method.name()).uri(path);
                for (name, value) in [("content-type", "application/json"), ("host", "localhost")]
                    .into_iter()
                    .chain(headers.iter().map(|(name, value)| (*name, value.as_str())))
                {
                    request = request.header(name, value);
                }
                let request = request.body(Body::from(body));
                let request = request.map_err(|e| Problem::usage(e.to_string()))?;
                let response = match router.clone().oneshot(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                };
                Ok((response.status().as_u16(), Reply::local(response)))
            }
        }
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
                let verb = reqwest::Method::from_bytes(method.name().as_bytes())
                    .map_err(|e| Problem::other(e.to_string()))?;
                let mut request = client.request(verb, format!("{url}{path}"));
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                if let Some(body) = body {
                    request = request
                        .header("content-type", media)
                        .body(reqwest::Body::wrap_stream(body.into_data_stream()));
                }
                let response = request.send().await.map_err(|e| lost(url, &e))?;
                let status = response.status().as_u16();
                Ok((status, response.text().await.map_err(|e| lost(url, &e))?))
            }
            Self::Local { router, key } => {
                let body = body.unwrap_or_else(Body::empty);
                let response = local(router, method, path, body, (media, key.as_deref())).await?;
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

/// An answer that is read as it comes.
pub(crate) struct Reply {
    headers: axum::http::HeaderMap,
    /// Its bytes.
    pub(crate) body: BoxStream<'static, Result<bytes::Bytes, Problem>>,
}

impl Reply {
    fn remote(response: reqwest::Response) -> Self {
        let headers = response.headers().clone();
        let body = response.bytes_stream().map_err(|error| broken_off(&error)).boxed();
        Self { headers, body }
    }

    fn local(response: axum::http::Response<Body>) -> Self {
        let headers = response.headers().clone();
        let body = response.into_body().into_data_stream();
        // A data stream is a body, too: both have these methods.
        let body = TryStreamExt::map_err(body, |error| broken_off(&error));
        Self { headers, body: StreamExt::boxed(body) }
    }

    /// All of it, as text.
    pub(crate) async fn text(self) -> Result<String, Problem> {
        let chunks: Vec<bytes::Bytes> = self.body.try_collect().await?;
        Ok(String::from_utf8_lossy(&chunks.concat()).into_owned())
    }

    /// The text of a header.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    /// All of it, as JSON; text that is none is a JSON string.
    pub(crate) async fn json(self) -> Result<Value, Problem> {
        let chunks: Vec<bytes::Bytes> = self.body.try_collect().await?;
        let bytes = chunks.concat();
        Ok(serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&bytes))))
    }
}

fn broken_off(error: &dyn std::fmt::Display) -> Problem {
    Problem::network(format!("the answer broke off: {error}; what came is not complete"))
}

fn lost(url: &str, error: &reqwest::Error) -> Problem {
    Problem::network(format!(
        "no answer from {url}: {}. Is `rekor serve` running there? Set --api-url or REKOR_API_URL.",
        root_cause(error)
    ))
}

async fn local(
    router: &Router,
    method: Method,
    path: &str,
    body: Body,
    (media, key): (&str, Option<&str>),
) -> Result<axum::http::Response<Body>, Problem> {
    let mut request = axum::http::Request::builder()
        .method(method.name())
        .uri(path)
        .header("content-type", media);
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let request = request.body(body).map_err(|e| Problem::usage(e.to_string()))?;
    match router.clone().oneshot(request).await {
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}

/// What a change would send, for `--dry-run`.
pub(crate) fn request_json(method: Method, path: &str, body: Option<&str>) -> Value {
    let body = body.map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text)));
    json!({"dry_run": true, "request": {"method": method.name(), "path": path, "body": body}})
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
