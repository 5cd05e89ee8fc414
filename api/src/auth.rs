//! Who asks, and what they may do. One pure function decides by the table of operations; nothing else in Rekor does.

use crate::{
    operation::{Needs, Operation, Place},
    results::{About, Owner},
};
use rekor_core::{
    Error, ErrorKind, Result,
    catalog::{Role, User},
    error::Detail,
    grant::{GrantScope, Grants, Permission, Set},
    id::{CollectionId, DatabaseId},
};
use rekor_query::Scope;
use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

/// What sort of principal it is. No grant makes a token a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person who administers users.
    Owner,
    /// A person with grants.
    Member,
    /// A token.
    Token,
    /// The in-process command line on a local data root: a token with every grant.
    Local,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// What sort it is.
    pub kind: Kind,
    /// Id of the person or token.
    pub id: String,
    /// What it may do.
    pub grants: Arc<Grants>,
    /// The session of a person; absent for the standing credential of `--dev`.
    pub session: Option<String>,
}

impl Principal {
    /// The standing human credential of `serve --dev`.
    pub fn dev_owner() -> Self {
        Self { kind: Kind::Owner, id: "owner".to_owned(), grants: full(), session: None }
    }

    /// A person, through a session.
    pub fn person(user: &User, session: Option<String>) -> Self {
        let owner = user.role == Role::Owner;
        Self {
            kind: if owner { Kind::Owner } else { Kind::Member },
            id: user.id.clone(),
            grants: Arc::new(if owner { Grants::full() } else { user.grants.clone() }),
            session,
        }
    }

    /// The in-process command line.
    pub fn local() -> Self {
        Self { kind: Kind::Local, id: "local".to_owned(), grants: full(), session: None }
    }

    /// Whether it is a person.
    pub fn is_human(&self) -> bool {
        matches!(self.kind, Kind::Owner | Kind::Member)
    }

    /// `human` or `token`, for the operations log.
    pub fn actor_type(&self) -> &'static str {
        if self.is_human() { "human" } else { "token" }
    }

    /// The collections of a database that a permission covers.
    pub fn collections(&self, permission: Permission, database: &DatabaseId) -> Set<CollectionId> {
        self.grants.collections(permission, database)
    }
}

fn full() -> Arc<Grants> {
    Arc::new(Grants::full())
}

/// What an operation is done to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Target<'a> {
    /// The database, unless the operation belongs to the account.
    pub database: Option<&'a DatabaseId>,
    /// The collection, where it matters.
    pub collection: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// The account itself.
    pub const ACCOUNT: Target<'static> = Target { database: None, collection: None };

    /// A database.
    pub fn database(database: &'a DatabaseId) -> Self {
        Self { database: Some(database), collection: None }
    }

    /// A collection.
    pub fn collection(database: &'a DatabaseId, collection: &'a str) -> Self {
        Self { database: Some(database), collection: Some(collection) }
    }
}

/// Decides. What a credential cannot see does not exist for it: the error is that of a missing database or collection.
///
/// # Errors
/// `NotFound` for what no grant reaches, `Forbidden` without the permission or in production, `HumanRequired` for acts of
/// people.
pub fn authorise(principal: &Principal, operation: Operation, on: Target<'_>) -> Result<()> {
    let facts = operation.facts();
    visible(principal, on)?;
    match facts.needs {
        Needs::Credential => {}
        Needs::Permission(permission) => permit(principal, permission, facts.place, on)?,
        Needs::Human(permission) => {
            if !principal.is_human() {
                return Err(human_required(
                    "Promotion is a human act: a token cannot do it, whatever its grants. Ask a human to run \
                     `rekor databases promote`; a dry run is allowed.",
                ));
            }
            permit(principal, permission, facts.place, on)?;
        }
        Needs::Everything => {
            if !Grants::full().are_within(&principal.grants) {
                return Err(Error::forbidden(
                    "This needs a credential with every permission on every database.",
                ));
            }
        }
        Needs::Owner => {
            if principal.kind != Kind::Owner {
                return Err(human_required(
                    "Only an owner with a session administers users. Log in with `rekor login`.",
                ));
            }
        }
        Needs::Session => {
            if principal.session.is_none() {
                return Err(human_required("This needs a session. Log in with `rekor login`."));
            }
        }
    }
    match on.database {
        Some(database) if facts.place == Place::Preview => require_preview(database),
        _ => Ok(()),
    }
}

/// Decides whether a kept answer is there for somebody: they made it, and still see all that its query saw.
pub fn has_result(principal: &Principal, current: &Scope, answer: &About) -> bool {
    answer.owner == Owner::of(principal) && current.contains(&answer.scope)
}

