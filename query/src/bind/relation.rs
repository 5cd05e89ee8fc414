//! FROM as a small tree that becomes a plan when its SELECT is bound, because only then all columns of its scans are known.

mod asof;

use super::{Binder, column, plan_error, scope::Scan};
use crate::{
    error::SqlResult,
    functions::{default_value, scalar, scalar_of},
    typed::Typed,
    types::ChType,
};
use datafusion::{
    common::{Column, JoinType, UnnestOptions},
    datasource::provider_as_source,
    logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Operator, lit, when},
};
use std::rc::Rc;

/// A relation of FROM.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a handful per query")]
pub(super) enum Rel {
    /// One row without columns.
    Nothing,
    Scan(Rc<Scan>),
    /// A subquery, and the types of its columns.
    Plan(LogicalPlan, Vec<(String, ChType)>),
    Join(Box<Join>),
    Asof(Box<Asof>),
    ArrayJoin {
        input: Box<Self>,
        arrays: Vec<(Typed, String)>,
        left: bool,
    },
}

/// A join.
#[derive(Debug)]
pub(super) struct Join {
    pub(super) left: Rel,
    pub(super) right: Rel,
    pub(super) kind: JoinType,
    pub(super) keys: Vec<(Expr, Expr)>,
    pub(super) filter: Option<Expr>,
    /// Only one row per key of that side takes part.
    pub(super) one_left: bool,
    pub(super) one_right: bool,
    /// Unmatched sides keep NULLs instead of defaults.
    pub(super) use_nulls: bool,
    /// Columns of USING that are neither side's own.
    pub(super) merged: Vec<Merged>,
}

/// A column of USING: the left side's value, or the right one's where the left has no match.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) id: String,
    pub(super) ty: ChType,
    pub(super) left: Expr,
    pub(super) right: Option<Expr>,
}

/// A join with the nearest row of the other side.
#[derive(Debug)]
pub(super) struct Asof {
    pub(super) left: Rel,
    pub(super) right: Rel,
    pub(super) keys: Vec<(Expr, Expr)>,
    /// `left op right`, where op is one of <, <=, >, >=.
    pub(super) nearest: (Expr, Operator, Expr),
    /// Whether rows of the left side without a match stay.
    pub(super) is_left: bool,
    pub(super) use_nulls: bool,
    /// Columns of USING in another type than the left side's.
    pub(super) merged: Vec<Merged>,
}

type Planned = (LogicalPlan, Vec<(String, ChType)>);

