//! The same rows give the same answers wherever they are: in memory, in files, in merged files, with rows dead in them.
//! The peer is an engine that keeps everything in memory and cuts each column out of the documents when asked.

#![expect(clippy::unwrap_used, reason = "a test may")]

use rekor_api::{
    Service, ServiceConfig, Thresholds,
    auth::Principal,
    service::{
        Caller,
        batch::Batch,
        collection::CollectionChange,
        database::{NewDatabase, NewPreview},
        promote::Promotion,
        sql::SqlBody,
    },
};
use serde_json::{Value, json};
use std::sync::Arc;

/// A small linear congruential generator: the same documents every time.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

const QUERIES: [&str; 34] = [
    "SELECT id, data FROM documents WHERE deleted = false",
    "SELECT count() FROM documents",
    "SELECT count() FROM documents WHERE deleted = false",
    "SELECT deleted, count(), sum(version) FROM documents GROUP BY deleted",
    "SELECT data.kind.:String AS k, count() FROM documents WHERE deleted = false GROUP BY k",
    "SELECT toString(data.kind) AS k, count() FROM documents WHERE deleted = false GROUP BY k",
    "SELECT count() FROM documents WHERE data.kind.:String = 'b' AND deleted = false",
    "SELECT count() FROM documents WHERE data.kind.:String != 'b' AND deleted = false",
    "SELECT count() FROM documents WHERE NOT (data.kind.:String = 'b') AND deleted = false",
    "SELECT id FROM documents WHERE data.kind.:String IN ('a', 'c') AND data.n.:Int64 > 50",
    "SELECT id FROM documents WHERE data.kind.:String = 'a' OR data.n.:Int64 > 90",
    "SELECT id FROM documents WHERE data.kind.:String IS NULL AND deleted = false",
    "SELECT id, data.n.:Int64 FROM documents WHERE data.n.:Int64 BETWEEN 20 AND 30 AND deleted = false",
    "SELECT min(data.n.:Int64), max(data.n.:Int64), sum(data.n.:Int64) FROM documents WHERE deleted = false",
    "SELECT toString(data.mixed) AS m, count() FROM documents WHERE deleted = false GROUP BY m",
    "SELECT countIf(NOT (data.only_numbers > 10)) FROM documents WHERE deleted = false",
    "SELECT id, CASE WHEN data.only_numbers > 10 THEN 'big' WHEN data.only_numbers <= 10 THEN 'small' ELSE 'none' END AS size FROM documents",
    "SELECT id, data.only_numbers > 10 AS big FROM documents WHERE deleted = false",
    "SELECT id, isNull(data.only_numbers > 10) AS unknown FROM documents WHERE deleted = false",
    "SELECT countIf(data.only_numbers IS NULL), countIf(data.only_numbers > 10) FROM documents WHERE deleted = false",
    "SELECT id, data.tags FROM documents WHERE deleted = false",
    "SELECT id, data.tags.:`Array(Nullable(String))` AS t FROM documents WHERE deleted = false",
    "SELECT id, data.o.x.:Int64, data.o.y, data.^o FROM documents WHERE deleted = false",
    "SELECT id, data.wide.k7, data.twice FROM documents WHERE deleted = false",
    "SELECT id, length(data.items[]) FROM documents WHERE deleted = false",
    "SELECT id, item.sku.:String AS s, item.q.:Int64 AS q FROM documents ARRAY JOIN data.items[] AS item WHERE deleted = false",
    "SELECT item.sku.:String AS s, sum(item.q.:Int64) FROM documents ARRAY JOIN data.items[] AS item WHERE deleted = false AND data.kind.:String = 'a' GROUP BY s",
    "SELECT id, external_id, version, collection, database_id FROM documents",
    "SELECT id FROM documents WHERE version > 1 AND deleted = false",
    "SELECT operation, entity_type, count() FROM operations_log GROUP BY operation, entity_type",
    "SELECT r.rel_type, d.id FROM relationships AS r JOIN documents AS d ON d.id = r.source_id WHERE r.deleted = false AND d.deleted = false",
    "SELECT count() FROM relationships WHERE deleted = true",
    "SELECT id FROM documents WHERE deleted = false ORDER BY data.n.:Int64, id LIMIT 7 OFFSET 3",
    "SELECT data.kind.:String AS k, max(updated_at) >= min(created_at) AS ok FROM documents GROUP BY k",
];

