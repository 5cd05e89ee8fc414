//! The package's public face: runs one SQL query on one snapshot, within its limits.

mod keep;

pub use keep::keep_answer;

use crate::{
    bind::{Bound, bind},
    budget::Budget,
    error::{ChCode, SqlError, SqlResult},
    format::Format,
    kept::Results,
    scan::SnapshotTables,
    session::{runtime, session, sql_error},
    types::ChType,
};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, RecordBatch, StringArray},
        datatypes::DataType,
    },
    execution::{context::SessionContext, runtime_env::RuntimeEnv},
    logical_expr::{LogicalPlan, LogicalPlanBuilder},
    physical_plan::{ExecutionPlan, execute_stream},
};
use futures::{Stream, StreamExt};
use object_store::ObjectStore;
use rekor_core::{
    Error, ErrorKind, Result,
    grant::Set,
    id::{CollectionId, DatabaseId},
    limits,
    view::Version,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::{
        OwnedSemaphorePermit, Semaphore,
        mpsc::{self, error::SendTimeoutError},
    },
    task::AbortHandle,
};

/// Queries need at least this many threads: one may be in a kernel that cannot be interrupted.
const WORKER_THREADS_MIN: usize = 2;

/// Stack of a thread, of which only what is used is ever there. Trees of expressions are walked by recursion; the longest
/// chain that the dialect lets through must fit many times over.
pub(crate) const STACK_BYTES: usize = 64 << 20;

/// Batches of a stream that wait for its reader.
const STREAM_BATCHES: usize = 4;

/// Runs queries; at most [`limits::SQL_CONCURRENT_MAX`] at once, the rest wait in a bounded queue. They have threads of
/// their own, so that no query holds up a request that is not one.
#[derive(Debug)]
pub struct QueryEngine {
    threads: Option<Runtime>,
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
    shared: Shared,
}

/// What all queries share.
#[derive(Clone, Debug)]
struct Shared {
    partitions: usize,
    pushdown: Pushdown,
    patience: Patience,
    runtime: Arc<RuntimeEnv>,
}

/// How queries are executed. No answer depends on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Execution {
    /// Threads of one query; those of the machine, if absent.
    pub partitions: Option<usize>,
    /// Where filters act.
    pub pushdown: Pushdown,
    /// How long queries wait for others.
    pub patience: Patience,
}

/// How long a query waits for others.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a place among those that run at once.
    pub turn: Duration,
    /// For the reader of its rows, where they are read as they come.
    pub reader: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { turn: limits::SQL_WAIT_MAX, reader: limits::SQL_READER_WAIT_MAX }
    }
}

/// Whether the scan of a table applies the filters of a query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pushdown {
    /// Where it pays: files, row groups and pages are left out, rows where documents are long.
    #[default]
    Chosen,
    /// Everywhere, also on the rows of files.
    Always,
    /// Nowhere: scans read all rows, and filters come after.
    Never,
}

/// What a query may see. Tables choose rows by it; no query text can widen it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scope {
    /// The one database of the request.
    pub database: DatabaseId,
    /// Collections whose documents are visible.
    pub documents: Set<CollectionId>,
    /// Collections that both ends of a relationship must be in.
    pub relationships: Set<CollectionId>,
    /// Collections that are visible as such.
    pub collections: Set<CollectionId>,
    /// Whether the directory entry of the database is visible.
    pub databases: bool,
    /// Whether the log of the account (logins, people, tokens) is visible.
    pub account: bool,
    /// Kept answers that `result('…')` may name; none, if absent.
    #[serde(skip)]
    pub results: Option<Arc<dyn Results>>,
}

impl Scope {
    /// Whether everything that `other` shows is shown here, too. Kept answers do not count: each is bound to a scope itself.
    pub fn contains(&self, other: &Self) -> bool {
        self.database == other.database
            && other.documents.is_subset(&self.documents)
            && other.relationships.is_subset(&self.relationships)
            && other.collections.is_subset(&self.collections)
            && self.databases >= other.databases
            && self.account >= other.account
    }
}

/// The limits of one query.
#[derive(Clone, Copy, Debug)]
pub struct QueryLimits {
    /// Rows of the answer.
    pub rows: usize,
    /// Time from start to end.
    pub time: Duration,
    /// Memory of operators.
    pub memory_bytes: usize,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self {
            rows: limits::SQL_ROWS_MAX,
            time: limits::SQL_TIME_MAX,
            memory_bytes: limits::SQL_MEMORY_BYTES_MAX,
        }
    }
}

/// A query.
#[derive(Clone, Debug)]
pub struct QueryRequest {
    /// The snapshot it reads, all of it.
    pub version: Arc<dyn Version>,
    /// What it may see of the snapshot.
    pub scope: Scope,
    /// The text.
    pub sql: String,
    /// Values of `{name:Type}`.
    pub params: Map<String, Value>,
    /// Its limits.
    pub limits: QueryLimits,
}

