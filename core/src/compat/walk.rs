//! The walk over two schemas. It goes in one of two ways: *showing*, where each room's differences are kept with their
//! place, and *asking*, where only the relation between two subschemas counts.

use super::{
    place::{Node, Object, Pair, Place},
    probe,
    report::{Diff, Relation, Report},
    resolve::Roots,
    types::Types,
    value::size,
};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::HashMap;

/// What a comparison may cost: about one unit per node looked at or copied.
const BUDGET: usize = 250_000;
/// Cost of one pair of schemas.
const PAIR_COST: usize = 10;
/// Cost of compiling one pattern or default.
pub(super) const COMPILE_COST: usize = 500;
/// Deepest nesting of pairs, so that the stack suffices.
const LEVEL_MAX: usize = 64;

/// Two subschemas by identity.
type Key = (usize, usize);

#[derive(Debug)]
enum Found<'s> {
    Shown(Vec<Diff<'s>>),
    Asked(Relation),
}

/// A question that is being answered.
#[derive(Debug)]
struct Open {
    key: Key,
    depth: usize,
    assumed: Relation,
    is_used: bool,
}

/// A comparison under way.
#[derive(Debug)]
pub(super) struct Walk<'s> {
    pub(super) roots: Roots<'s>,
    pub(super) types: HashMap<usize, Types>,
    budget: usize,
    is_spent: bool,
    found: Found<'s>,
    /// What holds whatever the rooms say, since no value comes that way.
    mask: Relation,
    answers: HashMap<Key, Relation>,
    open: Vec<Open>,
    /// Lowest of the open questions whose assumption was used.
    lowest_used: usize,
    shown: Vec<(Key, usize)>,
    patterns: HashMap<&'s str, Option<Validator>>,
}

impl<'s> Walk<'s> {
    pub(super) fn new(old: &'s Value, new: &'s Value) -> Self {
        Self {
            roots: Roots::new(old, new),
            types: HashMap::new(),
            budget: BUDGET,
            is_spent: false,
            found: Found::Shown(Vec::new()),
            mask: Relation::NEITHER,
            answers: HashMap::new(),
            open: Vec::new(),
            lowest_used: usize::MAX,
            shown: Vec::new(),
            patterns: HashMap::new(),
        }
    }

