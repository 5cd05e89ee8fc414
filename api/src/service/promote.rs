//! Promotion: the configuration of a preview becomes that of its production database, atomically, by a human.
//!
//! A promotion is an object of its own: *open* when somebody asks for it, *applied* by a human, *reverted* by a rollback,
//! *superseded* when another one from the same preview was applied first.

mod plan;
mod probe;
mod record;
mod rollback;

pub use rollback::RollbackBody;

use super::{
    Caller, Service,
    config::{Kind, Put, entities, system_rows},
    database::put_database,
};
use crate::operation::Operation as Op;
pub(crate) use plan::compare_schemas;
use plan::{Change, Entities, Selection, changes};
use probe::{Probe, later_rows_fit};
use record::{Record, State, Status};
use rekor_core::{
    Error, ErrorKind, Result, Timestamp,
    catalog::Database,
    compat::Verdict,
    error::Detail,
    grant::{Permission, Subject},
    time::uuid_v7,
    view::Version,
};
use rekor_ingest::{Frame, Operation};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

/// How long writes wait while the rows that came after the dry run are looked at.
const HOLD_MAX: Duration = Duration::from_millis(250);
/// How often an apply looks at everything again because rows moved to files meanwhile.
const TRIES_MAX: usize = 3;

/// Body of a promotion.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// The preview.
    #[serde(default)]
    pub from: String,
    /// Only show what would change.
    #[serde(default)]
    pub dry_run: bool,
    /// Only ask for it: an open promotion that a human can apply.
    #[serde(default)]
    pub request: bool,
    /// The open promotion to apply.
    pub promotion: Option<String>,
    /// Only these collections; all if no kind is named.
    pub collections: Option<Vec<String>>,
    /// Only these relationship types.
    pub relationship_types: Option<Vec<String>>,
    /// Accepted empty; there are none yet.
    #[serde(default)]
    pub triggers: Option<Vec<String>>,
    /// Accepted empty; there are none yet.
    #[serde(default)]
    pub hooks: Option<Vec<String>>,
    /// Only these endpoints.
    #[serde(default)]
    pub endpoints: Option<Vec<String>>,
    /// Removes what the preview lacks.
    #[serde(default)]
    pub prune: bool,
    /// Overrides blocking issues; says why, and is recorded.
    pub force_reason: Option<String>,
    /// Applies only what a dry run with this hash showed.
    pub diff_hash: Option<String>,
}

impl Promotion {
    fn selection(&self) -> Result<Selection> {
        for (kind, ids) in [("triggers", &self.triggers), ("hooks", &self.hooks)] {
            if ids.as_ref().is_some_and(|ids| !ids.is_empty()) {
                return Err(Error::not_found(format!("The preview has no {kind}.")));
            }
        }
        let mut only: BTreeMap<Kind, BTreeSet<String>> = BTreeMap::new();
        for (kind, ids) in [
            (Kind::Collection, &self.collections),
            (Kind::RelationshipType, &self.relationship_types),
            (Kind::Endpoint, &self.endpoints),
        ] {
            if let Some(ids) = ids {
                only.insert(kind, ids.iter().cloned().collect());
            }
        }
        Ok(Selection { only, prune: self.prune })
    }
}

/// What a promotion would do, looked at on one snapshot.
pub(super) struct Planned {
    pub(super) production: Arc<Database>,
    /// The preview, unless it is a rollback.
    pub(super) preview: Option<Arc<Database>>,
    pub(super) changes: Vec<Change>,
    pub(super) seq: u64,
}

impl Planned {
    pub(super) fn changes_json(&self) -> Value {
        let of = |kind: Kind| -> Value {
            self.changes.iter().filter(|c| c.kind == kind).map(Change::to_json).collect()
        };
        json!({
            "collections": of(Kind::Collection),
            "relationship_types": of(Kind::RelationshipType),
            "triggers": [],
            "hooks": [],
            "endpoints": of(Kind::Endpoint),
        })
    }

