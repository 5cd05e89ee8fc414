//! Cutting columns out of documents, against a naive reading of the same text with serde_json.

use arrow::{
    array::{Array, ArrayRef, AsArray, StringViewArray},
    datatypes::{Float64Type, Int64Type, UInt64Type},
};
use proptest::prelude::*;
use rekor_core::{
    dynamic::Dynamic,
    json::{NumberStyle, Reader, canonical_text, check_document, merge_top_level},
    shred::extract,
    subcolumn::{DocPath, LeafType, SubColumn, SubKind},
};
use serde_json::{Value, json};

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e9_f64..1e9).prop_map(Value::from),
        "[a-c\"\\\\é\u{1}]{0,4}".prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[ab]", inner), 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn document() -> impl Strategy<Value = Value> {
    prop::collection::vec(("[ab]", value()), 0..4)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

/// One value of a scalar column as JSON.
fn cell(array: &ArrayRef, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        arrow::datatypes::DataType::Boolean => array.as_boolean().value(row).into(),
        arrow::datatypes::DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into(),
        arrow::datatypes::DataType::UInt64 => array.as_primitive::<UInt64Type>().value(row).into(),
        arrow::datatypes::DataType::Float64 => {
            array.as_primitive::<Float64Type>().value(row).into()
        }
        arrow::datatypes::DataType::Utf8View => array.as_string_view().value(row).into(),
        arrow::datatypes::DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            (0..items.len()).map(|i| cell(&items, i)).collect()
        }
        other => panic!("{other}"),
    }
}

fn matches(leaf: &LeafType, value: &Value) -> bool {
    match leaf {
        LeafType::Bool => value.is_boolean(),
        LeafType::Int64 => value.is_i64(),
        LeafType::UInt64 => value.is_u64() && !value.is_i64(),
        LeafType::Float64 => value.is_f64(),
        LeafType::String => value.is_string(),
        LeafType::Array(_) => false,
    }
}

proptest! {
    /// Typed columns hold exactly the values of their type; elements of arrays of objects come as lists.
    #[test]
    fn typed_columns_equal_a_naive_reading(documents in prop::collection::vec(document(), 1..8)) {
        let texts: Vec<String> = documents.iter().map(Value::to_string).collect();
        let array = StringViewArray::from_iter_values(&texts);
        for leaf in LeafType::SCALARS {
            let columns = [
                SubColumn::typed(DocPath::new("a"), leaf.clone()),
                SubColumn::typed(DocPath::new("a.b"), leaf.clone()),
                SubColumn::typed(DocPath::new("a[].b"), leaf.clone()),
            ];
            let cut = extract(&array, &columns).unwrap();
            for (row, document) in documents.iter().enumerate() {
                let wanted = |found: Option<&Value>| found.filter(|v| matches(&leaf, v)).cloned().unwrap_or(Value::Null);
                prop_assert_eq!(cell(&cut[0], row), wanted(document.get("a")));
                prop_assert_eq!(cell(&cut[1], row), wanted(document.get("a").and_then(|a| a.get("b"))));
                let objects = document.get("a").and_then(Value::as_array).filter(|items| items.iter().all(Value::is_object));
                let list: Value = objects.into_iter().flatten().map(|item| wanted(item.get("b"))).collect();
                prop_assert_eq!(cell(&cut[2], row), list);
            }
        }
    }

    /// A Dynamic cell holds the value itself; objects are NULL.
    #[test]
    fn dynamic_cells_hold_the_value(document in document()) {
        let array = StringViewArray::from_iter_values([document.to_string()]);
        let column = SubColumn { path: DocPath::new("a"), kind: SubKind::Dynamic };
        let cut = extract(&array, &[column]).unwrap();
        let got = cut[0].is_valid(0).then(|| cut[0].as_binary_view().value(0));
        let decoded = match got.map(|cell| Dynamic::decode(cell).unwrap()) {
            None => Value::Null,
            Some(Dynamic::Bool(v)) => v.into(),
            Some(Dynamic::Int64(v)) => v.into(),
            Some(Dynamic::UInt64(v)) => v.into(),
            Some(Dynamic::Float64(v)) => v.into(),
            Some(Dynamic::String(v)) => v.into(),
            Some(Dynamic::Array(v)) => serde_json::from_str::<Value>(v).unwrap(),
            Some(other) => panic!("{other:?}"),
        };
        let wanted = document.get("a").filter(|v| !v.is_object()).cloned().unwrap_or(Value::Null);
        if !wanted.is_array() {
            prop_assert_eq!(decoded, wanted);
        } else {
            // Canonical text leaves out nulls and empty objects.
            prop_assert_eq!(decoded.as_array().map(Vec::len), wanted.as_array().map(Vec::len));
        }
    }

    /// The strict reader accepts exactly what serde_json accepts, up to depth and the range of doubles.
    #[test]
    fn the_reader_is_as_strict_as_serde_json(text in "[\\[\\]{}:,\"a0-9.eE+\\- tfnrul\\\\]{0,24}") {
        let mut reader = Reader::new(&text);
        let read = reader.skip().is_ok() && reader.end().is_ok();
        let parsed: Result<serde::de::IgnoredAny, _> = serde_json::from_str(&text);
        prop_assert_eq!(read, parsed.is_ok(), "{}", text);
    }

    /// Canonical text is a fixed point, and PATCH keeps the bytes of what it does not touch.
    #[test]
    fn canonical_text_is_a_fixed_point_and_merge_keeps_bytes(base in document(), patch in document()) {
        let canonical = canonical_text(&base.to_string(), NumberStyle::Source).unwrap();
        prop_assert_eq!(canonical_text(&canonical, NumberStyle::Source).unwrap(), canonical);
        let merged: Value = serde_json::from_str(&merge_top_level(&base.to_string(), &patch.to_string()).unwrap()).unwrap();
        let mut wanted = base.as_object().unwrap().clone();
        wanted.extend(patch.as_object().unwrap().clone());
        prop_assert_eq!(merged, Value::Object(wanted));
    }
}

#[test]
fn numbers_keep_their_kind_and_dotted_keys_are_paths() {
    let text = r#"{"a":3.0,"b":1e3,"c":18446744073709551615,"d":123456789012345678901234567890,"e.f":1,"e":{"f":2},"g":[]}"#;
    let array = StringViewArray::from_iter_values([text]);
    let column = |path: &str, leaf| SubColumn::typed(DocPath::new(path), leaf);
    let list = LeafType::Array(Box::new(LeafType::Int64));
    let columns = [
        column("a", LeafType::Float64),
        column("a", LeafType::Int64),
        column("b", LeafType::Float64),
        column("c", LeafType::UInt64),
        column("d", LeafType::String),
        column("e.f", LeafType::Int64),
        column("g", list),
    ];
    let cut = extract(&array, &columns).unwrap();
    let got: Vec<Value> = cut.iter().map(|array| cell(array, 0)).collect();
    assert_eq!(
        json!(got),
        json!([
            3.0,
            null,
            1000.0,
            18_446_744_073_709_551_615_u64,
            "123456789012345678901234567890",
            2,
            []
        ])
    );
}

#[test]
fn documents_past_a_limit_are_refused() {
    let nested = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    assert!(check_document(&nested(64)).is_ok());
    assert!(check_document(&nested(65)).is_err());
    assert!(check_document("[]").is_err());
    assert!(check_document(&format!("{{\"{}\":1}}", "k".repeat(600))).is_err());
    let many: String = (0..5_000).map(|i| format!("\"k{i}\":1,")).collect();
    assert!(check_document(&format!("{{{}}}", many.trim_end_matches(','))).is_err());
}
