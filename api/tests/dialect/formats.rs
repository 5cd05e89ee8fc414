//! Formats of answers, byte for byte as recorded from ClickHouse (`formats/cases.jsonl`, written by `formats/record.py`), and
//! Arrow and Parquet read back.

use super::from;
use rekor_api::{
    Service, ServiceConfig,
    auth::Principal,
    query::Format,
    service::{Caller, database::NewDatabase, sql::SqlBody},
};
use serde_json::{Value, json};
use std::{path::Path, sync::Arc};

async fn service(directory: &Path) -> (Arc<Service>, Caller) {
    let config = ServiceConfig::local(directory.to_owned());
    let service = tokio::task::block_in_place(|| Service::open(config)).unwrap();
    let caller = Caller::new(Principal::dev_owner(), "api", "formats");
    let database = json!({"id": "formats", "name": "Formats"});
    service.create_database(&caller, from::<NewDatabase>(database)).await.unwrap();
    (service, caller)
}

async fn bytes(service: &Service, caller: &Caller, sql: &str, format: &str) -> Vec<u8> {
    let body: SqlBody = from(json!({"query": sql, "format": format}));
    let result = service
        .sql(caller, "formats", body)
        .await
        .unwrap_or_else(|e| panic!("{sql}: {}", e.message));
    let format = result.format.unwrap();
    result.encode(format).bytes().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn formats_print_as_clickhouse_does() {
    let directory = tempfile::tempdir().unwrap();
    let (service, caller) = service(directory.path()).await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/cases.jsonl");
    let cases: Vec<Value> = std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let only = std::env::var("REKOR_FORMATS").unwrap_or_default();
    let mut failures = Vec::new();
    for case in &cases {
        let [sql, format, wanted] =
            ["sql", "format", "text"].map(|name| case[name].as_str().unwrap());
        if !format.contains(&only) {
            continue;
        }
        let got = String::from_utf8(bytes(&service, &caller, sql, format).await).unwrap();
        // Statistics are of one run.
        let got = match got.find("\t\"statistics\":") {
            Some(at) if matches!(format, "JSON" | "JSONCompact") => &got[..at],
            _ => &got,
        };
        if got != wanted {
            failures.push(format!("{format}: {sql}\n--- got\n{got}\n--- instead of\n{wanted}"));
        }
    }
    let (count, total) = (failures.len(), cases.len());
    assert!(failures.is_empty(), "{count} of {total} cases differ:\n{}", failures.join("\n"));
}

/// FORMAT wins over the body's format; unknown formats and FORMAT in a subquery are refused.
#[tokio::test(flavor = "multi_thread")]
async fn the_query_names_its_format() {
    let directory = tempfile::tempdir().unwrap();
    let (service, caller) = service(directory.path()).await;
    let text = |sql, format| {
        let (service, caller) = (&service, &caller);
        async move { String::from_utf8(bytes(service, caller, sql, format).await).unwrap() }
    };
    assert_eq!(text("SELECT 1 AS x FORMAT CSVWithNames", "JSON").await, "\"x\"\n1\n");
    assert_eq!(text("SELECT 1 UNION ALL SELECT 1 FORMAT TabSeparated", "JSON").await, "1\n1\n");
    for (sql, name) in [
        ("SELECT 1 FORMAT Nope", "UNKNOWN_FORMAT"),
        ("SELECT * FROM (SELECT 1 FORMAT CSV)", "SYNTAX_ERROR"),
    ] {
        let error = service.sql(&caller, "formats", from(json!({"query": sql}))).await.unwrap_err();
        assert!(error.body().to_string().contains(name), "{sql}: {}", error.body());
    }
    let body = from(json!({"query": "SELECT 1", "format": "Nope"}));
    let error = service.sql(&caller, "formats", body).await.unwrap_err();
    assert!(error.message.contains("PrettyCompact"), "{}", error.message);
}

/// An answer is made piece by piece, so that nothing is made for a client that went away.
#[tokio::test(flavor = "multi_thread")]
async fn answers_come_in_pieces() {
    let directory = tempfile::tempdir().unwrap();
    let (service, caller) = service(directory.path()).await;
    let sql = "SELECT number, range(20000) AS a, 'ä' AS s FROM numbers(40)";
    let result = service.sql(&caller, "formats", from(json!({"query": sql}))).await.unwrap();
    let whole = result.to_json().unwrap();
    for pieces in [result.clone().encode_answer().unwrap(), result.encode(Format::JsonEachRow)] {
        let sizes: Vec<usize> = pieces.map(|piece| piece.unwrap().len()).collect();
        assert!(sizes.len() > 5 && sizes.iter().all(|size| *size < 2 << 20), "{sizes:?}");
    }
    let result = service.sql(&caller, "formats", from(json!({"query": sql}))).await.unwrap();
    let answer = result.encode_answer().unwrap().bytes().unwrap();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(
        (&answer["data"], &answer["meta"]["columns"]),
        (&whole["data"], &whole["meta"]["columns"])
    );
}

const COLUMNS: &str = "SELECT number::UInt32 AS n, if(number = 1, NULL, toString(number)) AS s, [number, 7] AS a, \
    CAST((number, 'y'), 'Tuple(a UInt64, b String)') AS t, map('k', number) AS m, toDate('2024-01-02') AS d, \
    toDateTime('2024-01-02 03:04:05') AS dt, toDateTime64('2024-01-02 03:04:05.678', 3, 'Europe/Berlin') AS dt64, \
    1.5::Decimal(10, 3) AS dec, true AS b, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS u, \
    toFixedString('ab', 4) AS fs, '{\"x\":1}'::JSON AS j, number::Dynamic AS dy, [NULL, 'q'] AS na FROM numbers(3)";

#[tokio::test(flavor = "multi_thread")]
async fn arrow_and_parquet_are_read_back() {
    use arrow::{
        array::RecordBatch,
        ipc::reader::{FileReader, StreamReader},
    };
    let directory = tempfile::tempdir().unwrap();
    let (service, caller) = service(directory.path()).await;
    let stream = bytes(&service, &caller, COLUMNS, "ArrowStream").await;
    let stream: Vec<RecordBatch> =
        StreamReader::try_new(stream.as_slice(), None).unwrap().map(Result::unwrap).collect();
    let file = bytes(&service, &caller, COLUMNS, "Arrow").await;
    let file: Vec<RecordBatch> = FileReader::try_new(std::io::Cursor::new(file), None)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(stream, file);
    let schema = stream[0].schema();
    let types: Vec<String> = schema
        .fields()
        .iter()
        .map(|f| {
            format!("{}: {}{}", f.name(), f.data_type(), if f.is_nullable() { "?" } else { "" })
        })
        .collect();
    assert_eq!(
        types,
        [
            "n: UInt32",
            "s: Utf8?",
            "a: List(non-null UInt64)",
            "t: Struct(\"a\": non-null UInt64, \"b\": non-null Utf8)",
            "m: Map(\"entries\": non-null Struct(\"key\": non-null Utf8, \"value\": non-null UInt64), unsorted)",
            "d: Date32",
            "dt: Timestamp(s, \"UTC\")",
            "dt64: Timestamp(ms, \"Europe/Berlin\")",
            "dec: Decimal128(10, 3)",
            "b: Boolean",
            "u: Utf8",
            "fs: FixedSizeBinary(4)",
            "j: Utf8",
            "dy: Utf8?",
            "na: List(Utf8)",
        ]
    );
    let row = arrow::util::pretty::pretty_format_batches(&[stream[0].slice(1, 1)]).unwrap();
    let row = row.to_string();
    let cells: Vec<&str> =
        row.lines().nth(3).unwrap().trim_matches('|').split('|').map(str::trim).collect();
    assert_eq!(
        cells,
        [
            "1",
            "",
            "[1, 7]",
            "{a: 1, b: y}",
            "{k: 1}",
            "2024-01-02",
            "2024-01-02T03:04:05Z",
            "2024-01-02T03:04:05.678+01:00",
            "1.500",
            "true",
            "61f0c404-5cb3-11e7-907b-a6006ad3dba0",
            "61620000",
            "{\"x\":1}",
            "1",
            "[, q]",
        ]
    );
    let parquet = bytes(&service, &caller, COLUMNS, "Parquet").await;
    assert_eq!(
        (&parquet[..4], Format::Parquet.media_type()),
        (b"PAR1".as_slice(), "application/vnd.apache.parquet")
    );
}
