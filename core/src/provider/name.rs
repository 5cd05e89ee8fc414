//! Names of tools as ids of collections, and back.

use super::{Provider, ToolCollection};
use crate::id::CollectionId;

/// Longest id of a collection.
const ID_LEN_MAX: usize = 63;

/// The id of the collection of a tool: its name if that is an id, else in lower case, with `_` for what an id cannot hold.
///
/// # Errors
/// What is wrong with the name.
pub(super) fn collection_id(name: &str) -> Result<CollectionId, String> {
    if let Ok(id) = CollectionId::parse(name) {
        return Ok(id);
    }
    let replaced: String = name
        .chars()
        .flat_map(char::to_lowercase)
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' })
        .collect();
    let start = replaced.trim_start_matches(['_', '-']);
    CollectionId::parse(start.get(..ID_LEN_MAX).unwrap_or(start)).map_err(|_| {
        format!("{name:?} cannot become the id of a collection: it has no letter or digit of ASCII")
    })
}

/// The name of the tool of a collection: the one it was imported under, if this provider takes it, else the id.
pub(super) fn tool_name(
    provider: Provider,
    collection: &ToolCollection,
    imported: Option<&str>,
    own: bool,
) -> String {
    // A schema may have been copied to another collection, whose tool needs another name.
    imported
        .filter(|name| collection_id(name).is_ok_and(|id| id == collection.id))
        .filter(|name| own || takes(provider, name))
        .map_or_else(|| of_id(provider, &collection.id), str::to_owned)
}

/// The name of the tool of a collection that has no other name: its id, with `_` before a digit where none may start.
pub(super) fn of_id(provider: Provider, id: &CollectionId) -> String {
    let id = id.as_str();
    if takes(provider, id) { id.to_owned() } else { format!("_{id}") }
}

/// Whether a provider takes this name of a tool.
fn takes(provider: Provider, name: &str) -> bool {
    let (others, len_max) = match provider {
        Provider::OpenAi => ("_-", 64),
        Provider::Anthropic => ("_-", 128),
        Provider::Google => ("_-.:", 64),
        Provider::Mcp => ("_-.", 128),
    };
    let starts = provider != Provider::Google
        || name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts
        && (1..=len_max).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}
