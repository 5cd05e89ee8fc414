//! Prompts: what a person picks in a client to set an agent to work. Each names the tools and actions that its caller really
//! has, and brings along what is there now.

mod texts;

use super::{
    Face, Visit,
    action::{Action, TOOLS},
    call::without_schema,
    result::Reply,
    vocabulary::{Vocabulary, canonical, spoken},
};
use crate::{
    auth::Principal,
    nearest::nearest,
    operation::Operation as Op,
    service::{Service, promote::Promotion},
};
use rekor_core::{Error, Result};
use rmcp::model::{
    GetPromptRequestParams, GetPromptResult, Prompt as Listed, PromptArgument, PromptMessage, Role,
};
use serde_json::{Map, Value, json};

/// What an argument of a prompt is, so that it can be completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// Databases and previews.
    Databases,
    /// Previews of the database that `database_id` names.
    Previews,
    /// Collections of the database that `database_id` names.
    Collections,
    /// Anything.
    Words,
}

/// An argument of a prompt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Argument {
    /// Its name, in the newer vocabulary.
    pub name: &'static str,
    /// What it is, for people.
    about: &'static str,
    /// Whether the prompt needs it.
    required: bool,
    /// What it names.
    pub names: Names,
}

/// A prompt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prompt {
    pub(super) name: &'static str,
    title: &'static str,
    about: &'static str,
    /// Its arguments.
    pub arguments: &'static [Argument],
    /// What its steps need; it is listed for whoever may do all of it somewhere.
    needs: &'static [Op],
    /// The steps, with `$name` for arguments and `@Name` for what carries an operation out.
    steps: &'static str,
    /// What it brings along.
    brings: Brings,
}

/// What a prompt brings along.
#[derive(Clone, Copy, Debug)]
enum Brings {
    /// The collections of `database_id`, with their fields.
    Collections,
    /// The collection, with its schema.
    Schema,
    /// What promoting `from` would change.
    Changes,
}

const DATABASE: Argument = Argument {
    name: "database_id",
    about: "The database or preview",
    required: true,
    names: Names::Databases,
};

/// The prompts, in the order of lists.
const PROMPTS: &[Prompt] = &[
    Prompt {
        name: "explore_database",
        title: "Explore a database",
        about: "Find out what a database holds, or answer a question from it",
        arguments: &[
            DATABASE,
            Argument {
                name: "question",
                about: "What you want to know",
                required: false,
                names: Names::Words,
            },
        ],
        needs: &[Op::CollectionList, Op::CollectionDescribe, Op::Sql],
        steps: texts::EXPLORE,
        brings: Brings::Collections,
    },
    Prompt {
        name: "design_collection",
        title: "Design a collection",
        about: "Work out the schema of a new collection in a preview, and ask for its promotion",
        arguments: &[
            DATABASE,
            Argument {
                name: "purpose",
                about: "What its documents are about",
                required: true,
                names: Names::Words,
            },
        ],
        needs: &[Op::CollectionList, Op::PreviewCreate, Op::CollectionPut, Op::PromoteDryRun],
        steps: texts::DESIGN,
        brings: Brings::Collections,
    },
    Prompt {
        name: "review_preview",
        title: "Review a preview before its promotion",
        about: "Explain what promoting a preview would change, and what speaks against it",
        arguments: &[
            Argument { about: "The database that it is a preview of", ..DATABASE },
            Argument { name: "from", about: "The preview", required: true, names: Names::Previews },
        ],
        needs: &[Op::PromoteDryRun, Op::CollectionDiff],
        steps: texts::REVIEW,
        brings: Brings::Changes,
    },
    Prompt {
        name: "load_documents",
        title: "Load documents into a collection",
        about: "Turn given material into documents that fit a schema, and write them without duplicates",
        arguments: &[
            DATABASE,
            Argument {
                name: "collection",
                about: "Where the documents go",
                required: true,
                names: Names::Collections,
            },
        ],
        needs: &[Op::CollectionGet, Op::DocumentPut, Op::Batch],
        steps: texts::LOAD,
        brings: Brings::Schema,
    },
];

