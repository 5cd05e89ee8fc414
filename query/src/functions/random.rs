//! Random numbers and texts: a new one for each row. An argument beyond those of the distribution only tells calls apart.

use super::{
    supertype::literal,
    text::{b, bad, f, illegal, int, n, room, s},
    udf::{Kernel, volatile_call},
    uuids::count,
};
use crate::{error::SqlResult, typed::Typed, types::ChType, value::Value};
use std::f64::consts::TAU;

/// All functions here.
pub(super) const NAMES: &[&str] = &[
    "rand",
    "rand64",
    "randBernoulli",
    "randCanonical",
    "randConstant",
    "randExponential",
    "randLogNormal",
    "randNormal",
    "randUniform",
    "randomPrintableASCII",
    "randomString",
];

/// How many arguments of what kind a function takes, what it answers, and how.
struct Random {
    numbers: usize,
    ret: ChType,
    kernel: Kernel,
}

fn random(name: &str) -> Option<Random> {
    let of = |numbers, ret, kernel: Kernel| Some(Random { numbers, ret, kernel });
    match name {
        "rand" => of(0, ChType::UInt(32), |_, _| n(fastrand::u32(..))),
        "rand64" => of(0, ChType::UInt(64), |_, _| n(fastrand::u64(..))),
        "randConstant" => of(0, ChType::UInt(32), |_, _| n(fastrand::u32(..))),
        "randCanonical" => of(0, ChType::Float(64), |_, _| f(fastrand::f64())),
        "randUniform" => of(2, ChType::Float(64), |_, a| {
            let (low, high) = (number(a, 0), number(a, 1));
            if low > high {
                return Err(bad("randUniform needs a lower bound that is not above the upper one"));
            }
            f(fastrand::f64().mul_add(high - low, low))
        }),
        "randNormal" => of(2, ChType::Float(64), |_, a| f(normal(a)?)),
        "randLogNormal" => of(2, ChType::Float(64), |_, a| f(normal(a)?.exp())),
        "randExponential" => of(1, ChType::Float(64), |_, a| {
            let rate = number(a, 0);
            if rate <= 0.0 {
                return Err(bad("randExponential needs a rate above 0"));
            }
            f(-(1.0 - fastrand::f64()).ln() / rate)
        }),
        "randBernoulli" => of(1, ChType::UInt(8), |_, a| {
            let probability = number(a, 0);
            if !(0.0..=1.0).contains(&probability) {
                return Err(bad("randBernoulli needs a probability from 0 to 1"));
            }
            b(fastrand::f64() < probability)
        }),
        "randomString" => of(1, ChType::String, |call, a| {
            let mut bytes = vec![0; size(&call.name, a)?];
            fastrand::fill(&mut bytes);
            s(bytes)
        }),
        "randomPrintableASCII" => of(1, ChType::String, |call, a| {
            let size = size(&call.name, a)?;
            s((0..size).map(|_| fastrand::u8(b' '..=b'~')).collect::<Vec<u8>>())
        }),
        _ => None,
    }
}

fn number(args: &[Value], i: usize) -> f64 {
    args.get(i).and_then(Value::as_f64).unwrap_or(0.0)
}

/// G. Box and M. Muller's transform.
fn normal(args: &[Value]) -> SqlResult<f64> {
    let (mean, deviation) = (number(args, 0), number(args, 1));
    if deviation < 0.0 {
        return Err(bad("A standard deviation is not negative"));
    }
    let radius = (-2.0 * (1.0 - fastrand::f64()).ln()).sqrt();
    Ok((radius * (TAU * fastrand::f64()).cos()).mul_add(deviation, mean))
}

/// The length of a text, which must not be longer than a call may make.
fn size(name: &str, args: &[Value]) -> SqlResult<usize> {
    let size = usize::try_from(int(args, 0)).unwrap_or(0);
    room(size, name)?;
    Ok(size)
}

/// The functions, all of which take one more argument than they need.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    let Some(Random { numbers, ret, kernel }) = random(name) else { return Ok(None) };
    if args.len() < numbers || args.len() > numbers + 1 {
        return Err(count(name, args.len(), numbers));
    }
    let whole = ret == ChType::String;
    for (position, arg) in args.iter().enumerate().take(numbers) {
        use ChType::{Bool, Dynamic, Float, Int, UInt};
        match arg.ty.strip_nullable() {
            Int(_) | UInt(_) | Bool | Dynamic => {}
            Float(_) if !whole => {}
            other => return Err(illegal(position, other, "a number")),
        }
    }
    if name == "randConstant" {
        let constant = literal(&Value::Int(fastrand::u32(..).into()))?;
        return super::convert::cast(constant, &ret).map(Some);
    }
    Ok(Some(volatile_call(name, args.to_vec(), ret, kernel)))
}
