//! Literals and names of types: `INTERVAL '1 day'`, `(1,)`, `DateTime('UTC')`.

use crate::{
    dialect::syntax,
    dialect::tokens::{Tokens, is_word, made, word},
    error::{ChCode, SqlError, SqlResult},
};
use sqlparser::{
    keywords::Keyword,
    tokenizer::{Span, Token, TokenWithSpan, Word},
};

/// How far behind FILL its STALENESS may stand, in tokens.
const FILL_TOKENS_MAX: usize = 200;

/// Applies the rules to every token.
pub(super) fn rewrite(tokens: &Tokens) -> SqlResult<Vec<TokenWithSpan>> {
    let mut out = Vec::with_capacity(tokens.len());
    // Where in `out` the brackets around the current token were opened.
    let mut open = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match tokens.token(at) {
            Token::LParen => open.push(out.len()),
            Token::RParen => drop(open.pop()),
            Token::Comma if *tokens.token(at + 1) == Token::RParen => {
                if let Some(opener) = open.last()
                    && !is_call(&out, *opener)
                {
                    let span = tokens.span(at);
                    out.insert(*opener, made(name("tuple"), span));
                    at += 1;
                    continue;
                }
            }
            Token::Word(_) if tokens.keyword(at, &["STALENESS"]) && filled(&out) => {
                return Err(SqlError::new(
                    ChCode::NotImplemented,
                    "WITH FILL … STALENESS is not supported: give the range with FROM and TO.",
                )
                .at(tokens.position(at)));
            }
            // The parser takes a FILTER without a condition for none at all.
            Token::Word(_)
                if tokens.keyword(at, &["FILTER"])
                    && *tokens.before(at) == Token::RParen
                    && *tokens.token(at + 1) != Token::LParen =>
            {
                return Err(syntax("FILTER needs (WHERE condition).", tokens.position(at)));
            }
            Token::Word(_) if tokens.keyword(at, &["INTERVAL"]) => {
                if let Token::SingleQuotedString(text) = tokens.token(at + 1)
                    && let Some(parts) = parts_of(text)
                {
                    intervals(&parts, tokens.span(at), &mut out);
                    at += 2;
                    continue;
                }
            }
            // sqlparser knows DateTime only with a precision; a word that is no keyword takes any arguments.
            Token::Word(_)
                if (tokens.keyword(at, &["DATETIME"]) || is_type(tokens, at, "DATETIME"))
                    && *tokens.token(at + 1) == Token::LParen
                    && matches!(tokens.token(at + 2), Token::SingleQuotedString(_)) =>
            {
                out.push(made(name("DateTime"), tokens.span(at)));
                at += 1;
                continue;
            }
            _ => {}
        }
        tokens.copy(at, &mut out);
        at += 1;
    }
    Ok(out)
}

/// Whether a WITH FILL was begun.
fn filled(out: &[TokenWithSpan]) -> bool {
    out.iter().rev().take(FILL_TOKENS_MAX).any(|token| is_word(&token.token, &["FILL"]))
}

/// Whether a type of this name stands here, behind AS.
fn is_type(tokens: &Tokens, at: usize, ty: &str) -> bool {
    is_word(tokens.token(at), &[ty]) && is_word(tokens.before(at), &["AS"])
}

/// A word that is no keyword.
fn name(text: &str) -> Token {
    Token::Word(Word { value: text.to_owned(), quote_style: None, keyword: Keyword::NoKeyword })
}

/// Whether the bracket at `opener` holds the arguments of a call.
fn is_call(out: &[TokenWithSpan], opener: usize) -> bool {
    let before = opener.checked_sub(1).and_then(|before| out.get(before));
    before.is_some_and(|token| match &token.token {
        Token::Word(word) => word.quote_style.is_some() || word.keyword == Keyword::NoKeyword,
        Token::RParen => true,
        _ => false,
    })
}

/// `1 day 2 hours` as numbers and units.
fn parts_of(text: &str) -> Option<Vec<(&str, &str)>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let pairs = words.chunks(2).map(|pair| match pair {
        [count, unit] => Some((*count, *unit)),
        _ => None,
    });
    pairs.collect::<Option<Vec<_>>>().filter(|pairs| !pairs.is_empty())
}

/// One `INTERVAL 'n' unit`, or a tuple of several.
fn intervals(parts: &[(&str, &str)], span: Span, out: &mut Vec<TokenWithSpan>) {
    let several = parts.len() > 1;
    if several {
        out.push(made(name("tuple"), span));
        out.push(made(Token::LParen, span));
    }
    for (i, (count, unit)) in parts.iter().enumerate() {
        if i > 0 {
            out.push(made(Token::Comma, span));
        }
        out.push(word("INTERVAL", span));
        out.push(made(Token::SingleQuotedString((*count).to_owned()), span));
        out.push(word(unit, span));
    }
    if several {
        out.push(made(Token::RParen, span));
    }
}
