//! SQL text to AST: tokens, the token pass, sqlparser under our dialect. Values never become text again.

mod clickhouse;
mod rewrite;

use crate::error::{ChCode, Position, SqlError, SqlResult};
use clickhouse::ChDialect;
use rekor_core::limits;
use sqlparser::{
    ast::{Expr, Query, SetExpr, Statement},
    dialect::ClickHouseDialect,
    parser::{Parser, ParserError},
    tokenizer::{Token, TokenWithSpan, Tokenizer, TokenizerError},
};

/// Deepest nesting of expressions and queries.
const RECURSION_MAX: usize = 64;

/// A parsed statement.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// The query.
    pub(crate) query: Box<Query>,
    /// Expressions named by `WITH expr AS name`, in order.
    pub(crate) with: Vec<(String, Expr)>,
    /// Whether the plan, or the plan with what it did, is wanted instead of rows.
    pub(crate) explain: Option<Explain>,
}

/// `EXPLAIN` or `EXPLAIN ANALYZE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Explain {
    /// Run the query and show what each operator did.
    pub(crate) analyze: bool,
}

/// Parses one SELECT, or an EXPLAIN of one.
///
/// # Errors
/// `SYNTAX_ERROR` with line and column, `READONLY` for anything that writes.
pub(crate) fn parse(sql: &str) -> SqlResult<Parsed> {
    if sql.len() > limits::SQL_BYTES_MAX {
        return Err(syntax("The SQL text is longer than 256 KiB.", None));
    }
    let dialect = ChDialect(ClickHouseDialect {});
    let raw =
        Tokenizer::new(&dialect, sql).tokenize_with_location().map_err(|e| tokenizer_error(&e))?;
    check_brackets(&raw)?;
    check_statement(&raw)?;
    let (tokens, aliases) = rewrite::rewrite(&raw)?;
    let parser = |tokens: Vec<TokenWithSpan>| {
        Parser::new(&dialect).with_recursion_limit(RECURSION_MAX).with_tokens_with_locations(tokens)
    };
    let with = aliases
        .into_iter()
        .map(|(name, tokens)| {
            let mut parser = parser(tokens);
            let expr = parser.parse_expr().map_err(|e| parser_error(&e))?;
            parser.expect_token(&Token::EOF).map_err(|e| parser_error(&e))?;
            Ok((name.trim_matches(['`', '"']).to_owned(), expr))
        })
        .collect::<SqlResult<_>>()?;
    let mut statements = parser(tokens).parse_statements().map_err(|e| parser_error(&e))?;
    match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => select(statement, with),
        (None, _) => Err(syntax("The query is empty; write a SELECT.", None)),
        (Some(_), false) => Err(syntax("Only one statement is allowed in a request.", None)),
    }
}

fn select(statement: Statement, with: Vec<(String, Expr)>) -> SqlResult<Parsed> {
    match statement {
        Statement::Query(query) => match &*query.body {
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                Err(readonly())
            }
            _ => Ok(Parsed { query, with, explain: None }),
        },
        Statement::Explain { analyze, statement, .. } => {
            let inner = select(*statement, with)?;
            if inner.explain.is_some() {
                return Err(syntax("EXPLAIN of EXPLAIN is not allowed.", None));
            }
            Ok(Parsed { explain: Some(Explain { analyze }), ..inner })
        }
        _ => Err(readonly()),
    }
}

fn readonly() -> SqlError {
    SqlError::new(
        ChCode::Readonly,
        "SQL is read-only: only SELECT and EXPLAIN are allowed. Write documents through REST, MCP or the CLI.",
    )
}

/// Statements that write are named as such even where their syntax is not understood.
fn check_statement(tokens: &[TokenWithSpan]) -> SqlResult<()> {
    const WRITES: [&str; 22] = [
        "INSERT", "DROP", "TRUNCATE", "ALTER", "CREATE", "DELETE", "UPDATE", "RENAME", "ATTACH",
        "DETACH", "OPTIMIZE", "GRANT", "REVOKE", "KILL", "SYSTEM", "SET", "USE", "EXCHANGE",
        "UNDROP", "MERGE", "REPLACE", "BACKUP",
    ];
    let first = tokens.iter().find_map(|t| {
        if let Token::Word(word) = &t.token { Some(word.value.to_ascii_uppercase()) } else { None }
    });
    match first {
        Some(word) if WRITES.contains(&word.as_str()) => Err(readonly()),
        _ => Ok(()),
    }
}

