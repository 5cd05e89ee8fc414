//! A server in this process, and requests to it over a real socket.

#[path = "contract.rs"]
mod contract;

use rekor_api::{Service, ServiceConfig, Thresholds};
use serde_json::Value;
use std::{path::Path, sync::Arc};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The standing credential of the owner.
pub(crate) const OWNER: &str = "rks_rest_test_owner_token";

/// A client with a credential.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) port: u16,
    pub(crate) token: String,
    pub(crate) service: Arc<Service>,
    /// The server's OpenAPI description, which every answer must fit.
    description: Arc<Value>,
}

impl Api {
    /// A server as with `--dev`; the client is the owner.
    pub(crate) async fn start(directory: &Path) -> Self {
        Self::serve(ServiceConfig {
            // Every table gets files of its own at a flush, however small.
            thresholds: Thresholds { small_table_bytes: 0, ..Thresholds::default() },
            owner_token: Some(OWNER.into()),
            ..ServiceConfig::local(directory.to_owned())
        })
        .await
    }

    pub(crate) async fn serve(config: ServiceConfig) -> Self {
        let service: Arc<Service> = tokio::task::block_in_place(|| Service::open(config)).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(rekor_api::serve(Arc::clone(&service), listener, std::future::pending()));
        let mut api = Self { port, token: OWNER.into(), service, description: Arc::default() };
        api.description = Arc::new(api.raw("GET", "/openapi.json", "", "").await.2);
        api
    }

    /// The same server with another credential.
    pub(crate) fn with(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    pub(crate) async fn raw(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> (u16, String, Value) {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let media = if headers.contains("Content-Type") {
            ""
        } else {
            "Content-Type: application/json\r\n"
        };
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nAuthorization: Bearer {}\r\n{headers}{media}Content-Length: {}\r\n\r\n{body}",
            self.port,
            self.token,
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        // What is not JSON is text.
        let body = serde_json::from_str(body).unwrap_or_else(|_| Value::from(body));
        contract::check(&self.description, method, path, status, &body);
        (status, head.to_ascii_lowercase(), body)
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let (status, _, answer) = self.raw(method, path, "", &text).await;
        (status, answer)
    }

    pub(crate) async fn ok(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(method, path, body).await;
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }

    pub(crate) async fn refused(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let (status, answer) = self.call(method, path, body).await;
        assert!(status >= 400, "{method} {path} should be refused: {answer}");
        (status, answer)
    }
}
