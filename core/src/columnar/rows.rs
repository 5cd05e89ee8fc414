//! Rows of an answer as one Parquet file: plain columns that any reader knows, without our own metadata.

use super::parquet_error;
use crate::Result;
use arrow::{array::RecordBatch, datatypes::SchemaRef};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};

/// The Parquet file of some batches of one schema.
///
/// # Errors
/// `Corrupt`, if the schema has a type that Parquet does not.
pub fn encode_rows(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Vec<u8>> {
    let properties = WriterProperties::builder()
        .set_created_by(format!("rekor {}", env!("CARGO_PKG_VERSION")))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default()))
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), SchemaRef::clone(schema), Some(properties))
        .map_err(parquet_error)?;
    for batch in batches {
        writer.write(batch).map_err(parquet_error)?;
    }
    writer.into_inner().map_err(parquet_error)
}
