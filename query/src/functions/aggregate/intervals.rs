//! Intervals, averages that decay over time, and histograms.

use super::{
    bases::{Base, NullRule},
    function::{Function, Row, Signature, cell, number},
    statistics::is_number,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::{Value, compare},
};
use std::cmp::Ordering;

/// Most bins of a histogram.
const BINS_MAX: i128 = 250;

pub(super) const NAMES: &[&str] = &[
    "exponentialMovingAverage",
    "histogram",
    "intervalLengthSum",
    "maxIntersections",
    "maxIntersectionsPosition",
];

pub(super) fn base(name: &str) -> Option<Base> {
    Some(match name {
        "maxIntersections" | "maxIntersectionsPosition" => {
            Base::new(2, intersections_type, intersections)
        }
        "intervalLengthSum" => Base::new(2, length_type, length_sum).nulls(NullRule::Default),
        "exponentialMovingAverage" => Base::new(2, average_type, moving_average).parameters(1, 1),
        "histogram" => Base::new(1, histogram_type, histogram).parameters(1, 1),
        _ => return None,
    })
}

fn intersections_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    let number = |ty: &ChType| matches!(ty, ChType::Int(_) | ChType::UInt(_) | ChType::Float(_));
    if let Some(at) = signature.args.iter().position(|ty| !number(ty)) {
        return Err(signature.illegal(at));
    }
    if signature.arg(0) != signature.arg(1) {
        return Err(signature.illegal(1));
    }
    Ok(if signature.name.ends_with("Position") {
        signature.arg(0).clone()
    } else {
        ChType::UInt(64)
    })
}

#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn intersections(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let mut edges: Vec<(&Value, i64)> =
        rows.iter().flat_map(|row| [(cell(row, 0), 1), (cell(row, 1), -1)]).collect();
    edges.sort_by(|(a, x), (b, y)| compare(a, b).unwrap_or(Ordering::Equal).then(x.cmp(y)));
    let (mut open, mut most, mut place) = (0_i64, 0_i64, None);
    for (position, step) in edges {
        open += step;
        if open > most {
            (most, place) = (open, Some(position));
        }
    }
    Ok(if function.name.ends_with("Position") {
        place.cloned().unwrap_or_else(|| function.default())
    } else {
        Value::Int(most.into())
    })
}

fn length_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    let fits = |ty: &ChType| {
        matches!(
            ty,
            ChType::Int(_)
                | ChType::UInt(_)
                | ChType::Float(_)
                | ChType::Date
                | ChType::DateTime(_)
        )
    };
    if !fits(signature.arg(0)) {
        return Err(signature.illegal(0));
    }
    if signature.arg(0) != signature.arg(1) {
        return Err(signature.illegal(1));
    }
    Ok(match signature.arg(0) {
        ChType::Float(_) => ChType::Float(64),
        _ => ChType::UInt(64),
    })
}

/// The length of the union of intervals.
#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn length_sum(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let ordered = |row: &Row<'_>| {
        let (a, b) = (cell(row, 0).clone(), cell(row, 1).clone());
        if compare(&a, &b) == Some(Ordering::Greater) { (b, a) } else { (a, b) }
    };
    let mut segments: Vec<(Value, Value)> = rows.iter().map(ordered).collect();
    segments.sort_by(|(a, _), (b, _)| compare(a, b).unwrap_or(Ordering::Equal));
    let mut merged: Vec<(Value, Value)> = Vec::new();
    for (start, end) in segments {
        match merged.last_mut() {
            Some((_, last)) if compare(&start, last) != Some(Ordering::Greater) => {
                if compare(&end, last) == Some(Ordering::Greater) {
                    *last = end;
                }
            }
            _ => merged.push((start, end)),
        }
    }
    if matches!(function.ret, ChType::Float(_)) {
        let length = |(a, b): &(Value, Value)| Some(b.as_f64()? - a.as_f64()?);
        return Ok(Value::Float(merged.iter().filter_map(length).sum()));
    }
    let length = |(a, b): &(Value, Value)| Some(b.as_int()? - a.as_int()?);
    Ok(Value::Int(merged.iter().filter_map(length).sum()))
}

