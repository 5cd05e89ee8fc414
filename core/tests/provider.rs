//! Tool definitions of AI vendors: what they become, that nothing is lost on the way there and back, and what is wrong.

#![expect(clippy::unwrap_used, reason = "a test may")]

use proptest::prelude::*;
use rekor_core::{
    id::CollectionId,
    provider::{ANNOTATION, Provider, ToolCollection, call_data, export_tool, import_tools},
    schema::Schema,
};
use serde_json::{Map, Value, json};

fn import_one(provider: Provider, tool: &Value) -> ToolCollection {
    let mut collections = import_tools(provider, tool).unwrap();
    assert_eq!(collections.len(), 1);
    collections.remove(0)
}

/// Text with sorted members, for comparison byte by byte.
fn canonical(value: &Value) -> String {
    let mut value = value.clone();
    value.sort_all_objects();
    value.to_string()
}

/// Each tool comes back as it was.
fn comes_back(provider: Provider, tools: &Value) {
    let collections = import_tools(provider, tools).unwrap();
    let back: Value = collections.iter().map(|c| export_tool(provider, c)).collect();
    let tools = if tools.is_array() { tools.clone() } else { json!([tools]) };
    assert_eq!(canonical(&back), canonical(&tools), "by way of {collections:?}");
    assert_eq!(import_tools(provider, &back).unwrap(), collections);
}

/// The schema part of a tool, wherever the vendor has it.
fn parameters(tool: &Value) -> &Value {
    ["/function/parameters", "/input_schema", "/parameters", "/inputSchema"]
        .iter()
        .find_map(|pointer| tool.pointer(pointer))
        .unwrap_or(&Value::Null)
}

#[test]
fn provider_names() {
    for provider in Provider::ALL {
        assert_eq!(Provider::parse(provider.as_str()).unwrap(), provider);
    }
    let error = Provider::parse("OpenAI").unwrap_err();
    assert_eq!(
        error.message,
        "\"OpenAI\" is not a provider; use one of openai, anthropic, google, mcp."
    );
    assert_eq!(error.details[0].get("path"), Some(&json!("provider")));
}

#[test]
fn the_quoted_examples() {
    let schema = json!({"type": "object", "properties": {"customer": {"type": "string"}, "amount": {"type": "number"}}, "required": ["customer"]});
    let tools = [
        json!({"type": "function", "function": {"name": "create_invoice", "description": "Bills.", "parameters": schema}}),
        json!({"name": "create_invoice", "description": "Bills.", "input_schema": schema}),
        json!({"name": "create_invoice", "description": "Bills.", "parameters": schema}),
        json!({"name": "create_invoice", "description": "Bills.", "inputSchema": schema}),
    ];
    for (from, tool) in Provider::ALL.into_iter().zip(&tools) {
        let collection = import_one(from, tool);
        let expected = ToolCollection {
            id: CollectionId::parse("create_invoice").unwrap(),
            name: "create_invoice".to_owned(),
            description: Some("Bills.".to_owned()),
            json_schema: schema.clone(),
        };
        assert_eq!(collection, expected);
        assert_eq!(import_tools(from, &json!([tool])).unwrap(), [expected]);
        // The members keep their usual order, too.
        for (to, other) in Provider::ALL.into_iter().zip(&tools) {
            assert_eq!(export_tool(to, &collection).to_string(), other.to_string());
        }
    }
    assert_eq!(import_tools(Provider::OpenAi, &json!([])).unwrap(), []);
}

