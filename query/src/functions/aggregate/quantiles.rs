//! The quantile family. Approximate members compute what ClickHouse's do on small inputs, where theirs are exact.

mod sample;

use super::{
    bases::{Base, MANY},
    function::{Function, Row, Signature},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::default_value,
    types::ChType,
    value::Value,
};
use datafusion::arrow::{
    array::{ArrayRef, AsArray},
    compute::cast,
    datatypes::DataType,
};
use sample::{Sample, Sorted};

pub(super) const NAMES: &[&str] = &[
    "quantile",
    "quantileBFloat16",
    "quantileDD",
    "quantileDeterministic",
    "quantileExact",
    "quantileExactExclusive",
    "quantileExactHigh",
    "quantileExactInclusive",
    "quantileExactLow",
    "quantileExactWeighted",
    "quantileGK",
    "quantileInterpolatedWeighted",
    "quantileTDigest",
    "quantileTDigestWeighted",
    "quantileTiming",
    "quantileTimingWeighted",
    "quantiles",
    "quantilesBFloat16",
    "quantilesDD",
    "quantilesDeterministic",
    "quantilesExact",
    "quantilesExactExclusive",
    "quantilesExactHigh",
    "quantilesExactInclusive",
    "quantilesExactLow",
    "quantilesExactWeighted",
    "quantilesGK",
    "quantilesInterpolatedWeighted",
    "quantilesTDigest",
    "quantilesTDigestWeighted",
    "quantilesTiming",
    "quantilesTimingWeighted",
];

/// What a member of the family does, after `quantile` or `quantiles`.
fn kind(name: &str) -> &str {
    let rest = name.strip_prefix("quantile").unwrap_or(name);
    rest.strip_prefix('s').unwrap_or(rest)
}

pub(super) fn base(name: &str) -> Option<Base> {
    if !NAMES.contains(&name) {
        return None;
    }
    let kind = kind(name);
    let two = kind.ends_with("Weighted") || kind == "Deterministic";
    let most = if name.starts_with("quantiles") { MANY } else { 1 + usize::from(sketch(kind)) };
    Some(Base::new(if two { 2 } else { 1 }, answer, compute).parameters(0, most))
}

/// Members whose first parameter is an accuracy.
fn sketch(kind: &str) -> bool {
    matches!(kind, "DD" | "GK")
}

fn answer(signature: &Signature<'_>) -> SqlResult<ChType> {
    let kind = kind(signature.name);
    let counts = |what: &str| {
        SqlError::new(
            ChCode::NumberOfArgumentsDoesntMatch,
            format!("Aggregate function {} requires {what}", signature.name),
        )
    };
    check_accuracy(signature, kind)?;
    let levels = signature.parameters.iter().skip(usize::from(sketch(kind)));
    if signature.name.starts_with("quantiles") && levels.len() == 0 {
        return Err(counts("at least one level"));
    }
    for level in levels {
        match level.as_f64() {
            None => {
                return Err(SqlError::new(
                    ChCode::CannotConvertType,
                    "Cannot convert String to double",
                ));
            }
            Some(level) if !(0.0..=1.0).contains(&level) => {
                return Err(SqlError::new(
                    ChCode::ParameterOutOfBound,
                    "Quantile level is out of range [0..1].",
                ));
            }
            Some(_) => {}
        }
    }
    let weighted = kind.ends_with("Weighted");
    if weighted && !matches!(signature.arg(1), ChType::UInt(_) | ChType::Bool) {
        return Err(signature.illegal(1));
    }
    if kind == "Deterministic"
        && !matches!(signature.arg(1), ChType::UInt(_) | ChType::Int(_) | ChType::Bool)
    {
        return Err(signature.illegal(1));
    }
    let one = one_type(signature, kind)?;
    Ok(if signature.name.starts_with("quantiles") { ChType::Array(Box::new(one)) } else { one })
}

fn check_accuracy(signature: &Signature<'_>, kind: &str) -> SqlResult<()> {
    if !sketch(kind) {
        return Ok(());
    }
    match (kind, signature.parameters.first()) {
        (_, None) => Err(SqlError::new(
            ChCode::NumberOfArgumentsDoesntMatch,
            format!("Aggregate function {} requires at least one param", signature.name),
        )),
        ("DD", Some(Value::Float(accuracy))) if *accuracy > 0.0 && *accuracy < 1.0 => Ok(()),
        ("GK", Some(Value::Int(accuracy))) if *accuracy > 0 => Ok(()),
        _ => Err(SqlError::new(
            ChCode::IllegalTypeOfArgument,
            format!(
                "Aggregate function {} requires an accuracy as first parameter",
                signature.name
            ),
        )),
    }
}

