//! Arrays as sets and sequences: members, unions, distances, curves.

use super::{
    args::{all, array_of, bad, illegal, int, is_dynamic, is_number, items, passing, ty},
    arrays::{equal, item_of},
    convert::cast,
    registry::Entry,
    supertype::common_type,
    time_floor::counted,
    udf::{Call, Kernel, Nulls, row_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, compare, encode},
};
use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

/// The functions of this module.
pub(super) const NAMES: &[&str] = &[
    "arrayAUC",
    "arrayAUCPR",
    "arrayDistinct",
    "arrayEnumerateDense",
    "arrayEnumerateUniq",
    "arrayExcept",
    "arrayIntersect",
    "arrayJaccardIndex",
    "arrayLevenshteinDistance",
    "arrayNormalizedGini",
    "arrayPRAUC",
    "arrayROCAUC",
    "arrayRemove",
    "arraySymmetricDifference",
    "arrayTopK",
    "arrayUnion",
    "arrayUniq",
    "countEqual",
    "has",
    "hasAll",
    "hasAny",
    "hasSubstr",
    "indexOf",
    "indexOfAssumeSorted",
];

/// A value as a key of a set. Values are of one type, so equal ones have equal bytes.
fn key(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(value, &mut bytes);
    bytes
}

/// Keys of what stands at each place in all of the arrays.
fn places(args: &[Value]) -> SqlResult<Vec<Vec<u8>>> {
    let lists: Vec<Vec<Value>> = (0..args.len()).map(|at| items(args, at)).collect();
    let size = lists.first().map_or(0, Vec::len);
    if lists.iter().any(|list| list.len() != size) {
        let message = "Arrays have to be of equal size";
        return Err(SqlError::new(ChCode::SizesOfArraysDontMatch, message));
    }
    let at = |place: usize| {
        Value::Array(lists.iter().filter_map(|list| list.get(place).cloned()).collect())
    };
    Ok((0..size).map(|place| key(&at(place))).collect())
}

fn arrays(types: &[ChType]) -> SqlResult<()> {
    match types.iter().find(|ty| item_of(ty).is_err()) {
        Some(other) => Err(illegal(other)),
        None => Ok(()),
    }
}

fn distinct(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let mut known = HashSet::new();
    if call.name == "arrayUniq" {
        known.extend(places(args)?);
        return Ok(Value::Int(known.len() as i128));
    }
    let kept = items(args, 0).into_iter().filter(|v| !v.is_null() && known.insert(key(v)));
    Ok(Value::Array(kept.collect()))
}

fn enumerated(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let mut known: HashMap<Vec<u8>, i128> = HashMap::new();
    let mut out = Vec::new();
    for place in places(args)? {
        let next = known.len() as i128 + 1;
        let count =
            known.entry(place).or_insert(if call.name == "arrayEnumerateUniq" { 0 } else { next });
        if call.name == "arrayEnumerateUniq" {
            *count += 1;
        }
        out.push(Value::Int(*count));
    }
    Ok(Value::Array(out))
}

/// The type of what several arrays share: the narrowest, and NULL only if all have it.
fn shared_item(items: &[ChType], common: &ChType) -> ChType {
    if items.contains(&ChType::Nothing) {
        return ChType::Nothing;
    }
    let plain =
        super::supertype::shared_type(items).unwrap_or_else(|| common.strip_nullable().clone());
    if items.iter().all(ChType::is_nullable) { plain.nullable() } else { plain }
}

/// A common type that values can be compared in.
fn comparable(types: &[ChType]) -> SqlResult<ChType> {
    match common_type(types)? {
        common @ ChType::Variant(_) => Err(SqlError::new(
            ChCode::NoCommonType,
            format!("There is no supertype for the items of {common}: convert one side"),
        )),
        common => Ok(common),
    }
}

/// Where signed and unsigned numbers of 64 bits are compared: no integer type holds both.
fn common_number(a: &ChType, b: &ChType) -> Option<ChType> {
    match (a.strip_nullable(), b.strip_nullable()) {
        (ChType::Int(_), ChType::UInt(64)) | (ChType::UInt(64), ChType::Int(_)) => {
            let both = ChType::Decimal(20, 0);
            Some(if a.is_nullable() || b.is_nullable() { both.nullable() } else { both })
        }
        _ => None,
    }
}

