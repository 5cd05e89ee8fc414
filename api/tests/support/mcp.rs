//! An MCP client that shows what goes over the wire, in both eras of the protocol.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The protocol without a handshake.
pub(crate) const MODERN: &str = "2026-07-28";
/// A protocol that starts with `initialize`.
pub(crate) const LEGACY: &str = "2025-11-25";

/// A client with a credential.
#[derive(Clone)]
pub(crate) struct Mcp {
    pub(crate) port: u16,
    pub(crate) token: String,
    /// Path and query of the URL.
    pub(crate) path: String,
    pub(crate) version: &'static str,
}

impl Mcp {
    pub(crate) fn new(port: u16, token: &str) -> Self {
        Self { port, token: token.to_owned(), path: "/mcp".to_owned(), version: MODERN }
    }

    pub(crate) fn at(&self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self.clone() }
    }

    /// Status, head in lower case, and body of a request with these headers more.
    pub(crate) async fn http(
        &self,
        method: &str,
        headers: &str,
        body: &str,
    ) -> (u16, String, Value) {
        let host = if headers.contains("Host:") { "" } else { "Host: 127.0.0.1\r\n" };
        let json = "Content-Type: application/json\r\n";
        let content_type = if headers.contains("Content-Type:") { "" } else { json };
        let request = format!(
            "{method} {} HTTP/1.0\r\n{host}Connection: close\r\nAuthorization: Bearer {}\r\nAccept: application/json, text/event-stream\r\n{content_type}{headers}Content-Length: {}\r\n\r\n{body}",
            self.path,
            self.token,
            body.len()
        );
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = serde_json::from_str(body).unwrap_or_else(|_| Value::from(body));
        (status, head.to_ascii_lowercase(), body)
    }

    /// The headers and the text of a request.
    pub(crate) fn request(&self, method: &str, mut params: Value) -> (String, String) {
        let mut headers = format!("MCP-Protocol-Version: {}\r\n", self.version);
        if self.version == MODERN {
            headers.push_str(&format!("Mcp-Method: {method}\r\n"));
            if let Some(name) = params["name"].as_str().or(params["uri"].as_str()) {
                headers.push_str(&format!("Mcp-Name: {name}\r\n"));
            }
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": self.version,
                "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        (headers, body.to_string())
    }

    /// The whole JSON-RPC answer.
    pub(crate) async fn rpc(&self, method: &str, params: Value) -> Value {
        let (headers, body) = self.request(method, params);
        self.http("POST", &headers, &body).await.2
    }

    /// The result of a method.
    pub(crate) async fn result(&self, method: &str, params: Value) -> Value {
        let answer = self.rpc(method, params).await;
        assert!(answer.get("result").is_some(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// The tools that are listed.
    pub(crate) async fn tools(&self) -> Vec<Value> {
        self.result("tools/list", json!({})).await["tools"].as_array().unwrap().clone()
    }

    /// The result of a call, refused or not.
    pub(crate) async fn call(&self, tool: &str, arguments: Value) -> Value {
        self.result("tools/call", json!({"name": tool, "arguments": arguments})).await
    }

    /// The structured answer of a call that must go well.
    pub(crate) async fn ok(&self, tool: &str, arguments: Value) -> Value {
        let result = self.call(tool, arguments.clone()).await;
        assert!(result["isError"] != true, "{tool} {arguments}: {result}");
        result["structuredContent"].clone()
    }

    /// The error of a call that must be refused.
    pub(crate) async fn refused(&self, tool: &str, arguments: Value) -> Value {
        let result = self.call(tool, arguments.clone()).await;
        assert!(result["isError"] == true, "{tool} {arguments}: {result}");
        result["structuredContent"]["error"].clone()
    }
}
