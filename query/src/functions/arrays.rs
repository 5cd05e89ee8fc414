//! Arrays, tuples and maps. Indexes count from 1, negative from the end, out of range gives the default.

use super::{
    compare::constant_value,
    convert::{cast, convert, default_value},
    registry::Entry,
    supertype::common_type,
    udf::{Call, Kernel, Nulls, row_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, compare, text_of},
};
use std::cmp::Ordering;

/// The element type of an array; Dynamic holds Dynamics.
pub(super) fn item_of(ty: &ChType) -> SqlResult<ChType> {
    match ty {
        ChType::Array(item) => Ok((**item).clone()),
        ChType::Dynamic | ChType::Variant(_) => Ok(ChType::Dynamic),
        other => Err(SqlError::new(
            ChCode::IllegalTypeOfArgument,
            format!("An array is expected, not {other}"),
        )),
    }
}

fn items(args: &[Value], i: usize) -> Vec<Value> {
    match args.get(i) {
        Some(Value::Array(items)) => items.clone(),
        Some(Value::Map(pairs)) => {
            pairs.iter().map(|(k, v)| Value::Tuple(vec![k.clone(), v.clone()])).collect()
        }
        _ => Vec::new(),
    }
}

fn int(args: &[Value], i: usize) -> i64 {
    args.get(i).and_then(Value::as_int).and_then(|v| i64::try_from(v).ok()).unwrap_or(0)
}

fn same(args: &[ChType]) -> SqlResult<ChType> {
    item_of(args.first().unwrap_or(&ChType::Nothing)).map(|item| ChType::Array(Box::new(item)))
}

/// Result type of a sum of items.
pub(super) fn sum_type(item: &ChType) -> ChType {
    match item {
        ChType::Int(_) => ChType::Int(64),
        ChType::UInt(_) | ChType::Bool | ChType::Nothing => ChType::UInt(64),
        ChType::Decimal(_, scale) => ChType::Decimal(38, *scale),
        _ => ChType::Float(64),
    }
}

pub(super) fn equal(a: &Value, b: &Value) -> bool {
    a == b || (!a.is_null() && !b.is_null() && compare(a, b) == Some(Ordering::Equal))
}

/// The sum of numbers of one kind.
pub(crate) fn sum(values: &[Value]) -> Value {
    if values.iter().any(|v| matches!(v, Value::Float(_))) {
        return Value::Float(values.iter().filter_map(Value::as_f64).sum());
    }
    if let Some(scale) =
        values.iter().find_map(|v| if let Value::Decimal(_, s) = v { Some(*s) } else { None })
    {
        return Value::Decimal(
            values.iter().map(|v| if let Value::Decimal(n, _) = v { *n } else { 0 }).sum(),
            scale,
        );
    }
    Value::Int(values.iter().filter_map(Value::as_int).fold(0, i128::wrapping_add))
}

/// The smallest or largest value that is not NULL.
pub(super) fn extreme(values: &[Value], wanted: Ordering) -> Option<Value> {
    let mut best: Option<&Value> = None;
    for value in values.iter().filter(|v| !v.is_null()) {
        if best.is_none_or(|b| compare(value, b) == Some(wanted)) {
            best = Some(value);
        }
    }
    best.cloned()
}

/// A 1-based index (negative from the end) as a position.
pub(super) fn position(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    let at = if index > 0 { index - 1 } else { length + index };
    usize::try_from(at).ok().filter(|_| index != 0 && at < length)
}

fn element_at(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let missing = default_value(&call.ret);
    match (args.first(), args.get(1)) {
        (Some(Value::Map(pairs)), Some(key)) => {
            Ok(pairs.iter().find(|(k, _)| equal(k, key)).map_or(missing, |(_, v)| v.clone()))
        }
        (Some(Value::Array(items)), Some(index)) => {
            let index = index.as_int().and_then(|i| i64::try_from(i).ok()).unwrap_or(0);
            Ok(position(index, items.len())
                .and_then(|at| items.get(at))
                .cloned()
                .unwrap_or(missing))
        }
        (Some(Value::Json(text)), Some(Value::String(key))) => Ok(super::json::member(text, key)),
        (Some(Value::Null) | None, _) | (_, Some(Value::Null) | None) => Ok(missing),
        (Some(_), _) if matches!(call.args.first(), Some(ChType::Dynamic)) => Ok(Value::Null),
        _ => Err(SqlError::new(
            ChCode::IllegalTypeOfArgument,
            "arrayElement needs an array or a map",
        )),
    }
}

