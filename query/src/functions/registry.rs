//! Names to functions.

use super::{
    arithmetic, arrays, compare, conditional, convert, dates, json, strings,
    supertype::literal,
    text,
    udf::{Kernel, Nulls, row_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::Value,
};
use datafusion::logical_expr::{Expr, lit};

/// A function of fixed shape: how many arguments, the type of its answer, its kernel.
pub(super) struct Entry {
    pub(super) min: usize,
    pub(super) max: usize,
    /// Gets the argument types without Nullable.
    pub(super) ret: fn(&[ChType]) -> SqlResult<ChType>,
    pub(super) kernel: Kernel,
    pub(super) nulls: Nulls,
}

/// SQL-standard names are known in any case; ClickHouse's own only as written.
fn canonical(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let known = match lower.as_str() {
        "ifnull" => "ifNull",
        "nullif" => "nullIf",
        "datediff" | "date_diff" | "timestampdiff" => "dateDiff",
        "to_date" => "toDate",
        "dayofmonth" | "day" => "toDayOfMonth",
        "dayofweek" => "toDayOfWeek",
        "dayofyear" => "toDayOfYear",
        "hour" => "toHour",
        "minute" => "toMinute",
        "second" => "toSecond",
        "month" => "toMonth",
        "year" => "toYear",
        "quarter" => "toQuarter",
        "date" => "toDate",
        "from_unixtime" => "fromUnixTimestamp",
        "mod" => "modulo",
        "coalesce" | "length" | "abs" | "round" | "floor" | "ceil" | "ceiling" | "sqrt"
        | "reverse" | "greatest" | "least" | "pow" | "power" | "exp" | "ln" | "log" | "sign"
        | "now" | "today" | "date_trunc" | "if" => return lower,
        _ => return text::canonical(name, &lower).to_owned(),
    };
    known.to_owned()
}

/// The call of a scalar function or operator.
///
/// # Errors
/// ClickHouse's errors of unknown names, wrong counts and wrong types.
pub(crate) fn scalar(name: &str, args: Vec<Typed>) -> SqlResult<Typed> {
    let name = canonical(name);
    if let Some(op) = compare::operator(&name) {
        let [a, b] = exactly(&name, args)?;
        return compare::comparison(&name, op, a, b);
    }
    match name.as_str() {
        "plus" | "minus" | "multiply" | "divide" | "intDiv" | "intDivOrZero" | "modulo"
        | "moduloOrZero" | "positiveModulo" => {
            let [a, b] = exactly(&name, args)?;
            return arithmetic::binary(&name, a, b);
        }
        "and" | "or" => return logic(&name, args),
        "xor" => {
            let [a, b] = exactly(&name, args)?;
            let (a, b) = (compare::to_predicate(a)?, compare::to_predicate(b)?);
            return Ok(Typed::predicate(a.not_eq(b), false));
        }
        "not" => {
            let [a] = exactly(&name, args)?;
            return negation(a);
        }
        "if" | "multiIf" => return conditional::multi_if(args),
        "coalesce" | "ifNull" => return conditional::coalesce(args),
        "nullIf" => {
            let [a, b] = exactly(&name, args)?;
            return conditional::null_if(a, b);
        }
        "isNull" | "isNotNull" => {
            let [a] = exactly(&name, args)?;
            let value = a.into_value();
            return Ok(Typed::predicate(
                if name == "isNull" { value.is_null() } else { value.is_not_null() },
                false,
            ));
        }
        "toTypeName" => {
            let [a] = exactly(&name, args)?;
            return literal(&Value::String(a.ty.to_string()));
        }
        "toNullable" => {
            let [a] = exactly(&name, args)?;
            let ty = a.ty.clone().nullable();
            return Ok(Typed::value(a.into_value(), ty));
        }
        "assumeNotNull" => {
            let [a] = exactly(&name, args)?;
            let ty = a.ty.strip_nullable().clone();
            let default = literal(&convert::default_value(&ty))?;
            let plain = convert::cast(default, &ty)?;
            return if a.ty.is_nullable() { conditional::coalesce(vec![a, plain]) } else { Ok(a) };
        }
        "materialize" | "identity" => {
            let [a] = exactly(&name, args)?;
            return Ok(a);
        }
        _ => {}
    }
    if let Some(converted) = convert::conversion(&name, &args)? {
        return Ok(converted);
    }
    for module in [text::call, strings::call, dates::call, arrays::call, json::call] {
        if let Some(call) = module(&name, &args)? {
            return Ok(call);
        }
    }
    let entries = [arithmetic::entry, text::entry, dates::entry, arrays::entry, json::entry];
    match entries.iter().find_map(|entry| entry(&name)) {
        Some(entry) => fixed(&name, &entry, args),
        None => Err(unknown(&name)),
    }
}

fn fixed(name: &str, entry: &Entry, args: Vec<Typed>) -> SqlResult<Typed> {
    if args.len() < entry.min || args.len() > entry.max {
        let wanted = if entry.min == entry.max {
            format!("{}", entry.min)
        } else {
            format!("{} to {}", entry.min, entry.max)
        };
        let message = format!(
            "Number of arguments for function {name} doesn't match: passed {}, should be {wanted}",
            args.len()
        );
        return Err(SqlError::new(ChCode::NumberOfArgumentsDoesntMatch, message));
    }
    let propagate = entry.nulls == Nulls::Propagate;
    if propagate && args.iter().any(|arg| *arg.ty.strip_nullable() == ChType::Nothing) {
        return Ok(Typed::null());
    }
    let types: Vec<ChType> = args.iter().map(|arg| arg.ty.strip_nullable().clone()).collect();
    let ret = (entry.ret)(&types).map_err(|mut error| {
        error.message = format!("{} (function {name})", error.message);
        error
    })?;
    let nullable = propagate && args.iter().any(|arg| arg.ty.is_nullable());
    let ret = if nullable { ret.nullable() } else { ret };
    Ok(row_call(name, args, ret, entry.nulls, entry.kernel))
}

fn exactly<const N: usize>(name: &str, args: Vec<Typed>) -> SqlResult<[Typed; N]> {
    let count = args.len();
    args.try_into().map_err(|_| {
        SqlError::new(ChCode::NumberOfArgumentsDoesntMatch, format!("Number of arguments for function {name} doesn't match: passed {count}, should be {N}"))
    })
}

fn logic(name: &str, args: Vec<Typed>) -> SqlResult<Typed> {
    let all_bool =
        args.iter().all(|arg| !arg.predicate && *arg.ty.strip_nullable() == ChType::Bool);
    let nullable = args.iter().any(|arg| arg.ty.is_nullable());
    let join: fn(Expr, Expr) -> Expr = if name == "and" { Expr::and } else { Expr::or };
    let mut conditions = args.into_iter().map(compare::to_predicate);
    let first = conditions.next().ok_or_else(|| unknown(name))??;
    let expr = conditions.try_fold(first, |all, next| Ok::<_, SqlError>(join(all, next?)))?;
    if all_bool {
        let ty = if nullable { ChType::Bool.nullable() } else { ChType::Bool };
        return Ok(Typed::value(expr, ty));
    }
    Ok(Typed::predicate(expr, nullable))
}

fn negation(arg: Typed) -> SqlResult<Typed> {
    let bool_type =
        (!arg.predicate && *arg.ty.strip_nullable() == ChType::Bool).then(|| arg.ty.clone());
    let nullable = arg.ty.is_nullable();
    let expr = Expr::Not(Box::new(compare::to_predicate(arg)?));
    Ok(match bool_type {
        Some(ty) => Typed::value(expr, ty),
        None => Typed::predicate(expr, nullable),
    })
}

/// `greatest` and `least` of several values; NULLs do not count.
pub(super) fn extreme(call: &super::udf::Call, args: &[Value]) -> SqlResult<Value> {
    let wanted = if call.name == "greatest" {
        std::cmp::Ordering::Greater
    } else {
        std::cmp::Ordering::Less
    };
    let mut best = Value::Null;
    for arg in args.iter().filter(|arg| !arg.is_null()) {
        if best.is_null() || crate::value::compare(arg, &best) == Some(wanted) {
            best = arg.clone();
        }
    }
    convert(&best, &ChType::Dynamic, &call.ret)
}

fn unknown(name: &str) -> SqlError {
    let near = nearest_names(name);
    let hint = if near.is_empty() { String::new() } else { format!(" Maybe you meant: {near:?}.") };
    SqlError::new(
        ChCode::UnknownFunction,
        format!("Function with name `{name}` does not exist.{hint}"),
    )
}

/// Names of functions close to a wrong one.
pub(crate) fn nearest_names(name: &str) -> Vec<&'static str> {
    let lower = name.to_ascii_lowercase();
    let mut near: Vec<(usize, &str)> = NAMES
        .iter()
        .chain(text::names())
        .map(|known| (strsim::damerau_levenshtein(&lower, &known.to_ascii_lowercase()), *known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(2).map(|(_, known)| known).collect()
}

/// Names for suggestions.
const NAMES: &[&str] = &[
    "abs",
    "and",
    "any",
    "anyLast",
    "argMax",
    "argMin",
    "arrayConcat",
    "arrayCount",
    "arrayDistinct",
    "arrayElement",
    "arrayExists",
    "arrayFilter",
    "arrayFirst",
    "arrayJoin",
    "arrayMap",
    "arrayMax",
    "arrayMin",
    "arrayReverse",
    "arraySlice",
    "arraySort",
    "arraySum",
    "avg",
    "avgIf",
    "ceil",
    "coalesce",
    "concat",
    "count",
    "countIf",
    "dateDiff",
    "date_trunc",
    "empty",
    "floor",
    "formatDateTime",
    "fromUnixTimestamp64Micro",
    "greatest",
    "groupArray",
    "groupUniqArray",
    "has",
    "hasAll",
    "hasAny",
    "if",
    "ifNull",
    "indexOf",
    "intDiv",
    "isNotNull",
    "isNull",
    "JSONExtractString",
    "least",
    "length",
    "max",
    "median",
    "min",
    "multiIf",
    "now",
    "notEmpty",
    "nullIf",
    "parseDateTimeBestEffort",
    "quantile",
    "range",
    "reverse",
    "round",
    "sqrt",
    "sum",
    "sumIf",
    "toDate",
    "toDateTime",
    "toDayOfWeek",
    "toFloat64",
    "toHour",
    "toInt64",
    "toMonth",
    "toStartOfDay",
    "toStartOfHour",
    "toStartOfMonth",
    "toString",
    "toTypeName",
    "toUInt64",
    "toYear",
    "today",
    "trim",
    "truncate",
    "uniq",
    "uniqExact",
];

/// A constant of a value in a given type.
pub(super) fn constant(value: &Value, ty: &ChType) -> SqlResult<Typed> {
    Ok(Typed::value(lit(super::supertype::scalar_of(value, ty)?), ty.clone()))
}
