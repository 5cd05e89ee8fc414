//! Writing a data file.

use super::{FOOTER_KEY, FORMAT, order::SegmentCollector, parquet_error, stats::column_stats};
use crate::{
    Result,
    columnar::ClusterKey,
    data_file::{DataFile, Segments},
    id::TableId,
    limits,
    path::{self, ObjectKind},
    row::column,
    store::{Store, Upload},
};
use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch},
    datatypes::{DataType, SchemaRef, UInt64Type},
};
use parquet::{
    arrow::ArrowWriter,
    basic::{Compression, Encoding, ZstdLevel},
    file::{
        metadata::KeyValue,
        properties::{EnabledStatistics, WriterProperties, WriterVersion},
    },
    schema::types::ColumnPath,
};
use std::collections::{BTreeSet, HashSet};
use uuid::Uuid;

/// A column is dictionary-encoded if at most one in this many sampled values is distinct (`design/perf.md` s6).
const DICTIONARY_RATIO: usize = 8;
/// Values looked at for that.
const SAMPLE_ROWS_MAX: usize = 64 << 10;
/// Page size of `_doc`, the unit of a point read.
const DOC_PAGE_BYTES: usize = 64 << 10;
/// Rows between checks of the page size of `_doc`.
const WRITE_BATCH_ROWS: usize = 256;
/// Encoded bytes of a row group besides `_doc`.
const ROW_GROUP_LEAF_BYTES_MAX: usize = 128 << 20;

/// What a file is, before its rows are known.
#[derive(Clone, Debug)]
pub struct DataFileSpec {
    /// UUIDv7 that names it.
    pub id: Uuid,
    /// Table of the rows.
    pub table: TableId,
    /// Whether the rows are tombstones.
    pub deleted: bool,
    /// Columns of every batch: system columns, typed columns, `_doc`.
    pub schema: SchemaRef,
    /// What the rows are sorted by.
    pub key: ClusterKey,
    /// Paths that only `_doc` answers for.
    pub overflow_paths: Vec<String>,
    /// Paths with arrays that have no type.
    pub untyped_array_paths: Vec<String>,
    /// Columns to dictionary-encode.
    pub dictionary: BTreeSet<String>,
    /// Rows of a row group.
    pub row_group_rows: usize,
}

impl DataFileSpec {
    /// The columns of a batch that are worth a dictionary.
    pub fn dictionary_columns(batch: &RecordBatch) -> BTreeSet<String> {
        let fields = batch.schema_ref().fields().iter().zip(batch.columns());
        fields
            .filter(|(field, values)| field.name() != column::DOC && repeats(values))
            .map(|(field, _)| field.name().clone())
            .collect()
    }
}

/// Whether a sample spread over the column has few distinct values. Only text is worth a dictionary; integers have deltas.
fn repeats(values: &ArrayRef) -> bool {
    let values = match values.data_type() {
        DataType::List(_) => values.as_list::<i32>().values(),
        _ => values,
    };
    let Some(texts) = values.as_string_view_opt() else { return false };
    let step = (texts.len() / SAMPLE_ROWS_MAX).max(1);
    let mut distinct = HashSet::new();
    let mut count = 0;
    for row in (0..texts.len()).step_by(step).filter(|&row| texts.is_valid(row)) {
        count += 1;
        distinct.insert(texts.value(row));
    }
    count == 0 || distinct.len() * DICTIONARY_RATIO <= count
}

/// Writes one data file: batches in order, row groups closed by rows or bytes, then footer.
#[derive(Debug)]
pub struct DataFileWriter {
    spec: DataFileSpec,
    upload: Upload,
    writer: ArrowWriter<Vec<u8>>,
    segments: SegmentCollector,
    group_doc_bytes: usize,
    doc_bytes: u64,
    seq_min: u64,
    seq_max: u64,
}

impl DataFileWriter {
    /// Starts a file in the store.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written.
    pub async fn create(store: &Store, spec: DataFileSpec) -> Result<Self> {
        let kind = if spec.deleted { ObjectKind::Tomb } else { ObjectKind::Data };
        let upload = store.upload(path::object(kind, spec.id)).await?;
        let properties = properties(&spec);
        let schema = SchemaRef::clone(&spec.schema);
        let writer =
            ArrowWriter::try_new(Vec::new(), schema, Some(properties)).map_err(parquet_error)?;
        Ok(Self {
            segments: SegmentCollector::new(spec.key.clone()),
            spec,
            upload,
            writer,
            group_doc_bytes: 0,
            doc_bytes: 0,
            seq_min: u64::MAX,
            seq_max: 0,
        })
    }

