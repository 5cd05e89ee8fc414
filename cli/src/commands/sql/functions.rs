//! `rekor sql --functions`: the functions of this program.

use rekor_api::query::{FunctionInfo, functions};
use serde_json::{Value, json};

/// The functions whose name, alias or family holds a text, in any case; in the shape of an answer of SQL.
pub(super) fn list(pattern: &str) -> Value {
    let wanted = pattern.to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&wanted);
    let found = functions().into_iter().filter(|function| {
        holds(function.name) || holds(function.family) || function.aliases.iter().any(|a| holds(a))
    });
    let rows: Vec<Value> = found.map(|function| row(&function)).collect();
    let columns = ["name", "kind", "family", "aliases", "any_case", "status", "difference"];
    let columns: Vec<Value> = columns.iter().map(|name| json!({"name": name})).collect();
    let meta = json!({"rows": rows.len(), "columns": columns});
    json!({"data": rows, "meta": meta})
}

fn row(function: &FunctionInfo) -> Value {
    json!({
        "name": function.name,
        "kind": function.kind.name(),
        "family": function.family,
        "aliases": function.aliases.join(", "),
        "any_case": function.case_insensitive,
        "status": function.status(),
        "difference": function.difference,
    })
}
