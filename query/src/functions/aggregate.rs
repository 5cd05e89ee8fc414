//! Aggregates: DataFusion's where they mean the same, a collecting one of our own elsewhere. What ClickHouse answers for
//! no rows (0, '', [], NULL for Nullable) is put on top.

mod collect;

use super::{
    compare::to_predicate,
    convert::{cast, default_value},
    supertype::scalar_of,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::Value,
};
use datafusion::{
    functions_aggregate::{
        average::avg_udaf,
        count::count_udaf,
        first_last::{first_value_udaf, last_value_udaf},
        min_max::{max_udaf, min_udaf},
        stddev::{stddev_pop_udaf, stddev_udaf},
        sum::sum_udaf,
        variance::{var_pop_udaf, var_samp_udaf},
    },
    logical_expr::{AggregateUDF, Expr, cast as df_cast, expr::AggregateFunction, lit, when},
};
use std::sync::Arc;

/// A call of an aggregate function.
#[derive(Clone, Debug)]
pub(crate) struct AggregateCall {
    pub(crate) name: String,
    /// The first pair of parentheses of `quantile(0.9)(x)`.
    pub(crate) parameters: Vec<Value>,
    pub(crate) args: Vec<Typed>,
    pub(crate) distinct: bool,
    /// Of `FILTER (WHERE …)`.
    pub(crate) filter: Option<Expr>,
    /// Numbers the rows, where the input has an order that the answer depends on.
    pub(crate) order: Option<Typed>,
}

/// The aggregate, and the value that an empty input has.
#[derive(Clone, Debug)]
pub(crate) struct AggregateResult {
    pub(crate) aggregate: Expr,
    pub(crate) ty: ChType,
    empty: Option<Value>,
}

/// What turns the column of an aggregate or window function into its answer.
#[derive(Clone, Debug)]
pub(crate) struct Finish(Option<Value>);

impl Finish {
    /// The column is the answer.
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// The answer, given the column.
    pub(crate) fn apply(&self, column: Expr, ty: &ChType) -> SqlResult<Typed> {
        // Counts and ranks arrive as Int64 or UInt64; the physical type of the answer is always that of its ClickHouse type.
        let column =
            if matches!(ty, ChType::UInt(64)) { df_cast(column, ty.arrow()) } else { column };
        let Some(empty) = &self.0 else { return Ok(Typed::value(column, ty.clone())) };
        let empty = lit(scalar_of(empty, ty)?);
        let expr = when(column.clone().is_null(), empty)
            .otherwise(column)
            .map_err(|e| SqlError::new(ChCode::LogicalError, e.to_string()))?;
        Ok(Typed::value(expr, ty.clone()))
    }
}

impl AggregateResult {
    /// What makes the answer of the column.
    pub(crate) fn finisher(&self) -> Finish {
        Finish(self.empty.clone())
    }
}

const BASES: &[&str] = &[
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "any",
    "anyLast",
    "any_value",
    "first_value",
    "last_value",
    "uniq",
    "uniqExact",
    "uniqCombined",
    "uniqCombined64",
    "uniqHLL12",
    "uniqTheta",
    "groupArray",
    "groupUniqArray",
    "groupConcat",
    "argMin",
    "argMax",
    "quantile",
    "quantiles",
    "quantileExact",
    "quantileExactInclusive",
    "quantileExactExclusive",
    "quantileExactLow",
    "quantileExactHigh",
    "quantileTDigest",
    "quantileTiming",
    "median",
    "medianExact",
    "topK",
    "topKWeighted",
    "stddevPop",
    "stddevSamp",
    "varPop",
    "varSamp",
    "entropy",
    "sumMap",
    "sumWithOverflow",
    "corr",
    "covarPop",
    "covarSamp",
];

/// The base name and the combinators of an aggregate's name, outermost last.
fn split(name: &str) -> Option<(&'static str, Vec<&'static str>)> {
    let lower = name.to_ascii_lowercase();
    let standard = match lower.as_str() {
        "count" | "sum" | "avg" | "min" | "max" | "any" | "median" | "any_value"
        | "first_value" | "last_value" => Some(lower.as_str()),
        "stddev_pop" => Some("stddevPop"),
        "stddev_samp" => Some("stddevSamp"),
        "var_pop" => Some("varPop"),
        "var_samp" => Some("varSamp"),
        "array_agg" => Some("groupArray"),
        _ => None,
    };
    let mut rest = standard.unwrap_or(name);
    let mut combinators = Vec::new();
    loop {
        if let Some(base) = BASES.iter().find(|base| **base == rest) {
            combinators.reverse();
            return Some((base, combinators));
        }
        let suffix = ["OrDefault", "OrNull", "Distinct", "Array", "If"]
            .into_iter()
            .find(|suffix| rest.ends_with(suffix))?;
        rest = rest.strip_suffix(suffix)?;
        combinators.push(suffix);
    }
}

