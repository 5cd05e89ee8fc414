//! Calls of an endpoint's tools: each becomes what the service takes, on the collections of the endpoint alone.

use super::{
    RESULT_SCHEME,
    tools::{self, Offer},
};
use crate::{
    mcp::{arguments::Arguments, result::Reply},
    nearest::nearest,
    service::{
        Caller, Service,
        document::{DocumentBody, DocumentWrite},
        list::ListBody,
        relationship::RelationshipBody,
        sql::SqlBody,
    },
};
use rekor_core::{
    Error, Result,
    catalog::Database,
    endpoint::{EndpointConfig, ToolKind, ToolOperation},
    error::Detail,
    id::{CollectionId, RelType, RowId},
};
use rekor_ingest::RowKey;
use serde_json::{Map, Value, json, value::RawValue};
use std::collections::BTreeMap;

/// One call of a tool.
pub(super) struct Call<'a> {
    pub service: &'a Service,
    /// With the rights that are left in the endpoint.
    pub caller: &'a Caller,
    pub database: &'a Database,
    pub config: &'a EndpointConfig,
    pub arguments: &'a Arguments<'a>,
}

impl Call<'_> {
    /// Carries the call out; the flag says whether the answer holds stored data.
    ///
    /// # Errors
    /// Those of the service.
    pub(super) async fn run(&self, offer: &Offer) -> Result<(Reply, bool)> {
        let reply = match &offer.kind {
            ToolKind::Documents(collection, operation) => {
                self.document(collection, *operation).await?
            }
            ToolKind::Relationships(rel_type, operation) => self.link(rel_type, *operation).await?,
            ToolKind::Batch => self.batch().await?,
            ToolKind::Sql => self.sql().await?,
            ToolKind::Query(name) => self.query(name, &offer.tool.input_schema).await?,
        };
        Ok((reply, offer.reads))
    }

    fn db(&self) -> &str {
        self.database.entry.id.as_str()
    }

    async fn document(&self, collection: &CollectionId, operation: ToolOperation) -> Result<Reply> {
        let (service, caller, db) = (self.service, self.caller, self.db());
        let (collection, arguments) = (collection.as_str(), self.arguments);
        match operation {
            ToolOperation::Create => {
                let body: DocumentBody = arguments.body(&[
                    ("data", "data"),
                    ("external_id", "external_id"),
                    ("external_source", "external_source"),
                ])?;
                let put = DocumentWrite::Put;
                let answer = service.write_document(caller, db, collection, put, body).await?;
                without_collection(answer.body.get())
            }
            ToolOperation::Update => {
                let id = match self.row_key()? {
                    RowKey::Id(id) => id.to_string(),
                    // Changes of members are by id.
                    key => service.get_document(caller, db, collection, &key, false).await?.id,
                };
                let body: DocumentBody = arguments.body(&[("data", "data")])?;
                let body = DocumentBody { id: Some(id), ..body };
                let patch = DocumentWrite::Patch;
                let answer = service.write_document(caller, db, collection, patch, body).await?;
                without_collection(answer.body.get())
            }
            ToolOperation::Get => {
                let view =
                    service.get_document(caller, db, collection, &self.row_key()?, false).await?;
                let text = serde_json::to_string(&view);
                without_collection(&text.map_err(|error| Error::internal(error.to_string()))?)
            }
            ToolOperation::List => {
                let names = ["filter", "sort", "fields", "limit", "offset"];
                let body: ListBody = arguments.body(&names.map(|name| (name, name)))?;
                let mut page = service.list_documents(caller, db, collection, &body).await?;
                for row in page.get_mut("data").and_then(Value::as_array_mut).into_iter().flatten()
                {
                    row.as_object_mut().and_then(|row| row.shift_remove("collection"));
                }
                Ok(Reply::list(page))
            }
            ToolOperation::Delete => {
                let key = self.row_key()?;
                let answer = service.delete_document(caller, db, collection, key, None).await?;
                Ok(Reply::Object(answer.body))
            }
        }
    }

    fn row_key(&self) -> Result<RowKey> {
        let (id, external) = (self.arguments.text("id"), self.arguments.text("external_id"));
        match (id.is_empty(), external.is_empty()) {
            (false, true) => RowId::canonical(&id).map(RowKey::Id),
            (true, false) => Ok(RowKey::External {
                source: self.arguments.text("external_source"),
                id: external,
            }),
            _ => Err(Error::validation("Give either id or external_id.")),
        }
    }

    async fn link(&self, rel_type: &RelType, operation: ToolOperation) -> Result<Reply> {
        let (service, caller, db) = (self.service, self.caller, self.db());
        match operation {
            ToolOperation::List => {
                let mut conditions =
                    vec![json!({"field": "rel_type", "op": "eq", "value": rel_type})];
                for end in ["source_id", "target_id"] {
                    let given: Option<String> = self.arguments.get(end);
                    conditions
                        .extend(given.map(|id| json!({"field": end, "op": "eq", "value": id})));
                }
                let body = ListBody {
                    filter: Some(json!({ "and": conditions })),
                    limit: self.arguments.get("limit"),
                    offset: self.arguments.get("offset"),
                    ..ListBody::default()
                };
                Ok(Reply::list(service.list_relationships(caller, db, &body).await?))
            }
            ToolOperation::Delete => {
                let id = self.arguments.text("id");
                let known = service.get_relationship(caller, db, &id).await?;
                if !known.is_of(rel_type) {
                    return Err(Error::not_found(format!("The link {id} does not exist.")));
                }
                let answer = service.delete_relationship(caller, db, &id, None).await?;
                Ok(Reply::Object(answer.body))
            }
            _ => {
                let ends = tools::ends(self.config, self.database, rel_type);
                let body = self.link_body(rel_type, &ends)?;
                let answer = service.put_relationship(caller, db, body).await?;
                Ok(Reply::Object(answer.body))
            }
        }
    }

    fn link_body(
        &self,
        rel_type: &RelType,
        [sources, targets]: &[Vec<CollectionId>; 2],
    ) -> Result<RelationshipBody> {
        let data: Option<Box<RawValue>> = self.arguments.raw("data");
        Ok(RelationshipBody {
            id: None,
            rel_type: rel_type.to_string(),
            source_collection: end_of(&self.arguments.text("source_type"), sources)?,
            source_id: self.arguments.get("source_id"),
            source_external_id: self.arguments.get("source_external_id"),
            source_external_source: None,
            target_collection: end_of(&self.arguments.text("target_type"), targets)?,
            target_id: self.arguments.get("target_id"),
            target_external_id: self.arguments.get("target_external_id"),
            target_external_source: None,
            data,
            expected_version: None,
        })
    }

    async fn batch(&self) -> Result<Reply> {
        type Members = BTreeMap<String, Box<RawValue>>;
        let given: Vec<Members> = self.arguments.get("operations").ok_or_else(|| {
            Error::validation("operations is a list of objects such as {\"op\":\"create\",\"type\":\"…\",\"data\":{…}}.")
        })?;
        let mut operations = Vec::with_capacity(given.len());
        for (index, members) in given.into_iter().enumerate() {
            let operation = self.batch_operation(members).map_err(|error| {
                let message = format!("Operation {index} failed: {}", error.message);
                let detail = Detail::default().with("index", index as u64);
                Error { message, ..error }.with_detail(detail)
            })?;
            operations.push(operation);
        }
        let batch = crate::service::batch::Batch { operations };
        let answer = self.service.batch(self.caller, self.db(), batch).await?;
        Ok(Reply::Object(answer.body))
    }

    /// An operation as the service takes it, if the configuration allows it.
    fn batch_operation(
        &self,
        mut members: BTreeMap<String, Box<RawValue>>,
    ) -> Result<Box<RawValue>> {
        let mut text = |name: &str| {
            let value = members.remove(name);
            value.and_then(|value| serde_json::from_str::<String>(value.get()).ok())
        };
        let (op, kind) = (text("op").unwrap_or_default(), text("type").unwrap_or_default());
        let allowed = &self.config.batch.operations;
        let operations = allowed.get(&kind).ok_or_else(|| {
            let near = nearest(&kind, allowed.keys().map(String::as_str));
            let hint = near.map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
            let names: Vec<&str> = allowed.keys().map(String::as_str).collect();
            Error::validation(format!(
                "There is no type {kind:?}; there are {}.{hint}",
                names.join(", ")
            ))
        })?;
        if !operations.iter().any(|operation| operation.name() == op) {
            let names: Vec<&str> = operations.iter().map(|operation| operation.name()).collect();
            return Err(Error::validation(format!(
                "{kind} takes the op {}, not {op:?}.",
                names.join(", ")
            )));
        }
        let mut rel_types = self.config.relationships.iter().map(|tools| &tools.rel_type);
        let rel_type = rel_types.find(|rel_type| rel_type.as_str() == kind);
        let mut fixed: Vec<(&str, Value)> = Vec::new();
        match (rel_type, op.as_str()) {
            (Some(_), "delete") => fixed.push(("type", json!("delete_relationship"))),
            (Some(rel_type), _) => {
                let [sources, targets] = tools::ends(self.config, self.database, rel_type);
                let source = text("source_type").unwrap_or_default();
                let target = text("target_type").unwrap_or_default();
                fixed.push(("type", json!("upsert_relationship")));
                fixed.push(("rel_type", json!(rel_type)));
                fixed.push(("source_collection", json!(end_of(&source, &sources)?)));
                fixed.push(("target_collection", json!(end_of(&target, &targets)?)));
            }
            (None, op) => {
                let named = members.contains_key("id") || members.contains_key("external_id");
                if op != "create" && !named {
                    return Err(Error::validation(format!("{op} needs id or external_id.")));
                }
                if op == "create" && members.contains_key("id") {
                    return Err(Error::validation("create gives the id itself; leave id out."));
                }
                let verb = if op == "delete" { "delete_document" } else { "upsert_document" };
                fixed.push(("type", json!(verb)));
                fixed.push(("collection", json!(kind)));
            }
        }
        let fixed = fixed.into_iter().map(|(name, value)| format!("{}:{value}", Value::from(name)));
        let own = members
            .iter()
            .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), value.get()));
        let text = format!("{{{}}}", fixed.chain(own).collect::<Vec<_>>().join(","));
        RawValue::from_string(text).map_err(|error| Error::internal(error.to_string()))
    }

    /// A query by its name; its arguments are its parameters, each one of the values it may have.
    async fn query(&self, name: &str, schema: &Map<String, Value>) -> Result<Reply> {
        let query = self.config.queries.iter().find(|query| query.name == name);
        let query = query.ok_or_else(|| Error::internal("a tool without its query"))?;
        let mut params = Map::new();
        for (name, _) in query.placeholders()? {
            let value: Value = self.arguments.get(&name).unwrap_or_default();
            let rule = schema.get("properties").and_then(|all| all.get(&name));
            let choices = rule.and_then(|rule| rule.get("enum")).and_then(Value::as_array);
            if let Some(choices) = choices.filter(|choices| !choices.contains(&value)) {
                let detail = Detail::at(format!("/{name}"), "not one of the values it may have");
                return Err(Error::validation(format!("{name} is one of {}.", json!(choices)))
                    .with_detail(
                        detail.with("expected", json!({ "enum": choices })).with("given", value),
                    ));
            }
            params.insert(name, value);
        }
        let body = SqlBody { query: query.query.clone(), params, ..SqlBody::default() };
        self.answer(body).await
    }

    async fn sql(&self) -> Result<Reply> {
        self.answer(self.arguments.body(&[("query", "query"), ("params", "params")])?).await
    }

    /// The answer of a query; all of a long one is kept.
    async fn answer(&self, body: SqlBody) -> Result<Reply> {
        let fits = |answer: &_| Ok(Reply::table(answer)?.is_whole());
        let answer = self.service.sql_or_keep(self.caller, self.db(), body, fits).await?;
        let by_sql = self.config.sql_query;
        Ok(Reply::table(&answer)?.kept(&answer, by_sql, |id| format!("{RESULT_SCHEME}{id}")))
    }
}