    /// Appends rows, in the file's order.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written.
    pub async fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.segments.push(batch);
        self.note(batch);
        let mut start = 0;
        while start < batch.num_rows() {
            let room = self.spec.row_group_rows.saturating_sub(self.writer.in_progress_rows());
            let length = room.min(batch.num_rows() - start).min(limits::PAGE_ROWS_MAX);
            let piece = batch.slice(start, length);
            self.group_doc_bytes += doc_bytes(&piece);
            self.writer.write(&piece).map_err(parquet_error)?;
            start += length;
            let full = self.writer.in_progress_rows() >= self.spec.row_group_rows
                || self.group_doc_bytes >= limits::ROW_GROUP_DOC_BYTES_MAX
                || self.writer.in_progress_size() >= ROW_GROUP_LEAF_BYTES_MAX;
            if full {
                self.writer.flush().map_err(parquet_error)?;
                self.group_doc_bytes = 0;
                self.send().await?;
            }
        }
        Ok(())
    }

    fn note(&mut self, batch: &RecordBatch) {
        self.doc_bytes += doc_bytes(batch) as u64;
        let seqs = batch.column_by_name(column::SEQ);
        if let Some(seqs) = seqs.and_then(|array| array.as_primitive_opt::<UInt64Type>()) {
            self.seq_min =
                seqs.values().iter().copied().min().unwrap_or(u64::MAX).min(self.seq_min);
            self.seq_max = seqs.values().iter().copied().max().unwrap_or(0).max(self.seq_max);
        }
    }

    async fn send(&mut self) -> Result<()> {
        let bytes = std::mem::take(self.writer.inner_mut());
        self.upload.write(&bytes).await
    }

    /// Ends the file; it is durable when this returns.
    ///
    /// # Errors
    /// `Unavailable` if the store cannot be written.
    pub async fn finish(mut self) -> Result<DataFile> {
        let segments =
            std::mem::replace(&mut self.segments, SegmentCollector::new(no_key())).finish();
        let mut file = DataFile {
            id: self.spec.id.as_bytes().to_vec(),
            table: self.spec.table.0,
            deleted: self.spec.deleted,
            seq_min: if self.seq_max == 0 { 0 } else { self.seq_min },
            seq_max: self.seq_max,
            overflow_paths: self.spec.overflow_paths.clone(),
            untyped_array_paths: self.spec.untyped_array_paths.clone(),
            sorted_by: self.spec.key.columns().to_vec(),
            segments,
            doc_bytes: self.doc_bytes,
            ..DataFile::default()
        };
        self.writer.append_key_value_metadata(KeyValue::new(FOOTER_KEY.to_owned(), footer(&file)));
        self.writer.flush().map_err(parquet_error)?;
        let before_footer = self.writer.bytes_written() as u64;
        let metadata = self.writer.finish().map_err(parquet_error)?;
        self.send().await?;
        file.size_bytes = self.upload.finish().await?;
        let groups = metadata.row_groups();
        file.row_group_rows =
            groups.iter().map(|g| u32::try_from(g.num_rows()).unwrap_or(u32::MAX)).collect();
        file.footer_bytes =
            u32::try_from(file.size_bytes.saturating_sub(before_footer)).unwrap_or(u32::MAX);
        file.columns = column_stats(&metadata, |name| self.spec.dictionary.contains(name));
        Ok(file)
    }
}

fn no_key() -> ClusterKey {
    ClusterKey::new(&[], &arrow::datatypes::Schema::empty())
}

/// What a reader of the file alone can know: format, table, order, segments, overflow.
fn footer(file: &DataFile) -> String {
    let segments = file.segments.as_ref().map(|Segments { columns, runs }| {
        let rows: Vec<u32> = runs.iter().map(|run| run.row_count).collect();
        serde_json::json!({"columns": columns, "rows": rows})
    });
    serde_json::json!({
        "format": FORMAT,
        "table": file.table,
        "deleted": file.deleted,
        "sorted_by": file.sorted_by,
        "segments": segments,
        "overflow_paths": file.overflow_paths,
        "untyped_array_paths": file.untyped_array_paths,
    })
    .to_string()
}

fn doc_bytes(batch: &RecordBatch) -> usize {
    let docs = batch.column_by_name(column::DOC).and_then(|array| array.as_string_view_opt());
    docs.map_or(0, |docs| docs.lengths().map(|length| length as usize).sum())
}

/// Layout as measured in `design/perf.md` section 7: no `sorting_columns`, pages of 20,000 rows, dictionaries by sample,
/// deltas for integers, LZ4 on the cluster key and zstd elsewhere.
fn properties(spec: &DataFileSpec) -> WriterProperties {
    let zstd = Compression::ZSTD(ZstdLevel::try_new(1).unwrap_or_default());
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by(format!("rekor {}", env!("CARGO_PKG_VERSION")))
        .set_compression(zstd)
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_data_page_row_count_limit(limits::PAGE_ROWS_MAX)
        .set_write_batch_size(WRITE_BATCH_ROWS)
        .set_max_row_group_row_count(Some(spec.row_group_rows));
    for field in spec.schema.fields() {
        let name = field.name();
        let (item, path) = match field.data_type() {
            DataType::List(item) => {
                let parts = vec![name.clone(), "list".to_owned(), "item".to_owned()];
                (item.data_type(), ColumnPath::new(parts))
            }
            other => (other, ColumnPath::new(vec![name.clone()])),
        };
        if name == column::DOC {
            builder = builder
                .set_column_data_page_size_limit(path.clone(), DOC_PAGE_BYTES)
                .set_column_statistics_enabled(path, EnabledStatistics::None);
            continue;
        }
        if spec.dictionary.contains(name) {
            builder = builder.set_column_dictionary_enabled(path.clone(), true);
        } else if matches!(item, DataType::Int64 | DataType::UInt64 | DataType::Timestamp(..)) {
            builder = builder.set_column_encoding(path.clone(), Encoding::DELTA_BINARY_PACKED);
        }
        if spec.key.columns().contains(name) {
            builder = builder.set_column_compression(path, Compression::LZ4_RAW);
        }
    }
    builder.build()
}
