//! The token pass: ClickHouse syntax that sqlparser cannot read becomes syntax it can, with positions kept.
//!
//! Every rule is a pass of its own from tokens to tokens, in a room of its own, and knows nothing of the others. What
//! sqlparser has no place for travels under names that begin with [`MARK`](super::tokens::MARK), which no query can write:
//!
//! | in the query | for the parser | read by |
//! |---|---|---|
//! | `WITH expr AS name` | `WITH name AS (SELECT ⌘with(expr))` | `bind/query.rs` |
//! | `LIMIT n, m BY k`, `OFFSET`, `FETCH`, `WITH TIES` | `SETTINGS ⌘limit = …` | `bind/query/limit.rs` |
//! | `* EXCEPT … APPLY …`, `COLUMNS('re')` | `⌘columns(table, matcher, transformers…)` | `bind/columns.rs` |
//! | `f(expr AS name)` | `f(expr ⌘as name)`, then `f(⌘as(expr, name))` | `bind/select/items.rs` |
//! | `x = any(y)` | `` x = `any`(y) `` | as any call |
//! | `ANY`, `ASOF` | `GLOBAL`, see [`joins`] | `bind/join.rs` |
//! | `t FINAL` | `t WITH (⌘final)` | `bind/from.rs` |
//! | `ARRAY JOIN expr` | `ARRAY JOIN ⌘expr(expr)` | `bind/from.rs` |
//! | `{p:Identifier}` | `` `⌘p` `` | `bind/params.rs` |

mod aliases;
mod branches;
mod columns;
mod from;
mod joins;
mod lexical;
mod limit;
mod literals;
mod quantified;
mod with;

use super::tokens::Tokens;
use crate::error::SqlResult;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Rewrites the tokens of a statement into what sqlparser can parse. Their brackets must match.
///
/// # Errors
/// Constructs that are recognised here and not supported.
pub(super) fn rewrite(tokens: Vec<TokenWithSpan>) -> SqlResult<Vec<TokenWithSpan>> {
    let mut tokens = lexical::rewrite(&Tokens::new(tokens))?;
    tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
    for rule in [
        literals::rewrite,
        quantified::rewrite,
        branches::rewrite,
        with::rewrite,
        columns::rewrite,
        aliases::rewrite,
        joins::rewrite,
        from::rewrite,
        limit::rewrite,
    ] {
        tokens = rule(&Tokens::new(tokens))?;
    }
    Ok(tokens)
}
