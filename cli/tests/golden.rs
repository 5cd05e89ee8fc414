//! Every command that the product's documents quote, in order, in both vocabularies, against a real server.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test may, and says what a server said"
)]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/server.rs"]
mod server;

use server::{Root, Server, TOKEN};
use std::{path::Path, process::Command};

fn run(script: &str) {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(&Root::Local(data.path().to_owned()));
    let binary = Path::new(env!("CARGO_BIN_EXE_rekor"));
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(script);
    let mut command = Command::new("bash");
    command.arg(&script).env("PATH", path).current_dir(data.path());
    // What a coding agent or a developer set must not change what the documents say.
    for (name, _) in std::env::vars() {
        let agent = ["CLAUDE", "CURSOR_", "CODEX_", "GEMINI_", "OPENCODE", "CLINE_"];
        if name.starts_with("REKOR_") || agent.iter().any(|prefix| name.starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    let out = command
        .env("REKOR_API_URL", format!("http://127.0.0.1:{}", server.port))
        .env("REKOR_TOKEN", TOKEN)
        .env("REKOR_CONFIG_DIR", data.path().join("config"))
        .output()
        .unwrap();
    assert!(out.status.success(), "{}: {}", script.display(), String::from_utf8_lossy(&out.stderr));
}

#[test]
fn the_documents_of_databases_hold() {
    run("databases.sh");
}

#[test]
fn the_documents_of_workspaces_and_the_site_hold() {
    run("workspaces.sh");
}
