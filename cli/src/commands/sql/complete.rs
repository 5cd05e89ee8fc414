//! What Tab completes, and when a statement is complete.

use super::{ask::Session, describe, split};
use crate::ui::Problem;
use rustyline::{
    Context, Helper, Result,
    completion::{Completer, Pair},
    highlight::Highlighter,
    hint::Hinter,
    validate::{ValidationContext, ValidationResult, Validator},
};
use serde_json::Value;
use std::sync::{Arc, PoisonError, RwLock};

/// Collections whose paths are learnt.
const COLLECTIONS_LEARNT_MAX: usize = 50;

const KEYWORDS: &[&str] = &[
    "ALL",
    "AND",
    "ANTI",
    "ANY",
    "ARRAY JOIN",
    "AS",
    "ASC",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "CROSS JOIN",
    "DESC",
    "DISTINCT",
    "ELSE",
    "END",
    "EXCEPT",
    "EXISTS",
    "EXPLAIN",
    "EXPLAIN ANALYZE",
    "FINAL",
    "FORMAT",
    "FROM",
    "FULL",
    "GROUP BY",
    "HAVING",
    "ILIKE",
    "IN",
    "INNER",
    "INTERSECT",
    "INTERVAL",
    "IS",
    "JOIN",
    "LEFT JOIN",
    "LIKE",
    "LIMIT",
    "NOT",
    "NULL",
    "NULLS FIRST",
    "NULLS LAST",
    "OFFSET",
    "ON",
    "OR",
    "ORDER BY",
    "OVER",
    "PARTITION BY",
    "PREWHERE",
    "QUALIFY",
    "RIGHT JOIN",
    "SELECT",
    "SEMI",
    "SETTINGS",
    "THEN",
    "UNION ALL",
    "USING",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
    "WITH TOTALS",
];

const COMMANDS: &[&str] = &["\\?", "\\d", "\\f", "\\format", "\\q", "\\set", "\\timing"];

/// Names that the server knows.
#[derive(Debug, Default)]
pub(super) struct Names {
    tables: Vec<String>,
    columns: Vec<String>,
    collections: Vec<String>,
    /// `data.a.b`.
    paths: Vec<String>,
    functions: Vec<String>,
    formats: Vec<String>,
}

impl Names {
    /// Asks the server. What the credential does not reach is not completed.
    pub(super) async fn ask(session: &Session) -> std::result::Result<Self, Problem> {
        let columns = session.rows("SELECT table, name FROM system.columns").await?;
        let of = |rows: &[Value], column: &str| {
            let names = rows.iter().filter_map(|row| row.get(column)?.as_str().map(str::to_owned));
            unique(names.collect())
        };
        let collections = session
            .rows("SELECT id FROM collections WHERE deleted = false ORDER BY id")
            .await
            .unwrap_or_default();
        let collections = of(&collections, "id");
        let mut paths = Vec::new();
        for collection in collections.iter().take(COLLECTIONS_LEARNT_MAX) {
            paths.extend(describe::path_names(session, collection).await.unwrap_or_default());
        }
        let functions = session.rows(FUNCTIONS).await?;
        let formats = session.rows("SELECT name FROM system.formats").await?;
        Ok(Self {
            tables: of(&columns, "table"),
            columns: of(&columns, "name"),
            collections,
            paths: unique(paths),
            functions: array_of(&functions, "names"),
            formats: of(&formats, "name"),
        })
    }

