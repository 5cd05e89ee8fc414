//! Keywords that concern one value: `type`, `enum`, `const`, `pattern`, `format`, `multipleOf`, `uniqueItems`.

use super::{
    Category, Verdict,
    place::{Object, Pair, Place},
    report::{Relation, Report},
    types::Types,
    value,
    walk::Walk,
};
use serde_json::Value;
use std::cmp::Ordering;

/// The formats that are asserted; all others are annotations.
const ASSERTED_FORMATS: [&str; 2] = ["date", "date-time"];

impl<'s> Walk<'s> {
    /// `type`.
    pub(super) fn compare_types(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        let (old, new) = (pair.old.declared_types(), pair.new.declared_types());
        if old == new {
            return;
        }
        let relation = Relation {
            back: self.types(pair.old.node).is_within(new),
            fwd: self.types(pair.new.node).is_within(old),
        };
        let (before, after) = pair.get("type");
        for (rule, category) in type_rules(old, new, relation) {
            let verdict = match (relation.back, relation.fwd) {
                (true, true) => Verdict::Pass,
                (true, false) => Verdict::Warn,
                (false, true) => Verdict::Probe,
                (false, false) => Verdict::Block,
            };
            let report = Report::new(rule, &["type"], relation).category(category).verdict(verdict);
            self.report(place, report.values(before, after));
        }
    }

    /// `enum` and `const`, taken together.
    pub(super) fn compare_listed_values(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        if self.is_same_keyword(pair, "enum") && self.is_same_keyword(pair, "const") {
            return;
        }
        let (old, new) = (pair.old.values(), pair.new.values());
        let cost =
            old.as_ref().map_or(1, Vec::len).max(1) * new.as_ref().map_or(1, Vec::len).max(1);
        if !self.spend(cost) {
            return;
        }
        let are_in = |values: &Option<Vec<&Value>>, object: Object<'s>| match values {
            Some(values) => values.iter().all(|value| object.lists(value)),
            None => object.values().is_none(),
        };
        let relation = Relation { back: are_in(&old, pair.new), fwd: are_in(&new, pair.old) };
        if relation == Relation::BOTH {
            return;
        }
        let constants = pair.get("const");
        let is_constant = constants.0.is_some() && constants.1.is_some();
        let keyword = if pair.new.has("const") || (pair.old.has("const") && !pair.new.has("enum")) {
            "const"
        } else {
            "enum"
        };
        let rule = match (old.is_some(), new.is_some()) {
            (false, _) => "REKOR_ENUM_ADDED",
            (_, false) => "REKOR_ENUM_REMOVED",
            _ if is_constant && relation == Relation::NEITHER => "REKOR_CONST_CHANGED",
            _ if relation.back => "ENUM_ARRAY_EXTENDED",
            _ if relation.fwd => "ENUM_ARRAY_NARROWED",
            _ => "ENUM_ARRAY_CHANGED",
        };
        let steps = [keyword];
        let report = Report::new(rule, &steps, relation).warn_readers();
        // Another constant is another kind of document.
        let report =
            if rule == "REKOR_CONST_CHANGED" { report.verdict(Verdict::Block) } else { report };
        let (before, after) = pair.get(keyword);
        let other = if keyword == "const" { "enum" } else { "const" };
        let (other_before, other_after) = pair.get(other);
        self.report(place, report.values(before.or(other_before), after.or(other_after)));
    }

    /// `pattern`, `format`, `multipleOf` and `uniqueItems`.
    pub(super) fn compare_scalars(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        self.masked(pair, Types::STRING, |walk| {
            walk.compare_pattern(pair, place);
            walk.compare_format(pair, place);
        });
        self.masked(pair, Types::NUMBER, |walk| walk.compare_multiple_of(pair, place));
        self.masked(pair, Types::ARRAY, |walk| walk.compare_unique_items(pair, place));
    }

    fn compare_pattern(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        let (old, new) = (pair.old.text("pattern"), pair.new.text("pattern"));
        if old == new {
            return;
        }
        let rule = changed(old, new, ["PATTERN_ADDED", "PATTERN_REMOVED", "PATTERN_CHANGED"]);
        let relation = Relation { back: new.is_none(), fwd: old.is_none() };
        let (before, after) = pair.get("pattern");
        self.report(place, Report::new(rule, &["pattern"], relation).values(before, after));
    }

    fn compare_format(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        let (old, new) = (pair.old.text("format"), pair.new.text("format"));
        if old == new {
            return;
        }
        let rule = changed(
            old,
            new,
            ["REKOR_FORMAT_ADDED", "REKOR_FORMAT_REMOVED", "REKOR_FORMAT_CHANGED"],
        );
        let is_loose = |format: Option<&str>| format.is_none_or(|f| !ASSERTED_FORMATS.contains(&f));
        let relation = Relation { back: is_loose(new), fwd: is_loose(old) };
        let (before, after) = pair.get("format");
        self.report(place, Report::new(rule, &["format"], relation).values(before, after));
    }

    fn compare_multiple_of(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        let (before, after) = pair.get("multipleOf");
        let (old, new) = (before.filter(|v| v.is_number()), after.filter(|v| v.is_number()));
        let relation = match (old, new) {
            (None, None) => return,
            (Some(old), Some(new)) => Relation { back: divides(new, old), fwd: divides(old, new) },
            _ => Relation { back: new.is_none(), fwd: old.is_none() },
        };
        let rule = match (old, new) {
            (None, _) => "MULTIPLE_OF_ADDED",
            (_, None) => "MULTIPLE_OF_REMOVED",
            _ if relation == Relation::BOTH => return,
            _ if relation.back => "MULTIPLE_OF_REDUCED",
            _ if relation.fwd => "MULTIPLE_OF_EXPANDED",
            _ => "MULTIPLE_OF_CHANGED",
        };
        self.report(place, Report::new(rule, &["multipleOf"], relation).values(before, after));
    }

    fn compare_unique_items(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        let is_unique = |object: Object<'s>| object.get("uniqueItems") == Some(&Value::Bool(true));
        let (old, new) = (is_unique(pair.old), is_unique(pair.new));
        if old == new {
            return;
        }
        let rule = if new { "UNIQUE_ITEMS_ADDED" } else { "UNIQUE_ITEMS_REMOVED" };
        let (before, after) = pair.get("uniqueItems");
        let report = Report::new(rule, &["uniqueItems"], Relation { back: !new, fwd: !old });
        self.report(place, report.values(before, after));
    }
}