#[test]
fn tools_come_back_with_all_they_had() {
    use Provider::{Anthropic, Google, Mcp, OpenAi};
    let object = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let cases = [
        (OpenAi, json!({"type": "function", "function": {"name": "a"}})),
        (
            OpenAi,
            json!({"type": "function", "function": {"name": "a", "parameters": null, "description": null}}),
        ),
        (OpenAi, json!({"type": "function", "function": {"name": "a", "parameters": {}}})),
        (
            OpenAi,
            json!({"type": "function", "function": {"name": "a", "parameters": {"properties": {}}}}),
        ),
        (
            OpenAi,
            json!({"type": "function", "id": 7, "name": "x", "function": {"name": "a", "title": "T", "strict": true, "parameters": object}}),
        ),
        (
            Anthropic,
            json!({"name": "a", "type": "custom", "cache_control": {"type": "ephemeral"}, "input_schema": {}}),
        ),
        (Google, json!({"name": "a"})),
        (Google, json!({"name": "a", "parameters": {"type": "object"}})),
        (
            Google,
            json!({"name": "a", "parameters": {"type": "OBJECT", "properties": {}}, "response": {"type": "STRING"}}),
        ),
        (
            Google,
            json!({"name": "a", "parameters": object, "behavior": "BLOCKING", "parametersJsonSchema": {"type": "object"}}),
        ),
        (
            Google,
            json!({"name": "a", "parametersJsonSchema": {"type": "object", "properties": {"n": {"type": ["string", "null"]}}}}),
        ),
        (
            Mcp,
            json!({"name": "a", "title": "A tool", "inputSchema": object, "outputSchema": {}, "annotations": {"readOnlyHint": true}, "_meta": {}}),
        ),
        (Mcp, json!({"name": "a", "title": "a", "inputSchema": object})),
        (Mcp, json!({"name": "a", "title": "", "inputSchema": object})),
        (Mcp, json!({"name": "a", "title": null, "description": "", "inputSchema": object})),
        (Mcp, json!({"name": "A b", "title": "A b", "inputSchema": object})),
        (Mcp, json!({"name": "A b", "title": "a_b", "inputSchema": object})),
        (
            Anthropic,
            json!([{"name": "x", "input_schema": object}, {"name": "Y z", "input_schema": object}]),
        ),
    ];
    for (provider, tools) in &cases {
        comes_back(*provider, tools);
        for collection in import_tools(*provider, tools).unwrap() {
            Schema::compile(&collection.json_schema).unwrap();
            for other in Provider::ALL {
                let exported = export_tool(other, &collection);
                assert!(!exported.to_string().contains(ANNOTATION), "{exported}");
            }
        }
    }
}

#[test]
fn names_that_are_no_ids() {
    let cases = [
        ("createInvoice", "createinvoice"),
        ("Create Invoice", "create_invoice"),
        ("files.read", "files_read"),
        ("_private", "private"),
        ("--x", "x"),
        ("Größe", "gr__e"),
        ("ns:do/it", "ns_do_it"),
        ("9lives", "9lives"),
        (&"n".repeat(64), &"n".repeat(63)),
    ];
    for (name, id) in cases {
        for provider in Provider::ALL {
            let named = ToolCollection {
                id: CollectionId::parse("seed").unwrap(),
                name: "seed".to_owned(),
                description: None,
                json_schema: json!({"type": "object", "properties": {"a": {}}}),
            };
            let mut tool = export_tool(provider, &named);
            let target =
                if provider == Provider::OpenAi { &mut tool["function"] } else { &mut tool };
            target["name"] = json!(name);
            let collection = import_one(provider, &tool);
            assert_eq!((collection.id.as_str(), collection.name.as_str()), (id, name));
            comes_back(provider, &tool);
        }
    }
    for name in ["日本", "___", "!", " "] {
        let error = import_tools(Provider::Google, &json!([{"name": name}])).unwrap_err();
        assert!(error.message.starts_with("tools[0].name "), "{error}");
        assert!(error.message.contains("no letter or digit"), "{error}");
    }
}

#[test]
fn other_vendors_get_what_they_take() {
    let named = |name: &str| {
        import_one(
            Provider::Mcp,
            &json!({"name": name, "title": "The tool", "description": "D", "annotations": {}, "inputSchema": {"type": "object", "properties": {"a": {}}}}),
        )
    };
    let name = |provider: Provider, name: &str| {
        let tool = export_tool(provider, &named(name));
        tool.get("function").unwrap_or(&tool)["name"].as_str().unwrap().to_owned()
    };
    assert_eq!(name(Provider::OpenAi, "createInvoice"), "createInvoice");
    assert_eq!(name(Provider::OpenAi, "files.Read"), "files_read");
    assert_eq!(name(Provider::Google, "files.Read"), "files.Read");
    assert_eq!(name(Provider::Anthropic, "Do it"), "do_it");
    assert_eq!(name(Provider::Mcp, "Do it"), "Do it");
    assert_eq!(name(Provider::Google, "9lives"), "_9lives");
    assert_eq!(
        canonical(&export_tool(Provider::OpenAi, &named("createInvoice"))),
        r#"{"function":{"description":"D","name":"createInvoice","parameters":{"properties":{"a":{}},"type":"object"}},"type":"function"}"#
    );
    // What only OpenAI knows is left out, and what the others want is there.
    let tool = json!({"type": "function", "x": 1, "function": {"name": "a", "strict": true, "parameters": {}}});
    let collection = import_one(Provider::OpenAi, &tool);
    let expected = json!({"name": "a", "input_schema": {"type": "object"}});
    assert_eq!(export_tool(Provider::Anthropic, &collection), expected);
    assert_eq!(export_tool(Provider::Google, &collection), json!({"name": "a"}));
}