/// The set functions on whole arrays, all in one type.
fn set_call(name: &str, args: &[Typed]) -> SqlResult<Typed> {
    let items =
        args.iter().map(|arg| item_of(arg.ty.strip_nullable())).collect::<SqlResult<Vec<_>>>()?;
    let all_integers = items.iter().all(|ty| super::args::is_integer(ty.strip_nullable()));
    let common = match comparable(&items) {
        // No integer type holds both signed and unsigned numbers of 64 bits.
        Err(_) if name == "arrayIntersect" && all_integers => ChType::Decimal(20, 0).nullable(),
        other => other?,
    };
    let jaccard = name == "arrayJaccardIndex";
    if jaccard && items.iter().all(|ty| *ty == ChType::Nothing) {
        return Err(illegal(&array_of(ChType::Nothing)));
    }
    let ret = match name {
        "arrayIntersect" => array_of(shared_item(&items, &common)),
        "arrayJaccardIndex" => ChType::Float(64),
        "arrayExcept" => array_of(items.first().cloned().unwrap_or(ChType::Nothing)),
        _ => array_of(common.clone()),
    };
    let wide = array_of(common);
    let args = args.iter().map(|arg| cast(arg.clone(), &wide)).collect::<SqlResult<Vec<_>>>()?;
    Ok(row_call(name, args, ret, Nulls::Pass, sets))
}

fn sets(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let lists: Vec<Vec<Value>> = (0..args.len()).map(|at| items(args, at)).collect();
    let mut counts: HashMap<Vec<u8>, usize> = HashMap::new();
    for list in &lists {
        for member in list.iter().map(key).collect::<HashSet<_>>() {
            *counts.entry(member).or_default() += 1;
        }
    }
    let everywhere = |count: &usize| *count == lists.len();
    if call.name == "arrayJaccardIndex" {
        #[expect(clippy::cast_precision_loss, reason = "an index is a double")]
        let index = counts.values().filter(|c| everywhere(c)).count() as f64 / counts.len() as f64;
        return Ok(Value::Float(index));
    }
    let second: HashSet<Vec<u8>> = lists.get(1).into_iter().flatten().map(key).collect();
    let mut seen = HashSet::new();
    let kept = |value: &Value| {
        let key = key(value);
        let count = counts.get(&key).copied().unwrap_or(0);
        match call.name.as_str() {
            "arrayExcept" => !second.contains(&key),
            "arrayIntersect" => everywhere(&count) && seen.insert(key),
            "arraySymmetricDifference" => !everywhere(&count) && seen.insert(key),
            _ => seen.insert(key),
        }
    };
    let from = if matches!(call.name.as_str(), "arrayIntersect" | "arrayExcept") {
        1
    } else {
        lists.len()
    };
    let all: Vec<Value> = lists.iter().take(from).flatten().cloned().collect();
    Ok(Value::Array(all.into_iter().filter(kept).collect()))
}

/// Functions of an array and a member or another array, once their items compare.
fn member_call(name: &str, args: &[Typed]) -> SqlResult<Typed> {
    counted(name, args, 2, 2)?;
    let (of_arrays, ret, kernel): (bool, ChType, Kernel) = match name {
        "has" => (false, ChType::UInt(8), |_, a| Ok(Value::Int((found(a).is_some()).into()))),
        "indexOf" | "indexOfAssumeSorted" => (false, ChType::UInt(64), |_, a| {
            Ok(Value::Int(found(a).map_or(0, |at| at as i128 + 1)))
        }),
        "countEqual" => (false, ChType::UInt(64), |_, a| {
            let wanted = a.get(1).unwrap_or(&Value::Null);
            Ok(Value::Int(items(a, 0).iter().filter(|v| equal(v, wanted)).count() as i128))
        }),
        "arrayRemove" => (false, ChType::Nothing, |_, a| {
            let wanted = a.get(1).unwrap_or(&Value::Null);
            Ok(Value::Array(items(a, 0).into_iter().filter(|v| !equal(v, wanted)).collect()))
        }),
        _ => (true, ChType::UInt(8), contains),
    };
    let [array, other] = args else { return Ok(Typed::null()) };
    let item = item_of(array.ty.strip_nullable())?;
    let member = if of_arrays { item_of(other.ty.strip_nullable())? } else { other.ty.clone() };
    let common =
        common_number(&item, &member).map_or_else(|| comparable(&[item.clone(), member]), Ok)?;
    let ret = if name == "arrayRemove" { array_of(item) } else { ret };
    if is_dynamic(&common) {
        return Ok(row_call(name, args.to_vec(), ret, Nulls::Pass, kernel));
    }
    let wide = array_of(common.clone());
    let array = cast(array.clone(), &wide)?;
    let other = cast(other.clone(), if of_arrays { &wide } else { &common })?;
    Ok(row_call(name, vec![array, other], ret, Nulls::Pass, kernel))
}

