//! API tokens.

use super::{Caller, Service, database::system_json};
use crate::{
    auth::{Kind, Principal, Target, authorise},
    oauth::Resource,
    operation::Operation as Op,
};
use rekor_core::{
    Error, ErrorKind, Result, Timestamp,
    catalog::{Catalog, OAuthUse, Token},
    grant::Grants,
    id::{RowId, TableId},
    time::uuid_v7,
};
use rekor_ingest::{Frame, Operation, RowKey};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, sync::Arc};
use subtle::ConstantTimeEq;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Base-62 digits of a secret: 256 bits.
const SECRET_DIGITS: usize = 43;
/// Longest display name of a token, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// Body of a new token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// Display name.
    pub name: String,
    /// What it may do.
    pub grants: Value,
    /// RFC 3339; with the maker's, if absent.
    pub expires_at: Option<String>,
}

impl Service {
    /// Who a bearer credential is, where it is shown.
    ///
    /// # Errors
    /// `Unauthorized` if it is unknown, expired, revoked, or for another resource.
    pub(crate) fn authenticate(
        &self,
        bearer: Option<&str>,
        shown_for: &Resource,
    ) -> Result<Principal> {
        let Some(bearer) = bearer else {
            return Err(unauthorized(
                "No credential: send `Authorization: Bearer rec_…`, set REKOR_TOKEN, or run `rekor login`.",
            ));
        };
        if let Some(owner) = &self.owner_token
            && bool::from(owner.as_bytes().ct_eq(bearer.as_bytes()))
        {
            return Ok(Principal::dev_owner());
        }
        let snapshot = self.engine.snapshot();
        let (catalog, digest) = (snapshot.catalog(), digest(bearer));
        if let Some(token) = catalog.tokens.get(&digest) {
            self.token_principal(token, shown_for)
        } else if let Some(session) = catalog.sessions.get(&digest) {
            self.session_principal(catalog, session)
        } else {
            Err(unauthorized("The credential is unknown or revoked."))
        }
    }

    fn token_principal(&self, token: &Token, shown_for: &Resource) -> Result<Principal> {
        if is_expired(token, self.now()) {
            return Err(unauthorized("The token has expired; create a new one."));
        }
        match &token.oauth {
            None => {}
            Some(OAuthUse::Client) => {
                return Err(unauthorized(
                    "This is the secret of an OAuth client and opens nothing: exchange it for an access token at /oauth/token.",
                ));
            }
            Some(OAuthUse::Authorisation(known)) => {
                if known.access_expires_at <= self.now() {
                    return Err(unauthorized("The access token has expired; renew it."));
                }
                let here = self.oauth.as_ref().map(|oauth| oauth.issuer.resource(shown_for));
                if here.as_deref() != Some(&known.resource) {
                    return Err(unauthorized("The access token is for another resource."));
                }
            }
        }
        self.usage.note(&token.id, self.now());
        Ok(Principal {
            kind: Kind::Token,
            id: token.id.clone(),
            grants: Arc::new(token.grants.clone()),
            session: None,
        })
    }

    /// Creates a token within the caller's own grants; the answer holds the secret, once.
    ///
    /// # Errors
    /// `Forbidden` for grants beyond the caller's, Validation.
    pub async fn create_token(&self, caller: &Caller, new: NewToken) -> Result<Value> {
        authorise(&caller.principal, Op::TokenCreate, Target::ACCOUNT)?;
        let (token, secret) = self.make_token(caller, new, None).await?;
        let mut out = self.token_json(&token);
        if let Some(members) = out.as_object_mut() {
            members.insert("token".to_owned(), json!(secret));
        }
        Ok(out)
    }

