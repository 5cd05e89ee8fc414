//! Schemas made of schemas: `allOf` and `$ref`, `anyOf` and `oneOf`, `not`, `if`.

use super::{
    place::{NOTHING, Node, Object, Pair, Place},
    report::{Relation, Report},
    walk::Walk,
};

/// Schemas, each with what tells where it stands.
type Listed<'s, T> = Vec<(Node<'s>, T)>;

/// A set of schemas that every value of another one matches at least one of.
struct Cover<'s> {
    parts: Vec<Node<'s>>,
    /// Whether it matches exactly one.
    is_exclusive: bool,
}

impl<'s> Walk<'s> {
    /// `allOf`, and a `$ref` beside other keywords.
    pub(super) fn compare_conjuncts(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        if self.is_same_keyword(pair, "allOf") && self.is_same_keyword(pair, "$ref") {
            return;
        }
        let (before, after) = pair.get("allOf");
        let all = (self.conjuncts(pair.old, ""), self.conjuncts(pair.new, &place.pointer));
        let (Some(old), Some(new)) = all else {
            self.report(place, Report::undecided(&["$ref"]).values(before, after));
            return;
        };
        let (old, new) = self.unmatched(old, new);
        let is_paired = old.len() == new.len() && !self.is_asking();
        if is_paired {
            for ((old, _), (new, pointer)) in old.into_iter().zip(new) {
                let place = place.moved(Some(pointer));
                self.compare(old, new, &place);
            }
            return;
        }
        let relation = Relation {
            back: new.iter().all(|(new, _)| self.implies(&old, pair.old.node, *new, place.depth)),
            fwd: old.iter().all(|(old, _)| self.implies(&new, pair.new.node, *old, place.depth)),
        };
        let rule =
            if new.len() > old.len() { "PRODUCT_TYPE_EXTENDED" } else { "PRODUCT_TYPE_NARROWED" };
        self.report(place, Report::new(rule, &["allOf"], relation).values(before, after));
    }

    /// What is left of two lists when what is the same in both is taken out in pairs.
    fn unmatched<T>(
        &mut self,
        old: Listed<'s, T>,
        mut new: Listed<'s, T>,
    ) -> (Listed<'s, T>, Listed<'s, T>) {
        let mut left = Vec::new();
        for (node, extra) in old {
            let found = if self.spend(new.len().max(1)) {
                new.iter().position(|(other, _)| self.is_same(node, *other))
            } else {
                None
            };
            match found {
                Some(i) => drop(new.remove(i)),
                None => left.push((node, extra)),
            }
        }
        (left, new)
    }

