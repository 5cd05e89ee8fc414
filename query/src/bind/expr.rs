//! Expressions.

mod grouped;
mod literals;
mod names;
mod quantified;
mod sets;
mod subquery;

pub(super) use grouped::check_grouped;

use super::{
    Binder, correlated, parse_type,
    query::Env,
    scope::{Clause, Scope},
    unsupported,
};
use crate::{
    error::{ChCode, Position, SqlError, SqlResult},
    functions::{case, cast, explicit_cast, literal, scalar, to_predicate},
    typed::Typed,
    types::ChType,
    value::{Value, value_at},
};
use datafusion::logical_expr::Expr as Plan;
use grouped::replace_keys;
use literals::negative;
use sqlparser::ast::{self, BinaryOperator, Expr, Spanned, UnaryOperator};

impl Binder<'_> {
    /// The value of an expression.
    pub(super) fn expr(&self, expr: &Expr, scope: &Scope, env: &Env) -> SqlResult<Typed> {
        self.count_expression()?;
        let placed = || self.expr_inner(expr, scope, env).map_err(|error| error.at(place(expr)));
        if scope.keys_later.get() || !scope.grouped.get() || scope.clause.get() != Clause::Output {
            return placed();
        }
        let whole = || scope.with_keys_later(true, placed);
        let typed = replace_keys(whole()?, scope)?;
        if scope.keys_in_lambdas.get() || check_grouped(&typed, scope).is_ok() {
            return Ok(typed);
        }
        // Keys may stand in lambdas, too.
        scope.keys_in_lambdas.set(true);
        let typed = whole();
        scope.keys_in_lambdas.set(false);
        replace_keys(typed?, scope)
    }

    /// The expression as a condition.
    pub(super) fn condition(&self, expr: &Expr, scope: &Scope, env: &Env) -> SqlResult<Plan> {
        to_predicate(self.expr(expr, scope, env)?)
    }

    /// The values of a list, with every set of columns spread out.
    fn exprs(&self, exprs: &[Expr], scope: &Scope, env: &Env) -> SqlResult<Vec<Typed>> {
        let exprs = self.spread(exprs.to_vec(), scope, env)?;
        exprs.iter().map(|expr| self.expr(expr, scope, env)).collect()
    }

    #[expect(clippy::too_many_lines, reason = "one arm per kind of expression")]
    fn expr_inner(&self, expr: &Expr, scope: &Scope, env: &Env) -> SqlResult<Typed> {
        let one = |e: &Expr| self.expr(e, scope, env);
        match expr {
            Expr::Identifier(ident) => match self.name(&[self.part(ident)?], scope, env) {
                // Numbers that have a name, unless a column has it.
                Err(error) if error.code == ChCode::UnknownIdentifier => {
                    match ident.value.to_ascii_lowercase().as_str() {
                        "nan" => literal(&Value::Float(f64::NAN)),
                        "inf" | "infinity" => literal(&Value::Float(f64::INFINITY)),
                        _ => Err(error),
                    }
                }
                other => other,
            },
            Expr::CompoundIdentifier(idents) => {
                let parts =
                    idents.iter().map(|ident| self.part(ident)).collect::<SqlResult<Vec<_>>>()?;
                self.name(&parts, scope, env)
            }
            Expr::CompoundFieldAccess { root, access_chain } => {
                self.access(root, access_chain, scope, env)
            }
            Expr::Value(value) => self.constant(&value.value),
            Expr::Nested(inner) => one(inner),
            Expr::Tuple(items) => scalar("tuple", self.exprs(items, scope, env)?),
            Expr::Array(array) => scalar("array", self.exprs(&array.elem, scope, env)?),
            Expr::Function(function) => self.function(function, scope, env),
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right, scope, env),
            Expr::UnaryOp { op, expr } => match (op, &**expr) {
                (UnaryOperator::Minus, Expr::Value(value)) => negative(&value.value)
                    .map_or_else(|| scalar("negate", vec![one(expr)?]), |v| literal(&v)),
                // `-1::String` is `CAST('-1', 'String')`: the sign is part of the number.
                (
                    UnaryOperator::Minus,
                    Expr::Cast { kind, expr: number, data_type, array, format },
                ) if *kind == ast::CastKind::DoubleColon
                    && !array
                    && format.is_none()
                    && matches!(&**number, Expr::Value(_)) =>
                {
                    let negated = Expr::UnaryOp { op: *op, expr: number.clone() };
                    cast(one(&negated)?, &parse_type(&data_type.to_string())?)
                }
                (UnaryOperator::Minus, _) => scalar("negate", vec![one(expr)?]),
                (UnaryOperator::Plus, _) => one(expr),
                (UnaryOperator::Not, _) => scalar("not", vec![one(expr)?]),
                _ => Err(unsupported(&format!("The operator {op}"))),
            },
            Expr::IsNull(e) => scalar("isNull", vec![one(e)?]),
            Expr::IsNotNull(e) => scalar("isNotNull", vec![one(e)?]),
            Expr::IsTrue(e) => Ok(Typed::predicate(is_one(one(e)?)?.is_true(), false)),
            Expr::IsNotTrue(e) => Ok(Typed::predicate(is_one(one(e)?)?.is_not_true(), false)),
            Expr::IsFalse(e) => Ok(Typed::predicate(to_predicate(one(e)?)?.is_false(), false)),
            Expr::IsNotFalse(e) => {
                Ok(Typed::predicate(to_predicate(one(e)?)?.is_not_false(), false))
            }
            Expr::IsDistinctFrom(a, b) => self.distinct_from(a, b, true, scope, env),
            Expr::IsNotDistinctFrom(a, b) => self.distinct_from(a, b, false, scope, env),
            Expr::Between { expr, negated, low, high } => {
                let value = one(expr)?;
                let inside = scalar(
                    "and",
                    vec![
                        scalar("greaterOrEquals", vec![value.clone(), one(low)?])?,
                        scalar("lessOrEquals", vec![value, one(high)?])?,
                    ],
                )?;
                if *negated { scalar("not", vec![inside]) } else { Ok(inside) }
            }
            Expr::Like { negated, any: false, expr, pattern, escape_char } => {
                let pattern = escaped(one(pattern)?, escape_char.as_ref())?;
                scalar(if *negated { "notLike" } else { "like" }, vec![one(expr)?, pattern])
            }
            Expr::ILike { negated, any: false, expr, pattern, escape_char } => {
                let pattern = escaped(one(pattern)?, escape_char.as_ref())?;
                scalar(if *negated { "notILike" } else { "ilike" }, vec![one(expr)?, pattern])
            }
            Expr::RLike { negated, expr, pattern, regexp: _ } => {
                let matched = scalar("match", vec![one(expr)?, one(pattern)?])?;
                if *negated { scalar("not", vec![matched]) } else { Ok(matched) }
            }
            Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated, scope, env),
            Expr::InSubquery { subquery, .. } if self.looks_outside(subquery, scope) => {
                Err(correlated::refused("stands behind IN"))
            }
            Expr::InSubquery { expr, subquery, negated } => {
                self.in_query(expr, subquery, *negated, scope, env)
            }
            Expr::AnyOp { left, compare_op, right, is_some: _ } => {
                self.quantified((left, compare_op, right), false, scope, env)
            }
            Expr::AllOp { left, compare_op, right } => {
                self.quantified((left, compare_op, right), true, scope, env)
            }
            Expr::Exists { subquery, negated } => {
                let found = match self.correlated_exists(subquery, scope, env)? {
                    Some(found) => found,
                    None if self.looks_outside(subquery, scope) => {
                        return Err(correlated::refused("groups, limits or combines rows"));
                    }
                    None => literal(&Value::Int((!self.rows(subquery, env)?.0.is_empty()).into()))?,
                };
                if *negated { scalar("not", vec![found]) } else { Ok(found) }
            }
            Expr::Subquery(query) => match self.correlated(query, scope, env)? {
                Some(value) => Ok(value),
                None => self.scalar_query(query, env),
            },
            Expr::Case {
                case_token: _,
                end_token: _,
                operand: Some(operand),
                conditions,
                else_result,
            } => {
                let operand = one(operand)?;
                let mut branches = Vec::new();
                for branch in conditions {
                    let equal = same(operand.clone(), one(&branch.condition)?)?;
                    branches.push((to_predicate(equal)?, one(&branch.result)?));
                }
                case(branches, else_result.as_deref().map(one).transpose()?)
            }
            Expr::Case { case_token: _, end_token: _, operand: None, conditions, else_result } => {
                let branches = conditions
                    .iter()
                    .flat_map(|branch| [branch.condition.clone(), branch.result.clone()]);
                let otherwise = else_result.as_deref().cloned();
                let otherwise = otherwise.unwrap_or_else(|| Expr::value(ast::Value::Null));
                let args: Vec<Expr> = branches.chain([otherwise]).collect();
                self.conditional("multiIf", &args, scope, env)
            }
            Expr::Cast { kind: ast::CastKind::TryCast | ast::CastKind::SafeCast, .. } => {
                Err(SqlError::new(
                    ChCode::UnknownFunction,
                    "Function with name `TRY_CAST` does not exist; write accurateCastOrNull(x, 'Type').",
                ))
            }
            Expr::Cast { kind: _, expr, data_type, array: false, format: None } => {
                explicit_cast(one(expr)?, &parse_type(&data_type.to_string())?)
            }
            Expr::TypedString(typed) => {
                let ty = typed.data_type.to_string();
                let is_time =
                    ["DATE", "TIMESTAMP", "DATETIME"].contains(&ty.to_uppercase().as_str());
                if !is_time || !matches!(typed.value.value, ast::Value::SingleQuotedString(_)) {
                    return Err(SqlError::new(
                        ChCode::SyntaxError,
                        format!(
                            "Syntax error: {ty} is out of place; write CAST({}, '{ty}').",
                            typed.value
                        ),
                    ));
                }
                cast(self.constant(&typed.value.value)?, &parse_type(&ty)?)
            }
            Expr::Extract { field, syntax: _, expr } => {
                let unit = field.to_string();
                scalar(
                    part_function(&unit)
                        .ok_or_else(|| unsupported(&format!("EXTRACT({unit} …)")))?,
                    vec![one(expr)?],
                )
            }
            Expr::Ceil { expr, field } => self.whole("ceil", one(expr)?, field),
            Expr::Floor { expr, field } => self.whole("floor", one(expr)?, field),
            Expr::Position { expr, r#in } => scalar("position", vec![one(r#in)?, one(expr)?]),
            Expr::Substring { expr, substring_from, substring_for, special: _, shorthand: _ } => {
                let mut args = vec![one(expr)?];
                for arg in [substring_from, substring_for].into_iter().flatten() {
                    args.push(one(arg)?);
                }
                scalar("substring", args)
            }
            Expr::Trim { trim_where, trim_what, expr, trim_characters } => {
                let name = match trim_where {
                    Some(ast::TrimWhereField::Leading) => "trimLeft",
                    Some(ast::TrimWhereField::Trailing) => "trimRight",
                    _ => "trim",
                };
                let mut args = vec![one(expr)?];
                for what in trim_what.as_deref().into_iter().chain(trim_characters.iter().flatten())
                {
                    args.push(one(what)?);
                }
                scalar(name, args)
            }
            Expr::Interval(interval) => self.interval(interval, scope, env),
            Expr::Dictionary(fields) => {
                let mut args = Vec::new();
                for field in fields {
                    args.push(literal(&Value::String(field.key.value.clone()))?);
                    args.push(one(&field.value)?);
                }
                scalar("map", args)
            }
            Expr::Map(map) => {
                let mut args = Vec::new();
                for entry in &map.entries {
                    args.push(one(&entry.key)?);
                    args.push(one(&entry.value)?);
                }
                scalar("map", args)
            }
            Expr::Lambda(_) => Err(SqlError::new(
                ChCode::BadArguments,
                "A lambda `x -> …` stands only inside a function that takes one, such as arrayMap. A part of JSON is data.a.b.",
            )),
            Expr::Wildcard(_) | Expr::QualifiedWildcard(..) => {
                Err(unsupported("`*` inside an expression"))
            }
            other => Err(unsupported(&format!("The expression `{other}`"))),
        }
    }

    /// `CEIL` and `FLOOR`, which the parser takes apart, with a number of digits.
    fn whole(&self, name: &str, value: Typed, field: &ast::CeilFloorKind) -> SqlResult<Typed> {
        let mut args = vec![value];
        match field {
            ast::CeilFloorKind::Scale(digits) => args.push(self.constant(digits)?),
            ast::CeilFloorKind::DateTimeField(ast::DateTimeField::NoDateTime) => {}
            ast::CeilFloorKind::DateTimeField(unit) => {
                return Err(unsupported(&format!(
                    "{name}(… TO {unit}); write toStartOfInterval(time, INTERVAL 1 {unit})"
                )));
            }
        }
        scalar(name, args)
    }

    fn binary(
        &self,
        left: &Expr,
        op: &BinaryOperator,
        right: &Expr,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let name = match op {
            BinaryOperator::Plus => "plus",
            BinaryOperator::Minus => "minus",
            BinaryOperator::Multiply => "multiply",
            BinaryOperator::Divide => "divide",
            BinaryOperator::Modulo => "modulo",
            BinaryOperator::StringConcat => "concat",
            BinaryOperator::Gt => "greater",
            BinaryOperator::Lt => "less",
            BinaryOperator::GtEq => "greaterOrEquals",
            BinaryOperator::LtEq => "lessOrEquals",
            BinaryOperator::Eq => "equals",
            BinaryOperator::NotEq => "notEquals",
            BinaryOperator::And => "and",
            BinaryOperator::Or => "or",
            BinaryOperator::Xor => "xor",
            BinaryOperator::Spaceship => return self.distinct_from(left, right, false, scope, env),
            BinaryOperator::MyIntegerDivide | BinaryOperator::DuckIntegerDivide => "intDiv",
            BinaryOperator::Arrow | BinaryOperator::LongArrow => {
                return Err(unsupported(&format!(
                    "The operator {op}; write the path, data.a.b, and its type, data.a.b.:String"
                )));
            }
            other => return Err(unsupported(&format!("The operator {other}"))),
        };
        let (left, right) = (self.expr(left, scope, env)?, self.expr(right, scope, env)?);
        if matches!(name, "plus" | "minus")
            && let Some(count) = intervals(&right.ty)
        {
            return (1..=count).try_fold(left, |sum, at| {
                let at = literal(&Value::Int(at))?;
                let interval = scalar("tupleElement", vec![right.clone(), at])?;
                scalar(name, vec![sum, interval])
            });
        }
        scalar(name, vec![left, right])
    }

    fn distinct_from(
        &self,
        a: &Expr,
        b: &Expr,
        distinct: bool,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let same = same(self.expr(a, scope, env)?, self.expr(b, scope, env)?)?;
        if distinct { scalar("not", vec![same]) } else { Ok(same) }
    }
}

