//! The form of each vendor's tool definitions: taking one apart, and putting one together.

use super::{ANNOTATION, Problem, Provider, google};
use serde_json::{Map, Value, json};

type Found<T> = Result<T, Problem>;
type Members = Map<String, Value>;

/// How a vendor writes a tool.
#[derive(Debug)]
pub(super) struct Shape {
    provider: Provider,
    /// Members that may hold the JSON Schema. The first is the one that is written.
    schema_names: &'static [&'static str],
    /// Whether the vendor refuses a tool without a schema.
    needs_schema: bool,
    /// Whether a tool has a `title` besides its name.
    pub(super) has_title: bool,
}

/// A tool definition, taken apart. Each member of the tool is in exactly one of the fields.
#[derive(Debug)]
pub(super) struct Declaration<'a> {
    /// Where it stands in the input: `tools[2].function`.
    pub(super) path: String,
    /// Its name, not empty.
    pub(super) name: &'a str,
    /// Its title, if it is another text than the name.
    pub(super) title: Option<&'a str>,
    /// Its description.
    pub(super) description: Option<&'a str>,
    /// The members that hold the schema, as they are.
    pub(super) schema: Members,
    /// All other members.
    pub(super) members: Members,
    /// Other members of the object around it.
    pub(super) outer: Members,
}

static OPENAI: Shape = Shape {
    provider: Provider::OpenAi,
    schema_names: &["parameters"],
    needs_schema: false,
    has_title: false,
};
static ANTHROPIC: Shape = Shape {
    provider: Provider::Anthropic,
    schema_names: &["input_schema"],
    needs_schema: true,
    has_title: false,
};
static GOOGLE: Shape = Shape {
    provider: Provider::Google,
    schema_names: &["parameters", google::JSON_SCHEMA],
    needs_schema: false,
    has_title: false,
};
static MCP: Shape = Shape {
    provider: Provider::Mcp,
    schema_names: &["inputSchema"],
    needs_schema: true,
    has_title: true,
};

