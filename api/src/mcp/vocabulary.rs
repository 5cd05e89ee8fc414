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

/// Names of the older vocabulary, and of other versions of the tools, with those of the table.
const ALIASES: [(&str, &str); 12] = [
    ("manage_workspace", "manage_database"),
    ("manage_record", "manage_document"),
    ("query_records", "manage_document"),
    ("query_documents", "manage_document"),
    ("workspace_id", "database_id"),
    ("record_id", "document_id"),
    ("schema", "json_schema"),
    ("type", "rel_type"),
    ("relationship_type", "rel_type"),
    ("batch", "batch_operations"),
    ("sql", "sql_query"),
    ("promotion", "promotion_id"),
];

/// Tools that did one thing of another tool.
const ACTION_OF: [(&str, &str); 2] = [("query_records", "list"), ("query_documents", "list")];

/// The table's name for one that it has not.
pub(super) fn alias(name: &str) -> Option<&'static str> {
    ALIASES.iter().find(|(other, _)| *other == name).map(|(_, canonical)| *canonical)
}

/// The name that the table has.
pub(super) fn canonical(name: &str) -> &str {
    alias(name).unwrap_or(name)
}

/// The action that an older tool's name means.
pub(super) fn action_of(tool: &str) -> Option<&'static str> {
    ACTION_OF.iter().find(|(name, _)| *name == tool).map(|(_, action)| *action)
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
