//! Arrays with items added, removed, moved or repeated.

use super::{
    args::{all, array_of, bad, illegal, int, is_integer, items, long, passing, ty, wrap_nullable},
    arrays::item_of,
    convert::{cast, default_value},
    registry::Entry,
    supertype::common_type,
    time_floor::counted,
    udf::{Call, Nulls, row_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::Value,
};
use rekor_core::limits::SQL_CALL_BYTES_MAX;

/// The functions of this module.
pub(super) const NAMES: &[&str] = &[
    "arrayElementOrNull",
    "arrayFlattenedLength",
    "arrayPartialShuffle",
    "arrayRandomSample",
    "arrayResize",
    "arrayRotateLeft",
    "arrayRotateRight",
    "arrayShiftLeft",
    "arrayShiftRight",
    "arrayShingles",
    "arrayShuffle",
    "arrayTranspose",
    "arrayWithConstant",
    "arrayZipUnaligned",
    "emptyArrayDate",
    "emptyArrayDateTime",
    "emptyArrayFloat32",
    "emptyArrayFloat64",
    "emptyArrayInt16",
    "emptyArrayInt32",
    "emptyArrayInt64",
    "emptyArrayInt8",
    "emptyArrayString",
    "emptyArrayToSingle",
    "emptyArrayUInt16",
    "emptyArrayUInt32",
    "emptyArrayUInt64",
    "emptyArrayUInt8",
    "range",
];

/// The most items that a call may make: each takes at least 16 bytes.
const ITEMS_MAX: usize = SQL_CALL_BYTES_MAX / 16;

fn count_of(name: &str, count: i128) -> SqlResult<usize> {
    usize::try_from(count).ok().filter(|count| *count <= ITEMS_MAX).ok_or_else(|| {
        let message =
            format!("{name} would make an array of {count} items; at most {ITEMS_MAX} are allowed");
        SqlError::new(ChCode::TooLargeArraySize, message)
    })
}

fn same(types: &[ChType]) -> SqlResult<ChType> {
    all(types.get(1..).unwrap_or_default(), is_integer)?;
    item_of(ty(types, 0)).map(array_of)
}

/// Types of an array and of a value that joins its items.
fn joined(types: &[ChType], value: usize) -> SqlResult<ChType> {
    if !is_integer(ty(types, 1)) {
        return Err(illegal(ty(types, 1)));
    }
    let item = item_of(ty(types, 0))?;
    match types.get(value) {
        Some(value) => common_type(&[item, value.clone()]).map(array_of),
        None => Ok(array_of(item)),
    }
}

fn filler(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let ChType::Array(item) = &call.ret else { return Ok(Value::Null) };
    match args.get(2) {
        Some(value) => super::convert::convert(value, &ChType::Dynamic, item),
        None => Ok(default_value(item)),
    }
}

/// A negative size makes room on the left.
fn resized(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let mut list = items(args, 0);
    let size = count_of("arrayResize", int(args, 1).abs())?;
    let filler = filler(call, args)?;
    if int(args, 1) >= 0 {
        list.resize(size, filler);
    } else {
        list.reverse();
        list.resize(size, filler);
        list.reverse();
    }
    Ok(Value::Array(list))
}

fn rotated(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let mut list = items(args, 0);
    if list.is_empty() {
        return Ok(Value::Array(list));
    }
    let size = i128::try_from(list.len()).unwrap_or(1);
    let by = if call.name == "arrayRotateLeft" { int(args, 1) } else { -int(args, 1) };
    list.rotate_left(usize::try_from(by.rem_euclid(size)).unwrap_or(0));
    Ok(Value::Array(list))
}

fn shifted(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let list = items(args, 0);
    let by = if call.name == "arrayShiftLeft" { int(args, 1) } else { -int(args, 1) };
    let filler = filler(call, args)?;
    let size = i128::try_from(list.len()).unwrap_or(0);
    let at = |place: i128| {
        let from = usize::try_from(place.checked_add(by)?).ok()?;
        list.get(from).cloned()
    };
    Ok(Value::Array((0..size).map(|place| at(place).unwrap_or_else(|| filler.clone())).collect()))
}

fn range_type(types: &[ChType]) -> SqlResult<ChType> {
    match types.iter().find(|ty| !is_integer(ty)) {
        Some(other) => Err(illegal(other)),
        None => Ok(array_of(common_type(types)?.strip_nullable().clone())),
    }
}

fn range(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let outside = |message: String| SqlError::new(ChCode::ArgumentOutOfBound, message);
    let (start, end) =
        if args.len() == 1 { (0, int(args, 0)) } else { (int(args, 0), int(args, 1)) };
    let step = if args.len() == 3 { int(args, 2) } else { 1 };
    if step == 0 {
        return Err(outside("range needs a step other than zero".to_owned()));
    }
    if args.len() == 1 && end < 0 {
        return Err(outside(format!("range needs an end of at least 0, not {end}")));
    }
    let distance = if step > 0 { end - start } else { start - end };
    let count = (distance.max(0) + step.abs() - 1) / step.abs();
    let count = count_of(&call.name, count).map_err(|error| outside(error.message))?;
    let values = (0..count).map(|at| Value::Int(start + step * at as i128));
    Ok(Value::Array(values.collect()))
}

/// A source of random numbers that depends on its seed only (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        usize::try_from(z).unwrap_or(0).checked_rem(bound).unwrap_or(0)
    }
}

