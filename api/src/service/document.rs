//! Documents.

use super::{
    Caller, Service,
    answer::{Answer, only},
};
use crate::operation::Operation as Op;
use bytes::Bytes;
use rekor_core::{Error, ErrorKind, Result, id::RowId, limits, row::Row};
use rekor_ingest::{External, Operation, Outcome, RowKey, WriteMode};
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::BTreeMap};

/// Body of a document; `data` keeps its bytes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentBody {
    /// The document.
    pub data: Box<RawValue>,
    /// Its id, if known.
    pub id: Option<String>,
    /// The caller's own key; `null` takes a stored one away.
    #[serde(default, deserialize_with = "present")]
    pub external_id: Option<Option<String>>,
    /// Scope of the external id.
    pub external_source: Option<String>,
    /// The version the document must have; 0 is "does not exist".
    pub expected_version: Option<u64>,
}

/// Body of a cancellation; nothing is the same as `{}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cancelling {
    /// False takes a cancellation back.
    pub cancelled: bool,
    /// The version the document must have.
    pub expected_version: Option<u64>,
}

impl Default for Cancelling {
    fn default() -> Self {
        Self { cancelled: true, expected_version: None }
    }
}

/// Tells an explicit null from an absent member.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

/// A document as every face shows it.
#[derive(Debug, Serialize)]
pub struct DocumentView {
    /// Its id.
    pub(crate) id: String,
    collection: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_source: Option<String>,
    /// Version, also the ETag.
    pub version: u64,
    data: Box<RawValue>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deleted: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cancelled: bool,
    created_at: String,
    updated_at: String,
    /// Members that the schema's defaults filled in this write.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    defaults_filled: Vec<String>,
}

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentWrite {
    /// Create or replace.
    Put,
    /// Merge members into an existing document.
    Patch,
}

impl DocumentView {
    fn of(collection: &str, row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.id.to_string(),
            collection: collection.to_owned(),
            external_id: row.external_id.as_deref().map(str::to_owned),
            external_source: row.external_source.as_deref().map(str::to_owned),
            version: row.version,
            data: raw(&row.doc)?,
            deleted: row.deleted,
            cancelled: row.cancelled,
            created_at: row.created_at.to_rfc3339(),
            updated_at: row.updated_at.to_rfc3339(),
            defaults_filled: Vec::new(),
        })
    }
}

/// Stored JSON text, unchanged.
pub(crate) fn raw(doc: &Bytes) -> Result<Box<RawValue>> {
    let text = String::from_utf8(doc.to_vec())
        .map_err(|_| Error::corrupt("A stored document is not UTF-8."))?;
    RawValue::from_string(text).map_err(|_| Error::corrupt("A stored document is no JSON."))
}

/// What a body says about the external id.
pub(crate) fn external(id: Option<Option<String>>, source: Option<String>) -> Result<External> {
    match (id, source) {
        (Some(Some(id)), source) => Ok(External::Set { source, id }),
        (Some(None), _) => Ok(External::Clear),
        (None, None) => Ok(External::Keep),
        (None, Some(_)) => {
            Err(Error::validation("external_source without external_id means nothing; give both."))
        }
    }
}

impl Service {
    /// Creates, replaces or patches a document.
    ///
    /// # Errors
    /// `NotFound` of the collection, Validation by the schema, `Conflict` of keys and versions.
    pub async fn write_document(
        &self,
        caller: &Caller,
        database: &str,
        collection: &str,
        write: DocumentWrite,
        body: DocumentBody,
    ) -> Result<Answer> {
        let patch = write == DocumentWrite::Patch;
        let operation = if patch { Op::DocumentPatch } else { Op::DocumentPut };
        let (database, collection) =
            self.reach_collection(caller, operation, database, collection)?;
        if let Some(answer) = self.answered(caller, &database).await? {
            return Ok(answer);
        }
        let text = body.data.get();
        if text.len() > limits::DOCUMENT_BYTES_MAX {
            return Err(Error::new(
                ErrorKind::PayloadTooLarge,
                format!("The document is {} bytes; the limit is 1 MiB.", text.len()),
            ));
        }
        let text_bytes = Bytes::from(text.to_owned());
        let operation = Operation::UpsertDocument {
            table: collection.entry.table,
            id: body.id.as_deref().map(RowId::canonical).transpose()?,
            external: external(body.external_id, body.external_source)?,
            data: text_bytes.clone(),
            mode: if patch { WriteMode::Merge } else { WriteMode::Replace },
            if_version: body.expected_version,
            must_exist: patch,
        };
        let answer = move |outcomes: &[Outcome]| {
            let outcome = only(outcomes)?;
            let mut view = DocumentView::of(collection.entry.id.as_str(), &outcome.row)?;
            if !patch && outcome.row.doc.len() != text_bytes.len() {
                view.defaults_filled = members_added(&text_bytes, &outcome.row.doc);
            }
            Answer::about(outcome, &view)
        };
        self.write(caller, &database, vec![operation], answer).await
    }

