//! Writing a kept answer, while its query runs.

use super::{About, ResultStore};
use arrow::{array::RecordBatch, datatypes::SchemaRef};
use rekor_core::{Error, Result, columnar::RowsWriter, limits, path::ResultPart, store::Upload};
use rekor_query::{Kept, ResultColumn, Sink, kept::batch_bytes};
use serde_json::{Value, json};

/// Key of the footer under which columns stand with their names and ClickHouse types.
const FOOTER_KEY: &str = "rekor.result";
/// Room for the footer, and for what the last row group grows by when it is closed.
const FOOTER_BYTES_MAX: usize = limits::MIB;

/// An answer that is being written. Dropped before its end, it leaves nothing behind.
pub(crate) struct NewResult {
    results: ResultStore,
    about: About,
    open: Option<(Upload, RowsWriter)>,
}

impl std::fmt::Debug for NewResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewResult").field("about", &self.about).finish_non_exhaustive()
    }
}

impl NewResult {
    pub(super) fn new(results: ResultStore, about: About) -> Self {
        Self { results, about, open: None }
    }

    /// Ends it: the answer can be used when this returns.
    ///
    /// # Errors
    /// `Unavailable` or `Unknown` if the store fails.
    pub(crate) async fn finish(mut self, kept: Kept) -> Result<About> {
        let Some((mut upload, writer)) = self.open.take() else {
            return Err(Error::internal("an answer was finished before it was begun"));
        };
        upload.write(&writer.finish()?).await?;
        self.about.size_bytes = upload.finish().await?;
        self.about.row_count = kept.row_count;
        self.about.cut = kept.cut;
        self.about.statistics = kept.statistics;
        let bytes = serde_json::to_vec(&self.about).map_err(|e| Error::internal(e.to_string()))?;
        let name = self.about.name();
        self.results.store.put(&name.path(ResultPart::About), bytes.into()).await?;
        self.results.make_room(&self.about.owner, &name).await?;
        Ok(self.about.clone())
    }
}

impl Sink for NewResult {
    async fn begin(&mut self, schema: &SchemaRef, columns: &[ResultColumn]) -> Result<()> {
        let mut writer = RowsWriter::new(schema)?;
        let described: Vec<Value> = schema
            .fields()
            .iter()
            .zip(columns)
            .map(|(field, column)| {
                json!({"column": field.name(), "name": column.name, "type": column.ty.to_string()})
            })
            .collect();
        writer.describe(FOOTER_KEY, Value::from(described).to_string());
        let path = self.about.name().path(ResultPart::Rows);
        self.about.columns = columns.to_vec();
        self.open = Some((self.results.store.upload(path).await?, writer));
        Ok(())
    }

    async fn write(&mut self, batch: &RecordBatch) -> Result<bool> {
        let Some((upload, writer)) = &mut self.open else {
            return Err(Error::internal("an answer was written before it was begun"));
        };
        let room = limits::RESULT_BYTES_MAX - FOOTER_BYTES_MAX;
        let raw = batch_bytes(batch);
        if writer.byte_count() + raw > room {
            // What waits is smaller than it looks once it is closed.
            writer.close_group()?;
            writer.send(upload).await?;
            if writer.byte_count() + raw > room {
                return Ok(false);
            }
        }
        writer.write(batch)?;
        writer.send(upload).await?;
        Ok(true)
    }
}

impl Drop for NewResult {
    fn drop(&mut self) {
        let Some((upload, _)) = self.open.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        drop(runtime.spawn(async move {
            if let Err(error) = upload.abort().await {
                tracing::warn!(%error, "an unfinished answer was not removed");
            }
        }));
    }
}
