//! The tools of an endpoint, made from its configuration and the schemas of its collections.

use super::embed;
use crate::{
    auth::{Principal, Target, authorise},
    operation::{Needs, Operation as Op},
};
use rekor_core::{
    catalog::{Collection, Database},
    endpoint::{EndpointConfig, ToolKind, ToolOperation},
    grant::Permission,
    id::{CollectionId, RelType},
};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, sync::Arc};

/// A tool of an endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    /// What it is for.
    pub kind: ToolKind,
    /// Whether it only reads.
    pub reads: bool,
    /// As clients see it.
    pub tool: Tool,
}

/// The tools that a principal may use, in the order of the configuration; or the one of a name, which spares making the schemas
/// of the others.
pub(super) fn offers(
    config: &EndpointConfig,
    database: &Database,
    principal: &Principal,
    only: Option<&str>,
) -> rekor_core::Result<Vec<Offer>> {
    let make = Maker { config, database };
    let named = config.named_tools()?.into_iter();
    let named = named.filter(|(name, _)| only.is_none_or(|only| name == only));
    let allowed = named.filter(|(_, kind)| make.is_allowed(kind, principal));
    Ok(allowed.filter_map(|(name, kind)| make.offer(name, kind)).collect())
}

/// The operation of the service behind a tool.
pub(super) fn operation_of(kind: &ToolKind) -> Op {
    match kind {
        ToolKind::Documents(_, operation) => match operation {
            ToolOperation::Create => Op::DocumentPut,
            ToolOperation::Get => Op::DocumentGet,
            ToolOperation::List => Op::DocumentQuery,
            ToolOperation::Update => Op::DocumentPatch,
            ToolOperation::Delete => Op::DocumentDelete,
        },
        ToolKind::Relationships(_, operation) => match operation {
            ToolOperation::Create | ToolOperation::Update => Op::RelationshipPut,
            ToolOperation::Get | ToolOperation::List => Op::RelationshipList,
            ToolOperation::Delete => Op::RelationshipDelete,
        },
        ToolKind::Batch => Op::Batch,
        ToolKind::Sql | ToolKind::Query(_) => Op::Sql,
    }
}

/// The permission without which a tool is not offered; where several would do, the one that is asked for first.
pub(super) fn needed(kind: &ToolKind) -> Option<Permission> {
    let operation = match kind {
        ToolKind::Batch => Op::DocumentPut,
        ToolKind::Sql | ToolKind::Query(_) => Op::DocumentQuery,
        kind => operation_of(kind),
    };
    match operation.facts().needs {
        Needs::Permission(permission) => Some(permission),
        _ => None,
    }
}

struct Maker<'a> {
    config: &'a EndpointConfig,
    database: &'a Database,
}

