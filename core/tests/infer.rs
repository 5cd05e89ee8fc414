//! Schemas inferred from documents: what they say, that they accept what they were made from, and that they stay small.

#![expect(clippy::unwrap_used, reason = "a test may")]

use proptest::prelude::*;
use rekor_core::{infer::Inference, limits, schema::Schema};
use serde_json::{Map, Value, json};

fn inferred(documents: &[Value]) -> Value {
    let mut inference = Inference::default();
    documents.iter().for_each(|document| inference.add(document));
    inference.schema()
}

/// The schema accepts every document, for Rekor and for a validator that also checks formats.
fn accepts(schema: &Value, documents: &[Value]) {
    let compiled = Schema::compile(schema).unwrap();
    let strict =
        jsonschema::draft202012::options().should_validate_formats(true).build(schema).unwrap();
    for document in documents {
        compiled.validate(document).unwrap_or_else(|e| panic!("{e}: {document} by {schema}"));
        assert!(strict.is_valid(document), "{document} by {schema}");
    }
}

#[test]
fn says_what_was_seen() {
    let cases: Vec<(Vec<Value>, Value)> = vec![
        (vec![], json!({"type": "object"})),
        (vec![json!({})], json!({"type": "object"})),
        (
            vec![json!({"z": 1, "a": "x"}), json!({"z": 2.5, "b": true})],
            json!({
                "type": "object",
                "properties": {
                    "z": {"type": "number"}, "a": {"type": "string"}, "b": {"type": "boolean"},
                },
                "required": ["z"],
            }),
        ),
        (
            vec![json!({"a": null}), json!({"a": "x"}), json!({"a": u64::MAX})],
            json!({
                "type": "object",
                "properties": {"a": {"type": ["string", "integer", "null"]}},
                "required": ["a"],
            }),
        ),
        (
            vec![
                json!({"a": []}),
                json!({"a": [{"b": 1}, {"b": 2, "c": []}]}),
                json!({"a": [null]}),
            ],
            json!({
                "type": "object",
                "properties": {"a": {"type": "array", "items": {
                    "type": ["object", "null"],
                    "properties": {"b": {"type": "integer"}, "c": {"type": "array"}},
                    "required": ["b"],
                }}},
                "required": ["a"],
            }),
        ),
        (vec![json!(1), json!([])], json!({"type": ["array", "integer"]})),
    ];
    for (documents, expected) in cases {
        let schema = inferred(&documents);
        assert_eq!(schema.to_string(), expected.to_string());
        accepts(&schema, &documents);
    }
}

#[test]
fn a_format_must_hold_for_all_strings() {
    let format = |texts: &[&str]| {
        let documents: Vec<Value> = texts.iter().map(|text| json!({"at": text})).collect();
        let schema = inferred(&documents);
        accepts(&schema, &documents);
        schema["properties"]["at"]["format"].as_str().map(str::to_owned)
    };
    let date_times =
        ["2026-01-31T10:00:00Z", "2026-01-31t10:00:00.123456789z", "0001-01-01T00:00:00-23:59"];
    assert_eq!(format(&date_times).as_deref(), Some("date-time"));
    assert_eq!(format(&["2024-02-29", "2026-01-31"]).as_deref(), Some("date"));
    assert_eq!(format(&["2026-01-31", "2026-01-31T10:00:00Z"]), None);
    for wrong in [
        "",
        "2026-02-29",
        "2026-1-31",
        "+026-01-31",
        "2026-01-31 ",
        "2026-01-31 10:00:00Z",
        "2026-01-31T10:00:00",
        "2026-01-31T10:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T23:59:60Z",
        "2026-01-31T10:00:00+0100",
        "2026-01-31T10:00:00\u{2212}01:00",
        "2026-01-31T10:00:00.Z",
        "２026-01-3",
    ] {
        assert_eq!(format(&["2026-01-31T10:00:00Z", wrong]), None, "{wrong}");
        assert_eq!(format(&["2026-01-31", wrong]), None, "{wrong}");
    }
}