    /// What a human confirms: the changes themselves, not what was found out about them.
    pub(super) fn hash(&self) -> String {
        let changes =
            self.changes.iter().map(|c| json!([c.kind, c.id, c.action, c.version, c.diff]));
        let from = self.preview.as_ref().map(|preview| preview.entry.id.as_str());
        let text = json!([from, self.production.entry.id, changes.collect::<Vec<_>>()]).to_string();
        blake3::hash(text.as_bytes()).to_hex().to_string()
    }

    pub(super) fn blocking(&self) -> Vec<Value> {
        let mut out = Vec::new();
        for change in &self.changes {
            for issue in change.issues.iter().filter(|issue| issue.verdict == Verdict::Block) {
                let mut shown = serde_json::to_value(issue).unwrap_or_default();
                if let Some(members) = shown.as_object_mut() {
                    members.insert("kind".to_owned(), json!(change.kind));
                    members.insert("id".to_owned(), json!(change.id));
                    members.insert("message".to_owned(), json!(explain(change, issue)));
                }
                out.push(shown);
            }
        }
        out
    }
}

/// One sentence about a blocking issue, with what to do next.
fn explain(change: &Change, issue: &plan::Issue) -> String {
    let id = &change.id;
    match (issue.rule.as_str(), issue.rows_failing, issue.rows_checked) {
        ("REKOR_DRIFT", ..) => format!(
            "Production changed {id} after the preview was made. Make a new preview, leave {id} out, or force the preview's version over it."
        ),
        ("REKOR_ENDPOINT_BROKEN", ..) => format!(
            "The endpoint {} needs the collection {}, which production would not have. Promote the collection with it, or change the endpoint.",
            issue.new["endpoint"].as_str().unwrap_or_default(),
            issue.new["collection"].as_str().unwrap_or_default()
        ),
        (_, Some(failing), Some(checked)) => format!(
            "{failing} of {checked} documents of {id} would fail: {} at {}. Change those documents or the schema.",
            issue.rule,
            if issue.path.is_empty() { "/" } else { &issue.path }
        ),
        _ => format!(
            "{} at {} of {id} breaks those who write or read it. Change the schema, or force it with a reason.",
            issue.rule,
            if issue.path.is_empty() { "/" } else { &issue.path }
        ),
    }
}

impl Service {
    /// Promotes, or shows what a promotion would do, or asks for one.
    ///
    /// # Errors
    /// `HumanRequired` for anybody but a human with a fresh proof, Validation, `Conflict` for blocking issues and for
    /// production that changed meanwhile.
    pub async fn promote(
        &self,
        caller: &Caller,
        production: &str,
        promotion: Promotion,
    ) -> Result<Value> {
        let operation = match (promotion.dry_run, promotion.request) {
            (true, _) => Op::PromoteDryRun,
            (false, true) => Op::PromoteRequest,
            (false, false) => Op::Promote,
        };
        let (promotion, open) = self.asked_for(caller, production, promotion)?;
        let (preview, production) = if operation == Op::Promote {
            let preview = self.reach(caller, Op::PromoteDryRun, &promotion.from)?;
            (preview, self.reach(caller, operation, production)?)
        } else {
            // Who may look at the preview may know what it would change, and ask for it.
            let preview = self.reach(caller, operation, &promotion.from)?;
            let production = self.production_of(&preview, production)?;
            (preview, production)
        };
        let parent = preview.entry.id.preview_parts().map(|(parent, _)| parent);
        if parent != Some(production.entry.id.as_str()) {
            return Err(Error::validation(format!(
                "{} is not a preview of {}.",
                preview.entry.id, production.entry.id
            )));
        }
        let mut tries = 0;
        loop {
            let planned =
                self.plan_promotion(&production.entry.id, &preview.entry.id, &promotion).await?;
            if promotion.dry_run {
                return Ok(self.dry_run_json(caller, &planned));
            }
            let mut record = self.record(caller, &planned, open.as_ref());
            record.force_reason.clone_from(&promotion.force_reason);
            record.selection = open
                .as_ref()
                .map_or_else(|| selection_json(&promotion), |open| open.selection.clone());
            if promotion.request {
                record.status = Status::Open;
                let operations = vec![record.put(&planned.production, 0)?];
                self.engine.write(Frame::new(caller.origin(), operations)).await?;
                return Ok(shown(caller, &planned.production, &record));
            }
            self.check_apply(caller, &planned, &promotion)?;
            record.apply(&caller.principal, self.now());
            tries += 1;
            match self.apply(caller, &planned, record, Vec::new()).await {
                Err(error) if error.kind == ErrorKind::Conflict && tries < TRIES_MAX => {}
                outcome => return outcome,
            }
        }
    }