/// Whether a name is an aggregate function.
pub(crate) fn is_aggregate(name: &str) -> bool {
    split(name).is_some()
}

/// Resolves an aggregate.
///
/// # Errors
/// ClickHouse's errors of counts and types.
pub(crate) fn aggregate(mut call: AggregateCall) -> SqlResult<AggregateResult> {
    let (base, combinators) = split(&call.name).ok_or_else(|| {
        SqlError::new(
            ChCode::UnknownAggregateFunction,
            format!("Unknown aggregate function {}", call.name),
        )
    })?;
    let (mut or_null, mut or_default, mut arrays) = (false, false, false);
    for combinator in combinators.iter().rev() {
        match *combinator {
            "If" => {
                let condition = call.args.pop().ok_or_else(|| arguments(&call.name))?;
                let condition = to_predicate(condition)?;
                call.filter = Some(match call.filter.take() {
                    Some(filter) => filter.and(condition),
                    None => condition,
                });
            }
            "OrNull" => or_null = true,
            "OrDefault" => or_default = true,
            "Distinct" => call.distinct = true,
            _ => arrays = true,
        }
    }
    let mut result =
        if arrays { collect::resolve(base, &call, true)? } else { resolve(base, &call)? };
    if or_null {
        result.ty = result.ty.nullable();
        result.empty = None;
    } else if or_default {
        result.ty = result.ty.strip_nullable().clone();
        result.empty = Some(default_value(&result.ty));
    }
    Ok(result)
}

fn arguments(name: &str) -> SqlError {
    SqlError::new(
        ChCode::NumberOfArgumentsDoesntMatch,
        format!("Aggregate function {name} has the wrong number of arguments"),
    )
}

fn illegal(name: &str, ty: &ChType) -> SqlError {
    let hint = if matches!(ty, ChType::Dynamic | ChType::Variant(_)) {
        "; use a `.:Type` subcolumn or CAST"
    } else {
        ""
    };
    SqlError::new(
        ChCode::IllegalTypeOfArgument,
        format!("Illegal type {ty} of argument for aggregate function {name}{hint}"),
    )
}

fn native(
    call: &AggregateCall,
    udaf: Arc<AggregateUDF>,
    args: Vec<Expr>,
    distinct: bool,
    ty: ChType,
    empty: Option<Value>,
) -> AggregateResult {
    let filter = call.filter.clone().map(Box::new);
    let aggregate = Expr::AggregateFunction(AggregateFunction::new_udf(
        udaf,
        args,
        distinct,
        filter,
        Vec::new(),
        None,
    ));
    AggregateResult { aggregate, ty, empty }
}

fn one(call: &AggregateCall) -> SqlResult<Typed> {
    match call.args.as_slice() {
        [one] => Ok(one.clone()),
        _ => Err(arguments(&call.name)),
    }
}

