//! Upper and lower limits: lengths, numbers and counts.

use super::{
    place::{Object, Pair, Place},
    report::{Relation, Report},
    types::Types,
    value,
    walk::Walk,
};
use serde_json::{Number, Value};
use std::cmp::Ordering;

/// One keyword that limits a quantity.
struct Limit {
    keyword: &'static str,
    kind: Types,
    is_upper: bool,
    /// The keyword for the same side of the same quantity, and whether a value at its limit can be beyond this one.
    sibling: Option<(&'static str, bool)>,
    /// What an absent lower limit means.
    floor: Option<i64>,
    added: &'static str,
    removed: &'static str,
    increased: &'static str,
    decreased: &'static str,
}

macro_rules! limit {
    ($keyword:literal, $kind:ident, $is_upper:literal, $sibling:expr, $floor:expr, $rule:literal) => {
        Limit {
            keyword: $keyword,
            kind: Types::$kind,
            is_upper: $is_upper,
            sibling: $sibling,
            floor: $floor,
            added: concat!($rule, "_ADDED"),
            removed: concat!($rule, "_REMOVED"),
            increased: concat!($rule, "_INCREASED"),
            decreased: concat!($rule, "_DECREASED"),
        }
    };
}

const LIMITS: [Limit; 10] = [
    limit!("maxLength", STRING, true, None, None, "MAX_LENGTH"),
    limit!("minLength", STRING, false, None, Some(0), "MIN_LENGTH"),
    limit!("maxItems", ARRAY, true, None, None, "MAX_ITEMS"),
    limit!("minItems", ARRAY, false, None, Some(0), "MIN_ITEMS"),
    limit!("maxProperties", OBJECT, true, None, None, "MAX_PROPERTIES"),
    limit!("minProperties", OBJECT, false, None, Some(0), "MIN_PROPERTIES"),
    limit!("maximum", NUMBER, true, Some(("exclusiveMaximum", false)), None, "MAXIMUM"),
    limit!("minimum", NUMBER, false, Some(("exclusiveMinimum", false)), None, "MINIMUM"),
    limit!("exclusiveMaximum", NUMBER, true, Some(("maximum", true)), None, "EXCLUSIVE_MAXIMUM"),
    limit!("exclusiveMinimum", NUMBER, false, Some(("minimum", true)), None, "EXCLUSIVE_MINIMUM"),
];

const CONTAINS_LIMITS: [Limit; 2] = [
    limit!("maxContains", ARRAY, true, None, None, "MAX_CONTAINS"),
    limit!("minContains", ARRAY, false, None, Some(1), "MIN_CONTAINS"),
];

impl Limit {
    fn of(&self, object: Object<'_>) -> Option<Number> {
        object.get(self.keyword).and_then(Value::as_number).cloned()
    }

    /// The limit that holds, said or unsaid.
    fn effective(&self, object: Object<'_>) -> Option<Number> {
        self.of(object).or_else(|| self.floor.map(Number::from))
    }

    /// Whether all that `from` allows is within the limit of `to`.
    fn follows(&self, from: Object<'_>, to: Object<'_>) -> bool {
        let Some(limit) = self.effective(to) else { return true };
        let is_inside = |bound: &Number, is_strict: bool| match value::compare(bound, &limit) {
            Some(Ordering::Equal) => !is_strict,
            Some(order) => order.is_lt() == self.is_upper,
            None => false,
        };
        let sibling = self.sibling.and_then(|(keyword, is_strict)| {
            Some((from.get(keyword)?.as_number()?.clone(), is_strict))
        });
        self.effective(from).is_some_and(|bound| is_inside(&bound, false))
            || sibling.is_some_and(|(bound, is_strict)| is_inside(&bound, is_strict))
    }

    /// Rule of a change; `None` if there is none.
    fn rule(&self, pair: &Pair<'_>) -> Option<&'static str> {
        match (self.of(pair.old), self.of(pair.new)) {
            (None, None) => None,
            (None, Some(_)) => Some(self.added),
            (Some(_), None) => Some(self.removed),
            (Some(old), Some(new)) => match value::compare(&old, &new) {
                Some(Ordering::Equal) => None,
                Some(Ordering::Greater) => Some(self.decreased),
                Some(Ordering::Less) | None => Some(self.increased),
            },
        }
    }
}

impl<'s> Walk<'s> {
    /// All limits but those of `contains`.
    pub(super) fn compare_limits(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        LIMITS.iter().for_each(|limit| self.compare_limit(limit, pair, place));
    }

    /// `minContains` and `maxContains`, where `contains` itself is the same.
    pub(super) fn compare_contains_limits(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        CONTAINS_LIMITS.iter().for_each(|limit| self.compare_limit(limit, pair, place));
    }

    fn compare_limit(&mut self, limit: &Limit, pair: &Pair<'s>, place: &Place<'s>) {
        let Some(rule) = limit.rule(pair) else { return };
        let relation = Relation {
            back: limit.follows(pair.old, pair.new),
            fwd: limit.follows(pair.new, pair.old),
        };
        let (old, new) = pair.get(limit.keyword);
        let steps = [limit.keyword];
        let report = Report::new(rule, &steps, relation).values(old, new);
        self.masked(pair, limit.kind, |walk| walk.report(place, report));
    }
}

/// How the limits of `contains` relate if the values it counts relate by `counted`: more matches can break an upper limit,
/// fewer a lower one.
pub(super) fn contains_relation(pair: &Pair<'_>, counted: Relation) -> Relation {
    let holds = |from: Object<'_>, to: Object<'_>, more: bool, fewer: bool| {
        let [upper, lower] = CONTAINS_LIMITS;
        let none_needed = lower.effective(to).and_then(|n| n.as_u64()) == Some(0);
        (upper.effective(to).is_none() || (fewer && upper.follows(from, to)))
            && (none_needed || (more && lower.follows(from, to)))
    };
    Relation {
        back: holds(pair.old, pair.new, counted.back, counted.fwd),
        fwd: holds(pair.new, pair.old, counted.fwd, counted.back),
    }
}
