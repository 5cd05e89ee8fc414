//! Kept answers with the real binary: the commands, a restart after kill -9, a data root in this process.

#![expect(clippy::unwrap_used, reason = "a test may")]

#[expect(dead_code, clippy::print_stderr, reason = "other tests use the rest")]
#[path = "support/server.rs"]
mod server;

use serde_json::Value;
use server::{Root, Server, TOKEN, shop};
use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

/// `rekor`, for a server or for a data root.
struct Rekor<'a> {
    place: [&'a str; 2],
    config: &'a Path,
}

impl Rekor<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rekor"));
        command
            .args(arguments)
            .args(self.place)
            .args(["--database", "shop"])
            .env("REKOR_TOKEN", TOKEN)
            .env("REKOR_CONFIG_DIR", self.config);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The JSON of a command that must go well, and what it said beside.
    fn json(&self, arguments: &[&str]) -> (Value, String) {
        let out = self.run(&[arguments, &["--output", "json"]].concat());
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success(), "{arguments:?}: {said}");
        (serde_json::from_slice(&out.stdout).unwrap(), said)
    }
}

const QUERY: &str =
    "SELECT number AS n, toDateTime64(number, 3, 'Asia/Tokyo') AS t FROM numbers(5000) ORDER BY n";

/// Every command; answers the id of an answer that is still there.
fn commands(rekor: &Rekor<'_>, directory: &Path) -> String {
    let (answer, said) = rekor.json(&["sql", QUERY, "--keep"]);
    let result = &answer["meta"]["result"];
    let id = result["id"].as_str().unwrap().to_owned();
    assert_eq!((&result["rows"], answer["data"].as_array().unwrap().len()), (&5_000.into(), 1_000));
    assert!(said.contains("kept 5000 rows until") && said.contains(&id), "{said}");
    // With a format the answer's header says it.
    let out = rekor.run(&["sql", "SELECT 1 AS one", "--keep", "--format", "CSV"]);
    assert_eq!(String::from_utf8_lossy(&out.stdout), "1\n");
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    let second = said.split("FROM result('").nth(1).unwrap().split('\'').next().unwrap();

    let (listed, _) = rekor.json(&["results", "list"]);
    assert_eq!(listed["meta"]["total"], 2);
    let (about, _) = rekor.json(&["results", "get", &id]);
    assert_eq!(about["columns"][1]["type"], "DateTime64(3, 'Asia/Tokyo')");
    let (on, _) = rekor.json(&["sql", &format!("SELECT max(n) AS m FROM result('{id}')")]);
    assert_eq!(on["data"][0]["m"], 4_999);

    let csv = rekor.run(&["results", "download", &id, "--format", "CSVWithNames"]);
    let csv = String::from_utf8(csv.stdout).unwrap();
    assert_eq!(csv.lines().count(), 5_001);
    assert_eq!(csv.lines().last(), Some("4999,\"1970-01-01 10:23:19.000\""));
    // A reader that has enough is no failure to talk about.
    let mut read_by_nobody = rekor.command(&["results", "download", &id, "--format", "CSV"]);
    let mut reading = read_by_nobody.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(reading.stdout.take());
    let out = reading.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stderr), "");
    assert!(!out.status.success());
    let file = directory.join("answer.parquet");
    let out = rekor.run(&["results", "download", &id, "--file", file.to_str().unwrap()]);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let bytes = std::fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    std::fs::remove_file(&file).unwrap();

    let dry = rekor.json(&["results", "delete", second, "--dry-run"]).0;
    assert_eq!(dry["request"]["method"], "DELETE");
    assert_eq!(rekor.json(&["results", "delete", second, "--yes"]).0["deleted"], true);
    for arguments in [
        vec!["results", "get", second],
        vec!["results", "delete", second, "--yes"],
        vec!["results", "download", second, "--file", file.to_str().unwrap()],
    ] {
        let out = rekor.run(&arguments);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() == Some(1) && said.contains("There is no result"), "{said}");
    }
    assert!(!file.exists(), "a refused download makes no file");
    id
}

#[test]
fn a_server_keeps_answers_through_a_restart() {
    let (data, config) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = Root::Local(data.path().to_owned());
    let server = Server::start(&root);
    shop(server.port, &[]);
    let url = format!("http://127.0.0.1:{}", server.port);
    let rekor = Rekor { place: ["--api-url", &url], config: config.path() };
    let id = commands(&rekor, config.path());
    server.kill();

    // What a killed server had begun, and what has had its time, goes when the next one starts.
    let owner = std::fs::read_dir(data.path().join("results")).unwrap().next().unwrap().unwrap();
    let old = format!("{:014}-{}.parquet", 1_700_000_000_000_i64, "0".repeat(32));
    std::fs::write(owner.path().join(&old), b"PAR1").unwrap();
    let server = Server::start(&root);
    let url = format!("http://127.0.0.1:{}", server.port);
    let rekor = Rekor { place: ["--api-url", &url], config: config.path() };
    let (on, _) = rekor.json(&["sql", &format!("SELECT count() AS c FROM result('{id}')")]);
    assert_eq!(on["data"][0]["c"], 5_000);
    let begun = std::time::Instant::now();
    while owner.path().join(&old).exists() {
        assert!(begun.elapsed().as_secs() < 20, "an old answer is still there");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn a_data_root_in_this_process_keeps_them_too() {
    let (data, config) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start(&Root::Local(data.path().to_owned()));
    shop(server.port, &[]);
    server.kill();
    let place = data.path().to_str().unwrap();
    let rekor = Rekor { place: ["--data-dir", place], config: config.path() };
    commands(&rekor, config.path());
}
