//! The provider of one table's columns: memory and data files of every part, side by side.

use super::{
    cell::{Cell, cell_of, is_true},
    exec::{DocumentScanExec, Facts, Mapping, PIECE},
    pieces::{Piece, deal, pieces},
    report::{FilesReading, PartReading, Report},
    scope::ScopeCondition,
};
use crate::engine::Pushdown;
use async_trait::async_trait;
use datafusion::{
    arrow::{
        array::{
            Array, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, new_null_array,
        },
        compute::{and, cast, filter_record_batch},
        datatypes::{DataType, Field, FieldRef, Schema, SchemaRef},
    },
    catalog::Session,
    common::{
        DFSchema, Result, ScalarValue,
        stats::Precision,
        tree_node::{Transformed, TreeNode, TreeNodeRecursion},
    },
    datasource::{
        TableProvider, TableType,
        listing::PartitionedFile,
        memory::MemorySourceConfig,
        physical_plan::{
            FileGroup, FileScanConfigBuilder, ParquetSource,
            parquet::CachedParquetFileReaderFactory,
        },
        source::DataSourceExec,
        table_schema::TableSchema,
    },
    error::DataFusionError,
    execution::object_store::ObjectStoreUrl,
    logical_expr::{Expr, TableProviderFilterPushDown, utils::conjunction},
    physical_expr::PhysicalExpr,
    physical_plan::{ExecutionPlan, empty::EmptyExec, union::UnionExec},
};
use rekor_core::{
    row::column,
    shred::extract,
    subcolumn::SubColumn,
    view::{Chunk, FileView},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
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
    /// Data files.
    pub(super) files: Vec<FileView>,
    /// What rows of files must pass to be in scope; chunks have it applied.
    pub(super) scope: Option<ScopeCondition>,
}

/// A table of parts, with the columns that one query uses.
#[derive(Debug)]
pub(super) struct PartsTable {
    sources: Vec<Source>,
    schema: SchemaRef,
    parts: Vec<Part>,
    /// The table's name in SQL.
    name: String,
    report: Arc<Report>,
    /// Set when deleted rows are read.
    deleted_read: Option<Arc<AtomicBool>>,
    pushdown: Pushdown,
}

impl PartsTable {
    pub(super) fn new(
        columns: Vec<(String, Source, DataType)>,
        parts: Vec<Part>,
        name: String,
        report: Arc<Report>,
        deleted_read: Option<Arc<AtomicBool>>,
        pushdown: Pushdown,
    ) -> Self {
        let fields: Vec<Field> =
            columns.iter().map(|(name, _, ty)| Field::new(name, ty.clone(), true)).collect();
        let sources = columns.into_iter().map(|(_, source, _)| source).collect();
        Self {
            sources,
            schema: Arc::new(Schema::new(fields)),
            parts,
            name,
            report,
            deleted_read,
            pushdown,
        }
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

    /// The rows of a chunk that pass the conditions, with the columns of `wanted`.
    fn batch(
        &self,
        part: &Part,
        keep: Option<&BooleanArray>,
        chunk: &Chunk,
        wanted: &Wanted,
    ) -> Result<RecordBatch> {
        let (projection, schema) = (&wanted.columns, &wanted.schema);
        let rows = chunk.system.num_rows();
        let sources: Vec<&Source> =
            projection.iter().filter_map(|&i| self.sources.get(i)).collect();
        let missing: Vec<SubColumn> = sources
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
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(sources.len());
        for (source, field) in sources.iter().zip(schema.fields()) {
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
        let mut batch = match selected {
            Some(selected) => filter_record_batch(&batch, &selected)?,
            None => batch,
        };
        for condition in &wanted.conditions {
            let keep = condition.evaluate(&batch)?.into_array(batch.num_rows())?;
            batch = filter_record_batch(&batch, &is_true(keep.as_boolean()))?;
        }
        wanted.output_of(&batch)
    }
}

/// The columns a scan must make: those that go out, then those that only its conditions need.
struct Wanted {
    /// Positions in the table.
    columns: Vec<usize>,
    schema: SchemaRef,
    output: SchemaRef,
    /// The filters that nobody above looks at again.
    filters: Vec<Expr>,
    conditions: Vec<Arc<dyn PhysicalExpr>>,
}

impl Wanted {
    fn new(
        table: &PartsTable,
        state: &dyn Session,
        projection: &[usize],
        filters: Vec<Expr>,
    ) -> Result<Self> {
        let mut columns = projection.to_vec();
        for name in filters.iter().flat_map(columns_of) {
            let position = table.schema.index_of(&name)?;
            if !columns.contains(&position) {
                columns.push(position);
            }
        }
        let schema = Arc::new(table.schema.project(&columns)?);
        let df_schema = DFSchema::try_from(Schema::clone(&schema))?;
        let physical = |filter: &Expr| state.create_physical_expr(filter.clone(), &df_schema);
        let conditions = filters.iter().map(physical).collect::<Result<_>>()?;
        let output = Arc::new(table.schema.project(projection)?);
        Ok(Self { columns, schema, output, filters, conditions })
    }

    fn output_of(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let columns = batch.columns().iter().take(self.output.fields().len()).cloned().collect();
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.output), columns, &options)?)
    }
}

