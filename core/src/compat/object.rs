//! Objects: `properties`, `patternProperties`, `additionalProperties`, `required`, `propertyNames` and
//! `dependentRequired`.
//!
//! A member is held to its property and to all patterns that match its name, or to the rest if there are none. The names
//! that neither schema gives a property are compared by pattern: if each pattern that both have relates, each pattern of
//! one of them relates to all that may hold such a name in the other, and the rest relates, then each such name does.

use super::{
    Category,
    place::{Node, Object, Pair, Place, strings, union},
    report::{Relation, Report},
    types::Types,
    unevaluated::rest_of_members,
    walk::Walk,
};
use serde_json::{Map, Value};

/// What one schema says about the members of an object.
#[derive(Clone, Debug)]
pub(super) struct Content<'s> {
    pub(super) object: Object<'s>,
    pub(super) properties: &'s Map<String, Value>,
    patterns: &'s Map<String, Value>,
    /// Of members without property or pattern, and the keyword that says so.
    pub(super) rest: Node<'s>,
    rest_keyword: &'static str,
    pub(super) required: Vec<&'s str>,
}

/// What holds a member that is no property.
#[derive(Clone, Debug)]
pub(super) enum Cover<'s> {
    /// Patterns.
    Patterns(Vec<Node<'s>>),
    /// No pattern: the rest.
    Rest(Node<'s>),
}

impl<'s> Cover<'s> {
    pub(super) fn nodes(&self) -> &[Node<'s>] {
        match self {
            Self::Patterns(nodes) => nodes,
            Self::Rest(node) => std::slice::from_ref(node),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::Rest(rest) if rest.is_any())
    }

    pub(super) fn is_closed(&self) -> bool {
        matches!(self, Self::Rest(rest) if rest.is_nothing())
    }
}

impl<'s> Content<'s> {
    fn of(object: Object<'s>) -> Self {
        let (rest, rest_keyword) = rest_of_members(object);
        Self {
            object,
            properties: object.map("properties"),
            patterns: object.map("patternProperties"),
            rest,
            rest_keyword,
            required: object.required(),
        }
    }

    pub(super) fn property(&self, name: &str) -> Option<Node<'s>> {
        self.object.entry("properties", name)
    }

    pub(super) fn requires(&self, name: &str) -> bool {
        self.required.contains(&name)
    }
}

/// Both schemas' words on members.
#[derive(Clone, Debug)]
pub(super) struct Contents<'s> {
    pub(super) old: Content<'s>,
    pub(super) new: Content<'s>,
}

impl<'s> Walk<'s> {
    /// All keywords for objects that look at single members.
    pub(super) fn compare_members(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        self.masked(pair, Types::OBJECT, |walk| {
            let contents = Contents { old: Content::of(pair.old), new: Content::of(pair.new) };
            walk.compare_properties(&contents, place);
            walk.compare_required(&contents, place);
            walk.compare_patterns(&contents, place);
            walk.compare_rest(&contents, place);
            walk.compare_property_names(pair, place);
            walk.compare_dependent_required(pair, place);
        });
    }

