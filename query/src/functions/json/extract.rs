//! `JSONExtract…`, `JSONHas` and their like: values below a path of names and positions in a JSON text.

use super::{
    super::{
        compare::constant_value,
        convert::{convert, default_value},
        registry::Entry,
        udf::{Call, Kernel, Nulls, row_call},
    },
    node::Node,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, json_of, text_of},
};

/// Most steps of a path.
const PATH_MAX: usize = 64;

pub(in crate::functions) const NAMES: &[&str] = &[
    "JSONArrayLength",
    "JSONExtractArrayRaw",
    "JSONExtractBool",
    "JSONExtractFloat",
    "JSONExtractInt",
    "JSONExtractKeys",
    "JSONExtractKeysAndValuesRaw",
    "JSONExtractRaw",
    "JSONExtractString",
    "JSONExtractUInt",
    "JSONHas",
    "JSONKey",
    "JSONLength",
    "JSONType",
    "isValidJSON",
    "jsonMergePatch",
];

/// The kinds that JSONType knows.
const KINDS: &[(&str, i16)] = &[
    ("Null", 0),
    ("String", 34),
    ("Array", 91),
    ("Bool", 98),
    ("Double", 100),
    ("Int64", 105),
    ("UInt64", 117),
    ("Object", 123),
];

/// The text of the first argument as a tree, and what the path below it leads to.
fn found<T>(call: &Call, args: &[Value], then: impl FnOnce(&Node) -> T) -> Option<T> {
    below(call, args, 0, then)
}

/// Like [`found`], for functions whose last `skipped` arguments are no steps of the path.
fn below<T>(
    call: &Call,
    args: &[Value],
    skipped: usize,
    then: impl FnOnce(&Node) -> T,
) -> Option<T> {
    let root = Node::parse(&args.first().map(text_of)?)?;
    let path = args.get(1..args.len().checked_sub(skipped)?).unwrap_or_default();
    root.descend(path, call.name.ends_with("CaseInsensitive")).map(then)
}

/// The first argument is a JSON text or object, the others name members or count elements.
pub(super) fn check(args: &[ChType]) -> SqlResult<()> {
    let illegal = |message: String| Err(SqlError::new(ChCode::IllegalTypeOfArgument, message));
    for (position, ty) in args.iter().enumerate() {
        let fits = match (position, ty) {
            (0, ChType::String | ChType::FixedString(_) | ChType::Json) => true,
            (0, _) => false,
            (_, ChType::String | ChType::FixedString(_) | ChType::Int(_) | ChType::UInt(_)) => true,
            _ => false,
        };
        if !fits && position == 0 {
            return illegal(format!(
                "The first argument should be a string containing JSON or a JSON object, illegal type: {ty}. Use a `.:String` subcolumn or toString"
            ));
        }
        if !fits {
            return illegal(format!(
                "The argument {} should be a string specifying key or an integer specifying index, illegal type: {ty}",
                position + 1
            ));
        }
    }
    Ok(())
}

fn checked<const KIND: u8>(args: &[ChType]) -> SqlResult<ChType> {
    check(args)?;
    let strings = || ChType::Array(Box::new(ChType::String));
    Ok(match KIND {
        0 => ChType::String,
        1 => ChType::Int(64),
        2 => ChType::UInt(64),
        3 => ChType::Float(64),
        4 => ChType::UInt(8),
        5 => strings(),
        6 => ChType::Enum(8, KINDS.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect()),
        _ => ChType::Array(Box::new(ChType::Tuple(vec![
            (None, ChType::String),
            (None, ChType::String),
        ]))),
    })
}

fn text(value: impl Into<String>) -> Value {
    Value::String(value.into())
}