fn resolve(base: &str, call: &AggregateCall) -> SqlResult<AggregateResult> {
    match base {
        "count" => count(call),
        "uniq" | "uniqExact" | "uniqCombined" | "uniqCombined64" | "uniqHLL12" | "uniqTheta" => {
            unique(call)
        }
        "sum" | "sumWithOverflow" => sum(call),
        "avg" => {
            let arg = one(call)?;
            let plain = arg.ty.strip_nullable().clone();
            if !matches!(
                plain,
                ChType::Int(_)
                    | ChType::UInt(_)
                    | ChType::Float(_)
                    | ChType::Decimal(..)
                    | ChType::Bool
            ) {
                return Err(illegal(&call.name, &plain));
            }
            let (ty, empty) = nullable_as(&arg, ChType::Float(64), Value::Float(f64::NAN));
            let arg = cast(arg, &ty)?.into_value();
            Ok(native(call, avg_udaf(), vec![arg], call.distinct, ty, empty))
        }
        "min" | "max" => {
            let arg = one(call)?;
            let plain = arg.ty.strip_nullable().clone();
            if matches!(
                plain,
                ChType::Dynamic
                    | ChType::Variant(_)
                    | ChType::Json
                    | ChType::Array(_)
                    | ChType::Tuple(_)
                    | ChType::Map(..)
            ) {
                return if matches!(plain, ChType::Array(_) | ChType::Tuple(_)) {
                    collect::resolve(base, call, false)
                } else {
                    Err(illegal(&call.name, &plain))
                };
            }
            let ty = arg.ty.clone();
            let empty = (!ty.is_nullable()).then(|| default_value(&ty));
            let udaf = if base == "min" { min_udaf() } else { max_udaf() };
            Ok(native(call, udaf, vec![arg.into_value()], false, ty, empty))
        }
        "stddevPop" | "stddevSamp" | "varPop" | "varSamp" => {
            let arg = one(call)?;
            let (ty, empty) = nullable_as(&arg, ChType::Float(64), Value::Float(f64::NAN));
            let arg = cast(arg, &ty)?.into_value();
            let udaf = match base {
                "stddevPop" => stddev_pop_udaf(),
                "stddevSamp" => stddev_udaf(),
                "varPop" => var_pop_udaf(),
                _ => var_samp_udaf(),
            };
            Ok(native(call, udaf, vec![arg], false, ty, empty))
        }
        "any" | "any_value" | "first_value" | "anyLast" | "last_value" => {
            let arg = one(call)?;
            if let Some(order) = &call.order {
                return first_by(base, call, arg, order);
            }
            let ty = arg.ty.clone();
            let empty = (!ty.is_nullable()).then(|| default_value(&ty));
            let value = arg.into_value();
            let udaf = if matches!(base, "anyLast" | "last_value") {
                last_value_udaf()
            } else {
                first_value_udaf()
            };
            let mut result = native(call, udaf, vec![value], false, ty, empty);
            if let Expr::AggregateFunction(function) = &mut result.aggregate {
                function.params.null_treatment =
                    Some(datafusion::logical_expr::expr::NullTreatment::IgnoreNulls);
            }
            Ok(result)
        }
        _ => collect::resolve(base, call, false),
    }
}

/// The first or last value of an ordered input: the one with the lowest or highest number that is not NULL.
fn first_by(
    base: &str,
    call: &AggregateCall,
    arg: Typed,
    order: &Typed,
) -> SqlResult<AggregateResult> {
    let present = arg.clone().into_value().is_not_null();
    let filter = match call.filter.clone() {
        Some(filter) => filter.and(present),
        None => present,
    };
    let by = if matches!(base, "anyLast" | "last_value") { "argMax" } else { "argMin" };
    let call = AggregateCall {
        args: vec![arg, order.clone()],
        filter: Some(filter),
        order: None,
        ..call.clone()
    };
    collect::resolve(by, &call, false)
}

fn nullable_as(arg: &Typed, plain: ChType, empty: Value) -> (ChType, Option<Value>) {
    if arg.ty.is_nullable() { (plain.nullable(), None) } else { (plain, Some(empty)) }
}

fn count(call: &AggregateCall) -> SqlResult<AggregateResult> {
    let counted = match call.args.as_slice() {
        [] => lit(1_i64),
        // A Dynamic is counted even where it is NULL, as in ClickHouse.
        [one] if matches!(one.ty, ChType::Dynamic | ChType::Variant(_)) && !call.distinct => {
            lit(1_i64)
        }
        [one] => one.clone().into_value(),
        _ if call.distinct => return unique(call),
        _ => return Err(arguments(&call.name)),
    };
    let mut result =
        native(call, count_udaf(), vec![counted], call.distinct, ChType::UInt(64), None);
    result.empty = Some(Value::Int(0));
    Ok(result)
}

fn unique(call: &AggregateCall) -> SqlResult<AggregateResult> {
    match call.args.as_slice() {
        [one] => Ok(native(
            call,
            count_udaf(),
            vec![one.clone().into_value()],
            true,
            ChType::UInt(64),
            Some(Value::Int(0)),
        )),
        [] => Err(arguments(&call.name)),
        several => {
            let tuple = super::registry::scalar("tuple", several.to_vec())?;
            let text = super::registry::scalar("toString", vec![tuple])?;
            Ok(native(
                call,
                count_udaf(),
                vec![text.into_value()],
                true,
                ChType::UInt(64),
                Some(Value::Int(0)),
            ))
        }
    }
}

fn sum(call: &AggregateCall) -> SqlResult<AggregateResult> {
    let arg = one(call)?;
    let plain = match arg.ty.strip_nullable() {
        ChType::Int(_) => ChType::Int(64),
        ChType::UInt(_) | ChType::Bool => ChType::UInt(64),
        ChType::Float(_) => ChType::Float(64),
        ChType::Decimal(_, scale) => ChType::Decimal(38, *scale),
        other => return Err(illegal(&call.name, other)),
    };
    let (ty, empty) = nullable_as(&arg, plain.clone(), default_value(&plain));
    let arg = cast(arg, &ty)?.into_value();
    Ok(native(call, sum_udaf(), vec![arg], call.distinct, ty, empty))
}
