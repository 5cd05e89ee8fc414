//! The binder: a parsed query becomes typed expressions and a DataFusion plan in one pass.
//!
//! Names are resolved by ClickHouse's rules here and nowhere else: every relation of the plan has columns `c1`, `c2`, …,
//! each made once, so DataFusion never sees a user's name (`docs/decisions/0002-own-binder.md`). Every part of the AST is
//! taken apart completely; a clause that is not understood is an error, never ignored.

mod columns;
mod correlated;
#[cfg(test)]
mod every_clause;
mod exists;
mod expr;
mod fill;
mod foreign;
mod from;
mod function;
mod join;
mod outside;
mod params;
mod path;
mod query;
mod relation;
mod scope;
mod select;
mod system;
mod table_function;
mod types;
mod untuple;
mod values;

pub(crate) use types::parse_type;

use crate::{
    budget::Budget,
    dialect::{Explain, parse},
    engine::ResultColumn,
    error::{ChCode, SqlError, SqlResult},
    format::Format,
    kept::unknown_result,
    types::ChType,
};
use datafusion::{
    arrow::array::RecordBatch,
    datasource::TableProvider,
    logical_expr::{Expr, LogicalPlan},
};
use rekor_core::subcolumn::SubColumn;
use serde_json::{Map, Value as Json};
use sqlparser::ast;
use std::{cell::Cell, sync::Arc};

/// A column that a scan must produce.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ScanColumn {
    /// Its name in the plan: `c17`.
    pub(crate) output: String,
    /// Where it comes from.
    pub(crate) source: ScanSource,
}

/// Where a scanned column comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ScanSource {
    /// A column of the SQL table.
    Column(String),
    /// A path of one of its JSON columns.
    Sub { json_column: String, column: SubColumn },
}

/// The tables a query may see, and how to read them. Everything outside its scope does not exist for it.
pub(crate) trait Tables {
    /// The columns of a table, or `None`.
    fn columns(&self, table: &str) -> Option<Vec<(String, ChType)>>;
    /// Whether a column is there for who names it, and not part of `*`.
    fn is_hidden(&self, _table: &str, _column: &str) -> bool {
        false
    }
    /// Names of the tables, for suggestions.
    fn names(&self) -> Vec<String>;
    /// A provider of the columns that the query uses.
    fn scan(&self, table: &str, columns: &[ScanColumn]) -> SqlResult<Arc<dyn TableProvider>>;
    /// Runs a subquery whose answer is needed to bind the rest (scalar and IN subqueries, as ClickHouse does).
    fn run(&self, plan: LogicalPlan) -> SqlResult<Vec<RecordBatch>>;
    /// The columns of a kept answer, and a provider of them under the names of [`crate::kept::column`].
    fn result(&self, id: &str) -> SqlResult<(Vec<ResultColumn>, Arc<dyn TableProvider>)> {
        Err(unknown_result(id))
    }
    /// Whether the query may go on, for functions that compute for long.
    fn budget(&self) -> Budget {
        Budget::default()
    }
}

/// A bound query.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) plan: LogicalPlan,
    /// The answer's columns: name, type, in the order of the plan's columns.
    pub(crate) columns: Vec<(String, ChType)>,
    /// The plan of WITH TOTALS.
    pub(crate) totals: Option<LogicalPlan>,
    pub(crate) explain: Option<Explain>,
    /// What stands after FORMAT.
    pub(crate) format: Option<Format>,
}

/// Binds a query text.
///
/// # Errors
/// Every error a query can have before it reads rows.
pub(crate) fn bind(sql: &str, params: &Map<String, Json>, tables: &dyn Tables) -> SqlResult<Bound> {
    let mut parsed = parse(sql)?;
    let format = parsed.query.format_clause.take().map(|clause| format_of(&clause)).transpose()?;
    let binder = Binder {
        tables,
        params,
        next: Cell::new(1),
        expressions: Cell::new(0),
        tables_used: Cell::new(0),
    };
    let relation = binder.query(&parsed.query, &query::Env::default())?;
    let columns =
        relation.columns.iter().map(|column| (column.name.clone(), column.ty.clone())).collect();
    Ok(Bound {
        plan: relation.plan,
        columns,
        totals: relation.totals,
        explain: parsed.explain,
        format,
    })
}

fn format_of(clause: &ast::FormatClause) -> SqlResult<Format> {
    match clause {
        ast::FormatClause::Identifier(name) => Format::parse(&name.value),
        ast::FormatClause::Null => Ok(Format::Null),
    }
}

/// What binding needs everywhere.
pub(crate) struct Binder<'a> {
    tables: &'a dyn Tables,
    params: &'a Map<String, Json>,
    next: Cell<usize>,
    /// Expressions bound so far, those behind names as often as they are used.
    expressions: Cell<usize>,
    /// Tables of FROM bound so far, those of a CTE as often as it is used.
    tables_used: Cell<usize>,
}

/// Most expressions of a query, with those behind names in their places.
const EXPRESSIONS_MAX: usize = 200_000;
/// Most tables of a query, with those of its CTEs in their places.
const TABLES_MAX: usize = 1_000;
/// After how many expressions binding looks whether anybody still waits for the query.
const EXPRESSIONS_PER_LOOK: usize = 256;

impl Binder<'_> {
    /// Counts an expression: names of names double what a short text says.
    fn count_expression(&self) -> SqlResult<()> {
        let count = self.expressions.get() + 1;
        self.expressions.set(count);
        if count.is_multiple_of(EXPRESSIONS_PER_LOOK) {
            self.tables.budget().check()?;
        }
        if count <= EXPRESSIONS_MAX {
            return Ok(());
        }
        Err(SqlError::new(
            ChCode::TooDeepRecursion,
            format!(
                "The query has more than {EXPRESSIONS_MAX} expressions once its names are put in their places; name a subquery's columns instead."
            ),
        ))
    }

    /// Counts a table of FROM.
    fn count_table(&self) -> SqlResult<()> {
        let count = self.tables_used.get() + 1;
        self.tables_used.set(count);
        if count <= TABLES_MAX {
            return Ok(());
        }
        Err(SqlError::new(
            ChCode::TooDeepRecursion,
            format!(
                "The query has more than {TABLES_MAX} tables once the queries of WITH are put in their places."
            ),
        ))
    }

    /// A name that no other column has.
    fn fresh(&self) -> String {
        let n = self.next.get();
        self.next.set(n + 1);
        format!("c{n}")
    }
}

/// A column of the plan.
fn column(id: &str) -> Expr {
    Expr::Column(datafusion::common::Column::new_unqualified(id))
}

/// An error of DataFusion's plan builder: a defect, or a construct it cannot plan.
fn plan_error(error: datafusion::error::DataFusionError) -> SqlError {
    crate::session::sql_error(error)
}

/// The error of a construct that is refused; behind a semicolon stands what to write instead.
fn unsupported(what: &str) -> SqlError {
    let message = match what.split_once("; ") {
        Some((what, instead)) => format!("{what} is not supported; {instead}."),
        None => format!("{what} is not supported."),
    };
    SqlError::new(ChCode::NotImplemented, message)
}