fn found(args: &[Value]) -> Option<usize> {
    let wanted = args.get(1)?;
    match args.first()? {
        Value::Array(items) => items.iter().position(|value| equal(value, wanted)),
        _ => None,
    }
}

fn contains(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (list, wanted) = (items(args, 0), items(args, 1));
    let holds = if call.name == "hasSubstr" {
        wanted.is_empty()
            || list
                .windows(wanted.len())
                .any(|part| part.iter().zip(&wanted).all(|(a, b)| equal(a, b)))
    } else if call.args.iter().any(|ty| *ty == ChType::Dynamic || *ty == array_of(ChType::Dynamic))
    {
        let has = |value: &Value| list.iter().any(|known| equal(known, value));
        if call.name == "hasAll" { wanted.iter().all(has) } else { wanted.iter().any(has) }
    } else {
        let known: HashSet<Vec<u8>> = list.iter().map(key).collect();
        let has = |value: &Value| known.contains(&key(value));
        if call.name == "hasAll" { wanted.iter().all(has) } else { wanted.iter().any(has) }
    };
    Ok(Value::Int(holds.into()))
}

/// Functions whose shape depends on their arguments.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    match name {
        "arrayIntersect" | "arrayUnion" | "arraySymmetricDifference" if !args.is_empty() => {
            set_call(name, args).map(Some)
        }
        "arrayJaccardIndex" | "arrayExcept" => {
            counted(name, args, 2, 2)?;
            set_call(name, args).map(Some)
        }
        "has" if args.first().is_some_and(|arg| matches!(arg.ty, ChType::Map(..))) => Ok(None),
        "has"
        | "hasAll"
        | "hasAny"
        | "hasSubstr"
        | "indexOf"
        | "indexOfAssumeSorted"
        | "countEqual"
        | "arrayRemove" => member_call(name, args).map(Some),
        _ => Ok(None),
    }
}

fn scored(types: &[ChType]) -> SqlResult<()> {
    for ty in types.iter().take(2) {
        all(&[item_of(ty)?], is_number)?;
    }
    Ok(())
}

/// Scores and whether they are positive, highest score first.
fn ranked(args: &[Value]) -> SqlResult<Vec<(f64, bool)>> {
    let (scores, labels) = (items(args, 0), items(args, 1));
    if scores.len() != labels.len() {
        let message = "Scores and labels have to be arrays of equal size";
        return Err(SqlError::new(ChCode::SizesOfArraysDontMatch, message));
    }
    let mut pairs: Vec<(f64, bool)> = scores
        .iter()
        .zip(&labels)
        .map(|(score, label)| {
            (score.as_f64().unwrap_or(f64::NAN), label.as_f64().is_some_and(|label| label > 0.0))
        })
        .collect();
    pairs.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal));
    Ok(pairs)
}

/// Area under the receiver operating characteristic; ties share a slope.
#[expect(clippy::cast_precision_loss, reason = "areas are doubles")]
fn roc_area(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let pairs = ranked(args)?;
    let scale = args.get(2).is_none_or(|scale| scale.truth() == Some(true));
    let positives = pairs.iter().filter(|(_, positive)| *positive).count() as f64;
    let negatives = pairs.len() as f64 - positives;
    let (mut area, mut hits, mut at) = (0.0, 0.0, 0);
    while let Some((score, _)) = pairs.get(at) {
        let tied = pairs.iter().skip(at).take_while(|(other, _)| other == score);
        let (mut more, mut misses, mut size) = (0.0, 0.0, 0);
        for (_, positive) in tied {
            if *positive {
                more += 1.0
            } else {
                misses += 1.0
            }
            size += 1;
        }
        area += misses * (hits + more / 2.0);
        hits += more;
        at += size.max(1);
    }
    if positives == 0.0 || negatives == 0.0 {
        return Ok(Value::Float(f64::NAN));
    }
    Ok(Value::Float(if scale { area / (positives * negatives) } else { area }))
}

