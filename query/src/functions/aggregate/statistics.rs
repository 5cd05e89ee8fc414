//! Moments, covariances and regressions, computed in two passes around the mean.

use super::{
    bases::{Base, MANY, NullRule},
    function::{Function, Row, Signature, number},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::Value,
};
use datafusion::arrow::{
    array::{ArrayRef, AsArray},
    compute::cast,
    datatypes::{DataType, Float64Type},
};

pub(super) const NAMES: &[&str] = &[
    "boundingRatio",
    "corr",
    "corrMatrix",
    "corrStable",
    "covarPop",
    "covarPopMatrix",
    "covarPopStable",
    "covarSamp",
    "covarSampMatrix",
    "covarSampStable",
    "kurtPop",
    "kurtSamp",
    "rankCorr",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "simpleLinearRegression",
    "skewPop",
    "skewSamp",
    "stddevPop",
    "stddevPopStable",
    "stddevSamp",
    "stddevSampStable",
    "varPop",
    "varPopStable",
    "varSamp",
    "varSampStable",
];

pub(super) fn base(name: &str) -> Option<Base> {
    Some(match name {
        "varPop" | "varSamp" | "stddevPop" | "stddevSamp" | "skewPop" | "skewSamp" | "kurtPop"
        | "kurtSamp" | "varPopStable" | "varSampStable" | "stddevPopStable"
        | "stddevSampStable" => {
            Base::new(1, moment_type, |f, rows| Ok(Value::Float(moment(&f.name, rows))))
        }
        "covarPop" | "covarSamp" | "corr" | "covarPopStable" | "covarSampStable" | "corrStable" => {
            Base::new(2, pair_type, |f, rows| {
                Ok(Value::Float(covariance(&f.name, &Pairs::of(rows, 0, 1))))
            })
        }
        "covarPopMatrix" | "covarSampMatrix" | "corrMatrix" => {
            Base::new(1, matrix_type, matrix).args(1, MANY)
        }
        "regr_count" => Base::new(
            2,
            |s| pair_type(s).map(|_| ChType::UInt(64)),
            |_, rows| Ok(Value::Int(rows.len() as i128)),
        )
        .nulls(NullRule::Default),
        "regr_avgx" | "regr_avgy" | "regr_intercept" | "regr_r2" | "regr_slope" | "regr_sxx"
        | "regr_sxy" | "regr_syy" => Base::new(
            2,
            |s| pair_type(s).map(|_| ChType::Float(64)),
            |f, rows| Ok(Value::Float(regression(&f.name, &Pairs::of(rows, 1, 0)))),
        ),
        "simpleLinearRegression" => Base::new(2, line_type, line),
        "rankCorr" => Base::new(2, ranked_type, |_, rows| Ok(Value::Float(rank_correlation(rows)))),
        "boundingRatio" => {
            Base::new(2, bounding_type, |_, rows| Ok(Value::Float(bounding_ratio(rows))))
        }
        _ => return None,
    })
}

pub(super) fn is_number(ty: &ChType) -> bool {
    matches!(ty, ChType::Int(_) | ChType::UInt(_) | ChType::Float(_) | ChType::Bool)
}

/// Float32 stays, except in the stable variants.
fn moment_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    match signature.arg(0) {
        ChType::Float(32) if !signature.name.ends_with("Stable") => Ok(ChType::Float(32)),
        ChType::Decimal(..) => Ok(ChType::Float(64)),
        ty if is_number(ty) => Ok(ChType::Float(64)),
        _ => Err(signature.illegal(0)),
    }
}

fn pair_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    if !signature.args.iter().all(is_number) {
        return Err(SqlError::new(
            ChCode::IllegalTypeOfArgument,
            format!(
                "Illegal types {} and {} of arguments for aggregate function {}",
                signature.arg(0),
                signature.arg(1),
                signature.name
            ),
        ));
    }
    let single = signature.args.iter().all(|ty| *ty == ChType::Float(32))
        && !signature.name.ends_with("Stable");
    Ok(ChType::Float(if single { 32 } else { 64 }))
}

