//! Norms and distances of arrays and tuples of numbers.

use super::{
    args::{all, array_of, illegal, is_number, items, ty, wrap_nullable},
    arithmetic::numeric,
    arrays::item_of,
    supertype::common_type,
    time_floor::counted,
    udf::{Call, Nulls, row_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::Value,
};

/// The functions of this module.
pub(super) const NAMES: &[&str] = &[
    "L1Distance",
    "L1Norm",
    "L1Normalize",
    "L2Distance",
    "L2Norm",
    "L2Normalize",
    "L2SquaredDistance",
    "L2SquaredNorm",
    "LinfDistance",
    "LinfNorm",
    "LinfNormalize",
    "LpDistance",
    "LpNorm",
    "LpNormalize",
    "arrayDotProduct",
    "cosineDistance",
    "dotProduct",
];

/// How many vectors and numbers a function takes.
fn shape(name: &str) -> (usize, usize) {
    let vectors = if name.ends_with("Distance") || name.ends_with("otProduct") { 2 } else { 1 };
    (vectors, usize::from(name.starts_with("Lp")))
}

/// Number types of a vector, whether it is a tuple.
fn numbers(ty: &ChType) -> SqlResult<(Vec<ChType>, bool)> {
    let (types, tuple) = match ty {
        ChType::Tuple(fields) if !fields.is_empty() => {
            (fields.iter().map(|(_, ty)| ty.clone()).collect(), true)
        }
        ChType::Array(_) => (vec![item_of(ty)?], false),
        other => return Err(illegal(other)),
    };
    match types.iter().find(|ty| !is_number(ty)) {
        Some(other) => Err(illegal(other)),
        None => Ok((types, tuple)),
    }
}

/// Functions whose shape depends on their arguments.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    if !NAMES.contains(&name) {
        return Ok(None);
    }
    let (vectors, others) = shape(name);
    counted(name, args, vectors + others, vectors + others)?;
    let types: Vec<ChType> = args.iter().map(|arg| arg.ty.strip_nullable().clone()).collect();
    let parts = types.iter().take(vectors).map(numbers).collect::<SqlResult<Vec<_>>>()?;
    all(types.get(vectors..).unwrap_or_default(), is_number)?;
    let tuple = parts.iter().any(|(_, tuple)| *tuple);
    if parts.iter().any(|(_, other)| *other != tuple) || name == "arrayDotProduct" && tuple {
        return Err(illegal(ty(&types, 1)));
    }
    if tuple
        && parts.iter().any(|(part, _)| Some(part.len()) != parts.first().map(|(p, _)| p.len()))
    {
        return Err(illegal(ty(&types, 1)));
    }
    let parts: Vec<Vec<ChType>> = parts.into_iter().map(|(part, _)| part).collect();
    let float = if tuple { ChType::Float(64) } else { float_of(&parts)? };
    let ret = if name.ends_with("Normalize") {
        match ty(&types, 0) {
            ChType::Tuple(fields) => {
                ChType::Tuple(fields.iter().map(|_| (None, ChType::Float(64))).collect())
            }
            _ => array_of(float),
        }
    } else if name.ends_with("otProduct") {
        product_type(&parts, tuple)?
    } else if tuple
        && matches!(name, "L1Norm" | "L1Distance" | "L2SquaredNorm" | "L2SquaredDistance")
    {
        exact_type(name, &parts)?
    } else {
        float
    };
    let ret = wrap_nullable(args, ret);
    Ok(Some(row_call(name, args.to_vec(), ret, Nulls::Propagate, kernel)))
}

/// Float32 if a supertype of the items is that, else Float64.
fn float_of(parts: &[Vec<ChType>]) -> SqlResult<ChType> {
    Ok(match common_type(&parts.concat())? {
        ChType::Float(32) => ChType::Float(32),
        _ => ChType::Float(64),
    })
}

fn product_type(parts: &[Vec<ChType>], tuple: bool) -> SqlResult<ChType> {
    let [a, b] = parts else { return Ok(ChType::Nothing) };
    let products = a.iter().zip(b).map(|(a, b)| match (a, b) {
        (ChType::Float(32), ChType::Float(32)) if !tuple => Ok(ChType::Float(32)),
        _ => numeric("multiply", a, b),
    });
    summed(products.collect::<SqlResult<Vec<_>>>()?)
}

