//! Reading rows of a data file back: single rows for point reads and writes, all of them for compaction.

use super::parquet_error;
use crate::{Error, Result, data_file::DataFile, limits, store::Store};
use arrow::{array::RecordBatch, compute::concat_batches, datatypes::SchemaRef};
use futures::{Stream, StreamExt, TryStreamExt};
use parquet::arrow::{
    ParquetRecordBatchStreamBuilder, ProjectionMask,
    arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, RowSelection, RowSelector},
    async_reader::ParquetObjectReader,
};
use parquet::file::metadata::PageIndexPolicy;
use std::sync::Arc;

/// A data file with its footer read.
#[derive(Clone, Debug)]
pub struct OpenDataFile {
    reader: ParquetObjectReader,
    metadata: ArrowReaderMetadata,
}

impl OpenDataFile {
    /// Reads the footer and the page index.
    ///
    /// # Errors
    /// `Unavailable` if the file cannot be read, `Corrupt` if it is damaged.
    pub async fn open(store: &Store, file: &DataFile) -> Result<Self> {
        let mut reader = ParquetObjectReader::new(Arc::clone(store.objects()), file.path())
            .with_file_size(file.size_bytes)
            .with_footer_size_hint(file.footer_bytes as usize);
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
        let metadata =
            ArrowReaderMetadata::load_async(&mut reader, options).await.map_err(parquet_error)?;
        Ok(Self { reader, metadata })
    }

    /// The file's columns.
    pub fn schema(&self) -> &SchemaRef {
        self.metadata.schema()
    }

    /// Rows of the file, by its footer.
    pub fn row_count(&self) -> u64 {
        let rows = self.metadata.metadata().file_metadata().num_rows();
        u64::try_from(rows).unwrap_or_default()
    }

    fn builder(&self) -> ParquetRecordBatchStreamBuilder<ParquetObjectReader> {
        ParquetRecordBatchStreamBuilder::new_with_metadata(
            self.reader.clone(),
            self.metadata.clone(),
        )
    }

    /// The rows at ascending positions, in that order: reads only the pages that hold them. Columns the file lacks are
    /// left out.
    ///
    /// # Errors
    /// `Unavailable` if the file cannot be read, `Corrupt` if it is damaged.
    pub async fn rows(&self, positions: &[u32], columns: &[&str]) -> Result<RecordBatch> {
        let builder = self.builder();
        let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        let mut selectors = Vec::new();
        let mut next = 0;
        for &position in positions {
            let position = position as usize;
            if position > next {
                selectors.push(RowSelector::skip(position - next));
            }
            selectors.push(RowSelector::select(1));
            next = position + 1;
        }
        let stream = builder
            .with_projection(mask)
            .with_row_selection(RowSelection::from(selectors))
            .with_batch_size(positions.len().max(1))
            .build()
            .map_err(parquet_error)?;
        let schema = SchemaRef::clone(stream.schema());
        let batches: Vec<RecordBatch> = stream.try_collect().await.map_err(parquet_error)?;
        let rows = concat_batches(&schema, &batches).map_err(super::arrow_error)?;
        if rows.num_rows() != positions.len() {
            return Err(Error::corrupt("A data file has fewer rows than its entry says."));
        }
        Ok(rows)
    }

    /// All rows, a few thousand at a time. Only the pages of some 20,000 rows are in memory at once, as merging opens many
    /// files side by side.
    pub fn batches(
        &self,
        batch_rows: usize,
    ) -> impl Stream<Item = Result<RecordBatch>> + Send + use<> {
        let groups = self.metadata.metadata().row_groups().iter().enumerate();
        let slices: Vec<(usize, usize, usize)> = groups
            .flat_map(|(group, metadata)| {
                let count = usize::try_from(metadata.num_rows()).unwrap_or_default();
                (0..count)
                    .step_by(limits::PAGE_ROWS_MAX)
                    .map(move |start| (group, start, limits::PAGE_ROWS_MAX.min(count - start)))
            })
            .collect();
        let file = self.clone();
        let read = move |(group, start, length): (usize, usize, usize)| {
            let rows = vec![RowSelector::skip(start), RowSelector::select(length)];
            file.builder()
                .with_row_groups(vec![group])
                .with_row_selection(RowSelection::from(rows))
                .with_batch_size(batch_rows)
                .build()
                .map(|stream| stream.map_err(parquet_error))
                .map_err(parquet_error)
        };
        futures::stream::iter(slices).map(read).try_flatten()
    }
}
