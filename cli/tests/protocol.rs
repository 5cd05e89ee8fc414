//! The protocol of MCP with clients of others: every scenario of the official conformance suite in both eras, the inspector,
//! notifications as real clients see them, and what the log tells of requests.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test may, and says what a server and its clients said"
)]

#[path = "support/clients.rs"]
mod clients;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/server.rs"]
mod server;

use clients::{Proxy, clients, node, shop, url, well};
use serde_json::{Value, json};
use server::{Server, TOKEN, expect};
use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

const OLDER: &str = "2025-11-25";
const NEWER: &str = "2026-07-28";
const SUITE: &str = "node_modules/@modelcontextprotocol/conformance/dist/index.js";
const INSPECTOR: &str =
    "node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js";

/// Scenarios that hold at `/mcp`, by the version of the protocol.
const AT_THE_SERVER: [(&str, &[&str]); 2] = [
    (
        OLDER,
        &[
            "server-initialize",
            "server-session-lifecycle",
            "ping",
            "tools-list",
            "server-sse-multiple-streams",
            "resources-list",
            "prompts-list",
            "dns-rebinding-protection",
        ],
    ),
    (
        NEWER,
        &[
            "tools-list",
            "server-sse-multiple-streams",
            "resources-list",
            "sep-2164-resource-not-found",
            "prompts-list",
            "dns-rebinding-protection",
            "caching",
            "http-header-validation",
            "input-required-result-unsupported-methods",
            "input-required-result-validate-input",
        ],
    ),
];

/// Scenarios that hold at an endpoint, in both versions unless the suite knows them in one: its named queries are the tools and
/// prompts of the suite's fixture.
const AT_AN_ENDPOINT: [&str; 10] = [
    "server-initialize",
    "server-session-lifecycle",
    "ping",
    "tools-list",
    "tools-call-simple-text",
    "tools-call-error",
    "prompts-list",
    "prompts-get-simple",
    "prompts-get-with-args",
    "completion-complete",
];

/// What of `server-stateless` cannot be tried without tools of the suite's fixture: of 28 checks these.
const WITHOUT_FIXTURE: [&str; 4] = [
    "sep-2575-server-rejects-undeclared-capability",
    "sep-2575-missing-capability-http-400",
    "sep-2575-http-server-no-independent-requests-on-stream",
    "sep-2575-server-no-log-without-loglevel",
];

/// Scenarios that need the suite's fixture server; `docs/reference/mcp.md` says what each wants.
const NOT_HERE: &[&str] = &[
    "logging-set-level",
    "tools-call-image",
    "tools-call-audio",
    "tools-call-embedded-resource",
    "tools-call-mixed-content",
    "tools-call-with-logging",
    "tools-call-with-progress",
    "tools-call-sampling",
    "tools-call-elicitation",
    "json-schema-2020-12",
    "elicitation-sep1034-defaults",
    "elicitation-sep1330-enums",
    "server-sse-polling",
    "resources-read-text",
    "resources-read-binary",
    "resources-templates-read",
    "resources-subscribe",
    "resources-unsubscribe",
    "prompts-get-embedded-resource",
    "prompts-get-with-image",
    "http-custom-header-server-validation",
    "input-required-result-basic-elicitation",
    "input-required-result-basic-sampling",
    "input-required-result-basic-list-roots",
    "input-required-result-request-state",
    "input-required-result-multiple-input-requests",
    "input-required-result-multi-round",
    "input-required-result-missing-input-response",
    "input-required-result-non-tool-request",
    "input-required-result-result-type",
    "input-required-result-tampered-state",
    "input-required-result-capability-check",
    "input-required-result-ignore-extra-params",
    "sep-2640-skills-directory",
    "sep-2640-skills-enumeration",
    "sep-2640-skills-manifest",
];

