//! Kept answers over a real listener: every type comes back, who may use one, what they may hold, and how they end.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/api.rs"]
mod api;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/mcp.rs"]
mod mcp;

use api::{Api, OWNER};
use base64::{Engine, engine::general_purpose::STANDARD};
use mcp::{MODERN, Mcp};
use rekor_api::ServiceConfig;
use rekor_core::limits;
use rekor_query::{Execution, Patience};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

async fn start() -> (tempfile::TempDir, Api) {
    let directory = tempfile::tempdir().unwrap();
    let api = Api::start(directory.path()).await;
    (directory, api)
}

/// A database with two collections, `notes` and `secrets`, of three documents each.
async fn two_collections(api: &Api, db: &str) {
    let preview = format!("{db}--p");
    api.ok("POST", "/v1/databases", json!({"id": db})).await;
    api.ok("POST", &format!("/v1/databases/{db}/previews"), json!({"name": "p"})).await;
    for collection in ["notes", "secrets"] {
        let path = format!("/v1/{preview}/collections/{collection}");
        api.ok("PUT", &path, json!({"json_schema": {}})).await;
    }
    api.ok("POST", &format!("/v1/databases/{db}/promote"), json!({"from": preview})).await;
    for collection in ["notes", "secrets"] {
        for n in 1..=3 {
            let body = json!({"external_id": format!("{collection}-{n}"), "data": {"n": n}});
            api.ok("POST", &format!("/v1/{db}/documents/{collection}"), body).await;
        }
    }
}

async fn sql(api: &Api, db: &str, query: &str) -> Value {
    api.ok("POST", &format!("/v1/{db}/sql"), json!({"query": query})).await
}

/// Keeps the answer of a query; what `meta.result` says of it.
async fn keep(api: &Api, db: &str, query: &str) -> Value {
    let body = json!({"query": query, "keep": true});
    api.ok("POST", &format!("/v1/{db}/sql"), body).await["meta"]["result"].clone()
}

fn id(kept: &Value) -> String {
    kept["id"].as_str().unwrap().to_owned()
}

/// The text of an answer in a format.
async fn text(api: &Api, db: &str, query: &str) -> String {
    let (status, _, answer) =
        api.raw("POST", &format!("/v1/{db}/sql"), "", &json!({"query": query}).to_string()).await;
    assert_eq!(status, 200, "{query}: {answer}");
    answer.as_str().map_or_else(|| answer.to_string(), str::to_owned)
}

async fn token(api: &Api, grants: Value) -> (Api, String) {
    let made = api.ok("POST", "/v1/tokens", json!({"name": "t", "grants": grants})).await;
    (api.with(made["token"].as_str().unwrap()), made["id"].as_str().unwrap().to_owned())
}

