//! Combinators: suffixes of aggregate functions that change which rows count, or what stands for a row.

use super::{
    bases,
    function::{Function, Row, cell, fits_nullable, nullable_of},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::default_value,
    types::ChType,
    value::{Value, compare, encode},
};
use std::{borrow::Cow, cmp::Ordering, collections::HashSet};

/// Most answers of one -Resample.
const RESAMPLE_MAX: usize = 1 << 20;

/// Suffixes, longest first as ClickHouse tries them.
const SUFFIXES: &[&str] = &[
    "SimpleState",
    "OrDefault",
    "Distinct",
    "Resample",
    "ForEach",
    "ArgMax",
    "ArgMin",
    "OrNull",
    "Merge",
    "State",
    "Array",
    "Map",
    "If",
];

/// What a suffix does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Combinator {
    /// The last argument says whether the row counts.
    If,
    /// Arguments are arrays, whose elements are rows.
    Array,
    /// Equal rows count once.
    Distinct,
    OrNull,
    OrDefault,
    /// One answer per position of the arrays.
    ForEach,
    /// One answer per interval of the last argument.
    Resample {
        start: i128,
        end: i128,
        step: i128,
        count: usize,
    },
    /// One answer per key of the maps.
    Map,
    /// Rows with the smallest or largest last argument.
    Extreme(Ordering),
}

/// How a suffix hands its arguments on.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The function below, if not the name without the suffix.
    pub(super) nested_name: Option<String>,
    pub(super) parameters: Vec<Value>,
    pub(super) args: Vec<ChType>,
    /// `None` if the function below is all there is.
    pub(super) combinator: Option<Combinator>,
}

/// The name without its last suffix, and the suffix.
pub(super) fn outermost(name: &str) -> Option<(&str, &'static str)> {
    SUFFIXES
        .iter()
        .find_map(|suffix| Some((name.strip_suffix(suffix)?, *suffix)))
        .filter(|(nested, _)| !nested.is_empty())
}

fn illegal(message: String) -> SqlError {
    SqlError::new(ChCode::IllegalTypeOfArgument, message)
}

/// Arguments and parameters of the function below a suffix.
pub(super) fn prepare(
    suffix: &str,
    name: &str,
    parameters: &[Value],
    args: &[ChType],
) -> SqlResult<Prepared> {
    let prepared = |args: Vec<ChType>, combinator| Prepared {
        nested_name: None,
        parameters: parameters.to_vec(),
        args,
        combinator: Some(combinator),
    };
    let last = || {
        args.split_last().ok_or_else(|| {
            SqlError::new(
                ChCode::NumberOfArgumentsDoesntMatch,
                format!(
                    "Incorrect number of arguments for aggregate function with {suffix} suffix"
                ),
            )
        })
    };
    Ok(match suffix {
        "If" => {
            let (condition, rest) = last()?;
            let integer = matches!(
                condition.strip_nullable(),
                ChType::Int(_) | ChType::UInt(_) | ChType::Bool | ChType::Nothing
            );
            if !integer {
                return Err(illegal(format!(
                    "Illegal type {condition} of the last argument of an aggregate function with the If suffix: it must be a native integer"
                )));
            }
            prepared(rest.to_vec(), Combinator::If)
        }
        "Array" | "ForEach" => {
            let items = args
                .iter()
                .map(|ty| match ty {
                    ChType::Array(item) => Ok((**item).clone()),
                    other => Err(illegal(format!(
                        "Illegal type {other} of argument for aggregate function with {suffix} suffix. Must be array."
                    ))),
                })
                .collect::<SqlResult<Vec<_>>>()?;
            last()?;
            prepared(items, if suffix == "Array" { Combinator::Array } else { Combinator::ForEach })
        }
        "Distinct" => {
            last()?;
            prepared(args.to_vec(), Combinator::Distinct)
        }
        "OrNull" => prepared(args.to_vec(), Combinator::OrNull),
        "OrDefault" => prepared(args.to_vec(), Combinator::OrDefault),
        "ArgMin" | "ArgMax" => {
            let wanted = if suffix == "ArgMin" { Ordering::Less } else { Ordering::Greater };
            prepared(last()?.1.to_vec(), Combinator::Extreme(wanted))
        }
        "Resample" => resample(parameters, last()?)?,
        "Map" => return mapped(name, parameters, args),
        _ => {
            return Err(SqlError::new(
                ChCode::NotImplemented,
                format!("{name}: states of aggregate functions (-{suffix}) are not supported."),
            ));
        }
    })
}

