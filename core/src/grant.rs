//! What a credential may do: grants, each a scope with permissions (`[{"scope":{…},"permissions":[…]}]`).
//!
//! A grant covers a database by name: `"*"` covers all, a production database covers its previews unless `environments`
//! leaves previews out, and the exact id of a preview always covers that preview. The account database is no database that
//! any of this can name.

use crate::{
    Error, Result,
    error::Detail,
    id::{CollectionId, DatabaseId},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt};

/// Kinds of things that permissions are about, in the order of documents.
const SUBJECTS: [(&str, Subject); 10] = [
    ("documents", Subject::Documents),
    ("collections", Subject::Collections),
    ("relationships", Subject::Relationships),
    ("attachments", Subject::Attachments),
    ("hooks", Subject::Hooks),
    ("triggers", Subject::Triggers),
    ("endpoints", Subject::Endpoints),
    ("databases", Subject::Databases),
    ("tokens", Subject::Tokens),
    ("audit", Subject::Audit),
];

/// Older and newer names of subjects.
const SUBJECT_ALIASES: [(&str, &str); 4] = [
    ("records", "documents"),
    ("workspaces", "databases"),
    ("inbound_webhooks", "hooks"),
    ("toolsets", "endpoints"),
];

/// What a permission is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Subject {
    Documents,
    Collections,
    Relationships,
    Attachments,
    Hooks,
    Triggers,
    Endpoints,
    Databases,
    /// API tokens, of the whole account.
    Tokens,
    /// History and the whole operations log.
    Audit,
}

/// One permission, such as `read:documents`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Permission {
    /// Whether it is `write:`; that does not include `read:`.
    pub write: bool,
    /// What it is about.
    pub subject: Subject,
}

impl Permission {
    /// `read:` of a subject.
    pub const fn read(subject: Subject) -> Self {
        Self { write: false, subject }
    }

    /// `write:` of a subject.
    pub const fn write(subject: Subject) -> Self {
        Self { write: true, subject }
    }

    /// Every permission, for tables and tests.
    pub fn all() -> impl Iterator<Item = Self> {
        SUBJECTS.iter().flat_map(|(_, subject)| [Self::read(*subject), Self::write(*subject)])
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = SUBJECTS.iter().find(|(_, subject)| *subject == self.subject);
        let access = if self.write { "write" } else { "read" };
        write!(f, "{access}:{}", name.map_or("", |(name, _)| name))
    }
}

impl From<Permission> for String {
    fn from(permission: Permission) -> Self {
        permission.to_string()
    }
}

impl TryFrom<String> for Permission {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        let parsed = text.split_once(':').and_then(|(access, name)| {
            let write = match access {
                "read" => false,
                "write" => true,
                _ => return None,
            };
            let alias = SUBJECT_ALIASES.iter().find(|(old, _)| *old == name);
            let name = alias.map_or(name, |(_, new)| new);
            let (_, subject) = SUBJECTS.iter().find(|(known, _)| *known == name)?;
            Some(Self { write, subject: *subject })
        });
        parsed.ok_or_else(|| {
            let names: Vec<&str> = SUBJECTS.iter().map(|(name, _)| *name).collect();
            Error::validation(format!(
                "{text:?} is no permission; write \"*\", or read: or write: with one of {}.",
                names.join(", ")
            ))
        })
    }
}

/// A set that may be everything, written `["*"]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Set<T: Ord> {
    /// Everything.
    All,
    /// These.
    Some(BTreeSet<T>),
}

impl<T: Ord> Set<T> {
    /// Whether `item` is in it.
    pub fn contains<Q: Ord + ?Sized>(&self, item: &Q) -> bool
    where
        T: std::borrow::Borrow<Q>,
    {
        match self {
            Self::All => true,
            Self::Some(items) => items.contains(item),
        }
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Some(items) if items.is_empty())
    }

    /// Whether everything in it is in the other one, too.
    pub fn is_subset(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::All) => true,
            (Self::All, Self::Some(_)) => false,
            (Self::Some(ours), Self::Some(theirs)) => ours.is_subset(theirs),
        }
    }

    /// Whether it is everything.
    pub fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }
}

impl<T: Ord + Clone> Set<T> {
    /// What is in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, other) | (other, Self::All) => other.clone(),
            (Self::Some(a), Self::Some(b)) => Self::Some(a.intersection(b).cloned().collect()),
        }
    }

    /// Both sets in one.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Some(a), Self::Some(b)) => Self::Some(a.union(b).cloned().collect()),
            _ => Self::All,
        }
    }
}

impl<T: Ord> Default for Set<T> {
    fn default() -> Self {
        Self::Some(BTreeSet::new())
    }
}

impl<T: Ord + Clone + Into<String>> Serialize for Set<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.collect_seq(["*"]),
            Self::Some(items) => {
                serializer.collect_seq(items.iter().cloned().map(Into::<String>::into))
            }
        }
    }
}