impl Binder<'_> {
    /// The plan, and the names and types of its columns.
    pub(super) fn plan(&self, rel: Rel) -> SqlResult<Planned> {
        match rel {
            Rel::Nothing => {
                Ok((LogicalPlanBuilder::empty(true).build().map_err(plan_error)?, Vec::new()))
            }
            Rel::Plan(plan, columns) => Ok((plan, columns)),
            Rel::Scan(scan) => self.plan_scan(&scan),
            Rel::Join(join) => self.plan_join(*join),
            Rel::Asof(asof) => self.plan_asof(*asof),
            Rel::ArrayJoin { input, arrays, left } => {
                let (plan, mut columns) = self.plan(*input)?;
                let mut unfolds = Vec::new();
                for (array, id) in arrays {
                    let item = match &array.ty {
                        ChType::Array(item) => (**item).clone(),
                        other => other.clone(),
                    };
                    let array = if left { or_one_default(array, &item)? } else { array };
                    unfolds.push((array.into_value(), id.clone()));
                    columns.push((id, item));
                }
                Ok((unfold(plan, unfolds)?, columns))
            }
        }
    }

    fn plan_scan(&self, scan: &Scan) -> SqlResult<Planned> {
        let columns = scan.columns.borrow();
        let requests: Vec<_> = columns.iter().map(|(request, _)| request.clone()).collect();
        let provider = self.tables.scan(&scan.table, &requests)?;
        let name = self.fresh();
        let plan = LogicalPlanBuilder::scan(name.as_str(), provider_as_source(provider), None)
            .map_err(plan_error)?;
        let unqualified = requests.iter().map(|request| {
            Expr::Column(Column::new(Some(name.as_str()), &request.output)).alias(&request.output)
        });
        let plan = if requests.is_empty() {
            plan
        } else {
            plan.project(unqualified).map_err(plan_error)?
        };
        let types =
            columns.iter().map(|(request, ty)| (request.output.clone(), ty.clone())).collect();
        Ok((plan.build().map_err(plan_error)?, types))
    }

    fn plan_join(&self, join: Join) -> SqlResult<Planned> {
        let Join { left, right, kind, keys, filter, one_left, one_right, use_nulls, merged } = join;
        let (pad_left, pad_right) = (
            matches!(kind, JoinType::Right | JoinType::Full),
            matches!(kind, JoinType::Left | JoinType::Full),
        );
        let (left, left_columns) = self.plan(left)?;
        let (right, right_columns) = self.plan(right)?;
        let to_pad = |columns: &[(String, ChType)]| {
            !use_nulls || columns.iter().any(|(_, ty)| has_no_null(ty))
        };
        let (left, left_marker) =
            if pad_left && to_pad(&left_columns) { self.marked(left)? } else { (left, None) };
        let (right, right_marker) =
            if pad_right && to_pad(&right_columns) { self.marked(right)? } else { (right, None) };
        let (left_keys, right_keys): (Vec<Expr>, Vec<Expr>) = keys.into_iter().unzip();
        let (left, left_keys) = keys_as_columns(left, left_keys, || self.fresh())?;
        let (right, right_keys) = keys_as_columns(right, right_keys, || self.fresh())?;
        let one = |plan, keys: &[Expr]| self.numbered(plan, keys.to_vec(), Vec::new(), 1, 0);
        let left = if one_left { one(left, &left_keys)? } else { left };
        let right = if one_right { one(right, &right_keys)? } else { right };
        let builder = LogicalPlanBuilder::from(left);
        let joined = if left_keys.is_empty() && filter.is_none() && kind == JoinType::Inner {
            builder.cross_join(right)
        } else if left_keys.is_empty() {
            builder.join_on(right, kind, filter)
        } else {
            builder.join_with_expr_keys(right, kind, (left_keys, right_keys), filter)
        };
        let joined = joined.map_err(plan_error)?;
        let mut columns = Vec::new();
        let mut exprs = Vec::new();
        let no_left = matches!(kind, JoinType::RightSemi | JoinType::RightAnti);
        let no_right = matches!(kind, JoinType::LeftSemi | JoinType::LeftAnti);
        for merged in merged {
            let value = merged_value(&merged, left_marker.as_deref())?;
            exprs.push(value.alias(&merged.id));
            columns.push((merged.id, merged.ty));
        }
        let sides = [
            (left_columns, left_marker, pad_left, no_left),
            (right_columns, right_marker, pad_right, no_right),
        ];
        for (side, marker, padded, absent) in sides {
            for (id, ty) in side {
                let (expr, ty) = match &marker {
                    _ if absent => (absent_value(&ty, use_nulls)?, ty),
                    Some(marker) if !use_nulls || has_no_null(&ty) => (pad(&id, &ty, marker)?, ty),
                    _ if padded => (column(&id), ty.nullable()),
                    _ => (column(&id), ty),
                };
                exprs.push(expr.alias(&id));
                columns.push((id, ty));
            }
        }
        let plan =
            if exprs.is_empty() { joined } else { joined.project(exprs).map_err(plan_error)? };
        Ok((plan.build().map_err(plan_error)?, columns))
    }

    /// The side of an outer join with a column that is never NULL in a match.
    fn marked(&self, plan: LogicalPlan) -> SqlResult<(LogicalPlan, Option<String>)> {
        let marker = self.fresh();
        let columns = plan.schema().columns().into_iter().map(Expr::Column);
        let exprs: Vec<Expr> = columns.chain([lit(true).alias(&marker)]).collect();
        let plan = LogicalPlanBuilder::from(plan)
            .project(exprs)
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_error)?;
        Ok((plan, Some(marker)))
    }
}

