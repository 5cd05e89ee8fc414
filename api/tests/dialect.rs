//! SQL cases with answers recorded from ClickHouse, run through the real service on the real engine.
//!
//! The data is `dialect/ops.ndjson`, a stream of writes with updates and deletes. `dialect/passing.json` is a ratchet: the
//! number of cases per area that pass; it only goes up. `REKOR_DIALECT_UPDATE=1` raises it.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[path = "dialect/catalogue.rs"]
mod catalogue;
#[path = "dialect/formats.rs"]
mod formats;
#[path = "dialect/functions.rs"]
mod functions;
#[path = "dialect/layouts.rs"]
mod layouts;

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
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, path::Path, sync::Arc};

fn lines(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialect").join(name);
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn from<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_str(&value.to_string()).unwrap()
}

/// Whether the first half of the data goes to files before the second comes.
#[derive(Clone, Copy, PartialEq)]
enum Halves {
    Together,
    FirstInFiles,
}

async fn load(service: &Service, caller: &Caller, halves: Halves) {
    let mut databases: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for op in lines("ops.ndjson") {
        databases.entry(op["database"].as_str().unwrap().to_owned()).or_default().push(op);
    }
    for (id, ops) in databases {
        let name = id[..1].to_uppercase() + &id[1..];
        let tags = json!([format!("client:{id}"), "demo"]);
        service
            .create_database(
                caller,
                from::<NewDatabase>(
                    json!({"id": id, "name": name, "description": "", "tags": tags}),
                ),
            )
            .await
            .unwrap();
        service
            .create_preview(caller, &id, from::<NewPreview>(json!({"name": "setup"})))
            .await
            .unwrap();
        let preview = format!("{id}--setup");
        let (collections, rest): (Vec<_>, Vec<_>) =
            ops.into_iter().partition(|op| op["type"] == "upsert_collection");
        for op in collections {
            let change = json!({"name": op["name"], "description": op.get("description"), "json_schema": op["schema"]});
            service
                .put_collection(
                    caller,
                    &preview,
                    op["id"].as_str().unwrap(),
                    from::<CollectionChange>(change),
                    None,
                )
                .await
                .unwrap();
        }
        service.promote(caller, &id, from::<Promotion>(json!({"from": preview}))).await.unwrap();
        let groups: Vec<&[Value]> = rest.chunks(rest.len().div_ceil(2).min(500)).collect();
        for (i, group) in groups.iter().enumerate() {
            if halves == Halves::FirstInFiles && i == groups.len() / 2 {
                service.flush(caller).await.unwrap();
            }
            let operations: Vec<Value> = group
                .iter()
                .map(|op| {
                    let mut op = op.as_object().unwrap().clone();
                    op.retain(|name, _| name != "database" && name != "ts");
                    Value::Object(op)
                })
                .collect();
            service
                .batch(caller, &id, from::<Batch>(json!({"operations": operations})))
                .await
                .unwrap();
        }
    }
}

/// Objects as ClickHouse keeps them: no nulls, no empty objects, dotted names as nesting.
fn normal(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::Object(members) => {
            let mut out = Map::new();
            for (name, value) in members {
                let value = normal(value);
                if value.is_null() || value.as_object().is_some_and(Map::is_empty) {
                    continue;
                }
                let mut at = &mut out;
                let parts: Vec<&str> = name.split('.').collect();
                for part in &parts[..parts.len() - 1] {
                    let next = at.entry((*part).to_owned()).or_insert_with(|| json!({}));
                    if !next.is_object() {
                        *next = json!({});
                    }
                    at = next.as_object_mut().unwrap();
                }
                at.insert(parts[parts.len() - 1].to_owned(), value);
            }
            Value::Object(out)
        }
        other => other.clone(),
    }
}

