//! Queries whose whole answer is handed to a sink, while its first rows are the answer as ever.

use super::{
    AbortOnDrop, Planned, QueryEngine, QueryRequest, QueryResult, Running, Shared, collect,
    result_columns, stopping, too_late,
};
use crate::{
    bind::Bound,
    budget::Budget,
    error::{ChCode, SqlError},
    kept::{Cut, Keeping, Kept, Sink, batch_bytes},
    session::sql_error,
};
use datafusion::{arrow::array::RecordBatch, physical_plan::execute_stream};
use futures::StreamExt;
use rekor_core::{Error, Result};
use std::time::{Duration, Instant};

/// Time beyond a query's own that the last rows on their way to the sink may take.
const LAST_ROWS_TIME: Duration = Duration::from_secs(5);

impl QueryEngine {
    /// Runs a query and hands its rows to a sink as they come, up to the limits of kept answers; when its time is over, what
    /// came so far is kept. The answer has the first rows, as that of [`Self::execute`]. Dropping the future cancels both.
    ///
    /// # Errors
    /// As [`Self::execute`], and those of the sink.
    pub async fn keep<S: Sink>(
        &self,
        request: QueryRequest,
        sink: S,
    ) -> Result<(QueryResult, Kept, S)> {
        let permit = self.admit().await?;
        let time = request.limits.time;
        let (shared, budget) = (self.shared.clone(), Budget::default());
        let running = Running { budget: budget.clone() };
        let threads = self.threads.as_ref().ok_or_else(stopping)?;
        let query = threads.spawn(async move {
            let _permit = permit;
            shared.keep(request, &budget, sink).await
        });
        let _aborted_when_dropped = AbortOnDrop(query.abort_handle());
        let outcome = tokio::time::timeout(time + LAST_ROWS_TIME, query).await;
        drop(running);
        match outcome {
            Ok(Ok(kept)) => kept,
            Ok(Err(error)) if error.is_cancelled() => Err(stopping()),
            Ok(Err(_)) => Err(Error::internal(
                "The query failed in a way it should not; see the server's log.",
            )),
            Err(_) => Err(too_late(time).into()),
        }
    }
}

/// Hands the rows of an answer that is there already to a sink.
///
/// # Errors
/// Those of the sink.
pub async fn keep_answer<S: Sink>(answer: &QueryResult, sink: S) -> Result<(Kept, S)> {
    let mut keeping = Keeping::begin(answer.columns.clone(), sink).await?;
    let mut cut = None;
    for batch in &answer.batches {
        cut = keeping.take(batch.clone()).await?;
        if cut.is_some() {
            break;
        }
    }
    keeping.finish(cut)
}

impl Shared {
    async fn keep<S: Sink>(
        &self,
        request: QueryRequest,
        budget: &Budget,
        sink: S,
    ) -> Result<(QueryResult, Kept, S)> {
        let started = Instant::now();
        let limits = request.limits;
        let Planned { context, tables, bound, snapshot_seq } = self.plan(&request, budget).await?;
        let Bound { plan, columns, totals, explain, format } = bound;
        if explain.is_some() {
            return Err(Error::validation("What EXPLAIN says is not kept; leave `keep` out."));
        }
        let columns = result_columns(columns);
        let physical = context.state().create_physical_plan(&plan).await.map_err(sql_error)?;
        let planning = started.elapsed();
        let mut stream = execute_stream(physical, context.task_ctx()).map_err(sql_error)?;
        let mut keeping = Keeping::begin(columns.clone(), sink).await?;
        let mut head = Head { batches: Vec::new(), rows: limits.rows, bytes: limits.memory_bytes };
        let mut has_more = false;
        let cut = loop {
            let left = limits.time.saturating_sub(started.elapsed());
            let Ok(next) = tokio::time::timeout(left, stream.next()).await else {
                if keeping.has_rows() {
                    break Some(Cut::Time);
                }
                return Err(too_late(limits.time).into());
            };
            let Some(batch) = next.transpose().map_err(sql_error)? else { break None };
            has_more |= !head.take(&batch, limits.memory_bytes)?;
            let cut = keeping.take(batch).await?;
            if cut.is_some() {
                break cut;
            }
        };
        drop(stream);
        let totals = match totals {
            Some(plan) => {
                collect(&context, plan, 1, limits.memory_bytes).await?.0.into_iter().next()
            }
            None => None,
        };
        let (kept, sink) = keeping.finish(cut)?;
        let answer = QueryResult {
            columns,
            batches: head.batches,
            totals,
            has_more: has_more || cut.is_some(),
            warnings: tables.warnings(),
            format,
            elapsed: started.elapsed(),
            planning,
            bytes_scanned: tables.report().bytes(),
            rows_scanned: tables.report().rows(),
            snapshot_seq,
            kept: None,
        };
        Ok((answer, kept, sink))
    }
}

/// The first rows of an answer.
struct Head {
    batches: Vec<RecordBatch>,
    /// Rows that it still takes.
    rows: usize,
    /// Bytes of values that it still takes.
    bytes: usize,
}

impl Head {
    /// Takes rows; `false` says that some are left out.
    fn take(&mut self, batch: &RecordBatch, bytes_max: usize) -> Result<bool> {
        let fits = batch.num_rows() <= self.rows;
        let taken = batch.slice(0, batch.num_rows().min(self.rows));
        self.bytes = self.bytes.checked_sub(batch_bytes(&taken)).ok_or_else(|| {
            let message = format!(
                "The answer takes more than {bytes_max} bytes of memory. Select fewer or shorter columns, or fewer rows."
            );
            SqlError::new(ChCode::MemoryLimitExceeded, message)
        })?;
        self.rows -= taken.num_rows();
        if taken.num_rows() > 0 {
            self.batches.push(taken);
        }
        Ok(fits)
    }
}