/// A scenario with what it printed; skipped ones are `None`.
fn scenario(clients: &Path, url: &str, version: &str, name: &str) -> Option<(bool, String)> {
    let mut command = node(clients);
    command.args([SUITE, "server", "--url", url, "--spec-version", version, "--scenario", name]);
    let out = command.output().unwrap();
    let said = [&out.stdout[..], &out.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (!said.contains("SKIPPED: scenario")).then_some((out.status.success(), said))
}

fn holds(clients: &Path, url: &str, version: &str, name: &str) {
    let Some((passed, said)) = scenario(clients, url, version, name) else {
        panic!("{name} is not of {version}")
    };
    assert!(passed, "{name} {version}: {said}");
    let counts = said.lines().find(|line| line.starts_with("Passed: ")).unwrap();
    assert!(!counts.starts_with("Passed: 0/") && counts.ends_with(" 0 warnings"), "{name}: {said}");
    println!("{version} {name}: {counts}");
}

#[test]
fn the_conformance_suite_passes() {
    let Some(clients) = clients() else { return };
    let data = tempfile::tempdir().unwrap();
    let server = shop(data.path());
    // The suite sends no credential: a proxy in front of the server adds it.
    let proxy = Proxy::start(&clients, server.port, TOKEN);
    for (version, scenarios) in AT_THE_SERVER {
        for name in scenarios {
            holds(&clients, &proxy.at("/mcp"), version, name);
        }
    }
    let (_, said) = scenario(&clients, &proxy.at("/mcp"), NEWER, "server-stateless").unwrap();
    let checks = said.lines().filter_map(|line| {
        let id = line.split_once("[sep-")?.1.split([' ', '\u{1b}', ']']).next()?;
        Some((format!("sep-{id}"), line.contains("FAILURE"), line.contains("SUCCESS")))
    });
    let checks: Vec<(String, bool, bool)> = checks.collect();
    let failed: BTreeSet<&str> =
        checks.iter().filter(|(_, failed, _)| *failed).map(|(id, ..)| id.as_str()).collect();
    assert_eq!(failed, BTreeSet::from(WITHOUT_FIXTURE), "{said}");
    assert!(said.matches("Not testable").count() >= 4, "{said}");
    assert!(checks.iter().filter(|(.., passed)| *passed).count() >= 24, "{said}");
}

#[test]
fn the_conformance_suite_passes_at_an_endpoint() {
    let Some(clients) = clients() else { return };
    let data = tempfile::tempdir().unwrap();
    let server = shop(data.path());
    let query = |name: &str, text: &str| json!({"name": name, "description": name, "query": text, "collections": ["invoices"]});
    let config = json!({"queries": [
        query("test_simple_text", "SELECT 'This is a simple text response for testing.' AS text"),
        query("test_error_handling", "SELECT throwIf(true) AS failed"),
        query("test_simple_prompt", "SELECT 1 AS one"),
        query("test_prompt_with_arguments", "SELECT {arg1:String} AS first, {arg2:String} AS second"),
    ]});
    expect(server.port, "PUT", "/v1/shop--p/endpoints/fixture", &config);
    expect(server.port, "POST", "/v1/databases/shop/promote", &json!({"from": "shop--p"}));
    let token = endpoint_token(&server);
    let proxy = Proxy::start(&clients, server.port, &token);
    for version in [OLDER, NEWER] {
        for name in AT_AN_ENDPOINT {
            let at = proxy.at("/e/fixture/mcp");
            if scenario(&clients, &at, version, name).is_some() {
                holds(&clients, &at, version, name);
            }
        }
    }
}

/// Every scenario that the suite has is run here, or the reference says why not.
#[test]
fn no_scenario_is_forgotten() {
    let Some(clients) = clients() else { return };
    let out = well(node(&clients).args([SUITE, "list"]));
    let listed = String::from_utf8_lossy(&out.stdout).into_owned();
    let listed = listed.split("Client scenarios").next().unwrap();
    let listed: BTreeSet<&str> =
        listed.lines().filter_map(|line| line.strip_prefix("  - ")?.split(' ').next()).collect();
    assert!(listed.len() > 50, "{listed:?}");
    let run = AT_THE_SERVER.iter().flat_map(|(_, names)| names.iter().copied());
    let known: BTreeSet<&str> = run.chain(AT_AN_ENDPOINT).chain(["server-stateless"]).collect();
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/mcp.md");
    let reference = std::fs::read_to_string(reference).unwrap();
    for name in listed {
        let explained = NOT_HERE.contains(&name) || name.starts_with("tasks-");
        assert!(known.contains(name) != explained, "{name}");
        let family = ["input-required-result-", "tasks-", "sep-2640-skills-"];
        let shown = family.iter().find(|family| name.starts_with(**family)).copied();
        let shown = if known.contains(name) { name } else { shown.unwrap_or(name) };
        assert!(reference.contains(&format!("`{shown}")), "{name} is not in the reference");
    }
}

/// A token of production, as agents at endpoints have.
fn endpoint_token(server: &Server) -> String {
    let grants = json!([{"scope": {"databases": ["shop"], "environments": ["production"]}, "permissions": ["*"]}]);
    let made = expect(server.port, "POST", "/v1/tokens", &json!({"name": "t", "grants": grants}));
    made["token"].as_str().unwrap().to_owned()
}

/// The inspector on the command line: target and options, then what it printed as JSON.
struct Inspector<'a> {
    clients: &'a Path,
    home: PathBuf,
    target: Vec<String>,
}

