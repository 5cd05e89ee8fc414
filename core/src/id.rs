//! Names and ids that users choose, as types that cannot hold a wrong value.

use crate::{Error, Result, limits};
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

/// First path segments of routes; no database may take one of these ids.
pub const RESERVED_DATABASE_IDS: [&str; 21] = [
    "databases",
    "workspaces",
    "tokens",
    "clients",
    "oauth",
    "vault",
    "secrets",
    "orgs",
    "whoami",
    "auth",
    "health",
    "mcp",
    "openapi.json",
    "metrics",
    "inbound",
    "blob",
    "e",
    "sse",
    "results",
    "v1",
    "_rekor",
];

/// The account database: users, tokens and the database directory. No route, SQL or export reaches it.
pub const ACCOUNT_DATABASE: &str = "_rekor";

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the rule of the type.
            ///
            /// # Errors
            /// [`crate::ErrorKind::Validation`] naming the value and the rule.
            pub fn parse(value: &str) -> Result<Self> {
                let check: fn(&str) -> std::result::Result<(), String> = $check;
                check(value).map_err(|rule| Error::validation(format!("{value:?} is not a valid {}: {rule}.", $what)))?;
                Ok(Self(value.into()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
        impl TryFrom<String> for $name {
            type Error = Error;
            fn try_from(value: String) -> Result<Self> {
                Self::parse(&value)
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0.to_string()
            }
        }
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name_type!(
    /// Id of a production database (`acme`) or of a preview (`acme--add-invoices`).
    DatabaseId,
    "database id",
    check_database_id
);
name_type!(
    /// Id of a collection.
    CollectionId,
    "collection id",
    |v| check_name(v, 63)
);
name_type!(
    /// Type of a relationship.
    RelType,
    "relationship type",
    |v| check_name(v, 63)
);
name_type!(
    /// Slug of an endpoint, as in its address.
    EndpointId,
    "endpoint slug",
    |v| check_name(v, 63)
);
name_type!(
    /// Id of a document or relationship in canonical form: a UUID is lower-case and hyphenated.
    RowId,
    "id",
    check_row_id
);

impl DatabaseId {
    /// The production database and the slug, if this is a preview.
    pub fn preview_parts(&self) -> Option<(&str, &str)> {
        self.0.split_once("--")
    }

    /// Whether this names a preview.
    pub fn is_preview(&self) -> bool {
        self.preview_parts().is_some()
    }

    /// The id of the preview `slug` of this production database.
    ///
    /// # Errors
    /// Validation, if the slug breaks the rule or this database is itself a preview.
    pub fn preview(&self, slug: &str) -> Result<Self> {
        if self.is_preview() {
            return Err(Error::validation(format!(
                "{self} is a preview; make previews of its production database."
            )));
        }
        Self::parse(&format!("{self}--{slug}"))
    }
}

impl RowId {
    /// Parses a client's id; a UUID in any case becomes lower-case and hyphenated.
    ///
    /// # Errors
    /// Validation, if the rule `^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,127}$` without `..` is broken.
    pub fn canonical(value: &str) -> Result<Self> {
        match uuid::Uuid::try_parse(value) {
            Ok(uuid) if value.len() == 36 => Self::parse(&uuid.hyphenated().to_string()),
            _ => Self::parse(value),
        }
    }
}

fn check_name(value: &str, len_max: usize) -> std::result::Result<(), String> {
    let ok_start =
        value.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let ok_rest = value
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-');
    if ok_start && ok_rest && value.len() <= len_max {
        Ok(())
    } else {
        Err(format!(
            "use lower-case letters, digits, '_' and '-', start with a letter or digit, at most {len_max} characters"
        ))
    }
}

fn check_database_id(value: &str) -> std::result::Result<(), String> {
    let (base, slug) = value.split_once("--").map_or((value, None), |(b, s)| (b, Some(s)));
    check_name(base, limits::DATABASE_ID_LEN_MAX)?;
    if RESERVED_DATABASE_IDS.contains(&base) {
        return Err("the name is reserved".to_owned());
    }
    match slug {
        None => Ok(()),
        Some(slug) if slug.contains("--") => {
            Err("'--' separates a database from one preview slug".to_owned())
        }
        Some(slug) => check_name(slug, limits::PREVIEW_SLUG_LEN_MAX),
    }
}

fn check_row_id(value: &str) -> std::result::Result<(), String> {
    let ok_start = value.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    let ok_rest = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.:-".contains(&b));
    if ok_start && ok_rest && value.len() <= limits::ROW_ID_LEN_MAX && !value.contains("..") {
        Ok(())
    } else {
        Err("use letters, digits, '_', '.', ':' and '-', start with a letter, digit or '_', no '..', at most 128 characters".to_owned())
    }
}

/// Number of a table of rows in storage; never reused. Files and manifests know tables only by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TableId(pub u64);

impl TableId {
    /// The directory of databases, in the account database.
    pub const DATABASES: Self = Self(1);
    /// API tokens, in the account database.
    pub const TOKENS: Self = Self(2);
    /// People, in the account database.
    pub const USERS: Self = Self(3);
    /// Sessions of people, in the account database.
    pub const SESSIONS: Self = Self(4);
    /// The log of the account: users, sessions and tokens (derived, never written by an operation).
    pub const ACCOUNT_LOG: Self = Self(5);
    /// OAuth clients that registered themselves, in the account database.
    pub const CLIENTS: Self = Self(6);
    /// The first id given to anything else.
    pub const FIRST_FREE: Self = Self(64);
}

impl TableId {
    /// The tables of the account database that hold configuration; the catalog starts with them.
    pub const ACCOUNT: [Self; 5] =
        [Self::DATABASES, Self::TOKENS, Self::USERS, Self::SESSIONS, Self::CLIENTS];
}

impl fmt::Display for TableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
