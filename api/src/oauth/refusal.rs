//! Refusals of the token, registration and revocation endpoints, in the words of RFC 6749, RFC 7591 and RFC 8707.

use rekor_core::{Error, ErrorKind};
use serde_json::{Value, json};

/// Why a client is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// A parameter is missing or malformed.
    InvalidRequest,
    /// The client is unknown, or did not prove to be who it says.
    InvalidClient,
    /// The code or refresh token is wrong, used, expired, or somebody else's.
    InvalidGrant,
    /// There is no such way to a token.
    UnsupportedGrantType,
    /// The resource is missing or none of this server.
    InvalidTarget,
    /// A redirect URI of a registration breaks the rules.
    InvalidRedirectUri,
    /// Something else of a registration does.
    InvalidClientMetadata,
    /// Later it may go.
    TemporarilyUnavailable,
    /// A defect of the server.
    ServerError,
}

impl Reason {
    /// The code in the answer, and its HTTP status.
    pub(crate) const fn facts(self) -> (&'static str, u16) {
        match self {
            Self::InvalidRequest => ("invalid_request", 400),
            Self::InvalidClient => ("invalid_client", 401),
            Self::InvalidGrant => ("invalid_grant", 400),
            Self::UnsupportedGrantType => ("unsupported_grant_type", 400),
            Self::InvalidTarget => ("invalid_target", 400),
            Self::InvalidRedirectUri => ("invalid_redirect_uri", 400),
            Self::InvalidClientMetadata => ("invalid_client_metadata", 400),
            Self::TemporarilyUnavailable => ("temporarily_unavailable", 503),
            Self::ServerError => ("server_error", 500),
        }
    }
}

/// A refusal.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// Why.
    pub(crate) reason: Reason,
    /// For the people who write the client.
    pub(crate) description: String,
    /// Seconds to wait; the status is 429 then.
    pub(crate) retry_after_s: Option<u32>,
}

impl Refusal {
    pub(crate) fn new(reason: Reason, description: impl Into<String>) -> Self {
        Self { reason, description: description.into(), retry_after_s: None }
    }

    pub(crate) fn invalid_request(description: impl Into<String>) -> Self {
        Self::new(Reason::InvalidRequest, description)
    }

    pub(crate) fn invalid_grant(description: impl Into<String>) -> Self {
        Self::new(Reason::InvalidGrant, description)
    }

    pub(crate) fn invalid_client(description: impl Into<String>) -> Self {
        Self::new(Reason::InvalidClient, description)
    }

    /// The body of the answer.
    pub(crate) fn body(&self) -> Value {
        json!({"error": self.reason.facts().0, "error_description": self.description})
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let reason = match error.kind {
            ErrorKind::Validation => Reason::InvalidRequest,
            ErrorKind::RateLimited | ErrorKind::Unavailable | ErrorKind::Unknown => {
                Reason::TemporarilyUnavailable
            }
            ErrorKind::Unauthorized
            | ErrorKind::Forbidden
            | ErrorKind::HumanRequired
            | ErrorKind::NotFound
            | ErrorKind::Conflict => Reason::InvalidGrant,
            _ => Reason::ServerError,
        };
        Self { reason, description: error.message, retry_after_s: error.retry_after_s }
    }
}
