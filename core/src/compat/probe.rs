//! From differences to changes: verdicts, and what stored rows are checked against.

use super::{
    Change, Mode, ProbeAt, Verdict,
    place::Anchor,
    report::{Diff, UNDECIDED},
    resolve::decode,
    value::size,
};
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Most nodes that all probes of one comparison copy.
const PROBE_NODES_MAX: usize = 250_000;
/// Largest compiled size of one pattern, as `schema` has it.
const PATTERN_COMPILED_BYTES_MAX: usize = 1 << 20;

/// Compiles a schema as documents are validated.
pub(super) fn validator(schema: &Value) -> Option<Validator> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(PatternOptions::regex().size_limit(PATTERN_COMPILED_BYTES_MAX))
        .build(schema)
        .ok()
}

/// The changes that a mode makes of differences.
pub(super) fn changes(root: &Value, diffs: Vec<Diff<'_>>, mode: Mode) -> Vec<Change> {
    let mut copied = 0;
    let mut seen = HashSet::new();
    let mut changes = Vec::with_capacity(diffs.len());
    for diff in diffs {
        let identity = (
            (diff.rule, diff.path.clone(), diff.anchor.path.clone()),
            (diff.new.to_string(), diff.relation, diff.backward),
        );
        if seen.insert(identity) {
            changes.push(change(root, diff, mode, &mut copied));
        }
    }
    if copied > PROBE_NODES_MAX {
        changes.push(whole(root));
    }
    changes
}

fn change(root: &Value, diff: Diff<'_>, mode: Mode, copied: &mut usize) -> Change {
    let verdict = diff.verdict(mode);
    let probe = (verdict == Verdict::Probe && *copied <= PROBE_NODES_MAX)
        .then(|| probe_at(root, &diff.anchor));
    *copied += probe.as_ref().map_or(0, |probe| size(&probe.schema));
    Change {
        rule: diff.rule,
        category: diff.category,
        path: diff.path,
        old: diff.old,
        new: diff.new,
        // One probe of whole documents stands for all that would copy too much.
        verdict: if verdict == Verdict::Probe && probe.is_none() { Verdict::Warn } else { verdict },
        probe,
    }
}

/// Checks whole documents.
fn whole(root: &Value) -> Change {
    Change {
        rule: UNDECIDED,
        category: super::Category::Data,
        path: String::new(),
        old: Value::Null,
        new: Value::Null,
        verdict: Verdict::Probe,
        probe: Some(ProbeAt { instance_path: Vec::new(), schema: root.clone(), required: true }),
    }
}

fn probe_at(root: &Value, anchor: &Anchor<'_>) -> ProbeAt {
    match self_contained(root, anchor.schema) {
        Some(schema) if !anchor.path.is_empty() => {
            ProbeAt { instance_path: anchor.path.clone(), schema, required: anchor.required }
        }
        _ => ProbeAt { instance_path: Vec::new(), schema: root.clone(), required: true },
    }
}

/// A subschema with the definitions it refers to; `None` if it refers to anything else.
pub(super) fn self_contained(root: &Value, schema: &Value) -> Option<Value> {
    let mut names = Vec::new();
    if !definitions(schema, &mut names) {
        return None;
    }
    let mut defs = Map::new();
    while let Some(name) = names.pop() {
        if !defs.contains_key(&name) {
            let definition = root.get("$defs")?.get(&name)?;
            if !definitions(definition, &mut names) {
                return None;
            }
            defs.insert(name, definition.clone());
        }
    }
    let mut copy = schema.clone();
    if !defs.is_empty() {
        copy.as_object_mut()?.insert("$defs".to_owned(), Value::Object(defs));
    }
    Some(copy)
}

/// Collects the names in `#/$defs/name…` references; `false` if something depends on where the schema stands.
fn definitions(value: &Value, names: &mut Vec<String>) -> bool {
    match value {
        Value::Array(elements) => elements.iter().all(|element| definitions(element, names)),
        Value::Object(members) => {
            members.iter().all(|(keyword, member)| match (keyword.as_str(), member.as_str()) {
                ("$ref", Some(reference)) => definition(reference).is_some_and(|name| {
                    names.push(name);
                    true
                }),
                ("$defs" | "$dynamicRef" | "$id" | "$recursiveRef", _) => false,
                _ => definitions(member, names),
            })
        }
        _ => true,
    }
}

/// The definition that a reference leads to or into.
fn definition(reference: &str) -> Option<String> {
    let pointer = decode(reference.strip_prefix('#')?)?;
    let name = pointer.strip_prefix("/$defs/")?.split('/').next()?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}
