//! `ORDER BY … WITH FILL` as a table: the rows of a sorted plan, and between them the rows that are missing.
//!
//! It is a provider, not a node of its own, because a provider may plan what is below it with the session's own rules.

mod gaps;

pub(crate) use gaps::{Step, Steps};

use async_trait::async_trait;
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, RecordBatch},
        compute::{cast, concat_batches, interleave},
        datatypes::{Schema, SchemaRef},
    },
    catalog::Session,
    common::{Result, ScalarValue, ToDFSchema},
    datasource::{TableProvider, TableType},
    execution::{SendableRecordBatchStream, TaskContext, memory_pool::MemoryConsumer},
    logical_expr::{Expr, LogicalPlan},
    physical_expr::{EquivalenceProperties, PhysicalExpr},
    physical_plan::{
        DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, execute_stream,
        execution_plan::{Boundedness, EmissionType},
        stream::RecordBatchStreamAdapter,
    },
};
use futures::{StreamExt, TryStreamExt};
use gaps::Slot;
use std::{fmt, sync::Arc};

/// What a made row has in a column.
#[derive(Clone, Debug)]
pub(crate) enum Made {
    /// The value that was missing.
    Missing,
    /// What the rows of its group have: a sort key before the filled one.
    OfGroup,
    /// Always this.
    Constant(ScalarValue),
    /// What the row before it has; this before the first row.
    Before(ScalarValue),
    /// Computed from the row before it; from a row of constants before the first row.
    Computed(Expr, ScalarValue),
}

/// How a sorted plan is filled.
#[derive(Debug)]
pub(crate) struct Filled {
    /// The plan, sorted.
    pub(crate) plan: LogicalPlan,
    /// Which values are made.
    pub(crate) steps: Steps,
    /// Place of the filled column among the plan's columns.
    pub(crate) column: usize,
    /// Places of the sort keys before it: each group of equal ones is filled by itself.
    pub(crate) groups: Vec<usize>,
    /// What made rows have, one per column of the plan.
    pub(crate) made: Vec<Made>,
}

/// The rows of a sorted plan with its gaps filled.
#[derive(Debug)]
pub(crate) struct FilledTable {
    filled: Arc<Filled>,
    schema: SchemaRef,
}

impl FilledTable {
    /// The table of the plan's columns.
    pub(crate) fn new(filled: Filled) -> Self {
        // A made row has NULL in columns that are Nullable, even where the plan knows that its own rows have none.
        let fields = filled.plan.schema().fields().iter();
        let fields: Vec<_> =
            fields.map(|field| field.as_ref().clone().with_nullable(true)).collect();
        let schema = Arc::new(Schema::new(fields));
        Self { filled: Arc::new(filled), schema }
    }
}

#[async_trait]
impl TableProvider for FilledTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let input = state.create_physical_plan(&self.filled.plan).await?;
        let schema = Arc::clone(&self.schema).to_dfschema()?;
        let computed = self.filled.made.iter().map(|made| match made {
            Made::Computed(expr, _) => state.create_physical_expr(expr.clone(), &schema).map(Some),
            _ => Ok(None),
        });
        let computed = computed.collect::<Result<_>>()?;
        let projection = projection.cloned();
        let output = match &projection {
            Some(places) => Arc::new(self.schema.project(places)?),
            None => Arc::clone(&self.schema),
        };
        let properties = PlanProperties::new(
            EquivalenceProperties::new(output),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Ok(Arc::new(FillExec {
            input,
            filled: Arc::clone(&self.filled),
            schema: Arc::clone(&self.schema),
            computed,
            projection,
            properties: Arc::new(properties),
        }))
    }
}

/// Fills the gaps of a sorted plan. A leaf, so that nothing moves a filter or a limit below it.
struct FillExec {
    input: Arc<dyn ExecutionPlan>,
    filled: Arc<Filled>,
    schema: SchemaRef,
    computed: Vec<Option<Arc<dyn PhysicalExpr>>>,
    projection: Option<Vec<usize>>,
    properties: Arc<PlanProperties>,
}

