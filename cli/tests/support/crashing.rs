//! kill -9 under load, and what must be true afterwards.

use super::server::{Root, Server, expect, send, shop, sql};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

/// Operations of one batch, all with one number, so that half a batch would show.
const BATCH: u64 = 50;
/// Lines of the first import after a start, which is to be acknowledged, and of the others, which are to be cut off; they
/// go in frames of up to 1,000.
const SHORT_IMPORT_LINES: u64 = 2_000;
const LONG_IMPORT_LINES: u64 = 30_000;
const FRAME_LINES: u64 = 1_000;

/// Single upserts, one after the other; counts those that were acknowledged.
fn singles(port: u16, acknowledged: Arc<AtomicU64>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        loop {
            let n = acknowledged.load(Ordering::SeqCst);
            // Every third changes an earlier document, which may be in a file by now.
            let body = json!({"external_id": format!("s{}", n - n % 3), "data": {"n": n}});
            match send(port, "POST", "/v1/shop/documents/single", &body.to_string()) {
                Some((200 | 201, _)) => drop(acknowledged.fetch_add(1, Ordering::SeqCst)),
                Some((status, answer)) => panic!("{status} {answer}"),
                None => return,
            }
        }
    })
}

/// Batches, one after the other; answers the number of the first that was not acknowledged.
fn batches(port: u16, first: u64) -> JoinHandle<u64> {
    std::thread::spawn(move || {
        let mut batch = first;
        loop {
            let operations: Vec<Value> = (0..BATCH).map(|i| json!({"type": "upsert_document", "collection": "bulk", "external_id": format!("b{batch}-{i}"), "data": {"batch": batch}})).collect();
            let body = json!({"operations": operations}).to_string();
            match send(port, "POST", "/v1/shop/batch", &body) {
                Some((200, _)) => batch += 1,
                Some((status, answer)) => panic!("{status} {answer}"),
                None => return batch,
            }
        }
    })
}

/// An import that was sent.
struct Import {
    lines: u64,
    acknowledged: bool,
}

/// Imports, one after the other, the last of them cut off; `first` is the number of the first.
fn imports(port: u16, first: usize) -> JoinHandle<Vec<Import>> {
    std::thread::spawn(move || {
        let mut sent = Vec::new();
        loop {
            let import = first + sent.len();
            let lines = if sent.is_empty() { SHORT_IMPORT_LINES } else { LONG_IMPORT_LINES };
            let body: Vec<String> = (0..lines)
                .map(|n| format!("{{\"key\":\"i{import}-{n}\",\"import\":{import},\"n\":{n}}}"))
                .collect();
            let path = "/v1/shop/import/stream?external_id_path=key";
            match send(port, "POST", path, &body.join("\n")) {
                Some((200, answer)) => {
                    assert_eq!(answer["imported"], lines, "{answer}");
                    sent.push(Import { lines, acknowledged: true });
                }
                Some((status, answer)) => panic!("{status} {answer}"),
                None => {
                    sent.push(Import { lines, acknowledged: false });
                    return sent;
                }
            }
        }
    })
}

fn number(rows: &[Value], name: &str) -> u64 {
    rows[0][name].as_u64().unwrap_or(0)
}

/// More cycles, each with more time, until rows are in files.
const PATIENT_CYCLES_MAX: u64 = 4;

