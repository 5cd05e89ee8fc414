//! `x = any(y)`, which sqlparser takes for a comparison with a subquery wherever it stands behind an operator.

use crate::{
    dialect::tokens::{Tokens, is_word, quoted},
    error::SqlResult,
};
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Puts the names of functions that would be quantifiers in quotes.
pub(super) fn rewrite(tokens: &Tokens) -> SqlResult<Vec<TokenWithSpan>> {
    let mut out = Vec::with_capacity(tokens.len());
    for at in 0..tokens.len() {
        match tokens.token(at) {
            Token::Word(name) if is_function(tokens, at) => {
                out.push(quoted(name.value.clone(), tokens.span(at)));
            }
            _ => tokens.copy(at, &mut out),
        }
    }
    Ok(out)
}

/// Whether a quantifier behind a comparison has no query in its brackets.
fn is_function(tokens: &Tokens, at: usize) -> bool {
    let compares = matches!(
        tokens.before(at),
        Token::Eq
            | Token::DoubleEq
            | Token::Neq
            | Token::Lt
            | Token::LtEq
            | Token::Gt
            | Token::GtEq
    );
    if !compares || !is_word(tokens.token(at), &["ANY", "ALL", "SOME"]) {
        return false;
    }
    let inside = (at + 1..).find(|at| *tokens.token(*at) != Token::LParen).unwrap_or(at + 1);
    inside > at + 1 && !is_word(tokens.token(inside), &["SELECT", "WITH", "FROM"])
}
