//! What clients get: new tokens, renewed ones, and their secrets, which are shown once and stored as hashes.

use super::{delete, oauth_origin};
use crate::{
    oauth::scope,
    service::{
        Service,
        database::system_json,
        token::{digest, is_expired},
    },
};
use rekor_core::{
    Result, Timestamp,
    catalog::{Authorisation, Catalog, OAuthUse, RefreshToken, Token},
    grant::Grants,
    id::{RowId, TableId},
    limits,
    time::uuid_v7,
};
use rekor_ingest::{Frame, Operation};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};

/// How refresh tokens start.
const REFRESH_PREFIX: &str = "rer_";
/// Characters of each of their halves.
const HALF: usize = 43;
/// Tokens that are over and are removed along with one write.
const SWEPT_MAX: usize = 100;

/// What a client gets.
pub(super) struct Issued {
    pub(super) token: Token,
    pub(super) authorisation: Authorisation,
    access: String,
    refresh: Option<String>,
}

impl Issued {
    /// The answer of the token endpoint.
    pub(super) fn answer(&self, now: Timestamp) -> Value {
        let until = self.authorisation.access_expires_at.0;
        let mut out = json!({
            "access_token": self.access,
            "token_type": "Bearer",
            "expires_in": (until - now.0).div_euclid(1_000),
            "scope": scope(self.token.grants.permissions()),
        });
        if let (Some(refresh), Some(members)) = (&self.refresh, out.as_object_mut()) {
            members.insert("refresh_token".to_owned(), Value::from(refresh.as_str()));
        }
        out
    }
}

impl Service {
    pub(super) fn new_token(&self, name: String, grants: Grants, created_by: String) -> Token {
        let now = self.now();
        Token {
            id: uuid_v7(now, &*self.engine.sources().entropy).to_string(),
            name,
            secret_sha256: String::new(),
            last4: String::new(),
            grants,
            expires_at: None,
            created_by,
            created_at: now,
            oauth: None,
        }
    }

    /// The token with new secrets; with a family also a new refresh token of it.
    pub(super) fn issued(
        &self,
        token: Token,
        authorisation: Authorisation,
        family: Option<String>,
    ) -> Issued {
        let now = self.now();
        let access = self.secret("rec_");
        let turn = family.as_ref().map(|_| self.secret(""));
        let refresh = family.zip(turn);
        let authorisation = Authorisation {
            access_expires_at: Timestamp(now.0 + limits::OAUTH_ACCESS_MS),
            refresh: refresh.as_ref().map(|(family, turn)| RefreshToken {
                family_sha256: digest(family),
                turn_sha256: digest(turn),
            }),
            ..authorisation
        };
        let idle = now.0 + limits::OAUTH_IDLE_MS;
        let whole = token.created_at.0 + limits::OAUTH_AUTHORISATION_MS;
        let token = Token {
            secret_sha256: digest(&access),
            last4: access.chars().skip(access.len().saturating_sub(4)).collect(),
            expires_at: Some(Timestamp(idle.min(whole))),
            oauth: Some(OAuthUse::Authorisation(authorisation.clone())),
            ..token
        };
        let refresh = refresh.map(|(family, turn)| format!("{REFRESH_PREFIX}{family}{turn}"));
        Issued { token, authorisation, access, refresh }
    }

    pub(super) async fn store_issued(
        &self,
        issued: &Issued,
        gone: Vec<Operation>,
        actor_type: &str,
        actor_id: &str,
        if_version: Option<u64>,
    ) -> Result<()> {
        let token = Token {
            oauth: Some(OAuthUse::Authorisation(issued.authorisation.clone())),
            ..issued.token.clone()
        };
        let mut operations = gone;
        operations.push(Operation::PutSystem {
            table: TableId::TOKENS,
            id: RowId::parse(&token.id)?,
            data: system_json(&token)?,
            if_version,
        });
        self.engine
            .write(Frame::new(oauth_origin(actor_type, actor_id), operations))
            .await
            .map(drop)
    }
}

/// The halves of a refresh token.
pub(super) fn halves(token: &str) -> Option<(&str, &str)> {
    let secret = token.strip_prefix(REFRESH_PREFIX)?;
    (secret.is_ascii() && secret.len() == 2 * HALF).then(|| secret.split_at(HALF))
}

/// What goes along with a new authorisation: those that are over, and the oldest of the same client and maker beyond the
/// limit.
pub(super) fn sweep(catalog: &Catalog, new: &Issued, now: Timestamp) -> Vec<Operation> {
    let authorisations = || {
        catalog
            .tokens
            .values()
            .filter(|token| matches!(token.oauth, Some(OAuthUse::Authorisation(_))))
    };
    let over = authorisations().filter(|token| is_expired(token, now)).take(SWEPT_MAX);
    let mut gone: BTreeSet<&str> = over.map(|token| token.id.as_str()).collect();
    let of_same = |token: &&Arc<Token>| match &token.oauth {
        Some(OAuthUse::Authorisation(known)) => {
            known.client_id == new.authorisation.client_id
                && token.created_by == new.token.created_by
                && !is_expired(token, now)
        }
        _ => false,
    };
    let mut living: Vec<&Arc<Token>> = authorisations().filter(of_same).collect();
    living.sort_by_key(|token| token.created_at);
    let beyond = (living.len() + 1).saturating_sub(limits::OAUTH_AUTHORISATIONS_MAX);
    gone.extend(living.iter().take(beyond).map(|token| token.id.as_str()));
    gone.into_iter().filter_map(|id| delete(TableId::TOKENS, id).ok()).collect()
}
