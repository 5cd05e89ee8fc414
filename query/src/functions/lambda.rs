//! Functions that take a lambda: the body is compiled once and evaluated over the flattened elements of a whole batch.

use super::{convert::cast, keyed, udf::ROWS_BETWEEN_CHECKS};
use crate::{
    budget::Budget,
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, from_array, to_array},
};
use datafusion::{
    arrow::{
        array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, UInt32Array},
        compute::take,
        datatypes::{DataType, Field, Schema},
    },
    common::{Result as DfResult, ToDFSchema},
    config::ConfigOptions,
    error::DataFusionError,
    execution::context::ExecutionProps,
    logical_expr::{
        ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
        expr::ScalarFunction,
    },
    physical_expr::create_physical_expr,
};
use std::{
    any::Any,
    hash::{Hash, Hasher},
    ops::Range,
    sync::Arc,
};

/// Elements of arrays that are taken apart at once, unless a single array has more.
const ELEMENTS_AT_ONCE: usize = 1 << 16;

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
    keyed::NAMES.contains(&name)
        || keyed::WITH_LAMBDA.contains(&name)
        || matches!(name, "mapSort" | "mapReverseSort" | "mapPartialSort" | "mapPartialReverseSort")
}

/// Whether the arguments after the lambda begin with a limit.
pub(crate) fn has_limit(name: &str) -> bool {
    keyed::has_limit(name)
}

/// Whether an expression is the call of a function with a lambda.
pub(crate) fn is_lambda_call(expr: &Expr) -> bool {
    let Expr::ScalarFunction(call) = expr else { return false };
    let inner: &dyn ScalarUDFImpl = call.func.inner().as_ref();
    (inner as &dyn Any).is::<HigherOrder>()
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

/// The function on arrays of pairs that a function on maps is; its lambda takes keys and values.
fn on_pairs(name: &str) -> Option<&'static str> {
    Some(match name {
        "mapApply" => "arrayMap",
        "mapFilter" => "arrayFilter",
        "mapExists" => "arrayExists",
        "mapAll" => "arrayAll",
        "mapSort" | "mapPartialSort" => "arraySort",
        "mapReverseSort" | "mapPartialReverseSort" => "arrayReverseSort",
        _ => return None,
    })
}

fn map_type(name: &str, key: &ChType, value: &ChType, body: &ChType) -> SqlResult<ChType> {
    let pair = ChType::Tuple(vec![(None, key.clone()), (None, value.clone())]);
    if name == "mapApply" {
        return match body {
            ChType::Tuple(fields) => match fields.as_slice() {
                [(_, key), (_, value)] => {
                    Ok(ChType::Map(Box::new(key.clone()), Box::new(value.clone())))
                }
                _ => Err(super::args::bad("The lambda of mapApply has to make a tuple of two")),
            },
            _ => Err(super::args::bad("The lambda of mapApply has to make a tuple")),
        };
    }
    Ok(match keyed::keyed_type(on_pairs(name).unwrap_or(name), &pair, body)? {
        ChType::Array(_) => ChType::Map(Box::new(key.clone()), Box::new(value.clone())),
        other => other,
    })
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
    let body_type = lambda.body.ty.clone();
    let ret = match (on_pairs(name), items.as_slice()) {
        (Some(_), [key, value]) => map_type(name, key, value, &body_type)?,
        _ => keyed::keyed_type(name, items.first().unwrap_or(&ChType::Nothing), &body_type)?,
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
        let lengths = self.lengths(arrays.get(..self.items.len()).unwrap_or(&arrays))?;
        let mut out = Vec::with_capacity(lengths.len());
        let mut spent = 0;
        for rows in chunks(&lengths) {
            let slice = |array: &ArrayRef| array.slice(rows.start, rows.len());
            let part: Vec<ArrayRef> = arrays.iter().map(slice).collect();
            let lengths = lengths.get(rows).unwrap_or_default();
            self.rows(&part, lengths, &args.config_options, &mut spent, &mut out)?;
        }
        Ok(ColumnarValue::Array(to_array(&out, &self.ret)?))
    }
}

