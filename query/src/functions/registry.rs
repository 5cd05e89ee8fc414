//! Names to functions.

use super::{
    arithmetic, array_edit, array_sets, arrays, bits, calendar, catalogue, compare, conditional,
    conversion, convert, json, keyed, maps, math, misc, ordinal, readable, reduce, reinterpret,
    rounding, strings,
    supertype::literal,
    text, time_floor, time_format, time_make, time_parse, time_shift, tuples,
    udf::{Call, Kernel, Nulls, row_call, volatile_call},
    uuids, vectors,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::Value,
};
use datafusion::{
    common::ScalarValue,
    logical_expr::{Expr, lit},
};

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
pub(super) fn canonical(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let textual = text::canonical(name, &lower);
    if textual != name {
        return textual.to_owned();
    }
    let known = match lower.as_str() {
        "ifnull" => "ifNull",
        "nullif" => "nullIf",
        "isnull" => "isNull",
        "char_length" | "character_length" => "lengthUTF8",
        "cardinality" | "octet_length" => "length",
        "substr" | "mid" => "substring",
        "ucase" => "upper",
        "lcase" => "lower",
        "datediff" | "date_diff" | "timestampdiff" | "timestamp_diff" => "dateDiff",
        "timediff" => "timeDiff",
        "datename" => "dateName",
        "date_format" => "formatDateTime",
        "to_date" | "date" => "toDate",
        "dayofmonth" | "day" => "toDayOfMonth",
        "dayofweek" => "toDayOfWeek",
        "dayofyear" => "toDayOfYear",
        "hour" => "toHour",
        "minute" => "toMinute",
        "second" => "toSecond",
        "millisecond" => "toMillisecond",
        "microsecond" => "toMicrosecond",
        "nanosecond" => "toNanosecond",
        "month" => "toMonth",
        "year" => "toYear",
        "quarter" => "toQuarter",
        "week" => "toWeek",
        "yearweek" => "toYearWeek",
        "last_day" => "toLastDayOfMonth",
        "to_days" => "toDaysSinceYearZero",
        "from_days" => "fromDaysSinceYearZero",
        "from_unixtime" => "fromUnixTimestamp",
        "to_unixtime" => "parseDateTime",
        "str_to_date" => "parseDateTimeOrNull",
        "to_utc_timestamp" => "toUTCTimestamp",
        "from_utc_timestamp" => "fromUTCTimestamp",
        "utc_timestamp" | "utctimestamp" => "UTCTimestamp",
        "current_timestamp" | "localtimestamp" => "now",
        "curdate" | "current_date" => "today",
        "makedate" => "makeDate",
        "makedate32" => "makeDate32",
        "makedatetime" => "makeDateTime",
        "makedatetime64" => "makeDateTime64",
        "yyyymmddtodate" => "YYYYMMDDToDate",
        "yyyymmddtodate32" => "YYYYMMDDToDate32",
        "yyyymmddhhmmsstodatetime" => "YYYYMMDDhhmmssToDateTime",
        "adddate" => "addDate",
        "subdate" => "subDate",
        "date_bin" | "time_bucket" => "toStartOfInterval",
        "mod" => "modulo",
        "modornull" => "moduloOrNull",
        "pmod" | "positive_modulo" | "positivemodulo" => "positiveModulo",
        "pmodornull" | "positive_modulo_or_null" | "positivemoduloornull" => "positiveModuloOrNull",
        "width_bucket" => "widthBucket",
        "byteswap" => "byteSwap",
        "format_bytes" => "formatReadableSize",
        "todecimalstring" => "toDecimalString",
        "array_to_string" => "arrayStringConcat",
        "array_remove" => "arrayRemove",
        "arrayshuffle" => "arrayShuffle",
        "arraypartialshuffle" => "arrayPartialShuffle",
        "map_from_arrays" => "mapFromArrays",
        "norml1" => "L1Norm",
        "norml2" => "L2Norm",
        "norml2squared" => "L2SquaredNorm",
        "normlinf" => "LinfNorm",
        "normlp" => "LpNorm",
        "distancel1" => "L1Distance",
        "distancel2" => "L2Distance",
        "distancel2squared" => "L2SquaredDistance",
        "distancelinf" => "LinfDistance",
        "distancelp" => "LpDistance",
        "distancecosine" => "cosineDistance",
        "normalizel1" => "L1Normalize",
        "normalizel2" => "L2Normalize",
        "normalizelinf" => "LinfNormalize",
        "normalizelp" => "LpNormalize",
        "scalarproduct" => "dotProduct",
        "vectorsum" => "tuplePlus",
        "vectordifference" => "tupleMinus",
        "hostname" => "hostName",
        "json_array_length" => "JSONArrayLength",
        "monthname" => "monthName",
        "fqdn" | "fullhostname" => "FQDN",
        "timezone" => "timezone",
        "ltrim" => "trimLeft",
        "rtrim" => "trimRight",
        "lpad" => "leftPad",
        "rpad" => "rightPad",
        "md5" => "MD5",
        "sha256" => "SHA256",
        "coalesce" | "concat" | "upper" | "lower" | "length" | "abs" | "round" | "floor"
        | "ceil" | "ceiling" | "sqrt" | "substring" | "trim" | "replace" | "left" | "right"
        | "reverse" | "repeat" | "greatest" | "least" | "position" | "locate" | "pow" | "power"
        | "exp" | "ln" | "log" | "log2" | "log10" | "sign" | "sqr" | "now" | "now64" | "today"
        | "date_trunc" | "format" | "ascii" | "initcap" | "if" | "acos" | "asin" | "atan"
        | "atan2" | "cos" | "sin" | "tan" | "tanh" | "degrees" | "radians" | "hypot" | "pi"
        | "factorial" | "max2" | "min2" | "trunc" | "truncate" | "age" | "flatten" | "and"
        | "or" | "not" | "version" => return lower,
        _ => return alias(name).to_owned(),
    };
    known.to_owned()
}