impl<'de, T: Ord + TryFrom<String, Error = Error>> Deserialize<'de> for Set<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        if texts.iter().any(|text| text == "*") {
            return Ok(Self::All);
        }
        let items = texts.into_iter().map(T::try_from).collect::<Result<_, _>>();
        items.map(Self::Some).map_err(serde::de::Error::custom)
    }
}

/// Production databases or previews.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// A database such as `acme`.
    Production,
    /// A preview such as `acme--add-invoices`.
    Preview,
}

impl Environment {
    /// The environment of a database.
    pub fn of(database: &DatabaseId) -> Self {
        if database.is_preview() { Self::Preview } else { Self::Production }
    }
}

/// Where a grant holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantScope {
    /// Databases by id.
    #[serde(alias = "workspaces")]
    pub databases: Set<DatabaseId>,
    /// Collections; all, if absent.
    #[serde(default = "everything", skip_serializing_if = "Set::is_all")]
    pub collections: Set<CollectionId>,
    /// Environments; both, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environments: Option<BTreeSet<Environment>>,
}

fn everything<T: Ord>() -> Set<T> {
    Set::All
}

impl GrantScope {
    /// Whether the scope holds in a database.
    pub fn covers(&self, database: &DatabaseId) -> bool {
        let in_environment = || {
            let environment = Environment::of(database);
            self.environments.as_ref().is_none_or(|allowed| allowed.contains(&environment))
        };
        match &self.databases {
            Set::All => in_environment(),
            Set::Some(named) => match database.preview_parts() {
                Some(_) if named.contains(database) => true,
                Some((production, _)) => named.contains(production) && in_environment(),
                None => named.contains(database) && in_environment(),
            },
        }
    }

    /// Whether this scope reaches nothing that `other` does not.
    fn is_within(&self, other: &Self) -> bool {
        let databases = match &self.databases {
            Set::All => other.databases.is_all(),
            Set::Some(named) => named.iter().all(|id| self.reach_is_within(id, other)),
        };
        let environments = !self.databases.is_all() || self.environments_within(other);
        databases && environments && self.collections.is_subset(&other.collections)
    }

    /// What this scope reaches through one named database: itself, and the previews of a production database.
    fn reach_is_within(&self, id: &DatabaseId, other: &Self) -> bool {
        if id.is_preview() {
            return other.covers(id);
        }
        let wants = |environment| {
            self.environments.as_ref().is_none_or(|allowed| allowed.contains(&environment))
        };
        let gives = |environment| {
            other.databases.contains(id)
                && other.environments.as_ref().is_none_or(|allowed| allowed.contains(&environment))
        };
        [Environment::Production, Environment::Preview]
            .into_iter()
            .all(|environment| !wants(environment) || gives(environment))
    }

    /// The databases that both scopes name, one of them perhaps by the name of its production database.
    fn common_databases(&self, other: &Self) -> Set<DatabaseId> {
        let reached = |named: &BTreeSet<DatabaseId>, scope: &Self| {
            // The name of a preview holds in every environment: it stays only where both scopes reach it.
            let covered = |id: &&DatabaseId| match &scope.databases {
                Set::Some(known) if known.contains(*id) => true,
                Set::All if !id.is_preview() => true,
                _ => id.is_preview() && scope.covers(id),
            };
            named.iter().filter(covered).cloned().collect::<BTreeSet<_>>()
        };
        match (&self.databases, &other.databases) {
            (Set::All, Set::All) => Set::All,
            (Set::All, Set::Some(theirs)) => Set::Some(reached(theirs, self)),
            (Set::Some(ours), Set::All) => Set::Some(reached(ours, other)),
            (Set::Some(ours), Set::Some(theirs)) => {
                Set::Some(&reached(ours, other) | &reached(theirs, self))
            }
        }
    }

    fn common_environments(&self, other: &Self) -> Option<BTreeSet<Environment>> {
        match (&self.environments, &other.environments) {
            (ours, None) => ours.clone(),
            (None, theirs) => theirs.clone(),
            (Some(ours), Some(theirs)) => Some(ours.intersection(theirs).copied().collect()),
        }
    }

    fn environments_within(&self, other: &Self) -> bool {
        match (&self.environments, &other.environments) {
            (_, None) => true,
            (None, Some(theirs)) => theirs.len() == 2,
            (Some(ours), Some(theirs)) => ours.is_subset(theirs),
        }
    }
}

/// A scope with permissions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Where it holds.
    pub scope: GrantScope,
    /// What it allows there.
    pub permissions: Set<Permission>,
}

/// Everything a credential may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grants(pub Vec<Grant>);

/// Most grants of one credential.
const GRANTS_MAX: usize = 64;

impl Grants {
    /// Everything, everywhere.
    pub fn full() -> Self {
        let scope = GrantScope { databases: Set::All, collections: Set::All, environments: None };
        Self(vec![Grant { scope, permissions: Set::All }])
    }

