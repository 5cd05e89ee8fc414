//! What a query reads of files, and what EXPLAIN says of it.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/api.rs"]
mod api;

use api::Api;
use serde_json::{Map, Value, json};

const PATHS: usize = 1_000;
const DOCUMENTS: usize = 3_000;

/// A collection of documents with a thousand paths each, in files.
async fn wide(api: &Api) {
    api.ok("POST", "/v1/databases", json!({"id": "wide"})).await;
    api.ok("POST", "/v1/databases/wide/previews", json!({"name": "p"})).await;
    for collection in ["things", "others"] {
        api.ok("PUT", &format!("/v1/wide--p/collections/{collection}"), json!({})).await;
    }
    api.ok("POST", "/v1/databases/wide/promote", json!({"from": "wide--p"})).await;
    for start in (0..DOCUMENTS).step_by(200) {
        let lines: Vec<String> = (start..start + 200).map(|n| line(n).to_string()).collect();
        let (status, _, answer) =
            api.raw("POST", "/v1/wide/import/things", "", &lines.join("\n")).await;
        assert_eq!((status, &answer["failed"]), (200, &json!(0)), "{answer}");
    }
    api.ok("POST", "/v1/wide/documents/others", json!({"data": {"x": 1}})).await;
    api.ok("POST", "/v1/admin/flush", Value::Null).await;
}

/// A document: a thousand paths in objects of 25 members, with values that compress badly.
fn line(number: usize) -> Value {
    let mut document = Map::new();
    for path in 0..PATHS {
        let object = document.entry(format!("g{:02}", path / 25)).or_insert_with(|| json!({}));
        object[format!("p{:02}", path % 25)] = json!(value(number, path));
    }
    Value::Object(document)
}

fn value(number: usize, path: usize) -> u64 {
    ((number * PATHS + path) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) % 1_000_003
}

async fn reading(api: &Api, query: &str) -> String {
    let answer = api.ok("POST", "/v1/wide/sql", json!({"query": query})).await;
    let row = &answer["data"][0];
    assert_eq!(row["plan_type"], "reading", "{answer}");
    row["plan"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_on_one_path_of_a_thousand_reads_only_that_path() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    wide(&api).await;
    let query = "SELECT sum(data.g20.p03.:Int64) AS s FROM documents WHERE collection = 'things' AND deleted = false";
    let answer = api.ok("POST", "/v1/wide/sql", json!({"query": query})).await;
    let wanted: u64 = (0..DOCUMENTS).map(|number| value(number, 503)).sum();
    assert_eq!(answer["data"], json!([{"s": wanted}]));
    let whole =
        "SELECT data FROM documents WHERE collection = 'things' AND deleted = false LIMIT 1000";
    let whole = api.ok("POST", "/v1/wide/sql", json!({"query": whole})).await;
    let bytes = |answer: &Value| answer["meta"]["bytes_scanned"].as_u64().unwrap();
    // Eight bytes a row at most, and page headers; two threads may read the same page.
    let (one, all) = (bytes(&answer), bytes(&whole));
    assert!(one > 0 && one < DOCUMENTS as u64 * 20, "one path takes {one} bytes");
    assert!(all > 200 * one, "one path takes {one} of {all} bytes");

    let words = reading(&api, &format!("EXPLAIN ANALYZE {query}")).await;
    let [first, part, columns] = words.lines().take(3).collect::<Vec<_>>()[..] else {
        panic!("{words}")
    };
    assert!(
        first.starts_with("read 1 of ") && first.contains(" parts of tables: 1 of 1 files"),
        "{words}"
    );
    assert!(part.starts_with("documents of things: 1 of 1 files, "), "{words}");
    assert_eq!(columns, "  columns: data.g20.p03.:Int64", "{words}");
    assert!(part.contains("KiB of ") && part.contains(" row groups"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_tells_what_is_left_out() {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    api.ok("POST", "/v1/databases", json!({"id": "wide"})).await;
    api.ok("POST", "/v1/databases/wide/previews", json!({"name": "p"})).await;
    api.ok("PUT", "/v1/wide--p/collections/things", json!({})).await;
    api.ok("POST", "/v1/databases/wide/promote", json!({"from": "wide--p"})).await;
    let lines: Vec<String> =
        (0..60_000).map(|n| json!({"n": n, "k": format!("k{n}")}).to_string()).collect();
    for lines in lines.chunks(10_000) {
        let path = "/v1/wide/import/things?external_id_path=k";
        let answer = api.raw("POST", path, "", &lines.join("\n")).await.2;
        assert_eq!(answer["imported"], 10_000, "{answer}");
    }
    api.ok("POST", "/v1/admin/flush", Value::Null).await;
    let count = "SELECT count() FROM documents WHERE collection = 'things' AND deleted = false AND data.n.:Int64 ";

    let words = reading(&api, &format!("EXPLAIN ANALYZE {count} > 1000000")).await;
    assert!(words.contains(": 1 of 1 files, 0 of 1 row groups"), "{words}");
    assert!(words.contains("row groups and pages are chosen by data.n.:Int64 > "), "{words}");
    let words = reading(&api, &format!("EXPLAIN ANALYZE {count} < 100")).await;
    assert!(words.contains("1 of 1 row groups, 1 of 3 pages"), "{words}");
    let words = reading(&api, &format!("EXPLAIN {count} < 100")).await;
    assert!(words.starts_with("would read 1 of ") && words.contains("EXPLAIN ANALYZE"), "{words}");

    // A changed row is dead in its file, and alive in memory.
    let changed = json!({"external_id": "k7", "data": {"n": -1, "k": "k7"}});
    api.ok("POST", "/v1/wide/documents/things", changed).await;
    let words = reading(&api, &format!("EXPLAIN ANALYZE {count} < 100")).await;
    assert!(words.contains("1 rows (") && words.contains(" from memory"), "{words}");
    assert!(words.contains("  1 dead rows of files are left out"), "{words}");
    assert_eq!(reading(&api, "EXPLAIN SELECT 1").await, "reads no rows of tables");
}
