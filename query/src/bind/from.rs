//! FROM: tables, subqueries, joins and ARRAY JOIN.

use super::{
    Binder,
    query::{Env, Output, Relation, Working},
    relation::Rel,
    scope::{Named, Place, Scan, Scope, TableRef},
    unsupported,
};
use crate::{
    dialect::MARK,
    error::{ChCode, Position, SqlError, SqlResult},
    types::ChType,
};
use datafusion::{
    catalog::cte_worktable::CteWorkTable,
    logical_expr::{Expr as Plan, LogicalPlanBuilder},
};
use sqlparser::ast::{self, Expr, JoinOperator, Spanned, TableFactor};
use std::{cell::RefCell, rc::Rc, sync::Arc};

/// A relation and the names it brings.
pub(super) struct Source {
    pub(super) rel: Rel,
    pub(super) tables: Vec<TableRef>,
}

impl Binder<'_> {
    /// All of FROM. Items separated by commas are crossed, but after an ARRAY JOIN they are its further arrays.
    pub(super) fn from(
        &self,
        from: &[ast::TableWithJoins],
        env: &Env,
        use_nulls: bool,
    ) -> SqlResult<Source> {
        let mut items = from.iter();
        let Some(first) = items.next() else {
            return Ok(Source { rel: Rel::Nothing, tables: Vec::new() });
        };
        let mut source = self.joined(first, env, use_nulls)?;
        for item in items {
            if let Rel::ArrayJoin { .. } = source.rel
                && item.joins.is_empty()
            {
                source = self.more_arrays(source, &item.relation, env)?;
                continue;
            }
            let right = self.joined(item, env, use_nulls)?;
            source = super::join::crossed(source, right);
        }
        Ok(source)
    }

    fn joined(&self, item: &ast::TableWithJoins, env: &Env, use_nulls: bool) -> SqlResult<Source> {
        let mut source = self.factor(&item.relation, env, use_nulls)?;
        for join in &item.joins {
            let ast::Join { relation, global, join_operator } = join;
            let left = match join_operator {
                JoinOperator::ArrayJoin | JoinOperator::InnerArrayJoin => Some(false),
                JoinOperator::LeftArrayJoin => Some(true),
                _ => None,
            };
            source = match left {
                Some(_) if *global => return Err(unsupported("GLOBAL or ANY before ARRAY JOIN")),
                Some(left) => self.array_joined(source, relation, left, env)?,
                None => {
                    let right = self.factor(relation, env, use_nulls)?;
                    self.join(source, right, join, env, use_nulls)?
                }
            };
        }
        Ok(source)
    }

    fn factor(&self, factor: &TableFactor, env: &Env, use_nulls: bool) -> SqlResult<Source> {
        self.count_table()?;
        match factor {
            TableFactor::Table {
                name,
                alias,
                args,
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_hints,
            } => {
                let refused = [
                    (version.is_some(), "A version of a table"),
                    (*with_ordinality, "WITH ORDINALITY; write arrayEnumerate in ARRAY JOIN"),
                    (!partitions.is_empty(), "PARTITION of a table; write a condition"),
                    (json_path.is_some(), "A path behind a table; write data.path"),
                    (sample.is_some(), "SAMPLE; write WHERE cityHash64(id) % 10 = 0"),
                    (!index_hints.is_empty(), "A hint for indexes"),
                ];
                if let Some((_, what)) = refused.iter().find(|(given, _)| *given) {
                    return Err(unsupported(what));
                }
                let is_final = is_final(with_hints)?;
                let parts: Vec<String> = name
                    .0
                    .iter()
                    .filter_map(|part| part.as_ident().map(|ident| ident.value.clone()))
                    .collect();
                let alias = Alias::of(alias.as_ref())?;
                match args {
                    Some(_) if is_final => Err(SqlError::new(
                        ChCode::IllegalFinal,
                        format!("The table function {name} has no versions: leave out FINAL."),
                    )),
                    Some(args) => {
                        let name = parts.join(".");
                        alias.apply(|alias| self.table_function(&name, args, alias, env))
                    }
                    None => alias
                        .apply(|alias| self.table(&parts, alias, is_final, env))
                        .map_err(|error| error.at(place(name))),
                }
            }
            TableFactor::Derived { lateral: false, subquery, alias, sample: None } => {
                Alias::of(alias.as_ref())?.apply(|alias| self.derived(subquery, alias, env))
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                self.joined(table_with_joins, env, use_nulls)
            }
            other => Err(unsupported(&format!("`{other}` in FROM"))),
        }
    }

    fn table(
        &self,
        parts: &[String],
        alias: Option<String>,
        is_final: bool,
        env: &Env,
    ) -> SqlResult<Source> {
        let mut name = parts.join(".");
        if let Some(param) = name.strip_prefix(MARK) {
            name = self.identifier(param)?;
        }
        if is_final && (env.working(&name).is_some() || env.cte(&name).is_some()) {
            return Err(SqlError::new(
                ChCode::UnsupportedMethod,
                format!("{name} is a query and has no versions: write FINAL inside of it."),
            ));
        }
        if let Some(working) = env.working(&name) {
            return self.working(&working, alias.or(Some(name)));
        }
        if let Some((cte, inner)) = env.cte(&name) {
            let relation = if env.is_recursive(&name) {
                self.recursive(&name, &cte.query, &inner)?
            } else {
                self.query(&cte.query, &inner.for_derived())?
            };
            return renamed(source_of(relation, alias.or(Some(name))), &cte.columns);
        }
        if name == "system.one" {
            let alias = alias.or_else(|| Some("one".to_owned()));
            return self.constants("dummy", ChType::UInt(8), 0..1, alias);
        }
        if let Some(table) = self.system_table(&name) {
            let alias = alias.or_else(|| name.rsplit('.').next().map(str::to_owned));
            return self.literal_rows(&table?, alias);
        }
        let Some(columns) = self.tables.columns(&name) else {
            let mut near: Vec<String> = self
                .tables
                .names()
                .into_iter()
                .filter(|known| strsim::damerau_levenshtein(known, &name) <= 3)
                .collect();
            near.truncate(2);
            let hint = if near.is_empty() {
                format!(" The tables are {}.", self.tables.names().join(", "))
            } else {
                format!(" Maybe you meant: {near:?}.")
            };
            return Err(SqlError::new(
                ChCode::UnknownTable,
                format!("Unknown table expression identifier '{name}'.{hint}"),
            ));
        };
        let scan = Rc::new(Scan { table: name.clone(), columns: RefCell::default() });
        let columns = columns
            .into_iter()
            .map(|(column, ty)| Named {
                hidden: self.tables.is_hidden(&name, &column),
                name: column,
                ty,
                place: Place::Scan(Rc::clone(&scan)),
            })
            .collect();
        Ok(Source {
            rel: Rel::Scan(scan),
            tables: vec![TableRef::new(alias.or(Some(name)), columns)],
        })
    }

    fn derived(&self, query: &ast::Query, alias: Option<String>, env: &Env) -> SqlResult<Source> {
        Ok(source_of(self.query(query, &env.for_derived())?, alias))
    }

    /// What a recursive CTE found in its last step.
    fn working(&self, working: &Working, alias: Option<String>) -> SqlResult<Source> {
        let fields: Vec<_> = working
            .columns
            .iter()
            .map(|c| arrow::datatypes::Field::new(&c.id, c.ty.arrow(), true))
            .collect();
        let schema = Arc::new(arrow::datatypes::Schema::new(fields));
        let table = CteWorkTable::new(&working.table, schema);
        let name = working.table.as_str();
        let columns: Vec<Output> =
            working.columns.iter().map(|c| Output { id: self.fresh(), ..c.clone() }).collect();
        let renamed = working.columns.iter().zip(&columns).map(|(from, to)| {
            Plan::Column(datafusion::common::Column::new(Some(name), &from.id)).alias(&to.id)
        });
        let plan = LogicalPlanBuilder::scan(
            name,
            datafusion::datasource::provider_as_source(Arc::new(table)),
            None,
        )
        .and_then(|scan| scan.project(renamed.collect::<Vec<_>>()))
        .and_then(LogicalPlanBuilder::build)
        .map_err(super::plan_error)?;
        Ok(source_of(Relation { plan, columns, totals: None, order: None }, alias))
    }

    fn array_joined(
        &self,
        source: Source,
        factor: &TableFactor,
        left: bool,
        env: &Env,
    ) -> SqlResult<Source> {
        let rel = Rel::ArrayJoin { input: Box::new(source.rel), arrays: Vec::new(), left };
        self.more_arrays(Source { rel, tables: source.tables }, factor, env)
    }

    /// Adds an array to the ARRAY JOIN that `source` ends with.
    fn more_arrays(&self, source: Source, factor: &TableFactor, env: &Env) -> SqlResult<Source> {
        let (expr, alias) = array_expression(factor)?;
        let Source { rel, tables } = source;
        let Rel::ArrayJoin { input, mut arrays, left } = rel else {
            return Err(unsupported("That ARRAY JOIN"));
        };
        let scope = Scope::new(tables);
        let array = self.expr(&expr, &scope, env)?;
        let item = match &array.ty {
            ChType::Array(item) => (**item).clone(),
            ChType::Map(key, value) => {
                ChType::Tuple(vec![(None, (**key).clone()), (None, (**value).clone())])
            }
            other => {
                return Err(SqlError::new(
                    ChCode::TypeMismatch,
                    format!(
                        "ARRAY JOIN requires an expression with Array or Map type. Actual: {other}. Write `[]` after the path of an array of objects, or a typed subcolumn."
                    ),
                ));
            }
        };
        let id = self.fresh();
        arrays.push((array, id.clone()));
        let name = alias.unwrap_or_else(|| expr.to_string());
        let mut tables = scope.tables;
        // Without an alias the array's own name now means the element.
        for table in &mut tables {
            table.columns.retain(|column| column.name != name || column.ty == ChType::Json);
        }
        tables.insert(
            0,
            TableRef::new(
                None,
                vec![Named { name, ty: item, place: Place::Plan(id), hidden: false }],
            ),
        );
        Ok(Source { rel: Rel::ArrayJoin { input, arrays, left }, tables })
    }
}

