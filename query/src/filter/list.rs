//! Lists of rows: filter, sort, page, total.

use super::{Field, Kind, Table, Writer, cursor::Cursor, wrong};
use rekor_core::{Error, Result, limits};
use serde_json::{Map, Value};

/// A list of documents or relationships.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// What is listed.
    pub table: Table,
    /// Which rows; all, if absent.
    pub filter: Option<Value>,
    /// Only rows with this external source.
    pub external_source: Option<String>,
    /// In which order; by id, if empty. The id decides between equal rows.
    pub sort: Vec<Sort>,
    /// Rows of the page.
    pub limit: usize,
    /// Rows before the page.
    pub offset: usize,
    /// Where the page before this one ended.
    pub cursor: Option<String>,
}

/// One key of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// A field as in filters.
    pub field: String,
    /// Largest first.
    pub descending: bool,
}

impl Sort {
    /// Reads `[{"field","direction"}]`, or one such object, with `order` for `direction` as in older documents.
    ///
    /// # Errors
    /// Validation.
    pub fn parse(value: &Value) -> Result<Vec<Self>> {
        let keys: Vec<&Value> = match value {
            Value::Array(keys) => keys.iter().collect(),
            one => vec![one],
        };
        keys.iter()
            .enumerate()
            .map(|(i, key)| Self::parse_key(key, &format!("/sort/{i}")))
            .collect()
    }

    fn parse_key(key: &Value, at: &str) -> Result<Self> {
        let members = key.as_object().filter(|members| {
            members.keys().all(|name| ["field", "direction", "order"].contains(&name.as_str()))
        });
        let field = members.and_then(|members| members.get("field")).and_then(Value::as_str);
        let (Some(members), Some(field)) = (members, field) else {
            return Err(wrong(
                at,
                "a sort key is {\"field\": \"data.amount\", \"direction\": \"desc\"}",
            ));
        };
        let direction = members.get("direction").or_else(|| members.get("order"));
        let descending = match direction.map(Value::as_str) {
            None | Some(Some("asc")) => false,
            Some(Some("desc")) => true,
            Some(_) => return Err(wrong(at, "direction is asc or desc")),
        };
        Ok(Self { field: field.to_owned(), descending })
    }
}

/// A list as SQL.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The rows of the page, one more than asked for.
    pub rows_sql: String,
    /// The number of all rows.
    pub count_sql: String,
    /// Values of both.
    pub params: Map<String, Value>,
    keys: Vec<Key>,
}

/// An expression that rows are ordered by; a value below `data` is two of them, numbers before texts.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) expression: String,
    pub(super) ty: &'static str,
    pub(super) descending: bool,
}

impl ListQuery {
    /// The list as SQL.
    ///
    /// # Errors
    /// Validation, with the place in the request.
    pub fn to_sql(&self) -> Result<Listed> {
        let mut writer = Writer::default();
        let mut conditions = vec!["deleted = false".to_owned()];
        if let Table::Documents(collection) = &self.table {
            conditions.push(format!(
                "collection = {}",
                writer.bind("String", Value::from(collection.as_str()))
            ));
        }
        if let Some(source) = &self.external_source {
            let source = writer.bind("String", Value::from(source.as_str()));
            conditions.push(format!("external_source = {source}"));
        }
        if let Some(filter) = &self.filter {
            conditions.push(writer.filter(&self.table, filter, "/filter", 0)?);
        }
        let counted = conditions.join(" AND ");
        let keys = self.keys()?;
        if let Some(cursor) = &self.cursor {
            if self.offset > 0 {
                return Err(Error::validation("Give either `cursor` or `offset`."));
            }
            conditions.push(Cursor::parse(cursor, keys.len())?.condition(&keys, &mut writer));
        }
        let order: Vec<String> = keys
            .iter()
            .map(|key| {
                let direction = if key.descending { "DESC" } else { "ASC" };
                format!("{} {direction} NULLS LAST", key.expression)
            })
            .collect();
        let marks: Vec<String> =
            keys.iter().enumerate().map(|(i, key)| format!("{} AS k{i}", key.expression)).collect();
        let table = self.table.name();
        Ok(Listed {
            rows_sql: format!(
                "SELECT {}, {} FROM {table} WHERE {} ORDER BY {} LIMIT {} OFFSET {}",
                self.columns(),
                marks.join(", "),
                conditions.join(" AND "),
                order.join(", "),
                self.limit + 1,
                self.offset
            ),
            count_sql: format!("SELECT count() AS total FROM {table} WHERE {counted}"),
            params: writer.params,
            keys,
        })
    }

    fn columns(&self) -> String {
        let columns = self.table.columns().iter().map(|(name, _)| *name);
        let extra = match self.table {
            Table::Documents(_) => ["collection", "data"].as_slice(),
            Table::Relationships => ["data"].as_slice(),
        };
        columns.chain(extra.iter().copied()).collect::<Vec<_>>().join(", ")
    }

    fn keys(&self) -> Result<Vec<Key>> {
        if self.sort.len() > limits::SORT_KEYS_MAX {
            return Err(wrong("/sort", format!("at most {} keys", limits::SORT_KEYS_MAX)));
        }
        let mut keys = Vec::new();
        for (i, sort) in self.sort.iter().enumerate() {
            let descending = sort.descending;
            match Field::parse(&self.table, &sort.field, &format!("/sort/{i}/field"))? {
                Field::Column(name, kind) => {
                    let ty = match kind {
                        Kind::Text => "String",
                        Kind::Number => "UInt64",
                        Kind::Time => "DateTime64(3, 'UTC')",
                        Kind::Flag => "Bool",
                    };
                    keys.push(Key { expression: name.to_owned(), ty, descending });
                }
                Field::Data(path, _) => {
                    let number = format!("coalesce(toFloat64({path}.:Int64), {path}.:Float64)");
                    let text = format!("{path}.:String");
                    keys.push(Key { expression: number, ty: "Float64", descending });
                    keys.push(Key { expression: text, ty: "String", descending });
                }
            }
        }
        keys.push(Key { expression: "id".to_owned(), ty: "String", descending: false });
        Ok(keys)
    }
}

impl Listed {
    /// The cursor behind a row of the answer.
    pub fn cursor_after(&self, row: &Map<String, Value>) -> String {
        let value = |i: usize| row.get(&format!("k{i}")).cloned().unwrap_or_default();
        Cursor::new((0..self.keys.len()).map(value).collect()).to_text()
    }

    /// Takes what only the cursor needs out of a row.
    pub fn strip(&self, row: &mut Map<String, Value>) {
        for i in 0..self.keys.len() {
            row.remove(&format!("k{i}"));
        }
    }
}
