//! What clients exchange: codes and refresh tokens of people who allowed something, and the secrets of clients that work
//! without a person. Each becomes an ordinary token of the store, bound to one resource.

use super::{
    issue::{halves, sweep},
    oauth_origin,
};
use crate::{
    auth::Principal,
    oauth::{
        OAuth, Resource,
        refusal::{Reason, Refusal},
    },
    service::{
        Service,
        token::{descendants, digest, is_expired, revocations},
    },
};
use rekor_core::{
    Result, Timestamp,
    catalog::{Authorisation, Catalog, OAuthUse, RefreshToken, Token},
    limits,
};
use rekor_ingest::Frame;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// The form of the token endpoint.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TokenRequest {
    /// `authorization_code`, `refresh_token` or `client_credentials`.
    pub grant_type: String,
    /// The authorization code.
    pub code: String,
    /// PKCE.
    pub code_verifier: String,
    /// As it was when the code was asked for.
    pub redirect_uri: String,
    /// The refresh token.
    pub refresh_token: String,
    /// What the token will open.
    pub resource: String,
    /// Who asks.
    pub client_id: String,
    /// The secret of a client that has one.
    pub client_secret: String,
}

/// The form of the revocation endpoint.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Revocation {
    /// An access token or a refresh token.
    pub token: String,
    /// Who asks.
    pub client_id: String,
    /// The secret of a client that has one.
    pub client_secret: String,
}

impl Service {
    /// Answers the token endpoint.
    ///
    /// # Errors
    /// As RFC 6749 and RFC 8707 have them.
    pub(crate) async fn exchange_oauth(&self, form: &TokenRequest) -> Result<Value, Refusal> {
        match form.grant_type.as_str() {
            "authorization_code" => self.redeem(form).await,
            "refresh_token" => self.renew(form).await,
            "client_credentials" => self.credentials(form).await,
            "" => Err(Refusal::invalid_request("grant_type is missing.")),
            other => Err(Refusal::new(
                Reason::UnsupportedGrantType,
                format!(
                    "grant_type {other:?} is none of authorization_code, refresh_token and client_credentials."
                ),
            )),
        }
    }

    /// A token for a code. A code that comes again ends what it gave.
    async fn redeem(&self, form: &TokenRequest) -> Result<Value, Refusal> {
        let oauth = self.oauth()?;
        let resource = required(oauth, &form.resource)?;
        let _turn = oauth.turn.lock().await;
        let now = self.now();
        if let Some(token) = oauth.spent(&form.code) {
            self.end_authorisation(&token).await?;
            return Err(Refusal::invalid_grant(
                "The code was used before. What it gave has been revoked.",
            ));
        }
        let granted =
            oauth.codes().redeem(&form.code, &form.code_verifier, &form.redirect_uri, now)?;
        if granted.client.id != form.client_id {
            return Err(Refusal::invalid_grant("The code was given to another client."));
        }
        if granted.resource != resource {
            return Err(Refusal::new(
                Reason::InvalidTarget,
                "The code was asked for with another resource.",
            ));
        }
        let person = Principal::person(&*self.person(&granted.user)?, None);
        if !granted.grants.are_within(&person.grants) {
            return Err(Refusal::invalid_grant(
                "The person has fewer rights than when they allowed this; ask again.",
            ));
        }
        let maker = format!("human:{}", granted.user);
        let token = self.new_token(granted.client.name, granted.grants, maker);
        let authorisation = Authorisation {
            client_id: granted.client.id,
            resource: oauth.issuer.resource(&resource),
            access_expires_at: now,
            refresh: None,
        };
        let issued = self.issued(token, authorisation, Some(self.secret("")));
        oauth.spend(&form.code, &issued.token.id, now);
        let snapshot = self.engine.snapshot();
        let gone = sweep(snapshot.catalog(), &issued, now);
        self.store_issued(&issued, gone, "human", &granted.user, Some(0)).await?;
        Ok(issued.answer(now))
    }

    /// A new access token for a refresh token, which is replaced as well. One that comes again ends its family.
    async fn renew(&self, form: &TokenRequest) -> Result<Value, Refusal> {
        let oauth = self.oauth()?;
        let unknown = || {
            Refusal::invalid_grant(
                "The refresh token is unknown, expired or revoked; ask the person again.",
            )
        };
        let (family, turn) = halves(&form.refresh_token).ok_or_else(unknown)?;
        let _turn = oauth.turn.lock().await;
        let now = self.now();
        let snapshot = self.engine.snapshot();
        let found = find_family(snapshot.catalog(), &digest(family));
        let (token, authorisation, known) = found.ok_or_else(unknown)?;
        if authorisation.client_id != form.client_id {
            return Err(Refusal::invalid_grant("The refresh token was given to another client."));
        }
        if !is_same(&known.turn_sha256, &digest(turn)) {
            self.end_authorisation(&token.id).await?;
            return Err(Refusal::invalid_grant(
                "The refresh token was used before. Everything that came of it has been revoked.",
            ));
        }
        if is_expired(&token, now) {
            return Err(unknown());
        }
        let named = oauth.issuer.named(&form.resource);
        let same =
            named.is_some_and(|named| oauth.issuer.resource(&named) == authorisation.resource);
        if !form.resource.is_empty() && !same {
            return Err(Refusal::new(
                Reason::InvalidTarget,
                "The refresh token is for another resource.",
            ));
        }
        let id = token.id.clone();
        let issued = self.issued((*token).clone(), authorisation, Some(family.to_owned()));
        self.store_issued(&issued, Vec::new(), "token", &id, None).await?;
        Ok(issued.answer(now))
    }

