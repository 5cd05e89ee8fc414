//! Every operation of Rekor in one table: what it needs, where it may run, and how each face names it.
//!
//! [`crate::auth::authorise`] decides by this table, the OpenAPI description and the tests of parity are made from it.

use Needs::{Credential, Everything, Human, Owner, Session};
use Operation as Op;
use Place::{Account, Collection, Database, Preview, Whole};
use Subject::{Collections, Databases, Documents, Endpoints, Relationships, Tokens};
use rekor_core::grant::{Permission, Subject};
use std::sync::LazyLock;

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it; the table says the rest")]
pub enum Operation {
    Whoami,
    Confirm,
    PasswordChange,
    Logout,
    AdminStats,
    AdminCheck,
    AdminFlush,
    AdminCompact,
    AuditVerify,
    UserList,
    UserCreate,
    UserChange,
    UserDelete,
    TokenCreate,
    TokenList,
    TokenRevoke,
    ClientAuthorise,
    ClientCreate,
    ClientList,
    ClientRevoke,
    DatabaseCreate,
    DatabaseList,
    DatabaseGet,
    DatabaseChange,
    DatabaseSettings,
    DatabaseDelete,
    DatabaseRestore,
    PreviewCreate,
    PreviewList,
    PromoteDryRun,
    PromoteRequest,
    Promote,
    PromotionList,
    PromotionGet,
    RollbackDryRun,
    Rollback,
    CollectionList,
    CollectionGet,
    CollectionHistory,
    CollectionDescribe,
    CollectionPut,
    CollectionDelete,
    CollectionDiff,
    DocumentGet,
    DocumentQuery,
    DocumentExport,
    DocumentPut,
    DocumentPatch,
    DocumentCancel,
    DocumentDelete,
    DocumentImport,
    RelationshipGet,
    RelationshipList,
    RelationshipPut,
    RelationshipDelete,
    Traverse,
    RelationshipTypeList,
    RelationshipTypeGet,
    RelationshipTypePut,
    RelationshipTypeDelete,
    EndpointList,
    EndpointGet,
    EndpointPut,
    EndpointDelete,
    Batch,
    Sql,
    ResultList,
    ResultGet,
    ResultDownload,
    ResultDelete,
    ProviderImport,
    ProviderExport,
    ProviderCall,
}

/// What a credential needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing but a credential; what the answer holds is cut to its grants.
    Credential,
    /// A permission that covers the database, and the collection if there is one.
    Permission(Permission),
    /// Every permission on everything.
    Everything,
    /// A session of a person, with a permission on the database.
    Human(Permission),
    /// A session of an owner.
    Owner,
    /// A session of a person.
    Session,
}

/// Which databases an operation may run in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It belongs to no database.
    Account,
    /// Any database.
    Database,
    /// Any database, with all its collections: a permission for some of them is not enough.
    Whole,
    /// A collection of any database.
    Collection,
    /// Previews only: production changes by promotion.
    Preview,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The operation.
    pub operation: Operation,
    /// What a credential needs.
    pub needs: Needs,
    /// Where it may run.
    pub place: Place,
    /// Its routes, as `method path`; the first is the canonical one.
    pub routes: &'static [&'static str],
    /// Its command, without flags; `None` if the command line has its own way.
    pub command: Option<&'static str>,
    /// One line about it.
    pub summary: &'static str,
}

const fn row(
    operation: Operation,
    needs: Needs,
    place: Place,
    routes: &'static [&'static str],
    command: Option<&'static str>,
    summary: &'static str,
) -> Facts {
    Facts { operation, needs, place, routes, command, summary }
}

const fn read(subject: Subject) -> Needs {
    Needs::Permission(Permission::read(subject))
}

const fn write(subject: Subject) -> Needs {
    Needs::Permission(Permission::write(subject))
}

