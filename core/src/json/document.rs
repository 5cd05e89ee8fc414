//! The checks a document must pass before it is stored, and the merge of PATCH.

use super::reader::{JsonError, Kind, Reader};
use crate::{Error, ErrorKind, Result, error::Detail, limits};
use std::{borrow::Cow, collections::HashSet, ops::Range};

/// Checks that `text` is one JSON object within the limits of size, depth, paths, values and key length.
///
/// # Errors
/// `PayloadTooLarge` for the size, `Validation` with the place for everything else.
pub fn check_document(text: &str) -> Result<()> {
    if text.len() > limits::DOCUMENT_BYTES_MAX {
        return Err(Error::new(
            ErrorKind::PayloadTooLarge,
            format!(
                "The document is {} bytes; the limit is 1 MiB. Split it, or store large parts as attachments.",
                text.len()
            ),
        ));
    }
    let mut reader = Reader::new(text);
    let mut facts = Facts::default();
    let kind = reader.peek().map_err(|e| invalid(text, &e))?;
    if kind != Kind::Object {
        return Err(Error::validation("`data` must be a JSON object.")
            .with_detail(Detail::at("", "expected an object")));
    }
    facts.walk(&mut reader, &mut String::new()).map_err(|e| invalid(text, &e))?;
    reader.end().map_err(|e| invalid(text, &e))?;
    facts.verdict()
}

/// A JSON error as an error for the caller, with line and column.
fn invalid(text: &str, error: &JsonError) -> Error {
    let before = text.get(..error.offset.min(text.len())).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
    let message =
        format!("The data is not valid JSON: {} (line {line}, column {column}).", error.message);
    Error::validation(message).with_detail(
        Detail::at("", error.message).with("line", line as u64).with("column", column as u64),
    )
}

#[derive(Default)]
struct Facts {
    value_count: usize,
    paths: HashSet<u64>,
    long_key: Option<String>,
    long_path: Option<String>,
}

impl Facts {
    fn walk(
        &mut self,
        reader: &mut Reader<'_>,
        path: &mut String,
    ) -> std::result::Result<(), JsonError> {
        self.value_count += 1;
        match reader.peek()? {
            Kind::Object => {
                reader.begin_object()?;
                let mut first = true;
                while let Some(name) = reader.next_member(first)? {
                    first = false;
                    self.note_key(&name);
                    let len = path.len();
                    path.push('.');
                    path.push_str(&name);
                    self.note_path(path);
                    self.walk(reader, path)?;
                    path.truncate(len);
                }
                Ok(())
            }
            Kind::Array => {
                reader.begin_array()?;
                let mut first = true;
                while reader.next_element(first)? {
                    first = false;
                    self.walk(reader, path)?;
                }
                Ok(())
            }
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => {
                if reader.peek()? == Kind::Number {
                    reader.number().map(drop)
                } else {
                    reader.skip()
                }
            }
        }
    }

    fn note_key(&mut self, name: &str) {
        if name.len() > limits::KEY_BYTES_MAX && self.long_key.is_none() {
            self.long_key = Some(name.chars().take(40).collect());
        }
    }

    fn note_path(&mut self, path: &str) {
        use std::hash::{DefaultHasher, Hasher};
        let mut hasher = DefaultHasher::new();
        hasher.write(path.as_bytes());
        self.paths.insert(hasher.finish());
        if path.len() > limits::PATH_BYTES_MAX && self.long_path.is_none() {
            self.long_path = Some(path.chars().take(80).collect());
        }
    }

    fn verdict(self) -> Result<()> {
        let problem = if let Some(key) = self.long_key {
            format!(
                "The member name starting with {key:?} is longer than {} bytes.",
                limits::KEY_BYTES_MAX
            )
        } else if let Some(path) = self.long_path {
            format!(
                "The path starting with {path:?} is longer than {} bytes.",
                limits::PATH_BYTES_MAX
            )
        } else if self.value_count > limits::DOCUMENT_VALUES_MAX {
            format!(
                "The document holds {} values; the limit is {}.",
                self.value_count,
                limits::DOCUMENT_VALUES_MAX
            )
        } else if self.paths.len() > limits::DOCUMENT_PATHS_MAX {
            format!(
                "The document holds {} distinct paths; the limit is {}.",
                self.paths.len(),
                limits::DOCUMENT_PATHS_MAX
            )
        } else {
            return Ok(());
        };
        Err(Error::validation(problem))
    }
}

/// `base` with the members of `patch` replaced or added at the top level; other members keep their bytes.
///
/// # Errors
/// `Validation` if either is no JSON object.
pub fn merge_top_level(base: &str, patch: &str) -> Result<String> {
    let mut members = top_level(base)?;
    for (name, value) in top_level(patch)? {
        match members.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => members.push((name, value)),
        }
    }
    let mut out = String::with_capacity(base.len() + patch.len());
    out.push('{');
    for (i, (name, value)) in members.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        out.push_str(&serde_json::Value::from(&**name).to_string());
        out.push(':');
        out.push_str(value);
    }
    out.push('}');
    Ok(out)
}

type Member<'a> = (Cow<'a, str>, &'a str);

fn top_level(text: &str) -> Result<Vec<Member<'_>>> {
    let read = || -> std::result::Result<Vec<Member<'_>>, JsonError> {
        let mut reader = Reader::new(text);
        let mut members: Vec<Member<'_>> = Vec::new();
        reader.begin_object()?;
        let mut first = true;
        while let Some(name) = reader.next_member(first)? {
            first = false;
            let range = Range {
                start: reader.position(),
                end: {
                    reader.skip()?;
                    reader.position()
                },
            };
            let value = text.get(range).unwrap_or("null").trim();
            match members.iter_mut().find(|(known, _)| *known == name) {
                Some((_, old)) => *old = value,
                None => members.push((name, value)),
            }
        }
        reader.end()?;
        Ok(members)
    };
    read().map_err(|error| invalid(text, &error))
}