#[test]
fn the_dialect_of_google() {
    let tool = json!({"name": "a", "parameters": {
        "type": "OBJECT",
        "properties": {
            "type": {"type": "STRING", "nullable": true, "enum": ["STRING", "x"]},
            "list": {"type": "ARRAY", "items": {"type": "INTEGER", "nullable": false}},
            "any": {"anyOf": [{"type": "NUMBER"}, {"type": "BOOLEAN"}], "default": {"type": "STRING"}},
        },
        "required": ["type"],
    }});
    let collection = import_one(Provider::Google, &tool);
    let schema = Schema::compile(&collection.json_schema).unwrap();
    schema.validate(&json!({"type": null, "list": [1], "any": true})).unwrap();
    schema.validate(&json!({"type": "y"})).unwrap_err();
    comes_back(Provider::Google, &tool);
    let expected = json!({
        "type": "object",
        "properties": {
            "type": {"type": ["string", "null"], "enum": ["STRING", "x", null]},
            "list": {"type": "array", "items": {"type": "integer", "nullable": false}},
            "any": {"anyOf": [{"type": "number"}, {"type": "boolean"}], "default": {"type": "STRING"}},
        },
        "required": ["type"],
    });
    let exported = export_tool(Provider::Mcp, &collection);
    assert_eq!(exported["inputSchema"].to_string(), expected.to_string());
    // From elsewhere to Google: types or null become nullable.
    let back = import_one(Provider::Mcp, &exported);
    let google = export_tool(Provider::Google, &back);
    let member = &google["parameters"]["properties"]["type"];
    assert_eq!(member, &json!({"type": "string", "nullable": true, "enum": ["STRING", "x"]}));
    assert_eq!(import_one(Provider::Google, &google), back);
}

#[test]
fn google_declarations_in_a_list() {
    let tools = json!([
        {"functionDeclarations": [{"name": "a"}, {"name": "b"}]},
        {"name": "c"},
        {"function_declarations": []},
    ]);
    let collections = import_tools(Provider::Google, &tools).unwrap();
    let ids: Vec<&str> = collections.iter().map(|c| c.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(import_tools(Provider::Google, &tools[0]).unwrap(), collections[..2]);
    let exported: Value = collections.iter().map(|c| export_tool(Provider::Google, c)).collect();
    assert_eq!(exported, json!([{"name": "a"}, {"name": "b"}, {"name": "c"}]));
}

#[test]
fn edits_of_a_collection_are_exported() {
    let tool = json!({"name": "Find it", "title": "Find", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}});
    let mut collection = import_one(Provider::Google, &tool);
    collection.json_schema["properties"]["b"] = json!({"type": "integer"});
    collection.description = Some("New.".to_owned());
    collection.name = "Renamed".to_owned();
    let expected = json!({
        "name": "Find it", "description": "New.", "title": "Find",
        "parameters": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}},
    });
    assert_eq!(export_tool(Provider::Google, &collection), expected);
    assert_eq!(export_tool(Provider::Mcp, &collection)["title"], "Renamed");
    // A copy under another id is another tool.
    collection.id = CollectionId::parse("copy").unwrap();
    assert_eq!(export_tool(Provider::Google, &collection)["name"], "copy");
    // Users may write anything into a schema.
    for annotation in [
        json!(1),
        json!({}),
        json!({"x": {}}),
        json!({"google": []}),
        json!({"google": {"name": 1, "schema": 2, "members": [], "outer": null}}),
    ] {
        collection.json_schema = json!({"type": "object", "title": "t", ANNOTATION: annotation});
        let expected = json!({"name": "copy", "description": "New.", "parameters": {"type": "object", "title": "t"}});
        assert_eq!(export_tool(Provider::Google, &collection), expected);
    }
    collection.json_schema = json!(true);
    assert_eq!(
        parameters(&export_tool(Provider::Anthropic, &collection)),
        &json!({"type": "object"})
    );
}