/// LIMIT may choose rows, but only right ones: the condition, and how many there must be at least.
const LIMITS: [(&str, &str); 4] = [
    (
        "SELECT id FROM documents WHERE deleted = false LIMIT 40",
        "SELECT id FROM documents WHERE deleted = false",
    ),
    (
        "SELECT id FROM documents WHERE data.kind.:String = 'b' AND deleted = false LIMIT 30",
        "SELECT id FROM documents WHERE data.kind.:String = 'b' AND deleted = false",
    ),
    (
        "SELECT id FROM documents WHERE data.kind.:String = 'b' AND data.n.:Int64 > 10 AND deleted = false LIMIT 5",
        "SELECT id FROM documents WHERE data.kind.:String = 'b' AND data.n.:Int64 > 10 AND deleted = false",
    ),
    (
        "SELECT id FROM documents WHERE deleted = true LIMIT 3",
        "SELECT id FROM documents WHERE deleted = true",
    ),
];

fn from<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_str(&value.to_string()).unwrap()
}

fn document(random: &mut Random) -> String {
    let kind = ["\"a\"", "\"b\"", "\"c\"", "null"][usize::try_from(random.below(4)).unwrap()];
    let n = random.below(100);
    let mixed =
        ["1", "\"x\"", "1.5", "true", "[1,\"x\"]", "{\"in\":1}", "18446744073709551615", "null"]
            [usize::try_from(random.below(8)).unwrap()];
    let numbers = ["3", "30", "3.5", "30.5", "null"][usize::try_from(random.below(5)).unwrap()];
    let tags = ["[]", "[\"t\"]", "[\"t\",null]", "[null]", "null"]
        [usize::try_from(random.below(5)).unwrap()];
    let items: Vec<String> = (0..random.below(4))
        .map(|i| match random.below(3) {
            0 => format!("{{\"sku\":\"s{i}\"}}"),
            1 => format!("{{\"q\":{i}}}"),
            _ => format!("{{\"sku\":\"s{}\",\"q\":{i}}}", random.below(3)),
        })
        .collect();
    let mut members = vec![
        format!("\"kind\":{kind}"),
        format!("\"n\":{n}"),
        format!("\"mixed\":{mixed}"),
        format!("\"only_numbers\":{numbers}"),
        format!("\"tags\":{tags}"),
        format!("\"items\":[{}]", items.join(",")),
    ];
    if random.below(3) == 0 {
        members.push(format!("\"o\":{{\"x\":{n},\"y\":{mixed}}}"));
    }
    if random.below(20) == 0 {
        members.push(format!("\"twice\":1,\"twice\":{n}"));
    }
    if random.below(40) == 0 {
        let wide: Vec<String> = (0..300).map(|i| format!("\"k{i}\":{i}")).collect();
        members.push(format!("\"wide\":{{{}}}", wide.join(",")));
    }
    format!("{{{}}}", members.join(","))
}

struct Peer {
    service: Arc<Service>,
    caller: Caller,
    _directory: tempfile::TempDir,
}

impl Peer {
    async fn new(small_table_bytes: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = ServiceConfig {
            thresholds: Thresholds {
                small_table_bytes,
                row_group_rows: 300,
                ..Thresholds::default()
            },
            ..ServiceConfig::local(directory.path().to_owned())
        };
        let service = tokio::task::block_in_place(|| Service::open(config)).unwrap();
        let caller = Caller::new(Principal::dev_owner(), "api", "equality");
        let peer = Self { service, caller, _directory: directory };
        let (service, caller) = (&peer.service, &peer.caller);
        let database = from::<NewDatabase>(&json!({"id": "d", "name": "d"}));
        service.create_database(caller, database).await.unwrap();
        service
            .create_preview(caller, "d", from::<NewPreview>(&json!({"name": "p"})))
            .await
            .unwrap();
        let schema = json!({"json_schema": {"type": "object", "x-rekor-cluster-by": ["data.kind", "data.n"]}});
        service
            .put_collection(caller, "d--p", "c", from::<CollectionChange>(&schema), None)
            .await
            .unwrap();
        service.promote(caller, "d", from::<Promotion>(&json!({"from": "d--p"}))).await.unwrap();
        peer
    }

