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
const ROWS_BETWEEN_CHECKS: usize = 256;

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
        let arrays: Vec<ArrayRef> =
            args.args.iter().map(|arg| arg.to_array(row_count)).collect::<DfResult<_>>()?;
        let budget = Budget::of(&args.config_options);
        let array = match vectorised(&self.call, &arrays) {
            Some(array) => array,
            None => self.row_by_row(&arrays, row_count, &budget)?,
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
        arrays: &[ArrayRef],
        row_count: usize,
        budget: &Budget,
    ) -> SqlResult<ArrayRef> {
        let columns = arrays
            .iter()
            .zip(&self.call.args)
            .map(|(array, ty)| from_array(array, ty))
            .collect::<SqlResult<Vec<_>>>()?;
        to_array(&self.rows(&columns, row_count, budget)?, &self.call.ret)
    }

    fn rows(
        &self,
        columns: &[Vec<Value>],
        row_count: usize,
        budget: &Budget,
    ) -> SqlResult<Vec<Value>> {
        let mut out = Vec::with_capacity(row_count);
        let mut bytes = 0;
        for row in 0..row_count {
            if row % ROWS_BETWEEN_CHECKS == 0 {
                budget.check()?;
            }
            let mut args: Vec<Value> =
                columns.iter().filter_map(|column| column.get(row).cloned()).collect();
            let null = self.nulls == Nulls::Propagate && args.iter().any(Value::is_null);
            if null && (self.call.ret.is_nullable() || !self.fill(&mut args)) {
                out.push(Value::Null);
                continue;
            }
            let value = (self.kernel)(&self.call, &args)?;
            bytes += size_bytes(&value);
            if bytes > limits::SQL_CALL_BYTES_MAX {
                let message = format!(
                    "{} would make more than 64 MiB in one step; ask for fewer or shorter values.",
                    self.call.name
                );
                return Err(SqlError::new(ChCode::MemoryLimitExceeded, message));
            }
            out.push(value);
        }
        Ok(out)
    }
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