#[test]
fn wrong_tools() {
    use Provider::{Anthropic, Google, Mcp, OpenAi};
    let ok = json!({"type": "function", "function": {"name": "a"}});
    let cases = [
        (OpenAi, json!("x"), "tools", "must be a list of tools, or one tool"),
        (OpenAi, json!([ok, 1]), "tools[1]", "must be an object"),
        (
            OpenAi,
            json!({"function": {"name": "a"}}),
            "tools.type",
            "is missing; it must be \"function\"",
        ),
        (OpenAi, json!([{"type": "web_search"}]), "tools[0].type", "must be \"function\""),
        (OpenAi, json!([{"type": "function", "name": "a"}]), "tools[0].function", "is missing"),
        (
            OpenAi,
            json!([{"type": "function", "function": []}]),
            "tools[0].function",
            "must be an object",
        ),
        (
            OpenAi,
            json!([ok, ok, {"type": "function", "function": {}}]),
            "tools[2].function.name",
            "is missing",
        ),
        (
            OpenAi,
            json!([{"type": "function", "function": {"name": ""}}]),
            "tools[0].function.name",
            "is empty",
        ),
        (
            OpenAi,
            json!([{"type": "function", "function": {"name": 1}}]),
            "tools[0].function.name",
            "must be a string",
        ),
        (
            OpenAi,
            json!([{"type": "function", "function": {"name": "a", "parameters": "{}"}}]),
            "tools[0].function.parameters",
            "must be a JSON Schema object",
        ),
        (
            OpenAi,
            json!([{"type": "function", "function": {"name": "a", "parameters": {ANNOTATION: {}}}}]),
            "tools[0].function.parameters.x-rekor-provider",
            "is reserved by Rekor",
        ),
        (Anthropic, json!([{"name": "a"}]), "tools[0].input_schema", "is missing"),
        (
            Anthropic,
            json!([{"name": "a", "input_schema": null}]),
            "tools[0].input_schema",
            "must be a JSON Schema object",
        ),
        (
            Anthropic,
            json!([{"name": "a", "input_schema": {}, "description": 1}]),
            "tools[0].description",
            "must be a string",
        ),
        (
            Mcp,
            json!({"name": "a", "title": [], "inputSchema": {}}),
            "tools.title",
            "must be a string",
        ),
        (Mcp, json!({"name": "a", "parameters": {}}), "tools.inputSchema", "is missing"),
        (
            Google,
            json!([{"functionDeclarations": {}}]),
            "tools[0].functionDeclarations",
            "must be a list",
        ),
        (
            Google,
            json!([{"functionDeclarations": [{"name": "a"}, 1]}]),
            "tools[0].functionDeclarations[1]",
            "must be an object",
        ),
        (
            Google,
            json!([{"functionDeclarations": [], "googleSearch": {}}]),
            "tools[0].googleSearch",
            "is no function declaration and cannot become a collection",
        ),
        (
            Google,
            json!([{"name": "a", "parametersJsonSchema": 1}]),
            "tools[0].parametersJsonSchema",
            "must be a JSON Schema object",
        ),
        (
            Google,
            json!([{"name": "a-b"}, {"name": "A-b"}]),
            "tools[1].name",
            "\"A-b\" and tools[0].name \"a-b\" both become the collection a-b; rename one of them",
        ),
    ];
    for (provider, tools, path, what) in cases {
        let error = import_tools(provider, &tools).unwrap_err();
        let detail = error.details.last().unwrap();
        assert_eq!(detail.get("path"), Some(&json!(path)), "{error}");
        assert_eq!(detail.get("message"), Some(&json!(format!("{path} {what}"))));
        if error.details.len() == 1 {
            assert_eq!(error.message, format!("{path} {what}."));
        }
    }
}

#[test]
fn all_wrong_tools_are_named() {
    let error = import_tools(Provider::Mcp, &vec![json!({}); 30].into()).unwrap_err();
    assert_eq!(error.message, "tools[0].name is missing (and 29 more problems).");
    assert_eq!(error.details.len(), 20);
    let error = import_tools(Provider::Mcp, &json!([1, 2])).unwrap_err();
    assert_eq!(error.message, "tools[0] must be an object (and 1 more problem).");
}

