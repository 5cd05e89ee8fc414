//! What is stored about a promotion.

use super::At;
use crate::{
    auth::Principal,
    service::{
        config::{Entry, Kind},
        database::system_json,
    },
};
use rekor_core::{Result, Timestamp, catalog::Database, id::RowId};
use rekor_ingest::Operation;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where a promotion is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Open,
    Applied,
    Reverted,
    Superseded,
}

impl Status {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Applied => "applied",
            Self::Reverted => "reverted",
            Self::Superseded => "superseded",
        }
    }
}

/// One entity before and after.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    pub(crate) before: Option<Entry>,
    pub(crate) after: Option<Entry>,
}

/// A promotion, or a rollback, which is one that reverts another.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) from: Option<String>,
    pub(crate) to: String,
    pub(crate) status: Status,
    pub(crate) requested_at: At,
    pub(crate) requested_by: String,
    pub(crate) applied_at: At,
    pub(crate) applied_by: Option<String>,
    /// The promotion that this one undoes.
    pub(crate) reverts: Option<String>,
    /// The promotion that undid this one.
    pub(crate) reverted_by: Option<String>,
    pub(crate) force_reason: Option<String>,
    pub(crate) selection: Value,
    pub(crate) changes: Value,
    pub(crate) states: Vec<State>,
}

impl Record {
    pub(crate) fn apply(&mut self, by: &Principal, now: Timestamp) {
        self.status = Status::Applied;
        self.applied_at = Some(now);
        self.applied_by = Some(by.id.clone());
    }

    /// The operation that stores it; `version` 0 is a new one.
    pub(crate) fn put(&self, production: &Database, version: u64) -> Result<Operation> {
        Ok(Operation::PutSystem {
            table: production.entry.tables.promotions,
            id: RowId::parse(&self.id)?,
            data: system_json(self)?,
            if_version: (version == 0).then_some(0),
        })
    }

    /// As every face shows it.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "from": self.from,
            "to": self.to,
            "status": self.status,
            "requested_at": self.requested_at.map(Timestamp::to_rfc3339),
            "requested_by": self.requested_by,
            "applied_at": self.applied_at.map(Timestamp::to_rfc3339),
            "applied_by": self.applied_by,
            "reverts": self.reverts,
            "reverted_by": self.reverted_by,
            "force_reason": self.force_reason,
            "changes": self.changes,
        })
    }
}
