//! Decisions under way: a person has logged in and looks at who asks. In memory only, as logins are.

use super::{Resource, client::Client};
use crate::login::{CodeRequest, PENDING_MAX, too_many};
use rekor_core::{
    Result, Timestamp,
    grant::{Grants, Permission},
    limits,
};
use std::collections::HashMap;

/// What a client asks for, checked as far as it can be without the person.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Where the code goes and what it is bound to.
    pub(crate) code: CodeRequest,
    /// The redirect URI as it was given.
    pub(crate) redirect_uri: String,
    /// The client's own value, handed back.
    pub(crate) state: Option<String>,
    /// What the token will open.
    pub(crate) resource: Resource,
    /// What the client asks to be allowed; empty, if it does not say.
    pub(crate) asked: Vec<Permission>,
}

/// What waits for a person's decision.
#[derive(Clone, Debug)]
pub(crate) struct Consent {
    pub(crate) request: Request,
    pub(crate) client: Client,
    /// Id of the person who logged in.
    pub(crate) user: String,
    expires_at: Timestamp,
}

/// What a code is worth.
#[derive(Clone, Debug)]
pub(crate) struct Granted {
    pub(crate) client: Client,
    pub(crate) user: String,
    pub(crate) resource: Resource,
    pub(crate) grants: Grants,
}

/// The decisions under way, by the hash of the ticket that the page holds. The ticket was shown to the person who logged in and
/// to nobody else: a form that brings it was not made by another page.
#[derive(Debug, Default)]
pub(crate) struct Consents(HashMap<String, Consent>);

impl Consents {
    /// Keeps a decision for ten minutes.
    ///
    /// # Errors
    /// `RateLimited` if too many wait.
    pub(crate) fn add(
        &mut self,
        ticket_sha256: String,
        request: Request,
        client: Client,
        user: String,
        now: Timestamp,
    ) -> Result<()> {
        self.0.retain(|_, consent| consent.expires_at > now);
        if self.0.len() >= PENDING_MAX {
            return Err(too_many());
        }
        let expires_at = Timestamp(now.0 + limits::OAUTH_CONSENT_MS);
        self.0.insert(ticket_sha256, Consent { request, client, user, expires_at });
        Ok(())
    }

    /// The decision of a ticket, if it still waits.
    pub(crate) fn get(&self, ticket_sha256: &str, now: Timestamp) -> Option<&Consent> {
        self.0.get(ticket_sha256).filter(|consent| consent.expires_at > now)
    }

    /// Ends a decision. False, if another request did so before.
    pub(crate) fn end(&mut self, ticket_sha256: &str) -> bool {
        self.0.remove(ticket_sha256).is_some()
    }
}