    /// The promotion that is meant: the body, or the open one that it names.
    fn asked_for(
        &self,
        caller: &Caller,
        production: &str,
        body: Promotion,
    ) -> Result<(Promotion, Option<Record>)> {
        let Some(id) = &body.promotion else { return Ok((body, None)) };
        let production = self.reach(caller, Op::PromotionGet, production)?;
        let open = self.find_record(&production, id)?;
        if open.status != Status::Open {
            return Err(Error::conflict(format!(
                "The promotion {id} is {}; only an open one can be applied.",
                open.status.name()
            )));
        }
        let asked: Promotion = serde_json::from_value(open.selection.clone())
            .map_err(|error| Error::corrupt(format!("A promotion cannot be read: {error}.")))?;
        let promotion = Promotion {
            from: open.from.clone().unwrap_or_default(),
            dry_run: body.dry_run,
            force_reason: body.force_reason,
            diff_hash: body.diff_hash,
            ..asked
        };
        Ok((promotion, Some(open)))
    }

    fn production_of(&self, preview: &Database, named: &str) -> Result<Arc<Database>> {
        let snapshot = self.engine.snapshot();
        let parent = preview.entry.id.preview_parts().map(|(parent, _)| parent);
        let found = parent.filter(|parent| *parent == named);
        let found = found.and_then(|parent| snapshot.catalog().databases.get(parent).cloned());
        found.ok_or_else(|| {
            Error::validation(format!("{} is not a preview of {named}.", preview.entry.id))
        })
    }

    async fn plan_promotion(
        &self,
        production: &rekor_core::id::DatabaseId,
        preview: &rekor_core::id::DatabaseId,
        promotion: &Promotion,
    ) -> Result<Planned> {
        let snapshot = self.engine.snapshot();
        let find =
            |id: &rekor_core::id::DatabaseId| {
                snapshot.catalog().databases.get(id).cloned().ok_or_else(|| {
                    Error::conflict(format!("The database {id} was deleted meanwhile."))
                })
            };
        let (production, preview) = (find(production)?, find(preview)?);
        let selection = promotion.selection()?;
        let source = entities(&preview);
        for (kind, ids) in &selection.only {
            if let Some(unknown) =
                ids.iter().find(|id| !source.contains_key(&(*kind, (*id).clone())))
            {
                return Err(Error::not_found(format!(
                    "The preview has no {} {unknown}.",
                    kind.plural().trim_end_matches('s').replace('_', " ")
                )));
            }
        }
        let changes = self
            .compare(&snapshot, &production, &source, &preview.entry.base_versions, &selection)
            .await?;
        Ok(Planned { production, preview: Some(preview), changes, seq: snapshot.visible_seq() })
    }

    /// The changes that make production like `source`, with every probe settled on the stored rows.
    async fn compare(
        &self,
        snapshot: &Arc<dyn Version>,
        production: &Database,
        source: &Entities,
        base: &BTreeMap<String, u64>,
        selection: &Selection,
    ) -> Result<Vec<Change>> {
        let history = |kind: Kind, id: &str| -> Vec<Value> {
            let rows = self.versions(production, kind, id).unwrap_or_default();
            rows.iter().filter_map(|row| Some(row.entry.as_ref()?.schema().clone())).collect()
        };
        let target = entities(production);
        let mut changes = changes(source, &target, base, selection, &history);
        for change in &mut changes {
            if change.is_drift() {
                change.three_way = self.three_way(production, change, base)?;
            }
            self.look_at_rows(snapshot, production, change).await?;
        }
        plan::break_endpoints(&mut changes, &target);
        Ok(changes)
    }

