//! The arguments of a call: checked against what the action takes, kept as the JSON text that came, so that data is stored
//! byte for byte as the agent sent it.

use super::{
    action::Action,
    parameter::{Kind, Parameter},
    vocabulary,
};
use rekor_core::{Error, Result, error::Detail};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, value::RawValue};
use std::collections::BTreeMap;

/// How much of a wrong value an error shows.
const GIVEN_CHARS_MAX: usize = 80;

/// Arguments by name, in the newer vocabulary; `null` is as if absent.
#[derive(Debug)]
pub(super) struct Arguments(BTreeMap<String, Box<RawValue>>);

impl Arguments {
    /// Reads the object that came with a call.
    ///
    /// # Errors
    /// Validation, if it is no object.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let given: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text)
            .map_err(|error| Error::validation(format!("arguments is no JSON object: {error}.")))?;
        let given = given.into_iter().filter(|(_, value)| value.get() != "null");
        Ok(Self(given.map(|(name, value)| (vocabulary::canonical(&name), value)).collect()))
    }

    /// Reads the object that came with a call of a tool that somebody configured: names are as they are.
    ///
    /// # Errors
    /// Validation, if it is no object.
    pub(super) fn plain(text: &str) -> Result<Self> {
        let given: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text)
            .map_err(|error| Error::validation(format!("arguments is no JSON object: {error}.")))?;
        Ok(Self(given.into_iter().filter(|(_, value)| value.get() != "null").collect()))
    }

    /// Checks names against the schema of a tool; JSON text in place of anything but text becomes what it holds.
    ///
    /// # Errors
    /// Validation with `path` and what would be right, for each argument that is unknown or missing.
    pub(super) fn check_schema(&mut self, tool: &str, schema: &Map<String, Value>) -> Result<()> {
        let properties = schema.get("properties").and_then(Value::as_object);
        let known = || properties.into_iter().flatten().map(|(name, _)| name.as_str());
        let mut problems = Vec::new();
        for (name, value) in &mut self.0 {
            let Some(rule) = properties.and_then(|all| all.get(name)) else {
                problems.push(unknown_of(name, known().collect()));
                continue;
            };
            let holds_json = value.get().starts_with('"') && rule["type"] != "string";
            let text: Option<String> =
                holds_json.then(|| serde_json::from_str(value.get()).ok()).flatten();
            if let Some(held) = text.and_then(|text| RawValue::from_string(text).ok()) {
                *value = held;
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !self.0.contains_key(name) {
                let message = format!("{name} is missing");
                problems.push(Detail::at(format!("/{name}"), message));
            }
        }
        refuse(tool, problems)
    }

    /// The text of an argument.
    pub(super) fn raw(&self, name: &str) -> Option<Box<RawValue>> {
        self.0.get(name).cloned()
    }

    /// Takes the name of the action out, if there is one.
    pub(super) fn take_action(&mut self) -> Option<String> {
        let value = self.0.remove("action")?;
        Some(serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned()))
    }

    /// Checks names and types against an action; JSON text in place of an object or array becomes what it holds.
    ///
    /// # Errors
    /// Validation with `path`, `expected`, `given` and `example` for each argument that is wrong or missing.
    pub(super) fn check(&mut self, tool: &str, action: &Action) -> Result<()> {
        let place = if action.name.is_empty() {
            tool.to_owned()
        } else {
            format!("{tool} with action {:?}", action.name)
        };
        let mut problems = Vec::new();
        for name in self.0.keys() {
            if !action.parameters().any(|parameter| parameter.name == name) {
                problems.push(unknown(name, action));
            }
        }
        for parameter in action.parameters() {
            match self.0.get_mut(parameter.name) {
                Some(value) => problems.extend(coerce(parameter, value)?),
                None if action.required.contains(parameter) => problems.push(missing(parameter)),
                None => {}
            }
        }
        refuse(&place, problems)
    }

    /// A text; empty if it was not given.
    pub(super) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default()
    }

    /// A value of an argument that was given and checked.
    pub(super) fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }

    /// The body of a request: the arguments named, each under the name it has there. The texts stay as they came.
    ///
    /// # Errors
    /// Validation, if the body is not what the operation takes.
    pub(super) fn body<T: DeserializeOwned>(&self, members: &[(&str, &str)]) -> Result<T> {
        let members: Vec<String> = members
            .iter()
            .filter_map(|(argument, member)| {
                Some(format!("{}:{}", Value::from(*member), self.0.get(*argument)?.get()))
            })
            .collect();
        serde_json::from_str(&format!("{{{}}}", members.join(","))).map_err(|error| {
            let error = error.to_string();
            let reason = error.split(" at line ").next().unwrap_or_default();
            Error::validation(format!("The arguments are not what the operation takes: {reason}."))
        })
    }
}

