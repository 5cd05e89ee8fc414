//! A data root on a real S3 API server: SeaweedFS, started by `scripts/s3/up.sh` with keys and a bucket of its own.
//!
//! The wheel exists for Linux on x86_64 only; elsewhere the tests say that they are skipped, which fails where
//! `REKOR_NO_SKIP` is set, as `make ci` does.

use super::{
    crashing,
    server::{Root, Server, expect, send, shop, sql},
};
use serde_json::{Value, json};
use std::{path::Path, process::Command};

/// A private S3 server, ended with the test.
struct Bucket {
    directory: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Drop for Bucket {
    fn drop(&mut self) {
        script("s3/down.sh").arg(self.directory.path()).status().unwrap();
    }
}

fn script(name: &str) -> Command {
    Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts").join(name))
}

impl Bucket {
    fn start() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let started = script("s3/up.sh").arg(directory.path()).status().unwrap();
        if started.code() == Some(3) {
            assert!(std::env::var_os("REKOR_NO_SKIP").is_none(), "the S3 tests were skipped");
            println!("skipped: the S3 server of the tests runs on Linux on x86_64 only");
            return None;
        }
        assert!(started.success());
        let text = std::fs::read_to_string(directory.path().join("env")).unwrap();
        let variables = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Some(Self { directory, variables })
    }

    fn root(&self, prefix: &str, wal: &Path) -> Root {
        Root::S3 {
            url: format!("s3://rekor-test/{prefix}"),
            wal: wal.to_owned(),
            variables: self.variables.clone(),
        }
    }
}

#[test]
fn a_root_on_s3() {
    let Some(bucket) = Bucket::start() else { return };
    let wal = tempfile::tempdir().unwrap();
    println!("{}", crashing::crash_cycles(&bucket.root("crash", wal.path()), 2));
    another_log_is_refused(&bucket);
    a_thawed_server_acknowledges_nothing(&bucket);
    answers_are_kept(&bucket);
    wrong_keys_are_an_error(&bucket);
}

/// A server with another log would not see what the first one acknowledged and did not flush.
fn another_log_is_refused(bucket: &Bucket) {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start(&bucket.root("logs", first.path()));
    shop(server.port, &["c"]);
    server.kill();
    let said = Server::try_start(&bucket.root("logs", second.path())).err().unwrap();
    assert!(said.contains("--wal"), "{said}");
    Server::start(&bucket.root("logs", first.path())).kill();
}

/// Two servers on one bucket, one frozen and thawed. The second has the first one's log, as a volume that moved with it.
fn a_thawed_server_acknowledges_nothing(bucket: &Bucket) {
    let (wal, moved) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let frozen = Server::start(&bucket.root("frozen", wal.path()));
    shop(frozen.port, &["c"]);
    let write = |port: u16, key: &str| {
        let body = json!({"external_id": key, "data": {"by": port}}).to_string();
        send(port, "POST", "/v1/shop/documents/c", &body)
    };
    for n in 0..100 {
        assert_eq!(write(frozen.port, &format!("before-{n}")).unwrap().0, 201);
    }
    frozen.signal("STOP");
    let copied = Command::new("cp").arg("-r").arg(wal.path().join(".")).arg(moved.path()).status();
    assert!(copied.unwrap().success());
    let owner = Server::start(&bucket.root("frozen", moved.path()));
    for n in 0..50 {
        assert_eq!(write(owner.port, &format!("after-{n}")).unwrap().0, 201);
    }
    frozen.signal("CONT");
    let mut acknowledged = Vec::new();
    for n in 0..5 {
        match write(frozen.port, &format!("late-{n}")) {
            Some((201, _)) => acknowledged.push(n),
            Some((status, answer)) => assert_eq!(status, 503, "{answer}"),
            None => {}
        }
    }
    assert!(acknowledged.is_empty(), "the old owner acknowledged {acknowledged:?}");
    frozen.kill();
    owner.kill();
    let server = Server::start(&bucket.root("frozen", moved.path()));
    let rows = sql(
        server.port,
        "SELECT countIf(startsWith(external_id, 'before')) AS before, countIf(startsWith(external_id, 'after')) AS after, count() AS n FROM documents",
    );
    assert_eq!(rows, [json!({"before": 100, "after": 50, "n": 150})]);
    expect(server.port, "POST", "/v1/admin/compact", &Value::Null);
    server.kill();
}

/// A kept answer of several parts of an upload, after a restart; a query that fails half way leaves nothing.
fn answers_are_kept(bucket: &Bucket) {
    let wal = tempfile::tempdir().unwrap();
    let server = Server::start(&bucket.root("kept", wal.path()));
    shop(server.port, &["c"]);
    let keep = |port: u16, query: &str| {
        send(port, "POST", "/v1/shop/sql", &json!({"query": query, "keep": true}).to_string())
    };
    let (status, answer) =
        keep(server.port, "SELECT number AS n, SHA512(toString(number)) AS a FROM numbers(200000)")
            .unwrap();
    let result = &answer["meta"]["result"];
    assert!(status == 200 && result["bytes"].as_u64().unwrap() > 10 << 20, "{answer}");
    let failing = "SELECT SHA512(toString(number)), throwIf(number = 190000) FROM numbers(200000)";
    assert_eq!(keep(server.port, failing).unwrap().0, 400);
    server.kill();
    let server = Server::start(&bucket.root("kept", wal.path()));
    let listed = expect(server.port, "GET", "/v1/shop/results", &Value::Null);
    assert_eq!(listed["meta"]["total"], 1);
    let id = result["id"].as_str().unwrap();
    let rows = sql(server.port, &format!("SELECT count() AS c, sum(n) AS s FROM result('{id}')"));
    assert_eq!(rows, [json!({"c": 200_000, "s": 19_999_900_000_u64})]);
    expect(server.port, "DELETE", &format!("/v1/shop/results/{id}"), &Value::Null);
    server.kill();
}

fn wrong_keys_are_an_error(bucket: &Bucket) {
    let wal = tempfile::tempdir().unwrap();
    let Root::S3 { url, wal, mut variables } = bucket.root("keys", wal.path()) else { return };
    variables.push(("AWS_SECRET_ACCESS_KEY".to_owned(), "wrong".to_owned()));
    let said = Server::try_start(&Root::S3 { url, wal, variables }).err().unwrap();
    assert!(said.contains("credentials"), "{said}");
}

/// The negative control: a gateway that says yes to every create of one name is refused.
#[test]
fn a_store_that_overwrites_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let started = script("s3/overwriting-up.sh").arg(directory.path()).status().unwrap();
    if started.code() == Some(3) {
        assert!(std::env::var_os("REKOR_NO_SKIP").is_none(), "the S3 tests were skipped");
        println!("skipped: the gateway of the test runs on Linux on x86_64 only");
        return;
    }
    assert!(started.success());
    let text = std::fs::read_to_string(directory.path().join("env")).unwrap();
    let variables = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let wal = directory.path().join("wal");
    let root = Root::S3 { url: "s3://rekor-test/refused".to_owned(), wal, variables };
    let outcome = Server::try_start(&root);
    script("s3/down.sh").arg(directory.path()).status().unwrap();
    let said = match outcome {
        Ok(server) => {
            server.kill();
            panic!("a store that overwrites was accepted");
        }
        Err(said) => said,
    };
    assert!(said.contains("does not create objects atomically"), "{said}");
}
