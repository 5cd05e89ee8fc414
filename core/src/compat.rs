//! Compares two JSON Schemas (2020-12) and gives a verdict per change.
//!
//! Two questions are asked of every difference: does each document valid under the old schema stay valid (*back*: old
//! writers and stored rows survive), and was each document valid under the new one valid before (*forward*: old readers
//! survive)? A schema is taken as a conjunction of groups of keywords; if each group of the new schema follows from the
//! old one, so does the whole. What cannot be shown to hold counts as broken, so that a verdict is never better than the
//! truth.

mod array;
mod branches;
mod disjoint;
mod keyword;
mod limit;
mod object;
mod place;
mod probe;
mod property;
mod report;
mod resolve;
mod scalar;
mod types;
mod unevaluated;
mod value;
mod walk;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which promise a collection makes about its schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing is promised: changes are listed, none is refused.
    None,
    /// Documents of the last schema stay valid.
    #[default]
    Backward,
    /// Documents of all former schemas stay valid.
    BackwardTransitive,
    /// Readers of the last schema can read new documents.
    Forward,
    /// Readers of all former schemas can read new documents.
    ForwardTransitive,
    /// Both, for the last schema.
    Full,
    /// Both, for all former schemas.
    FullTransitive,
}

impl Mode {
    /// Whether all former schemas count, not only the last.
    pub fn is_transitive(self) -> bool {
        matches!(self, Self::BackwardTransitive | Self::ForwardTransitive | Self::FullTransitive)
    }
}

/// Whom a change concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Category {
    /// Writers may be refused.
    Write,
    /// Readers may meet values they do not know, or miss some they do.
    Read,
    /// SQL may see other types.
    Sql,
    /// The description of a tool changes.
    Tool,
    /// Stored rows, or the values the server adds to new ones.
    Data,
}

/// What becomes of a change; the greatest one decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nobody notices.
    Pass,
    /// Allowed and listed.
    Warn,
    /// Allowed if every stored row passes [`Change::probe`].
    Probe,
    /// Refused unless forced.
    Block,
}

/// One difference between two schemas.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Confluent's constant where there is one, else `REKOR_…`.
    pub rule: &'static str,
    /// Whom it concerns.
    pub category: Category,
    /// JSON pointer into the new schema, or to where the keyword would be if it had not been removed.
    pub path: String,
    /// The keyword or subschema before; null if absent.
    pub old: Value,
    /// The keyword or subschema after; null if absent.
    pub new: Value,
    /// What becomes of it.
    pub verdict: Verdict,
    /// What stored rows must pass; given with [`Verdict::Probe`] only.
    #[serde(skip)]
    pub probe: Option<ProbeAt>,
}

/// What stored rows must be checked against. A row passes if the value is absent (and not `required` of a parent that is
/// there), or valid. A probe of the whole document expects it with the new schema's defaults filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeAt {
    /// Member names from the root of the document to the value. A value within an array, or one that only some documents
    /// are held to, is checked from the value that surrounds it.
    pub instance_path: Vec<String>,
    /// The new schema of the value; compiles by itself.
    pub schema: Value,
    /// Whether the member must be there: the new schema requires it and the server does not fill it.
    pub required: bool,
}

/// Every difference between two schemas, with its verdict. The transitive modes judge like the others; the caller compares
/// with each former schema.
///
/// Whatever cannot be decided, for lack of knowledge or of budget, is a probe under the rule `REKOR_UNDECIDED`.
pub fn compare(old: &Value, new: &Value, mode: Mode) -> Vec<Change> {
    probe::changes(new, walk::Walk::new(old, new).run(), mode)
}