/// The first `count` items, drawn at random, before the rest.
fn drawn(mut list: Vec<Value>, count: usize) -> Vec<Value> {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut random = Random(RandomState::new().build_hasher().finish());
    let size = list.len();
    for at in 0..count.min(size) {
        list.swap(at, at + random.below(size - at));
    }
    list
}

fn shuffled(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let list = items(args, 0);
    let size = list.len();
    let count = usize::try_from(long(args, 1)).unwrap_or(0);
    Ok(Value::Array(match call.name.as_str() {
        "arrayShuffle" => drawn(list, size),
        "arrayPartialShuffle" => drawn(list, if args.len() > 1 { count } else { size }),
        _ => drawn(list, count).into_iter().take(count).collect(),
    }))
}

fn transposed(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let rows: Vec<Vec<Value>> = items(args, 0)
        .into_iter()
        .map(|row| if let Value::Array(items) = row { items } else { Vec::new() })
        .collect();
    let width = rows.first().map_or(0, Vec::len);
    if rows.iter().any(|row| row.len() != width) {
        return Err(bad("arrayTranspose needs rows of equal size"));
    }
    let column = |at: usize| rows.iter().filter_map(|row| row.get(at).cloned()).collect();
    Ok(Value::Array((0..width).map(|at| Value::Array(column(at))).collect()))
}

fn shingles(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let list = items(args, 0);
    match usize::try_from(int(args, 1)) {
        Ok(size) if size > 0 && size <= list.len() => Ok(Value::Array(
            list.windows(size).map(|window| Value::Array(window.to_vec())).collect(),
        )),
        _ => Err(bad("arrayShingles needs a length from 1 to the size of the array")),
    }
}

fn flat_length(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(flat_length).sum(),
        _ => 1,
    }
}

fn zipped(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let lists: Vec<Vec<Value>> = (0..args.len()).map(|at| items(args, at)).collect();
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    let row = |at: usize| {
        Value::Tuple(lists.iter().map(|l| l.get(at).cloned().unwrap_or(Value::Null)).collect())
    };
    Ok(Value::Array((0..longest).map(row).collect()))
}

fn empty_item(name: &str) -> Option<ChType> {
    Some(match name.strip_prefix("emptyArray")? {
        "UInt8" => ChType::UInt(8),
        "UInt16" => ChType::UInt(16),
        "UInt32" => ChType::UInt(32),
        "UInt64" => ChType::UInt(64),
        "Int8" => ChType::Int(8),
        "Int16" => ChType::Int(16),
        "Int32" => ChType::Int(32),
        "Int64" => ChType::Int(64),
        "Float32" => ChType::Float(32),
        "Float64" => ChType::Float(64),
        "Date" => ChType::Date,
        "DateTime" => ChType::DateTime(None),
        "String" => ChType::String,
        _ => return None,
    })
}