    /// Writes a new token within the caller's own grants, and answers it with its secret.
    ///
    /// # Errors
    /// `Forbidden` for grants beyond the caller's, Validation.
    pub(crate) async fn make_token(
        &self,
        caller: &Caller,
        new: NewToken,
        oauth: Option<OAuthUse>,
    ) -> Result<(Token, String)> {
        if new.name.is_empty() || new.name.len() > NAME_BYTES_MAX {
            return Err(Error::validation("A token's name has 1 to 256 bytes."));
        }
        let grants = Grants::parse(&new.grants)?;
        if !grants.are_within(&caller.principal.grants) {
            return Err(Error::forbidden(
                "A token cannot do more than its maker: each grant must be within one of your own (`rekor whoami` shows them).",
            ));
        }
        let expires_at = self.expiry(caller, new.expires_at.as_deref())?;
        let secret = self.secret(if oauth.is_some() { "rcs_" } else { "rec_" });
        let now = self.now();
        let token = Token {
            id: uuid_v7(now, &*self.engine.sources().entropy).to_string(),
            name: new.name,
            secret_sha256: digest(&secret),
            last4: secret.chars().skip(secret.len().saturating_sub(4)).collect(),
            grants,
            expires_at,
            created_by: maker(&caller.principal),
            created_at: now,
            oauth,
        };
        let operation = Operation::PutSystem {
            table: TableId::TOKENS,
            id: RowId::parse(&token.id)?,
            data: system_json(&token)?,
            if_version: Some(0),
        };
        self.engine.write(Frame::new(caller.origin(), vec![operation])).await?;
        Ok((token, secret))
    }

    /// When a new token stops working: never later than its maker.
    fn expiry(&self, caller: &Caller, given: Option<&str>) -> Result<Option<Timestamp>> {
        let given = given.map(|text| {
            Timestamp::parse_rfc3339(text).filter(|at| *at > self.now()).ok_or_else(|| {
                Error::validation(format!(
                    "expires_at {text:?} is no RFC 3339 time to come, such as 2030-12-31T23:59:59Z."
                ))
            })
        });
        let given = given.transpose()?;
        let snapshot = self.engine.snapshot();
        let own = match caller.principal.kind {
            Kind::Token => snapshot.catalog().tokens.values().find(|t| t.id == caller.principal.id),
            Kind::Owner | Kind::Member | Kind::Local => None,
        };
        let own = own.and_then(|token| token.expires_at);
        match (given, own) {
            (Some(given), Some(own)) if given > own => Err(Error::forbidden(format!(
                "A token cannot outlive its maker, which expires at {}.",
                own.to_rfc3339()
            ))),
            (given, own) => Ok(given.or(own)),
        }
    }

    /// Tokens without their secrets: all for owners and full tokens, else those the caller made, directly or not.
    ///
    /// # Errors
    /// `Forbidden` without the right.
    pub fn list_tokens(&self, caller: &Caller) -> Result<Vec<Value>> {
        authorise(&caller.principal, Op::TokenList, Target::ACCOUNT)?;
        let snapshot = self.engine.snapshot();
        let catalog = snapshot.catalog();
        let reached = reached(catalog, &caller.principal);
        let mut tokens: Vec<_> =
            catalog.tokens.values().filter(|token| reached.contains(&token.id)).collect();
        tokens.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(tokens.iter().map(|token| self.token_json(token)).collect())
    }

    /// Revokes a token and those it made, for good.
    ///
    /// # Errors
    /// `NotFound`, also for tokens that the caller does not reach.
    pub async fn revoke_token(&self, caller: &Caller, id: &str) -> Result<Value> {
        authorise(&caller.principal, Op::TokenRevoke, Target::ACCOUNT)?;
        let snapshot = self.engine.snapshot();
        let catalog = snapshot.catalog();
        let known = RowId::canonical(id).map(|id| id.to_string()).unwrap_or_default();
        let own = caller.principal.kind == Kind::Token && caller.principal.id == known;
        let exists = catalog.tokens.values().any(|token| token.id == known);
        if !exists || !(own || reached(catalog, &caller.principal).contains(&known)) {
            return Err(Error::not_found(format!(
                "The token {id} does not exist, or it is not yours to revoke."
            )));
        }
        let mut doomed = descendants(catalog, &format!("token:{known}"));
        doomed.insert(known.clone());
        let operations = revocations(&doomed)?;
        self.engine.write(Frame::new(caller.origin(), operations)).await?;
        self.forget_results();
        let children: Vec<&String> = doomed.iter().filter(|other| **other != known).collect();
        Ok(json!({"id": known, "revoked": true, "revoked_children": children}))
    }

