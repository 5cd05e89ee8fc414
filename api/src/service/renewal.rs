//! What a credential is worth by now, for whatever goes on longer than a request.

use super::{
    Service,
    token::{is_expired, unauthorized},
};
use crate::auth::{Kind, Principal};
use rekor_core::{
    Result,
    catalog::{Catalog, OAuthUse, Token},
};
use std::sync::Arc;

impl Service {
    /// The principal with the rights that it has now.
    ///
    /// # Errors
    /// `Unauthorized` if its token was revoked or has expired, or its session or person is gone.
    pub(crate) fn renewed(&self, principal: &Principal) -> Result<Principal> {
        let snapshot = self.engine.snapshot();
        match (principal.kind, &principal.session) {
            (Kind::Token, _) => self.renewed_token(snapshot.catalog(), principal),
            (_, Some(session)) => {
                let known = snapshot.catalog().sessions.values().find(|known| known.id == *session);
                let known = known.ok_or_else(|| unauthorized("The session has ended."))?;
                self.session_principal(snapshot.catalog(), known)
            }
            // The standing credential of `--dev`, and the command line on its own data root.
            (_, None) => Ok(principal.clone()),
        }
    }

    fn renewed_token(&self, catalog: &Catalog, principal: &Principal) -> Result<Principal> {
        let token = catalog.tokens.values().find(|token| token.id == principal.id);
        let works = |token: &&Arc<Token>| match &token.oauth {
            Some(OAuthUse::Authorisation(known)) => known.access_expires_at > self.now(),
            _ => true,
        };
        let token = token.filter(|token| !is_expired(token, self.now())).filter(works);
        let token = token.ok_or_else(|| unauthorized("The token was revoked or has expired."))?;
        Ok(Principal { grants: Arc::new(token.grants.clone()), ..principal.clone() })
    }
}