#[test]
fn calls() {
    use Provider::{Anthropic, Google, Mcp, OpenAi};
    let data = json!({"customer": "Acme", "amount": 5000});
    let text = data.to_string();
    let cases = [
        (OpenAi, json!({"arguments": data})),
        (OpenAi, json!({"arguments": text})),
        (
            OpenAi,
            json!({"id": "call_1", "type": "function", "function": {"name": "a", "arguments": text}}),
        ),
        (Anthropic, json!({"input": data})),
        (Anthropic, json!({"type": "tool_use", "id": "toolu_1", "name": "a", "input": data})),
        (Google, json!({"name": "a", "args": data})),
        (Google, json!({"functionCall": {"name": "a", "args": data}})),
        (Mcp, json!({"name": "a", "arguments": data})),
        (
            Mcp,
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "a", "arguments": data}}),
        ),
    ];
    for (provider, call) in cases {
        assert_eq!(Value::Object(call_data(provider, &call).unwrap()), data);
    }
    let wrong = [
        (OpenAi, json!([]), "call", "must be an object such as {\"arguments\":{…}}"),
        (
            OpenAi,
            json!({"input": {}}),
            "call.arguments",
            "is missing; give the call of openai as {\"arguments\":{…}}",
        ),
        (
            OpenAi,
            json!({"arguments": "[1]"}),
            "call.arguments",
            "is a string, but the JSON in it is no object",
        ),
        (
            OpenAi,
            json!({"arguments": "{\"a\":"}),
            "call.arguments",
            "is a string, but there is no valid JSON in it: EOF while parsing a value at line 1 column 5",
        ),
        (
            OpenAi,
            json!({"function": {"arguments": 1}}),
            "call.function.arguments",
            "must be a JSON object",
        ),
        (OpenAi, json!({"function": "a"}), "call.function", "must be an object"),
        (Anthropic, json!({"input": "{}"}), "call.input", "must be a JSON object"),
        (
            Google,
            json!({"arguments": {}}),
            "call.args",
            "is missing; give the call of google as {\"args\":{…}}",
        ),
        (
            Mcp,
            json!({"params": {"name": "a"}}),
            "call.params.arguments",
            "is missing; give the call of mcp as {\"arguments\":{…}}",
        ),
    ];
    for (provider, call, path, what) in wrong {
        let error = call_data(provider, &call).unwrap_err();
        assert_eq!(error.message, format!("{path} {what}."));
        assert_eq!(error.details[0].get("path"), Some(&json!(path)));
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        ".{0,5}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((".{0,4}", inner), 0..4).prop_map(to_object),
        ]
    })
}

fn to_object(members: Vec<(String, Value)>) -> Value {
    Value::Object(members.into_iter().collect())
}

/// A schema as vendors send it; with `foreign` also in the dialect of Google and with values of any kind.
fn schema(foreign: bool) -> BoxedStrategy<Value> {
    let types = if foreign {
        prop::sample::select(vec![
            json!("string"),
            json!("STRING"),
            json!(["string", "null"]),
            json!(["null", "string"]),
            json!(3),
            json!("NULL"),
        ])
    } else {
        prop::sample::select(vec![
            json!("string"),
            json!("integer"),
            json!(["string", "null"]),
            json!(["null", "string"]),
            json!(["string"]),
        ])
    };
    let values = prop_oneof![
        Just(json!(["a", null])),
        Just(json!([null, "a"])),
        Just(json!(["a"])),
        Just(json!([null, null]))
    ];
    let extra = if foreign {
        prop_oneof![
            json_value().prop_map(|v| ("nullable", v)),
            any::<bool>().prop_map(|v| ("nullable", json!(v))),
            json_value().prop_map(|v| ("properties", v)),
            json_value().prop_map(|v| ("items", v)),
        ]
        .boxed()
    } else {
        json_value().prop_map(|v| ("default", v)).boxed()
    };
    let leaf = (types, prop::option::of(values), prop::option::of(extra)).prop_map(
        |(kind, values, extra)| {
            let mut schema = json!({"type": kind});
            if let Some(values) = values {
                schema["enum"] = values;
            }
            if let Some((name, value)) = extra {
                schema[name] = value;
            }
            schema
        },
    );
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|items| json!({"type": "array", "items": items})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|any| json!({"anyOf": any})),
            object_schema(inner),
        ]
    })
    .boxed()
}

fn object_schema(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let name = "[a-z]{1,3}|type|nullable|enum|properties|x-rekor-provider";
    prop::collection::vec((name, inner), 1..4).prop_map(|properties| {
        let required: Vec<Value> = properties.iter().map(|(name, _)| json!(name)).collect();
        json!({"type": "object", "properties": to_object(properties), "required": required})
    })
}

/// The parameters of a tool, with or without what the vendors want.
fn any_parameters() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => object_schema(schema(true)),
        2 => schema(true),
        1 => Just(json!({})),
        1 => Just(json!({"type": "object"})),
        1 => Just(json!({"type": "object", "properties": {}, "additionalProperties": false})),
        1 => prop::collection::vec(("[a-z]{1,4}", json_value()), 0..4).prop_map(to_object),
    ]
}