/// What `x IS TRUE` asks for: of numbers, `true` is 1 alone.
fn is_one(value: Typed) -> SqlResult<Plan> {
    let number = matches!(
        value.ty.strip_nullable(),
        ChType::Int(_) | ChType::UInt(_) | ChType::Float(_) | ChType::Decimal(..)
    );
    if value.predicate || !number {
        return to_predicate(value);
    }
    to_predicate(scalar("equals", vec![value, literal(&Value::Int(1))?])?)
}

/// How many intervals a tuple of nothing else holds.
fn intervals(ty: &ChType) -> Option<i128> {
    let ChType::Tuple(fields) = ty else { return None };
    let all = fields.iter().all(|(_, ty)| matches!(ty, ChType::Interval(_)));
    (all && !fields.is_empty()).then(|| i128::try_from(fields.len()).ok()).flatten()
}

/// A pattern of LIKE with another escape character than `\`.
fn escaped(pattern: Typed, escape: Option<&ast::ValueWithSpan>) -> SqlResult<Typed> {
    let Some(escape) = escape else { return Ok(pattern) };
    let one = |text: &str| {
        let mut chars = text.chars();
        chars.next().filter(|_| chars.next().is_none())
    };
    let escape = match &escape.value {
        ast::Value::SingleQuotedString(text) => one(text),
        _ => None,
    };
    let escape = escape.ok_or_else(|| {
        SqlError::new(ChCode::BadArguments, "ESCAPE takes one character in quotes.")
    })?;
    let Some(Value::String(pattern)) = constant_of(&pattern)? else {
        return Err(unsupported("ESCAPE with a pattern that is no constant"));
    };
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            _ if c == escape => {
                out.push('\\');
                out.extend(chars.next());
            }
            '\\' => out.push_str("\\\\"),
            other => out.push(other),
        }
    }
    literal(&Value::String(out))
}

