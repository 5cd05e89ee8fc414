//! Who clients say they are: the metadata of RFC 7591, in a registration or in a document.

use super::{
    redirect,
    refusal::{Reason, Refusal},
};
use rekor_core::{catalog::RegisteredClient, limits};
use serde::Deserialize;
use url::Url;

/// Longest name of a client that is shown, in characters.
const NAME_CHARS_MAX: usize = 100;

/// A client that a person is asked about.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    /// Its id: the URL of its document, or that of its registration.
    pub(crate) id: String,
    /// What it calls itself.
    pub(crate) name: String,
    /// The host that vouches for it; none, if it registered itself.
    pub(crate) host: Option<String>,
    /// Where its codes may be sent.
    pub(crate) redirect_uris: Vec<String>,
}

impl From<&RegisteredClient> for Client {
    fn from(known: &RegisteredClient) -> Self {
        Self {
            id: known.id.clone(),
            name: known.name.clone(),
            host: None,
            redirect_uris: known.redirect_uris.clone(),
        }
    }
}

/// Metadata of a client; members that decide nothing here are not read.
#[derive(Debug, Deserialize)]
pub(crate) struct Metadata {
    /// In a document: its own URL.
    pub(crate) client_id: Option<String>,
    /// The name that people see.
    pub(crate) client_name: Option<String>,
    /// Where codes may be sent.
    #[serde(default)]
    pub(crate) redirect_uris: Vec<String>,
    /// How the client proves who it is.
    pub(crate) token_endpoint_auth_method: Option<String>,
    /// The ways to a token that it takes.
    pub(crate) grant_types: Option<Vec<String>>,
    /// What it wants of the authorization endpoint.
    pub(crate) response_types: Option<Vec<String>>,
    /// Has no place in a document that everybody reads.
    pub(crate) client_secret: Option<serde_json::Value>,
}

impl Metadata {
    /// The name and the redirect URIs, checked.
    ///
    /// # Errors
    /// `invalid_redirect_uri`, `invalid_client_metadata`.
    pub(crate) fn checked(&self) -> Result<(String, Vec<String>), Refusal> {
        let wrong = |text: String| Refusal::new(Reason::InvalidClientMetadata, text);
        let count = self.redirect_uris.len();
        if count == 0 || count > limits::OAUTH_REDIRECT_URIS_MAX {
            return Err(Refusal::new(
                Reason::InvalidRedirectUri,
                format!("redirect_uris has 1 to {} entries.", limits::OAUTH_REDIRECT_URIS_MAX),
            ));
        }
        for uri in &self.redirect_uris {
            redirect::parse(uri).map_err(|rule| Refusal::new(Reason::InvalidRedirectUri, rule))?;
        }
        let takes = |given: &Option<Vec<String>>, wanted: &str| {
            given.as_ref().is_none_or(|given| given.iter().any(|name| name == wanted))
        };
        if !takes(&self.grant_types, "authorization_code") || !takes(&self.response_types, "code") {
            return Err(wrong(
                "A client here takes authorization codes. One that works without a person is made with `rekor clients create`.".to_owned(),
            ));
        }
        let name = shown_name(self.client_name.as_deref().unwrap_or_default());
        let host = || {
            let first = self.redirect_uris.first().and_then(|uri| Url::parse(uri).ok());
            first.and_then(|uri| uri.host_str().map(str::to_owned)).unwrap_or_default()
        };
        let name = if name.is_empty() { host() } else { name };
        Ok((name, self.redirect_uris.clone()))
    }
}

/// A name as people may see it: without what turns or hides other text, and not endless.
pub(crate) fn shown_name(given: &str) -> String {
    let hides = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let plain: String = given
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !hides(*c))
        .collect();
    plain.trim().chars().take(NAME_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_hide_what_is_around_them() {
        assert_eq!(shown_name("  A\nclient\u{202e}gnp.exe\u{200b} "), "A clientgnp.exe");
        assert_eq!(shown_name(&"x".repeat(500)).len(), NAME_CHARS_MAX);
    }
}
