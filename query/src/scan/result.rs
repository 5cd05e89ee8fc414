//! The provider of a kept answer. Its rows come in the order in which they were kept, so that a part of them can be asked for.

use super::{
    cell::Cell,
    exec::{DocumentScanExec, Facts, Mapping, PIECE},
    report::{FilesReading, PartReading, Report},
};
use crate::kept::{self, StoredResult};
use async_trait::async_trait;
use datafusion::{
    arrow::datatypes::{DataType, Field, FieldRef, SchemaRef},
    catalog::Session,
    common::{Result, ScalarValue, stats::Precision},
    datasource::{
        TableProvider, TableType,
        listing::PartitionedFile,
        physical_plan::{
            FileGroup, FileScanConfigBuilder, ParquetSource,
            parquet::CachedParquetFileReaderFactory,
        },
        source::DataSourceExec,
        table_schema::TableSchema,
    },
    execution::object_store::ObjectStoreUrl,
    logical_expr::Expr,
    physical_plan::ExecutionPlan,
};
use std::sync::Arc;

/// A kept answer as a table. Filters stay above the scan.
#[derive(Debug)]
pub(super) struct ResultTable {
    id: String,
    stored: StoredResult,
    schema: SchemaRef,
    report: Arc<Report>,
}

impl ResultTable {
    pub(super) fn new(id: &str, stored: StoredResult, report: Arc<Report>) -> Self {
        let schema = kept::schema(&stored.columns);
        Self { id: id.to_owned(), stored, schema, report }
    }

    /// The scan of the object: one partition, as order would be lost between several.
    fn source(&self, state: &dyn Session, projection: &[usize]) -> Result<Arc<dyn ExecutionPlan>> {
        let piece: FieldRef = Arc::new(Field::new(PIECE, DataType::UInt32, false));
        let url = ObjectStoreUrl::parse(crate::session::STORE_URL)?;
        let runtime = state.runtime_env();
        let store = runtime.object_store(&url)?;
        let cache = runtime.cache_manager.get_file_metadata_cache();
        let source = ParquetSource::new(TableSchema::new(Arc::clone(&self.schema), vec![piece]))
            .with_table_parquet_options(state.table_options().parquet.clone())
            .with_parquet_file_reader_factory(Arc::new(CachedParquetFileReaderFactory::new(
                store, cache,
            )));
        let file = PartitionedFile::new(self.stored.path.to_string(), self.stored.size_bytes)
            .with_partition_values(vec![ScalarValue::UInt32(Some(0))]);
        let mut read = projection.to_vec();
        read.push(self.schema.fields().len());
        let config = FileScanConfigBuilder::new(url, Arc::new(source))
            .with_projection_indices(Some(read))?
            .with_file_groups(vec![FileGroup::new(vec![file])]);
        Ok(DataSourceExec::from_data_source(config.build()))
    }
}

#[async_trait]
impl TableProvider for ResultTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all: Vec<usize> = (0..self.schema.fields().len()).collect();
        let projection = projection.unwrap_or(&all);
        let output = Arc::new(self.schema.project(projection)?);
        let cells = output.fields().iter().map(|field| Cell::Column(field.name().clone()));
        let mapping = Mapping {
            schema: Arc::clone(&output),
            cells: cells.collect(),
            output,
            constants: Vec::new(),
            conditions: Vec::new(),
            scope: None,
        };
        let row_count = usize::try_from(self.stored.row_count).unwrap_or(usize::MAX);
        let facts = Facts {
            file_count: 1,
            piece_count: 1,
            dead_rows: 0,
            row_count: Precision::Exact(row_count),
            predicate: None,
        };
        let inner = self.source(state, projection)?;
        self.report.add(PartReading {
            name: format!("result {}", self.id),
            files: vec![FilesReading::whole(self.stored.size_bytes, Arc::clone(&inner))],
            ..PartReading::default()
        });
        Ok(Arc::new(DocumentScanExec::new(inner, mapping, facts)))
    }
}