impl fmt::Debug for FillExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FillExec").field("steps", &self.filled.steps).finish_non_exhaustive()
    }
}

impl DisplayAs for FillExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FillExec: {:?}", self.filled.steps)
    }
}

impl ExecutionPlan for FillExec {
    fn name(&self) -> &'static str {
        "FillExec"
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
        _partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let output = Arc::clone(self.properties.eq_properties.schema());
        let (filled, schema) = (Arc::clone(&self.filled), Arc::clone(&self.schema));
        let (computed, projection) = (self.computed.clone(), self.projection.clone());
        let batch_rows = context.session_config().batch_size();
        let reservation = MemoryConsumer::new("WITH FILL").register(context.memory_pool());
        let mut batches = execute_stream(Arc::clone(&self.input), context)?;
        let whole = async move {
            let mut rows = Vec::new();
            while let Some(batch) = batches.next().await {
                let batch = batch?;
                reservation.try_grow(batch.get_array_memory_size())?;
                rows.push(batch);
            }
            let rows = concat_batches(&schema, &as_declared(rows, &schema)?)?;
            let rows = fill(&rows, &filled, &computed)?;
            reservation.try_grow(rows.get_array_memory_size())?;
            let rows = match &projection {
                Some(places) => rows.project(places)?,
                None => rows,
            };
            let starts = (0..rows.num_rows()).step_by(batch_rows.max(1));
            let slices: Vec<Result<RecordBatch>> = starts
                .map(|start| Ok(rows.slice(start, batch_rows.min(rows.num_rows() - start))))
                .collect();
            Ok::<_, datafusion::error::DataFusionError>(futures::stream::iter(slices))
        };
        let stream = futures::stream::once(whole).try_flatten();
        Ok(Box::pin(RecordBatchStreamAdapter::new(output, stream)))
    }
}

/// The batches in the types that the plan declared; kernels may answer in another encoding of text.
fn as_declared(batches: Vec<RecordBatch>, schema: &SchemaRef) -> Result<Vec<RecordBatch>> {
    batches
        .into_iter()
        .map(|batch| {
            let columns = batch.columns().iter().zip(schema.fields());
            let columns = columns
                .map(|(array, field)| Ok(cast(array, field.data_type())?))
                .collect::<Result<Vec<ArrayRef>>>()?;
            Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
        })
        .collect()
}

/// All rows, in order: those of `rows`, and the made ones.
fn fill(
    rows: &RecordBatch,
    filled: &Filled,
    computed: &[Option<Arc<dyn PhysicalExpr>>],
) -> Result<RecordBatch> {
    let slots = filled.steps.slots(rows, filled.column, &filled.groups)?;
    let made_rows = computed_values(rows, filled, computed, &slots)?;
    let mut columns = Vec::with_capacity(filled.made.len());
    for (at, made) in filled.made.iter().enumerate() {
        let source = rows.column(at);
        let constant = |value: &ScalarValue| {
            Ok::<_, datafusion::error::DataFusionError>(cast(
                &value.to_array()?,
                source.data_type(),
            )?)
        };
        let (second, places): (ArrayRef, Vec<(usize, usize)>) = match made {
            Made::Missing => {
                let values = filled.steps.array(&slots)?;
                (cast(&values, source.data_type())?, places(&slots, |_, nth| (1, nth)))
            }
            Made::Constant(value) => (constant(value)?, places(&slots, |_, _| (1, 0))),
            Made::OfGroup => {
                let of_group = |slot: &Slot, _| slot.group.map_or((1, 0), |row| (0, row));
                (constant(&ScalarValue::try_from(source.data_type())?)?, places(&slots, of_group))
            }
            Made::Before(first) => {
                let before = |slot: &Slot, _| slot.before.map_or((1, 0), |row| (0, row));
                (constant(first)?, places(&slots, before))
            }
            Made::Computed(..) => {
                let values = made_rows.iter().filter_map(|row| row.get(at).cloned());
                let values: Vec<ScalarValue> = values.collect();
                let array = if values.is_empty() {
                    source.slice(0, 0)
                } else {
                    cast(&ScalarValue::iter_to_array(values)?, source.data_type())?
                };
                (array, places(&slots, |_, nth| (1, nth)))
            }
        };
        columns.push(interleave(&[source.as_ref() as &dyn Array, second.as_ref()], &places)?);
    }
    Ok(RecordBatch::try_new(rows.schema(), columns)?)
}