/// Names of the columns of an expression.
fn columns_of(expr: &Expr) -> BTreeSet<String> {
    expr.column_refs().into_iter().map(|column| column.name.clone()).collect()
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
        let decide = |filter: &&Expr| {
            if self.pushdown == Pushdown::Never {
                TableProviderFilterPushDown::Unsupported
            } else if self.is_decided_here(filter) {
                TableProviderFilterPushDown::Exact
            } else {
                TableProviderFilterPushDown::Inexact
            }
        };
        Ok(filters.iter().map(decide).collect())
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
        let (decided, pruning): (Vec<Expr>, Vec<Expr>) =
            filters.iter().cloned().partition(|filter| self.is_decided_here(filter));
        let wanted = Wanted::new(self, state, projection, decided)?;
        let mut plans: Vec<Arc<dyn ExecutionPlan>> = Vec::new();
        let mut batches = Vec::new();
        for part in &self.parts {
            if !self.may_match(part, filters)? {
                self.report.skip();
                continue;
            }
            if part.deleted
                && let Some(flag) = &self.deleted_read
            {
                flag.store(true, Ordering::Relaxed);
            }
            let mut reading = PartReading { name: self.name_of(part), ..PartReading::default() };
            self.scan_memory(part, &wanted, &mut batches, &mut reading).await?;
            plans.extend(self.scan_files(state, part, &wanted, &pruning, &mut reading)?);
            self.report.add(reading);
        }
        if !batches.is_empty() {
            let partition_count = state.config().target_partitions().clamp(1, batches.len());
            let mut partitions: Vec<Vec<RecordBatch>> = vec![Vec::new(); partition_count];
            for (i, batch) in batches.into_iter().enumerate() {
                if let Some(partition) = partitions.get_mut(i % partition_count) {
                    partition.push(batch);
                }
            }
            let schema = Arc::clone(&wanted.output);
            plans.push(MemorySourceConfig::try_new_exec(&partitions, schema, None)?);
        }
        match plans.len() {
            0 => Ok(Arc::new(EmptyExec::new(Arc::clone(&wanted.output)))),
            1 => plans.pop().ok_or_else(|| DataFusionError::Internal("no plan".to_owned())),
            _ => UnionExec::try_new(plans),
        }
    }
}