/// Rules of a changed `type`: numbers are told from other types, since they have columns of their own.
fn type_rules(old: Types, new: Types, relation: Relation) -> Vec<(&'static str, Category)> {
    let gains = |from: Types, to: Types| {
        let is_wider =
            Types::INTEGER.is_within(from) && Types::FRACTION.is_within(to.without(from));
        (is_wider, !to.without(from).without(Types::FRACTION).is_empty() || !is_wider)
    };
    let (number, others, rules) = match (relation.back, relation.fwd) {
        (false, false) => return vec![("TYPE_CHANGED", Category::Write)],
        (true, _) => {
            let (number, others) = gains(old, new);
            let rules = [("TYPE_EXTENDED", Category::Sql), ("SUM_TYPE_EXTENDED", Category::Read)];
            (number, others, rules)
        }
        (false, true) => {
            let (number, others) = gains(new, old);
            let rules =
                [("TYPE_NARROWED", Category::Write), ("SUM_TYPE_NARROWED", Category::Write)];
            (number, others, rules)
        }
    };
    let [first, second] = rules;
    [(number, first), (others, second)].into_iter().filter(|(is, _)| *is).map(|(_, r)| r).collect()
}

/// Which of "added, removed, changed" happened.
fn changed(
    old: Option<&str>,
    new: Option<&str>,
    [added, removed, changed]: [&'static str; 3],
) -> &'static str {
    match (old, new) {
        (None, _) => added,
        (_, None) => removed,
        _ => changed,
    }
}

/// Whether every multiple of `b` is one of `a`. Of binary fractions only equal ones are known to be.
fn divides(a: &Value, b: &Value) -> bool {
    let (Value::Number(a), Value::Number(b)) = (a, b) else { return false };
    match (value::integer(a), value::integer(b)) {
        (Some(a), Some(b)) => a != 0 && b % a == 0,
        _ => value::compare(a, b) == Some(Ordering::Equal),
    }
}
