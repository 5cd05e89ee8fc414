//! Rollback: the configuration that a promotion changed becomes what it was before it, however long ago. Documents stay.

use super::{
    Planned,
    plan::{Change, Entities, Selection},
    record::{Record, Status},
};
use crate::{
    operation::Operation as Op,
    service::{
        Caller, Service,
        config::{Entry, Kind, Versioned, entities},
    },
};
use rekor_core::{Error, Result, catalog::Database, compat::Verdict, time::uuid_v7};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Body of a rollback.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollbackBody {
    /// The promotion to undo.
    #[serde(alias = "promotion")]
    pub promotion_id: String,
    /// Only show what would change.
    #[serde(default)]
    pub dry_run: bool,
    /// Overrides blocking issues; says why, and is recorded.
    pub force_reason: Option<String>,
    /// Applies only what a dry run with this hash showed.
    pub diff_hash: Option<String>,
}

impl Service {
    /// Undoes a promotion, or shows what that would change.
    ///
    /// # Errors
    /// As [`Service::promote`]; `Conflict` if the promotion is not applied or its entities changed since.
    pub async fn rollback(
        &self,
        caller: &Caller,
        production: &str,
        body: RollbackBody,
    ) -> Result<Value> {
        let operation = if body.dry_run { Op::RollbackDryRun } else { Op::Rollback };
        let production = self.reach(caller, operation, production)?;
        let undone = self.find_record(&production, &body.promotion_id)?;
        if undone.status != Status::Applied {
            return Err(Error::conflict(format!(
                "The promotion {} is {}; only an applied one can be rolled back.",
                undone.id,
                undone.status.name()
            )));
        }
        let planned = self.plan_rollback(&production, &undone).await?;
        if body.dry_run {
            return Ok(self.dry_run_json(caller, &planned));
        }
        let as_promotion = super::Promotion {
            force_reason: body.force_reason.clone(),
            diff_hash: body.diff_hash,
            ..super::Promotion::default()
        };
        self.check_apply(caller, &planned, &as_promotion)?;
        let mut record = self.record(caller, &planned, None);
        record.apply(&caller.principal, self.now());
        record.force_reason = body.force_reason;
        record.reverts = Some(undone.id.clone());
        record.id = uuid_v7(self.now(), &*self.engine.sources().entropy).to_string();
        let marked =
            Record { status: Status::Reverted, reverted_by: Some(record.id.clone()), ..undone };
        let also = vec![marked.put(&production, 1)?];
        self.apply(caller, &planned, record, also).await
    }

    async fn plan_rollback(&self, production: &Database, undone: &Record) -> Result<Planned> {
        let snapshot = self.engine.snapshot();
        let production = snapshot.catalog().databases.get(&production.entry.id).cloned();
        let production =
            production.ok_or_else(|| Error::conflict("The database was deleted meanwhile."))?;
        let now = entities(&production);
        let (mut source, mut only): (Entities, BTreeMap<Kind, BTreeSet<String>>) =
            Default::default();
        // What did not change since is where the promotion left it.
        let mut base = BTreeMap::new();
        for kind in Kind::ALL {
            only.insert(kind, BTreeSet::new());
        }
        for state in &undone.states {
            let current = now.get(&(state.kind, state.id.clone()));
            let untouched =
                current.map(|c| c.entry.config()) == state.after.as_ref().map(Entry::config);
            let version = current.map_or(0, |current| current.version);
            base.insert(state.kind.key(&state.id), if untouched { version } else { version + 1 });
            only.entry(state.kind).or_default().insert(state.id.clone());
            if let Some(before) = &state.before {
                let entity = Versioned { entry: before.clone(), version: 0 };
                source.insert((state.kind, state.id.clone()), entity);
            }
        }
        let selection = Selection { only, prune: true };
        let mut changes = self.compare(&snapshot, &production, &source, &base, &selection).await?;
        for change in &mut changes {
            // Documents of a collection that goes are kept, and are back when it is promoted again.
            change.issues.retain(|issue| issue.rule != "REKOR_COLLECTION_REMOVED_WITH_DOCUMENTS");
            // Going back is the way out of a mistake: what it breaks is said, and does not stand in its way.
            for issue in change.issues.iter_mut().filter(|issue| issue.rule != "REKOR_DRIFT") {
                issue.verdict = issue.verdict.min(Verdict::Warn);
            }
        }
        Ok(Planned { production, preview: None, changes, seq: snapshot.visible_seq() })
    }

    /// An entity as production stores it: a collection keeps its documents, also those from before a rollback took it away.
    pub(super) fn at_home(
        &self,
        planned: &Planned,
        change: &Change,
        entry: &Entry,
    ) -> Result<Entry> {
        let Entry::Collection(entry) = entry else { return Ok(entry.clone()) };
        let here = planned.production.collections.get(change.id.as_str()).map(|c| c.entry.table);
        let table = match here {
            Some(table) => table,
            None => match self.rolled_back_table(&planned.production, &change.id)? {
                Some(table) => table,
                None => self.engine.allocate_tables(1),
            },
        };
        Ok(Entry::Collection(rekor_core::catalog::CollectionEntry { table, ..entry.clone() }))
    }

    /// The table of a collection that the last change to it, a rollback, took away.
    fn rolled_back_table(
        &self,
        production: &Database,
        id: &str,
    ) -> Result<Option<rekor_core::id::TableId>> {
        let versions = self.versions(production, Kind::Collection, id)?;
        Ok(match versions.as_slice() {
            [.., before, last] if last.keeps_documents => match &before.entry {
                Some(Entry::Collection(entry)) => Some(entry.table),
                _ => None,
            },
            _ => None,
        })
    }
}
