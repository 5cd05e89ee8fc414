//! JSON: paths into JSON columns that are not base-table columns, functions over JSON text, Dynamic's own functions.

use super::{
    compare::constant_value,
    registry::Entry,
    udf::{Kernel, Nulls, row_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, json_of, text_of},
};
use datafusion::{
    arrow::{array::AsArray, compute::cast as arrow_cast, datatypes::DataType},
    common::Result as DfResult,
    error::DataFusionError,
    logical_expr::{
        ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
        expr::ScalarFunction,
    },
};
use rekor_core::{
    json::{Kind, Reader},
    shred::{extract, extract_elements},
    subcolumn::{SubColumn, list_of},
};
use std::sync::Arc;

/// Cuts a subcolumn out of JSON texts, or out of every element of arrays of them.
#[derive(Debug, PartialEq, Eq, Hash)]
struct JsonPath {
    column: SubColumn,
    label: String,
    elements: bool,
    signature: Signature,
}

/// `column` of a JSON value, or of each element of an array of JSON; always right, parses the text.
pub(crate) fn json_path(json: Typed, column: SubColumn, ty: ChType) -> Typed {
    let elements = matches!(json.ty, ChType::Array(_));
    let label = format!("json_path {}", column.name());
    let udf =
        JsonPath { column, label, elements, signature: Signature::any(1, Volatility::Immutable) };
    Typed::value(
        Expr::ScalarFunction(ScalarFunction::new_udf(
            Arc::new(ScalarUDF::new_from_impl(udf)),
            vec![json.into_value()],
        )),
        ty,
    )
}

impl ScalarUDFImpl for JsonPath {
    fn name(&self) -> &str {
        &self.label
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> DfResult<DataType> {
        Ok(if self.elements { list_of(self.column.arrow()) } else { self.column.arrow() })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let Some(input) = args.args.first() else {
            return Err(DataFusionError::Internal("json_path takes one argument".to_owned()));
        };
        let array = input.to_array(args.number_rows)?;
        let columns = std::slice::from_ref(&self.column);
        let wanted = if self.elements { list_of(DataType::Utf8View) } else { DataType::Utf8View };
        let array = if *array.data_type() == wanted { array } else { arrow_cast(&array, &wanted)? };
        let cut = if self.elements {
            extract_elements(array.as_list(), columns)
        } else {
            extract(array.as_string_view(), columns)
        };
        let cut = cut.map_err(|error| DataFusionError::External(Box::new(error)))?;
        cut.into_iter()
            .next()
            .map(ColumnarValue::Array)
            .ok_or_else(|| DataFusionError::Internal("no column".to_owned()))
    }
}

/// A member of a JSON object; objects stay objects here.
pub(super) fn member(text: &str, key: &str) -> Value {
    descend(text, &[Value::String(key.to_owned())]).map_or(Value::Null, |found| json_of(&found))
}

/// The raw text below a path of keys and 1-based indexes.
fn descend(text: &str, path: &[Value]) -> Option<String> {
    let Some((step, rest)) = path.split_first() else { return Some(text.trim().to_owned()) };
    let mut reader = Reader::new(text);
    match (reader.peek().ok()?, step) {
        (Kind::Object, Value::String(key)) => {
            reader.begin_object().ok()?;
            let (mut first, mut found) = (true, None);
            while let Some(name) = reader.next_member(first).ok()? {
                first = false;
                let start = reader.position();
                reader.skip().ok()?;
                if name == *key {
                    found = Some(reader.since(start).to_owned());
                }
            }
            descend(&found?, rest)
        }
        (Kind::Array, index) => {
            let wanted = index.as_int()?;
            reader.begin_array().ok()?;
            let mut elements = Vec::new();
            while reader.next_element(elements.is_empty()).ok()? {
                let start = reader.position();
                reader.skip().ok()?;
                elements.push(reader.since(start).to_owned());
            }
            let at =
                if wanted > 0 { wanted - 1 } else { i128::try_from(elements.len()).ok()? + wanted };
            descend(elements.get(usize::try_from(at).ok()?)?, rest)
        }
        _ => None,
    }
}

fn found(args: &[Value]) -> Option<Value> {
    let text = args.first().map(text_of)?;
    descend(&text, args.get(1..).unwrap_or_default()).map(|raw| json_of(&raw))
}

fn raw(args: &[Value]) -> Option<String> {
    descend(&args.first().map(text_of)?, args.get(1..).unwrap_or_default())
}

/// Functions whose shape depends on their arguments.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    if name == "dynamicElement" && args.len() == 2 {
        let name = args.get(1).and_then(constant_value).map(|v| text_of(&v)).unwrap_or_default();
        let ty = crate::bind::parse_type(&name)?;
        let arg = args.first().cloned().unwrap_or_else(Typed::null);
        return Ok(Some(row_call(
            &format!("dynamicElement {ty}"),
            vec![arg],
            ty.nullable(),
            Nulls::Propagate,
            |call, args| {
                let value = args.first().cloned().unwrap_or(Value::Null);
                Ok(if type_name(&value) == call.ret.strip_nullable().to_string() {
                    value
                } else {
                    Value::Null
                })
            },
        )));
    }
    Ok(None)
}

