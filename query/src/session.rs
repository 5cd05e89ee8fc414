//! The only place that makes a DataFusion session, and the way of errors out of it.

mod cooperation;
mod late;
mod nested;
mod rules;
mod single;
mod statistics;

use crate::{
    budget::Budget,
    error::{ChCode, SqlError, SqlResult},
};
use datafusion::{
    arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions},
    arrow::datatypes::Schema,
    common::ToDFSchema,
    error::DataFusionError,
    execution::{
        SessionStateBuilder,
        context::{ExecutionProps, SessionContext},
        memory_pool::{FairSpillPool, TrackConsumersPool},
        object_store::ObjectStoreRegistry,
        runtime_env::{RuntimeEnv, RuntimeEnvBuilder},
    },
    logical_expr::Expr,
    physical_expr::create_physical_expr,
    prelude::SessionConfig,
};
use object_store::ObjectStore;
use std::{num::NonZeroUsize, sync::Arc};
use url::Url;

/// Consumers named in an error about memory.
const CONSUMERS_SHOWN: NonZeroUsize = NonZeroUsize::MIN;

/// Name of the one object store that plans can read: that of the data root.
pub(crate) const STORE_URL: &str = "rekor://root";
/// Footers of data files that stay in memory.
const METADATA_CACHE_BYTES: usize = 128 << 20;

/// What queries share: the store, and the footers read from it. There is no other store, and no local file.
pub(crate) fn runtime(store: Arc<dyn ObjectStore>) -> SqlResult<Arc<RuntimeEnv>> {
    let registry = OneStore(store);
    RuntimeEnvBuilder::new()
        .with_object_store_registry(Arc::new(registry))
        .with_metadata_cache_limit(METADATA_CACHE_BYTES)
        .build_arc()
        .map_err(sql_error)
}

/// A registry of exactly one store.
#[derive(Debug)]
struct OneStore(Arc<dyn ObjectStore>);

impl ObjectStoreRegistry for OneStore {
    fn register_store(&self, _: &Url, _: Arc<dyn ObjectStore>) -> Option<Arc<dyn ObjectStore>> {
        None
    }

    fn get_store(&self, url: &Url) -> Result<Arc<dyn ObjectStore>, DataFusionError> {
        if url.scheme() == "rekor" {
            Ok(Arc::clone(&self.0))
        } else {
            Err(DataFusionError::Plan(format!("{url} is not a store of this server")))
        }
    }
}

/// A session for one query: its own memory pool, no file access, no function by name.
pub(crate) fn session(
    shared: &RuntimeEnv,
    memory_bytes: usize,
    partitions: usize,
    budget: &Budget,
) -> SqlResult<SessionContext> {
    let mut config =
        SessionConfig::new().with_target_partitions(partitions).with_information_schema(false);
    let options = config.options_mut();
    options.sql_parser.enable_ident_normalization = false;
    options.execution.parquet.pushdown_filters = false;
    options.execution.parquet.reorder_filters = true;
    // A third pass changed nothing in the plans looked at, and took as long as the others.
    options.optimizer.max_passes = 2;
    // `x IS TRUE` is never NULL for the logical plan, and may be for the physical one: no reason to refuse a query.
    options.execution.skip_physical_aggregate_schema_check = true;
    options.extensions.insert(budget.clone());
    let pool = TrackConsumersPool::new(FairSpillPool::new(memory_bytes), CONSUMERS_SHOWN);
    let runtime = RuntimeEnvBuilder::from_runtime_env(shared)
        .with_memory_pool(Arc::new(pool))
        .build_arc()
        .map_err(sql_error)?;
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_optimizer_rules(crate::optimizer::rules())
        .with_physical_optimizer_rules(rules::rules())
        .with_physical_optimizer_rule(Arc::new(cooperation::CooperativeJoins))
        .build();
    Ok(SessionContext::new_with_state(state))
}

/// The error of ClickHouse inside an error of DataFusion, or the closest one.
pub(crate) fn sql_error(error: DataFusionError) -> SqlError {
    match error.find_root() {
        DataFusionError::External(inner) => {
            if let Some(known) = inner.downcast_ref::<SqlError>() {
                return known.clone();
            }
            if let Some(known) = inner.downcast_ref::<rekor_core::Error>() {
                return SqlError::new(ChCode::LogicalError, known.message.clone());
            }
            SqlError::new(ChCode::LogicalError, inner.to_string())
        }
        DataFusionError::ResourcesExhausted(message) => SqlError::new(
            ChCode::MemoryLimitExceeded,
            format!(
                "The query needs more memory than its limit: {message}. Filter or aggregate earlier, or select fewer columns."
            ),
        ),
        DataFusionError::NotImplemented(message) => {
            SqlError::new(ChCode::NotImplemented, format!("Not supported: {message}"))
        }
        other => SqlError::new(ChCode::LogicalError, other.to_string()),
    }
}

/// The value of an expression without columns.
pub(crate) fn evaluate_constant(expr: &Expr) -> SqlResult<ArrayRef> {
    if let Expr::Literal(value, _) = expr {
        return value.to_array().map_err(sql_error);
    }
    let schema = Arc::new(Schema::empty());
    let evaluate = || -> Result<ArrayRef, DataFusionError> {
        let physical = create_physical_expr(
            expr,
            &Arc::clone(&schema).to_dfschema()?,
            &ExecutionProps::new(),
        )?;
        let options = RecordBatchOptions::new().with_row_count(Some(1));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&schema), Vec::new(), &options)?;
        physical.evaluate(&batch)?.into_array(1)
    };
    evaluate().map_err(sql_error)
}
