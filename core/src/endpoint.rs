//! Endpoints: MCP servers that somebody configured over the collections of a database.

use crate::{
    Error, Result,
    error::Detail,
    id::{CollectionId, RelType},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Most tools, relationships and queries of an endpoint.
const PARTS_MAX: usize = 64;
/// Longest name that MCP clients take.
const TOOL_NAME_LEN_MAX: usize = 64;

/// What a tool does with documents or relationships.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolOperation {
    /// Add one, or replace the one with the same external id.
    Create,
    /// Read one.
    Get,
    /// Read a page of those that match.
    List,
    /// Change members of one.
    Update,
    /// Remove one.
    Delete,
}

impl ToolOperation {
    /// Its name in configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Get => "get",
            Self::List => "list",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// The tools of a collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionTools {
    /// The collection.
    pub collection: CollectionId,
    /// What the tools do.
    pub operations: BTreeSet<ToolOperation>,
    /// Name of the only tool, of `list`, or the noun of all names.
    #[serde(default, alias = "name", skip_serializing_if = "Option::is_none")]
    pub name_override: Option<String>,
    /// Names by operation.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<ToolOperation, String>,
    /// What the tools say about themselves.
    #[serde(default, alias = "description", skip_serializing_if = "Option::is_none")]
    pub description_override: Option<String>,
}

/// The tools of a relationship type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationshipTools {
    /// The type.
    pub rel_type: RelType,
    /// What the tools do: create, list, delete.
    pub operations: BTreeSet<ToolOperation>,
    /// Name of the only tool, of `create`, or the noun of all names.
    #[serde(default, alias = "name", skip_serializing_if = "Option::is_none")]
    pub name_override: Option<String>,
    /// Names by operation.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<ToolOperation, String>,
    /// What the tools say about themselves.
    #[serde(default, alias = "description", skip_serializing_if = "Option::is_none")]
    pub description_override: Option<String>,
}

/// The tool that writes many things at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchTool {
    /// Whether there is one.
    #[serde(default)]
    pub enabled: bool,
    /// What it may do, by collection or relationship type.
    #[serde(default)]
    pub operations: BTreeMap<String, BTreeSet<ToolOperation>>,
}

/// A query that is a tool: its `{name:Type}` are the arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedQuery {
    /// Name of the tool.
    pub name: String,
    /// What the tool says about itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The query, in SQL.
    #[serde(alias = "sql")]
    pub query: String,
    /// Collections it reads, beside those that the endpoint has tools for.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub collections: BTreeSet<CollectionId>,
    /// What is known of its parameters beyond their types.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, QueryParameter>,
}

/// What is known of a parameter of a query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueryParameter {
    /// What the tool says about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The values it may have.
    #[serde(default, rename = "enum", skip_serializing_if = "Option::is_none")]
    pub choices: Option<Vec<Value>>,
    /// Where the values it may have are, as `invoices.status`: those that documents have when tools are listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values_of: Option<String>,
}

impl QueryParameter {
    /// Collection and path of `values_of`.
    pub fn place(&self) -> Option<(&str, &str)> {
        self.values_of.as_deref()?.split_once('.')
    }
}

impl NamedQuery {
    /// The parameters of the text with their types, in the order they come; texts and quoted names are left alone.
    ///
    /// # Errors
    /// Validation: one name with two types, or a parameter that is described and not there.
    pub fn placeholders(&self) -> Result<Vec<(String, String)>> {
        let mut found: Vec<(String, String)> = Vec::new();
        let (mut rest, mut quote) = (self.query.as_str(), None);
        while let Some(first) = rest.chars().next() {
            let after = &rest[first.len_utf8()..];
            match (quote, first) {
                (Some(_), '\\') => {
                    rest = after
                        .get(after.chars().next().map_or(0, char::len_utf8)..)
                        .unwrap_or_default()
                }
                (Some(open), close) if open == close => (rest, quote) = (after, None),
                (None, '\'' | '"' | '`') => (rest, quote) = (after, Some(first)),
                (None, '{') => {
                    let inside =
                        after.split_once('}').and_then(|(inside, _)| inside.split_once(':'));
                    if let Some((name, kind)) = inside {
                        let (name, kind) = (name.trim().to_owned(), kind.trim().to_owned());
                        match found.iter().find(|(known, _)| *known == name) {
                            Some((_, known)) if *known != kind => {
                                return Err(Error::validation(format!(
                                    "The query {} gives {name} two types, {known} and {kind}.",
                                    self.name
                                )));
                            }
                            Some(_) => {}
                            None => found.push((name, kind)),
                        }
                    }
                    rest = after;
                }
                _ => rest = after,
            }
        }
        // Bound by the server.
        found.retain(|(name, _)| {
            !["database_id", "workspace_id", "org_id"].contains(&name.as_str())
        });
        match self.params.keys().find(|name| !found.iter().any(|(known, _)| known == *name)) {
            Some(name) => Err(Error::validation(format!(
                "The query {} has no parameter {{{name}:…}}; params describe those it has.",
                self.name
            ))),
            None => Ok(found),
        }
    }
}

