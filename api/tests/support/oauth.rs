//! A client of OAuth that shows what goes over the wire, and the person at its browser.

use crate::api::{Api, OWNER};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rekor_api::{OAuthConfig, ServiceConfig};
use rekor_core::{
    Timestamp,
    time::{Clock, Sources, System},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The address by which clients know the server; where it listens is another matter.
pub(crate) const ISSUER: &str = "http://127.0.0.1:7373";
/// The client's own secret of a flow.
pub(crate) const VERIFIER: &str = "a-verifier-that-only-the-client-knows-43-or-more";
/// Where the client listens.
pub(crate) const REDIRECT: &str = "http://127.0.0.1:43210/callback";

/// The system's clock, set forward.
#[derive(Debug, Default)]
pub(crate) struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(System.now().0 + self.0.load(Ordering::SeqCst))
    }
}

impl SetClock {
    pub(crate) fn forward(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

/// An answer: status, head in lower case, body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let line =
            self.head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")))?;
        Some(line.split_once(": ")?.1.to_owned())
    }

    /// The value of a hidden field.
    pub(crate) fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let found = self.text.split_once(&start).unwrap_or_else(|| panic!("{name}: {}", self.text));
        found.1.split('"').next().unwrap().to_owned()
    }

    /// The values of the boxes that are checked.
    pub(crate) fn checked(&self, name: &str) -> Vec<String> {
        let inputs =
            self.text.split("<input").filter(|input| input.contains(&format!("name=\"{name}\"")));
        let checked = inputs.filter(|input| input.split('>').next().unwrap().ends_with(" checked"));
        let value = |input: &str| {
            input.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
        };
        checked.map(value).collect()
    }
}

/// A request over a connection of its own.
pub(crate) async fn http(port: u16, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_owned(), text: body.to_owned() }
}

/// Pairs as a form or a query.
pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    let mut out = url::form_urlencoded::Serializer::new(String::new());
    out.extend_pairs(pairs);
    out.finish()
}

/// A parameter of a URL.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let url = url::Url::parse(url).unwrap();
    url.query_pairs().find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
}