/// What `dynamicType` says of a value.
fn type_name(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(_) => "Bool".to_owned(),
        Value::Int(v) => if i64::try_from(*v).is_ok() { "Int64" } else { "UInt64" }.to_owned(),
        Value::Float(_) => "Float64".to_owned(),
        Value::Decimal(_, scale) => format!("Decimal(38, {scale})"),
        Value::String(_) => "String".to_owned(),
        Value::Date(_) => "Date".to_owned(),
        Value::DateTime(_) => "DateTime".to_owned(),
        Value::DateTime64(_, scale) => format!("DateTime64({scale})"),
        Value::Json(_) => "JSON".to_owned(),
        Value::Tuple(_) => "Tuple".to_owned(),
        Value::Map(_) => "Map".to_owned(),
        Value::Array(items) => {
            let mut names: Vec<String> =
                items.iter().filter(|v| !v.is_null()).map(type_name).collect();
            names.sort_unstable();
            names.dedup();
            match names.as_slice() {
                [] => "Array(Nullable(String))".to_owned(),
                [one] if one == "JSON" => {
                    "Array(JSON(max_dynamic_types=16, max_dynamic_paths=256))".to_owned()
                }
                [one] if one.starts_with("Array") => format!("Array({one})"),
                [one] => format!("Array(Nullable({one}))"),
                [a, b] if a == "Float64" && b == "Int64" => "Array(Nullable(Float64))".to_owned(),
                _ => "Array(Dynamic)".to_owned(),
            }
        }
    }
}

fn all_paths(text: &str, prefix: &str, out: &mut Vec<Value>) -> Option<()> {
    let mut reader = Reader::new(text);
    reader.begin_object().ok()?;
    let mut first = true;
    while let Some(name) = reader.next_member(first).ok()? {
        first = false;
        let path = if prefix.is_empty() { name.to_string() } else { format!("{prefix}.{name}") };
        let kind = reader.peek().ok()?;
        let start = reader.position();
        reader.skip().ok()?;
        match kind {
            Kind::Object => all_paths(reader.since(start), &path, out)?,
            Kind::Null => {}
            _ => out.push(Value::String(path)),
        }
    }
    Some(())
}

