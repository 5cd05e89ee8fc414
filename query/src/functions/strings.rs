//! Text. Positions count bytes from 1 unless the name ends in UTF8; upper and lower touch only ASCII unless it does.

use super::{
    registry::{Entry, extreme},
    udf::{Kernel, Nulls, row_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, text_of},
};
use base64::Engine as _;
use regex::Regex;
use sha2::Digest as _;
use std::{cell::RefCell, collections::HashMap};

thread_local! {
    /// Patterns are nearly always constant; compiling one per row would cost more than matching it.
    static PATTERNS: RefCell<HashMap<String, Regex>> = RefCell::new(HashMap::new());
}

/// Compiled patterns kept per thread.
const PATTERNS_MAX: usize = 64;

/// Runs `use_it` with the compiled pattern. Matching is linear in the text.
pub(super) fn with_pattern<T>(pattern: &str, use_it: impl FnOnce(&Regex) -> T) -> SqlResult<T> {
    PATTERNS.with_borrow_mut(|known| {
        if !known.contains_key(pattern) {
            let compiled =
                regex::RegexBuilder::new(pattern).size_limit(1 << 20).build().map_err(|error| {
                    SqlError::new(
                        ChCode::CannotCompileRegexp,
                        format!("The pattern {pattern:?} is no regular expression: {error}"),
                    )
                })?;
            if known.len() >= PATTERNS_MAX {
                known.clear();
            }
            known.insert(pattern.to_owned(), compiled);
        }
        known
            .get(pattern)
            .map(use_it)
            .ok_or_else(|| SqlError::new(ChCode::LogicalError, "pattern cache"))
    })
}

/// The regular expression of a LIKE pattern.
fn like_pattern(pattern: &str, ignore_case: bool) -> String {
    let mut out = String::from(if ignore_case { "(?is)^" } else { "(?s)^" });
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            '\\' => out.push_str(&regex::escape(&chars.next().unwrap_or('\\').to_string())),
            other => out.push_str(&regex::escape(&other.to_string())),
        }
    }
    out.push('$');
    out
}

fn textual(ty: &ChType) -> bool {
    matches!(
        ty,
        ChType::String
            | ChType::FixedString(_)
            | ChType::Enum(..)
            | ChType::Dynamic
            | ChType::Variant(_)
            | ChType::Uuid
    )
}

fn first_text(args: &[ChType]) -> SqlResult<()> {
    match args.first() {
        Some(ty) if textual(ty) => Ok(()),
        other => Err(SqlError::new(
            ChCode::IllegalTypeOfArgument,
            format!(
                "Illegal type {} of the first argument, expected String",
                other.unwrap_or(&ChType::Nothing)
            ),
        )),
    }
}

fn string(args: &[ChType]) -> SqlResult<ChType> {
    first_text(args).map(|()| ChType::String)
}

fn strings(args: &[ChType]) -> SqlResult<ChType> {
    first_text(args).map(|()| ChType::Array(Box::new(ChType::String)))
}

fn count(args: &[ChType]) -> SqlResult<ChType> {
    first_text(args).map(|()| ChType::UInt(64))
}

fn flag(args: &[ChType]) -> SqlResult<ChType> {
    first_text(args).map(|()| ChType::UInt(8))
}

/// `substring` and its like: text, then integers.
fn sliced(args: &[ChType]) -> SqlResult<ChType> {
    first_text(args)?;
    for (position, ty) in args.iter().enumerate().skip(1) {
        if !matches!(ty, ChType::Int(_) | ChType::UInt(_) | ChType::Dynamic) {
            let which = if position == 1 { "second" } else { "third" };
            return Err(SqlError::new(
                ChCode::IllegalTypeOfArgument,
                format!("Illegal type {ty} of {which} argument, expected (U)Int*"),
            ));
        }
    }
    Ok(ChType::String)
}

fn text(args: &[Value], i: usize) -> String {
    args.get(i).map(text_of).unwrap_or_default()
}

fn int(args: &[Value], i: usize) -> i64 {
    args.get(i).and_then(Value::as_int).and_then(|v| i64::try_from(v).ok()).unwrap_or(0)
}

fn s(value: impl Into<String>) -> SqlResult<Value> {
    Ok(Value::String(value.into()))
}

#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn n(value: usize) -> SqlResult<Value> {
    Ok(Value::Int(value as i128))
}

#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn b(value: bool) -> SqlResult<Value> {
    Ok(Value::Int(value.into()))
}

