//! The provider of one table's columns.

use async_trait::async_trait;
use datafusion::{
    arrow::{
        array::{
            Array, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, new_null_array,
        },
        compute::{and, cast, filter_record_batch},
        datatypes::{DataType, Field, Schema, SchemaRef},
    },
    catalog::Session,
    common::{
        Result, ScalarValue,
        tree_node::{Transformed, TreeNode},
    },
    datasource::{TableProvider, TableType, memory::MemorySourceConfig},
    error::DataFusionError,
    logical_expr::{Expr, TableProviderFilterPushDown},
    physical_plan::ExecutionPlan,
};
use rekor_core::{row::column, shred::extract, subcolumn::SubColumn, view::Chunk};
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

/// Where a column of a part comes from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// A stored column.
    System(String),
    /// A path of the stored JSON text.
    Cut(SubColumn),
    /// The database's id.
    Database,
    /// The database's environment.
    Environment,
    /// The collection's id.
    Collection,
    /// Whether the rows are deleted.
    Deleted,
}

/// Rows that share database, collection and liveness.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) database: String,
    pub(super) environment: &'static str,
    pub(super) collection: Option<String>,
    pub(super) deleted: bool,
    /// Chunks, with the rows of each that are in scope (`None` is all).
    pub(super) chunks: Vec<(Option<BooleanArray>, Arc<Chunk>)>,
}

/// A table of parts, with the columns that one query uses.
#[derive(Debug)]
pub(super) struct PartsTable {
    sources: Vec<Source>,
    schema: SchemaRef,
    parts: Vec<Part>,
    bytes_scanned: Arc<AtomicU64>,
    /// Set when deleted rows are read.
    deleted_read: Option<Arc<AtomicBool>>,
}

impl PartsTable {
    pub(super) fn new(
        columns: Vec<(String, Source, DataType)>,
        parts: Vec<Part>,
        bytes_scanned: Arc<AtomicU64>,
        deleted_read: Option<Arc<AtomicBool>>,
    ) -> Self {
        let fields: Vec<Field> =
            columns.iter().map(|(name, _, ty)| Field::new(name, ty.clone(), true)).collect();
        let sources = columns.into_iter().map(|(_, source, _)| source).collect();
        Self { sources, schema: Arc::new(Schema::new(fields)), parts, bytes_scanned, deleted_read }
    }

    /// Whether a part may hold rows that pass the filters: those on constants alone are decided here.
    fn may_match(&self, part: &Part, filters: &[Expr]) -> Result<bool> {
        for filter in filters {
            let mut decided = true;
            let replaced = filter.clone().transform(|node| match &node {
                Expr::Column(c) => {
                    let source =
                        self.schema.index_of(&c.name).ok().and_then(|i| self.sources.get(i));
                    match source.and_then(|source| part.constant(source)) {
                        Some(value) => Ok(Transformed::yes(Expr::Literal(value, None))),
                        None => {
                            decided = false;
                            Ok(Transformed::no(node))
                        }
                    }
                }
                _ => Ok(Transformed::no(node)),
            })?;
            if !decided {
                continue;
            }
            let value = crate::session::evaluate_constant(&replaced.data)?;
            if value.as_boolean_opt().is_some_and(|v| v.is_null(0) || !v.value(0)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn batch(
        &self,
        part: &Part,
        keep: Option<&BooleanArray>,
        chunk: &Chunk,
        projection: &[usize],
        schema: &SchemaRef,
    ) -> Result<RecordBatch> {
        let rows = chunk.system.num_rows();
        let wanted: Vec<&Source> = projection.iter().filter_map(|&i| self.sources.get(i)).collect();
        let missing: Vec<SubColumn> = wanted
            .iter()
            .filter_map(
                |source| if let Source::Cut(column) = source { Some(column.clone()) } else { None },
            )
            .filter(|column| chunk.cache.get(column).is_none())
            .collect();
        if !missing.is_empty() {
            let docs =
                chunk.system.column_by_name(column::DOC).and_then(|c| c.as_string_view_opt());
            let docs = docs
                .ok_or_else(|| DataFusionError::Internal("a chunk without documents".to_owned()))?;
            let cut = extract(docs, &missing)
                .map_err(|error| DataFusionError::External(Box::new(error)))?;
            for (column, values) in missing.into_iter().zip(cut) {
                chunk.cache.put(column, values);
            }
        }
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(wanted.len());
        for (source, field) in wanted.iter().zip(schema.fields()) {
            let array = match source {
                Source::System(name) => match chunk.system.column_by_name(name) {
                    Some(array) => cast(array, field.data_type())?,
                    None => new_null_array(field.data_type(), rows),
                },
                Source::Cut(column) => chunk
                    .cache
                    .get(column)
                    .unwrap_or_else(|| new_null_array(field.data_type(), rows)),
                constant => {
                    let value = part.constant(constant).unwrap_or(ScalarValue::Utf8View(None));
                    value.to_array_of_size(rows)?
                }
            };
            columns.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?;
        let visible = chunk.visible.as_ref().map(|bits| BooleanArray::new(bits.clone(), None));
        let selected = match (visible, keep) {
            (Some(a), Some(b)) => Some(and(&a, b)?),
            (a, b) => a.or_else(|| b.cloned()),
        };
        Ok(match selected {
            Some(selected) => filter_record_batch(&batch, &selected)?,
            None => batch,
        })
    }
}

impl Part {
    fn constant(&self, source: &Source) -> Option<ScalarValue> {
        Some(match source {
            Source::Database => ScalarValue::Utf8View(Some(self.database.clone())),
            Source::Environment => ScalarValue::Utf8View(Some(self.environment.to_owned())),
            Source::Collection => ScalarValue::Utf8View(self.collection.clone()),
            Source::Deleted => ScalarValue::Boolean(Some(self.deleted)),
            Source::System(_) | Source::Cut(_) => return None,
        })
    }
}

#[async_trait]
impl TableProvider for PartsTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all: Vec<usize> = (0..self.sources.len()).collect();
        let projection = projection.unwrap_or(&all);
        let schema = Arc::new(self.schema.project(projection)?);
        let partition_count = state.config().target_partitions().max(1);
        let mut partitions: Vec<Vec<RecordBatch>> = vec![Vec::new(); partition_count];
        let mut next = 0;
        for part in &self.parts {
            if !self.may_match(part, filters)? {
                continue;
            }
            for (keep, chunk) in &part.chunks {
                let batch = self.batch(part, keep.as_ref(), chunk, projection, &schema)?;
                if batch.num_rows() == 0 {
                    continue;
                }
                if part.deleted
                    && let Some(flag) = &self.deleted_read
                {
                    flag.store(true, Ordering::Relaxed);
                }
                self.bytes_scanned
                    .fetch_add(batch.get_array_memory_size() as u64, Ordering::Relaxed);
                if let Some(partition) = partitions.get_mut(next % partition_count) {
                    partition.push(batch);
                }
                next += 1;
                // A first scan parses documents; between chunks a cancelled or late query stops.
                tokio::task::yield_now().await;
            }
        }
        Ok(MemorySourceConfig::try_new_exec(&partitions, schema, None)?)
    }
}