/// The collection of an end: the only one, or the one that was named.
fn end_of(named: &str, possible: &[CollectionId]) -> Result<String> {
    match possible {
        [only] if named.is_empty() => Ok(only.to_string()),
        _ if possible.iter().any(|one| one.as_str() == named) => Ok(named.to_owned()),
        _ => {
            let names: Vec<&str> = possible.iter().map(CollectionId::as_str).collect();
            Err(Error::validation(format!(
                "source_type and target_type are one of {}.",
                names.join(", ")
            )))
        }
    }
}

/// The answer about a document, without the name of what it lies in: the tool says that.
fn without_collection(text: &str) -> Result<Reply> {
    let members: BTreeMap<&str, &RawValue> =
        serde_json::from_str(text).map_err(|error| Error::internal(error.to_string()))?;
    let order = [
        "id",
        "external_id",
        "external_source",
        "version",
        "data",
        "cancelled",
        "defaults_filled",
        "created_at",
        "updated_at",
    ];
    let shown = order
        .iter()
        .filter_map(|name| Some(format!("{}:{}", Value::from(*name), members.get(name)?.get())));
    let shown = format!("{{{}}}", shown.collect::<Vec<_>>().join(","));
    let shown = RawValue::from_string(shown).map_err(|error| Error::internal(error.to_string()))?;
    Ok(Reply::Object(shown))
}
