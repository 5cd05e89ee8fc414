//! Plain calls of tools, answered at once.
//!
//! Most of what agents send is one call in a protocol version without metadata of its own. Serving it needs none of the channels
//! and tasks that a request with progress, sampling or a lifecycle needs, and they would cost more than a read of a document.
//! Whatever is not exactly such a call, or not quite right, goes the long way, where it is answered or refused as ever.

use axum::{
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use rmcp::{
    ErrorData,
    model::{CallToolResponse, CallToolResult},
};
use serde::{Deserialize, Serialize};
use serde_json::{Number, value::RawValue};
use std::sync::Arc;

/// Protocol versions whose requests say nothing about themselves.
const VERSIONS: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];

/// A call as it stands in a body, with nothing beside it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request<'a> {
    jsonrpc: &'a str,
    id: Id,
    method: &'a str,
    params: Params,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    name: String,
    #[serde(default)]
    arguments: Option<Box<RawValue>>,
}

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Id {
    Number(Number),
    Text(String),
}

/// A call to be answered.
pub(super) struct PlainCall {
    id: Id,
    /// The tool.
    pub(super) name: String,
    /// Its arguments, as they came.
    pub(super) arguments: Option<Arc<RawValue>>,
}

impl PlainCall {
    /// The call of a request, if it is a plain one.
    pub(super) fn of(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let version = text("mcp-protocol-version")?;
        let accept = text(header::ACCEPT.as_str())?;
        let accepts = |media: &str| accept.split(',').any(|range| range.trim() == media);
        let is_plain = VERSIONS.contains(&version)
            && accepts("application/json")
            && accepts("text/event-stream")
            && text(header::CONTENT_TYPE.as_str()) == Some("application/json")
            && !headers.contains_key("mcp-method")
            && !headers.contains_key("mcp-session-id");
        let request: Request<'_> = is_plain.then(|| serde_json::from_slice(body).ok()).flatten()?;
        let Params { name, arguments } = request.params;
        let id_is_whole = match &request.id {
            Id::Number(number) => number.is_i64(),
            Id::Text(_) => true,
        };
        let is_object = |text: &RawValue| text.get().starts_with('{');
        let is_call = request.jsonrpc == "2.0"
            && request.method == "tools/call"
            && id_is_whole
            && arguments.as_deref().is_none_or(is_object);
        is_call.then(|| Self { id: request.id, name, arguments: arguments.map(Arc::from) })
    }

    /// The answer, as this protocol wants it.
    pub(super) fn answer(self, outcome: Result<CallToolResponse, ErrorData>) -> Response {
        let (result, error) = match outcome {
            Ok(CallToolResponse::Complete(mut result)) => {
                result.result_type = None;
                (Some(result), None)
            }
            Ok(_) => (None, Some(ErrorData::internal_error("a call that asks back", None))),
            Err(error) => (None, Some(error)),
        };
        let answer = Answer { jsonrpc: "2.0", id: self.id, result, error };
        let body = serde_json::to_vec(&answer);
        ([(header::CONTENT_TYPE, "application/json")], body.unwrap_or_default()).into_response()
    }
}

#[derive(Serialize)]
struct Answer {
    jsonrpc: &'static str,
    id: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<CallToolResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorData>,
}
