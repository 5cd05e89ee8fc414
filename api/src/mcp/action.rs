//! The tools and their actions, in one table: which operation an action is, what it takes, and what it does to data.
//!
//! Lists of tools, the check of arguments and the parity test are made from it; [`super::call`] carries actions out.

use super::parameter::{self as p, Parameter};
use crate::{
    auth::{Principal, ever},
    operation::{Needs, Operation as Op},
};
use rekor_core::{Error, grant::Permission};
use std::collections::BTreeSet;

/// What an action does to data; the annotations of tools are made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing.
    Read,
    /// It only adds.
    Add,
    /// It replaces or removes.
    Change,
}

/// One thing a tool does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Action {
    /// Value of the parameter `action`; empty for a tool that does one thing only.
    pub name: &'static str,
    /// What the tool says about it; empty where the name says it.
    pub about: &'static str,
    /// What it does to data.
    pub effect: Effect,
    /// The operation it carries out.
    pub operation: Op,
    /// What the operation consists of, if that decides who may do it; it is offered to whoever may do any of these.
    pub parts: &'static [Op],
    /// Parameters it needs.
    pub required: &'static [Parameter],
    /// Parameters it takes.
    pub optional: &'static [Parameter],
}

/// A tool, as the table has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tool {
    /// Its name.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it says about itself, before its actions.
    pub about: &'static str,
    /// What it does.
    pub actions: &'static [Action],
    /// Properties of its structured answers: JSON text.
    pub output: &'static str,
}

impl Action {
    /// Whether a caller may do it anywhere; with `read_only` only if it reads.
    pub(super) fn is_offered(&self, principal: &Principal, read_only: bool) -> bool {
        let narrowed = read_only && self.effect != Effect::Read;
        let parts =
            if self.parts.is_empty() { std::slice::from_ref(&self.operation) } else { self.parts };
        !narrowed && parts.iter().any(|operation| ever(principal, *operation))
    }

    /// What a credential needs for it: one of these.
    fn permissions(&self) -> BTreeSet<Permission> {
        let parts =
            if self.parts.is_empty() { std::slice::from_ref(&self.operation) } else { self.parts };
        let permissions = parts.iter().filter_map(|operation| match operation.facts().needs {
            Needs::Permission(permission) => Some(permission),
            _ => None,
        });
        permissions.collect()
    }

    /// What a credential needs for it, for people.
    pub(super) fn needs(&self) -> String {
        let names: Vec<String> = self.permissions().iter().map(ToString::to_string).collect();
        names.join(" or ")
    }

    /// The refusal of a credential that may do it nowhere.
    pub(super) fn refused(&self, message: String) -> Error {
        self.permissions().into_iter().fold(Error::forbidden(message), |error, permission| {
            let detail = rekor_core::error::Detail::default();
            error.with_detail(detail.with("permission", permission.to_string()))
        })
    }

    /// Whether its answers hold what others stored.
    pub(super) fn shows_documents(&self) -> bool {
        let reads = [
            Op::DocumentGet,
            Op::DocumentQuery,
            Op::CollectionDescribe,
            Op::RelationshipGet,
            Op::RelationshipList,
            Op::Traverse,
            Op::Sql,
        ];
        reads.contains(&self.operation)
    }

    /// Everything it takes.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &'static Parameter> {
        self.required.iter().chain(self.optional)
    }
}

const fn read(
    name: &'static str,
    about: &'static str,
    operation: Op,
    required: &'static [Parameter],
    optional: &'static [Parameter],
) -> Action {
    Action { name, about, effect: Effect::Read, operation, parts: &[], required, optional }
}

const fn add(
    name: &'static str,
    about: &'static str,
    operation: Op,
    required: &'static [Parameter],
    optional: &'static [Parameter],
) -> Action {
    Action { name, about, effect: Effect::Add, operation, parts: &[], required, optional }
}

const fn change(
    name: &'static str,
    about: &'static str,
    operation: Op,
    required: &'static [Parameter],
    optional: &'static [Parameter],
) -> Action {
    Action { name, about, effect: Effect::Change, operation, parts: &[], required, optional }
}

