//! Maps: keys and values, sums, updates.

use super::{
    args::{array_of, bad, illegal, int, is_integer, passing, strict, ty},
    arrays::{equal, item_of, sum, sum_type},
    convert::{cast, default_value},
    registry::Entry,
    supertype::common_type,
    time_floor::counted,
    udf::{Call, Kernel, Nulls, row_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, compare, compare_null_last},
};
use std::cmp::Ordering;

/// The functions of this module.
pub(super) const NAMES: &[&str] = &[
    "mapAdd",
    "mapConcat",
    "mapContains",
    "mapContainsKey",
    "mapContainsKeyLike",
    "mapContainsValue",
    "mapContainsValueLike",
    "mapExtractKeyLike",
    "mapExtractValueLike",
    "mapFromArrays",
    "mapKeys",
    "mapPartialReverseSort",
    "mapPartialSort",
    "mapPopulateSeries",
    "mapReverseSort",
    "mapSort",
    "mapSubtract",
    "mapUpdate",
    "mapValues",
];

/// The most entries that a series may have.
const ENTRIES_MAX: i128 = 1 << 20;

type Pairs = Vec<(Value, Value)>;

fn pairs(args: &[Value], at: usize) -> Pairs {
    match args.get(at) {
        Some(Value::Map(pairs)) => pairs.clone(),
        _ => Vec::new(),
    }
}

fn parts(ty: &ChType) -> SqlResult<(&ChType, &ChType)> {
    match ty {
        ChType::Map(key, value) => Ok((key, value)),
        other => Err(illegal(other)),
    }
}

fn map_of(key: ChType, value: ChType) -> ChType {
    ChType::Map(Box::new(key), Box::new(value))
}

fn list(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let keys = call.name == "mapKeys";
    let of = |(k, v): (Value, Value)| if keys { k } else { v };
    Ok(Value::Array(pairs(args, 0).into_iter().map(of).collect()))
}

fn contains_type(types: &[ChType], value: bool) -> SqlResult<ChType> {
    let (key, held) = parts(ty(types, 0))?;
    let member = if value { held } else { key };
    match common_type(&[member.clone(), ty(types, 1).clone()])? {
        ChType::Variant(_) => {
            let message = format!("There is no supertype for types {member}, {}", ty(types, 1));
            Err(SqlError::new(ChCode::NoCommonType, message))
        }
        _ => Ok(ChType::UInt(8)),
    }
}

fn contains(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let wanted = args.get(1).unwrap_or(&Value::Null);
    let value = call.name == "mapContainsValue";
    let holds = pairs(args, 0).iter().any(|(k, v)| equal(if value { v } else { k }, wanted));
    Ok(Value::Int(holds.into()))
}

/// The pairs whose key or value is like a pattern.
fn alike(call: &Call, args: &[Value]) -> SqlResult<Pairs> {
    let like = super::text::entry("like");
    let pattern = args.get(1).cloned().unwrap_or(Value::Null);
    let of_value = call.name.contains("Value");
    let matches = |subject: &Value| -> SqlResult<bool> {
        let (Some(like), Value::String(_)) = (&like, subject) else { return Ok(false) };
        let types = vec![ChType::String, ChType::String];
        let call = Call { name: "like".to_owned(), args: types, ret: ChType::UInt(8) };
        Ok((like.kernel)(&call, &[subject.clone(), pattern.clone()])?.truth() == Some(true))
    };
    let mut found = Vec::new();
    for (key, value) in pairs(args, 0) {
        if matches(if of_value { &value } else { &key })? {
            found.push((key, value));
        }
    }
    Ok(found)
}

fn textual(types: &[ChType], value: bool) -> SqlResult<()> {
    let (key, held) = parts(ty(types, 0))?;
    let subject = if value { held } else { key };
    match (subject.strip_nullable(), ty(types, 1)) {
        (ChType::String | ChType::FixedString(_), ChType::String) => Ok(()),
        (ChType::String | ChType::FixedString(_), other) | (other, _) => Err(illegal(other)),
    }
}

/// Keys of `first`, with values of `second` where it has them, then what only `second` has.
fn updated(first: Pairs, second: Pairs) -> Pairs {
    let replaced = |key: &Value| second.iter().any(|(known, _)| equal(known, key));
    let kept = first.into_iter().filter(|(key, _)| !replaced(key)).collect::<Vec<_>>();
    kept.into_iter().chain(second).collect()
}

fn merged(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let maps = (0..args.len()).map(|at| pairs(args, at));
    if call.name == "mapConcat" {
        return Ok(Value::Map(maps.flatten().collect()));
    }
    Ok(Value::Map(maps.fold(Vec::new(), updated)))
}

