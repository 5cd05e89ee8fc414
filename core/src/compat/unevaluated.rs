//! `unevaluatedProperties` and `unevaluatedItems`. Beside keywords of the same schema only, they say what
//! `additionalProperties` and `items` say, and are compared as such. Otherwise what they mean depends on all schemas that a
//! value is held to, and they are compared only if those are the same.

use super::{
    object::{Remainder, UNEVALUATED_ITEMS, UNEVALUATED_PROPERTIES},
    place::{Node, Object, Pair, Place},
    report::{Relation, Report},
    types::Types,
    walk::Walk,
};

/// Keywords whose schemas evaluate members or elements of the same value.
const APPLICATORS: [&str; 11] = [
    "$dynamicRef",
    "$recursiveRef",
    "$ref",
    "allOf",
    "anyOf",
    "dependencies",
    "dependentSchemas",
    "else",
    "if",
    "oneOf",
    "then",
];

/// The schema of members that are neither properties nor matched by a pattern, and its keyword.
pub(super) fn rest_of_members(object: Object<'_>) -> (Node<'_>, &'static str) {
    rest(object, "additionalProperties", "unevaluatedProperties", &[])
}

/// The schema of elements after the prefix, and its keyword.
pub(super) fn rest_of_elements(object: Object<'_>) -> (Node<'_>, &'static str) {
    rest(object, "items", "unevaluatedItems", &["contains"])
}

fn rest<'s>(
    object: Object<'s>,
    plain: &'static str,
    unevaluated: &'static str,
    evaluators: &[&str],
) -> (Node<'s>, &'static str) {
    let keyword = if !object.has(plain) && object.has(unevaluated) && is_alone(object, evaluators) {
        unevaluated
    } else {
        plain
    };
    (object.schema_or_any(keyword), keyword)
}

/// Whether nothing but the schema's own keywords evaluates members or elements.
fn is_alone(object: Object<'_>, evaluators: &[&str]) -> bool {
    !APPLICATORS.iter().chain(evaluators).any(|keyword| object.has(keyword))
}

impl<'s> Walk<'s> {
    /// Both keywords, where they depend on other schemas.
    pub(super) fn compare_unevaluated(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        self.masked(pair, Types::OBJECT, |walk| {
            let evaluators = ["additionalProperties"];
            let are_same = walk.have_same_names(pair);
            walk.compare_leftover(
                pair,
                "unevaluatedProperties",
                (&[], &evaluators),
                are_same,
                place,
            );
        });
        self.masked(pair, Types::ARRAY, |walk| {
            let prefixes = [pair.old, pair.new].map(|object| object.list("prefixItems").len());
            let are_same = prefixes.first() == prefixes.last();
            walk.compare_leftover(
                pair,
                "unevaluatedItems",
                (&["contains"], &["items"]),
                are_same,
                place,
            );
        });
    }

    fn have_same_names(&self, pair: &Pair<'s>) -> bool {
        ["properties", "patternProperties"].iter().all(|keyword| {
            let (old, new) = (pair.old.map(keyword), pair.new.map(keyword));
            old.len() == new.len() && old.keys().all(|name| new.contains_key(name))
        })
    }

    /// `evaluators` evaluate some of the value, or all of it.
    fn compare_leftover(
        &mut self,
        pair: &Pair<'s>,
        keyword: &'static str,
        (some, all): (&[&str], &[&str]),
        are_same: bool,
        place: &Place<'s>,
    ) {
        let leftover = |object: Object<'s>| match object.schema(keyword) {
            Some(node) if !is_alone(object, some) => node,
            _ => object.any(),
        };
        let (old, new) = (leftover(pair.old), leftover(pair.new));
        let are_same = are_same
            && APPLICATORS.iter().chain(some).all(|k| self.is_same_keyword(pair, k))
            && all.iter().all(|k| pair.old.has(k) == pair.new.has(k));
        let depth = place.depth + 1;
        let relation = if are_same {
            self.relation(old, new, depth)
        } else {
            Relation {
                back: self.is_within(pair.old.any(), new, depth),
                fwd: self.is_within(pair.new.any(), old, depth),
            }
        };
        if relation == Relation::BOTH {
            return;
        }
        let (before, after) = pair.get(keyword);
        let steps = [keyword];
        let report = if relation == Relation::NEITHER {
            Report::undecided(&steps)
        } else {
            Report::new(leftover_rule(keyword, old, new), &steps, relation)
        };
        self.report(place, report.values(before, after));
    }
}

fn leftover_rule(keyword: &str, old: Node<'_>, new: Node<'_>) -> &'static str {
    let rules: &Remainder =
        if keyword == "unevaluatedItems" { &UNEVALUATED_ITEMS } else { &UNEVALUATED_PROPERTIES };
    match () {
        () if new.is_nothing() => rules.removed,
        () if old.is_nothing() => rules.added,
        () if old.is_any() => rules.narrowed,
        () => rules.extended,
    }
}
