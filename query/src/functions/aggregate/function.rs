//! Aggregate functions as trees, a base function below its combinators, evaluated over the rows of one group. Resolution
//! follows ClickHouse's factory step by step, so that stacked combinators and NULLs come out the same.

use super::{
    bases::{self, NullRule},
    combinator::{self, Combinator},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    functions::default_value,
    types::ChType,
    value::Value,
};
use datafusion::arrow::{
    array::{Array, ArrayRef, BooleanArray},
    buffer::NullBuffer,
    compute::filter,
};
use std::borrow::Cow;

/// The arguments of one row.
pub(in crate::functions) type Row<'a> = Cow<'a, [Value]>;

/// Computes the answer of a group.
pub(in crate::functions) type Compute = fn(&Function, &[Row<'_>]) -> SqlResult<Value>;

/// An aggregate function resolved for types of arguments.
#[derive(Clone, Debug)]
pub(in crate::functions) struct Function {
    /// The base name, as ClickHouse spells it.
    pub(super) name: String,
    pub(super) parameters: Vec<Value>,
    pub(in crate::functions) args: Vec<ChType>,
    pub(in crate::functions) ret: ChType,
    step: Step,
}

#[derive(Clone, Debug)]
enum Step {
    Compute(Compute),
    Combine(Combinator, Box<Function>),
    /// Rows with a NULL do not count. NULL without any other row, if `nullable`.
    SkipNulls {
        nullable: bool,
        nested: Box<Function>,
    },
    /// An argument is a bare NULL.
    Constant(Value),
}

impl Function {
    /// The function of a name with combinators.
    ///
    /// # Errors
    /// ClickHouse's errors of names, counts, parameters and types.
    pub(in crate::functions) fn resolve(
        name: &str,
        parameters: &[Value],
        args: &[ChType],
    ) -> SqlResult<Self> {
        let name = bases::spelling(name);
        let has_nulls = args.iter().any(|ty| matches!(ty, ChType::Nullable(_)));
        if !has_nulls {
            return Self::without_nulls(name, parameters, args);
        }
        let parts = bases::split(name).ok_or_else(|| bases::unknown(name))?;
        // -If keeps its condition apart: where it is NULL the row does not count, whatever the function does with NULLs.
        if parts.combinators.last() == Some(&"If") || parts.base.is_own(name) {
            return Self::without_nulls(name, parameters, args);
        }
        let mut plain: Vec<ChType> = args.iter().map(|ty| ty.strip_nullable().clone()).collect();
        // A condition that is always NULL only lets no row through.
        if let Some(last) = plain.last_mut().filter(|_| {
            parts.combinators.contains(&"If") && !parts.combinators.contains(&"OrDefault")
        }) && *last == ChType::Nothing
        {
            *last = ChType::UInt(8);
        }
        if plain.contains(&ChType::Nothing) {
            let value =
                if parts.base.nulls == NullRule::Default { Value::Int(0) } else { Value::Null };
            let ret = if value.is_null() { ChType::Nothing.nullable() } else { ChType::UInt(64) };
            return Ok(Self::of(name, parameters, args, ret, Step::Constant(value)));
        }
        let nested = Self::without_nulls(name, parameters, &plain)?;
        let nullable = parts.base.nulls != NullRule::Default && fits_nullable(&nested.ret);
        let ret = if nullable { nullable_of(&nested.ret) } else { nested.ret.clone() };
        let step = Step::SkipNulls { nullable, nested: Box::new(nested) };
        Ok(Self::of(name, parameters, args, ret, step))
    }

    fn without_nulls(name: &str, parameters: &[Value], args: &[ChType]) -> SqlResult<Self> {
        if let Some(base) = bases::base(name) {
            let called = bases::spelling(name);
            let signature = Signature { name: called, parameters, args };
            base.check_counts(&signature)?;
            let ret = (base.ret)(&signature)?;
            return Ok(Self::of(called, parameters, args, ret, Step::Compute(base.compute)));
        }
        let (nested_name, suffix) =
            combinator::outermost(name).ok_or_else(|| bases::unknown(name))?;
        if combinator::outermost(nested_name).is_some_and(|(_, inner)| {
            inner == suffix && !matches!(suffix, "Array" | "OrNull" | "OrDefault")
        }) {
            return Err(SqlError::new(
                ChCode::IllegalAggregation,
                format!("Nested identical combinator '{suffix}' is not supported."),
            ));
        }
        if let ("OrNull" | "OrDefault", Some(inner)) = (suffix, nested_name.strip_suffix("If")) {
            // A row that -If leaves out is no row for -OrNull, in either order; counts are the exception in ClickHouse.
            if !bases::counts(inner) {
                return Self::resolve(&format!("{inner}{suffix}If"), parameters, args);
            }
        }
        let prepared = combinator::prepare(suffix, name, parameters, args)?;
        let nested = Self::resolve(
            prepared.nested_name.as_deref().unwrap_or(nested_name),
            &prepared.parameters,
            &prepared.args,
        )?;
        let Some(combinator) = prepared.combinator else { return Ok(nested) };
        let ret = combinator.answer(&nested, args)?;
        let step = Step::Combine(combinator, Box::new(nested));
        Ok(Self::of(name, parameters, args, ret, step))
    }

    fn of(name: &str, parameters: &[Value], args: &[ChType], ret: ChType, step: Step) -> Self {
        Self {
            name: name.to_owned(),
            parameters: parameters.to_vec(),
            args: args.to_vec(),
            ret,
            step,
        }
    }

    /// The answer over rows in their order.
    ///
    /// # Errors
    /// Those of the base function.
    pub(in crate::functions) fn evaluate(&self, rows: &[Row<'_>]) -> SqlResult<Value> {
        match &self.step {
            Step::Constant(value) => Ok(value.clone()),
            Step::Compute(compute) => compute(self, rows),
            Step::SkipNulls { nullable, nested } => {
                let kept: Vec<Row<'_>> = rows
                    .iter()
                    .filter(|row| !row.iter().any(Value::is_null))
                    .map(|row| Cow::Borrowed(row.as_ref()))
                    .collect();
                if *nullable && kept.is_empty() {
                    return Ok(Value::Null);
                }
                nested.evaluate(&kept)
            }
            Step::Combine(combinator, nested) => combinator.evaluate(nested, rows),
        }
    }

    /// The answer over the columns of a group, where the base function needs no values of single rows.
    pub(super) fn evaluate_columns(&self, columns: &[ArrayRef]) -> Option<SqlResult<Value>> {
        match &self.step {
            Step::Compute(_) => {
                let of_one = columns.first().filter(|_| columns.len() == 1);
                of_one
                    .and_then(|column| {
                        let quantile = super::quantiles::of_column(self, column);
                        quantile.or_else(|| super::top::of_column(self, column))
                    })
                    .or_else(|| super::places::of_columns(self, columns))
                    .or_else(|| super::statistics::of_columns(self, columns))
            }
            Step::SkipNulls { nullable, nested } => {
                let kept = without_nulls(columns)?;
                if *nullable && kept.first()?.is_empty() {
                    return Some(Ok(Value::Null));
                }
                nested.evaluate_columns(&kept)
            }
            Step::Constant(_) | Step::Combine(..) => None,
        }
    }

    /// Whether the answer is simply the first (false) or last (true) value, and whether a NULL can be it.
    pub(in crate::functions) fn edge(&self) -> Option<(bool, bool)> {
        let innermost = match &self.step {
            Step::SkipNulls { nested, .. } => nested,
            _ => self,
        };
        if !matches!(innermost.step, Step::Compute(_)) {
            return None;
        }
        match innermost.name.as_str() {
            "any" => Some((false, matches!(self.step, Step::Compute(_)))),
            "anyLast" => Some((true, matches!(self.step, Step::Compute(_)))),
            "any_respect_nulls" => Some((false, true)),
            "anyLast_respect_nulls" => Some((true, true)),
            _ => None,
        }
    }

    /// A number among the parameters.
    pub(super) fn number(&self, position: usize) -> Option<f64> {
        self.parameters.get(position).and_then(Value::as_f64)
    }

    /// A count among the parameters.
    pub(super) fn count(&self, position: usize) -> Option<usize> {
        self.parameters
            .get(position)
            .and_then(Value::as_int)
            .and_then(|count| usize::try_from(count).ok())
    }

    /// The default of the answer's type.
    pub(super) fn default(&self) -> Value {
        default_value(&self.ret)
    }
}

/// The rows of columns that have no NULL.
fn without_nulls(columns: &[ArrayRef]) -> Option<Vec<ArrayRef>> {
    let nulls = columns.iter().fold(None, |all, column| {
        NullBuffer::union(Option::as_ref(&all), column.logical_nulls().as_ref())
    });
    let Some(nulls) = nulls.filter(|nulls| nulls.null_count() > 0) else {
        return Some(columns.to_vec());
    };
    let kept = BooleanArray::new(nulls.into_inner(), None);
    columns.iter().map(|column| filter(column, &kept).ok()).collect()
}

/// A call before its answer's type is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signature<'a> {
    pub(super) name: &'a str,
    pub(super) parameters: &'a [Value],
    pub(super) args: &'a [ChType],
}

impl Signature<'_> {
    /// The type of an argument.
    pub(super) fn arg(&self, position: usize) -> &ChType {
        self.args.get(position).unwrap_or(&ChType::Nothing)
    }

    /// The error of a type that the function does not take.
    pub(super) fn illegal(&self, position: usize) -> SqlError {
        super::illegal(self.name, self.arg(position))
    }

    /// BAD_ARGUMENTS, for parameters.
    pub(super) fn bad(&self, what: &str) -> SqlError {
        SqlError::new(ChCode::BadArguments, format!("{what} (aggregate function {})", self.name))
    }
}

/// Whether ClickHouse allows NULL in place of a value of this type.
pub(super) fn fits_nullable(ty: &ChType) -> bool {
    !matches!(
        ty,
        ChType::Nullable(_)
            | ChType::Array(_)
            | ChType::Map(..)
            | ChType::Json
            | ChType::Dynamic
            | ChType::Variant(_)
    )
}

/// The type with NULL; an answer may be a Nullable tuple, although no column can.
pub(super) fn nullable_of(ty: &ChType) -> ChType {
    if fits_nullable(ty) { ChType::Nullable(Box::new(ty.clone())) } else { ty.clone() }
}

/// A value of a row; NULL where there is none.
pub(super) fn cell<'r>(row: &'r Row<'_>, position: usize) -> &'r Value {
    row.get(position).unwrap_or(&Value::Null)
}

/// A number of a row; NaN where there is none.
pub(super) fn number(row: &Row<'_>, position: usize) -> f64 {
    cell(row, position).as_f64().unwrap_or(f64::NAN)
}
