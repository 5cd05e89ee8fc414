//! Literals and common types.

use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, to_array},
};
use datafusion::{common::ScalarValue, logical_expr::lit};

/// The constant of a value, with the smallest type that ClickHouse gives a literal.
pub(crate) fn literal(value: &Value) -> SqlResult<Typed> {
    let ty = literal_type(value)?;
    Ok(Typed::value(lit(scalar_of(value, &ty)?), ty))
}

/// A value as a DataFusion constant of a ClickHouse type.
pub(crate) fn scalar_of(value: &Value, ty: &ChType) -> SqlResult<ScalarValue> {
    let array = to_array(std::slice::from_ref(value), ty)?;
    ScalarValue::try_from_array(&array, 0)
        .map_err(|error| SqlError::new(ChCode::LogicalError, error.to_string()))
}

fn literal_type(value: &Value) -> SqlResult<ChType> {
    Ok(match value {
        Value::Null => ChType::Nothing.nullable(),
        Value::Bool(_) => ChType::Bool,
        Value::Int(v) => integer_type(*v),
        Value::Float(_) => ChType::Float(64),
        Value::Decimal(_, scale) => ChType::Decimal(38, *scale),
        Value::String(_) => ChType::String,
        Value::Date(_) => ChType::Date,
        Value::DateTime(_) => ChType::DateTime(None),
        Value::DateTime64(_, scale) => ChType::DateTime64(*scale, None),
        Value::Json(_) => ChType::Json,
        Value::Array(items) => ChType::Array(Box::new(common_type(
            &items.iter().map(literal_type).collect::<SqlResult<Vec<_>>>()?,
        )?)),
        Value::Tuple(items) => ChType::Tuple(
            items.iter().map(|item| Ok((None, literal_type(item)?))).collect::<SqlResult<_>>()?,
        ),
        Value::Map(pairs) => {
            let types = |of: fn(&(Value, Value)) -> &Value| -> SqlResult<ChType> {
                common_type(
                    &pairs
                        .iter()
                        .map(|pair| literal_type(of(pair)))
                        .collect::<SqlResult<Vec<_>>>()?,
                )
            };
            ChType::Map(Box::new(types(|p| &p.0)?), Box::new(types(|p| &p.1)?))
        }
    })
}

fn integer_type(value: i128) -> ChType {
    match value {
        0..=0xFF => ChType::UInt(8),
        0x100..=0xFFFF => ChType::UInt(16),
        0x1_0000..=0xFFFF_FFFF => ChType::UInt(32),
        0x1_0000_0000.. => ChType::UInt(64),
        -0x80..0 => ChType::Int(8),
        -0x8000..-0x80 => ChType::Int(16),
        -0x8000_0000..-0x8000 => ChType::Int(32),
        _ => ChType::Int(64),
    }
}

/// The type that holds the values of all types; `Variant` of text and numbers.
pub(crate) fn common_type(types: &[ChType]) -> SqlResult<ChType> {
    let nullable = types.iter().any(|ty| matches!(ty, ChType::Nullable(_)));
    let mut known: Vec<&ChType> = Vec::new();
    for ty in types.iter().map(ChType::strip_nullable).filter(|ty| **ty != ChType::Nothing) {
        if !known.contains(&ty) {
            known.push(ty);
        }
    }
    let common = match known.as_slice() {
        [] => {
            return Ok(if nullable { ChType::Nothing.nullable() } else { ChType::Nothing });
        }
        [one] => (*one).clone(),
        texts if texts.iter().all(|ty| is_text(ty)) => named_by(texts),
        [first, rest @ ..] => rest
            .iter()
            .try_fold((*first).clone(), |a, b| pair(&a, b))
            .unwrap_or_else(|| variant(&known)),
    };
    Ok(if nullable { common.nullable() } else { common })
}

fn is_text(ty: &ChType) -> bool {
    matches!(ty, ChType::String | ChType::FixedString(_) | ChType::Enum(..))
}

/// What texts of several types have in common: text, or the numbers of Enums alone.
fn named_by(types: &[&ChType]) -> ChType {
    let bits =
        types.iter().map(|ty| if let ChType::Enum(bits, _) = ty { Some(*bits) } else { None });
    let widest = bits.collect::<Option<Vec<u8>>>().and_then(|bits| bits.into_iter().max());
    widest.map_or(ChType::String, ChType::Int)
}

fn variant(types: &[&ChType]) -> ChType {
    if types.contains(&&ChType::Dynamic) {
        return ChType::Dynamic;
    }
    let members = types.iter().flat_map(|ty| match ty {
        ChType::Variant(members) => members.clone(),
        other => vec![(*other).clone()],
    });
    ChType::Variant(sorted_members(members.collect()))
}

fn sorted_members(mut members: Vec<ChType>) -> Vec<ChType> {
    members.sort_by_key(ToString::to_string);
    members.dedup();
    members
}

/// The type of what a function makes of the members of a Variant: one of these types, or NULL.
pub(super) fn variant_of(results: &[ChType]) -> ChType {
    let members = sorted_members(results.iter().map(|ty| ty.strip_nullable().clone()).collect());
    match members.as_slice() {
        [only] => only.clone().nullable(),
        _ => ChType::Variant(members),
    }
}