impl PartsTable {
    /// Whether a filter is on columns that are constant in parts or in pieces of files: the scan then applies it to every
    /// row itself, mostly by not reading others.
    fn is_decided_here(&self, filter: &Expr) -> bool {
        let prefixes: BTreeSet<&String> = self
            .parts
            .iter()
            .flat_map(|part| &part.files)
            .filter_map(|view| view.file.segments.as_ref())
            .flat_map(|segments| &segments.columns)
            .collect();
        let columns = columns_of(filter);
        !columns.is_empty()
            && !filter.is_volatile()
            && columns.iter().all(|name| match self.source(name) {
                Some(Source::Cut(column)) => prefixes.contains(&column.name()),
                Some(Source::System(_)) | None => false,
                Some(_) => true,
            })
    }

    /// What EXPLAIN calls a part.
    fn name_of(&self, part: &Part) -> String {
        let deleted = if part.deleted { "deleted " } else { "" };
        match &part.collection {
            Some(collection) => format!("{deleted}{} of {collection}", self.name),
            None => format!("{deleted}{}", self.name),
        }
    }

    fn source(&self, name: &str) -> Option<&Source> {
        self.schema.index_of(name).ok().and_then(|i| self.sources.get(i))
    }

    async fn scan_memory(
        &self,
        part: &Part,
        wanted: &Wanted,
        batches: &mut Vec<RecordBatch>,
        reading: &mut PartReading,
    ) -> Result<()> {
        for (keep, chunk) in &part.chunks {
            let batch = self.batch(part, keep.as_ref(), chunk, wanted)?;
            if batch.num_rows() > 0 {
                reading.memory_rows += batch.num_rows();
                reading.memory_bytes += batch.get_array_memory_size();
                batches.push(batch);
            }
            // A first scan parses documents; between chunks a cancelled or late query stops.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// One plan per set of files that hold the wanted columns in the same way.
    fn scan_files(
        &self,
        state: &dyn Session,
        part: &Part,
        wanted: &Wanted,
        pruning: &[Expr],
        reading: &mut PartReading,
    ) -> Result<Vec<Arc<dyn ExecutionPlan>>> {
        let mut groups: BTreeMap<Vec<Cell>, Vec<&FileView>> = BTreeMap::new();
        for view in &part.files {
            let cells = wanted
                .columns
                .iter()
                .filter_map(|&i| self.sources.get(i))
                .map(|source| match source {
                    Source::Cut(column) => cell_of(&view.file, column),
                    Source::System(name) => Cell::Column(name.clone()),
                    // Constants of the part are filled in as such.
                    _ => Cell::Column(String::new()),
                })
                .collect();
            groups.entry(cells).or_default().push(view);
        }
        let scans = groups.into_iter().map(|(cells, views)| {
            let mut files = FilesReading::all(&views);
            let scan = FileScan { table: self, part, wanted, cells, views };
            let plan = scan.plan(state, pruning, &mut files);
            reading.files.push(files);
            plan
        });
        scans.filter_map(Result::transpose).collect()
    }
}

/// The scan of files of one part that hold the wanted columns in the same way.
struct FileScan<'a> {
    table: &'a PartsTable,
    part: &'a Part,
    wanted: &'a Wanted,
    cells: Vec<Cell>,
    views: Vec<&'a FileView>,
}

impl FileScan<'_> {
    fn plan(
        self,
        state: &dyn Session,
        pruning: &[Expr],
        reading: &mut FilesReading,
    ) -> Result<Option<Arc<dyn ExecutionPlan>>> {
        let mut file_columns: BTreeMap<String, DataType> = BTreeMap::new();
        for (cell, field) in self.cells.iter().zip(self.wanted.schema.fields()) {
            file_columns.extend(self.physical(cell, field.data_type()));
        }
        let scope = self.part.scope.as_ref();
        file_columns.extend(scope.into_iter().flat_map(|scope| scope.columns().iter().cloned()));
        let mut read: BTreeSet<String> = file_columns.keys().cloned().collect();
        let predicate = self.predicate(pruning, &mut file_columns);
        let mut all: Vec<Piece> = Vec::new();
        for view in &self.views {
            all.extend(pieces(&view.file, &view.dead_rows(), &file_columns));
        }
        let constants = |piece: &Piece| self.constants(piece);
        let kept = self.decide(&all)?;
        let decided_all = kept.iter().all(|decision| *decision != Decision::Unknown);
        let all: Vec<Piece> = all
            .into_iter()
            .zip(kept)
            .filter(|(piece, decision)| *decision != Decision::Never && piece.live_rows() > 0)
            .map(|(piece, _)| piece)
            .collect();
        if all.is_empty() {
            return Ok(None);
        }
        // A column that is constant in every piece is not read, nor is one that only leaves row groups and pages out.
        read.retain(|name| !all.iter().all(|piece| piece.constants.contains_key(name)));
        let fields: Vec<Field> =
            file_columns.iter().map(|(name, ty)| Field::new(name, ty.clone(), true)).collect();
        let file_schema = Arc::new(Schema::new(fields));
        let facts = Facts {
            file_count: self.views.len(),
            piece_count: all.len(),
            dead_rows: self.views.iter().map(|view| view.dead_rows().len()).sum(),
            row_count: if decided_all && scope.is_none() {
                let rows: u64 = all.iter().map(Piece::live_rows).sum();
                Precision::Exact(usize::try_from(rows).unwrap_or(usize::MAX))
            } else {
                Precision::Absent
            },
            predicate: predicate.as_ref().map(ToString::to_string),
        };
        reading.columns = read.iter().cloned().collect();
        reading.predicate.clone_from(&facts.predicate);
        let mut by_piece = Vec::new();
        let target = state.config().target_partitions();
        let partitions = deal(all, target);
        reading.keep(partitions.iter().flatten());
        let groups: Vec<FileGroup> = partitions
            .into_iter()
            .map(|partition| {
                let files = partition.into_iter().map(|piece| {
                    let number = u32::try_from(by_piece.len()).unwrap_or(u32::MAX);
                    by_piece.push(constants(&piece));
                    partitioned_file(&piece, number)
                });
                FileGroup::new(files.collect())
            })
            .collect();
        let conditions = if decided_all { Vec::new() } else { self.wanted.conditions.clone() };
        let mapping = Mapping {
            schema: Arc::clone(&self.wanted.schema),
            cells: self.cells.clone(),
            output: Arc::clone(&self.wanted.output),
            constants: by_piece,
            conditions,
            scope: scope.map(ScopeCondition::physical).transpose()?,
        };
        let inner = self.source(state, file_schema, &read, groups, predicate)?;
        reading.plan = Some(Arc::clone(&inner));
        Ok(Some(Arc::new(DocumentScanExec::new(inner, mapping, facts))))
    }

