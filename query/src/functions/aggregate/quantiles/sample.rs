//! The values of one group, and the quantiles of each kind.

use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::aggregate::function::{Row, cell, number},
    value::{Value, compare_null_last},
};
use datafusion::arrow::{
    array::PrimitiveArray,
    datatypes::{Float64Type, Int64Type},
};
use std::cmp::Ordering;

/// Times above this count as this, as in quantileTiming.
const TIMING_MAX: f64 = 30_000.0;
/// How close centroids of a t-digest must be to become one.
const TDIGEST_EPSILON: f64 = 0.01;

/// Values in their order, NaN left out.
pub(super) enum Sorted {
    Integers(Vec<i64>),
    Floats(Vec<f64>),
    /// Values of any kind, with their weights.
    Weighted(Vec<(Value, f64)>),
}

impl Sorted {
    pub(super) fn integers(column: &PrimitiveArray<Int64Type>) -> Self {
        let mut values = column.values().to_vec();
        values.sort_unstable();
        Self::Integers(values)
    }

    pub(super) fn floats(column: &PrimitiveArray<Float64Type>) -> Self {
        let mut values: Vec<f64> =
            column.values().iter().copied().filter(|value| !value.is_nan()).collect();
        values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(Ordering::Equal));
        Self::Floats(values)
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Integers(values) => values.len(),
            Self::Floats(values) => values.len(),
            Self::Weighted(values) => values.len(),
        }
    }

    fn get(&self, position: usize) -> Option<Value> {
        match self {
            Self::Integers(values) => values.get(position).map(|value| Value::Int((*value).into())),
            Self::Floats(values) => values.get(position).map(|value| Value::Float(*value)),
            Self::Weighted(values) => values.get(position).map(|(value, _)| value.clone()),
        }
    }

    /// The values that were given weights.
    fn weighted(&self) -> &[(Value, f64)] {
        if let Self::Weighted(values) = self { values } else { &[] }
    }
}

/// A group's values.
pub(super) struct Sample {
    values: Sorted,
    total: f64,
    /// Parameter of the sketches.
    accuracy: f64,
}

impl Sample {
    /// Values that weigh one each.
    pub(super) fn of_numbers(values: Sorted) -> Self {
        Self { total: real(values.len()), values, accuracy: 0.0 }
    }