impl Prompt {
    fn is_offered(&self, principal: &Principal, read_only: bool) -> bool {
        let offered = |operation: &Op| {
            action_of(*operation).is_some_and(|(_, action)| action.is_offered(principal, read_only))
        };
        self.needs.iter().all(offered)
    }
}

/// The tool and action that carry an operation out.
fn action_of(operation: Op) -> Option<(&'static str, &'static Action)> {
    TOOLS.iter().find_map(|tool| {
        let action = tool.actions.iter().find(|action| action.operation == operation)?;
        Some((tool.name, action))
    })
}

/// The prompts that a caller has the rights for.
pub(super) fn list(principal: &Principal, face: &Face) -> Vec<Listed> {
    let say = |text: &str| spoken(text, face.vocabulary);
    let argument = |argument: &Argument| {
        PromptArgument::new(say(argument.name))
            .with_description(say(argument.about))
            .with_required(argument.required)
    };
    offered(principal, face)
        .map(|prompt| {
            let arguments = prompt.arguments.iter().map(argument).collect();
            Listed::new(say(prompt.name), Some(say(prompt.about)), Some(arguments))
                .with_title(say(prompt.title))
        })
        .collect()
}

/// All that a list depends on beside the face.
pub(super) fn offered(principal: &Principal, face: &Face) -> impl Iterator<Item = &'static Prompt> {
    PROMPTS.iter().filter(|prompt| prompt.is_offered(principal, face.read_only))
}

/// The prompt of a name in either vocabulary, if it is offered to the caller.
///
/// # Errors
/// Validation, with the names that there are.
pub(super) fn find(name: &str, visit: &Visit) -> Result<&'static Prompt> {
    let (principal, face) = (&visit.caller.principal, &visit.place.face);
    let offered = || offered(principal, face);
    let found = offered()
        .find(|prompt| prompt.name == name || spoken(prompt.name, Vocabulary::Workspaces) == name);
    found.ok_or_else(|| {
        let known: Vec<&str> = offered().map(|prompt| prompt.name).collect();
        let has = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let near = nearest(name, known.iter().copied());
        let hint = near.map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
        Error::validation(format!(
            "There is no prompt {name} for this credential; it has {}.{hint}",
            spoken(&has, face.vocabulary)
        ))
    })
}

/// A prompt, filled with its arguments and with what is there.
///
/// # Errors
/// Validation of name and arguments, and those of looking at what it brings along.
pub(super) async fn get(
    service: &Service,
    visit: &Visit,
    request: &GetPromptRequestParams,
) -> Result<GetPromptResult> {
    let prompt = find(&request.name, visit)?;
    let arguments = check(prompt, request.arguments.as_ref())?;
    let brought = bring(service, visit, prompt.brings, &arguments).await?;
    let say = |text: &str| spoken(text, visit.place.face.vocabulary);
    let mut messages = vec![PromptMessage::new_text(Role::User, fill(prompt, visit, &arguments))];
    let content = brought.into_result(true)?.into_content();
    messages.extend(content.into_iter().map(|block| PromptMessage::new(Role::User, block)));
    Ok(GetPromptResult::new(messages).with_description(say(prompt.about)))
}

/// Arguments by their names in the newer vocabulary; empty ones are as if absent.
fn check(
    prompt: &Prompt,
    given: Option<&Map<String, Value>>,
) -> Result<Vec<(&'static str, String)>> {
    let known: Vec<&str> = prompt.arguments.iter().map(|argument| argument.name).collect();
    for name in given.into_iter().flat_map(Map::keys) {
        let wanted = canonical(name);
        if !known.contains(&wanted) {
            return Err(Error::validation(format!(
                "{}: there is no argument {name}; it takes {}.",
                prompt.name,
                known.join(", ")
            )));
        }
    }
    let value = |name: &str| {
        let (_, value) = given?.iter().find(|(given, _)| canonical(given) == name)?;
        value.as_str().map(str::to_owned).filter(|text| !text.trim().is_empty())
    };
    let mut arguments = Vec::new();
    for argument in prompt.arguments {
        match value(argument.name) {
            Some(value) => arguments.push((argument.name, value)),
            None if argument.required => {
                return Err(Error::validation(format!(
                    "{}: {} is missing: {}, as a string.",
                    prompt.name,
                    argument.name,
                    argument.about.to_lowercase()
                )));
            }
            None => arguments.push((argument.name, String::new())),
        }
    }
    Ok(arguments)
}