/// The table.
pub const OPERATIONS: &[Facts] = &[
    row(
        Op::Whoami,
        Credential,
        Account,
        &["get /v1/whoami"],
        Some("whoami"),
        "Who the caller is, and what it may do.",
    ),
    row(
        Op::Confirm,
        Session,
        Account,
        &["post /v1/auth/confirm", "post /v1/auth/confirm/browser"],
        None,
        "Prove that a person is there, for one promotion or for administration.",
    ),
    row(
        Op::PasswordChange,
        Session,
        Account,
        &["post /v1/auth/password"],
        Some("users password"),
        "Change one's own password; all other sessions end.",
    ),
    row(Op::Logout, Session, Account, &["post /v1/auth/logout"], Some("logout"), "End a session."),
    row(
        Op::AdminStats,
        Everything,
        Account,
        &["get /v1/admin/stats"],
        Some("admin stats"),
        "Sizes of the store.",
    ),
    row(
        Op::AdminCheck,
        Everything,
        Account,
        &["get /v1/admin/check"],
        Some("admin check"),
        "Whether everything stored is whole, and every row alive once.",
    ),
    row(
        Op::AdminFlush,
        Everything,
        Account,
        &["post /v1/admin/flush"],
        Some("admin flush"),
        "Make everything durable in data files.",
    ),
    row(
        Op::AdminCompact,
        Everything,
        Account,
        &["post /v1/admin/compact"],
        Some("admin compact"),
        "Merge the data files of every table.",
    ),
    row(
        Op::AuditVerify,
        Everything,
        Account,
        &["get /v1/admin/audit"],
        Some("admin audit verify"),
        "Whether the operations logs are whole and unchanged.",
    ),
    row(Op::UserList, Owner, Account, &["get /v1/users"], Some("users list"), "List people."),
    row(Op::UserCreate, Owner, Account, &["post /v1/users"], Some("users create"), "Add a person."),
    row(
        Op::UserChange,
        Owner,
        Account,
        &["put /v1/users/{id}"],
        Some("users change"),
        "Change a person's role, grants or password.",
    ),
    row(
        Op::UserDelete,
        Owner,
        Account,
        &["delete /v1/users/{id}"],
        Some("users delete"),
        "Remove a person, with their sessions and tokens.",
    ),
    row(
        Op::TokenCreate,
        write(Tokens),
        Account,
        &["post /v1/tokens"],
        Some("tokens create"),
        "Create a token within one's own grants.",
    ),
    row(
        Op::TokenList,
        write(Tokens),
        Account,
        &["get /v1/tokens"],
        Some("tokens list"),
        "List tokens.",
    ),
    row(
        Op::TokenRevoke,
        write(Tokens),
        Account,
        &["delete /v1/tokens/{id}"],
        Some("tokens revoke"),
        "Revoke a token and those it made.",
    ),
    row(
        Op::ClientAuthorise,
        Session,
        Account,
        &["post /oauth/consent"],
        None,
        "Allow an OAuth client something, in the browser; a human act.",
    ),
    row(
        Op::ClientCreate,
        write(Tokens),
        Account,
        &["post /v1/clients"],
        Some("clients create"),
        "Create an OAuth client that works without a person, within one's own grants.",
    ),
    row(
        Op::ClientList,
        Credential,
        Account,
        &["get /v1/clients"],
        Some("clients list"),
        "List OAuth clients with what they were allowed.",
    ),
    row(
        Op::ClientRevoke,
        Credential,
        Account,
        &["delete /v1/clients/{id}"],
        Some("clients revoke"),
        "Revoke what an OAuth client was allowed.",
    ),
    row(
        Op::DatabaseCreate,
        write(Databases),
        Database,
        &["post /v1/databases"],
        Some("databases create"),
        "Create a database.",
    ),
    row(
        Op::DatabaseList,
        Credential,
        Account,
        &["get /v1/databases"],
        Some("databases list"),
        "List databases, by tag if given.",
    ),
    row(
        Op::DatabaseGet,
        read(Databases),
        Database,
        &["get /v1/databases/{id}"],
        Some("databases get"),
        "Get a database.",
    ),
    row(
        Op::DatabaseChange,
        write(Databases),
        Whole,
        &["put /v1/databases/{id}"],
        Some("databases tag"),
        "Change name, description or tags.",
    ),
    row(
        Op::DatabaseSettings,
        Human(Permission::write(Databases)),
        Whole,
        &["put /v1/databases/{id}"],
        Some("databases settings"),
        "Change how long a database keeps things; a human act.",
    ),
    row(
        Op::DatabaseDelete,
        write(Databases),
        Whole,
        &["delete /v1/databases/{id}"],
        Some("databases delete"),
        "Delete a database and its previews; it can be restored for 30 days, or as its settings say.",
    ),
    row(
        Op::DatabaseRestore,
        write(Databases),
        Whole,
        &["post /v1/databases/{id}/restore"],
        Some("databases restore"),
        "Restore a deleted database.",
    ),
    row(
        Op::PreviewCreate,
        write(Databases),
        Database,
        &["post /v1/databases/{id}/previews"],
        Some("databases create-preview"),
        "Create a preview.",
    ),
    row(
        Op::PreviewList,
        Credential,
        Database,
        &["get /v1/databases/{id}/previews"],
        Some("databases list-previews"),
        "List previews.",
    ),
    row(
        Op::PromoteDryRun,
        read(Databases),
        Whole,
        &["post /v1/databases/{id}/promote"],
        Some("databases promote"),
        "Show what a promotion would change.",
    ),
    row(
        Op::PromoteRequest,
        write(Databases),
        Whole,
        &["post /v1/databases/{id}/promote"],
        Some("databases promote"),
        "Ask a person for a promotion.",
    ),
    row(
        Op::Promote,
        Human(Permission::write(Databases)),
        Whole,
        &["post /v1/databases/{id}/promote"],
        Some("databases promote"),
        "Promote a preview's configuration; a human act.",
    ),
    row(
        Op::PromotionList,
        read(Databases),
        Whole,
        &["get /v1/databases/{id}/promotions"],
        Some("databases promotions"),
        "List promotions, newest first.",
    ),
    row(
        Op::PromotionGet,
        read(Databases),
        Whole,
        &["get /v1/databases/{id}/promotions/{promotion}"],
        Some("databases promotion"),
        "Get a promotion.",
    ),
    row(
        Op::RollbackDryRun,
        read(Databases),
        Whole,
        &["post /v1/databases/{id}/rollback"],
        Some("databases rollback"),
        "Show what a rollback would change.",
    ),
    row(
        Op::Rollback,
        Human(Permission::write(Databases)),
        Whole,
        &["post /v1/databases/{id}/rollback"],
        Some("databases rollback"),
        "Undo a promotion; a human act.",
    ),
    row(
        Op::CollectionList,
        Credential,
        Database,
        &["get /v1/{db}/collections"],
        Some("collections list"),
        "List collections.",
    ),
    row(
        Op::CollectionGet,
        read(Collections),
        Collection,
        &["get /v1/{db}/collections/{id}"],
        Some("collections get"),
        "Get a collection.",
    ),
    row(
        Op::CollectionHistory,
        read(Collections),
        Collection,
        &["get /v1/{db}/collections/{id}/history"],
        Some("collections history"),
        "The versions of a collection.",
    ),
    row(
        Op::CollectionDescribe,
        read(Documents),
        Collection,
        &["get /v1/{db}/collections/{id}/describe"],
        Some("collections describe"),
        "What is in a collection: paths with types, counts and values.",
    ),
    row(
        Op::CollectionPut,
        write(Collections),
        Preview,
        &["put /v1/{db}/collections/{id}"],
        Some("collections upsert"),
        "Create or change a collection of a preview.",
    ),
    row(
        Op::CollectionDelete,
        write(Collections),
        Preview,
        &["delete /v1/{db}/collections/{id}"],
        Some("collections delete"),
        "Delete a collection of a preview.",
    ),
    row(
        Op::CollectionDiff,
        read(Collections),
        Collection,
        &["post /v1/{db}/collections/{id}/diff"],
        Some("collections diff"),
        "Compare a collection with another schema, with a verdict per change.",
    ),
    row(
        Op::DocumentGet,
        read(Documents),
        Collection,
        &["get /v1/{db}/documents/{collection}/{id}"],
        Some("documents get"),
        "Get a document.",
    ),
    row(
        Op::DocumentQuery,
        read(Documents),
        Collection,
        &["get /v1/{db}/documents/{collection}", "post /v1/{db}/documents/{collection}/query"],
        Some("documents query"),
        "Query documents with a filter, or find one by external_id.",
    ),
    row(
        Op::DocumentExport,
        read(Documents),
        Collection,
        &["get /v1/{db}/export/{collection}"],
        Some("documents export"),
        "Export documents as a stream.",
    ),
    row(
        Op::DocumentPut,
        write(Documents),
        Collection,
        &[
            "post /v1/{db}/documents/{collection}",
            "put /v1/{db}/documents/{collection}",
            "put /v1/{db}/documents/{collection}/{id}",
        ],
        Some("documents upsert"),
        "Create or replace a document.",
    ),
    row(
        Op::DocumentPatch,
        write(Documents),
        Collection,
        &["patch /v1/{db}/documents/{collection}/{id}"],
        Some("documents patch"),
        "Merge members into a document.",
    ),
    row(
        Op::DocumentCancel,
        write(Documents),
        Collection,
        &["post /v1/{db}/documents/{collection}/{id}/cancel"],
        Some("documents cancel"),
        "Mark a document as cancelled, or take that back; its data stays.",
    ),
    row(
        Op::DocumentDelete,
        write(Documents),
        Collection,
        &["delete /v1/{db}/documents/{collection}/{id}"],
        Some("documents delete"),
        "Soft-delete a document and its relationships.",
    ),
    row(
        Op::DocumentImport,
        write(Documents),
        Collection,
        &["post /v1/{db}/import/{collection}"],
        Some("documents import"),
        "Import NDJSON as a stream.",
    ),
    row(
        Op::RelationshipGet,
        read(Relationships),
        Collection,
        &["get /v1/{db}/relationships/{id}"],
        Some("relationships get"),
        "Get a relationship.",
    ),
    row(
        Op::RelationshipList,
        read(Relationships),
        Collection,
        &["get /v1/{db}/relationships"],
        Some("relationships list"),
        "Query relationships with a filter.",
    ),
    row(
        Op::RelationshipPut,
        write(Relationships),
        Collection,
        &["put /v1/{db}/relationships", "post /v1/{db}/relationships"],
        Some("relationships upsert"),
        "Create or update a relationship.",
    ),
    row(
        Op::RelationshipDelete,
        write(Relationships),
        Collection,
        &["delete /v1/{db}/relationships/{id}"],
        Some("relationships delete"),
        "Soft-delete a relationship.",
    ),
    row(
        Op::Traverse,
        read(Relationships),
        Collection,
        &["get /v1/{db}/documents/{collection}/{id}/related"],
        Some("query-relationships"),
        "Traverse relationships.",
    ),
    row(
        Op::RelationshipTypeList,
        read(Relationships),
        Database,
        &["get /v1/{db}/relationship-types"],
        Some("relationship-types list"),
        "List declared relationship types.",
    ),
    row(
        Op::RelationshipTypeGet,
        read(Relationships),
        Database,
        &["get /v1/{db}/relationship-types/{id}"],
        Some("relationship-types get"),
        "Get a declared relationship type.",
    ),
    row(
        Op::RelationshipTypePut,
        write(Collections),
        Preview,
        &["put /v1/{db}/relationship-types/{id}"],
        Some("relationship-types upsert"),
        "Declare a relationship type in a preview.",
    ),
    row(
        Op::RelationshipTypeDelete,
        write(Collections),
        Preview,
        &["delete /v1/{db}/relationship-types/{id}"],
        Some("relationship-types delete"),
        "Take back the declaration of a relationship type.",
    ),
    row(
        Op::EndpointList,
        read(Endpoints),
        Database,
        &["get /v1/{db}/endpoints"],
        Some("endpoints list"),
        "List endpoints.",
    ),
    row(
        Op::EndpointGet,
        read(Endpoints),
        Database,
        &["get /v1/{db}/endpoints/{id}"],
        Some("endpoints get"),
        "Get an endpoint; with resolved=true its tools as agents see them.",
    ),
    row(
        Op::EndpointPut,
        write(Endpoints),
        Preview,
        &["put /v1/{db}/endpoints/{id}"],
        Some("endpoints upsert"),
        "Create or replace an endpoint of a preview.",
    ),
    row(
        Op::EndpointDelete,
        write(Endpoints),
        Preview,
        &["delete /v1/{db}/endpoints/{id}"],
        Some("endpoints delete"),
        "Delete an endpoint of a preview.",
    ),
    row(
        Op::Batch,
        Credential,
        Database,
        &["post /v1/{db}/batch"],
        Some("batch"),
        "Run up to 1,000 operations, all or none.",
    ),
    row(Op::Sql, Credential, Database, &["post /v1/{db}/sql"], Some("sql"), "Run a SQL query."),
    row(
        Op::ResultList,
        Credential,
        Database,
        &["get /v1/{db}/results"],
        Some("results list"),
        "List the kept answers of the credential.",
    ),
    row(
        Op::ResultGet,
        Credential,
        Database,
        &["get /v1/{db}/results/{id}"],
        Some("results get"),
        "What a kept answer is: rows, columns, expiry.",
    ),
    row(
        Op::ResultDownload,
        Credential,
        Database,
        &["get /v1/{db}/results/{id}/download"],
        Some("results download"),
        "The rows of a kept answer, as Parquet or in another format.",
    ),
    row(
        Op::ResultDelete,
        Credential,
        Database,
        &["delete /v1/{db}/results/{id}"],
        Some("results delete"),
        "Remove a kept answer before its time.",
    ),
    row(
        Op::ProviderImport,
        write(Collections),
        Preview,
        &["post /v1/{db}/providers/{provider}/import"],
        Some("providers import"),
        "Make collections of a vendor's tool definitions.",
    ),
    row(
        Op::ProviderExport,
        read(Collections),
        Database,
        &["get /v1/{db}/providers/{provider}/export"],
        Some("providers export"),
        "Collections as a vendor's tool definitions.",
    ),
    row(
        Op::ProviderCall,
        write(Documents),
        Collection,
        &["post /v1/{db}/providers/{provider}/import-call/{collection}"],
        Some("providers import-call"),
        "Store a tool call as a document.",
    ),
];