/// A value as JSON text.
fn to_json(value: &Value) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Int(_) | Value::Decimal(..) | Value::Json(_) => text_of(value),
        Value::Float(v) => {
            if v.is_finite() {
                text_of(value)
            } else {
                "null".to_owned()
            }
        }
        Value::String(_) | Value::Date(_) | Value::DateTime(_) | Value::DateTime64(..) => {
            quoted(&text_of(value))
        }
        Value::Array(items) | Value::Tuple(items) => {
            format!("[{}]", items.iter().map(to_json).collect::<Vec<_>>().join(","))
        }
        Value::Map(pairs) => {
            let pairs: Vec<String> = pairs
                .iter()
                .map(|(k, v)| format!("{}:{}", quoted(&text_of(k)), to_json(v)))
                .collect();
            format!("{{{}}}", pairs.join(","))
        }
    }
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    let of = |max, ret: fn(&[ChType]) -> SqlResult<ChType>, nulls, kernel: Kernel| {
        Some(Entry { min: 1, max, ret, kernel, nulls })
    };
    let any = Nulls::Propagate;
    match name {
        "JSONExtractString" => of(
            16,
            |_| Ok(ChType::String),
            any,
            |_, a| {
                Ok(Value::String(match found(a) {
                    Some(Value::String(text)) => text,
                    _ => String::new(),
                }))
            },
        ),
        "JSONExtractInt" => of(
            16,
            |_| Ok(ChType::Int(64)),
            any,
            |_, a| Ok(Value::Int(found(a).and_then(|v| v.as_int()).unwrap_or(0))),
        ),
        "JSONExtractUInt" => of(
            16,
            |_| Ok(ChType::UInt(64)),
            any,
            |_, a| Ok(Value::Int(found(a).and_then(|v| v.as_int()).unwrap_or(0))),
        ),
        "JSONExtractFloat" => of(
            16,
            |_| Ok(ChType::Float(64)),
            any,
            |_, a| Ok(Value::Float(found(a).and_then(|v| v.as_f64()).unwrap_or(0.0))),
        ),
        "JSONExtractBool" => of(
            16,
            |_| Ok(ChType::Bool),
            any,
            |_, a| Ok(Value::Bool(found(a) == Some(Value::Bool(true)))),
        ),
        "JSONExtractRaw" => of(
            16,
            |_| Ok(ChType::String),
            any,
            |_, a| Ok(Value::String(raw(a).unwrap_or_default())),
        ),
        "JSONExtractArrayRaw" => of(
            16,
            |_| Ok(ChType::Array(Box::new(ChType::String))),
            any,
            |_, a| {
                Ok(Value::Array(match found(a) {
                    Some(Value::Array(items)) => {
                        items.iter().map(|item| Value::String(to_json(item))).collect()
                    }
                    _ => Vec::new(),
                }))
            },
        ),
        "JSONHas" => {
            of(16, |_| Ok(ChType::UInt(8)), any, |_, a| Ok(Value::Int(raw(a).is_some().into())))
        }
        "JSONLength" => of(
            16,
            |_| Ok(ChType::UInt(64)),
            any,
            |_, a| {
                Ok(Value::Int(match found(a) {
                    Some(Value::Array(items)) => items.len() as i128,
                    Some(Value::Json(text)) => {
                        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text)
                            .map_or(0, |m| m.len() as i128)
                    }
                    _ => 0,
                }))
            },
        ),
        "isValidJSON" => of(
            1,
            |_| Ok(ChType::UInt(8)),
            any,
            |_, a| {
                let text = a.first().map(text_of).unwrap_or_default();
                let mut reader = Reader::new(&text);
                Ok(Value::Int((reader.skip().is_ok() && reader.end().is_ok()).into()))
            },
        ),
        "JSONAllPaths" => of(
            1,
            |a| match a.first() {
                Some(ChType::Json) => Ok(ChType::Array(Box::new(ChType::String))),
                other => Err(SqlError::new(
                    ChCode::IllegalTypeOfArgument,
                    format!("JSON is expected, not {}", other.unwrap_or(&ChType::Nothing)),
                )),
            },
            any,
            |_, a| {
                let mut out = Vec::new();
                if let Some(Value::Json(text)) = a.first() {
                    let _incomplete = all_paths(text, "", &mut out);
                }
                out.sort_by(|x, y| {
                    crate::value::compare(x, y).unwrap_or(std::cmp::Ordering::Equal)
                });
                Ok(Value::Array(out))
            },
        ),
        "toJSONString" => of(
            1,
            |_| Ok(ChType::String),
            Nulls::Pass,
            |_, a| Ok(Value::String(a.first().map(to_json).unwrap_or_default())),
        ),
        "dynamicType" => of(
            1,
            |_| Ok(ChType::String),
            Nulls::Pass,
            |_, a| Ok(Value::String(type_name(a.first().unwrap_or(&Value::Null)))),
        ),
        _ => None,
    }
}
