//! Plain requests, answered at once.
//!
//! Nearly all that agents send is a call of a tool with nothing beside it, or the `initialize` or `server/discover` before it.
//! Serving those needs none of the channels and tasks that a request with progress, sampling or a lifecycle needs, and they
//! would cost more than a read of a document. Whatever is not exactly such a request, or not quite right, goes the long way, where it is answered or
//! refused as ever.

use super::result::ToolResult;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};
use rmcp::{
    ErrorData,
    model::{ClientCapabilities, Implementation, InitializeRequestParams},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Protocol versions whose requests say nothing about themselves.
const OLDER: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];
/// The version whose requests say all about themselves.
const MODERN: &str = "2026-07-28";

const DISCOVER: &str = "server/discover";

const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// A request as it stands in a body, with nothing beside it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request<'a, P> {
    jsonrpc: &'a str,
    #[serde(borrow)]
    id: &'a RawValue,
    method: &'a str,
    params: P,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallParams<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(default, borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(default, rename = "_meta")]
    meta: Option<Meta>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DiscoverParams {
    #[serde(rename = "_meta")]
    meta: Meta,
}

/// What a modern request says about itself; the capabilities matter to none that is plain.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Meta {
    #[serde(rename = "io.modelcontextprotocol/protocolVersion")]
    version: String,
    #[serde(rename = "io.modelcontextprotocol/clientInfo")]
    _client: Implementation,
    #[serde(rename = "io.modelcontextprotocol/clientCapabilities")]
    _capabilities: ClientCapabilities,
}

/// A request to be answered at once.
pub(super) struct Plain<'a> {
    /// A text or a whole number.
    id: &'a RawValue,
    /// What it asks for.
    pub(super) ask: Ask<'a>,
    /// Whether it is of the era without sessions.
    pub(super) is_modern: bool,
}

/// What a plain request asks for.
pub(super) enum Ask<'a> {
    /// To be greeted.
    Initialize(Box<InitializeRequestParams>),
    /// What the server is, in the era without sessions.
    Discover,
    /// A tool, with arguments as they came.
    Call { name: Cow<'a, str>, arguments: Option<&'a RawValue> },
}

impl<'a> Plain<'a> {
    /// The request, if it is a plain one.
    pub(super) fn of(headers: &HeaderMap, body: &'a [u8]) -> Option<Self> {
        let head = Head::of(headers)?;
        Self::call(&head, body)
            .or_else(|| Self::initialize(&head, body))
            .or_else(|| Self::discover(&head, body))
    }

    fn call(head: &Head<'_>, body: &'a [u8]) -> Option<Self> {
        let version = head.version?;
        let (id, params): (_, CallParams<'a>) = read("tools/call", body)?;
        let CallParams { name, arguments, meta } = params;
        let is_modern = version == MODERN;
        let agrees = match (is_modern, meta) {
            (true, Some(meta)) => {
                meta.version == MODERN
                    && head.method == Some("tools/call")
                    && head.name == Some(&*name)
            }
            (false, None) => OLDER.contains(&version) && head.method.or(head.name).is_none(),
            _ => false,
        };
        let is_object = |text: &RawValue| text.get().starts_with('{');
        let is_plain = agrees && arguments.is_none_or(is_object);
        is_plain.then_some(Self { id, ask: Ask::Call { name, arguments }, is_modern })
    }

    fn initialize(head: &Head<'_>, body: &'a [u8]) -> Option<Self> {
        let (id, params): (_, InitializeRequestParams) = read("initialize", body)?;
        let is_plain = params.meta.is_none()
            && OLDER.contains(&params.protocol_version.as_str())
            && head.version.is_none_or(|version| OLDER.contains(&version))
            && head.method.or(head.name).is_none();
        is_plain.then(|| Self { id, ask: Ask::Initialize(Box::new(params)), is_modern: false })
    }

    fn discover(head: &Head<'_>, body: &'a [u8]) -> Option<Self> {
        let (id, params): (_, DiscoverParams) = read(DISCOVER, body)?;
        let is_plain = [head.version, Some(&params.meta.version)] == [Some(MODERN); 2]
            && head.method == Some(DISCOVER)
            && head.name.is_none();
        is_plain.then_some(Self { id, ask: Ask::Discover, is_modern: true })
    }

    /// Its id, as a client would call it off.
    pub(super) fn id(&self) -> &'a str {
        self.id.get()
    }

    /// Its answer.
    pub(super) fn answer(&self, outcome: Result<impl Serialize, ErrorData>) -> Response {
        self.answer_of(outcome, 0)
    }

    /// The answer to a call.
    pub(super) fn answer_call(&self, outcome: Result<ToolResult, ErrorData>) -> Response {
        let bytes = outcome.as_ref().map_or(0, ToolResult::bytes);
        self.answer_of(outcome.map(|result| result.of_era(self.is_modern)), bytes)
    }