/// A column of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultColumn {
    /// Its name.
    pub name: String,
    /// Its ClickHouse type.
    pub ty: ChType,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct QueryResult {
    /// The columns.
    pub columns: Vec<ResultColumn>,
    /// The rows, in the physical types of the columns.
    pub batches: Vec<RecordBatch>,
    /// The row of WITH TOTALS.
    pub totals: Option<RecordBatch>,
    /// Whether rows beyond the limit were left out.
    pub has_more: bool,
    /// What the caller should know.
    pub warnings: Vec<String>,
    /// The format that the query asks for with FORMAT.
    pub format: Option<Format>,
    /// How long it took.
    pub elapsed: Duration,
    /// How much of that until the first row could be read.
    pub planning: Duration,
    /// Bytes of the columns that were read.
    pub bytes_scanned: u64,
    /// Rows that were read, before most filters.
    pub rows_scanned: u64,
    /// The snapshot: `<shard>-<sequence number>`, comparable within one database.
    pub snapshot_seq: String,
    /// What is known of the whole answer, if it was kept: the member `result` of `meta`.
    pub kept: Option<Value>,
}

impl QueryResult {
    /// Rows of the answer.
    pub fn row_count(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

impl QueryEngine {
    /// An engine that reads data files from `store`.
    ///
    /// # Errors
    /// `Internal`, never expected.
    pub fn new(execution: Execution, store: Arc<dyn ObjectStore>) -> Result<Self> {
        let of_machine = || std::thread::available_parallelism().map_or(1, usize::from);
        let partitions = execution.partitions.unwrap_or_else(of_machine).max(1);
        let threads = Builder::new_multi_thread()
            .worker_threads(partitions.max(WORKER_THREADS_MIN))
            .thread_name("query")
            .thread_stack_size(STACK_BYTES)
            .enable_all()
            .build()
            .map_err(|error| Error::unavailable(format!("No threads for queries: {error}.")))?;
        Ok(Self {
            threads: Some(threads),
            running: Arc::new(Semaphore::new(limits::SQL_CONCURRENT_MAX)),
            waiting: AtomicUsize::new(0),
            shared: Shared {
                partitions,
                pushdown: execution.pushdown,
                patience: execution.patience,
                runtime: runtime(store)?,
            },
        })
    }

    /// Runs a query. Dropping the future cancels it.
    ///
    /// # Errors
    /// Validation with `details[].clickhouse` for everything wrong with the query, `Timeout` and `MemoryLimit` past its
    /// limits, `RateLimited` when too many queries wait.
    pub async fn execute(&self, request: QueryRequest) -> Result<QueryResult> {
        let permit = self.admit().await?;
        let time = request.limits.time;
        let (shared, budget) = (self.shared.clone(), Budget::default());
        let running = Running { budget: budget.clone() };
        let threads = self.threads.as_ref().ok_or_else(stopping)?;
        let query = threads.spawn(async move {
            // The place is taken until the last kernel noticed that it was stopped.
            let _permit = permit;
            shared.run(request, &budget).await
        });
        let _aborted_when_dropped = AbortOnDrop(query.abort_handle());
        let outcome = tokio::time::timeout(time, query).await;
        drop(running);
        match outcome {
            Ok(Ok(result)) => result.map_err(Error::from),
            Ok(Err(error)) if error.is_cancelled() => Err(stopping()),
            Ok(Err(_)) => Err(Error::internal(
                "The query failed in a way it should not; see the server's log.",
            )),
            Err(_) => Err(too_late(time).into()),
        }
    }
}

impl QueryEngine {
    /// Runs a query without a limit of rows or time and hands its batches on as they come. Dropping the stream ends it.
    ///
    /// # Errors
    /// As [`Self::execute`], for what is known before the first batch; later errors are in the stream.
    pub async fn stream(
        &self,
        request: QueryRequest,
    ) -> Result<impl Stream<Item = Result<QueryResult>> + Send + use<>> {
        let permit = self.admit().await?;
        let (shared, budget) = (self.shared.clone(), Budget::default());
        let running = Running { budget: budget.clone() };
        let threads = self.threads.as_ref().ok_or_else(stopping)?;
        let (batches, received) = mpsc::channel(STREAM_BATCHES);
        let query = threads.spawn(async move {
            let streamed = shared.stream(request, &budget, &batches).await;
            // Not held while the reader is told: it may be slow.
            drop(permit);
            if let Err(error) = streamed {
                // Nobody reads it if the client went away.
                drop(batches.send(Err(error.into())).await);
            }
        });
        let guards = (running, AbortOnDrop(query.abort_handle()));
        let batches =
            futures::stream::unfold((received, guards), |(mut received, guards)| async move {
                received.recv().await.map(|batch| (batch, (received, guards)))
            });
        // Compression asks again after the end.
        Ok(batches.fuse())
    }

    /// A place among the queries that run at once.
    async fn admit(&self) -> Result<OwnedSemaphorePermit> {
        let _place = Place::take(&self.waiting)?;
        let turn = Arc::clone(&self.running).acquire_owned();
        match tokio::time::timeout(self.shared.patience.turn, turn).await {
            Ok(permit) => permit.map_err(|_| stopping()),
            Err(_) => Err(too_many()),
        }
    }
}

/// A place in the queue, also given back by who stops waiting.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Result<Self> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) >= limits::SQL_QUEUE_MAX {
            return Err(too_many());
        }
        Ok(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn too_many() -> Error {
    let said = "Too many queries are waiting; try again in a second.";
    Error { retry_after_s: Some(1), ..Error::new(ErrorKind::RateLimited, said) }
}

fn not_read(time: Duration) -> SqlError {
    let said = format!(
        "Nobody read the rows for {} s, and the query was stopped; ask again and read on.",
        time.as_secs_f32()
    );
    SqlError::new(ChCode::TimeoutExceeded, said)
}

fn too_late(time: Duration) -> SqlError {
    SqlError::new(
        ChCode::TimeoutExceeded,
        format!(
            "The query ran longer than {} s and was stopped. Filter by collection or time, or aggregate less.",
            time.as_secs_f32()
        ),
    )
}

fn stopping() -> Error {
    Error::unavailable("The server is stopping.")
}

impl Drop for QueryEngine {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            threads.shutdown_background();
        }
    }
}