    /// Both sides of a drift, if the version they have in common is known.
    fn three_way(
        &self,
        production: &Database,
        change: &Change,
        base: &BTreeMap<String, u64>,
    ) -> Result<Option<Value>> {
        let common = base.get(&change.kind.key(&change.id)).copied().unwrap_or(0);
        let versions = self.versions(production, change.kind, &change.id)?;
        let known = versions.iter().find(|row| row.version == common);
        if common > 0 && known.is_none() {
            return Ok(None);
        }
        Ok(Some(plan::three_way(known.and_then(|row| row.entry.as_ref()), change)))
    }

    async fn look_at_rows(
        &self,
        snapshot: &Arc<dyn Version>,
        production: &Database,
        change: &mut Change,
    ) -> Result<()> {
        if change.kind != Kind::Collection {
            return Ok(());
        }
        let Some(collection) = production.collections.get(change.id.as_str()) else {
            return Ok(());
        };
        let probe = Probe {
            service: self,
            version: snapshot,
            database: production,
            collection: collection.entry.id.as_str(),
            table: collection.entry.table,
        };
        if change.action == "remove" {
            let (rows, samples) = probe.live_rows().await?;
            if rows > 0 {
                change.issues.push(plan::removal(rows, samples));
            }
        } else if change.needs_probe() {
            probe.settle(change).await?;
        }
        Ok(())
    }

    fn dry_run_json(&self, caller: &Caller, planned: &Planned) -> Value {
        let mut out = json!({
            "dry_run": true,
            "from": planned.preview.as_ref().map(|preview| &preview.entry.id),
            "to": planned.production.entry.id,
            "diff_hash": planned.hash(),
            "changes": planned.changes_json(),
            "blocking": planned.blocking(),
        });
        hide_ids(&caller.principal, &planned.production, &mut out);
        out
    }

    /// What must hold before anything is applied.
    fn check_apply(&self, caller: &Caller, planned: &Planned, promotion: &Promotion) -> Result<()> {
        let hash = planned.hash();
        if promotion.diff_hash.as_ref().is_some_and(|given| *given != hash) {
            return Err(Error::conflict(
                "The changes are not those of the dry run any more; look at a new one.",
            ));
        }
        self.require_proof(caller, &hash)?;
        let mut shown = json!({"blocking": planned.blocking()});
        hide_ids(&caller.principal, &planned.production, &mut shown);
        let blocking = shown.get("blocking").and_then(Value::as_array).cloned().unwrap_or_default();
        let reason = promotion.force_reason.as_deref().map(str::trim);
        if reason.is_some_and(str::is_empty) {
            return Err(Error::validation("force_reason says why; it cannot be empty."));
        }
        if blocking.is_empty() || reason.is_some() {
            return Ok(());
        }
        let first = blocking.first().and_then(|issue| issue.get("message")).and_then(Value::as_str);
        let mut error = Error::conflict(format!(
            "The promotion is blocked ({}): {}",
            if blocking.len() == 1 {
                "one issue".to_owned()
            } else {
                format!("{} issues", blocking.len())
            },
            first.unwrap_or_default()
        ));
        for issue in blocking {
            let Value::Object(members) = issue else { continue };
            error.details.push(
                members
                    .into_iter()
                    .fold(Detail::default(), |detail, (name, value)| detail.with(&name, value)),
            );
        }
        Err(error)
    }

    fn record(&self, caller: &Caller, planned: &Planned, open: Option<&Record>) -> Record {
        let now = self.now();
        let state = |change: &Change| State {
            kind: change.kind,
            id: change.id.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
        };
        Record {
            id: open.map_or_else(
                || uuid_v7(now, &*self.engine.sources().entropy).to_string(),
                |open| open.id.clone(),
            ),
            from: planned.preview.as_ref().map(|preview| preview.entry.id.to_string()),
            to: planned.production.entry.id.to_string(),
            status: Status::Applied,
            requested_at: Some(open.and_then(|open| open.requested_at).unwrap_or(now)),
            requested_by: open
                .map_or_else(|| caller.principal.id.clone(), |open| open.requested_by.clone()),
            applied_at: None,
            applied_by: None,
            reverts: None,
            reverted_by: None,
            force_reason: None,
            selection: Value::Null,
            changes: planned.changes_json(),
            states: planned.changes.iter().map(state).collect(),
        }
    }

