//! LIMIT, OFFSET and FETCH: ClickHouse has a limit per key besides the limit of all, and ties; sqlparser has a place for one
//! of them. All of them travel in SETTINGS.

use super::columns::all_keys;
use crate::{
    dialect::{
        syntax,
        tokens::{Tokens, call, is_word, made, marked, number, word},
    },
    error::SqlResult,
};
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::ops::Range;

/// Words that end an expression of these clauses.
const ENDS: [&str; 13] = [
    "LIMIT",
    "OFFSET",
    "FETCH",
    "BY",
    "WITH",
    "ROW",
    "ROWS",
    "SETTINGS",
    "FORMAT",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "INTO",
];

/// The clauses behind ORDER BY, as ranges of tokens.
#[derive(Default)]
struct Clauses {
    limit: Option<Range<usize>>,
    offset: Option<Range<usize>>,
    ties: Option<usize>,
    by: Option<By>,
}

/// LIMIT count OFFSET offset BY keys.
struct By {
    count: Range<usize>,
    offset: Option<Range<usize>>,
    keys: Range<usize>,
}

/// Moves the clauses into SETTINGS.
pub(super) fn rewrite(tokens: &Tokens) -> SqlResult<Vec<TokenWithSpan>> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        if !starts(tokens, at) {
            tokens.copy(at, &mut out);
            at += 1;
            continue;
        }
        let start = at;
        let mut clauses = Clauses::default();
        while let Some(next) = clause(tokens, at, &mut clauses)? {
            at = next;
        }
        if clauses.ties.is_some() && clauses.limit.is_none() {
            return Err(syntax("WITH TIES needs a LIMIT.", tokens.position(start)));
        }
        write(tokens, start, clauses, &mut out)?;
        if tokens.keyword(at, &["SETTINGS"]) {
            out.push(made(Token::Comma, tokens.span(at)));
            at += 1;
        }
    }
    Ok(out)
}

/// Whether one of the clauses begins here: behind something that can end an expression.
fn starts(tokens: &Tokens, at: usize) -> bool {
    let behind_operand = match tokens.before(at) {
        Token::Word(_)
        | Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::RParen
        | Token::RBracket
        | Token::RBrace
        | Token::Mul => {
            !is_word(tokens.before(at), &["SELECT", "WHERE", "AND", "OR", "NOT", "BY", "ON"])
        }
        _ => false,
    };
    behind_operand
        && tokens.keyword(at, &["LIMIT", "OFFSET", "FETCH"])
        && !matches!(
            tokens.token(at + 1),
            Token::Period | Token::Comma | Token::Eq | Token::EOF | Token::RParen
        )
}

/// Takes one clause; `None` if there is none.
fn clause(tokens: &Tokens, at: usize, clauses: &mut Clauses) -> SqlResult<Option<usize>> {
    if tokens.keyword(at, &["LIMIT"]) {
        return limit(tokens, at, clauses).map(Some);
    }
    if tokens.keyword(at, &["OFFSET"]) {
        let end = expression_end(tokens, at + 1);
        set(&mut clauses.offset, at + 1..end, tokens, at)?;
        return Ok(Some(rows(tokens, end)));
    }
    if !tokens.keyword(at, &["FETCH"]) {
        return Ok(None);
    }
    if !tokens.keyword(at + 1, &["FIRST", "NEXT"]) {
        return Err(syntax("Expected FIRST or NEXT after FETCH.", tokens.position(at)));
    }
    let end = expression_end(tokens, at + 2);
    if end == at + 2 {
        return Err(syntax("FETCH needs a number of rows.", tokens.position(at)));
    }
    set(&mut clauses.limit, at + 2..end, tokens, at)?;
    let end = rows(tokens, end);
    if is_word(tokens.token(end), &["ONLY"]) {
        return Ok(Some(end + 1));
    }
    ties(tokens, end, clauses)?
        .map(Some)
        .ok_or_else(|| syntax("Expected ONLY or WITH TIES.", tokens.position(end)))
}

