//! Function calls: aggregates, windows, lambdas, arrayJoin, and everything else.

use super::{
    Binder, column,
    expr::constant_of,
    query::Env,
    scope::{Clause, Computed, Scope, Unfold},
    unsupported,
};
use crate::{
    dialect::MARK,
    error::{ChCode, SqlError, SqlResult},
    functions::{
        AggregateCall, Lambda, Over, aggregate, explicit_cast, fold, has_limit, higher_order,
        is_aggregate, is_higher_order, is_lambda_call, is_window_only, scalar, window,
    },
    typed::Typed,
    types::ChType,
    value::Value,
};
use arrow::datatypes::IntervalMonthDayNano;
use datafusion::{
    common::{ScalarValue, tree_node::TreeNode},
    logical_expr::{WindowFrame, WindowFrameBound, WindowFrameUnits, cast as df_cast},
};
use sqlparser::ast::{self, Expr, FunctionArg, FunctionArgExpr, FunctionArguments};
use std::{cmp::Ordering, collections::BTreeSet};

impl Binder<'_> {
    pub(super) fn function(
        &self,
        function: &ast::Function,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let ast::Function {
            name,
            uses_odbc_syntax: _,
            parameters,
            args,
            filter,
            null_treatment,
            over,
            within_group,
        } = function;
        if !within_group.is_empty() {
            return Err(unsupported("WITHIN GROUP; write quantile(0.5)(x)"));
        }
        let respect_nulls = null_treatment
            .as_ref()
            .map(|treatment| matches!(treatment, ast::NullTreatment::RespectNulls));
        let name = match name.0.as_slice() {
            [part] => part.as_ident().map(|ident| ident.value.clone()),
            _ => None,
        }
        .ok_or_else(|| {
            SqlError::new(
                ChCode::UnknownFunction,
                format!("Function with name `{name}` does not exist; functions have no database."),
            )
        })?;
        let (args, distinct, inner_nulls) = arguments(args)?;
        let respect_nulls = respect_nulls.or(inner_nulls);
        let args = self.spread(args, scope)?;
        let parts = Parts {
            name: &name,
            parameters,
            args: &args,
            distinct,
            filter: filter.as_deref(),
            respect_nulls,
        };
        if let ([named, _], Some((_, alias))) = (
            args.as_slice(),
            name.starts_with(MARK)
                .then(|| super::select::aliased(&Expr::Function(function.clone())))
                .flatten(),
        ) {
            scope.expanding.borrow_mut().push(alias);
            let value = self.expr(named, scope, env);
            scope.expanding.borrow_mut().pop();
            return value;
        }
        if name.eq_ignore_ascii_case("CAST") && args.len() == 2 {
            return self.cast_call(&args, scope, env);
        }
        if is_aggregate(&name) && over.is_none() {
            return self.aggregate_call(&parts, scope, env);
        }
        if let Some(over) = over {
            return self.window_call(&parts, over, scope, env);
        }
        if is_window_only(&name) {
            return Err(SqlError::new(
                ChCode::BadArguments,
                format!(
                    "The function '{name}' can only be used as a window function, with OVER (…)."
                ),
            ));
        }
        if respect_nulls.is_some() {
            return Err(unsupported(&format!("IGNORE NULLS or RESPECT NULLS on {name}")));
        }
        if filter.is_some() || distinct || !matches!(parameters, FunctionArguments::None) {
            return Err(unsupported(&format!(
                "FILTER, DISTINCT or parameters on the function {name}"
            )));
        }
        match (name.as_str(), args.as_slice()) {
            ("arrayJoin", [array]) => self.array_join(array, scope, env),
            ("if" | "multiIf", args) => self.conditional(&name, args, scope, env),
            ("in" | "notIn" | "globalIn", [value, set]) => {
                let value = self.expr(value, scope, env)?;
                self.in_set(value, set, name == "notIn", scope, env)
            }
            (name, args) if name.eq_ignore_ascii_case("grouping") => {
                self.grouping(args, scope, env)
            }
            (name, _) if name.starts_with(MARK) => {
                let columns = self.column_set(&Expr::Function(function.clone()), scope)?;
                match columns.unwrap_or_default().as_slice() {
                    [(_, only)] => self.expr(only, scope, env),
                    _ => Err(unsupported(
                        "A set of several columns inside an expression; name its columns",
                    )),
                }
            }
            ("length" | "empty" | "notEmpty", [Expr::CompoundIdentifier(idents)])
                if !scope.grouped.get() =>
            {
                let parts: Vec<String> = idents.iter().map(|ident| ident.value.clone()).collect();
                match self.length_of(&parts, scope)? {
                    Some(length) if name == "length" => Ok(length),
                    Some(length) => {
                        let zero = crate::functions::literal(&Value::Int(0))?;
                        scalar(
                            if name == "empty" { "equals" } else { "notEquals" },
                            vec![length, zero],
                        )
                    }
                    None => scalar(&name, self.args(&args, scope, env)?),
                }
            }
            (_, [Expr::Identifier(unit), rest @ ..]) if takes_unit(&name) && rest.len() > 1 => {
                let unit = Value::String(unit.value.to_lowercase());
                let mut typed = vec![crate::functions::literal(&unit)?];
                typed.extend(self.args(rest, scope, env)?);
                scalar(&name, typed)
            }
            (_, [Expr::Lambda(lambda), arrays @ ..]) if is_higher_order(&name) => {
                self.lambda_call(&name, lambda, arrays, scope, env)
            }
            ("isNull" | "isNotNull", [_]) => scalar(&name, self.args(&args, scope, env)?),
            (called, args) if let Some(lambda) = with_lambda(called, env) => {
                self.expr(&applied(called, &lambda, args)?, scope, &env.without(called))
            }
            _ => scalar(&name, self.args(&args, scope, env)?)
                .map_err(|error| super::foreign::foreign(&name, error)),
        }
    }

    /// The arguments, with every set of columns (`COLUMNS('re')`) spread out.
    fn spread(&self, args: Vec<Expr>, scope: &Scope) -> SqlResult<Vec<Expr>> {
        let mut spread = Vec::with_capacity(args.len());
        for arg in args {
            match self.column_set(&arg, scope)? {
                Some(columns) => spread.extend(columns.into_iter().map(|(_, expr)| expr)),
                None => spread.push(arg),
            }
        }
        Ok(spread)
    }

    /// `if` and `multiIf`. A branch that no row takes because a condition is a constant may be anything, even wrong.
    pub(super) fn conditional(
        &self,
        name: &str,
        args: &[Expr],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let args = match self.args(args, scope, env) {
            Ok(bound) if fails_aside(&bound) => {
                self.live_branches(args, scope, env)?.unwrap_or(bound)
            }
            Ok(bound) => bound,
            Err(error) => self.live_branches(args, scope, env)?.ok_or(error)?,
        };
        match args.as_slice() {
            [only] => Ok(only.clone()),
            [condition, then, otherwise] => {
                let taken = match truth_of(condition) {
                    Some(true) => Some(then.clone()),
                    Some(false) => Some(otherwise.clone()),
                    None => None,
                };
                let whole = scalar(name, args)?;
                // To ClickHouse Bool is a UInt8 with a name: the branch that is taken keeps the one it has.
                let alike = |branch: &Typed| {
                    branch.ty != whole.ty && without_bool(&branch.ty) == without_bool(&whole.ty)
                };
                Ok(taken.filter(alike).filter(|branch| !is_constant(branch)).unwrap_or(whole))
            }
            _ => scalar(name, args),
        }
    }

    /// Conditions and values up to the first condition that is always true, without those that are always false;
    /// `None` if nothing is left out.
    fn live_branches(
        &self,
        args: &[Expr],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Option<Vec<Typed>>> {
        let mut live = Vec::new();
        for branch in args.chunks(2) {
            let [condition, value] = branch else {
                let left_out = live.len() + 1 < args.len();
                live.push(self.expr(
                    branch.first().unwrap_or(&Expr::value(ast::Value::Null)),
                    scope,
                    env,
                )?);
                return Ok(left_out.then_some(live));
            };
            let condition = self.expr(condition, scope, env)?;
            match constant_of(&condition)?.map(|value| value.truth().unwrap_or(false)) {
                Some(true) => {
                    live.push(self.expr(value, scope, env)?);
                    return Ok(Some(live));
                }
                Some(false) => {}
                None => live.extend([condition, self.expr(value, scope, env)?]),
            }
        }
        Ok(None)
    }

    fn args(&self, args: &[Expr], scope: &Scope, env: &Env) -> SqlResult<Vec<Typed>> {
        args.iter().map(|arg| self.expr(arg, scope, env)).collect()
    }

    fn length_of(&self, parts: &[String], scope: &Scope) -> SqlResult<Option<Typed>> {
        let Some((first, path)) = parts.split_first() else { return Ok(None) };
        let found = scope
            .tables
            .iter()
            .find_map(|table| table.columns.iter().find(|column| column.name == *first));
        match found {
            Some(base) if !scope.aliases.contains_key(first) => self.array_length(base, path),
            _ => Ok(None),
        }
    }

    /// `CAST(x, 'Type')`; a parameter arrives as `CAST($name, 'Type')`.
    fn cast_call(&self, args: &[Expr], scope: &Scope, env: &Env) -> SqlResult<Typed> {
        let [value, ty] = args else { return Err(unsupported("CAST with that many arguments")) };
        let Some(Value::String(type_name)) = constant_of(&self.expr(ty, scope, env)?)? else {
            return Err(SqlError::new(
                ChCode::IllegalTypeOfArgument,
                "The second argument of CAST is the name of a type, in quotes.",
            ));
        };
        if let Expr::Value(placeholder) = value
            && let ast::Value::Placeholder(name) = &placeholder.value
            && let Some(name) = name.strip_prefix('$')
        {
            return self.parameter(name, &type_name);
        }
        explicit_cast(self.expr(value, scope, env)?, &super::parse_type(&type_name)?)
    }

    fn array_join(&self, array: &Expr, scope: &Scope, env: &Env) -> SqlResult<Typed> {
        let array = self.expr(array, scope, env)?;
        let item = match &array.ty {
            ChType::Array(item) => (**item).clone(),
            ChType::Map(key, value) => {
                ChType::Tuple(vec![(None, (**key).clone()), (None, (**value).clone())])
            }
            other => {
                return Err(SqlError::new(
                    ChCode::TypeMismatch,
                    format!("arrayJoin needs an array, not {other}"),
                ));
            }
        };
        let array = array.into_value();
        let mut unfolds = scope.unfolds.borrow_mut();
        let id = match unfolds.iter().find(|known| known.array == array) {
            Some(known) => known.id.clone(),
            None => {
                let id = self.fresh();
                unfolds.push(Unfold { array, id: id.clone(), item: item.clone() });
                id
            }
        };
        Ok(Typed::value(column(&id), item))
    }

    fn parameters(
        &self,
        parameters: &FunctionArguments,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Vec<Value>> {
        let literals = || {
            SqlError::new(
                ChCode::ParametersToAggregateFunctionsMustBeLiterals,
                "Parameters of aggregate functions must be literals.",
            )
        };
        let (args, distinct, nulls) = arguments(parameters)?;
        if distinct || nulls.is_some() {
            return Err(unsupported(
                "DISTINCT or NULLS among the parameters of an aggregate function",
            ));
        }
        args.iter()
            .map(|arg| constant_of(&self.expr(arg, scope, env)?)?.ok_or_else(literals))
            .collect()
    }

    fn aggregate_call(&self, parts: &Parts<'_>, scope: &Scope, env: &Env) -> SqlResult<Typed> {
        let name = parts.name;
        if scope.clause.get() != Clause::Output {
            let place = if scope.clause.get() == Clause::InAggregate {
                "inside another aggregate function"
            } else {
                "in WHERE, GROUP BY or ON"
            };
            return Err(SqlError::new(
                ChCode::IllegalAggregation,
                format!("Aggregate function {name} is found {place}; use a subquery or HAVING."),
            ));
        }
        let mut call =
            scope.within(Clause::InAggregate, || self.parts_of_call(parts, scope, env))?;
        if let [only] = scope.tables.as_slice() {
            call.order = only.order.as_deref().map(|id| Typed::value(column(id), ChType::UInt(64)));
        }
        self.computed(&call, scope)
    }

    /// The value of an aggregate for each group, which is computed once.
    fn computed(&self, call: &AggregateCall, scope: &Scope) -> SqlResult<Typed> {
        let resolved = aggregate(call)?;
        let finish = resolved.finisher();
        let mut aggregates = scope.aggregates.borrow_mut();
        let id = match aggregates.iter().find(|known| known.expr == resolved.aggregate) {
            Some(known) => known.id.clone(),
            None => {
                let id = self.fresh();
                aggregates.push(Computed {
                    expr: resolved.aggregate,
                    id: id.clone(),
                    ty: resolved.ty.clone(),
                });
                id
            }
        };
        finish.apply(column(&id), &resolved.ty)
    }

    /// What all rows of a group have, for each group.
    pub(super) fn of_group(&self, value: Typed, scope: &Scope) -> SqlResult<Typed> {
        let call = AggregateCall {
            name: "any".to_owned(),
            parameters: Vec::new(),
            args: vec![value],
            distinct: false,
            filter: None,
            respect_nulls: None,
            order: None,
            budget: self.tables.budget(),
        };
        self.computed(&call, scope)
    }

    fn parts_of_call(
        &self,
        parts: &Parts<'_>,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<AggregateCall> {
        let args = parts.args.iter().filter(|arg| !matches!(arg, Expr::Wildcard(_)));
        Ok(AggregateCall {
            name: parts.name.to_owned(),
            parameters: self.parameters(parts.parameters, scope, env)?,
            args: args.map(|arg| self.expr(arg, scope, env)).collect::<SqlResult<_>>()?,
            distinct: parts.distinct,
            filter: parts.filter.map(|f| self.condition(f, scope, env)).transpose()?,
            respect_nulls: parts.respect_nulls,
            order: None,
            budget: self.tables.budget(),
        })
    }

    fn window_call(
        &self,
        parts: &Parts<'_>,
        over: &ast::WindowType,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let name = parts.name;
        if scope.clause.get() != Clause::Output {
            return Err(SqlError::new(
                ChCode::IllegalAggregation,
                format!("Window function {name} is only allowed in SELECT and ORDER BY."),
            ));
        }
        // A window is computed of groups, and not itself a part of a key.
        scope.with_keys_later(false, || self.window_of_groups(parts, over, scope, env))
    }

    fn window_of_groups(
        &self,
        parts: &Parts<'_>,
        over: &ast::WindowType,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let name = parts.name;
        let call = self.parts_of_call(parts, scope, env)?;
        let spec = match over {
            ast::WindowType::WindowSpec(spec) => spec.clone(),
            ast::WindowType::NamedWindow(ident) => named_window(scope, &ident.value)?,
        };
        let spec = match &spec.window_name {
            Some(base) => {
                let base = named_window(scope, &base.value)?;
                ast::WindowSpec {
                    window_name: None,
                    partition_by: if spec.partition_by.is_empty() {
                        base.partition_by
                    } else {
                        spec.partition_by
                    },
                    order_by: if spec.order_by.is_empty() { base.order_by } else { spec.order_by },
                    window_frame: spec.window_frame.or(base.window_frame),
                }
            }
            None => spec,
        };
        let partition_by = spec
            .partition_by
            .iter()
            .map(|e| self.expr(e, scope, env).map(Typed::into_value))
            .collect::<SqlResult<Vec<_>>>()?;
        let mut order_by = self.sort_keys(&spec.order_by, scope, env)?;
        let frame = self.frame(name, &spec, scope, env)?;
        if spec.window_frame.is_some()
            && let [_, key] = order_by.as_slice()
            && spec.order_by.len() == 1
            && frame.units == WindowFrameUnits::Range
        {
            // Distances need a single key; NaN, which a second one sorts last, is at no distance anyway.
            order_by = vec![key.clone()];
        }
        if spec.window_frame.is_some()
            && frame.units == WindowFrameUnits::Range
            && let [key] = order_by.as_mut_slice()
            && let [given] = spec.order_by.as_slice()
            && let Some(signed) = signed(&self.expr(&given.expr, scope, env)?.ty)
        {
            // Zero minus a distance must stay below zero.
            key.expr = df_cast(key.expr.clone(), signed.arrow());
        }
        let explicit_frame = spec.window_frame.is_some();
        let (expr, ty, finish) =
            window(&call, Over { partition_by, order_by, frame, explicit_frame })?;
        let mut windows = scope.windows.borrow_mut();
        let id = match windows.iter().find(|known| known.expr == expr) {
            Some(known) => known.id.clone(),
            None => {
                let id = self.fresh();
                windows.push(Computed { expr, id: id.clone(), ty: ty.clone() });
                id
            }
        };
        finish.apply(column(&id), &ty)
    }

    fn frame(
        &self,
        name: &str,
        spec: &ast::WindowSpec,
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<WindowFrame> {
        let Some(given) = &spec.window_frame else {
            // lag and lead look at the whole partition.
            let whole = matches!(name.to_ascii_lowercase().as_str(), "lag" | "lead");
            let ordered = !whole && !spec.order_by.is_empty();
            return Ok(WindowFrame::new(ordered.then_some(false)));
        };
        let units = match given.units {
            ast::WindowFrameUnits::Rows => WindowFrameUnits::Rows,
            ast::WindowFrameUnits::Range => WindowFrameUnits::Range,
            ast::WindowFrameUnits::Groups => WindowFrameUnits::Groups,
        };
        let key = match (units, spec.order_by.first()) {
            (WindowFrameUnits::Range, Some(key)) => Some(self.expr(&key.expr, scope, env)?.ty),
            _ => None,
        };
        let bound = |bound: &ast::WindowFrameBound| -> SqlResult<WindowFrameBound> {
            let amount = |e: &Option<Box<Expr>>| match e {
                None => Ok(ScalarValue::UInt64(None)),
                Some(e) => {
                    let offset = self.expr(e, scope, env)?;
                    let integer = matches!(offset.ty, ChType::Int(_) | ChType::UInt(_));
                    distance(constant_of(&offset)?.filter(|_| integer), key.as_ref())
                }
            };
            Ok(match bound {
                ast::WindowFrameBound::CurrentRow => WindowFrameBound::CurrentRow,
                ast::WindowFrameBound::Preceding(n) => WindowFrameBound::Preceding(amount(n)?),
                ast::WindowFrameBound::Following(n) => WindowFrameBound::Following(amount(n)?),
            })
        };
        let start = bound(&given.start_bound)?;
        let end = given.end_bound.as_ref().map_or(Ok(WindowFrameBound::CurrentRow), bound)?;
        let rank = |bound: &WindowFrameBound| match bound {
            WindowFrameBound::Preceding(_) => 0,
            WindowFrameBound::CurrentRow => 1,
            WindowFrameBound::Following(_) => 2,
        };
        let order = |a: &ScalarValue, b: &ScalarValue| match (a, b) {
            (ScalarValue::Utf8(Some(a)), ScalarValue::Utf8(Some(b))) => {
                a.parse::<f64>().ok().partial_cmp(&b.parse::<f64>().ok())
            }
            _ => a.partial_cmp(b),
        };
        let backwards = match (&start, &end) {
            (WindowFrameBound::Preceding(a), WindowFrameBound::Preceding(b)) => {
                order(a, b) == Some(Ordering::Less)
            }
            (WindowFrameBound::Following(a), WindowFrameBound::Following(b)) => {
                order(a, b) == Some(Ordering::Greater)
            }
            _ => rank(&start) > rank(&end),
        };
        if backwards && !start.is_unbounded() && !end.is_unbounded() {
            return Err(SqlError::new(
                ChCode::BadArguments,
                format!("Frame start {start} does not precede the frame end {end}."),
            ));
        }
        Ok(WindowFrame::new_bounds(units, start, end))
    }

    fn lambda_call(
        &self,
        name: &str,
        lambda: &ast::LambdaFunction,
        arrays: &[Expr],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<Typed> {
        let (arrays, first) = self.lambda_subjects(name, arrays, scope, env)?;
        let names = lambda_names(lambda)?;
        // Equal lambdas have equal parameters: a grouping key is found by its expression.
        let depth = scope.lambdas.borrow().len();
        let parameter = |position: usize| format!("lambda_{depth}_{position}");
        let mut params = Vec::new();
        for (place, name) in names.iter().enumerate() {
            let position = match (&first, place.checked_sub(1)) {
                (Some(first), None) => {
                    params.push((name.clone(), parameter(place), first.ty.clone()));
                    continue;
                }
                (Some(_), Some(position)) => position,
                (None, _) => place,
            };
            let item = match arrays.get(position).map(|a| a.ty.strip_nullable().clone()) {
                Some(ChType::Array(item)) => *item,
                Some(ChType::Dynamic) => ChType::Dynamic,
                Some(other) => {
                    return Err(SqlError::new(
                        ChCode::IllegalTypeOfArgument,
                        format!("A lambda works on arrays, not {other}"),
                    ));
                }
                None => {
                    return Err(SqlError::new(
                        ChCode::NumberOfArgumentsDoesntMatch,
                        "The lambda has more parameters than there are arrays.",
                    ));
                }
            };
            params.push((name.clone(), parameter(place), item));
        }
        scope.lambdas.borrow_mut().push(params.clone());
        let later = scope.keys_later.get() && !scope.keys_in_lambdas.get();
        let body = scope.with_keys_later(later, || self.expr(&lambda.body, scope, env));
        scope.lambdas.borrow_mut().pop();
        let body = body?;
        let mut captures = Vec::new();
        // In an order that does not change: equal lambdas must be equal expressions.
        let value = body.clone().into_value();
        let used: BTreeSet<_> = value.column_refs().into_iter().collect();
        for used in used {
            if !params.iter().any(|(_, id, _)| *id == used.name) {
                captures.push((used.name.clone(), self.type_of(&used.name, scope)?));
            }
        }
        let params = params.into_iter().map(|(_, id, ty)| (id, ty)).collect();
        let lambda = Lambda { params, body, captures };
        match first {
            Some(first) => fold(lambda, arrays, first),
            None => higher_order(name, lambda, arrays),
        }
    }

    /// What stands after a lambda: arrays, and the accumulator's first value of `arrayFold`. Maps are arrays of their keys and
    /// values; a partial sort's limit is dropped, because everything is sorted.
    fn lambda_subjects(
        &self,
        name: &str,
        args: &[Expr],
        scope: &Scope,
        env: &Env,
    ) -> SqlResult<(Vec<Typed>, Option<Typed>)> {
        let mut args = self.args(args, scope, env)?;
        if has_limit(name) && args.len() > 1 {
            args.remove(0);
        }
        let first = if name == "arrayFold" { args.pop() } else { None };
        if args.is_empty() {
            return Err(SqlError::new(
                ChCode::NumberOfArgumentsDoesntMatch,
                format!("Function {name} takes an array after its lambda."),
            ));
        }
        if name.starts_with("map") {
            let [map] = args.as_slice() else {
                return Err(SqlError::new(
                    ChCode::NumberOfArgumentsDoesntMatch,
                    format!("Function {name} takes one map after its lambda."),
                ));
            };
            let part = |part: &str| scalar(part, vec![map.clone()]);
            args = vec![part("mapKeys")?, part("mapValues")?];
        }
        Ok((args, first))
    }

    /// The type of a column of the plan.
    fn type_of(&self, id: &str, scope: &Scope) -> SqlResult<ChType> {
        let lambdas = scope.lambdas.borrow();
        if let Some((.., ty)) = lambdas.iter().flatten().find(|(_, known, _)| known == id) {
            return Ok(ty.clone());
        }
        for named in scope.tables.iter().flat_map(|table| &table.columns) {
            match &named.place {
                super::scope::Place::Plan(known) if known == id => return Ok(named.ty.clone()),
                super::scope::Place::Scan(scan) => {
                    if let Some((_, ty)) =
                        scan.columns.borrow().iter().find(|(request, _)| request.output == id)
                    {
                        return Ok(ty.clone());
                    }
                }
                super::scope::Place::Plan(_) => {}
            }
        }
        let lookups = scope.lookups.borrow();
        let looked_up = |value: &Typed| value.expr.column_refs().iter().any(|c| c.name == id);
        if let Some(lookup) = lookups.iter().find(|lookup| looked_up(&lookup.value)) {
            return Ok(lookup.value.ty.clone().nullable());
        }
        let computed = scope
            .aggregates
            .borrow()
            .iter()
            .chain(scope.windows.borrow().iter())
            .find(|c| c.id == id)
            .map(|c| c.ty.clone());
        let key = || scope.keys.borrow().iter().find(|key| key.id == id).map(|key| key.ty.clone());
        let unfold = || {
            scope
                .unfolds
                .borrow()
                .iter()
                .find(|unfold| unfold.id == id)
                .map(|unfold| unfold.item.clone())
        };
        computed
            .or_else(key)
            .or_else(unfold)
            .ok_or_else(|| SqlError::new(ChCode::LogicalError, format!("no column {id}")))
    }
}

/// Whether ClickHouse computes an argument in advance, which it does not with what has a lambda in it.
fn is_constant(arg: &Typed) -> bool {
    let holds_lambda = arg.expr.exists(|node| Ok(is_lambda_call(node))).unwrap_or(true);
    arg.is_fixed() && !holds_lambda
}

/// Whether a condition is a constant, and computing a branch that is one fails. What fails on purpose is not computed in
/// advance.
fn fails_aside(args: &[Typed]) -> bool {
    let (mut conditions, mut values) = (Vec::new(), Vec::new());
    for branch in args.chunks(2) {
        match branch {
            [condition, value] => {
                conditions.push(condition);
                values.push(value);
            }
            rest => values.extend(rest),
        }
    }
    conditions.into_iter().any(is_constant)
        && values.into_iter().filter(|value| is_constant(value)).any(|value| {
            constant_of(value)
                .is_err_and(|error| error.code != ChCode::FunctionThrowIfValueIsNonZero)
        })
}

/// The truth of a condition that is the same in every row.
fn truth_of(condition: &Typed) -> Option<bool> {
    if !condition.is_fixed() {
        return None;
    }
    constant_of(condition).ok().flatten()?.truth()
}

/// A type with UInt8 in the place of Bool.
fn without_bool(ty: &ChType) -> ChType {
    match ty {
        ChType::Bool => ChType::UInt(8),
        ChType::Nullable(inner) => without_bool(inner).nullable(),
        other => other.clone(),
    }
}

/// A lambda named by WITH.
fn with_lambda(name: &str, env: &Env) -> Option<ast::LambdaFunction> {
    match &*env.expression(name)? {
        Expr::Lambda(lambda) => Some(lambda.clone()),
        _ => None,
    }
}

/// What a lambda's body is for some arguments.
fn applied(name: &str, lambda: &ast::LambdaFunction, args: &[Expr]) -> SqlResult<Expr> {
    let names = lambda_names(lambda)?;
    if names.len() != args.len() {
        return Err(SqlError::new(
            ChCode::NumberOfArgumentsDoesntMatch,
            format!("{name} takes {} arguments.", names.len()),
        ));
    }
    let by_name: Vec<_> = names.into_iter().zip(args.iter().cloned()).collect();
    Ok(substituted(&lambda.body, &by_name))
}

/// An expression with others in the place of some names.
pub(super) fn substituted(body: &Expr, by_name: &[(String, Expr)]) -> Expr {
    let mut body = body.clone();
    let _walked = ast::visit_expressions_mut(&mut body, |expr: &mut Expr| {
        if let Expr::Identifier(ident) = expr
            && let Some((_, by)) = by_name.iter().find(|(name, _)| *name == ident.value)
        {
            *expr = Expr::Nested(Box::new(by.clone()));
        }
        std::ops::ControlFlow::<()>::Continue(())
    });
    body
}

/// Functions whose first argument may be the bare name of a unit of time: `date_add(DAY, 1, d)`.
fn takes_unit(name: &str) -> bool {
    matches!(
        name.to_ascii_lowercase().as_str(),
        "date_add"
            | "dateadd"
            | "date_sub"
            | "datesub"
            | "timestamp_add"
            | "timestamp_sub"
            | "date_diff"
            | "datediff"
            | "timestamp_diff"
            | "timestampdiff"
    )
}

fn named_window(scope: &Scope, name: &str) -> SqlResult<ast::WindowSpec> {
    scope.named_windows.get(name).cloned().ok_or_else(|| {
        SqlError::new(ChCode::BadArguments, format!("There is no window named {name}."))
    })
}

fn lambda_names(lambda: &ast::LambdaFunction) -> SqlResult<Vec<String>> {
    let names = lambda.params.iter().map(|param| match &param.data_type {
        None => Ok(param.name.value.clone()),
        Some(_) => Err(unsupported("A type behind a lambda's parameter")),
    });
    names.collect()
}

/// The parts of a call of an aggregate or window function.
struct Parts<'a> {
    name: &'a str,
    parameters: &'a FunctionArguments,
    args: &'a [Expr],
    distinct: bool,
    filter: Option<&'a Expr>,
    respect_nulls: Option<bool>,
}

/// The type that also holds what is less than zero, for an unsigned one.
fn signed(ty: &ChType) -> Option<ChType> {
    match ty.strip_nullable() {
        ChType::UInt(64) => Some(ChType::Decimal(20, 0)),
        ChType::UInt(_) => Some(ChType::Int(64)),
        _ => None,
    }
}

/// The distance of a frame's bound from the current row: in rows, or in the unit of the ORDER BY key. Numbers go as text,
/// which DataFusion reads in the type of the key.
fn distance(value: Option<Value>, key: Option<&ChType>) -> SqlResult<ScalarValue> {
    let wrong = || {
        SqlError::new(ChCode::BadArguments, "Frame offset must be a nonnegative 32-bit integer.")
    };
    let offset = value
        .and_then(|v| v.as_int())
        .and_then(|v| i32::try_from(v).ok())
        .filter(|v| *v >= 0)
        .ok_or_else(wrong)?;
    let interval = |days, nanoseconds| {
        Ok(ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(0, days, nanoseconds))))
    };
    let Some(key) = key else {
        return Ok(ScalarValue::UInt64(Some(u64::from(offset.unsigned_abs()))));
    };
    match key.strip_nullable() {
        ChType::Date | ChType::Date32 => interval(offset, 0),
        ChType::DateTime(_) => interval(0, i64::from(offset) * 1_000_000_000),
        ChType::Float(_) => Ok(ScalarValue::Utf8(Some(offset.to_string()))),
        ChType::Int(bits) | ChType::UInt(bits) => {
            let signed = matches!(key.strip_nullable(), ChType::Int(_));
            if i128::from(offset) >= 1_i128 << (bits - u8::from(signed)) {
                return Err(SqlError::new(
                    ChCode::ArgumentOutOfBound,
                    format!("The frame offset {offset} is out of the range of the ORDER BY key."),
                ));
            }
            Ok(ScalarValue::Utf8(Some(offset.to_string())))
        }
        other => Err(SqlError::new(
            ChCode::NotImplemented,
            format!(
                "The RANGE OFFSET frame for an ORDER BY key of type {other} is not implemented."
            ),
        )),
    }
}

