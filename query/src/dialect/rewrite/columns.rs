//! Sets of columns: `*`, `t.*`, `COLUMNS('re')` and `COLUMNS(a, b)` with EXCEPT, REPLACE and APPLY behind them become one
//! call, `⌘columns(table, matcher, transformers…)`; so does a bare `*` between other values. As the whole list of SELECT and in
//! `count(*)` it stays what it is.

use super::branches::is_set_operator;
use crate::{
    dialect::{
        syntax,
        tokens::{Tokens, call, is_word, made, marked},
    },
    error::SqlResult,
};
use sqlparser::tokenizer::{Span, Token, TokenWithSpan};
use std::ops::Range;

/// Rewrites every set of columns that sqlparser cannot read.
pub(super) fn rewrite(tokens: &Tokens) -> SqlResult<Vec<TokenWithSpan>> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let Some((matcher, next)) = matcher(tokens, at)? else {
            tokens.copy(at, &mut out);
            at += 1;
            continue;
        };
        let mut arguments = vec![table(tokens, at, &mut out), matcher];
        at = next;
        while is_transformer(tokens, at) {
            let (transformer, next) = transformer(tokens, at)?;
            arguments.push(transformer);
            at = next;
        }
        call("columns", arguments, tokens.span(at), &mut out);
    }
    Ok(out)
}

/// What stands between two brackets, or anywhere else, with its own sets rewritten.
fn inner(tokens: &Tokens, range: Range<usize>) -> SqlResult<Vec<TokenWithSpan>> {
    rewrite(&Tokens::new(tokens.slice(range)))
}

/// The call for what chooses the columns, and where it ends.
fn matcher(tokens: &Tokens, at: usize) -> SqlResult<Option<(Vec<TokenWithSpan>, usize)>> {
    let span = tokens.span(at);
    let mut out = Vec::new();
    let is_set = is_transformer(tokens, at + 1) && starts_item(tokens, at);
    if *tokens.token(at) == Token::Mul && (is_set || is_argument(tokens, at)) {
        call("all", Vec::new(), span, &mut out);
        return Ok(Some((out, at + 1)));
    }
    let Some(close) = tokens.close(at + 1).filter(|_| is_word(tokens.token(at), &["COLUMNS"]))
    else {
        return Ok(None);
    };
    if *tokens.token(at + 1) != Token::LParen {
        return Ok(None);
    }
    let is_pattern =
        matches!(tokens.token(at + 2), Token::SingleQuotedString(_)) && close == at + 3;
    let name = if is_pattern { "like" } else { "named" };
    call(name, vec![inner(tokens, at + 2..close)?], span, &mut out);
    Ok(Some((out, close + 1)))
}

/// Whether a `*` here is a set of columns: a product has something before it.
fn starts_item(tokens: &Tokens, at: usize) -> bool {
    matches!(tokens.before(at), Token::Comma | Token::LParen | Token::Period)
        || is_word(tokens.before(at), &["SELECT", "DISTINCT", "ALL"])
}

/// Whether a `*` here is one of several values: of a call, a tuple or an array. That of `count(*)` is none.
fn is_argument(tokens: &Tokens, at: usize) -> bool {
    let ends = matches!(tokens.token(at + 1), Token::Comma | Token::RParen | Token::RBracket);
    ends && match tokens.before(at) {
        Token::LParen => {
            let called = at.checked_sub(2).map(|called| tokens.token(called));
            let counted = called.is_some_and(|called| is_word(called, &["COUNT"]));
            !(counted && *tokens.token(at + 1) == Token::RParen)
        }
        Token::LBracket | Token::Comma => true,
        // What stands behind one name is the table's; a list of SELECT is left to the parser.
        Token::Period => {
            let is_one_name =
                at.checked_sub(3).is_some_and(|at| *tokens.token(at) != Token::Period);
            is_one_name && *tokens.token(at + 1) != Token::Comma
        }
        before => is_word(before, &["DISTINCT"]),
    }
}