/// The tools, in the order of lists.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        name: "manage_database",
        title: "Databases",
        about: "Databases and their previews. Start here: list shows what you reach, whoami what you may do. Configuration changes only in a preview (`shop--draft`); a person promotes it.",
        actions: &[
            read("list", "", Op::DatabaseList, &[], &[p::TAG, p::LIMIT, p::OFFSET]),
            read("whoami", "", Op::Whoami, &[], &[]),
            read("get", "", Op::DatabaseGet, &[p::DATABASE], &[]),
            add(
                "create",
                "",
                Op::DatabaseCreate,
                &[p::DATABASE],
                &[p::SLUG, p::DESCRIPTION, p::TAGS],
            ),
            change(
                "update",
                "name, description, tags",
                Op::DatabaseChange,
                &[p::DATABASE],
                &[p::SLUG, p::DESCRIPTION, p::TAGS],
            ),
            change(
                "delete",
                "with its previews; restorable for 30 days",
                Op::DatabaseDelete,
                &[p::DATABASE],
                &[],
            ),
            add("restore", "", Op::DatabaseRestore, &[p::DATABASE], &[]),
            add(
                "create_preview",
                "",
                Op::PreviewCreate,
                &[p::DATABASE, p::SLUG],
                &[p::DESCRIPTION],
            ),
            read("list_previews", "", Op::PreviewList, &[p::DATABASE], &[p::LIMIT, p::OFFSET]),
            read(
                "promote_dry_run",
                "what promoting `from` would change",
                Op::PromoteDryRun,
                &[p::DATABASE, p::FROM],
                &[p::PRUNE],
            ),
            add(
                "request_promotion",
                "ask a person to promote `from`",
                Op::PromoteRequest,
                &[p::DATABASE, p::FROM],
                &[p::PRUNE],
            ),
            read("list_promotions", "", Op::PromotionList, &[p::DATABASE], &[p::LIMIT, p::OFFSET]),
            read("get_promotion", "", Op::PromotionGet, &[p::DATABASE, p::PROMOTION], &[]),
            read("rollback_dry_run", "", Op::RollbackDryRun, &[p::DATABASE, p::PROMOTION], &[]),
        ],
        output: r#"{"id":{"type":"string"},"name":{"type":"string"},"tags":{"type":"array"},"environment":{"type":"string"},"grants":{"type":"array"},"changes":{"type":"object"},"blocking":{"type":"array"},"data":{"type":"array"},"meta":{"type":"object"}}"#,
    },
    Tool {
        name: "manage_collection",
        title: "Collections",
        about: "Collections: the JSON Schemas of documents.",
        actions: &[
            read(
                "list",
                "without schemas",
                Op::CollectionList,
                &[p::DATABASE],
                &[p::LIMIT, p::OFFSET],
            ),
            read("get", "with the schema", Op::CollectionGet, &[p::DATABASE, p::COLLECTION], &[]),
            change(
                "upsert",
                "in a preview; what is absent stays",
                Op::CollectionPut,
                &[p::DATABASE, p::COLLECTION],
                &[p::NAME, p::DESCRIPTION, p::SCHEMA, p::ICON, p::COLOR, p::EXPECTED],
            ),
            change(
                "delete",
                "in a preview, with its documents",
                Op::CollectionDelete,
                &[p::DATABASE, p::COLLECTION],
                &[p::EXPECTED],
            ),
            read(
                "describe",
                "paths with types, counts and values that exist, as SQL takes them",
                Op::CollectionDescribe,
                &[p::DATABASE, p::COLLECTION],
                &[],
            ),
            read(
                "history",
                "",
                Op::CollectionHistory,
                &[p::DATABASE, p::COLLECTION],
                &[p::LIMIT, p::OFFSET],
            ),
            read(
                "diff",
                "the schema against json_schema, with a verdict per change",
                Op::CollectionDiff,
                &[p::DATABASE, p::COLLECTION, p::SCHEMA],
                &[],
            ),
        ],
        output: r#"{"id":{"type":"string"},"name":{"type":"string"},"json_schema":{"type":"object"},"paths":{"type":"array"},"version":{"type":"integer"},"data":{"type":"array"},"meta":{"type":"object"}}"#,
    },
    Tool {
        name: "manage_document",
        title: "Documents",
        about: "Single documents, and filtered lists of them. For counts, sums and joins use sql_query.",
        actions: &[
            read(
                "get",
                "by document_id or external_id",
                Op::DocumentGet,
                &[p::DATABASE, p::COLLECTION],
                &[p::DOCUMENT, p::EXTERNAL_ID, p::EXTERNAL_SOURCE, p::DELETED],
            ),
            read(
                "list",
                "",
                Op::DocumentQuery,
                &[p::DATABASE, p::COLLECTION],
                &[
                    p::FILTER,
                    p::SORT,
                    p::FIELDS,
                    p::LIMIT,
                    p::OFFSET,
                    p::CURSOR,
                    p::EXTERNAL_SOURCE,
                ],
            ),
            change(
                "upsert",
                "create, or replace the data of document_id or external_id",
                Op::DocumentPut,
                &[p::DATABASE, p::COLLECTION, p::DATA],
                &[p::DOCUMENT, p::EXTERNAL_ID, p::EXTERNAL_SOURCE, p::EXPECTED],
            ),
            change(
                "patch",
                "replace only the given top-level members of data",
                Op::DocumentPatch,
                &[p::DATABASE, p::COLLECTION, p::DOCUMENT, p::DATA],
                &[p::EXPECTED],
            ),
            change(
                "cancel",
                "mark as called off, by document_id or external_id; its data stays",
                Op::DocumentCancel,
                &[p::DATABASE, p::COLLECTION],
                &[p::DOCUMENT, p::EXTERNAL_ID, p::EXTERNAL_SOURCE, p::CANCELLED, p::EXPECTED],
            ),
            change(
                "delete",
                "softly, by document_id or external_id, with its relationships",
                Op::DocumentDelete,
                &[p::DATABASE, p::COLLECTION],
                &[p::DOCUMENT, p::EXTERNAL_ID, p::EXTERNAL_SOURCE, p::EXPECTED],
            ),
        ],
        output: r#"{"id":{"type":"string"},"collection":{"type":"string"},"external_id":{"type":"string"},"external_source":{"type":"string"},"version":{"type":"integer"},"deleted":{"type":"boolean"},"cancelled":{"type":"boolean"},"created_at":{"type":"string"},"updated_at":{"type":"string"},"data":{"type":["object","array"]},"meta":{"type":"object"}}"#,
    },
    Tool {
        name: "sql_query",
        title: "SQL",
        about: "Read-only SQL in the ClickHouse dialect over documents(id, collection, external_id, external_source, version, data, deleted, created_at, updated_at), relationships(id, rel_type, source_collection, source_id, target_collection, target_id, data, deleted), collections, operations_log. Paths: data.customer.name.:String, data.amount.:Float64, data.items[].price. Write `WHERE collection = '…' AND deleted = false`. Aggregate rather than fetch; at most 1,000 rows, 10 s. More in the resource rekor://guide/sql.",
        actions: &[Action {
            parts: &[Op::DocumentQuery, Op::RelationshipList, Op::CollectionGet, Op::DatabaseGet],
            ..read("", "", Op::Sql, &[p::DATABASE, p::QUERY], &[p::PARAMS])
        }],
        output: r#"{"columns":{"type":"array","items":{"type":"string"}},"types":{"type":"array","items":{"type":"string"}},"rows":{"type":"array","items":{"type":"array"}},"meta":{"type":"object"}}"#,
    },
    Tool {
        name: "manage_relationship",
        title: "Relationships",
        about: "Typed, directed links between documents, and their declared types (optional; what is declared is enforced).",
        actions: &[
            read("get", "", Op::RelationshipGet, &[p::DATABASE, p::RELATIONSHIP], &[]),
            read(
                "list",
                "fields: rel_type, source_id, target_id, data.<path>",
                Op::RelationshipList,
                &[p::DATABASE],
                &[p::FILTER, p::SORT, p::FIELDS, p::LIMIT, p::OFFSET, p::CURSOR],
            ),
            change(
                "upsert",
                "one per type, source and target",
                Op::RelationshipPut,
                &[p::DATABASE, p::REL_TYPE, p::SOURCE_COLLECTION, p::TARGET_COLLECTION],
                &[
                    p::SOURCE_ID,
                    p::SOURCE_EXTERNAL_ID,
                    p::TARGET_ID,
                    p::TARGET_EXTERNAL_ID,
                    p::DATA,
                    p::RELATIONSHIP,
                    p::EXPECTED,
                ],
            ),
            change(
                "delete",
                "",
                Op::RelationshipDelete,
                &[p::DATABASE, p::RELATIONSHIP],
                &[p::EXPECTED],
            ),
            read(
                "list_types",
                "",
                Op::RelationshipTypeList,
                &[p::DATABASE],
                &[p::LIMIT, p::OFFSET],
            ),
            read("get_type", "", Op::RelationshipTypeGet, &[p::DATABASE, p::REL_TYPE], &[]),
            change(
                "upsert_type",
                "in a preview",
                Op::RelationshipTypePut,
                &[p::DATABASE, p::REL_TYPE],
                &[
                    p::DESCRIPTION,
                    p::DATA_SCHEMA,
                    p::SOURCE_COLLECTIONS,
                    p::TARGET_COLLECTIONS,
                    p::EXPECTED,
                ],
            ),
            change(
                "delete_type",
                "in a preview",
                Op::RelationshipTypeDelete,
                &[p::DATABASE, p::REL_TYPE],
                &[p::EXPECTED],
            ),
        ],
        output: r#"{"id":{"type":"string"},"rel_type":{"type":"string"},"source_id":{"type":"string"},"target_id":{"type":"string"},"version":{"type":"integer"},"deleted":{"type":"boolean"},"data":{"type":["object","array"]},"meta":{"type":"object"}}"#,
    },
    Tool {
        name: "query_relationships",
        title: "Related documents",
        about: "The documents linked to a document, nearest first.",
        actions: &[read(
            "",
            "",
            Op::Traverse,
            &[p::DATABASE, p::COLLECTION, p::DOCUMENT],
            &[p::REL_TYPE, p::DIRECTION, p::DEPTH, p::LIMIT, p::OFFSET],
        )],
        output: r#"{"data":{"type":"array","items":{"type":"object"}},"meta":{"type":"object"}}"#,
    },
    Tool {
        name: "batch_operations",
        title: "Batch",
        about: "Up to 1,000 writes in order, all or none. A later operation may use the id or external_id of an earlier one.",
        actions: &[Action {
            parts: &[
                Op::DocumentPut,
                Op::DocumentDelete,
                Op::RelationshipPut,
                Op::RelationshipDelete,
                Op::CollectionPut,
                Op::CollectionDelete,
            ],
            ..change("", "", Op::Batch, &[p::DATABASE, p::OPERATIONS], &[])
        }],
        output: r#"{"results":{"type":"array","items":{"type":"object"}}}"#,
    },
    Tool {
        name: "provider_adapter",
        title: "Tool definitions of AI vendors",
        about: "Tool definitions of AI vendors as collections, and back.",
        actions: &[
            change(
                "import_tools",
                "a collection per tool, in a preview",
                Op::ProviderImport,
                &[p::DATABASE, p::PROVIDER, p::TOOLS],
                &[],
            ),
            read(
                "export_tools",
                "",
                Op::ProviderExport,
                &[p::DATABASE, p::PROVIDER],
                &[p::COLLECTION_IDS],
            ),
            change(
                "import_tool_call",
                "a call becomes a document",
                Op::ProviderCall,
                &[p::DATABASE, p::PROVIDER, p::COLLECTION, p::CALL_DATA],
                &[p::EXTERNAL_ID, p::EXTERNAL_SOURCE],
            ),
        ],
        output: r#"{"id":{"type":"string"},"version":{"type":"integer"},"provider":{"type":"string"},"tools":{"type":"array"},"collections":{"type":"array"}}"#,
    },
];