    pub(super) fn of(kind: &str, accuracy: f64, rows: &[Row<'_>]) -> Self {
        let weighted = kind.ends_with("Weighted");
        let mut values: Vec<(Value, f64)> = rows
            .iter()
            .map(|row| (stored(kind, cell(row, 0)), if weighted { number(row, 1) } else { 1.0 }))
            .filter(|(value, _)| !matches!(value, Value::Float(value) if value.is_nan()))
            .filter(|(_, weight)| kind != "TDigestWeighted" || *weight > 0.0)
            .collect();
        values.sort_by(|(a, _), (b, _)| compare_null_last(a, b).unwrap_or(Ordering::Equal));
        let total = values.iter().map(|(_, weight)| weight).sum();
        Self { values: Sorted::Weighted(values), total, accuracy }
    }

    fn number(&self, position: usize) -> f64 {
        let last = self.values.len().saturating_sub(1);
        self.values.get(position.min(last)).and_then(|value| value.as_f64()).unwrap_or(f64::NAN)
    }

    pub(super) fn quantile(&self, kind: &str, level: f64) -> SqlResult<Option<Value>> {
        if kind == "ExactExclusive" && self.values.len() > 0 && (level <= 0.0 || level >= 1.0) {
            return Err(SqlError::new(
                ChCode::BadArguments,
                "QuantileExactExclusive cannot interpolate for the percentiles 1 and 0",
            ));
        }
        if self.values.len() == 0 {
            return Ok(None);
        }
        let at = |position: usize| {
            let last = self.values.len() - 1;
            self.values.get(position.min(last))
        };
        let count = self.values.len();
        Ok(match kind {
            "Exact" | "Timing" => at(scaled(level, count)),
            "ExactLow" if level == 0.5 => at((count - 1) / 2),
            "ExactHigh" if level == 0.5 => at(count / 2),
            "ExactLow" | "ExactHigh" => at(scaled(level, count)),
            "ExactWeighted" | "BFloat16" => self.at_weight(kind, level),
            "TimingWeighted" => self.after_weight((self.total * level).floor()),
            "InterpolatedWeighted" => Some(Value::Float(self.between_weights(level))),
            "TDigest" | "TDigestWeighted" => Some(Value::Float(self.digest(level))),
            "GK" => at(ranked(level, count)),
            "DD" => Some(Value::Float(self.bucket(level))),
            "ExactExclusive" => {
                Some(Value::Float(self.ranked_between(level * (real(count) + 1.0))))
            }
            "ExactInclusive" => {
                Some(Value::Float(self.ranked_between(level * (real(count) - 1.0) + 1.0)))
            }
            _ => Some(self.interpolated(level)),
        })
    }

    /// Between the two values around a position, as a reservoir does.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a position in a list"
    )]
    fn interpolated(&self, level: f64) -> Value {
        let index = (level * (real(self.values.len()) - 1.0)).max(0.0);
        let low = index as usize;
        let share = index - low as f64;
        let (a, b) = (self.number(low), self.number(low + 1));
        if low + 1 >= self.values.len() || share == 0.0 {
            return self
                .values
                .get(low.min(self.values.len() - 1))
                .unwrap_or(Value::Null)
                .to_float();
        }
        Value::Float(a * (low as f64 + 1.0 - index) + b * share)
    }

    /// Between the two values around a rank that counts from 1.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a position in a list"
    )]
    fn ranked_between(&self, rank: f64) -> f64 {
        let whole = rank as usize;
        if whole < 1 {
            return self.number(0);
        }
        if whole >= self.values.len() {
            return self.number(self.values.len() - 1);
        }
        let (a, b) = (self.number(whole - 1), self.number(whole));
        a + (rank - whole as f64) * (b - a)
    }

    /// The first value up to which there is enough weight.
    fn at_weight(&self, kind: &str, level: f64) -> Option<Value> {
        let wanted =
            if kind == "BFloat16" { self.total * level } else { (self.total * level).ceil() };
        let mut sum = 0.0;
        for (value, weight) in self.values.weighted() {
            sum += weight;
            if sum >= wanted {
                return Some(value.clone());
            }
        }
        self.values.weighted().last().map(|(value, _)| value.clone())
    }

    /// The first value that takes the weight above a sum; the last, if none does.
    fn after_weight(&self, below: f64) -> Option<Value> {
        let mut sum = 0.0;
        let found = self.values.weighted().iter().find(|(_, weight)| {
            sum += weight;
            sum > below
        });
        found.or(self.values.weighted().last()).map(|(value, _)| value.clone())
    }

    fn between_weights(&self, level: f64) -> f64 {
        // Equal values are one of their common weight.
        let mut merged: Vec<(f64, f64)> = Vec::new();
        for (value, weight) in self.values.weighted() {
            let value = value.as_f64().unwrap_or(f64::NAN);
            match merged.last_mut() {
                Some((known, sum)) if *known == value => *sum += weight,
                _ => merged.push((value, *weight)),
            }
        }
        let mut sum = 0.0;
        let mut previous: Option<(f64, f64)> = None;
        for (value, weight) in merged {
            sum += weight;
            let place = (sum - 0.5 * weight) / self.total;
            if level <= place {
                return previous
                    .map_or(value, |(x, y)| y + (level - x) / (place - x) * (value - y));
            }
            previous = Some((place, value));
        }
        previous.map_or(f64::NAN, |(_, value)| value)
    }

    /// Buckets of the logarithm, as DDSketch has them.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a position in a list"
    )]
    fn bucket(&self, level: f64) -> f64 {
        let value = self.number((level * (real(self.values.len()) - 1.0)) as usize);
        if value == 0.0 {
            return 0.0;
        }
        let ratio = ((1.0 + self.accuracy) / (1.0 - self.accuracy)).ln();
        let bucket = (value.abs().ln() / ratio).floor();
        value.signum() * (bucket * ratio).exp() * (1.0 + self.accuracy)
    }

    /// A t-digest: neighbours too close to matter become one centroid, answers lie between centroids.
    #[expect(clippy::cast_possible_truncation, reason = "a digest holds Float32")]
    fn digest(&self, level: f64) -> f64 {
        let mut centroids: Vec<(f64, f64)> = Vec::new();
        let mut before = 0.0;
        let epsilon = self.total * TDIGEST_EPSILON * 4.0;
        for (value, weight) in self.values.weighted() {
            let mean = f64::from(value.as_f64().unwrap_or(f64::NAN) as f32);
            if let Some((left, count)) = centroids.last_mut() {
                let share = |q: f64| q * (1.0 - q);
                let error = share((before + *count * 0.5) / self.total)
                    .min(share((before + *count + weight * 0.5) / self.total));
                if *count + weight <= epsilon * error {
                    *count += weight;
                    *left += weight * (mean - *left) / *count;
                    continue;
                }
                before += *count;
            }
            centroids.push((mean, *weight));
        }
        f64::from(between_centroids(&centroids, level * self.total) as f32)
    }
}

fn between_centroids(centroids: &[(f64, f64)], x: f64) -> f64 {
    let Some((mut mean, mut count)) = centroids.first().copied() else { return f64::NAN };
    let (mut place, mut sum) = (0.0, 0.0);
    let single = |count: f64| if count == 1.0 { 0.5 } else { 0.0 };
    for (next_mean, next_count) in centroids {
        let next = sum + next_count * 0.5;
        if next >= x {
            let (left, right) = (place + single(count), next - single(*next_count));
            return if x <= left {
                mean
            } else if x >= right {
                *next_mean
            } else {
                mean + (x - left) / (right - left) * (next_mean - mean)
            };
        }
        sum += next_count;
        (mean, count, place) = (*next_mean, *next_count, next);
    }
    centroids.last().map_or(f64::NAN, |(mean, _)| *mean)
}

/// What a member keeps of a value.
#[expect(clippy::cast_possible_truncation, reason = "that is what the members lose")]
fn stored(kind: &str, value: &Value) -> Value {
    match kind {
        "Timing" | "TimingWeighted" => Value::Float(match value.as_f64() {
            Some(number) if (0.0..TIMING_MAX).contains(&number) => number.trunc(),
            Some(number) if number.is_nan() => number,
            _ => TIMING_MAX,
        }),
        // The upper half of a Float32.
        "BFloat16" => value.as_f64().map_or(Value::Null, |number| {
            Value::Float(f64::from(f32::from_bits((number as f32).to_bits() & 0xFFFF_0000)))
        }),
        _ => value.clone(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows")]
fn real(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a position in a list")]
fn scaled(level: f64, count: usize) -> usize {
    if level < 1.0 { (level * real(count)) as usize } else { count.saturating_sub(1) }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a position in a list")]
fn ranked(level: f64, count: usize) -> usize {
    ((level * real(count)).ceil() as usize).saturating_sub(1)
}

trait ToFloat {
    fn to_float(self) -> Value;
}

impl ToFloat for Value {
    fn to_float(self) -> Value {
        self.as_f64().map_or(Value::Null, Value::Float)
    }
}