/// The functions of fixed shape.
pub(in crate::functions) fn entry(name: &str) -> Option<Entry> {
    let of = |ret: fn(&[ChType]) -> SqlResult<ChType>, kernel: Kernel| {
        Some(Entry { min: 1, max: PATH_MAX, ret, kernel, nulls: Nulls::Propagate })
    };
    match name.strip_suffix("CaseInsensitive").unwrap_or(name) {
        "JSONExtractString" => of(checked::<0>, |call, a| {
            let string = found(call, a, |node| typed(node, &ChType::String, true)).flatten();
            Ok(string.unwrap_or_else(|| text("")))
        }),
        "JSONExtractRaw" => {
            of(checked::<0>, |call, a| Ok(text(found(call, a, Node::text).unwrap_or_default())))
        }
        "JSONExtractInt" => of(checked::<1>, number),
        "JSONExtractUInt" => of(checked::<2>, number),
        "JSONExtractFloat" => of(checked::<3>, number),
        "JSONExtractBool" => of(checked::<4>, |call, a| {
            let holds = found(call, a, |node| match node {
                Node::Bool(value) => *value,
                Node::Int(value) => *value != 0,
                _ => false,
            });
            Ok(Value::Int(holds.unwrap_or(false).into()))
        }),
        "JSONExtractArrayRaw" => of(checked::<5>, |call, a| {
            let items = found(call, a, |node| match node {
                Node::Array(items) => items.iter().map(|item| text(item.text())).collect(),
                _ => Vec::new(),
            });
            Ok(Value::Array(items.unwrap_or_default()))
        }),
        "JSONExtractKeys" => of(checked::<5>, |call, a| {
            let keys =
                found(call, a, |node| members(node).iter().map(|(key, _)| text(key)).collect());
            Ok(Value::Array(keys.unwrap_or_default()))
        }),
        "JSONExtractKeysAndValuesRaw" => of(checked::<7>, |call, a| {
            let pairs = found(call, a, |node| {
                let pair =
                    |(key, node): &(String, Node)| Value::Tuple(vec![text(key), text(node.text())]);
                members(node).iter().map(pair).collect()
            });
            Ok(Value::Array(pairs.unwrap_or_default()))
        }),
        "JSONHas" => {
            of(checked::<4>, |call, a| Ok(Value::Int(found(call, a, |_| ()).is_some().into())))
        }
        "JSONLength" => of(checked::<2>, |call, a| {
            let length = found(call, a, |node| match node {
                Node::Array(items) => items.len(),
                other => members(other).len(),
            });
            Ok(Value::Int(length.unwrap_or(0) as i128))
        }),
        "JSONType" => of(checked::<6>, |call, a| Ok(text(found(call, a, kind).unwrap_or("Null")))),
        "JSONKey" => of(checked::<0>, |call, a| {
            let index = a.last().and_then(Value::as_int).unwrap_or(0);
            let key = below(call, a, 1, |node| node.nth(index).map(|(key, _)| key.to_owned()));
            Ok(text(key.flatten().unwrap_or_default()))
        }),
        "isValidJSON" => Some(Entry {
            min: 1,
            max: 1,
            ret: checked::<4>,
            kernel: |_, a| {
                let text = a.first().map(text_of).unwrap_or_default();
                Ok(Value::Int(Node::parse(&text).is_some().into()))
            },
            nulls: Nulls::Propagate,
        }),
        "JSONArrayLength" => Some(Entry {
            min: 1,
            max: 1,
            ret: |args| check(args).map(|()| ChType::UInt(64).nullable()),
            kernel: |_, a| {
                Ok(match Node::parse(&a.first().map(text_of).unwrap_or_default()) {
                    Some(Node::Array(items)) => Value::Int(items.len() as i128),
                    _ => Value::Null,
                })
            },
            nulls: Nulls::Propagate,
        }),
        "jsonMergePatch" => of(merge_type, merge_patch),
        _ => None,
    }
}

fn members(node: &Node) -> &[(String, Node)] {
    if let Node::Object(members) = node { members } else { &[] }
}

fn kind(node: &Node) -> &'static str {
    match node {
        Node::Null => "Null",
        Node::Bool(_) => "Bool",
        Node::Int(value) => {
            if i64::try_from(*value).is_ok() {
                "Int64"
            } else {
                "UInt64"
            }
        }
        Node::Float(_) => "Double",
        Node::String(_) => "String",
        Node::Array(_) => "Array",
        Node::Object(_) => "Object",
    }
}

/// A number, of a number or a text of one.
fn number(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let ty = call.ret.strip_nullable();
    let value = found(call, args, |node| typed(node, ty, false)).flatten();
    Ok(value.unwrap_or_else(|| default_value(ty)))
}