impl Maker<'_> {
    fn is_allowed(&self, kind: &ToolKind, principal: &Principal) -> bool {
        let id = &self.database.entry.id;
        let may = |operation: Op, collection: Option<&str>| {
            let target = Target { database: Some(id), collection };
            authorise(principal, operation, target).is_ok()
        };
        let any = |operations: &[Op]| {
            let collections = self.config.collections();
            collections.iter().any(|c| operations.iter().any(|op| may(*op, Some(c.as_str()))))
        };
        match kind {
            ToolKind::Documents(collection, _) => {
                may(operation_of(kind), Some(collection.as_str()))
            }
            ToolKind::Relationships(..) => may(operation_of(kind), None),
            ToolKind::Batch => any(&[Op::DocumentPut, Op::RelationshipPut]),
            ToolKind::Sql | ToolKind::Query(_) => any(&[Op::DocumentQuery]),
        }
    }

    /// The tool; none if what it is about is gone.
    fn offer(&self, name: String, kind: ToolKind) -> Option<Offer> {
        let (about, input) = match &kind {
            ToolKind::Documents(collection, operation) => {
                let collection = self.database.collections.get(collection)?;
                self.documents(collection, *operation)
            }
            ToolKind::Relationships(rel_type, operation) => {
                self.relationships(rel_type, *operation)
            }
            ToolKind::Batch => self.batch(),
            ToolKind::Sql => self.sql(),
            ToolKind::Query(name) => self.query(name)?,
        };
        let reads = matches!(
            kind,
            ToolKind::Documents(_, ToolOperation::Get | ToolOperation::List)
                | ToolKind::Relationships(_, ToolOperation::List)
                | ToolKind::Sql
                | ToolKind::Query(_)
        );
        let hints = ToolAnnotations::new().read_only(reads).open_world(false);
        let hints = if reads { hints } else { hints.destructive(true) };
        let tool = Tool::new(name, about, object(input))
            .with_raw_output_schema(object(output_schema(&kind)))
            .with_annotations(hints);
        Some(Offer { kind, reads, tool })
    }

    fn documents(&self, collection: &Collection, operation: ToolOperation) -> (String, Value) {
        let entry = &collection.entry;
        let own =
            self.config.tools.iter().find(|tools| {
                tools.collection == entry.id && tools.operations.contains(&operation)
            });
        let own = own.and_then(|tools| tools.description_override.clone());
        let noun = entry.name.to_lowercase();
        let what = match operation {
            ToolOperation::Create => {
                format!("Create one of {noun}; the same external_id replaces it")
            }
            ToolOperation::Get => format!("Get one of {noun} by id or external_id"),
            ToolOperation::List => format!("List {noun}"),
            ToolOperation::Update => format!("Change the given top-level members of one of {noun}"),
            ToolOperation::Delete => format!("Delete one of {noun}"),
        };
        let about = own.unwrap_or_else(|| match &entry.description {
            Some(description) => format!("{what}. {description}"),
            None => format!("{what}."),
        });
        (about, document_input(operation, &entry.json_schema))
    }

    fn relationships(&self, rel_type: &RelType, operation: ToolOperation) -> (String, Value) {
        let own = self.config.relationships.iter().find(|tools| tools.rel_type == *rel_type);
        let own = own.and_then(|tools| tools.description_override.clone());
        let declared = self.database.relationship_types.get(rel_type);
        let name = rel_type.as_str().replace(['_', '-'], " ");
        let what = match operation {
            ToolOperation::Create => format!("Link two entries: {name}"),
            ToolOperation::List => format!("List links: {name}"),
            _ => format!("Remove a link: {name}"),
        };
        let said = declared.and_then(|declared| declared.entry.description.clone());
        let about = own.unwrap_or_else(|| match said {
            Some(said) => format!("{what}. {said}"),
            None => format!("{what}."),
        });
        let data = declared.map_or_else(
            || json!({"type": "object"}),
            |declared| embed::whole(&declared.entry.data_schema),
        );
        (about, self.link_input(rel_type, operation, &data))
    }

    /// The collections an end of a link may be in: those declared, of those the endpoint has.
    pub(super) fn ends(&self, rel_type: &RelType) -> [Vec<CollectionId>; 2] {
        ends(self.config, self.database, rel_type)
    }

    fn link_input(&self, rel_type: &RelType, operation: ToolOperation, data: &Value) -> Value {
        let text = json!({"type": "string"});
        let mut properties = Map::new();
        let mut required = Vec::new();
        match operation {
            ToolOperation::Create => {
                for (end, collections) in ["source", "target"].iter().zip(self.ends(rel_type)) {
                    if collections.len() != 1 {
                        properties.insert(format!("{end}_type"), json!({"enum": collections}));
                        required.push(format!("{end}_type"));
                    }
                    properties.insert(format!("{end}_id"), text.clone());
                    properties.insert(
                        format!("{end}_external_id"),
                        json!({"type": "string", "description": format!("Instead of {end}_id")}),
                    );
                }
                properties.insert("data".to_owned(), data.clone());
            }
            ToolOperation::List => {
                for name in ["source_id", "target_id"] {
                    properties.insert(name.to_owned(), text.clone());
                }
                for name in ["limit", "offset"] {
                    properties.insert(name.to_owned(), json!({"type": "integer"}));
                }
            }
            _ => {
                properties.insert("id".to_owned(), text);
                required.push("id".to_owned());
            }
        }
        closed(properties, &required)
    }

    fn batch(&self) -> (String, Value) {
        let about = "Up to 1,000 writes, all or none; update replaces all data. Give data with external_id or id.";
        let types: BTreeSet<&str> =
            self.config.relationships.iter().map(|tools| tools.rel_type.as_str()).collect();
        let operations = &self.config.batch.operations;
        let links = operations.keys().any(|name| types.contains(name.as_str()));
        let link = " Links: source_id or source_external_id, target too.";
        let mut lines = vec![format!("{about}{}", if links { link } else { "" })];
        for (name, operations) in operations {
            let ops: Vec<&str> = operations.iter().map(|operation| operation.name()).collect();
            lines.push(format!("{name}: {}", ops.join(", ")));
        }
        let item = json!({
            "type": "object",
            "properties": {
                "op": {"enum": ["create", "update", "delete"]},
                "type": {"enum": self.config.batch.operations.keys().collect::<Vec<_>>()},
            },
        });
        let properties =
            Map::from_iter([("operations".to_owned(), json!({"type": "array", "items": item}))]);
        (lines.join("\n"), closed(properties, &["operations".to_owned()]))
    }

    fn query(&self, name: &str) -> Option<(String, Value)> {
        let query = self.config.queries.iter().find(|query| query.name == name)?;
        let placeholders = query.placeholders().ok()?;
        let about = query.description.clone().unwrap_or_else(|| name.replace(['_', '-'], " "));
        let names: Vec<String> = placeholders.iter().map(|(name, _)| name.clone()).collect();
        let properties = placeholders.into_iter().map(|(name, kind)| {
            let mut schema = json_type(&kind);
            if let (Some(known), Some(members)) = (query.params.get(&name), schema.as_object_mut())
            {
                let description = known.description.clone().map(Value::from);
                members.extend(description.map(|text| ("description".to_owned(), text)));
                let choices = known.choices.clone().map(Value::from);
                members.extend(choices.map(|values| ("enum".to_owned(), values)));
            }
            (name, schema)
        });
        Some((about, closed(properties.collect(), &names)))
    }

    fn sql(&self) -> (String, Value) {
        let collections = self.config.collections();
        let names: Vec<&str> = collections.iter().map(CollectionId::as_str).collect();
        let about = format!(
            "ClickHouse SQL over documents(id, collection, external_id, data, deleted) with the collections {}, and relationships(rel_type, source_id, target_id, deleted). Paths: data.a.b.:String, data.n.:Float64. Say WHERE collection = '…' AND deleted = false.",
            names.join(", ")
        );
        let properties = Map::from_iter([
            ("query".to_owned(), json!({"type": "string"})),
            (
                "params".to_owned(),
                json!({"type": "object", "description": "Values of {name:Type}"}),
            ),
        ]);
        (about, closed(properties, &["query".to_owned()]))
    }
}

