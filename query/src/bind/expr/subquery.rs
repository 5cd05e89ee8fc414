//! Subqueries whose answer is a value: they run while the query around them is bound, as in ClickHouse.

use super::super::{Binder, query::Env};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{default_value, scalar_of},
    typed::Typed,
    types::ChType,
    value::{Value, value_at},
};
use datafusion::logical_expr::lit;
use sqlparser::ast;

impl Binder<'_> {
    /// The one value of a subquery; NULL without a row.
    pub(super) fn scalar_query(&self, query: &ast::Query, env: &Env) -> SqlResult<Typed> {
        let (mut rows, columns) = self.rows(query, env)?;
        if rows.len() > 1 {
            return Err(SqlError::new(
                ChCode::IncorrectResultOfScalarSubquery,
                "Scalar subquery returned more than one row.",
            ));
        }
        let constant = |value: &Value, ty: ChType| {
            let value = scalar_of(value, &ty)?;
            Ok(Typed::value(lit(value), ty))
        };
        let row = rows.pop();
        if let [(_, ty)] = columns.as_slice() {
            let ty = ty.clone().nullable();
            return match row.and_then(|mut row| row.pop()).filter(|value| !value.is_null()) {
                Some(value) => constant(&value, ty),
                None if ty.is_nullable() => constant(&Value::Null, ty),
                None => constant(&default_value(&ty), ty),
            };
        }
        // Several columns are a tuple with their names, or none.
        match row {
            Some(row) => {
                let fields = columns.into_iter().map(|(name, ty)| (Some(name), ty));
                constant(&Value::Tuple(row), ChType::Tuple(fields.collect()))
            }
            None => {
                let fields = columns.into_iter().map(|(_, ty)| (None, ty));
                constant(&Value::Null, ChType::Tuple(fields.collect()).nullable())
            }
        }
    }

    /// Runs a subquery now.
    pub(super) fn rows(
        &self,
        query: &ast::Query,
        env: &Env,
    ) -> SqlResult<(Vec<Vec<Value>>, Named)> {
        let relation = self.query(query, env)?;
        let columns: Named =
            relation.columns.iter().map(|c| (c.name.clone(), c.ty.clone())).collect();
        let mut rows = Vec::new();
        for batch in self.tables.run(relation.plan)? {
            for row in 0..batch.num_rows() {
                let cells = batch
                    .columns()
                    .iter()
                    .zip(&columns)
                    .map(|(array, (_, ty))| value_at(array, row, ty))
                    .collect::<SqlResult<Vec<_>>>()?;
                rows.push(cells);
            }
        }
        Ok((rows, columns))
    }
}

/// The names and types of columns.
type Named = Vec<(String, ChType)>;
