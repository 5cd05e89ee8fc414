//! The scan of data files as a plan node: reads the columns a file has, and gives the columns a query asked for.

use super::cell::{Cell, compose, is_true};
use datafusion::{
    arrow::{
        array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions},
        compute::{cast, filter_record_batch},
        datatypes::{SchemaRef, UInt32Type},
    },
    common::{Result, ScalarValue, Statistics, stats::Precision},
    error::DataFusionError,
    execution::{SendableRecordBatchStream, TaskContext},
    physical_expr::{EquivalenceProperties, PhysicalExpr},
    physical_plan::{
        DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
        execution_plan::{Boundedness, EmissionType},
        metrics::MetricsSet,
        stream::RecordBatchStreamAdapter,
    },
};
use futures::StreamExt;
use rekor_core::{row::column, shred::extract, subcolumn::SubColumn};
use std::{fmt, sync::Arc};

/// Name of the column that says which piece a batch is of.
pub(super) const PIECE: &str = "#piece";

/// How the batches of a file become batches of the scan.
#[derive(Debug)]
pub(super) struct Mapping {
    /// The columns of the scan, and those that only conditions need after them.
    pub(super) schema: SchemaRef,
    /// Where each comes from.
    pub(super) cells: Vec<Cell>,
    /// Columns that go out: the first ones.
    pub(super) output: SchemaRef,
    /// By piece: columns with one value.
    pub(super) constants: Vec<Vec<Option<ScalarValue>>>,
    /// What rows must pass before anything else sees them.
    pub(super) conditions: Vec<Arc<dyn PhysicalExpr>>,
    /// What stored rows must pass to be seen at all, with the columns it reads.
    pub(super) scope: Option<(SchemaRef, Arc<dyn PhysicalExpr>)>,
}

impl Mapping {
    fn apply(&self, batch: RecordBatch) -> Result<RecordBatch> {
        let batch = &match &self.scope {
            Some((schema, condition)) => in_scope(&batch, schema, condition)?,
            None => batch,
        };
        let row_count = batch.num_rows();
        let piece = batch.column_by_name(PIECE).and_then(|c| c.as_primitive_opt::<UInt32Type>());
        let piece = piece.filter(|_| row_count > 0).map_or(0, |c| c.value(0) as usize);
        let mut cut = self.cut(batch)?.into_iter();
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.cells.len());
        for (i, (cell, field)) in self.cells.iter().zip(self.schema.fields()).enumerate() {
            let constant = self.constants.get(piece).and_then(|c| c.get(i)?.as_ref());
            let values = match (constant, cell) {
                (Some(value), _) => value.to_array_of_size(row_count)?,
                (None, Cell::Column(name)) => Arc::clone(column_of(batch, name)?),
                (None, Cell::Compose(names)) => {
                    let typed: Vec<ArrayRef> = names
                        .iter()
                        .map(|name| column_of(batch, name).cloned())
                        .collect::<Result<_>>()?;
                    compose(&typed, row_count)
                }
                (None, Cell::Cut(_)) => cut.next().ok_or_else(|| internal("a cut is missing"))?,
                (None, Cell::Missing(_)) => return Err(internal("a constant is missing")),
            };
            columns.push(if values.data_type() == field.data_type() {
                values
            } else {
                cast(&values, field.data_type())?
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(row_count));
        let mut whole =
            RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?;
        for condition in &self.conditions {
            let keep = condition.evaluate(&whole)?.into_array(whole.num_rows())?;
            whole = filter_record_batch(&whole, &is_true(keep.as_boolean()))?;
        }
        let options = RecordBatchOptions::new().with_row_count(Some(whole.num_rows()));
        let columns = whole.columns().iter().take(self.output.fields().len()).cloned().collect();
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.output), columns, &options)?)
    }

    /// All columns that only `_doc` has, in one pass over it.
    fn cut(&self, batch: &RecordBatch) -> Result<Vec<ArrayRef>> {
        let wanted: Vec<SubColumn> = self
            .cells
            .iter()
            .filter_map(
                |cell| if let Cell::Cut(column) = cell { Some(column.clone()) } else { None },
            )
            .collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let docs = column_of(batch, column::DOC)?.as_string_view();
        extract(docs, &wanted).map_err(|error| DataFusionError::External(Box::new(error)))
    }
}

/// The rows of a batch that a query may see.
fn in_scope(
    batch: &RecordBatch,
    schema: &SchemaRef,
    condition: &Arc<dyn PhysicalExpr>,
) -> Result<RecordBatch> {
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| column_of(batch, field.name()).cloned())
        .collect::<Result<_>>()?;
    let scoped = RecordBatch::try_new(Arc::clone(schema), columns)?;
    let keep = condition.evaluate(&scoped)?.into_array(batch.num_rows())?;
    Ok(filter_record_batch(batch, &is_true(keep.as_boolean()))?)
}

fn internal(message: &str) -> DataFusionError {
    DataFusionError::Internal(message.to_owned())
}

fn column_of<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    batch.column_by_name(name).ok_or_else(|| internal(&format!("the file lacks {name}")))
}

/// What a scan says about itself.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) file_count: usize,
    pub(super) piece_count: usize,
    pub(super) dead_rows: u64,
    /// Rows that are read, if no condition drops some of them.
    pub(super) row_count: Precision<usize>,
    pub(super) predicate: Option<String>,
}

/// Scans data files that have the same columns. It is a leaf: nothing of DataFusion's looks inside, so a LIMIT is never
/// given to the Parquet reader, which would forget the rows it was told to skip.
#[derive(Debug)]
pub(super) struct DocumentScanExec {
    inner: Arc<dyn ExecutionPlan>,
    mapping: Arc<Mapping>,
    facts: Facts,
    properties: Arc<PlanProperties>,
}

impl DocumentScanExec {
    pub(super) fn new(inner: Arc<dyn ExecutionPlan>, mapping: Mapping, facts: Facts) -> Self {
        let partition_count = inner.properties().partitioning.partition_count();
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&mapping.output)),
            Partitioning::UnknownPartitioning(partition_count),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Self { inner, mapping: Arc::new(mapping), facts, properties: Arc::new(properties) }
    }
}

impl DisplayAs for DocumentScanExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let facts = &self.facts;
        let cells = self.mapping.cells.iter().flat_map(Cell::columns);
        let read: Vec<&str> = cells.filter(|name| !name.is_empty()).collect();
        write!(
            f,
            "DocumentScanExec: files={}, pieces={}, deletion_vectors=[{} rows], parquet_columns=[{}]",
            facts.file_count,
            facts.piece_count,
            facts.dead_rows,
            read.join(", ")
        )?;
        match &facts.predicate {
            Some(predicate) => write!(f, ", pruning={predicate}"),
            None => Ok(()),
        }
    }
}

impl ExecutionPlan for DocumentScanExec {
    fn name(&self) -> &'static str {
        "DocumentScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn with_new_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let mapping = Arc::clone(&self.mapping);
        let batches = self.inner.execute(partition, context)?;
        let mapped = batches.map(move |batch| mapping.apply(batch?));
        Ok(Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.mapping.output), mapped)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        self.inner.metrics()
    }

    fn partition_statistics(&self, partition: Option<usize>) -> Result<Arc<Statistics>> {
        let mut statistics = Statistics::new_unknown(&self.mapping.output);
        if partition.is_none() {
            statistics.num_rows = self.facts.row_count;
        }
        Ok(Arc::new(statistics))
    }
}