    /// The columns of the file that a cell reads, with their types.
    fn physical(&self, cell: &Cell, ty: &DataType) -> Vec<(String, DataType)> {
        let typed = |name: &str| match name.rsplit_once(".:") {
            Some((_, "Bool")) => DataType::Boolean,
            Some((_, "Int64")) => DataType::Int64,
            Some((_, "UInt64")) => DataType::UInt64,
            Some((_, "Float64")) => DataType::Float64,
            _ => DataType::Utf8View,
        };
        match cell {
            Cell::Column(name) if name.is_empty() => Vec::new(),
            Cell::Column(name) => vec![(name.clone(), ty.clone())],
            Cell::Compose(names) => names.iter().map(|n| (n.clone(), typed(n))).collect(),
            Cell::Cut(_) => vec![(column::DOC.to_owned(), DataType::Utf8View)],
            Cell::Missing(_) => Vec::new(),
        }
    }

    /// The values of wanted columns that are the same in a whole piece.
    fn constants(&self, piece: &Piece) -> Vec<Option<ScalarValue>> {
        let columns = self.wanted.columns.iter().zip(&self.cells).zip(self.wanted.schema.fields());
        columns
            .map(|((&position, cell), field)| {
                let source = self.table.sources.get(position)?;
                let of_part = self.part.constant(source);
                of_part.or_else(|| {
                    cell.constant(field.data_type(), |name| piece.constants.get(name).cloned())
                })
            })
            .collect()
    }

