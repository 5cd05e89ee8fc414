//! Functions, compared with answers recorded from ClickHouse (`functions/*.jsonl`, written by `functions/record.py`):
//! types, rows, and the names of errors.

use super::{from, same};
use rekor_api::{
    Service, ServiceConfig,
    auth::Principal,
    service::{Caller, database::NewDatabase, sql::SqlBody},
};
use serde_json::{Value, json};
use std::path::Path;

fn cases() -> Vec<(String, Value)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions");
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let family = file.file_stem().unwrap().to_string_lossy().into_owned();
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            cases.push((family.clone(), serde_json::from_str(line).unwrap()));
        }
    }
    cases
}

/// How an answer differs from the recorded one.
async fn difference(service: &Service, caller: &Caller, case: &Value) -> Option<String> {
    let body: SqlBody = from(json!({"query": case["sql"]}));
    let answer = service.sql(caller, "functions", body).await;
    let answer = match (answer, case.get("error")) {
        (Err(error), Some(wanted)) => {
            let body = error.body();
            let named = body["error"]["details"]
                .as_array()
                .is_some_and(|details| details.iter().any(|d| d["clickhouse"] == *wanted));
            return (!named).then(|| format!("{body} instead of {wanted}"));
        }
        (Err(error), None) => return Some(error.message),
        (Ok(result), wanted) => {
            let answer = result.to_json().unwrap();
            if let Some(wanted) = wanted {
                return Some(format!("{} instead of {wanted}", answer["data"]));
            }
            answer
        }
    };
    let types = |columns: &Value, ty: &dyn Fn(&Value) -> Value| -> Vec<Value> {
        columns.as_array().unwrap().iter().map(ty).collect()
    };
    let wanted = types(&case["columns"], &|column| column[1].clone());
    let got = types(&answer["meta"]["columns"], &|column| column["type"].clone());
    if wanted != got {
        return Some(format!("types {got:?} instead of {wanted:?}"));
    }
    let got: Value = answer["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_object().unwrap().values().cloned().collect::<Value>())
        .collect();
    (!same(&case["rows"], &got)).then(|| format!("{got} instead of {}", case["rows"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_answer_as_clickhouse_does() {
    let directory = tempfile::tempdir().unwrap();
    let config = ServiceConfig::local(directory.path().to_owned());
    let service = tokio::task::block_in_place(|| Service::open(config)).unwrap();
    let caller = Caller::new(Principal::dev_owner(), "api", "functions");
    let database = json!({"id": "functions", "name": "Functions", "description": "", "tags": []});
    service.create_database(&caller, from::<NewDatabase>(database)).await.unwrap();
    let only = std::env::var("REKOR_FUNCTIONS").unwrap_or_default();
    let (mut count, mut failures) = (0, Vec::new());
    for (family, case) in cases().into_iter().filter(|(family, _)| family.contains(&only)) {
        count += 1;
        if let Some(why) = difference(&service, &caller, &case).await {
            failures.push(format!("{family}: {}\n    {why}", case["sql"].as_str().unwrap()));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {count} cases differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