/// What an endpoint is, without its id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndpointConfig {
    /// Display name.
    #[serde(default)]
    pub name: String,
    /// What the server says about itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Tools of collections.
    #[serde(default)]
    pub tools: Vec<CollectionTools>,
    /// Tools of relationship types.
    #[serde(default)]
    pub relationships: Vec<RelationshipTools>,
    /// The tool that writes many things at once.
    #[serde(default)]
    pub batch: BatchTool,
    /// Whether there is a tool for SQL over the collections of the endpoint.
    #[serde(default)]
    pub sql_query: bool,
    /// Queries that are tools.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<NamedQuery>,
}

/// What a tool of an endpoint is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolKind {
    /// Documents of a collection.
    Documents(CollectionId, ToolOperation),
    /// Relationships of a type.
    Relationships(RelType, ToolOperation),
    /// Many writes at once.
    Batch,
    /// SQL.
    Sql,
    /// A query by its name.
    Query(String),
}

impl EndpointConfig {
    /// The tools by name, in the order of the configuration.
    ///
    /// # Errors
    /// Validation: nothing configured, too much, a name that clients do not take, or one that two tools have.
    pub fn named_tools(&self) -> Result<Vec<(String, ToolKind)>> {
        let mut out = Vec::new();
        for tools in &self.tools {
            let nouns = Nouns::of(tools.collection.as_str());
            let names = Names {
                of: &tools.names,
                fixed: tools.name_override.as_deref(),
                main: ToolOperation::List,
            };
            for operation in &tools.operations {
                let name = names.name(*operation, &tools.operations, |noun| {
                    let noun = noun.map_or_else(|| nouns.clone(), Nouns::of);
                    noun.tool(*operation)
                });
                out.push((name, ToolKind::Documents(tools.collection.clone(), *operation)));
            }
        }
        for tools in &self.relationships {
            let names = Names {
                of: &tools.names,
                fixed: tools.name_override.as_deref(),
                main: ToolOperation::Create,
            };
            for operation in &tools.operations {
                let verb = match operation {
                    ToolOperation::Create => "link",
                    ToolOperation::List => "list",
                    ToolOperation::Delete => "unlink",
                    ToolOperation::Get | ToolOperation::Update => {
                        return Err(Error::validation(format!(
                            "Relationships have the operations create, list and delete, not {}.",
                            operation.name()
                        )));
                    }
                };
                let own = identifier(tools.rel_type.as_str());
                let name = names.name(*operation, &tools.operations, |noun| {
                    format!("{verb}_{}", noun.unwrap_or(&own))
                });
                out.push((name, ToolKind::Relationships(tools.rel_type.clone(), *operation)));
            }
        }
        out.extend(self.batch.enabled.then(|| ("batch_operations".to_owned(), ToolKind::Batch)));
        out.extend(self.sql_query.then(|| ("sql_query".to_owned(), ToolKind::Sql)));
        out.extend(self.queries.iter().map(|q| (q.name.clone(), ToolKind::Query(q.name.clone()))));
        self.check(&out)?;
        Ok(out)
    }

