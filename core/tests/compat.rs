//! Comparing schemas: every row of the table of verdicts, and random pairs of schemas against the real validator. A
//! comparison may be too careful, but what it lets pass must hold for every document.

#![expect(clippy::unwrap_used, reason = "a test may")]

use proptest::{collection::vec, prelude::*, sample::select};
use rekor_core::compat::{
    Category, Change, Mode, ProbeAt,
    Verdict::{self, Block, Pass, Probe, Warn},
    compare,
};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

fn worst(changes: &[Change]) -> Verdict {
    changes.iter().map(|change| change.verdict).max().unwrap_or(Pass)
}

/// An object with one property `a`.
fn a(schema: Value) -> Value {
    json!({"type": "object", "properties": {"a": schema}})
}

#[test]
fn every_row_of_the_table_has_its_verdicts() {
    let rows = include_str!("compat/table.txt").lines();
    let rows = rows.filter(|line| !line.is_empty() && !line.starts_with('#'));
    assert!(rows.map(check_row).count() > 150);
}

fn check_row(row: &str) {
    let cells: Vec<_> = row.split(" | ").collect();
    let &[_, rule, old, new, backward, forward] = cells.as_slice() else { panic!("{row}") };
    let [old, new] = [old, new].map(|text| serde_json::from_str::<Value>(text).unwrap());
    let [backward, forward] = [backward, forward]
        .map(|text| serde_json::from_value::<Verdict>(Value::from(text)).unwrap());
    let changes = compare(&old, &new, Mode::Backward);
    let full = compare(&old, &new, Mode::FullTransitive);
    assert_eq!(worst(&changes), backward, "backward, {row}: {changes:#?}");
    assert!(rule == "-" || changes.iter().any(|c| c.rule == rule), "{row}: {changes:#?}");
    assert_eq!(worst(&compare(&old, &new, Mode::Forward)), forward, "forward, {row}");
    assert_eq!(worst(&full), backward.max(forward), "full, {row}");
    assert!(worst(&compare(&old, &new, Mode::None)) <= Warn, "none, {row}");
    for change in changes.into_iter().chain(full) {
        assert_eq!(change.verdict == Probe, change.probe.is_some(), "{row}");
        let compiles = |schema: &Value| jsonschema::draft202012::new(schema).is_ok();
        assert!(change.probe.is_none_or(|p| compiles(&p.schema) || rule == "REKOR_UNDECIDED"));
    }
}

#[test]
fn a_change_says_where_and_what() {
    let schema = |max: i32| {
        let name = json!({"type": "string", "maxLength": max});
        json!({"properties": {"customer": {"properties": {"na/me": name}, "required": ["na/me"]}}})
    };
    let changes = compare(&schema(9), &schema(8), Mode::default());
    let [change] = changes.as_slice() else { panic!("{changes:?}") };
    assert_eq!(
        serde_json::to_value(change).unwrap(),
        json!({
            "rule": "MAX_LENGTH_DECREASED",
            "category": "WRITE",
            "path": "/properties/customer/properties/na~1me/maxLength",
            "old": 9,
            "new": 8,
            "verdict": "probe",
        })
    );
    let probe = change.probe.clone().unwrap();
    assert_eq!(probe.instance_path, ["customer", "na/me"]);
    assert_eq!(probe.schema, json!({"type": "string", "maxLength": 8}));
    assert!(probe.required);
}

#[test]
fn modes_and_categories_are_spelled_as_in_the_api() {
    let spelled = |mode: Mode| serde_json::to_value(mode).unwrap();
    assert_eq!(spelled(Mode::default()), "backward");
    assert_eq!(spelled(Mode::BackwardTransitive), "backward_transitive");
    assert_eq!(
        serde_json::from_value::<Mode>(json!("full_transitive")).unwrap(),
        Mode::FullTransitive
    );
    assert_eq!(serde_json::to_value(Category::Sql).unwrap(), "SQL");
    assert!(Pass < Warn && Warn < Probe && Probe < Block);
}

