//! The parallel phase of a write: parse, limits, defaults, PATCH, schema, and the stored rows it may replace. No side
//! effects; reads one snapshot.

use crate::{
    catalog::apply,
    fetch::{Fetched, fetch},
    operation::{External, Frame, Operation, RowKey, WriteMode},
    version::ShardVersion,
};
use bytes::Bytes;
use rekor_core::{
    Error, ErrorKind, Result, Timestamp,
    catalog::{Catalog, Collection, TableRole},
    error::Detail,
    id::TableId,
    json, limits,
    row::Row,
    store::Store,
};
use serde_json::{Map, Value};
use std::sync::Arc;

/// What the sequencer must still find true, or preparation starts again.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadSet {
    /// Versions of collections whose schema validated a document.
    pub(crate) collections: Vec<(TableId, u64)>,
    /// Versions of rows that a document was merged into, by operation.
    pub(crate) merged: Vec<(usize, u64)>,
}

/// A frame ready for the sequencer.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) frame: Frame,
    pub(crate) read_set: ReadSet,
    pub(crate) fetched: Fetched,
}

/// Prepares a frame on a snapshot.
///
/// # Errors
/// What is wrong with the first bad operation; batches say which one by `index` in the details.
pub(crate) async fn prepare(
    version: &ShardVersion,
    store: &Store,
    mut frame: Frame,
) -> Result<Prepared> {
    let mut read_set = ReadSet::default();
    let count = frame.operations.len();
    if count > limits::FRAME_OPERATIONS_MAX {
        return Err(Error::validation(format!(
            "A frame holds at most {} operations, this one {count}.",
            limits::FRAME_OPERATIONS_MAX
        )));
    }
    let mut bytes = 0;
    let mut catalog = Arc::clone(&version.catalog);
    let has_documents =
        frame.operations.iter().any(|o| matches!(o, Operation::UpsertDocument { .. }));
    for (index, operation) in frame.operations.iter_mut().enumerate() {
        let snapshot = Snapshot { version, catalog: &catalog, store };
        prepare_operation(&snapshot, index, operation, &mut read_set)
            .await
            .map_err(|error| at_operation(error, index, count))?;
        bytes += operation_bytes(operation);
        if has_documents {
            foresee(&mut catalog, operation)?;
        }
    }
    if bytes > limits::FRAME_BYTES_MAX {
        return Err(Error::new(
            ErrorKind::PayloadTooLarge,
            format!("The batch holds {bytes} bytes of data; the limit is 16 MiB. Split it."),
        ));
    }
    let fetched = fetch(version, &catalog, store, &frame).await?;
    Ok(Prepared { frame, read_set, fetched })
}

/// What an operation is prepared on.
struct Snapshot<'a> {
    version: &'a ShardVersion,
    /// The version's, with the collections that earlier operations of the frame make.
    catalog: &'a Catalog,
    store: &'a Store,
}

/// Shows the operations after this one the collection that it makes, changes or deletes.
fn foresee(catalog: &mut Arc<Catalog>, operation: &Operation) -> Result<()> {
    let (table, id, doc, deleted) = match operation {
        Operation::PutSystem { table, id, data, .. } => (*table, id, data.clone(), false),
        Operation::Delete { table, key: RowKey::Id(id), .. } => {
            let Some(TableRole::Collections(database)) = catalog.roles.get(table) else {
                return Ok(());
            };
            let Some(known) = catalog.collection(database.as_str(), id.as_str()) else {
                return Ok(());
            };
            let doc = serde_json::to_vec(&known.entry)
                .map_err(|error| Error::internal(error.to_string()))?;
            (*table, id, Bytes::from(doc), true)
        }
        _ => return Ok(()),
    };
    if !matches!(catalog.roles.get(&table), Some(TableRole::Collections(_))) {
        return Ok(());
    }
    let row = Row {
        id: id.as_str().into(),
        external_id: None,
        external_source: None,
        version: 0,
        seq: 0,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
        deleted,
        cancelled: false,
        doc,
        edge: None,
    };
    apply(catalog, table, &row)
}