/// Sums by key, in order of keys.
fn added(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (_, value_type) = parts(&call.ret)?;
    let mut out: Pairs = Vec::new();
    for at in 0..args.len() {
        for (key, value) in pairs(args, at) {
            let value = if at > 0 && call.name == "mapSubtract" { minus(&value) } else { value };
            match out.binary_search_by(|(known, _)| compare(known, &key).unwrap_or(Ordering::Equal))
            {
                Ok(place) => {
                    if let Some((_, held)) = out.get_mut(place) {
                        *held = sum(&[held.clone(), value]);
                    }
                }
                Err(place) => out.insert(place, (key, value)),
            }
        }
    }
    for (_, value) in &mut out {
        if let Value::Int(number) = value {
            *value = Value::Int(super::args::wrap(*number, value_type));
        }
    }
    Ok(Value::Map(out))
}

fn minus(value: &Value) -> Value {
    match value {
        Value::Float(v) => Value::Float(-v),
        Value::Decimal(v, scale) => Value::Decimal(v.wrapping_neg(), *scale),
        other => Value::Int(-other.as_int().unwrap_or(0)),
    }
}

fn added_type(args: &[Typed]) -> SqlResult<ChType> {
    let mut known: Option<(ChType, ChType)> = None;
    for arg in args {
        let (key, value) = parts(&arg.ty)?;
        if !super::args::is_number(value) {
            return Err(illegal(value));
        }
        let next = sum_type(value);
        match &known {
            Some((_, sum)) if *sum != next => return Err(illegal(&arg.ty)),
            Some((all, sum)) => {
                let key = common_type(&[all.clone(), key.clone()])?;
                known = Some((key, sum.clone()));
            }
            None => known = Some((key.clone(), next)),
        }
    }
    known.map(|(key, value)| map_of(key, value)).ok_or_else(|| illegal(&ChType::Nothing))
}

/// A common type of maps.
fn merged_type(args: &[Typed]) -> SqlResult<ChType> {
    let maps = args.iter().map(|arg| parts(&arg.ty)).collect::<SqlResult<Vec<_>>>()?;
    let keys: Vec<ChType> = maps.iter().map(|(key, _)| (*key).clone()).collect();
    let values: Vec<ChType> = maps.iter().map(|(_, value)| (*value).clone()).collect();
    Ok(map_of(common_type(&keys)?, common_type(&values)?))
}

/// The type of two maps, which have to be of one.
fn updated_type(args: &[Typed]) -> SqlResult<ChType> {
    let merged = merged_type(args)?;
    if args.iter().all(|arg| arg.ty == merged) {
        return Ok(merged);
    }
    let types: Vec<String> = args.iter().map(|arg| arg.ty.to_string()).collect();
    let message = format!(
        "mapUpdate takes two maps of one type, not {}: CAST one, or write mapConcat",
        types.join(" and ")
    );
    Err(SqlError::new(ChCode::IllegalTypeOfArgument, message))
}

fn from_arrays(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let (keys, values) = (super::args::items(args, 0), super::args::items(args, 1));
    if keys.len() != values.len() {
        let message = "mapFromArrays needs as many keys as values";
        return Err(SqlError::new(ChCode::SizesOfArraysDontMatch, message));
    }
    Ok(Value::Map(keys.into_iter().zip(values).collect()))
}

/// Every whole key from the smallest to the largest, or to a given one.
fn series(
    keys: &[Value],
    values: &[Value],
    max: Option<i128>,
    default: &Value,
) -> SqlResult<Pairs> {
    let known: std::collections::BTreeMap<i128, &Value> =
        keys.iter().zip(values).map(|(k, v)| (k.as_int().unwrap_or(0), v)).collect();
    let Some((first, last)) = known.keys().next().copied().zip(known.keys().next_back().copied())
    else {
        return Ok(Vec::new());
    };
    let last = max.unwrap_or(last);
    if last - first >= ENTRIES_MAX {
        let message = format!("mapPopulateSeries would make {} entries", last - first + 1);
        return Err(SqlError::new(ChCode::TooLargeArraySize, message));
    }
    let value = |key: &i128| known.get(key).map_or_else(|| default.clone(), |v| (*v).clone());
    Ok((first..=last).map(|key| (Value::Int(key), value(&key))).collect())
}

