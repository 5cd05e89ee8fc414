//! The filter language of lists, `{"field","op","value"}` with `and` and `or`, as SQL of the dialect: there is one engine.
//!
//! A comparison looks at the values of its own type, as in SQL: a missing member matches nothing but `is_null`. Values are
//! bound as parameters and names are quoted, so nothing a client sends is ever part of the query's text.

mod aggregate;
mod cursor;
mod list;

pub use aggregate::{AggregateQuery, Aggregated, Aggregation};
pub use list::{ListQuery, Listed, Sort};

use rekor_core::{Error, Result, error::Detail, limits};
use serde_json::{Map, Value};

/// The operators, but `has`.
const OPERATORS: [&str; 12] = [
    "eq",
    "neq",
    "gt",
    "gte",
    "lt",
    "lte",
    "in",
    "not_in",
    "like",
    "ilike",
    "is_null",
    "is_not_null",
];

/// The table that is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Table {
    /// The documents of a collection.
    Documents(String),
    /// The relationships of the database.
    Relationships,
}

impl Table {
    fn name(&self) -> &'static str {
        match self {
            Self::Documents(_) => "documents",
            Self::Relationships => "relationships",
        }
    }

    /// Columns that filters may name besides `data.…`, and whether they are numbers.
    fn columns(&self) -> &'static [(&'static str, Kind)] {
        match self {
            Self::Documents(_) => &[
                ("id", Kind::Text),
                ("external_id", Kind::Text),
                ("external_source", Kind::Text),
                ("version", Kind::Number),
                ("created_at", Kind::Time),
                ("updated_at", Kind::Time),
                ("cancelled", Kind::Flag),
            ],
            Self::Relationships => &[
                ("id", Kind::Text),
                ("rel_type", Kind::Text),
                ("source_collection", Kind::Text),
                ("source_id", Kind::Text),
                ("target_collection", Kind::Text),
                ("target_id", Kind::Text),
                ("version", Kind::Number),
                ("created_at", Kind::Time),
                ("updated_at", Kind::Time),
            ],
        }
    }
}

/// What a plain column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Time,
    Flag,
}

/// A field of a filter, sort or aggregation.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Field {
    Column(&'static str, Kind),
    /// A path below `data`, quoted for SQL, and its members.
    Data(String, Vec<String>),
}

impl Field {
    fn parse(table: &Table, name: &str, at: &str) -> Result<Self> {
        if let Some(path) = name.strip_prefix("data.") {
            let (path, members) = quoted(path, at)?;
            return Ok(Self::Data(path, members));
        }
        let column = table.columns().iter().find(|(known, _)| *known == name);
        column.map(|(known, kind)| Self::Column(known, *kind)).ok_or_else(|| {
            let known: Vec<&str> = table.columns().iter().map(|(name, _)| *name).collect();
            wrong(
                at,
                format!(
                    "{name:?} is no field: write `data.<path>` for members of the document, or one of {}",
                    known.join(", ")
                ),
            )
        })
    }

    /// The values of one type: `String`, `Int64`, `Float64` or `Bool`.
    fn typed(&self, ty: &str) -> String {
        match self {
            Self::Column(name, _) => (*name).to_owned(),
            Self::Data(path, _) => format!("{path}.:{ty}"),
        }
    }
}

/// `data` with a path whose members are quoted, and the members.
fn quoted(path: &str, at: &str) -> Result<(String, Vec<String>)> {
    if path.is_empty() || path.len() > limits::PATH_BYTES_MAX || path.split('.').any(str::is_empty)
    {
        return Err(wrong(at, format!("{path:?} is no path of a document")));
    }
    let members: Vec<String> = path.split('.').map(str::to_owned).collect();
    Ok((quoted_path(&members), members))
}

/// The path of members below `data`, as the dialect writes it; `[]` behind a name goes through an array of objects.
pub fn quoted_path(members: &[String]) -> String {
    let quoted = members.iter().map(|member| {
        let (name, array) = match member.strip_suffix("[]") {
            Some(name) => (name, "[]"),
            None => (member.as_str(), ""),
        };
        format!("`{}`{array}", name.replace('`', "``"))
    });
    format!("data.{}", quoted.collect::<Vec<_>>().join("."))
}

fn wrong(at: &str, message: impl std::fmt::Display) -> Error {
    Error::validation(format!("The filter is not valid at {at}: {message}."))
        .with_detail(Detail::at(at, message.to_string()))
}

/// The text of a query while it is written, with the values of its parameters.
#[derive(Debug, Default)]
struct Writer {
    params: Map<String, Value>,
}