fn average_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    let fits = |ty: &ChType| is_number(ty) || matches!(ty, ChType::Decimal(..));
    let time = |ty: &ChType| {
        fits(ty) || matches!(ty, ChType::Date | ChType::DateTime(_) | ChType::DateTime64(..))
    };
    if !fits(signature.arg(0)) || !time(signature.arg(1)) {
        return Err(signature.illegal(usize::from(fits(signature.arg(0)))));
    }
    if signature.parameters.first().and_then(Value::as_f64).is_none() {
        return Err(signature.bad("The half decay must be a number"));
    }
    Ok(ChType::Float(64))
}

#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn moving_average(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let half = function.number(0).unwrap_or(1.0);
    let decay = |passed: f64| (-passed / half).exp2();
    let (mut sum, mut time) = (0.0, 0.0);
    for row in rows {
        let (value, at) = (number(row, 0), number(row, 1));
        if at >= time {
            sum = sum * decay(at - time) + value;
            time = at;
        } else {
            sum += value * decay(time - at);
        }
    }
    Ok(Value::Float(sum * (1.0 - decay(1.0))))
}

fn histogram_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    match signature.parameters.first() {
        Some(Value::Int(bins)) if *bins > BINS_MAX => {
            return Err(SqlError::new(
                ChCode::ParameterOutOfBound,
                format!("Unsupported bins count. Should not be greater than {BINS_MAX}"),
            ));
        }
        Some(Value::Int(bins)) if *bins > 0 => {}
        _ => return Err(signature.bad("Bin count should be positive")),
    }
    if !is_number(signature.arg(0)) {
        return Err(signature.illegal(0));
    }
    let part = (None, ChType::Float(64));
    Ok(ChType::Array(Box::new(ChType::Tuple(vec![part.clone(), part.clone(), part]))))
}

/// Bins around weighted means: the two nearest are joined until few enough are left.
#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn histogram(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let bins = function.count(0).unwrap_or(1);
    let values = || rows.iter().map(|row| number(row, 0)).filter(|value| value.is_finite());
    let mut points: Vec<(f64, f64)> = Vec::new();
    for value in values() {
        points.push((value, 1.0));
        // Like ClickHouse, bins are joined while rows come: no more than twice as many are kept.
        if points.len() >= 2 * bins {
            points = joined(points, bins);
        }
    }
    let points = joined(points, bins);
    let (low, high) =
        (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let mut out = Vec::with_capacity(points.len());
    for (at, (mean, weight)) in points.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| points.get(at));
        let after = points.get(at + 1);
        let edge = |other: Option<&(f64, f64)>, bound: f64| {
            other.map_or(bound, |(other, _)| f64::midpoint(*other, *mean))
        };
        let neighbour = |other: Option<&(f64, f64)>| other.map_or(*weight, |(_, weight)| *weight);
        let density = (neighbour(before) + neighbour(after) + weight * 6.0) / 8.0;
        let bin = [edge(before, low), edge(after, high), density];
        out.push(Value::Tuple(bin.into_iter().map(Value::Float).collect()));
    }
    Ok(Value::Array(out))
}

fn joined(mut points: Vec<(f64, f64)>, bins: usize) -> Vec<(f64, f64)> {
    points.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let mut kept: Vec<(f64, f64)> = Vec::with_capacity(points.len());
    for (mean, weight) in points {
        match kept.last_mut() {
            Some((known, total)) if *known == mean => *total += weight,
            _ => kept.push((mean, weight)),
        }
    }
    while kept.len() > bins {
        let gaps = kept.iter().zip(kept.iter().skip(1)).map(|((a, _), (b, _))| b - a);
        let Some((at, _)) = gaps.enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b)) else { break };
        let (right_mean, right_weight) = kept.remove((at + 1).min(kept.len() - 1));
        if let Some((mean, weight)) = kept.get_mut(at) {
            *mean = (*mean * *weight + right_mean * right_weight) / (*weight + right_weight);
            *weight += right_weight;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_points_are_joined_first() {
        assert_eq!(joined(vec![(1.0, 1.0), (2.0, 1.0), (9.0, 2.0)], 2), [(1.5, 2.0), (9.0, 2.0)]);
        assert_eq!(joined(Vec::new(), 3), []);
    }
}