    /// Compares the two schemas.
    pub(super) fn run(mut self) -> Vec<Diff<'s>> {
        use super::place::Side::{New, Old};
        let old = Node { value: self.roots.root(Old), side: Old };
        let new = Node { value: self.roots.root(New), side: New };
        let place = Place::root(new.value);
        if old.value != new.value {
            self.show(old, new, &place);
        }
        let is_spent = self.is_spent;
        let Found::Shown(mut diffs) = self.found else { return Vec::new() };
        if is_spent {
            diffs.push(diff(&place, &Report::undecided(&[]), Relation::NEITHER));
        }
        diffs
    }

    /// Takes from the budget; `false` if it is spent.
    pub(super) fn spend(&mut self, cost: usize) -> bool {
        let left = self.budget.checked_sub(cost);
        self.is_spent |= left.is_none();
        self.budget = left.unwrap_or(0);
        left.is_some()
    }

    /// Whether only the relation is asked for.
    pub(super) fn is_asking(&self) -> bool {
        matches!(self.found, Found::Asked(_))
    }

    /// Whether there is nothing left to find out.
    fn is_settled(&self) -> bool {
        self.is_spent || matches!(self.found, Found::Asked(Relation::NEITHER))
    }

    /// Records a difference.
    pub(super) fn report(&mut self, place: &Place<'s>, report: Report<'_, 's>) {
        let relation = report.relation.or(self.mask);
        match &mut self.found {
            Found::Asked(found) => *found = found.and(relation),
            Found::Shown(_) => {
                let cost = report.old.map_or(1, size) + report.new.map_or(1, size);
                if self.spend(cost) {
                    self.keep(diff(place, &report, relation));
                }
            }
        }
    }

    fn keep(&mut self, diff: Diff<'s>) {
        if let Found::Shown(diffs) = &mut self.found {
            diffs.push(diff);
        }
    }

    /// Compares two subschemas that a value at `place` is held to.
    pub(super) fn compare(&mut self, old: Node<'s>, new: Node<'s>, place: &Place<'s>) {
        if self.is_asking() {
            let relation = self.relation(old, new, place.depth).or(self.mask);
            if let Found::Asked(found) = &mut self.found {
                *found = found.and(relation);
            }
        } else {
            self.show(old, new, place);
        }
    }

    fn show(&mut self, old: Node<'s>, new: Node<'s>, place: &Place<'s>) {
        if self.is_same(old, new) || !self.spend(PAIR_COST) {
            return;
        }
        self.compare_annotations(old, new, place);
        let (Some((old, old_pointer)), Some((new, pointer))) =
            (self.resolve(old), self.resolve(new))
        else {
            self.report(place, Report::undecided(&[]).values(Some(old.value), Some(new.value)));
            return;
        };
        let have_moved = old_pointer.is_some() && pointer.is_some();
        let place = &place.moved(pointer);
        if have_moved {
            self.compare_annotations(old, new, place);
        }
        let key = (old.address(), new.address());
        if let Some((_, depth)) = self.shown.iter().find(|(shown, _)| *shown == key) {
            let is_founded = *depth < place.depth;
            self.show_again(old, new, is_founded, place);
        } else if self.shown.len() + self.open.len() >= LEVEL_MAX {
            self.report(place, Report::undecided(&[]).values(Some(old.value), Some(new.value)));
        } else {
            self.shown.push((key, place.depth));
            self.compare_resolved(old, new, place);
            self.shown.pop();
        }
    }

    /// A schema that contains itself: its differences are shown already, but stored values are to be checked all the way
    /// down.
    fn show_again(&mut self, old: Node<'s>, new: Node<'s>, is_founded: bool, place: &Place<'s>) {
        let relation =
            if is_founded { self.relation(old, new, place.depth) } else { Relation::NEITHER };
        if !is_founded {
            self.report(place, Report::undecided(&[]).values(Some(old.value), Some(new.value)));
        } else if relation != Relation::BOTH {
            let report = Report::new("REKOR_RECURSIVE_SCHEMA_CHANGED", &[], relation);
            self.report(place, report.values(Some(old.value), Some(new.value)));
        }
    }

    /// Whether every value that matches `a` surely matches `b`; they are of different sides.
    pub(super) fn is_within(&mut self, a: Node<'s>, b: Node<'s>, depth: usize) -> bool {
        match (a.side, b.side) {
            (super::place::Side::Old, _) => self.relation(a, b, depth).back,
            (super::place::Side::New, _) => self.relation(b, a, depth).fwd,
        }
    }

    /// How the values of two subschemas relate. A question within itself is answered by an assumption, which starts at
    /// the best and is lowered until it agrees with the answer: the greatest fixed point.
    pub(super) fn relation(&mut self, old: Node<'s>, new: Node<'s>, depth: usize) -> Relation {
        if self.is_same(old, new) {
            return Relation::BOTH;
        }
        let (Some((old, _)), Some((new, _))) = (self.resolve(old), self.resolve(new)) else {
            return Relation::NEITHER;
        };
        let key = (old.address(), new.address());
        if let Some(known) = self.answers.get(&key).copied() {
            return if self.spend(1) { known } else { Relation::NEITHER };
        }
        if let Some(assumed) = self.assume(key, depth) {
            return assumed;
        }
        if self.shown.len() + self.open.len() >= LEVEL_MAX {
            return Relation::NEITHER;
        }
        let lowest_before = std::mem::replace(&mut self.lowest_used, usize::MAX);
        let relation = self.settle(key, old, new, depth);
        let level = self.open.len();
        if self.lowest_used >= level {
            self.answers.insert(key, relation);
            self.lowest_used = usize::MAX;
        }
        self.lowest_used = self.lowest_used.min(lowest_before);
        relation
    }

    /// What is assumed of a question that is open already.
    fn assume(&mut self, key: Key, depth: usize) -> Option<Relation> {
        let level = self.open.iter().position(|open| open.key == key)?;
        let open = self.open.get_mut(level)?;
        if open.depth >= depth {
            return Some(Relation::NEITHER);
        }
        open.is_used = true;
        self.lowest_used = self.lowest_used.min(level);
        Some(open.assumed)
    }

    fn settle(&mut self, key: Key, old: Node<'s>, new: Node<'s>, depth: usize) -> Relation {
        let mut assumed = Relation::BOTH;
        loop {
            if !self.spend(PAIR_COST) {
                return Relation::NEITHER;
            }
            self.open.push(Open { key, depth, assumed, is_used: false });
            let relation = self.ask(old, new, depth).and(assumed);
            let is_used = self.open.pop().is_some_and(|open| open.is_used);
            if !is_used || relation == assumed {
                return relation;
            }
            assumed = relation;
        }
    }

    fn ask(&mut self, old: Node<'s>, new: Node<'s>, depth: usize) -> Relation {
        let found = std::mem::replace(&mut self.found, Found::Asked(Relation::BOTH));
        let mask = std::mem::replace(&mut self.mask, Relation::NEITHER);
        self.compare_resolved(old, new, &Place::asked(new.value, depth));
        self.mask = mask;
        match std::mem::replace(&mut self.found, found) {
            Found::Asked(relation) => relation,
            Found::Shown(_) => Relation::NEITHER,
        }
    }

    fn compare_resolved(&mut self, old: Node<'s>, new: Node<'s>, place: &Place<'s>) {
        let values = (Some(old.value), Some(new.value));
        match (old.object(), new.object()) {
            (Some(old), Some(new)) => self.compare_rooms(Pair { old, new }, place),
            (Some(_), None) if new.is_nothing() => {
                let relation = Relation { back: self.types(old).is_empty(), fwd: true };
                let report = Report::new("REKOR_VALUE_FORBIDDEN", &[], relation);
                self.report(place, report.values(values.0, values.1));
            }
            (None, Some(_)) if old.is_nothing() => {
                let relation = Relation { back: true, fwd: self.types(new).is_empty() };
                let report = Report::new("REKOR_VALUE_ALLOWED", &[], relation).warn_readers();
                self.report(place, report.values(values.0, values.1));
            }
            _ => self.report(place, Report::undecided(&[]).values(values.0, values.1)),
        }
    }

    /// Goes through all rooms of two sets of keywords.
    fn compare_rooms(&mut self, pair: Pair<'s>, place: &Place<'s>) {
        self.masked(&pair, Types::ALL, |walk| {
            let rooms = [
                Self::compare_unknown,
                Self::compare_types,
                Self::compare_listed_values,
                Self::compare_limits,
                Self::compare_scalars,
                Self::compare_members,
                Self::compare_elements,
                Self::compare_conjuncts,
                Self::compare_alternatives,
                Self::compare_negation,
                Self::compare_conditional,
                Self::compare_dependent_schemas,
                Self::compare_unevaluated,
            ];
            for room in rooms {
                if walk.is_settled() {
                    return;
                }
                room(walk, &pair, place);
            }
        });
    }

    /// Runs a room that concerns values of some types only: where a schema allows none of them, nothing is broken.
    pub(super) fn masked(&mut self, pair: &Pair<'s>, kind: Types, room: impl FnOnce(&mut Self)) {
        let old = self.types(pair.old.node).meet(kind).is_empty();
        let new = self.types(pair.new.node).meet(kind).is_empty();
        let before = self.mask;
        self.mask = before.or(Relation { back: old, fwd: new });
        room(self);
        self.mask = before;
    }

    /// Whether `pattern` is found in a member name, as the validator sees it; `None` if it is no pattern.
    pub(super) fn is_match(&mut self, pattern: &'s str, name: &str) -> Option<bool> {
        if !self.patterns.contains_key(pattern) {
            if !self.spend(COMPILE_COST) {
                return None;
            }
            let validator = probe::validator(&json!({"pattern": pattern}));
            self.patterns.insert(pattern, validator);
        }
        let validator = self.patterns.get(pattern)?.as_ref()?;
        Some(validator.is_valid(&Value::from(name)))
    }

    /// Whether a node of the new schema accepts the `default` it gives.
    pub(super) fn accepts_default(&mut self, property: Node<'s>) -> bool {
        let Some(default) = property.value.get("default") else { return false };
        self.spend(COMPILE_COST)
            && probe::self_contained(self.roots.root(property.side), property.value)
                .and_then(|schema| probe::validator(&schema))
                .is_some_and(|validator| validator.is_valid(default))
    }

    /// The node as an object after its references; for looking at single keywords.
    pub(super) fn resolved_object(&self, node: Node<'s>) -> Option<Object<'s>> {
        self.resolve(node)?.0.object()
    }
}

fn diff<'s>(place: &Place<'s>, report: &Report<'_, 's>, relation: Relation) -> Diff<'s> {
    let is_harmless = relation.back && !report.relation.back;
    Diff {
        rule: report.rule,
        category: report.category,
        path: super::place::join(&place.pointer, report.steps),
        old: report.old.cloned().unwrap_or(Value::Null),
        new: report.new.cloned().unwrap_or(Value::Null),
        relation,
        backward: if is_harmless { super::Verdict::Pass } else { report.backward },
        anchor: report.anchor.clone().unwrap_or_else(|| place.anchor.clone()),
    }
}