    /// One document by id or external id; by index, no scan.
    ///
    /// # Errors
    /// `NotFound`, also for deleted ones unless asked for.
    pub async fn get_document(
        &self,
        caller: &Caller,
        database: &str,
        collection: &str,
        key: &RowKey,
        include_deleted: bool,
    ) -> Result<DocumentView> {
        let (_, collection) =
            self.reach_collection(caller, Op::DocumentGet, database, collection)?;
        let row = self
            .engine
            .get(collection.entry.table, key)
            .await?
            .filter(|row| include_deleted || !row.deleted);
        let row = row.ok_or_else(|| {
            Error::not_found(format!(
                "The document {} does not exist in {}.",
                key_text(key),
                collection.entry.id
            ))
        })?;
        DocumentView::of(collection.entry.id.as_str(), &row)
    }

    /// Marks a document as cancelled, or takes that back. Its data stays, and later writes of it do not change the mark.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` of the version.
    pub async fn cancel_document(
        &self,
        caller: &Caller,
        database: &str,
        collection: &str,
        key: RowKey,
        cancelling: Cancelling,
    ) -> Result<Answer> {
        let (database, collection) =
            self.reach_collection(caller, Op::DocumentCancel, database, collection)?;
        if let Some(answer) = self.answered(caller, &database).await? {
            return Ok(answer);
        }
        let operation = Operation::Cancel {
            table: collection.entry.table,
            key,
            cancelled: cancelling.cancelled,
            if_version: cancelling.expected_version,
        };
        let name = collection.entry.id.to_string();
        self.write(caller, &database, vec![operation], move |outcomes| {
            Answer::of(&DocumentView::of(&name, &only(outcomes)?.row)?)
        })
        .await
    }

    /// Soft-deletes a document, and its relationships with it.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` of the version.
    pub async fn delete_document(
        &self,
        caller: &Caller,
        database: &str,
        collection: &str,
        key: RowKey,
        expected: Option<u64>,
    ) -> Result<Answer> {
        let (database, collection) =
            self.reach_collection(caller, Op::DocumentDelete, database, collection)?;
        if let Some(answer) = self.answered(caller, &database).await? {
            return Ok(answer);
        }
        let operation =
            Operation::Delete { table: collection.entry.table, key, if_version: expected };
        self.write(caller, &database, vec![operation], |outcomes| deleted(only(outcomes)?)).await
    }
}

/// The answer to the deletion of a row.
pub(crate) fn deleted(outcome: &Outcome) -> Result<Answer> {
    let row = &outcome.row;
    Answer::of(&serde_json::json!({"id": &*row.id, "deleted": true, "version": row.version}))
}

/// Top-level members that are in `stored` and not in `given`.
fn members_added(given: &[u8], stored: &[u8]) -> Vec<String> {
    type Members<'a> = BTreeMap<Cow<'a, str>, IgnoredAny>;
    let read = |bytes| serde_json::from_slice::<Members<'_>>(bytes).unwrap_or_default();
    let known = read(given);
    read(stored).into_keys().filter(|name| !known.contains_key(name)).map(Cow::into_owned).collect()
}

fn key_text(key: &RowKey) -> String {
    match key {
        RowKey::Id(id) => id.to_string(),
        RowKey::External { source, id } if source.is_empty() => format!("with external_id {id}"),
        RowKey::External { source, id } => format!("with external_id {id} of {source}"),
    }
}
