//! Answers of any length in a format, as their rows come.

use super::{Format, Summary, Writer, columnar, rows_of, sliced, writer};
use crate::{
    engine::ResultColumn,
    error::{ChCode, SqlError},
};
use arrow::{
    array::RecordBatch,
    datatypes::SchemaRef,
    ipc::writer::{FileWriter, StreamWriter},
};
use rekor_core::{Result, columnar::RowsWriter};

/// Makes the bytes of an answer piece by piece. No more than a few MiB are in memory at once.
pub struct StreamEncoder {
    columns: Vec<ResultColumn>,
    schema: SchemaRef,
    row_count: usize,
    /// Taken by the end.
    kind: Option<Kind>,
}

enum Kind {
    Rows(Box<dyn Writer>),
    Parquet(RowsWriter),
    ArrowStream(StreamWriter<Vec<u8>>),
    Arrow(FileWriter<Vec<u8>>),
}

impl std::fmt::Debug for StreamEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamEncoder").field("columns", &self.columns).finish_non_exhaustive()
    }
}

impl StreamEncoder {
    /// An encoder of rows of these columns.
    ///
    /// # Errors
    /// `BAD_ARGUMENTS` for formats that must know all rows before the first.
    pub fn new(columns: &[ResultColumn], format: Format) -> Result<Self> {
        if matches!(format, Format::Pretty | Format::PrettyCompact) {
            return Err(SqlError::new(
                ChCode::BadArguments,
                format!("{} measures all rows before it shows one, so it is for short answers; take Parquet, CSVWithNames or JSONEachRow.", format.name()),
            )
            .into());
        }
        // What rows will hold is not known yet.
        let schema = columnar::schema(columns, format, |_| true);
        let kind = match (writer(columns, format), format) {
            (Some(writer), _) => Kind::Rows(writer),
            (None, Format::Parquet) => Kind::Parquet(RowsWriter::new(&schema)?),
            (None, Format::ArrowStream) => Kind::ArrowStream(
                StreamWriter::try_new(Vec::new(), &schema).map_err(columnar::failed)?,
            ),
            (None, _) => {
                Kind::Arrow(FileWriter::try_new(Vec::new(), &schema).map_err(columnar::failed)?)
            }
        };
        Ok(Self { columns: columns.to_vec(), schema, row_count: 0, kind: Some(kind) })
    }

    /// What stands before the rows.
    ///
    /// # Errors
    /// Internal, never expected.
    pub fn start(&mut self) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        if let Some(Kind::Rows(writer)) = &mut self.kind {
            writer.begin(&mut out);
        }
        Ok(out)
    }

    /// Rows.
    ///
    /// # Errors
    /// Internal, if a column is not of its type.
    pub fn rows(&mut self, batches: &[RecordBatch]) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        let Some(kind) = &mut self.kind else { return Ok(out) };
        for batch in sliced(batches.to_vec()) {
            self.row_count += batch.num_rows();
            if let Kind::Rows(writer) = kind {
                writer.rows(rows_of(&batch, &self.columns)?, &mut out);
                continue;
            }
            let batch = columnar::converted(&batch, &self.columns, &self.schema)?;
            match kind {
                Kind::Rows(_) => {}
                Kind::Parquet(writer) => {
                    writer.write(&batch)?;
                    out.append(&mut writer.take());
                }
                Kind::ArrowStream(writer) => {
                    writer.write(&batch).map_err(columnar::failed)?;
                    out.append(writer.get_mut());
                }
                Kind::Arrow(writer) => {
                    writer.write(&batch).map_err(columnar::failed)?;
                    out.append(writer.get_mut());
                }
            }
        }
        Ok(out)
    }

    /// What stands after the rows; nothing, the second time.
    ///
    /// # Errors
    /// Internal, never expected.
    pub fn end(&mut self) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        match self.kind.take() {
            None => {}
            Some(Kind::Rows(mut writer)) => {
                let row_count = self.row_count;
                let summary = Summary { row_count, elapsed_s: 0.0, rows_read: 0, bytes_read: 0 };
                writer.end(None, &summary, &mut out);
            }
            Some(Kind::Parquet(writer)) => out = writer.finish()?,
            Some(Kind::ArrowStream(writer)) => {
                out = writer.into_inner().map_err(columnar::failed)?;
            }
            Some(Kind::Arrow(writer)) => out = writer.into_inner().map_err(columnar::failed)?,
        }
        Ok(out)
    }
}
