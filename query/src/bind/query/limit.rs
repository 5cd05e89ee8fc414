//! LIMIT, OFFSET and SETTINGS. The token pass writes the first two as settings under marked names.

use super::{
    super::{Binder, columns::marked_call, expr::constant_of, scope::Scope, unsupported},
    Env,
};
use crate::{
    dialect::MARK,
    error::{ChCode, SqlError, SqlResult},
    value::Value,
};
use sqlparser::ast;

/// LIMIT count OFFSET offset BY keys.
#[derive(Clone, Debug)]
pub(in crate::bind) struct LimitBy {
    pub(in crate::bind) count: usize,
    pub(in crate::bind) offset: usize,
    /// `None` stands for all columns of the SELECT.
    pub(in crate::bind) keys: Option<Vec<ast::Expr>>,
}

/// How many rows a query gives.
#[derive(Debug, Default)]
pub(super) struct Limits {
    pub(super) limit: Option<usize>,
    pub(super) offset: usize,
    pub(super) with_ties: bool,
    pub(super) by: Option<LimitBy>,
}

impl Binder<'_> {
    /// SETTINGS: the ones with a meaning here are taken, all others are errors.
    pub(super) fn settings(&self, settings: &[ast::Setting], env: &mut Env) -> SqlResult<Limits> {
        let mut limits = Limits::default();
        let mut seen: Vec<&str> = Vec::new();
        for ast::Setting { key, value } in settings {
            let name = key.value.as_str();
            if seen.contains(&name) {
                return Err(SqlError::new(
                    ChCode::BadArguments,
                    format!("The setting {name} is given twice."),
                ));
            }
            seen.push(name);
            match name.strip_prefix(MARK) {
                Some("limit") => limits.limit = Some(self.row_count(value, env)?),
                Some("offset") => limits.offset = self.row_count(value, env)?,
                Some("ties") => limits.with_ties = true,
                Some("limit_by") => limits.by = Some(self.limit_by(value, env)?),
                Some(_) => return Err(unsupported("That LIMIT")),
                None => setting(name, value, env)?,
            }
        }
        Ok(limits)
    }

    fn limit_by(&self, value: &ast::Expr, env: &Env) -> SqlResult<LimitBy> {
        let Some(("by", arguments)) = marked_call(value) else {
            return Err(unsupported("That LIMIT BY"));
        };
        let [count, offset, keys @ ..] = arguments.as_slice() else {
            return Err(unsupported("That LIMIT BY"));
        };
        let all = matches!(keys, [ast::Expr::Identifier(ident)] if ident.value.starts_with(MARK));
        Ok(LimitBy {
            count: self.row_count(count, env)?,
            offset: self.row_count(offset, env)?,
            keys: (!all).then(|| keys.to_vec()),
        })
    }

    /// A constant number of rows.
    pub(in crate::bind) fn row_count(&self, expr: &ast::Expr, env: &Env) -> SqlResult<usize> {
        let scope = Scope::new(Vec::new());
        match constant_of(&self.expr(expr, &scope, env)?)? {
            Some(Value::Int(count)) => usize::try_from(count).map_err(|_| {
                SqlError::new(
                    ChCode::InvalidLimitExpression,
                    format!("{expr} rows: LIMIT and OFFSET take whole numbers that are not negative. For the last rows, turn the ORDER BY."),
                )
            }),
            _ => Err(SqlError::new(
                ChCode::InvalidLimitExpression,
                format!("LIMIT and OFFSET take a constant whole number, not {expr}."),
            )),
        }
    }
}

/// A setting of ClickHouse that means something here, or nothing at all.
fn setting(name: &str, value: &ast::Expr, env: &mut Env) -> SqlResult<()> {
    match name {
        "join_use_nulls" => env.use_nulls = flag(name, value)?,
        // Changes how an answer is computed, never the answer.
        "max_threads" => drop(whole(name, value)?),
        "use_variant_as_common_type"
        | "allow_experimental_json_type"
        | "enable_json_type"
        | "final" => {
            if !flag(name, value)? {
                return Err(SqlError::new(
                    ChCode::NotImplemented,
                    format!("{name} is always 1 here."),
                ));
            }
        }
        "max_execution_time" | "max_memory_usage" => {
            return Err(SqlError::new(
                ChCode::UnknownSetting,
                format!("{name} is set by the server, not by the query."),
            ));
        }
        other => {
            return Err(SqlError::new(
                ChCode::UnknownSetting,
                format!(
                    "Unknown setting {other}. Known are join_use_nulls, max_threads, final, enable_json_type, allow_experimental_json_type, use_variant_as_common_type."
                ),
            ));
        }
    }
    Ok(())
}

fn text_of(value: &ast::Expr) -> String {
    value.to_string().trim_matches('\'').to_ascii_lowercase()
}

fn flag(name: &str, value: &ast::Expr) -> SqlResult<bool> {
    match text_of(value).as_str() {
        "1" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => {
            Err(SqlError::new(ChCode::CannotConvertType, format!("{name} is 0 or 1, not {value}.")))
        }
    }
}

fn whole(name: &str, value: &ast::Expr) -> SqlResult<u64> {
    text_of(value).parse().map_err(|_| {
        SqlError::new(ChCode::CannotConvertType, format!("{name} is a whole number, not {value}."))
    })
}