fn refuse(place: &str, problems: Vec<Detail>) -> Result<()> {
    let Some(first) = problems.first() else { return Ok(()) };
    let reason = first.get("message").and_then(Value::as_str).unwrap_or_default();
    let more = if problems.len() > 1 {
        format!(" (and {} more problems)", problems.len() - 1)
    } else {
        String::new()
    };
    let error = Error::validation(format!("{place}: {reason}{more}."));
    Err(problems.into_iter().fold(error, Error::with_detail))
}

fn raw(json: &str) -> Result<Box<RawValue>> {
    RawValue::from_string(json.to_owned()).map_err(|error| Error::internal(error.to_string()))
}

/// Reads JSON text, numbers and flags in quotes as what they hold; says what is wrong with anything else.
fn coerce(parameter: &Parameter, value: &mut Box<RawValue>) -> Result<Option<Detail>> {
    let parsed: Value = serde_json::from_str(value.get()).unwrap_or_default();
    if parameter.kind.holds(&parsed) {
        return Ok(None);
    }
    if let (Value::String(text), true) = (&parsed, parameter.kind.may_be_text()) {
        let held: Option<Value> = serde_json::from_str(text).ok();
        if held.is_some_and(|held| parameter.kind.holds(&held)) {
            *value = raw(text.trim())?;
            return Ok(None);
        }
        if parameter.kind == Kind::Texts && !text.trim_start().starts_with('[') {
            let names: Vec<&str> = text.split(',').map(str::trim).collect();
            *value = raw(&Value::from(names).to_string())?;
            return Ok(None);
        }
    }
    let given: String = value.get().chars().take(GIVEN_CHARS_MAX).collect();
    let message = format!(
        "{} must be {}, such as {}",
        parameter.name,
        parameter.kind.expected(),
        parameter.example
    );
    Ok(Some(detail(parameter, message).with("given", given)))
}

fn missing(parameter: &Parameter) -> Detail {
    let message = format!("{} is missing: give it, such as {}", parameter.name, parameter.example);
    detail(parameter, message)
}

fn detail(parameter: &Parameter, message: String) -> Detail {
    let example: Value = serde_json::from_str(parameter.example).unwrap_or_default();
    Detail::at(format!("/{}", parameter.name), message)
        .with("expected", parameter.kind.expected())
        .with("example", example)
}

fn unknown(name: &str, action: &Action) -> Detail {
    unknown_of(name, action.parameters().map(|parameter| parameter.name).collect())
}

fn unknown_of(name: &str, known: Vec<&str>) -> Detail {
    let near = crate::nearest::nearest(name, known.iter().copied());
    let hint = near.map_or_else(
        || format!("it takes {}", known.join(", ")),
        |near| format!("did you mean {near}?"),
    );
    let message = format!("there is no argument {name}; {hint}");
    let detail = Detail::at(format!("/{name}"), message.trim_end_matches('?'));
    match near {
        Some(near) => detail.with("did_you_mean", near),
        None => detail.with("expected", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::action::TOOLS, *};

    fn checked(text: &str) -> Result<Arguments> {
        let tool = TOOLS.iter().find(|tool| tool.name == "manage_document").unwrap();
        let action = tool.actions.iter().find(|action| action.name == "upsert").unwrap();
        let mut arguments = Arguments::parse(text).unwrap();
        arguments.check(tool.name, action)?;
        Ok(arguments)
    }

    #[test]
    fn data_keeps_its_text_and_may_come_as_text() {
        let body = |arguments: &Arguments| {
            arguments.body::<BTreeMap<String, Box<RawValue>>>(&[("data", "data")]).unwrap()["data"]
                .get()
                .to_owned()
        };
        let plain =
            r#"{"workspace_id":"a","collection":"c","data":{"n": 12345678901234567890123}}"#;
        assert_eq!(body(&checked(plain).unwrap()), r#"{"n": 12345678901234567890123}"#);
        let text =
            r#"{"database_id":"a","collection":"c","data":"{\"n\":1.50}","external_id":null}"#;
        let arguments = checked(text).unwrap();
        assert_eq!(body(&arguments), r#"{"n":1.50}"#);
        assert_eq!(arguments.text("external_id"), "");
    }

    #[test]
    fn what_is_wrong_says_what_would_be_right() {
        let error = checked(r#"{"database_id":"a","colection":"c","data":[1]}"#).unwrap_err();
        let of = |path: &str, name: &str| {
            let at = |detail: &&Detail| detail.get("path") == Some(&Value::from(path));
            error.details.iter().find(at).and_then(|detail| detail.get(name)).cloned()
        };
        assert_eq!(of("/colection", "did_you_mean"), Some("collection".into()));
        assert_eq!(of("/collection", "example"), Some("invoices".into()));
        assert_eq!(of("/data", "expected"), Some("an object".into()));
        assert_eq!(of("/data", "given"), Some("[1]".into()));
    }
}
