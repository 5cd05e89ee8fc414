//! Real MCP clients against the real binary: the Python and TypeScript SDKs and fastmcp, over HTTP and over stdio; and what the
//! list of tools costs.
//!
//! `scripts/mcp/install.sh` brings the clients. Where npm or Python's venv is missing the tests say that they are skipped,
//! which fails where `REKOR_NO_SKIP` is set, as `make ci` does.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test may, and says what a server and its clients said"
)]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/clients.rs"]
mod clients;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "support/server.rs"]
mod server;

use clients::{clients, node, program, scripts, shop, url, well};
use serde_json::{Value, json};
use server::{TOKEN, expect};
use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

/// What the tools may cost together, in tokens.
const TOOLS_TOKENS_MAX: usize = 4_000;
/// What a tool of an endpoint may cost beyond the schema of its collection.
const ENDPOINT_TOOL_TOKENS_MAX: usize = 150;

#[test]
fn clients_complete_a_session_over_http() {
    let Some(clients) = clients() else { return };
    let data = tempfile::tempdir().unwrap();
    let server = shop(data.path());
    for client in ["mcp", "fastmcp"] {
        for era in ["auto", "legacy"] {
            let mut command = program(&clients, "venv/bin/python");
            well(command.arg(scripts().join("session.py")).args([client, era, &url(&server)]));
        }
    }
    for (sdk, era) in [("sdk", "legacy"), ("client", "legacy"), ("client", "auto")] {
        well(node(&clients).args(["session.mjs", sdk, era, &url(&server)]));
    }
}

#[test]
fn clients_complete_a_session_over_stdio() {
    let Some(clients) = clients() else { return };
    let data = tempfile::tempdir().unwrap();
    let server = shop(data.path());
    let api = format!("http://127.0.0.1:{}", server.port);
    let rekor = env!("CARGO_BIN_EXE_rekor");
    let session = |client: &str, era: &str, arguments: &[&str]| {
        let mut command = program(&clients, "venv/bin/python");
        command.arg(scripts().join("session.py")).args([client, era, rekor, "mcp"]);
        well(command.args(arguments).env("REKOR_CONFIG_DIR", data.path().join("config")));
    };
    session("mcp", "auto", &["--api-url", &api]);
    session("fastmcp", "legacy", &["--api-url", &api]);
    // Without a server, on the same data.
    server.kill();
    let root = data.path().to_str().unwrap();
    session("mcp", "legacy", &["--data-dir", root]);
    session("fastmcp", "auto", &["--data-dir", root]);
}

/// Real clients get in by OAuth: a person logs in at the forms and allows something; one works without a person.
#[test]
fn clients_get_in_by_oauth() {
    let Some(clients) = clients() else { return };
    let data = tempfile::tempdir().unwrap();
    let server = shop(data.path());
    let person = ["ada", "ada has a password"];
    let body = json!({"login": person[0], "password": person[1], "role": "owner"});
    expect(server.port, "POST", "/v1/users", &body);
    let rekor = |arguments: &[&str]| -> Value {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rekor"));
        command.args(arguments).args(["--output", "json"]).env("REKOR_TOKEN", TOKEN);
        command.env("REKOR_API_URL", format!("http://127.0.0.1:{}", server.port));
        let out = command.env("REKOR_CONFIG_DIR", data.path().join("config")).output().unwrap();
        assert!(out.status.success(), "{arguments:?} {}", String::from_utf8_lossy(&out.stderr));
        serde_json::from_slice(&out.stdout).unwrap()
    };
    let grants = json!([{"scope": {"databases": ["shop"]}, "permissions": ["read:documents"]}]);
    let headless =
        rekor(&["clients", "create", "--name", "headless", "--grants", &grants.to_string()]);
    let mut python = program(&clients, "venv/bin/python");
    python.arg(scripts().join("oauth.py")).arg(url(&server)).args(person);
    for part in ["client_id", "client_secret"] {
        python.arg(headless[part].as_str().unwrap());
    }
    well(&mut python);
    well(node(&clients).arg("oauth.mjs").arg(url(&server)).args(person));
    let chromium = std::env::var("REKOR_CHROMIUM").unwrap_or("/usr/bin/chromium".to_owned());
    if Path::new(&chromium).exists() {
        well(node(&clients).arg("oauth.mjs").arg(url(&server)).args(person).arg("browser"));
    } else {
        let wanted = std::env::var_os("REKOR_NO_SKIP").is_some() && chromium != "none";
        assert!(!wanted, "there is no browser; REKOR_CHROMIUM=none goes without");
        println!("skipped: no browser at {chromium}; REKOR_CHROMIUM says where one is");
    }
    let listed = rekor(&["clients", "list"])["data"].as_array().unwrap().clone();
    let of = |name: &str| listed.iter().filter(|client| client["name"] == name).count();
    assert!(of("Python's client") == 1 && of("A client in TypeScript") > 0 && of("headless") == 1);
    for client in &listed {
        rekor(&["clients", "revoke", client["id"].as_str().unwrap(), "--yes"]);
    }
    assert_eq!(rekor(&["clients", "list"])["data"], json!([]));
}

