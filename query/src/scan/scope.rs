//! What a query may see of a table, as conditions on stored columns. They are applied by the scan before anything the query
//! says, on rows in memory and in files alike.

use crate::engine::Scope;
use datafusion::{
    arrow::{
        array::{AsArray, BooleanArray, RecordBatch, new_null_array},
        datatypes::{DataType, Field, Schema, SchemaRef},
    },
    common::{Column, DFSchema, Result, ScalarValue},
    execution::context::ExecutionProps,
    logical_expr::{Expr, lit},
    physical_expr::{PhysicalExpr, create_physical_expr},
};
use rekor_core::{
    catalog::TableRole,
    grant::Set,
    id::CollectionId,
    row::column,
    view::{Chunk, Version},
};
use std::sync::Arc;

/// A condition on stored columns.
#[derive(Clone, Debug)]
pub(super) struct ScopeCondition {
    columns: Vec<(String, DataType)>,
    condition: Expr,
}

impl ScopeCondition {
    fn new(columns: &[(&str, DataType)], condition: Expr) -> Self {
        let columns = columns.iter().map(|(name, ty)| ((*name).to_owned(), ty.clone())).collect();
        Self { columns, condition }
    }

    /// The columns it looks at.
    pub(super) fn columns(&self) -> &[(String, DataType)] {
        &self.columns
    }

    /// The condition, and the schema of its columns.
    pub(super) fn physical(&self) -> Result<(SchemaRef, Arc<dyn PhysicalExpr>)> {
        let fields: Vec<Field> =
            self.columns.iter().map(|(name, ty)| Field::new(name, ty.clone(), true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let df_schema = DFSchema::try_from(Schema::clone(&schema))?;
        let condition = create_physical_expr(&self.condition, &df_schema, &ExecutionProps::new())?;
        Ok((schema, condition))
    }

    /// The rows of a chunk that pass.
    pub(super) fn keep(&self, chunk: &Chunk) -> Result<BooleanArray> {
        let (schema, condition) = self.physical()?;
        let rows = chunk.system.num_rows();
        let columns = schema.fields().iter().map(|field| {
            let found = chunk.system.column_by_name(field.name()).cloned();
            found.unwrap_or_else(|| new_null_array(field.data_type(), rows))
        });
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns.collect())?;
        let passes = condition.evaluate(&batch)?.into_array(rows)?;
        Ok(super::cell::is_true(passes.as_boolean()))
    }
}

fn stored(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}

fn text(value: &str) -> Expr {
    Expr::Literal(ScalarValue::Utf8View(Some(value.to_owned())), None)
}

fn one_of(name: &str, set: &Set<CollectionId>) -> Expr {
    match set {
        Set::All => lit(true),
        Set::Some(ids) => {
            stored(name).in_list(ids.iter().map(|id| text(id.as_str())).collect(), false)
        }
    }
}

/// The row with one id.
pub(super) fn one_id(id: &str) -> ScopeCondition {
    ScopeCondition::new(&[(column::ID, DataType::Utf8View)], stored(column::ID).eq(text(id)))
}

/// The rows with these ids; no condition if that is all.
pub(super) fn ids(set: &Set<CollectionId>) -> Option<ScopeCondition> {
    let condition = one_of(column::ID, set);
    (!set.is_all()).then(|| ScopeCondition::new(&[(column::ID, DataType::Utf8View)], condition))
}

/// Relationships with both ends in these collections. An end in a dropped collection hides them; so does one in a
/// collection that never was, unless all collections are in scope.
pub(super) fn relationships(version: &Arc<dyn Version>, set: &Set<CollectionId>) -> ScopeCondition {
    let documents = version.catalog().roles.iter().filter_map(|(table, role)| match role {
        TableRole::Documents(..) => Some(lit(table.0)),
        _ => None,
    });
    let never_was = set.is_all().then(|| lit(0_u64));
    let known: Vec<Expr> = documents.chain(never_was).collect();
    let end = |table: &str, name: &str| {
        stored(table).in_list(known.clone(), false).and(one_of(name, set))
    };
    let mut columns =
        vec![(column::SOURCE_TABLE, DataType::UInt64), (column::TARGET_TABLE, DataType::UInt64)];
    if !set.is_all() {
        columns.push((column::SOURCE_COLLECTION, DataType::Utf8View));
        columns.push((column::TARGET_COLLECTION, DataType::Utf8View));
    }
    ScopeCondition::new(
        &columns,
        end(column::SOURCE_TABLE, column::SOURCE_COLLECTION)
            .and(end(column::TARGET_TABLE, column::TARGET_COLLECTION)),
    )
}

/// The entries of the operations log about what the scope shows; no condition if that is all.
pub(super) fn log(scope: &Scope) -> Option<ScopeCondition> {
    const ENTITY: &str = "_entity_type";
    let whole = scope.documents.is_all()
        && scope.relationships.is_all()
        && scope.collections.is_all()
        && scope.databases;
    if whole {
        return None;
    }
    let entity = |name: &str| stored(ENTITY).eq(text(name));
    // Entries do not say where a relationship's ends are.
    let relationships = lit(scope.relationships.is_all());
    let condition = entity("document")
        .and(one_of("_collection", &scope.documents))
        .or(entity("relationship").and(relationships))
        .or(entity("collection").and(one_of("_entity_id", &scope.collections)))
        .or(stored(ENTITY)
            .in_list(
                ["database", "promotion", "relationship_type", "endpoint"].map(text).to_vec(),
                false,
            )
            .and(lit(scope.databases)));
    Some(ScopeCondition::new(
        &[
            (ENTITY, DataType::Utf8View),
            ("_entity_id", DataType::Utf8View),
            ("_collection", DataType::Utf8View),
        ],
        condition,
    ))
}