/// Where the only probe of a change is, and its schema.
fn probe(old: &Value, new: &Value) -> (Vec<String>, Value) {
    let probes: Vec<_> =
        compare(old, new, Mode::Backward).into_iter().filter_map(|change| change.probe).collect();
    let [probe] = probes.as_slice() else { panic!("{probes:?}") };
    (probe.instance_path.clone(), probe.schema.clone())
}

#[test]
fn probes_stop_at_arrays_and_at_what_holds_for_some_documents_only() {
    let list = |max: i32| json!({"properties": {"rows": {"items": {"properties": {"n": {"maximum": max}}}}}});
    let (path, schema) = probe(&list(4), &list(3));
    assert_eq!(path, ["rows"]);
    assert_eq!(schema, json!({"items": {"properties": {"n": {"maximum": 3}}}}));
    let branch = |max: i32| {
        a(
            json!({"anyOf": [{"type": "null"}, {"properties": {"n": {"type": "integer", "maximum": max}}}]}),
        )
    };
    let (path, schema) = probe(&branch(4), &branch(3));
    assert_eq!(path, ["a"]);
    assert_eq!(schema, branch(3).pointer("/properties/a").unwrap().clone());
}

#[test]
fn probes_bring_the_definitions_they_refer_to() {
    let schema = |max: i32| {
        json!({
            "properties": {"a": {"items": {"$ref": "#/$defs/item"}}},
            "$defs": {"item": {"$ref": "#/$defs/n"}, "n": {"maximum": max}, "other": true},
        })
    };
    let (path, schema_of_a) = probe(&schema(4), &schema(3));
    assert_eq!(path, ["a"]);
    assert_eq!(
        schema_of_a,
        json!({
            "items": {"$ref": "#/$defs/item"},
            "$defs": {"item": {"$ref": "#/$defs/n"}, "n": {"maximum": 3}},
        })
    );
    // What refers to other places than definitions is checked with the whole document.
    let elsewhere = |max: i32| json!({"properties": {"a": {"items": {"$ref": "#/properties/b"}}, "b": {"maximum": max}}});
    let changes = compare(&elsewhere(4), &elsewhere(3), Mode::Backward);
    let whole = changes.iter().filter_map(|c| c.probe.as_ref()).find(|p| p.schema == elsewhere(3));
    assert_eq!(whole.unwrap().instance_path, Vec::<String>::new());
}

/// Small values of every type, within each other.
static DOCUMENTS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let values = json!([
        null, true, false, 0, 1, 2, 3, 4, -1, 1.0, 1.5, 0.5, "", "a", "b", "ab", "ba", "abc", [], [1],
        [1, 1], [1, 2], ["a"], [1, "a"], ["a", 1, 1.5], [1, 2, 3], [[1]], [{}], {}, {"a": 1},
        {"b": "a"}, {"a": "a", "b": 1}, {"a": {"a": 1}}, {"ab": 1.5}, {"c": [1]}, {"a": [1.5]}
    ]);
    let values = values.as_array().unwrap();
    let one = ["a", "b", "ab"]
        .into_iter()
        .flat_map(|name| values.iter().map(move |value| json!({name: value})));
    let few: Vec<_> = values.iter().step_by(3).collect();
    let two = few.iter().flat_map(|a| few.iter().map(move |b| json!({"a": a, "b": b})));
    let deep = values.iter().flat_map(|v| [json!({"a": {"a": v}}), json!({"b": {"a": v, "b": 1}})]);
    let lists = values.iter().flat_map(|v| [json!([v]), json!([1, v]), json!([v, v, "a"])]);
    let three = few.iter().map(|v| json!({"a": v, "b": v, "c": v}));
    values.iter().cloned().chain(one).chain(two).chain(deep).chain(lists).chain(three).collect()
});

fn name() -> impl Strategy<Value = String> {
    select(vec!["a", "b", "c", "ab"]).prop_map(str::to_owned)
}

