//! The names: databases, collections and tokens, as one immutable value that belongs to a snapshot.
//!
//! The catalog is derived from system rows of the same sequence number; it is never stored by itself.

use crate::{
    Timestamp,
    endpoint::EndpointConfig,
    grant::Grants,
    id::{CollectionId, DatabaseId, EndpointId, RelType, TableId},
    schema::Schema,
    settings::{Retention, Settings},
    subcolumn::DocPath,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// Everything that has a name, at one sequence number.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Databases and previews that are not deleted.
    pub databases: BTreeMap<DatabaseId, Arc<Database>>,
    /// Databases that were deleted and can be restored.
    pub dropped: BTreeMap<DatabaseId, Arc<Database>>,
    /// Tokens by the SHA-256 of their secret, lower-case hex.
    pub tokens: BTreeMap<String, Arc<Token>>,
    /// People by id.
    pub users: BTreeMap<String, Arc<User>>,
    /// Sessions by the SHA-256 of their secret, lower-case hex.
    pub sessions: BTreeMap<String, Arc<Session>>,
    /// OAuth clients that registered themselves, by id.
    pub clients: BTreeMap<String, Arc<RegisteredClient>>,
    /// What each table holds; tables of dropped collections and databases are not here.
    pub roles: HashMap<TableId, TableRole>,
}

impl Catalog {
    /// A collection by name.
    pub fn collection(&self, database: &str, collection: &str) -> Option<&Arc<Collection>> {
        self.databases.get(database)?.collections.get(collection)
    }

    /// How long a database, live or deleted, keeps things; the defaults, if there is no such database.
    pub fn retention(&self, database: &DatabaseId) -> Retention {
        let known = self.databases.get(database).or_else(|| self.dropped.get(database));
        known.map(|known| known.entry.settings.retention.clone()).unwrap_or_default()
    }

    /// The collection whose documents a table holds.
    pub fn collection_of(&self, table: TableId) -> Option<&Arc<Collection>> {
        match self.roles.get(&table)? {
            TableRole::Documents(database, collection) => {
                self.collection(database.as_str(), collection.as_str())
            }
            _ => None,
        }
    }
}

/// A database or preview.
#[derive(Clone, Debug)]
pub struct Database {
    /// Its directory entry.
    pub entry: DatabaseEntry,
    /// Version of the directory entry.
    pub version: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its directory entry changed last.
    pub updated_at: Timestamp,
    /// Its collections that are not deleted.
    pub collections: BTreeMap<CollectionId, Arc<Collection>>,
    /// Its declared relationship types.
    pub relationship_types: BTreeMap<RelType, Arc<RelationshipType>>,
    /// Its endpoints.
    pub endpoints: BTreeMap<EndpointId, Arc<Endpoint>>,
}

/// What the directory stores about a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseEntry {
    /// Its id.
    pub id: DatabaseId,
    /// Display name.
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Tags such as `client:acme`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Its system tables.
    pub tables: DatabaseTables,
    /// What it does by itself.
    #[serde(default)]
    pub settings: Settings,
    /// Key of the hashes in the operations log, lower-case hex of 32 bytes.
    #[serde(default)]
    pub log_key: String,
    /// For a preview: version of each entity of the production database when the preview was made, by the entity's key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub base_versions: BTreeMap<String, u64>,
}

/// The tables every database has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseTables {
    /// Collections: one system row each.
    pub collections: TableId,
    /// Relationships.
    pub relationships: TableId,
    /// Promotions into this database: one system row each.
    pub promotions: TableId,
    /// Declared relationship types: one system row each.
    pub types: TableId,
    /// Endpoints: one system row each.
    pub endpoints: TableId,
    /// Versions of collections, relationship types and endpoints: one system row each, never changed.
    pub versions: TableId,
    /// The operations log (derived, never written by an operation).
    pub log: TableId,
    /// Answers to requests that may be sent again: one system row each, for a day.
    pub receipts: TableId,
}

impl DatabaseTables {
    /// All of them.
    pub fn all(self) -> [TableId; 8] {
        let Self {
            collections,
            relationships,
            promotions,
            types,
            endpoints,
            versions,
            log,
            receipts,
        } = self;
        [collections, relationships, promotions, types, endpoints, versions, log, receipts]
    }
}

/// What a table holds, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableRole {
    /// The collections of a database.
    Collections(DatabaseId),
    /// The promotions into a database.
    Promotions(DatabaseId),
    /// The relationship types that a database declares.
    RelationshipTypes(DatabaseId),
    /// The endpoints of a database.
    Endpoints(DatabaseId),
    /// The versions of its configuration.
    Versions(DatabaseId),
    /// The answers to requests that may be sent again.
    Receipts(DatabaseId),
    /// The operations log of a database.
    Log(DatabaseId),
    /// The relationships of a database.
    Relationships(DatabaseId),
    /// The documents of a collection.
    Documents(DatabaseId, CollectionId),
}

