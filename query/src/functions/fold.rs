//! `arrayFold`: a lambda applied from item to item. One step is computed for all rows of a batch at once.

use super::{convert::cast, lambda::Lambda, udf::within_limit};
use crate::{
    budget::Budget,
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, from_array, to_array},
};
use datafusion::{
    arrow::{
        array::{ArrayRef, RecordBatch, RecordBatchOptions, UInt32Array},
        compute::take,
        datatypes::{DataType, Field, Schema},
    },
    common::{Result as DfResult, ToDFSchema},
    execution::context::ExecutionProps,
    logical_expr::{
        ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
        expr::ScalarFunction,
    },
    physical_expr::create_physical_expr,
};
use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

#[derive(Debug)]
struct Fold {
    /// The accumulator, then one parameter for each array.
    params: Vec<(String, ChType)>,
    captures: Vec<(String, ChType)>,
    body: Expr,
    signature: Signature,
}

impl PartialEq for Fold {
    fn eq(&self, other: &Self) -> bool {
        self.body == other.body && self.params == other.params
    }
}
impl Eq for Fold {}
impl Hash for Fold {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.body.hash(state);
    }
}

/// The call of `arrayFold` on arrays and the accumulator's first value.
pub(crate) fn fold(lambda: Lambda, arrays: Vec<Typed>, first: Typed) -> SqlResult<Typed> {
    let ty = first.ty.clone();
    if lambda.body.ty != ty {
        let message = format!(
            "The lambda of arrayFold makes {}, but the accumulator is {ty}: convert one of them",
            lambda.body.ty
        );
        return Err(SqlError::new(ChCode::TypeMismatch, message));
    }
    let mut args = vec![first.into_value()];
    for (array, (_, item)) in arrays.into_iter().zip(lambda.params.iter().skip(1)) {
        args.push(cast(array, &ChType::Array(Box::new(item.clone())))?.into_value());
    }
    let column = |name: &String| Expr::Column(datafusion::common::Column::new_unqualified(name));
    args.extend(lambda.captures.iter().map(|(name, _)| column(name)));
    let signature = Signature::any(args.len(), Volatility::Immutable);
    let udf = Fold {
        params: lambda.params,
        captures: lambda.captures,
        body: lambda.body.into_value(),
        signature,
    };
    let call = ScalarFunction::new_udf(Arc::new(ScalarUDF::new_from_impl(udf)), args);
    Ok(Typed::value(Expr::ScalarFunction(call), ty))
}

impl ScalarUDFImpl for Fold {
    fn name(&self) -> &'static str {
        "arrayFold"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(self.state().arrow())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let columns = args
            .args
            .iter()
            .map(|arg| arg.to_array(args.number_rows))
            .collect::<DfResult<Vec<_>>>()?;
        let (inputs, captures) = columns.split_at(self.params.len().min(columns.len()));
        let [first, arrays @ ..] = inputs else { return Err(missing().into()) };
        let mut states = from_array(first, self.state())?;
        let lists = self.lists(arrays)?;
        let budget = Budget::of(&args.config_options);
        let longest = lists.first().into_iter().flatten().map(Vec::len).max().unwrap_or(0);
        for step in 0..longest {
            budget.check()?;
            self.step(step, &mut states, &lists, captures)?;
        }
        Ok(ColumnarValue::Array(to_array(&states, self.state())?))
    }
}

fn missing() -> SqlError {
    SqlError::new(ChCode::LogicalError, "arrayFold takes an accumulator and arrays")
}

impl Fold {
    fn state(&self) -> &ChType {
        self.params.first().map_or(&ChType::Nothing, |(_, ty)| ty)
    }

    /// The items of every array, by array and row.
    fn lists(&self, arrays: &[ArrayRef]) -> SqlResult<Vec<Vec<Vec<Value>>>> {
        let mut lists: Vec<Vec<Vec<Value>>> = Vec::new();
        for (array, (_, item)) in arrays.iter().zip(self.params.iter().skip(1)) {
            let rows = from_array(array, &ChType::Array(Box::new(item.clone())))?;
            let rows = rows.into_iter().map(|row| match row {
                Value::Array(items) => items,
                _ => Vec::new(),
            });
            lists.push(rows.collect());
        }
        let first = lists.first().cloned().unwrap_or_default();
        let uneven =
            |list: &Vec<Vec<Value>>| list.iter().zip(&first).any(|(a, b)| a.len() != b.len());
        if lists.iter().any(uneven) {
            let message = "Arrays passed to arrayFold must have equal size";
            return Err(SqlError::new(ChCode::SizesOfArraysDontMatch, message));
        }
        Ok(lists)
    }

    /// Applies the lambda to the item at one place of every row that has it.
    fn step(
        &self,
        step: usize,
        states: &mut [Value],
        lists: &[Vec<Vec<Value>>],
        captures: &[ArrayRef],
    ) -> DfResult<()> {
        let has =
            |row: usize| lists.first().and_then(|l| l.get(row)).is_some_and(|l| l.len() > step);
        let rows: Vec<usize> = (0..states.len()).filter(|row| has(*row)).collect();
        let mut fields = Vec::new();
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (at, (name, ty)) in self.params.iter().enumerate() {
            let value = |row: &usize| match at.checked_sub(1) {
                None => states.get(*row).cloned(),
                Some(list) => lists.get(list).and_then(|l| l.get(*row)?.get(step)).cloned(),
            };
            let values: Vec<Value> =
                rows.iter().map(|row| value(row).unwrap_or(Value::Null)).collect();
            fields.push(Field::new(name, ty.arrow(), true));
            columns.push(to_array(&values, ty)?);
        }
        let places: UInt32Array =
            rows.iter().map(|row| u32::try_from(*row).unwrap_or(u32::MAX)).collect();
        for ((name, ty), capture) in self.captures.iter().zip(captures) {
            fields.push(Field::new(name, ty.arrow(), true));
            columns.push(take(capture, &places, None)?);
        }
        let schema = Arc::new(Schema::new(fields));
        let df_schema = Arc::clone(&schema).to_dfschema()?;
        let physical = create_physical_expr(&self.body, &df_schema, &ExecutionProps::new())?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        let batch = RecordBatch::try_new_with_options(schema, columns, &options)?;
        let next = physical.evaluate(&batch)?.into_array(rows.len())?;
        let mut spent = 0;
        for (row, value) in rows.into_iter().zip(from_array(&next, self.state())?) {
            within_limit("arrayFold", &value, &mut spent)?;
            if let Some(state) = states.get_mut(row) {
                *state = value;
            }
        }
        Ok(())
    }
}
