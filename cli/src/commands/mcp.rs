//! `rekor mcp`: MCP on stdin and stdout. Each message goes to the routes of a server, or to the same routes in this process; what
//! the server tells of itself comes back as it happens.

mod events;

use crate::{
    args::Global,
    connect::{Connection, Method, Reply, query},
    ui::Problem,
};
use clap::Args;
use events::Events;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    sync::{mpsc, watch},
    task::{AbortHandle, JoinSet},
};

/// Answers that wait for a client which does not read.
const ANSWERS_MAX: usize = 64;
/// JSON-RPC code of an answer that did not come.
const NO_ANSWER: i32 = -32_603;
/// How long a lost stream waits before it is opened again, at first; each further time twice as long.
const AGAIN: Duration = Duration::from_secs(1);
/// The longest such wait.
const AGAIN_MAX: Duration = Duration::from_secs(60);
/// How long the end of a session may take when the client has gone.
const GOODBYE: Duration = Duration::from_secs(2);
/// Header that names the session which `initialize` opened.
const SESSION: &str = "mcp-session-id";
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
            settled: Mutex::default(),
            leaving: watch::Sender::new(false),
            running: Mutex::default(),
        };
        bridge.run().await
    }
}

/// Carries messages between the client on stdio and the MCP route.
struct Bridge {
    connection: Connection,
    path: String,
    /// What `initialize` settled, for the messages after it.
    settled: Mutex<Settled>,
    /// Set when the client has gone: streams end then, requests are still answered.
    leaving: watch::Sender<bool>,
    /// Requests without an answer yet, by the text of their id.
    running: Mutex<HashMap<String, AbortHandle>>,
}

/// What `initialize` settled.
#[derive(Clone, Default)]
struct Settled {
    version: Option<String>,
    session: Option<String>,
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
                if let Some(answer) = bridge_of_task.answer(&message, line, &answers).await {
                    drop(answers.send(answer).await);
                }
                if message["method"] == "notifications/initialized" {
                    bridge_of_task.listen(&answers).await;
                }
            });
            if let Some(id) = id {
                bridge.note(&id, task);
            }
            while tasks.try_join_next().is_some() {}
        }
        bridge.leaving.send_replace(true);
        while tasks.join_next().await.is_some() {}
        bridge.say_goodbye().await;
        drop(answers);
        writer.await.map_err(|error| Problem::other(error.to_string()))?
    }

    /// The answer to one message, as a line; none to a notification. What comes before the answer is passed on.
    async fn answer(
        &self,
        message: &Value,
        line: String,
        answers: &mpsc::Sender<String>,
    ) -> Option<String> {
        let headers = self.headers(message);
        let sent = self.connection.relay(Method::Post, &self.path, &headers, line).await;
        let id = message.get("id").cloned();
        let text = match sent {
            Ok((_, reply)) => {
                self.keep_settled(message, &reply);
                self.read(reply, answers).await
            }
            Err(problem) => Err(problem),
        };
        if let Some(id) = &id {
            self.forget(id);
        }
        // A line that is no JSON has no id, but wants an answer.
        let id = if message.is_null() { Value::Null } else { id? };
        match text {
            Ok(None) => None,
            Ok(Some(text)) => {
                let answer: Value = serde_json::from_str(&text).unwrap_or_default();
                if answer.get("jsonrpc").is_none() {
                    return Some(refused(&id, &answer, &text));
                }
                self.keep_version(message, &answer);
                Some(text.trim().to_owned())
            }
            Err(problem) => Some(refused(&id, &problem.to_json(), "")),
        }
    }

    /// The text of an answer; of a stream nothing is left, its messages have been passed on.
    async fn read(
        &self,
        reply: Reply,
        answers: &mpsc::Sender<String>,
    ) -> Result<Option<String>, Problem> {
        if !is_stream(&reply) {
            return reply.text().await.map(Some);
        }
        self.pass_on(reply, answers).await?;
        Ok(None)
    }

    /// Passes the messages of a stream on until it ends or the client has gone; whether there were any.
    async fn pass_on(&self, reply: Reply, answers: &mpsc::Sender<String>) -> Result<bool, Problem> {
        let (mut events, mut leaving) = (Events::new(reply.body), self.leaving.subscribe());
        let mut any = false;
        loop {
            let message = tokio::select! {
                message = events.next() => message?,
                _ = leaving.wait_for(|leaving| *leaving) => None,
            };
            let Some(message) = message else { return Ok(any) };
            any = true;
            if answers.send(message).await.is_err() {
                return Ok(any);
            }
        }
    }

    /// Passes on what the server tells a session, as long as there is one.
    async fn listen(&self, answers: &mpsc::Sender<String>) {
        let (mut wait, mut leaving) = (AGAIN, self.leaving.subscribe());
        loop {
            let settled = self.settled();
            let Some(headers) = session_headers(&settled) else { return };
            let opened = self.connection.relay(Method::Get, &self.path, &headers, String::new());
            let opened = tokio::select! {
                opened = opened => opened,
                _ = leaving.wait_for(|leaving| *leaving) => return,
            };
            match opened {
                Ok((200, reply)) if is_stream(&reply) => {
                    let passed = self.pass_on(reply, answers).await.unwrap_or(false);
                    wait = if passed { AGAIN } else { wait };
                }
                // There is no such stream, or no such session any more.
                Ok((status, _)) if status < 500 && status != 429 => return,
                _ => {}
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => wait = AGAIN_MAX.min(wait * 2),
                _ = leaving.wait_for(|leaving| *leaving) => return,
            }
        }
    }

    /// Ends the session.
    async fn say_goodbye(&self) {
        let Some(headers) = session_headers(&self.settled()) else { return };
        let ended = self.connection.relay(Method::Delete, &self.path, &headers, String::new());
        drop(tokio::time::timeout(GOODBYE, ended).await);
    }

    fn settled(&self) -> Settled {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner).clone()
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
            let settled = self.settled();
            headers.extend(settled.version.map(|version| ("mcp-protocol-version", version)));
            headers.extend(settled.session.map(|session| (SESSION, session)));
        }
        headers
    }

    fn keep_version(&self, message: &Value, answer: &Value) {
        if message["method"] == "initialize" {
            let version = answer["result"]["protocolVersion"].as_str().map(str::to_owned);
            self.settled.lock().unwrap_or_else(PoisonError::into_inner).version = version;
        }
    }

    fn keep_settled(&self, message: &Value, reply: &Reply) {
        if message["method"] == "initialize" {
            let session = reply.header(SESSION);
            self.settled.lock().unwrap_or_else(PoisonError::into_inner).session = session;
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

fn is_stream(reply: &Reply) -> bool {
    reply.header("content-type").is_some_and(|media| media.starts_with("text/event-stream"))
}

/// Headers of a request about the session itself, if there is one.
fn session_headers(settled: &Settled) -> Option<Vec<(&'static str, String)>> {
    let session = settled.session.clone()?;
    let mut headers = vec![("accept", "text/event-stream".to_owned()), (SESSION, session)];
    headers.extend(settled.version.clone().map(|version| ("mcp-protocol-version", version)));
    Some(headers)
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
