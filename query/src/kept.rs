//! Answers that are kept: what a query hands to whoever stores it, and what a later query needs to read it as
//! `FROM result('r_…')`. Nothing is stored here.

use crate::{
    engine::{ResultColumn, value_bytes},
    error::{ChCode, SqlError, SqlResult},
    result::json_value,
    types::ChType,
    value::{from_array, printable},
};
use arrow::{
    array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, new_null_array},
    compute::cast,
    datatypes::{DataType, Field, Schema, SchemaRef},
};
use datafusion::{
    functions_aggregate::min_max::{MaxAccumulator, MinAccumulator},
    logical_expr::Accumulator,
};
use futures::future::BoxFuture;
use object_store::path::Path;
use rekor_core::{Result, limits};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::{fmt::Debug, future::Future, sync::Arc};

/// Characters of a least or greatest text; of a longer one the start is shown, with an ellipsis.
const BOUND_CHARS_MAX: usize = 100;

/// A kept answer, as scans read it.
#[derive(Clone, Debug)]
pub struct StoredResult {
    /// Its Parquet object.
    pub path: Path,
    /// Size of the object.
    pub size_bytes: u64,
    /// Its rows.
    pub row_count: u64,
    /// Its columns; in the object they are called as [`column`] says.
    pub columns: Vec<ResultColumn>,
}

/// The kept answers that a query may name. Who may use which is decided behind it.
pub trait Results: Debug + Send + Sync {
    /// The answer of an id; `None` if there is none for whoever asks.
    fn find<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<StoredResult>>>;
}

/// Stores the rows of an answer as they come.
pub trait Sink: Send + 'static {
    /// Takes the columns, before any rows; `schema` is that of all batches.
    fn begin(
        &mut self,
        schema: &SchemaRef,
        columns: &[ResultColumn],
    ) -> impl Future<Output = Result<()>> + Send;

    /// Takes rows. `false` says that there is no room for them: nothing of them was taken.
    fn write(&mut self, batch: &RecordBatch) -> impl Future<Output = Result<bool>> + Send;
}

/// Why rows were left out of a kept answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cut {
    /// There are more than [`limits::RESULT_ROWS_MAX`].
    Rows,
    /// They take more than [`limits::RESULT_BYTES_MAX`].
    Bytes,
    /// The query's time was over.
    Time,
}

/// What was kept of an answer.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Rows.
    pub row_count: u64,
    /// Why there are not all.
    pub cut: Option<Cut>,
    /// A column each: `{"name","type","nulls"}`, with `min` and `max` where values have an order and there are some.
    pub statistics: Vec<Json>,
}

/// Name of a column in the object, by its position from 0: names of an answer need not differ.
pub fn column(position: usize) -> String {
    format!("c{}", position + 1)
}

/// The error of an answer that is not there for whoever asks; it does not tell why.
pub fn unknown_result(id: &str) -> SqlError {
    let id: String = id.chars().take(64).collect();
    SqlError::new(
        ChCode::UnknownTable,
        format!(
            "There is no result '{id}' here. An answer is kept for {} minutes, for the credential that made it, as long as that may read what it was made of. Run its query again.",
            limits::RESULT_TTL_MS / 60_000
        ),
    )
}

/// Bytes of the values of some rows, without what their buffers hold besides.
pub fn batch_bytes(batch: &RecordBatch) -> usize {
    batch.columns().iter().map(value_bytes).sum()
}

