//! The handlers, a file for each subject.

pub(super) mod accounts;
pub(super) mod collections;
pub(super) mod databases;
pub(super) mod documents;
pub(super) mod endpoints;
pub(super) mod health;
pub(super) mod mcp;
pub(super) mod providers;
pub(super) mod relationships;
pub(super) mod upkeep;

use super::extract::{Answer, Path};
use crate::service::Service;
use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use rekor_core::{Error, limits};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

type Shared = State<Arc<Service>>;
/// Database, collection and id.
type DocumentPath = Path<(String, String, String)>;

fn ok(body: impl serde::Serialize) -> Answer {
    Ok(Json(body).into_response())
}

fn created(body: Value, new: bool) -> Answer {
    Ok((if new { StatusCode::CREATED } else { StatusCode::OK }, Json(body)).into_response())
}

/// Pagination of lists.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    limit: Option<usize>,
    offset: Option<usize>,
}

impl Page {
    pub(super) fn list(&self, all: Vec<Value>) -> Answer {
        let limit = self.limit.unwrap_or(limits::PAGE_DEFAULT);
        if limit == 0 || limit > limits::PAGE_MAX {
            return Err(Error::validation(format!("limit is 1 to {}.", limits::PAGE_MAX)).into());
        }
        let (total, offset) = (all.len(), self.offset.unwrap_or(0));
        let data: Vec<Value> = all.into_iter().skip(offset).take(limit).collect();
        ok(json!({"data": data, "meta": {"total": total, "limit": limit, "offset": offset}}))
    }
}
