//! Sums and extremes per key of arrays of keys and values.

use super::{
    bases::Base,
    combinator::key_of,
    function::{Function, Row, Signature},
    simple::{sum_of, summed},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::{Value, compare},
};
use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

pub(super) const NAMES: &[&str] = &[
    "maxMappedArrays",
    "minMappedArrays",
    "sumMapFiltered",
    "sumMapFilteredWithOverflow",
    "sumMapWithOverflow",
    "sumMappedArrays",
];

pub(super) fn base(name: &str) -> Option<Base> {
    Some(match name {
        "sumMappedArrays" | "minMappedArrays" | "maxMappedArrays" | "sumMapWithOverflow" => {
            Base::new(2, mapped_type, mapped).args(1, 32)
        }
        "sumMapFiltered" | "sumMapFilteredWithOverflow" => {
            Base::new(2, mapped_type, mapped).args(1, 32).parameters(1, 1)
        }
        _ => return None,
    })
}

fn mapped_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    let wrong = |what: &str| {
        SqlError::new(
            ChCode::IllegalTypeOfArgument,
            format!("Aggregate function {} requires {what}", signature.name),
        )
    };
    let arrays: Vec<ChType> = match signature.args {
        [ChType::Tuple(fields)] => fields.iter().map(|(_, ty)| ty.clone()).collect(),
        [_] => return Err(wrong("a tuple, or keys and values")),
        several => several.to_vec(),
    };
    if signature.name.contains("Filtered")
        && !matches!(signature.parameters.first(), Some(Value::Array(_)))
    {
        return Err(wrong("an Array as a parameter"));
    }
    let mut fields = Vec::new();
    for (position, ty) in arrays.iter().enumerate() {
        let ChType::Array(item) = ty else { return Err(wrong("arrays")) };
        let item = item.strip_nullable().clone();
        let keep = position == 0 || !signature.name.starts_with("sum");
        let item = if keep {
            item
        } else {
            let sum = summed(&Signature { args: std::slice::from_ref(&item), ..*signature }, 0)?;
            if signature.name.ends_with("WithOverflow") { item } else { sum }
        };
        fields.push((None, ChType::Array(Box::new(item))));
    }
    Ok(ChType::Tuple(fields))
}

fn arrays(row: &Row<'_>) -> Vec<Vec<Value>> {
    let columns: &[Value] = match row.first() {
        Some(Value::Tuple(columns)) if row.len() == 1 => columns,
        _ => row,
    };
    columns
        .iter()
        .map(|column| if let Value::Array(items) = column { items.clone() } else { Vec::new() })
        .collect()
}

fn mapped(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let wanted: Option<HashSet<Vec<u8>>> = match function.parameters.first() {
        Some(Value::Array(keys)) => {
            Some(keys.iter().map(|key| key_of(std::slice::from_ref(key))).collect())
        }
        _ => None,
    };
    let mut places = HashMap::new();
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for row in rows {
        let columns = arrays(row);
        let Some((keys, values)) = columns.split_first() else { continue };
        if values.iter().any(|column| column.len() != keys.len()) {
            return Err(SqlError::new(
                ChCode::BadArguments,
                "Sizes of keys and values arrays do not match",
            ));
        }
        for (at, key) in keys.iter().enumerate().filter(|(_, key)| !key.is_null()) {
            let id = key_of(std::slice::from_ref(key));
            if wanted.as_ref().is_some_and(|wanted| !wanted.contains(&id)) {
                continue;
            }
            let news: Vec<Value> =
                values.iter().filter_map(|column| column.get(at).cloned()).collect();
            match places.get(&id).and_then(|at: &usize| groups.get_mut(*at)) {
                Some((_, known)) => {
                    for (known, new) in known.iter_mut().zip(&news) {
                        *known = joined(&function.name, known, new);
                    }
                }
                None => {
                    places.insert(id, groups.len());
                    groups.push((key.clone(), news));
                }
            }
        }
    }
    if function.name.starts_with("sum") {
        groups.retain(|(_, values)| {
            values.iter().any(|value| value.as_f64().is_some_and(|v| v != 0.0))
        });
    }
    groups.sort_by(|(a, _), (b, _)| compare(a, b).unwrap_or(Ordering::Equal));
    let width = if let ChType::Tuple(fields) = &function.ret { fields.len() } else { 1 };
    let mut columns = vec![groups.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>()];
    for at in 0..width.saturating_sub(1) {
        columns.push(groups.iter().filter_map(|(_, values)| values.get(at).cloned()).collect());
    }
    Ok(Value::Tuple(columns.into_iter().map(Value::Array).collect()))
}

fn joined(name: &str, a: &Value, b: &Value) -> Value {
    let wanted = match (name.get(..3), a.is_null(), b.is_null()) {
        (_, true, _) => return b.clone(),
        (_, _, true) => return a.clone(),
        (Some("min"), ..) => Ordering::Less,
        (Some("max"), ..) => Ordering::Greater,
        _ => return sum_of([a, b].into_iter()),
    };
    if compare(b, a) == Some(wanted) { b.clone() } else { a.clone() }
}