    /// Whether a conjunct follows from one of the other side, or from its schema as a whole.
    fn implies<T>(
        &mut self,
        conjuncts: &[(Node<'s>, T)],
        whole: Node<'s>,
        wanted: Node<'s>,
        depth: usize,
    ) -> bool {
        conjuncts.iter().any(|(node, _)| self.is_within(*node, wanted, depth))
            || self.is_within(whole, wanted, depth)
    }

    /// `anyOf` and `oneOf`.
    pub(super) fn compare_alternatives(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        let is_only = |object: Object<'s>, keyword: &str, other: &str| {
            object.has(keyword) && !object.has(other)
        };
        let switched = [("anyOf", "oneOf"), ("oneOf", "anyOf")]
            .into_iter()
            .find(|(from, to)| is_only(pair.old, from, to) && is_only(pair.new, to, from));
        if let Some((from, to)) = switched {
            return self.compare_switched(pair, from, to, place);
        }
        for keyword in ["anyOf", "oneOf"] {
            if !self.is_same_keyword(pair, keyword) {
                self.compare_branches(pair, keyword, place);
            }
        }
    }

    /// `anyOf` that became `oneOf`, or the other way round.
    fn compare_switched(&mut self, pair: &Pair<'s>, from: &str, to: &str, place: &Place<'s>) {
        let relation = self.branches_relation(pair, from, place.depth).and(self.branches_relation(
            pair,
            to,
            place.depth,
        ));
        let rule = if relation.back { "COMBINED_TYPE_EXTENDED" } else { "COMBINED_TYPE_CHANGED" };
        let steps = [to];
        let report = Report::new(rule, &steps, relation);
        self.report(place, report.values(pair.old.get(from), pair.new.get(to)));
    }

    fn compare_branches(&mut self, pair: &Pair<'s>, keyword: &str, place: &Place<'s>) {
        let relation = self.branches_relation(pair, keyword, place.depth);
        if relation == Relation::BOTH && pair.old.has(keyword) && pair.new.has(keyword) {
            return;
        }
        if !self.is_asking()
            && let Some((old, new, index)) = self.changed_branch(pair, keyword, place.depth)
        {
            return self.compare(old, new, &place.branch(&[keyword, &index.to_string()]));
        }
        let (before, after) = pair.get(keyword);
        let rule = match (before, after) {
            (None, _) if keyword == "anyOf" => "REKOR_ANY_OF_ADDED",
            (None, _) => "REKOR_ONE_OF_ADDED",
            (_, None) if keyword == "anyOf" => "REKOR_ANY_OF_REMOVED",
            (_, None) => "REKOR_ONE_OF_REMOVED",
            _ if relation.back => "SUM_TYPE_EXTENDED",
            _ if self.is_overlapping(pair, keyword, place.depth) => "REKOR_ONE_OF_OVERLAPS",
            _ if relation.fwd => "SUM_TYPE_NARROWED",
            _ => "COMBINED_TYPE_SUBSCHEMAS_CHANGED",
        };
        let steps = [keyword];
        self.report(place, Report::new(rule, &steps, relation).values(before, after));
    }

    /// Whether each value still matches a branch of `oneOf`, but perhaps more than one.
    fn is_overlapping(&mut self, pair: &Pair<'s>, keyword: &str, depth: usize) -> bool {
        keyword == "oneOf" && self.matches_some(pair.old, &pair.new.list(keyword), depth)
    }

    /// The only branch that changed, with its index, if the whole relates as this one does.
    fn changed_branch(
        &mut self,
        pair: &Pair<'s>,
        keyword: &str,
        depth: usize,
    ) -> Option<(Node<'s>, Node<'s>, usize)> {
        let (old, new) = (pair.old.list(keyword), pair.new.list(keyword));
        let index = |nodes: &[Node<'s>]| -> Vec<(Node<'s>, usize)> {
            nodes.iter().enumerate().map(|(i, node)| (*node, i)).collect()
        };
        let (old_left, new_left) = self.unmatched(index(&old), index(&new));
        let ([(old_node, old_at)], [(new_node, at)]) = (old_left.as_slice(), new_left.as_slice())
        else {
            return None;
        };
        // A value that matched another branch of `oneOf` must not match this one now.
        let is_apart = keyword == "anyOf"
            || (self.is_apart(&old, *old_at, *new_node, depth)
                && self.is_apart(&new, *at, *old_node, depth));
        is_apart.then_some((*old_node, *new_node, *at))
    }

    /// Whether `node` has no value in common with any of `branches` but the one at `own`.
    fn is_apart(
        &mut self,
        branches: &[Node<'s>],
        own: usize,
        node: Node<'s>,
        depth: usize,
    ) -> bool {
        let before = branches.get(own).copied();
        before.is_some_and(|before| self.is_within(node, before, depth))
            || branches
                .iter()
                .enumerate()
                .all(|(i, branch)| i == own || self.is_disjoint(*branch, node))
    }

    fn branches_relation(&mut self, pair: &Pair<'s>, keyword: &str, depth: usize) -> Relation {
        let (old, new) = (pair.old.list(keyword), pair.new.list(keyword));
        let is_any = keyword == "anyOf";
        let mut holds = |from: Object<'s>, branches: &[Node<'s>]| match branches {
            [] => true,
            branches if is_any => self.matches_some(from, branches, depth),
            branches => self.matches_one(from, branches, depth),
        };
        Relation { back: holds(pair.old, &new), fwd: holds(pair.new, &old) }
    }

    /// Ways to take the values of a schema apart.
    fn covers(object: Object<'s>) -> Vec<Cover<'s>> {
        let exclusive = Cover { parts: object.list("oneOf"), is_exclusive: true };
        let any = Cover { parts: object.list("anyOf"), is_exclusive: false };
        let whole = Cover { parts: vec![object.node], is_exclusive: false };
        [exclusive, any, whole].into_iter().filter(|cover| !cover.parts.is_empty()).collect()
    }

    fn matches_some(&mut self, from: Object<'s>, branches: &[Node<'s>], depth: usize) -> bool {
        Self::covers(from).iter().any(|cover| {
            cover
                .parts
                .iter()
                .all(|part| branches.iter().any(|branch| self.is_within(*part, *branch, depth)))
        })
    }

    fn matches_one(&mut self, from: Object<'s>, branches: &[Node<'s>], depth: usize) -> bool {
        Self::covers(from).iter().any(|cover| {
            (0..cover.parts.len()).all(|part| self.part_matches_one(cover, part, branches, depth))
        })
    }

