//! Answers to writes, and what makes a request safe to send again: its answer is kept in the frame that did the work.

use super::{Caller, Service};
use bytes::Bytes;
use rekor_core::{Error, ErrorKind, Result, catalog::Database, id::RowId};
use rekor_ingest::{Frame, Once, Operation, Outcome, RowKey};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The answer to a write.
#[derive(Debug)]
pub struct Answer {
    /// Whether what was written is new.
    pub created: bool,
    /// Its version, also the ETag.
    pub version: Option<u64>,
    /// The JSON that every face shows.
    pub body: Box<RawValue>,
    /// Whether it was given before, to the same request.
    pub replayed: bool,
}

impl Answer {
    /// An answer without a version.
    pub(crate) fn of(body: &impl Serialize) -> Result<Self> {
        let body = to_raw_value(body).map_err(|error| Error::internal(error.to_string()))?;
        Ok(Self { created: false, version: None, body, replayed: false })
    }

    /// An answer about one row.
    pub(crate) fn about(outcome: &Outcome, body: &impl Serialize) -> Result<Self> {
        let (created, version) = (outcome.created, Some(outcome.row.version));
        Ok(Self { created, version, ..Self::of(body)? })
    }
}

/// A request that may be sent again: `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// Method and path, as the client wrote them.
    pub route: String,
    /// The client's key.
    pub key: String,
    /// SHA-256 of everything else that decides what the request does.
    pub request_sha256: String,
}

impl RequestKey {
    /// The receipt's id: the same key of somebody else, or for something else, is another key.
    fn receipt_id(&self, caller: &Caller) -> Result<RowId> {
        let principal = &caller.principal;
        let mut hash = Sha256::new();
        for part in [principal.actor_type(), &principal.id, &self.route, &self.key] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        RowId::parse(&hex::encode(hash.finalize()))
    }
}

/// What a receipt stores. The body is text in it, so that it is not cut into columns.
#[derive(Serialize, Deserialize)]
struct Kept {
    request_sha256: String,
    created: bool,
    version: Option<u64>,
    body: String,
}

impl Kept {
    fn encode(request: &RequestKey, answer: &Answer) -> Result<Bytes> {
        let kept = Self {
            request_sha256: request.request_sha256.clone(),
            created: answer.created,
            version: answer.version,
            body: answer.body.get().to_owned(),
        };
        serde_json::to_vec(&kept)
            .map(Bytes::from)
            .map_err(|error| Error::internal(error.to_string()))
    }

    /// The answer that was kept, if it was to this very request.
    fn decode(doc: &[u8], request: &RequestKey) -> Result<Answer> {
        let damaged = |error| Error::corrupt(format!("A kept answer cannot be read: {error}."));
        let kept: Self = serde_json::from_slice(doc).map_err(damaged)?;
        if kept.request_sha256 != request.request_sha256 {
            return Err(Error::new(
                ErrorKind::KeyReused,
                format!(
                    "The Idempotency-Key {:?} was used in the last 24 hours for another request to this route; a new request needs a new key.",
                    request.key
                ),
            ));
        }
        let body = RawValue::from_string(kept.body).map_err(damaged)?;
        Ok(Answer { created: kept.created, version: kept.version, body, replayed: true })
    }
}

impl Service {
    /// The answer to a request that came before with the same key. To be asked before anything is looked at that the
    /// request itself may have changed.
    ///
    /// # Errors
    /// `KeyReused` if the key was for another request.
    pub(crate) async fn answered(
        &self,
        caller: &Caller,
        database: &Database,
    ) -> Result<Option<Answer>> {
        let Some(request) = &caller.request else { return Ok(None) };
        let key = RowKey::Id(request.receipt_id(caller)?);
        let row = self.engine.get(database.entry.tables.receipts, &key).await?;
        let oldest = self.now().0 - database.entry.settings.retention.idempotency_key_ms();
        let row = row.filter(|row| row.updated_at.0 > oldest);
        row.map(|row| Kept::decode(&row.doc, request)).transpose()
    }

    /// Writes, all or nothing, and answers by what was done; a request that may be sent again leaves its answer.
    ///
    /// # Errors
    /// What is wrong with the first bad operation; nothing is written then.
    pub(crate) async fn write(
        &self,
        caller: &Caller,
        database: &Database,
        operations: Vec<Operation>,
        answer: impl Fn(&[Outcome]) -> Result<Answer> + Send + Sync + 'static,
    ) -> Result<Answer> {
        let answer = Arc::new(answer);
        let mut frame = Frame::new(caller.origin(), operations);
        if let Some(request) = caller.request.clone() {
            let answer = Arc::clone(&answer);
            frame.once = Some(Once {
                table: database.entry.tables.receipts,
                id: request.receipt_id(caller)?,
                answer: Arc::new(move |outcomes| Kept::encode(&request, &answer(outcomes)?)),
            });
        }
        let receipt = self.engine.write(frame).await?;
        match (&receipt.earlier, &caller.request) {
            (Some(doc), Some(request)) => Kept::decode(doc, request),
            _ => answer(&receipt.outcomes),
        }
    }
}

/// The only outcome of a write of one row.
pub(crate) fn only(outcomes: &[Outcome]) -> Result<&Outcome> {
    outcomes.first().ok_or_else(|| Error::internal("a write without an outcome"))
}
