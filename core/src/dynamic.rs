//! A value of any type in one binary cell: a type byte and a canonical payload, so that hash, join and spill work.
//!
//! NULL is a NULL cell. Integers and floats are little-endian; arrays and objects are canonical JSON text (sorted keys,
//! no spaces). The bytes 0x40 and above belong to SQL types that JSON cannot hold (`rekor-query`).

/// The type byte.
pub mod tag {
    /// `false` or `true`: one byte.
    pub const BOOL: u8 = 1;
    /// i64: 8 bytes.
    pub const INT64: u8 = 2;
    /// u64 above `i64::MAX`: 8 bytes.
    pub const UINT64: u8 = 3;
    /// f64: 8 bytes.
    pub const FLOAT64: u8 = 4;
    /// UTF-8 text.
    pub const STRING: u8 = 5;
    /// Canonical JSON text of an array.
    pub const ARRAY: u8 = 6;
    /// Canonical JSON text of an object.
    pub const OBJECT: u8 = 7;
}

/// A decoded cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Dynamic<'a> {
    /// `true`, `false`.
    Bool(bool),
    /// Integer in the range of i64.
    Int64(i64),
    /// Integer above it.
    UInt64(u64),
    /// Number with `.` or `e`.
    Float64(f64),
    /// Text.
    String(&'a str),
    /// JSON text of an array.
    Array(&'a str),
    /// JSON text of an object.
    Object(&'a str),
    /// A type that JSON cannot hold: its tag and payload.
    Other(u8, &'a [u8]),
}

impl<'a> Dynamic<'a> {
    /// Decodes a cell; `None` if the bytes are no cell.
    pub fn decode(cell: &'a [u8]) -> Option<Self> {
        let (&tag, payload) = cell.split_first()?;
        let text = || std::str::from_utf8(payload).ok();
        Some(match tag {
            tag::BOOL => Self::Bool(*payload.first()? != 0),
            tag::INT64 => Self::Int64(i64::from_le_bytes(payload.try_into().ok()?)),
            tag::UINT64 => Self::UInt64(u64::from_le_bytes(payload.try_into().ok()?)),
            tag::FLOAT64 => Self::Float64(f64::from_le_bytes(payload.try_into().ok()?)),
            tag::STRING => Self::String(text()?),
            tag::ARRAY => Self::Array(text()?),
            tag::OBJECT => Self::Object(text()?),
            other => Self::Other(other, payload),
        })
    }

    /// Appends the cell to `out`, which is cleared first.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.clear();
        let (tag, payload): (u8, &[u8]) = match self {
            Self::Bool(v) => (tag::BOOL, &[u8::from(*v)]),
            Self::Int64(v) => (tag::INT64, &v.to_le_bytes()),
            Self::UInt64(v) => (tag::UINT64, &v.to_le_bytes()),
            Self::Float64(v) => (tag::FLOAT64, &v.to_le_bytes()),
            Self::String(v) => (tag::STRING, v.as_bytes()),
            Self::Array(v) => (tag::ARRAY, v.as_bytes()),
            Self::Object(v) => (tag::OBJECT, v.as_bytes()),
            Self::Other(tag, v) => (*tag, v),
        };
        out.push(tag);
        out.extend_from_slice(payload);
    }
}
