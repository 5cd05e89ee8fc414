//! The one error type that crosses package borders, and the one table that says how each kind looks on every face.

use serde::Serialize;
use serde_json::{Map, Value, json};

/// Result with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kinds of failure a caller can tell apart. [`ErrorKind::facts`] is the error table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The request is malformed or breaks a rule; the same request will fail again.
    Validation,
    /// No credential, or one that is unknown, expired or revoked.
    Unauthorized,
    /// The credential is good but does not allow this.
    Forbidden,
    /// Only a human with a session may do this.
    HumanRequired,
    /// The named thing does not exist or is not visible.
    NotFound,
    /// The state of the data contradicts the request (version, key, catalog).
    Conflict,
    /// An idempotency key was used for another request.
    KeyReused,
    /// A delete would cascade over more rows than one frame may hold.
    CascadeTooLarge,
    /// The body, a document or a batch is larger than its limit.
    PayloadTooLarge,
    /// The body is compressed in a way that is not understood.
    UnsupportedEncoding,
    /// Too many requests or too much un-flushed data; try again after the given time.
    RateLimited,
    /// A query ran past its time limit.
    Timeout,
    /// A query needed more memory than its limit.
    MemoryLimit,
    /// The caller went away or cancelled.
    Cancelled,
    /// The server is starting, stopping, or its storage fails.
    Unavailable,
    /// The outcome of a write is unknown: it may or may not be durable.
    Unknown,
    /// Stored bytes are damaged.
    Corrupt,
    /// A defect of Rekor.
    Internal,
}

/// One row of the error table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorFacts {
    /// Code in the error body.
    pub code: &'static str,
    /// HTTP status.
    pub http_status: u16,
    /// Exit code of the CLI: 1 error, 4 permission, 5 conflict, 6 retryable, 7 needs a human.
    pub exit_code: u8,
    /// Whether the same request may succeed later.
    pub retryable: bool,
}

impl ErrorKind {
    /// Every kind, for tables and tests.
    pub const ALL: [Self; 18] = [
        Self::Validation,
        Self::Unauthorized,
        Self::Forbidden,
        Self::HumanRequired,
        Self::NotFound,
        Self::Conflict,
        Self::KeyReused,
        Self::CascadeTooLarge,
        Self::PayloadTooLarge,
        Self::UnsupportedEncoding,
        Self::RateLimited,
        Self::Timeout,
        Self::MemoryLimit,
        Self::Cancelled,
        Self::Unavailable,
        Self::Unknown,
        Self::Corrupt,
        Self::Internal,
    ];

    /// The row of the error table for this kind.
    pub const fn facts(self) -> ErrorFacts {
        let (code, http_status, exit_code, retryable) = match self {
            Self::Validation => ("VALIDATION_ERROR", 400, 1, false),
            Self::Unauthorized => ("UNAUTHORIZED", 401, 4, false),
            Self::Forbidden => ("FORBIDDEN", 403, 4, false),
            Self::HumanRequired => ("FORBIDDEN", 403, 7, false),
            Self::NotFound => ("NOT_FOUND", 404, 1, false),
            Self::Conflict => ("CONFLICT", 409, 5, false),
            Self::KeyReused => ("IDEMPOTENCY_KEY_REUSED", 422, 5, false),
            Self::CascadeTooLarge => ("CASCADE_TOO_LARGE", 409, 5, false),
            Self::PayloadTooLarge => ("PAYLOAD_TOO_LARGE", 413, 1, false),
            Self::UnsupportedEncoding => ("UNSUPPORTED_ENCODING", 415, 1, false),
            Self::RateLimited => ("RATE_LIMITED", 429, 6, true),
            Self::Timeout => ("TIMEOUT", 408, 1, false),
            Self::MemoryLimit => ("MEMORY_LIMIT_EXCEEDED", 400, 1, false),
            Self::Cancelled => ("CANCELLED", 499, 130, true),
            Self::Unavailable => ("UNAVAILABLE", 503, 6, true),
            Self::Unknown => ("UNKNOWN_OUTCOME", 503, 6, true),
            Self::Corrupt => ("CORRUPT", 500, 1, false),
            Self::Internal => ("INTERNAL_ERROR", 500, 1, false),
        };
        ErrorFacts { code, http_status, exit_code, retryable }
    }
}

/// One entry of `error.details`: a JSON object such as `{"path":"/amount","message":"…"}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Detail(Map<String, Value>);

impl Detail {
    /// A detail about one place of the input; `path` is a JSON pointer or a field name.
    pub fn at(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::default().with("path", path.into()).with("message", message.into())
    }

    /// The detail with one more member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// The detail with every text in it said in other words.
    #[must_use]
    pub fn map_texts(mut self, say: impl Fn(&str) -> String) -> Self {
        for value in self.0.values_mut() {
            if let Value::String(text) = value {
                *text = say(text);
            }
        }
        self
    }

    /// A member of the detail.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

impl Default for Detail {
    fn default() -> Self {
        Self(Map::new())
    }
}

/// An error for the caller: what is wrong, where, and what to do next.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Row of the error table.
    pub kind: ErrorKind,
    /// One or two sentences for people; says what to do next.
    pub message: String,
    /// Machine-readable places and reasons.
    pub details: Vec<Detail>,
    /// Seconds to wait before a retry, for `Retry-After`.
    pub retry_after_s: Option<u32>,
}

impl Error {
    /// An error of `kind` with a message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), details: Vec::new(), retry_after_s: None }
    }

    /// The error with one more detail.
    #[must_use]
    pub fn with_detail(mut self, detail: Detail) -> Self {
        self.details.push(detail);
        self
    }

    /// [`ErrorKind::Validation`].
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Validation, message)
    }

    /// [`ErrorKind::NotFound`].
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// [`ErrorKind::Conflict`].
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, message)
    }

    /// [`ErrorKind::Forbidden`].
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Forbidden, message)
    }

    /// [`ErrorKind::Corrupt`].
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Corrupt, message)
    }

    /// [`ErrorKind::Unavailable`].
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, message)
    }

    /// [`ErrorKind::Internal`].
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }

    /// The body every face shows: `{"error":{"code","message","details"}}`, with `human_required` where only a person helps.
    pub fn body(&self) -> Value {
        let mut error = json!({"code": self.kind.facts().code, "message": self.message, "details": self.details});
        if let (ErrorKind::HumanRequired, Some(members)) = (self.kind, error.as_object_mut()) {
            members.insert("human_required".to_owned(), Value::Bool(true));
        }
        json!({"error": error})
    }
}
