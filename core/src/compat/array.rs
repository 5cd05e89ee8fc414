//! Arrays: `prefixItems`, `items`, `contains`.

use super::{
    limit::contains_relation,
    object::{ADDITIONAL_ITEMS, UNEVALUATED_ITEMS},
    place::{Node, Pair, Place},
    report::{Relation, Report},
    types::Types,
    unevaluated::rest_of_elements,
    walk::Walk,
};

impl<'s> Walk<'s> {
    /// All keywords for arrays that look at single elements.
    pub(super) fn compare_elements(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        self.masked(pair, Types::ARRAY, |walk| {
            walk.compare_items(pair, place);
            walk.compare_contains(pair, place);
        });
    }

    /// Each element is compared by its position, then all the rest.
    fn compare_items(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        let (old, new) = (pair.old.list("prefixItems"), pair.new.list("prefixItems"));
        let (old_rest, old_keyword) = rest_of_elements(pair.old);
        let (new_rest, new_keyword) = rest_of_elements(pair.new);
        for i in 0..old.len().max(new.len()) {
            match (old.get(i), new.get(i)) {
                (Some(old), Some(new)) => {
                    let inner = place.within(&["prefixItems", &i.to_string()]);
                    self.compare(*old, *new, &inner);
                }
                (None, Some(new)) => self.item_added(old_rest, *new, i, place),
                (Some(old), None) => self.item_removed(*old, new_rest, i, place),
                (None, None) => {}
            }
        }
        let keyword = if pair.new.has(new_keyword) { new_keyword } else { old_keyword };
        let rules =
            if keyword == "unevaluatedItems" { &UNEVALUATED_ITEMS } else { &ADDITIONAL_ITEMS };
        self.compare_remainder(old_rest, new_rest, &[keyword], rules, place);
    }

    fn item_added(&mut self, rest: Node<'s>, item: Node<'s>, i: usize, place: &Place<'s>) {
        let relation = self.relation(rest, item, place.depth + 1);
        let rule = if rest.is_any() && relation.back {
            "ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL"
        } else if rest.is_any() {
            "ITEM_ADDED_TO_OPEN_CONTENT_MODEL"
        } else if rest.is_nothing() {
            "ITEM_ADDED_TO_CLOSED_CONTENT_MODEL"
        } else if relation.back {
            "ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
        } else {
            "ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
        };
        let steps = ["prefixItems", &i.to_string()];
        self.report(place, Report::new(rule, &steps, relation).values(None, Some(item.value)));
    }

    fn item_removed(&mut self, item: Node<'s>, rest: Node<'s>, i: usize, place: &Place<'s>) {
        let relation = self.relation(item, rest, place.depth + 1);
        let rule = if rest.is_any() {
            "ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL"
        } else if rest.is_nothing() && item.is_nothing() {
            "ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL"
        } else if rest.is_nothing() {
            "ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL"
        } else if relation.back {
            "ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
        } else {
            "ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
        };
        let steps = ["prefixItems", &i.to_string()];
        self.report(place, Report::new(rule, &steps, relation).values(Some(item.value), None));
    }

    fn compare_contains(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        let (before, after) = pair.get("contains");
        let (rule, relation) = match (pair.old.schema("contains"), pair.new.schema("contains")) {
            (None, None) => return,
            (Some(old), Some(new)) if self.is_same(old, new) => {
                return self.compare_contains_limits(pair, place);
            }
            (Some(old), Some(new)) => {
                let counted = self.relation(old, new, place.depth + 1);
                ("REKOR_CONTAINS_CHANGED", contains_relation(pair, counted))
            }
            // Nothing is counted on one side.
            (None, Some(_)) => {
                let back = contains_relation(pair, Relation::NEITHER).back;
                ("REKOR_CONTAINS_ADDED", Relation { back, fwd: true })
            }
            (Some(_), None) => {
                let fwd = contains_relation(pair, Relation::NEITHER).fwd;
                ("REKOR_CONTAINS_REMOVED", Relation { back: true, fwd })
            }
        };
        self.report(place, Report::new(rule, &["contains"], relation).values(before, after));
    }
}
