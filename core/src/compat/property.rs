//! Properties that come, go, or become required.

use super::{
    Category, Verdict,
    object::{Content, Contents, Cover},
    place::{Node, Place, union},
    report::{Relation, Report},
    walk::Walk,
};
use serde_json::Value;

/// Annotation of a property that has taken the place of another.
const RENAMED_FROM: &str = "x-rekor-renamed-from";

impl<'s> Walk<'s> {
    /// `properties`, and what is required of those that come or go.
    pub(super) fn compare_properties(&mut self, contents: &Contents<'s>, place: &Place<'s>) {
        let Contents { old, new } = contents;
        for name in union(old.properties, new.properties) {
            match (old.property(name), new.property(name)) {
                (Some(before), Some(after)) => {
                    let required = new.requires(name) && !self.fills(after, place);
                    let inner = place.member(name, after.value, required);
                    self.compare(before, after, &inner);
                }
                (None, Some(after)) => self.added(contents, name, after, place),
                (Some(before), None) => self.removed(contents, name, before, place),
                (None, None) => {}
            }
        }
    }

    /// Whether the server adds the member where it is missing.
    fn fills(&mut self, property: Node<'s>, place: &Place<'s>) -> bool {
        place.is_filled && has_default(property) && self.accepts_default(property)
    }

    fn added(
        &mut self,
        contents: &Contents<'s>,
        name: &str,
        property: Node<'s>,
        place: &Place<'s>,
    ) {
        let steps = ["properties", name];
        let Contents { old, new } = contents;
        let (Some(cover), Some(patterns)) = (self.cover(old, name), self.matching(new, name))
        else {
            self.report(place, Report::undecided(&steps).values(None, Some(property.value)));
            return;
        };
        let depth = place.depth + 1;
        let is_required = new.requires(name) && !old.requires(name);
        let fits = cover.nodes().iter().any(|node| self.is_within(*node, property, depth));
        let relation = Relation {
            back: fits && !is_required,
            fwd: self.are_within(property, &patterns, cover.nodes(), depth),
        };
        let is_filled = self.fills(property, place);
        let report = Report::new(added_rule(&cover, property, is_required, fits), &steps, relation)
            .warn_readers()
            .values(None, Some(property.value))
            .at(place.anchor_of(name, property.value, new.requires(name) && !is_filled));
        let report =
            if is_required && !is_filled { report.verdict(Verdict::Block) } else { report };
        self.report(place, report);
    }