impl Writer {
    /// A parameter of a ClickHouse type.
    fn bind(&mut self, ty: &str, value: Value) -> String {
        let name = format!("p{}", self.params.len());
        let placeholder = format!("{{{name}:{ty}}}");
        self.params.insert(name, value);
        placeholder
    }

    /// The condition of a filter.
    fn filter(&mut self, table: &Table, filter: &Value, at: &str, depth: usize) -> Result<String> {
        if depth > limits::FILTER_DEPTH_MAX {
            return Err(wrong(
                at,
                format!("groups nest at most {} levels", limits::FILTER_DEPTH_MAX),
            ));
        }
        let Some(members) = filter.as_object() else {
            return Err(wrong(at, "an object is expected"));
        };
        for (group, joint) in [("and", " AND "), ("or", " OR ")] {
            let Some(parts) = members.get(group) else { continue };
            let parts = parts.as_array().filter(|parts| !parts.is_empty() && members.len() == 1);
            let parts = parts.ok_or_else(|| {
                wrong(at, format!("a group is {{\"{group}\": [conditions…]}} and nothing else"))
            })?;
            let conditions = parts
                .iter()
                .enumerate()
                .map(|(i, part)| self.filter(table, part, &format!("{at}/{group}/{i}"), depth + 1));
            let conditions: Vec<String> = conditions.collect::<Result<_>>()?;
            return Ok(format!("({})", conditions.join(joint)));
        }
        self.condition(table, members, at)
    }

    fn condition(
        &mut self,
        table: &Table,
        members: &Map<String, Value>,
        at: &str,
    ) -> Result<String> {
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let (Some(field), Some(op)) = (text("field"), text("op")) else {
            let hint = if members.keys().any(|name| name.starts_with('$'))
                || !members.contains_key("field")
            {
                "a condition is {\"field\": \"data.status\", \"op\": \"eq\", \"value\": \"paid\"}, not the style of MongoDB"
            } else {
                "a condition needs `field` and `op`"
            };
            return Err(wrong(at, hint));
        };
        if let Some(other) =
            members.keys().find(|n| !["field", "op", "value"].contains(&n.as_str()))
        {
            return Err(wrong(at, format!("a condition has no member {other:?}")));
        }
        let field = Field::parse(table, field, &format!("{at}/field"))?;
        let at_value = format!("{at}/value");
        let value = || members.get("value").ok_or_else(|| wrong(at, format!("{op} needs a value")));
        match op {
            "eq" => self.compare(&field, "=", value()?, &at_value),
            "neq" => self.compare(&field, "!=", value()?, &at_value),
            "gt" => self.compare(&field, ">", value()?, &at_value),
            "gte" => self.compare(&field, ">=", value()?, &at_value),
            "lt" => self.compare(&field, "<", value()?, &at_value),
            "lte" => self.compare(&field, "<=", value()?, &at_value),
            "in" => self.one_of(&field, value()?, &at_value),
            "not_in" => {
                let within = self.one_of(&field, value()?, &at_value)?;
                Ok(format!("({} AND NOT {within})", present(&field)))
            }
            "like" | "ilike" => {
                let pattern =
                    value()?.as_str().ok_or_else(|| wrong(&at_value, "a text is expected"))?;
                let pattern = self.bind("String", Value::from(pattern));
                Ok(known(&format!("{} {} {pattern}", field.typed("String"), op.to_uppercase())))
            }
            "is_null" => Ok(format!("(NOT {})", present(&field))),
            "is_not_null" => Ok(present(&field)),
            "has" => self.has(&field, value()?, &at_value),
            other => Err(wrong(
                &format!("{at}/op"),
                format!("{other:?} is no operator; there are {} and has", OPERATORS.join(", ")),
            )),
        }
    }

    /// A comparison with values of the type of `value`.
    fn compare(
        &mut self,
        field: &Field,
        operator: &str,
        value: &Value,
        at: &str,
    ) -> Result<String> {
        if let Field::Column(name, kind) = field {
            let value = self.column_value(*kind, value, at)?;
            return Ok(known(&format!("{name} {operator} {value}")));
        }
        let (types, bound_as): (&[&str], &str) = match value {
            Value::String(_) => (&["String"], "String"),
            Value::Number(n) if n.is_i64() => (&["Int64", "Float64"], "Int64"),
            Value::Number(_) => (&["Int64", "Float64"], "Float64"),
            Value::Bool(_) if matches!(operator, "=" | "!=") => (&["Bool"], "Bool"),
            Value::Null => return Err(wrong(at, "null is compared with is_null and is_not_null")),
            _ => {
                return Err(wrong(
                    at,
                    "texts and numbers are compared, and booleans with eq and neq",
                ));
            }
        };
        let value = self.bind(bound_as, value.clone());
        if operator == "!=" {
            // A value of another type differs, too.
            let same = any_of(types, |ty| format!("{} = {value}", field.typed(ty)));
            return Ok(format!("({} AND NOT {same})", present(field)));
        }
        Ok(any_of(types, |ty| format!("{} {operator} {value}", field.typed(ty))))
    }