    async fn write(&self, operations: &[String]) {
        let batch = format!("{{\"operations\":[{}]}}", operations.join(","));
        let batch: Batch = serde_json::from_str(&batch).unwrap();
        self.service.batch(&self.caller, "d", batch).await.unwrap();
    }

    /// The rows of an answer as text, sorted unless the query orders them.
    async fn rows(&self, query: &str) -> Vec<String> {
        let body = from::<SqlBody>(&json!({"query": query}));
        let limits = rekor_query::QueryLimits { rows: 100_000, ..Default::default() };
        let answer = self.service.sql_within(&self.caller, "d", body, limits).await;
        let answer = answer.unwrap_or_else(|error| panic!("{query}: {error}")).to_json().unwrap();
        let rows = answer["data"].as_array().unwrap();
        let mut rows: Vec<String> = rows.iter().map(Value::to_string).collect();
        if !query.contains("ORDER BY") {
            rows.sort();
        }
        rows
    }
}

async fn compare(stage: &str, memory: &Peer, files: &Peer) {
    for query in QUERIES {
        let (wanted, got) = (memory.rows(query).await, files.rows(query).await);
        let first = wanted.iter().zip(&got).find(|(a, b)| a != b);
        assert_eq!(wanted.len(), got.len(), "{stage}: {query}: {first:?}");
        assert_eq!(first, None, "{stage}: {query}");
    }
    for (limited, whole) in LIMITS {
        let (all, some) = (memory.rows(whole).await, files.rows(limited).await);
        let limit: usize = limited.rsplit(' ').next().unwrap().parse().unwrap();
        assert_eq!(some.len(), limit.min(all.len()), "{stage}: {limited}");
        let mut distinct = some.clone();
        distinct.dedup();
        assert_eq!(distinct.len(), some.len(), "{stage}: {limited} doubles a row");
        assert!(some.iter().all(|row| all.contains(row)), "{stage}: {limited} gives a wrong row");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_do_not_depend_on_where_rows_are() {
    let (memory, files) = (Peer::new(usize::MAX).await, Peer::new(0).await);
    let mut random = Random(7);
    let (mut known, mut dead_seen) = (0, false);
    for round in 0..3 {
        for _ in 0..5 {
            let mut operations = Vec::new();
            for _ in 0..700 {
                let target = random.below(known + 400);
                let id = format!("doc-{target}");
                known = known.max(target + 1);
                operations.push(format!(
                    "{{\"type\":\"upsert_document\",\"collection\":\"c\",\"id\":\"{id}\",\"external_id\":\"x{target}\",\"data\":{}}}",
                    document(&mut random)
                ));
                if random.below(9) == 0 {
                    operations.push(format!(
                        "{{\"type\":\"delete_document\",\"collection\":\"c\",\"id\":\"{id}\"}}"
                    ));
                } else if random.below(9) == 0 {
                    let other = random.below(known);
                    operations.push(format!(
                        "{{\"type\":\"upsert_relationship\",\"rel_type\":\"near\",\"source_collection\":\"c\",\"source_id\":\"{id}\",\"target_collection\":\"c\",\"target_id\":\"doc-{other}\",\"data\":{{}}}}"
                    ));
                }
            }
            for group in operations.chunks(900) {
                memory.write(group).await;
                files.write(group).await;
            }
            if random.below(2) == 0 {
                files.service.flush(&files.caller).await.unwrap();
            }
        }
        // Merging in the background may clean up at any time.
        dead_seen |= files.service.stats(&files.caller).unwrap().dead_row_count > 0;
        compare(&format!("round {round}, files and memory"), &memory, &files).await;
        files.service.flush(&files.caller).await.unwrap();
        compare(&format!("round {round}, files"), &memory, &files).await;
        let stats = files.service.stats(&files.caller).unwrap();
        assert!(stats.file_count > 1, "{stats:?}");
        if round % 2 == 1 {
            files.service.compact(&files.caller).await.unwrap();
            compare(&format!("round {round}, merged"), &memory, &files).await;
        }
    }
    assert!(dead_seen, "no file ever had dead rows");
}
