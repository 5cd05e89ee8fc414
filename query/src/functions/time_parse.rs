//! Text as times: `parseDateTime` with a format of MySQL's or Joda's letters, and the best effort without one.

use super::{
    args::{illegal, is_text, text, wrap_nullable},
    compare::constant_value,
    time_floor::{counted, value_of, zone_name},
    time_format::{Piece, pieces},
    udf::{Call, Nulls, row_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, instant_at, zone_of},
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// The functions of this module; each also as `…OrNull` and `…OrZero`.
pub(super) const NAMES: &[&str] = &[
    "parseDateTime",
    "parseDateTime32BestEffort",
    "parseDateTime64",
    "parseDateTime64BestEffort",
    "parseDateTime64BestEffortUS",
    "parseDateTime64InJodaSyntax",
    "parseDateTimeBestEffort",
    "parseDateTimeBestEffortUS",
    "parseDateTimeInJodaSyntax",
];

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// What a text says of a time.
#[derive(Default)]
struct Fields {
    year: Option<i32>,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<u32>,
    weekday: bool,
    hour: u32,
    /// Whether the hour is of twelve, and in which half of the day.
    half: Option<bool>,
    minute: u32,
    second: u32,
    micros: u32,
    ahead: Option<i32>,
    zone: Option<Tz>,
}

/// The rest of a text that is being read.
struct Reader<'a>(&'a str);

impl Reader<'_> {
    /// A number of at least and at most so many digits.
    fn number(&mut self, least: usize, most: usize) -> Option<u32> {
        let digits = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.0.split_at_checked(digits).filter(|_| digits >= least)?;
        self.0 = rest;
        number.parse().ok()
    }

    fn literal(&mut self, wanted: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(wanted)?;
        Some(())
    }

    fn spaces(&mut self) {
        self.0 = self.0.trim_start();
    }

    /// One of some names, whole or its first three letters; the place of it.
    fn name(&mut self, names: &[&str], whole: bool) -> Option<usize> {
        let at = names.iter().position(|name| {
            let wanted = if whole { name } else { name.get(..3).unwrap_or(name) };
            self.0.get(..wanted.len()).is_some_and(|head| head.eq_ignore_ascii_case(wanted))
        })?;
        let size = names.get(at).map(|name| if whole { name.len() } else { 3 })?;
        self.0 = self.0.get(size..)?;
        Some(at)
    }

    fn half(&mut self) -> Option<bool> {
        self.name(&["am ", "pm "].map(|half| half.trim_end()), true).map(|at| at == 1)
    }

    /// `+0200` or `+02:00`, in seconds.
    fn offset(&mut self) -> Option<i32> {
        let sign = if self.literal("-").is_some() { -1 } else { self.literal("+").map(|()| 1)? };
        let hours = i32::try_from(self.number(2, 2)?).ok()?;
        let _colon = self.literal(":");
        let minutes = i32::try_from(self.number(2, 2)?).ok()?;
        Some(sign * (hours * 3_600 + minutes * 60))
    }

    fn fraction(&mut self) -> Option<u32> {
        let before = self.0.len();
        let number = self.number(1, 6)?;
        let digits = u32::try_from(before - self.0.len()).ok()?;
        Some(number * 10_u32.pow(6 - digits))
    }
}

impl Fields {
    fn set_hour(&mut self, hour: Option<u32>, range: std::ops::RangeInclusive<u32>) -> Option<()> {
        self.hour = hour.filter(|hour| range.contains(hour))?;
        Some(())
    }