    /// Whether each value of one part of a cover matches exactly one branch.
    fn part_matches_one(
        &mut self,
        cover: &Cover<'s>,
        part: usize,
        branches: &[Node<'s>],
        depth: usize,
    ) -> bool {
        let Some(node) = cover.parts.get(part).copied() else { return false };
        branches.iter().enumerate().any(|(own, branch)| {
            self.is_within(node, *branch, depth)
                && branches
                    .iter()
                    .enumerate()
                    .all(|(i, other)| i == own || self.is_out(cover, part, *other, depth))
        })
    }

    /// Whether no value of one part of a cover matches `other`: they are disjoint, or it matches another part then.
    fn is_out(&mut self, cover: &Cover<'s>, part: usize, other: Node<'s>, depth: usize) -> bool {
        cover.parts.get(part).is_some_and(|node| self.is_disjoint(*node, other))
            || (cover.is_exclusive
                && cover
                    .parts
                    .iter()
                    .enumerate()
                    .any(|(i, node)| i != part && self.is_within(other, *node, depth)))
    }

    /// `not`: what it excludes relates the other way round.
    pub(super) fn compare_negation(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        if self.is_same_keyword(pair, "not") {
            return;
        }
        let old = pair.old.schema("not").unwrap_or_else(|| pair.old.node(&NOTHING));
        let new = pair.new.schema("not").unwrap_or_else(|| pair.new.node(&NOTHING));
        let excluded = self.relation(old, new, place.depth);
        let relation = Relation {
            back: excluded.fwd || self.is_disjoint(pair.old.node, new),
            fwd: excluded.back || self.is_disjoint(pair.new.node, old),
        };
        let rule = if relation.back { "NOT_TYPE_NARROWED" } else { "NOT_TYPE_EXTENDED" };
        let (before, after) = pair.get("not");
        self.report(place, Report::new(rule, &["not"], relation).values(before, after));
    }

    /// `if`, `then` and `else`.
    pub(super) fn compare_conditional(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        let is_same = ["if", "then", "else"].iter().all(|k| self.is_same_keyword(pair, k));
        let (before, after) = pair.get("if");
        if is_same || (before.is_none() && after.is_none()) {
            return;
        }
        let asserts =
            |object: Object<'s>| object.has("if") && (object.has("then") || object.has("else"));
        let relation = if self.is_same_keyword(pair, "if") {
            let mut of = |keyword: &str| {
                let old = pair.old.schema_or_any(keyword);
                self.relation(old, pair.new.schema_or_any(keyword), place.depth)
            };
            of("then").and(of("else"))
        } else {
            Relation { back: !asserts(pair.new), fwd: !asserts(pair.old) }
        };
        let rule = match (before, after) {
            (None, _) => "REKOR_CONDITION_ADDED",
            (_, None) => "REKOR_CONDITION_REMOVED",
            _ => "REKOR_CONDITION_CHANGED",
        };
        let step = ["if", "then", "else"]
            .into_iter()
            .find(|keyword| !self.is_same_keyword(pair, keyword))
            .unwrap_or("if");
        let (before, after) = pair.get(step);
        self.report(place, Report::new(rule, &[step], relation).values(before, after));
    }
}