    /// For each piece whether its rows pass the filters that are decided here.
    fn decide(&self, pieces: &[Piece]) -> Result<Vec<Decision>> {
        let mut decisions = vec![Decision::Always; pieces.len()];
        if self.wanted.filters.is_empty() {
            return Ok(decisions);
        }
        let constants: Vec<Vec<Option<ScalarValue>>> =
            pieces.iter().map(|piece| self.constants(piece)).collect();
        for (filter, condition) in self.wanted.filters.iter().zip(&self.wanted.conditions) {
            let used: Vec<usize> = columns_of(filter)
                .iter()
                .map(|name| self.wanted.schema.index_of(name))
                .collect::<std::result::Result<_, _>>()?;
            let known = |values: &Vec<Option<ScalarValue>>| {
                used.iter().all(|&i| values.get(i).is_some_and(Option::is_some))
            };
            let rows: Vec<usize> =
                (0..pieces.len()).filter(|&i| constants.get(i).is_some_and(known)).collect();
            let verdicts = self.evaluate(condition, &used, &rows, &constants)?;
            let mut verdicts = rows.into_iter().zip(verdicts).peekable();
            for (i, decision) in decisions.iter_mut().enumerate() {
                let verdict = verdicts.next_if(|(row, _)| *row == i).map(|(_, passes)| passes);
                *decision = match (*decision, verdict) {
                    (Decision::Never, _) | (_, Some(false)) => Decision::Never,
                    (Decision::Unknown, _) | (_, None) => Decision::Unknown,
                    (Decision::Always, Some(true)) => Decision::Always,
                };
            }
        }
        Ok(decisions)
    }

    /// A condition on one row per piece, made of the pieces' constants.
    fn evaluate(
        &self,
        condition: &Arc<dyn PhysicalExpr>,
        used: &[usize],
        rows: &[usize],
        constants: &[Vec<Option<ScalarValue>>],
    ) -> Result<Vec<bool>> {
        let fields = self.wanted.schema.fields().iter().enumerate();
        let columns = fields.map(|(i, field)| {
            if !used.contains(&i) {
                return Ok(new_null_array(field.data_type(), rows.len()));
            }
            let values = rows.iter().filter_map(|&row| constants.get(row)?.get(i)?.clone());
            ScalarValue::iter_to_array(values)
        });
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let columns: Vec<ArrayRef> = columns.collect::<Result<_>>()?;
        let batch = RecordBatch::try_new(Arc::clone(&self.wanted.schema), columns)?;
        let passes = condition.evaluate(&batch)?.into_array(rows.len())?;
        Ok(is_true(passes.as_boolean()).values().iter().collect())
    }

