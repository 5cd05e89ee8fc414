//! `rekor sql --functions`: the functions of this program.

use crate::{args::Output, ui};
use rekor_api::query::{FunctionInfo, functions};
use serde_json::{Value, json};

/// Prints the functions whose name, alias or family holds a text, in any case.
pub(super) fn list(pattern: &str, output: Output) {
    let wanted = pattern.to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&wanted);
    let found = functions().into_iter().filter(|function| {
        holds(function.name) || holds(function.family) || function.aliases.iter().any(|a| holds(a))
    });
    let rows: Vec<Value> = found.map(|function| row(&function)).collect();
    let columns = ["name", "kind", "family", "aliases", "any_case", "status", "difference"];
    let columns: Vec<Value> = columns.iter().map(|name| json!({"name": name})).collect();
    let meta = json!({"rows": rows.len(), "columns": columns});
    ui::show(&json!({"data": rows, "meta": meta}), output);
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
