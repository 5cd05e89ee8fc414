//! The table function `values`: rows written out in a query.

use super::{
    Binder, expr::constant_of, from::Source, parse_type, query::Env, scope::Scope, unsupported,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{common_type, explicit_cast, literal, scalar},
    typed::Typed,
    types::ChType,
    value::{Value, compare},
};
use sqlparser::ast::{self, Expr};
use std::{borrow::Cow, cmp::Ordering};

impl Binder<'_> {
    /// `values('name Type, …', row, …)` or `values(row, …)`, whose columns are `c1`, `c2` and so on. A row is a tuple, or a value
    /// if there is one column.
    pub(super) fn values_table(
        &self,
        args: &[ast::FunctionArg],
        alias: Option<String>,
        env: &Env,
    ) -> SqlResult<Source> {
        let mut rows = args
            .iter()
            .map(|arg| match arg {
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) => Ok(expr),
                other => Err(unsupported(&format!("The argument `{other}` of values"))),
            })
            .collect::<SqlResult<Vec<&Expr>>>()?;
        if rows.is_empty() {
            return Err(SqlError::new(
                ChCode::TooFewArgumentsForFunction,
                "Table function 'values' requires at least 1 argument, such as values('id UInt64, name String', (1, 'a'), (2, 'b'))",
            ));
        }
        let written = if rows.len() > 1 { structure(rows.first().copied()) } else { None };
        if written.is_some() {
            rows.remove(0);
        }
        let scope = Scope::new(Vec::new());
        let rows = rows
            .into_iter()
            .map(|row| self.expr(row, &scope, env).and_then(constant))
            .collect::<SqlResult<Vec<Typed>>>()?;
        let columns = match written {
            Some(columns) => columns,
            None => inferred(&rows)?,
        };
        let mut values: Vec<Vec<Value>> = columns.iter().map(|_| Vec::new()).collect();
        for row in &rows {
            for ((cell, (_, ty)), column) in
                cells(row, columns.len())?.into_iter().zip(&columns).zip(&mut values)
            {
                column.push(fitting(cell, ty)?);
            }
        }
        let named = columns.into_iter().zip(values);
        let columns: Vec<_> =
            named.map(|((name, ty), values)| (Cow::Owned(name), ty, values)).collect();
        self.literal_rows(&columns, alias)
    }
}

/// The columns that a text describes, if it does.
fn structure(text: Option<&Expr>) -> Option<Vec<(String, ChType)>> {
    let Some(Expr::Value(ast::ValueWithSpan {
        value: ast::Value::SingleQuotedString(text), ..
    })) = text
    else {
        return None;
    };
    let Ok(ChType::Tuple(fields)) = parse_type(&format!("Tuple({text})")) else { return None };
    fields.into_iter().map(|(name, ty)| name.map(|name| (name, ty))).collect()
}

fn constant(row: Typed) -> SqlResult<Typed> {
    if row.is_fixed() {
        return Ok(row);
    }
    Err(SqlError::new(ChCode::BadArguments, "The rows of values are constants"))
}

/// The columns of rows that nobody described: of the types that hold the values of all rows.
fn inferred(rows: &[Typed]) -> SqlResult<Vec<(String, ChType)>> {
    let types = |row: &Typed| match &row.ty {
        ChType::Tuple(fields) => fields.iter().map(|(_, ty)| ty.clone()).collect(),
        other => vec![other.clone()],
    };
    let types: Vec<Vec<ChType>> = rows.iter().map(types).collect();
    let width = types.first().map_or(0, Vec::len);
    if types.iter().any(|row| row.len() != width) {
        return Err(SqlError::new(
            ChCode::CannotExtractTableStructure,
            "Cannot determine a common structure for values function arguments: the amount of columns is different for different arguments",
        ));
    }
    (0..width)
        .map(|at| {
            let column: Vec<ChType> = types.iter().filter_map(|row| row.get(at).cloned()).collect();
            Ok((format!("c{}", at + 1), common_type(&column)?))
        })
        .collect()
}

/// The values of a row.
fn cells(row: &Typed, width: usize) -> SqlResult<Vec<Typed>> {
    if width == 1 {
        return Ok(vec![row.clone()]);
    }
    match &row.ty {
        ChType::Tuple(fields) if fields.len() == width => (1..=width)
            .map(|at| scalar("tupleElement", vec![row.clone(), literal(&Value::Int(at as i128))?]))
            .collect(),
        ChType::Tuple(_) => Err(SqlError::new(
            ChCode::BadArguments,
            format!("Values size should match with the number of columns, which is {width}"),
        )),
        _ => Err(SqlError::new(
            ChCode::BadArguments,
            "Table function VALUES requires all but the first argument (rows specification) to be either tuples or single values",
        )),
    }
}

/// A value in the type of its column; one that the type does not hold is an error.
fn fitting(cell: Typed, ty: &ChType) -> SqlResult<Value> {
    let from = cell.ty.clone();
    let known = constant_of(&cell)?.unwrap_or(Value::Null);
    if known == Value::Null && !ty.is_nullable() {
        return Err(SqlError::new(ChCode::TypeMismatch, format!("Cannot convert NULL to {ty}")));
    }
    let value = constant_of(&explicit_cast(cell, ty)?)?.unwrap_or(Value::Null);
    let is_number = |ty: &ChType| {
        matches!(ty.strip_nullable(), ChType::Int(_) | ChType::UInt(_) | ChType::Float(_))
    };
    let is_whole = matches!(ty.strip_nullable(), ChType::Int(_) | ChType::UInt(_));
    if is_whole && is_number(&from) && compare(&known, &value) != Some(Ordering::Equal) {
        return Err(SqlError::new(
            ChCode::ArgumentOutOfBound,
            format!("Cannot convert a value of type {from}: it cannot be represented as {ty}"),
        ));
    }
    Ok(value)
}
