//! Times as text.

use super::{
    civil::{SECONDS_PER_DAY, civil, clock_text, date_text, days, two},
    operand::{Operand, nulls},
    texts::written,
    times::Times,
};
use crate::{functions::udf::Call, types::ChType};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef},
        datatypes::DataType,
    },
    logical_expr::ColumnarValue,
};

/// Seconds since 1970 of years of four digits, which all text here has.
const FOUR_DIGITS: std::ops::RangeInclusive<i64> = 0..=253_402_300_799;

/// A part of a format.
enum Piece {
    /// One of MySQL's letters.
    Letter(char),
    Text(String),
}

/// The pieces of a format, if all of its letters are known here.
fn pieces(format: &str) -> Option<Vec<Piece>> {
    const LETTERS: &str = "YymcdFDHkisSTR";
    let mut out = Vec::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '%' => match chars.next()? {
                '%' => Piece::Text("%".to_owned()),
                letter if LETTERS.contains(letter) => Piece::Letter(letter),
                _ => return None,
            },
            other => Piece::Text(other.to_string()),
        });
    }
    Some(out)
}

/// What formats print of one time.
struct Moment {
    /// Since 1970.
    seconds: i64,
    year: i64,
    month: i64,
    day: i64,
}

impl Moment {
    fn of(seconds: i64) -> Self {
        let (year, month, day) = civil(days(seconds));
        Self { seconds, year, month, day }
    }

    fn write(&self, letter: char, out: &mut Vec<u8>) {
        let second = self.seconds.rem_euclid(SECONDS_PER_DAY);
        match letter {
            'Y' => {
                out.extend_from_slice(&two(self.year / 100));
                out.extend_from_slice(&two(self.year));
            }
            'y' => out.extend_from_slice(&two(self.year)),
            'm' | 'c' => out.extend_from_slice(&two(self.month)),
            'd' => out.extend_from_slice(&two(self.day)),
            'F' => out.extend_from_slice(&date_text(days(self.seconds))),
            'D' => {
                out.extend_from_slice(&two(self.month));
                out.push(b'/');
                out.extend_from_slice(&two(self.day));
                out.push(b'/');
                out.extend_from_slice(&two(self.year));
            }
            'H' | 'k' => out.extend_from_slice(&two(second / 3_600)),
            'i' => out.extend_from_slice(&two(second / 60 % 60)),
            's' | 'S' => out.extend_from_slice(&two(second % 60)),
            'T' => out.extend_from_slice(&clock_text(self.seconds)),
            'R' => {
                out.extend_from_slice(&two(second / 3_600));
                out.push(b':');
                out.extend_from_slice(&two(second / 60 % 60));
            }
            _ => {}
        }
    }
}

/// The seconds of a column of times with years of four digits.
fn seconds_of(times: &Times<'_>) -> Option<Vec<i64>> {
    let Operand::Column(seconds) = times.of_seconds(|s| s) else { return None };
    seconds.iter().all(|s| FOUR_DIGITS.contains(s)).then(|| seconds.into_owned())
}

/// `formatDateTime` with a constant format.
pub(super) fn formatted(
    call: &Call,
    times: &Times<'_>,
    format: &str,
    args: &[ColumnarValue],
    row_count: usize,
) -> Option<ArrayRef> {
    if *call.ret.strip_nullable() != ChType::String {
        return None;
    }
    let (pieces, seconds) = (pieces(format)?, seconds_of(times)?);
    written(row_count, nulls(args), |row, out| {
        let moment = Moment::of(seconds.get(row).copied().unwrap_or(0));
        for piece in &pieces {
            match piece {
                Piece::Letter(letter) => moment.write(*letter, out),
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
            }
        }
    })
}

/// `toString` of times of whole seconds, and of dates.
pub(super) fn printed(
    times: &Times<'_>,
    args: &[ColumnarValue],
    row_count: usize,
) -> Option<ArrayRef> {
    let ColumnarValue::Array(column) = args.first()? else { return None };
    let date = matches!(column.data_type(), DataType::Date32);
    if times.per_second != 1 {
        return None;
    }
    let seconds = seconds_of(times)?;
    written(row_count, nulls(args), |row, out| {
        let seconds = seconds.get(row).copied().unwrap_or(0);
        out.extend_from_slice(&date_text(days(seconds)));
        if !date {
            out.push(b' ');
            out.extend_from_slice(&clock_text(seconds));
        }
    })
}
