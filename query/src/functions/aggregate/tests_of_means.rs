//! Tests whether two samples differ: Student's, Welch's, and Mann and Whitney's. The second argument tells the samples apart.

use super::{
    bases::Base,
    function::{Function, Row, Signature, cell, number},
    statistics::{is_number, ranks, real},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::Value,
};

pub(super) const NAMES: &[&str] = &["mannWhitneyUTest", "studentTTest", "welchTTest"];

pub(super) fn base(name: &str) -> Option<Base> {
    Some(match name {
        "studentTTest" | "welchTTest" => Base::new(2, t_type, t_test).parameters(0, 1),
        "mannWhitneyUTest" => Base::new(2, u_type, u_test).parameters(0, 2),
        _ => return None,
    })
}

fn tuple(names: &[&str]) -> ChType {
    ChType::Tuple(names.iter().map(|name| (Some((*name).to_owned()), ChType::Float(64))).collect())
}

fn check_numbers(signature: &Signature<'_>) -> SqlResult<()> {
    if signature.args.iter().all(is_number) {
        return Ok(());
    }
    Err(SqlError::new(
        ChCode::BadArguments,
        format!("Aggregate function {} only supports numerical types", signature.name),
    ))
}

fn t_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    check_numbers(signature)?;
    match signature.parameters.first() {
        None => Ok(tuple(&["t_statistic", "p_value"])),
        Some(Value::Float(level)) if *level > 0.0 && *level < 1.0 => Ok(tuple(&[
            "t_statistic",
            "p_value",
            "confidence_interval_low",
            "confidence_interval_high",
        ])),
        Some(_) => Err(signature.bad("The confidence level must be in the range (0, 1)")),
    }
}

fn u_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    if !signature.args.iter().all(is_number) {
        return Err(SqlError::new(
            ChCode::NotImplemented,
            "Aggregate function mannWhitneyUTest only supports numerical types",
        ));
    }
    let alternatives = [None, Some("two-sided"), Some("less"), Some("greater")];
    let alternative = signature.parameters.first();
    if alternative
        .is_some_and(|given| given.as_str().is_none() || !alternatives.contains(&given.as_str()))
    {
        return Err(
            signature.bad("The first parameter must be one of 'two-sided', 'less', 'greater'")
        );
    }
    Ok(tuple(&["u_statistic", "p_value"]))
}

/// The values of the first sample and of the second.
fn samples(rows: &[Row<'_>]) -> (Vec<f64>, Vec<f64>) {
    let of = |second: bool| {
        rows.iter()
            .filter(|row| (cell(row, 1).truth() == Some(true)) == second)
            .map(|row| number(row, 0))
            .collect()
    };
    (of(false), of(true))
}

/// Count, mean and variance of a sample.
fn moments(sample: &[f64]) -> (f64, f64, f64) {
    let n = real(sample.len());
    let mean = sample.iter().sum::<f64>() / n;
    (n, mean, sample.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0))
}

#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn t_test(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let (x, y) = samples(rows);
    let ((nx, mean_x, var_x), (ny, mean_y, var_y)) = (moments(&x), moments(&y));
    let (error, freedom) = if function.name == "studentTTest" {
        let freedom = nx + ny - 2.0;
        let pooled = ((nx - 1.0) * var_x + (ny - 1.0) * var_y) / freedom;
        ((pooled * (1.0 / nx + 1.0 / ny)).sqrt(), freedom)
    } else {
        let (sx, sy) = (var_x / nx, var_y / ny);
        let freedom = (sx + sy).powi(2) / (sx.powi(2) / (nx - 1.0) + sy.powi(2) / (ny - 1.0));
        ((sx + sy).sqrt(), freedom)
    };
    let known = nx > 1.0 && ny > 1.0 && error > 0.0;
    let given = function.parameters.first().and_then(Value::as_f64);
    if !known {
        let count = if given.is_some() { 4 } else { 2 };
        return Ok(Value::Tuple(vec![Value::Float(f64::NAN); count]));
    }
    let difference = mean_x - mean_y;
    let statistic = difference / error;
    let mut answer = vec![statistic, two_sided(statistic, freedom)];
    if let Some(level) = given {
        let margin = critical(1.0 - level, freedom) * error;
        answer.extend([difference - margin, difference + margin]);
    }
    Ok(Value::Tuple(answer.into_iter().map(Value::Float).collect()))
}

fn u_test(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let (x, y) = samples(rows);
    if x.is_empty() || y.is_empty() {
        return Err(SqlError::new(
            ChCode::BadArguments,
            "Aggregate function mannWhitneyUTest require both samples to be non empty",
        ));
    }
    let (nx, ny) = (real(x.len()), real(y.len()));
    let together: Vec<f64> = x.iter().chain(&y).copied().collect();
    let (ranks, ties) = ranks(&together);
    let rank_sum: f64 = ranks.iter().take(x.len()).sum();
    let second = rank_sum - nx * (nx + 1.0) / 2.0;
    let first = nx * ny - second;
    let n = nx + ny;
    let deviation = ((1.0 - ties / (n.powi(3) - n)) * nx * ny * (n + 1.0) / 12.0).sqrt();
    let corrected = function.number(1).is_none_or(|correction| correction != 0.0);
    let expected = nx * ny / 2.0 + if corrected { 0.5 } else { 0.0 };
    let alternative = function.parameters.first().and_then(Value::as_str).unwrap_or("two-sided");
    let (statistic, sides) = match alternative {
        "greater" => (second, 1.0),
        "less" => (first, 1.0),
        _ => (first.max(second), 2.0),
    };
    let z = (statistic - expected) / deviation;
    let p = (sides * 0.5 * libm::erfc(z / std::f64::consts::SQRT_2)).min(1.0);
    Ok(Value::Tuple(vec![Value::Float(second), Value::Float(p)]))
}

/// How likely Student's t is further from 0 than `t`.
fn two_sided(t: f64, freedom: f64) -> f64 {
    incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t)).clamp(0.0, 1.0)
}

/// The t that is exceeded on either side with a likelihood, by bisection.
fn critical(likelihood: f64, freedom: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided(high, freedom) > likelihood && high < 1e12 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if two_sided(middle, freedom) > likelihood { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// The regularised incomplete beta function, by its continued fraction (Abramowitz and Stegun 26.5.8).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front =
        (libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * x.ln() + b * (-x).ln_1p())
            .exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - x) / b
    }
}

/// The fraction, evaluated by Lentz's method.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let away = |value: f64| if value.abs() < f64::MIN_POSITIVE { f64::MIN_POSITIVE } else { value };
    let (mut c, mut d) = (1.0, 1.0 / away(1.0 - (a + b) * x / (a + 1.0)));
    let mut product = d;
    for step in 1..500 {
        let m = f64::from(step);
        for term in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 / away(1.0 + term * d);
            c = away(1.0 + term / c);
            product *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    product
}
