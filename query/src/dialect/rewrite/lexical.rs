//! What depends on tokens standing without space between them: numbers, parameters, subcolumns, tuple members.

use crate::{
    dialect::{
        syntax,
        tokens::{Tokens, made, quoted, word},
    },
    error::{ChCode, SqlError, SqlResult},
};
use sqlparser::{
    keywords::Keyword,
    tokenizer::{Token, TokenWithSpan, Word},
};

/// A rule at a token answers where it goes on, if it took something.
type Rule = fn(&Tokens, usize, &mut Vec<TokenWithSpan>) -> SqlResult<Option<usize>>;

/// Rules in the order in which they are tried.
const RULES: [Rule; 5] = [numeral, parameter, subcolumn, array_path, tuple_member];

/// Applies the rules to every token; whitespace is still there.
pub(super) fn rewrite(tokens: &Tokens) -> SqlResult<Vec<TokenWithSpan>> {
    let mut out = Vec::with_capacity(tokens.len());
    let mut at = 0;
    'tokens: while at < tokens.len() {
        for rule in RULES {
            if let Some(next) = rule(tokens, at, &mut out)? {
                at = next;
                continue 'tokens;
            }
        }
        tokens.copy(at, &mut out);
        at += 1;
    }
    Ok(out)
}

/// `0b101` and `1_000`, whose number sqlparser ends before the letter, and `0xFF`, which it takes for bytes.
fn numeral(tokens: &Tokens, at: usize, out: &mut Vec<TokenWithSpan>) -> SqlResult<Option<usize>> {
    let span = tokens.span(at);
    match (tokens.token(at), tokens.token(at + 1)) {
        (Token::HexStringLiteral(digits), _) if tokens_text_is_hex(tokens, at) => {
            let Ok(number) = i128::from_str_radix(digits, 16) else { return Ok(None) };
            out.push(made(Token::Number(number.to_string(), false), span));
            Ok(Some(at + 1))
        }
        (Token::Number(digits, true), _) => Err(no_number(&format!("{digits}L"), tokens, at)),
        (Token::Number(digits, false), Token::Word(Word { value, quote_style: None, .. })) => {
            let whole = joined(digits, value)
                .ok_or_else(|| no_number(&format!("{digits}{value}"), tokens, at))?;
            out.push(made(Token::Number(whole, false), span));
            Ok(Some(at + 2))
        }
        _ => Ok(None),
    }
}

/// Whether a hexadecimal literal was written `0x…`: `x'…'` is three characters longer than its digits.
fn tokens_text_is_hex(tokens: &Tokens, at: usize) -> bool {
    let Token::HexStringLiteral(digits) = tokens.token(at) else { return false };
    let span = tokens.span(at);
    let width = span.end.column.saturating_sub(span.start.column);
    span.start.line == span.end.line && width == digits.chars().count() as u64 + 2
}

fn no_number(text: &str, tokens: &Tokens, at: usize) -> SqlError {
    SqlError::new(
        ChCode::UnknownIdentifier,
        format!(
            "`{text}` is neither a number nor a name: put a space or an operator between them."
        ),
    )
    .at(tokens.position(at))
}