/// The schema of an answer's object.
pub(crate) fn schema(columns: &[ResultColumn]) -> SchemaRef {
    let fields = columns
        .iter()
        .enumerate()
        .map(|(at, found)| Field::new(column(at), found.ty.arrow(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Rows as the object holds them: DataFusion may hand over another width or string encoding.
fn stored(batch: &RecordBatch, schema: &SchemaRef) -> SqlResult<RecordBatch> {
    let arrays =
        batch.columns().iter().zip(schema.fields()).map(|(array, field)| match field.data_type() {
            wanted if array.data_type() == wanted => Ok(Arc::clone(array)),
            DataType::Null => Ok(new_null_array(&DataType::Null, array.len())),
            wanted => cast(array, wanted)
                .map_err(|error| SqlError::new(ChCode::LogicalError, error.to_string())),
        });
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    let arrays = arrays.collect::<SqlResult<Vec<_>>>()?;
    RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &options)
        .map_err(|error| SqlError::new(ChCode::LogicalError, error.to_string()))
}

/// An answer on its way into a sink.
pub(crate) struct Keeping<S> {
    columns: Vec<ResultColumn>,
    schema: SchemaRef,
    statistics: Vec<Statistics>,
    row_count: usize,
    sink: S,
}

impl<S: Sink> Keeping<S> {
    pub(crate) async fn begin(columns: Vec<ResultColumn>, mut sink: S) -> Result<Self> {
        let schema = schema(&columns);
        sink.begin(&schema, &columns).await?;
        let statistics = columns.iter().map(Statistics::of).collect::<SqlResult<_>>()?;
        Ok(Self { columns, schema, statistics, row_count: 0, sink })
    }

    /// Whether there are rows.
    pub(crate) fn has_rows(&self) -> bool {
        self.row_count > 0
    }

    /// Keeps rows; says why, if not all of them.
    pub(crate) async fn take(&mut self, batch: RecordBatch) -> Result<Option<Cut>> {
        for piece in crate::format::sliced(vec![batch]) {
            let room = limits::RESULT_ROWS_MAX - self.row_count;
            let kept = stored(&piece.slice(0, room.min(piece.num_rows())), &self.schema)?;
            if kept.num_rows() > 0 && !self.sink.write(&kept).await? {
                return Ok(Some(Cut::Bytes));
            }
            self.row_count += kept.num_rows();
            for (statistics, array) in self.statistics.iter_mut().zip(kept.columns()) {
                statistics.add(array)?;
            }
            if kept.num_rows() < piece.num_rows() {
                return Ok(Some(Cut::Rows));
            }
        }
        Ok(None)
    }

    pub(crate) fn finish(self, cut: Option<Cut>) -> Result<(Kept, S)> {
        let statistics = self.columns.iter().zip(self.statistics);
        let statistics = statistics.map(|(column, found)| found.finish(column));
        let statistics = statistics.collect::<SqlResult<_>>()?;
        Ok((Kept { row_count: self.row_count as u64, cut, statistics }, self.sink))
    }
}

/// What is known of the values of a column.
struct Statistics {
    null_count: usize,
    bounds: Option<(MinAccumulator, MaxAccumulator)>,
}

impl Statistics {
    fn of(column: &ResultColumn) -> SqlResult<Self> {
        let ty = column.ty.arrow();
        let bounds = if has_order(&column.ty) {
            let failed = crate::session::sql_error;
            let least = MinAccumulator::try_new(&ty).map_err(failed)?;
            Some((least, MaxAccumulator::try_new(&ty).map_err(failed)?))
        } else {
            None
        };
        Ok(Self { null_count: 0, bounds })
    }

    fn add(&mut self, array: &ArrayRef) -> SqlResult<()> {
        self.null_count += array.logical_null_count();
        if let Some((least, greatest)) = &mut self.bounds {
            let values = std::slice::from_ref(array);
            least
                .update_batch(values)
                .and_then(|()| greatest.update_batch(values))
                .map_err(crate::session::sql_error)?;
        }
        Ok(())
    }

    fn finish(self, column: &ResultColumn) -> SqlResult<Json> {
        let mut out =
            json!({"name": column.name, "type": column.ty.to_string(), "nulls": self.null_count});
        let Some((mut least, mut greatest)) = self.bounds else { return Ok(out) };
        let failed = crate::session::sql_error;
        for (name, bound) in [("min", least.evaluate()), ("max", greatest.evaluate())] {
            let array = bound.and_then(|value| value.to_array()).map_err(failed)?;
            let values = from_array(&array, &column.ty)?;
            let value = values.into_iter().next().map(|value| printable(value, &column.ty));
            let value = value.map(|value| shortened(json_value(&value, &column.ty)));
            if let (Some(members), Some(value)) =
                (out.as_object_mut(), value.filter(|value| !value.is_null()))
            {
                members.insert(name.to_owned(), value);
            }
        }
        Ok(out)
    }
}

/// Whether the least and the greatest value of a type say something.
fn has_order(ty: &ChType) -> bool {
    matches!(
        ty.strip_nullable(),
        ChType::Bool
            | ChType::Int(_)
            | ChType::UInt(_)
            | ChType::Float(_)
            | ChType::Decimal(..)
            | ChType::String
            | ChType::Date
            | ChType::Date32
            | ChType::DateTime(_)
            | ChType::DateTime64(..)
    )
}

fn shortened(value: Json) -> Json {
    match value {
        Json::String(mut text) => {
            if let Some((at, _)) = text.char_indices().nth(BOUND_CHARS_MAX) {
                text.truncate(at);
                text.push('…');
            }
            Json::String(text)
        }
        other => other,
    }
}