    /// One letter of MySQL's formats.
    fn mysql(&mut self, letter: char, reader: &mut Reader<'_>) -> Option<()> {
        match letter {
            'Y' => self.year = Some(i32::try_from(reader.number(4, 4)?).ok()?),
            'y' => {
                let year = i32::try_from(reader.number(2, 2)?).ok()?;
                self.year = Some(if year < 70 { 2000 + year } else { 1900 + year });
            }
            'm' => self.month = Some(reader.number(2, 2)?),
            'c' => self.month = Some(reader.number(1, 2)?),
            'd' => self.day = Some(reader.number(2, 2)?),
            'e' => {
                reader.spaces();
                self.day = Some(reader.number(1, 2)?);
            }
            'j' => self.day_of_year = Some(reader.number(3, 3)?),
            'b' => self.month = Some(reader.name(&MONTHS, false)? as u32 + 1),
            'M' => self.month = Some(reader.name(&MONTHS, true)? as u32 + 1),
            'a' => self.weekday = reader.name(&WEEKDAYS, false).map(|_| true)?,
            'W' => self.weekday = reader.name(&WEEKDAYS, true).map(|_| true)?,
            'H' => self.set_hour(reader.number(2, 2), 0..=23)?,
            'k' => {
                reader.spaces();
                self.set_hour(reader.number(1, 2), 0..=23)?;
            }
            'h' | 'I' => {
                self.set_hour(reader.number(2, 2), 1..=12)?;
                self.half = Some(self.half.unwrap_or(false));
            }
            'l' => {
                reader.spaces();
                self.set_hour(reader.number(1, 2), 1..=12)?;
                self.half = Some(self.half.unwrap_or(false));
            }
            'p' => self.half = Some(reader.half()?),
            'i' => self.minute = reader.number(2, 2).filter(|minute| *minute < 60)?,
            's' | 'S' => self.second = reader.number(2, 2).filter(|second| *second < 60)?,
            'f' => self.micros = reader.fraction()?,
            'z' => self.ahead = Some(reader.offset()?),
            'F' => self.mysql_all("Y-m-d", reader)?,
            'D' => self.mysql_all("m/d/y", reader)?,
            'T' => self.mysql_all("H:i:s", reader)?,
            'R' => self.mysql_all("H:i", reader)?,
            'r' => self.mysql_all("h:i p", reader)?,
            'n' | 't' => reader.spaces(),
            '%' => reader.literal("%")?,
            _ => return None,
        }
        Some(())
    }

    /// Letters with what stands between them.
    fn mysql_all(&mut self, letters: &str, reader: &mut Reader<'_>) -> Option<()> {
        letters.chars().try_for_each(|c| {
            if c.is_ascii_alphabetic() {
                self.mysql(c, reader)
            } else {
                reader.literal(c.encode_utf8(&mut [0; 4]))
            }
        })
    }

    /// A run of one letter of Joda's formats.
    fn joda(&mut self, letter: char, count: usize, reader: &mut Reader<'_>) -> Option<()> {
        let two = count.max(2);
        match letter {
            'y' | 'Y' => {
                let year = i32::try_from(reader.number(1, count.max(4))?).ok()?;
                self.year = Some(match (count, year) {
                    (2, 0..70) => 2000 + year,
                    (2, 70..100) => 1900 + year,
                    _ => year,
                });
            }
            'M' if count < 3 => self.month = Some(reader.number(1, two)?),
            'M' => {
                let month = reader.name(&MONTHS, true).or_else(|| reader.name(&MONTHS, false))?;
                self.month = Some(month as u32 + 1);
            }
            'd' => self.day = Some(reader.number(1, two)?),
            'D' => self.day_of_year = Some(reader.number(1, count.max(3))?),
            'E' => {
                let whole = reader.name(&WEEKDAYS, true);
                self.weekday = whole.or_else(|| reader.name(&WEEKDAYS, false)).map(|_| true)?;
            }
            'a' => self.half = Some(reader.half()?),
            'H' => self.set_hour(reader.number(1, two), 0..=23)?,
            'k' => {
                self.set_hour(reader.number(1, two), 1..=24)?;
                self.hour %= 24;
            }
            'h' => {
                self.set_hour(reader.number(1, two), 1..=12)?;
                self.half = Some(self.half.unwrap_or(false));
            }
            'K' => {
                self.set_hour(reader.number(1, two), 0..=11)?;
                self.half = Some(self.half.unwrap_or(false));
            }
            'm' => self.minute = reader.number(1, two).filter(|minute| *minute < 60)?,
            's' => self.second = reader.number(1, two).filter(|second| *second < 60)?,
            'S' => self.micros = reader.fraction()?,
            'Z' => self.ahead = Some(reader.offset()?),
            'z' => {
                let name =
                    |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+');
                let end = reader.0.find(|c| !name(c)).unwrap_or(reader.0.len());
                let (zone, rest) = reader.0.split_at_checked(end)?;
                self.zone = Some(zone.parse().ok()?);
                reader.0 = rest;
            }
            _ => return None,
        }
        Some(())
    }

    /// The instant, if the parts name one. A year alone begins it; without any date it is 1970-01-01.
    fn instant(&self, zone: Tz) -> Option<DateTime<Utc>> {
        let dated = self.month.is_some() || self.day.is_some() || self.day_of_year.is_some();
        if self.weekday && (self.year.is_none() || !dated) {
            return None;
        }
        let year = self.year.unwrap_or(if dated { 2000 } else { 1970 });
        let date = match self.day_of_year {
            Some(day) => NaiveDate::from_yo_opt(year, day)?,
            None => NaiveDate::from_ymd_opt(year, self.month.unwrap_or(1), self.day.unwrap_or(1))?,
        };
        let hour = match self.half {
            Some(afternoon) => self.hour % 12 + if afternoon { 12 } else { 0 },
            None => self.hour,
        };
        let time = NaiveTime::from_hms_micro_opt(hour, self.minute, self.second, self.micros)?;
        let shown = date.and_time(time);
        match self.ahead {
            Some(ahead) => {
                shown.checked_sub_signed(TimeDelta::seconds(ahead.into())).map(|t| t.and_utc())
            }
            None => Some(instant_at(shown, self.zone.unwrap_or(zone))),
        }
    }
}