#[test]
fn few_short_strings_seen_often_are_an_enum() {
    let state = |values: &[Value]| {
        let documents: Vec<Value> = values.iter().map(|value| json!({"s": value})).collect();
        let schema = inferred(&documents);
        accepts(&schema, &documents);
        schema["properties"]["s"]["enum"].clone()
    };
    let of = |count: usize, distinct: usize| -> Vec<Value> {
        (0..count).map(|i| json!(format!("v{}", i % distinct))).collect()
    };
    assert_eq!(state(&of(20, 2)), json!(["v0", "v1"]));
    assert_eq!(state(&of(19, 2)), Value::Null);
    assert_eq!(state(&of(80, 8)).as_array().map(Vec::len), Some(8));
    assert_eq!(state(&of(80, 9)), Value::Null);
    assert_eq!(state(&vec![json!("x".repeat(40)); 20]), json!(["x".repeat(40)]));
    assert_eq!(state(&vec![json!("x".repeat(41)); 20]), Value::Null);
    assert_eq!(state(&vec![json!("2026-01-31"); 20]), Value::Null);
    let with = |more: Value| {
        let mut values = of(20, 1);
        values.push(more);
        state(&values)
    };
    assert_eq!(with(Value::Null), json!(["v0", null]));
    assert_eq!(with(json!(1)), Value::Null);
}

#[test]
fn an_object_with_many_keys_is_a_map() {
    let wide = |keys: std::ops::Range<usize>| -> Value {
        keys.map(|i| (format!("k{i}"), json!({"n": i, format!("o{}", i % 2): "x"})))
            .collect::<Map<String, Value>>()
            .into()
    };
    let named = inferred(&[json!({"by": wide(0..64)})]);
    assert_eq!(named["properties"]["by"]["properties"].as_object().unwrap().len(), 64);
    let documents = [json!({"by": wide(0..40)}), json!({"by": wide(30..65)}), json!({"by": {}})];
    let schema = inferred(&documents);
    accepts(&schema, &documents);
    let by = &schema["properties"]["by"];
    assert_eq!(by["properties"], Value::Null);
    assert_eq!(by["required"], Value::Null);
    assert_eq!(by["additionalProperties"]["required"], json!(["n"]));
    assert_eq!(by["additionalProperties"]["properties"]["n"], json!({"type": "integer"}));
    // Keys that came later widen the same schema.
    let schema = inferred(&[documents.as_slice(), &[json!({"by": {"late": "text"}})]].concat());
    let values = &schema["properties"]["by"]["additionalProperties"];
    assert_eq!(values["type"], json!(["object", "string"]));
}

#[test]
fn schemas_stay_within_their_limits() {
    let nested = (0..60).fold(json!(1), |inner, i| {
        if i % 3 == 0 { json!([inner, "x"]) } else { json!({"deep": inner, "side": i}) }
    });
    let long = |i: usize| format!("{i:03}{}", "\u{1}".repeat(500));
    // 64 × 64 × 8 places, names that need escapes, and enumerations.
    let tree = |leaf: &dyn Fn(usize) -> Value| -> Value {
        let level = |count: usize, inner: &dyn Fn(usize) -> Value| -> Value {
            (0..count).map(|i| (format!("k{i}"), inner(i))).collect::<Map<_, _>>().into()
        };
        level(64, &|_| level(64, &|_| level(8, leaf)))
    };
    let names: Map<String, Value> = (0..60).map(|i| (long(i), json!({long(i): i}))).collect();
    let mut documents = vec![nested, Value::Object(names), tree(&|i| json!(i))];
    documents.push(tree(&|i| json!(format!("s{i}"))));
    let schema = inferred(&documents);
    assert!(schema.to_string().len() <= limits::SCHEMA_BYTES_MAX);
    accepts(&schema, &documents);
    // What did not fit into memory is open even if it comes again alone; what does not fit into the schema is not shown.
    documents.reverse();
    let schema = inferred(&documents);
    accepts(&schema, &documents);
    assert_eq!(schema["properties"]["k0"]["properties"]["k0"], json!({"type": "object"}));

    let enums: Map<String, Value> = (0..64)
        .map(|i| {
            let inner: Map<String, Value> = (0..16)
                .map(|j| {
                    let values: Vec<Value> = (0..24)
                        .map(|k| json!(format!("{}{}", "\u{1}".repeat(39), k % 8)))
                        .collect();
                    (format!("k{j}"), Value::Array(values))
                })
                .collect();
            (format!("k{i}"), Value::Object(inner))
        })
        .collect();
    let documents = [Value::Object(enums)];
    let schema = inferred(&documents);
    accepts(&schema, &documents);
    assert!(!schema.to_string().contains("\"enum\""));
}