impl Inspector<'_> {
    fn run(&self, arguments: &[&str]) -> (i32, Value) {
        let mut command = node(self.clients);
        command.args([INSPECTOR, "--cli"]).args(&self.target).args(arguments);
        let out = command.env("HOME", &self.home).env("REKOR_CONFIG_DIR", &self.home).output();
        let out = out.unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        let answer = serde_json::from_slice(&out.stdout)
            .unwrap_or_else(|error| panic!("{error} {:?} {said}", out.stdout));
        (out.status.code().unwrap(), answer)
    }

    /// The structured answer of a call, and whether it is an error.
    fn call(&self, tool: &str, arguments: &[String]) -> (bool, Value) {
        let mut given = vec!["--method", "tools/call", "--tool-name", tool];
        for argument in arguments {
            given.extend(["--tool-arg", argument]);
        }
        let (code, answer) = self.run(&given);
        let failed = answer["isError"] == true;
        assert_eq!(code != 0, failed, "{answer}");
        (failed, answer["structuredContent"].clone())
    }

    /// List, create, a validation error, its fix, SQL, a batch.
    fn session(&self, key: &str) {
        let (code, listed) = self.run(&["--method", "tools/list", "--strict"]);
        assert_eq!(code, 0, "{listed}");
        assert_eq!(listed["tools"].as_array().unwrap().len(), 8);
        let at = |rest: &[&str]| -> Vec<String> {
            let place = ["database_id=shop", "collection=invoices"];
            place.iter().chain(rest).map(|argument| (*argument).to_owned()).collect()
        };
        let (_, found) = self.call("manage_database", &["action=list".to_owned()]);
        assert_eq!(found["data"][0]["id"], "shop", "{found}");
        let wrong = format!("data={{\"customer\":\"{key}\"}}");
        let (failed, error) = self.call("manage_document", &at(&["action=upsert", &wrong]));
        assert!(
            failed && error["error"]["message"].as_str().unwrap().contains("amount"),
            "{error}"
        );
        let right = format!("data={{\"customer\":\"{key}\",\"amount\":120}}");
        let (failed, made) = self.call("manage_document", &at(&["action=upsert", &right]));
        assert!(!failed && made["version"] == 1, "{made}");
        let more = json!([{"type": "upsert_document", "collection": "invoices", "data": {"customer": key, "amount": 3}}]);
        let batch = ["database_id=shop".to_owned(), format!("operations={more}")];
        assert!(!self.call("batch_operations", &batch).0);
        let query = "query=SELECT sum(CAST(data.amount, 'Float64')) AS total FROM documents WHERE data.customer.:String = {customer:String}";
        let params = format!("params={{\"customer\":\"{key}\"}}");
        let arguments = ["database_id=shop".to_owned(), query.to_owned(), params];
        let (failed, sum) = self.call("sql_query", &arguments);
        assert!(!failed && sum["rows"] == json!([[123]]), "{sum}");
        let (code, prompt) = self.run(&[
            "--method",
            "prompts/get",
            "--prompt-name",
            "explore_database",
            "--prompt-args",
            "database_id=shop",
        ]);
        assert!(code == 0 && prompt.to_string().contains("invoices"), "{prompt}");
        let (code, read) =
            self.run(&["--method", "resources/read", "--uri", "rekor://schema/shop/invoices"]);
        assert!(code == 0 && read.to_string().contains("customer"), "{read}");
    }
}

