//! Queries past a limit end with an error, soon, and the server goes on.

#![expect(clippy::unwrap_used, reason = "a test may")]

use rekor_api::{
    Service, ServiceConfig,
    auth::Principal,
    service::{Caller, database::NewDatabase, sql::SqlBody},
};
use rekor_query::QueryLimits;
use serde_json::{Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

fn from<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_str(&value.to_string()).unwrap()
}

/// The code and ClickHouse's name of the error of a query, and how long it took.
async fn refused(
    service: &Service,
    caller: &Caller,
    query: &str,
    limits: QueryLimits,
) -> (String, Duration) {
    let started = Instant::now();
    let body = from::<SqlBody>(&json!({"query": query}));
    let error = service.sql_within(caller, "d", body, limits).await.unwrap_err();
    (error.body().to_string(), started.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_past_its_limits_ends_soon() {
    let directory = tempfile::tempdir().unwrap();
    let config = ServiceConfig { ..ServiceConfig::local(directory.path().to_owned()) };
    let service: Arc<Service> = tokio::task::block_in_place(|| Service::open(config)).unwrap();
    let caller = Caller::new(Principal::dev_owner(), "api", "limits");
    let database = from::<NewDatabase>(&json!({"id": "d", "name": "d"}));
    service.create_database(&caller, database).await.unwrap();

    let short = QueryLimits { time: Duration::from_millis(400), ..QueryLimits::default() };
    for query in [
        "SELECT sum(length(repeat(toString(number), 700))) FROM numbers(1000000)",
        "SELECT groupArray(repeat(toString(number), 60)) FROM numbers(1000000)",
        "SELECT count() FROM numbers(1000000) AS a JOIN numbers(1000000) AS b ON a.number % 3 = b.number % 3",
        "SELECT arraySort(x -> -x, range(1000000)) FROM numbers(50)",
    ] {
        let (error, took) = refused(&service, &caller, query, short).await;
        assert!(
            error.contains("TIMEOUT_EXCEEDED")
                || error.contains("MEMORY_LIMIT_EXCEEDED")
                || error.contains("UNKNOWN_FUNCTION"),
            "{query}: {error}"
        );
        assert!(took < Duration::from_secs(4), "{query} took {took:?}");
    }

    let small = QueryLimits { memory_bytes: 4 << 20, ..QueryLimits::default() };
    for query in [
        "SELECT groupArray(repeat(toString(number), 60)) FROM numbers(40000)",
        "SELECT count() FROM (SELECT number % 1000000 AS n FROM numbers(1000000)) AS a JOIN (SELECT number FROM numbers(1000000)) AS b ON a.n = b.number",
        "SELECT arrayMap(x -> repeat('x', 100000), range(1000))",
    ] {
        let (error, took) = refused(&service, &caller, query, small).await;
        assert!(error.contains("MEMORY_LIMIT_EXCEEDED"), "{query}: {error}");
        assert!(took < Duration::from_secs(8), "{query} took {took:?}");
    }

    // Eight queries that nobody waits for any more do not hold up a ninth.
    let running: Vec<_> = (0..8)
        .map(|_| {
            let (service, caller) = (Arc::clone(&service), caller.clone());
            tokio::spawn(async move {
                let query =
                    "SELECT sum(length(repeat(toString(number), 700))) FROM numbers(1000000)";
                let body = from::<SqlBody>(&json!({"query": query}));
                drop(service.sql(&caller, "d", body).await);
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    running.iter().for_each(tokio::task::JoinHandle::abort);
    let body = from::<SqlBody>(&json!({"query": "SELECT count() FROM numbers(10)"}));
    let started = Instant::now();
    service.sql(&caller, "d", body).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}