impl Shape {
    /// The form of a vendor's tools.
    pub(super) fn of(provider: Provider) -> &'static Self {
        match provider {
            Provider::OpenAi => &OPENAI,
            Provider::Anthropic => &ANTHROPIC,
            Provider::Google => &GOOGLE,
            Provider::Mcp => &MCP,
        }
    }

    /// The tools of a list, or the one tool.
    pub(super) fn declarations<'a>(&self, tools: &'a Value) -> Vec<Found<Declaration<'a>>> {
        match tools {
            Value::Array(tools) => tools
                .iter()
                .enumerate()
                .flat_map(|(i, tool)| self.declarations_at(tool, format!("tools[{i}]")))
                .collect(),
            Value::Object(_) => self.declarations_at(tools, "tools".to_owned()),
            _ => vec![Err(Problem::at("tools", "must be a list of tools, or one tool"))],
        }
    }

    fn declarations_at<'a>(&self, tool: &'a Value, path: String) -> Vec<Found<Declaration<'a>>> {
        let Some(members) = tool.as_object() else {
            return vec![Err(Problem::at(path, "must be an object"))];
        };
        match self.provider {
            Provider::OpenAi => vec![self.function(members, &path)],
            Provider::Anthropic | Provider::Mcp => {
                vec![self.declaration(members, path, Members::new())]
            }
            Provider::Google => match google::declarations(members, &path) {
                None => vec![self.declaration(members, path, Members::new())],
                Some(found) => found
                    .into_iter()
                    .map(|found| {
                        let (path, members) = found?;
                        self.declaration(members, path, Members::new())
                    })
                    .collect(),
            },
        }
    }

    /// The function of a tool of OpenAI.
    fn function<'a>(&self, tool: &'a Members, path: &str) -> Found<Declaration<'a>> {
        let kind = format!("{path}.type");
        match tool.get("type") {
            Some(value) if value == "function" => {}
            Some(_) => return Err(Problem::at(kind, "must be \"function\"")),
            None => return Err(Problem::at(kind, "is missing; it must be \"function\"")),
        }
        let path = format!("{path}.function");
        match tool.get("function") {
            Some(Value::Object(members)) => {
                self.declaration(members, path, without(tool, &["type", "function"]))
            }
            Some(_) => Err(Problem::at(path, "must be an object")),
            None => Err(Problem::at(path, "is missing")),
        }
    }

    fn declaration<'a>(
        &self,
        tool: &'a Members,
        path: String,
        outer: Members,
    ) -> Found<Declaration<'a>> {
        let name = match text(tool, "name", &path)? {
            Some("") => return Err(Problem::at(format!("{path}.name"), "is empty")),
            Some(name) => name,
            None => return Err(Problem::at(format!("{path}.name"), "is missing")),
        };
        let description = text(tool, "description", &path)?;
        let title = if self.has_title { text(tool, "title", &path)? } else { None };
        let title = title.filter(|title| !title.is_empty() && *title != name);
        let schema = self.schema_members(tool, &path)?;
        let mut taken = self.schema_names.to_vec();
        taken.push("name");
        taken.extend(description.map(|_| "description"));
        taken.extend(title.map(|_| "title"));
        let members = without(tool, &taken);
        Ok(Declaration { path, name, title, description, schema, members, outer })
    }

    /// The members that hold the schema: objects, or null where the vendor needs none.
    fn schema_members(&self, tool: &Members, path: &str) -> Found<Members> {
        let mut members = Members::new();
        for name in self.schema_names {
            let path = format!("{path}.{name}");
            match tool.get(*name) {
                None if self.needs_schema => return Err(Problem::at(path, "is missing")),
                None => continue,
                Some(Value::Object(schema)) if schema.contains_key(ANNOTATION) => {
                    return Err(Problem::at(
                        format!("{path}.{ANNOTATION}"),
                        "is reserved by Rekor",
                    ));
                }
                Some(value) if value.is_object() || (value.is_null() && !self.needs_schema) => {
                    members.insert((*name).to_owned(), value.clone());
                }
                Some(_) => return Err(Problem::at(path, "must be a JSON Schema object")),
            }
        }
        Ok(members)
    }

    /// The JSON Schema that the members of a tool mean.
    pub(super) fn read_schema(&self, members: &Members) -> Members {
        let found = self
            .schema_names
            .iter()
            .find_map(|name| Some((*name, members.get(*name)?.as_object()?)));
        match found {
            None => Members::from_iter([("type".to_owned(), json!("object"))]),
            Some(("parameters", schema)) if self.provider == Provider::Google => {
                google::read(schema)
            }
            Some((_, schema)) => schema.clone(),
        }
    }

    /// The members of a tool that mean a JSON Schema.
    pub(super) fn write_schema(&self, schema: &Members) -> Members {
        let mut schema = schema.clone();
        if !schema.contains_key("type") {
            schema.shift_insert(0, "type".to_owned(), json!("object"));
        }
        if self.provider == Provider::Google {
            if google::is_without_parameters(&schema) {
                return Members::new();
            }
            schema = google::write(&schema);
        }
        let name = self.schema_names.first().copied().unwrap_or_default();
        Members::from_iter([(name.to_owned(), Value::Object(schema))])
    }

    /// Puts what OpenAI has around a tool around it.
    pub(super) fn wrap(&self, tool: Members, outer: Members) -> Value {
        if self.provider != Provider::OpenAi {
            return Value::Object(tool);
        }
        let mut wrapped = Members::new();
        wrapped.insert("type".to_owned(), json!("function"));
        wrapped.insert("function".to_owned(), Value::Object(tool));
        super::add_missing(&mut wrapped, outer);
        Value::Object(wrapped)
    }
}

/// A text; null is as good as nothing.
fn text<'a>(tool: &'a Members, name: &str, path: &str) -> Found<Option<&'a str>> {
    match tool.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Problem::at(format!("{path}.{name}"), "must be a string")),
    }
}

/// The members but some.
fn without(members: &Members, taken: &[&str]) -> Members {
    members
        .iter()
        .filter(|(name, _)| !taken.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
