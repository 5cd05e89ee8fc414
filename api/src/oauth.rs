//! OAuth for MCP clients: the server is the authorization server of its own MCP URLs.
//!
//! What is here knows addresses, clients and decisions under way; `service::oauth` decides, and what it hands out are ordinary
//! tokens of the store. The standards: RFC 9728 and RFC 8414 (metadata), RFC 7636 (PKCE), RFC 8707 (resources), RFC 9207
//! (`iss`), RFC 7591 (registration), RFC 7009 (revocation), client-id metadata documents
//! (draft-ietf-oauth-client-id-metadata-document), and the authorization chapter of MCP 2026-07-28, which chooses among them.

pub(crate) mod client;
pub(crate) mod consent;
mod document;
pub(crate) mod redirect;
pub(crate) mod refusal;

use crate::{
    login::{Codes, is_loopback},
    mcp::tool_of,
    operation::{Needs, OPERATIONS},
    rest::limit::RateLimit,
};
use consent::{Consents, Granted};
use document::Documents;
use rekor_core::{
    Error, Result, Timestamp,
    grant::{Permission, Subject},
    id::EndpointId,
    limits,
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use url::Url;

/// Codes that were used and are remembered, so that using one again ends what it gave.
const SPENT_MAX: usize = 10_000;

/// What a server needs to answer OAuth.
#[derive(Clone, Debug)]
pub struct OAuthConfig {
    /// The address by which clients reach the server: the issuer, and the start of every resource.
    pub public_url: String,
    /// Whether metadata documents of clients may be on this machine, without TLS; for development and tests.
    pub local_clients: bool,
}

impl OAuthConfig {
    /// Whether the address is one that OAuth can be done at.
    ///
    /// # Errors
    /// Validation.
    pub fn check(&self) -> Result<()> {
        Issuer::parse(&self.public_url).map(drop)
    }
}

/// OAuth, as one server has it.
#[derive(Debug)]
pub(crate) struct OAuth {
    pub(crate) issuer: Issuer,
    pub(crate) documents: Documents,
    pub(crate) registrations: RateLimit,
    consents: Mutex<Consents>,
    codes: Mutex<Codes<Granted>>,
    spent: Mutex<HashMap<String, Spent>>,
    /// Two names of the moment when the server started.
    started: (Instant, Timestamp),
    /// Held while tokens are handed out or renewed, so that nothing is used twice at the same moment.
    pub(crate) turn: tokio::sync::Mutex<()>,
}

/// A code that was used.
#[derive(Debug)]
struct Spent {
    token: String,
    at: Timestamp,
}

impl OAuth {
    /// Checks the configuration.
    ///
    /// # Errors
    /// Validation of the address.
    pub(crate) fn new(config: &OAuthConfig, now: Timestamp) -> Result<Self> {
        Ok(Self {
            issuer: Issuer::parse(&config.public_url)?,
            documents: Documents::new(config.local_clients),
            registrations: RateLimit::per_minute(limits::OAUTH_REGISTRATIONS_PER_MINUTE),
            consents: Mutex::default(),
            codes: Mutex::default(),
            spent: Mutex::default(),
            started: (Instant::now(), now),
            turn: tokio::sync::Mutex::default(),
        })
    }

    /// A time of the service's clock, as limits of rates count it.
    pub(crate) fn instant(&self, now: Timestamp) -> Instant {
        let since_ms = u64::try_from(now.0 - self.started.1.0).unwrap_or(0);
        self.started.0 + Duration::from_millis(since_ms)
    }

    pub(crate) fn consents(&self) -> MutexGuard<'_, Consents> {
        self.consents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn codes(&self) -> MutexGuard<'_, Codes<Granted>> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers which token a code became.
    pub(crate) fn spend(&self, code: &str, token: &str, now: Timestamp) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.retain(|_, spent| spent.at.0 + limits::OAUTH_ACCESS_MS > now.0);
        if spent.len() < SPENT_MAX {
            spent.insert(code.to_owned(), Spent { token: token.to_owned(), at: now });
        }
    }

    /// The token that a code became, if it was used before.
    pub(crate) fn spent(&self, code: &str) -> Option<String> {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.remove(code).map(|spent| spent.token)
    }
}

