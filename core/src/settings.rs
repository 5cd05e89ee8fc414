//! What a database is told to do by itself: how long it keeps what nobody asked it to delete.

use crate::{Error, limits};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};

const HOUR_MS: i64 = 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The settings of a database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How long things are kept.
    #[serde(deserialize_with = "object")]
    pub retention: Retention,
}

/// How long things are kept; what is absent is as Rekor has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Entries of the operations log: at least so many days; for ever, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operations_log_days: Option<u32>,
    /// Once deleted, the database can be restored for so many days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_database_days: Option<u32>,
    /// The answer to a request with an `Idempotency-Key`, for so many hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key_hours: Option<u32>,
}

/// Reads a JSON object; serde would take an array for one, by position.
///
/// # Errors
/// What serde says of other values.
pub fn object<'de, T: DeserializeOwned, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    let members = serde_json::Map::deserialize(from)?;
    serde_json::from_value(members.into()).map_err(serde::de::Error::custom)
}

impl Settings {
    /// Whether every number makes sense.
    ///
    /// # Errors
    /// Validation, with the range.
    pub fn check(&self) -> crate::Result<()> {
        let retention = &self.retention;
        let ranges = [
            ("operations_log_days", retention.operations_log_days, limits::LOG_DAYS_MAX),
            ("deleted_database_days", retention.deleted_database_days, limits::DELETED_DAYS_MAX),
            ("idempotency_key_hours", retention.idempotency_key_hours, limits::KEY_HOURS_MAX),
        ];
        for (name, given, max) in ranges {
            if given.is_some_and(|given| given < 1 || given > max) {
                return Err(Error::validation(format!(
                    "settings.retention.{name} is a number from 1 to {max}; leave it out for the default."
                )));
            }
        }
        Ok(())
    }
}

impl Retention {
    /// How long entries of the operations log are kept, in milliseconds; for ever, if `None`.
    pub fn operations_log_ms(&self) -> Option<i64> {
        self.operations_log_days.map(|days| i64::from(days) * DAY_MS)
    }

    /// How long the deleted database can be restored, in milliseconds.
    pub fn deleted_database_ms(&self) -> i64 {
        self.deleted_database_days
            .map_or(limits::DELETED_DATABASE_MS, |days| i64::from(days) * DAY_MS)
    }

    /// How long the answer to a request that may be sent again is kept, in milliseconds.
    pub fn idempotency_key_ms(&self) -> i64 {
        self.idempotency_key_hours
            .map_or(limits::IDEMPOTENCY_KEY_MS, |hours| i64::from(hours) * HOUR_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_ranges_and_unknown_names_are_refused() {
        let of = |text: &str| serde_json::from_str::<Settings>(text);
        let settings = of(r#"{"retention": {"operations_log_days": 90}}"#).unwrap();
        settings.check().unwrap();
        assert_eq!(settings.retention.operations_log_ms(), Some(90 * DAY_MS));
        assert_eq!(settings.retention.deleted_database_ms(), 30 * DAY_MS);
        assert_eq!(settings.retention.idempotency_key_ms(), 24 * HOUR_MS);
        assert!(of(r#"{"retention": {"idempotency_key_hours": 0}}"#).unwrap().check().is_err());
        assert!(of(r#"{"retention": {"deleted_database_days": 366}}"#).unwrap().check().is_err());
        assert!(of(r#"{"retention": {"log_days": 3}}"#).is_err());
        assert!(of(r#"{"color": "blue"}"#).is_err());
        assert!(of(r#"{"retention": [90, null, null]}"#).is_err());
    }
}
