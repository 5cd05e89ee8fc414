//! Rows of an answer as one Parquet file: plain columns, without what data files say about themselves.

use super::parquet_error;
use crate::{Result, limits::MIB, store::Upload};
use arrow::{array::RecordBatch, datatypes::SchemaRef};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::{metadata::KeyValue, properties::WriterProperties},
};

/// Encoded bytes of a row group of a file that is written as its rows come: what is in memory at once.
const ROW_GROUP_BYTES_MAX: usize = 8 * MIB;

fn properties() -> WriterProperties {
    WriterProperties::builder()
        .set_created_by(format!("rekor {}", env!("CARGO_PKG_VERSION")))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
        .build()
}

/// The Parquet file of some batches of one schema.
///
/// # Errors
/// `Corrupt`, if the schema has a type that Parquet does not.
pub fn encode_rows(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Vec<u8>> {
    let mut writer = RowsWriter::new(schema)?;
    let mut out = Vec::new();
    for batch in batches {
        writer.write(batch)?;
        out.append(&mut writer.take());
    }
    out.append(&mut writer.finish()?);
    Ok(out)
}

/// Makes a Parquet file piece by piece. A few MiB are in memory at once.
#[derive(Debug)]
pub struct RowsWriter {
    writer: ArrowWriter<Vec<u8>>,
}

impl RowsWriter {
    /// A file of batches of this schema.
    ///
    /// # Errors
    /// `Corrupt`, if the schema has a type that Parquet does not.
    pub fn new(schema: &SchemaRef) -> Result<Self> {
        let schema = SchemaRef::clone(schema);
        let writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties()));
        Ok(Self { writer: writer.map_err(parquet_error)? })
    }

    /// Says something under a key of the footer.
    pub fn describe(&mut self, key: &str, value: String) {
        self.writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value));
    }

    /// Appends rows.
    ///
    /// # Errors
    /// `Corrupt`, if they are not of the schema.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(batch).map_err(parquet_error)?;
        if self.writer.in_progress_size() >= ROW_GROUP_BYTES_MAX {
            self.close_group()
        } else {
            Ok(())
        }
    }

    /// Ends the row group, so that its bytes can be taken.
    ///
    /// # Errors
    /// `Corrupt`, never expected.
    pub fn close_group(&mut self) -> Result<()> {
        self.writer.flush().map_err(parquet_error)
    }

    /// Bytes of the file so far, those that were taken and those that wait for the end of their row group.
    pub fn byte_count(&self) -> usize {
        self.writer.bytes_written() + self.writer.in_progress_size()
    }

    /// The bytes that are ready, once.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(self.writer.inner_mut())
    }

    /// Hands the bytes that are ready to an upload.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn send(&mut self, upload: &mut Upload) -> Result<()> {
        let bytes = self.take();
        if bytes.is_empty() { Ok(()) } else { upload.write(&bytes).await }
    }

    /// The rest of the file.
    ///
    /// # Errors
    /// `Corrupt`, never expected.
    pub fn finish(mut self) -> Result<Vec<u8>> {
        self.writer.finish().map_err(parquet_error)?;
        Ok(self.take())
    }
}
