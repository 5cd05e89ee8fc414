//! Functions with answers recorded from ClickHouse: each `tests/functions/<family>.jsonl`, made by `record.py` beside it.

use super::same;
use rekor_api::{
    Service, ServiceConfig,
    auth::Principal,
    service::{Caller, database::NewDatabase, sql::SqlBody},
};
use serde_json::{Value, json};
use std::{path::Path, sync::Arc};

/// What is wrong with an answer, if something is.
async fn difference(service: &Service, caller: &Caller, case: &Value) -> Option<String> {
    let body = serde_json::from_value::<SqlBody>(json!({"query": case["sql"]})).unwrap();
    let answer = match service.sql(caller, "acme", body).await {
        Ok(result) => result.to_json().unwrap(),
        Err(error) => {
            let text = error.body().to_string();
            let wanted = case.get("error").and_then(Value::as_str);
            let expected = wanted.is_some_and(|name| text.contains(&format!("\"{name}\"")));
            return (!expected).then(|| match wanted {
                Some(name) => format!("{text} instead of {name}"),
                None => error.message,
            });
        }
    };
    if let Some(name) = case.get("error") {
        return Some(format!("{} instead of {name}", answer["data"]));
    }
    let types = |columns: &Value, member: &dyn Fn(&Value) -> String| -> Vec<String> {
        columns.as_array().unwrap().iter().map(member).collect()
    };
    // ClickHouse marks small sets of text; Rekor has no such type.
    let plain = |name: String| name.replace("LowCardinality(String)", "String");
    let wanted = types(&case["columns"], &|c| plain(c[1].as_str().unwrap().to_owned()));
    let got = types(&answer["meta"]["columns"], &|c| c["type"].as_str().unwrap().to_owned());
    if wanted != got {
        return Some(format!("types {got:?} instead of {wanted:?}"));
    }
    let rows: Vec<Value> = answer["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_object().unwrap().values().cloned().collect())
        .collect();
    let wanted = case["rows"].as_array().unwrap();
    let equal = wanted.len() == rows.len() && wanted.iter().zip(&rows).all(|(a, b)| same(a, b));
    (!equal).then(|| format!("{} instead of {}", json!(rows), json!(wanted)))
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_answer_as_clickhouse_does() {
    let directory = tempfile::tempdir().unwrap();
    let config = ServiceConfig::local(directory.path().to_owned());
    let service: Arc<Service> = tokio::task::block_in_place(|| Service::open(config)).unwrap();
    let caller =
        Caller { principal: Principal::dev_owner(), source: "api", request_id: "functions".into() };
    let database = json!({"id": "acme", "name": "Acme", "description": ""});
    let database = serde_json::from_value::<NewDatabase>(database).unwrap();
    service.create_database(&caller, database).await.unwrap();

    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let mut failures = Vec::new();
    for file in &files {
        let family = file.file_stem().unwrap().to_string_lossy();
        let text = std::fs::read_to_string(file).unwrap();
        let mut passed = 0;
        for case in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            match difference(&service, &caller, &case).await {
                None => passed += 1,
                Some(why) => failures.push(format!("{family}: {}\n    {why}", case["sql"])),
            }
        }
        println!("{family}: {passed} of {}", text.lines().count());
    }
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}
