//! The row-wise kernel: a function over [`Value`]s as a DataFusion scalar function. Always right; hot functions have
//! vectorised or native forms beside it.

use super::{convert::default_value, vectorised::vectorised};
use crate::{
    budget::Budget,
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, from_array, to_array},
};
use datafusion::{
    arrow::{array::ArrayRef, datatypes::DataType},
    common::{Result as DfResult, ScalarValue},
    logical_expr::{
        ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
        expr::ScalarFunction,
    },
};
use rekor_core::limits;
use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

/// Rows that a kernel computes before it looks whether the query was stopped.
pub(super) const ROWS_BETWEEN_CHECKS: usize = 256;

/// A call with its types, as a kernel sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) args: Vec<ChType>,
    pub(crate) ret: ChType,
}

/// Computes one value. An error fails the query, so a kernel is only called for rows that need it.
pub(crate) type Kernel = fn(&Call, &[Value]) -> SqlResult<Value>;

/// What NULL arguments do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Nulls {
    /// A NULL argument makes NULL; the kernel never sees one.
    Propagate,
    /// The kernel sees NULLs.
    Pass,
}

#[derive(Debug)]
struct RowUdf {
    call: Call,
    /// Name in plans: DataFusion names columns after functions, so it says everything that tells two calls apart.
    label: String,
    kernel: Kernel,
    nulls: Nulls,
    volatile: bool,
    signature: Signature,
}

impl PartialEq for RowUdf {
    fn eq(&self, other: &Self) -> bool {
        self.call == other.call
    }
}
impl Eq for RowUdf {}
impl Hash for RowUdf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.call.hash(state);
    }
}

/// The call of a kernel on arguments.
pub(crate) fn row_call(
    name: &str,
    args: Vec<Typed>,
    ret: ChType,
    nulls: Nulls,
    kernel: Kernel,
) -> Typed {
    call_of(name, args, ret, nulls, kernel, Volatility::Immutable)
}

/// The call of a kernel that answers differently each time: it runs for every row, and never while a query is planned.
pub(crate) fn volatile_call(name: &str, args: Vec<Typed>, ret: ChType, kernel: Kernel) -> Typed {
    call_of(name, args, ret, Nulls::Pass, kernel, Volatility::Volatile)
}

/// Whether an expression is the call of one of some functions.
pub(crate) fn is_call_of(expr: &Expr, names: &[&str]) -> bool {
    let Expr::ScalarFunction(call) = expr else { return false };
    let udf = call.func.inner().downcast_ref::<RowUdf>();
    udf.is_some_and(|udf| names.contains(&udf.call.name.as_str()))
}

fn call_of(
    name: &str,
    args: Vec<Typed>,
    ret: ChType,
    nulls: Nulls,
    kernel: Kernel,
    volatility: Volatility,
) -> Typed {
    let call = Call {
        name: name.to_owned(),
        args: args.iter().map(|arg| arg.ty.clone()).collect(),
        ret: ret.clone(),
    };
    let signature = if args.is_empty() {
        Signature::nullary(volatility)
    } else {
        Signature::any(args.len(), volatility)
    };
    let types: Vec<String> = call.args.iter().map(ToString::to_string).collect();
    let label = format!("{name}({}) {ret}", types.join(","));
    let volatile = volatility == Volatility::Volatile;
    let udf = ScalarUDF::new_from_impl(RowUdf { call, label, kernel, nulls, volatile, signature });
    let args = args.into_iter().map(Typed::into_value).collect();
    Typed::value(Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(udf), args)), ret)
}

impl ScalarUDFImpl for RowUdf {
    fn name(&self) -> &str {
        &self.label
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(self.call.ret.arrow())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let constant =
            !self.volatile && args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let row_count = if constant { 1 } else { args.number_rows };
        let budget = Budget::of(&args.config_options);
        budget.check()?;
        let array = match vectorised(&self.call, self.kernel, &args.args) {
            Some(array) => array,
            None => self.row_by_row(&args.args, row_count, &budget)?,
        };
        Ok(if constant {
            ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?)
        } else {
            ColumnarValue::Array(array)
        })
    }
}

impl RowUdf {
    fn row_by_row(
        &self,
        args: &[ColumnarValue],
        row_count: usize,
        budget: &Budget,
    ) -> SqlResult<ArrayRef> {
        let inputs = args
            .iter()
            .zip(&self.call.args)
            .map(|(arg, ty)| Input::of(arg, ty, row_count))
            .collect::<SqlResult<Vec<_>>>()?;
        to_array(&self.rows(inputs, row_count, budget)?, &self.call.ret)
    }