/// Whatever else a tool has.
fn extras() -> impl Strategy<Value = Map<String, Value>> {
    let name = "strict|title|annotations|response|cache_control|[a-zA-Z_]{1,6}|name|type|schema|x-rekor-provider";
    prop::collection::vec((name, json_value()), 0..4).prop_map(|m| m.into_iter().collect())
}

prop_compose! {
    fn tool(provider: Provider)(
        name in "[a-zA-Z0-9][a-zA-Z0-9_. :é-]{0,70}|_[a-z]{1,3}",
        title in prop::option::of(prop_oneof![Just(Value::Null), ".{0,8}".prop_map(Value::from), "[a-z]".prop_map(Value::from)]),
        description in prop::option::of(prop_oneof![Just(Value::Null), ".{0,20}".prop_map(Value::from)]),
        parameters in prop::option::weighted(0.9, any_parameters()),
        inner in extras(),
        outer in extras(),
    ) -> Value {
        let mut tool = inner;
        tool.insert("name".to_owned(), json!(name));
        tool.shift_remove("title");
        if let Some(title) = title {
            tool.insert("title".to_owned(), title);
        }
        if let Some(description) = description {
            tool.insert("description".to_owned(), description);
        }
        let (member, required) = match provider {
            Provider::OpenAi | Provider::Google => ("parameters", false),
            Provider::Anthropic => ("input_schema", true),
            Provider::Mcp => ("inputSchema", true),
        };
        match parameters {
            Some(parameters) => drop(tool.insert(member.to_owned(), parameters)),
            None if required => drop(tool.insert(member.to_owned(), json!({}))),
            None => {}
        }
        if provider != Provider::OpenAi {
            return Value::Object(tool);
        }
        let mut wrapped = outer;
        wrapped.insert("type".to_owned(), json!("function"));
        wrapped.insert("function".to_owned(), Value::Object(tool));
        Value::Object(wrapped)
    }
}

fn any_provider() -> impl Strategy<Value = Provider> {
    prop::sample::select(Provider::ALL.to_vec())
}

prop_compose! {
    /// A collection that every vendor can say.
    fn collection()(
        id in "[a-z0-9][a-z0-9_-]{0,62}",
        title in prop::option::of("[A-Za-z ]{1,12}"),
        description in prop::option::of(".{0,20}"),
        json_schema in object_schema(schema(false)),
    ) -> (ToolCollection, bool) {
        let titled = title.is_some();
        let name = title.unwrap_or_else(|| id.clone());
        (ToolCollection { id: CollectionId::parse(&id).unwrap(), name, description, json_schema }, titled)
    }
}

proptest! {
    #[test]
    fn tools_to_collections_and_back(
        (provider, tool) in any_provider().prop_flat_map(|p| (Just(p), tool(p)))
    ) {
        comes_back(provider, &tool);
        let collection = import_one(provider, &tool);
        for other in Provider::ALL {
            let exported = export_tool(other, &collection);
            prop_assert_eq!(parameters(&exported).get(ANNOTATION), None);
            // What goes to another vendor is a tool there.
            let there = import_one(other, &exported);
            if other != provider {
                prop_assert_eq!(there.description.as_ref(), collection.description.as_ref());
                prop_assert_eq!(canonical(&export_tool(other, &there)), canonical(&exported));
            }
        }
    }

    #[test]
    fn collections_to_tools_and_back((mut collection, titled) in collection()) {
        for provider in Provider::ALL {
            if provider != Provider::Mcp && titled {
                collection.name = collection.id.as_str().to_owned();
            }
            let back = import_one(provider, &export_tool(provider, &collection));
            prop_assert_eq!(canonical(&back.json_schema), canonical(&collection.json_schema));
            prop_assert_eq!(&back, &collection);
        }
    }

    #[test]
    fn no_input_panics(provider in any_provider(), value in json_value(), tool in tool(Provider::OpenAi), schema in any_parameters()) {
        for value in [&value, &tool, &json!([value]), &json!({"functionDeclarations": value})] {
            import_tools(provider, value).ok();
            call_data(provider, value).ok();
        }
        let id = CollectionId::parse("a").unwrap();
        let json_schema = json!({"type": "object", ANNOTATION: {provider.as_str(): value}});
        for json_schema in [schema, value, json_schema] {
            let collection = ToolCollection { id: id.clone(), name: String::new(), description: None, json_schema };
            export_tool(provider, &collection);
        }
    }
}