#[test]
fn a_map_gives_its_room_back() {
    let record: Map<String, Value> = (0..60).map(|i| (format!("f{i}"), json!(i))).collect();
    let mut inference = Inference::default();
    for place in 0..20 {
        let by: Map<String, Value> =
            (0..70).map(|i| (format!("id{i}"), record.clone().into())).collect();
        inference.add(&json!({format!("by{place}"): by}));
    }
    let schema = inference.schema();
    for place in 0..20 {
        let values = &schema["properties"][format!("by{place}")]["additionalProperties"];
        assert_eq!(values["required"].as_array().map(Vec::len), Some(60));
    }
    let mut inference = Inference::default();
    for id in 0..2_000 {
        inference.add(&json!({"by": {format!("id{id}"): {"a": id, "b": {"c": [id]}}}}));
    }
    inference.add(&json!({"last": record}));
    let schema = inference.schema();
    assert_eq!(schema["properties"]["last"]["properties"].as_object().unwrap().len(), 60);
    assert_eq!(schema["properties"]["by"]["additionalProperties"]["required"], json!(["a", "b"]));
}

/// Any JSON value; few names and few strings, so that places meet, and names that are keywords of JSON Schema.
fn value(depth: u32) -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-2_i32..2).prop_map(|v| Value::from(f64::from(v))),
        "[ab]{0,2}".prop_map(Value::from),
        ".{0,4}".prop_map(Value::from),
        "[0-9]{4}-[01][0-9]-[0-3][0-9]".prop_map(Value::from),
        "20[0-9]{2}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,10})?(Z|z|[+-][0-2][0-9]:[0-6][0-9])"
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(depth, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            object(inner, 0..6),
        ]
    })
    .boxed()
}

fn object(
    inner: impl Strategy<Value = Value>,
    size: std::ops::Range<usize>,
) -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        4 => "[a-c]",
        1 => "\\$(ref|id|schema|defs|anchor)|type|properties|required|enum|pattern|items|format|not",
        1 => ".{0,3}",
        1 => "[a-h]{2,3}",
    ];
    prop::collection::vec((name, inner), size)
        .prop_map(|members| members.into_iter().collect::<Map<_, _>>().into())
}

proptest! {
    #[test]
    fn accepts_what_it_was_made_from(documents in prop::collection::vec(object(value(6), 0..8), 0..30)) {
        accepts(&inferred(&documents), &documents);
    }

    #[test]
    fn accepts_wide_objects(
        documents in prop::collection::vec(object(object(value(2), 0..60), 0..3), 1..6)
    ) {
        accepts(&inferred(&documents), &documents);
    }

    #[test]
    fn a_format_is_one_that_validators_know(text in "[0-9]{4}-(0[0-9]|1[0-3])-[0-3][0-9]([Tt ][0-2][0-9]:[0-5][0-9]:[0-6][0-9](\\.[0-9]{0,10})?(Z|z|[+-]?[0-2][0-9]:?[0-6][0-9])?)?") {
        let documents = [json!({"at": text})];
        accepts(&inferred(&documents), &documents);
    }

    #[test]
    fn accepts_other_values_too(documents in prop::collection::vec(value(40), 1..4)) {
        accepts(&inferred(&documents), &documents);
    }
}
