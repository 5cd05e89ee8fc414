//! Functions that take a lambda: the body is compiled once and evaluated over the flattened elements of a whole batch.

use super::{
    arrays::{extreme, sum, sum_type},
    convert::{cast, default_value},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, compare_null_last, from_array, to_array},
};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, UInt32Array},
        compute::take,
        datatypes::{DataType, Field, Schema},
    },
    common::{Result as DfResult, ToDFSchema},
    error::DataFusionError,
    execution::context::ExecutionProps,
    logical_expr::{
        ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
        expr::ScalarFunction,
    },
    physical_expr::create_physical_expr,
};
use std::{
    cmp::Ordering,
    hash::{Hash, Hasher},
    sync::Arc,
};

/// A bound lambda.
#[derive(Clone, Debug)]
pub(crate) struct Lambda {
    /// Column names and types of the parameters in the body.
    pub(crate) params: Vec<(String, ChType)>,
    /// The body.
    pub(crate) body: Typed,
    /// Columns of the surrounding query that the body uses.
    pub(crate) captures: Vec<(String, ChType)>,
}

/// Whether a function may take a lambda first.
pub(crate) fn is_higher_order(name: &str) -> bool {
    matches!(
        name,
        "arrayMap"
            | "arrayFilter"
            | "arrayExists"
            | "arrayAll"
            | "arrayCount"
            | "arraySum"
            | "arrayAvg"
            | "arrayMin"
            | "arrayMax"
            | "arrayFirst"
            | "arrayLast"
            | "arrayFirstIndex"
            | "arrayLastIndex"
            | "arraySort"
            | "arrayReverseSort"
    )
}

#[derive(Debug)]
struct HigherOrder {
    name: String,
    params: Vec<(String, ChType)>,
    captures: Vec<(String, ChType)>,
    body: Expr,
    body_type: ChType,
    items: Vec<ChType>,
    ret: ChType,
    signature: Signature,
}

impl PartialEq for HigherOrder {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.body == other.body
            && self.params == other.params
            && self.ret == other.ret
    }
}
impl Eq for HigherOrder {}
impl Hash for HigherOrder {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.body.hash(state);
    }
}

/// The call of a function with a lambda on arrays.
pub(crate) fn higher_order(name: &str, lambda: Lambda, arrays: Vec<Typed>) -> SqlResult<Typed> {
    let items = arrays
        .iter()
        .map(|array| super::arrays::item_of(array.ty.strip_nullable()))
        .collect::<SqlResult<Vec<_>>>()?;
    let arrays = arrays
        .into_iter()
        .zip(&items)
        .map(|(array, item)| cast(array, &ChType::Array(Box::new(item.clone()))))
        .collect::<SqlResult<Vec<_>>>()?;
    let first = items.first().cloned().unwrap_or(ChType::Nothing);
    let body_type = lambda.body.ty.clone();
    let ret = match name {
        "arrayMap" => ChType::Array(Box::new(body_type.clone())),
        "arrayFilter" | "arraySort" | "arrayReverseSort" => ChType::Array(Box::new(first)),
        "arrayExists" | "arrayAll" => ChType::UInt(8),
        "arrayCount" | "arrayFirstIndex" | "arrayLastIndex" => ChType::UInt(32),
        "arraySum" => sum_type(body_type.strip_nullable()),
        "arrayAvg" => ChType::Float(64),
        "arrayMin" | "arrayMax" => body_type.clone(),
        _ => first,
    };
    let mut args: Vec<Expr> = arrays.into_iter().map(Typed::into_value).collect();
    args.extend(
        lambda
            .captures
            .iter()
            .map(|(column, _)| Expr::Column(datafusion::common::Column::new_unqualified(column))),
    );
    let udf = HigherOrder {
        name: name.to_owned(),
        params: lambda.params,
        captures: lambda.captures,
        body: lambda.body.into_value(),
        body_type,
        items,
        ret: ret.clone(),
        signature: Signature::any(args.len(), Volatility::Immutable),
    };
    Ok(Typed::value(
        Expr::ScalarFunction(ScalarFunction::new_udf(
            Arc::new(ScalarUDF::new_from_impl(udf)),
            args,
        )),
        ret,
    ))
}

