//! Tables of the `system` database: what a query can use, as far as its caller sees it.

use super::Binder;
use crate::{
    error::{ChCode, SqlError, SqlResult},
    format::Format,
    functions::functions,
    types::ChType,
    value::Value,
};
use std::borrow::Cow;

/// A column of a table that is written out: its name, its type, its values.
pub(super) type LiteralColumn = (Cow<'static, str>, ChType, Vec<Value>);

/// The tables of the database `system`.
const NAMES: [&str; 5] = ["one", "functions", "tables", "columns", "formats"];

fn text(value: impl Into<String>) -> Value {
    Value::String(value.into())
}

fn texts(name: &'static str, values: Vec<Value>) -> LiteralColumn {
    (Cow::Borrowed(name), ChType::String, values)
}

fn flags(name: &'static str, values: impl Iterator<Item = bool>) -> LiteralColumn {
    (Cow::Borrowed(name), ChType::UInt(8), values.map(|flag| Value::Int(flag.into())).collect())
}

impl Binder<'_> {
    /// A table of `system`; `None` for every other name.
    pub(super) fn system_table(&self, name: &str) -> Option<SqlResult<Vec<LiteralColumn>>> {
        Some(Ok(match name.strip_prefix("system.")? {
            "functions" => functions_table(),
            "tables" => vec![texts("name", self.tables.names().into_iter().map(text).collect())],
            "columns" => self.columns_table(),
            "formats" => formats_table(),
            other => {
                let message = format!(
                    "There is no table system.{other}; the tables of system are {}.",
                    NAMES.join(", ")
                );
                return Some(Err(SqlError::new(ChCode::UnknownTable, message)));
            }
        }))
    }

    fn columns_table(&self) -> Vec<LiteralColumn> {
        let (mut tables, mut names, mut types, mut positions) = (vec![], vec![], vec![], vec![]);
        for table in self.tables.names() {
            let columns = self.tables.columns(&table).unwrap_or_default();
            for (position, (name, ty)) in (1..).zip(columns) {
                tables.push(text(&table));
                names.push(text(name));
                types.push(text(ty.to_string()));
                positions.push(Value::Int(position));
            }
        }
        vec![
            texts("table", tables),
            texts("name", names),
            texts("type", types),
            ("position".into(), ChType::UInt(64), positions),
        ]
    }
}

/// A row for each name and each alias, as in ClickHouse.
fn functions_table() -> Vec<LiteralColumn> {
    let mut rows = Vec::new();
    for function in functions() {
        for alias in &function.aliases {
            rows.push((*alias, function.name, function.clone()));
        }
        rows.push((function.name, "", function));
    }
    let column = |value: &dyn Fn(&(&str, &str, crate::FunctionInfo)) -> Value| {
        rows.iter().map(value).collect::<Vec<_>>()
    };
    vec![
        texts("name", column(&|(name, ..)| text(*name))),
        flags("is_aggregate", rows.iter().map(|(.., f)| f.kind == crate::FunctionKind::Aggregate)),
        flags("case_insensitive", rows.iter().map(|(name, _, f)| f.is_known_in_any_case(name))),
        texts("alias_to", column(&|(_, of, _)| text(*of))),
        texts("kind", column(&|(.., f)| text(f.kind.name()))),
        texts("categories", column(&|(.., f)| text(f.family))),
        texts("status", column(&|(.., f)| text(f.status()))),
        texts("difference", column(&|(.., f)| text(f.difference.unwrap_or_default()))),
    ]
}

/// A row for each name of a format.
fn formats_table() -> Vec<LiteralColumn> {
    let formats = || {
        let all = Format::ALL.iter();
        all.flat_map(|format| {
            std::iter::once(format.name())
                .chain(format.aliases().iter().copied())
                .map(|n| (n, *format))
        })
    };
    vec![
        texts("name", formats().map(|(name, _)| text(name)).collect()),
        texts("content_type", formats().map(|(_, format)| text(format.media_type())).collect()),
        flags("is_output", formats().map(|_| true)),
    ]
}
