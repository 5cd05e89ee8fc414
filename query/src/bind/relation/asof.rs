//! ASOF JOIN as a window: the rows of both sides in one table, ordered by time within each key, and beside each row of the
//! left side the last row of the right side before it. It sorts, and so spills, where a join of all pairs would not end.

use super::{Asof, Planned};
use crate::{
    bind::{Binder, column, plan_error, scope::Computed, select::windowed},
    error::SqlResult,
    functions::{default_value, scalar_of},
    types::ChType,
};
use datafusion::{
    common::ScalarValue,
    functions::core::expr_fn::{get_field, named_struct},
    functions_window::nth_value::last_value_udwf,
    logical_expr::{
        Expr, LogicalPlan, LogicalPlanBuilder, Operator, SortExpr, WindowFrame, WindowFrameBound,
        WindowFrameUnits, WindowFunctionDefinition,
        expr::{NullTreatment, WindowFunction, WindowFunctionParams},
        lit, when,
    },
};

/// Member of the row of the right side that is there even if no column is asked for.
const PRESENT: &str = "present";

/// The names of the columns that both sides get.
struct Names {
    keys: Vec<String>,
    time: String,
    is_left: String,
    row: String,
}

impl Binder<'_> {
    pub(super) fn plan_asof(&self, asof: Asof) -> SqlResult<Planned> {
        let Asof {
            left,
            right,
            keys,
            nearest: (left_time, op, right_time),
            is_left,
            use_nulls,
            merged,
        } = asof;
        let (left, left_columns) = self.plan(left)?;
        let (right, right_columns) = self.plan(right)?;
        let names = Names {
            keys: keys.iter().map(|_| self.fresh()).collect(),
            time: self.fresh(),
            is_left: self.fresh(),
            row: self.fresh(),
        };
        let (left_keys, right_keys): (Vec<Expr>, Vec<Expr>) = keys.into_iter().unzip();
        let row = row_of(&right_columns);
        let row_type = project(right.clone(), vec![row.clone().alias(&names.row)])?;
        let row_type = row_type.schema().field(0).data_type().clone();
        let no_row = lit(ScalarValue::try_from(&row_type).map_err(plan_error)?);
        let left_own = left_columns.iter().map(|(id, _)| column(id)).collect();
        let left = project(left, names.columns(left_own, left_keys, left_time, true, no_row))?;
        // A row without key or time is near nothing.
        let known = right_keys.iter().chain([&right_time]).cloned().map(Expr::is_not_null);
        let known = known.reduce(Expr::and).unwrap_or_else(|| lit(true));
        let right_own = nulls_like(&left, &left_columns)?;
        let right = LogicalPlanBuilder::from(right).filter(known).map_err(plan_error)?;
        let right = right.build().map_err(plan_error)?;
        let right = project(right, names.columns(right_own, right_keys, right_time, false, row))?;
        let both = LogicalPlanBuilder::from(left)
            .union(right)
            .and_then(LogicalPlanBuilder::build)
            .map_err(plan_error)?;
        let found = self.fresh();
        let both = windowed(both, &[names.nearest(&found, op)])?;
        let mut keep = column(&names.is_left);
        if !is_left {
            keep = keep.and(column(&found).is_not_null());
        }
        let both = LogicalPlanBuilder::from(both).filter(keep).map_err(plan_error)?;
        let both = both.build().map_err(plan_error)?;
        let mut exprs: Vec<Expr> = left_columns.iter().map(|(id, _)| column(id)).collect();
        let mut columns = left_columns;
        for merged in merged {
            exprs.push(merged.left.alias(&merged.id));
            columns.push((merged.id, merged.ty));
        }
        for (id, ty) in right_columns {
            let ty = if is_left && use_nulls { ty.nullable() } else { ty };
            exprs.push(member(&found, &id, &ty, is_left && !use_nulls)?.alias(&id));
            columns.push((id, ty));
        }
        Ok((project(both, exprs)?, columns))
    }
}

impl Names {
    /// The columns of one side of the union.
    fn columns(
        &self,
        own: Vec<Expr>,
        keys: Vec<Expr>,
        time: Expr,
        is_left: bool,
        row: Expr,
    ) -> Vec<Expr> {
        let mut columns = own;
        columns.extend(keys.into_iter().zip(&self.keys).map(|(key, name)| key.alias(name)));
        columns.push(time.alias(&self.time));
        columns.push(lit(is_left).alias(&self.is_left));
        columns.push(row.alias(&self.row));
        columns
    }

    /// The last row of the right side up to each row: forwards in time for `left > right`, backwards for `left < right`. Among
    /// equal times the right side comes first, if they are near enough.
    fn nearest(&self, found: &str, op: Operator) -> Computed {
        let forwards = matches!(op, Operator::Gt | Operator::GtEq);
        let equal_is_near = matches!(op, Operator::GtEq | Operator::LtEq);
        let key = |name: &str, asc| SortExpr { expr: column(name), asc, nulls_first: true };
        let frame = WindowFrame::new_bounds(
            WindowFrameUnits::Rows,
            WindowFrameBound::Preceding(ScalarValue::UInt64(None)),
            WindowFrameBound::CurrentRow,
        );
        let params = WindowFunctionParams {
            args: vec![column(&self.row)],
            partition_by: self.keys.iter().map(|key| column(key)).collect(),
            order_by: vec![key(&self.time, forwards), key(&self.is_left, equal_is_near)],
            window_frame: frame,
            filter: None,
            null_treatment: Some(NullTreatment::IgnoreNulls),
            distinct: false,
        };
        let fun = WindowFunctionDefinition::WindowUDF(last_value_udwf());
        let expr = Expr::WindowFunction(Box::new(WindowFunction { fun, params }));
        Computed { expr, id: found.to_owned(), ty: ChType::Nothing }
    }
}

/// The columns of the right side as one value.
fn row_of(columns: &[(String, ChType)]) -> Expr {
    let mut members = vec![lit(PRESENT), lit(true)];
    for (id, _) in columns {
        members.push(lit(id.as_str()));
        members.push(column(id));
    }
    named_struct(members)
}

/// NULLs in the types of the first columns of a plan.
fn nulls_like(plan: &LogicalPlan, columns: &[(String, ChType)]) -> SqlResult<Vec<Expr>> {
    let fields = plan.schema().fields().iter().zip(columns);
    fields
        .map(|(field, (id, _))| {
            let null = ScalarValue::try_from(field.data_type()).map_err(plan_error)?;
            Ok(lit(null).alias(id))
        })
        .collect()
}

/// A column of the row that was found; its default where there is none, if it is to have one.
fn member(found: &str, id: &str, ty: &ChType, padded: bool) -> SqlResult<Expr> {
    let value = get_field(column(found), id);
    let default = default_value(ty);
    if !padded || default.is_null() {
        return Ok(value);
    }
    when(column(found).is_null(), lit(scalar_of(&default, ty)?))
        .otherwise(value)
        .map_err(plan_error)
}

fn project(plan: LogicalPlan, exprs: Vec<Expr>) -> SqlResult<LogicalPlan> {
    LogicalPlanBuilder::from(plan)
        .project(exprs)
        .and_then(LogicalPlanBuilder::build)
        .map_err(plan_error)
}
