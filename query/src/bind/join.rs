//! JOIN: what the words before it mean, and its conditions.

use super::{
    Binder,
    from::Source,
    query::Env,
    relation::{Asof, Join, Merged, Rel},
    scope::{Named, Place, Scope, TableRef},
    unsupported,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::{cast, common_type, compared_type, shared_type, to_predicate},
    typed::Typed,
    types::ChType,
};
use datafusion::{
    common::JoinType,
    logical_expr::{BinaryExpr, Expr as Plan, Operator},
};
use sqlparser::ast::{self, BinaryOperator, Expr, JoinConstraint, JoinOperator};
use std::collections::HashSet;

/// How many rows of the other side a row meets.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Strictness {
    All,
    Any,
    Asof,
    /// A SEMI or ANTI join that stands for an EXISTS: the other side has no names outside.
    Exists,
}

/// What the conditions of a join say.
#[derive(Default)]
struct Conditions {
    keys: Vec<(Plan, Plan)>,
    filter: Option<Plan>,
    nearest: Option<(Plan, Operator, Plan)>,
    merged: Vec<(Named, Named)>,
}

/// The kind, the strictness and the constraint of a join; `dialect/rewrite/joins.rs` says how they are written.
fn kind_of(join: &ast::Join) -> SqlResult<(JoinType, Strictness, &JoinConstraint)> {
    use Strictness::{All, Any, Asof, Exists};
    let ast::Join { relation: _, global, join_operator } = join;
    Ok(match (join_operator, global) {
        (JoinOperator::Join(c), false) => (JoinType::Inner, All, c),
        (JoinOperator::Join(c), true) => (JoinType::Inner, Any, c),
        (JoinOperator::Inner(c), true) => (JoinType::Inner, Asof, c),
        (JoinOperator::Left(c), false) => (JoinType::Left, All, c),
        (JoinOperator::Left(c), true) => (JoinType::Left, Any, c),
        (JoinOperator::LeftOuter(c), true) => (JoinType::Left, Asof, c),
        (JoinOperator::Right(c), false) => (JoinType::Right, All, c),
        (JoinOperator::Right(c), true) => (JoinType::Right, Any, c),
        (JoinOperator::FullOuter(c), false) => (JoinType::Full, All, c),
        (JoinOperator::FullOuter(_), true) => {
            return Err(unsupported("ANY FULL JOIN; write ANY LEFT JOIN and UNION ALL"));
        }
        (JoinOperator::LeftSemi(c), false) => (JoinType::LeftSemi, All, c),
        (JoinOperator::LeftSemi(c), true) => (JoinType::LeftSemi, Exists, c),
        (JoinOperator::RightSemi(c), false) => (JoinType::RightSemi, All, c),
        (JoinOperator::LeftAnti(c), false) => (JoinType::LeftAnti, All, c),
        (JoinOperator::LeftAnti(c), true) => (JoinType::LeftAnti, Exists, c),
        (JoinOperator::RightAnti(c), false) => (JoinType::RightAnti, All, c),
        (JoinOperator::CrossJoin(c), false) => (JoinType::Inner, All, c),
        (other, _) => return Err(unsupported(&format!("The join {other:?}"))),
    })
}

