//! Functions of numbers of every width, and at the ends of what the widths hold.

use super::{Form, agree, numbers};
use crate::{types::ChType, value::Value};
use datafusion::{
    arrow::array::{Array, ArrayRef, BooleanArray},
    common::ScalarValue,
    logical_expr::ColumnarValue,
};
use std::sync::Arc;

const ROWS: usize = 300;

/// Values of a type: its ends, what is around zero, and others.
fn values(ty: &ChType) -> Vec<Value> {
    let random: Vec<i128> = numbers().skip(3).take(ROWS).map(i128::from).collect();
    let whole = |low: i128, high: i128| -> Vec<Value> {
        let span = high - low + 1;
        let ends = [low, low + 1, -1, 0, 1, 2, high - 1, high].into_iter();
        let others = random.iter().map(|n| low + (n * 48_271_271) % span);
        let held = ends.filter(|n| (low..=high).contains(n));
        held.chain(others).map(Value::Int).collect()
    };
    match ty.strip_nullable() {
        ChType::Int(bits) => whole(-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
        ChType::UInt(bits) => whole(0, (1 << bits) - 1),
        ChType::Float(bits) => {
            let odd = [
                0.0,
                -0.0,
                0.5,
                -0.5,
                1.5,
                2.5,
                1e-7,
                1e-5,
                123.456,
                1e15,
                1e16,
                1e21,
                1e300,
                -1e300,
                5e-324,
                f64::MAX,
                f64::INFINITY,
                f64::NEG_INFINITY,
                f64::NAN,
                2_147_483_647.5,
                -2_147_483_649.0,
                9_223_372_036_854_775_807.0,
                18_446_744_073_709_551_615.0,
                255.9,
                -128.9,
            ];
            let others = numbers().take(ROWS).map(|n| n as f64 / 3e8 - 7_000.0);
            let single = |x: f64| if *bits == 32 { f64::from(x as f32) } else { x };
            odd.into_iter().chain(others).map(|x| Value::Float(single(x))).collect()
        }
        other => panic!("{other}"),
    }
}

/// A column of values of a type, some of them NULL if it is Nullable.
fn column(
    ty: &ChType,
    keep: impl Fn(&Value) -> bool + Clone,
    turn: usize,
) -> (ColumnarValue, ChType) {
    let mut values: Vec<Value> = values(ty).into_iter().filter(keep).cycle().take(ROWS).collect();
    values.rotate_left(turn % ROWS);
    if ty.is_nullable() {
        values.iter_mut().skip(turn % 5).step_by(11).for_each(|value| *value = Value::Null);
    }
    (ColumnarValue::Array(crate::value::to_array(&values, ty).unwrap()), ty.clone())
}

fn constant(value: &Value, ty: &ChType) -> (ColumnarValue, ChType) {
    let array = crate::value::to_array(std::slice::from_ref(value), ty).unwrap();
    (ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0).unwrap()), ty.clone())
}

fn integer_types() -> Vec<ChType> {
    [8, 16, 32, 64].into_iter().flat_map(|bits| [ChType::Int(bits), ChType::UInt(bits)]).collect()
}

fn any(_: &Value) -> bool {
    true
}

fn finite(value: &Value) -> bool {
    value.as_f64().is_some_and(f64::is_finite)
}

/// No divisor that some number has no quotient by.
fn divides(value: &Value) -> bool {
    !matches!(value, Value::Int(0 | -1))
}

/// Whether the numbers of both types fit the same 64 bits.
fn comparable(a: &ChType, b: &ChType) -> bool {
    let long = |ty: &ChType| *ty == ChType::UInt(64);
    let signed = |ty: &ChType| matches!(ty, ChType::Int(_));
    !(long(a) && signed(b) || signed(a) && long(b))
}

