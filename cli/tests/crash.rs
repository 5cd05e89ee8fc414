//! kill -9 of the real server under load: nothing acknowledged is lost, nothing is there twice, frames are all or nothing.
//!
//! `REKOR_CRASH_CYCLES` sets the number of kills (`make soak` uses 50).

#![expect(clippy::unwrap_used, reason = "a test may")]

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

const TOKEN: &str = "rks_crash_test_owner_token";

struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start(data: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_rekor"))
            .args(["serve", "--dev", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("REKOR_OWNER_TOKEN", TOKEN)
            .env("REKOR_LOG", "error")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let ready = lines.find_map(|line| {
            line.ok()?.split_once("http://127.0.0.1:").map(|(_, rest)| rest.to_owned())
        });
        let ready = ready.expect("the server said where it listens");
        let port = ready.split(' ').next().unwrap().parse().unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, port }
    }

    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// One request over a connection of its own; `None` if the server went away.
fn send(port: u16, method: &str, path: &str, body: &str) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).ok()?;
    let mut text = String::new();
    std::io::Read::read_to_string(&mut stream, &mut text).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let body = text.split_once("\r\n\r\n")?.1;
    Some((status, serde_json::from_str(body).ok()?))
}

fn expect(port: u16, method: &str, path: &str, body: &Value) -> Value {
    let (status, answer) = send(port, method, path, &body.to_string()).unwrap();
    assert!(status < 300, "{method} {path}: {status} {answer}");
    answer
}

fn sql(port: u16, query: &str) -> Vec<Value> {
    expect(port, "POST", "/v1/shop/sql", &json!({"query": query}))["data"]
        .as_array()
        .unwrap()
        .clone()
}

#[test]
fn killed_servers_lose_nothing_acknowledged() {
    let cycles: u64 =
        std::env::var("REKOR_CRASH_CYCLES").ok().and_then(|n| n.parse().ok()).unwrap_or(4);
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    expect(server.port, "POST", "/v1/databases", &json!({"id": "shop"}));
    expect(server.port, "POST", "/v1/databases/shop/previews", &json!({"name": "p"}));
    for collection in ["single", "bulk"] {
        expect(server.port, "PUT", &format!("/v1/shop--p/collections/{collection}"), &json!({}));
    }
    expect(server.port, "POST", "/v1/databases/shop/promote", &json!({"from": "shop--p"}));
    server.kill();

    let acknowledged = Arc::new(AtomicU64::new(0));
    let mut acknowledged_batches = 0_u64;
    for cycle in 0..cycles {
        let server = Server::start(data.path());
        let port = server.port;
        let counter = Arc::clone(&acknowledged);
        let singles = std::thread::spawn(move || {
            loop {
                let n = counter.load(Ordering::SeqCst);
                let body = json!({"external_id": format!("s{n}"), "data": {"n": n}}).to_string();
                match send(port, "POST", "/v1/shop/documents/single", &body) {
                    Some((200 | 201, _)) => drop(counter.fetch_add(1, Ordering::SeqCst)),
                    Some((status, answer)) => panic!("{status} {answer}"),
                    None => return,
                }
            }
        });
        // Batches of 50, all with one number, so that half a batch would show.
        let first = acknowledged_batches;
        let bulk = std::thread::spawn(move || {
            let mut batch = first;
            loop {
                let operations: Vec<Value> = (0..50).map(|i| json!({"type": "upsert_document", "collection": "bulk", "external_id": format!("b{batch}-{i}"), "data": {"batch": batch}})).collect();
                match send(
                    port,
                    "POST",
                    "/v1/shop/batch",
                    &json!({"operations": operations}).to_string(),
                ) {
                    Some((200, _)) => batch += 1,
                    Some((status, answer)) => panic!("{status} {answer}"),
                    None => return batch,
                }
            }
        });
        let started = Instant::now();
        while started.elapsed() < Duration::from_millis(150 + 37 * (cycle % 7)) {
            std::thread::sleep(Duration::from_millis(5));
        }
        server.kill();
        singles.join().unwrap();
        acknowledged_batches = bulk.join().unwrap();

        let server = Server::start(data.path());
        let rows = sql(
            server.port,
            "SELECT count() AS n, uniqExact(external_id) AS ids, max(data.n.:Int64) AS last FROM documents WHERE collection = 'single'",
        );
        let count = acknowledged.load(Ordering::SeqCst);
        let stored = rows[0]["n"].as_u64().unwrap();
        assert_eq!(rows[0]["ids"].as_u64(), Some(stored), "a document is there twice");
        assert!(
            stored == count || stored == count + 1,
            "{stored} documents are stored, {count} were acknowledged"
        );
        let halves = sql(
            server.port,
            "SELECT data.batch.:Int64 AS batch, count() AS n FROM documents WHERE collection = 'bulk' GROUP BY batch HAVING n != 50",
        );
        assert!(halves.is_empty(), "batches that are not whole: {halves:?}");
        let whole = sql(
            server.port,
            "SELECT uniqExact(data.batch.:Int64) AS n FROM documents WHERE collection = 'bulk'",
        )[0]["n"]
            .as_u64()
            .unwrap();
        assert!(
            whole == acknowledged_batches || whole == acknowledged_batches + 1,
            "{whole} batches are stored, {acknowledged_batches} were acknowledged"
        );
        // What was durable without an answer counts from now on.
        acknowledged.store(stored, Ordering::SeqCst);
        acknowledged_batches = whole;
        server.kill();
    }
    println!(
        "{cycles} kills: {} documents and {acknowledged_batches} batches, none lost",
        acknowledged.load(Ordering::SeqCst)
    );
    assert!(
        acknowledged.load(Ordering::SeqCst) > cycles,
        "too little was written to show anything"
    );
}