    /// What can stand for the word before the cursor: where the word begins, and its completions.
    fn complete(&self, line: &str) -> (usize, Vec<Pair>) {
        let start = line
            .rfind(|c: char| {
                !(c.is_alphanumeric() || matches!(c, '_' | '.' | '\\' | '?' | '[' | ']' | '-'))
            })
            .map_or(0, |at| {
                at + line.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
            });
        let (before, word) = line.split_at(start);
        let starts = |known: &&String| {
            let head = known.get(..word.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(word))
        };
        let plain = |known: &String| Pair { display: known.clone(), replacement: known.clone() };
        let found = |names: &[String]| names.iter().filter(starts).map(plain).collect::<Vec<_>>();
        let said = before.trim_end().to_ascii_lowercase();
        if before.ends_with('\'') {
            return (start, found(&self.collections));
        }
        if before.is_empty() && word.starts_with('\\') {
            let commands: Vec<String> = COMMANDS.iter().map(|name| (*name).to_owned()).collect();
            return (start, found(&commands));
        }
        if said.ends_with("format") {
            return (start, found(&self.formats));
        }
        if said.ends_with("\\d") {
            let tables = found(&self.tables).into_iter();
            return (start, tables.chain(found(&self.collections)).collect());
        }
        if said.ends_with("from") || said.ends_with("join") {
            return (start, found(&self.tables));
        }
        if word.is_empty() {
            return (start, Vec::new());
        }
        let keywords: Vec<String> = KEYWORDS.iter().map(|word| (*word).to_owned()).collect();
        let functions = self
            .functions
            .iter()
            .filter(starts)
            .map(|name| Pair { display: name.clone(), replacement: format!("{name}(") });
        let mut all = found(&self.columns);
        all.extend(found(&self.paths));
        all.extend(found(&self.tables));
        all.extend(functions);
        all.extend(found(&keywords));
        (start, all)
    }
}

/// Functions that can be called, and their aliases; in one row, as there are more than an answer may have.
const FUNCTIONS: &str =
    "SELECT groupArray(name) AS names FROM system.functions WHERE kind != 'combinator'";

/// The texts of the array of a single row.
pub(super) fn array_of(rows: &[Value], column: &str) -> Vec<String> {
    let array = rows.first().and_then(|row| row.get(column)?.as_array());
    unique(array.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn unique(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names.dedup();
    names
}

/// What the editor of lines asks.
pub(super) struct Assistant {
    names: Arc<RwLock<Names>>,
}

impl Assistant {
    pub(super) fn new(names: Arc<RwLock<Names>>) -> Self {
        Self { names }
    }
}

impl Completer for Assistant {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        Ok(names.complete(line.get(..pos).unwrap_or(line)))
    }
}

impl Hinter for Assistant {
    type Hint = String;
}

impl Highlighter for Assistant {}

impl Validator for Assistant {
    /// Enter ends a command, an empty line, and a statement with its terminator; else it begins a new line.
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        let text = context.input().trim();
        let word = matches!(text, "" | "exit" | "quit");
        let complete = word || text.starts_with('\\') || split::is_complete(text);
        Ok(if complete { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

impl Helper for Assistant {}

#[cfg(test)]
mod tests {
    use super::*;

    fn completions(line: &str) -> Vec<String> {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let known = Names {
            tables: names(&["documents", "relationships"]),
            columns: names(&["data", "deleted"]),
            collections: names(&["invoices", "items-old"]),
            paths: names(&["data.amount", "data.items[].price"]),
            functions: names(&["dateDiff", "sum"]),
            formats: names(&["JSON", "JSONEachRow"]),
        };
        let (start, pairs) = known.complete(line);
        pairs.iter().map(|pair| format!("{}{}", &line[..start], pair.replacement)).collect()
    }

    #[test]
    fn words_are_completed_by_their_place() {
        assert_eq!(completions("SELECT 1 FROM d"), ["SELECT 1 FROM documents"]);
        assert_eq!(completions("SELECT data.am"), ["SELECT data.amount"]);
        assert_eq!(completions("SELECT data.items[].p"), ["SELECT data.items[].price"]);
        assert_eq!(completions("SELECT su"), ["SELECT sum("]);
        assert_eq!(completions("WHERE collection = 'items-"), ["WHERE collection = 'items-old"]);
        assert_eq!(completions("SELECT 1 FORMAT jsone"), ["SELECT 1 FORMAT JSONEachRow"]);
        assert_eq!(completions("\\ti"), ["\\timing"]);
        assert_eq!(completions("\\d in"), ["\\d invoices"]);
        assert_eq!(completions("sel"), ["SELECT"]);
    }
}