/// What a credential is shown for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resource {
    /// The REST API: no OAuth token opens it.
    Rest,
    /// The MCP server of everything, `/mcp`.
    Admin,
    /// The MCP server of an endpoint, `/e/{slug}/mcp`.
    Endpoint(String),
}

impl Resource {
    /// The resource at a path of this server; none but MCP servers are.
    fn at(path: &str) -> Option<Self> {
        if path == "/mcp" {
            return Some(Self::Admin);
        }
        let slug = path.strip_prefix("/e/")?.strip_suffix("/mcp")?;
        EndpointId::parse(slug).ok().map(|slug| Self::Endpoint(slug.to_string()))
    }

    fn path(&self) -> String {
        match self {
            Self::Rest => String::new(),
            Self::Admin => "/mcp".to_owned(),
            Self::Endpoint(slug) => format!("/e/{slug}/mcp"),
        }
    }

    /// The permissions that a person may give for it: those that its tools use, and no others.
    pub(crate) fn permissions(&self) -> Vec<Permission> {
        let tools = OPERATIONS.iter().filter(|facts| tool_of(facts.operation).is_some());
        let needed: Vec<Needs> = tools.map(|facts| facts.needs).collect();
        let is_used = |permission: &Permission| match self {
            Self::Endpoint(_) => {
                matches!(permission.subject, Subject::Documents | Subject::Relationships)
            }
            Self::Rest | Self::Admin => needed.contains(&Needs::Permission(*permission)),
        };
        Permission::all().filter(is_used).collect()
    }

    /// The permissions that are suggested: reading, and no more.
    pub(crate) fn suggested(&self) -> Vec<Permission> {
        let subjects: &[Subject] = match self {
            Self::Endpoint(_) => &[Subject::Documents, Subject::Relationships],
            Self::Rest | Self::Admin => &[
                Subject::Documents,
                Subject::Collections,
                Subject::Relationships,
                Subject::Databases,
            ],
        };
        subjects.iter().map(|subject| Permission::read(*subject)).collect()
    }
}

/// Permissions as the `scope` of OAuth.
pub(crate) fn scope(permissions: impl IntoIterator<Item = Permission>) -> String {
    let names: Vec<String> = permissions.into_iter().map(|p| p.to_string()).collect();
    names.join(" ")
}

/// The address of the authorization server, from which all others follow. It is configured, never taken from a request:
/// whoever can choose the `Host` of a request must not choose where clients send their codes.
#[derive(Clone, Debug)]
pub(crate) struct Issuer {
    /// Without a slash at the end.
    url: String,
    origin: String,
    path: String,
}

impl Issuer {
    /// Takes an address.
    ///
    /// # Errors
    /// Validation: OAuth needs https, but for addresses of this machine.
    pub(crate) fn parse(public_url: &str) -> Result<Self> {
        let plain = |url: &Url| {
            let safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
            let bare = url.query().is_none() && url.fragment().is_none();
            safe && bare && url.username().is_empty() && url.password().is_none()
        };
        let url = Url::parse(public_url).ok().filter(plain).ok_or_else(|| {
            Error::validation(format!(
                "OAuth needs a public URL with https, or one of this machine, without a query: {public_url:?} is none. \
                 Give --public-url https://…, or switch OAuth off with --oauth off."
            ))
        })?;
        let path = url.path().trim_end_matches('/').to_owned();
        let origin = url.origin().ascii_serialization();
        Ok(Self { url: format!("{origin}{path}"), origin, path })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.url
    }

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// The URL of a resource: what tokens are bound to.
    pub(crate) fn resource(&self, resource: &Resource) -> String {
        format!("{}{}", self.url, resource.path())
    }

    /// The resource that a client names: one of the MCP servers here, a slash at its end or not.
    pub(crate) fn named(&self, given: &str) -> Option<Resource> {
        let url = Url::parse(given).ok()?;
        let bare = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        let here = bare && url.origin().ascii_serialization() == self.origin;
        let path = url.path().trim_end_matches('/').strip_prefix(&self.path)?;
        Resource::at(path).filter(|_| here)
    }

    /// The resource of a well-known path: what stands behind the well-known part. The bare one is that of `/mcp`.
    pub(crate) fn described(&self, suffix: &str) -> Option<Resource> {
        let suffix = suffix.trim_end_matches('/');
        let path = suffix.strip_prefix(&self.path).unwrap_or(suffix);
        if path.is_empty() { Some(Resource::Admin) } else { Resource::at(path) }
    }

