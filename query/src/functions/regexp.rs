//! Regular expressions in RE2's syntax, which ClickHouse's functions take: `.` is any character, a line feed too; `\d`, `\w`,
//! `\s` and `\b` know ASCII only. Matching is linear in the text.

use super::{
    re2::of_re2,
    registry::Entry,
    text::{b, bad, bytes, check, int, list, n, optional, s, strict, strings, text},
    udf::Call,
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    types::ChType,
    value::Value,
};
use regex::bytes::{Regex, RegexBuilder};
use std::{cell::RefCell, collections::HashMap};

/// All functions here.
pub(super) const NAMES: &[&str] = &[
    "countMatches",
    "countMatchesCaseInsensitive",
    "extract",
    "extractAll",
    "extractAllGroupsHorizontal",
    "extractAllGroupsVertical",
    "extractGroups",
    "ilike",
    "like",
    "match",
    "matchCaseInsensitive",
    "multiMatchAllIndices",
    "multiMatchAny",
    "multiMatchAnyIndex",
    "notILike",
    "notLike",
    "notMatch",
    "notMatchCaseInsensitive",
    "regexpExtract",
    "regexpPosition",
    "regexpQuoteMeta",
    "splitByRegexp",
];

/// Patterns are nearly always constant; compiling one per row would cost more than matching it.
type Known<R> = RefCell<HashMap<String, R>>;

thread_local! {
    static PATTERNS: Known<Regex> = RefCell::new(HashMap::new());
}

/// Compiled patterns kept per thread.
const PATTERNS_MAX: usize = 64;

/// Size of a compiled pattern.
const COMPILED_BYTES_MAX: usize = 1 << 20;

fn cached<R, T>(
    known: &'static std::thread::LocalKey<Known<R>>,
    pattern: &str,
    compile: impl FnOnce() -> Result<R, regex::Error>,
    use_it: impl FnOnce(&R) -> T,
) -> SqlResult<T> {
    known.with_borrow_mut(|known| {
        if !known.contains_key(pattern) {
            let compiled = compile().map_err(|error| {
                let message = format!("The pattern {pattern:?} is no regular expression: {error}");
                SqlError::new(ChCode::CannotCompileRegexp, message)
            })?;
            if known.len() >= PATTERNS_MAX {
                known.clear();
            }
            known.insert(pattern.to_owned(), compiled);
        }
        let compiled = known.get(pattern).map(use_it);
        compiled.ok_or_else(|| SqlError::new(ChCode::LogicalError, "pattern cache"))
    })
}

/// Runs `use_it` with the compiled pattern.
pub(super) fn with_pattern<T>(pattern: &str, use_it: impl FnOnce(&Regex) -> T) -> SqlResult<T> {
    let compile = || {
        let pattern = of_re2(pattern);
        RegexBuilder::new(&pattern)
            .dot_matches_new_line(true)
            .size_limit(COMPILED_BYTES_MAX)
            .build()
    };
    cached(&PATTERNS, pattern, compile, use_it)
}

/// The pattern of an argument; the caseless ones of a name say so in front.
fn pattern(call: &Call, args: &[Value], i: usize) -> String {
    let prefix = if call.name.ends_with("CaseInsensitive") { "(?i)" } else { "" };
    format!("{prefix}{}", text(args, i))
}

fn arrays(args: &[ChType], kinds: &str) -> SqlResult<ChType> {
    check(args, kinds, ChType::Array(Box::new(ChType::String)))
}

fn nested(args: &[ChType]) -> SqlResult<ChType> {
    let strings = ChType::Array(Box::new(ChType::String));
    check(args, "ss", ChType::Array(Box::new(strings)))
}

fn count(args: &[ChType]) -> SqlResult<ChType> {
    check(args, "ss", ChType::UInt(64))
}

