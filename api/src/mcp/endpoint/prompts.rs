//! Named queries as prompts: a person picks one with its parameters in a client, and the agent gets the rows.

use super::{Offer, Resolved, values};
use crate::{
    mcp::{completion::matching, result::ToolResult},
    nearest::nearest,
    service::Service,
};
use rekor_core::{Error, Result, endpoint::ToolKind};
use rmcp::model::{
    CompleteRequestParams, CompleteResult, CompletionInfo, GetPromptResult, Prompt, PromptArgument,
    PromptMessage, Reference, Role,
};
use serde_json::{Map, Value};

/// The prompts of the tools that a caller has.
pub(super) fn list(offers: &[Offer]) -> Vec<Prompt> {
    queries(offers).map(prompt).collect()
}

fn queries(offers: &[Offer]) -> impl Iterator<Item = &Offer> {
    offers.iter().filter(|offer| matches!(offer.kind, ToolKind::Query(_)))
}

fn prompt(offer: &Offer) -> Prompt {
    let schema = &offer.tool.input_schema;
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema.get("properties").and_then(Value::as_object);
    let arguments = properties.into_iter().flatten().map(|(name, rule)| {
        let argument = PromptArgument::new(name).with_required(required.contains(&name.as_str()));
        match rule["description"].as_str() {
            Some(about) => argument.with_description(about),
            None => argument,
        }
    });
    Prompt::new(&*offer.tool.name, offer.tool.description.clone(), Some(arguments.collect()))
}

/// The query behind a prompt.
///
/// # Errors
/// Validation, with the names that there are.
pub(super) fn find<'a>(offers: &'a [Offer], name: &str) -> Result<&'a Offer> {
    queries(offers).find(|offer| offer.tool.name == name).ok_or_else(|| {
        let known: Vec<&str> = queries(offers).map(|offer| &*offer.tool.name).collect();
        let has = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let near = nearest(name, known.iter().copied());
        let hint = near.map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
        Error::validation(format!("There is no prompt {name} for this token; it has {has}.{hint}"))
    })
}

/// The arguments of a prompt as those of its tool, as JSON text: all of them are strings, and empty ones as if absent.
pub(super) fn arguments(given: Option<&Map<String, Value>>) -> String {
    let given = given.into_iter().flatten().filter(|(_, value)| **value != "");
    let given: Map<String, Value> =
        given.map(|(name, value)| (name.clone(), value.clone())).collect();
    Value::Object(given).to_string()
}

/// The rows of a query as messages of a person.
pub(super) fn messages(offer: &Offer, result: ToolResult) -> GetPromptResult {
    let title = offer.tool.description.as_deref().unwrap_or_default().trim_end_matches('.');
    let opening = format!("{title}. The rows follow: the first line names the columns.");
    let mut messages = vec![PromptMessage::new_text(Role::User, opening)];
    let content = result.into_content();
    messages.extend(content.into_iter().map(|block| PromptMessage::new(Role::User, block)));
    GetPromptResult::new(messages).with_description(title)
}

/// Completes a parameter of a query with the values that it may have: those configured, or those in the data.
///
/// # Errors
/// Validation of an unknown prompt or argument; those of SQL.
pub(super) async fn complete(
    service: &Service,
    resolved: &Resolved,
    request: &CompleteRequestParams,
) -> Result<CompleteResult> {
    let Reference::Prompt(prompt) = &request.r#ref else {
        return Err(Error::validation("Only arguments of prompts can be completed here."));
    };
    let offer = find(&resolved.offers, &prompt.name)?;
    let tool = Box::pin(values::filled(service, resolved, offer)).await?;
    let properties = tool.input_schema.get("properties").and_then(Value::as_object);
    let name = &request.argument.name;
    let rule = properties.and_then(|all| all.get(name)).ok_or_else(|| {
        Error::validation(format!("The prompt {} has no argument {name}.", prompt.name))
    })?;
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let known = rule["enum"].as_array().map(|values| values.iter().map(text).collect());
    let completion: CompletionInfo = matching(known.unwrap_or_default(), &request.argument.value)?;
    Ok(CompleteResult::new(completion))
}