/// The table before a set of columns: `t.` is taken back from what was written.
fn table(tokens: &Tokens, at: usize, out: &mut Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let span = tokens.span(at);
    let qualified = matches!(tokens.before(at), Token::Period)
        && matches!(out.as_slice(), [.., name, _] if matches!(name.token, Token::Word(_)));
    if !qualified {
        return vec![made(Token::make_keyword("NULL"), span)];
    }
    drop(out.pop());
    out.pop().into_iter().collect()
}

fn is_transformer(tokens: &Tokens, at: usize) -> bool {
    tokens.keyword(at, &["EXCEPT", "REPLACE", "APPLY"]) && !is_set_operator(tokens, at)
}

/// The call for one of EXCEPT, REPLACE, APPLY, and where it ends.
fn transformer(tokens: &Tokens, at: usize) -> SqlResult<(Vec<TokenWithSpan>, usize)> {
    let span = tokens.span(at);
    let strict = tokens.keyword(at + 1, &["STRICT"]);
    let start = if strict { at + 2 } else { at + 1 };
    let bracket = tokens.close(start).filter(|_| *tokens.token(start) == Token::LParen);
    let mut out = Vec::new();
    let (name, arguments, end) = if is_word(tokens.token(at), &["EXCEPT"]) {
        let (range, end) =
            bracket.map_or((start..start + 1, start + 1), |close| (start + 1..close, close + 1));
        ("except", vec![tokens.slice(range)], end)
    } else if is_word(tokens.token(at), &["REPLACE"]) {
        let (range, end) = match bracket {
            Some(close) => (start + 1..close, close + 1),
            None => {
                let end = tokens.find(start, |tokens, at| is_word(tokens.token(at), &["AS"])) + 2;
                (start..end, end)
            }
        };
        ("replace", replacements(tokens, range)?, end)
    } else {
        if strict {
            return Err(syntax("APPLY knows no STRICT.", tokens.position(at + 1)));
        }
        let (range, end) = match bracket {
            Some(close) => (start + 1..close, close + 1),
            None => (start..applied_end(tokens, start), applied_end(tokens, start)),
        };
        ("apply", vec![inner(tokens, range)?], end)
    };
    if arguments.iter().all(Vec::is_empty) {
        return Err(syntax(
            format!("{} needs something behind it.", tokens.token(at)),
            tokens.position(at),
        ));
    }
    let strict = if strict { "_strict" } else { "" };
    call(&format!("{name}{strict}"), arguments, span, &mut out);
    Ok((out, end))
}

/// Where the function or lambda behind an APPLY without brackets ends.
fn applied_end(tokens: &Tokens, start: usize) -> usize {
    if *tokens.token(start + 1) == Token::Arrow {
        return tokens.find(start, |tokens, at| {
            *tokens.token(at) == Token::Comma || tokens.keyword(at, &["FROM", "APPLY", "AS"])
        });
    }
    let name_end = start + 1;
    if *tokens.token(name_end) == Token::LParen { tokens.behind(name_end) } else { name_end }
}

/// `expr AS name, …` as arguments `expr, name, …`.
fn replacements(tokens: &Tokens, range: Range<usize>) -> SqlResult<Vec<Vec<TokenWithSpan>>> {
    let mut arguments = Vec::new();
    let mut start = range.start;
    while start < range.end {
        let end = tokens.find(start, |tokens, at| *tokens.token(at) == Token::Comma).min(range.end);
        let as_at = end.saturating_sub(2);
        if as_at <= start || !is_word(tokens.token(as_at), &["AS"]) {
            return Err(syntax("REPLACE needs `expression AS column`.", tokens.position(start)));
        }
        arguments.push(inner(tokens, start..as_at)?);
        arguments.push(tokens.slice(as_at + 1..end));
        start = end + 1;
    }
    Ok(arguments)
}

/// A name for the parser that stands for all columns, as the keys of `LIMIT 1 BY ALL`.
pub(super) fn all_keys(span: Span) -> TokenWithSpan {
    marked("all", span)
}
