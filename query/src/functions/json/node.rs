//! JSON texts as trees, for functions that look into them.

use crate::value::{Value, text_of};
use rekor_core::json::{Kind, Number, Reader};

/// Deepest nesting that is followed.
const DEPTH_MAX: usize = 512;

/// A JSON value. Of members with one name the first counts.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    String(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Node {
    /// The tree of a text; `None` if it is no JSON.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader::new(text);
        let node = read(&mut reader, 0)?;
        reader.end().ok()?;
        Some(node)
    }

    /// A member of an object.
    pub(super) fn member(&self, key: &str, ignore_case: bool) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        let exact = members.iter().find(|(name, _)| name == key);
        let found = if ignore_case {
            exact.or_else(|| members.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)))
        } else {
            exact
        };
        found.map(|(_, node)| node)
    }

    /// An element or member by position from 1, or from -1 at the end, with its name.
    pub(super) fn nth(&self, index: i128) -> Option<(&str, &Self)> {
        let length = match self {
            Self::Array(items) => items.len(),
            Self::Object(members) => members.len(),
            _ => return None,
        };
        let at = match index {
            0 => return None,
            1.. => index - 1,
            _ => i128::try_from(length).ok()? + index,
        };
        let at = usize::try_from(at).ok()?;
        match self {
            Self::Array(items) => items.get(at).map(|node| ("", node)),
            Self::Object(members) => members.get(at).map(|(name, node)| (name.as_str(), node)),
            _ => None,
        }
    }

    /// Below a path of names and positions.
    pub(super) fn descend(&self, path: &[Value], ignore_case: bool) -> Option<&Self> {
        path.iter().try_fold(self, |node, step| match step {
            Value::String(key) => node.member(key, ignore_case),
            index => node.nth(index.as_int()?).map(|(_, node)| node),
        })
    }

    /// Compact text.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Self::Int(value) => out.push_str(&value.to_string()),
            Self::Float(value) => out.push_str(&text_of(&Value::Float(*value))),
            Self::String(text) => out.push_str(&quoted(text)),
            Self::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (at, (name, node)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    out.push_str(&quoted(name));
                    out.push(':');
                    node.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// A text in quotes.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn read(reader: &mut Reader<'_>, depth: usize) -> Option<Node> {
    if depth > DEPTH_MAX {
        return None;
    }
    Some(match reader.peek().ok()? {
        Kind::Null => {
            reader.null().ok()?;
            Node::Null
        }
        Kind::Bool => Node::Bool(reader.boolean().ok()?),
        Kind::Number => match reader.number().ok()? {
            Number::Int64(value) => Node::Int(value.into()),
            Number::UInt64(value) => Node::Int(value.into()),
            Number::Float64(value) => Node::Float(value),
            Number::Big(text) => Node::Float(text.parse().ok()?),
        },
        Kind::String => Node::String(reader.string().ok()?.into_owned()),
        Kind::Array => {
            reader.begin_array().ok()?;
            let mut items = Vec::new();
            while reader.next_element(items.is_empty()).ok()? {
                items.push(read(reader, depth + 1)?);
            }
            Node::Array(items)
        }
        Kind::Object => {
            reader.begin_object().ok()?;
            let mut members = Vec::new();
            while let Some(name) = reader.next_member(members.is_empty()).ok()? {
                let name = name.into_owned();
                members.push((name, read(reader, depth + 1)?));
            }
            Node::Object(members)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_and_written() {
        let node = Node::parse(r#" {"a": [1, 2.50, "x/y"], "b": null, "a": 5} "#).unwrap();
        assert_eq!(node.text(), r#"{"a":[1,2.5,"x/y"],"b":null,"a":5}"#);
        assert_eq!(node.member("a", false).unwrap().nth(-1).unwrap().1.text(), r#""x/y""#);
        assert_eq!(node.nth(2).unwrap().0, "b");
        assert!(Node::parse("{\"a\":1,}").is_none());
        assert!(Node::parse("[1] x").is_none());
        assert!(Node::parse(&"[".repeat(100_000)).is_none());
    }
}
