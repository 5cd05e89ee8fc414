//! API tokens and credentials.

use super::{Caller, Service, database::system_json};
use crate::auth::{Action, Principal, authorise};
use rekor_core::{
    Error, ErrorKind, Result, Timestamp,
    catalog::Token,
    id::{RowId, TableId},
    time::uuid_v7,
};
use rekor_ingest::{Frame, Operation, RowKey};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Body of a new token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// Display name.
    pub name: String,
    /// What it may do.
    pub grants: Value,
    /// RFC 3339; never, if absent.
    pub expires_at: Option<String>,
}

impl Service {
    /// Who a bearer credential is.
    ///
    /// # Errors
    /// `Unauthorized` if it is unknown, expired or revoked.
    pub fn authenticate(&self, bearer: Option<&str>) -> Result<Principal> {
        let refused = |message: &str| Err(Error::new(ErrorKind::Unauthorized, message));
        let Some(bearer) = bearer else {
            return refused(
                "No credential: send `Authorization: Bearer rec_…`, or set REKOR_TOKEN.",
            );
        };
        if let Some(owner) = &self.owner_token
            && bool::from(owner.as_bytes().ct_eq(bearer.as_bytes()))
        {
            return Ok(Principal::Human("owner".to_owned()));
        }
        let snapshot = self.engine.snapshot();
        match snapshot.catalog().tokens.get(&digest(bearer)) {
            Some(token) if token.expires_at.is_some_and(|at| at <= self.now()) => {
                refused("The token has expired; create a new one.")
            }
            Some(token) => Ok(Principal::Token(token.id.clone())),
            None => refused("The credential is unknown or revoked."),
        }
    }

    /// Creates a token; the answer holds the secret, once.
    ///
    /// # Errors
    /// Validation of the grants.
    pub async fn create_token(&self, caller: &Caller, new: NewToken) -> Result<Value> {
        authorise(&caller.principal, Action::ManageTokens)?;
        if new.grants != json!([{"scope": {"databases": ["*"]}, "permissions": ["*"]}]) {
            return Err(Error::validation(
                "This version knows one grant, the full one: [{\"scope\":{\"databases\":[\"*\"]},\"permissions\":[\"*\"]}]. \
                 Narrower grants are not enforced yet, so they are refused rather than widened.",
            ));
        }
        let expires_at = new.expires_at.as_deref().map(|text| {
            Timestamp::parse_rfc3339(text).ok_or_else(|| {
                Error::validation(format!(
                    "expires_at {text:?} is no RFC 3339 time, such as 2030-12-31T23:59:59Z."
                ))
            })
        });
        let expires_at = expires_at.transpose()?;
        let secret = self.secret("rec_");
        let now = self.now();
        let token = Token {
            id: uuid_v7(now, &*self.engine.sources().entropy).to_string(),
            name: new.name,
            secret_sha256: digest(&secret),
            last4: secret.chars().skip(secret.len().saturating_sub(4)).collect(),
            grants: new.grants,
            expires_at,
            created_by: format!("{}:{}", caller.principal.kind(), caller.principal.id()),
            created_at: now,
        };
        let operation = Operation::PutSystem {
            table: TableId::TOKENS,
            id: RowId::parse(&token.id)?,
            data: system_json(&token)?,
            if_version: Some(0),
        };
        self.engine.write(Frame { origin: caller.origin(), operations: vec![operation] }).await?;
        let mut out = token_json(&token, now);
        if let Some(members) = out.as_object_mut() {
            members.insert("token".to_owned(), json!(secret));
        }
        Ok(out)
    }

    /// All tokens, without their secrets.
    ///
    /// # Errors
    /// `Forbidden` without the right.
    pub fn list_tokens(&self, caller: &Caller) -> Result<Vec<Value>> {
        authorise(&caller.principal, Action::ManageTokens)?;
        let snapshot = self.engine.snapshot();
        let mut tokens: Vec<_> = snapshot.catalog().tokens.values().cloned().collect();
        tokens.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(tokens.iter().map(|token| token_json(token, self.now())).collect())
    }

    /// Revokes a token, for good.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn revoke_token(&self, caller: &Caller, id: &str) -> Result<Value> {
        authorise(&caller.principal, Action::ManageTokens)?;
        let key = RowKey::Id(RowId::canonical(id)?);
        let operation = Operation::Delete { table: TableId::TOKENS, key, if_version: None };
        self.engine.write(Frame { origin: caller.origin(), operations: vec![operation] }).await?;
        Ok(json!({"id": id, "revoked": true}))
    }

    /// Who the caller is.
    pub fn whoami(&self, caller: &Caller) -> Value {
        json!({"kind": caller.principal.kind(), "id": caller.principal.id()})
    }

    fn secret(&self, prefix: &str) -> String {
        let mut out = prefix.to_owned();
        let mut bytes = [0; 64];
        while out.len() < prefix.len() + 43 {
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
        out.truncate(prefix.len() + 43);
        out
    }
}

fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

fn token_json(token: &Token, now: Timestamp) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "last4": token.last4,
        "grants": token.grants,
        "status": if token.expires_at.is_some_and(|at| at <= now) { "expired" } else { "active" },
        "expires_at": token.expires_at.map(Timestamp::to_rfc3339),
        "created_by": token.created_by,
        "created_at": token.created_at.to_rfc3339(),
    })
}
