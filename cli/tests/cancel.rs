//! A query that nobody waits for any more frees the server's processor within 200 ms: the connection of the client closes, and
//! the real server stops.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may, and says what a server said"
)]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/server.rs"]
mod server;

use serde_json::json;
use server::{Root, Server, TOKEN, expect, shop, sql};
use std::{
    io::Write,
    net::TcpStream,
    time::{Duration, Instant},
};

/// How long a query may go on after its client went away.
const FREE_AFTER: Duration = Duration::from_millis(200);

/// Queries of different kernels, each far longer than the test waits.
const QUERIES: &[&str] = &[
    "SELECT sum(length(repeat(toString(number), 700))) FROM numbers(1000000)",
    "SELECT count() FROM numbers(1000000) AS a JOIN numbers(1000000) AS b ON a.number % 3 = b.number % 3",
    "SELECT sum(arrayCount(x -> x % 3 = 0, range(number % 1000))) FROM numbers(1000000)",
    "SELECT uniqExact(SHA256(concat(toString(a.number), toString(b.number)))) FROM numbers(3000) AS a CROSS JOIN numbers(3000) AS b",
    "SELECT count() FROM numbers(1000000) WHERE match(repeat(toString(number), 50), '(1|2)*3(4|5)*6.*9$')",
    "SELECT sum(length(arraySort(x -> -x, range(number % 20000)))) FROM numbers(1000000)",
    "SELECT sum(JSONExtractInt(concat('{\"a\":', toString(a.number), '}'), 'a')) FROM numbers(3000) AS a CROSS JOIN numbers(3000) AS b",
    "SELECT a.number, row_number() OVER (PARTITION BY a.number % 7 ORDER BY b.number) FROM numbers(3000) AS a CROSS JOIN numbers(2000) AS b ORDER BY 2 DESC",
];

/// Processor time of a process so far.
fn processor_time(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

/// Begins a query on a connection of its own.
fn begin(port: u16, query: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let body = json!({"query": query}).to_string();
    write!(stream, "POST /v1/shop/sql HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    stream
}

#[test]
fn a_closed_connection_frees_the_processor() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(&Root::Local(data.path().to_owned()));
    shop(server.port, &["items"]);
    expect(server.port, "POST", "/v1/shop/documents/items", &json!({"data": {"n": 1}}));
    let mut late = Vec::new();
    for query in QUERIES {
        let stream = begin(server.port, query);
        // It runs.
        let (began, before) = (Instant::now(), processor_time(server.id()));
        while processor_time(server.id()) - before < Duration::from_millis(150) {
            assert!(began.elapsed() < Duration::from_secs(20), "{query} does not run");
            std::thread::sleep(Duration::from_millis(10));
        }
        drop(stream);
        std::thread::sleep(FREE_AFTER);
        let stopped = processor_time(server.id());
        std::thread::sleep(Duration::from_millis(500));
        let used = processor_time(server.id()) - stopped;
        // What a server does besides.
        if used > Duration::from_millis(60) {
            late.push(format!("{query}: {used:?} of 500 ms"));
        }
    }
    assert!(late.is_empty(), "{}", late.join("\n"));
    assert_eq!(sql(server.port, "SELECT count() AS n FROM documents"), [json!({"n": 1})]);
}
