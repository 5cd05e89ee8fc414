//! The real binary as a server, and requests to it.

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

pub(crate) const TOKEN: &str = "rks_crash_test_owner_token";

/// Where a server keeps its data.
#[derive(Clone, Debug)]
pub(crate) enum Root {
    Local(PathBuf),
    S3 { url: String, wal: PathBuf, variables: Vec<(String, String)> },
}

pub(crate) struct Server {
    process: Child,
    pub(crate) port: u16,
}

/// The command of a server. Files are made of little, so that short tests have many; nobody's real bucket is reachable.
fn command(root: &Root) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rekor"));
    command.args(["serve", "--dev", "--listen", "127.0.0.1:0", "--data"]);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    match root {
        Root::Local(data) => command.arg(data),
        Root::S3 { url, wal, variables } => {
            command.arg(url).arg("--wal").arg(wal).envs(variables.iter().cloned())
        }
    };
    command
        .env("REKOR_OWNER_TOKEN", TOKEN)
        .env("REKOR_LOG", "error")
        .env("REKOR_MEMTABLE_BYTES", "400000")
        .env("REKOR_SMALL_TABLE_BYTES", "50000")
        .stderr(Stdio::piped());
    command
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Server {
    pub(crate) fn start(root: &Root) -> Self {
        Self::try_start(root).unwrap_or_else(|said| panic!("the server did not start: {said}"))
    }

    /// The server, or what it said before it ended.
    pub(crate) fn try_start(root: &Root) -> Result<Self, String> {
        let mut process = command(root).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut said = String::new();
        for line in lines.by_ref().map_while(Result::ok) {
            if let Some((_, rest)) = line.split_once("listening on http://127.0.0.1:") {
                let port = rest.split(' ').next().unwrap().parse().unwrap();
                std::thread::spawn(move || {
                    lines.map_while(Result::ok).for_each(|line| eprintln!("server: {line}"));
                });
                return Ok(Self { process, port });
            }
            said.push_str(&line);
        }
        process.wait().unwrap();
        Err(said)
    }

    /// kill -9.
    pub(crate) fn kill(self) {
        drop(self);
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.process.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }
}

/// One request over a connection of its own; `None` if the server went away.
pub(crate) fn send(port: u16, method: &str, path: &str, body: &str) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(60))).ok()?;
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let body = text.split_once("\r\n\r\n")?.1;
    Some((status, serde_json::from_str(body).ok()?))
}

pub(crate) fn expect(port: u16, method: &str, path: &str, body: &Value) -> Value {
    let (status, answer) = send(port, method, path, &body.to_string()).unwrap();
    assert!(status < 300, "{method} {path}: {status} {answer}");
    answer
}

pub(crate) fn sql(port: u16, query: &str) -> Vec<Value> {
    expect(port, "POST", "/v1/shop/sql", &json!({"query": query}))["data"]
        .as_array()
        .unwrap()
        .clone()
}

/// A database `shop` with collections.
pub(crate) fn shop(port: u16, collections: &[&str]) {
    expect(port, "POST", "/v1/databases", &json!({"id": "shop"}));
    expect(port, "POST", "/v1/databases/shop/previews", &json!({"name": "p"}));
    for collection in collections {
        expect(port, "PUT", &format!("/v1/shop--p/collections/{collection}"), &json!({}));
    }
    expect(port, "POST", "/v1/databases/shop/promote", &json!({"from": "shop--p"}));
}