fn same(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Bool(a), Value::Number(n)) | (Value::Number(n), Value::Bool(a)) => {
            n.as_f64() == Some(f64::from(u8::from(*a)))
        }
        (Value::Number(a), Value::Number(b)) => {
            if let (Some(a), Some(b)) = (a.as_i128(), b.as_i128()) {
                return a == b;
            }
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Array(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b.values()).all(|(a, b)| same(a, b))
        }
        (Value::Object(_), Value::Object(_)) => {
            let (a, b) = (normal(expected), normal(got));
            let (a, b) = (a.as_object().unwrap(), b.as_object().unwrap());
            a.len() == b.len()
                && a.iter().all(|(name, value)| b.get(name).is_some_and(|got| same(value, got)))
        }
        // Who recorded it read a double; what has more digits is sent as text.
        (Value::Number(a), Value::String(text)) if a.is_f64() => {
            text.parse::<f64>().ok() == a.as_f64()
        }
        (Value::Null, Value::String(text)) => matches!(text.as_str(), "nan" | "inf" | "-inf"),
        (a, b) => a == b,
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Compares an answer with ClickHouse's.
fn compare(case: &Value, expected: &Value, answer: &Value) -> Result<(), String> {
    let names: Vec<&str> = expected["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    let got_names: Vec<&str> = answer["meta"]["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["name"].as_str().unwrap())
        .collect();
    let mut expected_rows: Vec<Vec<Value>> = expected["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_array().unwrap().clone())
        .collect();
    let mut rows: Vec<Vec<Value>> = answer["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_object().unwrap().values().cloned().collect())
        .collect();
    if case["compare"] == "subset" {
        let ignored: Vec<&str> =
            case["ignore"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let kept: Vec<usize> = (0..names.len()).filter(|i| !ignored.contains(&names[*i])).collect();
        let places = kept
            .iter()
            .map(|i| {
                got_names
                    .iter()
                    .position(|name| name == &names[*i])
                    .ok_or(format!("no column {}", names[*i]))
            })
            .collect::<Result<Vec<_>, _>>()?;
        expected_rows
            .iter_mut()
            .for_each(|row| *row = kept.iter().map(|i| row[*i].clone()).collect());
        rows.iter_mut().for_each(|row| *row = places.iter().map(|i| row[*i].clone()).collect());
    } else {
        if names.len() != got_names.len() {
            return Err(format!("columns {got_names:?} instead of {names:?}"));
        }
        if let Some((wanted, got)) =
            names.iter().zip(&got_names).find(|(wanted, got)| wanted != got && is_plain(wanted))
        {
            return Err(format!("column {got} instead of {wanted}"));
        }
    }
    if expected_rows.len() != rows.len() {
        return Err(format!("{} rows instead of {}", rows.len(), expected_rows.len()));
    }
    let equal =
        |a: &[Value], b: &[Value]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b));
    if case["ordered"] == true {
        if let Some((wanted, got)) = expected_rows.iter().zip(&rows).find(|(a, b)| !equal(a, b)) {
            return Err(format!("row {got:?} instead of {wanted:?}"));
        }
    } else {
        for wanted in &expected_rows {
            let found = rows
                .iter()
                .position(|row| equal(wanted, row))
                .ok_or_else(|| format!("no row {wanted:?}"))?;
            rows.swap_remove(found);
        }
    }
    match (expected.get("totals"), answer["meta"].get("totals")) {
        (Some(wanted), Some(got))
            if !same(wanted, &got.as_object().unwrap().values().cloned().collect()) =>
        {
            Err(format!("totals {got} instead of {wanted}"))
        }
        _ => Ok(()),
    }
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap().to_owned()
}

async fn run(
    service: &Service,
    caller: &Caller,
    case: &Value,
    expected: &Value,
) -> Result<(), String> {
    let body: SqlBody = from(json!({"query": case["sql"], "params": case["params"]}));
    let answer = service.sql(caller, "acme", body).await;
    match (answer, expected.get("error").filter(|error| !error.is_null())) {
        (Ok(result), None) => compare(case, expected, &result.to_json().map_err(|e| e.message)?),
        (Err(error), Some(wanted)) => {
            let text = error.body().to_string();
            if error.kind.facts().http_status < 500
                && text.contains(wanted["name"].as_str().unwrap())
            {
                Ok(())
            } else {
                Err(format!("{text} instead of {}", wanted["name"]))
            }
        }
        (Err(error), None) => Err(error.message),
        (Ok(result), Some(wanted)) => Err(format!(
            "{} rows instead of {}",
            result.batches.iter().map(|b| b.num_rows()).sum::<usize>(),
            wanted["name"]
        )),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_answer_as_clickhouse_does() {
    let directory = tempfile::tempdir().unwrap();
    let config = ServiceConfig {
        thresholds: Thresholds { small_table_bytes: 0, ..Thresholds::default() },
        ..ServiceConfig::local(directory.path().to_owned())
    };
    let service: Arc<Service> = tokio::task::block_in_place(|| Service::open(config)).unwrap();
    let caller = Caller::new(Principal::dev_owner(), "api", "load");
    load(&service, &caller, Halves::Together).await;

    let expected: BTreeMap<String, Value> = lines("expected.jsonl")
        .into_iter()
        .map(|e| (e["name"].as_str().unwrap().to_owned(), e))
        .collect();
    let (mut passing, mut total): (BTreeMap<String, u64>, BTreeMap<String, u64>) =
        Default::default();
    let cases = lines("cases.jsonl");
    let mut failures = BTreeMap::new();
    for case in &cases {
        let (name, area) = (text(case, "name"), text(case, "area"));
        *total.entry(area.clone()).or_default() += 1;
        match run(&service, &caller, case, &expected[&name]).await {
            Ok(()) => *passing.entry(area).or_default() += 1,
            Err(why) => drop(failures.insert(name, why.chars().take(200).collect::<String>())),
        }
    }
    // Rows give the same answers from memory, from files, and from merged files.
    for stage in ["flushed", "compacted"] {
        let stats = if stage == "flushed" {
            service.flush(&caller).await.unwrap()
        } else {
            service.compact(&caller).await.unwrap()
        };
        assert!(stats.file_count > 0, "{stats:?}");
        for case in &cases {
            let name = text(case, "name");
            let outcome = run(&service, &caller, case, &expected[&name]).await;
            assert_eq!(
                outcome.is_ok(),
                !failures.contains_key(&name),
                "{name} {stage}: {outcome:?}"
            );
        }
    }
    for (name, why) in &failures {
        println!("{name}: {why}");
    }
    for (area, total) in &total {
        println!("{area}: {} of {total}", passing.get(area).copied().unwrap_or(0));
    }
    assert_eq!(
        passing["seed_examples"], total["seed_examples"],
        "the product's own examples must all pass"
    );

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dialect/passing.json");
    if std::env::var_os("REKOR_DIALECT_UPDATE").is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(&passing).unwrap() + "\n").unwrap();
    }
    let ratchet: BTreeMap<String, u64> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for (area, least) in ratchet {
        let now = passing.get(&area).copied().unwrap_or(0);
        assert!(now >= least, "{area}: {now} cases pass, {least} did before");
    }
}
