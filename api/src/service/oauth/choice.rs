//! What a person chose, cut to their own rights.

use super::Decision;
use crate::{
    oauth::{Resource, consent::Consent},
    service::Service,
};
use rekor_core::{
    Error, Result,
    catalog::Catalog,
    grant::{Environment, Grant, GrantScope, Grants, Permission, Set},
    id::DatabaseId,
};
use std::collections::BTreeSet;

impl Service {
    /// What a person chose, within their own rights.
    pub(super) fn chosen(
        &self,
        resource: &Resource,
        decision: &Decision,
        own: &Grants,
    ) -> Result<Grants> {
        let mut permissions = BTreeSet::new();
        for text in &decision.permissions {
            let permission = Permission::try_from(text.clone())?;
            if !own.allow_anywhere(permission) || !resource.permissions().contains(&permission) {
                return Err(beyond(&permission.to_string()));
            }
            permissions.insert(permission);
        }
        if permissions.is_empty() {
            return Err(Error::validation("Choose at least one permission, or deny."));
        }
        let snapshot = self.engine.snapshot();
        let catalog = snapshot.catalog();
        let (scopes, preview_scope) = scopes(decision, resource, catalog, own)?;
        let chosen = scopes.into_iter().chain(preview_scope);
        let grants: Vec<Grant> = chosen
            .flat_map(|scope| {
                own.narrowed(&Grant { scope, permissions: Set::Some(permissions.clone()) }).0
            })
            .collect();
        let grants = Grants(grants);
        if grants.0.is_empty() {
            return Err(Error::validation(
                "Nothing is left of this choice within your own rights; choose other databases, another environment or other permissions.",
            ));
        }
        if !grants.are_within(own) {
            return Err(beyond("what was chosen"));
        }
        Ok(grants)
    }
}

/// What is suggested: what the client asks for, and where it does not say, what reads.
pub(super) fn suggested(consent: &Consent) -> Vec<Permission> {
    let resource = &consent.request.resource;
    if consent.request.asked.is_empty() {
        resource.suggested()
    } else {
        consent.request.asked.clone()
    }
}

pub(super) fn names_all(grants: &Grants) -> bool {
    grants.0.iter().any(|grant| grant.scope.databases.is_all())
}

/// The databases that may be chosen for a resource: those the person sees, and for an endpoint those that have it.
pub(super) fn offered(catalog: &Catalog, resource: &Resource, own: &Grants) -> Vec<DatabaseId> {
    let has = |slug: &str, id: &DatabaseId| {
        catalog.databases.get(id).is_some_and(|database| database.endpoints.contains_key(slug))
    };
    let fits = |id: &&DatabaseId| match resource {
        Resource::Endpoint(slug) => has(slug, id),
        Resource::Admin | Resource::Rest => true,
    };
    catalog.databases.keys().filter(|id| own.see(id)).filter(fits).cloned().collect()
}

/// The scopes that were chosen: one for production databases with the environments, one for previews by name.
fn scopes(
    decision: &Decision,
    resource: &Resource,
    catalog: &Catalog,
    own: &Grants,
) -> Result<(Option<GrantScope>, Option<GrantScope>)> {
    let environments = match decision.environment.as_str() {
        "both" => None,
        "preview" => Some(BTreeSet::from([Environment::Preview])),
        _ => Some(BTreeSet::from([Environment::Production])),
    };
    let scope =
        |databases, environments| GrantScope { databases, collections: Set::All, environments };
    if decision.databases.iter().any(|id| id == "*") {
        if !names_all(own) || *resource != Resource::Admin {
            return Err(beyond("all databases"));
        }
        return Ok((Some(scope(Set::All, environments)), None));
    }
    let known = offered(catalog, resource, own);
    let (mut production, mut previews) = (BTreeSet::new(), BTreeSet::new());
    for id in &decision.databases {
        let id = known.iter().find(|known| known.as_str() == id).ok_or_else(|| beyond(id))?;
        let ids = if id.is_preview() { &mut previews } else { &mut production };
        ids.insert(id.clone());
    }
    let count = production.len() + previews.len();
    if count == 0 || (count > 1 && *resource != Resource::Admin) {
        let how_many = if *resource == Resource::Admin { "at least" } else { "exactly" };
        return Err(Error::validation(format!("Choose {how_many} one database, or deny.")));
    }
    let environments = match resource {
        // Which of its databases an endpoint is of is decided by the name alone.
        Resource::Endpoint(_) => Some(BTreeSet::from([Environment::Production])),
        Resource::Admin | Resource::Rest => environments,
    };
    let some = |ids: BTreeSet<DatabaseId>, environments| {
        (!ids.is_empty()).then(|| scope(Set::Some(ids), environments))
    };
    Ok((some(production, environments), some(previews, None)))
}

fn beyond(what: &str) -> Error {
    Error::forbidden(format!(
        "You cannot allow {what}: it is not within your own rights, or of no use there. Nothing was allowed."
    ))
}
