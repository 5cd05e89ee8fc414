//! JSON: paths into JSON columns that are not base-table columns, functions over JSON text, Dynamic's own functions.

mod extract;
mod node;
mod path;
mod simple;

use super::{
    compare::constant_value,
    convert::default_value,
    registry::Entry,
    udf::{Call, Kernel, Nulls, row_call},
};
use crate::{
    error::{ChCode, SqlError, SqlResult},
    typed::Typed,
    types::ChType,
    value::{Value, json_of, printable, text_of},
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

/// Names of all functions here, for suggestions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    [NAMES, extract::NAMES, path::NAMES, simple::NAMES].into_iter().flatten().copied()
}

/// Functions whose shape depends on their arguments.
pub(super) fn call(name: &str, args: &[Typed]) -> SqlResult<Option<Typed>> {
    match (name, args) {
        ("dynamicElement" | "variantElement", [value, ty]) => element(name, value, ty).map(Some),
        ("variantType", [value]) => variant_type(value).map(Some),
        ("toJSONString", [value]) if *value.ty.strip_nullable() == ChType::Nothing => {
            Ok(Some(Typed::null()))
        }
        ("toJSONString", [value]) if matches!(value.ty, ChType::Nullable(_)) => {
            let ret = ChType::String.nullable();
            Ok(Some(row_call(name, args.to_vec(), ret, Nulls::Propagate, json_text)))
        }
        _ => match extract::call(name, args)? {
            Some(call) => Ok(Some(call)),
            None => path::call(name, args),
        },
    }
}

fn illegal(name: &str, wanted: &str, given: &ChType) -> SqlError {
    SqlError::new(
        ChCode::IllegalTypeOfArgument,
        format!("Function {name} needs a {wanted}, not {given}"),
    )
}

/// `dynamicElement(d, 'Type')`: the value if it is of that type, else NULL, or [] for arrays.
fn element(name: &str, value: &Typed, ty: &Typed) -> SqlResult<Typed> {
    let wanted = constant_value(ty).map(|v| text_of(&v)).unwrap_or_default();
    let ty = match (name, &value.ty) {
        ("dynamicElement", ChType::Dynamic) => {
            crate::bind::parse_type(&wanted).map_err(|error| {
                SqlError::new(ChCode::BadArguments, format!("{} ({name})", error.message))
            })?
        }
        ("variantElement", ChType::Variant(members)) => {
            let ty = crate::bind::parse_type(&wanted)?;
            if !members.contains(&ty) {
                return Err(SqlError::new(
                    ChCode::IllegalTypeOfArgument,
                    format!("{} doesn't contain variant with type {ty}", value.ty),
                ));
            }
            ty
        }
        ("dynamicElement", other) => return Err(illegal(name, "Dynamic", other)),
        (_, other) => return Err(illegal(name, "Variant", other)),
    };
    let label = format!("{name} {ty}");
    Ok(row_call(&label, vec![value.clone()], ty.nullable(), Nulls::Pass, |call, args| {
        let value = args.first().unwrap_or(&Value::Null);
        let wanted = call.ret.strip_nullable();
        let fits = match call.args.first() {
            Some(ChType::Variant(members)) => member_of(value, members) == Some(wanted),
            _ => type_name(value) == wanted.to_string(),
        };
        Ok(if fits { value.clone() } else { default_value(&call.ret) })
    }))
}

/// `variantType(v)`: which member the value is of, as an Enum of them.
fn variant_type(value: &Typed) -> SqlResult<Typed> {
    let ChType::Variant(members) = &value.ty else {
        return Err(illegal("variantType", "Variant", &value.ty));
    };
    let named = members.iter().zip(0..).map(|(ty, n)| (ty.to_string(), n));
    let names = std::iter::once(("None".to_owned(), -1)).chain(named).collect();
    let ret = ChType::Enum(8, names);
    Ok(row_call("variantType", vec![value.clone()], ret, Nulls::Pass, |call, args| {
        let value = args.first().unwrap_or(&Value::Null);
        let found = match call.args.first() {
            Some(ChType::Variant(members)) => member_of(value, members),
            _ => None,
        };
        Ok(Value::String(found.map_or_else(|| "None".to_owned(), ToString::to_string)))
    }))
}