/// The instant that a text names in a format; all of the text has to be used.
fn parsed(source: &str, format: &str, in_joda: bool, zone: Tz) -> SqlResult<Option<DateTime<Utc>>> {
    let mut fields = Fields::default();
    let mut reader = Reader(source);
    let mut read = Some(());
    if in_joda {
        for piece in pieces(format)? {
            read = read.and_then(|()| match &piece {
                Piece::Letters(letter, count) => fields.joda(*letter, *count, &mut reader),
                Piece::Text(text) => reader.literal(text),
            });
        }
    } else {
        let mut chars = format.chars();
        while let (Some(()), Some(c)) = (read, chars.next()) {
            read = match c {
                '%' => chars.next().and_then(|letter| fields.mysql(letter, &mut reader)),
                ' ' => {
                    reader.spaces();
                    Some(())
                }
                other => reader.literal(other.encode_utf8(&mut [0; 4])),
            };
        }
    }
    Ok(read.filter(|()| reader.0.is_empty()).and_then(|()| fields.instant(zone)))
}

/// Offsets of zones that text names by letters.
fn named_offset(word: &str) -> Option<i32> {
    let hours = match word.to_ascii_uppercase().as_str() {
        "Z" | "UTC" | "GMT" => 0,
        "MSK" => 3,
        "MSD" => 4,
        "EST" | "CDT" => -5,
        "EDT" => -4,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        _ => return None,
    };
    Some(hours * 3_600)
}

