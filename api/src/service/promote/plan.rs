//! What a promotion would change: entities of two databases compared. Pure.

use crate::service::{
    config::{Entry, Kind, Versioned},
    endpoint::broken,
};
use rekor_core::compat::{self, Category, Change as SchemaChange, Mode, Verdict};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Annotation of a schema that says how it may change.
const COMPATIBILITY: &str = "x-rekor-compatibility";

/// Entities by kind and id.
pub(crate) type Entities = BTreeMap<(Kind, String), Versioned>;

/// Which entities a promotion takes along.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// Ids by kind; all of a kind, if it is absent.
    pub(crate) only: BTreeMap<Kind, BTreeSet<String>>,
    /// Whether entities that the source lacks are removed from the target.
    pub(crate) prune: bool,
}

impl Selection {
    fn takes(&self, kind: Kind, id: &str) -> bool {
        // Naming entities of one kind leaves the other kinds out.
        match self.only.get(&kind) {
            Some(ids) => ids.contains(id),
            None => self.only.is_empty(),
        }
    }
}

/// One finding about a change, as every face shows it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Issue {
    pub(crate) rule: String,
    pub(crate) category: Category,
    pub(crate) path: String,
    pub(crate) old: Value,
    pub(crate) new: Value,
    pub(crate) verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rows_checked: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rows_failing: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) sample_ids: Vec<String>,
    /// How the stored rows were looked at: `statistics`, `column` or `documents`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) probed: Option<&'static str>,
    /// How fast, where every document was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rows_per_second: Option<u64>,
    #[serde(skip)]
    pub(crate) probe: Option<compat::ProbeAt>,
}

impl Issue {
    fn of(change: SchemaChange) -> Self {
        Self {
            rule: change.rule.to_owned(),
            category: change.category,
            path: change.path,
            old: change.old,
            new: change.new,
            verdict: change.verdict,
            rows_checked: None,
            rows_failing: None,
            sample_ids: Vec::new(),
            probed: None,
            rows_per_second: None,
            probe: change.probe,
        }
    }

    fn block(rule: &str, category: Category, old: Value, new: Value) -> Self {
        Self {
            rule: rule.to_owned(),
            category,
            path: String::new(),
            old,
            new,
            verdict: Verdict::Block,
            rows_checked: None,
            rows_failing: None,
            sample_ids: Vec::new(),
            probed: None,
            rows_per_second: None,
            probe: None,
        }
    }
}

/// One entity that changes.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    /// `add`, `update` or `remove`.
    pub(crate) action: &'static str,
    pub(crate) before: Option<Entry>,
    pub(crate) after: Option<Entry>,
    /// Version in the target now; 0 if it is not there.
    pub(crate) version: u64,
    /// JSON Patch on the configuration.
    pub(crate) diff: Vec<Value>,
    pub(crate) issues: Vec<Issue>,
    /// For one that production changed meanwhile: what each side did since they parted.
    pub(crate) three_way: Option<Value>,
}

impl Change {
    /// As every face shows it.
    pub(crate) fn to_json(&self) -> Value {
        let mut shown =
            json!({"id": self.id, "action": self.action, "diff": self.diff, "issues": self.issues});
        if let (Some(three_way), Some(members)) = (&self.three_way, shown.as_object_mut()) {
            members.insert("three_way".to_owned(), three_way.clone());
        }
        shown
    }

    /// Whether production changed after the preview was made.
    pub(crate) fn is_drift(&self) -> bool {
        self.issues.iter().any(|issue| issue.rule == "REKOR_DRIFT")
    }

    /// Whether stored rows must be looked at.
    pub(crate) fn needs_probe(&self) -> bool {
        self.issues.iter().any(|issue| issue.verdict == Verdict::Probe)
    }
}

/// The changes that make `target` like `source`, within a selection. `base` holds the versions of the target's entities when
/// the source was made; `history` older schemas of an entity, for transitive modes.
pub(crate) fn changes(
    source: &Entities,
    target: &Entities,
    base: &BTreeMap<String, u64>,
    selection: &Selection,
    history: &dyn Fn(Kind, &str) -> Vec<Value>,
) -> Vec<Change> {
    let mut out = Vec::new();
    for ((kind, id), wanted) in source.iter().filter(|((kind, id), _)| selection.takes(*kind, id)) {
        let known = target.get(&(*kind, id.clone()));
        if known.is_some_and(|known| known.entry.config() == wanted.entry.config()) {
            continue;
        }
        let mut change = Change {
            kind: *kind,
            id: id.clone(),
            action: if known.is_some() { "update" } else { "add" },
            before: known.map(|known| known.entry.clone()),
            after: Some(wanted.entry.clone()),
            version: known.map_or(0, |known| known.version),
            diff: diff(known.map(|known| &known.entry), Some(&wanted.entry)),
            issues: Vec::new(),
            three_way: None,
        };
        if let Some(known) = known {
            change.issues = schema_issues(*kind, known, wanted, history);
        }
        drifted(&mut change, base);
        out.push(change);
    }
    let removed = target.iter().filter(|(key, _)| {
        selection.prune && !source.contains_key(*key) && selection.takes(key.0, &key.1)
    });
    for ((kind, id), known) in removed {
        out.push(Change {
            kind: *kind,
            id: id.clone(),
            action: "remove",
            before: Some(known.entry.clone()),
            after: None,
            version: known.version,
            diff: diff(Some(&known.entry), None),
            issues: Vec::new(),
            three_way: None,
        });
    }
    out
}