/// The member of a Variant that a value is of; cells do not say the width of a number, so the first that fits.
fn member_of<'m>(value: &Value, members: &'m [ChType]) -> Option<&'m ChType> {
    members.iter().find(|member| match (member, value) {
        (ChType::Bool, Value::Bool(_))
        | (ChType::Int(_), Value::Int(_))
        | (ChType::Float(_), Value::Float(_))
        | (ChType::Decimal(..), Value::Decimal(..))
        | (
            ChType::String | ChType::FixedString(_) | ChType::Uuid | ChType::Enum(..),
            Value::String(_),
        )
        | (ChType::Date | ChType::Date32, Value::Date(_))
        | (ChType::DateTime(_), Value::DateTime(_))
        | (ChType::DateTime64(..), Value::DateTime64(..))
        | (ChType::Array(_), Value::Array(_))
        | (ChType::Tuple(_), Value::Tuple(_))
        | (ChType::Map(..), Value::Map(_))
        | (ChType::Json, Value::Json(_)) => true,
        (ChType::UInt(_), Value::Int(value)) => *value >= 0,
        _ => false,
    })
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

/// The paths of a JSON object with the raw texts below them, in order of paths.
fn paths_of(args: &[Value]) -> Vec<(String, Value)> {
    let mut out = Vec::new();
    if let Some(Value::Json(text)) = args.first() {
        let _incomplete = all_paths(text, "", &mut out);
    }
    out.sort_by(|(a, _), (b, _)| a.cmp(b));
    out
}

fn all_paths(text: &str, prefix: &str, out: &mut Vec<(String, Value)>) -> Option<()> {
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
            _ => out.push((path, json_of(reader.since(start)))),
        }
    }
    Some(())
}

/// A value as JSON text, with `/` escaped as ClickHouse does.
fn to_json(value: &Value, ty: &ChType) -> String {
    let quoted = |text: &str| node::quoted(text).replace('/', "\\/");
    let list = |items: &[Value], item: &ChType| {
        let items: Vec<String> = items.iter().map(|value| to_json(value, item)).collect();
        format!("[{}]", items.join(","))
    };
    match (value, ty.strip_nullable()) {
        (Value::Null, _) => "null".to_owned(),
        (Value::Float(v), _) if !v.is_finite() => "null".to_owned(),
        (
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Decimal(..) | Value::Json(_),
            _,
        ) => text_of(value),
        (Value::String(_) | Value::Date(_) | Value::DateTime(_) | Value::DateTime64(..), _) => {
            quoted(&text_of(value))
        }
        (Value::Array(items), ChType::Array(item)) => list(items, item),
        (Value::Tuple(items), ChType::Tuple(fields)) => {
            let named = fields.iter().all(|(name, _)| name.is_some()) && !fields.is_empty();
            let parts = items.iter().zip(fields).map(|(value, (name, ty))| match name {
                Some(name) if named => format!("{}:{}", quoted(name), to_json(value, ty)),
                _ => to_json(value, ty),
            });
            let parts = parts.collect::<Vec<_>>().join(",");
            if named { format!("{{{parts}}}") } else { format!("[{parts}]") }
        }
        (Value::Array(items) | Value::Tuple(items), _) => list(items, &ChType::Dynamic),
        (Value::Map(pairs), ty) => {
            let item = if let ChType::Map(_, item) = ty { item } else { &ChType::Dynamic };
            let pairs: Vec<String> = pairs
                .iter()
                .map(|(k, v)| format!("{}:{}", quoted(&text_of(k)), to_json(v, item)))
                .collect();
            format!("{{{}}}", pairs.join(","))
        }
    }
}

