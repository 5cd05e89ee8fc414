//! OAuth clients, as the people see them who allowed them something, and clients that work without a person.

use super::{
    Caller, Service,
    token::{NewToken, descendants, reached, revocations},
};
use crate::{
    auth::{Target, authorise},
    operation::Operation as Op,
};
use rekor_core::{
    Error, Result, Timestamp,
    catalog::{Authorisation, Catalog, OAuthUse, Token},
    id::RowId,
};
use rekor_ingest::Frame;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The client that a token is, or was given to.
fn client_of(token: &Token) -> Option<&str> {
    match token.oauth.as_ref()? {
        OAuthUse::Client => Some(&token.id),
        OAuthUse::Authorisation(known) => Some(&known.client_id),
    }
}

/// How the client says who it is.
fn kind(client_id: &str, tokens: &[&Arc<Token>]) -> &'static str {
    if tokens.iter().any(|token| token.oauth == Some(OAuthUse::Client)) {
        "credentials"
    } else if client_id.contains("://") {
        "document"
    } else {
        "registered"
    }
}

impl Service {
    /// Clients with what they were allowed: all for owners and full tokens, else those that the caller allowed something.
    ///
    /// # Errors
    /// None but those of the credential.
    pub fn list_clients(&self, caller: &Caller) -> Result<Vec<Value>> {
        authorise(&caller.principal, Op::ClientList, Target::ACCOUNT)?;
        let snapshot = self.engine.snapshot();
        let catalog = snapshot.catalog();
        let mine = reached(catalog, &caller.principal);
        let mut clients: BTreeMap<&str, Vec<&Arc<Token>>> = BTreeMap::new();
        for token in catalog.tokens.values().filter(|token| mine.contains(&token.id)) {
            if let Some(client) = client_of(token) {
                clients.entry(client).or_default().push(token);
            }
        }
        Ok(clients.into_iter().map(|(id, tokens)| self.client_json(id, tokens)).collect())
    }

    fn client_json(&self, id: &str, mut tokens: Vec<&Arc<Token>>) -> Value {
        tokens.sort_by(|a, b| a.id.cmp(&b.id));
        let kind = kind(id, &tokens);
        let own = tokens.iter().find(|token| token.oauth == Some(OAuthUse::Client));
        let name = own.or(tokens.last()).map(|token| token.name.as_str());
        let allowed = tokens.iter().filter_map(|token| match &token.oauth {
            Some(OAuthUse::Authorisation(known)) => Some(self.authorisation_json(token, known)),
            _ => None,
        });
        json!({
            "id": id,
            "name": name,
            "kind": kind,
            "grants": own.map(|token| &token.grants),
            "expires_at": own.and_then(|token| token.expires_at).map(Timestamp::to_rfc3339),
            "authorisations": allowed.collect::<Vec<_>>(),
        })
    }

    fn authorisation_json(&self, token: &Token, known: &Authorisation) -> Value {
        json!({
            "id": token.id,
            "resource": known.resource,
            "grants": token.grants,
            "created_by": token.created_by,
            "created_at": token.created_at.to_rfc3339(),
            "expires_at": token.expires_at.map(Timestamp::to_rfc3339),
            "last_used_at": self.last_use(&token.id),
        })
    }

    /// Makes a client that works without a person, within the caller's own grants; the answer holds its secret, once.
    ///
    /// # Errors
    /// As of [`Self::create_token`].
    pub async fn create_client(&self, caller: &Caller, new: NewToken) -> Result<Value> {
        authorise(&caller.principal, Op::ClientCreate, Target::ACCOUNT)?;
        let (token, secret) = self.make_token(caller, new, Some(OAuthUse::Client)).await?;
        Ok(json!({
            "client_id": token.id,
            "client_secret": secret,
            "name": token.name,
            "grants": token.grants,
            "expires_at": token.expires_at.map(Timestamp::to_rfc3339),
            "token_endpoint": self.oauth.as_ref().map(|oauth| format!("{}/oauth/token", oauth.issuer.as_str())),
        }))
    }

    /// Revokes what a client was allowed, and the tokens made with it; or one authorisation by its id.
    ///
    /// # Errors
    /// `NotFound`, also for what the caller does not reach.
    pub async fn revoke_client(&self, caller: &Caller, id: &str) -> Result<Value> {
        authorise(&caller.principal, Op::ClientRevoke, Target::ACCOUNT)?;
        let snapshot = self.engine.snapshot();
        let catalog = snapshot.catalog();
        let mut doomed = meant(catalog, id, &reached(catalog, &caller.principal));
        if doomed.is_empty() {
            return Err(Error::not_found(format!(
                "The client {id} was not allowed anything, or not by you. `rekor clients list` shows those that were."
            )));
        }
        for token in doomed.clone() {
            doomed.extend(descendants(catalog, &format!("token:{token}")));
        }
        self.engine.write(Frame::new(caller.origin(), revocations(&doomed)?)).await?;
        Ok(json!({"id": id, "revoked": true, "revoked_tokens": doomed}))
    }
}

/// The tokens of a client, or of one authorisation.
fn meant(catalog: &Catalog, id: &str, reached: &BTreeSet<String>) -> BTreeSet<String> {
    let authorisation = RowId::canonical(id).map(|id| id.to_string()).unwrap_or_default();
    let is_meant = |token: &&Arc<Token>| {
        let client = client_of(token);
        client.is_some_and(|client| client == id || token.id == authorisation)
    };
    let tokens = catalog.tokens.values().filter(is_meant).map(|token| token.id.clone());
    tokens.filter(|token| reached.contains(token)).collect()
}