/// `LIMIT n`, `LIMIT offset, n`, `LIMIT n OFFSET offset`, each with BY, or with TIES.
fn limit(tokens: &Tokens, at: usize, clauses: &mut Clauses) -> SqlResult<usize> {
    let mut end = expression_end(tokens, at + 1);
    let mut count = at + 1..end;
    let mut offset = None;
    if *tokens.token(end) == Token::Comma {
        let start = end + 1;
        end = expression_end(tokens, start);
        offset = Some(std::mem::replace(&mut count, start..end));
    } else if tokens.keyword(end, &["OFFSET"]) {
        let start = end + 1;
        end = expression_end(tokens, start);
        offset = Some(start..end);
        end = rows(tokens, end);
    }
    if is_word(tokens.token(end), &["BY"]) {
        let keys = end + 1..keys_end(tokens, end + 1);
        end = keys.end;
        set(&mut clauses.by, By { count, offset, keys }, tokens, at)?;
        return Ok(end);
    }
    set(&mut clauses.limit, count, tokens, at)?;
    if let Some(offset) = offset {
        set(&mut clauses.offset, offset, tokens, at)?;
    }
    Ok(ties(tokens, end, clauses)?.unwrap_or(end))
}

fn ties(tokens: &Tokens, at: usize, clauses: &mut Clauses) -> SqlResult<Option<usize>> {
    if !(is_word(tokens.token(at), &["WITH"]) && is_word(tokens.token(at + 1), &["TIES"])) {
        return Ok(None);
    }
    set(&mut clauses.ties, at, tokens, at)?;
    Ok(Some(at + 2))
}

/// Behind ROW or ROWS, if it stands here.
fn rows(tokens: &Tokens, at: usize) -> usize {
    if is_word(tokens.token(at), &["ROW", "ROWS"]) { at + 1 } else { at }
}

fn expression_end(tokens: &Tokens, at: usize) -> usize {
    tokens.find(at, |tokens, at| *tokens.token(at) == Token::Comma || is_end(tokens, at))
}

fn keys_end(tokens: &Tokens, at: usize) -> usize {
    tokens.find(at, is_end)
}

fn is_end(tokens: &Tokens, at: usize) -> bool {
    tokens.keyword(at, &ENDS)
}

fn set<T>(clause: &mut Option<T>, value: T, tokens: &Tokens, at: usize) -> SqlResult<()> {
    if clause.replace(value).is_none() {
        return Ok(());
    }
    Err(syntax(
        format!("{} says a second time what was said before it.", tokens.token(at)),
        tokens.position(at),
    ))
}

/// Writes `SETTINGS ⌘limit = …, ⌘offset = …, ⌘ties = 1, ⌘limit_by = ⌘by(count, offset, keys…)`.
fn write(
    tokens: &Tokens,
    at: usize,
    clauses: Clauses,
    out: &mut Vec<TokenWithSpan>,
) -> SqlResult<()> {
    let span = tokens.span(at);
    let inner = |range: Range<usize>| rewrite(&Tokens::new(tokens.slice(range)));
    let Clauses { limit, offset, ties, by } = clauses;
    let mut settings: Vec<(&str, Vec<TokenWithSpan>)> = Vec::new();
    if let Some(limit) = limit {
        settings.push(("limit", inner(limit)?));
    }
    if let Some(offset) = offset {
        settings.push(("offset", inner(offset)?));
    }
    if ties.is_some() {
        settings.push(("ties", vec![number(1, span)]));
    }
    if let Some(By { count, offset, keys }) = by {
        let all = keys.len() == 1 && is_word(tokens.token(keys.start), &["ALL"]);
        let offset = offset.map_or_else(|| Ok(vec![number(0, span)]), inner)?;
        let keys = if all { vec![all_keys(span)] } else { inner(keys)? };
        let mut value = Vec::new();
        call("by", vec![inner(count)?, offset, keys], span, &mut value);
        settings.push(("limit_by", value));
    }
    out.push(word("SETTINGS", span));
    for (i, (name, value)) in settings.into_iter().enumerate() {
        if i > 0 {
            out.push(made(Token::Comma, span));
        }
        out.push(marked(name, span));
        out.push(made(Token::Eq, span));
        out.extend(value);
    }
    Ok(())
}
