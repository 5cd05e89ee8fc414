//! Conditions, types and the surroundings of a query.

use super::{
    args::{bad, float, illegal, is_number, passing, strict, text, ty},
    convert::{cast, default_value},
    registry::{Entry, constant, scalar},
    supertype::{common_type, decimal_class, literal},
    time_floor::counted,
    udf::{Call, Nulls, row_call},
};
use crate::{
    bind::parse_type,
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, compare, zone_of},
};
use std::cmp::Ordering;

/// The functions of this module.
pub(super) const NAMES: &[&str] = &[
    "FQDN",
    "bar",
    "caseWithExpression",
    "clamp",
    "defaultValueOfArgumentType",
    "defaultValueOfTypeName",
    "greatest",
    "hostName",
    "ignore",
    "isConstant",
    "isDistinctFrom",
    "isNotDistinctFrom",
    "isNullable",
    "isZeroOrNull",
    "least",
    "serverTimezone",
    "throwIf",
    "timezone",
    "timezoneOf",
    "toColumnTypeName",
    "version",
];

/// A common type that has an order.
fn ordered(args: &[Typed]) -> SqlResult<ChType> {
    let types: Vec<ChType> = args.iter().map(|arg| arg.ty.clone()).collect();
    match common_type(&types)? {
        common @ ChType::Variant(_) => {
            let message = format!("There is no supertype for the arguments: {common}");
            Err(SqlError::new(ChCode::NoCommonType, message))
        }
        common => Ok(common),
    }
}

fn differ(args: &[Typed]) -> bool {
    args.iter()
        .zip(args.iter().skip(1))
        .any(|(a, b)| a.ty.strip_nullable() != b.ty.strip_nullable())
}

/// Whether signed integers meet unsigned ones of 64 bits, and nothing else.
fn signs_differ(args: &[Typed]) -> bool {
    let any = |wanted: fn(&ChType) -> bool| args.iter().any(|a| wanted(a.ty.strip_nullable()));
    args.iter().all(|a| matches!(a.ty.strip_nullable(), ChType::Int(_) | ChType::UInt(_)))
        && any(|ty| matches!(ty, ChType::Int(_)))
        && any(|ty| *ty == ChType::UInt(64))
}

/// Functions whose shape depends on their arguments.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    let only = args.first();
    let word = |text: String| literal(&Value::String(text)).map(Some);
    match (name, only) {
        ("greatest" | "least", Some(_)) if signs_differ(args) => {
            // The least of them is negative or fits both, the greatest is not negative.
            let ret = if name == "least" { ChType::Int(64) } else { ChType::UInt(64) };
            let nullable = args.iter().all(|arg| arg.ty.is_nullable());
            let ret = if nullable { ret.nullable() } else { ret };
            Ok(Some(row_call(name, args.to_vec(), ret, Nulls::Pass, super::registry::extreme)))
        }
        ("greatest" | "least", Some(_)) => {
            let ret = match ordered(args)? {
                // Decimals that differ give the widest of their size.
                ChType::Decimal(precision, scale) if differ(args) => {
                    ChType::Decimal(decimal_class(precision), scale)
                }
                other => other,
            };
            let args =
                args.iter().map(|arg| cast(arg.clone(), &ret)).collect::<SqlResult<Vec<_>>>()?;
            Ok(Some(row_call(name, args, ret, Nulls::Pass, super::registry::extreme)))
        }
        ("clamp", Some(_)) => {
            counted(name, args, 3, 3)?;
            if args.iter().any(|arg| *arg.ty.strip_nullable() == ChType::Nothing) {
                return Ok(Some(Typed::null()));
            }
            let ret = ordered(args)?;
            let args =
                args.iter().map(|arg| cast(arg.clone(), &ret)).collect::<SqlResult<Vec<_>>>()?;
            Ok(Some(row_call(name, args, ret, Nulls::Propagate, clamped)))
        }
        ("caseWithExpression", Some(subject)) => {
            let mut branches = Vec::new();
            let mut rest = args.iter().skip(1);
            while let Some(when) = rest.next() {
                match rest.next() {
                    Some(then) => {
                        branches.push(scalar("equals", vec![subject.clone(), when.clone()])?);
                        branches.push(then.clone());
                    }
                    None => branches.push(when.clone()),
                }
            }
            scalar("multiIf", branches).map(Some)
        }
        ("isNullable", Some(arg)) => {
            counted(name, args, 1, 1)?;
            let nullable = matches!(arg.ty, ChType::Nullable(_));
            literal(&Value::Int(nullable.into())).map(Some)
        }
        ("isConstant", Some(arg)) => {
            counted(name, args, 1, 1)?;
            literal(&Value::Int(arg.constant().is_some().into())).map(Some)
        }
        ("toColumnTypeName", Some(arg)) => {
            counted(name, args, 1, 1)?;
            word(match arg.constant() {
                Some(_) => format!("Const({})", arg.ty),
                None => arg.ty.to_string(),
            })
        }
        ("defaultValueOfArgumentType", Some(arg)) => {
            counted(name, args, 1, 1)?;
            constant(&default_value(&arg.ty), &arg.ty).map(Some)
        }
        ("defaultValueOfTypeName", Some(arg)) => {
            counted(name, args, 1, 1)?;
            let Some(Value::String(type_name)) = super::compare::constant_value(arg) else {
                return Err(illegal(&arg.ty));
            };
            let ty = parse_type(&type_name)?;
            constant(&default_value(&ty), &ty).map(Some)
        }
        ("timezoneOf", Some(arg)) => {
            counted(name, args, 1, 1)?;
            match arg.ty.strip_nullable() {
                ChType::DateTime(_) | ChType::DateTime64(..) => {
                    word(zone_of(&arg.ty).name().to_owned())
                }
                other => Err(illegal(other)),
            }
        }
        ("isDistinctFrom" | "isNotDistinctFrom", Some(_)) => {
            counted(name, args, 2, 2)?;
            let [a, b] = args else { return Ok(None) };
            let null = |arg: &Typed| scalar("isNull", vec![arg.clone()]);
            let both = scalar("and", vec![null(a)?, null(b)?])?;
            let equal = scalar("equals", vec![a.clone(), b.clone()])?;
            let equal = scalar("ifNull", vec![equal, literal(&Value::Int(0))?])?;
            let same = scalar("or", vec![equal, both])?;
            if name == "isDistinctFrom" {
                scalar("not", vec![same]).map(Some)
            } else {
                Ok(Some(same))
            }
        }
        ("ignore", _) => literal(&Value::Int(0)).map(Some),
        ("timezone" | "serverTimezone", None) => word("UTC".to_owned()),
        ("version", None) => word(env!("CARGO_PKG_VERSION").to_owned()),
        // What machine answers is nobody's business.
        ("hostName" | "FQDN", None) => word("localhost".to_owned()),
        _ => Ok(None),
    }
}