/// Stops a query's kernels when it ends or nobody waits for it any more.
struct Running {
    budget: Budget,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.budget.stop();
    }
}

/// Ends a query's task at its next await.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Shared {
    /// Hands the batches of a query on, each as an answer of its own.
    async fn stream(
        &self,
        request: QueryRequest,
        budget: &Budget,
        batches: &mpsc::Sender<Result<QueryResult>>,
    ) -> SqlResult<()> {
        let started = Instant::now();
        let Planned { context, tables, bound, snapshot_seq } = self.plan(&request, budget).await?;
        let columns = result_columns(bound.columns);
        let physical =
            context.state().create_physical_plan(&bound.plan).await.map_err(sql_error)?;
        let planning = started.elapsed();
        let mut stream = execute_stream(physical, context.task_ctx()).map_err(sql_error)?;
        while let Some(batch) = stream.next().await {
            let answer = QueryResult {
                columns: columns.clone(),
                batches: vec![batch.map_err(sql_error)?],
                totals: None,
                has_more: false,
                warnings: Vec::new(),
                format: bound.format,
                elapsed: started.elapsed(),
                planning,
                bytes_scanned: tables.report().bytes(),
                rows_scanned: tables.report().rows(),
                snapshot_seq: snapshot_seq.clone(),
                kept: None,
            };
            match batches.send_timeout(Ok(answer), self.patience.reader).await {
                Ok(()) => {}
                Err(SendTimeoutError::Closed(_)) => break,
                Err(SendTimeoutError::Timeout(_)) => return Err(not_read(self.patience.reader)),
            }
        }
        Ok(())
    }

    /// Names, types and a plan for the text of a query.
    async fn plan(&self, request: &QueryRequest, budget: &Budget) -> SqlResult<Planned> {
        let context = session(&self.runtime, request.limits.memory_bytes, self.partitions, budget)?;
        let snapshot_seq = format!("0-{}", request.version.visible_seq());
        let tables = Arc::new(SnapshotTables::new(
            Arc::clone(&request.version),
            request.scope.clone(),
            context.clone(),
            self.pushdown,
            tokio::runtime::Handle::current(),
        ));
        let (sql, params) = (request.sql.clone(), request.params.clone());
        let for_binding = Arc::clone(&tables);
        // Binding may run subqueries, so it gets a thread of its own.
        let bound = tokio::task::spawn_blocking(move || bind(&sql, &params, &*for_binding))
            .await
            .map_err(|error| {
                SqlError::new(ChCode::LogicalError, format!("Planning the query failed: {error}"))
            })??;
        Ok(Planned { context, tables, bound, snapshot_seq })
    }

    async fn run(&self, request: QueryRequest, budget: &Budget) -> SqlResult<QueryResult> {
        let started = Instant::now();
        let Planned { context, tables, bound, snapshot_seq } = self.plan(&request, budget).await?;
        let Bound { plan, columns, totals, explain, format } = bound;
        let mut columns = result_columns(columns);
        let plan = match explain {
            Some(explain) => {
                columns = EXPLAIN_COLUMNS
                    .map(|name| ResultColumn { name: name.to_owned(), ty: ChType::String })
                    .to_vec();
                LogicalPlanBuilder::from(plan)
                    .explain(false, explain.analyze)
                    .and_then(LogicalPlanBuilder::build)
                    .map_err(sql_error)?
            }
            None => plan,
        };
        let QueryLimits { rows, memory_bytes, .. } = request.limits;
        let physical = physical_plan(&context, plan, rows).await?;
        let planning = started.elapsed();
        let (mut batches, has_more) = drain(&context, physical, rows, memory_bytes).await?;
        let totals = match totals {
            Some(plan) => collect(&context, plan, 1, memory_bytes).await?.0.into_iter().next(),
            None => None,
        };
        if let Some(explain) = explain {
            batches.insert(0, reading(&tables.report().describe(explain.analyze))?);
        }
        Ok(QueryResult {
            columns,
            batches,
            totals,
            has_more,
            warnings: tables.warnings(),
            format,
            elapsed: started.elapsed(),
            planning,
            bytes_scanned: tables.report().bytes(),
            rows_scanned: tables.report().rows(),
            snapshot_seq,
            kept: None,
        })
    }
}

