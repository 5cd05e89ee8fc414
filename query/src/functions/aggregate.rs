//! Aggregates: DataFusion's where they mean the same, a collecting one of our own elsewhere. What ClickHouse answers for
//! no rows (0, '', [], NULL for Nullable) is put on top.

mod averages;
mod bases;
mod categorical;
mod collect;
mod combinator;
mod events;
mod extremes;
mod function;
mod groups;
mod intervals;
mod maps;
mod places;
mod quantiles;
mod rows;
mod simple;
mod statistics;
mod tests_of_means;
mod top;

pub(super) use collect::label;
pub(super) use function::{Function, Row};

use super::{
    compare::to_predicate,
    convert::{cast, convert, default_value},
    ordinal::{ordinal, ordinal_type},
    supertype::scalar_of,
};
use crate::{
    budget::Budget,
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
    logical_expr::{
        AggregateUDF, Expr, cast as df_cast,
        expr::{AggregateFunction, NullTreatment},
        lit, when,
    },
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
    /// `RESPECT NULLS` is true, `IGNORE NULLS` is false.
    pub(crate) respect_nulls: Option<bool>,
    /// Numbers the rows, where the input has an order that the answer depends on.
    pub(crate) order: Option<Typed>,
    /// Asked by calls that compute for long.
    pub(crate) budget: Budget,
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

/// Whether a name is an aggregate function.
pub(crate) fn is_aggregate(name: &str) -> bool {
    bases::split(name).is_some()
}

/// Names of the aggregate functions, without combinators.
pub(super) fn base_names() -> impl Iterator<Item = &'static str> {
    bases::names()
}

/// The name of an aggregate function as ClickHouse spells it.
pub(super) fn spelling(name: &str) -> &str {
    bases::spelling(name)
}

/// Resolves an aggregate.
///
/// # Errors
/// ClickHouse's errors of counts and types.
pub(crate) fn aggregate(call: &AggregateCall) -> SqlResult<AggregateResult> {
    let mut whole = whole_call(call)?;
    order_by_ordinal(&mut whole)?;
    match native_call(&whole)? {
        Some(result) => Ok(result),
        None => collect::resolve(&whole.name, &whole, &whole.args),
    }
}