/// Ranges of rows with so few elements that a query can stop between them, and that little of them is in memory at once.
fn chunks(lengths: &[usize]) -> Vec<Range<usize>> {
    let (mut chunks, mut start, mut elements) = (Vec::new(), 0, 0);
    for (row, length) in lengths.iter().enumerate() {
        if row > start && elements + length > ELEMENTS_AT_ONCE {
            chunks.push(start..row);
            (start, elements) = (row, 0);
        }
        elements += length;
    }
    if start < lengths.len() {
        chunks.push(start..lengths.len());
    }
    chunks
}

impl HigherOrder {
    /// The answers for some rows.
    fn rows(
        &self,
        arrays: &[ArrayRef],
        lengths: &[usize],
        options: &Arc<ConfigOptions>,
        spent: &mut usize,
        out: &mut Vec<Value>,
    ) -> DfResult<()> {
        let budget = Budget::of(options);
        budget.check()?;
        let (lists, captures) = arrays.split_at(self.items.len().min(arrays.len()));
        let parents: UInt32Array = lengths
            .iter()
            .enumerate()
            .flat_map(|(row, &n)| std::iter::repeat_n(u32::try_from(row).unwrap_or(u32::MAX), n))
            .collect();
        let bodies = self.evaluate(lists, captures, &parents, options)?;
        let elements = self.subjects(lists)?;
        let mut at = 0;
        for (row, length) in lengths.iter().enumerate() {
            if row % ROWS_BETWEEN_CHECKS == 0 {
                budget.check()?;
            }
            let (items, keys) = (
                elements.get(at..at + length).unwrap_or_default(),
                bodies.get(at..at + length).unwrap_or_default(),
            );
            let value = self.finish(items, keys);
            super::udf::within_limit(&self.name, &value, spent)?;
            out.push(value);
            at += length;
        }
        Ok(())
    }

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
        options: &Arc<ConfigOptions>,
    ) -> DfResult<Vec<Value>> {
        if parents.is_empty() && !self.body.column_refs().is_empty() {
            // DataFusion would compute parts that look at no row once, and they may fail.
            return Ok(Vec::new());
        }
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
        // The functions of the body stop with the query, too.
        let mut props = ExecutionProps::new();
        props.config_options = Some(Arc::clone(options));
        let physical =
            create_physical_expr(&self.body, &Arc::clone(&schema).to_dfschema()?, &props)?;
        let options = RecordBatchOptions::new().with_row_count(Some(parents.len()));
        let batch = RecordBatch::try_new_with_options(schema, columns, &options)?;
        let array = physical.evaluate(&batch)?.into_array(parents.len())?;
        Ok(from_array(&array, &self.body_type)?)
    }

    /// The items of all rows: those of the first list, or pairs of key and value.
    fn subjects(&self, lists: &[ArrayRef]) -> DfResult<Vec<Value>> {
        let of = |at: usize| lists.get(at).map(|list| self.elements(list, at)).transpose();
        let first = of(0)?.unwrap_or_default();
        if on_pairs(&self.name).is_none() {
            return Ok(first);
        }
        let values = of(1)?.unwrap_or_default();
        Ok(first.into_iter().zip(values).map(|(k, v)| Value::Tuple(vec![k, v])).collect())
    }

    fn finish(&self, items: &[Value], keys: &[Value]) -> Value {
        let Some(name) = on_pairs(&self.name) else {
            return keyed::keyed(&self.name, items, keys, &self.body_type, &self.ret);
        };
        match keyed::keyed(name, items, keys, &self.body_type, &self.ret) {
            Value::Array(pairs) => Value::Map(
                pairs
                    .into_iter()
                    .filter_map(|pair| match pair {
                        Value::Tuple(parts) => <[Value; 2]>::try_from(parts).ok().map(Into::into),
                        _ => None,
                    })
                    .collect(),
            ),
            other => other,
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