/// OAuth needs an address that clients can be sent to: without one, or without TLS, the server says so.
#[test]
fn oauth_needs_an_address() {
    let serve = |arguments: &[&str]| {
        let data = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_rekor"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data.path());
        let out = command.args(arguments).output().unwrap();
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    let (code, said) = serve(&["--oauth", "on"]);
    assert!(code == Some(2) && said.contains("--public-url"), "{code:?} {said}");
    for url in ["http://data.example.com", "https://data.example.com/?x=1", "data.example.com"] {
        let (code, said) = serve(&["--oauth", "on", "--public-url", url]);
        assert!(code == Some(1) && said.contains("https"), "{code:?} {said}");
    }
}

#[test]
fn the_tools_together_cost_little() {
    let Some(clients) = clients() else { return };
    let data = tempfile::tempdir().unwrap();
    let listed = stdio(
        &["--data-dir", data.path().to_str().unwrap()],
        &[json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})],
    );
    let tokens = tokens(&clients, &[listed[0]["result"]["tools"].to_string()])[0];
    println!("the tools cost {tokens} tokens (o200k_base)");
    assert!(tokens <= TOOLS_TOKENS_MAX, "{tokens}");
}

/// The tools of an endpoint cost little beyond the schemas of their collections.
#[test]
fn the_tools_of_an_endpoint_cost_little() {
    let Some(clients) = clients() else { return };
    let data = tempfile::tempdir().unwrap();
    let server = shop(data.path());
    let all = json!(["create", "get", "list", "update", "delete"]);
    let config = json!({
        "tools": [{"collection": "invoices", "operations": all}],
        "relationships": [{"rel_type": "replaces", "operations": ["create", "list", "delete"]}],
        "batch": {"enabled": true, "operations": {"invoices": ["create", "update"], "replaces": ["create"]}}, "sql_query": true});
    expect(server.port, "PUT", "/v1/shop--p/endpoints/desk", &config);
    let found =
        expect(server.port, "GET", "/v1/shop--p/endpoints/desk?resolved=true", &Value::Null);
    let tools = found["resolved"]["tools"].as_array().unwrap();
    assert_eq!(tools.len(), 10);
    let whole: Vec<String> = tools.iter().map(Value::to_string).collect();
    let schema = |tool: &Value| tool["inputSchema"]["properties"]["data"].to_string();
    let schemas: Vec<String> = tools.iter().map(schema).collect();
    for ((tool, all), schema) in
        tools.iter().zip(tokens(&clients, &whole)).zip(tokens(&clients, &schemas))
    {
        println!(
            "{}: {} tokens and {schema} of its schema (o200k_base)",
            tool["name"],
            all - schema
        );
        assert!(all - schema <= ENDPOINT_TOOL_TOKENS_MAX, "{}: {}", tool["name"], all - schema);
    }
}

/// The number of tokens of each text.
fn tokens(clients: &Path, texts: &[String]) -> Vec<usize> {
    let mut counting = node(clients)
        .arg("tokens.mjs")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    counting.stdin.take().unwrap().write_all(texts.join("\n").as_bytes()).unwrap();
    let counted = counting.wait_with_output().unwrap();
    String::from_utf8_lossy(&counted.stdout).lines().map(|line| line.parse().unwrap()).collect()
}

