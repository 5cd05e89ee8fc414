//! The older vocabulary of tools: workspaces and records. Calls may use it at any time; lists show it when asked.

use serde::Deserialize;

/// The nouns of a list of tools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Vocabulary {
    /// Databases and documents.
    #[default]
    Databases,
    /// Workspaces and records.
    Workspaces,
}

/// The table's name for one of the older vocabulary, or of other versions of the tools. Asked for every name of a call.
pub(super) fn alias(name: &str) -> Option<&'static str> {
    match name {
        "manage_workspace" => Some("manage_database"),
        "manage_record" | "query_records" | "query_documents" => Some("manage_document"),
        "workspace_id" => Some("database_id"),
        "record_id" => Some("document_id"),
        "schema" => Some("json_schema"),
        "type" | "relationship_type" => Some("rel_type"),
        "batch" => Some("batch_operations"),
        "sql" => Some("sql_query"),
        "promotion" => Some("promotion_id"),
        _ => None,
    }
}

/// The name that the table has.
pub(super) fn canonical(name: &str) -> &str {
    alias(name).unwrap_or(name)
}

/// The action that the name of an older tool means, which did one thing of another.
pub(super) fn action_of(tool: &str) -> Option<&'static str> {
    matches!(tool, "query_records" | "query_documents").then_some("list")
}

/// A text of a list of tools, in the vocabulary that was asked for.
pub(super) fn spoken(text: &str, vocabulary: Vocabulary) -> String {
    match vocabulary {
        Vocabulary::Databases => text.to_owned(),
        Vocabulary::Workspaces => text
            .replace("database", "workspace")
            .replace("Database", "Workspace")
            .replace("document", "record")
            .replace("Document", "Record"),
    }
}