#[test]
fn the_inspector_completes_a_session() {
    let Some(clients) = clients() else { return };
    let data = tempfile::tempdir().unwrap();
    let server = shop(data.path());
    let home = data.path().join("home");
    std::fs::create_dir(&home).unwrap();
    let header = format!("Authorization: Bearer {TOKEN}");
    let inspector = |target: &[&str]| Inspector {
        clients: &clients,
        home: home.clone(),
        target: target.iter().map(|part| (*part).to_owned()).collect(),
    };
    for era in ["legacy", "modern"] {
        let target =
            [&url(&server), "--transport", "http", "--header", &header, "--protocol-era", era];
        inspector(&target).session(&format!("http-{era}"));
    }
    let api = format!("http://127.0.0.1:{}", server.port);
    let rekor = env!("CARGO_BIN_EXE_rekor");
    let token = format!("REKOR_TOKEN={TOKEN}");
    let target = [rekor, "mcp", "--api-url", &api, "--transport", "stdio", "-e", &token];
    inspector(&target).session("stdio");
}

/// A client that listens: its lines.
struct Listening {
    process: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        drop(self.process.kill());
        self.process.wait().unwrap();
    }
}

impl Listening {
    fn start(clients: &Path, token: &str, config: &Path, arguments: &[&str]) -> Self {
        let mut command = node(clients);
        command.arg("changes.mjs").args(arguments).env("REKOR_TOKEN", token);
        let mut process =
            command.env("REKOR_CONFIG_DIR", config).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut listening = Self { process, lines };
        assert_eq!(listening.line(), "listening");
        listening
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("a line").unwrap()
    }
}

#[test]
fn a_real_client_sees_that_tools_change() {
    let Some(clients) = clients() else { return };
    let data = tempfile::tempdir().unwrap();
    let server = shop(data.path());
    let config = data.path().join("config");
    let publish = |operations: Value| {
        let config = json!({"tools": [{"collection": "invoices", "operations": operations}]});
        expect(server.port, "PUT", "/v1/shop--p/endpoints/desk", &config);
        expect(server.port, "POST", "/v1/databases/shop/promote", &json!({"from": "shop--p"}));
    };
    publish(json!(["get"]));
    let token = endpoint_token(&server);
    let at = format!("http://127.0.0.1:{}/e/desk/mcp", server.port);
    for (era, operations) in [("legacy", json!(["get", "list"])), ("auto", json!(["list"]))] {
        let mut client = Listening::start(&clients, &token, &config, &[era, &at]);
        // The stream of the older era is opened beside the session.
        std::thread::sleep(Duration::from_millis(500));
        publish(operations);
        assert!(client.line().starts_with("changed: "), "{era}");
    }
    // Over stdio: the rights of a person change.
    let grants = |permissions: Value| json!([{"scope": {"databases": ["shop"]}, "permissions": permissions}]);
    let ada = json!({"login": "ada", "password": "correct horse battery", "role": "member", "grants": grants(json!(["read:documents"]))});
    let user = expect(server.port, "POST", "/v1/users", &ada);
    let login = json!({"login": "ada", "password": "correct horse battery"});
    let opened = expect(server.port, "POST", "/v1/auth/login", &login);
    let token = opened["token"].as_str().unwrap();
    let path = format!("/v1/users/{}", user["id"].as_str().unwrap());
    let api = format!("http://127.0.0.1:{}", server.port);
    let rekor = env!("CARGO_BIN_EXE_rekor");
    for (era, permissions) in [("legacy", json!(["*"])), ("auto", json!(["read:documents"]))] {
        let mut client =
            Listening::start(&clients, token, &config, &[era, rekor, "mcp", "--api-url", &api]);
        std::thread::sleep(Duration::from_millis(500));
        expect(server.port, "PUT", &path, &json!({"grants": grants(permissions)}));
        let line = client.line();
        let expected = if era == "legacy" { "batch_operations" } else { "sql_query" };
        assert!(line.starts_with("changed: ") && line.contains(expected), "{era} {line}");
    }
}