/// Where each row of the answer comes from: a row of the plan, or what `made` says of the nth made one.
fn places(slots: &[Slot], made: impl Fn(&Slot, usize) -> (usize, usize)) -> Vec<(usize, usize)> {
    let mut nth = 0;
    slots
        .iter()
        .map(|slot| match slot.row {
            Some(row) => (0, row),
            None => {
                nth += 1;
                made(slot, nth - 1)
            }
        })
        .collect()
}

/// The rows that are made, whole, if one of their columns is computed from the row before; else nothing.
fn computed_values(
    rows: &RecordBatch,
    filled: &Filled,
    computed: &[Option<Arc<dyn PhysicalExpr>>],
    slots: &[Slot],
) -> Result<Vec<Vec<ScalarValue>>> {
    if computed.iter().all(Option::is_none) {
        return Ok(Vec::new());
    }
    let mut made_rows: Vec<Vec<ScalarValue>> = Vec::new();
    let mut before: Option<RecordBatch> = None;
    for slot in slots {
        if let Some(row) = slot.row {
            before = Some(rows.slice(row, 1));
            continue;
        }
        let previous = match before.take().filter(|_| slot.before.is_some() || slot.after_made) {
            Some(previous) => previous,
            None => first_row(rows, filled)?,
        };
        let mut row = Vec::with_capacity(filled.made.len());
        for (at, made) in filled.made.iter().enumerate() {
            row.push(match (made, computed.get(at)) {
                (Made::Computed(..), Some(Some(expr))) => {
                    let array = expr.evaluate(&previous)?.into_array(1)?;
                    ScalarValue::try_from_array(&cast(&array, rows.column(at).data_type())?, 0)?
                }
                (Made::Missing, _) => {
                    let value = cast(&filled.steps.one(slot)?, rows.column(at).data_type())?;
                    ScalarValue::try_from_array(&value, 0)?
                }
                (Made::OfGroup, _) => match slot.group {
                    Some(row) => ScalarValue::try_from_array(rows.column(at), row)?,
                    None => ScalarValue::try_from(rows.column(at).data_type())?,
                },
                (Made::Before(_), _) => ScalarValue::try_from_array(previous.column(at), 0)?,
                (Made::Constant(value) | Made::Computed(_, value), _) => value.clone(),
            });
        }
        before = Some(batch_of(rows, &row)?);
        made_rows.push(row);
    }
    Ok(made_rows)
}

/// What the first made row is computed from.
fn first_row(rows: &RecordBatch, filled: &Filled) -> Result<RecordBatch> {
    let values = filled.made.iter().enumerate().map(|(at, made)| match made {
        Made::Constant(value) | Made::Before(value) | Made::Computed(_, value) => Ok(value.clone()),
        Made::Missing | Made::OfGroup => ScalarValue::try_from(rows.column(at).data_type()),
    });
    batch_of(rows, &values.collect::<Result<Vec<_>>>()?)
}

fn batch_of(rows: &RecordBatch, values: &[ScalarValue]) -> Result<RecordBatch> {
    let columns = values.iter().zip(rows.schema_ref().fields());
    let columns = columns
        .map(|(value, field)| Ok(cast(&value.to_array()?, field.data_type())?))
        .collect::<Result<Vec<ArrayRef>>>()?;
    Ok(RecordBatch::try_new(rows.schema(), columns)?)
}