fn populated(name: &str, args: &[Typed]) -> SqlResult<Typed> {
    counted(name, args, 1, 3)?;
    let first = args.first().map_or(&ChType::Nothing, |arg| &arg.ty);
    if let ChType::Map(key, value) = first {
        counted(name, args, 1, 2)?;
        let ret = map_of((**key).clone(), (**value).clone());
        if !is_integer(key) || !super::args::is_number(value) {
            return Err(illegal(first));
        }
        return Ok(row_call(name, args.to_vec(), ret, Nulls::Pass, |call, args| {
            let (keys, values): (Vec<Value>, Vec<Value>) = pairs(args, 0).into_iter().unzip();
            let max = args.get(1).map(|_| int(args, 1));
            let (_, value) = parts(&call.ret)?;
            series(&keys, &values, max, &default_value(value)).map(Value::Map)
        }));
    }
    counted(name, args, 2, 3)?;
    let types: Vec<ChType> = args.iter().take(2).map(|arg| arg.ty.clone()).collect();
    let items = types.iter().map(item_of).collect::<SqlResult<Vec<_>>>()?;
    if !is_integer(ty(&items, 0)) {
        return Err(illegal(ty(&items, 0)));
    }
    let ret = ChType::Tuple(items.iter().map(|item| (None, array_of(item.clone()))).collect());
    Ok(row_call(name, args.to_vec(), ret, Nulls::Pass, |call, args| {
        let max = args.get(2).map(|_| int(args, 2));
        let default = match &call.ret {
            ChType::Tuple(fields) => fields.get(1).and_then(|(_, ty)| item_of(ty).ok()),
            _ => None,
        };
        let default = default_value(&default.unwrap_or(ChType::UInt(8)));
        let (keys, values) = (super::args::items(args, 0), super::args::items(args, 1));
        let (keys, values) = series(&keys, &values, max, &default)?.into_iter().unzip();
        Ok(Value::Tuple(vec![Value::Array(keys), Value::Array(values)]))
    }))
}

fn sorted(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let mut sorted = pairs(args, usize::from(super::keyed::has_limit(&call.name)));
    // Of equal keys, the values decide.
    let order = |a: &Value, b: &Value| compare_null_last(a, b).unwrap_or(Ordering::Equal);
    sorted.sort_by(|(a, x), (b, y)| order(a, b).then_with(|| order(x, y)));
    if call.name.contains("Reverse") {
        sorted.reverse();
    }
    Ok(Value::Map(sorted))
}

/// Functions whose shape depends on their arguments.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    let (ret, kernel): (ChType, Kernel) = match name {
        "mapAdd" | "mapSubtract" => {
            counted(name, args, 2, 64)?;
            (added_type(args)?, added)
        }
        "mapConcat" => {
            counted(name, args, 1, 64)?;
            (merged_type(args)?, merged)
        }
        "mapUpdate" => {
            counted(name, args, 2, 2)?;
            (updated_type(args)?, merged)
        }
        "mapPopulateSeries" => return populated(name, args).map(Some),
        "has" if matches!(args.first().map(|arg| &arg.ty), Some(ChType::Map(..))) => {
            return super::registry::scalar("mapContainsKey", args.to_vec()).map(Some);
        }
        _ => return Ok(None),
    };
    let args = if name.starts_with("mapA") || name == "mapSubtract" {
        args.to_vec()
    } else {
        args.iter().map(|arg| cast(arg.clone(), &ret)).collect::<SqlResult<Vec<_>>>()?
    };
    Ok(Some(row_call(name, args, ret, Nulls::Pass, kernel)))
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "mapKeys" => passing(1, 1, |types| Ok(array_of(parts(ty(types, 0))?.0.clone())), list),
        "mapValues" => passing(1, 1, |types| Ok(array_of(parts(ty(types, 0))?.1.clone())), list),
        "mapContains" | "mapContainsKey" => {
            passing(2, 2, |types| contains_type(types, false), contains)
        }
        "mapContainsValue" => passing(2, 2, |types| contains_type(types, true), contains),
        "mapContainsKeyLike" | "mapContainsValueLike" => {
            let ret: super::args::Ret = if name == "mapContainsKeyLike" {
                |types| textual(types, false).map(|()| ChType::UInt(8))
            } else {
                |types| textual(types, true).map(|()| ChType::UInt(8))
            };
            strict(2, 2, ret, |call, a| Ok(Value::Int((!alike(call, a)?.is_empty()).into())))
        }
        "mapExtractKeyLike" | "mapExtractValueLike" => {
            let ret: super::args::Ret = if name == "mapExtractKeyLike" {
                |types| textual(types, false).map(|()| ty(types, 0).clone())
            } else {
                |types| textual(types, true).map(|()| ty(types, 0).clone())
            };
            strict(2, 2, ret, |call, a| alike(call, a).map(Value::Map))
        }
        "mapFromArrays" => passing(
            2,
            2,
            |types| {
                let key = match ty(types, 0) {
                    ChType::Map(key, value) => {
                        ChType::Tuple(vec![(None, (**key).clone()), (None, (**value).clone())])
                    }
                    other => item_of(other)?,
                };
                if key.is_nullable() {
                    return Err(bad("The keys of a map must not be Nullable"));
                }
                Ok(map_of(key, item_of(ty(types, 1))?))
            },
            from_arrays,
        ),
        "mapSort" | "mapReverseSort" => {
            passing(1, 1, |types| parts(ty(types, 0)).map(|_| ty(types, 0).clone()), sorted)
        }
        "mapPartialSort" | "mapPartialReverseSort" => {
            passing(2, 2, |types| parts(ty(types, 1)).map(|_| ty(types, 1).clone()), sorted)
        }
        _ => None,
    }
}
