//! What must hold of a statement's tokens before anything else looks at them: brackets match, nothing is nested or chained
//! so deeply that a tree of it could not be walked, and no name belongs to the token pass.

use super::{
    syntax,
    tokens::{MARK, is_word, position},
};
use crate::error::{ChCode, Position, SqlError, SqlResult};
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

/// Deepest nesting of brackets. The parser's own limit is lower, and counts more than brackets.
const DEPTH_MAX: usize = 128;

/// Most operators in a row at one level of brackets: each makes the tree one level deeper, and planning looks at every level
/// from every other.
const CHAIN_MAX: usize = 200;

/// Most conditions that AND and OR connect in a row, counted with what they are made of.
const CONDITIONS_MAX: usize = 1_000;

/// Most joins and set operations at one level of brackets.
const RELATIONS_MAX: usize = 250;

/// Words that make the tree deeper without a bracket.
const CHAINING: [&str; 14] = [
    "XOR", "NOT", "DIV", "MOD", "IN", "LIKE", "ILIKE", "IS", "BETWEEN", "CASE", "INTERVAL",
    "REGEXP", "RLIKE", "COLLATE",
];

/// Words that make the tree of relations deeper.
const RELATIONS: [&str; 4] = ["JOIN", "UNION", "INTERSECT", "EXCEPT"];

/// Words behind which a chain begins anew.
const CLAUSES: [&str; 12] = [
    "SELECT", "FROM", "PREWHERE", "WHERE", "GROUP", "HAVING", "QUALIFY", "WINDOW", "ORDER",
    "LIMIT", "OFFSET", "SETTINGS",
];

/// A bracket that is open.
struct Open<'a> {
    bracket: &'a Token,
    position: Option<Position>,
    chain: usize,
    conditions: usize,
    relations: usize,
}

/// Checks the tokens of a statement.
///
/// # Errors
/// `SYNTAX_ERROR` for brackets that do not match, `TOO_DEEP_RECURSION` for what is nested too deeply.
pub(super) fn check(tokens: &[TokenWithSpan]) -> SqlResult<()> {
    let mut open =
        vec![Open { bracket: &Token::EOF, position: None, chain: 0, conditions: 0, relations: 0 }];
    for TokenWithSpan { token, span } in tokens {
        let position = position(*span);
        match token {
            Token::LParen | Token::LBracket | Token::LBrace => {
                open.push(Open { bracket: token, position, chain: 0, conditions: 0, relations: 0 });
                if open.len() > DEPTH_MAX {
                    return Err(too_deep(
                        format!("Brackets are nested deeper than {DEPTH_MAX} levels"),
                        position,
                    ));
                }
            }
            Token::RParen | Token::RBracket | Token::RBrace => {
                let closed = open.pop().map(|open| open.bracket);
                if closed.is_none_or(|opener| !matches(opener, token)) {
                    return Err(syntax(format!("Unmatched {token}."), position));
                }
            }
            Token::Word(Word { value, .. }) if value.contains(MARK) => {
                return Err(syntax("A name must not hold the character U+F8FF.", position));
            }
            _ => {}
        }
        if let Some(level) = open.last_mut() {
            chain(token, position, level)?;
            level.relations += usize::from(is_word(token, &RELATIONS));
            if level.relations > RELATIONS_MAX {
                let what = format!("More than {RELATIONS_MAX} joins and set operations in a row");
                return Err(too_deep(what, position));
            }
        }
    }
    match open.pop() {
        Some(Open { bracket, position, .. }) if *bracket != Token::EOF => {
            Err(syntax(format!("Unmatched {bracket}: it is never closed."), position))
        }
        _ => Ok(()),
    }
}

fn matches(opener: &Token, closer: &Token) -> bool {
    matches!(
        (opener, closer),
        (Token::LParen, Token::RParen)
            | (Token::LBracket, Token::RBracket)
            | (Token::LBrace, Token::RBrace)
    )
}

/// Counts what makes the tree deeper at one level of brackets.
fn chain(token: &Token, position: Option<Position>, level: &mut Open<'_>) -> SqlResult<()> {
    match token {
        Token::Comma => (level.chain, level.conditions) = (0, 0),
        Token::Word(_) if is_word(token, &CLAUSES) => (level.chain, level.conditions) = (0, 0),
        Token::Word(_) if is_word(token, &["WHEN", "THEN", "ELSE"]) => level.chain = 0,
        Token::Word(_) if is_word(token, &["AND", "OR"]) => {
            level.chain = 0;
            level.conditions += 1;
        }
        Token::Word(_) if !is_word(token, &CHAINING) => {}
        Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::HexStringLiteral(_)
        | Token::Whitespace(_)
        | Token::Period
        | Token::SemiColon
        | Token::RParen
        | Token::RBracket
        | Token::RBrace => {}
        _ => level.chain += 1,
    }
    let what = if level.chain > CHAIN_MAX {
        format!(
            "More than {CHAIN_MAX} operators in a row: put parts into a subquery, or use an array function"
        )
    } else if level.conditions > CONDITIONS_MAX {
        format!("More than {CONDITIONS_MAX} conditions in a row: write `IN (…)` for many values")
    } else {
        return Ok(());
    };
    Err(too_deep(what, position))
}

fn too_deep(what: String, position: Option<Position>) -> SqlError {
    let place =
        position.map_or_else(String::new, |p| format!(" (line {}, column {})", p.line, p.column));
    SqlError::new(ChCode::TooDeepRecursion, format!("{what}{place}.")).at(position)
}