#[test]
fn operators_of_integers() {
    for a in integer_types() {
        for b in integer_types() {
            for (x, y) in [(a.clone(), b.clone()), (a.clone().nullable(), b.clone().nullable())] {
                for name in ["plus", "minus", "multiply", "bitAnd", "bitOr", "bitXor"] {
                    let (p, q) = (column(&x, any, 0), column(&y, any, 7));
                    agree(name, &[p.clone(), q.clone()], Form::Whole);
                    for value in values(&b).iter().take(8) {
                        agree(name, &[p.clone(), constant(value, &b)], Form::Whole);
                    }
                    agree(name, &[constant(&Value::Int(100), &a), q], Form::Whole);
                }
                let form = if comparable(&a, &b) { Form::Whole } else { Form::Any };
                for name in ["intDiv", "modulo", "positiveModulo", "intDivOrZero", "moduloOrZero"] {
                    let p = column(&x, any, 0);
                    let mixed = matches!(a, ChType::Int(_)) != matches!(b, ChType::Int(_));
                    let form = if name.starts_with("intDiv") && mixed { Form::Any } else { form };
                    agree(name, &[p.clone(), column(&y, divides, 3)], form);
                    agree(name, &[constant(&Value::Int(7), &a), column(&y, divides, 3)], form);
                    for value in values(&b).iter().take(8) {
                        let fails = !divides(value);
                        let form = if fails { Form::Any } else { form };
                        agree(name, &[p.clone(), constant(value, &b)], form);
                    }
                    agree(name, &[p, column(&y, any, 5)], Form::Any);
                }
            }
        }
    }
}

#[test]
fn what_divides_by_zero_fails() {
    for ty in integer_types() {
        for name in ["intDiv", "modulo", "positiveModulo"] {
            let zero = |value: &Value| *value == Value::Int(0) || *value == Value::Int(1);
            agree(name, &[column(&ty, any, 0), column(&ty, zero, 0)], Form::Fails);
            agree(name, &[column(&ty, any, 0), constant(&Value::Int(0), &ty)], Form::Fails);
        }
    }
    let least = |bits: u32| move |value: &Value| *value == Value::Int(-(1 << (bits - 1)));
    for bits in [8, 16, 32, 64] {
        let ty = ChType::Int(bits);
        let minus = constant(&Value::Int(-1), &ty);
        agree("intDiv", &[column(&ty, least(bits.into()), 0), minus.clone()], Form::Fails);
        agree("intDivOrZero", &[column(&ty, any, 0), minus.clone()], Form::Whole);
        agree("modulo", &[column(&ty, any, 0), minus], Form::Whole);
    }
}

#[test]
fn zeros_below_nulls_divide_nothing() {
    let ty = ChType::Int(64).nullable();
    let values: Vec<Value> =
        (0..40).map(|n| if n % 4 == 0 { Value::Null } else { Value::Int(n) }).collect();
    let divisor = crate::value::to_array(&values, &ty).unwrap();
    let (number, _) = column(&ChType::Int(64), any, 0);
    let ColumnarValue::Array(number) = number else { panic!("a column") };
    let number: ArrayRef = number.slice(0, 40);
    for name in ["intDiv", "modulo"] {
        let args = [
            (ColumnarValue::Array(Arc::clone(&number)), ChType::Int(64)),
            (ColumnarValue::Array(Arc::clone(&divisor)), ty.clone()),
        ];
        agree(name, &args, Form::Whole);
    }
}

#[test]
fn functions_of_one_integer() {
    for ty in integer_types() {
        for ty in [ty.clone(), ty.nullable()] {
            for name in ["negate", "abs", "bitNot", "sqrt", "isFinite", "toString"] {
                agree(name, &[column(&ty, any, 0)], Form::Whole);
            }
            for by in [0, 1, 7] {
                let by = constant(&Value::Int(by), &ChType::UInt(8));
                for name in ["bitShiftLeft", "bitShiftRight"] {
                    agree(name, &[column(&ty, any, 0), by.clone()], Form::Whole);
                }
            }
            let far = constant(&Value::Int(64), &ChType::UInt(8));
            agree("bitShiftLeft", &[column(&ty, any, 0), far], Form::Any);
        }
    }
}