fn schema_issues(
    kind: Kind,
    known: &Versioned,
    wanted: &Versioned,
    history: &dyn Fn(Kind, &str) -> Vec<Value>,
) -> Vec<Issue> {
    let (old, new) = (known.entry.schema(), wanted.entry.schema());
    let mode = mode_of(old);
    let mut issues: Vec<Issue> =
        compat::compare(old, new, mode).into_iter().map(Issue::of).collect();
    if mode.is_transitive() {
        for older in history(kind, known.entry.id()) {
            let further = compat::compare(&older, new, mode).into_iter().map(Issue::of);
            let new: Vec<Issue> = further
                .filter(|issue| {
                    !issues.iter().any(|known| known.rule == issue.rule && known.path == issue.path)
                })
                .collect();
            issues.extend(new);
        }
    }
    issues
}

/// How a schema may change, by its own word.
pub(crate) fn mode_of(schema: &Value) -> Mode {
    let given = schema.get(COMPATIBILITY).cloned();
    given.and_then(|mode| serde_json::from_value(mode).ok()).unwrap_or_default()
}

/// Production changed after the preview was made: both changes would have to be seen.
fn drifted(change: &mut Change, base: &BTreeMap<String, u64>) {
    let known = base.get(&change.kind.key(&change.id)).copied().unwrap_or(0);
    if known != change.version {
        let (old, new) = (json!({"base_version": known}), json!({"version": change.version}));
        change.issues.push(Issue::block("REKOR_DRIFT", Category::Data, old, new));
    }
}

/// What production and the preview each did to an entity since `base`, and the paths where they collide.
pub(crate) fn three_way(base: Option<&Entry>, change: &Change) -> Value {
    let production = diff(base, change.before.as_ref());
    let preview = diff(base, change.after.as_ref());
    let collide = |ours: &Value, theirs: &Value| {
        let path = |step: &Value| step.get("path").and_then(Value::as_str).map(str::to_owned);
        let (Some(a), Some(b)) = (path(ours), path(theirs)) else { return false };
        let within = |long: &str, short: &str| {
            long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        ours != theirs && (within(&a, &b) || within(&b, &a))
    };
    let conflicts: BTreeSet<&str> = preview
        .iter()
        .filter(|ours| production.iter().any(|theirs| collide(ours, theirs)))
        .filter_map(|step| step.get("path")?.as_str())
        .collect();
    json!({"production": production, "preview": preview, "conflicts": conflicts})
}

/// An endpoint whose collections would not be there stands in the way: agents would meet tools that are gone.
pub(crate) fn break_endpoints(changes: &mut [Change], target: &Entities) {
    let changed = changes.iter().map(|change| (change.kind, &change.id));
    let endpoints: BTreeSet<&String> = changed
        .chain(target.keys().map(|(kind, id)| (*kind, id)))
        .filter(|(kind, _)| *kind == Kind::Endpoint)
        .map(|(_, id)| id)
        .collect();
    let mut found = Vec::new();
    for id in endpoints {
        let Some(Entry::Endpoint(entry)) = after(changes, target, Kind::Endpoint, id) else {
            continue;
        };
        let is_there = |c: &str| after(changes, target, Kind::Collection, c).is_some();
        for gone in broken(&entry.config, is_there) {
            found.push((id.clone(), gone));
        }
    }
    for (endpoint, collection) in found {
        let shown = json!({"endpoint": endpoint, "collection": collection});
        let own = |change: &&mut Change| {
            change.kind == Kind::Endpoint && change.id == endpoint
                || change.kind == Kind::Collection && change.id == collection
        };
        if let Some(change) = changes.iter_mut().find(own) {
            let issue = Issue::block("REKOR_ENDPOINT_BROKEN", Category::Data, Value::Null, shown);
            change.issues.push(issue);
        }
    }
}

/// An entity as the changes leave it.
fn after<'a>(
    changes: &'a [Change],
    target: &'a Entities,
    kind: Kind,
    id: &str,
) -> Option<&'a Entry> {
    match changes.iter().find(|change| change.kind == kind && change.id == id) {
        Some(change) => change.after.as_ref(),
        None => target.get(&(kind, id.to_owned())).map(|known| &known.entry),
    }
}

/// A collection that goes takes its documents along.
pub(crate) fn removal(rows: u64, sample_ids: Vec<String>) -> Issue {
    let mut issue = Issue::block(
        "REKOR_COLLECTION_REMOVED_WITH_DOCUMENTS",
        Category::Data,
        Value::Null,
        Value::Null,
    );
    issue.rows_checked = Some(rows);
    issue.rows_failing = Some(rows);
    issue.sample_ids = sample_ids;
    issue.probed = Some("column");
    issue
}

/// What changes, as JSON Patch (RFC 6902) on the configuration.
fn diff(from: Option<&Entry>, to: Option<&Entry>) -> Vec<Value> {
    let mut out = Vec::new();
    match (from.map(Entry::config), to.map(Entry::config)) {
        (from, Some(to)) => compare("", from.as_ref(), &to, &mut out),
        (Some(_), None) => out.push(json!({"op": "remove", "path": ""})),
        (None, None) => {}
    }
    out
}

/// Two schemas compared: JSON Patch, and a verdict per change.
pub(crate) fn compare_schemas(old: &Value, new: &Value) -> Value {
    let mut patch = Vec::new();
    compare("", Some(old), new, &mut patch);
    let mode = mode_of(old);
    let issues: Vec<Issue> = compat::compare(old, new, mode).into_iter().map(Issue::of).collect();
    let verdict = issues.iter().map(|issue| issue.verdict).max().unwrap_or(Verdict::Pass);
    json!({"mode": mode, "verdict": verdict, "diff": patch, "issues": issues})
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
