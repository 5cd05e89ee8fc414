//! More, where a call lacked something that a person could give.

use crate::{
    auth::{Kind, Principal},
    oauth::Resource,
    service::Service,
};
use rekor_core::{catalog::OAuthUse, grant::Permission};
use std::collections::BTreeSet;

impl Service {
    /// The challenge that sends a client to its person for more, if that person can give what was lacking. It names what the
    /// client has as well: some ask for what the last challenge named and for nothing else.
    pub(crate) fn step_up(
        &self,
        principal: &Principal,
        resource: &Resource,
        lacked: &[Permission],
    ) -> Option<String> {
        if lacked.is_empty() || principal.kind != Kind::Token {
            return None;
        }
        let oauth = self.oauth.as_ref()?;
        let snapshot = self.engine.snapshot();
        let catalog = snapshot.catalog();
        let token = catalog.tokens.values().find(|token| token.id == principal.id)?;
        let Some(OAuthUse::Authorisation(_)) = &token.oauth else { return None };
        let person = catalog.users.get(token.created_by.strip_prefix("human:")?)?;
        let rights = Principal::person(person, None).grants;
        let given = resource.permissions();
        let can = |p: &&Permission| given.contains(*p) && rights.allow_anywhere(**p);
        let wanted: Vec<Permission> = lacked.iter().filter(can).copied().collect();
        let helps = !wanted.is_empty();
        let named: BTreeSet<Permission> = principal.grants.permissions().chain(wanted).collect();
        let named = named.into_iter().collect();
        helps.then(|| oauth.issuer.challenge(resource, Some("insufficient_scope"), named))
    }
}
