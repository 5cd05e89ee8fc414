//! Canonical text: sorted keys, no white space, no null members, no empty objects, dotted keys as nesting – what
//! ClickHouse prints for a JSON value.

use super::reader::{JsonError, Kind, Reader};
use std::collections::BTreeMap;

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberStyle {
    /// As in the source, so that `2.0` stays a float when read again.
    Source,
    /// As ClickHouse prints: `2.0` is `2`.
    Printed,
}

/// The canonical text of a JSON text.
///
/// # Errors
/// If the text is no JSON.
pub fn canonical_text(text: &str, style: NumberStyle) -> Result<String, JsonError> {
    let mut out = String::with_capacity(text.len());
    write_canonical(&mut Reader::new(text), style, &mut out)?;
    Ok(out)
}

/// Reads one value and appends its canonical text.
///
/// # Errors
/// If there is no JSON value.
pub fn write_canonical(
    reader: &mut Reader<'_>,
    style: NumberStyle,
    out: &mut String,
) -> Result<(), JsonError> {
    read_tree(reader, style)?.write(out);
    Ok(())
}

enum Tree {
    Leaf(String),
    Array(Vec<Tree>),
    Object(BTreeMap<String, Tree>),
}

impl Tree {
    fn is_nothing(&self) -> bool {
        match self {
            Self::Leaf(text) => text == "null",
            Self::Array(_) => false,
            Self::Object(members) => members.values().all(Self::is_nothing),
        }
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Leaf(text) => out.push_str(text),
            Self::Array(elements) => {
                out.push('[');
                for (i, element) in elements.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    element.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (i, (name, value)) in
                    members.iter().filter(|(_, value)| !value.is_nothing()).enumerate()
                {
                    if i > 0 {
                        out.push(',');
                    }
                    write_string(name, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

fn read_tree(reader: &mut Reader<'_>, style: NumberStyle) -> Result<Tree, JsonError> {
    Ok(match reader.peek()? {
        Kind::Null => {
            reader.null()?;
            Tree::Leaf("null".to_owned())
        }
        Kind::Bool => Tree::Leaf(reader.boolean()?.to_string()),
        Kind::Number => {
            let text = reader.number_text()?;
            let printed = style == NumberStyle::Printed && text.contains(['.', 'e', 'E']);
            Tree::Leaf(if printed { print_float(text) } else { text.to_owned() })
        }
        Kind::String => {
            let mut out = String::new();
            write_string(&reader.string()?, &mut out);
            Tree::Leaf(out)
        }
        Kind::Array => {
            reader.begin_array()?;
            let mut elements = Vec::new();
            while reader.next_element(elements.is_empty())? {
                elements.push(read_tree(reader, style)?);
            }
            Tree::Array(elements)
        }
        Kind::Object => {
            reader.begin_object()?;
            let mut members = BTreeMap::new();
            let mut first = true;
            while let Some(name) = reader.next_member(first)? {
                first = false;
                let value = read_tree(reader, style)?;
                insert(&mut members, &name, value);
            }
            Tree::Object(members)
        }
    })
}

/// Inserts by dotted path; objects under one name merge, anything else is replaced by the later member.
fn insert(members: &mut BTreeMap<String, Tree>, path: &str, value: Tree) {
    if let Some((head, rest)) =
        path.split_once('.').filter(|(head, rest)| !head.is_empty() && !rest.is_empty())
    {
        let child = members.entry(head.to_owned()).or_insert_with(|| Tree::Object(BTreeMap::new()));
        if !matches!(child, Tree::Object(_)) {
            *child = Tree::Object(BTreeMap::new());
        }
        if let Tree::Object(inner) = child {
            insert(inner, rest, value);
        }
        return;
    }
    match (members.get_mut(path), value) {
        (Some(Tree::Object(old)), Tree::Object(new)) => {
            for (name, value) in new {
                insert(old, &name, value);
            }
        }
        (_, value) => drop(members.insert(path.to_owned(), value)),
    }
}

fn print_float(text: &str) -> String {
    text.parse::<f64>().map_or_else(
        |_| text.to_owned(),
        |value| if value == 0.0 { "0".to_owned() } else { value.to_string() },
    )
}
