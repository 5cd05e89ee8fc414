//! The arguments of a call: checked against what the action takes, kept as the JSON text that came, so that data is stored
//! byte for byte as the agent sent it.

use super::{
    action::Action,
    parameter::{Kind, Parameter},
    vocabulary,
};
use rekor_core::{Error, Result, error::Detail};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor, value::MapDeserializer},
};
use serde_json::{Map, Value, value::RawValue};
use std::{borrow::Cow, fmt};

/// How much of a wrong value an error shows.
const GIVEN_CHARS_MAX: usize = 80;

/// Arguments by name, in the newer vocabulary; `null` is as if absent, and of two with one name the later counts.
#[derive(Debug)]
pub(super) struct Arguments<'a>(Vec<(Cow<'a, str>, Cow<'a, RawValue>)>);

impl<'a> Arguments<'a> {
    /// Reads the object that came with a call.
    ///
    /// # Errors
    /// Validation, if it is no object.
    pub(super) fn parse(text: &'a str) -> Result<Self> {
        let mut arguments = Self::plain(text)?;
        for (name, _) in &mut arguments.0 {
            if let Some(canonical) = vocabulary::alias(name) {
                *name = Cow::Borrowed(canonical);
            }
        }
        Ok(arguments)
    }

    /// Reads the object that came with a call of a tool that somebody configured: names are as they are.
    ///
    /// # Errors
    /// Validation, if it is no object.
    pub(super) fn plain(text: &'a str) -> Result<Self> {
        serde_json::from_str(text)
            .map_err(|error| Error::validation(format!("arguments is no JSON object: {error}.")))
    }

    fn value(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().rfind(|(given, _)| given == name).map(|(_, value)| &**value)
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
            let Some(rule) = properties.and_then(|all| all.get(&**name)) else {
                problems.push(unknown_of(name, known().collect()));
                continue;
            };
            let holds_json = value.get().starts_with('"') && rule["type"] != "string";
            let text: Option<String> =
                holds_json.then(|| serde_json::from_str(value.get()).ok()).flatten();
            if let Some(held) = text.and_then(|text| RawValue::from_string(text).ok()) {
                *value = Cow::Owned(held);
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if self.value(name).is_none() {
                let message = format!("{name} is missing");
                problems.push(Detail::at(format!("/{name}"), message));
            }
        }
        refuse(tool, problems)
    }

    /// The text of an argument.
    pub(super) fn raw(&self, name: &str) -> Option<Box<RawValue>> {
        self.value(name).map(RawValue::to_owned)
    }

    /// Takes the name of the action out, if there is one.
    pub(super) fn take_action(&mut self) -> Option<String> {
        let value = self.value("action")?.get();
        let action = serde_json::from_str(value).unwrap_or_else(|_| value.to_owned());
        self.0.retain(|(name, _)| name != "action");
        Some(action)
    }

    /// Checks names and types against an action; JSON text in place of an object or array becomes what it holds.
    ///
    /// # Errors
    /// Validation with `path`, `expected`, `given` and `example` for each argument that is wrong or missing.
    pub(super) fn check(&mut self, tool: &str, action: &Action) -> Result<()> {
        let mut problems = Vec::new();
        for (name, _) in &self.0 {
            if !action.parameters().any(|parameter| parameter.name == name) {
                problems.push(unknown(name, action));
            }
        }
        for parameter in action.parameters() {
            match self.0.iter_mut().rfind(|(name, _)| name == parameter.name) {
                Some((_, value)) => problems.extend(coerce(parameter, value)?),
                None if action.required.contains(parameter) => problems.push(missing(parameter)),
                None => {}
            }
        }
        if problems.is_empty() {
            return Ok(());
        }
        let place = if action.name.is_empty() {
            tool.to_owned()
        } else {
            format!("{tool} with action {:?}", action.name)
        };
        refuse(&place, problems)
    }

    /// A text; empty if it was not given.
    pub(super) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default()
    }

    /// A value of an argument that was given and checked.
    pub(super) fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.value(name)?.get()).ok()
    }

    /// The body of a request: the arguments named, each under the name it has there. The texts stay as they came.
    ///
    /// # Errors
    /// Validation, if the body is not what the operation takes.
    pub(super) fn body<T: DeserializeOwned>(&self, members: &[(&str, &str)]) -> Result<T> {
        let given =
            members.iter().filter_map(|(argument, member)| Some((*member, self.value(argument)?)));
        T::deserialize(MapDeserializer::new(given)).map_err(|error: serde_json::Error| {
            let error = error.to_string();
            let reason = error.split(" at line ").next().unwrap_or_default();
            Error::validation(format!("The arguments are not what the operation takes: {reason}."))
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Arguments<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members).map(Self)
    }
}

/// A name that stays where it came from, unless it has escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads the members of an object that are not `null`, in their order.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(Cow<'de, str>, Cow<'de, RawValue>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(8);
        while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
            if value.get() != "null" {
                members.push((name, Cow::Borrowed(value)));
            }
        }
        Ok(members)
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
fn coerce(parameter: &Parameter, value: &mut Cow<'_, RawValue>) -> Result<Option<Detail>> {
    if parameter.kind.holds(value.get()) {
        return Ok(None);
    }
    let is_quoted = value.get().starts_with('"') && parameter.kind.may_be_text();
    let text: Option<String> = is_quoted.then(|| serde_json::from_str(value.get()).ok()).flatten();
    if let Some(text) = text {
        let held = RawValue::from_string(text.trim().to_owned()).ok();
        if let Some(held) = held.filter(|held| parameter.kind.holds(held.get())) {
            *value = Cow::Owned(held);
            return Ok(None);
        }
        if parameter.kind == Kind::Texts && !text.trim_start().starts_with('[') {
            let names: Vec<&str> = text.split(',').map(str::trim).collect();
            *value = Cow::Owned(raw(&Value::from(names).to_string())?);
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
    use std::collections::BTreeMap;

    fn checked(text: &str) -> Result<Arguments<'_>> {
        let tool = TOOLS.iter().find(|tool| tool.name == "manage_document").unwrap();
        let action = tool.actions.iter().find(|action| action.name == "upsert").unwrap();
        let mut arguments = Arguments::parse(text).unwrap();
        arguments.check(tool.name, action)?;
        Ok(arguments)
    }

    #[test]
    fn data_keeps_its_text_and_may_come_as_text() {
        let body = |arguments: &Arguments<'_>| {
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