    fn check(&self, tools: &[(String, ToolKind)]) -> Result<()> {
        if tools.is_empty() {
            return Err(Error::validation(
                "An endpoint needs at least one tool, such as {\"tools\":[{\"collection\":\"invoices\",\"operations\":[\"get\",\"list\"]}]}.",
            ));
        }
        if self.tools.len()
            + self.relationships.len()
            + self.batch.operations.len()
            + self.queries.len()
            > PARTS_MAX
        {
            return Err(Error::validation(format!("An endpoint has at most {PARTS_MAX} parts.")));
        }
        let (mut seen, mut error) = (BTreeSet::new(), None);
        for (name, _) in tools {
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            let problem =
                if name.is_empty() || name.len() > TOOL_NAME_LEN_MAX || !name.chars().all(fits) {
                    format!("{name:?} is no name of a tool: 1 to 64 letters, digits, _ and -")
                } else if !seen.insert(name) {
                    format!("two tools have the name {name}; give one of them another with `names`")
                } else {
                    continue;
                };
            let known: Error = error.take().unwrap_or_else(|| {
                Error::validation(format!("The endpoint cannot be made: {problem}."))
            });
            error = Some(known.with_detail(Detail::at("/tools", problem)));
        }
        error.map_or(Ok(()), Err)
    }

    /// The collections that its tools are about.
    pub fn collections(&self) -> BTreeSet<CollectionId> {
        let tools = self.tools.iter().map(|tools| tools.collection.clone());
        let named = self.batch.operations.keys();
        let types: BTreeSet<&str> =
            self.relationships.iter().map(|tools| tools.rel_type.as_str()).collect();
        let batched = named
            .filter(|name| !types.contains(name.as_str()))
            .filter_map(|name| CollectionId::parse(name).ok());
        let queried = self.queries.iter().flat_map(|query| query.collections.iter().cloned());
        tools.chain(batched).chain(queried).collect()
    }
}

/// The names somebody gave.
struct Names<'a> {
    of: &'a BTreeMap<ToolOperation, String>,
    fixed: Option<&'a str>,
    /// The operation that the one name is for, where there are several.
    main: ToolOperation,
}

impl Names<'_> {
    /// An operation's own name; else the one name, if it is for this tool; else one made of a noun.
    fn name(
        &self,
        operation: ToolOperation,
        all: &BTreeSet<ToolOperation>,
        made: impl Fn(Option<&str>) -> String,
    ) -> String {
        if let Some(name) = self.of.get(&operation) {
            return name.clone();
        }
        match self.fixed {
            Some(name) if all.len() == 1 || operation == self.main => name.to_owned(),
            Some(noun) if !all.contains(&self.main) => made(Some(noun)),
            _ => made(None),
        }
    }
}

/// A noun in both numbers.
#[derive(Clone, Debug)]
struct Nouns {
    one: String,
    many: String,
}

impl Nouns {
    fn of(name: &str) -> Self {
        let name = identifier(name);
        let one = singular(&name);
        if one == name {
            let many = plural(&name);
            return Self { one, many };
        }
        Self { one, many: name }
    }

    fn tool(&self, operation: ToolOperation) -> String {
        let noun = if operation == ToolOperation::List { &self.many } else { &self.one };
        format!("{}_{noun}", operation.name())
    }
}

fn identifier(name: &str) -> String {
    name.replace('-', "_")
}

fn singular(name: &str) -> String {
    let ends = |ending: &str| name.strip_suffix(ending).filter(|rest| rest.len() > 1);
    if let Some(rest) = ends("ies") {
        return format!("{rest}y");
    }
    if ["ss", "us", "is"].iter().any(|ending| name.ends_with(ending)) {
        return name.to_owned();
    }
    for ending in ["sses", "shes", "ches", "xes", "zes"] {
        if name.ends_with(ending) {
            return name.strip_suffix("es").unwrap_or(name).to_owned();
        }
    }
    ends("s").unwrap_or(name).to_owned()
}

