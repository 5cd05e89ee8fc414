//! `expr AS name` where sqlparser has no place for a name: inside of brackets, and in WHERE, GROUP BY, HAVING, ORDER BY and ON.
//! AS becomes the operator `⌘as` there, which `dialect/clickhouse.rs` reads as the call `⌘as(expr, name)`.

use crate::{
    dialect::tokens::{Tokens, is_word, marked},
    error::SqlResult,
};
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Clauses whose expressions may have names that the parser does not expect.
const EXPRESSIONS: [&str; 8] =
    ["PREWHERE", "WHERE", "GROUP", "HAVING", "ORDER", "QUALIFY", "ON", "SETTINGS"];

/// Clauses in which AS is the parser's own.
const OTHERS: [&str; 9] =
    ["SELECT", "FROM", "JOIN", "USING", "WITH", "WINDOW", "UNION", "INTERSECT", "EXCEPT"];

/// Words before a bracket in which AS is the parser's own.
const OPAQUE: [&str; 5] = ["CAST", "TRY_CAST", "INTERPOLATE", "REPLACE", "AS"];

/// Replaces AS where only expressions can stand.
pub(super) fn rewrite(tokens: &Tokens) -> SqlResult<Vec<TokenWithSpan>> {
    let mut out = Vec::with_capacity(tokens.len());
    // Whether AS names an expression, one per open bracket.
    let mut names = vec![false];
    for at in 0..tokens.len() {
        match tokens.token(at) {
            Token::LParen | Token::LBracket | Token::LBrace => {
                names.push(is_expression(tokens, at))
            }
            Token::RParen | Token::RBracket | Token::RBrace => drop(names.pop()),
            Token::Word(_)
                if tokens.keyword(at, &["AS"])
                    && names.last() == Some(&true)
                    && matches!(tokens.token(at + 1), Token::Word(_)) =>
            {
                out.push(marked("as", tokens.span(at)));
                continue;
            }
            Token::Word(_)
                if tokens.keyword(at, &["ON"]) && is_word(tokens.before(at), &["DISTINCT"]) => {}
            Token::Word(_) if tokens.keyword(at, &EXPRESSIONS) => set(&mut names, true),
            Token::Word(_) if tokens.keyword(at, &OTHERS) && !is_modifier(tokens, at) => {
                set(&mut names, false);
            }
            _ => {}
        }
        tokens.copy(at, &mut out);
    }
    Ok(out)
}

fn set(names: &mut [bool], value: bool) {
    if let Some(last) = names.last_mut() {
        *last = value;
    }
}

/// `WITH FILL`, `WITH TOTALS` and `WITH TIES` belong to the clause before them.
fn is_modifier(tokens: &Tokens, at: usize) -> bool {
    tokens.keyword(at, &["WITH"])
        && is_word(tokens.token(at + 1), &["FILL", "TOTALS", "ROLLUP", "CUBE", "TIES"])
}

/// Whether a bracket holds expressions, and not a query, a type or a list of names.
fn is_expression(tokens: &Tokens, at: usize) -> bool {
    let query = is_word(tokens.token(at + 1), &["SELECT", "WITH", "FROM"]);
    !query && !is_word(tokens.before(at), &OPAQUE)
}
