//! Tool definitions of AI vendors as collections, and back; tool calls as documents.

use super::{
    Caller, Service,
    answer::Answer,
    collection::CollectionChange,
    document::{DocumentBody, DocumentWrite},
};
use crate::{
    auth::{Target, authorise},
    operation::Operation as Op,
};
use rekor_core::{
    Error, Result,
    catalog::Collection,
    grant::{Permission, Subject},
    provider::{Provider, ToolCollection, call_data, export_tool, import_tools},
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

/// Body of an import.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImportTools {
    /// Tool definitions, as the vendor writes them.
    pub tools: Value,
}

/// Body of a tool call that becomes a document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    /// The call, as the vendor writes it.
    pub data: Value,
    /// The caller's own key.
    pub external_id: Option<String>,
    /// Its scope.
    pub external_source: Option<String>,
}

fn tool_of(collection: &Collection) -> ToolCollection {
    ToolCollection {
        id: collection.entry.id.clone(),
        name: collection.entry.name.clone(),
        description: collection.entry.description.clone(),
        json_schema: collection.entry.json_schema.clone(),
    }
}

impl Service {
    /// Makes a collection of each tool, all or none.
    ///
    /// # Errors
    /// Validation of provider, tools and schemas; `Forbidden` in production.
    pub async fn import_tools(
        &self,
        caller: &Caller,
        database: &str,
        provider: &str,
        body: &ImportTools,
    ) -> Result<Answer> {
        let database = self.reach(caller, Op::ProviderImport, database)?;
        if let Some(answer) = self.answered(caller, &database).await? {
            return Ok(answer);
        }
        let provider = Provider::parse(provider)?;
        let tools = import_tools(provider, &body.tools)?;
        let (mut operations, mut imported) = (Vec::new(), Vec::new());
        for tool in tools {
            let id = tool.id.to_string();
            let new = !database.collections.contains_key(id.as_str());
            let change = CollectionChange {
                name: Some(tool.name),
                description: tool.description,
                json_schema: Some(tool.json_schema),
                icon: None,
                color: None,
            };
            let target = Target::collection(&database.entry.id, &id);
            authorise(&caller.principal, Op::CollectionPut, target)?;
            let entry = self.changed_collection(&database, &id, change)?;
            let (put, _) = self.collection_put(caller, &database, &entry, 0)?;
            operations.extend(put);
            imported.push(json!({"id": id, "action": if new { "add" } else { "update" }}));
        }
        let body = json!({"provider": provider.as_str(), "collections": imported});
        self.write(caller, &database, operations, move |_| Answer::of(&body)).await
    }

    /// Collections as tools of a vendor; those named, or all the caller reaches.
    ///
    /// # Errors
    /// Validation of the provider, `NotFound` of a named collection.
    pub fn export_tools(
        &self,
        caller: &Caller,
        database: &str,
        provider: &str,
        only: Option<&str>,
    ) -> Result<Value> {
        let database = self.reach(caller, Op::ProviderExport, database)?;
        let provider = Provider::parse(provider)?;
        let reached = caller
            .principal
            .collections(Permission::read(Subject::Collections), &database.entry.id);
        let collections: Vec<_> = match only {
            Some(names) => names
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .map(|name| {
                    self.reach_collection(
                        caller,
                        Op::CollectionGet,
                        database.entry.id.as_str(),
                        name,
                    )
                    .map(|(_, collection)| collection)
                })
                .collect::<Result<_>>()?,
            None => database
                .collections
                .values()
                .filter(|collection| reached.contains(&collection.entry.id))
                .cloned()
                .collect(),
        };
        let tools: Vec<Value> = collections
            .iter()
            .map(|collection| export_tool(provider, &tool_of(collection)))
            .collect();
        Ok(json!({"provider": provider.as_str(), "tools": tools}))
    }

    /// Stores the arguments of a tool call as a document.
    ///
    /// # Errors
    /// Validation of provider, call and document; those of [`Self::write_document`].
    pub async fn import_call(
        &self,
        caller: &Caller,
        database: &str,
        provider: &str,
        collection: &str,
        body: ToolCall,
    ) -> Result<Answer> {
        self.reach_collection(caller, Op::ProviderCall, database, collection)?;
        let data = Value::Object(call_data(Provider::parse(provider)?, &body.data)?);
        let data = RawValue::from_string(data.to_string())
            .map_err(|error| Error::internal(error.to_string()))?;
        let document = DocumentBody {
            data,
            id: None,
            external_id: body.external_id.map(Some),
            external_source: body.external_source,
            expected_version: None,
        };
        self.write_document(caller, database, collection, DocumentWrite::Put, document).await
    }
}