    /// Writes everything in one frame, while no other write runs, if nothing it depends on changed.
    async fn apply(
        &self,
        caller: &Caller,
        planned: &Planned,
        record: Record,
        also: Vec<Operation>,
    ) -> Result<Value> {
        let alone = self.engine.exclusive().await;
        let snapshot = self.engine.snapshot();
        self.check_unchanged(&*snapshot, planned, Instant::now())?;
        let mut operations = self.config_operations(caller, planned)?;
        let is_known = self.check_still_due(planned, &record)?;
        operations.push(record.put(&planned.production, u64::from(is_known))?);
        operations.extend(also);
        if let Some(preview) = &planned.preview {
            operations.push(rebased(preview, planned)?);
            operations.extend(self.supersede(planned, &record)?);
        }
        alone.write(Frame::new(caller.origin(), operations)).await?;
        Ok(shown(caller, &planned.production, &record))
    }

    /// Nobody applied or undid the same promotion meanwhile. Answers whether it is stored already, as an open one.
    fn check_still_due(&self, planned: &Planned, record: &Record) -> Result<bool> {
        let done = |known: &Record| {
            Error::conflict(format!(
                "The promotion {} is {} meanwhile.",
                known.id,
                known.status.name()
            ))
        };
        if let Some(undone) = &record.reverts {
            let known = self.find_record(&planned.production, undone)?;
            if known.status != Status::Applied {
                return Err(done(&known));
            }
        }
        match self.find_record(&planned.production, &record.id) {
            Ok(known) if known.status != Status::Open => Err(done(&known)),
            Ok(_) => Ok(true),
            Err(_) => Ok(false),
        }
    }

    /// Versions are as planned, and documents that came since fit.
    fn check_unchanged(
        &self,
        snapshot: &dyn Version,
        planned: &Planned,
        started: Instant,
    ) -> Result<()> {
        let changed = || {
            Error::conflict(
                "The configuration changed while it was looked at; look at a new dry run.",
            )
        };
        let same = |database: &Arc<Database>| {
            snapshot.catalog().databases.get(&database.entry.id).is_some_and(|now| {
                let versions = |d: &Database| -> Vec<(_, u64)> {
                    entities(d).into_iter().map(|(key, entity)| (key, entity.version)).collect()
                };
                now.entry.tables == database.entry.tables && versions(now) == versions(database)
            })
        };
        if !same(&planned.production)
            || planned.preview.as_ref().is_some_and(|preview| !same(preview))
        {
            return Err(changed());
        }
        for change in planned.changes.iter().filter(|change| change.kind == Kind::Collection) {
            let table = planned.production.collections.get(change.id.as_str());
            let (Some(table), Some(after)) = (table, &change.after) else { continue };
            if change.issues.iter().all(|issue| issue.probed.is_none())
                || snapshot.visible_seq() == planned.seq
            {
                continue;
            }
            let fits = later_rows_fit(snapshot, table.entry.table, planned.seq, after.schema())?;
            if fits != Some(true) || started.elapsed() > HOLD_MAX {
                return Err(Error::conflict(format!(
                    "Documents of {} came while the promotion was applied, and it could not be shown in time that they fit. Try again, or look at a new dry run.",
                    change.id
                )));
            }
        }
        Ok(())
    }

    fn config_operations(&self, caller: &Caller, planned: &Planned) -> Result<Vec<Operation>> {
        let mut operations = Vec::new();
        for change in &planned.changes {
            let entry = match &change.after {
                Some(entry) => Some(self.at_home(planned, change, entry)?),
                None => None,
            };
            let (put, _) = self.put_config(&Put {
                database: &planned.production,
                by: &caller.principal,
                kind: change.kind,
                id: &change.id,
                if_version: change.version,
                written: 0,
                entry: entry.as_ref(),
                keeps_documents: planned.preview.is_none(),
            })?;
            operations.extend(put);
        }
        Ok(operations)
    }

