//! `JSON_VALUE`, `JSON_QUERY` and `JSON_EXISTS`: JSON paths of the SQL standard.

use super::{
    super::{
        compare::constant_value,
        udf::{Call, Nulls, row_call},
    },
    node::Node,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, text_of},
};
use std::ops::Range;

pub(in crate::functions) const NAMES: &[&str] = &["JSON_EXISTS", "JSON_QUERY", "JSON_VALUE"];

/// A step of a path.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Member(String),
    /// `[*]`.
    All,
    /// `[0, 2 to 4]`: from 0, ends excluded as in ClickHouse.
    Ranges(Vec<Range<usize>>),
}

fn parse(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.trim().strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
            let (name, after) = after.split_at_checked(end)?;
            if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
                return None;
            }
            steps.push(Step::Member(name.to_owned()));
            rest = after;
            continue;
        }
        let after = rest.strip_prefix('[')?;
        if let Some(quote) = after.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            let (name, after) = after.get(1..)?.split_once(quote)?;
            steps.push(Step::Member(name.to_owned()));
            rest = after.strip_prefix(']')?;
            continue;
        }
        let (inside, after) = after.split_once(']')?;
        steps.push(if inside.trim() == "*" {
            Step::All
        } else {
            Step::Ranges(inside.split(',').map(range).collect::<Option<_>>()?)
        });
        rest = after;
    }
    Some(steps)
}

fn range(text: &str) -> Option<Range<usize>> {
    let text = text.trim();
    Some(match text.split_once(" to ") {
        Some((start, end)) => start.trim().parse().ok()?..end.trim().parse().ok()?,
        None => {
            let at: usize = text.parse().ok()?;
            at..at.checked_add(1)?
        }
    })
}

/// All values that a path leads to, in order.
fn matches<'n>(node: &'n Node, steps: &[Step], out: &mut Vec<&'n Node>) {
    let Some((step, rest)) = steps.split_first() else { return out.push(node) };
    match (step, node) {
        (Step::Member(name), node) => {
            if let Some(member) = node.member(name, false) {
                matches(member, rest, out);
            }
        }
        (Step::All, Node::Array(items)) => items.iter().for_each(|item| matches(item, rest, out)),
        (Step::Ranges(ranges), Node::Array(items)) => {
            for range in ranges {
                let end = range.end.min(items.len());
                let some = items.get(range.start.min(end)..end).unwrap_or_default();
                some.iter().for_each(|item| matches(item, rest, out));
            }
        }
        _ => {}
    }
}

/// The call of one of the three functions.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    if !NAMES.contains(&name) {
        return Ok(None);
    }
    let [json, path, ..] = args else {
        return Err(SqlError::new(
            ChCode::TooFewArgumentsForFunction,
            format!("Function {name} requires at least 2 arguments"),
        ));
    };
    if *json.ty.strip_nullable() == ChType::Nothing {
        return Ok(Some(Typed::null()));
    }
    for (which, ty) in [("first", &json.ty), ("second", &path.ty)] {
        if !matches!(ty.strip_nullable(), ChType::String | ChType::FixedString(_) | ChType::Json) {
            return Err(SqlError::new(
                ChCode::IllegalTypeOfArgument,
                format!(
                    "JSONPath functions require {which} argument to be a string, illegal type: {ty}"
                ),
            ));
        }
    }
    let Some(Value::String(text)) = constant_value(path) else {
        return Err(SqlError::new(
            ChCode::IllegalTypeOfArgument,
            "The second argument (JSONPath) must be a constant string",
        ));
    };
    if parse(&text).is_none() {
        return Err(SqlError::new(
            ChCode::BadArguments,
            format!("Unable to parse JSONPath {text:?}"),
        ));
    }
    let ret = if name == "JSON_EXISTS" { ChType::UInt(8) } else { ChType::String };
    let ret = if json.ty.is_nullable() { ret.nullable() } else { ret };
    let args = vec![json.clone(), path.clone()];
    Ok(Some(row_call(name, args, ret, Nulls::Propagate, kernel)))
}

#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn kernel(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let argument = |i: usize| args.get(i).map(text_of).unwrap_or_default();
    let steps = parse(&argument(1)).unwrap_or_default();
    let root = Node::parse(&argument(0));
    let mut found = Vec::new();
    if let Some(root) = &root {
        matches(root, &steps, &mut found);
    }
    Ok(match call.name.as_str() {
        "JSON_EXISTS" => Value::Int((!found.is_empty()).into()),
        "JSON_QUERY" if found.is_empty() => Value::String(String::new()),
        "JSON_QUERY" => {
            let texts: Vec<String> = found.iter().map(|node| node.text()).collect();
            Value::String(format!("[{}]", texts.join(", ")))
        }
        _ => {
            let scalar = found.iter().find(|n| !matches!(n, Node::Array(_) | Node::Object(_)));
            Value::String(match scalar {
                Some(Node::String(text)) => text.clone(),
                Some(node) => node.text(),
                None => String::new(),
            })
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_parsed() {
        assert_eq!(
            parse("$.a[\"b c\"][*][0, 2 to 4]"),
            Some(vec![
                Step::Member("a".to_owned()),
                Step::Member("b c".to_owned()),
                Step::All,
                Step::Ranges(vec![0..1, 2..4]),
            ])
        );
        assert_eq!(parse("$"), Some(Vec::new()));
        for wrong in ["a", "$a", "$.", "$.a-b", "$[", "$[x]", "$.1"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