fn plural(name: &str) -> String {
    let consonant_y =
        name.strip_suffix('y').filter(|rest| !rest.ends_with(['a', 'e', 'i', 'o', 'u']));
    if let Some(rest) = consonant_y {
        return format!("{rest}ies");
    }
    if ["s", "sh", "ch", "x", "z"].iter().any(|ending| name.ends_with(ending)) {
        return format!("{name}es");
    }
    format!("{name}s")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(config: Value) -> Result<Vec<String>> {
        let config: EndpointConfig = serde_json::from_str(&config.to_string()).unwrap();
        Ok(config.named_tools()?.into_iter().map(|(name, _)| name).collect())
    }

    #[test]
    fn nouns() {
        for (collection, one, many) in [
            ("invoices", "invoice", "invoices"),
            ("companies", "company", "companies"),
            ("addresses", "address", "addresses"),
            ("order-items", "order_item", "order_items"),
            ("status", "status", "statuses"),
            ("address", "address", "addresses"),
            ("boxes", "box", "boxes"),
            ("invoice", "invoice", "invoices"),
            ("category", "category", "categories"),
        ] {
            let nouns = Nouns::of(collection);
            assert_eq!((nouns.one.as_str(), nouns.many.as_str()), (one, many));
        }
    }

    #[test]
    fn names_are_what_the_documents_promise() {
        let invoicing = json!({
            "name": "Invoicing Agent",
            "tools": [{"collection": "invoices", "operations": ["get", "list"]},
                      {"collection": "payments", "operations": ["create", "get", "list"]}],
            "relationships": [{"rel_type": "invoice_payment", "operations": ["list", "create", "delete"]}],
            "batch": {"enabled": true, "operations": {"invoices": ["create", "update"]}}, "sql_query": true,
        });
        assert_eq!(
            names(invoicing).unwrap(),
            [
                "get_invoice",
                "list_invoices",
                "create_payment",
                "get_payment",
                "list_payments",
                "link_invoice_payment",
                "list_invoice_payment",
                "unlink_invoice_payment",
                "batch_operations",
                "sql_query",
            ]
        );
        let searched = json!({"tools": [{"collection": "invoices", "operations": ["get", "list"], "name_override": "search_invoices"}]});
        assert_eq!(names(searched).unwrap(), ["get_invoice", "search_invoices"]);
        let one = json!({"tools": [{"collection": "invoices", "operations": ["create"], "name_override": "bill"}]});
        assert_eq!(names(one).unwrap(), ["bill"]);
        let noun = json!({"tools": [{"collection": "invoices", "operations": ["create", "delete"], "name": "bills"}]});
        assert_eq!(names(noun).unwrap(), ["create_bill", "delete_bill"]);
        let link = json!({"relationships": [{"rel_type": "invoice_payment", "operations": ["create", "list"], "name_override": "assign_payment"}]});
        assert_eq!(names(link).unwrap(), ["assign_payment", "list_invoice_payment"]);
        let map = json!({"tools": [{"collection": "invoices", "operations": ["create", "get"], "names": {"get": "look_up"}}]});
        assert_eq!(names(map).unwrap(), ["create_invoice", "look_up"]);
    }

    #[test]
    fn parameters_of_queries() {
        let query = |text: &str| NamedQuery {
            name: "q".into(),
            description: None,
            query: text.into(),
            collections: BTreeSet::new(),
            params: BTreeMap::new(),
        };
        let found = |text: &str| query(text).placeholders().unwrap();
        let pair = |name: &str, kind: &str| (name.to_owned(), kind.to_owned());
        assert_eq!(
            found(
                "SELECT {a:String}, '{b:String}', 'it''s {c:Int8}', \"{d:Int8}\", {e: Array(String)}, {a:String}"
            ),
            [pair("a", "String"), pair("e", "Array(String)")]
        );
        assert_eq!(found("SELECT 'x\\'{b:String}' WHERE database_id = {database_id:String}"), []);
        assert!(query("SELECT {a:String}, {a:Int8}").placeholders().is_err());
        let described = NamedQuery {
            params: BTreeMap::from_iter([("b".to_owned(), QueryParameter::default())]),
            ..query("SELECT {a:Int8}")
        };
        assert!(described.placeholders().is_err());
    }

    #[test]
    fn collisions_and_odd_names_are_refused() {
        for config in [
            json!({}),
            json!({"tools": [{"collection": "invoice", "operations": ["get"]}, {"collection": "invoices", "operations": ["get"]}]}),
            json!({"tools": [{"collection": "a", "operations": ["get"], "name": "no spaces"}]}),
            json!({"tools": [{"collection": "a", "operations": ["get"], "name": "sql_query"}], "sql_query": true}),
            json!({"relationships": [{"rel_type": "a", "operations": ["get"]}]}),
        ] {
            assert!(names(config.clone()).is_err(), "{config}");
        }
    }
}
