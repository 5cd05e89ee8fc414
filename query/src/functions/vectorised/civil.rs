//! Days and dates by arithmetic alone.

pub(super) const SECONDS_PER_DAY: i64 = 86_400;

/// Days since 1970 of seconds since then.
pub(super) fn days(seconds: i64) -> i64 {
    seconds.div_euclid(SECONDS_PER_DAY)
}

/// Year, month and day of days since 1970-01-01 (H. Hinnant, "chrono-Compatible Low-Level Date Algorithms").
pub(super) fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Days since 1970 of the first of a month (the same author's inverse).
pub(super) fn day_of(year: i64, month: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The days since 1970 of a date moved by months; what its month does not have is its last day.
pub(super) fn moved_by_months(days: i64, months: i64) -> i64 {
    let (year, month, day) = civil(days);
    let moved = year * 12 + month - 1 + months;
    let first = |month: i64| day_of(month.div_euclid(12), month.rem_euclid(12) + 1);
    let length = first(moved + 1) - first(moved);
    first(moved) + day.min(length) - 1
}

/// A number of two digits, as they are written.
pub(super) fn two(number: i64) -> [u8; 2] {
    let digit = |number: i64| b'0' + u8::try_from(number % 10).unwrap_or(0);
    [digit(number / 10), digit(number)]
}

/// `YYYY-MM-DD` of days since 1970, of a year of four digits.
pub(super) fn date_text(days: i64) -> [u8; 10] {
    let (year, month, day) = civil(days);
    let ([y, e], [a, r], [m, o], [d, i]) = (two(year / 100), two(year), two(month), two(day));
    [y, e, a, r, b'-', m, o, b'-', d, i]
}

/// `hh:mm:ss` of seconds since 1970.
pub(super) fn clock_text(seconds: i64) -> [u8; 8] {
    let second = seconds.rem_euclid(SECONDS_PER_DAY);
    let ([h, o], [m, i], [s, e]) = (two(second / 3_600), two(second / 60 % 60), two(second % 60));
    [h, o, b':', m, i, b':', s, e]
}