fn list<T: Into<String>>(items: impl IntoIterator<Item = T>) -> SqlResult<Value> {
    Ok(Value::Array(items.into_iter().map(|item| Value::String(item.into())).collect()))
}

/// A slice by 1-based offset (negative from the end) and length; bytes that cut a character are replaced.
fn slice_of(items: usize, offset: i64, length: Option<i64>) -> (usize, usize) {
    let size = i64::try_from(items).unwrap_or(i64::MAX);
    let mut start = if offset > 0 {
        offset - 1
    } else if offset < 0 {
        size + offset
    } else {
        return (0, 0);
    };
    let mut end = match length {
        Some(length) if length >= 0 => start.saturating_add(length),
        Some(length) => size + length,
        None => size,
    };
    start = start.clamp(0, size);
    end = end.clamp(start, size);
    (usize::try_from(start).unwrap_or(0), usize::try_from(end).unwrap_or(0))
}

fn substring_bytes(value: &str, offset: i64, length: Option<i64>) -> String {
    let (start, end) = slice_of(value.len(), offset, length);
    String::from_utf8_lossy(value.as_bytes().get(start..end).unwrap_or_default()).into_owned()
}

fn substring_chars(value: &str, offset: i64, length: Option<i64>) -> String {
    let chars: Vec<char> = value.chars().collect();
    let (start, end) = slice_of(chars.len(), offset, length);
    chars.get(start..end).unwrap_or_default().iter().collect()
}

fn optional(args: &[Value], i: usize) -> Option<i64> {
    args.get(i).map(|_| int(args, i))
}

fn find(haystack: &str, needle: &str, characters: bool, ignore_case: bool) -> usize {
    let (haystack, needle) = if ignore_case {
        (haystack.to_lowercase(), needle.to_lowercase())
    } else {
        (haystack.to_owned(), needle.to_owned())
    };
    haystack.find(&needle).map_or(0, |at| {
        1 + if characters { haystack.get(..at).unwrap_or("").chars().count() } else { at }
    })
}

fn pad(args: &[Value], left: bool) -> String {
    let (value, size) = (
        text(args, 0),
        usize::try_from(int(args, 1)).unwrap_or(0).min(rekor_core::limits::SQL_CALL_BYTES_MAX),
    );
    let filler: Vec<char> = args.get(2).map_or_else(|| " ".to_owned(), text_of).chars().collect();
    let chars: Vec<char> = value.chars().collect();
    if chars.len() >= size || filler.is_empty() {
        return chars.iter().take(size).collect();
    }
    let filling = filler.iter().cycle().take(size - chars.len());
    if left { filling.chain(&chars).collect() } else { chars.iter().chain(filling).collect() }
}

fn replacement(template: &str) -> String {
    let mut out = String::new();
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(digit)) if digit.is_ascii_digit() => {
                out.push_str(&format!("${{{digit}}}"));
                chars.next();
            }
            ('\\', Some('\\')) => {
                out.push('\\');
                chars.next();
            }
            ('$', _) => out.push_str("$$"),
            (other, _) => out.push(other),
        }
    }
    out
}

fn capitalised(value: &str, unicode: bool) -> String {
    let mut word = false;
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match (word, unicode) {
            (true, true) => out.extend(c.to_lowercase()),
            (true, false) => out.push(c.to_ascii_lowercase()),
            (false, true) => out.extend(c.to_uppercase()),
            (false, false) => out.push(c.to_ascii_uppercase()),
        }
        word = c.is_alphanumeric();
    }
    out
}

/// Functions whose shape depends on their arguments.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    let types: Vec<&ChType> = args.iter().map(|arg| arg.ty.strip_nullable()).collect();
    Ok(Some(match name {
        "concat" if args.iter().all(|arg| !matches!(arg.ty.strip_nullable(), ChType::Array(_))) => {
            if types.contains(&&ChType::Nothing) {
                return Ok(Some(Typed::null()));
            }
            let nullable = args.iter().any(|arg| arg.ty.is_nullable());
            let ret = if nullable { ChType::String.nullable() } else { ChType::String };
            row_call(name, args.to_vec(), ret, Nulls::Propagate, |_, args| {
                s(args.iter().map(text_of).collect::<String>())
            })
        }
        "greatest" | "least" if !args.is_empty() => {
            let all: Vec<ChType> = args.iter().map(|arg| arg.ty.clone()).collect();
            row_call(
                name,
                args.to_vec(),
                super::supertype::common_type(&all)?,
                Nulls::Pass,
                extreme,
            )
        }
        _ => return Ok(None),
    }))
}

