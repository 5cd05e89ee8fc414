//! Tuples: arithmetic by element, joining, names.

use super::{
    args::{array_of, illegal},
    conditional::case,
    registry::{constant, scalar},
    supertype::{common_type, literal},
    time_floor::counted,
    udf::{Nulls, row_call},
};
use crate::{error::SqlResult, typed::Typed, types::ChType, value::Value};
use datafusion::logical_expr::Expr;

/// The functions of this module.
pub(super) const NAMES: &[&str] = &[
    "flattenTuple",
    "tupleConcat",
    "tupleDivide",
    "tupleDivideByNumber",
    "tupleHammingDistance",
    "tupleIntDiv",
    "tupleIntDivByNumber",
    "tupleIntDivOrZero",
    "tupleIntDivOrZeroByNumber",
    "tupleMinus",
    "tupleModulo",
    "tupleModuloByNumber",
    "tupleMultiply",
    "tupleMultiplyByNumber",
    "tupleNames",
    "tupleNegate",
    "tuplePlus",
    "tuplePositiveModuloByNumber",
    "tupleToNameValuePairs",
    "vectorDifference",
    "vectorSum",
];

type Fields = Vec<(Option<String>, ChType)>;

fn fields(arg: &Typed) -> SqlResult<Fields> {
    match arg.ty.strip_nullable() {
        ChType::Tuple(fields) => Ok(fields.clone()),
        other => Err(illegal(other)),
    }
}

/// What is computed of tuples: NULL where one of them is.
fn of_present(args: &[Typed], compute: impl Fn(&[Typed]) -> SqlResult<Typed>) -> SqlResult<Typed> {
    let may_miss =
        |arg: &Typed| arg.ty.is_nullable() && matches!(arg.ty.strip_nullable(), ChType::Tuple(_));
    let missing = args.iter().filter(|arg| may_miss(arg));
    let missing = missing.map(|arg| arg.clone().into_value().is_null()).reduce(Expr::or);
    let Some(missing) = missing else { return compute(args) };
    let present = |arg: &Typed| {
        let ty = if may_miss(arg) { arg.ty.strip_nullable().clone() } else { arg.ty.clone() };
        Typed::value(arg.clone().into_value(), ty)
    };
    let present: Vec<Typed> = args.iter().map(present).collect();
    case(vec![(missing, Typed::null())], Some(compute(&present)?))
}

/// The elements of a tuple.
fn elements(arg: &Typed) -> SqlResult<Vec<Typed>> {
    let count = fields(arg)?.len();
    (1..=count)
        .map(|at| scalar("tupleElement", vec![arg.clone(), literal(&Value::Int(at as i128))?]))
        .collect()
}

/// The operator that a function applies to elements.
fn operator(name: &str) -> Option<&'static str> {
    Some(match name {
        "tuplePlus" | "vectorSum" => "plus",
        "tupleMinus" | "vectorDifference" => "minus",
        "tupleMultiply" | "tupleMultiplyByNumber" => "multiply",
        "tupleDivide" | "tupleDivideByNumber" => "divide",
        "tupleIntDiv" | "tupleIntDivByNumber" => "intDiv",
        "tupleIntDivOrZero" | "tupleIntDivOrZeroByNumber" => "intDivOrZero",
        "tupleModulo" | "tupleModuloByNumber" => "modulo",
        "tuplePositiveModuloByNumber" => "positiveModulo",
        _ => return None,
    })
}

/// Functions whose shape depends on their arguments.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    if let Some(operator) = operator(name) {
        counted(name, args, 2, 2)?;
        return by_element(operator, args, !name.ends_with("ByNumber")).map(Some);
    }
    match name {
        "negate"
            if !matches!(
                args.first().map(|arg| arg.ty.strip_nullable()),
                Some(ChType::Tuple(_))
            ) =>
        {
            Ok(None)
        }
        "tupleNegate" | "negate" => {
            counted(name, args, 1, 1)?;
            let negated = of_present(args, |args| {
                let elements = args.iter().map(elements).collect::<SqlResult<Vec<_>>>()?.concat();
                let negated = elements.into_iter().map(|element| scalar("negate", vec![element]));
                scalar("tuple", negated.collect::<SqlResult<_>>()?)
            });
            negated.map(Some)
        }
        "tupleConcat" => {
            let joined = of_present(args, |args| {
                let parts = args.iter().map(elements).collect::<SqlResult<Vec<_>>>()?;
                scalar("tuple", parts.concat())
            });
            joined.map(Some)
        }
        "tupleHammingDistance" => {
            counted(name, args, 2, 2)?;
            let differ = pairs(args)?.into_iter().map(|pair| scalar("notEquals", pair));
            let differ = differ.collect::<SqlResult<Vec<_>>>()?;
            let mut differ = differ.into_iter();
            let Some(first) = differ.next() else { return literal(&Value::Int(0)).map(Some) };
            let sum = differ.try_fold(first, |sum, next| scalar("plus", vec![sum, next]))?;
            Ok(Some(Typed::value(sum.clone().into_value(), sum.ty)))
        }
        "tupleNames" => {
            counted(name, args, 1, 1)?;
            let Some(tuple) = args.first() else { return Ok(None) };
            let names = named(&fields(tuple)?).map(Value::String).collect();
            constant(&Value::Array(names), &array_of(ChType::String)).map(Some)
        }
        "tupleToNameValuePairs" => {
            counted(name, args, 1, 1)?;
            let Some(tuple) = args.first() else { return Ok(None) };
            pairs_of_names(tuple).map(Some)
        }
        "flattenTuple" => {
            counted(name, args, 1, 1)?;
            let Some(tuple) = args.first() else { return Ok(None) };
            flattened(tuple).map(Some)
        }
        _ => Ok(None),
    }
}