/// A collection.
#[derive(Clone, Debug)]
pub struct Collection {
    /// What its system row stores.
    pub entry: CollectionEntry,
    /// Version of the system row.
    pub version: u64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// The compiled schema.
    pub schema: Arc<Schema>,
    /// Cluster key: the paths of `x-rekor-cluster-by`, below the document's root.
    pub cluster_by: Vec<DocPath>,
}

/// What the system row of a collection stores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CollectionEntry {
    /// Its id.
    pub id: CollectionId,
    /// Display name.
    pub name: String,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON Schema of `data`.
    pub json_schema: serde_json::Value,
    /// Display hint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Display hint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// Table of its documents.
    pub table: TableId,
}

/// A declared relationship type.
#[derive(Clone, Debug)]
pub struct RelationshipType {
    /// What its system row stores.
    pub entry: RelationshipTypeEntry,
    /// Version of the system row.
    pub version: u64,
    /// When it was declared.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// The compiled schema of `data`.
    pub schema: Arc<Schema>,
}

/// What the system row of a relationship type stores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RelationshipTypeEntry {
    /// Its name.
    pub id: RelType,
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The JSON Schema of `data`.
    pub data_schema: serde_json::Value,
    /// Collections that a source may be in; any, if empty.
    #[serde(default)]
    pub source_collections: BTreeSet<CollectionId>,
    /// Collections that a target may be in; any, if empty.
    #[serde(default)]
    pub target_collections: BTreeSet<CollectionId>,
}

/// An endpoint.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// What its system row stores.
    pub entry: EndpointEntry,
    /// Version of the system row.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// What the system row of an endpoint stores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndpointEntry {
    /// Its slug.
    pub id: EndpointId,
    /// What it is.
    pub config: EndpointConfig,
}

/// An API token; the secret itself is not stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Public id, for lists and revocation.
    pub id: String,
    /// Display name.
    pub name: String,
    /// SHA-256 of the secret, lower-case hex.
    pub secret_sha256: String,
    /// Last four characters of the secret.
    pub last4: String,
    /// What it may do.
    pub grants: Grants,
    /// When it stops working.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Who made it: `human:<id>` or `token:<id>`.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// What it is in OAuth, if it is more than a bearer token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth: Option<OAuthUse>,
}

/// What a token is in OAuth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OAuthUse {
    /// A client that works without a person: its secret is exchanged for access tokens, and opens nothing itself.
    Client,
    /// What a client was allowed.
    Authorisation(Authorisation),
}

/// What a client was allowed: the token's secret is the access token of the hour, renewed with the refresh token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorisation {
    /// Id of the client: a URL, the id of a registration, or that of a client token.
    pub client_id: String,
    /// The only resource it opens, as a URL.
    pub resource: String,
    /// When the access token stops working; the authorisation itself goes on until the token's `expires_at`.
    pub access_expires_at: Timestamp,
    /// The refresh token, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<RefreshToken>,
}

/// A refresh token; only hashes are stored. Its first half is the same for the whole family, its second half is new with each
/// renewal: a wrong second half behind a right first one is a token that was used before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshToken {
    /// SHA-256 of the first half, lower-case hex.
    pub family_sha256: String,
    /// SHA-256 of the second half, lower-case hex.
    pub turn_sha256: String,
}

/// An OAuth client that registered itself (RFC 7591); nobody vouches for what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredClient {
    /// Public id.
    pub id: String,
    /// Its name, as it says.
    pub name: String,
    /// Where its codes may be sent.
    pub redirect_uris: Vec<String>,
    /// When it registered.
    pub created_at: Timestamp,
    /// When the registration ends.
    pub expires_at: Timestamp,
    /// Whether a person has allowed it anything yet.
    #[serde(default)]
    pub is_used: bool,
}

/// What a person is to the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May do everything, and administers users.
    Owner,
    /// May do what the grants say.
    Member,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Public id.
    pub id: String,
    /// The name to log in with, lower case.
    pub login: String,
    /// Display name.
    pub name: String,
    /// Owner or member.
    pub role: Role,
    /// What a member may do.
    #[serde(default)]
    pub grants: Grants,
    /// Argon2id hash of the password, in PHC form.
    pub password_hash: String,
    /// When the person was added.
    pub created_at: Timestamp,
}

/// A session of a person; the secret itself is not stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// Public id.
    pub id: String,
    /// Whose it is.
    pub user: String,
    /// SHA-256 of the secret, lower-case hex.
    pub secret_sha256: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
}