fn resample(parameters: &[Value], (key, rest): (&ChType, &[ChType])) -> SqlResult<Prepared> {
    let split = parameters.len().checked_sub(3).ok_or_else(|| {
        SqlError::new(
            ChCode::NumberOfArgumentsDoesntMatch,
            "Incorrect number of parameters for aggregate function with Resample suffix",
        )
    })?;
    let (parameters, bounds) = parameters.split_at(split);
    let bound = |i: usize| bounds.get(i).and_then(Value::as_int).unwrap_or(0);
    let (start, end, step) = (bound(0), bound(1), bound(2));
    if step <= 0 {
        return Err(SqlError::new(
            ChCode::ArgumentOutOfBound,
            "The step used in function Resample cannot be zero or negative",
        ));
    }
    if !matches!(key, ChType::Int(_) | ChType::UInt(_) | ChType::Date | ChType::DateTime(_)) {
        return Err(illegal(format!(
            "Illegal type {key} of the last argument of an aggregate function with the Resample suffix: it must be a native integer"
        )));
    }
    let span = (end - start).max(0);
    let count = usize::try_from((span + step - 1) / step).unwrap_or(usize::MAX);
    if count > RESAMPLE_MAX {
        return Err(SqlError::new(
            ChCode::ArgumentOutOfBound,
            "The range given in function Resample contains too many elements",
        ));
    }
    Ok(Prepared {
        nested_name: None,
        parameters: parameters.to_vec(),
        args: rest.to_vec(),
        combinator: Some(Combinator::Resample { start, end, step, count }),
    })
}

/// -Map takes a map; sum, min and max also take keys and values as arrays.
fn mapped(name: &str, parameters: &[Value], args: &[ChType]) -> SqlResult<Prepared> {
    let nested = name.strip_suffix("Map").unwrap_or(name);
    if let [ChType::Map(_, value)] = args {
        return Ok(Prepared {
            nested_name: None,
            parameters: parameters.to_vec(),
            args: vec![(**value).clone()],
            combinator: Some(Combinator::Map),
        });
    }
    let arrays = match args {
        [ChType::Tuple(fields)] => fields.iter().all(|(_, ty)| matches!(ty, ChType::Array(_))),
        _ => args.len() > 1 && args.iter().all(|ty| matches!(ty, ChType::Array(_))),
    };
    if !arrays {
        return Err(illegal(format!("Aggregate function {name} requires map as argument")));
    }
    if !bases::is_mapped(nested) {
        return Err(illegal(format!("Aggregation '{name}' is not implemented for mapped arrays")));
    }
    Ok(Prepared {
        nested_name: Some(format!("{nested}MappedArrays")),
        parameters: parameters.to_vec(),
        args: args.to_vec(),
        combinator: None,
    })
}

impl Combinator {
    /// The type of the answer, given the function below.
    pub(super) fn answer(&self, nested: &Function, args: &[ChType]) -> SqlResult<ChType> {
        Ok(match self {
            Self::If | Self::Array | Self::Distinct | Self::OrDefault => nested.ret.clone(),
            Self::OrNull => nullable_of(&nested.ret),
            Self::ForEach | Self::Resample { .. } => ChType::Array(Box::new(nested.ret.clone())),
            Self::Map => match args {
                [ChType::Map(key, _)] => ChType::Map(key.clone(), Box::new(nested.ret.clone())),
                _ => return Err(illegal("A map is expected".to_owned())),
            },
            Self::Extreme(_) => {
                if let Some(ChType::Dynamic | ChType::Variant(_) | ChType::Json) = args.last() {
                    return Err(illegal(format!(
                        "Illegal type {} of the last argument: its values cannot be compared",
                        args.last().unwrap_or(&ChType::Nothing)
                    )));
                }
                nested.ret.clone()
            }
        })
    }

    /// The answer over rows.
    pub(super) fn evaluate(&self, nested: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
        match self {
            Self::If => {
                let kept: Vec<Row<'_>> = rows
                    .iter()
                    .filter_map(|row| row.split_last())
                    .filter(|(condition, _)| condition.truth() == Some(true))
                    .map(|(_, rest)| Cow::Borrowed(rest))
                    .collect();
                nested.evaluate(&kept)
            }
            Self::Array => nested.evaluate(&elements(rows)?),
            Self::Distinct => {
                let mut seen = HashSet::new();
                let kept: Vec<Row<'_>> = rows
                    .iter()
                    .filter(|row| seen.insert(key_of(row)))
                    .map(|row| Cow::Borrowed(row.as_ref()))
                    .collect();
                nested.evaluate(&kept)
            }
            Self::OrNull if rows.is_empty() => {
                Ok(if fits_nullable(&nested.ret) || matches!(nested.ret, ChType::Nullable(_)) {
                    Value::Null
                } else {
                    default_value(&nested.ret)
                })
            }
            Self::OrDefault if rows.is_empty() => Ok(default_value(&nested.ret)),
            Self::OrNull | Self::OrDefault => nested.evaluate(rows),
            Self::ForEach => positions(nested, rows),
            Self::Resample { start, end, step, count } => {
                let inside: Vec<Row<'_>> = rows
                    .iter()
                    .filter(|row| {
                        let key = row.last().and_then(Value::as_int);
                        key.is_some_and(|key| (*start..*end).contains(&key))
                    })
                    .cloned()
                    .collect();
                intervals(nested, &inside, *start, *step, *count)
            }
            Self::Map => keys(nested, rows),
            Self::Extreme(wanted) => nested.evaluate(&extreme_rows(rows, *wanted)),
        }
    }
}