impl Binder<'_> {
    pub(super) fn join(
        &self,
        left: Source,
        right: Source,
        join: &ast::Join,
        env: &Env,
        use_nulls: bool,
    ) -> SqlResult<Source> {
        let (kind, strictness, constraint) = kind_of(join)?;
        if matches!(join.join_operator, JoinOperator::CrossJoin(_)) {
            return match constraint {
                JoinConstraint::None => Ok(crossed(left, right)),
                _ => Err(SqlError::new(
                    ChCode::SyntaxError,
                    "Syntax error: a CROSS JOIN has no ON; write INNER JOIN.",
                )),
            };
        }
        let (left_count, mut tables) = (left.tables.len(), left.tables);
        tables.extend(right.tables);
        let scope = Scope::new(tables);
        let conditions = self.conditions(constraint, left_count, &scope, env, strictness)?;
        let kind = without_names(kind, strictness, &conditions)?;
        let mut source = Source { rel: Rel::Nothing, tables: scope.tables };
        let before = source.tables.len();
        let merged = self.merge(&conditions.merged, kind.ty, &mut source)?;
        let left_count = (left_count + source.tables.len()).saturating_sub(before);
        name_sides(&mut source.tables, &kind, left_count, use_nulls);
        let Conditions { keys, filter, nearest, .. } = conditions;
        source.rel = match (strictness, nearest) {
            (Strictness::Asof, Some(nearest)) => Rel::Asof(Box::new(Asof {
                left: left.rel,
                right: right.rel,
                keys,
                nearest,
                is_left: kind.ty == JoinType::Left,
                use_nulls,
                merged,
            })),
            _ => Rel::Join(Box::new(Join {
                left: left.rel,
                right: right.rel,
                kind: kind.ty,
                keys,
                filter,
                one_left: kind.one_left,
                one_right: kind.one_right,
                use_nulls,
                merged,
            })),
        };
        Ok(source)
    }

    fn conditions(
        &self,
        constraint: &JoinConstraint,
        left_count: usize,
        scope: &Scope,
        env: &Env,
        strictness: Strictness,
    ) -> SqlResult<Conditions> {
        let mut conditions = Conditions::default();
        match constraint {
            JoinConstraint::On(expr) => {
                for conjunct in conjuncts(expr) {
                    self.condition_of(
                        conjunct,
                        left_count,
                        scope,
                        env,
                        strictness,
                        &mut conditions,
                    )?;
                }
            }
            JoinConstraint::Using(names) => {
                for name in names {
                    let (a, b) = both_sides(&using_name(name)?, left_count, scope)?;
                    conditions.keys.push(aligned(self.named(&a), self.named(&b))?);
                    conditions.merged.push((a, b));
                }
                if strictness == Strictness::Asof {
                    conditions.nearest =
                        conditions.keys.pop().map(|(left, right)| (left, Operator::GtEq, right));
                }
            }
            JoinConstraint::None => {
                return Err(SqlError::new(
                    ChCode::InvalidJoinOnExpression,
                    "A JOIN needs ON or USING; write CROSS JOIN for all pairs.",
                ));
            }
            JoinConstraint::Natural => {
                return Err(unsupported("NATURAL JOIN; write USING (columns)"));
            }
        }
        if strictness == Strictness::Asof
            && (conditions.nearest.is_none()
                || conditions.keys.is_empty()
                || conditions.filter.is_some())
        {
            return Err(SqlError::new(
                if conditions.keys.is_empty() {
                    ChCode::NotImplemented
                } else {
                    ChCode::InvalidJoinOnExpression
                },
                "An ASOF JOIN needs equalities of both sides and exactly one of <, <=, >, >= between them: `ON a.key = b.key AND a.time >= b.time`.",
            ));
        }
        Ok(conditions)
    }

    /// An equality of one side with the other is a key, and an inequality the nearness of an ASOF join; anything else is
    /// checked per pair.
    fn condition_of(
        &self,
        expr: &Expr,
        left_count: usize,
        scope: &Scope,
        env: &Env,
        strictness: Strictness,
        conditions: &mut Conditions,
    ) -> SqlResult<()> {
        if let Expr::BinaryOp { left, op, right } = expr
            && let Some(op) = comparison(op, strictness)
        {
            let (a, b) = (self.expr(left, scope, env)?, self.expr(right, scope, env)?);
            if let Some((swapped, a, b)) = sides(a, b, left_count, scope)? {
                let (left, right) = aligned(a, b)?;
                match (op, swapped) {
                    (Operator::Eq, _) => conditions.keys.push((left, right)),
                    (op, swapped) => {
                        let op = if swapped { op.swap().unwrap_or(op) } else { op };
                        if conditions.nearest.replace((left, op, right)).is_some() {
                            return Err(SqlError::new(
                                ChCode::InvalidJoinOnExpression,
                                "An ASOF JOIN takes one inequality, and ON has several.",
                            ));
                        }
                    }
                }
                return Ok(());
            }
        }
        let condition = to_predicate(self.expr(expr, scope, env)?)?;
        conditions.filter = Some(match conditions.filter.take() {
            Some(all) => {
                Plan::BinaryExpr(BinaryExpr::new(Box::new(all), Operator::And, Box::new(condition)))
            }
            None => condition,
        });
        Ok(())
    }

    /// The columns of USING: one of each name, before all others, and the sides' own behind their tables' names.
    fn merge(
        &self,
        pairs: &[(Named, Named)],
        kind: JoinType,
        source: &mut Source,
    ) -> SqlResult<Vec<Merged>> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let (mut columns, mut computed) = (Vec::new(), Vec::new());
        for (a, b) in pairs {
            let right_only =
                matches!(kind, JoinType::Right | JoinType::RightSemi | JoinType::RightAnti);
            let one = if right_only { b } else { a };
            let ty = match common_type(&[a.ty.clone(), b.ty.clone()])? {
                // Numbers that are equal fit the narrower type.
                ChType::Variant(_) if kind != JoinType::Full => {
                    shared_type(&[a.ty.clone(), b.ty.clone()]).unwrap_or_else(|| one.ty.clone())
                }
                ChType::Variant(_) => {
                    let message =
                        format!("There is no supertype for {} and {} in USING", a.ty, b.ty);
                    return Err(SqlError::new(ChCode::NoCommonType, message));
                }
                common => common,
            };
            if kind != JoinType::Full && one.ty == ty {
                columns.push(one.clone());
                continue;
            }
            let id = self.fresh();
            let as_common = |side: &Named| cast(self.named(side), &ty).map(Typed::into_value);
            let (left, right) = (as_common(a)?, as_common(b)?);
            let (left, right) = if right_only { (right.clone(), right) } else { (left, right) };
            let both = kind == JoinType::Full;
            computed.push(Merged {
                id: id.clone(),
                ty: ty.clone(),
                left,
                right: both.then_some(right),
            });
            columns.push(Named { name: a.name.clone(), ty, place: Place::Plan(id), hidden: false });
        }
        let names: Vec<String> = pairs.iter().map(|(a, _)| a.name.clone()).collect();
        for table in source.tables.iter_mut() {
            let here = table.columns.iter().map(|column| column.name.clone());
            let merged: Vec<String> = here.filter(|name| names.contains(name)).collect();
            table.merged.extend(merged);
        }
        // A column that an earlier USING merged is merged again.
        source.tables.retain(|table| {
            table.alias.is_some() || table.columns.iter().any(|c| !table.merged.contains(&c.name))
        });
        source.tables.insert(0, TableRef::new(None, columns));
        Ok(computed)
    }
}