/// The steps of a prompt in the caller's vocabulary. What the arguments say is put in last, as it is.
fn fill(prompt: &Prompt, visit: &Visit, arguments: &[(&str, String)]) -> String {
    let (principal, face) = (&visit.caller.principal, &visit.place.face);
    let lines = prompt.steps.lines().filter_map(|line| {
        let mut line = line.to_owned();
        for (word, operation) in texts::OPERATIONS {
            if !line.contains(word) {
                continue;
            }
            let (tool, action) = action_of(*operation)?;
            if !action.is_offered(principal, face.read_only) {
                return None;
            }
            let how = match action.name {
                "" => tool.to_owned(),
                name => format!("{tool}({name})"),
            };
            line = line.replace(word, &how);
        }
        let absent = arguments
            .iter()
            .any(|(name, value)| value.is_empty() && line.contains(&format!("${name}")));
        (!absent).then_some(line)
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    put_in(&spoken(&text, face.vocabulary), arguments)
}

/// A text with the values of its arguments; what stands in a value is not looked at.
fn put_in(text: &str, arguments: &[(&str, String)]) -> String {
    let mut parts = text.split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
        let (name, rest) = part.split_at(part.find(|c| !is_name(c)).unwrap_or(part.len()));
        let wanted = canonical(name);
        match arguments.iter().find(|(known, _)| *known == wanted) {
            Some((_, value)) => out.push_str(value),
            None if name == "most" => out.push_str(&texts::MOST.to_string()),
            None => out.push_str(name),
        }
        out.push_str(rest);
    }
    out
}

async fn bring(
    service: &Service,
    visit: &Visit,
    brings: Brings,
    arguments: &[(&str, String)],
) -> Result<Reply> {
    let caller = &visit.caller;
    let argument = |name: &str| {
        let found = arguments.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let database = argument("database_id");
    match brings {
        Brings::Collections => {
            let all = service.list_collections(caller, database)?;
            let data: Vec<Value> = all.into_iter().map(without_schema).collect();
            let meta = json!({"total": data.len()});
            Ok(Reply::List { data, meta })
        }
        Brings::Schema => {
            Reply::object(&service.get_collection(caller, database, argument("collection"))?)
        }
        Brings::Changes => {
            let body = json!({"from": argument("from"), "dry_run": true});
            let body: Promotion =
                serde_json::from_value(body).map_err(|error| Error::internal(error.to_string()))?;
            Reply::object(&service.promote(caller, database, body).await?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_name_what_there_is() {
        for prompt in PROMPTS {
            assert!(prompt.is_offered(&Principal::local(), false), "{}", prompt.name);
            for needed in prompt.needs {
                assert!(action_of(*needed).is_some(), "{} {needed:?}", prompt.name);
            }
            let mut steps = prompt.steps.to_owned();
            for (word, operation) in texts::OPERATIONS {
                assert!(action_of(*operation).is_some(), "{word}");
                steps = steps.replace(word, "");
            }
            for argument in prompt.arguments {
                assert!(steps.contains(&format!("${}", argument.name)), "{}", prompt.name);
                steps = steps.replace(&format!("${}", argument.name), "");
            }
            let steps = steps.replace("$most", "");
            assert!(!steps.contains(['@', '$']), "{}: {steps}", prompt.name);
        }
    }

    #[test]
    fn what_arguments_say_is_taken_as_it_is() {
        let arguments = [("database_id", "a$question".to_owned()), ("question", "b".to_owned())];
        let text = put_in("In $workspace_id: $question, $most", &arguments);
        assert_eq!(text, "In a$question: b, 1000");
    }
}