fn constant() -> impl Strategy<Value = Value> {
    select(vec![
        json!(null),
        json!(0),
        json!(1),
        json!(1.0),
        json!(1.5),
        json!("a"),
        json!("ab"),
        json!([1]),
        json!({"a": 1}),
    ])
}

fn type_name() -> impl Strategy<Value = Value> {
    let names = ["null", "boolean", "object", "array", "string", "integer", "number"];
    select(names.to_vec()).prop_map(Value::from)
}

fn pattern() -> impl Strategy<Value = String> {
    select(vec!["^a", "b", "a$", ""]).prop_map(str::to_owned)
}

/// A keyword that holds no schema.
fn leaf() -> impl Strategy<Value = (String, Value)> {
    let count = || 0..4_i32;
    let keyed = |names: &'static [&'static str], value: BoxedStrategy<Value>| {
        (select(names), value).prop_map(|(name, value)| (name.to_owned(), value))
    };
    let counts = &[
        "maxLength",
        "minLength",
        "maxItems",
        "minItems",
        "maxProperties",
        "minProperties",
        "minContains",
        "maxContains",
    ];
    let bounds = &["maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"];
    let number = select(vec![json!(0), json!(1), json!(1.5), json!(2), json!(3.0)]);
    let factor = select(vec![json!(1), json!(2), json!(4), json!(0.5), json!(1.5)]);
    prop_oneof![
        4 => keyed(&["type"], type_name().boxed()),
        2 => keyed(&["type"], vec(type_name(), 1..4).prop_map(unique).boxed()),
        2 => keyed(&["enum"], vec(constant(), 1..4).prop_map(Value::from).boxed()),
        1 => keyed(&["const"], constant().boxed()),
        3 => keyed(counts, count().prop_map(Value::from).boxed()),
        2 => keyed(bounds, number.boxed()),
        1 => keyed(&["multipleOf"], factor.boxed()),
        1 => keyed(&["pattern"], pattern().prop_map(Value::from).boxed()),
        1 => keyed(&["uniqueItems"], any::<bool>().prop_map(Value::from).boxed()),
        2 => keyed(&["required"], vec(name().prop_map(Value::from), 0..3).prop_map(unique).boxed()),
        1 => keyed(&["dependentRequired"], (name(), name()).prop_map(|(a, b)| json!({a: [b]})).boxed()),
        1 => keyed(&["title"], Just(json!("t")).boxed()),
        2 => keyed(&["$ref"], select(vec!["#/$defs/x", "#/$defs/y"]).prop_map(Value::from).boxed()),
    ]
}

fn unique(values: Vec<Value>) -> Value {
    let mut kept: Vec<Value> = Vec::new();
    for value in values {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    Value::from(kept)
}

/// A keyword that holds schemas.
fn branch(inner: BoxedStrategy<Value>) -> impl Strategy<Value = (String, Value)> {
    let keyed = |names: &'static [&'static str], value: BoxedStrategy<Value>| {
        (select(names), value).prop_map(|(name, value)| (name.to_owned(), value))
    };
    let one = &[
        "additionalProperties",
        "contains",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    ];
    let several = &["allOf", "anyOf", "oneOf", "prefixItems"];
    let by_name = &["properties", "properties", "dependentSchemas"];
    prop_oneof![
        4 => keyed(one, inner.clone()),
        1 => keyed(&["additionalProperties"], any::<bool>().prop_map(Value::from).boxed()),
        3 => keyed(several, vec(inner.clone(), 1..4).prop_map(Value::from).boxed()),
        4 => keyed(by_name, vec((name(), inner.clone()), 1..4).prop_map(object).boxed()),
        1 => keyed(&["patternProperties"], vec((pattern(), inner), 1..3).prop_map(object).boxed()),
    ]
}

fn object(members: Vec<(String, Value)>) -> Value {
    Value::Object(members.into_iter().collect())
}

