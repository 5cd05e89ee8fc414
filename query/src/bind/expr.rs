//! Expressions.

use super::{
    Binder, correlated, parse_type,
    query::Env,
    scope::{Clause, Place, Scope},
    unsupported,
};
use crate::{
    dialect::MARK,
    error::{ChCode, Position, SqlError, SqlResult},
    functions::{case, cast, explicit_cast, in_values, literal, reads_as, scalar, to_predicate},
    typed::Typed,
    types::{ChType, IntervalUnit},
    value::{Value, value_at},
};
use datafusion::{
    common::tree_node::{Transformed, TreeNode},
    logical_expr::Expr as Plan,
};
use sqlparser::ast::{self, BinaryOperator, Expr, Spanned, UnaryOperator};

/// The names and types of columns.
type Named = Vec<(String, ChType)>;

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

    fn exprs(&self, exprs: &[Expr], scope: &Scope, env: &Env) -> SqlResult<Vec<Typed>> {
        exprs.iter().map(|e| self.expr(e, scope, env)).collect()
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

    /// An identifier's text; a marked one in quotes stands for an Identifier parameter.
    pub(super) fn part(&self, ident: &ast::Ident) -> SqlResult<String> {
        match ident.value.strip_prefix(MARK) {
            Some(param) if ident.quote_style == Some('`') => self.identifier(param),
            _ => Ok(ident.value.clone()),
        }
    }

    /// What a dotted name means. An alias wins over a column, except inside its own expression.
    pub(super) fn name(&self, parts: &[String], scope: &Scope, env: &Env) -> SqlResult<Typed> {
        let Some((first, rest)) = parts.split_first() else {
            return Err(unsupported("An empty name"));
        };
        if let Some(chosen) = scope.chosen.borrow().get(first) {
            return Ok(chosen.clone());
        }
        let parameter = scope
            .lambdas
            .borrow()
            .iter()
            .rev()
            .find_map(|params| params.iter().find(|(name, ..)| name == first).cloned());
        if let Some((_, id, ty)) = parameter {
            return self.value_path(Typed::value(super::column(&id), ty), rest);
        }
        if rest.is_empty()
            && (first == "true" || first == "false")
            && !scope.aliases.contains_key(first)
        {
            return literal(&Value::Bool(first == "true"));
        }
        if rest.is_empty() && !scope.aliases.contains_key(first) {
            match first.as_str() {
                "nan" | "NaN" => return literal(&Value::Float(f64::NAN)),
                "inf" | "Inf" => return literal(&Value::Float(f64::INFINITY)),
                _ => {}
            }
        }
        if let Some(typed) = self.alias(first, rest, scope, env)? {
            return Ok(typed);
        }
        if let Some(typed) = self.named_by_with(first, rest, scope, env)? {
            return Ok(typed);
        }
        if let Some((second, path)) = rest.split_first()
            && let Some(table) =
                scope.tables.iter().find(|table| table.alias.as_deref() == Some(first))
            && let Some(found) = table.columns.iter().find(|column| column.name == *second)
        {
            return self.column_path(found, path);
        }
        for taken in (1..=parts.len()).rev() {
            let (head, path) = parts.split_at(taken);
            let name = head.join(".");
            let mut tables = scope.tables.iter();
            if let Some(found) =
                tables.find_map(|table| table.open_columns().find(|column| column.name == name))
            {
                return self.column_path(found, path);
            }
        }
        let near = scope.near(first);
        let hint = match (near.is_empty(), scope.tables.is_empty()) {
            (false, _) => format!(" Maybe you meant: {near:?}."),
            (true, true) => " The query has no FROM; a text needs single quotes.".to_owned(),
            (true, false) => String::new(),
        };
        Err(SqlError::new(
            ChCode::UnknownIdentifier,
            format!("Unknown expression identifier `{}`.{hint}", parts.join(".")),
        ))
    }

    /// What `WITH expr AS name` says that a name is; inside of the expression, the name is a column's.
    fn named_by_with(
        &self,
        first: &str,
        rest: &[String],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Option<Typed>> {
        let Some(expr) = env.expression(first) else { return Ok(None) };
        let is_table = scope.tables.iter().any(|table| table.alias.as_deref() == Some(first));
        if !rest.is_empty() && is_table {
            return Ok(None);
        }
        let value = self.expr_inner(&expr, scope, &env.without(first))?;
        self.value_path(value, rest).map(Some)
    }

    fn alias(
        &self,
        first: &str,
        rest: &[String],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Option<Typed>> {
        let Some(expr) = scope.aliases.get(first) else { return Ok(None) };
        // `inv.total` means the table, and `item.amount` the ARRAY JOIN alias, even where a SELECT alias has that name.
        let is_relation = scope.tables.iter().any(|table| {
            table.alias.as_deref() == Some(first) || table.columns.iter().any(|c| c.name == first)
        });
        if scope.expanding.borrow().iter().any(|name| name == first)
            || (!rest.is_empty() && is_relation)
        {
            return Ok(None);
        }
        scope.expanding.borrow_mut().push(first.to_owned());
        let value = self.aliased_value(expr, scope, env);
        scope.expanding.borrow_mut().pop();
        self.value_path(value?, rest).map(Some)
    }

    /// What an alias stands for. Inside of a lambda whose parameters it does not use it is the same expression as outside, so
    /// that grouping keys and aggregates are found in it.
    fn aliased_value(&self, expr: &Expr, scope: &Scope, env: &Env) -> SqlResult<Typed> {
        let value = self.expr_inner(expr, scope, env)?;
        if !scope.grouped.get() || scope.lambdas.borrow().is_empty() {
            return Ok(value);
        }
        let uses_parameters =
            value.expr.column_refs().into_iter().any(|used| {
                scope.lambdas.borrow().iter().flatten().any(|(_, id, _)| *id == used.name)
            });
        if uses_parameters {
            return Ok(value);
        }
        let around = scope.lambdas.take();
        let outside = self.expr_inner(expr, scope, env);
        scope.lambdas.replace(around);
        outside
    }

    fn access(
        &self,
        root: &Expr,
        chain: &[ast::AccessExpr],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let (mut value, chain) = self.access_base(root, chain, scope, env)?;
        for step in chain {
            value = match step {
                ast::AccessExpr::Subscript(ast::Subscript::Index { index }) => {
                    scalar("arrayElement", vec![value, self.expr(index, scope, env)?])?
                }
                ast::AccessExpr::Dot(Expr::Identifier(ident)) => {
                    self.value_path(value, std::slice::from_ref(&self.part(ident)?))?
                }
                ast::AccessExpr::Dot(Expr::Value(number)) => {
                    self.value_path(value, std::slice::from_ref(&number.value.to_string()))?
                }
                other => return Err(unsupported(&format!("The access `{other}`"))),
            };
        }
        Ok(value)
    }

    /// What a chain starts from: the longest dotted name, so that `data.a.b[1]` looks up `data.a.b` as one path.
    fn access_base<'c>(
        &self,
        root: &Expr,
        chain: &'c [ast::AccessExpr],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<(Typed, &'c [ast::AccessExpr])> {
        let mut parts = match root {
            Expr::Identifier(ident) => vec![self.part(ident)?],
            Expr::CompoundIdentifier(idents) => {
                idents.iter().map(|ident| self.part(ident)).collect::<SqlResult<Vec<_>>>()?
            }
            other => return Ok((self.expr(other, scope, env)?, chain)),
        };
        let mut rest = chain;
        while let [ast::AccessExpr::Dot(Expr::Identifier(ident)), tail @ ..] = rest {
            parts.push(self.part(ident)?);
            rest = tail;
        }
        Ok((self.name(&parts, scope, env)?, rest))
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

    pub(super) fn constant(&self, value: &ast::Value) -> SqlResult<Typed> {
        match value {
            ast::Value::Number(text, false) => {
                literal(&number(text).ok_or_else(|| unsupported(&format!("The number {text}")))?)
            }
            ast::Value::SingleQuotedString(text) | ast::Value::EscapedStringLiteral(text) => {
                literal(&Value::String(text.clone()))
            }
            ast::Value::HexStringLiteral(digits) => {
                match hex::decode(digits).map(String::from_utf8) {
                    Ok(Ok(text)) => literal(&Value::String(text)),
                    _ => Err(SqlError::new(
                        ChCode::CannotParseText,
                        format!(
                            "x'{digits}' is no UTF-8 text; for a number write 0x{digits}, up to 16 digits."
                        ),
                    )),
                }
            }
            ast::Value::Boolean(value) => literal(&Value::Bool(*value)),
            ast::Value::Null => Ok(Typed::null()),
            other => Err(unsupported(&format!("The literal {other}"))),
        }
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

    fn in_list(
        &self,
        expr: &Expr,
        list: &[Expr],
        negated: bool,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let value = self.expr(expr, scope, env)?;
        let mut values = Vec::new();
        for item in list {
            let item = self.expr(item, scope, env)?;
            match constant_of(&item)? {
                Some(found) => values.extend(set_members(found, &item.ty, &value.ty)),
                None => return self.in_expressions(&value, list, negated, scope, env),
            }
        }
        in_values(value, values, negated)
    }

    /// IN with members that depend on the row.
    fn in_expressions(
        &self,
        value: &Typed,
        list: &[Expr],
        negated: bool,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let mut any = literal(&Value::Int(0))?;
        for item in list {
            any = scalar(
                "or",
                vec![any, scalar("equals", vec![value.clone(), self.expr(item, scope, env)?])?],
            )?;
        }
        if negated { scalar("not", vec![any]) } else { Ok(any) }
    }

    /// `in(value, [array])` and `in(value, {p:Array(T)})`: sets that are expressions.
    pub(super) fn in_set(
        &self,
        value: Typed,
        set: &Expr,
        negated: bool,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let set = self.expr(set, scope, env)?;
        match constant_of(&set)? {
            Some(found) => {
                in_values(value.clone(), set_members(found, &set.ty, &value.ty), negated)
            }
            None if matches!(set.ty, ChType::Array(_)) => {
                let has = scalar("has", vec![set, value])?;
                if negated { scalar("not", vec![has]) } else { Ok(has) }
            }
            None => {
                Err(unsupported("IN with a set that is neither a list, an array nor a subquery"))
            }
        }
    }

    fn in_query(
        &self,
        expr: &Expr,
        query: &ast::Query,
        negated: bool,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let value = self.expr(expr, scope, env)?;
        let (rows, columns) = self.rows(query, env)?;
        let types: Vec<ChType> = columns.into_iter().map(|(_, ty)| ty).collect();
        let values = rows
            .into_iter()
            .map(|mut row| {
                if row.len() == 1 {
                    (row.remove(0), types.first().cloned().unwrap_or(ChType::Nothing))
                } else {
                    (
                        Value::Tuple(row),
                        ChType::Tuple(types.iter().map(|ty| (None, ty.clone())).collect()),
                    )
                }
            })
            .filter(|(member, ty)| reads_as(member, ty, &value.ty))
            .collect();
        in_values(value, values, negated)
    }

    /// The one value of a subquery; NULL without a row.
    fn scalar_query(&self, query: &ast::Query, env: &Env) -> SqlResult<Typed> {
        let (mut rows, columns) = self.rows(query, env)?;
        if rows.len() > 1 {
            return Err(SqlError::new(
                ChCode::IncorrectResultOfScalarSubquery,
                "Scalar subquery returned more than one row.",
            ));
        }
        let constant = |value: &Value, ty: ChType| {
            let value = crate::functions::scalar_of(value, &ty)?;
            Ok(Typed::value(datafusion::logical_expr::lit(value), ty))
        };
        let row = rows.pop();
        if let [(_, ty)] = columns.as_slice() {
            let ty = ty.clone().nullable();
            return match row.and_then(|mut row| row.pop()).filter(|value| !value.is_null()) {
                Some(value) => constant(&value, ty),
                None if ty.is_nullable() => constant(&Value::Null, ty),
                None => constant(&crate::functions::default_value(&ty), ty),
            };
        }
        // Several columns are a tuple with their names, or none.
        match row {
            Some(row) => {
                let fields = columns.into_iter().map(|(name, ty)| (Some(name), ty));
                constant(&Value::Tuple(row), ChType::Tuple(fields.collect()))
            }
            None => {
                let fields = columns.into_iter().map(|(_, ty)| (None, ty));
                constant(&Value::Null, ChType::Tuple(fields.collect()).nullable())
            }
        }
    }

    /// Runs a subquery now.
    fn rows(&self, query: &ast::Query, env: &Env) -> SqlResult<(Vec<Vec<Value>>, Named)> {
        let relation = self.query(query, env)?;
        let columns: Named =
            relation.columns.iter().map(|c| (c.name.clone(), c.ty.clone())).collect();
        let mut rows = Vec::new();
        for batch in self.tables.run(relation.plan)? {
            for row in 0..batch.num_rows() {
                let cells = batch
                    .columns()
                    .iter()
                    .zip(&columns)
                    .map(|(array, (_, ty))| value_at(array, row, ty))
                    .collect::<SqlResult<Vec<_>>>()?;
                rows.push(cells);
            }
        }
        Ok((rows, columns))
    }

    fn interval(&self, interval: &ast::Interval, scope: &Scope, env: &Env) -> SqlResult<Typed> {
        let ast::Interval {
            value,
            leading_field,
            leading_precision: None,
            last_field: None,
            fractional_seconds_precision: None,
        } = interval
        else {
            return Err(unsupported(
                "A precision or a second unit of an INTERVAL; write a tuple of intervals",
            ));
        };
        let unit = leading_field.as_ref().map(ToString::to_string).unwrap_or_default();
        let unit =
            interval_unit(&unit).ok_or_else(|| unsupported(&format!("INTERVAL … {unit}")))?;
        let value = self.expr(value, scope, env)?;
        if *value.ty.strip_nullable() == ChType::Nothing {
            return Ok(Typed::null());
        }
        let nullable = matches!(value.ty, ChType::Nullable(_));
        let of = |ty: ChType| if nullable { ty.nullable() } else { ty };
        let value = cast(value, &of(ChType::Int(64)))?;
        Ok(Typed::value(value.into_value(), of(ChType::Interval(unit))))
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

fn interval_unit(word: &str) -> Option<IntervalUnit> {
    let lower = word.to_ascii_lowercase();
    Some(match lower.strip_suffix('s').unwrap_or(&lower) {
        "year" => IntervalUnit::Year,
        "quarter" => IntervalUnit::Quarter,
        "month" => IntervalUnit::Month,
        "week" => IntervalUnit::Week,
        "day" => IntervalUnit::Day,
        "hour" => IntervalUnit::Hour,
        "minute" => IntervalUnit::Minute,
        "second" => IntervalUnit::Second,
        "millisecond" => IntervalUnit::Millisecond,
        "microsecond" => IntervalUnit::Microsecond,
        "nanosecond" => IntervalUnit::Nanosecond,
        _ => return None,
    })
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

fn number(text: &str) -> Option<Value> {
    let text = text.replace('_', "");
    let float = || text.parse().ok().filter(|v: &f64| v.is_finite()).map(Value::Float);
    if text.contains(['.', 'e', 'E']) {
        return float();
    }
    let whole = text.parse().ok().filter(|v| (0..=i128::from(u64::MAX)).contains(v));
    whole.map(Value::Int).or_else(float)
}

#[expect(clippy::cast_precision_loss, reason = "what does not fit an integer is a Float64")]
fn negative(value: &ast::Value) -> Option<Value> {
    match value {
        ast::Value::Number(text, _) => match number(text)? {
            Value::Int(v) if -v < i128::from(i64::MIN) => Some(Value::Float(-(v as f64))),
            Value::Int(v) => Some(Value::Int(-v)),
            Value::Float(v) => Some(Value::Float(-v)),
            _ => None,
        },
        _ => None,
    }
}

/// The value of an expression without columns.
pub(super) fn constant_of(typed: &Typed) -> SqlResult<Option<Value>> {
    if !typed.expr.column_refs().is_empty() {
        return Ok(None);
    }
    let array = crate::session::evaluate_constant(&typed.clone().into_value())?;
    value_at(&array, 0, &typed.ty).map(Some)
}

/// The members a constant stands for in a set: an array or tuple its elements, unless the left side is one itself.
fn set_members(found: Value, ty: &ChType, left: &ChType) -> Vec<(Value, ChType)> {
    match (found, ty) {
        (Value::Array(items), ChType::Array(item))
            if !matches!(left.strip_nullable(), ChType::Array(_)) =>
        {
            items.into_iter().map(|v| (v, (**item).clone())).collect()
        }
        (Value::Tuple(items), ChType::Tuple(fields))
            if !matches!(left.strip_nullable(), ChType::Tuple(_)) =>
        {
            items.into_iter().zip(fields.iter().map(|(_, ty)| ty.clone())).collect()
        }
        (value, ty) => vec![(value, ty.clone())],
    }
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

/// In a grouped query, parts that are a grouping key become the key's column.
fn replace_keys(typed: Typed, scope: &Scope) -> SqlResult<Typed> {
    let (keys, constants) = (scope.keys.borrow(), scope.constants.borrow());
    let replaced = typed.expr.transform_down(|node| {
        if let Some((_, value)) = constants.iter().find(|(written, _)| *written == node) {
            return Ok(Transformed::new(
                value.clone(),
                true,
                datafusion::common::tree_node::TreeNodeRecursion::Jump,
            ));
        }
        for key in keys.iter() {
            if node == key.value {
                return Ok(Transformed::new(
                    super::column(&key.id),
                    true,
                    datafusion::common::tree_node::TreeNodeRecursion::Jump,
                ));
            }
            if key.predicate.as_ref() == Some(&node) {
                let back = datafusion::logical_expr::cast(
                    super::column(&key.id),
                    arrow::datatypes::DataType::Boolean,
                );
                return Ok(Transformed::new(
                    back,
                    true,
                    datafusion::common::tree_node::TreeNodeRecursion::Jump,
                ));
            }
        }
        Ok(Transformed::no(node))
    });
    Ok(Typed { expr: replaced.map_err(super::plan_error)?.data, ..typed })
}

/// A grouped expression may use only keys, aggregates and windows.
pub(super) fn check_grouped(typed: &Typed, scope: &Scope) -> SqlResult<()> {
    if !scope.grouped.get() {
        return Ok(());
    }
    for used in typed.expr.column_refs() {
        let known = scope.keys.borrow().iter().any(|key| key.id == used.name)
            || scope.grouping_id.borrow().as_ref() == Some(&used.name)
            || scope
                .aggregates
                .borrow()
                .iter()
                .chain(scope.windows.borrow().iter())
                .any(|c| c.id == used.name);
        if !known {
            let name = scope
                .tables
                .iter()
                .flat_map(|t| &t.columns)
                .find(|c| matches!(&c.place, Place::Plan(id) if *id == used.name));
            let name = name.map_or_else(|| requested_name(scope, &used.name), |c| c.name.clone());
            return Err(SqlError::new(
                ChCode::NotAnAggregate,
                format!(
                    "Column '{name}' is not under aggregate function and not in GROUP BY keys."
                ),
            ));
        }
    }
    Ok(())
}

fn requested_name(scope: &Scope, id: &str) -> String {
    for column in scope.tables.iter().flat_map(|t| &t.columns) {
        if let Place::Scan(scan) = &column.place
            && let Some((request, _)) =
                scan.columns.borrow().iter().find(|(request, _)| request.output == id)
        {
            return match &request.source {
                super::ScanSource::Column(name) => name.clone(),
                super::ScanSource::Sub { column, .. } => column.name(),
            };
        }
    }
    id.to_owned()
}