/// A node as a value of a type; `None` if it is none. JSONExtract also takes true and false for numbers (`lenient`).
fn typed(node: &Node, ty: &ChType, lenient: bool) -> Option<Value> {
    match (ty, node) {
        (ChType::Nullable(_), Node::Null) => Some(Value::Null),
        (ChType::Nullable(inner), node) => typed(node, inner, lenient),
        (ChType::Dynamic | ChType::Variant(_), node) => Some(json_of(&node.text())),
        (ChType::Json, Node::Object(_)) => Some(Value::Json(node.text())),
        (_, Node::Null) => None,
        (ChType::String, Node::String(value)) => Some(text(value)),
        (ChType::String, node) => Some(text(node.text())),
        (ChType::FixedString(size), node) => {
            let value = if let Node::String(value) = node { value.clone() } else { node.text() };
            let padding = size.checked_sub(value.len())?;
            Some(text(value + &"\0".repeat(padding)))
        }
        (ChType::Bool, Node::Bool(value)) => Some(Value::Bool(*value)),
        (ChType::Bool, Node::Int(value)) => Some(Value::Bool(*value != 0)),
        (ChType::Bool, Node::Float(value)) => Some(Value::Bool(*value != 0.0)),
        (ChType::Int(_) | ChType::UInt(_) | ChType::Float(_), Node::Bool(value)) => {
            let value = lenient.then_some(i128::from(*value))?;
            convert_or_none(&Value::Int(value), ty)
        }
        (ChType::Int(_) | ChType::UInt(_), node) => integer(node, ty),
        (ChType::Float(_) | ChType::Decimal(..) | ChType::DateTime(_), Node::Int(value)) => {
            convert_or_none(&Value::Int(*value), ty)
        }
        (ChType::Float(_) | ChType::Decimal(..), Node::Float(value)) => {
            convert_or_none(&Value::Float(*value), ty)
        }
        (
            ChType::Float(_)
            | ChType::Decimal(..)
            | ChType::Date
            | ChType::Date32
            | ChType::DateTime(_)
            | ChType::DateTime64(..)
            | ChType::Uuid,
            Node::String(value),
        ) => convert_or_none(&text(value), ty),
        (ChType::Enum(_, names), Node::String(value)) => {
            names.iter().any(|(name, _)| name == value).then(|| text(value))
        }
        (ChType::Enum(_, names), Node::Int(value)) => {
            names.iter().find(|(_, n)| i128::from(*n) == *value).map(|(name, _)| text(name))
        }
        (ChType::Array(item), Node::Array(items)) => {
            Some(Value::Array(items.iter().map(|node| or_default(node, item)).collect()))
        }
        (ChType::Tuple(fields), Node::Array(items)) => Some(Value::Tuple(
            fields
                .iter()
                .enumerate()
                .map(|(at, (_, ty))| or_default(items.get(at).unwrap_or(&Node::Null), ty))
                .collect(),
        )),
        (ChType::Tuple(fields), Node::Object(members)) => Some(Value::Tuple(
            fields
                .iter()
                .enumerate()
                .map(|(at, (name, ty))| {
                    let member = match name {
                        Some(name) => node.member(name, false),
                        None => members.get(at).map(|(_, node)| node),
                    };
                    or_default(member.unwrap_or(&Node::Null), ty)
                })
                .collect(),
        )),
        (ChType::Map(_, value), Node::Object(members)) => Some(Value::Map(
            members.iter().map(|(key, node)| (text(key), or_default(node, value))).collect(),
        )),
        _ => None,
    }
}

/// A value in another type, if it can be.
fn convert_or_none(value: &Value, ty: &ChType) -> Option<Value> {
    convert(value, &ChType::Dynamic, ty).ok()
}

fn or_default(node: &Node, ty: &ChType) -> Value {
    typed(node, ty, true).unwrap_or_else(|| default_value(ty))
}

/// An integer that fits its type.
#[expect(
    clippy::cast_possible_truncation,
    reason = "fractions are dropped; out of range is noticed"
)]
fn integer(node: &Node, ty: &ChType) -> Option<Value> {
    let value = match node {
        Node::Int(value) => *value,
        Node::Float(value) if value.is_finite() => value.trunc() as i128,
        Node::String(text) => {
            text.parse().ok().or_else(|| text.parse::<f64>().ok().map(|v| v.trunc() as i128))?
        }
        _ => return None,
    };
    let fits = match ty {
        ChType::UInt(bits) => value >= 0 && value < 1_i128 << bits,
        ChType::Int(bits) => value >= -(1_i128 << (bits - 1)) && value < 1_i128 << (bits - 1),
        _ => false,
    };
    fits.then_some(Value::Int(value))
}