/// The set-up of a project: its client starts the server, which finds the token in the profile and reaches one database.
#[test]
fn a_project_is_set_up_in_one_command() {
    let data = tempfile::tempdir().unwrap();
    let project = tempfile::tempdir().unwrap();
    let server = shop(data.path());
    let rekor = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rekor"));
        command.args(arguments).env("REKOR_CONFIG_DIR", data.path().join("config"));
        command.env_remove("REKOR_TOKEN").env_remove("REKOR_API_URL").env_remove("REKOR_DATABASE");
        command
    };
    let api = format!("http://127.0.0.1:{}", server.port);
    let directory = project.path().to_str().unwrap();
    std::fs::write(project.path().join(".mcp.json"), r#"{"mcpServers":{"other":{"command":"x"}}}"#)
        .unwrap();
    let mut setup =
        rekor(&["agent", "setup", "--dir", directory, "--database", "shop", "--api-url", &api]);
    well(setup.env("REKOR_TOKEN", TOKEN));
    let text = std::fs::read_to_string(project.path().join(".mcp.json")).unwrap();
    let servers: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(servers["mcpServers"]["other"]["command"], "x");
    assert_eq!(servers["mcpServers"]["rekor"]["command"], "rekor");
    assert!(!text.contains("rec_"), "{text}");
    let arguments: Vec<&str> = servers["mcpServers"]["rekor"]["args"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a.as_str().unwrap())
        .collect();
    let mut process =
        rekor(&arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "manage_database", "arguments": {"action": "whoami"}}});
    process.stdin.take().unwrap().write_all(format!("{call}\n").as_bytes()).unwrap();
    let out = process.wait_with_output().unwrap();
    let answer: Value = serde_json::from_slice(&out.stdout).unwrap();
    let who = &answer["result"]["structuredContent"];
    assert_eq!(
        (&who["name"], &who["grants"][0]["scope"]["databases"]),
        (&json!("agent-shop"), &json!(["shop"]))
    );
    // By OAuth: the address, and no token for anybody.
    let browser = tempfile::tempdir().unwrap();
    let directory = browser.path().to_str().unwrap();
    well(&mut rekor(&["agent", "setup", "--oauth", "--dir", directory, "--api-url", &api]));
    let text = std::fs::read_to_string(browser.path().join(".mcp.json")).unwrap();
    let servers: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        servers["mcpServers"]["rekor"],
        json!({"type": "http", "url": format!("{api}/mcp")})
    );
    let skill =
        std::fs::read_to_string(project.path().join(".claude/skills/rekor/SKILL.md")).unwrap();
    assert_eq!(skill, String::from_utf8_lossy(&well(&mut rekor(&["skill"])).stdout));
    for part in [
        "name: rekor",
        "`rekor endpoints upsert <SLUG>",
        "`rekor databases promote <ID>",
        "rekor collections describe",
    ] {
        assert!(skill.contains(part), "{part}");
    }
    // Every command that the rules name is one that there is.
    let capabilities: Value =
        serde_json::from_slice(&well(&mut rekor(&["capabilities"])).stdout).unwrap();
    let rules = skill.split("## Commands").next().unwrap();
    for words in rules.split("rekor ").skip(1) {
        let mut at = &capabilities;
        for word in words.split([' ', '`', '\n', '(']) {
            let subs = at["commands"].as_array().filter(|subs| !subs.is_empty());
            let Some(subs) = subs else { break };
            let lower =
                word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.is_empty();
            if !lower {
                break;
            }
            match subs.iter().find(|sub| sub["name"] == word) {
                Some(sub) => at = sub,
                None if at["name"] == "rekor" || at["name"].is_null() => break,
                None => panic!("rekor {words}"),
            }
        }
    }
}

/// The answers of `rekor mcp` to messages, by id.
fn stdio(arguments: &[&str], messages: &[Value]) -> Vec<Value> {
    let mut process = Command::new(env!("CARGO_BIN_EXE_rekor"))
        .arg("mcp")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = process.stdin.take().unwrap();
    for message in messages {
        writeln!(input, "{message}").unwrap();
    }
    drop(input);
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut answers: Vec<Value> =
        lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    assert!(process.wait().unwrap().success());
    answers.sort_by_key(|answer| answer["id"].as_u64());
    answers
}

#[test]
fn stdio_answers_whatever_comes() {
    let data = tempfile::tempdir().unwrap();
    let root = data.path().to_str().unwrap();
    let call = |id: u64, tool: &str, arguments: Value| json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": tool, "arguments": arguments}});
    let answers = stdio(
        &["--data-dir", root],
        &[
            json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}}),
            json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
            call(2, "manage_database", json!({"action": "create", "database_id": "here"})),
            call(3, "nothing", json!({})),
            json!({"jsonrpc": "2.0", "id": 4, "method": "no/such/method"}),
        ],
    );
    assert_eq!(answers[0]["result"]["protocolVersion"], "2025-06-18");
    assert_eq!(answers[1]["result"]["structuredContent"]["id"], "here");
    assert!(answers[2]["error"]["message"].is_string() && answers[3]["error"]["code"] == -32601);
    assert_eq!(answers.len(), 4);
    // In-process, nobody is a person; with --read-only nothing writes.
    let answers = stdio(
        &["--data-dir", root, "--read-only"],
        &[
            call(1, "manage_database", json!({"action": "create", "database_id": "more"})),
            call(2, "manage_database", json!({"action": "list"})),
        ],
    );
    assert_eq!(answers[0]["result"]["isError"], true);
    assert_eq!(answers[1]["result"]["structuredContent"]["meta"]["total"], 1);
    // Nobody listens there: an error for the client, not the end.
    let answers = stdio(
        &["--api-url", "http://127.0.0.1:9"],
        &[call(7, "manage_database", json!({"action": "list"}))],
    );
    assert!(
        answers[0]["id"] == 7
            && answers[0]["error"]["message"].as_str().unwrap().contains("no answer from")
    );
}
