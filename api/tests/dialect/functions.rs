//! Functions with answers recorded from ClickHouse: each `functions/<family>.jsonl` is made by `functions/record.py`.

use super::{from, same};
use rekor_api::{
    Service, ServiceConfig,
    auth::Principal,
    service::{Caller, database::NewDatabase, sql::SqlBody},
};
use serde_json::{Value, json};
use std::path::Path;

/// The types of columns and the rows of an answer, or the names of its error.
async fn answer(service: &Service, caller: &Caller, sql: &str) -> Result<(Value, Value), String> {
    let body: SqlBody = from(json!({"query": sql}));
    let result =
        service.sql(caller, "acme", body).await.map_err(|error| error.body().to_string())?;
    let json = result.to_json().map_err(|error| error.message)?;
    let types = json["meta"]["columns"].as_array().unwrap().iter();
    let rows = json["data"].as_array().unwrap().iter();
    Ok((
        types.map(|column| column["type"].clone()).collect(),
        rows.map(|row| row.as_object().unwrap().values().cloned().collect::<Value>()).collect(),
    ))
}

async fn check(service: &Service, caller: &Caller, case: &Value) -> Result<(), String> {
    let got = answer(service, caller, case["sql"].as_str().unwrap()).await;
    match (case.get("error").and_then(Value::as_str), got) {
        (Some(wanted), Err(body)) if body.contains(&format!("\"{wanted}\"")) => Ok(()),
        (Some(wanted), Err(body)) => Err(format!("{body} instead of {wanted}")),
        (Some(wanted), Ok((_, rows))) => Err(format!("{rows} instead of {wanted}")),
        (None, Err(body)) => Err(body),
        (None, Ok((types, rows))) => {
            let wanted: Value = case["columns"]
                .as_array()
                .unwrap()
                .iter()
                .map(|column| column[1].clone())
                .collect();
            if types != wanted {
                Err(format!("types {types} instead of {wanted}"))
            } else if !same(&case["rows"], &rows) {
                Err(format!("{rows} instead of {}", case["rows"]))
            } else {
                Ok(())
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_answer_as_clickhouse_does() {
    let directory = tempfile::tempdir().unwrap();
    let config = ServiceConfig::local(directory.path().to_owned());
    let service = tokio::task::block_in_place(|| Service::open(config)).unwrap();
    let caller =
        Caller { principal: Principal::dev_owner(), source: "api", request_id: "load".into() };
    let database = json!({"id": "acme", "name": "Acme", "description": "", "tags": []});
    service.create_database(&caller, from::<NewDatabase>(database)).await.unwrap();

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    paths.sort();
    let mut failures = Vec::new();
    for path in &paths {
        let family = path.file_stem().unwrap().to_string_lossy();
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            if let Err(why) = check(&service, &caller, &case).await {
                let why: String = why.chars().take(600).collect();
                failures.push(format!("{family}: {}\n    {why}", case["sql"].as_str().unwrap()));
            }
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}
