//! Parquet: encoding and decoding of data files (`docs/format/data-file.md`), and answers as files.

mod order;
mod reader;
mod rows;
mod stats;
mod writer;

pub use order::{ClusterKey, sort_by_cluster_key};
pub use reader::OpenDataFile;
pub use rows::{RowsWriter, encode_rows};
pub use writer::{DataFileSpec, DataFileWriter};

use crate::Error;

/// What stands under our own key in the footer, and this format's version.
const FOOTER_KEY: &str = "rekor.data_file";
const FORMAT: u32 = 1;

fn arrow_error(error: arrow::error::ArrowError) -> Error {
    Error::internal(error.to_string())
}

fn parquet_error(error: parquet::errors::ParquetError) -> Error {
    Error::corrupt(format!("A data file cannot be read or written: {error}."))
}
