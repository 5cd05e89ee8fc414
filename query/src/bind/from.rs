//! FROM: tables, subqueries, joins and ARRAY JOIN.

use super::{
    Binder,
    expr::constant_of,
    query::{Env, Output, Relation, Working},
    relation::{Join, Rel},
    scope::{Named, Place, Scan, Scope, TableRef},
    system::LiteralColumn,
    unsupported,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{cast, common_type, to_predicate},
    typed::Typed,
    types::ChType,
};
use datafusion::{
    catalog::cte_worktable::CteWorkTable,
    common::JoinType,
    logical_expr::{BinaryExpr, Expr as Plan, LogicalPlanBuilder, Operator},
};
use sqlparser::ast::{self, Expr, JoinConstraint, JoinOperator, TableFactor};
use std::{cell::RefCell, collections::HashSet, rc::Rc, sync::Arc};

/// A relation and the names it brings.
pub(super) struct Source {
    pub(super) rel: Rel,
    pub(super) tables: Vec<TableRef>,
}

/// How a join pairs rows.
#[derive(Clone, Copy)]
struct How {
    /// Whether a row meets at most one of the other side.
    any: bool,
    /// Whether what has no match is NULL instead of the default.
    use_nulls: bool,
}

/// Largest `numbers(n)`.
const NUMBERS_MAX: i128 = 1_000_000;

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
            source = crossed(source, right);
        }
        Ok(source)
    }

    fn joined(&self, item: &ast::TableWithJoins, env: &Env, use_nulls: bool) -> SqlResult<Source> {
        let mut source = self.factor(&item.relation, env, use_nulls)?;
        for ast::Join { relation, global: any, join_operator } in &item.joins {
            source = match join_operator {
                JoinOperator::ArrayJoin | JoinOperator::InnerArrayJoin => {
                    self.array_joined(source, relation, false, env)?
                }
                JoinOperator::LeftArrayJoin => self.array_joined(source, relation, true, env)?,
                operator => {
                    let right = self.factor(relation, env, use_nulls)?;
                    let how = How { any: *any, use_nulls };
                    self.join(source, right, operator, env, how)?
                }
            };
        }
        Ok(source)
    }

    fn factor(&self, factor: &TableFactor, env: &Env, use_nulls: bool) -> SqlResult<Source> {
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
                if !with_hints.is_empty()
                    || version.is_some()
                    || *with_ordinality
                    || !partitions.is_empty()
                    || json_path.is_some()
                    || sample.is_some()
                    || !index_hints.is_empty()
                {
                    return Err(unsupported("SAMPLE, hints and versions of tables"));
                }
                let parts: Vec<String> = name
                    .0
                    .iter()
                    .filter_map(|part| part.as_ident().map(|ident| ident.value.clone()))
                    .collect();
                let alias = alias_name(alias.as_ref())?;
                match args {
                    Some(args) => self.table_function(&parts.join("."), args, alias, env),
                    None => self.table(&parts, alias, env),
                }
            }
            TableFactor::Derived { lateral: false, subquery, alias, sample: None } => {
                self.derived(subquery, alias_name(alias.as_ref())?, env)
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                self.joined(table_with_joins, env, use_nulls)
            }
            other => Err(unsupported(&format!("`{other}` in FROM"))),
        }
    }

    fn table(&self, parts: &[String], alias: Option<String>, env: &Env) -> SqlResult<Source> {
        let mut name = parts.join(".");
        if let Some(param) = name.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
            name = self.identifier(param)?;
        }
        if let Some(working) = env.working(&name) {
            return self.working(&working, alias.or(Some(name)));
        }
        if let Some((query, inner)) = env.cte(&name) {
            if env.is_recursive(&name) {
                let relation = self.recursive(&name, &query, &inner)?;
                return Ok(source_of(relation, alias.or(Some(name))));
            }
            return self.derived(&query, alias.or(Some(name)), &inner);
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
            tables: vec![TableRef { alias: alias.or(Some(name)), columns, order: None }],
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

    fn table_function(
        &self,
        name: &str,
        args: &ast::TableFunctionArgs,
        alias: Option<String>,
        env: &Env,
    ) -> SqlResult<Source> {
        if name != "numbers" || args.settings.is_some() {
            return Err(SqlError::new(
                ChCode::UnknownFunction,
                format!("Unknown table function {name}; only numbers(n) exists."),
            ));
        }
        let scope = Scope::new(Vec::new());
        let mut bounds = Vec::new();
        for arg in &args.args {
            let ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) = arg else {
                return Err(unsupported("That argument of numbers"));
            };
            let value = constant_of(&self.expr(expr, &scope, env)?)?.and_then(|v| v.as_int());
            bounds.push(value.ok_or_else(|| {
                SqlError::new(ChCode::BadArguments, "numbers takes constant integers")
            })?);
        }
        let (start, count) = match bounds.as_slice() {
            [count] => (0, *count),
            [start, count] => (*start, *count),
            _ => {
                return Err(SqlError::new(
                    ChCode::NumberOfArgumentsDoesntMatch,
                    "numbers takes a count, or an offset and a count",
                ));
            }
        };
        if !(0..=NUMBERS_MAX).contains(&count) || start < 0 {
            return Err(SqlError::new(ChCode::TooManyRows, "numbers makes at most a million rows"));
        }
        let alias = alias.or_else(|| Some("numbers".to_owned()));
        self.constants("number", ChType::UInt(64), start..start + count, alias)
    }

    /// A table of one column with these numbers.
    fn constants(
        &self,
        column: &'static str,
        ty: ChType,
        numbers: std::ops::Range<i128>,
        alias: Option<String>,
    ) -> SqlResult<Source> {
        let values: Vec<crate::value::Value> = numbers.map(crate::value::Value::Int).collect();
        self.literal_rows(&[(column, ty, values)], alias)
    }

    /// A table of columns with these values.
    fn literal_rows(&self, columns: &[LiteralColumn], alias: Option<String>) -> SqlResult<Source> {
        let (mut fields, mut arrays, mut named, mut out) = (vec![], vec![], vec![], vec![]);
        for (name, ty, values) in columns {
            let id = self.fresh();
            fields.push(arrow::datatypes::Field::new(&id, ty.arrow(), ty.is_nullable()));
            arrays.push(crate::value::to_array(values, ty)?);
            named.push(Named {
                name: (*name).to_owned(),
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
            datafusion::datasource::provider_as_source(Arc::new(table)),
            None,
        )
        .and_then(|b| {
            b.project(out.iter().map(|(id, _)| {
                let column = datafusion::common::Column::new(Some(table_name.as_str()), id);
                Plan::Column(column).alias(id)
            }))
        })
        .and_then(LogicalPlanBuilder::build)
        .map_err(super::plan_error)?;
        Ok(Source {
            rel: Rel::Plan(plan, out),
            tables: vec![TableRef { alias, columns: named, order: None }],
        })
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
            TableRef {
                alias: None,
                columns: vec![Named { name, ty: item, place: Place::Plan(id), hidden: false }],
                order: None,
            },
        );
        Ok(Source { rel: Rel::ArrayJoin { input, arrays, left }, tables })
    }

    fn join(
        &self,
        left: Source,
        right: Source,
        operator: &JoinOperator,
        env: &Env,
        How { any, use_nulls }: How,
    ) -> SqlResult<Source> {
        let (kind, constraint) = match operator {
            JoinOperator::Join(c) | JoinOperator::Inner(c) => (JoinType::Inner, c),
            JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => (JoinType::Left, c),
            JoinOperator::Right(c) | JoinOperator::RightOuter(c) => (JoinType::Right, c),
            JoinOperator::FullOuter(c) => (JoinType::Full, c),
            JoinOperator::Semi(c) | JoinOperator::LeftSemi(c) => (JoinType::LeftSemi, c),
            JoinOperator::RightSemi(c) => (JoinType::RightSemi, c),
            JoinOperator::Anti(c) | JoinOperator::LeftAnti(c) => (JoinType::LeftAnti, c),
            JoinOperator::RightAnti(c) => (JoinType::RightAnti, c),
            JoinOperator::CrossJoin(JoinConstraint::None) => return Ok(crossed(left, right)),
            other => return Err(unsupported(&format!("The join {other:?}"))),
        };
        let (left_count, mut tables) = (left.tables.len(), left.tables);
        tables.extend(right.tables);
        let scope = Scope::new(tables);
        let mut keys = Vec::new();
        let mut filter = None;
        match constraint {
            JoinConstraint::On(expr) => {
                for conjunct in conjuncts(expr) {
                    self.join_condition(conjunct, left_count, &scope, env, &mut keys, &mut filter)?;
                }
            }
            JoinConstraint::Using(names) => {
                for name in names {
                    let name = name
                        .0
                        .last()
                        .and_then(|part| part.as_ident())
                        .map(|ident| ident.value.clone())
                        .unwrap_or_default();
                    let side = |range: &[TableRef]| {
                        range
                            .iter()
                            .find_map(|t| t.columns.iter().find(|c| c.name == name).cloned())
                    };
                    let (a, b) = scope.tables.split_at(left_count);
                    let missing = || {
                        SqlError::new(
                            ChCode::UnknownIdentifier,
                            format!("USING ({name}): both sides need a column of that name."),
                        )
                    };
                    let (a, b) = (side(a).ok_or_else(missing)?, side(b).ok_or_else(missing)?);
                    keys.push(aligned(self.named(&a), self.named(&b))?);
                }
            }
            JoinConstraint::None => {
                return Err(SqlError::new(
                    ChCode::InvalidJoinOnExpression,
                    "A JOIN needs ON or USING; write CROSS JOIN for all pairs.",
                ));
            }
            JoinConstraint::Natural => return Err(unsupported("NATURAL JOIN")),
        }
        let matches_one = matches!(kind, JoinType::Inner | JoinType::Left | JoinType::Right);
        if any && (filter.is_some() || keys.is_empty() || !matches_one) {
            return Err(unsupported(
                "ANY of a FULL join, or with a condition that is no equality of both sides",
            ));
        }
        let using: Vec<String> = match constraint {
            JoinConstraint::Using(names) => names
                .iter()
                .filter_map(|n| n.0.last()?.as_ident().map(|i| i.value.clone()))
                .collect(),
            _ => Vec::new(),
        };
        let mut tables = scope.tables;
        for table in tables.iter_mut().skip(left_count) {
            table.columns.retain(|column| !using.contains(&column.name));
        }
        match kind {
            JoinType::LeftSemi | JoinType::LeftAnti => tables.truncate(left_count),
            JoinType::RightSemi | JoinType::RightAnti => drop(tables.drain(..left_count)),
            _ if use_nulls => {
                for (i, table) in tables.iter_mut().enumerate() {
                    let padded = if i < left_count {
                        matches!(kind, JoinType::Right | JoinType::Full)
                    } else {
                        matches!(kind, JoinType::Left | JoinType::Full)
                    };
                    table
                        .columns
                        .iter_mut()
                        .filter(|_| padded)
                        .for_each(|column| column.ty = column.ty.clone().nullable());
                }
            }
            _ => {}
        }
        let rel = Rel::Join(Box::new(Join {
            left: left.rel,
            right: right.rel,
            kind,
            keys,
            filter,
            any,
            use_nulls,
        }));
        Ok(Source { rel, tables })
    }

    /// An equality of one side with the other is a key; anything else is checked per pair.
    fn join_condition(
        &self,
        expr: &Expr,
        left_count: usize,
        scope: &Scope,
        env: &Env,
        keys: &mut Vec<(Plan, Plan)>,
        filter: &mut Option<Plan>,
    ) -> SqlResult<()> {
        if let Expr::BinaryOp { left, op: ast::BinaryOperator::Eq, right } = expr {
            let (a, b) = (self.expr(left, scope, env)?, self.expr(right, scope, env)?);
            for side in [&a, &b] {
                if matches!(side.ty, ChType::Dynamic | ChType::Variant(_)) {
                    return Err(SqlError::new(
                        ChCode::IllegalColumn,
                        "JOIN on keys with Dynamic type is not supported: use a `.:Type` subcolumn or CAST.",
                    ));
                }
            }
            let left_ids = ids_of(scope.tables.get(..left_count).unwrap_or_default());
            let right_ids = ids_of(scope.tables.get(left_count..).unwrap_or_default());
            let within = |e: &Plan, ids: &HashSet<String>| {
                let used = e.column_refs();
                !used.is_empty() && used.iter().all(|c| ids.contains(&c.name))
            };
            if within(&a.expr, &left_ids) && within(&b.expr, &right_ids) {
                keys.push(aligned(a, b)?);
                return Ok(());
            }
            if within(&b.expr, &left_ids) && within(&a.expr, &right_ids) {
                keys.push(aligned(b, a)?);
                return Ok(());
            }
        }
        let condition = to_predicate(self.expr(expr, scope, env)?)?;
        *filter = Some(match filter.take() {
            Some(all) => {
                Plan::BinaryExpr(BinaryExpr::new(Box::new(all), Operator::And, Box::new(condition)))
            }
            None => condition,
        });
        Ok(())
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
        tables: vec![TableRef { alias, columns, order: relation.order }],
    }
}