/// Tool and action that carry an operation out; the action is empty for a tool that does one thing.
pub fn tool_of(operation: Op) -> Option<(&'static str, &'static str)> {
    TOOLS.iter().find_map(|tool| {
        let action = tool.actions.iter().find(|action| action.operation == operation)?;
        Some((tool.name, action.name))
    })
}

/// Operations that no tool carries out, each with the reason; a test holds that every other one is in [`TOOLS`].
pub const WITHOUT_TOOL: &[(Op, &str)] = &[
    (Op::Confirm, "the proof that a person is there is given on a terminal or in a browser"),
    (Op::Logout, "sessions are a person's"),
    (Op::PasswordChange, "a human act"),
    (Op::DatabaseSettings, "a human act"),
    (Op::Promote, "a human act"),
    (Op::Rollback, "a human act"),
    (Op::AdminStats, "for whoever runs the server"),
    (Op::AdminCheck, "for whoever runs the server"),
    (Op::AdminFlush, "for whoever runs the server"),
    (Op::AdminCompact, "for whoever runs the server"),
    (Op::AuditVerify, "for whoever runs the server"),
    (Op::UserList, "a human act"),
    (Op::UserCreate, "a human act"),
    (Op::UserChange, "a human act"),
    (Op::UserDelete, "a human act"),
    (Op::TokenCreate, "a secret would pass through the model"),
    (Op::TokenList, "tokens are made and seen where their secrets are not read by a model"),
    (Op::TokenRevoke, "tokens are made and seen where their secrets are not read by a model"),
    (Op::ClientAuthorise, "a human act"),
    (Op::ClientCreate, "a secret would pass through the model"),
    (Op::ClientList, "a person sees to what was allowed"),
    (Op::ClientRevoke, "a person sees to what was allowed"),
    (Op::EndpointList, "whoever builds servers for agents has a shell"),
    (Op::EndpointGet, "whoever builds servers for agents has a shell"),
    (Op::EndpointPut, "whoever builds servers for agents has a shell"),
    (Op::EndpointDelete, "whoever builds servers for agents has a shell"),
    (Op::DocumentExport, "a stream of any length; sql_query and list have bounded answers"),
    (Op::ResultList, "sql_query names the answer that it kept, and links it as a resource"),
    (Op::ResultGet, "the resource of a kept answer, and result('…') in sql_query"),
    (Op::ResultDownload, "the resource of a kept answer, and result('…') in sql_query"),
    (Op::ResultDelete, "answers end by themselves, and the oldest give way"),
    (Op::DocumentImport, "a stream of any length; batch_operations takes 1,000 operations"),
];
