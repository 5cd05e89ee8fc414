//! `rekor sql` against a real server: the shell under a pseudo terminal (`shell/drive.py` types), and queries from arguments,
//! files and pipes.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may, and says what a server said"
)]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/server.rs"]
mod server;

use serde_json::json;
use server::{Root, Server, TOKEN, expect, shop};
use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

#[test]
fn the_shell_on_a_terminal() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(&Root::Local(data.path().to_owned()));
    shop(server.port, &["items"]);
    for n in 0..3 {
        let body = json!({"data": {"amount": n, "label": format!("item {n}")}});
        expect(server.port, "POST", "/v1/shop/documents/items", &body);
    }
    let state = data.path().join("state");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shell/drive.py");
    let out = Command::new("python3")
        .arg(script)
        .arg(env!("CARGO_BIN_EXE_rekor"))
        .arg(server.id().to_string())
        .env("REKOR_API_URL", format!("http://127.0.0.1:{}", server.port))
        .env("REKOR_TOKEN", TOKEN)
        .env("REKOR_DATABASE", "shop")
        .env("REKOR_CONFIG_DIR", data.path().join("config"))
        .env("XDG_STATE_HOME", &state)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{said}\n{}", String::from_utf8_lossy(&out.stdout));
    let history = std::fs::read_to_string(state.join("rekor/sql_history")).unwrap();
    assert!(history.contains("AS answer"), "{history}");
}

/// Runs `rekor sql` with arguments and stdin: exit code, stdout, stderr.
fn rekor(server: &Server, arguments: &[&str], stdin: &str) -> (i32, Vec<u8>, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_rekor"))
        .arg("sql")
        .args(arguments)
        .args(["--output", "table"])
        .env("REKOR_API_URL", format!("http://127.0.0.1:{}", server.port))
        .env("REKOR_TOKEN", TOKEN)
        .env("REKOR_DATABASE", "shop")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let out = process.wait_with_output().unwrap();
    (out.status.code().unwrap(), out.stdout, String::from_utf8(out.stderr).unwrap())
}

#[test]
fn queries_come_from_arguments_files_and_pipes() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(&Root::Local(data.path().to_owned()));
    shop(server.port, &["items"]);
    expect(server.port, "POST", "/v1/shop/documents/items", &json!({"data": {"n": 1}}));
    let text = |arguments: &[&str], stdin: &str| {
        let (code, out, said) = rekor(&server, arguments, stdin);
        assert_eq!(code, 0, "{arguments:?}: {said}");
        String::from_utf8(out).unwrap()
    };
    let csv = ["--format", "csv"];
    let both = "SELECT 1 AS x; -- one\nSELECT 'a;b' AS y;\n";
    assert_eq!(text(&csv, both), "1\n\"a;b\"\n");
    assert_eq!(text(&["-", "--format", "csv"], both), "1\n\"a;b\"\n");
    let file = data.path().join("queries.sql");
    std::fs::write(&file, "SELECT {n:UInt8} + 1, {a:Array(String)}\\G").unwrap();
    let file = file.to_str().unwrap();
    let vertical = text(&["--file", file, "--param", "n=1", "--param", "a=[\"q\"]"], "");
    assert!(vertical.starts_with("Row 1:\n") && vertical.contains(" 2\n"), "{vertical}");
    assert_eq!(text(&["SELECT 1 AS x FORMAT JSONEachRow"], ""), "{\"x\":1}\n");
    assert!(text(&["SELECT 5 AS five"], "").contains("│ five │"));
    let explained = text(&["SELECT count() FROM documents", "--explain"], "");
    assert!(explained.contains("read ") && explained.contains("documents of items"), "{explained}");
    let functions = text(&["--functions", "arrayJ"], "");
    assert!(
        functions.contains("arrayJoin") && functions.contains("arrayJaccardIndex"),
        "{functions}"
    );

    let (code, parquet, _) = rekor(&server, &["SELECT 1 AS x FORMAT Parquet"], "");
    assert!(code == 0 && parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    // Rows beyond the limit are left out of every format, and it is said.
    let many = ["SELECT number FROM numbers(1001)", "--format", "CSV"];
    let (code, out, said) = rekor(&server, &many, "");
    assert!(code == 0 && said.contains("more rows were left out"), "{said}");
    assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 1_000);

    let (code, _, said) = rekor(&server, &["SELECT 1,\n  2 FORM numbers(1) x y"], "");
    assert!(
        code == 1 && said.contains("\n    2 FORM numbers(1) x y\n") && said.contains("^\n"),
        "{said}"
    );
    let (code, _, said) = rekor(&server, &["SELECT 1", "--format", "nope"], "");
    assert!(code == 1 && said.contains("PrettyCompact"), "{said}");
    let (code, out, _) = rekor(&server, &csv, "SELECT 1; SELECT nope; SELECT 2;");
    assert_eq!(
        (code, out.as_slice()),
        (1, b"1\n".as_slice()),
        "what follows a failure does not run"
    );
}
