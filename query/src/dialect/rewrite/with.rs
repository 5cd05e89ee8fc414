//! `WITH expr AS name`: an expression with a name becomes a CTE that sqlparser can read, `name AS (SELECT ⌘with(expr))`.

use crate::{
    dialect::{
        syntax,
        tokens::{Tokens, call, made, word},
    },
    error::{ChCode, SqlError, SqlResult},
};
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::ops::Range;

/// Words behind WITH that make it a modifier of another clause.
const MODIFIERS: [&str; 6] = ["TOTALS", "ROLLUP", "CUBE", "FILL", "TIES", "TIME"];

/// Rewrites the named expressions of every WITH.
pub(super) fn rewrite(tokens: &Tokens) -> SqlResult<Vec<TokenWithSpan>> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let is_clause = tokens.keyword(at, &["WITH"]) && !tokens.keyword(at + 1, &MODIFIERS);
        tokens.copy(at, &mut out);
        at += 1;
        if !is_clause {
            continue;
        }
        if tokens.keyword(at, &["RECURSIVE"]) {
            tokens.copy(at, &mut out);
            at += 1;
        }
        at = items(tokens, at, &mut out)?;
    }
    Ok(out)
}

/// The items of one WITH, separated by commas, up to its SELECT.
fn items(tokens: &Tokens, start: usize, out: &mut Vec<TokenWithSpan>) -> SqlResult<usize> {
    let mut start = start;
    loop {
        let end = tokens.find(start, |tokens, at| {
            *tokens.token(at) == Token::Comma || tokens.keyword(at, &["SELECT", "FROM", "INSERT"])
        });
        item(tokens, start..end, out)?;
        if *tokens.token(end) != Token::Comma {
            return Ok(end);
        }
        tokens.copy(end, out);
        start = end + 1;
    }
}

fn item(tokens: &Tokens, item: Range<usize>, out: &mut Vec<TokenWithSpan>) -> SqlResult<()> {
    let inner = |range: Range<usize>| rewrite(&Tokens::new(tokens.slice(range)));
    if is_query(tokens, &item)? || item.len() < 3 || !is_as(tokens, item.end - 2) {
        out.extend(inner(item)?);
        return Ok(());
    }
    let name = item.end - 1;
    let span = tokens.span(item.start);
    tokens.copy(name, out);
    out.push(word("AS", span));
    out.push(made(Token::LParen, span));
    out.push(word("SELECT", span));
    call("with", vec![inner(item.start..item.end - 2)?], span, out);
    out.push(made(Token::RParen, span));
    Ok(())
}

fn is_as(tokens: &Tokens, at: usize) -> bool {
    tokens.keyword(at, &["AS"])
}

/// Whether the item is a CTE: `name AS (SELECT …)`, `name (columns) AS (…)`.
fn is_query(tokens: &Tokens, item: &Range<usize>) -> SqlResult<bool> {
    let columns = *tokens.token(item.start + 1) == Token::LParen;
    let is_as_at = if columns { tokens.behind(item.start + 1) } else { item.start + 1 };
    if !matches!(tokens.token(item.start), Token::Word(_)) || !is_as(tokens, is_as_at) {
        return Ok(false);
    }
    if crate::dialect::tokens::is_word(tokens.token(is_as_at + 1), &["MATERIALIZED"])
        && *tokens.token(is_as_at + 2) == Token::LParen
    {
        return Err(SqlError::new(
            ChCode::NotImplemented,
            "MATERIALIZED is not supported: leave it out, and the query is run where it is used.",
        )
        .at(tokens.position(is_as_at + 1)));
    }
    let opener = is_as_at + 1;
    let mut first = opener;
    while *tokens.token(first) == Token::LParen {
        first += 1;
    }
    let is_query = first > opener && tokens.keyword(first, &["SELECT", "WITH", "FROM"]);
    if is_query && tokens.behind(opener) != item.end {
        return Err(syntax(
            "Expected `,` or SELECT after a query in WITH.",
            tokens.position(tokens.behind(opener)),
        ));
    }
    Ok(is_query)
}
