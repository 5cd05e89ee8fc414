//! The arguments of a tool call as the data of a document.

use super::{Problem, Provider};
use crate::Result;
use serde_json::{Map, Value};

/// The data of the document that a tool call makes: its arguments. A call may be given alone or as it stands in an answer
/// of the vendor, whose other members are of no interest.
///
/// # Errors
/// Validation, if the arguments are missing or no JSON object.
pub fn call_data(provider: Provider, call: &Value) -> Result<Map<String, Value>> {
    arguments(provider, call).map_err(Problem::into_error)
}

fn arguments(provider: Provider, call: &Value) -> std::result::Result<Map<String, Value>, Problem> {
    let (around, name, example) = match provider {
        Provider::OpenAi => (Some("function"), "arguments", "{\"arguments\":{…}}"),
        Provider::Anthropic => (None, "input", "{\"input\":{…}}"),
        Provider::Google => (Some("functionCall"), "args", "{\"args\":{…}}"),
        Provider::Mcp => (Some("params"), "arguments", "{\"arguments\":{…}}"),
    };
    let members = call
        .as_object()
        .ok_or_else(|| Problem::at("call", &format!("must be an object such as {example}")))?;
    let (members, path) = match around.and_then(|around| Some((around, members.get(around)?))) {
        Some((around, Value::Object(inner))) => (inner, format!("call.{around}.{name}")),
        Some((around, _)) => {
            return Err(Problem::at(format!("call.{around}"), "must be an object"));
        }
        None => (members, format!("call.{name}")),
    };
    match members.get(name) {
        Some(Value::Object(data)) => Ok(data.clone()),
        Some(Value::String(text)) if provider == Provider::OpenAi => parse(text, path),
        Some(_) => Err(Problem::at(path, "must be a JSON object")),
        None => {
            let what = format!("is missing; give the call of {} as {example}", provider.as_str());
            Err(Problem::at(path, &what))
        }
    }
}

/// Arguments as OpenAI sends them: JSON in a string.
fn parse(text: &str, path: String) -> std::result::Result<Map<String, Value>, Problem> {
    match serde_json::from_str(text) {
        Ok(Value::Object(data)) => Ok(data),
        Ok(_) => Err(Problem::at(path, "is a string, but the JSON in it is no object")),
        Err(error) => Err(Problem::at(
            path,
            &format!("is a string, but there is no valid JSON in it: {error}"),
        )),
    }
}