fn slice(args: &[Value]) -> Value {
    let list = items(args, 0);
    let length = i64::try_from(list.len()).unwrap_or(i64::MAX);
    let offset = int(args, 1);
    let start = if args.get(1).is_some_and(Value::is_null) {
        0
    } else if offset == 0 {
        return Value::Array(Vec::new());
    } else if offset > 0 {
        offset - 1
    } else {
        length.saturating_add(offset)
    };
    let end = match args.get(2).filter(|v| !v.is_null()) {
        Some(_) if int(args, 2) >= 0 => start.saturating_add(int(args, 2)),
        Some(_) => length + int(args, 2),
        None => length,
    };
    let (start, end) = (start.clamp(0, length), end.clamp(0, length));
    let (start, end) = (usize::try_from(start).unwrap_or(0), usize::try_from(end).unwrap_or(0));
    Value::Array(list.get(start..end.max(start)).unwrap_or_default().to_vec())
}

fn flatten(value: &Value, out: &mut Vec<Value>) {
    if let Value::Array(inner) = value {
        inner.iter().for_each(|v| flatten(v, out))
    } else {
        out.push(value.clone())
    }
}

fn with_item(args: &[Typed], item: &ChType) -> SqlResult<Vec<Typed>> {
    let array = ChType::Array(Box::new(item.clone()));
    args.iter()
        .enumerate()
        .map(|(i, arg)| cast(arg.clone(), if i == 0 { &array } else { item }))
        .collect()
}

fn is_list_of_tuples(ty: &ChType) -> bool {
    matches!(ty, ChType::Array(item) if matches!(item.strip_nullable(), ChType::Tuple(_)))
}

/// One element of every tuple of an array.
fn of_each(list: &Typed, index: &Typed) -> SqlResult<Typed> {
    let item = item_of(&list.ty)?;
    let ChType::Tuple(fields) = item.strip_nullable() else { return Ok(Typed::null()) };
    let at = match constant_value(index) {
        Some(Value::String(name)) => {
            fields.iter().position(|(field, _)| field.as_deref() == Some(&name))
        }
        Some(other) => other.as_int().and_then(|i| usize::try_from(i - 1).ok()),
        None => None,
    };
    let found = at.and_then(|at| fields.get(at).map(|(_, ty)| (at, ty.clone())));
    let (at, ty) = found.ok_or_else(|| {
        let message = format!("The tuples of {} have no such element", list.ty);
        SqlError::new(ChCode::ArgumentOutOfBound, message)
    })?;
    let place = super::supertype::literal(&Value::Int(at as i128))?;
    let ret = ChType::Array(Box::new(if item.is_nullable() { ty.nullable() } else { ty }));
    Ok(row_call("tupleElement", vec![list.clone(), place], ret, Nulls::Pass, |call, args| {
        let at = usize::try_from(int(args, 1)).unwrap_or(0);
        let missing = item_of(&call.ret).map_or(Value::Null, |ty| default_value(&ty));
        let element = |item: Value| match item {
            Value::Tuple(parts) => parts.get(at).cloned().unwrap_or(Value::Null),
            _ => missing.clone(),
        };
        Ok(Value::Array(items(args, 0).into_iter().map(element).collect()))
    }))
}