/// The elements of two tuples, or of a tuple and a number for each.
fn pairs(args: &[Typed]) -> SqlResult<Vec<Vec<Typed>>> {
    let [a, b] = args else { return Ok(Vec::new()) };
    let (left, right) = (elements(a)?, elements(b)?);
    if left.len() != right.len() {
        return Err(illegal(&b.ty));
    }
    Ok(left.into_iter().zip(right).map(|(a, b)| vec![a, b]).collect())
}

/// An operator on the elements of two tuples, or of a tuple and a number.
pub(super) fn by_element(operator: &str, args: &[Typed], both: bool) -> SqlResult<Typed> {
    of_present(args, |args| of_elements(operator, args, both))
}

/// A comparison of two tuples as one of their elements, the first ones first.
pub(super) fn compared(name: &str, a: Typed, b: Typed) -> SqlResult<Typed> {
    of_present(&[a, b], |args| {
        let mut pairs = pairs(args)?.into_iter().rev();
        let Some(last) = pairs.next() else { return Err(illegal(&ChType::Tuple(Vec::new()))) };
        let strict = name.strip_suffix("OrEquals").unwrap_or(name);
        pairs.try_fold(scalar(name, last)?, |rest, pair| match name {
            "equals" => scalar("and", vec![scalar(name, pair)?, rest]),
            "notEquals" => scalar("or", vec![scalar(name, pair)?, rest]),
            _ => {
                let tied = scalar("and", vec![scalar("equals", pair.clone())?, rest])?;
                scalar("or", vec![scalar(strict, pair)?, tied])
            }
        })
    })
}

fn of_elements(operator: &str, args: &[Typed], both: bool) -> SqlResult<Typed> {
    let pairs = match args {
        [_, _] if both => pairs(args)?,
        [tuple, number] => {
            if matches!(number.ty, ChType::Tuple(_)) {
                return Err(illegal(&number.ty));
            }
            elements(tuple)?.into_iter().map(|element| vec![element, number.clone()]).collect()
        }
        _ => Vec::new(),
    };
    let results = pairs.into_iter().map(|pair| scalar(operator, pair));
    scalar("tuple", results.collect::<SqlResult<_>>()?)
}

/// Names of fields; the unnamed have their place.
fn named(fields: &Fields) -> impl Iterator<Item = String> {
    fields
        .iter()
        .enumerate()
        .map(|(at, (name, _))| name.clone().unwrap_or_else(|| (at + 1).to_string()))
}

fn pairs_of_names(tuple: &Typed) -> SqlResult<Typed> {
    let fields = fields(tuple)?;
    let types: Vec<ChType> = fields.iter().map(|(_, ty)| ty.clone()).collect();
    let common = common_type(&types)?;
    if types.iter().any(|ty| *ty != common) {
        return Err(illegal(&tuple.ty));
    }
    let pair = ChType::Tuple(vec![(None, ChType::String), (None, common)]);
    let values = elements(tuple)?;
    let names = named(&fields).map(|name| literal(&Value::String(name)));
    let mut args = names.collect::<SqlResult<Vec<_>>>()?;
    args.extend(values);
    Ok(row_call("tupleToNameValuePairs", args, array_of(pair), Nulls::Pass, |_, args| {
        let (names, values) = args.split_at(args.len() / 2);
        let pairs = names.iter().zip(values).map(|(n, v)| Value::Tuple(vec![n.clone(), v.clone()]));
        Ok(Value::Array(pairs.collect()))
    }))
}

/// Nested tuples have to be named, so that paths name what they become.
fn flattened(tuple: &Typed) -> SqlResult<Typed> {
    fn visit(prefix: &str, tuple: &Typed, out: &mut (Fields, Vec<Typed>)) -> SqlResult<()> {
        for ((name, ty), element) in fields(tuple)?.into_iter().zip(elements(tuple)?) {
            let name = name.ok_or_else(|| illegal(&tuple.ty))?;
            let path = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            if matches!(ty, ChType::Tuple(_)) {
                visit(&path, &element, out)?;
            } else {
                out.0.push((Some(path), ty));
                out.1.push(element);
            }
        }
        Ok(())
    }
    let mut out = (Vec::new(), Vec::new());
    visit("", tuple, &mut out)?;
    let (fields, elements) = out;
    Ok(row_call("tuple", elements, ChType::Tuple(fields), Nulls::Pass, |_, args| {
        Ok(Value::Tuple(args.to_vec()))
    }))
}