/// What tells equal rows apart.
pub(super) fn key_of(row: &[Value]) -> Vec<u8> {
    let mut cell = Vec::new();
    encode(&Value::Tuple(row.to_vec()), &mut cell);
    cell
}

fn items_of(row: &[Value], position: usize) -> &[Value] {
    match row.get(position) {
        Some(Value::Array(items)) => items,
        _ => &[],
    }
}

/// The elements of arrays as rows.
fn elements<'a>(rows: &[Row<'_>]) -> SqlResult<Vec<Row<'a>>> {
    let mut out: Vec<Row<'a>> = Vec::new();
    for row in rows {
        let length = items_of(row, 0).len();
        if (1..row.len()).any(|i| items_of(row, i).len() != length) {
            return Err(SqlError::new(
                ChCode::SizesOfArraysDontMatch,
                "Lengths of all arrays passed to aggregate function must be equal",
            ));
        }
        for at in 0..length {
            let cells = (0..row.len()).filter_map(|i| items_of(row, i).get(at).cloned()).collect();
            out.push(Cow::Owned(cells));
        }
    }
    Ok(out)
}

fn positions(nested: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let mut length = 0;
    for row in rows {
        let size = items_of(row, 0).len();
        if (1..row.len()).any(|i| items_of(row, i).len() != size) {
            return Err(SqlError::new(
                ChCode::SizesOfArraysDontMatch,
                "Arrays passed to an aggregate function with the ForEach suffix have different sizes",
            ));
        }
        length = length.max(size);
    }
    let mut answers = Vec::with_capacity(length);
    for at in 0..length {
        let column: Vec<Row<'_>> = rows
            .iter()
            .filter(|row| at < items_of(row, 0).len())
            .map(|row| {
                Cow::Owned(
                    (0..row.len()).filter_map(|i| items_of(row, i).get(at).cloned()).collect(),
                )
            })
            .collect();
        answers.push(nested.evaluate(&column)?);
    }
    Ok(Value::Array(answers))
}

fn intervals(
    nested: &Function,
    rows: &[Row<'_>],
    start: i128,
    step: i128,
    count: usize,
) -> SqlResult<Value> {
    let mut buckets: Vec<Vec<Row<'_>>> = vec![Vec::new(); count];
    for (key, rest) in rows.iter().filter_map(|row| row.split_last()) {
        let at = key.as_int().map(|key| (key - start).div_euclid(step));
        let bucket = at.and_then(|at| usize::try_from(at).ok()).and_then(|at| buckets.get_mut(at));
        if let Some(bucket) = bucket {
            bucket.push(Cow::Borrowed(rest));
        }
    }
    buckets.iter().map(|rows| nested.evaluate(rows)).collect::<SqlResult<_>>().map(Value::Array)
}

fn keys(nested: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let mut groups: Vec<(Value, Vec<Row<'_>>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for row in rows {
        let Value::Map(pairs) = cell(row, 0) else { continue };
        for (key, value) in pairs {
            let at = *places.entry(key_of(std::slice::from_ref(key))).or_insert_with(|| {
                groups.push((key.clone(), Vec::new()));
                groups.len() - 1
            });
            if let Some((_, group)) = groups.get_mut(at) {
                group.push(Cow::Owned(vec![value.clone()]));
            }
        }
    }
    groups.sort_by(|(a, _), (b, _)| compare(a, b).unwrap_or(Ordering::Equal));
    let pairs = groups.into_iter().map(|(key, rows)| Ok((key, nested.evaluate(&rows)?)));
    pairs.collect::<SqlResult<_>>().map(Value::Map)
}

fn extreme_rows<'r>(rows: &'r [Row<'_>], wanted: Ordering) -> Vec<Row<'r>> {
    let mut best: Option<&Value> = None;
    let mut kept: Vec<Row<'r>> = Vec::new();
    for (order, rest) in rows.iter().filter_map(|row| row.split_last()) {
        match best.map(|best| compare(order, best)) {
            Some(Some(Ordering::Equal)) => {}
            Some(other) if other != Some(wanted) => continue,
            _ => {
                kept.clear();
                best = Some(order);
            }
        }
        kept.push(Cow::Borrowed(rest));
    }
    kept
}
