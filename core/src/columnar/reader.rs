//! Reading rows of a data file back: single rows for point reads and writes, all of them for compaction.

use super::parquet_error;
use crate::{Error, Result, data_file::DataFile, store::Store};
use arrow::{array::RecordBatch, compute::concat_batches, datatypes::SchemaRef};
use futures::{Stream, TryStreamExt};
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

    /// All rows, a few thousand at a time.
    ///
    /// # Errors
    /// `Corrupt` if the file is damaged; the stream has errors of its own.
    pub fn batches(
        &self,
        batch_rows: usize,
    ) -> Result<impl Stream<Item = Result<RecordBatch>> + Send + Unpin + use<>> {
        let stream = self.builder().with_batch_size(batch_rows).build().map_err(parquet_error)?;
        Ok(stream.map_err(parquet_error))
    }
}