/// Whether there is anything at all that [`authorise`] lets the principal do this to: what a list may offer. The answer is
/// found by asking for a database and a collection of every grant.
pub fn ever(principal: &Principal, operation: Operation) -> bool {
    let facts = operation.facts();
    if facts.place == Place::Account {
        return authorise(principal, operation, Target::ACCOUNT).is_ok();
    }
    let one = |scope: &GrantScope| {
        let collection = match &scope.collections {
            Set::All => Some("any"),
            Set::Some(named) => named.iter().next().map(CollectionId::as_str),
        };
        databases_of(scope).iter().any(|database| {
            let on_collection = matches!(facts.place, Place::Collection | Place::Preview);
            let collection = collection.filter(|_| on_collection);
            let target = Target { database: Some(database), collection };
            authorise(principal, operation, target).is_ok()
        })
    };
    principal.grants.0.iter().any(|grant| one(&grant.scope))
}

/// Databases of every sort that a scope names.
fn databases_of(scope: &GrantScope) -> Cow<'static, [DatabaseId]> {
    static ANY: LazyLock<Vec<DatabaseId>> = LazyLock::new(|| with_preview("any").collect());
    match &scope.databases {
        Set::All => Cow::Borrowed(&ANY),
        Set::Some(named) => named.iter().flat_map(|id| with_preview(id.as_str())).collect(),
    }
}

/// A database, and a preview of it.
fn with_preview(id: &str) -> impl Iterator<Item = DatabaseId> + use<> {
    [id.to_owned(), format!("{id}--any")].into_iter().filter_map(|id| DatabaseId::parse(&id).ok())
}

fn human_required(message: &str) -> Error {
    Error::new(ErrorKind::HumanRequired, message)
}

fn visible(principal: &Principal, on: Target<'_>) -> Result<()> {
    let Some(database) = on.database else { return Ok(()) };
    if !principal.grants.see(database) {
        return Err(missing_database(database.as_str()));
    }
    match on.collection {
        Some(collection) if !principal.grants.see_collection(database, collection) => {
            Err(missing_collection(database, collection))
        }
        _ => Ok(()),
    }
}

fn permit(
    principal: &Principal,
    permission: Permission,
    place: Place,
    on: Target<'_>,
) -> Result<()> {
    let Some(database) = on.database else {
        return if principal.grants.allow_anywhere(permission) {
            Ok(())
        } else {
            Err(lacking(
                permission,
                format!("The credential does not have the permission {permission}."),
            ))
        };
    };
    let collections = principal.collections(permission, database);
    let allowed = match on.collection {
        Some(collection) => collections.contains(collection),
        None if place == Place::Whole => collections.is_all(),
        None => !collections.is_empty(),
    };
    if allowed {
        return Ok(());
    }
    let what = match on.collection {
        Some(collection) => format!("the collection {collection} of {database}"),
        None if place == Place::Whole => format!("{database} with all its collections"),
        None => database.to_string(),
    };
    Err(lacking(
        permission,
        format!(
            "The credential does not have the permission {permission} on {what}; `rekor whoami` shows what it has."
        ),
    ))
}

/// The refusal for want of a permission, which a detail names for programs.
pub(crate) fn lacking(permission: Permission, message: String) -> Error {
    Error::forbidden(message)
        .with_detail(Detail::default().with("permission", permission.to_string()))
}

/// The permissions for want of which something was refused.
pub(crate) fn lacked(error: &Error) -> Vec<Permission> {
    let named = error.details.iter().filter_map(|detail| detail.get("permission")?.as_str());
    let named = named.filter(|_| error.kind == ErrorKind::Forbidden);
    named.filter_map(|name| Permission::try_from(name.to_owned()).ok()).collect()
}

/// The error of a database that does not exist, or that the credential does not reach.
pub fn missing_database(id: &str) -> Error {
    Error::not_found(format!(
        "The database {id} does not exist, or the credential does not reach it. `rekor databases list` shows those it reaches."
    ))
}

/// The error of a collection that does not exist, or that the credential does not reach.
pub fn missing_collection(database: &DatabaseId, id: &str) -> Error {
    Error::not_found(format!(
        "The collection {id} does not exist in {database}, or the credential does not reach it. \
         `rekor collections list --database {database}` shows those it reaches."
    ))
}

/// Configuration changes in previews only.
fn require_preview(database: &DatabaseId) -> Result<()> {
    if database.is_preview() {
        return Ok(());
    }
    Err(Error::forbidden(format!(
        "{database} is a production database: its configuration changes only by promotion. \
         Make a preview with `rekor databases create-preview {database} --name <slug>` and work in {database}--<slug>."
    )))
}