/// The JSON Schema of a parameter of a query, by its ClickHouse type.
pub(super) fn json_type(kind: &str) -> Value {
    let inner = |outer: &str| kind.strip_prefix(outer)?.strip_suffix(')').map(str::trim);
    if let Some(kind) = inner("Nullable(").or_else(|| inner("LowCardinality(")) {
        return json_type(kind);
    }
    if let Some(item) = inner("Array(") {
        return json!({"type": "array", "items": json_type(item)});
    }
    let starts = |names: &[&str]| names.iter().any(|name| kind.starts_with(name));
    json!({"type": if starts(&["Int", "UInt"]) {
        "integer"
    } else if starts(&["Float", "Decimal"]) {
        "number"
    } else if kind == "Bool" {
        "boolean"
    } else {
        "string"
    }})
}

/// The collections an end of a link may be in: those declared, of those the endpoint has.
pub(super) fn ends(
    config: &EndpointConfig,
    database: &Database,
    rel_type: &RelType,
) -> [Vec<CollectionId>; 2] {
    let own = config.collections();
    let declared = database.relationship_types.get(rel_type);
    let of = |named: Option<&BTreeSet<CollectionId>>| {
        let all = own.iter();
        all.filter(|c| named.is_none_or(|named| named.is_empty() || named.contains(*c)))
            .cloned()
            .collect()
    };
    [
        of(declared.map(|declared| &declared.entry.source_collections)),
        of(declared.map(|declared| &declared.entry.target_collections)),
    ]
}

fn document_input(operation: ToolOperation, schema: &Value) -> Value {
    let text = || json!({"type": "string"});
    let external = || json!({"type": "string", "description": "Your own key"});
    let number = || json!({"type": "integer"});
    let mut properties = Map::new();
    let mut add = |name: &str, value: Value| drop(properties.insert(name.to_owned(), value));
    let required = match operation {
        ToolOperation::Create => {
            add("data", embed::whole(schema));
            add("external_id", external());
            add("external_source", text());
            vec!["data".to_owned()]
        }
        ToolOperation::Update => {
            add("id", text());
            add("external_id", external());
            add("external_source", text());
            add("data", embed::partial(schema));
            vec!["data".to_owned()]
        }
        ToolOperation::Get | ToolOperation::Delete => {
            add("id", text());
            add("external_id", external());
            add("external_source", text());
            Vec::new()
        }
        ToolOperation::List => {
            let filter = "JSON {field,op,value} or {and|or:[…]}; field data.x; op eq neq gt gte lt lte in like is_null has";
            add("filter", json!({"type": "string", "description": filter}));
            add(
                "sort",
                json!({"type": "array", "items": {"type": "object"}, "description": "{field,direction}"}),
            );
            add("fields", json!({"type": "array", "items": {"type": "string"}}));
            add("limit", number());
            add("offset", number());
            Vec::new()
        }
    };
    closed(properties, &required)
}

fn closed(properties: Map<String, Value>, required: &[String]) -> Value {
    let mut schema =
        json!({"type": "object", "properties": properties, "additionalProperties": false});
    if let (false, Some(members)) = (required.is_empty(), schema.as_object_mut()) {
        members.insert("required".to_owned(), json!(required));
    }
    schema
}

fn output_schema(kind: &ToolKind) -> Value {
    let members = match kind {
        ToolKind::Documents(_, ToolOperation::List)
        | ToolKind::Relationships(_, ToolOperation::List) => json!({"data": {"type": "array"}}),
        ToolKind::Documents(..) | ToolKind::Relationships(..) => {
            json!({"id": {"type": "string"}, "version": {"type": "integer"}})
        }
        ToolKind::Batch => json!({"results": {"type": "array"}}),
        ToolKind::Sql | ToolKind::Query(_) => {
            json!({"columns": {"type": "array"}, "rows": {"type": "array"}})
        }
    };
    json!({"type": "object", "properties": members})
}

fn object(value: Value) -> Arc<JsonObject> {
    Arc::new(if let Value::Object(members) = value { members } else { JsonObject::new() })
}
