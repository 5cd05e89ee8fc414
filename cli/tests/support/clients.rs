//! MCP clients of others: where they are, and how they are run.

use crate::server::{Root, Server, TOKEN, expect};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

pub(crate) fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/mcp")
}

/// Where the clients are, or nothing where they cannot be had.
pub(crate) fn clients() -> Option<PathBuf> {
    let out = Command::new(scripts().join("install.sh")).output().unwrap();
    if out.status.code() == Some(3) {
        assert!(std::env::var_os("REKOR_NO_SKIP").is_none(), "the MCP clients were skipped");
        println!("skipped: {}", String::from_utf8_lossy(&out.stderr));
        return None;
    }
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    Some(PathBuf::from(String::from_utf8_lossy(&out.stdout).trim()))
}

/// A server with a database `shop` whose invoices want a customer and an amount.
pub(crate) fn shop(data: &Path) -> Server {
    let server = Server::start(&Root::Local(data.to_owned()));
    let call = |method, path, body: Value| expect(server.port, method, path, &body);
    call("POST", "/v1/databases", json!({"id": "shop"}));
    call("POST", "/v1/databases/shop/previews", json!({"name": "p"}));
    let schema = json!({"type": "object", "required": ["customer", "amount"], "properties": {
        "customer": {"type": "string"}, "amount": {"type": "number"}}});
    call("PUT", "/v1/shop--p/collections/invoices", json!({"json_schema": schema}));
    call("POST", "/v1/databases/shop/promote", json!({"from": "shop--p"}));
    server
}

pub(crate) fn url(server: &Server) -> String {
    format!("http://127.0.0.1:{}/mcp", server.port)
}

/// A program of the clients, with the credential of the owner.
pub(crate) fn program(clients: &Path, name: &str) -> Command {
    let mut command = Command::new(clients.join(name));
    command.env("REKOR_TOKEN", TOKEN).current_dir(clients);
    command
}

pub(crate) fn node(clients: &Path) -> Command {
    program(clients, "node_modules/.bin/node")
}

pub(crate) fn well(command: &mut Command) -> Output {
    let out = command.output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(out.status.success(), "{command:?}\n{}\n{}", said(&out.stdout), said(&out.stderr));
    print!("{}", said(&out.stdout));
    out
}

/// A proxy that adds the credential, for a client that has none.
pub(crate) struct Proxy {
    process: std::process::Child,
    url: String,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Proxy {
    pub(crate) fn start(clients: &Path, port: u16, token: &str) -> Self {
        let mut process = node(clients)
            .arg("proxy.mjs")
            .arg(port.to_string())
            .env("REKOR_TOKEN", token)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { process, url: format!("http://localhost:{}", line.trim()) }
    }

    /// The address of a path behind it.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}
