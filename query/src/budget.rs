//! Whether a query may go on: asked by kernels between rows, as nothing else can stop them.

use crate::error::{ChCode, SqlError, SqlResult};
use datafusion::{
    common::config::{ConfigEntry, ConfigExtension, ExtensionOptions},
    config::ConfigOptions,
    error::{DataFusionError, Result},
};
use std::{
    any::Any,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// The right of one query to run. Copies share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Budget {
    stopped: Arc<AtomicBool>,
}

impl Budget {
    /// The budget of the query whose session has these options.
    pub(crate) fn of(options: &ConfigOptions) -> Self {
        options.extensions.get::<Self>().cloned().unwrap_or_default()
    }

    /// Stops the query at the next check.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Fails once the query was stopped.
    ///
    /// # Errors
    /// TIMEOUT_EXCEEDED; whoever stopped the query says why.
    pub(crate) fn check(&self) -> SqlResult<()> {
        if self.stopped.load(Ordering::Relaxed) {
            return Err(SqlError::new(ChCode::TimeoutExceeded, "The query was stopped."));
        }
        Ok(())
    }
}

impl ConfigExtension for Budget {
    const PREFIX: &'static str = "rekor";
}

/// A budget travels in the session's options, which every call of a function is given; it has no settings.
impl ExtensionOptions for Budget {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn cloned(&self) -> Box<dyn ExtensionOptions> {
        Box::new(self.clone())
    }

    fn set(&mut self, key: &str, _: &str) -> Result<()> {
        Err(DataFusionError::Configuration(format!("rekor.{key} is not a setting")))
    }

    fn entries(&self) -> Vec<ConfigEntry> {
        Vec::new()
    }
}
