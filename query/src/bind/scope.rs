//! What names mean inside one SELECT.

use super::{ScanColumn, ScanSource};
use crate::{typed::Typed, types::ChType};
use datafusion::logical_expr::{Expr, LogicalPlan};
use rekor_core::subcolumn::SubColumn;
use sqlparser::ast;
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

/// A scan of a table whose columns are collected while the query is bound.
#[derive(Debug)]
pub(super) struct Scan {
    pub(super) table: String,
    pub(super) columns: RefCell<Vec<(ScanColumn, ChType)>>,
}

impl Scan {
    /// The plan's column of a source, requested once.
    pub(super) fn request(
        &self,
        source: ScanSource,
        ty: &ChType,
        fresh: impl FnOnce() -> String,
    ) -> String {
        let mut columns = self.columns.borrow_mut();
        if let Some((known, _)) = columns.iter().find(|(known, _)| known.source == source) {
            return known.output.clone();
        }
        let output = fresh();
        columns.push((ScanColumn { output: output.clone(), source }, ty.clone()));
        output
    }
}

/// A column that a name may mean.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) ty: ChType,
    pub(super) place: Place,
    /// Whether `*` leaves it out.
    pub(super) hidden: bool,
}

/// Where a named column is.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In the plan, under this name.
    Plan(String),
    /// In a scan, not requested yet.
    Scan(Rc<Scan>),
}

/// The columns of one item of FROM.
#[derive(Clone, Debug)]
pub(super) struct TableRef {
    pub(super) alias: Option<String>,
    pub(super) columns: Vec<Named>,
    /// A column that numbers the rows, if the item is a query with an ORDER BY of its own.
    pub(super) order: Option<String>,
    /// Columns that only the table's own name reaches: a USING merged them with those of another table.
    pub(super) merged: Vec<String>,
}

impl TableRef {
    /// A table of these columns, in no order.
    pub(super) fn new(alias: Option<String>, columns: Vec<Named>) -> Self {
        Self { alias, columns, order: None, merged: Vec::new() }
    }

    /// The columns that a bare name or `*` reaches.
    pub(super) fn open_columns(&self) -> impl Iterator<Item = &Named> {
        self.columns.iter().filter(|column| !self.merged.contains(&column.name))
    }
}

/// Which clause is being bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clause {
    /// WHERE, PREWHERE, GROUP BY, ON: aggregates are errors.
    BeforeAggregation,
    /// Arguments of an aggregate: aggregates are errors, keys are not replaced.
    InAggregate,
    /// SELECT, HAVING, ORDER BY.
    Output,
}

/// An aggregate or window call that became a column.
#[derive(Clone, Debug)]
pub(super) struct Computed {
    pub(super) expr: Expr,
    pub(super) id: String,
    pub(super) ty: ChType,
}

/// An array that is unfolded into rows.
#[derive(Clone, Debug)]
pub(super) struct Unfold {
    pub(super) array: Expr,
    pub(super) id: String,
    pub(super) item: ChType,
}

/// What a correlated subquery gives for each row: a table to join on keys, and the column that is its value.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    pub(super) query: ast::Query,
    pub(super) plan: LogicalPlan,
    /// Equal expressions of a row and of the table.
    pub(super) keys: Vec<(Expr, Expr)>,
    pub(super) value: Typed,
}

/// A grouping key.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) value: Expr,
    pub(super) predicate: Option<Expr>,
    pub(super) id: String,
    pub(super) ty: ChType,
}

/// One SELECT while it is bound.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) tables: Vec<TableRef>,
    /// Aliases of the SELECT list.
    pub(super) aliases: HashMap<String, ast::Expr>,
    /// Aliases being expanded: inside its own expression an alias means the column.
    pub(super) expanding: RefCell<Vec<String>>,
    pub(super) lambdas: RefCell<Vec<Vec<(String, String, ChType)>>>,
    pub(super) clause: Cell<Clause>,
    pub(super) grouped: Cell<bool>,
    /// Whether an expression around this one will look for the keys in the whole of it: a key may hold other keys.
    pub(super) keys_later: Cell<bool>,
    /// Whether lambdas look for keys in their bodies, because the whole around them is none.
    pub(super) keys_in_lambdas: Cell<bool>,
    pub(super) keys: RefCell<Vec<Key>>,
    /// Expressions that are the same in every row, whatever their columns hold, and what they are.
    pub(super) constants: RefCell<Vec<(Expr, Expr)>>,
    pub(super) aggregates: RefCell<Vec<Computed>>,
    pub(super) windows: RefCell<Vec<Computed>>,
    pub(super) unfolds: RefCell<Vec<Unfold>>,
    pub(super) lookups: RefCell<Vec<Lookup>>,
    pub(super) named_windows: HashMap<String, ast::WindowSpec>,
    /// Columns that a set of columns spread out to, by names that no query can write.
    pub(super) chosen: RefCell<HashMap<String, Typed>>,
    /// The column that says which keys a row's grouping set leaves out.
    pub(super) grouping_id: RefCell<Option<String>>,
}

impl Scope {
    pub(super) fn new(tables: Vec<TableRef>) -> Self {
        Self {
            tables,
            aliases: HashMap::new(),
            expanding: RefCell::default(),
            lambdas: RefCell::default(),
            clause: Cell::new(Clause::BeforeAggregation),
            grouped: Cell::new(false),
            keys_later: Cell::new(false),
            keys_in_lambdas: Cell::new(false),
            keys: RefCell::default(),
            constants: RefCell::default(),
            aggregates: RefCell::default(),
            windows: RefCell::default(),
            unfolds: RefCell::default(),
            lookups: RefCell::default(),
            named_windows: HashMap::new(),
            chosen: RefCell::default(),
            grouping_id: RefCell::default(),
        }
    }

    /// Runs with another clause in force.
    pub(super) fn within<T>(&self, clause: Clause, run: impl FnOnce() -> T) -> T {
        let before = self.clause.replace(clause);
        let out = run();
        self.clause.set(before);
        out
    }

    /// Runs with every expression looking for keys by itself, or leaving that to the one around.
    pub(super) fn with_keys_later<T>(&self, later: bool, run: impl FnOnce() -> T) -> T {
        let before = self.keys_later.replace(later);
        let out = run();
        self.keys_later.set(before);
        out
    }

    /// Names near a wrong one.
    pub(super) fn near(&self, name: &str) -> Vec<String> {
        let lower = name.to_lowercase();
        let columns = self
            .tables
            .iter()
            .flat_map(|table| table.columns.iter().map(|column| column.name.clone()));
        let mut near: Vec<(usize, String)> = columns
            .chain(self.aliases.keys().cloned())
            .map(|known| (strsim::damerau_levenshtein(&lower, &known.to_lowercase()), known))
            .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
            .collect();
        near.sort();
        near.dedup();
        near.into_iter().take(2).map(|(_, known)| known).collect()
    }
}

/// A request for a path of a JSON column.
pub(super) fn sub(json_column: &str, column: SubColumn) -> ScanSource {
    ScanSource::Sub { json_column: json_column.to_owned(), column }
}