/// Names that ClickHouse has twice, as it spells them.
fn alias(name: &str) -> &str {
    match name {
        "toStartOfFiveMinute" => "toStartOfFiveMinutes",
        "dateTrunc" | "DATE_TRUNC" => "date_trunc",
        "arrayAUC" => "arrayROCAUC",
        "arrayPRAUC" => "arrayAUCPR",
        "arrayFlatten" => "flatten",
        "caseWithExpr" => "caseWithExpression",
        "caseWithoutExpr" | "caseWithoutExpression" => "multiIf",
        "JSONMergePatch" => "jsonMergePatch",
        "mapContains" => "mapContainsKey",
        "visitParamExtractBool" => "simpleJSONExtractBool",
        "visitParamExtractFloat" => "simpleJSONExtractFloat",
        "visitParamExtractInt" => "simpleJSONExtractInt",
        "visitParamExtractRaw" => "simpleJSONExtractRaw",
        "visitParamExtractString" => "simpleJSONExtractString",
        "visitParamExtractUInt" => "simpleJSONExtractUInt",
        "visitParamHas" => "simpleJSONHas",
        "toTimezone" => "toTimeZone",
        "timeZone" => "timezone",
        "timeZoneOf" => "timezoneOf",
        "timeZoneOffset" => "timezoneOffset",
        "serverTimeZone" => "serverTimezone",
        other => other,
    }
}

/// The call of a scalar function or operator.
///
/// # Errors
/// ClickHouse's errors of unknown names, wrong counts and wrong types.
pub(crate) fn scalar(name: &str, args: Vec<Typed>) -> SqlResult<Typed> {
    let null = args.iter().any(|arg| arg.ty == ChType::Nothing.nullable());
    let never = args.iter().any(|arg| arg.ty == ChType::Nothing) && !takes_nothing(name);
    match called(name, args) {
        // Of an item of `[]` there is no value, not even NULL, and nothing that a function makes of it.
        Err(error) if never && error.code == ChCode::IllegalTypeOfArgument => Ok(nothing()),
        Ok(_) if never => Ok(nothing()),
        // A bare NULL stands for a value of any type.
        Err(error) if null && error.code == ChCode::IllegalTypeOfArgument => Ok(Typed::null()),
        other => other,
    }
}