/// Functions whose shape depends on their arguments.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    if let Some(item) = empty_item(name) {
        counted(name, args, 0, 0)?;
        return super::registry::constant(&Value::Array(Vec::new()), &array_of(item)).map(Some);
    }
    match name {
        "range" => {
            counted(name, args, 1, 3)?;
            let types: Vec<ChType> =
                args.iter().map(|arg| arg.ty.strip_nullable().clone()).collect();
            if types.contains(&ChType::Nothing) {
                return Ok(Some(Typed::null()));
            }
            let ret = wrap_nullable(args, range_type(&types)?);
            Ok(Some(row_call(name, args.to_vec(), ret, Nulls::Propagate, range)))
        }
        "arrayWithConstant" => {
            counted(name, args, 2, 2)?;
            let [count, value] = args else { return Ok(None) };
            if !is_integer(count.ty.strip_nullable()) {
                return Err(illegal(&count.ty));
            }
            let ret = array_of(value.ty.clone());
            Ok(Some(row_call(name, args.to_vec(), ret, Nulls::Pass, |call, args| {
                let value = args.get(1).cloned().unwrap_or(Value::Null);
                Ok(Value::Array(vec![value; count_of(&call.name, int(args, 0))?]))
            })))
        }
        "arrayResize" | "arrayShiftLeft" | "arrayShiftRight" => {
            counted(name, args, 2, 3)?;
            let types: Vec<ChType> = args.iter().map(|arg| arg.ty.clone()).collect();
            let ret =
                if name == "arrayResize" { joined(&types, 2)? } else { same_with_default(&types)? };
            let mut args = args.to_vec();
            if let Some(array) = args.first_mut() {
                if name == "arrayResize" && ret == array_of(ChType::Nothing) {
                    let message = "arrayResize of an array without a type is not implemented";
                    return Err(SqlError::new(ChCode::NotImplemented, message));
                }
                *array = cast(array.clone(), &ret)?;
            }
            let kernel = if name == "arrayResize" { resized } else { shifted };
            Ok(Some(row_call(name, args, ret, Nulls::Pass, kernel)))
        }
        _ => Ok(None),
    }
}

/// The default of a shift has to fit the items.
fn same_with_default(types: &[ChType]) -> SqlResult<ChType> {
    let item = item_of(ty(types, 0))?;
    if let (Some(default), joined) = (types.get(2), joined(types, 2)?)
        && joined != array_of(item.clone())
    {
        return Err(illegal(default));
    }
    if is_integer(ty(types, 1)) { Ok(array_of(item)) } else { Err(illegal(ty(types, 1))) }
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "arrayRotateLeft" | "arrayRotateRight" => passing(2, 2, same, rotated),
        "arrayShuffle" => passing(1, 1, same, shuffled),
        "arrayPartialShuffle" => passing(1, 2, same, shuffled),
        "arrayRandomSample" => passing(2, 2, same, shuffled),
        "emptyArrayToSingle" => passing(1, 1, same, |call, a| {
            let list = items(a, 0);
            let ChType::Array(item) = &call.ret else { return Ok(Value::Null) };
            Ok(Value::Array(if list.is_empty() { vec![default_value(item)] } else { list }))
        }),
        "arrayElementOrNull" => passing(
            2,
            2,
            |types| {
                if !is_integer(ty(types, 1)) {
                    return Err(illegal(ty(types, 1)));
                }
                item_of(ty(types, 0)).map(ChType::nullable)
            },
            |_, a| {
                let list = items(a, 0);
                let at = super::arrays::position(long(a, 1), list.len());
                Ok(at.and_then(|at| list.get(at)).cloned().unwrap_or(Value::Null))
            },
        ),
        "arrayTranspose" => passing(
            1,
            1,
            |types| match item_of(ty(types, 0))? {
                ChType::Array(item) => Ok(array_of(ChType::Array(item))),
                other => Err(illegal(&other)),
            },
            transposed,
        ),
        "arrayShingles" => passing(2, 2, |types| same(types).map(array_of), shingles),
        "arrayFlattenedLength" => passing(
            1,
            1,
            |types| item_of(ty(types, 0)).map(|_| ChType::UInt(64)),
            |_, a| Ok(Value::Int(a.first().map_or(0, flat_length) as i128)),
        ),
        "arrayZipUnaligned" => passing(
            1,
            64,
            |types| {
                let items = types.iter().map(|ty| Ok((None, item_of(ty)?.nullable())));
                items.collect::<SqlResult<Vec<_>>>().map(|items| array_of(ChType::Tuple(items)))
            },
            zipped,
        ),
        _ => None,
    }
}