/// `JSONExtract(json, path…, 'Type')` and `JSONExtractKeysAndValues(json, path…, 'Type')`.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    let base = name.strip_suffix("CaseInsensitive").unwrap_or(name);
    let lists = matches!(
        base,
        "JSONExtractArrayRaw"
            | "JSONExtractKeys"
            | "JSONExtractKeysAndValues"
            | "JSONExtractKeysAndValuesRaw"
    );
    if lists && args.iter().any(nullable_path) {
        return Err(nested_list(name));
    }
    if !matches!(base, "JSONExtract" | "JSONExtractKeysAndValues") {
        return Ok(None);
    }
    let Some((last, rest)) = args.split_last().filter(|(_, rest)| !rest.is_empty()) else {
        return Err(SqlError::new(
            ChCode::NumberOfArgumentsDoesntMatch,
            format!("Function {name} requires at least two arguments"),
        ));
    };
    let Some(Value::String(type_name)) = constant_value(last) else {
        return Err(SqlError::new(
            ChCode::IllegalColumn,
            format!(
                "The last argument of function {name} should be a constant string specifying the return data type"
            ),
        ));
    };
    let types: Vec<ChType> = rest.iter().map(|arg| arg.ty.strip_nullable().clone()).collect();
    if types.contains(&ChType::Nothing) {
        return Ok(Some(Typed::null()));
    }
    check(&types)?;
    let ty = crate::bind::parse_type(&type_name)?;
    let ret = if base == "JSONExtract" {
        ty
    } else {
        ChType::Array(Box::new(ChType::Tuple(vec![(None, ChType::String), (None, ty)])))
    };
    let nullable = rest.iter().any(|arg| arg.ty.is_nullable());
    if nullable && matches!(ret, ChType::Array(_) | ChType::Map(..)) {
        return Err(nested_list(name));
    }
    if nullable && !ret.is_nullable() {
        // What is not in the text is a default, only a NULL for the text is NULL.
        return Ok(Some(row_call(
            name,
            rest.to_vec(),
            ret.nullable(),
            Nulls::Propagate,
            |call, args| {
                let plain = Call { ret: call.ret.strip_nullable().clone(), ..call.clone() };
                extract(&plain, args)
            },
        )));
    }
    Ok(Some(row_call(name, rest.to_vec(), ret, Nulls::Propagate, extract)))
}

fn nullable_path(arg: &Typed) -> bool {
    matches!(&arg.ty, ChType::Nullable(inner) if **inner != ChType::Nothing)
}

/// What ClickHouse says to a function that would have to answer a Nullable array.
fn nested_list(name: &str) -> SqlError {
    SqlError::new(
        ChCode::IllegalTypeOfArgument,
        format!(
            "An array cannot be inside Nullable type: give {name} an argument that is not Nullable, for example with assumeNotNull or ifNull"
        ),
    )
}

fn extract(call: &Call, args: &[Value]) -> SqlResult<Value> {
    if call.name.starts_with("JSONExtractKeysAndValues") {
        let value = match &call.ret {
            ChType::Array(pair) => match &**pair {
                ChType::Tuple(fields) => fields.get(1).map(|(_, ty)| ty),
                _ => None,
            },
            _ => None,
        };
        let value = value.unwrap_or(&ChType::String);
        let pairs = found(call, args, |node| {
            let pair = |(key, node): &(String, Node)| {
                typed(node, value, true).map(|found| Value::Tuple(vec![text(key), found]))
            };
            members(node).iter().filter_map(pair).collect()
        });
        return Ok(Value::Array(pairs.unwrap_or_default()));
    }
    let value = found(call, args, |node| typed(node, &call.ret, true)).flatten();
    Ok(value.unwrap_or_else(|| default_value(&call.ret)))
}

fn merge_type(args: &[ChType]) -> SqlResult<ChType> {
    match args.iter().find(|ty| !matches!(ty, ChType::String | ChType::FixedString(_))) {
        None => Ok(ChType::String),
        Some(other) => Err(SqlError::new(
            ChCode::IllegalTypeOfArgument,
            format!("JSONMergePatch takes texts, not {other}"),
        )),
    }
}

/// Members of later objects replace those of earlier ones; objects are merged.
fn merge_patch(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let mut merged: Option<serde_json::Value> = None;
    for arg in args {
        let next: serde_json::Value = serde_json::from_str(&text_of(arg)).map_err(|error| {
            SqlError::new(ChCode::BadArguments, format!("Wrong JSON string to merge: {error}"))
        })?;
        if !next.is_object() {
            return Err(SqlError::new(
                ChCode::BadArguments,
                "Wrong JSON string to merge. Expected JSON object",
            ));
        }
        match &mut merged {
            None => merged = Some(next),
            Some(known) => merge(known, next),
        }
    }
    Ok(text(merged.map(|merged| merged.to_string()).unwrap_or_default()))
}

fn merge(known: &mut serde_json::Value, patch: serde_json::Value) {
    match (known, patch) {
        (serde_json::Value::Object(known), serde_json::Value::Object(patch)) => {
            for (name, value) in patch {
                match known.get_mut(&name) {
                    Some(member) => merge(member, value),
                    None => drop(known.insert(name, value)),
                }
            }
        }
        (known, patch) => *known = patch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_an_entry() {
        assert_eq!(NAMES.iter().find(|name| entry(name).is_none()), None);
    }
}