/// A bound query as a table.
fn source_of(relation: Relation, alias: Option<String>) -> Source {
    let columns = relation
        .columns
        .iter()
        .map(|c| Named {
            name: c.name.clone(),
            ty: c.ty.clone(),
            place: Place::Plan(c.id.clone()),
            hidden: false,
        })
        .collect();
    let mut types: Vec<_> = relation.columns.iter().map(|c| (c.id.clone(), c.ty.clone())).collect();
    types.extend(relation.order.clone().map(|id| (id, ChType::UInt(64))));
    Source {
        rel: Rel::Plan(relation.plan, types),
        tables: vec![TableRef { order: relation.order, ..TableRef::new(alias, columns) }],
    }
}

/// Where a table's name stands in the text.
fn place(name: &ast::ObjectName) -> Option<Position> {
    let start = name.span().start;
    (start.line > 0).then_some(Position { line: start.line, column: start.column })
}

/// A table's alias, and the names it gives to the table's columns.
struct Alias {
    name: Option<String>,
    columns: Vec<String>,
}

impl Alias {
    fn of(alias: Option<&ast::TableAlias>) -> SqlResult<Self> {
        let Some(ast::TableAlias { explicit, name, columns, at }) = alias else {
            return Ok(Self { name: None, columns: Vec::new() });
        };
        if at.is_some() {
            return Err(unsupported("AT behind a table; write arrayEnumerate in ARRAY JOIN"));
        }
        let word = name.value.to_ascii_uppercase();
        let is_keyword = ["FINAL", "ANY", "PASTE", "SAMPLE", "ASOF"].contains(&word.as_str());
        if !*explicit && name.quote_style.is_none() && is_keyword {
            return Err(SqlError::new(
                ChCode::SyntaxError,
                format!("Syntax error: {name} is out of place here; quote it if it is an alias."),
            ));
        }
        Ok(Self { name: Some(name.value.clone()), columns: column_names(columns)? })
    }

