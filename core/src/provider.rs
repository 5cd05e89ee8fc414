//! Tool definitions of AI vendors as collections, and back. Pure translation: nothing is stored or looked up.
//!
//! A tool becomes one collection: its name the id, its parameters the JSON Schema, its description the description.
//! What a collection has no place for is kept in an annotation of the JSON Schema ([`ANNOTATION`]), so that
//! `export_tool(p, import_tools(p, tools))` gives the same tools, member by member; the annotation itself is never
//! exported. The other way, `import_tools(p, export_tool(p, collection))` gives the same collection if the vendor can
//! say it:
//!
//! - A display name other than the tool's name has a place only at MCP (`title`).
//! - Vendors want `"type": "object"`, which is added to a schema without a `type`.
//! - Google takes no object without properties, so that such a schema is left out; and it has no lists of types, so that
//!   `["string","null"]` is written `nullable` where reading that gives the same schema.
//!
//! Whether the parameters are a JSON Schema that Rekor takes is for [`crate::schema::Schema::compile`] to say.

mod call;
mod google;
mod kept;
mod name;
mod shape;

use crate::{Error, Result, error::Detail, id::CollectionId};
use kept::Kept;
use serde_json::{Map, Value};
use shape::{Declaration, Shape};
use std::collections::{HashMap, hash_map::Entry};

pub use call::call_data;
pub use kept::ANNOTATION;

/// Most problems that one import reports.
const DETAILS_MAX: usize = 20;

/// A vendor, or a protocol, that has its own form of tool definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Provider {
    /// `{"type":"function","function":{"name","description","parameters"}}`
    OpenAi,
    /// `{"name","description","input_schema"}`
    Anthropic,
    /// `{"name","description","parameters"}`, also below `functionDeclarations`.
    Google,
    /// `{"name","title","description","inputSchema"}`
    Mcp,
}

/// A tool as a collection.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolCollection {
    /// Id of the collection: the tool's name, made valid.
    pub id: CollectionId,
    /// Display name: the tool's title, or its name.
    pub name: String,
    /// What the tool is for.
    pub description: Option<String>,
    /// The tool's parameters, and [`ANNOTATION`] if there is anything to keep.
    pub json_schema: Value,
}

impl Provider {
    /// Every provider, for lists and tests.
    pub const ALL: [Self; 4] = [Self::OpenAi, Self::Anthropic, Self::Google, Self::Mcp];

    /// Parses the name of a provider as it stands in routes and commands.
    ///
    /// # Errors
    /// Validation with the list of names.
    pub fn parse(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str).join(", ");
            let message = format!("{name:?} is not a provider; use one of {names}.");
            Error::validation(message.clone()).with_detail(Detail::at("provider", message))
        })
    }

    /// The name of the provider.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Google => "google",
            Self::Mcp => "mcp",
        }
    }
}