/// The error with the operation's position, when there are several.
pub(crate) fn at_operation(mut error: Error, index: usize, count: usize) -> Error {
    if count > 1 {
        error.message = format!("Operation {index} failed: {}", error.message);
        if error.details.is_empty() {
            error.details.push(Detail::default().with("reason", error.message.clone()));
        }
        error.details =
            error.details.into_iter().map(|detail| detail.with("index", index as u64)).collect();
    }
    error
}

fn operation_bytes(operation: &Operation) -> usize {
    match operation {
        Operation::UpsertDocument { data, .. }
        | Operation::UpsertRelationship { data, .. }
        | Operation::PutSystem { data, .. } => data.len(),
        Operation::Delete { .. } | Operation::Cancel { .. } => 0,
    }
}

async fn prepare_operation(
    snapshot: &Snapshot<'_>,
    index: usize,
    operation: &mut Operation,
    read_set: &mut ReadSet,
) -> Result<()> {
    match operation {
        Operation::UpsertDocument { table, id, external, data, mode, .. } => {
            check_external(external)?;
            let Snapshot { version, catalog, store } = *snapshot;
            let collection = catalog
                .collection_of(*table)
                .ok_or_else(|| Error::not_found("The collection does not exist."))?;
            json::check_document(text(data)?)?;
            if *mode == WriteMode::Merge {
                let key = id.clone().map(RowKey::Id);
                let base = match &key {
                    Some(key) => version.find(store, *table, key).await?,
                    None => None,
                };
                let base = base
                    .filter(|row| !row.deleted)
                    .ok_or_else(|| Error::not_found("The document to change does not exist."))?;
                *data = Bytes::from(json::merge_top_level(text(&base.doc)?, text(data)?)?);
                json::check_document(text(data)?)?;
                read_set.merged.push((index, base.version));
            }
            if let Some(completed) = validate(collection, data, *mode)? {
                *data = completed;
            }
            // One that the frame itself makes or changes has a precondition of its own.
            let stored = version.catalog.collection_of(*table);
            let unchanged = stored.is_some_and(|stored| Arc::ptr_eq(stored, collection));
            if unchanged && !read_set.collections.iter().any(|(known, _)| known == table) {
                read_set.collections.push((*table, collection.version));
            }
            Ok(())
        }
        Operation::UpsertRelationship { data, .. } => json::check_document(text(data)?),
        Operation::PutSystem { .. } | Operation::Delete { .. } | Operation::Cancel { .. } => Ok(()),
    }
}

fn text(data: &[u8]) -> Result<&str> {
    std::str::from_utf8(data).map_err(|error| {
        Error::validation(format!("The data is not UTF-8 at byte {}.", error.valid_up_to()))
    })
}

fn check_external(external: &External) -> Result<()> {
    let External::Set { source, id } = external else { return Ok(()) };
    if id.is_empty() {
        return Err(Error::validation(
            "external_id must not be empty; leave it out if there is none.",
        ));
    }
    let long = [Some(id), source.as_ref()]
        .into_iter()
        .flatten()
        .any(|value| value.len() > limits::EXTERNAL_ID_BYTES_MAX);
    if long {
        return Err(Error::validation(
            "external_id and external_source are at most 512 bytes each.",
        ));
    }
    Ok(())
}

/// Validates a document; the answer is the document with defaults, if any were filled.
fn validate(collection: &Collection, data: &Bytes, mode: WriteMode) -> Result<Option<Bytes>> {
    let schema = &collection.schema;
    if schema.is_trivial() {
        return Ok(None);
    }
    let mut document: Value = serde_json::from_slice(data)
        .map_err(|error| Error::validation(format!("The data is not valid JSON: {error}.")))?;
    let added =
        if mode == WriteMode::Replace { schema.fill_defaults(&mut document) } else { Map::new() };
    schema.validate(&document)?;
    // The given members keep their bytes; only the defaults are written by us.
    let complete = |added: Map<String, Value>| {
        json::merge_top_level(text(data)?, &Value::from(added).to_string()).map(Bytes::from)
    };
    if added.is_empty() { Ok(None) } else { complete(added).map(Some) }
}
