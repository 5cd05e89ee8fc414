//! Columns cut out of JSON: what a query asks for, and how a typed column of a data file is named.

use arrow::datatypes::{DataType, Field};
use std::{borrow::Cow, fmt, sync::Arc};

/// A flattened path below a document's root, such as `customer.name` or `line_items[].amount`
/// (`docs/format/paths.md`). Member names are joined by `.`; `[]` marks an array of objects that the path goes through.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocPath(Arc<str>);

impl DocPath {
    /// A path in flattened form. No check: any text is a path, most find nothing.
    pub fn new(path: impl Into<Arc<str>>) -> Self {
        Self(path.into())
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many arrays of objects the path goes through; also how deep its columns are nested in lists.
    pub fn array_depth(&self) -> usize {
        self.0.matches("[]").count()
    }
}

impl fmt::Display for DocPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DocPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A member name as a part of a path: `%`, `[`, `]`, `^`, `#`, control characters and a leading `:` are %-escaped, the empty
/// name is `%00`. Dots are not: a name with dots is a path.
pub fn escape_member(name: &str) -> Cow<'_, str> {
    let special = |(i, c): (usize, char)| {
        matches!(c, '%' | '[' | ']' | '^' | '#') || c.is_control() || (i == 0 && c == ':')
    };
    if name.is_empty() {
        return Cow::Borrowed("%00");
    }
    if !name.char_indices().any(special) {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len() + 8);
    for (i, c) in name.char_indices() {
        if special((i, c)) {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// The type of the values of one typed column: exactly this type, anything else is NULL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeafType {
    /// `true`, `false`.
    Bool,
    /// An integer literal in the range of i64.
    Int64,
    /// An integer literal above it, in the range of u64.
    UInt64,
    /// A number with `.` or `e`.
    Float64,
    /// A string, or an integer literal outside both ranges.
    String,
    /// A non-empty array whose elements are all of the type or null, or `[]` (which matches every array type).
    Array(Box<Self>),
}

impl LeafType {
    /// The scalar types, in the order a mixed path tries them.
    pub const SCALARS: [Self; 5] =
        [Self::Bool, Self::Int64, Self::UInt64, Self::Float64, Self::String];

    /// Physical type of one value.
    pub fn arrow(&self) -> DataType {
        match self {
            Self::Bool => DataType::Boolean,
            Self::Int64 => DataType::Int64,
            Self::UInt64 => DataType::UInt64,
            Self::Float64 => DataType::Float64,
            Self::String => DataType::Utf8View,
            Self::Array(inner) => list_of(inner.arrow()),
        }
    }

    /// Parses the name that [`fmt::Display`] writes.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "Bool" => Self::Bool,
            "Int64" => Self::Int64,
            "UInt64" => Self::UInt64,
            "Float64" => Self::Float64,
            "String" => Self::String,
            _ => {
                Self::Array(Box::new(Self::parse(name.strip_prefix("Array(")?.strip_suffix(')')?)?))
            }
        })
    }
}

impl fmt::Display for LeafType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("Bool"),
            Self::Int64 => f.write_str("Int64"),
            Self::UInt64 => f.write_str("UInt64"),
            Self::Float64 => f.write_str("Float64"),
            Self::String => f.write_str("String"),
            Self::Array(inner) => write!(f, "Array({inner})"),
        }
    }
}

/// How a query wants the values of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubKind {
    /// Values of exactly this type, anything else NULL (`data.a.:Int64`).
    Typed(LeafType),
    /// Any value but an object, each row with its own type (`data.a`): the encoding of [`crate::dynamic`].
    Dynamic,
    /// The object at the path as canonical JSON text, `{}` when missing or no object (`data.^a`).
    Object,
    /// The elements of an array of objects as canonical JSON texts, `[]` when there is no such array (`data.items[]`).
    /// The path ends before the last `[]`: `items[]` is path `items`.
    ObjectArray,
    /// Number of elements of an array of objects, 0 when there is none (`length(data.items[])`). Same path rule.
    ObjectArrayLen,
}

/// A column of documents that is cut out of `data`: a path and a kind. Nested in one list per `[]` of the path; rows
/// without such an array have an empty list there, elements without a value a NULL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubColumn {
    /// Path below the root of the document.
    pub path: DocPath,
    /// What is wanted of it.
    pub kind: SubKind,
}

impl SubColumn {
    /// The typed column of a path, as data files name it.
    pub fn typed(path: DocPath, leaf: LeafType) -> Self {
        Self { path, kind: SubKind::Typed(leaf) }
    }

    /// Name of the column in a data file, a memory chunk and a plan: `data.a.b.:Int64`, `data.items[].sku.:String`,
    /// `data.items.#len`, and for what files do not hold as such: `data.a`, `data.^a`, `data.items[]`.
    pub fn name(&self) -> String {
        let path = &self.path;
        match &self.kind {
            SubKind::Typed(leaf) => format!("data.{path}.:{leaf}"),
            SubKind::Dynamic => format!("data.{path}"),
            SubKind::Object => format!("data.^{path}"),
            SubKind::ObjectArray => format!("data.{path}[]"),
            SubKind::ObjectArrayLen => format!("data.{path}.#len"),
        }
    }

    /// Physical type of the column.
    pub fn arrow(&self) -> DataType {
        let inner = match &self.kind {
            SubKind::Typed(leaf) => leaf.arrow(),
            SubKind::Dynamic => DataType::BinaryView,
            SubKind::Object => DataType::Utf8View,
            SubKind::ObjectArray => list_of(DataType::Utf8View),
            SubKind::ObjectArrayLen => DataType::UInt64,
        };
        (0..self.path.array_depth()).fold(inner, |inner, _| list_of(inner))
    }

    /// The column as an Arrow field, always nullable.
    pub fn field(&self) -> Field {
        Field::new(self.name(), self.arrow(), true)
    }
}

/// A list of nullable `item`s, the only list type Rekor uses.
pub fn list_of(item: DataType) -> DataType {
    DataType::List(Arc::new(Field::new("item", item, true)))
}
