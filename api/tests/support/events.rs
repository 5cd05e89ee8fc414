//! A client that reads server-sent events as they come.

use serde_json::Value;
use std::time::Duration;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};

/// Longer than anything takes that is going to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// A stream of events.
pub(crate) struct Events {
    lines: BufReader<TcpStream>,
    /// Status and headers, in lower case.
    pub(crate) head: String,
}

impl Events {
    /// Sends a request (HTTP/1.0: what comes is not in chunks) and reads the head of its answer.
    pub(crate) async fn open(port: u16, request: &str, body: &str) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let text = format!(
            "{request}Host: 127.0.0.1\r\nAccept: application/json, text/event-stream\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut lines = BufReader::new(stream);
        let mut head = String::new();
        loop {
            let mut line = String::new();
            timeout(PATIENCE, lines.read_line(&mut line)).await.unwrap().unwrap();
            if line.trim().is_empty() {
                break;
            }
            head.push_str(&line.to_ascii_lowercase());
        }
        Self { lines, head }
    }

    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Everything until the end, for an answer that is no stream.
    pub(crate) async fn rest(mut self) -> String {
        let mut text = String::new();
        timeout(PATIENCE, self.lines.read_to_string(&mut text)).await.unwrap().unwrap();
        text
    }

    /// Name and data of the next event; none at the end of the stream.
    pub(crate) async fn event(&mut self) -> Option<(String, String)> {
        let (mut name, mut data) = (String::new(), String::new());
        loop {
            let mut line = String::new();
            let read = timeout(PATIENCE, self.lines.read_line(&mut line)).await;
            if read.expect("an event, or the end").unwrap_or(0) == 0 {
                return None;
            }
            match line.trim_end().split_once(':') {
                Some(("event", text)) => text.trim().clone_into(&mut name),
                Some(("data", text)) => data.push_str(text.trim()),
                None if !data.is_empty() => return Some((name, data)),
                _ => {}
            }
        }
    }

    /// The next message; none at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        let (_, data) = self.event().await?;
        Some(serde_json::from_str(&data).unwrap())
    }

    /// The method of the next message.
    pub(crate) async fn method(&mut self) -> String {
        let message = self.next().await.expect("a message");
        message["method"].as_str().unwrap_or_else(|| panic!("{message}")).to_owned()
    }

    /// Whether nothing comes for a while.
    pub(crate) async fn is_silent(&mut self) -> bool {
        timeout(Duration::from_millis(400), self.event()).await.is_err()
    }
}