/// A server whose log is read.
struct Logged {
    process: Child,
    port: u16,
    log: Arc<Mutex<String>>,
}

impl Drop for Logged {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Logged {
    fn start(data: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rekor"));
        command.args(["serve", "--dev", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        command.args(arguments).env("REKOR_OWNER_TOKEN", TOKEN).env("REKOR_LOG", "debug");
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let (log, stderr) = (Arc::new(Mutex::new(String::new())), process.stderr.take().unwrap());
        let kept = Arc::clone(&log);
        let (port, known) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once("listening on http://127.0.0.1:") {
                    port.send(rest.split(' ').next().unwrap().parse().unwrap()).unwrap();
                }
                kept.lock().unwrap().push_str(&line);
                kept.lock().unwrap().push('\n');
            }
        });
        let port = known.recv_timeout(Duration::from_secs(60)).unwrap();
        Self { process, port, log }
    }

    /// The line of the log that has all of these, as soon as it is there.
    fn line(&self, parts: &[&str]) -> String {
        let start = Instant::now();
        loop {
            let log = self.log.lock().unwrap().clone();
            let found = log.lines().find(|line| parts.iter().all(|part| line.contains(part)));
            if let Some(found) = found {
                return found.to_owned();
            }
            assert!(start.elapsed() < Duration::from_secs(20), "{parts:?} is not in {log}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn clients_of_the_old_transport_connect() {
    let Some(clients) = clients() else { return };
    let data = tempfile::tempdir().unwrap();
    let server = Logged::start(&data.path().join("root"), &["--legacy-sse"]);
    let at = format!("http://127.0.0.1:{}/sse?token={TOKEN}", server.port);
    let target = [&at, "--transport", "sse", "--protocol-era", "legacy"].map(str::to_owned);
    let home = data.path().join("home");
    let inspector = Inspector { clients: &clients, home, target: target.to_vec() };
    let (failed, found) = inspector.call("manage_workspace", &["action=list".to_owned()]);
    assert!(!failed && found["meta"]["total"] == 0, "{found}");
}

#[test]
fn the_log_has_traces_and_no_tokens() {
    let data = tempfile::tempdir().unwrap();
    let server = Logged::start(data.path(), &["--legacy-sse"]);
    // The old transport, with the token in the address.
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    write!(stream, "GET /sse?token={TOKEN} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut read = BufReader::new(stream);
    let mut place = String::new();
    while !place.starts_with("data: ") {
        place.clear();
        assert!(read.read_line(&mut place).unwrap() > 0);
    }
    let place = place.trim().strip_prefix("data: ").unwrap();
    server.line(&["answered", "GET", "/sse?token=[redacted]", "status=200"]);

    let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let agent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let post = |path: &str, body: &Value| {
        let body = body.to_string();
        let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        write!(stream, "POST {path} HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\ntraceparent: {header}\r\nAccept: application/json, text/event-stream\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"_meta": {"traceparent": agent},
        "name": "manage_database", "arguments": {"action": "list"}}});
    assert!(post("/mcp", &call).starts_with("HTTP/1.0 200"));
    let line = server.line(&["answered", "/mcp"]);
    assert!(line.contains(&format!("trace=\"{header}\"")), "{line}");
    assert!(line.contains(&format!("agent_trace=\"{agent}\"")), "{line}");
    assert!(post(place, &call).starts_with("HTTP/1.0 202"));
    server.line(&["answered", "/sse/messages?session=[redacted]", "status=202"]);
    let log = server.log.lock().unwrap().clone();
    let session = place.split_once('=').unwrap().1;
    assert!(!log.contains(TOKEN) && !log.contains(session), "{log}");
}