/// The order of two values of one type, of which NaN is the greatest.
fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) if a.is_nan() || b.is_nan() => {
            Some(a.is_nan().cmp(&b.is_nan()))
        }
        _ => compare(a, b),
    }
}

fn clamped(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let [value, low, high] = args else { return Ok(Value::Null) };
    if order(low, high) == Some(Ordering::Greater) {
        return Err(bad("clamp: the smallest value is larger than the largest"));
    }
    Ok(if order(value, low) == Some(Ordering::Less) {
        low
    } else if order(value, high) == Some(Ordering::Greater) {
        high
    } else {
        value
    }
    .clone())
}

fn bar(_: &Call, args: &[Value]) -> SqlResult<Value> {
    const WIDTH_MAX: f64 = 1_000.0;
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let (value, low, high) = (float(args, 0), float(args, 1), float(args, 2));
    let width = if args.len() > 3 { float(args, 3) } else { 80.0 };
    if !(1.0..=WIDTH_MAX).contains(&width) {
        let message = "The width of a bar has to be from 1 to 1000";
        return Err(SqlError::new(ChCode::ArgumentOutOfBound, message));
    }
    let filled = if value <= low || value.is_nan() {
        0.0
    } else if value >= high {
        width
    } else {
        (value - low) * width / (high - low)
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most eight thousand eighths"
    )]
    let eighths = (filled * 8.0 + 1e-9) as usize;
    let rest = EIGHTHS.get(eighths % 8).unwrap_or(&"");
    Ok(Value::String("█".repeat(eighths / 8) + rest))
}

fn thrown(_: &Call, args: &[Value]) -> SqlResult<Value> {
    if args.first().is_some_and(|value| value.truth() == Some(true)) {
        let message = match args.get(1) {
            Some(_) => text(args, 1),
            None => "Value passed to 'throwIf' function is non-zero".to_owned(),
        };
        return Err(SqlError::new(ChCode::FunctionThrowIfValueIsNonZero, message));
    }
    Ok(Value::Int(0))
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "isZeroOrNull" => passing(
            1,
            1,
            |types| {
                if is_number(ty(types, 0)) || *ty(types, 0) == ChType::Nothing {
                    Ok(ChType::UInt(8))
                } else {
                    Err(bad("isZeroOrNull takes a number"))
                }
            },
            |_, a| Ok(Value::Int(a.first().is_none_or(|v| v.truth() != Some(true)).into())),
        ),
        "bar" => strict(
            3,
            4,
            |types| match types.iter().find(|ty| !is_number(ty)) {
                Some(other) => Err(illegal(other)),
                None => Ok(ChType::String),
            },
            bar,
        ),
        "throwIf" => strict(
            1,
            2,
            |types| {
                if is_number(ty(types, 0)) {
                    Ok(ChType::UInt(8))
                } else {
                    Err(illegal(ty(types, 0)))
                }
            },
            thrown,
        ),
        _ => None,
    }
}