impl ScalarUDFImpl for HigherOrder {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(self.ret.arrow())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let arrays = args
            .args
            .iter()
            .map(|arg| arg.to_array(args.number_rows))
            .collect::<DfResult<Vec<_>>>()?;
        let (lists, captures) = arrays.split_at(self.items.len().min(arrays.len()));
        let lengths = self.lengths(lists)?;
        let parents: UInt32Array = lengths
            .iter()
            .enumerate()
            .flat_map(|(row, &n)| std::iter::repeat_n(u32::try_from(row).unwrap_or(u32::MAX), n))
            .collect();
        let bodies = self.evaluate(lists, captures, &parents)?;
        let elements =
            lists.first().map(|list| self.elements(list, 0)).transpose()?.unwrap_or_default();
        let mut at = 0;
        let mut out = Vec::with_capacity(lengths.len());
        for length in lengths {
            let (items, keys) = (
                elements.get(at..at + length).unwrap_or_default(),
                bodies.get(at..at + length).unwrap_or_default(),
            );
            out.push(self.finish(items, keys));
            at += length;
        }
        Ok(ColumnarValue::Array(to_array(&out, &self.ret)?))
    }
}

impl HigherOrder {
    fn lengths(&self, lists: &[ArrayRef]) -> DfResult<Vec<usize>> {
        let of = |list: &ArrayRef| -> Vec<usize> {
            let list = list.as_list::<i32>();
            (0..list.len())
                .map(|row| if list.is_null(row) { 0 } else { list.value(row).len() })
                .collect()
        };
        let first = lists.first().map(of).unwrap_or_default();
        if lists.iter().skip(1).any(|list| of(list) != first) {
            let message = format!("Arrays passed to {} must have equal size", self.name);
            return Err(SqlError::new(ChCode::SizesOfArraysDontMatch, message).into());
        }
        Ok(first)
    }

    fn flat(list: &ArrayRef) -> DfResult<ArrayRef> {
        let list = list.as_list::<i32>();
        let parts: Vec<ArrayRef> =
            (0..list.len()).filter(|row| list.is_valid(*row)).map(|row| list.value(row)).collect();
        let parts: Vec<&dyn Array> = parts.iter().map(|part| &**part).collect();
        if parts.is_empty() {
            Ok(list.values().slice(0, 0))
        } else {
            Ok(arrow::compute::concat(&parts)?)
        }
    }

    fn elements(&self, list: &ArrayRef, at: usize) -> DfResult<Vec<Value>> {
        let item = self.items.get(at).cloned().unwrap_or(ChType::Nothing);
        Ok(from_array(&Self::flat(list)?, &item)?)
    }

    /// The body for every element of the batch.
    fn evaluate(
        &self,
        lists: &[ArrayRef],
        captures: &[ArrayRef],
        parents: &UInt32Array,
    ) -> DfResult<Vec<Value>> {
        let mut fields = Vec::new();
        let mut columns: Vec<ArrayRef> = Vec::new();
        for ((name, ty), list) in self.params.iter().zip(lists) {
            fields.push(Field::new(name, ty.arrow(), true));
            columns.push(Self::flat(list)?);
        }
        for ((name, ty), capture) in self.captures.iter().zip(captures) {
            fields.push(Field::new(name, ty.arrow(), true));
            columns.push(take(capture, parents, None)?);
        }
        let schema = Arc::new(Schema::new(fields));
        let physical = create_physical_expr(
            &self.body,
            &Arc::clone(&schema).to_dfschema()?,
            &ExecutionProps::new(),
        )?;
        let options = RecordBatchOptions::new().with_row_count(Some(parents.len()));
        let batch = RecordBatch::try_new_with_options(schema, columns, &options)?;
        let array = physical.evaluate(&batch)?.into_array(parents.len())?;
        Ok(from_array(&array, &self.body_type)?)
    }