    /// What can be said about stored columns by the filters that are looked at again above: row groups and pages are left
    /// out by it. Filters on anything else say nothing here.
    fn predicate(
        &self,
        pruning: &[Expr],
        file_columns: &mut BTreeMap<String, DataType>,
    ) -> Option<Expr> {
        let stored = pruning.iter().filter_map(|filter| {
            let mut needs = Vec::new();
            let rewritten = filter.clone().transform(|node| {
                let Expr::Column(column) = &node else {
                    return Ok(if is_prunable(&node) {
                        Transformed::no(node)
                    } else {
                        needs.clear();
                        Transformed::new(node, false, TreeNodeRecursion::Stop)
                    });
                };
                match self.table.source(&column.name) {
                    Some(source @ (Source::System(_) | Source::Cut(_))) => {
                        let field = self.table.schema.field_with_name(&column.name)?;
                        let cells: BTreeSet<Cell> = self
                            .views
                            .iter()
                            .map(|view| match source {
                                Source::Cut(column) => cell_of(&view.file, column),
                                Source::System(name) => Cell::Column(name.clone()),
                                _ => Cell::Column(String::new()),
                            })
                            .collect();
                        match cells.first() {
                            Some(Cell::Column(name)) if cells.len() == 1 => {
                                needs.push((name.clone(), field.data_type().clone()));
                                let stored = datafusion::common::Column::new_unqualified(name);
                                Ok(Transformed::yes(Expr::Column(stored)))
                            }
                            _ => Err(DataFusionError::Plan("not stored".to_owned())),
                        }
                    }
                    Some(source) => match self.part.constant(source) {
                        Some(value) => Ok(Transformed::yes(Expr::Literal(value, None))),
                        None => Err(DataFusionError::Plan("not constant".to_owned())),
                    },
                    None => Err(DataFusionError::Plan("unknown".to_owned())),
                }
            });
            let rewritten = rewritten.ok().filter(|r| r.tnr != TreeNodeRecursion::Stop)?;
            (!needs.is_empty()).then_some((rewritten.data, needs))
        });
        let mut kept = Vec::new();
        for (filter, needs) in stored {
            file_columns.extend(needs);
            kept.push(filter);
        }
        conjunction(kept)
    }

    fn source(
        &self,
        state: &dyn Session,
        file_schema: SchemaRef,
        read: &BTreeSet<String>,
        groups: Vec<FileGroup>,
        predicate: Option<Expr>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let piece: FieldRef = Arc::new(Field::new(PIECE, DataType::UInt32, false));
        let table_schema = TableSchema::new(Arc::clone(&file_schema), vec![piece]);
        let runtime = state.runtime_env();
        let url = ObjectStoreUrl::parse(crate::session::STORE_URL)?;
        let store = runtime.object_store(&url)?;
        let cache = runtime.cache_manager.get_file_metadata_cache();
        let mut source = ParquetSource::new(table_schema)
            .with_table_parquet_options(state.table_options().parquet.clone())
            .with_parquet_file_reader_factory(Arc::new(CachedParquetFileReaderFactory::new(
                store, cache,
            )));
        if let Some(predicate) = predicate {
            let schema = DFSchema::try_from(Schema::clone(&file_schema))?;
            // Documents are long: those that do not match are not decoded.
            let late = self.table.pushdown == Pushdown::Always
                || self.cells.iter().any(|cell| cell.columns().contains(&column::DOC));
            source = source
                .with_predicate(state.create_physical_expr(predicate, &schema)?)
                .with_pushdown_filters(late);
        }
        let stored = file_schema.fields().iter().enumerate();
        let mut projection: Vec<usize> =
            stored.filter(|(_, field)| read.contains(field.name())).map(|(i, _)| i).collect();
        projection.push(file_schema.fields().len());
        let config = FileScanConfigBuilder::new(url, Arc::new(source))
            .with_projection_indices(Some(projection))?
            .with_file_groups(groups);
        Ok(DataSourceExec::from_data_source(config.build()))
    }
}

/// What the constants of a piece say about a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Always,
    Never,
    Unknown,
}

/// Whether a node of a filter can be evaluated on any row without an error, and on bounds.
fn is_prunable(node: &Expr) -> bool {
    matches!(
        node,
        Expr::Literal(..)
            | Expr::BinaryExpr(_)
            | Expr::Not(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsTrue(_)
            | Expr::InList(_)
            | Expr::Between(_)
    )
}

/// A piece as DataFusion knows files.
fn partitioned_file(piece: &Piece, number: u32) -> PartitionedFile {
    let file = &piece.file;
    PartitionedFile::new(file.path().to_string(), file.size_bytes)
        .with_partition_values(vec![ScalarValue::UInt32(Some(number))])
        .with_metadata_size_hint(file.footer_bytes as usize)
        .with_extension(piece.access_plan())
}