/// Functions whose shape depends on their arguments.
#[expect(clippy::too_many_lines, reason = "a table of names")]
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    let types: Vec<ChType> = args.iter().map(|a| a.ty.clone()).collect();
    let first = types.first().map(|ty| ty.strip_nullable().clone()).unwrap_or(ChType::Nothing);
    Ok(Some(match name {
        "array" => {
            let item = common_type(&types)?;
            let args =
                args.iter().map(|arg| cast(arg.clone(), &item)).collect::<SqlResult<Vec<_>>>()?;
            row_call(name, args, ChType::Array(Box::new(item)), Nulls::Pass, |_, args| {
                Ok(Value::Array(args.to_vec()))
            })
        }
        "tuple" => {
            let ty = ChType::Tuple(types.into_iter().map(|ty| (None, ty)).collect());
            row_call(name, args.to_vec(), ty, Nulls::Pass, |_, args| {
                Ok(Value::Tuple(args.to_vec()))
            })
        }
        "map" => {
            if !args.len().is_multiple_of(2) {
                return Err(SqlError::new(
                    ChCode::NumberOfArgumentsDoesntMatch,
                    "map takes keys and values in turn",
                ));
            }
            let of = |skip: usize| {
                common_type(&types.iter().skip(skip).step_by(2).cloned().collect::<Vec<_>>())
            };
            let (key, value) = (of(0)?, of(1)?);
            let wide = |(at, arg): (usize, &Typed)| {
                cast(arg.clone(), if at % 2 == 0 { &key } else { &value })
            };
            let args = args.iter().enumerate().map(wide).collect::<SqlResult<Vec<_>>>()?;
            let ty = ChType::Map(Box::new(key), Box::new(value));
            row_call(name, args, ty, Nulls::Pass, |_, args| {
                Ok(Value::Map(
                    args.chunks_exact(2)
                        .filter_map(|p| Some((p.first()?.clone(), p.get(1)?.clone())))
                        .collect(),
                ))
            })
        }
        "arrayElement" if args.len() == 2 => {
            if let (ChType::Array(_), Some(index)) = (&first, types.get(1))
                && !super::args::is_integer(index.strip_nullable())
                && *index.strip_nullable() != ChType::Nothing
            {
                return Err(super::args::illegal(index));
            }
            let ret = match &first {
                ChType::Map(_, value) => (**value).clone(),
                ChType::Json => ChType::Dynamic,
                other => item_of(other)?,
            };
            row_call(name, args.to_vec(), ret, Nulls::Pass, element_at)
        }
        "tupleElement" if args.len() == 2 && is_list_of_tuples(&first) => {
            let (Some(list), Some(index)) = (args.first(), args.get(1)) else { return Ok(None) };
            return of_each(list, index).map(Some);
        }
        "tupleElement" if args.len() >= 2 => {
            let index = args.get(1).and_then(constant_value).unwrap_or(Value::Null);
            let ChType::Tuple(fields) = &first else {
                if index.as_str().is_none() || !matches!(first, ChType::Json | ChType::Dynamic) {
                    return Err(SqlError::new(
                        ChCode::IllegalTypeOfArgument,
                        format!("tupleElement needs a tuple, not {first}"),
                    ));
                }
                return Ok(Some(row_call(
                    "arrayElement",
                    args.to_vec(),
                    ChType::Dynamic,
                    Nulls::Pass,
                    element_at,
                )));
            };
            let at = match &index {
                Value::String(name) => fields
                    .iter()
                    .position(|(field, _)| field.as_deref() == Some(name))
                    .or_else(|| name.parse::<usize>().ok().and_then(|n| n.checked_sub(1))),
                other => other.as_int().and_then(|i| {
                    let back = i128::try_from(fields.len()).unwrap_or(0) + i;
                    usize::try_from(if i < 0 { back } else { i - 1 }).ok()
                }),
            };
            let found = at.and_then(|at| fields.get(at).map(|(_, ty)| (at, ty.clone())));
            if let (None, Some(default)) = (&found, args.get(2)) {
                return Ok(Some(default.clone()));
            }
            let (at, ty) = found.ok_or_else(|| {
                let by_place = index.as_str().is_none();
                SqlError::new(
                    if by_place { ChCode::ArgumentOutOfBound } else { ChCode::BadArguments },
                    format!("The tuple {first} has no element {}", text_of(&index)),
                )
            })?;
            let position = super::supertype::literal(&Value::Int(at as i128))?;
            let tuple = args.first().cloned().unwrap_or_else(Typed::null);
            let ty = if tuple.ty.is_nullable() { ty.nullable() } else { ty };
            row_call(name, vec![tuple, position], ty, Nulls::Pass, |call, args| {
                match (args.first(), args.get(1)) {
                    (Some(Value::Tuple(items)), Some(at)) => Ok(at
                        .as_int()
                        .and_then(|i| usize::try_from(i).ok())
                        .and_then(|i| items.get(i))
                        .cloned()
                        .unwrap_or(Value::Null)),
                    // An array in a missing tuple is empty.
                    _ => Ok(default_value(&call.ret)),
                }
            })
        }
        "arrayConcat" | "concat" => {
            let item = common_type(
                &types
                    .iter()
                    .map(|ty| item_of(ty.strip_nullable()))
                    .collect::<SqlResult<Vec<_>>>()?,
            )?;
            let ty = ChType::Array(Box::new(item));
            let args =
                args.iter().map(|arg| cast(arg.clone(), &ty)).collect::<SqlResult<Vec<_>>>()?;
            if let ChType::Array(item) = &ty
                && matches!(**item, ChType::Variant(_))
            {
                let message = format!("There is no supertype for the items of {ty}");
                return Err(SqlError::new(ChCode::NoCommonType, message));
            }
            row_call("arrayConcat", args, ty, Nulls::Pass, |_, args| {
                Ok(Value::Array((0..args.len()).flat_map(|i| items(args, i)).collect()))
            })
        }
        "arrayPushBack" | "arrayPushFront" if args.len() == 2 => {
            let item =
                common_type(&[item_of(&first)?, types.get(1).cloned().unwrap_or(ChType::Nothing)])?;
            if let ChType::Variant(_) = item {
                let message = format!("There is no supertype for the items: {item}");
                return Err(SqlError::new(ChCode::NoCommonType, message));
            }
            row_call(
                name,
                with_item(args, &item)?,
                ChType::Array(Box::new(item)),
                Nulls::Pass,
                |call, args| {
                    let mut list = items(args, 0);
                    let value = args.get(1).cloned().unwrap_or(Value::Null);
                    if call.name == "arrayPushBack" {
                        list.push(value)
                    } else {
                        list.insert(0, value)
                    }
                    Ok(Value::Array(list))
                },
            )
        }
        "empty" | "notEmpty" | "length" | "reverse"
            if matches!(first, ChType::Array(_) | ChType::Map(..)) =>
        {
            match name {
                "reverse" => row_call(name, args.to_vec(), first, Nulls::Propagate, |_, a| {
                    Ok(Value::Array(items(a, 0).into_iter().rev().collect()))
                }),
                "length" => row_call(name, args.to_vec(), ChType::UInt(64), Nulls::Pass, |_, a| {
                    Ok(Value::Int(items(a, 0).len() as i128))
                }),
                _ => row_call(name, args.to_vec(), ChType::UInt(8), Nulls::Pass, |call, a| {
                    Ok(Value::Int((items(a, 0).is_empty() == (call.name == "empty")).into()))
                }),
            }
        }
        "empty" | "notEmpty" | "length" | "reverse" => {
            let ret = match name {
                "reverse" => ChType::String,
                "length" => ChType::UInt(64),
                _ => ChType::UInt(8),
            };
            let ret =
                if types.first().is_some_and(ChType::is_nullable) { ret.nullable() } else { ret };
            row_call(name, args.to_vec(), ret, Nulls::Propagate, |call, a| {
                let bytes = match a.first() {
                    Some(Value::Array(items)) => items.len(),
                    Some(Value::Map(pairs)) => pairs.len(),
                    other => other.map(text_of).unwrap_or_default().len(),
                };
                Ok(match call.name.as_str() {
                    "length" => Value::Int(bytes as i128),
                    "empty" => Value::Int((bytes == 0).into()),
                    "notEmpty" => Value::Int((bytes > 0).into()),
                    _ => Value::String(
                        a.first()
                            .map(text_of)
                            .unwrap_or_default()
                            .bytes()
                            .rev()
                            .map(char::from)
                            .collect(),
                    ),
                })
            })
        }
        "transform" if args.len() >= 3 => {
            let ret = match types.get(3) {
                Some(default) => common_type(&[
                    item_of(types.get(2).unwrap_or(&ChType::Nothing))?,
                    default.clone(),
                ])?,
                None => common_type(&[item_of(types.get(2).unwrap_or(&ChType::Nothing))?, first])?,
            };
            if let ChType::Variant(_) = ret {
                return Err(super::args::illegal(&ret));
            }
            row_call(name, args.to_vec(), ret, Nulls::Pass, |call, a| {
                if items(a, 1).len() != items(a, 2).len() {
                    let message = "transform needs as many results as values";
                    return Err(SqlError::new(ChCode::BadArguments, message));
                }
                let value = a.first().cloned().unwrap_or(Value::Null);
                let found = items(a, 1)
                    .iter()
                    .position(|known| equal(known, &value))
                    .and_then(|at| items(a, 2).get(at).cloned());
                convert(
                    &found.or_else(|| a.get(3).cloned()).unwrap_or(value),
                    &ChType::Dynamic,
                    &call.ret,
                )
            })
        }
        _ => return Ok(None),
    }))
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    let entry = |min, max, ret: fn(&[ChType]) -> SqlResult<ChType>, kernel: Kernel| {
        Some(Entry { min, max, ret, kernel, nulls: Nulls::Pass })
    };
    match name {
        "arrayReverse" => {
            entry(1, 1, same, |_, a| Ok(Value::Array(items(a, 0).into_iter().rev().collect())))
        }
        "arrayPopBack" => entry(1, 1, same, |_, a| {
            let mut values = items(a, 0);
            values.pop();
            Ok(Value::Array(values))
        }),
        "arrayPopFront" => {
            entry(1, 1, same, |_, a| Ok(Value::Array(items(a, 0).into_iter().skip(1).collect())))
        }
        "arraySlice" => entry(2, 3, same, |_, a| Ok(slice(a))),
        "arrayEnumerate" => entry(
            1,
            1,
            |a| {
                item_of(a.first().unwrap_or(&ChType::Nothing))
                    .map(|_| ChType::Array(Box::new(ChType::UInt(32))))
            },
            |_, a| {
                Ok(Value::Array((1..=items(a, 0).len()).map(|i| Value::Int(i as i128)).collect()))
            },
        ),
        "arrayFlatten" | "flatten" => entry(
            1,
            1,
            |a| {
                let mut ty = a.first().cloned().unwrap_or(ChType::Nothing);
                while let ChType::Array(inner) = &ty {
                    ty = (**inner).clone();
                }
                Ok(ChType::Array(Box::new(ty)))
            },
            |_, a| {
                let mut out = Vec::new();
                items(a, 0).iter().for_each(|v| flatten(v, &mut out));
                Ok(Value::Array(out))
            },
        ),
        "arrayZip" => entry(
            1,
            64,
            |a| {
                Ok(ChType::Array(Box::new(ChType::Tuple(
                    a.iter()
                        .map(|ty| item_of(ty).map(|item| (None, item)))
                        .collect::<SqlResult<_>>()?,
                ))))
            },
            |_, a| {
                let lists: Vec<Vec<Value>> = (0..a.len()).map(|i| items(a, i)).collect();
                let length = lists.first().map_or(0, Vec::len);
                if lists.iter().any(|l| l.len() != length) {
                    return Err(SqlError::new(
                        ChCode::SizesOfArraysDontMatch,
                        "arrayZip needs arrays of equal size",
                    ));
                }
                Ok(Value::Array(
                    (0..length)
                        .map(|i| {
                            Value::Tuple(
                                lists
                                    .iter()
                                    .map(|l| l.get(i).cloned().unwrap_or(Value::Null))
                                    .collect(),
                            )
                        })
                        .collect(),
                ))
            },
        ),
        _ => None,
    }
}