    fn rows(
        &self,
        mut inputs: Vec<Input>,
        row_count: usize,
        budget: &Budget,
    ) -> SqlResult<Vec<Value>> {
        let mut out = Vec::with_capacity(row_count);
        let mut bytes = 0;
        let mut args: Vec<Value> = inputs.iter_mut().map(Input::first).collect();
        for row in 0..row_count {
            if row % ROWS_BETWEEN_CHECKS == 0 {
                budget.check()?;
            }
            if row > 0 {
                args.iter_mut().zip(&mut inputs).for_each(|(arg, input)| input.advance(arg));
            }
            let null = self.nulls == Nulls::Propagate && args.iter().any(Value::is_null);
            if null && (self.call.ret.is_nullable() || !self.fill(&mut args)) {
                out.push(Value::Null);
                continue;
            }
            let value = (self.kernel)(&self.call, &args)?;
            within_limit(&self.call.name, &value, &mut bytes)?;
            out.push(value);
        }
        Ok(out)
    }
}

/// The values of one argument.
enum Input {
    /// The same in every row; a NULL that was filled with a default stays filled.
    Constant(Value),
    Column(std::vec::IntoIter<Value>),
}

impl Input {
    fn of(arg: &ColumnarValue, ty: &ChType, row_count: usize) -> SqlResult<Self> {
        Ok(match arg {
            ColumnarValue::Scalar(value) => {
                let array = value
                    .to_array()
                    .map_err(|error| SqlError::new(ChCode::BadArguments, error.to_string()))?;
                let values = from_array(&array, ty)?;
                Self::Constant(values.into_iter().next().unwrap_or(Value::Null))
            }
            ColumnarValue::Array(array) => {
                debug_assert_eq!(array.len(), row_count, "arguments are as long as the batch");
                Self::Column(from_array(array, ty)?.into_iter())
            }
        })
    }

    fn first(&mut self) -> Value {
        match self {
            Self::Constant(value) => value.clone(),
            Self::Column(values) => values.next().unwrap_or(Value::Null),
        }
    }

    fn advance(&mut self, arg: &mut Value) {
        if let Self::Column(values) = self {
            *arg = values.next().unwrap_or(Value::Null);
        }
    }
}

/// Counts the bytes of a value to those of a call, and fails when they are too many.
pub(super) fn within_limit(name: &str, value: &Value, bytes: &mut usize) -> SqlResult<()> {
    *bytes += size_bytes(value);
    if *bytes <= limits::SQL_CALL_BYTES_MAX {
        return Ok(());
    }
    let message =
        format!("{name} would make more than 64 MiB in one step; ask for fewer or shorter values.");
    Err(SqlError::new(ChCode::MemoryLimitExceeded, message))
}

impl RowUdf {
    /// Puts defaults in the place of NULLs: an array cannot be NULL, so ClickHouse computes it from what lies under the NULL.
    /// False if a NULL stays.
    fn fill(&self, args: &mut [Value]) -> bool {
        for (arg, ty) in args.iter_mut().zip(&self.call.args).filter(|(arg, _)| arg.is_null()) {
            *arg = default_value(ty.strip_nullable());
        }
        !args.iter().any(Value::is_null)
    }
}

fn size_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) | Value::Json(text) => text.len(),
        Value::Array(items) | Value::Tuple(items) => {
            16 + items.iter().map(size_bytes).sum::<usize>()
        }
        Value::Map(pairs) => pairs.iter().map(|(k, v)| size_bytes(k) + size_bytes(v)).sum(),
        _ => 16,
    }
}

/// A bound call on these arguments, row by row and, if there is such a form, vectorised.
#[cfg(test)]
pub(super) fn both_ways(
    bound: &Typed,
    args: &[ColumnarValue],
    row_count: usize,
) -> (SqlResult<ArrayRef>, Option<ArrayRef>) {
    let Expr::ScalarFunction(call) = &bound.expr else { panic!("{:?} is no call", bound.expr) };
    let udf = call.func.inner().downcast_ref::<RowUdf>().expect("a row-wise function");
    let by_row = udf.row_by_row(args, row_count, &Budget::default());
    (by_row, vectorised(&udf.call, udf.kernel, args))
}
