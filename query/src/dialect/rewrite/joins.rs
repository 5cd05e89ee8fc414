//! Joins: the words before JOIN stand in any order in ClickHouse, and sqlparser has no place for ANY and ASOF. It keeps
//! GLOBAL, which means nothing on one server, and tells `LEFT JOIN` from `LEFT OUTER JOIN`, which are the same; so
//!
//! | strictness | inner | left | right | full |
//! |---|---|---|---|---|
//! | ALL | `JOIN` | `LEFT JOIN` | `RIGHT JOIN` | `FULL JOIN` |
//! | ANY | `GLOBAL JOIN` | `GLOBAL LEFT JOIN` | `GLOBAL RIGHT JOIN` | `GLOBAL FULL JOIN` |
//! | ASOF | `GLOBAL INNER JOIN` | `GLOBAL LEFT OUTER JOIN` | | |
//!
//! `bind/join.rs` reads the table backwards.

use crate::{
    dialect::{
        syntax,
        tokens::{Tokens, is_word, made, word},
    },
    error::{ChCode, SqlError, SqlResult},
};
use sqlparser::tokenizer::{Token, TokenWithSpan};

const WORDS: [&str; 14] = [
    "GLOBAL", "LOCAL", "ANY", "ALL", "ASOF", "SEMI", "ANTI", "PASTE", "LEFT", "RIGHT", "FULL",
    "INNER", "OUTER", "CROSS",
];
const SIDES: [&str; 5] = ["LEFT", "RIGHT", "FULL", "INNER", "CROSS"];
const STRICTNESS: [&str; 6] = ["ANY", "ALL", "ASOF", "SEMI", "ANTI", "PASTE"];

/// Rewrites the words before every JOIN, and the names behind every USING.
pub(super) fn rewrite(tokens: &Tokens) -> SqlResult<Vec<TokenWithSpan>> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        // GLOBAL IN is IN where there is one server.
        if tokens.keyword(at, &["GLOBAL"]) && tokens.keyword(at + 1, &["IN", "NOT"]) {
            at += 1;
            continue;
        }
        if tokens.keyword(at, &["USING"]) && matches!(tokens.token(at + 1), Token::Word(_)) {
            at = using(tokens, at, &mut out);
            continue;
        }
        let join = words_end(tokens, at);
        if join > at && tokens.keyword(join, &["JOIN"]) {
            words(tokens, at, join, &mut out)?;
            at = join;
        }
        tokens.copy(at, &mut out);
        at += 1;
    }
    Ok(out)
}

/// Behind the words of a join that start here.
fn words_end(tokens: &Tokens, at: usize) -> usize {
    let mut end = at;
    while tokens.keyword(end, &WORDS) {
        end += 1;
    }
    end
}

/// Writes the words before a JOIN in the parser's order.
fn words(
    tokens: &Tokens,
    start: usize,
    join: usize,
    out: &mut Vec<TokenWithSpan>,
) -> SqlResult<()> {
    let of = |kinds: &[&'static str]| -> SqlResult<Option<&'static str>> {
        let mut found = None;
        for at in start..join {
            let Some(kind) = kinds.iter().find(|kind| tokens.keyword(at, &[**kind])) else {
                continue;
            };
            if found.is_some() {
                return Err(syntax(
                    format!("{} does not go with the words before it.", tokens.token(at)),
                    tokens.position(at),
                ));
            }
            found = Some(*kind);
        }
        Ok(found)
    };
    let (side, strictness) = (of(&SIDES)?, of(&STRICTNESS)?);
    let (outer, _local) = (of(&["OUTER"])?, of(&["GLOBAL", "LOCAL"])?);
    let span = tokens.span(start);
    let mut write = |words: &[&str]| out.extend(words.iter().map(|text| word(text, span)));
    let outer_at = (start..join).find(|at| tokens.keyword(*at, &["OUTER"]));
    let behind_side =
        outer_at.is_none_or(|at| is_word(tokens.before(at), &["LEFT", "RIGHT", "FULL"]));
    if outer.is_some() && !behind_side {
        return Err(syntax("OUTER needs LEFT, RIGHT or FULL before it.", tokens.position(start)));
    }
    match (strictness, side) {
        (Some("PASTE"), _) => {
            return Err(refused(
                "PASTE JOIN is not supported: number the rows of both sides with row_number() OVER () and join on the number.",
                tokens,
                start,
            ));
        }
        (Some("ASOF"), None | Some("INNER")) => write(&["GLOBAL", "INNER"]),
        (Some("ASOF"), Some("LEFT")) => write(&["GLOBAL", "LEFT", "OUTER"]),
        (Some("ASOF"), Some(_)) => {
            return Err(refused(
                "An ASOF join is INNER or LEFT: exchange its sides.",
                tokens,
                start,
            ));
        }
        (Some("SEMI" | "ANTI"), Some("FULL" | "INNER" | "CROSS")) => {
            return Err(syntax("SEMI and ANTI joins are LEFT or RIGHT.", tokens.position(start)));
        }
        (Some(strict @ ("SEMI" | "ANTI")), side) => write(&[side.unwrap_or("LEFT"), strict]),
        (Some(strict), Some("CROSS")) => {
            return Err(syntax(
                format!("{strict} has no meaning for a CROSS JOIN."),
                tokens.position(start),
            ));
        }
        (strict, side) => {
            if strict == Some("ANY") {
                write(&["GLOBAL"]);
            }
            write(side.filter(|side| *side != "INNER").as_slice());
        }
    }
    Ok(())
}

fn refused(message: &str, tokens: &Tokens, at: usize) -> SqlError {
    SqlError::new(ChCode::NotImplemented, message).at(tokens.position(at))
}

/// `USING a, b` becomes `USING (a, b)`.
fn using(tokens: &Tokens, at: usize, out: &mut Vec<TokenWithSpan>) -> usize {
    let span = tokens.span(at);
    tokens.copy(at, out);
    out.push(made(Token::LParen, span));
    let mut at = at + 1;
    loop {
        tokens.copy(at, out);
        at += 1;
        if *tokens.token(at) == Token::Period {
            tokens.copy(at, out);
            at += 1;
            continue;
        }
        if *tokens.token(at) != Token::Comma || !matches!(tokens.token(at + 1), Token::Word(_)) {
            break;
        }
        tokens.copy(at, out);
        at += 1;
    }
    out.push(made(Token::RParen, span));
    at
}