fn matrix_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    if let Some(at) = signature.args.iter().position(|ty| !is_number(ty)) {
        return Err(signature.illegal(at));
    }
    Ok(ChType::Array(Box::new(ChType::Array(Box::new(ChType::Float(64))))))
}

fn line_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    pair_type(signature)?;
    let field = |name: &str| (Some(name.to_owned()), ChType::Float(64));
    Ok(ChType::Tuple(vec![field("k"), field("b")]))
}

fn ranked_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    if signature.args.iter().all(is_number) {
        return Ok(ChType::Float(64));
    }
    Err(SqlError::new(
        ChCode::NotImplemented,
        "Aggregate function rankCorr only supports numerical types",
    ))
}

fn bounding_type(signature: &Signature<'_>) -> SqlResult<ChType> {
    let like_number =
        |ty: &ChType| is_number(ty) || matches!(ty, ChType::Date | ChType::DateTime(_));
    if signature.args.iter().all(like_number) {
        return Ok(ChType::Float(64));
    }
    Err(signature.bad("The arguments must have number representation"))
}

#[expect(clippy::cast_precision_loss, reason = "statistics are doubles")]
pub(super) fn real(count: usize) -> f64 {
    count as f64
}

fn moment(name: &str, rows: &[Row<'_>]) -> f64 {
    let n = real(rows.len());
    let mean = rows.iter().map(|row| number(row, 0)).sum::<f64>() / n;
    let central =
        |power: i32| rows.iter().map(|row| (number(row, 0) - mean).powi(power)).sum::<f64>();
    let (population, sample) =
        (central(2) / n, if n > 1.0 { central(2) / (n - 1.0) } else { f64::NAN });
    match name.strip_suffix("Stable").unwrap_or(name) {
        "varPop" => population,
        "varSamp" => sample,
        "stddevPop" => population.sqrt(),
        "stddevSamp" => sample.sqrt(),
        "skewPop" => central(3) / n / population.powf(1.5),
        "skewSamp" => central(3) / n / sample.powf(1.5),
        "kurtPop" => central(4) / n / population.powi(2),
        _ => central(4) / n / sample.powi(2),
    }
}

/// Sums over pairs of numbers.
struct Pairs {
    n: f64,
    mean_x: f64,
    mean_y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl Pairs {
    fn of(rows: &[Row<'_>], x: usize, y: usize) -> Self {
        let column = |at: usize| rows.iter().map(|row| number(row, at)).collect::<Vec<f64>>();
        Self::of_numbers(&column(x), &column(y))
    }

    fn of_numbers(x: &[f64], y: &[f64]) -> Self {
        let n = real(x.len());
        let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
        let product = |a: &[f64], mean_a: f64, b: &[f64], mean_b: f64| {
            a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum::<f64>()
        };
        Self {
            n,
            mean_x,
            mean_y,
            xx: product(x, mean_x, x, mean_x),
            xy: product(x, mean_x, y, mean_y),
            yy: product(y, mean_y, y, mean_y),
        }
    }
}

/// The answer of a function of pairs over columns of numbers without NULL.
pub(super) fn of_columns(function: &Function, columns: &[ArrayRef]) -> Option<SqlResult<Value>> {
    let plain = |ty: &ChType| is_number(ty) && *ty != ChType::Bool;
    let ([first, second], true) = (columns, function.args.iter().all(plain)) else { return None };
    let (first, second) =
        (cast(first, &DataType::Float64).ok()?, cast(second, &DataType::Float64).ok()?);
    let first = first.as_primitive_opt::<Float64Type>()?.values();
    let second = second.as_primitive_opt::<Float64Type>()?.values();
    let name = function.name.as_str();
    Some(Ok(Value::Float(match name {
        "covarPop" | "covarSamp" | "corr" | "covarPopStable" | "covarSampStable" | "corrStable" => {
            covariance(name, &Pairs::of_numbers(first, second))
        }
        "regr_avgx" | "regr_avgy" | "regr_intercept" | "regr_r2" | "regr_slope" | "regr_sxx"
        | "regr_sxy" | "regr_syy" => regression(name, &Pairs::of_numbers(second, first)),
        _ => return None,
    })))
}

fn covariance(name: &str, pairs: &Pairs) -> f64 {
    match name.strip_suffix("Stable").unwrap_or(name) {
        "covarPop" => pairs.xy / pairs.n,
        "covarSamp" if pairs.n > 1.0 => pairs.xy / (pairs.n - 1.0),
        "covarSamp" => f64::NAN,
        _ => pairs.xy / (pairs.xx * pairs.yy).sqrt(),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn matrix(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let name = function.name.strip_suffix("Matrix").unwrap_or(&function.name);
    let size = function.args.len();
    let line = |x: usize| {
        Value::Array(
            (0..size).map(|y| Value::Float(covariance(name, &Pairs::of(rows, x, y)))).collect(),
        )
    };
    Ok(Value::Array((0..size).map(line).collect()))
}

fn regression(name: &str, pairs: &Pairs) -> f64 {
    let slope = pairs.xy / pairs.xx;
    match name {
        "regr_avgx" => pairs.mean_x,
        "regr_avgy" => pairs.mean_y,
        _ if pairs.n == 0.0 => f64::NAN,
        "regr_sxx" => pairs.xx,
        "regr_sxy" => pairs.xy,
        "regr_syy" => pairs.yy,
        "regr_slope" => slope,
        "regr_intercept" => pairs.mean_y - slope * pairs.mean_x,
        _ if pairs.xx == 0.0 => f64::NAN,
        _ if pairs.yy == 0.0 => 1.0,
        _ => pairs.xy * pairs.xy / (pairs.xx * pairs.yy),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn line(_: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let pairs = Pairs::of(rows, 0, 1);
    let slope = pairs.xy / pairs.xx;
    Ok(Value::Tuple(vec![Value::Float(slope), Value::Float(pairs.mean_y - slope * pairs.mean_x)]))
}

/// Ranks from 1, equal values sharing their mean rank; and the sum of t³ - t over sizes t of such groups.
pub(super) fn ranks(values: &[f64]) -> (Vec<f64>, f64) {
    let mut order: Vec<(usize, f64)> = values.iter().copied().enumerate().collect();
    order.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    let mut ranks = vec![0.0; values.len()];
    let (mut ties, mut start) = (0.0, 0.0);
    for group in order.chunk_by(|(_, a), (_, b)| a == b) {
        let size = real(group.len());
        for (at, _) in group {
            if let Some(rank) = ranks.get_mut(*at) {
                *rank = start + (size + 1.0) / 2.0;
            }
        }
        ties += size.powi(3) - size;
        start += size;
    }
    (ranks, ties)
}

fn rank_correlation(rows: &[Row<'_>]) -> f64 {
    let column = |at: usize| ranks(&rows.iter().map(|row| number(row, at)).collect::<Vec<_>>()).0;
    let n = real(rows.len());
    let distances: f64 = column(0).iter().zip(column(1)).map(|(a, b)| (a - b).powi(2)).sum();
    1.0 - 6.0 * distances / (n * (n * n - 1.0))
}

/// The slope from the leftmost to the rightmost point.
fn bounding_ratio(rows: &[Row<'_>]) -> f64 {
    let mut bounds: Option<((f64, f64), (f64, f64))> = None;
    for row in rows {
        let point = (number(row, 0), number(row, 1));
        let (left, right) = bounds.unwrap_or((point, point));
        bounds = Some((
            if point.0 < left.0 { point } else { left },
            if point.0 > right.0 { point } else { right },
        ));
    }
    bounds.map_or(f64::NAN, |(left, right)| (right.1 - left.1) / (right.0 - left.0))
}