/// Collections of tool definitions: a list of tools, or one tool.
///
/// # Errors
/// Validation with one detail for each tool that is wrong, the first 20; also if two tools have one id.
pub fn import_tools(provider: Provider, tools: &Value) -> Result<Vec<ToolCollection>> {
    let mut problems = Vec::new();
    let mut collections = Vec::new();
    let mut owners = HashMap::new();
    for found in Shape::of(provider).declarations(tools) {
        let imported = found.and_then(|declaration| {
            let collection = import(provider, &declaration)?;
            claim(&mut owners, &collection, &declaration)?;
            Ok(collection)
        });
        match imported {
            Ok(collection) => collections.push(collection),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(collections) } else { Err(report(problems)) }
}

/// A problem at a place of the input; the message names the place.
struct Problem {
    path: String,
    message: String,
}

impl Problem {
    /// A problem whose message starts with its path.
    fn at(path: impl Into<String>, what: &str) -> Self {
        let path = path.into();
        Self { message: format!("{path} {what}"), path }
    }

    fn into_error(self) -> Error {
        report(vec![self])
    }
}

fn report(problems: Vec<Problem>) -> Error {
    let more = match problems.len().saturating_sub(1) {
        0 => String::new(),
        1 => " (and 1 more problem)".to_owned(),
        more => format!(" (and {more} more problems)"),
    };
    let first = problems.first().map_or("", |problem| &problem.message);
    let error = Error::validation(format!("{first}{more}."));
    problems
        .into_iter()
        .take(DETAILS_MAX)
        .fold(error, |error, problem| error.with_detail(Detail::at(problem.path, problem.message)))
}

/// Notes which tool took an id, which no other tool may have.
fn claim(
    owners: &mut HashMap<CollectionId, (String, String)>,
    collection: &ToolCollection,
    declaration: &Declaration<'_>,
) -> std::result::Result<(), Problem> {
    match owners.entry(collection.id.clone()) {
        Entry::Vacant(entry) => {
            entry.insert((declaration.path.clone(), declaration.name.to_owned()));
            Ok(())
        }
        Entry::Occupied(entry) => {
            let (path, name) = entry.get();
            Err(Problem::at(
                format!("{}.name", declaration.path),
                &format!(
                    "{:?} and {path}.name {name:?} both become the collection {}; rename one of them",
                    declaration.name, collection.id
                ),
            ))
        }
    }
}

fn import(
    provider: Provider,
    declaration: &Declaration<'_>,
) -> std::result::Result<ToolCollection, Problem> {
    let shape = Shape::of(provider);
    let id = name::collection_id(declaration.name)
        .map_err(|what| Problem::at(format!("{}.name", declaration.path), &what))?;
    let mut schema = shape.read_schema(&declaration.schema);
    let other_name = Some(declaration.name).filter(|name| *name != name::of_id(provider, &id));
    let name = declaration.title.or(other_name).unwrap_or(id.as_str()).to_owned();
    let kept = Kept {
        name: other_name.map(str::to_owned),
        schema: (shape.write_schema(&schema) != declaration.schema)
            .then(|| declaration.schema.clone()),
        members: declaration.members.clone(),
        outer: declaration.outer.clone(),
    };
    kept.write(provider, &mut schema);
    Ok(ToolCollection {
        id,
        name,
        description: declaration.description.map(str::to_owned),
        json_schema: Value::Object(schema),
    })
}

/// The tool definition of a collection. It is correct for the vendor also if the collection came from another one; what
/// only that other one knows is left out.
pub fn export_tool(provider: Provider, collection: &ToolCollection) -> Value {
    let shape = Shape::of(provider);
    let mut schema = collection.json_schema.as_object().cloned().unwrap_or_default();
    let (origin, kept) = Kept::take(&mut schema).unzip();
    let kept = kept.unwrap_or_default();
    let own = origin == Some(provider);
    let tool_name = name::tool_name(provider, collection, kept.name.as_deref(), own);
    let kept = if own { kept } else { Kept::default() };

    let mut tool = Map::new();
    tool.insert("name".to_owned(), Value::from(tool_name.as_str()));
    if shape.has_title && collection.name != tool_name && !collection.name.is_empty() {
        tool.insert("title".to_owned(), Value::from(collection.name.as_str()));
    }
    if let Some(description) = &collection.description {
        tool.insert("description".to_owned(), Value::from(description.as_str()));
    }
    // The tool's own words, as long as they still mean the schema that the collection has now.
    let verbatim = kept.schema.filter(|members| shape.read_schema(members) == schema);
    add_missing(&mut tool, verbatim.unwrap_or_else(|| shape.write_schema(&schema)));
    add_missing(&mut tool, kept.members);
    shape.wrap(tool, kept.outer)
}

/// Adds members that are not there yet.
fn add_missing(members: &mut Map<String, Value>, more: Map<String, Value>) {
    for (name, value) in more {
        members.entry(name).or_insert(value);
    }
}