/// A side of a join with its keys as columns: the optimizer forgets a condition whose key turns out to be a constant.
pub(super) fn keys_as_columns(
    plan: LogicalPlan,
    keys: Vec<Expr>,
    fresh: impl Fn() -> String,
) -> SqlResult<(LogicalPlan, Vec<Expr>)> {
    if keys.iter().all(|key| matches!(key, Expr::Column(_))) {
        return Ok((plan, keys));
    }
    let mut exprs: Vec<Expr> = plan.schema().columns().into_iter().map(Expr::Column).collect();
    let keys = keys.into_iter().map(|key| match key {
        Expr::Column(_) => key,
        computed => {
            let id = fresh();
            exprs.push(computed.alias(&id));
            column(&id)
        }
    });
    let keys = keys.collect();
    let plan = LogicalPlanBuilder::from(plan)
        .project(exprs)
        .and_then(LogicalPlanBuilder::build)
        .map_err(plan_error)?;
    Ok((plan, keys))
}

/// Types whose columns have a default even where a query wants NULLs.
fn has_no_null(ty: &ChType) -> bool {
    matches!(ty, ChType::Array(_) | ChType::Map(..))
}

/// The value of a column of USING.
fn merged_value(merged: &Merged, left_marker: Option<&str>) -> SqlResult<Expr> {
    let Some(right) = &merged.right else { return Ok(merged.left.clone()) };
    let absent = match left_marker {
        Some(marker) => column(marker).is_null(),
        None => merged.left.clone().is_null(),
    };
    when(absent, right.clone()).otherwise(merged.left.clone()).map_err(plan_error)
}

/// What a column of a side has where that side has no row by definition.
fn absent_value(ty: &ChType, use_nulls: bool) -> SqlResult<Expr> {
    let value = if use_nulls { crate::value::Value::Null } else { default_value(ty) };
    Ok(lit(scalar_of(&value, &if use_nulls { ty.clone().nullable() } else { ty.clone() })?))
}

/// A column of an unmatched side: the type's default where the marker says there was no match.
fn pad(id: &str, ty: &ChType, marker: &str) -> SqlResult<Expr> {
    let default = default_value(ty);
    if default.is_null() {
        return Ok(column(id));
    }
    let default = lit(scalar_of(&default, ty)?);
    when(column(marker).is_null(), default).otherwise(column(id)).map_err(plan_error)
}

/// The array, or one default element if it is empty (LEFT ARRAY JOIN).
fn or_one_default(array: Typed, item: &ChType) -> SqlResult<Typed> {
    let ty = array.ty.clone();
    let one = crate::value::Value::Array(vec![default_value(item)]);
    let one = Typed::value(lit(scalar_of(&one, &ty)?), ty);
    let empty = scalar("empty", vec![array.clone()])?;
    scalar("if", vec![empty, one, array])
}

/// One row per element of the arrays, which are walked side by side; rows with empty arrays vanish.
pub(super) fn unfold(plan: LogicalPlan, arrays: Vec<(Expr, String)>) -> SqlResult<LogicalPlan> {
    let kept = plan.schema().columns().into_iter().map(Expr::Column);
    let (checked, ids) = same_sizes(arrays);
    let exprs: Vec<Expr> =
        kept.chain(checked.into_iter().zip(&ids).map(|(array, id)| array.alias(id))).collect();
    let columns = ids.into_iter().map(Column::new_unqualified).collect();
    LogicalPlanBuilder::from(plan)
        .project(exprs)
        .and_then(|builder| {
            builder.unnest_columns_with_options(
                columns,
                UnnestOptions { preserve_nulls: false, recursions: Vec::new() },
            )
        })
        .and_then(LogicalPlanBuilder::build)
        .map_err(plan_error)
}

/// Several arrays must have equal sizes in every row.
fn same_sizes(arrays: Vec<(Expr, String)>) -> (Vec<Expr>, Vec<String>) {
    let (exprs, ids): (Vec<Expr>, Vec<String>) = arrays.into_iter().unzip();
    match exprs.as_slice() {
        [first, rest @ ..] if !rest.is_empty() => {
            let checked = exprs
                .iter()
                .map(|array| crate::functions::same_size(array.clone(), first.clone()))
                .collect();
            (checked, ids)
        }
        _ => (exprs, ids),
    }
}