#[test]
fn conversions_of_numbers() {
    let names = [
        "toInt8",
        "toInt16",
        "toInt32",
        "toInt64",
        "toUInt8",
        "toUInt16",
        "toUInt32",
        "toUInt64",
        "toFloat32",
        "toFloat64",
    ];
    let floats = [ChType::Float(32), ChType::Float(64)];
    for ty in integer_types().into_iter().chain(floats.clone()) {
        for ty in [ty.clone(), ty.clone().nullable()] {
            for name in names {
                let same = name.strip_prefix("to") == Some(&ty.strip_nullable().to_string());
                let wider = crate::functions::scalar(
                    name,
                    vec![crate::typed::Typed::value(
                        datafusion::logical_expr::col("x"),
                        ty.clone(),
                    )],
                );
                let native = !matches!(
                    wider.unwrap().expr,
                    datafusion::logical_expr::Expr::ScalarFunction(_)
                );
                if same || native {
                    continue;
                }
                agree(name, &[column(&ty, finite, 0)], Form::Whole);
            }
            let whole = matches!(ty.strip_nullable(), ChType::Int(_) | ChType::UInt(_));
            let form = if whole && *ty.strip_nullable() != ChType::UInt(64) {
                Form::Whole
            } else {
                Form::Any
            };
            agree("toDateTime", &[column(&ty, finite, 0)], form);
        }
    }
    for ty in floats {
        agree("toInt64", &[column(&ty, any, 0)], Form::Fails);
        agree("toUInt8", &[column(&ty.clone().nullable(), any, 0)], Form::Fails);
    }
    let small = |value: &Value| value.as_int().is_some_and(|n| n.abs() < 1 << 40);
    let scale = constant(&Value::Int(3), &ChType::UInt(8));
    let ty = ChType::Int(64).nullable();
    let bound = crate::functions::scalar(
        "toDateTime64",
        vec![
            crate::typed::Typed::value(datafusion::logical_expr::col("x"), ty.clone()),
            crate::typed::Typed::value(datafusion::logical_expr::lit(3_u8), ChType::UInt(8)),
        ],
    );
    let (seconds, _) = column(&ty, small, 0);
    let (by_row, whole) = crate::functions::udf::both_ways(&bound.unwrap(), &[seconds], ROWS);
    assert_eq!(&whole.unwrap(), &by_row.unwrap(), "{scale:?}");
}

#[test]
fn functions_of_floats() {
    let one = [
        "sqrt",
        "cbrt",
        "exp",
        "exp2",
        "log",
        "log2",
        "log10",
        "log1p",
        "sin",
        "cos",
        "tan",
        "asin",
        "atan",
        "tanh",
        "erf",
        "lgamma",
        "degrees",
        "sigmoid",
        "isNaN",
        "isInfinite",
        "isFinite",
        "negate",
        "abs",
    ];
    for ty in [ChType::Float(32), ChType::Float(64), ChType::Float(64).nullable()] {
        for name in one {
            agree(name, &[column(&ty, any, 0)], Form::Whole);
        }
        for other in [ChType::Float(64), ChType::Int(16).nullable(), ChType::UInt(64)] {
            for name in ["pow", "atan2", "hypot", "max2", "min2", "modulo", "positiveModulo"] {
                agree(name, &[column(&ty, any, 0), column(&other, any, 4)], Form::Whole);
            }
        }
    }
    for ty in [ChType::Float(64), ChType::Float(64).nullable()] {
        agree("toString", &[column(&ty, any, 0)], Form::Whole);
        for name in ["round", "floor", "ceil", "trunc"] {
            agree(name, &[column(&ty, any, 0)], Form::Whole);
            for digits in [-400, -20, -2, 0, 1, 2, 7, 20, 400] {
                let digits = constant(&Value::Int(digits), &ChType::Int(16));
                agree(name, &[column(&ty, any, 0), digits], Form::Whole);
            }
        }
    }
}

#[test]
fn extremes_of_several() {
    let types = integer_types().into_iter().chain([ChType::Float(32), ChType::Float(64)]);
    for ty in types {
        for name in ["greatest", "least"] {
            let (a, b) = (column(&ty, any, 0), column(&ty, any, 9));
            agree(name, &[a.clone(), b, constant(&values(&ty)[1], &ty)], Form::Whole);
            let null = ty.clone().nullable();
            let (a, b) = (column(&null, any, 0), column(&null, any, 9));
            agree(name, &[a.clone(), b.clone()], Form::Whole);
            let seven = constant(&Value::Int(7), &ty).0;
            agree(name, &[(seven, null.clone()), a, b], Form::Whole);
        }
    }
}

#[test]
fn truths_are_no_numbers_here() {
    let flags: ArrayRef = Arc::new(BooleanArray::from(vec![true, false, true]));
    let flags = (ColumnarValue::Array(flags), ChType::Bool);
    for name in ["plus", "bitAnd", "multiply"] {
        agree(name, &[flags.clone(), flags.clone()], Form::Any);
    }
}