fn flag(args: &[ChType]) -> SqlResult<ChType> {
    check(args, "ss", ChType::UInt(8))
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    match name {
        "match" | "notMatch" | "matchCaseInsensitive" | "notMatchCaseInsensitive" => {
            strict(2, 2, flag, |call, a| {
                let wanted = !call.name.starts_with("not");
                b(with_pattern(&pattern(call, a, 1), |re| re.is_match(&bytes(a, 0)) == wanted)?)
            })
        }
        "like" | "ilike" | "notLike" | "notILike" => strict(2, 2, flag, like),
        "extract" => strict(
            2,
            2,
            |a| check(a, "ss", ChType::String),
            |_, a| {
                let value = bytes(a, 0);
                s(with_pattern(&text(a, 1), |re| token(re, &value, 0).0.to_vec())?)
            },
        ),
        "extractAll" => strict(
            2,
            2,
            |a| arrays(a, "ss"),
            |_, a| {
                let value = bytes(a, 0);
                list(with_pattern(&text(a, 1), |re| tokens(re, &value))?)
            },
        ),
        "regexpExtract" => strict(2, 3, |a| check(a, "ssi", ChType::String), regexp_extract),
        "regexpPosition" => strict(
            2,
            3,
            |a| check(a, "ssi", ChType::UInt(64)),
            |_, a| {
                let start = usize::try_from(optional(a, 2).unwrap_or(1) - 1).unwrap_or(0);
                let value = bytes(a, 0);
                n(with_pattern(&text(a, 1), |re| {
                    re.find_at(&value, start.min(value.len())).map_or(0, |found| found.start() + 1)
                })?)
            },
        ),
        "countMatches" | "countMatchesCaseInsensitive" => strict(2, 2, count, |call, a| {
            n(with_pattern(&pattern(call, a, 1), |re| count_matches(re, &bytes(a, 0)))?)
        }),
        "extractGroups" => strict(
            2,
            2,
            |a| arrays(a, "ss"),
            |call, a| {
                let groups = all_groups(call, a, 1)?;
                list(groups.into_iter().next().unwrap_or_default())
            },
        ),
        "extractAllGroupsVertical" => strict(2, 2, nested, |call, a| {
            Ok(Value::Array(all_groups(call, a, usize::MAX)?.into_iter().map(strings).collect()))
        }),
        "extractAllGroupsHorizontal" => strict(2, 2, nested, |call, a| {
            let found = all_groups(call, a, usize::MAX)?;
            let groups = with_pattern(&text(a, 1), |re| re.captures_len() - 1)?;
            let column =
                |group| strings(found.iter().filter_map(move |groups| groups.get(group).cloned()));
            Ok(Value::Array((0..groups).map(column).collect()))
        }),
        "splitByRegexp" => strict(
            2,
            3,
            |a| arrays(a, "ssi"),
            |_, a| {
                let max = usize::try_from(optional(a, 2).unwrap_or(0)).unwrap_or(0);
                let value = bytes(a, 1);
                if a.first().and_then(Value::as_str) == Some("") {
                    return list(super::split::limited(value.chunks(1), max));
                }
                list(with_pattern(&text(a, 0), |re| split(re, &value, max))?)
            },
        ),
        "multiMatchAny" => strict(
            2,
            2,
            |a| check(a, "sa~", ChType::UInt(8)),
            |_, a| b(!matching(a, true)?.is_empty()),
        ),
        "multiMatchAnyIndex" => strict(
            2,
            2,
            |a| check(a, "sa~", ChType::UInt(64)),
            |_, a| n(matching(a, true)?.first().copied().unwrap_or(0)),
        ),
        "multiMatchAllIndices" => strict(
            2,
            2,
            |a| check(a, "sa", ChType::Array(Box::new(ChType::UInt(64)))),
            |_, a| {
                Ok(Value::Array(
                    matching(a, false)?.into_iter().map(|at| Value::Int(at as i128)).collect(),
                ))
            },
        ),
        "regexpQuoteMeta" => strict(
            1,
            1,
            |a| check(a, "s", ChType::String),
            |_, a| {
                let special = |byte: &u8| b"\0\\|()^$.[]?*+{:-".contains(byte);
                let quoted = bytes(a, 0)
                    .iter()
                    .flat_map(|byte| special(byte).then_some(b'\\').into_iter().chain([*byte]))
                    .collect::<Vec<u8>>();
                s(quoted)
            },
        ),
        _ => None,
    }
}

/// LIKE: `%` is any text, `_` any character, a backslash before them or itself takes them as they are.
fn like(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let ignore_case = call.name.to_ascii_lowercase().ends_with("ilike");
    let pattern = like_pattern(&text(args, 1), ignore_case)?;
    let found = with_pattern(&pattern, |re| re.is_match(&bytes(args, 0)))?;
    b(found != call.name.starts_with("not"))
}

pub(super) fn like_pattern(pattern: &str, ignore_case: bool) -> SqlResult<String> {
    let mut out = String::from(if ignore_case { "(?i)^" } else { "^" });
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('%', _) => out.push_str("(?s-u:.*)"),
            ('_', _) => out.push('.'),
            ('\\', None) => {
                let message =
                    format!("Invalid escape sequence at the end of LIKE pattern '{pattern}'");
                return Err(SqlError::new(ChCode::CannotParseEscapeSequence, message));
            }
            ('\\', Some(next @ ('%' | '_' | '\\'))) => {
                out.push_str(&regex::escape(&next.to_string()));
                chars.next();
            }
            (other, _) => out.push_str(&regex::escape(&other.to_string())),
        }
    }
    out.push('$');
    Ok(out)
}