    fn finish(&self, items: &[Value], keys: &[Value]) -> Value {
        let truth = |key: &Value| key.truth() == Some(true);
        let first_index = || keys.iter().position(truth);
        let last_index = || keys.iter().rposition(truth);
        let picked = |at: Option<usize>| {
            at.and_then(|at| items.get(at)).cloned().unwrap_or_else(|| default_value(&self.ret))
        };
        let index = |at: Option<usize>| Value::Int(at.map_or(0, |at| at as i128 + 1));
        match self.name.as_str() {
            "arrayMap" => Value::Array(keys.to_vec()),
            "arrayFilter" => Value::Array(
                items
                    .iter()
                    .zip(keys)
                    .filter(|(_, key)| truth(key))
                    .map(|(item, _)| item.clone())
                    .collect(),
            ),
            "arrayExists" => Value::Int(keys.iter().any(truth).into()),
            "arrayAll" => Value::Int(keys.iter().all(truth).into()),
            "arrayCount" => Value::Int(keys.iter().filter(|key| truth(key)).count() as i128),
            "arrayFirst" => picked(first_index()),
            "arrayLast" => picked(last_index()),
            "arrayFirstIndex" => index(first_index()),
            "arrayLastIndex" => index(last_index()),
            "arraySum" => sum(keys),
            #[expect(clippy::cast_precision_loss, reason = "a mean is a double")]
            "arrayAvg" => Value::Float(if keys.is_empty() {
                0.0
            } else {
                keys.iter().filter_map(Value::as_f64).sum::<f64>() / keys.len() as f64
            }),
            "arrayMin" => extreme(keys, Ordering::Less).unwrap_or_else(|| default_value(&self.ret)),
            "arrayMax" => {
                extreme(keys, Ordering::Greater).unwrap_or_else(|| default_value(&self.ret))
            }
            _ => {
                let mut order: Vec<(&Value, &Value)> = keys.iter().zip(items).collect();
                order.sort_by(|(a, _), (b, _)| compare_null_last(a, b).unwrap_or(Ordering::Equal));
                if self.name == "arrayReverseSort" {
                    order.reverse();
                }
                Value::Array(order.into_iter().map(|(_, item)| item.clone()).collect())
            }
        }
    }
}

/// Passes its first list through, after a check that every row of the second is as long.
#[derive(Debug, PartialEq, Eq, Hash)]
struct SameSize {
    signature: Signature,
}

/// `array`, after a check that it is as long as `other`.
pub(super) fn same_size(array: Expr, other: Expr) -> Expr {
    let udf = SameSize { signature: Signature::any(2, Volatility::Immutable) };
    Expr::ScalarFunction(ScalarFunction::new_udf(
        Arc::new(ScalarUDF::new_from_impl(udf)),
        vec![array, other],
    ))
}

impl ScalarUDFImpl for SameSize {
    fn name(&self) -> &'static str {
        "same_size"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> DfResult<DataType> {
        types
            .first()
            .cloned()
            .ok_or_else(|| DataFusionError::Internal("same_size takes two lists".to_owned()))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let arrays = args
            .args
            .iter()
            .map(|arg| arg.to_array(args.number_rows))
            .collect::<DfResult<Vec<_>>>()?;
        let (Some(array), Some(other)) = (arrays.first(), arrays.get(1)) else {
            return Err(DataFusionError::Internal("same_size takes two lists".to_owned()));
        };
        let size = |list: &ArrayRef, row: usize| {
            if list.is_null(row) { 0 } else { list.as_list::<i32>().value(row).len() }
        };
        if (0..array.len()).any(|row| size(array, row) != size(other, row)) {
            return Err(SqlError::new(
                ChCode::SizesOfArraysDontMatch,
                "Sizes of ARRAY-JOIN-ed arrays do not match",
            )
            .into());
        }
        Ok(ColumnarValue::Array(Arc::clone(array)))
    }
}
