//! `rekor mcp`: MCP on stdin and stdout. Each message goes to the routes of a server, or to the same routes in this process.

use crate::{
    args::Global,
    connect::{Connection, query},
    ui::Problem,
};
use clap::Args;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};

/// Answers that wait for a client which does not read.
const ANSWERS_MAX: usize = 64;
/// JSON-RPC code of an answer that did not come.
const NO_ANSWER: i32 = -32_603;
/// Member of `_meta` by which the newer protocol says its version.
const VERSION_META: &str = "io.modelcontextprotocol/protocolVersion";

/// Serve MCP on stdin and stdout, for agents that start their servers
#[derive(Debug, Args)]
pub(crate) struct Mcp {
    /// Offer only tools that read
    #[arg(long)]
    read_only: bool,
    /// Name the tools and their parameters after workspaces and records
    #[arg(long, hide = true)]
    workspaces: bool,
}

impl Mcp {
    pub(crate) async fn run(self, global: &Global) -> Result<(), Problem> {
        let path = format!(
            "/mcp{}",
            query(&[
                ("read_only", self.read_only.then_some("true")),
                ("vocab", self.workspaces.then_some("workspaces")),
            ])
        );
        let bridge = Bridge {
            connection: Connection::open(global, !self.read_only)?,
            path,
            version: Mutex::default(),
            running: Mutex::default(),
        };
        bridge.run().await
    }
}

/// Carries messages between the client on stdio and the MCP route.
struct Bridge {
    connection: Connection,
    path: String,
    /// The version that `initialize` settled, for the messages after it.
    version: Mutex<Option<String>>,
    /// Requests without an answer yet, by the text of their id.
    running: Mutex<HashMap<String, AbortHandle>>,
}

impl Bridge {
    async fn run(self) -> Result<(), Problem> {
        let bridge = Arc::new(self);
        let (answers, out) = mpsc::channel(ANSWERS_MAX);
        let writer = tokio::spawn(write(out));
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        let mut tasks = JoinSet::new();
        let broken = |error: std::io::Error| Problem::other(format!("stdin: {error}"));
        while let Some(line) = lines.next_line().await.map_err(broken)? {
            if line.trim().is_empty() {
                continue;
            }
            let message: Value = serde_json::from_str(&line).unwrap_or_default();
            if message["method"] == "notifications/cancelled" {
                bridge.cancel(&message["params"]["requestId"]);
                continue;
            }
            let id = message.get("id").cloned();
            let (bridge_of_task, answers) = (Arc::clone(&bridge), answers.clone());
            let task = tasks.spawn(async move {
                if let Some(answer) = bridge_of_task.answer(&message, line).await {
                    drop(answers.send(answer).await);
                }
            });
            if let Some(id) = id {
                bridge.note(&id, task);
            }
            while tasks.try_join_next().is_some() {}
        }
        while tasks.join_next().await.is_some() {}
        drop(answers);
        writer.await.map_err(|error| Problem::other(error.to_string()))?
    }

    /// The answer to one message, as a line; none to a notification.
    async fn answer(&self, message: &Value, line: String) -> Option<String> {
        let headers = self.headers(message);
        let sent = self.connection.relay(&self.path, &headers, line).await;
        let id = message.get("id").cloned();
        if let Some(id) = &id {
            self.forget(id);
        }
        // A line that is no JSON has no id, but wants an answer.
        let id = if message.is_null() { Value::Null } else { id? };
        Some(match sent {
            Ok((_, text)) => {
                let answer: Value = serde_json::from_str(&text).unwrap_or_default();
                if answer.get("jsonrpc").is_none() {
                    refused(&id, &answer, &text)
                } else {
                    self.keep_version(message, &answer);
                    text.trim().to_owned()
                }
            }
            Err(problem) => refused(&id, &problem.to_json(), ""),
        })
    }

    /// What the HTTP transport says of a message in headers.
    fn headers(&self, message: &Value) -> Vec<(&'static str, String)> {
        let mut headers = vec![("accept", "application/json, text/event-stream".to_owned())];
        let params = &message["params"];
        let method = message["method"].as_str().unwrap_or_default();
        if let Some(version) = params["_meta"][VERSION_META].as_str() {
            headers.push(("mcp-protocol-version", version.to_owned()));
            headers.push(("mcp-method", method.to_owned()));
            let name = params["name"].as_str().or_else(|| params["uri"].as_str());
            headers.extend(name.map(|name| ("mcp-name", name.to_owned())));
        } else if method != "initialize" {
            let version = self.version.lock().unwrap_or_else(PoisonError::into_inner).clone();
            headers.extend(version.map(|version| ("mcp-protocol-version", version)));
        }
        headers
    }

    fn keep_version(&self, message: &Value, answer: &Value) {
        if message["method"] == "initialize" {
            let version = answer["result"]["protocolVersion"].as_str().map(str::to_owned);
            *self.version.lock().unwrap_or_else(PoisonError::into_inner) = version;
        }
    }

    fn note(&self, id: &Value, task: AbortHandle) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|_, task| !task.is_finished());
        running.insert(id.to_string(), task);
    }

    fn forget(&self, id: &Value) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&id.to_string());
    }

    /// Drops a request: the connection closes, and the server stops its query.
    fn cancel(&self, id: &Value) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = running.remove(&id.to_string()) {
            task.abort();
        }
    }
}

/// A refusal of the route, or a broken connection, as a JSON-RPC error.
fn refused(id: &Value, body: &Value, text: &str) -> String {
    let said = body["error"]["message"].as_str().unwrap_or(text);
    let said = if said.is_empty() { "The server gave no answer." } else { said };
    json!({
        "jsonrpc": "2.0",
        "id": id,
        "error": {"code": NO_ANSWER, "message": said, "data": body.get("error")},
    })
    .to_string()
}

async fn write(mut answers: mpsc::Receiver<String>) -> Result<(), Problem> {
    let mut out = tokio::io::stdout();
    let broken = |error: std::io::Error| Problem::other(format!("stdout: {error}"));
    while let Some(answer) = answers.recv().await {
        out.write_all(format!("{answer}\n").as_bytes()).await.map_err(broken)?;
        out.flush().await.map_err(broken)?;
    }
    Ok(())
}
