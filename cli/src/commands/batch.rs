//! `rekor batch`.

use super::{object, write};
use crate::{
    args::Global,
    connect::{Method, json_input, segment},
    ui::Problem,
};
use clap::Args;

/// Run up to 1,000 operations, all or none
#[derive(Debug, Args)]
pub(crate) struct Batch {
    /// JSON array: inline, @file, or - for stdin
    #[arg(long)]
    operations: String,
}

impl Batch {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let operations = json_input("--operations", &self.operations)?;
        let path = format!("/v1/{}/batch", segment(&global.database()?));
        write(global, Method::Post, &path, Some(object(&[], &[("operations", Some(&operations))])))
            .await
    }
}