/// The first group of the first match, or all of it if there are no groups.
fn token<'a>(re: &Regex, value: &'a [u8], start: usize) -> (&'a [u8], Option<usize>) {
    let Some(found) = re.captures_at(value, start) else { return (b"", None) };
    let whole = found.get(0);
    let group = if re.captures_len() > 1 { found.get(1) } else { whole };
    let end = whole.filter(|whole| !whole.is_empty()).map(|whole| whole.end());
    (group.map_or(b"", |group| group.as_bytes()), end)
}

/// All first groups, up to a match that is empty.
fn tokens(re: &Regex, value: &[u8]) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let mut start = 0;
    while let (found, Some(end)) = token(re, value, start) {
        out.push(found.to_vec());
        start = end;
    }
    out
}

/// Matches of some length; an empty one only moves on.
fn count_matches(re: &Regex, value: &[u8]) -> usize {
    let (mut count, mut start) = (0, 0);
    while let Some(found) = re.find_at(value, start).filter(|_| start < value.len()) {
        count += usize::from(!found.is_empty());
        start = found.end() + usize::from(found.is_empty());
    }
    count
}

/// The text between matches, up to a match that is empty.
fn split(re: &Regex, value: &[u8], max: usize) -> Vec<Vec<u8>> {
    let (mut out, mut start) = (Vec::new(), 0);
    while let Some(found) = re.find_at(value, start).filter(|found| !found.is_empty()) {
        if max > 0 && out.len() == max {
            return out;
        }
        out.push(value.get(start..found.start()).unwrap_or_default().to_vec());
        start = found.end();
    }
    if max == 0 || out.len() < max {
        out.push(value.get(start..).unwrap_or_default().to_vec());
    }
    out
}

fn regexp_extract(_: &Call, args: &[Value]) -> SqlResult<Value> {
    let value = bytes(args, 0);
    let found = with_pattern(&text(args, 1), |re| {
        let groups = re.captures_len();
        let group = match optional(args, 2) {
            Some(_) => usize::try_from(int(args, 2)).unwrap_or(usize::MAX),
            None => usize::from(groups > 1),
        };
        if group >= groups {
            let message =
                format!("Index value of regexpExtract is out-of-range, should be in [0, {groups})");
            return Err(SqlError::new(ChCode::IndexOfPositionalArgumentIsOutOfRange, message));
        }
        let found = re.captures(&value).and_then(|found| found.get(group));
        Ok(found.map(|group| group.as_bytes().to_vec()).unwrap_or_default())
    })?;
    s(found?)
}

/// The groups of each match.
fn all_groups(call: &Call, args: &[Value], most: usize) -> SqlResult<Vec<Vec<Vec<u8>>>> {
    let value = bytes(args, 0);
    with_pattern(&text(args, 1), |re| {
        if re.captures_len() < 2 {
            return Err(bad(format!("There are no groups in the pattern of {}", call.name)));
        }
        let (mut out, mut start) = (Vec::new(), 0);
        while let Some(found) = re.captures_at(&value, start).filter(|_| out.len() < most) {
            let bytes_of = |group: Option<regex::bytes::Match<'_>>| {
                group.map_or_else(Vec::new, |group| group.as_bytes().to_vec())
            };
            out.push(found.iter().skip(1).map(bytes_of).collect());
            let Some(whole) = found.get(0) else { break };
            start = whole.end() + usize::from(whole.is_empty());
            if start >= value.len() {
                break;
            }
        }
        Ok(out)
    })?
}

/// The places, from 1, of the patterns that match; or of the one whose match ends first, which is the one ClickHouse names.
fn matching(args: &[Value], first: bool) -> SqlResult<Vec<usize>> {
    let value = bytes(args, 0);
    let Some(Value::Array(patterns)) = args.get(1) else { return Ok(Vec::new()) };
    let mut ends = Vec::new();
    for at in 0..patterns.len() {
        let end = with_pattern(&text(patterns, at), |re| re.shortest_match(&value))
            .map_err(|error| SqlError { code: ChCode::BadArguments, ..error })?;
        ends.extend(end.map(|end| (end, at + 1)));
    }
    if first {
        return Ok(ends.into_iter().min().map(|(_, at)| at).into_iter().collect());
    }
    Ok(ends.into_iter().map(|(_, at)| at).collect())
}