    /// An access token for a client that works without a person. It may do what the client may, whatever it asks for: nobody is
    /// there to be asked for more later.
    async fn credentials(&self, form: &TokenRequest) -> Result<Value, Refusal> {
        let oauth = self.oauth()?;
        let snapshot = self.engine.snapshot();
        let now = self.now();
        let catalog = snapshot.catalog();
        let client = proven(catalog, &form.client_id, &form.client_secret, now)?;
        let resource = required(oauth, &form.resource)?;
        let maker = format!("token:{}", client.id);
        let living =
            catalog.tokens.values().filter(|t| t.created_by == maker && !is_expired(t, now));
        if living.count() >= limits::OAUTH_AUTHORISATIONS_MAX {
            return Err(Refusal {
                retry_after_s: Some(60),
                ..Refusal::new(
                    Reason::TemporarilyUnavailable,
                    format!(
                        "A client has at most {} access tokens at a time; use one until it expires.",
                        limits::OAUTH_AUTHORISATIONS_MAX
                    ),
                )
            });
        }
        let ends = client.expires_at;
        let token = Token {
            expires_at: ends,
            ..self.new_token(client.name.clone(), client.grants.clone(), maker)
        };
        let authorisation = Authorisation {
            client_id: client.id.clone(),
            resource: oauth.issuer.resource(&resource),
            access_expires_at: now,
            refresh: None,
        };
        let mut issued = self.issued(token, authorisation, None);
        // It ends with its hour, or with its client.
        let hour = issued.authorisation.access_expires_at;
        let end = ends.map_or(hour, |ends| ends.min(hour));
        issued.authorisation.access_expires_at = end;
        issued.token.expires_at = Some(end);
        let gone = sweep(catalog, &issued, now);
        self.store_issued(&issued, gone, "token", &client.id, Some(0)).await?;
        Ok(issued.answer(now))
    }

    /// Revokes what a token belongs to, if it is the client's (RFC 7009). What is unknown is revoked already.
    pub(crate) async fn revoke_oauth(&self, form: &Revocation) -> Result<(), Refusal> {
        let oauth = self.oauth()?;
        let _turn = oauth.turn.lock().await;
        let snapshot = self.engine.snapshot();
        let catalog = snapshot.catalog();
        let by_family = || {
            let (family, _) = halves(&form.token)?;
            find_family(catalog, &digest(family)).map(|(token, ..)| token)
        };
        let token = catalog.tokens.get(&digest(&form.token)).cloned().or_else(by_family);
        let Some(token) = token else { return Ok(()) };
        let has_secret = |token: &&Arc<Token>| {
            token.oauth == Some(OAuthUse::Client) && token.id == form.client_id
        };
        if catalog.tokens.values().any(|token| has_secret(&token)) {
            proven(catalog, &form.client_id, &form.client_secret, self.now())?;
        }
        match &token.oauth {
            Some(OAuthUse::Authorisation(known)) if known.client_id == form.client_id => {
                Ok(self.end_authorisation(&token.id).await?)
            }
            _ => Err(Refusal::invalid_client("The token was not given to this client.")),
        }
    }

    /// Revokes an authorisation and the tokens that were made with it.
    async fn end_authorisation(&self, id: &str) -> Result<()> {
        let snapshot = self.engine.snapshot();
        let catalog = snapshot.catalog();
        if !catalog.tokens.values().any(|token| token.id == id) {
            return Ok(());
        }
        let mut doomed = descendants(catalog, &format!("token:{id}"));
        doomed.insert(id.to_owned());
        let frame = Frame::new(oauth_origin("token", id), revocations(&doomed)?);
        self.engine.write(frame).await.map(drop)
    }
}

/// The resource that a request must name.
fn required(oauth: &OAuth, given: &str) -> Result<Resource, Refusal> {
    oauth.issuer.named(given).ok_or_else(|| {
        Refusal::new(
            Reason::InvalidTarget,
            format!(
                "resource must be one of this server, such as {}; it is {given:?}.",
                oauth.issuer.resource(&Resource::Admin)
            ),
        )
    })
}

fn is_same(known: &str, given: &str) -> bool {
    bool::from(known.as_bytes().ct_eq(given.as_bytes()))
}

/// The authorisation of a family of refresh tokens.
fn find_family(
    catalog: &Catalog,
    family_sha256: &str,
) -> Option<(Arc<Token>, Authorisation, RefreshToken)> {
    catalog.tokens.values().find_map(|token| {
        let Some(OAuthUse::Authorisation(known)) = &token.oauth else { return None };
        let refresh = known.refresh.as_ref()?;
        is_same(&refresh.family_sha256, family_sha256)
            .then(|| (Arc::clone(token), known.clone(), refresh.clone()))
    })
}

/// The client that proves with its secret to be who it says.
fn proven(
    catalog: &Catalog,
    id: &str,
    secret: &str,
    now: Timestamp,
) -> Result<Arc<Token>, Refusal> {
    let known = catalog.tokens.get(&digest(secret));
    let known = known.filter(|token| {
        token.oauth == Some(OAuthUse::Client) && is_same(&token.id, id) && !is_expired(token, now)
    });
    known.cloned().ok_or_else(|| {
        Refusal::invalid_client(
            "The client is unknown, its secret is wrong, or it has expired. `rekor clients create` makes one.",
        )
    })
}