/// The functions of fixed shape.
#[expect(clippy::too_many_lines, reason = "a table of names")]
pub(super) fn entry(name: &str) -> Option<Entry> {
    let entry = |min, max, ret: fn(&[ChType]) -> SqlResult<ChType>, kernel: Kernel| {
        Some(Entry { min, max, ret, kernel, nulls: Nulls::Propagate })
    };
    match name {
        "upper" => entry(1, 1, string, |_, a| s(text(a, 0).to_ascii_uppercase())),
        "lower" => entry(1, 1, string, |_, a| s(text(a, 0).to_ascii_lowercase())),
        "upperUTF8" => entry(1, 1, string, |_, a| s(text(a, 0).to_uppercase())),
        "lowerUTF8" => entry(1, 1, string, |_, a| s(text(a, 0).to_lowercase())),
        "initcap" => entry(1, 1, string, |_, a| s(capitalised(&text(a, 0), false))),
        "initcapUTF8" => entry(1, 1, string, |_, a| s(capitalised(&text(a, 0), true))),
        "lengthUTF8" => entry(1, 1, count, |_, a| n(text(a, 0).chars().count())),
        "reverseUTF8" => {
            entry(1, 1, string, |_, a| s(text(a, 0).chars().rev().collect::<String>()))
        }
        "substring" => {
            entry(2, 3, sliced, |_, a| s(substring_bytes(&text(a, 0), int(a, 1), optional(a, 2))))
        }
        "substringUTF8" => {
            entry(2, 3, sliced, |_, a| s(substring_chars(&text(a, 0), int(a, 1), optional(a, 2))))
        }
        "left" => entry(2, 2, sliced, |_, a| s(substring_bytes(&text(a, 0), 1, Some(int(a, 1))))),
        "leftUTF8" => {
            entry(2, 2, sliced, |_, a| s(substring_chars(&text(a, 0), 1, Some(int(a, 1)))))
        }
        "right" => entry(2, 2, sliced, |_, a| {
            s(if int(a, 1) == 0 {
                String::new()
            } else {
                substring_bytes(&text(a, 0), -int(a, 1).min(text(a, 0).len() as i64), None)
            })
        }),
        "rightUTF8" => entry(2, 2, sliced, |_, a| {
            let count = i64::try_from(text(a, 0).chars().count()).unwrap_or(i64::MAX);
            s(if int(a, 1) == 0 {
                String::new()
            } else {
                substring_chars(&text(a, 0), -int(a, 1).min(count), None)
            })
        }),
        "trim" | "trimBoth" => entry(1, 2, string, |_, a| s(trim_of(a, true, true))),
        "trimLeft" => entry(1, 2, string, |_, a| s(trim_of(a, true, false))),
        "trimRight" => entry(1, 2, string, |_, a| s(trim_of(a, false, true))),
        "leftPad" | "leftPadUTF8" => entry(2, 3, string, |_, a| s(pad(a, true))),
        "rightPad" | "rightPadUTF8" => entry(2, 3, string, |_, a| s(pad(a, false))),
        "repeat" => entry(2, 2, string, |call, a| {
            let (value, times) = (text(a, 0), usize::try_from(int(a, 1)).unwrap_or(0));
            if value.len().saturating_mul(times) > rekor_core::limits::SQL_CALL_BYTES_MAX {
                return Err(SqlError::new(
                    ChCode::TooLargeStringSize,
                    format!("{} would make a text of more than 64 MiB", call.name),
                ));
            }
            s(value.repeat(times))
        }),
        "replace" | "replaceAll" => entry(3, 3, string, |_, a| {
            s(if text(a, 1).is_empty() {
                text(a, 0)
            } else {
                text(a, 0).replace(&text(a, 1), &text(a, 2))
            })
        }),
        "replaceOne" => {
            entry(3, 3, string, |_, a| s(text(a, 0).replacen(&text(a, 1), &text(a, 2), 1)))
        }
        "replaceRegexpAll" => entry(3, 3, string, |_, a| {
            with_pattern(&text(a, 1), |re| {
                re.replace_all(&text(a, 0), replacement(&text(a, 2))).into_owned()
            })
            .map(Value::String)
        }),
        "replaceRegexpOne" => entry(3, 3, string, |_, a| {
            with_pattern(&text(a, 1), |re| {
                re.replace(&text(a, 0), replacement(&text(a, 2))).into_owned()
            })
            .map(Value::String)
        }),
        "match" => entry(2, 2, flag, |_, a| {
            with_pattern(&text(a, 1), |re| re.is_match(&text(a, 0))).map(|m| Value::Int(m.into()))
        }),
        "like" | "ilike" | "notLike" | "notILike" => entry(2, 2, flag, |call, a| {
            let pattern =
                like_pattern(&text(a, 1), call.name.to_ascii_lowercase().ends_with("ilike"));
            with_pattern(&pattern, |re| re.is_match(&text(a, 0)) != call.name.starts_with("not"))
                .map(|m| Value::Int(m.into()))
        }),
        "extract" => entry(2, 2, string, |_, a| {
            with_pattern(&text(a, 1), |re| first_capture(re, &text(a, 0), 1)).map(Value::String)
        }),
        "regexpExtract" => entry(2, 3, string, |_, a| {
            let group = optional(a, 2).map_or(1, |g| usize::try_from(g).unwrap_or(0));
            with_pattern(&text(a, 1), |re| {
                re.captures(&text(a, 0))
                    .and_then(|c| c.get(group).map(|m| m.as_str().to_owned()))
                    .unwrap_or_default()
            })
            .map(Value::String)
        }),
        "extractAll" => entry(2, 2, strings, |_, a| {
            let value = text(a, 0);
            with_pattern(&text(a, 1), |re| {
                re.captures_iter(&value)
                    .map(|c| c.get(1).or_else(|| c.get(0)).map_or("", |m| m.as_str()).to_owned())
                    .collect::<Vec<_>>()
            })
            .and_then(list)
        }),
        "extractGroups" => entry(2, 2, strings, |_, a| {
            let value = text(a, 0);
            with_pattern(&text(a, 1), |re| {
                re.captures(&value)
                    .map(|c| {
                        c.iter()
                            .skip(1)
                            .map(|m| m.map_or("", |m| m.as_str()).to_owned())
                            .collect::<Vec<_>>()
                    })
                    .unwrap_or_default()
            })
            .and_then(list)
        }),
        "countMatches" => entry(2, 2, count, |_, a| {
            with_pattern(&text(a, 1), |re| {
                re.find_iter(&text(a, 0)).filter(|m| !m.is_empty()).count()
            })
            .and_then(n)
        }),
        "countSubstrings" => entry(2, 2, count, |_, a| {
            n(if text(a, 1).is_empty() { 0 } else { text(a, 0).matches(&text(a, 1)).count() })
        }),
        "position" => entry(2, 2, count, |_, a| n(find(&text(a, 0), &text(a, 1), false, false))),
        "positionUTF8" => entry(2, 2, count, |_, a| n(find(&text(a, 0), &text(a, 1), true, false))),
        "positionCaseInsensitive" => {
            entry(2, 2, count, |_, a| n(find(&text(a, 0), &text(a, 1), false, true)))
        }
        "locate" => entry(2, 2, count, |_, a| n(find(&text(a, 1), &text(a, 0), false, false))),
        "startsWith" => entry(2, 2, flag, |_, a| b(text(a, 0).starts_with(&text(a, 1)))),
        "endsWith" => entry(2, 2, flag, |_, a| b(text(a, 0).ends_with(&text(a, 1)))),
        "splitByChar" | "splitByString" => entry(2, 2, strings, |_, a| {
            let (separator, value) = (text(a, 0), text(a, 1));
            if separator.is_empty() {
                list(value.chars().map(String::from))
            } else {
                list(value.split(&separator))
            }
        }),
        "splitByRegexp" => entry(2, 2, strings, |_, a| {
            with_pattern(&text(a, 0), |re| {
                re.split(&text(a, 1)).map(str::to_owned).collect::<Vec<_>>()
            })
            .and_then(list)
        }),
        "splitByWhitespace" => entry(1, 1, strings, |_, a| list(text(a, 0).split_whitespace())),
        "multiSearchAny" => entry(2, 2, flag, |_, a| {
            b(
                matches!(a.get(1), Some(Value::Array(needles)) if needles.iter().any(|needle| text(a, 0).contains(&text_of(needle)))),
            )
        }),
        "format" => {
            entry(1, 64, string, |_, a| s(formatted(&text(a, 0), a.get(1..).unwrap_or_default())))
        }
        "ascii" => entry(
            1,
            1,
            |args| first_text(args).map(|()| ChType::Int(32)),
            |_, a| n(text(a, 0).bytes().next().unwrap_or(0).into()),
        ),
        "char" => entry(
            1,
            16,
            |_| Ok(ChType::String),
            |_, a| {
                let bytes: Vec<u8> = (0..a.len()).map(|i| int(a, i).to_le_bytes()[0]).collect();
                s(String::from_utf8_lossy(&bytes))
            },
        ),
        "hex" => entry(
            1,
            1,
            |_| Ok(ChType::String),
            |_, a| match a.first() {
                Some(Value::Int(v)) => {
                    let digits = format!("{v:X}");
                    s(if digits.len() % 2 == 1 { format!("0{digits}") } else { digits })
                }
                _ => s(hex::encode_upper(text(a, 0))),
            },
        ),
        "unhex" => entry(1, 1, string, |_, a| {
            s(String::from_utf8_lossy(&hex::decode(text(a, 0)).unwrap_or_default()))
        }),
        "base64Encode" => entry(1, 1, string, |_, a| {
            s(base64::engine::general_purpose::STANDARD.encode(text(a, 0)))
        }),
        "base64Decode" => entry(1, 1, string, |_, a| {
            let bytes = base64::engine::general_purpose::STANDARD.decode(text(a, 0));
            bytes.map(|bytes| Value::String(String::from_utf8_lossy(&bytes).into_owned())).map_err(
                |error| SqlError::new(ChCode::BadArguments, format!("base64Decode: {error}")),
            )
        }),
        "SHA256" => entry(1, 1, string, |_, a| {
            s(String::from_utf8_lossy(&sha2::Sha256::digest(text(a, 0))))
        }),
        "levenshteinDistance" | "editDistance" => entry(2, 2, count, |_, a| {
            n(strsim::generic_levenshtein(
                &text(a, 0).bytes().collect::<Vec<u8>>(),
                &text(a, 1).bytes().collect::<Vec<u8>>(),
            ))
        }),
        "jaroWinklerSimilarity" => entry(
            2,
            2,
            |args| first_text(args).map(|()| ChType::Float(64)),
            |_, a| Ok(Value::Float(strsim::jaro_winkler(&text(a, 0), &text(a, 1)))),
        ),
        "domain" => entry(1, 1, string, |_, a| {
            let value = text(a, 0);
            let rest = value.split_once("://").map_or(value.as_str(), |(_, rest)| rest);
            s(rest
                .split(['/', '?', '#', ':'])
                .next()
                .unwrap_or("")
                .rsplit('@')
                .next()
                .unwrap_or(""))
        }),
        "path" => entry(1, 1, string, |_, a| {
            let value = text(a, 0);
            let rest = value.split_once("://").map_or(value.as_str(), |(_, rest)| rest);
            s(rest
                .find('/')
                .and_then(|at| rest.get(at..))
                .unwrap_or("")
                .split(['?', '#'])
                .next()
                .unwrap_or(""))
        }),
        "extractURLParameter" => entry(2, 2, string, |_, a| {
            let value = text(a, 0);
            let query = value
                .split_once('?')
                .map_or("", |(_, query)| query)
                .split('#')
                .next()
                .unwrap_or("");
            s(query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find(|(key, _)| *key == text(a, 1))
                .map_or("", |(_, value)| value))
        }),
        _ => None,
    }
}

fn first_capture(re: &Regex, value: &str, group: usize) -> String {
    re.captures(value)
        .and_then(|c| c.get(group).or_else(|| c.get(0)).map(|m| m.as_str().to_owned()))
        .unwrap_or_default()
}

fn trim_of(args: &[Value], left: bool, right: bool) -> String {
    let value = text(args, 0);
    let set: Vec<char> = args.get(1).map_or_else(|| " ".to_owned(), text_of).chars().collect();
    let mut out = value.as_str();
    if left {
        out = out.trim_start_matches(set.as_slice());
    }
    if right {
        out = out.trim_end_matches(set.as_slice());
    }
    out.to_owned()
}

fn formatted(template: &str, args: &[Value]) -> String {
    let mut out = String::new();
    let mut next = 0;
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((index, tail)) = after.split_once('}') else { break };
        let position = index.parse().unwrap_or(next);
        next += 1;
        out.push_str(&args.get(position).map(text_of).unwrap_or_default());
        rest = tail;
    }
    out.push_str(rest);
    out
}