    /// What holds a member that is no property; `None` if a pattern cannot be tried.
    pub(super) fn cover(&mut self, content: &Content<'s>, name: &str) -> Option<Cover<'s>> {
        let patterns = self.matching(content, name)?;
        Some(if patterns.is_empty() {
            Cover::Rest(content.rest)
        } else {
            Cover::Patterns(patterns)
        })
    }

    /// The patterns that match a name.
    pub(super) fn matching(&mut self, content: &Content<'s>, name: &str) -> Option<Vec<Node<'s>>> {
        let mut nodes = Vec::new();
        for (pattern, schema) in content.patterns {
            if self.is_match(pattern, name)? {
                nodes.push(content.object.node(schema));
            }
        }
        Some(nodes)
    }

    fn compare_patterns(&mut self, contents: &Contents<'s>, place: &Place<'s>) {
        let Contents { old, new } = contents;
        for pattern in union(old.patterns, new.patterns) {
            let steps = ["patternProperties", pattern.as_str()];
            let before = old.object.entry("patternProperties", pattern);
            let after = new.object.entry("patternProperties", pattern);
            let depth = place.depth + 1;
            let (rule, relation) = match (before, after) {
                (Some(before), Some(after)) => {
                    self.compare(before, after, &place.within(&steps));
                    continue;
                }
                (None, Some(after)) => (
                    "REKOR_PATTERN_PROPERTIES_ADDED",
                    Relation {
                        back: self.follows(old, pattern, after, depth),
                        fwd: self.is_within(after, old.rest, depth),
                    },
                ),
                (Some(before), None) => (
                    "REKOR_PATTERN_PROPERTIES_REMOVED",
                    Relation {
                        back: self.is_within(before, new.rest, depth),
                        fwd: self.follows(new, pattern, before, depth),
                    },
                ),
                (None, None) => continue,
            };
            let report = Report::new(rule, &steps, relation);
            self.report(place, report.values(before.map(|n| n.value), after.map(|n| n.value)));
        }
    }

    /// Whether all that `content` may hold a member to, whose name matches `pattern`, lies within `schema`.
    fn follows(
        &mut self,
        content: &Content<'s>,
        pattern: &'s str,
        schema: Node<'s>,
        depth: usize,
    ) -> bool {
        if self.is_within(content.object.any(), schema, depth) {
            return true;
        }
        let holders = content.patterns.values().map(|value| content.object.node(value));
        let is_rest_within =
            holders.chain([content.rest]).all(|holder| self.is_within(holder, schema, depth));
        is_rest_within
            && content.properties.iter().all(|(name, property)| {
                self.is_match(pattern, name) == Some(false)
                    || self.is_within(content.object.node(property), schema, depth)
            })
    }

    fn compare_rest(&mut self, contents: &Contents<'s>, place: &Place<'s>) {
        let (old, new) = (contents.old.rest, contents.new.rest);
        let keyword = if contents.new.object.has(contents.new.rest_keyword) {
            contents.new.rest_keyword
        } else {
            contents.old.rest_keyword
        };
        let steps = [keyword];
        let rules = if keyword == "unevaluatedProperties" {
            &UNEVALUATED_PROPERTIES
        } else {
            &ADDITIONAL_PROPERTIES
        };
        self.compare_remainder(old, new, &steps, rules, place);
    }

    /// What is said of all members or elements that have no schema of their own.
    pub(super) fn compare_remainder(
        &mut self,
        old: Node<'s>,
        new: Node<'s>,
        steps: &[&str],
        rules: &Remainder,
        place: &Place<'s>,
    ) {
        if self.is_same(old, new) || (old.is_any() && new.is_any()) {
            return;
        }
        let rule = match () {
            () if new.is_nothing() => rules.removed,
            () if old.is_nothing() => rules.added,
            () if new.is_any() => rules.extended,
            () if old.is_any() => rules.narrowed,
            () => return self.compare(old, new, &place.within(steps)),
        };
        let relation = self.relation(old, new, place.depth + 1);
        let report = Report::new(rule, steps, relation);
        self.report(place, report.values(Some(old.value), Some(new.value)));
    }

    fn compare_property_names(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        let (before, after) = pair.get("propertyNames");
        if self.is_same_keyword(pair, "propertyNames") {
            return;
        }
        let old = pair.old.schema_or_any("propertyNames");
        let new = pair.new.schema_or_any("propertyNames");
        let rule = match (before, after) {
            (None, _) => "REKOR_PROPERTY_NAMES_ADDED",
            (_, None) => "REKOR_PROPERTY_NAMES_REMOVED",
            _ => "REKOR_PROPERTY_NAMES_CHANGED",
        };
        let relation = self.relation(old, new, place.depth + 1);
        let report = Report::new(rule, &["propertyNames"], relation);
        self.report(place, report.values(before, after));
    }

    fn compare_dependent_required(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        for name in pair.names("dependentRequired") {
            let before = pair.old.map("dependentRequired").get(name);
            let after = pair.new.map("dependentRequired").get(name);
            let (old, new) = (strings(before), strings(after));
            let relation = Relation {
                back: new.iter().all(|name| old.contains(name)),
                fwd: old.iter().all(|name| new.contains(name)),
            };
            if relation == Relation::BOTH {
                continue;
            }
            let rule = match (before, after) {
                (None, _) => "DEPENDENCY_ARRAY_ADDED",
                (_, None) => "DEPENDENCY_ARRAY_REMOVED",
                _ if relation.fwd => "DEPENDENCY_ARRAY_EXTENDED",
                _ if relation.back => "DEPENDENCY_ARRAY_NARROWED",
                _ => "DEPENDENCY_ARRAY_CHANGED",
            };
            let steps = ["dependentRequired", name.as_str()];
            self.report(place, Report::new(rule, &steps, relation).values(before, after));
        }
    }

    /// `dependentSchemas`: each is meant for the objects that have the member.
    pub(super) fn compare_dependent_schemas(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        for name in pair.names("dependentSchemas") {
            let before = pair.old.entry("dependentSchemas", name);
            let after = pair.new.entry("dependentSchemas", name);
            let (old, new) =
                (before.unwrap_or_else(|| pair.old.any()), after.unwrap_or_else(|| pair.new.any()));
            if self.is_same(old, new) {
                continue;
            }
            let rule = match (before, after) {
                (None, _) => "DEPENDENCY_SCHEMA_ADDED",
                (_, None) => "DEPENDENCY_SCHEMA_REMOVED",
                _ => "REKOR_DEPENDENCY_SCHEMA_CHANGED",
            };
            let relation = self.relation(old, new, place.depth);
            let steps = ["dependentSchemas", name.as_str()];
            let report = Report::new(rule, &steps, relation).category(Category::Write);
            let report = report.values(before.map(|n| n.value), after.map(|n| n.value));
            self.masked(pair, Types::OBJECT, |walk| walk.report(place, report));
        }
    }
}

/// Rules for what is said of all remaining members or elements.
pub(super) struct Remainder {
    /// Nothing was allowed.
    pub(super) added: &'static str,
    /// Nothing is allowed any more.
    pub(super) removed: &'static str,
    /// Anything is allowed now.
    pub(super) extended: &'static str,
    /// Anything was allowed.
    pub(super) narrowed: &'static str,
}

macro_rules! remainder {
    ($rule:literal) => {
        Remainder {
            added: concat!($rule, "_ADDED"),
            removed: concat!($rule, "_REMOVED"),
            extended: concat!($rule, "_EXTENDED"),
            narrowed: concat!($rule, "_NARROWED"),
        }
    };
}

const ADDITIONAL_PROPERTIES: Remainder = remainder!("ADDITIONAL_PROPERTIES");
pub(super) const UNEVALUATED_PROPERTIES: Remainder = remainder!("UNEVALUATED_PROPERTIES");
pub(super) const ADDITIONAL_ITEMS: Remainder = remainder!("ADDITIONAL_ITEMS");
pub(super) const UNEVALUATED_ITEMS: Remainder = remainder!("UNEVALUATED_ITEMS");
