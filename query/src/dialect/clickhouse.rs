//! The parser's dialect: sqlparser's ClickHouse dialect, extended by hooks instead of a fork.

use sqlparser::{
    ast::{
        BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
        FunctionArguments, Ident, ObjectName,
    },
    dialect::{ClickHouseDialect, Dialect},
    keywords::{self, Keyword},
    parser::{Parser, ParserError},
    tokenizer::{Token, Word},
};

use super::tokens::MARK;
use std::any::TypeId;

/// ClickHouse's dialect of sqlparser, with the operators it lacks: `? :`, DIV, MOD, IN without parentheses.
#[derive(Debug)]
pub(super) struct ChDialect(pub(super) ClickHouseDialect);

/// Words that are no alias without AS before them, as in ClickHouse.
const NO_ALIAS: [&str; 34] = [
    "ALL",
    "ANTI",
    "ANY",
    "ARRAY",
    "ASOF",
    "BETWEEN",
    "CROSS",
    "EXCEPT",
    "FETCH",
    "FINAL",
    "FORMAT",
    "FROM",
    "FULL",
    "GLOBAL",
    "GROUP",
    "HAVING",
    "INNER",
    "INTERSECT",
    "INTO",
    "JOIN",
    "LEFT",
    "LIMIT",
    "OFFSET",
    "ON",
    "ORDER",
    "PASTE",
    "PREWHERE",
    "QUALIFY",
    "RIGHT",
    "SAMPLE",
    "SEMI",
    "SETTINGS",
    "USING",
    "WINDOW",
];

/// Whether a word is no alias here: it is one of those, and does not begin a call, as `any(x)` does.
fn is_reserved(word: Keyword, parser: &Parser<'_>) -> bool {
    let word = format!("{word:?}");
    let calls = (0..=1).any(|at| parser.peek_nth_token_ref(at).token == Token::LParen);
    NO_ALIAS.contains(&word.as_str()) && !calls
}

macro_rules! delegate { ($($f:ident),*) => { $(fn $f(&self) -> bool { self.0.$f() })* } }
impl Dialect for ChDialect {
    fn dialect(&self) -> TypeId {
        TypeId::of::<ClickHouseDialect>()
    } // all dialect_of!() checks hold
    fn is_identifier_start(&self, c: char) -> bool {
        self.0.is_identifier_start(c) || c.is_alphabetic()
    }
    fn is_identifier_part(&self, c: char) -> bool {
        self.0.is_identifier_part(c) || c.is_alphanumeric()
    }
    delegate!(
        supports_string_literal_backslash_escape,
        supports_select_wildcard_except,
        describe_requires_table_keyword,
        require_interval_qualifier,
        supports_limit_comma,
        supports_insert_table_function,
        supports_insert_format,
        supports_numeric_literal_underscores,
        supports_partition_by_after_order_by,
        supports_array_join_syntax,
        supports_dictionary_syntax,
        supports_lambda_functions,
        supports_from_first_select,
        supports_order_by_all,
        supports_group_by_expr,
        supports_group_by_with_modifier,
        supports_nested_comments,
        supports_optimize_table,
        supports_prewhere,
        supports_with_fill,
        supports_limit_by,
        supports_interpolate,
        supports_settings,
        supports_select_format,
        supports_select_wildcard_replace,
        supports_comma_separated_trim
    );
    fn is_column_alias(&self, word: &Keyword, parser: &mut Parser<'_>) -> bool {
        // A function: there is no set operator MINUS.
        if *word == Keyword::MINUS && parser.peek_token_ref().token == Token::LParen {
            return true;
        }
        !keywords::RESERVED_FOR_COLUMN_ALIAS.contains(word) && !is_reserved(*word, parser)
    }
    fn is_table_alias(&self, word: &Keyword, parser: &mut Parser<'_>) -> bool {
        !keywords::RESERVED_FOR_TABLE_ALIAS.contains(word) && !is_reserved(*word, parser)
    }
    fn supports_in_empty_list(&self) -> bool {
        true
    }
    fn supports_filter_during_aggregation(&self) -> bool {
        true
    }
    fn supports_projection_trailing_commas(&self) -> bool {
        true
    }
    fn get_next_precedence(&self, p: &Parser<'_>) -> Option<Result<u8, ParserError>> {
        match &p.peek_token_ref().token {
            Token::Placeholder(s) if s == "?" => Some(Ok(4)), // below OR (5)
            Token::Question => Some(Ok(4)),
            Token::Colon => Some(Ok(0)), // never infix in ClickHouse
            Token::Word(w) if is_alias(w) => Some(Ok(1)), // below everything
            Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case("MOD") => {
                Some(Ok(40))
            }
            _ => None,
        }
    }
    fn parse_infix(
        &self,
        p: &mut Parser<'_>,
        e: &Expr,
        prec: u8,
    ) -> Option<Result<Expr, ParserError>> {
        let t = p.peek_token_ref().token.clone();
        match t {
            Token::Placeholder(s) if s == "?" => Some(ternary(p, e)),
            Token::Question => Some(ternary(p, e)),
            Token::Word(w) if is_alias(&w) => {
                p.advance_token();
                let named =
                    |name| call(&format!("{MARK}as"), vec![e.clone(), Expr::Identifier(name)]);
                Some(p.parse_identifier().map(named))
            }
            Token::Word(w) if w.keyword == Keyword::DIV => {
                p.advance_token();
                Some(p.parse_subexpr(prec).map(|r| call("intDiv", vec![e.clone(), r])))
            }
            Token::Word(w) if w.value.eq_ignore_ascii_case("MOD") && w.quote_style.is_none() => {
                p.advance_token();
                Some(p.parse_subexpr(prec).map(|r| Expr::BinaryOp {
                    left: Box::new(e.clone()),
                    op: BinaryOperator::Modulo,
                    right: Box::new(r),
                }))
            }
            Token::Word(w) if w.keyword == Keyword::IN || w.keyword == Keyword::NOT => {
                let neg = w.keyword == Keyword::NOT;
                let k = if neg { 1 } else { 0 };
                if neg
                    && !matches!(&p.peek_nth_token_ref(1).token, Token::Word(w) if w.keyword == Keyword::IN)
                {
                    return None;
                }
                if p.peek_nth_token_ref(k + 1).token == Token::LParen {
                    return None;
                }
                for _ in 0..=k {
                    p.advance_token();
                }
                Some(
                    p.parse_subexpr(prec)
                        .map(|r| call(if neg { "notIn" } else { "in" }, vec![e.clone(), r])),
                )
            }
            _ => None,
        }
    }
}
/// Whether a word is the `⌘as` of the token pass.
fn is_alias(word: &Word) -> bool {
    word.value.strip_prefix(MARK) == Some("as")
}

fn ternary(p: &mut Parser<'_>, c: &Expr) -> Result<Expr, ParserError> {
    p.advance_token();
    let a = p.parse_expr()?;
    p.expect_token(&Token::Colon)?;
    let b = p.parse_expr()?;
    Ok(call("if", vec![c.clone(), a, b]))
}
fn call(n: &str, args: Vec<Expr>) -> Expr {
    Expr::Function(Function {
        name: ObjectName::from(vec![Ident::new(n)]),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            clauses: vec![],
            args: args
                .into_iter()
                .map(|e| FunctionArg::Unnamed(FunctionArgExpr::Expr(e)))
                .collect(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: vec![],
    })
}
