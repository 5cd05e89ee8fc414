//! ClickHouse's types. Arrow cannot tell UInt8 from a comparison's result, String from UUID, or Nullable from not, so the
//! front end carries these beside every DataFusion expression; DataFusion sees only [`ChType::arrow`].

use arrow::datatypes::{DataType, TimeUnit};
use rekor_core::subcolumn::list_of;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A ClickHouse data type. `LowCardinality` is erased.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ChType {
    /// The type of a bare NULL: `Nullable(Nothing)` prints from `Nullable(Nothing)`.
    Nothing,
    /// `true`, `false`.
    Bool,
    /// Integers by signedness and width in bits (8, 16, 32, 64).
    Int(u8),
    /// Unsigned integers.
    UInt(u8),
    /// `Float32`, `Float64`.
    Float(u8),
    /// Precision and scale; up to 76 digits.
    Decimal(u8, u8),
    /// Text.
    String,
    /// Text of a fixed size in bytes, padded with zero bytes.
    FixedString(usize),
    /// Canonical lower-case text inside.
    Uuid,
    /// Days.
    Date,
    /// Days, wide range.
    Date32,
    /// Seconds; the time zone as written, if any. Always UTC inside.
    DateTime(Option<String>),
    /// Ticks of 10^-scale seconds; the time zone as written.
    DateTime64(u8, Option<String>),
    /// A name of `INTERVAL n UNIT`: unit in lower case singular (`day`), value is i64.
    Interval(IntervalUnit),
    /// Names with their numbers; 8 or 16 bits.
    Enum(u8, Vec<(String, i16)>),
    /// A type whose values may be NULL. Never nested, never around Array, Map, Dynamic, Variant, JSON.
    Nullable(Box<Self>),
    /// Elements of one type.
    Array(Box<Self>),
    /// Elements with optional names.
    Tuple(Vec<(Option<String>, Self)>),
    /// Keys and values.
    Map(Box<Self>, Box<Self>),
    /// A JSON object: canonical text inside.
    Json,
    /// Any value of JSON or of another type, each row its own: [`rekor_core::dynamic`] inside.
    Dynamic,
    /// One of some types, each row its own; the same encoding as Dynamic inside.
    Variant(Vec<Self>),
}

/// Units of `INTERVAL`, shortest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum IntervalUnit {
    Nanosecond,
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl ChType {
    /// `Nullable(self)`, where ClickHouse allows it; types that hold NULL by themselves, and composites, stay as they are.
    #[must_use]
    pub fn nullable(self) -> Self {
        match self {
            Self::Nullable(_)
            | Self::Array(_)
            | Self::Map(..)
            | Self::Json
            | Self::Dynamic
            | Self::Variant(_) => self,
            other => Self::Nullable(Box::new(other)),
        }
    }

    /// The type without `Nullable`.
    pub fn strip_nullable(&self) -> &Self {
        match self {
            Self::Nullable(inner) => inner,
            other => other,
        }
    }

    /// Whether a value may be NULL.
    pub fn is_nullable(&self) -> bool {
        matches!(self, Self::Nullable(_) | Self::Dynamic | Self::Variant(_))
    }

    /// The physical type.
    pub fn arrow(&self) -> DataType {
        match self {
            Self::Nothing => DataType::Null,
            Self::Bool => DataType::Boolean,
            Self::Int(8) => DataType::Int8,
            Self::Int(16) => DataType::Int16,
            Self::Int(32) => DataType::Int32,
            Self::Int(_) | Self::Interval(_) => DataType::Int64,
            Self::UInt(8) => DataType::UInt8,
            Self::UInt(16) => DataType::UInt16,
            Self::UInt(32) => DataType::UInt32,
            Self::UInt(_) => DataType::UInt64,
            Self::Float(32) => DataType::Float32,
            Self::Float(_) => DataType::Float64,
            Self::Decimal(precision @ 0..=38, scale) => {
                DataType::Decimal128(*precision, scale.cast_signed())
            }
            Self::Decimal(precision, scale) => {
                DataType::Decimal256(*precision, scale.cast_signed())
            }
            Self::String | Self::FixedString(_) | Self::Uuid | Self::Enum(..) | Self::Json => {
                DataType::Utf8View
            }
            Self::Date | Self::Date32 => DataType::Date32,
            Self::DateTime(_) => DataType::Timestamp(TimeUnit::Second, None),
            Self::DateTime64(scale, _) => DataType::Timestamp(time_unit(*scale), None),
            Self::Nullable(inner) => inner.arrow(),
            Self::Array(item) => list_of(item.arrow()),
            Self::Tuple(fields) => DataType::Struct(
                fields
                    .iter()
                    .enumerate()
                    .map(|(i, (_, ty))| {
                        arrow::datatypes::Field::new(format!("{}", i + 1), ty.arrow(), true)
                    })
                    .collect(),
            ),
            Self::Map(key, value) => list_of(
                Self::Tuple(vec![(None, (**key).clone()), (None, (**value).clone())]).arrow(),
            ),
            Self::Dynamic | Self::Variant(_) => DataType::BinaryView,
        }
    }
}