/// The type of the sum of tuple elements, added one by one.
fn summed(types: Vec<ChType>) -> SqlResult<ChType> {
    let mut types = types.into_iter();
    let first = types.next().unwrap_or(ChType::Nothing);
    types.try_fold(first, |sum, next| numeric("plus", &sum, &next))
}

/// Sums of absolute values and of squares keep whole numbers whole for tuples.
fn exact_type(name: &str, parts: &[Vec<ChType>]) -> SqlResult<ChType> {
    let elements: Vec<ChType> = match parts {
        [a, b] => a.iter().zip(b).map(|(a, b)| numeric("minus", a, b)).collect::<SqlResult<_>>()?,
        [a] => a.clone(),
        _ => Vec::new(),
    };
    let terms = elements.iter().map(|ty| {
        if name.starts_with("L2") {
            return numeric("multiply", ty, ty);
        }
        Ok(match ty {
            ChType::Int(bits) => ChType::UInt(*bits),
            other => other.clone(),
        })
    });
    summed(terms.collect::<SqlResult<Vec<_>>>()?)
}

fn vector(args: &[Value], at: usize) -> Vec<f64> {
    let list = match args.get(at) {
        Some(Value::Tuple(items)) => items.clone(),
        _ => items(args, at),
    };
    list.iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
}

fn norm(kind: &str, values: &[f64], p: f64) -> f64 {
    let absolute = values.iter().map(|value| value.abs());
    let squares = || total(values.iter().map(|v| v * v));
    match kind {
        "L1" => total(absolute),
        "L2" => squares().sqrt(),
        "L2Squared" => squares(),
        "Linf" => absolute.fold(0.0, f64::max),
        _ => total(absolute.map(|v| v.powf(p))).powf(1.0 / p),
    }
}

/// A sum that is 0 of nothing; that of the standard library is -0.
fn total(terms: impl Iterator<Item = f64>) -> f64 {
    terms.fold(0.0, |sum, term| sum + term)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    total(a.iter().zip(b).map(|(a, b)| a * b))
}

fn kernel(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (vectors, _) = shape(&call.name);
    let a = vector(args, 0);
    let p = args.get(vectors).and_then(Value::as_f64).unwrap_or(2.0);
    if call.name.starts_with("Lp") && p < 1.0 {
        let message = "The second argument of an Lp norm has to be at least 1";
        return Err(SqlError::new(ChCode::ArgumentOutOfBound, message));
    }
    if let Some(kind) = call.name.strip_suffix("Normalize") {
        let norm = norm(kind, &a, p);
        let scaled = a.iter().map(|value| Value::Float(value / norm)).collect();
        return Ok(match call.ret.strip_nullable() {
            ChType::Tuple(_) => Value::Tuple(scaled),
            _ => Value::Array(scaled),
        });
    }
    let number = if vectors == 1 {
        norm(call.name.strip_suffix("Norm").unwrap_or("L2"), &a, p)
    } else {
        let b = vector(args, 1);
        if a.len() != b.len() {
            let message = format!("Arguments of function {} have different sizes", call.name);
            return Err(SqlError::new(ChCode::SizesOfArraysDontMatch, message));
        }
        let difference: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
        match call.name.as_str() {
            "arrayDotProduct" | "dotProduct" => return Ok(product(call, args, &a, &b)),
            "cosineDistance" => 1.0 - dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt(),
            name => norm(name.strip_suffix("Distance").unwrap_or("L2"), &difference, p),
        }
    };
    Ok(whole(call, number))
}

/// A float as a value of the answer's type.
#[expect(clippy::cast_possible_truncation, reason = "sums of small integers are whole")]
fn whole(call: &Call, number: f64) -> Value {
    match call.ret.strip_nullable() {
        ChType::Int(_) | ChType::UInt(_) => Value::Int(number as i128),
        _ => Value::Float(number),
    }
}

/// Products of integers are exact, and wrap.
fn product(call: &Call, args: &[Value], a: &[f64], b: &[f64]) -> Value {
    if !matches!(call.ret.strip_nullable(), ChType::Int(_) | ChType::UInt(_)) {
        return Value::Float(dot(a, b));
    }
    let list = |at: usize| match args.get(at) {
        Some(Value::Array(items) | Value::Tuple(items)) => items.clone(),
        _ => Vec::new(),
    };
    let int = |value: &Value| value.as_int().unwrap_or(0);
    let products = list(0)
        .iter()
        .zip(&list(1))
        .fold(0_i128, |sum, (a, b)| sum.wrapping_add(int(a).wrapping_mul(int(b))));
    Value::Int(products)
}
