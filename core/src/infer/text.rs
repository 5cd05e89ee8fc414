//! The strings at one place: their format, or the few values they have.

use chrono::{DateTime, NaiveDate};
use serde_json::{Map, Value};

/// Fewest strings that make an `enum`: fewer say little about what may come.
const ENUM_SEEN_MIN: u64 = 20;
/// Most values of an `enum`.
const ENUM_VALUES_MAX: usize = 8;
/// Longest value of an `enum`, in bytes.
const ENUM_VALUE_BYTES_MAX: usize = 40;

/// All strings at one place, at least one.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    count: u64,
    date_times: u64,
    dates: u64,
    /// Distinct values, as long as they are few and short.
    distinct: Vec<String>,
    many: bool,
}

impl Texts {
    /// Widens the strings by one.
    pub(super) fn add(&mut self, text: &str) {
        // A format must hold for all, so that one that failed before is not tried again.
        self.date_times += u64::from(self.date_times == self.count && is_date_time(text));
        self.dates += u64::from(self.dates == self.count && is_date(text));
        self.count += 1;
        self.add_distinct(text);
    }

    fn add_distinct(&mut self, text: &str) {
        if self.many || self.distinct.iter().any(|known| known == text) {
            return;
        }
        if self.distinct.len() == ENUM_VALUES_MAX || text.len() > ENUM_VALUE_BYTES_MAX {
            self.many = true;
            self.distinct = Vec::new();
        } else {
            self.distinct.push(text.to_owned());
        }
    }

    /// Widens the strings by those of another place.
    pub(super) fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.date_times += other.date_times;
        self.dates += other.dates;
        if other.many {
            self.many = true;
            self.distinct = Vec::new();
        }
        other.distinct.iter().for_each(|text| self.add_distinct(text));
    }

    /// Adds `format` or `enum` to a schema. Times with few values so far are no enumeration.
    pub(super) fn describe(
        &self,
        schema: &mut Map<String, Value>,
        with_enum: bool,
        nullable: bool,
    ) {
        if self.date_times == self.count {
            schema.insert("format".to_owned(), Value::from("date-time"));
        } else if self.dates == self.count {
            schema.insert("format".to_owned(), Value::from("date"));
        } else if with_enum && !self.many && self.count >= ENUM_SEEN_MIN {
            let null = nullable.then_some(Value::Null);
            let values = self.distinct.iter().map(|text| Value::from(text.as_str())).chain(null);
            schema.insert("enum".to_owned(), values.collect());
        }
    }
}

/// A full date of RFC 3339, `2026-01-31`. chrono alone also takes signs, spaces and single digits.
fn is_date(text: &str) -> bool {
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(i, byte)| match i {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    shaped && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

/// A date and time of RFC 3339, but for leap seconds, on which validators differ. chrono alone also takes a space for
/// the `T` and other characters for the minus of an offset.
fn is_date_time(text: &str) -> bool {
    let leap = text.get(17..19) == Some("60");
    text.is_ascii()
        && matches!(text.as_bytes().get(10), Some(b'T' | b't'))
        && !leap
        && text.get(..10).is_some_and(is_date)
        && DateTime::parse_from_rfc3339(text).is_ok()
}