    /// The answer, with a result of about so many bytes.
    fn answer_of(&self, outcome: Result<impl Serialize, ErrorData>, bytes: usize) -> Response {
        let (result, error) = match outcome {
            Ok(result) => (Some(result), None),
            Err(error) => (None, Some(error)),
        };
        let answer = Answer { jsonrpc: "2.0", id: self.id, result, error };
        let mut body = Vec::with_capacity(bytes + ENVELOPE_BYTES);
        if let Err(error) = serde_json::to_writer(&mut body, &answer) {
            tracing::error!(%error, "an answer could not be written");
        }
        let mut response = Response::new(Body::from(body));
        let media_type = HeaderValue::from_static("application/json");
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
        response
    }
}

/// Room for what surrounds a result.
const ENVELOPE_BYTES: usize = 256;

/// What the headers of a plain request say.
struct Head<'a> {
    version: Option<&'a str>,
    method: Option<&'a str>,
    name: Option<&'a str>,
}

impl<'a> Head<'a> {
    fn of(headers: &'a HeaderMap) -> Option<Self> {
        let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let accept = text(&header::ACCEPT)?;
        let accepts = |media: &str| accept.split(',').any(|range| range.trim() == media);
        let is_plain = accepts("application/json")
            && accepts("text/event-stream")
            && text(&header::CONTENT_TYPE) == Some("application/json")
            && !headers.keys().any(|name| name.as_str().starts_with("mcp-param-"));
        let head =
            Self { version: text(&PROTOCOL_VERSION), method: text(&METHOD), name: text(&NAME) };
        is_plain.then_some(head)
    }
}

/// Id and parameters of a request of a method.
fn read<'a, P: Deserialize<'a>>(method: &str, body: &'a [u8]) -> Option<(&'a RawValue, P)> {
    let request: Request<'a, P> = serde_json::from_slice(body).ok()?;
    let id = request.id.get();
    let is_id = id.starts_with('"') || id.parse::<i64>().is_ok();
    let is_it = request.jsonrpc == "2.0" && request.method == method && is_id;
    is_it.then_some((request.id, request.params))
}

#[derive(Serialize)]
struct Answer<'a, T> {
    jsonrpc: &'static str,
    id: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorData>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn is_plain(headers: &[(&'static str, &str)], body: &Value) -> bool {
        let all = [
            ("accept", "application/json, text/event-stream"),
            ("content-type", "application/json"),
        ];
        let mut map = HeaderMap::new();
        for (name, value) in all.iter().chain(headers) {
            map.insert(*name, value.parse().unwrap());
        }
        Plain::of(&map, body.to_string().as_bytes()).is_some()
    }

    fn call(params: &Value) -> Value {
        json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params})
    }

    #[test]
    fn what_clients_send_most_is_plain() {
        let older = ("mcp-protocol-version", "2025-11-25");
        let with = |more: Value| {
            let mut params = json!({"name": "sql_query", "arguments": {"query": "SELECT 1"}});
            params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            call(&params)
        };
        assert!(is_plain(&[older, ("mcp-session-id", "abc")], &with(json!({}))));
        assert!(!is_plain(&[], &with(json!({}))));
        assert!(!is_plain(&[older], &with(json!({"_meta": {"progressToken": 1}}))));
        assert!(!is_plain(&[older], &call(&json!({"name": "sql_query", "arguments": [1]}))));
        let about = |version: &str| {
            with(json!({"_meta": {
                "io.modelcontextprotocol/protocolVersion": version,
                "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            }}))
        };
        let modern = ("mcp-protocol-version", MODERN);
        let method = ("mcp-method", "tools/call");
        assert!(is_plain(&[modern, method, ("mcp-name", "sql_query")], &about(MODERN)));
        assert!(!is_plain(&[modern, method, ("mcp-name", "other")], &about(MODERN)));
        assert!(!is_plain(&[modern, method, ("mcp-name", "sql_query")], &about(OLDER[0])));
        assert!(!is_plain(&[older], &about(OLDER[0])));
        let hello = |version: &str| json!({"jsonrpc": "2.0", "id": "a", "method": "initialize", "params": {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}});
        assert!(is_plain(&[], &hello(OLDER[2])));
        assert!(!is_plain(&[], &hello("1999-01-01")));
        let discover = json!({"jsonrpc": "2.0", "id": 1, "method": DISCOVER, "params": {"_meta": about(MODERN)["params"]["_meta"]}});
        assert!(is_plain(&[modern, ("mcp-method", DISCOVER)], &discover));
        assert!(!is_plain(&[modern], &discover));
        assert!(!is_plain(&[older, ("mcp-method", DISCOVER)], &discover));
    }
}