    /// The table under the alias, with its columns renamed.
    fn apply(self, table: impl FnOnce(Option<String>) -> SqlResult<Source>) -> SqlResult<Source> {
        renamed(table(self.name)?, &self.columns)
    }
}

/// The names in `t (a, b)`.
pub(super) fn column_names(columns: &[ast::TableAliasColumnDef]) -> SqlResult<Vec<String>> {
    columns
        .iter()
        .map(|ast::TableAliasColumnDef { name, data_type }| match data_type {
            None => Ok(name.value.clone()),
            Some(_) => Err(unsupported("A type behind a column's name; write CAST in the query")),
        })
        .collect()
}

/// A table whose columns have these names, if there are any.
fn renamed(mut source: Source, names: &[String]) -> SqlResult<Source> {
    if names.is_empty() {
        return Ok(source);
    }
    let count: usize = source.tables.iter().map(|table| table.columns.len()).sum();
    if count != names.len() {
        return Err(SqlError::new(
            ChCode::BadArguments,
            format!(
                "Number of aliases does not match number of projection columns. Expected {count}, got {}.",
                names.len()
            ),
        ));
    }
    let columns = source.tables.iter_mut().flat_map(|table| &mut table.columns);
    for (column, name) in columns.zip(names) {
        column.name.clone_from(name);
    }
    Ok(source)
}

/// Whether the hints of a table are the one that the token pass makes of FINAL. Every query sees the newest version of a row
/// anyway, so it means nothing for a table; a query has no versions.
fn is_final(hints: &[Expr]) -> SqlResult<bool> {
    match hints {
        [] => Ok(false),
        [Expr::Identifier(ident)] if ident.value.strip_prefix(MARK) == Some("final") => Ok(true),
        _ => Err(unsupported("WITH (…) behind a table")),
    }
}

/// The array of an ARRAY JOIN, which the parser takes for a table function, and its alias.
fn array_expression(factor: &TableFactor) -> SqlResult<(Expr, Option<String>)> {
    let TableFactor::Table {
        name,
        alias,
        args: Some(ast::TableFunctionArgs { args, settings: None }),
        with_hints,
        version: None,
        with_ordinality: false,
        partitions,
        json_path: None,
        sample: None,
        index_hints,
    } = factor
    else {
        return Err(unsupported(&format!("ARRAY JOIN {factor}")));
    };
    let is_array = name
        .0
        .last()
        .and_then(|part| part.as_ident())
        .is_some_and(|ident| ident.value.strip_prefix(MARK) == Some("expr"));
    match args.as_slice() {
        [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr))]
            if is_array
                && with_hints.is_empty()
                && partitions.is_empty()
                && index_hints.is_empty() =>
        {
            let Alias { name, columns } = Alias::of(alias.as_ref())?;
            if !columns.is_empty() {
                return Err(unsupported("Names of columns behind an array; write tupleElement"));
            }
            Ok((expr.clone(), name))
        }
        _ => Err(unsupported(&format!("ARRAY JOIN {factor}"))),
    }
}
