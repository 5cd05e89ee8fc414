//! Promotion: the collections of a preview become those of its production database, atomically, by a human.

use super::{Caller, Service, collection::put_collection, database::system_json};
use crate::auth::{Action, authorise};
use rekor_core::{
    Error, Result,
    catalog::{CollectionEntry, Database},
    id::{CollectionId, RowId},
    time::uuid_v7,
};
use rekor_ingest::{Frame, Operation};
use serde::Deserialize;
use serde_json::{Value, json};

/// Body of a promotion.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// The preview.
    pub from: String,
    /// Only show what would change.
    #[serde(default)]
    pub dry_run: bool,
    /// Only these collections; all if absent.
    pub collections: Option<Vec<String>>,
}

/// One collection that differs.
struct Change {
    id: CollectionId,
    action: &'static str,
    diff: Vec<Value>,
    entry: CollectionEntry,
    version: u64,
    drifted: bool,
}

impl Service {
    /// Promotes, or shows what a promotion would do.
    ///
    /// # Errors
    /// `HumanRequired` for anybody but a human, Validation, `Conflict` if production changed since the preview was made.
    pub async fn promote(
        &self,
        caller: &Caller,
        production: &str,
        promotion: Promotion,
    ) -> Result<Value> {
        authorise(
            &caller.principal,
            if promotion.dry_run { Action::PromoteDryRun } else { Action::Promote },
        )?;
        let production = self.database(production)?;
        let preview = self.database(&promotion.from)?;
        let parent = preview.entry.id.preview_parts().map(|(parent, _)| parent);
        if parent != Some(production.entry.id.as_str()) {
            return Err(Error::validation(format!(
                "{} is not a preview of {}.",
                preview.entry.id, production.entry.id
            )));
        }
        let changes = self.changes(&production, &preview, promotion.collections.as_deref())?;
        let shown: Vec<Value> = changes
            .iter()
            .map(|c| json!({"id": c.id, "action": c.action, "diff": c.diff}))
            .collect();
        let blocking: Vec<Value> = changes
            .iter()
            .filter(|c| c.drifted)
            .map(|c| json!({"id": c.id, "reason": "production changed this collection after the preview was made"}))
            .collect();
        if promotion.dry_run {
            return Ok(
                json!({"dry_run": true, "from": preview.entry.id, "to": production.entry.id, "changes": {"collections": shown}, "blocking": blocking}),
            );
        }
        if let Some(first) = changes.iter().find(|c| c.drifted) {
            return Err(Error::conflict(format!(
                "Production changed the collection {} after {} was made. Make a new preview, or promote the other collections with --collections.",
                first.id, preview.entry.id
            )));
        }
        let now = self.now();
        let id = uuid_v7(now, &*self.engine.sources().entropy).to_string();
        let record = json!({
            "id": id, "from": preview.entry.id, "to": production.entry.id, "status": "applied", "applied_at": now.to_rfc3339(),
            "applied_by": caller.principal.id(), "changes": {"collections": shown},
        });
        let mut operations = vec![Operation::PutSystem {
            table: production.entry.tables.promotions,
            id: RowId::parse(&id)?,
            data: system_json(&record)?,
            if_version: Some(0),
        }];
        for change in &changes {
            operations.push(put_collection(
                production.entry.tables.collections,
                &change.entry,
                Some(change.version),
            )?);
        }
        self.engine.write(Frame { origin: caller.origin(), operations }).await?;
        Ok(record)
    }

    fn changes(
        &self,
        production: &Database,
        preview: &Database,
        only: Option<&[String]>,
    ) -> Result<Vec<Change>> {
        if let Some(unknown) = only
            .unwrap_or_default()
            .iter()
            .find(|id| !preview.collections.contains_key(id.as_str()))
        {
            return Err(Error::not_found(format!("The preview has no collection {unknown}.")));
        }
        let wanted =
            |id: &CollectionId| only.is_none_or(|only| only.iter().any(|name| name == id.as_str()));
        let mut changes = Vec::new();
        for (id, from) in preview.collections.iter().filter(|(id, _)| wanted(id)) {
            let to = production.collections.get(id);
            let same = to.is_some_and(|to| {
                CollectionEntry { table: to.entry.table, ..from.entry.clone() } == to.entry
            });
            if same {
                continue;
            }
            let version = to.map_or(0, |to| to.version);
            changes.push(Change {
                id: id.clone(),
                action: if to.is_some() { "update" } else { "add" },
                diff: diff(to.map(|to| &to.entry), &from.entry),
                entry: CollectionEntry {
                    table: to.map_or_else(|| self.engine.allocate_tables(1), |to| to.entry.table),
                    ..from.entry.clone()
                },
                version,
                drifted: preview.entry.base_versions.get(id).copied().unwrap_or(0) != version,
            });
        }
        Ok(changes)
    }

    /// The promotions into a database, newest first.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn promotions(&self, caller: &Caller, production: &str) -> Result<Vec<Value>> {
        authorise(&caller.principal, Action::ReadDatabases)?;
        let production = self.database(production)?;
        let snapshot = self.engine.snapshot();
        let Some(view) = snapshot.table(production.entry.tables.promotions) else {
            return Ok(Vec::new());
        };
        let mut out = Vec::new();
        for rows in &view.unflushed {
            for chunk in rows.chunks(false)? {
                out.extend(chunk.documents().filter_map(|doc| serde_json::from_str(doc).ok()));
            }
        }
        out.reverse();
        Ok(out)
    }
}

/// What changes, as JSON Patch on the collection.
fn diff(from: Option<&CollectionEntry>, to: &CollectionEntry) -> Vec<Value> {
    let show = |entry: &CollectionEntry| json!({"name": entry.name, "description": entry.description, "json_schema": entry.json_schema, "icon": entry.icon, "color": entry.color});
    let mut out = Vec::new();
    compare("", from.map(show).as_ref(), &show(to), &mut out);
    out
}

fn compare(path: &str, from: Option<&Value>, to: &Value, out: &mut Vec<Value>) {
    match (from, to) {
        (Some(from), to) if from == to => {}
        (Some(Value::Object(from)), Value::Object(to)) => {
            for name in from.keys().filter(|name| !to.contains_key(*name)) {
                out.push(json!({"op": "remove", "path": pointer(path, name)}));
            }
            for (name, value) in to {
                compare(&pointer(path, name), from.get(name), value, out);
            }
        }
        (Some(_), to) => out.push(json!({"op": "replace", "path": path, "value": to})),
        (None, to) => out.push(json!({"op": "add", "path": path, "value": to})),
    }
}

fn pointer(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}