    /// Who the caller is, and what it may do.
    ///
    /// # Errors
    /// None: every credential may ask.
    pub fn whoami(&self, caller: &Caller) -> Result<Value> {
        authorise(&caller.principal, Op::Whoami, Target::ACCOUNT)?;
        let principal = &caller.principal;
        let snapshot = self.engine.snapshot();
        let catalog = snapshot.catalog();
        let token = catalog.tokens.values().find(|token| token.id == principal.id);
        let user = catalog.users.get(&principal.id);
        Ok(json!({
            "kind": principal.actor_type(),
            "id": principal.id,
            "name": token.map(|token| &token.name).or(user.map(|user| &user.name)),
            "role": match principal.kind { Kind::Owner => Some("owner"), Kind::Member => Some("member"), Kind::Token | Kind::Local => None },
            "grants": principal.grants,
            "expires_at": token.and_then(|token| token.expires_at).map(Timestamp::to_rfc3339),
        }))
    }

    pub(crate) fn secret(&self, prefix: &str) -> String {
        let mut out = prefix.to_owned();
        let mut bytes = [0; 64];
        while out.len() < prefix.len() + SECRET_DIGITS {
            self.engine.sources().entropy.fill(&mut bytes);
            // Bytes of 248 and above would make some digits more likely than others.
            out.extend(
                bytes
                    .iter()
                    .filter(|byte| **byte < 248)
                    .filter_map(|byte| BASE62.get(usize::from(*byte % 62)))
                    .map(|digit| char::from(*digit)),
            );
        }
        out.truncate(prefix.len() + SECRET_DIGITS);
        out
    }

    /// When a token was used last, as text.
    pub(crate) fn last_use(&self, id: &str) -> Option<String> {
        self.usage.last(id).map(Timestamp::to_rfc3339)
    }

    fn token_json(&self, token: &Token) -> Value {
        let mut out = json!({
            "id": token.id,
            "name": token.name,
            "last4": token.last4,
            "grants": token.grants,
            "status": if is_expired(token, self.now()) { "expired" } else { "active" },
            "expires_at": token.expires_at.map(Timestamp::to_rfc3339),
            "last_used_at": self.last_use(&token.id),
            "created_by": token.created_by,
            "created_at": token.created_at.to_rfc3339(),
        });
        let oauth = token.oauth.as_ref().map(|oauth| match oauth {
            OAuthUse::Client => json!({"client_id": token.id}),
            OAuthUse::Authorisation(known) => {
                json!({"client_id": known.client_id, "resource": known.resource})
            }
        });
        if let (Some(oauth), Some(members)) = (oauth, out.as_object_mut()) {
            members.insert("oauth".to_owned(), oauth);
        }
        out
    }
}

pub(crate) fn unauthorized(message: &str) -> Error {
    Error::new(ErrorKind::Unauthorized, message)
}

pub(crate) fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

pub(crate) fn is_expired(token: &Token, now: Timestamp) -> bool {
    token.expires_at.is_some_and(|at| at <= now)
}

/// How tokens name who made them.
fn maker(principal: &Principal) -> String {
    format!("{}:{}", principal.actor_type(), principal.id)
}

/// The tokens that somebody made, and those that these made.
pub(crate) fn descendants(catalog: &Catalog, maker: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut makers = vec![maker.to_owned()];
    while let Some(maker) = makers.pop() {
        for token in catalog.tokens.values().filter(|token| token.created_by == maker) {
            if found.insert(token.id.clone()) {
                makers.push(format!("token:{}", token.id));
            }
        }
    }
    found
}

/// The tokens a principal may see and revoke.
pub(crate) fn reached(catalog: &Catalog, principal: &Principal) -> BTreeSet<String> {
    let everything = principal.kind == Kind::Owner || Grants::full().are_within(&principal.grants);
    if everything {
        catalog.tokens.values().map(|token| token.id.clone()).collect()
    } else {
        descendants(catalog, &maker(principal))
    }
}

/// The operations that revoke tokens.
pub(crate) fn revocations(tokens: &BTreeSet<String>) -> Result<Vec<Operation>> {
    let revoke = |id: &String| {
        let key = RowKey::Id(RowId::parse(id)?);
        Ok(Operation::Delete { table: TableId::TOKENS, key, if_version: None })
    };
    tokens.iter().map(revoke).collect()
}