/// Seconds (or finer units) since 1970, or digits of a date.
fn of_digits(source: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let (whole, fraction) = source.split_once('.').unwrap_or((source, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    match whole.len() {
        8 => parsed(whole, "%Y%m%d", false, zone).ok()?,
        14 => parsed(whole, "%Y%m%d%H%i%s", false, zone).ok()?,
        9 | 10 => {
            let nanos = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
            DateTime::from_timestamp(whole.parse().ok()?, nanos)
        }
        13 => DateTime::from_timestamp_millis(whole.parse().ok()?),
        16 => DateTime::from_timestamp_micros(whole.parse().ok()?),
        19 => Some(DateTime::from_timestamp_nanos(whole.parse().ok()?)),
        _ => None,
    }
}

/// What people write: ISO with offsets, month names, day or month first, digits.
fn best_effort(source: &str, us: bool, zone: Tz) -> Option<DateTime<Utc>> {
    let source = source.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(source) {
        return Some(time.to_utc());
    }
    if let Some(time) = of_digits(source, zone) {
        return Some(time);
    }
    let weekday = source.split_once([',', ' ']).filter(|(word, _)| {
        let word = word.to_ascii_lowercase();
        word.len() >= 3 && WEEKDAYS.iter().any(|name| name.starts_with(&word))
    });
    let source = weekday.map_or(source, |(_, rest)| rest.trim_start());
    let (source, ahead) = zoned(source);
    let shown = naive(source, us)?;
    match ahead {
        Some(ahead) => {
            shown.checked_sub_signed(TimeDelta::seconds(ahead.into())).map(|t| t.and_utc())
        }
        None => Some(instant_at(shown, zone)),
    }
}

/// A zone's letters or an offset at the end, cut off.
fn zoned(source: &str) -> (&str, Option<i32>) {
    if let Some((head, word)) = source.rsplit_once(' ')
        && let Some(ahead) = named_offset(word)
    {
        return (head.trim_end(), Some(ahead));
    }
    let at = source
        .rfind(['+', '-'])
        .filter(|at| source.get(..*at).is_some_and(|head| head.contains(':')));
    if let Some((head, offset)) = at.and_then(|at| source.split_at_checked(at)) {
        let mut reader = Reader(offset);
        if let (Some(ahead), "") = (reader.offset(), reader.0) {
            return (head.trim_end(), Some(ahead));
        }
    }
    match source.strip_suffix('Z') {
        Some(head) => (head, Some(0)),
        None => (source, None),
    }
}

fn naive(source: &str, us: bool) -> Option<NaiveDateTime> {
    const ISO: [&str; 6] =
        ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%B %d, %Y", "%B %d %Y", "%d %B %Y"];
    const DAY_FIRST: [&str; 4] = ["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d.%m.%Y"];
    const MONTH_FIRST: [&str; 4] = ["%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y", "%m.%d.%Y"];
    const TIMES: [&str; 7] =
        ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%I:%M:%S%p", "%I:%M%p", "%I %p"];
    let dates = ISO.iter().chain(if us { &MONTH_FIRST } else { &DAY_FIRST });
    if let Ok(month) = NaiveDate::parse_from_str(&format!("{source}-01"), "%Y-%m-%d")
        && source.len() == 7
    {
        return Some(month.and_time(NaiveTime::MIN));
    }
    for date in dates {
        if let Ok(day) = NaiveDate::parse_from_str(source, date) {
            return Some(day.and_time(NaiveTime::MIN));
        }
        for time in TIMES {
            for between in [" ", "T", ", "] {
                if let Ok(found) =
                    NaiveDateTime::parse_from_str(source, &format!("{date}{between}{time}"))
                {
                    return Some(found);
                }
            }
        }
    }
    None
}

/// What a name says: without its ending, and the ending.
fn base(name: &str) -> (&str, &str) {
    let ending = ["OrNull", "OrZero"].into_iter();
    ending
        .filter_map(|ending| Some((name.strip_suffix(ending)?, ending)))
        .next()
        .unwrap_or((name, ""))
}

/// The digits of seconds that a Joda format asks for.
fn fraction_digits(format: Option<&Typed>) -> u8 {
    let format = format.and_then(constant_value);
    let digits = format.as_ref().and_then(Value::as_str).map(|text| text.matches('S').count());
    digits.and_then(|count| u8::try_from(count).ok()).unwrap_or(0).min(6)
}

/// Functions whose shape depends on their arguments.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    let (base, ending) = base(name);
    if !NAMES.contains(&base) {
        return Ok(None);
    }
    let effort = base.contains("BestEffort");
    let fine = base.starts_with("parseDateTime64");
    counted(name, args, 1, 3)?;
    let types: Vec<&ChType> = args.iter().map(|arg| arg.ty.strip_nullable()).collect();
    if types.contains(&&ChType::Nothing) {
        return Ok(Some(Typed::null()));
    }
    let zone_at = if effort && !fine { 1 } else { 2 };
    for (at, ty) in types.iter().enumerate() {
        let number = effort && fine && at == 1;
        let scale = number && matches!(ty, ChType::UInt(_) | ChType::Int(_));
        if !is_text(ty) && !scale {
            return Err(illegal(ty));
        }
    }
    let zone = if args.len() > zone_at { zone_name(args, zone_at)? } else { None };
    // With a format the type always names its zone.
    let zone = if effort { zone } else { zone.or_else(|| Some("UTC".to_owned())) };
    let scale = || match args.get(1).filter(|_| effort) {
        Some(arg) => constant_value(arg)
            .and_then(|value| u8::try_from(value.as_int()?).ok())
            .unwrap_or(3)
            .min(9),
        None if effort => 3,
        None if base.ends_with("JodaSyntax") => fraction_digits(args.get(1)),
        None => 6,
    };
    let ty = if fine { ChType::DateTime64(scale(), zone) } else { ChType::DateTime(zone) };
    let ret = wrap_nullable(args, if ending == "OrNull" { ty.nullable() } else { ty });
    Ok(Some(row_call(name, args.to_vec(), ret, Nulls::Propagate, kernel)))
}

fn kernel(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let (base, ending) = base(&call.name);
    let zone = zone_of(&call.ret);
    let source = text(args, 0);
    let found = if base.contains("BestEffort") {
        best_effort(&source, base.ends_with("US"), zone)
    } else {
        let in_joda = base.ends_with("JodaSyntax");
        let format = match (args.get(1), in_joda) {
            (Some(_), _) => text(args, 1),
            (None, true) => "yyyy-MM-dd HH:mm:ss".to_owned(),
            (None, false) => "%Y-%m-%d %H:%i:%s".to_owned(),
        };
        parsed(&source, &format, in_joda, zone)?
    };
    match (found, ending) {
        (Some(time), _) => value_of(time, zone, &call.ret),
        (None, "OrNull") => Ok(Value::Null),
        (None, "OrZero") => value_of(DateTime::default(), zone, &call.ret),
        (None, _) => Err(SqlError::new(
            ChCode::CannotParseDatetime,
            format!("Cannot read a time from '{source}'; use {}OrNull to get NULL", call.name),
        )),
    }
}