fn nothing() -> Typed {
    Typed::value(lit(ScalarValue::Null), ChType::Nothing)
}

/// Functions of an item that there is not which have an answer all the same.
fn takes_nothing(name: &str) -> bool {
    matches!(
        canonical(name).as_str(),
        "array"
            | "tuple"
            | "map"
            | "if"
            | "multiIf"
            | "toTypeName"
            | "and"
            | "or"
            | "ignore"
            | "isZeroOrNull"
            | "isNullable"
            | "isConstant"
            | "toColumnTypeName"
            | "toNullable"
    ) || name.starts_with("accurateCast")
}

fn called(name: &str, args: Vec<Typed>) -> SqlResult<Typed> {
    let name = canonical(name);
    if let Some(op) = compare::operator(&name) {
        let [a, b] = exactly(&name, args)?;
        return compare::comparison(&name, op, a, b);
    }
    match name.as_str() {
        "plus"
        | "minus"
        | "multiply"
        | "divide"
        | "intDiv"
        | "intDivOrZero"
        | "modulo"
        | "moduloOrZero"
        | "positiveModulo"
        | "divideOrNull"
        | "intDivOrNull"
        | "moduloOrNull"
        | "positiveModuloOrNull" => {
            let [a, b] = exactly(&name, args)?;
            return arithmetic::binary(&name, a, b);
        }
        "and" | "or" => return logic(&name, args),
        "xor" => return exclusive_or(&name, args),
        "ifNotFinite"
            if args.len() == 2
                && !args.iter().any(|a| matches!(a.ty, ChType::Dynamic | ChType::Variant(_))) =>
        {
            let [x, y] = exactly(&name, args)?;
            return math::if_not_finite(x, y);
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
            if !a.ty.is_nullable() {
                return literal(&Value::Int((name == "isNotNull").into()));
            }
            let value = a.into_value();
            return Ok(Typed::predicate(
                if name == "isNull" { value.is_null() } else { value.is_not_null() },
                false,
            ));
        }
        "toTypeName" => {
            let [a] = exactly(&name, args)?;
            return literal(&Value::String(a.ty.name_in_lines(0)));
        }
        "toNullable" => {
            let [a] = exactly(&name, args)?;
            let ty = a.ty.clone().nullable();
            return Ok(Typed::value(a.into_value(), ty));
        }
        "assumeNotNull" => {
            let [a] = exactly(&name, args)?;
            let ty = a.ty.strip_nullable().clone();
            if ty == ChType::Nothing {
                let message = "A bare NULL has no value that is not NULL";
                return Err(SqlError::new(ChCode::IllegalColumn, message));
            }
            let default = literal(&convert::default_value(&ty))?;
            let plain = convert::cast(default, &ty)?;
            return if a.ty.is_nullable() { conditional::coalesce(vec![a, plain]) } else { Ok(a) };
        }
        "materialize" | "identity" => {
            let [a] = exactly(&name, args)?;
            if name == "materialize" && a.is_fixed() {
                // No longer a constant for what asks whether it is one: what differs between two rows is none.
                let ty = a.ty.clone();
                return Ok(volatile_call(&name, vec![a], ty, first_argument));
            }
            return Ok(a);
        }
        _ => {}
    }
    let calls = [
        conversion::call,
        reinterpret::call,
        reduce::call,
        misc::call,
        time_floor::call,
        time_shift::call,
        array_edit::call,
        maps::call,
        array_sets::call,
        vectors::call,
        tuples::call,
        uuid,
        text::call,
        strings::call,
        time_make::call,
        time_parse::call,
        arrays::call,
        json::call,
    ];
    for module in calls {
        if let Some(call) = module(&name, &args)? {
            return Ok(call);
        }
    }
    let entries = [
        text::entry,
        math::entry,
        rounding::entry,
        bits::entry,
        readable::entry,
        calendar::entry,
        time_shift::entry,
        keyed::entry,
        array_edit::entry,
        array_sets::entry,
        maps::entry,
        misc::entry,
        conversion::entry,
        time_make::entry,
        time_format::entry,
        arrays::entry,
        json::entry,
    ];
    match entries.iter().find_map(|entry| entry(&name)) {
        Some(entry) => fixed(&name, &entry, args),
        None if keyed::WITH_LAMBDA.contains(&name.as_str()) => Err(SqlError::new(
            ChCode::NumberOfArgumentsDoesntMatch,
            format!("Function {name} takes a lambda first, then arrays"),
        )),
        None if MODULES.iter().any(|names| names.contains(&name.as_str())) => {
            Err(SqlError::new(ChCode::NumberOfArgumentsDoesntMatch, wrong_count(&name)))
        }
        None => Err(unknown(&name)),
    }
}