impl Operation {
    /// Whether a request for it may carry an `Idempotency-Key`: it writes one frame, and its answer holds no secret.
    pub fn takes_key(self) -> bool {
        matches!(
            self,
            Op::DocumentPut
                | Op::DocumentPatch
                | Op::DocumentCancel
                | Op::DocumentDelete
                | Op::RelationshipPut
                | Op::RelationshipDelete
                | Op::CollectionPut
                | Op::CollectionDelete
                | Op::RelationshipTypePut
                | Op::RelationshipTypeDelete
                | Op::EndpointPut
                | Op::EndpointDelete
                | Op::Batch
                | Op::ProviderImport
                | Op::ProviderCall
        )
    }

    /// Whether it changes nothing, so that sending it again is safe anyway.
    pub fn is_read(self) -> bool {
        let reads_by_post = matches!(self, Op::Sql | Op::DocumentQuery | Op::CollectionDiff);
        reads_by_post || self.facts().routes.iter().all(|route| route.starts_with("get "))
    }

    /// The operation of a route, as method and path in either vocabulary.
    pub fn of_route(method: &str, path: &str) -> Option<Self> {
        let path = path
            .replace("/v1/workspaces", "/v1/databases")
            .replace("/v1/{db}/records/", "/v1/{db}/documents/");
        let route = format!("{} {path}", method.to_ascii_lowercase());
        let facts = OPERATIONS.iter().find(|facts| facts.routes.contains(&route.as_str()))?;
        Some(facts.operation)
    }

    /// The operation's row of the table.
    pub fn facts(self) -> &'static Facts {
        /// The rows in the order of the operations: every request looks up some.
        static ROWS: LazyLock<Vec<&Facts>> = LazyLock::new(|| {
            let mut rows: Vec<&Facts> = OPERATIONS.iter().collect();
            rows.sort_by_key(|facts| facts.operation as usize);
            rows
        });
        #[expect(clippy::indexing_slicing, reason = "a test shows that every operation has a row")]
        ROWS[self as usize]
    }
}
