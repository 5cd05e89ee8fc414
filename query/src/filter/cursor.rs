//! Keyset cursors: where a page ended, as the values of its last row. A page after one costs the same at any depth.

use super::{Writer, list::Key};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rekor_core::{Error, Result};
use serde_json::Value;

/// The values of the order's keys in the last row of a page.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cursor(Vec<Value>);

impl Cursor {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self(values)
    }

    /// Opaque text for clients.
    pub(super) fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(Value::from(self.0.clone()).to_string())
    }

    /// Reads a cursor of an order of `count` keys.
    ///
    /// # Errors
    /// Validation.
    pub(super) fn parse(text: &str, count: usize) -> Result<Self> {
        let values = URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Vec<Value>>(&bytes).ok())
            .filter(|values| values.len() == count);
        values.map(Self).ok_or_else(|| {
            Error::validation(
                "The cursor does not belong to this order; take `meta.next_cursor` of a page with the same sort.",
            )
        })
    }

    /// The rows behind the cursor: those equal in the first keys and behind in the next. Missing values come last.
    pub(super) fn condition(&self, keys: &[Key], writer: &mut Writer) -> String {
        let mut equal: Vec<String> = Vec::new();
        let mut behind: Vec<String> = Vec::new();
        for (key, value) in keys.iter().zip(&self.0) {
            let expression = &key.expression;
            if value.is_null() {
                // Nothing is behind a missing value but rows that the next keys tell apart.
                equal.push(format!("{expression} IS NULL"));
                continue;
            }
            let value = writer.bind(key.ty, value.clone());
            let operator = if key.descending { '<' } else { '>' };
            let further =
                format!("(ifNull({expression} {operator} {value}, false) OR {expression} IS NULL)");
            behind.push(join(&equal, &further));
            equal.push(format!("ifNull({expression} = {value}, false)"));
        }
        if behind.is_empty() { "false".to_owned() } else { format!("({})", behind.join(" OR ")) }
    }
}

fn join(equal: &[String], further: &str) -> String {
    let parts: Vec<&str> = equal.iter().map(String::as_str).chain([further]).collect();
    format!("({})", parts.join(" AND "))
}