    /// Other open promotions from the same preview are not what they were asked for any more.
    fn supersede(&self, planned: &Planned, applied: &Record) -> Result<Vec<Operation>> {
        let snapshot = self.engine.snapshot();
        let records: Vec<Record> =
            system_rows(&*snapshot, planned.production.entry.tables.promotions)?;
        let stale = records.into_iter().filter(|record| {
            record.status == Status::Open && record.from == applied.from && record.id != applied.id
        });
        stale
            .map(|record| {
                Record { status: Status::Superseded, ..record }.put(&planned.production, 1)
            })
            .collect()
    }

    /// The promotions into a database, newest first.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn promotions(&self, caller: &Caller, production: &str) -> Result<Vec<Value>> {
        let production = self.reach(caller, Op::PromotionList, production)?;
        let snapshot = self.engine.snapshot();
        let mut records: Vec<Record> = system_rows(&*snapshot, production.entry.tables.promotions)?;
        records.sort_by(|a, b| b.id.cmp(&a.id));
        Ok(records.iter().map(|record| shown(caller, &production, record)).collect())
    }

    /// One promotion.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn promotion(&self, caller: &Caller, production: &str, id: &str) -> Result<Value> {
        let production = self.reach(caller, Op::PromotionGet, production)?;
        Ok(shown(caller, &production, &self.find_record(&production, id)?))
    }

    pub(super) fn find_record(&self, production: &Database, id: &str) -> Result<Record> {
        let snapshot = self.engine.snapshot();
        let records: Vec<Record> = system_rows(&*snapshot, production.entry.tables.promotions)?;
        records.into_iter().find(|record| record.id == id).ok_or_else(|| {
            Error::not_found(format!(
                "There is no promotion {id}; `rekor databases promotions {}` lists them.",
                production.entry.id
            ))
        })
    }
}

fn shown(caller: &Caller, production: &Database, record: &Record) -> Value {
    let mut out = record.to_json();
    hide_ids(&caller.principal, production, &mut out);
    out
}

/// Ids of documents are shown only to who may read them.
fn hide_ids(principal: &crate::auth::Principal, production: &Database, out: &mut Value) {
    let readable =
        principal.collections(Permission::read(Subject::Documents), &production.entry.id);
    let hide = |entry: &mut Value| {
        if let Some(members) = entry.as_object_mut() {
            members.remove("sample_ids");
        }
    };
    let unreadable = |entry: &Value| {
        !entry.get("id").and_then(Value::as_str).is_some_and(|id| readable.contains(id))
    };
    for entry in
        out.pointer_mut("/changes/collections").and_then(Value::as_array_mut).into_iter().flatten()
    {
        if unreadable(entry) {
            entry
                .get_mut("issues")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
                .for_each(hide);
        }
    }
    for entry in out.pointer_mut("/blocking").and_then(Value::as_array_mut).into_iter().flatten() {
        if unreadable(entry) {
            hide(entry);
        }
    }
}

fn selection_json(promotion: &Promotion) -> Value {
    json!({
        "collections": promotion.collections,
        "relationship_types": promotion.relationship_types,
        "endpoints": promotion.endpoints,
        "prune": promotion.prune,
    })
}

/// The preview's entry after a promotion: what was promoted has a new base.
fn rebased(preview: &Database, planned: &Planned) -> Result<Operation> {
    let mut entry = preview.entry.clone();
    for change in &planned.changes {
        let key = change.kind.key(&change.id);
        match change.after {
            Some(_) => drop(entry.base_versions.insert(key, change.version + 1)),
            None => drop(entry.base_versions.remove(&key)),
        }
    }
    put_database(&entry, Some(preview.version))
}

/// When something happened, for records.
pub(super) type At = Option<Timestamp>;