/// The number that digits and the word right behind them make together: binary digits, or digits behind underscores.
fn joined(digits: &str, word: &str) -> Option<String> {
    if digits == "0" {
        let binary = word.strip_prefix('b')?.replace('_', "");
        return u64::from_str_radix(&binary, 2).ok().map(|number| number.to_string());
    }
    let rest = word.strip_prefix('_').filter(|_| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let fine = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    fine.then(|| format!("{digits}{}", rest.replace('_', "")))
}

/// `{name:Type}`: `CAST($name, 'Type')`, and a marked name for `{name:Identifier}`.
fn parameter(tokens: &Tokens, at: usize, out: &mut Vec<TokenWithSpan>) -> SqlResult<Option<usize>> {
    let (Token::LBrace, Some(close)) = (tokens.token(at), tokens.close(at)) else {
        return Ok(None);
    };
    let mut body = tokens.slice(at + 1..close);
    body.retain(|token| !matches!(token.token, Token::Whitespace(_)));
    let [first, colon, ty @ ..] = body.as_slice() else { return Ok(None) };
    let (Token::Word(name), Token::Colon) = (&first.token, &colon.token) else { return Ok(None) };
    if ty.is_empty() {
        return Err(syntax("A parameter needs a type: {name:Type}.", tokens.position(at)));
    }
    let ty: String = ty.iter().map(|token| token.token.to_string()).collect();
    let span = tokens.span(at);
    if ty == "Identifier" {
        out.push(quoted(format!("{}{}", crate::dialect::tokens::MARK, name.value), span));
    } else {
        out.push(word("CAST", span));
        for token in [
            Token::LParen,
            Token::Placeholder(format!("${}", name.value)),
            Token::Comma,
            Token::SingleQuotedString(ty),
            Token::RParen,
        ] {
            out.push(made(token, span));
        }
    }
    Ok(Some(close + 1))
}

/// `.:Type` and `.^name` as quoted members: `` .`:Type` ``, `` .`^name` ``.
fn subcolumn(tokens: &Tokens, at: usize, out: &mut Vec<TokenWithSpan>) -> SqlResult<Option<usize>> {
    if *tokens.token(at) != Token::Period {
        return Ok(None);
    }
    let Token::Word(name) = tokens.token(at + 2) else { return Ok(None) };
    let (text, next) = match tokens.token(at + 1) {
        Token::Colon => {
            let close = tokens
                .close(at + 3)
                .filter(|_| name.quote_style.is_none() && *tokens.token(at + 3) == Token::LParen);
            let end = close.map_or(at + 3, |close| close + 1);
            let arguments = tokens.slice(at + 3..end);
            let arguments: String = arguments.iter().map(|token| token.token.to_string()).collect();
            (format!(":{}{arguments}", name.value), end)
        }
        Token::Caret => (format!("^{}", name.value), at + 3),
        _ => return Ok(None),
    };
    tokens.copy(at, out);
    out.push(quoted(text, tokens.span(at + 2)));
    Ok(Some(next))
}

/// `items[]` and `items[][]`: one level of arrays each, as the typed members `.:Array(JSON)`, `.:Array(Array(JSON))`.
fn array_path(
    tokens: &Tokens,
    at: usize,
    out: &mut Vec<TokenWithSpan>,
) -> SqlResult<Option<usize>> {
    let pair = |k: usize| {
        *tokens.token(at + 2 * k) == Token::LBracket
            && *tokens.token(at + 2 * k + 1) == Token::RBracket
    };
    if !pair(0) || !ends_path(out) {
        return Ok(None);
    }
    let levels = (1..).find(|k| !pair(*k)).unwrap_or(1);
    let span = tokens.span(at);
    out.push(made(Token::Period, span));
    out.push(quoted(format!(":{}JSON{}", "Array(".repeat(levels), ")".repeat(levels)), span));
    Ok(Some(at + 2 * levels))
}

/// Whether the last token is a name, or a keyword that is a member behind a dot.
fn ends_path(out: &[TokenWithSpan]) -> bool {
    match out {
        [.., before, last] => is_name(&last.token, before.token == Token::Period),
        [last] => is_name(&last.token, false),
        [] => false,
    }
}

fn is_name(token: &Token, member: bool) -> bool {
    matches!(token, Token::Word(word)
        if word.quote_style.is_some() || word.keyword == Keyword::NoKeyword || member)
}

/// `t.1`, which the tokenizer reads as a name and the number `.1`, and `t.1.2` with another number behind.
fn tuple_member(
    tokens: &Tokens,
    at: usize,
    out: &mut Vec<TokenWithSpan>,
) -> SqlResult<Option<usize>> {
    /// Members behind each other: tuples in tuples have no more levels.
    const MEMBERS_MAX: usize = 128;
    let Token::Number(digits, false) = tokens.token(at) else { return Ok(None) };
    let Some(member) = digits.strip_prefix('.').filter(|member| !member.is_empty()) else {
        return Ok(None);
    };
    let is_member =
        |token: &Token| matches!(token, Token::Number(digits, false) if digits.starts_with('.'));
    let first = (0..at).rev().take(MEMBERS_MAX).find(|before| !is_member(tokens.token(*before)));
    let of_something = first.is_some_and(|first| {
        matches!(tokens.token(first), Token::Word(_) | Token::RParen | Token::RBracket)
    });
    if !of_something {
        return Ok(None);
    }
    let span = tokens.span(at);
    for part in member.split('.') {
        out.push(made(Token::Period, span));
        out.push(quoted(part.to_owned(), span));
    }
    Ok(Some(at + 1))
}
