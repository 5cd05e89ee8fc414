//! `rekor plan` and `rekor apply`: collections as files, `<directory>/<collection>.json`.

use super::{collections::show_diff, write};
use crate::{
    args::{Global, Output},
    connect::{Connection, Method, segment},
    ui::{self, Problem},
};
use clap::Args;
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::PathBuf};

/// Show what `apply` would change
#[derive(Debug, Args)]
#[command(
    after_help = "A file is a JSON Schema, or an object with json_schema, name, description, icon and color.
Nothing is removed from the database. Example:
  rekor plan ./schemas --database shop--next"
)]
pub(crate) struct Plan {
    /// Directory of <collection>.json files
    directory: PathBuf,
}

/// Write a directory of schemas to a preview
#[derive(Debug, Args)]
#[command(after_help = "All files are written in one batch: all or none. Example:
  rekor apply ./schemas --database shop--next && rekor databases promote shop --from shop--next")]
pub(crate) struct Apply {
    /// Directory of <collection>.json files
    directory: PathBuf,
}

/// The collections of a directory: the body of each.
fn load(directory: &PathBuf) -> Result<BTreeMap<String, Value>, Problem> {
    let failed = |e: std::io::Error| Problem::usage(format!("{}: {e}", directory.display()));
    let mut out = BTreeMap::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(id) =
            path.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_suffix(".json"))
        else {
            continue;
        };
        let wrong = |e: &dyn std::fmt::Display| Problem::usage(format!("{}: {e}", path.display()));
        let text = std::fs::read_to_string(&path).map_err(|e| wrong(&e))?;
        let value: Value = serde_json::from_str(&text).map_err(|e| wrong(&e))?;
        let body =
            if value.get("json_schema").is_some() { value } else { json!({"json_schema": value}) };
        out.insert(id.to_owned(), body);
    }
    if out.is_empty() {
        return Err(Problem::usage(format!("{} holds no .json file", directory.display())));
    }
    Ok(out)
}

impl Plan {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let (database, wanted) = (global.database()?, load(&self.directory)?);
        let connection = Connection::open(global, false)?;
        let base = format!("/v1/{}/collections", segment(&database));
        let listed = connection.send(Method::Get, &format!("{base}?limit=1000"), None).await?;
        let known = |id: &str| {
            listed["data"].as_array().into_iter().flatten().any(|c| c["id"].as_str() == Some(id))
        };
        let mut changes = Vec::new();
        for (id, body) in &wanted {
            if !known(id) {
                changes.push(
                    json!({"id": id, "action": "add", "verdict": "pass", "diff": [], "issues": []}),
                );
                continue;
            }
            let path = format!("{base}/{}/diff", segment(id));
            let request = json!({"json_schema": body["json_schema"]}).to_string();
            let mut found = connection.send(Method::Post, &path, Some(request)).await?;
            let same = found["diff"].as_array().is_some_and(Vec::is_empty);
            if let Some(members) = found.as_object_mut() {
                members.insert("id".to_owned(), json!(id));
                members.insert("action".to_owned(), json!(if same { "none" } else { "update" }));
            }
            changes.push(found);
        }
        if global.output() != Output::Table {
            return global.show(&json!({"database": database, "changes": changes}));
        }
        for change in &changes {
            let id = change["id"].as_str().unwrap_or_default();
            match change["action"].as_str() {
                Some("add") => ui::text(&format!("+ {id}\n")),
                Some("none") => ui::text(&format!("  {id} is as it should be\n")),
                _ => {
                    ui::text(&format!("~ {id}\n"));
                    show_diff(change, Output::Table);
                }
            }
        }
        Ok(())
    }
}

impl Apply {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let (database, wanted) = (global.database()?, load(&self.directory)?);
        let operations: Vec<Value> = wanted
            .into_iter()
            .map(|(id, mut body)| {
                if let Some(members) = body.as_object_mut() {
                    members.insert("type".to_owned(), json!("upsert_collection"));
                    members.insert("id".to_owned(), json!(id));
                }
                body
            })
            .collect();
        let path = format!("/v1/{}/batch", segment(&database));
        write(global, Method::Post, &path, Some(json!({"operations": operations}).to_string()))
            .await
    }
}