/// A kind of join as it is planned.
struct Kind {
    ty: JoinType,
    /// Whether only one row per key of that side takes part.
    one_left: bool,
    one_right: bool,
    /// Whether the names of that side end with the join.
    hides_left: bool,
    hides_right: bool,
}

/// ANY and SEMI meet one row of the other side, whose columns are there; where they cannot be, they have no names.
fn without_names(ty: JoinType, strictness: Strictness, conditions: &Conditions) -> SqlResult<Kind> {
    let keys_only = conditions.filter.is_none() && !conditions.keys.is_empty();
    let mut kind =
        Kind { ty, one_left: false, one_right: false, hides_left: false, hides_right: false };
    match (ty, strictness) {
        (_, Strictness::Any) if !keys_only => {
            return Err(unsupported(
                "ANY with a condition that is no equality of both sides; filter a side in a subquery",
            ));
        }
        (JoinType::Inner, Strictness::Any) => (kind.one_left, kind.one_right) = (true, true),
        (JoinType::Left, Strictness::Any) => kind.one_right = true,
        (JoinType::Right, Strictness::Any) => kind.one_left = true,
        (JoinType::LeftSemi | JoinType::LeftAnti, Strictness::Exists) => kind.hides_right = true,
        (JoinType::LeftSemi, _) if keys_only => (kind.ty, kind.one_right) = (JoinType::Inner, true),
        (JoinType::RightSemi, _) if keys_only => (kind.ty, kind.one_left) = (JoinType::Inner, true),
        (JoinType::LeftSemi, _) => kind.hides_right = true,
        (JoinType::RightSemi, _) => kind.hides_left = true,
        _ => {}
    }
    Ok(kind)
}