/// The ids of the columns of some tables, requested ones of scans included.
fn ids_of(tables: &[TableRef]) -> HashSet<String> {
    let mut ids = HashSet::new();
    for named in tables.iter().flat_map(|table| &table.columns) {
        match &named.place {
            Place::Plan(id) => drop(ids.insert(id.clone())),
            Place::Scan(scan) => {
                ids.extend(scan.columns.borrow().iter().map(|(request, _)| request.output.clone()))
            }
        }
    }
    ids
}

fn aligned(a: Typed, b: Typed) -> SqlResult<(Plan, Plan)> {
    let common = common_type(&[a.ty.strip_nullable().clone(), b.ty.strip_nullable().clone()])?;
    if matches!(common, ChType::Variant(_)) {
        return Err(SqlError::new(
            ChCode::NoCommonType,
            format!("JOIN keys {} and {} have no common type.", a.ty, b.ty),
        ));
    }
    let as_common = |side: Typed| {
        let ty = if side.ty.is_nullable() { common.clone().nullable() } else { common.clone() };
        cast(side, &ty).map(Typed::into_value)
    };
    Ok((as_common(a)?, as_common(b)?))
}

fn crossed(left: Source, right: Source) -> Source {
    let mut tables = left.tables;
    tables.extend(right.tables);
    let join = Join {
        left: left.rel,
        right: right.rel,
        kind: JoinType::Inner,
        keys: Vec::new(),
        filter: None,
        any: false,
        use_nulls: false,
    };
    Source { rel: Rel::Join(Box::new(join)), tables }
}

fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::BinaryOp { left, op: ast::BinaryOperator::And, right } => {
            [conjuncts(left), conjuncts(right)].concat()
        }
        Expr::Nested(inner) => conjuncts(inner),
        other => vec![other],
    }
}

fn alias_name(alias: Option<&ast::TableAlias>) -> SqlResult<Option<String>> {
    match alias {
        Some(alias) if !alias.columns.is_empty() => {
            Err(unsupported("Column names after a table alias"))
        }
        Some(alias)
            if ["FINAL", "ANY", "PASTE", "SAMPLE"].iter().any(|word| {
                alias.name.quote_style.is_none() && alias.name.value.eq_ignore_ascii_case(word)
            }) =>
        {
            Err(unsupported(&format!("`{}` here", alias.name.value)))
        }
        other => Ok(other.map(|alias| alias.name.value.clone())),
    }
}

/// sqlparser reads the array of ARRAY JOIN as a table.
fn array_expression(factor: &TableFactor) -> SqlResult<(Expr, Option<String>)> {
    match factor {
        TableFactor::Table { name, alias, args, .. } => {
            let alias = alias_name(alias.as_ref())?;
            let idents: Vec<ast::Ident> =
                name.0.iter().filter_map(|part| part.as_ident().cloned()).collect();
            let expr = match args {
                Some(args) => {
                    let list = ast::FunctionArgumentList {
                        duplicate_treatment: None,
                        args: args.args.clone(),
                        clauses: Vec::new(),
                    };
                    Expr::Function(ast::Function {
                        name: name.clone(),
                        uses_odbc_syntax: false,
                        parameters: ast::FunctionArguments::None,
                        args: ast::FunctionArguments::List(list),
                        filter: None,
                        null_treatment: None,
                        over: None,
                        within_group: Vec::new(),
                    })
                }
                None if idents.len() == 1 => Expr::Identifier(
                    idents
                        .into_iter()
                        .next()
                        .ok_or_else(|| unsupported("ARRAY JOIN without an array"))?,
                ),
                None => Expr::CompoundIdentifier(idents),
            };
            Ok((expr, alias))
        }
        TableFactor::TableFunction { expr, alias } => {
            Ok((expr.clone(), alias_name(alias.as_ref())?))
        }
        other => Err(unsupported(&format!("ARRAY JOIN {other}"))),
    }
}