    /// Whether a well-known path of the authorization server is its own: the suffix is the path of the issuer, or that of an
    /// MCP server here, as older clients ask.
    pub(crate) fn is_described(&self, suffix: &str) -> bool {
        self.described(suffix).is_some()
    }

    /// The protected resource metadata of RFC 9728.
    pub(crate) fn resource_metadata(&self, resource: &Resource) -> Value {
        json!({
            "resource": self.resource(resource),
            "authorization_servers": [self.url],
            "scopes_supported": resource.suggested(),
            "bearer_methods_supported": ["header"],
        })
    }

    /// The authorization server metadata of RFC 8414.
    pub(crate) fn server_metadata(&self) -> Value {
        let at = |path: &str| format!("{}/oauth/{path}", self.url);
        let methods = ["none", "client_secret_basic", "client_secret_post"];
        let mut scopes: Vec<String> =
            Resource::Admin.permissions().iter().map(ToString::to_string).collect();
        scopes.push("offline_access".to_owned());
        json!({
            "issuer": self.url,
            "authorization_endpoint": at("authorize"),
            "token_endpoint": at("token"),
            "registration_endpoint": at("register"),
            "revocation_endpoint": at("revoke"),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": methods,
            "revocation_endpoint_auth_methods_supported": methods,
            "scopes_supported": scopes,
            "authorization_response_iss_parameter_supported": true,
            "client_id_metadata_document_supported": true,
        })
    }

    /// The value of `WWW-Authenticate` for a resource: where its metadata is, and what a client should ask for.
    pub(crate) fn challenge(
        &self,
        resource: &Resource,
        error: Option<&str>,
        permissions: Vec<Permission>,
    ) -> String {
        let error = error.map(|error| format!("error=\"{error}\", ")).unwrap_or_default();
        format!(
            "Bearer {error}resource_metadata=\"{}/.well-known/oauth-protected-resource{}{}\", scope=\"{}\"",
            self.origin,
            self.path,
            resource.path(),
            scope(permissions)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart_and_put_together() {
        for wrong in ["http://data.acme.com", "data.acme.com", "https://a@b.c/", "https://b.c/?x=1"]
        {
            assert!(Issuer::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            Issuer::parse("http://127.0.0.1:7373/").unwrap().as_str(),
            "http://127.0.0.1:7373"
        );
        let issuer = Issuer::parse("HTTPS://Data.Acme.com:443/rekor/").unwrap();
        let slug = Resource::Endpoint("desk".to_owned());
        assert_eq!(issuer.resource(&slug), "https://data.acme.com/rekor/e/desk/mcp");
        for (given, resource) in [
            ("https://data.acme.com/rekor/mcp", Some(Resource::Admin)),
            ("HTTPS://DATA.acme.com/rekor/mcp/", Some(Resource::Admin)),
            ("https://data.acme.com/rekor/e/desk/mcp", Some(slug.clone())),
            ("https://data.acme.com/mcp", None),
            ("https://data.acme.com/rekor", None),
            ("https://evil.example/rekor/mcp", None),
            ("https://data.acme.com/rekor/mcp?read_only=true", None),
            ("https://data.acme.com/rekor/e/DESK/mcp", None),
            ("/rekor/mcp", None),
        ] {
            assert_eq!(issuer.named(given), resource, "{given}");
        }
        for (suffix, resource) in [
            ("", Some(Resource::Admin)),
            ("/rekor/mcp", Some(Resource::Admin)),
            ("/mcp", Some(Resource::Admin)),
            ("/rekor/e/desk/mcp", Some(slug.clone())),
            ("/rekor/e/DESK/mcp", None),
            ("/other", None),
        ] {
            assert_eq!(issuer.described(suffix), resource, "{suffix}");
        }
        let challenge = issuer.challenge(&slug, Some("invalid_token"), slug.suggested());
        assert_eq!(
            challenge,
            "Bearer error=\"invalid_token\", resource_metadata=\"https://data.acme.com/.well-known/oauth-protected-resource/rekor/e/desk/mcp\", scope=\"read:documents read:relationships\""
        );
    }
}