/// The columns of EXPLAIN.
const EXPLAIN_COLUMNS: [&str; 2] = ["plan_type", "plan"];

/// The first row of EXPLAIN: what is read, in words.
fn reading(words: &str) -> SqlResult<RecordBatch> {
    let cells = EXPLAIN_COLUMNS.into_iter().zip(["reading", words]).map(|(name, text)| {
        let values: ArrayRef = Arc::new(StringArray::from_iter_values([text]));
        (name, values)
    });
    RecordBatch::try_from_iter(cells)
        .map_err(|error| SqlError::new(ChCode::LogicalError, error.to_string()))
}

/// A query that is ready to run.
struct Planned {
    context: SessionContext,
    tables: Arc<SnapshotTables>,
    bound: Bound,
    snapshot_seq: String,
}

fn result_columns(columns: Vec<(String, ChType)>) -> Vec<ResultColumn> {
    columns.into_iter().map(|(name, ty)| ResultColumn { name, ty }).collect()
}

/// The first `rows` rows of a plan, and whether there are more.
pub(crate) async fn collect(
    context: &SessionContext,
    plan: LogicalPlan,
    rows: usize,
    bytes: usize,
) -> SqlResult<(Vec<RecordBatch>, bool)> {
    let physical = physical_plan(context, plan, rows).await?;
    drain(context, physical, rows, bytes).await
}

/// A plan that is ready to run, and makes hardly more than `rows` rows.
async fn physical_plan(
    context: &SessionContext,
    plan: LogicalPlan,
    rows: usize,
) -> SqlResult<Arc<dyn ExecutionPlan>> {
    let explain = matches!(plan, LogicalPlan::Explain(_) | LogicalPlan::Analyze(_));
    let plan = if explain {
        plan
    } else {
        LogicalPlanBuilder::from(plan)
            .limit(0, Some(rows.saturating_add(1)))
            .and_then(LogicalPlanBuilder::build)
            .map_err(sql_error)?
    };
    context.state().create_physical_plan(&plan).await.map_err(sql_error)
}

/// The first `rows` rows that a plan makes, and whether there are more.
async fn drain(
    context: &SessionContext,
    physical: Arc<dyn ExecutionPlan>,
    rows: usize,
    bytes: usize,
) -> SqlResult<(Vec<RecordBatch>, bool)> {
    let mut stream = execute_stream(physical, context.task_ctx()).map_err(sql_error)?;
    let mut batches = Vec::new();
    let (mut left, mut bytes_left) = (rows, bytes);
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(sql_error)?;
        let size = batch.columns().iter().map(value_bytes).sum();
        bytes_left = bytes_left.checked_sub(size).ok_or_else(|| {
            let message = format!(
                "The answer takes more than {bytes} bytes of memory. Select fewer or shorter columns, or fewer rows."
            );
            SqlError::new(ChCode::MemoryLimitExceeded, message)
        })?;
        if batch.num_rows() > left {
            batches.push(batch.slice(0, left));
            return Ok((batches, true));
        }
        left -= batch.num_rows();
        batches.push(batch);
    }
    Ok((batches, false))
}

/// Bytes of the values of an array, without what its buffers hold besides them.
pub(crate) fn value_bytes(array: &ArrayRef) -> usize {
    match array.data_type() {
        DataType::Utf8View => array.as_string_view().lengths().map(|n| n as usize + 16).sum(),
        DataType::BinaryView => array.as_binary_view().lengths().map(|n| n as usize + 16).sum(),
        DataType::List(_) => {
            let lists = array.as_list::<i32>();
            lists.iter().flatten().map(|list| value_bytes(&list) + 8).sum()
        }
        _ => array.to_data().get_slice_memory_size().unwrap_or(0),
    }
}