    fn column_value(&mut self, kind: Kind, value: &Value, at: &str) -> Result<String> {
        match (kind, value) {
            (Kind::Text, Value::String(text)) => {
                Ok(self.bind("String", Value::from(text.as_str())))
            }
            (Kind::Number, Value::Number(n)) if n.is_u64() => {
                Ok(self.bind("UInt64", value.clone()))
            }
            (Kind::Time, Value::String(text)) => {
                let time = rekor_core::Timestamp::parse_rfc3339(text);
                let time = time
                    .ok_or_else(|| wrong(at, "a time such as 2026-03-25T10:00:00Z is expected"))?;
                let text = time.to_rfc3339().replace('T', " ").replace('Z', "");
                Ok(self.bind("DateTime64(3, 'UTC')", Value::from(text)))
            }
            (Kind::Flag, Value::Bool(flag)) => Ok(self.bind("Bool", Value::from(*flag))),
            (Kind::Flag, _) => Err(wrong(at, "true or false is expected")),
            (Kind::Text, _) => Err(wrong(at, "a text is expected")),
            (Kind::Number, _) => Err(wrong(at, "a whole number is expected")),
            (Kind::Time, _) => Err(wrong(at, "a time is expected")),
        }
    }

    fn one_of(&mut self, field: &Field, values: &Value, at: &str) -> Result<String> {
        let values = values.as_array().filter(|values| !values.is_empty());
        let values =
            values.ok_or_else(|| wrong(at, "a list with at least one value is expected"))?;
        if values.len() > limits::FILTER_IN_MAX {
            return Err(wrong(at, format!("a list has at most {} values", limits::FILTER_IN_MAX)));
        }
        let same = values
            .iter()
            .enumerate()
            .map(|(i, value)| self.compare(field, "=", value, &format!("{at}/{i}")))
            .collect::<Result<Vec<_>>>()?;
        Ok(format!("({})", same.join(" OR ")))
    }

    /// Whether an array holds a value. Arrays of one type are columns; others are read from the document.
    fn has(&mut self, field: &Field, value: &Value, at: &str) -> Result<String> {
        let Field::Data(path, members) = field else {
            return Err(wrong(at, "has is about arrays below `data`"));
        };
        let (types, bound_as): (&[&str], &str) = match value {
            Value::String(_) => (&["String"], "String"),
            Value::Number(n) if n.is_i64() => (&["Int64", "Float64"], "Int64"),
            Value::Number(_) => (&["Int64", "Float64"], "Float64"),
            Value::Bool(_) => (&["Bool"], "Bool"),
            _ => return Err(wrong(at, "has looks for a text, a number or a boolean")),
        };
        let bound = self.bind(bound_as, value.clone());
        let typed = any_of(types, |ty| format!("has({path}.:`Array(Nullable({ty}))`, {bound})"));
        let members: Vec<String> =
            members.iter().map(|name| self.bind("String", Value::from(name.as_str()))).collect();
        let elements = format!("JSONExtractArrayRaw(toString(data), {})", members.join(", "));
        let mixed = match value {
            Value::Number(_) => {
                format!("arrayExists(x -> ifNull(toFloat64OrNull(x) = {bound}, false), {elements})")
            }
            other => {
                format!("has({elements}, {})", self.bind("String", Value::from(other.to_string())))
            }
        };
        Ok(format!("({typed} OR (dynamicType({path}) = 'Array(Dynamic)' AND {mixed}))"))
    }
}

/// Whether a condition holds for the value of any of the types.
fn any_of(types: &[&str], condition: impl Fn(&str) -> String) -> String {
    let parts: Vec<String> = types.iter().map(|ty| known(&condition(ty))).collect();
    format!("({})", parts.join(" OR "))
}

/// A condition that is false where a value is missing, so that NOT around it is true.
fn known(condition: &str) -> String {
    format!("ifNull({condition}, false)")
}

/// Whether a field has a value: anything but a missing member or null.
fn present(field: &Field) -> String {
    match field {
        Field::Column(name, _) => format!("({name} IS NOT NULL)"),
        // A path is also there if members below it are.
        Field::Data(path, _) => {
            let below = path.replacen("data.", "data.^", 1);
            format!("({path} IS NOT NULL OR toString({below}) != '{{}}')")
        }
    }
}