/// The most digits of a Decimal that takes as many bytes as one of a precision.
pub(super) const fn decimal_class(precision: u8) -> u8 {
    match precision {
        0..=9 => 9,
        10..=18 => 18,
        _ => 38,
    }
}

/// The most digits of an integer type.
fn integer_digits(ty: &ChType) -> u8 {
    match ty {
        ChType::Int(8) | ChType::UInt(8) => 3,
        ChType::Int(16) | ChType::UInt(16) => 5,
        ChType::Int(32) | ChType::UInt(32) => 10,
        ChType::UInt(64) => 20,
        _ => 19,
    }
}

/// The type that holds what values of all types can have in common: of numbers the narrowest, integers before floats and
/// unsigned before signed ones. `None` where no type is narrower than the others.
pub(crate) fn shared_type(types: &[ChType]) -> Option<ChType> {
    let rank = |ty: &ChType| match ty.strip_nullable() {
        ChType::UInt(bits) => Some((0, *bits, 0)),
        ChType::Int(bits) => Some((0, *bits, 1)),
        ChType::Float(bits) => Some((1, *bits, 0)),
        _ => None,
    };
    let ranks: Option<Vec<_>> = types.iter().map(rank).collect();
    let (at, _) = ranks?.into_iter().enumerate().min_by_key(|(_, rank)| *rank)?;
    types.get(at).map(|ty| ty.strip_nullable().clone())
}

fn pair(a: &ChType, b: &ChType) -> Option<ChType> {
    use ChType::{
        Array, Bool, Date, Date32, DateTime, DateTime64, Decimal, Float, Int, Map, Nothing, Tuple,
        UInt,
    };
    Some(match (a, b) {
        (a, b) if a == b => a.clone(),
        (Nothing, other) | (other, Nothing) => other.clone(),
        (ChType::Nullable(_), _) | (_, ChType::Nullable(_)) => {
            pair(a.strip_nullable(), b.strip_nullable())?.nullable()
        }
        (Bool, Bool | UInt(8)) => Bool,
        (Bool, number @ (Int(_) | UInt(_) | Float(_)))
        | (number @ (Int(_) | UInt(_) | Float(_)), Bool) => pair(&UInt(8), number)?,
        (Int(x), Int(y)) => Int(*x.max(y)),
        (UInt(x), UInt(y)) => UInt(*x.max(y)),
        (Int(i), UInt(u)) | (UInt(u), Int(i)) => {
            if u < i {
                Int(*i)
            } else if *u < 64 {
                Int(u * 2)
            } else {
                return None;
            }
        }
        (Float(x), Float(y)) => Float(*x.max(y)),
        // Small integers are exact in single precision.
        (Float(x), Int(8 | 16) | UInt(8 | 16)) | (Int(8 | 16) | UInt(8 | 16), Float(x)) => {
            Float(*x)
        }
        (Float(_), Int(_) | UInt(_) | Decimal(..)) | (Int(_) | UInt(_) | Decimal(..), Float(_)) => {
            Float(64)
        }
        (Decimal(p, s), integer @ (Int(_) | UInt(_)))
        | (integer @ (Int(_) | UInt(_)), Decimal(p, s)) => {
            Decimal(decimal_class((*p).max(s + integer_digits(integer))), *s)
        }
        // Decimals of one width and scale are one type, whatever their precision.
        (Decimal(p, s), Decimal(q, t)) if s == t && decimal_class(*p) == decimal_class(*q) => {
            a.clone()
        }
        (Decimal(p, s), Decimal(q, t)) => Decimal(decimal_class((*p).max(*q)), (*s).max(*t)),
        (Date, DateTime(zone)) | (DateTime(zone), Date) => DateTime(zone.clone()),
        (Date, Date32) | (Date32, Date) => Date32,
        (Date32, DateTime(_)) | (DateTime(_), Date32) => DateTime64(0, None),
        // Zones are no part of what is compared: the first one's is kept.
        (DateTime(zone), DateTime(_)) => DateTime(zone.clone()),
        (DateTime64(s, zone), Date | Date32 | DateTime(_))
        | (Date | Date32 | DateTime(_), DateTime64(s, zone)) => DateTime64(*s, zone.clone()),
        (DateTime64(s, zone), DateTime64(t, other)) => DateTime64(
            *s.max(t),
            if s == t { zone.clone() } else { zone.clone().or_else(|| other.clone()) },
        ),
        (Array(x), Array(y)) => Array(Box::new(common_type(&[(**x).clone(), (**y).clone()]).ok()?)),
        (Tuple(x), Tuple(y)) if x.len() == y.len() => {
            // Names stay where all have them.
            let named = x.iter().zip(y).all(|((a, _), (b, _))| a == b);
            let fields = x.iter().zip(y).map(|((name, a), (_, b))| {
                let name = name.clone().filter(|_| named);
                Some((name, common_type(&[a.clone(), b.clone()]).ok()?))
            });
            Tuple(fields.collect::<Option<_>>()?)
        }
        (Map(k, v), Map(l, w)) => Map(Box::new(pair(k, l)?), Box::new(pair(v, w)?)),
        (a, b) if is_text(a) && is_text(b) => named_by(&[a, b]),
        (ChType::Enum(bits, _), number @ (Int(_) | UInt(_)))
        | (number @ (Int(_) | UInt(_)), ChType::Enum(bits, _)) => pair(&Int(*bits), number)?,
        _ => return None,
    })
}