/// Few schemas that often meet each other, and whose keywords depend on each other.
fn simple() -> impl Strategy<Value = Value> {
    let alone = json!([
        {"type": "integer"}, {"type": "number"}, {"type": "string"}, {"type": ["string", "null"]},
        {"type": "object"}, {"type": "array"}, {"minimum": 1}, {"maximum": 2},
        {"exclusiveMaximum": 2}, {"enum": [1, "a"]}, {"const": 1}, {"required": ["a"]},
        {"items": {"type": "integer"}}, {"prefixItems": [true]}, {"minItems": 1},
        {"$ref": "#/$defs/x"}, {"not": {"$ref": "#/$defs/x"}},
        {"properties": {"a": {"type": "integer"}}},
        {"properties": {"a": {"const": 1}}, "required": ["a"], "type": "object"},
        {"properties": {"a": {"const": "a"}}, "required": ["a"], "type": "object"},
        {"properties": {"a": true, "b": true}, "additionalProperties": false},
        {"properties": {"a": true}, "additionalProperties": false}
    ]);
    let together = json!([
        {"contains": {"type": "integer"}, "maxContains": 1},
        {"contains": {"type": "number"}, "maxContains": 1},
        {"contains": {"type": "integer"}, "minContains": 2},
        {"contains": {"type": "integer"}, "unevaluatedItems": false},
        {"contains": {"type": "number"}, "unevaluatedItems": false},
        {"allOf": [{"prefixItems": [true]}], "unevaluatedItems": false},
        {"allOf": [{"prefixItems": [true, true]}], "unevaluatedItems": false},
        {"allOf": [{"properties": {"a": true}}], "unevaluatedProperties": false},
        {"allOf": [{"properties": {"a": true, "b": true}}], "unevaluatedProperties": false},
        {"properties": {"a": true}, "anyOf": [{"properties": {"b": true}}], "unevaluatedProperties": false}
    ]);
    let choose = |schemas: Value| select(schemas.as_array().unwrap().clone());
    prop_oneof![3 => choose(alone), 1 => choose(together)]
}

fn schema(levels: u32) -> BoxedStrategy<Value> {
    if levels == 0 {
        return prop_oneof![
            1 => any::<bool>().prop_map(Value::from),
            8 => simple(),
            6 => vec(leaf(), 0..3).prop_map(object),
        ]
        .boxed();
    }
    let keyword = prop_oneof![leaf().boxed(), branch(schema(levels - 1)).boxed()];
    prop_oneof![
        1 => any::<bool>().prop_map(Value::from),
        3 => simple(),
        9 => vec(keyword, 0..4).prop_map(object),
    ]
    .boxed()
}

/// A schema with the definitions its references lead to; one of them may contain itself.
fn root() -> impl Strategy<Value = Value> {
    let again = select(vec![
        json!(null),
        json!({"$ref": "#/$defs/x"}),
        json!({"not": {"$ref": "#/$defs/x"}}),
        json!({"anyOf": [{"$ref": "#/$defs/x"}, {"type": "null"}]}),
    ]);
    let def = move || (schema(1), again.clone());
    (schema(2), def(), def()).prop_map(|(schema, x, y)| {
        let mut root = if schema.is_object() { schema } else { json!({"allOf": [schema]}) };
        let within = |(def, again): (Value, Value)| match def {
            Value::Object(mut members) if !again.is_null() => {
                members.insert("properties".to_owned(), json!({"a": again}));
                Value::Object(members)
            }
            other => other,
        };
        root.as_object_mut()
            .unwrap()
            .insert("$defs".to_owned(), json!({"x": within(x), "y": within(y)}));
        root
    })
}