/// A server with OAuth, and people: `ada` owns it, `bob` reads documents of `shop`.
pub(crate) struct World {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) api: Api,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) issuer: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock::default());
        let api = Self::open(directory.path(), &clock).await;
        for id in ["shop", "bank"] {
            api.ok("POST", "/v1/databases", json!({"id": id})).await;
            api.ok("POST", &format!("/v1/databases/{id}/previews"), json!({"name": "p"})).await;
            api.ok("PUT", &format!("/v1/{id}--p/collections/things"), json!({})).await;
            for slug in ["desk", "till"] {
                let all = json!(["create", "get", "list"]);
                let config = json!({"tools": [{"collection": "things", "operations": all}]});
                api.ok("PUT", &format!("/v1/{id}--p/endpoints/{slug}"), config).await;
            }
            let from = json!({"from": format!("{id}--p")});
            api.ok("POST", &format!("/v1/databases/{id}/promote"), from).await;
        }
        let person = |login: &str, role: &str, grants: Value| json!({"login": login, "password": format!("{login} has a password"), "role": role, "grants": grants});
        let reads = json!([{"scope": {"databases": ["shop"], "collections": ["things"], "environments": ["production"]}, "permissions": ["read:documents", "read:collections", "read:databases"]}]);
        api.ok("POST", "/v1/users", person("ada", "owner", Value::Null)).await;
        api.ok("POST", "/v1/users", person("bob", "member", reads)).await;
        Self { directory, api, clock, issuer: ISSUER.to_owned() }
    }

    pub(crate) async fn open(directory: &std::path::Path, clock: &Arc<SetClock>) -> Api {
        let (directory, clock) = (directory.to_owned(), Arc::clone(clock));
        Api::serve(ServiceConfig {
            owner_token: Some(OWNER.into()),
            oauth: Some(OAuthConfig { public_url: ISSUER.to_owned(), local_clients: true }),
            sources: Sources { clock, ..Sources::default() },
            ..ServiceConfig::local(directory)
        })
        .await
    }

    /// The same data, served again: a copy, as the first server still holds the root's lock.
    pub(crate) async fn restart(self) -> Self {
        let service = Arc::clone(&self.api.service);
        tokio::task::block_in_place(|| service.close());
        let copy = tempfile::tempdir().unwrap();
        copy_all(self.directory.path(), copy.path());
        let api = Self::open(copy.path(), &self.clock).await;
        Self { api, directory: copy, ..self }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        http(self.api.port, "GET", path, "", "").await
    }

    pub(crate) async fn post(&self, path: &str, headers: &str, pairs: &[(&str, &str)]) -> Answer {
        let headers = format!("Content-Type: application/x-www-form-urlencoded\r\n{headers}");
        http(self.api.port, "POST", path, &headers, &form(pairs)).await
    }

    /// A client that registers itself; its id.
    pub(crate) async fn register(&self) -> String {
        let body = json!({"client_name": "A client", "redirect_uris": [REDIRECT]}).to_string();
        let json = "Content-Type: application/json\r\n";
        let answer = http(self.api.port, "POST", "/oauth/register", json, &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()["client_id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn resource(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }
}

/// What a client asks for.
#[derive(Clone)]
pub(crate) struct Ask {
    pub(crate) client: String,
    pub(crate) redirect: String,
    pub(crate) resource: String,
    pub(crate) scope: String,
}

impl Ask {
    pub(crate) fn new(client: &str, resource: &str) -> Self {
        Self {
            client: client.to_owned(),
            redirect: REDIRECT.to_owned(),
            resource: resource.to_owned(),
            scope: String::new(),
        }
    }

    /// The parameters of the authorization endpoint.
    pub(crate) fn pairs(&self) -> Vec<(&str, String)> {
        vec![
            ("response_type", "code".to_owned()),
            ("client_id", self.client.clone()),
            ("redirect_uri", self.redirect.clone()),
            ("state", "a state & more".to_owned()),
            ("scope", self.scope.clone()),
            ("code_challenge", challenge(VERIFIER)),
            ("code_challenge_method", "S256".to_owned()),
            ("resource", self.resource.clone()),
        ]
    }
}

pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

impl World {
    /// The page that a person sees after their login.
    pub(crate) async fn log_in(&self, ask: &Ask, person: &str) -> Answer {
        let password = format!("{person} has a password");
        let pairs = ask.pairs();
        let mut pairs: Vec<(&str, &str)> = pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
        pairs.extend([("login", person), ("password", password.as_str())]);
        self.post("/oauth/authorize", "", &pairs).await
    }

    /// The decision of a person; `choice` adds databases, environment and permissions.
    pub(crate) async fn decide(&self, page: &Answer, choice: &[(&str, &str)]) -> Answer {
        let ticket = page.field("ticket");
        let mut pairs = vec![("ticket", ticket.as_str()), ("decision", "allow")];
        pairs.extend(choice);
        self.post("/oauth/consent", "", &pairs).await
    }

    /// A code that a person gave.
    pub(crate) async fn code(&self, ask: &Ask, person: &str, choice: &[(&str, &str)]) -> String {
        let page = self.log_in(ask, person).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let answer = self.decide(&page, choice).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let location = answer.header("location").unwrap();
        assert!(location.starts_with(&ask.redirect), "{location}");
        assert_eq!(parameter(&location, "state").as_deref(), Some("a state & more"));
        assert_eq!(parameter(&location, "iss"), Some(self.issuer.clone()));
        parameter(&location, "code").unwrap()
    }

    pub(crate) async fn token(&self, pairs: &[(&str, &str)]) -> Answer {
        self.post("/oauth/token", "", pairs).await
    }

    /// The answer to a code that is redeemed as it should be.
    pub(crate) async fn redeem(&self, ask: &Ask, code: &str) -> Answer {
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", &ask.redirect),
            ("client_id", &ask.client),
            ("resource", &ask.resource),
        ])
        .await
    }

    pub(crate) async fn refresh(&self, ask: &Ask, refresh_token: &str) -> Answer {
        self.token(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
            ("client_id", &ask.client),
            ("resource", &ask.resource),
        ])
        .await
    }

    /// The status and head of a first request to an MCP server.
    pub(crate) async fn knock(&self, path: &str, token: Option<&str>) -> Answer {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).to_string();
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
        let headers = format!(
            "{}Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n",
            token.unwrap_or_default()
        );
        http(self.api.port, "POST", path, &headers, &body).await
    }
}

fn copy_all(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