/// Takes the names of hidden sides away, and makes columns that may have no match Nullable, where the query wants NULLs.
fn name_sides(tables: &mut Vec<TableRef>, kind: &Kind, left_count: usize, use_nulls: bool) {
    let is_left = |at: usize| at < left_count;
    if use_nulls {
        for (at, table) in tables.iter_mut().enumerate() {
            let padded = if is_left(at) {
                matches!(kind.ty, JoinType::Right | JoinType::Full | JoinType::RightAnti)
            } else {
                matches!(kind.ty, JoinType::Left | JoinType::Full | JoinType::LeftAnti)
            };
            let columns = table.columns.iter_mut().filter(|_| padded);
            columns.for_each(|column| column.ty = column.ty.clone().nullable());
        }
    }
    let mut at = 0;
    tables.retain(|_| {
        at += 1;
        !(kind.hides_left && is_left(at - 1) || kind.hides_right && !is_left(at - 1))
    });
}

/// The comparisons that a join looks for between its sides.
fn comparison(op: &BinaryOperator, strictness: Strictness) -> Option<Operator> {
    let asof = strictness == Strictness::Asof;
    match op {
        BinaryOperator::Eq => Some(Operator::Eq),
        BinaryOperator::Lt if asof => Some(Operator::Lt),
        BinaryOperator::LtEq if asof => Some(Operator::LtEq),
        BinaryOperator::Gt if asof => Some(Operator::Gt),
        BinaryOperator::GtEq if asof => Some(Operator::GtEq),
        _ => None,
    }
}

/// Two expressions as one of the left side and one of the right, and whether they were the other way round.
fn sides(
    a: Typed,
    b: Typed,
    left_count: usize,
    scope: &Scope,
) -> SqlResult<Option<(bool, Typed, Typed)>> {
    if [&a, &b].iter().any(|side| matches!(side.ty, ChType::Dynamic | ChType::Variant(_))) {
        return Err(SqlError::new(
            ChCode::IllegalColumn,
            "JOIN on keys with Dynamic type is not supported: use a `.:Type` subcolumn or CAST.",
        ));
    }
    let left_ids = ids_of(scope.tables.get(..left_count).unwrap_or_default());
    let right_ids = ids_of(scope.tables.get(left_count..).unwrap_or_default());
    let within = |e: &Plan, ids: &HashSet<String>| {
        let used = e.column_refs();
        !used.is_empty() && used.iter().all(|c| ids.contains(&c.name))
    };
    if within(&a.expr, &left_ids) && within(&b.expr, &right_ids) {
        return Ok(Some((false, a, b)));
    }
    let swapped = within(&b.expr, &left_ids) && within(&a.expr, &right_ids);
    Ok(swapped.then_some((true, b, a)))
}

fn using_name(name: &ast::ObjectName) -> SqlResult<String> {
    let ident = name.0.last().and_then(|part| part.as_ident());
    let ident = ident.ok_or_else(|| unsupported(&format!("USING ({name})")))?;
    Ok(ident.value.clone())
}

/// The columns of a name on both sides.
fn both_sides(name: &str, left_count: usize, scope: &Scope) -> SqlResult<(Named, Named)> {
    let side = |range: &[TableRef]| {
        range.iter().find_map(|table| table.open_columns().find(|c| c.name == name).cloned())
    };
    let (a, b) = scope.tables.split_at(left_count);
    let missing = || {
        SqlError::new(
            ChCode::UnknownIdentifier,
            format!("USING ({name}): both sides need a column of that name."),
        )
    };
    Ok((side(a).ok_or_else(missing)?, side(b).ok_or_else(missing)?))
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

/// Two sides of an equality in one type.
pub(super) fn aligned(a: Typed, b: Typed) -> SqlResult<(Plan, Plan)> {
    let common = compared_type(&a.ty, &b.ty)?;
    let as_common = |side: Typed| {
        let ty = if side.ty.is_nullable() { common.clone().nullable() } else { common.clone() };
        cast(side, &ty).map(Typed::into_value)
    };
    Ok((as_common(a)?, as_common(b)?))
}

/// All pairs.
pub(super) fn crossed(left: Source, right: Source) -> Source {
    let mut tables = left.tables;
    tables.extend(right.tables);
    let join = Join {
        left: left.rel,
        right: right.rel,
        kind: JoinType::Inner,
        keys: Vec::new(),
        filter: None,
        one_left: false,
        one_right: false,
        use_nulls: false,
        merged: Vec::new(),
    };
    Source { rel: Rel::Join(Box::new(join)), tables }
}

/// The conditions that AND connects.
pub(super) fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            [conjuncts(left), conjuncts(right)].concat()
        }
        Expr::Nested(inner) => conjuncts(inner),
        other => vec![other],
    }
}