/// A small change of a schema: at one of its nodes, chosen by number.
#[derive(Clone, Debug)]
enum Edit {
    Replace(usize, Value),
    Insert(usize, (String, Value)),
    Remove(usize, usize),
    Rename(usize),
    Nudge(usize, i64),
    Copy(usize, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = || 0..64_usize;
    prop_oneof![
        (at(), schema(1)).prop_map(|(at, schema)| Edit::Replace(at, schema)),
        (at(), leaf()).prop_map(|(at, keyword)| Edit::Insert(at, keyword)),
        (at(), branch(schema(1))).prop_map(|(at, keyword)| Edit::Insert(at, keyword)),
        (at(), at()).prop_map(|(at, member)| Edit::Remove(at, member)),
        at().prop_map(Edit::Rename),
        (at(), -1..2_i64).prop_map(|(at, by)| Edit::Nudge(at, by)),
        (at(), at()).prop_map(|(from, to)| Edit::Copy(from, to)),
    ]
}

/// Every value of a schema that is one, or may be.
fn nodes(value: &Value, pointer: String, found: &mut Vec<String>) {
    found.push(pointer.clone());
    match value {
        Value::Array(elements) => {
            for (i, element) in elements.iter().enumerate() {
                nodes(element, format!("{pointer}/{i}"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                nodes(member, format!("{pointer}/{}", name.replace('/', "~1")), found);
            }
        }
        _ => {}
    }
}

fn apply(root: &mut Value, edit: Edit) {
    let mut pointers = Vec::new();
    nodes(root, String::new(), &mut pointers);
    let pointer = |at: usize| pointers[at % pointers.len()].clone();
    match edit {
        Edit::Replace(at, schema) => *root.pointer_mut(&pointer(at)).unwrap() = schema,
        Edit::Insert(at, (name, value)) => {
            if let Some(members) = root.pointer_mut(&pointer(at)).unwrap().as_object_mut() {
                members.insert(name, value);
            }
        }
        Edit::Remove(at, member) => match root.pointer_mut(&pointer(at)).unwrap() {
            Value::Object(members) if !members.is_empty() => {
                let name = members.keys().nth(member % members.len()).unwrap().clone();
                members.remove(&name);
            }
            Value::Array(elements) if elements.len() > 1 => {
                elements.remove(member % elements.len());
            }
            _ => {}
        },
        Edit::Rename(at) => {
            if let Some(members) = root.pointer_mut(&pointer(at)).unwrap().as_object_mut() {
                *members =
                    std::mem::take(members).into_iter().map(|(k, v)| (twin(&k), v)).collect();
            }
        }
        Edit::Nudge(at, by) => match root.pointer_mut(&pointer(at)).unwrap() {
            Value::Number(number) if number.is_i64() => {
                *number = (number.as_i64().unwrap() + by).max(0).into();
            }
            Value::Bool(flag) => *flag = !*flag,
            Value::Array(elements) => elements.reverse(),
            other if *other == json!("integer") => *other = json!("number"),
            other if *other == json!("number") => *other = json!("integer"),
            _ => {}
        },
        Edit::Copy(from, to) => {
            let copy = root.pointer(&pointer(from)).unwrap().clone();
            *root.pointer_mut(&pointer(to)).unwrap() = copy;
        }
    }
}

/// A keyword of the same shape.
fn twin(keyword: &str) -> String {
    let pairs = [
        ("anyOf", "oneOf"),
        ("maximum", "exclusiveMaximum"),
        ("minimum", "exclusiveMinimum"),
        ("additionalProperties", "unevaluatedProperties"),
        ("items", "unevaluatedItems"),
        ("then", "else"),
        ("a", "b"),
    ];
    let found = pairs.iter().find_map(|(a, b)| match keyword {
        k if k == *a => Some(*b),
        k if k == *b => Some(*a),
        _ => None,
    });
    found.unwrap_or(keyword).to_owned()
}

/// Two schemas: often a schema and an edited one, sometimes two that have nothing to do with each other.
fn pair() -> impl Strategy<Value = (Value, Value)> {
    let edited = (root(), vec(edit(), 1..4), any::<bool>()).prop_map(|(old, edits, is_swapped)| {
        let mut new = old.clone();
        edits.into_iter().for_each(|edit| apply(&mut new, edit));
        if is_swapped { (new, old) } else { (old, new) }
    });
    prop_oneof![4 => edited, 1 => (root(), root())]
}

/// Whether no reference of a definition leads back to it for the same value: validators need not end then.
fn is_founded(root: &Value) -> bool {
    fn in_place<'v>(schema: &'v Value, found: &mut Vec<&'v str>) {
        let Some(members) = schema.as_object() else { return };
        for (keyword, value) in members {
            match (keyword.as_str(), value) {
                ("$ref", Value::String(target)) => found.push(target),
                ("not" | "if" | "then" | "else", inner) => in_place(inner, found),
                ("allOf" | "anyOf" | "oneOf", Value::Array(inner)) => {
                    inner.iter().for_each(|schema| in_place(schema, found));
                }
                ("dependentSchemas", Value::Object(inner)) => {
                    inner.values().for_each(|schema| in_place(schema, found));
                }
                _ => {}
            }
        }
    }
    let leads_to = |name: &str| {
        let mut found = Vec::new();
        in_place(&root["$defs"][name], &mut found);
        (found.contains(&"#/$defs/x"), found.contains(&"#/$defs/y"))
    };
    let (x, y) = (leads_to("x"), leads_to("y"));
    !(x.0 || y.1 || x.1 && y.0)
}

fn compile(schema: &Value) -> Option<jsonschema::Validator> {
    if !is_founded(schema) {
        return None;
    }
    jsonschema::draft202012::options().should_validate_formats(false).build(schema).ok()
}

/// A document that one schema allows and the other does not.
fn lost(from: &jsonschema::Validator, to: &jsonschema::Validator) -> Option<&'static Value> {
    DOCUMENTS.iter().find(|document| from.is_valid(document) && !to.is_valid(document))
}

/// Checks what is promised of one pair, in both directions.
fn check(old: &Value, new: &Value) {
    let (Some(before), Some(after)) = (compile(old), compile(new)) else { return };
    for (mode, from, to) in [(Mode::Backward, &before, &after), (Mode::Forward, &after, &before)] {
        let changes = compare(old, new, mode);
        let promised = worst(&changes) <= Warn;
        let lost = lost(from, to);
        assert!(
            !(promised && lost.is_some()),
            "{mode:?} promises too much\nold: {old}\nnew: {new}\ndocument: {}\n{changes:#?}",
            lost.unwrap()
        );
    }
}

/// Whether a stored row passes a probe.
fn passes(probe: &ProbeAt, validator: &jsonschema::Validator, row: &Value) -> bool {
    let mut value = row;
    for (i, name) in probe.instance_path.iter().enumerate() {
        let Some(members) = value.as_object() else { return true };
        match members.get(name) {
            Some(member) => value = member,
            None => return !(probe.required && i + 1 == probe.instance_path.len()),
        }
    }
    validator.is_valid(value)
}

/// Checks that rows which pass all probes of one pair are valid.
fn check_probes(old: &Value, new: &Value) {
    let (Some(before), Some(after)) = (compile(old), compile(new)) else { return };
    let changes = compare(old, new, Mode::Backward);
    if worst(&changes) != Probe {
        return;
    }
    let probes = changes.iter().filter_map(|change| change.probe.as_ref());
    let probes: Vec<_> = probes.map(|p| (p, compile(&p.schema).unwrap())).collect();
    let lost = DOCUMENTS.iter().find(|row| {
        before.is_valid(row)
            && !after.is_valid(row)
            && probes.iter().all(|(probe, validator)| passes(probe, validator, row))
    });
    assert!(lost.is_none(), "probes miss {lost:?}\nold: {old}\nnew: {new}\n{changes:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn what_passes_holds_for_every_document((old, new) in pair()) {
        check(&old, &new);
    }

    #[test]
    fn rows_that_pass_all_probes_are_valid((old, new) in pair()) {
        check_probes(&old, &new);
    }

    #[test]
    fn nothing_changes_between_equal_schemas(schema in root()) {
        for mode in [Mode::Backward, Mode::Forward, Mode::FullTransitive] {
            prop_assert!(worst(&compare(&schema, &schema.clone(), mode)) == Pass);
        }
    }

    #[test]
    fn any_two_values_can_be_compared(old in anything(), new in anything()) {
        let start = std::time::Instant::now();
        compare(&old, &new, Mode::Full);
        prop_assert!(start.elapsed().as_secs() < 5);
    }
}

/// JSON whose names are keywords.
fn anything() -> impl Strategy<Value = Value> {
    let names = [
        "type",
        "enum",
        "const",
        "properties",
        "required",
        "items",
        "prefixItems",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "then",
        "$ref",
        "$defs",
        "$id",
        "contains",
        "minContains",
        "maximum",
        "pattern",
        "patternProperties",
        "additionalProperties",
        "unevaluatedProperties",
        "dependentRequired",
        "default",
        "dependentSchemas",
        "propertyNames",
        "multipleOf",
        "x",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(vec![
            "#",
            "#/$defs/x",
            "#/properties/x",
            "#/allOf/0",
            "%",
            "#%2",
            "(",
            "integer",
            ""
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((select(names.to_vec()).prop_map(str::to_owned), inner), 0..6).prop_map(object),
        ]
    })
}

#[test]
fn what_excludes_itself_is_judged_by_what_becomes_of_itself() {
    let schema = |max: i32| {
        let node = json!({
            "type": "object",
            "properties": {"v": {"maximum": max}, "c": {"not": {"$ref": "#/$defs/node"}}},
        });
        json!({
            "anyOf": [{"$ref": "#/$defs/node"}, {"type": "array", "maxItems": max}],
            "$defs": {"node": node},
        })
    };
    // The limit is raised, so that `c` excludes more.
    let document = json!({"c": {"v": 2}});
    assert!(compile(&schema(1)).unwrap().is_valid(&document));
    assert!(!compile(&schema(2)).unwrap().is_valid(&document));
    assert!(worst(&compare(&schema(1), &schema(2), Mode::Backward)) >= Probe);
}

#[test]
fn comparisons_end_soon() {
    // Each definition refers to the next one twice, and the last one changes.
    let doubling = |max: i32| {
        let mut defs = Map::new();
        for i in 0..40 {
            let next = json!({"$ref": format!("#/$defs/d{}", i + 1)});
            defs.insert(
                format!("d{i}"),
                json!({"properties": {"a": next, "b": next}, "anyOf": [next, {"type": "null"}]}),
            );
        }
        defs.insert("d40".to_owned(), json!({"maximum": max}));
        json!({"$ref": "#/$defs/d0", "$defs": defs})
    };
    // Every branch must be compared with every other.
    let branches = |by: usize| {
        let each = |i: usize| json!({"properties": {"k": {"minimum": i * by, "anyOf": [{"maxLength": i}, {"minLength": i}]}}});
        json!({"oneOf": (1..600).map(each).collect::<Vec<_>>()})
    };
    // Cycles of different lengths.
    let cycle = |length: usize| {
        let def = |i: usize| {
            (
                format!("d{i}"),
                json!({"properties": {"n": {"$ref": format!("#/$defs/d{}", (i + 1) % length)}}, "maxProperties": length}),
            )
        };
        json!({"$ref": "#/$defs/d0", "$defs": (0..length).map(def).collect::<Map<_, _>>()})
    };
    for (old, new) in
        [(doubling(4), doubling(3)), (branches(2), branches(3)), (cycle(89), cycle(97))]
    {
        let start = std::time::Instant::now();
        let changes = compare(&old, &new, Mode::Backward);
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
        assert!(worst(&changes) >= Probe);
        assert!(changes.iter().any(|change| change.rule == "REKOR_UNDECIDED"));
    }
}