/// Where an expression begins in the text, if it stands there.
fn place(expr: &Expr) -> Option<Position> {
    let start = expr.span().start;
    (start.line > 0).then_some(Position { line: start.line, column: start.column })
}

fn part_function(unit: &str) -> Option<&'static str> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "year" => "toYear",
        "quarter" => "toQuarter",
        "month" => "toMonth",
        "day" => "toDayOfMonth",
        "hour" => "toHour",
        "minute" => "toMinute",
        "second" => "toSecond",
        _ => return None,
    })
}

/// The value of an expression without columns.
pub(super) fn constant_of(typed: &Typed) -> SqlResult<Option<Value>> {
    if !typed.expr.column_refs().is_empty() {
        return Ok(None);
    }
    let array = crate::session::evaluate_constant(&typed.clone().into_value())?;
    value_at(&array, 0, &typed.ty).map(Some)
}

/// Whether values are equal, or both are NULL.
fn same(a: Typed, b: Typed) -> SqlResult<Typed> {
    if !a.ty.is_nullable() && !b.ty.is_nullable() {
        return scalar("equals", vec![a, b]);
    }
    let nulls = [scalar("isNull", vec![a.clone()])?, scalar("isNull", vec![b.clone()])?];
    let both_null = scalar("and", nulls.to_vec())?;
    let equal = scalar("equals", vec![a, b])?;
    if *equal.ty.strip_nullable() == ChType::Nothing {
        return Ok(both_null);
    }
    let equal = scalar("ifNull", vec![equal, literal(&Value::Int(0))?])?;
    scalar("or", vec![equal, both_null])
}