    /// Whether a member that is held to `property` and `patterns` is held to all of `cover`.
    fn are_within(
        &mut self,
        property: Node<'s>,
        patterns: &[Node<'s>],
        cover: &[Node<'s>],
        depth: usize,
    ) -> bool {
        cover.iter().all(|node| {
            self.is_within(property, *node, depth)
                || patterns.iter().any(|pattern| self.is_within(*pattern, *node, depth))
        })
    }

    fn removed(
        &mut self,
        contents: &Contents<'s>,
        name: &str,
        property: Node<'s>,
        place: &Place<'s>,
    ) {
        let steps = ["properties", name];
        let Contents { old, new } = contents;
        let (Some(cover), Some(patterns)) = (self.cover(new, name), self.matching(old, name))
        else {
            self.report(place, Report::undecided(&steps).values(Some(property.value), None));
            return;
        };
        let depth = place.depth + 1;
        let was_required = old.requires(name) && !new.requires(name);
        let relation = Relation {
            back: self.are_within(property, &patterns, cover.nodes(), depth),
            fwd: !was_required
                && cover.nodes().iter().any(|node| self.is_within(*node, property, depth)),
        };
        let report = Report::new(removed_rule(&cover, property, relation), &steps, relation)
            .values(Some(property.value), None);
        let report = match &cover {
            Cover::Rest(rest) => report.at(place.anchor_of(name, rest.value, false)),
            Cover::Patterns(_) => report,
        };
        let heir = renamed(new, name);
        let is_missed = !property.is_nothing() && !self.is_deprecated(property);
        // One line says both where writers do not mind.
        let is_one_line = relation.back && heir.is_none();
        let is_blocked = is_missed && is_one_line;
        self.report(place, if is_blocked { report.verdict(Verdict::Block) } else { report });
        if is_missed && !self.is_asking() {
            if !is_one_line {
                self.missed(name, property, heir, place);
            }
            if heir.is_none() {
                self.suggest_rename(contents, name, property, place);
            }
        }
    }

    /// The line for readers of a removed property.
    fn missed(
        &mut self,
        name: &str,
        property: Node<'s>,
        heir: Option<(&'s str, Node<'s>)>,
        place: &Place<'s>,
    ) {
        let (rule, name, category) = match heir {
            Some((heir, _)) => ("REKOR_PROPERTY_RENAMED", heir, Category::Data),
            None => ("REKOR_PROPERTY_REMOVED", name, Category::Read),
        };
        let steps = ["properties", name];
        let report = Report::new(rule, &steps, Relation::BOTH)
            .category(category)
            .verdict(Verdict::Block)
            .values(Some(property.value), heir.map(|(_, node)| node.value));
        self.report(place, report);
    }

    /// Says how to declare a rename, if one added property looks just like the removed one.
    fn suggest_rename(
        &mut self,
        contents: &Contents<'s>,
        name: &str,
        property: Node<'s>,
        place: &Place<'s>,
    ) {
        let Contents { old, new } = contents;
        let mut alike = new.properties.iter().filter(|(added, schema)| {
            !old.properties.contains_key(*added) && *schema == property.value
        });
        let (Some((added, _)), None) = (alike.next(), alike.next()) else { return };
        let steps = ["properties", added.as_str(), RENAMED_FROM];
        let new = Value::from(name);
        let report = Report::new("REKOR_RENAME_SUGGESTED", &steps, Relation::BOTH)
            .category(Category::Data)
            .verdict(Verdict::Warn)
            .values(None, Some(&new));
        self.report(place, report);
    }

    fn is_deprecated(&self, property: Node<'s>) -> bool {
        let says_so = |node: Node<'s>| node.value.get("deprecated") == Some(&Value::Bool(true));
        says_so(property) || self.resolved_object(property).is_some_and(|o| says_so(o.node))
    }

    /// `required`, but for properties that come or go.
    pub(super) fn compare_required(&mut self, contents: &Contents<'s>, place: &Place<'s>) {
        let Contents { old, new } = contents;
        for name in new.required.iter().filter(|name| !old.requires(name)) {
            let is_added = new.property(name).is_some() && old.property(name).is_none();
            if !is_added {
                self.now_required(new, name, place);
            }
        }
        for name in old.required.iter().filter(|name| !new.requires(name)) {
            let is_removed = old.property(name).is_some() && new.property(name).is_none();
            if !is_removed {
                let relation = Relation { back: true, fwd: false };
                let before = Value::from(*name);
                let report = Report::new("REQUIRED_ATTRIBUTE_REMOVED", &["required"], relation);
                self.report(place, report.warn_readers().values(Some(&before), None));
            }
        }
    }

    fn now_required(&mut self, new: &Content<'s>, name: &str, place: &Place<'s>) {
        let property = new.property(name);
        let rule = if property.is_some_and(has_default) {
            "REQUIRED_ATTRIBUTE_WITH_DEFAULT_ADDED"
        } else {
            "REQUIRED_ATTRIBUTE_ADDED"
        };
        let after = Value::from(name);
        let relation = Relation { back: false, fwd: true };
        let report = Report::new(rule, &["required"], relation).values(None, Some(&after));
        let report = match property {
            Some(property) if self.fills(property, place) => {
                report.at(place.anchor_of(name, property.value, false))
            }
            _ => report.verdict(Verdict::Block),
        };
        self.report(place, report);
    }
}

fn has_default(property: Node<'_>) -> bool {
    property.value.get("default").is_some()
}

/// The property that has taken the place of another.
fn renamed<'s>(new: &Content<'s>, name: &str) -> Option<(&'s str, Node<'s>)> {
    let (heir, schema) = new
        .properties
        .iter()
        .find(|(_, s)| s.get(RENAMED_FROM).is_some_and(|from| from == name))?;
    Some((heir, new.object.node(schema)))
}

fn added_rule(
    cover: &Cover<'_>,
    property: Node<'_>,
    is_required: bool,
    fits: bool,
) -> &'static str {
    match (is_required, has_default(property), cover.is_open()) {
        (true, true, true) => "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL",
        (true, true, false) => "REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_UNOPEN_CONTENT_MODEL",
        (true, false, true) => "REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
        (true, false, false) => "REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL",
        (false, _, true) if fits => "PROPERTY_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL",
        (false, _, true) => "OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
        (false, _, false) if cover.is_closed() => "OPTIONAL_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL",
        (false, _, false) if fits => "PROPERTY_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
        (false, _, false) => "PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL",
    }
}

fn removed_rule(cover: &Cover<'_>, property: Node<'_>, relation: Relation) -> &'static str {
    if cover.is_open() {
        "PROPERTY_REMOVED_FROM_OPEN_CONTENT_MODEL"
    } else if cover.is_closed() && property.is_nothing() {
        "PROPERTY_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL"
    } else if cover.is_closed() {
        "PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL"
    } else if relation.back {
        "PROPERTY_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
    } else {
        "PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL"
    }
}
