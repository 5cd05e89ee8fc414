//! Table functions: tables of numbers, kept answers; `values` has a file of its own.

use super::{
    Binder,
    expr::constant_of,
    from::Source,
    query::Env,
    relation::Rel,
    scope::{Named, Place, Scope, TableRef},
    system::LiteralColumn,
    unsupported,
};
use crate::{
    engine::ResultColumn,
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::Value,
};
use datafusion::{
    common::Column,
    datasource::provider_as_source,
    logical_expr::{Expr as Plan, LogicalPlanBuilder},
};
use sqlparser::ast;
use std::{borrow::Cow, sync::Arc};

/// Most rows of a table function.
const ROWS_MAX: i128 = 1_000_000;

impl Binder<'_> {
    /// The table of `numbers`, `zeros` or `generateSeries`.
    pub(super) fn table_function(
        &self,
        name: &str,
        args: &ast::TableFunctionArgs,
        alias: Option<String>,
        env: &Env,
    ) -> SqlResult<Source> {
        let ast::TableFunctionArgs { args, settings } = args;
        if settings.is_some() {
            return Err(unsupported("SETTINGS inside a table function"));
        }
        if name.eq_ignore_ascii_case("values") {
            return self.values_table(args, alias, env);
        }
        if name == "result" {
            return self.result_table(args, alias, env);
        }
        if !["numbers", "zeros", "generateSeries", "generate_series"].contains(&name) {
            return Err(SqlError::new(
                ChCode::UnknownFunction,
                format!(
                    "Unknown table function {name}; there are numbers, zeros, generateSeries, values and result. Tables have no brackets behind their names."
                ),
            ));
        }
        let alias = alias.or_else(|| Some(name.to_owned()));
        let bounds = self.whole_numbers(name, args, env)?;
        let (column, start, step, count) = match (name, bounds.as_slice()) {
            ("numbers", [count]) => ("number", 0, 1, *count),
            ("numbers", [start, count]) => ("number", *start, 1, *count),
            ("numbers", [start, count, step]) if *step > 0 => {
                ("number", *start, *step, (count + step - 1) / step)
            }
            ("zeros", [count]) => ("zero", 0, 0, *count),
            ("generateSeries" | "generate_series", [first, last]) => {
                ("generate_series", *first, 1, (last - first + 1).max(0))
            }
            ("generateSeries" | "generate_series", [first, last, step]) if *step > 0 => {
                ("generate_series", *first, *step, ((last - first) / step + 1).max(0))
            }
            _ => {
                return Err(SqlError::new(
                    ChCode::NumberOfArgumentsDoesntMatch,
                    "Write numbers(count), numbers(start, count), numbers(start, count, step), zeros(count) or generateSeries(first, last, step).",
                ));
            }
        };
        if !(0..=ROWS_MAX).contains(&count) || start < 0 {
            return Err(SqlError::new(
                ChCode::TooManyRows,
                format!("{name} makes at most a million rows, of numbers that are not negative."),
            ));
        }
        let ty = if column == "zero" { ChType::UInt(8) } else { ChType::UInt(64) };
        self.constants(column, ty, (0..count).map(|i| start + i * step), alias)
    }

    /// The rows of a kept answer, by its id.
    fn result_table(
        &self,
        args: &[ast::FunctionArg],
        alias: Option<String>,
        env: &Env,
    ) -> SqlResult<Source> {
        let wrong = || SqlError::new(ChCode::BadArguments, "Write result('r_…') with one id.");
        let [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr))] = args else {
            return Err(wrong());
        };
        let Some(Value::String(id)) = constant_of(&self.expr(expr, &Scope::new(vec![]), env)?)?
        else {
            return Err(wrong());
        };
        let (columns, provider) = self.tables.result(&id)?;
        let table_name = self.fresh();
        let (mut named, mut out, mut exprs) = (vec![], vec![], vec![]);
        for (at, ResultColumn { name, ty }) in columns.into_iter().enumerate() {
            let id = self.fresh();
            let column = Column::new(Some(table_name.as_str()), crate::kept::column(at));
            exprs.push(Plan::Column(column).alias(&id));
            let place = Place::Plan(id.clone());
            named.push(Named { name, ty: ty.clone(), place, hidden: false });
            out.push((id, ty));
        }
        let plan =
            LogicalPlanBuilder::scan(table_name.as_str(), provider_as_source(provider), None)
                .and_then(|scan| scan.project(exprs))
                .and_then(LogicalPlanBuilder::build)
                .map_err(super::plan_error)?;
        let alias = alias.or_else(|| Some("result".to_owned()));
        Ok(Source { rel: Rel::Plan(plan, out), tables: vec![TableRef::new(alias, named)] })
    }

    fn whole_numbers(
        &self,
        name: &str,
        args: &[ast::FunctionArg],
        env: &Env,
    ) -> SqlResult<Vec<i128>> {
        let scope = Scope::new(Vec::new());
        let mut numbers = Vec::new();
        for arg in args {
            let ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) = arg else {
                return Err(unsupported(&format!("That argument of {name}")));
            };
            let value = match constant_of(&self.expr(expr, &scope, env)?)? {
                Some(Value::Int(value)) => i64::try_from(value).ok().map(i128::from),
                _ => None,
            };
            numbers.push(value.ok_or_else(|| {
                SqlError::new(ChCode::BadArguments, format!("{name} takes constant whole numbers"))
            })?);
        }
        Ok(numbers)
    }

    /// A table of one column with these numbers.
    pub(super) fn constants(
        &self,
        column: &'static str,
        ty: ChType,
        numbers: impl Iterator<Item = i128>,
        alias: Option<String>,
    ) -> SqlResult<Source> {
        self.literal_rows(&[(Cow::Borrowed(column), ty, numbers.map(Value::Int).collect())], alias)
    }

    /// A table of columns with these values.
    pub(super) fn literal_rows(
        &self,
        columns: &[LiteralColumn],
        alias: Option<String>,
    ) -> SqlResult<Source> {
        let (mut fields, mut arrays, mut named, mut out) = (vec![], vec![], vec![], vec![]);
        for (name, ty, values) in columns {
            let id = self.fresh();
            fields.push(arrow::datatypes::Field::new(&id, ty.arrow(), ty.is_nullable()));
            arrays.push(crate::value::to_array(values, ty)?);
            named.push(Named {
                name: name.clone().into_owned(),
                ty: ty.clone(),
                place: Place::Plan(id.clone()),
                hidden: false,
            });
            out.push((id, ty.clone()));
        }
        let schema = arrow::datatypes::Schema::new(fields);
        let batch = arrow::array::RecordBatch::try_new(schema.into(), arrays)
            .map_err(|e| SqlError::new(ChCode::LogicalError, e.to_string()))?;
        let table = datafusion::datasource::MemTable::try_new(batch.schema(), vec![vec![batch]])
            .map_err(super::plan_error)?;
        let table_name = self.fresh();
        let plan = LogicalPlanBuilder::scan(
            table_name.as_str(),
            provider_as_source(Arc::new(table)),
            None,
        )
        .and_then(|b| {
            b.project(out.iter().map(|(id, _)| {
                let column = Column::new(Some(table_name.as_str()), id);
                Plan::Column(column).alias(id)
            }))
        })
        .and_then(LogicalPlanBuilder::build)
        .map_err(super::plan_error)?;
        Ok(Source { rel: Rel::Plan(plan, out), tables: vec![TableRef::new(alias, named)] })
    }
}