/// Values of every type of the dialect, two rows of each where that says more.
const VALUES: &[&str] = &[
    "true",
    "toInt8(-128)",
    "toInt16(-32768)",
    "toInt32(-2147483648)",
    "toInt64(-9223372036854775808)",
    "toUInt8(255)",
    "toUInt16(65535)",
    "toUInt32(4294967295)",
    "toUInt64(18446744073709551615)",
    "toFloat32(0.1)",
    "0.1",
    "nan",
    "-inf",
    "toDecimal32(1.25, 2)",
    "toDecimal64(-1.2345, 4)",
    "CAST('123456789012345678901234567.0123456789' AS Decimal(38, 10))",
    "CAST('1.5' AS Decimal(76, 20))",
    "'text ä€😀'",
    "''",
    "hex(unhex('00FF80C3'))",
    "unhex('41FFFE42')",
    "toFixedString('ab', 4)",
    "toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')",
    "toDate('2026-02-28')",
    "toDate32('1925-01-01')",
    "toDateTime('2026-02-28 12:34:56')",
    "toDateTime('2026-02-28 12:34:56', 'Asia/Tokyo')",
    "toDateTime64('2026-02-28 12:34:56.789', 3, 'UTC')",
    "toDateTime64('2026-02-28 12:34:56', 0)",
    "toDateTime64('2026-02-28 12:34:56.7', 1)",
    "toDateTime64('2026-02-28 12:34:56.789123', 6, 'Europe/Berlin')",
    "toDateTime64('2026-02-28 12:34:56.789123456', 9)",
    "INTERVAL 3 MONTH",
    "INTERVAL 7 SECOND",
    "CAST('b' AS Enum8('a' = 1, 'b' = 2))",
    "CAST('x' AS Enum16('x' = -1000, 'y, \"z\"' = 3))",
    "NULL",
    "toNullable(toInt16(5))",
    "if(number = 0, NULL, toUInt8(7))",
    "if(number = 0, NULL, 'some')",
    "if(number = 0, NULL, toDateTime('2026-02-28 12:34:56', 'UTC'))",
    "CAST(if(number = 0, NULL, 'a') AS Nullable(Enum8('a' = 1)))",
    "CAST('low' AS LowCardinality(String))",
    "[]",
    "[1, 2, 3]",
    "[NULL, 'a', 'b']",
    "[[1], [], [2, 3]]",
    "[toDateTime64('2026-02-28 12:34:56.789', 3, 'Asia/Tokyo')]",
    "[toDecimal64(1.5, 3)]",
    "(1, 'a', NULL)",
    "tuple(1)",
    "CAST((1, 'x') AS Tuple(n UInt8, name String))",
    "[(1, 'a'), (2, 'b')]",
    "CAST((toDate('2026-02-28'), [1.5]) AS Tuple(day Date, xs Array(Float64)))",
    "map('a', 1, 'b', 2)",
    "map('k', [1, 2], 'l', [])",
    "map(1, map('x', toDateTime('2026-02-28 12:34:56', 'UTC')))",
    "CAST('{\"a\": {\"b\": [1, \"x\", null]}, \"big\": 12345678901234567890123}' AS JSON)",
    "CAST(if(number = 0, 5, 6) AS Dynamic)",
    "CAST('text' AS Dynamic)",
    "CAST(NULL AS Dynamic)",
    "CAST('v' AS Variant(UInt64, String))",
    "CAST(toUInt64(5) AS Variant(UInt64, String))",
    "[CAST(1 AS Dynamic), CAST('a' AS Dynamic)]",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_type_comes_back() {
    let (_directory, api) = start().await;
    api.ok("POST", "/v1/databases", json!({"id": "t"})).await;
    let mut wrong = Vec::new();
    for value in VALUES {
        let query = format!(
            "SELECT {value} AS v, toTypeName(v) AS t, number AS n FROM numbers(2) ORDER BY n"
        );
        let shown = text(&api, "t", &format!("{query} FORMAT JSONCompact")).await;
        let shown: Value = serde_json::from_str(&shown).unwrap();
        let kept = keep(&api, "t", &query).await;
        let back = format!("SELECT * FROM result('{}') FORMAT JSONCompact", id(&kept));
        let (status, _, back) =
            api.raw("POST", "/v1/t/sql", "", &json!({"query": back}).to_string()).await;
        let again = format!(
            "SELECT toTypeName(v) = any(t) AS same FROM result('{}') GROUP BY v",
            id(&kept)
        );
        let again = api.call("POST", "/v1/t/sql", json!({"query": again})).await;
        let same = |name: &str| shown[name] == back[name];
        if status != 200 || !same("meta") || !same("data") {
            wrong.push(format!("{value}:\n  {shown}\n  {back}"));
        } else if again.0 == 200 && again.1["data"][0]["same"] != 1 {
            wrong.push(format!("{value}: {}", again.1));
        }
        // What is kept of what was kept is the same.
        let twice = keep(&api, "t", &format!("SELECT * FROM result('{}')", id(&kept))).await;
        assert_eq!(twice["columns"], kept["columns"], "{value}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer_is_kept_whole_in_its_order_and_goes_on() {
    let (_directory, api) = start().await;
    two_collections(&api, "shop").await;
    let query = "SELECT number AS n, if(n % 10 = 0, NULL, concat('row ', toString(n))) AS text, n / 4 AS q FROM numbers(50000) ORDER BY n";
    let answer = api.ok("POST", "/v1/shop/sql", json!({"query": query, "keep": true})).await;
    assert_eq!(answer["data"].as_array().unwrap().len(), limits::SQL_ROWS_MAX);
    assert_eq!(answer["meta"]["has_more"], true);
    let kept = &answer["meta"]["result"];
    assert_eq!((&kept["rows"], &kept["truncated"]), (&json!(50_000), &json!(false)));
    assert_eq!(
        kept["columns"][0],
        json!({"name": "n", "type": "UInt64", "nulls": 0, "min": 0, "max": 49_999})
    );
    assert_eq!(
        kept["columns"][1],
        json!({"name": "text", "type": "Nullable(String)", "nulls": 5_000, "min": "row 1", "max": "row 9999"})
    );
    assert_eq!(kept["columns"][2]["max"], 12_499.75);
    let r = id(kept);

    // A page, an aggregate, a subquery, a join with documents.
    let page =
        sql(&api, "shop", &format!("SELECT n FROM result('{r}') LIMIT 2 OFFSET 40000")).await;
    assert_eq!(page["data"], json!([{"n": 40_000}, {"n": 40_001}]));
    let sums = sql(&api, "shop", &format!("SELECT count() AS c, sum(n) AS s, count(text) AS t FROM result('{r}') AS x WHERE x.n >= 10")).await;
    assert_eq!(sums["data"], json!([{"c": 49_990, "s": 1_249_974_955_u64, "t": 44_991}]));
    let inside = sql(&api, "shop", &format!("SELECT max(n) AS m FROM (SELECT n FROM result('{r}') WHERE n IN (SELECT n * 2 FROM result('{r}') WHERE n < 7))")).await;
    assert_eq!(inside["data"], json!([{"m": 12}]));
    let joined = sql(&api, "shop", &format!("SELECT d.external_id AS e, r.text AS text FROM documents AS d INNER JOIN result('{r}') AS r ON r.n = CAST(d.data.n, 'UInt64') WHERE d.collection = 'notes' AND d.deleted = false ORDER BY e")).await;
    assert_eq!(joined["data"][2], json!({"e": "notes-3", "text": "row 3"}));
    let bound = api
        .ok(
            "POST",
            "/v1/shop/sql",
            json!({"query": "SELECT count() AS c FROM result({r:String})", "params": {"r": r}}),
        )
        .await;
    assert_eq!(bound["data"], json!([{"c": 50_000}]));
    let explained =
        sql(&api, "shop", &format!("EXPLAIN ANALYZE SELECT n FROM result('{r}')")).await;
    assert!(
        explained["data"][0]["plan"]
            .as_str()
            .unwrap()
            .contains(&format!("result {r}: 1 of 1 files")),
        "{explained}"
    );
    // A result of a result and of documents.
    let second = keep(&api, "shop", &format!("SELECT n, data FROM result('{r}') AS r, documents AS d WHERE d.collection = 'notes' AND n < 2 ORDER BY n, d.external_id")).await;
    assert_eq!(second["rows"], 6);
    let cut = sql(
        &api,
        "shop",
        &format!("SELECT sum(CAST(data.n, 'Int64')) AS s FROM result('{}')", id(&second)),
    )
    .await;
    assert_eq!(cut["data"], json!([{"s": 12}]));

    let listed = api.ok("GET", "/v1/shop/results", Value::Null).await;
    let ids: Vec<&str> =
        listed["data"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&r.as_str()));
    assert_eq!(&api.ok("GET", &format!("/v1/shop/results/{r}"), Value::Null).await, kept);

    // Downloads hold all rows in their order.
    let download = |format: &str| format!("/v1/shop/results/{r}/download?format={format}");
    let (status, head, lines) = api.raw("GET", &download("JSONEachRow"), "", "").await;
    let lines: Vec<Value> =
        lines.as_str().unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((status, lines.len()), (200, 50_000));
    let strange = lines.iter().enumerate().find(|(at, row)| row["n"] != json!(at));
    assert!(strange.is_none(), "{strange:?}");
    assert!(head.contains(&format!("attachment; filename=\"{r}.ndjson\"")), "{head}");
    let csv = api.raw("GET", &download("CSVWithNames"), "", "").await.2;
    assert_eq!(csv.as_str().unwrap().lines().count(), 50_001);
    let refused = api.refused("GET", &download("Pretty"), Value::Null).await;
    assert!(
        refused.0 == 400 && refused.1["error"]["message"].as_str().unwrap().contains("Parquet")
    );
    assert_eq!(api.refused("GET", &download("XML"), Value::Null).await.0, 400);

    // And it can be removed.
    let gone = api.ok("DELETE", &format!("/v1/shop/results/{r}"), Value::Null).await;
    assert_eq!(gone, json!({"id": r, "deleted": true}));
    assert_eq!(api.refused("GET", &format!("/v1/shop/results/{r}"), Value::Null).await.0, 404);
    assert_eq!(api.refused("GET", &download("Parquet"), Value::Null).await.0, 404);
    let error = api
        .refused("POST", "/v1/shop/sql", json!({"query": format!("SELECT 1 FROM result('{r}')")}))
        .await;
    assert_eq!(
        (error.0, &error.1["error"]["details"][0]["clickhouse"]),
        (400, &json!("UNKNOWN_TABLE"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_cut_and_counted() {
    let (_directory, api) = start().await;
    api.ok("POST", "/v1/databases", json!({"id": "t"})).await;
    let rows = keep(
        &api,
        "t",
        "SELECT number AS n FROM numbers(1000000) UNION ALL SELECT number AS n FROM numbers(10)",
    )
    .await;
    assert_eq!(
        (&rows["rows"], &rows["truncated"], &rows["truncated_by"]),
        (&json!(limits::RESULT_ROWS_MAX), &json!(true), &json!("rows"))
    );
    // Digests do not compress: 64 bytes of each row.
    let bytes = keep(&api, "t", "SELECT n, SHA512(toString(n)) AS a, SHA512(toString(n + 1)) AS b, SHA512(toString(n + 2)) AS c FROM (SELECT number AS n FROM numbers(700000))").await;
    assert_eq!(
        (&bytes["truncated"], &bytes["truncated_by"]),
        (&json!(true), &json!("bytes")),
        "{bytes}"
    );
    let size = bytes["bytes"].as_u64().unwrap();
    let max = limits::RESULT_BYTES_MAX as u64;
    assert!(size <= max && size > max * 8 / 10, "{size}");
    let counted =
        sql(&api, "t", &format!("SELECT count() AS c FROM result('{}')", id(&bytes))).await;
    assert_eq!(counted["data"][0]["c"], bytes["rows"]);
    // What cannot be kept says so.
    for (body, word) in [
        (json!({"query": "EXPLAIN SELECT 1", "keep": true}), "EXPLAIN"),
        (json!({"query": "SELECT nonsense", "keep": true}), "nonsense"),
        (json!({"query": "SELECT 1", "keep": "yes"}), "expected a boolean"),
    ] {
        let (status, error) = api.refused("POST", "/v1/t/sql", body).await;
        assert!(status == 400 && error.to_string().contains(word), "{error}");
    }
    // A failed query leaves nothing behind.
    let failed = json!({"query": "SELECT throwIf(number = 90000, 'stop') FROM numbers(100000)", "keep": true});
    let before = api.ok("GET", "/v1/t/results", Value::Null).await;
    api.refused("POST", "/v1/t/sql", failed).await;
    assert_eq!(api.ok("GET", "/v1/t/results", Value::Null).await, before);
    let with_totals = api.ok("POST", "/v1/t/sql", json!({"query": "SELECT number % 3 AS k, count() AS c FROM numbers(9) GROUP BY k WITH TOTALS ORDER BY k", "keep": true, "format": "JSON"})).await;
    assert_eq!(with_totals["totals"]["c"], json!(9));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_made_it_and_still_sees_it_all() {
    let (directory, api) = start().await;
    two_collections(&api, "shop").await;
    two_collections(&api, "other").await;
    let documents = |collections: Value| json!([{"scope": {"databases": ["shop"], "collections": collections}, "permissions": ["read:documents"]}]);
    let (a, a_id) = token(&api, documents(json!(["notes"]))).await;
    let (b, _) = token(&api, documents(json!(["notes"]))).await;
    let query = "SELECT external_id AS e, data FROM documents ORDER BY e";
    let kept = keep(&a, "shop", query).await;
    assert_eq!(kept["rows"], 3);
    let r = id(&kept);
    let ask = format!("SELECT count() AS c FROM result('{r}')");
    assert_eq!(sql(&a, "shop", &ask).await["data"], json!([{"c": 3}]));

    // For everybody else, and everywhere else, it is not there, in the same words as one that never was.
    let never = format!("SELECT count() AS c FROM result('r_{}')", "0".repeat(32));
    let unknown = api.refused("POST", "/v1/shop/sql", json!({"query": never})).await;
    let same_words = |error: &Value| {
        let words = error["error"]["message"].as_str().unwrap().replace(&r, "…");
        let expected = unknown.1["error"]["message"].as_str().unwrap();
        assert_eq!(words, expected.replace(&format!("r_{}", "0".repeat(32)), "…"));
    };
    for (who, db) in [(&b, "shop"), (&api, "shop"), (&api, "other")] {
        let (status, error) =
            who.refused("POST", &format!("/v1/{db}/sql"), json!({"query": ask})).await;
        assert_eq!(
            (status, &error["error"]["details"][0]["clickhouse"]),
            (400, &json!("UNKNOWN_TABLE"))
        );
        same_words(&error);
        for (method, path) in [("GET", ""), ("GET", "/download"), ("DELETE", "")] {
            let path = format!("/v1/{db}/results/{r}{path}");
            let (status, error) = who.refused(method, &path, Value::Null).await;
            assert_eq!(status, 404, "{method} {path}");
            same_words(&error);
        }
        let listed = who.ok("GET", &format!("/v1/{db}/results"), Value::Null).await;
        assert_eq!(listed["meta"]["total"], 0);
    }
    for bad in ["", "r_", "x", "../../shards", "r_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"] {
        let query = format!("SELECT 1 FROM result('{bad}')");
        let (status, _) = api.refused("POST", "/v1/shop/sql", json!({"query": query})).await;
        assert_eq!(status, 400, "{bad}");
    }
    for query in [
        "SELECT 1 FROM result()",
        "SELECT 1 FROM result(1)",
        "SELECT 1 FROM result('a', 'b')",
        "SELECT 1 FROM result(collection)",
    ] {
        assert_eq!(
            api.refused("POST", "/v1/shop/sql", json!({"query": query})).await.0,
            400,
            "{query}"
        );
    }

    // A person whose rights shrink has the rows no longer.
    let person = json!({"login": "p@example.com", "name": "P", "password": "a long password of p", "role": "member", "grants": documents(json!(["notes", "secrets"]))});
    let made = api.ok("POST", "/v1/users", person).await;
    let login = json!({"login": "p@example.com", "password": "a long password of p"});
    let session = api.ok("POST", "/v1/auth/login", login).await;
    let person = api.with(session["token"].as_str().or(session["session"].as_str()).unwrap());
    let both = id(&keep(&person, "shop", query).await);
    let ask = format!("SELECT count() AS c FROM result('{both}')");
    assert_eq!(sql(&person, "shop", &ask).await["data"], json!([{"c": 6}]));
    let user = format!("/v1/users/{}", made["id"].as_str().unwrap());
    api.ok("PUT", &user, json!({"grants": documents(json!(["notes"]))})).await;
    assert_eq!(person.refused("POST", "/v1/shop/sql", json!({"query": ask})).await.0, 400);
    assert_eq!(person.ok("GET", "/v1/shop/results", Value::Null).await["meta"]["total"], 0);
    api.ok("PUT", &user, json!({"grants": documents(json!(["notes", "secrets"]))})).await;
    assert_eq!(sql(&person, "shop", &ask).await["data"], json!([{"c": 6}]));

    // Revoking the token removes what it kept.
    let owners = || {
        let objects = objects(directory.path());
        objects.iter().map(|path| path.parent().unwrap().to_owned()).collect::<BTreeSet<_>>().len()
    };
    assert_eq!(owners(), 2);
    api.ok("DELETE", &format!("/v1/tokens/{a_id}"), Value::Null).await;
    assert_eq!(a.refused("POST", "/v1/shop/sql", json!({"query": "SELECT 1"})).await.0, 401);
    for _ in 0..100 {
        if owners() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(owners(), 1, "the rows of a revoked token are still there");
}

/// The objects below `results/`.
fn objects(directory: &Path) -> Vec<PathBuf> {
    let owners = std::fs::read_dir(directory.join("results")).into_iter().flatten();
    let files = owners.flat_map(|owner| std::fs::read_dir(owner.unwrap().path()).unwrap());
    files.map(|file| file.unwrap().path()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_ends_with_its_hour() {
    let (directory, api) = start().await;
    api.ok("POST", "/v1/databases", json!({"id": "t"})).await;
    let r = id(&keep(&api, "t", "SELECT 7 AS n").await);
    let ask = format!("SELECT n FROM result('{r}')");
    let read_only = Api::serve(ServiceConfig {
        read_only: true,
        owner_token: Some(OWNER.into()),
        ..ServiceConfig::local(directory.path().to_owned())
    })
    .await;
    assert_eq!(sql(&read_only, "t", &ask).await["data"], json!([{"n": 7}]));
    let keeping = json!({"query": "SELECT 1", "keep": true});
    let (status, error) = read_only.refused("POST", "/v1/t/sql", keeping).await;
    assert!(status == 503 && error.to_string().contains("keeps no answers"), "{error}");

    // Names say when objects end; an hour ago, this one did.
    let kept = objects(directory.path());
    assert_eq!(kept.len(), 2);
    for path in &kept {
        let name = path.file_name().unwrap().to_str().unwrap();
        let (expires, rest) = name.split_once('-').unwrap();
        let expires: i64 = expires.parse().unwrap();
        let moved = path.with_file_name(format!("{:014}-{rest}", expires - limits::RESULT_TTL_MS));
        std::fs::rename(path, moved).unwrap();
    }
    assert_eq!(api.refused("POST", "/v1/t/sql", json!({"query": ask})).await.0, 400);
    assert_eq!(api.refused("GET", &format!("/v1/t/results/{r}"), Value::Null).await.0, 404);
    // Whenever a token goes the server looks for what nobody can use.
    let (_, token) =
        token(&api, json!([{"scope": {"databases": ["t"]}, "permissions": ["*"]}])).await;
    api.ok("DELETE", &format!("/v1/tokens/{token}"), Value::Null).await;
    for _ in 0..100 {
        if objects(directory.path()).is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(objects(directory.path()).is_empty(), "an old answer is not removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_one_endpoint_is_not_there_in_a_narrower_one() {
    let (_directory, api) = start().await;
    two_collections(&api, "shop").await;
    let list = |collections: &[&str]| {
        let tools: Vec<Value> =
            collections.iter().map(|c| json!({"collection": c, "operations": ["list"]})).collect();
        json!({"tools": tools, "sql_query": true})
    };
    for (slug, collections) in [("wide", vec!["notes", "secrets"]), ("narrow", vec!["notes"])] {
        let path = format!("/v1/shop--p/endpoints/{slug}");
        api.ok("PUT", &path, list(&collections)).await;
    }
    api.ok("POST", "/v1/databases/shop/promote", json!({"from": "shop--p"})).await;
    let grants = json!([{"scope": {"databases": ["shop"], "environments": ["production"]}, "permissions": ["*"]}]);
    let (a, _) = token(&api, grants.clone()).await;
    let (b, _) = token(&api, grants).await;
    let client =
        |api: &Api, slug: &str| Mcp::new(api.port, &api.token).at(&format!("/e/{slug}/mcp"));
    let long = "SELECT toString(data) AS text, repeat('x', 30) AS x, number FROM documents, numbers(1000) WHERE collection = 'COLLECTION'";
    let kept = |collection: &str| json!({"query": long.replace("COLLECTION", collection)});
    let (wide, narrow) = (client(&a, "wide"), client(&a, "narrow"));
    let answer = wide.call("sql_query", kept("secrets")).await;
    assert!(!answer.to_string().contains("rekor"), "{answer}");
    let r = id(&answer["structuredContent"]["result"]);
    let ask = json!({"query": format!("SELECT count() FROM result('{r}')")});
    let uri = json!({"uri": format!("result://{r}")});
    assert_eq!(wide.ok("sql_query", ask.clone()).await["rows"], json!([[3_000]]));
    assert!(wide.rpc("resources/read", uri.clone()).await.get("result").is_some());
    // The same token elsewhere, and another token here.
    for other in [narrow.clone(), client(&b, "wide"), client(&b, "narrow")] {
        let error = other.refused("sql_query", ask.clone()).await;
        assert_eq!(error["details"][0]["clickhouse"], "UNKNOWN_TABLE", "{error}");
        assert!(other.rpc("resources/read", uri.clone()).await.get("error").is_some());
    }
    // What the narrow one made is there in the wide one: that sees all of it.
    let answer = narrow.ok("sql_query", kept("notes")).await;
    let ask = format!("SELECT count() FROM result('{}')", id(&answer["result"]));
    assert_eq!(wide.ok("sql_query", json!({"query": ask})).await["rows"], json!([[3_000]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_give_way() {
    let (_directory, api) = start().await;
    api.ok("POST", "/v1/databases", json!({"id": "t"})).await;
    let first = id(&keep(&api, "t", "SELECT 0 AS n").await);
    for n in 1..=limits::RESULTS_PER_CREDENTIAL_MAX {
        keep(&api, "t", &format!("SELECT {n} AS n")).await;
    }
    let listed = api.ok("GET", "/v1/t/results?limit=1000", Value::Null).await;
    assert_eq!(listed["meta"]["total"], limits::RESULTS_PER_CREDENTIAL_MAX);
    assert!(!listed.to_string().contains(&first));
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_get_a_handle_when_an_answer_is_too_long() {
    let (_directory, api) = start().await;
    two_collections(&api, "shop").await;
    let mcp = Mcp { version: MODERN, ..Mcp::new(api.port, OWNER) };
    let ask = |query: &str| json!({"database_id": "shop", "query": query});
    let short = mcp.ok("sql_query", ask("SELECT number FROM numbers(10)")).await;
    assert!(short.get("result").is_none() && short.get("truncated").is_none());
    // Too many bytes, and too many rows.
    for (query, rows) in [
        ("SELECT number AS n, repeat('x', 100) AS x FROM numbers(900)", 900),
        ("SELECT number AS n FROM numbers(5000)", 5_000),
        ("SELECT number AS n, repeat('x', 100) AS x FROM numbers(5000)", 5_000),
    ] {
        let result = mcp.call("sql_query", ask(query)).await;
        let (structured, text) =
            (&result["structuredContent"], result["content"][0]["text"].as_str().unwrap());
        assert!(
            structured.to_string().len() <= limits::MCP_RESULT_BYTES_MAX
                && text.len() <= limits::MCP_RESULT_BYTES_MAX
        );
        let shown = structured["rows"].as_array().unwrap().len();
        assert_eq!(structured["truncated"]["shown"], shown);
        assert_eq!(
            (&structured["truncated"]["of"], &structured["result"]["rows"]),
            (&json!(rows), &json!(rows))
        );
        let r = id(&structured["result"]);
        assert!(text.contains(&format!("FROM result('{r}')")), "{text}");
        let link = result["content"]
            .as_array()
            .unwrap()
            .iter()
            .find(|c| c["type"] == "resource_link")
            .unwrap();
        assert_eq!(link["uri"], format!("rekor://result/shop/{r}"));
        let on =
            mcp.ok("sql_query", ask(&format!("SELECT count(), max(n) FROM result('{r}')"))).await;
        assert_eq!(on["rows"], json!([[rows, rows - 1]]));
        let read = mcp.result("resources/read", json!({"uri": link["uri"]})).await;
        let blob = STANDARD.decode(read["contents"][0]["blob"].as_str().unwrap()).unwrap();
        assert!(blob.starts_with(b"PAR1") && blob.ends_with(b"PAR1"));
    }
    // Another token reads no resource of it.
    let kept = mcp.ok("sql_query", ask("SELECT number AS n FROM numbers(5000)")).await;
    let uri = format!("rekor://result/shop/{}", id(&kept["result"]));
    let (other, _) =
        token(&api, json!([{"scope": {"databases": ["shop"]}, "permissions": ["*"]}])).await;
    let other = Mcp { token: other.token, ..mcp.clone() };
    let refused = other.rpc("resources/read", json!({"uri": uri})).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("no result"), "{refused}");
}

/// A server whose queries wait only so long for others, with as many downloads as may run at once, which nobody reads.
async fn with_stalled_downloads(directory: &Path, patience: Patience) -> (Api, Vec<TcpStream>) {
    let api = Api::serve(ServiceConfig {
        owner_token: Some(OWNER.into()),
        execution: Execution { patience, ..Execution::default() },
        ..ServiceConfig::local(directory.to_owned())
    })
    .await;
    api.ok("POST", "/v1/databases", json!({"id": "shop"})).await;
    // More than the sockets take in.
    let long = "SELECT number, repeat('x', 1000) AS text FROM numbers(50000)";
    let path =
        format!("/v1/shop/results/{}/download?format=CSV", id(&keep(&api, "shop", long).await));
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {OWNER}\r\n\r\n");
    let mut stalled = Vec::new();
    for _ in 0..limits::SQL_CONCURRENT_MAX {
        let mut stream = TcpStream::connect(("127.0.0.1", api.port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        // The head of the answer is there, and so is the query.
        stream.readable().await.unwrap();
        stalled.push(stream);
    }
    (api, stalled)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_waits_only_so_long_for_its_turn() {
    let directory = tempfile::tempdir().unwrap();
    let patience = Patience { turn: Duration::from_millis(200), ..Patience::default() };
    let (api, stalled) = with_stalled_downloads(directory.path(), patience).await;
    let body = json!({"query": "SELECT 1"}).to_string();
    let (status, head, error) = api.raw("POST", "/v1/shop/sql", "", &body).await;
    assert_eq!((status, &error["error"]["code"]), (429, &json!("RATE_LIMITED")));
    assert!(head.contains("retry-after: 1"), "{head}");
    drop(stalled);
    // That nobody is there any more is seen soon.
    for _ in 0..50 {
        if api.raw("POST", "/v1/shop/sql", "", &body).await.0 == 200 {
            return;
        }
    }
    panic!("downloads whose clients went away still hold their places");
}

#[tokio::test(flavor = "multi_thread")]
async fn downloads_that_nobody_reads_give_their_places_up() {
    let directory = tempfile::tempdir().unwrap();
    let patience = Patience { reader: Duration::from_millis(200), ..Patience::default() };
    let (api, _stalled) = with_stalled_downloads(directory.path(), patience).await;
    assert_eq!(sql(&api, "shop", "SELECT 1 AS n").await["data"], json!([{"n": 1}]));
}