/// The type of one quantile.
fn one_type(signature: &Signature<'_>, kind: &str) -> SqlResult<ChType> {
    let given = signature.arg(0);
    let as_given = matches!(
        kind,
        "Exact" | "ExactLow" | "ExactHigh" | "ExactWeighted" | "InterpolatedWeighted" | "GK"
    );
    Ok(match given {
        ChType::Int(_) | ChType::UInt(_) | ChType::Float(_) | ChType::Bool => match kind {
            _ if as_given && *given == ChType::Bool => ChType::UInt(8),
            _ if as_given => given.clone(),
            "TDigest" | "TDigestWeighted" | "Timing" | "TimingWeighted" => ChType::Float(32),
            _ => ChType::Float(64),
        },
        ChType::Date | ChType::DateTime(_) | ChType::DateTime64(..) => match kind {
            "Timing" | "TimingWeighted" => ChType::Float(32),
            "ExactExclusive" | "ExactInclusive" | "BFloat16" | "DD" => ChType::Float(64),
            _ => given.clone(),
        },
        ChType::Decimal(..) if as_given || kind.is_empty() => given.clone(),
        _ => return Err(signature.illegal(0)),
    })
}

fn compute(function: &Function, rows: &[Row<'_>]) -> SqlResult<Value> {
    let accuracy = function.number(0).unwrap_or(0.0);
    answers(function, &Sample::of(kind(&function.name), accuracy, rows))
}

/// The answer over a column of numbers without NULL, for members that weigh all of them alike.
pub(super) fn of_column(function: &Function, column: &ArrayRef) -> Option<SqlResult<Value>> {
    let kind = NAMES.contains(&function.name.as_str()).then(|| kind(&function.name))?;
    let plain = ["", "Exact", "ExactLow", "ExactHigh", "ExactExclusive", "ExactInclusive"];
    if !plain.contains(&kind) {
        return None;
    }
    let values = match function.args.first()? {
        ChType::Int(_) => Sorted::integers(cast(column, &DataType::Int64).ok()?.as_primitive()),
        ChType::UInt(8 | 16 | 32) => {
            Sorted::integers(cast(column, &DataType::Int64).ok()?.as_primitive())
        }
        ChType::Float(_) => Sorted::floats(cast(column, &DataType::Float64).ok()?.as_primitive()),
        _ => return None,
    };
    Some(answers(function, &Sample::of_numbers(values)))
}

fn answers(function: &Function, sample: &Sample) -> SqlResult<Value> {
    let kind = kind(&function.name);
    let skipped = usize::from(sketch(kind));
    let several = function.name.starts_with("quantiles");
    let one = match &function.ret {
        ChType::Array(item) if several => item,
        ret => ret,
    };
    let mut levels: Vec<f64> =
        function.parameters.iter().skip(skipped).filter_map(Value::as_f64).collect();
    if levels.is_empty() {
        levels.push(0.5);
    }
    let mut answers = Vec::with_capacity(levels.len());
    for level in levels {
        let value = sample.quantile(kind, level)?;
        answers.push(match (value, one) {
            (Some(Value::Float(value)), ChType::Float(_)) => Value::Float(value),
            (Some(value), one) => super::convert(&whole(value, one), &ChType::Dynamic, one)?,
            (None, ChType::Float(_)) if !as_stored(kind) || (!several && kind != "GK") => {
                Value::Float(f64::NAN)
            }
            (None, one) => default_value(one),
        });
    }
    if several {
        return Ok(Value::Array(answers));
    }
    Ok(answers.pop().unwrap_or(Value::Null))
}

/// Members whose several answers for no rows are defaults rather than NaN.
fn as_stored(kind: &str) -> bool {
    matches!(
        kind,
        "Exact" | "ExactLow" | "ExactHigh" | "ExactWeighted" | "InterpolatedWeighted" | "GK"
    )
}

/// A time computed as a number of its own unit becomes a time again.
#[expect(clippy::cast_possible_truncation, reason = "saturates; times are far from it")]
fn whole(value: Value, ty: &ChType) -> Value {
    match (&value, ty) {
        (Value::Float(number), ChType::Date) => Value::Date(*number as i32),
        (Value::Float(number), ChType::DateTime(_)) => Value::DateTime(*number as i64),
        (Value::Float(number), ChType::DateTime64(scale, _)) => {
            Value::DateTime64((number * 10_f64.powi(i32::from(*scale))) as i64, *scale)
        }
        (Value::Float(number), ChType::Int(_) | ChType::UInt(_)) => Value::Int(*number as i128),
        _ => value,
    }
}