/// The plain arguments of a call, whether DISTINCT stands before them, and what stands behind them on NULLs.
fn arguments(args: &FunctionArguments) -> SqlResult<(Vec<Expr>, bool, Option<bool>)> {
    let list = match args {
        FunctionArguments::None => return Ok((Vec::new(), false, None)),
        FunctionArguments::Subquery(query) => {
            return Ok((vec![Expr::Subquery(query.clone())], false, None));
        }
        FunctionArguments::List(list) => list,
    };
    let mut respect_nulls = None;
    for clause in &list.clauses {
        match clause {
            ast::FunctionArgumentClause::IgnoreOrRespectNulls(treatment) => {
                respect_nulls = Some(matches!(treatment, ast::NullTreatment::RespectNulls));
            }
            other => return Err(unsupported(&format!("`{other}` inside a call"))),
        }
    }
    let distinct = matches!(list.duplicate_treatment, Some(ast::DuplicateTreatment::Distinct));
    let args = list.args.iter().map(|arg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr.clone()),
        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => {
            Ok(Expr::Wildcard(ast::helpers::attached_token::AttachedToken::empty()))
        }
        other => Err(unsupported(&format!("The argument `{other}`"))),
    });
    Ok((args.collect::<SqlResult<_>>()?, distinct, respect_nulls))
}
