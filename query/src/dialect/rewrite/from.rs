//! FROM: `t FINAL` becomes the hint `t WITH (⌘final)`, because sqlparser takes FINAL for an alias, and every array of an
//! ARRAY JOIN becomes `⌘expr(array)`, because sqlparser takes it for a table.

use crate::{
    dialect::tokens::{Tokens, call, is_word, made, marked, word},
    error::{ChCode, SqlError, SqlResult},
};
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::ops::Range;

/// Words that begin a clause.
const CLAUSES: [&str; 24] = [
    "SELECT",
    "FROM",
    "JOIN",
    "ON",
    "USING",
    "PREWHERE",
    "WHERE",
    "GROUP",
    "HAVING",
    "WINDOW",
    "QUALIFY",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "SETTINGS",
    "FORMAT",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "INTO",
    "WITH",
    "SAMPLE",
    "APPLY",
];

/// Words that end the arrays of an ARRAY JOIN.
const AFTER_ARRAYS: [&str; 25] = [
    "PREWHERE",
    "WHERE",
    "GROUP",
    "HAVING",
    "WINDOW",
    "QUALIFY",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "SETTINGS",
    "FORMAT",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "INTO",
    "JOIN",
    "LEFT",
    "RIGHT",
    "INNER",
    "FULL",
    "CROSS",
    "GLOBAL",
    "ARRAY",
    "WITH",
];

/// Where in a query a token stands, at one level of brackets.
#[derive(Default)]
struct Level {
    /// Whether the clause at hand is FROM, or a JOIN before its ON.
    in_from: bool,
    /// Whether the table at hand is a query in brackets.
    behind_query: bool,
}

/// Rewrites FINAL and ARRAY JOIN.
pub(super) fn rewrite(tokens: &Tokens) -> SqlResult<Vec<TokenWithSpan>> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut levels = vec![Level::default()];
    let mut at = 0;
    while at < tokens.len() {
        match tokens.token(at) {
            Token::LParen | Token::LBracket | Token::LBrace => {
                let of_query = tokens.keyword(at + 1, &["SELECT", "WITH", "FROM"]);
                if let Some(level) = levels.last_mut() {
                    level.behind_query = of_query;
                }
                levels.push(Level::default());
            }
            Token::RParen | Token::RBracket | Token::RBrace => drop(levels.pop()),
            Token::Word(_)
                if tokens.keyword(at, &["JOIN"])
                    && tokens.keyword(at.wrapping_sub(1), &["ARRAY"]) =>
            {
                tokens.copy(at, &mut out);
                at = arrays(tokens, at + 1, &mut out)?;
                continue;
            }
            Token::Word(_) if tokens.keyword(at, &["FINAL"]) => match levels.last() {
                Some(Level { in_from: true, behind_query: false }) => {
                    final_hint(tokens, at, &mut out);
                    at += 1;
                    continue;
                }
                Some(Level { in_from: true, .. }) => {
                    return Err(SqlError::new(
                        ChCode::UnsupportedMethod,
                        "A query has no versions: write FINAL behind the tables inside of it.",
                    )
                    .at(tokens.position(at)));
                }
                _ => {}
            },
            Token::Comma => {
                if let Some(level) = levels.last_mut() {
                    level.behind_query = false;
                }
            }
            Token::Word(_) if tokens.keyword(at, &CLAUSES) => {
                let in_from = is_word(tokens.token(at), &["FROM", "JOIN"]);
                if let Some(level) = levels.last_mut() {
                    *level = Level { in_from, behind_query: false };
                }
            }
            _ => {}
        }
        tokens.copy(at, &mut out);
        at += 1;
    }
    Ok(out)
}

fn final_hint(tokens: &Tokens, at: usize, out: &mut Vec<TokenWithSpan>) {
    let span = tokens.span(at);
    out.push(word("WITH", span));
    out.push(made(Token::LParen, span));
    out.push(marked("final", span));
    out.push(made(Token::RParen, span));
}

/// The arrays of one ARRAY JOIN, each with its alias.
fn arrays(tokens: &Tokens, start: usize, out: &mut Vec<TokenWithSpan>) -> SqlResult<usize> {
    let mut start = start;
    loop {
        let end = tokens.find(start, |tokens, at| {
            *tokens.token(at) == Token::Comma
                || (tokens.keyword(at, &AFTER_ARRAYS)
                    // `x::Array(T)` is a type.
                    && (!tokens.keyword(at, &["ARRAY"]) || tokens.keyword(at + 1, &["JOIN"])))
                || (tokens.keyword(at, &["ANY", "ALL", "ASOF", "SEMI", "ANTI"]) && at > start)
        });
        array(tokens, start..end, out)?;
        if *tokens.token(end) != Token::Comma {
            return Ok(end);
        }
        tokens.copy(end, out);
        start = end + 1;
    }
}

fn array(tokens: &Tokens, array: Range<usize>, out: &mut Vec<TokenWithSpan>) -> SqlResult<()> {
    let as_at =
        tokens.find(array.start, |tokens, at| is_word(tokens.token(at), &["AS"])).min(array.end);
    if array.is_empty() || as_at == array.start {
        out.extend(tokens.slice(array));
        return Ok(());
    }
    let inner = rewrite(&Tokens::new(tokens.slice(array.start..as_at)))?;
    call("expr", vec![inner], tokens.span(array.start), out);
    out.extend(tokens.slice(as_at..array.end));
    Ok(())
}
