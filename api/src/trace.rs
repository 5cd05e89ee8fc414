//! The trace that a request belongs to, as W3C Trace Context writes it: in the header `traceparent`, or in `_meta` of a message.

use axum::http::HeaderMap;
use serde_json::Value;
use tracing::Span;

/// The span of a request; `trace` is what the header says, `agent_trace` what a message says.
pub(crate) fn span(request_id: &str, headers: &HeaderMap) -> Span {
    let span = tracing::info_span!(
        "request",
        id = request_id,
        trace = tracing::field::Empty,
        agent_trace = tracing::field::Empty
    );
    let trace = headers.get("traceparent").and_then(|value| value.to_str().ok());
    if let Some(trace) = trace.filter(|trace| is_valid(trace)) {
        span.record("trace", trace);
    }
    span
}

/// Puts the trace of a message into the span of its request.
pub(crate) fn note(given: Option<&Value>) {
    let trace = given.and_then(Value::as_str).filter(|trace| is_valid(trace));
    if let Some(trace) = trace {
        Span::current().record("agent_trace", trace);
    }
}

/// Whether it is a `traceparent`: version, trace, parent and flags in lower-case hex, none of them reserved. What is not is as if
/// absent, as the standard asks.
fn is_valid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_hex = |part: &str, length: usize| {
        part.len() == length
            && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let is_zero = |part: &str| part.bytes().all(|b| b == b'0');
    match parts.as_slice() {
        [version, trace, parent, flags] => {
            is_hex(version, 2)
                && *version != "ff"
                && is_hex(trace, 32)
                && !is_zero(trace)
                && is_hex(parent, 16)
                && !is_zero(parent)
                && is_hex(flags, 2)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    #[test]
    fn only_what_the_standard_allows() {
        assert!(is_valid("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        for wrong in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\u{1b}[0m",
        ] {
            assert!(!is_valid(wrong), "{wrong}");
        }
    }
}
