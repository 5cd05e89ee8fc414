//! Expressions of grouped queries: what is a key becomes the column of the key, and nothing else may be a column.

use super::super::{
    ScanSource, column, plan_error,
    scope::{Place, Scope},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
};
use datafusion::{
    arrow::datatypes::DataType,
    common::tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    logical_expr::cast,
};

/// In a grouped query, parts that are a grouping key become the key's column.
pub(super) fn replace_keys(typed: Typed, scope: &Scope) -> SqlResult<Typed> {
    let (keys, constants) = (scope.keys.borrow(), scope.constants.borrow());
    let replaced = typed.expr.transform_down(|node| {
        if let Some((_, value)) = constants.iter().find(|(written, _)| *written == node) {
            return Ok(Transformed::new(value.clone(), true, TreeNodeRecursion::Jump));
        }
        for key in keys.iter() {
            if node == key.value {
                return Ok(Transformed::new(column(&key.id), true, TreeNodeRecursion::Jump));
            }
            if key.predicate.as_ref() == Some(&node) {
                let back = cast(column(&key.id), DataType::Boolean);
                return Ok(Transformed::new(back, true, TreeNodeRecursion::Jump));
            }
        }
        Ok(Transformed::no(node))
    });
    Ok(Typed { expr: replaced.map_err(plan_error)?.data, ..typed })
}

/// A grouped expression may use only keys, aggregates and windows.
pub(in crate::bind) fn check_grouped(typed: &Typed, scope: &Scope) -> SqlResult<()> {
    if !scope.grouped.get() {
        return Ok(());
    }
    for used in typed.expr.column_refs() {
        let known = scope.keys.borrow().iter().any(|key| key.id == used.name)
            || scope.grouping_id.borrow().as_ref() == Some(&used.name)
            || scope
                .aggregates
                .borrow()
                .iter()
                .chain(scope.windows.borrow().iter())
                .any(|c| c.id == used.name);
        if !known {
            let name = scope
                .tables
                .iter()
                .flat_map(|t| &t.columns)
                .find(|c| matches!(&c.place, Place::Plan(id) if *id == used.name));
            let name = name.map_or_else(|| requested_name(scope, &used.name), |c| c.name.clone());
            return Err(SqlError::new(
                ChCode::NotAnAggregate,
                format!(
                    "Column '{name}' is not under aggregate function and not in GROUP BY keys."
                ),
            ));
        }
    }
    Ok(())
}

fn requested_name(scope: &Scope, id: &str) -> String {
    for column in scope.tables.iter().flat_map(|t| &t.columns) {
        if let Place::Scan(scan) = &column.place
            && let Some((request, _)) =
                scan.columns.borrow().iter().find(|(request, _)| request.output == id)
        {
            return match &request.source {
                ScanSource::Column(name) => name.clone(),
                ScanSource::Sub { column, .. } => column.name(),
            };
        }
    }
    id.to_owned()
}