fn first_argument(_: &Call, args: &[Value]) -> SqlResult<Value> {
    Ok(args.first().cloned().unwrap_or(Value::Null))
}

fn wrong_count(name: &str) -> String {
    format!("Function {name} does not take that number of arguments")
}

/// `toUUID` and its like.
fn uuid(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    match name.strip_prefix("toUUID") {
        Some(suffix @ ("" | "OrNull" | "OrZero" | "OrDefault")) => uuids::conversion(suffix, args),
        _ => Ok(None),
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
    // Of Nullable Bools alone ClickHouse makes a number.
    let any_bool = args.iter().any(|arg| arg.ty == ChType::Bool);
    let nullable = args.iter().any(|arg| arg.ty.is_nullable());
    let join: fn(Expr, Expr) -> Expr = if name == "and" { Expr::and } else { Expr::or };
    let mut conditions = args.into_iter().map(|arg| condition(name, arg));
    let first = conditions.next().ok_or_else(|| unknown(name))??;
    let expr = conditions.try_fold(first, |all, next| Ok::<_, SqlError>(join(all, next?)))?;
    if any_bool {
        let ty = if nullable { ChType::Bool.nullable() } else { ChType::Bool };
        return Ok(Typed::value(expr, ty));
    }
    Ok(Typed::predicate(expr, nullable))
}

/// True where an odd number of arguments is; Bool if any of them is Bool.
fn exclusive_or(name: &str, args: Vec<Typed>) -> SqlResult<Typed> {
    if args.len() < 2 {
        return Err(SqlError::new(ChCode::TooFewArgumentsForFunction, wrong_count(name)));
    }
    if args.iter().any(|arg| *arg.ty.strip_nullable() == ChType::Nothing) {
        return Ok(Typed::null());
    }
    let bool_type = args.iter().any(|arg| *arg.ty.strip_nullable() == ChType::Bool);
    let nullable = args.iter().any(|arg| arg.ty.is_nullable());
    let mut conditions = args.into_iter().map(|arg| condition(name, arg));
    let first = conditions.next().ok_or_else(|| unknown(name))??;
    let expr = conditions.try_fold(first, |all, next| Ok::<_, SqlError>(all.not_eq(next?)))?;
    if bool_type {
        let ty = if nullable { ChType::Bool.nullable() } else { ChType::Bool };
        return Ok(Typed::value(expr, ty));
    }
    Ok(Typed::predicate(expr, nullable))
}

/// An argument of a logical function as a condition.
fn condition(name: &str, arg: Typed) -> SqlResult<Expr> {
    let ty = arg.ty.clone();
    compare::to_predicate(arg).map_err(|error| match error.code {
        ChCode::IllegalTypeOfColumnForFilter => SqlError::new(
            ChCode::IllegalTypeOfArgument,
            format!(
                "Illegal type {ty} of an argument of function {name}; compare it with something"
            ),
        ),
        _ => error,
    })
}

fn negation(arg: Typed) -> SqlResult<Typed> {
    if *arg.ty.strip_nullable() == ChType::Nothing {
        return Ok(arg);
    }
    let bool_type =
        (!arg.predicate && *arg.ty.strip_nullable() == ChType::Bool).then(|| arg.ty.clone());
    let nullable = arg.ty.is_nullable();
    let expr = Expr::Not(Box::new(condition("not", arg)?));
    Ok(match bool_type {
        Some(ty) => Typed::value(expr, ty),
        None => Typed::predicate(expr, nullable),
    })
}

/// `greatest` and `least` of several values; NULLs do not count.
pub(super) fn extreme(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let wanted = if call.name == "greatest" {
        std::cmp::Ordering::Greater
    } else {
        std::cmp::Ordering::Less
    };
    let of_uuids = *call.ret.strip_nullable() == ChType::Uuid;
    let mut best = Value::Null;
    for arg in args.iter().filter(|arg| !arg.is_null()) {
        // The first of two stays only if it wins: against NaN nothing does. Of more, NaN is the last choice.
        let stays = match (&best, arg) {
            (Value::Null, _) => false,
            (Value::Float(_), Value::Float(arg)) if args.len() > 2 && arg.is_nan() => true,
            (Value::Float(best), Value::Float(arg)) if wanted == std::cmp::Ordering::Less => {
                best < arg
            }
            (Value::Float(best), Value::Float(arg)) => best > arg,
            (Value::String(best), Value::String(arg)) if of_uuids => {
                ordinal::by_halves(arg).cmp(&ordinal::by_halves(best)) != wanted
            }
            (best, arg) => crate::value::compare_for(wanted, arg, best) != Some(wanted),
        };
        if !stays {
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
    let mut near: Vec<(usize, &str)> = catalogue::known_names()
        .map(|known| (strsim::damerau_levenshtein(&lower, &known.to_ascii_lowercase()), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(2).map(|(_, known)| known).collect()
}

/// The names of every module.
const MODULES: &[&[&str]] = &[
    math::NAMES,
    rounding::NAMES,
    bits::NAMES,
    readable::NAMES,
    calendar::NAMES,
    time_floor::NAMES,
    time_shift::NAMES,
    time_make::NAMES,
    time_format::NAMES,
    time_parse::NAMES,
    keyed::NAMES,
    keyed::WITH_LAMBDA,
    array_edit::NAMES,
    array_sets::NAMES,
    maps::NAMES,
    misc::NAMES,
    conversion::NAMES,
    reinterpret::NAMES,
    reduce::NAMES,
    tuples::NAMES,
    vectors::NAMES,
];

/// A constant of a value in a given type.
pub(super) fn constant(value: &Value, ty: &ChType) -> SqlResult<Typed> {
    Ok(Typed::value(lit(super::supertype::scalar_of(value, ty)?), ty.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Arguments that some form of every function takes, or refuses for their types.
    fn samples() -> Vec<Typed> {
        let number = Value::Int(1);
        let text = Value::String("day".to_owned());
        let list = Value::Array(vec![number.clone()]);
        let tuple = Value::Tuple(vec![number.clone(), number.clone()]);
        let map = Value::Map(vec![(text.clone(), number.clone())]);
        [number, text, list, tuple, map, Value::Date(1), Value::DateTime(1)]
            .iter()
            .map(|value| literal(value).unwrap())
            .collect()
    }

    #[test]
    fn every_name_has_a_function() {
        for name in MODULES.iter().copied().flatten() {
            let known = |args: Vec<Typed>| match scalar(name, args) {
                Ok(_) => true,
                Err(error) => {
                    error.code != ChCode::UnknownFunction && error.message != wrong_count(name)
                }
            };
            let found = known(Vec::new())
                || samples().into_iter().any(|a| {
                    known(vec![a.clone()])
                        || samples().into_iter().any(|b| {
                            known(vec![a.clone(), b.clone()])
                                || known(vec![a.clone(), b.clone(), b])
                        })
                });
            assert!(found, "{name}");
        }
    }

    #[test]
    fn names_are_found_as_clickhouse_spells_them() {
        for (name, known) in [
            ("ABS", "abs"),
            ("date_diff", "dateDiff"),
            ("timeZone", "timezone"),
            ("toTimezone", "toTimeZone"),
            ("arrayFlatten", "flatten"),
            ("L2Norm", "L2Norm"),
        ] {
            assert_eq!(canonical(name), known);
        }
    }
}
