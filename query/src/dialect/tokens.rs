//! The tokens of a statement, read without fear: beyond the end is EOF, and every bracket knows where it closes.

use crate::error::Position;
use sqlparser::{
    keywords::Keyword,
    tokenizer::{Span, Token, TokenWithSpan, Word},
};
use std::ops::Range;

/// Stands before every name that the token pass makes, so that no name of a query can be taken for one. Names that hold it
/// are refused when they are read.
pub(crate) const MARK: char = '\u{F8FF}';

/// What is behind the last token.
static END: Token = Token::EOF;

/// A list of tokens whose brackets match.
#[derive(Debug)]
pub(super) struct Tokens {
    tokens: Vec<TokenWithSpan>,
    /// For every opening bracket, where it closes; `usize::MAX` elsewhere.
    closes: Vec<usize>,
}

impl Tokens {
    /// The tokens, with their brackets paired.
    pub(super) fn new(tokens: Vec<TokenWithSpan>) -> Self {
        let mut closes = vec![usize::MAX; tokens.len()];
        let mut open = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            match token.token {
                Token::LParen | Token::LBracket | Token::LBrace => open.push(at),
                Token::RParen | Token::RBracket | Token::RBrace => {
                    if let Some(close) = open.pop().and_then(|opener: usize| closes.get_mut(opener))
                    {
                        *close = at;
                    }
                }
                _ => {}
            }
        }
        Self { tokens, closes }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// The token at a place; EOF outside.
    pub(super) fn token(&self, at: usize) -> &Token {
        self.tokens.get(at).map_or(&END, |token| &token.token)
    }

    /// The token before a place; EOF before the first.
    pub(super) fn before(&self, at: usize) -> &Token {
        at.checked_sub(1).map_or(&END, |before| self.token(before))
    }

    /// Where the token stands in the text; empty outside.
    pub(super) fn span(&self, at: usize) -> Span {
        self.tokens.get(at).map_or_else(Span::empty, |token| token.span)
    }

    /// Line and column of a token, if it stands in the text.
    pub(super) fn position(&self, at: usize) -> Option<Position> {
        position(self.span(at))
    }

    /// The tokens of a range; what is outside is left out.
    pub(super) fn slice(&self, range: Range<usize>) -> Vec<TokenWithSpan> {
        let end = range.end.min(self.tokens.len());
        self.tokens.get(range.start.min(end)..end).unwrap_or_default().to_vec()
    }

    /// Appends the token at a place to a list.
    pub(super) fn copy(&self, at: usize, out: &mut Vec<TokenWithSpan>) {
        out.extend(self.tokens.get(at).cloned());
    }

    /// Where an opening bracket closes.
    pub(super) fn close(&self, at: usize) -> Option<usize> {
        self.closes.get(at).copied().filter(|close| *close != usize::MAX)
    }

    /// The place behind a token, or behind the bracket that it opens.
    pub(super) fn behind(&self, at: usize) -> usize {
        self.close(at).map_or(at, |close| close) + 1
    }

    /// Whether one of these keywords stands here: not quoted, not a member behind a dot, not a name behind AS.
    pub(super) fn keyword(&self, at: usize, words: &[&str]) -> bool {
        is_word(self.token(at), words)
            && !matches!(self.before(at), Token::Period)
            && !(is_word(self.before(at), &["AS"]))
    }

    /// The first place from `at` on, outside of brackets, where `stop` says so; the end of the list or of the bracket that
    /// `at` is in, if there is none.
    pub(super) fn find(&self, at: usize, stop: impl Fn(&Self, usize) -> bool) -> usize {
        let mut at = at;
        while at < self.len() {
            let closes = matches!(self.token(at), Token::RParen | Token::RBracket | Token::RBrace);
            if closes || matches!(self.token(at), Token::SemiColon) || stop(self, at) {
                return at;
            }
            at = self.behind(at);
        }
        self.len()
    }
}

/// Line and column of a span, if it stands in the text.
pub(super) fn position(span: Span) -> Option<Position> {
    let position = Position { line: span.start.line, column: span.start.column };
    (position.line > 0).then_some(position)
}

/// Whether a token is one of these words, in any case and without quotes.
pub(super) fn is_word(token: &Token, words: &[&str]) -> bool {
    matches!(token, Token::Word(Word { value, quote_style: None, .. })
        if words.iter().any(|word| value.eq_ignore_ascii_case(word)))
}

/// A token that stands for what is at `span`.
pub(super) fn made(token: Token, span: Span) -> TokenWithSpan {
    TokenWithSpan { token, span }
}

/// A keyword.
pub(super) fn word(text: &str, span: Span) -> TokenWithSpan {
    made(Token::make_word(text, None), span)
}

/// A name in quotes, whatever is in it.
pub(super) fn quoted(text: String, span: Span) -> TokenWithSpan {
    made(
        Token::Word(Word { value: text, quote_style: Some('`'), keyword: Keyword::NoKeyword }),
        span,
    )
}

/// A name that only the token pass makes; see [`MARK`].
pub(super) fn marked(name: &str, span: Span) -> TokenWithSpan {
    let value = format!("{MARK}{name}");
    made(Token::Word(Word { value, quote_style: None, keyword: Keyword::NoKeyword }), span)
}

/// A number.
pub(super) fn number(value: usize, span: Span) -> TokenWithSpan {
    made(Token::Number(value.to_string(), false), span)
}

/// `name(arguments…)` for a marked name.
pub(super) fn call(
    name: &str,
    arguments: Vec<Vec<TokenWithSpan>>,
    span: Span,
    out: &mut Vec<TokenWithSpan>,
) {
    out.push(marked(name, span));
    out.push(made(Token::LParen, span));
    for (i, argument) in arguments.into_iter().enumerate() {
        if i > 0 {
            out.push(made(Token::Comma, span));
        }
        out.extend(argument);
    }
    out.push(made(Token::RParen, span));
}
