//! Association of categories, from how often pairs of values occur.

use super::{
    bases::{Base, MANY},
    combinator::key_of,
    function::{Function, Row, Signature, cell},
    statistics::real,
};
use crate::{error::SqlResult, types::ChType, value::Value};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const NAMES: &[&str] =
    &["contingency", "cramersV", "cramersVBiasCorrected", "entropy", "theilsU"];

pub(super) fn base(name: &str) -> Option<Base> {
    Some(match name {
        "entropy" => Base::new(1, float, |_, rows| Ok(Value::Float(entropy(rows)))).args(1, MANY),
        "contingency" | "cramersV" | "cramersVBiasCorrected" | "theilsU" => {
            Base::new(2, float, association)
        }
        _ => return None,
    })
}

#[expect(clippy::unnecessary_wraps, reason = "types answer results")]
fn float(_: &Signature<'_>) -> SqlResult<ChType> {
    Ok(ChType::Float(64))
}

type Counts = BTreeMap<Vec<u8>, usize>;

fn counts(rows: &[Row<'_>], of: impl Fn(&Row<'_>) -> Vec<u8>) -> Counts {
    let mut counts = Counts::new();
    for row in rows {
        *counts.entry(of(row)).or_default() += 1;
    }
    counts
}

/// Shannon's entropy in bits.
fn entropy_of(counts: &Counts, n: f64) -> f64 {
    counts.values().map(|count| real(*count) / n).map(|share| -share * share.log2()).sum()
}

fn entropy(rows: &[Row<'_>]) -> f64 {
    if rows.is_empty() {
        0.0
    } else {
        entropy_of(&counts(rows, |row| key_of(row)), real(rows.len()))
    }
}

#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn association(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let n = real(rows.len());
    if n < 2.0 {
        return Ok(Value::Float(f64::NAN));
    }
    let key = |row: &Row<'_>, at: usize| key_of(std::slice::from_ref(cell(row, at)));
    let (a, b) = (counts(rows, |row| key(row, 0)), counts(rows, |row| key(row, 1)));
    let both = counts(rows, |row| key_of(row));
    if function.name == "theilsU" {
        let (alone, other) = (entropy_of(&a, n), entropy_of(&b, n));
        let known = alone + other - entropy_of(&both, n);
        return Ok(Value::Float(if alone == 0.0 { 0.0 } else { known / alone }));
    }
    // Pearson's mean square contingency, from the share of each pair in its row and column.
    let mut seen = BTreeSet::new();
    let squares: f64 = rows
        .iter()
        .filter(|row| seen.insert(key_of(row)))
        .map(|row| {
            let of = |counts: &Counts, key: &[u8]| real(counts.get(key).copied().unwrap_or(1));
            of(&both, &key_of(row)).powi(2) / (of(&a, &key(row, 0)) * of(&b, &key(row, 1)))
        })
        .sum();
    let phi = (squares - 1.0).max(0.0);
    let (rows, columns) = (real(a.len()), real(b.len()));
    Ok(Value::Float(match function.name.as_str() {
        "contingency" => (phi / (phi + 1.0)).sqrt(),
        "cramersV" => (phi / (rows - 1.0).min(columns - 1.0)).sqrt(),
        _ => {
            let corrected = (phi - (rows - 1.0) * (columns - 1.0) / (n - 1.0)).max(0.0);
            let fewer = |size: f64| size - (size - 1.0).powi(2) / (n - 1.0);
            (corrected / (fewer(rows) - 1.0).min(fewer(columns) - 1.0)).sqrt()
        }
    }))
}