/// Names of an Enum are their numbers, and UUIDs are ordered by their halves: the least one is that of the least such value.
fn order_by_ordinal(call: &mut AggregateCall) -> SqlResult<()> {
    let Some(parts) = bases::split(&call.name) else { return Ok(()) };
    let has_ordinal =
        |at: usize| call.args.get(at).is_some_and(|arg| ordinal_type(&arg.ty).is_some());
    match parts.base_name {
        "min" | "max" if has_ordinal(0) => {
            if let Some(arg) = call.args.first().cloned() {
                call.args.insert(1, ordinal(arg)?);
            }
            let named = |base, by| call.name.replacen(base, by, 1);
            call.name = match parts.base_name {
                "min" => named("min", "argMin"),
                _ => named("max", "argMax"),
            };
        }
        "argMin" | "argMax" if has_ordinal(1) => {
            if let Some(arg) = call.args.get_mut(1) {
                *arg = ordinal(arg.clone())?;
            }
        }
        // A sum is of the numbers that the names have.
        "sum" | "sumKahan" | "sumWithOverflow" => {
            if let Some(arg) = call.args.first_mut()
                && let ChType::Enum(bits, _) = arg.ty.strip_nullable()
            {
                let number = ChType::Int(*bits);
                let number = if arg.ty.is_nullable() { number.nullable() } else { number };
                *arg = cast(arg.clone(), &number)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The call with DISTINCT, FILTER and NULL treatment as part of its name, as ClickHouse rewrites them.
pub(super) fn whole_call(call: &AggregateCall) -> SqlResult<AggregateCall> {
    let mut whole =
        AggregateCall { distinct: false, filter: None, respect_nulls: None, ..call.clone() };
    if call.respect_nulls == Some(true) {
        whole.name = match bases::spelling(&call.name) {
            name @ ("any" | "anyLast") => format!("{name}_respect_nulls"),
            name if name.ends_with("_respect_nulls") => name.to_owned(),
            name => {
                return Err(SqlError::new(
                    ChCode::NotImplemented,
                    format!("Aggregate function {name} does not support RESPECT NULLS"),
                ));
            }
        };
    }
    if call.distinct {
        // Distinct stands before the -If of the name, so that rows that do not count are not compared.
        whole.name = match whole.name.strip_suffix("If").filter(|rest| is_aggregate(rest)) {
            Some(rest) => format!("{rest}DistinctIf"),
            None => format!("{}Distinct", whole.name),
        };
    }
    // count of distinct rows is uniqExact, also of several arguments.
    let lower = whole.name.to_ascii_lowercase();
    if lower == "countdistinct" {
        "uniqExact".clone_into(&mut whole.name);
    } else if lower == "countdistinctif" || lower == "countifdistinct" {
        "uniqExactIf".clone_into(&mut whole.name);
    }
    if let Some(filter) = &call.filter {
        whole.name.push_str("If");
        whole.args.push(Typed::predicate(filter.clone(), true));
    }
    if bases::split(&whole.name).is_none() {
        return Err(bases::unknown(&call.name));
    }
    Ok(whole)
}

/// The call as one of DataFusion's aggregates, where those mean the same.
fn native_call(whole: &AggregateCall) -> SqlResult<Option<AggregateResult>> {
    let parts = bases::split(&whole.name).ok_or_else(|| bases::unknown(&whole.name))?;
    let mut call = whole.clone();
    let (mut or_null, mut or_default) = (false, false);
    for combinator in parts.combinators.iter().rev() {
        match *combinator {
            // A condition inside a combinator is not a filter of the rows.
            "If" if !or_null && !or_default && !call.distinct && call.filter.is_none() => {
                let Some(condition) = call.args.pop() else { return Ok(None) };
                let integer = matches!(
                    condition.ty.strip_nullable(),
                    ChType::Int(_) | ChType::UInt(_) | ChType::Bool | ChType::Nothing
                );
                if !integer {
                    return Ok(None);
                }
                call.filter = Some(to_predicate(condition)?);
            }
            "OrNull" if !or_default => or_null = true,
            "OrDefault" if !or_null => or_default = true,
            "Distinct" if !call.distinct => call.distinct = true,
            _ => return Ok(None),
        }
    }
    let nullable = call.args.iter().any(|arg| arg.ty.is_nullable());
    if !call.parameters.is_empty() || (nullable && or_default) {
        return Ok(None);
    }
    let Some(mut result) = resolve(parts.base_name, &call)? else { return Ok(None) };
    if or_null {
        result.ty = function::nullable_of(&result.ty);
        result.empty = None;
        if matches!(parts.base_name, "count" | "uniq" | "uniqExact") {
            return Ok(None);
        }
    } else if or_default {
        result.empty = Some(default_value(&result.ty));
    }
    Ok(Some(result))
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

/// DataFusion's aggregate of a base function, if its answers are ClickHouse's for these types.
fn resolve(base: &str, call: &AggregateCall) -> SqlResult<Option<AggregateResult>> {
    if base == "count" && call.args.is_empty() && !call.distinct {
        return Ok(Some(count(call, lit(1_i64))));
    }
    let [arg] = call.args.as_slice() else { return Ok(None) };
    let plain = arg.ty.strip_nullable().clone();
    if matches!(plain, ChType::Nothing | ChType::Dynamic | ChType::Variant(_) | ChType::Json) {
        return Ok(None);
    }
    let scalar = !matches!(plain, ChType::Array(_) | ChType::Tuple(_) | ChType::Map(..));
    let value = || arg.clone().into_value();
    let ty = arg.ty.clone();
    let empty = (!ty.is_nullable()).then(|| default_value(&ty));
    Ok(match base {
        "count" => Some(count(call, value())),
        "uniq" | "uniqExact" | "uniqCombined" | "uniqCombined64" | "uniqHLL12" if scalar => {
            Some(AggregateResult {
                empty: Some(Value::Int(0)),
                ..native(call, count_udaf(), vec![value()], true, ChType::UInt(64), None)
            })
        }
        "sum" => sum(call, arg)?,
        "avg" => mean(call, arg)?,
        // DataFusion takes NaN for the greatest number, ClickHouse for none; and of infinities alone it finds no least one.
        "min" | "max" if matches!(plain, ChType::Float(_)) && !arg.stored => {
            let udaf = Arc::new(extremes::udaf(base, &plain));
            Some(native(call, udaf, vec![value()], false, ty, empty))
        }
        "min" | "max" if scalar => {
            let udaf = if base == "min" { min_udaf() } else { max_udaf() };
            Some(native(call, udaf, vec![value()], false, ty, empty))
        }
        "stddevPop" | "stddevSamp" | "varPop" | "varSamp"
            if statistics::is_number(&plain) && plain != ChType::Float(32) && !call.distinct =>
        {
            let (ty, empty) = nullable_as(arg, ChType::Float(64), Value::Float(f64::NAN));
            let arg = cast(arg.clone(), &ty)?.into_value();
            let udaf = match base {
                "stddevPop" => stddev_pop_udaf(),
                "stddevSamp" => stddev_udaf(),
                "varPop" => var_pop_udaf(),
                _ => var_samp_udaf(),
            };
            Some(native(call, udaf, vec![arg], false, ty, empty))
        }
        "any" | "anyLast" if call.order.is_none() && !call.distinct => {
            let udaf = if base == "any" { first_value_udaf() } else { last_value_udaf() };
            let mut result = native(call, udaf, vec![value()], false, ty, empty);
            if let Expr::AggregateFunction(function) = &mut result.aggregate {
                function.params.null_treatment = Some(NullTreatment::IgnoreNulls);
            }
            Some(result)
        }
        _ => None,
    })
}

fn nullable_as(arg: &Typed, plain: ChType, empty: Value) -> (ChType, Option<Value>) {
    if arg.ty.is_nullable() { (plain.nullable(), None) } else { (plain, Some(empty)) }
}

fn count(call: &AggregateCall, counted: Expr) -> AggregateResult {
    let mut result =
        native(call, count_udaf(), vec![counted], call.distinct, ChType::UInt(64), None);
    result.empty = Some(Value::Int(0));
    result
}

fn sum(call: &AggregateCall, arg: &Typed) -> SqlResult<Option<AggregateResult>> {
    let plain = match arg.ty.strip_nullable() {
        ChType::Int(_) => ChType::Int(64),
        ChType::UInt(_) | ChType::Bool => ChType::UInt(64),
        ChType::Float(_) => ChType::Float(64),
        ChType::Decimal(..=38, scale) => ChType::Decimal(38, *scale),
        _ => return Ok(None),
    };
    let (ty, empty) = nullable_as(arg, plain.clone(), default_value(&plain));
    let arg = cast(arg.clone(), &ty)?.into_value();
    Ok(Some(native(call, sum_udaf(), vec![arg], call.distinct, ty, empty)))
}

fn mean(call: &AggregateCall, arg: &Typed) -> SqlResult<Option<AggregateResult>> {
    let plain = arg.ty.strip_nullable();
    if !statistics::is_number(plain) && !matches!(plain, ChType::Decimal(..)) {
        return Ok(None);
    }
    let (ty, empty) = nullable_as(arg, ChType::Float(64), Value::Float(f64::NAN));
    if matches!(plain, ChType::Int(64) | ChType::UInt(64)) {
        if call.distinct {
            return Ok(None);
        }
        let arg = arg.clone().into_value();
        return Ok(Some(native(call, Arc::new(averages::udaf()), vec![arg], false, ty, empty)));
    }
    let arg = cast(arg.clone(), &ty)?.into_value();
    Ok(Some(native(call, avg_udaf(), vec![arg], call.distinct, ty, empty)))
}
