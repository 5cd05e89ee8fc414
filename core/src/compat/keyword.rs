//! Which keywords there are, what their values look like, and changes of those that assert nothing.

use super::{
    Category,
    place::{Node, Pair, Place, union},
    report::{Relation, Report},
    types::Types,
    walk::Walk,
};
use serde_json::{Map, Value};

/// The dialect that every schema is validated in.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What the value of a keyword must be.
#[derive(Clone, Copy)]
enum Shape {
    Any,
    Schema,
    Schemas,
    SchemaByName,
    Types,
    List,
    Strings,
    StringsByName,
    Number,
    Text,
    Flag,
}

impl Shape {
    fn of(keyword: &str) -> Option<Self> {
        Some(match keyword {
            "const" => Self::Any,
            "additionalProperties"
            | "contains"
            | "else"
            | "if"
            | "items"
            | "not"
            | "propertyNames"
            | "then"
            | "unevaluatedItems"
            | "unevaluatedProperties" => Self::Schema,
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => Self::Schemas,
            "dependentSchemas" | "patternProperties" | "properties" => Self::SchemaByName,
            "type" => Self::Types,
            "enum" => Self::List,
            "required" => Self::Strings,
            "dependentRequired" => Self::StringsByName,
            "exclusiveMaximum" | "exclusiveMinimum" | "maxContains" | "maxItems" | "maxLength"
            | "maxProperties" | "maximum" | "minContains" | "minItems" | "minLength"
            | "minProperties" | "minimum" | "multipleOf" => Self::Number,
            "$ref" | "format" | "pattern" => Self::Text,
            "uniqueItems" => Self::Flag,
            _ => return None,
        })
    }

    fn fits(self, value: &Value) -> bool {
        match self {
            Self::Any => true,
            Self::Schema => is_schema(value),
            Self::Schemas => {
                value.as_array().is_some_and(|v| !v.is_empty() && v.iter().all(is_schema))
            }
            Self::SchemaByName => value.as_object().is_some_and(|v| v.values().all(is_schema)),
            Self::Types => Types::declared(value).is_some(),
            Self::List => value.is_array(),
            Self::Strings => is_strings(value),
            Self::StringsByName => value.as_object().is_some_and(|v| v.values().all(is_strings)),
            Self::Number => value.is_number(),
            Self::Text => value.is_string(),
            Self::Flag => value.is_boolean(),
        }
    }
}

fn is_schema(value: &Value) -> bool {
    value.is_object() || value.is_boolean()
}

fn is_strings(value: &Value) -> bool {
    value.as_array().is_some_and(|names| names.iter().all(Value::is_string))
}

/// Whether a keyword asserts nothing: an annotation, or a drawer of schemas that others refer to.
pub(super) fn is_passive(keyword: &str) -> bool {
    is_drawer(keyword) || annotation(keyword).is_some()
}

/// Compared where they are referred to. References by anchor are not followed, so that anchors do not matter.
fn is_drawer(keyword: &str) -> bool {
    matches!(keyword, "$anchor" | "$defs" | "$dynamicAnchor" | "definitions")
}

/// Rule and category of a changed annotation.
fn annotation(keyword: &str) -> Option<(&'static str, Category)> {
    match keyword {
        "title" => Some(("TITLE_CHANGED", Category::Tool)),
        "description" => Some(("DESCRIPTION_CHANGED", Category::Tool)),
        "default" => Some(("DEFAULT_CHANGED", Category::Data)),
        "$id" => Some(("ID_CHANGED", Category::Read)),
        "$comment" | "contentEncoding" | "contentMediaType" | "contentSchema" | "deprecated"
        | "examples" | "readOnly" | "writeOnly" => {
            Some(("REKOR_ANNOTATION_CHANGED", Category::Read))
        }
        other => other.starts_with("x-").then_some(("REKOR_ANNOTATION_CHANGED", Category::Read)),
    }
}

impl<'s> Walk<'s> {
    /// Lists changed annotations.
    pub(super) fn compare_annotations(&mut self, old: Node<'s>, new: Node<'s>, place: &Place<'s>) {
        let (Some(old), Some(new)) = (old.object(), new.object()) else { return };
        for keyword in union(old.members, new.members) {
            let (before, after) = (old.get(keyword), new.get(keyword));
            let Some((rule, category)) = annotation(keyword).filter(|_| before != after) else {
                continue;
            };
            let steps = [keyword.as_str()];
            let report = Report::new(rule, &steps, Relation::BOTH).category(category);
            self.report(place, report.values(before, after));
        }
    }

    /// Reports keywords that are unknown or malformed, and changed.
    pub(super) fn compare_unknown(&mut self, pair: &Pair<'s>, place: &Place<'s>) {
        for keyword in union(pair.old.members, pair.new.members) {
            let (old, new) = pair.get(keyword);
            if !self.is_understood(pair, keyword) {
                self.report(place, Report::undecided(&[keyword]).values(old, new));
            }
        }
    }

    fn is_understood(&self, pair: &Pair<'s>, keyword: &str) -> bool {
        let fits = |members: &Map<String, Value>, shape: Shape| {
            members.get(keyword).is_none_or(|value| shape.fits(value))
        };
        match keyword {
            // What they refer to depends on the way that led here.
            "$dynamicRef" | "$recursiveRef" => false,
            "$schema" => {
                pair.get(keyword).0 == pair.get(keyword).1
                    || [pair.old, pair.new]
                        .iter()
                        .all(|side| side.get(keyword).is_none_or(|dialect| dialect == DIALECT))
            }
            _ if is_passive(keyword) => true,
            _ => {
                self.is_same_keyword(pair, keyword)
                    || Shape::of(keyword).is_some_and(|shape| {
                        fits(pair.old.members, shape) && fits(pair.new.members, shape)
                    })
            }
        }
    }
}
