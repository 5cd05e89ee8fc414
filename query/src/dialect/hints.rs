//! What a syntax error may have meant: a misspelt word of a clause, a word that lacks its second half.

use super::tokens::is_word;
use crate::error::Position;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

/// Words that begin clauses.
const CLAUSES: [&str; 20] = [
    "SELECT",
    "FROM",
    "WHERE",
    "PREWHERE",
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "SETTINGS",
    "WINDOW",
    "QUALIFY",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "JOIN",
    "WITH",
    "EXPLAIN",
    "DISTINCT",
    "BETWEEN",
];

/// Most letters in which a word may differ from the one that was meant.
const DISTANCE_MAX: usize = 2;

/// What may have been meant near the token at a place.
pub(super) fn hint(tokens: &[TokenWithSpan], place: Position) -> Option<String> {
    let tokens: Vec<&TokenWithSpan> =
        tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    let at = tokens.iter().position(|token| {
        token.span.start.line == place.line && token.span.start.column == place.column
    })?;
    let token = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map(|token| &token.token);
    let (before, here) = (token(at.checked_sub(1)), token(Some(at)));
    for word in [before, here, token(at.checked_sub(2))].into_iter().flatten() {
        if is_word(word, &["GROUP", "ORDER"]) && !here.is_some_and(|here| is_word(here, &["BY"])) {
            return Some(format!("{word} is followed by BY."));
        }
        if let Some(meant) = meant(word) {
            return Some(format!("Did you mean {meant} instead of {word}?"));
        }
    }
    None
}

/// The word of a clause that a word nearly is.
fn meant(token: &Token) -> Option<&'static str> {
    let Token::Word(Word { value, quote_style: None, .. }) = token else { return None };
    let upper = value.to_uppercase();
    if upper.len() < 4 || CLAUSES.contains(&upper.as_str()) {
        return None;
    }
    let near = CLAUSES
        .iter()
        .map(|clause| (strsim::damerau_levenshtein(&upper, clause), *clause))
        .filter(|(distance, clause)| *distance <= DISTANCE_MAX.min(clause.len() / 3));
    near.min().map(|(_, clause)| clause)
}
