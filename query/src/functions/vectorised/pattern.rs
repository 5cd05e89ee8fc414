//! LIKE and regular expressions on columns of plain text.

use super::{text::flags, texts::cut};
use crate::functions::{
    regexp::{like_pattern, with_pattern},
    udf::Call,
};
use datafusion::arrow::array::{ArrayRef, StringViewArray};
use memchr::memmem::Finder;

/// `match`.
pub(super) fn matches(texts: &StringViewArray, pattern: &str) -> Option<ArrayRef> {
    with_pattern(pattern, |re| flags(texts, |t| re.is_match(t.as_bytes()))).ok()?
}

/// The first group of the first match, or all of it if there are no groups.
pub(super) fn extract(texts: &StringViewArray, pattern: &str) -> Option<ArrayRef> {
    with_pattern(pattern, |re| {
        if re.captures_len() == 1 {
            return cut(texts, |t| re.find(t).map(|found| found.as_bytes()).unwrap_or_default());
        }
        let mut places = re.capture_locations();
        cut(texts, |t| {
            let found = re.captures_read(&mut places, t).and_then(|_| places.get(1));
            found.and_then(|(start, end)| t.get(start..end)).unwrap_or_default()
        })
    })
    .ok()?
}

/// What a LIKE pattern of one piece of text asks for; others need a regular expression.
enum Piece<'a> {
    Within(&'a str),
    First(&'a str),
    Last(&'a str),
    Whole(&'a str),
}

impl<'a> Piece<'a> {
    fn of(pattern: &'a str) -> Option<Self> {
        let (rest, open_start) = match pattern.strip_prefix('%') {
            Some(rest) => (rest, true),
            None => (pattern, false),
        };
        let (piece, open_end) = match rest.strip_suffix('%') {
            Some(piece) => (piece, true),
            None => (rest, false),
        };
        if piece.contains(['%', '_', '\\']) {
            return None;
        }
        Some(match (open_start, open_end) {
            (true, true) => Self::Within(piece),
            (false, true) => Self::First(piece),
            (true, false) => Self::Last(piece),
            (false, false) => Self::Whole(piece),
        })
    }

    fn flags(&self, texts: &StringViewArray, wanted: bool, ascii_case: bool) -> Option<ArrayRef> {
        let equal =
            |a: &[u8], b: &[u8]| if ascii_case { a.eq_ignore_ascii_case(b) } else { a == b };
        match *self {
            Self::Within(piece) if ascii_case => {
                let piece = piece.to_ascii_lowercase();
                let finder = Finder::new(piece.as_bytes());
                let mut folded = Vec::new();
                flags(texts, |t| {
                    folded.clear();
                    folded.extend_from_slice(t.as_bytes());
                    folded.make_ascii_lowercase();
                    finder.find(&folded).is_some() == wanted
                })
            }
            Self::Within(piece) => {
                let finder = Finder::new(piece.as_bytes());
                flags(texts, |t| finder.find(t.as_bytes()).is_some() == wanted)
            }
            Self::First(piece) => flags(texts, |t| {
                let head = t.as_bytes().get(..piece.len());
                head.is_some_and(|head| equal(head, piece.as_bytes())) == wanted
            }),
            Self::Last(piece) => flags(texts, |t| {
                let from = t.len().checked_sub(piece.len());
                let tail = from.and_then(|from| t.as_bytes().get(from..));
                tail.is_some_and(|tail| equal(tail, piece.as_bytes())) == wanted
            }),
            Self::Whole(piece) => flags(texts, |t| equal(t.as_bytes(), piece.as_bytes()) == wanted),
        }
    }
}

/// LIKE and its like. Without case, letters beyond ASCII are the business of the regular expression.
pub(super) fn like(
    call: &Call,
    texts: &StringViewArray,
    pattern: &str,
    ascii: bool,
) -> Option<ArrayRef> {
    let ignore_case = call.name.to_ascii_lowercase().ends_with("ilike");
    let wanted = !call.name.starts_with("not");
    if (!ignore_case || ascii && pattern.is_ascii())
        && let Some(piece) = Piece::of(pattern)
    {
        return piece.flags(texts, wanted, ignore_case);
    }
    let pattern = like_pattern(pattern, ignore_case).ok()?;
    with_pattern(&pattern, |re| flags(texts, |t| re.is_match(t.as_bytes()) == wanted)).ok()?
}