const NAMES: &[&str] = &[
    "JSONAllPaths",
    "JSONAllPathsWithTypes",
    "JSONDynamicPaths",
    "JSONDynamicPathsWithTypes",
    "JSONSharedDataPaths",
    "JSONSharedDataPathsWithTypes",
    "dynamicType",
    "isDynamicElementInSharedData",
    "toJSONString",
];

#[expect(clippy::unnecessary_wraps, reason = "kernels answer results")]
fn json_text(call: &Call, args: &[Value]) -> SqlResult<Value> {
    let value = args.first().cloned().unwrap_or(Value::Null);
    let ty = call.args.first().unwrap_or(&ChType::Dynamic);
    Ok(Value::String(to_json(&printable(value, ty), ty)))
}

fn json_argument(args: &[ChType]) -> SqlResult<()> {
    match args.first() {
        Some(ChType::Json) => Ok(()),
        other => Err(SqlError::new(
            ChCode::IllegalTypeOfArgument,
            format!("JSON is expected, not {}", other.unwrap_or(&ChType::Nothing)),
        )),
    }
}

fn dynamic_argument(args: &[ChType]) -> SqlResult<()> {
    match args.first() {
        Some(ChType::Dynamic) => Ok(()),
        other => Err(SqlError::new(
            ChCode::IllegalTypeOfArgument,
            format!("A Dynamic is expected, not {}", other.unwrap_or(&ChType::Nothing)),
        )),
    }
}

fn path_list(args: &[ChType]) -> SqlResult<ChType> {
    json_argument(args).map(|()| ChType::Array(Box::new(ChType::String)))
}

fn path_map(args: &[ChType]) -> SqlResult<ChType> {
    json_argument(args).map(|()| ChType::Map(Box::new(ChType::String), Box::new(ChType::String)))
}

/// The functions of fixed shape.
pub(super) fn entry(name: &str) -> Option<Entry> {
    let of = |ret: fn(&[ChType]) -> SqlResult<ChType>, nulls, kernel: Kernel| {
        Some(Entry { min: 1, max: 1, ret, kernel, nulls })
    };
    let name = match name {
        "JSON_ARRAY_LENGTH" => "JSONArrayLength",
        "JSONMergePatch" => "jsonMergePatch",
        other => other,
    };
    match name {
        "JSONAllPaths" | "JSONDynamicPaths" => of(path_list, Nulls::Propagate, |_, a| {
            let paths = paths_of(a).into_iter().map(|(path, _)| Value::String(path));
            Ok(Value::Array(paths.collect()))
        }),
        "JSONAllPathsWithTypes" | "JSONDynamicPathsWithTypes" => {
            of(path_map, Nulls::Propagate, |_, a| {
                let pairs = paths_of(a)
                    .into_iter()
                    .map(|(path, value)| (Value::String(path), Value::String(type_name(&value))));
                Ok(Value::Map(pairs.collect()))
            })
        }
        // No path of ours lies in shared data: each is read from where it is.
        "JSONSharedDataPaths" => {
            of(path_list, Nulls::Propagate, |_, _| Ok(Value::Array(Vec::new())))
        }
        "JSONSharedDataPathsWithTypes" => {
            of(path_map, Nulls::Propagate, |_, _| Ok(Value::Map(Vec::new())))
        }
        "isDynamicElementInSharedData" => of(
            |a| dynamic_argument(a).map(|()| ChType::Bool),
            Nulls::Pass,
            |_, _| Ok(Value::Bool(false)),
        ),
        "toJSONString" => of(|_| Ok(ChType::String), Nulls::Pass, json_text),
        "dynamicType" => of(
            |a| dynamic_argument(a).map(|()| ChType::String),
            Nulls::Pass,
            |_, a| Ok(Value::String(type_name(a.first().unwrap_or(&Value::Null)))),
        ),
        _ => extract::entry(name).or_else(|| simple::entry(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_an_entry() {
        assert_eq!(NAMES.iter().find(|name| entry(name).is_none()), None);
    }
}