/// Every bracket must close; later passes rely on it.
fn check_brackets(tokens: &[TokenWithSpan]) -> SqlResult<()> {
    let mut open: Vec<(&Token, Position)> = Vec::new();
    for token in tokens {
        let position = Position { line: token.span.start.line, column: token.span.start.column };
        let closes = match token.token {
            Token::LParen | Token::LBracket | Token::LBrace => {
                open.push((&token.token, position));
                continue;
            }
            Token::RParen => Token::LParen,
            Token::RBracket => Token::LBracket,
            Token::RBrace => Token::LBrace,
            _ => continue,
        };
        if open.pop().is_none_or(|(opener, _)| *opener != closes) {
            return Err(syntax(format!("Unmatched {}.", token.token), Some(position)));
        }
    }
    match open.pop() {
        Some((opener, position)) => {
            Err(syntax(format!("Unmatched {opener}: it is never closed."), Some(position)))
        }
        None => Ok(()),
    }
}

/// A syntax error at a place.
pub(crate) fn syntax(message: impl Into<String>, position: Option<Position>) -> SqlError {
    let message = message.into();
    let place =
        position.map_or_else(String::new, |p| format!(" (line {}, column {})", p.line, p.column));
    SqlError::new(ChCode::SyntaxError, format!("Syntax error: {message}{place}")).at(position)
}

fn tokenizer_error(error: &TokenizerError) -> SqlError {
    let position = Position { line: error.location.line, column: error.location.column };
    syntax(error.message.clone(), Some(position))
}

/// sqlparser puts the place at the end of its message: `… at Line: 1, Column: 8`.
fn parser_error(error: &ParserError) -> SqlError {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.as_str(),
        ParserError::RecursionLimitExceeded => {
            return SqlError::new(
                ChCode::TooDeepRecursion,
                "The query is nested too deeply; the limit is 64 levels.",
            );
        }
    };
    let Some((message, place)) = text.rsplit_once(" at Line: ") else { return syntax(text, None) };
    let position = place.split_once(", Column: ").and_then(|(line, column)| {
        Some(Position { line: line.trim().parse().ok()?, column: column.trim().parse().ok()? })
    });
    syntax(message, position.filter(|p| p.line > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn word() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "SELECT", "FROM", "WHERE", "WITH", "AS", "LIMIT", "BY", "OFFSET", "USING", "JOIN",
            "ARRAY", "ANY", "LEFT", "FINAL", "SETTINGS", "INTERVAL", "GROUP", "ORDER", "x", "data",
            "data.a", ".", ".:", ":", "String", "Array", "(", ")", "[", "]", "{", "}", ",",
            "'1 day'", "'a'", "1", ".1", "*", "?", "=", "->", "IN", "NOT", "DateTime", "^", "`q`",
            "--c\n", "UNION", "ALL", ";",
        ])
    }

    proptest! {
        /// Whatever the tokens, the answer is a query or an error, never a panic.
        #[test]
        fn no_text_panics(words in prop::collection::vec(word(), 0..24), spaced in any::<bool>()) {
            let text = words.join(if spaced { " " } else { "" });
            let _either = parse(&text);
            let _query = parse(&format!("SELECT {text}"));
        }
    }

    #[test]
    fn what_is_wrong_has_a_place_and_a_name() {
        let code = |sql: &str| parse(sql).map(|_| ()).unwrap_err().code;
        assert_eq!(code("SELECT count( FROM t"), ChCode::SyntaxError);
        assert_eq!(code(""), ChCode::SyntaxError);
        assert_eq!(code("SELECT 1; SELECT 2"), ChCode::SyntaxError);
        assert_eq!(code("INSERT INTO t VALUES (1)"), ChCode::Readonly);
        let error = parse("SELECT a\nFORM t x y").unwrap_err();
        assert_eq!(error.position.map(|p| p.line), Some(2));
    }
}
