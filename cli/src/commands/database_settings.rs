//! `rekor databases settings`: how long a database keeps what nobody asked it to delete.

use super::write;
use crate::{
    args::Global,
    complete,
    connect::{Connection, Method, segment},
    ui::Problem,
};
use clap::Args;
use serde_json::{Value, json};

/// Show or change how long a database keeps things; 0 means Rekor's default
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  rekor databases settings shop
  rekor databases settings shop --operations-log-days 365
  rekor databases settings shop --operations-log-days 0     (for ever again)")]
pub(crate) struct DatabaseSettings {
    #[arg(add = complete::databases())]
    id: String,
    /// Keep entries of the operations log at least so many days; by default for ever
    #[arg(long, value_name = "N")]
    operations_log_days: Option<u32>,
    /// Once deleted, the database can be restored for so many days; by default 30
    #[arg(long, value_name = "N")]
    deleted_database_days: Option<u32>,
    /// A request with an Idempotency-Key can be sent again for so many hours; by default 24
    #[arg(long, value_name = "N")]
    idempotency_key_hours: Option<u32>,
}

impl DatabaseSettings {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let path = format!("/v1/databases/{}", segment(&self.id));
        let database = Connection::open(global, false)?.send(Method::Get, &path, None).await?;
        let mut settings = database.get("settings").cloned().unwrap_or_else(|| json!({}));
        let changed = [
            ("operations_log_days", self.operations_log_days),
            ("deleted_database_days", self.deleted_database_days),
            ("idempotency_key_hours", self.idempotency_key_hours),
        ];
        if changed.iter().all(|(_, given)| given.is_none()) {
            return global.show(&settings);
        }
        for (name, given) in changed {
            match given {
                None => {}
                Some(0) => drop(settings["retention"].as_object_mut().map(|all| all.remove(name))),
                Some(number) => settings["retention"][name] = Value::from(number),
            }
        }
        write(global, Method::Put, &path, Some(json!({"settings": settings}).to_string())).await
    }
}