    /// Reads grants as clients write them, in either vocabulary.
    ///
    /// # Errors
    /// Validation naming what is wrong.
    pub fn parse(value: &serde_json::Value) -> Result<Self> {
        let wrong = |message: String| {
            Error::validation(format!(
                "`grants` are not valid: {message}. Write [{{\"scope\":{{\"databases\":[\"acme\"]}},\"permissions\":[\"read:documents\"]}}]."
            ))
            .with_detail(Detail::at("/grants", message))
        };
        // Through text, so that numbers and member order do not matter.
        let grants: Self =
            serde_json::from_str(&value.to_string()).map_err(|error| wrong(error.to_string()))?;
        if grants.0.is_empty() || grants.0.len() > GRANTS_MAX {
            return Err(wrong(format!("there must be 1 to {GRANTS_MAX} of them")));
        }
        let empty = |grant: &Grant| {
            grant.permissions.is_empty()
                || grant.scope.databases.is_empty()
                || grant.scope.collections.is_empty()
        };
        if grants.0.iter().any(empty) {
            return Err(wrong("an empty list allows nothing; leave the grant out".to_owned()));
        }
        Ok(grants)
    }

    /// The database, if it is the only one that the grants name.
    pub fn only_database(&self) -> Option<&DatabaseId> {
        let mut named = BTreeSet::new();
        for grant in &self.0 {
            match &grant.scope.databases {
                Set::All => return None,
                Set::Some(databases) => named.extend(databases),
            }
        }
        if named.len() == 1 { named.first().copied() } else { None }
    }

    /// What of the grants concerns documents and relationships of these collections, and nothing else.
    #[must_use]
    pub fn within(&self, collections: &BTreeSet<CollectionId>) -> Self {
        let data: Vec<Permission> = [Subject::Documents, Subject::Relationships]
            .into_iter()
            .flat_map(|subject| [Permission::read(subject), Permission::write(subject)])
            .collect();
        let narrowed = self.0.iter().map(|grant| {
            let reached = collections.iter().filter(|c| grant.scope.collections.contains(*c));
            let permissions = data.iter().filter(|p| grant.permissions.contains(*p));
            Grant {
                scope: GrantScope {
                    collections: Set::Some(reached.cloned().collect()),
                    ..grant.scope.clone()
                },
                permissions: Set::Some(permissions.copied().collect()),
            }
        });
        let empty =
            |grant: &Grant| grant.permissions.is_empty() || grant.scope.collections.is_empty();
        Self(narrowed.filter(|grant| !empty(grant)).collect())
    }

    /// What of the grants concerns these databases, in these environments and with these permissions, and nothing else.
    #[must_use]
    pub fn narrowed(&self, chosen: &Grant) -> Self {
        let narrowed = self.0.iter().map(|grant| Grant {
            scope: GrantScope {
                databases: grant.scope.common_databases(&chosen.scope),
                collections: grant.scope.collections.intersection(&chosen.scope.collections),
                environments: grant.scope.common_environments(&chosen.scope),
            },
            permissions: grant.permissions.intersection(&chosen.permissions),
        });
        let empty = |grant: &Grant| {
            grant.permissions.is_empty()
                || grant.scope.databases.is_empty()
                || grant.scope.collections.is_empty()
                || grant.scope.environments.as_ref().is_some_and(BTreeSet::is_empty)
        };
        Self(narrowed.filter(|grant| !empty(grant)).collect())
    }

    /// The permissions that are given somewhere.
    pub fn permissions(&self) -> impl Iterator<Item = Permission> {
        Permission::all().filter(|permission| self.allow_anywhere(*permission))
    }

    /// Whether any grant reaches the database at all.
    pub fn see(&self, database: &DatabaseId) -> bool {
        self.0.iter().any(|grant| grant.scope.covers(database))
    }

    /// Whether any grant reaches the collection at all.
    pub fn see_collection(&self, database: &DatabaseId, collection: &str) -> bool {
        self.0.iter().any(|grant| {
            grant.scope.covers(database) && grant.scope.collections.contains(collection)
        })
    }

    /// The collections of a database for which a permission is given.
    pub fn collections(&self, permission: Permission, database: &DatabaseId) -> Set<CollectionId> {
        self.allowing(permission)
            .filter(|grant| grant.scope.covers(database))
            .fold(Set::default(), |all, grant| all.union(&grant.scope.collections))
    }

    /// Whether a permission is given somewhere, for what belongs to no database.
    pub fn allow_anywhere(&self, permission: Permission) -> bool {
        self.allowing(permission).next().is_some()
    }

    /// Whether a permission is given on every database.
    pub fn allow_everywhere(&self, permission: Permission) -> bool {
        let whole = |scope: &GrantScope| {
            scope.databases.is_all() && scope.collections.is_all() && scope.environments.is_none()
        };
        self.allowing(permission).any(|grant| whole(&grant.scope))
    }

    fn allowing(&self, permission: Permission) -> impl Iterator<Item = &Grant> {
        self.0.iter().filter(move |grant| grant.permissions.contains(&permission))
    }

    /// Whether each of these grants is within one of `ceiling`: nobody hands out more than they have.
    pub fn are_within(&self, ceiling: &Self) -> bool {
        self.0.iter().all(|grant| {
            ceiling.0.iter().any(|above| {
                grant.scope.is_within(&above.scope)
                    && grant.permissions.is_subset(&above.permissions)
            })
        })
    }
}