/// Area under the precision-recall curve, as the average precision.
#[expect(clippy::cast_precision_loss, reason = "areas are doubles")]
fn precision_area(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let pairs = ranked(args)?;
    let positives = pairs.iter().filter(|(_, positive)| *positive).count() as f64;
    let (mut area, mut hits, mut at) = (0.0, 0.0, 0);
    while let Some((score, _)) = pairs.get(at) {
        let tied = pairs.iter().skip(at).take_while(|(other, _)| other == score);
        let (mut more, mut size) = (0.0, 0);
        for (_, positive) in tied {
            more += f64::from(u8::from(*positive));
            size += 1;
        }
        at += size.max(1);
        hits += more;
        area += hits / at as f64 * more;
    }
    Ok(Value::Float(area / positives))
}

fn edit_distance(_: &Call, args: &[Value]) -> SqlResult<Value> {
    /// Cells of the table of distances that one row may need.
    const CELLS_MAX: usize = 50_000_000;
    let (a, b) = (items(args, 0), items(args, 1));
    if a.len().saturating_mul(b.len()) > CELLS_MAX {
        return Err(bad("The arrays are too long for a Levenshtein distance"));
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for ((replace, insert), y) in row.iter().zip(row.iter().skip(1)).zip(&b) {
            let before = next.last().copied().unwrap_or(0);
            next.push((replace + usize::from(!equal(x, y))).min(insert + 1).min(before + 1));
        }
        row = next;
    }
    Ok(Value::Int(row.last().copied().unwrap_or(0) as i128))
}

#[expect(clippy::cast_precision_loss, reason = "coefficients are doubles")]
fn gini_of(mut pairs: Vec<(f64, f64)>) -> f64 {
    pairs.sort_by(|a, b| b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal));
    let total: f64 = pairs.iter().map(|(_, label)| label).sum();
    let count = pairs.len() as f64;
    let mut so_far = 0.0;
    let mut area = 0.0;
    for (at, (_, label)) in pairs.iter().enumerate() {
        so_far += label / total;
        area += so_far - (at as f64 + 1.0) / count;
    }
    area / count
}

fn gini(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let numbers =
        |at: usize| -> Vec<f64> { items(args, at).iter().filter_map(Value::as_f64).collect() };
    let (predicted, labels) = (numbers(0), numbers(1));
    if predicted.len() != labels.len() {
        let message = "Predictions and labels have to be arrays of equal size";
        return Err(SqlError::new(ChCode::SizesOfArraysDontMatch, message));
    }
    let pairs = |keys: &[f64]| gini_of(keys.iter().copied().zip(labels.iter().copied()).collect());
    let (found, best) = (pairs(&predicted), pairs(&labels));
    let parts = [found, best, found / best];
    Ok(Value::Tuple(parts.into_iter().map(Value::Float).collect()))
}

fn top(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let mut list: Vec<Value> = items(args, 1).into_iter().filter(|v| !v.is_null()).collect();
    list.sort_by(|a, b| compare(b, a).unwrap_or(Ordering::Equal));
    list.truncate(usize::try_from(int(args, 0)).unwrap_or(0));
    Ok(Value::Array(list))
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "arrayDistinct" => passing(
            1,
            1,
            |types| item_of(ty(types, 0)).map(|item| array_of(item.strip_nullable().clone())),
            distinct,
        ),
        "arrayUniq" => passing(1, 64, |types| arrays(types).map(|()| ChType::UInt(32)), distinct),
        "arrayEnumerateDense" | "arrayEnumerateUniq" => {
            passing(1, 64, |types| arrays(types).map(|()| array_of(ChType::UInt(32))), enumerated)
        }
        "arrayROCAUC" | "arrayAUC" => {
            passing(2, 3, |types| scored(types).map(|()| ChType::Float(64)), roc_area)
        }
        "arrayAUCPR" | "arrayPRAUC" => {
            passing(2, 2, |types| scored(types).map(|()| ChType::Float(64)), precision_area)
        }
        "arrayLevenshteinDistance" => {
            passing(2, 2, |types| arrays(types).map(|()| ChType::UInt(32)), edit_distance)
        }
        "arrayNormalizedGini" => passing(
            2,
            2,
            |types| {
                let float = || (None, ChType::Float(64));
                scored(types).map(|()| ChType::Tuple(vec![float(), float(), float()]))
            },
            gini,
        ),
        "arrayTopK" => passing(
            2,
            2,
            |types| match ty(types, 0) {
                count if super::args::is_integer(count) => {
                    item_of(ty(types, 1)).map(|item| array_of(item.strip_nullable().clone()))
                }
                other => Err(illegal(other)),
            },
            top,
        ),
        _ => None,
    }
}