/// The Arrow unit that holds DateTime64 of a scale exactly.
pub const fn time_unit(scale: u8) -> TimeUnit {
    match scale {
        0 => TimeUnit::Second,
        1..=3 => TimeUnit::Millisecond,
        4..=6 => TimeUnit::Microsecond,
        _ => TimeUnit::Nanosecond,
    }
}

/// Whether a name needs no quotes.
fn is_identifier(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl ChType {
    /// The name that toTypeName gives: tuples with names have a line for each of them.
    pub(crate) fn name_in_lines(&self, level: usize) -> String {
        match self {
            Self::Array(item) => format!("Array({})", item.name_in_lines(level)),
            Self::Map(key, value) => {
                format!("Map({}, {})", key.name_in_lines(level), value.name_in_lines(level))
            }
            Self::Tuple(fields) if fields.iter().all(|(name, _)| name.is_none()) => {
                let fields: Vec<String> =
                    fields.iter().map(|(_, ty)| ty.name_in_lines(level)).collect();
                format!("Tuple({})", fields.join(", "))
            }
            Self::Tuple(fields) => {
                let line = |(name, ty): &(Option<String>, Self)| {
                    let name = name.as_deref().map(quoted_name).unwrap_or_default();
                    format!("\n{}{name} {}", "    ".repeat(level + 1), ty.name_in_lines(level + 1))
                };
                format!("Tuple({})", fields.iter().map(line).collect::<Vec<_>>().join(","))
            }
            other => other.to_string(),
        }
    }
}

/// The name of a tuple's element as types write it.
fn quoted_name(name: &str) -> String {
    if is_identifier(name) { name.to_owned() } else { format!("`{name}`") }
}

/// ClickHouse's name of the type.
impl fmt::Display for ChType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, name: &str, types: &[Self]| {
            write!(f, "{name}(")?;
            for (i, ty) in types.iter().enumerate() {
                write!(f, "{}{ty}", if i == 0 { "" } else { ", " })?;
            }
            f.write_str(")")
        };
        match self {
            Self::Nothing => f.write_str("Nothing"),
            Self::Bool => f.write_str("Bool"),
            Self::Int(bits) => write!(f, "Int{bits}"),
            Self::UInt(bits) => write!(f, "UInt{bits}"),
            Self::Float(bits) => write!(f, "Float{bits}"),
            Self::Decimal(precision, scale) => write!(f, "Decimal({precision}, {scale})"),
            Self::String => f.write_str("String"),
            Self::FixedString(size) => write!(f, "FixedString({size})"),
            Self::Uuid => f.write_str("UUID"),
            Self::Date => f.write_str("Date"),
            Self::Date32 => f.write_str("Date32"),
            Self::DateTime(None) => f.write_str("DateTime"),
            Self::DateTime(Some(zone)) => write!(f, "DateTime('{zone}')"),
            Self::DateTime64(scale, None) => write!(f, "DateTime64({scale})"),
            Self::DateTime64(scale, Some(zone)) => write!(f, "DateTime64({scale}, '{zone}')"),
            Self::Interval(unit) => write!(f, "Interval{unit:?}"),
            Self::Enum(bits, names) => {
                write!(f, "Enum{bits}(")?;
                for (i, (name, number)) in names.iter().enumerate() {
                    write!(f, "{}'{name}' = {number}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
            Self::Nullable(inner) => write!(f, "Nullable({inner})"),
            Self::Array(item) => write!(f, "Array({item})"),
            Self::Tuple(fields) => {
                f.write_str("Tuple(")?;
                for (i, (name, ty)) in fields.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { ", " })?;
                    match name {
                        Some(name) => write!(f, "{} {ty}", quoted_name(name))?,
                        None => write!(f, "{ty}")?,
                    }
                }
                f.write_str(")")
            }
            Self::Map(key, value) => write!(f, "Map({key}, {value})"),
            Self::Json => f.write_str("JSON"),
            Self::Dynamic => f.write_str("Dynamic"),
            Self::Variant(types) => list(f, "Variant", types),
        }
    }
}