/// Kills the server `cycles` times under load and checks after each: nothing acknowledged is lost, nothing is there twice,
/// batches and import frames are whole.
pub(crate) fn crash_cycles(root: &Root, cycles: u64) -> String {
    let server = Server::start(root);
    shop(server.port, &["single", "bulk", "stream"]);
    server.kill();
    let acknowledged = Arc::new(AtomicU64::new(0));
    let (mut batch, mut sent) = (0, Vec::new());
    let mut files = 0;
    // A slow machine may write too little before each kill for a flush: then it gets longer, a few times.
    for cycle in 0..cycles + PATIENT_CYCLES_MAX {
        let patient = cycle >= cycles;
        if patient && files > 0 {
            break;
        }
        let server = Server::start(root);
        let single = singles(server.port, Arc::clone(&acknowledged));
        let bulk = batches(server.port, batch);
        let stream = imports(server.port, sent.len());
        let patience = if patient { 2_000 * (cycle + 1 - cycles) } else { 0 };
        std::thread::sleep(Duration::from_millis(200 + 137 * (cycle % 9) + patience));
        server.kill();
        single.join().unwrap();
        batch = bulk.join().unwrap();
        sent.extend(stream.join().unwrap());

        let server = Server::start(root);
        acknowledged.store(
            check_singles(server.port, acknowledged.load(Ordering::SeqCst)),
            Ordering::SeqCst,
        );
        batch = check_batches(server.port, batch);
        check_imports(server.port, &sent);
        files += expect(server.port, "GET", "/v1/admin/stats", &Value::Null)["file_count"]
            .as_u64()
            .unwrap();
        let report = expect(server.port, "GET", "/v1/admin/check", &Value::Null);
        assert_eq!(report["problems"], json!([]), "{report}");
        server.kill();
    }
    let singles = acknowledged.load(Ordering::SeqCst);
    let whole = sent.iter().filter(|import| import.acknowledged).count();
    let (cut, enough) = (sent.len() - whole, singles > cycles && batch > 0 && whole > 0);
    assert!(enough, "too little was written to show anything");
    assert!(files > 0, "everything stayed in memory");
    format!(
        "{cycles} kills: {singles} documents, {batch} batches and {whole} imports, none lost; {cut} imports cut off between frames"
    )
}

/// Answers how many single writes are stored.
fn check_singles(port: u16, acknowledged: u64) -> u64 {
    let rows = sql(
        port,
        "SELECT count() AS n, uniqExact(external_id) AS ids, sum(version) AS writes, max(data.n.:Int64) AS last FROM documents WHERE collection = 'single'",
    );
    let writes = number(&rows, "writes");
    assert_eq!(number(&rows, "ids"), number(&rows, "n"), "a document is there twice");
    assert_eq!(number(&rows, "n"), writes.div_ceil(3), "{rows:?}");
    assert!(
        writes == acknowledged || writes == acknowledged + 1,
        "{writes} writes are stored, {acknowledged} were acknowledged"
    );
    assert_eq!(number(&rows, "last"), writes.saturating_sub(1));
    // What was durable without an answer counts from now on.
    writes
}

fn check_batches(port: u16, acknowledged: u64) -> u64 {
    let halves = sql(
        port,
        "SELECT data.batch.:Int64 AS batch, count() AS n FROM documents WHERE collection = 'bulk' GROUP BY batch HAVING n != 50",
    );
    assert!(halves.is_empty(), "batches that are not whole: {halves:?}");
    let rows = sql(
        port,
        "SELECT uniqExact(data.batch.:Int64) AS n FROM documents WHERE collection = 'bulk'",
    );
    let stored = number(&rows, "n");
    assert!(
        stored == acknowledged || stored == acknowledged + 1,
        "{stored} batches are stored, {acknowledged} were acknowledged"
    );
    stored
}

fn check_imports(port: u16, sent: &[Import]) {
    let rows = sql(
        port,
        "SELECT data.import.:Int64 AS import, count() AS n, uniqExact(external_id) AS ids, max(data.n.:Int64) AS last FROM documents WHERE collection = 'stream' GROUP BY import ORDER BY import",
    );
    let mut stored = vec![0; sent.len()];
    for row in &rows {
        let (import, n) = (row["import"].as_u64().unwrap(), row["n"].as_u64().unwrap());
        assert_eq!(row["ids"].as_u64(), Some(n), "a line is there twice: {row}");
        assert_eq!(row["last"].as_u64(), Some(n - 1), "a frame is missing in the middle: {row}");
        stored[usize::try_from(import).unwrap()] = n;
    }
    for (import, n) in sent.iter().zip(stored) {
        assert!(!import.acknowledged || n == import.lines, "an acknowledged import is not whole");
        assert!(n == import.lines || n % FRAME_LINES == 0, "a frame is not whole");
    }
}
