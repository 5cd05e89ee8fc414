//! `SELECT … ORDER BY … LIMIT … UNION ALL SELECT …`: a branch with clauses of its own goes into brackets, because sqlparser
//! reads them only at the end of all branches.

use crate::{
    dialect::tokens::{Tokens, made},
    error::SqlResult,
};
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// The branch of a set operation that is being read, one per open bracket.
#[derive(Default)]
struct Branch {
    /// Where its SELECT stands among the tokens that were written.
    select: Option<usize>,
    /// Whether it has ORDER BY, LIMIT, OFFSET or SETTINGS.
    has_tail: bool,
}

/// Puts branches with clauses of their own into brackets.
pub(super) fn rewrite(tokens: &Tokens) -> SqlResult<Vec<TokenWithSpan>> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut branches = vec![Branch::default()];
    for at in 0..tokens.len() {
        let Some(branch) = branches.last_mut() else { break };
        match tokens.token(at) {
            Token::LParen | Token::LBracket | Token::LBrace => branches.push(Branch::default()),
            Token::RParen | Token::RBracket | Token::RBrace => drop(branches.pop()),
            _ if tokens.keyword(at, &["SELECT"]) => {
                branch.select.get_or_insert(out.len());
            }
            _ if tokens.keyword(at, &["ORDER", "LIMIT", "OFFSET", "FETCH", "SETTINGS"]) => {
                branch.has_tail |= branch.select.is_some();
            }
            _ if is_set_operator(tokens, at) => {
                if let (Some(select), true) = (branch.select, branch.has_tail) {
                    let span = tokens.span(at);
                    out.insert(select, made(Token::LParen, span));
                    out.push(made(Token::RParen, span));
                }
                *branch = Branch::default();
            }
            _ => {}
        }
        tokens.copy(at, &mut out);
    }
    Ok(out)
}

/// Whether UNION, INTERSECT or EXCEPT stands here between queries; `* EXCEPT (a)` leaves out columns.
pub(super) fn is_set_operator(tokens: &Tokens, at: usize) -> bool {
    if !tokens.keyword(at, &["UNION", "INTERSECT", "EXCEPT"]) {
        return false;
    }
    let starts = |at: usize| tokens.keyword(at, &["SELECT", "WITH", "FROM"]);
    let mut next = at + 1;
    if tokens.keyword(next, &["ALL", "DISTINCT"]) {
        next += 1;
    }
    while *tokens.token(next) == Token::LParen {
        next += 1;
    }
    starts(next)
}
