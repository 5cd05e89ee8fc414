//! Lists answer what their filter says.

use crate::{api::Api, database, move_to_files, open_schema};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn lists_answer_what_a_filter_says() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    database(&api, "d", &[("c", open_schema())]).await;
    let documents = [
        json!({"n": 1, "s": "a", "tags": ["x", "y"], "o": {"k": 1}}),
        json!({"n": 2.5, "s": "b", "tags": ["x", 3]}),
        json!({"n": "3", "s": null, "tags": []}),
        json!({"n": 10, "s": "A", "o": {}, "b": true}),
        json!({"s": "ab", "tags": "x", "b": false, "we.ird": {"`q`": 1}}),
        json!({"n": 9_007_199_254_740_993_i64, "items": [{"k": 1}], "s": "it's"}),
    ];
    for (i, data) in documents.iter().enumerate() {
        api.ok("POST", "/v1/d/documents/c", json!({"id": format!("d{i}"), "external_id": format!("e{i}"), "external_source": if i < 3 { "one" } else { "two" }, "data": data})).await;
    }
    let query = async |body: Value| api.ok("POST", "/v1/d/documents/c/query", body).await;
    let ids = |answer: &Value| -> Vec<String> {
        answer["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|d| d["id"].as_str().unwrap()[1..].to_owned())
            .collect()
    };
    let cond =
        |field: &str, op: &str, value: Value| json!({"field": field, "op": op, "value": value});
    let cases = [
        (cond("data.n", "eq", json!(1)), "0"),
        (cond("data.n", "eq", json!(2.5)), "1"),
        (cond("data.n", "eq", json!("3")), "2"),
        (cond("data.n", "eq", json!(9_007_199_254_740_993_i64)), "5"),
        (cond("data.n", "neq", json!(1)), "1235"),
        (cond("data.n", "gt", json!(1)), "135"),
        (cond("data.n", "gte", json!(2.5)), "135"),
        (cond("data.n", "lt", json!(10)), "01"),
        (cond("data.n", "lte", json!(10)), "013"),
        (cond("data.n", "in", json!([1, 10, "3"])), "023"),
        (cond("data.n", "not_in", json!([1, 10, "3"])), "15"),
        (cond("data.s", "gte", json!("ab")), "145"),
        (cond("data.s", "like", json!("a%")), "04"),
        (cond("data.s", "ilike", json!("A%")), "034"),
        (cond("data.s", "eq", json!("it's")), "5"),
        (cond("data.b", "eq", json!(true)), "3"),
        (cond("data.b", "neq", json!(true)), "4"),
        (json!({"field": "data.s", "op": "is_null"}), "2"),
        (json!({"field": "data.n", "op": "is_null"}), "4"),
        (json!({"field": "data.o", "op": "is_not_null"}), "0"),
        (json!({"field": "data.o.k", "op": "is_not_null"}), "0"),
        (json!({"field": "data.items", "op": "is_not_null"}), "5"),
        (json!({"field": "data.tags", "op": "is_not_null"}), "0124"),
        (cond("data.tags", "has", json!("x")), "01"),
        (cond("data.tags", "has", json!(3)), "1"),
        (cond("data.we.ird.`q`", "eq", json!(1)), "4"),
        (cond("id", "in", json!(["d1", "d2"])), "12"),
        (cond("external_id", "like", json!("e%")), "012345"),
        (cond("version", "eq", json!(1)), "012345"),
        (cond("created_at", "gt", json!("2020-01-01T00:00:00Z")), "012345"),
        (
            json!({"or": [cond("data.n", "eq", json!(1)), {"and": [cond("data.s", "eq", json!("A")), cond("data.b", "eq", json!(true))]}]}),
            "03",
        ),
    ];
    for in_files in [false, true] {
        if in_files {
            move_to_files(&api).await;
        }
        for (filter, wanted) in &cases {
            let answer = query(json!({"filter": filter})).await;
            assert_eq!(ids(&answer).concat(), *wanted, "{filter} in files: {in_files}");
            assert_eq!(answer["meta"]["total"], wanted.len(), "{filter}");
        }
        // Order, pages and cursors: numbers before texts, missing values last.
        let sorted = json!([{"field": "data.n", "direction": "desc"}]);
        assert_eq!(ids(&query(json!({"sort": sorted})).await).concat(), "531024");
        let (mut cursor, mut seen) = (Value::Null, String::new());
        loop {
            let page = query(json!({"sort": sorted, "limit": 2, "cursor": cursor})).await;
            seen += &ids(&page).concat();
            cursor = page["meta"]["next_cursor"].clone();
            if cursor.is_null() {
                break;
            }
        }
        assert_eq!(seen, "531024");
        let page = query(json!({"limit": 2, "offset": 2, "fields": ["data.o.k", "data.s"]})).await;
        assert_eq!(
            page["data"],
            json!([{"id": "d2", "data": {"s": null}}, {"id": "d3", "data": {"s": "A"}}])
        );
        assert_eq!(query(json!({"external_source": "one"})).await["meta"]["total"], 3);
        // Aggregates.
        let sums = query(json!({"aggregations": [{"fn": "count", "alias": "n"}, {"fn": "sum", "field": "data.n", "alias": "sum"}, {"fn": "max", "field": "data.s", "alias": "last"}], "filter": cond("data.n", "lt", json!(100))})).await;
        assert_eq!(sums["data"], json!([{"n": 3, "sum": 13.5, "last": "b"}]));
        let whole = query(json!({"aggregations": [{"fn": "sum", "field": "data.n", "alias": "sum"}, {"fn": "min", "field": "data.n", "alias": "min"}], "filter": cond("data.n", "gt", json!(5))})).await;
        assert_eq!(whole["data"], json!([{"sum": 9_007_199_254_741_003_i64, "min": 10}]));
        let groups = query(json!({"aggregations": [{"fn": "count", "alias": "n"}], "group_by": "external_source", "sort": [{"field": "external_source"}]})).await;
        assert_eq!(
            groups["data"],
            json!([{"external_source": "one", "n": 3}, {"external_source": "two", "n": 3}])
        );
        let groups = query(json!({"aggregations": [{"fn": "count", "alias": "n"}], "group_by": ["data.b"], "sort": {"field": "n", "order": "desc"}})).await;
        assert_eq!(groups["data"][0], json!({"data.b": null, "n": 4}));
    }
    // As a query string; what is wrong says where.
    let path = "/v1/d/documents/c?limit=1&filter=%7B%22field%22%3A%22data.n%22%2C%22op%22%3A%22eq%22%2C%22value%22%3A10%7D";
    assert_eq!(ids(&api.ok("GET", path, Value::Null).await), ["3"]);
    for (body, at) in [
        (json!({"filter": {"data.n": {"$gt": 1}}}), "MongoDB"),
        (json!({"filter": {"$and": []}}), "MongoDB"),
        (json!({"filter": cond("n", "eq", json!(1))}), "/filter/field"),
        (json!({"filter": cond("data.n", "like", json!(1))}), "/filter/value"),
        (json!({"filter": cond("data.n", "matches", json!(1))}), "/filter/op"),
        (json!({"filter": {"or": [cond("data.n", "eq", Value::Null)]}}), "/filter/or/0/value"),
        (json!({"sort": [{"field": "data.n", "direction": "down"}]}), "/sort/0"),
        (json!({"limit": 0}), "limit"),
        (json!({"limit": 5000}), "limit"),
        (json!({"cursor": "x"}), "cursor"),
        (json!({"aggregations": [{"fn": "median", "alias": "m"}]}), "/aggregations/0"),
        (
            json!({"filter": (0..12).fold(cond("data.n", "eq", json!(1)), |inner, _| json!({"and": [inner]}))}),
            "nest",
        ),
        (json!({"filter": cond("data.n", "in", json!(vec![1; 101]))}), "at most 100"),
    ] {
        let (status, answer) = api.refused("POST", "/v1/d/documents/c/query", body.clone()).await;
        assert!(status == 400 && answer.to_string().contains(at), "{body}: {answer}");
    }
    // Nothing of a filter becomes part of the query.
    let sly = cond("data.s`) OR 1=1 --", "eq", json!("' OR 1=1 --"));
    assert_eq!(query(json!({"filter": sly})).await["meta"]["total"], 0);
    // Relationships are listed in the same way, and exports hold every document.
    api.ok("PUT", "/v1/d/relationships", json!({"rel_type": "r", "source_collection": "c", "source_id": "d0", "target_collection": "c", "target_id": "d1", "data": {"w": 5}})).await;
    let listed = api.ok("GET", "/v1/d/relationships?filter=%7B%22field%22%3A%22data.w%22%2C%22op%22%3A%22gt%22%2C%22value%22%3A4%7D", Value::Null).await;
    assert_eq!(
        (&listed["meta"]["total"], &listed["data"][0]["target_id"]),
        (&json!(1), &json!("d1"))
    );
    let (status, _, export) = api.raw("GET", "/v1/d/export/c?lines=data", "", "").await;
    let mut lines: Vec<Value> =
        export.as_str().unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut wanted = documents.to_vec();
    lines.sort_by_key(Value::to_string);
    wanted.sort_by_key(Value::to_string);
    assert_eq!((status, lines), (200, wanted));
}
