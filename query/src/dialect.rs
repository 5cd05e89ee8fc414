//! SQL text to AST: tokens, the token pass, sqlparser under our dialect. Values never become text again.

mod clickhouse;
mod guard;
mod hints;
mod rewrite;
mod strings;
mod tokens;

pub(crate) use tokens::MARK;

use crate::error::{ChCode, Position, SqlError, SqlResult};
use clickhouse::ChDialect;
use rekor_core::limits;
use sqlparser::{
    ast::{DescribeAlias, Query, SetExpr, Statement},
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
    let mut raw = Tokenizer::new(&dialect, sql)
        .with_unescape(false)
        .tokenize_with_location()
        .map_err(|e| tokenizer_error(&e))?;
    strings::unescape(&mut raw)?;
    guard::check(&raw)?;
    check_statement(&raw)?;
    let tokens = rewrite::rewrite(raw.clone())?;
    let mut parser = Parser::new(&dialect)
        .with_recursion_limit(RECURSION_MAX)
        .with_tokens_with_locations(tokens);
    let mut statements = parser.parse_statements().map_err(|error| explained(&error, sql, &raw))?;
    // The parser stops at END, as if a block of statements ended there.
    let rest = parser.peek_token_ref();
    if rest.token != Token::EOF {
        let message = format!("Expected: end of statement, found: {}", rest.token);
        return Err(syntax(message, tokens::position(rest.span)));
    }
    match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => select(statement),
        (None, _) => Err(syntax("The query is empty; write a SELECT.", None)),
        (Some(_), false) => Err(syntax("Only one statement is allowed in a request.", None)),
    }
}

fn select(statement: Statement) -> SqlResult<Parsed> {
    match statement {
        Statement::Query(query) => match &*query.body {
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                Err(readonly())
            }
            _ => Ok(Parsed { query, explain: None }),
        },
        Statement::Explain {
            describe_alias: DescribeAlias::Explain,
            analyze,
            verbose: false,
            query_plan: false,
            estimate: false,
            statement,
            format: None,
            options: None,
        } => {
            let inner = select(*statement)?;
            if inner.explain.is_some() {
                return Err(syntax("EXPLAIN of EXPLAIN is not allowed.", None));
            }
            Ok(Parsed { explain: Some(Explain { analyze }), ..inner })
        }
        Statement::Explain { .. } | Statement::ExplainTable { .. } => Err(SqlError::new(
            ChCode::NotImplemented,
            "Of EXPLAIN there are `EXPLAIN SELECT …` and `EXPLAIN ANALYZE SELECT …`; for the columns of a table SELECT * FROM it LIMIT 1.",
        )),
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

/// A parser's error with its place, and with what may have been meant.
fn explained(error: &ParserError, sql: &str, tokens: &[TokenWithSpan]) -> SqlError {
    let mut error = parser_error(error);
    if error.position.is_none() && error.message.contains("found: EOF") {
        let line = sql.lines().count().max(1) as u64;
        let column = sql.lines().last().unwrap_or_default().chars().count() as u64 + 1;
        error.message =
            format!("{} (line {line}, column {column}): the query ends too early.", error.message);
        error.position = Some(Position { line, column });
    }
    if let Some(hint) = error.position.and_then(|place| hints::hint(tokens, place)) {
        error.message = format!("{}. {hint}", error.message.trim_end_matches('.'));
    }
    error
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
mod tests;
